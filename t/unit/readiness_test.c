
/*
 * What agents trip over at an authorization server: metadata of real servers in
 * short, and for each finding a document that has it next to one that has not.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_document.h"
#include "oauth_readiness.h"


#define N(array)  (sizeof(array) / sizeof((array)[0]))

/* The members of a server at which agents succeed, each of them one macro. */

#define SIGN_IN   "\"authorization_endpoint\":\"https://as.example.com/a\","  \
                  "\"token_endpoint\":\"https://as.example.com/t\""
#define PKCE      ",\"code_challenge_methods_supported\":[\"plain\",\"S256\"]"
#define REGISTER  ",\"registration_endpoint\":\"https://as.example.com/r\""
#define SCOPES    ",\"scopes_supported\":[\"openid\",\"read\",\"write\"]"


typedef struct {
    const char              *metadata;
    oauth_readiness_kind_t   kind;
    const char              *details;   /* NULL: this is not found            */
} readiness_case_t;


static const oauth_str_t  readiness_scopes[] = {
    oauth_string("read write"),
    oauth_string("read")
};

static const oauth_readiness_rules_t  readiness_rules = {
    oauth_string("https://as.example.com"), readiness_scopes, 2, 0, 0, 0
};


static oauth_result_t
readiness_check(const char *metadata, const oauth_readiness_rules_t *rules,
    oauth_readiness_t *readiness)
{
    json_t          *root;
    oauth_buf_t      text;
    oauth_result_t   result;

    memset(&text, 0, sizeof(oauth_buf_t));

    assert_int_equal(oauth_document_parse(oauth_str_of(metadata), 4096, &root),
                     OAUTH_DONE);

    oauth_readiness_reduce(&text, root);
    json_decref(root);

    assert_false(text.failed);

    result = oauth_readiness_check(oauth_buf_str(&text), rules, readiness);

    oauth_buf_free(&text);

    return result;
}


static void
readiness_assert_nothing(const char *metadata,
    const oauth_readiness_rules_t *rules)
{
    size_t             i;
    oauth_readiness_t  readiness;

    assert_int_equal(readiness_check(metadata, rules, &readiness), OAUTH_DONE);

    for (i = 0; i < OAUTH_READINESS_FINDINGS; i++) {
        if (readiness.found[i]) {
            fail_msg("%s: %s", metadata, oauth_readiness_info(i)->code);
        }
    }

    oauth_readiness_free(&readiness);
}


static void
readiness_ready(void **state)
{
    (void) state;

    readiness_assert_nothing("{" SIGN_IN PKCE REGISTER SCOPES "}",
                             &readiness_rules);

    /* Without a list of scopes nobody can say that one is missing. */

    readiness_assert_nothing("{" SIGN_IN PKCE REGISTER "}", &readiness_rules);
    readiness_assert_nothing("{" SIGN_IN PKCE REGISTER
                             ",\"scopes_supported\":[]}", &readiness_rules);

    /* A device flow is enough to sign in, and so are metadata documents. */

    readiness_assert_nothing(
        "{\"device_authorization_endpoint\":\"https://as.example.com/d\","
        "\"token_endpoint\":\"https://as.example.com/t\"" PKCE
        ",\"client_id_metadata_document_supported\":true,"
        "\"token_endpoint_auth_methods_supported\":[\"none\"]}",
        &readiness_rules);
}


