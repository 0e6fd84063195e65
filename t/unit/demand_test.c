
/*
 * What a location demands: an audience, also where the server has other
 * resources; a subject; claims; how and when the user has signed in; scopes.
 * Each refusal stands next to what is accepted.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_demand.h"


#define S(str)  oauth_string(str)

#define A  "https://h/a"


static oauth_str_t
demand_resource(const void *data, size_t i)
{
    const oauth_str_t *resources = data;

    return resources[i];
}


typedef struct {
    oauth_reason_t  reason;
    oauth_str_t     resource;
    oauth_str_t     audience[3];        /* up to the first absent one */
    oauth_str_t     listed[3];
    oauth_str_t     others[4];
} demand_case_t;


static const demand_case_t  demand_cases[] = {

    { OAUTH_NO_AUDIENCE, S(A), { { 0, NULL } }, { { 0, NULL } },
      { { 0, NULL } } },
    { OAUTH_NO_AUDIENCE, S(A), { { 0, NULL } }, { S("x") }, { S(A) } },

    { OAUTH_OK, S(A), { S(A) }, { { 0, NULL } }, { { 0, NULL } } },
    { OAUTH_OK, S("https://h"), { S("https://h/") }, { { 0, NULL } },
      { { 0, NULL } } },
    { OAUTH_OK, S(A), { S("x"), S(A) }, { { 0, NULL } }, { { 0, NULL } } },
    { OAUTH_OK, S(A), { S(A), S("x") }, { { 0, NULL } }, { { 0, NULL } } },

    { OAUTH_WRONG_AUDIENCE, S(A), { S("https://h/b") }, { { 0, NULL } },
      { { 0, NULL } } },
    { OAUTH_WRONG_AUDIENCE, S(A), { S("") }, { { 0, NULL } },
      { { 0, NULL } } },
    { OAUTH_WRONG_AUDIENCE, S(A), { S("https://h"), S("https://h/ab") },
      { { 0, NULL } }, { { 0, NULL } } },
    { OAUTH_WRONG_AUDIENCE, S(A), { S("x") }, { S("y"), S("X") },
      { { 0, NULL } } },

    { OAUTH_OK, S(A), { S("x") }, { S("x") }, { { 0, NULL } } },
    { OAUTH_OK, S(A), { S("x") }, { S("y"), S("x") }, { { 0, NULL } } },

    /* Below the resource, and below no longer one. */

    { OAUTH_OK, S(A), { S(A "/b") }, { { 0, NULL } }, { { 0, NULL } } },
    { OAUTH_OK, S(A), { S(A "/b") }, { { 0, NULL } },
      { S("https://h"), S(A), S(A "/c") } },
    { OAUTH_OK, S(A), { S(A "/b") }, { { 0, NULL } }, { S("https://h/") } },
    { OAUTH_WRONG_AUDIENCE, S(A), { S(A "/b") }, { { 0, NULL } },
      { S(A "/b") } },
    { OAUTH_WRONG_AUDIENCE, S(A), { S(A "/b") }, { { 0, NULL } },
      { S(A), S("https://h"), S(A "/b") } },
    { OAUTH_WRONG_AUDIENCE, S(A), { S(A "/b/c") }, { { 0, NULL } },
      { S(A "/b") } },
    { OAUTH_OK, S(A), { S(A "/bc") }, { { 0, NULL } }, { S(A "/b") } },

    /* A listed value counts, whose resource it may be. */

    { OAUTH_OK, S(A), { S(A "/b") }, { S(A "/b") }, { S(A "/b") } },

    /* What belongs to another resource does not spoil the next value. */

    { OAUTH_OK, S(A), { S(A "/b"), S(A) }, { { 0, NULL } }, { S(A "/b") } },

    /* A URL that could be spelled otherwise is below nothing. */

    { OAUTH_WRONG_AUDIENCE, S(A), { S(A "/../b") }, { { 0, NULL } },
      { { 0, NULL } } },
    { OAUTH_WRONG_AUDIENCE, S(A), { S(A "/b?c") }, { { 0, NULL } },
      { { 0, NULL } } }
};


static size_t
demand_count(const oauth_str_t *list, size_t most)
{
    size_t  n;

    for (n = 0; n < most && list[n].data; n++) { /* void */ }

    return n;
}


