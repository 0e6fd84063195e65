
/*
 * What stands in a protected location and answers before the token is looked
 * at: "return" and "rewrite" run in the rewrite phase, ahead of the access
 * phase.  A warning at the end of the configuration, one a location.
 *
 * The rewrite module keeps its configuration to itself.  Its first member is
 * the array of compiled codes; each code begins with the function that runs it,
 * and is laid out as ngx_http_script.h says.  Those of "if" blocks stand in the
 * array of the location around them.
 */


#include "ngx_oauth_conf.h"


/* How every ngx_http_rewrite_loc_conf_t begins. */

typedef struct {
    ngx_array_t  *codes;        /* of bytes; NULL: none                       */
} ngx_oauth_rewrite_conf_t;


static const char *ngx_oauth_conf_answer(ngx_array_t *codes);
static ngx_uint_t ngx_oauth_conf_is_return(u_char *p, u_char *last);
static ngx_uint_t ngx_oauth_conf_is_redirect(u_char *p, u_char *last);


void
ngx_oauth_conf_warn(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    const char                *directive;
    ngx_uint_t                 i;
    ngx_module_t              *module;
    ngx_oauth_location_t      *locations;
    ngx_oauth_loc_conf_t      *lcf;
    ngx_oauth_rewrite_conf_t  *rcf;

    module = ngx_oauth_conf_module(cf, "ngx_http_rewrite_module");

    if (module == NULL) {
        return;
    }

    locations = mcf->locations.elts;

    for (i = 0; i < mcf->locations.nelts; i++) {

        lcf = locations[i].conf;

        if (lcf->issuers == NULL || locations[i].top) {
            continue;
        }

        rcf = locations[i].clcf->loc_conf[module->ctx_index];
        directive = rcf->codes ? ngx_oauth_conf_answer(rcf->codes) : NULL;

        if (directive) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "\"%s\" in the protected location \"%V\" of server "
                          "\"%V\" answers before a token is looked at: write "
                          "\"oauth off\" there if it may, \"oauth\" is in "
                          "%V:%ui",
                          directive, &locations[i].clcf->name,
                          &locations[i].cscf->server_name, &lcf->place.file,
                          lcf->place.line);
        }
    }
}


ngx_module_t *
ngx_oauth_conf_module(ngx_conf_t *cf, const char *name)
{
    ngx_uint_t  i;

    for (i = 0; cf->cycle->modules[i]; i++) {
        if (ngx_strcmp(cf->cycle->modules[i]->name, name) == 0) {
            return cf->cycle->modules[i];
        }
    }

    return NULL;
}


/* The directive that does, or NULL.  Codes are aligned as pointers are. */

static const char *
ngx_oauth_conf_answer(ngx_array_t *codes)
{
    u_char  *p, *last;

    p = codes->elts;
    last = p + codes->nelts * codes->size;

    for ( /* void */ ; last - p >= (ssize_t) sizeof(uintptr_t);
          p += sizeof(uintptr_t))
    {
        if (ngx_oauth_conf_is_return(p, last)) {
            return "return";
        }

        if (ngx_oauth_conf_is_redirect(p, last)) {
            return "rewrite";
        }
    }

    return NULL;
}


/* An error without a text gives nothing away, and may be an error_page's. */

static ngx_uint_t
ngx_oauth_conf_is_return(u_char *p, u_char *last)
{
    ngx_http_script_return_code_t  *code;

    code = (ngx_http_script_return_code_t *) p;

    return last - p >= (ssize_t) sizeof(ngx_http_script_return_code_t)
           && code->code == ngx_http_script_return_code
           && (code->status < NGX_HTTP_BAD_REQUEST
               || code->text.value.len
               || code->text.lengths);
}


static ngx_uint_t
ngx_oauth_conf_is_redirect(u_char *p, u_char *last)
{
#if (NGX_PCRE)

    ngx_http_script_regex_code_t  *code;

    code = (ngx_http_script_regex_code_t *) p;

    return last - p >= (ssize_t) sizeof(ngx_http_script_regex_code_t)
           && code->code == ngx_http_script_regex_start_code
           && code->redirect;

#else

    return 0;

#endif
}
