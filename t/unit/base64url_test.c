
/*
 * base64url: the vectors of RFC 4648 section 10 and RFC 7515 appendix C; texts
 * of every length, decoded and encoded again; and every way to spell the same
 * bytes differently, which must be refused.  Texts are copied into allocations
 * of exactly their size, so that a sanitizer sees a read or a write past the
 * end.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_base64url.h"


typedef struct {
    oauth_str_t  bytes;
    oauth_str_t  text;
} base64url_vector_t;


static const base64url_vector_t  base64url_vectors[] = {
    { oauth_string(""), oauth_string("") },
    { oauth_string("f"), oauth_string("Zg") },
    { oauth_string("fo"), oauth_string("Zm8") },
    { oauth_string("foo"), oauth_string("Zm9v") },
    { oauth_string("foob"), oauth_string("Zm9vYg") },
    { oauth_string("fooba"), oauth_string("Zm9vYmE") },
    { oauth_string("foobar"), oauth_string("Zm9vYmFy") },
    { oauth_string("\x03\xec\xff\xe0\xc1"), oauth_string("A-z_4ME") },
    { oauth_string("\xfb\xff\xfe"), oauth_string("-__-") },
    { oauth_string("\0"), oauth_string("AA") },
    { oauth_string("\0\0\0"), oauth_string("AAAA") },
    { oauth_string("{\"alg\":\"ES256\"}"),
      oauth_string("eyJhbGciOiJFUzI1NiJ9") }
};


static const oauth_str_t  base64url_refused[] = {
    oauth_string("A"),
    oauth_string("Zm9vA"),
    oauth_string("Zg="),
    oauth_string("Zg=="),
    oauth_string("Zm8="),
    oauth_string("Zm9v="),
    oauth_string("=Zm9"),
    oauth_string("===="),
    oauth_string("Zm9v\n"),
    oauth_string("Zm 9v"),
    oauth_string(" Zm9"),
    oauth_string("Zm9v\0\0"),
    oauth_string("A+z_"),
    oauth_string("A-z/"),
    oauth_string("Zm9.Zm9v"),
    oauth_string("Zm\xc3\xb6"),

    /* Bits after the last byte that are not zero. */

    oauth_string("Zh"),
    oauth_string("Zv"),
    oauth_string("Zm9"),
    oauth_string("Zm-"),
    oauth_string("Zm9vYh"),
    oauth_string("Zm9vYmF")
};


/*
 * Decodes a copy of exactly the text's size into a block of exactly the
 * promised size.
 */

static int
base64url_parse(oauth_str_t text, unsigned char **bytes, size_t *len)
{
    int             rc;
    oauth_str_t     exact;
    unsigned char  *copy;

    copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);
    memcpy(copy, text.data, text.len);

    exact.data = copy;
    exact.len = text.len;

    *bytes = malloc(oauth_base64url_decoded_size(text.len));
    assert_non_null(*bytes);

    rc = oauth_base64url_parse(exact, *bytes, len);

    free(copy);

    return rc;
}


static void
base64url_parses(void **state)
{
    size_t          i, len;
    oauth_str_t     bytes;
    unsigned char  *parsed;

    (void) state;

    for (i = 0; i < sizeof(base64url_vectors) / sizeof(base64url_vector_t);
         i++)
    {
        bytes = base64url_vectors[i].bytes;

        assert_int_equal(base64url_parse(base64url_vectors[i].text, &parsed,
                                         &len), 0);
        assert_int_equal(len, bytes.len);
        assert_memory_equal(parsed, bytes.data, len);

        free(parsed);
    }
}


static void
base64url_writes(void **state)
{
    size_t          i, len;
    oauth_str_t     text;
    unsigned char   written[64];

    (void) state;

    for (i = 0; i < sizeof(base64url_vectors) / sizeof(base64url_vector_t);
         i++)
    {
        text = base64url_vectors[i].text;

        len = oauth_base64url_write(base64url_vectors[i].bytes, written);

        assert_int_equal(len, text.len);
        assert_int_equal(len, oauth_base64url_encoded_size(
                                  base64url_vectors[i].bytes.len));
        assert_memory_equal(written, text.data, len);
    }
}


static void
base64url_refuses(void **state)
{
    size_t          i, len;
    unsigned char  *parsed;

    (void) state;

    for (i = 0; i < sizeof(base64url_refused) / sizeof(oauth_str_t); i++) {
        assert_int_equal(base64url_parse(base64url_refused[i], &parsed, &len),
                         -1);
        free(parsed);
    }
}


/*
 * Every byte value at every place of a group of four, and of each shorter end.
 */

static void
base64url_every_byte(void **state)
{
    int             good, zero;
    size_t          size, place, len;
    unsigned        c;
    unsigned char   text[7], *parsed;

    (void) state;

    for (size = 2; size <= 7; size++) {

        if (size == 5) {
            continue;
        }

        for (place = 0; place < size; place++) {
            for (c = 0; c < 256; c++) {

                memset(text, 'A', sizeof(text));
                text[place] = (unsigned char) c;

                good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
                       || (c >= '0' && c <= '9') || c == '-' || c == '_';

                if (place == size - 1 && size % 4 == 2) {
                    zero = (c == 'A' || c == 'Q' || c == 'g' || c == 'w');

                } else if (place == size - 1 && size % 4 == 3) {
                    zero = (c && strchr("AEIMQUYcgkosw048", (int) c) != NULL);

                } else {
                    zero = 1;
                }

                assert_int_equal(base64url_parse(
                                     (oauth_str_t) { size, text }, &parsed,
                                     &len),
                                 good && zero ? 0 : -1);
                free(parsed);
            }
        }
    }
}


static void
base64url_every_length(void **state)
{
    size_t          i, len, parsed_len;
    oauth_buf_t     buf;
    oauth_str_t     src;
    unsigned char   bytes[300], *text, *parsed;

    (void) state;

    for (i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char) (i * 167 + 13);
    }

    for (i = 0; i <= sizeof(bytes); i++) {
        src.data = bytes;
        src.len = i;

        text = malloc(oauth_base64url_encoded_size(i) + 1);
        assert_non_null(text);

        len = oauth_base64url_write(src, text);
        assert_int_equal(len, oauth_base64url_encoded_size(i));

        memset(&buf, 0, sizeof(oauth_buf_t));
        oauth_buf_append_literal(&buf, "before");
        oauth_base64url_append(&buf, src);
        assert_int_equal(buf.len, 6 + len);
        assert_memory_equal(buf.data + 6, text, len);
        oauth_buf_free(&buf);

        src.data = text;
        src.len = len;

        assert_int_equal(base64url_parse(src, &parsed, &parsed_len), 0);
        assert_int_equal(parsed_len, i);
        assert_memory_equal(parsed, bytes, i);

        free(parsed);
        free(text);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(base64url_parses),
        cmocka_unit_test(base64url_writes),
        cmocka_unit_test(base64url_refuses),
        cmocka_unit_test(base64url_every_byte),
        cmocka_unit_test(base64url_every_length)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
