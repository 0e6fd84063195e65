
/*
 * What has to be written before a store can be used: in a new one the head and
 * the file "identity", and the longest lifetime of a token, if this
 * configuration raises it.  It is done in a thread, under LMDB's lock.
 */


#ifndef NGX_OAUTH_STORE_FOUND_H_INCLUDED
#define NGX_OAUTH_STORE_FOUND_H_INCLUDED


#include "ngx_oauth_store_db.h"


typedef struct {
    u_char    id[NGX_OAUTH_STORE_ROW_ID];   /* random, for a new store        */
    int64_t   longest;                      /* as of ngx_oauth_store_start    */

    unsigned  adopted:1;                    /* the store held entries, and had
                                               no identity file               */
} ngx_oauth_store_found_t;


/*
 * Writes what is missing.  Returns 0, and db->identity is open; or an error.
 * Nobody else may use db->identity meanwhile.
 */

int ngx_oauth_store_found_run(ngx_oauth_store_db_t *db,
    ngx_oauth_store_found_t *found);


#endif /* NGX_OAUTH_STORE_FOUND_H_INCLUDED */
