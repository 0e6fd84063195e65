
/*
 * Follows a Redis stream, and notices when the server has lost something that
 * was on it: restarted empty, with an old copy, failed over to a replica that
 * lacked records, emptied, or trimmed past the reader.  What a server says of
 * its stream (its run id, the last id, and how many records were ever added) is
 * compared with what was read; no single one of these numbers would do.
 *
 * A record may be lost before the caller has read it and before a sample has
 * counted it.  That is not noticed here, and need not be: its sender does not
 * read it back, and sends it again.  Nothing is allocated, and times are the
 * caller's.
 */


#ifndef OAUTH_FOLLOW_H_INCLUDED
#define OAUTH_FOLLOW_H_INCLUDED


#include "oauth_stream.h"


#define OAUTH_FOLLOW_RECENT  256        /* records, of which the ids are kept */


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
    oauth_stream_id_t        last;      /* of the newest sample; 0 before it  */
    uint64_t                 added;     /* of the newest sample               */
    oauth_follow_sample_t    sample;    /* that is to be compared             */
    unsigned                 pending:1; /* there is such a sample             */
    unsigned                 asked:1;   /* a sample was asked for             */
    unsigned                 agreed:1;  /* a sample has agreed since the start
                                                                              */
    int64_t                  time;      /* of the last sample that has agreed */
    oauth_stream_id_t        id;        /* the last id of that sample: all up to
                                           it was read                        */

    oauth_stream_position_t  then;      /* where "at" was when the caller asked
                                           for a sample                       */
    uint64_t                 read;      /* records since the start            */
    oauth_stream_id_t        recent[OAUTH_FOLLOW_RECENT];   /* a ring with the
                                           ids of the last of them            */
} oauth_follow_t;


/*
 * Begins at a position: that of a sample, or one that was kept.  After
 * OAUTH_FOLLOW_LOST only this is allowed.
 */

void oauth_follow_start(oauth_follow_t *follow,
    const oauth_stream_position_t *position);

/*
 * The server is asked for a sample now.  It may answer after records have been
 * read on another connection that are newer than the sample.  Without this call
 * such a sample counts as a loss.  One sample is asked for at a time.
 */

void oauth_follow_ask(oauth_follow_t *follow);

/*
 * Takes a sample; they come in the order in which the server gave them.  It is
 * compared when all records up to its last one were read: now, or it is pending
 * until then.  While one is pending, a newer one does not replace it, so that
 * samples of a stream that grows faster than it is read are compared, too.  If
 * OAUTH_FOLLOW_RECENT or more newer records were read, it cannot be compared.
 */

oauth_follow_result_t oauth_follow_sample(oauth_follow_t *follow,
    const oauth_follow_sample_t *sample);

/*
 * A record of the stream was read: the first one after the position.  The
 * position is that of this record now.
 */

oauth_follow_result_t oauth_follow_record(oauth_follow_t *follow,
    const oauth_stream_id_t *id);

/*
 * The server has no records after the position up to this id: what was there
 * was removed.  The id is the last one of the pending sample, or a later one;
 * and the server was asked when that sample was pending, so that a record which
 * was added in between is not missed.  Without this call the sample would be
 * pending until another record is added.
 */

oauth_follow_result_t oauth_follow_none(oauth_follow_t *follow,
    const oauth_stream_id_t *id);


#endif /* OAUTH_FOLLOW_H_INCLUDED */
