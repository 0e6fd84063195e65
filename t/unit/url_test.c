
/*
 * URLs (RFC 3986) and the rule for well-known paths (RFC 8414 section 3.1, RFC
 * 9728 section 3.1): parsing, the right sentence for each URL that is refused,
 * comparing two URLs, and whether one is below another.  Every byte value
 * occurs once in every part.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_url.h"


#define S(str)    oauth_string(str)
#define ABSENT    { 0, NULL }
#define N(array)  (sizeof(array) / sizeof((array)[0]))


/* Parses a copy of exact size, so that a sanitizer sees a read past its end. */

static const char *
url_parse(oauth_str_t text)
{
    const char     *error;
    oauth_url_t     url;
    unsigned char  *copy;

    copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);

    if (text.len > 0) {
        memcpy(copy, text.data, text.len);
    }

    error = oauth_url_parse((oauth_str_t) { text.len, copy }, &url);

    free(copy);

    return error;
}


typedef struct {
    oauth_str_t  text;
    int          https;
    oauth_str_t  origin;
    oauth_str_t  host;
    oauth_str_t  port;
    oauth_str_t  path;
    oauth_str_t  query;
} url_good_case_t;


static const url_good_case_t  url_good_cases[] = {
    { S("https://h"), 1, S("https://h"), S("h"), ABSENT, S(""), ABSENT },
    { S("https://h."), 1, S("https://h."), S("h."), ABSENT, S(""), ABSENT },
    { S("https://h/"), 1, S("https://h"), S("h"), ABSENT, S("/"),
      ABSENT },
    { S("https://h/a/b"), 1, S("https://h"), S("h"), ABSENT, S("/a/b"),
      ABSENT },
    { S("https://h/a/"), 1, S("https://h"), S("h"), ABSENT, S("/a/"),
      ABSENT },
    { S("https://h/a?x=1"), 1, S("https://h"), S("h"), ABSENT, S("/a"),
      S("?x=1") },
    { S("https://h?x=1"), 1, S("https://h"), S("h"), ABSENT, S(""),
      S("?x=1") },
    { S("https://h?x=/a/b?c"), 1, S("https://h"), S("h"), ABSENT, S(""),
      S("?x=/a/b?c") },
    { S("https://h?"), 1, S("https://h"), S("h"), ABSENT, S(""), S("?") },
    { S("https://h?a@b:c"), 1, S("https://h"), S("h"), ABSENT, S(""),
      S("?a@b:c") },
    { S("http://h:8080"), 0, S("http://h:8080"), S("h"), S("8080"),
      S(""), ABSENT },
    { S("http://h:1/x"), 0, S("http://h:1"), S("h"), S("1"), S("/x"),
      ABSENT },
    { S("http://h:65535?x"), 0, S("http://h:65535"), S("h"), S("65535"),
      S(""), S("?x") },
    { S("https://login.example.com/realms/a"), 1,
      S("https://login.example.com"), S("login.example.com"), ABSENT,
      S("/realms/a"), ABSENT },
    { S("https://my_host-1.x"), 1, S("https://my_host-1.x"),
      S("my_host-1.x"), ABSENT, S(""), ABSENT },
    { S("http://127.0.0.1:80/"), 0, S("http://127.0.0.1:80"),
      S("127.0.0.1"), S("80"), S("/"), ABSENT },
    { S("http://[::1]:8080/a"), 0, S("http://[::1]:8080"), S("[::1]"),
      S("8080"), S("/a"), ABSENT },
    { S("http://[::1]"), 0, S("http://[::1]"), S("[::1]"), ABSENT, S(""),
      ABSENT },
    { S("https://[2001:db8::ffff:1.2.3.4]/"), 1,
      S("https://[2001:db8::ffff:1.2.3.4]"),
      S("[2001:db8::ffff:1.2.3.4]"), ABSENT, S("/"), ABSENT },
    { S("https://h/%41%fF?%00"), 1, S("https://h"), S("h"), ABSENT,
      S("/%41%fF"), S("?%00") },
    { S("https://h/a:b@c"), 1, S("https://h"), S("h"), ABSENT,
      S("/a:b@c"), ABSENT },
    { S("https://h/-._~!$&'()*+,;="), 1, S("https://h"), S("h"), ABSENT,
      S("/-._~!$&'()*+,;="), ABSENT },
    { S("https://h//"), 1, S("https://h"), S("h"), ABSENT, S("//"),
      ABSENT }
};


