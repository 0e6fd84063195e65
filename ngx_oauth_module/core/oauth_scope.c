
/*
 * Scopes (RFC 6749 section 3.3): words, terms and a hierarchy.  Words are split
 * at SP only and compared byte for byte.  No scope-token has a tab or a comma,
 * so that a word with one matches nothing.  Only the buffers of the append
 * functions allocate memory; words are views.
 */


#include "oauth_scope.h"


/* A rule that has been found.  The list lies on the stack, oldest first. */

typedef struct oauth_scope_link_s  oauth_scope_link_t;

struct oauth_scope_link_s {
    const oauth_scope_rule_t  *rule;
    oauth_scope_link_t        *next;
};


typedef struct {
    oauth_str_t                granted;
    oauth_str_t                wanted;
    const oauth_scope_rule_t  *rules;
    size_t                     nrules;
    oauth_scope_link_t        *first;
} oauth_scope_search_t;


static inline void oauth_scope_word(const unsigned char **p,
    const unsigned char *last, oauth_str_t *word);
static int oauth_scope_has(oauth_str_t words, oauth_str_t scope);
static int oauth_scope_implied(oauth_scope_search_t *search,
    const oauth_scope_link_t *reached, size_t i, oauth_scope_link_t *last);
static int oauth_scope_found(const oauth_scope_search_t *search,
    const oauth_scope_rule_t *rule);
static int oauth_scope_rule_implies(const oauth_scope_rule_t *rule,
    oauth_str_t scope);
static void oauth_scope_append_last(oauth_buf_t *buf, oauth_str_t word);


int
oauth_scope_valid(oauth_str_t s)
{
    size_t         i;
    unsigned char  c;

    for (i = 0; i < s.len; i++) {

        c = s.data[i];

        if (c < 0x21 || c > 0x7e || c == '"' || c == '\\') {
            return 0;
        }
    }

    return s.len > 0;
}


int
oauth_scope_next(oauth_str_t *rest, oauth_str_t *word)
{
    const unsigned char  *p, *last;

    if (rest->len == 0) {
        *word = *rest;
        return 0;
    }

    p = rest->data;
    last = p + rest->len;

    oauth_scope_word(&p, last, word);

    rest->data = p;
    rest->len = (size_t) (last - p);

    return word->len > 0;
}


/*
 * Takes a word, or nothing but spaces, from the text between *p and last.  Its
 * callers go through long texts, so it is inline.
 */

static inline void
oauth_scope_word(const unsigned char **p, const unsigned char *last,
    oauth_str_t *word)
{
    while (*p < last && **p == ' ') {
        (*p)++;
    }

    word->data = *p;

    while (*p < last && **p != ' ') {
        (*p)++;
    }

    word->len = (size_t) (*p - word->data);
}


/*
 * After the last alternative data is NULL, and not only len 0: "a|" has an
 * empty alternative at its end.
 */

int
oauth_scope_alternative(oauth_str_t *term, oauth_str_t *text)
{
    size_t  i;

    if (term->data == NULL) {
        return 0;
    }

    for (i = 0; i < term->len && term->data[i] != '|'; i++) { /* void */ }

    text->data = term->data;
    text->len = i;

    if (i < term->len) {
        term->data += i + 1;
        term->len -= i + 1;

    } else {
        term->data = NULL;
        term->len = 0;
    }

    return 1;
}


int
oauth_scope_bounded(oauth_str_t value)
{
    size_t  i, n;

    if (value.len > OAUTH_SCOPE_SIZE) {
        return 0;
    }

    /* So few bytes cannot be too many scopes. */

    if (value.len < OAUTH_SCOPE_TERMS) {
        return 1;
    }

    for (i = 0, n = 1; i < value.len; i++) {
        n += (value.data[i] == ' ');
    }

    return n <= OAUTH_SCOPE_TERMS;
}


