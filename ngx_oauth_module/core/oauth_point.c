
/*
 * The equations of the curves (NIST SP 800-186 sections 3.2.1 and 3.2.3, RFC
 * 8032 sections 5.1 and 5.2), in plain numbers:
 *
 *   P-256, P-384, P-521     y^2 = x^3 + a x + b, a = -3
 *   Ed25519, Ed448          a x^2 + y^2 = 1 + b x^2 y^2, a = -1 or 1
 *
 * Public numbers only: nothing here takes the same time for every point.
 */


#include <string.h>

#include <openssl/bn.h>

#include "oauth_point.h"


#define OAUTH_POINT_SIZE   66           /* bytes of a number: P-521           */
#define OAUTH_POINT_SMALL  5            /* y of small order, at most          */


typedef struct {
    oauth_alg_id_t        id;
    const char           *p;            /* hexadecimal                        */
    int                   a;
    const char           *b;
} oauth_curve_t;


typedef struct {
    BN_CTX               *ctx;
    BIGNUM               *p;
    BIGNUM               *a;
    BIGNUM               *b;
    BIGNUM               *x;            /* Weierstrass only                   */
    BIGNUM               *y;
    BIGNUM               *u;            /* for the equation                   */
    BIGNUM               *v;
} oauth_point_t;


static int oauth_point_start(oauth_point_t *point, oauth_alg_id_t id);
static void oauth_point_done(oauth_point_t *point);
static int oauth_point_weierstrass(oauth_point_t *point);
static int oauth_point_edwards(oauth_point_t *point);


static const oauth_curve_t  oauth_curves[] = {

    { OAUTH_ALG_ES256,
      "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF", -3,
      "5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B" },

    { OAUTH_ALG_ES384,
      "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE"
      "FFFFFFFF0000000000000000FFFFFFFF", -3,
      "B3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875A"
      "C656398D8A2ED19D2A85C8EDD3EC2AEF" },

    { OAUTH_ALG_ES512,
      "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
      "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
      -3,
      "0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109"
      "E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00" },

    { OAUTH_ALG_ED25519,
      "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFED", -1,
      "52036CEE2B6FFE738CC740797779E89800700A4D4141D8AB75EB4DCA135978A3" },

    { OAUTH_ALG_ED448,
      "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE"
      "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", 1,
      "-98A9" }
};


int
oauth_point_is_on_curve(const oauth_alg_t *alg, const unsigned char *x,
    const unsigned char *y)
{
    int            len, usable;
    oauth_point_t  point;

    len = (int) alg->coordinate;

    usable = oauth_point_start(&point, alg->id)
             && BN_bin2bn(x, len, point.x)
             && BN_bin2bn(y, len, point.y)
             && oauth_point_weierstrass(&point);

    oauth_point_done(&point);

    return usable;
}


/* RFC 8032 sections 5.1.3 and 5.2.3: y in little-endian, then the sign of x. */

int
oauth_point_is_sound(const oauth_alg_t *alg, const unsigned char *point)
{
    int            usable;
    size_t         len;
    oauth_point_t  p;
    unsigned char  bytes[OAUTH_POINT_SIZE];

    if (oauth_point_is_small(alg, point)) {
        return 0;
    }

    len = alg->coordinate;

    memcpy(bytes, point, len);
    bytes[len - 1] &= 0x7f;

    usable = oauth_point_start(&p, alg->id)
             && BN_lebin2bn(bytes, (int) len, p.y)
             && oauth_point_edwards(&p);

    oauth_point_done(&p);

    return usable;
}


/*
 * For a key of small order anybody can sign.  Ed25519 has eight such points,
 * Ed448 four; they share these y.
 */