static void
url_good(void **state)
{
    size_t                  i;
    const char             *error;
    oauth_url_t             url;
    const url_good_case_t  *c;

    (void) state;

    for (i = 0; i < N(url_good_cases); i++) {

        c = &url_good_cases[i];
        error = oauth_url_parse(c->text, &url);

        if (error) {
            fail_msg("\"%s\" %s", c->text.data, error);
        }

        assert_null(url_parse(c->text));
        assert_true(oauth_str_equal(url.text, c->text));
        assert_int_equal(url.https, c->https);
        assert_true(oauth_str_equal(url.origin, c->origin));
        assert_true(oauth_str_equal(url.host, c->host));
        assert_true(oauth_str_equal(url.port, c->port));
        assert_true(oauth_str_equal(url.path, c->path));
        assert_true(oauth_str_equal(url.query, c->query));
        assert_int_equal(url.port.data == NULL, c->port.data == NULL);
        assert_int_equal(url.query.data == NULL, c->query.data == NULL);
    }
}


typedef struct {
    oauth_str_t  text;
    const char  *error;             /* how the sentence begins            */
} url_bad_case_t;


static const url_bad_case_t  url_bad_cases[] = {
    { S(""), "is not an absolute" },
    { S("h"), "is not an absolute" },
    { S("/a/b"), "is not an absolute" },
    { S("//h/a"), "is not an absolute" },
    { S("https"), "is not an absolute" },
    { S("https:"), "is not an absolute" },
    { S("https:/h"), "is not an absolute" },
    { S("https:h"), "is not an absolute" },
    { S("http:///"), "has no host" },
    { S("ftp://h"), "is not an absolute" },
    { S("httpss://h"), "is not an absolute" },
    { S("urn:a:b"), "is not an absolute" },
    { S(" https://h"), "is not an absolute" },
    { S("\0https://h"), "is not an absolute" },

    { S("HTTPS://h"), "has upper-case" },
    { S("Http://h"), "has upper-case" },
    { S("https://H"), "has upper-case" },
    { S("https://A"), "has upper-case" },
    { S("https://xZ"), "has upper-case" },
    { S("https://[::A]"), "has upper-case" },
    { S("https://login.Example.com/a"), "has upper-case" },
    { S("https://[::FFFF]"), "has upper-case" },

    { S("https://"), "has no host" },
    { S("https:///a"), "has no host" },
    { S("https://?a"), "has no host" },
    { S("https://:80"), "has no host" },

    { S("https://u@h"), "has userinfo" },
    { S("https://u:p@h/a"), "has userinfo" },
    { S("https://@h"), "has userinfo" },
    { S("https://h:80@evil"), "has userinfo" },

    { S("https://h#"), "has a fragment" },
    { S("https://h#a"), "has a fragment" },
    { S("https://h/a#b"), "has a fragment" },
    { S("https://h?a#b"), "has a fragment" },
    { S("https://u@h#b"), "has a fragment" },

    { S("https://h:"), "has a bad port" },
    { S("https://h:/a"), "has a bad port" },
    { S("https://h:0"), "has a bad port" },
    { S("https://h:080"), "has a bad port" },
    { S("https://h:65536"), "has a bad port" },
    { S("https://h:99999"), "has a bad port" },
    { S("https://h:100000"), "has a bad port" },
    { S("https://h:4294967376"), "has a bad port" },
    { S("https://h:8o"), "has a bad port" },
    { S("https://h:+8"), "has a bad port" },
    { S("https://h: 8"), "has a bad port" },
    { S("https://h:80:80"), "has a bad port" },
    { S("https://[::1]:"), "has a bad port" },

    { S("https://h h"), "has a bad host" },
    { S("https://h%41"), "has a bad host" },
    { S("https://h\\a"), "has a bad host" },
    { S("https://h*"), "has a bad host" },
    { S("https://."), "has a bad host" },
    { S("https://.localhost"), "has a bad host" },
    { S("https://.localhost/a"), "has a bad host" },
    { S("https://.h:80"), "has a bad host" },
    { S("https://a..h"), "has a bad host" },
    { S("https://h../"), "has a bad host" },
    { S("https://localhost.."), "has a bad host" },
    { S("https://127..0.1"), "has a bad host" },
    { S("https://h\xc3\xa9"), "has a bad host" },
    { S("https://h\0.example.com"), "has a bad host" },
    { S("https://[::1"), "has a bad host" },
    { S("https://["), "has a bad host" },
    { S("https://[]"), "has a bad host" },
    { S("https://[:]"), "has a bad host" },
    { S("https://[1234]"), "has a bad host" },
    { S("https://[::g]"), "has a bad host" },
    { S("https://[::1]x"), "has a bad host" },
    { S("https://[::1]x:80"), "has a bad host" },
    { S("https://[::1]]"), "has a bad host" },
    { S("https://[fe80::1%25eth0]"), "has a bad host" },
    { S("https://[v1.x]"), "has a bad host" },
    { S("https://x[::1]"), "has a bad port" },
    { S("https://::1"), "has a bad port" },

    { S("https://h/%"), "has a bad percent" },
    { S("https://h/%4"), "has a bad percent" },
    { S("https://h/%zz"), "has a bad percent" },
    { S("https://h/%4g"), "has a bad percent" },
    { S("https://h/%%41"), "has a bad percent" },
    { S("https://h/?%g0"), "has a bad percent" },

    { S("https://h/a b"), "has a character" },
    { S("https://h/a\"b"), "has a character" },
    { S("https://h/a\\b"), "has a character" },
    { S("https://h/<a>"), "has a character" },
    { S("https://h/{a}"), "has a character" },
    { S("https://h/a^b"), "has a character" },
    { S("https://h/a`b"), "has a character" },
    { S("https://h/a|b"), "has a character" },
    { S("https://h/[a]"), "has a character" },
    { S("https://h/a\r\nb"), "has a character" },
    { S("https://h/a\0"), "has a character" },
    { S("https://h/\xc3\xa9"), "has a character" },
    { S("https://h?a b"), "has a character" }
};


