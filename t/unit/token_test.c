
/*
 * A token from its text to the verdict.  Every token that is refused has a
 * right signature, unless the case is about the signature.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/hmac.h>

#include "keys.h"
#include "json_copy.h"
#include "token_fixture.h"


static oauth_reason_t
token_reason(const char *header, const char *payload, EVP_PKEY *key,
    oauth_alg_id_t id, const oauth_token_rules_t *policy,
    const oauth_jwks_t *set)
{
    oauth_buf_t     buf;
    oauth_reason_t  reason;

    memset(&buf, 0, sizeof(oauth_buf_t));
    keys_append_token(&buf, key, id, keys_str(header), keys_str(payload));

    reason = token_reason_of(oauth_buf_str(&buf), policy, set);
    oauth_buf_free(&buf);

    return reason;
}


static oauth_reason_t
token_es256(const char *header, const char *payload)
{
    return token_reason(header, payload, token_keys[TOKEN_P256],
                        OAUTH_ALG_ES256, &token_policy, token_set);
}


static void
token_every_algorithm(void **state)
{
    int                 id;
    char                header[128];
    size_t              key;
    const oauth_alg_t  *alg;

    (void) state;

    for (id = 0; id < OAUTH_ALGS; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);
        key = token_key_of(alg->id);

        snprintf(header, sizeof(header), "{\"alg\":\"%s\",%s}",
                 (const char *) alg->name.data, token_kids[key]);
        assert_int_equal(token_reason(header, "{" PAYLOAD "}",
                                      token_keys[key], alg->id,
                                      &token_policy, token_set), OAUTH_OK);

        /* The same without kid: every fitting key is tried. */

        snprintf(header, sizeof(header), "{\"alg\":\"%s\"}",
                 (const char *) alg->name.data);
        assert_int_equal(token_reason(header, "{" PAYLOAD "}",
                                      token_keys[key], alg->id,
                                      &token_policy, token_set), OAUTH_OK);
    }
}


/* The type of the key and its JWK decide, whatever the token's header says. */

static void
token_pinning(void **state)
{
    size_t  i;

    static const struct {
        const char      *header;
        oauth_alg_id_t   signed_with;
        size_t           key;
        oauth_reason_t   reason;
    } cases[] = {
        { "{\"alg\":\"RS256\",\"kid\":\"p256\"}", OAUTH_ALG_RS256, TOKEN_RSA,
          OAUTH_KEY_MISMATCH },
        { "{\"alg\":\"ES256\",\"kid\":\"rsa\"}", OAUTH_ALG_ES256, TOKEN_P256,
          OAUTH_KEY_MISMATCH },
        { "{\"alg\":\"ES384\",\"kid\":\"p256\"}", OAUTH_ALG_ES256,
          TOKEN_P256, OAUTH_KEY_MISMATCH },
        { "{\"alg\":\"ES256\",\"kid\":\"p384\"}", OAUTH_ALG_ES384,
          TOKEN_P384, OAUTH_KEY_MISMATCH },
        { "{\"alg\":\"EdDSA\",\"kid\":\"p256\"}", OAUTH_ALG_EDDSA, TOKEN_OKP,
          OAUTH_KEY_MISMATCH },

        /*
         * The key may be used with both algorithms, but the signature is made
         * with one.
         */

        { "{\"alg\":\"PS256\",\"kid\":\"rsa\"}", OAUTH_ALG_RS256, TOKEN_RSA,
          OAUTH_BAD_SIGNATURE },
        { "{\"alg\":\"RS256\",\"kid\":\"rsa\"}", OAUTH_ALG_PS256, TOKEN_RSA,
          OAUTH_BAD_SIGNATURE },
        { "{\"alg\":\"RS512\",\"kid\":\"rsa\"}", OAUTH_ALG_RS256, TOKEN_RSA,
          OAUTH_BAD_SIGNATURE },
        { "{\"alg\":\"EdDSA\",\"kid\":\"okp\"}", OAUTH_ALG_ED25519,
          TOKEN_OKP, OAUTH_OK }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(token_reason(cases[i].header, "{" PAYLOAD "}",
                                      token_keys[cases[i].key],
                                      cases[i].signed_with, &token_policy,
                                      token_set), cases[i].reason);
    }
}


