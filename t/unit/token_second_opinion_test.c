
/*
 * libjwt 1.10 or 1.17 (jwt_decode with the same public key) as a second opinion
 * on RS and ES.  Every token that the other tests make is given to both, and
 * both must say the same, except for the differences in the table below.  The
 * test also fails if such a difference does not exist, so the table describes
 * exactly what this version of libjwt does.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jwt.h>
#include <openssl/err.h>
#include <openssl/hmac.h>

#include "forge.h"
#include "keys.h"
#include "threats.h"
#include "token_fixture.h"


#define OPINION_TRIES  10000


static const oauth_alg_id_t  opinion_algs[] = {
    OAUTH_ALG_RS256, OAUTH_ALG_RS384, OAUTH_ALG_RS512,
    OAUTH_ALG_ES256, OAUTH_ALG_ES384, OAUTH_ALG_ES512
};

#define OPINION_ALGS  (sizeof(opinion_algs) / sizeof(opinion_algs[0]))


/* Forms of a good token, see opinion_form. */

enum { FORM_GOOD, FORM_PADDING, FORM_PADDINGS, FORM_ALPHABET, FORM_BITS,
       FORM_PAYLOAD_BITS, FORM_PAYLOAD_PADDING, FORM_NEWLINE, FORM_SPACE,
       FORM_WITHIN, FORM_CUT, FORM_NO_SIGNATURE, FORM_TWO, FORM_FOUR,
       FORM_FIVE, FORM_LEADING, FORM_TRAILING, FORM_NO_PAYLOAD, FORM_HMAC,
       FORM_NONE, FORMS };

static const char *const  opinion_forms[FORMS] = {
    "good", "signature with =", "signature with ==",
    "signature in the other alphabet", "unused bits of the signature",
    "unused bits of the payload", "payload with =", "a newline behind",
    "a space in front", "a character within the signature",
    "a character less", "no signature", "two segments", "four segments",
    "five segments", "a dot in front", "a dot behind", "no payload",
    "HS256 with the PEM as key", "none without signature"
};


/*
 * The cases in which jwt_decode says the opposite of the core, and why.
 * jwt_decode gets only the key; it does not know which claims are required.
 * jwt.h does not name its version. 1.10 of Debian 12 cannot validate claims
 * yet; 1.17 of Debian 13 can.
 */

#ifdef JWT_VALIDATION_SUCCESS
#define OPINION_LIBJWT  117
#else
#define OPINION_LIBJWT  110
#endif

#define OPINION_NAMES  64

