
/*
 * A copy of a JSON text, with its nodes, for tests; and texts that are as large
 * as a test needs them.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_copy.h"
#include "oauth_document.h"


void
json_copy_parse(json_copy_t *copy, oauth_str_t text)
{
    size_t  n;

    n = oauth_json_nodes(text.len);

    copy->text = malloc(text.len ? text.len : 1);
    copy->nodes = malloc(n * sizeof(oauth_json_t));

    if (copy->text == NULL || copy->nodes == NULL) {
        abort();
    }

    if (text.len) {
        memcpy(copy->text, text.data, text.len);
    }

    copy->root = oauth_json_parse(copy->text, text.len, copy->nodes, n);
}


void
json_copy_free(json_copy_t *copy)
{
    free(copy->text);
    free(copy->nodes);
    memset(copy, 0, sizeof(json_copy_t));
}


int
json_copy_accepts(oauth_str_t text)
{
    int          good;
    json_t      *document;
    json_copy_t  copy;

    json_copy_parse(&copy, text);
    good = (copy.root != NULL);
    json_copy_free(&copy);

    (void) oauth_document_parse(text, OAUTH_JSON_MEMBERS, &document);

    if ((document != NULL) != good) {
        fprintf(stderr, "only one parser accepts this: %.*s\n",
                (int) text.len, (const char *) text.data);
        abort();
    }

    json_decref(document);

    return good;
}


void
json_copy_append_members(oauth_buf_t *buf, size_t n)
{
    char    name[32];
    size_t  i;

    oauth_buf_append_literal(buf, "{\"in:side\":{");

    for (i = 1; i < n; i++) {
        snprintf(name, sizeof(name), "\"m%d\":%d%s", (int) i, (int) i,
                 i == n / 2 ? "}" : "");
        oauth_buf_append_text(buf, name);
        oauth_buf_append_text(buf, i == n - 1 ? "}" : ",");
    }
}


void
json_copy_append_array(oauth_buf_t *buf, size_t n, const char *one)
{
    size_t  i;

    oauth_buf_append_literal(buf, "{\"a\":[[\",[{,\"]");

    for (i = 1; i < n; i++) {
        oauth_buf_append_literal(buf, ",");
        oauth_buf_append_text(buf, one);
    }

    oauth_buf_append_literal(buf, "]}");
}
