
/*
 * Parsing a JWS: forms that are not a JWS, headers that are never accepted, and
 * what is kept of it.  No signature is verified here.  Texts are copied into
 * allocations of exactly their size, so that a sanitizer sees a read past the
 * end.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "oauth_jws.h"


static oauth_reason_t
jws_parse(oauth_str_t text, oauth_jws_t *jws, unsigned char **copy)
{
    *copy = malloc(text.len ? text.len : 1);
    assert_non_null(*copy);

    if (text.len) {
        memcpy(*copy, text.data, text.len);
    }

    return oauth_jws_parse((oauth_str_t) { text.len, *copy }, jws);
}


/* After a refusal no memory is held. */

static oauth_reason_t
jws_reason(oauth_str_t text)
{
    oauth_jws_t      jws;
    oauth_reason_t   reason;
    unsigned char   *copy;

    reason = jws_parse(text, &jws, &copy);

    if (reason == OAUTH_OK) {
        oauth_jws_free(&jws);
    }

    assert_null(jws.storage);
    assert_null(jws.payload);
    assert_null(jws.kid.data);

    free(copy);

    return reason;
}


/* A token of that header, with a payload and some signature. */

static void
jws_text(oauth_buf_t *buf, oauth_str_t header)
{
    memset(buf, 0, sizeof(oauth_buf_t));
    keys_append_input(buf, header, oauth_str("{\"iss\":\"i\"}"));
    oauth_buf_append_literal(buf, ".c2ln");
}


static oauth_reason_t
jws_header(oauth_str_t header)
{
    oauth_buf_t     buf;
    oauth_reason_t  reason;

    jws_text(&buf, header);
    reason = jws_reason(oauth_buf_str(&buf));
    oauth_buf_free(&buf);

    return reason;
}


static void
jws_parts(void **state)
{
    oauth_jws_t     jws;
    oauth_buf_t     buf;
    unsigned char  *copy;

    (void) state;

    jws_text(&buf, oauth_str("{\"alg\":\"ES256\",\"typ\":\"at+jwt\","
                             "\"kid\":\"key-\\u00e9\"}"));

    assert_int_equal(jws_parse(oauth_buf_str(&buf), &jws, &copy), OAUTH_OK);

    assert_ptr_equal(jws.alg, oauth_alg_get(OAUTH_ALG_ES256));
    assert_int_equal(jws.type, OAUTH_TYPE_ACCESS);
    assert_true(oauth_str_equal(jws.kid, oauth_str("key-\xc3\xa9")));
    assert_int_equal(jws.npayload, sizeof("{\"iss\":\"i\"}") - 1);
    assert_memory_equal(jws.payload, "{\"iss\":\"i\"}", jws.npayload);
    assert_true(oauth_str_equal(jws.signature, oauth_str("sig")));
    assert_ptr_equal(jws.input.data, copy);
    assert_int_equal(jws.input.len, buf.len - 5);

    oauth_jws_free(&jws);
    oauth_jws_free(&jws);

    free(copy);
    oauth_buf_free(&buf);
}


#define H  "eyJhbGciOiJFUzI1NiJ9"        /* {"alg":"ES256"} */
#define P  "eyJpc3MiOiJpIn0"             /* {"iss":"i"} */


