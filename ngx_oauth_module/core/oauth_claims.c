
/*
 * The claims of a JWT (RFC 7519 section 4.1).  Their types are checked when
 * they are parsed; their times are compared with a clock that is the caller's.
 * All strings are views of the JSON tree, which oauth_claims_free releases.
 */


#include <string.h>

#include "oauth_claims.h"
#include "oauth_scope.h"


/*
 * Larger times are cut to this, since a double does not count them exactly.  No
 * token lives that long, and the sum of three such times fits in an int64_t.
 */

#define OAUTH_CLAIMS_TIME_MAX  ((int64_t) 1 << 53)


static const char *oauth_claims_read(oauth_claims_t *claims);
static oauth_str_t oauth_claims_identifier(const json_t *root,
    const char *name);
static int oauth_claims_time(const json_t *value, int64_t *seconds);
static int oauth_claims_audience_valid(const json_t *audience);
static int oauth_claims_is_id_token(const json_t *root);
static int oauth_claims_is_entra_id(const json_t *root);
static int oauth_claims_word(const json_t *root, const char *name,
    const oauth_str_t *words, size_t nwords);
static void oauth_claims_append_scopes(oauth_buf_t *buf, const json_t *value);


oauth_reason_t
oauth_claims_parse(oauth_str_t payload, oauth_claims_t *claims)
{
    const char      *malformed;
    oauth_result_t   result;

    memset(claims, 0, sizeof(oauth_claims_t));

    result = oauth_json_parse(payload, OAUTH_JSON_MEMBERS, &claims->root);
    if (result != OAUTH_DONE) {
        return (result == OAUTH_NO_MEMORY) ? OAUTH_SERVER_ERROR
                                           : OAUTH_MALFORMED_TOKEN;
    }

    malformed = oauth_claims_read(claims);

    if (malformed) {
        oauth_claims_free(claims);
        claims->malformed = malformed;
        return OAUTH_MALFORMED_CLAIMS;
    }

    return OAUTH_OK;
}


