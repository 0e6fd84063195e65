
/* A copy of a JSON text, with its nodes, for tests. */


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
