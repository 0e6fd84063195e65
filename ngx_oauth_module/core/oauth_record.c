
/*
 * A record is: a byte with the version of the form, a byte with the kind, the
 * id of the node that has written it, the members of this kind, and an HMAC of
 * all that.  Numbers have 8 bytes, the highest first.  The first byte and the
 * HMAC at the end are the same in each version, so a node can tell that a
 * record is of a newer one.  The members are:
 *
 *     revocation  key (16 bytes), cut, end, time
 *     want        since
 *     heartbeat   number, clock, longest, compared (two numbers), and the name:
 *                 the bytes that are left
 */


#include <string.h>

#include "oauth_record.h"


#define OAUTH_RECORD_NOW         1      /* the version that is written        */

#define OAUTH_RECORD_NUMBER      8      /* bytes of one                       */
#define OAUTH_RECORD_HEAD        (2 + OAUTH_RECORD_NODE)
#define OAUTH_RECORD_ENTRY       (OAUTH_REVOCATION_KEY                        \
                                  + 3 * OAUTH_RECORD_NUMBER)
#define OAUTH_RECORD_NAMELESS    (5 * OAUTH_RECORD_NUMBER)


static unsigned char *oauth_record_put_members(unsigned char *p,
    const oauth_record_t *record);
static unsigned char *oauth_record_put(unsigned char *p, const void *data,
    size_t len);
static unsigned char *oauth_record_put_number(unsigned char *p,
    uint64_t number);
static int oauth_record_has_form(oauth_str_t body);
static oauth_record_result_t oauth_record_verify(
    const oauth_record_keys_t *keys, oauth_str_t body);
static void oauth_record_take_members(oauth_record_t *record,
    const unsigned char *p, size_t len);
static const unsigned char *oauth_record_take(const unsigned char *p,
    void *data, size_t len);
static const unsigned char *oauth_record_take_number(const unsigned char *p,
    uint64_t *number);
static const unsigned char *oauth_record_take_time(const unsigned char *p,
    int64_t *time);
static int oauth_record_is_sound(const oauth_record_t *record);
static int oauth_record_is_entry(const oauth_revocation_t *entry);
static int oauth_record_is_heartbeat(const oauth_record_t *record);
static int oauth_record_is_time(int64_t time);


oauth_record_result_t
oauth_record_write(const oauth_record_t *record,
    const oauth_record_keys_t *keys, unsigned char bytes[OAUTH_RECORD_SIZE],
    size_t *len)
{
    oauth_str_t     body;
    unsigned char  *p;

    if (!oauth_record_is_sound(record)) {
        return OAUTH_RECORD_FORM;
    }

    p = bytes;

    *p++ = OAUTH_RECORD_NOW;
    *p++ = (unsigned char) record->kind;

    p = oauth_record_put(p, record->node, OAUTH_RECORD_NODE);
    p = oauth_record_put_members(p, record);

    body.data = bytes;
    body.len = (size_t) (p - bytes);

    if (oauth_mac_sign(keys->macs[0], body, p) != 0) {
        return OAUTH_RECORD_MEMORY;
    }

    *len = body.len + OAUTH_MAC_SIZE;

    return OAUTH_RECORD_OK;
}


static unsigned char *
oauth_record_put_members(unsigned char *p, const oauth_record_t *record)
{
    switch (record->kind) {

    case OAUTH_RECORD_REVOCATION:
        p = oauth_record_put(p, record->entry.key, OAUTH_REVOCATION_KEY);
        p = oauth_record_put_number(p, (uint64_t) record->entry.cut);
        p = oauth_record_put_number(p, (uint64_t) record->entry.end);
        return oauth_record_put_number(p, (uint64_t) record->entry.time);

    case OAUTH_RECORD_WANT:
        return oauth_record_put_number(p, (uint64_t) record->since);

    default: /* OAUTH_RECORD_HEARTBEAT */
        p = oauth_record_put_number(p, record->number);
        p = oauth_record_put_number(p, (uint64_t) record->clock);
        p = oauth_record_put_number(p, (uint64_t) record->longest);
        p = oauth_record_put_number(p, record->compared.ms);
        p = oauth_record_put_number(p, record->compared.seq);
        return oauth_record_put(p, record->name, record->name_len);
    }
}


static unsigned char *
oauth_record_put(unsigned char *p, const void *data, size_t len)
{
    memcpy(p, data, len);

    return p + len;
}


static unsigned char *
oauth_record_put_number(unsigned char *p, uint64_t number)
{
    int  i;

    for (i = OAUTH_RECORD_NUMBER - 1; i >= 0; i--, number >>= 8) {
        p[i] = (unsigned char) (number & 0xff);
    }

    return p + OAUTH_RECORD_NUMBER;
}


oauth_record_result_t
oauth_record_read(oauth_record_t *record, const oauth_record_keys_t *keys,
    oauth_str_t bytes)
{
    oauth_str_t            body;
    oauth_record_result_t  result;

    memset(record, 0, sizeof(oauth_record_t));

    if (bytes.len <= OAUTH_MAC_SIZE || bytes.len > OAUTH_RECORD_SIZE) {
        return OAUTH_RECORD_FORM;
    }

    body.data = bytes.data;
    body.len = bytes.len - OAUTH_MAC_SIZE;

    if (*body.data == OAUTH_RECORD_NOW && !oauth_record_has_form(body)) {
        return OAUTH_RECORD_FORM;
    }

    result = oauth_record_verify(keys, body);

    if (result != OAUTH_RECORD_OK) {
        return result;
    }

    /* Only who has a key can say that there is a newer version. */

    if (*body.data != OAUTH_RECORD_NOW) {
        return OAUTH_RECORD_VERSION;
    }

    oauth_record_take_members(record, body.data, body.len);

    if (!oauth_record_is_sound(record)) {
        memset(record, 0, sizeof(oauth_record_t));
        return OAUTH_RECORD_FORM;
    }

    return OAUTH_RECORD_OK;
}


