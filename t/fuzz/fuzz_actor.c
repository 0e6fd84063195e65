
/*
 * The chain of actors in the claim "act".  Input: the payload of a token.  The
 * chain is walked a second time in what jansson reads, and must be accepted or
 * refused by the same rules; its text is put together again from there.
 */


#include <string.h>

#include "fuzz.h"
#include "json_copy.h"
#include "oauth_actor.h"
#include "oauth_document.h"


static int fuzz_chain(const json_t *root, oauth_buf_t *text);
static int fuzz_actor(const json_t *actor);
static void fuzz_element(oauth_buf_t *text, oauth_str_t sub);
static void fuzz_text(const oauth_json_t *root, oauth_str_t expected);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int           good;
    json_t       *root;
    oauth_buf_t   text;
    json_copy_t   copy;

    memset(&text, 0, sizeof(oauth_buf_t));
    fuzz_accepted = 0;

    json_copy_parse(&copy, (oauth_str_t) { size, data });

    (void) oauth_document_parse((oauth_str_t) { size, data },
                                OAUTH_JSON_MEMBERS, &root);
    fuzz_need((copy.root != NULL) == (root != NULL));

    if (copy.root) {
        good = fuzz_chain(root, &text);
        fuzz_need(!text.failed);

        fuzz_need(good == (oauth_actor_verify(copy.root) == NULL));

        if (good) {
            fuzz_text(copy.root, oauth_buf_str(&text));
        }

        fuzz_accepted = good;
    }

    oauth_buf_free(&text);
    json_decref(root);
    json_copy_free(&copy);

    return 0;
}


/* Returns 1 if the chain is good, and appends the subs. */

static int
fuzz_chain(const json_t *root, oauth_buf_t *text)
{
    size_t         n;
    const json_t  *actor;

    n = 0;

    for (actor = json_object_get(root, "act");
         actor && !json_is_null(actor);
         actor = json_object_get(actor, "act"))
    {
        if (++n > 10 || !fuzz_actor(actor)) {
            return 0;
        }

        if (n > 1) {
            oauth_buf_append_literal(text, ",");
        }

        fuzz_element(text, oauth_document_str(json_object_get(actor, "sub")));
    }

    return 1;
}


static int
fuzz_actor(const json_t *actor)
{
    const json_t  *issuer;

    issuer = fuzz_member(actor, "iss");

    return json_is_object(actor)
           && json_is_string(json_object_get(actor, "sub"))
           && oauth_document_str(json_object_get(actor, "sub")).len > 0
           && (issuer == NULL || json_is_string(issuer));
}


static void
fuzz_element(oauth_buf_t *text, oauth_str_t sub)
{
    size_t  i;

    for (i = 0; i < sub.len; i++) {

        if (sub.data[i] == ',') {
            oauth_buf_append_literal(text, "%2C");

        } else if (sub.data[i] == '%') {
            oauth_buf_append_literal(text, "%25");

        } else {
            oauth_buf_append(text, sub.data + i, 1);
        }
    }
}


static void
fuzz_text(const oauth_json_t *root, oauth_str_t expected)
{
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    if (oauth_actor_write(root, &buf) == 0) {
        fuzz_need(oauth_str_equal(oauth_buf_str(&buf), expected));

    } else {
        fuzz_need(buf.len == 0 && !buf.failed);
        fuzz_need(oauth_str_has_control(expected));
    }

    oauth_buf_free(&buf);
}
