
/*
 * Security events that are verified: type, algorithm, signature, issuer,
 * audience and times.  Each refusal stands next to an event that is taken and
 * differs in one thing.  What events do is in order_effect_test.c.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "keys.h"
#include "oauth_order.h"
#include "token_fixture.h"


#define LONGEST  3630
#define LEEWAY   30

#define SIGNAL   "{\"alg\":\"ES256\",\"kid\":\"p256\",\"typ\":\"secevent+jwt\"}"
#define BARE     "{\"alg\":\"ES256\",\"kid\":\"p256\"}"
#define TYPED(t) "{\"alg\":\"ES256\",\"kid\":\"p256\",\"typ\":\"" t "\"}"

#define ISS      "\"iss\":\"https://as.example\""
#define AUD      "\"aud\":\"https://rs.example/signals\""
#define IAT      "\"iat\":1700000000"
#define JTI      "\"jti\":\"e-1\""
#define REVOKED  "\"events\":{\"https://schemas.openid.net/secevent/caep/"     \
                 "event-type/session-revoked\":{}},\"sub_id\":{\"format\":"    \
                 "\"opaque\",\"id\":\"joe\"}"
#define LOGOUT   "\"events\":{\"http://schemas.openid.net/event/"              \
                 "backchannel-logout\":{}},\"sid\":\"s-1\""
#define I16      "0123456789abcdef"
#define I256     I16 I16 I16 I16 I16 I16 I16 I16 I16 I16 I16 I16 I16 I16 I16 I16


typedef struct {
    oauth_reason_t   reason;
    const char      *code;          /* NULL: it is accepted */
    const char      *header;
    const char      *payload;
} event_case_t;


static const event_case_t  event_signals[] = {
    { OAUTH_OK, NULL, SIGNAL, "{" ISS "," AUD "," IAT "," JTI "," REVOKED "}" },

    /* The header */

    { OAUTH_OK, NULL, TYPED("application/secevent+jwt"),
      "{" ISS "," AUD "," IAT "," JTI "," REVOKED "}" },
    { OAUTH_OK, NULL, "{\"alg\":\"ES256\",\"typ\":\"secevent+jwt\"}",
      "{" ISS "," AUD "," IAT "," JTI "," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", BARE,
      "{" ISS "," AUD "," IAT "," JTI "," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", TYPED("JWT"),
      "{" ISS "," AUD "," IAT "," JTI "," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", TYPED("at+jwt"),
      "{" ISS "," AUD "," IAT "," JTI "," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", TYPED("logout+jwt"),
      "{" ISS "," AUD "," IAT "," JTI "," REVOKED "}" },
    { OAUTH_UNKNOWN_KEY, "invalid_key",
      "{\"alg\":\"ES256\",\"kid\":\"other\",\"typ\":\"secevent+jwt\"}",
      "{" ISS "," AUD "," IAT "," JTI "," REVOKED "}" },
    { OAUTH_KEY_MISMATCH, "invalid_key",
      "{\"alg\":\"ES256\",\"kid\":\"rsa\",\"typ\":\"secevent+jwt\"}",
      "{" ISS "," AUD "," IAT "," JTI "," REVOKED "}" },

    /* The issuer */

    { OAUTH_MALFORMED_CLAIMS, "invalid_issuer", SIGNAL,
      "{\"iss\":\"https://as.example/\"," AUD "," IAT "," JTI "," REVOKED "}" },

    /* The audience */

    { OAUTH_OK, NULL, SIGNAL,
      "{" ISS ",\"aud\":[\"x\",\"rs\"]," IAT "," JTI "," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_audience", SIGNAL,
      "{" ISS ",\"aud\":[\"x\",\"y\"]," IAT "," JTI "," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_audience", SIGNAL,
      "{" ISS ",\"aud\":\"RS\"," IAT "," JTI "," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_audience", SIGNAL,
      "{" ISS ",\"aud\":[]," IAT "," JTI "," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_audience", SIGNAL,
      "{" ISS ",\"aud\":{\"a\":\"rs\"}," IAT "," JTI "," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_audience", SIGNAL,
      "{" ISS "," IAT "," JTI "," REVOKED "}" },

    /* The times */

    { OAUTH_OK, NULL, SIGNAL,
      "{" ISS "," AUD ",\"iat\":1700000030," JTI "," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", SIGNAL,
      "{" ISS "," AUD ",\"iat\":1700000031," JTI "," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", SIGNAL,
      "{" ISS "," AUD "," JTI "," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", SIGNAL,
      "{" ISS "," AUD ",\"iat\":\"1700000000\"," JTI "," REVOKED "}" },
    { OAUTH_OK, NULL, SIGNAL,
      "{" ISS "," AUD ",\"iat\":1699999000," JTI "," REVOKED "}" },
    { OAUTH_OK, NULL, SIGNAL,
      "{" ISS "," AUD "," IAT ",\"exp\":1699999971," JTI "," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", SIGNAL,
      "{" ISS "," AUD "," IAT ",\"exp\":1699999970," JTI "," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", SIGNAL,
      "{" ISS "," AUD "," IAT ",\"exp\":null," JTI "," REVOKED "}" },

    /* Its own id */

    { OAUTH_OK, NULL, SIGNAL,
      "{" ISS "," AUD "," IAT ",\"jti\":\"" I256 "\"," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", SIGNAL,
      "{" ISS "," AUD "," IAT ",\"jti\":\"" I256 "x\"," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", SIGNAL,
      "{" ISS "," AUD "," IAT ",\"jti\":\"\"," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", SIGNAL,
      "{" ISS "," AUD "," IAT ",\"jti\":7," REVOKED "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", SIGNAL,
      "{" ISS "," AUD "," IAT "," REVOKED "}" },

    /* An access token in its place, and a subject of another issuer */

    { OAUTH_MALFORMED_CLAIMS, "invalid_request", SIGNAL,
      "{" ISS "," AUD "," IAT "," JTI ",\"exp\":1700000100,\"sub\":\"joe\"}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", SIGNAL,
      "{" ISS "," AUD "," IAT "," JTI ",\"events\":{}}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", SIGNAL,
      "{" ISS "," AUD "," IAT "," JTI ",\"events\":[\"a\"]}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", SIGNAL,
      "{" ISS "," AUD "," IAT "," JTI ",\"events\":{\"https://schemas.openid."
      "net/secevent/caep/event-type/session-revoked\":{}},\"sub_id\":{"
      "\"format\":\"iss_sub\",\"iss\":\"https://b.example\",\"sub\":\"joe\"}}" }
};


