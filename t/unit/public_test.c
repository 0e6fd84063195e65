
/*
 * The public key of a JWK: which types and curves there are, and what its
 * numbers may look like.  The keys themselves are tested with oauth_key.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "oauth_public.h"


typedef struct {
    const char    *kty;
    const char    *crv;
    oauth_algs_t   algorithms;          /* 0: such a type is refused */
    const char    *why;
} public_type_t;


static const public_type_t  public_types[] = {
    { "RSA", NULL, OAUTH_ALGS_RSA, NULL },
    { "RSA", "P-256", OAUTH_ALGS_RSA, NULL },
    { "EC", "P-256", oauth_alg_bit(OAUTH_ALG_ES256), NULL },
    { "EC", "P-384", oauth_alg_bit(OAUTH_ALG_ES384), NULL },
    { "EC", "P-521", oauth_alg_bit(OAUTH_ALG_ES512), NULL },
    { "OKP", "Ed25519", oauth_alg_bit(OAUTH_ALG_ED25519), NULL },
    { "OKP", "Ed448", oauth_alg_bit(OAUTH_ALG_ED448), NULL },

    { NULL, "P-256", 0, "kty is not a string" },
    { "", "P-256", 0, "kty is none of RSA, EC, OKP" },
    { "ec", "P-256", 0, "kty is none of RSA, EC, OKP" },
    { "oct", NULL, 0, "kty is none of RSA, EC, OKP" },
    { "EC", NULL, 0, "crv is not a string" },
    { "OKP", NULL, 0, "crv is not a string" },
    { "EC", "secp256k1", 0, "crv is none of P-256, P-384, P-521" },
    { "EC", "Ed25519", 0, "crv is none of P-256, P-384, P-521" },
    { "OKP", "P-256", 0, "crv is none of Ed25519, Ed448" },
    { "OKP", "X25519", 0, "crv is none of Ed25519, Ed448" }
};


static oauth_str_t
public_str(const char *text)
{
    return text ? keys_str(text) : (oauth_str_t) { 0, NULL };
}


static void
public_all_types(void **state)
{
    size_t                   i;
    const char              *why;
    oauth_public_t           public;
    oauth_public_members_t   members;

    (void) state;

    memset(&members, 0, sizeof(members));

    for (i = 0; i < sizeof(public_types) / sizeof(public_types[0]); i++) {

        members.kty = public_str(public_types[i].kty);
        members.crv = public_str(public_types[i].crv);

        why = oauth_public_parse_type(&members, &public);

        if (public_types[i].why) {
            assert_non_null(why);
            assert_string_equal(why, public_types[i].why);
            continue;
        }

        assert_null(why);
        assert_int_equal(public.algorithms, public_types[i].algorithms);
        assert_int_equal(public.curve.data == NULL,
                         strcmp(public_types[i].kty, "RSA") == 0);
    }
}


/* Each type needs its own numbers, and looks at no others. */

static void
public_numbers(void **state)
{
    size_t                  i;
    oauth_public_t          public;
    oauth_public_members_t  members;

    static const struct {
        const char  *kty;
        const char  *crv;
        const char  *x;
        const char  *y;
        const char  *n;
        const char  *e;
        int          good;
    } cases[] = {
        { "RSA", NULL, NULL, NULL, "AQAB", "AQ", 1 },
        { "RSA", NULL, "!", "!", "AQAB", "AQ", 1 },
        { "RSA", NULL, NULL, NULL, NULL, "AQ", 0 },
        { "RSA", NULL, NULL, NULL, "AQAB", NULL, 0 },
        { "RSA", NULL, NULL, NULL, "", "AQ", 0 },
        { "RSA", NULL, NULL, NULL, "AQAB", "AQ==", 0 },
        { "RSA", NULL, NULL, NULL, "AQA+", "AQ", 0 },
        { "EC", "P-256", "AQAB", "AQ", NULL, NULL, 1 },
        { "EC", "P-256", "AQAB", NULL, NULL, NULL, 0 },
        { "EC", "P-256", NULL, "AQ", NULL, NULL, 0 },
        { "EC", "P-256", "AQAB", "AR", NULL, NULL, 0 },
        { "OKP", "Ed25519", "AQAB", NULL, NULL, NULL, 1 },
        { "OKP", "Ed25519", "AQAB", "!", NULL, NULL, 1 },
        { "OKP", "Ed25519", "AQAB\n", NULL, NULL, NULL, 0 },
        { "OKP", "Ed25519", NULL, "AQAB", NULL, NULL, 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        members.kty = public_str(cases[i].kty);
        members.crv = public_str(cases[i].crv);
        members.x = public_str(cases[i].x);
        members.y = public_str(cases[i].y);
        members.n = public_str(cases[i].n);
        members.e = public_str(cases[i].e);

        assert_null(oauth_public_parse_type(&members, &public));
        assert_int_equal(oauth_public_parse_numbers(&members, &public)
                         == NULL, cases[i].good);

        if (cases[i].good) {
            assert_int_equal(public.first.len, 3);
            assert_memory_equal(public.first.data, "\1\0\1", 3);
            assert_int_equal(public.second.len,
                             strcmp(cases[i].kty, "OKP") == 0 ? 0 : 1);
        }
    }
}


/* 8192 bits and one byte more are read, though such a key is none. */

static void
public_longest_number(void **state)
{
    char                    n[OAUTH_PUBLIC_NUMBER * 4 / 3 + 3];
    size_t                  len;
    const char             *why;
    oauth_key_t            *key;
    oauth_public_t          public;
    oauth_public_members_t  members;

    (void) state;

    memset(&members, 0, sizeof(members));
    memset(n, 'A', sizeof(n));

    len = oauth_base64url_encoded_size(OAUTH_PUBLIC_NUMBER);
    assert_true(len < sizeof(n));

    members.kty = oauth_str("RSA");
    members.e = oauth_str("AQAB");
    members.n = (oauth_str_t) { len, (unsigned char *) n };

    assert_null(oauth_public_parse_type(&members, &public));
    assert_null(oauth_public_parse_numbers(&members, &public));
    assert_int_equal(public.first.len, OAUTH_PUBLIC_NUMBER);
    assert_int_equal(oauth_public_import(&public, &key, &why), OAUTH_INVALID);
    assert_null(key);
    assert_non_null(strstr(why, "RSA key of 2048 to 8192 bits"));

    members.n.len++;
    assert_non_null(oauth_public_parse_numbers(&members, &public));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(public_all_types),
        cmocka_unit_test(public_numbers),
        cmocka_unit_test(public_longest_number)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
