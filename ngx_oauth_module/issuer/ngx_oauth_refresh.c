
/*
 * The steps from an issuer to its parsed key set: authorization server metadata
 * (RFC 8414 section 3), OpenID Connect Discovery 1.0 section 4, then the key
 * set (RFC 7517).
 *
 * The second well-known URL is asked when the first has failed or has not
 * answered for two seconds.  Then both fetches are under way, and the first
 * document that is good counts.  So a server that never answers at one of them
 * costs two seconds, and a server that is slow can still answer.
 *
 * A refresh owns its fetches, what it has discovered, and the keys.  The texts
 * of its result belong to these.
 */


#include "ngx_oauth_refresh.h"
#include "ngx_oauth_event.h"
#include "ngx_oauth_doc.h"
#include "ngx_oauth_str.h"
#include "ngx_oauth_watch.h"


#define NGX_OAUTH_REFRESH_SILENCE   2000        /* ms                         */
#define NGX_OAUTH_REFRESH_DOCUMENT  (1024 * 1024)   /* bytes                  */
#define NGX_OAUTH_REFRESH_QUOTED    256         /* bytes                      */
#define NGX_OAUTH_REFRESH_REASONS   5           /* why keys are not usable    */


static ngx_int_t ngx_oauth_refresh_discover(ngx_oauth_refresh_t *refresh);
static ngx_int_t ngx_oauth_refresh_append_url(ngx_oauth_refresh_t *refresh,
    oauth_buf_t *url);
static void ngx_oauth_refresh_silence(ngx_event_t *ev);
static void ngx_oauth_refresh_discovered(ngx_oauth_fetch_t *fetch);
static ngx_int_t ngx_oauth_refresh_parse_discovery(
    ngx_oauth_refresh_document_t *document);
static ngx_uint_t ngx_oauth_refresh_is_fetching(ngx_oauth_refresh_t *refresh);
static void ngx_oauth_refresh_without_keys(ngx_oauth_refresh_t *refresh);
static ngx_int_t ngx_oauth_refresh_step_keys(ngx_oauth_refresh_t *refresh);
static void ngx_oauth_refresh_fetched(ngx_oauth_fetch_t *fetch);
static ngx_int_t ngx_oauth_refresh_parse_keys(
    ngx_oauth_refresh_document_t *document);
static u_char *ngx_oauth_refresh_reasons(u_char *p, u_char *last,
    const oauth_jwks_t *set);
static ngx_int_t ngx_oauth_refresh_fetch(
    ngx_oauth_refresh_document_t *document, ngx_oauth_fetch_pt handler);
static void ngx_oauth_refresh_end_fetches(ngx_oauth_refresh_t *refresh);
static void ngx_oauth_refresh_end_fetch(
    ngx_oauth_refresh_document_t *document);
static void ngx_oauth_refresh_error(ngx_oauth_refresh_document_t *document,
    const char *fmt, ...);
static void ngx_oauth_refresh_fail(ngx_oauth_refresh_t *refresh);


static const ngx_keyval_t  ngx_oauth_refresh_fields[] = {
    { ngx_string("Accept"), ngx_string("application/json") }
};


