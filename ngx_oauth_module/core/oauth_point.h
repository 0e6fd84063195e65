
/*
 * Whether a public key's bytes are a point that is fit for a key.  It costs a
 * few multiplications, much less than OpenSSL's import, so that a key set of
 * many bad points takes little of a worker's time.  For oauth_key and its
 * verifier.
 */


#ifndef OAUTH_POINT_H_INCLUDED
#define OAUTH_POINT_H_INCLUDED


#include "oauth_alg.h"


/* Of alg's curve (NIST P-*): both coordinates below the prime, on the curve. */

int oauth_point_is_on_curve(const oauth_alg_t *alg, const unsigned char *x,
    const unsigned char *y);

/*
 * Of alg's Edwards curve, by its encoding: canonical, on the curve, not of
 * small order.
 */

int oauth_point_is_sound(const oauth_alg_t *alg, const unsigned char *point);

/*
 * An encoding of a point of small order, with either sign.  OpenSSL takes no
 * encoding that is not canonical, so that those need not be known here.
 */

int oauth_point_is_small(const oauth_alg_t *alg, const unsigned char *point);


#endif /* OAUTH_POINT_H_INCLUDED */
