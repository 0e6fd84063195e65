
/*
 * Numbers of JSON (RFC 8259 section 6), which stay text until somebody asks for
 * their value.
 */


#ifndef OAUTH_JSON_NUMBER_H_INCLUDED
#define OAUTH_JSON_NUMBER_H_INCLUDED


#include "oauth.h"


#define OAUTH_JSON_NUMBER  64           /* characters, at most                */


/*
 * Returns the length of the number that begins at p, and whether it is a real
 * one (with a fraction or an exponent).  0: there is none, or it is longer than
 * OAUTH_JSON_NUMBER, or an int64_t or a double cannot hold it.
 */

size_t oauth_json_number_length(const unsigned char *p,
    const unsigned char *last, int *real);

/* Return the value of such a number, the second one the nearest double. */

int64_t oauth_json_number_integer(oauth_str_t number);

double oauth_json_number_real(oauth_str_t number);

/*
 * Writes a number as jansson does: a real one with up to 15 digits, "1.50e+07"
 * as "15000000.0".  Returns the length of the text.
 */

size_t oauth_json_number_write(oauth_str_t number, int real,
    char text[OAUTH_JSON_NUMBER]);


#endif /* OAUTH_JSON_NUMBER_H_INCLUDED */
