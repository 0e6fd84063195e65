
/*
 * Orders of administrators: each refusal next to a record that is taken, what
 * the entries say, arrays, queries, and what an error tells.
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
#include "oauth_order.h"


#define NOW    1700000000
#define DELAY  (NOW + OAUTH_REVOCATION_DELAY)
#define ISS    "\"issuer\":\"https://as.example\""
#define R16    "0123456789abcdef"
#define R64    R16 R16 R16 R16
#define R256   R64 R64 R64 R64


/* What a text gives: members that are NULL are absent. */

typedef struct {
    const char  *text;
    const char  *issuer;
    const char  *subject;
    const char  *email;
    unsigned     kind;
    int64_t      cut;
} order_case_t;

/* What is wrong with a text; member NULL: none is named. */

typedef struct {
    const char  *text;
    const char  *member;
    const char  *why;
} order_bad_t;


static const oauth_str_t  order_issuers[] = {
    oauth_string("https://as.example"), oauth_string("https://b.example")
};

static const oauth_order_bounds_t  order_several = {
    order_issuers, 2, { 0, NULL }, NOW
};

static const oauth_order_bounds_t  order_one = {
    order_issuers, 2, oauth_string("https://as.example"), NOW
};


static const order_case_t  order_cases[] = {
    { "{" ISS "}", "https://as.example", NULL, NULL, 0, DELAY },
    { " {\"issuer\" : \"https://b.example\"} ", "https://b.example", NULL, NULL,
      0, DELAY },
    { "{" ISS ",\"subject\":\"joe\"}", "https://as.example", "joe", NULL,
      OAUTH_REVOCATION_SUBJECT, DELAY },
    { "{\"subject\":\"j\\u00f6\"," ISS "}", "https://as.example", "j\xc3\xb6",
      NULL, OAUTH_REVOCATION_SUBJECT, DELAY },
    { "{" ISS ",\"client_id\":\"c\"}", "https://as.example", NULL, NULL,
      OAUTH_REVOCATION_CLIENT, DELAY },
    { "{" ISS ",\"session\":\"s\"}", "https://as.example", NULL, NULL,
      OAUTH_REVOCATION_SESSION, DELAY },
    { "{" ISS ",\"resource\":\"r\"}", "https://as.example", NULL, NULL,
      OAUTH_REVOCATION_RESOURCE, DELAY },
    { "{" ISS ",\"key_id\":\"k\"}", "https://as.example", NULL, NULL,
      OAUTH_REVOCATION_KID, DELAY },
    { "{" ISS ",\"email\":\"e\"}", "https://as.example", NULL, "e",
      OAUTH_REVOCATION_EMAIL, DELAY },
    { "{" ISS ",\"token_id\":\"t\"}", "https://as.example", NULL, NULL,
      OAUTH_REVOCATION_TOKEN, OAUTH_REVOCATION_ALWAYS },
    { "{" ISS ",\"token_id\":\"t\",\"before\":5}", "https://as.example", NULL,
      NULL, OAUTH_REVOCATION_TOKEN, 5 },
    { "{" ISS ",\"subject\":\"joe\",\"client_id\":\"c\",\"reason\":\"gone\"}",
      "https://as.example", "joe", NULL,
      OAUTH_REVOCATION_SUBJECT | OAUTH_REVOCATION_CLIENT, DELAY },
    { "{" ISS ",\"before\":1}", "https://as.example", NULL, NULL, 0, 1 },
    { "{" ISS ",\"before\":1700000300}", "https://as.example", NULL, NULL, 0,
      NOW + 300 },
    { "{" ISS ",\"reason\":\"" R256 "\"}", "https://as.example", NULL, NULL, 0,
      DELAY },

    /* Subject identifiers */

    { "{\"sub_id\":{\"format\":\"iss_sub\",\"iss\":\"https://b.example\","
      "\"sub\":\"joe\"}}", "https://b.example", "joe", NULL,
      OAUTH_REVOCATION_SUBJECT, DELAY },
    { "{\"sub_id\":{\"format\":\"email\",\"email\":\"a@b\"},"
      "\"reason\":\"gone\"}", "https://as.example", NULL, "a@b",
      OAUTH_REVOCATION_EMAIL, DELAY },
    { "{\"sub_id\":{\"format\":\"opaque\",\"id\":\"joe\"}}",
      "https://as.example", "joe", NULL, OAUTH_REVOCATION_SUBJECT, DELAY }
};


