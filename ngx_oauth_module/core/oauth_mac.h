
/*
 * HMAC-SHA256 (RFC 2104) for many texts under one key: what depends on the key
 * alone is computed once.  A key is created for one purpose, which goes in
 * before each text as a label, so that a hash for another purpose under the
 * same key is never taken for one of these.  The key is wiped when it is freed.
 * OpenSSL's error queue is empty after every call.
 */


#ifndef OAUTH_MAC_H_INCLUDED
#define OAUTH_MAC_H_INCLUDED


#include "oauth.h"


#define OAUTH_MAC_SIZE  32              /* bytes of a hash                    */


typedef struct oauth_mac_s  oauth_mac_t;


/*
 * Creates a key from its bytes.  No label of a purpose may be the beginning of
 * another one.  Returns NULL where memory is short; else oauth_mac_free
 * releases it.
 */

oauth_mac_t *oauth_mac_create(oauth_str_t key, oauth_str_t label);

/* Wipes and releases a key.  NULL is allowed. */

void oauth_mac_free(oauth_mac_t *mac);

/* Writes the hash of the text.  Returns 0, or -1 where memory is short. */

int oauth_mac_sign(const oauth_mac_t *mac, oauth_str_t text,
    unsigned char hash[OAUTH_MAC_SIZE]);

/*
 * Returns 1 when this is the hash of the text, 0 when it is not, and -1 where
 * memory is short.  The time does not depend on where they differ.
 */

int oauth_mac_verify(const oauth_mac_t *mac, oauth_str_t text,
    const unsigned char hash[OAUTH_MAC_SIZE]);


#endif /* OAUTH_MAC_H_INCLUDED */