static void
token_jwk_algorithm(void **state)
{
    oauth_jwks_t  *set;

    static const char  *pinned[] = { "\"kid\":\"rsa\",\"alg\":\"RS256\"" };

    (void) state;

    set = token_make_set(TOKEN_RSA, 1, pinned);

    assert_int_equal(token_reason("{\"alg\":\"RS256\",\"kid\":\"rsa\"}",
                                  "{" PAYLOAD "}", token_keys[TOKEN_RSA],
                                  OAUTH_ALG_RS256, &token_policy, set),
                     OAUTH_OK);
    assert_int_equal(token_reason("{\"alg\":\"PS256\",\"kid\":\"rsa\"}",
                                  "{" PAYLOAD "}", token_keys[TOKEN_RSA],
                                  OAUTH_ALG_PS256, &token_policy, set),
                     OAUTH_KEY_MISMATCH);
    assert_int_equal(token_reason("{\"alg\":\"PS256\"}",
                                  "{" PAYLOAD "}", token_keys[TOKEN_RSA],
                                  OAUTH_ALG_PS256, &token_policy, set),
                     OAUTH_UNKNOWN_KEY);

    oauth_jwks_free(set);
}


static void
token_configured_algorithms(void **state)
{
    oauth_token_rules_t  policy;

    (void) state;

    policy = token_policy;
    policy.algorithms = oauth_alg_bit(OAUTH_ALG_ES384);

    assert_int_equal(token_reason(HEADER, "{" PAYLOAD "}",
                                  token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                                  &policy, token_set),
                     OAUTH_WRONG_ALGORITHM);

    policy.algorithms = oauth_alg_bit(OAUTH_ALG_ES256);

    assert_int_equal(token_reason(HEADER, "{" PAYLOAD "}",
                                  token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                                  &policy, token_set), OAUTH_OK);

    /* Two names of one algorithm. */

    policy.algorithms = oauth_alg_get(OAUTH_ALG_EDDSA)->bits;

    assert_int_equal(token_reason("{\"alg\":\"Ed25519\",\"kid\":\"okp\"}",
                                  "{" PAYLOAD "}", token_keys[TOKEN_OKP],
                                  OAUTH_ALG_ED25519, &policy, token_set),
                     OAUTH_OK);

    /* If only one of its curves is allowed, "EdDSA" means only this curve. */

    policy.algorithms = oauth_alg_bit(OAUTH_ALG_ED25519);

    assert_int_equal(token_reason("{\"alg\":\"EdDSA\",\"kid\":\"okp\"}",
                                  "{" PAYLOAD "}", token_keys[TOKEN_OKP],
                                  OAUTH_ALG_EDDSA, &policy, token_set),
                     OAUTH_OK);
    assert_int_equal(token_reason("{\"alg\":\"EdDSA\",\"kid\":\"ed448\"}",
                                  "{" PAYLOAD "}", token_keys[TOKEN_ED448],
                                  OAUTH_ALG_ED448, &policy, token_set),
                     OAUTH_KEY_MISMATCH);
    assert_int_equal(token_reason("{\"alg\":\"EdDSA\"}",
                                  "{" PAYLOAD "}", token_keys[TOKEN_ED448],
                                  OAUTH_ALG_ED448, &policy, token_set),
                     OAUTH_BAD_SIGNATURE);
    assert_int_equal(token_reason("{\"alg\":\"Ed448\",\"kid\":\"ed448\"}",
                                  "{" PAYLOAD "}", token_keys[TOKEN_ED448],
                                  OAUTH_ALG_ED448, &policy, token_set),
                     OAUTH_WRONG_ALGORITHM);
}


