
/*
 * Orders of an administrator, as JSON or as a query.  Every member of a record
 * is looked at, so that one that is misspelt does not make the record about
 * more than was meant.  An array is taken as a whole, or not at all.
 *
 * The strings of the entries are views of the tree of the JSON, which the order
 * owns, of the pairs of a query, or of the bounds.
 */


#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "oauth_document.h"
#include "oauth_order.h"
#include "oauth_order_subject.h"


#define OAUTH_ORDER_MEMBERS  16         /* of a record, at most, where the JSON
                                           is measured before it is read      */
#define OAUTH_ORDER_REASON   256        /* bytes                              */
#define OAUTH_ORDER_NAME     64         /* bytes of the name of a member that
                                           an error tells                     */


/* What a record says. */

typedef struct {
    oauth_revocation_names_t   names;
    oauth_str_t                reason;
    const json_t              *sub_id;  /* NULL: none                         */
    int64_t                    before;  /* 0: none                            */
} oauth_order_record_t;


static oauth_result_t oauth_order_read(const json_t *record,
    const oauth_order_bounds_t *bounds, oauth_order_t *order,
    oauth_order_entry_t *entry);
static const char *oauth_order_read_members(const json_t *record,
    const oauth_order_bounds_t *bounds, oauth_order_record_t *read,
    oauth_str_t *member);
static const char *oauth_order_read_member(const char *name,
    const json_t *value, const oauth_order_bounds_t *bounds,
    oauth_order_record_t *read);
static const char *oauth_order_read_before(const json_t *value,
    const oauth_order_bounds_t *bounds, int64_t *before);
static const char *oauth_order_read_reason(const json_t *value,
    oauth_str_t *reason);
static const char *oauth_order_read_subject(const json_t *record,
    const oauth_order_bounds_t *bounds, oauth_order_record_t *read);
static const char *oauth_order_read_pair(const oauth_form_pair_t *pair,
    oauth_revocation_names_t *names);
static oauth_str_t *oauth_order_name(oauth_revocation_names_t *names,
    oauth_str_t name);
static const char *oauth_order_verify_issuer(
    const oauth_order_bounds_t *bounds, oauth_str_t issuer);
static oauth_result_t oauth_order_finish(const oauth_order_record_t *read,
    const oauth_order_bounds_t *bounds, oauth_order_entry_t *entry);
static oauth_result_t oauth_order_refuse_text(oauth_order_t *order,
    oauth_str_t twice);
static oauth_result_t oauth_order_refuse(oauth_order_t *order,
    const char *why, oauth_str_t member);


oauth_result_t
oauth_order_parse(oauth_str_t text, const oauth_order_bounds_t *bounds,
    oauth_order_t *order)
{
    size_t           i, n;
    oauth_str_t      twice;
    oauth_result_t   result;

    memset(order, 0, sizeof(oauth_order_t));

    if (text.len > OAUTH_ORDER_BODY) {
        return oauth_order_refuse(order, "it is larger than 1 MB",
                                  (oauth_str_t) { 0, NULL });
    }

    result = oauth_document_parse_list(text,
                                       OAUTH_ORDER_ENTRIES
                                       * OAUTH_ORDER_MEMBERS,
                                       &order->root, &twice);
    if (result != OAUTH_DONE) {
        return (result == OAUTH_INVALID)
               ? oauth_order_refuse_text(order, twice) : result;
    }

    order->error.listed = (json_is_array(order->root) != 0);
    n = order->error.listed ? json_array_size(order->root) : 1;

    if (n == 0 || n > OAUTH_ORDER_ENTRIES) {
        order->error.listed = 0;
        return oauth_order_refuse(order,
                                  n ? "the array has more than 1000 records"
                                    : "the array is empty",
                                  (oauth_str_t) { 0, NULL });
    }

    order->entries = calloc(n, sizeof(oauth_order_entry_t));
    if (order->entries == NULL) {
        return OAUTH_NO_MEMORY;
    }

    for (i = 0; i < n; i++) {
        order->error.index = i;

        result = oauth_order_read(order->error.listed
                                  ? json_array_get(order->root, i)
                                  : order->root,
                                  bounds, order, &order->entries[i]);
        if (result != OAUTH_DONE) {
            return result;
        }
    }

    order->n = n;

    return OAUTH_DONE;
}


