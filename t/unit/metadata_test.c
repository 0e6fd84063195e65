
/*
 * The protected resource metadata document (RFC 9728 section 2): its bytes,
 * which members are left out, what the configuration may add, and a lack of
 * memory at every step of writing it.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_document.h"
#include "oauth_metadata.h"


#define S(str)    oauth_string(str)
#define N(array)  (sizeof(array) / sizeof((array)[0]))


typedef struct {
    oauth_str_t  name;
    size_t       nvalues;
    oauth_str_t  values[3];
    const char  *error;                 /* a part of the sentence             */
} metadata_check_case_t;


#define ONE(name, value, error)   { S(name), 1, { S(value) }, error }

#define TWO(name, a, b, error)    { S(name), 2, { S(a), S(b) }, error }

#define TAG(tag, error)           ONE("resource_name#" tag, "Wiki", error)

#define TYPES                     "authorization_details_types_supported"

#define OWN                       "writes this member itself"
#define PROMISE                   "cannot keep"
#define UNKNOWN                   "no such member"
#define NOT_FOR_READERS           "not for human readers"
#define BAD_TAG                   "not a BCP 47 tag"
#define ONE_VALUE                 "takes one value"
#define NO_SIGNATURE              "signs nothing"
#define NO_URL                    "not an absolute http or https URL"


