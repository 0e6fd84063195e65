
/*
 * The thumbprint of a public key (RFC 7638): the SHA-256 hash of a JSON object
 * that has the members which the key needs, and no others, in the order of
 * their names.  By it an access token names the key that it is bound to ("jkt",
 * RFC 9449 section 6.1).
 *
 * The numbers of a key are given as bytes.  They are written as they are: a
 * zero byte too many, or one too few, gives another thumbprint.
 */


#ifndef OAUTH_THUMBPRINT_H_INCLUDED
#define OAUTH_THUMBPRINT_H_INCLUDED


#include "oauth_alg.h"
#include "oauth_hash.h"


/*
 * These write the thumbprint as OAUTH_HASH_SIZE characters, without a zero
 * byte.  Returns 0, or -1: memory is short.
 */

int oauth_thumbprint_write_rsa(oauth_str_t n, oauth_str_t e,
    unsigned char *dst);

/* The name of the curve must not need an escape in JSON. */

int oauth_thumbprint_write_ec(oauth_str_t curve, oauth_str_t x, oauth_str_t y,
    unsigned char *dst);

int oauth_thumbprint_write_okp(oauth_str_t curve, oauth_str_t x,
    unsigned char *dst);


#endif /* OAUTH_THUMBPRINT_H_INCLUDED */
