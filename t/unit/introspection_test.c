
/*
 * Answers to introspection: what is accepted, next to answers that differ in
 * one thing and are refused.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "oauth_base64url.h"
#include "oauth_introspection.h"
#include "token_fixture.h"


#define ACTIVE  "\"active\":true"
#define JKT     "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
#define OTHER   "1ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


typedef struct {
    oauth_reason_t  reason;
    const char     *body;
} introspection_case_t;


static const introspection_case_t  introspection_cases[] = {

    /* active */

    { OAUTH_OK, "{" ACTIVE "}" },
    { OAUTH_OK, " {\n\"active\" : true }\r\n" },
    { OAUTH_INACTIVE, "{\"active\":false}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, "{\"active\":\"true\"}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, "{\"active\":1}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, "{\"active\":null}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, "{\"active\":[true]}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, "{\"Active\":true}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, "{}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, "{\"exp\":1700000100}" },

    /* It beats everything else. */

    { OAUTH_INACTIVE, "{\"active\":false,\"iss\":\"https://other\"}" },
    { OAUTH_INACTIVE, "{\"active\":false,\"iss\":7,\"exp\":\"x\"}" },
    { OAUTH_INACTIVE, "{\"active\":false,\"token_type\":\"refresh_token\"}" },

    /* JSON */

    { OAUTH_INTROSPECTION_UNAVAILABLE, "" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, "true" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, "[{" ACTIVE "}]" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, "<html>active: true</html>" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, "{" ACTIVE },
    { OAUTH_INTROSPECTION_UNAVAILABLE, "{" ACTIVE "}{" ACTIVE "}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, "{" ACTIVE ",\"sub\":\"joe" },
    { OAUTH_INTROSPECTION_UNAVAILABLE, "{" ACTIVE "," ACTIVE "}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE,
      "{\"active\":false,\"\\u0061ctive\":true}" },
    { OAUTH_INTROSPECTION_UNAVAILABLE,
      "{" ACTIVE ",\"x\":{\"a\":1,\"a\":1}}" },

    /* iss */

    { OAUTH_OK, "{" ACTIVE ",\"iss\":\"https://as.example\"}" },
    { OAUTH_UNKNOWN_ISSUER, "{" ACTIVE ",\"iss\":\"https://as.example/\"}" },
    { OAUTH_UNKNOWN_ISSUER, "{" ACTIVE ",\"iss\":\"\"}" },
    { OAUTH_MALFORMED_CLAIMS, "{" ACTIVE ",\"iss\":null}" },
    { OAUTH_MALFORMED_CLAIMS, "{" ACTIVE ",\"iss\":[\"https://as.example\"]}" },

    /* What kind of token it is. */

    { OAUTH_OK, "{" ACTIVE ",\"token_type\":\"Bearer\"}" },
    { OAUTH_OK, "{" ACTIVE ",\"token_type\":\"bearer\"}" },
    { OAUTH_OK, "{" ACTIVE ",\"token_type\":\"DPoP\"}" },
    { OAUTH_OK, "{" ACTIVE ",\"token_type\":\"access_token\"}" },
    { OAUTH_OK, "{" ACTIVE ",\"token_type\":null}" },
    { OAUTH_OK, "{" ACTIVE ",\"token_type\":\"\"}" },
    { OAUTH_MALFORMED_CLAIMS, "{" ACTIVE ",\"token_type\":7}" },
    { OAUTH_WRONG_TYPE, "{" ACTIVE ",\"token_type\":\"refresh_token\"}" },
    { OAUTH_WRONG_TYPE, "{" ACTIVE ",\"token_type\":\"Refresh_Token\"}" },
    { OAUTH_WRONG_TYPE, "{" ACTIVE ",\"token_type\":\"refresh\"}" },
    { OAUTH_WRONG_TYPE, "{" ACTIVE ",\"token_type\":\"id_token\"}" },
    { OAUTH_OK, "{" ACTIVE ",\"token_use\":\"access_token\"}" },
    { OAUTH_OK, "{" ACTIVE ",\"token_use\":\"access\"}" },
    { OAUTH_WRONG_TYPE, "{" ACTIVE ",\"token_use\":\"refresh_token\"}" },
    { OAUTH_WRONG_TYPE, "{" ACTIVE ",\"token_use\":\"REFRESH\"}" },
    { OAUTH_WRONG_TYPE, "{" ACTIVE ",\"token_use\":\"id\"}" },
    { OAUTH_MALFORMED_CLAIMS, "{" ACTIVE ",\"token_use\":{}}" },
    { OAUTH_OK, "{" ACTIVE ",\"typ\":\"Bearer\"}" },
    { OAUTH_WRONG_TYPE, "{" ACTIVE ",\"typ\":\"Refresh\"}" },
    { OAUTH_WRONG_TYPE, "{" ACTIVE ",\"typ\":\"ID\"}" },
    { OAUTH_WRONG_TYPE, "{" ACTIVE ",\"at_hash\":\"x\"}" },
    { OAUTH_WRONG_TYPE, "{" ACTIVE ",\"events\":{}}" },

    /* Times, with a leeway of 30 s and at most an hour. */

    { OAUTH_OK, "{" ACTIVE ",\"exp\":1700000100}" },
    { OAUTH_OK, "{" ACTIVE ",\"exp\":1699999971}" },
    { OAUTH_EXPIRED, "{" ACTIVE ",\"exp\":1699999970}" },
    { OAUTH_EXPIRED, "{" ACTIVE ",\"exp\":0}" },
    { OAUTH_OK, "{" ACTIVE ",\"exp\":1700003600}" },
    { OAUTH_LIFETIME_TOO_LONG, "{" ACTIVE ",\"exp\":1700003601}" },
    { OAUTH_LIFETIME_TOO_LONG,
      "{" ACTIVE ",\"exp\":1700000100,\"iat\":1699996499}" },
    { OAUTH_MALFORMED_CLAIMS, "{" ACTIVE ",\"exp\":null}" },
    { OAUTH_MALFORMED_CLAIMS, "{" ACTIVE ",\"exp\":\"1700000100\"}" },
    { OAUTH_OK, "{" ACTIVE ",\"nbf\":1700000030}" },
    { OAUTH_NOT_YET_VALID, "{" ACTIVE ",\"nbf\":1700000031}" },
    { OAUTH_OK, "{" ACTIVE ",\"iat\":1700000030}" },
    { OAUTH_NOT_YET_VALID, "{" ACTIVE ",\"iat\":1700000031}" },
    { OAUTH_NOT_YET_VALID,
      "{" ACTIVE ",\"iat\":1700000031,\"exp\":1700000100}" },

    /* Without exp, the age does not matter. */

    { OAUTH_OK, "{" ACTIVE ",\"iat\":1}" },
    { OAUTH_OK, "{" ACTIVE ",\"iat\":null,\"nbf\":null,\"sub\":null}" },

    /* Other claims. */

    { OAUTH_OK, "{" ACTIVE ",\"aud\":[]}" },
    { OAUTH_MALFORMED_CLAIMS, "{" ACTIVE ",\"aud\":null}" },
    { OAUTH_MALFORMED_CLAIMS, "{" ACTIVE ",\"aud\":[7]}" },
    { OAUTH_MALFORMED_CLAIMS, "{" ACTIVE ",\"sub\":7}" },
    { OAUTH_OK, "{" ACTIVE ",\"scope\":7,\"username\":7,\"cnf\":null}" },
};


static oauth_introspection_t  introspection_question = {
    oauth_string("opaque-1"), &token_policy, 60, NULL
};


/* The answer is read in memory of exactly its size. */

static oauth_reason_t
introspection_ask(const oauth_introspection_t *question, const char *body,
    oauth_token_t **token, const char **why)
{
    size_t          len;
    char           *copy;
    oauth_reason_t  reason;

    len = strlen(body);
    copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, body, len);

    *why = "left";
    *token = (oauth_token_t *) -1;

    reason = oauth_introspection_verify(question,
                                        (oauth_str_t) { len,
                                                        (void *) copy },
                                        NOW, token, why);

    assert_memory_equal(copy, body, len);
    free(copy);

    assert_int_equal(reason == OAUTH_OK, *token != NULL);

    return reason;
}


static void
introspection_assert_str(oauth_str_t s, const char *expected)
{
    assert_non_null(s.data);
    assert_int_equal(s.len, strlen(expected));
    assert_memory_equal(s.data, expected, s.len);
}


static void
introspection_answers(void **state)
{
    size_t                       i;
    const char                  *why;
    oauth_token_t               *token;
    oauth_reason_t               reason;
    const introspection_case_t  *c;

    (void) state;

    for (i = 0; i < sizeof(introspection_cases) / sizeof(*c); i++) {
        c = &introspection_cases[i];

        reason = introspection_ask(&introspection_question, c->body, &token,
                                   &why);
        oauth_token_free(token);

        if (reason != c->reason) {
            fail_msg("%s: %s, not %s", c->body,
                     oauth_reason_info(reason)->code,
                     oauth_reason_info(c->reason)->code);
        }

        /* What the reason alone does not say. */

        assert_int_equal(why != NULL,
                         reason == OAUTH_INTROSPECTION_UNAVAILABLE
                         || reason == OAUTH_UNKNOWN_ISSUER
                         || reason == OAUTH_WRONG_TYPE
                         || reason == OAUTH_MALFORMED_CLAIMS);
    }
}


static void
introspection_size(void **state)
{
    char           *body;
    size_t          len;
    const char     *why;
    oauth_token_t  *token;

    (void) state;

    len = OAUTH_INTROSPECTION_SIZE;
    body = malloc(len + 2);
    assert_non_null(body);

    memset(body, ' ', len + 1);
    memcpy(body, "{" ACTIVE "}", sizeof("{" ACTIVE "}") - 1);

    body[len] = '\0';
    assert_int_equal(introspection_ask(&introspection_question, body, &token,
                                       &why), OAUTH_OK);
    oauth_token_free(token);

    body[len] = ' ';
    body[len + 1] = '\0';
    assert_int_equal(introspection_ask(&introspection_question, body, &token,
                                       &why), OAUTH_INTROSPECTION_UNAVAILABLE);
    assert_string_equal(why, "it is larger than 64 KB");

    free(body);
}


/* A token that is made of an answer serves everything that a JWT does. */

static void
introspection_token(void **state)
{
    const char     *why;
    size_t          len;
    oauth_buf_t     buf;
    oauth_str_t     all;
    oauth_token_t  *token;
    unsigned char   json[1024];

    (void) state;

    assert_int_equal(introspection_ask(&introspection_question,
                         "{" ACTIVE ",\"scope\":\"wiki:read wiki:write\","
                         "\"client_id\":\"app\",\"username\":\"j\\u00f6e\","
                         "\"sub\":\"joe\",\"jti\":\"id-1\",\"sid\":\"s\","
                         "\"exp\":1700000100,\"iat\":1699999900,"
                         "\"aud\":[\"a\",\"b\"],\"groups\":[\"admin\",7],"
                         "\"org\":{\"level\":3},\"x.y\":[1,\"q\\\"\"],"
                         "\"cnf\":{\"jkt\":\"" JKT "\"},\"act\":{\"sub\":"
                         "\"x\",\"act\":{\"sub\":\"y\"}}}",
                         &token, &why), OAUTH_OK);
    assert_null(why);

    assert_true(token->opaque);
    assert_int_equal(token->refs, 1);
    assert_ptr_equal(token->rules, &token_policy);
    introspection_assert_str(token->text, "opaque-1");
    introspection_assert_str(token->subject, "joe");
    introspection_assert_str(token->id, "id-1");
    introspection_assert_str(token->client, "app");
    introspection_assert_str(token->session, "s");
    introspection_assert_str(token->scope, "wiki:read wiki:write");
    introspection_assert_str(token->confirmation.jkt, JKT);
    introspection_assert_str(token->claims[TOKEN_GROUPS].text, "admin,7");
    introspection_assert_str(token->claims[TOKEN_LEVEL].text, "3");
    assert_null(token->kid.data);
    assert_true(token->confirmation.bound);
    assert_false(token->confirmation.unknown);
    assert_int_equal(token->naudience, 2);
    assert_int_equal(token->issued_at, 1699999900);
    assert_int_equal(token->starts, 1699999870);
    assert_int_equal(token->expires, 1700000130);
    assert_true(token->ends);

    /* All claims: the answer. */

    all = token->claims[TOKEN_ALL].text;
    introspection_assert_str(token->claims[TOKEN_PERCENT].text, "admin%2C7");
    introspection_assert_str(token->claims[TOKEN_ACTORS].text, "x,y");
    assert_true(token->claims[TOKEN_ALL].field);
    assert_true(all.len < sizeof(json));
    assert_int_equal(oauth_base64url_parse(all, json, &len), 0);
    assert_true(oauth_str_equal((oauth_str_t) { len, json },
                                token->payload));

    /* Claims that were not selected. */

    memset(&buf, 0, sizeof(oauth_buf_t));

    assert_int_equal(oauth_token_selected(token,
                                          &token_selected[TOKEN_ACTORS],
                                          &buf), 0);
    introspection_assert_str(oauth_buf_str(&buf), "x,y");
    buf.len = 0;
    assert_int_equal(oauth_token_selected(token, &token_selected[TOKEN_ALL],
                                          &buf), 0);
    assert_true(oauth_str_equal(oauth_buf_str(&buf), all));
    buf.len = 0;

    assert_int_equal(oauth_token_text(token, oauth_str("username"), &buf), 0);
    oauth_buf_append_literal(&buf, " ");
    assert_int_equal(oauth_token_text(token, oauth_str("x.y"), &buf), 0);
    oauth_buf_append_literal(&buf, " ");
    assert_int_equal(oauth_token_text(token, oauth_str("none"), &buf), 0);
    introspection_assert_str(oauth_buf_str(&buf), "j\xc3\xb6" "e 1,q\" ");

    oauth_buf_free(&buf);
    oauth_token_free(token);
}


/* RFC 7662 makes exp optional. */

static void
introspection_lifetime(void **state)
{
    const char             *why;
    oauth_token_t          *token;
    oauth_introspection_t   question;

    (void) state;

    question = introspection_question;

    assert_int_equal(introspection_ask(&question, "{" ACTIVE "}", &token,
                                       &why), OAUTH_OK);
    assert_int_equal(token->expires, NOW + 60);
    assert_false(token->ends);
    assert_true(oauth_token_is_current(token, NOW));
    assert_true(oauth_token_is_current(token, NOW + 59));
    assert_false(oauth_token_is_current(token, NOW + 60));
    oauth_token_free(token);

    /* Longer than max_token_lifetime, which does not apply here. */

    question.lifetime = 7200;
    assert_int_equal(introspection_ask(&question, "{" ACTIVE "}", &token,
                                       &why), OAUTH_OK);
    assert_int_equal(token->expires, NOW + 7200);
    oauth_token_free(token);

    /* Good for the request that has asked, and for no other. */

    question.lifetime = 0;
    assert_int_equal(introspection_ask(&question, "{" ACTIVE "}", &token,
                                       &why), OAUTH_OK);
    assert_false(oauth_token_is_current(token, NOW));
    oauth_token_free(token);

    /* An exp is not touched. */

    assert_int_equal(introspection_ask(&question,
                                       "{" ACTIVE ",\"exp\":1700000100}",
                                       &token, &why), OAUTH_OK);
    assert_int_equal(token->expires, 1700000130);
    oauth_token_free(token);
}


static oauth_token_t *
introspection_verified(const char *more)
{
    oauth_buf_t     text, payload;
    oauth_jwt_t    *jwt;
    oauth_token_t  *token;

    memset(&text, 0, sizeof(oauth_buf_t));
    memset(&payload, 0, sizeof(oauth_buf_t));

    oauth_buf_append_literal(&payload, "{" PAYLOAD);
    oauth_buf_append_text(&payload, more);
    oauth_buf_append_literal(&payload, "}");

    keys_append_token(&text, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                      oauth_str(HEADER), oauth_buf_str(&payload));

    assert_int_equal(oauth_jwt_parse(oauth_buf_str(&text), &jwt), OAUTH_OK);
    assert_int_equal(oauth_token_verify(jwt, &token_policy, token_set, NOW,
                                        &token), OAUTH_OK);

    oauth_jwt_free(jwt);
    oauth_buf_free(&text);
    oauth_buf_free(&payload);

    return token;
}


/* The local verdict was good; now the issuer is asked as well. */

static void
introspection_second_opinion(void **state)
{
    size_t                  i;
    const char             *why;
    oauth_token_t          *verified, *token;
    oauth_reason_t          reason;
    oauth_introspection_t   question;

    static const char  bound[] =
        ",\"aud\":[\"a\",\"b\"],\"nonce\":\"n\",\"cnf\":{\"jkt\":\"" JKT "\"}";
    static const char  bare[] = ",\"x\":1";

    static const struct {
        const char      *token;
        oauth_reason_t   reason;
        const char      *body;
        int64_t          expires;
    } cases[] = {
        { bound, OAUTH_OK, "{" ACTIVE "}", 1700000130 },
        { bound, OAUTH_INACTIVE, "{\"active\":false}", 0 },
        { bound, OAUTH_INTROSPECTION_UNAVAILABLE, "{\"active\":\"true\"}", 0 },
        { bound, OAUTH_UNKNOWN_ISSUER, "{" ACTIVE ",\"iss\":\"b\"}", 0 },
        { bound, OAUTH_WRONG_TYPE, "{" ACTIVE ",\"token_use\":\"id\"}", 0 },

        /* Its own claims, by which an opaque token would be an ID token. */

        { bound, OAUTH_OK, "{" ACTIVE ",\"nonce\":\"n\"}", 1700000130 },

        /* exp: the earlier one. */

        { bound, OAUTH_OK, "{" ACTIVE ",\"exp\":1700000050}", 1700000080 },
        { bound, OAUTH_OK, "{" ACTIVE ",\"exp\":1700000100}", 1700000130 },
        { bound, OAUTH_OK, "{" ACTIVE ",\"exp\":1700009999}", 1700000130 },
        { bound, OAUTH_EXPIRED, "{" ACTIVE ",\"exp\":1699999970}", 0 },
        { bound, OAUTH_NOT_YET_VALID, "{" ACTIVE ",\"nbf\":1700000031}", 0 },

        /* sub */

        { bound, OAUTH_OK, "{" ACTIVE ",\"sub\":\"joe\"}", 1700000130 },
        { bound, OAUTH_OK, "{" ACTIVE ",\"sub\":null}", 1700000130 },
        { bound, OAUTH_INTROSPECTION_MISMATCH,
          "{" ACTIVE ",\"sub\":\"Joe\"}", 0 },

        /* aud */

        { bound, OAUTH_OK, "{" ACTIVE ",\"aud\":[\"b\",\"a\",\"b\"]}",
          1700000130 },
        { bound, OAUTH_OK, "{" ACTIVE ",\"aud\":[]}", 1700000130 },
        { bound, OAUTH_INTROSPECTION_MISMATCH,
          "{" ACTIVE ",\"aud\":\"a\"}", 0 },
        { bound, OAUTH_INTROSPECTION_MISMATCH,
          "{" ACTIVE ",\"aud\":[\"a\",\"b\",\"c\"]}", 0 },
        { bound, OAUTH_INTROSPECTION_MISMATCH,
          "{" ACTIVE ",\"aud\":[\"a\",\"c\"]}", 0 },
        { bare, OAUTH_INTROSPECTION_MISMATCH,
          "{" ACTIVE ",\"aud\":\"a\"}", 0 },

        /* cnf */

        { bound, OAUTH_OK, "{" ACTIVE ",\"cnf\":{\"jkt\":\"" JKT "\"}}",
          1700000130 },
        { bound, OAUTH_INTROSPECTION_MISMATCH,
          "{" ACTIVE ",\"cnf\":{\"jkt\":\"" OTHER "\"}}", 0 },
        { bound, OAUTH_INTROSPECTION_MISMATCH,
          "{" ACTIVE ",\"cnf\":{\"x5t#S256\":\"" JKT "\"}}", 0 },
        { bound, OAUTH_INTROSPECTION_MISMATCH,
          "{" ACTIVE ",\"cnf\":{\"jkt\":\"" JKT "\",\"x\":1}}", 0 },
        { bound, OAUTH_INTROSPECTION_MISMATCH, "{" ACTIVE ",\"cnf\":{}}", 0 },
        { bare, OAUTH_OK, "{" ACTIVE "}", 1700000130 },
        { bare, OAUTH_INTROSPECTION_MISMATCH,
          "{" ACTIVE ",\"cnf\":{\"jkt\":\"" JKT "\"}}", 0 },
        { bare, OAUTH_INTROSPECTION_MISMATCH, "{" ACTIVE ",\"cnf\":null}", 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        verified = introspection_verified(cases[i].token);

        question = introspection_question;
        question.text = verified->text;
        question.verified = verified;

        reason = introspection_ask(&question, cases[i].body, &token, &why);

        if (reason != cases[i].reason) {
            fail_msg("%s: %s", cases[i].body, oauth_reason_info(reason)->code);
        }

        /* The verified token is as it was. */

        assert_int_equal(verified->refs, 1);
        assert_int_equal(verified->expires, 1700000130);

        if (token) {
            assert_ptr_not_equal(token, verified);
            assert_int_equal(token->refs, 1);
            assert_int_equal(token->expires, cases[i].expires);
            assert_false(token->opaque);
            assert_null(token->payload.data);
            assert_true(oauth_str_equal(token->text, verified->text));
            assert_true(oauth_str_equal(token->scope, verified->scope));
            assert_true(oauth_str_equal(token->kid, verified->kid));
            assert_true(oauth_str_equal(token->confirmation.jkt,
                                        verified->confirmation.jkt));
            assert_int_equal(token->naudience, verified->naudience);
        }

        oauth_token_free(token);
        oauth_token_free(verified);
    }
}


static void
introspection_unsupported(void **state)
{
    size_t  i;

    static const struct {
        int          yes;
        const char  *body;
    } cases[] = {
        { 1, "{\"error\":\"unsupported_token_type\"}" },
        { 1, "{\"error_description\":\"x\","
             "\"error\":\"unsupported_token_type\"}" },
        { 0, "{\"error\":\"invalid_client\"}" },
        { 0, "{\"error\":[\"unsupported_token_type\"]}" },
        { 0, "{\"error_description\":\"unsupported_token_type\"}" },
        { 0, "{\"error\":\"unsupported_token_type\",\"error\":\"x\"}" },
        { 0, "{\"error\":\"unsupported_token_type\"" },
        { 0, "unsupported_token_type" },
        { 0, "" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(oauth_introspection_is_unsupported(
                             oauth_str_of(cases[i].body)), cases[i].yes);
    }
}


/* A token of a JWT, of which thousands are kept, has no copy of its claims. */

static void
introspection_cost(void **state)
{
    size_t          size;
    oauth_token_t  *token;

    (void) state;

    token = introspection_verified("");

    size = sizeof(oauth_token_t)
           + TOKEN_SELECTED * sizeof(oauth_token_claim_t) + token->text.len
           + sizeof("p256" "joe" "wiki:read wiki:write") - 1;

    assert_int_equal(token->size, size);
    assert_false(token->opaque);

    oauth_token_free(token);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(introspection_answers),
        cmocka_unit_test(introspection_size),
        cmocka_unit_test(introspection_token),
        cmocka_unit_test(introspection_lifetime),
        cmocka_unit_test(introspection_second_opinion),
        cmocka_unit_test(introspection_unsupported),
        cmocka_unit_test(introspection_cost)
    };

    return cmocka_run_group_tests(tests, token_setup, token_teardown);
}
