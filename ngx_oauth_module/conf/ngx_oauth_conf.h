
/*
 * The configuration: what the directives leave behind.  Written between
 * create and the end of postconfiguration only; handlers see it const.
 * Everything lives in the configuration's pool.
 */


#ifndef NGX_OAUTH_CONF_H_INCLUDED
#define NGX_OAUTH_CONF_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_oauth_compat.h"
#include "ngx_oauth_notice.h"
#include "ngx_oauth_provider.h"
#include "ngx_oauth_str.h"
#include "oauth_cache.h"
#include "oauth_metadata.h"
#include "oauth_scope.h"
#include "oauth_url.h"


/*
 * Directives inside oauth_issuer { }: a bit that nginx itself does not use.
 * While the block is read, a bit of NGX_ANY_CONF stands beside it, which lets
 * "include" in; no module of the type "http" has directives with that one.
 */

#define NGX_OAUTH_ISSUER_CONF  0x00100000
#define NGX_OAUTH_ISSUER_ANY   NGX_MAIN_CONF


/* Where a directive stands, for errors that are seen only later. */

typedef struct {
    ngx_str_t                  file;
    ngx_uint_t                 line;
} ngx_oauth_place_t;


typedef struct ngx_oauth_loc_conf_s  ngx_oauth_loc_conf_t;


/*
 * The one "set" of a variable in a server: the codes of nginx's rewrite module
 * that compute and assign it.
 */

typedef struct {
    ngx_uint_t                   index;     /* of the variable                */
    const ngx_oauth_loc_conf_t  *conf;      /* the level whose rule it is     */
    u_char                      *start;     /* NULL: it has no value that could
                                               be computed again              */
    u_char                      *end;
} ngx_oauth_assignment_t;


/* A "set" whose value may depend on a claim. */

typedef struct {
    ngx_uint_t                   index;
    const ngx_oauth_loc_conf_t  *conf;
} ngx_oauth_taint_t;


/* The getter that a variable had before ours; see ngx_oauth_evaluate.c. */

typedef struct {
    ngx_http_get_variable_pt   get_handler; /* NULL: the variable has its own */
    uintptr_t                  data;
    unsigned                   assigned:1;  /* a "set" assigns it             */
} ngx_oauth_getter_t;


/*
 * A term of oauth_scope: one of its alternatives is required.  They are those
 * of the configuration; what a variable holds never makes another one.
 */

typedef struct {
    ngx_array_t               *alternatives;    /* ngx_http_complex_value_t   */
} ngx_oauth_term_t;


/* oauth_scope: all of its terms are required, for these methods. */

typedef struct {
    ngx_array_t               *terms;       /* ngx_oauth_term_t               */
    ngx_array_t               *methods;     /* ngx_str_t; NULL: every method  */
} ngx_oauth_scope_t;


/* oauth_require: one of the values, of either kind. */

typedef struct {
    oauth_str_t                claim;
    ngx_uint_t                 index;       /* of the claim, as selected      */
    ngx_array_t               *values;      /* oauth_str_t; NULL: none        */
    ngx_array_t               *variables;   /* ngx_http_complex_value_t; NULL:
                                               none                           */
} ngx_oauth_require_t;


/* oauth_header: the value is a claim's text, or a complex value. */

typedef struct {
    ngx_str_t                  name;
    ngx_str_t                  lowcase;
    ngx_uint_t                 hash;
    ngx_str_t                  normal;      /* lower case, "_" as "-"         */
    oauth_str_t                claim;       /* absent: value                  */
    ngx_uint_t                 index;       /* of the claim, as selected      */
    ngx_http_complex_value_t   value;
} ngx_oauth_header_t;


/* The length of a name as one bit of a set; the last one is of all above. */

#define ngx_oauth_header_length(len)  (UINT64_C(1) << ((len) < 63 ? (len) : 63))


/* Variables of the claims: $oauth_claim_NAME. */

#define NGX_OAUTH_CLAIM  "oauth_claim_"


/* Claims that have variables of their own: their numbers. */

enum {
    NGX_OAUTH_CLAIM_SUB = 0,
    NGX_OAUTH_CLAIM_JTI,
    NGX_OAUTH_CLAIM_EXP,
    NGX_OAUTH_CLAIM_CLIENT_ID,              /* and two that follow            */
    NGX_OAUTH_CLAIM_AZP,
    NGX_OAUTH_CLAIM_CID,
    NGX_OAUTH_CLAIMS
};


/* Kinds of refusals, by what they say of the place. */

enum {
    NGX_OAUTH_ANSWER_FIRST = 0,             /* the way to a token             */
    NGX_OAUTH_ANSWER_MORE,                  /* to one that may do more        */
    NGX_OAUTH_ANSWER_NONE,                  /* no token would help            */
    NGX_OAUTH_ANSWER_KINDS
};


