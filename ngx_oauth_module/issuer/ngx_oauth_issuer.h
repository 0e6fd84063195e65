
/*
 * An issuer: one authorization server, as a block oauth_issuer describes it.
 * The directives of the block fill the structure in (see conf/); once the
 * configuration is complete, it changes no more, except for what the last lines
 * of the structure say.  It lives in the configuration's pool.
 */


#ifndef NGX_OAUTH_ISSUER_H_INCLUDED
#define NGX_OAUTH_ISSUER_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_oauth_counters.h"
#include "ngx_oauth_doc.h"
#include "ngx_oauth_notice.h"
#include "oauth_client.h"
#include "oauth_token.h"


#define NGX_OAUTH_LEEWAY  3600          /* seconds, the most that the directive
                                           leeway takes                       */


typedef struct ngx_oauth_provider_s      ngx_oauth_provider_t;
typedef struct ngx_oauth_introspector_s  ngx_oauth_introspector_t;


/* About which credentials the authorization server is asked (RFC 7662). */

typedef enum {
    NGX_OAUTH_INTROSPECT_OFF = 0,
    NGX_OAUTH_INTROSPECT_OPAQUE,         /* those that are not a JWT          */
    NGX_OAUTH_INTROSPECT_ALWAYS          /* all; a JWT is verified first      */
} ngx_oauth_issuer_introspect_t;


typedef struct {
    ngx_str_t              name;         /* of the block                      */
    ngx_str_t              issuer;       /* the server's identifier           */
    ngx_str_t              authorization_server;
                                         /* the identifier that clients are
                                            told: the issuer, or a server in
                                            front of it                       */
    ngx_str_t              config_url;   /* empty: the well-known URLs        */
    ngx_str_t              jwks_uri;     /* set: no discovery                 */
    ngx_str_t              jwks_file;    /* set: nothing is fetched           */
    ngx_flag_t             allow_http;   /* 1: even to another machine        */

    oauth_token_rules_t    rules;        /* for its tokens                    */
    ngx_flag_t             token_type_set;
    time_t                 leeway;       /* seconds                           */
    time_t                 max_lifetime; /* seconds                           */

    ngx_msec_t             refresh;      /* the directives key_refresh,       */
    ngx_msec_t             stale;        /* key_stale                         */
    ngx_msec_t             refetch;      /* and key_refetch                   */
    ngx_msec_t             timeout;      /* of one whole fetch                */

    ngx_uint_t             introspect;   /* ngx_oauth_issuer_introspect_t     */
    ngx_str_t              introspection_endpoint;   /* empty: discovered     */
    time_t                 introspection_cache;      /* seconds               */
    ngx_str_t              client_id;    /* how nginx introduces itself there */
    ngx_str_t              client_secret_file;
    ngx_str_t              client_key_file;
    ngx_uint_t             client_auth;  /* oauth_client_kind_t               */
    oauth_client_t         client;       /* made of these                     */

    ngx_str_t              ca_file;
    ngx_str_t              certificates; /* PEM; empty: the system's store    */
    ngx_str_t              proxy;        /* empty: none                       */

    ngx_array_t            advertised;   /* oauth_str_t: the scopes that agents
                                            are told to ask for, a list for
                                            each resource                     */
    ngx_uint_t             remote;       /* a resource is not on loopback     */

    oauth_jwks_t          *keys;         /* of jwks_file                      */

    ngx_oauth_counters_t  *counters;     /* these two are set when the
                                            configuration is in force; NULL:
                                            nothing is counted                */
    ngx_oauth_counters_issuer_t  *counted;

    ngx_oauth_doc_t       *doc;          /* set at the end of the
                                            configuration; NULL: jwks_file    */
    ngx_oauth_provider_t  *provider;     /* these two are set while a worker
                                            runs; the second is NULL where
                                            "introspect" is off               */
    ngx_oauth_introspector_t  *introspector;

    ngx_oauth_notice_table_t  *notices;  /* of what is logged about servers;
                                            set together with doc             */
} ngx_oauth_issuer_t;


/*
 * Writes NGX_OAUTH_DOC_ID bytes: a digest of the block's name and of everything
 * that decides where the documents come from and whether they are trusted.  So
 * a block that changes in these starts without documents, and two blocks never
 * share a lease.
 */

void ngx_oauth_issuer_write_id(const ngx_oauth_issuer_t *issuer, u_char *id);

/*
 * Writes NGX_OAUTH_DOC_ID bytes: a digest of what decides who answers questions
 * about tokens, and to whom.
 */

void ngx_oauth_issuer_write_introspection_id(const ngx_oauth_issuer_t *issuer,
    u_char *id);

/*
 * 1 if fetches for this issuer trust the certificates of the system's store.
 */

ngx_uint_t ngx_oauth_issuer_uses_store(const ngx_oauth_issuer_t *issuer);


#endif /* NGX_OAUTH_ISSUER_H_INCLUDED */
