
/*
 * The bus of a fleet on the page of the status.  All texts are escaped for
 * HTML; names of other nodes and errors come from elsewhere.
 */


#include <inttypes.h>
#include <stdio.h>

#include "oauth_html.h"
#include "oauth_status_bus.h"


static void oauth_status_bus_page_times(oauth_buf_t *buf,
    const oauth_status_bus_t *bus);
static void oauth_status_bus_page_seconds(oauth_buf_t *buf, int64_t msec);
static void oauth_status_bus_page_counts(oauth_buf_t *buf,
    const oauth_status_bus_t *bus);
static void oauth_status_bus_page_peers(oauth_buf_t *buf,
    const oauth_status_bus_t *bus);
static void oauth_status_bus_page_skew(oauth_buf_t *buf, int64_t skew);
static void oauth_status_bus_page_findings(oauth_buf_t *buf,
    const oauth_status_bus_t *bus);


static const struct {
    const char  *mark;
    const char  *text;
} oauth_status_bus_states[OAUTH_STATUS_BUS_STATES] = {

    [OAUTH_STATUS_BUS_OFFLINE] = { "bad",
        "There is no connection to the bus. What is revoked here is kept and "
        "sent later." },
    [OAUTH_STATUS_BUS_CATCHING_UP] = { "poor",
        "This node is not in sync yet: it reads what is on the bus, or waits "
        "until the other nodes have said that nothing is missing there." },
    [OAUTH_STATUS_BUS_ONLINE] = { "good",
        "This node is in sync: it has all that is on the bus, and no other "
        "node may have something that is missing there." }
};


void
oauth_status_bus_page(oauth_buf_t *buf, const oauth_status_bus_t *bus)
{
    oauth_buf_append_literal(buf, "<h2>Bus</h2>\n<section class=\"issuer\">\n"
                                  "<h3>");

    if (bus->node[0]) {
        oauth_buf_append_literal(buf, "Node <code>");
        oauth_buf_append_text(buf, bus->node);
        oauth_buf_append_literal(buf, "</code> ");
    }

    oauth_buf_append_literal(buf, "<span class=\"state ");
    oauth_buf_append_text(buf, oauth_status_bus_states[bus->state].mark);
    oauth_buf_append_literal(buf, "\">");
    oauth_buf_append_text(buf, oauth_status_bus_state(bus->state));
    oauth_buf_append_literal(buf, "</span></h3>\n<p>");
    oauth_buf_append_text(buf, oauth_status_bus_states[bus->state].text);
    oauth_buf_append_literal(buf, "</p>\n");

    oauth_status_bus_page_times(buf, bus);

    if (bus->error_age != OAUTH_STATUS_NEVER) {
        oauth_buf_append_literal(buf, "<p>Last error, ");
        oauth_html_append_time(buf, bus->error_age);
        oauth_buf_append_literal(buf, " ago: <code>");
        oauth_html_append(buf, bus->error);
        oauth_buf_append_literal(buf, "</code></p>\n");
    }

    oauth_status_bus_page_counts(buf, bus);
    oauth_status_bus_page_peers(buf, bus);
    oauth_status_bus_page_findings(buf, bus);

    oauth_buf_append_literal(buf, "</section>\n");
}


static void
oauth_status_bus_page_times(oauth_buf_t *buf, const oauth_status_bus_t *bus)
{
    oauth_buf_append_literal(buf, "<p>");

    if (bus->silence == OAUTH_STATUS_NEVER) {
        oauth_buf_append_literal(buf, "Not in sync since nginx was started");
    } else {
        oauth_buf_append_literal(buf, "Silent for ");
        oauth_status_bus_page_seconds(buf, bus->silence);
    }

    if (bus->lag != OAUTH_STATUS_NEVER) {
        oauth_buf_append_literal(buf, "; lag ");
        oauth_status_bus_page_seconds(buf, bus->lag);
    }

    if (bus->cursor.len) {
        oauth_buf_append_literal(buf, "; read up to <code>");
        oauth_html_append(buf, bus->cursor);
        oauth_buf_append_literal(buf, "</code>");
    }

    oauth_buf_append_literal(buf, "; clock ");
    oauth_status_bus_page_skew(buf, bus->skew);

    if (bus->leader) {
        oauth_buf_append_literal(buf, "; by the worker ");
        oauth_html_append_number(buf, bus->leader);
    }

    oauth_buf_append_literal(buf, ".</p>\n");
}


