
/*
 * Security events.  Input: a line with three numbers (now, leeway, longest
 * lifetime) and words: "logout" for a logout token, which is a signal
 * otherwise; "foreign" for a key that the issuer does not have; then a line
 * with the header as JSON, and the payload, which are signed here.  After the
 * word "raw", the rest is the text itself.  An event must be taken exactly
 * where its JSON, as jansson reads it, allows it, and no event may pass for an
 * event of the other type, or for an access token.
 */


#include <math.h>
#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "keys.h"
#include "oauth_document.h"
#include "oauth_order.h"
#include "token_fixture.h"


#define FUZZ_CAEP     "https://schemas.openid.net/secevent/caep/event-type/"
#define FUZZ_RISC     "https://schemas.openid.net/secevent/risc/event-type/"
#define FUZZ_LOGOUT   "http://schemas.openid.net/event/backchannel-logout"


typedef struct {
    oauth_token_rules_t    policy;
    oauth_order_rules_t    rules;
    json_t                *header;  /* NULL: it is not known, or not JSON     */
    json_t                *payload;
    int                    foreign;
    int                    raw;
} fuzz_event_t;


static void fuzz_read(oauth_str_t line, fuzz_event_t *c);
static void fuzz_text(fuzz_event_t *c, oauth_str_t input, oauth_buf_t *text);
static void fuzz_verdict(fuzz_event_t *c, oauth_str_t text);
static void fuzz_others(const fuzz_event_t *c, oauth_str_t text);
static int fuzz_good(const fuzz_event_t *c);
static int fuzz_good_header(const fuzz_event_t *c);
static int fuzz_good_type(const fuzz_event_t *c);
static int fuzz_good_claims(const fuzz_event_t *c);
static int fuzz_good_audience(const json_t *aud);
static int fuzz_good_times(const fuzz_event_t *c);
static int fuzz_good_logout(const json_t *claims);
static int fuzz_good_signal(const fuzz_event_t *c, size_t *n);
static int fuzz_revokes(const char *uri);
static int fuzz_good_subject(const json_t *subject, int simple);
static int fuzz_is_old(const fuzz_event_t *c);
static double fuzz_date(const json_t *value);
static void fuzz_entries(const fuzz_event_t *c, const oauth_order_t *order);
static int fuzz_has(const json_t *value, oauth_str_t s);


static const oauth_str_t  fuzz_audience = oauth_string("rs");


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    oauth_buf_t    text;
    oauth_str_t    input, copy;
    fuzz_event_t   c;

    if (token_set == NULL) {
        token_setup(NULL);
        ERR_clear_error();
    }

    input.data = data;
    input.len = size;

    memset(&text, 0, sizeof(oauth_buf_t));
    fuzz_read(fuzz_line(&input), &c);
    fuzz_text(&c, input, &text);

    copy = fuzz_copy(oauth_buf_str(&text));
    fuzz_verdict(&c, copy);
    fuzz_free(copy);

    json_decref(c.header);
    json_decref(c.payload);
    oauth_buf_free(&text);

    return 0;
}


static void
fuzz_read(oauth_str_t line, fuzz_event_t *c)
{
    oauth_str_t  word;

    memset(c, 0, sizeof(fuzz_event_t));

    c->policy = token_policy;
    c->rules.now = fuzz_seconds(&line);
    c->policy.leeway = fuzz_seconds(&line);
    c->rules.longest = fuzz_seconds(&line);

    c->rules.rules = &c->policy;
    c->rules.keys = token_set;
    c->rules.audience = &fuzz_audience;
    c->rules.naudience = 1;

    while (fuzz_word(&line, &word)) {

        if (oauth_str_equal(word, oauth_str("logout"))) {
            c->rules.type = OAUTH_ORDER_LOGOUT_TOKEN;
        }

        c->foreign |= oauth_str_equal(word, oauth_str("foreign"));
        c->raw |= oauth_str_equal(word, oauth_str("raw"));
    }
}