static void
url_bad(void **state)
{
    size_t                 i;
    const char            *error;
    const url_bad_case_t  *c;

    (void) state;

    for (i = 0; i < N(url_bad_cases); i++) {

        c = &url_bad_cases[i];
        error = url_parse(c->text);

        if (error == NULL || strncmp(error, c->error, strlen(c->error)) != 0) {
            fail_msg("\"%s\": %s", c->text.data, error ? error : "is taken");
        }
    }
}


/* Returns 1 if text is a URL after its '?' is replaced by the byte. */

static int
url_with(const char *text, unsigned c)
{
    char    copy[64];
    size_t  len;

    len = strlen(text);
    memcpy(copy, text, len);
    *(char *) memchr(copy, '?', len) = (char) c;

    return url_parse((oauth_str_t) { len, (unsigned char *) copy }) == NULL;
}


static int
url_is_one_of(const char *set, unsigned c)
{
    return c != 0 && strchr(set, (int) c) != NULL;
}


static void
url_every_byte(void **state)
{
    int       lower, upper, digit;
    unsigned  c;

    (void) state;

    for (c = 0; c < 256; c++) {

        lower = c >= 'a' && c <= 'z';
        upper = c >= 'A' && c <= 'Z';
        digit = c >= '0' && c <= '9';

        assert_int_equal(url_with("https://a?b", c),
                         lower || digit || url_is_one_of("-._/?", c));
        assert_int_equal(url_with("https://h/a?b", c),
                         lower || upper || digit
                         || url_is_one_of("-._~!$&'()*+,;=:@/?", c));
        assert_int_equal(url_with("https://h/?", c),
                         url_with("https://h/a?b", c));
        assert_int_equal(url_with("https://h:1?1", c),
                         digit || url_is_one_of("/?", c));
        assert_int_equal(url_with("https://[::?]", c),
                         digit || (c >= 'a' && c <= 'f')
                         || url_is_one_of(":.", c));
        assert_int_equal(url_with("https://h/%4?", c),
                         digit || (c >= 'a' && c <= 'f')
                         || (c >= 'A' && c <= 'F'));
        assert_int_equal(url_with("https://h/%?4", c),
                         url_with("https://h/%4?", c));
    }
}


