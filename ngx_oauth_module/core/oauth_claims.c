
/*
 * The claims of a JWT (RFC 7519 section 4.1).  Their types are checked when
 * they are read; their times are compared with a clock that is the caller's.
 */


#include <math.h>
#include <string.h>

#include "oauth_actor.h"
#include "oauth_claims.h"
#include "oauth_scope.h"


/*
 * Larger times are cut to this, since a double does not count them exactly.  No
 * token lives that long, and the sum of three such times fits in an int64_t.
 */

#define OAUTH_CLAIMS_TIME_MAX  ((int64_t) 1 << 53)


static const char *oauth_claims_read_registered(oauth_claims_t *claims,
    const oauth_json_t *root);
static const oauth_json_t *oauth_claims_client(const oauth_json_t *root);
static int oauth_claims_audience_valid(const oauth_json_t *audience);
static int oauth_claims_is_id_token(const oauth_json_t *root);
static int oauth_claims_is_entra_id(const oauth_json_t *root);
static int oauth_claims_word(const oauth_json_t *root, oauth_str_t name,
    const oauth_str_t *words, size_t nwords);
static void oauth_claims_append_scopes(oauth_buf_t *buf,
    const oauth_json_t *value);


oauth_reason_t
oauth_claims_read(const oauth_json_t *root, oauth_claims_t *claims)
{
    const char  *malformed;

    memset(claims, 0, sizeof(oauth_claims_t));

    malformed = oauth_claims_read_registered(claims, root);

    if (malformed) {
        memset(claims, 0, sizeof(oauth_claims_t));
        claims->malformed = malformed;
        return OAUTH_MALFORMED_CLAIMS;
    }

    claims->root = root;

    return OAUTH_OK;
}


/* RFC 7519 sections 4.1.4 to 4.1.6. */

oauth_reason_t
oauth_claims_verify_time(const oauth_claims_t *claims, int64_t now,
    int64_t leeway, int64_t max_lifetime)
{
    int64_t  start;

    if (!claims->has_expires) {
        return OAUTH_NO_EXPIRY;
    }

    if (now >= claims->expires + leeway) {
        return OAUTH_EXPIRED;
    }

    if (claims->not_before > now + leeway
        || claims->issued_at > now + leeway)
    {
        return OAUTH_NOT_YET_VALID;
    }

    start = claims->has_issued_at ? claims->issued_at : now;

    if (claims->expires - start > max_lifetime) {
        return OAUTH_LIFETIME_TOO_LONG;
    }

    return OAUTH_OK;
}


void
oauth_claims_scope(const oauth_claims_t *claims, const oauth_str_t *paths,
    size_t npaths, oauth_buf_t *buf)
{
    size_t               i, start;
    const oauth_json_t  *value;

    start = buf->len;

    for (i = 0; i < npaths && buf->len == start; i++) {

        value = oauth_json_at(claims->root, paths[i]);

        if (value == NULL || value->kind == OAUTH_JSON_NULL) {
            continue;
        }

        if (value->kind != OAUTH_JSON_STRING
            && value->kind != OAUTH_JSON_ARRAY)
        {
            return;
        }

        oauth_claims_append_scopes(buf, value);
    }
}


static void
oauth_claims_append_scopes(oauth_buf_t *buf, const oauth_json_t *value)
{
    const oauth_json_t  *element;

    if (value->kind == OAUTH_JSON_STRING) {
        oauth_scope_append_words(buf, oauth_json_str(value));
    }

    for (element = oauth_json_next(value, NULL);
         element;
         element = oauth_json_next(value, element))
    {
        oauth_scope_append_word(buf, oauth_json_str(element));
    }
}


const oauth_json_t *
oauth_claims_at(const oauth_claims_t *claims, const oauth_str_t *names,
    size_t n)
{
    size_t               i;
    oauth_str_t          name, actor;
    const oauth_json_t  *claim;

    claim = claims->root;
    actor = oauth_str("act.");

    for (i = 0; i < n && claim; i++) {
        name = names[i];

        if (i == 0 && oauth_str_starts(name, actor)) {
            claim = oauth_actor_of(claim);
            name.data += actor.len;
            name.len -= actor.len;
        }

        claim = oauth_json_at(claim, name);
    }

    return claim;
}


