
/*
 * Reads subject identifiers (RFC 9493 sections 3 and 4; SSF 1.0 section 3.5 for
 * the complex ones).  Nothing is copied.  Older drafts of CAEP and RISC, which
 * some transmitters still follow, say "subject_type" instead of "format", and
 * "iss-sub" instead of "iss_sub".
 */


#include "oauth_document.h"
#include "oauth_order_subject.h"


static const char *oauth_order_subject_format(const json_t *subject,
    int event, oauth_str_t *format);
static const char *oauth_order_subject_read_simple(const json_t *subject,
    oauth_str_t format, oauth_revocation_names_t *names);
static const char *oauth_order_subject_read_complex(const json_t *subject,
    oauth_revocation_names_t *names);
static const char *oauth_order_subject_read_session(const json_t *session,
    oauth_revocation_names_t *names);
static const char *oauth_order_subject_value(const json_t *subject,
    const char *name, oauth_str_t *value);


const char *
oauth_order_subject_read(const json_t *subject, int event,
    oauth_revocation_names_t *names)
{
    const char   *why;
    oauth_str_t   format;

    why = oauth_order_subject_format(subject, event, &format);
    if (why) {
        return why;
    }

    if (event && oauth_str_equal(format, oauth_str("complex"))) {
        return oauth_order_subject_read_complex(subject, names);
    }

    return oauth_order_subject_read_simple(subject, format, names);
}


static const char *
oauth_order_subject_format(const json_t *subject, int event,
    oauth_str_t *format)
{
    int  found;

    if (!json_is_object(subject)) {
        return "the subject identifier is not an object";
    }

    found = oauth_document_string(subject, "format", format);

    if (found == 0 && event) {
        found = oauth_document_string(subject, "subject_type", format);
    }

    if (found != 1) {
        return "the subject identifier has no format, as a string";
    }

    if (event && oauth_str_equal(*format, oauth_str("iss-sub"))) {
        *format = oauth_str("iss_sub");
    }

    return NULL;
}


static const char *
oauth_order_subject_read_simple(const json_t *subject, oauth_str_t format,
    oauth_revocation_names_t *names)
{
    size_t       n;
    const char  *why;

    n = 2;

    if (oauth_str_equal(format, oauth_str("iss_sub"))) {
        n = 3;
        why = oauth_order_subject_value(subject, "iss", &names->issuer);

        if (why == NULL) {
            why = oauth_order_subject_value(subject, "sub", &names->subject);
        }

    } else if (oauth_str_equal(format, oauth_str("email"))) {
        why = oauth_order_subject_value(subject, "email", &names->email);

    } else if (oauth_str_equal(format, oauth_str("opaque"))) {
        why = oauth_order_subject_value(subject, "id", &names->subject);

    } else {
        return "the format of the subject identifier is not known here";
    }

    if (why == NULL && json_object_size(subject) != n) {
        return "the subject identifier has a member that its format does not "
               "have";
    }

    return why;
}


static const char *
oauth_order_subject_read_complex(const json_t *subject,
    oauth_revocation_names_t *names)
{
    size_t        n;
    const char   *why;
    json_t       *user, *session;
    oauth_str_t   format;

    why = NULL;
    user = json_object_get(subject, "user");
    session = json_object_get(subject, "session");

    n = 1 + (user != NULL) + (session != NULL);

    if (n == 1 || json_object_size(subject) != n) {
        return "a complex subject identifier may have user and session, and "
               "no other member";
    }

    if (session) {
        why = oauth_order_subject_read_session(session, names);
    }

    if (why || user == NULL) {
        return why;
    }

    why = oauth_order_subject_format(user, 1, &format);

    if (why == NULL) {
        why = oauth_order_subject_read_simple(user, format, names);
    }

    return why;
}


static const char *
oauth_order_subject_read_session(const json_t *session,
    oauth_revocation_names_t *names)
{
    const char   *why;
    oauth_str_t   format;

    why = oauth_order_subject_format(session, 1, &format);

    if (why == NULL
        && (!oauth_str_equal(format, oauth_str("opaque"))
            || json_object_size(session) != 2))
    {
        why = "the session of a complex subject identifier is not opaque";
    }

    if (why == NULL) {
        why = oauth_order_subject_value(session, "id", &names->session);
    }

    return why;
}


static const char *
oauth_order_subject_value(const json_t *subject, const char *name,
    oauth_str_t *value)
{
    if (oauth_document_string(subject, name, value) != 1 || value->len == 0) {
        return "the subject identifier lacks a member of its format, as a "
               "string that is not empty";
    }

    return NULL;
}
