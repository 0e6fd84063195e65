
/*
 * The tables that nginx reads: the module's directives, and the functions that
 * nginx calls when it reads a configuration, when a configuration comes into
 * force, and when a worker starts and ends.  The cache of known tokens belongs
 * to the worker; everything else here is in the configuration's pool.
 */


#include "ngx_oauth_caching_warn.h"
#include "ngx_oauth_conf_counters.h"
#include "ngx_oauth_conf_introspection.h"
#include "ngx_oauth_conf_dpop.h"
#include "ngx_oauth_conf_issuer.h"
#include "ngx_oauth_conf_mtls.h"
#include "ngx_oauth_conf_server.h"
#include "ngx_oauth_conf_warn.h"
#include "ngx_oauth_doc_table.h"
#include "ngx_oauth_filter.h"
#include "ngx_oauth_introspector.h"
#include "ngx_oauth_header.h"
#include "ngx_oauth_known.h"
#include "ngx_oauth_metadata.h"
#include "ngx_oauth_phase.h"
#include "ngx_oauth_regex.h"
#include "ngx_oauth_replay.h"
#include "ngx_oauth_require.h"
#include "ngx_oauth_resource.h"
#include "ngx_oauth_rules.h"
#include "ngx_oauth_scope.h"
#include "ngx_oauth_status.h"
#include "ngx_oauth_text_init.h"
#include "ngx_oauth_variables.h"
#include "ngx_oauth_wrap.h"


static ngx_int_t ngx_oauth_module_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_oauth_module_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_oauth_module_create_zone(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf);
static ngx_uint_t ngx_oauth_module_introspects(
    const ngx_oauth_main_conf_t *mcf);
static ngx_int_t ngx_oauth_module_register(ngx_conf_t *cf,
    ngx_http_phases phase, ngx_http_handler_pt handler);
static ngx_int_t ngx_oauth_module_register_log(ngx_conf_t *cf);
static ngx_int_t ngx_oauth_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_oauth_init_process(ngx_cycle_t *cycle);
static void ngx_oauth_exit_process(ngx_cycle_t *cycle);


static ngx_conf_post_t  ngx_oauth_zone = { ngx_oauth_conf_zone };
static ngx_conf_post_t  ngx_oauth_replay = { ngx_oauth_conf_dpop_replay };
static ngx_conf_post_t  ngx_oauth_literal = { ngx_oauth_conf_issuer_literal };
static ngx_conf_post_t  ngx_oauth_allow_http = {
    ngx_oauth_conf_issuer_allow_http
};
static ngx_conf_post_t  ngx_oauth_interval = { ngx_oauth_conf_issuer_interval };
static ngx_conf_post_t  ngx_oauth_timeout = { ngx_oauth_conf_issuer_timeout };
static ngx_conf_post_t  ngx_oauth_leeway = { ngx_oauth_conf_issuer_leeway };

static ngx_conf_num_bounds_t  ngx_oauth_cache_bounds = {
    ngx_conf_check_num_bounds, 0, 1024 * 1024
};


