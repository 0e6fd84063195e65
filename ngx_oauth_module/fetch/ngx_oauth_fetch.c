
/*
 * libcurl's multi socket interface on nginx's event loop: libcurl says which
 * descriptors to watch and when to call it, results come from
 * curl_multi_info_read().
 *
 * libcurl's own callbacks only record; it is entered from event handlers, so
 * a fetch's handler may start and end fetches.  OpenSSL's error queue is
 * emptied after each entry: nginx takes a leftover for an error of whatever
 * connection comes next.
 *
 * A fetch owns its easy handle, its connection and its body; the multi handle
 * and its copy of the system's certificates are the worker's.  A multi handle
 * that had no memory is not trusted any more: the next fetch gets another.
 */


#include "ngx_oauth_fetch.h"
#include "ngx_oauth_compat.h"
#include "ngx_oauth_fetch_answer.h"
#include "ngx_oauth_fetch_setup.h"
#include "ngx_oauth_watch.h"

#include <curl/curl.h>
#include <openssl/err.h>


#define NGX_OAUTH_FETCH_NAME  5                 /* characters, unix(7)        */


typedef struct {
    CURLM               *multi;
    ngx_event_t          timer;
    ngx_queue_t          fetches;       /* under way                          */
    ngx_queue_t          watches;
    ngx_log_t           *log;
    ngx_socket_t         rehearsal;     /* -1: none                           */
    unsigned             starved:1;     /* we have to end a fetch ourselves   */
} ngx_oauth_fetch_client_t;


static ngx_int_t ngx_oauth_fetch_create_multi(void);
static void ngx_oauth_fetch_free_multi(void);
static void ngx_oauth_fetch_rehearse(void);
static ngx_socket_t ngx_oauth_fetch_listen(struct sockaddr_un *addr);
static void ngx_oauth_fetch_rehearsed(ngx_oauth_fetch_t *fetch);
static void ngx_oauth_fetch_end_rehearsal(void);
static CURLcode ngx_oauth_fetch_set_callbacks(CURL *easy);

static int ngx_oauth_fetch_socket(CURL *easy, curl_socket_t fd, int what,
    void *data, void *watch);
static int ngx_oauth_fetch_close(void *data, curl_socket_t fd);
static int ngx_oauth_fetch_timeout(CURLM *multi, long ms, void *data);
static size_t ngx_oauth_fetch_header(char *data, size_t size, size_t n,
    void *fetch);
static size_t ngx_oauth_fetch_body(char *data, size_t size, size_t n,
    void *fetch);

static void ngx_oauth_fetch_ready(ngx_socket_t fd, ngx_uint_t ready);
static void ngx_oauth_fetch_timer(ngx_event_t *ev);
static void ngx_oauth_fetch_drive(curl_socket_t fd, int events);
static void ngx_oauth_fetch_drain(void);
static void ngx_oauth_fetch_abandon(CURLMcode code);
static void ngx_oauth_fetch_drain_starved(void);
static void ngx_oauth_fetch_finish(ngx_oauth_fetch_t *fetch, CURLcode code);
static void ngx_oauth_fetch_detach(ngx_oauth_fetch_t *fetch);


static ngx_oauth_fetch_client_t  ngx_oauth_fetch_client;


ngx_int_t
ngx_oauth_fetch_create(ngx_uint_t https, ngx_log_t *log)
{
    ngx_int_t                  rc;
    ngx_oauth_fetch_client_t  *client;

    client = &ngx_oauth_fetch_client;

    client->log = log;
    client->rehearsal = (ngx_socket_t) -1;

    ngx_queue_init(&client->fetches);
    ngx_queue_init(&client->watches);

    ngx_oauth_watch_timer(&client->timer, ngx_oauth_fetch_timer, log);
    client->timer.cancelable = 1;

    if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "oauth: curl_global_init() failed");
        return NGX_ERROR;
    }

    rc = ngx_oauth_fetch_create_multi();

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "oauth: memory is short for libcurl");
        ngx_oauth_fetch_free();

    } else if (https) {
        ngx_oauth_fetch_rehearse();
    }

    ERR_clear_error();

    return rc;
}


