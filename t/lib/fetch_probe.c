/*
 * A module for nginx that fetches what a test asks for, with the module's own
 * HTTP client, and answers with the result:
 *
 *   fetch_probe POST http://127.0.0.1:8080/token 4096;
 *
 * sends the query of the request as the body, takes a response of 4096 bytes at
 * most, and answers "200 ok" and its body, or the status that came, or 0, and
 * the error.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_oauth_fetch.h"


typedef struct {
    ngx_str_t           method;
    ngx_str_t           url;
    size_t              limit;
} probe_conf_t;

typedef struct {
    ngx_http_request_t  *request;
    ngx_oauth_fetch_t   *fetch;
} probe_ctx_t;


static void *probe_create_conf(ngx_conf_t *cf);
static char *probe_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static ngx_int_t probe_init_process(ngx_cycle_t *cycle);
static void probe_exit_process(ngx_cycle_t *cycle);


static ngx_command_t  probe_commands[] = {

    { ngx_string("fetch_probe"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE3,
      probe_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  probe_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */
    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */
    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */
    probe_create_conf,                     /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  fetch_probe_module = {
    NGX_MODULE_V1,
    &probe_module_ctx,                     /* module context */
    probe_commands,                        /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    probe_init_process,                    /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    probe_exit_process,                    /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* What nginx looks up in a dynamic module. */

ngx_module_t *ngx_modules[] = { &fetch_probe_module, NULL };
char *ngx_module_names[] = { "fetch_probe_module", NULL };
char *ngx_module_order[] = { NULL };


static const ngx_keyval_t  probe_fields[] = {
    { ngx_string("Accept"), ngx_string("application/json") },
    { ngx_string("Authorization"), ngx_string("Basic Y2xpZW50OnNlY3JldA==") }
};


static ngx_int_t
probe_init_process(ngx_cycle_t *cycle)
{
    return ngx_oauth_fetch_create(cycle->log);
}


static void
probe_exit_process(ngx_cycle_t *cycle)
{
    (void) cycle;
    ngx_oauth_fetch_free();
}


static void
probe_cleanup(void *data)
{
    probe_ctx_t *ctx = data;

    if (ctx->fetch) {
        ngx_oauth_fetch_done(ctx->fetch);
    }
}


static ngx_int_t
probe_answer(ngx_http_request_t *r, ngx_oauth_fetch_response_t *response)
{
    u_char       *p;
    size_t        len;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    len = NGX_OAUTH_FETCH_ERROR + NGX_INT_T_LEN + response->body.len;

    b = ngx_create_temp_buf(r->pool, len);
    if (b == NULL) {
        return NGX_ERROR;
    }

    p = ngx_snprintf(b->last, len, "%ui %s\n", response->status,
                     response->rc == NGX_OK ? (u_char *) "ok"
                                            : response->error);

    if (response->rc == NGX_OK) {
        p = ngx_cpymem(p, response->body.data, response->body.len);
    }

    b->last = p;
    b->last_buf = 1;

    out.buf = b;
    out.next = NULL;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = b->last - b->pos;

    if (ngx_http_send_header(r) == NGX_ERROR) {
        return NGX_ERROR;
    }

    return ngx_http_output_filter(r, &out);
}


static void
probe_fetched(ngx_oauth_fetch_t *fetch)
{
    probe_ctx_t *ctx = fetch->data;

    ngx_int_t            rc;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;

    rc = probe_answer(r, &fetch->response);

    ctx->fetch = NULL;
    ngx_oauth_fetch_done(fetch);

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


static ngx_int_t
probe_handler(ngx_http_request_t *r)
{
    probe_ctx_t                *ctx;
    probe_conf_t               *conf;
    ngx_pool_cleanup_t         *cln;
    ngx_oauth_fetch_request_t   request;

    conf = ngx_http_get_module_loc_conf(r, fetch_probe_module);

    cln = ngx_pool_cleanup_add(r->pool, sizeof(probe_ctx_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx = cln->data;
    ctx->request = r;

    ngx_memzero(&request, sizeof(ngx_oauth_fetch_request_t));

    request.method = conf->method;
    request.url = conf->url;
    request.fields = probe_fields;
    request.nfields = sizeof(probe_fields) / sizeof(probe_fields[0]);
    request.body = r->args;
    request.timeout = 10000;
    request.limit = conf->limit;

    ctx->fetch = ngx_oauth_fetch_start(&request, probe_fetched, ctx);
    if (ctx->fetch == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = probe_cleanup;
    r->main->count++;

    return NGX_DONE;
}


static void *
probe_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(probe_conf_t));
}


static char *
probe_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    probe_conf_t *probe = conf;

    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    (void) cmd;

    value = cf->args->elts;

    probe->method = value[1];
    probe->url = value[2];
    probe->limit = ngx_parse_size(&value[3]);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = probe_handler;

    return NGX_CONF_OK;
}
