
/*
 * Reads oauth_acr and oauth_max_age (RFC 9470 section 3).  The values of acr
 * are sent to clients between the quotes of a challenge, with spaces between
 * them, so they consist of the same characters as the names of scopes.
 * Everything is in the configuration's pool.
 */


#include "ngx_oauth_conf_authentication.h"
#include "oauth_scope.h"


char *
ngx_oauth_conf_authentication_acr(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    if (ngx_oauth_args_has_off(cf)) {
        return ngx_oauth_args_off(cf, &lcf->acr);
    }

    ngx_oauth_args_note(cf, &lcf->protected);

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_oauth_args_no_variables(cf, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        if (!oauth_scope_valid(ngx_oauth_str(&value[i]))) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" in \"oauth_acr\": write "
                               "each value of the claim acr as an argument of "
                               "its own, in printable ASCII without spaces, "
                               "quotes or backslashes", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return ngx_oauth_args_strings_or_off(cf, &lcf->acr);
}


char *
ngx_oauth_conf_authentication_max_age(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_int_t   seconds;
    ngx_str_t  *value;

    if (lcf->max_age != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->max_age = 0;
        return NGX_CONF_OK;
    }

    ngx_oauth_args_note(cf, &lcf->protected);

    seconds = ngx_parse_time(&value[1], 1);

    if (seconds < 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid time \"%V\" in \"oauth_max_age\": write "
                           "\"off\", or a time of 1s or more, as in 5m",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    lcf->max_age = seconds;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_oauth_conf_authentication_finish(ngx_conf_t *cf, ngx_oauth_loc_conf_t *lcf)
{
    oauth_buf_t           buf;
    oauth_str_t          *values;
    ngx_uint_t            i;
    ngx_oauth_issuer_t  **issuers;

    if (lcf->acr == NULL && lcf->max_age == 0) {
        return NGX_OK;
    }

    ngx_memzero(&buf, sizeof(oauth_buf_t));

    lcf->demand.max_age = lcf->max_age;

    values = lcf->acr ? lcf->acr->elts : NULL;

    for (i = 0; values && i < lcf->acr->nelts; i++) {

        if (i) {
            oauth_buf_append_literal(&buf, " ");
        }

        oauth_buf_append_str(&buf, values[i]);
    }

    lcf->demand.acr = values;
    lcf->demand.nacr = i;

    issuers = lcf->issuers->elts;

    for (i = 0; i < lcf->issuers->nelts; i++) {
        issuers[i]->rules.authentication = 1;
    }

    return ngx_oauth_buf_move(cf->pool, &buf, &lcf->acr_values);
}
