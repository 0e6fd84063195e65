
/*
 * Answers requests for the status.  The argument "format" chooses the form;
 * without it, a browser gets the page, a client that accepts text/plain but not
 * JSON (as Prometheus does) gets the metrics, and everybody else gets JSON.
 * Everything is written into the pool of the request.
 */


#include "ngx_oauth_body.h"
#include "ngx_oauth_conf.h"
#include "ngx_oauth_doc_table.h"
#include "ngx_oauth_field.h"
#include "ngx_oauth_replay.h"
#include "ngx_oauth_resource.h"
#include "ngx_oauth_status.h"
#include "ngx_oauth_version.h"


typedef struct {
    ngx_str_t   name;                   /* the value of "format" */
    ngx_str_t   type;                   /* Content-Type */
    void      (*write)(oauth_buf_t *buf, const oauth_status_t *status);
} ngx_oauth_status_format_t;


static ngx_int_t ngx_oauth_status_handler(ngx_http_request_t *r);
static const ngx_oauth_status_format_t *ngx_oauth_status_format(
    ngx_http_request_t *r);
static ngx_uint_t ngx_oauth_status_names(const ngx_str_t *accept,
    const char *type);
static ngx_int_t ngx_oauth_status_write(ngx_http_request_t *r,
    const ngx_oauth_status_format_t *format, ngx_str_t *text);
static ngx_int_t ngx_oauth_status_read(ngx_http_request_t *r,
    oauth_status_t *status);
static ngx_int_t ngx_oauth_status_read_issuers(ngx_http_request_t *r,
    const ngx_oauth_main_conf_t *mcf, oauth_status_t *status);
static ngx_int_t ngx_oauth_status_read_resources(ngx_http_request_t *r,
    const ngx_oauth_main_conf_t *mcf, oauth_status_t *status);
static ngx_int_t ngx_oauth_status_add_resource(ngx_array_t *resources,
    const ngx_oauth_resource_t *resource);
static ngx_int_t ngx_oauth_status_read_revocation(ngx_http_request_t *r,
    const ngx_oauth_main_conf_t *mcf, oauth_status_t *status);
static int64_t ngx_oauth_status_age(time_t time);
static void ngx_oauth_status_read_counters(
    const ngx_oauth_counters_t *counters, oauth_status_t *status);
static ngx_int_t ngx_oauth_status_send(ngx_http_request_t *r,
    const ngx_oauth_status_format_t *format, ngx_str_t *text);


static const ngx_oauth_status_format_t  ngx_oauth_status_json = {
    ngx_string("json"), ngx_string("application/json"), oauth_status_write_json
};

static const ngx_oauth_status_format_t  ngx_oauth_status_prometheus = {
    ngx_string("prometheus"), ngx_string(OAUTH_STATUS_METRICS),
    oauth_status_write_metrics
};

static const ngx_oauth_status_format_t  ngx_oauth_status_html = {
    ngx_string("html"), ngx_string("text/html; charset=utf-8"),
    oauth_status_write_page
};

static const ngx_oauth_status_format_t  *ngx_oauth_status_formats[] = {
    &ngx_oauth_status_json,
    &ngx_oauth_status_prometheus,
    &ngx_oauth_status_html
};


char *
ngx_oauth_status_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_oauth_main_conf_t     *mcf;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler == ngx_oauth_status_handler) {
        return "is duplicate";
    }

    clcf->handler = ngx_oauth_status_handler;
    ngx_oauth_place_here(cf, &lcf->status_place);

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_oauth_module);
    mcf->counts = 1;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_oauth_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                         rc;
    ngx_str_t                         text;
    const ngx_oauth_status_format_t  *format;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    format = ngx_oauth_status_format(r);
    if (format == NULL) {
        return NGX_HTTP_BAD_REQUEST;
    }

    if (ngx_oauth_status_write(r, format, &text) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_oauth_status_send(r, format, &text);
}


/* NULL: there is no form of that name. */

