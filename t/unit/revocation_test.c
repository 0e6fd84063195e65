
/*
 * The keys of revocations: which sets of members have the same key, which
 * entries concern a token, and until when a token is revoked by one.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "keys.h"
#include "oauth_hash.h"
#include "oauth_revocation.h"
#include "token_fixture.h"


#define ALL      "\"jti\":\"t-1\",\"client_id\":\"c-1\",\"sid\":\"s-1\","      \
                 "\"aud\":[\"https://a\",\"https://b\"],"                     \
                 "\"email\":\"joe@example.com\""

#define NAMES    7


/* All names that a test uses; each kind takes its own. */

static const oauth_revocation_names_t  revocation_names = {
    oauth_string("https://as.example"), oauth_string("joe"),
    oauth_string("c-1"), oauth_string("s-1"), oauth_string("https://a"),
    oauth_string("p256"), oauth_string("joe@example.com"), oauth_string("t-1")
};


static oauth_str_t *
revocation_member(oauth_revocation_names_t *names, unsigned bit)
{
    oauth_str_t *const  members[NAMES] = {
        &names->subject, &names->client, &names->session, &names->resource,
        &names->kid, &names->email, &names->token
    };

    return members[bit];
}


/* The names of one kind. */

static oauth_revocation_names_t
revocation_of(unsigned kind)
{
    unsigned                  i;
    oauth_revocation_names_t  names;

    names = revocation_names;

    for (i = 0; i < NAMES; i++) {
        if (!(kind & (1u << i))) {
            *revocation_member(&names, i) = (oauth_str_t) { 0, NULL };
        }
    }

    return names;
}


static void
revocation_key(const oauth_revocation_names_t *names, unsigned char *key)
{
    memset(key, 0, OAUTH_REVOCATION_KEY);
    assert_int_equal(oauth_revocation_write_key(names, key), 0);
    assert_int_equal(ERR_peek_error(), 0);
}


/* A token of the payload's members, beside those of every token. */

static oauth_token_t *
revocation_token(const char *members, const oauth_token_rules_t *rules)
{
    oauth_buf_t      payload, text;
    oauth_jwt_t     *jwt;
    oauth_token_t   *token;

    memset(&payload, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&payload, "{" PAYLOAD);
    oauth_buf_append_text(&payload, *members ? "," : "");
    oauth_buf_append_text(&payload, members);
    oauth_buf_append_literal(&payload, "}");

    memset(&text, 0, sizeof(oauth_buf_t));
    keys_append_token(&text, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                      oauth_str(HEADER), oauth_buf_str(&payload));

    assert_int_equal(oauth_jwt_parse(oauth_buf_str(&text), &jwt), OAUTH_OK);
    assert_int_equal(oauth_token_verify(jwt, rules, token_set, NOW, &token),
                     OAUTH_OK);
    assert_null(token->keys);
    assert_int_equal(token->epoch, 0);

    oauth_jwt_free(jwt);
    oauth_buf_free(&text);
    oauth_buf_free(&payload);

    return token;
}


/* An opaque token, by its answer. */

static oauth_token_t *
revocation_opaque(const char *id)
{
    oauth_buf_t            payload;
    oauth_json_t           node;
    oauth_token_t         *token;
    oauth_claims_t         claims;
    oauth_token_source_t   source;

    memset(&payload, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&payload, "{\"email\":\"joe@example.com\"}");

    memset(&claims, 0, sizeof(oauth_claims_t));
    claims.expires = NOW + 60;

    if (id) {
        memset(&node, 0, sizeof(oauth_json_t));
        node.kind = OAUTH_JSON_STRING;
        node.data = (const unsigned char *) id;
        node.len = (uint32_t) oauth_str_of(id).len;
        claims.id = &node;
    }

    memset(&source, 0, sizeof(oauth_token_source_t));
    source.text = oauth_str("opaque.1.2");
    source.payload = oauth_buf_str(&payload);
    source.claims = &claims;

    token = oauth_token_create(&source, &token_policy);
    assert_non_null(token);

    oauth_buf_free(&payload);

    return token;
}


/* Returns how many keys of that kind the token has. */

static size_t
revocation_find(oauth_token_t *token, unsigned kind)
{
    size_t                    i;
    oauth_revocation_kinds_t  kinds;

    static uint64_t  version;

    memset(&kinds, 0, sizeof(oauth_revocation_kinds_t));
    kinds.version = ++version;
    kinds.n = 1;
    kinds.kinds[0] = (unsigned char) kind;

    assert_int_equal(oauth_revocation_find_keys(token, &kinds), 0);
    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(token->keys->version, version);

    for (i = 0; i < token->keys->n; i++) {
        assert_int_equal(token->keys->keys[i][0], kind);
    }

    return token->keys->n;
}


