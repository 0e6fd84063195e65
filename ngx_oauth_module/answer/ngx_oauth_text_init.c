
/*
 * Renders the texts of refusals that do not depend on the request.  Which
 * scopes a refusal names depends on its kind and on the method of the request.
 * For each set of scopes that occurs, one text is rendered, and all locations
 * of a resource share it.  The texts are in the configuration's pool.
 */


#include "ngx_oauth_resource.h"
#include "ngx_oauth_scope.h"
#include "ngx_oauth_text.h"
#include "ngx_oauth_text_init.h"
#include "oauth_challenge.h"
#include "oauth_page.h"
#include "oauth_problem.h"


static ngx_int_t ngx_oauth_text_init_reasons(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf);
static ngx_int_t ngx_oauth_text_init_variants(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *conf);
static ngx_int_t ngx_oauth_text_init_variant(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *conf, const ngx_str_t *method);
static ngx_int_t ngx_oauth_text_init_prepare(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *conf, const ngx_str_t *method, ngx_uint_t kind,
    ngx_oauth_text_t **text);
static ngx_oauth_text_t *ngx_oauth_text_init_share(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *conf, ngx_uint_t kind, ngx_str_t *scope);
static ngx_uint_t ngx_oauth_text_init_is_same(const ngx_oauth_text_t *a,
    const ngx_oauth_text_t *b);


