
/*
 * Authorization server metadata (RFC 8414 sections 3.1 and 3.3, OpenID Connect
 * Discovery 1.0 section 4): the addresses in their order, short forms of
 * documents of real servers, and everything that must not be accepted.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_discovery.h"


#define S(str)    oauth_string(str)
#define ABSENT    { 0, NULL }
#define N(array)  (sizeof(array) / sizeof((array)[0]))

#define ISSUER    "https://login.example.com"
#define KEYS      "https://login.example.com/keys"


typedef struct {
    oauth_str_t  issuer;
    oauth_str_t  inserted;              /* absent: there is no place          */
    oauth_str_t  appended;
} discovery_place_case_t;


static const discovery_place_case_t  discovery_place_cases[] = {
    { S("https://as"),
      S("https://as/.well-known/oauth-authorization-server"),
      S("https://as/.well-known/openid-configuration") },
    { S("https://as/"),
      S("https://as/.well-known/oauth-authorization-server"),
      S("https://as/.well-known/openid-configuration") },
    { S("https://as/realms/a"),
      S("https://as/.well-known/oauth-authorization-server/realms/a"),
      S("https://as/realms/a/.well-known/openid-configuration") },
    { S("https://as/realms/a/"),
      S("https://as/.well-known/oauth-authorization-server/realms/a"),
      S("https://as/realms/a/.well-known/openid-configuration") },
    { S("http://127.0.0.1:8080"),
      S("http://127.0.0.1:8080/.well-known/oauth-authorization-server"),
      S("http://127.0.0.1:8080/.well-known/openid-configuration") },
    { S("http://[::1]:8080/a"),
      S("http://[::1]:8080/.well-known/oauth-authorization-server/a"),
      S("http://[::1]:8080/a/.well-known/openid-configuration") },

    { S("https://as?x"), ABSENT, ABSENT },
    { S("https://as/a?"), ABSENT, ABSENT },
    { S("https://as#x"), ABSENT, ABSENT },
    { S("https://u@as"), ABSENT, ABSENT },
    { S("https://AS"), ABSENT, ABSENT },
    { S("as"), ABSENT, ABSENT },
    { S("/"), ABSENT, ABSENT },
    { S(""), ABSENT, ABSENT }
};


static void
discovery_places(void **state)
{
    unsigned                       n;
    size_t                         i;
    oauth_buf_t                    buf;
    oauth_str_t                    place;
    const discovery_place_case_t  *c;

    (void) state;

    for (i = 0; i < N(discovery_place_cases); i++) {

        c = &discovery_place_cases[i];

        for (n = 0; n < 4; n++) {

            place.len = 0;
            place.data = NULL;

            if (n < 2) {
                place = (n == 0) ? c->inserted : c->appended;
            }

            memset(&buf, 0, sizeof(oauth_buf_t));

            assert_int_equal(oauth_discovery_append_url(&buf, c->issuer, n),
                             place.data != NULL);
            assert_true(oauth_str_equal(oauth_buf_str(&buf), place));

            oauth_buf_free(&buf);
        }
    }
}


typedef struct {
    oauth_str_t  text;
    const char  *error;                 /* how the sentence ends; NULL: good  */
    oauth_str_t  issuer;                /* what discovery holds               */
    oauth_str_t  jwks_uri;
} discovery_case_t;


#define GOOD(text)                                                            \
    { S(text), NULL, S(ISSUER), S(KEYS) }

#define BAD(text, error)                                                      \
    { S(text), error, S(ISSUER), ABSENT }

#define OTHER(issuer)                                                         \
    { S("{\"issuer\":\"" issuer "\",\"jwks_uri\":\"" KEYS "\"}"),             \
      "not the configured one", S(issuer), ABSENT }

#define NOTHING(text, error)                                                  \
    { S(text), error, ABSENT, ABSENT }

#define I         "\"issuer\":\"" ISSUER "\""
#define K         "\"jwks_uri\":\"" KEYS "\""


