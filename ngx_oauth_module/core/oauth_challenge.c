
/*
 * The WWW-Authenticate challenge (RFC 9110 section 11.6.1, RFC 6750 section 3,
 * RFC 9728 section 5.1, RFC 9449 section 7.1, RFC 9470 section 3).  It is
 * appended to the caller's buffer; the values are the caller's, too.
 */


#include <inttypes.h>
#include <stdio.h>

#include "oauth_challenge.h"
#include "oauth_credentials.h"


static const char *oauth_challenge_append_error(oauth_buf_t *buf,
    const char *before, const oauth_reason_info_t *reason);
static const char *oauth_challenge_append_resource(oauth_buf_t *buf,
    const char *before, oauth_str_t resource);
static void oauth_challenge_append_fact(oauth_buf_t *buf, const char **before,
    const char *name, oauth_str_t value);
static void oauth_challenge_append_max_age(oauth_buf_t *buf,
    const char *before, int64_t max_age);
static oauth_str_t oauth_challenge_quotable(oauth_str_t value);
static void oauth_challenge_append_param(oauth_buf_t *buf,
    const char *before, const char *name, oauth_str_t value);


void
oauth_challenge_write_reason(oauth_buf_t *buf,
    const oauth_reason_info_t *reason)
{
    oauth_buf_append_literal(buf, OAUTH_CREDENTIALS_NAME);
    (void) oauth_challenge_append_error(buf, " ", reason);
}


/* Returns what has to stand before the next parameter. */

static const char *
oauth_challenge_append_error(oauth_buf_t *buf, const char *before,
    const oauth_reason_info_t *reason)
{
    if (reason->error == NULL) {
        return before;
    }

    oauth_challenge_append_param(buf, before, "error",
                                 oauth_str_of(reason->error));
    oauth_challenge_append_param(buf, ", ", "error_description",
                                 oauth_str_of(reason->description));

    return ", ";
}


void
oauth_challenge_write_resource(oauth_buf_t *buf,
    const oauth_challenge_t *challenge)
{
    const char         *before;
    oauth_challenge_t   clean;

    clean = oauth_challenge_clean(challenge);
    before = "";

    oauth_challenge_append_fact(buf, &before, "resource_metadata",
                                clean.metadata);
    oauth_challenge_append_fact(buf, &before, "scope", clean.scope);
    oauth_challenge_append_fact(buf, &before, "acr_values", clean.acr_values);

    if (clean.max_age) {
        oauth_challenge_append_max_age(buf, before, clean.max_age);
    }
}


/* Appends a parameter, and sets what has to stand before the next one. */

static void
oauth_challenge_append_fact(oauth_buf_t *buf, const char **before,
    const char *name, oauth_str_t value)
{
    oauth_challenge_append_param(buf, *before, name, value);

    if (value.len) {
        *before = ", ";
    }
}


static void
oauth_challenge_append_max_age(oauth_buf_t *buf, const char *before,
    int64_t max_age)
{
    char  number[sizeof("-9223372036854775808")];

    (void) snprintf(number, sizeof(number), "%" PRId64, max_age);

    oauth_challenge_append_param(buf, before, "max_age",
                                 oauth_str_of(number));
}


void
oauth_challenge_write_dpop(oauth_buf_t *buf,
    const oauth_challenge_dpop_t *challenge)
{
    int          own;
    const char  *before;

    /* whether the error is in the challenge of the scheme DPoP */

    own = !challenge->bearer
          || challenge->reason->answer == OAUTH_ANSWER_PROOF;

    if (challenge->bearer) {

        oauth_buf_append_literal(buf, OAUTH_CREDENTIALS_NAME);
        before = " ";

        if (!own) {
            before = oauth_challenge_append_error(buf, before,
                                                  challenge->reason);
        }

        (void) oauth_challenge_append_resource(buf, before,
                                               challenge->resource);
        oauth_buf_append_literal(buf, ", ");
    }

    oauth_buf_append_literal(buf, OAUTH_CREDENTIALS_PROOF_NAME);
    before = " ";

    if (own) {
        before = oauth_challenge_append_error(buf, before, challenge->reason);
    }

    if (!challenge->bearer) {
        before = oauth_challenge_append_resource(buf, before,
                                                 challenge->resource);
    }

    oauth_challenge_append_param(buf, before, "algs", challenge->algorithms);
}


static const char *
oauth_challenge_append_resource(oauth_buf_t *buf, const char *before,
    oauth_str_t resource)
{
    if (resource.len == 0) {
        return before;
    }

    oauth_buf_append_text(buf, before);
    oauth_buf_append_str(buf, resource);

    return ", ";
}


/*
 * Such a value is left out as a whole and not escaped: some clients look for
 * the next quote and would misread an escape, and a control character would
 * begin a header field of its own.
 */

oauth_challenge_t
oauth_challenge_clean(const oauth_challenge_t *challenge)
{
    oauth_challenge_t  clean;

    clean = *challenge;

    clean.resource = oauth_challenge_quotable(clean.resource);
    clean.metadata = oauth_challenge_quotable(clean.metadata);
    clean.scope = oauth_challenge_quotable(clean.scope);
    clean.issuer = oauth_challenge_quotable(clean.issuer);
    clean.acr_values = oauth_challenge_quotable(clean.acr_values);

    return clean;
}


static oauth_str_t
oauth_challenge_quotable(oauth_str_t value)
{
    size_t         i;
    unsigned char  c;

    for (i = 0; i < value.len; i++) {

        c = value.data[i];

        if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') {
            return oauth_str("");
        }
    }

    return value;
}


/* Appends nothing where the value is empty. */

static void
oauth_challenge_append_param(oauth_buf_t *buf, const char *before,
    const char *name, oauth_str_t value)
{
    if (value.len == 0) {
        return;
    }

    oauth_buf_append_text(buf, before);
    oauth_buf_append_text(buf, name);
    oauth_buf_append_literal(buf, "=\"");
    oauth_buf_append_str(buf, value);
    oauth_buf_append_literal(buf, "\"");
}
