
/*
 * The table of signatures that are wrong in exactly one way, and those of the
 * forms that all algorithms have: other lengths, bits, inputs and keys.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/err.h>

#include "forge_make.h"
#include "keys.h"


static int
forge_keep(const forge_form_t *form, EVP_PKEY *key, const oauth_alg_t *alg,
    oauth_str_t input, oauth_buf_t *signature)
{
    (void) form;
    (void) key;
    (void) alg;
    (void) input;
    (void) signature;

    return 1;
}


/*
 * "number" is the place of the byte to change, counted from the end if
 * negative.
 */

static int
forge_flip(const forge_form_t *form, EVP_PKEY *key, const oauth_alg_t *alg,
    oauth_str_t input, oauth_buf_t *signature)
{
    size_t  i;

    (void) key;
    (void) alg;
    (void) input;

    i = form->number < 0 ? signature->len - (size_t) -form->number
                         : (size_t) form->number;
    signature->data[i] ^= 1;

    return 1;
}


int
forge_cut(const forge_form_t *form, EVP_PKEY *key, const oauth_alg_t *alg,
    oauth_str_t input, oauth_buf_t *signature)
{
    (void) key;
    (void) alg;
    (void) input;

    if (form->number < 0) {
        signature->len -= (size_t) -form->number;
        return 1;
    }

    signature->len -= (size_t) form->number;
    memmove(signature->data, signature->data + form->number, signature->len);

    return 1;
}


/* Adds the byte "number" at the end, or at the front if there is a text. */

static int
forge_add(const forge_form_t *form, EVP_PKEY *key, const oauth_alg_t *alg,
    oauth_str_t input, oauth_buf_t *signature)
{
    unsigned char  byte;

    (void) key;
    (void) alg;
    (void) input;

    byte = (unsigned char) form->number;
    oauth_buf_append(signature, &byte, 1);

    if (form->text) {
        memmove(signature->data + 1, signature->data, signature->len - 1);
        signature->data[0] = byte;
    }

    return 1;
}


static int
forge_double(const forge_form_t *form, EVP_PKEY *key, const oauth_alg_t *alg,
    oauth_str_t input, oauth_buf_t *signature)
{
    (void) form;

    keys_append_signature(signature, key, alg->id, input);

    return 1;
}


static int
forge_fill(const forge_form_t *form, EVP_PKEY *key, const oauth_alg_t *alg,
    oauth_str_t input, oauth_buf_t *signature)
{
    (void) key;
    (void) alg;
    (void) input;

    memset(signature->data, form->number, signature->len);

    return 1;
}


static int
forge_other_input(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature)
{
    (void) form;

    input.len--;
    signature->len = 0;
    keys_append_signature(signature, key, alg->id, input);

    return 1;
}


static int
forge_other_key(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature)
{
    EVP_PKEY  *other;

    static EVP_PKEY  *rsa;              /* making one takes long */

    (void) form;
    (void) key;

    if (rsa == NULL) {
        rsa = keys_rsa(FORGE_RSA_BITS);
    }

    other = alg->type == OAUTH_KEY_RSA ? rsa : keys_for(alg->id);

    signature->len = 0;
    keys_append_signature(signature, other, alg->id, input);

    if (other != rsa) {
        EVP_PKEY_free(other);
    }

    return 1;
}


/*
 * "number" says how many ids away the algorithm is, within RS and PS; 3 means
 * the other padding.
 */

static int
forge_other_alg(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature)
{
    int  id, scheme;

    id = alg->id - OAUTH_ALG_RS256;
    scheme = id / 3;

    id = form->number == 3 ? (id + 3) % 6
                           : 3 * scheme + (id + form->number) % 3;

    signature->len = 0;
    keys_append_signature(signature, key,
                          (oauth_alg_id_t) (OAUTH_ALG_RS256 + id), input);

    return 1;
}


/*
 * Replaces x by a number of this kind; returns 0 if it does not fit into len
 * bytes.
 */

int
forge_number(int kind, BIGNUM *x, const BIGNUM *order, size_t len)
{
    int  ok;

    ok = 1;

    switch (kind) {

    case NUMBER_0:
        BN_zero(x);
        break;

    case NUMBER_1:
        ok = BN_one(x);
        break;

    case NUMBER_ORDER_1:
        ok = BN_copy(x, order) && BN_sub_word(x, 1);
        break;

    case NUMBER_ORDER:
        ok = BN_copy(x, order) != NULL;
        break;

    case NUMBER_ABOVE:
        ok = BN_copy(x, order) && BN_add_word(x, 1);
        break;

    case NUMBER_PLUS:
        ok = BN_add(x, x, order);
        break;

    default:
        ok = BN_sub(x, order, x);
    }

    assert_true(ok);

    return BN_num_bytes(x) <= (int) len;
}


#define BAD(name, kinds, make, number)                                        \
    { name, kinds, 0, make, number, NULL }

