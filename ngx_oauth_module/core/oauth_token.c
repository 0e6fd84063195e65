
/*
 * From a JWT to an access token: the checks of RFC 9068 section 4 and RFC 8725
 * section 3 in one order.  A token is one block that holds the structures
 * first, then the lists, then the bytes to which these point.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_pack.h"
#include "oauth_secret.h"
#include "oauth_token_text.h"


static oauth_reason_t oauth_token_verify_header(const oauth_jwt_t *jwt,
    const oauth_token_rules_t *rules);
static oauth_reason_t oauth_token_verify_claims(const oauth_jwt_t *jwt,
    const oauth_token_rules_t *rules, int64_t now);
static oauth_reason_t oauth_token_create_from(const oauth_jwt_t *jwt,
    const oauth_token_rules_t *rules, oauth_str_t kid, oauth_token_t **token);
static void oauth_token_pack(oauth_pack_t *pack,
    const oauth_token_source_t *source, const oauth_token_rules_t *rules,
    oauth_token_t *token, oauth_token_claim_t *claims);
static const oauth_json_t *oauth_token_session(const oauth_claims_t *claims,
    const oauth_token_rules_t *rules);
static void oauth_token_pack_authentication(oauth_pack_t *pack,
    const oauth_claims_t *claims, const oauth_token_rules_t *rules,
    oauth_token_t *token);
static void oauth_token_pack_claim(oauth_pack_t *pack,
    const oauth_token_text_view_t *view, oauth_token_claim_t *claim);
static oauth_str_t oauth_token_pack_text(oauth_pack_t *pack,
    const oauth_token_text_view_t *view);
static void oauth_token_set_times(oauth_token_t *token,
    const oauth_claims_t *claims);


/*
 * The order matters for security: what the issuer has not signed can lead to a
 * refusal, and to nothing else.
 */

oauth_reason_t
oauth_token_verify(oauth_jwt_t *jwt, const oauth_token_rules_t *rules,
    const oauth_jwks_t *keys, int64_t now, oauth_token_t **token)
{
    oauth_reason_t      reason;
    const oauth_jws_t  *jws;
    const oauth_jwk_t  *key;

    jws = &jwt->jws;
    *token = NULL;

    reason = oauth_token_verify_header(jwt, rules);
    if (reason != OAUTH_OK) {
        return reason;
    }

    reason = oauth_jwks_find(keys, jws->kid, jws->alg, rules->algorithms,
                             jws->input, jws->signature, &key);
    if (reason != OAUTH_OK) {
        return reason;
    }

    reason = oauth_jwt_read(jwt);
    if (reason != OAUTH_OK) {
        return reason;
    }

    reason = oauth_token_verify_claims(jwt, rules, now);
    if (reason != OAUTH_OK) {
        return reason;
    }

    return oauth_token_create_from(jwt, rules, key->kid, token);
}


int
oauth_token_is_current(const oauth_token_t *token, int64_t now)
{
    return now >= token->starts && now < token->expires;
}


int
oauth_token_claim_has(const oauth_token_claim_t *claim,
    const oauth_str_t *values, size_t nvalues)
{
    size_t  i, k;

    for (i = 0; i < claim->nmembers; i++) {
        for (k = 0; k < nvalues; k++) {
            if (oauth_str_equal(claim->members[i], values[k])) {
                return 1;
            }
        }
    }

    return 0;
}


oauth_token_t *
oauth_token_shorten(const oauth_token_t *token, int64_t expires)
{
    oauth_jwt_t    *jwt;
    oauth_token_t  *copy;

    copy = NULL;

    if (oauth_jwt_parse(token->text, &jwt) != OAUTH_OK) {
        return NULL;
    }

    if (oauth_jwt_read(jwt) == OAUTH_OK
        && oauth_token_create_from(jwt, token->rules, token->kid, &copy)
           == OAUTH_OK
        && copy->expires > expires)
    {
        copy->expires = expires;
    }

    oauth_jwt_free(jwt);

    return copy;
}


oauth_token_t *
oauth_token_acquire(oauth_token_t *token)
{
    token->refs++;

    return token;
}


