
/*
 * A fetch as options of libcurl: GET only, no redirects, no cookies, nothing
 * from the environment or a netrc file, TLS 1.2 or newer and always verified,
 * bounded in time and size.  It looks its name up and connects anew, so that a
 * server is found at the address that it has now.
 *
 * libcurl copies what it is given, but for the certificates.
 */


#include "ngx_oauth_fetch_setup.h"

#include <curl/curl.h>


#define NGX_OAUTH_FETCH_AGENT    "ngx_oauth_module/0.1.0"
#define NGX_OAUTH_FETCH_ACCEPT   "Accept: application/json"
#define NGX_OAUTH_FETCH_CONNECT  5000           /* ms                         */


typedef struct {
    CURLoption           option;
    long                 value;
} ngx_oauth_fetch_number_t;

typedef struct {
    CURLoption           option;
    const char          *value;
} ngx_oauth_fetch_text_t;


static CURLcode ngx_oauth_fetch_set_fixed(CURL *easy);
static CURLcode ngx_oauth_fetch_set_str(CURL *easy, CURLoption option,
    ngx_str_t *value);
static CURLcode ngx_oauth_fetch_set_proxy(CURL *easy,
    ngx_oauth_fetch_conf_t *conf);
static CURLcode ngx_oauth_fetch_set_certificates(CURL *easy,
    ngx_str_t *certificates);


static const ngx_oauth_fetch_number_t  ngx_oauth_fetch_numbers[] = {
    { CURLOPT_NOSIGNAL, 1 },
    { CURLOPT_HTTPGET, 1 },
    { CURLOPT_FOLLOWLOCATION, 0 },
    { CURLOPT_NETRC, CURL_NETRC_IGNORED },
    { CURLOPT_DISALLOW_USERNAME_IN_URL, 1 },
    { CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS },
    { CURLOPT_HTTP09_ALLOWED, 0 },
    { CURLOPT_DNS_CACHE_TIMEOUT, 0 },
    { CURLOPT_FRESH_CONNECT, 1 },
    { CURLOPT_FORBID_REUSE, 1 },
    { CURLOPT_HTTPPROXYTUNNEL, 1 },
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
        || ngx_oauth_fetch_set_proxy(easy, conf)
        || ngx_oauth_fetch_set_str(easy, CURLOPT_ABSTRACT_UNIX_SOCKET,
                                   &conf->local)
        || ngx_oauth_fetch_set_certificates(easy, &conf->certificates)
        || curl_easy_setopt(easy, CURLOPT_PRIVATE, fetch)
        || curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fetch->message)
        || curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fetch->headers)
        || curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long) conf->timeout)
        || curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long) connect)
        || curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch)
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

    text = ngx_alloc(value->len + 1, ngx_cycle->log);
    if (text == NULL) {
        return CURLE_OUT_OF_MEMORY;
    }

    ngx_memcpy(text, value->data, value->len);
    text[value->len] = '\0';

    code = curl_easy_setopt(easy, option, text);

    ngx_free(text);

    return code;
}


/* What a proxy is asked for without TLS it could answer itself. */

static CURLcode
ngx_oauth_fetch_set_proxy(CURL *easy, ngx_oauth_fetch_conf_t *conf)
{
    if (conf->url.len < sizeof("https://") - 1
        || ngx_strncmp(conf->url.data, "https://", 8) != 0)
    {
        return CURLE_OK;
    }

    return ngx_oauth_fetch_set_str(easy, CURLOPT_PROXY, &conf->proxy);
}


/*
 * The system's folder of certificates would still count beside the blob, and
 * libcurl keeps what it loaded only where there is no folder: without it, the
 * system's store is its file of the same certificates.
 */

static CURLcode
ngx_oauth_fetch_set_certificates(CURL *easy, ngx_str_t *certificates)
{
    CURLcode          code;
    struct curl_blob  blob;

    if (certificates->len) {
        blob.data = certificates->data;
        blob.len = certificates->len;
        blob.flags = CURL_BLOB_NOCOPY;

        code = curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
        if (code != CURLE_OK) {
            return code;
        }

    } else if (curl_version_info(CURLVERSION_NOW)->cainfo == NULL) {
        return CURLE_OK;
    }

    return curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
}