static const metadata_check_case_t  metadata_check_cases[] = {
    ONE("resource_name", "Wiki", NULL),
    ONE("resource_name", "Das Wiki \xe2\x80\x93 f\xc3\xbcr alle", NULL),
    ONE("resource_name", "\"quoted\" \\ <b>", NULL),
    ONE("resource_name", "\xf0\x9f\x93\x96", NULL),
    ONE("resource_documentation", "https://h/docs", NULL),
    ONE("resource_documentation", "http://docs.example/a?b=c", NULL),
    ONE("resource_documentation#de", "https://h/docs/de", NULL),
    ONE("resource_policy_uri", "https://h/policy", NULL),
    ONE("resource_policy_uri#fr-CA", "https://h/policy", NULL),
    ONE("resource_tos_uri", "https://h/tos", NULL),
    ONE("resource_tos_uri#zh-Hans", "https://h/tos", NULL),
    ONE("jwks_uri", "https://h/jwks", NULL),
    ONE("jwks_uri", "http://127.0.0.1:8080/jwks", NULL),
    ONE("authorization_details_types_supported", "payment", NULL),
    TWO("authorization_details_types_supported", "payment", "account", NULL),
    ONE("resource_signing_alg_values_supported", "ES256", NULL),
    TWO("resource_signing_alg_values_supported", "RS256", "PS256", NULL),
    ONE("resource_signing_alg_values_supported", "none", NO_SIGNATURE),
    TWO("resource_signing_alg_values_supported", "RS256", "none",
        NO_SIGNATURE),

    ONE("resource", "https://h", OWN),
    ONE("authorization_servers", "https://as", OWN),
    ONE("scopes_supported", "a", OWN),
    ONE("bearer_methods_supported", "query", OWN),
    ONE("tls_client_certificate_bound_access_tokens", "true", OWN),

    ONE("signed_metadata", "e30.e30.", PROMISE),
    ONE("dpop_signing_alg_values_supported", "ES256", OWN),
    ONE("dpop_bound_access_tokens_required", "true", OWN),

    ONE("", "x", UNKNOWN),
    ONE("#de", "x", UNKNOWN),
    ONE("Resource_name", "x", UNKNOWN),
    ONE("resource_nam", "x", UNKNOWN),
    ONE("resource_names", "x", UNKNOWN),
    ONE("resource_name ", "x", UNKNOWN),
    ONE("resource_name\0", "x", UNKNOWN),
    ONE("x-mine", "x", UNKNOWN),
    ONE("resource#de", "https://h", UNKNOWN),
    ONE("issuer", "https://as", UNKNOWN),
    ONE("token_endpoint", "https://as/token", UNKNOWN),
    ONE("bearer_method", "x", UNKNOWN),

    ONE("jwks_uri#de", "https://h/jwks", NOT_FOR_READERS),
    ONE("authorization_details_types_supported#de", "x", NOT_FOR_READERS),
    ONE("resource_signing_alg_values_supported#de", "x", NOT_FOR_READERS),

    TAG("de", NULL),
    TAG("DE", NULL),
    TAG("de-CH", NULL),
    TAG("de-CH-1996", NULL),
    TAG("zh-Hant-TW", NULL),
    TAG("es-419", NULL),
    TAG("sl-rozaj-biske-1994", NULL),
    TAG("en-u-ca-gregory", NULL),
    TAG("en-x-a", NULL),
    TAG("en-x-a-b-c", NULL),
    TAG("x-whatever", NULL),
    TAG("x-a", NULL),
    TAG("abcdefgh", NULL),

    TAG("", BAD_TAG),
    TAG("x", BAD_TAG),
    TAG("d", BAD_TAG),
    TAG("i-klingon", BAD_TAG),
    TAG("12", BAD_TAG),
    TAG("d1", BAD_TAG),
    TAG("1d", BAD_TAG),
    TAG("de-_H", BAD_TAG),
    TAG("abcdefghi", BAD_TAG),
    TAG("de-abcdefghi", BAD_TAG),
    TAG("de_CH", BAD_TAG),
    TAG("de-", BAD_TAG),
    TAG("-de", BAD_TAG),
    TAG("de--CH", BAD_TAG),
    TAG("de-x", BAD_TAG),
    TAG("en-u", BAD_TAG),
    TAG("en-u-t-x", BAD_TAG),
    TAG("en-u-x-a", BAD_TAG),
    TAG("de CH", BAD_TAG),
    TAG("de#CH", BAD_TAG),
    TAG("d\xc3\xa9", BAD_TAG),
    TAG("de\0", BAD_TAG),
    TAG("*", BAD_TAG),

    { S("resource_name"), 0, { { 0, NULL } }, "needs a value" },
    { S("authorization_details_types_supported"), 0, { { 0, NULL } },
      "needs a value" },
    TWO("resource_name", "My", "Wiki", ONE_VALUE),
    TWO("resource_documentation", "https://h/a", "https://h/b", ONE_VALUE),
    TWO("jwks_uri", "https://h/a", "https://h/b", ONE_VALUE),

    ONE("resource_name", "", "is empty"),
    ONE("resource_documentation", "", "is empty"),
    TWO("authorization_details_types_supported", "a", "", "is empty"),
    ONE("resource_name", "a\nb", "control character"),
    ONE("resource_name", "a\tb", "control character"),
    ONE("resource_name", "\x7f", "control character"),
    ONE("resource_name", "a\0", "control character"),
    ONE("resource_name", "\xc2\x80", "control character"),
    ONE("resource_name", "\xc2\x9f", "control character"),
    ONE("resource_name", "\xc2\xa0", NULL),
    ONE("resource_name", "\xc3\x80", NULL),
    TWO("authorization_details_types_supported", "a", "b\r",
        "control character"),
    ONE("resource_name", "\xff", "not valid UTF-8"),
    ONE("resource_name", "a\xc3", "not valid UTF-8"),
    ONE("resource_name", "\xc2", "not valid UTF-8"),
    ONE("resource_name", "\xc0\xaf", "not valid UTF-8"),
    ONE("resource_name", "\xed\xa0\x80", "not valid UTF-8"),
    ONE("resource_name", "\xf5\x80\x80\x80", "not valid UTF-8"),

    ONE("resource_documentation", "docs", NO_URL),
    ONE("resource_documentation", "/docs", NO_URL),
    ONE("resource_documentation", "ftp://h/docs", NO_URL),
    ONE("resource_documentation", "javascript:alert(1)", NO_URL),
    ONE("resource_policy_uri", "https://", NO_URL),
    ONE("resource_tos_uri", "https://h/a b", NO_URL),
    ONE("resource_tos_uri#de", "nope", NO_URL),
    ONE("jwks_uri", "jwks.json", NO_URL),
    ONE("jwks_uri", "http://h/jwks", "plain http")
};


static void
metadata_check(void **state)
{
    size_t                        i;
    const char                   *error;
    oauth_metadata_member_t       member;
    const metadata_check_case_t  *c;

    (void) state;

    for (i = 0; i < N(metadata_check_cases); i++) {

        c = &metadata_check_cases[i];

        member.name = c->name;
        member.values = c->values;
        member.nvalues = c->nvalues;

        error = oauth_metadata_check(&member);

        if ((error == NULL) != (c->error == NULL)
            || (error && strstr(error, c->error) == NULL))
        {
            fail_msg("\"%s\", \"%s\": %s", c->name.data,
                     c->nvalues ? (char *) c->values[0].data : "",
                     error ? error : "is taken");
        }
    }
}


/* Every byte as a language subtag and as a value. */