static void
jws_forms(void **state)
{
    size_t  i;

    static const struct {
        oauth_str_t     text;
        oauth_reason_t  reason;
    } cases[] = {
        { oauth_string(H "." P ".c2ln"), OAUTH_OK },

        { oauth_string(""), OAUTH_MALFORMED_TOKEN },
        { oauth_string("."), OAUTH_MALFORMED_TOKEN },
        { oauth_string(".."), OAUTH_MALFORMED_TOKEN },
        { oauth_string("..."), OAUTH_MALFORMED_TOKEN },
        { oauth_string(H), OAUTH_MALFORMED_TOKEN },
        { oauth_string(H "." P), OAUTH_MALFORMED_TOKEN },
        { oauth_string(H "." P "."), OAUTH_MALFORMED_TOKEN },
        { oauth_string(H "..c2ln"), OAUTH_MALFORMED_TOKEN },
        { oauth_string("." P ".c2ln"), OAUTH_MALFORMED_TOKEN },
        { oauth_string("." H "." P ".c2ln"), OAUTH_MALFORMED_TOKEN },
        { oauth_string(H "." P ".c2ln."), OAUTH_MALFORMED_TOKEN },
        { oauth_string(H "." P ".c2ln.c2ln"), OAUTH_MALFORMED_TOKEN },
        { oauth_string(H ".." P ".c2ln"), OAUTH_MALFORMED_TOKEN },

        /* Five segments are a JWE; six and more are neither a JWS nor a JWE. */

        { oauth_string(H "." P ".c2ln.c2ln.c2ln"), OAUTH_UNSUPPORTED_TOKEN },
        { oauth_string("...."), OAUTH_UNSUPPORTED_TOKEN },
        { oauth_string("....."), OAUTH_MALFORMED_TOKEN },
        { oauth_string("................"), OAUTH_MALFORMED_TOKEN },

        { oauth_string(H "=." P ".c2ln"), OAUTH_MALFORMED_TOKEN },
        { oauth_string(H "." P "=.c2ln"), OAUTH_MALFORMED_TOKEN },
        { oauth_string(H "." P ".c2ln="), OAUTH_MALFORMED_TOKEN },
        { oauth_string(H "." P ".c2l"), OAUTH_MALFORMED_TOKEN },
        { oauth_string(H "." P ".c2lnA"), OAUTH_MALFORMED_TOKEN },
        { oauth_string(H "." P ".c+ln"), OAUTH_MALFORMED_TOKEN },
        { oauth_string(H "." P ".c/ln"), OAUTH_MALFORMED_TOKEN },
        { oauth_string(" " H "." P ".c2ln"), OAUTH_MALFORMED_TOKEN },
        { oauth_string(H "." P ".c2ln\0"), OAUTH_MALFORMED_TOKEN },
        { oauth_string(H "." P ".c2ln\n"), OAUTH_MALFORMED_TOKEN },
        { oauth_string("\"" H "." P ".c2ln\""), OAUTH_MALFORMED_TOKEN },
        { oauth_string("{\"payload\":\"" P "\"}"), OAUTH_MALFORMED_TOKEN },
        { oauth_string("\xff\xfe.\xff.\xff"), OAUTH_MALFORMED_TOKEN },
        { oauth_string("MQ." P ".c2ln"), OAUTH_MALFORMED_TOKEN },
        { oauth_string("W10." P ".c2ln"), OAUTH_MALFORMED_TOKEN },
        { oauth_string("bnVsbA." P ".c2ln"), OAUTH_MALFORMED_TOKEN }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (jws_reason(cases[i].text) != cases[i].reason) {
            fail_msg("form %d: %s", (int) i, (char *) cases[i].text.data);
        }
    }
}


/* A good beginning, followed by this many copies of one character. */

static oauth_reason_t
jws_filled(const char *start, char c, size_t len, const char *end)
{
    size_t          i;
    oauth_buf_t     buf;
    oauth_reason_t  reason;

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append_str(&buf, keys_str(start));

    for (i = 0; i < len; i++) {
        oauth_buf_append(&buf, &c, 1);
    }

    oauth_buf_append_str(&buf, keys_str(end));
    reason = jws_reason(oauth_buf_str(&buf));
    oauth_buf_free(&buf);

    return reason;
}


