
/*
 * What a store does for the bus of a fleet.  An entry that was accepted here is
 * unsent from the commit that writes it until the leader of the node has read
 * it back from the bus; a row for it says so, and is removed in the commit that
 * writes what was read.  The position up to which the stream was read is in the
 * store, too, so a leader may be killed at any instruction.
 *
 * The entries that bus and store give each other have the end 0 where theirs is
 * open, whatever this node has computed for it.
 */


#ifndef NGX_OAUTH_STORE_BUS_H_INCLUDED
#define NGX_OAUTH_STORE_BUS_H_INCLUDED


#include "ngx_oauth_store.h"
#include "oauth_record.h"


typedef struct ngx_oauth_store_bus_commit_s  ngx_oauth_store_bus_commit_t;

typedef void (*ngx_oauth_store_bus_pt)(ngx_oauth_store_bus_commit_t *commit);


/*
 * What the leader gives to the store.  The caller fills in the members up to
 * data, and keeps all of it until the event loop calls the handler.  All of it
 * is one commit, however many entries it has, and one is written at a time.
 */

struct ngx_oauth_store_bus_commit_s {
    const oauth_revocation_t       *entries;    /* read from the bus          */
    ngx_uint_t                      n;
    const oauth_revocation_t       *unsent;     /* entries of this store that
                                                   have to be sent (again)    */
    ngx_uint_t                      nunsent;
    const oauth_stream_position_t  *position;   /* is kept with them; NULL: it
                                                   stays as it is; if its
                                                   server is all zero, the store
                                                   forgets its position       */
    ngx_oauth_store_bus_pt          handler;
    void                           *data;

    ngx_oauth_store_result_t        result;     /* _DONE, _FULL or _UNUSABLE  */
    ngx_uint_t                      sent;       /* entries that were unsent, and
                                                   are on the bus now         */
    ngx_uint_t                      news;       /* entries that this store did
                                                   not have with their cut and
                                                   end                        */
    ngx_uint_t                      ended;      /* entries that have ended, and
                                                   were left out              */
};


/*
 * In the master: entries that are accepted from now on are unsent.  Without it
 * nothing is kept for a bus.
 */

void ngx_oauth_store_bus_create(ngx_oauth_store_t *store);

/*
 * Writes, in a thread.  An entry that this store has with its cut and end, or
 * that has ended, costs no write.  If nothing is to be written, nothing is
 * committed.
 */

void ngx_oauth_store_bus_write(ngx_oauth_store_t *store,
    ngx_oauth_store_bus_commit_t *commit);


/*
 * These are between ngx_oauth_store_renew and ngx_oauth_store_reset.  Each
 * returns NGX_ERROR if the store cannot be read.
 */

/*
 * The id of the store, which is that of the node, and the number of unsent.
 * NGX_DECLINED: the store is new, and a thread has not given it an id yet.
 */

ngx_int_t ngx_oauth_store_bus_node(ngx_oauth_store_t *store,
    u_char node[OAUTH_RECORD_NODE], uint64_t *unsent);

/* NGX_DECLINED: there is none. */

ngx_int_t ngx_oauth_store_bus_position(ngx_oauth_store_t *store,
    oauth_stream_position_t *position);

/* NGX_OK: the entry with this key is unsent.  NGX_DECLINED: it is not. */

ngx_int_t ngx_oauth_store_bus_is_unsent(ngx_oauth_store_t *store,
    const u_char key[OAUTH_REVOCATION_KEY]);

/*
 * Reads up to *n unsent entries, in the order of their keys, after this key
 * (NULL: from the first).  Sets *n.
 */

ngx_int_t ngx_oauth_store_bus_read_unsent(ngx_oauth_store_t *store,
    const u_char *after, oauth_revocation_t *entries, ngx_uint_t *n);

/*
 * Reads entries that may be sent, in the order of their keys, after this key
 * (NULL: from the first): it looks at up to *n of them, and keeps those that
 * were accepted at this time or later, here and not on another node unless
 * "foreign" is set, and have not ended at "now".  Sets *n to their number, and
 * copies the last key that it has looked at into next.  NGX_DONE: there are no
 * more after these.
 */

typedef struct {
    const u_char                   *after;
    int64_t                         since;
    int64_t                         now;
    ngx_uint_t                      foreign;
} ngx_oauth_store_bus_range_t;

ngx_int_t ngx_oauth_store_bus_read(ngx_oauth_store_t *store,
    const ngx_oauth_store_bus_range_t *range, oauth_revocation_t *entries,
    ngx_uint_t *n, u_char next[OAUTH_REVOCATION_KEY]);


#endif /* NGX_OAUTH_STORE_BUS_H_INCLUDED */
