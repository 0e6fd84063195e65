
/*
 * The keys by which a store finds revocations: the kind, then 15 bytes of the
 * SHA-256 of the issuer, a zero byte, and each member of the kind with its
 * length.  All members of one kind are hashed in the order in which the kinds
 * are numbered, so that no two sets of members have the same text.  A token has
 * its own keys; what is built here is freed before the function returns.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_hash.h"
#include "oauth_revocation.h"


/* No text in UTF-8 has this byte, so no jti equals the id of another token. */

#define OAUTH_REVOCATION_MARK     0xff

#define OAUTH_REVOCATION_MEMBERS  7


/*
 * What a token has.  Of its resources and its ids, the names hold one; the kind
 * is that of all names.
 */

typedef struct {
    oauth_revocation_names_t   names;
    unsigned                   kind;
    oauth_str_t                tokens[2];   /* the ids                        */
    size_t                     ntokens;
    oauth_buf_t                email;
    unsigned char              id[OAUTH_REVOCATION_ID];
} oauth_revocation_found_t;


static int oauth_revocation_hash(unsigned kind, oauth_str_t issuer,
    const oauth_str_t *members, size_t n,
    unsigned char key[OAUTH_REVOCATION_KEY]);
static int oauth_revocation_read(const oauth_token_t *token, unsigned all,
    oauth_revocation_found_t *found);
static int oauth_revocation_read_email(const oauth_token_t *token,
    oauth_revocation_found_t *found);
static int oauth_revocation_read_ids(const oauth_token_t *token,
    oauth_revocation_found_t *found);
static int oauth_revocation_make_keys(const oauth_token_t *token,
    const oauth_revocation_kinds_t *kinds,
    const oauth_revocation_found_t *found, oauth_revocation_keys_t **keys);
static size_t oauth_revocation_count(const oauth_token_t *token,
    unsigned kind, const oauth_revocation_found_t *found);
static int oauth_revocation_add(const oauth_token_t *token, unsigned kind,
    const oauth_revocation_found_t *found, oauth_revocation_keys_t *keys);
static int oauth_revocation_write_kind(unsigned kind,
    const oauth_revocation_names_t *names,
    unsigned char key[OAUTH_REVOCATION_KEY]);
static unsigned oauth_revocation_kind(const oauth_revocation_names_t *names);
static void oauth_revocation_list(const oauth_revocation_names_t *names,
    oauth_str_t list[OAUTH_REVOCATION_MEMBERS]);


int
oauth_revocation_write_key(const oauth_revocation_names_t *names,
    unsigned char key[OAUTH_REVOCATION_KEY])
{
    return oauth_revocation_write_kind(oauth_revocation_kind(names), names,
                                       key);
}


int
oauth_revocation_write_used(oauth_str_t issuer, oauth_str_t type,
    oauth_str_t id, unsigned char key[OAUTH_REVOCATION_KEY])
{
    oauth_str_t  members[2];

    members[0] = type;
    members[1] = id;

    return oauth_revocation_hash(OAUTH_REVOCATION_USED, issuer, members, 2,
                                 key);
}


int
oauth_revocation_write_id(const oauth_token_t *token,
    unsigned char id[OAUTH_REVOCATION_ID])
{
    oauth_str_t  text;

    text = token->text;

    if (!token->opaque) {

        /* It was verified: two dots are in it. */

        while (text.data[--text.len] != '.') { /* void */ }
    }

    id[0] = OAUTH_REVOCATION_MARK;

    return oauth_hash_write_bytes(text, id + 1);
}


int
oauth_revocation_name_token(const oauth_token_t *token,
    unsigned char id[OAUTH_REVOCATION_ID], oauth_revocation_names_t *names)
{
    memset(names, 0, sizeof(oauth_revocation_names_t));

    names->issuer = token->rules->issuer;

    if (token->id.len > 0) {
        names->token = token->id;
        return 0;
    }

    /* Other tokens may have an empty jti as well, which is not the holder's. */

    names->token = (oauth_str_t) { OAUTH_REVOCATION_ID, id };

    return oauth_revocation_write_id(token, id);
}


