
/*
 * The records that the nodes of a fleet send each other over a bus that they do
 * not trust: revocations, wants, which ask the others for what is missing, and
 * heartbeats.  A record is bytes of a fixed form with an HMAC-SHA256 (RFC 2104)
 * by a key of the fleet, so the bus can hold records back or repeat them, but
 * not make or change them.  A record can only take access away.
 *
 * While a key is replaced, a node accepts the records of two keys, and writes
 * its own with the first.  The memory is the caller's, except that of the keys.
 */


#ifndef OAUTH_RECORD_H_INCLUDED
#define OAUTH_RECORD_H_INCLUDED


#include "oauth_mac.h"
#include "oauth_revocation.h"
#include "oauth_stream.h"


#define OAUTH_RECORD_NODE       16      /* bytes of the id of a node          */
#define OAUTH_RECORD_NAME       64      /* bytes of its name, at most         */
#define OAUTH_RECORD_SIZE       192     /* bytes of a record, at most         */
#define OAUTH_RECORD_KEYS       2
#define OAUTH_RECORD_KEY_LEAST  32      /* bytes of a key                     */
#define OAUTH_RECORD_KEY_MOST   64
#define OAUTH_RECORD_TIME_MOST  ((int64_t) 1 << 60)     /* a time or a number of
                                           seconds: sums do not overflow      */


typedef enum {
    OAUTH_RECORD_REVOCATION = 1,
    OAUTH_RECORD_WANT,                  /* please send what is missing        */
    OAUTH_RECORD_HEARTBEAT
} oauth_record_kind_t;


/*
 * Times are seconds since the epoch, from 0 to OAUTH_RECORD_TIME_MOST; the cut
 * and the end of a revocation may be OAUTH_REVOCATION_ALWAYS instead.
 */

typedef struct {
    oauth_record_kind_t  kind;
    unsigned char        node[OAUTH_RECORD_NODE];   /* that has written it    */

    /* of a revocation */

    oauth_revocation_t   entry;

    /* of a want: entries that were accepted at this time or later */

    int64_t              since;

    /* of a heartbeat */

    uint64_t             number;        /* grows by one with each             */
    int64_t              clock;         /* of the node                        */
    int64_t              longest;       /* lifetime of a token, seconds       */
    oauth_stream_id_t    compared;      /* all that the node knew was on the
                                           stream of revocations at this id   */
    size_t               name_len;
    unsigned char        name[OAUTH_RECORD_NAME];   /* printable ASCII        */
} oauth_record_t;


/* It owns the keys.  All zero: there are none. */

typedef struct {
    size_t               n;
    oauth_mac_t         *macs[OAUTH_RECORD_KEYS];
} oauth_record_keys_t;


typedef enum {
    OAUTH_RECORD_OK = 0,
    OAUTH_RECORD_FORM,                  /* it is not a record, or a value is
                                           not in its range                   */
    OAUTH_RECORD_VERSION,               /* a key has made it, but its version
                                           is not known                       */
    OAUTH_RECORD_FORGED,                /* no key has made the HMAC           */
    OAUTH_RECORD_MEMORY
} oauth_record_result_t;


/*
 * Reads the text of a key file: one line for each key, one or two, as base64
 * (or base64url) of 32 to 64 bytes; empty lines do not count.  Returns NULL,
 * and oauth_record_wipe_keys releases the keys; or else a constant that says
 * what is wrong, without a full stop at its end, and there are no keys.
 */

const char *oauth_record_read_keys(oauth_str_t text, oauth_record_keys_t *keys);

/* Wipes and releases the keys: there are none then. */

void oauth_record_wipe_keys(oauth_record_keys_t *keys);

/*
 * Writes the record with the HMAC of the first key; there has to be one.
 * Returns OAUTH_RECORD_OK, and *len is the number of bytes; or
 * OAUTH_RECORD_FORM: a value is not in its range; or OAUTH_RECORD_MEMORY.
 */

oauth_record_result_t oauth_record_write(const oauth_record_t *record,
    const oauth_record_keys_t *keys, unsigned char bytes[OAUTH_RECORD_SIZE],
    size_t *len);

/*
 * Reads bytes that came from the bus.  After OAUTH_RECORD_OK a key of the fleet
 * has made them, each value is in its range, the kind of an entry is less than
 * OAUTH_REVOCATION_KINDS, and what does not belong to the kind of the record is
 * zero.  After any other result all of the record is zero.
 */

oauth_record_result_t oauth_record_read(oauth_record_t *record,
    const oauth_record_keys_t *keys, oauth_str_t bytes);


#endif /* OAUTH_RECORD_H_INCLUDED */
