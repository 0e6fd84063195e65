
/*
 * The block oauth_issuer.  nginx's own parser reads it, with the issuer where
 * the parser expects a location's structure; then the issuer is completed and
 * checked as a whole.  The issuer is in the configuration's pool, and the keys
 * of a jwks_file are freed with that pool.
 */


#include "ngx_oauth_conf_introspection.h"
#include "ngx_oauth_conf_issuer.h"
#include "ngx_oauth_conf_issuer_file.h"
#include "oauth_url.h"


#define NGX_OAUTH_INTERVAL   1000          /* ms, at least */


static char *ngx_oauth_conf_issuer_block(ngx_conf_t *cf,
    ngx_oauth_issuer_t *issuer);
static ngx_oauth_issuer_t *ngx_oauth_conf_issuer_create(ngx_conf_t *cf,
    ngx_str_t *name);
static void ngx_oauth_conf_issuer_cleanup(void *data);
static char *ngx_oauth_conf_issuer_init(ngx_conf_t *cf,
    ngx_oauth_issuer_t *issuer);
static char *ngx_oauth_conf_issuer_urls(ngx_conf_t *cf,
    ngx_oauth_issuer_t *issuer);
static char *ngx_oauth_conf_issuer_proxy(ngx_conf_t *cf,
    ngx_oauth_issuer_t *issuer);
static char *ngx_oauth_conf_issuer_identifier(ngx_conf_t *cf,
    ngx_oauth_issuer_t *issuer, char *name, ngx_str_t *value);
static char *ngx_oauth_conf_issuer_url(ngx_conf_t *cf,
    ngx_oauth_issuer_t *issuer, char *name, ngx_str_t *value);


static const oauth_str_t  ngx_oauth_scope_claims[] = {
    oauth_string("scope"),
    oauth_string("scp")
};


