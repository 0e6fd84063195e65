/*
 * Linked into nginx and the module with -Wl,--wrap, so that allocations from
 * shared memory fail as those of fail.c do.  All names are weak, so that the
 * test programs of configure link, too.
 */


#include <stddef.h>

#include "fail.h"


#pragma weak torture_fails
#pragma weak __real_ngx_slab_alloc

void *__real_ngx_slab_alloc(void *pool, size_t size);

void *__wrap_ngx_slab_alloc(void *pool, size_t size);


void *
__wrap_ngx_slab_alloc(void *pool, size_t size)
{
    return torture_fails && torture_fails(size)
           ? NULL : __real_ngx_slab_alloc(pool, size);
}
