
/*
 * Key files: the forms that are read, with the keys that come of them, as the
 * hash of a record shows; and those that are refused, with the reason.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "oauth_record.h"


/* The bytes 0 to 31; 64 to 127; 32 bytes of 0xfb; 31, 48 and 65 bytes of 0. */

#define SHORT     "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define LONG      "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl9gYW"    \
                  "JjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+fw"
#define LONG_URL  "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl9gYW"    \
                  "JjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1-fw"
#define SLASHES   "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s"
#define LINES     "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s"
#define ZEROS_31  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define ZEROS_48  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"    \
                  "AAAAAAAAAAAAAAAAAA"
#define ZEROS_65  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"    \
                  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* Hashes of nothing, by Python's hmac. */

#define KEY_SHORT    0
#define KEY_LONG     1
#define KEY_SLASHES  2
#define KEY_ZEROS    3

static const unsigned char  record_keys_hashes[][OAUTH_MAC_SIZE + 1] = {
    "\xac\x17\x09\xb6\x76\x49\x3b\x3e\xc6\xb9\x78\x29\x88\xcc\x01\xea"
    "\xfd\xcb\xbf\x80\x22\x79\xf8\xa5\x89\xb3\xf6\x85\x95\x88\xe5\xa3",
    "\x52\x22\xeb\x2c\xc0\x3a\x16\x90\xf9\xc3\xfa\x3a\x9b\x64\xd6\x7b"
    "\xf7\xf6\x50\x34\x4e\x04\xb9\x82\xf9\x76\xfd\xdb\xe0\x23\x1c\xa3",
    "\xda\x45\x06\x56\xcb\x4b\x7c\xc0\xe6\xa2\x8c\xac\x08\xef\x0e\x8f"
    "\x8d\xb8\xaf\x57\x02\xe1\x8a\xf5\xff\xb9\x88\x37\x35\xad\x8a\xeb",
    "\x43\x9a\x51\x74\x75\xd5\xeb\x52\xbd\x1c\x53\x67\xd3\x0b\x26\x9f"
    "\x01\x64\x09\xd0\x2f\xe3\x63\x4d\xba\xf8\xce\xf7\x58\xf0\x8a\x07"
};


static void
record_keys_good(void **state)
{
    size_t                i, k;
    oauth_record_keys_t   keys;

    static const struct {
        oauth_str_t        text;
        size_t             n;
        size_t             keys[OAUTH_RECORD_KEYS];
    } cases[] = {
        { oauth_string(SHORT), 1, { KEY_SHORT } },
        { oauth_string(SHORT "="), 1, { KEY_SHORT } },
        { oauth_string(SHORT "=\n"), 1, { KEY_SHORT } },
        { oauth_string(SHORT "=\r\n"), 1, { KEY_SHORT } },
        { oauth_string("\n \t\r\n\t " SHORT "= \t\n\n"), 1, { KEY_SHORT } },
        { oauth_string(LONG), 1, { KEY_LONG } },
        { oauth_string(LONG "=="), 1, { KEY_LONG } },
        { oauth_string(LONG_URL "=="), 1, { KEY_LONG } },
        { oauth_string(SLASHES "="), 1, { KEY_SLASHES } },
        { oauth_string(LINES), 1, { KEY_SLASHES } },
        { oauth_string(ZEROS_48), 1, { KEY_ZEROS } },
        { oauth_string(SHORT "\n" LONG "\n"), 2, { KEY_SHORT, KEY_LONG } },
        { oauth_string(LONG "==\n\n\n" SHORT), 2, { KEY_LONG, KEY_SHORT } },
        { oauth_string(SHORT "\n" SHORT), 2, { KEY_SHORT, KEY_SHORT } }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        memset(&keys, 0xa5, sizeof(oauth_record_keys_t));

        assert_null(oauth_record_read_keys(cases[i].text, &keys));
        assert_int_equal(keys.n, cases[i].n);
        assert_int_equal(ERR_peek_error(), 0);

        for (k = 0; k < keys.n; k++) {
            assert_int_equal(oauth_mac_verify(keys.macs[k], oauth_str(""),
                                 record_keys_hashes[cases[i].keys[k]]), 1);
        }

        oauth_record_wipe_keys(&keys);
        assert_int_equal(keys.n, 0);

        oauth_record_wipe_keys(&keys);
    }
}


#define NONE    "there is no key in it"
#define MANY    "there are more than two keys in it"
#define WIDE    "a line of it is longer than 64 bytes in base64"
#define OTHER   "a line of it is not base64"
#define LENGTH  "a line of it is not 32 to 64 bytes in base64"


static void
record_keys_bad(void **state)
{
    size_t                i;
    const char           *why;
    oauth_record_keys_t   keys;

    static const struct {
        oauth_str_t        text;
        const char        *why;
    } cases[] = {
        { oauth_string(""), NONE },
        { { 0, NULL }, NONE },
        { oauth_string("\n\r\n \t\n"), NONE },
        { oauth_string(SHORT "\n" SHORT "\n" SHORT), MANY },
        { oauth_string(SHORT "\n" SHORT "\nx"), MANY },
        { oauth_string("AAAA"), LENGTH },
        { oauth_string(ZEROS_31 "=="), LENGTH },
        { oauth_string(ZEROS_31), LENGTH },
        { oauth_string(ZEROS_65), LENGTH },
        { oauth_string(ZEROS_65 "="), LENGTH },
        { oauth_string(ZEROS_65 "AA"), WIDE },
        { oauth_string(SHORT "\n" ZEROS_31), LENGTH },

        /* "openssl rand -base64 64" breaks the line */

        { oauth_string(ZEROS_48 "\nAAAAAAAAAAAAAAAAAAAAAA==\n"), LENGTH },

        { oauth_string("="), OTHER },
        { oauth_string("=="), OTHER },
        { oauth_string("===="), OTHER },
        { oauth_string(SHORT "=="), OTHER },
        { oauth_string(SHORT "==="), OTHER },
        { oauth_string(LONG "="), OTHER },
        { oauth_string("=" SHORT), OTHER },
        { oauth_string(ZEROS_48 "="), OTHER },
        { oauth_string(ZEROS_48 "=="), OTHER },
        { oauth_string(ZEROS_48 "===="), OTHER },
        { oauth_string(SHORT "\0"), OTHER },
        { oauth_string("\0" SHORT), OTHER },
        { oauth_string(SHORT " " SHORT), OTHER },
        { oauth_string("# " SHORT), OTHER },
        { oauth_string("\xef\xbb\xbf" SHORT), OTHER },

        /* the last bits belong to no byte; a length that there is not */

        { oauth_string("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9="), OTHER },
        { oauth_string(SHORT "AA"), OTHER },

        { oauth_string("000102030405060708090a0b0c0d0e0f"
                       "101112131415161718191a1b1c1d1e1f!"), OTHER }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        memset(&keys, 0xa5, sizeof(oauth_record_keys_t));

        why = oauth_record_read_keys(cases[i].text, &keys);

        assert_non_null(why);
        assert_string_equal(why, cases[i].why);

        assert_int_equal(keys.n, 0);
        assert_null(keys.macs[0]);
        assert_null(keys.macs[1]);
        assert_int_equal(ERR_peek_error(), 0);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(record_keys_good),
        cmocka_unit_test(record_keys_bad)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
