
/*
 * HMAC-SHA256: the vectors of RFC 4231, with each text split into a label and
 * the rest; and what is not the hash of a text.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "oauth_mac.h"


#define MAC_KEY    131
#define MAC_TEXT   152


typedef struct {
    size_t          nkey;
    size_t          ntext;
    unsigned char   key[MAC_KEY + 1];
    unsigned char   text[MAC_TEXT + 1];
    unsigned char   hash[OAUTH_MAC_SIZE + 1];
} mac_vector_t;


/* Test cases 2, 6 and 7; the keys of the last two are longer than a block. */

static mac_vector_t  mac_vectors[] = {
    { 4, 28, "Jefe", "what do ya want for nothing?",
      "\x5b\xdc\xc1\x46\xbf\x60\x75\x4e\x6a\x04\x24\x26\x08\x95\x75\xc7"
      "\x5a\x00\x3f\x08\x9d\x27\x39\x83\x9d\xec\x58\xb9\x64\xec\x38\x43" },
    { MAC_KEY, 54, "", "Test Using Larger Than Block-Size Key - Hash Key First",
      "\x60\xe4\x31\x59\x1e\xe0\xb6\x7f\x0d\x8a\x26\xaa\xcb\xf5\xb7\x7f"
      "\x8e\x0b\xc6\x21\x37\x28\xc5\x14\x05\x46\x04\x0f\x0e\xe3\x7f\x54" },
    { MAC_KEY, MAC_TEXT, "", "This is a test using a larger than block-size "
      "key and a larger than block-size data. The key needs to be hashed "
      "before being used by the HMAC algorithm.",
      "\x9b\x09\xff\xa7\x1b\x94\x2f\xcb\x27\x63\x5f\xbc\xd5\xb0\xe9\x44"
      "\xbf\xdc\x63\x64\x4f\x07\x13\x93\x8a\x7f\x51\x53\x5c\x3a\x35\xe2" }
};

#define MAC_VECTORS  (sizeof(mac_vectors) / sizeof(mac_vectors[0]))


static void
mac_vector(void **state)
{
    size_t          i, n;
    oauth_str_t     label, text;
    oauth_mac_t    *mac;
    mac_vector_t   *v;
    unsigned char   hash[OAUTH_MAC_SIZE];

    (void) state;

    for (i = 0; i < MAC_VECTORS; i++) {

        v = &mac_vectors[i];

        for (n = 0; n <= v->ntext; n++) {

            label = (oauth_str_t) { n, v->text };
            text = (oauth_str_t) { v->ntext - n, v->text + n };

            mac = oauth_mac_create((oauth_str_t) { v->nkey, v->key }, label);
            assert_non_null(mac);

            /* Each use begins with the same state. */

            assert_int_equal(oauth_mac_sign(mac, text, hash), 0);
            assert_memory_equal(hash, v->hash, OAUTH_MAC_SIZE);

            assert_int_equal(oauth_mac_sign(mac, label, hash), 0);
            assert_int_equal(oauth_mac_sign(mac, text, hash), 0);
            assert_memory_equal(hash, v->hash, OAUTH_MAC_SIZE);

            assert_int_equal(oauth_mac_verify(mac, text, v->hash), 1);
            assert_int_equal(ERR_peek_error(), 0);

            oauth_mac_free(mac);
        }
    }

    oauth_mac_free(NULL);
}


/* Each bit of the hash counts, and so do text, key and label. */

static void
mac_other(void **state)
{
    size_t         i;
    oauth_str_t    key, text;
    oauth_mac_t   *mac, *other;
    unsigned char  hash[OAUTH_MAC_SIZE];

    (void) state;

    key = oauth_str("0123456789abcdef0123456789abcdef");
    text = oauth_str("a text");

    mac = oauth_mac_create(key, oauth_str("label\n"));
    assert_non_null(mac);

    assert_int_equal(oauth_mac_sign(mac, text, hash), 0);

    for (i = 0; i < OAUTH_MAC_SIZE * 8; i++) {
        hash[i / 8] ^= (unsigned char) (1 << i % 8);
        assert_int_equal(oauth_mac_verify(mac, text, hash), 0);
        hash[i / 8] ^= (unsigned char) (1 << i % 8);
    }

    assert_int_equal(oauth_mac_verify(mac, text, hash), 1);
    assert_int_equal(oauth_mac_verify(mac, oauth_str("a tex"), hash), 0);
    assert_int_equal(oauth_mac_verify(mac, oauth_str("a texu"), hash), 0);
    assert_int_equal(oauth_mac_verify(mac, oauth_str(""), hash), 0);

    other = oauth_mac_create(key, oauth_str("lebal\n"));
    assert_int_equal(oauth_mac_verify(other, text, hash), 0);
    oauth_mac_free(other);

    key.len--;

    other = oauth_mac_create(key, oauth_str("label\n"));
    assert_int_equal(oauth_mac_verify(other, text, hash), 0);
    oauth_mac_free(other);

    assert_int_equal(ERR_peek_error(), 0);

    oauth_mac_free(mac);
}


int
main(void)
{
    size_t  i;

    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(mac_vector),
        cmocka_unit_test(mac_other)
    };

    for (i = 1; i < MAC_VECTORS; i++) {
        memset(mac_vectors[i].key, 0xaa, MAC_KEY);
    }

    return cmocka_run_group_tests(tests, NULL, NULL);
}
