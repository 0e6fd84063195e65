
/*
 * Scopes (RFC 6749 section 3.3): the grammar byte by byte; splitting only at
 * SP; the alternatives of the configuration; and scopes that imply others, with
 * circles and with as many rules as possible.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_scope.h"


#define S(str)  oauth_string(str)


static const oauth_str_t  scope_admin[] = { S("wiki:write"), S("audit") };
static const oauth_str_t  scope_write[] = { S("wiki:read") };
static const oauth_str_t  scope_read[] = { S("wiki:list") };
static const oauth_str_t  scope_a[] = { S("b") };
static const oauth_str_t  scope_b[] = { S("c") };
static const oauth_str_t  scope_c[] = { S("a"), S("d") };
static const oauth_str_t  scope_self[] = { S("self") };
static const oauth_str_t  scope_more[] = { S("extra") };

static const oauth_scope_rule_t  scope_rules[] = {
    { S("wiki:read"), scope_read, 1 },
    { S("wiki:write"), scope_write, 1 },
    { S("wiki:admin"), scope_admin, 2 },
    { S("a"), scope_a, 1 },
    { S("b"), scope_b, 1 },
    { S("c"), scope_c, 2 },
    { S("self"), scope_self, 1 },
    { S("wiki:read"), scope_more, 1 },
    { S("nothing"), NULL, 0 }
};

#define SCOPE_RULES  (sizeof(scope_rules) / sizeof(scope_rules[0]))


typedef struct {
    oauth_str_t  granted;
    oauth_str_t  scope;
    int          plain;                 /* without rules                      */
    int          ruled;                 /* with scope_rules                   */
} scope_case_t;


static const scope_case_t  scope_cases[] = {
    { S("wiki:read"), S("wiki:read"), 1, 1 },
    { S("x wiki:read y"), S("wiki:read"), 1, 1 },
    { S("x  wiki:read"), S("wiki:read"), 1, 1 },
    { S("  wiki:read  "), S("wiki:read"), 1, 1 },

    /*
     * "|" is an ordinary character here: in a value it does not separate
     * alternatives
     */

    { S("x|y"), S("x|y"), 1, 1 },
    { S("a b|c"), S("b|c"), 1, 1 },
    { S("|"), S("|"), 1, 1 },
    { S("x"), S("a|x"), 0, 0 },
    { S("x"), S("x|a"), 0, 0 },
    { S("x"), S("q|w|e|r|t|x"), 0, 0 },
    { S("x y"), S("x|y"), 0, 0 },

    { S(""), S("wiki:read"), 0, 0 },
    { S("   "), S("wiki:read"), 0, 0 },
    { S("wiki:readx"), S("wiki:read"), 0, 0 },
    { S("wiki:rea"), S("wiki:read"), 0, 0 },
    { S("xwiki:read"), S("wiki:read"), 0, 0 },
    { S("wiki:*"), S("wiki:read"), 0, 0 },
    { S("*"), S("wiki:read"), 0, 0 },
    { S("wiki"), S("wiki:read"), 0, 0 },
    { S("wiki:all"), S("wiki:read"), 0, 0 },
    { S("WIKI:READ"), S("wiki:read"), 0, 0 },
    { S("wiki:Read"), S("wiki:read"), 0, 0 },
    { S("x,wiki:read"), S("wiki:read"), 0, 0 },
    { S("wiki:read,x"), S("wiki:read"), 0, 0 },
    { S("x\twiki:read"), S("wiki:read"), 0, 0 },
    { S("wiki:read\tx"), S("wiki:read"), 0, 0 },
    { S("x\nwiki:read"), S("wiki:read"), 0, 0 },
    { S("wiki:read\0"), S("wiki:read"), 0, 0 },
    { S("\0wiki:read"), S("wiki:read"), 0, 0 },
    { S("wiki:read|x"), S("wiki:read"), 0, 0 },
    { S("z"), S("x|y"), 0, 0 },
    { S("x y"), S("x y"), 0, 0 },

    { S("x"), S(""), 0, 0 },
    { S(""), S(""), 0, 0 },
    { S("x"), S("|"), 0, 0 },
    { S("x"), S("y|"), 0, 0 },
    { S("x"), S("|y"), 0, 0 },
    { S("x"), S("y||x"), 0, 0 },

    { S("wiki:write"), S("wiki:read"), 0, 1 },
    { S("wiki:admin"), S("wiki:write"), 0, 1 },
    { S("wiki:admin"), S("audit"), 0, 1 },
    { S("wiki:admin"), S("wiki:read"), 0, 1 },
    { S("wiki:admin"), S("wiki:list"), 0, 1 },
    { S("wiki:admin"), S("extra"), 0, 1 },
    { S("q wiki:admin z"), S("wiki:list"), 0, 1 },
    { S("wiki:admin"), S("nope|wiki:list"), 0, 0 },
    { S("q wiki:admin z"), S("wiki:list|nope"), 0, 0 },
    { S("wiki:list"), S("wiki:read"), 0, 0 },
    { S("wiki:read"), S("wiki:write"), 0, 0 },
    { S("wiki:write"), S("audit"), 0, 0 },
    { S("wiki:write"), S("wiki:admin|audit"), 0, 0 },
    { S("wiki:adminx"), S("wiki:read"), 0, 0 },
    { S("Wiki:Admin"), S("wiki:read"), 0, 0 },

    { S("a"), S("d"), 0, 1 },
    { S("b"), S("a"), 0, 1 },
    { S("c"), S("b"), 0, 1 },
    { S("d"), S("a"), 0, 0 },
    { S("self"), S("self"), 1, 1 },
    { S("x"), S("self"), 0, 0 },
    { S("nothing"), S("a"), 0, 0 },
    { S("nothing"), S("nothing"), 1, 1 }
};


