
/*
 * What the tests of oauth_token share: a set with one key of each type, a key
 * that is in no set, a policy, and a function that takes a token from its text
 * to the reason.
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
#include "token_fixture.h"


static const oauth_str_t  token_scopes[] = {
    oauth_string("scope"), oauth_string("scp")
};

static const oauth_str_t  token_names[] = {
    oauth_string("groups"), oauth_string("org"), oauth_string("level"),
    oauth_string("roles"), oauth_string("act.sub")
};

const oauth_token_select_t  token_selected[TOKEN_SELECTED] = {
    [TOKEN_GROUPS] = { .names = &token_names[0], .nnames = 1, .text = 1,
                       .members = 1 },
    [TOKEN_LEVEL] = { .names = &token_names[1], .nnames = 2, .text = 1 },
    [TOKEN_ROLES] = { .names = &token_names[3], .nnames = 1, .members = 1 },
    [TOKEN_ACTOR] = { .names = &token_names[4], .nnames = 1, .text = 1,
                      .members = 1 },
    [TOKEN_ACTORS] = { .kind = OAUTH_TOKEN_ACTORS, .text = 1 },
    [TOKEN_ALL] = { .kind = OAUTH_TOKEN_CLAIMS, .text = 1 },
    [TOKEN_PERCENT] = { .names = &token_names[0], .nnames = 1, .text = 1,
                        .encoding = OAUTH_ENCODING_PERCENT },
    [TOKEN_BASE64URL] = { .names = &token_names[0], .nnames = 1, .text = 1,
                          .encoding = OAUTH_ENCODING_BASE64URL },
    [TOKEN_UNUSED] = { .names = &token_names[0], .nnames = 1 }
};

const oauth_token_rules_t  token_policy = {
    oauth_string("https://as.example"), OAUTH_ALGS_ALL, 0, 30, 3600,
    token_scopes, 2, token_selected, TOKEN_SELECTED, NULL, 0, 0
};

const char *const  token_kids[TOKEN_KEYS] = {
    "\"kid\":\"rsa\"", "\"kid\":\"p256\"", "\"kid\":\"p384\"",
    "\"kid\":\"p521\"", "\"kid\":\"okp\"", "\"kid\":\"ed448\""
};

EVP_PKEY      *token_keys[TOKEN_KEYS];
EVP_PKEY      *token_foreign;
oauth_jwks_t  *token_set;


oauth_jwks_t *
token_make_set(size_t first, size_t n, const char *const *more)
{
    size_t         i;
    oauth_buf_t    buf;
    const char    *error;
    oauth_jwks_t  *set;

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&buf, "{\"keys\":[");

    for (i = 0; i < n; i++) {
        if (i > 0) {
            oauth_buf_append_literal(&buf, ",");
        }

        keys_append_jwk(&buf, token_keys[first + i], more[i]);
    }

    oauth_buf_append_literal(&buf, "]}");

    set = oauth_jwks_parse(oauth_buf_str(&buf), OAUTH_ALGS_ALL, &error);
    assert_non_null(set);

    oauth_buf_free(&buf);

    return set;
}


int
token_setup(void **state)
{
    (void) state;

    token_keys[TOKEN_RSA] = keys_rsa(2048);
    token_keys[TOKEN_P256] = keys_ec("P-256");
    token_keys[TOKEN_P384] = keys_ec("P-384");
    token_keys[TOKEN_P521] = keys_ec("P-521");
    token_keys[TOKEN_OKP] = keys_ed25519();
    token_keys[TOKEN_ED448] = keys_ed448();
    token_foreign = keys_ec("P-256");

    token_set = token_make_set(0, TOKEN_KEYS, token_kids);

    return 0;
}


int
token_teardown(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < TOKEN_KEYS; i++) {
        EVP_PKEY_free(token_keys[i]);
    }

    EVP_PKEY_free(token_foreign);
    oauth_jwks_free(token_set);

    return 0;
}


size_t
token_key_of(oauth_alg_id_t id)
{
    switch (id) {

    case OAUTH_ALG_ES256:
        return TOKEN_P256;

    case OAUTH_ALG_ES384:
        return TOKEN_P384;

    case OAUTH_ALG_ES512:
        return TOKEN_P521;

    case OAUTH_ALG_EDDSA:
    case OAUTH_ALG_ED25519:
        return TOKEN_OKP;

    case OAUTH_ALG_ED448:
        return TOKEN_ED448;

    default:
        return TOKEN_RSA;
    }
}


/*
 * Parses and verifies a copy of exactly the text's size, and frees the token.
 */

oauth_reason_t
token_reason_of(oauth_str_t text, const oauth_token_rules_t *policy,
    const oauth_jwks_t *set)
{
    oauth_jwt_t     *jwt;
    oauth_token_t   *token;
    oauth_reason_t   reason;
    unsigned char   *copy;

    copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);

    if (text.len) {
        memcpy(copy, text.data, text.len);
    }

    jwt = NULL;
    token = NULL;
    reason = oauth_jwt_parse((oauth_str_t) { text.len, copy }, &jwt);

    if (reason != OAUTH_OK) {
        assert_null(jwt);
        free(copy);
        return reason;
    }

    reason = oauth_token_verify(jwt, policy, set, NOW, &token);

    assert_int_equal(token != NULL, reason == OAUTH_OK);
    assert_int_equal(ERR_peek_error(), 0);

    oauth_jwt_free(jwt);
    free(copy);

    if (token) {
        assert_true(oauth_str_equal(token->text, text));
        oauth_token_free(token);
    }

    return reason;
}


/* The text and the JWT are freed, so that the token must not need them. */

oauth_token_t *
token_new(const char *payload)
{
    oauth_buf_t     text;
    oauth_jwt_t    *jwt;
    oauth_token_t  *token;

    memset(&text, 0, sizeof(oauth_buf_t));
    keys_append_token(&text, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                      oauth_str(HEADER), keys_str(payload));

    assert_int_equal(oauth_jwt_parse(oauth_buf_str(&text), &jwt), OAUTH_OK);
    assert_int_equal(oauth_token_verify(jwt, &token_policy, token_set, NOW,
                                        &token), OAUTH_OK);
    oauth_jwt_free(jwt);
    oauth_buf_free(&text);

    return token;
}


void
token_assert_str(oauth_str_t s, const char *expected)
{
    if (!oauth_str_equal(s, keys_str(expected))) {
        fail_msg("\"%.*s\" is not \"%s\"", (int) s.len,
                 (const char *) s.data, expected);
    }
}