static const discovery_case_t  discovery_cases[] = {
    GOOD("{" I "," K "}"),
    GOOD(" \r\n\t{ " K " , " I " } \n"),
    GOOD("{" I ",\"token_endpoint\":\"https://x\",\"a\":{\"issuer\":1},"
         "\"scopes_supported\":[\"a\"]," K ",\"b\":null,\"c\":false}"),
    GOOD("{\"issuer\":\"https:\\/\\/login.example.com\"," K "}"),
    GOOD("{\"\\u0069ssuer\":\"" ISSUER "\"," K "}"),

    { S("{" I ",\"jwks_uri\":\"https://other.example/a?b=c\"}"), NULL,
      S(ISSUER), S("https://other.example/a?b=c") },

    NOTHING("", "not a JSON object"),
    NOTHING(" ", "not a JSON object"),
    NOTHING("null", "not a JSON object"),
    NOTHING("true", "not a JSON object"),
    NOTHING("\"" ISSUER "\"", "not a JSON object"),
    NOTHING("[]", "not a JSON object"),
    NOTHING("[{" I "," K "}]", "not a JSON object"),
    NOTHING("{" I "," K, "not a JSON object"),
    NOTHING("{" I "," K "}x", "not a JSON object"),
    NOTHING("{" I "," K "}{}", "not a JSON object"),
    NOTHING("{" I "," K ",}", "not a JSON object"),
    NOTHING("{" I "," K "}\0", "not a JSON object"),
    NOTHING("{" I "," I "," K "}", "not a JSON object"),
    NOTHING("{" I "," K "," K "}", "not a JSON object"),
    NOTHING("\xef\xbb\xbf{" I "," K "}", "not a JSON object"),
    NOTHING("{" I "," K ",\"a\":\"\xff\"}", "not a JSON object"),
    NOTHING("{" I "," K ",\"a\":\"\\u0000\"}", "not a JSON object"),
    NOTHING("{\"issuer\":\"" ISSUER "\\u0000\"," K "}", "not a JSON object"),
    NOTHING("<!DOCTYPE html><html></html>", "not a JSON object"),
    NOTHING("{'issuer':1}", "not a JSON object"),

    NOTHING("{}", "no issuer that is a string"),
    NOTHING("{" K "}", "no issuer that is a string"),
    NOTHING("{\"issuer\":null," K "}", "no issuer that is a string"),
    NOTHING("{\"issuer\":1," K "}", "no issuer that is a string"),
    NOTHING("{\"issuer\":[\"" ISSUER "\"]," K "}",
            "no issuer that is a string"),
    NOTHING("{\"issuer\":{}," K "}", "no issuer that is a string"),
    NOTHING("{\"Issuer\":\"" ISSUER "\"," K "}",
            "no issuer that is a string"),
    NOTHING("{\"issuer\":\"\"," K "}", "not the configured one"),

    OTHER(ISSUER "/"),
    OTHER(ISSUER "/a"),
    OTHER(ISSUER ".evil.example"),
    OTHER(ISSUER ":443"),
    OTHER("https://login.example.co"),
    OTHER("https://Login.example.com"),
    OTHER("http://login.example.com"),
    OTHER("login.example.com"),
    OTHER(" " ISSUER),
    OTHER(ISSUER " "),

    BAD("{" I "}", "no jwks_uri that is a string"),
    BAD("{" I ",\"jwks_uri\":null}", "no jwks_uri that is a string"),
    BAD("{" I ",\"jwks_uri\":7}", "no jwks_uri that is a string"),
    BAD("{" I ",\"jwks_uri\":[\"" KEYS "\"]}",
        "no jwks_uri that is a string"),
    BAD("{" I ",\"jwks\":{\"keys\":[]}}", "no jwks_uri that is a string"),
    BAD("{" I ",\"jwks_uri\":\"\"}", "not a URL"),
    BAD("{" I ",\"jwks_uri\":\"/keys\"}", "not a URL"),
    BAD("{" I ",\"jwks_uri\":\"file:///etc/passwd\"}", "not a URL"),
    BAD("{" I ",\"jwks_uri\":\"gopher://x/_\"}", "not a URL"),
    BAD("{" I ",\"jwks_uri\":\"https://u:p@x/k\"}", "not a URL"),
    BAD("{" I ",\"jwks_uri\":\"https://x/k#f\"}", "not a URL"),
    BAD("{" I ",\"jwks_uri\":\"https://x/k\\r\\nHost: y\"}", "not a URL"),
    BAD("{" I ",\"jwks_uri\":\"https://x/k y\"}", "not a URL"),
    BAD("{" I ",\"jwks_uri\":\"http://login.example.com/keys\"}",
        "see allow_http"),
    BAD("{" I ",\"jwks_uri\":\"http://localhost.evil.example/k\"}",
        "see allow_http"),
    BAD("{" I ",\"jwks_uri\":\"http://127.0.0.1.evil.example/k\"}",
        "see allow_http"),
    BAD("{" I ",\"jwks_uri\":\"http://169.254.169.254/k\"}",
        "see allow_http"),
    BAD("{" I ",\"jwks_uri\":\"http://127.0.0.1:8080/k\"}",
        "or set jwks_uri"),
    BAD("{" I ",\"jwks_uri\":\"http://[::1]/k\"}", "or set jwks_uri"),
    BAD("{" I ",\"jwks_uri\":\"https://127.0.0.1/k\"}", "or set jwks_uri")
};


