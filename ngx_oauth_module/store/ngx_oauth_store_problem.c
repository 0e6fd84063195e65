
/*
 * The sentences about what is wrong with a store.  They are constants, except
 * that an error of the system or of LMDB that has no sentence is named by its
 * own text.
 */


#include "ngx_oauth_store_problem.h"

#include <lmdb.h>


#define NGX_OAUTH_STORE_PROBLEM_RESTORE                                       \
    "restore the folder from a backup; or remove the files in it to begin "   \
    "with an empty store, which forgets all revocations"


typedef struct {
    int          rc;
    const char  *text;
} ngx_oauth_store_problem_t;


static const ngx_oauth_store_problem_t  ngx_oauth_store_problems[] = {

    { NGX_OAUTH_STORE_PROBLEM_MOVED,
      "data.mdb or lock.mdb was removed or replaced while nginx had it open: "
      "put the old file back; or restart nginx, which then says whether the "
      "new one is good" },

    { NGX_OAUTH_STORE_PROBLEM_EMPTIED,
      "data.mdb is missing or empty: restore it from a backup, and remove the "
      "file identity; or remove identity alone, to begin with an empty store, "
      "in which nobody is cut off" },

    { NGX_OAUTH_STORE_PROBLEM_REPLACED,
      "data.mdb is that of another store: put the right one back; or remove "
      "the file identity to use this one, with the revocations that it holds" },

    { NGX_OAUTH_STORE_PROBLEM_OLDER,
      "data.mdb is older than the last commit, as a backup is: put the newer "
      "one back; or remove the file identity to use this one, without what "
      "was revoked since" },

    { NGX_OAUTH_STORE_PROBLEM_FOREIGN,
      "data.mdb was written by another program: name another folder" },

    { NGX_OAUTH_STORE_PROBLEM_FORMAT,
      "data.mdb has a format that this version of the module does not know: "
      "use the version that wrote it" },

    { NGX_OAUTH_STORE_PROBLEM_CUT,
      "data.mdb is shorter than it was, because it was cut off or is older: "
      "put the right one back; or, if it is a backup, remove the file identity "
      "to use it, without what was revoked since" },

    { NGX_OAUTH_STORE_PROBLEM_IDENTITY,
      "the file identity is damaged: remove it if data.mdb is the right one" },

    { NGX_OAUTH_STORE_PROBLEM_UNOPENED,
      "this process has not opened it: restart nginx" },

    { NGX_OAUTH_STORE_PROBLEM_EVENTS,
      "nginx's threads do not work with this event method: write \"use epoll\" "
      "into the events block, or remove \"use\"" },

    { NGX_OAUTH_STORE_PROBLEM_READONLY,
      "it is read-only for nginx: let the user of the workers write to the "
      "folder and its files" },

    { NGX_OAUTH_STORE_PROBLEM_LOCKED,
      "another process has locked the folder, in which there is no store yet: "
      "end that process, unless it is an nginx that creates the store" },

    { MDB_INVALID,
      "data.mdb is damaged or is not a file of LMDB: "
      NGX_OAUTH_STORE_PROBLEM_RESTORE },

    { MDB_CORRUPTED, "data.mdb is damaged: " NGX_OAUTH_STORE_PROBLEM_RESTORE },

    { MDB_PAGE_NOTFOUND,
      "data.mdb is damaged: " NGX_OAUTH_STORE_PROBLEM_RESTORE },

    { MDB_VERSION_MISMATCH,
      "data.mdb or lock.mdb is of another version of LMDB: use that version" },

    { MDB_READERS_FULL,
      "too many processes have it open: end old workers of nginx, or copies "
      "of nginx that use the same folder" },

    { MDB_MAP_RESIZED,
      "another process uses it with a larger \"size\": reload nginx" },

    { MDB_PANIC,
      "the disk failed in the middle of a commit: look at the disk" },

    { MDB_MAP_FULL,
      "it is full: write a larger \"size\" in oauth_revocation_store" },

    { ENOMEM, "memory is short: nothing was written, the next one may be" },

    { ENOSPC, "the disk is full: make room on it" },

    { EDQUOT, "the disk quota is used up: raise it" },

    { EIO, "the disk is full or broken: make room on it, and look at it" },

    { EACCES,
      "nginx's workers may not use it: give the folder and its files to their "
      "user, and look at SELinux, AppArmor and systemd's sandbox" },

    { ENOENT, "the folder is missing: create it" },

    { 0, NULL }
};


ngx_uint_t
ngx_oauth_store_problem_is_full(int rc)
{
    return rc == MDB_MAP_FULL || rc == MDB_TXN_FULL || rc == ENOSPC
           || rc == EDQUOT || rc == EIO;
}


ngx_uint_t
ngx_oauth_store_problem_is_damage(int rc)
{
    return rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND
           || rc == NGX_OAUTH_STORE_PROBLEM_FORMAT;
}


u_char *
ngx_oauth_store_problem_write(int rc, u_char *p, u_char *last)
{
    const ngx_oauth_store_problem_t  *problem;

    for (problem = ngx_oauth_store_problems; problem->text; problem++) {
        if (problem->rc == rc) {
            return ngx_slprintf(p, last, "%s", problem->text);
        }
    }

    if (rc > 0) {
        p = ngx_slprintf(p, last, "the system says: ");
        return ngx_strerror(rc, p, last - p);
    }

    return ngx_slprintf(p, last, "LMDB says: %s", mdb_strerror(rc));
}
