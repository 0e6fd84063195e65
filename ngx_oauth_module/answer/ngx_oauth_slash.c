
/*
 * If a configuration has only a location "/mcp/", nginx redirects "/mcp" to
 * "/mcp/" while it looks for a location, before it asks any module.  If the
 * location is protected, the client must get the response that it would get
 * with the slash, so the header filter replaces the redirect.  The response is
 * prepared in the request's pool.
 */


#include "ngx_oauth_cors.h"
#include "ngx_oauth_reply.h"
#include "ngx_oauth_slash.h"
#include "ngx_oauth_steps.h"
#include "ngx_oauth_text.h"


static ngx_uint_t ngx_oauth_slash_is_paged(ngx_http_core_loc_conf_t *clcf,
    ngx_uint_t status);


/*
 * The redirect stays in a dry run, if another module may let the request in
 * (satisfy any), if the location has an error_page for the status of the
 * refusal, or if the module would have to wait for keys.  The redirect reveals
 * nothing about the resource.  nginx does not tell filters why it redirects.
 * So the redirect is recognised by the name of the location, which is the path
 * with a slash; a limit_except has that name, too.
 */

ngx_int_t
ngx_oauth_slash_redirect(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_oauth_ctx_t             *ctx;
    const ngx_oauth_loc_conf_t  *lcf;
    ngx_http_core_loc_conf_t    *clcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (lcf->issuers == NULL
        || lcf->dry_run
        || clcf->satisfy == NGX_HTTP_SATISFY_ANY
        || clcf->name.len != r->uri.len + 1
        || clcf->name.data[r->uri.len] != '/'
        || ngx_strncmp(clcf->name.data, r->uri.data, r->uri.len) != 0)
    {
        return NGX_DECLINED;
    }

    ctx = ngx_oauth_context_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->refusal.status) {
        return NGX_DECLINED;
    }

    rc = ngx_oauth_cors_preflight(r);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ngx_oauth_steps_walk(ctx, r, NGX_OAUTH_WAIT_LATER) != NGX_DECLINED
        || ngx_oauth_slash_is_paged(clcf, ngx_oauth_text_status(ctx->reason)))
    {
        return NGX_DECLINED;
    }

    return ngx_oauth_reply(ctx);
}


static ngx_uint_t
ngx_oauth_slash_is_paged(ngx_http_core_loc_conf_t *clcf, ngx_uint_t status)
{
    ngx_uint_t            i;
    ngx_http_err_page_t  *pages;

    if (clcf->error_pages == NULL) {
        return 0;
    }

    pages = clcf->error_pages->elts;

    for (i = 0; i < clcf->error_pages->nelts; i++) {
        if (pages[i].status == (ngx_int_t) status) {
            return 1;
        }
    }

    return 0;
}
