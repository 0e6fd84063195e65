
/*
 * The text of a claim that the configuration uses.  It is written once, when
 * the token is made of its claims; or later, from the claims of a token that
 * are parsed once more, if the configuration did not say that it is needed.
 */


#ifndef OAUTH_TOKEN_TEXT_H_INCLUDED
#define OAUTH_TOKEN_TEXT_H_INCLUDED


#include "oauth_token.h"


/* A selection, and the claims that it selects from. */

typedef struct {
    const oauth_token_select_t  *select;
    const oauth_claims_t        *claims;
    oauth_str_t                  text;          /* of the token               */
    oauth_str_t                  payload;       /* the JSON of the claims;
                                                   absent for a JWT           */
} oauth_token_text_view_t;


/*
 * Returns the value that is selected: a claim, the outermost actor, or the
 * object of all claims.  NULL: the token has none.
 */

const oauth_json_t *oauth_token_text_value(const oauth_token_text_view_t *view);

/*
 * Appends the text of what an oauth_token_text_view_t selects, as
 * oauth_token_selected does.
 */

int oauth_token_text_write(const void *view, oauth_buf_t *buf);

/* Returns the payload of a JWT, as it was sent: a view of the JWT. */

oauth_str_t oauth_token_text_payload(oauth_str_t jwt);


#endif /* OAUTH_TOKEN_TEXT_H_INCLUDED */
