
/*
 * The challenge (RFC 6750 section 3, RFC 9728 section 5.1) for every reason,
 * read back with a parser of the quoted strings of RFC 9110, and values that
 * must not break out of their quotes.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "challenge_fixture.h"


/* Both parts, joined as the module does it. */

static void
challenge_write(oauth_buf_t *buf, const oauth_challenge_t *challenge)
{
    oauth_challenge_write_reason(buf, challenge->reason);
    oauth_buf_append_str(buf, challenge->reason->error ? oauth_str(", ")
                                                       : oauth_str(" "));
    oauth_challenge_write_resource(buf, challenge);
}


static void
challenge_assert(oauth_buf_t *buf, const char *text)
{
    assert_int_equal(buf->failed, 0);

    if (!oauth_str_equal(oauth_buf_str(buf), oauth_str_of(text))) {
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

    oauth_challenge_write_reason(&buf, oauth_reason_info(reason));
    challenge_assert(&buf, text);
}


static void
challenge_assert_place(const oauth_challenge_t *challenge, const char *text)
{
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_challenge_write_resource(&buf, challenge);
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


/* How the user has to sign in (RFC 9470 section 3), with or without a scope. */

static void
challenge_authentication(void **state)
{
    oauth_challenge_t  challenge;

    (void) state;

    challenge_assert_error(OAUTH_INSUFFICIENT_AUTHENTICATION,
                           "Bearer error=\"insufficient_user_authentication\""
                           ", error_description=\"The access token is good, "
                           "but its user has to sign in again for this "
                           "resource\"");

    challenge = challenge_for(OAUTH_INSUFFICIENT_AUTHENTICATION);
    challenge.acr_values = oauth_str("gold phr");
    challenge.max_age = 300;

    challenge_assert_place(&challenge,
                           "resource_metadata=\"" METADATA "\", "
                           "scope=\"" SCOPE "\", acr_values=\"gold phr\", "
                           "max_age=\"300\"");

    challenge.scope.len = 0;
    challenge.acr_values.len = 0;
    challenge_assert_place(&challenge, "resource_metadata=\"" METADATA "\", "
                                       "max_age=\"300\"");

    challenge.metadata.len = 0;
    challenge.max_age = INT64_MAX;
    challenge_assert_place(&challenge, "max_age=\"9223372036854775807\"");

    challenge.max_age = 0;
    challenge.acr_values = oauth_str("gold");
    challenge_assert_place(&challenge, "acr_values=\"gold\"");

    challenge.acr_values = oauth_str("gold\", error=\"x");
    challenge_assert_place(&challenge, "");
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
challenge_assert_dpop(oauth_reason_t reason, const char *resource, int bearer,
    const char *text)
{
    oauth_buf_t             buf;
    oauth_challenge_dpop_t  challenge;

    memset(&buf, 0, sizeof(oauth_buf_t));

    challenge.reason = oauth_reason_info(reason);
    challenge.resource = oauth_str_of(resource);
    challenge.algorithms = oauth_str("ES256 EdDSA");
    challenge.bearer = (bearer != 0);

    oauth_challenge_write_dpop(&buf, &challenge);
    challenge_assert(&buf, text);
}


/* RFC 9449 section 7.1: the error is in the challenge that it is about. */

static void
challenge_dpop(void **state)
{
    (void) state;

    challenge_assert_dpop(OAUTH_NO_TOKEN, "r=\"m\"", 1,
                          "Bearer r=\"m\", DPoP algs=\"ES256 EdDSA\"");
    challenge_assert_dpop(OAUTH_NO_TOKEN, "", 1,
                          "Bearer, DPoP algs=\"ES256 EdDSA\"");
    challenge_assert_dpop(OAUTH_NO_TOKEN, "r=\"m\"", 0,
                          "DPoP r=\"m\", algs=\"ES256 EdDSA\"");
    challenge_assert_dpop(OAUTH_NO_TOKEN, "", 0, "DPoP algs=\"ES256 EdDSA\"");

    challenge_assert_dpop(OAUTH_EXPIRED, "r=\"m\"", 1,
                          "Bearer error=\"invalid_token\", "
                          "error_description=\"The access token has expired; "
                          "get a new one\", "
                          "r=\"m\", DPoP algs=\"ES256 EdDSA\"");
    challenge_assert_dpop(OAUTH_EXPIRED, "r=\"m\"", 0,
                          "DPoP error=\"invalid_token\", "
                          "error_description=\"The access token has expired; "
                          "get a new one\", "
                          "r=\"m\", algs=\"ES256 EdDSA\"");

    challenge_assert_dpop(OAUTH_PROOF_SIGNATURE, "r=\"m\"", 1,
                          "Bearer r=\"m\", DPoP error=\"invalid_dpop_proof\", "
                          "error_description=\"The signature of the DPoP proof "
                          "does not verify\", algs=\"ES256 EdDSA\"");
    challenge_assert_dpop(OAUTH_PROOF_SIGNATURE, "", 1,
                          "Bearer, DPoP error=\"invalid_dpop_proof\", "
                          "error_description=\"The signature of the DPoP proof "
                          "does not verify\", algs=\"ES256 EdDSA\"");
    challenge_assert_dpop(OAUTH_PROOF_SIGNATURE, "r=\"m\"", 0,
                          "DPoP error=\"invalid_dpop_proof\", "
                          "error_description=\"The signature of the DPoP proof "
                          "does not verify\", r=\"m\", algs=\"ES256 EdDSA\"");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(challenge_texts),
        cmocka_unit_test(challenge_authentication),
        cmocka_unit_test(challenge_every_reason),
        cmocka_unit_test(challenge_every_byte),
        cmocka_unit_test(challenge_injection),
        cmocka_unit_test(challenge_dpop)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
