
/*
 * Encodings of header values: their names, every byte, lengths at the limit,
 * and that one decoding gives the text back.  Percent-escapes: every pair of
 * bytes after a percent sign.
 */


#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_base64url.h"
#include "oauth_encoding.h"


static void
encoding_names(void **state)
{
    size_t             i;
    oauth_encoding_t   found;

    static const oauth_str_t  bad[] = {
        oauth_string(""), oauth_string("UTF-8"), oauth_string("utf8"),
        oauth_string("percen"), oauth_string("percents"),
        oauth_string("base64"), oauth_string("Base64url")
    };

    (void) state;

    found = OAUTH_ENCODING_PERCENT;
    assert_int_equal(oauth_encoding_parse(oauth_str("utf-8"), &found), 0);
    assert_int_equal(found, OAUTH_ENCODING_UTF8);

    assert_int_equal(oauth_encoding_parse(oauth_str("percent"), &found), 0);
    assert_int_equal(found, OAUTH_ENCODING_PERCENT);

    assert_int_equal(oauth_encoding_parse(oauth_str("base64url"), &found), 0);
    assert_int_equal(found, OAUTH_ENCODING_BASE64URL);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(oauth_encoding_parse(bad[i], &found), -1);
        assert_int_equal(found, OAUTH_ENCODING_BASE64URL);
    }
}


static void
encoding_texts(void **state)
{
    size_t       i;
    oauth_buf_t  buf;

    static const struct {
        oauth_encoding_t  encoding;
        oauth_str_t       text;
        oauth_str_t       encoded;
    } cases[] = {
        { OAUTH_ENCODING_UTF8, oauth_string(" a,\n\xc3\xbc"),
          oauth_string(" a,\n\xc3\xbc") },
        { OAUTH_ENCODING_PERCENT, oauth_string("AZaz09-._~"),
          oauth_string("AZaz09-._~") },
        { OAUTH_ENCODING_PERCENT, oauth_string("a b"),
          oauth_string("a%20b") },
        { OAUTH_ENCODING_PERCENT, oauth_string("%2C,"),
          oauth_string("%252C%2C") },
        { OAUTH_ENCODING_PERCENT, oauth_string("M\xc3\xbcller"),
          oauth_string("M%C3%BCller") },
        { OAUTH_ENCODING_PERCENT, oauth_string("\r\nX: \x7f\xc2\x85"),
          oauth_string("%0D%0AX%3A%20%7F%C2%85") },
        { OAUTH_ENCODING_PERCENT, oauth_string(""), oauth_string("") },
        { OAUTH_ENCODING_BASE64URL, oauth_string("M\xc3\xbcller"),
          oauth_string("TcO8bGxlcg") },
        { OAUTH_ENCODING_BASE64URL, oauth_string("\xfb\xff\n"),
          oauth_string("-_8K") },
        { OAUTH_ENCODING_BASE64URL, oauth_string("a"), oauth_string("YQ") },
        { OAUTH_ENCODING_BASE64URL, oauth_string(""), oauth_string("") }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        memset(&buf, 0, sizeof(oauth_buf_t));

        assert_int_equal(oauth_encoding_write(cases[i].encoding,
                                              cases[i].text, &buf), 0);

        if (!oauth_str_equal(oauth_buf_str(&buf), cases[i].encoded)) {
            fail_msg("%d: %.*s", (int) i, (int) buf.len,
                     (const char *) buf.data);
        }

        oauth_buf_free(&buf);
    }
}


/* Every byte comes back, and what is written is visible ASCII. */

static void
encoding_bytes(void **state)
{
    size_t         i, len;
    unsigned       value;
    oauth_buf_t    buf;
    oauth_str_t    text, out;
    char           digits[3] = "";
    unsigned char  bytes[256], back[512];

    (void) state;

    for (i = 0; i < 256; i++) {
        bytes[i] = (unsigned char) i;
    }

    text.data = bytes;
    text.len = 256;
    memset(&buf, 0, sizeof(oauth_buf_t));

    assert_int_equal(oauth_encoding_write(OAUTH_ENCODING_PERCENT, text, &buf),
                     0);
    out = oauth_buf_str(&buf);

    for (i = 0, len = 0; i < out.len; i++) {
        assert_true(out.data[i] > 0x20 && out.data[i] < 0x7f);

        if (out.data[i] == '%') {
            assert_true(out.len - i > 2);
            memcpy(digits, out.data + i + 1, 2);
            assert_int_equal(sscanf(digits, "%2X", &value), 1);
            back[len++] = (unsigned char) value;
            i += 2;

        } else {
            back[len++] = out.data[i];
        }
    }

    assert_int_equal(len, 256);
    assert_memory_equal(back, bytes, 256);

    /* 66 are unreserved. */

    assert_int_equal(out.len, 66 + 190 * 3);

    buf.len = 0;
    assert_int_equal(oauth_encoding_write(OAUTH_ENCODING_BASE64URL, text,
                                          &buf), 0);
    assert_int_equal(oauth_base64url_parse(oauth_buf_str(&buf), back, &len),
                     0);
    assert_int_equal(len, 256);
    assert_memory_equal(back, bytes, 256);

    oauth_buf_free(&buf);
}


