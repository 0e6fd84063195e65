
/*
 * The value of an Authorization header (RFC 6750 section 2.1, RFC 9110 section
 * 11.4): which values have a token, which have none, and which are malformed;
 * every byte value in every place.  Values are copied into allocations of
 * exactly their size, so that a sanitizer sees a read past the end.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_credentials.h"


typedef struct {
    oauth_str_t     value;
    oauth_reason_t  reason;
    oauth_str_t     token;
} credentials_case_t;


#define GOOD(value, token)                                                    \
    { oauth_string(value), OAUTH_OK, oauth_string(token) }

#define BAD(value, reason)                                                    \
    { oauth_string(value), reason, { 0, NULL } }


static const credentials_case_t  credentials_cases[] = {
    GOOD("Bearer abc", "abc"),
    GOOD("bearer abc", "abc"),
    GOOD("BEARER abc", "abc"),
    GOOD("bEaReR abc", "abc"),
    GOOD("Bearer    abc", "abc"),
    GOOD("Bearer abc   ", "abc"),
    GOOD("Bearer   abc   ", "abc"),
    GOOD("Bearer a", "a"),
    GOOD("Bearer abc=", "abc="),
    GOOD("Bearer abc====", "abc===="),
    GOOD("Bearer abc== ", "abc=="),
    GOOD("Bearer aZ09-._~+/", "aZ09-._~+/"),
    GOOD("Bearer Bearer", "Bearer"),
    GOOD("Bearer ....", "...."),
    GOOD("DPoP abc", "abc"),
    GOOD("dpop  abc= ", "abc="),
    GOOD("DPOP Bearer", "Bearer"),

    BAD("", OAUTH_NO_TOKEN),
    BAD(" ", OAUTH_NO_TOKEN),
    BAD("B", OAUTH_NO_TOKEN),
    BAD("Beare", OAUTH_NO_TOKEN),
    BAD("Beare abc", OAUTH_NO_TOKEN),
    BAD("Bearer:", OAUTH_NO_TOKEN),
    BAD("Bearer: abc", OAUTH_NO_TOKEN),
    BAD("BearerX abc", OAUTH_NO_TOKEN),
    BAD("Bearer=abc", OAUTH_NO_TOKEN),
    BAD("D", OAUTH_NO_TOKEN),
    BAD("DPo abc", OAUTH_NO_TOKEN),
    BAD("DPoPX abc", OAUTH_NO_TOKEN),
    BAD("DPoP: abc", OAUTH_NO_TOKEN),
    BAD("Basic YTpi", OAUTH_NO_TOKEN),
    BAD("Negotiate abc", OAUTH_NO_TOKEN),
    BAD("abc", OAUTH_NO_TOKEN),
    BAD("eyJhbGciOiJSUzI1NiJ9.e30.c2ln", OAUTH_NO_TOKEN),
    BAD(" Bearer abc", OAUTH_NO_TOKEN),
    BAD("\tBearer abc", OAUTH_NO_TOKEN),
    BAD("\0Bearer abc", OAUTH_NO_TOKEN),
    BAD("Basic YTpi, Bearer abc", OAUTH_NO_TOKEN),

    BAD("DPoP", OAUTH_MALFORMED_REQUEST),
    BAD("DPoP ", OAUTH_MALFORMED_REQUEST),
    BAD("DPoP\tabc", OAUTH_MALFORMED_REQUEST),
    BAD("DPoP abc def", OAUTH_MALFORMED_REQUEST),
    BAD("DPoP abc, Bearer abc", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer", OAUTH_MALFORMED_REQUEST),
    BAD("bearer", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer ", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer      ", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer\t", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer\tabc", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer \tabc", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer abc\t", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer =", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer =abc", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer ab=c", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer abc= =", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer abc def", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer abc, Bearer def", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer abc,Bearer def", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer abc, Basic YTpi", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer abc,", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer \"abc\"", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer token=\"abc\"", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer realm=\"x\", abc", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer abc\0", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer \0", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer ab\0c", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer abc\r\n", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer abc\r\n def", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer ab\xc3\xa9", OAUTH_MALFORMED_REQUEST),
    BAD("Bearer abc;x=y", OAUTH_MALFORMED_REQUEST)
};


#define CASES  (sizeof(credentials_cases) / sizeof(credentials_cases[0]))


static oauth_reason_t
credentials_parse(oauth_str_t value, oauth_str_t *token)
{
    oauth_reason_t        reason;
    unsigned char        *copy;
    oauth_credentials_t   credentials;

    copy = malloc(value.len ? value.len : 1);
    assert_non_null(copy);

    if (value.len > 0) {
        memcpy(copy, value.data, value.len);
    }

    credentials.scheme = OAUTH_CREDENTIALS_BEARER;
    credentials.text.len = 12345;
    credentials.text.data = copy;

    reason = oauth_credentials_parse((oauth_str_t) { value.len, copy },
                                     &credentials);
    *token = credentials.text;

    if (reason == OAUTH_OK) {

        assert_int_equal(credentials.scheme,
                         (value.data[0] | 0x20) == 'd'
                         ? OAUTH_CREDENTIALS_DPOP : OAUTH_CREDENTIALS_BEARER);

        /* a view of the value, given back as one of the original */

        assert_true(token->data >= copy
                    && token->data + token->len <= copy + value.len);
        token->data = value.data + (token->data - copy);
    }

    if (reason == OAUTH_NO_TOKEN) {
        assert_int_equal(credentials.scheme, OAUTH_CREDENTIALS_OTHER);
    }

    free(copy);

    return reason;
}


