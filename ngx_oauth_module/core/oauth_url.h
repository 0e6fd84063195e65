
/*
 * URLs (RFC 3986) as issuers, resources and addresses of keys use them:
 * absolute ones with http or https.  They are compared byte for byte; nothing
 * is normalised unless a function says so.  All parts are views of the text.
 */


#ifndef OAUTH_URL_H_INCLUDED
#define OAUTH_URL_H_INCLUDED


#include "oauth.h"


typedef struct {
    oauth_str_t           text;         /* the whole URL                      */
    oauth_str_t           origin;       /* scheme "://" host [":" port]       */
    oauth_str_t           host;         /* an IPv6 literal with its brackets  */
    oauth_str_t           port;         /* absent: the port of the scheme     */
    oauth_str_t           path;         /* empty, or it begins with "/"       */
    oauth_str_t           query;        /* absent, or it begins with "?"      */
    unsigned              https:1;
} oauth_url_t;


/*
 * Fills url with views of text.  Returns NULL, or a constant phrase that says
 * what is wrong ("has a fragment"): another scheme, no host, userinfo, a
 * fragment, a bad port, upper-case letters in scheme or host, an empty label in
 * the host (a dot at its end is no label), a byte that RFC 3986 does not
 * permit, a bad percent-escape.
 */

const char *oauth_url_parse(oauth_str_t text, oauth_url_t *url);

/* 1 for the hosts localhost, 127.0.0.0/8 and [::1], else 0. */

int oauth_url_is_loopback(const oauth_url_t *url);

/*
 * 1 when a resolver could take the host for this very machine: one of the above
 * in another spelling (127.1, 2130706433, ip6-localhost, [::ffff:127.0.0.1]), a
 * name below localhost, or the unspecified address; else 0.  A URL that comes
 * from a remote party must not have such a host.
 */

int oauth_url_may_be_loopback(const oauth_url_t *url);

/* 1 when it may be fetched or trusted: https, or http on loopback; else 0. */

int oauth_url_is_secure(const oauth_url_t *url);

/*
 * 1 when a and b name the same resource, else 0: they are equal, or one is a
 * URL without a path and the other has a slash after it.
 */

int oauth_url_equal(oauth_str_t a, oauth_str_t b);

/*
 * 1 when url is below the resource, by path segments: https://h/a/b is below
 * https://h/a and https://h, and https://h/a/ is below https://h/a, but
 * https://h/ab is not.  Else 0, and so for a URL that has a query or a
 * fragment, and for one that could be spelled otherwise: with dot segments,
 * empty segments, or escapes that are not needed.
 */

int oauth_url_is_below(oauth_str_t url, oauth_str_t resource);

/*
 * Appends a well-known URL: the name ("oauth-protected-resource") is inserted
 * between host and path (RFC 9728 section 3.1, RFC 8414 section 3.1).  A path
 * that is only a slash is left out.  Where drop_slash is 1, so is a slash at
 * the end of any path (RFC 8414).  Where memory is short, buf->failed is set.
 */

void oauth_url_append_well_known(oauth_buf_t *buf, const oauth_url_t *url,
    oauth_str_t name, int drop_slash);


#endif /* OAUTH_URL_H_INCLUDED */