static void
fuzz_text(fuzz_event_t *c, oauth_str_t input, oauth_buf_t *text)
{
    oauth_str_t  header;

    if (c->raw) {
        oauth_buf_append_str(text, input);
        return;
    }

    header = fuzz_line(&input);

    (void) oauth_document_parse(header, OAUTH_JSON_MEMBERS, &c->header);
    (void) oauth_document_parse(input, OAUTH_JSON_MEMBERS, &c->payload);

    keys_append_token(text, c->foreign ? token_foreign : token_keys[TOKEN_P256],
                      OAUTH_ALG_ES256, header, input);
    ERR_clear_error();
}


static void
fuzz_verdict(fuzz_event_t *c, oauth_str_t text)
{
    oauth_order_t    order;
    oauth_reason_t   reason;
    oauth_result_t   result;

    reason = OAUTH_MALFORMED_CLAIMS;

    result = oauth_order_parse_event(text, &order);
    fuzz_need_clean();
    fuzz_need(result != OAUTH_NO_MEMORY);

    if (result == OAUTH_DONE) {
        fuzz_need(order.issuer.len > 0);
        reason = oauth_order_verify_event(&order, &c->rules);
        fuzz_need_clean();
        fuzz_need(reason != OAUTH_SERVER_ERROR);
    }

    fuzz_need((reason == OAUTH_OK)
              == (!c->raw && text.len <= OAUTH_ORDER_EVENT && fuzz_good(c)));
    fuzz_accepted = (reason == OAUTH_OK);

    if (reason == OAUTH_OK) {
        fuzz_need((order.n == 0) == (order.notice != NULL));
        fuzz_entries(c, &order);
        fuzz_others(c, text);

    } else {
        fuzz_need(order.n == 0 && order.error.code && order.error.why);
    }

    oauth_order_free(&order);
}


/* It is neither of the other type, nor an access token, nor of another. */

static void
fuzz_others(const fuzz_event_t *c, oauth_str_t text)
{
    oauth_jwt_t          *jwt;
    oauth_str_t           nobody;
    oauth_order_t         order;
    oauth_token_t        *token;
    oauth_order_rules_t   rules;

    fuzz_need(oauth_jwt_parse(text, &jwt) == OAUTH_OK);
    fuzz_need(oauth_token_verify(jwt, &c->policy, token_set, c->rules.now,
                                 &token) != OAUTH_OK);
    oauth_jwt_free(jwt);

    rules = c->rules;
    rules.type = (rules.type == OAUTH_ORDER_SIGNAL) ? OAUTH_ORDER_LOGOUT_TOKEN
                                                    : OAUTH_ORDER_SIGNAL;

    fuzz_need(oauth_order_parse_event(text, &order) == OAUTH_DONE);
    fuzz_need(oauth_order_verify_event(&order, &rules) != OAUTH_OK);

    nobody = oauth_str("r");
    rules = c->rules;
    rules.audience = &nobody;
    fuzz_need(oauth_order_verify_event(&order, &rules) != OAUTH_OK);

    oauth_order_free(&order);
    ERR_clear_error();
}


static int
fuzz_good(const fuzz_event_t *c)
{
    size_t  n;

    if (!fuzz_good_header(c) || !fuzz_good_claims(c)) {
        return 0;
    }

    return (c->rules.type == OAUTH_ORDER_SIGNAL) ? fuzz_good_signal(c, &n)
                                                 : fuzz_good_logout(c->payload);
}


static int
fuzz_good_header(const fuzz_event_t *c)
{
    const json_t  *kid;

    kid = json_object_get(c->header, "kid");

    return !c->foreign
           && fuzz_has(json_object_get(c->header, "alg"), oauth_str("ES256"))
           && (kid == NULL || fuzz_has(kid, oauth_str("p256")))
           && json_object_get(c->header, "enc") == NULL
           && json_object_get(c->header, "zip") == NULL
           && json_object_get(c->header, "crit") == NULL
           && json_object_get(c->header, "b64") == NULL
           && fuzz_good_type(c);
}


