
/*
 * Scopes: words, terms and a hierarchy (RFC 6749 section 3.3).  The words are
 * compared byte for byte and split at SP only: a tab or a comma is a part of
 * no scope-token and makes its word match nothing.  Nothing is allocated
 * here but by the buffer of oauth_scope_append; words are views.
 */


#include "oauth_scope.h"


/* A rule that has been found; the list lies on the stack, in order. */

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


static int oauth_scope_has(oauth_str_t words, oauth_str_t scope);
static int oauth_scope_implied(oauth_scope_search_t *search,
    const oauth_scope_link_t *reached, size_t i, oauth_scope_link_t *last);
static int oauth_scope_found(const oauth_scope_search_t *search,
    const oauth_scope_rule_t *rule);
static int oauth_scope_rule_implies(const oauth_scope_rule_t *rule,
    oauth_str_t scope);


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
    oauth_str_t  s;

    s = *rest;

    while (s.len > 0 && s.data[0] == ' ') {
        s.data++;
        s.len--;
    }

    *word = s;

    while (s.len > 0 && s.data[0] != ' ') {
        s.data++;
        s.len--;
    }

    word->len -= s.len;
    *rest = s;

    return word->len > 0;
}


/* At the end data is NULL: an empty last alternative is not lost. */

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


static int
oauth_scope_has(oauth_str_t words, oauth_str_t scope)
{
    oauth_str_t  word;

    while (oauth_scope_next(&words, &word)) {
        if (oauth_str_equal(word, scope)) {
            return 1;
        }
    }

    return 0;
}


/*
 * From the wanted scope backwards, so that rules of other scopes cost next to
 * nothing.  Each rule is found once, and once it is its turn to be "reached":
 * every rule is then compared with its scope, and joins the list where it
 * implies that.  Circles end the search, and its work is the square of the
 * rules.  A call adds one rule: the depth is nrules at most.
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
    if (scope.len == 0 || oauth_scope_has(oauth_buf_str(buf), scope)) {
        return;
    }

    if (buf->len > 0) {
        oauth_buf_append_literal(buf, " ");
    }

    oauth_buf_append_str(buf, scope);
}
