/*
 * A module for nginx that speaks to a Redis server as a test asks for, over the
 * module's own connection, and answers with what came:
 *
 *   redis_probe redis://127.0.0.1:6379 password_file=/path ca=/path;
 *
 * The query has the commands, as "PING;SET,key,value;GET,key".  Words that
 * begin with "!" are for the probe: "!time=100" (ms, for the commands after
 * it), "!times=1000" (each command after it so often), "!hold" (waits until the
 * connection is closed), "!done" and "!again" (in the handler of the first
 * reply: ends the connection, or ends it and opens another one, which sends the
 * commands once more), "!reopen" (the same in "closed", once), "!early" (tries
 * to send before the connection is ready).
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_oauth_redis.h"
#include "ngx_oauth_redis_conf.h"
#include "ngx_oauth_redis_error.h"


#define PROBE_TEXT   65536
#define PROBE_WORDS  16


typedef struct probe_conf_s  probe_conf_t;

struct probe_conf_s {
    ngx_oauth_redis_conf_t  *redis;
    ngx_oauth_place_t        place;
    probe_conf_t            *next;
};

typedef struct {
    ngx_oauth_redis_t        redis;
    ngx_http_request_t      *request;
    ngx_msec_t               time;
    ngx_uint_t               times;
    ngx_uint_t               waiting;           /* replies that have to come  */
    unsigned                 hold:1;
    unsigned                 done:1;
    unsigned                 again:1;
    unsigned                 reopen:1;
    unsigned                 early:1;
    u_char                  *last;
    u_char                   text[PROBE_TEXT];
} probe_ctx_t;


static ngx_int_t probe_finish(ngx_conf_t *cf);
static void *probe_create_conf(ngx_conf_t *cf);
static char *probe_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static void probe_begin(probe_ctx_t *ctx);


