
/*
 * Reads oauth_dpop and oauth_dpop_replay, and computes what a proof has to be
 * like on each level: its algorithms are those of the level's issuers, and its
 * origin is that of the level's resource, which is also right behind a server
 * that terminates TLS.  Everything is in the configuration's pool.
 */


#include "ngx_oauth_conf_dpop.h"
#include "oauth_proof.h"


#define NGX_OAUTH_CONF_DPOP_AGE   300   /* seconds                            */
#define NGX_OAUTH_CONF_DPOP_MOST  3600  /* seconds                            */


static ngx_int_t ngx_oauth_conf_dpop_mode(ngx_conf_t *cf, ngx_str_t *value,
    ngx_oauth_conf_dpop_t *dpop);
static char *ngx_oauth_conf_dpop_option(ngx_conf_t *cf, ngx_str_t *value,
    ngx_oauth_conf_dpop_t *dpop);


char *
ngx_oauth_conf_dpop_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    char                   *error;
    ngx_str_t              *value;
    ngx_uint_t              i;
    ngx_oauth_conf_dpop_t  *dpop;

    dpop = &lcf->dpop;

    if (dpop->mode != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_oauth_conf_dpop_mode(cf, &value[1], dpop) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (dpop->mode == NGX_OAUTH_DPOP_OFF) {
        return (cf->args->nelts == 2)
               ? NGX_CONF_OK : "has parameters after \"off\": remove them";
    }

    ngx_oauth_args_note(cf, &lcf->protected);

    for (i = 2; i < cf->args->nelts; i++) {

        error = ngx_oauth_conf_dpop_option(cf, &value[i], dpop);

        if (error != NGX_CONF_OK) {
            return error;
        }
    }

    if (dpop->max_age == 0) {
        dpop->max_age = NGX_OAUTH_CONF_DPOP_AGE;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_oauth_conf_dpop_mode(ngx_conf_t *cf, ngx_str_t *value,
    ngx_oauth_conf_dpop_t *dpop)
{
    ngx_uint_t  i;

    static const ngx_str_t  modes[] = {
        ngx_string("off"),                     /* NGX_OAUTH_DPOP_OFF          */
        ngx_string("optional"),                /* NGX_OAUTH_DPOP_OPTIONAL     */
        ngx_string("required")                 /* NGX_OAUTH_DPOP_REQUIRED     */
    };

    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (ngx_oauth_str_equal(value, &modes[i])) {
            dpop->mode = i;
            return NGX_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" of \"oauth_dpop\": write \"off\", "
                       "\"optional\" or \"required\"", value);

    return NGX_ERROR;
}


static char *
ngx_oauth_conf_dpop_option(ngx_conf_t *cf, ngx_str_t *value,
    ngx_oauth_conf_dpop_t *dpop)
{
    ngx_str_t  time;

    static const ngx_str_t  nonce = ngx_string("nonce");
    static const ngx_str_t  max_age = ngx_string("max_age=");

    if (ngx_oauth_str_equal(value, &nonce)) {

        if (dpop->nonce) {
            return "has the parameter \"nonce\" twice: remove one of them";
        }

        dpop->nonce = 1;
        return NGX_CONF_OK;
    }

    if (value->len < max_age.len
        || ngx_memcmp(value->data, max_age.data, max_age.len) != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" of \"oauth_dpop\": write "
                           "\"max_age=TIME\" or \"nonce\"", value);
        return NGX_CONF_ERROR;
    }

    if (dpop->max_age) {
        return "has the parameter \"max_age\" twice: remove one of them";
    }

    time.data = value->data + max_age.len;
    time.len = value->len - max_age.len;

    dpop->max_age = ngx_parse_time(&time, 1);

    if (dpop->max_age < 1 || dpop->max_age > NGX_OAUTH_CONF_DPOP_MOST) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid time \"%V\" in \"oauth_dpop\": write a "
                           "time from 1s to 1h, as in max_age=300s", value);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_dpop_replay(ngx_conf_t *cf, void *post, void *data)
{
    ngx_oauth_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_oauth_module);

    ngx_oauth_place_here(cf, &mcf->replay_place);

    return NGX_CONF_OK;
}


void
ngx_oauth_conf_dpop_merge(ngx_oauth_conf_dpop_t *conf,
    const ngx_oauth_conf_dpop_t *prev)
{
    if (conf->mode == NGX_CONF_UNSET_UINT) {
        *conf = *prev;
    }

    if (conf->mode == NGX_CONF_UNSET_UINT) {
        conf->mode = NGX_OAUTH_DPOP_OFF;
    }
}


ngx_int_t
ngx_oauth_conf_dpop_finish(ngx_conf_t *cf, ngx_oauth_loc_conf_t *lcf,
    const ngx_str_t *url)
{
    time_t                   age;
    ngx_uint_t               i;
    oauth_buf_t              buf;
    ngx_oauth_issuer_t     **issuers;
    ngx_oauth_conf_dpop_t   *dpop;
    ngx_oauth_main_conf_t   *mcf;

    dpop = &lcf->dpop;

    if (dpop->mode == NGX_OAUTH_DPOP_OFF) {
        return NGX_OK;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_oauth_module);

    /*
     * A dry run hands out no nonce, so it demands none.  A proof that was
     * verified here is verified again if nginx then takes the request to a
     * location that demands one, since the two differ in this.
     */

    dpop->nonce = dpop->nonce && !lcf->dry_run;

    dpop->algorithms = 0;
    issuers = lcf->issuers->elts;

    for (i = 0; i < lcf->issuers->nelts; i++) {

        dpop->algorithms |= issuers[i]->rules.algorithms;

        age = dpop->max_age + issuers[i]->rules.leeway;
        mcf->proof_age = ngx_max(mcf->proof_age, age);
    }

    if (!(dpop->algorithms & oauth_alg_bit(OAUTH_ALG_ES256))) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"oauth_dpop\" accepts the algorithms of the issuers "
                      "only, and ES256, which most clients sign proofs with, "
                      "is not among them: add ES256 to \"algorithms\" of an "
                      "issuer that is named in \"oauth\" in %V:%ui",
                      &lcf->place.file, lcf->place.line);
    }

    ngx_memzero(&buf, sizeof(oauth_buf_t));

    if (oauth_proof_append_origin(&buf, ngx_oauth_str(url)) != 0) {
        oauth_buf_free(&buf);
        return NGX_ERROR;
    }

    if (ngx_oauth_buf_move(cf->pool, &buf, &dpop->origin) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_oauth_conf_dpop_names(cf, dpop->algorithms, &dpop->names);
}


/* EdDSA is an older name of Ed25519 and Ed448. */

ngx_int_t
ngx_oauth_conf_dpop_names(ngx_conf_t *cf, oauth_algs_t algorithms,
    ngx_str_t *names)
{
    ngx_uint_t          i;
    oauth_buf_t         buf;
    const oauth_alg_t  *alg;

    ngx_memzero(&buf, sizeof(oauth_buf_t));

    for (i = 0; i < OAUTH_ALGS; i++) {

        alg = oauth_alg_get(i);

        if (!(alg->bits & algorithms)) {
            continue;
        }

        if (buf.len) {
            oauth_buf_append_literal(&buf, " ");
        }

        oauth_buf_append_str(&buf, alg->name);
    }

    return ngx_oauth_buf_move(cf->pool, &buf, names);
}
