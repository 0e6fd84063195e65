
/*
 * SHA-256: the examples of FIPS 180-4, and that of RFC 9449 section 7.1 for an
 * access token.  The bytes are those that base64url shows.
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
#include "oauth_hash.h"


static void
hash_assert(oauth_str_t data, const char *expected)
{
    oauth_buf_t     shown;
    unsigned char  *text;

    text = malloc(OAUTH_HASH_SIZE);
    assert_non_null(text);

    assert_int_equal(oauth_hash_write(data, text), 0);
    assert_int_equal(strlen(expected), OAUTH_HASH_SIZE);
    assert_memory_equal(text, expected, OAUTH_HASH_SIZE);
    assert_int_equal(ERR_peek_error(), 0);

    assert_int_equal(oauth_hash_write_bytes(data, text), 0);
    assert_int_equal(ERR_peek_error(), 0);

    memset(&shown, 0, sizeof(oauth_buf_t));
    keys_append_base64url(&shown, (oauth_str_t) { OAUTH_HASH_BYTES, text });
    assert_true(oauth_str_equal(oauth_buf_str(&shown), oauth_str_of(expected)));
    oauth_buf_free(&shown);

    free(text);
}


static void
hash_examples(void **state)
{
    size_t       i;
    oauth_buf_t  buf;
    oauth_str_t  none;

    (void) state;

    none.data = NULL;
    none.len = 0;

    hash_assert(none, "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    hash_assert(oauth_str("abc"),
                "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    hash_assert(oauth_str("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"),
                "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");

    memset(&buf, 0, sizeof(oauth_buf_t));

    for (i = 0; i < 1000000; i++) {
        oauth_buf_append_literal(&buf, "a");
    }

    hash_assert(oauth_buf_str(&buf),
                "zcduXJkU-5KBocfihNc-Z_GAmkiklyAOBG05zMcRLNA");
    oauth_buf_free(&buf);
}


/* An error that somebody else has left is not taken for ours. */

static void
hash_error_queue(void **state)
{
    (void) state;

    ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE);
    hash_assert(oauth_str("abc"),
                "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(hash_examples),
        cmocka_unit_test(hash_error_queue)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