#define EC_NUMBER(name, what, kinds, kind)                                    \
    { name, kinds, 0, forge_ec_number, kind, what }


const forge_form_t  forge_forms[] = {
    { "as it is", FORGE_ALL, 1, forge_keep, 0, NULL },

    BAD("first byte changed", FORGE_ALL, forge_flip, 0),
    BAD("a byte within changed", FORGE_ALL, forge_flip, 33),
    BAD("last byte changed", FORGE_ALL, forge_flip, -1),
    BAD("last byte missing", FORGE_ALL, forge_cut, -1),
    BAD("first byte missing", FORGE_ALL, forge_cut, 1),
    BAD("a zero behind", FORGE_ALL, forge_add, 0),
    BAD("a byte behind", FORGE_ALL, forge_add, 0xff),
    { "a zero in front", FORGE_ALL, 0, forge_add, 0, "front" },
    BAD("doubled", FORGE_ALL, forge_double, 0),
    BAD("zeros", FORGE_ALL, forge_fill, 0),
    BAD("ones", FORGE_ALL, forge_fill, 0xff),
    BAD("of another input", FORGE_ALL, forge_other_input, 0),
    BAD("of another key", FORGE_ALL, forge_other_key, 0),

    BAD("the next digest", FORGE_RSA, forge_other_alg, 1),
    BAD("the digest after it", FORGE_RSA, forge_other_alg, 2),
    BAD("the other padding", FORGE_RSA, forge_other_alg, 3),
    BAD("s = 0", FORGE_RSA, forge_rsa_number, NUMBER_0),
    BAD("s = 1", FORGE_RSA, forge_rsa_number, NUMBER_1),
    BAD("s = n - 1", FORGE_RSA, forge_rsa_number, NUMBER_ORDER_1),
    BAD("s = n", FORGE_RSA, forge_rsa_number, NUMBER_ORDER),
    BAD("s = n + 1", FORGE_RSA, forge_rsa_number, NUMBER_ABOVE),
    BAD("s + n", FORGE_RSA, forge_rsa_number, NUMBER_PLUS),
    BAD("n - s", FORGE_RSA, forge_rsa_number, NUMBER_MINUS),
    BAD("leading zero missing", FORGE_RSA, forge_rsa_short, 1),

    { "padded by hand", FORGE_PKCS1, 1, forge_block, FRAME_GOOD, NULL },
    BAD("block type 0", FORGE_PKCS1, forge_block, FRAME_TYPE_0),
    BAD("block type 2", FORGE_PKCS1, forge_block, FRAME_TYPE_2),
    BAD("block begins with 1", FORGE_PKCS1, forge_block, FRAME_FIRST),
    BAD("padding of 0xfe", FORGE_PKCS1, forge_block, FRAME_PADDING),
    BAD("early separator", FORGE_PKCS1, forge_block, FRAME_EARLY),
    BAD("no separator", FORGE_PKCS1, forge_block, FRAME_NO_SEPARATOR),
    BAD("a byte behind DigestInfo", FORGE_PKCS1, forge_block, FRAME_BEHIND),
    BAD("short padding", FORGE_PKCS1, forge_block, FRAME_SHORT),
    BAD("hash without DigestInfo", FORGE_PKCS1, forge_block, INFO_BARE),
    BAD("no NULL", FORGE_PKCS1, forge_block, INFO_NO_NULL),
    BAD("no OID", FORGE_PKCS1, forge_block, INFO_NO_OID),
    BAD("OID of SHA-1", FORGE_PKCS1, forge_block, INFO_SHA1),
    BAD("OID of another SHA-2", FORGE_PKCS1, forge_block, INFO_OTHER),
    BAD("long length of DigestInfo", FORGE_PKCS1, forge_block,
        INFO_LONG_OUTER),
    BAD("long length of OID", FORGE_PKCS1, forge_block, INFO_LONG_OID),
    BAD("long length of hash", FORGE_PKCS1, forge_block, INFO_LONG_HASH),
    BAD("long length of NULL", FORGE_PKCS1, forge_block, INFO_LONG_NULL),
    BAD("indefinite length", FORGE_PKCS1, forge_block, INFO_INDEFINITE),
    BAD("more within DigestInfo", FORGE_PKCS1, forge_block, INFO_INSIDE),
    BAD("other parameters", FORGE_PKCS1, forge_block, INFO_PARAMETERS),
    BAD("hash a byte short", FORGE_PKCS1, forge_block, INFO_SHORT_HASH),

    { "salt as long as the hash", FORGE_PSS, 1, forge_salt, 0, NULL },
    BAD("no salt", FORGE_PSS, forge_salt, SALT_NONE),
    BAD("salt a byte shorter", FORGE_PSS, forge_salt, -1),
    BAD("salt a byte longer", FORGE_PSS, forge_salt, 1),
    BAD("salt as long as can be", FORGE_PSS, forge_salt, SALT_MAX),
    { "MGF1 with SHA-1", FORGE_PSS, 0, forge_salt, 0, "SHA1" },
    { "MGF1 with SHA-224", FORGE_PSS, 0, forge_salt, 0, "SHA224" },
    BAD("trailer of 0xcc", FORGE_PSS, forge_em, EM_TRAILER),
    BAD("top bit set", FORGE_PSS, forge_em, EM_TOP_BIT),

    EC_NUMBER("r = 0", "r", FORGE_EC, NUMBER_0),
    EC_NUMBER("r = 1", "r", FORGE_EC, NUMBER_1),
    EC_NUMBER("r = n - 1", "r", FORGE_EC, NUMBER_ORDER_1),
    EC_NUMBER("r = n", "r", FORGE_EC, NUMBER_ORDER),
    EC_NUMBER("r = n + 1", "r", FORGE_EC, NUMBER_ABOVE),
    EC_NUMBER("n - r", "r", FORGE_EC, NUMBER_MINUS),
    EC_NUMBER("s = 0", "s", FORGE_EC, NUMBER_0),
    EC_NUMBER("s = 1", "s", FORGE_EC, NUMBER_1),
    EC_NUMBER("s = n - 1", "s", FORGE_EC, NUMBER_ORDER_1),
    EC_NUMBER("s = n", "s", FORGE_EC, NUMBER_ORDER),
    EC_NUMBER("s = n + 1", "s", FORGE_EC, NUMBER_ABOVE),
    EC_NUMBER("r + n", "r", FORGE_P521, NUMBER_PLUS),
    EC_NUMBER("s + n", "s", FORGE_P521, NUMBER_PLUS),
    BAD("r and s exchanged", FORGE_EC, forge_ec_swap, 0),
    BAD("as DER", FORGE_EC, forge_ec_der, 0),
    BAD("as DER, cut", FORGE_EC, forge_ec_der, 1),
    BAD("numbers a byte longer", FORGE_EC, forge_ec_size, 1),
    BAD("numbers a byte shorter", FORGE_P521, forge_ec_size, -1),

    /* The curve is symmetrical: no standard tells this one from the other. */

    { "n - s", FORGE_EC, 1, forge_ec_number, NUMBER_MINUS, "s" },

    BAD("S = 0", FORGE_OKP, forge_okp_number, NUMBER_0),
    BAD("S = 1", FORGE_OKP, forge_okp_number, NUMBER_1),
    BAD("S = L - 1", FORGE_OKP, forge_okp_number, NUMBER_ORDER_1),
    BAD("S = L", FORGE_OKP, forge_okp_number, NUMBER_ORDER),
    BAD("S + L", FORGE_OKP, forge_okp_number, NUMBER_PLUS),
    BAD("L - S", FORGE_OKP, forge_okp_number, NUMBER_MINUS),
    BAD("R the identity", FORGE_OKP, forge_okp_point, POINT_IDENTITY),
    BAD("R the identity, with a sign", FORGE_OKP, forge_okp_point,
        POINT_IDENTITY_SIGN),
    BAD("R the identity, above p", FORGE_OKP, forge_okp_point,
        POINT_IDENTITY_ABOVE),
    BAD("R of order 2", FORGE_OKP, forge_okp_point, POINT_ORDER_2),
    BAD("R of order 4", FORGE_OKP, forge_okp_point, POINT_ORDER_4),
    BAD("R of order 8", FORGE_ED25519, forge_okp_point, POINT_ORDER_8)
};

