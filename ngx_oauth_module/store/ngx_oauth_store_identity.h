
/*
 * The file "identity" next to data.mdb.  LMDB takes an empty file for a new
 * store, and a copy from a backup for the store itself; both would forget
 * revocations without a word, and a process that reads a part that was cut off
 * is killed.  This file says which store has to be there: its id, and lower
 * bounds of LMDB's transaction number and of the size of data.mdb, which never
 * shrinks.  It is text, of a fixed length.
 */


#ifndef NGX_OAUTH_STORE_IDENTITY_H_INCLUDED
#define NGX_OAUTH_STORE_IDENTITY_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_oauth_store_row.h"


typedef struct {
    ngx_fd_t  fd;                       /* NGX_INVALID_FILE: not open         */
    u_char    id[NGX_OAUTH_STORE_ROW_ID];
    uint64_t  txn;                      /* the bounds, as they were read      */
    uint64_t  size;                     /* bytes                              */
} ngx_oauth_store_identity_t;


/*
 * Reads the file at path, and keeps it open for ngx_oauth_store_identity_raise
 * if it can be written.  NGX_DECLINED: there is none.  NGX_ERROR: it is not
 * such a file, or cannot be read; ngx_errno is 0 or says why.
 */

ngx_int_t ngx_oauth_store_identity_read(ngx_oauth_store_identity_t *identity,
    const u_char *path);

/*
 * Writes the file with identity->id, ->txn and ->size, so that after a crash
 * there is either all of it or nothing: folder is where path is, and scratch a
 * path beside it.  Opens it.  NGX_ERROR: ngx_errno says why.
 */

ngx_int_t ngx_oauth_store_identity_create(ngx_oauth_store_identity_t *identity,
    const u_char *folder, const u_char *path, const u_char *scratch);

/*
 * Raises the bounds to the number of a commit that is on disk, and to the size
 * that data.mdb has since.  If this fails or is lost, the bounds are only lower
 * than they could be.
 */

void ngx_oauth_store_identity_raise(const ngx_oauth_store_identity_t *identity,
    uint64_t txn, uint64_t size);

void ngx_oauth_store_identity_free(ngx_oauth_store_identity_t *identity);


#endif /* NGX_OAUTH_STORE_IDENTITY_H_INCLUDED */