char *
ngx_oauth_conf_issuer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_main_conf_t  *mcf = conf;

    char                *rv;
    ngx_str_t           *value;
    ngx_uint_t           i;
    ngx_oauth_issuer_t  *issuer, **issuers, **slot;

    value = cf->args->elts;
    issuers = mcf->issuers.elts;

    if (ngx_oauth_args_no_variables(cf, &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (value[1].len == 0 || ngx_strcmp(value[1].data, "off") == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "issuer name \"%V\" is empty or \"off\", which has "
                           "a meaning of its own: choose another",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < mcf->issuers.nelts; i++) {
        if (ngx_oauth_str_equal(&issuers[i]->name, &value[1])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate issuer name \"%V\": choose another",
                               &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    issuer = ngx_oauth_conf_issuer_create(cf, &value[1]);
    slot = ngx_array_push(&mcf->issuers);

    if (issuer == NULL || slot == NULL) {
        return NGX_CONF_ERROR;
    }

    *slot = issuer;

    rv = ngx_oauth_conf_issuer_block(cf, issuer);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_oauth_conf_issuer_init(cf, issuer);
}


/*
 * Lets nginx parse the block.  nginx hands a directive the structure of its
 * module in cf->ctx, which is the issuer here.
 */

static char *
ngx_oauth_conf_issuer_block(ngx_conf_t *cf, ngx_oauth_issuer_t *issuer)
{
    char                  *rv;
    void                 **loc_conf;
    ngx_conf_t             save;
    ngx_http_conf_ctx_t   *ctx;

    ctx = ngx_palloc(cf->pool, sizeof(ngx_http_conf_ctx_t));
    loc_conf = ngx_pcalloc(cf->pool, sizeof(void *) * ngx_http_max_module);

    if (ctx == NULL || loc_conf == NULL) {
        return NGX_CONF_ERROR;
    }

    *ctx = *(ngx_http_conf_ctx_t *) cf->ctx;
    ctx->loc_conf = loc_conf;
    loc_conf[ngx_oauth_module.ctx_index] = issuer;

    save = *cf;
    cf->ctx = ctx;
    cf->cmd_type = NGX_OAUTH_ISSUER_CONF|NGX_OAUTH_ISSUER_ANY;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    return rv;
}


static ngx_oauth_issuer_t *
ngx_oauth_conf_issuer_create(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_oauth_issuer_t  *issuer;
    ngx_pool_cleanup_t  *cln;

    issuer = ngx_pcalloc(cf->pool, sizeof(ngx_oauth_issuer_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (issuer == NULL
        || cln == NULL
        || ngx_array_init(&issuer->advertised, cf->pool, 2,
                          sizeof(oauth_str_t))
           != NGX_OK)
    {
        return NULL;
    }

    issuer->name = *name;
    issuer->allow_http = NGX_CONF_UNSET;
    issuer->leeway = NGX_CONF_UNSET;
    issuer->max_lifetime = NGX_CONF_UNSET;
    issuer->refresh = NGX_CONF_UNSET_MSEC;
    issuer->stale = NGX_CONF_UNSET_MSEC;
    issuer->refetch = NGX_CONF_UNSET_MSEC;
    issuer->timeout = NGX_CONF_UNSET_MSEC;
    issuer->introspect = NGX_CONF_UNSET_UINT;
    issuer->introspection_cache = NGX_CONF_UNSET;
    issuer->client_auth = NGX_CONF_UNSET_UINT;

    cln->handler = ngx_oauth_conf_issuer_cleanup;
    cln->data = issuer;

    return issuer;
}


static void
ngx_oauth_conf_issuer_cleanup(void *data)
{
    ngx_oauth_issuer_t  *issuer = data;

    oauth_jwks_free(issuer->keys);
}


static char *
ngx_oauth_conf_issuer_init(ngx_conf_t *cf, ngx_oauth_issuer_t *issuer)
{
    char  *rv;

    ngx_conf_init_value(issuer->allow_http, 0);
    ngx_conf_init_value(issuer->leeway, 30);
    ngx_conf_init_value(issuer->max_lifetime, 24 * 60 * 60);
    ngx_conf_init_msec_value(issuer->refresh, 10 * 60 * 1000);
    ngx_conf_init_msec_value(issuer->stale, 24 * 60 * 60 * 1000);
    ngx_conf_init_msec_value(issuer->refetch, 10 * 1000);
    ngx_conf_init_msec_value(issuer->timeout, 10 * 1000);

    if (issuer->rules.algorithms == 0) {
        issuer->rules.algorithms = OAUTH_ALGS_ALL;
    }

    if (issuer->rules.scope_claims == NULL) {
        issuer->rules.scope_claims = ngx_oauth_scope_claims;
        issuer->rules.nscope_claims = 2;
    }

    issuer->rules.issuer = ngx_oauth_str(&issuer->issuer);
    issuer->rules.leeway = issuer->leeway;
    issuer->rules.max_lifetime = issuer->max_lifetime;

    rv = ngx_oauth_conf_issuer_urls(cf, issuer);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_oauth_conf_issuer_file_keys(cf, issuer);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_oauth_conf_issuer_file_certificates(cf, issuer);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_oauth_conf_introspection_init(cf, issuer);
}


static char *
ngx_oauth_conf_issuer_urls(ngx_conf_t *cf, ngx_oauth_issuer_t *issuer)
{
    if (issuer->issuer.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "oauth_issuer \"%V\" has no issuer: add the "
                           "authorization server's identifier, as in "
                           "\"issuer https://login.example.com;\"",
                           &issuer->name);
        return NGX_CONF_ERROR;
    }

    if ((issuer->jwks_file.len != 0) + (issuer->jwks_uri.len != 0)
        + (issuer->config_url.len != 0) > 1)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "oauth_issuer \"%V\" has more than one of "
                           "config_url, jwks_uri and jwks_file: keep one "
                           "source of keys", &issuer->name);
        return NGX_CONF_ERROR;
    }

    if (ngx_oauth_conf_issuer_identifier(cf, issuer, "issuer", &issuer->issuer)
        != NGX_CONF_OK
        || ngx_oauth_conf_issuer_identifier(cf, issuer, "authorization_server",
                                            &issuer->authorization_server)
           != NGX_CONF_OK
        || ngx_oauth_conf_issuer_url(cf, issuer, "config_url",
                                     &issuer->config_url)
           != NGX_CONF_OK
        || ngx_oauth_conf_issuer_url(cf, issuer, "jwks_uri", &issuer->jwks_uri)
           != NGX_CONF_OK
        || ngx_oauth_conf_issuer_url(cf, issuer, "introspection_endpoint",
                                     &issuer->introspection_endpoint)
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (issuer->authorization_server.len == 0) {
        issuer->authorization_server = issuer->issuer;
    }

    return ngx_oauth_conf_issuer_proxy(cf, issuer);
}


/*
 * Checks the proxy, and warns where it will not be used: nginx connects
 * directly to a URL of plain http, because a proxy could answer that with keys
 * of its own.
 */

static char *
ngx_oauth_conf_issuer_proxy(ngx_conf_t *cf, ngx_oauth_issuer_t *issuer)
{
    ngx_str_t    *first;
    const char   *error;
    oauth_url_t   url;

    if (issuer->proxy.len == 0) {
        return NGX_CONF_OK;
    }

    error = oauth_url_parse(ngx_oauth_str(&issuer->proxy), &url);

    if (error) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "proxy \"%V\" %s: write it as in "
                           "http://proxy.example.com:3128",
                           &issuer->proxy, error);
        return NGX_CONF_ERROR;
    }

    first = issuer->jwks_uri.len ? &issuer->jwks_uri
            : issuer->config_url.len ? &issuer->config_url
            : &issuer->issuer;

    if (issuer->jwks_file.len == 0
        && oauth_url_parse(ngx_oauth_str(first), &url) == NULL
        && !url.https)
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "proxy \"%V\" is not used for \"%V\", which is "
                           "plain http: a proxy could replace the keys, so "
                           "nginx connects directly; use https, or remove the "
                           "proxy", &issuer->proxy, first);
    }

    return NGX_CONF_OK;
}