static const order_bad_t  order_bad[] = {
    { "", NULL, "it is neither" },
    { "{", NULL, "it is neither" },
    { "\"" R16 "\"", NULL, "it is neither" },
    { "{" ISS "}x", NULL, "it is neither" },
    { "{" ISS ",\"subject\":\"a\\u0000\"}", NULL, "it is neither" },
    { "{" ISS ",\"subject\":\"\xff\"}", NULL, "it is neither" },
    { "{" ISS "," ISS "}", "issuer", "an object has this member twice" },
    { "{" ISS ",\"" R64 "\":1,\"" R64 "\":1}", R64,
      "an object has this member twice" },
    { "{" ISS ",\"" R64 "x\":1,\"" R64 "x\":1}", NULL, "it is neither" },
    { "{}", "issuer", "it is missing" },
    { "{\"subject\":\"joe\"}", "issuer", "it is missing" },
    { "{\"issuer\":\"https://c.example\"}", "issuer", "this issuer is not" },
    { "{\"issuer\":\"https://as.example/\"}", "issuer", "this issuer is not" },
    { "{\"issuer\":null}", "issuer", "it is not a string" },
    { "{" ISS ",\"subject\":\"\"}", "subject", "it is not a string" },
    { "{" ISS ",\"subject\":7}", "subject", "it is not a string" },
    { "{" ISS ",\"client_id\":[\"c\"]}", "client_id", "it is not a string" },
    { "{" ISS ",\"session\":true}", "session", "it is not a string" },
    { "{" ISS ",\"token_id\":null}", "token_id", "it is not a string" },
    { "{" ISS ",\"key_id\":{}}", "key_id", "it is not a string" },
    { "{" ISS ",\"resource\":\"\"}", "resource", "it is not a string" },
    { "{" ISS ",\"email\":1.5}", "email", "it is not a string" },
    { "{" ISS ",\"sub\":\"joe\"}", "sub", "there is no such member" },
    { "{" ISS ",\"Subject\":\"joe\"}", "Subject", "there is no such member" },
    { "{" ISS ",\"\":\"joe\"}", "", "there is no such member" },
    { "{" ISS ",\"" R64 "\":1}", R64, "there is no such member" },
    { "{" ISS ",\"" R64 "x\":1}", NULL, "there is no such member" },
    { "{" ISS ",\"a\\u001b\":1}", NULL, "there is no such member" },
    { "{" ISS ",\"before\":0}", "before", "it is not a time" },
    { "{" ISS ",\"before\":-1}", "before", "it is not a time" },
    { "{" ISS ",\"before\":1.5}", "before", "it is not a time" },
    { "{" ISS ",\"before\":\"1\"}", "before", "it is not a time" },
    { "{" ISS ",\"before\":true}", "before", "it is not a time" },
    { "{" ISS ",\"before\":1700000301}", "before", "it is more than 5" },
    { "{" ISS ",\"before\":9223372036854775807}", "before",
      "it is more than 5" },
    { "{" ISS ",\"before\":9223372036854775808}", NULL, "it is neither" },
    { "{" ISS ",\"reason\":\"\"}", "reason", "it is not a string of 1" },
    { "{" ISS ",\"reason\":7}", "reason", "it is not a string of 1" },
    { "{" ISS ",\"reason\":\"" R256 "x\"}", "reason",
      "it is not a string of 1" },
    { "{" ISS ",\"reason\":\"a\\nb\"}", "reason", "it is not a string of 1" },

    { "{\"sub_id\":{\"format\":\"iss_sub\",\"iss\":\"https://c.example\","
      "\"sub\":\"joe\"}}", "sub_id", "this issuer is not" },
    { "{\"sub_id\":{\"format\":\"iss_sub\",\"sub\":\"joe\"}}", "sub_id",
      "the subject identifier lacks" },
    { "{\"sub_id\":{\"format\":\"opaque\",\"id\":\"joe\"}," ISS "}", "sub_id",
      "it stands alone" },
    { "{\"sub_id\":{\"format\":\"opaque\",\"id\":\"joe\"},\"subject\":\"j\"}",
      "sub_id", "it stands alone" },
    { "{\"sub_id\":{\"format\":\"opaque\",\"id\":\"joe\"},\"before\":5}",
      "sub_id", "it stands alone" },
    { "{\"sub_id\":\"joe\"}", "sub_id", "the subject identifier is not" },
    { "{\"sub_id\":null}", "sub_id", "the subject identifier is not" },
    { "{\"sub_id\":{\"subject_type\":\"opaque\",\"id\":\"joe\"}}", "sub_id",
      "the subject identifier has no format" },
    { "{\"sub_id\":{\"format\":\"complex\",\"user\":{\"format\":\"opaque\","
      "\"id\":\"joe\"}}}", "sub_id", "the format of the subject" },

    { "[]", NULL, "the array is empty" },
    { "[[]]", NULL, "the record is not an object" },
    { "[1]", NULL, "the record is not an object" },
};


