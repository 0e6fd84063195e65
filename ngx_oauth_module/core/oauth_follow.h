
/*
 * Follows a Redis stream, and notices when the server has lost something that
 * was on it: restarted empty, with an old copy, failed over to a replica that
 * lacked records, emptied, or trimmed past the reader.  What a server says about
 * its stream (its run id, the last id, and how many records were ever added) is
 * compared with what was read; no single one of these numbers would do.
 *
 * Nothing is allocated, and times are the caller's.
 */


#ifndef OAUTH_FOLLOW_H_INCLUDED
#define OAUTH_FOLLOW_H_INCLUDED


#include "oauth_stream.h"


typedef enum {
    OAUTH_FOLLOW_OK = 0,
    OAUTH_FOLLOW_LOST                   /* records may be missing: compare all
                                           of the stream with the store       */
} oauth_follow_result_t;


/* What a server says about a stream at one moment. */

typedef struct {
    unsigned char            server[OAUTH_STREAM_SERVER];
    oauth_stream_id_t        last;      /* id that was given to a record      */
    uint64_t                 added;     /* records ever                       */
    int64_t                  time;      /* of the caller: before it asked     */
} oauth_follow_sample_t;


typedef struct {
    oauth_stream_position_t  at;        /* what was read                      */
    oauth_stream_id_t        last;      /* of the newest sample               */
    oauth_follow_sample_t    sample;    /* that is to be compared             */
    unsigned                 pending:1; /* there is one                       */
    unsigned                 agreed:1;  /* one has agreed since the start     */
    int64_t                  time;      /* of the last one that has agreed    */
    oauth_stream_id_t        id;        /* and its last id: all up to it was
                                           read                               */
} oauth_follow_t;


void oauth_follow_start(oauth_follow_t *follow,
    const oauth_stream_position_t *position);

/*
 * The server has said this.  The sample is compared when all records up to its
 * last one were read; one that still waits is replaced only by
 * oauth_follow_is_behind's caller, so that a busy stream is compared, too.
 */

oauth_follow_result_t oauth_follow_sample(oauth_follow_t *follow,
    const oauth_follow_sample_t *sample);

/* A record of the stream, in the order of their ids, was read. */

oauth_follow_result_t oauth_follow_record(oauth_follow_t *follow,
    const oauth_stream_id_t *id);

/*
 * The server has no record between the position and this id: what was there was
 * removed.
 */

oauth_follow_result_t oauth_follow_none(oauth_follow_t *follow,
    const oauth_stream_id_t *id);


#endif /* OAUTH_FOLLOW_H_INCLUDED */
