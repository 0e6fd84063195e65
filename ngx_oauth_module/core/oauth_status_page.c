
/*
 * The status as a page for people.  It has no script and needs nothing from
 * elsewhere; the browser loads it again every ten seconds.  All texts are
 * escaped for HTML.
 */


#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "oauth_html.h"
#include "oauth_status_bus.h"


#define OAUTH_STATUS_BAR     8          /* width of a minute in the chart     */
#define OAUTH_STATUS_HEIGHT  80         /* of the chart                       */


static void oauth_status_append_summary(oauth_buf_t *buf,
    const oauth_status_t *status);
static void oauth_status_append_chart(oauth_buf_t *buf,
    const oauth_status_t *status);
static void oauth_status_append_refusals(oauth_buf_t *buf,
    const oauth_status_t *status);
static void oauth_status_append_reasons(oauth_buf_t *buf,
    const uint64_t *numbers);
static void oauth_status_append_issuer(oauth_buf_t *buf,
    const oauth_status_issuer_t *issuer);
static void oauth_status_append_keys(oauth_buf_t *buf,
    const oauth_status_issuer_t *issuer);
static void oauth_status_append_numbers(oauth_buf_t *buf,
    const oauth_status_issuer_t *issuer);
static void oauth_status_append_readiness(oauth_buf_t *buf,
    const oauth_status_issuer_t *issuer);
static void oauth_status_append_finding(oauth_buf_t *buf,
    const oauth_readiness_t *readiness, oauth_readiness_kind_t kind);
static void oauth_status_append_resources(oauth_buf_t *buf,
    const oauth_status_t *status);
static void oauth_status_append_revocation(oauth_buf_t *buf,
    const oauth_status_t *status);
static void oauth_status_append_memory(oauth_buf_t *buf,
    const oauth_status_t *status);


/* What each state means, and how it is marked. */

static const struct {
    const char  *mark;
    const char  *text;
} oauth_status_states[OAUTH_STATUS_STATES] = {

    [OAUTH_STATUS_NONE] = { "bad",
        "There are no keys so far: no token of this issuer can be verified." },
    [OAUTH_STATUS_FRESH] = { "good", "Tokens of this issuer are verified." },
    [OAUTH_STATUS_FAILING] = { "poor",
        "The last fetch of keys failed. Tokens are verified with the previous "
        "keys." },
    [OAUTH_STATUS_EXPIRED] = { "bad",
        "The keys are older than key_stale permits: no token of this issuer "
        "can be verified." },
    [OAUTH_STATUS_FILE] = { "good",
        "Tokens of this issuer are verified with the keys of a file." }
};


static const char  oauth_status_head[] =
    OAUTH_HTML_START
    "<meta http-equiv=\"refresh\" content=\"10\">\n"
    "<title>OAuth status of nginx</title>\n"
    "<style>"
    ":root{color-scheme:light dark;--line:#8884;--soft:#8881;--good:#1a7f37;"
    "--poor:#9a6700;--bad:#cf222e}"
    "@media(prefers-color-scheme:dark){:root{--good:#3fb950;--poor:#d29922;"
    "--bad:#f85149}}"
    "body{margin:0;font:1rem/1.5 system-ui,sans-serif;background:Canvas;"
    "color:CanvasText}"
    "main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 3rem}"
    "h1{margin:0;font-size:1.5rem;line-height:1.25}"
    "h2{margin:2rem 0 .5rem;font-size:1.125rem}"
    "h3{margin:0 0 .25rem;font-size:1rem;overflow-wrap:anywhere}"
    "p{margin:0 0 .5rem}"
    ".note{opacity:.75;font-size:.875rem}"
    ".facts{display:flex;flex-wrap:wrap;gap:.5rem;margin:1rem 0 0;padding:0}"
    ".facts div{flex:1 1 7rem;padding:.5rem .75rem;border:1px solid "
    "var(--line);border-radius:.5rem}"
    ".facts dt{font-size:.875rem;opacity:.75}"
    ".facts dd{margin:0;font-size:1.25rem;font-variant-numeric:tabular-nums}"
    ".issuer{margin:0 0 1rem;padding:.75rem 1rem;border:1px solid var(--line);"
    "border-radius:.5rem}"
    ".issuer .facts{margin:.5rem 0}"
    ".state{padding:0 .5rem;border:1px solid;border-radius:1rem;"
    "font-size:.875rem;font-weight:400}"
    ".good{color:var(--good)}.poor{color:var(--poor)}.bad{color:var(--bad)}"
    "ul{margin:.25rem 0;padding-left:1.25rem}"
    "code{font-family:ui-monospace,monospace;overflow-wrap:anywhere}"
    "svg{display:block;width:100%;height:6rem;background:var(--soft)}"
    "rect{fill:var(--bad)}"
    ".wide{overflow-x:auto}"
    "table{width:100%;border-collapse:collapse}"
    "th,td{padding:.25rem .75rem .25rem 0;text-align:left;border-bottom:1px "
    "solid var(--line);overflow-wrap:anywhere}"
    "td+td,th+th{text-align:right;font-variant-numeric:tabular-nums}"
    "</style>\n"
    "</head>\n<body>\n<main>\n";


