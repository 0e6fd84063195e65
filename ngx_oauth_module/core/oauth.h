
/*
 * What every file of the core shares: a view of bytes, a growing buffer, the
 * results and the reasons.  The core knows neither nginx nor the network; it
 * has no clock ("now" is a parameter) and no log.  It keeps nothing between two
 * calls, except that oauth_document watches jansson's allocations while it
 * reads: a process may read documents in one thread only.
 *
 * A function that decides about a token returns an oauth_reason_t.  One table
 * (oauth_reason.c) holds for each reason its code ($oauth_result), a sentence
 * for the log, and the error and description of RFC 6750 section 3.1.
 */


#ifndef OAUTH_H_INCLUDED
#define OAUTH_H_INCLUDED


#include <stddef.h>
#include <stdint.h>


/*
 * A view of counted bytes that somebody else owns; no zero byte follows them.
 * Where data is NULL, the string is absent, which is not the same as empty.
 */

typedef struct {
    size_t                len;
    const unsigned char  *data;
} oauth_str_t;


#define oauth_string(str)                                                     \
    { sizeof(str) - 1, (const unsigned char *) str }

#define oauth_str(str)                                                        \
    ((oauth_str_t) oauth_string(str))


/*
 * A growing buffer that owns its bytes; oauth_buf_free releases them.  A buffer
 * of all zero is empty.  When memory is short, "failed" is set and every later
 * write does nothing, so that one look at "failed" after the last write is
 * enough.
 */

typedef struct {
    size_t                len;
    size_t                size;
    unsigned char        *data;
    int                   failed;
} oauth_buf_t;


/* The result of parsing something other than a token. */

typedef enum {
    OAUTH_DONE = 0,
    OAUTH_INVALID,                /* the text is not what it has to be        */
    OAUTH_NO_MEMORY               /* memory was short; it was not checked     */
} oauth_result_t;


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
    OAUTH_REVOKED,
    OAUTH_REVOCATIONS_STALE,      /* those of other nodes; and it is not new  */
    OAUTH_SENDER_CONSTRAINED,     /* bound in a way that is not accepted here */
    OAUTH_INACTIVE,               /* the issuer says so, when it is asked     */
    OAUTH_INTROSPECTION_MISMATCH, /* its answer contradicts the token         */
    OAUTH_NOT_BOUND,              /* and it has to be                         */
    OAUTH_NO_PROOF,
    OAUTH_PROOF_MALFORMED,        /* not a JWS, or several of them            */
    OAUTH_PROOF_TYPE,             /* typ                                      */
    OAUTH_PROOF_ALGORITHM,        /* none, HS*, unknown, not allowed          */
    OAUTH_PROOF_KEY,              /* jwk: missing, private, symmetric, weak   */
    OAUTH_PROOF_SIGNATURE,
    OAUTH_PROOF_CLAIMS,           /* one is missing, or of the wrong type     */
    OAUTH_PROOF_METHOD,           /* htm                                      */
    OAUTH_PROOF_URI,              /* htu                                      */
    OAUTH_PROOF_TIME,             /* iat                                      */
    OAUTH_PROOF_TOKEN,            /* ath                                      */
    OAUTH_PROOF_OTHER_KEY,        /* not the one that the token is bound to   */
    OAUTH_PROOF_REPLAYED,
    OAUTH_PROOF_NONCE,
    OAUTH_NO_CERTIFICATE,         /* bound to one, and the client has none    */
    OAUTH_CERTIFICATE_MALFORMED,  /* not one certificate in the place for it  */
    OAUTH_WRONG_CERTIFICATE,      /* bound to another one                     */
    OAUTH_NO_AUDIENCE,
    OAUTH_WRONG_AUDIENCE,
    OAUTH_NO_SUBJECT,             /* no sub, and it is to be forwarded        */

    OAUTH_INSUFFICIENT_AUTHENTICATION,  /* of the user, by acr or auth_time   */
    OAUTH_INSUFFICIENT_SCOPE,
    OAUTH_REQUIREMENT_NOT_MET,

    OAUTH_AMBIGUOUS_URI,          /* oauth_strict_uri                         */

    OAUTH_KEYS_UNAVAILABLE,
    OAUTH_INTROSPECTION_UNAVAILABLE,
    OAUTH_REVOCATIONS_UNAVAILABLE,
    OAUTH_REVOCATIONS_SILENT,     /* those of other nodes are not known       */
    OAUTH_REPLAY_FULL,            /* no room to remember another proof        */
    OAUTH_SERVER_ERROR,           /* memory is short, and the like            */

    OAUTH_REASONS
} oauth_reason_t;


