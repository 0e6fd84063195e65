
/*
 * Reads oauth_assertion_key and oauth_assertion.  The master process reads the
 * keys, usually as root, and the workers have them in memory.  The header of an
 * assertion is one of the level's headers, so what clients send under its name
 * is removed like that of oauth_header.
 */


#include "ngx_oauth_conf_assertion.h"
#include "ngx_oauth_conf_issuer_file.h"
#include "ngx_oauth_header.h"
#include "oauth_assertion.h"


#define NGX_OAUTH_CONF_ASSERTION_TTL   60       /* seconds                    */
#define NGX_OAUTH_CONF_ASSERTION_MOST  3600     /* seconds                    */
#define NGX_OAUTH_CONF_ASSERTION_KEYS  8


static ngx_int_t ngx_oauth_conf_assertion_repeated(ngx_conf_t *cf,
    const ngx_array_t *signers, ngx_str_t *file);
static char *ngx_oauth_conf_assertion_option(ngx_conf_t *cf,
    const ngx_str_t *value, ngx_oauth_conf_assertion_t *assertion);
static ngx_uint_t ngx_oauth_conf_assertion_is(const ngx_str_t *value,
    const char *name, ngx_str_t *text);
static char *ngx_oauth_conf_assertion_audience(ngx_conf_t *cf,
    ngx_str_t *text, ngx_oauth_conf_assertion_t *assertion);
static char *ngx_oauth_conf_assertion_ttl(ngx_conf_t *cf, ngx_str_t *text,
    ngx_oauth_conf_assertion_t *assertion);
static char *ngx_oauth_conf_assertion_claims(ngx_conf_t *cf,
    const ngx_str_t *text, ngx_oauth_conf_assertion_t *assertion);
static char *ngx_oauth_conf_assertion_claim(ngx_conf_t *cf, oauth_str_t name,
    ngx_oauth_conf_assertion_t *assertion);