static int
fuzz_good_type(const fuzz_event_t *c)
{
    const char    *name;
    const json_t  *typ;

    typ = json_object_get(c->header, "typ");
    name = json_string_value(typ);

    if (typ == NULL) {
        return c->rules.type == OAUTH_ORDER_LOGOUT_TOKEN;
    }

    if (name == NULL) {
        return 0;
    }

    if (strncasecmp(name, "application/", 12) == 0) {
        name += 12;
    }

    return (c->rules.type == OAUTH_ORDER_SIGNAL)
           ? strcasecmp(name, "secevent+jwt") == 0
           : (strcasecmp(name, "logout+jwt") == 0
              || strcasecmp(name, "JWT") == 0);
}


static int
fuzz_good_claims(const fuzz_event_t *c)
{
    size_t         len;
    const json_t  *jti;

    jti = json_object_get(c->payload, "jti");
    len = json_string_length(jti);

    return fuzz_has(json_object_get(c->payload, "iss"), c->policy.issuer)
           && json_object_size(json_object_get(c->payload, "events")) > 0
           && fuzz_good_audience(json_object_get(c->payload, "aud"))
           && fuzz_good_times(c)
           && len > 0 && len <= 256;
}


static int
fuzz_good_audience(const json_t *aud)
{
    size_t   i;
    json_t  *name;

    json_array_foreach(aud, i, name) {
        if (fuzz_has(name, fuzz_audience)) {
            return 1;
        }
    }

    return fuzz_has(aud, fuzz_audience);
}


static int
fuzz_good_times(const fuzz_event_t *c)
{
    double         now, leeway, iat;
    const json_t  *exp;

    now = (double) c->rules.now;
    leeway = (double) c->policy.leeway;
    iat = fuzz_date(json_object_get(c->payload, "iat"));
    exp = json_object_get(c->payload, "exp");

    if (!(iat <= now + leeway)) {
        return 0;
    }

    if (exp) {
        return now < fuzz_date(exp) + leeway;
    }

    return c->rules.type == OAUTH_ORDER_SIGNAL || now < iat + 300 + leeway;
}


static int
fuzz_good_logout(const json_t *claims)
{
    const json_t  *sub, *sid, *event;

    sub = json_object_get(claims, "sub");
    sid = json_object_get(claims, "sid");
    event = json_object_get(json_object_get(claims, "events"), FUZZ_LOGOUT);

    return json_is_object(event)
           && json_object_get(claims, "nonce") == NULL
           && (sub || sid)
           && (sub == NULL || json_string_length(sub) > 0)
           && (sid == NULL || json_string_length(sid) > 0);
}


/* *n becomes the number of entries. */

static int
fuzz_good_signal(const fuzz_event_t *c, size_t *n)
{
    json_t      *events, *event, *subject, *time;
    const char  *uri;

    *n = 0;

    if (fuzz_is_old(c)) {
        return 1;
    }

    events = json_object_get(c->payload, "events");

    json_object_foreach(events, uri, event) {

        if (!fuzz_revokes(uri)) {
            continue;
        }

        ++*n;

        subject = json_object_get(c->payload, "sub_id");
        if (subject == NULL) {
            subject = json_object_get(event, "subject");
        }

        time = json_object_get(event, "event_timestamp");

        if (!json_is_object(event)
            || !fuzz_good_subject(subject, 0)
            || (time && !(fuzz_date(time) <= (double) c->rules.now + 300
                          || fuzz_date(time) <= fuzz_date(
                                  json_object_get(c->payload, "iat")))))
        {
            return 0;
        }
    }

    return 1;
}


static int
fuzz_revokes(const char *uri)
{
    return strcmp(uri, FUZZ_CAEP "session-revoked") == 0
           || strcmp(uri, FUZZ_CAEP "credential-change") == 0
           || strcmp(uri, FUZZ_RISC "account-disabled") == 0
           || strcmp(uri, FUZZ_RISC "account-purged") == 0
           || strcmp(uri, FUZZ_RISC "credential-compromise") == 0;
}


