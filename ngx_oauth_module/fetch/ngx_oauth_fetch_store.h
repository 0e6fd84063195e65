
/*
 * The system's certificates, which libcurl loads with the first TLS handshake
 * and then keeps.  Loading takes 35 ms of CPU.  The worker makes it happen when
 * it starts, and not while a request waits.
 */


#ifndef NGX_OAUTH_FETCH_STORE_H_INCLUDED
#define NGX_OAUTH_FETCH_STORE_H_INCLUDED


/*
 * After ngx_oauth_fetch_create.  Without memory or a socket nothing happens:
 * the first fetch loads them then.
 */

void ngx_oauth_fetch_store_start(void);

/* After ngx_oauth_fetch_free, which ends the fetch. */

void ngx_oauth_fetch_store_done(void);


#endif /* NGX_OAUTH_FETCH_STORE_H_INCLUDED */
