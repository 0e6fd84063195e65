
/*
 * base64url.  Input: the text.  If the text is accepted, it must be the only
 * spelling of its bytes, and what the core writes must be read back.
 */


#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "oauth_base64url.h"


static void fuzz_parse(oauth_str_t text);
static void fuzz_write(oauth_str_t bytes);


static fuzz_pattern_t  fuzz_alphabet = { .text = "^[A-Za-z0-9_-]*$" };


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    oauth_str_t  input;

    input.data = data;
    input.len = size;

    fuzz_parse(input);
    fuzz_write(input);

    return 0;
}


static void
fuzz_parse(oauth_str_t text)
{
    size_t          len;
    unsigned char  *bytes, *again;

    bytes = malloc(oauth_base64url_decoded_size(text.len));
    fuzz_need(bytes);

    if (oauth_base64url_parse(text, bytes, &len) != 0) {
        free(bytes);
        return;
    }

    fuzz_accepted = 1;

    fuzz_need(text.len % 4 != 1);
    fuzz_need(fuzz_matches(&fuzz_alphabet, text));
    fuzz_need(len == text.len * 3 / 4);
    fuzz_need(oauth_base64url_encoded_size(len) == text.len);

    again = malloc(text.len ? text.len : 1);
    fuzz_need(again);

    fuzz_need(oauth_base64url_write((oauth_str_t) { len, bytes }, again)
              == text.len);
    fuzz_need(text.len == 0 || memcmp(again, text.data, text.len) == 0);

    free(again);
    free(bytes);
}


static void
fuzz_write(oauth_str_t bytes)
{
    size_t          size, len;
    unsigned char  *text, *again;

    size = oauth_base64url_encoded_size(bytes.len);

    text = malloc(size ? size : 1);
    again = malloc(oauth_base64url_decoded_size(size));
    fuzz_need(text && again);

    fuzz_need(oauth_base64url_write(bytes, text) == size);
    fuzz_need(oauth_base64url_parse((oauth_str_t) { size, text }, again, &len)
              == 0);

    fuzz_need(len == bytes.len);
    fuzz_need(len == 0 || memcmp(again, bytes.data, len) == 0);

    free(again);
    free(text);
}