/*
 * The kind of answer that a reason leads to.  Which HTTP status an answer has
 * is not decided in the core.
 */

typedef enum {
    OAUTH_ANSWER_NONE = 0,        /* the request goes on                      */
    OAUTH_ANSWER_CHALLENGE,       /* no credentials: challenge without error  */
    OAUTH_ANSWER_REQUEST,         /* error="invalid_request"                  */
    OAUTH_ANSWER_TOKEN,           /* error="invalid_token"                    */
    OAUTH_ANSWER_PROOF,           /* error="invalid_dpop_proof", or
                                     "use_dpop_nonce"                         */
    OAUTH_ANSWER_AUTHENTICATION,  /* error=
                                     "insufficient_user_authentication"       */
    OAUTH_ANSWER_SCOPE,           /* error="insufficient_scope"               */
    OAUTH_ANSWER_FORBIDDEN,       /* no challenge: no token would help        */
    OAUTH_ANSWER_URI,             /* no challenge: another URI is needed      */
    OAUTH_ANSWER_UNAVAILABLE      /* no challenge: the token may be good      */
} oauth_answer_t;


typedef struct {
    const char           *code;         /* $oauth_result: "expired"           */
    const char           *sentence;     /* for the error log                  */
    oauth_answer_t        answer;
    const char           *error;        /* RFC 6750 section 3.1, RFC 9449
                                           section 7.1 or RFC 9470 section 3,
                                           or NULL                            */
    const char           *description;  /* RFC 6750: printable, no " or \     */
} oauth_reason_info_t;


/*
 * Returns the row of a reason, a constant.  A number outside the enum has the
 * row of OAUTH_SERVER_ERROR, so that the result is never NULL.
 */

const oauth_reason_info_t *oauth_reason_info(oauth_reason_t reason);


/* Returns a view of a C string, without its zero byte. */

oauth_str_t oauth_str_of(const char *text);

/*
 * 1 when both have the same bytes, else 0; an absent string equals an empty
 * one.  The time depends on the bytes: do not compare secrets with it.
 */

int oauth_str_equal(oauth_str_t a, oauth_str_t b);

/* Does the same, where ASCII letters are equal in upper and lower case. */

int oauth_str_equal_nocase(oauth_str_t a, oauth_str_t b);

/* 1 when s begins with the bytes of prefix, else 0. */

int oauth_str_starts(oauth_str_t s, oauth_str_t prefix);

/* 1 when one of them is the other with a slash after it, else 0. */

int oauth_str_differ_by_slash(oauth_str_t a, oauth_str_t b);

/*
 * Returns the length in bytes of the control character that s begins with: 1
 * (below 0x20, and 0x7f), or 2 (U+0080 to U+009F in UTF-8, which some programs
 * obey like the others).  0: s does not begin with one.
 */

size_t oauth_str_control(oauth_str_t s);

/* 1 when there is a control character anywhere in s, else 0. */

int oauth_str_has_control(oauth_str_t s);

/*
 * 1 when s is not empty and has no space at its ends, which the receiver of a
 * header field would drop (RFC 9110 section 5.5); else 0.
 */

int oauth_str_is_trimmed(oauth_str_t s);

/*
 * 1 when a header field can carry s as it is, else 0: it is trimmed and has no
 * control character.
 */

int oauth_str_is_field(oauth_str_t s);


/* These append to a buffer.  Where memory is short, buf->failed is set. */

void oauth_buf_append(oauth_buf_t *buf, const void *data, size_t len);

void oauth_buf_append_str(oauth_buf_t *buf, oauth_str_t s);

void oauth_buf_append_text(oauth_buf_t *buf, const char *text);

/* The same for a string constant, whose length the compiler knows. */

#define oauth_buf_append_literal(buf, str)                                    \
    oauth_buf_append(buf, str, sizeof(str) - 1)

/* Makes room for len more bytes: until they are written, none moves. */

void oauth_buf_reserve(oauth_buf_t *buf, size_t len);

/* Frees the bytes and leaves an empty buffer, which may be used again. */

void oauth_buf_free(oauth_buf_t *buf);

/* Returns a view of what was written; the next write may end it. */

oauth_str_t oauth_buf_str(const oauth_buf_t *buf);


#endif /* OAUTH_H_INCLUDED */
