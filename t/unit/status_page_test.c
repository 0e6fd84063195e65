
/*
 * The status as a page: the numbers in words, text from outside stays text, and
 * the style is the one that its content security policy allows.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "status_fixture.h"


static void
status_page_parts(void **state)
{
    char    *text;
    size_t   i;

    static const char  *parts[] = {
        "Version 0.2.0 of the module. Counted for 5 days, ",
        "<dt>admitted</dt><dd>901</dd>", "<dt>refused</dt><dd>902</dd>",
        "<dt>cache hits</dt><dd>31</dd>",
        "55 in all, at most 44 in a minute",
        "<rect x=\"0\" y=\"59\" width=\"7\" height=\"21\">"
        "<title>11, 59 min ago",
        "<rect x=\"472\" y=\"0\" width=\"7\" height=\"80\">"
        "<title>44, 0 min ago",
        "<code>no_token</code> request has no access token</td>"
        "<td>5001</td>",
        "<dt>let in by a dry run</dt><dd>904</dd>",
        "<h2>Dry runs</h2>",
        "<code>no_token</code> request has no access token</td>"
        "<td>6001</td>",
        "<h3>corp <span class=\"state poor\">failing</span></h3>",
        "Keys: 3 usable, 1 not; fetched 2 minutes ago; next fetch in 41 s; "
        "usable for 23 hours.",
        "Last error, 2 hours ago: <code>it said &lt;&quot;no&quot;&gt;</code>",
        "<dt>failed fetches</dt><dd>22</dd>", "(a &lt;b&gt;). <em>Remedy: ",
        "https://other.example.com/&lt;x&gt;",
        "<span class=\"state bad\">none</span>",
        "Its metadata was not read",
        "<code>https://wiki.example.com</code></td><td>801</td><td>802</td>",
        "<code>https://uncounted.example.com</code></td><td>not counted",
        "<p class=\"bad\">The store cannot be used: &lt;full&gt;</p>",
        "<td>subject</td><td>61</td>",
        "<td>subject+client_id</td><td>62</td>",
        "The last one was stored 67 s ago. The store takes 65536 of "
        "1073741824 bytes. Running responses that ended: 33.",
        "Keys take 2 KB of 3072 KB",
        "The set of used DPoP proofs has 34, and room for 419424."
    };

    (void) state;

    text = status_text(oauth_status_write_page);

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        status_assert_has(text, parts[i]);
    }

    status_assert_lacks(text, "<x>");
    status_assert_lacks(text, "<b>");
    status_assert_lacks(text, "<script");
    status_assert_lacks(text, "style=");
    status_assert_lacks(text, "\"no\"");

    free(text);
}


/* Without refusals, issuers and resources. */

static void
status_page_empty(void **state)
{
    char  *text;

    (void) state;

    memset(&status_full, 0, sizeof(oauth_status_t));

    text = status_text(oauth_status_write_page);
    status_assert_has(text, "<p>None is configured.</p>");
    status_assert_has(text, "No location is protected");
    status_assert_has(text, "0 in all, at most 0 in a minute");
    status_assert_lacks(text, "<h2>Revocations</h2>");
    status_assert_lacks(text, "<h2>Reasons</h2>");
    status_assert_lacks(text, "<h2>Dry runs</h2>");
    status_assert_lacks(text, "dry run");
    status_assert_lacks(text, "DPoP");
    status_assert_lacks(text, "<rect ");

    free(text);
}


/* The hash in the policy is that of the style sheet. */

static void
status_page_policy(void **state)
{
    char            *page, *start, *end, policy[200];
    unsigned char    digest[32], text[64];
    unsigned         len;

    (void) state;

    page = status_text(oauth_status_write_page);

    start = strstr(page, "<style>") + sizeof("<style>") - 1;
    end = strstr(start, "</style>");

    assert_int_equal(EVP_Digest(start, (size_t) (end - start), digest, &len,
                                EVP_sha256(), NULL), 1);
    (void) EVP_EncodeBlock(text, digest, (int) len);

    (void) snprintf(policy, sizeof(policy), "; style-src 'sha256-%s'; ", text);

    status_assert_has(OAUTH_STATUS_POLICY, policy);
    status_assert_lacks(OAUTH_STATUS_POLICY, "unsafe");

    free(page);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(status_page_parts, status_setup,
                                        status_teardown),
        cmocka_unit_test_setup_teardown(status_page_empty, status_setup,
                                        status_teardown),
        cmocka_unit_test_setup_teardown(status_page_policy, status_setup,
                                        status_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
