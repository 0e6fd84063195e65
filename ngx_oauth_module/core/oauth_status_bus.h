
/*
 * The part of the status about the bus of a fleet, in its three written forms,
 * and the findings: what an administrator should know before a revocation comes
 * too late, such as a node that hears nothing or a clock that is wrong.
 */


#ifndef OAUTH_STATUS_BUS_H_INCLUDED
#define OAUTH_STATUS_BUS_H_INCLUDED


#include <jansson.h>

#include "oauth_status.h"


typedef enum {
    OAUTH_STATUS_BUS_SILENT = 0,
    OAUTH_STATUS_BUS_UNSENT,
    OAUTH_STATUS_BUS_NO_PEER,
    OAUTH_STATUS_BUS_OWN_CLOCK,
    OAUTH_STATUS_BUS_PEER_CLOCK,

    OAUTH_STATUS_BUS_FINDINGS
} oauth_status_bus_finding_t;


/* One row for each finding; constants. */

typedef struct {
    const char  *code;                  /* "bus_silent"                       */
    const char  *sentence;
    const char  *remedy;
} oauth_status_bus_info_t;


/* 1 if this is found, else 0. */

int oauth_status_bus_has(const oauth_status_bus_t *bus,
    oauth_status_bus_finding_t finding);

/* Returns the row of a finding. */

const oauth_status_bus_info_t *oauth_status_bus_info(
    oauth_status_bus_finding_t finding);

/*
 * Appends what was found in words: the sentence, and the values that it is
 * about in parentheses.  There is no full stop, and no remedy.
 */

void oauth_status_bus_append(oauth_buf_t *buf, const oauth_status_bus_t *bus,
    oauth_status_bus_finding_t finding);

/* Returns the name of a state: "online". */

const char *oauth_status_bus_state(oauth_status_bus_state_t state);


/* The member "bus": null if bus is NULL.  NULL: memory is short. */

json_t *oauth_status_bus_json(const oauth_status_bus_t *bus);

/* These append their part.  Where memory is short, buf->failed is set. */

void oauth_status_bus_metrics(oauth_buf_t *buf, const oauth_status_bus_t *bus);
void oauth_status_bus_page(oauth_buf_t *buf, const oauth_status_bus_t *bus);


#endif /* OAUTH_STATUS_BUS_H_INCLUDED */
