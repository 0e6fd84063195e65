
/*
 * The directive oauth_header: a header field that tells the app something about
 * the verified token.
 */


#ifndef NGX_OAUTH_HEADER_H_INCLUDED
#define NGX_OAUTH_HEADER_H_INCLUDED


#include "ngx_oauth_conf.h"
#include "ngx_oauth_field.h"


/* What the value of the field is. */

typedef enum {
    NGX_OAUTH_HEADER_CLAIM = 0,         /* the text of a claim */
    NGX_OAUTH_HEADER_VALUE              /* a value that may have variables */
} ngx_oauth_header_kind_t;


typedef struct {
    ngx_oauth_header_kind_t    kind;
    ngx_str_t                  name;
    ngx_str_t                  lowcase;
    ngx_uint_t                 hash;
    ngx_str_t                  normal;  /* as of ngx_oauth_field_normal */
    oauth_str_t                claim;
    ngx_uint_t                 index;   /* of the claim, as it is selected */
    ngx_http_complex_value_t   value;
} ngx_oauth_header_t;


/*
 * The length of a name as one bit of a set, which tells at once that a field
 * has none of the names.  The last bit stands for all greater lengths.
 */

#define ngx_oauth_header_length(len)  (UINT64_C(1) << ((len) < 63 ? (len) : 63))


char *ngx_oauth_header_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * Headers add up across levels; the inner one wins for the same name.  Returns
 * the merged array, or NULL when memory is short.
 */

ngx_array_t *ngx_oauth_header_merge(ngx_conf_t *cf, ngx_array_t *parent,
    ngx_array_t *child);

/*
 * Returns 1 when the field tells the app who the subject is: a token without a
 * subject is refused then.  A subject inside the value of another variable,
 * as of a map, is not seen.
 */

ngx_uint_t ngx_oauth_header_needs_subject(const ngx_oauth_header_t *header);


#endif /* NGX_OAUTH_HEADER_H_INCLUDED */
