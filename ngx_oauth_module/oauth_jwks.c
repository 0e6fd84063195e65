
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


static int oauth_jwks_add(oauth_jwks_t *set, const json_t *value,
    size_t index, oauth_algs_t allowed);
static int oauth_jwks_is_named(const oauth_jwk_t *jwk, oauth_str_t kid);


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
    size_t  i;

    for (i = 0; i < set->nkeys; i++) {
        if (kid.data == NULL || set->keys[i].kid.data == NULL
            || oauth_str_equal(set->keys[i].kid, kid))
        {
            return 1;
        }
    }

    return 0;
}


oauth_reason_t
oauth_jwks_verify(const oauth_jwks_t *set, oauth_str_t kid,
    const oauth_alg_t *alg, oauth_str_t input, oauth_str_t signature)
{
    size_t              i, tried;
    oauth_reason_t      reason, verdict;
    const oauth_jwk_t  *jwk;

    tried = 0;
    verdict = OAUTH_UNKNOWN_KEY;

    for (i = 0; i < set->nkeys && tried < OAUTH_JWKS_TRIED; i++) {

        jwk = &set->keys[i];

        if (kid.data && !oauth_jwks_is_named(jwk, kid)) {
            continue;
        }

        if (!(jwk->algorithms & oauth_alg_bit(alg->id))) {

            if (kid.data && verdict == OAUTH_UNKNOWN_KEY) {
                verdict = OAUTH_KEY_MISMATCH;
            }

            continue;
        }

        reason = oauth_key_verify(jwk->key, alg, input, signature);
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


/* An odd key is skipped; -1 when memory is short: nobody knows it, then. */

static int
oauth_jwks_add(oauth_jwks_t *set, const json_t *value, size_t index,
    oauth_algs_t allowed)
{
    const char  *why;

    if (set->nkeys == OAUTH_JWKS_KEYS) {
        why = "64 usable keys come before it";

    } else {
        errno = 0;
        why = oauth_jwk_parse(value, allowed, &set->keys[set->nkeys]);

        if (why == NULL) {
            set->nkeys++;
            oauth_jwks_text_append(&set->text, value);
            return set->text.failed ? -1 : 0;
        }

        if (errno == ENOMEM) {
            return -1;
        }
    }

    if (set->nskipped < OAUTH_JWKS_SKIPPED) {
        set->skipped[set->nskipped].index = index;
        set->skipped[set->nskipped].why = why;
    }

    set->nskipped++;

    return 0;
}


static int
oauth_jwks_is_named(const oauth_jwk_t *jwk, oauth_str_t kid)
{
    return jwk->kid.data && kid.data && oauth_str_equal(jwk->kid, kid);
}
