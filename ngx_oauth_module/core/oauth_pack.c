
/*
 * Counts strings and lists of strings, and copies them into the block that the
 * caller has allocated for as many.  The lists come first in it, for their
 * alignment, then the bytes of all strings.
 */


#include <string.h>

#include "oauth_pack.h"


#define OAUTH_PACK_ABSENT  SIZE_MAX     /* a length: the text is absent       */


static void oauth_pack_write_text(oauth_pack_t *pack,
    oauth_pack_write_pt write, const void *data);
static oauth_str_t oauth_pack_read_text(oauth_pack_t *pack);
static void oauth_pack_add(oauth_pack_t *pack, oauth_str_t s);


void
oauth_pack_start(oauth_pack_t *pack, oauth_str_t *strings)
{
    pack->strings = strings;
    pack->bytes = (unsigned char *) (strings + pack->nstrings);
    pack->nstrings = 0;
    pack->nbytes = 0;
    pack->next = 0;
}


int
oauth_pack_failed(const oauth_pack_t *pack)
{
    return pack->texts.failed || pack->scratch.failed;
}


void
oauth_pack_done(oauth_pack_t *pack)
{
    oauth_buf_free(&pack->texts);
    oauth_buf_free(&pack->scratch);
}


oauth_str_t
oauth_pack_str(oauth_pack_t *pack, oauth_str_t s)
{
    if (pack->bytes) {

        if (s.len) {
            memcpy(pack->bytes + pack->nbytes, s.data, s.len);
        }

        s.data = s.data ? pack->bytes + pack->nbytes : NULL;
    }

    pack->nbytes += s.len;

    return s;
}


oauth_str_t
oauth_pack_value(oauth_pack_t *pack, const oauth_json_t *value)
{
    if (value == NULL) {
        return (oauth_str_t) { 0, NULL };
    }

    pack->scratch.len = 0;

    return oauth_pack_str(pack, oauth_claims_value(value, &pack->scratch));
}


oauth_str_t
oauth_pack_text(oauth_pack_t *pack, oauth_pack_write_pt write,
    const void *data)
{
    if (pack->bytes == NULL) {
        oauth_pack_write_text(pack, write, data);
    }

    return oauth_pack_str(pack, oauth_pack_read_text(pack));
}


/* Writes the length of the text, then the text. */

static void
oauth_pack_write_text(oauth_pack_t *pack, oauth_pack_write_pt write,
    const void *data)
{
    size_t  start, len;

    start = pack->texts.len;
    len = OAUTH_PACK_ABSENT;

    oauth_buf_append(&pack->texts, &len, sizeof(size_t));

    if (write(data, &pack->texts) == 0) {
        len = pack->texts.len - start - sizeof(size_t);
        memcpy(pack->texts.data + start, &len, sizeof(size_t));
    }
}


static oauth_str_t
oauth_pack_read_text(oauth_pack_t *pack)
{
    oauth_str_t  text;

    if (pack->texts.failed) {
        return (oauth_str_t) { 0, NULL };
    }

    text.data = pack->texts.data + pack->next;
    memcpy(&text.len, text.data, sizeof(size_t));

    text.data += sizeof(size_t);
    pack->next += sizeof(size_t);

    if (text.len == OAUTH_PACK_ABSENT) {
        return (oauth_str_t) { 0, NULL };
    }

    pack->next += text.len;

    return text;
}


size_t
oauth_pack_elements(oauth_pack_t *pack, const oauth_json_t *claim,
    const oauth_str_t **list)
{
    size_t               first;
    oauth_str_t          s;
    const oauth_json_t  *element;

    first = pack->nstrings;

    for (element = oauth_claims_next(claim, NULL);
         element;
         element = oauth_claims_next(claim, element))
    {
        pack->scratch.len = 0;
        s = oauth_claims_value(element, &pack->scratch);

        if (s.data) {
            oauth_pack_add(pack, s);
        }
    }

    *list = pack->strings ? pack->strings + first : NULL;

    return pack->nstrings - first;
}


static void
oauth_pack_add(oauth_pack_t *pack, oauth_str_t s)
{
    s = oauth_pack_str(pack, s);

    if (pack->strings) {
        pack->strings[pack->nstrings] = s;
    }

    pack->nstrings++;
}
