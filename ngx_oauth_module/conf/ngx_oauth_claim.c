
/*
 * The claims that the configuration uses: those that oauth_header,
 * oauth_require and oauth_claim_set name, and those of the variables that it
 * mentions.  When a token is verified, the module looks these claims up once
 * and keeps them with the token.  The list is in the configuration's pool.
 */


#include "ngx_oauth_claim.h"


static ngx_int_t ngx_oauth_claim_select_variable(ngx_oauth_main_conf_t *mcf,
    ngx_str_t *name, ngx_pool_t *pool);


/* The claims that have a variable of another name, by their numbers. */

static const oauth_str_t  ngx_oauth_claim_names[] = {
    oauth_string("sub"),
    oauth_string("exp")
};


/* These variables, by the same numbers. */

static const ngx_str_t  ngx_oauth_claim_variables[] = {
    ngx_string("oauth_sub"),
    ngx_string("oauth_exp")
};


static const oauth_str_t  ngx_oauth_claim_actor = oauth_string("act.sub");


/* These variables show what is not just one claim by its name. */

static const struct {
    ngx_str_t             variable;
    oauth_token_select_t  select;
} ngx_oauth_claim_selections[] = {
    [NGX_OAUTH_SELECTION_ACTOR] = {
        ngx_string("oauth_actor"),
        { .names = &ngx_oauth_claim_actor, .nnames = 1, .text = 1 }
    },
    [NGX_OAUTH_SELECTION_ACTORS] = {
        ngx_string("oauth_actors"),
        { .kind = OAUTH_TOKEN_ACTORS, .text = 1 }
    },
    [NGX_OAUTH_SELECTION_CLAIMS] = {
        ngx_string("oauth_claims"),
        { .kind = OAUTH_TOKEN_CLAIMS, .text = 1 }
    }
};


static ngx_str_t  ngx_oauth_claim_required
        = ngx_string("oauth_scope_required");


/*
 * These claims have their numbers in every configuration.  A token keeps one of
 * them only if a directive or a variable has set "text" or "members".
 */

ngx_int_t
ngx_oauth_claim_create(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    ngx_uint_t             i;
    oauth_token_select_t  *select;

    if (ngx_array_init(&mcf->selected, cf->pool, 16,
                       sizeof(oauth_token_select_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_OAUTH_CLAIMS; i++) {

        select = ngx_array_push(&mcf->selected);
        if (select == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(select, sizeof(oauth_token_select_t));

        select->names = &ngx_oauth_claim_names[i];
        select->nnames = 1;
    }

    return NGX_OK;
}


/*
 * A path is the name of a claim, or the names of nested members joined with
 * dots.  A claim whose own name has dots, such as https://example.com/team, is
 * preferred to nested members.  A name that begins or ends with a dot, or has
 * two dots in a row, is taken for a mistake.
 */

ngx_int_t
ngx_oauth_claim_check(ngx_conf_t *cf, ngx_str_t *path)
{
    size_t  i;

    if (ngx_oauth_args_no_variables(cf, path) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < path->len; i++) {
        if (path->data[i] == '.'
            && (i == 0 || i == path->len - 1 || path->data[i + 1] == '.'))
        {
            break;
        }
    }

    if (path->len > 0 && i == path->len) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "claim path \"%V\" is empty or has an empty segment: "
                       "write the name of a claim, or names joined with single "
                       "dots, as in realm_access.roles", path);

    return NGX_ERROR;
}


ngx_int_t
ngx_oauth_claim_select(ngx_oauth_main_conf_t *mcf, oauth_token_select_t *select,
    ngx_uint_t *index)
{
    ngx_uint_t             i;
    oauth_token_select_t  *selected;

    selected = mcf->selected.elts;

    for (i = 0; i < mcf->selected.nelts; i++) {
        if (ngx_oauth_claim_equal(&selected[i], select)) {
            break;
        }
    }

    *index = i;

    if (i < mcf->selected.nelts) {
        selected[i].text |= select->text;
        selected[i].members |= select->members;

        return NGX_OK;
    }

    selected = ngx_array_push(&mcf->selected);
    if (selected == NULL) {
        return NGX_ERROR;
    }

    *selected = *select;

    return NGX_OK;
}


const oauth_token_select_t *
ngx_oauth_claim_selection(ngx_uint_t n)
{
    return &ngx_oauth_claim_selections[n].select;
}


ngx_uint_t
ngx_oauth_claim_equal(const oauth_token_select_t *a,
    const oauth_token_select_t *b)
{
    ngx_uint_t  i;

    if (a->nnames != b->nnames
        || a->kind != b->kind
        || a->encoding != b->encoding)
    {
        return 0;
    }

    for (i = 0; i < a->nnames; i++) {
        if (!oauth_str_equal(a->names[i], b->names[i])) {
            return 0;
        }
    }

    return 1;
}


ngx_int_t
ngx_oauth_claim_hand_out(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    ngx_uint_t                   i, n;
    ngx_oauth_issuer_t         **issuers;
    ngx_http_variable_t         *variables;
    oauth_token_select_t        *selected;
    ngx_http_core_main_conf_t   *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    /* nginx has listed every variable that the configuration mentions. */

    variables = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {

        if (ngx_oauth_str_equal(&variables[i].name, &ngx_oauth_claim_required))
        {
            mcf->shows_scopes = 1;
        }

        if (ngx_oauth_claim_select_variable(mcf, &variables[i].name, cf->pool)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    selected = mcf->selected.elts;
    issuers = mcf->issuers.elts;

    /* No token needs a place for the claims after the last one in use. */

    for (n = mcf->selected.nelts; n > 0; n--) {
        if (selected[n - 1].text || selected[n - 1].members) {
            break;
        }
    }

    for (i = 0; i < mcf->issuers.nelts; i++) {
        issuers[i]->rules.selected = selected;
        issuers[i]->rules.nselected = n;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_claim_select_variable(ngx_oauth_main_conf_t *mcf, ngx_str_t *name,
    ngx_pool_t *pool)
{
    ngx_uint_t             i, index;
    oauth_str_t           *claim;
    oauth_token_select_t   select, *selected;

    selected = mcf->selected.elts;

    for (i = 0; i < NGX_OAUTH_CLAIMS; i++) {
        if (ngx_oauth_str_equal(name, &ngx_oauth_claim_variables[i])) {
            selected[i].text = 1;
            return NGX_OK;
        }
    }

    for (i = 0; i <= NGX_OAUTH_SELECTION_CLAIMS; i++) {

        if (ngx_oauth_str_equal(name,
                                &ngx_oauth_claim_selections[i].variable))
        {
            select = ngx_oauth_claim_selections[i].select;
            return ngx_oauth_claim_select(mcf, &select, &index);
        }
    }

    if (!oauth_str_starts(ngx_oauth_str(name), oauth_str(NGX_OAUTH_CLAIM))) {
        return NGX_OK;
    }

    claim = ngx_palloc(pool, sizeof(oauth_str_t));
    if (claim == NULL) {
        return NGX_ERROR;
    }

    *claim = ngx_oauth_str(name);
    claim->data += sizeof(NGX_OAUTH_CLAIM) - 1;
    claim->len -= sizeof(NGX_OAUTH_CLAIM) - 1;

    ngx_memzero(&select, sizeof(oauth_token_select_t));

    select.names = claim;
    select.nnames = 1;
    select.text = 1;

    return ngx_oauth_claim_select(mcf, &select, &index);
}
