
/*
 * Warnings at the end of the configuration, about what nginx accepts although
 * the administrator probably did not mean it: a directive such as oauth_scope
 * where "oauth" was forgotten, which a test of the configuration refuses; a
 * resource URL that was derived from server_name and listen and is not the one
 * that clients use; and a "return" or "rewrite" that answers before the access
 * phase, so before the token is checked.  Nothing is kept.
 */


#include "ngx_oauth_codes.h"
#include "ngx_oauth_conf_warn.h"
#include "ngx_oauth_origin.h"
#include "ngx_oauth_resource.h"


static void ngx_oauth_conf_warn_early(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf);
static ngx_uint_t ngx_oauth_conf_warn_open(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf);
static ngx_int_t ngx_oauth_conf_warn_judge(ngx_conf_t *cf, ngx_uint_t n);
static void ngx_oauth_conf_warn_derived(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *cscf, ngx_oauth_resource_t *resource);
static const char *ngx_oauth_conf_warn_directive(ngx_oauth_codes_t *codes);
static ngx_uint_t ngx_oauth_conf_warn_is_return(ngx_oauth_codes_t *codes);
static ngx_uint_t ngx_oauth_conf_warn_is_redirect(ngx_oauth_codes_t *codes);


ngx_int_t
ngx_oauth_conf_warn(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    ngx_uint_t                   i, k, open;
    ngx_oauth_conf_location_t   *locations;
    ngx_oauth_resource_t       **resources;

    ngx_oauth_conf_warn_early(cf, mcf);
    open = ngx_oauth_conf_warn_open(cf, mcf);

    locations = mcf->locations.elts;

    for (i = 0; i < mcf->locations.nelts; i++) {

        if (!locations[i].top) {
            continue;
        }

        resources = locations[i].server->resources.elts;

        for (k = 0; k < locations[i].server->resources.nelts; k++) {
            if (resources[k]->derived.line) {
                ngx_oauth_conf_warn_derived(cf, locations[i].cscf,
                                            resources[k]);
            }
        }
    }

    return ngx_oauth_conf_warn_judge(cf, open);
}


static void
ngx_oauth_conf_warn_early(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    const char                 *directive;
    ngx_uint_t                  i;
    ngx_oauth_codes_t           codes;
    ngx_oauth_loc_conf_t       *lcf;
    ngx_oauth_conf_location_t  *locations;

    locations = mcf->locations.elts;

    for (i = 0; i < mcf->locations.nelts; i++) {

        lcf = locations[i].conf;

        if (lcf->issuers == NULL || locations[i].top) {
            continue;
        }

        directive = ngx_oauth_codes_start(cf, &locations[i], &codes) == NGX_OK
                    ? ngx_oauth_conf_warn_directive(&codes) : NULL;

        if (directive) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "\"%s\" in the protected location \"%V\" of server "
                          "\"%V\" answers before nginx checks a token: write "
                          "\"oauth off\" there if everybody may get that "
                          "answer; \"oauth\" is in %V:%ui",
                          directive, &locations[i].clcf->name,
                          &locations[i].cscf->server_name, &lcf->place.file,
                          lcf->place.line);
        }
    }
}


/*
 * A directive such as oauth_scope is in order when its level or one inside it
 * is protected, or when "oauth off" is in force on its level because somebody
 * wrote it there or around it.  Returns on how many levels there is one that is
 * not in order.
 */

static ngx_uint_t
ngx_oauth_conf_warn_open(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    ngx_uint_t                  i, n;
    ngx_oauth_conf_location_t  *locations;
    ngx_oauth_loc_conf_t       *lcf;

    locations = mcf->locations.elts;

    for (i = 0; i < mcf->locations.nelts; i++) {

        if (locations[i].conf->issuers == NULL) {
            continue;
        }

        for (lcf = locations[i].conf; lcf; lcf = lcf->outer) {
            lcf->protects = 1;
        }
    }

    n = 0;

    for (i = 0; i < mcf->locations.nelts; i++) {

        lcf = locations[i].conf;

        if (lcf->protected.name.len == 0 || lcf->protects || lcf->place.line) {
            continue;
        }

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"%V\" is in \"%V\" of server \"%V\", which no "
                      "\"oauth\" protects: add \"oauth\" with the name of an "
                      "issuer, or \"oauth off\" if everybody may have access, "
                      "in %V:%ui",
                      &lcf->protected.name, &locations[i].clcf->name,
                      &locations[i].cscf->server_name,
                      &lcf->protected.place.file, lcf->protected.place.line);

        n++;
    }

    return n;
}


