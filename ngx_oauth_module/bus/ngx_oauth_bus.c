
/*
 * A bus from its directive to its workers.  The master reads the files that the
 * directive names, and makes the pipe by which workers wake the leader; the
 * keys are wiped with the configuration's pool.
 */


#include "ngx_oauth_bus_lease.h"
#include "ngx_oauth_bus_publication.h"
#include "ngx_oauth_bus_state.h"
#include "ngx_oauth_event.h"
#include "ngx_oauth_file.h"
#include "ngx_oauth_str.h"


#define NGX_OAUTH_BUS_ZONE  (64 * 1024)


static ngx_int_t ngx_oauth_bus_streams(ngx_conf_t *cf, ngx_oauth_bus_t *bus,
    const ngx_oauth_bus_options_t *options);
static ngx_int_t ngx_oauth_bus_keys(ngx_conf_t *cf, ngx_oauth_bus_t *bus,
    const ngx_str_t *file);
static void ngx_oauth_bus_cleanup(void *data);
static ngx_int_t ngx_oauth_bus_open(ngx_conf_t *cf, ngx_oauth_bus_t *bus);
static ngx_int_t ngx_oauth_bus_init(ngx_oauth_zone_root_t *root,
    ngx_log_t *log);
static ngx_msec_t ngx_oauth_bus_since(ngx_msec_t time);


ngx_oauth_bus_t *
ngx_oauth_bus_create(ngx_conf_t *cf, const ngx_oauth_bus_options_t *options,
    ngx_oauth_store_t *store, void *tag)
{
    ngx_str_t            url, password, ca;
    ngx_oauth_bus_t     *bus;
    ngx_pool_cleanup_t  *cln;

    static ngx_str_t     name = ngx_string("oauth_revocation_bus");

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_oauth_bus_t));
    if (cln == NULL) {
        return NULL;
    }

    bus = cln->data;
    ngx_memzero(bus, sizeof(ngx_oauth_bus_t));

    bus->store = store;
    bus->place = options->place;
    bus->log = cf->log;
    bus->bell[0] = NGX_INVALID_FILE;
    bus->bell[1] = NGX_INVALID_FILE;
    cln->handler = ngx_oauth_bus_cleanup;

    url = options->url;
    password = options->password_file;
    ca = options->ca;

    bus->server = ngx_oauth_redis_conf_parse(cf, &bus->place, &url, &password,
                                             &ca);

    if (bus->server == NULL
        || ngx_oauth_bus_streams(cf, bus, options) != NGX_OK
        || ngx_oauth_bus_keys(cf, bus, &options->key_file) != NGX_OK
        || ngx_oauth_bus_open(cf, bus) != NGX_OK)
    {
        return NULL;
    }

    bus->root.size = sizeof(ngx_oauth_bus_shared_t);
    bus->root.handler = ngx_oauth_bus_init;

    return (ngx_oauth_zone_create_for(cf, &name, NGX_OAUTH_BUS_ZONE,
                                      &bus->place, tag, &bus->root)
            == NGX_OK)
           ? bus : NULL;
}


