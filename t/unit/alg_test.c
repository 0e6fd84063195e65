
/*
 * The table of algorithms: exactly the asymmetric ones, by their exact names,
 * and EdDSA, which stands for two.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_alg.h"


typedef struct {
    const char       *name;
    oauth_alg_id_t    id;
    oauth_alg_type_t  type;
    unsigned          pss;
    const char       *digest;
    const char       *curve;
    size_t            coordinate;
} alg_case_t;


static const alg_case_t  alg_cases[] = {
    { "RS256", OAUTH_ALG_RS256, OAUTH_KEY_RSA, 0, "SHA256", NULL, 0 },
    { "RS384", OAUTH_ALG_RS384, OAUTH_KEY_RSA, 0, "SHA384", NULL, 0 },
    { "RS512", OAUTH_ALG_RS512, OAUTH_KEY_RSA, 0, "SHA512", NULL, 0 },
    { "PS256", OAUTH_ALG_PS256, OAUTH_KEY_RSA, 1, "SHA256", NULL, 0 },
    { "PS384", OAUTH_ALG_PS384, OAUTH_KEY_RSA, 1, "SHA384", NULL, 0 },
    { "PS512", OAUTH_ALG_PS512, OAUTH_KEY_RSA, 1, "SHA512", NULL, 0 },
    { "ES256", OAUTH_ALG_ES256, OAUTH_KEY_EC, 0, "SHA256", "P-256", 32 },
    { "ES384", OAUTH_ALG_ES384, OAUTH_KEY_EC, 0, "SHA384", "P-384", 48 },
    { "ES512", OAUTH_ALG_ES512, OAUTH_KEY_EC, 0, "SHA512", "P-521", 66 },
    { "EdDSA", OAUTH_ALG_EDDSA, OAUTH_KEY_OKP, 0, NULL, NULL, 0 },
    { "Ed25519", OAUTH_ALG_ED25519, OAUTH_KEY_OKP, 0, NULL, "Ed25519", 32 },
    { "Ed448", OAUTH_ALG_ED448, OAUTH_KEY_OKP, 0, NULL, "Ed448", 57 }
};


static const oauth_str_t  alg_unknown[] = {
    { 0, NULL },
    oauth_string(""),
    oauth_string("none"),
    oauth_string("None"),
    oauth_string("NONE"),
    oauth_string("nOnE"),
    oauth_string("HS256"),
    oauth_string("HS384"),
    oauth_string("HS512"),
    oauth_string("rs256"),
    oauth_string("Rs256"),
    oauth_string("RS256 "),
    oauth_string(" RS256"),
    oauth_string("RS256\0"),
    oauth_string("RS25"),
    oauth_string("RS2566"),
    oauth_string("RS1"),
    oauth_string("ES256K"),
    oauth_string("ed448"),
    oauth_string("ED448"),
    oauth_string("Ed44"),
    oauth_string("Ed448ph"),
    oauth_string("X448"),
    oauth_string("EDDSA"),
    oauth_string("ed25519"),
    oauth_string("dir"),
    oauth_string("RSA-OAEP"),
    oauth_string("PBES2-HS256+A128KW")
};


static void
alg_table(void **state)
{
    size_t              i;
    oauth_str_t         name;
    const alg_case_t   *c;
    const oauth_alg_t  *alg;

    (void) state;

    assert_int_equal(sizeof(alg_cases) / sizeof(alg_case_t), OAUTH_ALGS);

    for (i = 0; i < OAUTH_ALGS; i++) {
        c = &alg_cases[i];

        name.data = (const unsigned char *) c->name;
        name.len = strlen(c->name);

        alg = oauth_alg_lookup(name);

        assert_non_null(alg);
        assert_ptr_equal(alg, oauth_alg_get(c->id));
        assert_int_equal(alg->id, c->id);
        assert_int_equal(alg->type, c->type);
        assert_int_equal(alg->pss, c->pss);
        assert_int_equal(alg->coordinate, c->coordinate);
        assert_int_equal(alg->digest == NULL, c->digest == NULL);
        assert_int_equal(alg->curve.data == NULL, c->curve == NULL);

        if (c->digest) {
            assert_string_equal(alg->digest, c->digest);
        }

        if (c->curve) {
            assert_int_equal(alg->curve.len, strlen(c->curve));
            assert_memory_equal(alg->curve.data, c->curve, alg->curve.len);
        }
    }
}


static void
alg_not_known(void **state)
{
    size_t         i;
    unsigned char  name[1000];

    (void) state;

    for (i = 0; i < sizeof(alg_unknown) / sizeof(oauth_str_t); i++) {
        assert_null(oauth_alg_lookup(alg_unknown[i]));
    }

    memset(name, 'R', sizeof(name));
    assert_null(oauth_alg_lookup((oauth_str_t) { sizeof(name), name }));
}


/*
 * A name means its own algorithm.  EdDSA means both curves, and is not itself
 * in a set.
 */

static void
alg_bits(void **state)
{
    int           id;
    oauth_algs_t  all, bits, eddsa;

    (void) state;

    eddsa = oauth_alg_bit(OAUTH_ALG_ED25519) | oauth_alg_bit(OAUTH_ALG_ED448);

    for (id = 0, all = 0; id < OAUTH_ALGS; id++) {
        bits = oauth_alg_get((oauth_alg_id_t) id)->bits;

        assert_int_equal(bits, id == OAUTH_ALG_EDDSA ? eddsa
                                                     : oauth_alg_bit(id));
        all |= bits;
    }

    assert_int_equal(OAUTH_ALGS_ALL, all);
    assert_false(OAUTH_ALGS_ALL & oauth_alg_bit(OAUTH_ALG_EDDSA));
}


static void
alg_curves(void **state)
{
    int                 id;
    size_t              i;
    const oauth_alg_t  *alg;

    static const oauth_str_t  none[] = {
        { 0, NULL }, oauth_string(""), oauth_string("p-256"),
        oauth_string("P-256\0"), oauth_string("secp256k1"),
        oauth_string("X25519"), oauth_string("X448"), oauth_string("EdDSA"),
        oauth_string("ed448")
    };

    (void) state;

    for (id = OAUTH_ALG_ES256; id < OAUTH_ALGS; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);

        if (alg->curve.data) {
            assert_ptr_equal(oauth_alg_of_curve(alg->type, alg->curve), alg);
            assert_null(oauth_alg_of_curve(alg->type == OAUTH_KEY_EC
                                               ? OAUTH_KEY_OKP : OAUTH_KEY_EC,
                                           alg->curve));
            assert_null(oauth_alg_of_curve(OAUTH_KEY_RSA, alg->curve));
        }
    }

    for (i = 0; i < sizeof(none) / sizeof(oauth_str_t); i++) {
        assert_null(oauth_alg_of_curve(OAUTH_KEY_RSA, none[i]));
        assert_null(oauth_alg_of_curve(OAUTH_KEY_EC, none[i]));
        assert_null(oauth_alg_of_curve(OAUTH_KEY_OKP, none[i]));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(alg_table),
        cmocka_unit_test(alg_not_known),
        cmocka_unit_test(alg_bits),
        cmocka_unit_test(alg_curves)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
