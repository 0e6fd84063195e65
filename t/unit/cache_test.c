
/*
 * The cache of verified tokens.  A stored token is found only by all of its
 * bytes.  The cache holds as many tokens as it was made for.  Expired tokens
 * are dropped first, then those that no request has used.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "oauth_cache.h"


#define CACHE_NOW  1000
#define TOKENS     64


static const unsigned char   cache_secret[OAUTH_SIPHASH_KEY] = { 1, 2, 3 };
static const oauth_token_rules_t  cache_policies[2];


/* A token as oauth_token_verify makes it: in one block. */

static oauth_token_t *
cache_token(const char *text, int64_t expires)
{
    size_t          len;
    unsigned char  *bytes;
    oauth_token_t  *token;

    len = strlen(text);
    token = calloc(1, sizeof(oauth_token_t) + len);
    assert_non_null(token);

    bytes = (unsigned char *) (token + 1);
    memcpy(bytes, text, len);

    token->refs = 1;
    token->size = sizeof(oauth_token_t) + len;
    token->rules = &cache_policies[0];
    token->expires = expires;
    token->text.data = bytes;
    token->text.len = len;

    return token;
}


/* Stores a token to which only the cache holds a reference. */

static void
cache_store(oauth_cache_t *cache, const char *text, int64_t expires)
{
    oauth_token_t  *token;

    token = cache_token(text, expires);

    oauth_cache_store(cache, token, 1, CACHE_NOW);
    oauth_token_free(token);
}


static int
cache_accepts(const oauth_token_rules_t *policy, const void *data)
{
    return policy == data;
}


static oauth_token_t *
cache_lookup(oauth_cache_t *cache, const char *text)
{
    uint64_t  stamp;

    return oauth_cache_lookup(cache, keys_str(text), cache_accepts,
                              &cache_policies[0], &stamp);
}


static void
cache_found(void **state)
{
    uint64_t        stamp;
    oauth_cache_t  *cache;
    oauth_token_t  *first, *second;

    (void) state;

    cache = oauth_cache_create(16, cache_secret);
    first = cache_token("header.payload.signature", CACHE_NOW + 1);
    second = cache_token("header.payload.signature", CACHE_NOW + 1);
    second->rules = &cache_policies[1];

    assert_null(cache_lookup(cache, "header.payload.signature"));

    /* The same text, stored for two policies. */

    oauth_cache_store(cache, first, 7, CACHE_NOW);
    oauth_cache_store(cache, second, UINT64_C(1) << 40, CACHE_NOW);
    assert_int_equal(first->refs, 2);

    assert_ptr_equal(oauth_cache_lookup(cache, first->text, cache_accepts,
                                        first->rules, &stamp), first);
    assert_true(stamp == 7);
    assert_ptr_equal(oauth_cache_lookup(cache, first->text, cache_accepts,
                                        second->rules, &stamp), second);
    assert_true(stamp == UINT64_C(1) << 40);
    assert_null(oauth_cache_lookup(cache, first->text, cache_accepts, NULL,
                                   &stamp));

    /* A token that is stored again replaces its entry. */

    oauth_cache_store(cache, first, 8, CACHE_NOW);
    assert_int_equal(first->refs, 2);
    assert_ptr_equal(oauth_cache_lookup(cache, first->text, cache_accepts,
                                        first->rules, &stamp), first);
    assert_true(stamp == 8);

    /* All bytes count. */

    assert_null(cache_lookup(cache, ""));
    assert_null(cache_lookup(cache, "header.payload.signaturf"));
    assert_null(cache_lookup(cache, "header.paylaod.signature"));
    assert_null(cache_lookup(cache, "Header.payload.signature"));
    assert_null(cache_lookup(cache, "header.payload.signatur"));
    assert_null(cache_lookup(cache, "header.payload.signature "));
    assert_null(cache_lookup(cache, "header.payload."));

    oauth_cache_expire(cache, first);
    assert_int_equal(first->refs, 1);
    assert_null(cache_lookup(cache, "header.payload.signature"));
    oauth_cache_expire(cache, first);
    assert_int_equal(first->refs, 1);
    assert_int_equal(second->refs, 2);

    oauth_cache_free(cache);
    oauth_cache_free(NULL);

    assert_int_equal(second->refs, 1);
    oauth_token_free(first);
    oauth_token_free(second);
}


/* As many tokens as the cache was made for stay; it never holds many more. */

