
/*
 * The tables that nginx reads, but for the directives: the functions that
 * nginx calls when it reads a configuration, when a configuration comes into
 * force, and when a worker starts and ends.  The cache of known tokens belongs
 * to the worker; everything else here is in the configuration's pool.
 */


#include "ngx_oauth_caching_warn.h"
#include "ngx_oauth_conf_bus.h"
#include "ngx_oauth_conf_counters.h"
#include "ngx_oauth_conf_introspection.h"
#include "ngx_oauth_conf_mtls.h"
#include "ngx_oauth_conf_revocation.h"
#include "ngx_oauth_conf_server.h"
#include "ngx_oauth_conf_warn.h"
#include "ngx_oauth_directives.h"
#include "ngx_oauth_doc_table.h"
#include "ngx_oauth_filter.h"
#include "ngx_oauth_introspector.h"
#include "ngx_oauth_known.h"
#include "ngx_oauth_metadata.h"
#include "ngx_oauth_phase.h"
#include "ngx_oauth_recheck.h"
#include "ngx_oauth_regex.h"
#include "ngx_oauth_replay.h"
#include "ngx_oauth_rules.h"
#include "ngx_oauth_text_init.h"
#include "ngx_oauth_variables.h"
#include "ngx_oauth_wrap.h"


static ngx_int_t ngx_oauth_module_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_oauth_module_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_oauth_module_create_zone(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf);
static ngx_int_t ngx_oauth_module_register(ngx_conf_t *cf,
    ngx_http_phases phase, ngx_http_handler_pt handler);
static ngx_int_t ngx_oauth_module_register_log(ngx_conf_t *cf);
static ngx_int_t ngx_oauth_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_oauth_init_process(ngx_cycle_t *cycle);
static void ngx_oauth_exit_process(ngx_cycle_t *cycle);


static ngx_http_module_t  ngx_oauth_module_ctx = {
    ngx_oauth_module_preconfiguration,     /* preconfiguration */
    ngx_oauth_module_postconfiguration,    /* postconfiguration */

    ngx_oauth_conf_create_main,            /* create main configuration */
    NULL,                                  /* init main configuration */

    ngx_oauth_conf_create_server,          /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_oauth_conf_create_location,        /* create location configuration */
    ngx_oauth_conf_merge_location          /* merge location configuration */
};


