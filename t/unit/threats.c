
/*
 * Tokens that are wrong in exactly one way: fills in the cases of both tables
 * and signs them.
 */


#include <string.h>

#include "keys.h"
#include "threats.h"
#include "token_fixture.h"


static const threats_case_t  threats_good = {
    "control", "good", { 0, NULL }, { 0, NULL }, OAUTH_OK
};


static void threats_fill(oauth_buf_t *buf, oauth_str_t text,
    const oauth_alg_t *alg);


const threats_case_t *
threats_case(size_t i)
{
    if (i == 0) {
        return &threats_good;
    }

    if (--i < threats_nheaders) {
        return &threats_headers[i];
    }

    i -= threats_nheaders;

    return i < threats_nclaims ? &threats_claims[i] : NULL;
}


void
threats_append(oauth_buf_t *buf, const threats_case_t *c,
    const oauth_alg_t *alg)
{
    oauth_buf_t  header, payload;

    memset(&header, 0, sizeof(oauth_buf_t));
    memset(&payload, 0, sizeof(oauth_buf_t));

    threats_fill(&header, c->header.data ? c->header
                          : oauth_str("{\"alg\":\"@\",\"kid\":\"$\"}"), alg);

    oauth_buf_append_str(&payload, c->payload.data ? c->payload
                                   : oauth_str("{" PAYLOAD "}"));

    keys_append_token(buf, token_keys[token_key_of(alg->id)], alg->id,
                      oauth_buf_str(&header), oauth_buf_str(&payload));

    oauth_buf_free(&header);
    oauth_buf_free(&payload);
}


static void
threats_fill(oauth_buf_t *buf, oauth_str_t text, const oauth_alg_t *alg)
{
    size_t       i;
    oauth_str_t  kid;

    /* token_kids: "kid":"..." */

    kid = keys_str(token_kids[token_key_of(alg->id)]);
    kid.data += sizeof("\"kid\":\"") - 1;
    kid.len -= sizeof("\"kid\":\"\"") - 1;

    for (i = 0; i < text.len; i++) {

        switch (text.data[i]) {

        case '@':
            oauth_buf_append_str(buf, alg->name);
            break;

        case '$':
            oauth_buf_append_str(buf, kid);
            break;

        default:
            oauth_buf_append(buf, text.data + i, 1);
        }
    }
}
