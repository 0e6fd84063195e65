
/*
 * The value of an Authorization field.  Input: the value.  Two patterns say
 * which of the three results is right.  A token must be a view of the value.
 */


#include "fuzz.h"
#include "oauth_credentials.h"


#define SCHEME  "^([Bb][Ee][Aa][Rr][Ee][Rr]|[Dd][Pp][Oo][Pp])"


static oauth_reason_t fuzz_expected(oauth_str_t value);


static fuzz_pattern_t  fuzz_whole = {
    .text = SCHEME " +[A-Za-z0-9._~+/-]+=* *$"
};

static fuzz_pattern_t  fuzz_scheme = {
    .text = SCHEME "([ \t]|$)"
};

static fuzz_pattern_t  fuzz_tab = { .text = SCHEME "\t" };

static fuzz_pattern_t  fuzz_token = { .text = SCHEME };

static fuzz_pattern_t  fuzz_b64token = { .text = "^[A-Za-z0-9._~+/-]+=*$" };

static fuzz_pattern_t  fuzz_before = { .text = SCHEME " +$" };

static fuzz_pattern_t  fuzz_after = { .text = "^ *$" };


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    oauth_str_t          value, token, part;
    oauth_reason_t       reason, peeked;
    oauth_credentials_t  credentials, known;

    value.data = data;
    value.len = size;

    reason = oauth_credentials_parse(value, &credentials);

    fuzz_need_clean();
    fuzz_need(reason == fuzz_expected(value));
    fuzz_need((reason == OAUTH_NO_TOKEN)
              != (credentials.scheme != OAUTH_CREDENTIALS_OTHER
                  || fuzz_matches(&fuzz_tab, value)));
    fuzz_need(oauth_credentials_may_be_token(value)
              == fuzz_matches(&fuzz_token, value));

    token = credentials.text;

    /* Reading without checking the bytes of the token gives the same token. */

    peeked = oauth_credentials_peek(value, &known);

    fuzz_need(peeked == reason || (peeked == OAUTH_OK && known.text.len > 0));
    fuzz_need(reason != OAUTH_OK || oauth_str_equal(known.text, token));

    if (reason != OAUTH_OK) {
        fuzz_need(token.data == NULL && token.len == 0);
        return 0;
    }

    fuzz_accepted = 1;

    fuzz_need(token.data > value.data);
    fuzz_need(token.data + token.len <= value.data + value.len);
    fuzz_need(fuzz_matches(&fuzz_b64token, token));

    part.data = value.data;
    part.len = (size_t) (token.data - value.data);
    fuzz_need(fuzz_matches(&fuzz_before, part));

    part.data = token.data + token.len;
    part.len = (size_t) (value.data + value.len - part.data);
    fuzz_need(fuzz_matches(&fuzz_after, part));

    return 0;
}


static oauth_reason_t
fuzz_expected(oauth_str_t value)
{
    if (fuzz_matches(&fuzz_whole, value)) {
        return OAUTH_OK;
    }

    return fuzz_matches(&fuzz_scheme, value) ? OAUTH_MALFORMED_REQUEST
                                             : OAUTH_NO_TOKEN;
}
