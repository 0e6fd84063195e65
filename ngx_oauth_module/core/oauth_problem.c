
/*
 * The problem document of a refusal (RFC 9457), with the steps that lead to a
 * token: the metadata (RFC 9728, RFC 8414), registration (RFC 7591), then the
 * device flow (RFC 8628) or the code flow with PKCE (RFC 7636), both with a
 * resource (RFC 8707).  A user who has to sign in again does so with the code
 * flow (RFC 9470 section 4).  Everything is written into the caller's buffer; a
 * JSON tree lives for one call only.
 */


#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "oauth_credentials.h"
#include "oauth_discovery.h"
#include "oauth_document.h"
#include "oauth_problem.h"


typedef struct {
    const char           *title;
    const char           *advice;       /* NULL: the description is enough    */
    unsigned              challenge:1;  /* the answer has a challenge         */
} oauth_problem_text_t;


/*
 * One step.  Its text has places for values: $M is the URL of our metadata, $I
 * the issuer in brackets, $A the address of the issuer's metadata, $S and $R
 * are the scope and the resource as further form fields, $U are those that say
 * how and when the user has to sign in, $J is the scope as a JSON member, $P
 * are the credentials, $O is how the step goes on where there is a device flow
 * before it.
 */

typedef struct {
    unsigned              first:1;      /* for a client without a good token  */
    unsigned              more:1;       /* for a client that lacks a scope    */
    unsigned              again:1;      /* for a client whose user has to sign
                                           in again                           */
    const char           *text;
} oauth_problem_step_t;


static const oauth_problem_text_t *oauth_problem_text(
    const oauth_reason_info_t *reason);
static int oauth_problem_set(json_t *root, const char *name,
    oauth_str_t value);
static int oauth_problem_set_detail(json_t *root,
    const oauth_reason_info_t *reason);
static int oauth_problem_set_authentication(json_t *root,
    const oauth_challenge_t *challenge);
static int oauth_problem_is_for(const oauth_problem_step_t *step,
    const oauth_reason_info_t *reason);
static int oauth_problem_set_steps(json_t *root,
    const oauth_challenge_t *challenge);
static void oauth_problem_append_step(oauth_buf_t *buf, const char *text,
    const oauth_challenge_t *challenge);
static void oauth_problem_append_value(oauth_buf_t *buf, char name,
    const oauth_challenge_t *challenge);
static void oauth_problem_append_user(oauth_buf_t *buf,
    const oauth_challenge_t *challenge);
static void oauth_problem_append_server(oauth_buf_t *buf,
    oauth_str_t issuer);
static void oauth_problem_append_around(oauth_buf_t *buf,
    const char *before, oauth_str_t value, const char *after);


/* The index is an oauth_answer_t. */

static const oauth_problem_text_t  oauth_problem_texts[] = {
    { "Request refused", NULL, 0 },
    { "Access token required",
      "Get one as how_to_authenticate says and repeat the request", 1 },
    { "Malformed Authorization header",
      "If you have no access token, get one as how_to_authenticate says", 1 },
    { "Access token refused",
      "Get another one as how_to_authenticate says and repeat the request",
      1 },
    { "DPoP proof refused",
      "Repeat the request with the same access token and a new proof; if you "
      "do not have the key of the access token, get another one as "
      "how_to_authenticate says", 1 },
    { "Sign-in required",
      "Let your user sign in again as how_to_authenticate says and repeat the "
      "request with the new access token", 1 },
    { "Insufficient scope",
      "Get one with the scope named here as how_to_authenticate says and "
      "repeat the request", 1 },
    { "Access denied", NULL, 0 },
    { "Ambiguous URL", NULL, 0 },
    { "Access token cannot be checked", NULL, 0 }
};