ngx_oauth_refresh_t *
ngx_oauth_refresh_start(const ngx_oauth_issuer_t *issuer,
    const ngx_oauth_doc_content_t *known, ngx_oauth_refresh_pt handler,
    void *data)
{
    ngx_int_t             rc;
    ngx_uint_t            i;
    const ngx_str_t      *uri;
    ngx_oauth_refresh_t  *refresh;

    refresh = ngx_calloc(sizeof(ngx_oauth_refresh_t), ngx_cycle->log);
    if (refresh == NULL) {
        return NULL;
    }

    refresh->issuer = issuer;
    refresh->handler = handler;
    refresh->data = data;
    refresh->max_age = -1;

    for (i = 0; i < NGX_OAUTH_REFRESH_URLS; i++) {
        refresh->documents[i].refresh = refresh;
    }

    ngx_oauth_watch_timer(&refresh->silence, ngx_oauth_refresh_silence,
                          ngx_cycle->log);
    refresh->silence.cancelable = 1;

    uri = known ? &known->uri : &issuer->jwks_uri;

    if (known) {
        oauth_buf_append_str(&refresh->discovery.metadata,
                             ngx_oauth_str(&known->metadata));
    }

    if (uri->len) {
        oauth_buf_append_str(&refresh->discovery.jwks_uri,
                             ngx_oauth_str(uri));
        rc = ngx_oauth_refresh_step_keys(refresh);

    } else {
        rc = ngx_oauth_refresh_discover(refresh);
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
    ngx_uint_t  i;

    ngx_oauth_refresh_end_fetches(refresh);

    for (i = 0; i < NGX_OAUTH_REFRESH_URLS; i++) {
        oauth_buf_free(&refresh->documents[i].url);
    }

    oauth_jwks_free(refresh->keys);
    oauth_discovery_free(&refresh->discovery);
    ngx_free(refresh);
}


/* Asks the next well-known URL.  NGX_DECLINED: there is none. */

static ngx_int_t
ngx_oauth_refresh_discover(ngx_oauth_refresh_t *refresh)
{
    ngx_int_t                      rc;
    ngx_oauth_refresh_document_t  *document;

    if (refresh->asked == NGX_OAUTH_REFRESH_URLS) {
        return NGX_DECLINED;
    }

    document = &refresh->documents[refresh->asked];

    rc = ngx_oauth_refresh_append_url(refresh, &document->url);
    if (rc != NGX_OK) {
        return rc;
    }

    refresh->asked++;

    rc = ngx_oauth_refresh_fetch(document, ngx_oauth_refresh_discovered);

    if (rc == NGX_OK) {
        ngx_add_timer(&refresh->silence, NGX_OAUTH_REFRESH_SILENCE);
    }

    return rc;
}


static ngx_int_t
ngx_oauth_refresh_append_url(ngx_oauth_refresh_t *refresh, oauth_buf_t *url)
{
    const ngx_oauth_issuer_t  *issuer;

    issuer = refresh->issuer;

    if (issuer->config_url.len == 0) {
        return oauth_discovery_append_url(url, ngx_oauth_str(&issuer->issuer),
                                          refresh->asked)
               ? NGX_OK : NGX_DECLINED;
    }

    if (refresh->asked) {
        return NGX_DECLINED;
    }

    oauth_buf_append(url, issuer->config_url.data, issuer->config_url.len);

    return NGX_OK;
}


/*
 * The well-known URL that was asked last is silent.  If there is no other one,
 * or no memory to ask it, the fetch that is under way goes on alone.
 */

static void
ngx_oauth_refresh_silence(ngx_event_t *ev)
{
    ngx_oauth_refresh_t  *refresh;

    refresh = ngx_oauth_container(ev, ngx_oauth_refresh_t, silence);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ev->log, 0,
                   "oauth: issuer \"%V\": no response for %d ms, discovery "
                   "asks the next well-known URL, if there is one",
                   &refresh->issuer->name, NGX_OAUTH_REFRESH_SILENCE);

    (void) ngx_oauth_refresh_discover(refresh);
}


static void
ngx_oauth_refresh_discovered(ngx_oauth_fetch_t *fetch)
{
    ngx_int_t                      rc;
    ngx_oauth_refresh_t           *refresh;
    ngx_oauth_refresh_document_t  *document;

    document = fetch->data;
    refresh = document->refresh;
    rc = fetch->response.rc;

    if (rc == NGX_OK) {
        rc = ngx_oauth_refresh_parse_discovery(document);

    } else {
        ngx_oauth_refresh_error(document, "%s", fetch->response.error);
    }

    ngx_oauth_refresh_end_fetch(document);

    if (rc == NGX_OK) {
        ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                       "oauth: issuer \"%V\": discovery document parsed, "
                       "jwks_uri is \"%*s\"", &refresh->issuer->name,
                       refresh->discovery.jwks_uri.len,
                       refresh->discovery.jwks_uri.data);

        ngx_oauth_refresh_end_fetches(refresh);

        if (refresh->discovery.jwks_uri.len == 0) {
            ngx_oauth_refresh_without_keys(refresh);
            return;
        }

        rc = ngx_oauth_refresh_step_keys(refresh);

    } else {
        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                       "oauth: issuer \"%V\": no discovery document so far: "
                       "%s", &refresh->issuer->name, refresh->error);

        rc = ngx_oauth_refresh_discover(refresh);
    }

    if (rc != NGX_OK && !ngx_oauth_refresh_is_fetching(refresh)) {
        ngx_oauth_refresh_fail(refresh);
    }
}


