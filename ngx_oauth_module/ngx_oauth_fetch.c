
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
 * A fetch owns its easy handle and its body; the multi handle, its
 * connections and its copy of the system's certificates are the worker's.
 */


#include "ngx_oauth_fetch.h"
#include "ngx_oauth_compat.h"
#include "ngx_oauth_fetch_answer.h"
#include "ngx_oauth_watch.h"

#include <curl/curl.h>
#include <openssl/err.h>


#define NGX_OAUTH_FETCH_AGENT        "ngx_oauth_module/0.1.0"
#define NGX_OAUTH_FETCH_ACCEPT       "Accept: application/json"
#define NGX_OAUTH_FETCH_CONNECT      5000      /* ms                          */
#define NGX_OAUTH_FETCH_CONNECTIONS  8         /* kept by a worker            */


typedef struct {
    CURLM               *multi;
    ngx_event_t          timer;
    ngx_queue_t          fetches;       /* under way                          */
    ngx_queue_t          watches;
    ngx_log_t           *log;
    unsigned             starved:1;     /* a fetch got no connection          */
} ngx_oauth_fetch_client_t;


typedef struct {
    CURLoption           option;
    long                 value;
} ngx_oauth_fetch_number_t;

typedef struct {
    CURLoption           option;
    const char          *value;
} ngx_oauth_fetch_text_t;


static ngx_int_t ngx_oauth_fetch_create_multi(void);

static ngx_int_t ngx_oauth_fetch_setup(ngx_oauth_fetch_t *fetch,
    ngx_oauth_fetch_conf_t *conf);
static CURLcode ngx_oauth_fetch_set_fixed(CURL *easy);
static CURLcode ngx_oauth_fetch_set_str(CURL *easy, CURLoption option,
    ngx_str_t *value);
static CURLcode ngx_oauth_fetch_set_certificates(CURL *easy,
    ngx_str_t *certificates);

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
static void ngx_oauth_fetch_drain_starved(void);
static void ngx_oauth_fetch_finish(ngx_oauth_fetch_t *fetch, CURLcode code);
static void ngx_oauth_fetch_detach(ngx_oauth_fetch_t *fetch);


static ngx_oauth_fetch_client_t  ngx_oauth_fetch_client;


static const ngx_oauth_fetch_number_t  ngx_oauth_fetch_numbers[] = {
    { CURLOPT_NOSIGNAL, 1 },
    { CURLOPT_HTTPGET, 1 },
    { CURLOPT_FOLLOWLOCATION, 0 },
    { CURLOPT_NETRC, CURL_NETRC_IGNORED },
    { CURLOPT_DISALLOW_USERNAME_IN_URL, 1 },
    { CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS },
    { CURLOPT_HTTP09_ALLOWED, 0 },
    { CURLOPT_SUPPRESS_CONNECT_HEADERS, 1 },
    { CURLOPT_SSL_VERIFYPEER, 1 },
    { CURLOPT_SSL_VERIFYHOST, 2 },
    { CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
    { CURLOPT_PROXY_SSL_VERIFYPEER, 1 },
    { CURLOPT_PROXY_SSL_VERIFYHOST, 2 },
    { CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
    { CURLOPT_MAXFILESIZE, NGX_OAUTH_FETCH_BODY },

    /* loading the system's store takes 35 ms of CPU: once, then kept */
    { CURLOPT_CA_CACHE_TIMEOUT, -1 },

    /* a name that does not resolve must not hold the worker when it is
       given up: libcurl would join its resolver thread */
    { CURLOPT_QUICK_EXIT, 1 },
};


/* Empty strings keep http_proxy and no_proxy of the environment out. */

static const ngx_oauth_fetch_text_t  ngx_oauth_fetch_texts[] = {
    { CURLOPT_PROTOCOLS_STR, "http,https" },
    { CURLOPT_USERAGENT, NGX_OAUTH_FETCH_AGENT },
    { CURLOPT_PROXY, "" },
    { CURLOPT_NOPROXY, "" },
};


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
        ngx_log_error(NGX_LOG_EMERG, log, 0, "oauth: libcurl has no memory");
        ngx_oauth_fetch_free();
    }

    ERR_clear_error();

    return rc;
}