static ngx_command_t  probe_commands[] = {

    { ngx_string("redis_probe"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE123,
      probe_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  probe_module_ctx = {
    NULL,                                  /* preconfiguration */
    probe_finish,                          /* postconfiguration */
    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */
    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */
    probe_create_conf,                     /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  redis_probe_module = {
    NGX_MODULE_V1,
    &probe_module_ctx,                     /* module context */
    probe_commands,                        /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* What nginx looks up in a dynamic module. */

ngx_module_t *ngx_modules[] = { &redis_probe_module, NULL };
char *ngx_module_names[] = { "redis_probe_module", NULL };
char *ngx_module_order[] = { NULL };


/* Those of the configuration that is being read. */

static probe_conf_t  *probe_confs;


static void
probe_add(probe_ctx_t *ctx, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    ctx->last = ngx_vslprintf(ctx->last, ctx->text + PROBE_TEXT, fmt, args);
    va_end(args);
}


static void
probe_answer(probe_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_chain_t          out;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;

    ngx_oauth_redis_done(&ctx->redis);
    ngx_oauth_redis_done(&ctx->redis);

    rc = NGX_ERROR;
    b = ngx_calloc_buf(r->pool);

    if (b) {
        b->pos = ctx->text;
        b->last = ctx->last;
        b->memory = 1;
        b->last_buf = 1;

        out.buf = b;
        out.next = NULL;

        r->headers_out.status = NGX_HTTP_OK;
        r->headers_out.content_length_n = b->last - b->pos;

        rc = ngx_http_send_header(r);

        if (rc != NGX_ERROR) {
            rc = ngx_http_output_filter(r, &out);
        }
    }

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


static void
probe_show(probe_ctx_t *ctx, const redisReply *reply)
{
    size_t  i;

    switch (reply->type) {

    case REDIS_REPLY_ARRAY:
        probe_add(ctx, "*%uz\n", reply->elements);

        for (i = 0; i < reply->elements; i++) {
            probe_show(ctx, reply->element[i]);
        }

        return;

    case REDIS_REPLY_INTEGER:
        probe_add(ctx, ":%L\n", (int64_t) reply->integer);
        return;

    case REDIS_REPLY_NIL:
        probe_add(ctx, "nil\n");
        return;

    default:
        probe_add(ctx, "%s", reply->type == REDIS_REPLY_ERROR ? "-"
                             : reply->type == REDIS_REPLY_STATUS ? "+" : "$");
        ctx->last = ngx_oauth_redis_text(ctx->last, ctx->text + PROBE_TEXT,
                                         reply->str, reply->len);
        probe_add(ctx, "\n");
    }
}


static void
probe_reply(ngx_oauth_redis_t *redis, const redisReply *reply, void *data)
{
    probe_ctx_t *ctx = data;

    probe_show(ctx, reply);
    ctx->waiting--;

    if (ctx->again) {
        ctx->again = 0;
        ngx_oauth_redis_done(redis);
        probe_begin(ctx);
        return;
    }

    if (ctx->done || (ctx->waiting == 0 && !ctx->hold)) {
        probe_answer(ctx);
    }
}


static void
probe_send(probe_ctx_t *ctx, ngx_str_t *words, ngx_uint_t n)
{
    ngx_int_t   rc;
    ngx_uint_t  i;

    for (i = 0; i < ctx->times; i++) {

        rc = ngx_oauth_redis_send(&ctx->redis, n, words, ctx->time,
                                  probe_reply, ctx);

        if (rc != NGX_OK) {
            probe_add(ctx, rc == NGX_BUSY ? "busy %ui\n" : "error %ui\n", i);
            return;
        }

        ctx->waiting++;
    }
}


static void
probe_command(probe_ctx_t *ctx, u_char *p, u_char *last, ngx_uint_t sent)
{
    u_char     *end;
    ngx_str_t   words[PROBE_WORDS];
    ngx_uint_t  n;

    if (*p == '!') {
        ctx->hold |= (ngx_strncmp(p, "!hold", 5) == 0);

        if (!sent) {
            ctx->done |= (ngx_strncmp(p, "!done", 5) == 0);
            ctx->again |= (ngx_strncmp(p, "!again", 6) == 0);
            ctx->early |= (ngx_strncmp(p, "!early", 6) == 0);
            ctx->reopen |= (ngx_strncmp(p, "!reopen", 7) == 0);
        }

        if (ngx_strncmp(p, "!time=", 6) == 0) {
            ctx->time = ngx_atoi(p + 6, last - p - 6);
        }

        if (ngx_strncmp(p, "!times=", 7) == 0) {
            ctx->times = ngx_atoi(p + 7, last - p - 7);
        }

        return;
    }

    for (n = 0; n < PROBE_WORDS && p <= last; n++, p = end + 1) {
        end = ngx_strlchr(p, last, ',');
        end = end ? end : last;

        words[n].data = p;
        words[n].len = end - p;
    }

    if (sent) {
        probe_send(ctx, words, n);
    }
}


/* sent: 0: only what is said to the probe, before the connection is opened */

static void
probe_query(probe_ctx_t *ctx, ngx_uint_t sent)
{
    u_char     *p, *last, *end;
    ngx_str_t  *args;

    args = &ctx->request->args;
    last = args->data + args->len;

    ctx->time = 0;
    ctx->times = 1;

    for (p = args->data; p < last; p = end + 1) {
        end = ngx_strlchr(p, last, ';');
        end = end ? end : last;

        probe_command(ctx, p, end, sent);
    }
}


static void
probe_ready(ngx_oauth_redis_t *redis)
{
    probe_ctx_t *ctx = redis->data;

    probe_add(ctx, "ready\n");
    probe_query(ctx, 1);

    if (ctx->waiting == 0 && !ctx->hold) {
        probe_answer(ctx);
    }
}


static void
probe_closed(ngx_oauth_redis_t *redis)
{
    probe_ctx_t *ctx = redis->data;

    probe_add(ctx, "closed: %*s\n", redis->error_len, redis->error);

    if (ctx->reopen) {
        ctx->reopen = 0;
        probe_begin(ctx);
        return;
    }

    probe_answer(ctx);
}


static void
probe_begin(probe_ctx_t *ctx)
{
    ctx->waiting = 0;

    if (ngx_oauth_redis_start(&ctx->redis) != NGX_OK) {
        probe_closed(&ctx->redis);
        return;
    }

    if (ctx->early) {
        probe_query(ctx, 1);
    }
}


static void
probe_cleanup(void *data)
{
    probe_ctx_t *ctx = data;

    ngx_oauth_redis_done(&ctx->redis);
}


static ngx_int_t
probe_handler(ngx_http_request_t *r)
{
    ngx_int_t            rc;
    probe_ctx_t         *ctx;
    probe_conf_t        *conf;
    ngx_pool_cleanup_t  *cln;

    conf = ngx_http_get_module_loc_conf(r, redis_probe_module);

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    cln = ngx_pool_cleanup_add(r->pool, 0);
    ctx = ngx_pcalloc(r->pool, sizeof(probe_ctx_t));

    if (cln == NULL || ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = probe_cleanup;
    cln->data = ctx;

    ctx->request = r;
    ctx->last = ctx->text;
    ctx->redis.conf = conf->redis;
    ctx->redis.ready = probe_ready;
    ctx->redis.closed = probe_closed;
    ctx->redis.data = ctx;
    ctx->redis.log = ngx_cycle->log;

    r->main->count++;
    r->read_event_handler = ngx_http_test_reading;

    probe_query(ctx, 0);
    probe_begin(ctx);

    return NGX_DONE;
}


static void *
probe_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(probe_conf_t));
}


static char *
probe_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    probe_conf_t *probe = conf;

    ngx_str_t                 *value, file, ca;
    ngx_uint_t                 i;
    ngx_http_core_loc_conf_t  *clcf;

    (void) cmd;

    value = cf->args->elts;
    ngx_str_null(&file);
    ngx_str_null(&ca);

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "password_file=", 14) == 0) {
            file.data = value[i].data + 14;
            file.len = value[i].len - 14;

        } else {
            ca.data = value[i].data + 3;
            ca.len = value[i].len - 3;
        }
    }

    ngx_oauth_place_here(cf, &probe->place);

    probe->redis = ngx_oauth_redis_conf_parse(cf, &probe->place, &value[1],
                                              &file, &ca);
    if (probe->redis == NULL) {
        return NGX_CONF_ERROR;
    }

    probe->next = probe_confs;
    probe_confs = probe;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = probe_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
probe_finish(ngx_conf_t *cf)
{
    probe_conf_t              *probe;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    probe = probe_confs;
    probe_confs = NULL;

    for ( /* void */ ; probe; probe = probe->next) {
        if (ngx_oauth_redis_conf_finish(cf, &probe->place, probe->redis,
                                        clcf->resolver, 3000)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
