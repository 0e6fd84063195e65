
/*
 * Writes the parts of a refusal's line in the error log.  Values that a client
 * sent are quoted, and cut to their share of the line.  The buffer belongs to
 * the caller, and nothing is allocated.
 */


#include "ngx_oauth_explain_line.h"
#include "oauth_quote.h"


#define NGX_OAUTH_EXPLAIN_LEAST   16    /* bytes; with less room than this no
                                           value is written                   */


void ngx_cdecl
ngx_oauth_explain_put(ngx_oauth_explain_t *e, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    e->pos = ngx_vslprintf(e->pos, e->last, fmt, args);
    va_end(args);
}


void
ngx_oauth_explain_value(ngx_oauth_explain_t *e,
    ngx_oauth_explain_share_t *share, oauth_str_t value)
{
    size_t   size, used;
    u_char  *start;

    if (e->last - e->pos < NGX_OAUTH_EXPLAIN_LEAST) {
        return;
    }

    size = ngx_min(share->left, share->most);
    size = ngx_min(size, (size_t) (e->last - e->pos) - 2);

    start = e->pos;

    *e->pos++ = '"';
    e->pos = oauth_quote_write(e->pos, e->pos + size, value);
    *e->pos++ = '"';

    /* The comma and the space before the next value count, too. */

    used = e->pos - start + 2;
    share->left -= ngx_min(share->left, used);
}


ngx_uint_t
ngx_oauth_explain_item(ngx_oauth_explain_t *e,
    ngx_oauth_explain_share_t *share, ngx_uint_t i, oauth_str_t value)
{
    if (share->left < NGX_OAUTH_EXPLAIN_LEAST) {
        ngx_oauth_explain_put(e, ", ...");
        return 0;
    }

    ngx_oauth_explain_put(e, i ? ", " : " ");
    ngx_oauth_explain_value(e, share, value);

    return 1;
}


void
ngx_oauth_explain_algorithms(ngx_oauth_explain_t *e, oauth_algs_t algorithms)
{
    ngx_uint_t          i, n;
    const oauth_alg_t  *alg;

    for (i = 0, n = 0; i < OAUTH_ALGS; i++) {

        if (algorithms & oauth_alg_bit(i)) {
            alg = oauth_alg_get(i);
            ngx_oauth_explain_put(e, "%s%*s", n++ ? ", " : " ", alg->name.len,
                                  alg->name.data);
        }
    }
}
