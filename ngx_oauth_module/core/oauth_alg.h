
/*
 * The one table of signature algorithms: RFC 7518 section 3.1, RFC 8037
 * ("EdDSA") and RFC 9864 ("Ed25519", "Ed448").  It has only algorithms with a
 * public key; "none" and HS* have no row, so that no code can name them.  All
 * is constant, so that nobody owns it.
 */


#ifndef OAUTH_ALG_H_INCLUDED
#define OAUTH_ALG_H_INCLUDED


#include "oauth.h"


/* The type of the key that an algorithm needs: "kty" of a JWK. */

typedef enum {
    OAUTH_KEY_RSA = 1,
    OAUTH_KEY_EC,
    OAUTH_KEY_OKP
} oauth_alg_type_t;


typedef enum {
    OAUTH_ALG_RS256 = 0,
    OAUTH_ALG_RS384,
    OAUTH_ALG_RS512,
    OAUTH_ALG_PS256,
    OAUTH_ALG_PS384,
    OAUTH_ALG_PS512,
    OAUTH_ALG_ES256,
    OAUTH_ALG_ES384,
    OAUTH_ALG_ES512,
    OAUTH_ALG_EDDSA,
    OAUTH_ALG_ED25519,
    OAUTH_ALG_ED448,
    OAUTH_ALGS
} oauth_alg_id_t;


/*
 * A set of algorithms, in which the bit 1 << id stands for one.  The name EdDSA
 * leaves the curve open, so that it has no bit of its own: it stands for the
 * bits of Ed25519 and of Ed448.
 */

typedef uint32_t  oauth_algs_t;

#define oauth_alg_bit(id)  ((oauth_algs_t) 1 << (id))

#define OAUTH_ALGS_RSA     (oauth_alg_bit(OAUTH_ALG_RS256)                    \
                            | oauth_alg_bit(OAUTH_ALG_RS384)                  \
                            | oauth_alg_bit(OAUTH_ALG_RS512)                  \
                            | oauth_alg_bit(OAUTH_ALG_PS256)                  \
                            | oauth_alg_bit(OAUTH_ALG_PS384)                  \
                            | oauth_alg_bit(OAUTH_ALG_PS512))

#define OAUTH_ALGS_ALL     (OAUTH_ALGS_RSA                                    \
                            | oauth_alg_bit(OAUTH_ALG_ES256)                  \
                            | oauth_alg_bit(OAUTH_ALG_ES384)                  \
                            | oauth_alg_bit(OAUTH_ALG_ES512)                  \
                            | oauth_alg_bit(OAUTH_ALG_ED25519)                \
                            | oauth_alg_bit(OAUTH_ALG_ED448))


#define OAUTH_COORDINATE_MAX  66        /* bytes, at most: P-521              */


typedef struct {
    oauth_str_t           name;
    oauth_alg_id_t        id;
    oauth_alg_type_t      type;
    unsigned              pss:1;
    const char           *digest;       /* OpenSSL's name; NULL for EdDSA     */
    oauth_str_t           curve;        /* "crv" of a JWK; absent for RSA and
                                           for the name EdDSA                 */
    size_t                coordinate;   /* bytes of a coordinate, which are
                                           those of half a signature; 0 for
                                           RSA and for the name EdDSA         */
    oauth_algs_t          bits;         /* what the name stands for           */
} oauth_alg_t;


/*
 * Returns the algorithm of exactly that name (RFC 7515 section 4.1.1: names are
 * case-sensitive).  NULL: there is none.
 */

const oauth_alg_t *oauth_alg_lookup(oauth_str_t name);

/* Returns an algorithm by its number, 0 <= id < OAUTH_ALGS. */

const oauth_alg_t *oauth_alg_get(oauth_alg_id_t id);

/*
 * Returns the one algorithm of a curve, for keys of that type.  NULL: no
 * algorithm has such a curve.
 */

const oauth_alg_t *oauth_alg_of_curve(oauth_alg_type_t type,
    oauth_str_t curve);


#endif /* OAUTH_ALG_H_INCLUDED */