static ngx_int_t
ngx_oauth_fetch_create_multi(void)
{
    CURLM  *multi;

    if (ngx_oauth_fetch_client.multi) {
        return NGX_OK;
    }

    multi = curl_multi_init();
    if (multi == NULL) {
        return NGX_ERROR;
    }

    ngx_oauth_fetch_client.multi = multi;

    if (curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION,
                          ngx_oauth_fetch_socket)
        != CURLM_OK
        || curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION,
                             ngx_oauth_fetch_timeout)
           != CURLM_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * libcurl loads the system's certificates with the first TLS handshake, which
 * takes 35 ms of CPU, and keeps them.  A handshake with a socket of our own
 * that says nothing makes that happen now, and not while a request waits.
 */

static void
ngx_oauth_fetch_rehearse(void)
{
    ngx_socket_t            *fd;
    struct sockaddr_un       addr;
    ngx_oauth_fetch_conf_t   conf;

    fd = &ngx_oauth_fetch_client.rehearsal;
    *fd = ngx_oauth_fetch_listen(&addr);

    if (*fd == (ngx_socket_t) -1) {
        return;
    }

    ngx_memzero(&conf, sizeof(ngx_oauth_fetch_conf_t));

    ngx_str_set(&conf.url, "https://localhost/");
    conf.local.data = (u_char *) &addr.sun_path[1];
    conf.local.len = NGX_OAUTH_FETCH_NAME;
    conf.timeout = 1000;

    if (ngx_oauth_fetch_start(&conf, ngx_oauth_fetch_rehearsed, NULL)
        == NULL)
    {
        ngx_oauth_fetch_end_rehearsal();
    }
}


/* A bind without a name gets an unused abstract one, unix(7). */

static ngx_socket_t
ngx_oauth_fetch_listen(struct sockaddr_un *addr)
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
ngx_oauth_fetch_rehearsed(ngx_oauth_fetch_t *fetch)
{
    ngx_oauth_fetch_end_rehearsal();
    ngx_oauth_fetch_done(fetch);
}


static void
ngx_oauth_fetch_end_rehearsal(void)
{
    ngx_oauth_fetch_client_t  *client;

    client = &ngx_oauth_fetch_client;

    if (client->rehearsal != (ngx_socket_t) -1) {
        (void) close(client->rehearsal);
        client->rehearsal = (ngx_socket_t) -1;
    }
}


void
ngx_oauth_fetch_free(void)
{
    ngx_queue_t               *q;
    ngx_oauth_fetch_client_t  *client;

    client = &ngx_oauth_fetch_client;

    while (!ngx_queue_empty(&client->fetches)) {
        q = ngx_queue_head(&client->fetches);
        ngx_oauth_fetch_done(ngx_queue_data(q, ngx_oauth_fetch_t, queue));
    }

    ngx_oauth_fetch_free_multi();
    ngx_oauth_fetch_end_rehearsal();

    curl_global_cleanup();
    ERR_clear_error();
}


/* No fetch is in it any more. */

static void
ngx_oauth_fetch_free_multi(void)
{
    ngx_queue_t               *q;
    ngx_oauth_fetch_client_t  *client;

    client = &ngx_oauth_fetch_client;

    if (client->multi) {
        curl_multi_cleanup(client->multi);
        client->multi = NULL;
    }

    while (!ngx_queue_empty(&client->watches)) {
        q = ngx_queue_head(&client->watches);
        ngx_queue_remove(q);
        ngx_oauth_watch_done(ngx_queue_data(q, ngx_oauth_watch_t, queue));
    }

    if (client->timer.timer_set) {
        ngx_del_timer(&client->timer);
    }
}


ngx_oauth_fetch_t *
ngx_oauth_fetch_start(ngx_oauth_fetch_conf_t *conf, ngx_oauth_fetch_pt handler,
    void *data)
{
    ngx_int_t                  rc;
    ngx_oauth_fetch_t         *fetch;
    ngx_oauth_fetch_client_t  *client;

    client = &ngx_oauth_fetch_client;

    fetch = ngx_calloc(sizeof(ngx_oauth_fetch_t), client->log);
    if (fetch == NULL) {
        return NULL;
    }

    fetch->handler = handler;
    fetch->data = data;
    fetch->max_age = -1;

    ngx_queue_insert_tail(&client->fetches, &fetch->queue);

    rc = ngx_oauth_fetch_create_multi();

    if (rc == NGX_OK) {
        rc = ngx_oauth_fetch_setup(fetch, conf);
    }

    if (rc == NGX_OK
        && (ngx_oauth_fetch_set_callbacks(fetch->easy) != CURLE_OK
            || curl_multi_add_handle(client->multi, fetch->easy) != CURLM_OK))
    {
        rc = NGX_ERROR;
    }

    ERR_clear_error();

    if (rc != NGX_OK) {
        ngx_oauth_fetch_done(fetch);
        return NULL;
    }

    return fetch;
}


