
/*
 * One JSON Web Key: which algorithms a good key may verify, and the unusable
 * keys of RFC 7517, each of which differs from a good key in one member.
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
#include "oauth_jwk.h"


#define RSA_BITS    OAUTH_ALGS_RSA
#define OKP_BITS    oauth_alg_bit(OAUTH_ALG_ED25519)
#define ED448_BITS  oauth_alg_bit(OAUTH_ALG_ED448)


enum { JWK_RSA, JWK_P256, JWK_P384, JWK_P521, JWK_OKP, JWK_ED448, JWK_KEYS };


static EVP_PKEY  *jwk_keys[JWK_KEYS];


static int
jwk_setup(void **state)
{
    (void) state;

    jwk_keys[JWK_RSA] = keys_rsa(2048);
    jwk_keys[JWK_P256] = keys_ec("P-256");
    jwk_keys[JWK_P384] = keys_ec("P-384");
    jwk_keys[JWK_P521] = keys_ec("P-521");
    jwk_keys[JWK_OKP] = keys_ed25519();
    jwk_keys[JWK_ED448] = keys_ed448();

    return 0;
}


static int
jwk_teardown(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < JWK_KEYS; i++) {
        EVP_PKEY_free(jwk_keys[i]);
    }

    return 0;
}


/* A key as a JSON value with further members. */

static json_t *
jwk_value(size_t key, const char *more)
{
    json_t       *value;
    oauth_buf_t   buf;

    memset(&buf, 0, sizeof(oauth_buf_t));
    keys_append_jwk(&buf, jwk_keys[key], more);

    value = json_loadb((char *) buf.data, buf.len, JSON_ALLOW_NUL, NULL);
    assert_non_null(value);

    oauth_buf_free(&buf);

    return value;
}


/*
 * Takes ownership of value.  Returns the algorithms, or 0 if it is refused for
 * this reason.
 */

static oauth_algs_t
jwk_algorithms(json_t *value, oauth_algs_t allowed, const char *why)
{
    const char    *found;
    oauth_jwk_t    jwk;
    oauth_algs_t   algorithms;

    (void) oauth_jwk_parse(value, allowed, &jwk, &found);
    json_decref(value);

    assert_int_equal(ERR_peek_error(), 0);

    if (why == NULL) {
        if (found) {
            fail_msg("not usable: %s", found);
        }

        assert_non_null(jwk.key);
        algorithms = jwk.algorithms;
        assert_int_not_equal(algorithms, 0);
        assert_int_equal(algorithms & ~oauth_key_algorithms(jwk.key), 0);

        oauth_jwk_free(&jwk);
        assert_null(jwk.key);
        assert_null(jwk.kid.data);

        return algorithms;
    }

    if (found == NULL || strstr(found, why) == NULL) {
        fail_msg("expected \"%s\", got \"%s\"", why,
                 found ? found : "usable");
    }

    assert_null(jwk.key);
    assert_null(jwk.kid.data);

    return 0;
}


typedef struct {
    size_t        key;
    const char   *more;
    oauth_algs_t  allowed;
    oauth_algs_t  expected;
    const char   *why;
} jwk_case_t;


#define GOOD(key, more, expected)                                             \
    { key, more, OAUTH_ALGS_ALL, expected, NULL }

#define ONLY(key, more, allowed, expected)                                    \
    { key, more, allowed, expected, NULL }

#define BAD(key, more, why)                                                   \
    { key, more, OAUTH_ALGS_ALL, 0, why }


