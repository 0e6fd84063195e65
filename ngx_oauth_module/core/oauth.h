
/*
 * What every file of the core shares: the string view, the growing buffer
 * and the reasons.  The core knows neither nginx nor the network, has no
 * clock, no log and no globals; "now" is a parameter.
 *
 * A function that decides about a token returns an oauth_reason_t.  One
 * table (oauth_reason.c) holds, for each reason, its code ($oauth_result),
 * the log's sentence, and the RFC 6750 error and description.
 */


#ifndef OAUTH_H_INCLUDED
#define OAUTH_H_INCLUDED


#include <stddef.h>
#include <stdint.h>


/* A view of counted bytes that somebody else owns; absent: data == NULL. */

typedef struct {
    size_t                len;
    const unsigned char  *data;
} oauth_str_t;


#define oauth_string(str)                                                     \
    { sizeof(str) - 1, (const unsigned char *) str }

#define oauth_str(str)                                                        \
    ((oauth_str_t) oauth_string(str))


/*
 * A growing buffer.  Starts as all zero.  A failed allocation is remembered
 * in "failed", further writes do nothing: one check at the end is enough.
 */

typedef struct {
    size_t                len;
    size_t                size;
    unsigned char        *data;
    int                   failed;
} oauth_buf_t;


typedef enum {
    OAUTH_OK = 0,

    OAUTH_NO_TOKEN,
    OAUTH_MALFORMED_REQUEST,

    OAUTH_MALFORMED_TOKEN,        /* not three segments of base64url JSON     */
    OAUTH_UNSUPPORTED_TOKEN,      /* JWE, crit, b64                           */
    OAUTH_WRONG_TYPE,             /* typ, or an ID token                      */
    OAUTH_WRONG_ALGORITHM,        /* none, HS*, unknown, not allowed          */
    OAUTH_UNKNOWN_ISSUER,
    OAUTH_UNKNOWN_KEY,
    OAUTH_KEY_MISMATCH,           /* the kid's key is of another algorithm    */
    OAUTH_BAD_SIGNATURE,
    OAUTH_MALFORMED_CLAIMS,
    OAUTH_NO_EXPIRY,
    OAUTH_EXPIRED,
    OAUTH_NOT_YET_VALID,
    OAUTH_LIFETIME_TOO_LONG,
    OAUTH_SENDER_CONSTRAINED,     /* cnf, and a plain Bearer                  */
    OAUTH_NO_AUDIENCE,
    OAUTH_WRONG_AUDIENCE,
    OAUTH_NO_SUBJECT,             /* no sub, and it is to be forwarded        */

    OAUTH_INSUFFICIENT_SCOPE,
    OAUTH_REQUIREMENT_NOT_MET,
    OAUTH_SUBREQUEST_DENIED,

    OAUTH_AMBIGUOUS_URI,          /* oauth_strict_uri                         */

    OAUTH_KEYS_UNAVAILABLE,
    OAUTH_SERVER_ERROR,           /* out of memory and the like               */

    OAUTH_REASONS
} oauth_reason_t;


/* The kind of answer that a reason leads to.  Statuses are not the core's. */

typedef enum {
    OAUTH_ANSWER_NONE = 0,        /* the request goes on                      */
    OAUTH_ANSWER_CHALLENGE,       /* no credentials: challenge without error  */
    OAUTH_ANSWER_REQUEST,         /* error="invalid_request"                  */
    OAUTH_ANSWER_TOKEN,           /* error="invalid_token"                    */
    OAUTH_ANSWER_SCOPE,           /* error="insufficient_scope"               */
    OAUTH_ANSWER_FORBIDDEN,       /* no challenge: no token would help        */
    OAUTH_ANSWER_URI,             /* no challenge: another URI is needed      */
    OAUTH_ANSWER_UNAVAILABLE      /* no challenge: the token may be good      */
} oauth_answer_t;


typedef struct {
    const char           *code;         /* $oauth_result: "expired"           */
    const char           *sentence;     /* for the error log                  */
    oauth_answer_t        answer;
    const char           *error;        /* RFC 6750 section 3.1, or NULL      */
    const char           *description;  /* RFC 6750: printable, no " or \     */
} oauth_reason_info_t;


/* Never NULL: a number outside the enum gets the server_error row. */

const oauth_reason_info_t *oauth_reason_info(oauth_reason_t reason);


/* 1 or 0.  Not in constant time: for public bytes only. */

int oauth_str_equal(oauth_str_t a, oauth_str_t b);

/* The same without regard to the case of ASCII letters. */

int oauth_str_equal_nocase(oauth_str_t a, oauth_str_t b);

int oauth_str_starts(oauth_str_t s, oauth_str_t prefix);

/*
 * The bytes of the control character that a string begins with: 1 (below 0x20,
 * and 0x7f), or 2 (U+0080 to U+009F in UTF-8, which some programs act on as on
 * the others); 0: it begins with none.
 */

size_t oauth_str_control(oauth_str_t s);

int oauth_str_has_control(oauth_str_t s);

/*
 * 1 when a header field can carry it as it is (RFC 9110 section 5.5): not
 * empty, no control character, no white space at its ends, which would be lost.
 */

int oauth_str_is_field(oauth_str_t s);


void oauth_buf_append(oauth_buf_t *buf, const void *data, size_t len);

void oauth_buf_append_str(oauth_buf_t *buf, oauth_str_t s);

/* A string constant. */

#define oauth_buf_append_literal(buf, str)                                    \
    oauth_buf_append(buf, str, sizeof(str) - 1)

/* Frees the bytes and leaves an empty buffer. */

void oauth_buf_free(oauth_buf_t *buf);

oauth_str_t oauth_buf_str(const oauth_buf_t *buf);


#endif /* OAUTH_H_INCLUDED */
