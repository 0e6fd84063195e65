
/*
 * The steps from an issuer's name to its parsed key set: authorization server
 * metadata (RFC 8414 section 3), OpenID Connect Discovery 1.0 section 4 where
 * the first answers without being usable, then the key set (RFC 7517).
 *
 * A refresh owns its fetch, what it discovered and the keys; the texts that
 * it hands out are views of these.
 */


#include "ngx_oauth_refresh.h"
#include "ngx_oauth_doc.h"


#define NGX_OAUTH_REFRESH_QUOTED  256


static ngx_int_t ngx_oauth_refresh_step_discovery(
    ngx_oauth_refresh_t *refresh);
static void ngx_oauth_refresh_discovered(ngx_oauth_fetch_t *fetch);
static ngx_int_t ngx_oauth_refresh_parse_discovery(
    ngx_oauth_refresh_t *refresh);
static ngx_int_t ngx_oauth_refresh_next_place(ngx_oauth_refresh_t *refresh);
static ngx_int_t ngx_oauth_refresh_step_keys(ngx_oauth_refresh_t *refresh);
static void ngx_oauth_refresh_fetched(ngx_oauth_fetch_t *fetch);
static ngx_int_t ngx_oauth_refresh_fetch(ngx_oauth_refresh_t *refresh,
    ngx_oauth_fetch_pt handler, ngx_uint_t last);
static void ngx_oauth_refresh_end_fetch(ngx_oauth_refresh_t *refresh);
static void ngx_oauth_refresh_error(ngx_oauth_refresh_t *refresh,
    const char *fmt, ...);
static void ngx_oauth_refresh_fail(ngx_oauth_refresh_t *refresh);


ngx_oauth_refresh_t *
ngx_oauth_refresh_start(ngx_oauth_issuer_t *issuer, ngx_str_t *uri,
    ngx_oauth_refresh_pt handler, void *data)
{
    ngx_int_t             rc;
    ngx_oauth_refresh_t  *refresh;

    refresh = ngx_calloc(sizeof(ngx_oauth_refresh_t), ngx_cycle->log);
    if (refresh == NULL) {
        return NULL;
    }

    refresh->issuer = issuer;
    refresh->handler = handler;
    refresh->data = data;
    refresh->max_age = -1;

    if (uri->len) {
        oauth_buf_append(&refresh->discovery.jwks_uri, uri->data, uri->len);
        rc = ngx_oauth_refresh_step_keys(refresh);

    } else {
        rc = ngx_oauth_refresh_step_discovery(refresh);
    }

    if (rc != NGX_OK) {
        ngx_oauth_refresh_done(refresh);
        return NULL;
    }

    return refresh;
}


void
ngx_oauth_refresh_done(ngx_oauth_refresh_t *refresh)
{
    ngx_oauth_refresh_end_fetch(refresh);

    if (refresh->keys) {
        oauth_jwks_free(refresh->keys);
    }

    oauth_discovery_free(&refresh->discovery);
    oauth_buf_free(&refresh->url);
    ngx_free(refresh);
}


static ngx_int_t
ngx_oauth_refresh_step_discovery(ngx_oauth_refresh_t *refresh)
{
    oauth_str_t          issuer;
    ngx_oauth_issuer_t  *conf;

    conf = refresh->issuer;
    refresh->url.len = 0;

    if (conf->config_url.len) {
        oauth_buf_append(&refresh->url, conf->config_url.data,
                         conf->config_url.len);

    } else {
        issuer.data = conf->issuer.data;
        issuer.len = conf->issuer.len;

        if (!oauth_discovery_append_url(&refresh->url, issuer,
                                        refresh->place))
        {
            return NGX_ERROR;
        }
    }

    return ngx_oauth_refresh_fetch(refresh, ngx_oauth_refresh_discovered, 0);
}


static void
ngx_oauth_refresh_discovered(ngx_oauth_fetch_t *fetch)
{
    ngx_int_t             rc;
    ngx_oauth_refresh_t  *refresh;

    refresh = fetch->data;
    rc = fetch->rc;

    if (rc == NGX_OK) {
        rc = ngx_oauth_refresh_parse_discovery(refresh);

    } else {
        ngx_oauth_refresh_error(refresh, "%s", fetch->error);
    }

    ngx_oauth_refresh_end_fetch(refresh);

    /* a server that does not answer is not asked for the other document */

    if (rc == NGX_OK) {
        rc = ngx_oauth_refresh_step_keys(refresh);

    } else if (rc == NGX_DECLINED) {
        rc = ngx_oauth_refresh_next_place(refresh);
    }

    if (rc != NGX_OK) {
        ngx_oauth_refresh_fail(refresh);
    }
}


