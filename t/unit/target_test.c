
/*
 * Paths that servers may read in more than one way.  Each sign of such a path
 * is found at every place and in every spelling; and paths that only look
 * similar pass.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_target.h"


/*
 * Copies the path to its own block, so that a sanitizer sees a read past its
 * end.
 */

static int
target_is_ambiguous(const char *text)
{
    int             rc;
    size_t          len;
    oauth_str_t     target;
    unsigned char  *copy;

    len = strlen(text);

    copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);

    target.len = len;
    target.data = copy;

    rc = oauth_target_is_ambiguous(target);

    free(copy);

    return rc;
}


static void
target_ambiguous(void **state)
{
    size_t  i;

    static const char *const  targets[] = {
        ";", "/;", "/a;b", "/a/;x=1/b", "\\", "/\\", "/a\\..\\b", "%2f",
        "/%2f", "/%2F", "/a%2fb", "/%5c", "/%5C", "/a%5Cb", "/%25", "/%252e",
        "/a%25", "/a/%2f?x", "/;?", "/%%2f", "/%2%2f", "/%2e%2f", "/x#;",
        "/x#", "#", "/x#/../b", "/%3b", "/..%3B/a", "/x#?", "/.", "/..",
        "/./a", "/a/../b", "/a/.", "/a/..?b", "/%2e", "/.%2E/a", "/%2e%2e/",
        "/%2e.?a", "//../a", "//", "//a", "//a//b", "///a", "//a/b?c", "//?a",
        "//user@a:80/b"
    };

    (void) state;

    for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        if (!target_is_ambiguous(targets[i])) {
            fail_msg("\"%s\" is taken for plain", targets[i]);
        }
    }
}


static void
target_plain(void **state)
{
    size_t  i;

    static const char *const  targets[] = {
        "", "/", "/a/b.c", "/a//b", "/a//", "/?//a", "?//a", "a//b",
        "/...", "/.a/b.", "/..a", "/a..",
        "/a%20b", "/%2e%2e%2e/", "/%2ea", "/%2", "/a/...?", "/a?/../b", "/.%2",
        "/..%2", "/%5", "/%", "/2f5c25", "/%3a", "/%3f", "/%4b", "/%23",
        "/%2g", "/%5d", "/%52", "/%26", "/%f2", "/%c5", "/%15",
        "/a:b@c,d=e!$&'()*+~|", "/?;", "/?a=%2f%5c%25", "/?#", "/?%3b",
        "/?a\\b", "/a??;", "/%2?f", "/%?2f", "/\xc3\xbc", "/%\x12\x06",
        "/%2\x05", "/%2\x06", "/%5\x03"
    };

    (void) state;

    for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        if (target_is_ambiguous(targets[i])) {
            fail_msg("\"%s\" is taken for ambiguous", targets[i]);
        }
    }
}


static void
target_absent(void **state)
{
    oauth_str_t  absent = { 0, NULL };

    (void) state;

    assert_int_equal(oauth_target_is_ambiguous(absent), 0);
    assert_int_equal(oauth_target_is_ambiguous(oauth_str("/\0;")), 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(target_ambiguous),
        cmocka_unit_test(target_plain),
        cmocka_unit_test(target_absent)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
