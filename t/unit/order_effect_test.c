
/*
 * What security events do: the entries of signals and of logout tokens, with
 * their cuts, and each refusal next to an event that is taken.  The claims were
 * verified before: that is in order_event_test.c.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_document.h"
#include "oauth_order_effect.h"


#define NOW      1700000000
#define DELAY    (NOW + OAUTH_REVOCATION_DELAY)
#define LONGEST  3630

#define CAEP     "https://schemas.openid.net/secevent/caep/event-type/"
#define RISC     "https://schemas.openid.net/secevent/risc/event-type/"
#define SSF      "https://schemas.openid.net/secevent/ssf/event-type/"
#define LOGOUT   "http://schemas.openid.net/event/backchannel-logout"

#define SUB_ID   "\"sub_id\":{\"format\":\"iss_sub\",\"iss\":"                 \
                 "\"https://as.example\",\"sub\":\"joe\"}"
#define OTHER    "{\"format\":\"iss_sub\",\"iss\":\"https://other\","          \
                 "\"sub\":\"joe\"}"
#define REVOKED  "\"" CAEP "session-revoked\""


/* Members that are NULL are absent; n = 0 and no why: there is a notice. */

typedef struct {
    const char  *why;
    const char  *text;
    size_t       n;
    const char  *subject;
    const char  *email;
    const char  *session;
    int64_t      cut;
} effect_case_t;


static const effect_case_t  effect_signals[] = {

    /* Types of events */

    { NULL, "{" SUB_ID ",\"events\":{" REVOKED ":{}}}", 1, "joe", NULL, NULL,
      DELAY },
    { NULL, "{" SUB_ID ",\"events\":{\"" CAEP "credential-change\":{}}}", 1,
      "joe", NULL, NULL, DELAY },
    { NULL, "{" SUB_ID ",\"events\":{\"" RISC "account-disabled\":{}}}", 1,
      "joe", NULL, NULL, DELAY },
    { NULL, "{" SUB_ID ",\"events\":{\"" RISC "account-purged\":{}}}", 1,
      "joe", NULL, NULL, DELAY },
    { NULL, "{" SUB_ID ",\"events\":{\"" RISC "credential-compromise\":{}}}",
      1, "joe", NULL, NULL, DELAY },
    { NULL, "{\"events\":{\"" SSF "verification\":{\"state\":\"x\"}}}", 0,
      NULL, NULL, NULL, 0 },
    { NULL, "{" SUB_ID ",\"events\":{\"" RISC "account-enabled\":{}}}", 0,
      NULL, NULL, NULL, 0 },
    { NULL, "{" SUB_ID ",\"events\":{\"" CAEP "session-revoked/\":{}}}", 0,
      NULL, NULL, NULL, 0 },
    { NULL, "{" SUB_ID ",\"events\":{\"" LOGOUT "\":{}}}", 0, NULL, NULL, NULL,
      0 },
    { NULL, "{" SUB_ID ",\"events\":{\"urn:x\":7," REVOKED ":{}}}", 1, "joe",
      NULL, NULL, DELAY },
    { NULL, "{" SUB_ID ",\"events\":{" REVOKED ":{},\"" RISC
      "account-disabled\":{}}}", 2, "joe", NULL, NULL, DELAY },
    { "is not an object", "{" SUB_ID ",\"events\":{" REVOKED ":null}}", 0,
      NULL, NULL, NULL, 0 },
    { "is not an object", "{" SUB_ID ",\"events\":{\"" RISC
      "account-disabled\":{}," REVOKED ":[]}}", 0, NULL, NULL, NULL, 0 },

    /* Whom it is about */

    { NULL, "{\"sub_id\":{\"format\":\"opaque\",\"id\":\"x\"},\"events\":{"
      REVOKED ":{}}}", 1, "x", NULL, NULL, DELAY },
    { NULL, "{\"sub_id\":{\"format\":\"email\",\"email\":\"a@b\"},\"events\":{"
      REVOKED ":{}}}", 1, NULL, "a@b", NULL, DELAY },
    { NULL, "{\"sub_id\":{\"format\":\"complex\",\"session\":{\"format\":"
      "\"opaque\",\"id\":\"s\"}},\"events\":{" REVOKED ":{}}}", 1, NULL, NULL,
      "s", DELAY },
    { NULL, "{\"events\":{" REVOKED ":{\"subject\":{\"subject_type\":"
      "\"iss-sub\",\"iss\":\"https://as.example\",\"sub\":\"ann\"}}}}", 1,
      "ann", NULL, NULL, DELAY },
    { NULL, "{" SUB_ID ",\"events\":{" REVOKED ":{\"subject\":{\"format\":"
      "\"opaque\",\"id\":\"ann\"}}}}", 1, "joe", NULL, NULL, DELAY },
    { "whom it is about", "{\"events\":{" REVOKED ":{}}}", 0, NULL, NULL, NULL,
      0 },
    { "whom it is about", "{\"sub\":\"joe\",\"events\":{" REVOKED ":{}}}", 0,
      NULL, NULL, NULL, 0 },
    { "another issuer", "{\"sub_id\":" OTHER ",\"events\":{" REVOKED ":{}}}",
      0, NULL, NULL, NULL, 0 },
    { "another issuer", "{\"events\":{" REVOKED ":{\"subject\":" OTHER "}}}",
      0, NULL, NULL, NULL, 0 },
    { "another issuer", "{\"sub_id\":{\"format\":\"complex\",\"user\":" OTHER
      "},\"events\":{" REVOKED ":{}}}", 0, NULL, NULL, NULL, 0 },
    { "is not an object", "{\"sub_id\":null,\"events\":{" REVOKED
      ":{\"subject\":{\"format\":\"opaque\",\"id\":\"ann\"}}}}", 0, NULL, NULL,
      NULL, 0 },
    { "is not known", "{\"sub_id\":{\"format\":\"did\",\"url\":\"did:x\"},"
      "\"events\":{" REVOKED ":{}}}", 0, NULL, NULL, NULL, 0 },

    /* The time: iat is NOW - 100. */

    { NULL, "{" SUB_ID ",\"events\":{" REVOKED
      ":{\"event_timestamp\":1699999901}}}", 1, "joe", NULL, NULL, NOW - 99 },
    { NULL, "{" SUB_ID ",\"events\":{" REVOKED
      ":{\"event_timestamp\":1699999900}}}", 1, "joe", NULL, NULL, DELAY },
    { NULL, "{" SUB_ID ",\"events\":{" REVOKED ":{\"event_timestamp\":-5}}}",
      1, "joe", NULL, NULL, DELAY },
    { NULL, "{" SUB_ID ",\"events\":{" REVOKED
      ":{\"event_timestamp\":1700000300}}}", 1, "joe", NULL, NULL, NOW + 300 },
    { NULL, "{" SUB_ID ",\"events\":{" REVOKED
      ":{\"event_timestamp\":1699999950.5}}}", 1, "joe", NULL, NULL,
      NOW - 50 },
    { "5 minutes ahead", "{" SUB_ID ",\"events\":{" REVOKED
      ":{\"event_timestamp\":1700000301}}}", 0, NULL, NULL, NULL, 0 },
    { "5 minutes ahead", "{" SUB_ID ",\"events\":{" REVOKED
      ":{\"event_timestamp\":1700000000000}}}", 0, NULL, NULL, NULL, 0 },
    { "not a time", "{" SUB_ID ",\"events\":{" REVOKED
      ":{\"event_timestamp\":\"1699999901\"}}}", 0, NULL, NULL, NULL, 0 },
    { "not a time", "{" SUB_ID ",\"events\":{" REVOKED
      ":{\"event_timestamp\":null}}}", 0, NULL, NULL, NULL, 0 }
};


