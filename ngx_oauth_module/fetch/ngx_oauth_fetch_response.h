
/*
 * The result of a fetch: a response that can be used, or a sentence that says
 * why there is none (RFC 9110; RFC 9111 sections 4.2.3 and 5.2.2 for the time
 * for which it stays fresh).
 */


#ifndef NGX_OAUTH_FETCH_RESPONSE_H_INCLUDED
#define NGX_OAUTH_FETCH_RESPONSE_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>

#include "oauth.h"


#define NGX_OAUTH_FETCH_ERROR  384


typedef struct {
    ngx_int_t             rc;           /* NGX_OK: a whole response with status
                                           200; NGX_ERROR: see error          */
    ngx_uint_t            status;       /* 0: no response came                */
    oauth_buf_t           body;
    ngx_str_t             type;         /* Content-Type, as sent              */
    time_t                max_age;      /* seconds for which it stays fresh;
                                           -1: it does not say                */
    u_char                error[NGX_OAUTH_FETCH_ERROR]; /* printable, one line,
                                                           ends with a zero   */

    /* while the response comes */
    size_t                limit;        /* of the body                        */
    size_t                header_size;
    const char           *refused;      /* why this worker has ended it       */
    unsigned              too_large:1;
    char                  message[NGX_OAUTH_FETCH_ERROR];   /* libcurl's      */
} ngx_oauth_fetch_response_t;


/*
 * Has the handle of libcurl write what comes to the response, which takes limit
 * bytes of body at most.  NGX_ERROR: no memory.
 */

ngx_int_t ngx_oauth_fetch_response_create(ngx_oauth_fetch_response_t *response,
    void *easy, size_t limit);

/*
 * The transfer has ended with this CURLcode: fills in the result.  Its strings
 * belong to the handle.
 */

void ngx_oauth_fetch_response_parse(ngx_oauth_fetch_response_t *response,
    void *easy, int code);

void ngx_oauth_fetch_response_free(ngx_oauth_fetch_response_t *response);


#endif /* NGX_OAUTH_FETCH_RESPONSE_H_INCLUDED */
