
/*
 * A set of revocations: what was added is there and nothing else; key, cut and
 * end tell entries apart, the time does not; a set that is full says so, and
 * keeps what it has.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_seen.h"


#define SEEN_MANY  20000


static oauth_revocation_t
seen_entry(size_t i)
{
    oauth_revocation_t  entry;

    memset(&entry, 0, sizeof(oauth_revocation_t));

    entry.key[0] = OAUTH_REVOCATION_SUBJECT;
    memcpy(entry.key + 1, &i, sizeof(size_t));
    entry.cut = 1700000000;
    entry.time = 1700000000;

    return entry;
}


static void
seen_members(void **state)
{
    size_t               i;
    oauth_seen_t        *seen;
    oauth_revocation_t   entry, other;

    (void) state;

    seen = oauth_seen_create(100);
    assert_non_null(seen);

    entry = seen_entry(1);

    assert_int_equal(oauth_seen_has(seen, &entry), 0);
    assert_int_equal(oauth_seen_add(seen, &entry), 0);
    assert_int_equal(oauth_seen_has(seen, &entry), 1);

    for (i = 0; i < OAUTH_REVOCATION_KEY; i++) {
        other = entry;
        other.key[i] ^= 1;
        assert_int_equal(oauth_seen_has(seen, &other), 0);
    }

    other = entry;
    other.cut++;
    assert_int_equal(oauth_seen_has(seen, &other), 0);

    other = entry;
    other.cut = OAUTH_REVOCATION_ALWAYS;
    assert_int_equal(oauth_seen_has(seen, &other), 0);

    other = entry;
    other.end = 1;
    assert_int_equal(oauth_seen_has(seen, &other), 0);

    other = entry;
    other.cut = entry.end;
    other.end = entry.cut;
    assert_int_equal(oauth_seen_has(seen, &other), 0);

    other = entry;
    other.time = 0;
    assert_int_equal(oauth_seen_has(seen, &other), 1);

    oauth_seen_free(seen);
    oauth_seen_free(NULL);
}


/* The table is as full as it may be, and each entry was added twice. */

static void
seen_many(void **state)
{
    size_t               i;
    oauth_seen_t        *seen;
    oauth_revocation_t   entry;

    (void) state;

    seen = oauth_seen_create(SEEN_MANY);
    assert_non_null(seen);

    for (i = 0; i < SEEN_MANY * 2; i++) {
        entry = seen_entry(i / 2);
        assert_int_equal(oauth_seen_add(seen, &entry), 0);
    }

    for (i = 0; i < SEEN_MANY * 2; i++) {
        entry = seen_entry(i);
        assert_int_equal(oauth_seen_has(seen, &entry), i < SEEN_MANY);
    }

    oauth_seen_free(seen);
}


static void
seen_full(void **state)
{
    size_t               i, n;
    oauth_seen_t        *seen;
    oauth_revocation_t   entry;

    (void) state;

    for (n = 0; n < 5; n++) {

        seen = oauth_seen_create(n);
        assert_non_null(seen);

        for (i = 0; i < n; i++) {
            entry = seen_entry(i);
            assert_int_equal(oauth_seen_add(seen, &entry), 0);
        }

        for (i = n; i < n + 100; i++) {
            entry = seen_entry(i);
            assert_int_equal(oauth_seen_add(seen, &entry), -1);
            assert_int_equal(oauth_seen_has(seen, &entry), 0);
        }

        for (i = 0; i < n; i++) {
            entry = seen_entry(i);
            assert_int_equal(oauth_seen_add(seen, &entry), 0);
            assert_int_equal(oauth_seen_has(seen, &entry), 1);
        }

        oauth_seen_free(seen);
    }
}


static void
seen_too_large(void **state)
{
    (void) state;

    assert_null(oauth_seen_create(SIZE_MAX));
    assert_null(oauth_seen_create(SIZE_MAX / 2));
    assert_null(oauth_seen_create(SIZE_MAX / 3 * 2));
    assert_null(oauth_seen_create(SIZE_MAX / 12));
    assert_null(oauth_seen_create(SIZE_MAX / 16));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(seen_members),
        cmocka_unit_test(seen_many),
        cmocka_unit_test(seen_full),
        cmocka_unit_test(seen_too_large)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
