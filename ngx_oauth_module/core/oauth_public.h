
/*
 * The public key that a JSON Web Key describes (RFC 7518 section 6, RFC 8037
 * section 2).  This file does not read JSON: the caller passes the members of
 * the JWK as strings.  Reading them costs little, so that everything else can
 * be checked before the key is imported.  An oauth_public_t owns nothing, and
 * its curve is a view.
 */


#ifndef OAUTH_PUBLIC_H_INCLUDED
#define OAUTH_PUBLIC_H_INCLUDED


#include "oauth_base64url.h"
#include "oauth_hash.h"
#include "oauth_key.h"


/* Bytes of a number: 8192 bits, before which some servers write a zero byte. */

#define OAUTH_PUBLIC_NUMBER  1025


/* Members of a JWK.  Absent: there is no such member, or it is no string. */

typedef struct {
    oauth_str_t           kty;
    oauth_str_t           crv;
    oauth_str_t           x;
    oauth_str_t           y;
    oauth_str_t           n;
    oauth_str_t           e;
} oauth_public_members_t;


typedef struct {
    size_t                len;
    unsigned char         data[oauth_base64url_decoded_size(
                               oauth_base64url_encoded_size(
                                   OAUTH_PUBLIC_NUMBER))];
} oauth_public_number_t;


typedef struct {
    oauth_alg_type_t      type;
    oauth_algs_t          algorithms;   /* what such a key can verify         */
    oauth_str_t           curve;        /* absent for RSA                     */
    oauth_public_number_t first;        /* n, or x                            */
    oauth_public_number_t second;       /* e, or y; of no bytes for OKP       */
} oauth_public_t;


/*
 * Reads type and curve.  Returns NULL, and type, algorithms and curve are set;
 * else a constant sentence that says what is wrong ("kty is not a string").
 */

const char *oauth_public_parse_type(const oauth_public_members_t *members,
    oauth_public_t *public);

/*
 * Decodes the numbers; the type has to be set.  Returns NULL, or a constant
 * sentence.  Whether they are a sound key is not known yet.
 */

const char *oauth_public_parse_numbers(const oauth_public_members_t *members,
    oauth_public_t *public);

/*
 * Imports the key, see oauth_key.h.  Returns OAUTH_DONE, and *key is new: the
 * caller frees it; OAUTH_NO_MEMORY; or OAUTH_INVALID, and *why is a constant
 * sentence.
 */

oauth_result_t oauth_public_import(const oauth_public_t *public,
    oauth_key_t **key, const char **why);

/*
 * Writes the thumbprint of the key, as of oauth_thumbprint.h: OAUTH_HASH_SIZE
 * characters.  Returns 0, or -1: memory is short.
 */

int oauth_public_thumbprint(const oauth_public_t *public, unsigned char *dst);


#endif /* OAUTH_PUBLIC_H_INCLUDED */