static int
revocation_found(const oauth_token_t *token,
    const oauth_revocation_names_t *names)
{
    size_t         i;
    unsigned char  key[OAUTH_REVOCATION_KEY];

    revocation_key(names, key);

    for (i = 0; i < token->keys->n; i++) {
        if (memcmp(token->keys->keys[i], key, OAUTH_REVOCATION_KEY) == 0) {
            return 1;
        }
    }

    return 0;
}


/* The form of a key is fixed: entries outlive the process. */

static void
revocation_form(void **state)
{
    unsigned char             key[OAUTH_REVOCATION_KEY];
    unsigned char             hash[OAUTH_HASH_BYTES];
    oauth_revocation_names_t  names;

    (void) state;

    names = revocation_of(0);
    revocation_key(&names, key);
    assert_int_equal(oauth_hash_write_bytes(oauth_str("https://as.example\0"),
                                            hash), 0);
    assert_int_equal(key[0], 0);
    assert_memory_equal(key + 1, hash, 15);

    names = revocation_of(OAUTH_REVOCATION_SUBJECT | OAUTH_REVOCATION_TOKEN);
    revocation_key(&names, key);
    assert_int_equal(oauth_hash_write_bytes(oauth_str("https://as.example\0"
                                                      "\0\0\0\3" "joe"
                                                      "\0\0\0\3" "t-1"),
                                            hash), 0);
    assert_int_equal(key[0], 0x41);
    assert_memory_equal(key + 1, hash, 15);

    assert_int_equal(oauth_revocation_write_used(names.issuer,
                                                 oauth_str("signal"),
                                                 oauth_str("j"), key), 0);
    assert_int_equal(oauth_hash_write_bytes(oauth_str("https://as.example\0"
                                                      "\0\0\0\6" "signal"
                                                      "\0\0\0\1" "j"),
                                            hash), 0);
    assert_int_equal(key[0], OAUTH_REVOCATION_USED);
    assert_memory_equal(key + 1, hash, 15);
}


static void
revocation_assert_differ(const oauth_revocation_names_t *a,
    const oauth_revocation_names_t *b)
{
    unsigned char  ka[OAUTH_REVOCATION_KEY], kb[OAUTH_REVOCATION_KEY];

    revocation_key(a, ka);
    revocation_key(b, kb);

    /* The kind is not needed to tell them apart. */

    assert_memory_not_equal(ka + 1, kb + 1, OAUTH_REVOCATION_KEY - 1);
}


/* Members cannot be moved from one to the next. */

static void
revocation_collisions(void **state)
{
    unsigned                  i;
    oauth_revocation_names_t  a, b;

    (void) state;

    a = revocation_of(OAUTH_REVOCATION_SUBJECT | OAUTH_REVOCATION_CLIENT);
    b = a;

    a.subject = oauth_str("ab");
    a.client = oauth_str("c");
    b.subject = oauth_str("a");
    b.client = oauth_str("bc");
    revocation_assert_differ(&a, &b);

    b.subject = oauth_str("AB");
    b.client = oauth_str("c");
    revocation_assert_differ(&a, &b);

    b = a;
    b.issuer = oauth_str("https://as.example/");
    revocation_assert_differ(&a, &b);

    /* An empty member is one. */

    b = a;
    b.session = oauth_str("");
    revocation_assert_differ(&a, &b);

    for (i = 0; i < NAMES; i++) {
        a = revocation_of(OAUTH_REVOCATION_KINDS - 1);
        b = a;
        *revocation_member(&b, i) = oauth_str("other");
        revocation_assert_differ(&a, &b);
    }
}


/* Of every kind: the entry with the token's members, and none with another. */

