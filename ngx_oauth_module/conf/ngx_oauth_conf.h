
/*
 * The structures of the configuration: what the directives leave for the
 * handlers.  They are written between their creation and the end of the
 * module's initialisation; after that, a worker adds only its cache of known
 * tokens and the providers of the issuers.  Handlers see them const.  What the
 * directives write is in the configuration's pool.
 */


#ifndef NGX_OAUTH_CONF_H_INCLUDED
#define NGX_OAUTH_CONF_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_oauth_args.h"
#include "ngx_oauth_bus.h"
#include "ngx_oauth_counters.h"
#include "ngx_oauth_introspected.h"
#include "ngx_oauth_notice.h"
#include "ngx_oauth_place.h"
#include "ngx_oauth_provider.h"
#include "ngx_oauth_store.h"
#include "ngx_oauth_str.h"
#include "oauth_cache.h"
#include "oauth_demand.h"


/*
 * NGX_OAUTH_ISSUER_CONF marks the directives that nginx accepts inside
 * oauth_issuer { }; nginx itself does not use this bit.  While nginx reads the
 * block, the second bit is set, too.  It is one of NGX_ANY_CONF, so "include"
 * is accepted, and no directive of an HTTP module has it.
 */

#define NGX_OAUTH_ISSUER_CONF  0x00100000
#define NGX_OAUTH_ISSUER_ANY   NGX_MAIN_CONF


typedef struct ngx_oauth_loc_conf_s  ngx_oauth_loc_conf_t;

/*
 * Their members are in ngx_oauth_resource.h, _evaluate.h, _text.h, _replay.c
 * and _recheck.c.
 */

typedef struct ngx_oauth_resource_s  ngx_oauth_resource_t;
typedef struct ngx_oauth_evaluate_getter_s  ngx_oauth_evaluate_getter_t;
typedef struct ngx_oauth_text_reason_s  ngx_oauth_text_reason_t;
typedef struct ngx_oauth_replay_s  ngx_oauth_replay_t;
typedef struct ngx_oauth_recheck_s  ngx_oauth_recheck_t;


typedef struct {
    ngx_array_t                   issuers;      /* ngx_oauth_issuer_t *       */
    ngx_array_t                   locations;    /* ngx_oauth_conf_location_t  */
    ngx_array_t                   selected;     /* oauth_token_select_t       */
    ngx_oauth_evaluate_getter_t  *getters;      /* by the variable's index    */
    ngx_uint_t                    ngetters;
    ngx_uint_t                    reads_claims; /* a variable of the module is
                                                   used somewhere             */
    ngx_uint_t                    shows_scopes; /* $oauth_scope_required is
                                                   used somewhere */
    size_t                        zone_size;
    ngx_oauth_place_t             zone_place;   /* of oauth_zone              */
    ngx_oauth_zone_t             *zone;
    ngx_oauth_notice_table_t     *notices;      /* of refusals                */
    ngx_uint_t                    counts;       /* a location has oauth_status
                                                                              */
    ngx_oauth_counters_t         *counters;     /* NULL: nothing is counted   */
    ngx_oauth_doc_list_t         *docs;
    ngx_oauth_introspected_t     *introspected; /* NULL: no issuer has
                                                   "introspect"               */
    ngx_oauth_text_reason_t      *reasons;      /* by oauth_reason_t          */
    ngx_int_t                     cache_entries;
    oauth_cache_t                *cache;        /* known tokens of the worker;
                                                   NULL: none are kept        */
    size_t                        replay_size;
    ngx_oauth_place_t             replay_place; /* of oauth_dpop_replay       */
    ngx_oauth_replay_t           *replay;       /* NULL: oauth_dpop is off
                                                   everywhere                 */
    time_t                        proof_age;    /* seconds from its iat for
                                                   which a proof may be good,
                                                   in the location that allows
                                                   most; 0: oauth_dpop is off
                                                   everywhere                 */
    ngx_str_t                     store_folder;
    size_t                        store_size;
    ngx_oauth_place_t             store_place;  /* of oauth_revocation_store  */
    ngx_oauth_store_t            *store;        /* NULL: nothing can be revoked
                                                                              */
    ngx_oauth_bus_options_t       bus_options;  /* of oauth_revocation_bus; its
                                                   url is empty: there is none
                                                                              */
    ngx_oauth_bus_t              *bus;          /* NULL: this node is alone   */
    ngx_oauth_place_t             stale_place;  /* of the first
                                                   oauth_revocation_stale     */
    time_t                        longest;      /* seconds from its iat for
                                                   which any token may be good
                                                                              */
    ngx_msec_t                    recheck_least;    /* the shortest interval of
                                                   oauth_session_recheck; 0: it
                                                   is off everywhere          */
    ngx_oauth_recheck_t          *recheck;      /* the worker's; NULL: nothing
                                                   is rechecked               */
    ngx_int_t                     request_id;   /* the index of the variable,
                                                   where oauth_assertion is
                                                   written                    */
} ngx_oauth_main_conf_t;


/* The inputs that oauth_revoke names, as bits. */