static oauth_result_t
order_parse(oauth_str_t text, const oauth_order_bounds_t *bounds,
    oauth_order_t *order)
{
    oauth_str_t      exact;
    unsigned char   *copy;
    oauth_result_t   result;

    copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);
    memcpy(copy, text.data, text.len);

    exact.data = copy;
    exact.len = text.len;

    memset(order, 0xff, sizeof(oauth_order_t));
    result = oauth_order_parse(exact, bounds, order);

    /* The order does not need the text. */

    memset(copy, 0, text.len);
    free(copy);

    assert_int_equal(order->n > 0, result == OAUTH_DONE);
    assert_int_equal(order->error.why != NULL, result != OAUTH_DONE);

    return result;
}


static void
order_assert_string(oauth_str_t s, const char *expected)
{
    assert_int_equal(s.data != NULL, expected != NULL);

    if (expected) {
        assert_true(oauth_str_equal(s, oauth_str_of(expected)));
    }
}


static void
order_accepted(void **state)
{
    size_t                i;
    oauth_order_t         order;
    unsigned char         key[OAUTH_REVOCATION_KEY];
    const order_case_t   *c;
    oauth_order_entry_t  *e;

    (void) state;

    for (i = 0; i < sizeof(order_cases) / sizeof(order_case_t); i++) {
        c = &order_cases[i];

        assert_int_equal(order_parse(oauth_str_of(c->text), &order_one,
                                     &order), OAUTH_DONE);
        assert_int_equal(order.n, 1);
        e = order.entries;

        order_assert_string(e->names.issuer, c->issuer);
        order_assert_string(e->names.subject, c->subject);
        order_assert_string(e->names.email, c->email);
        assert_int_equal(e->entry.key[0], c->kind);
        assert_int_equal(e->entry.cut, c->cut);
        assert_int_equal(e->entry.time, NOW);
        assert_int_equal(e->entry.end, 0);

        assert_int_equal(oauth_revocation_write_key(&e->names, key), 0);
        assert_memory_equal(e->entry.key, key, OAUTH_REVOCATION_KEY);

        oauth_order_free(&order);
        assert_null(order.entries);
        oauth_order_free(&order);
    }
}


static void
order_refused(void **state)
{
    size_t              i;
    oauth_order_t       order;
    const order_bad_t  *c;

    (void) state;

    for (i = 0; i < sizeof(order_bad) / sizeof(order_bad_t); i++) {
        c = &order_bad[i];

        assert_int_equal(order_parse(oauth_str_of(c->text), &order_one,
                                     &order), OAUTH_INVALID);
        order_assert_string(order.error.member, c->member);
        assert_true(oauth_str_starts(oauth_str_of(order.error.why),
                                     oauth_str_of(c->why)));
        assert_string_equal(order.error.code, "invalid_request");

        oauth_order_free(&order);
    }
}


/* Each member goes to its own place. */

