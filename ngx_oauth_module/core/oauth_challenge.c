
/*
 * The refusal as the client reads it: the WWW-Authenticate challenge (RFC
 * 9110 section 11.6.1, RFC 6750 section 3, RFC 9728 section 5.1) and the
 * problem document (RFC 9457) with the steps to a token: metadata, RFC 8414,
 * registration (RFC 7591), device flow (RFC 8628) or code flow with PKCE, both
 * with a resource (RFC 8707).  All is written into the caller's buffer.
 */


#include <string.h>

#include "oauth_challenge.h"
#include "oauth_discovery.h"
#include "oauth_json.h"


typedef struct {
    const char           *title;
    const char           *advice;       /* NULL: the description says it all  */
    unsigned              challenge:1;
} oauth_challenge_text_t;


/*
 * One step.  In its text $M is the metadata URL, $I the issuer in brackets, $A
 * where its metadata lies, $S the scope and $R the resource as further form
 * fields, $J the scope as a JSON member.
 */

typedef struct {
    unsigned              first:1;      /* for who has no good token          */
    unsigned              more:1;       /* for whose token lacks a scope      */
    const char           *text;
} oauth_challenge_step_t;


static oauth_challenge_t oauth_challenge_clean(
    const oauth_challenge_t *challenge);
static oauth_str_t oauth_challenge_quotable(oauth_str_t value);
static void oauth_challenge_append(oauth_buf_t *buf, const char *text);
static void oauth_challenge_append_param(oauth_buf_t *buf,
    const char *before, const char *name, oauth_str_t value);
static oauth_str_t oauth_challenge_str(const char *text);
static const oauth_challenge_text_t *oauth_challenge_text(
    const oauth_reason_info_t *reason);
static int oauth_challenge_set(json_t *root, const char *name,
    oauth_str_t value);
static int oauth_challenge_set_detail(json_t *root,
    const oauth_reason_info_t *reason);
static int oauth_challenge_set_steps(json_t *root,
    const oauth_challenge_t *challenge);
static void oauth_challenge_append_step(oauth_buf_t *buf, const char *text,
    const oauth_challenge_t *challenge);
static void oauth_challenge_append_value(oauth_buf_t *buf, char name,
    const oauth_challenge_t *challenge);
static void oauth_challenge_append_around(oauth_buf_t *buf,
    const char *before, oauth_str_t value, const char *after);
static void oauth_challenge_append_server(oauth_buf_t *buf,
    oauth_str_t issuer);


/* By oauth_answer_t. */

static const oauth_challenge_text_t  oauth_challenge_texts[] = {
    { "Request refused", NULL, 0 },
    { "Access token required",
      "Get one as how_to_authenticate says and repeat the request", 1 },
    { "Malformed Authorization header",
      "If you have no access token, get one as how_to_authenticate says", 1 },
    { "Access token refused",
      "Get another one as how_to_authenticate says and repeat the request",
      1 },
    { "Insufficient scope",
      "Get one with the scope named here as how_to_authenticate says and "
      "repeat the request", 1 },
    { "Access denied", NULL, 0 },
    { "Ambiguous URL", NULL, 0 },
    { "Access token cannot be checked", NULL, 0 }
};


static const oauth_challenge_step_t  oauth_challenge_steps[] = {

    { 1, 0,
      "GET $M and take the authorization server: authorization_servers[0]"
      "$I" },

    { 0, 1,
      "Get a new access token from the authorization server$I: the same "
      "client_id$S (should it answer invalid_scope, register a new client "
      "for this scope)" },

    { 1, 1,
      "GET the authorization server's metadata at $A and use the endpoints "
      "that it names" },

    { 1, 0,
      "If you have no client_id, POST as application/json to "
      "registration_endpoint: {\"client_name\":\"agent\","
      "\"application_type\":\"native\","
      "\"token_endpoint_auth_method\":\"none\","
      "\"grant_types\":[\"urn:ietf:params:oauth:grant-type:device_code\","
      "\"authorization_code\",\"refresh_token\"],"
      "\"response_types\":[\"code\"],"
      "\"redirect_uris\":[\"http://127.0.0.1:8976/callback\"]$J} without the "
      "grant types that grant_types_supported lacks, and take client_id from "
      "the answer. If there is no registration_endpoint, or it refuses, ask "
      "your user for a client_id. A client_secret, if there is one, goes with "
      "client_id to token_endpoint" },

    { 1, 1,
      "If there is a device_authorization_endpoint, POST to it the form "
      "fields client_id$S$R (URL-encoded). Show your user "
      "verification_uri_complete, or verification_uri and user_code. Every "
      "interval (or 5) seconds POST to token_endpoint the form fields "
      "grant_type=urn:ietf:params:oauth:grant-type:device_code, device_code, "
      "client_id$R until the answer has an access_token; the errors "
      "authorization_pending and slow_down mean: go on, more slowly" },

    { 1, 1,
      "Otherwise send your user to authorization_endpoint with "
      "response_type=code, client_id, redirect_uri, state, code_challenge, "
      "code_challenge_method=S256$S$R (PKCE, URL-encoded). The browser ends "
      "at redirect_uri with a code; if you do not listen there, let your user "
      "copy that address from it. POST to token_endpoint the form fields "
      "grant_type=authorization_code, code, redirect_uri, client_id, "
      "code_verifier$R" },

    { 1, 1,
      "Should an answer be the error invalid_target, leave out resource" },

    { 1, 1,
      "Repeat the request with the header Authorization: Bearer "
      "<access_token>. Once that token has expired, POST to token_endpoint "
      "the form fields grant_type=refresh_token, refresh_token, client_id$R, "
      "if you were given a refresh_token" }
};

