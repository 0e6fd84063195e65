
/*
 * From security events to entries: CAEP 1.0 section 3, RISC 1.0 section 2, SSF
 * 1.0 (sub_id, verification), and OpenID Connect Back-Channel Logout 1.0
 * section 2.4.  All events of a signal count, or the signal is refused.  The
 * strings of the entries are views of the order's tree.
 */


#include <stdlib.h>

#include "oauth_document.h"
#include "oauth_order_effect.h"
#include "oauth_order_subject.h"


#define OAUTH_ORDER_EFFECT_LOGOUT                                             \
    "http://schemas.openid.net/event/backchannel-logout"

#define OAUTH_ORDER_EFFECT_CAEP                                               \
    "https://schemas.openid.net/secevent/caep/event-type/"
#define OAUTH_ORDER_EFFECT_RISC                                               \
    "https://schemas.openid.net/secevent/risc/event-type/"

#define OAUTH_ORDER_EFFECT_VERIFICATION                                       \
    "https://schemas.openid.net/secevent/ssf/event-type/verification"


static oauth_result_t oauth_order_effect_read_signal(oauth_order_t *order,
    const oauth_order_rules_t *rules, int64_t issued_at, const char **why);
static const char *oauth_order_effect_read_event(const oauth_order_t *order,
    const oauth_order_rules_t *rules, int64_t issued_at, const json_t *event,
    oauth_order_entry_t *entry);
static int oauth_order_effect_revokes(const char *uri);
static const char *oauth_order_effect_read_subject(const oauth_order_t *order,
    const json_t *event, oauth_revocation_names_t *names);
static const char *oauth_order_effect_read_cut(const json_t *event,
    const oauth_order_rules_t *rules, int64_t issued_at, int64_t *cut);
static const char *oauth_order_effect_read_logout(const json_t *claims,
    oauth_revocation_names_t *names);
static int oauth_order_effect_string(const json_t *claims, const char *name,
    oauth_str_t *value);
static oauth_result_t oauth_order_effect_finish(oauth_order_t *order,
    int64_t now, oauth_order_entry_t *entry);


oauth_result_t
oauth_order_effect_read(oauth_order_t *order, const oauth_order_rules_t *rules,
    int64_t issued_at, const char **why)
{
    size_t                n;
    oauth_result_t        result;
    oauth_order_entry_t  *entry;

    n = json_object_size(json_object_get(order->root, "events"));

    free(order->entries);
    order->n = 0;
    order->notice = NULL;

    order->entries = calloc(n, sizeof(oauth_order_entry_t));
    if (order->entries == NULL) {
        return OAUTH_NO_MEMORY;
    }

    if (rules->type == OAUTH_ORDER_SIGNAL) {
        result = oauth_order_effect_read_signal(order, rules, issued_at, why);

    } else {
        entry = order->entries;
        entry->entry.cut = rules->now + OAUTH_REVOCATION_DELAY;

        *why = oauth_order_effect_read_logout(order->root, &entry->names);

        result = *why ? OAUTH_INVALID
                      : oauth_order_effect_finish(order, rules->now, entry);
    }

    if (result != OAUTH_DONE) {
        order->n = 0;
        order->notice = NULL;
    }

    return result;
}


static oauth_result_t
oauth_order_effect_read_signal(oauth_order_t *order,
    const oauth_order_rules_t *rules, int64_t issued_at, const char **why)
{
    json_t               *event, *events;
    const char           *uri;
    oauth_result_t        result;
    oauth_order_entry_t  *entry;

    if (issued_at < rules->now - rules->longest) {
        order->notice = "it is older than any token that is still valid";
        return OAUTH_DONE;
    }

    events = json_object_get(order->root, "events");

    order->notice = json_object_get(events, OAUTH_ORDER_EFFECT_VERIFICATION)
                    ? "it only verifies that signals arrive"
                    : "it has no event of a type that is known here";

    json_object_foreach(events, uri, event) {

        if (!oauth_order_effect_revokes(uri)) {
            continue;
        }

        entry = &order->entries[order->n];

        *why = oauth_order_effect_read_event(order, rules, issued_at, event,
                                             entry);
        if (*why) {
            return OAUTH_INVALID;
        }

        result = oauth_order_effect_finish(order, rules->now, entry);
        if (result != OAUTH_DONE) {
            return result;
        }

        order->notice = NULL;
    }

    return OAUTH_DONE;
}


