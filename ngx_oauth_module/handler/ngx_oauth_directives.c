
/*
 * The table of the module's directives, which nginx reads: for each directive,
 * where it may stand, how many arguments it takes, and what reads it.  Inside
 * oauth_issuer { } nginx writes into the issuer.  The table is constant, but
 * nginx does not take a constant one.
 */


#include "ngx_oauth_conf_assertion.h"
#include "ngx_oauth_conf_authentication.h"
#include "ngx_oauth_conf_bus.h"
#include "ngx_oauth_conf_dpop.h"
#include "ngx_oauth_conf_introspection.h"
#include "ngx_oauth_conf_issuer.h"
#include "ngx_oauth_conf_mtls.h"
#include "ngx_oauth_conf_revocation.h"
#include "ngx_oauth_directives.h"
#include "ngx_oauth_header.h"
#include "ngx_oauth_require.h"
#include "ngx_oauth_resource.h"
#include "ngx_oauth_revoke.h"
#include "ngx_oauth_scope.h"
#include "ngx_oauth_status.h"
#include "ngx_oauth_variables.h"


static ngx_conf_post_t  ngx_oauth_zone = { ngx_oauth_conf_zone };
static ngx_conf_post_t  ngx_oauth_replay = { ngx_oauth_conf_dpop_replay };
static ngx_conf_post_t  ngx_oauth_dry_run = { ngx_oauth_conf_dry_run };
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


ngx_command_t  ngx_oauth_directives[] = {

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

    { ngx_string("oauth_revocation_store"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_oauth_conf_revocation_store,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_revocation_bus"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_oauth_conf_bus,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

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

    { ngx_string("oauth_acr"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF|NGX_CONF_1MORE,
      ngx_oauth_conf_authentication_acr,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_max_age"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF|NGX_CONF_TAKE1,
      ngx_oauth_conf_authentication_max_age,
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

    { ngx_string("oauth_session_recheck"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF
      |NGX_CONF_TAKE12,
      ngx_oauth_conf_revocation_recheck,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_revocation_stale"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF
      |NGX_CONF_TAKE2,
      ngx_oauth_conf_bus_stale,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_header"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF
      |NGX_CONF_TAKE23,
      ngx_oauth_header_parse,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_dry_run"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF
      |NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_loc_conf_t, dry_run),
      &ngx_oauth_dry_run },

    { ngx_string("oauth_assertion_key"),
      NGX_HTTP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_oauth_conf_assertion_key,
      NGX_HTTP_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_assertion"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LMT_CONF
      |NGX_CONF_1MORE,
      ngx_oauth_conf_assertion_parse,
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

    { ngx_string("oauth_revoke"),
      NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_oauth_revoke_parse,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("oauth_revocation_audience"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_oauth_conf_revocation_audience,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
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

    { ngx_string("authorization_server"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_oauth_issuer_t, authorization_server),
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

    { ngx_string("session_claim"),
      NGX_OAUTH_ISSUER_CONF|NGX_CONF_TAKE1,
      ngx_oauth_conf_issuer_session_claim,
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
