
/*
 * The refusal as the client reads it (RFC 6750 section 3, RFC 9728 section 5.1,
 * RFC 9457): the challenge for every reason, read back with a parser of RFC
 * 9110 quoted strings, the problem document member by member, values that must
 * not break out of their quotes, and a lack of memory at every step.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_challenge.h"
#include "oauth_json.h"


#define RESOURCE  "https://wiki.example.com/docs"
#define METADATA  "https://wiki.example.com/.well-known/"                     \
                  "oauth-protected-resource/docs"
#define SCOPE     "wiki:read wiki:write"
#define ISSUER    "https://login.example.com/realms/a"


static oauth_challenge_t
challenge_for(oauth_reason_t reason)
{
    oauth_challenge_t  challenge;

    challenge.reason = oauth_reason_info(reason);
    challenge.resource = oauth_str(RESOURCE);
    challenge.metadata = oauth_str(METADATA);
    challenge.scope = oauth_str(SCOPE);
    challenge.issuer = oauth_str(ISSUER);

    return challenge;
}


static int
challenge_expected(const oauth_challenge_t *challenge)
{
    return challenge->reason->answer == OAUTH_ANSWER_CHALLENGE
           || challenge->reason->answer == OAUTH_ANSWER_REQUEST
           || challenge->reason->answer == OAUTH_ANSWER_TOKEN
           || challenge->reason->answer == OAUTH_ANSWER_SCOPE;
}


static oauth_str_t
challenge_str(const char *text)
{
    oauth_str_t  s;

    s.len = strlen(text);
    s.data = (const unsigned char *) text;

    return s;
}


/* Both parts, joined as the module does it. */

static void
challenge_write(oauth_buf_t *buf, const oauth_challenge_t *challenge)
{
    oauth_challenge_write_error(buf, challenge->reason);
    oauth_buf_append_str(buf, challenge->reason->error ? oauth_str(", ")
                                                       : oauth_str(" "));
    oauth_challenge_write_place(buf, challenge);
}


static void
challenge_assert(oauth_buf_t *buf, const char *text)
{
    assert_int_equal(buf->failed, 0);

    if (!oauth_str_equal(oauth_buf_str(buf), challenge_str(text))) {
        fail_msg("\"%.*s\" is not \"%s\"", (int) buf->len,
                 (char *) (buf->data ? buf->data : (unsigned char *) ""),
                 text);
    }

    oauth_buf_free(buf);
}


static void
challenge_assert_error(oauth_reason_t reason, const char *text)
{
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_challenge_write_error(&buf, oauth_reason_info(reason));
    challenge_assert(&buf, text);
}


static void
challenge_assert_place(const oauth_challenge_t *challenge, const char *text)
{
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_challenge_write_place(&buf, challenge);
    challenge_assert(&buf, text);
}


static void
challenge_texts(void **state)
{
    oauth_challenge_t  challenge;

    (void) state;

    challenge_assert_error(OAUTH_NO_TOKEN, "Bearer");
    challenge_assert_error(OAUTH_EXPIRED,
                           "Bearer error=\"invalid_token\", "
                           "error_description=\"The access token has expired; "
                           "get a new one\"");
    challenge_assert_error(OAUTH_INSUFFICIENT_SCOPE,
                           "Bearer error=\"insufficient_scope\", "
                           "error_description=\"The access token lacks a scope "
                           "that this request needs\"");

    challenge = challenge_for(OAUTH_NO_TOKEN);
    challenge_assert_place(&challenge,
                           "resource_metadata=\"" METADATA "\", "
                           "scope=\"" SCOPE "\"");

    challenge.scope.len = 0;
    challenge_assert_place(&challenge, "resource_metadata=\"" METADATA "\"");

    challenge.metadata.len = 0;
    challenge_assert_place(&challenge, "");

    challenge.scope = oauth_str("a");
    challenge_assert_place(&challenge, "scope=\"a\"");
}


/*
 * Takes name="value" off the text at *p and checks it against the expected
 * one; no value here needs an escape.
 */

static void
challenge_assert_param(const char **p, const char *name, const char *value)
{
    size_t  len;

    len = strlen(name);
    assert_int_equal(strncmp(*p, name, len), 0);
    *p += len;

    assert_int_equal(strncmp(*p, "=\"", 2), 0);
    *p += 2;

    len = strcspn(*p, "\"\\");
    assert_int_equal((*p)[len], '"');
    assert_int_equal(len, strlen(value));
    assert_int_equal(strncmp(*p, value, len), 0);
    assert_true(len > 0);
    *p += len + 1;

    if (strncmp(*p, ", ", 2) == 0) {
        *p += 2;
    }
}


