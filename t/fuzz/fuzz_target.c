
/*
 * The path of a request as a client sends it.  Input: the request target.  A
 * pattern says which paths all servers read in the same way.  What follows the
 * first "?" must not change the result.
 */


#include <string.h>

#include "fuzz.h"
#include "oauth_target.h"


static fuzz_pattern_t  fuzz_ambiguous = {
    .text = "^//|[;#\\]|%(2[fF5]|3[bB]|5[cC])|/([.]|%2[eE]){1,2}(/|$)"
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int             ambiguous;
    oauth_str_t     target, path;
    const uint8_t  *query;

    target = fuzz_copy((oauth_str_t) { size, data });
    path = target;

    query = size ? memchr(target.data, '?', size) : NULL;

    if (query) {
        path.len = (size_t) (query - target.data);
    }

    ambiguous = oauth_target_is_ambiguous(target);

    fuzz_need(ambiguous == fuzz_matches(&fuzz_ambiguous, path));
    fuzz_need(ambiguous == oauth_target_is_ambiguous(path));

    fuzz_accepted = !ambiguous;

    fuzz_free(target);

    return 0;
}
