
/*
 * Records: their bytes, which Python has made, so that the form cannot change
 * unnoticed; what is refused although a key has made it; that each bit counts;
 * and two keys, of which the first writes.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "oauth_record.h"


/* The bytes 0 to 31, and 64 to 127. */

#define RECORD_KEY    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define RECORD_OTHER  "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl9gYWJjZGVmZ2" \
                      "hpamtsbW5vcHFyc3R1dnd4eXp7fH1+fw=="

#define RECORD_LABEL  "oauth fleet record\n"

#define RECORD_ID     { 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,       \
                        0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f }
#define RECORD_REST   0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8,         \
                      0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf

#define RECORD_HEX    "101112131415161718191a1b1c1d1e1f"
#define RECORD_NOUGHT "0000000000000000"


static oauth_record_keys_t  record_key;         /* one                        */
static oauth_record_keys_t  record_other;       /* another one                */
static oauth_record_keys_t  record_both;        /* the other one, and it      */


static const struct {
    const char         *hex;
    const char         *hash;                   /* with the first key         */
    oauth_record_t      record;
} record_vectors[] = {

    { "0101" RECORD_HEX "03a1a2a3a4a5a6a7a8a9aaabacadaeaf"
      "000000006553f100" RECORD_NOUGHT "000000006553f105",
      "edc994a20aa12bb06dadd10a91fabcb89068f748bfe90746ad216acaa6e460f4",
      { .kind = OAUTH_RECORD_REVOCATION, .node = RECORD_ID,
        .entry = { { 0x03, RECORD_REST }, 1700000000, 0, 1700000005 } } },

    { "0101" RECORD_HEX "40a1a2a3a4a5a6a7a8a9aaabacadaeaf"
      "7fffffffffffffff" "000000006553ff10" "000000006553f105",
      "720e9e766c2ece967e1d4c5275ae2ce7d3c1e6610c20df4bd5622563cdf5dc77",
      { .kind = OAUTH_RECORD_REVOCATION, .node = RECORD_ID,
        .entry = { { 0x40, RECORD_REST }, OAUTH_REVOCATION_ALWAYS,
                   1700003600, 1700000005 } } },

    { "0102" RECORD_HEX "000000006553c9f0",
      "1c6b38cf272ac4958c7957a061e4caf7e42ddd3757960f03148f2a8ea2a6b1a0",
      { .kind = OAUTH_RECORD_WANT, .node = RECORD_ID, .since = 1699990000 } },

    { "0103" RECORD_HEX "0000000000000102" "000000006553f107"
      "0000000000000e10" "0000018bcfe57feb" "0000000000000002" "6e6f64652d31",
      "007e5375e6a4fc1d2cbcb779db87b5d01918fe0f644d6e797a07f73bddfb7f4e",
      { .kind = OAUTH_RECORD_HEARTBEAT, .node = RECORD_ID, .number = 258,
        .clock = 1700000007, .longest = 3600,
        .compared = { UINT64_C(1700000006123), 2 }, .name_len = 6,
        .name = "node-1" } }
};

#define RECORD_VECTORS  (sizeof(record_vectors) / sizeof(record_vectors[0]))


static size_t
record_bytes(const char *hex, unsigned char *bytes)
{
    size_t       n;
    const char  *p;

    static const char  digits[] = "0123456789abcdef";

    for (n = 0, p = hex; *p; n++, p += 2) {
        bytes[n] = (unsigned char) ((strchr(digits, p[0]) - digits) << 4
                                    | (strchr(digits, p[1]) - digits));
    }

    return n;
}


/*
 * The bytes have the exact size, so that a sanitizer sees a read past the end.
 */

static oauth_record_result_t
record_read(const unsigned char *bytes, size_t len,
    const oauth_record_keys_t *keys, oauth_record_t *record)
{
    unsigned char          *copy;
    oauth_record_t          zero;
    oauth_record_result_t   result;

    copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, len);

    memset(record, 0xa5, sizeof(oauth_record_t));

    result = oauth_record_read(record, keys, (oauth_str_t) { len, copy });

    assert_int_equal(ERR_peek_error(), 0);

    if (result != OAUTH_RECORD_OK) {
        memset(&zero, 0, sizeof(oauth_record_t));
        assert_memory_equal(record, &zero, sizeof(oauth_record_t));
    }

    free(copy);

    return result;
}


/* Puts a body of any content under the HMAC of the key, and reads it. */

