
/*
 * What a token must say, apart from its scopes: the directives oauth_audience
 * (RFC 7519 section 4.1.3) and oauth_require.  Each directive is checked when
 * nginx reads it, and leaves an array in the configuration's pool.
 */


#include "ngx_oauth_claim.h"
#include "ngx_oauth_require.h"


static ngx_uint_t ngx_oauth_require_is_inner(oauth_str_t path);
static ngx_int_t ngx_oauth_require_value(ngx_conf_t *cf,
    ngx_oauth_require_t *require, ngx_str_t *value);


char *
ngx_oauth_require_parse_audience(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    char  *error;

    error = ngx_oauth_args_strings_or_off(cf, &lcf->audience);

    if (error != NGX_CONF_OK) {
        return error;
    }

    lcf->any_audience = (lcf->audience == NULL);

    if (lcf->any_audience) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "oauth_audience off: tokens that were issued "
                           "for other services are accepted here");
    }

    return NGX_CONF_OK;
}


char *
ngx_oauth_require_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t            *value;
    ngx_uint_t            i;
    ngx_oauth_require_t  *require;

    value = cf->args->elts;

    if (ngx_oauth_claim_check(cf, &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_oauth_require_is_inner(ngx_oauth_str(&value[1]))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "claim path \"%V\" leads to an actor that does not "
                           "act now, and must not decide (RFC 8693 section "
                           "4.1): write act.sub or act.iss", &value[1]);
        return NGX_CONF_ERROR;
    }

    ngx_oauth_args_note(cf, &lcf->protected);

    require = ngx_oauth_args_push(cf, &lcf->requires,
                                   sizeof(ngx_oauth_require_t));
    if (require == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(require, sizeof(ngx_oauth_require_t));

    require->claim = ngx_oauth_str(&value[1]);

    for (i = 2; i < cf->args->nelts; i++) {

        if (value[i].len == 0) {
            return "has an empty value, which an empty claim would match: "
                   "write what the claim must contain";
        }

        if (ngx_oauth_require_value(cf, require, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_oauth_require_is_inner(oauth_str_t path)
{
    return oauth_str_equal(path, oauth_str("act.act"))
           || oauth_str_starts(path, oauth_str("act.act."));
}


static ngx_int_t
ngx_oauth_require_value(ngx_conf_t *cf, ngx_oauth_require_t *require,
    ngx_str_t *value)
{
    oauth_str_t  *text;

    if (!ngx_oauth_args_has_variable(value)) {

        text = ngx_oauth_args_push(cf, &require->values, sizeof(oauth_str_t));
        if (text == NULL) {
            return NGX_ERROR;
        }

        *text = ngx_oauth_str(value);

        return NGX_OK;
    }

    return ngx_oauth_args_complex(cf, &require->variables, value) ? NGX_OK
                                                                  : NGX_ERROR;
}
