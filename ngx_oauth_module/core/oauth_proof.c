
/*
 * Verifies DPoP proofs (RFC 9449 sections 4.2, 4.3 and 7.1).  What costs little
 * comes first: a key is imported, and a signature verified, only if the token
 * is bound to this key.  A key belongs to the caller, who keeps it with the
 * token; nothing else is kept.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_claims.h"
#include "oauth_proof.h"
#include "oauth_public.h"
#include "oauth_url.h"


struct oauth_proof_key_s {
    oauth_key_t          *key;
    unsigned char         thumbprint[OAUTH_HASH_SIZE];
};


/* Claims that are compared with the rules; the strings are views. */

typedef struct {
    oauth_str_t           method;
    oauth_str_t           url;
    oauth_str_t           token;
    int64_t               not_before;   /* INT64_MIN: none                    */
    int64_t               expires;      /* INT64_MAX: none                    */
} oauth_proof_claims_t;


static oauth_reason_t oauth_proof_parse(oauth_str_t text, oauth_jws_t *jws);
static oauth_reason_t oauth_proof_verify_signature(const oauth_jws_t *jws,
    const oauth_proof_rules_t *rules, const oauth_proof_key_t *known,
    oauth_proof_key_t **imported);
static oauth_reason_t oauth_proof_read_key(const oauth_jws_t *jws,
    oauth_public_t *public);
static int oauth_proof_is_private(const oauth_json_t *jwk);
static oauth_str_t oauth_proof_member(const oauth_json_t *jwk,
    oauth_str_t name);
static oauth_reason_t oauth_proof_key_create(const oauth_public_t *public,
    oauth_str_t thumbprint, oauth_proof_key_t **key);
static oauth_reason_t oauth_proof_read_claims(oauth_proof_t *proof,
    oauth_proof_claims_t *claims);
static oauth_reason_t oauth_proof_verify_claims(const oauth_proof_t *proof,
    const oauth_proof_claims_t *claims, const oauth_proof_rules_t *rules,
    int64_t now);
static oauth_reason_t oauth_proof_verify_url(oauth_str_t url,
    const oauth_proof_rules_t *rules);
static size_t oauth_proof_authority(oauth_str_t url, oauth_str_t *rest);


oauth_reason_t
oauth_proof_verify(oauth_str_t text, const oauth_proof_rules_t *rules,
    int64_t now, oauth_proof_key_t **key, oauth_proof_t *proof)
{
    oauth_reason_t         reason;
    oauth_proof_key_t     *imported;
    oauth_proof_claims_t   claims;

    memset(proof, 0, sizeof(oauth_proof_t));

    imported = NULL;

    reason = oauth_proof_parse(text, &proof->jws);

    if (reason == OAUTH_OK) {
        reason = oauth_proof_verify_signature(&proof->jws, rules, *key,
                                              &imported);
    }

    if (reason == OAUTH_OK) {
        reason = oauth_proof_read_claims(proof, &claims);
    }

    if (reason == OAUTH_OK) {
        reason = oauth_proof_verify_claims(proof, &claims, rules, now);
    }

    if (reason != OAUTH_OK) {
        oauth_proof_key_free(imported);
        oauth_proof_free(proof);
        return reason;
    }

    if (imported) {
        oauth_proof_key_free(*key);
        *key = imported;
    }

    return OAUTH_OK;
}


void
oauth_proof_free(oauth_proof_t *proof)
{
    oauth_jws_free(&proof->jws);
    memset(proof, 0, sizeof(oauth_proof_t));
}


void
oauth_proof_key_free(oauth_proof_key_t *key)
{
    if (key == NULL) {
        return;
    }

    oauth_key_free(key->key);
    free(key);
}


static oauth_reason_t
oauth_proof_parse(oauth_str_t text, oauth_jws_t *jws)
{
    if (text.len > OAUTH_PROOF_SIZE) {
        return OAUTH_PROOF_MALFORMED;
    }

    switch (oauth_jws_parse(text, jws)) {

    case OAUTH_OK:
        return oauth_jws_is_type(jws, oauth_str("dpop+jwt"))
               ? OAUTH_OK : OAUTH_PROOF_TYPE;

    case OAUTH_WRONG_ALGORITHM:
        return OAUTH_PROOF_ALGORITHM;

    case OAUTH_SERVER_ERROR:
        return OAUTH_SERVER_ERROR;

    default:
        return OAUTH_PROOF_MALFORMED;
    }
}


/* *imported is a new key; NULL: the known one was used, or there is none. */

