
/*
 * Removes entries whose end has passed, in a thread.  Only so many at a time,
 * so that writers do not wait for long, and so that it works in a map that is
 * full, where LMDB needs pages to free others.
 */


#ifndef NGX_OAUTH_STORE_EXPIRE_H_INCLUDED
#define NGX_OAUTH_STORE_EXPIRE_H_INCLUDED


#include "ngx_oauth_store_db.h"


/*
 * Removes some of the entries whose end is before now.  longest: of this
 * configuration.  Sets *more if there may be others.  Returns 0 or an error.
 */

int ngx_oauth_store_expire_run(const ngx_oauth_store_db_t *db, int64_t longest,
    int64_t now, ngx_uint_t *more);


#endif /* NGX_OAUTH_STORE_EXPIRE_H_INCLUDED */
