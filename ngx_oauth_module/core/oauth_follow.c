
/*
 * How a loss shows: the number of records that were ever added, as the server
 * says it, is another one than the number at the start and the records that
 * were read since then.  That number alone misses an old copy whose new records
 * have ids that the reader is past; so the run id must be the same, and no id
 * may be below one that was seen before.  It owns nothing.
 */


#include <string.h>

#include "oauth_follow.h"


static oauth_follow_result_t oauth_follow_overtaken(oauth_follow_t *follow,
    const oauth_follow_sample_t *sample);
static oauth_follow_result_t oauth_follow_compare(oauth_follow_t *follow);
static void oauth_follow_agree(oauth_follow_t *follow,
    const oauth_follow_sample_t *sample);


void
oauth_follow_start(oauth_follow_t *follow,
    const oauth_stream_position_t *position)
{
    memset(follow, 0, sizeof(oauth_follow_t));

    follow->at = *position;
}


void
oauth_follow_ask(oauth_follow_t *follow)
{
    follow->then = follow->at;
    follow->asked = 1;
}


oauth_follow_result_t
oauth_follow_sample(oauth_follow_t *follow,
    const oauth_follow_sample_t *sample)
{
    const oauth_stream_position_t  *then;

    then = follow->asked ? &follow->then : &follow->at;
    follow->asked = 0;

    if (memcmp(sample->server, follow->at.server, OAUTH_STREAM_SERVER) != 0
        || oauth_stream_id_compare(&sample->last, &follow->last) < 0
        || oauth_stream_id_compare(&sample->last, &then->id) < 0
        || sample->added < follow->added
        || sample->added < then->added)
    {
        return OAUTH_FOLLOW_LOST;
    }

    follow->last = sample->last;
    follow->added = sample->added;

    if (follow->pending) {
        return OAUTH_FOLLOW_OK;
    }

    if (oauth_stream_id_compare(&sample->last, &follow->at.id) < 0) {
        return oauth_follow_overtaken(follow, sample);
    }

    follow->sample = *sample;
    follow->pending = 1;

    if (oauth_stream_id_compare(&sample->last, &follow->at.id) > 0) {
        return OAUTH_FOLLOW_OK;
    }

    return oauth_follow_compare(follow);
}


/*
 * Records that are newer than the sample were read before its answer was.  They
 * are not counted.
 */

static oauth_follow_result_t
oauth_follow_overtaken(oauth_follow_t *follow,
    const oauth_follow_sample_t *sample)
{
    uint64_t                  newer;
    const oauth_stream_id_t  *id;

    for (newer = 0; newer < follow->read; newer++) {

        if (newer == OAUTH_FOLLOW_RECENT) {
            return OAUTH_FOLLOW_OK;
        }

        id = &follow->recent[(follow->read - newer - 1) % OAUTH_FOLLOW_RECENT];

        if (oauth_stream_id_compare(id, &sample->last) <= 0) {
            break;
        }
    }

    if (sample->added != follow->at.added - newer) {
        return OAUTH_FOLLOW_LOST;
    }

    oauth_follow_agree(follow, sample);

    return OAUTH_FOLLOW_OK;
}


oauth_follow_result_t
oauth_follow_record(oauth_follow_t *follow, const oauth_stream_id_t *id)
{
    int  order;

    if (oauth_stream_id_compare(id, &follow->at.id) <= 0) {
        return OAUTH_FOLLOW_LOST;
    }

    order = follow->pending
            ? oauth_stream_id_compare(id, &follow->sample.last) : -1;

    /* The last record of the sample was removed: this one is not counted. */

    if (order > 0 && oauth_follow_compare(follow) != OAUTH_FOLLOW_OK) {
        return OAUTH_FOLLOW_LOST;
    }

    follow->at.id = *id;
    follow->at.added++;
    follow->recent[follow->read++ % OAUTH_FOLLOW_RECENT] = *id;

    return (order == 0) ? oauth_follow_compare(follow) : OAUTH_FOLLOW_OK;
}


oauth_follow_result_t
oauth_follow_none(oauth_follow_t *follow, const oauth_stream_id_t *id)
{
    if (!follow->pending
        || oauth_stream_id_compare(id, &follow->sample.last) < 0)
    {
        return OAUTH_FOLLOW_OK;
    }

    return oauth_follow_compare(follow);
}


/* All records up to the last id of the pending sample were read. */

static oauth_follow_result_t
oauth_follow_compare(oauth_follow_t *follow)
{
    if (follow->sample.added != follow->at.added) {
        return OAUTH_FOLLOW_LOST;
    }

    follow->at.id = follow->sample.last;
    follow->pending = 0;

    oauth_follow_agree(follow, &follow->sample);

    return OAUTH_FOLLOW_OK;
}


static void
oauth_follow_agree(oauth_follow_t *follow, const oauth_follow_sample_t *sample)
{
    follow->agreed = 1;
    follow->time = sample->time;
    follow->id = sample->last;
}
