
/*
 * Assertions: what they say about a token, that they end with it, that their
 * size is bounded, and that they are never taken for access tokens.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>
#include <openssl/err.h>

#include "json_copy.h"
#include "keys.h"
#include "oauth_assertion.h"
#include "oauth_base64url.h"
#include "token_fixture.h"


static oauth_signer_t  *assertion_signer;
static oauth_jwks_t    *assertion_keys;


static int
assertion_setup(void **state)
{
    char         *pem;
    const char   *why, *error;
    oauth_buf_t   jwks;

    if (token_setup(state) != 0) {
        return -1;
    }

    pem = keys_pem(token_keys[TOKEN_P256], 1);
    assert_int_equal(oauth_signer_create(oauth_str_of(pem),
                                         OAUTH_ASSERTION_TYPE,
                                         &assertion_signer, &why), OAUTH_DONE);
    free(pem);

    memset(&jwks, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&jwks, "{\"keys\":[");
    assert_int_equal(oauth_signer_append_jwk(assertion_signer, &jwks), 0);
    oauth_buf_append_literal(&jwks, "]}");

    assertion_keys = oauth_jwks_parse(oauth_buf_str(&jwks), OAUTH_ALGS_ALL,
                                      &error);
    oauth_buf_free(&jwks);

    return assertion_keys ? 0 : -1;
}


static int
assertion_teardown(void **state)
{
    oauth_jwks_free(assertion_keys);
    oauth_signer_free(assertion_signer);

    return token_teardown(state);
}


/* A verified token with these members; opaque: its issuer has named them. */

static oauth_token_t *
assertion_token(const char *members, int opaque)
{
    oauth_buf_t            text;
    oauth_token_t         *token;
    json_copy_t            json;
    oauth_claims_t         claims;
    oauth_token_source_t   source;

    memset(&text, 0, sizeof(oauth_buf_t));

    if (!opaque) {
        oauth_base64url_append(&text, oauth_str(HEADER));
        oauth_buf_append_literal(&text, ".");
        oauth_base64url_append(&text, keys_str(members));
        oauth_buf_append_literal(&text, ".AAAA");
    }

    json_copy_parse(&json, keys_str(members));
    assert_int_equal(oauth_claims_read(json.root, &claims), OAUTH_OK);

    source.text = opaque ? oauth_str("opaque") : oauth_buf_str(&text);
    source.kid = (oauth_str_t) { 0, NULL };
    source.scope = oauth_json_str(oauth_json_member(json.root,
                                                    oauth_str("scope")));
    source.payload = opaque ? keys_str(members) : (oauth_str_t) { 0, NULL };
    source.claims = &claims;

    token = oauth_token_create(&source, &token_policy);
    assert_non_null(token);

    json_copy_free(&json);
    oauth_buf_free(&text);

    return token;
}


static oauth_assertion_t
assertion_make(const oauth_str_t *claims, size_t nclaims)
{
    oauth_assertion_t  assertion;

    assertion.issuer = oauth_str("https://app.test");
    assertion.audience = oauth_str("https://app.test/mcp");
    assertion.transaction = oauth_str("0123456789abcdef");
    assertion.ttl = 60;
    assertion.claims = claims;
    assertion.nclaims = nclaims;

    return assertion;
}


/* Signs, verifies with what is published, and returns the claims. */