static const char *
oauth_order_effect_read_event(const oauth_order_t *order,
    const oauth_order_rules_t *rules, int64_t issued_at, const json_t *event,
    oauth_order_entry_t *entry)
{
    const char  *why;

    if (!json_is_object(event)) {
        return "its event is not an object";
    }

    why = oauth_order_effect_read_subject(order, event, &entry->names);
    if (why) {
        return why;
    }

    return oauth_order_effect_read_cut(event, rules, issued_at,
                                       &entry->entry.cut);
}


static int
oauth_order_effect_revokes(const char *uri)
{
    size_t  i;

    static const char *const  types[] = {
        OAUTH_ORDER_EFFECT_CAEP "session-revoked",
        OAUTH_ORDER_EFFECT_CAEP "credential-change",
        OAUTH_ORDER_EFFECT_RISC "account-disabled",
        OAUTH_ORDER_EFFECT_RISC "account-purged",
        OAUTH_ORDER_EFFECT_RISC "credential-compromise"
    };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (oauth_str_equal(oauth_str_of(uri), oauth_str_of(types[i]))) {
            return 1;
        }
    }

    return 0;
}


/* In drafts before SSF 1.0, the subject stands in the event. */

static const char *
oauth_order_effect_read_subject(const oauth_order_t *order,
    const json_t *event, oauth_revocation_names_t *names)
{
    const char    *why;
    const json_t  *subject;

    subject = json_object_get(order->root, "sub_id");
    if (subject == NULL) {
        subject = json_object_get(event, "subject");
    }

    if (subject == NULL) {
        return "it does not say whom it is about";
    }

    why = oauth_order_subject_read(subject, 1, names);

    if (why == NULL && names->issuer.data
        && !oauth_str_equal(names->issuer, order->issuer))
    {
        why = "its subject is one of another issuer";
    }

    return why;
}


static const char *
oauth_order_effect_read_cut(const json_t *event,
    const oauth_order_rules_t *rules, int64_t issued_at, int64_t *cut)
{
    int  found;

    found = oauth_document_time(json_object_get(event, "event_timestamp"),
                                cut);
    if (found < 0) {
        return "its event_timestamp is not a time in seconds, as a number";
    }

    if (found == 0 || *cut <= issued_at) {
        *cut = rules->now + OAUTH_REVOCATION_DELAY;
    }

    return (*cut <= rules->now + OAUTH_ORDER_AHEAD)
           ? NULL : "its event_timestamp is more than 5 minutes ahead";
}


static const char *
oauth_order_effect_read_logout(const json_t *claims,
    oauth_revocation_names_t *names)
{
    int  sub, sid;

    if (!json_is_object(json_object_get(json_object_get(claims, "events"),
                                        OAUTH_ORDER_EFFECT_LOGOUT)))
    {
        return "its events does not have the back-channel logout, as an object";
    }

    /* With a nonce, it could be an ID token. */

    if (json_object_get(claims, "nonce")) {
        return "it has a nonce";
    }

    sub = oauth_order_effect_string(claims, "sub", &names->subject);
    sid = oauth_order_effect_string(claims, "sid", &names->session);

    if (sub < 0 || sid < 0) {
        return "its sub or sid is not a string, or is empty";
    }

    if (sub + sid == 0) {
        return "it has neither sub nor sid";
    }

    /* Only this session of the subject ends. */

    if (sid) {
        names->subject = (oauth_str_t) { 0, NULL };
    }

    return NULL;
}


/* Does as oauth_document_string, but an empty string is a wrong one. */

static int
oauth_order_effect_string(const json_t *claims, const char *name,
    oauth_str_t *value)
{
    int  found;

    found = oauth_document_string(claims, name, value);

    return (found == 1 && value->len == 0) ? -1 : found;
}


static oauth_result_t
oauth_order_effect_finish(oauth_order_t *order, int64_t now,
    oauth_order_entry_t *entry)
{
    entry->names.issuer = order->issuer;
    entry->entry.time = now;

    if (oauth_revocation_write_key(&entry->names, entry->entry.key) != 0) {
        return OAUTH_NO_MEMORY;
    }

    order->n++;

    return OAUTH_DONE;
}
