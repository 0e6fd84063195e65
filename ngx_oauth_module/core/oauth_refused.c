
/*
 * Reads a refused token for the log (RFC 7515 section 3.1).  The checks of
 * oauth_jws_parse are made again, in the same order, and each has a sentence of
 * its own here; before them comes what does not look like a JWT at all.  Good
 * tokens need no sentences, which is why oauth_jws has none.  Decoded text lies
 * in a scratch buffer, which is wiped.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_base64url.h"
#include "oauth_claims.h"
#include "oauth_jws.h"
#include "oauth_refused.h"
#include "oauth_secret.h"


#define OAUTH_REFUSED_PARTS  5          /* further ones are not counted       */


typedef struct {
    size_t                n;            /* 6 stands for all larger numbers    */
    oauth_str_t           parts[OAUTH_REFUSED_PARTS];
} oauth_refused_form_t;


static void oauth_refused_split(oauth_str_t text, oauth_refused_form_t *form);
static int oauth_refused_header(const oauth_refused_form_t *form,
    unsigned char *scratch, oauth_refused_t *refused);
static void oauth_refused_members(oauth_refused_t *refused);
static const char *oauth_refused_fault(oauth_str_t text,
    const oauth_refused_form_t *form, unsigned char *scratch,
    const json_t *header);
static int oauth_refused_decode(oauth_str_t part, unsigned char *scratch,
    oauth_str_t *decoded);


void
oauth_refused_read(oauth_str_t text, oauth_refused_t *refused)
{
    unsigned char         *scratch;
    oauth_refused_form_t   form;

    memset(refused, 0, sizeof(oauth_refused_t));

    if (text.len > OAUTH_JWS_SIZE) {
        refused->fault = "it is longer than 65536 bytes";
        return;
    }

    scratch = malloc(text.len + 3);
    if (scratch == NULL) {
        return;
    }

    oauth_refused_split(text, &form);

    if (oauth_refused_header(&form, scratch, refused) == 0) {
        oauth_refused_members(refused);

        refused->encrypted = (form.n == 5);
        refused->fault = oauth_refused_fault(text, &form, scratch,
                                             refused->header);
    }

    oauth_secret_wipe(scratch, text.len + 3);
    free(scratch);
}


void
oauth_refused_free(oauth_refused_t *refused)
{
    json_decref(refused->header);
    memset(refused, 0, sizeof(oauth_refused_t));
}


const char *
oauth_refused_claim(oauth_str_t text)
{
    oauth_str_t            payload;
    const char            *malformed;
    unsigned char         *scratch;
    oauth_claims_t         claims;
    oauth_refused_form_t   form;

    oauth_refused_split(text, &form);

    if (form.n != 3 || text.len > OAUTH_JWS_SIZE) {
        return NULL;
    }

    scratch = malloc(text.len + 3);
    if (scratch == NULL) {
        return NULL;
    }

    malformed = NULL;

    if (oauth_refused_decode(form.parts[1], scratch, &payload) == 0) {
        oauth_claims_parse(payload, &claims);
        malformed = claims.malformed;
        oauth_claims_free(&claims);
    }

    oauth_secret_wipe(scratch, text.len + 3);
    free(scratch);

    return malformed;
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
           : "it looks like an opaque token; configure the authorization "
             "server to issue JWT access tokens";
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


/* Returns 0, or -1: memory is short. */

static int
oauth_refused_header(const oauth_refused_form_t *form, unsigned char *scratch,
    oauth_refused_t *refused)
{
    oauth_str_t  decoded;

    if (oauth_refused_decode(form->parts[0], scratch, &decoded) != 0) {
        return 0;
    }

    return oauth_json_parse(decoded, OAUTH_JSON_MEMBERS, &refused->header)
           == OAUTH_NO_MEMORY ? -1 : 0;
}


static void
oauth_refused_members(oauth_refused_t *refused)
{
    size_t  i;

    static const char  *never[] = { "enc", "zip", "crit", "b64" };

    refused->type = oauth_json_str(json_object_get(refused->header, "typ"));
    refused->algorithm = oauth_json_str(json_object_get(refused->header,
                                                        "alg"));

    for (i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        if (json_object_get(refused->header, never[i])) {
            refused->extension = never[i];
            return;
        }
    }
}


static const char *
oauth_refused_fault(oauth_str_t text, const oauth_refused_form_t *form,
    unsigned char *scratch, const json_t *header)
{
    int           found;
    const char   *opaque;
    oauth_str_t   value;

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

    if (oauth_json_string(header, "typ", &value) < 0) {
        return "its typ is not a string";
    }

    found = oauth_json_string(header, "kid", &value);

    if (found < 0
        || (found && (value.len == 0 || value.len > OAUTH_JWS_KID)))
    {
        return "its kid is not a string of 1 to 1024 bytes";
    }

    if (oauth_refused_decode(form->parts[1], scratch, &value) != 0) {
        return "its payload is not base64url";
    }

    if (oauth_refused_decode(form->parts[2], scratch, &value) != 0) {
        return "its signature is not base64url";
    }

    return NULL;
}


/* Returns 0, or -1 where the part is empty or not base64url. */

static int
oauth_refused_decode(oauth_str_t part, unsigned char *scratch,
    oauth_str_t *decoded)
{
    decoded->data = scratch;

    return part.len > 0
           && oauth_base64url_parse(part, scratch, &decoded->len) == 0 ? 0 : -1;
}