const char *
oauth_status_state(oauth_status_state_t state)
{
    static const char  *names[OAUTH_STATUS_STATES] = {
        "none", "fresh", "failing", "expired", "file"
    };

    return names[state];
}


void
oauth_status_write_page(oauth_buf_t *buf, const oauth_status_t *status)
{
    size_t  i;

    oauth_buf_append_literal(buf, oauth_status_head);

    oauth_status_append_summary(buf, status);
    oauth_status_append_chart(buf, status);
    oauth_status_append_refusals(buf, status);

    oauth_buf_append_literal(buf, "<h2>Issuers</h2>\n");

    for (i = 0; i < status->nissuers; i++) {
        oauth_status_append_issuer(buf, &status->issuers[i]);
    }

    if (status->nissuers == 0) {
        oauth_buf_append_literal(buf, "<p>None is configured.</p>\n");
    }

    oauth_status_append_resources(buf, status);

    if (status->revocation) {
        oauth_status_append_revocation(buf, status);
    }

    if (status->bus) {
        oauth_status_bus_page(buf, status->bus);
    }

    oauth_status_append_memory(buf, status);

    oauth_buf_append_literal(buf, "</main>\n</body>\n</html>\n");
}


static void
oauth_status_append_summary(oauth_buf_t *buf, const oauth_status_t *status)
{
    oauth_buf_append_literal(buf, "<h1>OAuth status of nginx</h1>\n"
                             "<p class=\"note\">Version ");
    oauth_html_append(buf, status->version);
    oauth_buf_append_literal(buf, " of the module. Counted for ");
    oauth_html_append_time(buf, status->time - status->started);
    oauth_buf_append_literal(buf, ", by all workers together. This page loads "
                             "itself again every 10 seconds.</p>\n"
                             "<dl class=\"facts\">\n");

    oauth_html_append_fact(buf, "admitted", status->requests.admitted);
    oauth_html_append_fact(buf, "refused", status->requests.refused);
    oauth_html_append_fact(buf, "overruled", status->requests.overruled);

    if (status->requests.dry) {
        oauth_html_append_fact(buf, "let in by a dry run",
                               status->requests.dry);
    }

    oauth_html_append_fact(buf, "cache hits", status->hits);
    oauth_html_append_fact(buf, "cache misses", status->misses);

    oauth_buf_append_literal(buf, "</dl>\n");
}


