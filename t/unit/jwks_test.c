
/*
 * A JSON Web Key Set: unusual keys among good ones, documents that are not key
 * sets, and which key of a set is tried for which token.
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
#include "oauth_jwks.h"


static const oauth_str_t  jwks_input = oauth_string("header.payload");
static const oauth_str_t  jwks_no_kid = { 0, NULL };

static EVP_PKEY  *jwks_a;                    /* P-256 */
static EVP_PKEY  *jwks_b;                    /* P-256 */
static EVP_PKEY  *jwks_okp;                  /* Ed25519 */
static EVP_PKEY  *jwks_ed448;


static int
jwks_setup(void **state)
{
    (void) state;

    jwks_a = keys_ec("P-256");
    jwks_b = keys_ec("P-256");
    jwks_okp = keys_ed25519();
    jwks_ed448 = keys_ed448();

    return 0;
}


static int
jwks_teardown(void **state)
{
    (void) state;

    EVP_PKEY_free(jwks_a);
    EVP_PKEY_free(jwks_b);
    EVP_PKEY_free(jwks_okp);
    EVP_PKEY_free(jwks_ed448);

    return 0;
}


/* A set that grows: begin, add keys or JSON, end. */

static void
jwks_begin(oauth_buf_t *buf)
{
    memset(buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(buf, "{\"keys\":[");
}


static void
jwks_add_json(oauth_buf_t *buf, const char *json)
{
    if (buf->data[buf->len - 1] != '[') {
        oauth_buf_append_literal(buf, ",");
    }

    oauth_buf_append_str(buf, keys_str(json));
}


static void
jwks_add_key(oauth_buf_t *buf, EVP_PKEY *key, const char *more)
{
    jwks_add_json(buf, "");
    keys_append_jwk(buf, key, more);
}


static oauth_jwks_t *
jwks_end(oauth_buf_t *buf)
{
    const char    *error;
    oauth_jwks_t  *set;

    oauth_buf_append_literal(buf, "]}");
    assert_false(buf->failed);

    error = NULL;
    set = oauth_jwks_parse(oauth_buf_str(buf), OAUTH_ALGS_ALL, &error);
    oauth_buf_free(buf);

    if (set == NULL) {
        fail_msg("no set: %s", error);
    }

    return set;
}


static oauth_reason_t
jwks_verify(const oauth_jwks_t *set, oauth_str_t kid, EVP_PKEY *key,
    oauth_alg_id_t id)
{
    oauth_buf_t     signature;
    oauth_reason_t  reason;

    memset(&signature, 0, sizeof(oauth_buf_t));
    keys_append_signature(&signature, key, id, jwks_input);

    reason = oauth_jwks_verify(set, kid, oauth_alg_get(id), OAUTH_ALGS_ALL,
                               jwks_input, oauth_buf_str(&signature));

    oauth_buf_free(&signature);

    return reason;
}


static void
jwks_by_kid(void **state)
{
    size_t         i;
    oauth_buf_t    buf;
    oauth_jwks_t  *set;

    static const oauth_str_t  others[] = {
        oauth_string("A"), oauth_string("aa"), oauth_string("a "),
        oauth_string("a\0"), oauth_string("a\0b"), oauth_string("../a"),
        oauth_string("a' OR '1'='1"), oauth_string("a\r\n"),
        oauth_string(""), oauth_string("c")
    };

    (void) state;

    jwks_begin(&buf);
    jwks_add_key(&buf, jwks_a, "\"kid\":\"a\"");
    jwks_add_key(&buf, jwks_b, "\"kid\":\"b\"");
    set = jwks_end(&buf);

    assert_int_equal(set->nkeys, 2);
    assert_int_equal(set->nskipped, 0);

    assert_int_equal(jwks_verify(set, oauth_str("a"), jwks_a,
                                 OAUTH_ALG_ES256), OAUTH_OK);
    assert_int_equal(jwks_verify(set, oauth_str("b"), jwks_b,
                                 OAUTH_ALG_ES256), OAUTH_OK);

    /* A signature by one key, with the kid of the other. */

    assert_int_equal(jwks_verify(set, oauth_str("b"), jwks_a,
                                 OAUTH_ALG_ES256), OAUTH_BAD_SIGNATURE);

    for (i = 0; i < sizeof(others) / sizeof(oauth_str_t); i++) {
        assert_int_equal(jwks_verify(set, others[i], jwks_a,
                                     OAUTH_ALG_ES256), OAUTH_UNKNOWN_KEY);
    }

    oauth_jwks_free(set);
}


static void
jwks_without_kid(void **state)
{
    oauth_buf_t    buf;
    oauth_jwks_t  *set;

    (void) state;

    jwks_begin(&buf);
    jwks_add_key(&buf, jwks_okp, "\"kid\":\"o\"");
    jwks_add_key(&buf, jwks_a, "\"kid\":\"a\"");
    jwks_add_key(&buf, jwks_b, "");
    set = jwks_end(&buf);

    assert_int_equal(jwks_verify(set, jwks_no_kid, jwks_a, OAUTH_ALG_ES256),
                     OAUTH_OK);
    assert_int_equal(jwks_verify(set, jwks_no_kid, jwks_b, OAUTH_ALG_ES256),
                     OAUTH_OK);
    assert_int_equal(jwks_verify(set, jwks_no_kid, jwks_okp,
                                 OAUTH_ALG_ED25519), OAUTH_OK);

    /* If no key has the kid, only the keys without a kid are tried. */

    assert_int_equal(jwks_verify(set, oauth_str("b"), jwks_b,
                                 OAUTH_ALG_ES256), OAUTH_OK);
    assert_int_equal(jwks_verify(set, oauth_str("b"), jwks_a,
                                 OAUTH_ALG_ES256), OAUTH_UNKNOWN_KEY);
    assert_int_equal(jwks_verify(set, oauth_str("b"), jwks_okp,
                                 OAUTH_ALG_EDDSA), OAUTH_UNKNOWN_KEY);

    /* If a key has the kid, only that key is tried. */

    assert_int_equal(jwks_verify(set, oauth_str("a"), jwks_b,
                                 OAUTH_ALG_ES256), OAUTH_BAD_SIGNATURE);
    assert_int_equal(jwks_verify(set, oauth_str("o"), jwks_b,
                                 OAUTH_ALG_ES256), OAUTH_KEY_MISMATCH);

    assert_int_equal(oauth_jwks_verify(set, jwks_no_kid,
                                       oauth_alg_get(OAUTH_ALG_RS256),
                                       OAUTH_ALGS_ALL, jwks_input,
                                       oauth_str("x")),
                     OAUTH_UNKNOWN_KEY);

    oauth_jwks_free(set);
}


static void
jwks_has(void **state)
{
    oauth_buf_t    buf;
    oauth_jwks_t  *set;

    (void) state;

    jwks_begin(&buf);
    jwks_add_key(&buf, jwks_a, "\"kid\":\"a\"");
    set = jwks_end(&buf);

    assert_true(oauth_jwks_has(set, oauth_str("a")));
    assert_true(oauth_jwks_has(set, jwks_no_kid));
    assert_false(oauth_jwks_has(set, oauth_str("b")));
    assert_false(oauth_jwks_has(set, oauth_str("A")));
    assert_false(oauth_jwks_has(set, oauth_str("aa")));

    oauth_jwks_free(set);

    jwks_begin(&buf);
    jwks_add_key(&buf, jwks_a, "\"kid\":\"a\"");
    jwks_add_key(&buf, jwks_b, "");
    set = jwks_end(&buf);

    assert_true(oauth_jwks_has(set, oauth_str("b")));

    oauth_jwks_free(set);
}


static void
jwks_mismatch(void **state)
{
    oauth_buf_t    buf;
    oauth_jwks_t  *set;

    (void) state;

    jwks_begin(&buf);
    jwks_add_key(&buf, jwks_a, "\"kid\":\"a\"");
    jwks_add_key(&buf, jwks_okp, "\"kid\":\"o\",\"alg\":\"EdDSA\"");
    set = jwks_end(&buf);

    assert_int_equal(jwks_verify(set, oauth_str("a"), jwks_okp,
                                 OAUTH_ALG_EDDSA), OAUTH_KEY_MISMATCH);
    assert_int_equal(oauth_jwks_verify(set, oauth_str("a"),
                                       oauth_alg_get(OAUTH_ALG_RS256),
                                       OAUTH_ALGS_ALL, jwks_input,
                                       oauth_str("x")),
                     OAUTH_KEY_MISMATCH);
    assert_int_equal(jwks_verify(set, oauth_str("o"), jwks_okp,
                                 OAUTH_ALG_ED25519), OAUTH_OK);

    oauth_jwks_free(set);
}


/* "EdDSA" does not say which curve, but the key does. */

static void
jwks_eddsa(void **state)
{
    oauth_buf_t    buf;
    oauth_jwks_t  *set;

    (void) state;

    jwks_begin(&buf);
    jwks_add_key(&buf, jwks_ed448, "\"kid\":\"e\",\"alg\":\"EdDSA\"");
    jwks_add_key(&buf, jwks_okp, "\"kid\":\"o\",\"alg\":\"Ed25519\"");
    jwks_add_key(&buf, jwks_okp, "\"kid\":\"e\"");
    set = jwks_end(&buf);

    assert_int_equal(jwks_verify(set, oauth_str("e"), jwks_ed448,
                                 OAUTH_ALG_EDDSA), OAUTH_OK);
    assert_int_equal(jwks_verify(set, oauth_str("e"), jwks_ed448,
                                 OAUTH_ALG_ED448), OAUTH_OK);
    assert_int_equal(jwks_verify(set, oauth_str("e"), jwks_okp,
                                 OAUTH_ALG_EDDSA), OAUTH_OK);
    assert_int_equal(jwks_verify(set, oauth_str("e"), jwks_okp,
                                 OAUTH_ALG_ED448), OAUTH_BAD_SIGNATURE);
    assert_int_equal(jwks_verify(set, oauth_str("o"), jwks_ed448,
                                 OAUTH_ALG_ED448), OAUTH_KEY_MISMATCH);
    assert_int_equal(jwks_verify(set, oauth_str("o"), jwks_ed448,
                                 OAUTH_ALG_EDDSA), OAUTH_BAD_SIGNATURE);
    assert_int_equal(jwks_verify(set, jwks_no_kid, jwks_ed448,
                                 OAUTH_ALG_ED448), OAUTH_OK);

    oauth_jwks_free(set);
}


/* Two keys with the same kid: the algorithm decides, or both are tried. */

static void
jwks_same_kid(void **state)
{
    oauth_buf_t    buf;
    oauth_jwks_t  *set;

    (void) state;

    jwks_begin(&buf);
    jwks_add_key(&buf, jwks_okp, "\"kid\":\"a\"");
    jwks_add_key(&buf, jwks_b, "\"kid\":\"a\"");
    jwks_add_key(&buf, jwks_a, "\"kid\":\"a\"");
    set = jwks_end(&buf);

    assert_int_equal(jwks_verify(set, oauth_str("a"), jwks_a,
                                 OAUTH_ALG_ES256), OAUTH_OK);
    assert_int_equal(jwks_verify(set, oauth_str("a"), jwks_b,
                                 OAUTH_ALG_ES256), OAUTH_OK);
    assert_int_equal(jwks_verify(set, oauth_str("a"), jwks_okp,
                                 OAUTH_ALG_EDDSA), OAUTH_OK);

    oauth_jwks_free(set);
}


/*
 * Verifies with a key at this place in a set of others, where it is found or
 * too far.
 */

static oauth_reason_t
jwks_verify_at(size_t place, const char *kid, oauth_str_t token_kid)
{
    size_t           i;
    oauth_buf_t      buf;
    oauth_jwks_t    *set;
    oauth_reason_t   reason;

    jwks_begin(&buf);
    jwks_add_key(&buf, jwks_okp, kid);

    for (i = 0; i < place; i++) {
        jwks_add_key(&buf, jwks_b, kid);
    }

    jwks_add_key(&buf, jwks_a, kid);
    set = jwks_end(&buf);

    reason = jwks_verify(set, token_kid, jwks_a, OAUTH_ALG_ES256);
    oauth_jwks_free(set);

    return reason;
}


static void
jwks_tried(void **state)
{
    (void) state;

    assert_int_equal(jwks_verify_at(OAUTH_JWKS_TRIED - 1, "", jwks_no_kid),
                     OAUTH_OK);
    assert_int_equal(jwks_verify_at(OAUTH_JWKS_TRIED, "", jwks_no_kid),
                     OAUTH_BAD_SIGNATURE);
    assert_int_equal(jwks_verify_at(OAUTH_JWKS_TRIED - 1, "\"kid\":\"a\"",
                                    oauth_str("a")), OAUTH_OK);
    assert_int_equal(jwks_verify_at(OAUTH_JWKS_TRIED, "\"kid\":\"a\"",
                                    oauth_str("a")), OAUTH_BAD_SIGNATURE);

    /* Keys without a kid, for a kid that no key has. */

    assert_int_equal(jwks_verify_at(OAUTH_JWKS_TRIED - 1, "",
                                    oauth_str("a")), OAUTH_OK);
    assert_int_equal(jwks_verify_at(OAUTH_JWKS_TRIED, "", oauth_str("a")),
                     OAUTH_UNKNOWN_KEY);
    assert_int_equal(jwks_verify_at(1, "\"kid\":\"b\"", oauth_str("a")),
                     OAUTH_UNKNOWN_KEY);
}


/* Values that are not usable keys, each between two good keys. */

static const char  *jwks_odd[] = {
    "null",
    "1",
    "\"key\"",
    "[]",
    "{}",
    "{\"kty\":\"oct\",\"k\":\"c2VjcmV0\",\"alg\":\"HS256\",\"kid\":\"a\"}",
    "{\"kty\":\"oct\",\"kid\":\"a\"}",
    "{\"kty\":\"new\",\"kid\":\"a\"}",
    "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\",\"kid\":\"a\"}",
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\","
    "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
    "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\","
    "\"x\":\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
    "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"kid\":\"a\","
    "\"x\":\"AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\\u0000\","
    "\"x\":\"AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"enc\","
    "\"x\":\"AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"
};


static void
jwks_odd_keys(void **state)
{
    size_t         i, n;
    oauth_buf_t    buf;
    oauth_jwks_t  *set;

    (void) state;

    n = sizeof(jwks_odd) / sizeof(jwks_odd[0]);

    jwks_begin(&buf);
    jwks_add_key(&buf, jwks_a, "\"kid\":\"a\"");

    for (i = 0; i < n; i++) {
        jwks_add_json(&buf, jwks_odd[i]);
    }

    jwks_add_key(&buf, jwks_b, "\"kid\":\"b\"");
    set = jwks_end(&buf);

    assert_int_equal(set->nkeys, 2);
    assert_int_equal(set->nskipped, n);

    for (i = 0; i < OAUTH_JWKS_SKIPPED; i++) {
        assert_int_equal(set->skipped[i].index, i + 1);
        assert_non_null(set->skipped[i].why);
    }

    assert_int_equal(jwks_verify(set, oauth_str("a"), jwks_a,
                                 OAUTH_ALG_ES256), OAUTH_OK);
    assert_int_equal(jwks_verify(set, oauth_str("b"), jwks_b,
                                 OAUTH_ALG_ES256), OAUTH_OK);

    oauth_jwks_free(set);
}


/* If no key is usable, the caller can ask for the reasons. */

static void
jwks_none_usable(void **state)
{
    const char    *error;
    oauth_str_t    text;
    oauth_jwks_t  *set;

    (void) state;

    text = oauth_str("{\"keys\":[{},{\"kty\":\"oct\"},7]}");

    error = NULL;
    assert_null(oauth_jwks_parse(text, OAUTH_ALGS_ALL, &error));
    assert_string_equal(error, "key set has no usable key");

    error = NULL;
    set = oauth_jwks_read(text, OAUTH_ALGS_ALL, &error);

    assert_non_null(set);
    assert_string_equal(error, "key set has no usable key");
    assert_int_equal(set->nkeys, 0);
    assert_int_equal(set->nskipped, 3);
    assert_int_equal(set->skipped[2].index, 2);
    assert_non_null(set->skipped[2].why);
    assert_int_equal(jwks_verify(set, jwks_no_kid, jwks_a, OAUTH_ALG_ES256),
                     OAUTH_UNKNOWN_KEY);

    oauth_jwks_free(set);

    error = NULL;
    set = oauth_jwks_read(oauth_str("{\"keys\":[]}"), OAUTH_ALGS_ALL, &error);

    assert_non_null(set);
    assert_int_equal(set->nskipped, 0);
    oauth_jwks_free(set);

    assert_null(oauth_jwks_read(oauth_str("{}"), OAUTH_ALGS_ALL, &error));
}


static oauth_jwks_t *
jwks_of(size_t n)
{
    size_t       i;
    oauth_buf_t  buf;

    jwks_begin(&buf);

    for (i = 0; i < n; i++) {
        jwks_add_key(&buf, i == 0 ? jwks_a : jwks_b,
                     i == 0 ? "\"kid\":\"a\"" : "\"kid\":\"b\"");
    }

    return jwks_end(&buf);
}


static void
jwks_many(void **state)
{
    oauth_jwks_t  *set;

    (void) state;

    set = jwks_of(OAUTH_JWKS_KEYS);
    assert_int_equal(set->nkeys, OAUTH_JWKS_KEYS);
    assert_int_equal(set->nskipped, 0);
    oauth_jwks_free(set);

    set = jwks_of(OAUTH_JWKS_KEYS + 20);
    assert_int_equal(set->nkeys, OAUTH_JWKS_KEYS);
    assert_int_equal(set->nskipped, 20);
    assert_int_equal(set->skipped[0].index, OAUTH_JWKS_KEYS);
    assert_int_equal(jwks_verify(set, oauth_str("a"), jwks_a,
                                 OAUTH_ALG_ES256), OAUTH_OK);
    oauth_jwks_free(set);
}


/*
 * The last of 256 key ids is found, and so is one whose hash another key id
 * has.
 */

static void
jwks_names(void **state)
{
    char           more[32];
    size_t         i;
    oauth_buf_t    buf;
    oauth_jwks_t  *set;

    (void) state;

    jwks_begin(&buf);

    for (i = 0; i < OAUTH_JWKS_KEYS - 3; i++) {
        snprintf(more, sizeof(more), "\"kid\":\"key-%d\"", (int) i);
        jwks_add_key(&buf, jwks_b, more);
    }

    /* These two have the same hash (32-bit FNV-1a). */

    jwks_add_key(&buf, jwks_b, "\"kid\":\"costarring\"");
    jwks_add_key(&buf, jwks_a, "\"kid\":\"liquid\"");
    jwks_add_key(&buf, jwks_a, "\"kid\":\"last\"");
    set = jwks_end(&buf);

    assert_int_equal(set->nkeys, OAUTH_JWKS_KEYS);
    assert_int_equal(set->kids[OAUTH_JWKS_KEYS - 3],
                     set->kids[OAUTH_JWKS_KEYS - 2]);

    assert_int_equal(jwks_verify(set, oauth_str("last"), jwks_a,
                                 OAUTH_ALG_ES256), OAUTH_OK);
    assert_int_equal(jwks_verify(set, oauth_str("key-200"), jwks_b,
                                 OAUTH_ALG_ES256), OAUTH_OK);
    assert_int_equal(jwks_verify(set, oauth_str("key-200"), jwks_a,
                                 OAUTH_ALG_ES256), OAUTH_BAD_SIGNATURE);
    assert_int_equal(jwks_verify(set, oauth_str("liquid"), jwks_a,
                                 OAUTH_ALG_ES256), OAUTH_OK);
    assert_int_equal(jwks_verify(set, oauth_str("costarring"), jwks_a,
                                 OAUTH_ALG_ES256), OAUTH_BAD_SIGNATURE);
    assert_int_equal(jwks_verify(set, oauth_str("key-253"), jwks_b,
                                 OAUTH_ALG_ES256), OAUTH_UNKNOWN_KEY);

    oauth_jwks_free(set);
}


/*
 * A set with many points that are on no curve: after so many of them the parser
 * stops.  The good key before that point stays, and the one after it is not
 * read.
 */

static oauth_jwks_t *
jwks_unsound(size_t before, size_t between)
{
    size_t       i;
    oauth_buf_t  buf;

    jwks_begin(&buf);

    for (i = 0; i < before + between; i++) {

        if (i == before) {
            jwks_add_key(&buf, jwks_a, "\"kid\":\"a\"");
        }

        jwks_add_json(&buf, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"x\","
                      "\"x\":\"AQ\",\"y\":\"AQ\"}");
    }

    jwks_add_key(&buf, jwks_b, "\"kid\":\"b\"");

    return jwks_end(&buf);
}


static void
jwks_gives_up(void **state)
{
    oauth_jwks_t  *set;

    (void) state;

    set = jwks_unsound(1, OAUTH_JWKS_UNSOUND - 2);
    assert_int_equal(set->nkeys, 2);
    oauth_jwks_free(set);

    set = jwks_unsound(1, OAUTH_JWKS_UNSOUND - 1);
    assert_int_equal(set->nkeys, 1);
    assert_int_equal(set->nskipped, OAUTH_JWKS_UNSOUND + 1);
    assert_int_equal(jwks_verify(set, oauth_str("a"), jwks_a,
                                 OAUTH_ALG_ES256), OAUTH_OK);
    assert_int_equal(jwks_verify(set, oauth_str("b"), jwks_b,
                                 OAUTH_ALG_ES256), OAUTH_UNKNOWN_KEY);
    oauth_jwks_free(set);

    /*
     * While there is no good key yet, the parser goes on until the first one.
     */

    set = jwks_unsound(OAUTH_JWKS_MEMBERS - 3, 1);
    assert_int_equal(set->nkeys, 1);
    assert_int_equal(jwks_verify(set, oauth_str("a"), jwks_a,
                                 OAUTH_ALG_ES256), OAUTH_OK);
    oauth_jwks_free(set);

    set = jwks_unsound(OAUTH_JWKS_MEMBERS - 1, 0);
    assert_int_equal(set->nkeys, 1);
    assert_int_equal(jwks_verify(set, oauth_str("b"), jwks_b,
                                 OAUTH_ALG_ES256), OAUTH_OK);
    oauth_jwks_free(set);
}


static void
jwks_assert_error(oauth_str_t text, oauth_algs_t allowed, const char *what)
{
    const char     *error;
    oauth_jwks_t   *set;
    unsigned char  *copy;

    copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);

    if (text.len) {
        memcpy(copy, text.data, text.len);
    }

    error = NULL;
    set = oauth_jwks_parse((oauth_str_t) { text.len, copy }, allowed, &error);
    free(copy);

    assert_null(set);
    assert_non_null(error);

    if (strstr(error, what) == NULL) {
        fail_msg("expected \"%s\", got \"%s\"", what, error);
    }
}