static const jwk_case_t  jwk_cases[] = {
    GOOD(JWK_RSA, "", RSA_BITS),
    GOOD(JWK_P256, "", oauth_alg_bit(OAUTH_ALG_ES256)),
    GOOD(JWK_P384, "", oauth_alg_bit(OAUTH_ALG_ES384)),
    GOOD(JWK_P521, "", oauth_alg_bit(OAUTH_ALG_ES512)),
    GOOD(JWK_OKP, "", OKP_BITS),
    GOOD(JWK_ED448, "", ED448_BITS),

    /* One key, one algorithm. */

    GOOD(JWK_RSA, "\"alg\":\"RS256\"", oauth_alg_bit(OAUTH_ALG_RS256)),
    GOOD(JWK_RSA, "\"alg\":\"PS512\"", oauth_alg_bit(OAUTH_ALG_PS512)),
    GOOD(JWK_P256, "\"alg\":\"ES256\"", oauth_alg_bit(OAUTH_ALG_ES256)),
    GOOD(JWK_OKP, "\"alg\":\"EdDSA\"", OKP_BITS),
    GOOD(JWK_OKP, "\"alg\":\"Ed25519\"", OKP_BITS),
    GOOD(JWK_ED448, "\"alg\":\"EdDSA\"", ED448_BITS),
    GOOD(JWK_ED448, "\"alg\":\"Ed448\"", ED448_BITS),

    BAD(JWK_OKP, "\"alg\":\"Ed448\"", "alg does not fit"),
    BAD(JWK_ED448, "\"alg\":\"Ed25519\"", "alg does not fit"),
    BAD(JWK_ED448, "\"alg\":\"ES512\"", "alg does not fit"),

    BAD(JWK_RSA, "\"alg\":\"ES256\"", "alg does not fit"),
    BAD(JWK_RSA, "\"alg\":\"EdDSA\"", "alg does not fit"),
    BAD(JWK_P256, "\"alg\":\"ES384\"", "alg does not fit"),
    BAD(JWK_P256, "\"alg\":\"RS256\"", "alg does not fit"),
    BAD(JWK_P384, "\"alg\":\"ES256\"", "alg does not fit"),
    BAD(JWK_OKP, "\"alg\":\"ES256\"", "alg does not fit"),
    BAD(JWK_RSA, "\"alg\":\"none\"", "alg does not fit"),
    BAD(JWK_RSA, "\"alg\":\"HS256\"", "alg does not fit"),
    BAD(JWK_RSA, "\"alg\":\"RSA-OAEP\"", "alg does not fit"),
    BAD(JWK_RSA, "\"alg\":\"rs256\"", "alg does not fit"),
    BAD(JWK_RSA, "\"alg\":[\"RS256\"]", "alg is not a string"),
    BAD(JWK_RSA, "\"alg\":false", "alg is not a string"),
    BAD(JWK_RSA, "\"alg\":{}", "alg is not a string"),

    /* What the configuration allows. */

    ONLY(JWK_RSA, "", oauth_alg_bit(OAUTH_ALG_RS256),
         oauth_alg_bit(OAUTH_ALG_RS256)),
    ONLY(JWK_RSA, "",
         oauth_alg_bit(OAUTH_ALG_PS256) | oauth_alg_bit(OAUTH_ALG_ES256),
         oauth_alg_bit(OAUTH_ALG_PS256)),
    ONLY(JWK_OKP, "", OKP_BITS | ED448_BITS, OKP_BITS),
    ONLY(JWK_OKP, "\"alg\":\"EdDSA\"", OKP_BITS, OKP_BITS),
    ONLY(JWK_ED448, "\"alg\":\"EdDSA\"", OKP_BITS | ED448_BITS, ED448_BITS),

    { JWK_RSA, "", oauth_alg_bit(OAUTH_ALG_ES256), 0, "not allowed" },
    { JWK_RSA, "\"alg\":\"RS256\"", oauth_alg_bit(OAUTH_ALG_RS384), 0,
      "not allowed" },
    { JWK_RSA, "", 0, 0, "not allowed" },
    { JWK_ED448, "", OKP_BITS, 0, "not allowed" },
    { JWK_OKP, "\"alg\":\"EdDSA\"", ED448_BITS, 0, "not allowed" },

    /* RFC 7517 sections 4.2 and 4.3. */

    GOOD(JWK_P256, "\"use\":\"sig\"", oauth_alg_bit(OAUTH_ALG_ES256)),
    GOOD(JWK_P256, "\"key_ops\":[\"verify\"]",
         oauth_alg_bit(OAUTH_ALG_ES256)),
    GOOD(JWK_P256, "\"use\":\"sig\",\"key_ops\":[\"sign\",\"verify\"]",
         oauth_alg_bit(OAUTH_ALG_ES256)),

    BAD(JWK_P256, "\"use\":\"enc\"", "use"),
    BAD(JWK_P256, "\"use\":\"SIG\"", "use"),
    BAD(JWK_P256, "\"use\":0", "use"),
    BAD(JWK_P256, "\"use\":{}", "use"),
    BAD(JWK_P256, "\"use\":[\"sig\"]", "use"),
    BAD(JWK_P256, "\"key_ops\":[null]", "key_ops"),
    BAD(JWK_P256, "\"key_ops\":[\"\"]", "key_ops"),
    BAD(JWK_P256, "\"key_ops\":{}", "key_ops"),
    BAD(JWK_P256, "\"key_ops\":[\"encrypt\"]", "key_ops"),
    BAD(JWK_P256, "\"key_ops\":[\"sign\"]", "key_ops"),
    BAD(JWK_P256, "\"key_ops\":[[\"verify\"]]", "key_ops"),
    BAD(JWK_P256, "\"key_ops\":\"verify\"", "key_ops"),
    BAD(JWK_P256, "\"use\":\"sig\",\"key_ops\":[\"encrypt\"]", "key_ops"),

    /* What serializers write for a member that is not there. */

    GOOD(JWK_P256, "\"use\":null,\"key_ops\":null,\"alg\":null,\"kid\":null",
         oauth_alg_bit(OAUTH_ALG_ES256)),
    GOOD(JWK_P256, "\"use\":\"\",\"key_ops\":\"\",\"alg\":\"\",\"kid\":\"\"",
         oauth_alg_bit(OAUTH_ALG_ES256)),
    GOOD(JWK_P256, "\"use\":[],\"key_ops\":[],\"alg\":[],\"kid\":[]",
         oauth_alg_bit(OAUTH_ALG_ES256)),
    GOOD(JWK_P256, "\"n\":null,\"e\":\"\",\"x5c\":[],\"oth\":[],\"d\":null,"
                   "\"k\":null,\"p\":\"\"", oauth_alg_bit(OAUTH_ALG_ES256)),
    BAD(JWK_P256, "\"use\":\"enc\",\"key_ops\":[],\"alg\":null", "use"),
    BAD(JWK_P256, "\"use\":null,\"key_ops\":[\"encrypt\"]", "key_ops"),
    BAD(JWK_P256, "\"d\":null,\"k\":\"AQAB\"", "private or symmetric"),

    /* Secrets. */

    BAD(JWK_RSA, "\"d\":\"AQAB\"", "private or symmetric"),
    BAD(JWK_RSA, "\"p\":\"AQAB\"", "private or symmetric"),
    BAD(JWK_RSA, "\"qi\":0", "private or symmetric"),
    BAD(JWK_RSA, "\"oth\":[{}]", "private or symmetric"),
    BAD(JWK_RSA, "\"d\":{}", "private or symmetric"),
    BAD(JWK_P256, "\"d\":\"AQAB\"", "private or symmetric"),
    BAD(JWK_OKP, "\"d\":\"AQAB\"", "private or symmetric"),
    BAD(JWK_OKP, "\"k\":\"AQAB\"", "private or symmetric"),

    /* Members besides the key that nothing reads. */

    GOOD(JWK_P256, "\"x5c\":[\"AAAA\"],\"x5u\":\"http://192.0.2.1/\","
                   "\"x5t\":\"AAAA\",\"x5t#S256\":1,\"jku\":\"http://x/\","
                   "\"exp\":1,\"ext\":true",
         oauth_alg_bit(OAUTH_ALG_ES256)),

    /* kid. */

    GOOD(JWK_P256, "\"kid\":\"../../etc/passwd\\r\\n' OR 1=1\"",
         oauth_alg_bit(OAUTH_ALG_ES256)),
    BAD(JWK_P256, "\"kid\":1", "kid"),
    BAD(JWK_P256, "\"kid\":{}", "kid"),
    BAD(JWK_P256, "\"kid\":[null]", "kid"),
    BAD(JWK_P256, "\"kid\":[\"a\"]", "kid"),
    BAD(JWK_P256, "\"kid\":\"a\\u0000b\"", "kid"),
    BAD(JWK_P256, "\"kid\":\"\\u0000\"", "kid")
};


