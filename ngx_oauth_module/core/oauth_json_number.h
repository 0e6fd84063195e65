
/*
 * Numbers of JSON (RFC 8259 section 6).  A node keeps a number as text; its
 * value is computed where somebody asks for it.
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

/*
 * These take a number that oauth_json_number_length has measured, and return
 * its value, or the nearest double.
 */

int64_t oauth_json_number_integer(oauth_str_t number);

double oauth_json_number_real(oauth_str_t number);

/*
 * Writes such a number: a real one with up to 15 digits, as jansson writes it
 * ("1.50e+07" as "15000000.0").  Returns the length of the text, which no zero
 * byte follows.
 */

size_t oauth_json_number_write(oauth_str_t number, int real,
    char text[OAUTH_JSON_NUMBER]);


#endif /* OAUTH_JSON_NUMBER_H_INCLUDED */
