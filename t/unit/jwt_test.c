
/*
 * Parsing a JWT: what it contains, and what may be used before a key has
 * verified it, which is only the reason for a refusal.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "oauth_jwt.h"


static void
jwt_parts(void **state)
{
    EVP_PKEY     *key;
    oauth_buf_t   text;
    oauth_jwt_t  *jwt;

    (void) state;

    key = keys_ec("P-256");
    memset(&text, 0, sizeof(oauth_buf_t));
    keys_append_token(&text, key, OAUTH_ALG_ES256,
                      oauth_str("{\"alg\":\"ES256\",\"kid\":\"k\"}"),
                      oauth_str("{\"iss\":\"i\",\"sub\":\"joe\"}"));

    assert_int_equal(oauth_jwt_parse(oauth_buf_str(&text), &jwt), OAUTH_OK);

    assert_ptr_equal(jwt->text.data, text.data);
    assert_int_equal(jwt->text.len, text.len);
    assert_true(oauth_str_equal(jwt->jws.kid, oauth_str("k")));
    assert_true(oauth_str_equal(jwt->issuer, oauth_str("i")));

    /* The token is not verified yet, so its claims have not been looked at. */

    assert_null(jwt->claims.root);

    assert_int_equal(oauth_jwt_read(jwt), OAUTH_OK);
    assert_int_equal(oauth_jwt_read(jwt), OAUTH_OK);

    assert_true(oauth_str_equal(jwt->issuer, oauth_str("i")));
    assert_true(oauth_str_equal(jwt->claims.issuer, oauth_str("i")));
    assert_true(oauth_str_equal(jwt->claims.subject, oauth_str("joe")));

    oauth_jwt_free(jwt);
    oauth_jwt_free(NULL);
    oauth_buf_free(&text);
    EVP_PKEY_free(key);
}


/* A JWT that has to wait gives its spare memory back and stays what it is. */

static void
jwt_shrunk(void **state)
{
    size_t               spare;
    EVP_PKEY            *key;
    oauth_buf_t          text;
    oauth_jwt_t         *jwt;
    const oauth_json_t  *audience;

    (void) state;

    key = keys_ec("P-256");
    memset(&text, 0, sizeof(oauth_buf_t));
    keys_append_token(&text, key, OAUTH_ALG_ES256,
                      oauth_str("{\"alg\":\"ES256\",\"kid\":\"k\"}"),
                      oauth_str("{\"iss\":\"i\",\"aud\":[\"a\",\"b\"]}"));

    assert_int_equal(oauth_jwt_parse(oauth_buf_str(&text), &jwt), OAUTH_OK);

    spare = jwt->jws.nnodes;
    oauth_jwt_shrink(jwt);

    assert_true(jwt->jws.nnodes < spare);
    assert_int_equal(jwt->jws.nnodes, jwt->payload->nodes);
    assert_true(oauth_str_equal(jwt->jws.kid, oauth_str("k")));
    assert_true(oauth_str_equal(jwt->issuer, oauth_str("i")));

    assert_int_equal(oauth_jwt_read(jwt), OAUTH_OK);

    /* From here on the claims refer to the memory, which must not move. */

    audience = jwt->claims.audience;
    oauth_jwt_shrink(jwt);

    assert_ptr_equal(jwt->claims.audience, audience);
    assert_ptr_equal(oauth_json_member(jwt->payload, oauth_str("aud")),
                     audience);

    oauth_jwt_free(jwt);
    oauth_buf_free(&text);
    EVP_PKEY_free(key);
}


static void
jwt_reasons(void **state)
{
    size_t        i;
    oauth_buf_t   text;
    oauth_jwt_t  *jwt;

    static const struct {
        const char      *header;
        const char      *payload;
        oauth_reason_t   reason;
    } cases[] = {
        { "{\"alg\":\"ES256\"}", "{\"iss\":\"i\"}", OAUTH_OK },
        { "{\"alg\":\"ES256\"}", "{\"sub\":\"i\"}", OAUTH_UNKNOWN_ISSUER },
        { "{\"alg\":\"ES256\"}", "{\"iss\":7}", OAUTH_MALFORMED_CLAIMS },
        { "{\"alg\":\"ES256\"}", "[]", OAUTH_MALFORMED_TOKEN },
        { "{\"alg\":\"ES256\",\"crit\":[]}", "{\"iss\":\"i\"}",
          OAUTH_UNSUPPORTED_TOKEN },
        { "{\"alg\":\"none\"}", "{\"iss\":\"i\"}", OAUTH_WRONG_ALGORITHM },
        { "[]", "{\"iss\":\"i\"}", OAUTH_MALFORMED_TOKEN }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        memset(&text, 0, sizeof(oauth_buf_t));
        keys_append_input(&text, keys_str(cases[i].header),
                          keys_str(cases[i].payload));
        oauth_buf_append_literal(&text, ".c2ln");

        jwt = NULL;
        assert_int_equal(oauth_jwt_parse(oauth_buf_str(&text), &jwt),
                         cases[i].reason);
        assert_int_equal(jwt != NULL, cases[i].reason == OAUTH_OK);

        oauth_jwt_free(jwt);
        oauth_buf_free(&text);
    }
}