static void
order_members(void **state)
{
    oauth_order_t                    order;
    const oauth_revocation_names_t  *names;

    (void) state;

    assert_int_equal(order_parse(oauth_str("{" ISS ",\"subject\":\"1\","
                                           "\"client_id\":\"2\","
                                           "\"session\":\"3\","
                                           "\"resource\":\"4\","
                                           "\"key_id\":\"5\",\"email\":\"6\","
                                           "\"token_id\":\"7\","
                                           "\"reason\":\"8\",\"before\":9}"),
                                 &order_several, &order), OAUTH_DONE);
    names = &order.entries->names;

    order_assert_string(names->issuer, "https://as.example");
    order_assert_string(names->subject, "1");
    order_assert_string(names->client, "2");
    order_assert_string(names->session, "3");
    order_assert_string(names->resource, "4");
    order_assert_string(names->kid, "5");
    order_assert_string(names->email, "6");
    order_assert_string(names->token, "7");
    order_assert_string(order.entries->reason, "8");
    assert_int_equal(order.entries->entry.cut, 9);
    assert_int_equal(order.entries->entry.key[0], OAUTH_REVOCATION_KINDS - 1);

    oauth_order_free(&order);
}


/* With several issuers, a subject has to name its own. */

static void
order_issuer(void **state)
{
    oauth_order_t  order;

    static const char  *const texts[] = {
        "{\"sub_id\":{\"format\":\"opaque\",\"id\":\"joe\"}}",
        "{\"sub_id\":{\"format\":\"email\",\"email\":\"a@b\"}}"
    };

    (void) state;

    assert_int_equal(order_parse(oauth_str_of(texts[0]), &order_several,
                                 &order), OAUTH_INVALID);
    order_assert_string(order.error.member, "sub_id");
    oauth_order_free(&order);

    assert_int_equal(order_parse(oauth_str_of(texts[1]), &order_several,
                                 &order), OAUTH_INVALID);
    oauth_order_free(&order);

    assert_int_equal(order_parse(oauth_str("{\"sub_id\":{\"format\":"
                                           "\"iss_sub\",\"iss\":"
                                           "\"https://as.example\",\"sub\":"
                                           "\"joe\"}}"),
                                 &order_several, &order), OAUTH_DONE);
    oauth_order_free(&order);
}


/* n records; the one at "bad" has a member that does not exist. */

static oauth_result_t
order_parse_many(size_t n, size_t bad, oauth_order_t *order)
{
    char            record[96];
    size_t          i;
    oauth_buf_t     text;
    oauth_result_t  result;

    memset(&text, 0, sizeof(oauth_buf_t));

    for (i = 0; i < n; i++) {
        snprintf(record, sizeof(record), "%c{" ISS ",\"%s\":\"%zu\"}",
                 i ? ',' : '[', i == bad ? "sbject" : "subject", i);
        oauth_buf_append_text(&text, record);
    }

    oauth_buf_append_literal(&text, "]");

    result = order_parse(oauth_buf_str(&text), &order_several, order);
    oauth_buf_free(&text);

    return result;
}


/* An array is taken as a whole or not at all. */

static void
order_arrays(void **state)
{
    char           name[32];
    size_t         i;
    oauth_order_t  order;

    (void) state;

    assert_int_equal(order_parse_many(OAUTH_ORDER_ENTRIES, SIZE_MAX, &order),
                     OAUTH_DONE);
    assert_int_equal(order.n, 1000);

    for (i = 0; i < order.n; i++) {
        snprintf(name, sizeof(name), "%zu", i);
        order_assert_string(order.entries[i].names.subject, name);
    }

    oauth_order_free(&order);

    assert_int_equal(order_parse_many(OAUTH_ORDER_ENTRIES + 1, SIZE_MAX,
                                      &order), OAUTH_INVALID);
    assert_string_equal(order.error.why,
                        "the array has more than 1000 records");
    assert_false(order.error.listed);
    oauth_order_free(&order);

    assert_int_equal(order_parse_many(OAUTH_ORDER_ENTRIES, 999, &order),
                     OAUTH_INVALID);
    assert_true(order.error.listed);
    assert_int_equal(order.error.index, 999);
    order_assert_string(order.error.member, "sbject");
    oauth_order_free(&order);

    assert_int_equal(order_parse_many(1, 0, &order), OAUTH_INVALID);
    assert_true(order.error.listed);
    assert_int_equal(order.error.index, 0);
    oauth_order_free(&order);

    assert_int_equal(order_parse(oauth_str("{\"a\":1}"), &order_several,
                                 &order), OAUTH_INVALID);
    assert_false(order.error.listed);
    oauth_order_free(&order);
}