void
oauth_token_free(oauth_token_t *token)
{
    if (token == NULL || --token->refs > 0) {
        return;
    }

    oauth_proof_key_free(token->proof_key);
    oauth_minted_free(token->minted);
    free(token->keys);
    oauth_secret_wipe(token, token->size);
    free(token);
}


static oauth_reason_t
oauth_token_verify_header(const oauth_jwt_t *jwt,
    const oauth_token_rules_t *rules)
{
    oauth_jws_type_t  type;

    type = jwt->jws.type;

    if (!oauth_str_equal(jwt->issuer, rules->issuer)) {
        return OAUTH_UNKNOWN_ISSUER;
    }

    if (type == OAUTH_TYPE_OTHER
        || (rules->access_only && type != OAUTH_TYPE_ACCESS))
    {
        return OAUTH_WRONG_TYPE;
    }

    if (!(rules->algorithms & jwt->jws.alg->bits)) {
        return OAUTH_WRONG_ALGORITHM;
    }

    return OAUTH_OK;
}


static oauth_reason_t
oauth_token_verify_claims(const oauth_jwt_t *jwt,
    const oauth_token_rules_t *rules, int64_t now)
{
    const oauth_claims_t  *claims;

    claims = &jwt->claims;

    if (claims->event
        || (claims->id_token && jwt->jws.type != OAUTH_TYPE_ACCESS))
    {
        return OAUTH_WRONG_TYPE;
    }

    return oauth_claims_verify_time(claims, now, rules->leeway,
                                    rules->max_lifetime);
}


static oauth_reason_t
oauth_token_create_from(const oauth_jwt_t *jwt,
    const oauth_token_rules_t *rules, oauth_str_t kid, oauth_token_t **token)
{
    oauth_buf_t           scope;
    oauth_token_source_t  source;

    memset(&scope, 0, sizeof(oauth_buf_t));

    oauth_claims_scope(&jwt->claims, rules->scope_claims,
                       rules->nscope_claims, &scope);

    source.text = jwt->text;
    source.kid = kid;
    source.scope = oauth_buf_str(&scope);
    source.payload = (oauth_str_t) { 0, NULL };
    source.claims = &jwt->claims;

    *token = scope.failed ? NULL : oauth_token_create(&source, rules);

    oauth_buf_free(&scope);

    return *token ? OAUTH_OK : OAUTH_SERVER_ERROR;
}


oauth_token_t *
oauth_token_create(const oauth_token_source_t *source,
    const oauth_token_rules_t *rules)
{
    size_t                size;
    oauth_pack_t          pack;
    oauth_token_t         counted, *token;
    oauth_token_claim_t  *claims;

    memset(&pack, 0, sizeof(oauth_pack_t));

    oauth_token_pack(&pack, source, rules, &counted, NULL);

    size = sizeof(oauth_token_t)
           + rules->nselected * sizeof(oauth_token_claim_t)
           + pack.nstrings * sizeof(oauth_str_t) + pack.nbytes;

    token = oauth_pack_failed(&pack) ? NULL : malloc(size);

    if (token == NULL) {
        oauth_pack_done(&pack);
        return NULL;
    }

    claims = (oauth_token_claim_t *) (token + 1);

    oauth_pack_start(&pack, (oauth_str_t *) (claims + rules->nselected));
    oauth_token_pack(&pack, source, rules, token, claims);

    token->refs = 1;
    token->size = size;
    token->rules = rules;
    token->claims = claims;
    token->proof_key = NULL;
    token->minted = NULL;
    token->keys = NULL;
    token->epoch = 0;
    token->shows_id = !oauth_str_has_control(token->id);
    token->shows_client = !oauth_str_has_control(token->client);

    oauth_token_set_times(token, source->claims);

    /* If memory was short, the copy lacks a claim of the client's token. */

    if (oauth_pack_failed(&pack)) {
        oauth_token_free(token);
        token = NULL;
    }

    oauth_pack_done(&pack);

    return token;
}


/* claims is NULL while the pack counts. */

