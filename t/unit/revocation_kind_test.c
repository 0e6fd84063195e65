
/*
 * The names of the kinds of revocations: of each bit, of several, of none, and
 * no name twice.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_revocation_kind.h"


static void
revocation_kind_names(void **state)
{
    size_t       i;
    oauth_buf_t  buf;

    static const struct {
        unsigned     kind;
        const char  *name;
    } cases[] = {
        { 0, "issuer" },
        { OAUTH_REVOCATION_SUBJECT, "subject" },
        { OAUTH_REVOCATION_CLIENT, "client_id" },
        { OAUTH_REVOCATION_SESSION, "session" },
        { OAUTH_REVOCATION_RESOURCE, "resource" },
        { OAUTH_REVOCATION_KID, "key_id" },
        { OAUTH_REVOCATION_EMAIL, "email" },
        { OAUTH_REVOCATION_TOKEN, "token_id" },
        { OAUTH_REVOCATION_SUBJECT | OAUTH_REVOCATION_CLIENT,
          "subject+client_id" },
        { OAUTH_REVOCATION_KINDS - 1,
          "subject+client_id+session+resource+key_id+email+token_id" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        memset(&buf, 0, sizeof(oauth_buf_t));

        oauth_revocation_kind_write(&buf, cases[i].kind);

        assert_int_equal(buf.failed, 0);
        assert_int_equal(buf.len, strlen(cases[i].name));
        assert_memory_equal(buf.data, cases[i].name, buf.len);

        oauth_buf_free(&buf);
    }
}


static void
revocation_kind_differ(void **state)
{
    size_t       a, b;
    oauth_buf_t  names[OAUTH_REVOCATION_KINDS];

    (void) state;

    memset(names, 0, sizeof(names));

    for (a = 0; a < OAUTH_REVOCATION_KINDS; a++) {

        oauth_revocation_kind_write(&names[a], (unsigned) a);

        for (b = 0; b < a; b++) {
            assert_false(oauth_str_equal(oauth_buf_str(&names[a]),
                                         oauth_buf_str(&names[b])));
        }
    }

    for (a = 0; a < OAUTH_REVOCATION_KINDS; a++) {
        oauth_buf_free(&names[a]);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(revocation_kind_names),
        cmocka_unit_test(revocation_kind_differ)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
