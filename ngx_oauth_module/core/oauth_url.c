
/*
 * URLs as issuers, resources and addresses of keys use them (RFC 3986), and the
 * rule for well-known paths (RFC 8414 section 3.1, RFC 9728 section 3.1).  This
 * is stricter than RFC 3986, so that a host has one spelling: scheme and host
 * are in lower case, and a host has neither percent-escapes nor an empty label.
 * All parts are views of the text; nothing is copied.
 */


#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "oauth_encoding.h"
#include "oauth_url.h"


#define OAUTH_URL_ADDRESS  64           /* bytes; no address is as long       */


static const char *oauth_url_parse_scheme(oauth_str_t *rest,
    oauth_url_t *url);
static const char *oauth_url_parse_authority(oauth_str_t *rest,
    oauth_url_t *url);
static const char *oauth_url_parse_host(oauth_str_t host);
static const char *oauth_url_parse_literal(oauth_str_t host);
static int oauth_url_port_valid(oauth_str_t port);
static const char *oauth_url_parse_path(oauth_str_t rest, oauth_url_t *url);
static int oauth_url_is_byte(unsigned char c);
static int oauth_url_is_hex(unsigned char c);
static int oauth_url_is_digit(unsigned char c);
static size_t oauth_url_find(oauth_str_t s, unsigned char c);
static void oauth_url_move(oauth_str_t *s, size_t n);
static size_t oauth_url_octet(oauth_str_t s);
static int oauth_url_is_local_name(oauth_str_t host);
static int oauth_url_is_local_address(oauth_str_t host);
static int oauth_url_is_ambiguous(oauth_str_t path);
static unsigned char oauth_url_decode(oauth_str_t *rest);


static const char  oauth_url_upper_case[]
    = "has upper-case letters in scheme or host: write them in lower case";


const char *
oauth_url_parse(oauth_str_t text, oauth_url_t *url)
{
    oauth_str_t  rest;
    const char  *error;

    memset(url, 0, sizeof(oauth_url_t));

    url->text = text;
    rest = text;

    error = oauth_url_parse_scheme(&rest, url);

    if (error == NULL && oauth_url_find(rest, '#') < rest.len) {
        return "has a fragment";
    }

    if (error == NULL) {
        error = oauth_url_parse_authority(&rest, url);
    }

    if (error == NULL) {
        error = oauth_url_parse_path(rest, url);
    }

    return error;
}


static const char *
oauth_url_parse_scheme(oauth_str_t *rest, oauth_url_t *url)
{
    size_t       i;
    oauth_str_t  start;

    static const oauth_str_t  schemes[] = {
        oauth_string("http://"),
        oauth_string("https://")
    };

    for (i = 0; i < 2; i++) {

        if (rest->len < schemes[i].len) {
            continue;
        }

        start.data = rest->data;
        start.len = schemes[i].len;

        if (!oauth_str_equal_nocase(start, schemes[i])) {
            continue;
        }

        if (!oauth_str_equal(start, schemes[i])) {
            return oauth_url_upper_case;
        }

        url->https = i;
        oauth_url_move(rest, start.len);

        return NULL;
    }

    return "is not an absolute http or https URL";
}


static const char *
oauth_url_parse_authority(oauth_str_t *rest, oauth_url_t *url)
{
    size_t       end, i;
    oauth_str_t  authority;

    authority = *rest;
    authority.len = oauth_url_find(authority, '/');
    authority.len = oauth_url_find(authority, '?');

    end = authority.len;

    if (oauth_url_find(authority, '@') < end) {
        return "has userinfo";
    }

    /* An IPv6 literal has colons, which begin no port. */

    i = (end > 0 && authority.data[0] == '[') ? oauth_url_find(authority, ']')
                                              : 0;

    while (i < end && authority.data[i] != ':') {
        i++;
    }

    url->host.data = authority.data;
    url->host.len = i;

    url->origin.data = url->text.data;
    url->origin.len = (size_t) (authority.data - url->text.data) + end;

    if (i < end) {
        url->port.data = authority.data + i + 1;
        url->port.len = end - i - 1;

        if (!oauth_url_port_valid(url->port)) {
            return "has a bad port";
        }
    }

    oauth_url_move(rest, end);

    return oauth_url_parse_host(url->host);
}


static const char *
oauth_url_parse_host(oauth_str_t host)
{
    size_t         i;
    unsigned char  c;

    if (host.len == 0) {
        return "has no host";
    }

    if (host.data[0] == '[') {
        return oauth_url_parse_literal(host);
    }

    for (i = 0; i < host.len; i++) {

        c = host.data[i];

        if (c >= 'A' && c <= 'Z') {
            return oauth_url_upper_case;
        }

        if ((c < 'a' || c > 'z') && !oauth_url_is_digit(c)
            && c != '-' && c != '.' && c != '_')
        {
            return "has a bad host";
        }

        /* Some resolvers ignore an empty label, as in ".localhost". */

        if (c == '.' && (i == 0 || host.data[i - 1] == '.')) {
            return "has a bad host";
        }
    }

    return NULL;
}


