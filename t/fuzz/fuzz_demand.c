
/*
 * What a location demands.  Input: lines that begin with a word.  Of the token:
 * "aud", "sub", "has" (members of its claim), "acr", "auth" (its auth_time),
 * "scope"; of the location: "resource", "other", "list", "subject", "require",
 * "value", "accept" (values of acr), "age", "want", "rule".  The verdict is
 * that of plain walks over the lists, in the order of the terms.
 */


#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "oauth_demand.h"
#include "oauth_url.h"


#define FUZZ_LIST    16
#define FUZZ_NOW     1700000000
#define FUZZ_LEEWAY  30


typedef struct {
    size_t                n;
    oauth_str_t           words[FUZZ_LIST];
} fuzz_list_t;


typedef struct {
    fuzz_list_t           audience;
    oauth_str_t           subject;
    fuzz_list_t           members;
    oauth_str_t           granted;
    oauth_str_t           resource;         /* absent: any audience           */
    fuzz_list_t           others;
    fuzz_list_t           listed;
    int                   needs_subject;
    fuzz_list_t           values;
    oauth_str_t           value;            /* absent: none                   */
    oauth_str_t           acr;
    oauth_str_t           auth;             /* absent: none                   */
    fuzz_list_t           accepted;
    oauth_str_t           age;              /* absent: none                   */
    oauth_str_t           scopes;           /* absent: none                   */
    size_t                nrules;
    oauth_scope_rule_t    rules[FUZZ_LIST];
    fuzz_list_t           implied[FUZZ_LIST];
} fuzz_demand_t;


static void fuzz_read(fuzz_demand_t *d, oauth_str_t input);
static void fuzz_read_line(fuzz_demand_t *d, oauth_str_t key,
    oauth_str_t line);
static void fuzz_read_rule(fuzz_demand_t *d, oauth_str_t line);
static void fuzz_words(fuzz_list_t *list, oauth_str_t line);
static oauth_reason_t fuzz_verdict(const fuzz_demand_t *d,
    const oauth_token_t *token, const oauth_token_claim_t *claim);
static oauth_str_t fuzz_other(const void *data, size_t i);
static oauth_reason_t fuzz_expected(const fuzz_demand_t *d);
static int fuzz_is_for(const fuzz_demand_t *d, oauth_str_t audience);
static int fuzz_signed_in(const fuzz_demand_t *d);
static int64_t fuzz_time(oauth_str_t text);
static int fuzz_has(const fuzz_list_t *list, oauth_str_t word);
static int fuzz_has_any(const fuzz_list_t *list, const fuzz_list_t *words);
static int fuzz_granted(const fuzz_demand_t *d);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    oauth_str_t           input;
    oauth_token_t         token;
    fuzz_demand_t        *d;
    oauth_reason_t        reason;
    oauth_token_claim_t   claim;
    oauth_token_rules_t   rules;

    input.data = data;
    input.len = size;
    input = fuzz_copy(input);

    d = calloc(1, sizeof(fuzz_demand_t));
    fuzz_need(d);
    fuzz_read(d, input);

    memset(&token, 0, sizeof(oauth_token_t));
    memset(&claim, 0, sizeof(oauth_token_claim_t));
    memset(&rules, 0, sizeof(oauth_token_rules_t));

    rules.leeway = FUZZ_LEEWAY;

    token.audience = d->audience.words;
    token.naudience = d->audience.n;
    token.subject = d->subject;
    token.scope = d->granted;
    token.acr = d->acr;
    token.auth_time = fuzz_time(d->auth);
    token.has_auth_time = (d->auth.data != NULL);
    token.rules = &rules;
    claim.members = d->members.words;
    claim.nmembers = d->members.n;

    reason = fuzz_verdict(d, &token, &claim);

    fuzz_need(reason == fuzz_expected(d));
    fuzz_accepted = (reason == OAUTH_OK);

    /* One audience less never makes a token good for more. */

    if (reason == OAUTH_OK && d->resource.data && token.naudience > 0) {
        token.naudience--;
        d->audience.n--;
        fuzz_need(fuzz_verdict(d, &token, &claim) == fuzz_expected(d));
    }

    free(d);
    fuzz_free(input);

    return 0;
}