static const ngx_oauth_status_format_t *
ngx_oauth_status_format(ngx_http_request_t *r)
{
    ngx_str_t         name;
    ngx_uint_t        i;
    ngx_table_elt_t  *accept;

    if (ngx_http_arg(r, (u_char *) "format", 6, &name) == NGX_OK) {

        for (i = 0;
             i < sizeof(ngx_oauth_status_formats)
                 / sizeof(ngx_oauth_status_formats[0]);
             i++)
        {
            if (ngx_oauth_str_equal(&ngx_oauth_status_formats[i]->name,
                                    &name))
            {
                return ngx_oauth_status_formats[i];
            }
        }

        return NULL;
    }

    accept = ngx_oauth_field_lookup_literal(&r->headers_in.headers, "accept");

    if (accept == NULL) {
        return &ngx_oauth_status_json;
    }

    if (ngx_oauth_status_names(&accept->value, "text/html")) {
        return &ngx_oauth_status_html;
    }

    if (!ngx_oauth_status_names(&accept->value, "application/json")
        && ngx_oauth_status_names(&accept->value, "text/plain"))
    {
        return &ngx_oauth_status_prometheus;
    }

    return &ngx_oauth_status_json;
}


/* Returns 1 if the field names this type, whatever its weight is. */

static ngx_uint_t
ngx_oauth_status_names(const ngx_str_t *accept, const char *type)
{
    return ngx_strlcasestrn(accept->data, accept->data + accept->len,
                            (u_char *) type, ngx_strlen(type) - 1)
           != NULL;
}


static ngx_int_t
ngx_oauth_status_write(ngx_http_request_t *r,
    const ngx_oauth_status_format_t *format, ngx_str_t *text)
{
    size_t                  i;
    ngx_int_t               rc;
    oauth_buf_t             buf;
    oauth_status_t          status;
    oauth_status_issuer_t  *issuers;

    ngx_memzero(&buf, sizeof(oauth_buf_t));
    ngx_memzero(&status, sizeof(oauth_status_t));

    rc = ngx_oauth_status_read(r, &status);

    if (rc == NGX_OK) {
        format->write(&buf, &status);
        rc = ngx_oauth_buf_move(r->pool, &buf, text);
    }

    issuers = (oauth_status_issuer_t *) status.issuers;

    for (i = 0; i < status.nissuers; i++) {
        oauth_readiness_free(&issuers[i].readiness);
    }

    return rc;
}


static ngx_int_t
ngx_oauth_status_read(ngx_http_request_t *r, oauth_status_t *status)
{
    const ngx_oauth_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_oauth_module);

    status->version = oauth_str(NGX_OAUTH_VERSION);
    status->time = ngx_time();
    status->cache = mcf->cache_entries;

    ngx_oauth_doc_table_usage(mcf->docs, &status->zone_size,
                              &status->zone_used);

    if (mcf->replay) {
        ngx_oauth_replay_usage(mcf->replay, &status->replay,
                               &status->replay_room);
    }

    ngx_oauth_status_read_counters(mcf->counters, status);

    if (ngx_oauth_status_read_issuers(r, mcf, status) != NGX_OK
        || ngx_oauth_status_read_revocation(r, mcf, status) != NGX_OK
        || ngx_oauth_status_bus_read(r, mcf, status) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_oauth_status_read_resources(r, mcf, status);
}


static void
ngx_oauth_status_read_counters(const ngx_oauth_counters_t *counters,
    oauth_status_t *status)
{
    ngx_uint_t                         i;
    const ngx_oauth_counters_table_t  *table;

    table = counters->table;

    status->started = table->started;
    status->hits = table->hits;
    status->misses = table->misses;
    status->ended = table->ended;

    ngx_oauth_counters_read_requests(&table->requests, &status->requests);

    for (i = 0; i < OAUTH_REASONS; i++) {
        status->reasons[i] = table->reasons[i];
        status->dry_reasons[i] = table->dry_reasons[i];
    }

    ngx_oauth_counters_read_refusals(counters, status->refused);
}


