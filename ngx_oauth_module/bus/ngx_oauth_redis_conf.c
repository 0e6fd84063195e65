
/*
 * The server of the bus as a configuration names it.  Each error says what to
 * write instead.  A URL with a password in it is refused without being shown,
 * since a password in the configuration ends up in backups, in tickets, and in
 * what "nginx -T" prints.
 */


#include "ngx_oauth_file.h"
#include "ngx_oauth_redis.h"
#include "ngx_oauth_redis_conf.h"
#include "ngx_oauth_redis_tls.h"


#define NGX_OAUTH_REDIS_CONF_PORT  6379


/* What is being read. */

typedef struct {
    ngx_conf_t               *cf;
    const ngx_oauth_place_t  *place;
    ngx_oauth_redis_conf_t   *conf;
    ngx_str_t                 rest;         /* of the URL                     */
    ngx_uint_t                tls;
} ngx_oauth_redis_conf_parser_t;


static ngx_int_t ngx_oauth_redis_conf_error(
    ngx_oauth_redis_conf_parser_t *parser, const char *why);
static ngx_uint_t ngx_oauth_redis_conf_has_password(ngx_str_t *url);
static ngx_int_t ngx_oauth_redis_conf_url(
    ngx_oauth_redis_conf_parser_t *parser);
static ngx_uint_t ngx_oauth_redis_conf_begins(
    ngx_oauth_redis_conf_parser_t *parser, const char *scheme, size_t len);
static ngx_int_t ngx_oauth_redis_conf_unix(
    ngx_oauth_redis_conf_parser_t *parser);
static ngx_int_t ngx_oauth_redis_conf_inet(
    ngx_oauth_redis_conf_parser_t *parser);
static ngx_int_t ngx_oauth_redis_conf_user(
    ngx_oauth_redis_conf_parser_t *parser);
static ngx_int_t ngx_oauth_redis_conf_port(
    ngx_oauth_redis_conf_parser_t *parser);
static ngx_int_t ngx_oauth_redis_conf_host(
    ngx_oauth_redis_conf_parser_t *parser);
static ngx_int_t ngx_oauth_redis_conf_db(
    ngx_oauth_redis_conf_parser_t *parser, u_char *p, u_char *last);
static ngx_int_t ngx_oauth_redis_conf_password(
    ngx_oauth_redis_conf_parser_t *parser, ngx_str_t *file);
static ngx_int_t ngx_oauth_redis_conf_tls(
    ngx_oauth_redis_conf_parser_t *parser, ngx_str_t *ca);


ngx_oauth_redis_conf_t *
ngx_oauth_redis_conf_parse(ngx_conf_t *cf, const ngx_oauth_place_t *place,
    ngx_str_t *url, ngx_str_t *password_file, ngx_str_t *ca)
{
    ngx_oauth_redis_conf_parser_t  parser;

    ngx_memzero(&parser, sizeof(ngx_oauth_redis_conf_parser_t));

    parser.cf = cf;
    parser.place = place;
    parser.rest = *url;
    parser.conf = ngx_pcalloc(cf->pool, sizeof(ngx_oauth_redis_conf_t));

    if (parser.conf == NULL) {
        return NULL;
    }

    if (ngx_oauth_redis_conf_has_password(url)) {
        ngx_oauth_place_error(cf, place, "the URL of the bus has a password in "
                              "it: write that into a file, remove it from the "
                              "URL, and add \"password_file=\" with the file");
        return NULL;
    }

    parser.conf->url = *url;

    if (ngx_oauth_redis_conf_url(&parser) != NGX_OK
        || ngx_oauth_redis_conf_password(&parser, password_file) != NGX_OK
        || ngx_oauth_redis_conf_tls(&parser, ca) != NGX_OK)
    {
        return NULL;
    }

    return parser.conf;
}


/* A colon in front of the last "@", except the one of the scheme. */