static ngx_command_t  ngx_oauth_commands[] = {

    { ngx_string("oauth_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_oauth_main_conf_t, zone_size),
      &ngx_oauth_zone },

    { ngx_string("oauth_cache"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_oauth_main_conf_t, cache_entries),
      &ngx_oauth_cache_bounds },

    { ngx_string("oauth_dpop_replay"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_oauth_main_conf_t, replay_size),
      &ngx_oauth_replay },

    { ngx_string("oauth_issuer"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_oauth_conf_issuer,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_claim_set"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_oauth_variables_parse_claim_set,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF|NGX_CONF_1MORE,
      ngx_oauth_conf_oauth,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_resource"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF|NGX_CONF_TAKE12,
      ngx_oauth_resource_parse,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_audience"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF|NGX_CONF_1MORE,
      ngx_oauth_require_parse_audience,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_dpop"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF
      |NGX_CONF_1MORE,
      ngx_oauth_conf_dpop_parse,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_strict_uri"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF
      |NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_loc_conf_t, strict_uri),
      NULL },

    { ngx_string("oauth_scope"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF|NGX_CONF_1MORE,
      ngx_oauth_scope_parse,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_scope_implies"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF
      |NGX_CONF_2MORE,
      ngx_oauth_scope_parse_implies,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_scope_advertise"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF|NGX_CONF_1MORE,
      ngx_oauth_scope_parse_advertise,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_require"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF|NGX_CONF_2MORE,
      ngx_oauth_require_parse,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_mtls"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF
      |NGX_CONF_TAKE12,
      ngx_oauth_conf_mtls_parse,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_header"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF
      |NGX_CONF_TAKE2,
      ngx_oauth_header_parse,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_pass_token"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF
      |NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_loc_conf_t, pass_token),
      NULL },

    { ngx_string("oauth_metadata"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF|NGX_CONF_1MORE,
      ngx_oauth_resource_parse_metadata,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_cors"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF
      |NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_loc_conf_t, cors),
      NULL },

    { ngx_string("oauth_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_oauth_status_parse,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    /*
     * Inside oauth_issuer { } nginx writes into the issuer, so the offsets are
     * those of ngx_oauth_issuer_t.
     */

    { ngx_string("issuer"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, issuer),
      &ngx_oauth_literal },

    { ngx_string("config_url"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, config_url),
      &ngx_oauth_literal },

    { ngx_string("jwks_uri"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, jwks_uri),
      &ngx_oauth_literal },

    { ngx_string("jwks_file"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, jwks_file),
      &ngx_oauth_literal },

    { ngx_string("allow_http"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, allow_http),
      &ngx_oauth_allow_http },

    { ngx_string("algorithms"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_1MORE,
      ngx_oauth_conf_issuer_algorithms,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("token_type"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_oauth_conf_issuer_token_type,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("leeway"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, leeway),
      &ngx_oauth_leeway },

    { ngx_string("max_token_lifetime"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, max_lifetime),
      NULL },

    { ngx_string("scope_claim"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_1MORE,
      ngx_oauth_conf_issuer_scope_claim,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("key_refresh"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, refresh),
      &ngx_oauth_interval },

    { ngx_string("key_stale"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, stale),
      &ngx_oauth_interval },

    { ngx_string("key_refetch"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, refetch),
      &ngx_oauth_interval },

    { ngx_string("introspect"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, introspect),
      &ngx_oauth_conf_introspection_modes },

    { ngx_string("introspection_endpoint"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, introspection_endpoint),
      &ngx_oauth_literal },

    { ngx_string("introspection_cache"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, introspection_cache),
      NULL },

    { ngx_string("client_id"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, client_id),
      &ngx_oauth_literal },

    { ngx_string("client_secret_file"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, client_secret_file),
      &ngx_oauth_literal },

    { ngx_string("client_key_file"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, client_key_file),
      &ngx_oauth_literal },

    { ngx_string("client_auth"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, client_auth),
      &ngx_oauth_conf_introspection_auths },

    { ngx_string("ssl_trusted_certificate"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, ca_file),
      &ngx_oauth_literal },

    { ngx_string("proxy"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, proxy),
      &ngx_oauth_literal },

    { ngx_string("timeout"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, timeout),
      &ngx_oauth_timeout },

      ngx_null_command
};


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
    ngx_oauth_commands,                    /* module directives */
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
        || ngx_oauth_text_init(cf, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_oauth_module_create_zone(cf, mcf) != NGX_OK) {
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

    if (ngx_oauth_module_introspects(mcf)) {
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

    mcf->notices = ngx_oauth_notice_register(mcf->zone, cf->pool);
    mcf->docs = ngx_oauth_provider_register(mcf->zone, &mcf->issuers);

    return (mcf->notices && mcf->docs) ? NGX_OK : NGX_ERROR;
}


static ngx_uint_t
ngx_oauth_module_introspects(const ngx_oauth_main_conf_t *mcf)
{
    ngx_uint_t            i;
    ngx_oauth_issuer_t  **issuers;

    issuers = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {
        if (issuers[i]->introspect != NGX_OAUTH_INTROSPECT_OFF) {
            return 1;
        }
    }

    return 0;
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
    }
}