static ngx_int_t
ngx_oauth_status_read_issuers(ngx_http_request_t *r,
    const ngx_oauth_main_conf_t *mcf, oauth_status_t *status)
{
    ngx_uint_t               i;
    ngx_oauth_issuer_t     **issuers;
    oauth_status_issuer_t   *issuer;

    issuer = ngx_palloc(r->pool,
                      (mcf->issuers.nelts + 1) * sizeof(oauth_status_issuer_t));
    if (issuer == NULL) {
        return NGX_ERROR;
    }

    status->issuers = issuer;
    issuers = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {

        /* An entry counts even after a failure: its findings are released. */

        status->nissuers++;

        if (ngx_oauth_provider_status(issuers[i]->provider, &issuer[i],
                                      r->pool)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_status_read_revocation(ngx_http_request_t *r,
    const ngx_oauth_main_conf_t *mcf, oauth_status_t *status)
{
    ngx_uint_t                  i;
    ngx_oauth_store_status_t   *store;
    oauth_status_revocation_t  *revocation;

    if (mcf->store == NULL) {
        return NGX_OK;
    }

    store = ngx_palloc(r->pool, sizeof(ngx_oauth_store_status_t));
    revocation = ngx_pcalloc(r->pool, sizeof(oauth_status_revocation_t));

    if (store == NULL || revocation == NULL) {
        return NGX_ERROR;
    }

    ngx_oauth_store_read_status(mcf->store, store);

    revocation->usable = (store->usable != 0);
    revocation->error.data = store->error;
    revocation->error.len = store->error_len;
    revocation->messages = store->counts[OAUTH_REVOCATION_USED];
    revocation->oldest = ngx_oauth_status_age(store->oldest);
    revocation->size = store->size;
    revocation->used = store->used;
    revocation->commits = store->commits;
    revocation->committed = ngx_oauth_status_age(store->last);

    for (i = 0; i < OAUTH_REVOCATION_KINDS; i++) {
        revocation->entries[i] = store->counts[i];
    }

    status->revocation = revocation;

    return NGX_OK;
}


/* time is in seconds since the epoch; 0: it has not come. */

static int64_t
ngx_oauth_status_age(time_t time)
{
    return time ? ngx_max(ngx_time() - time, 0) : OAUTH_STATUS_NEVER;
}


/* A resource that several servers have is shown once. */

static ngx_int_t
ngx_oauth_status_read_resources(ngx_http_request_t *r,
    const ngx_oauth_main_conf_t *mcf, oauth_status_t *status)
{
    ngx_uint_t                        i, k;
    ngx_array_t                       read;
    const ngx_oauth_srv_conf_t       *server;
    const ngx_oauth_conf_location_t  *locations;
    const ngx_oauth_resource_t      **resources;

    if (ngx_array_init(&read, r->pool, 8, sizeof(oauth_status_resource_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    locations = mcf->locations.elts;

    for (i = 0; i < mcf->locations.nelts; i++) {

        if (!locations[i].top) {
            continue;
        }

        server = locations[i].server;
        resources = server->resources.elts;

        for (k = 0; k < server->resources.nelts; k++) {
            if (!resources[k]->repeated
                && ngx_oauth_status_add_resource(&read, resources[k]) != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    status->resources = read.elts;
    status->nresources = read.nelts;

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_status_add_resource(ngx_array_t *resources,
    const ngx_oauth_resource_t *resource)
{
    oauth_status_resource_t  *read;

    read = ngx_array_push(resources);
    if (read == NULL) {
        return NGX_ERROR;
    }

    read->url = ngx_oauth_str(&resource->url);
    read->counted = !ngx_oauth_counters_is_shared(&resource->counted->owner);
    ngx_oauth_counters_read_requests(&resource->counted->requests,
                                     &read->requests);

    return NGX_OK;
}


/* The numbers are those of this moment: nobody may keep the response. */

static ngx_int_t
ngx_oauth_status_send(ngx_http_request_t *r,
    const ngx_oauth_status_format_t *format, ngx_str_t *text)
{
    ngx_int_t         rc;

    static ngx_str_t  cache = ngx_string("Cache-Control");
    static ngx_str_t  no_store = ngx_string("no-store");
    static ngx_str_t  options = ngx_string("X-Content-Type-Options");
    static ngx_str_t  nosniff = ngx_string("nosniff");
    static ngx_str_t  security = ngx_string("Content-Security-Policy");
    static ngx_str_t  policy = ngx_string(OAUTH_STATUS_POLICY);

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = text->len;
    r->headers_out.content_type = format->type;
    r->headers_out.content_type_len = format->type.len;
    r->headers_out.content_type_lowcase = NULL;

    if (ngx_oauth_field_add(r, &cache, &no_store) == NULL
        || ngx_oauth_field_add(r, &options, &nosniff) == NULL
        || (format == &ngx_oauth_status_html
            && ngx_oauth_field_add(r, &security, &policy) == NULL))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_oauth_body_send(r, text);
}