static ngx_int_t
ngx_oauth_refresh_parse_discovery(ngx_oauth_refresh_t *refresh)
{
    size_t              len;
    oauth_str_t         issuer;
    const char         *error;
    oauth_discovery_t  *discovery;

    discovery = &refresh->discovery;

    issuer.data = refresh->issuer->issuer.data;
    issuer.len = refresh->issuer->issuer.len;

    oauth_discovery_free(discovery);

    error = oauth_discovery_parse(oauth_buf_str(&refresh->fetch->body), issuer,
                                  discovery);
    if (error == NULL) {
        return NGX_OK;
    }

    if (discovery->issuer.len
        && !oauth_str_equal(oauth_buf_str(&discovery->issuer), issuer))
    {
        len = ngx_min(discovery->issuer.len, NGX_OAUTH_REFRESH_QUOTED);

        ngx_oauth_refresh_error(refresh, "its issuer is \"%*s\", configured "
                                "is \"%V\"", len, discovery->issuer.data,
                                &refresh->issuer->issuer);
        return NGX_DECLINED;
    }

    ngx_oauth_refresh_error(refresh, "%s", error);

    return NGX_DECLINED;
}


static ngx_int_t
ngx_oauth_refresh_next_place(ngx_oauth_refresh_t *refresh)
{
    if (refresh->issuer->config_url.len) {
        return NGX_DECLINED;
    }

    refresh->place++;

    return ngx_oauth_refresh_step_discovery(refresh);
}


static ngx_int_t
ngx_oauth_refresh_step_keys(ngx_oauth_refresh_t *refresh)
{
    oauth_buf_t  *uri;

    uri = &refresh->discovery.jwks_uri;

    refresh->url.len = 0;
    oauth_buf_append(&refresh->url, uri->data, uri->len);

    return ngx_oauth_refresh_fetch(refresh, ngx_oauth_refresh_fetched, 1);
}


static void
ngx_oauth_refresh_fetched(ngx_oauth_fetch_t *fetch)
{
    const char           *error;
    oauth_buf_t          *uri;
    ngx_oauth_refresh_t  *refresh;

    refresh = fetch->data;

    if (fetch->rc != NGX_OK) {
        ngx_oauth_refresh_error(refresh, "%s", fetch->error);
        ngx_oauth_refresh_fail(refresh);
        return;
    }

    error = NULL;
    refresh->keys = oauth_jwks_parse(oauth_buf_str(&fetch->body),
                                     refresh->issuer->policy.algorithms,
                                     &error);

    if (refresh->keys == NULL) {
        ngx_oauth_refresh_error(refresh, "%s, Content-Type is \"%*s\"",
                                error ? error : "no memory",
                                ngx_min(fetch->type.len,
                                        NGX_OAUTH_REFRESH_QUOTED),
                                fetch->type.data);
        ngx_oauth_refresh_fail(refresh);
        return;
    }

    uri = &refresh->discovery.jwks_uri;

    refresh->text.data = fetch->body.data;
    refresh->text.len = fetch->body.len;
    refresh->uri.data = uri->data;
    refresh->uri.len = uri->len;
    refresh->max_age = fetch->max_age;

    refresh->handler(refresh);
}


/* The lease is prolonged with each step; who lost it must not go on. */

static ngx_int_t
ngx_oauth_refresh_fetch(ngx_oauth_refresh_t *refresh,
    ngx_oauth_fetch_pt handler, ngx_uint_t last)
{
    ngx_oauth_issuer_t      *issuer;
    ngx_oauth_fetch_conf_t   conf;

    issuer = refresh->issuer;

    if (refresh->url.failed
        || ngx_oauth_doc_acquire(issuer->doc, 0, NGX_OAUTH_DOC_SCHEDULED,
                                 ngx_oauth_refresh_time(issuer))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memzero(&conf, sizeof(ngx_oauth_fetch_conf_t));

    conf.url.data = refresh->url.data;
    conf.url.len = refresh->url.len;
    conf.proxy = issuer->proxy;
    conf.certificates = issuer->certificates;
    conf.timeout = issuer->timeout;
    conf.last = last ? 1 : 0;

    refresh->fetch = ngx_oauth_fetch_start(&conf, handler, refresh);

    return refresh->fetch ? NGX_OK : NGX_ERROR;
}


static void
ngx_oauth_refresh_end_fetch(ngx_oauth_refresh_t *refresh)
{
    if (refresh->fetch) {
        ngx_oauth_fetch_done(refresh->fetch);
        refresh->fetch = NULL;
    }
}


/* Appends a cause and the address it is about: several make one line. */

static void
ngx_oauth_refresh_error(ngx_oauth_refresh_t *refresh, const char *fmt, ...)
{
    u_char   *p, *last;
    va_list   args;

    p = refresh->error + refresh->error_len;
    last = refresh->error + NGX_OAUTH_REFRESH_ERROR - 1;

    p = ngx_slprintf(p, last, "%s%*s: ", refresh->error_len ? "; " : "",
                     ngx_min(refresh->url.len, NGX_OAUTH_REFRESH_QUOTED),
                     refresh->url.data);

    va_start(args, fmt);
    last = ngx_vslprintf(p, last, fmt, args);
    va_end(args);

    *last = '\0';

    for (p = refresh->error; p < last; p++) {
        if (*p < ' ' || *p > '~') {
            *p = '.';
        }
    }

    refresh->error_len = last - refresh->error;
}


static void
ngx_oauth_refresh_fail(ngx_oauth_refresh_t *refresh)
{
    if (refresh->error_len == 0) {
        ngx_oauth_refresh_error(refresh, "no memory, or the lease was lost");
    }

    refresh->handler(refresh);
}
