
/*
 * A Redis stream as a reader sees it: the ids of its records, and the position
 * up to which it was read.  An id is two numbers, the time of the server in
 * milliseconds and a sequence number, written "MS-SEQ".
 */


#ifndef OAUTH_STREAM_H_INCLUDED
#define OAUTH_STREAM_H_INCLUDED


#include "oauth.h"


#define OAUTH_STREAM_ID      41     /* bytes of the text of an id, at most    */
#define OAUTH_STREAM_SERVER  40     /* bytes of the run id of a server        */


typedef struct {
    uint64_t           ms;
    uint64_t           seq;
} oauth_stream_id_t;


/*
 * Where a reader is.  The number of records that were ever added to the stream
 * shows whether one was missed: it grows by one for each record that is read.
 */

typedef struct {
    unsigned char      server[OAUTH_STREAM_SERVER];
    oauth_stream_id_t  id;              /* all up to this one were read       */
    uint64_t           added;           /* to the stream, up to this one      */
} oauth_stream_position_t;


/* Reads "MS-SEQ".  Returns 0, or -1: it is not an id. */

int oauth_stream_id_read(oauth_str_t text, oauth_stream_id_t *id);

/* Writes the id, without a zero byte.  Returns the number of bytes. */

size_t oauth_stream_id_write(const oauth_stream_id_t *id,
    char text[OAUTH_STREAM_ID]);

/* Returns -1, 0 or 1, as a is before b, equal to it, or after it. */

int oauth_stream_id_compare(const oauth_stream_id_t *a,
    const oauth_stream_id_t *b);


#endif /* OAUTH_STREAM_H_INCLUDED */
