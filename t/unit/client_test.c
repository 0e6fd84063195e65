
/*
 * How the module proves who it is to an authorization server: the header, the
 * form, and an assertion as the core's own verifier reads it.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "oauth_client.h"
#include "oauth_secret.h"
#include "token_fixture.h"


#define TOKEN   "token=opaque-1&token_type_hint=access_token"
#define TYPE    "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"       \
                "client-assertion-type%3Ajwt-bearer&client_assertion="


void *__real_realloc(void *data, size_t size);
void *__wrap_realloc(void *data, size_t size);


static size_t  client_moves;            /* how often a buffer has grown */


void *
__wrap_realloc(void *data, size_t size)
{
    client_moves += (data != NULL);

    return __real_realloc(data, size);
}


static void
client_assert_str(oauth_str_t s, const char *expected)
{
    assert_int_equal(s.len, strlen(expected));
    assert_memory_equal(s.data, expected, s.len);
}


static void
client_header(void **state)
{
    size_t          i;
    oauth_buf_t     buf;
    oauth_client_t  client;

    static const struct {
        oauth_client_kind_t  kind;
        const char          *id;
        const char          *secret;
        const char          *header;
    } cases[] = {

        /* RFC 6749 section 2.3.1. */

        { OAUTH_CLIENT_BASIC, "s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw",
          "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3" },

        /* a:b, a:bc, a:bcd: every padding. */

        { OAUTH_CLIENT_BASIC, "a", "b", "Basic YTpi" },
        { OAUTH_CLIENT_BASIC, "a", "bc", "Basic YTpiYw==" },
        { OAUTH_CLIENT_BASIC, "a", "bcd", "Basic YTpiY2Q=" },
        { OAUTH_CLIENT_BASIC, "a", "", "Basic YTo=" },

        /* -._~ as they are; s%3Ae%2Bc%20r%25t%2F%3D */

        { OAUTH_CLIENT_BASIC, "m1-._~", "x", "Basic bTEtLl9+Ong=" },
        { OAUTH_CLIENT_BASIC, "a", "s:e+c r%t/=",
          "Basic YTpzJTNBZSUyQmMlMjByJTI1dCUyRiUzRA==" },
        { OAUTH_CLIENT_BASIC, "\xc3\xb6", "*", "Basic JUMzJUI2OiUyQQ==" },
        { OAUTH_CLIENT_BASIC_RAW, "a", "s:e+c r%t/=",
          "Basic YTpzOmUrYyByJXQvPQ==" },

        /* The alphabet: these bytes are ++// in base64. */

        { OAUTH_CLIENT_BASIC_RAW, "a", "b>>?\xff\xbf",
          "Basic YTpiPj4//78=" },

        { OAUTH_CLIENT_NONE, "a", "b", "" },
        { OAUTH_CLIENT_POST, "a", "b", "" },
        { OAUTH_CLIENT_KEY, "a", "", "" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&client, 0, sizeof(oauth_client_t));
        client.kind = cases[i].kind;
        client.id = oauth_str_of(cases[i].id);
        client.secret = oauth_str_of(cases[i].secret);

        memset(&buf, 0, sizeof(oauth_buf_t));
        oauth_client_append_authorization(&client, &buf);

        assert_false(buf.failed);
        client_assert_str(oauth_buf_str(&buf), cases[i].header);

        oauth_secret_free(&buf);
        assert_null(buf.data);
    }
}


static void
client_form(void **state)
{
    size_t          i;
    oauth_buf_t     buf;
    oauth_client_t  client;

    static const struct {
        oauth_client_kind_t  kind;
        const char          *id;
        const char          *secret;
        const char          *token;
        const char          *form;
    } cases[] = {
        { OAUTH_CLIENT_BASIC, "a", "b", "opaque-1", TOKEN },
        { OAUTH_CLIENT_BASIC_RAW, "a", "b", "opaque-1", TOKEN },
        { OAUTH_CLIENT_NONE, "", "", "opaque-1", TOKEN },
        { OAUTH_CLIENT_NONE, "a", "", "opaque-1", TOKEN "&client_id=a" },
        { OAUTH_CLIENT_POST, "a&b", "s:e+c r%t/=", "opaque-1",
          TOKEN "&client_id=a%26b"
          "&client_secret=s%3Ae%2Bc%20r%25t%2F%3D" },

        /* Nothing in a token ends its place in the form. */

        { OAUTH_CLIENT_POST, "a", "b", "x&client_id=c+=/;\r\n\"",
          "token=x%26client_id%3Dc%2B%3D%2F%3B%0D%0A%22"
          "&token_type_hint=access_token&client_id=a&client_secret=b" },
        { OAUTH_CLIENT_NONE, "", "", "", "token=&token_type_hint=access_token" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&client, 0, sizeof(oauth_client_t));
        client.kind = cases[i].kind;
        client.id = oauth_str_of(cases[i].id);
        client.secret = oauth_str_of(cases[i].secret);

        memset(&buf, 0, sizeof(oauth_buf_t));

        assert_int_equal(oauth_client_append_form(&client,
                                              oauth_str_of(cases[i].token),
                                              oauth_str("https://as.example"),
                                              NOW, &buf), OAUTH_DONE);
        client_assert_str(oauth_buf_str(&buf), cases[i].form);

        oauth_secret_free(&buf);
    }
}


/*
 * A buffer that moves while a secret is in it leaves a copy behind.  So it has
 * its size before anything is written.
 */

