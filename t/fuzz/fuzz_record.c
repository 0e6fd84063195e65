
/*
 * Records of a fleet.  The first byte of the input says how the rest becomes
 * bytes from the bus: "1" and "2" put the HMAC of the first or of the second
 * key after it, "f" that of another key; after anything else, the rest is read
 * as it is.
 *
 * What is accepted has the HMAC of a key and values in their range, by a second
 * reader, and is written again byte for byte; one bit less, and it is refused.
 * What the two keys have made and is refused has no form.  Then the same bytes
 * fill a record, which is written and read back, or has a value that no record
 * may have.
 */


#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "oauth_record.h"


#define FUZZ_LONGEST  4096


typedef struct {
    int                   mode;
    oauth_str_t           body;
    oauth_str_t           bytes;
} fuzz_record_t;


static void fuzz_setup(void);
static oauth_str_t fuzz_bytes(const fuzz_record_t *c);
static void fuzz_accepted_record(const fuzz_record_t *c,
    const oauth_record_t *record);
static void fuzz_changed(oauth_str_t bytes);
static int fuzz_has_form(oauth_str_t body);
static int fuzz_in_range(const unsigned char *p, uint64_t also);
static uint64_t fuzz_big_endian(const unsigned char *p);
static void fuzz_round_trip(oauth_str_t input);
static int fuzz_same(const oauth_record_t *a, const oauth_record_t *b);
static void fuzz_take(oauth_str_t *rest, void *data, size_t len);


/* Both keys, each alone, and one that nobody accepts. */

static oauth_record_keys_t  fuzz_keys;
static oauth_record_keys_t  fuzz_first;
static oauth_record_keys_t  fuzz_second;
static oauth_record_keys_t  fuzz_foreign;

#define FUZZ_FIRST    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define FUZZ_SECOND   "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s="
#define FUZZ_FOREIGN  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHhw="


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    oauth_str_t             input;
    fuzz_record_t           c;
    oauth_record_t          record, zero;
    oauth_record_result_t   result;

    fuzz_setup();

    if (size == 0 || size > FUZZ_LONGEST) {
        return 0;
    }

    c.mode = data[0];
    c.body = (oauth_str_t) { size - 1, data + 1 };
    c.bytes = fuzz_bytes(&c);

    memset(&record, 0xa5, sizeof(oauth_record_t));
    memset(&zero, 0, sizeof(oauth_record_t));

    result = oauth_record_read(&record, &fuzz_keys, c.bytes);

    fuzz_need_clean();

    switch (result) {

    case OAUTH_RECORD_OK:
        fuzz_accepted = 1;
        fuzz_accepted_record(&c, &record);
        break;

    case OAUTH_RECORD_FORM:
        fuzz_need((c.mode != '1' && c.mode != '2') || !fuzz_has_form(c.body));
        break;

    case OAUTH_RECORD_VERSION:
        fuzz_need((c.mode == '1' || c.mode == '2') && c.body.data[0] != 1);
        break;

    case OAUTH_RECORD_FORGED:
        fuzz_need(c.mode != '1' && c.mode != '2');
        break;

    default:
        fuzz_need(!"no result without a lack of memory");
    }

    if (result != OAUTH_RECORD_OK) {
        fuzz_need(memcmp(&record, &zero, sizeof(oauth_record_t)) == 0);
    }

    fuzz_free(c.bytes);

    input.data = data;
    input.len = size;

    fuzz_round_trip(input);

    return 0;
}


static void
fuzz_setup(void)
{
    if (fuzz_keys.n) {
        return;
    }

    fuzz_need(!oauth_record_read_keys(oauth_str(FUZZ_FIRST "\n" FUZZ_SECOND),
                                      &fuzz_keys));
    fuzz_need(!oauth_record_read_keys(oauth_str(FUZZ_FIRST), &fuzz_first));
    fuzz_need(!oauth_record_read_keys(oauth_str(FUZZ_SECOND), &fuzz_second));
    fuzz_need(!oauth_record_read_keys(oauth_str(FUZZ_FOREIGN), &fuzz_foreign));
}


/* The bytes from the bus; fuzz_free. */

static oauth_str_t
fuzz_bytes(const fuzz_record_t *c)
{
    oauth_buf_t                 buf;
    oauth_str_t                 copy;
    unsigned char               hash[OAUTH_MAC_SIZE];
    const oauth_record_keys_t  *keys;

    keys = (c->mode == '1') ? &fuzz_first
           : (c->mode == '2') ? &fuzz_second
           : (c->mode == 'f') ? &fuzz_foreign : NULL;

    if (keys == NULL) {
        return fuzz_copy(c->body);
    }

    fuzz_need(oauth_mac_sign(keys->macs[0], c->body, hash) == 0);

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append_str(&buf, c->body);
    oauth_buf_append(&buf, hash, OAUTH_MAC_SIZE);
    fuzz_need(!buf.failed);

    copy = fuzz_copy(oauth_buf_str(&buf));
    oauth_buf_free(&buf);

    return copy;
}


static void
fuzz_accepted_record(const fuzz_record_t *c, const oauth_record_t *record)
{
    int              first;
    size_t           len;
    oauth_str_t      body;
    oauth_record_t   other;
    unsigned char    again[OAUTH_RECORD_SIZE];

    fuzz_need(c->mode != 'f');
    fuzz_need(c->bytes.len > OAUTH_MAC_SIZE);

    body.data = c->bytes.data;
    body.len = c->bytes.len - OAUTH_MAC_SIZE;

    fuzz_need(fuzz_has_form(body));

    first = oauth_record_read(&other, &fuzz_first, c->bytes)
            == OAUTH_RECORD_OK;

    fuzz_need(first != (oauth_record_read(&other, &fuzz_second, c->bytes)
                        == OAUTH_RECORD_OK));
    fuzz_need(oauth_record_read(&other, &fuzz_foreign, c->bytes)
              == OAUTH_RECORD_FORGED);

    fuzz_need(oauth_record_write(record, first ? &fuzz_first : &fuzz_second,
                                 again, &len) == OAUTH_RECORD_OK);
    fuzz_need(len == c->bytes.len && memcmp(again, c->bytes.data, len) == 0);

    fuzz_changed(c->bytes);
}