static void
oauth_status_append_chart(oauth_buf_t *buf, const oauth_status_t *status)
{
    char      text[160];
    size_t    i;
    uint64_t  most, sum;
    unsigned  height;

    most = 1;
    sum = 0;

    for (i = 0; i < OAUTH_STATUS_MINUTES; i++) {
        sum += status->refused[i];

        if (status->refused[i] > most) {
            most = status->refused[i];
        }
    }

    oauth_buf_append_literal(buf, "<h2>Refusals of the last hour</h2>\n"
                             "<p class=\"note\">");
    oauth_html_append_number(buf, sum);
    oauth_buf_append_literal(buf, " in all, at most ");
    oauth_html_append_number(buf, sum ? most : 0);
    oauth_buf_append_literal(buf, " in a minute; the current minute is on the "
                             "right.</p>\n");

    (void) snprintf(text, sizeof(text), "<svg viewBox=\"0 0 %d %d\" "
                    "preserveAspectRatio=\"none\" role=\"img\" "
                    "aria-label=\"refusals in each minute\">\n",
                    OAUTH_STATUS_MINUTES * OAUTH_STATUS_BAR,
                    OAUTH_STATUS_HEIGHT);
    oauth_buf_append_text(buf, text);

    for (i = 0; i < OAUTH_STATUS_MINUTES; i++) {

        if (status->refused[i] == 0) {
            continue;
        }

        /* Even a single refusal next to a million can be seen. */

        height = 2 + (unsigned) ((double) status->refused[i] / (double) most
                                 * (OAUTH_STATUS_HEIGHT - 2));

        (void) snprintf(text, sizeof(text), "<rect x=\"%zu\" y=\"%u\" "
                        "width=\"%d\" height=\"%u\"><title>%" PRIu64 ", %zu "
                        "min ago</title></rect>\n",
                        i * OAUTH_STATUS_BAR, OAUTH_STATUS_HEIGHT - height,
                        OAUTH_STATUS_BAR - 1, height, status->refused[i],
                        OAUTH_STATUS_MINUTES - 1 - i);
        oauth_buf_append_text(buf, text);
    }

    oauth_buf_append_literal(buf, "</svg>\n");
}


/* Of requests that were refused, and of those that a dry run has let in. */

static void
oauth_status_append_refusals(oauth_buf_t *buf, const oauth_status_t *status)
{
    if (status->requests.refused) {
        oauth_buf_append_literal(buf, "<h2>Reasons</h2>\n");
        oauth_status_append_reasons(buf, status->reasons);
    }

    if (status->requests.dry) {
        oauth_buf_append_literal(buf, "<h2>Dry runs</h2>\n<p class=\"note\">"
                                 "Without <code>oauth_dry_run</code> these "
                                 "requests would have been refused.</p>\n");
        oauth_status_append_reasons(buf, status->dry_reasons);
    }
}


/* The reasons that have occurred, with what each of them means. */

static void
oauth_status_append_reasons(oauth_buf_t *buf, const uint64_t *numbers)
{
    int                         i;
    const oauth_reason_info_t  *reason;

    oauth_buf_append_literal(buf, "<div class=\"wide\"><table>\n<tr><th>reason"
                             "</th><th>requests</th></tr>\n");

    for (i = OAUTH_OK + 1; i < OAUTH_REASONS; i++) {

        if (numbers[i] == 0) {
            continue;
        }

        reason = oauth_reason_info(i);

        oauth_buf_append_literal(buf, "<tr><td><code>");
        oauth_buf_append_text(buf, reason->code);
        oauth_buf_append_literal(buf, "</code> ");
        oauth_html_append(buf, oauth_str_of(reason->sentence));
        oauth_buf_append_literal(buf, "</td><td>");
        oauth_html_append_number(buf, numbers[i]);
        oauth_buf_append_literal(buf, "</td></tr>\n");
    }

    oauth_buf_append_literal(buf, "</table></div>\n");
}


static void
oauth_status_append_issuer(oauth_buf_t *buf,
    const oauth_status_issuer_t *issuer)
{
    oauth_buf_append_literal(buf, "<section class=\"issuer\">\n<h3>");
    oauth_html_append(buf, issuer->name);
    oauth_buf_append_literal(buf, " <span class=\"state ");
    oauth_buf_append_text(buf, oauth_status_states[issuer->state].mark);
    oauth_buf_append_literal(buf, "\">");
    oauth_buf_append_text(buf, oauth_status_state(issuer->state));
    oauth_buf_append_literal(buf, "</span></h3>\n<p><code>");
    oauth_html_append(buf, issuer->issuer);
    oauth_buf_append_literal(buf, "</code></p>\n<p>");
    oauth_buf_append_text(buf, oauth_status_states[issuer->state].text);
    oauth_buf_append_literal(buf, "</p>\n");

    oauth_status_append_keys(buf, issuer);

    if (issuer->counted) {
        oauth_status_append_numbers(buf, issuer);
    }

    oauth_status_append_readiness(buf, issuer);

    oauth_buf_append_literal(buf, "</section>\n");
}


