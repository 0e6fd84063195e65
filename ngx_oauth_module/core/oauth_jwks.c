
/*
 * A JSON Web Key Set (RFC 7517 section 5).  It is parsed once and then used for
 * each signature that has to be verified.  The set owns its keys; the JSON tree
 * lives while the document is parsed.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_jwks.h"
#include "oauth_jwks_text.h"


/* Members of all objects together: 16 for each key, on average. */

#define OAUTH_JWKS_JSON_MEMBERS  (16 * OAUTH_JWKS_MEMBERS)


/* Which keys are tried. */

typedef enum {
    OAUTH_JWKS_ALL,
    OAUTH_JWKS_NAMED,                   /* those with the token's kid         */
    OAUTH_JWKS_NAMELESS                 /* those without a kid                */
} oauth_jwks_which_t;


typedef struct {
    oauth_jwks_which_t    which;
    oauth_str_t           kid;
    uint32_t              hash;
    const oauth_alg_t    *alg;
    oauth_algs_t          algorithms;   /* what a key must have one of        */
    oauth_str_t           input;
    oauth_str_t           signature;
} oauth_jwks_attempt_t;


static oauth_jwks_t *oauth_jwks_create(const json_t *keys,
    oauth_algs_t allowed);
static int oauth_jwks_add(oauth_jwks_t *set, const json_t *value,
    size_t index, oauth_algs_t allowed);
static oauth_result_t oauth_jwks_add_key(oauth_jwks_t *set,
    const json_t *value, oauth_algs_t allowed, const char **why);
static oauth_reason_t oauth_jwks_try(const oauth_jwks_t *set,
    const oauth_jwks_attempt_t *attempt, const oauth_jwk_t **key);
static int oauth_jwks_is_meant(const oauth_jwks_t *set, size_t i,
    const oauth_jwks_attempt_t *attempt);
static uint32_t oauth_jwks_hash(oauth_str_t kid);


static const char  oauth_jwks_memory[] = "memory is short";


oauth_jwks_t *
oauth_jwks_parse(oauth_str_t text, oauth_algs_t allowed, const char **error)
{
    oauth_jwks_t  *set;

    set = oauth_jwks_read(text, allowed, error);

    if (set && set->nkeys == 0) {
        oauth_jwks_free(set);
        return NULL;
    }

    return set;
}


oauth_jwks_t *
oauth_jwks_read(oauth_str_t text, oauth_algs_t allowed, const char **error)
{
    json_t        *root;
    oauth_jwks_t  *set;
    const json_t  *keys;

    set = NULL;

    switch (oauth_document_parse_nul(text, OAUTH_JWKS_JSON_MEMBERS, &root)) {

    case OAUTH_DONE:
        break;

    case OAUTH_NO_MEMORY:
        *error = oauth_jwks_memory;
        return NULL;

    default:
        *error = "key set is not a JSON object";
        return NULL;
    }

    keys = json_object_get(root, "keys");

    if (!json_is_array(keys)) {
        *error = "key set has no array \"keys\"";

    } else if (json_array_size(keys) > OAUTH_JWKS_MEMBERS) {
        *error = "key set has more than 1024 keys";

    } else {
        set = oauth_jwks_create(keys, allowed);

        if (set == NULL) {
            *error = oauth_jwks_memory;

        } else if (set->nkeys == 0) {
            *error = "key set has no usable key";
        }
    }

    json_decref(root);

    return set;
}


/* NULL: memory is short. */

static oauth_jwks_t *
oauth_jwks_create(const json_t *keys, oauth_algs_t allowed)
{
    size_t         i;
    oauth_jwks_t  *set;

    set = calloc(1, sizeof(oauth_jwks_t));
    if (set == NULL) {
        return NULL;
    }

    for (i = 0; i < json_array_size(keys); i++) {
        if (oauth_jwks_add(set, json_array_get(keys, i), i, allowed) != 0) {
            goto failed;
        }
    }

    oauth_jwks_text_end(&set->text);

    if (set->text.failed) {
        goto failed;
    }

    return set;

failed:

    oauth_jwks_free(set);

    return NULL;
}


void
oauth_jwks_free(oauth_jwks_t *set)
{
    size_t  i;

    if (set == NULL) {
        return;
    }

    for (i = 0; i < set->nkeys; i++) {
        oauth_jwk_free(&set->keys[i]);
    }

    oauth_buf_free(&set->text);
    free(set);
}


int
oauth_jwks_has(const oauth_jwks_t *set, oauth_str_t kid)
{
    size_t                i;
    oauth_jwks_attempt_t  attempt;

    attempt.which = OAUTH_JWKS_NAMED;
    attempt.kid = kid;
    attempt.hash = oauth_jwks_hash(kid);

    for (i = 0; i < set->nkeys; i++) {
        if (kid.data == NULL || set->keys[i].kid.data == NULL
            || oauth_jwks_is_meant(set, i, &attempt))
        {
            return 1;
        }
    }

    return 0;
}


oauth_reason_t
oauth_jwks_verify(const oauth_jwks_t *set, oauth_str_t kid,
    const oauth_alg_t *alg, oauth_algs_t allowed, oauth_str_t input,
    oauth_str_t signature)
{
    const oauth_jwk_t  *key;

    return oauth_jwks_find(set, kid, alg, allowed, input, signature, &key);
}