void
oauth_claims_free(oauth_claims_t *claims)
{
    json_decref(claims->root);
    memset(claims, 0, sizeof(oauth_claims_t));
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


oauth_str_t
oauth_claims_audience(const oauth_claims_t *claims, size_t i)
{
    if (json_is_array(claims->audience)) {
        return oauth_json_str(json_array_get(claims->audience, i));
    }

    return oauth_json_str(i == 0 ? claims->audience : NULL);
}


void
oauth_claims_scope(const oauth_claims_t *claims, const oauth_str_t *paths,
    size_t npaths, oauth_buf_t *buf)
{
    size_t         i, start;
    const json_t  *value;

    start = buf->len;

    for (i = 0; i < npaths && buf->len == start; i++) {

        value = oauth_json_at(claims->root, paths[i]);

        if (value == NULL || json_is_null(value)) {
            continue;
        }

        if (!json_is_string(value) && !json_is_array(value)) {
            return;
        }

        oauth_claims_append_scopes(buf, value);
    }
}


static void
oauth_claims_append_scopes(oauth_buf_t *buf, const json_t *value)
{
    size_t  i;

    if (json_is_string(value)) {
        oauth_scope_append_words(buf, oauth_json_str(value));
    }

    for (i = 0; i < json_array_size(value); i++) {
        oauth_scope_append_word(buf, oauth_json_str(json_array_get(value, i)));
    }
}


const json_t *
oauth_claims_at(const oauth_claims_t *claims, const oauth_str_t *names,
    size_t n)
{
    size_t         i;
    const json_t  *claim;

    claim = claims->root;

    for (i = 0; i < n && claim; i++) {
        claim = oauth_json_at(claim, names[i]);
    }

    return claim;
}


size_t
oauth_claims_count(const json_t *claim)
{
    return json_is_array(claim) ? json_array_size(claim) : 1;
}


oauth_str_t
oauth_claims_member(const json_t *claim, size_t i, oauth_buf_t *buf)
{
    if (json_is_array(claim)) {
        claim = json_array_get(claim, i);
    }

    if ((json_is_number(claim) || json_is_boolean(claim))
        && oauth_json_text(claim, buf) == 0)
    {
        return oauth_buf_str(buf);
    }

    return oauth_json_str(claim);
}


/* Returns NULL, or a sentence that says which claim has the wrong type. */

static const char *
oauth_claims_read(oauth_claims_t *claims)
{
    int      expires, not_before, issued_at;
    json_t  *root;

    root = claims->root;
    claims->audience = json_object_get(root, "aud");

    expires = oauth_claims_time(json_object_get(root, "exp"),
                                &claims->expires);
    not_before = oauth_claims_time(oauth_json_optional(root, "nbf"),
                                   &claims->not_before);
    issued_at = oauth_claims_time(oauth_json_optional(root, "iat"),
                                  &claims->issued_at);

    if (oauth_json_string(root, "iss", &claims->issuer) < 0) {
        return "iss is not a string";
    }

    if (oauth_json_optional_string(root, "sub", &claims->subject) < 0) {
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

    claims->has_expires = (expires == 1);
    claims->has_issued_at = (issued_at == 1);
    claims->confirmation = oauth_confirmation_parse(json_object_get(root,
                                                                    "cnf"));
    claims->id = oauth_claims_identifier(root, "jti");
    claims->client = oauth_claims_identifier(root, "client_id");
    claims->session = oauth_claims_identifier(root, "sid");
    claims->event = (json_object_get(root, "events") != NULL);
    claims->id_token = (oauth_claims_is_id_token(root) != 0);

    return NULL;
}


/*
 * Absent where the member is not a string: the token is as good without it, and
 * nothing can be looked up by it.
 */

static oauth_str_t
oauth_claims_identifier(const json_t *root, const char *name)
{
    const json_t  *value;

    value = json_object_get(root, name);

    return value ? oauth_json_str(value) : (oauth_str_t) { 0, NULL };
}


/*
 * Reads a NumericDate (RFC 7519 section 2) without its fraction.  Returns 1 and
 * *seconds; 0 where value is NULL; -1 where it is not a number, or too close to
 * 0 to be a date.  JSON has neither infinity nor NaN, and jansson refuses a
 * number that a double cannot hold.
 */

static int
oauth_claims_time(const json_t *value, int64_t *seconds)
{
    double      real;
    json_int_t  integer;

    if (value == NULL) {
        return 0;
    }

    if (!json_is_number(value)) {
        return -1;
    }

    real = json_number_value(value);

    /* A fraction of the first second, or a number that a double took for 0. */

    if (json_is_real(value) && real > -1 && real < 1) {
        return -1;
    }

    if (real >= (double) OAUTH_CLAIMS_TIME_MAX) {
        *seconds = OAUTH_CLAIMS_TIME_MAX;
        return 1;
    }

    if (real <= (double) -OAUTH_CLAIMS_TIME_MAX) {
        *seconds = -OAUTH_CLAIMS_TIME_MAX;
        return 1;
    }

    integer = json_integer_value(value);
    *seconds = json_is_integer(value) ? integer : (int64_t) real;

    return 1;
}


static int
oauth_claims_audience_valid(const json_t *audience)
{
    size_t  i;

    if (audience == NULL || json_is_string(audience)) {
        return 1;
    }

    for (i = 0; i < json_array_size(audience); i++) {
        if (!json_is_string(json_array_get(audience, i))) {
            return 0;
        }
    }

    return json_is_array(audience);
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
oauth_claims_is_id_token(const json_t *root)
{
    static const oauth_str_t  types[] = {
        oauth_string("ID"),
        oauth_string("Logout"),
        oauth_string("Offline"),
        oauth_string("Refresh")
    };

    static const oauth_str_t  uses[] = { oauth_string("id") };

    if (json_object_get(root, "at_hash")
        || json_object_get(root, "c_hash")
        || json_object_get(root, "s_hash")
        || oauth_claims_word(root, "typ", types,
                             sizeof(types) / sizeof(types[0]))
        || oauth_claims_word(root, "token_use", uses,
                             sizeof(uses) / sizeof(uses[0]))
        || oauth_claims_is_entra_id(root))
    {
        return 1;
    }

    return json_object_get(root, "nonce")
           && oauth_json_optional(root, "scope") == NULL
           && oauth_json_optional(root, "scp") == NULL;
}


/*
 * An ID token of Entra ID may have the audience of an access token, and need
 * not have a nonce.  But only access tokens name the client: by azp in version
 * 2, by appid in version 1.
 */

static int
oauth_claims_is_entra_id(const json_t *root)
{
    static const oauth_str_t  versions[] = {
        oauth_string("1.0"),
        oauth_string("2.0")
    };

    return json_object_get(root, "tid")
           && oauth_claims_word(root, "ver", versions,
                                sizeof(versions) / sizeof(versions[0]))
           && json_object_get(root, "azp") == NULL
           && json_object_get(root, "appid") == NULL
           && oauth_json_optional(root, "scp") == NULL;
}


static int
oauth_claims_word(const json_t *root, const char *name,
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
