
/*
 * Preloaded into nginx: a disk that is slow, and one whose power can be cut.
 *
 * DISK_DELAY is how many milliseconds each sync takes longer.  DISK_FOLDER is
 * the folder of a store, and DISK_JOURNAL the beginning of the names of two
 * files, one for data.mdb and one for identity.  Before either is written, what
 * was there goes into its journal, so that the test can take back whatever was
 * not synced when the processes were killed.  DISK_LIES=1: nothing counts as
 * synced.
 *
 * A journal is its length in bytes, which is written last, and then entries; an
 * entry is a header, the old bytes and the new ones.  fdatasync and fsync empty
 * it.  A write to a descriptor with O_DSYNC syncs its own bytes and no others.
 */


#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>


#define DISK_FILES    2
#define DISK_LONGEST  4096              /* bytes of a path                    */


typedef struct {
    uint64_t  offset;
    uint64_t  len;                      /* of the old and of the new bytes    */
    uint64_t  size;                     /* of the file, before                */
    uint64_t  synced;
} disk_entry_t;


typedef struct {
    char  path[DISK_LONGEST];
    char  journal[DISK_LONGEST];
} disk_file_t;


static disk_file_t      disk_files[DISK_FILES];
static int              disk_watches, disk_lies;
static struct timespec  disk_delay;

static ssize_t  (*disk_pwrite)(int, const void *, size_t, off_t);
static ssize_t  (*disk_writev)(int, const struct iovec *, int);
static int      (*disk_fdatasync)(int);
static int      (*disk_fsync)(int);
static int      (*disk_fallocate)(int, int, off_t, off_t);


/* dlsym returns a pointer to an object, which ISO C does not convert. */

static void
disk_find(const char *name, void *function)
{
    void  *found;

    found = dlsym(RTLD_NEXT, name);

    if (found == NULL) {
        abort();
    }

    memcpy(function, &found, sizeof(found));
}


/* nginx changes the environment later, so it is read at once. */

__attribute__((constructor)) static void
disk_start(void)
{
    int         i;
    long        ms;
    const char  *text, *folder, *journal;
    static const char  *const  names[DISK_FILES] = { "data.mdb", "identity" };

    disk_find("pwrite", &disk_pwrite);
    disk_find("writev", &disk_writev);
    disk_find("fdatasync", &disk_fdatasync);
    disk_find("fsync", &disk_fsync);
    disk_find("fallocate", &disk_fallocate);

    text = getenv("DISK_DELAY");
    ms = text ? atol(text) : 0;
    disk_delay.tv_sec = ms / 1000;
    disk_delay.tv_nsec = ms % 1000 * 1000000;

    disk_lies = getenv("DISK_LIES") != NULL;
    folder = getenv("DISK_FOLDER");
    journal = getenv("DISK_JOURNAL");
    disk_watches = folder && journal;

    for (i = 0; disk_watches && i < DISK_FILES; i++) {
        (void) snprintf(disk_files[i].path, DISK_LONGEST, "%s/%s", folder,
                        names[i]);
        (void) snprintf(disk_files[i].journal, DISK_LONGEST, "%s%s", journal,
                        names[i]);
    }
}


/* The file that a descriptor belongs to, NULL: it is not watched. */

static const disk_file_t *
disk_file(int fd, struct stat *st)
{
    int          i;
    struct stat  named;

    if (!disk_watches || fstat(fd, st) == -1 || !S_ISREG(st->st_mode)) {
        return NULL;
    }

    for (i = 0; i < DISK_FILES; i++) {
        if (stat(disk_files[i].path, &named) == 0
            && named.st_ino == st->st_ino && named.st_dev == st->st_dev)
        {
            return &disk_files[i];
        }
    }

    return NULL;
}


/* Opens and locks the journal; a process that is killed releases the lock. */

