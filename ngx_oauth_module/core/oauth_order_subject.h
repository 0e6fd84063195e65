
/*
 * Subject identifiers (RFC 9493): whom an order is about.  Formats: iss_sub,
 * email, opaque and, in security events, complex (SSF 1.0 section 3.5).  An
 * order must never take away more than what was meant, so a format that is not
 * known here, and a member that its format does not have, are refused.
 */


#ifndef OAUTH_ORDER_SUBJECT_H_INCLUDED
#define OAUTH_ORDER_SUBJECT_H_INCLUDED


#include <jansson.h>

#include "oauth_revocation.h"


/*
 * Adds what the identifier says to names: subject, email or session; and the
 * issuer, if the identifier names one.  Only a security event may be complex,
 * and use the older "subject_type".  Returns NULL, or a sentence that says what
 * is wrong.  The strings are views of the identifier.
 */

const char *oauth_order_subject_read(const json_t *subject, int event,
    oauth_revocation_names_t *names);


#endif /* OAUTH_ORDER_SUBJECT_H_INCLUDED */
