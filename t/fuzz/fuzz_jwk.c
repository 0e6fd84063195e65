
/*
 * One JWK. Input: its JSON, in which $rsa, $p256, $p384, $p521, $okp and $ed448
 * stand for the members of keys that can sign.  A key must verify its own
 * signatures with the algorithms that it names, and with no others.  If fewer
 * algorithms are allowed, fewer must be left.
 */


#include <string.h>

#include "fuzz.h"
#include "oauth_jwk.h"
#include "signer.h"


#define FUZZ_KID  1024


static void fuzz_parse(const json_t *value, oauth_alg_id_t only);
static void fuzz_members(const json_t *value, const oauth_jwk_t *jwk);
static void fuzz_algorithms(const json_t *value, const oauth_jwk_t *jwk);
static void fuzz_verify(const json_t *value, const oauth_jwk_t *jwk,
    oauth_alg_id_t id);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t       *value;
    oauth_buf_t   text;
    oauth_str_t   input;

    signer_setup();

    input.data = data;
    input.len = size;

    memset(&text, 0, sizeof(oauth_buf_t));
    signer_expand(&text, input);

    (void) oauth_document_parse_nul(oauth_buf_str(&text), OAUTH_JSON_MEMBERS,
                                &value);

    if (value) {
        fuzz_parse(value, (oauth_alg_id_t) (size % OAUTH_ALGS));
    }

    json_decref(value);
    oauth_buf_free(&text);

    return 0;
}


static void
fuzz_parse(const json_t *value, oauth_alg_id_t only)
{
    int           id;
    oauth_jwk_t   jwk, less;
    const char   *why;
    oauth_algs_t  left;

    memset(&jwk, 0xa5, sizeof(oauth_jwk_t));

    (void) oauth_jwk_parse(value, OAUTH_ALGS_ALL, &jwk, &why);
    fuzz_need_clean();

    left = 0;

    if (why == NULL) {
        fuzz_accepted = 1;

        fuzz_members(value, &jwk);
        fuzz_algorithms(value, &jwk);

        for (id = 0; id < OAUTH_ALGS; id++) {
            fuzz_verify(value, &jwk, (oauth_alg_id_t) id);
        }

        left = jwk.algorithms & oauth_alg_get(only)->bits;
        oauth_jwk_free(&jwk);
    }

    fuzz_need(jwk.key == NULL && jwk.kid.data == NULL);

    (void) oauth_jwk_parse(value, oauth_alg_get(only)->bits, &less, &why);
    fuzz_need_clean();

    fuzz_need((why == NULL) == (left != 0));
    fuzz_need(less.algorithms == left);

    oauth_jwk_free(&less);
}


static void
fuzz_members(const json_t *value, const oauth_jwk_t *jwk)
{
    size_t       i;
    oauth_str_t  member;

    static const char  *secrets[] = { "d", "p", "q", "dp", "dq", "qi", "oth",
                                      "k" };

    for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        fuzz_need(fuzz_member(value, secrets[i]) == NULL);
    }

    if (fuzz_member(value, "use")) {
        fuzz_need(oauth_document_string(value, "use", &member) == 1);
        fuzz_need(oauth_str_equal(member, oauth_str("sig")));
    }

    if (jwk->kid.data == NULL) {
        fuzz_need(fuzz_member(value, "kid") == NULL);
        return;
    }

    fuzz_need(oauth_document_string(value, "kid", &member) == 1);
    fuzz_need(oauth_str_equal(member, jwk->kid));
    fuzz_need(member.len >= 1 && member.len <= FUZZ_KID);
    fuzz_need(memchr(member.data, 0, member.len) == NULL);
}


/*
 * The type must be that of kty.  If the key names an algorithm, it must be the
 * only one.
 */

static void
fuzz_algorithms(const json_t *value, const oauth_jwk_t *jwk)
{
    int                 id;
    oauth_str_t         name, kty;
    const oauth_alg_t  *alg;

    static const oauth_str_t  types[] = {
        oauth_string(""), oauth_string("RSA"), oauth_string("EC"),
        oauth_string("OKP")
    };

    fuzz_need(jwk->algorithms != 0);
    fuzz_need((jwk->algorithms & ~oauth_key_algorithms(jwk->key)) == 0);

    fuzz_need(oauth_document_string(value, "kty", &kty) == 1);

    for (id = 0; id < OAUTH_ALGS; id++) {

        alg = oauth_alg_get((oauth_alg_id_t) id);

        if (jwk->algorithms & oauth_alg_bit(id)) {
            fuzz_need(oauth_str_equal(kty, types[alg->type]));
        }
    }

    if (fuzz_member(value, "alg")) {
        fuzz_need(oauth_document_string(value, "alg", &name) == 1);

        alg = oauth_alg_lookup(name);
        fuzz_need(alg && jwk->algorithms
                         == (alg->bits & oauth_key_algorithms(jwk->key)));
        fuzz_need((jwk->algorithms & (jwk->algorithms - 1)) == 0);
    }
}


static void
fuzz_verify(const json_t *value, const oauth_jwk_t *jwk, oauth_alg_id_t id)
{
    oauth_reason_t      reason;
    const oauth_alg_t  *alg;

    alg = oauth_alg_get(id);

    reason = oauth_key_verify(jwk->key, alg, signer_input,
                              signer_signature(id));
    fuzz_need_clean();

    if (reason == OAUTH_OK) {
        fuzz_need(oauth_key_algorithms(jwk->key) & alg->bits);

    } else {
        fuzz_need(reason == OAUTH_BAD_SIGNATURE);
        fuzz_need(!(jwk->algorithms & alg->bits)
                  || !signer_is_own(value, id));
    }

    fuzz_need(oauth_key_verify(jwk->key, alg, oauth_str("header.payloae"),
                               signer_signature(id)) == OAUTH_BAD_SIGNATURE);
    fuzz_need_clean();
}