static void
cache_full(void **state)
{
    char            text[32];
    size_t          i, n, found, lost;
    oauth_cache_t  *cache;

    static const size_t  sizes[] = { 1, 2, 7, 64, 1000, 4096 };

    (void) state;

    for (n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {

        cache = oauth_cache_create(sizes[n], cache_secret);
        assert_non_null(cache);

        for (i = 0; i < sizes[n]; i++) {
            snprintf(text, sizeof(text), "token %zu", i);
            cache_store(cache, text, CACHE_NOW + 1);
        }

        for (i = 0, lost = 0; i < sizes[n]; i++) {
            snprintf(text, sizeof(text), "token %zu", i);
            lost += (cache_lookup(cache, text) == NULL);
        }

        assert_int_equal(lost, 0);

        /*
         * Of twenty times as many, at most a third more stay than there is room
         * for.
         */

        for (i = 0; i < 20 * sizes[n]; i++) {
            snprintf(text, sizeof(text), "other %zu", i);
            cache_store(cache, text, CACHE_NOW + 1);
            assert_non_null(cache_lookup(cache, text));
        }

        for (i = 0, found = 0; i < 20 * sizes[n]; i++) {
            snprintf(text, sizeof(text), "other %zu", i);
            found += (cache_lookup(cache, text) != NULL);
        }

        assert_true(found >= sizes[n] && found <= sizes[n] * 4 / 3 + 8);

        oauth_cache_free(cache);
    }
}


/* A cache with one set of eight entries: one of these has to be dropped. */

static void
cache_order(void **state)
{
    char            text[32];
    size_t          i;
    oauth_cache_t  *cache;

    (void) state;

    cache = oauth_cache_create(1, cache_secret);

    for (i = 0; i < 8; i++) {
        snprintf(text, sizeof(text), "token %zu", i);
        cache_store(cache, text, i == 5 ? CACHE_NOW : CACHE_NOW + 1);
    }

    /* The expired token is dropped first. */

    cache_store(cache, "new", CACHE_NOW + 1);
    assert_null(cache_lookup(cache, "token 5"));

    /*
     * Then one that was not looked up since the hand of the clock last passed
     * it.
     */

    cache_store(cache, "newer", CACHE_NOW + 1);

    for (i = 0; i < 20; i++) {
        snprintf(text, sizeof(text), "filler %zu", i);
        assert_non_null(cache_lookup(cache, "newer"));
        cache_store(cache, text, CACHE_NOW + 1);
    }

    assert_non_null(cache_lookup(cache, "newer"));
    assert_null(cache_lookup(cache, "token 0"));

    oauth_cache_free(cache);
}


/* Two sets, full: which of these tokens are there?  Returns their number. */

static size_t
cache_fill(oauth_cache_t *cache, oauth_token_t **tokens, size_t n)
{
    char    text[32];
    size_t  i, found;

    for (i = 0; i < n; i++) {
        snprintf(text, sizeof(text), "token %zu", i);
        cache_store(cache, text, CACHE_NOW + 1);
    }

    for (i = 0, found = 0; i < n; i++) {
        snprintf(text, sizeof(text), "token %zu", i);
        tokens[i] = cache_lookup(cache, text);
        found += (tokens[i] != NULL);
    }

    return found;
}


/* Each token is given back, in whichever of its sets it lies, and no other. */

static void
cache_expire_each(void **state)
{
    char            text[32];
    size_t          i, left;
    oauth_cache_t  *cache;
    oauth_token_t  *tokens[TOKENS], *token;

    (void) state;

    cache = oauth_cache_create(6, cache_secret);
    left = cache_fill(cache, tokens, TOKENS);
    assert_int_equal(left, 16);

    for (i = 0; i < TOKENS; i++) {

        if (tokens[i] == NULL) {
            continue;
        }

        token = oauth_token_acquire(tokens[i]);
        assert_int_equal(token->refs, 2);

        oauth_cache_expire(cache, token);
        assert_int_equal(token->refs, 1);
        oauth_token_free(token);

        snprintf(text, sizeof(text), "token %zu", i);
        assert_null(cache_lookup(cache, text));
        left--;
    }

    assert_int_equal(left, 0);

    oauth_cache_free(cache);
}


/*
 * One of the sixteen has expired, each in its turn.  A new token that may lie
 * in both sets takes the place of that one, in whichever set it is.
 */

static void
cache_expired_first(void **state)
{
    char            text[32];
    size_t          i, k, n, most, gone, others;
    oauth_cache_t  *cache;
    oauth_token_t  *tokens[TOKENS];

    (void) state;

    for (n = 0, most = 0; n < 8; n++) {

        for (i = 0, gone = 0; i < TOKENS; i++) {

            cache = oauth_cache_create(6, cache_secret);
            cache_fill(cache, tokens, TOKENS);

            if (tokens[i]) {
                tokens[i]->expires = CACHE_NOW;

                snprintf(text, sizeof(text), "new %zu", n);
                cache_store(cache, text, CACHE_NOW + 1);

                for (k = 0, others = 0; k < TOKENS; k++) {
                    snprintf(text, sizeof(text), "token %zu", k);
                    others += (tokens[k] && k != i
                               && cache_lookup(cache, text) == NULL);
                }

                snprintf(text, sizeof(text), "token %zu", i);

                if (cache_lookup(cache, text) == NULL && others == 0) {
                    gone++;
                }
            }

            oauth_cache_free(cache);
        }

        most = (gone > most) ? gone : most;
    }

    assert_int_equal(most, 16);
}


static void
cache_long(void **state)
{
    char            text[OAUTH_CACHE_TOKEN + 2];
    oauth_cache_t  *cache;

    (void) state;

    cache = oauth_cache_create(4, cache_secret);

    memset(text, 'x', sizeof(text) - 1);
    text[OAUTH_CACHE_TOKEN + 1] = '\0';

    cache_store(cache, text, CACHE_NOW + 1);
    assert_null(cache_lookup(cache, text));

    text[OAUTH_CACHE_TOKEN] = '\0';

    cache_store(cache, text, CACHE_NOW + 1);
    assert_non_null(cache_lookup(cache, text));

    oauth_cache_free(cache);
}


static void
cache_sizes(void **state)
{
    oauth_cache_t  *cache;

    (void) state;

    assert_null(oauth_cache_create(SIZE_MAX, cache_secret));

    cache = oauth_cache_create(1024 * 1024, cache_secret);
    assert_non_null(cache);
    oauth_cache_free(cache);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(cache_found),
        cmocka_unit_test(cache_full),
        cmocka_unit_test(cache_order),
        cmocka_unit_test(cache_expire_each),
        cmocka_unit_test(cache_expired_first),
        cmocka_unit_test(cache_long),
        cmocka_unit_test(cache_sizes)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
