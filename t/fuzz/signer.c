
/*
 * Keys whose private half the targets know.  The keys, their members and the
 * signatures live as long as the program.
 */


#include <string.h>

#include "fuzz.h"
#include "keys.h"
#include "signer.h"
#include "token_fixture.h"


static void signer_add(size_t i);
static size_t signer_name(oauth_str_t text);


static const oauth_str_t  signer_names[TOKEN_KEYS] = {
    oauth_string("$rsa"), oauth_string("$p256"), oauth_string("$p384"),
    oauth_string("$p521"), oauth_string("$okp"), oauth_string("$ed448")
};

static oauth_buf_t   signer_jwks[TOKEN_KEYS];
static json_t       *signer_members[TOKEN_KEYS];
static oauth_buf_t   signer_signatures[OAUTH_ALGS];

const oauth_str_t    signer_input = oauth_string("header.payload");


void
signer_setup(void)
{
    int     id;
    size_t  i;

    if (token_set) {
        return;
    }

    token_setup(NULL);

    for (i = 0; i < TOKEN_KEYS; i++) {
        signer_add(i);
    }

    for (id = 0; id < OAUTH_ALGS; id++) {
        keys_append_signature(&signer_signatures[id],
                              token_keys[token_key_of((oauth_alg_id_t) id)],
                              (oauth_alg_id_t) id, signer_input);
    }

    ERR_clear_error();
}


void
signer_expand(oauth_buf_t *buf, oauth_str_t text)
{
    size_t       i;
    oauth_str_t  jwk;

    while (text.len > 0) {

        i = signer_name(text);

        if (i == TOKEN_KEYS) {
            oauth_buf_append(buf, text.data, 1);
            text.data++;
            text.len--;
            continue;
        }

        /* The object without its braces. */

        jwk = oauth_buf_str(&signer_jwks[i]);
        oauth_buf_append(buf, jwk.data + 1, jwk.len - 2);

        text.data += signer_names[i].len;
        text.len -= signer_names[i].len;
    }

    fuzz_need(!buf->failed);
}


oauth_str_t
signer_signature(oauth_alg_id_t id)
{
    return oauth_buf_str(&signer_signatures[id]);
}


int
signer_is_own(const json_t *jwk, oauth_alg_id_t id)
{
    json_t      *member;
    const char  *name;

    json_object_foreach(signer_members[token_key_of(id)], name, member) {
        if (!json_equal(member, json_object_get(jwk, name))) {
            return 0;
        }
    }

    return 1;
}


static void
signer_add(size_t i)
{
    keys_append_jwk(&signer_jwks[i], token_keys[i], "");

    (void) oauth_document_parse(oauth_buf_str(&signer_jwks[i]),
                                OAUTH_JSON_MEMBERS, &signer_members[i]);
    fuzz_need(signer_members[i]);
}


/* The key whose name the text begins with, or TOKEN_KEYS. */

static size_t
signer_name(oauth_str_t text)
{
    size_t  i;

    for (i = 0; i < TOKEN_KEYS; i++) {
        if (oauth_str_starts(text, signer_names[i])) {
            break;
        }
    }

    return i;
}