static void
client_moved(void **state)
{
    char             secret[4000], *pem;
    size_t           i;
    const char      *why;
    oauth_buf_t      header, form;
    oauth_client_t   client;

    (void) state;

    memset(secret, '%', sizeof(secret));
    pem = keys_pem(token_keys[TOKEN_RSA], 1);

    memset(&client, 0, sizeof(oauth_client_t));
    client.id = oauth_str("a");
    client.secret.data = (unsigned char *) secret;
    client.secret.len = sizeof(secret);
    assert_int_equal(oauth_signer_create(oauth_str_of(pem), "JWT",
                                         &client.signer, &why), OAUTH_DONE);

    for (i = OAUTH_CLIENT_NONE; i <= OAUTH_CLIENT_KEY; i++) {
        client.kind = (oauth_client_kind_t) i;

        memset(&header, 0, sizeof(oauth_buf_t));
        memset(&form, 0, sizeof(oauth_buf_t));
        client_moves = 0;

        oauth_client_append_authorization(&client, &header);
        assert_int_equal(oauth_client_append_form(&client,
                                                  client.secret,
                                                  oauth_str("i"), NOW, &form),
                         OAUTH_DONE);

        assert_true(form.len > 3 * sizeof(secret));
        assert_int_equal(client_moves, 0);

        oauth_secret_free(&header);
        oauth_secret_free(&form);
    }

    /* The count counts. */

    for (i = 0; i < 10; i++) {
        oauth_buf_append(&form, secret, 100);
    }

    assert_int_equal(client_moves, 2);

    oauth_buf_free(&form);
    oauth_signer_free(client.signer);
    free(pem);
}


/* Returns the assertion as a JWT whose claims were read. */

static oauth_jwt_t *
client_assertion(const oauth_client_t *client, oauth_buf_t *form)
{
    size_t        len;
    oauth_str_t   text;
    oauth_jwt_t  *jwt;

    static const char  head[] = TOKEN "&client_id=ng%20inx%22" TYPE;

    len = sizeof(head) - 1;

    memset(form, 0, sizeof(oauth_buf_t));
    assert_int_equal(oauth_client_append_form(client, oauth_str("opaque-1"),
                                              oauth_str("https://as.example"),
                                              NOW, form), OAUTH_DONE);

    assert_true(form->len > len);
    assert_memory_equal(form->data, head, len);

    text = oauth_buf_str(form);
    text.data += len;
    text.len -= len;

    assert_int_equal(oauth_jwt_parse(text, &jwt), OAUTH_OK);
    assert_int_equal(oauth_jwt_read(jwt), OAUTH_OK);

    return jwt;
}


static void
client_assertions(void **state)
{
    char            *pem;
    size_t           i;
    const char      *why;
    oauth_buf_t      forms[2];
    oauth_jwt_t     *jwts[2];
    oauth_client_t   client;

    static const size_t  keys[] = { TOKEN_RSA, TOKEN_P256 };

    (void) state;

    for (i = 0; i < 2; i++) {
        pem = keys_pem(token_keys[keys[i]], 1);

        memset(&client, 0, sizeof(oauth_client_t));
        client.kind = OAUTH_CLIENT_KEY;
        client.id = oauth_str("ng inx\"");
        assert_int_equal(oauth_signer_create(oauth_str_of(pem), "JWT",
                                             &client.signer, &why),
                         OAUTH_DONE);

        jwts[0] = client_assertion(&client, &forms[0]);
        jwts[1] = client_assertion(&client, &forms[1]);

        client_assert_str(jwts[0]->claims.issuer, "ng inx\"");
        client_assert_str(jwts[0]->claims.subject, "ng inx\"");
        client_assert_str(oauth_json_str(jwts[0]->claims.audience),
                          "https://as.example");
        assert_int_equal(jwts[0]->claims.issued_at, NOW);
        assert_int_equal(jwts[0]->claims.expires, NOW + 60);
        assert_int_equal(jwts[0]->jws.type, OAUTH_TYPE_JWT);

        /* Each assertion is another one. */

        assert_int_equal(jwts[0]->claims.id->len, 22);
        assert_false(oauth_str_equal(oauth_json_str(jwts[0]->claims.id),
                                     oauth_json_str(jwts[1]->claims.id)));

        /* The set has other kids, so that the name is left out. */

        assert_int_equal(oauth_jwks_verify(token_set,
                                           (oauth_str_t) { 0, NULL },
                                           jwts[0]->jws.alg, OAUTH_ALGS_ALL,
                                           jwts[0]->jws.input,
                                           jwts[0]->jws.signature), OAUTH_OK);
        assert_int_equal(oauth_jwks_verify(token_set,
                                           (oauth_str_t) { 0, NULL },
                                           jwts[0]->jws.alg, OAUTH_ALGS_ALL,
                                           jwts[1]->jws.input,
                                           jwts[0]->jws.signature),
                         OAUTH_BAD_SIGNATURE);

        oauth_jwt_free(jwts[0]);
        oauth_jwt_free(jwts[1]);
        oauth_secret_free(&forms[0]);
        oauth_secret_free(&forms[1]);

        /* JSON has only UTF-8. */

        client.id = oauth_str("\xff");
        memset(&forms[0], 0, sizeof(oauth_buf_t));
        assert_int_equal(oauth_client_append_form(&client, oauth_str("t"),
                                                  oauth_str("i"), NOW,
                                                  &forms[0]), OAUTH_INVALID);
        assert_int_equal(forms[0].len, 0);

        oauth_signer_free(client.signer);
        free(pem);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(client_header),
        cmocka_unit_test(client_form),
        cmocka_unit_test(client_moved),
        cmocka_unit_test(client_assertions)
    };

    return cmocka_run_group_tests(tests, token_setup, token_teardown);
}