static int
discovery_ends(const char *s, const char *end)
{
    return strlen(s) >= strlen(end)
           && strcmp(s + strlen(s) - strlen(end), end) == 0;
}


static const char *
discovery_parse(oauth_str_t text, oauth_discovery_t *discovery)
{
    const char               *error;
    unsigned char            *copy;
    oauth_discovery_rules_t   rules;

    rules.issuer = oauth_str(ISSUER);
    rules.source = oauth_str(ISSUER "/.well-known/openid-configuration");
    rules.allow_http = 0;
    rules.without_keys = 0;

    copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);

    if (text.len > 0) {
        memcpy(copy, text.data, text.len);
    }

    error = oauth_discovery_parse((oauth_str_t) { text.len, copy }, &rules,
                                  discovery);

    /* the results do not point into the text */

    memset(copy, 'x', text.len);
    free(copy);

    return error;
}


static void
discovery_documents(void **state)
{
    size_t                   i;
    const char              *error;
    oauth_discovery_t        discovery;
    const discovery_case_t  *c;

    (void) state;

    for (i = 0; i < N(discovery_cases); i++) {

        c = &discovery_cases[i];
        memset(&discovery, 0xa5, sizeof(oauth_discovery_t));

        error = discovery_parse(c->text, &discovery);

        if ((error == NULL) != (c->error == NULL)
            || (error && !discovery_ends(error, c->error)))
        {
            fail_msg("%s: %s", c->text.data, error ? error : "is taken");
        }

        assert_true(oauth_str_equal(oauth_buf_str(&discovery.issuer),
                                    c->issuer));
        assert_true(oauth_str_equal(oauth_buf_str(&discovery.jwks_uri),
                                    c->jwks_uri));

        oauth_discovery_free(&discovery);
        assert_null(discovery.issuer.data);
        assert_null(discovery.jwks_uri.data);
    }
}


/*
 * Where the key set may be depends on the document's address and on allow_http.
 */

#define REMOTE    "https://login.example.com/x"
#define CLUSTER   "http://keycloak:8080/x"
#define LOCAL     "http://127.0.0.1:8080/x"


typedef struct {
    oauth_str_t  source;
    oauth_str_t  jwks_uri;
    int          taken;
    int          taken_http;            /* with allow_http                    */
} discovery_uri_case_t;