/* At the limit, beyond it, and without memory: what was there stays. */

static void
encoding_limits(void **state)
{
    size_t            i;
    oauth_buf_t       buf;
    oauth_str_t       text;
    unsigned char    *bytes;
    oauth_encoding_t  encoding;

    static const size_t  sizes[] = {
        [OAUTH_ENCODING_UTF8] = OAUTH_ENCODING_SIZE,
        [OAUTH_ENCODING_PERCENT] = OAUTH_ENCODING_SIZE * 3,
        [OAUTH_ENCODING_BASE64URL] = (OAUTH_ENCODING_SIZE * 4 + 2) / 3
    };

    (void) state;

    bytes = malloc(OAUTH_ENCODING_SIZE + 1);
    assert_non_null(bytes);
    memset(bytes, ' ', OAUTH_ENCODING_SIZE + 1);
    text.data = bytes;

    for (i = OAUTH_ENCODING_UTF8; i <= OAUTH_ENCODING_BASE64URL; i++) {

        encoding = (oauth_encoding_t) i;
        memset(&buf, 0, sizeof(oauth_buf_t));
        oauth_buf_append_literal(&buf, "x");

        text.len = OAUTH_ENCODING_SIZE;
        assert_int_equal(oauth_encoding_write(encoding, text, &buf), 0);
        assert_int_equal(buf.len, 1 + sizes[i]);

        buf.len = 1;
        text.len = OAUTH_ENCODING_SIZE + 1;
        assert_int_equal(oauth_encoding_write(encoding, text, &buf),
                         encoding == OAUTH_ENCODING_UTF8 ? 0 : -1);
        assert_false(buf.failed);
        assert_int_equal(buf.len, encoding == OAUTH_ENCODING_UTF8
                                  ? 1 + text.len : 1);

        buf.len = 1;
        buf.failed = 1;
        text.len = 1;
        assert_int_equal(oauth_encoding_write(encoding, text, &buf), -1);
        assert_int_equal(buf.len, 1);

        oauth_buf_free(&buf);
    }

    free(bytes);
}


/* Two digits make an escape, in upper or lower case, and nothing else does. */

static void
encoding_escapes(void **state)
{
    int            expected;
    char          *end, digits[3] = "";
    unsigned int   a, b;
    oauth_str_t    text;
    unsigned char  bytes[4] = "%..";

    (void) state;

    text.data = bytes;

    for (a = 0; a < 256; a++) {
        for (b = 0; b < 256; b++) {

            bytes[1] = (unsigned char) a;
            bytes[2] = (unsigned char) b;
            expected = -1;

            if (isxdigit((int) a) && isxdigit((int) b)) {
                memcpy(digits, bytes + 1, 2);
                expected = (int) strtol(digits, &end, 16);
                assert_true(*end == '\0');
            }

            text.len = 3;
            assert_int_equal(oauth_encoding_escape(text), expected);

            text.len = 4;
            assert_int_equal(oauth_encoding_escape(text), expected);
        }
    }

    text.data = (const unsigned char *) "%41";

    for (text.len = 0; text.len < 3; text.len++) {
        assert_int_equal(oauth_encoding_escape(text), -1);
    }

    assert_int_equal(oauth_encoding_escape(text), 'A');
    assert_int_equal(oauth_encoding_escape(oauth_str("A%41")), -1);
    assert_int_equal(oauth_encoding_escape((oauth_str_t) { 0, NULL }), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(encoding_names),
        cmocka_unit_test(encoding_texts),
        cmocka_unit_test(encoding_bytes),
        cmocka_unit_test(encoding_limits),
        cmocka_unit_test(encoding_escapes)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
