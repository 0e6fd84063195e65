
/*
 * A request as options of libcurl: no redirects, no cookies, nothing from the
 * environment or a netrc file, TLS 1.2 or newer and always verified, bounded in
 * time.  Each fetch looks the server's name up and connects anew, so it reaches
 * a server that has moved.
 *
 * libcurl copies every text that it is given, except for certificates, body and
 * header fields.  What it copies to its send buffer is out of reach here; it
 * frees that with the handle.
 */


#include "ngx_oauth_fetch_request.h"
#include "ngx_oauth_version.h"

#include <curl/curl.h>


#define NGX_OAUTH_FETCH_AGENT    "ngx_oauth_module/" NGX_OAUTH_VERSION
#define NGX_OAUTH_FETCH_CONNECT  5000           /* ms                         */


typedef struct {
    CURLoption           option;
    long                 value;
} ngx_oauth_fetch_number_t;

typedef struct {
    CURLoption           option;
    const char          *value;
} ngx_oauth_fetch_text_t;


static CURLcode ngx_oauth_fetch_request_set_fixed(CURL *easy);
static CURLcode ngx_oauth_fetch_request_set_str(CURL *easy, CURLoption option,
    const ngx_str_t *value);
static CURLcode ngx_oauth_fetch_request_set_proxy(CURL *easy,
    const ngx_oauth_fetch_request_t *request);
static CURLcode ngx_oauth_fetch_request_set_certificates(CURL *easy,
    const ngx_str_t *certificates);
static CURLcode ngx_oauth_fetch_request_set_fields(CURL *easy,
    const ngx_oauth_fetch_request_t *request,
    ngx_oauth_fetch_request_sent_t *sent);
static CURLcode ngx_oauth_fetch_request_append_field(
    ngx_oauth_fetch_request_sent_t *sent, const ngx_keyval_t *field);
static CURLcode ngx_oauth_fetch_request_set_body(CURL *easy,
    const ngx_oauth_fetch_request_t *request,
    ngx_oauth_fetch_request_sent_t *sent);
static void ngx_oauth_fetch_request_wipe(void *data, size_t len);


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

    /* loading the system's store takes 35 ms of CPU, so libcurl keeps it */
    { CURLOPT_CA_CACHE_TIMEOUT, -1 },

    /* a fetch may end while its name is still being looked up: libcurl would
       block the worker until the thread that looks it up has ended */
    { CURLOPT_QUICK_EXIT, 1 },
};


/* Empty strings: libcurl ignores http_proxy and no_proxy of the environment. */

static const ngx_oauth_fetch_text_t  ngx_oauth_fetch_texts[] = {
    { CURLOPT_PROTOCOLS_STR, "http,https" },
    { CURLOPT_USERAGENT, NGX_OAUTH_FETCH_AGENT },
    { CURLOPT_PROXY, "" },
    { CURLOPT_NOPROXY, "" },
};


void *
ngx_oauth_fetch_request_create(const ngx_oauth_fetch_request_t *request,
    ngx_oauth_fetch_request_sent_t *sent)
{
    CURL        *easy;
    ngx_msec_t   connect;

    easy = curl_easy_init();
    if (easy == NULL) {
        return NULL;
    }

    connect = ngx_min(request->timeout, NGX_OAUTH_FETCH_CONNECT);

    if (ngx_oauth_fetch_request_set_fixed(easy)
        || ngx_oauth_fetch_request_set_str(easy, CURLOPT_URL, &request->url)
        || ngx_oauth_fetch_request_set_proxy(easy, request)
        || ngx_oauth_fetch_request_set_str(easy, CURLOPT_ABSTRACT_UNIX_SOCKET,
                                           &request->local)
        || ngx_oauth_fetch_request_set_certificates(easy,
                                                    &request->certificates)
        || ngx_oauth_fetch_request_set_fields(easy, request, sent)
        || ngx_oauth_fetch_request_set_body(easy, request, sent)
        || ngx_oauth_fetch_request_set_str(easy, CURLOPT_CUSTOMREQUEST,
                                           &request->method)
        || curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long) request->timeout)
        || curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long) connect))
    {
        curl_easy_cleanup(easy);
        return NULL;
    }

    return easy;
}


