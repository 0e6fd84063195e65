
/*
 * Whether a token may be accepted, whether the reason for its refusal is true,
 * and what a token must keep.
 */


#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "oauth_document.h"
#include "oracle.h"


static void oracle_header(const trial_t *c);
static void oracle_payload(const trial_t *c);
static void oracle_times(const json_t *payload, const trial_t *c);
static double oracle_date(const json_t *payload, const char *name,
    double absent);
static int oracle_header_names(const trial_t *c);
static void oracle_audience(const oauth_token_t *token,
    const json_t *audience);
static void oracle_identifier(const oauth_token_t *token, oauth_str_t s,
    const json_t *payload, const char *name);
static void oracle_selected(const oauth_token_t *token,
    const oauth_claims_t *claims);
static void oracle_inside(const oauth_token_t *token, oauth_str_t s);


void
oracle_accepted(const trial_t *c)
{
    /*
     * Only the keys of the set can sign, and nothing may be changed after that.
     */

    fuzz_need(!c->raw && !c->foreign && !c->flip);
    fuzz_need(c->set != TRIAL_FOREIGN);

    oracle_header(c);
    oracle_payload(c);
}


static void
oracle_header(const trial_t *c)
{
    json_t             *header;
    oauth_str_t         name;
    const oauth_alg_t  *alg;

    (void) oauth_document_parse(c->header, OAUTH_JSON_MEMBERS, &header);

    fuzz_need(header);
    fuzz_need(oauth_document_string(header, "alg", &name) == 1);

    alg = oauth_alg_lookup(name);

    fuzz_need(alg);
    fuzz_need(alg->bits & oracle_signed(c) & c->policy.algorithms);

    /*
     * The RSA key of the set names PS256.  Each other key has only one
     * algorithm anyway.
     */

    if (c->set == TRIAL_PINNED && alg->type == OAUTH_KEY_RSA) {
        fuzz_need(alg->id == OAUTH_ALG_PS256);
    }

    if (c->policy.access_only) {
        fuzz_need(oauth_document_string(header, "typ", &name) == 1);
        fuzz_need(oauth_str_equal_nocase(name, oauth_str("at+jwt"))
                  || oauth_str_equal_nocase(name,
                                            oauth_str("application/at+jwt")));
    }

    json_decref(header);
}


static void
oracle_payload(const trial_t *c)
{
    json_t       *payload;
    oauth_str_t   issuer;

    (void) oauth_document_parse(c->payload, OAUTH_JSON_MEMBERS, &payload);

    fuzz_need(payload);
    fuzz_need(oauth_document_string(payload, "iss", &issuer) == 1);
    fuzz_need(oauth_str_equal(issuer, c->policy.issuer));

    fuzz_need(json_object_get(payload, "events") == NULL);

    oracle_times(payload, c);

    json_decref(payload);
}


static void
oracle_times(const json_t *payload, const trial_t *c)
{
    double  exp, now, leeway;

    now = (double) c->now;
    leeway = (double) c->policy.leeway;

    fuzz_need(json_object_get(payload, "exp"));

    exp = oracle_date(payload, "exp", 0);

    fuzz_need(exp + leeway > now);
    fuzz_need(oracle_date(payload, "nbf", now) <= now + leeway);
    fuzz_need(oracle_date(payload, "iat", now) <= now + leeway);
    fuzz_need(exp - oracle_date(payload, "iat", now)
              <= (double) c->policy.max_lifetime);
}


/* A date without its fraction. */

static double
oracle_date(const json_t *payload, const char *name, double absent)
{
    const json_t  *value;

    value = strcmp(name, "exp") == 0 ? json_object_get(payload, name)
                                     : fuzz_member(payload, name);
    if (value == NULL) {
        return absent;
    }

    fuzz_need(json_is_number(value));

    return trunc(json_number_value(value));
}


void
oracle_refused(oauth_reason_t reason, const trial_t *c)
{
    double   exp;
    json_t  *payload;

    if (c->raw || c->flip) {
        return;
    }

    (void) oauth_document_parse(c->payload, OAUTH_JSON_MEMBERS, &payload);

    switch (reason) {

    case OAUTH_BAD_SIGNATURE:
        fuzz_need(c->foreign || c->set == TRIAL_FOREIGN
                  || !oracle_header_names(c));
        break;

    case OAUTH_NO_EXPIRY:
        fuzz_need(json_object_get(payload, "exp") == NULL);
        break;

    case OAUTH_EXPIRED:
        exp = oracle_date(payload, "exp", 0);
        fuzz_need(exp + (double) c->policy.leeway <= (double) c->now);
        break;

    default:
        break;
    }

    json_decref(payload);
}


/*
 * Returns 1 if the header names the algorithm with which the token was signed.
 */

static int
oracle_header_names(const trial_t *c)
{
    int                 same;
    json_t             *header;
    oauth_str_t         name;
    const oauth_alg_t  *alg;

    same = 0;
    (void) oauth_document_parse(c->header, OAUTH_JSON_MEMBERS, &header);

    if (oauth_document_string(header, "alg", &name) == 1) {
        alg = oauth_alg_lookup(name);
        same = alg && (alg->bits & oracle_signed(c));

        /* The kid may be that of the key on the other curve. */

        if (alg && alg->id == OAUTH_ALG_EDDSA && fuzz_member(header, "kid")) {
            same = 0;
        }
    }

    json_decref(header);

    return same;
}


