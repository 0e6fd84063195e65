
/*
 * The metadata documents of a server's resources (RFC 9728 section 2), written
 * once at the end of the configuration: each location adds to the document of
 * its resource, and then the document is written as it is sent.  Everything is
 * in the configuration's pool; only the scopes that are being collected are
 * not, and writing the document frees them.
 */


#include "ngx_oauth_conf_dpop.h"
#include "ngx_oauth_conf_mtls.h"
#include "ngx_oauth_document.h"
#include "ngx_oauth_scope.h"
#include "oauth_scope.h"


static ngx_int_t ngx_oauth_document_issuers(ngx_array_t *known,
    ngx_oauth_loc_conf_t *lcf);
static void ngx_oauth_document_scopes(oauth_buf_t *scopes,
    ngx_oauth_loc_conf_t *lcf);
static void ngx_oauth_document_term(oauth_buf_t *scopes,
    const ngx_oauth_scope_term_t *term);
static ngx_int_t ngx_oauth_document_members(ngx_conf_t *cf,
    ngx_oauth_resource_t *resource, ngx_oauth_loc_conf_t *lcf);
static ngx_int_t ngx_oauth_document_dpop(ngx_conf_t *cf,
    oauth_algs_t algorithms, ngx_uint_t bearer, oauth_metadata_t *metadata);
static ngx_int_t ngx_oauth_document_advertise(ngx_conf_t *cf,
    ngx_oauth_resource_t *resource);
static ngx_int_t ngx_oauth_document_link(ngx_conf_t *cf,
    ngx_oauth_resource_t *resource);
static ngx_int_t ngx_oauth_document_metadata(ngx_conf_t *cf,
    ngx_oauth_resource_t *resource, ngx_array_t *issuers,
    oauth_metadata_t *metadata);