static void
jwk_table(void **state)
{
    size_t             i;
    const jwk_case_t  *c;

    (void) state;

    for (i = 0; i < sizeof(jwk_cases) / sizeof(jwk_case_t); i++) {
        c = &jwk_cases[i];

        assert_int_equal(jwk_algorithms(jwk_value(c->key, c->more),
                                        c->allowed, c->why), c->expected);
    }
}


typedef struct {
    size_t       key;
    const char  *name;
    const char  *value;                  /* JSON; NULL: taken out */
    const char  *why;
} jwk_change_t;


static const jwk_change_t  jwk_changes[] = {
    { JWK_RSA, "kty", NULL, "kty" },
    { JWK_RSA, "kty", "null", "kty" },
    { JWK_RSA, "kty", "[\"RSA\"]", "kty" },
    { JWK_RSA, "kty", "\"rsa\"", "kty" },
    { JWK_RSA, "kty", "\"oct\"", "kty" },
    { JWK_RSA, "kty", "\"RSA \"", "kty" },
    { JWK_RSA, "kty", "\"RSA\\u0000\"", "kty" },
    { JWK_RSA, "kty", "\"DSA\"", "kty" },

    /* Only kty decides the type, whatever other members there are. */

    { JWK_RSA, "kty", "\"EC\"", "crv" },
    { JWK_RSA, "kty", "\"OKP\"", "crv" },
    { JWK_P256, "kty", "\"RSA\"", "n or e" },
    { JWK_P256, "kty", "\"OKP\"", "crv" },
    { JWK_OKP, "kty", "\"EC\"", "crv" },
    { JWK_ED448, "kty", "\"EC\"", "crv" },
    { JWK_RSA, "kty", "\"\"", "kty" },
    { JWK_RSA, "kty", "[]", "kty" },

    { JWK_RSA, "n", NULL, "n or e" },
    { JWK_RSA, "n", "1", "n or e" },
    { JWK_RSA, "n", "\"\"", "n or e" },
    { JWK_RSA, "n", "\"A\"", "n or e" },
    { JWK_RSA, "n", "\"AQAB\"", "RSA key" },
    { JWK_RSA, "n", "\"AQ==\"", "n or e" },
    { JWK_RSA, "e", NULL, "n or e" },
    { JWK_RSA, "e", "65537", "n or e" },
    { JWK_RSA, "e", "\"AQA=\"", "n or e" },
    { JWK_RSA, "e", "\"AA\"", "RSA key" },
    { JWK_RSA, "e", "\"AQ\"", "RSA key" },
    { JWK_RSA, "e", "\"Ag\"", "RSA key" },
    { JWK_RSA, "e", "\"AQAAAAE\"", "RSA key" },
    { JWK_RSA, "e", "\"Aw\"", NULL },

    { JWK_P256, "crv", NULL, "crv" },
    { JWK_P256, "crv", "1", "crv" },
    { JWK_P256, "crv", "\"P-384\"", "point" },
    { JWK_P256, "crv", "\"secp256k1\"", "crv" },
    { JWK_P256, "crv", "\"P-256\\u0000\"", "crv" },
    { JWK_P256, "crv", "\"Ed25519\"", "crv" },
    { JWK_P256, "crv", "\"\"", "crv" },
    { JWK_P256, "crv", "null", "crv" },
    { JWK_P256, "x", NULL, "x or y" },
    { JWK_P256, "x", "\"\"", "x or y" },
    { JWK_P256, "x", "\"AA\"", "point" },
    { JWK_P256, "y", NULL, "x or y" },
    { JWK_P256, "x", "\"AAAA\"", "point" },
    { JWK_P256, "y", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
      "point" },
    { JWK_P256, "y", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\"",
      "x or y" },
    { JWK_P256, "x", "\"+AAA\"", "x or y" },

    { JWK_OKP, "crv", NULL, "crv" },
    { JWK_OKP, "crv", "\"X25519\"", "crv" },
    { JWK_OKP, "crv", "\"Ed448\"", "sound point" },
    { JWK_ED448, "crv", "\"Ed25519\"", "sound point" },
    { JWK_OKP, "crv", "\"EdDSA\"", "crv" },
    { JWK_OKP, "crv", "\"P-256\"", "crv" },
    { JWK_OKP, "crv", "\"\"", "crv" },
    { JWK_OKP, "crv", "\"ed25519\"", "crv" },
    { JWK_OKP, "x", NULL, "x is not" },
    { JWK_OKP, "x", "\"AAAA\"", "sound point" },
    { JWK_OKP, "x", "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
      "sound point" },
    { JWK_OKP, "x", "\"AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
      NULL }
};


