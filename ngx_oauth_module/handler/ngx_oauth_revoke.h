
/*
 * The directive oauth_revoke, which makes a location take revocations: of a
 * token by whoever has it, by an administrator, by signals of an authorization
 * server, or by its logout tokens.
 *
 * One request to revoke, from its body to its response, lives in the pool of
 * its request; a cleanup of the pool releases what it holds.
 */


#ifndef NGX_OAUTH_REVOKE_H_INCLUDED
#define NGX_OAUTH_REVOKE_H_INCLUDED


#include "ngx_oauth_conf_introspection.h"
#include "ngx_oauth_introspector.h"
#include "oauth_order_error.h"


#define NGX_OAUTH_REVOKE_PAIRS  16      /* parameters of a query, at most     */


typedef struct ngx_oauth_revoke_s  ngx_oauth_revoke_t;

/*
 * Reads and checks what an input has sent.  NGX_OK: revoke->entries are to be
 * written; without any, the request is good and has no effect.  NGX_AGAIN: the
 * request waits, and the function is called again after the wait.
 * NGX_DECLINED: revoke->order.error says why it is refused.  NGX_ERROR: it
 * cannot be decided now, because memory is short, or an issuer's keys or answer
 * are missing.
 */

typedef ngx_int_t (*ngx_oauth_revoke_read_pt)(ngx_oauth_revoke_t *revoke);

/* Appends the body of a refusal with this status. */

typedef void (*ngx_oauth_revoke_write_pt)(oauth_buf_t *buf,
    const oauth_order_error_t *error, ngx_uint_t status);


typedef struct {
    ngx_uint_t                 bit;     /* NGX_OAUTH_REVOKE_...               */
    ngx_str_t                  name;    /* in oauth_revoke, and in the log    */
    ngx_uint_t                 status;  /* of the response, once it is done   */
    size_t                     most;    /* bytes of a body                    */
    ngx_str_t                  type;    /* of the body of a refusal           */
    ngx_oauth_revoke_read_pt   read;
    ngx_oauth_revoke_write_pt  write;
} ngx_oauth_revoke_input_t;


/* The token that was sent, as one issuer knows it. */

typedef struct {
    oauth_token_t                   *token;     /* a reference                */
    u_char                           id[OAUTH_REVOCATION_ID];
} ngx_oauth_revoke_own_t;


struct ngx_oauth_revoke_s {
    ngx_http_request_t              *request;
    const ngx_oauth_main_conf_t     *mcf;
    const ngx_oauth_loc_conf_t      *conf;
    const ngx_oauth_revoke_input_t  *input;
    ngx_str_t                        body;      /* of the request             */
    ngx_str_t                        decoded;   /* what of the body or of the
                                                   query is decoded: the only
                                                   place of these bytes       */

    oauth_order_t                    order;
    oauth_order_entry_t             *entries;   /* the order's, or "given"    */
    size_t                           n;
    ngx_oauth_store_commit_t         commit;
    ngx_oauth_bus_publication_t      publication;

    /* While an issuer is found, and its keys or its answer are awaited. */
    ngx_oauth_wait_t                 wait;
    ngx_oauth_issuer_t              *issuer;    /* of what was sent; NULL: not
                                                   known                      */
    ngx_uint_t                       next_issuer;
    unsigned                         parsed:1;
    unsigned                         refetched:1;
    unsigned                         missing:1; /* an issuer could not decide */
    unsigned                         publishing:1;  /* the bus has the
                                                   publication                */

    /* Of the input "token". */
    oauth_str_t                      text;      /* the token, as it was sent  */
    oauth_jwt_t                     *jwt;
    ngx_oauth_question_t            *question;
    ngx_oauth_revoke_own_t     own[NGX_OAUTH_CONF_INTROSPECTION_ISSUERS];
    oauth_order_entry_t        given[NGX_OAUTH_CONF_INTROSPECTION_ISSUERS];
};


/* What the inputs are read by. */

ngx_int_t ngx_oauth_revoke_token(ngx_oauth_revoke_t *revoke);
ngx_int_t ngx_oauth_revoke_admin(ngx_oauth_revoke_t *revoke);
ngx_int_t ngx_oauth_revoke_event(ngx_oauth_revoke_t *revoke);

/*
 * Answers whether the entry of the query exists.  Returns an HTTP status, or
 * what nginx's filters return.
 */

ngx_int_t ngx_oauth_revoke_ask(ngx_oauth_revoke_t *revoke);

/* Releases what the inputs hold. */

void ngx_oauth_revoke_token_done(ngx_oauth_revoke_t *revoke);

/*
 * Returns the issuer of the configuration with this identifier that comes after
 * revoke->issuer, or the first one if that is NULL; NULL: there are no more.
 */

ngx_oauth_issuer_t *ngx_oauth_revoke_next_issuer(
    const ngx_oauth_revoke_t *revoke, oauth_str_t identifier);