static void
oauth_status_append_keys(oauth_buf_t *buf,
    const oauth_status_issuer_t *issuer)
{
    oauth_buf_append_literal(buf, "<p>Keys: ");
    oauth_html_append_number(buf, issuer->nkeys);
    oauth_buf_append_literal(buf, " usable");

    if (issuer->nskipped) {
        oauth_buf_append_literal(buf, ", ");
        oauth_html_append_number(buf, issuer->nskipped);
        oauth_buf_append_literal(buf, " not");
    }

    if (issuer->age != OAUTH_STATUS_NEVER) {
        oauth_buf_append_literal(buf, "; fetched ");
        oauth_html_append_time(buf, issuer->age);
        oauth_buf_append_literal(buf, " ago");
    }

    if (issuer->refresh != OAUTH_STATUS_NEVER) {
        oauth_buf_append_literal(buf, "; next fetch in ");
        oauth_html_append_time(buf, issuer->refresh);
    }

    if (issuer->expiry != OAUTH_STATUS_NEVER) {
        oauth_buf_append_literal(buf, "; usable for ");
        oauth_html_append_time(buf, issuer->expiry);
    }

    oauth_buf_append_literal(buf, ".</p>\n");
}


static void
oauth_status_append_numbers(oauth_buf_t *buf,
    const oauth_status_issuer_t *issuer)
{
    if (issuer->error_age != OAUTH_STATUS_NEVER) {
        oauth_buf_append_literal(buf, "<p>Last error, ");
        oauth_html_append_time(buf, issuer->error_age);
        oauth_buf_append_literal(buf, " ago: <code>");
        oauth_html_append(buf, issuer->error);
        oauth_buf_append_literal(buf, "</code></p>\n");
    }

    oauth_buf_append_literal(buf, "<dl class=\"facts\">\n");

    oauth_html_append_fact(buf, "admitted", issuer->requests.admitted);
    oauth_html_append_fact(buf, "refused", issuer->requests.refused);
    oauth_html_append_fact(buf, "good fetches", issuer->fetched);
    oauth_html_append_fact(buf, "failed fetches", issuer->failed);
    oauth_html_append_fact(buf, "waits for keys", issuer->waits);

    if (issuer->introspects) {
        oauth_html_append_fact(buf, "questions about tokens",
                               issuer->introspection.asked);
        oauth_html_append_fact(buf, "active", issuer->introspection.active);
        oauth_html_append_fact(buf, "not active",
                               issuer->introspection.inactive);
        oauth_html_append_fact(buf, "without an answer",
                               issuer->introspection.failed);
    }

    oauth_buf_append_literal(buf, "</dl>\n");
}


static void
oauth_status_append_readiness(oauth_buf_t *buf,
    const oauth_status_issuer_t *issuer)
{
    int  i, found;

    found = 0;

    for (i = 0; i < OAUTH_READINESS_FINDINGS; i++) {

        if (!issuer->readiness.found[i]) {
            continue;
        }

        if (!found) {
            oauth_buf_append_literal(buf, "<p class=\"poor\">Agents may fail "
                                     "here:</p>\n<ul>\n");
        }

        found = 1;
        oauth_status_append_finding(buf, &issuer->readiness, i);
    }

    oauth_buf_append_text(buf, found ? "</ul>\n"
                          : issuer->checked
                            ? "<p class=\"note\">Nothing in its metadata "
                              "stands in the way of agents.</p>\n"
                            : "<p class=\"note\">Its metadata was not read, so "
                              "nothing is known about what agents will meet "
                              "there.</p>\n");
}


static void
oauth_status_append_finding(oauth_buf_t *buf,
    const oauth_readiness_t *readiness, oauth_readiness_kind_t kind)
{
    oauth_buf_t  text;

    memset(&text, 0, sizeof(oauth_buf_t));

    oauth_readiness_append(&text, readiness, kind);

    oauth_buf_append_literal(buf, "<li>");
    oauth_html_append(buf, oauth_buf_str(&text));
    oauth_buf_append_literal(buf, ". <em>Remedy: ");
    oauth_html_append(buf, oauth_str_of(oauth_readiness_info(kind)->remedy));
    oauth_buf_append_literal(buf, ".</em></li>\n");

    buf->failed |= text.failed;
    oauth_buf_free(&text);
}


