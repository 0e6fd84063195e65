
/*
 * What a verified security event does: the entries that follow from the events
 * of a signal (SSF 1.0, CAEP 1.0, RISC 1.0) or from a logout token (OpenID
 * Connect Back-Channel Logout 1.0).  They are made in the order, which owns
 * them.
 */


#ifndef OAUTH_ORDER_EFFECT_H_INCLUDED
#define OAUTH_ORDER_EFFECT_H_INCLUDED


#include "oauth_order.h"


/*
 * Makes the entries of an order whose signature and registered claims were
 * verified; "events" is an object that is not empty.  issued_at is its iat.
 * Returns OAUTH_DONE; or, without entries: OAUTH_INVALID, and *why is a
 * sentence that says what is wrong; OAUTH_NO_MEMORY.
 */

oauth_result_t oauth_order_effect_read(oauth_order_t *order,
    const oauth_order_rules_t *rules, int64_t issued_at, const char **why);


#endif /* OAUTH_ORDER_EFFECT_H_INCLUDED */