static void
url_every_port(void **state)
{
    char         text[64];
    int          len;
    long         port;
    oauth_str_t  s;

    (void) state;

    for (port = 0; port <= 70000; port++) {

        len = snprintf(text, sizeof(text), "https://h:%ld", port);
        assert_true(len > 0);

        s.len = (size_t) len;
        s.data = (unsigned char *) text;

        assert_int_equal(url_parse(s) == NULL, port >= 1 && port <= 65535);
    }
}


typedef struct {
    oauth_str_t  text;
    int          loopback;
} url_loopback_case_t;


static const url_loopback_case_t  url_loopback_cases[] = {
    { S("http://localhost"), 1 },
    { S("http://localhost:8080/a"), 1 },
    { S("http://127.0.0.1"), 1 },
    { S("http://127.0.0.1:9/a"), 1 },
    { S("http://127.0.0.0"), 1 },
    { S("http://127.255.255.255"), 1 },
    { S("http://127.1.2.3"), 1 },
    { S("http://[::1]"), 1 },
    { S("http://[::1]:80/"), 1 },

    { S("http://h"), 0 },
    { S("http://localhost.example.com"), 0 },
    { S("http://localhost."), 0 },
    { S("http://xlocalhost"), 0 },
    { S("http://h/localhost"), 0 },
    { S("http://127.1"), 0 },
    { S("http://127"), 0 },
    { S("http://127."), 0 },
    { S("http://127.0.0"), 0 },
    { S("http://127.0.0."), 0 },
    { S("http://127.0.0.1."), 0 },
    { S("http://127.0.0.1.2"), 0 },
    { S("http://127.0x0.1"), 0 },
    { S("http://127.0-0.1"), 0 },
    { S("http://127.0.0.256"), 0 },
    { S("http://127.999.0.1"), 0 },
    { S("http://127.0.0.1000"), 0 },
    { S("http://127.0.0.01"), 0 },
    { S("http://127.0.0.001"), 0 },
    { S("http://127.0.0.0x1"), 0 },
    { S("http://127.0.0.1.example.com"), 0 },
    { S("http://127.0.0.1a"), 0 },
    { S("http://127.0.0.-1"), 0 },
    { S("http://1127.0.0.1"), 0 },
    { S("http://126.0.0.1"), 0 },
    { S("http://128.0.0.1"), 0 },
    { S("http://2130706433"), 0 },
    { S("http://0.0.0.0"), 0 },
    { S("http://10.0.0.1"), 0 },
    { S("http://[::]"), 0 },
    { S("http://[::2]"), 0 },
    { S("http://[::11]"), 0 },
    { S("http://[0:0:0:0:0:0:0:1]"), 0 },
    { S("http://[::ffff:127.0.0.1]"), 0 }
};