#define NGX_OAUTH_REVOKE_TOKEN    0x01
#define NGX_OAUTH_REVOKE_ADMIN    0x02
#define NGX_OAUTH_REVOKE_SIGNALS  0x04
#define NGX_OAUTH_REVOKE_LOGOUT   0x08


/* What oauth_session_recheck says. */

typedef struct {
    ngx_msec_t                    interval;     /* 0: off                     */
    ngx_uint_t                    expiry;       /* responses end when their
                                                   token has expired          */
} ngx_oauth_conf_recheck_t;


/*
 * What oauth_revocation_stale says: what happens once the bus has been silent
 * for longer than a time.
 */

typedef enum {
    NGX_OAUTH_STALE_SERVE = 0,                  /* nothing                    */
    NGX_OAUTH_STALE_DENY,                       /* no token is accepted       */
    NGX_OAUTH_STALE_FRESH                       /* only new tokens are        */
} ngx_oauth_conf_stale_mode_t;


typedef struct {
    ngx_msec_t                    time;
    ngx_oauth_conf_stale_mode_t   mode;
    time_t                        fresh;        /* seconds since the iat of a
                                                   new token, at most         */
} ngx_oauth_conf_stale_t;


/* What oauth_dpop says. */

typedef enum {
    NGX_OAUTH_DPOP_OFF = 0,
    NGX_OAUTH_DPOP_OPTIONAL,
    NGX_OAUTH_DPOP_REQUIRED
} ngx_oauth_conf_dpop_mode_t;


typedef struct {
    ngx_uint_t                    mode;         /* as above                   */
    ngx_uint_t                    nonce;        /* each proof needs one       */
    time_t                        max_age;      /* seconds                    */

    /* where it is not off */
    ngx_str_t                     origin;       /* of the resource            */
    oauth_algs_t                  algorithms;
    ngx_str_t                     names;        /* of these, with a space
                                                   between them               */
} ngx_oauth_conf_dpop_t;


/* What oauth_assertion says. */

typedef struct {
    ngx_str_t                     audience;     /* empty: the location's
                                                   resource                   */
    time_t                        ttl;          /* seconds                    */
    ngx_array_t                  *claims;       /* oauth_str_t; NULL: none    */
    ngx_oauth_place_t             place;
} ngx_oauth_conf_assertion_t;


typedef struct {
    ngx_array_t                   resources;    /* ngx_oauth_resource_t *     */
    ngx_array_t                   headers;      /* ngx_oauth_header_t *: one
                                                   for each name that is set
                                                   anywhere in the server     */
    uint64_t                      header_lengths;
                                                /* the set of the lengths of
                                                   these names: bits of
                                                   ngx_oauth_header_length    */
    ngx_array_t                  *assignments;
                                          /* ngx_oauth_evaluate_assignment_t  */
    ngx_array_t                  *taints;       /* ngx_oauth_rules_taint_t    */
    ngx_uint_t                    protects;     /* "oauth" is in force on one
                                                   of its levels              */
    ngx_uint_t                    catch_all;    /* it has a "location /"      */
    ngx_uint_t                    reflect;      /* one of its resources has
                                                   "reflect"                  */
    ngx_array_t                  *signers;      /* oauth_signer_t *: the keys of
                                                   oauth_assertion_key, of which
                                                   the first signs; NULL: none
                                                                              */
    ngx_str_t                     key_set;      /* what is published of them  */
} ngx_oauth_srv_conf_t;


struct ngx_oauth_loc_conf_s {
    ngx_oauth_loc_conf_t         *outer;        /* the level around this one;
                                                   NULL: this is the http level
                                                                              */
    ngx_oauth_loc_conf_t         *limited;      /* the level of its limit_except
                                                   block, or NULL             */
    ngx_oauth_place_t             begin;        /* where its block begins     */
    ngx_uint_t                    number;       /* in mcf->locations, counted
                                                   from 1; 0: it is the http
                                                   level                      */
    ngx_array_t                  *names;        /* ngx_str_t: names of issuers;
                                                   NULL: the level is open    */
    ngx_oauth_place_t             place;        /* of the directive oauth     */
    ngx_array_t                  *issuers;      /* ngx_oauth_issuer_t *; NULL:
                                                   the level is open          */

    ngx_uint_t                    introspects;  /* how many of them may be asked
                                                   about opaque tokens        */

    ngx_str_t                     resource_url;
    ngx_oauth_place_t             resource_place;
    ngx_oauth_resource_t         *resource;
    ngx_uint_t                    reflect;
    ngx_str_t                     document;     /* where the resource reflects:
                                                   the part of the document
                                                   that follows its URL       */

    ngx_array_t                  *audience;     /* oauth_str_t                */
    ngx_flag_t                    any_audience;
    oauth_demand_t                demand;       /* the resource, "audience",
                                                   whether a subject is needed,
                                                   and how the user has to have
                                                   signed in                  */