int
oauth_revocation_find_keys(oauth_token_t *token,
    const oauth_revocation_kinds_t *kinds)
{
    int                        rc;
    size_t                     i;
    unsigned                   all;
    oauth_revocation_keys_t   *keys;
    oauth_revocation_found_t   found;

    if (token->keys && token->keys->version == kinds->version) {
        return 0;
    }

    all = 0;

    for (i = 0; i < kinds->n; i++) {
        all |= kinds->kinds[i];
    }

    memset(&found, 0, sizeof(oauth_revocation_found_t));

    rc = oauth_revocation_read(token, all, &found);

    keys = NULL;

    if (rc == 0) {
        rc = oauth_revocation_make_keys(token, kinds, &found, &keys);
    }

    oauth_buf_free(&found.email);

    if (rc == 0) {
        free(token->keys);
        token->keys = keys;
    }

    return rc;
}


int
oauth_revocation_has(const oauth_revocation_t *entry,
    const oauth_token_t *token)
{
    return token->issued_at == 0 || token->issued_at <= entry->cut;
}


/* all is the sum of the kinds: what none of them has is not looked for. */

static int
oauth_revocation_read(const oauth_token_t *token, unsigned all,
    oauth_revocation_found_t *found)
{
    found->names.issuer = token->rules->issuer;
    found->names.subject = token->subject;
    found->names.client = token->client;
    found->names.session = token->session;
    found->names.kid = token->kid;

    if ((all & OAUTH_REVOCATION_EMAIL)
        && oauth_revocation_read_email(token, found) != 0)
    {
        return -1;
    }

    if ((all & OAUTH_REVOCATION_TOKEN)
        && oauth_revocation_read_ids(token, found) != 0)
    {
        return -1;
    }

    if (token->naudience > 0) {
        found->names.resource = token->audience[0];
    }

    found->names.token = found->tokens[0];
    found->kind = oauth_revocation_kind(&found->names);

    return 0;
}


/* A claim with control characters has no text: no entry can name it. */

static int
oauth_revocation_read_email(const oauth_token_t *token,
    oauth_revocation_found_t *found)
{
    (void) oauth_token_text(token, oauth_str("email"), &found->email);

    if (found->email.len > 0) {
        found->names.email = oauth_buf_str(&found->email);
    }

    return found->email.failed ? -1 : 0;
}


/*
 * A holder may have revoked an opaque token before its issuer told the jti, so
 * that it is looked for by both.
 */

static int
oauth_revocation_read_ids(const oauth_token_t *token,
    oauth_revocation_found_t *found)
{
    if (token->id.len > 0) {
        found->tokens[found->ntokens++] = token->id;

        if (!token->opaque) {
            return 0;
        }
    }

    found->tokens[found->ntokens++] = (oauth_str_t) { OAUTH_REVOCATION_ID,
                                                      found->id };

    return oauth_revocation_write_id(token, found->id);
}


static int
oauth_revocation_make_keys(const oauth_token_t *token,
    const oauth_revocation_kinds_t *kinds,
    const oauth_revocation_found_t *found, oauth_revocation_keys_t **keys)
{
    size_t                    i, n;
    oauth_revocation_keys_t  *made;

    n = 0;

    for (i = 0; i < kinds->n; i++) {
        n += oauth_revocation_count(token, kinds->kinds[i], found);
    }

    made = malloc(sizeof(oauth_revocation_keys_t) + n * OAUTH_REVOCATION_KEY);
    if (made == NULL) {
        return -1;
    }

    made->version = kinds->version;
    made->n = 0;

    for (i = 0; i < kinds->n; i++) {

        if (oauth_revocation_count(token, kinds->kinds[i], found) > 0
            && oauth_revocation_add(token, kinds->kinds[i], found, made) != 0)
        {
            free(made);
            return -1;
        }
    }

    *keys = made;

    return 0;
}


/* Returns how many keys of that kind the token has. */

