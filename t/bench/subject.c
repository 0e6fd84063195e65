
/*
 * Makes what the steps of one token need.  For the bare calls, OpenSSL's own
 * functions make the contexts.  Nothing comes from the code that is measured,
 * except for base64url.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "keys.h"
#include "oauth_base64url.h"
#include "oauth_credentials.h"
#include "subject.h"


#define CACHED  100                     /* other tokens in the cache          */


static void subject_init_keys(subject_t *s);
static void subject_write(subject_t *s, oauth_buf_t *buf, unsigned number);
static void subject_init_parts(subject_t *s);
static void subject_init_contexts(subject_t *s);
static void subject_init_signature(subject_t *s);
static void subject_init_cache(subject_t *s);
static void subject_init_proof(subject_t *s);
static void subject_store(subject_t *s, oauth_str_t text);


static const oauth_str_t  scopes[] = {
    oauth_string("scope"), oauth_string("scp")
};

static const oauth_str_t  names[] = {
    oauth_string("email"), oauth_string("groups")
};

static const oauth_token_select_t  selected[] = {
    { .names = &names[0], .nnames = 1, .text = 1 },
    { .names = &names[1], .nnames = 1, .text = 1, .members = 1 }
};

const oauth_token_rules_t  subject_policy = {
    oauth_string("https://login.example.com"), OAUTH_ALGS_ALL, 0, 30, 86400,
    scopes, 2, selected, 2, NULL, 0, 0
};


void
subject_create(subject_t *s, oauth_alg_id_t id)
{
    oauth_credentials_t  credentials;

    memset(s, 0, sizeof(subject_t));

    s->alg = oauth_alg_get(id);
    s->pkey = keys_for(id);

    subject_init_keys(s);

    oauth_buf_append_literal(&s->value, "Bearer ");
    subject_write(s, &s->value, 0);

    need(oauth_credentials_parse(oauth_buf_str(&s->value), &credentials)
         == OAUTH_OK);

    s->text = credentials.text;

    need(oauth_jwt_parse(s->text, &s->jwt) == OAUTH_OK);

    subject_init_parts(s);
    subject_init_contexts(s);
    subject_init_signature(s);
    subject_init_cache(s);
    subject_init_proof(s);
}


void
subject_free(subject_t *s)
{
    EVP_PKEY_CTX_free(s->ctx);
    EVP_MD_CTX_free(s->digest);
    EVP_MD_free(s->md);
    EVP_PKEY_free(s->pkey);

    oauth_proof_key_free(s->proof_key);
    oauth_buf_free(&s->proof);
    oauth_buf_free(&s->signature);
    oauth_jwt_free(s->jwt);
    oauth_buf_free(&s->value);
    oauth_cache_free(s->cache);
    oauth_jwks_free(s->keys);
}


void
need_check(int ok, const char *what)
{
    if (ok) {
        return;
    }

    fprintf(stderr, "steps: %s failed\n", what);
    ERR_print_errors_fp(stderr);
    exit(2);
}


static void
subject_init_keys(subject_t *s)
{
    const char   *error;
    oauth_buf_t   buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_buf_append_literal(&buf, "{\"keys\":[");
    keys_append_jwk(&buf, s->pkey, "\"kid\":\"2024-07-k1\"");
    oauth_buf_append_literal(&buf, "]}");

    s->keys = oauth_jwks_parse(oauth_buf_str(&buf), OAUTH_ALGS_ALL, &error);
    need(s->keys);

    oauth_buf_free(&buf);
}


/*
 * The usual claims, and groups until the token has about SUBJECT_SIZE
 * characters.
 */

static void
subject_write(subject_t *s, oauth_buf_t *buf, unsigned number)
{
    char         header[128], claims[512];
    size_t       room;
    oauth_buf_t  payload;

    snprintf(header, sizeof(header),
             "{\"alg\":\"%s\",\"typ\":\"at+jwt\",\"kid\":\"2024-07-k1\"}",
             (const char *) s->alg->name.data);

    snprintf(claims, sizeof(claims),
             "{\"iss\":\"https://login.example.com\","
             "\"aud\":\"https://wiki.example.com\",\"sub\":\"5d1f-%u\","
             "\"client_id\":\"agent-7f3a\",\"iat\":%d,\"exp\":%d,"
             "\"jti\":\"b5e7c1a2-%08u\",\"scope\":\"wiki:read wiki:write\","
             "\"email\":\"alice@example.com\",\"groups\":[\"staff\"",
             number, SUBJECT_NOW - 100, SUBJECT_NOW + 3500, number);

    memset(&payload, 0, sizeof(oauth_buf_t));
    oauth_buf_append_str(&payload, keys_str(claims));

    room = s->alg->coordinate ? 2 * s->alg->coordinate
                              : (size_t) EVP_PKEY_get_size(s->pkey);

    room = SUBJECT_SIZE - 2 - oauth_base64url_encoded_size(room)
           - oauth_base64url_encoded_size(strlen(header));

    while (oauth_base64url_encoded_size(payload.len + 21) <= room) {
        oauth_buf_append_literal(&payload, ",\"wiki-editors-eu\"");
    }

    oauth_buf_append_literal(&payload, "]}");

    keys_append_token(buf, s->pkey, s->alg->id, keys_str(header),
                      oauth_buf_str(&payload));

    oauth_buf_free(&payload);
}


