
/*
 * The response of a fetch: bounded while it comes, and read when the transfer
 * has ended.  Only a whole response with status 200 and without a content
 * coding is usable.  Cache-Control and Age (RFC 9111 sections 4.2.3 and 5.2.2)
 * say for how long it stays fresh.
 *
 * A server's bytes are not trusted: an error sentence is cut to one printable
 * line, and never quotes the body.  The strings belong to libcurl's handle, the
 * body to the response.
 */


#include "ngx_oauth_fetch_response.h"

#include <curl/curl.h>


#define NGX_OAUTH_FETCH_HEADERS  (64 * 1024)
#define NGX_OAUTH_FETCH_AGE_MAX  (366 * 24 * 60 * 60)   /* seconds            */


static size_t ngx_oauth_fetch_response_field(char *data, size_t size, size_t n,
    void *response);
static size_t ngx_oauth_fetch_response_body(char *data, size_t size, size_t n,
    void *response);
static ngx_int_t ngx_oauth_fetch_response_check(
    ngx_oauth_fetch_response_t *response, CURL *easy, CURLcode code);
static void ngx_oauth_fetch_response_too_large(
    ngx_oauth_fetch_response_t *response);
static void ngx_oauth_fetch_response_error(
    ngx_oauth_fetch_response_t *response, const char *fmt, ...);
static ngx_int_t ngx_oauth_fetch_response_header(CURL *easy, const char *name,
    ngx_uint_t i, ngx_str_t *value);
static ngx_uint_t ngx_oauth_fetch_response_is_encoded(CURL *easy);
static time_t ngx_oauth_fetch_response_freshness(CURL *easy);
static time_t ngx_oauth_fetch_response_cache_control(ngx_str_t *value);
static time_t ngx_oauth_fetch_response_directive(u_char *p, u_char *last);
static time_t ngx_oauth_fetch_response_seconds(u_char *p, u_char *last);


ngx_int_t
ngx_oauth_fetch_response_create(ngx_oauth_fetch_response_t *response,
    void *easy, size_t limit)
{
    response->limit = limit;
    response->max_age = -1;

    if (curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t) limit)
        || curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION,
                            ngx_oauth_fetch_response_field)
        || curl_easy_setopt(easy, CURLOPT_HEADERDATA, response)
        || curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION,
                            ngx_oauth_fetch_response_body)
        || curl_easy_setopt(easy, CURLOPT_WRITEDATA, response)
        || curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, response->message))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_oauth_fetch_response_free(ngx_oauth_fetch_response_t *response)
{
    oauth_buf_free(&response->body);
}


/*
 * CURLOPT_HEADERFUNCTION: only bounds the header fields.  They are read after
 * the transfer has ended.
 */

static size_t
ngx_oauth_fetch_response_field(char *data, size_t size, size_t n, void *arg)
{
    ngx_oauth_fetch_response_t  *response = arg;

    response->header_size += size * n;

    if (response->header_size > NGX_OAUTH_FETCH_HEADERS) {
        response->refused = "the headers are larger than 64k";
        return 0;
    }

    return size * n;
}


/* CURLOPT_WRITEFUNCTION */

static size_t
ngx_oauth_fetch_response_body(char *data, size_t size, size_t n, void *arg)
{
    ngx_oauth_fetch_response_t  *response = arg;

    n *= size;

    if (n > response->limit - response->body.len) {
        response->too_large = 1;
        return 0;
    }

    oauth_buf_append(&response->body, data, n);

    return response->body.failed ? 0 : n;
}


void
ngx_oauth_fetch_response_parse(ngx_oauth_fetch_response_t *response,
    void *easy, int code)
{
    long  status;

    status = 0;
    (void) curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);

    response->status = status;
    response->rc = ngx_oauth_fetch_response_check(response, easy, code);

    if (response->rc != NGX_OK) {
        return;
    }

    response->max_age = ngx_oauth_fetch_response_freshness(easy);

    (void) ngx_oauth_fetch_response_header(easy, "Content-Type", 0,
                                           &response->type);
}


