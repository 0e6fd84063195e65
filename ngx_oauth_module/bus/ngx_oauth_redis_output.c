
/*
 * The commands that are about to be sent.  hiredis writes each in its own
 * memory, and it is copied behind those that are not sent yet.  Every memory
 * that a command was in is wiped, since the first one has the password.
 */


#include "ngx_oauth_redis_output.h"


#define NGX_OAUTH_REDIS_OUTPUT_SIZE  4096       /* bytes, at first            */


static ngx_int_t ngx_oauth_redis_output_reserve(
    ngx_oauth_redis_output_t *output, size_t len, ngx_log_t *log);


ngx_int_t
ngx_oauth_redis_output_add(ngx_oauth_redis_output_t *output, ngx_uint_t argc,
    const ngx_str_t *argv, ngx_log_t *log)
{
    char        *command;
    size_t       lens[NGX_OAUTH_REDIS_ARGS];
    ngx_int_t    rc;
    long long    len;
    ngx_uint_t   i;
    const char  *args[NGX_OAUTH_REDIS_ARGS];

    if (argc == 0 || argc > NGX_OAUTH_REDIS_ARGS) {
        return NGX_ERROR;
    }

    for (i = 0; i < argc; i++) {
        args[i] = argv[i].len ? (const char *) argv[i].data : "";
        lens[i] = argv[i].len;
    }

    len = redisFormatCommandArgv(&command, (int) argc, args, lens);
    if (len < 0) {
        return NGX_ERROR;
    }

    rc = ngx_oauth_redis_output_reserve(output, (size_t) len, log);

    if (rc == NGX_OK) {
        output->last = ngx_cpymem(output->last, command, len);
    }

    ngx_explicit_memzero(command, (size_t) len);
    redisFreeCommand(command);

    return rc;
}


static ngx_int_t
ngx_oauth_redis_output_reserve(ngx_oauth_redis_output_t *output, size_t len,
    ngx_log_t *log)
{
    u_char  *start;
    size_t   size, unsent;

    if (len <= (size_t) (output->end - output->last)) {
        return NGX_OK;
    }

    unsent = output->last - output->pos;

    if (len > NGX_OAUTH_REDIS_UNSENT - unsent) {
        return NGX_BUSY;
    }

    size = ngx_max((size_t) (output->end - output->start),
                   NGX_OAUTH_REDIS_OUTPUT_SIZE);

    while (size < unsent + len) {
        size *= 2;
    }

    start = ngx_alloc(size, log);
    if (start == NULL) {
        return NGX_ERROR;
    }

    if (unsent) {
        ngx_memcpy(start, output->pos, unsent);
    }

    ngx_oauth_redis_output_free(output);

    output->start = start;
    output->pos = start;
    output->last = start + unsent;
    output->end = start + size;

    return NGX_OK;
}


ngx_int_t
ngx_oauth_redis_output_send(ngx_oauth_redis_output_t *output,
    ngx_connection_t *c)
{
    ssize_t  n;

    while (output->pos < output->last) {

        n = c->send(c, output->pos, output->last - output->pos);

        if (n == NGX_AGAIN || n == 0) {
            return NGX_AGAIN;
        }

        if (n < 0) {
            return NGX_ERROR;
        }

        ngx_explicit_memzero(output->pos, (size_t) n);
        output->pos += n;
    }

    output->pos = output->start;
    output->last = output->start;

    return NGX_OK;
}


void
ngx_oauth_redis_output_free(ngx_oauth_redis_output_t *output)
{
    if (output->start == NULL) {
        return;
    }

    ngx_explicit_memzero(output->start, output->last - output->start);
    ngx_free(output->start);

    ngx_memzero(output, sizeof(ngx_oauth_redis_output_t));
}