static void
revocation_kinds(void **state)
{
    unsigned                  i, kind;
    oauth_token_t            *token, *bare;
    oauth_revocation_names_t  names, other;

    (void) state;

    token = revocation_token(ALL, &token_policy);
    bare = revocation_opaque(NULL);

    for (kind = 0; kind < OAUTH_REVOCATION_KINDS; kind++) {
        names = revocation_of(kind);

        assert_int_equal(revocation_find(token, kind),
                         (kind & OAUTH_REVOCATION_RESOURCE) ? 2 : 1);
        assert_true(revocation_found(token, &names));

        for (i = 0; i < NAMES; i++) {
            other = names;
            *revocation_member(&other, i) = oauth_str("other");
            assert_false(revocation_found(token, &other));
        }

        other = names;
        other.issuer = oauth_str("https://other");
        assert_false(revocation_found(token, &other));

        if (kind & OAUTH_REVOCATION_RESOURCE) {
            other = names;
            other.resource = oauth_str("https://b");
            assert_true(revocation_found(token, &other));
        }

        /* It has an e-mail address, and an id by its text. */

        assert_int_equal(revocation_find(bare, kind),
                         (kind & ~(unsigned) (OAUTH_REVOCATION_EMAIL
                                              | OAUTH_REVOCATION_TOKEN))
                         ? 0 : 1);
    }

    /* This is the kind of what is no revocation. */

    assert_int_equal(revocation_find(token, OAUTH_REVOCATION_USED), 0);

    oauth_token_free(token);
    oauth_token_free(bare);
}


static void
revocation_missing(void **state)
{
    oauth_token_t  *token;

    (void) state;

    token = revocation_token("", &token_policy);

    assert_int_equal(revocation_find(token, 0), 1);
    assert_int_equal(revocation_find(token, OAUTH_REVOCATION_SUBJECT), 1);
    assert_int_equal(revocation_find(token, OAUTH_REVOCATION_KID), 1);
    assert_int_equal(revocation_find(token, OAUTH_REVOCATION_TOKEN), 1);
    assert_int_equal(revocation_find(token, OAUTH_REVOCATION_CLIENT), 0);
    assert_int_equal(revocation_find(token, OAUTH_REVOCATION_SESSION), 0);
    assert_int_equal(revocation_find(token, OAUTH_REVOCATION_RESOURCE), 0);
    assert_int_equal(revocation_find(token, OAUTH_REVOCATION_EMAIL), 0);

    oauth_token_free(token);

    token = revocation_token("\"aud\":[],\"email\":\"\",\"jti\":7,"
                             "\"client_id\":null", &token_policy);

    assert_int_equal(revocation_find(token, OAUTH_REVOCATION_RESOURCE), 0);
    assert_int_equal(revocation_find(token, OAUTH_REVOCATION_EMAIL), 0);
    assert_int_equal(revocation_find(token, OAUTH_REVOCATION_CLIENT), 0);

    oauth_token_free(token);

    /* What is no identifier names nothing. */

    token = revocation_token("\"jti\":[\"t-1\"],\"client_id\":{},"
                             "\"azp\":[],\"cid\":null,\"sid\":\"\"",
                             &token_policy);

    assert_null(token->id.data);
    assert_int_equal(revocation_find(token, OAUTH_REVOCATION_CLIENT), 0);
    assert_int_equal(revocation_find(token, OAUTH_REVOCATION_SESSION), 0);

    oauth_token_free(token);

    token = revocation_token("\"email\":\"joe\\u0007\"", &token_policy);
    assert_int_equal(revocation_find(token, OAUTH_REVOCATION_EMAIL), 0);
    oauth_token_free(token);
}


/* Keys are made once for each version of the kinds. */

static void
revocation_versions(void **state)
{
    oauth_token_t             *token;
    oauth_revocation_kinds_t   kinds;
    oauth_revocation_keys_t   *keys;

    (void) state;

    token = revocation_token(ALL, &token_policy);

    memset(&kinds, 0, sizeof(oauth_revocation_kinds_t));
    kinds.version = 1000;

    assert_int_equal(oauth_revocation_find_keys(token, &kinds), 0);
    assert_non_null(token->keys);
    assert_int_equal(token->keys->n, 0);

    keys = token->keys;
    kinds.n = 3;
    kinds.kinds[1] = OAUTH_REVOCATION_SUBJECT;
    kinds.kinds[2] = OAUTH_REVOCATION_RESOURCE | OAUTH_REVOCATION_TOKEN;

    assert_int_equal(oauth_revocation_find_keys(token, &kinds), 0);
    assert_ptr_equal(token->keys, keys);
    assert_int_equal(token->keys->n, 0);

    kinds.version++;

    assert_int_equal(oauth_revocation_find_keys(token, &kinds), 0);
    assert_int_equal(token->keys->n, 4);
    assert_int_equal(token->keys->version, 1001);

    oauth_token_free(token);
}


