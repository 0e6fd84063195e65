
/*
 * Takes requests to revoke: chooses the input by the type of the body, lets it
 * read the body, has its entries written, and answers when they are on disk.
 * Nothing here waits for the disk: the store calls back.
 */


#include "ngx_oauth_context.h"
#include "ngx_oauth_field.h"
#include "ngx_oauth_revoke.h"


static ngx_int_t ngx_oauth_revoke_handler(ngx_http_request_t *r);
static ngx_uint_t ngx_oauth_revoke_is_lured(const ngx_oauth_revoke_t *revoke);
static ngx_uint_t ngx_oauth_revoke_has_token(const ngx_oauth_revoke_t *revoke);
static ngx_oauth_revoke_t *ngx_oauth_revoke_create(ngx_http_request_t *r);
static void ngx_oauth_revoke_cleanup(void *data);
static ngx_int_t ngx_oauth_revoke_choose(ngx_oauth_revoke_t *revoke);
static const ngx_oauth_revoke_input_t *ngx_oauth_revoke_input(
    ngx_uint_t bits);
static ngx_uint_t ngx_oauth_revoke_bits(const ngx_str_t *type);
static ngx_uint_t ngx_oauth_revoke_is_type(const ngx_str_t *type,
    const char *name);
static void ngx_oauth_revoke_received(ngx_http_request_t *r);
static ngx_oauth_revoke_t *ngx_oauth_revoke_lookup(ngx_http_request_t *r);
static void ngx_oauth_revoke_choose_form(ngx_oauth_revoke_t *revoke);
static void ngx_oauth_revoke_run(ngx_oauth_revoke_t *revoke);
static void ngx_oauth_revoke_wake(ngx_oauth_wait_t *wait);


static const ngx_oauth_revoke_input_t  ngx_oauth_revoke_inputs[] = {

    { NGX_OAUTH_REVOKE_TOKEN, ngx_string("token"), NGX_HTTP_OK,
      2 * OAUTH_JWS_SIZE, ngx_string("application/json"),
      ngx_oauth_revoke_token, ngx_oauth_revoke_write_error },

    { NGX_OAUTH_REVOKE_ADMIN, ngx_string("admin"), NGX_HTTP_NO_CONTENT,
      OAUTH_ORDER_BODY, ngx_string("application/problem+json"),
      ngx_oauth_revoke_admin, ngx_oauth_revoke_write_problem },

    { NGX_OAUTH_REVOKE_SIGNALS, ngx_string("signals"), NGX_HTTP_ACCEPTED,
      OAUTH_ORDER_EVENT, ngx_string("application/json"),
      ngx_oauth_revoke_event, ngx_oauth_revoke_write_signal },

    { NGX_OAUTH_REVOKE_LOGOUT, ngx_string("logout"), NGX_HTTP_OK,
      2 * OAUTH_ORDER_EVENT, ngx_string("application/json"),
      ngx_oauth_revoke_event, ngx_oauth_revoke_write_error },

    { 0, ngx_null_string, 0, 0, ngx_null_string, NULL, NULL }
};


char *
ngx_oauth_revoke_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t                       *value;
    ngx_uint_t                       i;
    ngx_http_core_loc_conf_t        *clcf;
    const ngx_oauth_revoke_input_t  *input;

    static const ngx_str_t  plain = ngx_string("audit=plain");

    if (lcf->revoke) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_oauth_str_equal(&value[i], &plain)) {
            lcf->audit_plain = 1;
            continue;
        }

        for (input = ngx_oauth_revoke_inputs; input->bit; input++) {
            if (ngx_oauth_str_equal(&value[i], &input->name)) {
                break;
            }
        }

        if (input->bit == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" of \"oauth_revoke\": "
                               "write one or more of \"token\", \"admin\", "
                               "\"signals\" and \"logout\", and perhaps "
                               "\"audit=plain\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        lcf->revoke |= input->bit;
    }

    if (lcf->revoke == 0) {
        return "names no input: add \"token\", \"admin\", \"signals\" or "
               "\"logout\"";
    }

    ngx_oauth_place_here(cf, &lcf->revoke_place);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_oauth_revoke_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_oauth_revoke_handler(ngx_http_request_t *r)
{
    ngx_int_t            rc;
    ngx_oauth_revoke_t  *revoke;

    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }

    revoke = ngx_oauth_revoke_create(r);
    if (revoke == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_oauth_revoke_is_lured(revoke)) {
        return NGX_HTTP_FORBIDDEN;
    }

    if ((r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
        && (revoke->conf->revoke & NGX_OAUTH_REVOKE_ADMIN))
    {
        rc = ngx_http_discard_request_body(r);
        revoke->input = ngx_oauth_revoke_input(NGX_OAUTH_REVOKE_ADMIN);

        return (rc == NGX_OK) ? ngx_oauth_revoke_ask(revoke) : rc;
    }

    if (r->method != NGX_HTTP_POST) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    if (ngx_oauth_revoke_choose(revoke) != NGX_OK) {
        return NGX_HTTP_UNSUPPORTED_MEDIA_TYPE;
    }

    if (r->headers_in.content_length_n > (off_t) revoke->input->most) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    rc = ngx_http_read_client_request_body(r, ngx_oauth_revoke_received);

    return (rc >= NGX_HTTP_SPECIAL_RESPONSE) ? rc : NGX_DONE;
}


