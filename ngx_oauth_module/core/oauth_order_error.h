
/*
 * What the sender of an order to revoke is told when it is refused: a problem
 * document (RFC 9457) for an administrator, the object of RFC 8935 section 2.4
 * for a transmitter of signals, or the one of RFC 6749 section 5.2 for others.
 */


#ifndef OAUTH_ORDER_ERROR_H_INCLUDED
#define OAUTH_ORDER_ERROR_H_INCLUDED


#include "oauth_order.h"


/*
 * Each appends one JSON object.  title: what the HTTP status means.  Where
 * memory is short, buf->failed is set.
 */

void oauth_order_write_problem(oauth_buf_t *buf,
    const oauth_order_error_t *error, unsigned status, const char *title);
void oauth_order_write_signal_error(oauth_buf_t *buf,
    const oauth_order_error_t *error);
void oauth_order_write_error(oauth_buf_t *buf,
    const oauth_order_error_t *error);


#endif /* OAUTH_ORDER_ERROR_H_INCLUDED */