static void
metadata_check_every_byte(void **state)
{
    int                      letter, digit;
    unsigned                 c;
    unsigned char            name[] = "resource_name#de-CH", text[1];
    oauth_str_t              value;
    oauth_metadata_member_t  member;

    (void) state;

    member.name.data = name;
    member.name.len = sizeof(name) - 1;
    member.values = &value;
    member.nvalues = 1;

    value.len = 1;
    value.data = text;

    for (c = 0; c < 256; c++) {

        letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        digit = c >= '0' && c <= '9';

        text[0] = 'x';

        name[18] = (unsigned char) c;
        assert_int_equal(oauth_metadata_check(&member) == NULL,
                         letter || digit);

        name[18] = 'H';
        name[15] = (unsigned char) c;
        assert_int_equal(oauth_metadata_check(&member) == NULL, letter);

        name[15] = 'e';
        text[0] = (unsigned char) c;
        assert_int_equal(oauth_metadata_check(&member) == NULL,
                         c >= 0x20 && c < 0x7f);
    }
}


static const oauth_str_t  metadata_issuers[] = {
    S("https://login.example.com"), S("https://as.example/realms/a/")
};

static const oauth_str_t  metadata_name[] = { S("Wiki \"\xc3\xbc\"") };
static const oauth_str_t  metadata_page[] = { S("https://h/docs?a=b&c") };
static const oauth_str_t  metadata_types[] = { S("payment"), S("account") };
static const oauth_str_t  metadata_algorithms[] = { S("RS256"), S("ES384") };

static const oauth_metadata_member_t  metadata_members[] = {
    { S("resource_name#de"), metadata_name, 1 },
    { S("authorization_details_types_supported"), metadata_types, 2 },
    { S("resource_documentation"), metadata_page, 1 },
    { S("resource_signing_alg_values_supported"), metadata_algorithms, 2 },
    { S("authorization_details_types_supported"), metadata_types, 2 }
};

static const oauth_metadata_t  metadata_full = {
    S("https://wiki.example.com/docs"), metadata_issuers, 2,
    S("wiki:read  wiki:write"), S("ES256 EdDSA"), 1,
    metadata_members, 4,
    .certificates = 1
};

static const char  metadata_full_text[]
    = "{\"resource\":\"https://wiki.example.com/docs\","
      "\"authorization_servers\":[\"https://login.example.com\","
      "\"https://as.example/realms/a/\"],"
      "\"scopes_supported\":[\"wiki:read\",\"wiki:write\"],"
      "\"bearer_methods_supported\":[\"header\"],"
      "\"dpop_signing_alg_values_supported\":[\"ES256\",\"EdDSA\"],"
      "\"dpop_bound_access_tokens_required\":true,"
      "\"tls_client_certificate_bound_access_tokens\":true,"
      "\"resource_name#de\":\"Wiki \\\"\xc3\xbc\\\"\","
      "\"authorization_details_types_supported\":[\"payment\",\"account\"],"
      "\"resource_documentation\":\"https://h/docs?a=b&c\","
      "\"resource_signing_alg_values_supported\":[\"RS256\",\"ES384\"]}";


static void
metadata_write_full(void **state)
{
    size_t       i;
    oauth_buf_t  buf;

    (void) state;

    for (i = 0; i < metadata_full.nmembers; i++) {
        assert_null(oauth_metadata_check(&metadata_members[i]));
    }

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_metadata_write(&buf, &metadata_full);

    assert_int_equal(buf.failed, 0);
    assert_int_equal(buf.len, sizeof(metadata_full_text) - 1);
    assert_memory_equal(buf.data, metadata_full_text, buf.len);

    oauth_buf_free(&buf);
}


/* The document can be written around any URL, and then names that URL. */

static void
metadata_write_rest(void **state)
{
    oauth_buf_t  buf;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_buf_append_literal(&buf, OAUTH_METADATA_START);
    oauth_buf_append_str(&buf, metadata_full.resource);
    oauth_metadata_write_rest(&buf, &metadata_full);

    assert_int_equal(buf.failed, 0);
    assert_int_equal(buf.len, sizeof(metadata_full_text) - 1);
    assert_memory_equal(buf.data, metadata_full_text, buf.len);

    oauth_buf_free(&buf);
}


static void
metadata_write_least(void **state)
{
    oauth_buf_t       buf;
    oauth_metadata_t  metadata;

    (void) state;

    memset(&metadata, 0, sizeof(oauth_metadata_t));
    memset(&buf, 0, sizeof(oauth_buf_t));

    metadata.resource = oauth_str("https://h/");

    oauth_buf_append_literal(&buf, "<");
    oauth_metadata_write(&buf, &metadata);

    assert_int_equal(buf.failed, 0);
    assert_true(oauth_str_equal(oauth_buf_str(&buf),
                                oauth_str("<{\"resource\":\"https://h/\","
                                          "\"bearer_methods_supported\":"
                                          "[\"header\"]}")));
    oauth_buf_free(&buf);
}


