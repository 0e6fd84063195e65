
/*
 * One JSON Web Key (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2,
 * RFC 9864).  Certificates and addresses that come with the key (x5c, x5u, x5t)
 * are ignored.  The result owns its kid and its key.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_jwk.h"
#include "oauth_public.h"


#define OAUTH_JWK_KID  1024


static const char *oauth_jwk_check_purpose(const json_t *value);
static oauth_str_t oauth_jwk_member(const json_t *value, const char *name);
static const char *oauth_jwk_parse_algorithms(const json_t *value,
    oauth_algs_t allowed, oauth_jwk_t *jwk);
static const char *oauth_jwk_parse_kid(const json_t *value,
    oauth_jwk_t *jwk);
static const char *oauth_jwk_parse_key(const oauth_public_members_t *members,
    oauth_public_t *public, oauth_jwk_t *jwk);


/* Told from the other sentences by its address. */

static const char  oauth_jwk_memory[] = "memory is short";


/* The numbers come last, since they cost more than all the rest. */

oauth_result_t
oauth_jwk_parse(const json_t *value, oauth_algs_t allowed, oauth_jwk_t *jwk,
    const char **why)
{
    int                     unsound;
    oauth_public_t          public;
    oauth_public_members_t  members;

    memset(jwk, 0, sizeof(oauth_jwk_t));

    if (!json_is_object(value)) {
        *why = "it is not a JSON object";
        return OAUTH_INVALID;
    }

    members.kty = oauth_jwk_member(value, "kty");
    members.crv = oauth_jwk_member(value, "crv");
    members.x = oauth_jwk_member(value, "x");
    members.y = oauth_jwk_member(value, "y");
    members.n = oauth_jwk_member(value, "n");
    members.e = oauth_jwk_member(value, "e");

    unsound = 0;
    *why = oauth_jwk_check_purpose(value);

    if (*why == NULL) {
        *why = oauth_public_parse_type(&members, &public);
    }

    if (*why == NULL) {
        jwk->algorithms = public.algorithms;
        *why = oauth_jwk_parse_algorithms(value, allowed, jwk);
    }

    if (*why == NULL) {
        *why = oauth_jwk_parse_kid(value, jwk);
    }

    if (*why == NULL) {
        *why = oauth_jwk_parse_key(&members, &public, jwk);
        unsound = (*why != NULL);
    }

    if (*why == NULL) {
        return OAUTH_DONE;
    }

    oauth_jwk_free(jwk);
    jwk->unsound = (unsound != 0);

    return (*why == oauth_jwk_memory) ? OAUTH_NO_MEMORY : OAUTH_INVALID;
}


void
oauth_jwk_free(oauth_jwk_t *jwk)
{
    free((void *) jwk->kid.data);
    oauth_key_free(jwk->key);
    memset(jwk, 0, sizeof(oauth_jwk_t));
}


/*
 * RFC 7517 sections 4.2 and 4.3.  A private key that was published proves
 * nothing: anybody can sign with it.
 */

static const char *
oauth_jwk_check_purpose(const json_t *value)
{
    size_t         i;
    oauth_str_t    use;
    const json_t  *ops;

    static const char  *secrets[] = { "d", "p", "q", "dp", "dq", "qi", "oth",
                                      "k" };

    for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        if (oauth_document_optional(value, secrets[i])) {
            return "it holds a private or symmetric key";
        }
    }

    switch (oauth_document_optional_string(value, "use", &use)) {

    case 0:
        break;

    case 1:
        if (oauth_str_equal(use, oauth_str("sig"))) {
            break;
        }

        /* fall through */

    default:
        return "use is not sig";
    }

    ops = oauth_document_optional(value, "key_ops");
    if (ops == NULL) {
        return NULL;
    }

    for (i = 0; i < json_array_size(ops); i++) {
        if (oauth_str_equal(oauth_document_str(json_array_get(ops, i)),
                            oauth_str("verify")))
        {
            return NULL;
        }
    }

    return "key_ops is without verify";
}


static oauth_str_t
oauth_jwk_member(const json_t *value, const char *name)
{
    oauth_str_t  text;

    text.len = 0;
    text.data = NULL;

    (void) oauth_document_string(value, name, &text);

    return text;
}


/* A key that names an algorithm verifies that one and no other. */

static const char *
oauth_jwk_parse_algorithms(const json_t *value, oauth_algs_t allowed,
    oauth_jwk_t *jwk)
{
    int                 named;
    oauth_str_t         name;
    const oauth_alg_t  *alg;

    named = oauth_document_optional_string(value, "alg", &name);
    if (named < 0) {
        return "alg is not a string";
    }

    if (named) {
        alg = oauth_alg_lookup(name);
        jwk->algorithms &= alg ? alg->bits : 0;

        if (jwk->algorithms == 0) {
            return "alg does not fit the key";
        }
    }

    jwk->algorithms &= allowed;

    return jwk->algorithms ? NULL : "its algorithm is not allowed";
}


static const char *
oauth_jwk_parse_kid(const json_t *value, oauth_jwk_t *jwk)
{
    int             found;
    oauth_str_t     kid;
    unsigned char  *copy;

    found = oauth_document_optional_string(value, "kid", &kid);
    if (found == 0) {
        return NULL;
    }

    if (found < 0
        || kid.len > OAUTH_JWK_KID
        || memchr(kid.data, 0, kid.len))
    {
        return "kid is not a string of 1 to 1024 bytes without NUL";
    }

    copy = malloc(kid.len);
    if (copy == NULL) {
        return oauth_jwk_memory;
    }

    memcpy(copy, kid.data, kid.len);

    jwk->kid.data = copy;
    jwk->kid.len = kid.len;

    return NULL;
}


static const char *
oauth_jwk_parse_key(const oauth_public_members_t *members,
    oauth_public_t *public, oauth_jwk_t *jwk)
{
    const char  *why;

    why = oauth_public_parse_numbers(members, public);
    if (why) {
        return why;
    }

    switch (oauth_public_import(public, &jwk->key, &why)) {

    case OAUTH_DONE:
        return NULL;

    case OAUTH_NO_MEMORY:
        return oauth_jwk_memory;

    default:
        return why;
    }
}
