
/*
 * Records of the fleet for the tests, as a co-process: one request a line on
 * stdin, its words with spaces between them, and its answers on stdout, one a
 * line.  The argument is a key file; the first key signs, all are accepted.
 * Bytes are base64, ids and keys are hex, times are seconds.
 *
 *   revocation NODE ISSUER PREFIX FIRST COUNT CUT END TIME
 *       -> COUNT records: of the subjects PREFIXn, from FIRST on
 *   want NODE SINCE
 *   heartbeat NODE NUMBER CLOCK LONGEST MS-SEQ NAME
 *       -> the record
 *   read RECORD
 *       -> "revocation NODE KEY CUT END TIME", "want NODE SINCE", "heartbeat
 *          NODE NUMBER CLOCK LONGEST MS-SEQ NAME", or "bad" and the result
 *   key ISSUER SUBJECT
 *       -> the key of the entry
 */


#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "oauth_record.h"


#define RECORD_TOOL_WORDS  10
#define RECORD_TOOL_TEXT   512


static int record_tool_keys(const char *path);
static int record_tool_answer(char **word, int n);
static int record_tool_revocation(char **word);
static int record_tool_want(char **word);
static int record_tool_heartbeat(char **word);
static int record_tool_write(const oauth_record_t *record);
static int record_tool_read(const char *text);
static void record_tool_print(const oauth_record_t *record);
static int record_tool_key(const char *issuer, const char *subject,
    unsigned char key[OAUTH_REVOCATION_KEY]);
static oauth_str_t record_tool_str(const char *text);
static int record_tool_unhex(const char *text, unsigned char *bytes, size_t n);
static void record_tool_hex(const unsigned char *bytes, size_t n);


static oauth_record_keys_t  record_tool_secret;


int
main(int argc, char **argv)
{
    int      n;
    char    *line, *word[RECORD_TOOL_WORDS];
    size_t   size;

    if (argc != 2 || record_tool_keys(argv[1]) != 0) {
        fprintf(stderr, "usage: record_tool key-file\n");
        return 2;
    }

    line = NULL;
    size = 0;

    while (getline(&line, &size, stdin) > 0) {
        memset(word, 0, sizeof(word));

        for (n = 0; n < RECORD_TOOL_WORDS; n++) {
            word[n] = strtok(n ? NULL : line, " \n");

            if (word[n] == NULL) {
                break;
            }
        }

        if (n == 0 || record_tool_answer(word, n) != 0) {
            puts("error");
        }

        if (fflush(stdout) != 0) {
            return 1;
        }
    }

    free(line);
    oauth_record_wipe_keys(&record_tool_secret);

    return 0;
}


static int
record_tool_keys(const char *path)
{
    char          text[RECORD_TOOL_TEXT];
    FILE         *file;
    oauth_str_t   str;
    const char   *wrong;

    file = fopen(path, "r");
    if (file == NULL) {
        return -1;
    }

    str.data = (const unsigned char *) text;
    str.len = fread(text, 1, sizeof(text), file);
    fclose(file);

    wrong = oauth_record_read_keys(str, &record_tool_secret);

    if (wrong) {
        fprintf(stderr, "record_tool: %s\n", wrong);
    }

    return wrong ? -1 : 0;
}


static int
record_tool_answer(char **word, int n)
{
    unsigned char  key[OAUTH_REVOCATION_KEY];

    if (strcmp(word[0], "revocation") == 0 && n == 9) {
        return record_tool_revocation(word);
    }

    if (strcmp(word[0], "want") == 0 && n == 3) {
        return record_tool_want(word);
    }

    if (strcmp(word[0], "heartbeat") == 0 && n == 7) {
        return record_tool_heartbeat(word);
    }

    if (strcmp(word[0], "read") == 0 && n == 2) {
        return record_tool_read(word[1]);
    }

    if (strcmp(word[0], "key") == 0 && n == 3
        && record_tool_key(word[1], word[2], key) == 0)
    {
        record_tool_hex(key, sizeof(key));
        putchar('\n');
        return 0;
    }

    return -1;
}


static int
record_tool_revocation(char **word)
{
    long            i, first, count;
    char            subject[RECORD_TOOL_TEXT];
    oauth_record_t  record;

    memset(&record, 0, sizeof(record));

    record.kind = OAUTH_RECORD_REVOCATION;
    record.entry.cut = strtoll(word[6], NULL, 10);
    record.entry.end = strtoll(word[7], NULL, 10);
    record.entry.time = strtoll(word[8], NULL, 10);
    first = strtol(word[4], NULL, 10);
    count = strtol(word[5], NULL, 10);

    if (record_tool_unhex(word[1], record.node, sizeof(record.node)) != 0) {
        return -1;
    }

    for (i = first; i < first + count; i++) {
        (void) snprintf(subject, sizeof(subject), "%s%ld", word[3], i);

        if (record_tool_key(word[2], subject, record.entry.key) != 0
            || record_tool_write(&record) != 0)
        {
            return -1;
        }
    }

    return 0;
}


