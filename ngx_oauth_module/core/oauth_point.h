
/*
 * Whether the bytes of a public key are a point that a key may be.  This costs
 * a few multiplications, much less than OpenSSL's import, so that a key set of
 * many bad points takes little of a worker's time.  Only oauth_key and
 * oauth_verifier use it.  Nothing is kept; OpenSSL's error queue may be left
 * with errors.
 */


#ifndef OAUTH_POINT_H_INCLUDED
#define OAUTH_POINT_H_INCLUDED


#include "oauth_alg.h"


/*
 * For alg's NIST curve (NIST SP 800-186 section 3.2.1): 1 when both
 * coordinates, alg->coordinate bytes in big-endian, are below the prime and
 * solve the equation of the curve.  Else 0, and so where memory is short.
 */

int oauth_point_is_on_curve(const oauth_alg_t *alg, const unsigned char *x,
    const unsigned char *y);

/*
 * For alg's Edwards curve (RFC 8032 sections 5.1.3 and 5.2.3): 1 when these
 * alg->coordinate bytes encode a point of the curve that is not of small order,
 * in the one spelling that the RFC permits.  Else 0, and so where memory is
 * short.
 */

int oauth_point_is_sound(const oauth_alg_t *alg, const unsigned char *point);

/*
 * For alg's Edwards curve: 1 when the encoding is that of a point of small
 * order, with either sign; else 0.  Other spellings of these points need not be
 * known, since OpenSSL accepts none.
 */

int oauth_point_is_small(const oauth_alg_t *alg, const unsigned char *point);


#endif /* OAUTH_POINT_H_INCLUDED */
