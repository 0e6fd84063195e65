
/*
 * JSON.  Input: the text.  A parsed value must keep the limits that the header
 * names and must be the same after writing and reading.  Its values must become
 * text without control characters.
 */


#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "oauth_json.h"


typedef struct {
    size_t                depth;
    size_t                members;
    int                   nul;
} fuzz_facts_t;


static void fuzz_walk(const json_t *value, size_t depth, fuzz_facts_t *facts);
static void fuzz_walk_string(oauth_str_t s, fuzz_facts_t *facts);
static void fuzz_raw(oauth_str_t text);
static void fuzz_members(oauth_str_t text, size_t members);
static void fuzz_again(const json_t *root);
static void fuzz_lookup(json_t *root);
static void fuzz_text(const json_t *value);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t        *root, *lax;
    oauth_str_t    text;
    fuzz_facts_t   facts;

    text.data = data;
    text.len = size;

    (void) oauth_json_parse(text, OAUTH_JSON_MEMBERS, &root);
    (void) oauth_json_parse_nul(text, OAUTH_JSON_MEMBERS, &lax);
    fuzz_need_clean();

    if (lax == NULL) {
        fuzz_need(root == NULL);
        return 0;
    }

    memset(&facts, 0, sizeof(fuzz_facts_t));
    fuzz_walk(lax, 1, &facts);

    fuzz_raw(text);
    fuzz_need(json_is_object(lax));
    fuzz_need(facts.depth <= OAUTH_JSON_DEPTH);
    fuzz_need(facts.members <= OAUTH_JSON_MEMBERS);
    fuzz_need((root == NULL) == facts.nul);

    if (root) {
        fuzz_accepted = 1;

        fuzz_need(json_equal(root, lax));
        fuzz_members(text, facts.members);
        fuzz_again(root);
        fuzz_lookup(root);
    }

    json_decref(root);
    json_decref(lax);

    return 0;
}


static void
fuzz_walk(const json_t *value, size_t depth, fuzz_facts_t *facts)
{
    size_t       i;
    json_t      *member;
    const char  *name;

    if (json_is_string(value)) {
        fuzz_walk_string(oauth_json_str(value), facts);
        return;
    }

    if (!json_is_object(value) && !json_is_array(value)) {
        return;
    }

    if (depth > facts->depth) {
        facts->depth = depth;
    }

    json_object_foreach((json_t *) value, name, member) {
        facts->members++;
        fuzz_walk(member, depth + 1, facts);
    }

    json_array_foreach(value, i, member) {
        fuzz_walk(member, depth + 1, facts);
    }
}


static void
fuzz_walk_string(oauth_str_t s, fuzz_facts_t *facts)
{
    if (s.len && memchr(s.data, 0, s.len)) {
        facts->nul = 1;
    }
}


/* Only white space may be below 0x20. */

static void
fuzz_raw(oauth_str_t text)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {
        fuzz_need(text.data[i] >= 0x20
                  || text.data[i] == '\t'
                  || text.data[i] == '\n'
                  || text.data[i] == '\r');
    }
}


/* The limit is exactly the number of members. */

static void
fuzz_members(oauth_str_t text, size_t members)
{
    json_t  *root;

    (void) oauth_json_parse(text, members, &root);
    fuzz_need(root);
    json_decref(root);

    if (members > 0) {
        fuzz_need(oauth_json_parse(text, members - 1, &root)
                  == OAUTH_INVALID);
    }
}


static void
fuzz_again(const json_t *root)
{
    char         *dump;
    json_t       *again;
    oauth_str_t   text;

    dump = json_dumps(root, JSON_COMPACT);
    fuzz_need(dump);

    text.data = (const unsigned char *) dump;
    text.len = strlen(dump);

    (void) oauth_json_parse(text, OAUTH_JSON_MEMBERS, &again);
    fuzz_need(again);
    fuzz_need(json_equal(root, again));

    json_decref(again);
    free(dump);
}


/*
 * A member is found by its own name, even with dots; and every value has its
 * text.
 */

static void
fuzz_lookup(json_t *root)
{
    int           found;
    json_t       *member;
    const char   *name;
    oauth_str_t   path, value;

    json_object_foreach(root, name, member) {

        path.data = (const unsigned char *) name;
        path.len = strlen(name);

        fuzz_need(oauth_json_at(root, path) == (path.len ? member : NULL));

        found = oauth_json_string(root, name, &value);
        fuzz_need(found == (json_is_string(member) ? 1 : -1));
        fuzz_need(found < 0
                  || oauth_str_equal(value, oauth_json_str(member)));

        fuzz_text(member);
    }

    fuzz_need(oauth_json_at(root, oauth_str("")) == NULL);
}


static void
fuzz_text(const json_t *value)
{
    size_t       i, commas;
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&buf, "\n");

    if (oauth_json_text(value, &buf) != 0) {
        fuzz_need(buf.len == 1);
        oauth_buf_free(&buf);
        return;
    }

    commas = 0;

    for (i = 1; i < buf.len; i++) {
        fuzz_need(buf.data[i] >= 0x20 && buf.data[i] != 0x7f);
        fuzz_need(buf.data[i - 1] != 0xc2 || buf.data[i] >= 0xa0);
        commas += (buf.data[i] == ',');
    }

    if (json_is_array(value)) {
        fuzz_need(commas + 1 == json_array_size(value)
                  || (commas == 0 && json_array_size(value) == 0));
    }

    if (json_is_string(value)) {
        fuzz_need(buf.len == json_string_length(value) + 1);
    }

    oauth_buf_free(&buf);
}
