
/*
 * A JWS in compact serialisation (RFC 7515 sections 3.1 and 5.2): taken apart
 * and decoded, its header checked for what is never acceptable.  Nothing of it
 * is to be trusted yet.  Keys in the header, and addresses of keys (jwk, jku,
 * x5u, x5c, x5t), are ignored: a token must not bring its own key.  Only a DPoP
 * proof does (oauth_proof.h), which reads the header's jwk itself.
 */


#ifndef OAUTH_JWS_H_INCLUDED
#define OAUTH_JWS_H_INCLUDED


#include "oauth_alg.h"
#include "oauth_json.h"


#define OAUTH_JWS_SIZE       65536      /* bytes of a token, at most          */
#define OAUTH_JWS_KID        1024       /* bytes of a kid, at most            */
#define OAUTH_JWS_SIGNATURE  1024       /* bytes of a signature, at most:
                                           RSA with 8192 bits                 */


typedef enum {
    OAUTH_TYPE_ABSENT = 0,
    OAUTH_TYPE_JWT,                     /* or JOSE (RFC 7515 section 4.1.9)   */
    OAUTH_TYPE_ACCESS,                  /* at+jwt (RFC 9068 section 2.1)      */
    OAUTH_TYPE_OTHER
} oauth_jws_type_t;


typedef struct {
    const oauth_alg_t    *alg;
    oauth_jws_type_t      type;
    oauth_str_t           kid;          /* absent: none                       */
    oauth_str_t           input;        /* header "." payload, a view of the
                                           text                               */
    unsigned char        *payload;      /* decoded                            */
    size_t                npayload;     /* its length in bytes                */
    oauth_str_t           signature;    /* decoded                            */
    unsigned char        *storage;      /* what is decoded                    */
    size_t                size;         /* of storage, in bytes               */
    oauth_json_t         *nodes;        /* the header; then room to read the
                                           payload as JSON, once              */
    size_t                nnodes;
} oauth_jws_t;


/*
 * Takes a text apart.  Returns OAUTH_OK, and oauth_jws_free releases jws; the
 * text must outlive it.  Else nothing is held: OAUTH_MALFORMED_TOKEN;
 * OAUTH_UNSUPPORTED_TOKEN (five segments, enc, zip, crit or b64);
 * OAUTH_WRONG_ALGORITHM (alg is absent, not a string, none, HS* or unknown);
 * OAUTH_SERVER_ERROR (memory is short).
 */

oauth_reason_t oauth_jws_parse(oauth_str_t text, oauth_jws_t *jws);

/*
 * 1 when the header's typ is this media type, without "application/"; else 0.
 * Only as long as the payload has not been read into the nodes.
 */

int oauth_jws_is_type(const oauth_jws_t *jws, oauth_str_t type);

/* Wipes and releases what jws holds.  A jws of all zero is allowed. */

void oauth_jws_free(oauth_jws_t *jws);


#endif /* OAUTH_JWS_H_INCLUDED */