void
ngx_oauth_fetch_request_free(ngx_oauth_fetch_request_sent_t *sent)
{
    struct curl_slist  *field;

    for (field = sent->fields; field; field = field->next) {
        ngx_explicit_memzero(field->data, ngx_strlen(field->data));
    }

    curl_slist_free_all(sent->fields);
    sent->fields = NULL;

    ngx_oauth_fetch_request_wipe(sent->body.data, sent->body.len);
    sent->body.data = NULL;
}


static void
ngx_oauth_fetch_request_wipe(void *data, size_t len)
{
    if (data) {
        ngx_explicit_memzero(data, len);
        ngx_free(data);
    }
}


static CURLcode
ngx_oauth_fetch_request_set_fixed(CURL *easy)
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


/*
 * Sets a copy that ends with a zero, which libcurl copies once more.  An empty
 * value leaves the option as it is.  The proxy's value may hold its password.
 */

static CURLcode
ngx_oauth_fetch_request_set_str(CURL *easy, CURLoption option,
    const ngx_str_t *value)
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

    ngx_oauth_fetch_request_wipe(text, value->len);

    return code;
}


/* Without TLS, a proxy could answer in the place of the server. */

static CURLcode
ngx_oauth_fetch_request_set_proxy(CURL *easy,
    const ngx_oauth_fetch_request_t *request)
{
    if (request->url.len < sizeof("https://") - 1
        || ngx_strncmp(request->url.data, "https://", 8) != 0)
    {
        return CURLE_OK;
    }

    return ngx_oauth_fetch_request_set_str(easy, CURLOPT_PROXY,
                                           &request->proxy);
}


/*
 * libcurl would trust the system's folder of certificates in addition to the
 * given ones.  It also keeps the system's certificates in memory only if they
 * come from a file and not from a folder.  The file has the same certificates,
 * so the folder is switched off in both cases.
 */

static CURLcode
ngx_oauth_fetch_request_set_certificates(CURL *easy,
    const ngx_str_t *certificates)
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


static CURLcode
ngx_oauth_fetch_request_set_fields(CURL *easy,
    const ngx_oauth_fetch_request_t *request,
    ngx_oauth_fetch_request_sent_t *sent)
{
    CURLcode    code;
    ngx_uint_t  i;

    for (i = 0; i < request->nfields; i++) {
        code = ngx_oauth_fetch_request_append_field(sent, &request->fields[i]);
        if (code != CURLE_OK) {
            return code;
        }
    }

    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, sent->fields);
}


static CURLcode
ngx_oauth_fetch_request_append_field(ngx_oauth_fetch_request_sent_t *sent,
    const ngx_keyval_t *field)
{
    u_char             *line;
    size_t              size;
    struct curl_slist  *fields;

    size = field->key.len + sizeof(": ") - 1 + field->value.len + 1;

    line = ngx_alloc(size, ngx_cycle->log);
    if (line == NULL) {
        return CURLE_OUT_OF_MEMORY;
    }

    *ngx_snprintf(line, size - 1, "%V: %V", &field->key, &field->value) = '\0';

    fields = curl_slist_append(sent->fields, (char *) line);

    ngx_oauth_fetch_request_wipe(line, size);

    if (fields == NULL) {
        return CURLE_OUT_OF_MEMORY;
    }

    sent->fields = fields;

    return CURLE_OK;
}


/* Without a body libcurl sends none, whatever the method is. */

static CURLcode
ngx_oauth_fetch_request_set_body(CURL *easy,
    const ngx_oauth_fetch_request_t *request,
    ngx_oauth_fetch_request_sent_t *sent)
{
    CURLcode  code;

    if (request->body.len == 0) {
        return CURLE_OK;
    }

    sent->body.len = request->body.len;
    sent->body.data = ngx_alloc(request->body.len, ngx_cycle->log);

    if (sent->body.data == NULL) {
        return CURLE_OUT_OF_MEMORY;
    }

    ngx_memcpy(sent->body.data, request->body.data, request->body.len);

    code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                            (curl_off_t) sent->body.len);
    if (code != CURLE_OK) {
        return code;
    }

    return curl_easy_setopt(easy, CURLOPT_POSTFIELDS, sent->body.data);
}
