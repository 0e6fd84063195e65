
/*
 * Text inside an HTML page: what would end the text, or what a browser obeys,
 * does not get through.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_html.h"


static void
html_escaped(void **state)
{
    size_t       i;
    oauth_buf_t  buf;

    static const struct {
        oauth_str_t  text;
        oauth_str_t  html;
    } cases[] = {
        { oauth_string(""), oauth_string("") },
        { oauth_string("plain text, \xc3\xa9"),
          oauth_string("plain text, \xc3\xa9") },
        { oauth_string("<a href=\"x\">&'"),
          oauth_string("&lt;a href=&quot;x&quot;&gt;&amp;&#39;") },
        { oauth_string("&lt;"), oauth_string("&amp;lt;") },
        { oauth_string("a\x00" "b\n\x1b[1mc\x7f"), oauth_string("ab[1mc") },
        { oauth_string("a\xc2\x85" "b"), oauth_string("ab") }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        memset(&buf, 0, sizeof(oauth_buf_t));
        oauth_html_append(&buf, cases[i].text);

        assert_false(buf.failed);
        assert_true(oauth_str_equal(oauth_buf_str(&buf), cases[i].html));

        oauth_buf_free(&buf);
    }
}


static void
html_numbers(void **state)
{
    size_t       i;
    oauth_buf_t  buf;

    static const struct {
        int64_t      seconds;
        const char  *html;
    } cases[] = {
        { -1, "0 s" }, { 0, "0 s" }, { 119, "119 s" }, { 120, "2 minutes" },
        { 7199, "119 minutes" }, { 7200, "2 hours" },
        { 2 * 86400 - 1, "47 hours" }, { 3 * 86400 - 1, "2 days" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        memset(&buf, 0, sizeof(oauth_buf_t));
        oauth_html_append_time(&buf, cases[i].seconds);
        oauth_buf_append(&buf, "", 1);

        assert_string_equal((char *) buf.data, cases[i].html);
        oauth_buf_free(&buf);
    }

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_html_append_fact(&buf, "hits", UINT64_MAX);
    oauth_buf_append(&buf, "", 1);

    assert_string_equal((char *) buf.data,
        "<div><dt>hits</dt><dd>18446744073709551615</dd></div>\n");
    oauth_buf_free(&buf);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(html_escaped),
        cmocka_unit_test(html_numbers)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