static const discovery_uri_case_t  discovery_uri_cases[] = {
    { S(REMOTE), S("https://login.example.com/keys"), 1, 1 },
    { S(REMOTE), S("https://keys.example.net"), 1, 1 },
    { S(REMOTE), S("https://10.0.0.1/keys"), 1, 1 },
    { S(REMOTE), S("https://[2001:db8::1]/keys"), 1, 1 },
    { S(REMOTE), S("http://login.example.com/keys"), 0, 1 },
    { S(REMOTE), S("http://keycloak:8080/keys"), 0, 1 },
    { S(REMOTE), S("http://10.0.0.1/keys"), 0, 1 },
    { S(CLUSTER), S("https://login.example.com/keys"), 1, 1 },
    { S(CLUSTER), S("http://keycloak:8080/keys"), 0, 1 },

    /* only a document on loopback may name loopback, in whatever spelling */

    { S(REMOTE), S("http://127.0.0.1/keys"), 0, 0 },
    { S(REMOTE), S("http://localhost/keys"), 0, 0 },
    { S(REMOTE), S("http://[::1]/keys"), 0, 0 },
    { S(REMOTE), S("https://localhost/keys"), 0, 0 },
    { S(REMOTE), S("https://localhost:8443"), 0, 0 },
    { S(REMOTE), S("https://localhost./keys"), 0, 0 },
    { S(REMOTE), S("https://.localhost/keys"), 0, 0 },
    { S(REMOTE), S("https://localhost../keys"), 0, 0 },
    { S(REMOTE), S("https://127.0.0.1../keys"), 0, 0 },
    { S(REMOTE), S("https://as..localhost/keys"), 0, 0 },
    { S(REMOTE), S("https://127.0.0.1/keys"), 0, 0 },
    { S(REMOTE), S("https://127.1/keys"), 0, 0 },
    { S(REMOTE), S("https://[::ffff:127.0.0.1]/keys"), 0, 0 },
    { S(CLUSTER), S("http://localhost:8080/keys"), 0, 0 },
    { S(CLUSTER), S("http://127.0.0.2:8080/keys"), 0, 0 },
    { S(""), S("https://localhost/keys"), 0, 0 },
    { S("127.0.0.1"), S("https://localhost/keys"), 0, 0 },
    { S("https://localhost.evil.example"), S("https://localhost/"), 0, 0 },
    { S("https://127.0.0.1.evil.example"), S("http://127.0.0.1/"), 0, 0 },

    { S(LOCAL), S("http://127.0.0.1:8080/keys"), 1, 1 },
    { S(LOCAL), S("http://[::1]/keys"), 1, 1 },
    { S(LOCAL), S("https://localhost/keys"), 1, 1 },
    { S(LOCAL), S("https://login.example.com/keys"), 1, 1 },
    { S(LOCAL), S("http://login.example.com/keys"), 0, 1 },
    { S("https://localhost"), S("http://localhost/keys"), 1, 1 },
    { S("https://as.localhost"), S("https://as.localhost/keys"), 1, 1 },
    { S("https://as.localhost"), S("http://as.localhost/keys"), 0, 1 }
};


static void
discovery_uris(void **state)
{
    int                          taken, allow;
    size_t                       i;
    oauth_buf_t                  buf;
    oauth_discovery_t            discovery;
    oauth_discovery_rules_t      rules;
    const discovery_uri_case_t  *c;

    (void) state;

    for (i = 0; i < 2 * N(discovery_uri_cases); i++) {

        c = &discovery_uri_cases[i / 2];
        allow = i % 2;

        memset(&buf, 0, sizeof(oauth_buf_t));
        oauth_buf_append_literal(&buf, "{" I ",\"jwks_uri\":\"");
        oauth_buf_append_str(&buf, c->jwks_uri);
        oauth_buf_append_literal(&buf, "\"}");

        rules.issuer = oauth_str(ISSUER);
        rules.source = c->source;
        rules.allow_http = allow ? 1 : 0;
        rules.without_keys = 0;

        taken = (oauth_discovery_parse(oauth_buf_str(&buf), &rules,
                                       &discovery)
                 == NULL);

        if (taken != (allow ? c->taken_http : c->taken)) {
            fail_msg("%s names %s, allow_http %d: %d", c->source.data,
                     c->jwks_uri.data, allow, taken);
        }

        assert_true(oauth_str_equal(oauth_buf_str(&discovery.jwks_uri),
                                    taken ? c->jwks_uri : oauth_str("")));

        oauth_discovery_free(&discovery);
        oauth_buf_free(&buf);
    }
}


/* A document with n further members. */