static const effect_case_t  effect_logouts[] = {
    { NULL, "{\"sub\":\"joe\",\"events\":{\"" LOGOUT "\":{}}}", 1, "joe", NULL,
      NULL, DELAY },
    { NULL, "{\"sid\":\"s\",\"events\":{\"" LOGOUT "\":{}}}", 1, NULL, NULL,
      "s", DELAY },
    { NULL, "{\"sid\":\"s\",\"sub\":\"joe\",\"events\":{\"" LOGOUT "\":{}}}",
      1, NULL, NULL, "s", DELAY },
    { NULL, "{\"sub\":\"joe\",\"events\":{\"urn:x\":1,\"" LOGOUT "\":{}}}", 1,
      "joe", NULL, NULL, DELAY },
    { "neither sub nor sid", "{\"events\":{\"" LOGOUT "\":{}}}", 0, NULL, NULL,
      NULL, 0 },
    { "neither sub nor sid", "{" SUB_ID ",\"events\":{\"" LOGOUT "\":{}}}", 0,
      NULL, NULL, NULL, 0 },
    { "its sub or sid", "{\"sub\":\"\",\"events\":{\"" LOGOUT "\":{}}}", 0,
      NULL, NULL, NULL, 0 },
    { "its sub or sid", "{\"sub\":\"joe\",\"sid\":\"\",\"events\":{\"" LOGOUT
      "\":{}}}", 0, NULL, NULL, NULL, 0 },
    { "its sub or sid", "{\"sub\":\"joe\",\"sid\":null,\"events\":{\"" LOGOUT
      "\":{}}}", 0, NULL, NULL, NULL, 0 },
    { "its sub or sid", "{\"sub\":7,\"sid\":\"s\",\"events\":{\"" LOGOUT
      "\":{}}}", 0, NULL, NULL, NULL, 0 },
    { "it has a nonce", "{\"sub\":\"joe\",\"nonce\":\"n\",\"events\":{\""
      LOGOUT "\":{}}}", 0, NULL, NULL, NULL, 0 },
    { "it has a nonce", "{\"sub\":\"joe\",\"nonce\":null,\"events\":{\""
      LOGOUT "\":{}}}", 0, NULL, NULL, NULL, 0 },
    { "back-channel logout", "{\"sub\":\"joe\",\"events\":{" REVOKED ":{}}}",
      0, NULL, NULL, NULL, 0 },
    { "back-channel logout", "{\"sub\":\"joe\",\"events\":{\"" LOGOUT
      "\":true}}", 0, NULL, NULL, NULL, 0 }
};


