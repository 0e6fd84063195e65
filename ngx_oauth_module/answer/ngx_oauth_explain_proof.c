
/*
 * The part of a refusal's log line that says what the token is bound to and
 * what proof the request has, if the token is good but the proof is not (RFC
 * 9449 section 4.3).  For this the proof is read once more.  The proof itself
 * and its jti are never written.
 */


#include "ngx_oauth_conf_mtls.h"
#include "ngx_oauth_dpop.h"
#include "ngx_oauth_explain_line.h"
#include "oauth_jws.h"
#include "oauth_refused.h"


static void ngx_oauth_explain_bound(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_not_bound(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_header(ngx_oauth_explain_t *e,
    oauth_str_t text);
static void ngx_oauth_explain_proof_key(ngx_oauth_explain_t *e,
    oauth_str_t text);
static void ngx_oauth_explain_signed_proof(ngx_oauth_explain_t *e,
    oauth_str_t text);
static void ngx_oauth_explain_proof_claims(ngx_oauth_explain_t *e,
    const oauth_json_t *claims);
static void ngx_oauth_explain_names(ngx_oauth_explain_t *e,
    const oauth_json_t *claims);
static void ngx_oauth_explain_method(ngx_oauth_explain_t *e,
    const oauth_json_t *claims);
static void ngx_oauth_explain_uri(ngx_oauth_explain_t *e,
    const oauth_json_t *claims);
static void ngx_oauth_explain_time(ngx_oauth_explain_t *e,
    const oauth_json_t *claims);


void
ngx_oauth_explain_proof(ngx_oauth_explain_t *e)
{
    oauth_str_t                 text;
    const ngx_oauth_ctx_t      *main;
    oauth_reason_t              reason;

    reason = e->ctx->reason;

    if (reason == OAUTH_SENDER_CONSTRAINED) {
        ngx_oauth_explain_bound(e);
        return;
    }

    if (reason == OAUTH_NOT_BOUND) {
        ngx_oauth_explain_not_bound(e);
        return;
    }

    main = ngx_oauth_context_lookup(e->ctx->request->main);

    if (oauth_reason_info(reason)->answer != OAUTH_ANSWER_PROOF
        || main == NULL)
    {
        return;
    }

    if (main->proof.fields > 1) {
        ngx_oauth_explain_put(e, ": the request has %ui DPoP header fields",
                              main->proof.fields);
    }

    if (main->proof.fields != 1) {
        return;
    }

    text = ngx_oauth_str(&main->proof.field->value);

    if (reason == OAUTH_PROOF_TYPE || reason == OAUTH_PROOF_ALGORITHM) {
        ngx_oauth_explain_header(e, text);

    } else if (reason == OAUTH_PROOF_KEY) {
        ngx_oauth_explain_proof_key(e, text);

    } else {
        ngx_oauth_explain_signed_proof(e, text);
    }
}


static void
ngx_oauth_explain_bound(ngx_oauth_explain_t *e)
{
    const char                  *to, *why;
    const oauth_confirmation_t  *confirmation;

    if (e->ctx->token == NULL) {
        ngx_oauth_explain_put(e, ": the scheme of its Authorization header is "
                              OAUTH_CREDENTIALS_PROOF_NAME ", "
                              OAUTH_CREDENTIALS_NAME " is wanted");
        return;
    }

    why = "";
    confirmation = &e->ctx->token->confirmation;

    if (confirmation->unknown) {
        to = "neither a key of DPoP (jkt) nor a client's TLS certificate "
             "(x5t#S256)";

    } else if (confirmation->jkt.data) {
        to = "a key of DPoP (jkt)";

        if (e->ctx->conf->dpop.mode != NGX_OAUTH_DPOP_OFF
            && e->ctx->credentials.scheme != OAUTH_CREDENTIALS_DPOP)
        {
            why = ", so the scheme " OAUTH_CREDENTIALS_PROOF_NAME
                  " is wanted, not " OAUTH_CREDENTIALS_NAME;
        }

    } else {
        to = "a client's TLS certificate (x5t#S256)";
    }

    ngx_oauth_explain_put(e, ": its cnf names %s%s", to, why);
}


/* Names each binding that is missing, and what demands it. */

static void
ngx_oauth_explain_not_bound(ngx_oauth_explain_t *e)
{
    const char                  *separator;
    const oauth_confirmation_t  *confirmation;

    separator = ": ";
    confirmation = &e->ctx->token->confirmation;

    if (confirmation->x5t.data == NULL
        && e->ctx->conf->mtls == NGX_OAUTH_CONF_MTLS_REQUIRED)
    {
        ngx_oauth_explain_put(e, "%soauth_mtls is required, and its cnf has no "
                              "x5t#S256 (certificate)", separator);
        separator = "; ";
    }

    if (confirmation->jkt.data) {
        return;
    }

    if (e->ctx->conf->dpop.mode == NGX_OAUTH_DPOP_REQUIRED) {
        ngx_oauth_explain_put(e, "%soauth_dpop is required, and its cnf has no "
                              "jkt (key of DPoP)", separator);

    } else if (e->ctx->credentials.scheme == OAUTH_CREDENTIALS_DPOP) {
        ngx_oauth_explain_put(e, "%sit was sent with the scheme "
                              OAUTH_CREDENTIALS_PROOF_NAME ", and its cnf has "
                              "no jkt (key of DPoP)", separator);
    }
}


/* Nobody has verified what the header of the proof says. */

static void
ngx_oauth_explain_header(ngx_oauth_explain_t *e, oauth_str_t text)
{
    ngx_uint_t       algorithm;
    oauth_str_t      came;
    oauth_refused_t  refused;

    algorithm = (e->ctx->reason == OAUTH_PROOF_ALGORITHM);

    oauth_refused_read(text, &refused);

    came = algorithm ? refused.algorithm : refused.type;

    ngx_oauth_explain_put(e, ": proof claims to be of %s ",
                          algorithm ? "algorithm" : "type");

    if (came.data) {
        ngx_oauth_explain_value(e, &e->came, came);

    } else {
        ngx_oauth_explain_put(e, "none");
    }

    ngx_oauth_explain_put(e, ", expected");

    if (algorithm) {
        ngx_oauth_explain_algorithms(e, e->ctx->conf->dpop.algorithms);

    } else {
        ngx_oauth_explain_put(e, " \"dpop+jwt\"");
    }

    oauth_refused_free(&refused);
}


/* The name of the member is a constant, not text of the client. */

static void
ngx_oauth_explain_proof_key(ngx_oauth_explain_t *e, oauth_str_t text)
{
    const char   *name;
    oauth_jws_t   jws;

    if (oauth_jws_parse(text, &jws) != OAUTH_OK) {
        return;
    }

    name = oauth_proof_other_name(&jws);

    if (name) {
        ngx_oauth_explain_put(e, ": its header names a key by %s, and only "
                              "jwk may", name);
    }

    oauth_jws_free(&jws);
}


static void
ngx_oauth_explain_signed_proof(ngx_oauth_explain_t *e, oauth_str_t text)
{
    oauth_jws_t          jws;
    const oauth_json_t  *claims;

    if (oauth_jws_parse(text, &jws) != OAUTH_OK) {
        return;
    }

    claims = oauth_json_parse(jws.payload, jws.npayload, jws.nodes,
                              jws.nnodes);

    ngx_oauth_explain_proof_claims(e, claims);

    oauth_jws_free(&jws);
}


/* The reasons that come here are found after the signature is verified. */

static void
ngx_oauth_explain_proof_claims(ngx_oauth_explain_t *e,
    const oauth_json_t *claims)
{
    switch (e->ctx->reason) {

    case OAUTH_PROOF_CLAIMS:
        ngx_oauth_explain_names(e, claims);
        return;

    case OAUTH_PROOF_METHOD:
        ngx_oauth_explain_method(e, claims);
        return;

    case OAUTH_PROOF_URI:
        ngx_oauth_explain_uri(e, claims);
        return;

    case OAUTH_PROOF_TIME:
        ngx_oauth_explain_time(e, claims);
        return;

    case OAUTH_PROOF_NONCE:
        ngx_oauth_explain_put(e, oauth_json_member(claims, oauth_str("nonce"))
                              ? ": its nonce is an old or a foreign one"
                              : ": it has no nonce");
        return;

    default:
        return;
    }
}


/* Names the claims that are missing. */

static void
ngx_oauth_explain_names(ngx_oauth_explain_t *e, const oauth_json_t *claims)
{
    ngx_uint_t  i, n;

    static const oauth_str_t  names[] = {
        oauth_string("jti"), oauth_string("htm"), oauth_string("htu"),
        oauth_string("iat"), oauth_string("ath")
    };

    if (claims == NULL) {
        ngx_oauth_explain_put(e, ": its payload is not a JSON object");
        return;
    }

    for (i = 0, n = 0; i < sizeof(names) / sizeof(names[0]); i++) {

        if (oauth_json_member(claims, names[i]) == NULL) {
            ngx_oauth_explain_put(e, "%s%*s", n++ ? ", " : ": it has no ",
                                  names[i].len, names[i].data);
        }
    }

    if (n == 0) {
        ngx_oauth_explain_put(e, ": one of them is of the wrong type, empty "
                              "or too long");
    }
}


static void
ngx_oauth_explain_method(ngx_oauth_explain_t *e, const oauth_json_t *claims)
{
    ngx_str_t  method;

    method = ngx_oauth_dpop_method(e->ctx->request->main);

    ngx_oauth_explain_put(e, ": its htm is ");
    ngx_oauth_explain_value(e, &e->came,
                            oauth_json_str(oauth_json_member(claims,
                                                       oauth_str("htm"))));
    ngx_oauth_explain_put(e, ", the method of the request is ");
    ngx_oauth_explain_value(e, &e->wanted, ngx_oauth_str(&method));
}


static void
ngx_oauth_explain_uri(ngx_oauth_explain_t *e, const oauth_json_t *claims)
{
    ngx_str_t    path, url;
    ngx_pool_t  *pool;

    pool = e->ctx->request->pool;
    path = ngx_oauth_dpop_path(e->ctx->request->main);

    if (ngx_oauth_str_join(pool, &url, &e->ctx->conf->dpop.origin, &path, NULL)
        != NGX_OK)
    {
        return;
    }

    ngx_oauth_explain_put(e, ": its htu is ");
    ngx_oauth_explain_value(e, &e->came,
                            oauth_json_str(oauth_json_member(claims,
                                                       oauth_str("htu"))));
    ngx_oauth_explain_put(e, ", the request is for ");
    ngx_oauth_explain_value(e, &e->wanted, ngx_oauth_str(&url));
}


static void
ngx_oauth_explain_time(ngx_oauth_explain_t *e, const oauth_json_t *claims)
{
    int64_t              age, leeway;
    const oauth_json_t  *iat;

    iat = oauth_json_member(claims, oauth_str("iat"));

    age = oauth_json_is(iat, OAUTH_JSON_REAL)
          ? (int64_t) oauth_json_real(iat) : oauth_json_integer(iat);

    age = (int64_t) ngx_time() - age;
    leeway = e->ctx->token->rules->leeway;

    if (age < 0) {
        ngx_oauth_explain_put(e, ": it was made %L seconds from now, the "
                              "leeway is %L seconds; the clock of the client "
                              "is ahead, or ours is behind", -age, leeway);

    } else {
        ngx_oauth_explain_put(e, ": it was made %L seconds ago, max_age is %T "
                              "seconds and the leeway %L seconds",
                              age, e->ctx->conf->dpop.max_age, leeway);
    }
}
