
/*
 * The normal form of a header field's name, byte by byte.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_field.h"


static void
field_every_byte(void **state)
{
    unsigned       c;
    const char    *place;
    unsigned char  name, normal;

    static const char  from[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789";
    static const char  to[] = "abcdefghijklmnopqrstuvwxyz"
                              "abcdefghijklmnopqrstuvwxyz0123456789";

    (void) state;

    for (c = 0; c < 256; c++) {

        name = (unsigned char) c;
        oauth_field_write((oauth_str_t) { 1, &name }, &normal);

        place = c ? strchr(from, (int) c) : NULL;

        assert_int_equal(normal, place ? to[place - from] : '-');
        assert_true(oauth_field_is((oauth_str_t) { 1, &name },
                                   (oauth_str_t) { 1, &normal }));
    }
}


static void
field_names(void **state)
{
    size_t         i;
    oauth_str_t    normal;
    unsigned char  bytes[8];

    static const oauth_str_t  same[] = {
        oauth_string("x-user"), oauth_string("X-User"), oauth_string("x_user"),
        oauth_string("X.USER"), oauth_string("x\xffuser")
    };

    static const oauth_str_t  others[] = {
        oauth_string(""), oauth_string("x-use"), oauth_string("x-users"),
        oauth_string("xxuser"), oauth_string("x-usea"), oauth_string("y-user"),
        { 0, NULL }
    };

    (void) state;

    normal = oauth_str("x-user");

    for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {

        memset(bytes, '?', sizeof(bytes));
        oauth_field_write(same[i], bytes);

        assert_memory_equal(bytes, "x-user??", 8);
        assert_true(oauth_field_is(same[i], normal));
    }

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(oauth_field_is(others[i], normal));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(field_every_byte),
        cmocka_unit_test(field_names)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
