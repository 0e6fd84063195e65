
/*
 * The claims of a JWT.  Input: a line with three numbers (now, leeway, longest
 * lifetime), then the payload.  Types, times and scopes are compared with the
 * JSON itself.  If the claims are accepted, their times must meet the rules.
 */


#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "json_copy.h"
#include "keys.h"
#include "oauth_claims.h"
#include "oauth_document.h"


typedef struct {
    int64_t               now;
    int64_t               leeway;
    int64_t               lifetime;
} fuzz_clock_t;


static void fuzz_claims(const oauth_json_t *root, const fuzz_clock_t *clock);
static void fuzz_types(const oauth_claims_t *claims);
static void fuzz_time_type(const json_t *root, const char *name, int64_t time);
static void fuzz_audience(const oauth_claims_t *claims);
static oauth_reason_t fuzz_expected(const json_t *root,
    const fuzz_clock_t *clock);
static int fuzz_date(const json_t *root, const char *name, double *seconds);
static int fuzz_scope_is_none(const json_t *value);
static void fuzz_scope(const oauth_claims_t *claims);
static void fuzz_scope_add(oauth_buf_t *buf, oauth_str_t word);
static void fuzz_has(const oauth_claims_t *claims);
static int fuzz_finds(const oauth_claims_t *claims, oauth_str_t path,
    oauth_str_t s);
static void fuzz_has_value(const oauth_claims_t *claims, oauth_str_t path,
    const json_t *value);
static int fuzz_holds(const json_t *value, oauth_str_t s);


static const oauth_str_t  fuzz_absent = oauth_string("wiki");

/* The payload, as jansson reads it. */

static json_t  *fuzz_root;


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    oauth_str_t   input, line;
    json_copy_t   copy;
    fuzz_clock_t  clock;

    input.data = data;
    input.len = size;

    line = fuzz_line(&input);
    clock.now = fuzz_seconds(&line);
    clock.leeway = fuzz_seconds(&line);
    clock.lifetime = fuzz_seconds(&line);

    json_copy_parse(&copy, input);

    (void) oauth_document_parse(input, OAUTH_JSON_MEMBERS, &fuzz_root);
    fuzz_need((copy.root != NULL) == (fuzz_root != NULL));

    if (copy.root) {
        fuzz_claims(copy.root, &clock);
    }

    json_decref(fuzz_root);
    json_copy_free(&copy);

    return 0;
}


static void
fuzz_claims(const oauth_json_t *root, const fuzz_clock_t *clock)
{
    oauth_claims_t  claims;
    oauth_reason_t  reason;

    reason = oauth_claims_read(root, &claims);
    fuzz_need_clean();

    if (reason != OAUTH_OK) {
        fuzz_need(reason == OAUTH_MALFORMED_CLAIMS);
        fuzz_need(claims.root == NULL && claims.malformed);
        return;
    }

    fuzz_types(&claims);
    fuzz_audience(&claims);
    fuzz_scope(&claims);
    fuzz_has(&claims);

    reason = oauth_claims_verify_time(&claims, clock->now, clock->leeway,
                                      clock->lifetime);

    fuzz_need(reason == fuzz_expected(fuzz_root, clock));

    fuzz_accepted = (reason == OAUTH_OK);
}


static void
fuzz_types(const oauth_claims_t *claims)
{
    json_t       *root;
    oauth_str_t   value;

    root = fuzz_root;

    fuzz_need(oauth_document_string(root, "iss", &value)
              == (claims->issuer.data != NULL));
    fuzz_need(claims->issuer.data == NULL
              || oauth_str_equal(value, claims->issuer));

    fuzz_need((fuzz_member(root, "sub") != NULL)
              == (claims->subject.data != NULL));
    fuzz_need(claims->subject.data == NULL
              || (oauth_document_string(root, "sub", &value) == 1
                  && oauth_str_equal(value, claims->subject)));

    fuzz_need(claims->has_expires == (json_object_get(root, "exp") != NULL));
    fuzz_need(claims->has_issued_at == (fuzz_member(root, "iat") != NULL));
    fuzz_need(claims->confirmation.bound
              == (json_object_get(root, "cnf") != NULL));
    fuzz_need(claims->event == (json_object_get(root, "events") != NULL));

    fuzz_time_type(root, "exp", claims->expires);
    fuzz_time_type(root, "nbf", claims->not_before);
    fuzz_time_type(root, "iat", claims->issued_at);
}


