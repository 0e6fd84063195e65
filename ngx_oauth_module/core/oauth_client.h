
/*
 * nginx is a client of the authorization server.  These functions write the
 * credentials of this client: a secret (RFC 6749 section 2.3.1), or an
 * assertion that is signed with a private key (RFC 7523 section 2.2).  What
 * they append is secret: oauth_secret_free wipes and frees such a buffer.
 */


#ifndef OAUTH_CLIENT_H_INCLUDED
#define OAUTH_CLIENT_H_INCLUDED


#include "oauth_signer.h"


typedef enum {
    OAUTH_CLIENT_NONE = 0,          /* no authentication; the id is sent if
                                       there is one                           */
    OAUTH_CLIENT_BASIC,             /* id and secret in a header, form-encoded
                                       as the RFC says                        */
    OAUTH_CLIENT_BASIC_RAW,         /* the same as they are, for servers that
                                       do not decode them                     */
    OAUTH_CLIENT_POST,              /* id and secret in the form              */
    OAUTH_CLIENT_KEY                /* an assertion in the form               */
} oauth_client_kind_t;


/* Everything here is the caller's. */

typedef struct {
    oauth_client_kind_t   kind;
    oauth_str_t           id;
    oauth_str_t           secret;
    oauth_signer_t       *signer;   /* of OAUTH_CLIENT_KEY                    */
} oauth_client_t;


/*
 * Appends the value of the header Authorization; for a client that has none,
 * nothing.  Where memory is short, buf->failed is set.
 */

void oauth_client_append_authorization(const oauth_client_t *client,
    oauth_buf_t *buf);

/*
 * Appends the form (application/x-www-form-urlencoded) that asks about a token
 * (RFC 7662 section 2.1).  An assertion is for that issuer, is made now (in
 * seconds since the epoch), and is good for a minute.  Returns OAUTH_DONE; else
 * nothing can be sent, and part of the form may have been appended:
 * OAUTH_INVALID (an assertion is JSON, and the id or the issuer is not UTF-8),
 * OAUTH_NO_MEMORY.
 */

oauth_result_t oauth_client_append_form(const oauth_client_t *client,
    oauth_str_t token, oauth_str_t issuer, int64_t now, oauth_buf_t *buf);


#endif /* OAUTH_CLIENT_H_INCLUDED */
