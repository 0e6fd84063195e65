
/*
 * What became of a fetch: the answer's status and headers (RFC 9111 for its
 * freshness), or the error, as the result that ngx_oauth_fetch.h describes.
 */


#ifndef NGX_OAUTH_FETCH_ANSWER_H_INCLUDED
#define NGX_OAUTH_FETCH_ANSWER_H_INCLUDED


#include "ngx_oauth_fetch.h"


/* code: libcurl's CURLcode of the ended transfer. */

void ngx_oauth_fetch_answer_parse(ngx_oauth_fetch_t *fetch, int code);


#endif /* NGX_OAUTH_FETCH_ANSWER_H_INCLUDED */