static const oauth_problem_step_t  oauth_problem_steps[] = {

    { 1, 0, 0,
      "GET $M and take the authorization server: authorization_servers[0]"
      "$I" },

    { 0, 1, 0,
      "Get a new access token from the authorization server$I: the same "
      "client_id$S (should it answer invalid_scope, register a new client "
      "for this scope)" },

    { 0, 0, 1,
      "Get a new access token from the authorization server$I: the same "
      "client_id, and your user signs in; a refresh_token or the device flow "
      "does not help. A server of OpenID Connect may also want the scope "
      "openid" },

    { 1, 1, 1,
      "GET the authorization server's metadata at $A and use the endpoints "
      "that it names" },

    { 1, 0, 0,
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

    { 1, 1, 0,
      "If there is a device_authorization_endpoint, POST to it the form "
      "fields client_id$S$R (URL-encoded). Show your user "
      "verification_uri_complete, or verification_uri and user_code. Every "
      "interval (or 5) seconds POST to token_endpoint the form fields "
      "grant_type=urn:ietf:params:oauth:grant-type:device_code, device_code, "
      "client_id$R until the answer has an access_token; the errors "
      "authorization_pending and slow_down mean: go on, more slowly" },

    { 1, 1, 1,
      "$O your user to authorization_endpoint with "
      "response_type=code, client_id, redirect_uri, state, code_challenge, "
      "code_challenge_method=S256$U$S$R (PKCE, URL-encoded). The browser ends "
      "at redirect_uri with a code; if you do not listen there, let your user "
      "copy that address from it. POST to token_endpoint the form fields "
      "grant_type=authorization_code, code, redirect_uri, client_id, "
      "code_verifier$R" },

    { 1, 1, 1,
      "Should an answer be the error invalid_target, leave out resource" },

    { 1, 1, 1,
      "Repeat the request with the header Authorization: $P. Once that "
      "token has expired, POST to token_endpoint the form fields "
      "grant_type=refresh_token, refresh_token, client_id$R, if you were given "
      "a refresh_token" }
};

#define OAUTH_PROBLEM_STEPS                                                   \
    (sizeof(oauth_problem_steps) / sizeof(oauth_problem_steps[0]))


/*
 * The document is one JSON object, written as two whose inner brackets are
 * left out: this half loses its closing bracket, and the other half has a comma
 * in the place of its opening one.
 */

void
oauth_problem_write_reason(oauth_buf_t *buf,
    const oauth_reason_info_t *reason, unsigned status)
{
    json_t                      *root;
    const oauth_problem_text_t  *text;

    text = oauth_problem_text(reason);
    root = json_object();

    if (json_object_set_new(root, "status", json_integer(status))
        || json_object_set_new(root, "title", json_string(text->title))
        || oauth_problem_set_detail(root, reason)
        || (reason->error
            && json_object_set_new(root, "error",
                                   json_string(reason->error)))
        || oauth_document_write(root, buf))
    {
        buf->failed = 1;

    } else {
        buf->len--;
    }

    json_decref(root);
}


void
oauth_problem_write_resource(oauth_buf_t *buf,
    const oauth_challenge_t *challenge)
{
    size_t                       start;
    json_t                      *root;
    oauth_challenge_t            clean;
    const oauth_problem_text_t  *text;

    text = oauth_problem_text(challenge->reason);
    clean = oauth_challenge_clean(challenge);

    if (!text->challenge) {
        clean.metadata.len = 0;
        clean.scope.len = 0;
        clean.acr_values.len = 0;
        clean.max_age = 0;
    }

    root = json_object();
    start = buf->len;

    if (oauth_problem_set(root, "resource", clean.resource)
        || oauth_problem_set(root, "resource_metadata", clean.metadata)
        || oauth_problem_set(root, "scope", clean.scope)
        || oauth_problem_set_authentication(root, &clean)
        || (text->challenge && oauth_problem_set_steps(root, &clean)))
    {
        buf->failed = 1;

    } else if (json_object_size(root) == 0) {
        oauth_buf_append_literal(buf, "}");

    } else if (oauth_document_write(root, buf) == 0) {
        buf->data[start] = ',';
    }

    json_decref(root);
}


static const oauth_problem_text_t *
oauth_problem_text(const oauth_reason_info_t *reason)
{
    return &oauth_problem_texts[reason->answer];
}


/* Sets a member, unless its value is empty.  0, or -1: memory is short. */

static int
oauth_problem_set(json_t *root, const char *name, oauth_str_t value)
{
    if (value.len == 0) {
        return 0;
    }

    return json_object_set_new(root, name,
                               json_stringn((const char *) value.data,
                                            value.len));
}


static int
oauth_problem_set_detail(json_t *root, const oauth_reason_info_t *reason)
{
    const char  *advice;

    advice = oauth_problem_text(reason)->advice;

    return json_object_set_new(root, "detail",
                               advice
                               ? json_sprintf("%s. %s.", reason->description,
                                              advice)
                               : json_sprintf("%s.", reason->description));
}


static int
oauth_problem_set_authentication(json_t *root,
    const oauth_challenge_t *challenge)
{
    if (oauth_problem_set(root, "acr_values", challenge->acr_values)) {
        return -1;
    }

    return challenge->max_age
           ? json_object_set_new(root, "max_age",
                                 json_integer(challenge->max_age))
           : 0;
}


static int
oauth_problem_is_for(const oauth_problem_step_t *step,
    const oauth_reason_info_t *reason)
{
    switch (reason->answer) {

    case OAUTH_ANSWER_SCOPE:
        return step->more;

    case OAUTH_ANSWER_AUTHENTICATION:
        return step->again;

    default:
        return step->first;
    }
}


static int
oauth_problem_set_steps(json_t *root, const oauth_challenge_t *challenge)
{
    int                          rc;
    size_t                       i;
    json_t                      *array;
    oauth_buf_t                  buf;
    const oauth_problem_step_t  *step;

    array = json_array();
    rc = 0;

    for (i = 0; rc == 0 && i < OAUTH_PROBLEM_STEPS; i++) {

        step = &oauth_problem_steps[i];

        if (!oauth_problem_is_for(step, challenge->reason)) {
            continue;
        }

        memset(&buf, 0, sizeof(oauth_buf_t));

        oauth_problem_append_step(&buf, step->text, challenge);

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
oauth_problem_append_step(oauth_buf_t *buf, const char *text,
    const oauth_challenge_t *challenge)
{
    const char  *p;

    for (p = strchr(text, '$'); p; p = strchr(text, '$')) {

        oauth_buf_append(buf, text, (size_t) (p - text));
        oauth_problem_append_value(buf, p[1], challenge);

        text = p + 2;
    }

    oauth_buf_append_text(buf, text);
}


static void
oauth_problem_append_value(oauth_buf_t *buf, char name,
    const oauth_challenge_t *challenge)
{
    switch (name) {

    case 'M':
        oauth_buf_append_str(buf, challenge->metadata);
        break;

    case 'I':
        oauth_problem_append_around(buf, " (", challenge->issuer, ")");
        break;

    case 'A':
        oauth_problem_append_server(buf, challenge->issuer);
        break;

    case 'S':
        oauth_problem_append_around(buf, ", scope=", challenge->scope, "");
        break;

    case 'R':
        oauth_problem_append_around(buf, ", resource=", challenge->resource,
                                    "");
        break;

    case 'U':
        oauth_problem_append_user(buf, challenge);
        break;

    case 'O':
        oauth_buf_append_text(buf, challenge->reason->answer
                                   == OAUTH_ANSWER_AUTHENTICATION
                                   ? "Send" : "Otherwise send");
        break;

    case 'J':
        oauth_problem_append_around(buf, ",\"scope\":\"", challenge->scope,
                                    "\"");
        break;

    case 'P':
        oauth_buf_append_text(buf, challenge->dpop
                              ? OAUTH_CREDENTIALS_PROOF_NAME
                                " <access_token> and the header DPoP: a proof "
                                "for this request, signed with the key that "
                                "you have proved to token_endpoint in the "
                                "same way (RFC 9449)"
                              : OAUTH_CREDENTIALS_NAME " <access_token>");
        break;
    }
}


/* Appends the form fields of RFC 9470 section 4. */

static void
oauth_problem_append_user(oauth_buf_t *buf, const oauth_challenge_t *challenge)
{
    char  number[sizeof("-9223372036854775808")];

    oauth_problem_append_around(buf, ", acr_values=", challenge->acr_values,
                                "");

    if (challenge->max_age) {
        (void) snprintf(number, sizeof(number), "%" PRId64,
                        challenge->max_age);
        oauth_problem_append_around(buf, ", max_age=", oauth_str_of(number),
                                    "");
    }
}


/* Appends the addresses at which the metadata of the issuer may be found. */

static void
oauth_problem_append_server(oauth_buf_t *buf, oauth_str_t issuer)
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


/* Appends nothing where the value is empty. */

static void
oauth_problem_append_around(oauth_buf_t *buf, const char *before,
    oauth_str_t value, const char *after)
{
    if (value.len > 0) {
        oauth_buf_append_text(buf, before);
        oauth_buf_append_str(buf, value);
        oauth_buf_append_text(buf, after);
    }
}
