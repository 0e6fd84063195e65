
/*
 * Signatures that are wrong in one way, made with the real private key: what
 * is refused can only be refused for that.  One table, for the key itself, for
 * a token, and for another library to judge.
 */


#ifndef FORGE_H_INCLUDED
#define FORGE_H_INCLUDED


#include <openssl/evp.h>

#include "oauth_alg.h"


/*
 * Keys for the forms: the top byte of such a modulus is 2 or 3, so that one
 * signature in some begins with a zero byte and s + n has the same length.
 */

#define FORGE_RSA_BITS  2050

#define FORGE_PKCS1     0x01
#define FORGE_PSS       0x02
#define FORGE_EC        0x04
#define FORGE_P521      0x08            /* in place of FORGE_EC */
#define FORGE_OKP       0x10
#define FORGE_ED25519   0x20            /* beside FORGE_OKP */
#define FORGE_RSA       (FORGE_PKCS1 | FORGE_PSS)
#define FORGE_ALL       (FORGE_RSA | FORGE_EC | FORGE_OKP)


typedef struct forge_form_s  forge_form_t;

/* Alters a good signature; 0: not this one, try another input. */

typedef int (*forge_make_pt)(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);

struct forge_form_s {
    const char     *name;
    unsigned        kinds;              /* the algorithms that it is for */
    int             good;               /* a control: it must be accepted */
    forge_make_pt   make;
    int             number;             /* for make */
    const char     *text;
};


extern const forge_form_t  forge_forms[];
extern const size_t        forge_nforms;


int forge_fits(const forge_form_t *form, const oauth_alg_t *alg);

/* 1, and a new buffer; 0: try another input. */

int forge_sign(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);


#endif /* FORGE_H_INCLUDED */
