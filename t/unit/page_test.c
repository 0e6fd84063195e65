
/*
 * The refusal as an HTML page.  For every reason the page is complete and its
 * tags are closed.  It loads nothing and runs nothing, its style sheet is the
 * one that its content security policy allows, and text from outside stays
 * text.
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

#include "oauth_page.h"


#define RESOURCE  "https://wiki.example.com/docs?a=b&c='d'"
#define METADATA  "https://wiki.example.com/.well-known/"                     \
                  "oauth-protected-resource/docs?a=b&c='d'"
#define HELP      "https://wiki.example.com/help"
#define DEPTH     10


static oauth_challenge_t
page_challenge(oauth_reason_t reason)
{
    oauth_challenge_t  challenge;

    memset(&challenge, 0, sizeof(oauth_challenge_t));

    challenge.reason = oauth_reason_info(reason);
    challenge.resource = oauth_str(RESOURCE);
    challenge.metadata = oauth_str(METADATA);
    challenge.scope = oauth_str("wiki:read <wiki:write>");
    challenge.issuer = oauth_str("https://login.example.com");
    challenge.documentation = oauth_str(HELP);

    return challenge;
}


/* Returns the whole page as a string in its own memory. */

static char *
page_write(const oauth_challenge_t *challenge, unsigned status)
{
    char         *text;
    oauth_buf_t   buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_page_write_reason(&buf, challenge->reason, status);
    oauth_page_write_resource(&buf, challenge);
    oauth_buf_append(&buf, "", 1);

    assert_int_equal(buf.failed, 0);

    text = strdup((char *) buf.data);
    assert_non_null(text);
    assert_int_equal(strlen(text), buf.len - 1);

    oauth_buf_free(&buf);

    return text;
}


static void
page_assert_has(const char *page, const char *text)
{
    if (strstr(page, text) == NULL) {
        fail_msg("no \"%s\" in %s", text, page);
    }
}


static void
page_assert_lacks(const char *page, const char *text)
{
    if (strstr(page, text) != NULL) {
        fail_msg("\"%s\" in %s", text, page);
    }
}


/* Every tag is closed, in order, except for meta and the doctype. */

static void
page_assert_balanced(const char *page)
{
    size_t       n, len;
    const char  *p, *open[DEPTH];

    n = 0;

    for (p = strchr(page, '<'); p; p = strchr(p, '<')) {

        p++;

        if (strncmp(p, "!DOCTYPE", 8) == 0 || strncmp(p, "meta ", 5) == 0) {
            continue;
        }

        if (*p != '/') {
            assert_true(n < DEPTH);
            open[n++] = p;
            continue;
        }

        p++;
        len = strcspn(p, ">");

        assert_true(n > 0);
        n--;

        if (strncmp(open[n], p, len) != 0
            || strchr("> ", open[n][len]) == NULL)
        {
            fail_msg("</%.*s> closes <%.10s", (int) len, p, open[n]);
        }
    }

    assert_int_equal(n, 0);
}


static void
page_every_reason(void **state)
{
    size_t             i, k;
    char              *page;
    oauth_challenge_t  challenge;

    static const char *const  lacks[] = {
        "script", "src=", "<link", "<img", "<form", "url(", "@import",
        "<wiki", "c='", "&c=", "(null)", "<p></p>", ".."
    };

    (void) state;

    for (i = 0; i < OAUTH_REASONS; i++) {

        challenge = page_challenge((oauth_reason_t) i);
        page = page_write(&challenge, 400 + (unsigned) i);

        page_assert_balanced(page);

        assert_int_equal(strncmp(page, "<!DOCTYPE html>\n<html lang=\"en\">",
                                 31), 0);
        page_assert_has(page, "<meta charset=\"utf-8\">");
        page_assert_has(page, "<title>4");
        page_assert_has(page, "<h1>");
        page_assert_has(page, "What you can do");
        page_assert_has(page, "docs?a=b&amp;c=&#39;d&#39;");
        page_assert_has(page, "<a href=\"" HELP "\">" HELP "</a>");
        page_assert_has(page, "</html>\n");

        for (k = 0; k < sizeof(lacks) / sizeof(lacks[0]); k++) {
            page_assert_lacks(page, lacks[k]);
        }

        /* The reason is told where another token or URL would help. */

        if (challenge.reason->answer == OAUTH_ANSWER_TOKEN
            || challenge.reason->answer == OAUTH_ANSWER_PROOF
            || challenge.reason->answer == OAUTH_ANSWER_SCOPE
            || challenge.reason->answer == OAUTH_ANSWER_URI)
        {
            page_assert_has(page, challenge.reason->description);

        } else {
            page_assert_lacks(page, challenge.reason->description);
        }

        free(page);
    }
}


/* What the page of each kind of refusal says, and what it does not say. */

