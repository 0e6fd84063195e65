
/*
 * The system's certificates, which libcurl loads with the first TLS handshake
 * and then keeps.  Loading takes 35 ms of CPU.  So the worker has libcurl load
 * them when it starts, and not while a request waits.
 */


#ifndef NGX_OAUTH_FETCH_STORE_H_INCLUDED
#define NGX_OAUTH_FETCH_STORE_H_INCLUDED


/*
 * Called after ngx_oauth_fetch_create.  If memory is short or there is no
 * socket, the first fetch over TLS loads the certificates.
 */

void ngx_oauth_fetch_store_start(void);

/* Called after ngx_oauth_fetch_free, which ends the fetch. */

void ngx_oauth_fetch_store_done(void);


#endif /* NGX_OAUTH_FETCH_STORE_H_INCLUDED */