const oauth_json_t *
oauth_claims_next(const oauth_json_t *claim, const oauth_json_t *element)
{
    if (oauth_json_is(claim, OAUTH_JSON_ARRAY)) {
        return oauth_json_next(claim, element);
    }

    return element ? NULL : claim;
}


oauth_str_t
oauth_claims_value(const oauth_json_t *element, oauth_buf_t *buf)
{
    size_t       start;
    oauth_str_t  text;

    switch (element->kind) {

    case OAUTH_JSON_STRING:
        return oauth_json_str(element);

    case OAUTH_JSON_INTEGER:
    case OAUTH_JSON_REAL:
    case OAUTH_JSON_TRUE:
    case OAUTH_JSON_FALSE:
        start = buf->len;

        if (oauth_json_text(element, buf) == 0) {
            text = oauth_buf_str(buf);
            text.data += start;
            text.len -= start;

            return text;
        }

        break;
    }

    return (oauth_str_t) { 0, NULL };
}


/* Returns NULL, or a sentence that says which claim has the wrong type. */

static const char *
oauth_claims_read_registered(oauth_claims_t *claims, const oauth_json_t *root)
{
    int          expires, not_before, issued_at;
    const char  *actor;

    expires = oauth_claims_time(oauth_json_member(root, oauth_str("exp")),
                                &claims->expires);
    not_before = oauth_claims_time(oauth_json_optional(root, oauth_str("nbf")),
                                   &claims->not_before);
    issued_at = oauth_claims_time(oauth_json_optional(root, oauth_str("iat")),
                                  &claims->issued_at);

    claims->audience = oauth_json_member(root, oauth_str("aud"));

    if (oauth_json_string(root, oauth_str("iss"), &claims->issuer) < 0) {
        return "iss is not a string";
    }

    if (oauth_json_optional_string(root, oauth_str("sub"), &claims->subject)
        < 0)
    {
        return "sub is not a string";
    }

    if (expires < 0) {
        return "exp is not a time in seconds, as a number";
    }

    if (not_before < 0) {
        return "nbf is not a time in seconds, as a number";
    }

    if (issued_at < 0) {
        return "iat is not a time in seconds, as a number";
    }

    if (!oauth_claims_audience_valid(claims->audience)) {
        return "aud is neither a string nor an array of strings";
    }

    actor = oauth_actor_verify(root);
    if (actor) {
        return actor;
    }

    claims->has_expires = (expires == 1);
    claims->has_issued_at = (issued_at == 1);
    claims->confirmation
            = oauth_confirmation_parse(oauth_json_member(root,
                                                         oauth_str("cnf")));
    claims->id = oauth_claims_identifier(oauth_json_member(root,
                                                           oauth_str("jti")));
    claims->client = oauth_claims_client(root);
    claims->session = oauth_claims_identifier(oauth_json_member(root,
                                                           oauth_str("sid")));
    claims->event = (oauth_json_member(root, oauth_str("events")) != NULL);
    claims->id_token = (oauth_claims_is_id_token(root) != 0);

    return NULL;
}


/*
 * RFC 9068 section 2.2 and RFC 7662 section 2.2 name the client by client_id.
 * Other authorization servers have one of the other names, and some have azp
 * beside client_id.
 */

static const oauth_json_t *
oauth_claims_client(const oauth_json_t *root)
{
    size_t               i;
    const oauth_json_t  *client;

    static const oauth_str_t  names[] = {
        oauth_string("client_id"), oauth_string("azp"), oauth_string("cid")
    };

    client = NULL;

    for (i = 0; client == NULL && i < sizeof(names) / sizeof(names[0]); i++) {
        client = oauth_claims_identifier(oauth_json_member(root, names[i]));
    }

    return client;
}


/*
 * A list is none: its text could be that of another value.  A token is as good
 * without an identifier, but cannot be revoked by it.
 */

const oauth_json_t *
oauth_claims_identifier(const oauth_json_t *value)
{
    if (value == NULL) {
        return NULL;
    }

    switch (value->kind) {

    case OAUTH_JSON_STRING:
        return value->len > 0 ? value : NULL;

    case OAUTH_JSON_INTEGER:
    case OAUTH_JSON_REAL:
    case OAUTH_JSON_TRUE:
    case OAUTH_JSON_FALSE:
        return value;
    }

    return NULL;
}