ngx_int_t
ngx_oauth_document_add(ngx_conf_t *cf, ngx_oauth_resource_t *resource,
    ngx_oauth_loc_conf_t *lcf)
{
    if (ngx_oauth_document_issuers(&resource->issuers, lcf) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_oauth_document_scopes(&resource->scopes, lcf);

    resource->dpop |= lcf->dpop.algorithms;
    resource->bearer |= (lcf->dpop.mode != NGX_OAUTH_DPOP_REQUIRED);
    resource->mtls |= (lcf->mtls != NGX_OAUTH_CONF_MTLS_OFF);

    return ngx_oauth_document_members(cf, resource, lcf);
}


/* Adds those issuers of the location that are not in the array yet. */

static ngx_int_t
ngx_oauth_document_issuers(ngx_array_t *known, ngx_oauth_loc_conf_t *lcf)
{
    ngx_uint_t            i, k;
    ngx_oauth_issuer_t  **issuers, **slot;

    issuers = lcf->issuers->elts;

    for (i = 0; i < lcf->issuers->nelts; i++) {

        slot = known->elts;

        for (k = 0; k < known->nelts; k++) {
            if (slot[k] == issuers[i]) {
                break;
            }
        }

        if (k < known->nelts) {
            continue;
        }

        slot = ngx_array_push(known);
        if (slot == NULL) {
            return NGX_ERROR;
        }

        *slot = issuers[i];
    }

    return NGX_OK;
}


static void
ngx_oauth_document_scopes(oauth_buf_t *scopes, ngx_oauth_loc_conf_t *lcf)
{
    ngx_str_t                     *advertise;
    ngx_uint_t                     i;
    ngx_oauth_scope_walk_t         walk;
    const ngx_oauth_scope_term_t  *term;

    advertise = lcf->advertise ? lcf->advertise->elts : NULL;

    for (i = 0; advertise && i < lcf->advertise->nelts; i++) {
        oauth_scope_append(scopes, ngx_oauth_str(&advertise[i]));
    }

    walk = ngx_oauth_scope_start(lcf->scopes, NULL);

    while ((term = ngx_oauth_scope_next(&walk)) != NULL) {
        ngx_oauth_document_term(scopes, term);
    }
}


/*
 * Adds a term's alternatives.  One with variables is left out: it has no value
 * before a request.
 */

static void
ngx_oauth_document_term(oauth_buf_t *scopes,
    const ngx_oauth_scope_term_t *term)
{
    ngx_uint_t                 i;
    ngx_http_complex_value_t  *alternatives;

    alternatives = term->alternatives->elts;

    for (i = 0; i < term->alternatives->nelts; i++) {
        if (alternatives[i].lengths == NULL
            && !ngx_oauth_scope_is_none(term, &alternatives[i].value))
        {
            oauth_scope_append(scopes, ngx_oauth_str(&alternatives[i].value));
        }
    }
}


static ngx_int_t
ngx_oauth_document_members(ngx_conf_t *cf, ngx_oauth_resource_t *resource,
    ngx_oauth_loc_conf_t *lcf)
{
    if (lcf->members == NULL || lcf->members == resource->members) {
        return NGX_OK;
    }

    if (resource->members
        && !oauth_metadata_equal(resource->members->elts,
                                 resource->members->nelts,
                                 lcf->members->elts, lcf->members->nelts))
    {
        ngx_oauth_place_error(cf, &lcf->resource_place,
                             "resource \"%V\" has different \"oauth_metadata\" "
                             "in two locations: write it once, in the "
                             "server block",
                             &resource->url);
        return NGX_ERROR;
    }

    resource->members = lcf->members;

    return NGX_OK;
}


ngx_int_t
ngx_oauth_document_write(ngx_conf_t *cf, ngx_oauth_resource_t *resource)
{
    oauth_buf_t       buf;
    oauth_metadata_t  metadata;

    ngx_memzero(&buf, sizeof(oauth_buf_t));

    if (ngx_oauth_document_metadata(cf, resource, &resource->issuers,
                                    &metadata)
        != NGX_OK
        || ngx_oauth_document_dpop(cf, resource->dpop, resource->bearer,
                                   &metadata)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    metadata.resource = ngx_oauth_str(&resource->url);
    metadata.scopes = oauth_buf_str(&resource->scopes);
    metadata.certificates = resource->mtls;
    buf.failed = resource->scopes.failed;

    oauth_metadata_write(&buf, &metadata);

    if (ngx_oauth_document_advertise(cf, resource) != NGX_OK
        || ngx_oauth_buf_move(cf->pool, &buf, &resource->document) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_oauth_document_link(cf, resource);
}


/* Tells each issuer what agents are told to ask for there, and from where. */

static ngx_int_t
ngx_oauth_document_advertise(ngx_conf_t *cf, ngx_oauth_resource_t *resource)
{
    ngx_str_t             scopes;
    ngx_uint_t            i, remote;
    oauth_str_t          *advertised;
    oauth_url_t           url;
    ngx_oauth_issuer_t  **issuers;

    if (ngx_oauth_buf_move(cf->pool, &resource->scopes, &scopes) != NGX_OK) {
        return NGX_ERROR;
    }

    remote = oauth_url_parse(ngx_oauth_str(&resource->url), &url) != NULL
             || !oauth_url_is_loopback(&url);

    issuers = resource->issuers.elts;

    for (i = 0; i < resource->issuers.nelts; i++) {

        advertised = ngx_array_push(&issuers[i]->advertised);
        if (advertised == NULL) {
            return NGX_ERROR;
        }

        *advertised = ngx_oauth_str(&scopes);
        issuers[i]->remote |= remote;
    }

    return NGX_OK;
}


/* Writes the link to the documentation (RFC 8631), if a URL is configured. */

static ngx_int_t
ngx_oauth_document_link(ngx_conf_t *cf, ngx_oauth_resource_t *resource)
{
    ngx_uint_t                i;
    oauth_buf_t               buf;
    oauth_metadata_member_t  *members;

    if (resource->members == NULL) {
        return NGX_OK;
    }

    members = resource->members->elts;

    for (i = 0; i < resource->members->nelts; i++) {

        if (!oauth_str_equal(members[i].name,
                             oauth_str("resource_documentation")))
        {
            continue;
        }

        ngx_memzero(&buf, sizeof(oauth_buf_t));

        oauth_buf_append_str(&buf, members[i].values[0]);

        if (ngx_oauth_buf_move(cf->pool, &buf, &resource->documentation)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        oauth_buf_append_literal(&buf, "<");
        oauth_buf_append_str(&buf, members[i].values[0]);
        oauth_buf_append_literal(&buf, ">; rel=\"service-doc\"");

        return ngx_oauth_buf_move(cf->pool, &buf, &resource->link);
    }

    return NGX_OK;
}


/*
 * Such a document is about this one location, and about its limit_except block,
 * so that it holds for every method.
 */

ngx_int_t
ngx_oauth_document_write_reflected(ngx_conf_t *cf, ngx_oauth_loc_conf_t *lcf)
{
    ngx_uint_t             bearer;
    oauth_buf_t            buf, scopes;
    ngx_array_t            issuers;
    oauth_algs_t           algorithms;
    oauth_metadata_t       metadata;
    ngx_oauth_loc_conf_t  *limited;

    if (lcf->resource == NULL || !lcf->resource->reflect) {
        return NGX_OK;
    }

    limited = lcf->limited;

    if (limited && limited->resource != lcf->resource) {
        limited = NULL;
    }

    algorithms = lcf->dpop.algorithms;
    bearer = (lcf->dpop.mode != NGX_OAUTH_DPOP_REQUIRED);

    if (limited) {
        algorithms |= limited->dpop.algorithms;
        bearer |= (limited->dpop.mode != NGX_OAUTH_DPOP_REQUIRED);
    }

    ngx_memzero(&buf, sizeof(oauth_buf_t));
    ngx_memzero(&scopes, sizeof(oauth_buf_t));

    if (ngx_array_init(&issuers, cf->pool, 2, sizeof(ngx_oauth_issuer_t *))
        != NGX_OK
        || ngx_oauth_document_issuers(&issuers, lcf) != NGX_OK
        || (limited
            && ngx_oauth_document_issuers(&issuers, limited) != NGX_OK)
        || ngx_oauth_document_metadata(cf, lcf->resource, &issuers, &metadata)
           != NGX_OK
        || ngx_oauth_document_dpop(cf, algorithms, bearer, &metadata)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_oauth_document_scopes(&scopes, lcf);

    if (limited) {
        ngx_oauth_document_scopes(&scopes, limited);
    }

    metadata.scopes = oauth_buf_str(&scopes);
    metadata.certificates = (lcf->mtls != NGX_OAUTH_CONF_MTLS_OFF
                             || (limited && limited->mtls
                                            != NGX_OAUTH_CONF_MTLS_OFF));
    buf.failed = scopes.failed;

    oauth_metadata_write_rest(&buf, &metadata);
    oauth_buf_free(&scopes);

    return ngx_oauth_buf_move(cf->pool, &buf, &lcf->document);
}


/*
 * DPoP is said to be required if every location of the resource requires it:
 * otherwise a client without DPoP would not even try the others.
 */

static ngx_int_t
ngx_oauth_document_dpop(ngx_conf_t *cf, oauth_algs_t algorithms,
    ngx_uint_t bearer, oauth_metadata_t *metadata)
{
    ngx_str_t  names;

    if (algorithms == 0) {
        return NGX_OK;
    }

    if (ngx_oauth_conf_dpop_names(cf, algorithms, &names) != NGX_OK) {
        return NGX_ERROR;
    }

    metadata->dpop = ngx_oauth_str(&names);
    metadata->dpop_required = !bearer;

    return NGX_OK;
}


/*
 * Fills in everything but the URL, the scopes and DPoP.  One server can stand
 * in front of several issuers, and is named once.
 */

static ngx_int_t
ngx_oauth_document_metadata(ngx_conf_t *cf, ngx_oauth_resource_t *resource,
    ngx_array_t *issuers, oauth_metadata_t *metadata)
{
    ngx_uint_t            i, k, n;
    oauth_str_t          *names;
    ngx_oauth_issuer_t  **issuer;

    names = ngx_palloc(cf->pool, issuers->nelts * sizeof(oauth_str_t));
    if (names == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(metadata, sizeof(oauth_metadata_t));

    n = 0;
    issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {

        names[n] = ngx_oauth_str(&issuer[i]->authorization_server);

        for (k = 0; !oauth_str_equal(names[k], names[n]); k++) { /* void */ }

        if (k == n) {
            n++;
        }
    }

    metadata->issuers = names;
    metadata->nissuers = n;

    if (resource->members) {
        metadata->members = resource->members->elts;
        metadata->nmembers = resource->members->nelts;
    }

    return NGX_OK;
}