static CURLcode
ngx_oauth_fetch_set_callbacks(CURL *easy)
{
    CURLcode  code;

    code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION,
                            ngx_oauth_fetch_close);

    if (code == CURLE_OK) {
        code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION,
                                ngx_oauth_fetch_header);
    }

    if (code == CURLE_OK) {
        code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION,
                                ngx_oauth_fetch_body);
    }

    return code;
}


void
ngx_oauth_fetch_done(ngx_oauth_fetch_t *fetch)
{
    ngx_oauth_fetch_detach(fetch);

    if (fetch->easy) {
        curl_easy_cleanup(fetch->easy);
        ERR_clear_error();
    }

    curl_slist_free_all(fetch->headers);
    oauth_buf_free(&fetch->body);
    ngx_free(fetch);
}


/* Takes the transfer out of libcurl; the answer's headers stay readable. */

static void
ngx_oauth_fetch_detach(ngx_oauth_fetch_t *fetch)
{
    if (fetch->queue.next == NULL) {
        return;
    }

    ngx_queue_remove(&fetch->queue);
    fetch->queue.next = NULL;

    if (fetch->easy) {
        (void) curl_multi_remove_handle(ngx_oauth_fetch_client.multi,
                                        fetch->easy);
        ERR_clear_error();
    }
}


/*
 * CURLMOPT_SOCKETFUNCTION.  An error must not be returned: libcurl would
 * fail every transfer of the worker, now and later.
 */

static int
ngx_oauth_fetch_socket(CURL *easy, curl_socket_t fd, int what, void *data,
    void *socket_data)
{
    ngx_uint_t                 events;
    ngx_oauth_fetch_t         *fetch;
    ngx_oauth_watch_t         *watch;
    ngx_oauth_fetch_client_t  *client;

    client = &ngx_oauth_fetch_client;
    watch = socket_data;

    if (what == CURL_POLL_REMOVE) {
        if (watch) {
            ngx_queue_remove(&watch->queue);
            ngx_oauth_watch_done(watch);
        }

        return 0;
    }

    if (watch == NULL) {
        watch = ngx_oauth_watch_start(fd, ngx_oauth_fetch_ready, client->log);
        if (watch == NULL) {
            goto failed;
        }

        ngx_queue_insert_tail(&client->watches, &watch->queue);
        (void) curl_multi_assign(client->multi, fd, watch);
    }

    events = ((what & CURL_POLL_IN) ? NGX_OAUTH_WATCH_READ : 0)
             | ((what & CURL_POLL_OUT) ? NGX_OAUTH_WATCH_WRITE : 0);

    if (ngx_oauth_watch_wait(watch, events) == NGX_OK) {
        return 0;
    }

failed:

    fetch = NULL;

    if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &fetch) == CURLE_OK
        && fetch)
    {
        fetch->refused = "no free connection, see worker_connections";
        client->starved = 1;
    }

    return 0;
}


/*
 * CURLOPT_CLOSESOCKETFUNCTION: the events go before the descriptor does, since
 * its number may come back before libcurl says that it is gone.
 */

static int
ngx_oauth_fetch_close(void *data, curl_socket_t fd)
{
    ngx_queue_t        *q, *watches;
    ngx_oauth_watch_t  *watch;

    watches = &ngx_oauth_fetch_client.watches;

    for (q = ngx_queue_head(watches);
         q != ngx_queue_sentinel(watches);
         q = ngx_queue_next(q))
    {
        watch = ngx_queue_data(q, ngx_oauth_watch_t, queue);

        if (watch->fd == fd) {
            ngx_oauth_watch_release(watch);
        }
    }

    return close(fd);
}


/* CURLMOPT_TIMERFUNCTION: -1 deletes the timer. */

static int
ngx_oauth_fetch_timeout(CURLM *multi, long ms, void *data)
{
    ngx_event_t  *timer;

    timer = &ngx_oauth_fetch_client.timer;

    /* ngx_add_timer() leaves a timer that is set where the change is small */

    if (timer->timer_set) {
        ngx_del_timer(timer);
    }

    if (ms >= 0) {
        ngx_add_timer(timer, ngx_max(ms, 1));
    }

    return 0;
}


/* CURLOPT_HEADERFUNCTION: the headers are read later, here they are bounded. */

