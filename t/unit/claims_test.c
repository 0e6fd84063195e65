
/*
 * Claims: their types; times just before and after each limit; audiences;
 * claims that show that a token is not an access token; scopes; required
 * values.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json_copy.h"
#include "keys.h"
#include "oauth_claims.h"


#define NOW       1700000000
#define LEEWAY    30
#define LIFETIME  3600


static json_copy_t  claims_json;


/* What is read before is not valid any more. */

static oauth_reason_t
claims_try(const char *payload, oauth_claims_t *claims)
{
    json_copy_free(&claims_json);
    json_copy_parse(&claims_json, keys_str(payload));

    return claims_json.root ? oauth_claims_read(claims_json.root, claims)
                            : OAUTH_MALFORMED_TOKEN;
}


static void
claims_parse(const char *payload, oauth_claims_t *claims)
{
    if (claims_try(payload, claims) != OAUTH_OK) {
        fail_msg("not read: %s", payload);
    }
}


static void
claims_read(void **state)
{
    oauth_claims_t  claims;

    (void) state;

    claims_parse("{\"iss\":\"https://as\",\"sub\":\"joe\",\"aud\":\"a\","
                 "\"exp\":3,\"nbf\":1,\"iat\":2}", &claims);

    assert_true(oauth_str_equal(claims.issuer, oauth_str("https://as")));
    assert_true(oauth_str_equal(claims.subject, oauth_str("joe")));
    assert_int_equal(claims.expires, 3);
    assert_int_equal(claims.not_before, 1);
    assert_int_equal(claims.issued_at, 2);
    assert_true(claims.has_expires);
    assert_true(claims.has_issued_at);
    assert_int_equal(claims.confirmation.bound, 0);
    assert_false(claims.event);
    assert_false(claims.id_token);

    claims_parse("{}", &claims);

    assert_null(claims.issuer.data);
    assert_null(claims.subject.data);
    assert_null(claims.audience);
    assert_false(claims.has_expires);
    assert_false(claims.has_issued_at);
    assert_int_equal(claims.not_before, 0);
}


/* Values that some serializers write for a member that is absent. */

static void
claims_empty(void **state)
{
    char            payload[128];
    size_t          i;
    oauth_claims_t  claims;

    static const char  *empty[] = { "null", "\"\"", "[]" };

    (void) state;

    for (i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        snprintf(payload, sizeof(payload),
                 "{\"exp\":1700000100,\"sub\":%s,\"nbf\":%s,\"iat\":%s}",
                 empty[i], empty[i], empty[i]);
        claims_parse(payload, &claims);

        assert_null(claims.subject.data);
        assert_false(claims.has_issued_at);
        assert_int_equal(claims.issued_at, 0);
        assert_int_equal(claims.not_before, 0);
        assert_int_equal(oauth_claims_verify_time(&claims, NOW, LEEWAY,
                                                  LIFETIME), OAUTH_OK);
    }
}


/* A string that is not empty, a number or a boolean, and nothing else. */

static void
claims_identifiers(void **state)
{
    size_t          i;
    char            payload[128];
    oauth_claims_t  claims;

    static const struct {
        const char  *value;
        int          good;
    } cases[] = {
        { "\"a\"", 1 }, { "\" \"", 1 }, { "\"\\n\"", 1 }, { "0", 1 },
        { "-1.5", 1 }, { "true", 1 }, { "false", 1 },
        { "\"\"", 0 }, { "null", 0 }, { "[]", 0 }, { "[\"a\"]", 0 },
        { "{}", 0 }, { "{\"a\":1}", 0 }
    };

    (void) state;

    assert_null(oauth_claims_identifier(NULL));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(payload, sizeof(payload),
                 "{\"jti\":%s,\"sid\":%s,\"azp\":%s,\"cid\":\"c\"}",
                 cases[i].value, cases[i].value, cases[i].value);
        claims_parse(payload, &claims);

        assert_int_equal(claims.id != NULL, cases[i].good);
        assert_int_equal(claims.session != NULL, cases[i].good);
        assert_non_null(claims.client);
        assert_ptr_equal(claims.client,
                         oauth_json_member(claims.root, cases[i].good
                                                        ? oauth_str("azp")
                                                        : oauth_str("cid")));
    }

    claims_parse("{\"cid\":\"c\",\"azp\":\"b\",\"client_id\":\"a\"}",
                 &claims);

    assert_ptr_equal(claims.client,
                     oauth_json_member(claims.root, oauth_str("client_id")));

    claims_parse("{\"sub\":\"s\"}", &claims);

    assert_null(claims.client);
    assert_null(claims.id);
    assert_null(claims.session);
}


