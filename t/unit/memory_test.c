
/*
 * Lack of memory: the n-th allocation of the core, jansson and OpenSSL fails,
 * for every n that a key set, a token, a proof, an answer, a question, an
 * assertion, a revocation and a record of a fleet need.
 * A good token is accepted or refused, a bad one is never accepted, nothing
 * crashes, and the next run works like the first.  The sanitizers and valgrind
 * look for leaks.
 */


#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "keys.h"
#include "oauth_assertion.h"
#include "oauth_certificate.h"
#include "oauth_client.h"
#include "oauth_introspection.h"
#include "oauth_order.h"
#include "oauth_record.h"
#include "oauth_seen.h"
#include "proof_fixture.h"
#include "token_fixture.h"


static const oauth_alg_id_t  memory_algs[] = {
    OAUTH_ALG_RS256, OAUTH_ALG_PS256, OAUTH_ALG_ES256, OAUTH_ALG_EDDSA
};

static const oauth_str_t  memory_audience = oauth_string("rs");

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *data, size_t size);
void *__wrap_realloc(void *data, size_t size);


static size_t  memory_count;             /* allocations since armed */
static size_t  memory_fails;             /* which of them fails; 0: none */
static int     memory_core;              /* only the core's own count */


static int
memory_is_short(void)
{
    if (++memory_count != memory_fails) {
        return 0;
    }

    errno = ENOMEM;

    return 1;
}


/* The core's own; the libraries have hooks. */

void *
__wrap_malloc(size_t size)
{
    return memory_is_short() ? NULL : __real_malloc(size);
}


void *
__wrap_calloc(size_t n, size_t size)
{
    return memory_is_short() ? NULL : __real_calloc(n, size);
}


void *
__wrap_realloc(void *data, size_t size)
{
    return memory_is_short() ? NULL : __real_realloc(data, size);
}


static void *
memory_alloc(size_t size, const char *file, int line)
{
    (void) file;
    (void) line;

    return memory_core ? __real_malloc(size) : malloc(size);
}


static void *
memory_json_alloc(size_t size)
{
    return memory_alloc(size, NULL, 0);
}


static void *
memory_realloc(void *data, size_t size, const char *file, int line)
{
    (void) file;
    (void) line;

    return memory_core ? __real_realloc(data, size) : realloc(data, size);
}


static void
memory_free(void *data, const char *file, int line)
{
    (void) file;
    (void) line;

    free(data);
}


static void
memory_arm(size_t n)
{
    memory_count = 0;
    memory_fails = n;
}