static size_t
ngx_oauth_fetch_header(char *data, size_t size, size_t n, void *arg)
{
    ngx_oauth_fetch_t  *fetch = arg;

    fetch->header_size += size * n;

    if (fetch->header_size > NGX_OAUTH_FETCH_HEADERS) {
        fetch->refused = "the headers are larger than 64k";
        return 0;
    }

    return size * n;
}


/* CURLOPT_WRITEFUNCTION */

static size_t
ngx_oauth_fetch_body(char *data, size_t size, size_t n, void *arg)
{
    ngx_oauth_fetch_t  *fetch = arg;

    n *= size;

    if (n > NGX_OAUTH_FETCH_BODY - fetch->body.len) {
        fetch->refused = "the document is larger than 1m";
        return 0;
    }

    oauth_buf_append(&fetch->body, data, n);

    return fetch->body.failed ? 0 : n;
}


static void
ngx_oauth_fetch_ready(ngx_socket_t fd, ngx_uint_t ready)
{
    ngx_oauth_fetch_drive(fd, ready == NGX_OAUTH_WATCH_READ ? CURL_CSELECT_IN
                                                            : CURL_CSELECT_OUT);
}


static void
ngx_oauth_fetch_timer(ngx_event_t *ev)
{
    ngx_oauth_fetch_drive(CURL_SOCKET_TIMEOUT, 0);
}


static void
ngx_oauth_fetch_drive(curl_socket_t fd, int events)
{
    int        running;
    CURLMcode  code;

    code = curl_multi_socket_action(ngx_oauth_fetch_client.multi, fd, events,
                                    &running);
    ERR_clear_error();

    ngx_oauth_fetch_drain();

    if (code != CURLM_OK) {
        ngx_oauth_fetch_abandon(code);
    }

    ngx_oauth_fetch_drain_starved();
}


static void
ngx_oauth_fetch_drain(void)
{
    int                 left;
    CURLMsg            *msg;
    CURLcode            code;
    ngx_oauth_fetch_t  *fetch;

    for ( ;; ) {
        msg = curl_multi_info_read(ngx_oauth_fetch_client.multi, &left);
        if (msg == NULL) {
            return;
        }

        fetch = NULL;

        if (msg->msg != CURLMSG_DONE
            || curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &fetch)
               != CURLE_OK
            || fetch == NULL)
        {
            continue;
        }

        code = msg->data.result;

        ngx_oauth_fetch_finish(fetch, code);
    }
}


/*
 * libcurl had no memory for a socket and does not say whose: a transfer would
 * never end, and the socket's number would not be usable again.
 */

static void
ngx_oauth_fetch_abandon(CURLMcode code)
{
    ngx_queue_t               *q;
    ngx_oauth_fetch_t         *fetch;
    ngx_oauth_fetch_client_t  *client;

    client = &ngx_oauth_fetch_client;

    for (q = ngx_queue_head(&client->fetches);
         q != ngx_queue_sentinel(&client->fetches);
         q = ngx_queue_next(q))
    {
        fetch = ngx_queue_data(q, ngx_oauth_fetch_t, queue);
        fetch->refused = curl_multi_strerror(code);
        (void) curl_multi_remove_handle(client->multi, fetch->easy);
    }

    ngx_oauth_fetch_free_multi();
    ERR_clear_error();

    client->starved = 1;
}


/* A handler may end other fetches: after each one, look from the start. */

static void
ngx_oauth_fetch_drain_starved(void)
{
    ngx_queue_t               *q;
    ngx_oauth_fetch_t         *fetch;
    ngx_oauth_fetch_client_t  *client;

    client = &ngx_oauth_fetch_client;

    if (!client->starved) {
        return;
    }

    client->starved = 0;

again:

    for (q = ngx_queue_head(&client->fetches);
         q != ngx_queue_sentinel(&client->fetches);
         q = ngx_queue_next(q))
    {
        fetch = ngx_queue_data(q, ngx_oauth_fetch_t, queue);

        if (fetch->refused) {
            ngx_oauth_fetch_finish(fetch, CURLE_FAILED_INIT);
            goto again;
        }
    }
}


static void
ngx_oauth_fetch_finish(ngx_oauth_fetch_t *fetch, CURLcode code)
{
    ngx_oauth_fetch_detach(fetch);
    ngx_oauth_fetch_answer_parse(fetch, code);

    fetch->handler(fetch);
}
