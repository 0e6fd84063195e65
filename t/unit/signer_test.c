
/*
 * Private keys that sign: which are accepted, and that what they sign is a JWT
 * that the core's own verifier and libjwt take with the public key.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jwt.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "keys.h"
#include "oauth_base64url.h"
#include "oauth_signer.h"
#include "token_fixture.h"


#define SIGNER_CERTIFICATE                                                    \
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


static oauth_signer_t *
signer_make(EVP_PKEY *key)
{
    char            *pem;
    const char      *why;
    oauth_signer_t  *signer;

    pem = keys_pem(key, 1);

    assert_int_equal(oauth_signer_create(oauth_str_of(pem), "JWT", &signer,
                                         &why), OAUTH_DONE);
    assert_null(why);
    assert_int_equal(ERR_peek_error(), 0);

    free(pem);

    return signer;
}


static void
signer_refused(oauth_str_t pem, const char *expected)
{
    const char      *why;
    oauth_signer_t  *signer;

    assert_int_equal(oauth_signer_create(pem, "JWT", &signer, &why),
                     OAUTH_INVALID);
    assert_null(signer);
    assert_string_equal(why, expected);
    assert_int_equal(ERR_peek_error(), 0);
}


static void
signer_refuses(EVP_PKEY *key, int private, const char *why)
{
    char  *pem;

    pem = keys_pem(key, private);
    signer_refused(oauth_str_of(pem), why);

    free(pem);
    EVP_PKEY_free(key);
}


static void
signer_keys(void **state)
{
    char      *pem;
    EVP_PKEY  *key;

    static const char  none[] = "there is no private key in PEM in it";
    static const char  kind[] =
        "it is neither an RSA key nor an EC key on the curve P-256";

    (void) state;

    key = keys_rsa(2048);
    oauth_signer_free(signer_make(key));
    signer_refuses(key, 0, none);

    key = keys_ec("P-256");
    oauth_signer_free(signer_make(key));

    pem = keys_pem(key, 1);
    signer_refused((oauth_str_t) { strlen(pem) / 2, (void *) pem }, none);
    free(pem);
    EVP_PKEY_free(key);

    signer_refuses(keys_rsa(1024), 1,
                   "it is an RSA key that has not 2048 to 8192 bits");
    signer_refuses(keys_ec("P-384"), 1, kind);
    signer_refuses(keys_ed25519(), 1, kind);

    signer_refused((oauth_str_t) { 0, NULL }, none);
    signer_refused(oauth_str(SIGNER_CERTIFICATE), none);
    signer_refused(oauth_str("secret"), none);
}


/*
 * A file whose public half is that of another key.  Apps get that half, so they
 * could verify nothing that the key signs.
 */

static void
signer_halves(void **state)
{
    char            *pem;
    size_t           len;
    EVP_PKEY        *key, *other;
    const char      *why;
    unsigned char   *point;
    oauth_signer_t  *signer;

    (void) state;

    key = keys_ec("P-256");
    other = keys_ec("P-256");

    len = EVP_PKEY_get1_encoded_public_key(other, &point);
    assert_int_equal(EVP_PKEY_set1_encoded_public_key(key, point, len), 1);
    pem = keys_pem(key, 1);

    assert_int_not_equal(oauth_signer_create(oauth_str_of(pem), "JWT", &signer,
                                             &why), OAUTH_DONE);
    assert_null(signer);
    assert_string_equal(why, "it cannot sign what its public half verifies, or "
                             "memory is short");
    assert_int_equal(ERR_peek_error(), 0);

    free(pem);
    OPENSSL_free(point);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}


/* OpenSSL must not ask for a passphrase at the terminal. */

