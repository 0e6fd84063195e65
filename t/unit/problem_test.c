
/*
 * The problem document (RFC 9457) of every reason, member by member; its steps
 * in their order; values that must not get into it; and a lack of memory at
 * every step.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "challenge_fixture.h"
#include "oauth_document.h"
#include "oauth_problem.h"


static void
problem_write(oauth_buf_t *buf, const oauth_challenge_t *challenge,
    unsigned status)
{
    oauth_problem_write_reason(buf, challenge->reason, status);
    oauth_problem_write_resource(buf, challenge);
}


static json_t *
problem_with(const oauth_challenge_t *challenge, unsigned status)
{
    json_t      *root;
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    problem_write(&buf, challenge, status);
    assert_int_equal(buf.failed, 0);

    (void) oauth_document_parse(oauth_buf_str(&buf), 100, &root);
    assert_non_null(root);

    oauth_buf_free(&buf);

    return root;
}


static json_t *
problem_for(const oauth_challenge_t *challenge)
{
    return problem_with(challenge, 401);
}


static void
problem_assert_names(json_t *root, const char *names)
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
problem_member(json_t *root, const char *name)
{
    json_t  *value;

    value = json_object_get(root, name);
    assert_true(json_is_string(value));

    return json_string_value(value);
}


/* All steps as one text; at least three. */

static const char *
problem_read_steps(json_t *root)
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
problem_members(void **state)
{
    json_t            *root;
    unsigned           i;
    const char        *detail;
    oauth_challenge_t  challenge;

    (void) state;

    for (i = 0; i < OAUTH_REASONS; i++) {

        challenge = challenge_for((oauth_reason_t) i);
        root = problem_with(&challenge, 400 + i);

        if (!challenge_expected(&challenge)) {
            problem_assert_names(root, " status title detail resource");

        } else if (challenge.reason->error == NULL) {
            problem_assert_names(root, " status title detail resource"
                                   " resource_metadata scope"
                                   " how_to_authenticate");
        } else {
            problem_assert_names(root, " status title detail error resource"
                                   " resource_metadata scope"
                                   " how_to_authenticate");
            assert_string_equal(problem_member(root, "error"),
                                challenge.reason->error);
        }

        if (challenge_expected(&challenge)) {
            assert_string_equal(problem_member(root, "resource_metadata"),
                                METADATA);
            assert_string_equal(problem_member(root, "scope"), SCOPE);
            assert_non_null(strstr(problem_read_steps(root), RESOURCE));
        }

        detail = problem_member(root, "detail");

        assert_int_equal(json_integer_value(json_object_get(root, "status")),
                         400 + i);
        assert_true(strlen(problem_member(root, "title")) > 5);
        assert_int_equal(strncmp(detail, challenge.reason->description,
                                 strlen(challenge.reason->description)), 0);
        assert_string_equal(problem_member(root, "resource"), RESOURCE);

        json_decref(root);
    }
}


static void
problem_steps(void **state)
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
    root = problem_for(&challenge);
    steps = problem_read_steps(root);

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
problem_registration(void **state)
{
    json_t            *root, *client;
    const char        *steps, *end;
    oauth_str_t        text;
    oauth_challenge_t  challenge;

    (void) state;

    challenge = challenge_for(OAUTH_NO_TOKEN);
    root = problem_for(&challenge);

    steps = strchr(problem_read_steps(root), '{');
    assert_non_null(steps);

    end = strchr(steps, '}');
    assert_non_null(end);

    text.data = (const unsigned char *) steps;
    text.len = (size_t) (end - steps) + 1;

    (void) oauth_document_parse(text, 20, &client);
    assert_non_null(client);

    assert_string_equal(problem_member(client, "scope"), SCOPE);
    assert_string_equal(problem_member(client, "application_type"),
                        "native");
    assert_int_equal(json_array_size(json_object_get(client,
                                                     "redirect_uris")), 1);

    json_decref(client);
    json_decref(root);
}


/* Who has a token, but with too little scope, is not sent to register. */

static void
problem_more_scope(void **state)
{
    json_t            *root;
    const char        *steps;
    oauth_challenge_t  challenge;

    (void) state;

    challenge = challenge_for(OAUTH_INSUFFICIENT_SCOPE);
    root = problem_for(&challenge);
    steps = problem_read_steps(root);

    assert_int_equal(strncmp(steps, "Get a new access token", 22), 0);
    assert_non_null(strstr(steps, "scope=" SCOPE " "));
    assert_non_null(strstr(steps, "(" ISSUER ")"));
    assert_non_null(strstr(steps, "resource=" RESOURCE " "));
    assert_non_null(strstr(steps, "oauth-authorization-server/realms/a"));
    assert_null(strstr(steps, "registration_endpoint"));
    assert_null(strstr(steps, "authorization_servers[0]"));

    json_decref(root);
}


