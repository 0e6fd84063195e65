
/*
 * The functions that make the forms of forge.c: for RSA in forge_rsa.c, for
 * elliptic curves in forge_curve.c.  Each is a forge_make_pt.  Unless its
 * comment says something else, the "number" of a form is one of these
 * constants.
 */


#ifndef FORGE_MAKE_H_INCLUDED
#define FORGE_MAKE_H_INCLUDED


#include <openssl/bn.h>

#include "forge.h"


enum { NUMBER_0, NUMBER_1, NUMBER_ORDER_1, NUMBER_ORDER, NUMBER_ABOVE,
       NUMBER_PLUS, NUMBER_MINUS };

/*
 * What is wrong in a PKCS #1 block: its frame, or inside a good frame its
 * DigestInfo.
 */

enum { FRAME_GOOD, FRAME_TYPE_0, FRAME_TYPE_2, FRAME_FIRST, FRAME_PADDING,
       FRAME_EARLY, FRAME_NO_SEPARATOR, FRAME_BEHIND, FRAME_SHORT,
       INFO_BARE, INFO_NO_NULL, INFO_NO_OID, INFO_SHA1, INFO_OTHER,
       INFO_LONG_OUTER, INFO_LONG_OID, INFO_LONG_HASH, INFO_LONG_NULL,
       INFO_INDEFINITE, INFO_INSIDE, INFO_PARAMETERS, INFO_SHORT_HASH };

enum { EM_TRAILER, EM_TOP_BIT };

/* How many bytes the salt is longer than the hash, or one of these. */

enum { SALT_NONE = 100, SALT_MAX = 200 };

enum { POINT_IDENTITY, POINT_IDENTITY_SIGN, POINT_IDENTITY_ABOVE,
       POINT_ORDER_2, POINT_ORDER_4, POINT_ORDER_8 };


/*
 * Replaces x by a number of this kind; returns 0 if it does not fit into len
 * bytes.
 */

int forge_number(int kind, BIGNUM *x, const BIGNUM *order, size_t len);

/* Cuts "number" bytes off the front, or off the end if it is negative. */

int forge_cut(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* RSA: replaces the signature, taken as a number. */

int forge_rsa_number(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* RSA: removes the leading zero byte; needs a signature that has one. */

int forge_rsa_short(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* PKCS #1 1.5: signs a block that was padded by hand. */

int forge_block(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/*
 * PSS with another length of the salt, or with the digest that text names in
 * MGF1.
 */

int forge_salt(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* PSS: signs a block that was changed. */

int forge_em(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* ECDSA: replaces the number that text names, "r" or "s". */

int forge_ec_number(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* ECDSA in OpenSSL's own form (DER); a "number" cuts it to the size of JWS. */

int forge_ec_der(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* ECDSA: r and s are longer by "number" bytes, or shorter if it is -1. */

int forge_ec_size(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

int forge_ec_swap(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/* EdDSA: replaces S. */

int forge_okp_number(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

/*
 * EdDSA: R is a point of small order, and S makes the equation give the
 * identity.
 */

int forge_okp_point(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);


#endif /* FORGE_MAKE_H_INCLUDED */
