
/*
 * The status in the text format of Prometheus, version 0.0.4.  A metric begins
 * with HELP and TYPE; each of its samples is one line.  Names of counters end
 * with _total and units are seconds and bytes, as OpenMetrics wants them.
 */


#include <inttypes.h>
#include <stdio.h>

#include "oauth_metric.h"
#include "oauth_status_bus.h"


/* A number of each issuer.  -1: this issuer has no such number. */

typedef int64_t (*oauth_status_number_pt)(const oauth_status_issuer_t *issuer);

typedef struct {
    const char              *name;
    oauth_metric_type_t      type;
    const char              *help;
    oauth_status_number_pt   number;
    unsigned                 msec:1;    /* the number is in ms and shown in
                                           seconds                            */
} oauth_status_metric_t;


static void oauth_status_append_results(oauth_buf_t *buf, const char *name,
    oauth_metric_label_t whose, const oauth_status_requests_t *requests);
static void oauth_status_append_requests(oauth_buf_t *buf,
    const oauth_status_t *status);
static void oauth_status_append_reasons(oauth_buf_t *buf, const char *name,
    const char *help, const uint64_t *numbers);
static void oauth_status_append_issuers(oauth_buf_t *buf,
    const oauth_status_t *status);
static void oauth_status_append_states(oauth_buf_t *buf,
    const oauth_status_t *status);
static void oauth_status_append_findings(oauth_buf_t *buf,
    const oauth_status_t *status);
static void oauth_status_append_replay(oauth_buf_t *buf,
    const oauth_status_t *status);
static void oauth_status_append_revocation(oauth_buf_t *buf,
    const oauth_status_revocation_t *revocation);

static int64_t oauth_status_keys(const oauth_status_issuer_t *issuer);
static int64_t oauth_status_age(const oauth_status_issuer_t *issuer);
static int64_t oauth_status_refresh(const oauth_status_issuer_t *issuer);
static int64_t oauth_status_expiry(const oauth_status_issuer_t *issuer);
static int64_t oauth_status_fetched(const oauth_status_issuer_t *issuer);
static int64_t oauth_status_failed(const oauth_status_issuer_t *issuer);
static int64_t oauth_status_time(const oauth_status_issuer_t *issuer);
static int64_t oauth_status_waits(const oauth_status_issuer_t *issuer);
static int64_t oauth_status_asked(const oauth_status_issuer_t *issuer);
static int64_t oauth_status_active(const oauth_status_issuer_t *issuer);
static int64_t oauth_status_inactive(const oauth_status_issuer_t *issuer);
static int64_t oauth_status_unanswered(const oauth_status_issuer_t *issuer);
static int64_t oauth_status_asking(const oauth_status_issuer_t *issuer);
static int64_t oauth_status_asking_waits(const oauth_status_issuer_t *issuer);
static int64_t oauth_status_introspected(const oauth_status_issuer_t *issuer,
    uint64_t n);


static const oauth_status_metric_t  oauth_status_metrics[] = {

    { "issuer_keys", OAUTH_METRIC_GAUGE,
      "Keys of the issuer that can verify tokens.",
      oauth_status_keys, 0 },

    { "issuer_keys_age_seconds", OAUTH_METRIC_GAUGE,
      "Time since the keys of the issuer were fetched.",
      oauth_status_age, 0 },

    { "issuer_keys_refresh_seconds", OAUTH_METRIC_GAUGE,
      "Time until the keys of the issuer are fetched again.",
      oauth_status_refresh, 0 },

    { "issuer_keys_expiry_seconds", OAUTH_METRIC_GAUGE,
      "Time until the keys of the issuer are too old to be used.",
      oauth_status_expiry, 0 },

    { "issuer_fetches_succeeded_total", OAUTH_METRIC_COUNTER,
      "Fetches that brought keys of the issuer.",
      oauth_status_fetched, 0 },

    { "issuer_fetches_failed_total", OAUTH_METRIC_COUNTER,
      "Fetches that brought no keys of the issuer.",
      oauth_status_failed, 0 },

    { "issuer_fetch_seconds_total", OAUTH_METRIC_COUNTER,
      "Time that all fetches of the issuer's keys have taken.",
      oauth_status_time, 1 },

    { "issuer_waits_total", OAUTH_METRIC_COUNTER,
      "Times that a request waited for the keys of the issuer.",
      oauth_status_waits, 0 },

    { "issuer_introspections_total", OAUTH_METRIC_COUNTER,
      "Questions to the issuer about a token.",
      oauth_status_asked, 0 },

    { "issuer_introspections_active_total", OAUTH_METRIC_COUNTER,
      "Answers of the issuer that made a good token.",
      oauth_status_active, 0 },

    { "issuer_introspections_inactive_total", OAUTH_METRIC_COUNTER,
      "Answers of the issuer that refused the token.",
      oauth_status_inactive, 0 },

    { "issuer_introspections_failed_total", OAUTH_METRIC_COUNTER,
      "Questions to which no answer came that could be used.",
      oauth_status_unanswered, 0 },

    { "issuer_introspection_seconds_total", OAUTH_METRIC_COUNTER,
      "Time that all questions about tokens have taken.",
      oauth_status_asking, 1 },

    { "issuer_introspection_waits_total", OAUTH_METRIC_COUNTER,
      "Times that a request waited for an answer of the issuer.",
      oauth_status_asking_waits, 0 }
};