static void
jws_sizes(void **state)
{
    size_t  rest;

    (void) state;

    assert_int_equal(jws_filled("", '.', 4000, ""), OAUTH_MALFORMED_TOKEN);

    /* The signature of an RSA key of 8192 bits, and a byte more. */

    assert_int_equal(jws_filled(H "." P ".", 'A', 1366, ""), OAUTH_OK);
    assert_int_equal(jws_filled(H "." P ".", 'A', 1367, ""),
                     OAUTH_MALFORMED_TOKEN);
    assert_int_equal(jws_filled(H "." P ".", 'A', 8000, ""),
                     OAUTH_MALFORMED_TOKEN);

    /* The whole. */

    rest = sizeof(H "." ".c2ln") - 1;

    assert_int_equal(jws_filled(H ".", 'A', OAUTH_JWS_SIZE - rest - 2,
                                ".c2ln"), OAUTH_OK);
    assert_int_equal(jws_filled(H ".", 'A', OAUTH_JWS_SIZE - rest, ".c2ln"),
                     OAUTH_OK);
    assert_int_equal(jws_filled(H ".", 'A', OAUTH_JWS_SIZE - rest + 1,
                                ".c2ln"), OAUTH_MALFORMED_TOKEN);
    assert_int_equal(jws_filled(H ".", 'A', 1 << 20, ".c2ln"),
                     OAUTH_MALFORMED_TOKEN);
}