static void
oauth_token_pack(oauth_pack_t *pack, const oauth_token_source_t *source,
    const oauth_token_rules_t *rules, oauth_token_t *token,
    oauth_token_claim_t *claims)
{
    size_t                    i;
    const oauth_claims_t     *c;
    oauth_token_claim_t       claim;
    oauth_token_text_view_t   view;

    c = source->claims;

    token->text = oauth_pack_str(pack, source->text);
    token->kid = oauth_pack_str(pack, source->kid);
    token->scope = oauth_pack_str(pack, source->scope);
    token->subject = oauth_pack_str(pack, c->subject);
    token->id = oauth_pack_value(pack, c->id);
    token->client = oauth_pack_value(pack, c->client);
    token->session = oauth_pack_value(pack, oauth_token_session(c, rules));
    token->payload = oauth_pack_str(pack, source->payload);
    token->opaque = (source->payload.data != NULL);

    token->confirmation = c->confirmation;
    token->confirmation.jkt = oauth_pack_str(pack, c->confirmation.jkt);
    token->confirmation.x5t = oauth_pack_str(pack, c->confirmation.x5t);

    token->naudience = oauth_pack_elements(pack, c->audience,
                                           &token->audience);

    oauth_token_pack_authentication(pack, c, rules, token);

    view.claims = c;
    view.text = token->text;
    view.payload = token->payload;

    for (i = 0; i < rules->nselected; i++) {

        view.select = &rules->selected[i];

        oauth_token_pack_claim(pack, &view, &claim);

        if (claims) {
            claims[i] = claim;
        }
    }
}


static const oauth_json_t *
oauth_token_session(const oauth_claims_t *claims,
    const oauth_token_rules_t *rules)
{
    if (rules->session == NULL) {
        return claims->session;
    }

    return oauth_claims_identifier(oauth_claims_at(claims, rules->session,
                                                   rules->nsession));
}


/*
 * Only resources that demand it need to know how and when the user has signed
 * in (RFC 9068 section 2.2.1, RFC 9470 section 6).  A claim of the wrong type
 * is like none: it meets no demand.
 */

static void
oauth_token_pack_authentication(oauth_pack_t *pack,
    const oauth_claims_t *claims, const oauth_token_rules_t *rules,
    oauth_token_t *token)
{
    token->acr = (oauth_str_t) { 0, NULL };
    token->auth_time = 0;
    token->has_auth_time = 0;

    if (!rules->authentication) {
        return;
    }

    token->acr = oauth_pack_str(pack,
                                oauth_json_str(oauth_json_member(claims->root,
                                                        oauth_str("acr"))));
    token->has_auth_time
            = (oauth_claims_time(oauth_json_member(claims->root,
                                                   oauth_str("auth_time")),
                                 &token->auth_time)
               == 1);
}


static void
oauth_token_pack_claim(oauth_pack_t *pack, const oauth_token_text_view_t *view,
    oauth_token_claim_t *claim)
{
    const oauth_json_t          *value;
    const oauth_token_select_t  *select;

    memset(claim, 0, sizeof(oauth_token_claim_t));

    select = view->select;

    if (!select->text && !select->members) {
        return;
    }

    value = oauth_token_text_value(view);

    if (value == NULL) {
        return;
    }

    if (select->text) {
        claim->text = oauth_token_pack_text(pack, view);

        /* It has no control character: see oauth_token_selected. */

        claim->field = (oauth_str_is_trimmed(claim->text) != 0);
    }

    if (select->members) {
        claim->nmembers = (uint32_t) oauth_pack_elements(pack, value,
                                                         &claim->members);
    }
}


/* All claims of a JWT are in its text already, so they are not copied. */

static oauth_str_t
oauth_token_pack_text(oauth_pack_t *pack, const oauth_token_text_view_t *view)
{
    if (view->select->kind == OAUTH_TOKEN_CLAIMS
        && view->payload.data == NULL)
    {
        return oauth_token_text_payload(view->text);
    }

    return oauth_pack_text(pack, oauth_token_text_write, view);
}


static void
oauth_token_set_times(oauth_token_t *token, const oauth_claims_t *claims)
{
    int64_t  leeway;

    leeway = token->rules->leeway;

    token->issued_at = claims->issued_at;
    token->starts = claims->not_before;

    if (token->starts < claims->issued_at) {
        token->starts = claims->issued_at;
    }

    token->starts -= leeway;
    token->expires = claims->expires + leeway;
    token->ends = claims->has_expires;
}