static void
jwk_changed(void **state)
{
    size_t               i;
    json_t              *value;
    const jwk_change_t  *c;

    (void) state;

    for (i = 0; i < sizeof(jwk_changes) / sizeof(jwk_change_t); i++) {
        c = &jwk_changes[i];
        value = jwk_value(c->key, "");

        if (c->value) {
            json_object_set_new(value, c->name,
                                json_loads(c->value, JSON_DECODE_ANY
                                                     | JSON_ALLOW_NUL, NULL));
        } else {
            json_object_del(value, c->name);
        }

        jwk_algorithms(value, OAUTH_ALGS_ALL, c->why);
    }
}


/* A number of so many bytes, in base64url. */

static json_t *
jwk_number(size_t len)
{
    json_t          *text;
    oauth_buf_t      buf;
    unsigned char   *bytes;

    bytes = malloc(len);
    assert_non_null(bytes);
    memset(bytes, 0xb5, len);

    memset(&buf, 0, sizeof(oauth_buf_t));
    keys_append_base64url(&buf, (oauth_str_t) { len, bytes });
    text = json_stringn((char *) buf.data, buf.len);

    oauth_buf_free(&buf);
    free(bytes);

    return text;
}


static void
jwk_sizes(void **state)
{
    size_t   i;
    json_t  *value;

    static const struct {
        size_t       key;
        const char  *name;
        size_t       len;
        const char  *why;
    } cases[] = {
        { JWK_RSA, "n", 255, "RSA key" },
        { JWK_RSA, "n", 256, NULL },
        { JWK_RSA, "n", 1024, NULL },
        { JWK_RSA, "n", 1025, "RSA key" },
        { JWK_RSA, "n", 1026, "n or e" },
        { JWK_RSA, "n", 2048, "n or e" },
        { JWK_RSA, "n", 700000, "n or e" },
        { JWK_RSA, "e", 4, NULL },
        { JWK_RSA, "e", 5, "RSA key" },
        { JWK_RSA, "e", 1024, "RSA key" },
        { JWK_RSA, "e", 5000, "n or e" },
        { JWK_P256, "x", 31, "point" },
        { JWK_P256, "x", 33, "point" },
        { JWK_P256, "y", 1025, "point" },
        { JWK_P256, "y", 5000, "x or y" },
        { JWK_OKP, "x", 30, "point" },
        { JWK_OKP, "x", 33, "point" },
        { JWK_OKP, "x", 1025, "point" },
        { JWK_ED448, "x", 55, "point" },
        { JWK_ED448, "x", 58, "point" },
        { JWK_OKP, "x", 5000, "x is not" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        value = jwk_value(cases[i].key, "");
        json_object_set_new(value, cases[i].name, jwk_number(cases[i].len));
        jwk_algorithms(value, OAUTH_ALGS_ALL, cases[i].why);
    }
}


/* The longest kid that is taken, and one byte more. */

static void
jwk_kid_length(void **state)
{
    size_t         len;
    char           kid[1026];
    json_t        *value;
    oauth_jwk_t    jwk;
    const char    *why;

    (void) state;

    memset(kid, 'k', sizeof(kid));

    for (len = 1023; len <= 1025; len++) {
        value = jwk_value(JWK_P256, "");
        json_object_set_new(value, "kid", json_stringn(kid, len));

        (void) oauth_jwk_parse(value, OAUTH_ALGS_ALL, &jwk, &why);
        json_decref(value);

        if (len > 1024) {
            assert_non_null(why);
            continue;
        }

        /* The kid outlives the JSON that it came from. */

        assert_null(why);
        assert_int_equal(jwk.kid.len, len);
        assert_memory_equal(jwk.kid.data, kid, len);

        oauth_jwk_free(&jwk);
    }
}


static void
jwk_no_object(void **state)
{
    size_t  i;

    static const char  *values[] = {
        "null", "[]", "\"RSA\"", "1", "true", "[{\"kty\":\"RSA\"}]"
    };

    (void) state;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        jwk_algorithms(json_loads(values[i], JSON_DECODE_ANY, NULL),
                       OAUTH_ALGS_ALL, "not a JSON object");
    }

    jwk_algorithms(NULL, OAUTH_ALGS_ALL, "not a JSON object");
    jwk_algorithms(json_object(), OAUTH_ALGS_ALL, "kty");
}