static oauth_record_result_t
record_read_signed(const char *hex)
{
    size_t          len;
    oauth_mac_t    *mac;
    unsigned char   key[32], bytes[512];
    oauth_record_t  record;

    for (len = 0; len < sizeof(key); len++) {
        key[len] = (unsigned char) len;
    }

    mac = oauth_mac_create((oauth_str_t) { sizeof(key), key },
                           oauth_str(RECORD_LABEL));
    assert_non_null(mac);

    len = record_bytes(hex, bytes);

    assert_int_equal(oauth_mac_sign(mac, (oauth_str_t) { len, bytes },
                                    bytes + len), 0);
    oauth_mac_free(mac);

    return record_read(bytes, len + OAUTH_MAC_SIZE, &record_key, &record);
}


static void
record_assert_equal(const oauth_record_t *a, const oauth_record_t *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_memory_equal(a->node, b->node, OAUTH_RECORD_NODE);
    assert_memory_equal(a->entry.key, b->entry.key, OAUTH_REVOCATION_KEY);
    assert_true(a->entry.cut == b->entry.cut);
    assert_true(a->entry.end == b->entry.end);
    assert_true(a->entry.time == b->entry.time);
    assert_true(a->since == b->since);
    assert_true(a->number == b->number);
    assert_true(a->clock == b->clock);
    assert_true(a->longest == b->longest);
    assert_true(a->compared.ms == b->compared.ms);
    assert_true(a->compared.seq == b->compared.seq);
    assert_int_equal(a->name_len, b->name_len);
    assert_memory_equal(a->name, b->name, OAUTH_RECORD_NAME);
}


static void
record_vector(void **state)
{
    size_t           i, len, nbody;
    oauth_record_t   record;
    unsigned char    wanted[OAUTH_RECORD_SIZE], bytes[OAUTH_RECORD_SIZE];

    (void) state;

    for (i = 0; i < RECORD_VECTORS; i++) {

        nbody = record_bytes(record_vectors[i].hex, wanted);
        (void) record_bytes(record_vectors[i].hash, wanted + nbody);

        assert_int_equal(oauth_record_write(&record_vectors[i].record,
                                            &record_key, bytes, &len),
                         OAUTH_RECORD_OK);
        assert_int_equal(len, nbody + OAUTH_MAC_SIZE);
        assert_memory_equal(bytes, wanted, len);

        assert_int_equal(record_read(wanted, len, &record_key, &record),
                         OAUTH_RECORD_OK);
        record_assert_equal(&record, &record_vectors[i].record);

        /* the way that the tests below make bodies is the right one */

        assert_int_equal(record_read_signed(record_vectors[i].hex),
                         OAUTH_RECORD_OK);
    }
}


/* While a key is replaced. */

static void
record_two_keys(void **state)
{
    size_t           i, len;
    oauth_record_t   record;
    unsigned char    bytes[OAUTH_RECORD_SIZE], both[OAUTH_RECORD_SIZE];

    (void) state;

    for (i = 0; i < RECORD_VECTORS; i++) {

        assert_int_equal(oauth_record_write(&record_vectors[i].record,
                                            &record_key, bytes, &len),
                         OAUTH_RECORD_OK);

        assert_int_equal(record_read(bytes, len, &record_both, &record),
                         OAUTH_RECORD_OK);
        record_assert_equal(&record, &record_vectors[i].record);

        assert_int_equal(record_read(bytes, len, &record_other, &record),
                         OAUTH_RECORD_FORGED);

        assert_int_equal(oauth_record_write(&record_vectors[i].record,
                                            &record_other, bytes, &len),
                         OAUTH_RECORD_OK);
        assert_int_equal(oauth_record_write(&record_vectors[i].record,
                                            &record_both, both, &len),
                         OAUTH_RECORD_OK);
        assert_memory_equal(both, bytes, len);

        assert_int_equal(record_read(bytes, len, &record_both, &record),
                         OAUTH_RECORD_OK);
        assert_int_equal(record_read(bytes, len, &record_key, &record),
                         OAUTH_RECORD_FORGED);
    }
}


/* Whatever is changed, the bytes are not a record any more. */

