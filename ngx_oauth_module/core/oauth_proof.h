
/*
 * DPoP proofs (RFC 9449): with each request the client of a bound token signs a
 * small JWT with the key that the token names ("jkt"), so that a stolen token
 * is of no use without the key.  All checks of section 4.3 are made here but
 * two: whether the proof was used before, and whether its nonce is current.
 * Both need a memory that is not the core's.
 */


#ifndef OAUTH_PROOF_H_INCLUDED
#define OAUTH_PROOF_H_INCLUDED


#include "oauth_jws.h"


#define OAUTH_PROOF_SIZE  8192          /* bytes of a proof, at most          */
#define OAUTH_PROOF_ID    256           /* bytes of a jti, at most            */


/* What a proof has to say in this place, for this request and this token. */

typedef struct {
    oauth_algs_t          algorithms;   /* those that are allowed here        */
    oauth_str_t           method;       /* of the request                     */
    oauth_str_t           origin;       /* of the resource, as of
                                           oauth_proof_append_origin          */
    oauth_str_t           path;         /* as the client sent it, without the
                                           query; empty counts as "/"         */
    oauth_str_t           token;        /* text of the access token           */
    oauth_str_t           thumbprint;   /* of the key that it is bound to     */
    int64_t               max_age;      /* seconds                            */
    int64_t               leeway;       /* seconds                            */
} oauth_proof_rules_t;


/* A verified proof.  Its strings are views of jws. */

typedef struct {
    oauth_str_t           id;           /* jti, 1 to OAUTH_PROOF_ID bytes     */
    oauth_str_t           nonce;        /* absent: none                       */
    int64_t               issued_at;    /* iat, in seconds since the epoch    */
    oauth_jws_t           jws;
} oauth_proof_t;


/* The key of the proofs for one token, imported and with its thumbprint. */

typedef struct oauth_proof_key_s  oauth_proof_key_t;


/*
 * Verifies the value of a DPoP header field.  now is in seconds since the
 * epoch.  *key is NULL, or the key of an earlier proof for the same token: if
 * it has the thumbprint of the proof's key, the proof's key is not imported
 * again.  A newly imported key replaces *key if the proof is good, and is freed
 * otherwise; *key is the caller's.
 *
 * The checks are made in this order:
 *
 *   OAUTH_PROOF_MALFORMED  it is longer than OAUTH_PROOF_SIZE, or no JWS; or it
 *                          has crit or b64
 *   OAUTH_PROOF_ALGORITHM  none, HS*, unknown
 *   OAUTH_PROOF_TYPE       typ is not dpop+jwt
 *   OAUTH_PROOF_ALGORITHM  not one of rules->algorithms
 *   OAUTH_PROOF_KEY        the key is named otherwise than by jwk, too; jwk is
 *                          missing, has a private or symmetric member, is not
 *                          for the algorithm; its numbers are not base64url
 *   OAUTH_PROOF_ALGORITHM  alg is EdDSA, which does not say the curve, and that
 *                          of the key is not one of rules->algorithms
 *   OAUTH_PROOF_OTHER_KEY  its thumbprint (RFC 7638) is not rules->thumbprint
 *   OAUTH_PROOF_KEY        it is weak or not sound, see oauth_key.h
 *   OAUTH_PROOF_SIGNATURE
 *   OAUTH_PROOF_CLAIMS     the payload is no JSON object; jti, htm, htu, iat or
 *                          ath is missing or of the wrong type; nonce, nbf or
 *                          exp is of the wrong type
 *   OAUTH_PROOF_METHOD     htm is not exactly rules->method
 *   OAUTH_PROOF_URI        htu has another origin, which is normalised, or
 *                          another path, which is compared byte for byte; its
 *                          query and fragment do not count
 *   OAUTH_PROOF_TIME       iat is older than max_age with the leeway, or ahead
 *                          by more than the leeway; or the time is not between
 *                          nbf and exp (RFC 7519 section 4.1), if it has these
 *   OAUTH_PROOF_TOKEN      ath is not the hash of rules->token
 *
 * OAUTH_SERVER_ERROR: memory is short.  On OAUTH_OK oauth_proof_free releases
 * proof, and text must outlive it; else proof holds nothing.
 */

oauth_reason_t oauth_proof_verify(oauth_str_t text,
    const oauth_proof_rules_t *rules, int64_t now, oauth_proof_key_t **key,
    oauth_proof_t *proof);

/*
 * Returns the name of a member by which the header of a proof, or the jwk in
 * it, names a key or certificate otherwise than by jwk: a constant, also for a
 * proof that is refused.  kid is not one.  NULL: there is none.
 */

const char *oauth_proof_other_name(const oauth_jws_t *jws);

/* Releases what a proof holds.  A proof of all zero is allowed. */

void oauth_proof_free(oauth_proof_t *proof);

/* Releases a key.  NULL is allowed. */

void oauth_proof_key_free(oauth_proof_key_t *key);

/*
 * Appends the origin of an absolute URL, scheme "://" host [":" port], with
 * scheme and host in lower case and without the scheme's own port (RFC 3986
 * sections 6.2.2.1 and 6.2.3).  Returns 0; else -1, and nothing is appended: it
 * is not http or https, it has userinfo, or host or port are not what
 * oauth_url_parse accepts; or memory is short (buf->failed).
 */

int oauth_proof_append_origin(oauth_buf_t *buf, oauth_str_t url);


#endif /* OAUTH_PROOF_H_INCLUDED */
