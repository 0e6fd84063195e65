
/*
 * What the log says about a refused token.  Each form of a token that is not a
 * JWT has its own sentence, and oauth_jws_parse refuses every token that gets
 * one.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "oauth_jws.h"
#include "oauth_refused.h"


#define OPAQUE  "opaque token"


/* Header and payload are JSON; the signature is inserted as it is. */

static void
refused_write(oauth_buf_t *buf, const char *header, const char *payload,
    const char *signature)
{
    memset(buf, 0, sizeof(oauth_buf_t));

    keys_append_input(buf, keys_str(header), keys_str(payload));
    oauth_buf_append_literal(buf, ".");
    oauth_buf_append_str(buf, keys_str(signature));

    assert_false(buf->failed);
}


static void
refused_assert(oauth_str_t text, const char *fault)
{
    oauth_jws_t      jws;
    oauth_refused_t  refused;

    oauth_refused_read(text, &refused);

    if (fault) {
        assert_non_null(refused.fault);
        assert_non_null(strstr(refused.fault, fault));
        assert_int_not_equal(oauth_jws_parse(text, &jws), OAUTH_OK);

    } else {
        assert_null(refused.fault);
    }

    oauth_refused_free(&refused);
    assert_null(refused.header);
}


static void
refused_opaque(void **state)
{
    size_t  i;

    static const struct {
        const char  *text;
        const char  *fault;
    } cases[] = {
        { "abc", OPAQUE },
        { "GmSfFBaqOycDprYFMEFrIXLZjqOZpXcr", OPAQUE },
        { "ya29.a0AfH6SMBx", OPAQUE },
        { "ory_at_abc.def.ghi", OPAQUE },
        { "v4.public.payload.footer", OPAQUE },
        { "alice:cN5zKhrm_iM6ybcL:fc6gga1J", OPAQUE },
        { "!~", OPAQUE },
        { "e30.e30", "three parts" },
        { "eyJhbGciOiJSUzI1NiJ9", "three parts" },
        { "eyJhbGciOiJSUzI1NiJ9.e30", "three parts" },
        { "eyJhbGciOiJSUzI1N", "three parts" },
        { "eyJhbGciOiJSUzI1N.e30.e30", "header is not" },
        { "undefined", "a word that programs write" },
        { "null", "a word that programs write" },
        { "", "three parts" },
        { "..", OPAQUE },
        { "a b", "three parts" },
        { "a\x7f", "three parts" },
        { "\"abc\"", "three parts" },
        { "${TOKEN}", "three parts" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        refused_assert(keys_str(cases[i].text), cases[i].fault);
    }
}


static void
refused_forms(void **state)
{
    size_t       i;
    oauth_buf_t  buf;

    static const struct {
        const char  *header;
        const char  *payload;
        const char  *signature;
        const char  *fault;
    } cases[] = {
        { "{\"alg\":\"ES256\"}", "{}", "c2ln", NULL },
        { "{\"alg\":\"ES256\",\"typ\":\"a\",\"kid\":\"b\"}", "{}", "c2ln",
          NULL },
        { "{\"alg\":\"ES256\",\"typ\":7}", "{}", "c2ln", "typ is not" },
        { "{\"alg\":\"ES256\",\"kid\":7}", "{}", "c2ln", "kid is not" },
        { "{\"alg\":\"ES256\",\"typ\":{}}", "{}", "c2ln", "typ is not" },
        { "{\"alg\":\"ES256\",\"kid\":[1]}", "{}", "c2ln", "kid is not" },
        { "{\"alg\":\"ES256\",\"typ\":7,\"kid\":7}", "", "c2ln=",
          "typ is not" },
        { "{\"alg\":\"ES256\",\"kid\":7}", "", "c2ln=", "kid is not" },
        { "{\"alg\":\"ES256\"}", "", "c2ln=", "payload is not" },
        { "{\"alg\":\"ES256\",\"typ\":null}", "{}", "c2ln", "typ is not" },
        { "{\"alg\":\"ES256\",\"typ\":[]}", "{}", "c2ln", "typ is not" },
        { "{\"alg\":\"ES256\",\"typ\":\"\"}", "{}", "c2ln", NULL },
        { "{\"alg\":\"ES256\",\"kid\":null}", "{}", "c2ln", "kid is not" },
        { "{\"alg\":\"ES256\",\"kid\":[]}", "{}", "c2ln", "kid is not" },
        { "{\"alg\":\"ES256\",\"kid\":\"\"}", "{}", "c2ln", "kid is not" },
        { "{\"alg\":\"ES256\"}", "", "c2ln", "payload is not" },
        { "{\"alg\":\"ES256\"}", "{}", "c2ln=", "signature is not" },
        { "{\"alg\":\"ES256\"}", "{}", "", "signature is not" },
        { "{\"alg\":\"ES256\"}", "{}", "a.b", NULL },
        { "{\"a\":1,\"a\":2}", "{}", "c2ln", "header is not" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        refused_write(&buf, cases[i].header, cases[i].payload,
                      cases[i].signature);

        refused_assert(oauth_buf_str(&buf),
                       strchr(cases[i].signature, '.') ? "three parts"
                                                       : cases[i].fault);
        oauth_buf_free(&buf);
    }
}


static void
refused_long(void **state)
{
    char         *kid, *signature;
    oauth_buf_t   buf;

    (void) state;

    kid = malloc(OAUTH_JWS_KID + 64);
    signature = malloc(OAUTH_JWS_SIZE + 2);
    assert_non_null(kid);
    assert_non_null(signature);

    strcpy(kid, "{\"alg\":\"ES256\",\"kid\":\"");
    memset(kid + strlen(kid), 'k', OAUTH_JWS_KID + 1);
    strcpy(kid + 22 + OAUTH_JWS_KID + 1, "\"}");

    refused_write(&buf, kid, "{}", "c2ln");
    refused_assert(oauth_buf_str(&buf), "kid is not");
    oauth_buf_free(&buf);

    memset(signature, 'A', OAUTH_JWS_SIZE + 1);
    signature[OAUTH_JWS_SIZE + 1] = '\0';

    refused_assert(keys_str(signature), "longer than 65536");

    signature[2000] = '\0';

    refused_write(&buf, "{\"alg\":\"ES256\"}", "{}", signature);
    refused_assert(oauth_buf_str(&buf), "signature is longer");
    oauth_buf_free(&buf);

    /* the length is checked first, as in oauth_jws_parse */

    refused_write(&buf, "{\"alg\":\"ES256\",\"kid\":7}", "", signature);
    refused_assert(oauth_buf_str(&buf), "signature is longer");
    oauth_buf_free(&buf);

    /* 1024 bytes are allowed */

    signature[1366] = '\0';

    refused_write(&buf, "{\"alg\":\"ES256\"}", "{}", signature);
    refused_assert(oauth_buf_str(&buf), NULL);
    oauth_buf_free(&buf);

    signature[1366] = 'A';
    signature[1367] = '\0';

    refused_write(&buf, "{\"alg\":\"ES256\"}", "{}", signature);
    refused_assert(oauth_buf_str(&buf), "signature is longer");
    oauth_buf_free(&buf);

    free(kid);
    free(signature);
}


static void
refused_members(void **state)
{
    oauth_buf_t      buf;
    oauth_refused_t  refused;

    (void) state;

    refused_write(&buf, "{\"alg\":\"HS256\",\"typ\":\"x\\ny\",\"crit\":[]}",
                  "{}", "c2ln");
    oauth_refused_read(oauth_buf_str(&buf), &refused);

    assert_true(oauth_str_equal(refused.algorithm, oauth_str("HS256")));
    assert_true(oauth_str_equal(refused.type, oauth_str("x\ny")));
    assert_string_equal(refused.extension, "crit");
    assert_false(refused.encrypted);

    oauth_refused_free(&refused);
    oauth_buf_free(&buf);

    refused_write(&buf, "{\"alg\":\"HS256\",\"typ\":\"\"}", "{}", "c2ln");
    oauth_refused_read(oauth_buf_str(&buf), &refused);

    assert_non_null(refused.type.data);
    assert_int_equal(refused.type.len, 0);

    oauth_refused_free(&refused);
    oauth_buf_free(&buf);

    refused_write(&buf, "{\"alg\":7,\"enc\":\"A128GCM\"}", "{}", "a.b.c");
    oauth_refused_read(oauth_buf_str(&buf), &refused);

    assert_null(refused.algorithm.data);
    assert_null(refused.type.data);
    assert_string_equal(refused.extension, "enc");
    assert_true(refused.encrypted);

    oauth_refused_free(&refused);
    oauth_buf_free(&buf);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(refused_opaque),
        cmocka_unit_test(refused_forms),
        cmocka_unit_test(refused_long),
        cmocka_unit_test(refused_members)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
