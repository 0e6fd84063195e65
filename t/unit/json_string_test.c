
/*
 * Strings of JSON: what escapes stand for, at the limits of each length of
 * UTF-8; and everything that is not a string.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json_copy.h"
#include "keys.h"


/* What an escape stands for; NULL: the text is refused. */

static const char  *string_escapes[][2] = {
    { "\\\"\\\\\\/", "\"\\/" },
    { "\\b\\f\\n\\r\\t", "\b\f\n\r\t" },
    { "a\\u0001b", "a\001b" },
    { "\\u007f\\u0080", "\177\xc2\x80" },
    { "\\u07ff\\u0800", "\xdf\xbf\xe0\xa0\x80" },
    { "\\ud7ff\\ue000\\uffff", "\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf" },
    { "\\uD800\\uDC00", "\xf0\x90\x80\x80" },
    { "\\udbff\\udfff-", "\xf4\x8f\xbf\xbf-" },
    { "\\u00e9\xc3\xa9\\u00E9", "\xc3\xa9\xc3\xa9\xc3\xa9" },
    { "\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf",
      "\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf" },
    { "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xc2\x80",
      "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xc2\x80" },

    { "\\u0000", NULL },
    { "\\u", NULL },
    { "\\u12", NULL },
    { "\\u123g", NULL },
    { "\\u12@4", NULL },
    { "\\u:234", NULL },
    { "\\U0041", NULL },
    { "\\v", NULL },
    { "\\", NULL },
    { "\\ud800", NULL },
    { "\\ud800x", NULL },
    { "\\ud800\\n", NULL },
    { "\\ud800\\u0041", NULL },
    { "\\ud800\\ud800", NULL },
    { "\\ud800\\ue000", NULL },
    { "\\udc00", NULL },
    { "\\ud800\\udc0", NULL },
    { "\xc1\xbf", NULL },
    { "\xe0\x9f\xbf", NULL },
    { "\xed\xa0\x80", NULL },
    { "\xf0\x8f\xbf\xbf", NULL },
    { "\xf4\x90\x80\x80", NULL },
    { "\xf5\x80\x80\x80", NULL },
    { "\xe2\x82", NULL },
    { "\xe2\x82x", NULL },
    { "\xf0\x90\x80", NULL },
    { "\xf0\x90\x80x", NULL },
    { "\x80", NULL }
};


/* As a value and as a name; the string may end the text, too. */

static void
string_escaped(void **state)
{
    int           found;
    char          text[80];
    size_t        i;
    oauth_str_t   s;
    json_copy_t   copy;
    const char   *raw, *meant;

    (void) state;

    for (i = 0; i < sizeof(string_escapes) / sizeof(string_escapes[0]); i++) {

        raw = string_escapes[i][0];
        meant = string_escapes[i][1];

        snprintf(text, sizeof(text), "{\"%s\":\"%s\"}", raw, raw);
        assert_int_equal(json_copy_accepts(keys_str(text)), meant != NULL);

        json_copy_parse(&copy, keys_str(text));

        found = meant ? oauth_json_string(copy.root, keys_str(meant), &s) : 0;

        if (found != (meant != NULL)
            || (found && !oauth_str_equal(s, keys_str(meant))))
        {
            fail_msg("%s", raw);
        }

        json_copy_free(&copy);

        snprintf(text, sizeof(text), "{\"a\":\"%s", raw);
        assert_false(json_copy_accepts(keys_str(text)));
    }
}


/*
 * Strings are looked at eight bytes at a time.  Each byte that ends such a step
 * is put at each place of a string, which is a name, a value, or too short.
 */

static void
string_blocks(void **state)
{
    int      good;
    char     text[80], *place;
    size_t   i, k;
    unsigned c;

    static const char  *forms[] = {
        "{\"abcdefghijklmnopqrstuvwx\":1}",
        "{\"a\":\"abcdefghijklmnopqrstuvwx\"}"
    };

    (void) state;

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        for (k = 0; k < 24; k++) {
            for (c = 0; c < 256; c++) {

                strcpy(text, forms[i]);

                place = strstr(text, "abcdefgh") + k;
                *place = (char) c;

                good = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';

                /* Where they are, these two make another good text. */

                if (c == '\\' && k < 23 && strchr("bfnrt", place[1])) {
                    good = 1;
                }

                assert_int_equal(json_copy_accepts(
                    (oauth_str_t) { strlen(forms[i]),
                                    (unsigned char *) text }), good);
            }
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(string_escaped),
        cmocka_unit_test(string_blocks)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
