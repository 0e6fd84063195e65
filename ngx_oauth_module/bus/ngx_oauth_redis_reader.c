
/*
 * The replies in what a server has sent.  hiredis' reader believes what an
 * array claims: "*2147483647" makes it allocate 16 gigabytes, and the time to
 * free them stops the worker for seconds.  Here the function that it calls for
 * each array is replaced by one that counts first.  What hiredis has not parsed
 * yet is looked at as well, since it waits for a string of any length.
 *
 * The differences between hiredis 0.14 and 1.x are in this file only.
 */


#include "ngx_oauth_redis_reader.h"


#define NGX_OAUTH_REDIS_READER_LINE   4096  /* bytes of a line            */
#define NGX_OAUTH_REDIS_READER_DEPTH  6     /* arrays in arrays               */


#if (HIREDIS_MAJOR >= 1)
typedef size_t  ngx_oauth_redis_reader_count_t;
#else
typedef int  ngx_oauth_redis_reader_count_t;
#endif


static void *ngx_oauth_redis_reader_array(const redisReadTask *task,
    ngx_oauth_redis_reader_count_t n);
static const char *ngx_oauth_redis_reader_unparsed(const char *data,
    size_t len);


ngx_int_t
ngx_oauth_redis_reader_create(ngx_oauth_redis_reader_t *reader)
{
    ngx_memzero(reader, sizeof(ngx_oauth_redis_reader_t));

    reader->reader = redisReaderCreate();
    if (reader->reader == NULL) {
        return NGX_ERROR;
    }

    reader->original = reader->reader->fn;
    reader->functions = *reader->original;
    reader->functions.createArray = ngx_oauth_redis_reader_array;

    reader->reader->fn = &reader->functions;
    reader->reader->privdata = reader;

    return NGX_OK;
}


void
ngx_oauth_redis_reader_free(ngx_oauth_redis_reader_t *reader)
{
    if (reader->reader) {
        redisReaderFree(reader->reader);
        reader->reader = NULL;
    }
}


ngx_int_t
ngx_oauth_redis_reader_feed(ngx_oauth_redis_reader_t *reader,
    const u_char *data, size_t len)
{
    if (redisReaderFeed(reader->reader, (const char *) data, len) != REDIS_OK) {
        return NGX_ERROR;
    }

    reader->received += len;

    return NGX_OK;
}


ngx_int_t
ngx_oauth_redis_reader_next(ngx_oauth_redis_reader_t *reader,
    redisReply **reply)
{
    void         *object;
    size_t        unparsed;
    redisReader  *r;

    r = reader->reader;
    object = NULL;

    if (redisReaderGetReply(r, &object) != REDIS_OK) {

        if (reader->error == NULL) {
            reader->error = r->errstr;
        }

        return NGX_ERROR;
    }

    unparsed = r->len - r->pos;

    if (object) {
        *reply = object;
        reader->received = unparsed;
        reader->members = 0;

        return NGX_OK;
    }

    reader->error = (reader->received > NGX_OAUTH_REDIS_REPLY)
                    ? "the reply is larger than 4 MiB"
                    : ngx_oauth_redis_reader_unparsed(r->buf + r->pos,
                                                      unparsed);

    return reader->error ? NGX_ERROR : NGX_AGAIN;
}


/*
 * hiredis has taken the first byte of an incomplete item, which says what it
 * is.  If the rest is a number in a complete line, it is the length of a
 * string: all other items that are one line would have been taken.
 */

static const char *
ngx_oauth_redis_reader_unparsed(const char *data, size_t len)
{
    size_t      i;
    ngx_uint_t  n;

    n = 0;

    for (i = 0; i < len && data[i] >= '0' && data[i] <= '9'; i++) {

        if (n <= NGX_OAUTH_REDIS_REPLY) {
            n = n * 10 + (data[i] - '0');
        }
    }

    if (n > NGX_OAUTH_REDIS_REPLY
        && len - i >= 2 && data[i] == '\r' && data[i + 1] == '\n')
    {
        return "a string in the reply is larger than 4 MiB";
    }

    if (len > NGX_OAUTH_REDIS_READER_LINE
        && ngx_strlchr((u_char *) data,
                       (u_char *) data + NGX_OAUTH_REDIS_READER_LINE, '\r')
           == NULL)
    {
        return "a line in the reply is longer than 4 KiB";
    }

    return NULL;
}


/*
 * Every object of a reply but the first is the member of an array, so the sum
 * of what the arrays claim bounds the number of all objects.  hiredis takes a
 * NULL for a lack of memory, and stops.
 */

static void *
ngx_oauth_redis_reader_array(const redisReadTask *task,
    ngx_oauth_redis_reader_count_t n)
{
    ngx_uint_t                 depth;
    const redisReadTask       *parent;
    ngx_oauth_redis_reader_t  *reader;

    reader = task->privdata;

    if ((size_t) n > NGX_OAUTH_REDIS_MEMBERS - reader->members) {
        reader->error = "the reply has more than 16384 members";
        return NULL;
    }

    reader->members += n;

    depth = 0;

    for (parent = task->parent; parent; parent = parent->parent) {
        depth++;
    }

    if (depth > NGX_OAUTH_REDIS_READER_DEPTH) {
        reader->error = "the reply has arrays in arrays, too deep";
        return NULL;
    }

    return reader->original->createArray(task, n);
}