static void
revocation_assert_named(oauth_token_t *token, int by_text)
{
    unsigned char             id[OAUTH_REVOCATION_ID];
    oauth_revocation_names_t  names;

    assert_int_equal(oauth_revocation_name_token(token, id, &names), 0);
    assert_true(oauth_str_equal(names.issuer, token_policy.issuer));
    assert_int_equal(names.token.data == id, by_text);
    assert_null(names.subject.data);
    assert_null(names.resource.data);

    (void) revocation_find(token, OAUTH_REVOCATION_TOKEN);
    assert_true(revocation_found(token, &names));
}


/* What names a token finds it, and no other. */

static void
revocation_ids(void **state)
{
    oauth_str_t                text;
    unsigned char              id[OAUTH_REVOCATION_ID];
    unsigned char              hash[OAUTH_HASH_BYTES];
    oauth_token_t             *with, *without, *other, *opaque, *told;
    oauth_revocation_names_t   names;

    (void) state;

    with = revocation_token("\"jti\":\"t-1\"", &token_policy);
    without = revocation_token("", &token_policy);
    other = revocation_token("\"a\":1", &token_policy);
    opaque = revocation_opaque(NULL);
    told = revocation_opaque("t-1");

    revocation_assert_named(with, 0);
    revocation_assert_named(without, 1);
    revocation_assert_named(opaque, 1);
    revocation_assert_named(told, 0);

    /* A JWT by its signing input, an opaque token by all of its text. */

    text = without->text;
    while (text.data[text.len - 1] != '.') {
        text.len--;
    }

    text.len--;
    assert_int_equal(oauth_hash_write_bytes(text, hash), 0);
    assert_int_equal(oauth_revocation_write_id(without, id), 0);
    assert_int_equal(id[0], 0xff);
    assert_memory_equal(id + 1, hash, OAUTH_HASH_BYTES);

    names = revocation_of(0);
    names.token = (oauth_str_t) { OAUTH_REVOCATION_ID, id };

    (void) revocation_find(without, OAUTH_REVOCATION_TOKEN);
    assert_true(revocation_found(without, &names));
    (void) revocation_find(other, OAUTH_REVOCATION_TOKEN);
    assert_false(revocation_found(other, &names));

    assert_int_equal(oauth_hash_write_bytes(oauth_str("opaque.1.2"), hash), 0);
    assert_int_equal(oauth_revocation_write_id(opaque, id), 0);
    assert_memory_equal(id + 1, hash, OAUTH_HASH_BYTES);

    /* An opaque token is found by both. */

    assert_int_equal(revocation_find(told, OAUTH_REVOCATION_TOKEN), 2);
    assert_true(revocation_found(told, &names));
    names.token = oauth_str("t-1");
    assert_true(revocation_found(told, &names));

    /* An empty jti is none: many tokens may have it. */

    oauth_token_free(other);
    other = revocation_token("\"jti\":\"\"", &token_policy);
    revocation_assert_named(other, 1);
    names.token = oauth_str("");
    assert_false(revocation_found(other, &names));

    oauth_token_free(with);
    oauth_token_free(without);
    oauth_token_free(other);
    oauth_token_free(opaque);
    oauth_token_free(told);
}


static void
revocation_cuts(void **state)
{
    oauth_token_t       token;
    oauth_revocation_t  entry;

    (void) state;

    memset(&token, 0, sizeof(oauth_token_t));
    memset(&entry, 0, sizeof(oauth_revocation_t));

    entry.cut = 1000;
    token.issued_at = 999;
    assert_int_equal(oauth_revocation_has(&entry, &token), 1);
    token.issued_at = 1000;
    assert_int_equal(oauth_revocation_has(&entry, &token), 1);
    token.issued_at = 1001;
    assert_int_equal(oauth_revocation_has(&entry, &token), 0);

    entry.cut = OAUTH_REVOCATION_ALWAYS;
    assert_int_equal(oauth_revocation_has(&entry, &token), 1);

    /* Without iat, nobody knows that it is newer. */

    entry.cut = 1000;
    token.issued_at = 0;
    assert_int_equal(oauth_revocation_has(&entry, &token), 1);
}


/*
 * The text of an identifier is what an entry has to name, whatever claim of the
 * token has the client, and whatever its type.
 */

