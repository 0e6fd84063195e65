
/*
 * libcurl's multi socket interface on nginx's event loop: libcurl says which
 * descriptors to watch and when to call it; curl_multi_info_read() names the
 * transfers that have ended.
 *
 * The callbacks of libcurl only record what it says.  Event handlers drive
 * libcurl, so the handler of a fetch may start and end fetches.  Each call of
 * libcurl is followed by emptying OpenSSL's error queue, because nginx would
 * take an error that is left there for one of another connection.
 *
 * A fetch owns its handle of libcurl, its connection and its response.  The
 * worker owns the multi handle and the copy of the system's certificates in it.
 * A multi handle that ran out of memory is not trusted any more: the next fetch
 * gets another.
 */


#include "ngx_oauth_fetch.h"
#include "ngx_oauth_event.h"
#include "ngx_oauth_watch.h"

#include <curl/curl.h>
#include <openssl/err.h>


typedef struct {
    CURLM               *multi;
    ngx_event_t          timer;
    ngx_queue_t          fetches;       /* under way                          */
    ngx_queue_t          watches;
    ngx_log_t           *log;
    unsigned             starved:1;     /* this worker has to end a fetch     */
} ngx_oauth_fetch_client_t;


static ngx_int_t ngx_oauth_fetch_create_multi(void);
static void ngx_oauth_fetch_free_multi(void);
static ngx_int_t ngx_oauth_fetch_add(ngx_oauth_fetch_t *fetch,
    const ngx_oauth_fetch_request_t *request);

static int ngx_oauth_fetch_socket(CURL *easy, curl_socket_t fd, int what,
    void *data, void *watch);
static int ngx_oauth_fetch_close(void *data, curl_socket_t fd);
static int ngx_oauth_fetch_timeout(CURLM *multi, long ms, void *data);

static void ngx_oauth_fetch_ready(ngx_socket_t fd, ngx_uint_t ready);
static void ngx_oauth_fetch_timer(ngx_event_t *ev);
static void ngx_oauth_fetch_drive(curl_socket_t fd, int events);
static void ngx_oauth_fetch_drain(void);
static void ngx_oauth_fetch_abandon(CURLMcode code);
static void ngx_oauth_fetch_drain_starved(void);
static void ngx_oauth_fetch_finish(ngx_oauth_fetch_t *fetch, CURLcode code);
static void ngx_oauth_fetch_detach(ngx_oauth_fetch_t *fetch);
#if (NGX_DEBUG)
static char *ngx_oauth_fetch_url(CURL *easy);
#endif


static ngx_oauth_fetch_client_t  ngx_oauth_fetch_client;


ngx_int_t
ngx_oauth_fetch_create(ngx_log_t *log)
{
    ngx_int_t                  rc;
    ngx_oauth_fetch_client_t  *client;

    client = &ngx_oauth_fetch_client;

    client->log = log;

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

    curl_global_cleanup();
    ERR_clear_error();
}


/* The caller has taken all fetches out of it. */

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
ngx_oauth_fetch_start(const ngx_oauth_fetch_request_t *request,
    ngx_oauth_fetch_pt handler, void *data)
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

    ngx_queue_insert_tail(&client->fetches, &fetch->queue);

    rc = ngx_oauth_fetch_add(fetch, request);

    ERR_clear_error();

    if (rc != NGX_OK) {
        ngx_oauth_fetch_done(fetch);
        return NULL;
    }

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, client->log, 0,
                   "oauth: fetch of %V started: %V, %uz bytes of body, "
                   "%M ms at most", &request->url, &request->method,
                   request->body.len, request->timeout);

    return fetch;
}


