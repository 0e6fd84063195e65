
/*
 * Authorization server metadata (RFC 8414, OpenID Connect Discovery 1.0): where
 * the document of an issuer may be found, and those of its members that a
 * protected resource needs, or that decide whether agents can use the server.
 */


#ifndef OAUTH_DISCOVERY_H_INCLUDED
#define OAUTH_DISCOVERY_H_INCLUDED


#include "oauth.h"


/* What a document says.  It owns its strings; all zero is empty. */

typedef struct {
    oauth_buf_t           issuer;
    oauth_buf_t           jwks_uri;     /* empty: it has none                 */
    oauth_buf_t           metadata;     /* what oauth_readiness_check reads;
                                           may be empty                       */
} oauth_discovery_t;


/* What the configuration says about a document. */

typedef struct {
    oauth_str_t           issuer;
    oauth_str_t           source;       /* the URL that it was fetched from   */
    unsigned              without_keys:1;   /* a document without jwks_uri is
                                           good, too                          */
    unsigned              allow_http:1; /* its keys may have a plain http URL
                                           that is not on loopback            */
} oauth_discovery_rules_t;


/*
 * Appends the n-th URL at which the document of an issuer may be found, counted
 * from 0: first that of RFC 8414 section 3.1, which inserts a path, then that
 * of OpenID, which appends one.  Returns 1, or 0 where there is no n-th URL or
 * the issuer is not a URL.  Where memory is short, buf->failed is set.
 */

int oauth_discovery_append_url(oauth_buf_t *buf, oauth_str_t issuer,
    unsigned n);

/*
 * Reads a document.  Returns NULL and fills discovery; else a constant sentence
 * that says what is wrong: the document is not a JSON object; it has no issuer;
 * its issuer is not byte for byte the configured one, and discovery then holds
 * the one found, for the log; it has no jwks_uri, or one that must not be
 * fetched (see oauth_discovery.c), unless it may be without keys; memory is
 * short.  In any case,
 * oauth_discovery_free releases discovery.
 */

const char *oauth_discovery_parse(oauth_str_t text,
    const oauth_discovery_rules_t *rules, oauth_discovery_t *discovery);

#define OAUTH_DISCOVERY_ENDPOINT  "introspection_endpoint"

/*
 * Appends the address that RFC 7662 calls the introspection endpoint, from what
 * discovery->metadata has kept.  Returns NULL; else a constant sentence that
 * says why there is none that may be asked.  Where memory is short, url->failed
 * is set.
 */

const char *oauth_discovery_endpoint(oauth_str_t metadata,
    const oauth_discovery_rules_t *rules, oauth_buf_t *url);

/* Releases the strings and leaves an empty oauth_discovery_t. */

void oauth_discovery_free(oauth_discovery_t *discovery);


#endif /* OAUTH_DISCOVERY_H_INCLUDED */