static void
jws_headers(void **state)
{
    size_t  i;

    static const struct {
        oauth_str_t     header;
        oauth_reason_t  reason;
    } cases[] = {
        { oauth_string("{\"alg\":\"RS256\"}"), OAUTH_OK },
        { oauth_string("{\"alg\":\"EdDSA\",\"kid\":\"a\"}"), OAUTH_OK },

        /* Keys, and URLs of keys, in a header are ignored. */

        { oauth_string("{\"alg\":\"RS256\",\"jwk\":{\"kty\":\"RSA\"},"
                       "\"jku\":\"http://192.0.2.1/\",\"x5u\":1,"
                       "\"x5c\":[\"AAAA\"],\"x5t\":\"AAAA\","
                       "\"x5t#S256\":null,\"cty\":\"JWT\"}"), OAUTH_OK },

        { oauth_string("{}"), OAUTH_WRONG_ALGORITHM },
        { oauth_string("{\"alg\":null}"), OAUTH_WRONG_ALGORITHM },
        { oauth_string("{\"alg\":256}"), OAUTH_WRONG_ALGORITHM },
        { oauth_string("{\"alg\":[\"RS256\"]}"), OAUTH_WRONG_ALGORITHM },
        { oauth_string("{\"alg\":{\"RS256\":1}}"), OAUTH_WRONG_ALGORITHM },
        { oauth_string("{\"alg\":true}"), OAUTH_WRONG_ALGORITHM },
        { oauth_string("{\"alg\":\"\"}"), OAUTH_WRONG_ALGORITHM },
        { oauth_string("{\"alg\":\"none\"}"), OAUTH_WRONG_ALGORITHM },
        { oauth_string("{\"alg\":\"None\"}"), OAUTH_WRONG_ALGORITHM },
        { oauth_string("{\"alg\":\"NONE\"}"), OAUTH_WRONG_ALGORITHM },
        { oauth_string("{\"alg\":\"nOnE\"}"), OAUTH_WRONG_ALGORITHM },
        { oauth_string("{\"alg\":\"HS256\"}"), OAUTH_WRONG_ALGORITHM },
        { oauth_string("{\"alg\":\"HS512\"}"), OAUTH_WRONG_ALGORITHM },
        { oauth_string("{\"alg\":\"rs256\"}"), OAUTH_WRONG_ALGORITHM },
        { oauth_string("{\"alg\":\"RS256 \"}"), OAUTH_WRONG_ALGORITHM },
        { oauth_string("{\"alg\":\"dir\"}"), OAUTH_WRONG_ALGORITHM },
        { oauth_string("{\"Alg\":\"RS256\"}"), OAUTH_WRONG_ALGORITHM },
        { oauth_string("{\"alg\":\"RS256\\u0000\"}"), OAUTH_MALFORMED_TOKEN },
        { oauth_string("{\"alg\":\"RS256\",\"alg\":\"none\"}"),
          OAUTH_MALFORMED_TOKEN },
        { oauth_string("{\"alg\":\"none\",\"alg\":\"RS256\"}"),
          OAUTH_MALFORMED_TOKEN },

        { oauth_string("{\"alg\":\"RS256\",\"crit\":[]}"),
          OAUTH_UNSUPPORTED_TOKEN },
        { oauth_string("{\"alg\":\"RS256\",\"crit\":[\"exp\"],\"exp\":1}"),
          OAUTH_UNSUPPORTED_TOKEN },
        { oauth_string("{\"alg\":\"RS256\",\"crit\":null}"),
          OAUTH_UNSUPPORTED_TOKEN },
        { oauth_string("{\"alg\":\"RS256\",\"b64\":false}"),
          OAUTH_UNSUPPORTED_TOKEN },
        { oauth_string("{\"alg\":\"RS256\",\"b64\":true}"),
          OAUTH_UNSUPPORTED_TOKEN },
        { oauth_string("{\"alg\":\"RS256\",\"b64\":false,"
                       "\"crit\":[\"b64\"]}"), OAUTH_UNSUPPORTED_TOKEN },
        { oauth_string("{\"alg\":\"RS256\",\"zip\":\"DEF\"}"),
          OAUTH_UNSUPPORTED_TOKEN },
        { oauth_string("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}"),
          OAUTH_UNSUPPORTED_TOKEN },
        { oauth_string("{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A128GCM\","
                       "\"p2c\":2147483647}"), OAUTH_UNSUPPORTED_TOKEN },
        { oauth_string("{\"alg\":\"RS256\",\"enc\":null}"),
          OAUTH_UNSUPPORTED_TOKEN },

        { oauth_string("{\"alg\":\"RS256\",\"kid\":1}"),
          OAUTH_MALFORMED_TOKEN },
        { oauth_string("{\"alg\":\"RS256\",\"kid\":null}"),
          OAUTH_MALFORMED_TOKEN },
        { oauth_string("{\"alg\":\"RS256\",\"kid\":[]}"),
          OAUTH_MALFORMED_TOKEN },
        { oauth_string("{\"alg\":\"RS256\",\"kid\":[\"a\"]}"),
          OAUTH_MALFORMED_TOKEN },
        { oauth_string("{\"alg\":\"RS256\",\"kid\":\"\"}"),
          OAUTH_MALFORMED_TOKEN },
        { oauth_string("{\"alg\":\"RS256\",\"kid\":\"a\\u0000b\"}"),
          OAUTH_MALFORMED_TOKEN },

        { oauth_string("{\"alg\":\"RS256\",\"typ\":null}"),
          OAUTH_MALFORMED_TOKEN },
        { oauth_string("{\"alg\":\"RS256\",\"typ\":[]}"),
          OAUTH_MALFORMED_TOKEN },
        { oauth_string("{\"alg\":\"RS256\",\"typ\":[\"JWT\"]}"),
          OAUTH_MALFORMED_TOKEN },
        { oauth_string("{\"alg\":\"RS256\",\"typ\":\"JWT\\u0000\"}"),
          OAUTH_MALFORMED_TOKEN },

        { oauth_string("{\"alg\":\"RS256\"} "), OAUTH_OK },
        { oauth_string("{\"alg\":\"RS256\"}x"), OAUTH_MALFORMED_TOKEN },
        { oauth_string("\xef\xbb\xbf{\"alg\":\"RS256\"}"),
          OAUTH_MALFORMED_TOKEN },
        { oauth_string("{\0\"\0a\0l\0g\0\"\0"), OAUTH_MALFORMED_TOKEN },
        { oauth_string("\"RS256\""), OAUTH_MALFORMED_TOKEN },
        { oauth_string("[{\"alg\":\"RS256\"}]"), OAUTH_MALFORMED_TOKEN }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (jws_header(cases[i].header) != cases[i].reason) {
            fail_msg("header %s", (char *) cases[i].header.data);
        }
    }
}


