
/*
 * Files with the keys of a fleet.  Input: the text of the file.  What is
 * accepted has one or two lines in the form of base64, of 32 to 64 bytes, which
 * are the keys that OpenSSL decodes.  What is refused has no keys, and a reason
 * that is a constant, so that it cannot quote a key.
 */


#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "fuzz.h"
#include "oauth_record.h"


#define FUZZ_LABEL  "oauth fleet record\n"
#define FUZZ_LINE   88                  /* characters of a key, at most       */


static size_t fuzz_lines(oauth_str_t text, const oauth_record_keys_t *keys);
static void fuzz_key(oauth_str_t line, const oauth_mac_t *mac);
static oauth_str_t fuzz_trimmed(oauth_str_t line);


static fuzz_pattern_t  fuzz_form = {
    .text = "^[A-Za-z0-9+/_-]{43,86}={0,2}$"
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                i;
    const char           *why;
    oauth_str_t           input;
    oauth_record_keys_t   keys;

    static const char *const  reasons[] = {
        "there is no key in it",
        "there are more than two keys in it",
        "a line of it is longer than 64 bytes in base64",
        "a line of it is not base64",
        "a line of it is not 32 to 64 bytes in base64"
    };

    input.data = data;
    input.len = size;

    memset(&keys, 0xa5, sizeof(oauth_record_keys_t));

    why = oauth_record_read_keys(input, &keys);

    fuzz_need_clean();

    if (why == NULL) {
        fuzz_accepted = 1;
        fuzz_need(keys.n == 1 || keys.n == 2);
        fuzz_need(fuzz_lines(input, &keys) == keys.n);

        oauth_record_wipe_keys(&keys);
        fuzz_need(keys.n == 0);

        return 0;
    }

    fuzz_need(keys.n == 0);

    for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (strcmp(why, reasons[i]) == 0) {
            return 0;
        }
    }

    fuzz_need(!"a reason that is known");

    return 0;
}


/* Returns the number of lines that are not empty, which are the keys. */

static size_t
fuzz_lines(oauth_str_t text, const oauth_record_keys_t *keys)
{
    size_t       n;
    oauth_str_t  line;

    n = 0;

    while (text.len > 0) {

        line = fuzz_trimmed(fuzz_line(&text));

        if (line.len == 0) {
            continue;
        }

        fuzz_need(n < keys->n);
        fuzz_key(line, keys->macs[n++]);
    }

    return n;
}


/* The key of the line makes the same hash as the one that was read. */

static void
fuzz_key(oauth_str_t line, const oauth_mac_t *mac)
{
    int            n;
    size_t         i, len;
    unsigned char  text[FUZZ_LINE + 4], key[FUZZ_LINE], hash[OAUTH_MAC_SIZE];

    fuzz_need(fuzz_matches(&fuzz_form, line));
    fuzz_need(line.len <= FUZZ_LINE);

    for (len = 0, i = 0; i < line.len; i++) {
        if (line.data[i] != '=') {
            text[len++] = (line.data[i] == '-') ? '+'
                          : (line.data[i] == '_') ? '/' : line.data[i];
        }
    }

    /* OpenSSL writes a zero byte for each "=". */

    for (n = -(int) ((4 - len % 4) % 4); len % 4 != 0; len++) {
        text[len] = '=';
    }

    n += EVP_DecodeBlock(key, text, (int) len);

    fuzz_need(n >= OAUTH_RECORD_KEY_LEAST && n <= OAUTH_RECORD_KEY_MOST);

    fuzz_need(HMAC(EVP_sha256(), key, n,
                   (const unsigned char *) FUZZ_LABEL "text",
                   sizeof(FUZZ_LABEL "text") - 1, hash, NULL));
    fuzz_need(oauth_mac_verify(mac, oauth_str("text"), hash) == 1);
}


static oauth_str_t
fuzz_trimmed(oauth_str_t line)
{
    while (line.len > 0 && (*line.data == ' ' || *line.data == '\t')) {
        line.data++;
        line.len--;
    }

    while (line.len > 0 && memchr(" \t\r", line.data[line.len - 1], 3)) {
        line.len--;
    }

    return line;
}