#define OAUTH_CHALLENGE_STEPS                                                 \
    (sizeof(oauth_challenge_steps) / sizeof(oauth_challenge_steps[0]))


void
oauth_challenge_write_error(oauth_buf_t *buf,
    const oauth_reason_info_t *reason)
{
    oauth_buf_append_literal(buf, "Bearer");

    if (reason->error) {
        oauth_challenge_append_param(buf, " ", "error",
                                     oauth_challenge_str(reason->error));
        oauth_challenge_append_param(buf, ", ", "error_description",
                                   oauth_challenge_str(reason->description));
    }
}


void
oauth_challenge_write_place(oauth_buf_t *buf,
    const oauth_challenge_t *challenge)
{
    oauth_challenge_t  clean;

    clean = oauth_challenge_clean(challenge);

    oauth_challenge_append_param(buf, "", "resource_metadata",
                                 clean.metadata);
    oauth_challenge_append_param(buf, clean.metadata.len ? ", " : "", "scope",
                                 clean.scope);
}


/*
 * A value that cannot stand between quotes as it is is left out whole: an
 * escaped one is misread by clients that look for the next quote, and a
 * control character would be a header of its own.
 */

static oauth_challenge_t
oauth_challenge_clean(const oauth_challenge_t *challenge)
{
    oauth_challenge_t  clean;

    clean = *challenge;

    clean.resource = oauth_challenge_quotable(clean.resource);
    clean.metadata = oauth_challenge_quotable(clean.metadata);
    clean.scope = oauth_challenge_quotable(clean.scope);
    clean.issuer = oauth_challenge_quotable(clean.issuer);

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


static void
oauth_challenge_append(oauth_buf_t *buf, const char *text)
{
    oauth_buf_append(buf, text, strlen(text));
}


/* Nothing where the value is empty. */

static void
oauth_challenge_append_param(oauth_buf_t *buf, const char *before,
    const char *name, oauth_str_t value)
{
    if (value.len == 0) {
        return;
    }

    oauth_challenge_append(buf, before);
    oauth_challenge_append(buf, name);
    oauth_challenge_append_around(buf, "=\"", value, "\"");
}


static oauth_str_t
oauth_challenge_str(const char *text)
{
    oauth_str_t  s;

    s.len = strlen(text);
    s.data = (const unsigned char *) text;

    return s;
}


static const oauth_challenge_text_t *
oauth_challenge_text(const oauth_reason_info_t *reason)
{
    return &oauth_challenge_texts[reason->answer];
}


/* Two objects, written without the brackets between them. */

void
oauth_challenge_write_problem_error(oauth_buf_t *buf,
    const oauth_reason_info_t *reason, unsigned status)
{
    json_t                        *root;
    const oauth_challenge_text_t  *text;

    text = oauth_challenge_text(reason);
    root = json_object();

    if (json_object_set_new(root, "status", json_integer(status))
        || json_object_set_new(root, "title", json_string(text->title))
        || oauth_challenge_set_detail(root, reason)
        || (reason->error
            && json_object_set_new(root, "error",
                                   json_string(reason->error)))
        || oauth_json_text(root, buf))
    {
        buf->failed = 1;

    } else {
        buf->len--;
    }

    json_decref(root);
}


void
oauth_challenge_write_problem_place(oauth_buf_t *buf,
    const oauth_challenge_t *challenge)
{
    size_t                         start;
    json_t                        *root;
    oauth_challenge_t              clean;
    const oauth_challenge_text_t  *text;

    text = oauth_challenge_text(challenge->reason);
    clean = oauth_challenge_clean(challenge);

    if (!text->challenge) {
        clean.metadata.len = 0;
        clean.scope.len = 0;
    }

    root = json_object();
    start = buf->len;

    if (oauth_challenge_set(root, "resource", clean.resource)
        || oauth_challenge_set(root, "resource_metadata", clean.metadata)
        || oauth_challenge_set(root, "scope", clean.scope)
        || (text->challenge && oauth_challenge_set_steps(root, &clean)))
    {
        buf->failed = 1;

    } else if (json_object_size(root) == 0) {
        oauth_buf_append_literal(buf, "}");

    } else if (oauth_json_text(root, buf) == 0) {
        buf->data[start] = ',';
    }

    json_decref(root);
}


/* Sets a member unless its value is empty: 0, or -1. */

static int
oauth_challenge_set(json_t *root, const char *name, oauth_str_t value)
{
    if (value.len == 0) {
        return 0;
    }

    return json_object_set_new(root, name,
                               json_stringn((const char *) value.data,
                                            value.len));
}


static int
oauth_challenge_set_detail(json_t *root, const oauth_reason_info_t *reason)
{
    const char  *advice;

    advice = oauth_challenge_text(reason)->advice;

    return json_object_set_new(root, "detail",
                               advice
                               ? json_sprintf("%s. %s.", reason->description,
                                              advice)
                               : json_sprintf("%s.", reason->description));
}


static int
oauth_challenge_set_steps(json_t *root, const oauth_challenge_t *challenge)
{
    int                            rc, more;
    size_t                         i;
    json_t                        *array;
    oauth_buf_t                    buf;
    const oauth_challenge_step_t  *step;

    more = (challenge->reason->answer == OAUTH_ANSWER_SCOPE);
    array = json_array();
    rc = 0;

    for (i = 0; rc == 0 && i < OAUTH_CHALLENGE_STEPS; i++) {

        step = &oauth_challenge_steps[i];

        if (more ? !step->more : !step->first) {
            continue;
        }

        memset(&buf, 0, sizeof(oauth_buf_t));

        oauth_challenge_append_step(&buf, step->text, challenge);

        rc = buf.failed
             || json_array_append_new(array,
                                      json_stringn((const char *) buf.data,
                                                   buf.len));

        oauth_buf_free(&buf);
    }

    if (rc) {
        json_decref(array);
        return -1;
    }

    return json_object_set_new(root, "how_to_authenticate", array);
}


static void
oauth_challenge_append_step(oauth_buf_t *buf, const char *text,
    const oauth_challenge_t *challenge)
{
    const char  *p;

    for (p = strchr(text, '$'); p; p = strchr(text, '$')) {

        oauth_buf_append(buf, text, (size_t) (p - text));
        oauth_challenge_append_value(buf, p[1], challenge);

        text = p + 2;
    }

    oauth_challenge_append(buf, text);
}


static void
oauth_challenge_append_value(oauth_buf_t *buf, char name,
    const oauth_challenge_t *challenge)
{
    switch (name) {

    case 'M':
        oauth_buf_append_str(buf, challenge->metadata);
        break;

    case 'I':
        oauth_challenge_append_around(buf, " (", challenge->issuer, ")");
        break;

    case 'A':
        oauth_challenge_append_server(buf, challenge->issuer);
        break;

    case 'S':
        oauth_challenge_append_around(buf, ", scope=", challenge->scope, "");
        break;

    case 'R':
        oauth_challenge_append_around(buf, ", resource=",
                                      challenge->resource, "");
        break;

    case 'J':
        oauth_challenge_append_around(buf, ",\"scope\":\"", challenge->scope,
                                      "\"");
        break;
    }
}


/* Nothing where the value is empty. */

static void
oauth_challenge_append_around(oauth_buf_t *buf, const char *before,
    oauth_str_t value, const char *after)
{
    if (value.len > 0) {
        oauth_challenge_append(buf, before);
        oauth_buf_append_str(buf, value);
        oauth_challenge_append(buf, after);
    }
}


/* Where the metadata of the authorization server lies. */

static void
oauth_challenge_append_server(oauth_buf_t *buf, oauth_str_t issuer)
{
    if (!oauth_discovery_append_url(buf, issuer, 0)) {
        oauth_buf_append_literal(buf,
                                 "its URL with "
                                 "/.well-known/oauth-authorization-server "
                                 "between host and path, or with "
                                 "/.well-known/openid-configuration at the "
                                 "end");
        return;
    }

    oauth_buf_append_literal(buf, " or, if that is not found, ");
    oauth_discovery_append_url(buf, issuer, 1);
}