static void
scope_granted(void **state)
{
    size_t               i;
    const scope_case_t  *c;

    (void) state;

    for (i = 0; i < sizeof(scope_cases) / sizeof(scope_cases[0]); i++) {

        c = &scope_cases[i];

        if (oauth_scope_granted(c->granted, c->scope, NULL, 0) != c->plain
            || oauth_scope_granted(c->granted, c->scope, scope_rules,
                                   SCOPE_RULES)
               != c->ruled)
        {
            fail_msg("granted \"%.*s\", scope \"%.*s\"",
                     (int) c->granted.len, c->granted.data,
                     (int) c->scope.len, c->scope.data);
        }
    }
}


static void
scope_granted_absent(void **state)
{
    oauth_str_t  absent;

    (void) state;

    absent.len = 0;
    absent.data = NULL;

    assert_int_equal(oauth_scope_granted(absent, oauth_str("a"), scope_rules,
                                         SCOPE_RULES), 0);
    assert_int_equal(oauth_scope_granted(oauth_str("a"), absent, scope_rules,
                                         SCOPE_RULES), 0);
}


/* Each of n scopes implies all n: n! ways without a set of visited rules. */

static void
scope_dense_rules(void **state)
{
    char                names[64][4];
    size_t              i;
    oauth_str_t         scopes[64];
    oauth_scope_rule_t  rules[64];

    (void) state;

    for (i = 0; i < 64; i++) {
        memcpy(names[i], "s00", 4);
        names[i][1] = (char) ('0' + i / 10);
        names[i][2] = (char) ('0' + i % 10);

        scopes[i].len = 3;
        scopes[i].data = (unsigned char *) names[i];

        rules[i].scope = scopes[i];
        rules[i].implied = scopes;
        rules[i].nimplied = 64;
    }

    assert_int_equal(oauth_scope_granted(oauth_str("s63"), scopes[0], rules,
                                         64), 1);
    assert_int_equal(oauth_scope_granted(oauth_str("s64"), scopes[0], rules,
                                         64), 0);
}


/*
 * The test counts the work: the linker sends every comparison of two scopes
 * through this function.
 */

static size_t  scope_compared;

int __wrap_oauth_str_equal(oauth_str_t a, oauth_str_t b);
int __real_oauth_str_equal(oauth_str_t a, oauth_str_t b);


int
__wrap_oauth_str_equal(oauth_str_t a, oauth_str_t b)
{
    scope_compared++;

    return __real_oauth_str_equal(a, b);
}


/*
 * Each rule implies n scopes, and the last of them is the scope of the next
 * rule.  The rules are given in either order.  In no order may there be more
 * comparisons than those of every rule with every scope that was found.
 */

static void
scope_bounded_work(void **state)
{
    char                names[161][5];
    size_t              i, k, place;
    oauth_str_t         scopes[161], implied[160][3];
    oauth_scope_rule_t  rules[160];

    (void) state;

    for (i = 0; i < 161; i++) {
        snprintf(names[i], sizeof(names[i]), "w%03u", (unsigned) i);
        scopes[i].len = 4;
        scopes[i].data = (unsigned char *) names[i];
    }

    for (k = 0; k < 2; k++) {

        for (i = 0; i < 160; i++) {
            place = k ? i : 159 - i;

            implied[place][0] = oauth_str("none");
            implied[place][1] = scopes[0];
            implied[place][2] = scopes[i + 1];

            rules[place].scope = scopes[i];
            rules[place].implied = implied[place];
            rules[place].nimplied = 3;
        }

        scope_compared = 0;
        assert_int_equal(oauth_scope_granted(oauth_str("w000"), scopes[160],
                                             rules, 160), 1);
        assert_true(scope_compared > 160);
        assert_true(scope_compared < 3 * 161 * 161);

        scope_compared = 0;
        assert_int_equal(oauth_scope_granted(oauth_str("w160"), scopes[159],
                                             rules, 160), 0);
        assert_true(scope_compared > 160);
        assert_true(scope_compared < 3 * 161 * 161);
    }
}


