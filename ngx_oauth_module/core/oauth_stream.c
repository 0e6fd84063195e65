
/*
 * Ids of a Redis stream: "MS-SEQ", two numbers of 64 bits in decimal.  A server
 * writes each id in one way, without needless zeros, and no other is accepted.
 * Nothing is kept.
 */


#include <string.h>

#include "oauth_stream.h"


#define OAUTH_STREAM_DIGITS  20         /* of a number, at most               */


static int oauth_stream_read_number(oauth_str_t *text, uint64_t *number);
static size_t oauth_stream_write_number(uint64_t number, char *text);


int
oauth_stream_id_read(oauth_str_t text, oauth_stream_id_t *id)
{
    oauth_stream_id_t  read;

    if (oauth_stream_read_number(&text, &read.ms) != 0
        || text.len == 0 || *text.data != '-')
    {
        return -1;
    }

    text.data++;
    text.len--;

    if (oauth_stream_read_number(&text, &read.seq) != 0 || text.len != 0) {
        return -1;
    }

    *id = read;

    return 0;
}


/* Takes the digits off the text. */

static int
oauth_stream_read_number(oauth_str_t *text, uint64_t *number)
{
    size_t    i;
    uint64_t  digit, value;

    for (value = 0, i = 0; i < text->len; i++) {

        if (text->data[i] < '0' || text->data[i] > '9') {
            break;
        }

        digit = (uint64_t) (text->data[i] - '0');

        if (value > (UINT64_MAX - digit) / 10) {
            return -1;
        }

        value = value * 10 + digit;
    }

    if (i == 0 || (i > 1 && *text->data == '0')) {
        return -1;
    }

    text->data += i;
    text->len -= i;

    *number = value;

    return 0;
}


size_t
oauth_stream_id_write(const oauth_stream_id_t *id, char text[OAUTH_STREAM_ID])
{
    size_t  len;

    len = oauth_stream_write_number(id->ms, text);

    text[len++] = '-';

    return len + oauth_stream_write_number(id->seq, text + len);
}


static size_t
oauth_stream_write_number(uint64_t number, char *text)
{
    size_t  i, len;
    char    digits[OAUTH_STREAM_DIGITS];

    i = OAUTH_STREAM_DIGITS;

    do {
        digits[--i] = (char) ('0' + number % 10);
        number /= 10;
    } while (number);

    len = OAUTH_STREAM_DIGITS - i;

    memcpy(text, digits + i, len);

    return len;
}


int
oauth_stream_id_compare(const oauth_stream_id_t *a, const oauth_stream_id_t *b)
{
    if (a->ms != b->ms) {
        return (a->ms < b->ms) ? -1 : 1;
    }

    if (a->seq != b->seq) {
        return (a->seq < b->seq) ? -1 : 1;
    }

    return 0;
}
