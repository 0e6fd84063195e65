
/*
 * The equations of the curves (NIST SP 800-186 sections 3.2.1 and 3.2.3, RFC
 * 8032 sections 5.1 and 5.2), computed with big numbers:
 *
 *   P-256, P-384, P-521     y^2 = x^3 + a x + b, a = -3
 *   Ed25519, Ed448          a x^2 + y^2 = 1 + b x^2 y^2, a = -1 or 1
 *
 * The time depends on the point, which is public.  Nothing is kept.
 */


#include <string.h>

#include <openssl/bn.h>

#include "oauth_point.h"


#define OAUTH_POINT_SIZE   66           /* bytes of a number: P-521           */
#define OAUTH_POINT_SMALL  5            /* rows of a table below              */


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
    BIGNUM               *x;            /* not for Edwards curves             */
    BIGNUM               *y;
    BIGNUM               *u;            /* u and v are for the equation       */
    BIGNUM               *v;
} oauth_point_t;


static int oauth_point_solves(const oauth_alg_t *alg, const unsigned char *x,
    const unsigned char *y);
static int oauth_point_start(oauth_point_t *point, oauth_alg_id_t id);
static void oauth_point_done(oauth_point_t *point);
static int oauth_point_weierstrass(oauth_point_t *t);
static int oauth_point_edwards(oauth_point_t *t);


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
    return oauth_point_solves(alg, x, y);
}


/*
 * RFC 8032 sections 5.1.3 and 5.2.3: an encoding is y in little-endian, with
 * the sign of x in its highest bit.
 */

int
oauth_point_is_sound(const oauth_alg_t *alg, const unsigned char *point)
{
    size_t         i, len;
    unsigned char  y[OAUTH_POINT_SIZE];

    if (oauth_point_is_small(alg, point)) {
        return 0;
    }

    len = alg->coordinate;

    for (i = 0; i < len; i++) {
        y[i] = point[len - 1 - i];
    }

    y[0] &= 0x7f;

    return oauth_point_solves(alg, NULL, y);
}


/*
 * 1 when the numbers, in big-endian, solve the equation of alg's curve.  For an
 * Edwards curve x is NULL: there has to be an x for y.  0 also where memory is
 * short.
 */

static int
oauth_point_solves(const oauth_alg_t *alg, const unsigned char *x,
    const unsigned char *y)
{
    int            len, solved;
    oauth_point_t  point;

    len = (int) alg->coordinate;

    solved = oauth_point_start(&point, alg->id)
             && (x == NULL || BN_bin2bn(x, len, point.x))
             && BN_bin2bn(y, len, point.y)
             && (x ? oauth_point_weierstrass(&point)
                   : oauth_point_edwards(&point));

    oauth_point_done(&point);

    return solved;
}


/*
 * Anybody can sign for a key of small order.  Ed25519 has eight such points,
 * Ed448 has four; these are the values of y that they have.
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

    /* The last two rows are zero, like the first one. */

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


/* 1, or 0: memory is short.  oauth_point_done releases point in either case. */

static int
oauth_point_start(oauth_point_t *point, oauth_alg_id_t id)
{
    size_t                i;
    const oauth_curve_t  *curve;

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


/* v = (x^2 + a) x + b has to be y^2. */

static int
oauth_point_weierstrass(oauth_point_t *t)
{
    return BN_cmp(t->x, t->p) < 0
           && BN_cmp(t->y, t->p) < 0
           && BN_mod_sqr(t->v, t->x, t->p, t->ctx)
           && BN_mod_add(t->v, t->v, t->a, t->p, t->ctx)
           && BN_mod_mul(t->v, t->v, t->x, t->p, t->ctx)
           && BN_mod_add(t->v, t->v, t->b, t->p, t->ctx)
           && BN_mod_sqr(t->u, t->y, t->p, t->ctx)
           && BN_cmp(t->u, t->v) == 0;
}


/*
 * x^2 = u / v, where u = 1 - y^2 and v = a - b y^2.  There is such an x when
 * u v is a square.  u v is 0 for points of small order only, and these are
 * known by now.
 */

static int
oauth_point_edwards(oauth_point_t *t)
{
    return BN_cmp(t->y, t->p) < 0
           && BN_mod_sqr(t->u, t->y, t->p, t->ctx)
           && BN_mod_mul(t->v, t->u, t->b, t->p, t->ctx)
           && BN_mod_sub(t->v, t->a, t->v, t->p, t->ctx)
           && BN_mod_sub(t->u, BN_value_one(), t->u, t->p, t->ctx)
           && BN_mod_mul(t->u, t->u, t->v, t->p, t->ctx)
           && BN_kronecker(t->u, t->p, t->ctx) == 1;
}
