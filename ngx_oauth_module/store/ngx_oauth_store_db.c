
/*
 * Opens and closes the LMDB environment, and checks the files that it is made
 * of.  LMDB trusts its files: it takes an empty data.mdb for a new store, and a
 * process that reads a part that was cut off is killed by SIGBUS.  So the size
 * is checked before the first transaction, and the head of the store is
 * compared with the file "identity".
 *
 * lock.mdb is only looked at by stat(): to close a descriptor of it would drop
 * the locks with which LMDB in this process shows that it is alive.
 */


#include "ngx_oauth_store_db.h"

#include <sys/file.h>
#include <time.h>


#define NGX_OAUTH_STORE_DB_READERS  4096    /* workers, also those of earlier
                                               configurations, and of other
                                               instances of nginx             */
#define NGX_OAUTH_STORE_DB_LOOSE    1024    /* pages that one transaction may
                                               have freed at the end          */
#define NGX_OAUTH_STORE_DB_LOOKS    3       /* at a number that another
                                               worker is changing             */
#define NGX_OAUTH_STORE_DB_PAUSE    1000000 /* ns between two tries to lock   */


static int ngx_oauth_store_db_open(ngx_oauth_store_db_t *db);
static int ngx_oauth_store_db_open_new(ngx_oauth_store_db_t *db,
    ngx_uint_t tries);
static int ngx_oauth_store_db_claim(const ngx_oauth_store_db_t *db, int fd,
    ngx_uint_t tries);
static ngx_uint_t ngx_oauth_store_db_is_created(const ngx_oauth_store_db_t *db,
    off_t *size);
static int ngx_oauth_store_db_open_as(ngx_oauth_store_db_t *db,
    unsigned int flags);
static int ngx_oauth_store_db_look(ngx_oauth_store_db_t *db);
static int ngx_oauth_store_db_note(ngx_oauth_store_db_t *db);
static int ngx_oauth_store_db_extend(const ngx_oauth_store_db_t *db, int fd);
static int ngx_oauth_store_db_compare(ngx_oauth_store_db_t *db);
static int ngx_oauth_store_db_identify(ngx_oauth_store_db_t *db);
static int ngx_oauth_store_db_stat(const u_char *path,
    ngx_oauth_store_db_file_t *file, off_t *size);
static int ngx_oauth_store_db_check_files(const ngx_oauth_store_db_t *db,
    off_t *size);
static int ngx_oauth_store_db_check_file(const u_char *path,
    const ngx_oauth_store_db_file_t *opened, off_t *size);
static u_char *ngx_oauth_store_db_path(u_char **p, const ngx_str_t *folder,
    const char *name);


ngx_int_t
ngx_oauth_store_db_create(ngx_oauth_store_db_t *db, ngx_pool_t *pool,
    const ngx_str_t *folder)
{
    u_char  *p;

    p = ngx_pnalloc(pool, 5 * (folder->len + sizeof("/identity.new")
                               + NGX_INT64_LEN));
    if (p == NULL) {
        return NGX_ERROR;
    }

    db->identity.fd = NGX_INVALID_FILE;

    db->paths.folder = ngx_oauth_store_db_path(&p, folder, "");
    db->paths.data = ngx_oauth_store_db_path(&p, folder, "/data.mdb");
    db->paths.lock = ngx_oauth_store_db_path(&p, folder, "/lock.mdb");
    db->paths.identity = ngx_oauth_store_db_path(&p, folder, "/identity");
    db->paths.scratch = ngx_oauth_store_db_path(&p, folder, "/identity.new");

    return NGX_OK;
}


static u_char *
ngx_oauth_store_db_path(u_char **p, const ngx_str_t *folder, const char *name)
{
    u_char  *path;

    path = *p;
    *p = ngx_sprintf(path, "%V%s%Z", folder, name);

    return path;
}


int
ngx_oauth_store_db_start(ngx_oauth_store_db_t *db, ngx_uint_t tries)
{
    int  rc;

    db->readonly = 0;
    db->named = 0;

    rc = ngx_oauth_store_db_identify(db);

    if (rc == 0) {
        rc = db->named ? ngx_oauth_store_db_open(db)
                       : ngx_oauth_store_db_open_new(db, tries);
    }

    if (rc == 0) {
        rc = ngx_oauth_store_db_look(db);
    }

    if (rc != 0) {
        ngx_oauth_store_db_done(db);
    }

    return rc;
}


/*
 * Reads the identity.  With one, data.mdb must be there: LMDB would create it
 * anew.
 */