static void
revocation_identifiers(void **state)
{
    size_t                    i;
    oauth_token_t            *token;
    oauth_revocation_names_t  names;

    static const struct {
        const char           *members;
        unsigned              kind;
        oauth_str_t           name;
        int                   shown;
    } cases[] = {
        { "\"client_id\":\"a\",\"azp\":\"b\",\"cid\":\"c\"",
          OAUTH_REVOCATION_CLIENT, oauth_string("a"), 1 },
        { "\"cid\":\"c\",\"azp\":\"b\"", OAUTH_REVOCATION_CLIENT,
          oauth_string("b"), 1 },
        { "\"client_id\":\"\",\"azp\":null,\"cid\":\"c\"",
          OAUTH_REVOCATION_CLIENT, oauth_string("c"), 1 },
        { "\"client_id\":[\"a\"],\"azp\":\"b\"", OAUTH_REVOCATION_CLIENT,
          oauth_string("b"), 1 },
        { "\"client_id\":7,\"azp\":\"b\"", OAUTH_REVOCATION_CLIENT,
          oauth_string("7"), 1 },
        { "\"client_id\":false,\"azp\":\"b\"", OAUTH_REVOCATION_CLIENT,
          oauth_string("false"), 1 },
        { "\"client_id\":\"a\\n\",\"azp\":\"b\"", OAUTH_REVOCATION_CLIENT,
          oauth_string("a\n"), 0 },
        { "\"jti\":12345", OAUTH_REVOCATION_TOKEN, oauth_string("12345"), 1 },
        { "\"jti\":\"12345\"", OAUTH_REVOCATION_TOKEN,
          oauth_string("12345"), 1 },
        { "\"jti\":-0", OAUTH_REVOCATION_TOKEN, oauth_string("0"), 1 },
        { "\"jti\":1.50e+07", OAUTH_REVOCATION_TOKEN,
          oauth_string("15000000.0"), 1 },
        { "\"jti\":\"a\\u0085\"", OAUTH_REVOCATION_TOKEN,
          oauth_string("a\xc2\x85"), 0 },
        { "\"sid\":7", OAUTH_REVOCATION_SESSION, oauth_string("7"), 1 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        token = revocation_token(cases[i].members, &token_policy);

        names = revocation_of(0);

        switch (cases[i].kind) {

        case OAUTH_REVOCATION_CLIENT:
            names.client = cases[i].name;
            assert_int_equal(token->shows_client, cases[i].shown);
            break;

        case OAUTH_REVOCATION_TOKEN:
            names.token = cases[i].name;
            assert_int_equal(token->shows_id, cases[i].shown);
            revocation_assert_named(token, 0);
            break;

        default:
            names.session = cases[i].name;
        }

        assert_int_equal(revocation_find(token, cases[i].kind), 1);
        assert_true(revocation_found(token, &names));

        oauth_token_free(token);
    }
}


/* The session is what the rules name. */

static void
revocation_session(void **state)
{
    oauth_token_t        *token;
    oauth_token_rules_t   rules;

    static const oauth_str_t  path[] = {
        oauth_string("ext"), oauth_string("session")
    };

    (void) state;

    rules = token_policy;
    rules.session = path;
    rules.nsession = 2;

    token = revocation_token("\"sid\":\"a\",\"ext\":{\"session\":\"b\"}",
                             &rules);
    assert_true(oauth_str_equal(token->session, oauth_str("b")));
    oauth_token_free(token);

    token = revocation_token("\"sid\":\"a\",\"ext\":{\"session\":\"b\"}",
                             &token_policy);
    assert_true(oauth_str_equal(token->session, oauth_str("a")));
    oauth_token_free(token);

    token = revocation_token("\"sid\":\"a\",\"ext\":{\"session\":7}", &rules);
    assert_true(oauth_str_equal(token->session, oauth_str("7")));
    oauth_token_free(token);

    token = revocation_token("\"sid\":\"a\",\"ext\":{\"session\":[]}",
                             &rules);
    assert_null(token->session.data);
    oauth_token_free(token);

    token = revocation_token("\"sid\":\"a\"", &rules);
    assert_null(token->session.data);
    oauth_token_free(token);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(revocation_form),
        cmocka_unit_test(revocation_collisions),
        cmocka_unit_test(revocation_kinds),
        cmocka_unit_test(revocation_missing),
        cmocka_unit_test(revocation_versions),
        cmocka_unit_test(revocation_ids),
        cmocka_unit_test(revocation_identifiers),
        cmocka_unit_test(revocation_cuts),
        cmocka_unit_test(revocation_session)
    };

    return cmocka_run_group_tests(tests, token_setup, token_teardown);
}
