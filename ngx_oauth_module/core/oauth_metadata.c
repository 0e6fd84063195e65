
/*
 * The protected resource metadata document (RFC 9728 section 2): what the
 * configuration may add to it, and how it is written.  Language tags are those
 * of RFC 9728 section 2.1 and BCP 47 (RFC 5646 section 2.1).  The values are
 * the caller's; a JSON tree lives for one call.
 */


#include <string.h>

#include "oauth_document.h"
#include "oauth_metadata.h"
#include "oauth_scope.h"
#include "oauth_url.h"


typedef enum {
    OAUTH_METADATA_TEXT,
    OAUTH_METADATA_PAGE,                /* an http or https URL               */
    OAUTH_METADATA_KEYS,                /* a URL from which keys are fetched  */
    OAUTH_METADATA_LIST,
    OAUTH_METADATA_ALGORITHMS           /* a list of algorithms that sign     */
} oauth_metadata_type_t;


typedef struct {
    oauth_str_t            name;
    oauth_metadata_type_t  type;
    unsigned               language:1;  /* it is for human readers and may have
                                           a "#language"                      */
} oauth_metadata_row_t;


static const char *oauth_metadata_check_name(oauth_str_t name);
static int oauth_metadata_member_equal(const oauth_metadata_member_t *a,
    const oauth_metadata_member_t *b);
static const oauth_metadata_row_t *oauth_metadata_lookup(oauth_str_t name,
    oauth_str_t *language);
static int oauth_metadata_is_language(oauth_str_t tag);
static int oauth_metadata_is_subtag(oauth_str_t subtag, int letters);
static const char *oauth_metadata_check_value(oauth_str_t value,
    oauth_metadata_type_t type);
static const char *oauth_metadata_check_text(oauth_str_t value);
static int oauth_metadata_is_list(oauth_metadata_type_t type);
static json_t *oauth_metadata_string(oauth_str_t value);
static json_t *oauth_metadata_strings(const oauth_str_t *values, size_t n);
static json_t *oauth_metadata_words(oauth_str_t words);
static int oauth_metadata_set(json_t *root, const char *name, json_t *value);
static int oauth_metadata_set_members(json_t *root,
    const oauth_metadata_t *metadata);


static const oauth_metadata_row_t  oauth_metadata_rows[] = {
    { oauth_string("resource_name"), OAUTH_METADATA_TEXT, 1 },
    { oauth_string("resource_documentation"), OAUTH_METADATA_PAGE, 1 },
    { oauth_string("resource_policy_uri"), OAUTH_METADATA_PAGE, 1 },
    { oauth_string("resource_tos_uri"), OAUTH_METADATA_PAGE, 1 },
    { oauth_string("jwks_uri"), OAUTH_METADATA_KEYS, 0 },
    { oauth_string("authorization_details_types_supported"),
      OAUTH_METADATA_LIST, 0 },
    { oauth_string("resource_signing_alg_values_supported"),
      OAUTH_METADATA_ALGORITHMS, 0 }
};

#define OAUTH_METADATA_ROWS                                                   \
    (sizeof(oauth_metadata_rows) / sizeof(oauth_metadata_rows[0]))


/* Members that the module writes itself. */

static const oauth_str_t  oauth_metadata_own[] = {
    oauth_string("resource"),
    oauth_string("authorization_servers"),
    oauth_string("scopes_supported"),
    oauth_string("bearer_methods_supported"),
    oauth_string("dpop_signing_alg_values_supported"),
    oauth_string("dpop_bound_access_tokens_required"),
    oauth_string("tls_client_certificate_bound_access_tokens")
};

#define OAUTH_METADATA_OWN                                                    \
    (sizeof(oauth_metadata_own) / sizeof(oauth_metadata_own[0]))


const char *
oauth_metadata_check(const oauth_metadata_member_t *member)
{
    size_t                       i;
    oauth_str_t                  language;
    const char                  *error;
    const oauth_metadata_row_t  *row;

    row = oauth_metadata_lookup(member->name, &language);

    if (row == NULL) {
        return oauth_metadata_check_name(member->name);
    }

    if (language.data != NULL) {

        if (!row->language) {
            return "the member is not for human readers: remove the language";
        }

        if (!oauth_metadata_is_language(language)) {
            return "the language is not a BCP 47 tag: write it as in "
                   "resource_name#de-CH";
        }
    }

    if (member->nvalues == 0) {
        return "the member needs a value";
    }

    if (member->nvalues > 1 && !oauth_metadata_is_list(row->type)) {
        return "the member takes one value: quote it if it has spaces";
    }

    for (i = 0; i < member->nvalues; i++) {

        error = oauth_metadata_check_value(member->values[i], row->type);

        if (error) {
            return error;
        }
    }

    return NULL;
}


