
/*
 * Builds trees of JSON.  A value that could not be made is NULL, which every
 * function here accepts, so that a caller looks at the result once.
 */


#include "oauth_quote.h"
#include "oauth_status.h"
#include "oauth_tree.h"


#define OAUTH_TREE_QUOTED  1024         /* bytes of a text that is not UTF-8  */


int
oauth_tree_set(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value);
}


json_t *
oauth_tree_whole(json_t *value, int rc)
{
    if (rc != 0) {
        json_decref(value);
        return NULL;
    }

    return value;
}


json_t *
oauth_tree_str(oauth_str_t text)
{
    json_t         *value;
    unsigned char   quoted[OAUTH_TREE_QUOTED], *last;

    value = oauth_str_has_control(text)
            ? NULL : json_stringn(text.len ? (const char *) text.data : "",
                                  text.len);
    if (value) {
        return value;
    }

    last = oauth_quote_write(quoted, quoted + sizeof(quoted), text);

    return json_stringn((const char *) quoted, (size_t) (last - quoted));
}


json_t *
oauth_tree_buf(const oauth_buf_t *buf)
{
    return buf->failed ? NULL : oauth_tree_str(oauth_buf_str(buf));
}


json_t *
oauth_tree_seconds(int64_t seconds)
{
    return (seconds == OAUTH_STATUS_NEVER) ? json_null()
                                           : json_integer(seconds);
}