/*
 * Makes the request wait for the keys of revoke->issuer.  unknown_key: there
 * are keys, and others may change the result.  NGX_AGAIN: it waits.
 * NGX_DECLINED: there is nothing to wait for.
 */

ngx_int_t ngx_oauth_revoke_wait_for_keys(ngx_oauth_revoke_t *revoke,
    ngx_uint_t unknown_key);

/*
 * Does the same, once, where the reason for which something was refused may
 * change with newer keys.
 */

ngx_int_t ngx_oauth_revoke_wait_for_newer_keys(ngx_oauth_revoke_t *revoke,
    oauth_reason_t reason);

/* Does the same for the answer to revoke->question. */

ngx_int_t ngx_oauth_revoke_wait_for_answer(ngx_oauth_revoke_t *revoke);

/* 1: the body, a form, has this parameter once, with a value. */

ngx_uint_t ngx_oauth_revoke_has(const ngx_oauth_revoke_t *revoke,
    const char *name);

/*
 * Reads the body of the request, one byte more than the input allows at most,
 * into revoke->body.  NGX_ERROR: no memory, or the file cannot be read.
 */

ngx_int_t ngx_oauth_revoke_body_read(ngx_oauth_revoke_t *revoke);

/*
 * Wipes revoke->body, revoke->decoded, and what nginx has read of the body.
 * The request ends.
 */

void ngx_oauth_revoke_body_wipe(ngx_oauth_revoke_t *revoke);

/*
 * Decodes a parameter of the form into revoke->decoded; to be called once.
 * NGX_DECLINED: it is not there, or more than once.  NGX_ERROR: no memory.
 */

ngx_int_t ngx_oauth_revoke_read_parameter(ngx_oauth_revoke_t *revoke,
    const char *name, oauth_str_t *value);

/*
 * Decodes the query of the request into revoke->decoded, and makes up to
 * NGX_OAUTH_REVOKE_PAIRS pairs of it; to be called once.  NGX_DECLINED: there
 * are more of them, or one is not a pair.  NGX_ERROR: no memory.
 */

ngx_int_t ngx_oauth_revoke_read_query(ngx_oauth_revoke_t *revoke,
    oauth_form_pair_t *pairs, size_t *n);

/* Sets the error of a refusal, of constants.  Returns NGX_DECLINED. */

ngx_int_t ngx_oauth_revoke_refuse(ngx_oauth_revoke_t *revoke, const char *code,
    const char *why);

/*
 * Has revoke->entries written.  NGX_DONE: the response follows when they are
 * on disk, and the bus was told.  Otherwise there is nothing to write, or no
 * memory, and it returns what nginx's filters return.
 */

ngx_int_t ngx_oauth_revoke_commit(ngx_oauth_revoke_t *revoke);

/*
 * Has the entries that are on disk brought to the other nodes.  NGX_OK: there
 * is nothing to wait for.  NGX_AGAIN: the request is still blocked, and it is
 * answered later.
 */

ngx_int_t ngx_oauth_revoke_publish(ngx_oauth_revoke_t *revoke);

/* Releases what that holds. */

void ngx_oauth_revoke_publish_done(ngx_oauth_revoke_t *revoke);

/* Answers that the request was carried out, with the status of its input. */

ngx_int_t ngx_oauth_revoke_done(ngx_oauth_revoke_t *revoke);

/*
 * Answers that it was carried out on this node, and that the other nodes will
 * get to know.
 */

ngx_int_t ngx_oauth_revoke_queued(ngx_oauth_revoke_t *revoke);

/* Answers with this status, and says why: revoke->order.error. */

ngx_int_t ngx_oauth_revoke_fail(ngx_oauth_revoke_t *revoke, ngx_uint_t status);

/* The bodies of refusals: see ngx_oauth_revoke_write_pt. */

void ngx_oauth_revoke_write_problem(oauth_buf_t *buf,
    const oauth_order_error_t *error, ngx_uint_t status);
void ngx_oauth_revoke_write_signal(oauth_buf_t *buf,
    const oauth_order_error_t *error, ngx_uint_t status);
void ngx_oauth_revoke_write_error(oauth_buf_t *buf,
    const oauth_order_error_t *error, ngx_uint_t status);

/*
 * Sends the response: text may be empty, and is in the pool of the request or a
 * constant.  Returns what nginx's filters return.
 */

ngx_int_t ngx_oauth_revoke_send(ngx_http_request_t *r, ngx_uint_t status,
    const ngx_str_t *type, const ngx_str_t *text);

/* Writes one line of the log for each entry that was accepted. */

void ngx_oauth_revoke_audit(const ngx_oauth_revoke_t *revoke);


/*
 * The handler of the directive.  Returns NGX_CONF_OK, a text for nginx to log,
 * or NGX_CONF_ERROR after an [emerg].
 */

char *ngx_oauth_revoke_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* NGX_OAUTH_REVOKE_H_INCLUDED */