/* Says why the name of a member is not in the table. */

static const char *
oauth_metadata_check_name(oauth_str_t name)
{
    size_t  i;

    for (i = 0; i < OAUTH_METADATA_OWN; i++) {
        if (oauth_str_equal(name, oauth_metadata_own[i])) {
            return "the module writes this member itself: remove the line";
        }
    }

    if (oauth_str_equal(name, oauth_str("signed_metadata"))) {
        return "the module cannot keep what this member promises: remove "
               "the line";
    }

    return "RFC 9728 has no such member";
}


/*
 * Returns the row for a name "name#language"; NULL: there is none.  *language
 * is absent where there is no "#".
 */

static const oauth_metadata_row_t *
oauth_metadata_lookup(oauth_str_t name, oauth_str_t *language)
{
    size_t                i;
    const unsigned char  *p;

    language->len = 0;
    language->data = NULL;

    p = name.len ? memchr(name.data, '#', name.len) : NULL;

    if (p) {
        language->data = p + 1;
        language->len = (size_t) (name.data + name.len - p) - 1;
        name.len = (size_t) (p - name.data);
    }

    for (i = 0; i < OAUTH_METADATA_ROWS; i++) {
        if (oauth_str_equal(oauth_metadata_rows[i].name, name)) {
            return &oauth_metadata_rows[i];
        }
    }

    return NULL;
}


/*
 * 1 when a tag is well-formed; whether it is registered is not checked.  A tag
 * is a language of 2 to 8 letters, or "x", and subtags of 1 to 8 letters and
 * digits.  A single character begins an extension, so that a longer subtag has
 * to follow; "x" begins private use, where all lengths are allowed.
 */

static int
oauth_metadata_is_language(oauth_str_t tag)
{
    int          single, private_use;
    size_t       i, start;
    oauth_str_t  subtag;

    start = 0;
    single = 0;
    private_use = 0;

    for (i = 0; i <= tag.len; i++) {

        if (i < tag.len && tag.data[i] != '-') {
            continue;
        }

        subtag.data = tag.data + start;
        subtag.len = i - start;

        if (!oauth_metadata_is_subtag(subtag, start == 0)) {
            return 0;
        }

        if (subtag.len > 1 || private_use) {
            single = 0;

        } else {
            private_use = ((subtag.data[0] | 0x20) == 'x');

            if (single || (start == 0 && !private_use)) {
                return 0;
            }

            single = 1;
        }

        start = i + 1;
    }

    return !single;
}


static int
oauth_metadata_is_subtag(oauth_str_t subtag, int letters)
{
    size_t         i;
    unsigned char  c;

    for (i = 0; i < subtag.len; i++) {

        c = subtag.data[i] | 0x20;

        if ((c < 'a' || c > 'z')
            && (letters || subtag.data[i] < '0' || subtag.data[i] > '9'))
        {
            return 0;
        }
    }

    return subtag.len >= 1 && subtag.len <= 8;
}


static const char *
oauth_metadata_check_value(oauth_str_t value, oauth_metadata_type_t type)
{
    oauth_url_t  url;
    const char  *error;

    error = oauth_metadata_check_text(value);

    if (error || type == OAUTH_METADATA_TEXT || type == OAUTH_METADATA_LIST) {
        return error;
    }

    if (type == OAUTH_METADATA_ALGORITHMS) {
        return oauth_str_equal(value, oauth_str("none"))
               ? "\"none\" signs nothing: name the algorithms that the app "
                 "signs its answers with"
               : NULL;
    }

    if (oauth_url_parse(value, &url) != NULL) {
        return "the value is not an absolute http or https URL in lower case "
               "without fragment and userinfo";
    }

    if (type == OAUTH_METADATA_KEYS && !oauth_url_is_secure(&url)) {
        return "the value is plain http: use https, http is possible on "
               "loopback only";
    }

    return NULL;
}


static const char *
oauth_metadata_check_text(oauth_str_t value)
{
    json_t  *string;

    if (value.len == 0) {
        return "the value is empty: remove the line";
    }

    string = oauth_metadata_string(value);

    if (string == NULL) {
        return "the value is not valid UTF-8";
    }

    json_decref(string);

    return oauth_str_has_control(value) ? "the value has a control character"
                                        : NULL;
}


static int
oauth_metadata_is_list(oauth_metadata_type_t type)
{
    return type == OAUTH_METADATA_LIST || type == OAUTH_METADATA_ALGORITHMS;
}


