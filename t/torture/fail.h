/*
 * The one question that all kinds of allocations ask: 1 when this one has to
 * fail.
 */


#ifndef FAIL_H_INCLUDED
#define FAIL_H_INCLUDED


#include <stddef.h>


int torture_fails(size_t size);


#endif /* FAIL_H_INCLUDED */