static void
demand_audiences(void **state)
{
    size_t                i;
    oauth_token_t         token;
    oauth_reason_t        reason;
    oauth_demand_t        demand;
    const demand_case_t  *c;

    (void) state;

    for (i = 0; i < sizeof(demand_cases) / sizeof(demand_cases[0]); i++) {

        c = &demand_cases[i];

        memset(&token, 0, sizeof(oauth_token_t));
        token.audience = c->audience;
        token.naudience = demand_count(c->audience, 3);

        demand.resource = c->resource;
        demand.audience = c->listed;
        demand.naudience = demand_count(c->listed, 3);
        demand.others = demand_resource;
        demand.data = c->others;
        demand.subject = 0;
        demand.any_audience = 0;

        reason = oauth_demand_verify(&demand, &token);

        if (reason != c->reason) {
            fail_msg("case %d: %s", (int) i, oauth_reason_info(reason)->code);
        }

        /* The subject comes after the audience, which may be any. */

        demand.subject = 1;
        assert_int_equal(oauth_demand_verify(&demand, &token),
                         c->reason == OAUTH_OK ? OAUTH_NO_SUBJECT : c->reason);

        demand.subject = 0;
        demand.any_audience = 1;
        assert_int_equal(oauth_demand_verify(&demand, &token), OAUTH_OK);

        /* What nobody has filled in is met by no token. */

        memset(&demand, 0, sizeof(oauth_demand_t));
        assert_int_equal(oauth_demand_verify(&demand, &token),
                         token.naudience ? OAUTH_WRONG_AUDIENCE
                                         : OAUTH_NO_AUDIENCE);
    }
}


static void
demand_below(void **state)
{
    oauth_demand_t  demand;

    static const oauth_str_t  others[] = { S(A "/b"), S(A), { 0, NULL } };

    (void) state;

    memset(&demand, 0, sizeof(oauth_demand_t));

    demand.resource = oauth_str(A);
    demand.others = demand_resource;
    demand.data = others;

    assert_int_equal(oauth_demand_is_below(&demand, oauth_str(A "/c")), 1);
    assert_int_equal(oauth_demand_is_below(&demand, oauth_str(A "/bb")), 1);
    assert_int_equal(oauth_demand_is_below(&demand, oauth_str(A "/b")), 0);
    assert_int_equal(oauth_demand_is_below(&demand, oauth_str(A "/b/c")), 0);
    assert_int_equal(oauth_demand_is_below(&demand, oauth_str(A)), 0);
    assert_int_equal(oauth_demand_is_below(&demand, oauth_str("x")), 0);
}


static void
demand_subject(void **state)
{
    size_t          i;
    oauth_token_t   token;
    oauth_demand_t  demand;

    static const oauth_str_t  good[] = { S("joe"), S("0"), S("j e") };
    static const oauth_str_t  bad[] = {
        { 0, NULL }, S(""), S(" joe"), S("joe "), S("j\x01" "e"), S("j\ne")
    };

    (void) state;

    memset(&token, 0, sizeof(oauth_token_t));
    memset(&demand, 0, sizeof(oauth_demand_t));

    demand.any_audience = 1;
    demand.subject = 1;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        token.subject = good[i];
        assert_int_equal(oauth_demand_verify(&demand, &token), OAUTH_OK);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        token.subject = bad[i];
        assert_int_equal(oauth_demand_verify(&demand, &token),
                         OAUTH_NO_SUBJECT);
    }
}


/* Header fields that encode the subject can carry more of them. */

static void
demand_encoded_subject(void **state)
{
    size_t          i, k;
    oauth_token_t   token;
    oauth_demand_t  demand;
    unsigned char   large[OAUTH_ENCODING_SIZE + 1];

    static const unsigned  needs[] = {
        OAUTH_DEMAND_SUBJECT_FIELD,
        OAUTH_DEMAND_SUBJECT_TEXT,
        OAUTH_DEMAND_SUBJECT_ENCODED,
        OAUTH_DEMAND_SUBJECT_FIELD|OAUTH_DEMAND_SUBJECT_ENCODED
    };

    const struct {
        oauth_str_t  subject;
        int          good[4];
    } cases[] = {
        { { 0, NULL }, { 0, 0, 0, 0 } },
        { S(""), { 0, 0, 0, 0 } },
        { S("joe"), { 1, 1, 1, 1 } },
        { S(" joe"), { 0, 1, 1, 0 } },
        { S(" "), { 0, 1, 1, 0 } },
        { S("j\ne"), { 0, 0, 1, 0 } },
        { S("j\xc2\x85"), { 0, 0, 1, 0 } },
        { { OAUTH_ENCODING_SIZE, large }, { 1, 1, 1, 1 } },
        { { OAUTH_ENCODING_SIZE + 1, large }, { 1, 1, 0, 0 } }
    };

    (void) state;

    memset(&token, 0, sizeof(oauth_token_t));
    memset(&demand, 0, sizeof(oauth_demand_t));
    memset(large, 'a', sizeof(large));

    demand.any_audience = 1;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        token.subject = cases[i].subject;
        demand.subject = 0;
        assert_int_equal(oauth_demand_verify(&demand, &token), OAUTH_OK);

        for (k = 0; k < 4; k++) {
            demand.subject = needs[k] & 7;
            assert_int_equal(oauth_demand_verify(&demand, &token),
                             cases[i].good[k] ? OAUTH_OK : OAUTH_NO_SUBJECT);
        }
    }
}