static const readiness_case_t  readiness_cases[] = {

    { "{\"token_endpoint\":\"https://as.example.com/t\"" PKCE REGISTER "}",
      OAUTH_READINESS_NO_SIGN_IN, "authorization_endpoint" },
    { "{\"authorization_endpoint\":\"https://as.example.com/a\"" PKCE REGISTER
      "}", OAUTH_READINESS_NO_SIGN_IN, "token_endpoint" },
    { "{\"registration_endpoint\":\"https://as.example.com/r\"" PKCE "}",
      OAUTH_READINESS_NO_SIGN_IN, "token_endpoint authorization_endpoint" },
    { "{" SIGN_IN PKCE REGISTER "}", OAUTH_READINESS_NO_SIGN_IN, NULL },

    { "{" SIGN_IN REGISTER "}", OAUTH_READINESS_NO_PKCE, "" },
    { "{" SIGN_IN REGISTER ",\"code_challenge_methods_supported\":[\"plain\"]"
      "}", OAUTH_READINESS_NO_PKCE, "" },
    { "{" SIGN_IN REGISTER ",\"code_challenge_methods_supported\":\"S256\"}",
      OAUTH_READINESS_NO_PKCE, "" },
    { "{" SIGN_IN REGISTER PKCE "}", OAUTH_READINESS_NO_PKCE, NULL },

    { "{" SIGN_IN PKCE "}", OAUTH_READINESS_NO_REGISTRATION, "" },
    { "{" SIGN_IN PKCE ",\"client_id_metadata_document_supported\":false}",
      OAUTH_READINESS_NO_REGISTRATION, "" },
    { "{" SIGN_IN PKCE ",\"registration_endpoint\":\"\"}",
      OAUTH_READINESS_NO_REGISTRATION, "" },
    { "{" SIGN_IN PKCE ",\"client_id_metadata_document_supported\":true}",
      OAUTH_READINESS_NO_REGISTRATION, NULL },

    { "{" SIGN_IN PKCE ",\"client_id_metadata_document_supported\":true}",
      OAUTH_READINESS_NO_PUBLIC_CLIENTS, "" },
    { "{" SIGN_IN PKCE ",\"client_id_metadata_document_supported\":true,"
      "\"token_endpoint_auth_methods_supported\":[\"client_secret_basic\"]}",
      OAUTH_READINESS_NO_PUBLIC_CLIENTS, "" },
    { "{" SIGN_IN PKCE REGISTER
      ",\"client_id_metadata_document_supported\":true}",
      OAUTH_READINESS_NO_PUBLIC_CLIENTS, NULL },

    { "{" SIGN_IN ",\"scopes_supported\":[\"openid\"]}",
      OAUTH_READINESS_UNKNOWN_SCOPES, "read write" },
    { "{" SIGN_IN ",\"scopes_supported\":[\"write\",1,\"rea\",\"reader\"]}",
      OAUTH_READINESS_UNKNOWN_SCOPES, "read" },
    { "{" SIGN_IN SCOPES "}", OAUTH_READINESS_UNKNOWN_SCOPES, NULL },

    { "{\"authorization_endpoint\":\"http://as.example.com/a\","
      "\"token_endpoint\":\"http://as.example.com/t\"}",
      OAUTH_READINESS_PLAIN_HTTP, "authorization_endpoint token_endpoint" },
    { "{\"token_endpoint\":\"http://127.0.0.1/t\"}",
      OAUTH_READINESS_PLAIN_HTTP, NULL },

    { "{\"token_endpoint\":\"https://10.1.2.3/t\"}",
      OAUTH_READINESS_PRIVATE_ADDRESS, "token_endpoint" },
    { "{\"token_endpoint\":\"https://172.16.0.1/t\","
      "\"registration_endpoint\":\"https://172.31.255.255/t\"}",
      OAUTH_READINESS_PRIVATE_ADDRESS,
      "token_endpoint registration_endpoint" },
    { "{\"token_endpoint\":\"https://172.32.0.1/t\","
      "\"registration_endpoint\":\"https://172.15.0.1/t\"}",
      OAUTH_READINESS_PRIVATE_ADDRESS, NULL },
    { "{\"token_endpoint\":\"https://192.168.0.1:8443/t\"}",
      OAUTH_READINESS_PRIVATE_ADDRESS, "token_endpoint" },
    { "{\"token_endpoint\":\"https://169.254.1.1/t\"}",
      OAUTH_READINESS_PRIVATE_ADDRESS, "token_endpoint" },
    { "{\"token_endpoint\":\"https://[fd00::1]/t\"}",
      OAUTH_READINESS_PRIVATE_ADDRESS, "token_endpoint" },
    { "{\"token_endpoint\":\"https://[fe80::1]/t\"}",
      OAUTH_READINESS_PRIVATE_ADDRESS, "token_endpoint" },
    { "{\"token_endpoint\":\"https://[2001:db8::1]/t\"}",
      OAUTH_READINESS_PRIVATE_ADDRESS, NULL },
    { "{\"token_endpoint\":\"https://localhost/t\"}",
      OAUTH_READINESS_PRIVATE_ADDRESS, "token_endpoint" },
    { "{\"token_endpoint\":\"https://127.0.0.1/t\"}",
      OAUTH_READINESS_PRIVATE_ADDRESS, "token_endpoint" },
    { "{\"token_endpoint\":\"https://10.example.com/t\"}",
      OAUTH_READINESS_PRIVATE_ADDRESS, NULL },
    { "{\"token_endpoint\":\"https://192.0.2.1/t\"}",
      OAUTH_READINESS_PRIVATE_ADDRESS, NULL }
};