static void
effect_assert(oauth_str_t s, const char *expected)
{
    assert_int_equal(s.data != NULL, expected != NULL);

    if (expected) {
        assert_true(oauth_str_equal(s, oauth_str_of(expected)));
    }
}


static void
effect_assert_entry(const oauth_order_entry_t *e, const effect_case_t *c)
{
    unsigned char  key[OAUTH_REVOCATION_KEY];

    effect_assert(e->names.issuer, "https://as.example");
    effect_assert(e->names.subject, c->subject);
    effect_assert(e->names.email, c->email);
    effect_assert(e->names.session, c->session);
    assert_int_equal(e->entry.cut, c->cut);
    assert_int_equal(e->entry.end, 0);
    assert_int_equal(e->entry.time, NOW);

    assert_int_equal(oauth_revocation_write_key(&e->names, key), 0);
    assert_memory_equal(e->entry.key, key, OAUTH_REVOCATION_KEY);
}


static oauth_result_t
effect_read(oauth_order_t *order, const char *text, oauth_order_type_t type,
    int64_t issued_at, const char **why)
{
    oauth_order_rules_t  rules;

    memset(order, 0, sizeof(oauth_order_t));
    order->issuer = oauth_str("https://as.example");

    assert_int_equal(oauth_document_parse(oauth_str_of(text), 64,
                                          &order->root), OAUTH_DONE);

    memset(&rules, 0, sizeof(oauth_order_rules_t));
    rules.type = type;
    rules.now = NOW;
    rules.longest = LONGEST;
    *why = NULL;

    return oauth_order_effect_read(order, &rules, issued_at, why);
}


static void
effect_run(const effect_case_t *c, size_t n, oauth_order_type_t type)
{
    size_t          i;
    const char     *why;
    oauth_order_t   order;
    oauth_result_t  result;

    for ( /* void */ ; n > 0; n--, c++) {
        result = effect_read(&order, c->text, type, NOW - 100, &why);

        assert_int_equal(result, c->why ? OAUTH_INVALID : OAUTH_DONE);
        assert_int_equal(order.n, c->n);
        assert_int_equal(order.notice != NULL, c->n == 0 && c->why == NULL);

        if (c->why) {
            assert_non_null(strstr(why, c->why));
        }

        for (i = 0; i < order.n; i++) {
            effect_assert_entry(&order.entries[i], c);
        }

        oauth_order_free(&order);
    }
}


static void
effect_signal(void **state)
{
    (void) state;

    effect_run(effect_signals, sizeof(effect_signals) / sizeof(effect_case_t),
               OAUTH_ORDER_SIGNAL);
}


static void
effect_logout(void **state)
{
    (void) state;

    effect_run(effect_logouts, sizeof(effect_logouts) / sizeof(effect_case_t),
               OAUTH_ORDER_LOGOUT_TOKEN);
}


/* No token of that time is valid any more; the same a second later is. */

static void
effect_age(void **state)
{
    const char     *why;
    oauth_order_t   order;

    static const char  text[] = "{" SUB_ID ",\"events\":{" REVOKED ":{}}}";

    (void) state;

    assert_int_equal(effect_read(&order, text, OAUTH_ORDER_SIGNAL,
                                 NOW - LONGEST - 1, &why), OAUTH_DONE);
    assert_int_equal(order.n, 0);
    assert_non_null(strstr(order.notice, "older than any token"));
    oauth_order_free(&order);

    assert_int_equal(effect_read(&order, text, OAUTH_ORDER_SIGNAL,
                                 NOW - LONGEST, &why), OAUTH_DONE);
    assert_int_equal(order.n, 1);
    assert_null(order.notice);
    oauth_order_free(&order);
}


/* The notice says why nothing happens. */

static void
effect_notices(void **state)
{
    const char     *why;
    oauth_order_t   order;

    (void) state;

    assert_int_equal(effect_read(&order, "{\"events\":{\"urn:x\":{},\"" SSF
                                 "verification\":{}}}", OAUTH_ORDER_SIGNAL,
                                 NOW, &why), OAUTH_DONE);
    assert_non_null(strstr(order.notice, "verifies"));
    oauth_order_free(&order);

    assert_int_equal(effect_read(&order, "{\"events\":{\"urn:x\":{}}}",
                                 OAUTH_ORDER_SIGNAL, NOW, &why), OAUTH_DONE);
    assert_non_null(strstr(order.notice, "known here"));
    oauth_order_free(&order);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(effect_signal),
        cmocka_unit_test(effect_logout),
        cmocka_unit_test(effect_age),
        cmocka_unit_test(effect_notices)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