static void
demand_claims(void **state)
{
    oauth_token_claim_t  claim, none;

    static const oauth_str_t  members[] = { S("user"), S(""), S("admin") };
    static const oauth_str_t  good[] = { S("root"), S("admin") };
    static const oauth_str_t  bad[] = { S("root"), S("adminx"), S("Admin") };

    (void) state;

    memset(&none, 0, sizeof(oauth_token_claim_t));
    memset(&claim, 0, sizeof(oauth_token_claim_t));

    claim.members = members;
    claim.nmembers = 3;

    assert_int_equal(oauth_demand_claim(&claim, good, 2), OAUTH_OK);
    assert_int_equal(oauth_demand_claim(&claim, good, 1),
                     OAUTH_REQUIREMENT_NOT_MET);
    assert_int_equal(oauth_demand_claim(&claim, bad, 3),
                     OAUTH_REQUIREMENT_NOT_MET);
    assert_int_equal(oauth_demand_claim(&claim, NULL, 0),
                     OAUTH_REQUIREMENT_NOT_MET);
    assert_int_equal(oauth_demand_claim(&none, good, 2),
                     OAUTH_REQUIREMENT_NOT_MET);

    assert_int_equal(oauth_demand_claim_value(&claim, good[1]), OAUTH_OK);
    assert_int_equal(oauth_demand_claim_value(&claim, good[0]),
                     OAUTH_REQUIREMENT_NOT_MET);

    /* A configured value may be empty; what is evaluated may not. */

    assert_int_equal(oauth_demand_claim(&claim, &members[1], 1), OAUTH_OK);
    assert_int_equal(oauth_demand_claim_value(&claim, members[1]),
                     OAUTH_REQUIREMENT_NOT_MET);
    assert_int_equal(oauth_demand_claim_value(&claim,
                                              (oauth_str_t) { 0, NULL }),
                     OAUTH_REQUIREMENT_NOT_MET);
}


static void
demand_acr(void **state)
{
    size_t          i;
    oauth_token_t   token;
    oauth_demand_t  demand;

    static const oauth_str_t  values[] = { S("gold"), S("urn:phr") };
    static const struct {
        oauth_str_t  acr;
        int          first;             /* is it the first value?             */
        int          any;               /* is it one of both?                 */
    } cases[] = {
        { S("gold"), 1, 1 }, { S("urn:phr"), 0, 1 }, { S("Gold"), 0, 0 },
        { S("gold "), 0, 0 }, { S("gol"), 0, 0 }, { S("golden"), 0, 0 },
        { S("gold urn:phr"), 0, 0 }, { S(""), 0, 0 }, { { 0, NULL }, 0, 0 }
    };

    (void) state;

    memset(&token, 0, sizeof(oauth_token_t));
    memset(&demand, 0, sizeof(oauth_demand_t));

    demand.acr = values;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        token.acr = cases[i].acr;

        demand.nacr = 0;
        assert_int_equal(oauth_demand_acr(&demand, &token), OAUTH_OK);

        demand.nacr = 1;
        assert_int_equal(oauth_demand_acr(&demand, &token),
                         cases[i].first ? OAUTH_OK
                                        : OAUTH_INSUFFICIENT_AUTHENTICATION);

        demand.nacr = 2;
        assert_int_equal(oauth_demand_acr(&demand, &token),
                         cases[i].any ? OAUTH_OK
                                      : OAUTH_INSUFFICIENT_AUTHENTICATION);
    }
}


