
/*
 * What agents will trip over at an authorization server, found in its metadata
 * (RFC 8414 section 2): a server can issue good tokens and still be one that no
 * agent can use on its own.  Each finding has a code, a sentence and a remedy.
 *
 * When the metadata has been fetched, oauth_readiness_reduce keeps the few
 * members that count, as a short text.  Whenever somebody asks,
 * oauth_readiness_check reads that text and compares it with the configuration.
 */


#ifndef OAUTH_READINESS_H_INCLUDED
#define OAUTH_READINESS_H_INCLUDED


#include <jansson.h>

#include "oauth.h"


#define OAUTH_READINESS_TEXT  4096      /* bytes of the reduced metadata      */


typedef enum {
    OAUTH_READINESS_NO_SIGN_IN = 0,
    OAUTH_READINESS_NO_PKCE,
    OAUTH_READINESS_NO_REGISTRATION,
    OAUTH_READINESS_NO_PUBLIC_CLIENTS,
    OAUTH_READINESS_UNKNOWN_SCOPES,
    OAUTH_READINESS_NO_INTROSPECTION,
    OAUTH_READINESS_PLAIN_HTTP,
    OAUTH_READINESS_PRIVATE_ADDRESS,

    OAUTH_READINESS_FINDINGS
} oauth_readiness_kind_t;


/* One row for each kind; constants. */

typedef struct {
    const char                 *code;       /* "no_pkce"                      */
    const char                 *sentence;   /* what agents trip over          */
    const char                 *remedy;     /* what to do about it            */
} oauth_readiness_info_t;


/* What the configuration says about the server and those who use it. */

typedef struct {
    oauth_str_t                 issuer;     /* its identifier, a URL          */
    const oauth_str_t          *scopes;     /* each a list separated by spaces:
                                               what agents are told to ask for
                                               here                           */
    size_t                      nscopes;
    unsigned                    introspects:1;      /* its metadata has to say
                                               where tokens are introspected  */
    unsigned                    fronted:1;  /* agents are sent to another
                                               server in front of it          */
    unsigned                    local:1;    /* every resource is on loopback,
                                               and so are its agents          */
} oauth_readiness_rules_t;


/* The findings.  All zero is empty; oauth_readiness_free releases them. */

typedef struct {
    unsigned                    found[OAUTH_READINESS_FINDINGS];    /* 0 or 1 */
    oauth_buf_t                 details[OAUTH_READINESS_FINDINGS];
                                            /* the values that it is about,
                                               separated by spaces; may be
                                               empty                          */
} oauth_readiness_t;


/*
 * Appends the members of a metadata document that oauth_readiness_check reads,
 * as one JSON object.  scopes_supported is left out where the text would be
 * longer than OAUTH_READINESS_TEXT.  Appends nothing where even then it would
 * be, or a string has a control character.  Where memory is short, buf->failed
 * is set.
 */

void oauth_readiness_reduce(oauth_buf_t *buf, const json_t *metadata);

/*
 * Reads the reduced text.  OAUTH_DONE: the findings are in *readiness; where
 * the server is fronted, nothing is found that only agents would trip over.
 * OAUTH_INVALID: it is not such a text.  OAUTH_NO_MEMORY.  In any case,
 * oauth_readiness_free releases *readiness.
 */

oauth_result_t oauth_readiness_check(oauth_str_t text,
    const oauth_readiness_rules_t *rules, oauth_readiness_t *readiness);

void oauth_readiness_free(oauth_readiness_t *readiness);


/* Returns the row of a kind. */

const oauth_readiness_info_t *oauth_readiness_info(
    oauth_readiness_kind_t kind);

/*
 * Appends what was found in words: the sentence, and the details in parentheses
 * if there are any.  There is no full stop, and no remedy.
 */

void oauth_readiness_append(oauth_buf_t *buf,
    const oauth_readiness_t *readiness, oauth_readiness_kind_t kind);


#endif /* OAUTH_READINESS_H_INCLUDED */