ngx_module_t  ngx_oauth_module = {
    NGX_MODULE_V1,
    &ngx_oauth_module_ctx,                 /* module context */
    ngx_oauth_directives,                  /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_oauth_init_module,                 /* init module */
    ngx_oauth_init_process,                /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_oauth_exit_process,                /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_oauth_module_preconfiguration(ngx_conf_t *cf)
{
    return ngx_oauth_variables_add(cf);
}


static ngx_int_t
ngx_oauth_module_postconfiguration(ngx_conf_t *cf)
{
    ngx_oauth_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_oauth_module);

    ngx_conf_init_size_value(mcf->zone_size, 4 * 1024 * 1024);
    ngx_conf_init_value(mcf->cache_entries, 4096);
    ngx_conf_init_size_value(mcf->replay_size, 8 * 1024 * 1024);

    if (ngx_oauth_wrap_init(cf, mcf) != NGX_OK
        || ngx_oauth_rules_init(cf, mcf) != NGX_OK
        || ngx_oauth_conf_server_finish(cf, mcf) != NGX_OK
        || ngx_oauth_conf_revocation_finish(cf, mcf) != NGX_OK
        || ngx_oauth_text_init(cf, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_oauth_module_create_zone(cf, mcf) != NGX_OK
        || ngx_oauth_conf_bus_finish(cf, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_oauth_regex_warn(cf, mcf);
    ngx_oauth_conf_mtls_warn(cf, mcf);

    if (ngx_oauth_caching_warn(cf, mcf) != NGX_OK
        || ngx_oauth_conf_warn(cf, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_oauth_module_register(cf, NGX_HTTP_SERVER_REWRITE_PHASE,
                                  ngx_oauth_phase_server_rewrite)
        != NGX_OK
        || ngx_oauth_module_register(cf, NGX_HTTP_SERVER_REWRITE_PHASE,
                                     ngx_oauth_metadata_handler)
           != NGX_OK
        || ngx_oauth_module_register(cf, NGX_HTTP_REWRITE_PHASE,
                                     ngx_oauth_phase_rewrite)
           != NGX_OK
        || ngx_oauth_module_register(cf, NGX_HTTP_PREACCESS_PHASE,
                                     ngx_oauth_phase_preaccess)
           != NGX_OK
        || ngx_oauth_module_register(cf, NGX_HTTP_ACCESS_PHASE,
                                     ngx_oauth_phase_access)
           != NGX_OK
        || ngx_oauth_module_register(cf, NGX_HTTP_PRECONTENT_PHASE,
                                     ngx_oauth_phase_precontent)
           != NGX_OK
        || (mcf->reads_claims && ngx_oauth_module_register_log(cf) != NGX_OK))
    {
        return NGX_ERROR;
    }

    return ngx_oauth_filter_init(cf);
}


/*
 * Every configuration registers the same roots in the same order.  The counters
 * and the used proofs are in zones of their own, which there need not be.
 */

static ngx_int_t
ngx_oauth_module_create_zone(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    static ngx_str_t  name = ngx_string("oauth_zone");

    mcf->zone = ngx_oauth_zone_create(cf, &name, mcf->zone_size,
                                      &mcf->zone_place,
                                      &ngx_oauth_module);
    if (mcf->zone == NULL) {
        return NGX_ERROR;
    }

    if (mcf->counts) {
        mcf->counters = ngx_oauth_counters_create(cf, &ngx_oauth_module);
        if (mcf->counters == NULL) {
            return NGX_ERROR;
        }
    }

    if (ngx_oauth_conf_introspection_count(&mcf->issuers)) {
        mcf->introspected = ngx_oauth_introspected_create(cf,
                                                          &ngx_oauth_module);
        if (mcf->introspected == NULL) {
            return NGX_ERROR;
        }
    }

    if (mcf->proof_age) {
        mcf->replay = ngx_oauth_replay_create(cf, mcf->replay_size,
                                              &mcf->replay_place,
                                              &ngx_oauth_module);
        if (mcf->replay == NULL) {
            return NGX_ERROR;
        }
    }

    if (mcf->store_folder.len) {
        mcf->store = ngx_oauth_store_create(cf, &mcf->store_folder,
                                            mcf->store_size, &mcf->store_place,
                                            &ngx_oauth_module);
        if (mcf->store == NULL) {
            return NGX_ERROR;
        }
    }

    mcf->notices = ngx_oauth_notice_register(mcf->zone, cf->pool);
    mcf->docs = ngx_oauth_provider_register(mcf->zone, &mcf->issuers);

    return (mcf->notices && mcf->docs) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_oauth_module_register(ngx_conf_t *cf, ngx_http_phases phase,
    ngx_http_handler_pt handler)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[phase].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = handler;

    return NGX_OK;
}


/*
 * Puts our handler of the log phase before all others, which nginx then calls
 * in the order of the array: it must run before the modules that write logs.
 */

static ngx_int_t
ngx_oauth_module_register_log(ngx_conf_t *cf)
{
    ngx_array_t                *handlers;
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    if (ngx_oauth_module_register(cf, NGX_HTTP_LOG_PHASE, ngx_oauth_phase_log)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    handlers = &cmcf->phases[NGX_HTTP_LOG_PHASE].handlers;
    h = handlers->elts;

    ngx_memmove(h + 1, h, (handlers->nelts - 1) * sizeof(ngx_http_handler_pt));
    h[0] = ngx_oauth_phase_log;

    return NGX_OK;
}


/*
 * nginx calls this when nothing can refuse the configuration any more: it is in
 * force, so the issuers may take their records in the shared zone.
 */

static ngx_int_t
ngx_oauth_init_module(ngx_cycle_t *cycle)
{
    ngx_oauth_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_oauth_module);

    if (mcf) {
        ngx_oauth_zone_log(mcf->zone, cycle->log);

        if (mcf->replay) {
            ngx_oauth_replay_log(mcf->replay, cycle->log);
        }

        ngx_oauth_doc_table_claim(mcf->docs);
        ngx_oauth_conf_counters_claim(mcf);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_init_process(ngx_cycle_t *cycle)
{
    ngx_oauth_main_conf_t  *mcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_oauth_module);

    if (mcf == NULL) {
        return NGX_OK;
    }

    if (mcf->cache_entries > 0 && mcf->issuers.nelts > 0) {
        mcf->cache = ngx_oauth_known_create(mcf->cache_entries, cycle->log);
    }

    if (mcf->store) {
        ngx_oauth_store_start(mcf->store, cycle, mcf->longest);
    }

    if (mcf->bus) {
        ngx_oauth_bus_start(mcf->bus, cycle, mcf->longest);
    }

    if (mcf->recheck_least) {
        mcf->recheck = ngx_oauth_recheck_create(cycle, mcf->recheck_least);
        if (mcf->recheck == NULL) {
            return NGX_ERROR;
        }
    }

    if (ngx_oauth_introspector_start(cycle, &mcf->issuers, mcf->introspected)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_oauth_provider_start(cycle, &mcf->issuers);
}


static void
ngx_oauth_exit_process(ngx_cycle_t *cycle)
{
    ngx_oauth_main_conf_t  *mcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return;
    }

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_oauth_module);

    if (mcf) {
        ngx_oauth_introspector_done(&mcf->issuers);
    }

    ngx_oauth_provider_done();

    if (mcf) {
        oauth_cache_free(mcf->cache);
        mcf->cache = NULL;

        if (mcf->bus) {
            ngx_oauth_bus_done(mcf->bus);
        }

        if (mcf->store) {
            ngx_oauth_store_done(mcf->store);
        }
    }
}