static ngx_int_t
ngx_oauth_refresh_parse_discovery(ngx_oauth_refresh_document_t *document)
{
    const char                *error;
    oauth_str_t                found;
    oauth_discovery_t         *discovery;
    oauth_discovery_rules_t    rules;
    const ngx_oauth_issuer_t  *issuer;

    issuer = document->refresh->issuer;
    discovery = &document->refresh->discovery;

    rules.issuer = ngx_oauth_str(&issuer->issuer);
    rules.source = oauth_buf_str(&document->url);
    rules.allow_http = issuer->allow_http ? 1 : 0;
    rules.without_keys = (issuer->introspect != NGX_OAUTH_INTROSPECT_OFF);

    oauth_discovery_free(discovery);

    error = oauth_discovery_parse(
                                oauth_buf_str(&document->fetch->response.body),
                                &rules, discovery);
    if (error == NULL) {
        return NGX_OK;
    }

    found = oauth_buf_str(&discovery->issuer);

    if (found.len && !oauth_str_equal(found, rules.issuer)) {

        ngx_oauth_refresh_error(document, "its issuer is \"%*s\", configured "
                                "is \"%V\"%s",
                                ngx_min(found.len, NGX_OAUTH_REFRESH_QUOTED),
                                found.data, &issuer->issuer,
                                oauth_str_differ_by_slash(found, rules.issuer)
                                ? ", only the slash at the end differs: write "
                                  "\"issuer\" as the server does" : "");
        return NGX_DECLINED;
    }

    ngx_oauth_refresh_error(document, "%s", error);

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_oauth_refresh_is_fetching(ngx_oauth_refresh_t *refresh)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_OAUTH_REFRESH_URLS; i++) {
        if (refresh->documents[i].fetch) {
            return 1;
        }
    }

    return 0;
}


/* The server only introspects tokens: its metadata comes with an empty set. */

static void
ngx_oauth_refresh_without_keys(ngx_oauth_refresh_t *refresh)
{
    const char        *error;

    static ngx_str_t   none = ngx_string("{\"keys\":[]}");

    refresh->keys = oauth_jwks_read(ngx_oauth_str(&none),
                                    refresh->issuer->rules.algorithms, &error);

    refresh->text = none;
    refresh->metadata.data = refresh->discovery.metadata.data;
    refresh->metadata.len = refresh->discovery.metadata.len;

    if (refresh->keys) {
        refresh->keys->text.len = 0;
        oauth_buf_append_str(&refresh->keys->text, ngx_oauth_str(&none));
    }

    if (refresh->keys && refresh->keys->text.failed) {
        oauth_jwks_free(refresh->keys);
        refresh->keys = NULL;
    }

    if (refresh->keys) {
        refresh->handler(refresh);

    } else {
        ngx_oauth_refresh_fail(refresh);
    }
}


static ngx_int_t
ngx_oauth_refresh_step_keys(ngx_oauth_refresh_t *refresh)
{
    oauth_buf_t                   *uri;
    ngx_oauth_refresh_document_t  *document;

    uri = &refresh->discovery.jwks_uri;
    document = &refresh->documents[0];

    document->url.len = 0;
    oauth_buf_append(&document->url, uri->data, uri->len);

    return ngx_oauth_refresh_fetch(document, ngx_oauth_refresh_fetched);
}


static void
ngx_oauth_refresh_fetched(ngx_oauth_fetch_t *fetch)
{
    oauth_buf_t                   *uri, *metadata;
    ngx_oauth_refresh_t           *refresh;
    ngx_oauth_refresh_document_t  *document;

    document = fetch->data;
    refresh = document->refresh;

    if (fetch->response.rc != NGX_OK) {
        ngx_oauth_refresh_error(document, "%s", fetch->response.error);
        ngx_oauth_refresh_fail(refresh);
        return;
    }

    if (ngx_oauth_refresh_parse_keys(document) != NGX_OK) {
        ngx_oauth_refresh_fail(refresh);
        return;
    }

    uri = &refresh->discovery.jwks_uri;
    metadata = &refresh->discovery.metadata;

    refresh->text.data = fetch->response.body.data;
    refresh->text.len = fetch->response.body.len;
    refresh->uri.data = uri->data;
    refresh->uri.len = uri->len;
    refresh->metadata.data = metadata->data;
    refresh->metadata.len = metadata->len;
    refresh->max_age = fetch->response.max_age;

    refresh->handler(refresh);
}


