
/*
 * libjwt as a second opinion on RS and ES: the core accepts what libjwt signs,
 * and libjwt accepts what the tests sign.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jwt.h>
#include <openssl/err.h>

#include "keys.h"
#include "token_fixture.h"


static const struct {
    jwt_alg_t       alg;
    oauth_alg_id_t  id;
} token_libjwt_algs[] = {
    { JWT_ALG_RS256, OAUTH_ALG_RS256 },
    { JWT_ALG_RS384, OAUTH_ALG_RS384 },
    { JWT_ALG_RS512, OAUTH_ALG_RS512 },
    { JWT_ALG_ES256, OAUTH_ALG_ES256 },
    { JWT_ALG_ES384, OAUTH_ALG_ES384 },
    { JWT_ALG_ES512, OAUTH_ALG_ES512 }
};


/* libjwt signs, and the code under test verifies. */

static void
token_libjwt_signs(void **state)
{
    char      *text, *pem;
    jwt_t     *jwt;
    size_t     i;
    EVP_PKEY  *key;

    (void) state;

    for (i = 0; i < sizeof(token_libjwt_algs) / sizeof(token_libjwt_algs[0]);
         i++)
    {
        key = token_keys[token_key_of(token_libjwt_algs[i].id)];
        pem = keys_pem(key, 1);

        assert_int_equal(jwt_new(&jwt), 0);
        assert_int_equal(jwt_add_grants_json(jwt, "{" PAYLOAD "}"), 0);
        assert_int_equal(jwt_set_alg(jwt, token_libjwt_algs[i].alg,
                                     (unsigned char *) pem,
                                     (int) strlen(pem)), 0);

        text = jwt_encode_str(jwt);
        assert_non_null(text);
        ERR_clear_error();

        assert_int_equal(token_reason_of(keys_str(text), &token_policy,
                                         token_set), OAUTH_OK);

        free(text);
        jwt_free(jwt);
        free(pem);
    }
}


/* The other way round: libjwt accepts what the tests sign. */

static void
token_libjwt_verifies(void **state)
{
    char                header[64], *pem;
    jwt_t              *jwt;
    size_t              i;
    EVP_PKEY           *key;
    oauth_buf_t         buf;
    const oauth_alg_t  *alg;

    (void) state;

    for (i = 0; i < sizeof(token_libjwt_algs) / sizeof(token_libjwt_algs[0]);
         i++)
    {
        alg = oauth_alg_get(token_libjwt_algs[i].id);
        key = token_keys[token_key_of(alg->id)];
        pem = keys_pem(key, 0);

        snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"typ\":\"JWT\"}",
                 (const char *) alg->name.data);

        memset(&buf, 0, sizeof(oauth_buf_t));
        keys_append_token(&buf, key, alg->id, keys_str(header),
                          oauth_str("{" PAYLOAD "}"));

        assert_int_equal(token_reason_of(oauth_buf_str(&buf), &token_policy,
                                         token_set), OAUTH_OK);

        oauth_buf_append(&buf, "\0", 1);
        assert_int_equal(jwt_decode(&jwt, (char *) buf.data,
                                    (unsigned char *) pem,
                                    (int) strlen(pem)), 0);
        assert_string_equal(jwt_get_grant(jwt, "sub"), "joe");

        ERR_clear_error();
        jwt_free(jwt);
        oauth_buf_free(&buf);
        free(pem);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(token_libjwt_signs),
        cmocka_unit_test(token_libjwt_verifies)
    };

    return cmocka_run_group_tests(tests, token_setup, token_teardown);
}