/* A user who has to sign in again: by the code flow, and in which way. */

static void
problem_sign_in(void **state)
{
    json_t            *root;
    const char        *steps;
    oauth_challenge_t  challenge;

    (void) state;

    challenge = challenge_for(OAUTH_INSUFFICIENT_AUTHENTICATION);
    challenge.acr_values = oauth_str("gold phr");
    challenge.max_age = 300;

    root = problem_for(&challenge);
    problem_assert_names(root, " status title detail error resource"
                           " resource_metadata scope acr_values max_age"
                           " how_to_authenticate");
    assert_string_equal(problem_member(root, "acr_values"), "gold phr");
    assert_int_equal(json_integer_value(json_object_get(root, "max_age")), 300);

    steps = problem_read_steps(root);

    assert_int_equal(strncmp(steps, "Get a new access token", 22), 0);
    assert_non_null(strstr(steps,
                           "\nSend your user to authorization_endpoint"));
    assert_non_null(strstr(steps, "=S256, acr_values=gold phr, max_age=300, "
                                  "scope=" SCOPE ", resource=" RESOURCE " "));
    assert_null(strstr(steps, "registration_endpoint"));
    assert_null(strstr(steps, "device_authorization_endpoint"));
    json_decref(root);

    challenge.acr_values.len = 0;
    root = problem_for(&challenge);
    problem_assert_names(root, " status title detail error resource"
                           " resource_metadata scope max_age"
                           " how_to_authenticate");
    assert_non_null(strstr(problem_read_steps(root), "=S256, max_age=300, "));
    json_decref(root);

    challenge.acr_values = oauth_str("gold");
    challenge.max_age = 0;
    root = problem_for(&challenge);
    problem_assert_names(root, " status title detail error resource"
                           " resource_metadata scope acr_values"
                           " how_to_authenticate");
    assert_non_null(strstr(problem_read_steps(root), "=S256, acr_values=gold, "
                                                     "scope="));
    json_decref(root);

    /* An answer without a challenge says nothing of it. */

    challenge.reason = oauth_reason_info(OAUTH_REQUIREMENT_NOT_MET);
    challenge.max_age = 300;
    root = problem_for(&challenge);
    problem_assert_names(root, " status title detail resource");
    json_decref(root);
}


static void
problem_without(void **state)
{
    json_t            *root;
    const char        *steps;
    oauth_challenge_t  challenge;

    (void) state;

    challenge = challenge_for(OAUTH_NO_TOKEN);
    challenge.scope.len = 0;
    challenge.issuer.len = 0;
    challenge.issuer.data = NULL;

    root = problem_for(&challenge);
    problem_assert_names(root, " status title detail resource"
                           " resource_metadata how_to_authenticate");

    steps = problem_read_steps(root);

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

    root = problem_for(&challenge);
    problem_assert_names(root, " status title detail error"
                           " resource_metadata how_to_authenticate");

    steps = problem_read_steps(root);

    assert_null(strstr(steps, "scope="));
    assert_null(strstr(steps, "resource="));
    assert_null(strstr(steps, "https://as"));

    json_decref(root);
}


static size_t  problem_allocations;


static void *
problem_malloc(size_t size)
{
    return (problem_allocations-- == 0) ? NULL : malloc(size);
}


/* The n-th allocation fails: the document is whole, or the failure is seen. */

static void
problem_memory(void **state)
{
    size_t             n, failed;
    oauth_buf_t        buf, whole;
    oauth_challenge_t  challenge;

    (void) state;

    challenge = challenge_for(OAUTH_INSUFFICIENT_AUTHENTICATION);
    challenge.acr_values = oauth_str("gold");
    challenge.max_age = 300;
    memset(&whole, 0, sizeof(oauth_buf_t));

    problem_write(&whole, &challenge, 401);
    assert_int_equal(whole.failed, 0);

    failed = 0;

    for (n = 0; n < 1000; n++) {

        memset(&buf, 0, sizeof(oauth_buf_t));

        problem_allocations = n;
        json_set_alloc_funcs(problem_malloc, free);

        problem_write(&buf, &challenge, 401);

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
        cmocka_unit_test(problem_members),
        cmocka_unit_test(problem_steps),
        cmocka_unit_test(problem_registration),
        cmocka_unit_test(problem_more_scope),
        cmocka_unit_test(problem_sign_in),
        cmocka_unit_test(problem_without),
        cmocka_unit_test(problem_memory)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