static size_t
oauth_revocation_count(const oauth_token_t *token, unsigned kind,
    const oauth_revocation_found_t *found)
{
    if (kind >= OAUTH_REVOCATION_KINDS || (kind & ~found->kind)) {
        return 0;
    }

    return ((kind & OAUTH_REVOCATION_RESOURCE) ? token->naudience : 1)
           * ((kind & OAUTH_REVOCATION_TOKEN) ? found->ntokens : 1);
}


static int
oauth_revocation_add(const oauth_token_t *token, unsigned kind,
    const oauth_revocation_found_t *found, oauth_revocation_keys_t *keys)
{
    size_t                    i, k, nresources, ntokens;
    oauth_revocation_names_t  names;

    names = found->names;
    nresources = (kind & OAUTH_REVOCATION_RESOURCE) ? token->naudience : 1;
    ntokens = (kind & OAUTH_REVOCATION_TOKEN) ? found->ntokens : 1;

    for (i = 0; i < nresources; i++) {

        if (kind & OAUTH_REVOCATION_RESOURCE) {
            names.resource = token->audience[i];
        }

        for (k = 0; k < ntokens; k++) {

            names.token = found->tokens[k];

            if (oauth_revocation_write_kind(kind, &names, keys->keys[keys->n])
                != 0)
            {
                return -1;
            }

            keys->n++;
        }
    }

    return 0;
}


static int
oauth_revocation_write_kind(unsigned kind,
    const oauth_revocation_names_t *names,
    unsigned char key[OAUTH_REVOCATION_KEY])
{
    size_t       i, n;
    oauth_str_t  list[OAUTH_REVOCATION_MEMBERS];

    oauth_revocation_list(names, list);

    n = 0;

    for (i = 0; i < OAUTH_REVOCATION_MEMBERS; i++) {
        if (kind & (1u << i)) {
            list[n++] = list[i];
        }
    }

    return oauth_revocation_hash(kind, names->issuer, list, n, key);
}


static unsigned
oauth_revocation_kind(const oauth_revocation_names_t *names)
{
    size_t       i;
    unsigned     kind;
    oauth_str_t  list[OAUTH_REVOCATION_MEMBERS];

    oauth_revocation_list(names, list);

    kind = 0;

    for (i = 0; i < OAUTH_REVOCATION_MEMBERS; i++) {
        if (list[i].data) {
            kind |= 1u << i;
        }
    }

    return kind;
}


/* Lists the members in the order of the bits of a kind. */

static void
oauth_revocation_list(const oauth_revocation_names_t *names,
    oauth_str_t list[OAUTH_REVOCATION_MEMBERS])
{
    list[0] = names->subject;
    list[1] = names->client;
    list[2] = names->session;
    list[3] = names->resource;
    list[4] = names->kid;
    list[5] = names->email;
    list[6] = names->token;
}


/* A length has four bytes, the highest first, on every machine. */

static int
oauth_revocation_hash(unsigned kind, oauth_str_t issuer,
    const oauth_str_t *members, size_t n,
    unsigned char key[OAUTH_REVOCATION_KEY])
{
    int            rc;
    size_t         i;
    oauth_buf_t    text;
    unsigned char  len[4], hash[OAUTH_HASH_BYTES];

    memset(&text, 0, sizeof(oauth_buf_t));

    oauth_buf_append_str(&text, issuer);
    oauth_buf_append(&text, "", 1);

    for (i = 0; i < n; i++) {
        len[0] = (unsigned char) (members[i].len >> 24);
        len[1] = (unsigned char) (members[i].len >> 16);
        len[2] = (unsigned char) (members[i].len >> 8);
        len[3] = (unsigned char) members[i].len;

        oauth_buf_append(&text, len, sizeof(len));
        oauth_buf_append_str(&text, members[i]);
    }

    rc = text.failed ? -1 : oauth_hash_write_bytes(oauth_buf_str(&text), hash);

    oauth_buf_free(&text);

    if (rc != 0) {
        return -1;
    }

    key[0] = (unsigned char) kind;
    memcpy(key + 1, hash, OAUTH_REVOCATION_KEY - 1);

    return 0;
}