static void
claims_types(void **state)
{
    size_t          i;
    oauth_claims_t  claims;
    oauth_reason_t  reason;

    static const struct {
        const char      *payload;
        oauth_reason_t   reason;
    } cases[] = {
        { "", OAUTH_MALFORMED_TOKEN },
        { "[]", OAUTH_MALFORMED_TOKEN },
        { "null", OAUTH_MALFORMED_TOKEN },
        { "\"e30\"", OAUTH_MALFORMED_TOKEN },
        { "{} ", OAUTH_OK },
        { "{}{}", OAUTH_MALFORMED_TOKEN },
        { "{\"exp\":1,\"exp\":2}", OAUTH_MALFORMED_TOKEN },
        { "{\"exp\\u0000\":1}", OAUTH_MALFORMED_TOKEN },
        { "{\"iss\":\"https://as\\u0000.evil\"}", OAUTH_MALFORMED_TOKEN },

        { "{\"iss\":\"\"}", OAUTH_OK },
        { "{\"iss\":null}", OAUTH_MALFORMED_CLAIMS },
        { "{\"iss\":1}", OAUTH_MALFORMED_CLAIMS },
        { "{\"iss\":[\"https://as\"]}", OAUTH_MALFORMED_CLAIMS },
        { "{\"iss\":{}}", OAUTH_MALFORMED_CLAIMS },
        { "{\"sub\":\"\"}", OAUTH_OK },
        { "{\"sub\":1}", OAUTH_MALFORMED_CLAIMS },
        { "{\"sub\":null}", OAUTH_OK },
        { "{\"sub\":[]}", OAUTH_OK },
        { "{\"sub\":{}}", OAUTH_MALFORMED_CLAIMS },
        { "{\"sub\":false}", OAUTH_MALFORMED_CLAIMS },
        { "{\"sub\":0}", OAUTH_MALFORMED_CLAIMS },
        { "{\"sub\":[\"joe\"]}", OAUTH_MALFORMED_CLAIMS },
        { "{\"sub\":[null]}", OAUTH_MALFORMED_CLAIMS },

        { "{\"exp\":\"1700000000\"}", OAUTH_MALFORMED_CLAIMS },
        { "{\"exp\":null}", OAUTH_MALFORMED_CLAIMS },
        { "{\"exp\":true}", OAUTH_MALFORMED_CLAIMS },
        { "{\"exp\":[1]}", OAUTH_MALFORMED_CLAIMS },
        { "{\"exp\":{}}", OAUTH_MALFORMED_CLAIMS },
        { "{\"exp\":\"\"}", OAUTH_MALFORMED_CLAIMS },
        { "{\"exp\":[]}", OAUTH_MALFORMED_CLAIMS },
        { "{\"iss\":[]}", OAUTH_MALFORMED_CLAIMS },
        { "{\"nbf\":\"0\"}", OAUTH_MALFORMED_CLAIMS },
        { "{\"nbf\":null,\"iat\":null}", OAUTH_OK },
        { "{\"nbf\":\"\",\"iat\":\"\"}", OAUTH_OK },
        { "{\"nbf\":[],\"iat\":[]}", OAUTH_OK },
        { "{\"nbf\":{}}", OAUTH_MALFORMED_CLAIMS },
        { "{\"iat\":[0]}", OAUTH_MALFORMED_CLAIMS },
        { "{\"nbf\":1e-99999999999}", OAUTH_MALFORMED_CLAIMS },
        { "{\"exp\":1e-99999999999}", OAUTH_MALFORMED_CLAIMS },
        { "{\"iat\":-0.5}", OAUTH_MALFORMED_CLAIMS },
        { "{\"iat\":\"0\"}", OAUTH_MALFORMED_CLAIMS },
        { "{\"iat\":false}", OAUTH_MALFORMED_CLAIMS },
        { "{\"exp\":1e309}", OAUTH_MALFORMED_TOKEN },
        { "{\"exp\":1e400}", OAUTH_MALFORMED_TOKEN },
        { "{\"exp\":9223372036854775808}", OAUTH_MALFORMED_TOKEN },
        { "{\"exp\":NaN}", OAUTH_MALFORMED_TOKEN },
        { "{\"exp\":0x7fffffff}", OAUTH_MALFORMED_TOKEN },
        { "{\"exp\":01700000000}", OAUTH_MALFORMED_TOKEN },
        { "{\"exp\":17000000001700000000170000000017000000001700000000170000"
          "0000}", OAUTH_MALFORMED_TOKEN },

        { "{\"aud\":[]}", OAUTH_OK },
        { "{\"aud\":\"\"}", OAUTH_OK },
        { "{\"aud\":null}", OAUTH_MALFORMED_CLAIMS },
        { "{\"aud\":1}", OAUTH_MALFORMED_CLAIMS },
        { "{\"aud\":{\"a\":1}}", OAUTH_MALFORMED_CLAIMS },
        { "{\"aud\":[\"a\",1]}", OAUTH_MALFORMED_CLAIMS },
        { "{\"aud\":[[\"a\"]]}", OAUTH_MALFORMED_CLAIMS },
        { "{\"aud\":[\"a\",null]}", OAUTH_MALFORMED_CLAIMS }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&claims, 0, sizeof(oauth_claims_t));
        reason = claims_try(cases[i].payload, &claims);

        if (reason != cases[i].reason) {
            fail_msg("%s: %d", cases[i].payload, reason);
        }

        assert_int_equal(claims.root != NULL, reason == OAUTH_OK);
        assert_int_equal(claims.malformed != NULL,
                         reason == OAUTH_MALFORMED_CLAIMS);
    }
}