/* Every reason, at the end of what is already in the buffer. */

static void
challenge_every_reason(void **state)
{
    unsigned           i, challenges;
    const char        *p, *description;
    oauth_buf_t        buf;
    oauth_challenge_t  challenge;

    (void) state;

    challenges = 0;

    for (i = 0; i < OAUTH_REASONS; i++) {

        challenge = challenge_for((oauth_reason_t) i);

        if (!challenge_expected(&challenge)) {
            continue;
        }

        challenges++;
        memset(&buf, 0, sizeof(oauth_buf_t));

        oauth_buf_append_literal(&buf, "WWW-Authenticate: ");
        challenge_write(&buf, &challenge);
        oauth_buf_append_literal(&buf, "\0");

        assert_int_equal(buf.failed, 0);
        assert_int_equal(strlen((char *) buf.data), buf.len - 1);

        p = (char *) buf.data + sizeof("WWW-Authenticate: ") - 1;

        assert_int_equal(strncmp(p, "Bearer ", 7), 0);
        p += 7;

        if (challenge.reason->answer != OAUTH_ANSWER_CHALLENGE) {
            description = challenge.reason->description;

            challenge_assert_param(&p, "error", challenge.reason->error);
            challenge_assert_param(&p, "error_description", description);

            /*
             * some clients search for these words without parsing the challenge
             */

            assert_null(strstr(description, "scope="));
            assert_null(strstr(description, "error="));
            assert_null(strstr(description, "resource_metadata="));
        }

        challenge_assert_param(&p, "resource_metadata", METADATA);
        challenge_assert_param(&p, "scope", SCOPE);

        assert_string_equal(p, "");

        oauth_buf_free(&buf);
    }

    assert_true(challenges > 10 && challenges < OAUTH_REASONS - 3);
}


/*
 * If a value has a byte that is not allowed in quotes, the whole value is left
 * out.
 */

static void
challenge_every_byte(void **state)
{
    char               text[256];
    unsigned           c, i;
    unsigned char      value[4];
    oauth_challenge_t  challenge;

    (void) state;

    challenge = challenge_for(OAUTH_NO_TOKEN);
    challenge.scope.len = 3;
    challenge.scope.data = value;

    for (c = 0; c < 256; c++) {

        for (i = 0; i < 3; i++) {

            memcpy(value, "abc", sizeof(value));
            value[i] = (unsigned char) c;

            strcpy(text, "resource_metadata=\"" METADATA "\"");

            if (c >= 0x20 && c <= 0x7e && c != '"' && c != '\\') {
                strcat(text, ", scope=\"");
                strcat(text, (char *) value);
                strcat(text, "\"");
            }

            challenge_assert_place(&challenge, text);
        }
    }
}


static void
challenge_injection(void **state)
{
    oauth_challenge_t  challenge;

    (void) state;

    challenge = challenge_for(OAUTH_NO_TOKEN);

    challenge.metadata = oauth_str("https://h\", error=\"x");
    challenge_assert_place(&challenge, "scope=\"" SCOPE "\"");

    challenge.metadata = oauth_str("https://h\r\nSet-Cookie: a=b");
    challenge_assert_place(&challenge, "scope=\"" SCOPE "\"");
}


static void
challenge_write_problem(oauth_buf_t *buf, const oauth_challenge_t *challenge,
    unsigned status)
{
    oauth_challenge_write_problem_error(buf, challenge->reason, status);
    oauth_challenge_write_problem_place(buf, challenge);
}


static json_t *
challenge_problem_with(const oauth_challenge_t *challenge, unsigned status)
{
    json_t      *root;
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    challenge_write_problem(&buf, challenge, status);
    assert_int_equal(buf.failed, 0);

    root = oauth_json_parse(oauth_buf_str(&buf), 100);
    assert_non_null(root);

    oauth_buf_free(&buf);

    return root;
}


static json_t *
challenge_problem(const oauth_challenge_t *challenge)
{
    return challenge_problem_with(challenge, 401);
}


static void
challenge_assert_names(json_t *root, const char *names)
{
    char         found[256];
    void        *iter;
    const char  *name;

    found[0] = '\0';

    for (iter = json_object_iter(root); iter;
         iter = json_object_iter_next(root, iter))
    {
        name = json_object_iter_key(iter);
        assert_true(strlen(found) + strlen(name) + 2 < sizeof(found));

        strcat(found, " ");
        strcat(found, name);
    }

    assert_string_equal(found, names);
}


static const char *
challenge_member(json_t *root, const char *name)
{
    json_t  *value;

    value = json_object_get(root, name);
    assert_true(json_is_string(value));

    return json_string_value(value);
}