/* Whether the kind is known and has this length. */

static int
oauth_record_has_form(oauth_str_t body)
{
    size_t  len;

    if (body.len < OAUTH_RECORD_HEAD) {
        return 0;
    }

    len = body.len - OAUTH_RECORD_HEAD;

    switch (body.data[1]) {

    case OAUTH_RECORD_REVOCATION:
        return len == OAUTH_RECORD_ENTRY;

    case OAUTH_RECORD_WANT:
        return len == OAUTH_RECORD_NUMBER;

    case OAUTH_RECORD_HEARTBEAT:
        return len >= OAUTH_RECORD_NAMELESS
               && len <= OAUTH_RECORD_NAMELESS + OAUTH_RECORD_NAME;

    default:
        return 0;
    }
}


/* The HMAC is after the body. */

static oauth_record_result_t
oauth_record_verify(const oauth_record_keys_t *keys, oauth_str_t body)
{
    int     rc;
    size_t  i;

    for (i = 0; i < keys->n; i++) {

        rc = oauth_mac_verify(keys->macs[i], body, body.data + body.len);

        if (rc != 0) {
            return (rc == 1) ? OAUTH_RECORD_OK : OAUTH_RECORD_MEMORY;
        }
    }

    return OAUTH_RECORD_FORGED;
}


/* The bytes have the form of their kind. */

static void
oauth_record_take_members(oauth_record_t *record, const unsigned char *p,
    size_t len)
{
    record->kind = (oauth_record_kind_t) p[1];

    p = oauth_record_take(p + 2, record->node, OAUTH_RECORD_NODE);

    switch (record->kind) {

    case OAUTH_RECORD_REVOCATION:
        p = oauth_record_take(p, record->entry.key, OAUTH_REVOCATION_KEY);
        p = oauth_record_take_time(p, &record->entry.cut);
        p = oauth_record_take_time(p, &record->entry.end);
        (void) oauth_record_take_time(p, &record->entry.time);
        break;

    case OAUTH_RECORD_WANT:
        (void) oauth_record_take_time(p, &record->since);
        break;

    case OAUTH_RECORD_HEARTBEAT:
        p = oauth_record_take_number(p, &record->number);
        p = oauth_record_take_time(p, &record->clock);
        p = oauth_record_take_time(p, &record->longest);
        p = oauth_record_take_number(p, &record->compared.ms);
        p = oauth_record_take_number(p, &record->compared.seq);

        record->name_len = len - OAUTH_RECORD_HEAD - OAUTH_RECORD_NAMELESS;
        (void) oauth_record_take(p, record->name, record->name_len);
        break;
    }
}


static const unsigned char *
oauth_record_take(const unsigned char *p, void *data, size_t len)
{
    memcpy(data, p, len);

    return p + len;
}


static const unsigned char *
oauth_record_take_number(const unsigned char *p, uint64_t *number)
{
    size_t  i;

    for (*number = 0, i = 0; i < OAUTH_RECORD_NUMBER; i++) {
        *number = *number << 8 | p[i];
    }

    return p + OAUTH_RECORD_NUMBER;
}


/* A number that is too large for a time becomes -1, which is not one. */

static const unsigned char *
oauth_record_take_time(const unsigned char *p, int64_t *time)
{
    uint64_t  number;

    p = oauth_record_take_number(p, &number);

    *time = (number <= INT64_MAX) ? (int64_t) number : -1;

    return p;
}


static int
oauth_record_is_sound(const oauth_record_t *record)
{
    switch (record->kind) {

    case OAUTH_RECORD_REVOCATION:
        return oauth_record_is_entry(&record->entry);

    case OAUTH_RECORD_WANT:
        return oauth_record_is_time(record->since);

    case OAUTH_RECORD_HEARTBEAT:
        return oauth_record_is_heartbeat(record);

    default:
        return 0;
    }
}


static int
oauth_record_is_entry(const oauth_revocation_t *entry)
{
    return entry->key[0] < OAUTH_REVOCATION_KINDS
           && (oauth_record_is_time(entry->cut)
               || entry->cut == OAUTH_REVOCATION_ALWAYS)
           && (oauth_record_is_time(entry->end)
               || entry->end == OAUTH_REVOCATION_ALWAYS)
           && oauth_record_is_time(entry->time);
}


static int
oauth_record_is_heartbeat(const oauth_record_t *record)
{
    size_t  i;

    if (!oauth_record_is_time(record->clock)
        || !oauth_record_is_time(record->longest)
        || record->name_len > OAUTH_RECORD_NAME)
    {
        return 0;
    }

    for (i = 0; i < record->name_len; i++) {

        if (record->name[i] < 0x20 || record->name[i] > 0x7e) {
            return 0;
        }
    }

    return 1;
}


static int
oauth_record_is_time(int64_t time)
{
    return time >= 0 && time <= OAUTH_RECORD_TIME_MOST;
}
