
/*
 * Reads the directives about the fleet.  oauth_revocation_bus says by which
 * server the nodes tell each other what was revoked, and the bus reads the URL
 * and the files itself.  oauth_revocation_stale says which tokens are accepted
 * while that server is silent.  Everything is in the configuration's pool.
 */


#include "ngx_oauth_conf_bus.h"
#include "ngx_oauth_store_bus.h"


#define NGX_OAUTH_CONF_BUS_TIME       30000     /* ms: the default of
                                                   oauth_revocation_stale     */
#define NGX_OAUTH_CONF_BUS_FRESH      300       /* s: the same                */
#define NGX_OAUTH_CONF_BUS_LEAST      2000      /* ms: a bus without a fault
                                                   is silent for about 1 s    */
#define NGX_OAUTH_CONF_BUS_MOST       (24 * 60 * 60)    /* s                  */
#define NGX_OAUTH_CONF_BUS_STREAM     200       /* bytes of its name          */
#define NGX_OAUTH_CONF_BUS_RESOLVING  30000     /* ms: nginx's default of
                                                   resolver_timeout           */


/* The parameters of oauth_revocation_bus: each is a string of the options. */

typedef struct {
    ngx_str_t    name;
    size_t       offset;
    ngx_uint_t   file;                  /* the value is the name of one       */
} ngx_oauth_conf_bus_parameter_t;


static ngx_int_t ngx_oauth_conf_bus_parameter(ngx_conf_t *cf,
    ngx_oauth_bus_options_t *options, ngx_str_t *text);
static ngx_int_t ngx_oauth_conf_bus_set(ngx_conf_t *cf,
    const ngx_oauth_conf_bus_parameter_t *parameter, ngx_str_t *option,
    ngx_str_t *text);
static ngx_int_t ngx_oauth_conf_bus_check_stream(ngx_conf_t *cf,
    const ngx_str_t *stream);
static ngx_int_t ngx_oauth_conf_bus_mode(ngx_conf_t *cf,
    ngx_oauth_conf_stale_t *stale, ngx_str_t *text);
static ngx_int_t ngx_oauth_conf_bus_create(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf);


static const ngx_oauth_conf_bus_parameter_t  ngx_oauth_conf_bus_parameters[] = {

    { ngx_string("stream="),
      offsetof(ngx_oauth_bus_options_t, stream), 0 },

    { ngx_string("password_file="),
      offsetof(ngx_oauth_bus_options_t, password_file), 1 },

    { ngx_string("key_file="),
      offsetof(ngx_oauth_bus_options_t, key_file), 1 },

    { ngx_string("ca="),
      offsetof(ngx_oauth_bus_options_t, ca), 1 },

    { ngx_null_string, 0, 0 }
};


char *
ngx_oauth_conf_bus(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_main_conf_t  *mcf = conf;

    ngx_str_t                *value;
    ngx_uint_t                i;
    ngx_oauth_bus_options_t  *options;

    options = &mcf->bus_options;

    if (options->url.len) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "has an empty URL: write one such as redis://10.0.0.5:6379";
    }

    /* The URL may have a password in it, so no message shows it yet. */

    if (ngx_oauth_args_has_variable(&value[1])) {
        return "has a URL with a variable, and variables are not evaluated "
               "there: write the value itself, and a password into the file of "
               "\"password_file=\"";
    }

    options->url = value[1];
    ngx_oauth_place_here(cf, &options->place);

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_oauth_conf_bus_parameter(cf, options, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (options->key_file.len == 0) {
        return "has no key of the fleet, by which the nodes know each other's "
               "records: add \"key_file=FILE\", with a line that \"openssl "
               "rand -base64 32\" has written, the same on all nodes";
    }

    return NGX_CONF_OK;
}


/*
 * Of a parameter that is not known, only the name is shown: "password=" and
 * "key=" are mistakes that are easily made.
 */

static ngx_int_t
ngx_oauth_conf_bus_parameter(ngx_conf_t *cf, ngx_oauth_bus_options_t *options,
    ngx_str_t *text)
{
    size_t                                 len;
    ngx_str_t                             *option;
    const ngx_oauth_conf_bus_parameter_t  *parameter;

    for (parameter = ngx_oauth_conf_bus_parameters;
         parameter->name.len;
         parameter++)
    {
        if (text->len >= parameter->name.len
            && ngx_memcmp(text->data, parameter->name.data,
                          parameter->name.len)
               == 0)
        {
            option = (ngx_str_t *) ((u_char *) options + parameter->offset);

            return ngx_oauth_conf_bus_set(cf, parameter, option, text);
        }
    }

    for (len = 0; len < text->len; len++) {
        if (ngx_strchr("=:@", text->data[len])) {
            len++;
            break;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%*s\" of "
                       "\"oauth_revocation_bus\": write \"stream=\", "
                       "\"password_file=\", \"key_file=\" or \"ca=\" with a "
                       "value", len, text->data);

    return NGX_ERROR;
}


static ngx_int_t
ngx_oauth_conf_bus_set(ngx_conf_t *cf,
    const ngx_oauth_conf_bus_parameter_t *parameter, ngx_str_t *option,
    ngx_str_t *text)
{
    if (option->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"oauth_revocation_bus\" has the parameter \"%V\" "
                           "twice: remove \"%V\"", &parameter->name, text);
        return NGX_ERROR;
    }

    option->data = text->data + parameter->name.len;
    option->len = text->len - parameter->name.len;

    if (option->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the parameter \"%V\" of \"oauth_revocation_bus\" "
                           "has no value: write one after it, or remove it",
                           text);
        return NGX_ERROR;
    }

    if (ngx_oauth_args_no_variables(cf, option) != NGX_OK) {
        return NGX_ERROR;
    }

    return parameter->file ? ngx_conf_full_name(cf->cycle, option, 1)
                           : ngx_oauth_conf_bus_check_stream(cf, option);
}