void
oauth_status_write_metrics(oauth_buf_t *buf, const oauth_status_t *status)
{
    oauth_status_append_requests(buf, status);
    oauth_status_append_reasons(buf, "refusals_total",
                                "Refused requests, by reason.",
                                status->reasons);
    oauth_status_append_reasons(buf, "dry_run_refusals_total",
                                "Requests that a dry run let in, by the reason "
                                "to refuse them.", status->dry_reasons);
    oauth_status_append_issuers(buf, status);
    oauth_status_append_states(buf, status);
    oauth_status_append_findings(buf, status);

    oauth_metric_simple(buf, "cache_hits_total", OAUTH_METRIC_COUNTER,
                        "Requests whose token the worker knew.",
                        status->hits);
    oauth_metric_simple(buf, "cache_misses_total",
                        OAUTH_METRIC_COUNTER,
                        "Requests whose token was verified.",
                        status->misses);
    oauth_metric_simple(buf, "zone_bytes", OAUTH_METRIC_GAUGE,
                        "Room for keys in the shared memory.",
                        status->zone_size);
    oauth_metric_simple(buf, "zone_used_bytes", OAUTH_METRIC_GAUGE,
                        "Shared memory that keys take.",
                        status->zone_used);
    oauth_metric_simple(buf, "responses_ended_total",
                        OAUTH_METRIC_COUNTER,
                        "Running responses that ended because their "
                        "token was not good any more.",
                        status->ended);

    if (status->replay_room) {
        oauth_status_append_replay(buf, status);
    }

    if (status->revocation) {
        oauth_status_append_revocation(buf, status->revocation);
    }

    if (status->bus) {
        oauth_status_bus_metrics(buf, status->bus);
    }

    oauth_metric_simple(buf, "start_time_seconds", OAUTH_METRIC_GAUGE,
                        "When the counters began, in seconds since the "
                        "epoch.",
                        (uint64_t) status->started);
}


static void
oauth_status_append_requests(oauth_buf_t *buf, const oauth_status_t *status)
{
    size_t                          i;
    oauth_metric_label_t            label;
    const oauth_status_issuer_t    *issuer;
    const oauth_status_resource_t  *resource;

    oauth_metric_head(buf, "requests_total", OAUTH_METRIC_COUNTER,
                      "Requests to protected locations, by result.");
    oauth_status_append_results(buf, "requests_total", oauth_metric_no_label,
                                &status->requests);

    oauth_metric_head(buf, "resource_requests_total",
                      OAUTH_METRIC_COUNTER,
                      "Requests to the resource, by result.");

    label.name = "resource";

    for (i = 0; i < status->nresources; i++) {
        resource = &status->resources[i];
        label.value = resource->url;

        if (resource->counted) {
            oauth_status_append_results(buf, "resource_requests_total", label,
                                        &resource->requests);
        }
    }

    oauth_metric_head(buf, "issuer_requests_total",
                      OAUTH_METRIC_COUNTER,
                      "Requests whose token names the issuer, by "
                      "result.");

    label.name = "issuer";

    for (i = 0; i < status->nissuers; i++) {
        issuer = &status->issuers[i];
        label.value = issuer->name;

        if (issuer->counted) {
            oauth_status_append_results(buf, "issuer_requests_total", label,
                                        &issuer->requests);
        }
    }
}


