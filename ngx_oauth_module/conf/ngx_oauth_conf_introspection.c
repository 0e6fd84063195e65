
/*
 * Introspection in the configuration (RFC 7662, RFC 6749 section 2.3, RFC
 * 7523).  The secrets come from files, which the master process reads, usually
 * as root.  A reload reads them again.
 */


#include "ngx_oauth_conf_introspection.h"
#include "ngx_oauth_conf_issuer_file.h"
#include "oauth_secret.h"


static char *ngx_oauth_conf_introspection_off(ngx_conf_t *cf,
    const ngx_oauth_issuer_t *issuer);
static char *ngx_oauth_conf_introspection_auth(ngx_conf_t *cf,
    ngx_oauth_issuer_t *issuer);
static char *ngx_oauth_conf_introspection_conflict(ngx_conf_t *cf,
    const ngx_oauth_issuer_t *issuer);
static char *ngx_oauth_conf_introspection_secret(ngx_conf_t *cf,
    ngx_oauth_issuer_t *issuer);
static char *ngx_oauth_conf_introspection_key(ngx_conf_t *cf,
    ngx_oauth_issuer_t *issuer);
static char *ngx_oauth_conf_introspection_try(ngx_conf_t *cf,
    const ngx_oauth_issuer_t *issuer);


ngx_conf_enum_t  ngx_oauth_conf_introspection_modes[] = {
    { ngx_string("off"), NGX_OAUTH_INTROSPECT_OFF },
    { ngx_string("opaque"), NGX_OAUTH_INTROSPECT_OPAQUE },
    { ngx_string("always"), NGX_OAUTH_INTROSPECT_ALWAYS },
    { ngx_null_string, 0 }
};

ngx_conf_enum_t  ngx_oauth_conf_introspection_auths[] = {
    { ngx_string("none"), OAUTH_CLIENT_NONE },
    { ngx_string("basic"), OAUTH_CLIENT_BASIC },
    { ngx_string("basic_raw"), OAUTH_CLIENT_BASIC_RAW },
    { ngx_string("post"), OAUTH_CLIENT_POST },
    { ngx_string("private_key_jwt"), OAUTH_CLIENT_KEY },
    { ngx_null_string, 0 }
};


char *
ngx_oauth_conf_introspection_init(ngx_conf_t *cf, ngx_oauth_issuer_t *issuer)
{
    ngx_conf_init_uint_value(issuer->introspect, NGX_OAUTH_INTROSPECT_OFF);
    ngx_conf_init_value(issuer->introspection_cache, 30);

    if (issuer->introspect == NGX_OAUTH_INTROSPECT_OFF) {
        return ngx_oauth_conf_introspection_off(cf, issuer);
    }

    if (issuer->introspection_endpoint.len == 0
        && (issuer->jwks_file.len || issuer->jwks_uri.len))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "oauth_issuer \"%V\" has introspect and no "
                           "introspection_endpoint, and because of %s nothing "
                           "is discovered: add introspection_endpoint",
                           &issuer->name,
                           issuer->jwks_file.len ? "jwks_file" : "jwks_uri");
        return NGX_CONF_ERROR;
    }

    return ngx_oauth_conf_introspection_auth(cf, issuer);
}


static char *
ngx_oauth_conf_introspection_off(ngx_conf_t *cf,
    const ngx_oauth_issuer_t *issuer)
{
    if (issuer->introspection_endpoint.len
        || issuer->client_id.len
        || issuer->client_secret_file.len
        || issuer->client_key_file.len)
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "oauth_issuer \"%V\" says how to introspect tokens, "
                           "but \"introspect\" is off: add \"introspect "
                           "opaque\", or remove these directives",
                           &issuer->name);
    }

    return NGX_CONF_OK;
}


static char *
ngx_oauth_conf_introspection_auth(ngx_conf_t *cf, ngx_oauth_issuer_t *issuer)
{
    char  *rv;

    if (issuer->client_auth == NGX_CONF_UNSET_UINT) {
        issuer->client_auth = issuer->client_key_file.len ? OAUTH_CLIENT_KEY
                                                          : OAUTH_CLIENT_BASIC;
    }

    rv = ngx_oauth_conf_introspection_conflict(cf, issuer);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    issuer->client.kind = issuer->client_auth;
    issuer->client.id = ngx_oauth_str(&issuer->client_id);

    switch (issuer->client_auth) {

    case OAUTH_CLIENT_NONE:
        return NGX_CONF_OK;

    case OAUTH_CLIENT_KEY:
        return ngx_oauth_conf_introspection_key(cf, issuer);

    default:
        return ngx_oauth_conf_introspection_secret(cf, issuer);
    }
}


/* Which files there are must fit the way of authentication. */