static int
disk_open(const disk_file_t *file, uint64_t *len)
{
    int  fd;

    fd = open(file->journal, O_RDWR|O_CREAT|O_CLOEXEC, 0666);

    if (fd == -1 || flock(fd, LOCK_EX) == -1) {
        abort();
    }

    if (pread(fd, len, sizeof(*len), 0) != sizeof(*len)) {
        *len = sizeof(*len);
    }

    return fd;
}


static void
disk_put(int fd, const void *bytes, size_t size, uint64_t *at)
{
    if (disk_pwrite(fd, bytes, size, (off_t) *at) != (ssize_t) size) {
        abort();
    }

    *at += size;
}


/* Adds an entry.  bytes: NULL if only the size of the file changes. */

static void
disk_note(const disk_file_t *file, int fd, const struct stat *st,
    const void *bytes, size_t len, off_t offset)
{
    int           journal;
    char         *old;
    uint64_t      at, zero;
    disk_entry_t  entry;

    memset(&entry, 0, sizeof(entry));
    entry.offset = (uint64_t) offset;
    entry.len = bytes ? len : 0;
    entry.size = (uint64_t) st->st_size;
    entry.synced = !disk_lies && (fcntl(fd, F_GETFL) & O_DSYNC);

    old = calloc(1, entry.len + 1);

    if (old == NULL) {
        abort();
    }

    journal = open(file->path, O_RDONLY|O_CLOEXEC);
    (void) !pread(journal, old, entry.len, offset);
    (void) close(journal);

    journal = disk_open(file, &at);
    zero = 0;

    disk_put(journal, &entry, sizeof(entry), &at);
    disk_put(journal, old, entry.len, &at);
    disk_put(journal, bytes ? bytes : "", entry.len, &at);
    disk_put(journal, &at, sizeof(at), &zero);

    (void) close(journal);
    free(old);
}


static int
disk_sync(int fd, int (*sync)(int))
{
    int                 rc, journal;
    uint64_t            len, at;
    struct stat         st;
    const disk_file_t  *file;

    (void) nanosleep(&disk_delay, NULL);

    file = disk_file(fd, &st);

    if (file == NULL) {
        return sync(fd);
    }

    journal = disk_open(file, &len);
    rc = sync(fd);

    if (rc == 0 && !disk_lies) {
        at = 0;
        len = sizeof(len);
        disk_put(journal, &len, sizeof(len), &at);
    }

    (void) close(journal);

    return rc;
}


int
fdatasync(int fd)
{
    return disk_sync(fd, disk_fdatasync);
}


int
fsync(int fd)
{
    return disk_sync(fd, disk_fsync);
}


ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    struct stat         st;
    const disk_file_t  *file;

    file = disk_file(fd, &st);

    if (file) {
        disk_note(file, fd, &st, bytes, len, offset);
    }

    if (fcntl(fd, F_GETFL) & O_DSYNC) {
        (void) nanosleep(&disk_delay, NULL);
    }

    return disk_pwrite(fd, bytes, len, offset);
}


ssize_t
pwrite64(int fd, const void *bytes, size_t len, off_t offset)
{
    return pwrite(fd, bytes, len, offset);
}


/* LMDB writes several pages in a row so, after lseek. */

ssize_t
writev(int fd, const struct iovec *iov, int n)
{
    int                 i;
    off_t               offset;
    struct stat         st;
    const disk_file_t  *file;

    file = disk_file(fd, &st);

    if (file) {
        offset = lseek(fd, 0, SEEK_CUR);

        for (i = 0; i < n; i++) {
            disk_note(file, fd, &st, iov[i].iov_base, iov[i].iov_len, offset);
            offset += (off_t) iov[i].iov_len;
        }
    }

    return disk_writev(fd, iov, n);
}


int
fallocate(int fd, int mode, off_t offset, off_t len)
{
    struct stat         st;
    const disk_file_t  *file;

    file = disk_file(fd, &st);

    if (file) {
        disk_note(file, fd, &st, NULL, (size_t) len, offset);
    }

    return disk_fallocate(fd, mode, offset, len);
}


int
fallocate64(int fd, int mode, off_t offset, off_t len)
{
    return fallocate(fd, mode, offset, len);
}
