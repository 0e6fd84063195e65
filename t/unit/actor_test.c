
/*
 * The claim "act": which chains of actors are good, what is wrong with the
 * others, and the text of a chain.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json_copy.h"
#include "keys.h"
#include "oauth_actor.h"


#define NO_OBJECT  "act is not an object"
#define NO_SUB     "act has no sub that is a string and not empty"
#define NO_ISSUER  "iss of act is not a string"
#define TOO_DEEP   "act has more than 10 actors"


/* The claims; then the text of the chain, or what is wrong with it. */

static const struct {
    const char  *claims;
    const char  *text;
    const char  *malformed;
} actor_cases[] = {
    { "{}", "", NULL },
    { "{\"act\":null}", "", NULL },
    { "{\"may_act\":7}", "", NULL },
    { "{\"act\":{\"sub\":\"a\"},\"may_act\":[]}", "a", NULL },
    { "{\"x\":{\"act\":7}}", "", NULL },

    { "{\"act\":{\"sub\":\"a\"}}", "a", NULL },
    { "{\"act\":\"\"}", NULL, NO_OBJECT },
    { "{\"act\":\"a\"}", NULL, NO_OBJECT },
    { "{\"act\":[]}", NULL, NO_OBJECT },
    { "{\"act\":[{\"sub\":\"a\"}]}", NULL, NO_OBJECT },
    { "{\"act\":7}", NULL, NO_OBJECT },
    { "{\"act\":false}", NULL, NO_OBJECT },

    { "{\"act\":{}}", NULL, NO_SUB },
    { "{\"act\":{\"sub\":\"\"}}", NULL, NO_SUB },
    { "{\"act\":{\"sub\":null}}", NULL, NO_SUB },
    { "{\"act\":{\"sub\":7}}", NULL, NO_SUB },
    { "{\"act\":{\"sub\":[\"a\"]}}", NULL, NO_SUB },
    { "{\"act\":{\"Sub\":\"a\",\"client_id\":\"a\"}}", NULL, NO_SUB },
    { "{\"act.sub\":\"a\",\"act\":{}}", NULL, NO_SUB },

    { "{\"act\":{\"sub\":\"a\",\"iss\":\"https://as.example\"}}", "a", NULL },
    { "{\"act\":{\"sub\":\"a\",\"iss\":null}}", "a", NULL },
    { "{\"act\":{\"sub\":\"a\",\"iss\":\"\"}}", "a", NULL },
    { "{\"act\":{\"sub\":\"a\",\"iss\":[]}}", "a", NULL },
    { "{\"act\":{\"sub\":\"a\",\"iss\":[\"https://as.example\"]}}", NULL,
      NO_ISSUER },
    { "{\"act\":{\"sub\":\"a\",\"iss\":7}}", NULL, NO_ISSUER },
    { "{\"act\":{\"sub\":\"a\",\"iss\":{}}}", NULL, NO_ISSUER },

    { "{\"act\":{\"sub\":\"a\",\"act\":{\"sub\":\"b\"}}}", "a,b", NULL },
    { "{\"act\":{\"act\":{\"sub\":\"b\",\"act\":null},\"sub\":\"a\"}}", "a,b",
      NULL },
    { "{\"act\":{\"sub\":\"a\",\"act\":{\"sub\":\"a\"}}}", "a,a", NULL },
    { "{\"act\":{\"sub\":\"a,b\",\"act\":{\"sub\":\"5%\"}}}", "a%2Cb,5%25",
      NULL },
    { "{\"act\":{\"sub\":\"\\u00fc \",\"act\":{\"sub\":\" \"}}}",
      "\xc3\xbc , ", NULL },
    { "{\"act\":{\"sub\":\"a\",\"act\":\"b\"}}", NULL, NO_OBJECT },
    { "{\"act\":{\"sub\":\"a\",\"act\":{}}}", NULL, NO_SUB },
    { "{\"act\":{\"act\":{\"sub\":\"b\"}}}", NULL, NO_SUB },
    { "{\"act\":{\"sub\":\"a\",\"act\":{\"sub\":\"b\",\"iss\":1}}}", NULL,
      NO_ISSUER }
};