/* All steps as one text; at least three. */

static const char *
challenge_steps(json_t *root)
{
    size_t       i, len;
    json_t      *steps;
    const char  *step;

    static char  text[8192];

    steps = json_object_get(root, "how_to_authenticate");
    assert_true(json_is_array(steps) && json_array_size(steps) >= 3);

    text[0] = '\0';
    len = 0;

    for (i = 0; i < json_array_size(steps); i++) {
        step = json_string_value(json_array_get(steps, i));

        assert_non_null(step);
        assert_null(strchr(step, '$'));
        assert_true(len + strlen(step) + 2 < sizeof(text));

        strcat(text, step);
        strcat(text, "\n");
        len = strlen(text);
    }

    return text;
}


static void
challenge_problem_members(void **state)
{
    json_t            *root;
    unsigned           i;
    const char        *detail;
    oauth_challenge_t  challenge;

    (void) state;

    for (i = 1; i < OAUTH_REASONS; i++) {

        challenge = challenge_for((oauth_reason_t) i);
        root = challenge_problem_with(&challenge, 400 + i);

        if (!challenge_expected(&challenge)) {
            challenge_assert_names(root, " status title detail resource");

        } else if (challenge.reason->error == NULL) {
            challenge_assert_names(root, " status title detail resource"
                                   " resource_metadata scope"
                                   " how_to_authenticate");
        } else {
            challenge_assert_names(root, " status title detail error resource"
                                   " resource_metadata scope"
                                   " how_to_authenticate");
            assert_string_equal(challenge_member(root, "error"),
                                challenge.reason->error);
        }

        if (challenge_expected(&challenge)) {
            assert_string_equal(challenge_member(root, "resource_metadata"),
                                METADATA);
            assert_string_equal(challenge_member(root, "scope"), SCOPE);
            assert_non_null(strstr(challenge_steps(root), RESOURCE));
        }

        detail = challenge_member(root, "detail");

        assert_int_equal(json_integer_value(json_object_get(root, "status")),
                         400 + i);
        assert_true(strlen(challenge_member(root, "title")) > 5);
        assert_int_equal(strncmp(detail, challenge.reason->description,
                                 strlen(challenge.reason->description)), 0);
        assert_string_equal(challenge_member(root, "resource"), RESOURCE);

        json_decref(root);
    }
}


static void
challenge_problem_steps(void **state)
{
    size_t             i;
    json_t            *root;
    const char        *steps, *p;
    oauth_challenge_t  challenge;

    /* in this order */

    static const char *const  words[] = {
        "GET " METADATA " and take",
        "authorization_servers[0] (" ISSUER ")\nGET ",
        "https://login.example.com/.well-known/oauth-authorization-server"
        "/realms/a or, if that is not found, "
        ISSUER "/.well-known/openid-configuration and use",
        "registration_endpoint", "\"client_name\"",
        "\"token_endpoint_auth_method\":\"none\"",
        "urn:ietf:params:oauth:grant-type:device_code", "\"redirect_uris\":[",
        "\"scope\":\"" SCOPE "\"",
        "device_authorization_endpoint",
        "client_id, scope=" SCOPE ", resource=" RESOURCE " (URL-encoded)",
        "verification_uri_complete", "token_endpoint",
        "client_id, resource=" RESOURCE " until", "slow_down",
        "authorization_endpoint", "code_challenge_method=S256",
        ", scope=" SCOPE ", resource=" RESOURCE " (PKCE",
        "redirect_uri with a code",
        "code_verifier, resource=" RESOURCE "\n",
        "invalid_target, leave out resource\n",
        "Authorization: Bearer <access_token>",
        "grant_type=refresh_token"
    };

    (void) state;

    challenge = challenge_for(OAUTH_NO_TOKEN);
    root = challenge_problem(&challenge);
    steps = challenge_steps(root);

    p = steps;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {

        p = strstr(p, words[i]);

        if (p == NULL) {
            fail_msg("\"%s\" is missing or out of order in %s", words[i],
                     steps);
        }

        p += strlen(words[i]);
    }

    json_decref(root);
}


/* The JSON that the model is told to send is JSON. */

static void
challenge_problem_registration(void **state)
{
    json_t            *root, *client;
    const char        *steps, *end;
    oauth_str_t        text;
    oauth_challenge_t  challenge;

    (void) state;

    challenge = challenge_for(OAUTH_NO_TOKEN);
    root = challenge_problem(&challenge);

    steps = strchr(challenge_steps(root), '{');
    assert_non_null(steps);

    end = strchr(steps, '}');
    assert_non_null(end);

    text.data = (const unsigned char *) steps;
    text.len = (size_t) (end - steps) + 1;

    client = oauth_json_parse(text, 20);
    assert_non_null(client);

    assert_string_equal(challenge_member(client, "scope"), SCOPE);
    assert_string_equal(challenge_member(client, "application_type"),
                        "native");
    assert_int_equal(json_array_size(json_object_get(client,
                                                     "redirect_uris")), 1);

    json_decref(client);
    json_decref(root);
}