int
oauth_claims_time(const oauth_json_t *value, int64_t *seconds)
{
    double  real;

    if (value == NULL) {
        return 0;
    }

    if (value->kind == OAUTH_JSON_INTEGER) {
        *seconds = oauth_json_integer(value);

    } else if (value->kind == OAUTH_JSON_REAL) {
        real = oauth_json_real(value);

        /* A fraction of the first second, or what a double takes for 0. */

        if (real > -1 && real < 1) {
            return -1;
        }

        *seconds = (fabs(real) < (double) OAUTH_CLAIMS_TIME_MAX)
                   ? (int64_t) real
                   : real < 0 ? INT64_MIN : INT64_MAX;

    } else {
        return -1;
    }

    if (*seconds > OAUTH_CLAIMS_TIME_MAX) {
        *seconds = OAUTH_CLAIMS_TIME_MAX;

    } else if (*seconds < -OAUTH_CLAIMS_TIME_MAX) {
        *seconds = -OAUTH_CLAIMS_TIME_MAX;
    }

    return 1;
}


/* 1 when it is absent, a string, or an array of strings; else 0. */

static int
oauth_claims_audience_valid(const oauth_json_t *audience)
{
    const oauth_json_t  *element;

    for (element = oauth_claims_next(audience, NULL);
         element;
         element = oauth_claims_next(audience, element))
    {
        if (element->kind != OAUTH_JSON_STRING) {
            return 0;
        }
    }

    return 1;
}


/*
 * Where the header does not tell an ID token (OpenID Connect Core sections 2
 * and 3.3.2.11) from an access token, these claims do:
 *
 *   - at_hash, c_hash or s_hash, the hashes of what was issued together with
 *     it;
 *   - typ among the claims, as Keycloak writes it, and token_use, as Cognito
 *     does;
 *   - a nonce without scope and scp: some servers put the nonce into access
 *     tokens, too, but none puts scopes into ID tokens;
 *   - what Entra ID leaves out of ID tokens (see below).
 *
 * sid says nothing, because access tokens have it as well.
 */

static int
oauth_claims_is_id_token(const oauth_json_t *root)
{
    static const oauth_str_t  types[] = {
        oauth_string("ID"),
        oauth_string("Logout"),
        oauth_string("Offline"),
        oauth_string("Refresh")
    };

    static const oauth_str_t  uses[] = { oauth_string("id") };

    if (oauth_json_member(root, oauth_str("at_hash"))
        || oauth_json_member(root, oauth_str("c_hash"))
        || oauth_json_member(root, oauth_str("s_hash"))
        || oauth_claims_word(root, oauth_str("typ"), types,
                             sizeof(types) / sizeof(types[0]))
        || oauth_claims_word(root, oauth_str("token_use"), uses,
                             sizeof(uses) / sizeof(uses[0]))
        || oauth_claims_is_entra_id(root))
    {
        return 1;
    }

    return oauth_json_member(root, oauth_str("nonce"))
           && oauth_json_optional(root, oauth_str("scope")) == NULL
           && oauth_json_optional(root, oauth_str("scp")) == NULL;
}


/*
 * An ID token of Entra ID may have the audience of an access token, and need
 * not have a nonce.  But only access tokens name the client: by azp in version
 * 2, by appid in version 1.
 */

static int
oauth_claims_is_entra_id(const oauth_json_t *root)
{
    static const oauth_str_t  versions[] = {
        oauth_string("1.0"),
        oauth_string("2.0")
    };

    return oauth_json_member(root, oauth_str("tid"))
           && oauth_claims_word(root, oauth_str("ver"), versions,
                                sizeof(versions) / sizeof(versions[0]))
           && oauth_json_member(root, oauth_str("azp")) == NULL
           && oauth_json_member(root, oauth_str("appid")) == NULL
           && oauth_json_optional(root, oauth_str("scp")) == NULL;
}


static int
oauth_claims_word(const oauth_json_t *root, oauth_str_t name,
    const oauth_str_t *words, size_t nwords)
{
    size_t       i;
    oauth_str_t  word;

    if (oauth_json_string(root, name, &word) != 1) {
        return 0;
    }

    for (i = 0; i < nwords; i++) {
        if (oauth_str_equal_nocase(word, words[i])) {
            return 1;
        }
    }

    return 0;
}
