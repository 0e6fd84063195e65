
/*
 * The kinds of revocations: what members an entry has, as a sum of bits, and
 * the name of a kind for people and programs.
 */


#ifndef OAUTH_REVOCATION_KIND_H_INCLUDED
#define OAUTH_REVOCATION_KIND_H_INCLUDED


#include "oauth.h"


#define OAUTH_REVOCATION_SUBJECT   0x01
#define OAUTH_REVOCATION_CLIENT    0x02
#define OAUTH_REVOCATION_SESSION   0x04
#define OAUTH_REVOCATION_RESOURCE  0x08
#define OAUTH_REVOCATION_KID       0x10
#define OAUTH_REVOCATION_EMAIL     0x20
#define OAUTH_REVOCATION_TOKEN     0x40

#define OAUTH_REVOCATION_KINDS     128

/* This kind revokes nothing: it remembers the jti of a message. */

#define OAUTH_REVOCATION_USED      128


/*
 * Appends the name: the members of the entry as orders name them, with "+"
 * between them ("subject+client_id"), or "issuer" where there are none.  Where
 * memory is short, buf->failed is set.
 */

void oauth_revocation_kind_write(oauth_buf_t *buf, unsigned kind);


#endif /* OAUTH_REVOCATION_KIND_H_INCLUDED */