oauth_result_t
oauth_order_query(const oauth_form_pair_t *pairs, size_t npairs,
    const oauth_order_bounds_t *bounds, oauth_order_t *order)
{
    size_t                 i;
    const char            *why;
    oauth_result_t         result;
    oauth_order_record_t   read;

    memset(order, 0, sizeof(oauth_order_t));
    memset(&read, 0, sizeof(oauth_order_record_t));

    for (i = 0; i < npairs; i++) {
        why = oauth_order_read_pair(&pairs[i], &read.names);
        if (why) {
            return oauth_order_refuse(order, why, pairs[i].name);
        }
    }

    why = oauth_order_verify_issuer(bounds, read.names.issuer);
    if (why) {
        return oauth_order_refuse(order, why, oauth_str("issuer"));
    }

    order->entries = calloc(1, sizeof(oauth_order_entry_t));
    if (order->entries == NULL) {
        return OAUTH_NO_MEMORY;
    }

    result = oauth_order_finish(&read, bounds, order->entries);

    if (result == OAUTH_DONE) {
        order->n = 1;
    }

    return result;
}


void
oauth_order_free(oauth_order_t *order)
{
    oauth_jws_free(&order->jws);
    json_decref(order->root);
    free(order->entries);
    free(order->storage);
    memset(order, 0, sizeof(oauth_order_t));
}


static oauth_result_t
oauth_order_read(const json_t *record, const oauth_order_bounds_t *bounds,
    oauth_order_t *order, oauth_order_entry_t *entry)
{
    const char            *why;
    oauth_str_t            member;
    oauth_order_record_t   read;

    memset(&read, 0, sizeof(oauth_order_record_t));
    member = (oauth_str_t) { 0, NULL };

    if (!json_is_object(record)) {
        return oauth_order_refuse(order, "the record is not an object",
                                  member);
    }

    why = oauth_order_read_members(record, bounds, &read, &member);

    if (why == NULL && read.sub_id) {
        member = oauth_str("sub_id");
        why = oauth_order_read_subject(record, bounds, &read);

    } else if (why == NULL) {
        member = oauth_str("issuer");
        why = oauth_order_verify_issuer(bounds, read.names.issuer);
    }

    if (why) {
        return oauth_order_refuse(order, why, member);
    }

    return oauth_order_finish(&read, bounds, entry);
}


/* Returns NULL; or a sentence that says what is wrong, about *member. */

static const char *
oauth_order_read_members(const json_t *record,
    const oauth_order_bounds_t *bounds, oauth_order_record_t *read,
    oauth_str_t *member)
{
    void        *i;
    json_t      *object;
    const char  *why;

    object = (json_t *) record;

    for (i = json_object_iter(object);
         i;
         i = json_object_iter_next(object, i))
    {
        why = oauth_order_read_member(json_object_iter_key(i),
                                      json_object_iter_value(i), bounds,
                                      read);
        if (why) {
            *member = oauth_str_of(json_object_iter_key(i));
            return why;
        }
    }

    return NULL;
}


static const char *
oauth_order_read_member(const char *name, const json_t *value,
    const oauth_order_bounds_t *bounds, oauth_order_record_t *read)
{
    oauth_str_t  key, *string;

    key = oauth_str_of(name);

    if (oauth_str_equal(key, oauth_str("before"))) {
        return oauth_order_read_before(value, bounds, &read->before);
    }

    if (oauth_str_equal(key, oauth_str("reason"))) {
        return oauth_order_read_reason(value, &read->reason);
    }

    if (oauth_str_equal(key, oauth_str("sub_id"))) {
        read->sub_id = value;
        return NULL;
    }

    string = oauth_order_name(&read->names, key);
    if (string == NULL) {
        return "there is no such member";
    }

    *string = oauth_document_str(value);

    return string->len > 0 ? NULL : "it is not a string, or is empty";
}


static const char *
oauth_order_read_before(const json_t *value,
    const oauth_order_bounds_t *bounds, int64_t *before)
{
    *before = json_integer_value(value);

    if (!json_is_integer(value) || *before <= 0) {
        return "it is not a time in seconds since 1970, as an integer";
    }

    if (*before > bounds->now + OAUTH_ORDER_AHEAD) {
        return "it is more than 5 minutes ahead";
    }

    return NULL;
}


static const char *
oauth_order_read_reason(const json_t *value, oauth_str_t *reason)
{
    *reason = oauth_document_str(value);

    if (reason->len == 0 || reason->len > OAUTH_ORDER_REASON
        || oauth_str_has_control(*reason))
    {
        return "it is not a string of 1 to 256 bytes without control "
               "characters";
    }

    return NULL;
}