static char *
ngx_oauth_conf_introspection_conflict(ngx_conf_t *cf,
    const ngx_oauth_issuer_t *issuer)
{
    ngx_uint_t   kind;
    const char  *missing;

    kind = issuer->client_auth;

    if (issuer->client_secret_file.len && issuer->client_key_file.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "oauth_issuer \"%V\" has client_secret_file and "
                           "client_key_file: keep one of them", &issuer->name);
        return NGX_CONF_ERROR;
    }

    if (kind == OAUTH_CLIENT_NONE
        ? (issuer->client_secret_file.len || issuer->client_key_file.len)
        : (kind == OAUTH_CLIENT_KEY) ? issuer->client_secret_file.len
                                     : issuer->client_key_file.len)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "oauth_issuer \"%V\" has a %s that client_auth %V "
                           "does not use: correct client_auth, or remove the "
                           "file", &issuer->name,
                           issuer->client_key_file.len ? "client_key_file"
                                                       : "client_secret_file",
                           &ngx_oauth_conf_introspection_auths[kind].name);
        return NGX_CONF_ERROR;
    }

    missing = NULL;

    if (kind != OAUTH_CLIENT_NONE) {
        missing = (issuer->client_id.len == 0) ? "client_id"
                  : (kind == OAUTH_CLIENT_KEY)
                    ? (issuer->client_key_file.len ? NULL : "client_key_file")
                    : (issuer->client_secret_file.len ? NULL
                                                      : "client_secret_file");
    }

    if (missing) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "oauth_issuer \"%V\" has introspect and no %s: add "
                           "it, or \"client_auth none\" if the server asks for "
                           "no authentication", &issuer->name, missing);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* The end of the line in the file does not belong to the secret. */

static char *
ngx_oauth_conf_introspection_secret(ngx_conf_t *cf, ngx_oauth_issuer_t *issuer)
{
    ngx_str_t  *secret;

    secret = ngx_oauth_conf_issuer_file_secret(cf,
                                               &issuer->client_secret_file);
    if (secret == NULL) {
        return NGX_CONF_ERROR;
    }

    issuer->client.secret = ngx_oauth_str(secret);

    while (issuer->client.secret.len
           && (secret->data[issuer->client.secret.len - 1] == '\n'
               || secret->data[issuer->client.secret.len - 1] == '\r'))
    {
        issuer->client.secret.len--;
    }

    if (issuer->client.secret.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "client_secret_file \"%V\" is empty: put the "
                           "client's secret there",
                           &issuer->client_secret_file);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_oauth_conf_introspection_key(ngx_conf_t *cf, ngx_oauth_issuer_t *issuer)
{
    issuer->client.signer = ngx_oauth_conf_issuer_file_signer(cf,
                                            &issuer->client_key_file, "JWT",
                                            "client_key_file",
                                            "the client's private key");
    if (issuer->client.signer == NULL) {
        return NGX_CONF_ERROR;
    }

    return ngx_oauth_conf_introspection_try(cf, issuer);
}


/* A first form shows that an assertion can be made, which is JSON. */

static char *
ngx_oauth_conf_introspection_try(ngx_conf_t *cf,
    const ngx_oauth_issuer_t *issuer)
{
    oauth_buf_t     form;
    oauth_result_t  result;

    ngx_memzero(&form, sizeof(oauth_buf_t));

    result = oauth_client_append_form(&issuer->client, oauth_str("token"),
                                      issuer->rules.issuer, ngx_time(), &form);
    oauth_secret_free(&form);

    if (result == OAUTH_DONE) {
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "client_id \"%V\" %s",
                       &issuer->client_id,
                       (result == OAUTH_INVALID)
                       ? "is not UTF-8, which client_auth private_key_jwt "
                         "needs: write it in UTF-8"
                       : "could not be put into an assertion: memory is short");

    return NGX_CONF_ERROR;
}


ngx_uint_t
ngx_oauth_conf_introspection_count(const ngx_array_t *issuers)
{
    ngx_uint_t            i, n;
    ngx_oauth_issuer_t  **issuer;

    n = 0;
    issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {
        n += (issuer[i]->introspect != NGX_OAUTH_INTROSPECT_OFF);
    }

    return n;
}


ngx_int_t
ngx_oauth_conf_introspection_check(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *lcf)
{
    ngx_uint_t  n;

    n = ngx_oauth_conf_introspection_count(lcf->issuers);

    if (n > NGX_OAUTH_CONF_INTROSPECTION_ISSUERS) {
        ngx_oauth_place_error(cf, &lcf->place,
                              "%ui issuers in one \"oauth\" have introspect, "
                              "and an opaque token might be sent to all of "
                              "them: name at most %d of these", n,
                              NGX_OAUTH_CONF_INTROSPECTION_ISSUERS);
        return NGX_ERROR;
    }

    lcf->introspects = n;

    return NGX_OK;
}