static void
jwks_documents(void **state)
{
    size_t  i;

    static const struct {
        oauth_str_t  text;
        const char  *error;
    } cases[] = {
        { oauth_string(""), "not a JSON object" },
        { oauth_string("[]"), "not a JSON object" },
        { oauth_string("null"), "not a JSON object" },
        { oauth_string("<!doctype html><html></html>"), "not a JSON object" },
        { oauth_string("{\"keys\":["), "not a JSON object" },
        { oauth_string("{\"keys\":[]} x"), "not a JSON object" },
        { oauth_string("{\"keys\":[],\"keys\":[]}"), "not a JSON object" },
        { oauth_string("{\"keys\":[\"\xff\"]}"), "not a JSON object" },
        { oauth_string("\xef\xbb\xbf{\"keys\":[]}"), "not a JSON object" },
        { oauth_string("{\"keys\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]"
                       "]]]]]]]]]]]]]]]]]]]]]]]]]}"), "not a JSON object" },
        { oauth_string("{}"), "no array" },
        { oauth_string("{\"keys\":null}"), "no array" },
        { oauth_string("{\"keys\":{}}"), "no array" },
        { oauth_string("{\"Keys\":[]}"), "no array" },
        { oauth_string("{\"keys\":[]}"), "no usable key" },
        { oauth_string("{\"keys\":[{}]}"), "no usable key" },
        { oauth_string("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}"),
          "no usable key" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        jwks_assert_error(cases[i].text, OAUTH_ALGS_ALL, cases[i].error);
    }
}


/* A good key among 1024 values, and among one more. */

static void
jwks_too_many(void **state)
{
    size_t         i;
    oauth_buf_t    buf;
    oauth_jwks_t  *set;

    (void) state;

    jwks_begin(&buf);
    jwks_add_key(&buf, jwks_a, "\"kid\":\"a\"");

    for (i = 1; i < OAUTH_JWKS_MEMBERS; i++) {
        jwks_add_json(&buf, "{\"kty\":\"x\"}");
    }

    set = jwks_end(&buf);
    assert_int_equal(set->nkeys, 1);
    assert_int_equal(set->nskipped, OAUTH_JWKS_MEMBERS - 1);
    oauth_jwks_free(set);

    jwks_begin(&buf);
    jwks_add_key(&buf, jwks_a, "\"kid\":\"a\"");

    for (i = 0; i < OAUTH_JWKS_MEMBERS; i++) {
        jwks_add_json(&buf, "{\"kty\":\"x\"}");
    }

    oauth_buf_append_literal(&buf, "]}");
    jwks_assert_error(oauth_buf_str(&buf), OAUTH_ALGS_ALL, "more than 1024");
    oauth_buf_free(&buf);
}


/* 1024 keys with two arrays each; 14,000 objects that are not keys. */

static void
jwks_containers(void **state)
{
    size_t         i;
    oauth_buf_t    buf;
    oauth_jwks_t  *set;

    (void) state;

    jwks_begin(&buf);

    for (i = 0; i < OAUTH_JWKS_MEMBERS; i++) {
        jwks_add_key(&buf, jwks_a, "\"kid\":\"a\",\"x5c\":[\"MIIB\"],"
                                   "\"key_ops\":[\"verify\"]");
    }

    set = jwks_end(&buf);
    assert_int_equal(set->nkeys, OAUTH_JWKS_KEYS);
    oauth_jwks_free(set);

    jwks_begin(&buf);
    jwks_add_key(&buf, jwks_a, "\"kid\":\"a\"");
    oauth_buf_append_literal(&buf, "],\"x\":[{\"a\":1}");

    for (i = 1; i < 14000; i++) {
        oauth_buf_append_literal(&buf, ",{\"a\":1}");
    }

    oauth_buf_append_literal(&buf, "]}");
    jwks_assert_error(oauth_buf_str(&buf), OAUTH_ALGS_ALL, "not a JSON");
    oauth_buf_free(&buf);
}


/* What the issuer's configuration allows reaches the keys. */

static void
jwks_allowed(void **state)
{
    oauth_buf_t    buf;
    const char    *error;
    oauth_jwks_t  *set;

    (void) state;

    jwks_begin(&buf);
    jwks_add_key(&buf, jwks_a, "\"kid\":\"a\"");
    jwks_add_key(&buf, jwks_okp, "\"kid\":\"o\"");
    oauth_buf_append_literal(&buf, "]}");

    set = oauth_jwks_parse(oauth_buf_str(&buf),
                           oauth_alg_bit(OAUTH_ALG_ED25519), &error);

    assert_non_null(set);
    assert_int_equal(set->nkeys, 1);
    assert_int_equal(set->nskipped, 1);
    assert_int_equal(jwks_verify(set, oauth_str("a"), jwks_a,
                                 OAUTH_ALG_ES256), OAUTH_UNKNOWN_KEY);
    assert_int_equal(jwks_verify(set, oauth_str("o"), jwks_okp,
                                 OAUTH_ALG_EDDSA), OAUTH_OK);

    oauth_jwks_free(set);

    jwks_assert_error(oauth_buf_str(&buf), oauth_alg_bit(OAUTH_ALG_RS256),
                      "no usable key");
    oauth_buf_free(&buf);

    oauth_jwks_free(NULL);
}


/* Of all reasons, only those that a key set leads to. */

static void
jwks_other(void **state)
{
    int  reason, helps;

    (void) state;

    for (reason = 0; reason < OAUTH_REASONS; reason++) {
        helps = reason == OAUTH_UNKNOWN_KEY || reason == OAUTH_KEY_MISMATCH
                || reason == OAUTH_BAD_SIGNATURE;

        assert_int_equal(oauth_jwks_other_may_help((oauth_reason_t) reason),
                         helps);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(jwks_by_kid),
        cmocka_unit_test(jwks_without_kid),
        cmocka_unit_test(jwks_has),
        cmocka_unit_test(jwks_mismatch),
        cmocka_unit_test(jwks_other),
        cmocka_unit_test(jwks_eddsa),
        cmocka_unit_test(jwks_same_kid),
        cmocka_unit_test(jwks_tried),
        cmocka_unit_test(jwks_odd_keys),
        cmocka_unit_test(jwks_none_usable),
        cmocka_unit_test(jwks_many),
        cmocka_unit_test(jwks_names),
        cmocka_unit_test(jwks_gives_up),
        cmocka_unit_test(jwks_documents),
        cmocka_unit_test(jwks_too_many),
        cmocka_unit_test(jwks_containers),
        cmocka_unit_test(jwks_allowed)
    };

    return cmocka_run_group_tests(tests, jwks_setup, jwks_teardown);
}
