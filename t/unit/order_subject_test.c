
/*
 * Subject identifiers: those of RFC 9493 that are known, complex ones, the
 * names of older drafts, and that nothing becomes broader than it was meant.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_document.h"
#include "oauth_order_subject.h"


#define USER     "\"user\":{\"format\":\"iss_sub\",\"iss\":\"i\",\"sub\":\"s\"}"
#define SESSION  "\"session\":{\"format\":\"opaque\",\"id\":\"x\"}"
#define COMPLEX  "\"format\":\"complex\","


/* Members that are NULL are absent; why NULL: it is accepted. */

typedef struct {
    const char  *why;
    const char  *text;
    const char  *issuer;
    const char  *subject;
    const char  *email;
    const char  *session;
    int          event;             /* 1: it is taken in an event only */
} subject_case_t;


static const subject_case_t  subject_cases[] = {
    { NULL, "{\"format\":\"iss_sub\",\"iss\":\"i\",\"sub\":\"s\"}", "i", "s",
      NULL, NULL, 0 },
    { NULL, "{\"format\":\"opaque\",\"id\":\"s\"}", NULL, "s", NULL, NULL, 0 },
    { NULL, "{\"email\":\"e\",\"format\":\"email\"}", NULL, NULL, "e", NULL,
      0 },

    { NULL, "{" COMPLEX USER "}", "i", "s", NULL, NULL, 1 },
    { NULL, "{" COMPLEX SESSION "}", NULL, NULL, NULL, "x", 1 },
    { NULL, "{" COMPLEX USER "," SESSION "}", "i", "s", NULL, "x", 1 },
    { NULL, "{" COMPLEX "\"user\":{\"format\":\"email\",\"email\":\"e\"}}",
      NULL, NULL, "e", NULL, 1 },
    { NULL, "{" COMPLEX "\"user\":{\"format\":\"opaque\",\"id\":\"s\"}}",
      NULL, "s", NULL, NULL, 1 },

    /* Older drafts */

    { NULL, "{\"subject_type\":\"iss-sub\",\"iss\":\"i\",\"sub\":\"s\"}", "i",
      "s", NULL, NULL, 1 },
    { NULL, "{\"subject_type\":\"iss_sub\",\"iss\":\"i\",\"sub\":\"s\"}", "i",
      "s", NULL, NULL, 1 },
    { NULL, "{\"subject_type\":\"email\",\"email\":\"e\"}", NULL, NULL, "e",
      NULL, 1 },
    { NULL, "{" COMPLEX "\"user\":{\"subject_type\":\"iss-sub\",\"iss\":\"i\","
      "\"sub\":\"s\"}}", "i", "s", NULL, NULL, 1 },

    { "is not an object", "[]", NULL, NULL, NULL, NULL, 0 },
    { "has no format", "{}", NULL, NULL, NULL, NULL, 0 },
    { "has no format", "{\"format\":7,\"id\":\"s\"}", NULL, NULL, NULL, NULL,
      0 },
    { "is not known", "{\"format\":\"Opaque\",\"id\":\"s\"}", NULL, NULL, NULL,
      NULL, 0 },
    { "is not known", "{\"format\":\"account\",\"uri\":\"acct:a@b\"}", NULL,
      NULL, NULL, NULL, 0 },
    { "is not known", "{\"format\":\"phone_number\",\"phone_number\":\"+1\"}",
      NULL, NULL, NULL, NULL, 0 },
    { "is not known", "{\"format\":\"aliases\",\"identifiers\":[{\"format\":"
      "\"opaque\",\"id\":\"s\"}]}", NULL, NULL, NULL, NULL, 0 },
    { "lacks a member", "{\"format\":\"iss_sub\",\"sub\":\"s\"}", NULL, NULL,
      NULL, NULL, 0 },
    { "lacks a member", "{\"format\":\"iss_sub\",\"iss\":\"i\"}", NULL, NULL,
      NULL, NULL, 0 },
    { "lacks a member", "{\"format\":\"iss_sub\",\"iss\":\"\",\"sub\":\"s\"}",
      NULL, NULL, NULL, NULL, 0 },
    { "lacks a member", "{\"format\":\"iss_sub\",\"iss\":\"i\",\"sub\":\"\"}",
      NULL, NULL, NULL, NULL, 0 },
    { "lacks a member", "{\"format\":\"opaque\"}", NULL, NULL, NULL, NULL, 0 },
    { "lacks a member", "{\"format\":\"opaque\",\"id\":\"\"}", NULL, NULL,
      NULL, NULL, 0 },
    { "lacks a member", "{\"format\":\"opaque\",\"id\":7}", NULL, NULL, NULL,
      NULL, 0 },
    { "lacks a member", "{\"format\":\"email\",\"email\":null}", NULL, NULL,
      NULL, NULL, 0 },
    { "has a member that", "{\"format\":\"opaque\",\"id\":\"s\",\"a\":1}",
      NULL, NULL, NULL, NULL, 0 },
    { "has a member that", "{\"format\":\"email\",\"email\":\"e\","
      "\"sub\":\"s\"}", NULL, NULL, NULL, NULL, 0 },
    { "has a member that", "{\"format\":\"iss_sub\",\"iss\":\"i\",\"sub\":"
      "\"s\",\"tenant\":\"t\"}", NULL, NULL, NULL, NULL, 0 },

    { "may have user and session", "{\"format\":\"complex\"}", NULL, NULL,
      NULL, NULL, 1 },
    { "may have user and session", "{" COMPLEX USER ",\"tenant\":{\"format\":"
      "\"opaque\",\"id\":\"t\"}}", NULL, NULL, NULL, NULL, 1 },
    { "may have user and session", "{" COMPLEX "\"device\":{\"format\":"
      "\"opaque\",\"id\":\"d\"}}", NULL, NULL, NULL, NULL, 1 },
    { "is not an object", "{" COMPLEX "\"user\":\"s\"}", NULL, NULL, NULL,
      NULL, 1 },
    { "is not known", "{" COMPLEX "\"user\":{" COMPLEX USER "}}", NULL, NULL,
      NULL, NULL, 1 },
    { "is not opaque", "{" COMPLEX "\"session\":{\"format\":\"email\","
      "\"email\":\"e\"}}", NULL, NULL, NULL, NULL, 1 },
    { "is not opaque", "{" COMPLEX "\"session\":{\"format\":\"opaque\","
      "\"id\":\"x\",\"a\":1}}", NULL, NULL, NULL, NULL, 1 },
    { "lacks a member", "{" COMPLEX "\"session\":{\"format\":\"opaque\","
      "\"id\":\"\"}}", NULL, NULL, NULL, NULL, 1 },
    { "is not an object", "{" COMPLEX USER ",\"session\":null}", NULL, NULL,
      NULL, NULL, 1 },
    { "lacks a member", "{" COMPLEX SESSION ",\"user\":{\"format\":\"opaque\","
      "\"id\":\"\"}}", NULL, NULL, NULL, NULL, 1 },
};