const size_t  forge_nforms = sizeof(forge_forms) / sizeof(forge_form_t);


int
forge_fits(const forge_form_t *form, const oauth_alg_t *alg)
{
    unsigned  kinds;

    switch (alg->type) {

    case OAUTH_KEY_RSA:
        kinds = alg->pss ? FORGE_PSS : FORGE_PKCS1;
        break;

    case OAUTH_KEY_EC:
        kinds = FORGE_EC | (alg->id == OAUTH_ALG_ES512 ? FORGE_P521 : 0);
        break;

    default:
        kinds = FORGE_OKP | (alg->id == OAUTH_ALG_ED448 ? 0 : FORGE_ED25519);
    }

    return (form->kinds & kinds) != 0;
}


int
forge_turn(size_t i, const oauth_alg_t *alg)
{
    return alg->type != OAUTH_KEY_RSA || getenv("OAUTH_TEST_BRIEF") == NULL
           || i % 3 == (size_t) alg->id % 3;
}


int
forge_sign(const forge_form_t *form, EVP_PKEY *key, const oauth_alg_t *alg,
    oauth_str_t input, oauth_buf_t *signature)
{
    int  made;

    memset(signature, 0, sizeof(oauth_buf_t));
    keys_append_signature(signature, key, alg->id, input);

    made = form->make(form, key, alg, input, signature);
    assert_false(signature->failed);
    ERR_clear_error();

    if (!made) {
        oauth_buf_free(signature);
    }

    return made;
}