/* host is an IPv6 literal with its brackets. */

static const char *
oauth_url_parse_literal(oauth_str_t host)
{
    size_t         i, colons;
    unsigned char  c;

    colons = 0;

    for (i = 1; i < host.len && host.data[i] != ']'; i++) {

        c = host.data[i];

        if (c >= 'A' && c <= 'F') {
            return oauth_url_upper_case;
        }

        if (c == ':') {
            colons++;

        } else if (!oauth_url_is_hex(c) && c != '.') {
            return "has a bad host";
        }
    }

    return (colons >= 2 && i + 1 == host.len) ? NULL : "has a bad host";
}


/* 1 to 65535, without leading zeros, so that a port has one spelling. */

static int
oauth_url_port_valid(oauth_str_t port)
{
    size_t    i;
    unsigned  n;

    if (port.len < 1 || port.len > 5 || port.data[0] == '0') {
        return 0;
    }

    n = 0;

    for (i = 0; i < port.len; i++) {

        if (!oauth_url_is_digit(port.data[i])) {
            return 0;
        }

        n = n * 10 + (port.data[i] - '0');
    }

    return n <= 65535;
}


static const char *
oauth_url_parse_path(oauth_str_t rest, oauth_url_t *url)
{
    size_t       i;
    oauth_str_t  tail;

    for (i = 0; i < rest.len; i++) {

        if (rest.data[i] == '%') {
            tail.data = rest.data + i;
            tail.len = rest.len - i;

            if (oauth_encoding_escape(tail) < 0) {
                return "has a bad percent-escape";
            }

        } else if (!oauth_url_is_byte(rest.data[i])) {
            return "has a character that no URL may have";
        }
    }

    url->path.data = rest.data;
    url->path.len = oauth_url_find(rest, '?');

    if (url->path.len < rest.len) {
        oauth_url_move(&rest, url->path.len);
        url->query = rest;
    }

    return NULL;
}


/* 1 for pchar, "/" and "?" of RFC 3986, except "%"; else 0. */

static int
oauth_url_is_byte(unsigned char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || oauth_url_is_digit(c))
    {
        return 1;
    }

    switch (c) {

    case '-': case '.': case '_': case '~':
    case '!': case '$': case '&': case '\'': case '(': case ')':
    case '*': case '+': case ',': case ';': case '=':
    case ':': case '@': case '/': case '?':
        return 1;

    default:
        return 0;
    }
}


static int
oauth_url_is_hex(unsigned char c)
{
    return oauth_url_is_digit(c) || (c >= 'a' && c <= 'f')
           || (c >= 'A' && c <= 'F');
}


static int
oauth_url_is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}


/* Returns the index of the first c, or s.len. */

static size_t
oauth_url_find(oauth_str_t s, unsigned char c)
{
    size_t  i;

    for (i = 0; i < s.len && s.data[i] != c; i++) { /* void */ }

    return i;
}


static void
oauth_url_move(oauth_str_t *s, size_t n)
{
    s->data += n;
    s->len -= n;
}


/*
 * Only spellings that every resolver takes for loopback; so neither 127.1 nor
 * octal numbers.
 */

int
oauth_url_is_loopback(const oauth_url_t *url)
{
    size_t       n, i;
    oauth_str_t  rest;

    if (oauth_str_equal(url->host, oauth_str("localhost"))
        || oauth_str_equal(url->host, oauth_str("[::1]")))
    {
        return 1;
    }

    rest = url->host;

    if (!oauth_str_starts(rest, oauth_str("127."))) {
        return 0;
    }

    for (i = 0; i < 4; i++) {

        n = oauth_url_octet(rest);

        if (n == 0) {
            return 0;
        }

        oauth_url_move(&rest, n);

        if (i < 3) {

            if (rest.len == 0 || rest.data[0] != '.') {
                return 0;
            }

            oauth_url_move(&rest, 1);
        }
    }

    return rest.len == 0;
}


/*
 * Returns the length of the decimal octet at the beginning of s, which has no
 * leading zeros; 0: there is none.
 */

static size_t
oauth_url_octet(oauth_str_t s)
{
    size_t    i;
    unsigned  n;

    n = 0;

    for (i = 0; i < s.len && i < 3 && oauth_url_is_digit(s.data[i]); i++) {
        n = n * 10 + (s.data[i] - '0');
    }

    if (n > 255 || (i > 1 && s.data[0] == '0')) {
        return 0;
    }

    return i;
}


int
oauth_url_may_be_loopback(const oauth_url_t *url)
{
    oauth_str_t  host;

    host = url->host;

    if (host.len > 0 && host.data[0] == '[') {
        oauth_url_move(&host, 1);
        host.len--;

    } else if (host.len > 1 && host.data[host.len - 1] == '.') {
        host.len--;
    }

    return oauth_url_is_local_name(host) || oauth_url_is_local_address(host);
}


/* The names of RFC 6761 section 6.3, and those that /etc/hosts usually has. */