oauth_algs_t
oracle_signed(const trial_t *c)
{
    return oauth_alg_bit(c->sign == OAUTH_ALG_EDDSA ? OAUTH_ALG_ED25519
                                                    : c->sign);
}


void
oracle_token(oauth_token_t *token, const oauth_jwt_t *jwt,
    const trial_t *c)
{
    json_t                *payload;
    int64_t                end;
    oauth_str_t            scope, word;
    const oauth_claims_t  *claims;

    claims = &jwt->claims;

    fuzz_need(oauth_str_equal(claims->issuer, c->policy.issuer));
    fuzz_need(claims->has_expires && !claims->event);
    fuzz_need(oauth_str_equal(token->text, jwt->text));

    /* It is that of the key, which may have none, or not be named. */

    fuzz_need(token->kid.data == NULL || jwt->jws.kid.data == NULL
              || oauth_str_equal(token->kid, jwt->jws.kid));
    fuzz_need(oauth_str_equal(token->subject, claims->subject));

    (void) oauth_document_parse(c->payload, OAUTH_JSON_MEMBERS, &payload);
    fuzz_need(payload);

    oracle_identifier(token, token->id, payload, "jti");
    oracle_identifier(token, token->client, payload, "client_id");
    oracle_identifier(token, token->session, payload, "sid");
    oracle_audience(token, json_object_get(payload, "aud"));

    json_decref(payload);

    fuzz_need(token->issued_at == claims->issued_at);

    oracle_inside(token, token->text);
    oracle_inside(token, token->kid);
    oracle_inside(token, token->subject);
    oracle_inside(token, token->scope);

    scope = token->scope;

    while (scope.data && fuzz_word(&scope, &word)) {
        fuzz_need(fuzz_is_scope(word));
    }

    oracle_selected(token, claims);

    /* At a later time the token is expired. */

    end = claims->expires + c->policy.leeway;

    fuzz_need(oauth_token_is_current(token, c->now));
    fuzz_need(oauth_token_is_current(token, end - 1));
    fuzz_need(!oauth_token_is_current(token, end));

    /* A second reference to the token. */

    fuzz_need(oauth_token_acquire(token) == token);
    oauth_token_free(token);
    fuzz_need(token->refs == 1);
}


static void
oracle_audience(const oauth_token_t *token, const json_t *audience)
{
    size_t         i, n;
    const json_t  *member;

    n = json_is_array(audience) ? json_array_size(audience)
                                : (audience != NULL);

    fuzz_need(token->naudience == n);

    for (i = 0; i < n; i++) {
        member = json_is_array(audience) ? json_array_get(audience, i)
                                         : audience;

        fuzz_need(json_is_string(member));
        fuzz_need(oauth_str_equal(token->audience[i],
                                  oauth_document_str(member)));
        oracle_inside(token, token->audience[i]);
    }
}


/* As a string of the JSON, or absent. */

static void
oracle_identifier(const oauth_token_t *token, oauth_str_t s,
    const json_t *payload, const char *name)
{
    const json_t  *value;

    value = json_object_get(payload, name);

    fuzz_need((s.data != NULL) == json_is_string(value));
    fuzz_need(oauth_str_equal(s, oauth_document_str(value)));

    oracle_inside(token, s);
}


/* Each selected claim, and its members in their order. */

static void
oracle_selected(const oauth_token_t *token, const oauth_claims_t *claims)
{
    size_t                       i, n;
    oauth_str_t                  member;
    oauth_buf_t                  buf;
    const oauth_json_t          *value, *element;
    const oauth_token_claim_t   *claim;
    const oauth_token_select_t  *select;

    memset(&buf, 0, sizeof(oauth_buf_t));

    for (i = 0; i < token->rules->nselected; i++) {

        claim = &token->claims[i];
        select = &token->rules->selected[i];
        value = oauth_claims_at(claims, select->names, select->nnames);

        oracle_inside(token, claim->text);
        fuzz_need(!claim->field || oauth_str_is_field(claim->text));

        if (claim->text.data) {
            buf.len = 0;
            fuzz_need(select->text
                      && oauth_token_selected(token, select, &buf) == 0);
            fuzz_need(oauth_str_equal(claim->text, oauth_buf_str(&buf)));
        }

        if (claim->text.data && select->kind == OAUTH_TOKEN_CLAIM
            && select->encoding == OAUTH_ENCODING_UTF8)
        {
            buf.len = 0;
            fuzz_need(oauth_json_text(value, &buf) == 0);
            fuzz_need(oauth_str_equal(claim->text, oauth_buf_str(&buf)));
        }

        n = 0;
        element = select->members ? oauth_claims_next(value, NULL) : NULL;

        for ( /* void */ ; element; element = oauth_claims_next(value, element))
        {
            buf.len = 0;
            member = oauth_claims_value(element, &buf);

            if (member.data) {
                fuzz_need(n < claim->nmembers);
                fuzz_need(oauth_str_equal(claim->members[n], member));
                oracle_inside(token, claim->members[n++]);
            }
        }

        fuzz_need(n == claim->nmembers);
    }

    oauth_buf_free(&buf);
}


static void
oracle_inside(const oauth_token_t *token, oauth_str_t s)
{
    const unsigned char  *start;

    start = (const unsigned char *) token;

    fuzz_need(s.data == NULL
              || (s.data >= start + sizeof(oauth_token_t)
                  && s.data + s.len <= start + token->size));
}
