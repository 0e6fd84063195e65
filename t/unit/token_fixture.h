
/*
 * What the tests of oauth_token share: a set with one key of each type, a key
 * that is in no set, a policy, and a function that takes a token from its text
 * to the reason.
 */


#ifndef TOKEN_FIXTURE_H_INCLUDED
#define TOKEN_FIXTURE_H_INCLUDED


#include <openssl/evp.h>

#include "oauth_token.h"


#define NOW      1700000000

/* Members of a good payload, and the header of an ES256 token. */

#define PAYLOAD  "\"iss\":\"https://as.example\",\"sub\":\"joe\","             \
                 "\"exp\":1700000100,\"iat\":1699999900,"                      \
                 "\"scope\":\"wiki:read wiki:write\""
#define HEADER   "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"p256\"}"


/*
 * The claims that the rules select: of "groups" text and members, of level in
 * "org" the text, of "roles" the members; the actor, all actors, all claims;
 * the text of "groups" in two encodings; of the last one nothing.
 */

enum { TOKEN_GROUPS, TOKEN_LEVEL, TOKEN_ROLES, TOKEN_ACTOR, TOKEN_ACTORS,
       TOKEN_ALL, TOKEN_PERCENT, TOKEN_BASE64URL, TOKEN_UNUSED,
       TOKEN_SELECTED };

enum { TOKEN_RSA, TOKEN_P256, TOKEN_P384, TOKEN_P521, TOKEN_OKP, TOKEN_ED448,
       TOKEN_KEYS };


extern const oauth_token_select_t   token_selected[TOKEN_SELECTED];
extern const oauth_token_rules_t   token_policy;
extern const char *const      token_kids[TOKEN_KEYS];   /* JWK members */

extern EVP_PKEY              *token_keys[TOKEN_KEYS];
extern EVP_PKEY              *token_foreign;            /* P-256, in no set */
extern oauth_jwks_t          *token_set;                /* of token_keys */


/* Set up and tear down a group of tests: make and free the keys and the set. */

int token_setup(void **state);
int token_teardown(void **state);

/* A set of n of the keys, each with further members; oauth_jwks_free. */

oauth_jwks_t *token_make_set(size_t first, size_t n,
    const char *const *more);

/* The place of a key in token_keys. */

size_t token_key_of(oauth_alg_id_t id);

/*
 * Parses and verifies a copy of exactly the text's size, and frees the token.
 * There was a token only if the result is OAUTH_OK.
 */

oauth_reason_t token_reason_of(oauth_str_t text,
    const oauth_token_rules_t *policy, const oauth_jwks_t *set);

/* Returns a token with HEADER and these claims, verified by token_policy. */

oauth_token_t *token_new(const char *payload);

/* Fails unless both are the same. */

void token_assert_str(oauth_str_t s, const char *expected);


#endif /* TOKEN_FIXTURE_H_INCLUDED */