static void
url_loopback(void **state)
{
    size_t                      i;
    oauth_url_t                 url;
    const url_loopback_case_t  *c;

    (void) state;

    for (i = 0; i < N(url_loopback_cases); i++) {

        c = &url_loopback_cases[i];

        assert_null(oauth_url_parse(c->text, &url));

        if (oauth_url_is_loopback(&url) != c->loopback
            || oauth_url_is_secure(&url) != c->loopback)
        {
            fail_msg("%s", c->text.data);
        }
    }

    assert_null(oauth_url_parse(oauth_str("https://h"), &url));
    assert_int_equal(oauth_url_is_secure(&url), 1);
    assert_int_equal(oauth_url_is_loopback(&url), 0);

    assert_null(oauth_url_parse(oauth_str("https://127.0.0.1"), &url));
    assert_int_equal(oauth_url_is_secure(&url), 1);
    assert_int_equal(oauth_url_is_loopback(&url), 1);
}


/*
 * Hosts that are loopback, and hosts that some resolver could take for
 * loopback.
 */

static const url_loopback_case_t  url_local_cases[] = {
    { S("https://localhost"), 1 },
    { S("https://localhost:8443/a"), 1 },
    { S("https://localhost."), 1 },
    { S("https://as.localhost"), 1 },
    { S("https://a.b.localhost."), 1 },
    { S("https://a.localhost"), 1 },
    { S("https://localhost.localdomain"), 1 },
    { S("https://localhost6"), 1 },
    { S("https://ip6-localhost"), 1 },
    { S("https://ip6-loopback"), 1 },
    { S("https://127.0.0.1"), 1 },
    { S("https://127.255.255.254"), 1 },
    { S("https://127.0.0.1."), 1 },
    { S("https://127.1"), 1 },
    { S("https://127.0.1"), 1 },
    { S("https://0177.0.0.1"), 1 },
    { S("https://127.0.0.01"), 1 },
    { S("https://0x7f.0.0.1"), 1 },
    { S("https://0x7f000001"), 1 },
    { S("https://2130706433"), 1 },
    { S("https://017700000001"), 1 },
    { S("https://0.0.0.0"), 1 },
    { S("https://0"), 1 },
    { S("https://[::1]"), 1 },
    { S("https://[0:0:0:0:0:0:0:1]:8443/a"), 1 },
    { S("https://[::0001]"), 1 },
    { S("https://[::]"), 1 },
    { S("https://[::ffff:127.0.0.1]"), 1 },
    { S("https://[::ffff:7f00:1]"), 1 },
    { S("https://[::ffff:0.0.0.0]"), 1 },
    { S("https://[::127.0.0.1]"), 1 },

    { S("https://as.example.com"), 0 },
    { S("https://localhost.example.com"), 0 },
    { S("https://localhost.evil"), 0 },
    { S("https://notlocalhost"), 0 },
    { S("https://xlocalhost."), 0 },
    { S("https://xxxxxxlocalhos"), 0 },
    { S("https://127.0.0.1.example.com"), 0 },
    { S("https://127.0.0.1x"), 0 },
    { S("https://128.0.0.1"), 0 },
    { S("https://1.127.0.0"), 0 },
    { S("https://10.0.0.1"), 0 },
    { S("https://2147483649"), 0 },
    { S("https://[::2]"), 0 },
    { S("https://[2001:db8::1]"), 0 },
    { S("https://[::ffff:10.0.0.1]"), 0 },
    { S("https://[2001:db8::127.0.0.1]"), 0 },
    { S("https://1111111111.1111111111.1111111111.1111111111.1111111111."
        "1111111111.127.0.0.1"), 0 }
};


