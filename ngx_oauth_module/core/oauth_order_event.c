
/*
 * Verifies security events: signals (RFC 8417 for their form, RFC 8935 for the
 * codes of errors) and logout tokens (OpenID Connect Back-Channel Logout 1.0,
 * section 2.6).  Until the signature is verified, what the event claims can
 * lead to a refusal, and to nothing else.  The order owns the JWS and the tree
 * of its payload.
 */


#include <string.h>

#include "oauth_document.h"
#include "oauth_order.h"
#include "oauth_order_effect.h"


#define OAUTH_ORDER_EVENT_ID       256  /* bytes of a jti, at most            */

#define OAUTH_ORDER_EVENT_REQUEST  "invalid_request"
#define OAUTH_ORDER_EVENT_KEY      "invalid_key"


/* The times of an event: seconds since the epoch. */

typedef struct {
    int64_t                    issued_at;
    int64_t                    expires; /* as claimed, or else as it follows
                                           from iat                           */
} oauth_order_event_times_t;


static const char *oauth_order_event_parse_fault(oauth_reason_t reason);
static int oauth_order_event_has_type(const oauth_jws_t *jws,
    oauth_order_type_t type);
static oauth_reason_t oauth_order_event_verify_header(oauth_order_t *order,
    const oauth_order_rules_t *rules);
static oauth_reason_t oauth_order_event_verify_claims(oauth_order_t *order,
    const oauth_order_rules_t *rules, oauth_order_event_times_t *times);
static int oauth_order_event_has_audience(const json_t *audience,
    const oauth_order_rules_t *rules);
static int oauth_order_event_is_audience(oauth_str_t name,
    const oauth_order_rules_t *rules);
static const char *oauth_order_event_read_times(const json_t *claims,
    const oauth_order_rules_t *rules, oauth_order_event_times_t *times);
static oauth_reason_t oauth_order_event_write_used(oauth_order_t *order,
    const oauth_order_rules_t *rules, const oauth_order_event_times_t *times);
static oauth_reason_t oauth_order_event_refuse(oauth_order_t *order,
    const char *code, const char *why);
static oauth_reason_t oauth_order_event_short(oauth_order_t *order);


oauth_result_t
oauth_order_parse_event(oauth_str_t text, oauth_order_t *order)
{
    oauth_str_t      payload;
    oauth_reason_t   reason;
    oauth_result_t   result;

    memset(order, 0, sizeof(oauth_order_t));

    order->error.code = OAUTH_ORDER_EVENT_REQUEST;

    if (text.len > OAUTH_ORDER_EVENT) {
        order->error.why = "it is larger than 64 KB";
        return OAUTH_INVALID;
    }

    reason = oauth_jws_parse(text, &order->jws);

    if (reason == OAUTH_SERVER_ERROR) {
        return OAUTH_NO_MEMORY;
    }

    if (reason != OAUTH_OK) {
        order->error.why = oauth_order_event_parse_fault(reason);
        return OAUTH_INVALID;
    }

    payload.data = order->jws.payload;
    payload.len = order->jws.npayload;

    result = oauth_document_parse(payload, OAUTH_JSON_MEMBERS, &order->root);

    if (result != OAUTH_DONE) {
        order->error.why = "its payload is not a JSON object, or has a member "
                           "twice, or too many values";
        return result;
    }

    if (oauth_document_string(order->root, "iss", &order->issuer) != 1
        || order->issuer.len == 0)
    {
        order->error.code = "invalid_issuer";
        order->error.why = "it has no iss, as a string";
        return OAUTH_INVALID;
    }

    return OAUTH_DONE;
}