static int
ngx_oauth_store_db_identify(ngx_oauth_store_db_t *db)
{
    int                        rc;
    off_t                      size;
    ngx_oauth_store_db_file_t  file;

    rc = ngx_oauth_store_identity_read(&db->identity, db->paths.identity);

    if (rc == NGX_DECLINED) {
        return 0;
    }

    if (rc != NGX_OK) {
        return ngx_errno ? ngx_errno : NGX_OAUTH_STORE_PROBLEM_IDENTITY;
    }

    db->named = 1;

    rc = ngx_oauth_store_db_stat(db->paths.data, &file, &size);

    return (rc == ENOENT || (rc == 0 && size == 0))
           ? NGX_OAUTH_STORE_PROBLEM_EMPTIED : rc;
}


/* Whoever may create data.mdb has locked the folder meanwhile. */

static int
ngx_oauth_store_db_open_new(ngx_oauth_store_db_t *db, ngx_uint_t tries)
{
    int  rc, fd;

    fd = open((const char *) db->paths.folder, O_RDONLY|O_CLOEXEC);
    if (fd == -1) {
        return ngx_errno;
    }

    rc = ngx_oauth_store_db_claim(db, fd, tries);

    if (rc == 0) {
        rc = ngx_oauth_store_db_open(db);
    }

    (void) close(fd);

    return rc;
}


/*
 * A process that was killed while LMDB created data.mdb may have written one of
 * its first two pages only.  Nothing was ever in such a file, so it is emptied.
 * The lock keeps others from taking a file that is just being created for one
 * that was left behind; a file that has both pages needs none.  Anybody who may
 * read the folder can hold the lock, so nobody waits for it in the kernel.
 * Returns 0 if data.mdb may be opened.
 */

static int
ngx_oauth_store_db_claim(const ngx_oauth_store_db_t *db, int fd,
    ngx_uint_t tries)
{
    off_t            size;
    struct timespec  pause;

    pause.tv_sec = 0;
    pause.tv_nsec = NGX_OAUTH_STORE_DB_PAUSE;

    while (!ngx_oauth_store_db_is_created(db, &size)) {

        if (flock(fd, LOCK_EX|LOCK_NB) == 0) {

            if (!ngx_oauth_store_db_is_created(db, &size) && size > 0
                && access((const char *) db->paths.identity, F_OK) == -1)
            {
                (void) !truncate((const char *) db->paths.data, 0);
            }

            return 0;
        }

        /* Some file systems have no such locks. */

        if (ngx_errno != EWOULDBLOCK) {
            return 0;
        }

        if (tries-- == 1) {
            return NGX_OAUTH_STORE_PROBLEM_LOCKED;
        }

        (void) nanosleep(&pause, NULL);
    }

    return 0;
}


static ngx_uint_t
ngx_oauth_store_db_is_created(const ngx_oauth_store_db_t *db, off_t *size)
{
    ngx_oauth_store_db_file_t  file;

    *size = 0;

    return ngx_oauth_store_db_stat(db->paths.data, &file, size) == 0
           && *size >= (off_t) (2 * ngx_pagesize);
}


/* A store that must not be written is read nevertheless. */

static int
ngx_oauth_store_db_open(ngx_oauth_store_db_t *db)
{
    int  rc;

    rc = ngx_oauth_store_db_open_as(db, 0);

    if (rc == EACCES || rc == EROFS) {

        if (ngx_oauth_store_db_open_as(db, MDB_RDONLY) == 0) {
            db->readonly = 1;
            return 0;
        }
    }

    return rc;
}


static int
ngx_oauth_store_db_open_as(ngx_oauth_store_db_t *db, unsigned int flags)
{
    int  rc;

    rc = mdb_env_create(&db->env);
    if (rc != 0) {
        db->env = NULL;
        return rc;
    }

    if ((rc = mdb_env_set_mapsize(db->env, db->size)) != 0
        || (rc = mdb_env_set_maxreaders(db->env, NGX_OAUTH_STORE_DB_READERS))
           != 0
        || (rc = mdb_env_open(db->env, (const char *) db->paths.folder,
                              MDB_NOTLS|MDB_NORDAHEAD|flags, 0600))
           != 0)
    {
        mdb_env_close(db->env);
        db->env = NULL;
    }

    return rc;
}


static int
ngx_oauth_store_db_look(ngx_oauth_store_db_t *db)
{
    int  rc, dead;

    rc = ngx_oauth_store_db_note(db);

    if (rc == 0) {
        rc = ngx_oauth_store_db_check(db);
    }

    if (rc != 0) {
        return rc;
    }

    /* The slots of killed readers may be all that there are. */

    (void) mdb_reader_check(db->env, &dead);

    rc = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &db->txn);
    if (rc != 0) {
        db->txn = NULL;
        return rc;
    }

    rc = mdb_dbi_open(db->txn, NULL, 0, &db->dbi);

    if (rc == 0) {
        rc = ngx_oauth_store_db_compare(db);
    }

    mdb_txn_reset(db->txn);

    return rc;
}