static void
url_may_be_loopback(void **state)
{
    size_t                      i;
    oauth_url_t                 url;
    const url_loopback_case_t  *c;

    (void) state;

    for (i = 0; i < N(url_local_cases); i++) {

        c = &url_local_cases[i];

        assert_null(oauth_url_parse(c->text, &url));

        if (oauth_url_may_be_loopback(&url) != c->loopback) {
            fail_msg("%s", c->text.data);
        }
    }

    for (i = 0; i < N(url_loopback_cases); i++) {

        assert_null(oauth_url_parse(url_loopback_cases[i].text, &url));

        if (url_loopback_cases[i].loopback
            && !oauth_url_may_be_loopback(&url))
        {
            fail_msg("%s", url_loopback_cases[i].text.data);
        }
    }
}


typedef struct {
    oauth_str_t  a;
    oauth_str_t  b;
    int          equal;
} url_equal_case_t;


static const url_equal_case_t  url_equal_cases[] = {
    { S("https://h"), S("https://h"), 1 },
    { S("https://h"), S("https://h/"), 1 },
    { S("https://h:8443"), S("https://h:8443/"), 1 },
    { S("http://[::1]"), S("http://[::1]/"), 1 },
    { S("https://h/a"), S("https://h/a"), 1 },
    { S("https://h/a/"), S("https://h/a/"), 1 },
    { S("https://h/a?b"), S("https://h/a?b"), 1 },

    { S("https://h/a"), S("https://h/a/"), 0 },
    { S("https://h/"), S("https://h//"), 0 },
    { S("https://h"), S("https://h//"), 0 },
    { S("https://h?a"), S("https://h?a/"), 0 },
    { S("https://h?"), S("https://h?/"), 0 },
    { S("https://h"), S("https://i/"), 0 },
    { S("https://h"), S("https://i"), 0 },
    { S("https://h"), S("http://h"), 0 },
    { S("https://h"), S("https://h:443"), 0 },
    { S("https://h"), S("https://hx"), 0 },
    { S("https://h"), S("https://H"), 0 },
    { S("https://h"), S("https://h\0"), 0 },
    { S("https://h"), S("https://h/\0"), 0 },
    { S("https://h"), S("https://h "), 0 },
    { S("https://h"), S("https://h#"), 0 },
    { S("https://h"), S("https://h?"), 0 },
    { S("https://h"), S(""), 0 },
    { S("https://h/a"), S("https://h/A"), 0 },
    { S("https://h/a"), S("https://h/%61"), 0 },
    { S("https://h/a"), S("https://h/a/b"), 0 },
    { S("https:/"), S("https://"), 0 },
    { S("h"), S("h/"), 0 },
    { S(""), S("/"), 0 }
};


static void
url_equal(void **state)
{
    size_t                   i;
    const url_equal_case_t  *c;

    (void) state;

    for (i = 0; i < N(url_equal_cases); i++) {

        c = &url_equal_cases[i];

        if (oauth_url_equal(c->a, c->b) != c->equal
            || oauth_url_equal(c->b, c->a) != c->equal)
        {
            fail_msg("\"%s\" and \"%s\"", c->a.data, c->b.data);
        }
    }
}


typedef struct {
    oauth_str_t  url;
    oauth_str_t  resource;
    int          below;
} url_below_case_t;


