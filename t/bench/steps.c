
/*
 * What the steps of verifying one token cost, next to the bare library calls
 * without which no program can verify it: the digest and the operation with the
 * public key.  Every round runs every step of every algorithm for a moment, so
 * that a machine that is slow for a while is slow for all of them.  The table
 * has the medians, in microseconds of CPU time.
 *
 * usage: steps [rounds]; the status is 1 if a whole token, or a proof whose key
 * is known, costs more than the limit of its algorithm times these two calls.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "oauth_base64url.h"
#include "oauth_credentials.h"
#include "subject.h"


#define ROUNDS      101
#define ROUNDS_MAX  1001
#define MOMENT      1000.0              /* microseconds of a step in a round  */


/* The bare library calls come first, then their sum. */

enum {
    STEP_DIGEST, STEP_KEY, STEP_BARE, STEP_JANSSON, STEP_BASE64URL, STEP_JSON,
    STEP_BEARER, STEP_LOOKUP, STEP_PARSE, STEP_VERIFY, STEP_WHOLE, STEP_PROOF,
    STEPS
};


typedef struct {
    const char         *name;
    void              (*run)(subject_t *s);
} step_t;


typedef struct {
    size_t              repeat;         /* in a round                         */
    double              times[ROUNDS_MAX];
    double              median;
} series_t;


static void run_base64url(subject_t *s);
static void run_jansson(subject_t *s);
static void run_digest(subject_t *s);
static void run_key(subject_t *s);
static void run_json(subject_t *s);
static void run_credentials(subject_t *s);
static void run_lookup(subject_t *s);
static int accepts(const oauth_token_rules_t *policy, const void *data);
static void run_parse(subject_t *s);
static void run_verify(subject_t *s);
static void run_whole(subject_t *s);
static void run_proof(subject_t *s);
static void measure(size_t subject, size_t step, size_t round);
static double run(const step_t *step, subject_t *s, size_t repeat);
static double median(double *values, size_t n);
static int compare(const void *a, const void *b);
static int report(size_t rounds);


static const step_t  steps[STEPS] = {
    { "digest by bare EVP", run_digest },
    { "public key by bare EVP", run_key },
    { "digest and public key", NULL },
    { "JSON by jansson, twice", run_jansson },
    { "oauth_base64url_parse, thrice", run_base64url },
    { "oauth_json_parse, twice", run_json },
    { "oauth_credentials_peek", run_credentials },
    { "oauth_cache_lookup, found", run_lookup },
    { "oauth_jwt_parse", run_parse },
    { "verify, claims read before", run_verify },
    { "parse and verify", run_whole },
    { "oauth_proof_verify, key known", run_proof }
};

static const struct {
    oauth_alg_id_t   id;
    double           limit;
    double           proof;             /* the limit of a proof               */
} algorithms[] = {
    { OAUTH_ALG_RS256, 1.25, 1.40 },
    { OAUTH_ALG_PS256, 1.22, 1.40 },
    { OAUTH_ALG_ES256, 1.08, 1.10 },
    { OAUTH_ALG_ES384, 1.05, 1.05 },
    { OAUTH_ALG_EDDSA, 1.05, 1.10 }
};

#define SUBJECTS  (sizeof(algorithms) / sizeof(algorithms[0]))

static subject_t  subjects[SUBJECTS];
static series_t   series[SUBJECTS][STEPS];


int
main(int argc, char **argv)
{
    int     status;
    size_t  i, step, round, rounds;

    rounds = (argc > 1) ? (size_t) strtoul(argv[1], NULL, 10) : ROUNDS;

    if (argc > 2 || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: steps [rounds, 1 to %d]\n", ROUNDS_MAX);
        return 2;
    }

    for (i = 0; i < SUBJECTS; i++) {
        subject_create(&subjects[i], algorithms[i].id);
    }

    for (round = 0; round < rounds; round++) {
        for (i = 0; i < SUBJECTS; i++) {
            for (step = 0; step < STEPS; step++) {
                measure(i, step, round);
            }
        }
    }

    status = report(rounds);

    for (i = 0; i < SUBJECTS; i++) {
        subject_free(&subjects[i]);
    }

    return status;
}


static void
run_base64url(subject_t *s)
{
    size_t  i, len;

    for (i = 0; i < 3; i++) {
        need(oauth_base64url_parse(s->segments[i], s->decoded[i], &len) == 0);
    }
}


static void
run_jansson(subject_t *s)
{
    size_t   i;
    json_t  *value;

    for (i = 0; i < 2; i++) {
        value = json_loadb((const char *) s->parts[i].data, s->parts[i].len,
                           JSON_REJECT_DUPLICATES, NULL);
        need(value);
        json_decref(value);
    }
}


/* EdDSA has no digest step: hashing the message is part of verifying it. */

static void
run_digest(subject_t *s)
{
    if (s->md == NULL) {
        return;
    }

    need(EVP_DigestInit_ex2(s->digest, s->md, NULL) == 1
         && EVP_DigestUpdate(s->digest, s->jwt->jws.input.data,
                             s->jwt->jws.input.len) == 1
         && EVP_DigestFinal_ex(s->digest, s->hash, &s->nhash) == 1);
}


static void
run_key(subject_t *s)
{
    if (s->md == NULL) {
        need(EVP_DigestVerify(s->digest, s->signature.data, s->signature.len,
                              s->jwt->jws.input.data, s->jwt->jws.input.len)
             == 1);
        return;
    }

    need(EVP_PKEY_verify(s->ctx, s->signature.data, s->signature.len, s->hash,
                         s->nhash) == 1);
}