static oauth_reason_t
oauth_proof_verify_signature(const oauth_jws_t *jws,
    const oauth_proof_rules_t *rules, const oauth_proof_key_t *known,
    oauth_proof_key_t **imported)
{
    oauth_algs_t     algorithms;
    oauth_str_t      found;
    oauth_reason_t   reason;
    oauth_public_t   public;
    unsigned char    thumbprint[OAUTH_HASH_SIZE];

    algorithms = jws->alg->bits & rules->algorithms;

    if (algorithms == 0) {
        return OAUTH_PROOF_ALGORITHM;
    }

    reason = oauth_proof_read_key(jws, &public);
    if (reason != OAUTH_OK) {
        return reason;
    }

    if (!(public.algorithms & jws->alg->bits)) {
        return OAUTH_PROOF_KEY;
    }

    /* The name EdDSA leaves the curve open; the key does not. */

    if (!(public.algorithms & algorithms)) {
        return OAUTH_PROOF_ALGORITHM;
    }

    if (oauth_public_thumbprint(&public, thumbprint) != 0) {
        return OAUTH_SERVER_ERROR;
    }

    found.data = thumbprint;
    found.len = OAUTH_HASH_SIZE;

    if (!oauth_str_equal(found, rules->thumbprint)) {
        return OAUTH_PROOF_OTHER_KEY;
    }

    if (known == NULL
        || memcmp(known->thumbprint, thumbprint, OAUTH_HASH_SIZE) != 0)
    {
        reason = oauth_proof_key_create(&public, found, imported);
        if (reason != OAUTH_OK) {
            return reason;
        }

        known = *imported;
    }

    reason = oauth_key_verify(known->key, jws->alg, jws->input,
                              jws->signature);

    return (reason == OAUTH_BAD_SIGNATURE) ? OAUTH_PROOF_SIGNATURE : reason;
}


const char *
oauth_proof_other_name(const oauth_jws_t *jws)
{
    size_t               i;
    const oauth_json_t  *jwk;

    static const oauth_str_t  names[] = {
        oauth_string("x5c"), oauth_string("x5u"), oauth_string("x5t"),
        oauth_string("x5t#S256"), oauth_string("jku")
    };

    jwk = oauth_json_member(jws->nodes, oauth_str("jwk"));

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {

        if (oauth_json_member(jws->nodes, names[i])
            || oauth_json_member(jwk, names[i]))
        {
            return (const char *) names[i].data;
        }
    }

    return NULL;
}


/*
 * Members that say what the key is for (use, key_ops, alg) and what it is
 * called (kid) are ignored: the token names the key by a thumbprint that does
 * not depend on them, and so nobody vouches for them.
 */

static oauth_reason_t
oauth_proof_read_key(const oauth_jws_t *jws, oauth_public_t *public)
{
    const oauth_json_t      *jwk;
    oauth_public_members_t   members;

    jwk = oauth_json_member(jws->nodes, oauth_str("jwk"));

    if (oauth_proof_other_name(jws)
        || !oauth_json_is(jwk, OAUTH_JSON_OBJECT)
        || oauth_proof_is_private(jwk))
    {
        return OAUTH_PROOF_KEY;
    }

    members.kty = oauth_proof_member(jwk, oauth_str("kty"));
    members.crv = oauth_proof_member(jwk, oauth_str("crv"));
    members.x = oauth_proof_member(jwk, oauth_str("x"));
    members.y = oauth_proof_member(jwk, oauth_str("y"));
    members.n = oauth_proof_member(jwk, oauth_str("n"));
    members.e = oauth_proof_member(jwk, oauth_str("e"));

    if (oauth_public_parse_type(&members, public) != NULL
        || oauth_public_parse_numbers(&members, public) != NULL)
    {
        return OAUTH_PROOF_KEY;
    }

    return OAUTH_OK;
}


/*
 * RFC 9449 section 4.3, check 7.  Such a key has been sent over the network
 * with each request, so that it no longer proves anything.
 */

static int
oauth_proof_is_private(const oauth_json_t *jwk)
{
    size_t  i;

    static const oauth_str_t  names[] = {
        oauth_string("d"), oauth_string("p"), oauth_string("q"),
        oauth_string("dp"), oauth_string("dq"), oauth_string("qi"),
        oauth_string("oth"), oauth_string("k")
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (oauth_json_member(jwk, names[i])) {
            return 1;
        }
    }

    return 0;
}


static oauth_str_t
oauth_proof_member(const oauth_json_t *jwk, oauth_str_t name)
{
    return oauth_json_str(oauth_json_member(jwk, name));
}


static oauth_reason_t
oauth_proof_key_create(const oauth_public_t *public, oauth_str_t thumbprint,
    oauth_proof_key_t **key)
{
    const char         *why;
    oauth_result_t      result;
    oauth_proof_key_t  *k;

    k = malloc(sizeof(oauth_proof_key_t));
    if (k == NULL) {
        return OAUTH_SERVER_ERROR;
    }

    result = oauth_public_import(public, &k->key, &why);

    if (result != OAUTH_DONE) {
        free(k);
        return (result == OAUTH_NO_MEMORY) ? OAUTH_SERVER_ERROR
                                           : OAUTH_PROOF_KEY;
    }

    memcpy(k->thumbprint, thumbprint.data, OAUTH_HASH_SIZE);
    *key = k;

    return OAUTH_OK;
}


/* From here on the nodes are those of the payload. */