/*
 * Where the address alone lets a request in to the input "admin", a browser on
 * this machine is not meant: a website could have a name with a loopback
 * address, and its pages would then be of the same origin as this location.
 */

static ngx_uint_t
ngx_oauth_revoke_is_lured(const ngx_oauth_revoke_t *revoke)
{
    ngx_list_t  *fields;

    fields = &revoke->request->headers_in.headers;

    return (revoke->conf->revoke & NGX_OAUTH_REVOKE_ADMIN)
           && !ngx_oauth_revoke_has_token(revoke)
           && (ngx_oauth_field_lookup_literal(fields, "origin")
               || ngx_oauth_field_lookup_literal(fields, "sec-fetch-site"));
}


/*
 * Returns 1 if this location has accepted the token of the request.  Without
 * one, "satisfy any" may have let it in.
 */

static ngx_uint_t
ngx_oauth_revoke_has_token(const ngx_oauth_revoke_t *revoke)
{
    const ngx_oauth_ctx_t  *ctx;

    ctx = ngx_oauth_context_lookup(revoke->request);

    return ctx && ctx->decided && ctx->conf == revoke->conf
           && ctx->reason == OAUTH_OK;
}


static ngx_oauth_revoke_t *
ngx_oauth_revoke_create(ngx_http_request_t *r)
{
    ngx_oauth_revoke_t  *revoke;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_oauth_revoke_t));
    if (cln == NULL) {
        return NULL;
    }

    revoke = cln->data;
    ngx_memzero(revoke, sizeof(ngx_oauth_revoke_t));

    revoke->request = r;
    revoke->mcf = ngx_http_get_module_main_conf(r, ngx_oauth_module);
    revoke->conf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    revoke->wait.handler = ngx_oauth_revoke_wake;
    revoke->wait.data = revoke;
    revoke->wait.log = r->connection->log;

    cln->handler = ngx_oauth_revoke_cleanup;

    return revoke;
}


static void
ngx_oauth_revoke_cleanup(void *data)
{
    ngx_oauth_revoke_t  *revoke = data;

    ngx_oauth_wait_done(&revoke->wait);
    ngx_oauth_revoke_publish_done(revoke);
    ngx_oauth_revoke_token_done(revoke);
    oauth_order_free(&revoke->order);
    ngx_oauth_revoke_body_wipe(revoke);
}


/* The type of the body says which input it is for. */

static ngx_int_t
ngx_oauth_revoke_choose(ngx_oauth_revoke_t *revoke)
{
    size_t            len;
    ngx_str_t         type;
    ngx_table_elt_t  *field;

    field = revoke->request->headers_in.content_type;

    if (field == NULL) {
        return NGX_DECLINED;
    }

    type = field->value;

    for (len = 0; len < type.len; len++) {
        if (type.data[len] == ';' || type.data[len] == ' '
            || type.data[len] == '\t')
        {
            break;
        }
    }

    type.len = len;

    revoke->input = ngx_oauth_revoke_input(revoke->conf->revoke
                                           & ngx_oauth_revoke_bits(&type));

    return revoke->input ? NGX_OK : NGX_DECLINED;
}


/* Returns the first input that is one of these; NULL: there is none. */