oauth_reason_t
oauth_order_verify_event(oauth_order_t *order,
    const oauth_order_rules_t *rules)
{
    const char                 *why;
    oauth_reason_t              reason;
    oauth_order_event_times_t   times;

    memset(&order->error, 0, sizeof(oauth_order_error_t));

    reason = oauth_order_event_verify_header(order, rules);
    if (reason != OAUTH_OK) {
        return reason;
    }

    reason = oauth_order_event_verify_claims(order, rules, &times);
    if (reason != OAUTH_OK) {
        return reason;
    }

    reason = oauth_order_event_write_used(order, rules, &times);
    if (reason != OAUTH_OK) {
        return reason;
    }

    switch (oauth_order_effect_read(order, rules, times.issued_at, &why)) {

    case OAUTH_DONE:
        return OAUTH_OK;

    case OAUTH_INVALID:
        return oauth_order_event_refuse(order, OAUTH_ORDER_EVENT_REQUEST, why);

    default:
        return oauth_order_event_short(order);
    }
}


static const char *
oauth_order_event_parse_fault(oauth_reason_t reason)
{
    switch (reason) {

    case OAUTH_UNSUPPORTED_TOKEN:
        return "it is encrypted, or has an extension that is not supported";

    case OAUTH_WRONG_ALGORITHM:
        return "its alg is not a signature algorithm that is known here";

    default:
        return "it is not a JWS in compact form";
    }
}


/*
 * RFC 8417 section 2.3 has the type secevent+jwt, which transmitters of signals
 * have to use (SSF 1.0).  Of logout tokens it is only recommended.
 */

static int
oauth_order_event_has_type(const oauth_jws_t *jws, oauth_order_type_t type)
{
    if (type == OAUTH_ORDER_SIGNAL) {
        return oauth_jws_is_type(jws, oauth_str("secevent+jwt"));
    }

    return jws->type == OAUTH_TYPE_ABSENT
           || oauth_jws_is_type(jws, oauth_str("logout+jwt"))
           || oauth_jws_is_type(jws, oauth_str("JWT"));
}


static oauth_reason_t
oauth_order_event_verify_header(oauth_order_t *order,
    const oauth_order_rules_t *rules)
{
    oauth_reason_t              reason;
    const oauth_jws_t          *jws;
    const oauth_token_rules_t  *issuer;

    jws = &order->jws;
    issuer = rules->rules;

    if (!oauth_str_equal(order->issuer, issuer->issuer)) {
        return oauth_order_event_refuse(order, "invalid_issuer",
                                        "its iss is another issuer");
    }

    if (!oauth_order_event_has_type(jws, rules->type)) {
        return oauth_order_event_refuse(order, OAUTH_ORDER_EVENT_REQUEST,
                                        rules->type == OAUTH_ORDER_SIGNAL
                                        ? "its typ is not secevent+jwt"
                                        : "its typ is neither logout+jwt nor "
                                          "JWT");
    }

    if (!(issuer->algorithms & jws->alg->bits)) {
        return oauth_order_event_refuse(order, OAUTH_ORDER_EVENT_KEY,
                                        "it is signed with an algorithm that "
                                        "is not allowed");
    }

    reason = oauth_jwks_verify(rules->keys, jws->kid, jws->alg,
                               issuer->algorithms, jws->input,
                               jws->signature);
    switch (reason) {

    case OAUTH_OK:
        break;

    case OAUTH_SERVER_ERROR:
        return oauth_order_event_short(order);

    case OAUTH_BAD_SIGNATURE:
        (void) oauth_order_event_refuse(order, "authentication_failed",
                                        "none of the keys of the issuer "
                                        "verifies its signature");
        break;

    default:
        (void) oauth_order_event_refuse(order, OAUTH_ORDER_EVENT_KEY,
                                        "the issuer has no key that fits its "
                                        "kid and its alg");
    }

    return reason;
}


