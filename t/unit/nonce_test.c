
/*
 * Nonces for proofs: their form by another implementation of HMAC, their age,
 * and what is not one.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_nonce.h"


#define NONCE_NOW  INT64_C(1700000040)      /* the beginning of a slot        */


static unsigned char  nonce_secret[OAUTH_NONCE_KEY];
static unsigned char  nonce_text[OAUTH_NONCE_SIZE];


static oauth_str_t
nonce_write(int64_t now)
{
    assert_int_equal(oauth_nonce_write(nonce_secret, now, nonce_text), 0);

    return (oauth_str_t) { OAUTH_NONCE_SIZE, nonce_text };
}


static oauth_nonce_age_t
nonce_age(oauth_str_t text, int64_t now)
{
    int64_t            until;
    oauth_nonce_age_t  age;

    until = -1;
    age = oauth_nonce_verify(nonce_secret, text, now, &until);

    if (age == OAUTH_NONCE_CURRENT || age == OAUTH_NONCE_PREVIOUS) {
        assert_true(until > now && until <= now + 3 * OAUTH_NONCE_SLOT);

    } else {
        assert_true(until == -1);
    }

    return age;
}


/* The secret is the bytes 0 to 31; Python's hmac made the text. */

static void
nonce_vector(void **state)
{
    oauth_str_t  text;

    (void) state;

    text = nonce_write(NONCE_NOW);

    assert_memory_equal(text.data, "AAAAAAGwVRb_DCWZPrPYpr_xb1XplKyX",
                        OAUTH_NONCE_SIZE);
}


static void
nonce_ages(void **state)
{
    oauth_str_t  text;

    (void) state;

    text = nonce_write(NONCE_NOW);

    assert_int_equal(nonce_age(text, NONCE_NOW), OAUTH_NONCE_CURRENT);
    assert_int_equal(nonce_age(text, NONCE_NOW + 59), OAUTH_NONCE_CURRENT);
    assert_int_equal(nonce_age(text, NONCE_NOW + 60), OAUTH_NONCE_PREVIOUS);
    assert_int_equal(nonce_age(text, NONCE_NOW + 119), OAUTH_NONCE_PREVIOUS);
    assert_int_equal(nonce_age(text, NONCE_NOW + 120), OAUTH_NONCE_OLD);
    assert_int_equal(nonce_age(text, NONCE_NOW + 1000000), OAUTH_NONCE_OLD);

    /* the clock of another worker is ahead of ours */

    assert_int_equal(nonce_age(text, NONCE_NOW - 1), OAUTH_NONCE_CURRENT);
    assert_int_equal(nonce_age(text, NONCE_NOW - 60), OAUTH_NONCE_CURRENT);
    assert_int_equal(nonce_age(text, NONCE_NOW - 61), OAUTH_NONCE_OLD);
}


static void
nonce_same_in_a_slot(void **state)
{
    unsigned char  first[OAUTH_NONCE_SIZE];

    (void) state;

    memcpy(first, nonce_write(NONCE_NOW).data, OAUTH_NONCE_SIZE);

    assert_memory_equal(nonce_write(NONCE_NOW + 59).data, first,
                        OAUTH_NONCE_SIZE);
    assert_memory_not_equal(nonce_write(NONCE_NOW + 60).data, first,
                            OAUTH_NONCE_SIZE);
}


/* Each character counts, and so does the length. */

static void
nonce_foreign(void **state)
{
    size_t         i;
    int64_t        until;
    oauth_str_t    text;
    unsigned char  other[OAUTH_NONCE_KEY], c, longer[OAUTH_NONCE_SIZE + 1];

    (void) state;

    text = nonce_write(NONCE_NOW);

    for (i = 0; i < OAUTH_NONCE_SIZE; i++) {

        c = nonce_text[i];
        nonce_text[i] = (c == 'A') ? 'B' : 'A';
        assert_int_equal(nonce_age(text, NONCE_NOW), OAUTH_NONCE_FOREIGN);

        nonce_text[i] = '=';
        assert_int_equal(nonce_age(text, NONCE_NOW), OAUTH_NONCE_FOREIGN);

        nonce_text[i] = c;
    }

    assert_int_equal(nonce_age(text, NONCE_NOW), OAUTH_NONCE_CURRENT);

    memcpy(longer, nonce_text, OAUTH_NONCE_SIZE);
    longer[OAUTH_NONCE_SIZE] = 'A';

    assert_int_equal(nonce_age((oauth_str_t) { OAUTH_NONCE_SIZE + 1, longer },
                               NONCE_NOW),
                     OAUTH_NONCE_FOREIGN);
    assert_int_equal(nonce_age((oauth_str_t) { OAUTH_NONCE_SIZE - 1, longer },
                               NONCE_NOW),
                     OAUTH_NONCE_FOREIGN);
    assert_int_equal(nonce_age((oauth_str_t) { 0, NULL }, NONCE_NOW),
                     OAUTH_NONCE_FOREIGN);

    memcpy(other, nonce_secret, OAUTH_NONCE_KEY);
    other[OAUTH_NONCE_KEY - 1] ^= 1;

    assert_int_equal(oauth_nonce_verify(other, text, NONCE_NOW, &until),
                     OAUTH_NONCE_FOREIGN);
}


int
main(void)
{
    size_t  i;

    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(nonce_vector),
        cmocka_unit_test(nonce_ages),
        cmocka_unit_test(nonce_same_in_a_slot),
        cmocka_unit_test(nonce_foreign)
    };

    for (i = 0; i < OAUTH_NONCE_KEY; i++) {
        nonce_secret[i] = (unsigned char) i;
    }

    return cmocka_run_group_tests(tests, NULL, NULL);
}