/* One bit of each byte. */

static void
fuzz_changed(oauth_str_t bytes)
{
    size_t          i;
    oauth_record_t  record;
    unsigned char   changed[OAUTH_RECORD_SIZE];

    memcpy(changed, bytes.data, bytes.len);

    for (i = 0; i < bytes.len; i++) {

        changed[i] ^= (unsigned char) (1 << i % 8);

        fuzz_need(oauth_record_read(&record, &fuzz_keys,
                                    (oauth_str_t) { bytes.len, changed })
                  != OAUTH_RECORD_OK);

        changed[i] = bytes.data[i];
    }
}


/* By the table at the top of oauth_record.c. */

static int
fuzz_has_form(oauth_str_t body)
{
    size_t                i;
    const unsigned char  *p;

    if (body.len < 18 || body.data[0] != 1) {
        return 0;
    }

    p = body.data + 18;

    switch (body.data[1]) {

    case 1:
        return body.len == 58
               && p[0] < 0x80
               && fuzz_in_range(p + 16, INT64_MAX)
               && fuzz_in_range(p + 24, INT64_MAX)
               && fuzz_in_range(p + 32, 0);

    case 2:
        return body.len == 26 && fuzz_in_range(p, 0);

    case 3:
        if (body.len < 58 || body.len > 58 + 64
            || !fuzz_in_range(p + 8, 0) || !fuzz_in_range(p + 16, 0))
        {
            return 0;
        }

        for (i = 58; i < body.len; i++) {
            if (body.data[i] < ' ' || body.data[i] > '~') {
                return 0;
            }
        }

        return 1;

    default:
        return 0;
    }
}


static int
fuzz_in_range(const unsigned char *p, uint64_t also)
{
    uint64_t  number;

    number = fuzz_big_endian(p);

    return number <= (uint64_t) 1 << 60 || number == also;
}


static uint64_t
fuzz_big_endian(const unsigned char *p)
{
    return (uint64_t) p[0] << 56 | (uint64_t) p[1] << 48
           | (uint64_t) p[2] << 40 | (uint64_t) p[3] << 32
           | (uint64_t) p[4] << 24 | (uint64_t) p[5] << 16
           | (uint64_t) p[6] << 8 | (uint64_t) p[7];
}


/* The input is the members of a record, one after the other. */

static void
fuzz_round_trip(oauth_str_t input)
{
    size_t          len;
    unsigned char   kind;
    oauth_record_t  record, read;
    unsigned char   bytes[OAUTH_RECORD_SIZE];

    memset(&record, 0, sizeof(oauth_record_t));

    fuzz_take(&input, &kind, 1);
    record.kind = (oauth_record_kind_t) (kind % 5);

    fuzz_take(&input, record.node, OAUTH_RECORD_NODE);
    fuzz_take(&input, record.entry.key, OAUTH_REVOCATION_KEY);
    fuzz_take(&input, &record.entry.cut, sizeof(int64_t));
    fuzz_take(&input, &record.entry.end, sizeof(int64_t));
    fuzz_take(&input, &record.entry.time, sizeof(int64_t));

    record.since = record.entry.cut;
    record.clock = record.entry.end;
    record.longest = record.entry.time;
    record.number = (uint64_t) record.entry.cut;
    record.compared.ms = (uint64_t) record.entry.time;
    record.compared.seq = (uint64_t) record.entry.end;

    record.name_len = input.len % (OAUTH_RECORD_NAME + 2);
    fuzz_take(&input, record.name, OAUTH_RECORD_NAME);

    if (oauth_record_write(&record, &fuzz_keys, bytes, &len)
        == OAUTH_RECORD_OK)
    {
        fuzz_need(len <= OAUTH_RECORD_SIZE);
        fuzz_need(oauth_record_read(&read, &fuzz_keys,
                                    (oauth_str_t) { len, bytes })
                  == OAUTH_RECORD_OK);
        fuzz_need(fuzz_same(&record, &read));
    }

    fuzz_need_clean();
}


static int
fuzz_same(const oauth_record_t *a, const oauth_record_t *b)
{
    if (a->kind != b->kind
        || memcmp(a->node, b->node, OAUTH_RECORD_NODE) != 0)
    {
        return 0;
    }

    switch (a->kind) {

    case OAUTH_RECORD_REVOCATION:
        return memcmp(a->entry.key, b->entry.key, OAUTH_REVOCATION_KEY) == 0
               && a->entry.cut == b->entry.cut
               && a->entry.end == b->entry.end
               && a->entry.time == b->entry.time;

    case OAUTH_RECORD_WANT:
        return a->since == b->since;

    default:
        return a->number == b->number
               && a->clock == b->clock
               && a->longest == b->longest
               && oauth_stream_id_compare(&a->compared, &b->compared) == 0
               && a->name_len == b->name_len
               && memcmp(a->name, b->name, a->name_len) == 0;
    }
}


/* What is not there is zero. */

static void
fuzz_take(oauth_str_t *rest, void *data, size_t len)
{
    if (len > rest->len) {
        len = rest->len;
    }

    memcpy(data, rest->data, len);

    rest->data += len;
    rest->len -= len;
}
