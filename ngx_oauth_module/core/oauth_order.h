
/*
 * An order to revoke: what comes in by one of the inputs of "oauth_revoke",
 * read and checked, as entries for the store.  It is the JSON of an
 * administrator or another program (oauth_order_parse), with the members of
 * docs/revocation.md or those of Global Token Revocation
 * (draft-parecki-oauth-global-token-revocation); or a security event, which is
 * a JWT that an authorization server has signed: a signal (RFC 8417, RFC 8935,
 * CAEP 1.0, RISC 1.0, SSF 1.0; RFC 9493 for whom it is about) or a logout token
 * (OpenID Connect Back-Channel Logout 1.0).
 *
 * An order owns what it points to, except for what its functions say;
 * oauth_order_free releases it.
 */


#ifndef OAUTH_ORDER_H_INCLUDED
#define OAUTH_ORDER_H_INCLUDED


#include <jansson.h>

#include "oauth_form.h"
#include "oauth_revocation.h"


#define OAUTH_ORDER_ENTRIES  1000       /* in one order, at most              */
#define OAUTH_ORDER_BODY     (1024 * 1024)  /* bytes of JSON, at most         */
#define OAUTH_ORDER_EVENT    65536      /* bytes of a security event, at most */
#define OAUTH_ORDER_AHEAD    300        /* seconds that "before" may be ahead */
#define OAUTH_ORDER_LOGOUT   300        /* seconds from its iat for which a
                                           logout token without exp is good   */


typedef struct {
    oauth_revocation_names_t   names;
    oauth_str_t                reason;  /* absent: none was given             */
    oauth_revocation_t         entry;   /* time is now                        */
} oauth_order_entry_t;


/* What is wrong with an order. */

typedef struct {
    const char                *code;    /* "err" of RFC 8935 section 2.4, such
                                           as "invalid_issuer"                */
    const char                *why;     /* a sentence without its full stop,
                                           which never has text of the order  */
    oauth_str_t                member;  /* the member that it is about, as the
                                           order has it: up to 64 bytes without
                                           control characters; absent: none   */
    size_t                     index;   /* of the record in an array          */
    unsigned                   listed:1;    /* it is about one of an array    */
} oauth_order_error_t;


typedef struct {
    size_t                     n;       /* 0: it is good, and has no effect   */
    oauth_order_entry_t       *entries;

    /* of security events: */
    oauth_jws_t                jws;
    oauth_str_t                issuer;  /* until verified: what it claims     */
    oauth_str_t                id;      /* its jti                            */
    oauth_revocation_t         used;    /* the entry that remembers it        */
    const char                *notice;  /* why it has no effect; NULL: it has */

    oauth_order_error_t        error;
    json_t                    *root;
    void                      *storage;
} oauth_order_t;


/* What orders may be about. */

typedef struct {
    const oauth_str_t         *issuers; /* all that are configured            */
    size_t                     nissuers;
    oauth_str_t                issuer;  /* of a subject that names none;
                                           absent: it has to name one         */
    int64_t                    now;     /* seconds since the epoch            */
} oauth_order_bounds_t;


typedef enum {
    OAUTH_ORDER_SIGNAL = 0,
    OAUTH_ORDER_LOGOUT_TOKEN
} oauth_order_type_t;


/* By what a security event is verified. */

typedef struct {
    oauth_order_type_t         type;
    const oauth_token_rules_t *rules;   /* of the issuer that it names        */
    const oauth_jwks_t        *keys;    /* of that issuer; not NULL           */
    const oauth_str_t         *audience;
    size_t                     naudience;
    int64_t                    longest; /* seconds: longest lifetime of tokens,
                                           with the leeway                    */
    int64_t                    now;     /* seconds since the epoch            */
} oauth_order_rules_t;


/*
 * Reads the JSON of an administrator: one object, or an array of up to
 * OAUTH_ORDER_ENTRIES of them.  The issuers must outlive the order, the text
 * need not.  Returns OAUTH_DONE; OAUTH_INVALID with order->error; or
 * OAUTH_NO_MEMORY.  In each case oauth_order_free releases the order.
 */

oauth_result_t oauth_order_parse(oauth_str_t text,
    const oauth_order_bounds_t *bounds, oauth_order_t *order);

/*
 * Makes the one entry of an order from pairs of name and value, as a query has
 * them: the members of the JSON except for "before", "reason" and "sub_id".
 * The values must outlive the order.  Returns as oauth_order_parse.
 */

oauth_result_t oauth_order_query(const oauth_form_pair_t *pairs,
    size_t npairs, const oauth_order_bounds_t *bounds, oauth_order_t *order);


/*
 * Takes a security event apart, and sets order->issuer to what it claims, by
 * which the caller finds the rules.  Nothing of it is to be trusted yet.  The
 * text must outlive the order.  Returns as oauth_order_parse.
 */

oauth_result_t oauth_order_parse_event(oauth_str_t text, oauth_order_t *order);

/*
 * Verifies a security event: type, algorithm, signature, issuer, audience,
 * times and form, and makes its entries.  Returns OAUTH_OK; or
 * OAUTH_UNKNOWN_KEY, OAUTH_KEY_MISMATCH or OAUTH_BAD_SIGNATURE, which may
 * change with another key set, so that the caller may try again; or
 * OAUTH_SERVER_ERROR (memory is short); or OAUTH_MALFORMED_CLAIMS for all else.
 * order->error says what is wrong unless it is OAUTH_OK.
 */

oauth_reason_t oauth_order_verify_event(oauth_order_t *order,
    const oauth_order_rules_t *rules);

/* Wipes and releases what the order holds.  An order of all zero is allowed. */

void oauth_order_free(oauth_order_t *order);


#endif /* OAUTH_ORDER_H_INCLUDED */