static json_t *
assertion_claims(const oauth_assertion_t *assertion,
    const oauth_token_t *token, int64_t now)
{
    json_t             *claims;
    oauth_buf_t         buf;
    oauth_jws_t         jws;
    oauth_reason_t      reason;
    const oauth_jwk_t  *key;

    memset(&buf, 0, sizeof(oauth_buf_t));

    assert_int_equal(oauth_assertion_sign(assertion, token, assertion_signer,
                                          now, &buf), OAUTH_DONE);
    assert_int_equal(ERR_peek_error(), 0);

    assert_int_equal(oauth_jws_parse(oauth_buf_str(&buf), &jws), OAUTH_OK);
    assert_true(oauth_jws_is_type(&jws, oauth_str(OAUTH_ASSERTION_TYPE)));

    reason = oauth_jwks_find(assertion_keys, jws.kid, jws.alg, OAUTH_ALGS_ALL,
                             jws.input, jws.signature, &key);
    assert_int_equal(reason, OAUTH_OK);

    claims = json_loadb((char *) jws.payload, jws.npayload,
                        JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(claims);

    oauth_jws_free(&jws);
    oauth_buf_free(&buf);

    return claims;
}


/* The claims without jti are exactly these. */

static void
assertion_is(const oauth_assertion_t *assertion, const char *members,
    int opaque, const char *expected)
{
    char           *text;
    json_t         *claims;
    oauth_token_t  *token;

    token = assertion_token(members, opaque);
    claims = assertion_claims(assertion, token, NOW);

    assert_int_equal(strlen(json_string_value(json_object_get(claims, "jti"))),
                     22);
    json_object_del(claims, "jti");

    text = json_dumps(claims, JSON_COMPACT);

    if (strcmp(text, expected) != 0) {
        fail_msg("%s: %s", members, text);
    }

    free(text);
    json_decref(claims);
    oauth_token_free(token);
}


#define ASSERTION_START                                                       \
    "{\"iss\":\"https://app.test\",\"aud\":\"https://app.test/mcp\","
#define ASSERTION_TIMES                                                       \
    "\"txn\":\"0123456789abcdef\",\"iat\":1700000000,\"exp\":1700000060"
#define ASSERTION_TOKEN  "\"iss\":\"https://as.example\",\"exp\":1700000600"


static void
assertion_says(void **state)
{
    int                opaque;
    oauth_assertion_t  assertion;

    static const oauth_str_t  names[] = {
        oauth_string("groups"), oauth_string("https://example.com/team"),
        oauth_string("none"), oauth_string("org")
    };

    (void) state;

    for (opaque = 0; opaque < 2; opaque++) {

        assertion = assertion_make(NULL, 0);

        assertion_is(&assertion, "{" ASSERTION_TOKEN ",\"sub\":\"joe\","
                     "\"scope\":\"a b\",\"groups\":[1],\"act\":null,"
                     "\"client_id\":\"agent\",\"azp\":\"x\"}", opaque,
                     ASSERTION_START "\"sub\":\"joe\","
                     "\"scope\":\"a b\",\"token_iss\":\"https://as.example\","
                     ASSERTION_TIMES ",\"client_id\":\"agent\"}");

        /* Nothing but what has to be there. */

        assertion_is(&assertion, "{" ASSERTION_TOKEN "}", opaque,
                     ASSERTION_START "\"token_iss\":\"https://as.example\","
                     ASSERTION_TIMES "}");

        /* Copies, in the order of the configuration. */

        assertion.claims = names;
        assertion.nclaims = sizeof(names) / sizeof(names[0]);

        assertion_is(&assertion, "{" ASSERTION_TOKEN ",\"sub\":\"a\\\"b\","
                     "\"org\":{ \"level\": 1 },"
                     "\"https://example.com/team\":null,"
                     "\"act\":{\"sub\":\"b\",\"act\":{\"sub\":\"c\"}},"
                     "\"groups\":[\"x\",2,\"\\u0085\"],\"more\":1}", opaque,
                     ASSERTION_START "\"sub\":\"a\\\"b\","
                     "\"token_iss\":\"https://as.example\"," ASSERTION_TIMES
                     ",\"act\":{\"sub\":\"b\",\"act\":{\"sub\":\"c\"}},"
                     "\"groups\":[\"x\",2,\"\xc2\x85\"],"
                     "\"https://example.com/team\":null,"
                     "\"org\":{\"level\":1}}");
    }
}


/*
 * The names of the client, and what counts as none.  A client with a control
 * character is one, and is not told.
 */

static void
assertion_client(void **state)
{
    size_t              i;
    char                members[128], expected[512];
    oauth_assertion_t   assertion;

    static const char  *cases[][2] = {
        { "\"client_id\":\"a\",\"azp\":\"b\"", "\"a\"" },
        { "\"client_id\":null,\"cid\":\"c\",\"azp\":\"b\"", "\"b\"" },
        { "\"client_id\":\"\",\"cid\":\"c\"", "\"c\"" },
        { "\"cid\":7", "\"7\"" },
        { "\"client_id\":[\"a\"],\"azp\":\"b\"", "\"b\"" },
        { "\"client_id\":\"a\\nb\",\"azp\":\"b\"", NULL },
        { "\"client_id\":\"https://x.test/\\\"\"",
          "\"https://x.test/\\\"\"" }
    };

    (void) state;

    assertion = assertion_make(NULL, 0);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(members, sizeof(members), "{" ASSERTION_TOKEN ",%s}",
                 cases[i][0]);
        snprintf(expected, sizeof(expected), ASSERTION_START
                 "\"token_iss\":\"https://as.example\"," ASSERTION_TIMES
                 "%s%s}", cases[i][1] ? ",\"client_id\":" : "",
                 cases[i][1] ? cases[i][1] : "");

        assertion_is(&assertion, members, 0, expected);
    }
}


static int64_t
assertion_time(const char *members, int64_t ttl, int64_t now)
{
    json_t             *claims;
    int64_t             expires;
    oauth_token_t      *token;
    oauth_assertion_t   assertion;

    token = assertion_token(members, 0);
    assertion = assertion_make(NULL, 0);
    assertion.ttl = ttl;

    claims = assertion_claims(&assertion, token, now);
    assert_int_equal(json_integer_value(json_object_get(claims, "iat")), now);
    expires = json_integer_value(json_object_get(claims, "exp"));

    json_decref(claims);
    oauth_token_free(token);

    return expires;
}


/* It never outlives its token, whose leeway does not count. */