static void
oauth_status_append_reasons(oauth_buf_t *buf, const char *name,
    const char *help, const uint64_t *numbers)
{
    int                   i;
    oauth_metric_label_t  label;

    oauth_metric_head(buf, name, OAUTH_METRIC_COUNTER, help);

    label.name = "reason";

    for (i = OAUTH_OK + 1; i < OAUTH_REASONS; i++) {
        label.value = oauth_str_of(oauth_reason_info(i)->code);
        oauth_metric_count(buf, name, label, oauth_metric_no_label,
                           numbers[i]);
    }
}


static void
oauth_status_append_issuers(oauth_buf_t *buf, const oauth_status_t *status)
{
    char                          number[OAUTH_METRIC_NUMBER];
    size_t                        i, k;
    int64_t                       n;
    oauth_metric_label_t          label;
    const oauth_status_metric_t  *metric;

    label.name = "issuer";

    for (i = 0;
         i < sizeof(oauth_status_metrics) / sizeof(oauth_status_metrics[0]);
         i++)
    {
        metric = &oauth_status_metrics[i];

        oauth_metric_head(buf, metric->name, metric->type,
                          metric->help);

        for (k = 0; k < status->nissuers; k++) {

            n = metric->number(&status->issuers[k]);

            if (n < 0) {
                continue;
            }

            (void) snprintf(number, sizeof(number),
                            metric->msec ? "%" PRId64 ".%03d" : "%" PRId64,
                            metric->msec ? n / 1000 : n, (int) (n % 1000));

            label.value = status->issuers[k].name;
            oauth_metric_sample(buf, metric->name, label,
                                oauth_metric_no_label, number);
        }
    }
}


/* One sample for each state, which is 1 for the state that the issuer is in. */

static void
oauth_status_append_states(oauth_buf_t *buf, const oauth_status_t *status)
{
    int                   state;
    size_t                i;
    oauth_metric_label_t  issuer, label;

    oauth_metric_head(buf, "issuer_state", OAUTH_METRIC_GAUGE,
                      "1 for the state that the issuer's keys are in.");

    issuer.name = "issuer";
    label.name = "state";

    for (i = 0; i < status->nissuers; i++) {

        issuer.value = status->issuers[i].name;

        for (state = 0; state < OAUTH_STATUS_STATES; state++) {
            label.value = oauth_str_of(oauth_status_state(state));
            oauth_metric_count(buf, "issuer_state", issuer, label,
                               status->issuers[i].state
                               == (oauth_status_state_t) state);
        }
    }
}


static void
oauth_status_append_findings(oauth_buf_t *buf, const oauth_status_t *status)
{
    int                   kind;
    size_t                i;
    oauth_metric_label_t  issuer, label;

    oauth_metric_head(buf, "issuer_finding", OAUTH_METRIC_GAUGE,
                      "1 where agents may fail at the issuer for this "
                      "reason.");

    issuer.name = "issuer";
    label.name = "finding";

    for (i = 0; i < status->nissuers; i++) {

        issuer.value = status->issuers[i].name;

        for (kind = 0;
             kind < OAUTH_READINESS_FINDINGS && status->issuers[i].checked;
             kind++)
        {
            label.value = oauth_str_of(oauth_readiness_info(kind)->code);
            oauth_metric_count(buf, "issuer_finding", issuer, label,
                                   status->issuers[i].readiness.found[kind]);
        }
    }
}


static void
oauth_status_append_replay(oauth_buf_t *buf, const oauth_status_t *status)
{
    oauth_metric_simple(buf, "dpop_replay_entries", OAUTH_METRIC_GAUGE,
                        "Used DPoP proofs that are remembered.",
                        status->replay);
    oauth_metric_simple(buf, "dpop_replay_room", OAUTH_METRIC_GAUGE,
                        "Used DPoP proofs for which there is room.",
                        status->replay_room);
}


