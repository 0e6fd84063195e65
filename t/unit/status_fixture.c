
/*
 * The status for the tests.  One issuer has a name that no form can show as it
 * is, and texts that would break out of HTML and JSON.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "status_bus_fixture.h"


static oauth_status_issuer_t    status_issuers[3];
static oauth_status_revocation_t  status_revocation;
static oauth_status_resource_t  status_resources[2];
oauth_status_t                  status_full;

/* Every number differs from all others. */

int
status_setup(void **state)
{
    int                     i;
    oauth_status_issuer_t  *issuer;

    (void) state;

    memset(&status_full, 0, sizeof(oauth_status_t));
    memset(status_issuers, 0, sizeof(status_issuers));
    memset(status_resources, 0, sizeof(status_resources));

    issuer = &status_issuers[0];
    issuer->name = oauth_str("corp");
    issuer->issuer = oauth_str("https://as.example.com");
    issuer->state = OAUTH_STATUS_FAILING;
    issuer->nkeys = 3;
    issuer->nskipped = 1;
    issuer->age = 125;
    issuer->refresh = 41;
    issuer->expiry = 86275;
    issuer->counted = 1;
    issuer->requests = (oauth_status_requests_t) { 701, 702, 703, 704 };
    issuer->fetched = 21;
    issuer->failed = 22;
    issuer->msec = 4007;
    issuer->waits = 23;
    issuer->introspects = 1;
    issuer->introspection
        = (oauth_status_introspection_t) { 31, 32, 33, 34, 5006, 35 };
    issuer->error_age = 7300;
    issuer->error = oauth_str("it said <\"no\">");
    issuer->checked = 1;
    issuer->readiness.found[OAUTH_READINESS_NO_PKCE] = 1;
    issuer->readiness.found[OAUTH_READINESS_UNKNOWN_SCOPES] = 1;
    oauth_buf_append_text(
              &issuer->readiness.details[OAUTH_READINESS_UNKNOWN_SCOPES],
              "a <b>");

    issuer = &status_issuers[1];
    issuer->name = oauth_str("q\"\\\n\xc3\xa9\xff</p>");
    issuer->issuer = oauth_str("https://other.example.com/<x>");
    issuer->state = OAUTH_STATUS_NONE;
    issuer->age = OAUTH_STATUS_NEVER;
    issuer->refresh = 0;
    issuer->expiry = OAUTH_STATUS_NEVER;
    issuer->counted = 1;
    issuer->error_age = OAUTH_STATUS_NEVER;

    issuer = &status_issuers[2];
    issuer->name = oauth_str("shared");
    issuer->issuer = oauth_str("https://third.example.com");
    issuer->state = OAUTH_STATUS_FILE;
    issuer->nkeys = 1;
    issuer->age = OAUTH_STATUS_NEVER;
    issuer->refresh = OAUTH_STATUS_NEVER;
    issuer->expiry = OAUTH_STATUS_NEVER;
    issuer->error_age = OAUTH_STATUS_NEVER;

    status_resources[0].url = oauth_str("https://wiki.example.com");
    status_resources[0].counted = 1;
    status_resources[0].requests = (oauth_status_requests_t) { 801, 802, 803,
                                                               804 };
    status_resources[1].url = oauth_str("https://uncounted.example.com");

    status_full.version = oauth_str("0.2.0");
    status_full.time = 1795747200;
    status_full.started = 1795747200 - 86400 * 5;
    status_full.requests = (oauth_status_requests_t) { 901, 902, 903, 904 };

    for (i = 0; i < OAUTH_REASONS; i++) {
        status_full.reasons[i] = 5000 + i;
        status_full.dry_reasons[i] = 6000 + i;
    }

    status_full.refused[0] = 11;
    status_full.refused[OAUTH_STATUS_MINUTES - 1] = 44;
    status_full.hits = 31;
    status_full.misses = 32;
    status_full.cache = 4096;
    status_full.zone_size = 3 * 1024 * 1024;
    status_full.zone_used = 2048;
    status_full.replay = 34;
    status_full.replay_room = 419424;
    status_full.issuers = status_issuers;
    status_full.nissuers = 3;
    status_full.resources = status_resources;
    status_full.nresources = 2;
    status_full.ended = 33;
    status_full.revocation = &status_revocation;
    status_full.bus = &status_bus;

    (void) status_bus_setup(state);

    status_revocation.error = oauth_str("<full>");
    status_revocation.entries[OAUTH_REVOCATION_SUBJECT] = 61;
    status_revocation.entries[OAUTH_REVOCATION_SUBJECT
                              | OAUTH_REVOCATION_CLIENT] = 62;
    status_revocation.messages = 63;
    status_revocation.oldest = 64;
    status_revocation.size = 1073741824;
    status_revocation.used = 65536;
    status_revocation.commits = 66;
    status_revocation.committed = 67;

    return 0;
}


int
status_teardown(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < 3; i++) {
        oauth_readiness_free(&status_issuers[i].readiness);
    }

    return 0;
}


char *
status_text(status_write_pt write)
{
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    write(&buf, &status_full);
    assert_false(buf.failed);

    oauth_buf_append(&buf, "", 1);

    return (char *) buf.data;
}


void
status_assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" is not in: %s", part, text);
    }
}


void
status_assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part) != NULL) {
        fail_msg("\"%s\" is in: %s", part, text);
    }
}