static void
readiness_findings(void **state)
{
    size_t                    i;
    oauth_str_t               details;
    oauth_readiness_t         readiness;
    const readiness_case_t   *c;

    (void) state;

    for (i = 0; i < N(readiness_cases); i++) {
        c = &readiness_cases[i];

        assert_int_equal(readiness_check(c->metadata, &readiness_rules,
                                         &readiness),
                         OAUTH_DONE);

        details = oauth_buf_str(&readiness.details[c->kind]);

        if (readiness.found[c->kind] != (c->details != NULL)
            || !oauth_str_equal(details, c->details ? oauth_str_of(c->details)
                                                    : oauth_str("")))
        {
            fail_msg("%s: %s is %u (%.*s)", c->metadata,
                     oauth_readiness_info(c->kind)->code,
                     readiness.found[c->kind], (int) details.len,
                     details.data ? (char *) details.data : "");
        }

        oauth_readiness_free(&readiness);
    }
}


/* Agents never see a server that another one stands in front of; nginx does. */

static void
readiness_fronted(void **state)
{
    size_t                   i;
    oauth_readiness_t        readiness;
    oauth_readiness_rules_t  rules;

    (void) state;

    rules = readiness_rules;
    rules.issuer = oauth_str("http://10.0.0.1");
    rules.fronted = 1;

    readiness_assert_nothing("{\"scopes_supported\":[\"openid\"]}", &rules);

    rules.introspects = 1;

    assert_int_equal(readiness_check("{}", &rules, &readiness), OAUTH_DONE);

    for (i = 0; i < OAUTH_READINESS_FINDINGS; i++) {
        assert_int_equal(readiness.found[i],
                         i == OAUTH_READINESS_NO_INTROSPECTION);
    }

    oauth_readiness_free(&readiness);
}


/* The issuer's own address counts, too; agents on loopback reach loopback. */

static void
readiness_issuer(void **state)
{
    oauth_readiness_t        readiness;
    oauth_readiness_rules_t  rules;

    (void) state;

    rules = readiness_rules;
    rules.issuer = oauth_str("http://10.0.0.1:8080/realms/a");

    assert_int_equal(readiness_check("{" SIGN_IN "}", &rules, &readiness),
                     OAUTH_DONE);

    assert_int_equal(readiness.found[OAUTH_READINESS_PLAIN_HTTP], 1);
    assert_int_equal(readiness.found[OAUTH_READINESS_PRIVATE_ADDRESS], 1);
    assert_true(oauth_str_equal(
              oauth_buf_str(&readiness.details[OAUTH_READINESS_PLAIN_HTTP]),
              oauth_str("issuer")));

    oauth_readiness_free(&readiness);

    rules.issuer = oauth_str("http://127.0.0.1:8080");
    rules.local = 1;

    readiness_assert_nothing("{" SIGN_IN PKCE REGISTER "}", &rules);
}


/* The address is needed only where it is not configured. */

static void
readiness_introspection(void **state)
{
    oauth_readiness_t        readiness;
    oauth_readiness_rules_t  rules;

    (void) state;

    rules = readiness_rules;
    rules.introspects = 1;

    assert_int_equal(readiness_check("{" SIGN_IN PKCE REGISTER "}", &rules,
                                     &readiness), OAUTH_DONE);
    assert_int_equal(readiness.found[OAUTH_READINESS_NO_INTROSPECTION], 1);
    oauth_readiness_free(&readiness);

    readiness_assert_nothing("{" SIGN_IN PKCE REGISTER
                             ",\"introspection_endpoint\":"
                             "\"https://as.example.com/i\"}", &rules);
    readiness_assert_nothing("{" SIGN_IN PKCE REGISTER "}", &readiness_rules);
}


