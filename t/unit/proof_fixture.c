
/*
 * Makes DPoP proofs and the rules for them.  Thumbprints are computed with
 * jansson, which sorts the members of an object.  If something cannot be made,
 * the program ends.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "keys.h"
#include "oauth_base64url.h"
#include "proof_fixture.h"


#define proof_need(expression)  proof_check((expression) != 0, #expression)


static void
proof_check(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "proof_fixture: %s failed\n", what);
        exit(2);
    }
}


static void
proof_expand(oauth_buf_t *buf, oauth_str_t text, EVP_PKEY *key,
    oauth_alg_id_t id)
{
    size_t       i;
    oauth_buf_t  jwk;

    memset(&jwk, 0, sizeof(oauth_buf_t));
    keys_append_jwk(&jwk, key, "");

    for (i = 0; i < text.len; i++) {

        if (text.data[i] != '$' || i + 1 == text.len) {
            oauth_buf_append(buf, text.data + i, 1);
            continue;
        }

        switch (text.data[++i]) {

        case 'a':
            oauth_buf_append_str(buf, oauth_alg_get(id)->name);
            break;

        case 'j':
            oauth_buf_append(buf, jwk.data + 1, jwk.len - 2);
            break;

        case 'h':
            oauth_buf_append_literal(buf, PROOF_ATH);
            break;

        default:
            oauth_buf_append(buf, text.data + i - 1, 2);
        }
    }

    oauth_buf_free(&jwk);
}


void
proof_append(oauth_buf_t *buf, EVP_PKEY *key, oauth_alg_id_t id,
    oauth_str_t header, oauth_str_t payload)
{
    oauth_buf_t  h, p;

    memset(&h, 0, sizeof(oauth_buf_t));
    memset(&p, 0, sizeof(oauth_buf_t));

    proof_expand(&h, header, key, id);
    proof_expand(&p, payload, key, id);

    keys_append_token(buf, key, id, oauth_buf_str(&h), oauth_buf_str(&p));

    oauth_buf_free(&h);
    oauth_buf_free(&p);
}


/* Returns the header of a proof as JSON, or NULL: it is not. */

static json_t *
proof_header(oauth_str_t text)
{
    json_t         *header;
    oauth_str_t     part;
    unsigned char  *bytes;

    part = text;

    for (part.len = 0; part.len < text.len; part.len++) {
        if (text.data[part.len] == '.') {
            break;
        }
    }

    header = NULL;
    bytes = malloc(oauth_base64url_decoded_size(part.len));
    proof_need(bytes);

    if (oauth_base64url_parse(part, bytes, &part.len) == 0) {
        header = json_loadb((char *) bytes, part.len, 0, NULL);
    }

    free(bytes);

    return header;
}


static void
proof_thumbprint(const json_t *jwk, char *dst)
{
    char               *text;
    size_t              i, n;
    json_t             *needed, *member;
    oauth_str_t         hash;
    const char         *kty;
    unsigned char       bytes[EVP_MAX_MD_SIZE];
    const char *const  *names;

    static const char *const  curve[] = { "kty", "crv", "x", "y" };
    static const char *const  rsa[] = { "kty", "e", "n" };

    needed = json_object();
    proof_need(needed);

    kty = json_string_value(json_object_get(jwk, "kty"));
    kty = kty ? kty : "";
    n = (strcmp(kty, "EC") == 0) ? 4 : 3;
    names = (strcmp(kty, "RSA") == 0) ? rsa : curve;

    for (i = 0; i < n; i++) {
        member = json_object_get(jwk, names[i]);

        if (member) {
            proof_need(json_object_set(needed, names[i], member) == 0);
        }
    }

    text = json_dumps(needed, JSON_COMPACT | JSON_SORT_KEYS);
    proof_need(text);

    hash.data = bytes;
    proof_need(EVP_Q_digest(NULL, "SHA2-256", NULL, text, strlen(text), bytes,
                            &hash.len) == 1);
    proof_need(oauth_base64url_write(hash, (unsigned char *) dst)
               == PROOF_SIZE);

    free(text);
    json_decref(needed);
}


void
proof_rules(oauth_proof_rules_t *rules, oauth_str_t text, char *dst)
{
    json_t  *header;

    header = proof_header(text);
    proof_thumbprint(json_object_get(header, "jwk"), dst);
    json_decref(header);

    rules->algorithms = OAUTH_ALGS_ALL;
    rules->method = oauth_str("POST");
    rules->origin = oauth_str("https://api.example");
    rules->path = oauth_str("/a/b");
    rules->token = oauth_str("token");
    rules->thumbprint.data = (unsigned char *) dst;
    rules->thumbprint.len = PROOF_SIZE;
    rules->max_age = 300;
    rules->leeway = 30;
}
