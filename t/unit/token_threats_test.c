
/*
 * Tokens that a hostile client or a careless server may send.  Each is signed
 * by the real key and wrong in exactly one way: the tables of threats.h, every
 * key with every name of an algorithm, HMACs with everything that is public,
 * and every byte in the form of a token.
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
#include <openssl/x509.h>

#include "keys.h"
#include "oauth_base64url.h"
#include "threats.h"
#include "token_fixture.h"


#define DIGITS  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"         \
                "0123456789-_"


static oauth_reason_t
threats_reason(const oauth_buf_t *text)
{
    return token_reason_of(oauth_buf_str(text), &token_policy, token_set);
}


/* With ES256, and with each other algorithm in turn. */

static void
threats_tables(void **state)
{
    int                    id;
    size_t                 i;
    oauth_buf_t            text;
    oauth_reason_t         reason;
    const oauth_alg_t     *alg;
    const threats_case_t  *c;

    (void) state;

    for (i = 0; (c = threats_case(i)) != NULL; i++) {

        for (id = 0; id < OAUTH_ALGS; id++) {

            if (id != OAUTH_ALG_ES256 && i % OAUTH_ALGS != (size_t) id) {
                continue;
            }

            alg = oauth_alg_get((oauth_alg_id_t) id);
            memset(&text, 0, sizeof(oauth_buf_t));
            threats_append(&text, c, alg);

            reason = threats_reason(&text);
            oauth_buf_free(&text);

            if (reason != c->reason) {
                fail_msg("%s, %s, %s: %d", (const char *) alg->name.data,
                         c->row, c->name, reason);
            }
        }
    }

    assert_true(i > 200);
}


/* A name in the header, a kid, and a signature that is right for the name. */

static oauth_reason_t
threats_pin(const oauth_alg_t *named, const char *kid,
    const oauth_jwks_t *set)
{
    char            header[128];
    oauth_buf_t     text;
    oauth_reason_t  reason;

    snprintf(header, sizeof(header), "{\"alg\":\"%s\"%s%s}",
             (const char *) named->name.data, kid ? "," : "", kid ? kid : "");

    memset(&text, 0, sizeof(oauth_buf_t));
    keys_append_token(&text, token_keys[token_key_of(named->id)], named->id,
                      keys_str(header), oauth_str("{" PAYLOAD "}"));

    reason = token_reason_of(oauth_buf_str(&text), &token_policy, set);
    oauth_buf_free(&text);

    return reason;
}


/*
 * The reason that a key of the set must give for a token of this algorithm,
 * which the key at place has signed.  Only EdDSA fits two keys, and one of them
 * has signed.
 */

static oauth_reason_t
threats_expected(const oauth_alg_t *alg, const oauth_jwk_t *jwk, size_t place)
{
    if (!(jwk->algorithms & alg->bits)) {
        return OAUTH_KEY_MISMATCH;
    }

    return (place == token_key_of(alg->id)) ? OAUTH_OK : OAUTH_BAD_SIGNATURE;
}


/* Each algorithm by the kid of each key. */

static void
threats_pinned_types(void **state)
{
    int                 id;
    size_t              key;
    const oauth_alg_t  *alg;

    (void) state;

    for (id = 0; id < OAUTH_ALGS; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);

        for (key = 0; key < TOKEN_KEYS; key++) {
            assert_int_equal(threats_pin(alg, token_kids[key], token_set),
                             threats_expected(alg, &token_set->keys[key],
                                              key));
        }
    }
}


/* Each algorithm with a key whose JWK names each algorithm of its type. */