    ngx_array_t                  *scopes;       /* ngx_oauth_scope_t          */
    ngx_array_t                  *implied;      /* oauth_scope_rule_t         */
    ngx_array_t                  *advertise;    /* ngx_str_t                  */
    ngx_array_t                  *requires;     /* ngx_oauth_require_t        */
    ngx_array_t                  *acr;          /* oauth_str_t                */
    ngx_str_t                     acr_values;   /* these, separated by spaces */
    time_t                        max_age;      /* seconds since the user has
                                                   signed in, at most; 0: any */
    ngx_oauth_args_directive_t    protected;    /* the first directive that is
                                                   written on this level and has
                                                   no effect without "oauth"  */
    ngx_uint_t                    protects;     /* "oauth" is in force on this
                                                   level or on one inside it  */
    ngx_array_t                  *headers;      /* ngx_oauth_header_t         */
    ngx_oauth_conf_assertion_t   *assertion;    /* of the header that is one;
                                                   NULL: there is none        */
    ngx_array_t                  *members;      /* oauth_metadata_member_t    */

    ngx_array_t                  *variants;     /* ngx_oauth_text_variant_t; the
                                                   last one is for all other
                                                   methods                    */

    ngx_oauth_loc_conf_t         *rewrite;      /* the level whose rewrite rules
                                                   run here; NULL: none run   */
    ngx_uint_t                    reads_claims; /* a rewrite rule of this level
                                                   may read a claim           */
    ngx_uint_t                    reads_own;    /* one certainly reads a claim:
                                                   it uses a variable of the
                                                   module                     */
    ngx_uint_t                    decides;      /* a rule other than "set" may
                                                   read a claim               */
    ngx_uint_t                    decides_set;  /* such a rule reads a variable
                                                   that a "set" on another level
                                                   derived from a claim       */

    ngx_oauth_conf_dpop_t         dpop;
    ngx_uint_t                    mtls;         /* NGX_OAUTH_CONF_MTLS_...    */
    ngx_oauth_place_t             mtls_place;   /* of oauth_mtls              */
    ngx_http_complex_value_t     *certificate;  /* the client's; NULL: that of
                                                   nginx's own connection     */
    ngx_str_t                     certificate_field;
                                                /* the request header that this
                                                   is, in the normal form of
                                                   names; empty: another value
                                                                              */

    ngx_uint_t                    revoke;       /* NGX_OAUTH_REVOKE_... that
                                                   this location takes        */
    ngx_oauth_place_t             revoke_place;
    ngx_uint_t                    audit_plain;  /* the names of people are
                                                   logged as they are         */
    ngx_array_t                  *revocation_audience;  /* oauth_str_t        */
    ngx_oauth_place_t             status_place; /* of oauth_status; line 0: this
                                                   location has none          */
    ngx_oauth_conf_recheck_t      recheck;
    ngx_oauth_conf_stale_t        stale;

    ngx_flag_t                    pass_token;
    ngx_flag_t                    dry_run;      /* nothing is refused         */
    ngx_uint_t                    withholds;    /* the token goes no further
                                                   than this level: neither of
                                                   the two above is on        */
    ngx_flag_t                    cors;
    ngx_flag_t                    strict_uri;
};


/*
 * A level and its server: a location, a limit_except or "if" block, or the
 * server's own level.  The end of the configuration goes through all of them.
 * In the list of all levels, a level comes before those inside it, and these
 * come in the order of the configuration.
 */

typedef struct {
    ngx_http_core_srv_conf_t     *cscf;
    ngx_http_core_loc_conf_t     *clcf;
    ngx_oauth_srv_conf_t         *server;
    ngx_oauth_loc_conf_t         *conf;
    unsigned                      top:1;        /* the server's own level     */
} ngx_oauth_conf_location_t;


/* nginx finds the structures of a module by the address of the module. */

extern ngx_module_t  ngx_oauth_module;


/*
 * nginx calls these for every level.  The structures are in the configuration's
 * pool.  Creation returns NULL when memory is short, merging NGX_CONF_OK or
 * NGX_CONF_ERROR.
 */

void *ngx_oauth_conf_create_main(ngx_conf_t *cf);
void *ngx_oauth_conf_create_server(ngx_conf_t *cf);
void *ngx_oauth_conf_create_location(ngx_conf_t *cf);
char *ngx_oauth_conf_merge_location(ngx_conf_t *cf, void *parent, void *child);

/* Returns the level around this one; NULL: that is the http level. */

ngx_oauth_conf_location_t *ngx_oauth_conf_outer(
    const ngx_oauth_main_conf_t *mcf, ngx_oauth_conf_location_t *location);

/* Notes the place of the directive oauth_zone, when nginx has its value. */

char *ngx_oauth_conf_zone(ngx_conf_t *cf, void *post, void *data);

/* Warns about a line "oauth_dry_run on", when nginx has its value. */

char *ngx_oauth_conf_dry_run(ngx_conf_t *cf, void *post, void *data);

/*
 * The handler of the directive oauth.  Like every handler of a directive here,
 * it returns NGX_CONF_OK, a text that nginx logs with the directive and its
 * place, or NGX_CONF_ERROR after an [emerg] of its own.
 */

char *ngx_oauth_conf_oauth(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* NGX_OAUTH_CONF_H_INCLUDED */
