
/*
 * Strings and lists in one block: what is counted is what is copied, nothing is
 * written beside it, and a lack of memory is remembered.  Blocks have the exact
 * size, so that a sanitizer sees a step past the end.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json_copy.h"
#include "oauth_pack.h"


typedef struct {
    oauth_str_t           name;
    oauth_str_t           empty;
    oauth_str_t           absent;
    oauth_str_t           text;
    oauth_str_t           control;
    oauth_str_t           string;
    oauth_str_t           number;
    oauth_str_t           none;
    const oauth_str_t    *members;
    size_t                nmembers;
    const oauth_str_t    *audience;
    size_t                naudience;
} pack_t;


static int
pack_write(const void *data, oauth_buf_t *buf)
{
    return oauth_json_text(data, buf);
}


static void
pack_all(oauth_pack_t *pack, const oauth_claims_t *claims, pack_t *p)
{
    const oauth_json_t  *roles;

    roles = oauth_json_member(claims->root, oauth_str("roles"));

    p->name = oauth_pack_str(pack, oauth_str("joe"));
    p->empty = oauth_pack_str(pack, oauth_str(""));
    p->absent = oauth_pack_str(pack, (oauth_str_t) { 0, NULL });
    p->text = oauth_pack_text(pack, pack_write, roles);
    p->nmembers = oauth_pack_elements(pack, roles, &p->members);
    p->control = oauth_pack_text(pack, pack_write,
                                 oauth_json_member(claims->root,
                                                   oauth_str("bad")));
    p->naudience = oauth_pack_elements(pack, claims->audience, &p->audience);
    p->string = oauth_pack_value(pack, claims->id);
    p->number = oauth_pack_value(pack, claims->client);
    p->none = oauth_pack_value(pack, claims->session);
}


static void
pack_assert(oauth_str_t s, const char *text)
{
    assert_true(oauth_str_equal(s, oauth_str_of(text)));
    assert_non_null(s.data);
}


static void
pack_twice(void **state)
{
    pack_t           p;
    size_t           nstrings, nbytes;
    oauth_str_t     *block;
    json_copy_t      json;
    oauth_pack_t     pack;
    oauth_claims_t   claims;

    (void) state;

    json_copy_parse(&json, oauth_str(
                    "{\"roles\":[\"a\",7,null,{},\"\",true],"
                    "\"bad\":\"\\u0001\",\"aud\":[\"x\",\"\",\"yz\"],"
                    "\"jti\":\"j\",\"client_id\":1.50}"));
    assert_int_equal(oauth_claims_read(json.root, &claims), OAUTH_OK);

    memset(&pack, 0, sizeof(oauth_pack_t));
    pack_all(&pack, &claims, &p);

    /* a, 7, "", true; x, "", yz */

    assert_int_equal(p.nmembers, 4);
    assert_int_equal(p.naudience, 3);
    assert_null(p.members);
    assert_null(p.audience);
    assert_non_null(p.text.data);
    assert_null(p.control.data);

    nstrings = pack.nstrings;
    nbytes = pack.nbytes;

    assert_int_equal(nstrings, 7);
    assert_int_equal(nbytes, sizeof("joe" "a,7,,{},,true" "a" "7" "true"
                                    "x" "yz" "j" "1.5") - 1);

    block = malloc(nstrings * sizeof(oauth_str_t) + nbytes);
    assert_non_null(block);

    oauth_pack_start(&pack, block);
    pack_all(&pack, &claims, &p);
    oauth_pack_done(&pack);

    assert_int_equal(pack.nstrings, nstrings);
    assert_int_equal(pack.nbytes, nbytes);
    assert_null(pack.texts.data);
    assert_null(pack.scratch.data);

    json_copy_free(&json);

    pack_assert(p.name, "joe");
    pack_assert(p.empty, "");
    assert_null(p.absent.data);
    pack_assert(p.text, "a,7,,{},,true");
    assert_null(p.control.data);

    assert_ptr_equal(p.members, block);
    pack_assert(p.members[0], "a");
    pack_assert(p.members[1], "7");
    pack_assert(p.members[2], "");
    pack_assert(p.members[3], "true");

    assert_ptr_equal(p.audience, block + 4);
    pack_assert(p.audience[0], "x");
    pack_assert(p.audience[1], "");
    pack_assert(p.audience[2], "yz");

    pack_assert(p.string, "j");
    pack_assert(p.number, "1.5");
    assert_null(p.none.data);

    free(block);
}


static void
pack_memory(void **state)
{
    json_copy_t   json;
    oauth_pack_t  pack;

    (void) state;

    json_copy_parse(&json, oauth_str("{\"a\":[\"b\"]}"));
    assert_non_null(json.root);

    memset(&pack, 0, sizeof(oauth_pack_t));
    pack.texts.failed = 1;

    assert_null(oauth_pack_text(&pack, pack_write, json.root + 2).data);
    assert_int_equal(pack.nbytes, 0);
    assert_true(oauth_pack_failed(&pack));

    json_copy_free(&json);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(pack_twice),
        cmocka_unit_test(pack_memory)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
