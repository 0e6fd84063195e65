
/*
 * The claim "cnf": what binds, to what, and when its thumbprint can be used.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "json_copy.h"
#include "oauth_confirmation.h"


#define HASH  "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


/* What the claim names: a key, a certificate, both, something unknown. */

static void
confirmation_kinds(void **state)
{
    size_t                 i;
    char                   text[256];
    json_copy_t            json;
    oauth_str_t            hash;
    oauth_confirmation_t   found;

    static const struct {
        const char  *text;
        int          jkt;
        int          x5t;
        int          unknown;
    } cases[] = {
        { "{\"jkt\":\"" HASH "\"}", 1, 0, 0 },
        { "{\"x5t#S256\":\"" HASH "\"}", 0, 1, 0 },

        { "{\"jkt\":\"" HASH "A\"}", 0, 0, 1 },
        { "{\"jkt\":\"" HASH "=\"}", 0, 0, 1 },
        { "{\"jkt\":\"x\"}", 0, 0, 1 },
        { "{\"jkt\":\"\"}", 0, 0, 1 },
        { "{\"jkt\":null}", 0, 0, 1 },
        { "{\"jkt\":[\"" HASH "\"]}", 0, 0, 1 },

        /* unused bits of the last character are set; another alphabet */

        { "{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4J\"}",
          0, 0, 1 },
        { "{\"x5t#S256\":\"0ZcOCORZNYy+DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}",
          0, 0, 1 },

        /* more than one member: both of these, or one that is not known */

        { "{\"jkt\":\"" HASH "\",\"x5t#S256\":\"" HASH "\"}", 1, 1, 0 },
        { "{\"jkt\":\"x\",\"x5t#S256\":\"" HASH "\"}", 0, 1, 1 },
        { "{\"x5t#S256\":\"" HASH "\",\"kid\":\"a\"}", 0, 1, 1 },
        { "{\"jkt\":\"" HASH "\",\"x5t#S256\":\"" HASH "\",\"kid\":\"a\"}",
          1, 1, 1 },

        { "{\"jwk\":{}}", 0, 0, 1 },
        { "{\"x5t\":\"" HASH "\"}", 0, 0, 1 },
        { "{}", 0, 0, 1 },
        { "null", 0, 0, 1 },
        { "\"" HASH "\"", 0, 0, 1 },
        { "[\"jkt\"]", 0, 0, 1 },
        { "false", 0, 0, 1 }
    };

    (void) state;

    hash = oauth_str(HASH);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        snprintf(text, sizeof(text), "{\"cnf\":%s}", cases[i].text);

        json_copy_parse(&json, oauth_str_of(text));
        assert_non_null(json.root);

        found = oauth_confirmation_parse(json.root + 2);

        if (!found.bound
            || found.unknown != cases[i].unknown
            || !oauth_str_equal(found.jkt, cases[i].jkt ? hash
                                                        : oauth_str(""))
            || !oauth_str_equal(found.x5t, cases[i].x5t ? hash
                                                        : oauth_str("")))
        {
            fail_msg("%s: bound %d, unknown %d, jkt %d bytes, x5t %d bytes",
                     cases[i].text, found.bound, found.unknown,
                     (int) found.jkt.len, (int) found.x5t.len);
        }

        assert_int_equal(found.jkt.data != NULL, cases[i].jkt);
        assert_int_equal(found.x5t.data != NULL, cases[i].x5t);

        json_copy_free(&json);
    }

    found = oauth_confirmation_parse(NULL);

    assert_false(found.bound);
    assert_false(found.unknown);
    assert_null(found.jkt.data);
    assert_null(found.x5t.data);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(confirmation_kinds)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