static void
subject_init_parts(subject_t *s)
{
    size_t                i;
    const unsigned char  *p, *last, *dot;

    p = s->text.data;
    last = p + s->text.len;

    need(s->text.len <= SUBJECT_SIZE);

    for (i = 0; i < 3; i++) {

        dot = memchr(p, '.', (size_t) (last - p));
        dot = dot ? dot : last;

        s->segments[i].data = p;
        s->segments[i].len = (size_t) (dot - p);
        s->parts[i].data = s->decoded[i];

        need(oauth_base64url_parse(s->segments[i], s->decoded[i],
                                   &s->parts[i].len) == 0);

        p = dot + 1;
    }
}


static void
subject_init_contexts(subject_t *s)
{
    s->digest = EVP_MD_CTX_new();
    need(s->digest);

    if (s->alg->digest == NULL) {
        need(EVP_DigestVerifyInit(s->digest, NULL, NULL, NULL, s->pkey) == 1);
        return;
    }

    s->md = EVP_MD_fetch(NULL, s->alg->digest, NULL);
    s->ctx = EVP_PKEY_CTX_new_from_pkey(NULL, s->pkey, NULL);

    need(s->md && s->ctx);
    need(EVP_PKEY_verify_init(s->ctx) == 1);
    need(EVP_PKEY_CTX_set_signature_md(s->ctx, s->md) == 1);

    if (s->alg->pss) {
        need(EVP_PKEY_CTX_set_rsa_padding(s->ctx, RSA_PKCS1_PSS_PADDING) == 1);
        need(EVP_PKEY_CTX_set_rsa_pss_saltlen(s->ctx, RSA_PSS_SALTLEN_DIGEST)
             == 1);
    }
}


static void
subject_init_signature(subject_t *s)
{
    int             len;
    BIGNUM         *numbers[2];
    size_t          i, half;
    ECDSA_SIG      *pair;
    unsigned char  *der;

    if (s->alg->type != OAUTH_KEY_EC) {
        oauth_buf_append_str(&s->signature, s->parts[2]);
        return;
    }

    half = s->parts[2].len / 2;

    for (i = 0; i < 2; i++) {
        numbers[i] = BN_bin2bn(s->parts[2].data + i * half, (int) half, NULL);
        need(numbers[i]);
    }

    pair = ECDSA_SIG_new();
    need(pair && ECDSA_SIG_set0(pair, numbers[0], numbers[1]) == 1);

    der = NULL;
    len = i2d_ECDSA_SIG(pair, &der);
    need(len > 0);

    oauth_buf_append(&s->signature, der, (size_t) len);

    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
}


/* A cache that holds the token among others, as in a worker. */

static void
subject_init_cache(subject_t *s)
{
    unsigned     i;
    oauth_buf_t  buf;

    static const unsigned char  secret[OAUTH_SIPHASH_KEY] = "fifteen letters";

    s->cache = oauth_cache_create(CACHED, secret);
    need(s->cache);

    subject_store(s, s->text);

    for (i = 1; i <= CACHED; i++) {
        memset(&buf, 0, sizeof(oauth_buf_t));

        subject_write(s, &buf, i);
        subject_store(s, oauth_buf_str(&buf));

        oauth_buf_free(&buf);
    }
}


static void
subject_store(subject_t *s, oauth_str_t text)
{
    oauth_jwt_t    *jwt;
    oauth_token_t  *token;

    need(oauth_jwt_parse(text, &jwt) == OAUTH_OK);
    need(oauth_token_verify(jwt, &subject_policy, s->keys, SUBJECT_NOW, &token)
         == OAUTH_OK);

    oauth_cache_store(s->cache, token, 1, SUBJECT_NOW);

    oauth_token_free(token);
    oauth_jwt_free(jwt);
}


static void
subject_init_proof(subject_t *s)
{
    char           payload[512];
    oauth_str_t    hash;
    unsigned char  bytes[EVP_MAX_MD_SIZE], text[PROOF_SIZE];

    hash.data = bytes;

    need(EVP_Q_digest(NULL, "SHA2-256", NULL, s->text.data, s->text.len,
                      bytes, &hash.len) == 1);
    need(oauth_base64url_write(hash, text) == PROOF_SIZE);

    snprintf(payload, sizeof(payload),
             "{\"iat\":%d,\"jti\":\"ZTFqM1ZfYktpYzgtTEFFQg\","
             "\"htm\":\"POST\",\"htu\":\"https://api.example/a/b\","
             "\"ath\":\"%.*s\"}", PROOF_NOW, PROOF_SIZE,
             (const char *) text);

    proof_append(&s->proof, s->pkey, s->alg->id, oauth_str(PROOF_HEADER),
                 keys_str(payload));
    proof_rules(&s->rules, oauth_buf_str(&s->proof), s->thumbprint);

    s->rules.token = s->text;
}