char *
ngx_oauth_conf_assertion_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_srv_conf_t  *scf = conf;

    ngx_str_t        *value;
    oauth_signer_t  **slot;

    value = cf->args->elts;

    if (ngx_oauth_args_no_variables(cf, &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (scf->signers
        && scf->signers->nelts == NGX_OAUTH_CONF_ASSERTION_KEYS)
    {
        return "is there more than 8 times: a rotation needs two keys, remove "
               "the old ones";
    }

    slot = ngx_oauth_args_push(cf, &scf->signers, sizeof(oauth_signer_t *));
    if (slot == NULL) {
        return NGX_CONF_ERROR;
    }

    *slot = ngx_oauth_conf_issuer_file_signer(cf, &value[1],
                                              OAUTH_ASSERTION_TYPE,
                                              "oauth_assertion_key",
                                              "a private key");
    if (*slot == NULL) {
        return NGX_CONF_ERROR;
    }

    return (ngx_oauth_conf_assertion_repeated(cf, scf->signers, &value[1])
            == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* The last key must not be one of those before it. */

static ngx_int_t
ngx_oauth_conf_assertion_repeated(ngx_conf_t *cf, const ngx_array_t *signers,
    ngx_str_t *file)
{
    ngx_uint_t        i;
    oauth_str_t       kid;
    oauth_signer_t  **signer;

    signer = signers->elts;
    kid = oauth_signer_kid(signer[signers->nelts - 1]);

    for (i = 0; i < signers->nelts - 1; i++) {
        if (oauth_str_equal(oauth_signer_kid(signer[i]), kid)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "oauth_assertion_key \"%V\" has the same key as "
                               "a line before it: remove one of the two",
                               file);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


char *
ngx_oauth_conf_assertion_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    char                        *error;
    ngx_str_t                   *value;
    ngx_uint_t                   i;
    ngx_oauth_header_t          *header;
    ngx_oauth_main_conf_t       *mcf;
    ngx_oauth_conf_assertion_t  *assertion;

    static ngx_str_t  request_id = ngx_string("request_id");

    if (lcf->assertion != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->assertion = NULL;
        return (cf->args->nelts == 2)
               ? NGX_CONF_OK : "has parameters after \"off\": remove them";
    }

    assertion = ngx_pcalloc(cf->pool, sizeof(ngx_oauth_conf_assertion_t));
    if (assertion == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_oauth_place_here(cf, &assertion->place);

    error = ngx_oauth_header_add(cf, lcf, &value[1],
                                 NGX_OAUTH_HEADER_ASSERTION, &header);
    if (error != NGX_CONF_OK) {
        return error;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        error = ngx_oauth_conf_assertion_option(cf, &value[i], assertion);

        if (error != NGX_CONF_OK) {
            return error;
        }
    }

    if (assertion->ttl == 0) {
        assertion->ttl = NGX_OAUTH_CONF_ASSERTION_TTL;
    }

    lcf->assertion = assertion;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_oauth_module);
    mcf->request_id = ngx_http_get_variable_index(cf, &request_id);

    return (mcf->request_id == NGX_ERROR) ? NGX_CONF_ERROR : NGX_CONF_OK;
}


static char *
ngx_oauth_conf_assertion_option(ngx_conf_t *cf, const ngx_str_t *value,
    ngx_oauth_conf_assertion_t *assertion)
{
    ngx_str_t  text;

    if (ngx_oauth_conf_assertion_is(value, "audience=", &text)) {
        return ngx_oauth_conf_assertion_audience(cf, &text, assertion);
    }

    if (ngx_oauth_conf_assertion_is(value, "ttl=", &text)) {
        return ngx_oauth_conf_assertion_ttl(cf, &text, assertion);
    }

    if (ngx_oauth_conf_assertion_is(value, "claims=", &text)) {
        return ngx_oauth_conf_assertion_claims(cf, &text, assertion);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" of \"oauth_assertion\": write "
                       "\"audience=URL\", \"ttl=TIME\" or \"claims=NAMES\"",
                       value);

    return NGX_CONF_ERROR;
}


/* Returns 1, and what follows the name, if the value begins with the name. */

static ngx_uint_t
ngx_oauth_conf_assertion_is(const ngx_str_t *value, const char *name,
    ngx_str_t *text)
{
    size_t  len;

    len = ngx_strlen(name);

    if (value->len < len || ngx_memcmp(value->data, name, len) != 0) {
        return 0;
    }

    text->data = value->data + len;
    text->len = value->len - len;

    return 1;
}


/* An app may have a name other than a URL (StringOrURI, RFC 7519 section 2). */

static char *
ngx_oauth_conf_assertion_audience(ngx_conf_t *cf, ngx_str_t *text,
    ngx_oauth_conf_assertion_t *assertion)
{
    size_t  i;

    if (assertion->audience.len) {
        return "has the parameter \"audience\" twice: remove one of them";
    }

    if (ngx_oauth_args_no_variables(cf, text) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < text->len; i++) {
        if (text->data[i] <= 0x20 || text->data[i] >= 0x7f) {
            break;
        }
    }

    if (text->len == 0 || i < text->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid audience \"%V\" in \"oauth_assertion\": "
                           "write the URL of the app, or a name in ASCII "
                           "without spaces", text);
        return NGX_CONF_ERROR;
    }

    assertion->audience = *text;

    return NGX_CONF_OK;
}


static char *
ngx_oauth_conf_assertion_ttl(ngx_conf_t *cf, ngx_str_t *text,
    ngx_oauth_conf_assertion_t *assertion)
{
    if (assertion->ttl) {
        return "has the parameter \"ttl\" twice: remove one of them";
    }

    assertion->ttl = ngx_parse_time(text, 1);

    if (assertion->ttl < 2 || assertion->ttl > NGX_OAUTH_CONF_ASSERTION_MOST) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid time \"%V\" in \"oauth_assertion\": write "
                           "a time from 2s to 1h, as in ttl=60s", text);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_oauth_conf_assertion_claims(ngx_conf_t *cf, const ngx_str_t *text,
    ngx_oauth_conf_assertion_t *assertion)
{
    u_char       *p, *last, *comma;
    char         *error;
    oauth_str_t   name;

    if (assertion->claims) {
        return "has the parameter \"claims\" twice: remove one of them";
    }

    last = text->data + text->len;

    for (p = text->data; /* void */ ; p = comma + 1) {

        comma = ngx_strlchr(p, last, ',');
        name.data = p;
        name.len = (comma ? comma : last) - p;

        error = ngx_oauth_conf_assertion_claim(cf, name, assertion);

        if (error != NGX_CONF_OK || comma == NULL) {
            return error;
        }
    }
}


/* A copy of a claim must not replace what the assertion itself says. */

static char *
ngx_oauth_conf_assertion_claim(ngx_conf_t *cf, oauth_str_t name,
    ngx_oauth_conf_assertion_t *assertion)
{
    ngx_str_t     text;
    ngx_uint_t    i;
    const char   *why;
    oauth_str_t  *names, *slot;

    text.len = name.len;
    text.data = (u_char *) name.data;

    if (ngx_oauth_args_no_variables(cf, &text) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    why = (name.len == 0) ? "is empty"
          : oauth_assertion_is_reserved(name)
            ? "is one that nginx itself writes" : NULL;

    names = assertion->claims ? assertion->claims->elts : NULL;

    for (i = 0; names && i < assertion->claims->nelts; i++) {
        if (oauth_str_equal(names[i], name)) {
            why = "is named twice";
        }
    }

    if (why) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "claim \"%V\" in \"oauth_assertion\" %s: remove it "
                           "from \"claims=\"", &text, why);
        return NGX_CONF_ERROR;
    }

    slot = ngx_oauth_args_push(cf, &assertion->claims, sizeof(oauth_str_t));
    if (slot == NULL) {
        return NGX_CONF_ERROR;
    }

    *slot = name;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_oauth_conf_assertion_check(ngx_conf_t *cf,
    const ngx_oauth_conf_location_t *location)
{
    ngx_oauth_conf_assertion_t  *assertion;

    assertion = location->conf->assertion;

    if (assertion == NULL || location->server->signers) {
        return NGX_OK;
    }

    ngx_oauth_place_error(cf, &assertion->place,
                          "\"oauth_assertion\" is in force in \"%V\" of server "
                          "\"%V\", which has no key to sign with: add "
                          "\"oauth_assertion_key\" with a file to the server, "
                          "or \"oauth_assertion off\"",
                          &location->clcf->name, &location->cscf->server_name);

    return NGX_ERROR;
}


ngx_int_t
ngx_oauth_conf_assertion_publish(ngx_conf_t *cf, ngx_oauth_srv_conf_t *scf)
{
    ngx_uint_t        i;
    oauth_buf_t       buf;
    oauth_signer_t  **signers;

    if (scf->signers == NULL) {
        return NGX_OK;
    }

    ngx_memzero(&buf, sizeof(oauth_buf_t));

    signers = scf->signers->elts;

    for (i = 0; i < scf->signers->nelts; i++) {

        if (i == 0) {
            oauth_buf_append_literal(&buf, "{\"keys\":[");

        } else {
            oauth_buf_append_literal(&buf, ",");
        }

        if (oauth_signer_append_jwk(signers[i], &buf) != 0) {
            buf.failed = 1;
        }
    }

    oauth_buf_append_literal(&buf, "]}");

    return ngx_oauth_buf_move(cf->pool, &buf, &scf->key_set);
}
