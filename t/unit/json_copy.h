
/*
 * JSON for tests: it is read in a copy of its exact size, so that a sanitizer
 * sees a step past its end, and with exactly as many nodes as may be needed.
 */


#ifndef JSON_COPY_H_INCLUDED
#define JSON_COPY_H_INCLUDED


#include "oauth_json.h"


typedef struct {
    unsigned char        *text;
    oauth_json_t         *nodes;
    const oauth_json_t   *root;         /* NULL: the text was refused         */
} json_copy_t;


/* Reads a copy of the text; json_copy_free releases it in any case. */

void json_copy_parse(json_copy_t *copy, oauth_str_t text);

void json_copy_free(json_copy_t *copy);

/*
 * 1 when the text is accepted, as JSON and as a document; 0 when it is refused
 * as both.  Where one accepts it and the other does not, the program ends.
 */

int json_copy_accepts(oauth_str_t text);


/* These append texts for tests of the limits; oauth_buf_free releases them. */

/* An object of n members, half of them a level deeper. */

void json_copy_append_members(oauth_buf_t *buf, size_t n);

/*
 * An object with an array of n values, the first of which is an array, too; the
 * others are all "one".
 */

void json_copy_append_array(oauth_buf_t *buf, size_t n, const char *one);


#endif /* JSON_COPY_H_INCLUDED */
