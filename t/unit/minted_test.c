
/*
 * The assertions that a token keeps: they are found by what they are for and
 * for as long as they may be used, and the list has a bound.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_minted.h"


#define NOW  1700000000


/* Only the addresses of these count. */

static const char  minted_directives[2];
static const char  minted_resources[OAUTH_MINTED + 1];


static void
minted_store(oauth_minted_t **list, size_t directive, size_t resource,
    int64_t starts, int64_t ends, const char *text)
{
    oauth_minted_use_t  use;

    use.directive = &minted_directives[directive];
    use.resource = &minted_resources[resource];
    use.starts = starts;
    use.ends = ends;

    assert_int_equal(oauth_minted_store(list, &use, oauth_str_of(text)), 0);
}


/* expected is NULL where nothing is to be found. */

static void
minted_finds(const oauth_minted_t *list, size_t directive, size_t resource,
    int64_t now, const char *expected)
{
    oauth_str_t  text;

    text = oauth_minted_lookup(list, &minted_directives[directive],
                               &minted_resources[resource], now);

    if (expected == NULL) {
        assert_null(text.data);
        return;
    }

    assert_true(oauth_str_equal(text, oauth_str_of(expected)));
}


static void
minted_lookup(void **state)
{
    oauth_minted_t  *list;

    (void) state;

    list = NULL;
    minted_finds(list, 0, 0, NOW, NULL);

    minted_store(&list, 0, 0, NOW, NOW + 30, "first");
    minted_store(&list, 1, 0, NOW, NOW + 30, "another directive");
    minted_store(&list, 0, 1, NOW, NOW + 30, "other resource");

    minted_finds(list, 0, 0, NOW, "first");
    minted_finds(list, 0, 0, NOW + 29, "first");
    minted_finds(list, 1, 0, NOW, "another directive");
    minted_finds(list, 0, 1, NOW, "other resource");
    minted_finds(list, 1, 1, NOW, NULL);

    /* It ended, or the clock was set back. */

    minted_finds(list, 0, 0, NOW + 30, NULL);
    minted_finds(list, 0, 0, NOW - 1, NULL);

    /* The next one takes its place. */

    minted_store(&list, 0, 0, NOW + 30, NOW + 60, "second");
    minted_finds(list, 0, 0, NOW + 30, "second");
    minted_finds(list, 0, 0, NOW, NULL);

    oauth_minted_free(list);
    oauth_minted_free(NULL);
}


/* A full list loses the one that ends first. */

static void
minted_bound(void **state)
{
    size_t           i;
    oauth_minted_t  *list;

    (void) state;

    list = NULL;

    for (i = 0; i < OAUTH_MINTED; i++) {
        minted_store(&list, 0, i, NOW, NOW + (i == 3 ? 10 : 30), "text");
    }

    for (i = 0; i < OAUTH_MINTED; i++) {
        minted_finds(list, 0, i, NOW, "text");
    }

    minted_store(&list, 0, OAUTH_MINTED, NOW, NOW + 30, "more");
    minted_finds(list, 0, OAUTH_MINTED, NOW, "more");

    for (i = 0; i < OAUTH_MINTED; i++) {
        minted_finds(list, 0, i, NOW, i == 3 ? NULL : "text");
    }

    /* One that is there already is replaced, and no other has to go. */

    minted_store(&list, 0, 0, NOW, NOW + 30, "again");
    minted_finds(list, 0, 0, NOW, "again");
    minted_finds(list, 0, 1, NOW, "text");

    oauth_minted_free(list);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(minted_lookup),
        cmocka_unit_test(minted_bound)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