static int
record_tool_want(char **word)
{
    oauth_record_t  record;

    memset(&record, 0, sizeof(record));

    record.kind = OAUTH_RECORD_WANT;
    record.since = strtoll(word[2], NULL, 10);

    if (record_tool_unhex(word[1], record.node, sizeof(record.node)) != 0) {
        return -1;
    }

    return record_tool_write(&record);
}


static int
record_tool_heartbeat(char **word)
{
    oauth_record_t  record;

    memset(&record, 0, sizeof(record));

    record.kind = OAUTH_RECORD_HEARTBEAT;
    record.number = strtoull(word[2], NULL, 10);
    record.clock = strtoll(word[3], NULL, 10);
    record.longest = strtoll(word[4], NULL, 10);
    record.name_len = strlen(word[6]);

    if (record_tool_unhex(word[1], record.node, sizeof(record.node)) != 0
        || oauth_stream_id_read(record_tool_str(word[5]), &record.compared) != 0
        || record.name_len > sizeof(record.name))
    {
        return -1;
    }

    memcpy(record.name, word[6], record.name_len);

    return record_tool_write(&record);
}


static int
record_tool_write(const oauth_record_t *record)
{
    size_t         len;
    unsigned char  bytes[OAUTH_RECORD_SIZE];
    unsigned char  text[2 * OAUTH_RECORD_SIZE];

    if (oauth_record_write(record, &record_tool_secret, bytes, &len)
        != OAUTH_RECORD_OK)
    {
        return -1;
    }

    (void) EVP_EncodeBlock(text, bytes, (int) len);

    return (puts((char *) text) < 0) ? -1 : 0;
}


static int
record_tool_read(const char *text)
{
    int                     n, pad;
    size_t                  len;
    oauth_str_t             bytes;
    unsigned char           data[4096];
    oauth_record_t          record;
    oauth_record_result_t   result;

    len = strlen(text);

    if (len % 4 != 0 || len > sizeof(data)) {
        return -1;
    }

    n = EVP_DecodeBlock(data, (const unsigned char *) text, (int) len);
    if (n < 0) {
        return -1;
    }

    /* The decoder counts the padding. */

    pad = (len && text[len - 1] == '=') + (len > 1 && text[len - 2] == '=');

    bytes.data = data;
    bytes.len = (size_t) (n - pad);

    result = oauth_record_read(&record, &record_tool_secret, bytes);

    if (result != OAUTH_RECORD_OK) {
        printf("bad %d\n", (int) result);
        return 0;
    }

    record_tool_print(&record);

    return 0;
}


static void
record_tool_print(const oauth_record_t *record)
{
    static const char  *names[] = { "", "revocation ", "want ", "heartbeat " };

    fputs(names[record->kind], stdout);
    record_tool_hex(record->node, sizeof(record->node));

    switch (record->kind) {

    case OAUTH_RECORD_REVOCATION:
        putchar(' ');
        record_tool_hex(record->entry.key, sizeof(record->entry.key));
        printf(" %" PRId64 " %" PRId64 " %" PRId64 "\n", record->entry.cut,
               record->entry.end, record->entry.time);
        return;

    case OAUTH_RECORD_WANT:
        printf(" %" PRId64 "\n", record->since);
        return;

    default:
        printf(" %" PRIu64 " %" PRId64 " %" PRId64 " %" PRIu64 "-%" PRIu64
               " %.*s\n", record->number, record->clock, record->longest,
               record->compared.ms, record->compared.seq,
               (int) record->name_len, record->name);
    }
}


static int
record_tool_key(const char *issuer, const char *subject,
    unsigned char key[OAUTH_REVOCATION_KEY])
{
    oauth_revocation_names_t  names;

    memset(&names, 0, sizeof(names));

    names.issuer = record_tool_str(issuer);
    names.subject = record_tool_str(subject);

    return oauth_revocation_write_key(&names, key);
}


static oauth_str_t
record_tool_str(const char *text)
{
    oauth_str_t  str;

    str.data = (const unsigned char *) text;
    str.len = strlen(text);

    return str;
}


static int
record_tool_unhex(const char *text, unsigned char *bytes, size_t n)
{
    size_t    i;
    unsigned  byte;

    if (strlen(text) != 2 * n) {
        return -1;
    }

    for (i = 0; i < n; i++) {
        if (sscanf(text + 2 * i, "%2x", &byte) != 1) {
            return -1;
        }

        bytes[i] = (unsigned char) byte;
    }

    return 0;
}


static void
record_tool_hex(const unsigned char *bytes, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        printf("%02x", bytes[i]);
    }
}
