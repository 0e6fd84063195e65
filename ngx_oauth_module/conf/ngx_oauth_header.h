
/*
 * The header fields that nginx adds to the request to the app, and that tell
 * the app something about the verified token: those of oauth_header, and the
 * one of oauth_assertion.  They are in the configuration's pool.
 */


#ifndef NGX_OAUTH_HEADER_H_INCLUDED
#define NGX_OAUTH_HEADER_H_INCLUDED


#include "ngx_oauth_conf.h"
#include "ngx_oauth_field.h"


/* Where the value of the field comes from. */

typedef enum {
    NGX_OAUTH_HEADER_CLAIM = 0,         /* the text of a claim */
    NGX_OAUTH_HEADER_VALUE,             /* a value that may have variables */
    NGX_OAUTH_HEADER_ASSERTION          /* a JWT that nginx signs: see
                                           oauth_assertion.h */
} ngx_oauth_header_kind_t;


typedef struct {
    ngx_oauth_header_kind_t    kind;
    ngx_str_t                  name;
    ngx_str_t                  lowcase;
    ngx_uint_t                 hash;
    ngx_str_t                  normal;  /* the name in its normal form: see
                                           ngx_oauth_field_normal() */
    oauth_str_t                claim;
    ngx_uint_t                 index;   /* the claim's number, which
                                           ngx_oauth_claim_select() gives */
    ngx_http_complex_value_t   value;
    oauth_encoding_t           encoding;        /* of the claim or value */
} ngx_oauth_header_t;


/*
 * One bit for the length of a name.  The bits of all names are a set; a field
 * whose length is not in it has none of the names, and need not be compared.
 * The last bit stands for 63 bytes and more.
 */

#define ngx_oauth_header_length(len)  (UINT64_C(1) << ((len) < 63 ? (len) : 63))


/*
 * The handler of oauth_header.  Returns NGX_CONF_OK, a text for nginx to log,
 * or NGX_CONF_ERROR after an [emerg].
 */

char *ngx_oauth_header_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * Adds a header of this name and kind to the level.  Returns NGX_CONF_OK, and
 * sets *header; or else as the handler.
 */

char *ngx_oauth_header_add(ngx_conf_t *cf, ngx_oauth_loc_conf_t *lcf,
    ngx_str_t *name, ngx_oauth_header_kind_t kind,
    ngx_oauth_header_t **header);

/*
 * Joins the headers of a level and those of the level around it.  Where both
 * have a name, that of the inner level is kept.  An assertion of the outer
 * level is left out if the inner one has its own, or "off".  Returns NGX_OK; or
 * NGX_ERROR when memory is short, or after an [emerg] if one of two headers of
 * the same name is an assertion.
 */

ngx_int_t ngx_oauth_header_merge(ngx_conf_t *cf,
    const ngx_oauth_loc_conf_t *outer, ngx_oauth_loc_conf_t *inner);

/*
 * Returns what the field needs of the subject that it tells the app, as bits
 * OAUTH_DEMAND_SUBJECT_...: a token whose subject lacks that is refused.  0: it
 * tells the app no subject.  The function finds $oauth_sub and $oauth_claim_sub
 * in the value itself; it does not find them inside another variable, for
 * example a map.
 */

ngx_uint_t ngx_oauth_header_subject(const ngx_oauth_header_t *header);


#endif /* NGX_OAUTH_HEADER_H_INCLUDED */
