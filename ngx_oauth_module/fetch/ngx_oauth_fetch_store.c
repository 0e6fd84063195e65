
/*
 * A TLS handshake of libcurl with a socket of our own that never answers.
 * libcurl loads the system's certificates for it.  Nobody waits for the result,
 * which is a failure: the fetch ends after a second, or when the worker exits.
 * The socket belongs to this file.
 */


#include "ngx_oauth_fetch_store.h"
#include "ngx_oauth_fetch.h"


#define NGX_OAUTH_FETCH_STORE_NAME  5           /* characters, unix(7)        */
#define NGX_OAUTH_FETCH_STORE_TIME  1000        /* ms                         */


static ngx_socket_t ngx_oauth_fetch_store_listen(struct sockaddr_un *addr);
static void ngx_oauth_fetch_store_fetched(ngx_oauth_fetch_t *fetch);


static ngx_socket_t  ngx_oauth_fetch_store_socket = (ngx_socket_t) -1;


void
ngx_oauth_fetch_store_start(void)
{
    ngx_socket_t                fd;
    struct sockaddr_un          addr;
    ngx_oauth_fetch_request_t   request;

    fd = ngx_oauth_fetch_store_listen(&addr);
    if (fd == (ngx_socket_t) -1) {
        return;
    }

    ngx_oauth_fetch_store_socket = fd;

    ngx_memzero(&request, sizeof(ngx_oauth_fetch_request_t));

    ngx_str_set(&request.method, "GET");
    ngx_str_set(&request.url, "https://localhost/");
    request.local.data = (u_char *) &addr.sun_path[1];
    request.local.len = NGX_OAUTH_FETCH_STORE_NAME;
    request.timeout = NGX_OAUTH_FETCH_STORE_TIME;

    if (ngx_oauth_fetch_start(&request, ngx_oauth_fetch_store_fetched, NULL)
        == NULL)
    {
        ngx_oauth_fetch_store_done();
    }
}


/* A bind without a name gets an unused abstract one, unix(7). */

static ngx_socket_t
ngx_oauth_fetch_store_listen(struct sockaddr_un *addr)
{
    socklen_t     len;
    ngx_socket_t  fd;

    fd = socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0);
    if (fd == (ngx_socket_t) -1) {
        return fd;
    }

    ngx_memzero(addr, sizeof(struct sockaddr_un));
    addr->sun_family = AF_UNIX;

    len = sizeof(struct sockaddr_un);

    if (bind(fd, (struct sockaddr *) addr, sizeof(sa_family_t)) == -1
        || listen(fd, 1) == -1
        || getsockname(fd, (struct sockaddr *) addr, &len) == -1)
    {
        (void) close(fd);
        return (ngx_socket_t) -1;
    }

    return fd;
}


static void
ngx_oauth_fetch_store_fetched(ngx_oauth_fetch_t *fetch)
{
    ngx_oauth_fetch_store_done();
    ngx_oauth_fetch_done(fetch);
}


void
ngx_oauth_fetch_store_done(void)
{
    if (ngx_oauth_fetch_store_socket != (ngx_socket_t) -1) {
        (void) close(ngx_oauth_fetch_store_socket);
        ngx_oauth_fetch_store_socket = (ngx_socket_t) -1;
    }
}
