
/*
 * Finds the compiled rules of a level in the configuration of nginx's rewrite
 * module.  No other file of this module knows how that configuration begins.
 * The rules belong to nginx and are only read.
 */


#include "ngx_oauth_codes.h"


/* The first member of ngx_http_rewrite_loc_conf_t. */

typedef struct {
    ngx_array_t  *codes;                /* of bytes; NULL: no rules */
} ngx_oauth_codes_conf_t;


static ngx_module_t *ngx_oauth_codes_module(ngx_conf_t *cf);


ngx_int_t
ngx_oauth_codes_start(ngx_conf_t *cf,
    const ngx_oauth_conf_location_t *location, ngx_oauth_codes_t *codes)
{
    void                    **loc_conf;
    ngx_module_t             *module;
    ngx_oauth_codes_conf_t   *rcf;

    module = ngx_oauth_codes_module(cf);

    if (module == NULL) {
        return NGX_DECLINED;
    }

    loc_conf = location->top ? location->cscf->ctx->loc_conf
                             : location->clcf->loc_conf;
    rcf = loc_conf[module->ctx_index];

    if (rcf->codes == NULL) {
        return NGX_DECLINED;
    }

    codes->p = rcf->codes->elts;
    codes->last = codes->p + rcf->codes->nelts * rcf->codes->size;

    return NGX_OK;
}


void
ngx_oauth_codes_next(ngx_oauth_codes_t *codes)
{
    size_t                    size;
    ngx_http_script_code_pt   code;

    size = sizeof(uintptr_t);
    code = ngx_oauth_codes_function(codes);

    if (code == ngx_http_script_copy_code
        && ngx_oauth_codes_fits(codes, ngx_http_script_copy_code_t))
    {
        size = sizeof(ngx_http_script_copy_code_t)
               + ((ngx_http_script_copy_code_t *) codes->p)->len;
        size = ngx_align(size, sizeof(uintptr_t));
    }

#if (NGX_PCRE)

    if (code == ngx_http_script_regex_end_code
        && ngx_oauth_codes_fits(codes, ngx_http_script_regex_end_code_t))
    {
        size = sizeof(ngx_http_script_regex_end_code_t);
    }

#endif

    codes->p += ngx_min(size, (size_t) (codes->last - codes->p));
}


static ngx_module_t *
ngx_oauth_codes_module(ngx_conf_t *cf)
{
    ngx_module_t  **modules;

    for (modules = cf->cycle->modules; *modules; modules++) {
        if (ngx_strcmp((*modules)->name, "ngx_http_rewrite_module") == 0) {
            return *modules;
        }
    }

    return NULL;
}
