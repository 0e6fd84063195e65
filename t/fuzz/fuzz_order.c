
/*
 * Orders of administrators.  Input: a line with the time, and "one" where a
 * subject without issuer is of the first issuer; then the JSON.  After the word
 * "query", each further line is a pair: name, space, value.  An order must be
 * taken exactly where its members, as jansson reads them, allow it, and its
 * entries must say what the members say.
 */


#include <string.h>

#include "fuzz.h"
#include "oauth_document.h"
#include "oauth_order.h"


#define FUZZ_PAIRS    16
#define FUZZ_NAMES    8


static void fuzz_json(oauth_str_t text, const oauth_order_bounds_t *bounds);
static void fuzz_query(oauth_str_t text, const oauth_order_bounds_t *bounds);
static int fuzz_has_nul(oauth_str_t s);
static void fuzz_refused(const oauth_order_t *order);
static int fuzz_good_list(const json_t *list,
    const oauth_order_bounds_t *bounds);
static int fuzz_good_record(const json_t *record,
    const oauth_order_bounds_t *bounds);
static int fuzz_good_member(const char *name, const json_t *value,
    const oauth_order_bounds_t *bounds);
static int fuzz_good_subject(const json_t *subject,
    const oauth_order_bounds_t *bounds);
static int fuzz_good_reason(const json_t *value);
static int fuzz_good_issuer(oauth_str_t issuer);
static void fuzz_entry(const oauth_order_entry_t *e, const json_t *record,
    const oauth_order_bounds_t *bounds);
static oauth_str_t fuzz_expected(const json_t *record, size_t name,
    const oauth_order_bounds_t *bounds);
static void fuzz_key(const oauth_order_entry_t *e);


static const oauth_str_t  fuzz_issuers[] = {
    oauth_string("https://as.example"), oauth_string("https://b.example")
};

/* In the order of oauth_revocation_names_t. */

static const char *const  fuzz_names[FUZZ_NAMES] = {
    "issuer", "subject", "client_id", "session", "resource", "key_id", "email",
    "token_id"
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                    query;
    oauth_str_t            input, line, word;
    oauth_order_bounds_t   bounds;

    input.data = data;
    input.len = size;

    memset(&bounds, 0, sizeof(oauth_order_bounds_t));
    bounds.issuers = fuzz_issuers;
    bounds.nissuers = 2;

    line = fuzz_line(&input);
    bounds.now = fuzz_number(&line) % FUZZ_SECONDS;
    query = 0;

    while (fuzz_word(&line, &word)) {

        if (oauth_str_equal(word, oauth_str("one"))) {
            bounds.issuer = fuzz_issuers[0];
        }

        query |= oauth_str_equal(word, oauth_str("query"));
    }

    input = fuzz_copy(input);

    if (query) {
        fuzz_query(input, &bounds);
    } else {
        fuzz_json(input, &bounds);
    }

    fuzz_free(input);

    return 0;
}


static void
fuzz_json(oauth_str_t text, const oauth_order_bounds_t *bounds)
{
    int              good;
    size_t           i;
    json_t          *list;
    oauth_str_t      twice;
    oauth_order_t    order;
    oauth_result_t   result;

    result = oauth_order_parse(text, bounds, &order);
    fuzz_need_clean();
    fuzz_need(result != OAUTH_NO_MEMORY);

    (void) oauth_document_parse_list(text, 16000, &list, &twice);

    if (twice.data) {
        fuzz_need(list == NULL);
        fuzz_need(twice.data > text.data
                  && twice.data + twice.len < text.data + text.len);
        fuzz_need(twice.data[-1] == '"' && twice.data[twice.len] == '"');
    }

    good = (list && fuzz_good_list(list, bounds));
    fuzz_need((result == OAUTH_DONE) == good);
    fuzz_accepted = good;

    if (!good) {
        fuzz_refused(&order);

    } else {
        fuzz_need(order.n == (json_is_array(list) ? json_array_size(list) : 1));

        for (i = 0; i < order.n; i++) {
            fuzz_entry(&order.entries[i],
                       json_is_array(list) ? json_array_get(list, i) : list,
                       bounds);
        }
    }

    oauth_order_free(&order);
    json_decref(list);
}


/* The same members as JSON have the same key. */

