
/*
 * Random bytes and wiping: every byte is written, none beside them, and OpenSSL
 * may be without randomness.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Of OpenSSL 3's ways to take its randomness away, this is the short one. */

#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/err.h>
#include <openssl/rand.h>

#include "oauth_secret.h"


static void
secret_create(void **state)
{
    size_t         i, n;
    unsigned char  bytes[24], all[16];

    (void) state;

    memset(all, 0, sizeof(all));

    for (n = 0; n < 64; n++) {

        memset(bytes, 0, sizeof(bytes));

        assert_int_equal(oauth_secret_create(bytes, 16), 0);
        assert_int_equal(ERR_peek_error(), 0);

        for (i = 0; i < 16; i++) {
            all[i] |= bytes[i];
        }

        for (i = 16; i < 24; i++) {
            assert_int_equal(bytes[i], 0);
        }
    }

    for (i = 0; i < 16; i++) {
        assert_int_not_equal(all[i], 0);
    }
}


/* What OpenSSL does where it has no randomness. */

static int
secret_none(unsigned char *data, int len)
{
    (void) data;
    (void) len;

    ERR_raise(ERR_LIB_RAND, ERR_R_OPERATION_FAIL);

    return 0;
}


static void
secret_create_fails(void **state)
{
    unsigned char  byte;

    static RAND_METHOD  method = { .bytes = secret_none };

    (void) state;

    RAND_set_rand_method(&method);
    assert_int_equal(oauth_secret_create(&byte, 1), -1);
    assert_int_equal(ERR_peek_error(), 0);

    RAND_set_rand_method(NULL);
    assert_int_equal(oauth_secret_create(&byte, 1), 0);
}


static void
secret_wipe(void **state)
{
    size_t         i;
    unsigned char  bytes[40];

    (void) state;

    memset(bytes, 'x', sizeof(bytes));
    oauth_secret_wipe(bytes, 39);
    oauth_secret_wipe(NULL, 0);

    for (i = 0; i < 39; i++) {
        assert_int_equal(bytes[i], 0);
    }

    assert_int_equal(bytes[39], 'x');
}


/* The hash depends on the secret, on each text, and on where one ends. */

static void
secret_hash(void **state)
{
    unsigned char  secret[OAUTH_SECRET_HASH], a[OAUTH_SECRET_HASH],
                   b[OAUTH_SECRET_HASH];

    (void) state;

    memset(secret, 0x0b, sizeof(secret));

    assert_int_equal(oauth_secret_hash(secret, oauth_str("Hi"),
                                       oauth_str("There"), a), 0);
    assert_int_equal(oauth_secret_hash(secret, oauth_str("Hi"),
                                       oauth_str("There"), b), 0);
    assert_memory_equal(a, b, sizeof(a));

    assert_int_equal(oauth_secret_hash(secret, oauth_str("HiT"),
                                       oauth_str("here"), b), 0);
    assert_memory_not_equal(a, b, sizeof(a));

    secret[0] ^= 1;
    assert_int_equal(oauth_secret_hash(secret, oauth_str("Hi"),
                                       oauth_str("There"), b), 0);
    assert_memory_not_equal(a, b, sizeof(a));
}


/* RFC 4231 section 4.2; a key is the same with zero bytes at its end. */

static void
secret_sign(void **state)
{
    unsigned char  secret[OAUTH_SECRET_HASH], hash[OAUTH_SECRET_HASH];

    static const unsigned char  expected[] = {
        0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53, 0x5c, 0xa8, 0xaf,
        0xce, 0xaf, 0x0b, 0xf1, 0x2b, 0x88, 0x1d, 0xc2, 0x00, 0xc9, 0x83,
        0x3d, 0xa7, 0x26, 0xe9, 0x37, 0x6c, 0x2e, 0x32, 0xcf, 0xf7
    };

    (void) state;

    memset(secret, 0, sizeof(secret));
    memset(secret, 0x0b, 20);

    assert_int_equal(oauth_secret_sign(secret, oauth_str("Hi There"), hash), 0);
    assert_memory_equal(hash, expected, sizeof(expected));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(secret_create),
        cmocka_unit_test(secret_create_fails),
        cmocka_unit_test(secret_wipe),
        cmocka_unit_test(secret_hash),
        cmocka_unit_test(secret_sign)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
