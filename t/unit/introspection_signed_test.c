
/*
 * Signed answers to introspection (RFC 9701): one that is accepted, next to
 * answers whose header, envelope, signature or content differs in one thing.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "keys.h"
#include "oauth_introspection.h"
#include "token_fixture.h"


#define TYPE      "\"typ\":\"token-introspection+jwt\""
#define SIGNED    "{\"alg\":\"ES256\",\"kid\":\"p256\"," TYPE "}"
#define ISS       "\"iss\":\"https://as.example\""
#define AUD       "\"aud\":\"nginx\""
#define IAT       "\"iat\":1700000000"
#define ANSWER    "\"token_introspection\":{\"active\":true,\"sub\":\"joe\"}"
#define ENVELOPE  ISS "," AUD "," IAT


typedef struct {
    oauth_reason_t  reason;
    const char     *header;
    const char     *payload;
} signed_case_t;


static const signed_case_t  signed_cases[] = {
    { OAUTH_OK, SIGNED, "{" ENVELOPE "," ANSWER "}" },

    /* The header. */

    { OAUTH_OK, "{\"alg\":\"ES256\",\"typ\":"
                "\"application/Token-Introspection+JWT\"}",
      "{" ENVELOPE "," ANSWER "}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE,
      "{\"alg\":\"ES256\",\"kid\":\"p256\",\"typ\":\"at+jwt\"}",
      "{" ENVELOPE "," ANSWER "}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE,
      "{\"alg\":\"ES256\",\"kid\":\"p256\",\"typ\":\"JWT\"}",
      "{" ENVELOPE "," ANSWER "}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE,
      "{\"alg\":\"ES256\",\"kid\":\"p256\"}", "{" ENVELOPE "," ANSWER "}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE,
      "{\"alg\":\"none\"," TYPE "}", "{" ENVELOPE "," ANSWER "}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE,
      "{\"alg\":\"ES256\",\"kid\":\"other\"," TYPE "}",
      "{" ENVELOPE "," ANSWER "}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE,
      "{\"alg\":\"ES256\",\"kid\":\"rsa\"," TYPE "}",
      "{" ENVELOPE "," ANSWER "}" },

    /* The issuer. */

    { OAUTH_INTROSPECTION_UNAVAILABLE, SIGNED, "{" AUD "," IAT "," ANSWER "}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, SIGNED,
      "{\"iss\":\"https://other\"," AUD "," IAT "," ANSWER "}" },

    /* The client. */

    { OAUTH_OK, SIGNED,
      "{" ISS ",\"aud\":[\"x\",\"nginx\"]," IAT "," ANSWER "}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, SIGNED, "{" ISS "," IAT "," ANSWER "}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, SIGNED,
      "{" ISS ",\"aud\":\"other\"," IAT "," ANSWER "}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, SIGNED,
      "{" ISS ",\"aud\":7," IAT "," ANSWER "}" },

    /* The time: 60 s and a leeway of 30 s. */

    { OAUTH_INTROSPECTION_UNAVAILABLE, SIGNED, "{" ISS "," AUD "," ANSWER "}" },
    { OAUTH_OK, SIGNED,
      "{" ISS "," AUD ",\"iat\":1699999910," ANSWER "}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, SIGNED,
      "{" ISS "," AUD ",\"iat\":1699999909," ANSWER "}" },
    { OAUTH_OK, SIGNED,
      "{" ISS "," AUD ",\"iat\":1700000030," ANSWER "}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, SIGNED,
      "{" ISS "," AUD ",\"iat\":1700000031," ANSWER "}" },
    { OAUTH_OK, SIGNED, "{" ENVELOPE ",\"exp\":1699999971," ANSWER "}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, SIGNED,
      "{" ENVELOPE ",\"exp\":1699999970," ANSWER "}" },

    /* The answer. */

    { OAUTH_INTROSPECTION_UNAVAILABLE, SIGNED, "{" ENVELOPE "}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, SIGNED,
      "{" ENVELOPE ",\"active\":true}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, SIGNED,
      "{" ENVELOPE ",\"token_introspection\":[{\"active\":true}]}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, SIGNED,
      "{" ENVELOPE ",\"token_introspection\":\"{\\\"active\\\":true}\"}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, SIGNED,
      "{" ENVELOPE ",\"token_introspection\":{}}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, SIGNED,
      "{" ENVELOPE "," ANSWER "," ANSWER "}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, SIGNED,
      "{" ENVELOPE ",\"token_introspection\":{\"active\":true,\"a\":1,"
      "\"a\":1}}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, SIGNED, "[]" },
    { OAUTH_INACTIVE, SIGNED,
      "{" ENVELOPE ",\"token_introspection\":{\"active\":false}}" },
    { OAUTH_WRONG_TYPE, SIGNED,
      "{" ENVELOPE ",\"token_introspection\":{\"active\":true,"
      "\"token_type\":\"refresh_token\"}}" },
    { OAUTH_UNKNOWN_ISSUER, SIGNED,
      "{" ENVELOPE ",\"token_introspection\":{\"active\":true,"
      "\"iss\":\"https://other\"}}" }
};