/* iss of the outermost object is found, however it is written. */

static void
jwt_issuers(void **state)
{
    size_t           i;
    oauth_buf_t      text;
    oauth_jwt_t     *jwt;
    oauth_reason_t   reason;

    static const struct {
        const char      *payload;
        const char      *issuer;        /* NULL: refused by oauth_jwt_parse   */
        oauth_reason_t   read;
    } cases[] = {
        { "{\"iss\":\"i\"}", "i", OAUTH_OK },
        { "{\"iss\":\"\"}", "", OAUTH_OK },
        { " {\r\n\t\"iss\" \t:\n \"i\" , \"sub\" : \"s\" } ", "i",
          OAUTH_OK },
        { "{\"a\":{\"iss\":\"x\"},\"iss\":\"i\"}", "i", OAUTH_OK },
        { "{\"a\":[\"iss\",{\"iss\":\"x\"}],\"iss\":\"i\"}", "i", OAUTH_OK },
        { "{\"a\":\"iss\",\"iss\":\"i\",\"b\":\"iss\"}", "i", OAUTH_OK },
        { "{\"a\":\"}]{[:,\",\"iss\":\"}\"}", "}", OAUTH_OK },
        { "{\"iss\":\"i\",\"a\":\"\\\"\"}", "i", OAUTH_OK },
        { "{\"\\u0069ss\":\"i\"}", "i", OAUTH_OK },
        { "{\"iss\":\"\\u0069\"}", "i", OAUTH_OK },
        { "{\"a\":{\"iss\":\"x\"}}", NULL, OAUTH_UNKNOWN_ISSUER },
        { "{\"iss\":\"x\",\"iss\":\"i\"}", NULL, OAUTH_MALFORMED_TOKEN },
        { "{\"iss\":{\"iss\":\"x\"}}", NULL, OAUTH_MALFORMED_CLAIMS },
        { "{\"iss\":\"x", NULL, OAUTH_MALFORMED_TOKEN },
        { "{\"iss\":", NULL, OAUTH_MALFORMED_TOKEN },
        { "{\"iss\"", NULL, OAUTH_MALFORMED_TOKEN },
        { "\"iss\":\"i\"", NULL, OAUTH_MALFORMED_TOKEN },
        { "}{{\"iss\":\"i\"}", NULL, OAUTH_MALFORMED_TOKEN },
        { "[\"iss\":\"i\"]", NULL, OAUTH_MALFORMED_TOKEN },
        { "{\"iss\":\"i\",}", NULL, OAUTH_MALFORMED_TOKEN },
        { "{\"iss\":\"i\",\"a\":{\"b\":1,\"b\":2}}", NULL,
          OAUTH_MALFORMED_TOKEN },
        { "{\"iss\":\"i\",\"sub\":1}", "i", OAUTH_MALFORMED_CLAIMS }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        memset(&text, 0, sizeof(oauth_buf_t));
        keys_append_input(&text, oauth_str("{\"alg\":\"ES256\"}"),
                          keys_str(cases[i].payload));
        oauth_buf_append_literal(&text, ".c2ln");

        jwt = NULL;
        reason = oauth_jwt_parse(oauth_buf_str(&text), &jwt);

        if (cases[i].issuer == NULL) {
            assert_int_equal(reason, cases[i].read);
            assert_null(jwt);

        } else {
            assert_int_equal(reason, OAUTH_OK);
            assert_true(oauth_str_equal(jwt->issuer,
                                        keys_str(cases[i].issuer)));
            assert_null(jwt->claims.root);
            assert_int_equal(oauth_jwt_read(jwt), cases[i].read);
        }

        oauth_jwt_free(jwt);
        oauth_buf_free(&text);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(jwt_parts),
        cmocka_unit_test(jwt_shrunk),
        cmocka_unit_test(jwt_reasons),
        cmocka_unit_test(jwt_issuers)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
