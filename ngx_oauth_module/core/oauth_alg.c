
/*
 * The signature algorithms of RFC 7518 section 3.1 that have a public key, and
 * those of Edwards curves: "Ed25519" and "Ed448" (RFC 9864), and "EdDSA" (RFC
 * 8037), which stands for either of these.  All of it is constant.
 */


#include "oauth_alg.h"


#define OAUTH_ALG_RSA(alg, pss, digest)                                       \
    { oauth_string(#alg), OAUTH_ALG_ ## alg, OAUTH_KEY_RSA, pss, digest,      \
      { 0, NULL }, 0, oauth_alg_bit(OAUTH_ALG_ ## alg) }

#define OAUTH_ALG_EC(alg, digest, curve, coordinate)                          \
    { oauth_string(#alg), OAUTH_ALG_ ## alg, OAUTH_KEY_EC, 0, digest,         \
      oauth_string(curve), coordinate, oauth_alg_bit(OAUTH_ALG_ ## alg) }

#define OAUTH_ALG_OKP(curve, id, coordinate)                                  \
    { oauth_string(curve), id, OAUTH_KEY_OKP, 0, NULL, oauth_string(curve),   \
      coordinate, oauth_alg_bit(id) }


static const oauth_alg_t  oauth_algs[OAUTH_ALGS] = {
    OAUTH_ALG_RSA(RS256, 0, "SHA256"),
    OAUTH_ALG_RSA(RS384, 0, "SHA384"),
    OAUTH_ALG_RSA(RS512, 0, "SHA512"),
    OAUTH_ALG_RSA(PS256, 1, "SHA256"),
    OAUTH_ALG_RSA(PS384, 1, "SHA384"),
    OAUTH_ALG_RSA(PS512, 1, "SHA512"),
    OAUTH_ALG_EC(ES256, "SHA256", "P-256", 32),
    OAUTH_ALG_EC(ES384, "SHA384", "P-384", 48),
    OAUTH_ALG_EC(ES512, "SHA512", "P-521", 66),
    { oauth_string("EdDSA"), OAUTH_ALG_EDDSA, OAUTH_KEY_OKP, 0, NULL,
      { 0, NULL }, 0,
      oauth_alg_bit(OAUTH_ALG_ED25519) | oauth_alg_bit(OAUTH_ALG_ED448) },
    OAUTH_ALG_OKP("Ed25519", OAUTH_ALG_ED25519, 32),
    OAUTH_ALG_OKP("Ed448", OAUTH_ALG_ED448, 57)
};


const oauth_alg_t *
oauth_alg_lookup(oauth_str_t name)
{
    size_t  i;

    for (i = 0; i < OAUTH_ALGS; i++) {
        if (oauth_str_equal(oauth_algs[i].name, name)) {
            return &oauth_algs[i];
        }
    }

    return NULL;
}


const oauth_alg_t *
oauth_alg_get(oauth_alg_id_t id)
{
    return &oauth_algs[id];
}


const oauth_alg_t *
oauth_alg_of_curve(oauth_alg_type_t type, oauth_str_t curve)
{
    size_t  i;

    for (i = 0; i < OAUTH_ALGS; i++) {
        if (oauth_algs[i].curve.data
            && oauth_algs[i].type == type
            && oauth_str_equal(oauth_algs[i].curve, curve))
        {
            return &oauth_algs[i];
        }
    }

    return NULL;
}
