
/*
 * What the fuzz targets share: assertions, an input that is read in lines, and
 * patterns as a second opinion.  A target is a file fuzz_<noun>.c with
 * libFuzzer's entry point; it takes the input for what its own comment says
 * and asserts what must hold, not only that nothing crashes.
 */


#ifndef FUZZ_H_INCLUDED
#define FUZZ_H_INCLUDED


#include <regex.h>

#include <jansson.h>
#include <openssl/err.h>

#include "oauth.h"


/* libFuzzer's; always returns 0. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* Aborts with the place: a finding. */

#define fuzz_need(expression)                                                 \
    fuzz_check((expression) != 0, #expression, __FILE__, __LINE__)

/* After a call of the core: it left nothing in OpenSSL's error queue. */

#define fuzz_need_clean()  fuzz_need(ERR_peek_error() == 0)

void fuzz_check(int ok, const char *what, const char *file, int line);

/*
 * Whether the target's parser took the input; it says so by setting this.  A
 * seed's name says what is expected.
 */

extern int  fuzz_accepted;


/* Takes the next line off *rest, without its newline; empty at the end. */

oauth_str_t fuzz_line(oauth_str_t *rest);

/* Takes the next word off *rest, split at spaces: 1, or 0 at the end. */

int fuzz_word(oauth_str_t *rest, oauth_str_t *word);

/* Takes the decimal number off *rest, up to 15 digits; 0 when there is none. */

int64_t fuzz_number(oauth_str_t *rest);

/* A copy of exact size, so that a sanitizer sees a read past the end. */

oauth_str_t fuzz_copy(oauth_str_t s);
void fuzz_free(oauth_str_t copy);


/* An extended regular expression (POSIX), compiled when it is first used. */

typedef struct {
    const char           *text;
    int                   ready;
    regex_t               regex;
} fuzz_pattern_t;

/* 1 when the pattern is found in s, which may hold NUL. */

int fuzz_matches(fuzz_pattern_t *pattern, oauth_str_t s);

/* The member, where it is none of null, "" and []; else NULL. */

const json_t *fuzz_member(const json_t *object, const char *name);

/* 1 when s is a scope-token (RFC 6749 section 3.3). */

int fuzz_is_scope(oauth_str_t s);


#endif /* FUZZ_H_INCLUDED */
