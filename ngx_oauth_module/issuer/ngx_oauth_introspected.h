
/*
 * What authorization servers have said about tokens (RFC 7662 section 4), kept
 * for a short time in a shared zone of its own, so that a worker does not ask
 * what another one has just been told.  The zone exists only where an issuer
 * has "introspect".  It stays over a reload.
 *
 * An answer is found by a hash of the credentials that it is about, under a
 * secret that only the zone has: neither the tokens nor anything that they
 * could be found by is in the zone.
 */


#ifndef NGX_OAUTH_INTROSPECTED_H_INCLUDED
#define NGX_OAUTH_INTROSPECTED_H_INCLUDED


#include "ngx_oauth_issuer.h"
#include "oauth_secret.h"


#define NGX_OAUTH_INTROSPECTED_BODY  1984       /* bytes; longer ones are not
                                                   kept                       */


typedef enum {
    NGX_OAUTH_INTROSPECTED_INACTIVE = 1,        /* there is no body           */
    NGX_OAUTH_INTROSPECTED_PLAIN,               /* the body is JSON           */
    NGX_OAUTH_INTROSPECTED_SIGNED               /* the body is a JWT          */
} ngx_oauth_introspected_kind_t;


typedef struct ngx_oauth_introspected_table_s  ngx_oauth_introspected_table_t;

/* One configuration's view of the zone, in that configuration's pool. */

typedef struct {
    ngx_oauth_zone_root_t            root;
    ngx_oauth_introspected_table_t  *table;     /* NULL until the zone is there
                                                                              */
} ngx_oauth_introspected_t;


typedef struct {
    ngx_oauth_introspected_kind_t  kind;
    ngx_msec_t                     expires;     /* value of ngx_current_msec  */
    time_t                         received;    /* seconds since the epoch   */
    size_t                         len;
    u_char                         body[NGX_OAUTH_INTROSPECTED_BODY];
} ngx_oauth_introspected_content_t;


/* In the master: creates the zone.  NULL: an error, which is logged. */

ngx_oauth_introspected_t *ngx_oauth_introspected_create(ngx_conf_t *cf,
    void *tag);

/*
 * Writes the name under which an issuer's answer about credentials is kept.
 * id: that of ngx_oauth_issuer_write_introspection_id.  NGX_ERROR: no memory.
 */

ngx_int_t ngx_oauth_introspected_write_key(
    const ngx_oauth_introspected_t *introspected, const u_char *id,
    oauth_str_t text, u_char key[OAUTH_SECRET_HASH]);

/* NGX_OK: copies what is kept.  NGX_DECLINED: nothing, or not any more. */

ngx_int_t ngx_oauth_introspected_lookup(ngx_oauth_introspected_t *introspected,
    const u_char *key, ngx_oauth_introspected_content_t *content);

/*
 * Keeps an answer until content->expires; content->len must be at most
 * NGX_OAUTH_INTROSPECTED_BODY.  It takes the place of one that has expired,
 * else of one that says "inactive", else of the one that expires first.
 */

void ngx_oauth_introspected_store(ngx_oauth_introspected_t *introspected,
    const u_char *key, const ngx_oauth_introspected_content_t *content);


#endif /* NGX_OAUTH_INTROSPECTED_H_INCLUDED */