static void
threats_pinned_names(void **state)
{
    int                 id, pinned;
    char                more[64];
    size_t              key;
    const char         *members[1];
    oauth_reason_t      expected;
    oauth_jwks_t       *set;
    const oauth_alg_t  *alg, *pin;

    (void) state;

    for (pinned = 0; pinned < OAUTH_ALGS; pinned++) {
        pin = oauth_alg_get((oauth_alg_id_t) pinned);
        key = token_key_of(pin->id);

        snprintf(more, sizeof(more), "%s,\"alg\":\"%s\"", token_kids[key],
                 (const char *) pin->name.data);
        members[0] = more;
        set = token_make_set(key, 1, members);

        for (id = 0; id < OAUTH_ALGS; id++) {
            alg = oauth_alg_get((oauth_alg_id_t) id);
            expected = threats_expected(alg, &set->keys[0], key);

            assert_int_equal(expected == OAUTH_KEY_MISMATCH,
                             (pin->bits & alg->bits) == 0
                             || (key == TOKEN_OKP && id == OAUTH_ALG_ED448));
            assert_int_equal(threats_pin(alg, token_kids[key], set),
                             expected);
            assert_int_equal(threats_pin(alg, NULL, set),
                             expected == OAUTH_KEY_MISMATCH
                                 ? OAUTH_UNKNOWN_KEY : expected);
        }

        oauth_jwks_free(set);
    }
}


/* The secrets of threats_hmac: what is public about the RSA key. */

enum { SECRET_PEM, SECRET_PEM_CUT, SECRET_DER, SECRET_JWK, SECRET_N,
       SECRET_N_TEXT, SECRET_KID, SECRET_EMPTY, SECRET_ZEROS, SECRETS };


static void
threats_secret(int kind, oauth_buf_t *buf)
{
    int             len;
    char           *pem;
    BIGNUM         *n;
    oauth_buf_t     number;
    unsigned char  *der;

    memset(buf, 0, sizeof(oauth_buf_t));
    memset(&number, 0, sizeof(oauth_buf_t));

    n = keys_number(token_keys[TOKEN_RSA], "n");
    keys_append_number(&number, n, 256);
    BN_free(n);

    switch (kind) {

    case SECRET_PEM:
    case SECRET_PEM_CUT:
        pem = keys_pem(token_keys[TOKEN_RSA], 0);
        oauth_buf_append(buf, pem, strlen(pem) - (kind == SECRET_PEM_CUT));
        free(pem);
        break;

    case SECRET_DER:
        der = NULL;
        len = i2d_PUBKEY(token_keys[TOKEN_RSA], &der);
        assert_true(len > 0);
        oauth_buf_append(buf, der, (size_t) len);
        OPENSSL_free(der);
        break;

    case SECRET_JWK:
        keys_append_jwk(buf, token_keys[TOKEN_RSA], token_kids[TOKEN_RSA]);
        break;

    case SECRET_N:
        oauth_buf_append_str(buf, oauth_buf_str(&number));
        break;

    case SECRET_N_TEXT:
        keys_append_base64url(buf, oauth_buf_str(&number));
        break;

    case SECRET_KID:
        oauth_buf_append_literal(buf, "rsa");
        break;

    case SECRET_ZEROS:
        oauth_buf_append(buf, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                         "\0\0\0\0\0\0\0\0\0", 32);
        break;
    }

    oauth_buf_free(&number);
}


/* RFC 8725 section 2.1: public things as the key of an HMAC. */

static oauth_reason_t
threats_hmac_reason(const char *alg, const EVP_MD *md,
    const oauth_buf_t *secret)
{
    char            header[64];
    unsigned        len;
    oauth_buf_t     text;
    oauth_reason_t  reason;
    unsigned char   mac[EVP_MAX_MD_SIZE];

    snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"rsa\"}", alg);

    memset(&text, 0, sizeof(oauth_buf_t));
    keys_append_input(&text, keys_str(header), oauth_str("{" PAYLOAD "}"));

    assert_non_null(HMAC(md, secret->data ? (void *) secret->data : "",
                         (int) secret->len, text.data, text.len, mac, &len));

    oauth_buf_append_literal(&text, ".");
    keys_append_base64url(&text, (oauth_str_t) { len, mac });

    reason = threats_reason(&text);
    oauth_buf_free(&text);

    return reason;
}


