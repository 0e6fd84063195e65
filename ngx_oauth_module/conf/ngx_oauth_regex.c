
/*
 * Warns about regex locations that take requests away from protected locations:
 * nginx serves /mcp/page.php by "location ~ \.php$" although a "location /mcp"
 * is protected.  Nothing is kept.
 *
 * nginx searches the prefix locations of a level first.  If one fits, and it
 * is not marked with "^~", a regex location beside it is used instead if its
 * regex matches.  That is also so if nginx has meanwhile found another prefix
 * location inside the first one; but if it has found an exact or a regex
 * location there, the search is over.  Of regex locations on one level, nginx
 * uses the first that matches.
 */


#include "ngx_oauth_regex.h"


static ngx_oauth_conf_location_t *ngx_oauth_regex_victim(
    const ngx_oauth_main_conf_t *mcf, ngx_oauth_conf_location_t *location);
static ngx_uint_t ngx_oauth_regex_takes(const ngx_oauth_main_conf_t *mcf,
    ngx_oauth_conf_location_t *location, ngx_oauth_conf_location_t *victim);
static ngx_uint_t ngx_oauth_regex_is_regex(
    const ngx_oauth_conf_location_t *location);


void
ngx_oauth_regex_warn(ngx_conf_t *cf, const ngx_oauth_main_conf_t *mcf)
{
    ngx_uint_t                  i;
    ngx_oauth_loc_conf_t       *lcf;
    ngx_oauth_conf_location_t  *locations, *victim;

    locations = mcf->locations.elts;

    for (i = 0; i < mcf->locations.nelts; i++) {

        lcf = locations[i].conf;

        /*
         * There is a place if the administrator has decided: if "oauth" or
         * "oauth off" is on this level or on one around it.
         */

        if (!locations[i].server->protects
            || lcf->place.line
            || !ngx_oauth_regex_is_regex(&locations[i])
            || locations[i].clcf->internal)
        {
            continue;
        }

        victim = ngx_oauth_regex_victim(mcf, &locations[i]);

        if (victim == NULL) {
            continue;
        }

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "the regex location \"%V\" of server \"%V\" has neither "
                      "\"oauth\" nor \"oauth off\", and nginx uses it for "
                      "every path that its regex matches, also for paths of "
                      "the protected location \"%V\": add \"oauth\" with the "
                      "name of an issuer, or \"oauth off\" if everybody may "
                      "have access, in %V:%ui",
                      &locations[i].clcf->name,
                      &locations[i].cscf->server_name, &victim->clcf->name,
                      &lcf->begin.file, lcf->begin.line);
    }
}


/* Returns a protected location whose requests this one may take, or NULL. */

static ngx_oauth_conf_location_t *
ngx_oauth_regex_victim(const ngx_oauth_main_conf_t *mcf,
    ngx_oauth_conf_location_t *location)
{
    ngx_uint_t                  i;
    ngx_oauth_conf_location_t  *locations;

    locations = mcf->locations.elts;

    for (i = 0; i < mcf->locations.nelts; i++) {

        if (locations[i].server == location->server
            && locations[i].conf->issuers
            && !locations[i].clcf->internal
            && ngx_oauth_regex_takes(mcf, location, &locations[i]))
        {
            return &locations[i];
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_oauth_regex_takes(const ngx_oauth_main_conf_t *mcf,
    ngx_oauth_conf_location_t *location, ngx_oauth_conf_location_t *victim)
{
    ngx_uint_t                  ends;
    ngx_oauth_conf_location_t  *beside;

    /*
     * Goes outwards up to what is on the level of the regex location.  An exact
     * or a regex location on the way there ends the search.
     */

    ends = 0;
    beside = victim;

    while (beside->conf->outer != location->conf->outer) {

        ends |= beside->clcf->exact_match
                || ngx_oauth_regex_is_regex(beside);

        beside = ngx_oauth_conf_outer(mcf, beside);

        if (beside == NULL) {
            return 0;
        }
    }

    /*
     * Both are elements of one array, which has the locations of a level in the
     * order of the configuration.  nginx uses the regex that comes first.
     */

    if (ngx_oauth_regex_is_regex(beside)) {
        return location < beside;
    }

    return !ends
           && !beside->clcf->exact_match
           && !beside->clcf->named
           && !beside->clcf->noregex;
}


static ngx_uint_t
ngx_oauth_regex_is_regex(const ngx_oauth_conf_location_t *location)
{
#if (NGX_PCRE)
    return location->clcf->regex != NULL && !location->top;
#else
    return 0;
#endif
}