/*
 * Debian's nginx.service runs "nginx -t -q" before each start, so a test that
 * asks for errors only (-q) is taken for a part of a start.
 */

static ngx_int_t
ngx_oauth_conf_warn_judge(ngx_conf_t *cf, ngx_uint_t n)
{
    if (n == 0 || !ngx_test_config || ngx_quiet_mode) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"oauth_scope\", \"oauth_require\", \"oauth_acr\", "
                  "\"oauth_max_age\", \"oauth_header\", "
                  "\"oauth_assertion\", \"oauth_dpop\" or "
                  "\"oauth_mtls\" protects nothing at %ui place%s, see the "
                  "warnings above: add \"oauth\" with the name of an issuer, "
                  "or \"oauth off\" if everybody may have access; nginx starts "
                  "and reloads with this configuration, but \"nginx -t\" "
                  "refuses it",
                  n, n == 1 ? "" : "s");

    return NGX_ERROR;
}


static void
ngx_oauth_conf_warn_derived(ngx_conf_t *cf, ngx_http_core_srv_conf_t *cscf,
    ngx_oauth_resource_t *resource)
{
    ngx_uint_t               i;
    oauth_url_t              url;
    ngx_http_server_name_t  *names;

    if (oauth_url_parse(ngx_oauth_str(&resource->url), &url) == NULL
        && !oauth_url_is_secure(&url))
    {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "the resource of \"oauth\" is \"%V\", derived from "
                      "server_name and listen; clients that use https refuse "
                      "this URL: add \"oauth_resource\" with the URL that "
                      "clients use, or \"ssl\" to listen, in %V:%ui",
                      &resource->url, &resource->derived.file,
                      resource->derived.line);
    }

    names = cscf->server_names.elts;

    for (i = 1; i < cscf->server_names.nelts; i++) {

        if (!ngx_oauth_origin_is_literal(&names[i].name)
            || (names[i].name.len == names[0].name.len
                && ngx_strncasecmp(names[i].name.data, names[0].name.data,
                                   names[0].name.len)
                   == 0))
        {
            continue;
        }

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "the resource of \"oauth\" is \"%V\"; clients that use "
                      "the server_name \"%V\" refuse this URL: give the name "
                      "a server of its own, or add \"oauth_resource\" with the "
                      "one URL that clients use, in %V:%ui",
                      &resource->url, &names[i].name, &resource->derived.file,
                      resource->derived.line);
    }
}


/* Returns the directive that answers, or NULL when no rule answers. */

static const char *
ngx_oauth_conf_warn_directive(ngx_oauth_codes_t *codes)
{
    for ( /* void */ ; ngx_oauth_codes_more(codes);
          ngx_oauth_codes_next(codes))
    {
        if (ngx_oauth_conf_warn_is_return(codes)) {
            return "return";
        }

        if (ngx_oauth_conf_warn_is_redirect(codes)) {
            return "rewrite";
        }
    }

    return NULL;
}


/*
 * A "return" with an error code and no text is not counted: it shows nothing to
 * anybody, and is often written for an error_page.
 */

static ngx_uint_t
ngx_oauth_conf_warn_is_return(ngx_oauth_codes_t *codes)
{
    ngx_http_script_return_code_t  *code;

    code = (ngx_http_script_return_code_t *) codes->p;

    return ngx_oauth_codes_fits(codes, ngx_http_script_return_code_t)
           && code->code == ngx_http_script_return_code
           && (code->status < NGX_HTTP_BAD_REQUEST
               || code->text.value.len
               || code->text.lengths);
}


static ngx_uint_t
ngx_oauth_conf_warn_is_redirect(ngx_oauth_codes_t *codes)
{
#if (NGX_PCRE)

    ngx_http_script_regex_code_t  *code;

    code = (ngx_http_script_regex_code_t *) codes->p;

    return ngx_oauth_codes_fits(codes, ngx_http_script_regex_code_t)
           && code->code == ngx_http_script_regex_start_code
           && code->redirect;

#else

    return 0;

#endif
}