static void
assertion_ends(void **state)
{
    static const char  token[] = "{" ASSERTION_TOKEN "}";

    (void) state;

    assert_true(token_policy.leeway > 0);

    assert_int_equal(assertion_time(token, 60, NOW), NOW + 60);
    assert_int_equal(assertion_time(token, 600, NOW), NOW + 600);
    assert_int_equal(assertion_time(token, 601, NOW), NOW + 600);
    assert_int_equal(assertion_time(token, 60, NOW + 541), NOW + 600);
    assert_int_equal(assertion_time(token, 60, NOW + 605), NOW + 600);

    /* The issuer did not say when it ends. */

    assert_int_equal(assertion_time("{\"iss\":\"https://as.example\"}", 60,
                                    NOW), NOW + 60);
}


static void
assertion_differs(void **state)
{
    json_t             *first, *second;
    oauth_token_t      *token;
    oauth_assertion_t   assertion;

    (void) state;

    token = assertion_token("{" ASSERTION_TOKEN "}", 0);
    assertion = assertion_make(NULL, 0);

    first = assertion_claims(&assertion, token, NOW);
    second = assertion_claims(&assertion, token, NOW);

    assert_string_not_equal(json_string_value(json_object_get(first, "jti")),
                            json_string_value(json_object_get(second, "jti")));

    json_decref(first);
    json_decref(second);
    oauth_token_free(token);
}


/* A claim of len bytes; *size: the bytes of all claims of the assertion. */

static oauth_result_t
assertion_of(size_t len, size_t *size)
{
    char                members[OAUTH_ASSERTION_SIZE + 256];
    oauth_buf_t         buf;
    oauth_jws_t         jws;
    oauth_token_t      *token;
    oauth_result_t      result;
    oauth_assertion_t   assertion;

    static const oauth_str_t  name = oauth_string("big");

    snprintf(members, sizeof(members),
             "{" ASSERTION_TOKEN ",\"big\":\"%*s\"}", (int) len, "x");

    token = assertion_token(members, 0);
    assertion = assertion_make(&name, 1);

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&buf, "x");

    result = oauth_assertion_sign(&assertion, token, assertion_signer, NOW,
                                  &buf);

    if (result == OAUTH_DONE) {
        assert_int_equal(oauth_jws_parse((oauth_str_t) { buf.len - 1,
                                                         buf.data + 1 }, &jws),
                         OAUTH_OK);
        *size = jws.npayload;
        oauth_jws_free(&jws);

    } else {
        assert_int_equal(buf.len, 1);
    }

    oauth_buf_free(&buf);
    oauth_token_free(token);

    return result;
}


static void
assertion_size(void **state)
{
    size_t  size, len;

    (void) state;

    assert_int_equal(assertion_of(1, &size), OAUTH_DONE);

    len = 1 + OAUTH_ASSERTION_SIZE - size;

    assert_int_equal(assertion_of(len, &size), OAUTH_DONE);
    assert_int_equal(size, OAUTH_ASSERTION_SIZE);
    assert_int_equal(assertion_of(len + 1, &size), OAUTH_INVALID);
}


/* With the keys of the module as those of an issuer: never an access token. */

static void
assertion_refused(void **state)
{
    oauth_buf_t          buf;
    oauth_token_t       *token;
    oauth_token_rules_t  rules;
    oauth_assertion_t    assertion;

    (void) state;

    rules = token_policy;
    rules.issuer = oauth_str("https://app.test");

    token = assertion_token("{" ASSERTION_TOKEN ",\"sub\":\"joe\"}", 0);
    assertion = assertion_make(NULL, 0);

    memset(&buf, 0, sizeof(oauth_buf_t));
    assert_int_equal(oauth_assertion_sign(&assertion, token, assertion_signer,
                                          NOW, &buf), OAUTH_DONE);
    assert_int_equal(token_reason_of(oauth_buf_str(&buf), &rules,
                                     assertion_keys), OAUTH_WRONG_TYPE);

    oauth_buf_free(&buf);
    oauth_token_free(token);
}


static void
assertion_reserved(void **state)
{
    (void) state;

    assert_true(oauth_assertion_is_reserved(oauth_str("iss")));
    assert_true(oauth_assertion_is_reserved(oauth_str("act")));
    assert_true(oauth_assertion_is_reserved(oauth_str("txn")));
    assert_false(oauth_assertion_is_reserved(oauth_str("issuer")));
    assert_false(oauth_assertion_is_reserved(oauth_str("email")));
    assert_false(oauth_assertion_is_reserved(oauth_str("")));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(assertion_says),
        cmocka_unit_test(assertion_client),
        cmocka_unit_test(assertion_ends),
        cmocka_unit_test(assertion_differs),
        cmocka_unit_test(assertion_size),
        cmocka_unit_test(assertion_refused),
        cmocka_unit_test(assertion_reserved)
    };

    return cmocka_run_group_tests(tests, assertion_setup, assertion_teardown);
}
