
/*
 * Scopes.  Input: a line with the granted scopes, a line with the scope that is
 * required, then one line for each rule: a scope and those that it implies.
 * The result must be that of a plain closure: add implied scopes until there
 * are no new ones, then search.
 */


#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "oauth_scope.h"


#define FUZZ_RULES    16
#define FUZZ_IMPLIED  8
#define FUZZ_WORDS    512


typedef struct {
    size_t                n;
    oauth_str_t           words[FUZZ_WORDS];
} fuzz_set_t;


static size_t fuzz_rules(oauth_str_t input, oauth_scope_rule_t *rules,
    oauth_str_t implied[][FUZZ_IMPLIED]);
static int fuzz_expected(oauth_str_t granted, oauth_str_t scope,
    const oauth_scope_rule_t *rules, size_t nrules);
static void fuzz_close(fuzz_set_t *set, const oauth_scope_rule_t *rules,
    size_t nrules);
static int fuzz_has(const fuzz_set_t *set, oauth_str_t word);
static int fuzz_add(fuzz_set_t *set, oauth_str_t word);
static void fuzz_append(oauth_str_t words);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                 met;
    size_t              nrules;
    oauth_str_t         input, granted, scope;
    oauth_str_t         implied[FUZZ_RULES][FUZZ_IMPLIED];
    oauth_scope_rule_t  rules[FUZZ_RULES];

    input.data = data;
    input.len = size;

    granted = fuzz_copy(fuzz_line(&input));
    scope = fuzz_copy(fuzz_line(&input));
    nrules = fuzz_rules(input, rules, implied);

    met = oauth_scope_granted(granted, scope, rules, nrules);

    fuzz_need_clean();
    fuzz_need(met == fuzz_expected(granted, scope, rules, nrules));

    /* With more rules, nothing may be missing that was granted before. */

    fuzz_need(met >= oauth_scope_granted(granted, scope, rules, nrules / 2));

    fuzz_need(oauth_scope_valid(scope) == fuzz_is_scope(scope));
    fuzz_append(granted);

    fuzz_accepted = met;

    fuzz_free(granted);
    fuzz_free(scope);

    return 0;
}


static size_t
fuzz_rules(oauth_str_t input, oauth_scope_rule_t *rules,
    oauth_str_t implied[][FUZZ_IMPLIED])
{
    size_t       n;
    oauth_str_t  line;

    n = 0;

    while (input.len > 0 && n < FUZZ_RULES) {

        line = fuzz_line(&input);

        if (!fuzz_word(&line, &rules[n].scope)) {
            continue;
        }

        rules[n].implied = implied[n];
        rules[n].nimplied = 0;

        while (rules[n].nimplied < FUZZ_IMPLIED
               && fuzz_word(&line, &implied[n][rules[n].nimplied]))
        {
            rules[n].nimplied++;
        }

        n++;
    }

    return n;
}


static int
fuzz_expected(oauth_str_t granted, oauth_str_t scope,
    const oauth_scope_rule_t *rules, size_t nrules)
{
    fuzz_set_t   set;
    oauth_str_t  word;

    set.n = 0;

    while (fuzz_word(&granted, &word)) {
        fuzz_add(&set, word);
    }

    fuzz_close(&set, rules, nrules);

    return fuzz_has(&set, scope);
}


static void
fuzz_close(fuzz_set_t *set, const oauth_scope_rule_t *rules, size_t nrules)
{
    int     grown;
    size_t  i, k;

    do {
        grown = 0;

        for (i = 0; i < nrules; i++) {

            if (!fuzz_has(set, rules[i].scope)) {
                continue;
            }

            for (k = 0; k < rules[i].nimplied; k++) {
                grown |= fuzz_add(set, rules[i].implied[k]);
            }
        }

    } while (grown);
}


static int
fuzz_has(const fuzz_set_t *set, oauth_str_t word)
{
    size_t  i;

    for (i = 0; i < set->n; i++) {
        if (set->words[i].len == word.len
            && memcmp(set->words[i].data, word.data, word.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* Returns 1 if the word is new.  The length of the input bounds the set. */

static int
fuzz_add(fuzz_set_t *set, oauth_str_t word)
{
    if (fuzz_has(set, word)) {
        return 0;
    }

    fuzz_need(set->n < FUZZ_WORDS);
    set->words[set->n++] = word;

    return 1;
}


/* The list without repeated words: in their order, with single spaces. */

static void
fuzz_append(oauth_str_t words)
{
    size_t       left;
    fuzz_set_t   set;
    oauth_buf_t  buf;
    oauth_str_t  rest, word;

    set.n = 0;
    memset(&buf, 0, sizeof(oauth_buf_t));

    while (oauth_scope_next(&words, &word)) {
        fuzz_add(&set, word);
        oauth_scope_append(&buf, word);
    }

    fuzz_need(words.len == 0 && !buf.failed);

    rest = oauth_buf_str(&buf);

    for (left = set.n; rest.len > 0; left--) {

        fuzz_need(fuzz_word(&rest, &word));
        fuzz_need(fuzz_has(&set, word));

        if (rest.len > 0) {
            fuzz_need(rest.len > 1 && rest.data[1] != ' ');
        }
    }

    fuzz_need(left == 0);

    oauth_buf_free(&buf);
}