int
oauth_scope_granted(oauth_str_t granted, oauth_str_t scope,
    const oauth_scope_rule_t *rules, size_t nrules)
{
    oauth_scope_search_t  search;

    if (oauth_scope_has(granted, scope)) {
        return 1;
    }

    search.granted = granted;
    search.wanted = scope;
    search.rules = rules;
    search.nrules = nrules;
    search.first = NULL;

    return oauth_scope_implied(&search, NULL, 0, NULL);
}


/*
 * A token may have 24,000 words, and each rule may ask for another one: words
 * of another length are passed over without a call.
 */

static int
oauth_scope_has(oauth_str_t words, oauth_str_t scope)
{
    oauth_str_t           word;
    const unsigned char  *p, *last;

    if (words.len == 0 || scope.len == 0) {
        return 0;
    }

    p = words.data;
    last = p + words.len;

    while (p < last) {
        oauth_scope_word(&p, last, &word);

        if (word.len == scope.len && oauth_str_equal(word, scope)) {
            return 1;
        }
    }

    return 0;
}


/*
 * Searches backwards, from the wanted scope to a granted one, so that rules of
 * other scopes cost next to nothing.  "reached" is the rule whose turn it is,
 * NULL for the wanted scope itself: each rule that implies its scope joins the
 * end of the list, unless it is there already.  So the search ends although
 * rules may form circles, and its work is the square of the rules.  Each call
 * adds one rule to the list, which lies in the frames of these calls: they are
 * nrules deep at most.
 */

static int
oauth_scope_implied(oauth_scope_search_t *search,
    const oauth_scope_link_t *reached, size_t i, oauth_scope_link_t *last)
{
    oauth_str_t          scope;
    oauth_scope_link_t   link, **end;

    end = last ? &last->next : &search->first;
    link.next = NULL;

    for ( ;; ) {

        scope = reached ? reached->rule->scope : search->wanted;

        for ( /* void */ ; i < search->nrules; i++) {

            link.rule = &search->rules[i];

            if (!oauth_scope_rule_implies(link.rule, scope)
                || oauth_scope_found(search, link.rule))
            {
                continue;
            }

            if (oauth_scope_has(search->granted, link.rule->scope)) {
                return 1;
            }

            *end = &link;

            return oauth_scope_implied(search, reached, i + 1, &link);
        }

        reached = reached ? reached->next : search->first;

        if (reached == NULL) {
            return 0;
        }

        i = 0;
    }
}


static int
oauth_scope_found(const oauth_scope_search_t *search,
    const oauth_scope_rule_t *rule)
{
    const oauth_scope_link_t  *link;

    for (link = search->first; link; link = link->next) {
        if (link->rule == rule) {
            return 1;
        }
    }

    return 0;
}


static int
oauth_scope_rule_implies(const oauth_scope_rule_t *rule, oauth_str_t scope)
{
    size_t  i;

    for (i = 0; i < rule->nimplied; i++) {
        if (oauth_str_equal(rule->implied[i], scope)) {
            return 1;
        }
    }

    return 0;
}


void
oauth_scope_append(oauth_buf_t *buf, oauth_str_t scope)
{
    if (scope.len > 0 && !oauth_scope_has(oauth_buf_str(buf), scope)) {
        oauth_scope_append_last(buf, scope);
    }
}


void
oauth_scope_append_words(oauth_buf_t *buf, oauth_str_t words)
{
    oauth_str_t  word;

    while (oauth_scope_next(&words, &word)) {
        oauth_scope_append_word(buf, word);
    }
}


void
oauth_scope_append_word(oauth_buf_t *buf, oauth_str_t word)
{
    if (oauth_scope_valid(word)) {
        oauth_scope_append_last(buf, word);
    }
}


static void
oauth_scope_append_last(oauth_buf_t *buf, oauth_str_t word)
{
    if (buf->len > 0) {
        oauth_buf_append_literal(buf, " ");
    }

    oauth_buf_append_str(buf, word);
}