static void
token_types(void **state)
{
    char                 header[128];
    size_t               i;
    oauth_token_rules_t  strict;

    static const struct {
        const char      *type;
        oauth_reason_t   any;
        oauth_reason_t   access_only;
    } cases[] = {
        { "", OAUTH_OK, OAUTH_WRONG_TYPE },
        { ",\"typ\":\"JWT\"", OAUTH_OK, OAUTH_WRONG_TYPE },
        { ",\"typ\":\"at+jwt\"", OAUTH_OK, OAUTH_OK },
        { ",\"typ\":\"application/at+jwt\"", OAUTH_OK, OAUTH_OK },
        { ",\"typ\":\"logout+jwt\"", OAUTH_WRONG_TYPE, OAUTH_WRONG_TYPE },
        { ",\"typ\":\"dpop+jwt\"", OAUTH_WRONG_TYPE, OAUTH_WRONG_TYPE },
        { ",\"typ\":\"none\"", OAUTH_WRONG_TYPE, OAUTH_WRONG_TYPE },
        { ",\"typ\":\"JOSE\"", OAUTH_OK, OAUTH_WRONG_TYPE },
        { ",\"typ\":\"application/jose\"", OAUTH_OK, OAUTH_WRONG_TYPE },
        { ",\"typ\":\"JOSE+JSON\"", OAUTH_WRONG_TYPE, OAUTH_WRONG_TYPE },
        { ",\"typ\":\"\"", OAUTH_WRONG_TYPE, OAUTH_WRONG_TYPE },
        { ",\"typ\":null", OAUTH_MALFORMED_TOKEN, OAUTH_MALFORMED_TOKEN },
        { ",\"typ\":[]", OAUTH_MALFORMED_TOKEN, OAUTH_MALFORMED_TOKEN },
        { ",\"typ\":\"at+jwt; v=1\"", OAUTH_WRONG_TYPE, OAUTH_WRONG_TYPE }
    };

    (void) state;

    strict = token_policy;
    strict.access_only = 1;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(header, sizeof(header),
                 "{\"alg\":\"ES256\",\"kid\":\"p256\"%s}", cases[i].type);

        assert_int_equal(token_es256(header, "{" PAYLOAD "}"), cases[i].any);
        assert_int_equal(token_reason(header, "{" PAYLOAD "}",
                                      token_keys[TOKEN_P256],
                                      OAUTH_ALG_ES256, &strict, token_set),
                         cases[i].access_only);
    }
}


static void
token_claims(void **state)
{
    size_t  i;

    static const struct {
        const char      *payload;
        oauth_reason_t   untyped;
        oauth_reason_t   access;                  /* typ: at+jwt */
    } cases[] = {
        { "{" PAYLOAD "}", OAUTH_OK, OAUTH_OK },
        { "{" PAYLOAD ",\"sid\":\"1\",\"nonce\":\"n\"}", OAUTH_OK, OAUTH_OK },

        /* Tokens that are not access tokens. */

        { "{" PAYLOAD ",\"at_hash\":\"h\"}", OAUTH_WRONG_TYPE, OAUTH_OK },
        { "{" PAYLOAD ",\"typ\":\"ID\"}", OAUTH_WRONG_TYPE, OAUTH_OK },
        { "{\"iss\":\"https://as.example\",\"exp\":1700000100,"
          "\"nonce\":\"n\",\"aud\":\"c\"}", OAUTH_WRONG_TYPE, OAUTH_OK },
        { "{" PAYLOAD ",\"events\":{}}", OAUTH_WRONG_TYPE,
          OAUTH_WRONG_TYPE },

        /* A bound token is verified as others are; its proof comes later. */

        { "{" PAYLOAD ",\"cnf\":{\"jkt\":\"x\"}}", OAUTH_OK, OAUTH_OK },

        /* A chain of actors is a chain in every token. */

        { "{" PAYLOAD ",\"act\":{\"sub\":\"a\"}}", OAUTH_OK, OAUTH_OK },
        { "{" PAYLOAD ",\"act\":{}}", OAUTH_MALFORMED_CLAIMS,
          OAUTH_MALFORMED_CLAIMS },

        /* The issuer is compared byte for byte. */

        { "{\"exp\":1700000100}", OAUTH_UNKNOWN_ISSUER,
          OAUTH_UNKNOWN_ISSUER },
        { "{\"iss\":\"https://as.example/\",\"exp\":1700000100}",
          OAUTH_UNKNOWN_ISSUER, OAUTH_UNKNOWN_ISSUER },
        { "{\"iss\":\"https://as.exampl\",\"exp\":1700000100}",
          OAUTH_UNKNOWN_ISSUER, OAUTH_UNKNOWN_ISSUER },
        { "{\"iss\":\"https://AS.example\",\"exp\":1700000100}",
          OAUTH_UNKNOWN_ISSUER, OAUTH_UNKNOWN_ISSUER },
        { "{\"iss\":\"\",\"exp\":1700000100}", OAUTH_UNKNOWN_ISSUER,
          OAUTH_UNKNOWN_ISSUER },
        { "{\"iss\":\"https://as.example\\u0000x\",\"exp\":1700000100}",
          OAUTH_MALFORMED_TOKEN, OAUTH_MALFORMED_TOKEN },
        { "{\"iss\":[\"https://as.example\"],\"exp\":1700000100}",
          OAUTH_MALFORMED_CLAIMS, OAUTH_MALFORMED_CLAIMS },

        /* Times. */

        { "{\"iss\":\"https://as.example\"}", OAUTH_NO_EXPIRY,
          OAUTH_NO_EXPIRY },
        { "{\"iss\":\"https://as.example\",\"exp\":1699999970}",
          OAUTH_EXPIRED, OAUTH_EXPIRED },
        { "{\"iss\":\"https://as.example\",\"exp\":1700000100,"
          "\"nbf\":1700000031}", OAUTH_NOT_YET_VALID, OAUTH_NOT_YET_VALID },
        { "{\"iss\":\"https://as.example\",\"exp\":1e308}",
          OAUTH_LIFETIME_TOO_LONG, OAUTH_LIFETIME_TOO_LONG },
        { "{\"iss\":\"https://as.example\",\"exp\":\"1700000100\"}",
          OAUTH_MALFORMED_CLAIMS, OAUTH_MALFORMED_CLAIMS },

        { "{" PAYLOAD ",\"exp\":1700000200}", OAUTH_MALFORMED_TOKEN,
          OAUTH_MALFORMED_TOKEN },
        { "{" PAYLOAD "}{", OAUTH_MALFORMED_TOKEN, OAUTH_MALFORMED_TOKEN }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (token_es256("{\"alg\":\"ES256\",\"kid\":\"p256\"}",
                        cases[i].payload) != cases[i].untyped
            || token_es256(HEADER, cases[i].payload) != cases[i].access)
        {
            fail_msg("%s", cases[i].payload);
        }
    }
}


