
/*
 * Authorization server metadata (RFC 8414, OpenID Connect Discovery 1.0):
 * where it may lie, and what a protected resource needs of it.
 */


#ifndef OAUTH_DISCOVERY_H_INCLUDED
#define OAUTH_DISCOVERY_H_INCLUDED


#include "oauth.h"


typedef struct {
    oauth_buf_t           issuer;       /* as the document says               */
    oauth_buf_t           jwks_uri;
} oauth_discovery_t;


/*
 * Appends the n-th address at which the document of an issuer may lie: 0
 * RFC 8414 (path inserted), 1 OpenID (path appended).  Returns 1, or 0 past
 * the last one or when the issuer is no URL.
 */

int oauth_discovery_append_url(oauth_buf_t *buf, oauth_str_t issuer,
    unsigned n);

/* What the document must be and may name. */

typedef struct {
    oauth_str_t           issuer;       /* configured                         */
    oauth_str_t           source;       /* URL at which the document lies     */
    unsigned              allow_http:1; /* for keys that are not on loopback  */
} oauth_discovery_rules_t;

/*
 * Returns NULL and fills discovery, or what is wrong as a constant sentence:
 * not a JSON object, no issuer, the issuer differs byte for byte (discovery
 * then holds the one found, for the log), no jwks_uri, or one that is not a
 * https URL.  Only a document that lies on loopback itself may name a jwks_uri
 * on loopback, http is possible there.  oauth_discovery_free releases
 * discovery in any case.
 */

const char *oauth_discovery_parse(oauth_str_t text,
    const oauth_discovery_rules_t *rules, oauth_discovery_t *discovery);

void oauth_discovery_free(oauth_discovery_t *discovery);


#endif /* OAUTH_DISCOVERY_H_INCLUDED */