static void
signer_passphrase(void **state)
{
    int              encrypted;
    BIO             *bio;
    char            *pem;
    long             len;
    EVP_PKEY        *key;
    const char      *why;
    oauth_signer_t  *signer;

    (void) state;

    key = keys_ec("P-256");

    for (encrypted = 0; encrypted < 2; encrypted++) {
        bio = BIO_new(BIO_s_mem());
        assert_int_equal(PEM_write_bio_PrivateKey(bio, key,
                                                  encrypted ? EVP_aes_128_cbc()
                                                            : NULL,
                                                  (unsigned char *) "pass", 4,
                                                  NULL, NULL), 1);
        len = BIO_get_mem_data(bio, &pem);

        assert_int_equal(oauth_signer_create((oauth_str_t) { (size_t) len,
                                                             (void *) pem },
                                             "JWT", &signer, &why),
                         encrypted ? OAUTH_INVALID : OAUTH_DONE);

        if (encrypted) {
            assert_string_equal(why, "it has a passphrase; remove that with: "
                                     "openssl pkey");
        }

        oauth_signer_free(signer);
        BIO_free(bio);
    }

    EVP_PKEY_free(key);
}


/* openssl ecparam writes the curve in front; others a certificate. */

static void
signer_surroundings(void **state)
{
    char            *pem;
    EVP_PKEY        *key;
    const char      *why;
    oauth_buf_t      buf;
    oauth_signer_t  *signer;

    (void) state;

    key = keys_ec("P-256");
    pem = keys_pem(key, 1);

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&buf, "a comment\n" SIGNER_CERTIFICATE
                                   "-----BEGIN EC PARAMETERS-----\n"
                                   "BggqhkjOPQMBBw==\n"
                                   "-----END EC PARAMETERS-----\n");
    oauth_buf_append_text(&buf, pem);
    oauth_buf_append_literal(&buf, SIGNER_CERTIFICATE);

    assert_int_equal(oauth_signer_create(oauth_buf_str(&buf), "JWT", &signer,
                                         &why), OAUTH_DONE);

    oauth_signer_free(signer);
    oauth_signer_free(NULL);
    oauth_buf_free(&buf);
    free(pem);
    EVP_PKEY_free(key);
}


/* What is signed verifies with the public key, by kid, and has the claims. */

static void
signer_signs(void **state)
{
    int              i;
    size_t           n;
    char             kid[64];
    EVP_PKEY        *key;
    const char      *error;
    oauth_str_t      text;
    oauth_buf_t      jwks, buf;
    oauth_jwt_t     *jwt;
    oauth_jwks_t    *set;
    oauth_token_t   *token;
    oauth_signer_t  *signer;

    static const size_t  keys[] = { TOKEN_RSA, TOKEN_P256 };
    static const char   *algs[] = { "RS256", "ES256" };

    (void) state;

    for (n = 0; n < 2; n++) {
        key = token_keys[keys[n]];
        signer = signer_make(key);

        text = oauth_signer_kid(signer);
        assert_int_equal(text.len, OAUTH_SIGNER_KID);
        snprintf(kid, sizeof(kid), "\"kid\":\"%.*s\"", (int) text.len,
                 (const char *) text.data);

        memset(&jwks, 0, sizeof(oauth_buf_t));
        oauth_buf_append_literal(&jwks, "{\"keys\":[");
        keys_append_jwk(&jwks, key, kid);
        oauth_buf_append_literal(&jwks, "]}");
        set = oauth_jwks_parse(oauth_buf_str(&jwks), OAUTH_ALGS_ALL, &error);
        assert_non_null(set);

        /* ECDSA: numbers that begin with zero bytes come up now and then. */

        for (i = 0; i < 100; i += (n == 0) ? 50 : 1) {
            memset(&buf, 0, sizeof(oauth_buf_t));
            oauth_buf_append_literal(&buf, "x");

            assert_int_equal(oauth_signer_sign(signer,
                                               oauth_str("{" PAYLOAD "}"),
                                               &buf), 0);
            assert_int_equal(ERR_peek_error(), 0);

            text = oauth_buf_str(&buf);
            text.data++;
            text.len--;

            assert_int_equal(oauth_jwt_parse(text, &jwt), OAUTH_OK);
            assert_int_equal(jwt->jws.type, OAUTH_TYPE_JWT);
            assert_true(oauth_str_equal(jwt->jws.alg->name,
                                        oauth_str_of(algs[n])));
            assert_true(oauth_str_equal(jwt->jws.kid,
                                        oauth_signer_kid(signer)));

            assert_int_equal(oauth_token_verify(jwt, &token_policy, set, NOW,
                                                &token), OAUTH_OK);
            assert_true(oauth_str_equal(token->subject, oauth_str("joe")));

            oauth_token_free(token);
            oauth_jwt_free(jwt);
            oauth_buf_free(&buf);
        }

        oauth_jwks_free(set);
        oauth_buf_free(&jwks);
        oauth_signer_free(signer);
    }
}


