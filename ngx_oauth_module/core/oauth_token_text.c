
/*
 * Claims as text for variables and header fields: one claim, the chain of
 * actors (RFC 8693 section 4.1), or all claims.  Whatever is handed out without
 * an encoding has no control character.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_actor.h"
#include "oauth_secret.h"
#include "oauth_token_text.h"


static int oauth_token_text_encode(const oauth_json_t *value,
    oauth_encoding_t encoding, oauth_buf_t *buf);
static int oauth_token_text_read_payload(oauth_str_t payload,
    oauth_token_reading_t *reading);


int
oauth_token_text(const oauth_token_t *token, oauth_str_t name,
    oauth_buf_t *buf)
{
    oauth_token_select_t  select;

    memset(&select, 0, sizeof(oauth_token_select_t));

    select.names = &name;
    select.nnames = 1;

    return oauth_token_selected(token, &select, buf);
}


int
oauth_token_selected(const oauth_token_t *token,
    const oauth_token_select_t *select, oauth_buf_t *buf)
{
    int                      rc;
    oauth_claims_t           claims;
    oauth_token_reading_t    reading;
    oauth_token_text_view_t  view;

    view.select = select;
    view.claims = NULL;
    view.text = token->text;
    view.payload = token->payload;

    /* All claims are at hand, and need not be parsed. */

    if (select->kind == OAUTH_TOKEN_CLAIMS) {
        return oauth_token_text_write(&view, buf);
    }

    if (oauth_token_read(token, &reading) != 0) {
        buf->failed = 1;
        return -1;
    }

    memset(&claims, 0, sizeof(oauth_claims_t));

    claims.root = reading.root;
    view.claims = &claims;

    rc = oauth_token_text_write(&view, buf);

    oauth_token_read_done(&reading);

    return rc;
}


const oauth_json_t *
oauth_token_text_value(const oauth_token_text_view_t *view)
{
    const oauth_token_select_t  *select;

    select = view->select;

    switch (select->kind) {

    case OAUTH_TOKEN_ACTORS:
        return oauth_actor_of(view->claims->root);

    case OAUTH_TOKEN_CLAIMS:
        return view->claims->root;

    default:
        return oauth_claims_at(view->claims, select->names, select->nnames);
    }
}


int
oauth_token_text_write(const void *data, oauth_buf_t *buf)
{
    const oauth_token_text_view_t *view = data;

    switch (view->select->kind) {

    case OAUTH_TOKEN_ACTORS:
        return oauth_actor_write(view->claims->root, buf);

    case OAUTH_TOKEN_CLAIMS:

        if (view->payload.data == NULL) {
            return oauth_encoding_write(OAUTH_ENCODING_UTF8,
                                        oauth_token_text_payload(view->text),
                                        buf);
        }

        return oauth_encoding_write(OAUTH_ENCODING_BASE64URL, view->payload,
                                    buf);

    default:
        return oauth_token_text_encode(oauth_token_text_value(view),
                                       view->select->encoding, buf);
    }
}


static int
oauth_token_text_encode(const oauth_json_t *value, oauth_encoding_t encoding,
    oauth_buf_t *buf)
{
    int          rc;
    oauth_buf_t  text;

    if (encoding == OAUTH_ENCODING_UTF8) {
        return oauth_json_text(value, buf);
    }

    memset(&text, 0, sizeof(oauth_buf_t));

    rc = oauth_json_bytes(value, &text);

    if (rc == 0) {
        rc = oauth_encoding_write(encoding, oauth_buf_str(&text), buf);

    } else {
        buf->failed = 1;
    }

    oauth_buf_free(&text);

    return rc;
}


oauth_str_t
oauth_token_text_payload(oauth_str_t jwt)
{
    oauth_str_t           payload;
    const unsigned char  *dot, *last;

    last = jwt.data + jwt.len;
    dot = memchr(jwt.data, '.', jwt.len);

    if (dot == NULL) {
        return (oauth_str_t) { 0, NULL };
    }

    payload.data = dot + 1;
    dot = memchr(payload.data, '.', (size_t) (last - payload.data));
    payload.len = (size_t) ((dot ? dot : last) - payload.data);

    return payload;
}


/* It was parsed before: this can fail only where memory is short. */

int
oauth_token_read(const oauth_token_t *token, oauth_token_reading_t *reading)
{
    memset(reading, 0, sizeof(oauth_token_reading_t));

    if (token->opaque) {
        return oauth_token_text_read_payload(token->payload, reading);
    }

    if (oauth_jwt_parse(token->text, &reading->jwt) != OAUTH_OK) {
        return -1;
    }

    reading->root = reading->jwt->payload;

    return 0;
}


/* Reading JSON replaces the escapes in it, so that a copy is read. */

static int
oauth_token_text_read_payload(oauth_str_t payload,
    oauth_token_reading_t *reading)
{
    size_t  n;

    n = oauth_json_nodes(payload.len);
    reading->nodes = malloc(n * sizeof(oauth_json_t) + payload.len);

    if (reading->nodes == NULL) {
        return -1;
    }

    reading->len = payload.len;
    reading->text = memcpy(reading->nodes + n, payload.data, payload.len);
    reading->root = oauth_json_parse(reading->text, payload.len,
                                     reading->nodes, n);
    return 0;
}


void
oauth_token_read_done(oauth_token_reading_t *reading)
{
    oauth_jwt_free(reading->jwt);
    oauth_secret_wipe(reading->text, reading->len);
    free(reading->nodes);
}