static ngx_int_t
ngx_oauth_fetch_add(ngx_oauth_fetch_t *fetch,
    const ngx_oauth_fetch_request_t *request)
{
    if (ngx_oauth_fetch_create_multi() != NGX_OK) {
        return NGX_ERROR;
    }

    fetch->easy = ngx_oauth_fetch_request_create(request, &fetch->sent);

    if (fetch->easy == NULL
        || ngx_oauth_fetch_response_create(&fetch->response, fetch->easy,
                                           request->limit)
           != NGX_OK
        || curl_easy_setopt(fetch->easy, CURLOPT_PRIVATE, fetch)
        || curl_easy_setopt(fetch->easy, CURLOPT_CLOSESOCKETFUNCTION,
                            ngx_oauth_fetch_close)
        || curl_multi_add_handle(ngx_oauth_fetch_client.multi, fetch->easy))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_oauth_fetch_done(ngx_oauth_fetch_t *fetch)
{
    if (fetch->queue.next && fetch->easy) {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, ngx_oauth_fetch_client.log, 0,
                       "oauth: fetch of %s cancelled",
                       ngx_oauth_fetch_url(fetch->easy));
    }

    ngx_oauth_fetch_detach(fetch);

    if (fetch->easy) {
        curl_easy_cleanup(fetch->easy);
        ERR_clear_error();
    }

    ngx_oauth_fetch_request_free(&fetch->sent);
    ngx_oauth_fetch_response_free(&fetch->response);
    ngx_free(fetch);
}


#if (NGX_DEBUG)

/* For the log.  A URL with userinfo is never fetched. */

static char *
ngx_oauth_fetch_url(CURL *easy)
{
    char  *url;

    url = NULL;

    if (curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url) != CURLE_OK
        || url == NULL)
    {
        return "a URL that is not known";
    }

    return url;
}

#endif


/* Takes the transfer out of libcurl; the header fields stay readable. */

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
 * CURLMOPT_SOCKETFUNCTION.  It must not return an error, because libcurl would
 * then fail every transfer of the worker, now and later.
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

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, client->log, 0,
                   "oauth: fetch of %s waits for socket %d:%s%s",
                   ngx_oauth_fetch_url(easy), (int) fd,
                   (what & CURL_POLL_IN) ? " read" : "",
                   (what & CURL_POLL_OUT) ? " write" : "");

    if (ngx_oauth_watch_wait(watch, events) == NGX_OK) {
        return 0;
    }

failed:

    fetch = NULL;

    if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &fetch) == CURLE_OK
        && fetch)
    {
        fetch->response.refused = "no free connection, see "
                                  "worker_connections";
        client->starved = 1;
    }

    return 0;
}


/*
 * CURLOPT_CLOSESOCKETFUNCTION: deletes the events before the descriptor is
 * closed.  The kernel may use its number again before libcurl says, by the
 * function above, that it is gone.
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


/* CURLMOPT_TIMERFUNCTION: ms is -1 to delete the timer. */

static int
ngx_oauth_fetch_timeout(CURLM *multi, long ms, void *data)
{
    ngx_event_t  *timer;

    timer = &ngx_oauth_fetch_client.timer;

    /* ngx_add_timer() ignores a small change of a timer that is set */

    if (timer->timer_set) {
        ngx_del_timer(timer);
    }

    if (ms >= 0) {
        ngx_add_timer(timer, ngx_max(ms, 1));
    }

    return 0;
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
 * libcurl had no memory for a socket, and does not say which transfer it was
 * for.  That transfer would never end, and the number of the socket could never
 * be used again.  So all fetches and the multi handle are given up.
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
        fetch->response.refused = curl_multi_strerror(code);
        (void) curl_multi_remove_handle(client->multi, fetch->easy);
    }

    ngx_oauth_fetch_free_multi();
    ERR_clear_error();

    client->starved = 1;
}


/*
 * Ends the fetches that libcurl cannot end.  A handler may end other fetches,
 * so the search starts again after each of them.
 */

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

        if (fetch->response.refused) {
            ngx_oauth_fetch_finish(fetch, CURLE_FAILED_INIT);
            goto again;
        }
    }
}


static void
ngx_oauth_fetch_finish(ngx_oauth_fetch_t *fetch, CURLcode code)
{
    ngx_oauth_fetch_detach(fetch);
    ngx_oauth_fetch_response_parse(&fetch->response, fetch->easy, code);

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, ngx_oauth_fetch_client.log, 0,
                   "oauth: fetch of %s ended: status %ui, %uz bytes, %s",
                   ngx_oauth_fetch_url(fetch->easy), fetch->response.status,
                   fetch->response.body.len,
                   fetch->response.rc == NGX_OK
                       ? "usable" : (char *) fetch->response.error);

    fetch->handler(fetch);
}