static const oauth_introspection_t  signed_question = {
    oauth_string("opaque-1"), &token_policy, 60, NULL
};


static oauth_reason_t
signed_ask(const oauth_buf_t *body, const oauth_token_rules_t *rules,
    const oauth_jwks_t *keys, oauth_str_t client, oauth_token_t **token)
{
    const char             *why;
    oauth_reason_t          reason;
    oauth_introspection_t   question;

    question = signed_question;
    question.rules = rules;

    why = "left";

    reason = oauth_introspection_verify_signed(&question, oauth_buf_str(body),
                                               keys, client, NOW, token, &why);

    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(reason == OAUTH_OK, *token != NULL);

    if (reason == OAUTH_OK || reason == OAUTH_INACTIVE) {
        assert_null(why);

    } else {
        assert_non_null(why);
        assert_string_not_equal(why, "left");
    }

    return reason;
}


static void
signed_make(oauth_buf_t *body, EVP_PKEY *key, const char *header,
    const char *payload)
{
    memset(body, 0, sizeof(oauth_buf_t));
    keys_append_token(body, key, OAUTH_ALG_ES256, oauth_str_of(header),
                      oauth_str_of(payload));
}


static void
signed_answers(void **state)
{
    size_t                i;
    oauth_buf_t           body;
    oauth_token_t        *token;
    oauth_reason_t        reason;
    const signed_case_t  *c;

    (void) state;

    for (i = 0; i < sizeof(signed_cases) / sizeof(signed_case_t); i++) {
        c = &signed_cases[i];

        signed_make(&body, token_keys[TOKEN_P256], c->header, c->payload);
        reason = signed_ask(&body, &token_policy, token_set,
                            oauth_str("nginx"), &token);

        if (reason != c->reason) {
            fail_msg("%s.%s: %s", c->header, c->payload,
                     oauth_reason_info(reason)->code);
        }

        oauth_token_free(token);
        oauth_buf_free(&body);
    }
}


/* The same answer, with another key, algorithm or client. */

static void
signed_others(void **state)
{
    oauth_buf_t           body;
    oauth_token_t        *token;
    oauth_token_rules_t   rules;

    (void) state;

    signed_make(&body, token_keys[TOKEN_P256], SIGNED,
                "{" ENVELOPE "," ANSWER "}");

    assert_int_equal(signed_ask(&body, &token_policy, token_set,
                                oauth_str("nginx"), &token), OAUTH_OK);
    oauth_token_free(token);

    assert_int_equal(signed_ask(&body, &token_policy, token_set,
                                oauth_str("ngin"), &token),
                     OAUTH_INTROSPECTION_UNAVAILABLE);
    assert_int_equal(signed_ask(&body, &token_policy, token_set,
                                (oauth_str_t) { 0, NULL }, &token),
                     OAUTH_INTROSPECTION_UNAVAILABLE);

    rules = token_policy;
    rules.algorithms &= ~oauth_alg_bit(OAUTH_ALG_ES256);
    assert_int_equal(signed_ask(&body, &rules, token_set, oauth_str("nginx"),
                                &token), OAUTH_INTROSPECTION_UNAVAILABLE);

    keys_spoil(&body);
    assert_int_equal(signed_ask(&body, &token_policy, token_set,
                                oauth_str("nginx"), &token),
                     OAUTH_INTROSPECTION_UNAVAILABLE);
    oauth_buf_free(&body);

    signed_make(&body, token_foreign, SIGNED, "{" ENVELOPE "," ANSWER "}");
    assert_int_equal(signed_ask(&body, &token_policy, token_set,
                                oauth_str("nginx"), &token),
                     OAUTH_INTROSPECTION_UNAVAILABLE);
    oauth_buf_free(&body);

    /* An empty client is nobody's, also where aud is empty. */

    signed_make(&body, token_keys[TOKEN_P256], SIGNED,
                "{" ISS ",\"aud\":\"\"," IAT "," ANSWER "}");
    assert_int_equal(signed_ask(&body, &token_policy, token_set, oauth_str(""),
                                &token), OAUTH_INTROSPECTION_UNAVAILABLE);
    oauth_buf_free(&body);

    /* The answer without its signature. */

    oauth_buf_append_literal(&body, "{\"active\":true}");
    assert_int_equal(signed_ask(&body, &token_policy, token_set,
                                oauth_str("nginx"), &token),
                     OAUTH_INTROSPECTION_UNAVAILABLE);
    oauth_buf_free(&body);
}