static const char *
discovery_with_members(unsigned n)
{
    char               member[32];
    unsigned           i;
    const char        *error;
    oauth_buf_t        buf;
    oauth_discovery_t  discovery;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_buf_append_literal(&buf, "{" I "," K);

    for (i = 0; i < n; i++) {
        oauth_buf_append(&buf, member,
                         (size_t) snprintf(member, sizeof(member),
                                           ",\"m%u\":%u", i, i));
    }

    oauth_buf_append_literal(&buf, "}");
    assert_int_equal(buf.failed, 0);

    error = discovery_parse(oauth_buf_str(&buf), &discovery);

    oauth_discovery_free(&discovery);
    oauth_buf_free(&buf);

    return error;
}


static void
discovery_members(void **state)
{
    (void) state;

    assert_null(discovery_with_members(0));
    assert_null(discovery_with_members(2000));
    assert_non_null(discovery_with_members(2100));
    assert_non_null(discovery_with_members(20000));
}


/*
 * Every prefix of a good document is refused, and no memory is left allocated.
 */

static void
discovery_truncated(void **state)
{
    oauth_str_t        text;
    oauth_discovery_t  discovery;

    (void) state;

    text = oauth_str("{" I "," K "}");

    assert_null(discovery_parse(text, &discovery));
    oauth_discovery_free(&discovery);

    while (text.len-- > 0) {
        assert_non_null(discovery_parse(text, &discovery));
        assert_int_equal(discovery.jwks_uri.len, 0);
        oauth_discovery_free(&discovery);
    }
}


/* The address for introspection, and metadata that has no keys. */

static void
discovery_endpoint(void **state)
{
    size_t                    i;
    oauth_buf_t               url;
    oauth_discovery_t         discovery;
    oauth_discovery_rules_t   rules;

    static const struct {
        const char  *metadata;
        const char  *url;
        int          allow_http;
    } cases[] = {
        { "{\"introspection_endpoint\":\"https://as.example/i\"}",
          "https://as.example/i", 0 },
        { "{\"introspection_endpoint\":\"http://as.example/i\"}", NULL, 0 },
        { "{\"introspection_endpoint\":\"http://as.example/i\"}",
          "http://as.example/i", 1 },
        { "{\"introspection_endpoint\":\"https://127.0.0.1/i\"}", NULL, 1 },
        { "{\"introspection_endpoint\":\"x\"}", NULL, 1 },
        { "{\"introspection_endpoint\":7}", NULL, 1 },
        { "{}", NULL, 1 },
        { "", NULL, 1 }
    };

    (void) state;

    memset(&rules, 0, sizeof(oauth_discovery_rules_t));
    rules.issuer = oauth_str("https://as.example");
    rules.source = rules.issuer;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        memset(&url, 0, sizeof(oauth_buf_t));
        rules.allow_http = cases[i].allow_http ? 1 : 0;

        assert_int_equal(oauth_discovery_endpoint(
                                        oauth_str_of(cases[i].metadata),
                                        &rules, &url) == NULL,
                         cases[i].url != NULL);
        assert_true(oauth_str_equal(oauth_buf_str(&url),
                                    cases[i].url ? oauth_str_of(cases[i].url)
                                                 : oauth_str("")));
        oauth_buf_free(&url);
    }

    rules.without_keys = 1;

    assert_null(oauth_discovery_parse(oauth_str("{\"issuer\":"
                                                "\"https://as.example\"}"),
                                      &rules, &discovery));
    assert_int_equal(discovery.jwks_uri.len, 0);
    oauth_discovery_free(&discovery);

    assert_non_null(oauth_discovery_parse(oauth_str("{\"issuer\":"
                                                    "\"https://as.example\","
                                                    "\"jwks_uri\":7}"),
                                          &rules, &discovery));
    oauth_discovery_free(&discovery);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(discovery_places),
        cmocka_unit_test(discovery_documents),
        cmocka_unit_test(discovery_uris),
        cmocka_unit_test(discovery_members),
        cmocka_unit_test(discovery_truncated),
        cmocka_unit_test(discovery_endpoint)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