static const url_below_case_t  url_below_cases[] = {
    { S("https://h/a/b"), S("https://h/a"), 1 },
    { S("https://h/a/b/c"), S("https://h/a"), 1 },
    { S("https://h/a/b/"), S("https://h/a"), 1 },
    { S("https://h/a/"), S("https://h/a"), 1 },
    { S("https://h/"), S("https://h"), 1 },
    { S("https://h/a"), S("https://h"), 1 },
    { S("https://h/a"), S("https://h/"), 1 },
    { S("https://h/a/b"), S("https://h"), 1 },
    { S("https://h:1/a"), S("https://h:1"), 1 },
    { S("https://h/a/b"), S("https://h/a/"), 1 },
    { S("https://h/a/..."), S("https://h/a"), 1 },
    { S("https://h/a/.b"), S("https://h/a"), 1 },
    { S("https://h/a/b."), S("https://h/a"), 1 },
    { S("https://h/a/..b"), S("https://h/a"), 1 },
    { S("https://h/a/b%20c"), S("https://h/a"), 1 },
    { S("https://h/a/%C3%A9"), S("https://h/a"), 1 },

    { S("https://h/ab"), S("https://h/a"), 0 },
    { S("https://h/a"), S("https://h/a"), 0 },
    { S("https://h/a/"), S("https://h/a/"), 0 },
    { S("https://h/a"), S("https://h/a/"), 0 },
    { S("https://h/ab"), S("https://h/a/"), 0 },
    { S("https://h"), S("https://h"), 0 },
    { S("https://h"), S("https://h/"), 0 },
    { S("https://h/"), S("https://h/"), 0 },
    { S("https://h/a"), S("https://h/a/b"), 0 },
    { S("https://h/b/c"), S("https://h/a"), 0 },
    { S("https://i/a/b"), S("https://h/a"), 0 },
    { S("http://h/a/b"), S("https://h/a"), 0 },
    { S("https://h:1/a"), S("https://h"), 0 },
    { S("https://h:80/a"), S("https://h:8"), 0 },
    { S("https://hx/a"), S("https://h"), 0 },
    { S("https://h.evil/a"), S("https://h"), 0 },
    { S("https://h@evil/a"), S("https://h"), 0 },
    { S("https://H/a"), S("https://h"), 0 },
    { S("https://h/A/b"), S("https://h/a"), 0 },
    { S("https://h/%61/b"), S("https://h/a"), 0 },
    { S("https://h/a%2fb"), S("https://h/a"), 0 },

    { S("https://h/a/b?c"), S("https://h/a"), 0 },
    { S("https://h/a/b?"), S("https://h/a"), 0 },
    { S("https://h/a?b/c"), S("https://h/a"), 0 },
    { S("https://h/a?x/b"), S("https://h/a?x"), 0 },
    { S("https://h?x/b"), S("https://h?x"), 0 },
    { S("https://h/a/b#c"), S("https://h/a"), 0 },
    { S("https://h/a/b#"), S("https://h/a"), 0 },

    { S("https://h//a"), S("https://h"), 0 },
    { S("https://h//"), S("https://h"), 0 },
    { S("https://h/a//"), S("https://h/a"), 0 },
    { S("https://h/a//b"), S("https://h/a"), 0 },
    { S("https://h/%61"), S("https://h"), 0 },
    { S("https://h/a/%2eb"), S("https://h/a"), 0 },
    { S("https://h/a/b%2Fc"), S("https://h/a"), 0 },

    { S("https://h/a/."), S("https://h/a"), 0 },
    { S("https://h/a/.."), S("https://h/a"), 0 },
    { S("https://h/a/../b"), S("https://h/a"), 0 },
    { S("https://h/a/./b"), S("https://h/a"), 0 },
    { S("https://h/a/b/.."), S("https://h/a"), 0 },
    { S("https://h/a/b/../c"), S("https://h/a"), 0 },
    { S("https://h/a/%2e"), S("https://h/a"), 0 },
    { S("https://h/a/%2E%2E/b"), S("https://h/a"), 0 },
    { S("https://h/a/.%2e/b"), S("https://h/a"), 0 },
    { S("https://h/a/%2e."), S("https://h/a"), 0 },
    { S("https://h/a/b%2f..%2fc"), S("https://h/a"), 0 },
    { S("https://h/a/..%2F"), S("https://h/a"), 0 },
    { S("https://h/a/b%2f%2e%2e"), S("https://h/a"), 0 },

    { S("https://h/a/b c"), S("https://h/a"), 0 },
    { S("https://h/a/b\0"), S("https://h/a"), 0 },
    { S("https://h/a/\0"), S("https://h/a"), 0 },
    { S("https://h/a/%"), S("https://h/a"), 0 },
    { S("https://h/a/b\\c"), S("https://h/a"), 0 },
    { S(""), S("https://h/a"), 0 },
    { S("a/b"), S("a"), 0 },
    { S("https://h/a https://h/a/b"), S("https://h/a"), 0 }
};