static ngx_int_t
ngx_oauth_refresh_parse_keys(ngx_oauth_refresh_document_t *document)
{
    u_char                *p, reasons[NGX_OAUTH_REFRESH_ERROR];
    const char            *error;
    ngx_str_t             *type;
    oauth_jwks_t          *set;
    ngx_oauth_fetch_t     *fetch;
    ngx_oauth_refresh_t   *refresh;

    fetch = document->fetch;
    type = &fetch->response.type;
    refresh = document->refresh;

    error = NULL;
    set = oauth_jwks_read(oauth_buf_str(&fetch->response.body),
                          refresh->issuer->rules.algorithms, &error);

    if (set && set->nkeys) {
        ngx_log_debug4(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                       "oauth: issuer \"%V\": key set of %uz bytes parsed: %uz "
                       "keys usable, %uz not", &refresh->issuer->name,
                       fetch->response.body.len, set->nkeys, set->nskipped);

        refresh->keys = set;
        return NGX_OK;
    }

    p = ngx_oauth_refresh_reasons(reasons, reasons + sizeof(reasons), set);

    oauth_jwks_free(set);

    ngx_oauth_refresh_error(document, "%s%*s, Content-Type is \"%*s\"",
                            error,
                            (size_t) (p - reasons), reasons,
                            ngx_min(type->len, NGX_OAUTH_REFRESH_QUOTED),
                            type->data);

    return NGX_ERROR;
}


/* Writes, in parentheses, why the first keys of a set are not usable. */

static u_char *
ngx_oauth_refresh_reasons(u_char *p, u_char *last, const oauth_jwks_t *set)
{
    ngx_uint_t  i, n;

    if (set == NULL || set->nskipped == 0) {
        return p;
    }

    n = ngx_min(set->nskipped, NGX_OAUTH_REFRESH_REASONS);

    for (i = 0; i < n; i++) {
        p = ngx_slprintf(p, last, "%skey %uz: %s", i ? "; " : " (",
                         set->skipped[i].index, set->skipped[i].why);
    }

    if (n < set->nskipped) {
        p = ngx_slprintf(p, last, "; and %uz more", set->nskipped - n);
    }

    return ngx_slprintf(p, last, ")");
}


/*
 * Each fetch prolongs the lease.  A worker that has lost it must not go on: by
 * now another worker fetches.
 */

static ngx_int_t
ngx_oauth_refresh_fetch(ngx_oauth_refresh_document_t *document,
    ngx_oauth_fetch_pt handler)
{
    ngx_oauth_fetch_request_t  request;
    const ngx_oauth_issuer_t  *issuer;

    issuer = document->refresh->issuer;

    if (document->url.failed
        || ngx_oauth_doc_acquire(issuer->doc, 0, NGX_OAUTH_DOC_SCHEDULED,
                                 ngx_oauth_refresh_time(issuer))
           != NGX_OK)
    {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                       "oauth: issuer \"%V\": the lease is lost, or memory is "
                       "short", &issuer->name);
        return NGX_ERROR;
    }

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "oauth: issuer \"%V\": lease prolonged by %M ms, fetches "
                   "%*s", &issuer->name, ngx_oauth_refresh_time(issuer),
                   document->url.len, document->url.data);

    ngx_memzero(&request, sizeof(ngx_oauth_fetch_request_t));

    ngx_str_set(&request.method, "GET");
    request.url.data = document->url.data;
    request.url.len = document->url.len;
    request.fields = ngx_oauth_refresh_fields;
    request.nfields = 1;
    request.proxy = issuer->proxy;
    request.certificates = issuer->certificates;
    request.timeout = issuer->timeout;
    request.limit = NGX_OAUTH_REFRESH_DOCUMENT;

    document->fetch = ngx_oauth_fetch_start(&request, handler, document);

    return document->fetch ? NGX_OK : NGX_ERROR;
}


static void
ngx_oauth_refresh_end_fetches(ngx_oauth_refresh_t *refresh)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_OAUTH_REFRESH_URLS; i++) {
        ngx_oauth_refresh_end_fetch(&refresh->documents[i]);
    }

    if (refresh->silence.timer_set) {
        ngx_del_timer(&refresh->silence);
    }
}


static void
ngx_oauth_refresh_end_fetch(ngx_oauth_refresh_document_t *document)
{
    if (document->fetch) {
        ngx_oauth_fetch_done(document->fetch);
        document->fetch = NULL;
    }
}


/*
 * Appends a cause, with the URL that it is about, to the error.  The causes of
 * several fetches make one line.
 */

static void
ngx_oauth_refresh_error(ngx_oauth_refresh_document_t *document,
    const char *fmt, ...)
{
    u_char               *p, *last;
    va_list               args;
    ngx_oauth_refresh_t  *refresh;

    refresh = document->refresh;

    p = refresh->error + refresh->error_len;
    last = refresh->error + NGX_OAUTH_REFRESH_ERROR - 1;

    p = ngx_slprintf(p, last, "%s%*s: ", refresh->error_len ? "; " : "",
                     ngx_min(document->url.len, NGX_OAUTH_REFRESH_QUOTED),
                     document->url.data);

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
        ngx_oauth_refresh_error(&refresh->documents[0],
                                "memory is short, or the lease was lost");
    }

    refresh->handler(refresh);
}
