
/*
 * The configuration: what the directives leave behind for the handlers.  It is
 * written between the creation of the levels and the end of the module's
 * initialisation; in a worker only the token cache and the issuers' providers
 * are added.  Handlers see it const.  All of it is in the configuration's pool.
 */


#ifndef NGX_OAUTH_CONF_H_INCLUDED
#define NGX_OAUTH_CONF_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_oauth_args.h"
#include "ngx_oauth_notice.h"
#include "ngx_oauth_place.h"
#include "ngx_oauth_provider.h"
#include "ngx_oauth_str.h"
#include "oauth_cache.h"
#include "oauth_demand.h"


/*
 * Directives inside oauth_issuer { }: a bit that nginx itself does not use.
 * While the block is read, a bit of NGX_ANY_CONF stands beside it, which lets
 * "include" in; no module of the type "http" has directives with that one.
 */

#define NGX_OAUTH_ISSUER_CONF  0x00100000
#define NGX_OAUTH_ISSUER_ANY   NGX_MAIN_CONF


typedef struct ngx_oauth_loc_conf_s  ngx_oauth_loc_conf_t;

/* These belong to the files that are named like them. */

typedef struct ngx_oauth_resource_s  ngx_oauth_resource_t;
typedef struct ngx_oauth_evaluate_getter_s  ngx_oauth_evaluate_getter_t;
typedef struct ngx_oauth_text_reason_s  ngx_oauth_text_reason_t;


typedef struct {
    ngx_array_t                   issuers;      /* ngx_oauth_issuer_t *       */
    ngx_array_t                   locations;    /* ngx_oauth_conf_location_t  */
    ngx_array_t                   selected;     /* oauth_token_select_t             */
    ngx_oauth_evaluate_getter_t  *getters;      /* by the variable's index    */
    ngx_uint_t                    ngetters;
    ngx_uint_t                    reads_claims; /* a variable of the module is
                                                   used somewhere             */
    size_t                        zone_size;
    ngx_oauth_zone_t             *zone;
    ngx_oauth_notice_table_t     *notices;
    ngx_oauth_doc_list_t         *docs;
    ngx_oauth_text_reason_t      *reasons;      /* by oauth_reason_t          */
    ngx_int_t                     cache_entries;
    oauth_cache_t                *cache;        /* of the worker; NULL: none  */
} ngx_oauth_main_conf_t;


typedef struct {
    ngx_array_t                   resources;    /* ngx_oauth_resource_t *     */
    ngx_array_t                   headers;      /* ngx_oauth_header_t *: all
                                                   names that the server sets */
    uint64_t                      header_lengths;
                                                /* of these names, as of
                                                   ngx_oauth_header_length    */
    ngx_array_t                  *assignments;  /* of ngx_oauth_evaluate.h    */
    ngx_array_t                  *taints;       /* of ngx_oauth_rules.c       */
    ngx_uint_t                    protects;     /* one of its locations does  */
    ngx_uint_t                    catch_all;    /* it has a location /        */
    ngx_uint_t                    reflect;      /* one of the resources does  */
} ngx_oauth_srv_conf_t;


struct ngx_oauth_loc_conf_s {
    ngx_oauth_loc_conf_t         *outer;        /* the level around; NULL: http
                                                                              */
    ngx_oauth_loc_conf_t         *limited;      /* that of limit_except, or
                                                   NULL                       */
    ngx_array_t                  *names;        /* ngx_str_t; NULL: oauth off */
    ngx_oauth_place_t             place;        /* of the directive oauth     */
    ngx_array_t                  *issuers;      /* ngx_oauth_issuer_t *; NULL:
                                                   the location is open       */

    ngx_str_t                     resource_url;
    ngx_oauth_place_t             resource_place;
    ngx_oauth_resource_t         *resource;
    ngx_uint_t                    reflect;
    ngx_str_t                     document;     /* of a URL that is reflected:
                                                   what follows the URL       */

    ngx_array_t                  *audience;     /* oauth_str_t                */
    ngx_flag_t                    any_audience;
    oauth_demand_t                demand;       /* these, and the subject     */

    ngx_array_t                  *scopes;       /* ngx_oauth_scope_t          */
    ngx_array_t                  *implied;      /* oauth_scope_rule_t         */
    ngx_array_t                  *advertise;    /* ngx_str_t                  */
    ngx_array_t                  *requires;     /* ngx_oauth_require_t        */
    ngx_oauth_args_directive_t    protected;    /* the first directive of this
                                                   very level that means nothing
                                                   without oauth              */
    ngx_uint_t                    protects;     /* this level, or one inside  */
    ngx_array_t                  *headers;      /* ngx_oauth_header_t         */
    ngx_array_t                  *members;      /* oauth_metadata_member_t    */

    ngx_array_t                  *variants;     /* ngx_oauth_text_variant_t; the
                                                   last one is for all other
                                                   methods                    */

    ngx_oauth_loc_conf_t         *rewrite;      /* the level whose rewrite rules
                                                   run here; NULL: none do    */
    ngx_uint_t                    reads_claims; /* its rewrite rules may read a
                                                   claim                      */
    ngx_uint_t                    reads_own;    /* they certainly do, by a
                                                   variable of the module     */
    ngx_uint_t                    decides;      /* a rule that is more than a
                                                   "set" may                  */
    ngx_uint_t                    decides_set;  /* the same, by what another
                                                   level has set              */

    ngx_flag_t                    pass_token;
    ngx_flag_t                    cors;
    ngx_flag_t                    strict_uri;
};


/* A location and its server, kept until the end of the configuration. */

typedef struct {
    ngx_http_core_srv_conf_t     *cscf;
    ngx_http_core_loc_conf_t     *clcf;
    ngx_oauth_srv_conf_t         *server;
    ngx_oauth_loc_conf_t         *conf;
    unsigned                      top:1;        /* the server's own level     */
} ngx_oauth_conf_location_t;


/* The module is how nginx hands out these structures. */

extern ngx_module_t  ngx_oauth_module;


void *ngx_oauth_conf_create_main(ngx_conf_t *cf);
void *ngx_oauth_conf_create_server(ngx_conf_t *cf);
void *ngx_oauth_conf_create_location(ngx_conf_t *cf);
char *ngx_oauth_conf_merge_location(ngx_conf_t *cf, void *parent, void *child);

/* The directive oauth. */

char *ngx_oauth_conf_oauth(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* NGX_OAUTH_CONF_H_INCLUDED */
