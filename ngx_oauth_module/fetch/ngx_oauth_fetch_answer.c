
/*
 * The answer of an ended fetch: usable only as a whole 200 without a content
 * coding.  Cache-Control and Age (RFC 9111 sections 4.2.3, 5.2.2) tell how long
 * it stays fresh.
 *
 * Everything that the server sent is untrusted: error text is cut to one
 * printable line, and bodies are never part of it.  The strings belong to the
 * fetch's easy handle.
 */


#include "ngx_oauth_fetch_answer.h"

#include <curl/curl.h>


#define NGX_OAUTH_FETCH_AGE_MAX  (366 * 24 * 60 * 60)


static ngx_int_t ngx_oauth_fetch_answer_check(ngx_oauth_fetch_t *fetch,
    CURLcode code);
static void ngx_oauth_fetch_answer_error(ngx_oauth_fetch_t *fetch,
    const char *fmt, ...);
static ngx_int_t ngx_oauth_fetch_answer_header(ngx_oauth_fetch_t *fetch,
    const char *name, ngx_uint_t i, ngx_str_t *value);
static ngx_uint_t ngx_oauth_fetch_answer_encoded(ngx_oauth_fetch_t *fetch);
static time_t ngx_oauth_fetch_answer_freshness(ngx_oauth_fetch_t *fetch);
static time_t ngx_oauth_fetch_answer_cache_control(ngx_str_t *value);
static time_t ngx_oauth_fetch_answer_directive(u_char *p, u_char *last);
static time_t ngx_oauth_fetch_answer_seconds(u_char *p, u_char *last);


void
ngx_oauth_fetch_answer_parse(ngx_oauth_fetch_t *fetch, int code)
{
    fetch->rc = ngx_oauth_fetch_answer_check(fetch, code);

    if (fetch->rc != NGX_OK) {
        return;
    }

    fetch->max_age = ngx_oauth_fetch_answer_freshness(fetch);

    (void) ngx_oauth_fetch_answer_header(fetch, "Content-Type", 0,
                                         &fetch->type);
}


static ngx_int_t
ngx_oauth_fetch_answer_check(ngx_oauth_fetch_t *fetch, CURLcode code)
{
    long  status;

    status = 0;
    (void) curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);

    if (fetch->refused) {
        ngx_oauth_fetch_answer_error(fetch, "%s", fetch->refused);
        return status ? NGX_DECLINED : NGX_ERROR;
    }

    if (code == CURLE_FILESIZE_EXCEEDED) {
        ngx_oauth_fetch_answer_error(fetch, "the document is larger than 1m");
        return NGX_DECLINED;
    }

    if (code != CURLE_OK) {
        ngx_oauth_fetch_answer_error(fetch, "%s%s",
                                     fetch->message[0]
                                         ? fetch->message
                                         : curl_easy_strerror(code),
                                     (code == CURLE_PEER_FAILED_VERIFICATION
                                      || code == CURLE_SSL_CACERT_BADFILE)
                                         ? ", see ssl_trusted_certificate"
                                         : "");
        return NGX_ERROR;
    }

    if (status != 200) {
        ngx_oauth_fetch_answer_error(fetch, "answered with status %l", status);
        return NGX_DECLINED;
    }

    if (ngx_oauth_fetch_answer_encoded(fetch)) {
        ngx_oauth_fetch_answer_error(fetch, "answered with a content encoding "
                                     "that was not asked for");
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static void
ngx_oauth_fetch_answer_error(ngx_oauth_fetch_t *fetch, const char *fmt, ...)
{
    u_char   *p, *last;
    va_list   args;

    last = fetch->error + NGX_OAUTH_FETCH_ERROR - 1;

    va_start(args, fmt);
    last = ngx_vslprintf(fetch->error, last, fmt, args);
    va_end(args);

    *last = '\0';

    for (p = fetch->error; p < last; p++) {
        if (*p < ' ' || *p > '~') {
            *p = '.';
        }
    }
}


static ngx_int_t
ngx_oauth_fetch_answer_header(ngx_oauth_fetch_t *fetch, const char *name,
    ngx_uint_t i, ngx_str_t *value)
{
    struct curl_header  *header;

    if (curl_easy_header(fetch->easy, name, i, CURLH_HEADER, -1, &header)
        != CURLHE_OK)
    {
        return NGX_DECLINED;
    }

    value->data = (u_char *) header->value;
    value->len = ngx_strlen(header->value);

    return NGX_OK;
}


static ngx_uint_t
ngx_oauth_fetch_answer_encoded(ngx_oauth_fetch_t *fetch)
{
    ngx_uint_t  i;
    ngx_str_t   value;

    for (i = 0;
         ngx_oauth_fetch_answer_header(fetch, "Content-Encoding", i, &value)
         == NGX_OK;
         i++)
    {
        if (ngx_strcasecmp(value.data, (u_char *) "identity") != 0) {
            return 1;
        }
    }

    /* libcurl decodes these, too, unasked. */

    for (i = 0;
         ngx_oauth_fetch_answer_header(fetch, "Transfer-Encoding", i, &value)
         == NGX_OK;
         i++)
    {
        if (ngx_strcasecmp(value.data, (u_char *) "chunked") != 0) {
            return 1;
        }
    }

    return 0;
}


/* Seconds for which the answer is fresh from now on; -1: it does not say. */

static time_t
ngx_oauth_fetch_answer_freshness(ngx_oauth_fetch_t *fetch)
{
    time_t      age, seconds, least;
    ngx_str_t   value;
    ngx_uint_t  i;

    least = -1;

    for (i = 0;
         ngx_oauth_fetch_answer_header(fetch, "Cache-Control", i, &value)
         == NGX_OK;
         i++)
    {
        seconds = ngx_oauth_fetch_answer_cache_control(&value);

        if (seconds >= 0 && (least < 0 || seconds < least)) {
            least = seconds;
        }
    }

    if (least <= 0
        || ngx_oauth_fetch_answer_header(fetch, "Age", 0, &value) != NGX_OK)
    {
        return least;
    }

    age = ngx_oauth_fetch_answer_seconds(value.data, value.data + value.len);

    return (age < 0) ? least : ngx_max(least - age, 0);
}


/* The least that any directive of one field allows; -1: none says. */

static time_t
ngx_oauth_fetch_answer_cache_control(ngx_str_t *value)
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

        seconds = ngx_oauth_fetch_answer_directive(p, end);

        if (seconds >= 0 && (least < 0 || seconds < least)) {
            least = seconds;
        }
    }

    return least;
}


static time_t
ngx_oauth_fetch_answer_directive(u_char *p, u_char *last)
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

    return ngx_oauth_fetch_answer_seconds(p, last);
}


/* Digits only, -1 for anything else; large numbers are cut to a year. */

static time_t
ngx_oauth_fetch_answer_seconds(u_char *p, u_char *last)
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