static void
threats_hmac(void **state)
{
    int           kind;
    size_t        i;
    oauth_buf_t   secret;

    static const char  *const algs[][2] = {
        { "HS256", "RS256" }, { "HS384", "RS384" }, { "HS512", "RS512" }
    };

    const EVP_MD  *digests[] = { EVP_sha256(), EVP_sha384(), EVP_sha512() };

    (void) state;

    for (kind = 0; kind < SECRETS; kind++) {
        threats_secret(kind, &secret);

        for (i = 0; i < 3; i++) {
            assert_int_equal(threats_hmac_reason(algs[i][0], digests[i],
                                                 &secret),
                             OAUTH_WRONG_ALGORITHM);
            assert_int_equal(threats_hmac_reason(algs[i][1], digests[i],
                                                 &secret),
                             OAUTH_BAD_SIGNATURE);
        }

        oauth_buf_free(&secret);
    }
}


/*
 * The token is signed by a key inside its own header; only the key of its kid
 * counts.
 */

static void
threats_own_key(void **state)
{
    size_t       i;
    oauth_buf_t  header, text;

    static const char *const members[] = {
        "\"jku\":\"http://192.0.2.1/jwks\"", "\"x5u\":\"http://192.0.2.1/\"",
        "\"x5c\":[\"MIIB\"]", "\"x5t\":\"AAAA\"", "\"x5t#S256\":\"AAAA\"", ""
    };

    (void) state;

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        memset(&header, 0, sizeof(oauth_buf_t));
        memset(&text, 0, sizeof(oauth_buf_t));

        oauth_buf_append_literal(&header, "{\"alg\":\"ES256\",\"kid\":"
                                          "\"p256\",");
        oauth_buf_append_str(&header, keys_str(members[i]));
        oauth_buf_append_str(&header, keys_str(members[i][0] ? "," : ""));
        oauth_buf_append_literal(&header, "\"jwk\":");
        keys_append_jwk(&header, token_foreign, "\"kid\":\"p256\"");
        oauth_buf_append_literal(&header, "}");

        keys_append_token(&text, token_foreign, OAUTH_ALG_ES256,
                          oauth_buf_str(&header), oauth_str("{" PAYLOAD "}"));
        assert_int_equal(threats_reason(&text), OAUTH_BAD_SIGNATURE);

        text.len = 0;
        keys_append_token(&text, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                          oauth_buf_str(&header), oauth_str("{" PAYLOAD "}"));
        assert_int_equal(threats_reason(&text), OAUTH_OK);

        oauth_buf_free(&header);
        oauth_buf_free(&text);
    }
}


/* A good token whose second segment has 4 n characters and this many more. */

static void
threats_good(oauth_buf_t *text, int pad)
{
    char  payload[256];

    snprintf(payload, sizeof(payload), "{" PAYLOAD ",\"x\":\"%.*s\"}", pad,
             "xxx");

    memset(text, 0, sizeof(oauth_buf_t));
    keys_append_token(text, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                      oauth_str(HEADER), keys_str(payload));
}


/*
 * Every byte value replaces a byte, or is inserted, at both ends of each
 * segment.
 */

static void
threats_form_bytes(void **state)
{
    int            c;
    size_t         i, k, dots[2];
    oauth_buf_t    text, more;
    unsigned char  byte, kept;

    (void) state;

    threats_good(&text, 0);
    assert_int_equal(threats_reason(&text), OAUTH_OK);

    for (i = 0, k = 0; i < text.len; i++) {
        if (text.data[i] == '.') {
            dots[k++] = i;
        }
    }

    const size_t  places[] = {
        0, dots[0] - 1, dots[0], dots[0] + 1, dots[1] - 1, dots[1],
        dots[1] + 1, text.len - 1, text.len
    };

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {

        for (c = 0; c < 256; c++) {
            byte = (unsigned char) c;

            memset(&more, 0, sizeof(oauth_buf_t));
            oauth_buf_append(&more, text.data, places[i]);
            oauth_buf_append(&more, &byte, 1);
            oauth_buf_append(&more, text.data + places[i],
                             text.len - places[i]);
            assert_int_not_equal(threats_reason(&more), OAUTH_OK);
            oauth_buf_free(&more);

            if (places[i] == text.len || text.data[places[i]] == byte) {
                continue;
            }

            kept = text.data[places[i]];
            text.data[places[i]] = byte;
            assert_int_not_equal(threats_reason(&text), OAUTH_OK);
            text.data[places[i]] = kept;
        }
    }

    assert_int_equal(threats_reason(&text), OAUTH_OK);
    oauth_buf_free(&text);
}