/* Checks the identifier of a server: a URL without a query. */

static char *
ngx_oauth_conf_issuer_identifier(ngx_conf_t *cf, ngx_oauth_issuer_t *issuer,
    char *name, ngx_str_t *value)
{
    oauth_url_t  url;

    if (ngx_oauth_conf_issuer_url(cf, issuer, name, value) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (oauth_url_parse(ngx_oauth_str(value), &url) == NULL && url.query.data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "%s \"%V\" has a query: RFC 8414 allows none",
                           name, value);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/*
 * Checks a URL.  Plain http is refused unless it is allowed: anybody on the way
 * to the authorization server could replace the keys.
 */

static char *
ngx_oauth_conf_issuer_url(ngx_conf_t *cf, ngx_oauth_issuer_t *issuer,
    char *name, ngx_str_t *value)
{
    const char   *error;
    oauth_url_t   url;

    if (value->len == 0) {
        return NGX_CONF_OK;
    }

    error = oauth_url_parse(ngx_oauth_str(value), &url);

    if (error) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s \"%V\" %s: write it as "
                           "in https://login.example.com", name, value, error);
        return NGX_CONF_ERROR;
    }

    if (!oauth_url_is_secure(&url) && !issuer->allow_http) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "%s \"%V\" is plain http: use https, or add "
                           "\"allow_http on\" where the network up to that "
                           "server is trusted", name, value);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_issuer_literal(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t  *value = data;

    return (ngx_oauth_args_no_variables(cf, value) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_oauth_conf_issuer_allow_http(ngx_conf_t *cf, void *post, void *data)
{
    ngx_flag_t  *allow_http = data;

    if (*allow_http) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "allow_http is on: use https unless the network "
                           "up to this authorization server is yours alone, "
                           "since whoever answers in its place can have any "
                           "token accepted");
    }

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_issuer_interval(ngx_conf_t *cf, void *post, void *data)
{
    ngx_msec_t  *interval = data;

    if (*interval < NGX_OAUTH_INTERVAL) {
        return "is below 1s: nginx would keep on asking the authorization "
               "server, use 1s or more";
    }

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_issuer_timeout(ngx_conf_t *cf, void *post, void *data)
{
    ngx_msec_t  *timeout = data;

    return *timeout ? NGX_CONF_OK
                    : "is 0: no fetch could succeed, use 1s or more";
}


char *
ngx_oauth_conf_issuer_leeway(ngx_conf_t *cf, void *post, void *data)
{
    time_t  *leeway = data;

    if (*leeway > NGX_OAUTH_LEEWAY) {
        return "is above 1h: synchronise the clocks instead";
    }

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_issuer_algorithms(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_issuer_t  *issuer = conf;

    ngx_str_t          *value;
    ngx_uint_t          i;
    const oauth_alg_t  *alg;

    if (issuer->rules.algorithms) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        alg = oauth_alg_lookup(ngx_oauth_str(&value[i]));

        if (alg == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown algorithm \"%V\": possible are "
                               "RS256 RS384 RS512 PS256 PS384 PS512 ES256 "
                               "ES384 ES512 EdDSA Ed25519 Ed448", &value[i]);
            return NGX_CONF_ERROR;
        }

        issuer->rules.algorithms |= alg->bits;
    }

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_issuer_token_type(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_issuer_t  *issuer = conf;

    ngx_str_t  *value;

    if (issuer->token_type_set) {
        return "is duplicate";
    }

    issuer->token_type_set = 1;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "at+jwt") == 0) {
        issuer->rules.access_only = 1;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "any") == 0) {
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown token type \"%V\": use at+jwt or any",
                       &value[1]);

    return NGX_CONF_ERROR;
}


char *
ngx_oauth_conf_issuer_scope_claim(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_oauth_issuer_t  *issuer = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (issuer->rules.scope_claims) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_oauth_args_no_variables(cf, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    issuer->rules.scope_claims = ngx_oauth_args_strings(cf, 1);
    issuer->rules.nscope_claims = cf->args->nelts - 1;

    return issuer->rules.scope_claims ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_oauth_conf_issuer_session_claim(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_oauth_issuer_t  *issuer = conf;

    ngx_str_t  *value;

    if (issuer->rules.session) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_oauth_args_no_variables(cf, &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    issuer->rules.session = ngx_oauth_args_strings(cf, 1);
    issuer->rules.nsession = 1;

    return issuer->rules.session ? NGX_CONF_OK : NGX_CONF_ERROR;
}