/* The text is copied, since reading it changes it. */

static void
run_json(subject_t *s)
{
    size_t         i;
    oauth_json_t   nodes[oauth_json_nodes(SUBJECT_SIZE)];
    unsigned char  text[SUBJECT_SIZE];

    for (i = 0; i < 2; i++) {
        memcpy(text, s->parts[i].data, s->parts[i].len);

        need(oauth_json_parse(text, s->parts[i].len, nodes,
                              sizeof(nodes) / sizeof(nodes[0])));
    }
}


static void
run_credentials(subject_t *s)
{
    oauth_credentials_t  credentials;

    need(oauth_credentials_peek(oauth_buf_str(&s->value), &credentials)
         == OAUTH_OK);
}


static void
run_lookup(subject_t *s)
{
    uint64_t  generation;

    need(oauth_cache_lookup(s->cache, s->text, accepts, &subject_policy,
                            &generation));
}


static int
accepts(const oauth_token_rules_t *policy, const void *data)
{
    return policy == data;
}


static void
run_parse(subject_t *s)
{
    oauth_jwt_t  *jwt;

    need(oauth_jwt_parse(s->text, &jwt) == OAUTH_OK);
    oauth_jwt_free(jwt);
}


static void
run_verify(subject_t *s)
{
    oauth_token_t  *token;

    need(oauth_token_verify(s->jwt, &subject_policy, s->keys, SUBJECT_NOW,
                            &token) == OAUTH_OK);
    oauth_token_free(token);
}


static void
run_whole(subject_t *s)
{
    oauth_jwt_t    *jwt;
    oauth_token_t  *token;

    need(oauth_jwt_parse(s->text, &jwt) == OAUTH_OK);
    need(oauth_token_verify(jwt, &subject_policy, s->keys, SUBJECT_NOW, &token)
         == OAUTH_OK);

    oauth_jwt_free(jwt);
    oauth_token_free(token);
}


/* The first run imports the key. */

static void
run_proof(subject_t *s)
{
    oauth_proof_t  proof;

    need(oauth_proof_verify(oauth_buf_str(&s->proof), &s->rules, PROOF_NOW,
                            &s->proof_key, &proof) == OAUTH_OK);
    oauth_proof_free(&proof);
}


static void
measure(size_t subject, size_t step, size_t round)
{
    series_t   *t;
    subject_t  *s;

    if (steps[step].run == NULL) {
        return;
    }

    s = &subjects[subject];
    t = &series[subject][step];

    /* Finds by doubling how often a step has to run to fill a moment. */

    if (t->repeat == 0) {
        t->repeat = 1;

        while (run(&steps[step], s, t->repeat) < MOMENT / 2
               && t->repeat < (size_t) 1 << 20)
        {
            t->repeat *= 2;
        }
    }

    t->times[round] = run(&steps[step], s, t->repeat) / (double) t->repeat;
}


/* Microseconds. */

static double
run(const step_t *step, subject_t *s, size_t repeat)
{
    size_t           i;
    struct timespec  start, end;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);

    for (i = 0; i < repeat; i++) {
        step->run(s);
    }

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);

    return (double) (end.tv_sec - start.tv_sec) * 1e6
           + (double) (end.tv_nsec - start.tv_nsec) / 1e3;
}


static double
median(double *values, size_t n)
{
    qsort(values, n, sizeof(double), compare);

    return values[n / 2];
}


static int
compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}


static int
report(size_t rounds)
{
    int        above;
    double     ratio;
    size_t     i, step;
    series_t  *t;

    above = 0;

    printf("%-28s", "microseconds of one token");

    for (i = 0; i < SUBJECTS; i++) {
        printf("%9s", (const char *) subjects[i].alg->name.data);
    }

    for (step = 0; step < STEPS; step++) {
        printf("\n%-28s", steps[step].name);

        for (i = 0; i < SUBJECTS; i++) {
            t = series[i];

            t[step].median = (step == STEP_BARE)
                             ? t[STEP_DIGEST].median + t[STEP_KEY].median
                             : median(t[step].times, rounds);

            printf("%9.2f", t[step].median);
        }
    }

    printf("\n%-28s", "whole / digest and key");

    for (i = 0; i < SUBJECTS; i++) {
        ratio = series[i][STEP_WHOLE].median / series[i][STEP_BARE].median;
        above |= (ratio > algorithms[i].limit);

        printf("%9.3f", ratio);
    }

    printf("\n%-28s", "limit");

    for (i = 0; i < SUBJECTS; i++) {
        printf("%9.2f", algorithms[i].limit);
    }

    printf("\n%-28s", "proof / digest and key");

    for (i = 0; i < SUBJECTS; i++) {
        ratio = series[i][STEP_PROOF].median / series[i][STEP_BARE].median;
        above |= (ratio > algorithms[i].proof);

        printf("%9.3f", ratio);
    }

    printf("\n%-28s", "limit");

    for (i = 0; i < SUBJECTS; i++) {
        printf("%9.2f", algorithms[i].proof);
    }

    printf("\n\n%zu rounds, tokens of %zu characters; %s\n", rounds,
           subjects[0].text.len, above ? "a limit is exceeded"
                                       : "all within their limits");

    return above;
}
