
/*
 * The part of a refusal's log line that says what was found and what was
 * expected, if the token names an issuer of the location and was refused
 * because of its type, its key, its signature or its times.  Before
 * the signature is verified the line says "token claims to be": whoever sent
 * the request could write anything there.
 */


#include "ngx_oauth_explain_line.h"
#include "oauth_refused.h"


static void ngx_oauth_explain_claims(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_type(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_claimed(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_signed(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_key(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_mismatch(ngx_oauth_explain_t *e);
static const oauth_jwks_t *ngx_oauth_explain_keys(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_expired(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_early(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_lifetime(ngx_oauth_explain_t *e);


void
ngx_oauth_explain_jwt(ngx_oauth_explain_t *e)
{
    if (e->ctx->jwt == NULL || e->ctx->issuer == NULL) {
        return;
    }

    switch (e->ctx->reason) {

    case OAUTH_WRONG_TYPE:
        ngx_oauth_explain_type(e);
        return;

    case OAUTH_UNKNOWN_KEY:
        ngx_oauth_explain_key(e);
        return;

    case OAUTH_KEY_MISMATCH:
        ngx_oauth_explain_mismatch(e);
        return;

    case OAUTH_BAD_SIGNATURE:
        ngx_oauth_explain_signed(e);
        return;

    case OAUTH_KEYS_UNAVAILABLE:
        ngx_oauth_explain_claimed(e);
        return;

    default:
        if (e->ctx->jwt->claims.root) {
            ngx_oauth_explain_claims(e);
        }
    }
}


/* The signature has been verified, so the claims are the issuer's. */

static void
ngx_oauth_explain_claims(ngx_oauth_explain_t *e)
{
    switch (e->ctx->reason) {

    case OAUTH_EXPIRED:
        ngx_oauth_explain_expired(e);
        return;

    case OAUTH_NOT_YET_VALID:
        ngx_oauth_explain_early(e);
        return;

    case OAUTH_LIFETIME_TOO_LONG:
        ngx_oauth_explain_lifetime(e);
        return;

    default:
        return;
    }
}


/*
 * A token may have a wrong "typ" in its header.  If that is good, the token was
 * refused because it has claims of another kind of token.
 */

static void
ngx_oauth_explain_type(ngx_oauth_explain_t *e)
{
    ngx_uint_t        only;
    oauth_refused_t   refused;
    oauth_jws_type_t  type;

    type = e->ctx->jwt->jws.type;
    only = e->ctx->issuer->rules.access_only;

    if (type != OAUTH_TYPE_OTHER && (!only || type == OAUTH_TYPE_ACCESS)) {
        ngx_oauth_explain_put(e, e->ctx->jwt->claims.event
                ? ": it has \"events\", as logout and security event tokens do"
                : ": its claims are those of an ID token or a refresh token");
        return;
    }

    oauth_refused_read(e->ctx->credentials.text, &refused);

    ngx_oauth_explain_put(e, ": token claims to be of ");

    if (refused.type.data) {
        ngx_oauth_explain_put(e, "type ");
        ngx_oauth_explain_value(e, &e->came, refused.type);

    } else {
        ngx_oauth_explain_put(e, "no type");
    }

    ngx_oauth_explain_put(e, only ? ", expected \"at+jwt\""
                                  : ", expected \"at+jwt\", \"JWT\" or none");

    oauth_refused_free(&refused);
}


static void
ngx_oauth_explain_claimed(ngx_oauth_explain_t *e)
{
    ngx_oauth_explain_put(e, ": token claims to be from ");
    ngx_oauth_explain_value(e, &e->came, e->ctx->jwt->issuer);
}


static void
ngx_oauth_explain_signed(ngx_oauth_explain_t *e)
{
    const oauth_str_t  *name;

    name = &e->ctx->jwt->jws.alg->name;

    ngx_oauth_explain_claimed(e);
    ngx_oauth_explain_put(e, " and signed with %*s", name->len, name->data);
}


static void
ngx_oauth_explain_key(ngx_oauth_explain_t *e)
{
    size_t               i, n;
    const oauth_jwks_t  *keys;

    ngx_oauth_explain_signed(e);

    if (e->ctx->jwt->jws.kid.data == NULL) {
        ngx_oauth_explain_put(e, ", it has no kid, and no key of the issuer "
                              "is for that algorithm");
        return;
    }

    keys = ngx_oauth_explain_keys(e);

    if (keys == NULL) {
        return;
    }

    ngx_oauth_explain_put(e, ", the issuer's key ids are");

    for (i = 0, n = 0; i < keys->nkeys; i++) {
        if (keys->keys[i].kid.data
            && !ngx_oauth_explain_item(e, &e->wanted, n++, keys->keys[i].kid))
        {
            return;
        }
    }

    if (n == 0) {
        ngx_oauth_explain_put(e, " none");
    }
}


static void
ngx_oauth_explain_mismatch(ngx_oauth_explain_t *e)
{
    size_t               i;
    oauth_algs_t         algorithms;
    const oauth_jwks_t  *keys;

    ngx_oauth_explain_signed(e);

    keys = ngx_oauth_explain_keys(e);

    if (keys == NULL) {
        return;
    }

    for (i = 0, algorithms = 0; i < keys->nkeys; i++) {
        if (oauth_str_equal(keys->keys[i].kid, e->ctx->jwt->jws.kid)) {
            algorithms |= keys->keys[i].algorithms;
        }
    }

    ngx_oauth_explain_put(e, ", the key is for");
    ngx_oauth_explain_algorithms(e, algorithms);
}


static const oauth_jwks_t *
ngx_oauth_explain_keys(ngx_oauth_explain_t *e)
{
    ngx_oauth_provider_t  *provider;

    provider = e->ctx->issuer->provider;

    return provider ? ngx_oauth_provider_keys(provider) : NULL;
}


static void
ngx_oauth_explain_expired(ngx_oauth_explain_t *e)
{
    ngx_oauth_explain_put(e, ": exp was %L s ago, leeway is %L s",
                          (int64_t) ngx_time() - e->ctx->jwt->claims.expires,
                          e->ctx->issuer->rules.leeway);
}


static void
ngx_oauth_explain_early(ngx_oauth_explain_t *e)
{
    int64_t                leeway;
    ngx_uint_t             nbf;
    const oauth_claims_t  *claims;

    claims = &e->ctx->jwt->claims;
    leeway = e->ctx->issuer->rules.leeway;
    nbf = (claims->not_before > ngx_time() + leeway);

    ngx_oauth_explain_put(e, ": %s is in %L s, leeway is %L s",
                          nbf ? "nbf" : "iat",
                          (nbf ? claims->not_before : claims->issued_at)
                          - ngx_time(), leeway);
}


static void
ngx_oauth_explain_lifetime(ngx_oauth_explain_t *e)
{
    const oauth_claims_t  *claims;

    claims = &e->ctx->jwt->claims;

    ngx_oauth_explain_put(e, claims->has_issued_at
                             ? ": exp is %L s after iat"
                             : ": exp is in %L s and there is no iat",
                          claims->expires - (claims->has_issued_at
                                             ? claims->issued_at : ngx_time()));

    ngx_oauth_explain_put(e, ", max_token_lifetime is %L s",
                          e->ctx->issuer->rules.max_lifetime);
}