static void
demand_max_age(void **state)
{
    size_t               i;
    oauth_token_t        token;
    oauth_demand_t       demand;
    oauth_token_rules_t  rules;

    static const struct {
        int64_t  auth_time;
        int64_t  leeway;
        int      good;
    } cases[] = {
        { 1000, 0, 1 }, { 701, 0, 1 }, { 700, 0, 1 }, { 699, 0, 0 },
        { 670, 30, 1 }, { 669, 30, 0 }, { 0, 30, 0 }, { -1, 30, 0 },
        { 1001, 0, 0 }, { 1030, 30, 1 }, { 1031, 30, 0 },
        { (int64_t) 1 << 53, 30, 0 }, { -((int64_t) 1 << 53), 30, 0 }
    };

    (void) state;

    memset(&rules, 0, sizeof(oauth_token_rules_t));
    memset(&token, 0, sizeof(oauth_token_t));
    memset(&demand, 0, sizeof(oauth_demand_t));

    token.rules = &rules;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        rules.leeway = cases[i].leeway;
        token.auth_time = cases[i].auth_time;
        token.has_auth_time = 1;

        demand.max_age = 300;
        assert_int_equal(oauth_demand_max_age(&demand, &token, 1000),
                         cases[i].good ? OAUTH_OK
                                       : OAUTH_INSUFFICIENT_AUTHENTICATION);

        demand.max_age = 0;
        assert_int_equal(oauth_demand_max_age(&demand, &token, 1000),
                         OAUTH_OK);

        /* The longest time that oauth_max_age takes bounds the future only. */

        demand.max_age = INT64_MAX;
        assert_int_equal(oauth_demand_max_age(&demand, &token, 1000),
                         cases[i].auth_time <= 1000 + cases[i].leeway
                         ? OAUTH_OK : OAUTH_INSUFFICIENT_AUTHENTICATION);

        /* Without the claim there is no time that could be recent. */

        demand.max_age = 300;
        token.has_auth_time = 0;
        assert_int_equal(oauth_demand_max_age(&demand, &token, 1000),
                         OAUTH_INSUFFICIENT_AUTHENTICATION);
    }
}


static void
demand_scopes(void **state)
{
    char         many[2 * (OAUTH_SCOPE_TERMS + 1)];
    size_t       i;
    oauth_str_t  granted;

    static const oauth_str_t         implied[] = { S("c") };
    static const oauth_scope_rule_t  rules[] = { { S("b"), implied, 1 } };

    static const struct {
        oauth_str_t  scopes;
        int          plain;
        int          ruled;
    } cases[] = {
        { S("a"), 1, 1 }, { S("a b"), 1, 1 }, { S(" b  a "), 1, 1 },
        { S("c"), 0, 1 }, { S("a c"), 0, 1 }, { S("c a"), 0, 1 },
        { S("a d"), 0, 0 }, { S("d a"), 0, 0 }, { S("d"), 0, 0 },
        { S("a|d"), 0, 0 }, { S(""), 0, 0 }, { S("  "), 0, 0 },
        { { 0, NULL }, 0, 0 }
    };

    (void) state;

    granted = oauth_str("a b");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        assert_int_equal(oauth_demand_scopes(cases[i].scopes, granted, NULL,
                                             0),
                         cases[i].plain ? OAUTH_OK : OAUTH_INSUFFICIENT_SCOPE);
        assert_int_equal(oauth_demand_scopes(cases[i].scopes, granted, rules,
                                             1),
                         cases[i].ruled ? OAUTH_OK : OAUTH_INSUFFICIENT_SCOPE);
    }

    /* The last one is one too many, although the token has each. */

    for (i = 0; i < sizeof(many); i += 2) {
        many[i] = 'a';
        many[i + 1] = ' ';
    }

    assert_int_equal(oauth_demand_scopes(
                         (oauth_str_t) { sizeof(many) - 3,
                                         (unsigned char *) many },
                         granted, NULL, 0), OAUTH_OK);
    assert_int_equal(oauth_demand_scopes(
                         (oauth_str_t) { sizeof(many) - 1,
                                         (unsigned char *) many },
                         granted, NULL, 0), OAUTH_INSUFFICIENT_SCOPE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(demand_audiences),
        cmocka_unit_test(demand_below),
        cmocka_unit_test(demand_subject),
        cmocka_unit_test(demand_encoded_subject),
        cmocka_unit_test(demand_claims),
        cmocka_unit_test(demand_acr),
        cmocka_unit_test(demand_max_age),
        cmocka_unit_test(demand_scopes)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