/* The order of the checks: in each case all later checks would fail as well. */

static void
token_order(void **state)
{
    size_t  i;

    static const struct {
        const char      *header;
        const char      *payload;
        size_t           foreign;
        oauth_reason_t   reason;
    } cases[] = {
        { "{\"alg\":\"ES256\",\"kid\":\"no\",\"typ\":\"x\"}",
          "{\"iss\":\"b\",\"exp\":1}", 1, OAUTH_UNKNOWN_ISSUER },
        { "{\"alg\":\"ES256\",\"kid\":\"no\",\"typ\":\"x\"}",
          "{\"iss\":\"https://as.example\",\"exp\":1}", 1,
          OAUTH_WRONG_TYPE },
        { "{\"alg\":\"ES256\",\"kid\":\"no\"}",
          "{\"iss\":\"https://as.example\",\"exp\":1}", 1,
          OAUTH_UNKNOWN_KEY },
        { "{\"alg\":\"ES256\",\"kid\":\"p256\"}",
          "{\"iss\":\"https://as.example\",\"exp\":1}", 1,
          OAUTH_BAD_SIGNATURE },
        { "{\"alg\":\"ES256\",\"kid\":\"p256\"}",
          "{\"iss\":\"https://as.example\",\"exp\":1,"
          "\"nbf\":1e308}", 0, OAUTH_EXPIRED },
        { "{\"alg\":\"ES256\",\"kid\":\"p256\"}",
          "{\"iss\":\"https://as.example\",\"exp\":1e308,"
          "\"nbf\":1e308}", 0, OAUTH_NOT_YET_VALID },
        { "{\"alg\":\"ES256\",\"kid\":\"p256\"}",
          "{\"iss\":\"https://as.example\",\"exp\":1e308}", 0,
          OAUTH_LIFETIME_TOO_LONG },
        { "{\"alg\":\"ES256\",\"kid\":\"p256\"}",
          "{\"iss\":\"https://as.example\",\"exp\":1700000100}",
          0, OAUTH_OK }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(token_reason(cases[i].header, cases[i].payload,
                                      cases[i].foreign
                                          ? token_foreign
                                          : token_keys[TOKEN_P256],
                                      OAUTH_ALG_ES256, &token_policy,
                                      token_set), cases[i].reason);
    }
}


/* RFC 8725 section 2.1: public things as the key of an HMAC. */