/*
 * What the refusals of a location say of it, for one set of scopes: rendered
 * with the configuration, unless the scopes have variables.
 */

typedef struct {
    ngx_str_t                  resource;
    ngx_str_t                  metadata;    /* URL of its document            */
    ngx_str_t                  documentation;   /* URL for human readers      */
    ngx_str_t                  scope;
    oauth_str_t                issuer;      /* that the steps name            */
    ngx_str_t                  challenge;   /* behind the error               */
    ngx_str_t                  problems[NGX_OAUTH_ANSWER_KINDS];
    ngx_str_t                  pages[NGX_OAUTH_ANSWER_KINDS];
} ngx_oauth_answer_t;


/* The answers for a method; empty: for all others. */

typedef struct {
    ngx_str_t                  method;
    ngx_oauth_answer_t        *answers[NGX_OAUTH_ANSWER_KINDS];
                                            /* NULL: it depends on variables  */
} ngx_oauth_variant_t;


/* What refusals say of a reason. */

typedef struct {
    ngx_str_t                  challenge;   /* with what joins the two        */
    ngx_str_t                  problem;
    ngx_str_t                  page;
} ngx_oauth_error_t;


/* A resource of a server: one document, however many locations share it. */

typedef struct {
    ngx_str_t                  url;
    ngx_oauth_place_t          derived;     /* oauth that it follows from;
                                               line 0: it is written          */
    ngx_str_t                  path;        /* of the document, decoded       */
    ngx_str_t                  metadata;    /* URL of the document            */
    ngx_str_t                  document;
    ngx_str_t                  documentation;   /* of the members; or empty   */
    ngx_str_t                  link;        /* to it, as a header's value     */
    ngx_array_t                issuers;     /* ngx_oauth_issuer_t *           */
    ngx_array_t               *members;     /* oauth_metadata_member_t        */
    oauth_buf_t                scopes;      /* while the table is built       */
    ngx_array_t                answers;     /* ngx_oauth_answer_t *           */
    size_t                     origin;      /* of the URL: the length         */
    unsigned                   reflect:1;   /* URLs below are resources       */
} ngx_oauth_resource_t;


typedef struct {
    ngx_array_t                issuers;     /* ngx_oauth_issuer_t *           */
    ngx_array_t                locations;   /* ngx_oauth_location_t           */
    ngx_array_t                selected;    /* oauth_select_t                 */
    ngx_oauth_getter_t        *getters;     /* by the variable's index        */
    ngx_uint_t                 ngetters;
    ngx_uint_t                 reads_claims;    /* a variable of ours is used */
    size_t                     zone_size;
    ngx_oauth_zone_t          *zone;
    ngx_oauth_notice_table_t  *notices;
    ngx_oauth_doc_list_t      *docs;
    ngx_oauth_error_t          errors[OAUTH_REASONS];
    ngx_int_t                  cache_entries;
    oauth_cache_t             *cache;       /* of the worker; NULL: none      */
} ngx_oauth_main_conf_t;


typedef struct {
    ngx_array_t                resources;   /* ngx_oauth_resource_t *         */
    ngx_array_t                headers;     /* ngx_oauth_header_t *: all names
                                               that the server sets           */
    uint64_t                   header_lengths;
    ngx_array_t                assignments; /* ngx_oauth_assignment_t         */
    ngx_array_t                taints;      /* ngx_oauth_taint_t              */
    ngx_uint_t                 protects;    /* one of its locations does      */
    ngx_uint_t                 catch_all;   /* it has a location /            */
    ngx_uint_t                 reflect;     /* one of the resources does      */
} ngx_oauth_srv_conf_t;


struct ngx_oauth_loc_conf_s {
    ngx_oauth_loc_conf_t      *outer;       /* the level around; NULL: http   */
    ngx_oauth_loc_conf_t      *limited;     /* that of limit_except, or NULL  */
    ngx_array_t               *names;       /* ngx_str_t; NULL: oauth off     */
    ngx_oauth_place_t          place;       /* of the directive oauth; line 0:
                                               none, outside neither          */
    ngx_array_t               *issuers;     /* ngx_oauth_issuer_t *; NULL: the
                                               location is not protected      */

    ngx_str_t                  resource_url;
    ngx_oauth_place_t          resource_place;
    ngx_oauth_resource_t      *resource;
    ngx_uint_t                 reflect;
    ngx_str_t                  document;    /* of a URL that is reflected,
                                               from behind it on              */

    ngx_array_t               *audience;    /* oauth_str_t                    */
    ngx_flag_t                 any_audience;