/* A signed answer is no access token, whoever sends it. */

static void
signed_as_token(void **state)
{
    oauth_buf_t  body;

    (void) state;

    signed_make(&body, token_keys[TOKEN_P256], SIGNED,
                "{" PAYLOAD "," AUD "," ANSWER "}");
    assert_int_equal(token_reason_of(oauth_buf_str(&body), &token_policy,
                                     token_set), OAUTH_WRONG_TYPE);
    oauth_buf_free(&body);

    signed_make(&body, token_keys[TOKEN_P256], HEADER,
                "{" PAYLOAD "," AUD "," ANSWER "}");
    assert_int_equal(token_reason_of(oauth_buf_str(&body), &token_policy,
                                     token_set), OAUTH_OK);
    oauth_buf_free(&body);
}


/* The claims are those of the answer, with brackets and escapes in them. */

static void
signed_claims(void **state)
{
    oauth_buf_t     body, text;
    oauth_token_t  *token;

    (void) state;

    signed_make(&body, token_keys[TOKEN_P256], SIGNED,
                "{\"sub\":\"outer\"," ENVELOPE ",\"a\":\"\\u0061{[\\\"\","
                "\"token_introspection\" : {\"active\":true,"
                "\"sub\":\"\\u006aoe\",\"scope\":\"wiki:read\","
                "\"groups\":[\"}]\\\\\",[],\"\\\"}\"],\"x\":{\"y\":[{}]},"
                "\"ratio\":0.1234567890123456} , \"z\":\"}\"}");

    assert_int_equal(signed_ask(&body, &token_policy, token_set,
                                oauth_str("nginx"), &token), OAUTH_OK);

    assert_true(token->opaque);
    assert_true(oauth_str_equal(token->text, oauth_str("opaque-1")));
    assert_true(oauth_str_equal(token->subject, oauth_str("joe")));
    assert_true(oauth_str_equal(token->scope, oauth_str("wiki:read")));
    assert_true(oauth_str_equal(token->claims[TOKEN_GROUPS].text,
                                oauth_str("}]\\,[],\"}")));
    assert_true(oauth_str_starts(token->payload, oauth_str("{\"active\":")));
    assert_int_equal(token->payload.data[token->payload.len - 1], '}');
    assert_int_equal(token->payload.data[token->payload.len - 2], '6');

    memset(&text, 0, sizeof(oauth_buf_t));
    assert_int_equal(oauth_token_text(token, oauth_str("x"), &text), 0);
    assert_true(oauth_str_equal(oauth_buf_str(&text),
                                oauth_str("{\"y\":[{}]}")));
    oauth_buf_free(&text);

    assert_int_equal(oauth_token_text(token, oauth_str("iss"), &text), 0);
    assert_int_equal(text.len, 0);

    oauth_token_free(token);
    oauth_buf_free(&body);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(signed_answers),
        cmocka_unit_test(signed_others),
        cmocka_unit_test(signed_as_token),
        cmocka_unit_test(signed_claims)
    };

    return cmocka_run_group_tests(tests, token_setup, token_teardown);
}