static void
oauth_status_append_resources(oauth_buf_t *buf, const oauth_status_t *status)
{
    size_t                          i;
    const oauth_status_resource_t  *resource;

    if (status->nresources == 0) {
        oauth_buf_append_literal(buf, "<h2>Resources</h2>\n<p class=\"bad\">No "
                                 "location is protected: none has "
                                 "<code>oauth</code>.</p>\n");
        return;
    }

    oauth_buf_append_literal(buf, "<h2>Resources</h2>\n<div class=\"wide\">"
                             "<table>\n<tr><th>resource</th><th>admitted</th>"
                             "<th>refused</th></tr>\n");

    for (i = 0; i < status->nresources; i++) {

        resource = &status->resources[i];

        oauth_buf_append_literal(buf, "<tr><td><code>");
        oauth_html_append(buf, resource->url);
        oauth_buf_append_literal(buf, "</code></td><td>");

        if (resource->counted) {
            oauth_html_append_number(buf, resource->requests.admitted);
            oauth_buf_append_literal(buf, "</td><td>");
            oauth_html_append_number(buf, resource->requests.refused);

        } else {
            oauth_buf_append_literal(buf, "not counted</td><td>");
        }

        oauth_buf_append_literal(buf, "</td></tr>\n");
    }

    oauth_buf_append_literal(buf, "</table></div>\n");
}


static void
oauth_status_append_revocation(oauth_buf_t *buf, const oauth_status_t *status)
{
    unsigned                          kind;
    const oauth_status_revocation_t  *revocation;

    revocation = status->revocation;

    oauth_buf_append_literal(buf, "<h2>Revocations</h2>\n");

    if (!revocation->usable) {
        oauth_buf_append_literal(buf, "<p class=\"bad\">The store cannot be "
                                      "used: ");
        oauth_html_append(buf, revocation->error);
        oauth_buf_append_literal(buf, "</p>\n");
    }

    oauth_buf_append_literal(buf, "<div class=\"wide\"><table>\n"
                                  "<tr><th>Entries about</th>"
                                  "<th>Number</th></tr>\n");

    for (kind = 0; kind < OAUTH_REVOCATION_KINDS; kind++) {

        if (revocation->entries[kind] == 0) {
            continue;
        }

        oauth_buf_append_literal(buf, "<tr><td>");
        oauth_revocation_kind_write(buf, kind);
        oauth_buf_append_literal(buf, "</td><td>");
        oauth_html_append_number(buf, revocation->entries[kind]);
        oauth_buf_append_literal(buf, "</td></tr>\n");
    }

    oauth_buf_append_literal(buf, "</table></div>\n<p class=\"note\">");

    if (revocation->committed != OAUTH_STATUS_NEVER) {
        oauth_buf_append_literal(buf, "The last one was stored ");
        oauth_html_append_time(buf, revocation->committed);
        oauth_buf_append_literal(buf, " ago. ");
    }

    oauth_buf_append_literal(buf, "The store takes ");
    oauth_html_append_number(buf, revocation->used);
    oauth_buf_append_literal(buf, " of ");
    oauth_html_append_number(buf, revocation->size);
    oauth_buf_append_literal(buf, " bytes. Running responses that ended: ");
    oauth_html_append_number(buf, status->ended);
    oauth_buf_append_literal(buf, ".</p>\n");
}


static void
oauth_status_append_memory(oauth_buf_t *buf, const oauth_status_t *status)
{
    oauth_buf_append_literal(buf, "<h2>Memory</h2>\n<p>Keys take ");
    oauth_html_append_number(buf, status->zone_used / 1024);
    oauth_buf_append_literal(buf, " KB of ");
    oauth_html_append_number(buf, status->zone_size / 1024);
    oauth_buf_append_literal(buf, " KB in the shared memory. Each worker keeps "
                             "up to ");
    oauth_html_append_number(buf, status->cache);
    oauth_buf_append_literal(buf, " verified tokens.");

    if (status->replay_room) {
        oauth_buf_append_literal(buf, " The set of used DPoP proofs has ");
        oauth_html_append_number(buf, status->replay);
        oauth_buf_append_literal(buf, ", and room for ");
        oauth_html_append_number(buf, status->replay_room);
        oauth_buf_append_literal(buf, ".");
    }

    oauth_buf_append_literal(buf, "</p>\n");
}
