
/*
 * The file with the keys of a fleet: a line of base64 (RFC 4648) for each key,
 * as "openssl rand -base64 32" writes it.  An error never quotes the file, and
 * what is decoded is wiped.  OpenSSL's state for each key is all that stays.
 */


#include <string.h>

#include "oauth_base64url.h"
#include "oauth_record.h"
#include "oauth_secret.h"


#define OAUTH_RECORD_KEYS_LINE  88      /* characters of 64 bytes, padded     */


static const char *oauth_record_keys_add(oauth_str_t line,
    oauth_record_keys_t *keys);
static oauth_str_t oauth_record_keys_line(oauth_str_t *text);
static int oauth_record_keys_decode(oauth_str_t line, unsigned char *key,
    size_t *len);


const char *
oauth_record_read_keys(oauth_str_t text, oauth_record_keys_t *keys)
{
    const char   *why;
    oauth_str_t   line;

    memset(keys, 0, sizeof(oauth_record_keys_t));

    while (text.len > 0) {

        line = oauth_record_keys_line(&text);

        if (line.len == 0) {
            continue;
        }

        why = oauth_record_keys_add(line, keys);

        if (why) {
            oauth_record_wipe_keys(keys);
            return why;
        }
    }

    return keys->n ? NULL : "there is no key in it";
}


void
oauth_record_wipe_keys(oauth_record_keys_t *keys)
{
    size_t  i;

    for (i = 0; i < keys->n; i++) {
        oauth_mac_free(keys->macs[i]);
    }

    memset(keys, 0, sizeof(oauth_record_keys_t));
}


static const char *
oauth_record_keys_add(oauth_str_t line, oauth_record_keys_t *keys)
{
    int            rc;
    size_t         len;
    oauth_mac_t   *mac;
    unsigned char  key[oauth_base64url_decoded_size(OAUTH_RECORD_KEYS_LINE)];

    if (keys->n == OAUTH_RECORD_KEYS) {
        return "there are more than two keys in it";
    }

    if (line.len > OAUTH_RECORD_KEYS_LINE) {
        return "a line of it is longer than 64 bytes in base64";
    }

    rc = oauth_record_keys_decode(line, key, &len);

    if (rc != 0) {
        oauth_secret_wipe(key, sizeof(key));
        return "a line of it is not base64";
    }

    if (len < OAUTH_RECORD_KEY_LEAST || len > OAUTH_RECORD_KEY_MOST) {
        oauth_secret_wipe(key, sizeof(key));
        return "a line of it is not 32 to 64 bytes in base64";
    }

    /* Each version of the form has this label: see oauth_record.c. */

    mac = oauth_mac_create((oauth_str_t) { len, key },
                           oauth_str("oauth fleet record\n"));

    oauth_secret_wipe(key, sizeof(key));

    if (mac == NULL) {
        return "memory is short";
    }

    keys->macs[keys->n++] = mac;

    return NULL;
}


/* Takes a line off the text, and returns it without white space at its ends. */

static oauth_str_t
oauth_record_keys_line(oauth_str_t *text)
{
    oauth_str_t           line;
    const unsigned char  *end;

    line = *text;
    end = memchr(text->data, '\n', text->len);

    if (end) {
        line.len = (size_t) (end - text->data);
        text->data = end + 1;
        text->len -= line.len + 1;

    } else {
        text->len = 0;
    }

    while (line.len > 0
           && (line.data[0] == ' ' || line.data[0] == '\t'))
    {
        line.data++;
        line.len--;
    }

    while (line.len > 0
           && (line.data[line.len - 1] == ' '
               || line.data[line.len - 1] == '\t'
               || line.data[line.len - 1] == '\r'))
    {
        line.len--;
    }

    return line;
}


/*
 * The two alphabets differ in two characters.  Padding may be left out; if it
 * is there, it fills a group of four.
 */

static int
oauth_record_keys_decode(oauth_str_t line, unsigned char *key, size_t *len)
{
    int            rc;
    size_t         i, padding;
    unsigned char  text[OAUTH_RECORD_KEYS_LINE];

    for (padding = 0; padding < 2 && padding < line.len; padding++) {

        if (line.data[line.len - 1 - padding] != '=') {
            break;
        }
    }

    if (padding && line.len % 4 != 0) {
        return -1;
    }

    line.len -= padding;

    for (i = 0; i < line.len; i++) {
        text[i] = (line.data[i] == '+') ? '-'
                  : (line.data[i] == '/') ? '_' : line.data[i];
    }

    rc = oauth_base64url_parse((oauth_str_t) { line.len, text }, key, len);

    oauth_secret_wipe(text, sizeof(text));

    return rc;
}