static void
token_hmac(void **state)
{
    char           *pem;
    size_t          i, j;
    unsigned        len;
    oauth_buf_t     jwk, buf;
    oauth_str_t     secrets[6];
    unsigned char   mac[64];

    static const char  *headers[] = {
        "{\"alg\":\"HS256\",\"kid\":\"rsa\"}",
        "{\"alg\":\"HS256\",\"kid\":\"p256\"}",
        "{\"alg\":\"RS256\",\"kid\":\"rsa\"}",
        "{\"alg\":\"ES256\",\"kid\":\"p256\"}"
    };

    static const oauth_reason_t  reasons[] = {
        OAUTH_WRONG_ALGORITHM, OAUTH_WRONG_ALGORITHM,
        OAUTH_BAD_SIGNATURE, OAUTH_BAD_SIGNATURE
    };

    (void) state;

    pem = keys_pem(token_keys[TOKEN_RSA], 0);
    memset(&jwk, 0, sizeof(oauth_buf_t));
    keys_append_jwk(&jwk, token_keys[TOKEN_RSA], "\"kid\":\"rsa\"");

    secrets[0] = keys_str(pem);
    secrets[1] = oauth_buf_str(&jwk);
    secrets[2] = oauth_str("");
    secrets[3] = oauth_str("rsa");
    secrets[4] = oauth_str("p256");
    secrets[5] = oauth_str("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                           "\0\0\0\0\0\0");

    for (i = 0; i < 4; i++) {
        for (j = 0; j < 6; j++) {
            memset(&buf, 0, sizeof(oauth_buf_t));
            keys_append_input(&buf, keys_str(headers[i]),
                              oauth_str("{" PAYLOAD "}"));

            assert_non_null(HMAC(EVP_sha256(), secrets[j].data,
                                 (int) secrets[j].len, buf.data, buf.len,
                                 mac, &len));

            oauth_buf_append_literal(&buf, ".");
            keys_append_base64url(&buf, (oauth_str_t) { len, mac });

            assert_int_equal(token_reason_of(oauth_buf_str(&buf),
                                             &token_policy, token_set),
                             reasons[i]);
            oauth_buf_free(&buf);
        }
    }

    oauth_buf_free(&jwk);
    free(pem);
}


/*
 * A key inside the token's own header; the payload or header of another token.
 */

static void
token_spliced(void **state)
{
    size_t                i, j;
    oauth_buf_t           first, second, buf, header;
    const unsigned char  *dot;

    (void) state;

    memset(&header, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&header, "{\"alg\":\"ES256\",\"jwk\":");
    keys_append_jwk(&header, token_foreign, "\"kid\":\"p256\"");
    oauth_buf_append(&header, ",\"kid\":\"p256\"}\0", 16);

    assert_int_equal(token_reason((char *) header.data, "{" PAYLOAD "}",
                                  token_foreign, OAUTH_ALG_ES256,
                                  &token_policy, token_set),
                     OAUTH_BAD_SIGNATURE);
    assert_int_equal(token_es256((char *) header.data, "{" PAYLOAD "}"),
                     OAUTH_OK);
    oauth_buf_free(&header);

    memset(&first, 0, sizeof(oauth_buf_t));
    memset(&second, 0, sizeof(oauth_buf_t));
    memset(&buf, 0, sizeof(oauth_buf_t));

    keys_append_token(&first, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                      oauth_str(HEADER), oauth_str("{" PAYLOAD ",\"a\":1}"));
    keys_append_token(&second, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                      oauth_str(HEADER), oauth_str("{" PAYLOAD ",\"a\":2}"));

    dot = memchr(first.data, '.', first.len);
    dot = memchr(dot + 1, '.', first.len - (size_t) (dot + 1 - first.data));
    i = (size_t) (dot - first.data);

    oauth_buf_append(&buf, first.data, i);
    oauth_buf_append(&buf, second.data + i, second.len - i);

    assert_int_equal(token_reason_of(oauth_buf_str(&first), &token_policy,
                                     token_set), OAUTH_OK);
    assert_int_equal(token_reason_of(oauth_buf_str(&buf), &token_policy,
                                     token_set), OAUTH_BAD_SIGNATURE);

    /* Any one character of a good token. */

    for (j = 0; j < first.len; j += 7) {
        first.data[j] = (first.data[j] == 'A') ? 'B' : 'A';
        assert_int_not_equal(token_reason_of(oauth_buf_str(&first),
                                             &token_policy, token_set),
                             OAUTH_OK);

        first.len = 0;
        keys_append_token(&first, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                          oauth_str(HEADER),
                          oauth_str("{" PAYLOAD ",\"a\":1}"));
    }

    oauth_buf_free(&first);
    oauth_buf_free(&second);
    oauth_buf_free(&buf);
}


static void
token_life(void **state)
{
    oauth_token_t  *token;

    (void) state;

    token = token_new("{" PAYLOAD ",\"aud\":[\"a\",\"\",\"b\"]}");

    /* A second reference is acquired, and the first is released. */

    assert_ptr_equal(oauth_token_acquire(token), token);
    oauth_token_free(token);

    token_assert_str(token->subject, "joe");
    token_assert_str(token->scope, "wiki:read wiki:write");
    token_assert_str(token->kid, "p256");
    assert_ptr_equal(token->rules, &token_policy);

    assert_int_equal(token->naudience, 3);
    token_assert_str(token->audience[0], "a");
    token_assert_str(token->audience[1], "");
    token_assert_str(token->audience[2], "b");

    /* iat and exp, with the leeway of 30 s. */

    assert_false(oauth_token_is_current(token, 1699999869));
    assert_true(oauth_token_is_current(token, 1699999870));
    assert_true(oauth_token_is_current(token, 1700000129));
    assert_false(oauth_token_is_current(token, 1700000130));

    oauth_token_free(token);
    oauth_token_free(NULL);

    token = token_new("{" PAYLOAD ",\"nbf\":1699999950}");
    assert_false(oauth_token_is_current(token, 1699999919));
    assert_true(oauth_token_is_current(token, 1699999920));
    oauth_token_free(token);
}


static void
token_least(void **state)
{
    oauth_token_t  *token;

    (void) state;

    token = token_new("{\"iss\":\"https://as.example\",\"exp\":1700000100}");

    assert_int_equal(token->scope.len, 0);
    assert_int_equal(token->naudience, 0);
    assert_null(token->subject.data);
    assert_null(token->id.data);
    assert_null(token->client.data);
    assert_null(token->session.data);
    assert_null(token->confirmation.jkt.data);
    assert_null(token->confirmation.x5t.data);
    assert_false(token->confirmation.bound);
    assert_int_equal(token->issued_at, 0);
    assert_null(token->claims[TOKEN_GROUPS].text.data);
    assert_int_equal(token->claims[TOKEN_GROUPS].nmembers, 0);
    assert_false(token->claims[TOKEN_GROUPS].field);

    oauth_token_free(token);
}


/* Made of claims that were not signed: what decides later is in it. */

static void
token_create(void **state)
{
    size_t                 size;
    json_copy_t            json;
    oauth_token_t         *token;
    oauth_claims_t         claims;
    oauth_token_source_t   source;

    (void) state;

    json_copy_parse(&json, oauth_str(
                         "{\"iat\":100,\"nbf\":90,\"exp\":200,\"sub\":\"joe\","
                         "\"jti\":\"id-1\",\"client_id\":\"app\","
                         "\"sid\":\"s\",\"aud\":\"a\","
                         "\"groups\":[\"admin\"],\"cnf\":{\"jkt\":"
                         "\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}}"));
    assert_int_equal(oauth_claims_read(json.root, &claims), OAUTH_OK);

    source.text = oauth_str("opaque");
    source.kid = (oauth_str_t) { 0, NULL };
    source.scope = oauth_str("read write");
    source.payload = (oauth_str_t) { 0, NULL };
    source.claims = &claims;

    token = oauth_token_create(&source, &token_policy);
    assert_non_null(token);

    json_copy_free(&json);

    token_assert_str(token->text, "opaque");
    token_assert_str(token->scope, "read write");
    token_assert_str(token->subject, "joe");
    token_assert_str(token->id, "id-1");
    token_assert_str(token->client, "app");
    token_assert_str(token->session, "s");
    token_assert_str(token->audience[0], "a");
    token_assert_str(token->claims[TOKEN_GROUPS].text, "admin");
    token_assert_str(token->confirmation.jkt,
                     "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");

    assert_null(token->kid.data);
    assert_int_equal(token->naudience, 1);
    assert_true(token->confirmation.bound);
    assert_false(token->confirmation.unknown);
    assert_int_equal(token->issued_at, 100);
    assert_int_equal(token->starts, 70);
    assert_int_equal(token->expires, 230);
    assert_true(token->ends);
    assert_int_equal(token->refs, 1);
    assert_ptr_equal(token->rules, &token_policy);

    /*
     * Structures, two strings in lists, and the bytes of all.  The text of all
     * claims is in the token itself.
     */

    size = sizeof(oauth_token_t)
           + TOKEN_SELECTED * sizeof(oauth_token_claim_t)
           + 2 * sizeof(oauth_str_t)
           + sizeof("opaque" "read write" "joe" "id-1" "app" "s" "a"
                    "admin" "admin" "admin" "YWRtaW4") - 1 + OAUTH_HASH_SIZE;

    assert_int_equal(token->size, size);

    oauth_token_free(token);
}


/* How and when the user has signed in, where the rules ask for it. */

static void
token_authentication(void **state)
{
    char                  json[128];
    size_t                i;
    json_copy_t           copy;
    oauth_token_t        *token;
    oauth_claims_t        claims;
    oauth_token_rules_t   rules;
    oauth_token_source_t  source;

    static const struct {
        const char  *acr;
        const char  *auth_time;
        const char  *expected;          /* NULL: absent                       */
        int          has_time;
        int64_t      time;
    } cases[] = {
        { "\"gold\"", "1699999000", "gold", 1, 1699999000 },
        { "\"\"", "1699999000.9", "", 1, 1699999000 },
        { "\"a b\"", "0", "a b", 1, 0 },
        { "1", "\"1699999000\"", NULL, 0, 0 },
        { "null", "null", NULL, 0, 0 },
        { "[\"gold\"]", "[1699999000]", NULL, 0, 0 },
        { "{}", "true", NULL, 0, 0 },
        { "\"gold\"", "0.5", "gold", 0, 0 },
        { "\"gold\"", "1e300", "gold", 1, (int64_t) 1 << 53 }
    };

    (void) state;

    memset(&source, 0, sizeof(oauth_token_source_t));
    source.text = oauth_str("opaque");
    source.claims = &claims;
    rules = token_policy;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        snprintf(json, sizeof(json), "{\"acr\":%s,\"auth_time\":%s}",
                 cases[i].acr, cases[i].auth_time);
        json_copy_parse(&copy, keys_str(json));
        assert_int_equal(oauth_claims_read(copy.root, &claims), OAUTH_OK);

        rules.authentication = 1;
        token = oauth_token_create(&source, &rules);
        assert_non_null(token);

        if (cases[i].expected) {
            token_assert_str(token->acr, cases[i].expected);
        } else {
            assert_null(token->acr.data);
        }

        assert_int_equal(token->has_auth_time, cases[i].has_time);

        if (cases[i].has_time) {
            assert_true(token->auth_time == cases[i].time);
        }

        oauth_token_free(token);

        rules.authentication = 0;
        token = oauth_token_create(&source, &rules);
        assert_non_null(token);
        assert_null(token->acr.data);
        assert_false(token->has_auth_time);

        oauth_token_free(token);
        json_copy_free(&copy);
    }
}