static void
credentials_table(void **state)
{
    size_t                     i;
    oauth_str_t                token;
    oauth_reason_t             reason;
    const credentials_case_t  *c;

    (void) state;

    for (i = 0; i < CASES; i++) {

        c = &credentials_cases[i];
        reason = credentials_parse(c->value, &token);

        if (reason != c->reason || !oauth_str_equal(token, c->token)
            || (reason != OAUTH_OK && token.data != NULL))
        {
            fail_msg("\"%.*s\": %s, token \"%.*s\"", (int) c->value.len,
                     c->value.data, oauth_reason_info(reason)->code,
                     (int) token.len, token.data);
        }
    }
}


static void
credentials_absent(void **state)
{
    oauth_str_t          value;
    oauth_credentials_t  credentials;

    (void) state;

    value.len = 0;
    value.data = NULL;

    assert_int_equal(oauth_credentials_parse(value, &credentials),
                     OAUTH_NO_TOKEN);
    assert_null(credentials.text.data);
    assert_false(oauth_credentials_may_be_token(value));
}


/* A token in any case and form, and nothing shorter than the scheme's name. */

static void
credentials_may_be_token(void **state)
{
    size_t  i;

    static const oauth_str_t  yes[] = {
        oauth_string("Bearer"), oauth_string("bEARER a"),
        oauth_string("Bearers"), oauth_string("DPoP"), oauth_string("dpop a"),
        oauth_string("DPoPx")
    };

    static const oauth_str_t  no[] = {
        oauth_string(""), oauth_string("Beare"), oauth_string("DPo"),
        oauth_string("Beared"), oauth_string("DPo "), oauth_string(" Bearer"),
        oauth_string("Basic YTpi")
    };

    (void) state;

    for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        assert_true(oauth_credentials_may_be_token(yes[i]));
    }

    for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        assert_false(oauth_credentials_may_be_token(no[i]));
    }
}


static int
credentials_is_b64(unsigned c)
{
    return c != 0
           && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                     "0123456789-._~+/", (int) c) != NULL;
}


/* The reason for text with its '?' replaced by one byte. */

static oauth_reason_t
credentials_with(const char *text, unsigned c)
{
    char         value[32];
    size_t       len;
    oauth_str_t  token;

    len = strlen(text);
    memcpy(value, text, len);
    *(char *) memchr(value, '?', len) = (char) c;

    return credentials_parse((oauth_str_t) { len, (unsigned char *) value },
                        &token);
}