static ngx_int_t
ngx_oauth_fetch_response_check(ngx_oauth_fetch_response_t *response,
    CURL *easy, CURLcode code)
{
    if (response->refused) {
        ngx_oauth_fetch_response_error(response, "%s", response->refused);
        return NGX_ERROR;
    }

    if (response->too_large || code == CURLE_FILESIZE_EXCEEDED) {
        ngx_oauth_fetch_response_too_large(response);
        return NGX_ERROR;
    }

    if (code != CURLE_OK) {
        ngx_oauth_fetch_response_error(response, "%s%s",
                                       response->message[0]
                                           ? response->message
                                           : curl_easy_strerror(code),
                                       (code == CURLE_PEER_FAILED_VERIFICATION
                                        || code == CURLE_SSL_CACERT_BADFILE)
                                           ? ", see ssl_trusted_certificate"
                                           : "");
        return NGX_ERROR;
    }

    if (response->status != 200) {
        ngx_oauth_fetch_response_error(response, "answered with status %ui",
                                       response->status);
        return NGX_ERROR;
    }

    if (ngx_oauth_fetch_response_is_encoded(easy)) {
        ngx_oauth_fetch_response_error(response, "answered with a content "
                                       "encoding that was not asked for");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_oauth_fetch_response_too_large(ngx_oauth_fetch_response_t *response)
{
    size_t      limit;
    ngx_uint_t  mega;

    limit = response->limit;
    mega = (limit % (1024 * 1024) == 0);

    ngx_oauth_fetch_response_error(response, "the document is larger than "
                                   "%uz%s", limit >> (mega ? 20 : 10),
                                   mega ? "m" : "k");
}


static void
ngx_oauth_fetch_response_error(ngx_oauth_fetch_response_t *response,
    const char *fmt, ...)
{
    u_char   *p, *last;
    va_list   args;

    last = response->error + NGX_OAUTH_FETCH_ERROR - 1;

    va_start(args, fmt);
    last = ngx_vslprintf(response->error, last, fmt, args);
    va_end(args);

    *last = '\0';

    for (p = response->error; p < last; p++) {
        if (*p < ' ' || *p > '~') {
            *p = '.';
        }
    }
}


static ngx_int_t
ngx_oauth_fetch_response_header(CURL *easy, const char *name, ngx_uint_t i,
    ngx_str_t *value)
{
    struct curl_header  *header;

    if (curl_easy_header(easy, name, i, CURLH_HEADER, -1, &header)
        != CURLHE_OK)
    {
        return NGX_DECLINED;
    }

    value->data = (u_char *) header->value;
    value->len = ngx_strlen(header->value);

    return NGX_OK;
}


static ngx_uint_t
ngx_oauth_fetch_response_is_encoded(CURL *easy)
{
    ngx_uint_t  i;
    ngx_str_t   value;

    for (i = 0;
         ngx_oauth_fetch_response_header(easy, "Content-Encoding", i, &value)
         == NGX_OK;
         i++)
    {
        if (ngx_strcasecmp(value.data, (u_char *) "identity") != 0) {
            return 1;
        }
    }

    /* libcurl would decode these, too, without being asked. */

    for (i = 0;
         ngx_oauth_fetch_response_header(easy, "Transfer-Encoding", i, &value)
         == NGX_OK;
         i++)
    {
        if (ngx_strcasecmp(value.data, (u_char *) "chunked") != 0) {
            return 1;
        }
    }

    return 0;
}


/* The seconds for which it stays fresh from now on; -1: it does not say. */

static time_t
ngx_oauth_fetch_response_freshness(CURL *easy)
{
    time_t      age, seconds, least;
    ngx_str_t   value;
    ngx_uint_t  i;

    least = -1;

    for (i = 0;
         ngx_oauth_fetch_response_header(easy, "Cache-Control", i, &value)
         == NGX_OK;
         i++)
    {
        seconds = ngx_oauth_fetch_response_cache_control(&value);

        if (seconds >= 0 && (least < 0 || seconds < least)) {
            least = seconds;
        }
    }

    if (least <= 0
        || ngx_oauth_fetch_response_header(easy, "Age", 0, &value) != NGX_OK)
    {
        return least;
    }

    age = ngx_oauth_fetch_response_seconds(value.data, value.data + value.len);

    return (age < 0) ? least : ngx_max(least - age, 0);
}


/* The least that any directive of one field allows; -1: none of them says. */

static time_t
ngx_oauth_fetch_response_cache_control(ngx_str_t *value)
{
    u_char  *p, *end, *last;
    time_t   seconds, least;

    least = -1;
    last = value->data + value->len;

    for (p = value->data; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, ',');
        if (end == NULL) {
            end = last;
        }

        seconds = ngx_oauth_fetch_response_directive(p, end);

        if (seconds >= 0 && (least < 0 || seconds < least)) {
            least = seconds;
        }
    }

    return least;
}


static time_t
ngx_oauth_fetch_response_directive(u_char *p, u_char *last)
{
    size_t  len;

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (last > p && (last[-1] == ' ' || last[-1] == '\t')) {
        last--;
    }

    len = last - p;

    if (len == 8
        && (ngx_strncasecmp(p, (u_char *) "no-store", 8) == 0
            || ngx_strncasecmp(p, (u_char *) "no-cache", 8) == 0))
    {
        return 0;
    }

    if (len < 8 || ngx_strncasecmp(p, (u_char *) "max-age=", 8) != 0) {
        return -1;
    }

    p += 8;

    if (last - p >= 2 && *p == '"' && last[-1] == '"') {
        p++;
        last--;
    }

    return ngx_oauth_fetch_response_seconds(p, last);
}


/* Reads digits, and cuts large numbers to a year.  -1: it is not a number. */

static time_t
ngx_oauth_fetch_response_seconds(u_char *p, u_char *last)
{
    time_t  seconds;

    if (p == last) {
        return -1;
    }

    for (seconds = 0; p < last; p++) {
        if (*p < '0' || *p > '9') {
            return -1;
        }

        seconds = ngx_min(seconds * 10 + (*p - '0'), NGX_OAUTH_FETCH_AGE_MAX);
    }

    return seconds;
}