/* As in Global Token Revocation (draft 04, section 3.1). */

static const char *
oauth_order_read_subject(const json_t *record,
    const oauth_order_bounds_t *bounds, oauth_order_record_t *read)
{
    const char                *why;
    oauth_revocation_names_t  *names;

    names = &read->names;

    if (json_object_size(record) != 1u + (read->reason.data != NULL)) {
        return "it stands alone: only reason may be next to it";
    }

    why = oauth_order_subject_read(read->sub_id, 0, names);
    if (why) {
        return why;
    }

    if (names->issuer.data == NULL) {
        names->issuer = bounds->issuer;
    }

    if (names->issuer.data == NULL) {
        return "the subject identifier names no issuer, and there is not "
               "exactly one here";
    }

    return oauth_order_verify_issuer(bounds, names->issuer);
}


static const char *
oauth_order_read_pair(const oauth_form_pair_t *pair,
    oauth_revocation_names_t *names)
{
    oauth_str_t  *string;

    string = oauth_order_name(names, pair->name);

    if (string == NULL) {
        return "there is no such member";
    }

    if (string->data) {
        return "it is there twice";
    }

    if (pair->value.len == 0) {
        return "it is empty";
    }

    *string = pair->value;

    return NULL;
}


/* Returns the place of a member in names; NULL: there is no such member. */

static oauth_str_t *
oauth_order_name(oauth_revocation_names_t *names, oauth_str_t name)
{
    size_t  i;

    const struct {
        oauth_str_t   name;
        oauth_str_t  *place;
    } members[] = {
        { oauth_string("issuer"), &names->issuer },
        { oauth_string("subject"), &names->subject },
        { oauth_string("client_id"), &names->client },
        { oauth_string("session"), &names->session },
        { oauth_string("token_id"), &names->token },
        { oauth_string("key_id"), &names->kid },
        { oauth_string("resource"), &names->resource },
        { oauth_string("email"), &names->email }
    };

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (oauth_str_equal(members[i].name, name)) {
            return members[i].place;
        }
    }

    return NULL;
}


static const char *
oauth_order_verify_issuer(const oauth_order_bounds_t *bounds,
    oauth_str_t issuer)
{
    size_t  i;

    if (issuer.data == NULL) {
        return "it is missing";
    }

    for (i = 0; i < bounds->nissuers; i++) {
        if (oauth_str_equal(bounds->issuers[i], issuer)) {
            return NULL;
        }
    }

    return "this issuer is not configured";
}


static oauth_result_t
oauth_order_finish(const oauth_order_record_t *read,
    const oauth_order_bounds_t *bounds, oauth_order_entry_t *entry)
{
    entry->names = read->names;
    entry->reason = read->reason;
    entry->entry.time = bounds->now;

    if (read->before) {
        entry->entry.cut = read->before;

    } else if (read->names.token.data) {
        entry->entry.cut = OAUTH_REVOCATION_ALWAYS;

    } else {
        entry->entry.cut = bounds->now + OAUTH_REVOCATION_DELAY;
    }

    return oauth_revocation_write_key(&entry->names, entry->entry.key) == 0
           ? OAUTH_DONE : OAUTH_NO_MEMORY;
}


/* The name is a view of the text, which need not outlive the order. */

static oauth_result_t
oauth_order_refuse_text(oauth_order_t *order, oauth_str_t twice)
{
    if (twice.data == NULL || twice.len > OAUTH_ORDER_NAME) {
        return oauth_order_refuse(order,
                                  "it is neither an object nor an array in "
                                  "valid JSON, or has a member twice, or too "
                                  "many values", (oauth_str_t) { 0, NULL });
    }

    order->storage = malloc(OAUTH_ORDER_NAME);
    if (order->storage == NULL) {
        return OAUTH_NO_MEMORY;
    }

    twice.data = memcpy(order->storage, twice.data, twice.len);

    return oauth_order_refuse(order, "an object has this member twice", twice);
}


/* A name that is not fit for a log line or an answer is left out. */

static oauth_result_t
oauth_order_refuse(oauth_order_t *order, const char *why, oauth_str_t member)
{
    order->error.code = "invalid_request";
    order->error.why = why;

    if (member.len <= OAUTH_ORDER_NAME && !oauth_str_has_control(member)) {
        order->error.member = member;
    }

    return OAUTH_INVALID;
}