static void
record_changed(void **state)
{
    size_t                  i, n, len;
    unsigned char           bytes[OAUTH_RECORD_SIZE + 1];
    oauth_record_t          record;
    oauth_record_result_t   result;

    (void) state;

    for (i = 0; i < RECORD_VECTORS; i++) {

        assert_int_equal(oauth_record_write(&record_vectors[i].record,
                                            &record_key, bytes, &len),
                         OAUTH_RECORD_OK);

        for (n = 0; n < len * 8; n++) {

            bytes[n / 8] ^= (unsigned char) (1 << n % 8);
            result = record_read(bytes, len, &record_both, &record);
            bytes[n / 8] ^= (unsigned char) (1 << n % 8);

            /* most other kinds have other lengths */

            assert_true(result == OAUTH_RECORD_FORGED
                        || (n / 8 == 1 && result == OAUTH_RECORD_FORM));
        }

        for (n = 0; n < len; n++) {
            result = record_read(bytes, n, &record_both, &record);
            assert_true(result == OAUTH_RECORD_FORM
                        || result == OAUTH_RECORD_FORGED);
        }

        bytes[len] = 'x';
        result = record_read(bytes, len + 1, &record_both, &record);
        assert_true(result == OAUTH_RECORD_FORM
                    || result == OAUTH_RECORD_FORGED);

        assert_int_equal(record_read(bytes, len, &record_both, &record),
                         OAUTH_RECORD_OK);
    }
}


/* A key of the fleet has made these. */

