
/*
 * What can be wrong with a store: the results of LMDB (negative, see lmdb.h),
 * those of the system (positive), and those below; and the sentences for the
 * log and the status, which say how to go on.
 */


#ifndef NGX_OAUTH_STORE_PROBLEM_H_INCLUDED
#define NGX_OAUTH_STORE_PROBLEM_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_OAUTH_STORE_PROBLEM_MOVED      -1   /* other files are there      */
#define NGX_OAUTH_STORE_PROBLEM_EMPTIED    -2   /* an identity without a store
                                                                              */
#define NGX_OAUTH_STORE_PROBLEM_REPLACED   -3   /* another store's identity   */
#define NGX_OAUTH_STORE_PROBLEM_OLDER      -4   /* commits are missing        */
#define NGX_OAUTH_STORE_PROBLEM_FOREIGN    -5   /* not a store of this module */
#define NGX_OAUTH_STORE_PROBLEM_FORMAT     -6   /* another format             */
#define NGX_OAUTH_STORE_PROBLEM_CUT        -7   /* data.mdb is too short      */
#define NGX_OAUTH_STORE_PROBLEM_IDENTITY   -8   /* the identity is damaged    */
#define NGX_OAUTH_STORE_PROBLEM_UNOPENED   -9   /* no worker has opened it    */
#define NGX_OAUTH_STORE_PROBLEM_EVENTS     -10  /* threads cannot report      */
#define NGX_OAUTH_STORE_PROBLEM_READONLY   -11  /* it cannot be written       */
#define NGX_OAUTH_STORE_PROBLEM_LOCKED     -12  /* another process creates it */


/* 1 if the result means that there is no room in the map or on the disk. */

ngx_uint_t ngx_oauth_store_problem_is_full(int rc);

/*
 * 1 if the file itself is damaged, so that to open it again brings nothing
 * until it is another file.
 */

ngx_uint_t ngx_oauth_store_problem_is_damage(int rc);

/*
 * Writes what is wrong, and what to do about it, without the name of the folder
 * and without a full stop.  Returns the end.
 */

u_char *ngx_oauth_store_problem_write(int rc, u_char *p, u_char *last);


#endif /* NGX_OAUTH_STORE_PROBLEM_H_INCLUDED */