static int
oauth_url_is_local_name(oauth_str_t host)
{
    size_t       i;
    oauth_str_t  end;

    static const oauth_str_t  names[] = {
        oauth_string("localhost"),
        oauth_string("localhost4"),
        oauth_string("localhost6"),
        oauth_string("loopback"),
        oauth_string("ip6-localhost"),
        oauth_string("ip6-loopback"),
        oauth_string("localhost.localdomain"),
        oauth_string("localhost4.localdomain4"),
        oauth_string("localhost6.localdomain6")
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (oauth_str_equal(host, names[i])) {
            return 1;
        }
    }

    end = host;

    if (end.len < sizeof(".localhost") - 1) {
        return 0;
    }

    oauth_url_move(&end, end.len - (sizeof(".localhost") - 1));

    return oauth_str_equal(end, oauth_str(".localhost"));
}


/* Asks the C library, which knows every spelling that its resolver accepts. */

static int
oauth_url_is_local_address(oauth_str_t host)
{
    char             text[OAUTH_URL_ADDRESS];
    in_addr_t        v4;
    struct in6_addr  v6;

    if (host.len >= sizeof(text)) {
        return 0;
    }

    memcpy(text, host.data, host.len);
    text[host.len] = '\0';

    if (inet_pton(AF_INET6, text, &v6) == 1) {

        if (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 0) {
            return 1;
        }

        return IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_UNSPECIFIED(&v6)
               || ((IN6_IS_ADDR_V4MAPPED(&v6) || IN6_IS_ADDR_V4COMPAT(&v6))
                   && v6.s6_addr[12] == 127);
    }

    v4 = ntohl(inet_addr(text)) >> 24;

    return v4 == 127 || v4 == 0;
}


int
oauth_url_is_secure(const oauth_url_t *url)
{
    return url->https || oauth_url_is_loopback(url);
}


int
oauth_url_equal(oauth_str_t a, oauth_str_t b)
{
    oauth_str_t  shorter;
    oauth_url_t  url;

    if (a.len == b.len) {
        return oauth_str_equal(a, b);
    }

    shorter = b;

    if (a.len < b.len) {
        shorter = a;
        a = b;
    }

    if (a.len != shorter.len + 1 || a.data[shorter.len] != '/'
        || !oauth_str_starts(a, shorter))
    {
        return 0;
    }

    return oauth_url_parse(shorter, &url) == NULL
           && url.path.len == 0 && url.query.data == NULL;
}


int
oauth_url_is_below(oauth_str_t url, oauth_str_t resource)
{
    oauth_url_t  parsed;

    if (!oauth_str_starts(url, resource)
        || oauth_url_parse(url, &parsed) != NULL
        || parsed.query.data != NULL
        || oauth_url_is_ambiguous(parsed.path))
    {
        return 0;
    }

    oauth_url_move(&url, resource.len);

    if (resource.len > 0 && resource.data[resource.len - 1] == '/') {
        return url.len > 0;
    }

    return url.len > 0 && url.data[0] == '/';
}


/*
 * 1 for a path that servers do not read alike: it has "." or ".." (RFC 3986
 * section 5.2.4), an empty segment before the last one, or the escape of a byte
 * that needs none (section 6.2.2.2), which may be a dot or a slash.
 */

static int
oauth_url_is_ambiguous(oauth_str_t path)
{
    int            escaped;
    size_t         dots, len;
    unsigned char  c;

    dots = 0;
    len = 1;

    while (path.len > 0) {

        escaped = (path.data[0] == '%');
        c = oauth_url_decode(&path);

        if (escaped && oauth_url_is_byte(c)) {
            return 1;
        }

        if (c != '/') {
            dots += (c == '.');
            len++;
            continue;
        }

        if (len == 0 || (dots == len && len <= 2)) {
            return 1;
        }

        dots = 0;
        len = 0;
    }

    return len > 0 && dots == len && len <= 2;
}


/*
 * Takes a byte from the beginning of a path that was checked, and returns it,
 * decoded where it is escaped.
 */

static unsigned char
oauth_url_decode(oauth_str_t *rest)
{
    size_t         i;
    unsigned char  c, decoded;

    if (rest->data[0] != '%') {
        c = rest->data[0];
        oauth_url_move(rest, 1);

        return c;
    }

    decoded = 0;

    for (i = 1; i < 3; i++) {

        c = rest->data[i];

        decoded = (unsigned char) (decoded << 4
                                   | (oauth_url_is_digit(c)
                                      ? c - '0' : (c | 0x20) - 'a' + 10));
    }

    oauth_url_move(rest, 3);

    return decoded;
}


void
oauth_url_append_well_known(oauth_buf_t *buf, const oauth_url_t *url,
    oauth_str_t name, int drop_slash)
{
    oauth_str_t  path;

    path = url->path;

    if (path.len > 0 && path.data[path.len - 1] == '/'
        && (drop_slash || path.len == 1))
    {
        path.len--;
    }

    oauth_buf_append_str(buf, url->origin);
    oauth_buf_append_literal(buf, "/.well-known/");
    oauth_buf_append_str(buf, name);
    oauth_buf_append_str(buf, path);
    oauth_buf_append_str(buf, url->query);
}
