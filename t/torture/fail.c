/*
 * This library is preloaded into nginx.  It makes the n-th allocation of one
 * process fail, counts the blocks that are allocated, and moves the clock of
 * that process.  The test controls it through a page that the test and all
 * processes share, in the file that $TORTURE_PAGE names:
 *
 *   pid          the process whose allocations count; 0: none, -1: all
 *   first, last  the numbers of the allocations that fail; 0: none
 *   count        allocations since the test set this to 0
 *   failed       how many of them have failed
 *   live         blocks that are allocated and not yet freed
 *   spare        allocations of this size neither fail nor count
 *   skip         milliseconds by which the monotonic clock is ahead
 *
 * free() returns blocks to glibc, whose MALLOC_PERTURB_ overwrites them.
 *
 * If glibc looks up users and groups without memory, it crashes (2.36,
 * nss_database_reload_1).  nginx does such a look-up when it starts, so this
 * library answers every look-up with the user "nobody", without glibc.
 */


#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"


typedef struct {
    volatile int64_t  pid;
    volatile int64_t  first;
    volatile int64_t  last;
    volatile int64_t  count;
    volatile int64_t  failed;
    volatile int64_t  live;
    volatile int64_t  spare;
    volatile int64_t  skip;
} torture_page_t;


void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *p);

static torture_page_t *torture_mine(void);
static void *torture_counted(void *p);


static torture_page_t  *torture_page;


__attribute__((constructor))
static void
torture_init(void)
{
    int          fd;
    void        *page;
    const char  *name;

    name = getenv("TORTURE_PAGE");
    fd = name ? open(name, O_RDWR|O_CLOEXEC) : -1;

    if (fd == -1) {
        return;
    }

    page = mmap(NULL, sizeof(torture_page_t), PROT_READ|PROT_WRITE, MAP_SHARED,
                fd, 0);
    (void) close(fd);

    if (page != MAP_FAILED) {
        torture_page = page;
    }
}


/* Returns the page if this process is the one that is watched. */

static torture_page_t *
torture_mine(void)
{
    torture_page_t  *page;

    page = torture_page;

    return page && (page->pid == -1 || (page->pid && page->pid == getpid()))
           ? page : NULL;
}


int
torture_fails(size_t size)
{
    torture_page_t  *page;

    page = torture_mine();

    if (page == NULL
        || (int64_t) size == page->spare
        || ++page->count < page->first
        || page->count > page->last)
    {
        return 0;
    }

    page->failed++;
    errno = ENOMEM;

    return 1;
}


static void *
torture_counted(void *p)
{
    torture_page_t  *page;

    page = p ? torture_mine() : NULL;

    if (page) {
        page->live++;
    }

    return p;
}


void *
malloc(size_t size)
{
    return torture_fails(size) ? NULL : torture_counted(__libc_malloc(size));
}


void *
calloc(size_t n, size_t size)
{
    return torture_fails(n * size)
           ? NULL : torture_counted(__libc_calloc(n, size));
}


/* realloc(NULL) allocates, and glibc frees the block if the size is 0. */

void *
realloc(void *p, size_t size)
{
    if (p == NULL) {
        return malloc(size);
    }

    if (size == 0) {
        free(p);
        return NULL;
    }

    return torture_fails(size) ? NULL : __libc_realloc(p, size);
}


void *
memalign(size_t alignment, size_t size)
{
    return torture_fails(size)
           ? NULL : torture_counted(__libc_memalign(alignment, size));
}


void *
aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}


int
posix_memalign(void **p, size_t alignment, size_t size)
{
    void  *new;

    new = memalign(alignment, size);

    if (new == NULL) {
        return ENOMEM;
    }

    *p = new;

    return 0;
}


void
free(void *p)
{
    torture_page_t  *page;

    page = p ? torture_mine() : NULL;

    if (page) {
        page->live--;
    }

    __libc_free(p);
}


struct passwd *
getpwnam(const char *name)
{
    static char           none[] = "";
    static struct passwd  nobody = { .pw_name = none, .pw_passwd = none,
                                     .pw_uid = 65534, .pw_gid = 65534,
                                     .pw_gecos = none, .pw_dir = none,
                                     .pw_shell = none };

    (void) name;
    return &nobody;
}


struct group *
getgrnam(const char *name)
{
    static char          none[] = "";
    static char         *members[] = { NULL };
    static struct group  nogroup = { .gr_name = none, .gr_passwd = none,
                                     .gr_gid = 65534, .gr_mem = members };

    (void) name;
    return &nogroup;
}


/* Only the monotonic clock is moved, so the times in tokens stay valid. */

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
    int      rc;
    int64_t  skip;

    rc = (int) syscall(SYS_clock_gettime, clock, ts);

    if (rc != 0 || torture_page == NULL
        || (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE
            && clock != CLOCK_MONOTONIC_RAW))
    {
        return rc;
    }

    skip = torture_page->skip;
    ts->tv_sec += skip / 1000;
    ts->tv_nsec += skip % 1000 * 1000000;

    if (ts->tv_nsec >= 1000000000) {
        ts->tv_nsec -= 1000000000;
        ts->tv_sec++;
    }

    return rc;
}