/* The text may have this size, and not one byte more. */

static void
order_size(void **state)
{
    oauth_buf_t    text;
    oauth_order_t  order;

    (void) state;

    memset(&text, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&text, "{" ISS "}");

    while (text.len < OAUTH_ORDER_BODY) {
        oauth_buf_append_literal(&text, " ");
    }

    assert_int_equal(order_parse(oauth_buf_str(&text), &order_several, &order),
                     OAUTH_DONE);
    oauth_order_free(&order);

    oauth_buf_append_literal(&text, " ");

    assert_int_equal(order_parse(oauth_buf_str(&text), &order_several, &order),
                     OAUTH_INVALID);
    assert_string_equal(order.error.why, "it is larger than 1 MB");
    oauth_order_free(&order);

    oauth_buf_free(&text);
}


typedef struct {
    oauth_result_t   result;
    const char      *pairs[6];
    const char      *member;
} order_query_t;


/* A query has the key of the record with the same members. */

static void
order_queries(void **state)
{
    size_t                i, n;
    oauth_order_t         order, record;
    oauth_form_pair_t    pairs[3];
    const order_query_t  *c;

    static const order_query_t  cases[] = {
        { OAUTH_DONE, { "issuer", "https://as.example" }, NULL },
        { OAUTH_DONE, { "token_id", "t", "issuer", "https://as.example" },
          NULL },
        { OAUTH_DONE, { "subject", "joe", "issuer", "https://as.example",
                        "client_id", "c" }, NULL },
        { OAUTH_INVALID, { NULL }, "issuer" },
        { OAUTH_INVALID, { "subject", "joe" }, "issuer" },
        { OAUTH_INVALID, { "issuer", "https://c.example" }, "issuer" },
        { OAUTH_INVALID, { "issuer", "https://as.example", "subject", "" },
          "subject" },
        { OAUTH_INVALID, { "issuer", "https://as.example", "subject", "a",
                           "subject", "a" }, "subject" },
        { OAUTH_INVALID, { "issuer", "https://as.example", "before", "5" },
          "before" },
        { OAUTH_INVALID, { "issuer", "https://as.example", "reason", "a" },
          "reason" },
        { OAUTH_INVALID, { "issuer", "https://as.example", "sub_id", "{}" },
          "sub_id" },
        { OAUTH_INVALID, { "issuer", "https://as.example", "\x1b", "a" },
          NULL }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(order_query_t); i++) {
        c = &cases[i];

        for (n = 0; n < 3 && c->pairs[n * 2]; n++) {
            pairs[n].name = oauth_str_of(c->pairs[n * 2]);
            pairs[n].value = oauth_str_of(c->pairs[n * 2 + 1]);
        }

        memset(&order, 0xff, sizeof(oauth_order_t));
        assert_int_equal(oauth_order_query(pairs, n, &order_several, &order),
                         c->result);
        assert_int_equal(order.n, c->result == OAUTH_DONE);
        assert_int_equal(order.error.why != NULL, c->result != OAUTH_DONE);
        order_assert_string(order.error.member, c->member);
        oauth_order_free(&order);
    }

    pairs[0].name = oauth_str("session");
    pairs[0].value = oauth_str("s");
    pairs[1].name = oauth_str("issuer");
    pairs[1].value = oauth_str("https://as.example");

    assert_int_equal(oauth_order_query(pairs, 2, &order_several, &order),
                     OAUTH_DONE);
    assert_int_equal(order_parse(oauth_str("{" ISS ",\"session\":\"s\"}"),
                                 &order_several, &record), OAUTH_DONE);
    assert_memory_equal(order.entries->entry.key, record.entries->entry.key,
                        OAUTH_REVOCATION_KEY);

    oauth_order_free(&order);
    oauth_order_free(&record);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(order_accepted),
        cmocka_unit_test(order_refused),
        cmocka_unit_test(order_members),
        cmocka_unit_test(order_issuer),
        cmocka_unit_test(order_arrays),
        cmocka_unit_test(order_size),
        cmocka_unit_test(order_queries)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