/*
 * The two limits on what a token may have to have, just reached and just
 * exceeded.
 */

static void
scope_bounded(void **state)
{
    unsigned char  spaces[OAUTH_SCOPE_TERMS];
    size_t  i;
    char    text[OAUTH_SCOPE_SIZE + 1];

    (void) state;

    assert_int_equal(oauth_scope_bounded(oauth_str("")), 1);
    assert_int_equal(oauth_scope_bounded(oauth_str("a b|c")), 1);

    memset(text, 'a', sizeof(text));

    assert_int_equal(oauth_scope_bounded((oauth_str_t) {
                         OAUTH_SCOPE_SIZE, (unsigned char *) text }), 1);
    assert_int_equal(oauth_scope_bounded((oauth_str_t) {
                         OAUTH_SCOPE_SIZE + 1, (unsigned char *) text }), 0);

    for (i = 1; i < 2 * OAUTH_SCOPE_TERMS + 1; i += 2) {
        text[i] = ' ';
    }

    assert_int_equal(oauth_scope_bounded((oauth_str_t) {
                         2 * OAUTH_SCOPE_TERMS - 1,
                         (unsigned char *) text }), 1);
    assert_int_equal(oauth_scope_bounded((oauth_str_t) {
                         2 * OAUTH_SCOPE_TERMS + 1,
                         (unsigned char *) text }), 0);

    memset(text, '|', sizeof(text));

    assert_int_equal(oauth_scope_bounded((oauth_str_t) {
                         OAUTH_SCOPE_SIZE, (unsigned char *) text }), 1);

    /* Each space may begin one more scope, the first one as well. */

    memset(spaces, ' ', sizeof(spaces));

    assert_true(oauth_scope_bounded((oauth_str_t) { OAUTH_SCOPE_TERMS - 1,
                                                    spaces }));
    assert_false(oauth_scope_bounded((oauth_str_t) { OAUTH_SCOPE_TERMS,
                                                     spaces }));
}


/* A chain of n scopes: each one implies the next. */

static void
scope_long_chain(void **state)
{
    char                names[200][5];
    size_t              i;
    oauth_str_t         scopes[200];
    oauth_scope_rule_t  rules[199];

    (void) state;

    for (i = 0; i < 200; i++) {
        memcpy(names[i], "c000", 5);
        names[i][1] = (char) ('0' + i / 100);
        names[i][2] = (char) ('0' + i / 10 % 10);
        names[i][3] = (char) ('0' + i % 10);

        scopes[i].len = 4;
        scopes[i].data = (unsigned char *) names[i];
    }

    for (i = 0; i < 199; i++) {
        rules[i].scope = scopes[i];
        rules[i].implied = &scopes[i + 1];
        rules[i].nimplied = 1;
    }

    assert_int_equal(oauth_scope_granted(scopes[0], scopes[199], rules, 199),
                     1);
    assert_int_equal(oauth_scope_granted(scopes[100], scopes[199], rules,
                                         199), 1);
    assert_int_equal(oauth_scope_granted(scopes[199], scopes[0], rules, 199),
                     0);

    /* one link is missing */

    rules[150].nimplied = 0;

    assert_int_equal(oauth_scope_granted(scopes[0], scopes[199], rules, 199),
                     0);
}


static void
scope_valid(void **state)
{
    size_t         i;
    unsigned       c;
    unsigned char  text[3];

    static const oauth_str_t  good[] = {
        S("a"), S("wiki:read"), S("https://h/a?b#c"), S("!"), S("~"),
        S("a,b"), S("a|b"), S("'"), S("[]")
    };

    static const oauth_str_t  bad[] = {
        S(""), S(" "), S("a b"), S("a\"b"), S("a\\b"), S("a\tb"), S("a\0"),
        S("\0"), S("\xc3\xa9"), S(" a"), S("a ")
    };

    (void) state;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(oauth_scope_valid(good[i]), 1);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(oauth_scope_valid(bad[i]), 0);
    }

    for (c = 0; c < 256; c++) {

        for (i = 0; i < 3; i++) {
            memset(text, 'x', 3);
            text[i] = (unsigned char) c;

            assert_int_equal(oauth_scope_valid((oauth_str_t) { 3, text }),
                             c == 0x21 || (c >= 0x23 && c <= 0x5b)
                             || (c >= 0x5d && c <= 0x7e));
        }
    }
}