    ngx_array_t               *scopes;      /* ngx_oauth_scope_t              */
    ngx_array_t               *rules;       /* oauth_scope_rule_t             */
    ngx_array_t               *advertise;   /* ngx_str_t                      */
    ngx_array_t               *requires;    /* ngx_oauth_require_t            */
    ngx_str_t                  rule;        /* oauth_scope, oauth_require or
                                               oauth_header: the first of this
                                               very level                     */
    ngx_oauth_place_t          rule_place;
    ngx_uint_t                 protects;    /* this level, or one inside      */
    ngx_array_t               *headers;     /* ngx_oauth_header_t             */
    ngx_array_t               *members;     /* oauth_metadata_member_t        */

    ngx_array_t               *variants;    /* ngx_oauth_variant_t; the last
                                               one is for other methods       */

    ngx_oauth_loc_conf_t      *rewrite;     /* the level whose rewrite rules
                                               run here; NULL: there are none */
    ngx_uint_t                 reads_claims;    /* its rewrite rules may      */
    ngx_uint_t                 reads_own;   /* they certainly do, by a variable
                                               of ours                        */
    ngx_uint_t                 decides;     /* more than a "set" of them may  */
    ngx_uint_t                 decides_set; /* by what another level has set  */

    ngx_flag_t                 needs_subject;
    ngx_flag_t                 pass_token;
    ngx_flag_t                 cors;
    ngx_flag_t                 strict_uri;
};


/* A location and its server, kept until the end of the configuration. */

typedef struct {
    ngx_http_core_srv_conf_t  *cscf;
    ngx_http_core_loc_conf_t  *clcf;
    ngx_oauth_srv_conf_t      *server;
    ngx_oauth_loc_conf_t      *conf;
    unsigned                   top:1;       /* the server's own level         */
} ngx_oauth_location_t;


extern ngx_module_t  ngx_oauth_module;


/* ngx_oauth_conf.c: the levels, and what is protected. */

void *ngx_oauth_create_main_conf(ngx_conf_t *cf);
void *ngx_oauth_create_srv_conf(ngx_conf_t *cf);
void *ngx_oauth_create_loc_conf(ngx_conf_t *cf);
char *ngx_oauth_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child);

