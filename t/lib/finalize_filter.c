
/*
 * A filter for the tests.  It throws an answer away and makes nginx answer with
 * another status, as image_filter does with everything that is not an image:
 *
 *   finalize header 415;     as soon as the header arrives
 *   finalize body 415;       when the body arrives; the header waits for it
 *   finalize status 415;     the header filter returns the status, then as body
 *   finalize always 415;     as header, again until the answer has that status
 *
 * If it is built with ABOVE, it is the first of nginx's filters.  Otherwise it
 * comes after the filters of ngx_oauth_module, which must be loaded before it.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


typedef struct {
    ngx_str_t   when;
    ngx_uint_t  status;
} finalize_conf_t;


static ngx_int_t finalize_header_filter(ngx_http_request_t *r);
static ngx_int_t finalize_body_filter(ngx_http_request_t *r, ngx_chain_t *in);
static void *finalize_create_conf(ngx_conf_t *cf);
static char *finalize_merge_conf(ngx_conf_t *cf, void *parent, void *child);
static char *finalize_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static ngx_int_t finalize_init(ngx_conf_t *cf);


static ngx_command_t  finalize_commands[] = {

    { ngx_string("finalize"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      finalize_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  finalize_module_ctx = {
    NULL,                                  /* preconfiguration */
    finalize_init,                         /* postconfiguration */
    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */
    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */
    finalize_create_conf,                  /* create location configuration */
    finalize_merge_conf                    /* merge location configuration */
};


ngx_module_t  finalize_filter_module = {
    NGX_MODULE_V1,
    &finalize_module_ctx,                  /* module context */
    finalize_commands,                     /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* The names that nginx looks up in a dynamic module. */

ngx_module_t *ngx_modules[] = { &finalize_filter_module, NULL };
char *ngx_module_names[] = { "finalize_filter_module", NULL };

char *ngx_module_order[] = {
    "finalize_filter_module",
#ifndef ABOVE
    "ngx_oauth_module",
#endif
    NULL
};


static ngx_http_output_header_filter_pt  finalize_next_header_filter;
static ngx_http_output_body_filter_pt    finalize_next_body_filter;


static ngx_uint_t
finalize_is(finalize_conf_t *conf, const char *when)
{
    return conf->when.len == ngx_strlen(when)
           && ngx_strncmp(conf->when.data, when, conf->when.len) == 0;
}


static ngx_int_t
finalize_header_filter(ngx_http_request_t *r)
{
    finalize_conf_t  *conf;

    conf = ngx_http_get_module_loc_conf(r, finalize_filter_module);

    if (conf->status == 0 || r != r->main) {
        return finalize_next_header_filter(r);
    }

    if (finalize_is(conf, "always")) {
        return (r->headers_out.status == conf->status)
               ? finalize_next_header_filter(r)
               : ngx_http_filter_finalize_request(r, NULL, conf->status);
    }

    if (ngx_http_get_module_ctx(r, finalize_filter_module)) {
        ngx_http_set_ctx(r, NULL, finalize_filter_module);
        return finalize_next_header_filter(r);
    }

    ngx_http_set_ctx(r, conf, finalize_filter_module);

    if (finalize_is(conf, "header")) {
        return ngx_http_filter_finalize_request(r, &finalize_filter_module,
                                                conf->status);
    }

    return finalize_is(conf, "body") ? NGX_OK : (ngx_int_t) conf->status;
}


static ngx_int_t
finalize_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    finalize_conf_t  *conf;

    conf = ngx_http_get_module_ctx(r, finalize_filter_module);

    if (in == NULL || conf == NULL) {
        return finalize_next_body_filter(r, in);
    }

    return ngx_http_filter_finalize_request(r, &finalize_filter_module,
                                            conf->status);
}


static void *
finalize_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(finalize_conf_t));
}


static char *
finalize_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    finalize_conf_t *prev = parent;
    finalize_conf_t *conf = child;

    (void) cf;

    if (conf->status == 0) {
        *conf = *prev;
    }

    return NGX_CONF_OK;
}


static char *
finalize_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    finalize_conf_t *fcf = conf;

    ngx_int_t   status;
    ngx_str_t  *value;

    (void) cmd;

    value = cf->args->elts;
    status = ngx_atoi(value[2].data, value[2].len);

    if (status == NGX_ERROR) {
        return "needs a status";
    }

    fcf->when = value[1];
    fcf->status = status;

    return NGX_CONF_OK;
}


static ngx_int_t
finalize_init(ngx_conf_t *cf)
{
    (void) cf;

    finalize_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = finalize_header_filter;

    finalize_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = finalize_body_filter;

    return NGX_OK;
}