static ngx_int_t
ngx_oauth_bus_streams(ngx_conf_t *cf, ngx_oauth_bus_t *bus,
    const ngx_oauth_bus_options_t *options)
{
    u_char  *p;

    static const char  ending[] = ":heartbeats";

    bus->stream = options->stream;

    if (bus->stream.len == 0) {
        ngx_str_set(&bus->stream, "oauth:revocations");
    }

    p = ngx_pnalloc(cf->pool, bus->stream.len + sizeof(ending) - 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    bus->heartbeats.data = p;
    bus->heartbeats.len = bus->stream.len + sizeof(ending) - 1;

    p = ngx_cpymem(p, bus->stream.data, bus->stream.len);
    ngx_memcpy(p, ending, sizeof(ending) - 1);

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_bus_keys(ngx_conf_t *cf, ngx_oauth_bus_t *bus, const ngx_str_t *file)
{
    ngx_str_t    name, *text;
    const char  *why;

    name = *file;

    text = ngx_oauth_file_secret(cf, &bus->place, &name);
    if (text == NULL) {
        return NGX_ERROR;
    }

    why = oauth_record_read_keys(ngx_oauth_str(text), &bus->keys);

    if (why) {
        ngx_oauth_place_error(cf, &bus->place,
                              "the file \"%V\" of \"key_file\" cannot be used: "
                              "%s; \"openssl rand -base64 32\" makes a key",
                              &name, why);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_oauth_bus_cleanup(void *data)
{
    ngx_uint_t        i;
    ngx_oauth_bus_t  *bus = data;

    oauth_record_wipe_keys(&bus->keys);

    for (i = 0; i < 2; i++) {
        if (bus->bell[i] != NGX_INVALID_FILE) {
            (void) ngx_close_file(bus->bell[i]);
        }
    }
}


static ngx_int_t
ngx_oauth_bus_open(ngx_conf_t *cf, ngx_oauth_bus_t *bus)
{
    ngx_uint_t  i;

    if (pipe(bus->bell) == -1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno, "pipe() failed");
        return NGX_ERROR;
    }

    for (i = 0; i < 2; i++) {
        if (ngx_nonblocking(bus->bell[i]) == -1
            || fcntl(bus->bell[i], F_SETFD, FD_CLOEXEC) == -1)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                               "fcntl() of a pipe failed");
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_bus_init(ngx_oauth_zone_root_t *root, ngx_log_t *log)
{
    ngx_oauth_bus_t  *bus;

    bus = (ngx_oauth_bus_t *) root;
    bus->shared = root->memory;

    if (root->zone->fresh) {
        ngx_memzero(bus->shared, sizeof(ngx_oauth_bus_shared_t));
        bus->shared->status.lag = NGX_OAUTH_BUS_NEVER;
    }

    return NGX_OK;
}


ngx_int_t
ngx_oauth_bus_finish(ngx_conf_t *cf, ngx_oauth_bus_t *bus,
    ngx_resolver_t *resolver, ngx_msec_t timeout)
{
    return ngx_oauth_redis_conf_finish(cf, &bus->place, bus->server, resolver,
                                       timeout);
}


void
ngx_oauth_bus_start(ngx_oauth_bus_t *bus, ngx_cycle_t *cycle, int64_t longest)
{
    bus->log = cycle->log;
    bus->name = cycle->hostname;
    bus->longest = ngx_max(longest, 0);

    ngx_oauth_bus_publication_create(bus);
    ngx_oauth_bus_lease_start(bus);
}


void
ngx_oauth_bus_done(ngx_oauth_bus_t *bus)
{
    ngx_oauth_bus_lease_done(bus);
}


ngx_msec_t
ngx_oauth_bus_silence(const ngx_oauth_bus_t *bus)
{
    ngx_atomic_uint_t  synced;

    synced = bus->shared->synced;

    return synced ? ngx_oauth_bus_since((ngx_msec_t) synced)
                  : NGX_OAUTH_BUS_NEVER;
}


/*
 * The time is the leader's, who may have looked at the clock after this worker
 * did: what is in the future has just happened.
 */

static ngx_msec_t
ngx_oauth_bus_since(ngx_msec_t time)
{
    ngx_msec_int_t  passed;

    passed = (ngx_msec_int_t) (ngx_current_msec - time);

    return (ngx_msec_t) ngx_max(passed, 0);
}


void
ngx_oauth_bus_read_status(ngx_oauth_bus_t *bus, ngx_oauth_bus_status_t *status)
{
    ngx_uint_t               i;
    ngx_oauth_bus_shared_t  *shared;

    shared = bus->shared;

    ngx_oauth_zone_lock(bus->root.zone);

    *status = shared->status;
    status->leader = (ngx_uint_t) shared->leader;

    if (shared->leader == 0 || ngx_oauth_msec_passed(shared->until)) {
        status->leader = 0;
        status->state = OAUTH_STATUS_BUS_OFFLINE;
    }

    ngx_oauth_zone_unlock(bus->root.zone);

    status->silence = ngx_oauth_bus_silence(bus);

    if (status->waiting) {
        status->waiting = ngx_oauth_bus_since(status->waiting);
    }

    for (i = 0; i < status->npeers; i++) {
        status->peers[i].heard = ngx_oauth_bus_since(status->peers[i].heard);
    }
}