char *ngx_oauth_conf_oauth(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_oauth_conf_resource(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_oauth_conf_metadata(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* Adds an element to an array that may be NULL or unset. */

void *ngx_oauth_conf_push(ngx_conf_t *cf, ngx_array_t **array, size_t size);

/* "off": an empty list, which differs from an unset one; alone on its level. */

char *ngx_oauth_conf_off(ngx_conf_t *cf, ngx_array_t **array);

/*
 * The arguments from first on, in the configuration's pool.  NULL: no memory,
 * or one has a variable, which is logged.
 */

oauth_str_t *ngx_oauth_conf_strings(ngx_conf_t *cf, ngx_uint_t first);

/*
 * NGX_OK, or NGX_ERROR where nginx would read a "$" of the value as a variable:
 * an [emerg] says that none is evaluated here.
 */

ngx_int_t ngx_oauth_conf_no_variables(ngx_conf_t *cf, ngx_str_t *value);

/* 1 when nginx would read a "$" of the value as a variable. */

ngx_uint_t ngx_oauth_conf_has_variable(ngx_str_t *value);

/* An [emerg] that names the place instead of the line being read. */

void ngx_cdecl ngx_oauth_conf_error(ngx_conf_t *cf, ngx_oauth_place_t *place,
    const char *fmt, ...);

void ngx_oauth_conf_here(ngx_conf_t *cf, ngx_oauth_place_t *place);

/* Notes the directive being read as one that means nothing without oauth. */

void ngx_oauth_conf_rule(ngx_conf_t *cf, ngx_oauth_loc_conf_t *lcf);


/* ngx_oauth_conf_policy.c: what a token must be good for. */

char *ngx_oauth_conf_audience(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_oauth_conf_scope(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_oauth_conf_implies(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_oauth_conf_advertise(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_oauth_conf_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


/* ngx_oauth_conf_header.c */

char *ngx_oauth_conf_header(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * Headers add up across levels; the inner one wins for the same name.  NULL:
 * no memory.
 */

ngx_array_t *ngx_oauth_conf_merge_headers(ngx_conf_t *cf, ngx_array_t *parent,
    ngx_array_t *child);


/* ngx_oauth_conf_issuer.c: the block oauth_issuer. */

char *ngx_oauth_conf_issuer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_oauth_conf_algorithms(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_oauth_conf_token_type(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_oauth_conf_scope_claim(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Post handlers: what a text, a flag or a time may be. */

char *ngx_oauth_conf_literal(ngx_conf_t *cf, void *post, void *data);
char *ngx_oauth_conf_allow_http(ngx_conf_t *cf, void *post, void *data);
char *ngx_oauth_conf_interval(ngx_conf_t *cf, void *post, void *data);
char *ngx_oauth_conf_timeout(ngx_conf_t *cf, void *post, void *data);
char *ngx_oauth_conf_leeway(ngx_conf_t *cf, void *post, void *data);


/*
 * ngx_oauth_conf_claims.c: the claims that the configuration uses.  A verified
 * token keeps the texts and members of these, by the number given here.
 */

ngx_int_t ngx_oauth_conf_claims_init(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf);

/*
 * NGX_OK, or NGX_ERROR and an [emerg] where the path has a variable or an empty
 * segment: no claim has such a name.
 */

ngx_int_t ngx_oauth_conf_claim_path(ngx_conf_t *cf, ngx_str_t *path);

/* Selects a claim: NGX_OK and its number. */

ngx_int_t ngx_oauth_conf_select(ngx_oauth_main_conf_t *mcf,
    oauth_select_t *select, ngx_uint_t *index);

/* Selects what variables hand out, and hands the list to every issuer. */

ngx_int_t ngx_oauth_conf_claims(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf);


/*
 * ngx_oauth_answer.c: what refusals say.  These return NGX_OK or NGX_ERROR.
 */

ngx_int_t ngx_oauth_answer_errors(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf);
ngx_int_t ngx_oauth_answer_variants(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *conf);

/*
 * Renders an answer into a pool.  reason: of the one refusal it is for, which
 * has a page or a problem document, or OAUTH_OK: it is for all.
 */

ngx_int_t ngx_oauth_answer_write(ngx_pool_t *pool, oauth_reason_t reason,
    ngx_uint_t page, ngx_oauth_answer_t *answer);

/* The kind that a reason needs; NGX_OAUTH_ANSWER_NONE has no challenge. */

ngx_uint_t ngx_oauth_answer_kind(oauth_reason_t reason);

/*
 * Appends the scopes that a refusal of this kind names: those that the method
 * needs, and what is advertised unless the client has a token and lacks a
 * scope.  r: NULL while the configuration is read.  NGX_DECLINED: they depend
 * on the request.
 */

ngx_int_t ngx_oauth_answer_scope(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const ngx_str_t *method,
    ngx_uint_t kind, oauth_buf_t *buf);

/* 1 when a term of one value asks for nothing. */

ngx_uint_t ngx_oauth_scope_is_none(const ngx_oauth_term_t *term,
    const ngx_str_t *value);

/* 1 when the directive is for this method. */

ngx_uint_t ngx_oauth_scope_applies(const ngx_oauth_scope_t *scope,
    const ngx_str_t *method);


/*
 * ngx_oauth_conf_server.c: once everything is read, names become issuers and
 * every protected location gets its resource.
 */

ngx_int_t ngx_oauth_conf_servers(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf);


/* ngx_oauth_conf_rewrite.c: what rewrite rules read and assign. */

ngx_int_t ngx_oauth_conf_rewrite(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf);


/* ngx_oauth_conf_warn.c: what is allowed, and hardly meant. */

void ngx_oauth_conf_warn(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf);

/*
 * How every ngx_http_rewrite_loc_conf_t begins: the rewrite module keeps the
 * rest to itself.
 */

typedef struct {
    ngx_array_t               *codes;       /* of bytes; NULL: none           */
} ngx_oauth_rewrite_conf_t;


/* A module of this nginx by its name; NULL: nginx is built without it. */

ngx_module_t *ngx_oauth_conf_module(ngx_conf_t *cf, const char *name);


/*
 * ngx_oauth_conf_resource.c: the resources of a server.
 *
 * The origin of a server, where server_name and listen leave no doubt about it;
 * NGX_DECLINED where they do.
 */

ngx_int_t ngx_oauth_resource_default(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *cscf, ngx_str_t *url);

/* 1 for a name without wildcard and regex. */

ngx_uint_t ngx_oauth_server_name_literal(ngx_str_t *name);

/*
 * The resource of this URL in the location's server, new or shared, with what
 * the location adds to its document.  NULL: an error, which is logged.
 */

ngx_oauth_resource_t *ngx_oauth_resource_create(ngx_conf_t *cf,
    ngx_oauth_location_t *location, ngx_str_t *url);

/*
 * Renders the document, when every location has been seen; and what a location
 * has of its own, where its resource reflects.
 */

ngx_int_t ngx_oauth_resource_write(ngx_conf_t *cf,
    ngx_oauth_resource_t *resource);
ngx_int_t ngx_oauth_resource_reflect(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *lcf);


#endif /* NGX_OAUTH_CONF_H_INCLUDED */