/*
 * Notes which files are open.  A read-only file system need not have a
 * lock.mdb; LMDB then goes without.
 */

static int
ngx_oauth_store_db_note(ngx_oauth_store_db_t *db)
{
    int          rc, fd;
    struct stat  st;

    rc = mdb_env_get_fd(db->env, &fd);
    if (rc != 0) {
        return rc;
    }

    if (fstat(fd, &st) == -1) {
        return ngx_errno;
    }

    if (db->named && (uint64_t) st.st_size < db->identity.size) {
        return NGX_OAUTH_STORE_PROBLEM_CUT;
    }

    rc = ngx_oauth_store_db_extend(db, fd);
    if (rc != 0) {
        return rc;
    }

    db->least = (ngx_atomic_uint_t) st.st_size;
    db->data.dev = st.st_dev;
    db->data.ino = st.st_ino;

    rc = ngx_oauth_store_db_stat(db->paths.lock, &db->lock, NULL);

    if (rc == ENOENT && db->readonly) {
        ngx_memzero(&db->lock, sizeof(ngx_oauth_store_db_file_t));
        return 0;
    }

    return rc;
}


/*
 * LMDB does not write a page at the end that a transaction has used and freed
 * again, so a file that is good may be shorter than the number of its pages
 * says.  What is missing is added as zeros, which no other process can take for
 * data: LMDB reports such a page as damaged.  Without a file "identity" nobody
 * knows what was cut off, so there is a limit.
 */

static int
ngx_oauth_store_db_extend(const ngx_oauth_store_db_t *db, int fd)
{
    int          rc;
    off_t        end;
    MDB_stat     stat;
    struct stat  st;
    MDB_envinfo  info;

    /* Others may make the file longer meanwhile, so its size comes second. */

    if ((rc = mdb_env_info(db->env, &info)) != 0
        || (rc = mdb_env_stat(db->env, &stat)) != 0)
    {
        return rc;
    }

    if (fstat(fd, &st) == -1) {
        return ngx_errno;
    }

    end = (off_t) (info.me_last_pgno + 1) * stat.ms_psize;

    if (st.st_size >= end) {
        return 0;
    }

    if (!db->named
        && end - st.st_size > NGX_OAUTH_STORE_DB_LOOSE * (off_t) stat.ms_psize)
    {
        return NGX_OAUTH_STORE_PROBLEM_CUT;
    }

    /* This never makes the file shorter, nor changes what others write. */

#if (NGX_LINUX)
    if (!db->readonly && fallocate(fd, 0, st.st_size, end - st.st_size) == 0) {
        return 0;
    }
#endif

    return db->named ? 0 : NGX_OAUTH_STORE_PROBLEM_CUT;
}


/*
 * Compares the head with the identity.  A store without a head holds nothing,
 * and is created in a thread.  One with a head and without identity was either
 * created a moment ago, or somebody has removed the file so that the store is
 * used as it is; both are finished in a thread.
 */

static int
ngx_oauth_store_db_compare(ngx_oauth_store_db_t *db)
{
    int                         rc;
    ngx_uint_t                  i;
    ngx_oauth_store_row_head_t  head;

    rc = ngx_oauth_store_db_read_head(db, db->txn, &head);

    if (rc == MDB_NOTFOUND) {
        return db->named ? NGX_OAUTH_STORE_PROBLEM_EMPTIED : 0;
    }

    if (rc != 0) {
        return rc;
    }

    if (!db->named) {
        ngx_memcpy(db->identity.id, head.id, NGX_OAUTH_STORE_ROW_ID);
        return 0;
    }

    if (ngx_memcmp(head.id, db->identity.id, NGX_OAUTH_STORE_ROW_ID) != 0) {
        return NGX_OAUTH_STORE_PROBLEM_REPLACED;
    }

    for (i = 0; mdb_txn_id(db->txn) < db->identity.txn; i++) {

        if (i == NGX_OAUTH_STORE_DB_LOOKS
            || ngx_oauth_store_identity_read(&db->identity,
                                             db->paths.identity)
               != NGX_OK)
        {
            return NGX_OAUTH_STORE_PROBLEM_OLDER;
        }
    }

    return 0;
}


void
ngx_oauth_store_db_done(ngx_oauth_store_db_t *db)
{
    if (db->txn) {
        mdb_txn_abort(db->txn);
        db->txn = NULL;
    }

    if (db->env) {
        mdb_env_close(db->env);
        db->env = NULL;
    }

    ngx_oauth_store_identity_free(&db->identity);
}