/* Who has a token, but with too little scope, is not sent to register. */

static void
challenge_problem_more_scope(void **state)
{
    json_t            *root;
    const char        *steps;
    oauth_challenge_t  challenge;

    (void) state;

    challenge = challenge_for(OAUTH_INSUFFICIENT_SCOPE);
    root = challenge_problem(&challenge);
    steps = challenge_steps(root);

    assert_int_equal(strncmp(steps, "Get a new access token", 22), 0);
    assert_non_null(strstr(steps, "scope=" SCOPE " "));
    assert_non_null(strstr(steps, "(" ISSUER ")"));
    assert_non_null(strstr(steps, "resource=" RESOURCE " "));
    assert_non_null(strstr(steps, "oauth-authorization-server/realms/a"));
    assert_null(strstr(steps, "registration_endpoint"));
    assert_null(strstr(steps, "authorization_servers[0]"));

    json_decref(root);
}


static void
challenge_problem_without(void **state)
{
    json_t            *root;
    const char        *steps;
    oauth_challenge_t  challenge;

    (void) state;

    challenge = challenge_for(OAUTH_NO_TOKEN);
    challenge.scope.len = 0;
    challenge.issuer.len = 0;
    challenge.issuer.data = NULL;

    root = challenge_problem(&challenge);
    challenge_assert_names(root, " status title detail resource"
                           " resource_metadata how_to_authenticate");

    steps = challenge_steps(root);

    assert_null(strstr(steps, "scope="));
    assert_null(strstr(steps, "\"scope\""));
    assert_null(strstr(steps, "()"));
    assert_non_null(strstr(steps, "/.well-known/oauth-authorization-server"));
    assert_non_null(strstr(steps, "resource=" RESOURCE));

    json_decref(root);

    /* what would not be in the challenge is not in the body either */

    challenge = challenge_for(OAUTH_EXPIRED);
    challenge.scope = oauth_str("a\"b");
    challenge.resource = oauth_str("https://h/\n");
    challenge.issuer = oauth_str("https://as\xff");

    root = challenge_problem(&challenge);
    challenge_assert_names(root, " status title detail error"
                           " resource_metadata how_to_authenticate");

    steps = challenge_steps(root);

    assert_null(strstr(steps, "scope="));
    assert_null(strstr(steps, "resource="));
    assert_null(strstr(steps, "https://as"));

    json_decref(root);
}


static size_t  challenge_allocations;


static void *
challenge_malloc(size_t size)
{
    return (challenge_allocations-- == 0) ? NULL : malloc(size);
}


/* The n-th allocation fails: the document is whole, or the failure is seen. */

static void
challenge_problem_memory(void **state)
{
    size_t             n, failed;
    oauth_buf_t        buf, whole;
    oauth_challenge_t  challenge;

    (void) state;

    challenge = challenge_for(OAUTH_EXPIRED);
    memset(&whole, 0, sizeof(oauth_buf_t));

    challenge_write_problem(&whole, &challenge, 401);
    assert_int_equal(whole.failed, 0);

    failed = 0;

    for (n = 0; n < 1000; n++) {

        memset(&buf, 0, sizeof(oauth_buf_t));

        challenge_allocations = n;
        json_set_alloc_funcs(challenge_malloc, free);

        challenge_write_problem(&buf, &challenge, 401);

        json_set_alloc_funcs(malloc, free);

        if (!buf.failed) {
            assert_true(oauth_str_equal(oauth_buf_str(&buf),
                                        oauth_buf_str(&whole)));
            oauth_buf_free(&buf);
            break;
        }

        failed++;
        oauth_buf_free(&buf);
    }

    assert_true(failed > 20 && failed < 1000);

    oauth_buf_free(&whole);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(challenge_texts),
        cmocka_unit_test(challenge_every_reason),
        cmocka_unit_test(challenge_every_byte),
        cmocka_unit_test(challenge_injection),
        cmocka_unit_test(challenge_problem_members),
        cmocka_unit_test(challenge_problem_steps),
        cmocka_unit_test(challenge_problem_registration),
        cmocka_unit_test(challenge_problem_more_scope),
        cmocka_unit_test(challenge_problem_without),
        cmocka_unit_test(challenge_problem_memory)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
