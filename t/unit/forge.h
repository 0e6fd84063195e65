
/*
 * Signatures that are wrong in exactly one way, made with the real private key,
 * so that nothing else can be the reason for a refusal.  One table for three
 * uses: with a bare key, inside a token, and to ask another library.
 */


#ifndef FORGE_H_INCLUDED
#define FORGE_H_INCLUDED


#include <openssl/evp.h>

#include "oauth_alg.h"


/*
 * The size of RSA keys for the forms.  The top byte of such a modulus is 2 or
 * 3.  So one signature in some begins with a zero byte, and s + n has the same
 * length as n.
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

/*
 * Changes a good signature.  Returns 0 if this one is not suitable; try another
 * input.
 */

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

/*
 * Returns 1 always, unless $OAUTH_TEST_BRIEF is set: then the form i is tried
 * with one digest of RS and with one of PS.
 */

int forge_turn(size_t i, const oauth_alg_t *alg);

/* Returns 1 and the signature in a new buffer, or 0: try another input. */

int forge_sign(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature);


#endif /* FORGE_H_INCLUDED */
