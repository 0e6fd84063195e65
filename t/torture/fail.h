/*
 * The one question that every kind of allocation asks.  The answer is 1 if this
 * allocation has to fail.
 */


#ifndef FAIL_H_INCLUDED
#define FAIL_H_INCLUDED


#include <stddef.h>


int torture_fails(size_t size);


#endif /* FAIL_H_INCLUDED */