/* The selected claims: as text, as members, or not at all. */

static void
token_selection(void **state)
{
    char                        payload[256];
    size_t                      i;
    oauth_token_t              *token;
    const oauth_token_claim_t  *claim;

    static const struct {
        const char  *json;
        const char  *text;              /* NULL: absent */
        int          field;
        const char  *member;            /* NULL: none */
        size_t       nmembers;
    } cases[] = {
        { "\"admin\"", "admin", 1, "admin", 1 },
        { "[\"user\",\"admin\"]", "user,admin", 1, "admin", 2 },
        { "[\"a,b\",\"100%\"]", "a%2Cb,100%25", 1, "a,b", 2 },
        { "7", "7", 1, "7", 1 },
        { "[true,null,[1],{},0.5]", "true,,[1],{},0.5", 1, "0.5", 2 },
        { "{\"a\":1}", "{\"a\":1}", 1, NULL, 0 },
        { "\" a\"", " a", 0, " a", 1 },
        { "\"a\\nb\"", NULL, 0, "a\nb", 1 },
        { "\"\"", "", 0, "", 1 },
        { "[]", "", 0, NULL, 0 },
        { "null", "", 0, NULL, 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        snprintf(payload, sizeof(payload), "{" PAYLOAD ",\"groups\":%s,"
                 "\"roles\":[\"a\",\"b\"],\"org\":{\"level\":[3,4]}}",
                 cases[i].json);
        token = token_new(payload);
        claim = &token->claims[TOKEN_GROUPS];

        if (cases[i].text) {
            token_assert_str(claim->text, cases[i].text);
        } else {
            assert_null(claim->text.data);
        }

        assert_int_equal(claim->field, cases[i].field);
        assert_int_equal(claim->nmembers, cases[i].nmembers);

        if (cases[i].member) {
            assert_true(oauth_token_claim_has(claim, (oauth_str_t [])
                                        { oauth_string("no"),
                                          keys_str(cases[i].member) }, 2));
        }

        assert_false(oauth_token_claim_has(claim, (oauth_str_t [])
                                     { oauth_string("no") }, 1));
        assert_false(oauth_token_claim_has(claim, NULL, 0));

        token_assert_str(token->claims[TOKEN_LEVEL].text, "3,4");
        assert_int_equal(token->claims[TOKEN_LEVEL].nmembers, 0);
        assert_null(token->claims[TOKEN_UNUSED].text.data);
        assert_int_equal(token->claims[TOKEN_UNUSED].nmembers, 0);

        /* A second list comes after the first one. */

        assert_null(token->claims[TOKEN_ROLES].text.data);
        assert_int_equal(token->claims[TOKEN_ROLES].nmembers, 2);
        token_assert_str(token->claims[TOKEN_ROLES].members[0], "a");
        token_assert_str(token->claims[TOKEN_ROLES].members[1], "b");

        oauth_token_free(token);
    }
}


/* A claim that the policy did not select is found nevertheless. */

static void
token_unselected(void **state)
{
    oauth_buf_t     buf;
    oauth_token_t  *token;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));
    token = token_new("{" PAYLOAD ",\"a\":{\"b\":[1,2]},\"c\":\"\\u0001\"}");

    assert_int_equal(oauth_token_text(token, oauth_str("a.b"), &buf), 0);
    token_assert_str(oauth_buf_str(&buf), "1,2");
    assert_int_equal(oauth_token_text(token, oauth_str("no"), &buf), 0);
    assert_int_equal(oauth_token_text(token, oauth_str("c"), &buf), -1);
    token_assert_str(oauth_buf_str(&buf), "1,2");

    oauth_buf_free(&buf);
    oauth_token_free(token);
}