int
oauth_metadata_equal(const oauth_metadata_member_t *a, size_t na,
    const oauth_metadata_member_t *b, size_t nb)
{
    size_t  i, k;

    if (na != nb) {
        return 0;
    }

    for (i = 0; i < na; i++) {

        for (k = 0; k < nb && !oauth_str_equal(a[i].name, b[k].name); k++) {
            /* void */
        }

        if (k == nb || !oauth_metadata_member_equal(&a[i], &b[k])) {
            return 0;
        }
    }

    return 1;
}


static int
oauth_metadata_member_equal(const oauth_metadata_member_t *a,
    const oauth_metadata_member_t *b)
{
    size_t  i;

    if (a->nvalues != b->nvalues) {
        return 0;
    }

    for (i = 0; i < a->nvalues; i++) {
        if (!oauth_str_equal(a->values[i], b->values[i])) {
            return 0;
        }
    }

    return 1;
}


void
oauth_metadata_write(oauth_buf_t *buf, const oauth_metadata_t *metadata)
{
    json_t  *root;

    static const oauth_str_t  methods[] = { oauth_string("header") };

    root = json_object();

    if (oauth_metadata_set(root, "resource",
                           oauth_metadata_string(metadata->resource))
        || oauth_metadata_set(root, "authorization_servers",
                              oauth_metadata_strings(metadata->issuers,
                                                     metadata->nissuers))
        || oauth_metadata_set(root, "scopes_supported",
                              oauth_metadata_words(metadata->scopes))
        || oauth_metadata_set(root, "bearer_methods_supported",
                              oauth_metadata_strings(methods, 1))
        || oauth_metadata_set(root, "dpop_signing_alg_values_supported",
                              oauth_metadata_words(metadata->dpop))
        || (metadata->dpop_required
            && oauth_metadata_set(root, "dpop_bound_access_tokens_required",
                                  json_true()))
        || (metadata->certificates
            && oauth_metadata_set(root,
                                  "tls_client_certificate_bound_access_tokens",
                                  json_true()))
        || oauth_metadata_set_members(root, metadata)
        || oauth_document_write(root, buf))
    {
        buf->failed = 1;
    }

    json_decref(root);
}


void
oauth_metadata_write_rest(oauth_buf_t *buf, const oauth_metadata_t *metadata)
{
    size_t            start;
    oauth_buf_t       whole;
    oauth_metadata_t  rest;

    rest = *metadata;
    rest.resource = oauth_str("");

    memset(&whole, 0, sizeof(oauth_buf_t));
    oauth_metadata_write(&whole, &rest);

    start = sizeof(OAUTH_METADATA_START) - 1;

    if (whole.failed) {
        buf->failed = 1;

    } else {
        oauth_buf_append(buf, whole.data + start, whole.len - start);
    }

    oauth_buf_free(&whole);
}


/* These return a new value; NULL: memory is short, or it is not UTF-8. */

static json_t *
oauth_metadata_string(oauth_str_t value)
{
    return json_stringn((const char *) value.data, value.len);
}


static json_t *
oauth_metadata_strings(const oauth_str_t *values, size_t n)
{
    size_t   i;
    json_t  *array;

    array = json_array();

    for (i = 0; i < n; i++) {
        if (json_array_append_new(array, oauth_metadata_string(values[i]))) {
            json_decref(array);
            return NULL;
        }
    }

    return array;
}


static json_t *
oauth_metadata_words(oauth_str_t words)
{
    json_t      *array;
    oauth_str_t  word;

    array = json_array();

    while (oauth_scope_next(&words, &word)) {
        if (json_array_append_new(array, oauth_metadata_string(word))) {
            json_decref(array);
            return NULL;
        }
    }

    return array;
}


/*
 * Sets a member and owns the value from now on, in any case.  An empty array is
 * left out.  Returns 0, or -1: value is NULL, or memory is short.
 */

static int
oauth_metadata_set(json_t *root, const char *name, json_t *value)
{
    if (json_is_array(value) && json_array_size(value) == 0) {
        json_decref(value);
        return 0;
    }

    return json_object_set_new(root, name, value);
}


static int
oauth_metadata_set_members(json_t *root, const oauth_metadata_t *metadata)
{
    size_t                          i;
    json_t                         *value;
    oauth_str_t                     language;
    const oauth_metadata_row_t     *row;
    const oauth_metadata_member_t  *member;

    for (i = 0; i < metadata->nmembers; i++) {

        member = &metadata->members[i];
        row = oauth_metadata_lookup(member->name, &language);

        if (row == NULL || member->nvalues == 0) {
            return -1;
        }

        value = oauth_metadata_is_list(row->type)
                ? oauth_metadata_strings(member->values, member->nvalues)
                : oauth_metadata_string(member->values[0]);

        if (json_object_setn_new(root, (const char *) member->name.data,
                                 member->name.len, value))
        {
            return -1;
        }
    }

    return 0;
}
