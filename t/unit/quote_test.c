
/*
 * Quoting for a log: every byte value, every size of the buffer, and e-mail
 * addresses, of which the name must not show.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "oauth_quote.h"


/*
 * Writes into a block of exactly this size, so that a sanitizer sees a write
 * past it.
 */

static void
quote_assert(const char *text, size_t len, size_t room, const char *expected)
{
    char           *copy;
    oauth_str_t     s;
    unsigned char  *out, *end;

    copy = malloc(len ? len : 1);
    out = malloc(room ? room : 1);
    assert_non_null(copy);
    assert_non_null(out);

    memcpy(copy, text, len);
    s.data = (unsigned char *) copy;
    s.len = len;

    end = oauth_quote_write(out, out + room, s);

    assert_int_equal(end - out, strlen(expected));
    assert_memory_equal(out, expected, strlen(expected));

    free(copy);
    free(out);
}


/* The same text, with and without the name in an e-mail address. */

static void
quote_all(void **state)
{
    unsigned char  out[64], *end;

    static const char  expected[] = "joe@example.com\\x0A";

    (void) state;

    end = oauth_quote_write_all(out, out + sizeof(out),
                                oauth_str("joe@example.com\n"));

    assert_int_equal(end - out, strlen(expected));
    assert_memory_equal(out, expected, strlen(expected));

    quote_assert("joe@example.com\n", 16, sizeof(out),
                 "...@example.com\\x0A");
}


static void
quote_text(void **state)
{
    size_t  i;

    static const struct {
        const char  *text;
        const char  *expected;
    } cases[] = {
        { "", "" },
        { "https://as.test/a?b=c", "https://as.test/a?b=c" },
        { "a b", "a\\x20b" },
        { "a\"b\\c", "a\\x22b\\x5Cc" },
        { "a\r\nb\x1b[31m\x7f", "a\\x0D\\x0Ab\\x1B[31m\\x7F" },
        { "\xc3\xa9\xff", "\\xC3\\xA9\\xFF" },
        { "%s%n%V", "%s%n%V" },

        { "joe@example.com", "...@example.com" },
        { "mailto:joe@example.com", "mailto:...@example.com" },
        { "https://joe@as.test/x", "https://...@as.test/x" },
        { "a,joe@b.test,c@d.test", "a,...@b.test,...@d.test" },
        { "a@b@c", "...@c" },
        { "a\"joe@b.test", "a\\x22...@b.test" },
        { "a joe@b", "a\\x20...@b" },
        { "joe@", "...@" },
        { "@joe", "@joe" },
        { "@", "@" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        quote_assert(cases[i].text, strlen(cases[i].text), 128,
                     cases[i].expected);
    }

    quote_assert("a\0b", 3, 128, "a\\x00b");
}


static void
quote_bytes(void **state)
{
    unsigned        c;
    oauth_str_t     s;
    unsigned char   byte, out[16], *p, *end;

    (void) state;

    for (c = 0; c < 256; c++) {

        byte = (unsigned char) c;
        s.data = &byte;
        s.len = 1;

        end = oauth_quote_write(out, out + sizeof(out), s);

        assert_true(end - out == 1 || end - out == 4);

        for (p = out; p < end; p++) {
            assert_true(*p > 0x20 && *p < 0x7f && *p != '"');
        }
    }
}


static void
quote_cut(void **state)
{
    size_t          room;
    oauth_str_t     s;
    unsigned char   text[6000], *out, *end;

    (void) state;

    memset(text, 'k', sizeof(text));
    s.data = text;
    s.len = sizeof(text);

    quote_assert((char *) text, 6, 9, "kkk...");
    quote_assert((char *) text, 3, 9, "kkk");
    quote_assert("\n\n\n", 3, 12, "\\x0A\\x0A...");
    quote_assert("kkk", 3, 2, "..");
    quote_assert("kkk", 3, 0, "");

    for (room = 0; room < 256; room++) {

        out = malloc(room + 1);
        assert_non_null(out);

        end = oauth_quote_write(out, out + room, s);
        assert_true(end <= out + room);
        assert_true(room < 3 || memcmp(end - 3, "...", 3) == 0);

        free(out);
    }

    /*
     * If the name of a person is longer than the buffer, no part of it shows.
     */

    memcpy(text + sizeof(text) - 7, "@b.test", 7);

    out = malloc(128);
    assert_non_null(out);

    end = oauth_quote_write(out, out + 128, s);
    assert_int_equal(end - out, strlen("...@b.test"));
    assert_memory_equal(out, "...@b.test", strlen("...@b.test"));

    free(out);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(quote_all),
        cmocka_unit_test(quote_text),
        cmocka_unit_test(quote_bytes),
        cmocka_unit_test(quote_cut)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