static void
fuzz_query(oauth_str_t text, const oauth_order_bounds_t *bounds)
{
    int                  good;
    size_t               n;
    json_t              *record;
    oauth_str_t          line;
    oauth_order_t        order;
    oauth_result_t       result;
    oauth_form_pair_t   pairs[FUZZ_PAIRS];

    record = json_object();
    fuzz_need(record);
    good = 1;

    for (n = 0; n < FUZZ_PAIRS && text.len > 0; n++) {
        line = fuzz_line(&text);

        (void) fuzz_word(&line, &pairs[n].name);

        if (line.len > 0) {
            line.data++;
            line.len--;
        }

        pairs[n].value = line;

        good = good && !fuzz_has_nul(pairs[n].name) && !fuzz_has_nul(line)
               && json_object_getn(record, (const char *) pairs[n].name.data,
                                   pairs[n].name.len) == NULL
               && json_object_setn_new(record,
                                       (const char *) pairs[n].name.data,
                                       pairs[n].name.len,
                                       json_stringn((const char *) line.data,
                                                    line.len)) == 0;
    }

    result = oauth_order_query(pairs, n, bounds, &order);
    fuzz_need_clean();

    /* A text that is no JSON string is compared as it is. */

    if (good) {
        good = json_object_get(record, "reason") == NULL
               && fuzz_good_record(record, bounds);
        fuzz_need((result == OAUTH_DONE) == good);
    }

    fuzz_accepted = (result == OAUTH_DONE);

    if (result != OAUTH_DONE) {
        fuzz_refused(&order);

    } else {
        fuzz_need(order.n == 1);
        fuzz_key(&order.entries[0]);

        if (good) {
            fuzz_entry(&order.entries[0], record, bounds);
        }
    }

    oauth_order_free(&order);
    json_decref(record);
}


static int
fuzz_has_nul(oauth_str_t s)
{
    return s.len > 0 && memchr(s.data, 0, s.len) != NULL;
}


static void
fuzz_refused(const oauth_order_t *order)
{
    fuzz_need(order->n == 0);
    fuzz_need(order->error.why && order->error.code);
    fuzz_need(order->error.member.len <= 64);
    fuzz_need(!oauth_str_has_control(order->error.member));
}


static int
fuzz_good_list(const json_t *list, const oauth_order_bounds_t *bounds)
{
    size_t   i;
    json_t  *record;

    if (json_is_object(list)) {
        return fuzz_good_record(list, bounds);
    }

    json_array_foreach(list, i, record) {
        if (!fuzz_good_record(record, bounds)) {
            return 0;
        }
    }

    return json_array_size(list) > 0
           && json_array_size(list) <= OAUTH_ORDER_ENTRIES;
}


static int
fuzz_good_record(const json_t *record, const oauth_order_bounds_t *bounds)
{
    json_t      *value, *reason, *sub_id;
    const char  *name;

    reason = json_object_get(record, "reason");
    sub_id = json_object_get(record, "sub_id");

    if (sub_id) {
        return fuzz_good_subject(sub_id, bounds)
               && json_object_size(record) == (reason ? 2 : 1)
               && (reason == NULL || fuzz_good_reason(reason));
    }

    json_object_foreach((json_t *) record, name, value) {
        if (!fuzz_good_member(name, value, bounds)) {
            return 0;
        }
    }

    return json_is_object(record)
           && fuzz_good_issuer(oauth_document_str(json_object_get(record,
                                                                  "issuer")));
}


static int
fuzz_good_member(const char *name, const json_t *value,
    const oauth_order_bounds_t *bounds)
{
    size_t  i;

    if (strcmp(name, "reason") == 0) {
        return fuzz_good_reason(value);
    }

    if (strcmp(name, "before") == 0) {
        return json_is_integer(value) && json_integer_value(value) > 0
               && json_integer_value(value) <= bounds->now + 300;
    }

    for (i = 0; i < FUZZ_NAMES; i++) {
        if (strcmp(name, fuzz_names[i]) == 0) {
            return json_string_length(value) > 0;
        }
    }

    return 0;
}