static oauth_reason_t
oauth_proof_read_claims(oauth_proof_t *proof, oauth_proof_claims_t *claims)
{
    oauth_jws_t         *jws;
    const oauth_json_t  *root;

    jws = &proof->jws;

    claims->not_before = INT64_MIN;
    claims->expires = INT64_MAX;

    root = oauth_json_parse(jws->payload, jws->npayload, jws->nodes,
                            jws->nnodes);

    if (root == NULL
        || oauth_json_string(root, oauth_str("jti"), &proof->id) != 1
        || proof->id.len == 0
        || proof->id.len > OAUTH_PROOF_ID
        || oauth_json_string(root, oauth_str("htm"), &claims->method) != 1
        || oauth_json_string(root, oauth_str("htu"), &claims->url) != 1
        || oauth_claims_time(oauth_json_member(root, oauth_str("iat")),
                             &proof->issued_at) != 1
        || oauth_json_string(root, oauth_str("ath"), &claims->token) != 1
        || oauth_json_string(root, oauth_str("nonce"), &proof->nonce) < 0
        || oauth_claims_time(oauth_json_member(root, oauth_str("nbf")),
                             &claims->not_before) < 0
        || oauth_claims_time(oauth_json_member(root, oauth_str("exp")),
                             &claims->expires) < 0)
    {
        return OAUTH_PROOF_CLAIMS;
    }

    return OAUTH_OK;
}


static oauth_reason_t
oauth_proof_verify_claims(const oauth_proof_t *proof,
    const oauth_proof_claims_t *claims, const oauth_proof_rules_t *rules,
    int64_t now)
{
    oauth_str_t     expected;
    oauth_reason_t  reason;
    unsigned char   hash[OAUTH_HASH_SIZE];

    if (!oauth_str_equal(claims->method, rules->method)) {
        return OAUTH_PROOF_METHOD;
    }

    reason = oauth_proof_verify_url(claims->url, rules);
    if (reason != OAUTH_OK) {
        return reason;
    }

    /* A proof needs no nbf and exp, but a JWT that has them means them. */

    if (proof->issued_at > now + rules->leeway
        || proof->issued_at < now - rules->max_age - rules->leeway
        || claims->not_before > now + rules->leeway
        || claims->expires <= now - rules->leeway)
    {
        return OAUTH_PROOF_TIME;
    }

    if (oauth_hash_write(rules->token, hash) != 0) {
        return OAUTH_SERVER_ERROR;
    }

    expected.data = hash;
    expected.len = OAUTH_HASH_SIZE;

    return oauth_str_equal(claims->token, expected) ? OAUTH_OK
                                                    : OAUTH_PROOF_TOKEN;
}


/*
 * The path is what the client has sent: no other spelling of it is taken for
 * equal (dot segments, escapes), since the app may not take it for equal.
 */

static oauth_reason_t
oauth_proof_verify_url(oauth_str_t url, const oauth_proof_rules_t *rules)
{
    int          equal, failed;
    size_t       n;
    oauth_buf_t  origin;
    oauth_str_t  path, wanted;

    memset(&origin, 0, sizeof(oauth_buf_t));

    equal = (oauth_proof_append_origin(&origin, url) == 0
             && oauth_str_equal(oauth_buf_str(&origin), rules->origin));

    failed = origin.failed;
    oauth_buf_free(&origin);

    if (failed) {
        return OAUTH_SERVER_ERROR;
    }

    if (!equal) {
        return OAUTH_PROOF_URI;
    }

    (void) oauth_proof_authority(url, &path);

    for (n = 0; n < path.len; n++) {
        if (path.data[n] == '?' || path.data[n] == '#') {
            break;
        }
    }

    path.len = n;
    path = path.len ? path : oauth_str("/");
    wanted = rules->path.len ? rules->path : oauth_str("/");

    return oauth_str_equal(path, wanted) ? OAUTH_OK : OAUTH_PROOF_URI;
}


int
oauth_proof_append_origin(oauth_buf_t *buf, oauth_str_t url)
{
    size_t         i, start, len;
    oauth_str_t    rest, origin;
    oauth_url_t    parsed;
    unsigned char  c;

    start = buf->len;
    len = oauth_proof_authority(url, &rest);

    oauth_buf_append(buf, url.data, len);

    if (buf->failed || len == 0) {
        return -1;
    }

    for (i = start; i < buf->len; i++) {
        c = buf->data[i];

        if (c >= 'A' && c <= 'Z') {
            buf->data[i] = (unsigned char) (c | 0x20);
        }
    }

    origin.data = buf->data + start;
    origin.len = len;

    if (oauth_url_parse(origin, &parsed) != NULL) {
        buf->len = start;
        return -1;
    }

    if (oauth_str_equal(parsed.port, parsed.https ? oauth_str("443")
                                                  : oauth_str("80")))
    {
        buf->len -= parsed.port.len + 1;
    }

    return 0;
}


/*
 * Returns how many bytes scheme, "://" and authority have, and *rest is what
 * comes after them.
 */

static size_t
oauth_proof_authority(oauth_str_t url, oauth_str_t *rest)
{
    size_t  i, slashes;

    slashes = 0;

    for (i = 0; i < url.len; i++) {

        if (url.data[i] == '?' || url.data[i] == '#') {
            break;
        }

        if (url.data[i] == '/' && ++slashes > 2) {
            break;
        }
    }

    rest->data = url.data + i;
    rest->len = url.len - i;

    return i;
}