static void
subject_assert(oauth_str_t s, const char *expected)
{
    assert_int_equal(s.data != NULL, expected != NULL);

    if (expected) {
        assert_true(oauth_str_equal(s, oauth_str_of(expected)));
    }
}


static void
subject_read(void **state)
{
    size_t                     i;
    json_t                    *value;
    oauth_str_t                twice;
    const char                *why;
    const subject_case_t      *c;
    oauth_revocation_names_t   names;

    (void) state;

    for (i = 0; i < sizeof(subject_cases) / sizeof(subject_case_t); i++) {
        c = &subject_cases[i];

        assert_int_equal(oauth_document_parse_list(oauth_str_of(c->text), 16,
                                                   &value, &twice),
                         OAUTH_DONE);

        memset(&names, 0, sizeof(oauth_revocation_names_t));
        why = oauth_order_subject_read(value, 1, &names);

        assert_int_equal(why != NULL, c->why != NULL);

        if (why) {
            assert_non_null(strstr(why, c->why));

        } else {
            subject_assert(names.issuer, c->issuer);
            subject_assert(names.subject, c->subject);
            subject_assert(names.email, c->email);
            subject_assert(names.session, c->session);
            assert_null(names.client.data);
            assert_null(names.resource.data);
            assert_null(names.kid.data);
            assert_null(names.token.data);
        }

        memset(&names, 0, sizeof(oauth_revocation_names_t));
        why = oauth_order_subject_read(value, 0, &names);
        assert_int_equal(why != NULL, c->why || c->event);

        json_decref(value);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(subject_read)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
