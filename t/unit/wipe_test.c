
/*
 * What is wiped before it is freed: a token with its last reference, a JWS with
 * all that was decoded, the scratch of a refused token.  The linker puts a
 * function in front of oauth_secret_wipe that notes what it is asked for.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "json_copy.h"
#include "oauth_refused.h"
#include "oauth_secret.h"
#include "token_fixture.h"


/* An ES256 header, "{}", and a signature of three bytes. */

#define TEXT    "eyJhbGciOiJFUzI1NiJ9.e30.AAAA"
#define CLAIMS  "{\"exp\":1700000100,\"sub\":\"joe\"}"


void __real_oauth_secret_wipe(void *data, size_t len);
void __wrap_oauth_secret_wipe(void *data, size_t len);
void __real_oauth_buf_free(oauth_buf_t *buf);
void __wrap_oauth_buf_free(oauth_buf_t *buf);


static size_t       wipe_calls;
static size_t       wipe_len;
static const void  *wipe_data;
static size_t       wipe_freed;


void
__wrap_oauth_secret_wipe(void *data, size_t len)
{
    size_t                i;
    const unsigned char  *p;

    __real_oauth_secret_wipe(data, len);

    p = data;

    for (i = 0; i < len; i++) {
        assert_int_equal(p[i], 0);
    }

    wipe_calls++;
    wipe_data = data;
    wipe_len = len;
}


/* Counts the bytes that are zero when a buffer is freed. */

void
__wrap_oauth_buf_free(oauth_buf_t *buf)
{
    size_t  i;

    for (i = 0; i < buf->size; i++) {
        wipe_freed += (buf->data[i] == 0);
    }

    __real_oauth_buf_free(buf);
}


static void
wipe_token(void **state)
{
    size_t                 size;
    oauth_token_t         *token;
    json_copy_t            json;
    oauth_claims_t         claims;
    oauth_token_source_t   source;

    (void) state;

    json_copy_parse(&json, oauth_str(CLAIMS));
    assert_int_equal(oauth_claims_read(json.root, &claims), OAUTH_OK);

    source.text = oauth_str(TEXT);
    source.kid = (oauth_str_t) { 0, NULL };
    source.scope = oauth_str("");
    source.payload = (oauth_str_t) { 0, NULL };
    source.claims = &claims;

    token = oauth_token_create(&source, &token_policy);
    assert_non_null(token);

    json_copy_free(&json);

    size = token->size;
    wipe_calls = 0;

    oauth_token_free(oauth_token_acquire(token));
    assert_int_equal(wipe_calls, 0);
    assert_true(oauth_str_equal(token->text, oauth_str(TEXT)));

    oauth_token_free(token);
    assert_int_equal(wipe_calls, 1);
    assert_ptr_equal(wipe_data, token);
    assert_int_equal(wipe_len, size);
}


/* Those of a token go with it, and each that is replaced goes at once. */

static void
wipe_minted(void **state)
{
    oauth_minted_t      *list;
    oauth_minted_use_t   use;

    (void) state;

    list = NULL;
    memset(&use, 0, sizeof(oauth_minted_use_t));
    use.directive = &list;
    wipe_calls = 0;

    assert_int_equal(oauth_minted_store(&list, &use, oauth_str(TEXT)), 0);
    assert_int_equal(wipe_calls, 0);

    assert_int_equal(oauth_minted_store(&list, &use, oauth_str(TEXT)), 0);
    assert_int_equal(wipe_calls, 1);
    assert_true(wipe_len > sizeof(TEXT) - 1);

    oauth_minted_free(list);
    assert_int_equal(wipe_calls, 2);
}


static void
wipe_jws(void **state)
{
    size_t       size;
    void        *storage;
    oauth_jws_t  jws;

    (void) state;

    assert_int_equal(oauth_jws_parse(oauth_str(TEXT), &jws), OAUTH_OK);

    storage = jws.storage;
    size = jws.size;
    wipe_calls = 0;

    oauth_jws_free(&jws);
    assert_int_equal(wipe_calls, 1);
    assert_ptr_equal(wipe_data, storage);
    assert_int_equal(wipe_len, size);

    /* There is nothing to wipe any more. */

    oauth_jws_free(&jws);
    assert_int_equal(wipe_calls, 1);
}


static void
wipe_refused(void **state)
{
    size_t            size;
    void             *storage;
    oauth_refused_t   refused;

    (void) state;

    oauth_refused_read(oauth_str(TEXT), &refused);

    storage = refused.storage;
    size = refused.size;
    wipe_calls = 0;

    oauth_refused_free(&refused);

    assert_int_equal(wipe_calls, 1);
    assert_ptr_equal(wipe_data, storage);
    assert_int_equal(wipe_len, size);

    oauth_refused_free(&refused);
    assert_int_equal(wipe_calls, 1);
}


/* All that the buffer has room for, since more may have been written before. */

static void
wipe_buffer(void **state)
{
    oauth_buf_t  buf;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&buf, "secret");
    buf.len = 2;
    wipe_freed = 0;

    oauth_secret_free(&buf);
    assert_int_equal(wipe_freed, 256);
    assert_null(buf.data);
    assert_int_equal(buf.len, 0);

    /* An empty one. */

    oauth_secret_free(&buf);
    assert_int_equal(wipe_freed, 256);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(wipe_token),
        cmocka_unit_test(wipe_minted),
        cmocka_unit_test(wipe_jws),
        cmocka_unit_test(wipe_refused),
        cmocka_unit_test(wipe_buffer)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
