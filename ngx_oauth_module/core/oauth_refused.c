
/*
 * Reads a refused token for the log (RFC 7515 section 3.1).  The checks of
 * oauth_jws_parse are made again, in the same order, and each has a sentence of
 * its own here; before them comes what does not look like a JWT at all.  Good
 * tokens need no sentences, which is why oauth_jws has none.  One block holds
 * the nodes of the header, the decoded header, and room to decode another part.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_base64url.h"
#include "oauth_jws.h"
#include "oauth_refused.h"
#include "oauth_secret.h"


#define OAUTH_REFUSED_PARTS  5          /* further ones are not kept          */

/* Any part of a text can be decoded into so many bytes. */

#define oauth_refused_room(text)  oauth_base64url_decoded_size((text).len)


typedef struct {
    size_t                n;            /* 6 stands for all larger numbers    */
    oauth_str_t           parts[OAUTH_REFUSED_PARTS];
} oauth_refused_form_t;


static void oauth_refused_split(oauth_str_t text, oauth_refused_form_t *form);
static int oauth_refused_header(const oauth_refused_form_t *form,
    size_t room, oauth_refused_t *refused);
static void oauth_refused_members(oauth_refused_t *refused);
static const char *oauth_refused_fault(oauth_str_t text,
    const oauth_refused_form_t *form, const oauth_refused_t *refused);
static int oauth_refused_decode(oauth_str_t part, unsigned char *dst,
    size_t *len);


void
oauth_refused_read(oauth_str_t text, oauth_refused_t *refused)
{
    oauth_refused_form_t  form;

    memset(refused, 0, sizeof(oauth_refused_t));

    if (text.len > OAUTH_JWS_SIZE) {
        refused->fault = "it is longer than 65536 bytes";
        return;
    }

    oauth_refused_split(text, &form);

    if (oauth_refused_header(&form, oauth_refused_room(text), refused) != 0) {
        return;
    }

    oauth_refused_members(refused);

    refused->encrypted = (form.n == 5);
    refused->fault = oauth_refused_fault(text, &form, refused);
}


void
oauth_refused_free(oauth_refused_t *refused)
{
    if (refused->storage) {
        oauth_secret_wipe(refused->storage, refused->size);
    }

    free(refused->storage);
    memset(refused, 0, sizeof(oauth_refused_t));
}


/* The header of a JWT begins with a brace and a quote, in base64url "eyJ". */

const char *
oauth_refused_opaque(oauth_str_t text)
{
    size_t  i;

    static const oauth_str_t  words[] = {
        oauth_string("undefined"), oauth_string("null"), oauth_string("None")
    };

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (oauth_str_equal(text, words[i])) {
            return "it is a word that programs write where they have no token";
        }
    }

    for (i = 0; i < text.len; i++) {
        if (text.data[i] <= 0x20 || text.data[i] >= 0x7f
            || strchr("\"'\\,<>{}$", text.data[i]))
        {
            return NULL;
        }
    }

    return (text.len == 0 || oauth_str_starts(text, oauth_str("eyJ")))
           ? NULL
           : "it is not a JWT and looks like an opaque token; configure the "
             "authorization server to issue JWT access tokens, or see "
             "\"introspect\"";
}


static void
oauth_refused_split(oauth_str_t text, oauth_refused_form_t *form)
{
    size_t                 n;
    const unsigned char   *dot;

    memset(form, 0, sizeof(oauth_refused_form_t));

    for (n = 0; n < OAUTH_REFUSED_PARTS; n++) {

        dot = text.len ? memchr(text.data, '.', text.len) : NULL;

        form->parts[n] = text;

        if (dot == NULL) {
            break;
        }

        form->parts[n].len = (size_t) (dot - text.data);

        text.len -= form->parts[n].len + 1;
        text.data = dot + 1;
    }

    form->n = n + 1;
}


/*
 * Allocates the block, with this much room at its end, and reads the header.
 * Returns 0, or -1: memory is short.
 */

static int
oauth_refused_header(const oauth_refused_form_t *form, size_t room,
    oauth_refused_t *refused)
{
    size_t          n, len;
    oauth_json_t   *nodes;
    unsigned char  *text;

    len = oauth_base64url_decoded_size(form->parts[0].len);
    n = oauth_json_nodes(len);

    refused->size = n * sizeof(oauth_json_t) + len + room;

    nodes = malloc(refused->size);
    if (nodes == NULL) {
        return -1;
    }

    refused->storage = (unsigned char *) nodes;
    text = (unsigned char *) (nodes + n);

    if (oauth_refused_decode(form->parts[0], text, &len) == 0) {
        refused->header = oauth_json_parse(text, len, nodes, n);
    }

    return 0;
}


static void
oauth_refused_members(oauth_refused_t *refused)
{
    size_t  i;

    static const char  *never[] = { "enc", "zip", "crit", "b64" };

    refused->type = oauth_json_str(oauth_json_member(refused->header,
                                                     oauth_str("typ")));
    refused->algorithm = oauth_json_str(oauth_json_member(refused->header,
                                                          oauth_str("alg")));

    for (i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        if (oauth_json_member(refused->header, oauth_str_of(never[i]))) {
            refused->extension = never[i];
            return;
        }
    }
}


static const char *
oauth_refused_fault(oauth_str_t text, const oauth_refused_form_t *form,
    const oauth_refused_t *refused)
{
    int                  found;
    size_t               len;
    const char          *opaque;
    oauth_str_t          value;
    unsigned char       *room;
    const oauth_json_t  *header;

    header = refused->header;
    room = refused->storage + refused->size - oauth_refused_room(text);
    opaque = header ? NULL : oauth_refused_opaque(text);

    if (opaque) {
        return opaque;
    }

    if (form->n != 3) {
        return "it does not have the three parts of a JWT, it may have been "
               "cut";
    }

    if (form->parts[2].len
        > oauth_base64url_encoded_size(OAUTH_JWS_SIGNATURE))
    {
        return "its signature is longer than 1024 bytes";
    }

    if (header == NULL) {
        return "its header is not a JSON object in base64url";
    }

    if (oauth_json_string(header, oauth_str("typ"), &value) < 0) {
        return "its typ is not a string";
    }

    found = oauth_json_string(header, oauth_str("kid"), &value);

    if (found < 0
        || (found && (value.len == 0 || value.len > OAUTH_JWS_KID)))
    {
        return "its kid is not a string of 1 to 1024 bytes";
    }

    if (oauth_refused_decode(form->parts[1], room, &len) != 0) {
        return "its payload is not base64url";
    }

    if (oauth_refused_decode(form->parts[2], room, &len) != 0) {
        return "its signature is not base64url";
    }

    return NULL;
}


/* Returns 0, or -1 where the part is empty or not base64url. */

static int
oauth_refused_decode(oauth_str_t part, unsigned char *dst, size_t *len)
{
    return part.len > 0 && oauth_base64url_parse(part, dst, len) == 0 ? 0 : -1;
}