static const event_case_t  event_logouts[] = {
    { OAUTH_OK, NULL, TYPED("logout+jwt"),
      "{" ISS "," AUD "," IAT "," JTI "," LOGOUT "}" },
    { OAUTH_OK, NULL, TYPED("JWT"),
      "{" ISS "," AUD "," IAT "," JTI "," LOGOUT "}" },
    { OAUTH_OK, NULL, BARE, "{" ISS "," AUD "," IAT "," JTI "," LOGOUT "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", TYPED("at+jwt"),
      "{" ISS "," AUD "," IAT "," JTI "," LOGOUT "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", TYPED("JOSE"),
      "{" ISS "," AUD "," IAT "," JTI "," LOGOUT "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", SIGNAL,
      "{" ISS "," AUD "," IAT "," JTI "," LOGOUT "}" },

    /* Without exp, it is good for five minutes and the leeway. */

    { OAUTH_OK, NULL, BARE,
      "{" ISS "," AUD ",\"iat\":1699999671," JTI "," LOGOUT "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", BARE,
      "{" ISS "," AUD ",\"iat\":1699999670," JTI "," LOGOUT "}" },
    { OAUTH_OK, NULL, BARE,
      "{" ISS "," AUD ",\"iat\":1699999670,\"exp\":1699999971," JTI ","
      LOGOUT "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", BARE,
      "{" ISS "," AUD "," IAT ",\"exp\":1699999970," JTI "," LOGOUT "}" },

    { OAUTH_MALFORMED_CLAIMS, "invalid_request", BARE,
      "{" ISS "," AUD "," IAT "," JTI ",\"nonce\":\"n\"," LOGOUT "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", BARE,
      "{" ISS "," AUD "," IAT "," LOGOUT "}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", BARE,
      "{" ISS "," AUD "," IAT "," JTI "," REVOKED ",\"sub\":\"joe\"}" },
    { OAUTH_MALFORMED_CLAIMS, "invalid_request", BARE,
      "{" ISS "," AUD "," IAT "," JTI ",\"exp\":1700000100,\"sub\":\"joe\"}" }
};


static const oauth_str_t  event_audience[] = {
    oauth_string("https://rs.example/signals"), oauth_string("rs")
};


static oauth_order_rules_t
event_rules(oauth_order_type_t type)
{
    oauth_order_rules_t  rules;

    rules.type = type;
    rules.rules = &token_policy;
    rules.keys = token_set;
    rules.audience = event_audience;
    rules.naudience = 2;
    rules.longest = LONGEST;
    rules.now = NOW;

    return rules;
}


static void
event_sign(oauth_buf_t *text, const char *header, const char *payload)
{
    memset(text, 0, sizeof(oauth_buf_t));
    keys_append_token(text, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                      keys_str(header), keys_str(payload));
    ERR_clear_error();
}


