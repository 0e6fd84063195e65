
/*
 * AUTH, then SELECT: each is sent when the one before it was accepted, and
 * nothing behind them.  A command behind a wrong password would be carried out
 * for the default user.
 */


#include "ngx_oauth_redis_conf.h"
#include "ngx_oauth_redis_error.h"
#include "ngx_oauth_redis_login.h"


static void ngx_oauth_redis_login_authenticated(ngx_oauth_redis_t *redis,
    const redisReply *reply, void *data);
static size_t ngx_oauth_redis_login_harmless(ngx_oauth_redis_t *redis,
    const redisReply *reply);
static void ngx_oauth_redis_login_select(ngx_oauth_redis_login_t *login);
static void ngx_oauth_redis_login_selected(ngx_oauth_redis_t *redis,
    const redisReply *reply, void *data);
static void ngx_oauth_redis_login_send(ngx_oauth_redis_login_t *login,
    ngx_uint_t argc, const ngx_str_t *argv, ngx_oauth_redis_reply_pt handler);


void
ngx_oauth_redis_login(ngx_oauth_redis_login_t *login)
{
    ngx_str_t                      argv[3];
    ngx_uint_t                     argc;
    const ngx_oauth_redis_conf_t  *conf;

    conf = login->redis->conf;

    if (conf->password.len == 0) {
        ngx_oauth_redis_login_select(login);
        return;
    }

    argc = 0;
    ngx_str_set(&argv[argc], "AUTH");
    argc++;

    if (conf->user.len) {
        argv[argc++] = conf->user;
    }

    argv[argc++] = conf->password;

    ngx_oauth_redis_login_send(login, argc, argv,
                               ngx_oauth_redis_login_authenticated);
}


static void
ngx_oauth_redis_login_authenticated(ngx_oauth_redis_t *redis,
    const redisReply *reply, void *data)
{
    ngx_oauth_redis_login_t *login = data;

    if (reply->type == REDIS_REPLY_STATUS) {
        ngx_oauth_redis_login_select(login);
        return;
    }

    ngx_oauth_redis_error_said(redis, "the server does not accept the user or "
                               "the password", reply->str,
                               ngx_oauth_redis_login_harmless(redis, reply));
    login->handler(redis, NGX_ERROR);
}


/*
 * The length of an answer to AUTH that may be shown.  Some servers quote the
 * arguments of a command that they do not take, and the password with them: the
 * text ends at the first quotation mark, or where the password begins.
 */

static size_t
ngx_oauth_redis_login_harmless(ngx_oauth_redis_t *redis,
    const redisReply *reply)
{
    size_t            i;
    const ngx_str_t  *password;

    if (reply->type != REDIS_REPLY_ERROR) {
        return 0;
    }

    password = &redis->conf->password;

    for (i = 0; i < reply->len; i++) {

        if (ngx_strchr("'`\"", reply->str[i])
            || (reply->len - i >= password->len
                && ngx_memcmp(&reply->str[i], password->data, password->len)
                   == 0))
        {
            break;
        }
    }

    return i;
}


static void
ngx_oauth_redis_login_select(ngx_oauth_redis_login_t *login)
{
    ngx_str_t                      argv[2];
    const ngx_oauth_redis_conf_t  *conf;

    conf = login->redis->conf;

    if (conf->db.len == 0) {
        login->handler(login->redis, NGX_OK);
        return;
    }

    ngx_str_set(&argv[0], "SELECT");
    argv[1] = conf->db;

    ngx_oauth_redis_login_send(login, 2, argv, ngx_oauth_redis_login_selected);
}


static void
ngx_oauth_redis_login_selected(ngx_oauth_redis_t *redis,
    const redisReply *reply, void *data)
{
    ngx_oauth_redis_login_t *login = data;

    if (reply->type == REDIS_REPLY_STATUS) {
        login->handler(redis, NGX_OK);
        return;
    }

    ngx_oauth_redis_error_said(redis, "the server does not select the database",
                               reply->str, reply->type == REDIS_REPLY_ERROR
                                           ? reply->len : 0);
    login->handler(redis, NGX_ERROR);
}


static void
ngx_oauth_redis_login_send(ngx_oauth_redis_login_t *login, ngx_uint_t argc,
    const ngx_str_t *argv, ngx_oauth_redis_reply_pt handler)
{
    if (login->send(login->redis, argc, argv, 0, handler, login) != NGX_OK) {
        ngx_oauth_redis_error(login->redis, "nginx has no memory");
        login->handler(login->redis, NGX_ERROR);
    }
}