static void
record_form(void **state)
{
    size_t  i;

#define HEAD(kind)  "01" kind RECORD_HEX
#define KEY         "01a1a2a3a4a5a6a7a8a9aaabacadaeaf"
#define BEAT        "0000000000000001" "000000006553f107" "0000000000000e10" \
                    RECORD_NOUGHT RECORD_NOUGHT
#define NAME_16     "30313233343536373031323334353637"
#define NAME_64     NAME_16 NAME_16 NAME_16 NAME_16

    static const struct {
        oauth_record_result_t   result;
        const char             *hex;
    } cases[] = {

        /* the range of each member, and what is just outside */

        { OAUTH_RECORD_OK, HEAD("01") KEY RECORD_NOUGHT RECORD_NOUGHT
                           RECORD_NOUGHT },
        { OAUTH_RECORD_OK, HEAD("01") KEY "1000000000000000"
                           "1000000000000000" "1000000000000000" },
        { OAUTH_RECORD_OK, HEAD("01") KEY "7fffffffffffffff"
                           "7fffffffffffffff" RECORD_NOUGHT },
        { OAUTH_RECORD_FORM, HEAD("01") KEY "1000000000000001"
                             RECORD_NOUGHT RECORD_NOUGHT },
        { OAUTH_RECORD_FORM, HEAD("01") KEY "7ffffffffffffffe"
                             RECORD_NOUGHT RECORD_NOUGHT },
        { OAUTH_RECORD_FORM, HEAD("01") KEY "8000000000000000"
                             RECORD_NOUGHT RECORD_NOUGHT },
        { OAUTH_RECORD_FORM, HEAD("01") KEY "ffffffffffffffff"
                             RECORD_NOUGHT RECORD_NOUGHT },
        { OAUTH_RECORD_FORM, HEAD("01") KEY RECORD_NOUGHT
                             "1000000000000001" RECORD_NOUGHT },
        { OAUTH_RECORD_FORM, HEAD("01") KEY RECORD_NOUGHT
                             "ffffffffffffffff" RECORD_NOUGHT },
        { OAUTH_RECORD_FORM, HEAD("01") KEY RECORD_NOUGHT RECORD_NOUGHT
                             "1000000000000001" },
        { OAUTH_RECORD_FORM, HEAD("01") KEY RECORD_NOUGHT RECORD_NOUGHT
                             "7fffffffffffffff" },
        { OAUTH_RECORD_FORM, HEAD("01") KEY RECORD_NOUGHT RECORD_NOUGHT
                             "ffffffffffffffff" },

        { OAUTH_RECORD_OK, HEAD("01") "00a1a2a3a4a5a6a7a8a9aaabacadaeaf"
                           RECORD_NOUGHT RECORD_NOUGHT RECORD_NOUGHT },
        { OAUTH_RECORD_OK, HEAD("01") "7fa1a2a3a4a5a6a7a8a9aaabacadaeaf"
                           RECORD_NOUGHT RECORD_NOUGHT RECORD_NOUGHT },

        /* OAUTH_REVOCATION_USED, and more */

        { OAUTH_RECORD_FORM, HEAD("01") "80a1a2a3a4a5a6a7a8a9aaabacadaeaf"
                             RECORD_NOUGHT RECORD_NOUGHT RECORD_NOUGHT },
        { OAUTH_RECORD_FORM, HEAD("01") "ffa1a2a3a4a5a6a7a8a9aaabacadaeaf"
                             RECORD_NOUGHT RECORD_NOUGHT RECORD_NOUGHT },

        { OAUTH_RECORD_OK, HEAD("02") RECORD_NOUGHT },
        { OAUTH_RECORD_OK, HEAD("02") "1000000000000000" },
        { OAUTH_RECORD_FORM, HEAD("02") "1000000000000001" },
        { OAUTH_RECORD_FORM, HEAD("02") "7fffffffffffffff" },
        { OAUTH_RECORD_FORM, HEAD("02") "8000000000000000" },

        { OAUTH_RECORD_OK, HEAD("03") BEAT },
        { OAUTH_RECORD_OK, HEAD("03") BEAT "207e" },
        { OAUTH_RECORD_OK, HEAD("03") BEAT NAME_64 },
        { OAUTH_RECORD_OK, HEAD("03") "ffffffffffffffff" RECORD_NOUGHT
                           RECORD_NOUGHT "ffffffffffffffff"
                           "ffffffffffffffff" },
        { OAUTH_RECORD_FORM, HEAD("03") BEAT NAME_64 "30" },
        { OAUTH_RECORD_FORM, HEAD("03") BEAT "1f" },
        { OAUTH_RECORD_FORM, HEAD("03") BEAT "7f" },
        { OAUTH_RECORD_FORM, HEAD("03") BEAT "00" },
        { OAUTH_RECORD_FORM, HEAD("03") BEAT "41420a" },
        { OAUTH_RECORD_FORM, HEAD("03") BEAT "41c3a4" },
        { OAUTH_RECORD_FORM, HEAD("03") "0000000000000001"
                             "1000000000000001" RECORD_NOUGHT
                             RECORD_NOUGHT RECORD_NOUGHT },
        { OAUTH_RECORD_FORM, HEAD("03") "0000000000000001"
                             RECORD_NOUGHT "1000000000000001"
                             RECORD_NOUGHT RECORD_NOUGHT },
        { OAUTH_RECORD_FORM, HEAD("03") "0000000000000001"
                             RECORD_NOUGHT "ffffffffffffffff"
                             RECORD_NOUGHT RECORD_NOUGHT },

        /* another length than that of the kind, no kind, nothing */

        { OAUTH_RECORD_FORM, HEAD("01") KEY RECORD_NOUGHT RECORD_NOUGHT },
        { OAUTH_RECORD_FORM, HEAD("01") KEY RECORD_NOUGHT RECORD_NOUGHT
                             RECORD_NOUGHT "00" },
        { OAUTH_RECORD_FORM, HEAD("02") "00000000000000" },
        { OAUTH_RECORD_FORM, HEAD("02") RECORD_NOUGHT "00" },
        { OAUTH_RECORD_FORM, HEAD("03") RECORD_NOUGHT RECORD_NOUGHT
                             RECORD_NOUGHT RECORD_NOUGHT "00000000000000" },
        { OAUTH_RECORD_FORM, HEAD("00") },
        { OAUTH_RECORD_FORM, HEAD("00") RECORD_NOUGHT },
        { OAUTH_RECORD_FORM, HEAD("04") RECORD_NOUGHT },
        { OAUTH_RECORD_FORM, HEAD("ff") RECORD_NOUGHT },
        { OAUTH_RECORD_FORM, HEAD("01") },
        { OAUTH_RECORD_FORM, "0102" },
        { OAUTH_RECORD_FORM, "01" },
        { OAUTH_RECORD_FORM, "" },

        /* other versions, of which nothing else is known */

        { OAUTH_RECORD_VERSION, "02" },
        { OAUTH_RECORD_VERSION, "02" "01" RECORD_HEX KEY RECORD_NOUGHT },
        { OAUTH_RECORD_VERSION, "00" "02" RECORD_HEX RECORD_NOUGHT },
        { OAUTH_RECORD_VERSION, "ff" "02" RECORD_HEX RECORD_NOUGHT },
        { OAUTH_RECORD_VERSION, "02" NAME_64 NAME_64 RECORD_HEX
                                RECORD_NOUGHT "00000000000000" },
        { OAUTH_RECORD_FORM, "02" NAME_64 NAME_64 RECORD_HEX
                             RECORD_NOUGHT RECORD_NOUGHT }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(record_read_signed(cases[i].hex), cases[i].result);
    }
}