static void
oauth_status_bus_page_seconds(oauth_buf_t *buf, int64_t msec)
{
    char  text[sizeof("-9223372036854775808.000 s")];

    if (msec >= 120 * 1000) {
        oauth_html_append_time(buf, msec / 1000);
        return;
    }

    (void) snprintf(text, sizeof(text), "%" PRId64 ".%03d s", msec / 1000,
                    (int) (msec % 1000));

    oauth_buf_append_text(buf, text);
}


static void
oauth_status_bus_page_counts(oauth_buf_t *buf, const oauth_status_bus_t *bus)
{
    oauth_buf_append_literal(buf, "<dl class=\"facts\">\n");

    oauth_html_append_fact(buf, "unsent entries", bus->unsent);
    oauth_html_append_fact(buf, "sent", bus->sent);
    oauth_html_append_fact(buf, "received", bus->received);
    oauth_html_append_fact(buf, "bad records", bus->bad);
    oauth_html_append_fact(buf, "comparisons", bus->comparisons);
    oauth_html_append_fact(buf, "losses", bus->losses);
    oauth_html_append_fact(buf, "connects", bus->connects);

    oauth_buf_append_literal(buf, "</dl>\n");
}


static void
oauth_status_bus_page_peers(oauth_buf_t *buf, const oauth_status_bus_t *bus)
{
    size_t                      i;
    const oauth_status_peer_t  *peer;

    if (bus->npeers == 0) {
        return;
    }

    oauth_buf_append_literal(buf, "<div class=\"wide\"><table>\n"
                                  "<tr><th>other node</th><th>id</th>"
                                  "<th>heard</th><th>clock</th></tr>\n");

    for (i = 0; i < bus->npeers; i++) {

        peer = &bus->peers[i];

        oauth_buf_append_literal(buf, "<tr><td>");
        oauth_html_append(buf, peer->name);
        oauth_buf_append_literal(buf, "</td><td><code>");
        oauth_buf_append_text(buf, peer->node);
        oauth_buf_append_literal(buf, "</code></td><td>");
        oauth_status_bus_page_seconds(buf, peer->heard);
        oauth_buf_append_literal(buf, " ago</td><td>");
        oauth_status_bus_page_skew(buf, peer->skew);
        oauth_buf_append_literal(buf, "</td></tr>\n");
    }

    oauth_buf_append_literal(buf, "</table></div>\n");
}


static void
oauth_status_bus_page_skew(oauth_buf_t *buf, int64_t skew)
{
    char  text[sizeof("+9223372036854775807 s")];

    (void) snprintf(text, sizeof(text), "%+" PRId64 " s", skew);

    oauth_buf_append_text(buf, text);
}


static void
oauth_status_bus_page_findings(oauth_buf_t *buf, const oauth_status_bus_t *bus)
{
    int          i, found;
    oauth_buf_t  text;

    found = 0;

    for (i = 0; i < OAUTH_STATUS_BUS_FINDINGS; i++) {

        if (!oauth_status_bus_has(bus, i)) {
            continue;
        }

        oauth_buf_append_text(buf, found++ ? "<li>"
                              : "<p class=\"poor\">This needs attention:</p>\n"
                                "<ul>\n<li>");

        text = (oauth_buf_t) { 0, 0, NULL, 0 };
        oauth_status_bus_append(&text, bus, i);

        oauth_html_append(buf, oauth_buf_str(&text));
        oauth_buf_append_literal(buf, ". <em>Remedy: ");
        oauth_html_append(buf, oauth_str_of(oauth_status_bus_info(i)->remedy));
        oauth_buf_append_literal(buf, ".</em></li>\n");

        buf->failed |= text.failed;
        oauth_buf_free(&text);
    }

    if (found) {
        oauth_buf_append_literal(buf, "</ul>\n");
    }
}
