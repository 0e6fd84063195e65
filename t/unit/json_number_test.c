
/*
 * Numbers of JSON in a process whose locale has a decimal comma, as another
 * module may have set it.  Such a locale is not on every machine, so the
 * functions of the library that depend on it are replaced.
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


static char  number_point[] = ",";


struct lconv *__wrap_localeconv(void);
double __wrap_strtod(const char *text, char **end);
int __wrap_snprintf(char *text, size_t size, const char *format, ...);

double __real_strtod(const char *text, char **end);


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
    char   copy[OAUTH_JSON_NUMBER + 1], *point;

    assert_null(strchr(text, '.'));
    strcpy(copy, text);

    point = strchr(copy, ',');

    if (point) {
        *point = '.';
    }

    return __real_strtod(copy, end);
}


int
__wrap_snprintf(char *text, size_t size, const char *format, ...)
{
    int       len;
    char     *point;
    va_list   args;

    va_start(args, format);
    len = vsnprintf(text, size, format, args);
    va_end(args);

    point = strchr(text, '.');

    if (point) {
        *point = ',';
    }

    return len;
}


static void
number_locale(void **state)
{
    int          real;
    char         text[OAUTH_JSON_NUMBER];
    size_t       i, len;
    oauth_str_t  number;

    static const char  *cases[][2] = {
        { "12.50", "12.5" },
        { "-1.5e-9", "-1.5e-9" },
        { "1e2", "100.0" },
        { "7", "7" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        number = oauth_str_of(cases[i][0]);

        assert_int_equal(oauth_json_number_length(number.data,
                                                  number.data + number.len,
                                                  &real), number.len);

        len = oauth_json_number_write(number, real, text);

        assert_int_equal(len, strlen(cases[i][1]));
        assert_memory_equal(text, cases[i][1], len);
    }

    assert_true(oauth_json_number_real(oauth_str("-0.25")) == -0.25);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(number_locale)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