static void
oauth_status_append_revocation(oauth_buf_t *buf,
    const oauth_status_revocation_t *revocation)
{
    unsigned              kind;
    oauth_buf_t           name;
    oauth_metric_label_t  label;

    oauth_metric_head(buf, "revocations", OAUTH_METRIC_GAUGE,
                      "Entries of the store, by what they are about.");

    label.name = "kind";

    for (kind = 0; kind < OAUTH_REVOCATION_KINDS; kind++) {

        if (revocation->entries[kind] == 0) {
            continue;
        }

        name = (oauth_buf_t) { 0, 0, NULL, 0 };
        oauth_revocation_kind_write(&name, kind);

        label.value = oauth_buf_str(&name);
        oauth_metric_count(buf, "revocations", label,
                           oauth_metric_no_label,
                           revocation->entries[kind]);

        buf->failed |= name.failed;
        oauth_buf_free(&name);
    }

    oauth_metric_simple(buf, "revocation_store_usable",
                        OAUTH_METRIC_GAUGE,
                        "1 if the store of revocations can be used.",
                        revocation->usable);
    oauth_metric_simple(buf, "revocation_store_bytes",
                        OAUTH_METRIC_GAUGE,
                        "Bytes that the store may take.",
                        revocation->size);
    oauth_metric_simple(buf, "revocation_store_used_bytes",
                        OAUTH_METRIC_GAUGE,
                        "Bytes that the store takes.",
                        revocation->used);
    oauth_metric_simple(buf, "revocation_commits_total",
                        OAUTH_METRIC_COUNTER,
                        "Commits of revocations to disk.",
                        revocation->commits);
}


static void
oauth_status_append_results(oauth_buf_t *buf, const char *name,
    oauth_metric_label_t whose, const oauth_status_requests_t *requests)
{
    oauth_metric_label_t  label;

    label.name = "result";

    label.value = oauth_str("admitted");
    oauth_metric_count(buf, name, whose, label, requests->admitted);

    label.value = oauth_str("refused");
    oauth_metric_count(buf, name, whose, label, requests->refused);

    label.value = oauth_str("overruled");
    oauth_metric_count(buf, name, whose, label, requests->overruled);

    label.value = oauth_str("dry_run");
    oauth_metric_count(buf, name, whose, label, requests->dry);
}


static int64_t
oauth_status_keys(const oauth_status_issuer_t *issuer)
{
    return (int64_t) issuer->nkeys;
}


static int64_t
oauth_status_age(const oauth_status_issuer_t *issuer)
{
    return issuer->age;
}


static int64_t
oauth_status_refresh(const oauth_status_issuer_t *issuer)
{
    return issuer->refresh;
}


static int64_t
oauth_status_expiry(const oauth_status_issuer_t *issuer)
{
    return issuer->expiry;
}


static int64_t
oauth_status_fetched(const oauth_status_issuer_t *issuer)
{
    return issuer->counted ? (int64_t) issuer->fetched : -1;
}


static int64_t
oauth_status_failed(const oauth_status_issuer_t *issuer)
{
    return issuer->counted ? (int64_t) issuer->failed : -1;
}


static int64_t
oauth_status_time(const oauth_status_issuer_t *issuer)
{
    return issuer->counted ? (int64_t) issuer->msec : -1;
}


static int64_t
oauth_status_waits(const oauth_status_issuer_t *issuer)
{
    return issuer->counted ? (int64_t) issuer->waits : -1;
}


static int64_t
oauth_status_asked(const oauth_status_issuer_t *issuer)
{
    return oauth_status_introspected(issuer, issuer->introspection.asked);
}


static int64_t
oauth_status_active(const oauth_status_issuer_t *issuer)
{
    return oauth_status_introspected(issuer, issuer->introspection.active);
}


static int64_t
oauth_status_inactive(const oauth_status_issuer_t *issuer)
{
    return oauth_status_introspected(issuer, issuer->introspection.inactive);
}


static int64_t
oauth_status_unanswered(const oauth_status_issuer_t *issuer)
{
    return oauth_status_introspected(issuer, issuer->introspection.failed);
}


static int64_t
oauth_status_asking(const oauth_status_issuer_t *issuer)
{
    return oauth_status_introspected(issuer, issuer->introspection.msec);
}


static int64_t
oauth_status_asking_waits(const oauth_status_issuer_t *issuer)
{
    return oauth_status_introspected(issuer, issuer->introspection.waits);
}


/* The number of an issuer that introspects and is counted; -1: of another. */

static int64_t
oauth_status_introspected(const oauth_status_issuer_t *issuer, uint64_t n)
{
    return (issuer->introspects && issuer->counted) ? (int64_t) n : -1;
}