int
oauth_jwks_other_may_help(oauth_reason_t reason)
{
    return reason == OAUTH_UNKNOWN_KEY
           || reason == OAUTH_KEY_MISMATCH
           || reason == OAUTH_BAD_SIGNATURE;
}


oauth_reason_t
oauth_jwks_find(const oauth_jwks_t *set, oauth_str_t kid,
    const oauth_alg_t *alg, oauth_algs_t allowed, oauth_str_t input,
    oauth_str_t signature, const oauth_jwk_t **key)
{
    oauth_reason_t        reason;
    oauth_jwks_attempt_t  attempt;

    attempt.which = kid.data ? OAUTH_JWKS_NAMED : OAUTH_JWKS_ALL;
    attempt.kid = kid;
    attempt.hash = oauth_jwks_hash(kid);
    attempt.alg = alg;
    attempt.algorithms = alg->bits & allowed;
    attempt.input = input;
    attempt.signature = signature;

    reason = oauth_jwks_try(set, &attempt, key);

    if (reason != OAUTH_UNKNOWN_KEY || kid.data == NULL) {
        return reason;
    }

    attempt.which = OAUTH_JWKS_NAMELESS;
    reason = oauth_jwks_try(set, &attempt, key);

    /* The key that the token names may be none of these. */

    return (reason == OAUTH_BAD_SIGNATURE) ? OAUTH_UNKNOWN_KEY : reason;
}


static oauth_reason_t
oauth_jwks_try(const oauth_jwks_t *set, const oauth_jwks_attempt_t *attempt,
    const oauth_jwk_t **key)
{
    size_t              i, tried;
    oauth_reason_t      reason, verdict;
    const oauth_jwk_t  *jwk;

    tried = 0;
    verdict = OAUTH_UNKNOWN_KEY;
    *key = NULL;

    for (i = 0; i < set->nkeys && tried < OAUTH_JWKS_TRIED; i++) {

        if (!oauth_jwks_is_meant(set, i, attempt)) {
            continue;
        }

        jwk = &set->keys[i];

        if (!(jwk->algorithms & attempt->algorithms)) {

            if (attempt->which == OAUTH_JWKS_NAMED
                && verdict == OAUTH_UNKNOWN_KEY)
            {
                verdict = OAUTH_KEY_MISMATCH;
            }

            continue;
        }

        reason = oauth_key_verify(jwk->key, attempt->alg, attempt->input,
                                  attempt->signature);
        if (reason == OAUTH_OK) {
            *key = jwk;
            return OAUTH_OK;
        }

        /* A key for which memory was short might have been the right one. */

        if (verdict != OAUTH_SERVER_ERROR) {
            verdict = reason;
        }

        tried++;
    }

    return verdict;
}


static int
oauth_jwks_is_meant(const oauth_jwks_t *set, size_t i,
    const oauth_jwks_attempt_t *attempt)
{
    switch (attempt->which) {

    case OAUTH_JWKS_NAMED:
        return set->kids[i] == attempt->hash
               && set->keys[i].kid.data
               && oauth_str_equal(set->keys[i].kid, attempt->kid);

    case OAUTH_JWKS_NAMELESS:
        return set->keys[i].kid.data == NULL;

    default:
        return 1;
    }
}


/*
 * FNV-1a.  The issuer could choose kids whose hashes are the same; each key
 * then costs a comparison, and nothing more.
 */

static uint32_t
oauth_jwks_hash(oauth_str_t kid)
{
    size_t    i;
    uint32_t  hash;

    hash = 2166136261u;

    for (i = 0; i < kid.len; i++) {
        hash = (hash ^ kid.data[i]) * 16777619u;
    }

    return hash;
}


/*
 * Returns 0 where the key was added or skipped.  -1: memory is short, so that
 * nobody knows whether the key could be used.
 */

static int
oauth_jwks_add(oauth_jwks_t *set, const json_t *value, size_t index,
    oauth_algs_t allowed)
{
    const char  *why;

    switch (oauth_jwks_add_key(set, value, allowed, &why)) {

    case OAUTH_DONE:
        oauth_jwks_text_append(&set->text, value);
        return set->text.failed ? -1 : 0;

    case OAUTH_NO_MEMORY:
        return -1;

    default:
        break;
    }

    if (set->nskipped < OAUTH_JWKS_SKIPPED) {
        set->skipped[set->nskipped].index = index;
        set->skipped[set->nskipped].why = why;
    }

    set->nskipped++;

    return 0;
}


static oauth_result_t
oauth_jwks_add_key(oauth_jwks_t *set, const json_t *value,
    oauth_algs_t allowed, const char **why)
{
    oauth_jwk_t     *jwk;
    oauth_result_t   result;

    if (set->nkeys == OAUTH_JWKS_KEYS) {
        *why = "256 usable keys come before it";
        return OAUTH_INVALID;
    }

    if (set->nkeys > 0 && set->nunsound >= OAUTH_JWKS_UNSOUND) {
        *why = "100 keys before it are not valid";
        return OAUTH_INVALID;
    }

    jwk = &set->keys[set->nkeys];

    result = oauth_jwk_parse(value, allowed, jwk, why);

    if (result == OAUTH_DONE) {
        set->kids[set->nkeys] = oauth_jwks_hash(jwk->kid);
        set->nkeys++;

    } else if (jwk->unsound) {
        set->nunsound++;
    }

    return result;
}
