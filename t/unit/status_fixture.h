
/*
 * A status in which every number differs from all others, for the tests of its
 * written forms.
 */


#ifndef STATUS_FIXTURE_H_INCLUDED
#define STATUS_FIXTURE_H_INCLUDED


#include "oauth_status.h"


typedef void (*status_write_pt)(oauth_buf_t *buf,
    const oauth_status_t *status);


extern oauth_status_t  status_full;


/* For cmocka: fill status_full in, and release what it owns. */

int status_setup(void **state);
int status_teardown(void **state);

/* Returns status_full as text with a zero byte, which the caller frees. */

char *status_text(status_write_pt write);

void status_assert_has(const char *text, const char *part);
void status_assert_lacks(const char *text, const char *part);


#endif /* STATUS_FIXTURE_H_INCLUDED */