static const struct {
    int          takes;                  /* 1: the core refuses it */
    const char  *why;
    const char  *names[OPINION_NAMES];
} opinion_gaps[] = {
    { 1, "the token picks the algorithm: a public key serves as HMAC "
         "secret",
      { "HS256 with the PEM as key" } },

    { 1, "base64 is lenient: padding, the other alphabet, unused bits, "
         "characters that are none",
      { "signature with =", "signature with ==",
        "signature in the other alphabet", "unused bits of the signature",
        "unused bits of the payload", "payload with =", "a newline behind",
        "a character within the signature", "a dot behind" } },

    { 1, "critical extensions (RFC 7515 section 4.1.11) and b64 (RFC "
         "7797) are not looked at",
      { "crit empty", "crit null", "crit exp", "crit unknown",
        "crit string", "b64 false", "b64 true", "b64 false, crit" } },

    { 1, "enc and zip are not looked at",
      { "enc", "enc null", "zip" } },

    { 1, "one key is given, kid is not looked at",
      { "kid path traversal", "kid SQL", "kid shell", "kid with CR LF",
        "kid with more", "kid behind a space", "kid and a space",
        "kid escaped", "kid twice", "kid empty", "kid null",
        "kid array without members", "kid number", "kid true", "kid array",
        "kid object" } },

    { 1, "typ that is no string is ignored",
      { "typ null", "typ array without members", "typ array", "typ number",
        "typ true" } },

    { 1, "of members with one name the last one counts",
      { "alg twice", "alg none, then alg", "typ twice",
        "header, duplicate deep within", "exp twice", "exp twice, escaped",
        "iss twice", "duplicate deep within" } },

    { 1, "a payload that is an array, and what stands behind a NUL",
      { "trailing NUL", "an array" } },

    { 1, "depth is bounded by jansson alone, at 2048",
      { "header, depth 33", "depth 33" } },

    { 1, "the length of a number is not bounded",
      { "exp of 65 characters", "nbf of 65 characters",
        "iat of 65 characters" } },

    { 1, "exp, nbf and iat are not checked",
      { "no exp", "exp passed", "exp 0", "exp -1", "exp -1e308",
        "nbf later", "iat later", "iat 0", "exp too far", "exp 1e308",
        "exp 2^63 - 1", "nbf 1e308", "iat 1e308", "exp string", "exp null",
        "exp true", "exp array", "exp object", "exp 1e-99999999999",
        "nbf string", "nbf true", "nbf array", "nbf object",
        "nbf 1e-99999999999", "iat string", "iat true",
        "iat array", "iat object", "iat 1e-99999999999", "Exp" } },

    { 1, "iss is not checked",
      { "iss absent", "iss and a slash", "iss a prefix", "iss and more",
        "iss in upper case", "iss one character", "iss behind a space",
        "iss empty", "iss with a port", "iss null", "iss array",
        "iss object", "iss number", "empty object" } },

    { 1, "aud and sub may be of any type",
      { "aud null", "aud number", "aud object", "aud nested",
        "aud with a number", "sub number", "sub array" } },

    { 1, "ID tokens and events pass as access tokens",
      { "an ID token by at_hash", "an ID token by nonce", "an event" } },

#if (OPINION_LIBJWT < 117)
    { 0, "typ has to be JWT: at+jwt (RFC 9068) and other good ones are refused",
      { "typ at+jwt", "typ AT+JWT", "typ application/at+jwt",
        "typ application/jwt", "typ JOSE" } }
#else
    { 1, "typ may be anything: tokens for another purpose pass as access "
         "tokens",
      { "typ logout+jwt", "typ secevent+jwt", "typ dpop+jwt",
        "typ statuslist+jwt", "typ kb+jwt", "typ none", "typ at+jw",
        "typ at+jwts", "typ at+jwt;v=1", "typ  JWT", "typ empty",
        "typ JOSE+JSON" } }
#endif
};

/*
 * libjwt is not given an empty segment, because it would ask for zero bytes and
 * write one (jwt_decode, and base64_decode_block of libb64).  The core refuses
 * all such tokens.
 */

static const char *const  opinion_unasked[] = {
    "no signature", "none without signature", "no payload", "a dot in front"
};

#define OPINION_UNASKED  (sizeof(opinion_unasked) / sizeof(char *))
#define OPINION_GAPS     (sizeof(opinion_gaps) / sizeof(opinion_gaps[0]))


static char           *opinion_pems[TOKEN_KEYS];
static unsigned char   opinion_seen[OPINION_GAPS][OPINION_NAMES];


static int
opinion_setup(void **state)
{
    size_t  i;

    assert_int_equal(token_setup(state), 0);

    EVP_PKEY_free(token_keys[TOKEN_RSA]);
    oauth_jwks_free(token_set);

    token_keys[TOKEN_RSA] = keys_rsa(FORGE_RSA_BITS);
    token_set = token_make_set(0, TOKEN_KEYS, token_kids);

    for (i = 0; i < TOKEN_KEYS; i++) {
        opinion_pems[i] = keys_pem(token_keys[i], 0);
    }

    return 0;
}


static int
opinion_teardown(void **state)
{
    size_t  i;

    for (i = 0; i < TOKEN_KEYS; i++) {
        free(opinion_pems[i]);
    }

    return token_teardown(state);
}


