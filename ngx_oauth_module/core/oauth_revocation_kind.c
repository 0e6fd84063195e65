
/*
 * The names of the kinds of revocations, for the status: each bit of a kind is
 * a member, and has the name that the member has in orders.
 */


#include "oauth_revocation_kind.h"


void
oauth_revocation_kind_write(oauth_buf_t *buf, unsigned kind)
{
    int       first;
    unsigned  i;

    static const char *const  names[] = {
        "subject", "client_id", "session", "resource", "key_id", "email",
        "token_id"
    };

    if (kind == 0) {
        oauth_buf_append_literal(buf, "issuer");
        return;
    }

    first = 1;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {

        if (!(kind & (1U << i))) {
            continue;
        }

        if (!first) {
            oauth_buf_append_literal(buf, "+");
        }

        oauth_buf_append_text(buf, names[i]);
        first = 0;
    }
}
