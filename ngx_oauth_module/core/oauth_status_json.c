
/*
 * The status as JSON.  The members of the object are in docs/status.md.  The
 * tree lives for one call only.
 */


#include <stdio.h>
#include <time.h>

#include "oauth_document.h"
#include "oauth_status_bus.h"
#include "oauth_tree.h"


static json_t *oauth_status_date(int64_t time);
static json_t *oauth_status_requests(const oauth_status_requests_t *requests);
static json_t *oauth_status_reasons(const uint64_t *numbers);
static json_t *oauth_status_refused(const oauth_status_t *status);
static json_t *oauth_status_issuer(const oauth_status_issuer_t *issuer);
static int oauth_status_set_counted(json_t *object,
    const oauth_status_issuer_t *issuer);
static json_t *oauth_status_introspection(
    const oauth_status_issuer_t *issuer);
static json_t *oauth_status_readiness(const oauth_status_issuer_t *issuer);
static json_t *oauth_status_issuers(const oauth_status_t *status);
static json_t *oauth_status_resources(const oauth_status_t *status);
static json_t *oauth_status_replay(const oauth_status_t *status);
static json_t *oauth_status_revocation(const oauth_status_t *status);
static json_t *oauth_status_entries(
    const oauth_status_revocation_t *revocation);


void
oauth_status_write_json(oauth_buf_t *buf, const oauth_status_t *status)
{
    int      rc;
    json_t  *root, *cache, *zone;

    root = json_object();
    cache = json_object();
    zone = json_object();

    rc = oauth_tree_set(root, "version", oauth_tree_str(status->version))
         | oauth_tree_set(root, "time", oauth_status_date(status->time))
         | oauth_tree_set(root, "started",
                          oauth_status_date(status->started))
         | oauth_tree_set(root, "requests",
                          oauth_status_requests(&status->requests))
         | oauth_tree_set(root, "reasons",
                          oauth_status_reasons(status->reasons))
         | oauth_tree_set(root, "dry_run_reasons",
                          oauth_status_reasons(status->dry_reasons))
         | oauth_tree_set(root, "refused_per_minute",
                          oauth_status_refused(status))
         | oauth_tree_set(cache, "hits", json_integer(status->hits))
         | oauth_tree_set(cache, "misses", json_integer(status->misses))
         | oauth_tree_set(cache, "entries_per_worker",
                          json_integer(status->cache))
         | oauth_tree_set(zone, "bytes", json_integer(status->zone_size))
         | oauth_tree_set(zone, "used", json_integer(status->zone_used));

    rc |= oauth_tree_set(root, "cache", cache)
          | oauth_tree_set(root, "zone", zone)
          | oauth_tree_set(root, "dpop_replay", oauth_status_replay(status))
          | oauth_tree_set(root, "responses_ended",
                           json_integer(status->ended))
          | oauth_tree_set(root, "revocation",
                           oauth_status_revocation(status))
          | oauth_tree_set(root, "bus", oauth_status_bus_json(status->bus))
          | oauth_tree_set(root, "issuers", oauth_status_issuers(status))
          | oauth_tree_set(root, "resources",
                           oauth_status_resources(status));

    if (rc != 0 || oauth_document_write(root, buf) != 0) {
        buf->failed = 1;
    }

    json_decref(root);
}