static oauth_reason_t
oauth_order_event_verify_claims(oauth_order_t *order,
    const oauth_order_rules_t *rules, oauth_order_event_times_t *times)
{
    const char    *why;
    const json_t  *claims, *events;

    claims = order->root;
    events = json_object_get(claims, "events");

    /* An access token has none. */

    if (!json_is_object(events) || json_object_size(events) == 0) {
        return oauth_order_event_refuse(order, OAUTH_ORDER_EVENT_REQUEST,
                                        "its events is not an object with a "
                                        "member");
    }

    if (!oauth_order_event_has_audience(json_object_get(claims, "aud"),
                                        rules))
    {
        return oauth_order_event_refuse(order, "invalid_audience",
                                        "its aud does not name this receiver");
    }

    why = oauth_order_event_read_times(claims, rules, times);
    if (why) {
        return oauth_order_event_refuse(order, OAUTH_ORDER_EVENT_REQUEST, why);
    }

    if (oauth_document_string(claims, "jti", &order->id) != 1
        || order->id.len == 0 || order->id.len > OAUTH_ORDER_EVENT_ID)
    {
        return oauth_order_event_refuse(order, OAUTH_ORDER_EVENT_REQUEST,
                                        "it has no jti, as a string of 1 to "
                                        "256 bytes");
    }

    return OAUTH_OK;
}


static int
oauth_order_event_has_audience(const json_t *audience,
    const oauth_order_rules_t *rules)
{
    size_t   i;
    json_t  *name;

    if (json_is_string(audience)) {
        return oauth_order_event_is_audience(oauth_document_str(audience),
                                             rules);
    }

    json_array_foreach(audience, i, name) {
        if (oauth_order_event_is_audience(oauth_document_str(name), rules)) {
            return 1;
        }
    }

    return 0;
}


static int
oauth_order_event_is_audience(oauth_str_t name,
    const oauth_order_rules_t *rules)
{
    size_t  i;

    for (i = 0; i < rules->naudience; i++) {
        if (name.len > 0 && oauth_str_equal(name, rules->audience[i])) {
            return 1;
        }
    }

    return 0;
}


/* Returns NULL, or a sentence that says what is wrong. */

static const char *
oauth_order_event_read_times(const json_t *claims,
    const oauth_order_rules_t *rules, oauth_order_event_times_t *times)
{
    int      found;
    int64_t  leeway;

    leeway = rules->rules->leeway;

    if (oauth_document_time(json_object_get(claims, "iat"), &times->issued_at)
        != 1)
    {
        return "it has no iat, as a time in seconds";
    }

    if (times->issued_at > rules->now + leeway) {
        return "its iat is in the future";
    }

    found = oauth_document_time(json_object_get(claims, "exp"),
                                &times->expires);
    if (found < 0) {
        return "its exp is not a time in seconds";
    }

    if (found == 0 && rules->type == OAUTH_ORDER_SIGNAL) {
        times->expires = times->issued_at;
        return NULL;
    }

    if (found == 0) {
        times->expires = times->issued_at + OAUTH_ORDER_LOGOUT;
    }

    return (rules->now < times->expires + leeway)
           ? NULL : "it has expired by its exp or iat";
}


/* It is remembered for longer than it would be accepted again. */

static oauth_reason_t
oauth_order_event_write_used(oauth_order_t *order,
    const oauth_order_rules_t *rules, const oauth_order_event_times_t *times)
{
    int64_t             last;
    oauth_str_t         type;
    oauth_revocation_t  *used;

    used = &order->used;
    type = (rules->type == OAUTH_ORDER_SIGNAL) ? oauth_str("signal")
                                               : oauth_str("logout");
    last = times->issued_at;

    if (last < times->expires) {
        last = times->expires;
    }

    used->cut = OAUTH_REVOCATION_ALWAYS;
    used->end = last + rules->longest + rules->rules->leeway;
    used->time = rules->now;

    return oauth_revocation_write_used(order->issuer, type, order->id,
                                       used->key) == 0
           ? OAUTH_OK : oauth_order_event_short(order);
}


static oauth_reason_t
oauth_order_event_refuse(oauth_order_t *order, const char *code,
    const char *why)
{
    order->error.code = code;
    order->error.why = why;

    return OAUTH_MALFORMED_CLAIMS;
}


static oauth_reason_t
oauth_order_event_short(oauth_order_t *order)
{
    order->error.code = OAUTH_ORDER_EVENT_REQUEST;
    order->error.why = "memory is short";

    return OAUTH_SERVER_ERROR;
}
