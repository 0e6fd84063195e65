
/*
 * Finds the location that nginx would choose for a path, before any rewrite.
 * nginx's own search (ngx_http_core_find_location) is a private function, and
 * changes the request.  So its rules are written here once more, without a
 * change to captures, variables or phases.  The prefix locations are in a tree,
 * and the longest prefix wins.  Then come the regex locations in their order,
 * unless the prefix was found by "=" or "^~".  Then the same is done among the
 * locations inside the one that was found.
 */


#include "ngx_oauth_route.h"


static ngx_int_t ngx_oauth_route_find(void ***loc_conf, ngx_str_t *path);
static ngx_int_t ngx_oauth_route_find_prefix(void ***loc_conf,
    ngx_http_location_tree_node_t *node, ngx_str_t path);
static ngx_int_t ngx_oauth_route_find_regex(void ***loc_conf,
    ngx_http_core_loc_conf_t *parent, ngx_str_t *path);


const ngx_oauth_loc_conf_t *
ngx_oauth_route_lookup(ngx_http_request_t *r, ngx_str_t *path)
{
    void                      **loc_conf;
    ngx_http_core_srv_conf_t   *cscf;
    ngx_http_core_loc_conf_t   *clcf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);
    loc_conf = cscf->ctx->loc_conf;

    if (ngx_oauth_route_find(&loc_conf, path) == NGX_ERROR) {
        return NULL;
    }

    clcf = loc_conf[ngx_http_core_module.ctx_index];

    return clcf->internal ? NULL : loc_conf[ngx_oauth_module.ctx_index];
}


/*
 * Looks for the location among those inside *loc_conf, and puts it there.
 * Returns NGX_OK; NGX_DECLINED when none of them matches, so that *loc_conf is
 * unchanged; NGX_ERROR when a regex failed.
 */

static ngx_int_t
ngx_oauth_route_find(void ***loc_conf, ngx_str_t *path)
{
    ngx_int_t                  rc;
    ngx_uint_t                 noregex;
    ngx_http_core_loc_conf_t  *parent, *clcf;

    noregex = 0;
    parent = (*loc_conf)[ngx_http_core_module.ctx_index];

    rc = ngx_oauth_route_find_prefix(loc_conf, parent->static_locations, *path);

    if (rc == NGX_AGAIN) {

#if (NGX_PCRE)
        clcf = (*loc_conf)[ngx_http_core_module.ctx_index];
        noregex = clcf->noregex;
#endif

        rc = ngx_oauth_route_find(loc_conf, path);
    }

    if (rc != NGX_DECLINED || noregex) {
        return rc;
    }

    return ngx_oauth_route_find_regex(loc_conf, parent, path);
}


/*
 * Returns NGX_AGAIN when the location is the longest prefix of the path; NGX_OK
 * when it is an exact location ("=") of this path; NGX_DECLINED when there is
 * none.  If nginx would redirect the path "/mcp" to "/mcp/", the result is the
 * location "/mcp/", with NGX_OK.
 */

static ngx_int_t
ngx_oauth_route_find_prefix(void ***loc_conf,
    ngx_http_location_tree_node_t *node, ngx_str_t path)
{
    size_t                     len;
    ngx_int_t                  rc, diff;
    ngx_http_core_loc_conf_t  *clcf;

    rc = NGX_DECLINED;

    while (node) {

        len = ngx_min(path.len, (size_t) node->len);
        diff = ngx_filename_cmp(path.data, node->name, len);

        if (diff != 0) {
            node = (diff < 0) ? node->left : node->right;
            continue;
        }

        clcf = node->exact ? node->exact : node->inclusive;

        if (path.len == (size_t) node->len) {
            *loc_conf = clcf->loc_conf;
            return node->exact ? NGX_OK : NGX_AGAIN;
        }

        if (path.len > (size_t) node->len) {

            if (node->inclusive == NULL) {
                node = node->right;
                continue;
            }

            *loc_conf = node->inclusive->loc_conf;
            rc = NGX_AGAIN;

            path.data += len;
            path.len -= len;
            node = node->tree;
            continue;
        }

        if (path.len + 1 == (size_t) node->len && node->auto_redirect) {
            *loc_conf = clcf->loc_conf;
            rc = NGX_OK;
        }

        node = node->left;
    }

    return rc;
}


static ngx_int_t
ngx_oauth_route_find_regex(void ***loc_conf,
    ngx_http_core_loc_conf_t *parent, ngx_str_t *path)
{
#if (NGX_PCRE)

    ngx_int_t                   n;
    ngx_http_core_loc_conf_t  **clcf;

    for (clcf = parent->regex_locations; clcf && *clcf; clcf++) {

        n = ngx_regex_exec((*clcf)->regex->regex, path, NULL, 0);

        if (n == NGX_REGEX_NO_MATCHED) {
            continue;
        }

        if (n < 0) {
            return NGX_ERROR;
        }

        *loc_conf = (*clcf)->loc_conf;

        return ngx_oauth_route_find(loc_conf, path) == NGX_ERROR
               ? NGX_ERROR : NGX_OK;
    }

#endif

    return NGX_DECLINED;
}