ngx_int_t
ngx_oauth_text_init(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    ngx_uint_t                  i;
    ngx_oauth_conf_location_t  *locations;

    if (ngx_oauth_text_init_reasons(cf, mcf) != NGX_OK) {
        return NGX_ERROR;
    }

    locations = mcf->locations.elts;

    for (i = 0; i < mcf->locations.nelts; i++) {

        if (locations[i].conf->resource
            && ngx_oauth_text_init_variants(cf, locations[i].conf) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_text_init_reasons(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    oauth_buf_t                 buf;
    ngx_uint_t                  i;
    ngx_oauth_text_reason_t    *text;
    const oauth_reason_info_t  *reason;

    mcf->reasons = ngx_pcalloc(cf->pool, OAUTH_REASONS
                                         * sizeof(ngx_oauth_text_reason_t));
    if (mcf->reasons == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&buf, sizeof(oauth_buf_t));

    for (i = 0; i < OAUTH_REASONS; i++) {

        text = &mcf->reasons[i];
        reason = oauth_reason_info(i);

        oauth_challenge_write_reason(&buf, reason);
        oauth_buf_append_str(&buf, reason->error ? oauth_str(", ")
                                                 : oauth_str(" "));

        if (ngx_oauth_buf_move(cf->pool, &buf, &text->challenge) != NGX_OK) {
            return NGX_ERROR;
        }

        oauth_problem_write_reason(&buf, reason, ngx_oauth_text_status(i));

        if (ngx_oauth_buf_move(cf->pool, &buf, &text->problem) != NGX_OK) {
            return NGX_ERROR;
        }

        oauth_page_write_reason(&buf, reason, ngx_oauth_text_status(i));

        if (ngx_oauth_buf_move(cf->pool, &buf, &text->page) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_text_init_variants(ngx_conf_t *cf, ngx_oauth_loc_conf_t *conf)
{
    ngx_str_t          *methods;
    ngx_uint_t          i, k;
    ngx_oauth_scope_t  *scopes;

    static const ngx_str_t  head = ngx_string("HEAD");
    static const ngx_str_t  others = ngx_null_string;

    conf->variants = ngx_array_create(cf->pool, 4,
                                      sizeof(ngx_oauth_text_variant_t));
    if (conf->variants == NULL) {
        return NGX_ERROR;
    }

    scopes = conf->scopes ? conf->scopes->elts : NULL;

    for (i = 0; scopes && i < conf->scopes->nelts; i++) {

        if (scopes[i].methods == NULL) {
            continue;
        }

        methods = scopes[i].methods->elts;

        for (k = 0; k < scopes[i].methods->nelts; k++) {
            if (ngx_oauth_text_init_variant(cf, conf, &methods[k]) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    /* The scopes of GET are those of HEAD, too. */

    if (ngx_oauth_text_init_variant(cf, conf, &head) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_oauth_text_init_variant(cf, conf, &others);
}


/* Adds a variant for the method, unless the location has one. */

static ngx_int_t
ngx_oauth_text_init_variant(ngx_conf_t *cf, ngx_oauth_loc_conf_t *conf,
    const ngx_str_t *method)
{
    ngx_uint_t                 i;
    ngx_oauth_text_variant_t  *variants, *variant;

    variants = conf->variants->elts;

    for (i = 0; i < conf->variants->nelts; i++) {
        if (ngx_oauth_str_equal(&variants[i].method, method)) {
            return NGX_OK;
        }
    }

    variant = ngx_array_push(conf->variants);
    if (variant == NULL) {
        return NGX_ERROR;
    }

    variant->method = *method;

    for (i = 0; i < NGX_OAUTH_TEXT_KINDS; i++) {
        if (ngx_oauth_text_init_prepare(cf, conf, method, i, &variant->texts[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Sets *text, or leaves it NULL if the scopes have variables. */

static ngx_int_t
ngx_oauth_text_init_prepare(ngx_conf_t *cf, ngx_oauth_loc_conf_t *conf,
    const ngx_str_t *method, ngx_uint_t kind, ngx_oauth_text_t **text)
{
    ngx_int_t    rc;
    ngx_str_t    scope;
    oauth_buf_t  buf;

    *text = NULL;

    ngx_memzero(&buf, sizeof(oauth_buf_t));

    rc = ngx_oauth_text_scope(NULL, conf, method, kind, &buf);

    if (rc == NGX_DECLINED) {
        oauth_buf_free(&buf);
        return NGX_OK;
    }

    if (rc != NGX_OK || ngx_oauth_buf_move(cf->pool, &buf, &scope) != NGX_OK) {
        oauth_buf_free(&buf);
        return NGX_ERROR;
    }

    *text = ngx_oauth_text_init_share(cf, conf, kind, &scope);

    return *text ? NGX_OK : NGX_ERROR;
}


/*
 * Returns the resource's text for these scopes, for the first issuer of the
 * location, for its oauth_dpop and, in a refusal of that kind, for how the user
 * has to sign in; it is rendered if there is none yet.  Returns NULL when
 * memory is short.
 */

static ngx_oauth_text_t *
ngx_oauth_text_init_share(ngx_conf_t *cf, ngx_oauth_loc_conf_t *conf,
    ngx_uint_t kind, ngx_str_t *scope)
{
    ngx_uint_t            i;
    ngx_oauth_text_t    **texts, **slot, *text, wanted;
    ngx_oauth_issuer_t  **issuers;

    issuers = conf->issuers->elts;

    ngx_memzero(&wanted, sizeof(ngx_oauth_text_t));

    wanted.resource = conf->resource->url;
    wanted.metadata = conf->resource->metadata;
    wanted.documentation = conf->resource->documentation;
    wanted.scope = *scope;
    wanted.issuer = ngx_oauth_str(&issuers[0]->authorization_server);
    wanted.dpop = (conf->dpop.mode == NGX_OAUTH_DPOP_REQUIRED);
    ngx_oauth_text_set_authentication(conf, kind, &wanted);

    texts = conf->resource->texts.elts;

    for (i = 0; i < conf->resource->texts.nelts; i++) {
        if (ngx_oauth_text_init_is_same(texts[i], &wanted)) {
            return texts[i];
        }
    }

    slot = ngx_array_push(&conf->resource->texts);
    text = ngx_palloc(cf->pool, sizeof(ngx_oauth_text_t));

    if (slot == NULL || text == NULL) {
        return NULL;
    }

    *slot = text;
    *text = wanted;

    return ngx_oauth_text_write(cf->pool, OAUTH_OK, 0, text) == NGX_OK
           ? text : NULL;
}


/* Compares what may differ between the texts of one resource. */

static ngx_uint_t
ngx_oauth_text_init_is_same(const ngx_oauth_text_t *a,
    const ngx_oauth_text_t *b)
{
    return ngx_oauth_str_equal(&a->scope, &b->scope)
           && oauth_str_equal(a->issuer, b->issuer)
           && a->dpop == b->dpop
           && ngx_oauth_str_equal(&a->acr_values, &b->acr_values)
           && a->max_age == b->max_age;
}
