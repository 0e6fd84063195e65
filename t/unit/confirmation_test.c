
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


static void
confirmation_kinds(void **state)
{
    size_t                 i;
    char                   text[256];
    json_copy_t            json;
    oauth_str_t            hash;
    oauth_confirmation_t   found;

    static const struct {
        const char                 *text;
        oauth_confirmation_kind_t   kind;
        int                         usable;
    } cases[] = {
        { "{\"jkt\":\"" HASH "\"}", OAUTH_CONFIRMATION_JKT, 1 },
        { "{\"x5t#S256\":\"" HASH "\"}", OAUTH_CONFIRMATION_X5T, 1 },

        { "{\"jkt\":\"" HASH "A\"}", OAUTH_CONFIRMATION_JKT, 0 },
        { "{\"jkt\":\"" HASH "=\"}", OAUTH_CONFIRMATION_JKT, 0 },
        { "{\"jkt\":\"x\"}", OAUTH_CONFIRMATION_JKT, 0 },
        { "{\"jkt\":\"\"}", OAUTH_CONFIRMATION_JKT, 0 },
        { "{\"jkt\":null}", OAUTH_CONFIRMATION_JKT, 0 },
        { "{\"jkt\":[\"" HASH "\"]}", OAUTH_CONFIRMATION_JKT, 0 },

        /* unused bits of the last character are set; another alphabet */

        { "{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4J\"}",
          OAUTH_CONFIRMATION_JKT, 0 },
        { "{\"x5t#S256\":\"0ZcOCORZNYy+DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}",
          OAUTH_CONFIRMATION_X5T, 0 },

        /* more than one key */

        { "{\"jkt\":\"" HASH "\",\"x5t#S256\":\"" HASH "\"}",
          OAUTH_CONFIRMATION_JKT, 0 },
        { "{\"x5t#S256\":\"" HASH "\",\"kid\":\"a\"}",
          OAUTH_CONFIRMATION_X5T, 0 },

        { "{\"jwk\":{}}", OAUTH_CONFIRMATION_OTHER, 0 },
        { "{\"x5t\":\"" HASH "\"}", OAUTH_CONFIRMATION_OTHER, 0 },
        { "{}", OAUTH_CONFIRMATION_OTHER, 0 },
        { "null", OAUTH_CONFIRMATION_OTHER, 0 },
        { "\"" HASH "\"", OAUTH_CONFIRMATION_OTHER, 0 },
        { "[\"jkt\"]", OAUTH_CONFIRMATION_OTHER, 0 },
        { "false", OAUTH_CONFIRMATION_OTHER, 0 }
    };

    (void) state;

    hash = oauth_str(HASH);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        snprintf(text, sizeof(text), "{\"cnf\":%s}", cases[i].text);

        json_copy_parse(&json, oauth_str_of(text));
        assert_non_null(json.root);

        found = oauth_confirmation_parse(json.root + 2);

        if (found.kind != cases[i].kind
            || (found.thumbprint.data != NULL) != cases[i].usable)
        {
            fail_msg("%s: kind %d, %d bytes", cases[i].text, found.kind,
                     (int) found.thumbprint.len);
        }

        if (cases[i].usable) {
            assert_true(oauth_str_equal(found.thumbprint, hash));

        } else {
            assert_int_equal(found.thumbprint.len, 0);
        }

        json_copy_free(&json);
    }

    found = oauth_confirmation_parse(NULL);

    assert_int_equal(found.kind, OAUTH_CONFIRMATION_NONE);
    assert_null(found.thumbprint.data);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(confirmation_kinds)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
