
/*
 * A JSON Web Key Set (RFC 7517 section 5): parsed once, then asked for each
 * signature.  The set owns its keys.
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oauth_jwks.h"
#include "oauth_jwks_text.h"


/* Members of all objects together: 16 for each key on the average. */

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


static int oauth_jwks_add(oauth_jwks_t *set, const json_t *value,
    size_t index, oauth_algs_t allowed);
static const char *oauth_jwks_add_key(oauth_jwks_t *set, const json_t *value,
    oauth_algs_t allowed);
static oauth_reason_t oauth_jwks_try(const oauth_jwks_t *set,
    const oauth_jwks_attempt_t *attempt);
static int oauth_jwks_is_meant(const oauth_jwks_t *set, size_t i,
    const oauth_jwks_attempt_t *attempt);
static uint32_t oauth_jwks_hash(oauth_str_t kid);


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
    size_t         i;
    json_t        *root;
    oauth_jwks_t  *set;
    const json_t  *keys;

    set = NULL;

    root = oauth_json_parse_nul(text, OAUTH_JWKS_JSON_MEMBERS);
    keys = json_object_get(root, "keys");

    if (root == NULL) {
        *error = (errno == ENOMEM) ? "memory is short"
                                   : "key set is not a JSON object";
        goto failed;
    }

    if (!json_is_array(keys)) {
        *error = "key set has no array \"keys\"";
        goto failed;
    }

    if (json_array_size(keys) > OAUTH_JWKS_MEMBERS) {
        *error = "key set has more than 1024 keys";
        goto failed;
    }

    set = calloc(1, sizeof(oauth_jwks_t));
    if (set == NULL) {
        *error = "memory is short";
        goto failed;
    }

    for (i = 0; i < json_array_size(keys); i++) {
        if (oauth_jwks_add(set, json_array_get(keys, i), i, allowed) != 0) {
            *error = "memory is short";
            goto failed;
        }
    }

    if (set->nkeys == 0) {
        *error = "key set has no usable key";
    }

    oauth_jwks_text_end(&set->text);

    if (set->text.failed) {
        *error = "memory is short";
        goto failed;
    }

    json_decref(root);

    return set;

failed:

    oauth_jwks_free(set);
    json_decref(root);

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
    oauth_reason_t        reason;
    oauth_jwks_attempt_t  attempt;

    attempt.which = kid.data ? OAUTH_JWKS_NAMED : OAUTH_JWKS_ALL;
    attempt.kid = kid;
    attempt.hash = oauth_jwks_hash(kid);
    attempt.alg = alg;
    attempt.algorithms = alg->bits & allowed;
    attempt.input = input;
    attempt.signature = signature;

    reason = oauth_jwks_try(set, &attempt);

    if (reason != OAUTH_UNKNOWN_KEY || kid.data == NULL) {
        return reason;
    }

    attempt.which = OAUTH_JWKS_NAMELESS;
    reason = oauth_jwks_try(set, &attempt);

    /* None of them is known to be the key that the token names. */

    return (reason == OAUTH_BAD_SIGNATURE) ? OAUTH_UNKNOWN_KEY : reason;
}


static oauth_reason_t
oauth_jwks_try(const oauth_jwks_t *set, const oauth_jwks_attempt_t *attempt)
{
    size_t              i, tried;
    oauth_reason_t      reason, verdict;
    const oauth_jwk_t  *jwk;

    tried = 0;
    verdict = OAUTH_UNKNOWN_KEY;

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
            return OAUTH_OK;
        }

        /* A key that could not be tried might have been the one. */

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


/* FNV-1a.  A set whose kids all collide costs a comparison for each key. */

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
 * 0: the key was added or skipped; -1: memory is short, so nobody knows whether
 * it is usable.
 */

static int
oauth_jwks_add(oauth_jwks_t *set, const json_t *value, size_t index,
    oauth_algs_t allowed)
{
    const char  *why;

    errno = 0;
    why = oauth_jwks_add_key(set, value, allowed);

    if (why == NULL) {
        oauth_jwks_text_append(&set->text, value);
        return set->text.failed ? -1 : 0;
    }

    if (errno == ENOMEM) {
        return -1;
    }

    if (set->nskipped < OAUTH_JWKS_SKIPPED) {
        set->skipped[set->nskipped].index = index;
        set->skipped[set->nskipped].why = why;
    }

    set->nskipped++;

    return 0;
}


static const char *
oauth_jwks_add_key(oauth_jwks_t *set, const json_t *value,
    oauth_algs_t allowed)
{
    oauth_jwk_t  *jwk;
    const char   *why;

    if (set->nkeys == OAUTH_JWKS_KEYS) {
        return "256 usable keys come before it";
    }

    if (set->nkeys > 0 && set->nunsound >= OAUTH_JWKS_UNSOUND) {
        return "100 keys before it are not valid";
    }

    jwk = &set->keys[set->nkeys];

    why = oauth_jwk_parse(value, allowed, jwk);

    if (why == NULL) {
        set->kids[set->nkeys] = oauth_jwks_hash(jwk->kid);
        set->nkeys++;

    } else if (jwk->unsound) {
        set->nunsound++;
    }

    return why;
}