/* A stranger cannot say that there is a newer version. */

static void
record_version_forged(void **state)
{
    size_t           len;
    oauth_record_t   record;
    unsigned char    bytes[OAUTH_RECORD_SIZE];

    (void) state;

    assert_int_equal(oauth_record_write(&record_vectors[0].record,
                                        &record_other, bytes, &len),
                     OAUTH_RECORD_OK);
    bytes[0] = 2;

    assert_int_equal(record_read(bytes, len, &record_other, &record),
                     OAUTH_RECORD_FORGED);
    assert_int_equal(record_read(bytes, len, &record_key, &record),
                     OAUTH_RECORD_FORGED);
}


/* A node does not write what it would not read. */

static void
record_unwritten(void **state)
{
    size_t           i, len;
    oauth_record_t   record;
    unsigned char    bytes[OAUTH_RECORD_SIZE];

    static const oauth_record_t  records[] = {
        { .kind = 0 },
        { .kind = 4 },
        { .kind = OAUTH_RECORD_REVOCATION,
          .entry = { { OAUTH_REVOCATION_USED }, 0, 0, 0 } },
        { .kind = OAUTH_RECORD_REVOCATION, .entry = { { 1 }, -1, 0, 0 } },
        { .kind = OAUTH_RECORD_REVOCATION, .entry = { { 1 }, 0, -1, 0 } },
        { .kind = OAUTH_RECORD_REVOCATION, .entry = { { 1 }, 0, 0, -1 } },
        { .kind = OAUTH_RECORD_REVOCATION,
          .entry = { { 1 }, OAUTH_RECORD_TIME_MOST + 1, 0, 0 } },
        { .kind = OAUTH_RECORD_WANT, .since = -1 },
        { .kind = OAUTH_RECORD_WANT, .since = INT64_MAX },
        { .kind = OAUTH_RECORD_HEARTBEAT, .clock = -1 },
        { .kind = OAUTH_RECORD_HEARTBEAT, .longest = -1 },
        { .kind = OAUTH_RECORD_HEARTBEAT, .name_len = 1, .name = "\t" },
        { .kind = OAUTH_RECORD_HEARTBEAT, .name_len = OAUTH_RECORD_NAME + 1 }
    };

    (void) state;

    for (i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        assert_int_equal(oauth_record_write(&records[i], &record_key, bytes,
                                            &len), OAUTH_RECORD_FORM);
    }

    /* the longest record fits */

    record = record_vectors[3].record;
    record.name_len = OAUTH_RECORD_NAME;
    memset(record.name, '~', OAUTH_RECORD_NAME);

    assert_int_equal(oauth_record_write(&record, &record_key, bytes, &len),
                     OAUTH_RECORD_OK);
    assert_true(len <= OAUTH_RECORD_SIZE);
}


/* Where there are no keys, nothing is accepted. */

static void
record_no_keys(void **state)
{
    size_t                len;
    oauth_record_t        record;
    unsigned char         bytes[OAUTH_RECORD_SIZE];
    oauth_record_keys_t   none;

    (void) state;

    memset(&none, 0, sizeof(oauth_record_keys_t));

    assert_int_equal(oauth_record_write(&record_vectors[0].record,
                                        &record_key, bytes, &len),
                     OAUTH_RECORD_OK);
    assert_int_equal(record_read(bytes, len, &none, &record),
                     OAUTH_RECORD_FORGED);
}


int
main(void)
{
    int  failed;

    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(record_vector),
        cmocka_unit_test(record_two_keys),
        cmocka_unit_test(record_changed),
        cmocka_unit_test(record_form),
        cmocka_unit_test(record_version_forged),
        cmocka_unit_test(record_unwritten),
        cmocka_unit_test(record_no_keys)
    };

    if (oauth_record_read_keys(oauth_str(RECORD_KEY), &record_key)
        || oauth_record_read_keys(oauth_str(RECORD_OTHER), &record_other)
        || oauth_record_read_keys(oauth_str(RECORD_OTHER "\n" RECORD_KEY),
                                  &record_both))
    {
        return 1;
    }

    failed = cmocka_run_group_tests(tests, NULL, NULL);

    oauth_record_wipe_keys(&record_key);
    oauth_record_wipe_keys(&record_other);
    oauth_record_wipe_keys(&record_both);

    return failed;
}
