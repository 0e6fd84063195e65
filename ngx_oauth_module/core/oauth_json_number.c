
/*
 * Numbers of JSON (RFC 8259 section 6).  The library's functions convert them;
 * they use the decimal point of the process's locale, which another module may
 * have set, so it is put in and taken out here.
 */


#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oauth_json_number.h"


#define OAUTH_JSON_NUMBER_SAFE  18      /* so many digits fit in an int64_t   */


static size_t oauth_json_number_digits(const unsigned char *p,
    const unsigned char *last);
static int oauth_json_number_fits(oauth_str_t number, int real);
static void oauth_json_number_copy(oauth_str_t number,
    char text[OAUTH_JSON_NUMBER + 1]);
static char oauth_json_number_point(void);
static size_t oauth_json_number_trim(char *text, size_t len);


size_t
oauth_json_number_length(const unsigned char *p, const unsigned char *last,
    int *real)
{
    size_t       digits;
    oauth_str_t  number;

    number.data = p;

    if (p < last && *p == '-') {
        p++;
    }

    digits = oauth_json_number_digits(p, last);

    if (digits == 0 || (digits > 1 && *p == '0')) {
        return 0;
    }

    p += digits;
    *real = 0;

    if (p < last && *p == '.') {

        digits = oauth_json_number_digits(++p, last);
        if (digits == 0) {
            return 0;
        }

        p += digits;
        *real = 1;
    }

    if (p < last && (*p == 'e' || *p == 'E')) {
        p++;

        if (p < last && (*p == '+' || *p == '-')) {
            p++;
        }

        digits = oauth_json_number_digits(p, last);
        if (digits == 0) {
            return 0;
        }

        p += digits;
        *real = 1;
    }

    number.len = (size_t) (p - number.data);

    return oauth_json_number_fits(number, *real) ? number.len : 0;
}


int64_t
oauth_json_number_integer(oauth_str_t number)
{
    char  text[OAUTH_JSON_NUMBER + 1];

    oauth_json_number_copy(number, text);

    return strtoll(text, NULL, 10);
}


double
oauth_json_number_real(oauth_str_t number)
{
    char  text[OAUTH_JSON_NUMBER + 1], *point;

    oauth_json_number_copy(number, text);

    point = strchr(text, '.');

    if (point) {
        *point = oauth_json_number_point();
    }

    return strtod(text, NULL);
}


size_t
oauth_json_number_write(oauth_str_t number, int real,
    char text[OAUTH_JSON_NUMBER])
{
    int    len;
    char  *point;

    if (!real) {
        len = snprintf(text, OAUTH_JSON_NUMBER, "%lld",
                       (long long) oauth_json_number_integer(number));
        return (size_t) len;
    }

    /* With 15 digits, each number that was written with as many comes back. */

    len = snprintf(text, OAUTH_JSON_NUMBER, "%.15g",
                   oauth_json_number_real(number));

    point = strchr(text, oauth_json_number_point());

    if (point) {
        *point = '.';
    }

    if (strpbrk(text, ".e") == NULL) {
        memcpy(text + len, ".0", 2);
        len += 2;
    }

    return oauth_json_number_trim(text, (size_t) len);
}


static size_t
oauth_json_number_digits(const unsigned char *p, const unsigned char *last)
{
    const unsigned char  *start;

    start = p;

    while (p < last && *p >= '0' && *p <= '9') {
        p++;
    }

    return (size_t) (p - start);
}


/* 1 when the number is short enough, and a variable can hold it; else 0. */

static int
oauth_json_number_fits(oauth_str_t number, int real)
{
    if (number.len > OAUTH_JSON_NUMBER) {
        return 0;
    }

    if (real) {
        return isfinite(oauth_json_number_real(number));
    }

    if (number.len <= OAUTH_JSON_NUMBER_SAFE) {
        return 1;
    }

    errno = 0;
    (void) oauth_json_number_integer(number);

    return errno != ERANGE;
}


static void
oauth_json_number_copy(oauth_str_t number, char text[OAUTH_JSON_NUMBER + 1])
{
    memcpy(text, number.data, number.len);
    text[number.len] = '\0';
}


static char
oauth_json_number_point(void)
{
    return localeconv()->decimal_point[0];
}


/* Takes "+" and zeros away at the beginning of an exponent. */

static size_t
oauth_json_number_trim(char *text, size_t len)
{
    char  *exponent, *digits;

    exponent = memchr(text, 'e', len);
    if (exponent == NULL) {
        return len;
    }

    digits = exponent + 2 + strspn(exponent + 2, "0");
    exponent += (exponent[1] == '-') ? 2 : 1;

    len -= (size_t) (digits - exponent);

    memmove(exponent, digits, len - (size_t) (exponent - text));

    return len;
}