static int
fuzz_good_subject(const json_t *subject, int simple)
{
    size_t         n;
    const json_t  *format, *user, *session;

    n = json_object_size(subject);
    format = json_object_get(subject, "format");

    if (format == NULL) {
        format = json_object_get(subject, "subject_type");
    }

    if (fuzz_has(format, oauth_str("iss_sub"))
        || fuzz_has(format, oauth_str("iss-sub")))
    {
        return n == 3
               && json_string_length(json_object_get(subject, "sub")) > 0
               && fuzz_has(json_object_get(subject, "iss"),
                           token_policy.issuer);
    }

    if (fuzz_has(format, oauth_str("email"))) {
        return n == 2
               && json_string_length(json_object_get(subject, "email")) > 0;
    }

    if (fuzz_has(format, oauth_str("opaque"))) {
        return n == 2
               && json_string_length(json_object_get(subject, "id")) > 0;
    }

    if (simple || !fuzz_has(format, oauth_str("complex"))) {
        return 0;
    }

    user = json_object_get(subject, "user");
    session = json_object_get(subject, "session");

    format = json_object_get(session, "format");
    if (format == NULL) {
        format = json_object_get(session, "subject_type");
    }

    return n >= 2 && n == 1u + (user != NULL) + (session != NULL)
           && (user == NULL || fuzz_good_subject(user, 1))
           && (session == NULL || (fuzz_has(format, oauth_str("opaque"))
                                   && fuzz_good_subject(session, 1)));
}


static int
fuzz_is_old(const fuzz_event_t *c)
{
    return fuzz_date(json_object_get(c->payload, "iat"))
           < (double) (c->rules.now - c->rules.longest);
}


/* NAN, which compares to nothing, where it is no number. */

static double
fuzz_date(const json_t *value)
{
    return json_is_number(value) ? trunc(json_number_value(value)) : NAN;
}


static void
fuzz_entries(const fuzz_event_t *c, const oauth_order_t *order)
{
    size_t                      i, n;
    int64_t                     cut;
    unsigned char               key[OAUTH_REVOCATION_KEY];
    const json_t               *sid;
    const oauth_order_entry_t  *e;

    n = 1;
    sid = json_object_get(c->payload, "sid");

    if (c->rules.type == OAUTH_ORDER_SIGNAL) {
        fuzz_need(fuzz_good_signal(c, &n));
    }

    fuzz_need(order->n == n);
    fuzz_need(order->used.key[0] == OAUTH_REVOCATION_USED);
    fuzz_need(order->used.end >= c->rules.now
              || (c->rules.type == OAUTH_ORDER_SIGNAL && fuzz_is_old(c)));

    for (i = 0; i < n; i++) {
        e = &order->entries[i];
        cut = e->entry.cut;

        fuzz_need(oauth_revocation_write_key(&e->names, key) == 0);
        fuzz_need(memcmp(key, e->entry.key, OAUTH_REVOCATION_KEY) == 0);
        fuzz_need(oauth_str_equal(e->names.issuer, c->policy.issuer));
        fuzz_need(e->entry.end == 0 && e->entry.time == c->rules.now);
        fuzz_need(cut <= c->rules.now + 300);

        /* It is never about the whole issuer. */

        fuzz_need(e->names.subject.len > 0 || e->names.session.len > 0
                  || e->names.email.len > 0);

        if (c->rules.type == OAUTH_ORDER_LOGOUT_TOKEN) {
            fuzz_need(cut == c->rules.now + 5);
            fuzz_need(fuzz_has(sid ? sid : json_object_get(c->payload, "sub"),
                               sid ? e->names.session : e->names.subject));
            fuzz_need(key[0] == (sid ? OAUTH_REVOCATION_SESSION
                                     : OAUTH_REVOCATION_SUBJECT));

        } else {
            fuzz_need(cut == c->rules.now + 5
                      || (double) cut > fuzz_date(json_object_get(c->payload,
                                                                  "iat")));
        }
    }
}


static int
fuzz_has(const json_t *value, oauth_str_t s)
{
    return json_is_string(value)
           && oauth_str_equal(oauth_document_str(value), s);
}