static void
credentials_every_byte(void **state)
{
    unsigned        c;
    oauth_reason_t  bad, reason;

    (void) state;

    bad = OAUTH_MALFORMED_REQUEST;

    for (c = 0; c < 256; c++) {

        reason = credentials_is_b64(c) ? OAUTH_OK : bad;

        assert_int_equal(credentials_with("Bearer ?", c), reason);
        assert_int_equal(credentials_with("Bearer a?b", c), reason);
        assert_int_equal(credentials_with("Bearer ?b", c),
                         c == ' ' ? OAUTH_OK : reason);
        assert_int_equal(credentials_with("Bearer a?", c),
                         c == ' ' || c == '=' ? OAUTH_OK : reason);
        assert_int_equal(credentials_with("Bearer a=?", c),
                         c == ' ' || c == '=' ? OAUTH_OK : bad);
        assert_int_equal(credentials_with("Bearer a ?", c),
                         c == ' ' ? OAUTH_OK : bad);
        assert_int_equal(credentials_with("Bearer?a", c),
                         c == ' ' ? OAUTH_OK
                                  : c == '\t' ? bad : OAUTH_NO_TOKEN);
    }
}


static void
credentials_every_byte_of_scheme(void **state)
{
    char         value[] = "Bearer abc";
    size_t       i;
    unsigned     c;
    oauth_str_t  token;

    (void) state;

    for (i = 0; i < 6; i++) {

        for (c = 0; c < 256; c++) {

            value[i] = (char) c;

            assert_int_equal(credentials_parse(oauth_str(value), &token),
                             c == (unsigned) "bearer"[i]
                             || c == (unsigned) "BEARER"[i]
                             ? OAUTH_OK : OAUTH_NO_TOKEN);
        }

        value[i] = "Bearer"[i];
    }
}


static void
credentials_long(void **state)
{
    size_t       len;
    char        *value;
    oauth_str_t  text, token;

    (void) state;

    len = 7 + (1 << 20);
    value = malloc(len);
    assert_non_null(value);

    memset(value, 'a', len);
    memcpy(value, "Bearer ", 7);

    text.len = len;
    text.data = (unsigned char *) value;

    assert_int_equal(credentials_parse(text, &token), OAUTH_OK);
    assert_int_equal(token.len, 1 << 20);

    value[len - 1] = ',';

    assert_int_equal(credentials_parse(text, &token), OAUTH_MALFORMED_REQUEST);

    free(value);
}


/* What may be asked about: no JWT, and nothing that breaks a form or a log. */

static void
credentials_opaque(void **state)
{
    char    text[OAUTH_CREDENTIALS_OPAQUE + 2];
    size_t  i;

    static const oauth_str_t  opaque[] = {
        oauth_string("a"), oauth_string("ory_at_x.y"),
        oauth_string("user:grant:secret"), oauth_string("a.b.c.d.e"),
        oauth_string("a..c"), oauth_string(".b.c"), oauth_string("a.b."),
        oauth_string("a.b.c="), oauth_string("a.b~.c"), oauth_string("..")
    };

    static const oauth_str_t  others[] = {
        oauth_string(""), oauth_string("a.b.c"), oauth_string("eyJ.e30.c_-9"),
        oauth_string("a b"), oauth_string("a\"b"), oauth_string("a\\b"),
        oauth_string("a,b"), oauth_string("a\tb"), oauth_string("a\0b"),
        oauth_string("a\x7f"), oauth_string("\xc3\xa9")
    };

    (void) state;

    for (i = 0; i < sizeof(opaque) / sizeof(opaque[0]); i++) {
        assert_true(oauth_credentials_is_opaque(opaque[i]));
    }

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(oauth_credentials_is_opaque(others[i]));
    }

    memset(text, 'a', sizeof(text));
    text[OAUTH_CREDENTIALS_OPAQUE] = '\0';
    assert_true(oauth_credentials_is_opaque(oauth_str_of(text)));

    text[OAUTH_CREDENTIALS_OPAQUE] = 'a';
    text[OAUTH_CREDENTIALS_OPAQUE + 1] = '\0';
    assert_false(oauth_credentials_is_opaque(oauth_str_of(text)));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(credentials_table),
        cmocka_unit_test(credentials_absent),
        cmocka_unit_test(credentials_may_be_token),
        cmocka_unit_test(credentials_every_byte),
        cmocka_unit_test(credentials_every_byte_of_scheme),
        cmocka_unit_test(credentials_long),
        cmocka_unit_test(credentials_opaque)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
