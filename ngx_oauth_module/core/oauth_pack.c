
/*
 * Counts strings and lists of strings, and copies them into the block that the
 * caller has allocated for as many.  The lists come first in it, for their
 * alignment, then the bytes of all strings.
 */


#include <string.h>

#include "oauth_pack.h"


static void oauth_pack_add(oauth_pack_t *pack, oauth_str_t s);
static size_t oauth_pack_list(const oauth_pack_t *pack, size_t first,
    const oauth_str_t **list);


void
oauth_pack_start(oauth_pack_t *pack, oauth_str_t *strings)
{
    pack->strings = strings;
    pack->bytes = (unsigned char *) (strings + pack->nstrings);
    pack->nstrings = 0;
    pack->nbytes = 0;
}


void
oauth_pack_done(oauth_pack_t *pack)
{
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
oauth_pack_text(oauth_pack_t *pack, const json_t *value)
{
    pack->scratch.len = 0;

    if (oauth_json_text(value, &pack->scratch) != 0) {
        return (oauth_str_t) { 0, NULL };
    }

    return oauth_pack_str(pack, oauth_buf_str(&pack->scratch));
}


size_t
oauth_pack_members(oauth_pack_t *pack, const json_t *claim,
    const oauth_str_t **list)
{
    size_t       i, first;
    oauth_str_t  member;

    first = pack->nstrings;

    for (i = 0; i < oauth_claims_count(claim); i++) {

        pack->scratch.len = 0;
        member = oauth_claims_member(claim, i, &pack->scratch);

        if (member.data) {
            oauth_pack_add(pack, member);
        }
    }

    return oauth_pack_list(pack, first, list);
}


size_t
oauth_pack_audience(oauth_pack_t *pack, const oauth_claims_t *claims,
    const oauth_str_t **list)
{
    size_t       first;
    oauth_str_t  audience;

    first = pack->nstrings;

    for ( ;; ) {

        audience = oauth_claims_audience(claims, pack->nstrings - first);

        if (audience.data == NULL) {
            break;
        }

        oauth_pack_add(pack, audience);
    }

    return oauth_pack_list(pack, first, list);
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


static size_t
oauth_pack_list(const oauth_pack_t *pack, size_t first,
    const oauth_str_t **list)
{
    *list = pack->strings ? pack->strings + first : NULL;

    return pack->nstrings - first;
}