static void
jws_types(void **state)
{
    char             header[128];
    size_t           i;
    oauth_jws_t      jws;
    oauth_buf_t      buf;
    unsigned char   *copy;

    static const struct {
        const char        *type;
        oauth_jws_type_t   expected;
    } cases[] = {
        { "at+jwt", OAUTH_TYPE_ACCESS },
        { "AT+JWT", OAUTH_TYPE_ACCESS },
        { "application/at+jwt", OAUTH_TYPE_ACCESS },
        { "Application/AT+jwt", OAUTH_TYPE_ACCESS },
        { "JWT", OAUTH_TYPE_JWT },
        { "jwt", OAUTH_TYPE_JWT },
        { "application/jwt", OAUTH_TYPE_JWT },
        { "JOSE", OAUTH_TYPE_JWT },
        { "jose", OAUTH_TYPE_JWT },
        { "application/jose", OAUTH_TYPE_JWT },

        { "", OAUTH_TYPE_OTHER },
        { "JOSE+JSON", OAUTH_TYPE_OTHER },
        { "application/jose+json", OAUTH_TYPE_OTHER },
        { "JOSE ", OAUTH_TYPE_OTHER },
        { "JOS", OAUTH_TYPE_OTHER },
        { "text/jwt", OAUTH_TYPE_OTHER },
        { "application/", OAUTH_TYPE_OTHER },
        { " JWT", OAUTH_TYPE_OTHER },
        { "at+jwt ", OAUTH_TYPE_OTHER },
        { "at+jw", OAUTH_TYPE_OTHER },
        { "at+jwts", OAUTH_TYPE_OTHER },
        { "at jwt", OAUTH_TYPE_OTHER },
        { "at+jwt;v=1", OAUTH_TYPE_OTHER },
        { "application/jwt+at", OAUTH_TYPE_OTHER },
        { "application/application/JOSE", OAUTH_TYPE_OTHER },
        { "application/application/at+jwt", OAUTH_TYPE_OTHER },
        { "none", OAUTH_TYPE_OTHER },
        { "logout+jwt", OAUTH_TYPE_OTHER },
        { "secevent+jwt", OAUTH_TYPE_OTHER },
        { "dpop+jwt", OAUTH_TYPE_OTHER },
        { "statuslist+jwt", OAUTH_TYPE_OTHER },
        { "kb+jwt", OAUTH_TYPE_OTHER },
        { "id_token+jwt", OAUTH_TYPE_OTHER }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"typ\":\"%s\"}",
                 cases[i].type);

        jws_text(&buf, keys_str(header));
        assert_int_equal(jws_parse(oauth_buf_str(&buf), &jws, &copy),
                         OAUTH_OK);

        if (jws.type != cases[i].expected) {
            fail_msg("typ \"%s\": %d", cases[i].type, jws.type);
        }

        assert_null(jws.kid.data);

        oauth_jws_free(&jws);
        oauth_buf_free(&buf);
        free(copy);
    }
}


/*
 * Escapes make the JSON text of a kid longer; the limit is 1024 bytes of its
 * value.
 */

static oauth_reason_t
jws_kid(size_t len, const char *unit)
{
    size_t          i;
    oauth_buf_t     buf;
    oauth_reason_t  reason;

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&buf, "{\"alg\":\"RS256\",\"kid\":\"");

    for (i = 0; i < len; i++) {
        oauth_buf_append_str(&buf, keys_str(unit));
    }

    oauth_buf_append_literal(&buf, "\"}");
    reason = jws_header(oauth_buf_str(&buf));
    oauth_buf_free(&buf);

    return reason;
}


static void
jws_kid_length(void **state)
{
    (void) state;

    assert_int_equal(jws_kid(1024, "k"), OAUTH_OK);
    assert_int_equal(jws_kid(1025, "k"), OAUTH_MALFORMED_TOKEN);
    assert_int_equal(jws_kid(6000, "k"), OAUTH_MALFORMED_TOKEN);
    assert_int_equal(jws_kid(1024, "\\u006b"), OAUTH_OK);
    assert_int_equal(jws_kid(1025, "\\u006b"), OAUTH_MALFORMED_TOKEN);
    assert_int_equal(jws_kid(512, "\xc3\xa9"), OAUTH_OK);
    assert_int_equal(jws_kid(513, "\xc3\xa9"), OAUTH_MALFORMED_TOKEN);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(jws_parts),
        cmocka_unit_test(jws_forms),
        cmocka_unit_test(jws_sizes),
        cmocka_unit_test(jws_headers),
        cmocka_unit_test(jws_types),
        cmocka_unit_test(jws_kid_length)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