/* What is kept is bounded, and has nothing but the members that are read. */

static void
readiness_reduced(void **state)
{
    int                i;
    json_t            *root;
    oauth_buf_t        metadata, text;
    oauth_readiness_t  readiness;

    (void) state;

    memset(&text, 0, sizeof(oauth_buf_t));

    assert_int_equal(oauth_document_parse(
        oauth_str("{\"issuer\":\"https://as\",\"token_endpoint\":7,"
                  "\"registration_endpoint\":\"https://as/r\","
                  "\"x\":\"y\",\"scopes_supported\":\"read\"}"), 64, &root),
        OAUTH_DONE);

    oauth_readiness_reduce(&text, root);
    json_decref(root);

    assert_true(oauth_str_equal(oauth_buf_str(&text),
        oauth_str("{\"registration_endpoint\":\"https://as/r\"}")));

    oauth_buf_free(&text);

    /* Too many scopes are left out; they are not taken for none. */

    memset(&metadata, 0, sizeof(oauth_buf_t));
    oauth_buf_append_text(&metadata, "{" SIGN_IN ",\"scopes_supported\":[\"\"");

    for (i = 0; i < OAUTH_READINESS_TEXT / 8; i++) {
        oauth_buf_append_text(&metadata, ",\"scope-x\"");
    }

    oauth_buf_append(&metadata, "]}", 3);
    assert_int_equal(readiness_check((char *) metadata.data, &readiness_rules,
                                     &readiness),
                     OAUTH_DONE);
    assert_int_equal(readiness.found[OAUTH_READINESS_UNKNOWN_SCOPES], 0);
    assert_int_equal(readiness.found[OAUTH_READINESS_NO_PKCE], 1);

    oauth_readiness_free(&readiness);
    oauth_buf_free(&metadata);

    /* A long address leaves nothing to read. */

    oauth_buf_append_text(&metadata, "{\"token_endpoint\":\"https://as/");

    for (i = 0; i < OAUTH_READINESS_TEXT; i++) {
        oauth_buf_append_text(&metadata, "a");
    }

    oauth_buf_append(&metadata, "\"}", 3);

    assert_int_equal(oauth_document_parse(
                         oauth_str_of((char *) metadata.data), 64, &root),
                     OAUTH_DONE);

    oauth_readiness_reduce(&text, root);
    json_decref(root);

    assert_false(text.failed);
    assert_int_equal(text.len, 0);

    oauth_buf_free(&metadata);
}


static void
readiness_words(void **state)
{
    oauth_buf_t        text;
    oauth_readiness_t  readiness;

    (void) state;

    memset(&text, 0, sizeof(oauth_buf_t));

    assert_int_equal(readiness_check("{" SIGN_IN
                                     ",\"scopes_supported\":[\"x\"]}",
                                     &readiness_rules, &readiness),
                     OAUTH_DONE);

    oauth_readiness_append(&text, &readiness, OAUTH_READINESS_UNKNOWN_SCOPES);
    oauth_buf_append(&text, "", 1);

    assert_non_null(strstr((char *) text.data, " (read write)"));

    text.len = 0;
    oauth_readiness_append(&text, &readiness, OAUTH_READINESS_NO_PKCE);
    oauth_buf_append(&text, "", 1);

    assert_string_equal((char *) text.data,
                        oauth_readiness_info(OAUTH_READINESS_NO_PKCE)
                            ->sentence);

    oauth_readiness_free(&readiness);
    oauth_buf_free(&text);

    assert_int_equal(oauth_readiness_check(oauth_str("[]"), &readiness_rules,
                                           &readiness),
                     OAUTH_INVALID);
    oauth_readiness_free(&readiness);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(readiness_ready),
        cmocka_unit_test(readiness_findings),
        cmocka_unit_test(readiness_fronted),
        cmocka_unit_test(readiness_issuer),
        cmocka_unit_test(readiness_reduced),
        cmocka_unit_test(readiness_words),
        cmocka_unit_test(readiness_introspection)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