static int
fuzz_good_subject(const json_t *subject, const oauth_order_bounds_t *bounds)
{
    size_t        n;
    oauth_str_t   format;

    n = json_object_size(subject);
    format = oauth_document_str(json_object_get(subject, "format"));

    if (oauth_str_equal(format, oauth_str("iss_sub"))) {
        return n == 3
               && json_string_length(json_object_get(subject, "sub")) > 0
               && fuzz_good_issuer(oauth_document_str(
                                       json_object_get(subject, "iss")));
    }

    return n == 2 && bounds->issuer.data
           && ((oauth_str_equal(format, oauth_str("email"))
                && json_string_length(json_object_get(subject, "email")) > 0)
               || (oauth_str_equal(format, oauth_str("opaque"))
                   && json_string_length(json_object_get(subject, "id")) > 0));
}


static int
fuzz_good_reason(const json_t *value)
{
    return json_string_length(value) > 0
           && json_string_length(value) <= 256
           && !oauth_str_has_control(oauth_document_str(value));
}


static int
fuzz_good_issuer(oauth_str_t issuer)
{
    return issuer.data
           && (oauth_str_equal(issuer, fuzz_issuers[0])
               || oauth_str_equal(issuer, fuzz_issuers[1]));
}


static void
fuzz_entry(const oauth_order_entry_t *e, const json_t *record,
    const oauth_order_bounds_t *bounds)
{
    size_t        i;
    int64_t       cut;
    oauth_str_t   expected;

    const oauth_revocation_names_t  *n = &e->names;
    const oauth_str_t               *found[FUZZ_NAMES] = {
        &n->issuer, &n->subject, &n->client, &n->session, &n->resource,
        &n->kid, &n->email, &n->token
    };

    for (i = 0; i < FUZZ_NAMES; i++) {
        expected = fuzz_expected(record, i, bounds);

        fuzz_need((expected.data != NULL) == (found[i]->data != NULL));
        fuzz_need(oauth_str_equal(expected, *found[i]));
    }

    cut = bounds->now + 5;

    if (n->token.data) {
        cut = INT64_MAX;
    }

    if (json_object_get(record, "before")) {
        cut = json_integer_value(json_object_get(record, "before"));
    }

    fuzz_need(e->entry.cut == cut);
    fuzz_need(e->entry.end == 0 && e->entry.time == bounds->now);
    fuzz_need(oauth_str_equal(e->reason,
                              oauth_document_str(json_object_get(record,
                                                                 "reason"))));
    fuzz_key(e);
}


static oauth_str_t
fuzz_expected(const json_t *record, size_t name,
    const oauth_order_bounds_t *bounds)
{
    const char    *format;
    oauth_str_t    value;
    const json_t  *subject;

    subject = json_object_get(record, "sub_id");

    if (subject == NULL) {
        return oauth_document_str(json_object_get(record, fuzz_names[name]));
    }

    format = json_string_value(json_object_get(subject, "format"));
    value = (oauth_str_t) { 0, NULL };

    if (strcmp(fuzz_names[name], "issuer") == 0) {
        return (*format == 'i')
               ? oauth_document_str(json_object_get(subject, "iss"))
               : bounds->issuer;
    }

    if (strcmp(fuzz_names[name], "subject") == 0 && *format != 'e') {
        return oauth_document_str(json_object_get(subject, *format == 'i'
                                                           ? "sub" : "id"));
    }

    if (strcmp(fuzz_names[name], "email") == 0 && *format == 'e') {
        return oauth_document_str(json_object_get(subject, "email"));
    }

    return value;
}


/* The key is that of the names, and of no others. */

static void
fuzz_key(const oauth_order_entry_t *e)
{
    unsigned char              key[OAUTH_REVOCATION_KEY];
    oauth_revocation_names_t   names;

    fuzz_need(oauth_revocation_write_key(&e->names, key) == 0);
    fuzz_need(memcmp(key, e->entry.key, OAUTH_REVOCATION_KEY) == 0);
    fuzz_need(key[0] < OAUTH_REVOCATION_KINDS);

    names = e->names;
    names.issuer.len--;
    fuzz_need(oauth_revocation_write_key(&names, key) == 0);
    fuzz_need(memcmp(key, e->entry.key, OAUTH_REVOCATION_KEY) != 0);

    if (e->names.subject.len > 0) {
        names = e->names;
        names.subject.len--;
        fuzz_need(oauth_revocation_write_key(&names, key) == 0);
        fuzz_need(memcmp(key, e->entry.key, OAUTH_REVOCATION_KEY) != 0);
    }
}