/* RFC 4648 section 3.5: unused bits of the last character that are set. */

static void
threats_form_bits(void **state)
{
    int             pad;
    char           *digit;
    size_t          i, len, bits;
    oauth_buf_t     text;
    unsigned char  *end, *last, kept;

    (void) state;

    for (pad = 0; pad < 3; pad++) {
        threats_good(&text, pad);
        assert_int_equal(threats_reason(&text), OAUTH_OK);

        end = text.data;

        for (i = 0; i < 3; i++) {
            len = (size_t) (text.data + text.len - end);
            last = i < 2 ? memchr(end, '.', len) : end + len;
            len = (size_t) (last - end);
            end = last;

            bits = (len % 4 == 2) ? 16 : (len % 4 == 3) ? 4 : 1;
            kept = end[-1];
            digit = memchr(DIGITS, kept, 64);
            assert_int_equal((size_t) (digit - DIGITS) % bits, 0);

            while (--bits > 0) {
                end[-1] = (unsigned char) digit[bits];
                assert_int_equal(threats_reason(&text),
                                 OAUTH_MALFORMED_TOKEN);
            }

            end[-1] = kept;
            end++;
        }

        oauth_buf_free(&text);
    }
}


/* Tokens that are large and good, to the last byte, and one byte more. */

static void
threats_sizes(void **state)
{
    size_t       n, len, input, largest;
    oauth_buf_t  payload, text;

    (void) state;

    memset(&payload, 0, sizeof(oauth_buf_t));
    memset(&text, 0, sizeof(oauth_buf_t));

    oauth_buf_append_literal(&payload, "{" PAYLOAD ",\"x\":\"");
    len = payload.len;
    largest = 0;

    for (n = 0; n < 50000; n++) {
        oauth_buf_append_literal(&payload, "x");
    }

    oauth_buf_append_literal(&payload, "\"}");

    for (n = 0; n < 50000; n += (n < 45000) ? 5000 : 1) {
        memcpy(payload.data + len + n, "\"}", 2);
        payload.len = len + n + 2;

        input = oauth_base64url_encoded_size(sizeof(HEADER) - 1) + 1
                + oauth_base64url_encoded_size(payload.len);

        if (n < 45000 || input + 87 > OAUTH_JWS_SIZE - 2) {
            text.len = 0;
            keys_append_token(&text, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                              oauth_str(HEADER), oauth_buf_str(&payload));

            assert_int_equal(threats_reason(&text),
                             text.len <= OAUTH_JWS_SIZE
                                 ? OAUTH_OK : OAUTH_MALFORMED_TOKEN);

            largest = text.len <= OAUTH_JWS_SIZE ? text.len : largest;
        }

        if (input > OAUTH_JWS_SIZE - 87 + 8) {
            break;
        }

        payload.data[len + n] = 'x';
        payload.data[len + n + 1] = 'x';
    }

    assert_true(n < 50000);
    assert_true(largest > OAUTH_JWS_SIZE - 3);

    oauth_buf_free(&payload);
    oauth_buf_free(&text);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(threats_tables),
        cmocka_unit_test(threats_pinned_types),
        cmocka_unit_test(threats_pinned_names),
        cmocka_unit_test(threats_hmac),
        cmocka_unit_test(threats_own_key),
        cmocka_unit_test(threats_form_bytes),
        cmocka_unit_test(threats_form_bits),
        cmocka_unit_test(threats_sizes)
    };

    return cmocka_run_group_tests(tests, token_setup, token_teardown);
}