static void
fuzz_time_type(const json_t *root, const char *name, int64_t time)
{
    double  seconds;

    if (!fuzz_date(root, name, &seconds)) {
        fuzz_need(time == 0);
        return;
    }

    if (fabs(seconds) < 0x1p53) {
        fuzz_need(time == (int64_t) seconds);
    }
}


static void
fuzz_audience(const oauth_claims_t *claims)
{
    size_t               i, n;
    const json_t        *aud, *member;
    const oauth_json_t  *element;

    aud = json_object_get(fuzz_root, "aud");
    n = json_is_array(aud) ? json_array_size(aud) : (aud != NULL);

    element = NULL;

    for (i = 0; i < n; i++) {
        member = json_is_array(aud) ? json_array_get(aud, i) : aud;
        element = oauth_claims_next(claims->audience, element);

        fuzz_need(element && json_is_string(member));
        fuzz_need(oauth_str_equal(oauth_json_str(element),
                                  oauth_document_str(member)));
    }

    fuzz_need(oauth_claims_next(claims->audience, element) == NULL);
}


static oauth_reason_t
fuzz_expected(const json_t *root, const fuzz_clock_t *clock)
{
    double  exp, nbf, iat;

    if (!fuzz_date(root, "exp", &exp)) {
        return OAUTH_NO_EXPIRY;
    }

    if (exp <= (double) (clock->now - clock->leeway)) {
        return OAUTH_EXPIRED;
    }

    if ((fuzz_date(root, "nbf", &nbf)
         && nbf > (double) (clock->now + clock->leeway))
        || (fuzz_date(root, "iat", &iat)
            && iat > (double) (clock->now + clock->leeway)))
    {
        return OAUTH_NOT_YET_VALID;
    }

    if (!fuzz_date(root, "iat", &iat)) {
        iat = (double) clock->now;
    }

    return (exp - iat > (double) clock->lifetime) ? OAUTH_LIFETIME_TOO_LONG
                                                  : OAUTH_OK;
}


/* Returns 1 and the date without its fraction, or 0 if it is absent. */

static int
fuzz_date(const json_t *root, const char *name, double *seconds)
{
    const json_t  *value;

    value = strcmp(name, "exp") == 0 ? json_object_get(root, name)
                                     : fuzz_member(root, name);
    if (value == NULL) {
        return 0;
    }

    fuzz_need(json_is_number(value));
    *seconds = trunc(json_number_value(value));

    fuzz_need(isfinite(*seconds));

    return 1;
}


/* Returns 1 if the next claim has to be read. */

static int
fuzz_scope_is_none(const json_t *value)
{
    size_t        i;
    json_t       *member;
    oauth_str_t   rest, word;

    if (json_is_string(value)) {
        rest = oauth_document_str(value);

        while (fuzz_word(&rest, &word)) {
            if (fuzz_is_scope(word)) {
                return 0;
            }
        }

        return 1;
    }

    json_array_foreach(value, i, member) {
        if (json_is_string(member)
            && fuzz_is_scope(oauth_document_str(member)))
        {
            return 0;
        }
    }

    return value == NULL || json_is_null(value) || json_is_array(value);
}


/*
 * Computes the scopes a second time, exactly as the comment in the header says.
 */

