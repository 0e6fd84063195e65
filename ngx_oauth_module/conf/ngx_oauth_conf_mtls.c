
/*
 * Reads the directive oauth_mtls (RFC 8705 section 3).  With "certificate=" the
 * certificate is in a variable, because TLS ends in front of nginx; without it
 * the certificate is that of nginx's own connection.
 */


#include "ngx_oauth_conf_mtls.h"
#include "ngx_oauth_field.h"


static ngx_int_t ngx_oauth_conf_mtls_mode(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t *mode);
static ngx_int_t ngx_oauth_conf_mtls_certificate(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *lcf, ngx_str_t *value);
static ngx_int_t ngx_oauth_conf_mtls_field(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *lcf, ngx_str_t *value);


char *
ngx_oauth_conf_mtls_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t  *value;

    if (lcf->mtls != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    ngx_oauth_place_here(cf, &lcf->mtls_place);

    value = cf->args->elts;

    if (ngx_oauth_conf_mtls_mode(cf, &value[1], &lcf->mtls) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (lcf->mtls == NGX_OAUTH_CONF_MTLS_OFF) {
        return (cf->args->nelts == 2)
               ? NGX_CONF_OK
               : "has \"off\" together with other values: remove either";
    }

    ngx_oauth_args_note(cf, &lcf->protected);

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    return (ngx_oauth_conf_mtls_certificate(cf, lcf, &value[2]) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_int_t
ngx_oauth_conf_mtls_mode(ngx_conf_t *cf, ngx_str_t *value, ngx_uint_t *mode)
{
    ngx_uint_t  i;

    static ngx_conf_enum_t  modes[] = {
        { ngx_string("off"), NGX_OAUTH_CONF_MTLS_OFF },
        { ngx_string("on"), NGX_OAUTH_CONF_MTLS_ON },
        { ngx_string("required"), NGX_OAUTH_CONF_MTLS_REQUIRED },
        { ngx_null_string, 0 }
    };

    for (i = 0; modes[i].name.len; i++) {
        if (ngx_oauth_str_equal(&modes[i].name, value)) {
            *mode = modes[i].value;
            return NGX_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" in \"oauth_mtls\": write \"off\", "
                       "\"on\" or \"required\" first",
                       value);

    return NGX_ERROR;
}


static ngx_int_t
ngx_oauth_conf_mtls_certificate(ngx_conf_t *cf, ngx_oauth_loc_conf_t *lcf,
    ngx_str_t *value)
{
    ngx_str_t                          text;
    ngx_http_compile_complex_value_t   ccv;

    static ngx_str_t  name = ngx_string("certificate=");

    if (value->len < name.len
        || ngx_strncmp(value->data, name.data, name.len) != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in \"oauth_mtls\": the "
                           "only one is \"certificate=\" with a variable",
                           value);
        return NGX_ERROR;
    }

    text.data = value->data + name.len;
    text.len = value->len - name.len;

    if (!ngx_oauth_args_has_variable(&text)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has no variable, so that every client would "
                           "have the same certificate: name the variable "
                           "whose value is the client's certificate",
                           value);
        return NGX_ERROR;
    }

    if (ngx_oauth_conf_mtls_field(cf, lcf, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    lcf->certificate = ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (lcf->certificate == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &text;
    ccv.complex_value = lcf->certificate;

    return ngx_http_compile_complex_value(&ccv);
}


/*
 * If the value is a variable with a header field of the request, notes the name
 * of the field, and warns: clients can send it, too.
 */

static ngx_int_t
ngx_oauth_conf_mtls_field(ngx_conf_t *cf, ngx_oauth_loc_conf_t *lcf,
    ngx_str_t *value)
{
    size_t     i;
    ngx_str_t  name, *field;

    static ngx_str_t  prefix = ngx_string("http_");

    name.data = value->data + 1;
    name.len = value->len - 1;

    if (name.len > 1 && name.data[0] == '{' && name.data[name.len - 1] == '}') {
        name.data++;
        name.len -= 2;
    }

    if (value->data[0] != '$'
        || name.len <= prefix.len
        || ngx_strncasecmp(name.data, prefix.data, prefix.len) != 0)
    {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                       "oauth_mtls takes the client's certificate from a "
                       "request header, \"%V\": the server that ends TLS in "
                       "front of nginx must replace what clients send in this "
                       "header, and clients must not reach nginx without it",
                       value);

    field = &lcf->certificate_field;

    field->len = name.len - prefix.len;
    field->data = ngx_pnalloc(cf->pool, field->len);
    if (field->data == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < field->len; i++) {
        field->data[i] = ngx_oauth_field_normal(name.data[prefix.len + i]);
    }

    return NGX_OK;
}


void
ngx_oauth_conf_mtls_merge(const ngx_oauth_loc_conf_t *prev,
    ngx_oauth_loc_conf_t *conf)
{
    if (conf->mtls == NGX_CONF_UNSET_UINT) {
        conf->mtls = prev->mtls;
        conf->mtls_place = prev->mtls_place;
        conf->certificate = prev->certificate;
        conf->certificate_field = prev->certificate_field;
    }

    if (conf->mtls == NGX_CONF_UNSET_UINT) {
        conf->mtls = NGX_OAUTH_CONF_MTLS_OFF;
    }
}


void
ngx_oauth_conf_mtls_warn(ngx_conf_t *cf, const ngx_oauth_main_conf_t *mcf)
{
#if (NGX_HTTP_SSL)

    ngx_uint_t                  i;
    ngx_http_ssl_srv_conf_t    *sscf;
    ngx_oauth_loc_conf_t       *lcf;
    ngx_http_core_srv_conf_t   *warned;
    ngx_oauth_conf_location_t  *locations;

    warned = NULL;
    locations = mcf->locations.elts;

    for (i = 0; i < mcf->locations.nelts; i++) {

        lcf = locations[i].conf;

        if (lcf->resource == NULL
            || lcf->mtls == NGX_OAUTH_CONF_MTLS_OFF
            || lcf->certificate
            || locations[i].cscf == warned)
        {
            continue;
        }

        sscf = locations[i].cscf->ctx->srv_conf[ngx_http_ssl_module.ctx_index];

        if (sscf->verify) {
            continue;
        }

        warned = locations[i].cscf;

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "oauth_mtls: server \"%V\" does not ask clients for "
                      "certificates: add \"ssl_verify_client optional_no_ca\", "
                      "or, if TLS ends in front of nginx, \"certificate=\" "
                      "with a variable, in %V:%ui",
                      &warned->server_name, &lcf->mtls_place.file,
                      lcf->mtls_place.line);
    }

#endif
}