static ngx_int_t
ngx_oauth_conf_bus_check_stream(ngx_conf_t *cf, const ngx_str_t *stream)
{
    size_t  i;

    for (i = 0; i < stream->len; i++) {
        if (stream->data[i] <= ' ' || stream->data[i] > '~') {
            break;
        }
    }

    if (i == stream->len && stream->len <= NGX_OAUTH_CONF_BUS_STREAM) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid name \"%V\" of a stream in "
                       "\"oauth_revocation_bus\": write up to %d visible ASCII "
                       "characters, as in stream=oauth:revocations", stream,
                       NGX_OAUTH_CONF_BUS_STREAM);

    return NGX_ERROR;
}


char *
ngx_oauth_conf_bus_stale(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_int_t               time;
    ngx_str_t              *value;
    ngx_oauth_main_conf_t  *mcf;

    if (lcf->stale.time != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;
    time = ngx_parse_time(&value[1], 0);

    if (time < NGX_OAUTH_CONF_BUS_LEAST
        || time > NGX_OAUTH_CONF_BUS_MOST * 1000)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid time \"%V\" in \"oauth_revocation_stale\": "
                           "write a time from 2s to 24h, as in 30s", &value[1]);
        return NGX_CONF_ERROR;
    }

    lcf->stale.time = time;

    if (ngx_oauth_conf_bus_mode(cf, &lcf->stale, &value[2]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_oauth_module);

    if (mcf->stale_place.line == 0) {
        ngx_oauth_place_here(cf, &mcf->stale_place);
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_oauth_conf_bus_mode(ngx_conf_t *cf, ngx_oauth_conf_stale_t *stale,
    ngx_str_t *text)
{
    time_t     fresh;
    ngx_str_t  value;

    static const ngx_str_t  prefix = ngx_string("fresh=");

    if (ngx_strcmp(text->data, "serve") == 0) {
        stale->mode = NGX_OAUTH_STALE_SERVE;
        return NGX_OK;
    }

    if (ngx_strcmp(text->data, "deny") == 0) {
        stale->mode = NGX_OAUTH_STALE_DENY;
        return NGX_OK;
    }

    fresh = NGX_ERROR;

    if (text->len > prefix.len
        && ngx_memcmp(text->data, prefix.data, prefix.len) == 0)
    {
        value.data = text->data + prefix.len;
        value.len = text->len - prefix.len;
        fresh = ngx_parse_time(&value, 1);
    }

    if (fresh < 1 || fresh > NGX_OAUTH_CONF_BUS_MOST) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" of "
                           "\"oauth_revocation_stale\": write \"deny\", "
                           "\"serve\", or the most that has passed since a "
                           "token was issued, 1s to 24h, as in fresh=300s",
                           text);
        return NGX_ERROR;
    }

    stale->mode = NGX_OAUTH_STALE_FRESH;
    stale->fresh = fresh;

    return NGX_OK;
}


void
ngx_oauth_conf_bus_merge(ngx_oauth_conf_stale_t *conf,
    const ngx_oauth_conf_stale_t *prev)
{
    if (conf->time == NGX_CONF_UNSET_MSEC) {
        *conf = *prev;
    }

    if (conf->time == NGX_CONF_UNSET_MSEC) {
        conf->time = NGX_OAUTH_CONF_BUS_TIME;
        conf->mode = NGX_OAUTH_STALE_FRESH;
        conf->fresh = NGX_OAUTH_CONF_BUS_FRESH;
    }
}


ngx_int_t
ngx_oauth_conf_bus_finish(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    if (mcf->bus_options.url.len) {
        return ngx_oauth_conf_bus_create(cf, mcf);
    }

    if (mcf->stale_place.line) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"oauth_revocation_stale\" has no effect, because there "
                      "is no bus that could be silent: add "
                      "\"oauth_revocation_bus\" to the http block, or remove "
                      "it in %V:%ui",
                      &mcf->stale_place.file, mcf->stale_place.line);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_conf_bus_create(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    ngx_msec_t                 timeout;
    ngx_http_core_loc_conf_t  *clcf;

    if (mcf->store == NULL) {
        ngx_oauth_place_error(cf, &mcf->bus_options.place,
                              "\"oauth_revocation_bus\" has no store for what "
                              "it brings: add \"oauth_revocation_store "
                              "FOLDER\" to the http block");
        return NGX_ERROR;
    }

    ngx_oauth_store_bus_create(mcf->store);

    mcf->bus = ngx_oauth_bus_create(cf, &mcf->bus_options, mcf->store,
                                    &ngx_oauth_module);
    if (mcf->bus == NULL) {
        return NGX_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    timeout = clcf->resolver_timeout;
    ngx_conf_init_msec_value(timeout, NGX_OAUTH_CONF_BUS_RESOLVING);

    return ngx_oauth_bus_finish(cf, mcf->bus, clcf->resolver, timeout);
}