static void
fuzz_scope(const oauth_claims_t *claims)
{
    size_t         i;
    json_t        *member;
    oauth_str_t    rest, word;
    oauth_buf_t    granted, expected;
    const json_t  *value;

    static const oauth_str_t  paths[] = {
        oauth_string("scope"), oauth_string("scp")
    };

    memset(&granted, 0, sizeof(oauth_buf_t));
    memset(&expected, 0, sizeof(oauth_buf_t));

    oauth_claims_scope(claims, paths, 2, &granted);
    fuzz_need_clean();

    value = json_object_get(fuzz_root, "scope");
    if (fuzz_scope_is_none(value)) {
        value = json_object_get(fuzz_root, "scp");
    }

    if (json_is_string(value)) {
        rest = oauth_document_str(value);

        while (fuzz_word(&rest, &word)) {
            fuzz_scope_add(&expected, word);
        }
    }

    json_array_foreach(value, i, member) {
        if (json_is_string(member)) {
            fuzz_scope_add(&expected, oauth_document_str(member));
        }
    }

    fuzz_need(!granted.failed && !expected.failed);
    fuzz_need(oauth_str_equal(oauth_buf_str(&granted),
                              oauth_buf_str(&expected)));

    oauth_buf_free(&granted);
    oauth_buf_free(&expected);
}


static void
fuzz_scope_add(oauth_buf_t *buf, oauth_str_t word)
{
    if (!fuzz_is_scope(word)) {
        return;
    }

    if (buf->len > 0) {
        oauth_buf_append_literal(buf, " ");
    }

    oauth_buf_append_str(buf, word);
}


/*
 * Every claim compares as equal to its own value or each value of its array,
 * and to no other.
 */

static void
fuzz_has(const oauth_claims_t *claims)
{
    size_t        i;
    json_t       *member, *value;
    const char   *name;
    oauth_str_t   path;

    json_object_foreach(fuzz_root, name, member) {

        path = keys_str(name);

        /* No path leads to a claim whose own name begins with "act.". */

        if (path.len == 0 || oauth_str_starts(path, oauth_str("act."))) {
            continue;
        }

        fuzz_need(fuzz_finds(claims, path, fuzz_absent)
                  == fuzz_holds(member, fuzz_absent));

        fuzz_has_value(claims, path, member);

        json_array_foreach(member, i, value) {
            fuzz_has_value(claims, path, value);
        }
    }
}


static void
fuzz_has_value(const oauth_claims_t *claims, oauth_str_t path,
    const json_t *value)
{
    char         text[32];
    oauth_str_t  s;

    if (json_is_string(value)) {
        s = oauth_document_str(value);

    } else if (json_is_integer(value)) {
        snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT,
                 json_integer_value(value));
        s = keys_str(text);

    } else if (json_is_boolean(value)) {
        s = keys_str(json_is_true(value) ? "true" : "false");

    } else {
        return;
    }

    fuzz_need(fuzz_finds(claims, path, s));
    fuzz_need_clean();
}


/*
 * Returns 1 if the core says that the claim at the path, or a member of it, is
 * equal.
 */

static int
fuzz_finds(const oauth_claims_t *claims, oauth_str_t path, oauth_str_t s)
{
    int                  found;
    oauth_buf_t          buf;
    oauth_str_t          value;
    const oauth_json_t  *claim, *element;

    memset(&buf, 0, sizeof(oauth_buf_t));

    found = 0;
    claim = oauth_claims_at(claims, &path, 1);

    for (element = oauth_claims_next(claim, NULL);
         element;
         element = oauth_claims_next(claim, element))
    {
        value = oauth_claims_value(element, &buf);
        found |= (value.data && oauth_str_equal(value, s));
    }

    oauth_buf_free(&buf);

    return found;
}


/* Returns 1 if the value is this string or an array that contains it. */

static int
fuzz_holds(const json_t *value, oauth_str_t s)
{
    size_t   i;
    json_t  *member;

    if (json_is_string(value)) {
        return oauth_str_equal(oauth_document_str(value), s);
    }

    json_array_foreach(value, i, member) {
        if (json_is_string(member)
            && oauth_str_equal(oauth_document_str(member), s))
        {
            return 1;
        }
    }

    return 0;
}
