
/*
 * What makes the forms of forge.c, by family: RSA in forge_rsa.c, elliptic
 * curves in forge_curve.c.  Each is a forge_make_pt; "number" of a form is one
 * of these constants where nothing else is said.
 */


#ifndef FORGE_MAKE_H_INCLUDED
#define FORGE_MAKE_H_INCLUDED


#include <openssl/bn.h>

#include "forge.h"


enum { NUMBER_0, NUMBER_1, NUMBER_ORDER_1, NUMBER_ORDER, NUMBER_ABOVE,
       NUMBER_PLUS, NUMBER_MINUS };

/* A block: its frame, or with a good one its DigestInfo. */

enum { FRAME_GOOD, FRAME_TYPE_0, FRAME_TYPE_2, FRAME_FIRST, FRAME_PADDING,
       FRAME_EARLY, FRAME_NO_SEPARATOR, FRAME_BEHIND, FRAME_SHORT,
       INFO_BARE, INFO_NO_NULL, INFO_NO_OID, INFO_SHA1, INFO_OTHER,
       INFO_LONG_OUTER, INFO_LONG_OID, INFO_LONG_HASH, INFO_LONG_NULL,
       INFO_INDEFINITE, INFO_INSIDE, INFO_PARAMETERS, INFO_SHORT_HASH };

enum { EM_TRAILER, EM_TOP_BIT };

/* A salt's bytes beyond the hash's, or: */

enum { SALT_NONE = 100, SALT_MAX = 200 };

enum { POINT_IDENTITY, POINT_IDENTITY_SIGN, POINT_IDENTITY_ABOVE,
       POINT_ORDER_2, POINT_ORDER_4, POINT_ORDER_8 };


/* A number of that kind in place of x; 0: it has more bytes than len. */

int forge_number(int kind, BIGNUM *x, const BIGNUM *order, size_t len);

/* number: bytes off the front, or off the end when it is negative. */

int forge_cut(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* The signature as a number. */

int forge_rsa_number(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* Without its leading zero byte, where it has one. */

int forge_rsa_short(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* PKCS #1 1.5, a block padded by hand. */

int forge_block(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* PSS with another salt; text: with this digest in MGF1. */

int forge_salt(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* PSS, a block that was changed. */

int forge_em(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* ECDSA, the number that text names, "r" or "s". */

int forge_ec_number(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* In OpenSSL's own form; number: cut to the size that JWS has. */

int forge_ec_der(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* number: bytes that both numbers have more, or -1. */

int forge_ec_size(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

int forge_ec_swap(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* EdDSA, S. */

int forge_okp_number(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* EdDSA, R a point of small order, and the S for the identity. */

int forge_okp_point(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);


#endif /* FORGE_MAKE_H_INCLUDED */
