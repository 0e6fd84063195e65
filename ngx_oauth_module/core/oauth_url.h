
/*
 * URLs (RFC 3986) as issuers, resources and key addresses use them: absolute,
 * http or https.  Compared byte for byte; nothing is normalised but where a
 * rule says so.
 */


#ifndef OAUTH_URL_H_INCLUDED
#define OAUTH_URL_H_INCLUDED


#include "oauth.h"


typedef struct {
    oauth_str_t           text;         /* the whole                          */
    oauth_str_t           origin;       /* scheme "://" host [":" port]       */
    oauth_str_t           host;         /* an IPv6 literal with its brackets  */
    oauth_str_t           port;         /* absent: the scheme's own           */
    oauth_str_t           path;         /* empty, or from "/" on              */
    oauth_str_t           query;        /* absent, or from "?" on             */
    unsigned              https:1;
} oauth_url_t;


/*
 * Fills url with views of text.  Returns NULL, or what is wrong as a constant
 * sentence ("has a fragment"): another scheme, no host, userinfo, a fragment,
 * a bad port, upper-case letters in scheme or host, an empty label in the host
 * (a dot at its end is none), bytes outside RFC 3986, a bad percent-escape.
 */

const char *oauth_url_parse(oauth_str_t text, oauth_url_t *url);

/* 1 for localhost, 127.0.0.0/8 and [::1]. */

int oauth_url_is_loopback(const oauth_url_t *url);

/*
 * 1 when a resolver could read the host as this very machine: the above in
 * other spellings (127.1, 2130706433, ip6-localhost, [::ffff:127.0.0.1]), names
 * below localhost, and the unspecified address.  What a remote party names
 * must not be one.
 */

int oauth_url_may_be_loopback(const oauth_url_t *url);

/* 1 when it may be fetched or trusted: https, or http on loopback. */

int oauth_url_is_secure(const oauth_url_t *url);

/*
 * 1 when a and b name the same resource: equal but for one final slash of a
 * pathless URL.
 */

int oauth_url_equal(oauth_str_t a, oauth_str_t b);

/*
 * 1 when url is below the resource by path segment: https://h/a/b is below
 * https://h/a and https://h; https://h/a/ is below https://h/a, https://h/ab is
 * not.  A url with a query or a fragment, or that could be spelled otherwise
 * (dot segments, empty segments, needless escapes), is below nothing.
 */

int oauth_url_is_below(oauth_str_t url, oauth_str_t resource);

/*
 * Appends the well-known URL: the name ("oauth-protected-resource") inserted
 * between host and path (RFC 9728 section 3.1, RFC 8414 section 3.1); a slash
 * directly after the host is removed; where drop_slash is set a final slash of
 * the path, too (RFC 8414).
 */

void oauth_url_append_well_known(oauth_buf_t *buf, const oauth_url_t *url,
    oauth_str_t name, int drop_slash);


#endif /* OAUTH_URL_H_INCLUDED */
