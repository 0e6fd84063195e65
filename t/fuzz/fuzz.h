
/*
 * What the fuzz targets share: assertions, reading an input line by line, and
 * patterns as a second opinion.  A target is a file fuzz_<noun>.c with the
 * entry point of libFuzzer.  The comment of the target says what its input
 * means.  A target asserts that results are right, not only that nothing
 * crashes.
 */


#ifndef FUZZ_H_INCLUDED
#define FUZZ_H_INCLUDED


#include <regex.h>

#include <jansson.h>
#include <openssl/err.h>

#include "oauth.h"


/* libFuzzer's; always returns 0. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* Aborts and names the place: this is a finding. */

#define fuzz_need(expression)                                                 \
    fuzz_check((expression) != 0, #expression, __FILE__, __LINE__)

/* Asserts, after a call of the core, that OpenSSL's error queue is empty. */

#define fuzz_need_clean()  fuzz_need(ERR_peek_error() == 0)

void fuzz_check(int ok, const char *what, const char *file, int line);

/*
 * Whether the parser under test accepted the input: the target sets this.  The
 * name of a seed says which is expected.
 */

extern int  fuzz_accepted;


/*
 * Removes the next line from *rest and returns it without its newline; empty at
 * the end.
 */

oauth_str_t fuzz_line(oauth_str_t *rest);

/*
 * Removes the next word from *rest (words end at spaces): 1, or 0 at the end.
 */

int fuzz_word(oauth_str_t *rest, oauth_str_t *word);

/*
 * Removes a decimal number of up to 15 digits from *rest; 0 if there is none.
 */

int64_t fuzz_number(oauth_str_t *rest);

/* Larger times are not interesting, and two of them might overflow. */

#define FUZZ_SECONDS  ((int64_t) 1 << 40)

/* Removes the next word from *rest: a time that is less than FUZZ_SECONDS. */

int64_t fuzz_seconds(oauth_str_t *rest);

/* A copy of exactly this size, so that a sanitizer sees a read past the end. */

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

/* The member, unless it is null, "" or []; then NULL. */

const json_t *fuzz_member(const json_t *object, const char *name);

/* 1 when s is a scope-token (RFC 6749 section 3.3). */

int fuzz_is_scope(oauth_str_t s);


#endif /* FUZZ_H_INCLUDED */