/* The sentence of the first claim that is malformed. */

static void
claims_malformed(void **state)
{
    size_t          i;
    oauth_claims_t  claims;

    static const struct {
        const char  *payload;
        const char  *said;
    } cases[] = {
        { "{\"iss\":7,\"sub\":7}", "iss is not a string" },
        { "{\"sub\":7}", "sub is not a string" },
        { "{\"exp\":\"1\"}", "exp is not a time in seconds, as a number" },
        { "{\"nbf\":{}}", "nbf is not a time in seconds, as a number" },
        { "{\"iat\":\"1\"}", "iat is not a time in seconds, as a number" },
        { "{\"aud\":[7]}", "aud is neither a string nor an array of strings" },
        { "{\"act\":7}", "act is not an object" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(claims_try(cases[i].payload, &claims),
                         OAUTH_MALFORMED_CLAIMS);
        assert_string_equal(claims.malformed, cases[i].said);
    }
}


/*
 * Numbers beyond every clock are limited to 2^53 and -2^53; they do not wrap
 * around.
 */

static void
claims_numbers(void **state)
{
    char            payload[128];
    size_t          i;
    oauth_claims_t  claims;

    static const struct {
        const char  *number;
        int64_t      seconds;
    } cases[] = {
        { "0", 0 },
        { "-1", -1 },
        { "1700000000", 1700000000 },
        { "1700000000.9", 1700000000 },
        { "1.7e9", 1700000000 },
        { "-1.5", -1 },
        { "9007199254740991", 9007199254740991 },
        { "9007199254740992", 9007199254740992 },
        { "9007199254740993", 9007199254740992 },
        { "9223372036854775807", 9007199254740992 },
        { "-9223372036854775808", -9007199254740992 },
        { "1e18", 9007199254740992 },
        { "9.3e18", 9007199254740992 },
        { "1e308", 9007199254740992 },
        { "-1e308", -9007199254740992 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(payload, sizeof(payload), "{\"exp\":%s,\"nbf\":%s}",
                 cases[i].number, cases[i].number);
        claims_parse(payload, &claims);

        if (claims.expires != cases[i].seconds
            || claims.not_before != cases[i].seconds)
        {
            fail_msg("%s", cases[i].number);
        }

        assert_true(claims.has_expires);
    }
}


static void
claims_time(void **state)
{
    size_t          i;
    oauth_claims_t  claims;
    oauth_reason_t  reason;

    /* NOW is 1700000000, the leeway 30, the longest lifetime 3600. */

    static const struct {
        const char      *payload;
        oauth_reason_t   reason;
    } cases[] = {
        { "{\"exp\":1700000100}", OAUTH_OK },
        { "{\"exp\":1700000100,\"nbf\":1700000000,\"iat\":1700000000}",
          OAUTH_OK },

        { "{}", OAUTH_NO_EXPIRY },
        { "{\"iat\":1700000000,\"nbf\":1}", OAUTH_NO_EXPIRY },

        { "{\"exp\":1699999971}", OAUTH_OK },
        { "{\"exp\":1699999970}", OAUTH_EXPIRED },
        { "{\"exp\":1699999970.9}", OAUTH_EXPIRED },
        { "{\"exp\":0}", OAUTH_EXPIRED },
        { "{\"exp\":-1}", OAUTH_EXPIRED },
        { "{\"exp\":-1e308}", OAUTH_EXPIRED },
        { "{\"exp\":1.0}", OAUTH_EXPIRED },

        { "{\"exp\":1700000100,\"nbf\":1700000030}", OAUTH_OK },
        { "{\"exp\":1700000100,\"nbf\":1700000031}", OAUTH_NOT_YET_VALID },
        { "{\"exp\":1700000100,\"nbf\":1e308}", OAUTH_NOT_YET_VALID },
        { "{\"exp\":1700000100,\"nbf\":-5}", OAUTH_OK },
        { "{\"exp\":1700000100,\"nbf\":0}", OAUTH_OK },
        { "{\"exp\":1700000100,\"iat\":1700000030}", OAUTH_OK },
        { "{\"exp\":1700000100,\"iat\":1700000031}", OAUTH_NOT_YET_VALID },
        { "{\"exp\":1700000100,\"iat\":9223372036854775807}",
          OAUTH_NOT_YET_VALID },

        { "{\"exp\":1700003600,\"iat\":1700000000}", OAUTH_OK },
        { "{\"exp\":1700003601,\"iat\":1700000000}",
          OAUTH_LIFETIME_TOO_LONG },
        { "{\"exp\":1700003599,\"iat\":1699999998}",
          OAUTH_LIFETIME_TOO_LONG },
        { "{\"exp\":1700003600}", OAUTH_OK },
        { "{\"exp\":1700003601}", OAUTH_LIFETIME_TOO_LONG },
        { "{\"exp\":1700000100,\"iat\":0}", OAUTH_LIFETIME_TOO_LONG },
        { "{\"exp\":1700000100,\"iat\":-1}", OAUTH_LIFETIME_TOO_LONG },
        { "{\"exp\":9223372036854775807,\"iat\":-9223372036854775808}",
          OAUTH_LIFETIME_TOO_LONG },
        { "{\"exp\":1e308}", OAUTH_LIFETIME_TOO_LONG },
        { "{\"exp\":9223372036854775807}", OAUTH_LIFETIME_TOO_LONG }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        claims_parse(cases[i].payload, &claims);

        reason = oauth_claims_verify_time(&claims, NOW, LEEWAY, LIFETIME);

        if (reason != cases[i].reason) {
            fail_msg("%s: %d", cases[i].payload, reason);
        }
    }
}


/* The elements of a claim: those of an array, or else the claim itself. */

static void
claims_elements(void **state)
{
    size_t               i;
    oauth_str_t          s;
    oauth_claims_t       claims;
    const oauth_json_t  *element;

    static const struct {
        const char  *payload;
        const char  *elements;               /* each with a dot */
    } cases[] = {
        { "{\"aud\":\"one\"}", "one." },
        { "{\"aud\":[\"one\",\"two\"]}", "one.two." },
        { "{\"aud\":\"\"}", "." },
        { "{\"aud\":[]}", "" },
        { "{}", "" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        char  text[32] = "";

        claims_parse(cases[i].payload, &claims);

        for (element = oauth_claims_next(claims.audience, NULL);
             element;
             element = oauth_claims_next(claims.audience, element))
        {
            s = oauth_json_str(element);
            strncat(text, (const char *) s.data, s.len);
            strcat(text, ".");
        }

        assert_string_equal(text, cases[i].elements);
    }
}


static void
claims_marks(void **state)
{
    size_t          i;
    oauth_claims_t  claims;

    static const struct {
        const char  *payload;
        int          id_token;
        int          event;
        int          bound;
    } cases[] = {
        { "{\"scope\":\"a\",\"client_id\":\"c\",\"sid\":\"1\"}", 0, 0, 0 },
        { "{\"typ\":\"Bearer\",\"scope\":\"openid\"}", 0, 0, 0 },
        { "{\"token_use\":\"access\"}", 0, 0, 0 },
        { "{\"nonce\":\"n\",\"scope\":\"a\"}", 0, 0, 0 },
        { "{\"nonce\":\"n\",\"scp\":[\"a\"]}", 0, 0, 0 },
        { "{\"azp\":\"c\",\"auth_time\":1,\"acr\":\"1\"}", 0, 0, 0 },
        { "{\"tid\":\"t\",\"ver\":\"2.0\",\"azp\":\"c\"}", 0, 0, 0 },
        { "{\"tid\":\"t\",\"ver\":\"1.0\",\"appid\":\"c\"}", 0, 0, 0 },
        { "{\"tid\":\"t\",\"ver\":\"2.0\",\"scp\":\"a\"}", 0, 0, 0 },
        { "{\"tid\":\"t\",\"ver\":\"3.0\"}", 0, 0, 0 },
        { "{\"tid\":\"t\",\"ver\":1}", 0, 0, 0 },
        { "{\"tid\":\"t\"}", 0, 0, 0 },
        { "{\"ver\":\"2.0\"}", 0, 0, 0 },

        { "{\"at_hash\":\"h\",\"scope\":\"a\"}", 1, 0, 0 },
        { "{\"c_hash\":\"h\"}", 1, 0, 0 },
        { "{\"s_hash\":\"h\"}", 1, 0, 0 },
        { "{\"typ\":\"ID\"}", 1, 0, 0 },
        { "{\"typ\":\"id\",\"scope\":\"a\"}", 1, 0, 0 },
        { "{\"typ\":\"Refresh\",\"scope\":\"a\"}", 1, 0, 0 },
        { "{\"typ\":\"Offline\",\"scope\":\"a\"}", 1, 0, 0 },
        { "{\"typ\":\"Logout\"}", 1, 0, 0 },
        { "{\"token_use\":\"id\"}", 1, 0, 0 },
        { "{\"nonce\":\"n\"}", 1, 0, 0 },
        { "{\"nonce\":null,\"azp\":\"c\"}", 1, 0, 0 },
        { "{\"nonce\":\"n\",\"scope\":null}", 1, 0, 0 },
        { "{\"nonce\":\"n\",\"scope\":\"\",\"scp\":[]}", 1, 0, 0 },
        { "{\"tid\":\"t\",\"ver\":\"2.0\",\"scp\":null}", 1, 0, 0 },
        { "{\"tid\":\"t\",\"ver\":\"2.0\"}", 1, 0, 0 },
        { "{\"tid\":\"t\",\"ver\":\"1.0\",\"roles\":[\"a\"]}", 1, 0, 0 },

        { "{\"events\":{\"http://schemas.openid.net/event/backchannel-"
          "logout\":{}},\"sid\":\"1\"}", 0, 1, 0 },
        { "{\"events\":null}", 0, 1, 0 },

        { "{\"cnf\":{\"jkt\":\"x\"}}", 0, 0, 1 },
        { "{\"cnf\":{\"x5t#S256\":\"x\"}}", 0, 0, 1 },
        { "{\"cnf\":{}}", 0, 0, 1 },
        { "{\"cnf\":null}", 0, 0, 1 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        claims_parse(cases[i].payload, &claims);

        if (claims.id_token != (unsigned) cases[i].id_token
            || claims.event != (unsigned) cases[i].event
            || claims.confirmation.bound != (unsigned) cases[i].bound)
        {
            fail_msg("%s", cases[i].payload);
        }
    }
}


static void
claims_scope(void **state)
{
    size_t          i;
    oauth_buf_t     buf;
    oauth_claims_t  claims;

    static const oauth_str_t  paths[] = {
        oauth_string("scope"), oauth_string("scp"),
        oauth_string("realm_access.roles")
    };

    static const char  *cases[][2] = {
        { "{}", "" },
        { "{\"scope\":\"\"}", "" },
        { "{\"scope\":\"a\"}", "a" },
        { "{\"scope\":\"a b:c  d \"}", "a b:c d" },
        { "{\"scope\":[\"a\",\"b\"]}", "a b" },
        { "{\"scp\":\"a b\"}", "a b" },
        { "{\"scp\":[\"a\"]}", "a" },
        { "{\"realm_access\":{\"roles\":[\"x\",\"y\"]}}", "x y" },

        /*
         * The first claim that is present and not empty decides, whatever its
         * type is.
         */

        { "{\"scope\":\"a\",\"scp\":\"b\"}", "a" },
        { "{\"scope\":\"\",\"scp\":\"b\"}", "b" },
        { "{\"scope\":null,\"scp\":\"b\"}", "b" },
        { "{\"scope\":[],\"scp\":[\"b\"]}", "b" },
        { "{\"scope\":null,\"scp\":\"\",\"realm_access\":{\"roles\":[\"x\"]}}",
          "x" },
        { "{\"scope\":[],\"scp\":null}", "" },
        { "{\"scope\":\" \",\"scp\":\"b\"}", "b" },
        { "{\"scope\":[\"\"],\"scp\":\"b\"}", "b" },
        { "{\"scope\":[null],\"scp\":[\"b\"]}", "b" },
        { "{\"scope\":\"\\u00e9\",\"scp\":\"b\"}", "b" },
        { "{\"scope\":[\" \",\"a\"],\"scp\":\"b\"}", "a" },
        { "{\"scope\":\" \",\"scp\":[\"\"],"
          "\"realm_access\":{\"roles\":[\"x\"]}}", "x" },
        { "{\"scope\":\" \",\"scp\":{},"
          "\"realm_access\":{\"roles\":[\"x\"]}}", "" },
        { "{\"scope\":{},\"scp\":\"b\"}", "" },
        { "{\"scope\":false,\"scp\":\"b\"}", "" },
        { "{\"scope\":1,\"scp\":\"b\"}", "" },
        { "{\"scope\":{\"a\":\"b\"},\"scp\":\"b\"}", "" },

        /*
         * Only SP separates scopes, and only a scope-token of RFC 6749 counts.
         */

        { "{\"scope\":\"a\\tb c\"}", "c" },
        { "{\"scope\":\"a\\nb\"}", "" },
        { "{\"scope\":\"a,b\"}", "a,b" },
        { "{\"scope\":\"a\\\"b c\\\\d e\"}", "e" },
        { "{\"scope\":\"\\u00e9 e\"}", "e" },
        { "{\"scope\":[\"a b\",\"\",\"c\",1,null,[\"d\"]]}", "c" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&buf, 0, sizeof(oauth_buf_t));
        claims_parse(cases[i][0], &claims);

        oauth_claims_scope(&claims, paths, 3, &buf);

        assert_false(buf.failed);

        if (!oauth_str_equal(oauth_buf_str(&buf), keys_str(cases[i][1]))) {
            fail_msg("%s: \"%.*s\"", cases[i][0], (int) buf.len,
                     (char *) buf.data);
        }

        oauth_buf_free(&buf);
    }

    memset(&buf, 0, sizeof(oauth_buf_t));
    claims_parse("{\"scope\":\"a\"}", &claims);
    oauth_claims_scope(&claims, NULL, 0, &buf);
    assert_int_equal(buf.len, 0);
}


/* Returns 1 if a member of the claim org.role is one of the values. */

static int
claims_has(const oauth_claims_t *claims, const oauth_str_t *values,
    size_t nvalues)
{
    int                  has;
    size_t               k;
    oauth_buf_t          buf;
    oauth_str_t          value;
    const oauth_json_t  *claim, *element;

    static const oauth_str_t  path[] = { oauth_string("org.role") };

    memset(&buf, 0, sizeof(oauth_buf_t));

    claim = oauth_claims_at(claims, path, 1);
    assert_non_null(claim);

    has = 0;

    for (element = oauth_claims_next(claim, NULL);
         element;
         element = oauth_claims_next(claim, element))
    {
        value = oauth_claims_value(element, &buf);

        for (k = 0; value.data && k < nvalues; k++) {
            has |= oauth_str_equal(value, values[k]);
        }
    }

    assert_false(buf.failed);
    oauth_buf_free(&buf);

    return has;
}


static void
claims_members(void **state)
{
    char            payload[128];
    size_t          i;
    oauth_claims_t  claims;

    static const oauth_str_t  values[] = {
        oauth_string("admin"), oauth_string("7"), oauth_string("true"),
        oauth_string("")
    };

    static const struct {
        const char  *claim;
        size_t       nvalues;
        int          has;
    } cases[] = {
        { "\"admin\"", 1, 1 },
        { "[\"user\",\"admin\"]", 1, 1 },
        { "7", 2, 1 },
        { "[1,7]", 2, 1 },
        { "\"7\"", 2, 1 },
        { "true", 3, 1 },
        { "\"\"", 4, 1 },

        { "\"admin\"", 0, 0 },
        { "\"Admin\"", 4, 0 },
        { "\"administrator\"", 4, 0 },
        { "\"admin user\"", 4, 0 },
        { "\"admi\"", 4, 0 },
        { "\"admin\\n\"", 4, 0 },
        { "\"user\"", 4, 0 },
        { "7", 1, 0 },
        { "7.0", 2, 0 },
        { "70", 4, 0 },
        { "true", 2, 0 },
        { "false", 4, 0 },
        { "null", 4, 0 },
        { "[]", 4, 0 },
        { "[null]", 4, 0 },
        { "[[\"admin\"]]", 4, 0 },
        { "{\"admin\":true}", 4, 0 },
        { "[{\"admin\":\"admin\"}]", 4, 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(payload, sizeof(payload), "{\"org\":{\"role\":%s}}",
                 cases[i].claim);
        claims_parse(payload, &claims);

        if (claims_has(&claims, values, cases[i].nvalues) != cases[i].has) {
            fail_msg("%s, %d values", cases[i].claim,
                     (int) cases[i].nvalues);
        }
    }
}


static void
claims_paths(void **state)
{
    oauth_claims_t  claims;

    static const oauth_str_t  names[] = {
        oauth_string("a"), oauth_string("b.c"), oauth_string("d"),
        oauth_string("e")
    };

    (void) state;

    claims_parse("{\"a\":{\"b.c\":{\"d\":[1]}},\"d\":2}", &claims);

    assert_true(oauth_json_is(oauth_claims_at(&claims, names, 1),
                              OAUTH_JSON_OBJECT));
    assert_true(oauth_json_is(oauth_claims_at(&claims, names, 2),
                              OAUTH_JSON_OBJECT));
    assert_true(oauth_json_is(oauth_claims_at(&claims, names, 3),
                              OAUTH_JSON_ARRAY));
    assert_true(oauth_json_is(oauth_claims_at(&claims, names + 2, 1),
                              OAUTH_JSON_INTEGER));
    assert_null(oauth_claims_at(&claims, names, 4));
    assert_null(oauth_claims_at(&claims, names + 1, 1));
    assert_ptr_equal(oauth_claims_at(&claims, names, 0), claims.root);
}


/* A path into act never leads to a claim that is named like the path. */

static void
claims_actor_path(void **state)
{
    oauth_claims_t  claims;

    static const oauth_str_t  names[] = {
        oauth_string("act.sub"), oauth_string("act"), oauth_string("sub")
    };

    static const oauth_str_t  inner = oauth_string("act.act.sub");
    static const oauth_str_t  dotted = oauth_string("act.x.y");
    static const oauth_str_t  other = oauth_string("actor.sub");

    (void) state;

    claims_parse("{\"act.sub\":1,\"act\":{\"sub\":\"a\",\"act\":{\"sub\":"
                 "\"b\"},\"x.y\":2},\"actor.sub\":3}", &claims);

    assert_true(oauth_str_equal(oauth_json_str(oauth_claims_at(&claims,
                                                   &names[0], 1)),
                                oauth_str("a")));
    assert_ptr_equal(oauth_claims_at(&claims, &names[1], 2),
                     oauth_claims_at(&claims, &names[0], 1));
    assert_true(oauth_str_equal(oauth_json_str(oauth_claims_at(&claims, &inner,
                                                               1)),
                                oauth_str("b")));
    assert_int_equal(oauth_json_integer(oauth_claims_at(&claims, &dotted, 1)),
                     2);
    assert_int_equal(oauth_json_integer(oauth_claims_at(&claims, &other, 1)),
                     3);

    claims_parse("{\"act.sub\":1,\"act\":null}", &claims);

    assert_null(oauth_claims_at(&claims, &names[0], 1));
}


static int
claims_json_free(void **state)
{
    (void) state;

    json_copy_free(&claims_json);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(claims_read),
        cmocka_unit_test(claims_empty),
        cmocka_unit_test(claims_identifiers),
        cmocka_unit_test(claims_types),
        cmocka_unit_test(claims_malformed),
        cmocka_unit_test(claims_numbers),
        cmocka_unit_test(claims_time),
        cmocka_unit_test(claims_elements),
        cmocka_unit_test(claims_marks),
        cmocka_unit_test(claims_scope),
        cmocka_unit_test(claims_members),
        cmocka_unit_test(claims_paths),
        cmocka_unit_test(claims_actor_path)
    };

    return cmocka_run_group_tests(tests, NULL, claims_json_free);
}
