
/*
 * Texts of a token: the actors, encoded claims, and all claims, as the token
 * keeps them, and as they are when they are needed later.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "oauth_base64url.h"
#include "oauth_token_text.h"
#include "token_fixture.h"


/* A token keeps the actor and the chain, unless act is null. */

static void
text_actors(void **state)
{
    oauth_buf_t     buf;
    oauth_token_t  *token;

    (void) state;

    token = token_new("{" PAYLOAD ",\"act\":null,\"act.sub\":\"a\"}");

    assert_null(token->claims[TOKEN_ACTOR].text.data);
    assert_int_equal(token->claims[TOKEN_ACTOR].nmembers, 0);
    assert_null(token->claims[TOKEN_ACTORS].text.data);
    assert_false(token->claims[TOKEN_ACTORS].field);

    oauth_token_free(token);

    token = token_new("{" PAYLOAD ",\"act\":{\"sub\":\"a,b\",\"act\":"
                      "{\"sub\":\"c\"}},\"act.sub\":\"d\"}");

    token_assert_str(token->claims[TOKEN_ACTOR].text, "a,b");
    assert_int_equal(token->claims[TOKEN_ACTOR].nmembers, 1);
    token_assert_str(token->claims[TOKEN_ACTOR].members[0], "a,b");
    token_assert_str(token->claims[TOKEN_ACTORS].text, "a%2Cb,c");
    assert_true(token->claims[TOKEN_ACTORS].field);

    /* The same, if it is needed later. */

    memset(&buf, 0, sizeof(oauth_buf_t));
    assert_int_equal(oauth_token_selected(token,
                                          &token_selected[TOKEN_ACTORS], &buf),
                     0);
    token_assert_str(oauth_buf_str(&buf), "a%2Cb,c");

    oauth_buf_free(&buf);
    oauth_token_free(token);
}


/* Encoded texts have what header fields cannot carry as it is. */

static void
text_encodings(void **state)
{
    char                        payload[256];
    size_t                      i;
    oauth_buf_t                 buf;
    oauth_token_t              *token;
    const oauth_token_claim_t  *percent, *base64url;

    static const struct {
        const char  *json;
        const char  *percent;
        const char  *base64url;
    } cases[] = {
        { "\"admin\"", "admin", "YWRtaW4" },
        { "\" a\"", "%20a", "IGE" },
        { "\"a\\nb\"", "a%0Ab", "YQpi" },
        { "\"\\u0085\"", "%C2%85", "woU" },
        { "[\"a,b\",\"c\"]", "a%252Cb%2Cc", "YSUyQ2IsYw" },
        { "{\"a\":1}", "%7B%22a%22%3A1%7D", "eyJhIjoxfQ" },
        { "\"\"", "", "" },
        { "null", "", "" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        snprintf(payload, sizeof(payload), "{" PAYLOAD ",\"groups\":%s}",
                 cases[i].json);
        token = token_new(payload);
        percent = &token->claims[TOKEN_PERCENT];
        base64url = &token->claims[TOKEN_BASE64URL];

        token_assert_str(percent->text, cases[i].percent);
        token_assert_str(base64url->text, cases[i].base64url);
        assert_int_equal(percent->field, percent->text.len > 0);
        assert_int_equal(base64url->field, base64url->text.len > 0);

        memset(&buf, 0, sizeof(oauth_buf_t));
        assert_int_equal(oauth_token_selected(token,
                                              &token_selected[TOKEN_PERCENT],
                                              &buf), 0);
        token_assert_str(oauth_buf_str(&buf), cases[i].percent);

        oauth_buf_free(&buf);
        oauth_token_free(token);
    }

    token = token_new("{" PAYLOAD "}");

    assert_null(token->claims[TOKEN_PERCENT].text.data);
    assert_false(token->claims[TOKEN_PERCENT].field);

    oauth_token_free(token);
}


/* All claims of a JWT are its payload as it was sent: a view of its text. */

static void
text_all(void **state)
{
    size_t          len;
    oauth_buf_t     buf;
    oauth_str_t     all;
    unsigned char   json[256];
    oauth_token_t  *token;

    (void) state;

    token = token_new("{" PAYLOAD ", \"x\" : \"\\u0041\"}");
    all = token->claims[TOKEN_ALL].text;

    assert_true(token->claims[TOKEN_ALL].field);
    assert_true(all.data > token->text.data
                && all.data + all.len < token->text.data + token->text.len);

    assert_int_equal(oauth_base64url_parse(all, json, &len), 0);
    token_assert_str((oauth_str_t) { len, json },
                     "{" PAYLOAD ", \"x\" : \"\\u0041\"}");

    memset(&buf, 0, sizeof(oauth_buf_t));
    assert_int_equal(oauth_token_selected(token, &token_selected[TOKEN_ALL],
                                          &buf), 0);
    assert_true(oauth_str_equal(oauth_buf_str(&buf), all));

    oauth_buf_free(&buf);
    oauth_token_free(token);
}


/* The second segment, also where there are fewer. */

static void
text_payload(void **state)
{
    (void) state;

    token_assert_str(oauth_token_text_payload(oauth_str("a.bc.d")), "bc");
    token_assert_str(oauth_token_text_payload(oauth_str("a..d")), "");
    token_assert_str(oauth_token_text_payload(oauth_str("a.bc")), "bc");
    assert_null(oauth_token_text_payload(oauth_str("abc")).data);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(text_actors),
        cmocka_unit_test(text_encodings),
        cmocka_unit_test(text_all),
        cmocka_unit_test(text_payload)
    };

    return cmocka_run_group_tests(tests, token_setup, token_teardown);
}
