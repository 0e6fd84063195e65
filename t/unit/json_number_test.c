
/*
 * Numbers of JSON in a process whose locale has a decimal comma, as another
 * module may have set it.  Such a locale is not on every machine, so the
 * functions of the C library that depend on it are replaced.  How else numbers
 * are read and written is in json_test.c and json_text_test.c.
 */


#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_json_number.h"


static char    number_points[][3] = { ",", "\xd9\xab" };
static char   *number_point;
static size_t  number_calls;


struct lconv *__wrap_localeconv(void);
double __wrap_strtod(const char *text, char **end);
int __wrap_snprintf(char *text, size_t size, const char *format, ...);
int __wrap___snprintf_chk(char *text, size_t size, int flag, size_t room,
    const char *format, ...);

double __real_strtod(const char *text, char **end);
static int number_print(char *text, size_t size, const char *format,
    va_list args);


struct lconv *
__wrap_localeconv(void)
{
    static struct lconv  conventions;

    conventions.decimal_point = number_point;

    return &conventions;
}


double
__wrap_strtod(const char *text, char **end)
{
    char   copy[128], *point;

    number_calls++;

    assert_null(strchr(text, '.'));
    strcpy(copy, text);

    point = strstr(copy, number_point);

    if (point) {
        *point = '.';
        memmove(point + 1, point + strlen(number_point),
                strlen(point + strlen(number_point)) + 1);
    }

    return __real_strtod(copy, end);
}


int
__wrap_snprintf(char *text, size_t size, const char *format, ...)
{
    int      len;
    va_list  args;

    va_start(args, format);
    len = number_print(text, size, format, args);
    va_end(args);

    return len;
}


/* What a compiler that is told to fortify makes of snprintf. */

int
__wrap___snprintf_chk(char *text, size_t size, int flag, size_t room,
    const char *format, ...)
{
    int      len;
    va_list  args;

    (void) flag;
    (void) room;

    va_start(args, format);
    len = number_print(text, size, format, args);
    va_end(args);

    return len;
}


static int
number_print(char *text, size_t size, const char *format, va_list args)
{
    char    *point;
    size_t   len;

    number_calls++;

    (void) vsnprintf(text, size, format, args);

    point = strchr(text, '.');

    if (point) {
        len = strlen(number_point);
        memmove(point + len, point + 1, strlen(point));
        memcpy(point, number_point, len);
    }

    return (int) strlen(text);
}


static void
number_assert(const char *number, const char *text)
{
    int          real;
    char         written[OAUTH_JSON_NUMBER];
    size_t       len;
    oauth_str_t  s;

    s = oauth_str_of(number);
    len = oauth_json_number_length(s.data, s.data + s.len, &real);

    assert_int_equal(len, text ? s.len : 0);

    if (text) {
        len = oauth_json_number_write(s, real, written);

        assert_int_equal(len, strlen(text));
        assert_memory_equal(written, text, len);
    }
}


static void
number_locale(void **state)
{
    size_t  i, k;

    static const char  *cases[][2] = {
        { "12.50", "12.5" },
        { "-1.5e-9", "-1.5e-9" },
        { "1.5e300", "1.5e300" },
        { "1e2", "100.0" },
        { "1e-400", "0.0" },
        { "7", "7" },
        { "1.5e400", NULL }
    };

    (void) state;

    for (i = 0; i < sizeof(number_points) / sizeof(number_points[0]); i++) {

        number_point = number_points[i];
        number_calls = 0;

        for (k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
            number_assert(cases[k][0], cases[k][1]);
        }

        assert_true(oauth_json_number_real(oauth_str("-0.25")) == -0.25);

        /* These functions are the test's. */

        assert_true(number_calls > 10);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(number_locale)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
