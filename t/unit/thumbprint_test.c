
/*
 * Thumbprints of keys: the examples of the RFCs, and what changes a thumbprint.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "oauth_base64url.h"
#include "oauth_public.h"
#include "oauth_thumbprint.h"


typedef struct {
    const char  *name;
    const char  *kty;
    const char  *crv;
    const char  *first;                 /* n or x */
    const char  *second;                /* e or y */
    const char  *thumbprint;
} thumbprint_case_t;


static const thumbprint_case_t  thumbprint_cases[] = {

    { "RFC 7638 section 3.1", "RSA", NULL,
      "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7"
      "aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXA"
      "rwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7"
      "d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lF"
      "d2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
      "AQAB", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" },

    { "RFC 9449 section 6.1", "EC", "P-256",
      "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
      "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
      "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" },

    { "RFC 8037 appendix A.3", "OKP", "Ed25519",
      "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", NULL,
      "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" }
};


/* Decodes into a new buffer; NULL is a number that is not there. */

static oauth_str_t
thumbprint_decode(const char *text, unsigned char *dst)
{
    oauth_str_t  bytes;

    bytes.data = dst;
    bytes.len = 0;

    if (text) {
        assert_int_equal(oauth_base64url_parse(keys_str(text), dst,
                                               &bytes.len), 0);
    }

    return bytes;
}


static void
thumbprint_of(const char *kty, const char *crv, oauth_str_t first,
    oauth_str_t second, char *text)
{
    int             rc;
    unsigned char  *dst;

    dst = malloc(OAUTH_HASH_SIZE);
    assert_non_null(dst);

    if (strcmp(kty, "RSA") == 0) {
        rc = oauth_thumbprint_write_rsa(first, second, dst);

    } else if (strcmp(kty, "EC") == 0) {
        rc = oauth_thumbprint_write_ec(keys_str(crv), first, second, dst);

    } else {
        rc = oauth_thumbprint_write_okp(keys_str(crv), first, dst);
    }

    assert_int_equal(rc, 0);

    memcpy(text, dst, OAUTH_HASH_SIZE);
    text[OAUTH_HASH_SIZE] = '\0';
    free(dst);
}


static void
thumbprint_examples(void **state)
{
    size_t                    i;
    char                      text[OAUTH_HASH_SIZE + 1];
    oauth_str_t               first, second;
    unsigned char             one[512], two[512];
    const thumbprint_case_t  *c;

    (void) state;

    for (i = 0; i < sizeof(thumbprint_cases) / sizeof(thumbprint_cases[0]);
         i++)
    {
        c = &thumbprint_cases[i];

        first = thumbprint_decode(c->first, one);
        second = thumbprint_decode(c->second, two);

        thumbprint_of(c->kty, c->crv, first, second, text);
        assert_string_equal(text, c->thumbprint);
    }
}


/* The same keys, read from the members of a JWK. */

static void
thumbprint_public(void **state)
{
    size_t                    i;
    unsigned char             text[OAUTH_HASH_SIZE];
    oauth_public_t            public;
    oauth_public_members_t    members;
    const thumbprint_case_t  *c;

    (void) state;

    for (i = 0; i < sizeof(thumbprint_cases) / sizeof(thumbprint_cases[0]);
         i++)
    {
        c = &thumbprint_cases[i];

        memset(&members, 0, sizeof(members));
        members.kty = keys_str(c->kty);

        if (c->crv) {
            members.crv = keys_str(c->crv);
            members.x = keys_str(c->first);

        } else {
            members.n = keys_str(c->first);
            members.e = keys_str(c->second);
        }

        if (c->crv && c->second) {
            members.y = keys_str(c->second);
        }

        assert_null(oauth_public_parse_type(&members, &public));
        assert_null(oauth_public_parse_numbers(&members, &public));
        assert_int_equal(oauth_public_thumbprint(&public, text), 0);
        assert_memory_equal(text, c->thumbprint, OAUTH_HASH_SIZE);
    }
}


/* Each member counts, and so does each byte of a number. */

static void
thumbprint_differs(void **state)
{
    size_t       i, k;
    oauth_str_t  x, y, other, longer;

    char  texts[8][OAUTH_HASH_SIZE + 1];

    (void) state;

    x = oauth_str("01234567890123456789012345678901");
    y = oauth_str("abcdefghijabcdefghijabcdefghijab");
    other = oauth_str("01234567890123456789012345678900");
    longer = (oauth_str_t) { 33, (const unsigned char *)
                             "\0" "01234567890123456789012345678901" };

    thumbprint_of("EC", "P-256", x, y, texts[0]);
    thumbprint_of("EC", "P-256", y, x, texts[1]);
    thumbprint_of("EC", "P-256", other, y, texts[2]);
    thumbprint_of("EC", "P-256", longer, y, texts[3]);
    thumbprint_of("EC", "P-384", x, y, texts[4]);
    thumbprint_of("OKP", "P-256", x, y, texts[5]);
    thumbprint_of("RSA", NULL, x, y, texts[6]);
    thumbprint_of("RSA", NULL, y, x, texts[7]);

    for (i = 0; i < 8; i++) {
        for (k = 0; k < i; k++) {
            assert_string_not_equal(texts[i], texts[k]);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(thumbprint_examples),
        cmocka_unit_test(thumbprint_public),
        cmocka_unit_test(thumbprint_differs)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
