
/*
 * A bus in which every number differs from all others, for the tests of what
 * the status says about it.
 */


#ifndef STATUS_BUS_FIXTURE_H_INCLUDED
#define STATUS_BUS_FIXTURE_H_INCLUDED


#include "oauth_status_bus.h"
#include "status_fixture.h"


extern oauth_status_bus_t   status_bus;
extern oauth_status_peer_t  status_peers[3];


/* For cmocka: fills status_bus in, with two peers and without a finding. */

int status_bus_setup(void **state);

/* The bus as text with a zero byte, which the caller frees. */

char *status_bus_text(void (*write)(oauth_buf_t *buf,
    const oauth_status_bus_t *bus));


#endif /* STATUS_BUS_FIXTURE_H_INCLUDED */
