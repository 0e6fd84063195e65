/*
 * Linked into nginx and the module with -Wl,--wrap: allocations from shared
 * memory fail as those of fail.c do.  All names are weak, so that configure's
 * test programs link, too.
 */


#include <stddef.h>

#include "fail.h"


#pragma weak torture_fails
#pragma weak __real_ngx_slab_alloc_locked
#pragma weak __real_ngx_slab_calloc

void *__real_ngx_slab_alloc_locked(void *pool, size_t size);
void *__real_ngx_slab_calloc(void *pool, size_t size);

void *__wrap_ngx_slab_alloc_locked(void *pool, size_t size);
void *__wrap_ngx_slab_calloc(void *pool, size_t size);


void *
__wrap_ngx_slab_alloc_locked(void *pool, size_t size)
{
    return torture_fails && torture_fails(size)
           ? NULL : __real_ngx_slab_alloc_locked(pool, size);
}


void *
__wrap_ngx_slab_calloc(void *pool, size_t size)
{
    return torture_fails && torture_fails(size)
           ? NULL : __real_ngx_slab_calloc(pool, size);
}