static void
page_kinds(void **state)
{
    char              *page;
    oauth_challenge_t  challenge;

    (void) state;

    challenge = page_challenge(OAUTH_NO_TOKEN);
    page = page_write(&challenge, 401);
    page_assert_has(page, "<title>401 This address needs an access token<");
    page_assert_has(page, "give it this address");
    page_assert_has(page, "wiki:read &lt;wiki:write&gt;");
    page_assert_has(page, "https://login.example.com");
    page_assert_has(page, "<a href=\"https://wiki.example.com/.well-known/");
    free(page);

    challenge = page_challenge(OAUTH_EXPIRED);
    page = page_write(&challenge, 401);
    page_assert_has(page, challenge.reason->description);
    page_assert_has(page, "give it this address");
    free(page);

    challenge = page_challenge(OAUTH_PROOF_REPLAYED);
    page = page_write(&challenge, 401);
    page_assert_has(page, challenge.reason->description);
    page_assert_has(page, "is bound to a key");
    page_assert_has(page, "give it this address");
    free(page);

    challenge = page_challenge(OAUTH_INSUFFICIENT_AUTHENTICATION);
    page = page_write(&challenge, 401);
    page_assert_has(page, "<title>401 You have to sign in again<");
    page_assert_has(page, "to the sign-in page again");
    page_assert_has(page, "wiki:read");
    page_assert_lacks(page, "give it this address");
    page_assert_lacks(page, "acr_values");
    page_assert_lacks(page, "max_age");
    free(page);

    challenge.acr_values = oauth_str("gold <phr>");
    challenge.max_age = 300;
    page = page_write(&challenge, 401);
    page_assert_has(page, "<dt>Kind of sign-in (acr_values)</dt>"
                          "<dd>gold &lt;phr&gt;</dd>");
    page_assert_has(page, "<dt>Time of the sign-in (max_age)</dt>"
                          "<dd>at most 300 seconds ago</dd>");
    free(page);

    challenge = page_challenge(OAUTH_INSUFFICIENT_SCOPE);
    page = page_write(&challenge, 401);
    page_assert_has(page, "with the scope below");
    page_assert_has(page, "wiki:read");
    page_assert_lacks(page, "give it this address");
    free(page);

    challenge = page_challenge(OAUTH_REQUIREMENT_NOT_MET);
    page = page_write(&challenge, 401);
    page_assert_has(page, "Signing in again does not change that");
    page_assert_lacks(page, "wiki:read");
    page_assert_lacks(page, ".well-known");
    free(page);

    challenge = page_challenge(OAUTH_KEYS_UNAVAILABLE);
    page = page_write(&challenge, 401);
    page_assert_has(page, "reload the page");
    page_assert_lacks(page, "wiki:read");
    page_assert_lacks(page, "token was refused");
    free(page);
}


static void
page_escapes(void **state)
{
    char              *page;
    oauth_challenge_t  challenge;

    (void) state;

    challenge = page_challenge(OAUTH_NO_TOKEN);

    challenge.resource = oauth_str("</dd><script>alert(1)</script>\r\n\t\x7f"
                                    "\xc2\x85\xc2<\xc2\xa0");
    challenge.documentation = oauth_str("javascript:alert(1)");
    challenge.metadata = oauth_str("https://h/\" onclick=\"x");
    challenge.issuer = oauth_str("&lt;");
    challenge.scope.len = 0;

    page = page_write(&challenge, 401);

    page_assert_balanced(page);
    page_assert_has(page, "&lt;/dd&gt;&lt;script&gt;alert(1)&lt;/script&gt;"
                          "\xc2&lt;\xc2\xa0<");
    page_assert_has(page, "<dd>javascript:alert(1)</dd>");
    page_assert_has(page, "<dd>https://h/&quot; onclick=&quot;x</dd>");
    page_assert_has(page, "<dd>&amp;lt;</dd>");
    page_assert_lacks(page, "href");
    page_assert_lacks(page, "<dt>Scope");
    page_assert_lacks(page, "\x7f");
    page_assert_lacks(page, "\r");

    free(page);
}


/* The hash in the policy is that of the style sheet. */

static void
page_policy(void **state)
{
    char              *page, *start, *end, policy[200];
    unsigned           len;
    unsigned char      digest[EVP_MAX_MD_SIZE], text[100];
    oauth_challenge_t  challenge;

    (void) state;

    challenge = page_challenge(OAUTH_NO_TOKEN);
    page = page_write(&challenge, 401);

    start = strstr(page, "<style>");
    assert_non_null(start);
    start += strlen("<style>");

    end = strstr(start, "</style>");
    assert_non_null(end);

    assert_int_equal(EVP_Digest(start, (size_t) (end - start), digest, &len,
                                EVP_sha256(), NULL), 1);

    EVP_EncodeBlock(text, digest, (int) len);
    (void) snprintf(policy, sizeof(policy), "; style-src 'sha256-%s'; ", text);

    page_assert_has(OAUTH_PAGE_POLICY, policy);
    page_assert_lacks(OAUTH_PAGE_POLICY, "unsafe");
    page_assert_lacks(page, " style=");

    free(page);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(page_every_reason),
        cmocka_unit_test(page_kinds),
        cmocka_unit_test(page_escapes),
        cmocka_unit_test(page_policy)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
