
/*
 * The part of a refusal's log line that says what was found and what was
 * expected, if the request was refused because of the Authorization header, the
 * form of the token, its algorithm, its issuer, or a malformed claim.  Except
 * for a malformed claim, the signature has not been verified then: whoever sent
 * the request could write anything there.
 */


#include "ngx_oauth_explain_line.h"
#include "oauth_refused.h"


static void ngx_oauth_explain_scheme(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_request(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_shape(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_extension(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_algorithm(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_issuer(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_malformed(ngx_oauth_explain_t *e);


void
ngx_oauth_explain_form(ngx_oauth_explain_t *e)
{
    /* What an authorization server says about a token is logged with it. */

    if (e->ctx->opaque) {
        return;
    }

    switch (e->ctx->reason) {

    case OAUTH_NO_TOKEN:
        ngx_oauth_explain_scheme(e);
        return;

    case OAUTH_MALFORMED_REQUEST:
        ngx_oauth_explain_request(e);
        return;

    case OAUTH_MALFORMED_TOKEN:
        ngx_oauth_explain_shape(e);
        return;

    case OAUTH_UNSUPPORTED_TOKEN:
        ngx_oauth_explain_extension(e);
        return;

    case OAUTH_WRONG_ALGORITHM:
        ngx_oauth_explain_algorithm(e);
        return;

    case OAUTH_UNKNOWN_ISSUER:
        ngx_oauth_explain_issuer(e);
        return;

    case OAUTH_MALFORMED_CLAIMS:
        ngx_oauth_explain_malformed(e);
        return;

    default:
        return;
    }
}


/*
 * The line names the scheme only if it is one of these.  If the client forgot
 * the word Bearer, the first word is the token or a password, which must not
 * be logged.
 */

static void
ngx_oauth_explain_scheme(ngx_oauth_explain_t *e)
{
    size_t       i;
    oauth_str_t  value, scheme;

    static const oauth_str_t  schemes[] = {
        oauth_string("Basic"), oauth_string("Digest"), oauth_string("GNAP"),
        oauth_string("Negotiate"), oauth_string("NTLM"), oauth_string("OAuth"),
        oauth_string("Token"), oauth_string("JWT"),
        oauth_string("ApiKey"), oauth_string("AWS4-HMAC-SHA256")
    };

    if (e->ctx->authorization == NULL) {
        return;
    }

    value = ngx_oauth_str(&e->ctx->authorization->value);

    for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {

        scheme.len = schemes[i].len;
        scheme.data = value.data;

        if (value.len > scheme.len
            && value.data[scheme.len] == ' '
            && oauth_str_equal_nocase(scheme, schemes[i]))
        {
            ngx_oauth_explain_put(e, ": the scheme of its Authorization header "
                                  "is %*s, Bearer is wanted", schemes[i].len,
                                  schemes[i].data);
            return;
        }
    }

    ngx_oauth_explain_put(e, ": its Authorization header does not begin with "
                          "Bearer and a space");
}


static void
ngx_oauth_explain_request(ngx_oauth_explain_t *e)
{
    size_t                i;
    oauth_str_t           value, text;
    oauth_credentials_t   credentials;
    const char           *detail;

    value = ngx_oauth_str(&e->ctx->authorization->value);

    if (oauth_credentials_parse(value, &credentials) == OAUTH_OK) {
        ngx_oauth_explain_put(e, ": the request has more than one "
                              "Authorization header");
        return;
    }

    if (oauth_credentials_peek(value, &credentials) != OAUTH_OK) {
        ngx_oauth_explain_put(e, ": Bearer is not followed by a space and "
                              "a token");
        return;
    }

    text = credentials.text;
    detail = oauth_refused_opaque(text);

    for (i = 0; i < text.len && detail == NULL; i++) {
        if (text.data[i] == ' ') {
            detail = "more than one word comes after Bearer";
        }
    }

    if (detail == NULL) {
        detail = "the token has a character that no token may have, for "
                 "example a quote";
    }

    ngx_oauth_explain_put(e, ": %s", detail);
}


static void
ngx_oauth_explain_shape(ngx_oauth_explain_t *e)
{
    const char       *fault;
    oauth_refused_t   refused;

    oauth_refused_read(e->ctx->credentials.text, &refused);

    fault = refused.fault;

    if (fault == NULL && refused.header) {
        fault = "its payload is not a JSON object";
    }

    if (fault) {
        ngx_oauth_explain_put(e, ": %s", fault);
    }

    oauth_refused_free(&refused);
}


static void
ngx_oauth_explain_extension(ngx_oauth_explain_t *e)
{
    oauth_refused_t  refused;

    oauth_refused_read(e->ctx->credentials.text, &refused);

    if (refused.encrypted) {
        ngx_oauth_explain_put(e, ": token claims to be encrypted, it has the "
                              "five parts of a JWE");

    } else if (refused.extension) {
        ngx_oauth_explain_put(e, ": token claims to have \"%s\" in its "
                              "header, which is not accepted",
                              refused.extension);
    }

    oauth_refused_free(&refused);
}


static void
ngx_oauth_explain_algorithm(ngx_oauth_explain_t *e)
{
    ngx_uint_t            i;
    oauth_algs_t          allowed;
    oauth_refused_t       refused;
    ngx_oauth_issuer_t  **issuers;

    oauth_refused_read(e->ctx->credentials.text, &refused);

    if (refused.algorithm.data) {
        ngx_oauth_explain_put(e, ": token claims to be signed with ");
        ngx_oauth_explain_value(e, &e->came, refused.algorithm);

    } else {
        ngx_oauth_explain_put(e, ": token names no algorithm");
    }

    oauth_refused_free(&refused);

    /*
     * A token with an algorithm that the module does not know is refused before
     * its issuer is looked for.  Then the algorithms of all issuers of the
     * location are listed.
     */

    allowed = 0;
    issuers = e->ctx->conf->issuers->elts;

    for (i = 0; i < e->ctx->conf->issuers->nelts; i++) {
        if (e->ctx->issuer == NULL || e->ctx->issuer == issuers[i]) {
            allowed |= issuers[i]->rules.algorithms;
        }
    }

    ngx_oauth_explain_put(e, ", allowed algorithms are");
    ngx_oauth_explain_algorithms(e, allowed);
}


static void
ngx_oauth_explain_issuer(ngx_oauth_explain_t *e)
{
    ngx_uint_t            i, slash;
    oauth_str_t           came, trusted;
    ngx_oauth_issuer_t  **issuers;

    came = (oauth_str_t) { 0, NULL };
    slash = 0;

    if (e->ctx->jwt) {
        came = e->ctx->jwt->issuer;
        ngx_oauth_explain_put(e, ": token claims to be from ");
        ngx_oauth_explain_value(e, &e->came, came);
        ngx_oauth_explain_put(e, ", trusted issuers are");

    } else {
        ngx_oauth_explain_put(e, ": token has no iss, trusted issuers are");
    }

    issuers = e->ctx->conf->issuers->elts;

    for (i = 0; i < e->ctx->conf->issuers->nelts; i++) {

        trusted = issuers[i]->rules.issuer;

        if (!ngx_oauth_explain_item(e, &e->wanted, i, trusted)) {
            break;
        }

        slash |= oauth_str_differ_by_slash(came, trusted);
    }

    if (slash) {
        ngx_oauth_explain_put(e, "; only a slash at the end is different");
    }
}


/*
 * The line names the claim that is malformed, but not its value.  Where there
 * is no JWT, oauth_jwt_parse has refused the token, and has done so for this
 * reason only if iss is not a string.
 */

static void
ngx_oauth_explain_malformed(ngx_oauth_explain_t *e)
{
    const char  *malformed;

    malformed = e->ctx->jwt ? e->ctx->jwt->claims.malformed
                            : "iss is not a string";

    if (malformed) {
        ngx_oauth_explain_put(e, ": %s", malformed);
    }
}
