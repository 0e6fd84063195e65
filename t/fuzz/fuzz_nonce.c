
/*
 * Nonces for proofs.  Input: a line with the time, how many seconds before it a
 * nonce is written, and what then happens to that nonce: nothing, or the number
 * of a bit that is flipped; then a text.  The nonce must have the age that its
 * slot says, and with one bit less must be foreign.  The text, which is not
 * made with the secret, must be foreign unless it is the nonce of its slot.
 */


#include <string.h>

#include "fuzz.h"
#include "oauth_base64url.h"
#include "oauth_nonce.h"


#define FUZZ_NUMBER  8                  /* bytes of the number of a slot      */


static void fuzz_written(int64_t now, int64_t before, oauth_str_t bit);
static void fuzz_text(int64_t now, oauth_str_t text);
static oauth_nonce_age_t fuzz_verify(oauth_str_t text, int64_t now);
static int fuzz_slot(oauth_str_t text, int64_t *slot);


static const unsigned char  fuzz_secret[OAUTH_NONCE_KEY] =
    "the secret of the fuzz target.";


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t      now, before;
    oauth_str_t  input, line, text;

    input.data = data;
    input.len = size;

    line = fuzz_line(&input);
    now = fuzz_seconds(&line);
    before = fuzz_seconds(&line);

    fuzz_written(now, before, line);

    text = fuzz_copy(input);
    fuzz_text(now, text);
    fuzz_free(text);

    return 0;
}


static void
fuzz_written(int64_t now, int64_t before, oauth_str_t bit)
{
    size_t              n;
    int64_t             slots;
    oauth_str_t         word, text;
    unsigned char       nonce[OAUTH_NONCE_SIZE];
    oauth_nonce_age_t   age, expected;

    if (before > now) {
        return;
    }

    fuzz_need(oauth_nonce_write(fuzz_secret, now - before, nonce) == 0);
    fuzz_need_clean();

    slots = now / OAUTH_NONCE_SLOT - (now - before) / OAUTH_NONCE_SLOT;

    expected = (slots == 0) ? OAUTH_NONCE_CURRENT
               : (slots == 1) ? OAUTH_NONCE_PREVIOUS : OAUTH_NONCE_OLD;

    if (fuzz_word(&bit, &word)) {
        n = (size_t) fuzz_number(&word) % (OAUTH_NONCE_SIZE * 8);
        nonce[n / 8] ^= (unsigned char) (1 << n % 8);
        expected = OAUTH_NONCE_FOREIGN;
    }

    text = fuzz_copy((oauth_str_t) { OAUTH_NONCE_SIZE, nonce });
    age = fuzz_verify(text, now);
    fuzz_free(text);

    fuzz_need(age == expected);

    fuzz_accepted = (age == OAUTH_NONCE_CURRENT
                     || age == OAUTH_NONCE_PREVIOUS);
}


/* By whatever way a text was found, there is one for each slot. */

static void
fuzz_text(int64_t now, oauth_str_t text)
{
    int            same;
    int64_t        slot;
    unsigned char  nonce[OAUTH_NONCE_SIZE];

    same = 0;

    if (fuzz_slot(text, &slot)) {
        fuzz_need(oauth_nonce_write(fuzz_secret, slot * OAUTH_NONCE_SLOT,
                                    nonce)
                  == 0);
        same = (memcmp(nonce, text.data, OAUTH_NONCE_SIZE) == 0);
    }

    fuzz_need((fuzz_verify(text, now) != OAUTH_NONCE_FOREIGN) == same);
}


static oauth_nonce_age_t
fuzz_verify(oauth_str_t text, int64_t now)
{
    int64_t            until;
    oauth_nonce_age_t  age;

    until = -1;
    age = oauth_nonce_verify(fuzz_secret, text, now, &until);

    fuzz_need_clean();

    switch (age) {

    case OAUTH_NONCE_CURRENT:
        fuzz_need(until > now + OAUTH_NONCE_SLOT
                  && until <= now + 3 * OAUTH_NONCE_SLOT);
        break;

    case OAUTH_NONCE_PREVIOUS:
        fuzz_need(until > now && until <= now + OAUTH_NONCE_SLOT);
        break;

    default:
        fuzz_need(until == -1);
    }

    return age;
}


/* 1 and the slot of a text that has the form of a nonce, with a small time. */

static int
fuzz_slot(oauth_str_t text, int64_t *slot)
{
    size_t         i, len;
    unsigned char  bytes[oauth_base64url_decoded_size(OAUTH_NONCE_SIZE)];

    if (text.len != OAUTH_NONCE_SIZE
        || oauth_base64url_parse(text, bytes, &len) != 0
        || bytes[0] || bytes[1])
    {
        return 0;
    }

    for (*slot = 0, i = 0; i < FUZZ_NUMBER; i++) {
        *slot = *slot << 8 | bytes[i];
    }

    return 1;
}