/* A key that is unknown now may be known after another fetch. */

static void
token_second_set(void **state)
{
    oauth_buf_t     text;
    oauth_jwt_t    *jwt;
    oauth_jwks_t   *old;
    oauth_token_t  *token;

    (void) state;

    memset(&text, 0, sizeof(oauth_buf_t));
    keys_append_token(&text, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                      oauth_str(HEADER), oauth_str("{" PAYLOAD "}"));

    old = token_make_set(TOKEN_OKP, 1, &token_kids[TOKEN_OKP]);
    token = NULL;

    assert_int_equal(oauth_jwt_parse(oauth_buf_str(&text), &jwt), OAUTH_OK);
    assert_int_equal(oauth_token_verify(jwt, &token_policy, old, NOW, &token),
                     OAUTH_UNKNOWN_KEY);
    assert_null(token);
    assert_int_equal(oauth_token_verify(jwt, &token_policy, token_set, NOW,
                                        &token), OAUTH_OK);
    assert_non_null(token);

    oauth_token_free(token);
    oauth_jwt_free(jwt);
    oauth_buf_free(&text);
    oauth_jwks_free(old);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(token_every_algorithm),
        cmocka_unit_test(token_pinning),
        cmocka_unit_test(token_jwk_algorithm),
        cmocka_unit_test(token_configured_algorithms),
        cmocka_unit_test(token_types),
        cmocka_unit_test(token_claims),
        cmocka_unit_test(token_order),
        cmocka_unit_test(token_hmac),
        cmocka_unit_test(token_spliced),
        cmocka_unit_test(token_life),
        cmocka_unit_test(token_least),
        cmocka_unit_test(token_create),
        cmocka_unit_test(token_authentication),
        cmocka_unit_test(token_selection),
        cmocka_unit_test(token_unselected),
        cmocka_unit_test(token_second_set)
    };

    return cmocka_run_group_tests(tests, token_setup, token_teardown);
}
