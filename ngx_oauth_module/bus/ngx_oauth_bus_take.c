
/*
 * Nothing of a record is believed before a key of the fleet has verified it.  A
 * record that is not good is counted and left out; whoever can write to the
 * server can fill the stream with them, so the log has one line a minute.
 */


#include "ngx_oauth_bus_deliver.h"
#include "ngx_oauth_bus_send.h"
#include "ngx_oauth_bus_take.h"
#include "ngx_oauth_event.h"


#define NGX_OAUTH_BUS_TAKE_MINUTE  60000        /* ms between lines           */
#define NGX_OAUTH_BUS_TAKE_OLD     60           /* seconds, of a want         */


static void ngx_oauth_bus_take_want(ngx_oauth_bus_leader_t *leader,
    const oauth_stream_id_t *id, const oauth_record_t *record,
    ngx_uint_t page);


void
ngx_oauth_bus_take(ngx_oauth_bus_leader_t *leader, const oauth_stream_id_t *id,
    oauth_str_t bytes, ngx_uint_t page)
{
    oauth_record_t  record;

    if (ngx_oauth_bus_take_read(leader, &record, bytes) != NGX_OK) {
        return;
    }

    switch (record.kind) {

    case OAUTH_RECORD_REVOCATION:
        ngx_oauth_bus_deliver_add(leader, &record.entry);

        if (leader->compare.seen
            && oauth_seen_add(leader->compare.seen, &record.entry) != 0)
        {
            leader->compare.full = 1;
        }

        break;

    case OAUTH_RECORD_WANT:
        ngx_oauth_bus_take_want(leader, id, &record, page);
        break;

    default: /* OAUTH_RECORD_HEARTBEAT: of the other stream */
        break;
    }
}


/*
 * A want that this node reads for the first time is answered whenever it was
 * sent: the node may have been away.  One that a comparison has read is of
 * before the loss: whoever has sent it does not ask for this node, and if it is
 * old, this node has answered it.  One that is not after the last comparison,
 * or after the one that runs, is answered by that.
 */

static void
ngx_oauth_bus_take_want(ngx_oauth_bus_leader_t *leader,
    const oauth_stream_id_t *id, const oauth_record_t *record,
    ngx_uint_t page)
{
    int64_t                         now;
    const ngx_oauth_bus_compare_t  *compare;

    compare = &leader->compare;
    now = ngx_oauth_bus_send_time(leader, ngx_current_msec) / 1000;

    if (ngx_memcmp(record->node, leader->node, OAUTH_RECORD_NODE) == 0
        || (page && (int64_t) (id->ms / 1000) < now - NGX_OAUTH_BUS_TAKE_OLD))
    {
        return;
    }

    if (!page) {
        leader->heard_id = *id;
        leader->heard_since = record->since;
        leader->heard = 1;
    }

    if ((oauth_stream_id_compare(id, &leader->covered) <= 0
         && record->since >= leader->compared_since)
        || (compare->state != NGX_OAUTH_BUS_COMPARE_NONE
            && oauth_stream_id_compare(id, &compare->end) <= 0
            && record->since >= compare->since))
    {
        return;
    }

    leader->asked_since = leader->asked
                          ? ngx_min(leader->asked_since, record->since)
                          : record->since;
    leader->asked = 1;
}


ngx_int_t
ngx_oauth_bus_take_read(ngx_oauth_bus_leader_t *leader, oauth_record_t *record,
    oauth_str_t bytes)
{
    const char             *why;
    oauth_record_result_t   rc;

    rc = oauth_record_read(record, &leader->bus->keys, bytes);

    switch (rc) {

    case OAUTH_RECORD_OK:
        return NGX_OK;

    case OAUTH_RECORD_VERSION:
        why = "it is of a later version of this module";
        break;

    case OAUTH_RECORD_FORGED:
        why = "no key of \"key_file\" has made it: all nodes of a fleet need "
              "the same keys";
        break;

    case OAUTH_RECORD_FORM:
        why = "it is not a record of this module";
        break;

    default: /* OAUTH_RECORD_MEMORY */
        why = "memory is short";
        leader->lost = 1;
        break;
    }

    leader->status.bad++;

    if (ngx_oauth_msec_passed(leader->complained)) {
        leader->complained = ngx_current_msec + NGX_OAUTH_BUS_TAKE_MINUTE;

        ngx_log_error(NGX_LOG_ERR, leader->log, 0,
                      "oauth: a record on the bus \"%V\" is left out: %s; at "
                      "most one such line a minute appears",
                      &leader->bus->server->url, why);
    }

    return NGX_DECLINED;
}