static json_t *
oauth_status_date(int64_t time)
{
    char       text[sizeof("2026-11-27T02:40:00Z") + 32];
    time_t     seconds;
    struct tm  tm;

    seconds = (time_t) time;

    if (gmtime_r(&seconds, &tm) == NULL
        || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
    {
        return json_null();
    }

    return json_string(text);
}


static json_t *
oauth_status_requests(const oauth_status_requests_t *requests)
{
    return json_pack("{sIsIsIsI}",
                     "admitted", (json_int_t) requests->admitted,
                     "refused", (json_int_t) requests->refused,
                     "overruled", (json_int_t) requests->overruled,
                     "dry_run", (json_int_t) requests->dry);
}


/* Every reason for which a request can be refused has a member. */

static json_t *
oauth_status_reasons(const uint64_t *numbers)
{
    int      rc, i;
    json_t  *reasons;

    rc = 0;
    reasons = json_object();

    for (i = OAUTH_OK + 1; i < OAUTH_REASONS; i++) {
        rc |= oauth_tree_set(reasons, oauth_reason_info(i)->code,
                             json_integer((json_int_t) numbers[i]));
    }

    return oauth_tree_whole(reasons, rc);
}


static json_t *
oauth_status_refused(const oauth_status_t *status)
{
    int      rc;
    size_t   i;
    json_t  *minutes;

    rc = 0;
    minutes = json_array();

    for (i = 0; i < OAUTH_STATUS_MINUTES; i++) {
        rc |= json_array_append_new(minutes, json_integer(status->refused[i]));
    }

    return oauth_tree_whole(minutes, rc);
}


static json_t *
oauth_status_issuers(const oauth_status_t *status)
{
    int      rc;
    size_t   i;
    json_t  *issuers;

    rc = 0;
    issuers = json_array();

    for (i = 0; i < status->nissuers; i++) {
        rc |= json_array_append_new(issuers,
                                    oauth_status_issuer(&status->issuers[i]));
    }

    return oauth_tree_whole(issuers, rc);
}


static json_t *
oauth_status_issuer(const oauth_status_issuer_t *issuer)
{
    int      rc;
    json_t  *object, *keys;

    object = json_object();
    keys = json_pack("{sIsI}", "usable", (json_int_t) issuer->nkeys,
                     "not_usable", (json_int_t) issuer->nskipped);

    rc = oauth_tree_set(object, "name", oauth_tree_str(issuer->name))
         | oauth_tree_set(object, "issuer",
                          oauth_tree_str(issuer->issuer))
         | oauth_tree_set(object, "state",
                          json_string(oauth_status_state(issuer->state)))
         | oauth_tree_set(keys, "age", oauth_tree_seconds(issuer->age))
         | oauth_tree_set(keys, "refresh_in",
                          oauth_tree_seconds(issuer->refresh))
         | oauth_tree_set(keys, "expire_in",
                          oauth_tree_seconds(issuer->expiry));

    rc |= oauth_tree_set(object, "keys", keys)
          | oauth_status_set_counted(object, issuer)
          | oauth_tree_set(object, "readiness",
                           oauth_status_readiness(issuer));

    return oauth_tree_whole(object, rc);
}


static int
oauth_status_set_counted(json_t *object, const oauth_status_issuer_t *issuer)
{
    int      rc;
    json_t  *error;

    if (!issuer->counted) {
        return oauth_tree_set(object, "requests", json_null())
               | oauth_tree_set(object, "fetches", json_null())
               | oauth_tree_set(object, "introspection", json_null())
               | oauth_tree_set(object, "last_error", json_null());
    }

    rc = oauth_tree_set(object, "requests",
                        oauth_status_requests(&issuer->requests))
         | oauth_tree_set(object, "fetches",
                          json_pack("{sIsIsfsI}",
                                    "succeeded",
                                    (json_int_t) issuer->fetched,
                                    "failed", (json_int_t) issuer->failed,
                                    "seconds", (double) issuer->msec / 1000,
                                    "waits", (json_int_t) issuer->waits))
         | oauth_tree_set(object, "introspection",
                          oauth_status_introspection(issuer));

    if (issuer->error_age == OAUTH_STATUS_NEVER) {
        return rc | oauth_tree_set(object, "last_error", json_null());
    }

    error = json_object();

    rc |= oauth_tree_set(error, "age", json_integer(issuer->error_age))
          | oauth_tree_set(error, "text", oauth_tree_str(issuer->error));

    return rc | oauth_tree_set(object, "last_error", error);
}


/* NULL: memory is short.  The JSON null: nothing is asked about tokens. */

static json_t *
oauth_status_introspection(const oauth_status_issuer_t *issuer)
{
    const oauth_status_introspection_t  *introspection;

    introspection = &issuer->introspection;

    if (!issuer->introspects) {
        return json_null();
    }

    return json_pack("{sIsIsIsIsfsI}",
                     "asked", (json_int_t) introspection->asked,
                     "active", (json_int_t) introspection->active,
                     "inactive", (json_int_t) introspection->inactive,
                     "failed", (json_int_t) introspection->failed,
                     "seconds", (double) introspection->msec / 1000,
                     "waits", (json_int_t) introspection->waits);
}


/* NULL: memory is short.  The JSON null: there was no metadata to read. */

static json_t *
oauth_status_readiness(const oauth_status_issuer_t *issuer)
{
    int           rc, i;
    json_t       *findings, *finding;
    oauth_buf_t   text;

    if (!issuer->checked) {
        return json_null();
    }

    rc = 0;
    findings = json_array();

    for (i = 0; i < OAUTH_READINESS_FINDINGS; i++) {

        if (!issuer->readiness.found[i]) {
            continue;
        }

        text = (oauth_buf_t) { 0, 0, NULL, 0 };
        oauth_readiness_append(&text, &issuer->readiness, i);

        finding = json_object();

        rc |= oauth_tree_set(finding, "code",
                             json_string(oauth_readiness_info(i)->code))
              | oauth_tree_set(finding, "text", oauth_tree_buf(&text))
              | oauth_tree_set(finding, "remedy",
                               json_string(oauth_readiness_info(i)->remedy));

        rc |= json_array_append_new(findings, finding);

        oauth_buf_free(&text);
    }

    return oauth_tree_whole(findings, rc);
}


static json_t *
oauth_status_resources(const oauth_status_t *status)
{
    int                             rc;
    size_t                          i;
    json_t                         *resources, *object;
    const oauth_status_resource_t  *resource;

    rc = 0;
    resources = json_array();

    for (i = 0; i < status->nresources; i++) {

        resource = &status->resources[i];
        object = json_object();

        rc |= oauth_tree_set(object, "resource",
                             oauth_tree_str(resource->url))
              | oauth_tree_set(object, "requests",
                               resource->counted
                               ? oauth_status_requests(&resource->requests)
                               : json_null());

        rc |= json_array_append_new(resources, object);
    }

    return oauth_tree_whole(resources, rc);
}


/* NULL: memory is short.  The JSON null: no location has DPoP. */

static json_t *
oauth_status_replay(const oauth_status_t *status)
{
    if (status->replay_room == 0) {
        return json_null();
    }

    return json_pack("{sIsI}", "entries", (json_int_t) status->replay,
                     "room", (json_int_t) status->replay_room);
}


/* NULL: memory is short.  The JSON null: there is no store. */

static json_t *
oauth_status_revocation(const oauth_status_t *status)
{
    int                               rc;
    json_t                           *object;
    const oauth_status_revocation_t  *revocation;

    revocation = status->revocation;

    if (revocation == NULL) {
        return json_null();
    }

    object = json_pack("{sbsIsIsIsI}", "usable", (int) revocation->usable,
                       "messages", (json_int_t) revocation->messages,
                       "bytes", (json_int_t) revocation->size,
                       "used", (json_int_t) revocation->used,
                       "commits", (json_int_t) revocation->commits);

    rc = oauth_tree_set(object, "error",
                        revocation->usable
                        ? json_null() : oauth_tree_str(revocation->error))
         | oauth_tree_set(object, "entries",
                          oauth_status_entries(revocation))
         | oauth_tree_set(object, "oldest_age",
                          oauth_tree_seconds(revocation->oldest))
         | oauth_tree_set(object, "last_commit_age",
                          oauth_tree_seconds(revocation->committed));

    return oauth_tree_whole(object, rc);
}


/* A member for each kind of which there are entries. */

static json_t *
oauth_status_entries(const oauth_status_revocation_t *revocation)
{
    int           rc;
    unsigned      kind;
    json_t       *entries;
    oauth_buf_t   name;

    rc = 0;
    entries = json_object();

    for (kind = 0; kind < OAUTH_REVOCATION_KINDS; kind++) {

        if (revocation->entries[kind] == 0) {
            continue;
        }

        name = (oauth_buf_t) { 0, 0, NULL, 0 };

        oauth_revocation_kind_write(&name, kind);
        oauth_buf_append(&name, "", 1);

        rc |= name.failed
              || oauth_tree_set(entries, (const char *) name.data,
                      json_integer((json_int_t) revocation->entries[kind]));

        oauth_buf_free(&name);
    }

    return oauth_tree_whole(entries, rc);
}