/* libjwt reads up to a NUL. */

static int
opinion_libjwt(const oauth_alg_t *alg, const oauth_buf_t *text)
{
    int     rc;
    char   *copy, *pem;
    jwt_t  *jwt;

    copy = malloc(text->len + 1);
    assert_non_null(copy);

    memcpy(copy, text->data, text->len);
    copy[text->len] = '\0';

    jwt = NULL;
    pem = opinion_pems[token_key_of(alg->id)];
    rc = jwt_decode(&jwt, copy, (unsigned char *) pem, (int) strlen(pem));

    if (rc == 0) {
        jwt_free(jwt);
    }

    ERR_clear_error();
    free(copy);

    return rc == 0;
}


/*
 * Returns 1 and the place in the table, or 0 if the table does not have the
 * case.
 */

static int
opinion_gap(const char *name, size_t *gap, size_t *place)
{
    size_t  i, k;

    for (i = 0; i < OPINION_GAPS; i++) {
        for (k = 0; opinion_gaps[i].names[k]; k++) {

            if (strcmp(opinion_gaps[i].names[k], name) == 0) {
                *gap = i;
                *place = k;
                return 1;
            }
        }
    }

    return 0;
}


static int
opinion_is_unasked(const char *name)
{
    size_t  i;

    for (i = 0; i < OPINION_UNASKED; i++) {
        if (strcmp(opinion_unasked[i], name) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
opinion_compare(const oauth_alg_t *alg, const char *name,
    const oauth_buf_t *text)
{
    int     ours, theirs, expected;
    size_t  gap, place;

    ours = token_reason_of(oauth_buf_str(text), &token_policy, token_set)
           == OAUTH_OK;

    if (opinion_is_unasked(name)) {
        assert_false(ours);
        return;
    }

    theirs = opinion_libjwt(alg, text);
    expected = ours;

    if (opinion_gap(name, &gap, &place)) {
        expected = opinion_gaps[gap].takes;
        opinion_seen[gap][place] = 1;

        if (ours == expected) {
            fail_msg("%s, %s: no gap, we say the same",
                     (const char *) alg->name.data, name);
        }
    }

    if (theirs != expected) {
        fail_msg("%s, %s: libjwt says %d, we say %d",
                 (const char *) alg->name.data, name, theirs, ours);
    }
}


static void
opinion_append_input(oauth_buf_t *buf, const oauth_alg_t *alg, int n)
{
    char  header[64], payload[256];

    snprintf(header, sizeof(header), "{\"alg\":\"%s\",%s}",
             (const char *) alg->name.data,
             token_kids[token_key_of(alg->id)]);
    snprintf(payload, sizeof(payload), "{" PAYLOAD ",\"jti\":\"%d\"}", n);

    keys_append_input(buf, keys_str(header), keys_str(payload));
}


static void
opinion_signatures(void **state)
{
    int                  n;
    size_t               i, k;
    oauth_buf_t          text, signature;
    const oauth_alg_t   *alg;

    (void) state;

    for (k = 0; k < OPINION_ALGS; k++) {
        alg = oauth_alg_get(opinion_algs[k]);

        for (i = 0; i < forge_nforms; i++) {

            if (!forge_fits(&forge_forms[i], alg) || !forge_turn(i, alg)) {
                continue;
            }

            for (n = 0; n < OPINION_TRIES; n++) {
                memset(&text, 0, sizeof(oauth_buf_t));
                opinion_append_input(&text, alg, n);

                if (forge_sign(&forge_forms[i],
                               token_keys[token_key_of(alg->id)], alg,
                               oauth_buf_str(&text), &signature))
                {
                    break;
                }

                oauth_buf_free(&text);
            }

            assert_true(n < OPINION_TRIES);

            oauth_buf_append_literal(&text, ".");
            keys_append_base64url(&text, oauth_buf_str(&signature));
            opinion_compare(alg, forge_forms[i].name, &text);

            oauth_buf_free(&signature);
            oauth_buf_free(&text);
        }
    }
}


/*
 * Headers and claims do not depend on the algorithm: RS256 and ES256, and each
 * case with one of the others in turn.  If the run shall be brief, each case is
 * there once.
 */

static void
opinion_tables(void **state)
{
    int                    brief;
    size_t                 i, k;
    oauth_buf_t            text;
    const oauth_alg_t     *alg;
    const threats_case_t  *c;

    (void) state;

    brief = getenv("OAUTH_TEST_BRIEF") != NULL;

    for (i = 0; (c = threats_case(i)) != NULL; i++) {

        for (k = 0; k < OPINION_ALGS; k++) {

            if ((brief || k % 3) && i % OPINION_ALGS != k) {
                continue;
            }

            alg = oauth_alg_get(opinion_algs[k]);
            memset(&text, 0, sizeof(oauth_buf_t));
            threats_append(&text, c, alg);

            opinion_compare(alg, c->name, &text);
            oauth_buf_free(&text);
        }
    }
}


/*
 * Rewrites the text in the standard alphabet; returns 1 if this changes a
 * character.
 */

static int
opinion_other_alphabet(unsigned char *p, const unsigned char *last)
{
    int  found;

    for (found = 0; p < last; p++) {

        if (*p == '-' || *p == '_') {
            *p = (*p == '-') ? '+' : '/';
            found = 1;
        }
    }

    return found;
}


/*
 * Replaces the last character by another for the same bytes; returns 1 if there
 * is one.
 */

static int
opinion_set_bits(unsigned char *first, unsigned char *last)
{
    size_t  len;

    len = (size_t) (last - first) % 4;

    if (len != 2 && len != 3) {
        return 0;
    }

    /*
     * The unused bits are zero, so the next character of the alphabet has one
     * set.
     */

    last[-1]++;

    return last[-1] != 'Z' + 1 && last[-1] != 'z' + 1 && last[-1] != '9' + 1;
}


/*
 * Makes what is signed and the token around it; returns 1 if the form is
 * possible.
 */

static int
opinion_form_input(int form, const oauth_alg_t *alg, int n, oauth_buf_t *text)
{
    unsigned char  *dot;

    if (form == FORM_HMAC || form == FORM_NONE) {
        keys_append_input(text, keys_str(form == FORM_HMAC
                                         ? "{\"alg\":\"HS256\"}"
                                         : "{\"alg\":\"none\"}"),
                          oauth_str("{" PAYLOAD "}"));
        return 1;
    }

    opinion_append_input(text, alg, n);
    dot = memchr(text->data, '.', text->len);

    if (form == FORM_NO_PAYLOAD) {
        text->len = (size_t) (dot + 1 - text->data);
    }

    if (form == FORM_PAYLOAD_PADDING) {
        oauth_buf_append_literal(text, "=");
    }

    return form != FORM_PAYLOAD_BITS
           || opinion_set_bits(dot + 1, text->data + text->len);
}


static void
opinion_form_sign(int form, const oauth_alg_t *alg, oauth_buf_t *text)
{
    unsigned       len;
    const char    *pem;
    oauth_buf_t    signature;
    unsigned char  mac[EVP_MAX_MD_SIZE];

    memset(&signature, 0, sizeof(oauth_buf_t));

    if (form == FORM_HMAC) {
        pem = opinion_pems[token_key_of(alg->id)];
        assert_non_null(HMAC(EVP_sha256(), pem, (int) strlen(pem), text->data,
                             text->len, mac, &len));
        oauth_buf_append(&signature, mac, len);

    } else if (form != FORM_NONE) {
        keys_append_signature(&signature, token_keys[token_key_of(alg->id)],
                              alg->id, oauth_buf_str(text));
    }

    oauth_buf_append_literal(text, ".");
    keys_append_base64url(text, oauth_buf_str(&signature));
    oauth_buf_free(&signature);
}


/* Changes the text after it was signed; returns 1 if the form is possible. */

static int
opinion_form_change(int form, oauth_buf_t *text)
{
    unsigned char  *signature, *last;

    signature = memchr(text->data, '.', text->len);
    signature = memchr(signature + 1, '.', text->len);
    signature++;
    last = text->data + text->len;

    switch (form) {

    case FORM_PADDING:
        oauth_buf_append_literal(text, "=");
        break;

    case FORM_PADDINGS:
        oauth_buf_append_literal(text, "==");
        break;

    case FORM_ALPHABET:
        return opinion_other_alphabet(signature, last);

    case FORM_BITS:
        return opinion_set_bits(signature, last);

    case FORM_NEWLINE:
        oauth_buf_append_literal(text, "\n");
        break;

    case FORM_SPACE:
    case FORM_LEADING:
        oauth_buf_append_literal(text, " ");
        memmove(text->data + 1, text->data, text->len - 1);
        text->data[0] = (form == FORM_SPACE) ? ' ' : '.';
        break;

    case FORM_WITHIN:
        oauth_buf_append_literal(text, "!");
        signature = text->data + text->len - 9;
        memmove(signature + 1, signature, 8);
        signature[0] = '!';
        break;

    case FORM_CUT:
        text->len--;
        break;

    case FORM_NO_SIGNATURE:
        text->len = (size_t) (signature - text->data);
        break;

    case FORM_TWO:
        text->len = (size_t) (signature - 1 - text->data);
        break;

    case FORM_FOUR:
        oauth_buf_append_literal(text, ".AAAA");
        break;

    case FORM_FIVE:
        oauth_buf_append_literal(text, ".AAAA.AAAA");
        break;

    case FORM_TRAILING:
        oauth_buf_append_literal(text, ".");
        break;
    }

    return 1;
}


static int
opinion_form(int form, const oauth_alg_t *alg, oauth_buf_t *text)
{
    int  n;

    for (n = 0; n < OPINION_TRIES; n++) {
        memset(text, 0, sizeof(oauth_buf_t));

        if (opinion_form_input(form, alg, n, text)) {
            opinion_form_sign(form, alg, text);

            if (opinion_form_change(form, text)) {
                return 1;
            }
        }

        oauth_buf_free(text);

        /* A signature of 96 or 132 bytes has no unused bits. */

        if (form == FORM_BITS && 2 * alg->coordinate % 3 == 0
            && alg->type == OAUTH_KEY_EC)
        {
            return 0;
        }
    }

    fail_msg("%s cannot be had", opinion_forms[form]);

    return 0;
}


static void
opinion_formed(void **state)
{
    int                 form;
    size_t              k;
    oauth_buf_t         text;
    const oauth_alg_t  *alg;

    (void) state;

    for (k = 0; k < OPINION_ALGS; k++) {
        alg = oauth_alg_get(opinion_algs[k]);

        for (form = 0; form < FORMS; form++) {

            if (opinion_form(form, alg, &text)) {
                opinion_compare(alg, opinion_forms[form], &text);
                oauth_buf_free(&text);
            }
        }
    }
}


/* Runs last: every difference in the table has occurred. */

static void
opinion_gaps_met(void **state)
{
    size_t  i, k;

    (void) state;

    for (i = 0; i < OPINION_GAPS; i++) {
        for (k = 0; opinion_gaps[i].names[k]; k++) {

            if (!opinion_seen[i][k]) {
                fail_msg("%s: no such case", opinion_gaps[i].names[k]);
            }
        }

        assert_non_null(opinion_gaps[i].why);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(opinion_signatures),
        cmocka_unit_test(opinion_tables),
        cmocka_unit_test(opinion_formed),
        cmocka_unit_test(opinion_gaps_met)
    };

    return cmocka_run_group_tests(tests, opinion_setup, opinion_teardown);
}