int
ngx_oauth_store_db_read_head(const ngx_oauth_store_db_t *db, MDB_txn *txn,
    ngx_oauth_store_row_head_t *head)
{
    int       rc;
    u_char    name;
    MDB_val   key, value;
    MDB_stat  stat;

    name = NGX_OAUTH_STORE_ROW_HEAD;
    key.mv_size = 1;
    key.mv_data = &name;

    rc = mdb_get(txn, db->dbi, &key, &value);

    if (rc == MDB_NOTFOUND) {
        rc = mdb_stat(txn, db->dbi, &stat);

        if (rc != 0) {
            return rc;
        }

        return stat.ms_entries ? NGX_OAUTH_STORE_PROBLEM_FOREIGN : MDB_NOTFOUND;
    }

    if (rc != 0) {
        return rc;
    }

    return (ngx_oauth_store_row_read_head(head, value.mv_data, value.mv_size)
            == NGX_OK)
           ? 0 : NGX_OAUTH_STORE_PROBLEM_FORMAT;
}


int
ngx_oauth_store_db_read_entry(const ngx_oauth_store_db_t *db, MDB_txn *txn,
    const u_char key[OAUTH_REVOCATION_KEY], ngx_oauth_store_row_t *row)
{
    int      rc;
    MDB_val  name, value;

    name.mv_size = OAUTH_REVOCATION_KEY;
    name.mv_data = (void *) key;

    rc = mdb_get(txn, db->dbi, &name, &value);
    if (rc != 0) {
        return rc;
    }

    if (ngx_oauth_store_row_read(row, value.mv_data, value.mv_size) != NGX_OK) {
        return MDB_CORRUPTED;
    }

    ngx_memcpy(row->entry.key, key, OAUTH_REVOCATION_KEY);

    return 0;
}


int
ngx_oauth_store_db_write_head(const ngx_oauth_store_db_t *db, MDB_txn *txn,
    const ngx_oauth_store_row_head_t *head)
{
    u_char   name, bytes[NGX_OAUTH_STORE_ROW_HEAD_VALUE];
    MDB_val  key, value;

    name = NGX_OAUTH_STORE_ROW_HEAD;
    key.mv_size = 1;
    key.mv_data = &name;

    ngx_oauth_store_row_write_head(head, bytes);
    value.mv_size = sizeof(bytes);
    value.mv_data = bytes;

    return mdb_put(txn, db->dbi, &key, &value, 0);
}


int
ngx_oauth_store_db_check(const ngx_oauth_store_db_t *db)
{
    off_t  size;

    return ngx_oauth_store_db_check_files(db, &size);
}


int
ngx_oauth_store_db_follow(ngx_oauth_store_db_t *db)
{
    int    rc;
    off_t  size;

    rc = ngx_oauth_store_db_check_files(db, &size);

    if (rc == 0) {
        db->least = (ngx_atomic_uint_t) size;
    }

    return rc;
}


static int
ngx_oauth_store_db_check_files(const ngx_oauth_store_db_t *db, off_t *size)
{
    int  rc;

    *size = 0;

    if ((rc = ngx_oauth_store_db_check_file(db->paths.data, &db->data, size))
        != 0
        || (db->lock.ino
            && (rc = ngx_oauth_store_db_check_file(db->paths.lock, &db->lock,
                                                   NULL))
               != 0))
    {
        return rc;
    }

    return ((ngx_atomic_uint_t) *size >= db->least)
           ? 0 : NGX_OAUTH_STORE_PROBLEM_CUT;
}


void
ngx_oauth_store_db_raise(const ngx_oauth_store_db_t *db, uint64_t txn)
{
    int          fd;
    struct stat  st;

    if (mdb_env_get_fd(db->env, &fd) == 0 && fstat(fd, &st) == 0) {
        ngx_oauth_store_identity_raise(&db->identity, txn,
                                       (uint64_t) st.st_size);
    }
}


static int
ngx_oauth_store_db_check_file(const u_char *path,
    const ngx_oauth_store_db_file_t *opened, off_t *size)
{
    int                        rc;
    ngx_oauth_store_db_file_t  file;

    rc = ngx_oauth_store_db_stat(path, &file, size);

    if (rc != 0) {
        return (rc == ENOENT) ? NGX_OAUTH_STORE_PROBLEM_MOVED : rc;
    }

    return (file.dev == opened->dev && file.ino == opened->ino)
           ? 0 : NGX_OAUTH_STORE_PROBLEM_MOVED;
}


static int
ngx_oauth_store_db_stat(const u_char *path, ngx_oauth_store_db_file_t *file,
    off_t *size)
{
    struct stat  st;

    if (stat((const char *) path, &st) == -1) {
        ngx_memzero(file, sizeof(ngx_oauth_store_db_file_t));
        return ngx_errno;
    }

    file->dev = st.st_dev;
    file->ino = st.st_ino;

    if (size) {
        *size = st.st_size;
    }

    return 0;
}