static oauth_reason_t
event_verify(const oauth_buf_t *text, const oauth_order_rules_t *rules,
    oauth_order_t *order)
{
    oauth_reason_t  reason;

    memset(order, 0xff, sizeof(oauth_order_t));
    assert_int_equal(oauth_order_parse_event(oauth_buf_str(text), order),
                     OAUTH_DONE);

    reason = oauth_order_verify_event(order, rules);

    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(order->error.why != NULL, reason != OAUTH_OK);
    assert_int_equal(order->error.code != NULL, reason != OAUTH_OK);

    if (reason != OAUTH_OK) {
        assert_int_equal(order->n, 0);
        assert_null(order->notice);
    }

    return reason;
}


static void
event_run(const event_case_t *c, size_t n, oauth_order_type_t type)
{
    oauth_buf_t          text;
    oauth_order_t        order;
    oauth_order_rules_t  rules;

    rules = event_rules(type);

    for ( /* void */ ; n > 0; n--, c++) {
        event_sign(&text, c->header, c->payload);

        assert_int_equal(event_verify(&text, &rules, &order), c->reason);

        if (c->code) {
            assert_string_equal(order.error.code, c->code);
        } else {
            assert_int_equal(order.n, 1);
        }

        oauth_order_free(&order);
        oauth_buf_free(&text);
    }
}


static void
event_signal(void **state)
{
    (void) state;

    event_run(event_signals, sizeof(event_signals) / sizeof(event_case_t),
              OAUTH_ORDER_SIGNAL);
}


static void
event_logout(void **state)
{
    (void) state;

    event_run(event_logouts, sizeof(event_logouts) / sizeof(event_case_t),
              OAUTH_ORDER_LOGOUT_TOKEN);
}


/* What cannot be taken apart. */

