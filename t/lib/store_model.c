/*
 * Random steps on a few entries, each of which is also done to a model: entries
 * are accepted, come from other nodes, are sent and read back, and end.  After
 * each step the store holds what the model says.
 */


#include "store_fixture.h"


#define STORE_STEPS  6000
#define STORE_KEYS   24
#define STORE_SHORT  20                 /* seconds: the lifetime              */


typedef struct {
    int                 there, open, foreign, unsent;
    int64_t             cut, end, time;
} model_t;


static uint64_t  model_seed = 20240601;
static int64_t   model_now;


static uint64_t
model_random(uint64_t n)
{
    model_seed = model_seed * 6364136223846793005ull + 1442695040888963407ull;

    return (model_seed >> 33) % n;
}


static int64_t
model_open_end(const model_t *m)
{
    return (m->cut == ALWAYS ? m->time : m->cut) + STORE_SHORT;
}


/* Returns 1 if other nodes are told anything new. */

static int
model_merge(model_t *m, const oauth_revocation_t *e, int local)
{
    int      news;
    model_t  to;

    to = *m;

    if (!m->there) {
        memset(&to, 0, sizeof(to));
        to.there = 1;
        to.foreign = 1;
    }

    to.cut = ngx_max(to.cut, e->cut);
    to.end = ngx_max(to.end, e->end);
    to.open |= (e->end == 0);
    to.time = ngx_max(to.time, e->time);

    if (to.open) {
        to.end = ngx_max(to.end, model_open_end(&to));
    }

    news = !m->there || to.cut > m->cut || to.open != m->open
           || (!to.open && to.end != m->end)
           || (to.open && to.cut == ALWAYS && to.time > m->time);

    if (local) {
        to.foreign = 0;
        to.unsent |= news;
    }

    if (local || news) {
        *m = to;
    }

    return news;
}


/* 1: a record that says this much makes the entry sent. */

static int
model_covers(const model_t *m, const oauth_revocation_t *e)
{
    return e->cut == m->cut
           && (m->open ? e->end == 0 : e->end == m->end)
           && (!m->open || m->cut != ALWAYS || e->time == m->time);
}


static int
model_ended(const model_t *m)
{
    return m->end < model_now - 10;
}


static oauth_revocation_t
model_entry(uint64_t *key)
{
    *key = model_random(STORE_KEYS);

    return store_entry(KIND, *key,
                       model_random(5) ? model_now - (int64_t) model_random(4)
                                       : ALWAYS,
                       model_random(3) ? 0 : model_now
                                             + (int64_t) model_random(15),
                       model_now - (int64_t) model_random(4));
}


static int
model_agrees(store_fixture_t *f, const model_t *models)
{
    uint64_t                i, n, there;
    ngx_oauth_store_row_t   row;
    const model_t          *m;
    oauth_revocation_t      entry;

    n = 0;
    there = 0;

    for (i = 0; i < STORE_KEYS; i++) {
        m = &models[i];
        there += (uint64_t) m->there;
        n += (uint64_t) m->unsent;
        entry = store_entry(KIND, i, 0, 0, 0);

        if (store_row(f, entry, &row) != m->there
            || store_is_unsent(f, entry) != m->unsent
            || (m->there
                && (row.entry.cut != m->cut || row.entry.end != m->end
                    || row.open != (unsigned) m->open
                    || row.entry.time != m->time
                    || row.foreign != (unsigned) m->foreign)))
        {
            return 0;
        }
    }

    return store_count_unsent(f) == n
           && store_count_entries(f, KIND) == (int64_t) there;
}


/* A record is read: the numbers of the commit are those of the model. */

static int
model_read(store_fixture_t *f, model_t *models, uint64_t key,
    const oauth_revocation_t *entry)
{
    model_t                        alone, *m;
    ngx_uint_t                     news, sent, ended;
    ngx_oauth_store_bus_commit_t   c;

    m = &models[key];
    news = 0;
    sent = 0;

    memset(&alone, 0, sizeof(alone));
    (void) model_merge(&alone, entry, 0);
    ended = model_ended(&alone);

    if (!ended) {
        news = (ngx_uint_t) model_merge(m, entry, 0);
    }

    if (m->unsent && model_covers(m, entry)) {
        m->unsent = 0;
        sent = 1;
    }

    c = store_read_one(f, *entry);

    return c.result == NGX_OAUTH_STORE_DONE && c.news == news
           && c.sent == sent && c.ended == ended;
}


/* The leader sends an entry that is unsent, and reads it back. */

static int
model_send(store_fixture_t *f, model_t *models, ngx_uint_t *count)
{
    ngx_uint_t          n;
    oauth_revocation_t  sent[STORE_KEYS];

    n = store_read_unsent(f, NULL, sent, STORE_KEYS);

    if (n == 0) {
        return 1;
    }

    n = model_random(n);
    (*count)++;

    return model_read(f, models, sent[n].key[15], &sent[n]);
}


static void
model_expire(store_fixture_t *f, model_t *models)
{
    ngx_uint_t  i;

    f->store.expire = 1;
    ngx_oauth_store_job_post(&f->store);
    store_run(f);

    for (i = 0; i < STORE_KEYS; i++) {
        if (models[i].there && model_ended(&models[i])) {
            memset(&models[i], 0, sizeof(model_t));
        }
    }
}


void
store_test_model(void)
{
    int                  good;
    uint64_t             key;
    ngx_uint_t           step, count;
    model_t              models[STORE_KEYS];
    oauth_revocation_t   entry;
    store_fixture_t     *f;

    f = store_create(1, STORE_SIZE, 0);
    memset(models, 0, sizeof(models));
    f->store.longest = STORE_SHORT;
    good = 1;
    count = 0;

    for (step = 0; good && step < STORE_STEPS; step++) {

        model_now = NOW + (int64_t) step / 8;
        store_set_time(model_now);

        switch (model_random(12)) {

        case 0:
            model_expire(f, models);
            break;

        case 1:
            if (step % 8 == 0) {
                store_reopen(f);
            }

            break;

        case 2:
        case 3:
        case 4:
            entry = model_entry(&key);
            good = model_read(f, models, key, &entry);
            break;

        case 5:
        case 6:
        case 7:
            good = model_send(f, models, &count);
            break;

        default:
            entry = model_entry(&key);
            (void) model_merge(&models[key], &entry, 1);
            good = store_accept(f, entry) == NGX_OAUTH_STORE_DONE;
        }

        good = good && model_agrees(f, models);
    }

    printf("# %u steps, %u entries were sent\n", (unsigned) step,
           (unsigned) count);
    store_ok(good && count > STORE_STEPS / 8,
             "random steps: the store is as the model");

    store_set_time(NOW);
    store_free(f);
}