/*
 * The imported key is the right one: it verifies what its private half has
 * signed.
 */

static void
jwk_verifies(void **state)
{
    int                 id;
    size_t              i;
    json_t             *value;
    const char         *why;
    oauth_jwk_t         jwk;
    oauth_buf_t         signature;
    const oauth_alg_t  *alg;

    (void) state;

    for (i = 0; i < JWK_KEYS; i++) {
        value = jwk_value(i, "\"kid\":\"a\"");
        assert_int_equal(oauth_jwk_parse(value, OAUTH_ALGS_ALL, &jwk, &why),
                         OAUTH_DONE);
        json_decref(value);

        for (id = 0; id < OAUTH_ALGS; id++) {

            alg = oauth_alg_get((oauth_alg_id_t) id);

            if (!(jwk.algorithms & alg->bits)) {
                continue;
            }

            memset(&signature, 0, sizeof(oauth_buf_t));
            keys_append_signature(&signature, jwk_keys[i], alg->id,
                                  oauth_str("input"));

            assert_int_equal(oauth_key_verify(jwk.key, alg,
                                              oauth_str("input"),
                                              oauth_buf_str(&signature)),
                             OAUTH_OK);
            oauth_buf_free(&signature);
        }

        oauth_jwk_free(&jwk);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(jwk_table),
        cmocka_unit_test(jwk_changed),
        cmocka_unit_test(jwk_sizes),
        cmocka_unit_test(jwk_kid_length),
        cmocka_unit_test(jwk_no_object),
        cmocka_unit_test(jwk_verifies)
    };

    return cmocka_run_group_tests(tests, jwk_setup, jwk_teardown);
}