/* A value that was not checked is not written. */

static void
metadata_write_unchecked(void **state)
{
    size_t            i;
    oauth_buf_t       buf;
    oauth_metadata_t  metadata;

    static const oauth_str_t  bad[] = { S("\xff") };

    static const oauth_metadata_member_t  members[] = {
        { S("unknown"), metadata_name, 1 },
        { S("resource"), metadata_name, 1 },
        { S("resource_name"), metadata_name, 0 },
        { S("resource_name"), bad, 1 },
        { S("authorization_details_types_supported"), bad, 1 }
    };

    (void) state;

    for (i = 0; i < N(members); i++) {

        metadata = metadata_full;
        metadata.members = &members[i];
        metadata.nmembers = 1;

        memset(&buf, 0, sizeof(oauth_buf_t));
        oauth_metadata_write(&buf, &metadata);

        assert_int_equal(buf.failed, 1);

        oauth_buf_free(&buf);
    }

    memset(&metadata, 0, sizeof(oauth_metadata_t));
    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_metadata_write(&buf, &metadata);

    assert_int_equal(buf.failed, 1);

    oauth_buf_free(&buf);
}


static size_t  metadata_allocations;


static void *
metadata_malloc(size_t size)
{
    return (metadata_allocations-- == 0) ? NULL : malloc(size);
}


/* The n-th allocation fails: the document is whole, or the failure is seen. */

static void
metadata_write_memory(void **state)
{
    size_t       n, failed;
    oauth_buf_t  buf;

    (void) state;

    failed = 0;

    for (n = 0; n < 1000; n++) {

        memset(&buf, 0, sizeof(oauth_buf_t));

        metadata_allocations = n;
        json_set_alloc_funcs(metadata_malloc, free);

        oauth_buf_append_literal(&buf, OAUTH_METADATA_START);
        oauth_buf_append_str(&buf, metadata_full.resource);
        oauth_metadata_write_rest(&buf, &metadata_full);

        json_set_alloc_funcs(malloc, free);

        if (!buf.failed) {
            assert_int_equal(buf.len, sizeof(metadata_full_text) - 1);
            assert_memory_equal(buf.data, metadata_full_text, buf.len);
            oauth_buf_free(&buf);
            break;
        }

        failed++;
        oauth_buf_free(&buf);
    }

    assert_true(failed > 20 && failed < 1000);
}


static void
metadata_equal(void **state)
{
    static const oauth_str_t  wiki[] = { S("Wiki") };
    static const oauth_str_t  other[] = { S("wiki") };
    static const oauth_str_t  types[] = { S("a"), S("b") };
    static const oauth_str_t  turned[] = { S("b"), S("a") };

    static const oauth_metadata_member_t  one[] = {
        { S("resource_name"), wiki, 1 },
        { S(TYPES), types, 2 }
    };

    static const oauth_metadata_member_t  same[] = {
        { S(TYPES), types, 2 },
        { S("resource_name"), wiki, 1 }
    };

    static const oauth_metadata_member_t  bad[][2] = {
        { { S("resource_name"), other, 1 }, { S(TYPES), types, 2 } },
        { { S("resource_name#de"), wiki, 1 }, { S(TYPES), types, 2 } },
        { { S("resource_name"), wiki, 1 }, { S(TYPES), types, 1 } },
        { { S("resource_name"), wiki, 1 }, { S(TYPES), turned, 2 } }
    };

    size_t  i;

    (void) state;

    assert_int_equal(oauth_metadata_equal(one, 2, one, 2), 1);
    assert_int_equal(oauth_metadata_equal(one, 2, same, 2), 1);
    assert_int_equal(oauth_metadata_equal(NULL, 0, NULL, 0), 1);
    assert_int_equal(oauth_metadata_equal(one, 2, one, 1), 0);
    assert_int_equal(oauth_metadata_equal(one, 1, one, 2), 0);
    assert_int_equal(oauth_metadata_equal(one, 1, NULL, 0), 0);

    for (i = 0; i < N(bad); i++) {
        assert_int_equal(oauth_metadata_equal(one, 2, bad[i], 2), 0);
        assert_int_equal(oauth_metadata_equal(bad[i], 2, one, 2), 0);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(metadata_check),
        cmocka_unit_test(metadata_check_every_byte),
        cmocka_unit_test(metadata_equal),
        cmocka_unit_test(metadata_write_full),
        cmocka_unit_test(metadata_write_rest),
        cmocka_unit_test(metadata_write_least),
        cmocka_unit_test(metadata_write_unchecked),
        cmocka_unit_test(metadata_write_memory)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