static void
actor_forms(void **state)
{
    int           rc;
    size_t        i;
    json_copy_t   copy;
    const char   *malformed, *expected;
    oauth_buf_t   buf;

    (void) state;

    for (i = 0; i < sizeof(actor_cases) / sizeof(actor_cases[0]); i++) {

        json_copy_parse(&copy, keys_str(actor_cases[i].claims));
        assert_non_null(copy.root);

        malformed = oauth_actor_verify(copy.root);
        expected = actor_cases[i].malformed;

        if (strcmp(malformed ? malformed : "", expected ? expected : "")) {
            fail_msg("%s: %s", actor_cases[i].claims,
                     malformed ? malformed : "accepted");
        }

        if (malformed == NULL) {
            memset(&buf, 0, sizeof(oauth_buf_t));

            rc = oauth_actor_write(copy.root, &buf);

            if (rc != 0
                || !oauth_str_equal(oauth_buf_str(&buf),
                                    oauth_str_of(actor_cases[i].text)))
            {
                fail_msg("%s: %d, \"%.*s\"", actor_cases[i].claims, rc,
                         (int) buf.len, (const char *) buf.data);
            }

            oauth_buf_free(&buf);
        }

        json_copy_free(&copy);
    }
}


/* A chain of n actors; what follows the last one is its own act. */

static void
actor_append(oauth_buf_t *buf, size_t n, const char *last)
{
    size_t  i;

    oauth_buf_append_literal(buf, "{");

    for (i = 0; i < n; i++) {
        oauth_buf_append_literal(buf, "\"act\":{\"sub\":\"a\",");
    }

    oauth_buf_append_literal(buf, "\"act\":");
    oauth_buf_append_text(buf, last);

    for (i = 0; i < n + 1; i++) {
        oauth_buf_append_literal(buf, "}");
    }
}


static void
actor_depth(void **state)
{
    size_t        i;
    json_copy_t   copy;
    const char   *malformed;
    oauth_buf_t   text, chain;

    static const struct {
        size_t       n;
        const char  *last;
        const char  *malformed;
    } cases[] = {
        { 10, "null", NULL },
        { 11, "null", TOO_DEEP },
        { 10, "7", TOO_DEEP },
        { 9, "7", NO_OBJECT },
        { 30, "null", TOO_DEEP }
    };

    (void) state;

    memset(&text, 0, sizeof(oauth_buf_t));
    memset(&chain, 0, sizeof(oauth_buf_t));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        text.len = 0;
        actor_append(&text, cases[i].n, cases[i].last);
        json_copy_parse(&copy, oauth_buf_str(&text));
        assert_non_null(copy.root);

        malformed = oauth_actor_verify(copy.root);

        if (cases[i].malformed) {
            assert_string_equal(malformed, cases[i].malformed);

        } else {
            assert_null(malformed);
            assert_int_equal(oauth_actor_write(copy.root, &chain), 0);
            assert_true(oauth_str_equal(oauth_buf_str(&chain),
                                        oauth_str("a,a,a,a,a,a,a,a,a,a")));
        }

        json_copy_free(&copy);
    }

    oauth_buf_free(&text);
    oauth_buf_free(&chain);
}


/* The text is appended, or what was in the buffer stays as it was. */

static void
actor_text(void **state)
{
    json_copy_t  copy;
    oauth_buf_t  buf;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&buf, "x");

    json_copy_parse(&copy, oauth_str("{\"act\":{\"sub\":\"a\",\"act\":"
                                     "{\"sub\":\"b\\u0085\"}}}"));
    assert_null(oauth_actor_verify(copy.root));
    assert_int_equal(oauth_actor_write(copy.root, &buf), -1);
    assert_false(buf.failed);
    assert_true(oauth_str_equal(oauth_buf_str(&buf), oauth_str("x")));
    json_copy_free(&copy);

    json_copy_parse(&copy, oauth_str("{\"act\":{\"sub\":\"a\"}}"));
    assert_int_equal(oauth_actor_write(copy.root, &buf), 0);
    assert_true(oauth_str_equal(oauth_buf_str(&buf), oauth_str("xa")));

    buf.failed = 1;
    assert_int_equal(oauth_actor_write(copy.root, &buf), -1);
    assert_int_equal(buf.len, 2);

    oauth_buf_free(&buf);
    buf.failed = 1;
    assert_int_equal(oauth_actor_write(copy.root, &buf), -1);
    oauth_buf_free(&buf);

    assert_null(oauth_actor_of(NULL));
    assert_ptr_equal(oauth_actor_of(copy.root), copy.root + 2);
    json_copy_free(&copy);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(actor_forms),
        cmocka_unit_test(actor_depth),
        cmocka_unit_test(actor_text)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