static void
memory_make_set(oauth_buf_t *buf, size_t key)
{
    memset(buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(buf, "{\"keys\":[");
    keys_append_jwk(buf, token_keys[key], token_kids[key]);
    oauth_buf_append_literal(buf, "]}");
}


static void
memory_make_token(oauth_buf_t *buf, oauth_alg_id_t id, EVP_PKEY *key)
{
    char                header[64];
    const oauth_alg_t  *alg;

    alg = oauth_alg_get(id);

    snprintf(header, sizeof(header), "{\"alg\":\"%s\",%s}",
             (const char *) alg->name.data, token_kids[token_key_of(id)]);

    memset(buf, 0, sizeof(oauth_buf_t));
    keys_append_token(buf, key, id, keys_str(header),
                      oauth_str("{" PAYLOAD ",\"groups\":[\"a\",7,"
                                "{\"b\":1}],\"act\":{\"sub\":\"x\",\"act\":"
                                "{\"sub\":\"y\"}}}"));
}


/* Parses a key set and a token and verifies the token; returns the reason. */

static oauth_reason_t
memory_run(oauth_str_t keys, oauth_str_t text)
{
    const char      *error;
    oauth_jwt_t     *jwt;
    oauth_jwks_t    *set;
    oauth_token_t   *token;
    oauth_reason_t   reason;

    set = oauth_jwks_parse(keys, OAUTH_ALGS_ALL, &error);
    if (set == NULL) {
        return OAUTH_KEYS_UNAVAILABLE;
    }

    reason = oauth_jwt_parse(text, &jwt);

    if (reason == OAUTH_OK) {
        token = NULL;
        reason = oauth_token_verify(jwt, &token_policy, set, NOW, &token);
        oauth_token_free(token);
        oauth_jwt_free(jwt);
    }

    oauth_jwks_free(set);

    return reason;
}


static void
memory_each_allocation(void **state)
{
    size_t          i, n, key, allocations;
    EVP_PKEY       *wrong;
    oauth_buf_t     keys, good, bad;
    oauth_reason_t  reason;

    (void) state;

    for (i = 0; i < sizeof(memory_algs) / sizeof(oauth_alg_id_t); i++) {
        key = token_key_of(memory_algs[i]);
        wrong = keys_for(memory_algs[i]);

        memory_make_set(&keys, key);
        memory_make_token(&good, memory_algs[i], token_keys[key]);
        memory_make_token(&bad, memory_algs[i], wrong);

        /*
         * After this run OpenSSL has everything that it looks up once in a
         * process.
         */

        memory_run(oauth_buf_str(&keys), oauth_buf_str(&good));

        memory_arm(0);
        assert_int_equal(memory_run(oauth_buf_str(&keys),
                                    oauth_buf_str(&good)), OAUTH_OK);
        allocations = memory_count;
        assert_true(allocations > 50);

        for (n = 1; n <= allocations; n++) {
            memory_arm(n);
            reason = memory_run(oauth_buf_str(&keys), oauth_buf_str(&good));
            assert_true(memory_count >= n);
            assert_int_equal(ERR_peek_error(), 0);

            memory_arm(n);
            assert_int_not_equal(memory_run(oauth_buf_str(&keys),
                                            oauth_buf_str(&bad)), OAUTH_OK);
            assert_int_equal(ERR_peek_error(), 0);

            memory_arm(0);
            assert_true(reason < OAUTH_REASONS);
        }

        assert_int_equal(memory_run(oauth_buf_str(&keys),
                                    oauth_buf_str(&good)), OAUTH_OK);

        oauth_buf_free(&good);
        oauth_buf_free(&bad);
        oauth_buf_free(&keys);
        EVP_PKEY_free(wrong);
    }
}


/* A token without one of its claims would be cached until it expires. */

static void
memory_assert_whole(const oauth_token_t *token)
{
    const oauth_token_claim_t  *claim;

    claim = &token->claims[TOKEN_GROUPS];

    assert_true(oauth_str_equal(claim->text, oauth_str("a,7,{\"b\":1}")));
    assert_int_equal(claim->nmembers, 2);

    assert_true(oauth_str_equal(token->claims[TOKEN_ACTORS].text,
                                oauth_str("x,y")));
    assert_true(oauth_str_equal(token->claims[TOKEN_PERCENT].text,
                                oauth_str("a%2C7%2C%7B%22b%22%3A1%7D")));
}


/*
 * If there is no memory to verify a token, the reason is not a bad signature.
 */

static void
memory_assert_verify(oauth_str_t text, size_t key)
{
    int              reached;
    size_t           n, refused;
    oauth_jwt_t     *jwt;
    oauth_jwks_t    *set;
    oauth_token_t   *token;
    oauth_reason_t   reason;

    refused = 0;

    for (n = 1, reached = 1; reached; n++) {
        set = token_make_set(key, 1, &token_kids[key]);

        assert_int_equal(oauth_jwt_parse(text, &jwt), OAUTH_OK);
        token = NULL;

        memory_arm(n);
        reason = oauth_token_verify(jwt, &token_policy, set, NOW, &token);
        reached = (memory_count >= n);
        memory_arm(0);

        if (reason != OAUTH_OK) {
            refused++;

            assert_int_equal(reason, OAUTH_SERVER_ERROR);
            assert_null(token);

            /* The same token and keys, with memory. */

            assert_int_equal(oauth_token_verify(jwt, &token_policy, set, NOW,
                                                &token), OAUTH_OK);
        }

        memory_assert_whole(token);

        oauth_token_free(token);
        oauth_jwt_free(jwt);
        oauth_jwks_free(set);
    }

    assert_true(refused > 5);
}


static void
memory_verify(void **state)
{
    size_t       i, key;
    oauth_buf_t  text;

    (void) state;

    for (i = 0; i < sizeof(memory_algs) / sizeof(oauth_alg_id_t); i++) {
        key = token_key_of(memory_algs[i]);

        memory_make_token(&text, memory_algs[i], token_keys[key]);
        memory_assert_verify(oauth_buf_str(&text), key);
        oauth_buf_free(&text);
    }
}


/*
 * Looking up a claim later either gives the claim or says that memory was
 * missing.
 */

static void
memory_text(void **state)
{
    int              rc, reached;
    size_t           n, failed;
    oauth_buf_t      text, buf;
    oauth_jwt_t     *jwt;
    oauth_token_t   *token;

    (void) state;

    memory_make_token(&text, OAUTH_ALG_ES256, token_keys[TOKEN_P256]);
    assert_int_equal(oauth_jwt_parse(oauth_buf_str(&text), &jwt), OAUTH_OK);
    assert_int_equal(oauth_token_verify(jwt, &token_policy, token_set, NOW,
                                        &token), OAUTH_OK);

    memset(&buf, 0, sizeof(oauth_buf_t));
    failed = 0;

    for (n = 1, reached = 1; reached; n++) {
        memory_arm(n);
        rc = oauth_token_text(token, oauth_str("groups"), &buf);
        reached = (memory_count >= n);
        memory_arm(0);

        assert_int_equal(rc, buf.failed ? -1 : 0);

        if (!buf.failed) {
            assert_true(oauth_str_equal(oauth_buf_str(&buf),
                                        oauth_str("a,7,{\"b\":1}")));
        }

        failed += buf.failed;

        oauth_buf_free(&buf);
    }

    /* The JWT, what is decoded, its nodes, and the text. */

    assert_int_equal(failed, 4);

    oauth_token_free(token);
    oauth_jwt_free(jwt);
    oauth_buf_free(&text);
}


/* The same with an encoded claim, the chain of actors, and all claims. */

static void
memory_selected(void **state)
{
    int              rc, reached;
    size_t           i, n, failed;
    oauth_buf_t      text, buf;
    oauth_str_t      expected;
    oauth_jwt_t     *jwt;
    oauth_token_t   *token;

    /* Which, and how many allocations: see memory_text; one to encode. */

    static const size_t  selected[][2] = {
        { TOKEN_PERCENT, 5 }, { TOKEN_ACTORS, 4 }, { TOKEN_ALL, 1 }
    };

    (void) state;

    memory_make_token(&text, OAUTH_ALG_ES256, token_keys[TOKEN_P256]);
    assert_int_equal(oauth_jwt_parse(oauth_buf_str(&text), &jwt), OAUTH_OK);
    assert_int_equal(oauth_token_verify(jwt, &token_policy, token_set, NOW,
                                        &token), OAUTH_OK);

    memset(&buf, 0, sizeof(oauth_buf_t));

    for (i = 0; i < sizeof(selected) / sizeof(selected[0]); i++) {

        expected = token->claims[selected[i][0]].text;
        failed = 0;

        for (n = 1, reached = 1; reached; n++) {
            memory_arm(n);
            rc = oauth_token_selected(token, &token_selected[selected[i][0]],
                                      &buf);
            reached = (memory_count >= n);
            memory_arm(0);

            assert_int_equal(rc, buf.failed ? -1 : 0);

            if (!buf.failed) {
                assert_true(oauth_str_equal(oauth_buf_str(&buf), expected));
            }

            failed += buf.failed;

            oauth_buf_free(&buf);
        }

        assert_int_equal(failed, selected[i][1]);
    }

    oauth_token_free(token);
    oauth_jwt_free(jwt);
    oauth_buf_free(&text);
}


/* If a text is parsed at all, the result is exactly what the text says. */

static void
memory_document(void **state)
{
    int              reached;
    size_t           n;
    json_t          *root;
    oauth_str_t      name, sub, text;
    oauth_result_t   result;

    (void) state;

    name = oauth_str("alice-of-the-accounting-department");
    text = oauth_str("{\"sub\":\"alice-of-the-accounting-department\","
                     "\"exp\":1700000000}");

    for (n = 1, reached = 1; reached; n++) {
        memory_arm(n);
        result = oauth_document_parse(text, 10, &root);
        reached = (memory_count >= n);

        assert_int_equal(result == OAUTH_NO_MEMORY, root == NULL);
        assert_int_equal(result == OAUTH_DONE, root != NULL);
        assert_int_equal(root == NULL, reached);

        memory_arm(0);

        if (root) {
            assert_int_equal(oauth_document_string(root, "sub", &sub), 1);
            assert_true(oauth_str_equal(sub, name));
            json_decref(root);
        }
    }

    assert_int_equal(oauth_document_parse(oauth_str("{"), 10, &root),
                     OAUTH_INVALID);
    assert_null(root);
}


/*
 * A key for which memory was missing is not skipped: the set has all keys, or
 * fails.
 */

static void
memory_keys(void **state)
{
    int            reached;
    size_t         n;
    const char    *error;
    oauth_buf_t    text;
    oauth_jwks_t  *set;

    (void) state;

    memset(&text, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&text, "{\"keys\":[");
    keys_append_jwk(&text, token_keys[0], token_kids[0]);
    oauth_buf_append_literal(&text, ",");
    keys_append_jwk(&text, token_keys[1], token_kids[1]);
    oauth_buf_append_literal(&text, "]}");

    for (n = 1, reached = 1; reached; n++) {
        memory_arm(n);
        set = oauth_jwks_parse(oauth_buf_str(&text), OAUTH_ALGS_ALL, &error);
        reached = (memory_count >= n);
        memory_arm(0);

        if (set) {
            assert_int_equal(set->nkeys, 2);
        } else {
            assert_string_equal(error, "memory is short");
        }

        oauth_jwks_free(set);
    }

    oauth_buf_free(&text);
}


/*
 * An answer becomes a whole token, or memory was short: it never becomes
 * inactive, and never a token without one of its claims.
 */

static void
memory_assert_answer(const oauth_introspection_t *question, oauth_str_t body,
    int is_signed)
{
    int              reached;
    size_t           n, refused;
    const char      *why;
    oauth_token_t   *token;
    oauth_reason_t   reason;

    refused = 0;

    for (n = 1, reached = 1; reached; n++) {
        memory_arm(n);

        reason = is_signed
                 ? oauth_introspection_verify_signed(question, body, token_set,
                                                     oauth_str("nginx"), NOW,
                                                     &token, &why)
                 : oauth_introspection_verify(question, body, NOW, &token,
                                              &why);

        reached = (memory_count >= n);
        memory_arm(0);

        assert_int_equal(ERR_peek_error(), 0);

        if (reason != OAUTH_OK) {
            refused++;

            assert_int_equal(reason, OAUTH_SERVER_ERROR);
            assert_null(token);
            continue;
        }

        assert_false(reached);
        memory_assert_whole(token);
        oauth_token_free(token);
    }

    /* The copy with its nodes, and the token. */

    assert_true(refused >= 2);
}


static void
memory_assert_signed(const oauth_introspection_t *question,
    oauth_str_t payload)
{
    oauth_buf_t  text;

    memset(&text, 0, sizeof(oauth_buf_t));
    keys_append_token(&text, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                      oauth_str("{\"alg\":\"ES256\",\"typ\":"
                                "\"token-introspection+jwt\"}"), payload);

    memory_assert_answer(question, oauth_buf_str(&text), 1);

    oauth_buf_free(&text);
}


static void
memory_answer(void **state)
{
    oauth_buf_t             text;
    oauth_jwt_t            *jwt;
    oauth_token_t          *verified;
    oauth_introspection_t   question;

    static const char  answer[] =
        "{\"active\":true,\"scope\":\"a b\",\"groups\":[\"a\",7,{\"b\":1}],"
        "\"act\":{\"sub\":\"x\",\"act\":{\"sub\":\"y\"}}}";

    (void) state;

    memset(&question, 0, sizeof(oauth_introspection_t));
    question.text = oauth_str("opaque-1");
    question.rules = &token_policy;
    question.lifetime = 60;

    memory_assert_answer(&question, oauth_str(answer), 0);

    memset(&text, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&text, "{\"iss\":\"https://as.example\",\"aud\":"
                                    "\"nginx\",\"iat\":1700000000,"
                                    "\"token_introspection\":");
    oauth_buf_append_text(&text, answer);
    oauth_buf_append_literal(&text, "}");

    memory_assert_signed(&question, oauth_buf_str(&text));
    oauth_buf_free(&text);

    memory_make_token(&text, OAUTH_ALG_ES256, token_keys[TOKEN_P256]);
    assert_int_equal(oauth_jwt_parse(oauth_buf_str(&text), &jwt), OAUTH_OK);
    assert_int_equal(oauth_token_verify(jwt, &token_policy, token_set, NOW,
                                        &verified), OAUTH_OK);
    question.text = verified->text;
    question.verified = verified;

    memory_assert_answer(&question, oauth_str("{\"active\":true}"), 0);

    assert_int_equal(verified->refs, 1);

    oauth_token_free(verified);
    oauth_jwt_free(jwt);
    oauth_buf_free(&text);
}


/*
 * What is sent is whole, or nothing is sent.  nginx creates the signer when it
 * starts.  OpenSSL needs thousands of allocations to read a key, and does not
 * free all of them if one fails, so only those of the core fail there.
 */

static void
memory_client(void **state)
{
    int              reached;
    char            *pem;
    size_t           n, k, kind;
    const char      *why;
    oauth_buf_t      buf;
    oauth_client_t   client;
    oauth_result_t   result;

    (void) state;

    memset(&client, 0, sizeof(oauth_client_t));
    client.id = oauth_str("nginx");
    client.secret = oauth_str("s");

    for (k = 0; k < 2; k++) {
        pem = keys_pem(token_keys[k ? TOKEN_P256 : TOKEN_RSA], 1);

        memory_core = 1;

        for (n = 1, reached = 1; reached; n++) {
            memory_arm(n);
            result = oauth_signer_create(oauth_str_of(pem), "JWT",
                                         &client.signer, &why);
            reached = (memory_count >= n);
            memory_arm(0);

            assert_int_equal(result == OAUTH_DONE, client.signer != NULL);
            assert_int_equal(result == OAUTH_DONE, why == NULL);
            assert_int_equal(ERR_peek_error(), 0);

            if (reached) {
                oauth_signer_free(client.signer);
            }
        }

        memory_core = 0;

        assert_int_equal(result, OAUTH_DONE);
        free(pem);

        for (kind = OAUTH_CLIENT_POST; kind <= OAUTH_CLIENT_KEY; kind++) {
            client.kind = (oauth_client_kind_t) kind;

            for (n = 1, reached = 1; reached; n++) {
                memset(&buf, 0, sizeof(oauth_buf_t));

                memory_arm(n);
                result = oauth_client_append_form(&client, oauth_str("t"),
                                                  oauth_str("i"), NOW, &buf);
                reached = (memory_count >= n);
                memory_arm(0);

                assert_true(result == OAUTH_DONE || reached);
                assert_int_equal(ERR_peek_error(), 0);
                oauth_buf_free(&buf);
            }
        }

        oauth_signer_free(client.signer);
    }
}


/* An assertion is whole, or there is none; the token stays as it is. */

static void
memory_assertion(void **state)
{
    int                  reached;
    char                *pem;
    size_t               n, k;
    const char          *why;
    oauth_buf_t          text, buf;
    oauth_token_t       *token;
    oauth_jwt_t         *jwt;
    oauth_result_t       result;
    oauth_signer_t      *signer;
    oauth_assertion_t    assertion;
    oauth_minted_use_t   use;

    static const oauth_str_t  name = oauth_string("scope");

    (void) state;

    memory_make_token(&text, OAUTH_ALG_ES256, token_keys[TOKEN_P256]);
    assert_int_equal(oauth_jwt_parse(oauth_buf_str(&text), &jwt), OAUTH_OK);
    assert_int_equal(oauth_token_verify(jwt, &token_policy, token_set, NOW,
                                        &token), OAUTH_OK);

    memset(&assertion, 0, sizeof(oauth_assertion_t));
    assertion.issuer = oauth_str("https://app.test");
    assertion.audience = assertion.issuer;
    assertion.ttl = 60;
    assertion.claims = &name;
    assertion.nclaims = 1;

    memset(&use, 0, sizeof(oauth_minted_use_t));

    for (k = 0; k < 2; k++) {
        pem = keys_pem(token_keys[k ? TOKEN_P256 : TOKEN_RSA], 1);
        assert_int_equal(oauth_signer_create(oauth_str_of(pem),
                                             OAUTH_ASSERTION_TYPE, &signer,
                                             &why), OAUTH_DONE);
        free(pem);

        for (n = 1, reached = 1; reached; n++) {
            memset(&buf, 0, sizeof(oauth_buf_t));

            memory_arm(n);
            result = oauth_assertion_sign(&assertion, token, signer, NOW,
                                          &buf);

            if (result == OAUTH_DONE) {
                use.directive = signer;
                (void) oauth_minted_store(&token->minted, &use,
                                          oauth_buf_str(&buf));
            }

            reached = (memory_count >= n);
            memory_arm(0);

            assert_true(result == OAUTH_DONE
                        || (result == OAUTH_NO_MEMORY && reached));
            assert_int_equal(result == OAUTH_DONE, buf.len > 0);
            assert_int_equal(ERR_peek_error(), 0);
            oauth_buf_free(&buf);

            memset(&buf, 0, sizeof(oauth_buf_t));

            memory_arm(n);
            result = oauth_signer_append_jwk(signer, &buf) == 0
                     ? OAUTH_DONE : OAUTH_NO_MEMORY;
            reached |= (memory_count >= n);
            memory_arm(0);

            assert_int_equal(result == OAUTH_DONE, !buf.failed && buf.len > 0);
            oauth_buf_free(&buf);
        }

        oauth_signer_free(signer);
    }

    oauth_token_free(token);
    oauth_jwt_free(jwt);
    oauth_buf_free(&text);
}


/*
 * A proof for which memory was missing is not called a bad one, its key is kept
 * only if it is good, and a bad one is never accepted.
 */

static void
memory_assert_proof(oauth_str_t text, const oauth_proof_rules_t *rules,
    oauth_reason_t expected, int known)
{
    int                 reached;
    size_t              n;
    oauth_proof_t       proof;
    oauth_reason_t      reason;
    oauth_proof_key_t  *key, *before;

    key = NULL;

    for (n = 1, reached = 1; reached; n++) {

        if (!known) {
            oauth_proof_key_free(key);
            key = NULL;

        } else if (key == NULL) {
            assert_int_equal(oauth_proof_verify(text, rules, PROOF_NOW, &key,
                                                &proof), OAUTH_OK);
            oauth_proof_free(&proof);
        }

        before = key;

        memory_arm(n);
        reason = oauth_proof_verify(text, rules, PROOF_NOW, &key, &proof);
        reached = (memory_count >= n);
        memory_arm(0);

        assert_int_equal(ERR_peek_error(), 0);

        if (reached && reason != expected) {
            assert_int_equal(reason, OAUTH_SERVER_ERROR);
        }

        if (!reached) {
            assert_int_equal(reason, expected);
        }

        if (reason == OAUTH_OK) {
            oauth_proof_free(&proof);
        } else {
            assert_ptr_equal(key, before);
        }
    }

    assert_true(n > (known ? 4 : 10));
    oauth_proof_key_free(key);
}


static void
memory_proof(void **state)
{
    size_t                i, key;
    char                  thumbprint[PROOF_SIZE];
    oauth_buf_t           text;
    oauth_proof_rules_t   rules;

    (void) state;

    for (i = 0; i < sizeof(memory_algs) / sizeof(oauth_alg_id_t); i++) {
        key = token_key_of(memory_algs[i]);

        memset(&text, 0, sizeof(oauth_buf_t));
        proof_append(&text, token_keys[key], memory_algs[i],
                     oauth_str(PROOF_HEADER), oauth_str(PROOF_PAYLOAD));
        proof_rules(&rules, oauth_buf_str(&text), thumbprint);

        memory_assert_proof(oauth_buf_str(&text), &rules, OAUTH_OK, 0);
        memory_assert_proof(oauth_buf_str(&text), &rules, OAUTH_OK, 1);

        rules.token = oauth_str("other");
        memory_assert_proof(oauth_buf_str(&text), &rules, OAUTH_PROOF_TOKEN,
                            0);

        oauth_buf_free(&text);
    }
}


/* A certificate for which memory was missing is refused, and is not "none". */

static void
memory_certificate(void **state)
{
    int             reached;
    size_t          n, failed;
    unsigned char   hash[OAUTH_HASH_SIZE];
    oauth_str_t     text;
    oauth_reason_t  reason;

    (void) state;

    /* RFC 8705, appendix A */

    text = oauth_str("MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4X"
                     "DTE4MTAxODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwE"
                     "bXRsczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8Qnh"
                     "xxzFQ03C7HKW9OylMbnQZjjJ/Au08/coZwxS7LfA4vOLS9WuneIXhbGG"
                     "WvsDSb0tH6IxLm8wCgYIKoZIzj0EAwIDSQAwRgIhAP0RC1E+vwJD/D1A"
                     "GHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOVbUlJSGQgjwD5vaUa"
                     "KlLR50Q2DmFfQj1L+SY=");

    failed = 0;

    for (n = 1, reached = 1; reached; n++) {
        memory_arm(n);
        reason = oauth_certificate_parse(text, hash);
        reached = (memory_count >= n);
        memory_arm(0);

        assert_int_equal(ERR_peek_error(), 0);

        if (reason == OAUTH_OK) {
            assert_memory_equal(hash, "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y"
                                      "5v0", OAUTH_HASH_SIZE);
            continue;
        }

        assert_true(reached);
        assert_int_equal(reason, OAUTH_SERVER_ERROR);

        failed++;
    }

    assert_true(failed > 1);
}


/*
 * A token has all its keys, or it has those that it had before: with fewer, a
 * revocation would not be found.
 */

static void
memory_revocation(void **state)
{
    int                        rc, reached;
    size_t                     n, failed;
    oauth_buf_t                text;
    oauth_jwt_t               *jwt;
    oauth_token_t             *token;
    oauth_revocation_keys_t   *before;
    oauth_revocation_kinds_t   kinds;

    (void) state;

    memory_make_token(&text, OAUTH_ALG_ES256, token_keys[TOKEN_P256]);
    assert_int_equal(oauth_jwt_parse(oauth_buf_str(&text), &jwt), OAUTH_OK);
    assert_int_equal(oauth_token_verify(jwt, &token_policy, token_set, NOW,
                                        &token), OAUTH_OK);

    memset(&kinds, 0, sizeof(oauth_revocation_kinds_t));
    kinds.version = 1;

    assert_int_equal(oauth_revocation_find_keys(token, &kinds), 0);

    kinds.version = 2;
    kinds.n = 4;
    kinds.kinds[1] = OAUTH_REVOCATION_SUBJECT;
    kinds.kinds[2] = OAUTH_REVOCATION_EMAIL;
    kinds.kinds[3] = OAUTH_REVOCATION_TOKEN;

    failed = 0;

    for (n = 1, reached = 1; reached; n++) {
        before = token->keys;

        memory_arm(n);
        rc = oauth_revocation_find_keys(token, &kinds);
        reached = (memory_count >= n);
        memory_arm(0);

        assert_int_equal(ERR_peek_error(), 0);

        if (rc != 0) {
            failed++;

            assert_true(reached);
            assert_ptr_equal(token->keys, before);
            assert_int_equal(token->keys->n, 0);
            continue;
        }

        assert_int_equal(token->keys->version, 2);
        assert_int_equal(token->keys->n, 3);

        kinds.version = 1;
        kinds.n = 0;
        assert_int_equal(oauth_revocation_find_keys(token, &kinds), 0);
        kinds.version = 2;
        kinds.n = 4;
    }

    /* The four of a claim's text, the keys, and for each its text. */

    assert_true(failed > 8);

    oauth_token_free(token);
    oauth_jwt_free(jwt);
    oauth_buf_free(&text);
}


static void
memory_assert_order(oauth_str_t text, oauth_result_t expected, size_t entries)
{
    int                    reached;
    size_t                 n, failed;
    oauth_order_t          order;
    oauth_result_t         result;
    oauth_order_bounds_t   bounds;

    memset(&bounds, 0, sizeof(oauth_order_bounds_t));
    bounds.issuers = &token_policy.issuer;
    bounds.nissuers = 1;
    bounds.issuer = token_policy.issuer;
    bounds.now = NOW;

    failed = 0;

    for (n = 1, reached = 1; reached; n++) {
        memory_arm(n);
        result = oauth_order_parse(text, &bounds, &order);
        reached = (memory_count >= n);
        memory_arm(0);

        assert_int_equal(ERR_peek_error(), 0);

        if (result == OAUTH_NO_MEMORY) {
            failed++;
            assert_true(reached);
            assert_int_equal(order.n, 0);

        } else {
            assert_int_equal(result, expected);
            assert_int_equal(order.n, entries);
        }

        oauth_order_free(&order);
    }

    assert_true(failed > 5);
}


/* An order is taken as a whole; lack of memory is not called its fault. */

static void
memory_order(void **state)
{
    (void) state;

    memory_assert_order(oauth_str("[{\"issuer\":\"https://as.example\","
                                  "\"subject\":\"joe\"},{\"sub_id\":{"
                                  "\"format\":\"opaque\",\"id\":\"ann\"}}]"),
                        OAUTH_DONE, 2);
    memory_assert_order(oauth_str("{\"issuer\":1,\"issuer\":1}"),
                        OAUTH_INVALID, 0);
}


/*
 * Lack of memory is never called another reason, and the same order is good as
 * soon as there is memory.
 */

static void
memory_assert_event(oauth_str_t text, const oauth_order_rules_t *rules)
{
    int              reached;
    size_t           n, failed;
    oauth_order_t    order;
    oauth_reason_t   reason;
    oauth_result_t   result;

    failed = 0;

    for (n = 1, reached = 1; reached; n++) {
        reason = OAUTH_SERVER_ERROR;

        memory_arm(n);
        result = oauth_order_parse_event(text, &order);

        if (result == OAUTH_DONE) {
            reason = oauth_order_verify_event(&order, rules);
        }

        reached = (memory_count >= n);
        memory_arm(0);

        assert_int_equal(ERR_peek_error(), 0);

        if (result != OAUTH_DONE) {
            assert_int_equal(result, OAUTH_NO_MEMORY);
            failed++;

        } else if (reason != OAUTH_OK) {
            assert_int_equal(reason, OAUTH_SERVER_ERROR);
            assert_int_equal(order.n, 0);
            assert_int_equal(oauth_order_verify_event(&order, rules),
                             OAUTH_OK);
            failed++;
        }

        assert_int_equal(order.n, result == OAUTH_DONE);
        oauth_order_free(&order);
    }

    assert_true(failed > 10);
}


static void
memory_event(void **state)
{
    oauth_buf_t           text;
    oauth_order_rules_t   rules;

    (void) state;

    memset(&text, 0, sizeof(oauth_buf_t));
    keys_append_token(&text, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                      oauth_str("{\"alg\":\"ES256\",\"typ\":"
                                "\"logout+jwt\"}"),
                      oauth_str("{\"iss\":\"https://as.example\",\"aud\":"
                                "\"rs\",\"iat\":1700000000,\"jti\":\"1\","
                                "\"events\":{\"http://schemas.openid.net/"
                                "event/backchannel-logout\":{}},"
                                "\"sid\":\"s\"}"));

    memset(&rules, 0, sizeof(oauth_order_rules_t));
    rules.type = OAUTH_ORDER_LOGOUT_TOKEN;
    rules.rules = &token_policy;
    rules.keys = token_set;
    rules.audience = &memory_audience;
    rules.naudience = 1;
    rules.now = NOW;

    memory_assert_event(oauth_buf_str(&text), &rules);

    oauth_buf_free(&text);
}


/*
 * The keys of a fleet, a record by the first and its reading by the second one.
 * Returns 1: memory was short, and that was said; 0: all went well, and the
 * bytes are there.
 */

static int
memory_run_record(const oauth_record_t *record,
    unsigned char bytes[OAUTH_RECORD_SIZE])
{
    size_t                  len;
    const char             *why;
    oauth_record_t          read;
    oauth_record_keys_t     keys, swapped;
    oauth_record_result_t   result;

    why = oauth_record_read_keys(oauth_str(
              "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
              "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s="), &keys);

    if (why) {
        assert_string_equal(why, "memory is short");
        assert_int_equal(keys.n, 0);
        return 1;
    }

    swapped.n = 2;
    swapped.macs[0] = keys.macs[1];
    swapped.macs[1] = keys.macs[0];

    result = oauth_record_write(record, &keys, bytes, &len);

    if (result == OAUTH_RECORD_OK) {
        result = oauth_record_read(&read, &swapped,
                                   (oauth_str_t) { len, bytes });
    }

    oauth_record_wipe_keys(&keys);

    if (result == OAUTH_RECORD_OK) {
        assert_int_equal(read.kind, record->kind);
        assert_int_equal(read.since, record->since);
        return 0;
    }

    /* A good record is not taken for a forged one. */

    assert_int_equal(result, OAUTH_RECORD_MEMORY);

    return 1;
}


static void
memory_record(void **state)
{
    int             reached, failed;
    size_t          n, failures;
    unsigned char   good[OAUTH_RECORD_SIZE], bytes[OAUTH_RECORD_SIZE];
    oauth_record_t  record;

    (void) state;

    memset(&record, 0, sizeof(oauth_record_t));
    memset(good, 0, OAUTH_RECORD_SIZE);
    memset(bytes, 0, OAUTH_RECORD_SIZE);

    record.kind = OAUTH_RECORD_WANT;
    record.since = NOW;

    memory_arm(0);
    assert_int_equal(memory_run_record(&record, good), 0);

    failures = 0;

    for (n = 1, reached = 1; reached; n++) {

        memory_arm(n);
        failed = memory_run_record(&record, bytes);
        reached = (memory_count >= n);
        memory_arm(0);

        assert_true(reached || !failed);
        assert_int_equal(ERR_peek_error(), 0);

        if (!failed) {
            assert_memory_equal(bytes, good, OAUTH_RECORD_SIZE);
        }

        failures += (size_t) failed;
    }

    assert_true(failures > 20);
}


static void
memory_seen(void **state)
{
    oauth_seen_t  *seen;

    (void) state;

    memory_arm(1);
    seen = oauth_seen_create(10);
    memory_arm(0);

    assert_null(seen);

    seen = oauth_seen_create(10);
    assert_non_null(seen);
    oauth_seen_free(seen);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(memory_each_allocation),
        cmocka_unit_test(memory_verify),
        cmocka_unit_test(memory_text),
        cmocka_unit_test(memory_selected),
        cmocka_unit_test(memory_document),
        cmocka_unit_test(memory_keys),
        cmocka_unit_test(memory_answer),
        cmocka_unit_test(memory_client),
        cmocka_unit_test(memory_assertion),
        cmocka_unit_test(memory_proof),
        cmocka_unit_test(memory_certificate),
        cmocka_unit_test(memory_revocation),
        cmocka_unit_test(memory_order),
        cmocka_unit_test(memory_event),
        cmocka_unit_test(memory_record),
        cmocka_unit_test(memory_seen)
    };

    json_set_alloc_funcs(memory_json_alloc, free);

    if (!CRYPTO_set_mem_functions(memory_alloc, memory_realloc, memory_free))
    {
        return 1;
    }

    return cmocka_run_group_tests(tests, token_setup, token_teardown);
}
