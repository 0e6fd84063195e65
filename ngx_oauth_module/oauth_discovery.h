
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

/*
 * Returns NULL and fills discovery, or what is wrong as a constant sentence:
 * not a JSON object, no issuer, the issuer differs byte for byte (discovery
 * then holds the one found, for the log), no jwks_uri, one that is no https
 * URL (http on loopback).  oauth_discovery_free releases it in any case.
 */

const char *oauth_discovery_parse(oauth_str_t text, oauth_str_t issuer,
    oauth_discovery_t *discovery);

void oauth_discovery_free(oauth_discovery_t *discovery);


#endif /* OAUTH_DISCOVERY_H_INCLUDED */