static ngx_uint_t
ngx_oauth_redis_conf_has_password(ngx_str_t *url)
{
    u_char  *p, *last;

    last = url->data + url->len;

    while (last > url->data && last[-1] != '@') {
        last--;
    }

    if (ngx_strncmp(url->data, "unix:", 5) == 0) {
        return 0;
    }

    for (p = url->data; p < last; p++) {
        if (*p == ':' && (last - p < 3 || p[1] != '/' || p[2] != '/')) {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_oauth_redis_conf_error(ngx_oauth_redis_conf_parser_t *parser,
    const char *why)
{
    ngx_oauth_place_error(parser->cf, parser->place,
                          "the URL of the bus, \"%V\", %s",
                          &parser->conf->url, why);

    return NGX_ERROR;
}


static ngx_int_t
ngx_oauth_redis_conf_url(ngx_oauth_redis_conf_parser_t *parser)
{
    size_t  i;

    for (i = 0; i < parser->rest.len; i++) {
        if (parser->rest.data[i] <= 0x20 || parser->rest.data[i] >= 0x7f
            || ngx_strchr("?#%\\", parser->rest.data[i]))
        {
            return ngx_oauth_redis_conf_error(parser,
                                              "has a character that cannot be "
                                              "in it: write redis://[user@]"
                                              "host[:port][/db]");
        }
    }

    if (ngx_oauth_redis_conf_begins(parser, "unix:", 5)) {
        return ngx_oauth_redis_conf_unix(parser);
    }

    if (ngx_oauth_redis_conf_begins(parser, "rediss://", 9)) {
        parser->tls = 1;

    } else if (!ngx_oauth_redis_conf_begins(parser, "redis://", 8)) {
        return ngx_oauth_redis_conf_error(parser, "does not begin with "
                                          "\"redis://\", \"rediss://\" or "
                                          "\"unix:\": write one of them");
    }

    return ngx_oauth_redis_conf_inet(parser);
}


/* Takes the scheme away. */

static ngx_uint_t
ngx_oauth_redis_conf_begins(ngx_oauth_redis_conf_parser_t *parser,
    const char *scheme, size_t len)
{
    if (parser->rest.len < len
        || ngx_strncmp(parser->rest.data, scheme, len) != 0)
    {
        return 0;
    }

    parser->rest.data += len;
    parser->rest.len -= len;

    return 1;
}


static ngx_int_t
ngx_oauth_redis_conf_unix(ngx_oauth_redis_conf_parser_t *parser)
{
    u_char              *p, *last;
    ngx_str_t           *rest;
    struct sockaddr_un  *sun;

    rest = &parser->rest;
    last = rest->data + rest->len;
    p = ngx_strlchr(rest->data, last, ':');

    if (p) {

        if (ngx_oauth_redis_conf_db(parser, p + 1, last) != NGX_OK) {
            return NGX_ERROR;
        }

        rest->len = p - rest->data;
    }

    if (rest->len < 2 || rest->data[0] != '/') {
        return ngx_oauth_redis_conf_error(parser, "has no absolute path: write "
                                          "unix:/path[:db]");
    }

    sun = ngx_pcalloc(parser->cf->pool, sizeof(struct sockaddr_un));
    if (sun == NULL) {
        return NGX_ERROR;
    }

    if (rest->len >= sizeof(sun->sun_path)) {
        return ngx_oauth_redis_conf_error(parser, "has a path that is too long "
                                          "for a unix socket: move the socket");
    }

    sun->sun_family = AF_UNIX;
    ngx_memcpy(sun->sun_path, rest->data, rest->len);

    parser->conf->address.sockaddr = (struct sockaddr *) sun;
    parser->conf->address.socklen = sizeof(struct sockaddr_un);
    parser->conf->address.name = parser->conf->url;

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_redis_conf_inet(ngx_oauth_redis_conf_parser_t *parser)
{
    u_char     *p, *last;
    ngx_str_t  *rest;

    rest = &parser->rest;
    last = rest->data + rest->len;
    p = ngx_strlchr(rest->data, last, '/');

    if (p) {

        if (p + 1 < last
            && ngx_oauth_redis_conf_db(parser, p + 1, last) != NGX_OK)
        {
            return NGX_ERROR;
        }

        rest->len = p - rest->data;
    }

    if (ngx_oauth_redis_conf_user(parser) != NGX_OK
        || ngx_oauth_redis_conf_port(parser) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_oauth_redis_conf_host(parser);
}


static ngx_int_t
ngx_oauth_redis_conf_user(ngx_oauth_redis_conf_parser_t *parser)
{
    u_char     *p;
    ngx_str_t  *rest;

    rest = &parser->rest;
    p = ngx_strlchr(rest->data, rest->data + rest->len, '@');

    if (p == NULL) {
        return NGX_OK;
    }

    parser->conf->user.data = rest->data;
    parser->conf->user.len = p - rest->data;

    if (parser->conf->user.len == 0) {
        return ngx_oauth_redis_conf_error(parser, "has no user in front of "
                                          "\"@\": write one, or remove the "
                                          "\"@\"");
    }

    rest->len -= p + 1 - rest->data;
    rest->data = p + 1;

    return NGX_OK;
}


/* An IPv6 address has colons, so it is in brackets. */

static ngx_int_t
ngx_oauth_redis_conf_port(ngx_oauth_redis_conf_parser_t *parser)
{
    u_char     *p, *last;
    ngx_int_t   port;
    ngx_str_t  *rest;

    rest = &parser->rest;
    last = rest->data + rest->len;
    p = rest->data;

    if (rest->len && *p == '[') {
        p = ngx_strlchr(p, last, ']');

        if (p == NULL) {
            return ngx_oauth_redis_conf_error(parser,
                                              "has a \"[\" without \"]\": "
                                              "write redis://[::1]:6379");
        }
    }

    p = ngx_strlchr(p, last, ':');

    if (p == NULL) {
        parser->conf->port = NGX_OAUTH_REDIS_CONF_PORT;
        return NGX_OK;
    }

    port = ngx_atoi(p + 1, last - (p + 1));

    if (port < 1 || port > 65535) {
        return ngx_oauth_redis_conf_error(parser, "has no port from 1 to 65535 "
                                          "after the host: write "
                                          "host:port, and an IPv6 address in "
                                          "brackets");
    }

    parser->conf->port = (in_port_t) port;
    rest->len = p - rest->data;

    return NGX_OK;
}


/* The copy has a zero byte behind it, because OpenSSL wants that. */

static ngx_int_t
ngx_oauth_redis_conf_host(ngx_oauth_redis_conf_parser_t *parser)
{
    u_char                  *p;
    size_t                   i;
    ngx_int_t                rc;
    ngx_str_t                host;
    ngx_oauth_redis_conf_t  *conf;

    conf = parser->conf;
    host = parser->rest;

    if (host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']') {
        host.data++;
        host.len -= 2;
    }

    if (host.len == 0) {
        return ngx_oauth_redis_conf_error(parser, "has no host: write "
                                          "redis://[user@]host[:port][/db]");
    }

    p = ngx_pcalloc(parser->cf->pool, host.len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, host.data, host.len);
    conf->host.data = p;
    conf->host.len = host.len;

    rc = ngx_parse_addr(parser->cf->pool, &conf->address, p, host.len);

    if (rc == NGX_OK) {
        conf->address.name = conf->host;
        ngx_inet_set_port(conf->address.sockaddr, conf->port);
    }

    if (rc != NGX_DECLINED) {
        return rc;
    }

    for (i = 0; i < host.len; i++) {
        if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z')
              || (p[i] >= '0' && p[i] <= '9') || ngx_strchr("-._", p[i])))
        {
            return ngx_oauth_redis_conf_error(parser, "has a host that is "
                                              "neither a name nor an address: "
                                              "correct it");
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_redis_conf_db(ngx_oauth_redis_conf_parser_t *parser, u_char *p,
    u_char *last)
{
    ngx_int_t  n;

    n = ngx_atoi(p, last - p);

    if (n == NGX_ERROR || n > NGX_MAX_INT32_VALUE) {
        return ngx_oauth_redis_conf_error(parser, "names a database that is "
                                          "not a number: write 0, or another "
                                          "number that the server has");
    }

    parser->conf->db.data = p;
    parser->conf->db.len = last - p;

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_redis_conf_password(ngx_oauth_redis_conf_parser_t *parser,
    ngx_str_t *file)
{
    size_t      len;
    ngx_str_t  *text;

    if (file->len == 0) {

        if (parser->conf->user.len) {
            return ngx_oauth_redis_conf_error(parser, "has a user without a "
                                              "password: add "
                                              "\"password_file=\" with the "
                                              "file that has it");
        }

        return NGX_OK;
    }

    text = ngx_oauth_file_secret(parser->cf, parser->place, file);
    if (text == NULL) {
        return NGX_ERROR;
    }

    len = text->len;

    if (len && text->data[len - 1] == '\n') {
        len--;
    }

    if (len && text->data[len - 1] == '\r') {
        len--;
    }

    if (len == 0 || ngx_strlchr(text->data, text->data + len, '\n')) {
        ngx_oauth_place_error(parser->cf, parser->place, "password_file \"%V\" "
                              "has %s: put the password there, in one line",
                              file, len ? "more than one line" : "no password");
        return NGX_ERROR;
    }

    parser->conf->password.data = text->data;
    parser->conf->password.len = len;

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_redis_conf_tls(ngx_oauth_redis_conf_parser_t *parser, ngx_str_t *ca)
{
    if (!parser->tls) {

        if (ca->len) {
            return ngx_oauth_redis_conf_error(parser, "has no TLS, so \"ca\" "
                                              "has no effect: write "
                                              "\"rediss://\", or remove "
                                              "\"ca\"");
        }

        return NGX_OK;
    }

#if (NGX_SSL)

    parser->conf->ssl = ngx_oauth_redis_tls_create(parser->cf, parser->place,
                                                   ca);

    return parser->conf->ssl ? NGX_OK : NGX_ERROR;

#else

    return ngx_oauth_redis_conf_error(parser, "needs TLS, which this nginx was "
                                      "built without: take another nginx, or "
                                      "write \"redis://\" or \"unix:\"");

#endif
}


/*
 * An http block without a "resolver" has one that nginx made up, which has no
 * server that it could ask.
 */

ngx_int_t
ngx_oauth_redis_conf_finish(ngx_conf_t *cf, const ngx_oauth_place_t *place,
    ngx_oauth_redis_conf_t *conf, ngx_resolver_t *resolver, ngx_msec_t timeout)
{
    if (conf->address.socklen == 0
        && (resolver == NULL || resolver->connections.nelts == 0))
    {
        ngx_oauth_place_error(cf, place, "the URL of the bus, \"%V\", has the "
                              "name of a host, and nginx has nobody to ask for "
                              "its address: add \"resolver\" to the http "
                              "block, or write the address instead",
                              &conf->url);
        return NGX_ERROR;
    }

    conf->resolver = resolver;
    conf->resolver_timeout = timeout;

    return NGX_OK;
}