static ngx_int_t
ngx_oauth_fetch_create_multi(void)
{
    CURLM  *multi;

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
           != CURLM_OK
        || curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
                             (long) NGX_OAUTH_FETCH_CONNECTIONS)
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

    curl_global_cleanup();
    ERR_clear_error();
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

    rc = ngx_oauth_fetch_setup(fetch, conf);

    if (rc == NGX_OK
        && curl_multi_add_handle(client->multi, fetch->easy) != CURLM_OK)
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


static ngx_int_t
ngx_oauth_fetch_setup(ngx_oauth_fetch_t *fetch, ngx_oauth_fetch_conf_t *conf)
{
    CURL        *easy;
    ngx_msec_t   connect;

    easy = curl_easy_init();
    if (easy == NULL) {
        return NGX_ERROR;
    }

    fetch->easy = easy;

    fetch->headers = curl_slist_append(NULL, NGX_OAUTH_FETCH_ACCEPT);
    if (fetch->headers == NULL) {
        return NGX_ERROR;
    }

    connect = ngx_min(conf->timeout, NGX_OAUTH_FETCH_CONNECT);

    if (ngx_oauth_fetch_set_fixed(easy)
        || ngx_oauth_fetch_set_str(easy, CURLOPT_URL, &conf->url)
        || ngx_oauth_fetch_set_str(easy, CURLOPT_PROXY, &conf->proxy)
        || ngx_oauth_fetch_set_certificates(easy, &conf->certificates)
        || curl_easy_setopt(easy, CURLOPT_PRIVATE, fetch)
        || curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fetch->message)
        || curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fetch->headers)
        || curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long) conf->timeout)
        || curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long) connect)
        || curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, (long) conf->last)
        || curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION,
                            ngx_oauth_fetch_close)
        || curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION,
                            ngx_oauth_fetch_header)
        || curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch)
        || curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ngx_oauth_fetch_body)
        || curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static CURLcode
ngx_oauth_fetch_set_fixed(CURL *easy)
{
    CURLcode    code;
    ngx_uint_t  i;

    for (i = 0;
         i < sizeof(ngx_oauth_fetch_numbers)
             / sizeof(ngx_oauth_fetch_numbers[0]);
         i++)
    {
        code = curl_easy_setopt(easy, ngx_oauth_fetch_numbers[i].option,
                                ngx_oauth_fetch_numbers[i].value);
        if (code != CURLE_OK) {
            return code;
        }
    }

    for (i = 0;
         i < sizeof(ngx_oauth_fetch_texts) / sizeof(ngx_oauth_fetch_texts[0]);
         i++)
    {
        code = curl_easy_setopt(easy, ngx_oauth_fetch_texts[i].option,
                                ngx_oauth_fetch_texts[i].value);
        if (code != CURLE_OK) {
            return code;
        }
    }

    return CURLE_OK;
}


/* libcurl copies strings that end with a zero; an empty one stays as set. */

static CURLcode
ngx_oauth_fetch_set_str(CURL *easy, CURLoption option, ngx_str_t *value)
{
    char      *text;
    CURLcode   code;

    if (value->len == 0) {
        return CURLE_OK;
    }

    text = ngx_alloc(value->len + 1, ngx_oauth_fetch_client.log);
    if (text == NULL) {
        return CURLE_OUT_OF_MEMORY;
    }

    ngx_memcpy(text, value->data, value->len);
    text[value->len] = '\0';

    code = curl_easy_setopt(easy, option, text);

    ngx_free(text);

    return code;
}


/* The system's folder of certificates would still count beside the blob. */

static CURLcode
ngx_oauth_fetch_set_certificates(CURL *easy, ngx_str_t *certificates)
{
    CURLcode          code;
    struct curl_blob  blob;

    if (certificates->len == 0) {
        return CURLE_OK;
    }

    blob.data = certificates->data;
    blob.len = certificates->len;
    blob.flags = CURL_BLOB_NOCOPY;

    code = curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
    if (code != CURLE_OK) {
        return code;
    }

    return curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
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
    int  running;

    (void) curl_multi_socket_action(ngx_oauth_fetch_client.multi, fd, events,
                                    &running);
    ERR_clear_error();

    ngx_oauth_fetch_drain();
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
