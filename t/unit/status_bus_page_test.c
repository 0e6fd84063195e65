
/*
 * The bus on the page of the status: what it shows, and that names and errors
 * stay text.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "status_bus_fixture.h"


static void
status_bus_page_parts(void **state)
{
    char    *text;
    size_t   i;

    static const char  *parts[] = {
        "Node <code>0a1b2c3d</code> <span class=\"state good\">online</span>",
        "This node is in sync: ",
        "<p>Silent for 1.250 s; lag 0.125 s; read up to <code>"
            "1795747200123-7</code>; clock +5 s; by the worker 4711.</p>",
        "<p>Last error, 2 hours ago: <code>it said &lt;&quot;no&quot;&gt;"
            "</code></p>",
        "<dt>unsent entries</dt><dd>71</dd>", "<dt>sent</dt><dd>73</dd>",
        "<dt>received</dt><dd>74</dd>", "<dt>bad records</dt><dd>75</dd>",
        "<dt>comparisons</dt><dd>76</dd>", "<dt>losses</dt><dd>77</dd>",
        "<dt>connects</dt><dd>78</dd>",
        "<tr><td>web-2</td><td><code>00c0ffee</code></td><td>1.500 s ago</td>"
            "<td>-3 s</td></tr>",
        "<tr><td>q&quot;\\&lt;b&gt;</td><td><code>deadbeef</code></td>"
            "<td>2 hours ago</td><td>+4 s</td></tr>"
    };

    (void) state;

    text = status_bus_text(oauth_status_bus_page);

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        status_assert_has(text, parts[i]);
    }

    status_assert_lacks(text, "attention");
    status_assert_lacks(text, "<b>");
    free(text);
}


static void
status_bus_page_nothing(void **state)
{
    char  *text;

    (void) state;

    memset(&status_bus, 0, sizeof(oauth_status_bus_t));
    status_bus.silence = OAUTH_STATUS_NEVER;
    status_bus.lag = OAUTH_STATUS_NEVER;
    status_bus.error_age = OAUTH_STATUS_NEVER;

    text = status_bus_text(oauth_status_bus_page);

    status_assert_has(text, "<h3><span class=\"state bad\">offline</span>");
    status_assert_has(text, "<p>Not in sync since nginx was started; "
                      "clock +0 s.</p>");
    status_assert_lacks(text, "Last error");
    status_assert_lacks(text, "<table>");
    free(text);
}


static void
status_bus_page_findings(void **state)
{
    char  *text;

    (void) state;

    status_bus.silence = 125 * 1000;
    status_peers[1].skew = 75;

    text = status_bus_text(oauth_status_bus_page);

    status_assert_has(text, "Silent for 2 minutes");
    status_assert_has(text, "<p class=\"poor\">This needs attention:</p>\n<ul>"
                      "\n<li>this node does not know what other nodes have "
                      "revoked (for 125 s). <em>Remedy: look at the last "
                      "error, ");
    status_assert_has(text, "</em></li>\n<li>the clock of another node differs "
                      "from that of the bus by more than a minute (q&quot;\\"
                      "&lt;b&gt; 75 s). <em>Remedy: have all nodes set by NTP."
                      "</em></li>\n</ul>\n");
    free(text);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(status_bus_page_parts, status_bus_setup),
        cmocka_unit_test_setup(status_bus_page_nothing, status_bus_setup),
        cmocka_unit_test_setup(status_bus_page_findings, status_bus_setup)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