static void
event_form(void **state)
{
    size_t         i;
    char          *large;
    oauth_buf_t    text;
    oauth_order_t  order;

    static const struct {
        const char  *code;
        const char  *header;
        const char  *payload;
    } cases[] = {
        { NULL, SIGNAL, "{" ISS "}" },
        { "invalid_request", "{\"alg\":\"none\"}", "{" ISS "}" },
        { "invalid_request", "{\"alg\":\"HS256\"}", "{" ISS "}" },
        { "invalid_request", "{\"alg\":\"ES256\",\"crit\":[\"b64\"]}",
          "{" ISS "}" },
        { "invalid_request", "[]", "{" ISS "}" },
        { "invalid_request", SIGNAL, "[]" },
        { "invalid_request", SIGNAL, "{" ISS "," ISS "}" },
        { "invalid_issuer", SIGNAL, "{}" },
        { "invalid_issuer", SIGNAL, "{\"iss\":\"\"}" },
        { "invalid_issuer", SIGNAL, "{\"iss\":[\"https://as.example\"]}" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        event_sign(&text, cases[i].header, cases[i].payload);

        assert_int_equal(oauth_order_parse_event(oauth_buf_str(&text),
                                                 &order),
                         cases[i].code ? OAUTH_INVALID : OAUTH_DONE);
        assert_int_equal(order.error.why != NULL, cases[i].code != NULL);

        if (cases[i].code) {
            assert_string_equal(order.error.code, cases[i].code);
        } else {
            assert_true(oauth_str_equal(order.issuer, token_policy.issuer));
        }

        oauth_order_free(&order);
        oauth_buf_free(&text);
    }

    assert_int_equal(oauth_order_parse_event(oauth_str(""), &order),
                     OAUTH_INVALID);
    oauth_order_free(&order);

    large = malloc(OAUTH_ORDER_EVENT + 1);
    assert_non_null(large);
    memset(large, 'A', OAUTH_ORDER_EVENT + 1);

    assert_int_equal(oauth_order_parse_event(
                         (oauth_str_t) { OAUTH_ORDER_EVENT + 1,
                                         (unsigned char *) large }, &order),
                     OAUTH_INVALID);
    assert_string_equal(order.error.why, "it is larger than 64 KB");
    oauth_order_free(&order);
    free(large);
}


/* A key that the issuer does not have, an algorithm, and a changed payload. */

static void
event_signature(void **state)
{
    oauth_buf_t           text;
    oauth_order_t         order;
    oauth_order_rules_t   rules;
    oauth_token_rules_t   issuer;

    static const char  payload[] = "{" ISS "," AUD "," IAT "," JTI "," REVOKED
                                   "}";

    (void) state;

    rules = event_rules(OAUTH_ORDER_SIGNAL);

    memset(&text, 0, sizeof(oauth_buf_t));
    keys_append_token(&text, token_foreign, OAUTH_ALG_ES256,
                      oauth_str(SIGNAL), oauth_str(payload));
    assert_int_equal(event_verify(&text, &rules, &order), OAUTH_BAD_SIGNATURE);
    assert_string_equal(order.error.code, "authentication_failed");
    oauth_order_free(&order);
    oauth_buf_free(&text);

    event_sign(&text, SIGNAL, payload);
    assert_int_equal(event_verify(&text, &rules, &order), OAUTH_OK);
    oauth_order_free(&order);

    issuer = token_policy;
    issuer.algorithms = oauth_alg_get(OAUTH_ALG_RS256)->bits;
    rules.rules = &issuer;
    assert_int_equal(event_verify(&text, &rules, &order),
                     OAUTH_MALFORMED_CLAIMS);
    assert_string_equal(order.error.code, "invalid_key");
    oauth_order_free(&order);

    rules.rules = &token_policy;
    keys_spoil(&text);
    assert_int_equal(event_verify(&text, &rules, &order), OAUTH_BAD_SIGNATURE);
    oauth_order_free(&order);
    oauth_buf_free(&text);
}


/* With the key set that has come in the meantime, the same order is good. */

static void
event_again(void **state)
{
    oauth_buf_t           text;
    oauth_jwks_t         *old;
    oauth_order_t         order;
    oauth_order_rules_t   rules;

    (void) state;

    old = token_make_set(TOKEN_RSA, 1, &token_kids[TOKEN_RSA]);
    rules = event_rules(OAUTH_ORDER_SIGNAL);
    rules.keys = old;

    event_sign(&text, SIGNAL, "{" ISS "," AUD "," IAT "," JTI "," REVOKED "}");
    assert_int_equal(event_verify(&text, &rules, &order), OAUTH_UNKNOWN_KEY);

    rules.keys = token_set;
    assert_int_equal(oauth_order_verify_event(&order, &rules), OAUTH_OK);
    assert_null(order.error.why);
    assert_int_equal(order.n, 1);

    oauth_order_free(&order);
    oauth_buf_free(&text);
    oauth_jwks_free(old);
}


static void
event_assert_used(oauth_order_type_t type, const char *header,
    const char *payload, const char *name, int64_t end)
{
    oauth_buf_t          text;
    oauth_order_t        order;
    unsigned char        key[OAUTH_REVOCATION_KEY];
    oauth_order_rules_t  rules;

    rules = event_rules(type);
    event_sign(&text, header, payload);
    assert_int_equal(event_verify(&text, &rules, &order), OAUTH_OK);

    assert_true(oauth_str_equal(order.id, oauth_str("e-1")));
    assert_int_equal(oauth_revocation_write_used(token_policy.issuer,
                                                 keys_str(name),
                                                 oauth_str("e-1"), key), 0);
    assert_memory_equal(order.used.key, key, OAUTH_REVOCATION_KEY);
    assert_true(order.used.cut == OAUTH_REVOCATION_ALWAYS);
    assert_int_equal(order.used.time, NOW);
    assert_int_equal(order.used.end, end);

    oauth_order_free(&order);
    oauth_buf_free(&text);
}


/* Its id is remembered for longer than it is accepted. */

static void
event_used(void **state)
{
    (void) state;

    event_assert_used(OAUTH_ORDER_SIGNAL, SIGNAL,
                      "{" ISS "," AUD "," IAT "," JTI "," REVOKED "}",
                      "signal", NOW + LONGEST + LEEWAY);
    event_assert_used(OAUTH_ORDER_SIGNAL, SIGNAL,
                      "{" ISS "," AUD "," IAT ",\"exp\":1700000100," JTI ","
                      REVOKED "}", "signal", NOW + 100 + LONGEST + LEEWAY);
    event_assert_used(OAUTH_ORDER_LOGOUT_TOKEN, BARE,
                      "{" ISS "," AUD "," IAT "," JTI "," LOGOUT "}",
                      "logout", NOW + 300 + LONGEST + LEEWAY);
    event_assert_used(OAUTH_ORDER_LOGOUT_TOKEN, BARE,
                      "{" ISS "," AUD "," IAT ",\"exp\":1699999980," JTI ","
                      LOGOUT "}", "logout", NOW + LONGEST + LEEWAY);
    event_assert_used(OAUTH_ORDER_LOGOUT_TOKEN, BARE,
                      "{" ISS "," AUD "," IAT ",\"exp\":1e300," JTI ","
                      LOGOUT "}", "logout",
                      ((int64_t) 1 << 53) + LONGEST + LEEWAY);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(event_signal),
        cmocka_unit_test(event_logout),
        cmocka_unit_test(event_form),
        cmocka_unit_test(event_signature),
        cmocka_unit_test(event_again),
        cmocka_unit_test(event_used)
    };

    return cmocka_run_group_tests(tests, token_setup, token_teardown);
}