int
oauth_point_is_small(const oauth_alg_t *alg, const unsigned char *point)
{
    size_t                i, last;
    const unsigned char  *small;

    static const unsigned char  ed25519[OAUTH_POINT_SMALL][32] = {
        { 0 },
        { 1 },
        { 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
        { 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0,
          0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
          0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39,
          0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
        { 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f,
          0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
          0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6,
          0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a }
    };

    /* the last two rows are zero, as the first */

    static const unsigned char  ed448[OAUTH_POINT_SMALL][57] = {
        { 0 },
        { 1 },
        { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0 }
    };

    last = alg->coordinate - 1;
    small = (alg->id == OAUTH_ALG_ED448) ? ed448[0] : ed25519[0];

    for (i = 0; i < OAUTH_POINT_SMALL; i++, small += alg->coordinate) {
        if (memcmp(point, small, last) == 0
            && (point[last] & 0x7f) == small[last])
        {
            return 1;
        }
    }

    return 0;
}


/* 1, or 0 when memory is short; oauth_point_done releases it either way. */

static int
oauth_point_start(oauth_point_t *point, oauth_alg_id_t id)
{
    size_t                i;
    const oauth_curve_t  *curve;

    memset(point, 0, sizeof(oauth_point_t));

    for (i = 0; oauth_curves[i].id != id; i++) { /* void */ }

    curve = &oauth_curves[i];

    point->ctx = BN_CTX_new();
    if (point->ctx == NULL) {
        return 0;
    }

    BN_CTX_start(point->ctx);

    point->p = BN_CTX_get(point->ctx);
    point->a = BN_CTX_get(point->ctx);
    point->b = BN_CTX_get(point->ctx);
    point->x = BN_CTX_get(point->ctx);
    point->y = BN_CTX_get(point->ctx);
    point->u = BN_CTX_get(point->ctx);
    point->v = BN_CTX_get(point->ctx);

    if (point->v == NULL
        || !BN_hex2bn(&point->p, curve->p)
        || !BN_hex2bn(&point->b, curve->b)
        || !BN_set_word(point->a, (BN_ULONG) (curve->a < 0 ? -curve->a
                                                           : curve->a)))
    {
        return 0;
    }

    BN_set_negative(point->a, curve->a < 0);

    return 1;
}


static void
oauth_point_done(oauth_point_t *point)
{
    if (point->ctx) {
        BN_CTX_end(point->ctx);
        BN_CTX_free(point->ctx);
    }
}


/* v = (x^2 + a) x + b is y^2. */

static int
oauth_point_weierstrass(oauth_point_t *point)
{
    BIGNUM  *p, *u, *v;
    BN_CTX  *ctx;

    p = point->p;
    u = point->u;
    v = point->v;
    ctx = point->ctx;

    return BN_cmp(point->x, p) < 0
           && BN_cmp(point->y, p) < 0
           && BN_mod_sqr(v, point->x, p, ctx)
           && BN_mod_add(v, v, point->a, p, ctx)
           && BN_mod_mul(v, v, point->x, p, ctx)
           && BN_mod_add(v, v, point->b, p, ctx)
           && BN_mod_sqr(u, point->y, p, ctx)
           && BN_cmp(u, v) == 0;
}


/*
 * x^2 = u / v where u = 1 - y^2 and v = a - b y^2.  There is such an x when
 * u v is a square; u v is 0 only for points of small order.
 */

static int
oauth_point_edwards(oauth_point_t *point)
{
    BIGNUM  *p, *u, *v;
    BN_CTX  *ctx;

    p = point->p;
    u = point->u;
    v = point->v;
    ctx = point->ctx;

    return BN_cmp(point->y, p) < 0
           && BN_mod_sqr(u, point->y, p, ctx)
           && BN_mod_mul(v, u, point->b, p, ctx)
           && BN_mod_sub(v, point->a, v, p, ctx)
           && BN_mod_sub(u, BN_value_one(), u, p, ctx)
           && BN_mod_mul(u, u, v, p, ctx)
           && BN_kronecker(u, p, ctx) == 1;
}
