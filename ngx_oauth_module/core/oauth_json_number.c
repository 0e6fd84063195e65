
/*
 * Numbers of JSON (RFC 8259 section 6).  strtod and snprintf convert them; they
 * use the decimal point of the process's locale, which another module may have
 * set.  Therefore "." is replaced before strtod, and put back after snprintf.
 *
 * While a text is read, only a number that may be too large is converted: with
 * so few characters, an exponent of less than three digits is always fine.
 */


#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oauth_json_number.h"


#define OAUTH_JSON_NUMBER_SAFE  18      /* so many digits fit in an int64_t   */

/* A number whose decimal point is that of a locale, with a zero byte. */

#define OAUTH_JSON_NUMBER_LOCAL  (OAUTH_JSON_NUMBER + MB_LEN_MAX + 1)


static const unsigned char *oauth_json_number_exponent(const unsigned char *p,
    const unsigned char *last, int *large);
static size_t oauth_json_number_digits(const unsigned char *p,
    const unsigned char *last);
static int oauth_json_number_fits(oauth_str_t number, int real);
static void oauth_json_number_copy(oauth_str_t number,
    char text[OAUTH_JSON_NUMBER_LOCAL]);
static size_t oauth_json_number_restore(char *text);
static size_t oauth_json_number_trim(char *text, size_t len);


size_t
oauth_json_number_length(const unsigned char *p, const unsigned char *last,
    int *real)
{
    int          large;
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

    large = 0;

    if (p < last && (*p == 'e' || *p == 'E')) {

        p = oauth_json_number_exponent(p + 1, last, &large);
        if (p == NULL) {
            return 0;
        }

        *real = 1;
    }

    number.len = (size_t) (p - number.data);

    if (!*real) {
        large = (number.len > OAUTH_JSON_NUMBER_SAFE);
    }

    return number.len <= OAUTH_JSON_NUMBER
           && (!large || oauth_json_number_fits(number, *real))
           ? number.len : 0;
}


int64_t
oauth_json_number_integer(oauth_str_t number)
{
    char  text[OAUTH_JSON_NUMBER_LOCAL];

    oauth_json_number_copy(number, text);

    return strtoll(text, NULL, 10);
}


double
oauth_json_number_real(oauth_str_t number)
{
    char  text[OAUTH_JSON_NUMBER_LOCAL];

    oauth_json_number_copy(number, text);

    return strtod(text, NULL);
}


size_t
oauth_json_number_write(oauth_str_t number, int real,
    char text[OAUTH_JSON_NUMBER])
{
    size_t  len;

    if (!real) {
        return (size_t) snprintf(text, OAUTH_JSON_NUMBER, "%lld",
                                 (long long) oauth_json_number_integer(number));
    }

    /* A number of up to 15 digits gets no more digits than it came with. */

    (void) snprintf(text, OAUTH_JSON_NUMBER, "%.15g",
                    oauth_json_number_real(number));

    len = oauth_json_number_restore(text);

    if (strpbrk(text, ".e") == NULL) {
        memcpy(text + len, ".0", 2);
        len += 2;
    }

    return oauth_json_number_trim(text, len);
}


/*
 * Returns the place after the exponent at p, and whether the number may be too
 * large for a double.  NULL: it has no digits.
 */

static const unsigned char *
oauth_json_number_exponent(const unsigned char *p, const unsigned char *last,
    int *large)
{
    size_t  digits;

    *large = 1;

    if (p < last && (*p == '+' || *p == '-')) {
        *large = (*p++ == '+');
    }

    digits = oauth_json_number_digits(p, last);

    *large = *large && digits > 2;

    return digits ? p + digits : NULL;
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


/* 1 when an int64_t, or for a real number a double, can hold it; else 0. */

static int
oauth_json_number_fits(oauth_str_t number, int real)
{
    if (real) {
        return isfinite(oauth_json_number_real(number));
    }

    errno = 0;
    (void) oauth_json_number_integer(number);

    return errno != ERANGE;
}


/* Copies a number, with the decimal point of the locale and a zero byte. */

static void
oauth_json_number_copy(oauth_str_t number, char text[OAUTH_JSON_NUMBER_LOCAL])
{
    size_t       i, len;
    const char  *point;

    point = localeconv()->decimal_point;

    for (i = 0; i < number.len; i++) {

        if (number.data[i] == '.') {
            len = strnlen(point, MB_LEN_MAX);
            memcpy(text, point, len);
            text += len;

        } else {
            *text++ = (char) number.data[i];
        }
    }

    *text = '\0';
}


/* Replaces the decimal point of the locale.  Returns the length. */

static size_t
oauth_json_number_restore(char *text)
{
    char        *found;
    size_t       len;
    const char  *point;

    point = localeconv()->decimal_point;
    found = strstr(text, point);

    if (found) {
        len = strlen(point);
        *found++ = '.';
        memmove(found, found + len - 1, strlen(found + len - 1) + 1);
    }

    return strlen(text);
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