static void
scope_words(void **state)
{
    size_t       i;
    oauth_str_t  rest, word;

    static const oauth_str_t  words[] = {
        S("a"), S("b\tc"), S("d,e"), S("f\0g"), S("\n"), S("h")
    };

    (void) state;

    rest = oauth_str("  a b\tc  d,e f\0g \n    h ");

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        assert_int_equal(oauth_scope_next(&rest, &word), 1);
        assert_true(oauth_str_equal(word, words[i]));
    }

    assert_int_equal(oauth_scope_next(&rest, &word), 0);
    assert_int_equal(word.len, 0);
    assert_int_equal(oauth_scope_next(&rest, &word), 0);

    rest = oauth_str("");
    assert_int_equal(oauth_scope_next(&rest, &word), 0);

    rest = oauth_str("   ");
    assert_int_equal(oauth_scope_next(&rest, &word), 0);
    assert_int_equal(rest.len, 0);
}


static void
scope_alternatives(void **state)
{
    size_t       i, j;
    oauth_str_t  term, scope;

    static const struct {
        oauth_str_t  term;
        size_t       n;
        oauth_str_t  scopes[4];
    } cases[] = {
        { S("a"), 1, { S("a") } },
        { S("a|b"), 2, { S("a"), S("b") } },
        { S("aa|bb|cc"), 3, { S("aa"), S("bb"), S("cc") } },
        { S(""), 1, { S("") } },
        { S("|"), 2, { S(""), S("") } },
        { S("a|"), 2, { S("a"), S("") } },
        { S("|a"), 2, { S(""), S("a") } },
        { S("a||b"), 3, { S("a"), S(""), S("b") } },
        { S("a b"), 1, { S("a b") } }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        term = cases[i].term;

        for (j = 0; j < cases[i].n; j++) {
            assert_int_equal(oauth_scope_alternative(&term, &scope), 1);
            assert_true(oauth_str_equal(scope, cases[i].scopes[j]));
            assert_non_null(scope.data);
        }

        assert_int_equal(oauth_scope_alternative(&term, &scope), 0);
        assert_int_equal(oauth_scope_alternative(&term, &scope), 0);
    }
}


static void
scope_append(void **state)
{
    oauth_buf_t  buf;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_scope_append(&buf, oauth_str("wiki:read"));
    oauth_scope_append(&buf, oauth_str("wiki"));
    oauth_scope_append(&buf, oauth_str("wiki:read"));
    oauth_scope_append(&buf, oauth_str(""));
    oauth_scope_append(&buf, oauth_str("read"));
    oauth_scope_append(&buf, oauth_str("WIKI"));
    oauth_scope_append(&buf, oauth_str("wiki"));

    assert_int_equal(buf.failed, 0);
    assert_true(oauth_str_equal(oauth_buf_str(&buf),
                                oauth_str("wiki:read wiki read WIKI")));

    oauth_buf_free(&buf);
}


/* What is no scope-token is left out; what is there twice stays twice. */

static void
scope_append_words(void **state)
{
    oauth_buf_t  buf;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_scope_append_words(&buf, oauth_str("  a  b\"b c\\ a "));
    oauth_scope_append_words(&buf, oauth_str(""));
    oauth_scope_append_words(&buf, oauth_str("d"));
    oauth_scope_append_word(&buf, oauth_str("e f"));
    oauth_scope_append_word(&buf, oauth_str(""));
    oauth_scope_append_word(&buf, oauth_str("g"));

    assert_int_equal(buf.failed, 0);
    assert_true(oauth_str_equal(oauth_buf_str(&buf), oauth_str("a a d g")));

    oauth_buf_free(&buf);
}


/* A scope may be one letter; it is appended once. */

static void
scope_append_letter(void **state)
{
    oauth_buf_t  buf;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_scope_append(&buf, oauth_str("a"));
    oauth_scope_append(&buf, oauth_str(""));
    oauth_scope_append(&buf, oauth_str("b"));
    oauth_scope_append(&buf, oauth_str("a"));

    assert_true(oauth_str_equal(oauth_buf_str(&buf), oauth_str("a b")));

    oauth_buf_free(&buf);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(scope_append_letter),
        cmocka_unit_test(scope_granted),
        cmocka_unit_test(scope_granted_absent),
        cmocka_unit_test(scope_dense_rules),
        cmocka_unit_test(scope_bounded_work),
        cmocka_unit_test(scope_bounded),
        cmocka_unit_test(scope_long_chain),
        cmocka_unit_test(scope_valid),
        cmocka_unit_test(scope_words),
        cmocka_unit_test(scope_alternatives),
        cmocka_unit_test(scope_append),
        cmocka_unit_test(scope_append_words)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
