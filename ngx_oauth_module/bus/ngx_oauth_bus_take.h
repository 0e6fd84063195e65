
/*
 * Takes one record of the stream of revocations, whoever has read it: verifies
 * it, and gives an entry to the store, or notes that another node wants to be
 * sent what it may have missed.
 */


#ifndef NGX_OAUTH_BUS_TAKE_H_INCLUDED
#define NGX_OAUTH_BUS_TAKE_H_INCLUDED


#include "ngx_oauth_bus_state.h"


/*
 * id: of the record.  bytes: of its field.  page: 1 if a comparison has read
 * it, which begins with the oldest record; 0 if it is a new one.
 */

void ngx_oauth_bus_take(ngx_oauth_bus_leader_t *leader,
    const oauth_stream_id_t *id, oauth_str_t bytes, ngx_uint_t page);

/*
 * Reads a record without an effect.  NGX_DECLINED: no key of the fleet has made
 * it, it is not one, it is of a later version, or memory was short; that is
 * counted and logged.
 */

ngx_int_t ngx_oauth_bus_take_read(ngx_oauth_bus_leader_t *leader,
    oauth_record_t *record, oauth_str_t bytes);


#endif /* NGX_OAUTH_BUS_TAKE_H_INCLUDED */