static void
fuzz_read(fuzz_demand_t *d, oauth_str_t input)
{
    oauth_str_t  line, key;

    while (input.len > 0) {

        line = fuzz_line(&input);

        if (!fuzz_word(&line, &key)) {
            continue;
        }

        if (line.len > 0) {
            line.data++;
            line.len--;
        }

        fuzz_read_line(d, key, line);
    }
}


static void
fuzz_read_line(fuzz_demand_t *d, oauth_str_t key, oauth_str_t line)
{
    size_t  i;

    const struct {
        oauth_str_t   key;
        oauth_str_t  *text;
        fuzz_list_t  *list;
    } rows[] = {
        { oauth_string("aud"), NULL, &d->audience },
        { oauth_string("sub"), &d->subject, NULL },
        { oauth_string("has"), NULL, &d->members },
        { oauth_string("scope"), &d->granted, NULL },
        { oauth_string("resource"), &d->resource, NULL },
        { oauth_string("other"), NULL, &d->others },
        { oauth_string("list"), NULL, &d->listed },
        { oauth_string("require"), NULL, &d->values },
        { oauth_string("value"), &d->value, NULL },
        { oauth_string("acr"), &d->acr, NULL },
        { oauth_string("auth"), &d->auth, NULL },
        { oauth_string("accept"), NULL, &d->accepted },
        { oauth_string("age"), &d->age, NULL },
        { oauth_string("want"), &d->scopes, NULL }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {

        if (!oauth_str_equal(key, rows[i].key)) {
            continue;
        }

        if (rows[i].text) {
            *rows[i].text = line;

        } else {
            fuzz_words(rows[i].list, line);
        }
    }

    if (oauth_str_equal(key, oauth_str("subject"))) {
        d->needs_subject = 1;
    }

    if (oauth_str_equal(key, oauth_str("rule"))) {
        fuzz_read_rule(d, line);
    }
}


static void
fuzz_read_rule(fuzz_demand_t *d, oauth_str_t line)
{
    oauth_scope_rule_t  *rule;

    rule = &d->rules[d->nrules];

    if (d->nrules == FUZZ_LIST || !fuzz_word(&line, &rule->scope)) {
        return;
    }

    fuzz_words(&d->implied[d->nrules], line);

    rule->implied = d->implied[d->nrules].words;
    rule->nimplied = d->implied[d->nrules].n;

    d->nrules++;
}


static void
fuzz_words(fuzz_list_t *list, oauth_str_t line)
{
    while (list->n < FUZZ_LIST && fuzz_word(&line, &list->words[list->n])) {
        list->n++;
    }
}


/* As a location asks: a term is looked at when those before it are met. */

static oauth_reason_t
fuzz_verdict(const fuzz_demand_t *d, const oauth_token_t *token,
    const oauth_token_claim_t *claim)
{
    oauth_reason_t  reason;
    oauth_demand_t  demand;

    demand.resource = d->resource;
    demand.audience = d->listed.words;
    demand.naudience = d->listed.n;
    demand.others = fuzz_other;
    demand.data = d;
    demand.any_audience = (d->resource.data == NULL);
    demand.subject = (d->needs_subject != 0);
    demand.acr = d->accepted.words;
    demand.nacr = d->accepted.n;
    demand.max_age = fuzz_time(d->age);

    reason = oauth_demand_verify(&demand, token);

    if (reason == OAUTH_OK && d->values.n) {
        reason = oauth_demand_claim(claim, d->values.words, d->values.n);
    }

    if (reason == OAUTH_OK && d->value.data) {
        reason = oauth_demand_claim_value(claim, d->value);
    }

    if (reason == OAUTH_OK) {
        reason = oauth_demand_acr(&demand, token);
    }

    if (reason == OAUTH_OK) {
        reason = oauth_demand_max_age(&demand, token, FUZZ_NOW);
    }

    if (reason == OAUTH_OK && d->scopes.data) {
        reason = oauth_demand_scopes(d->scopes, token->scope, d->rules,
                                     d->nrules);
    }

    fuzz_need_clean();

    return reason;
}


static oauth_str_t
fuzz_other(const void *data, size_t i)
{
    const fuzz_demand_t *d = data;

    return (i < d->others.n) ? d->others.words[i] : (oauth_str_t) { 0, NULL };
}


static oauth_reason_t
fuzz_expected(const fuzz_demand_t *d)
{
    size_t  i, met;

    if (d->resource.data) {

        for (i = 0, met = 0; i < d->audience.n; i++) {
            met += fuzz_is_for(d, d->audience.words[i]);
        }

        if (met == 0) {
            return d->audience.n ? OAUTH_WRONG_AUDIENCE : OAUTH_NO_AUDIENCE;
        }
    }

    if (d->needs_subject && !oauth_str_is_field(d->subject)) {
        return OAUTH_NO_SUBJECT;
    }

    if ((d->values.n && !fuzz_has_any(&d->members, &d->values))
        || (d->value.data
            && (d->value.len == 0 || !fuzz_has(&d->members, d->value))))
    {
        return OAUTH_REQUIREMENT_NOT_MET;
    }

    if (!fuzz_signed_in(d)) {
        return OAUTH_INSUFFICIENT_AUTHENTICATION;
    }

    if (d->scopes.data && !fuzz_granted(d)) {
        return OAUTH_INSUFFICIENT_SCOPE;
    }

    return OAUTH_OK;
}


/* A URL belongs to the longest of the resources that it is or is below. */

static int
fuzz_is_for(const fuzz_demand_t *d, oauth_str_t audience)
{
    size_t       i, longest;
    oauth_str_t  other;

    if (oauth_url_equal(audience, d->resource)
        || fuzz_has(&d->listed, audience))
    {
        return 1;
    }

    longest = 0;

    for (i = 0; i < d->others.n; i++) {

        other = d->others.words[i];

        if (other.len > longest
            && (oauth_url_equal(audience, other)
                || oauth_url_is_below(audience, other)))
        {
            longest = other.len;
        }
    }

    return oauth_url_is_below(audience, d->resource)
           && longest <= d->resource.len;
}


/* The sign-in is in a window around the present, wherever one is demanded. */

static int
fuzz_signed_in(const fuzz_demand_t *d)
{
    int64_t  age, at;

    age = fuzz_time(d->age);
    at = fuzz_time(d->auth);

    if (d->accepted.n
        && (d->acr.data == NULL || !fuzz_has(&d->accepted, d->acr)))
    {
        return 0;
    }

    return age <= 0
           || (d->auth.data
               && at >= FUZZ_NOW - FUZZ_LEEWAY - age
               && at <= FUZZ_NOW + FUZZ_LEEWAY);
}


static int64_t
fuzz_time(oauth_str_t text)
{
    return text.data ? fuzz_seconds(&text) : 0;
}


static int
fuzz_has(const fuzz_list_t *list, oauth_str_t word)
{
    size_t  i;

    for (i = 0; i < list->n; i++) {
        if (list->words[i].len == word.len
            && memcmp(list->words[i].data, word.data, word.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static int
fuzz_has_any(const fuzz_list_t *list, const fuzz_list_t *words)
{
    size_t  i;

    for (i = 0; i < words->n; i++) {
        if (fuzz_has(list, words->words[i])) {
            return 1;
        }
    }

    return 0;
}


/* fuzz_scope knows whether a single scope is granted. */

static int
fuzz_granted(const fuzz_demand_t *d)
{
    size_t       n;
    oauth_str_t  rest, word;

    rest = d->scopes;

    for (n = 0; fuzz_word(&rest, &word); n++) {
        if (!oauth_scope_granted(d->granted, word, d->rules, d->nrules)) {
            return 0;
        }
    }

    return n > 0 && oauth_scope_bounded(d->scopes);
}