static void
url_below(void **state)
{
    size_t                   i;
    const url_below_case_t  *c;

    (void) state;

    for (i = 0; i < N(url_below_cases); i++) {

        c = &url_below_cases[i];

        if (oauth_url_is_below(c->url, c->resource) != c->below) {
            fail_msg("\"%s\" and \"%s\"", c->url.data, c->resource.data);
        }
    }
}


typedef struct {
    oauth_str_t  text;
    oauth_str_t  kept;              /* drop_slash = 0                     */
    oauth_str_t  dropped;           /* drop_slash = 1                     */
} url_well_known_case_t;


static const url_well_known_case_t  url_well_known_cases[] = {
    { S("https://h"), S("https://h/.well-known/n"),
      S("https://h/.well-known/n") },
    { S("https://h/"), S("https://h/.well-known/n"),
      S("https://h/.well-known/n") },
    { S("https://h/mcp"), S("https://h/.well-known/n/mcp"),
      S("https://h/.well-known/n/mcp") },
    { S("https://h/mcp/"), S("https://h/.well-known/n/mcp/"),
      S("https://h/.well-known/n/mcp") },
    { S("https://h/a?x=1"), S("https://h/.well-known/n/a?x=1"),
      S("https://h/.well-known/n/a?x=1") },
    { S("https://h?x=1"), S("https://h/.well-known/n?x=1"),
      S("https://h/.well-known/n?x=1") },
    { S("https://h/?x=1"), S("https://h/.well-known/n?x=1"),
      S("https://h/.well-known/n?x=1") },
    { S("https://h/a?x=1/"), S("https://h/.well-known/n/a?x=1/"),
      S("https://h/.well-known/n/a?x=1/") },
    { S("https://h:8443/a/b"), S("https://h:8443/.well-known/n/a/b"),
      S("https://h:8443/.well-known/n/a/b") },
    { S("http://[::1]:80/a/b/"), S("http://[::1]:80/.well-known/n/a/b/"),
      S("http://[::1]:80/.well-known/n/a/b") },
    { S("https://h//"), S("https://h/.well-known/n//"),
      S("https://h/.well-known/n/") }
};


static void
url_well_known(void **state)
{
    size_t                        i;
    oauth_buf_t                   buf;
    oauth_url_t                   url;
    const url_well_known_case_t  *c;

    (void) state;

    for (i = 0; i < N(url_well_known_cases); i++) {

        c = &url_well_known_cases[i];

        assert_null(oauth_url_parse(c->text, &url));

        memset(&buf, 0, sizeof(oauth_buf_t));

        oauth_buf_append_literal(&buf, "<");
        oauth_url_append_well_known(&buf, &url, oauth_str("n"), 0);
        oauth_buf_append_literal(&buf, ">");

        assert_int_equal(buf.len, c->kept.len + 2);
        assert_memory_equal(buf.data + 1, c->kept.data, c->kept.len);

        buf.len = 0;
        oauth_url_append_well_known(&buf, &url, oauth_str("n"), 1);

        assert_true(oauth_str_equal(oauth_buf_str(&buf), c->dropped));
        assert_int_equal(buf.failed, 0);

        oauth_buf_free(&buf);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(url_good),
        cmocka_unit_test(url_bad),
        cmocka_unit_test(url_every_byte),
        cmocka_unit_test(url_every_port),
        cmocka_unit_test(url_loopback),
        cmocka_unit_test(url_may_be_loopback),
        cmocka_unit_test(url_equal),
        cmocka_unit_test(url_below),
        cmocka_unit_test(url_well_known)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