static const ngx_oauth_revoke_input_t *
ngx_oauth_revoke_input(ngx_uint_t bits)
{
    const ngx_oauth_revoke_input_t  *input;

    for (input = ngx_oauth_revoke_inputs; input->bit; input++) {
        if (input->bit & bits) {
            return input;
        }
    }

    return NULL;
}


/* Returns the inputs that a body of this type may be for. */

static ngx_uint_t
ngx_oauth_revoke_bits(const ngx_str_t *type)
{
    if (ngx_oauth_revoke_is_type(type, "application/json")
        || (type->len > 5
            && ngx_strncasecmp(type->data + type->len - 5,
                               (u_char *) "+json", 5)
               == 0))
    {
        return NGX_OAUTH_REVOKE_ADMIN;
    }

    if (ngx_oauth_revoke_is_type(type, "application/secevent+jwt")) {
        return NGX_OAUTH_REVOKE_SIGNALS;
    }

    return ngx_oauth_revoke_is_type(type, "application/x-www-form-urlencoded")
           ? NGX_OAUTH_REVOKE_TOKEN|NGX_OAUTH_REVOKE_LOGOUT : 0;
}


static ngx_uint_t
ngx_oauth_revoke_is_type(const ngx_str_t *type, const char *name)
{
    return type->len == ngx_strlen(name)
           && ngx_strncasecmp(type->data, (u_char *) name, type->len) == 0;
}


/* nginx calls this when the body is there. */

static void
ngx_oauth_revoke_received(ngx_http_request_t *r)
{
    ngx_oauth_revoke_t  *revoke;

    revoke = ngx_oauth_revoke_lookup(r);

    if (ngx_oauth_revoke_body_read(revoke) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if (revoke->body.len > revoke->input->most) {
        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE);
        return;
    }

    ngx_oauth_revoke_choose_form(revoke);
    ngx_oauth_revoke_run(revoke);
}


/* The cleanup is there: the handler has added it. */

static ngx_oauth_revoke_t *
ngx_oauth_revoke_lookup(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;

    cln = r->pool->cleanup;

    while (cln->handler != ngx_oauth_revoke_cleanup) {
        cln = cln->next;
    }

    return cln->data;
}


/* A form may be for two inputs: its parameters say for which. */

static void
ngx_oauth_revoke_choose_form(ngx_oauth_revoke_t *revoke)
{
    if (revoke->input->bit == NGX_OAUTH_REVOKE_TOKEN
        && (revoke->conf->revoke & NGX_OAUTH_REVOKE_LOGOUT)
        && ngx_oauth_revoke_has(revoke, "logout_token"))
    {
        revoke->input = ngx_oauth_revoke_input(NGX_OAUTH_REVOKE_LOGOUT);
    }
}


/* Called again after each wait; the request may be freed when it returns. */

static void
ngx_oauth_revoke_run(ngx_oauth_revoke_t *revoke)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = revoke->request;
    rc = revoke->input->read(revoke);

    if (rc == NGX_AGAIN) {
        return;
    }

    if (rc == NGX_OK) {
        rc = ngx_oauth_revoke_commit(revoke);

        if (rc == NGX_DONE) {
            return;
        }

    } else if (rc == NGX_DECLINED) {
        rc = ngx_oauth_revoke_fail(revoke, NGX_HTTP_BAD_REQUEST);

    } else if (rc == NGX_ERROR) {
        (void) ngx_oauth_revoke_refuse(revoke, "temporarily_unavailable",
                                       revoke->missing
                                       ? "The keys or the answer of the issuer "
                                         "are not available; try again later"
                                       : "Memory is short; try again later");
        rc = ngx_oauth_revoke_fail(revoke, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    /* NGX_AGAIN is of nginx's filters here: the client reads slowly. */

    ngx_http_finalize_request(r, rc);
}


static void
ngx_oauth_revoke_wake(ngx_oauth_wait_t *wait)
{
    ngx_connection_t    *c;
    ngx_oauth_revoke_t  *revoke;

    revoke = wait->data;
    c = revoke->request->connection;

    ngx_http_set_log_request(c->log, revoke->request);

    revoke->request->read_event_handler = ngx_http_block_reading;

    ngx_oauth_revoke_run(revoke);
    ngx_http_run_posted_requests(c);
}