/*
 * Keys that were made for this test, with their thumbprints as another program
 * computed them.  The x of the first begins with a zero byte.
 */

static void
signer_thumbprints(void **state)
{
    size_t           i;
    const char      *why;
    oauth_signer_t  *signer;

    static const struct {
        const char  *kid;
        const char  *pem;
    } cases[] = {
    { "HxYGHr2vEGDSz5LLaR289Em5eJjEEO7U98YQJ9LhzCA",
      "-----BEGIN PRIVATE KEY-----\n"
      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgufpFUDyzvR5obMyL\n"
      "b3K95Wc4mAxTuXkHpw2IpWJxEv6hRANCAAQA7u/JzNsQNZzQzKPOm2dT03xRXH33\n"
      "8XQY6yQ+Qd6PzDPlHu4upqNEtN6oxWgOhErkP5OFvPOphSN3ppIYLyrU\n"
      "-----END PRIVATE KEY-----\n" },

    { "LQ5XVviDVP9-Srz1rpmeEVYSQD4FMlW5JN__gp4YiVE",
      "-----BEGIN PRIVATE KEY-----\n"
      "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQCwJlV3DQjqty/b\n"
      "f3nUZpE5M3NGjr8EU89h/cQUDOAQjAOydMsqmCaixWjx3WvtS6Z6dlj96gxaCW8a\n"
      "f2ETqtifrcA6kci1nimKUHsSVrrKLFsmK/ThcBnskVL61zqTGA6DlZcmPnWf9Zsy\n"
      "IIjvHR4WgBU3RPcAxWf0e88d9VSXVsQ6q8XrWcCvwoisHFDrVFCTmpWXSndLAJbQ\n"
      "iJPuvVcLiLjCD65QBC87h9Kn86vqMQ5A9FzjeMPDoIpuNlHqTjkHxT8zqe4/XpbN\n"
      "jOF2H1aM5B8rPtr/Imem5hUXPJhzpP6Vr0Hms+IZwktjpqR0pM40xq4RQ0J3i97+\n"
      "xRrMq96XAgMBAAECggEABLkYHoxGSCVnswW/DwHQK3JAEl9QvWstk/b5aiUR8l1Y\n"
      "/ywpg0DJ19dLWNhFYFaFAZCW7h5AxhobXk5xU0LjYC+I9gR+zddFTblRIlGIAQtO\n"
      "/hBhOwJ80uMTfgHhNK7kqLuNJSuUjxiis9xydldqBlO0tMeZGm5nccxc5hk9F8MZ\n"
      "W/o/f4RFvRQdwIQ3G01WP6r492U2RwHAjEtacvdE9EYkjIKvl6VXHjTkXPKudoD0\n"
      "FOojz7g7LAGlaCPTcDCmpFz8c4HzhJYYp2aQW/tmRyZitJIZNQgsaGNRXyzTUWmx\n"
      "9LKiWFlxItmc5XTcUmWSGIdTNXpj6xF0LeIWMGu2AQKBgQD4FmXToOWbGOlRvgiE\n"
      "Wb6CIIFcjiXW66/G4ZtDmTOg2z2e2fOy3saoySdI0KdPO25peCRAQ6RWrNXGDAfk\n"
      "GUEcKlFPyjJ+XNI8NCpFpqv4OiB4+XVgptFNXq5/1OfZeW+MfRY//5C1TToBTzCF\n"
      "7m+bcojhUumgnavJb+7kC0neAQKBgQC1xJLcgOky6PFBqP8CuCsy+2giJAmg9FOS\n"
      "f9tBSDUHOZJl8+rPExM6RyDCg9huM0iWtryL8r/pJZ2zW+9d/JPIEFc7Jfn87xTT\n"
      "bLNyYzCQrnhUi1l6eL/HthfhJtSLSXBSVN3zrh9OWOUbYLNW20MPbRGaDZFMjvhd\n"
      "/2RPDXHslwKBgQDAlNJy18GlBk+IbtY5t1jVttn0uTvSfJ606kkWzoRvaAGLoHE2\n"
      "9wyL1aqzMZXPQblSEjtBz8BwsDY6SPiPLrOGY6s/HxzXTsK8jVoLO3jfdm/iuPNP\n"
      "Fe//+XHINcPM5CGdkzSEdaUluE9A2PI35YGpz91F3JETZ5IFCukNCV5MAQKBgCId\n"
      "PqL73sibR4xXN2U/Q3xSCv09XkFDGdxI+tGJx8oPWBaibNNodRde+hsHu7sTDPCc\n"
      "Y06wxKvxT2O2QXqWSPYnevey7PQ3uuTjZdp2G0tMM3FKpgSCXRwSZPDw5LsvkVEi\n"
      "dHWjnGSL8pPs1jva8v8WLVOIcFi6DIs3v4/GqjcJAoGBAJuNjf996lMCbIZvnPyD\n"
      "RryUSwDzSXbyZCmAJQiZYS7awn/NNduyj2QtXVInPjY+gLlpIH6BhpYe106i5Fny\n"
      "etSE9W1LKdIdmk2tERgt1MDuoWR/AjyFHAshooWa0niY+EO63+lq+RfdKfNtVM+D\n"
      "IGsZiY1yGq/HBCM2lij+wolC\n"
      "-----END PRIVATE KEY-----\n" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(oauth_signer_create(oauth_str_of(cases[i].pem),
                                             "JWT", &signer, &why), OAUTH_DONE);
        assert_true(oauth_str_equal(oauth_signer_kid(signer),
                                    oauth_str_of(cases[i].kid)));
        oauth_signer_free(signer);
    }
}


/* Signs and returns the JWT as a string, which is the caller's. */

static char *
signer_sign(const oauth_signer_t *signer, const char *claims)
{
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    assert_int_equal(oauth_signer_sign(signer, oauth_str_of(claims), &buf),
                     0);
    oauth_buf_append(&buf, "\0", 1);
    assert_false(buf.failed);

    return (char *) buf.data;
}


/* 1 when one of the numbers of an ECDSA signature begins with a zero byte. */

static int
signer_is_short(const char *text)
{
    size_t         len;
    unsigned char  bytes[oauth_base64url_decoded_size(86)];

    assert_int_equal(oauth_base64url_parse(oauth_str_of(strrchr(text, '.')
                                                        + 1),
                                           bytes, &len), 0);
    assert_int_equal(len, 64);

    return bytes[0] == 0 || bytes[32] == 0;
}


/*
 * libjwt as a second opinion.  Of ECDSA signatures it also gets one with a
 * number that is shorter than the others, which comes up now and then.
 */

static void
signer_libjwt(void **state)
{
    int              i;
    char            *text, *pem;
    size_t           n;
    jwt_t           *jwt;
    oauth_signer_t  *signer;

    static const size_t     keys[] = { TOKEN_RSA, TOKEN_P256, TOKEN_P256 };
    static const jwt_alg_t  algs[] = { JWT_ALG_RS256, JWT_ALG_ES256,
                                       JWT_ALG_ES256 };

    (void) state;

    for (n = 0; n < 3; n++) {
        signer = signer_make(token_keys[keys[n]]);
        pem = keys_pem(token_keys[keys[n]], 0);
        text = signer_sign(signer, "{" PAYLOAD "}");

        for (i = 0; n == 2 && !signer_is_short(text); i++) {
            assert_true(i < 10000);
            free(text);
            text = signer_sign(signer, "{" PAYLOAD "}");
        }

        assert_int_equal(jwt_decode(&jwt, text, (unsigned char *) pem,
                                    (int) strlen(pem)), 0);
        assert_int_equal(jwt_get_alg(jwt), algs[n]);
        assert_string_equal(jwt_get_grant(jwt, "sub"), "joe");
        jwt_free(jwt);

        /* another signature: the first character of it is changed */

        text[strrchr(text, '.') - text + 1] ^= 1;
        assert_int_not_equal(jwt_decode(&jwt, text, (unsigned char *) pem,
                                        (int) strlen(pem)), 0);

        ERR_clear_error();
        free(text);
        free(pem);
        oauth_signer_free(signer);
    }
}


/* The header is exactly this, and the claims are those that were given. */

static void
signer_text(void **state)
{
    char            *text;
    size_t           len;
    const char      *dot;
    oauth_str_t      part;
    oauth_buf_t      expected;
    oauth_signer_t  *signer;
    unsigned char    bytes[256];

    static const char  claims[] = "{ \"b\":1.50, \"a\":\"\\u00e9\\/\" }";

    (void) state;

    signer = signer_make(token_keys[TOKEN_P256]);
    text = signer_sign(signer, claims);

    memset(&expected, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&expected, "{\"alg\":\"ES256\",\"typ\":\"JWT\","
                                        "\"kid\":\"");
    oauth_buf_append_str(&expected, oauth_signer_kid(signer));
    oauth_buf_append_literal(&expected, "\"}");

    dot = strchr(text, '.');
    part.data = (const unsigned char *) text;
    part.len = (size_t) (dot - text);

    assert_int_equal(oauth_base64url_parse(part, bytes, &len), 0);
    assert_true(oauth_str_equal((oauth_str_t) { len, bytes },
                                oauth_buf_str(&expected)));

    part.data = (const unsigned char *) dot + 1;
    part.len = (size_t) (strrchr(text, '.') - dot - 1);

    assert_int_equal(oauth_base64url_parse(part, bytes, &len), 0);
    assert_true(oauth_str_equal((oauth_str_t) { len, bytes },
                                oauth_str_of(claims)));

    oauth_buf_free(&expected);
    oauth_signer_free(signer);
    free(text);
}


/* A buffer that has failed gets nothing, and neither does one that is full. */

static void
signer_buffer(void **state)
{
    size_t           len;
    oauth_buf_t      buf;
    oauth_signer_t  *signer;

    (void) state;

    signer = signer_make(token_keys[TOKEN_P256]);
    memset(&buf, 0, sizeof(oauth_buf_t));

    assert_int_equal(oauth_signer_sign(signer, oauth_str("{}"), &buf), 0);
    assert_true(buf.len > 0);

    len = buf.len;
    buf.failed = 1;

    assert_int_equal(oauth_signer_sign(signer, oauth_str("{}"), &buf), -1);
    assert_int_equal(oauth_signer_append_jwk(signer, &buf), -1);
    assert_int_equal(buf.len, len);

    oauth_buf_free(&buf);
    oauth_signer_free(signer);
}


/*
 * What is published is exactly the public key: a set of it verifies what the
 * signer has signed, and has no member of a private key.
 */

static void
signer_published(void **state)
{
    size_t           i, n;
    char             name[16];
    oauth_buf_t      jwks, buf;
    const char      *error;
    oauth_jwt_t     *jwt;
    oauth_jwks_t    *set;
    oauth_token_t   *token;
    oauth_signer_t  *signer;

    static const size_t  keys[] = { TOKEN_RSA, TOKEN_P256 };
    static const char   *private[] = { "d", "p", "q", "dp", "dq", "qi", "k",
                                       "oth" };
    static const char   *public[][7] = {
        { "kty", "n", "e", "kid", "alg", "use", "RS256" },
        { "kty", "crv", "x", "y", "kid", "alg", "use" }
    };

    (void) state;

    for (n = 0; n < 2; n++) {
        signer = signer_make(token_keys[keys[n]]);

        memset(&buf, 0, sizeof(oauth_buf_t));
        memset(&jwks, 0, sizeof(oauth_buf_t));

        oauth_buf_append_literal(&jwks, "{\"keys\":[");
        assert_int_equal(oauth_signer_append_jwk(signer, &jwks), 0);
        oauth_buf_append_literal(&jwks, "]}");

        set = oauth_jwks_parse(oauth_buf_str(&jwks), OAUTH_ALGS_ALL, &error);
        assert_non_null(set);
        assert_int_equal(set->nkeys, 1);

        assert_int_equal(oauth_signer_sign(signer, oauth_str("{" PAYLOAD "}"),
                                           &buf), 0);
        assert_int_equal(oauth_jwt_parse(oauth_buf_str(&buf), &jwt), OAUTH_OK);
        assert_int_equal(oauth_token_verify(jwt, &token_policy, set, NOW,
                                            &token), OAUTH_OK);
        assert_true(oauth_str_equal(token->kid, oauth_signer_kid(signer)));

        oauth_buf_append(&jwks, "", 1);

        for (i = 0; i < 7; i++) {
            snprintf(name, sizeof(name), "\"%s\"", public[n][i]);
            assert_non_null(strstr((char *) jwks.data, name));
        }

        for (i = 0; i < sizeof(private) / sizeof(private[0]); i++) {
            snprintf(name, sizeof(name), "\"%s\":", private[i]);
            assert_null(strstr((char *) jwks.data, name));
        }

        oauth_token_free(token);
        oauth_jwt_free(jwt);
        oauth_jwks_free(set);
        oauth_buf_free(&jwks);
        oauth_buf_free(&buf);
        oauth_signer_free(signer);
    }
}


/* The typ is the caller's; one that does not fit is no typ. */

static void
signer_type(void **state)
{
    char            *pem;
    const char      *why;
    oauth_buf_t      buf;
    oauth_jws_t      jws;
    oauth_signer_t  *signer;

    static const char  name[] = "a-name-that-nobody-has-but-which-is-long+jwt";
    static const char  large[] =
        "a-name-so-long-that-no-header-of-the-signer-has-room-for-it,-which-"
        "nobody-may-notice-only-when-the-first-token-is-signed";

    (void) state;

    pem = keys_pem(token_keys[TOKEN_P256], 1);
    memset(&buf, 0, sizeof(oauth_buf_t));

    assert_int_equal(oauth_signer_create(oauth_str_of(pem), large, &signer,
                                         &why), OAUTH_NO_MEMORY);
    assert_null(signer);

    assert_int_equal(oauth_signer_create(oauth_str_of(pem), name, &signer,
                                         &why), OAUTH_DONE);
    assert_int_equal(oauth_signer_sign(signer, oauth_str("{" PAYLOAD "}"),
                                       &buf), 0);
    assert_int_equal(oauth_jws_parse(oauth_buf_str(&buf), &jws), OAUTH_OK);
    assert_int_equal(jws.type, OAUTH_TYPE_OTHER);
    assert_true(oauth_jws_is_type(&jws, oauth_str_of(name)));

    oauth_jws_free(&jws);
    oauth_buf_free(&buf);
    oauth_signer_free(signer);
    free(pem);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(signer_keys),
        cmocka_unit_test(signer_halves),
        cmocka_unit_test(signer_passphrase),
        cmocka_unit_test(signer_surroundings),
        cmocka_unit_test(signer_signs),
        cmocka_unit_test(signer_thumbprints),
        cmocka_unit_test(signer_libjwt),
        cmocka_unit_test(signer_text),
        cmocka_unit_test(signer_buffer),
        cmocka_unit_test(signer_published),
        cmocka_unit_test(signer_type)
    };

    return cmocka_run_group_tests(tests, token_setup, token_teardown);
}
