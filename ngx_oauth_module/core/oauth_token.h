
/*
 * An access token whose claims were verified by the rules for its issuer (RFC
 * 9068 section 4, RFC 8725 section 3): the claims of a JWT, or what the issuer
 * has answered about opaque credentials (RFC 7662).  What it says never
 * changes, so that whoever holds a token may rely on it.  What depends on the
 * place that was asked for, such as audience and scopes, is not decided here
 * but by oauth_demand.  A bound token (see its confirmation) also needs a proof
 * with each request, which is not looked at here.  Four members change after
 * its creation, since they stay with the token: the key of its DPoP proofs, the
 * assertions that were minted for it, the keys by which it can be revoked, and
 * the epoch.
 *
 * A token is one block of memory with a count of its holders: a request holds a
 * reference, the cache another one.  It keeps the claims that decisions need,
 * and the values of those that the configuration uses.
 */


#ifndef OAUTH_TOKEN_H_INCLUDED
#define OAUTH_TOKEN_H_INCLUDED


#include "oauth_encoding.h"
#include "oauth_jwks.h"
#include "oauth_jwt.h"
#include "oauth_minted.h"
#include "oauth_proof.h"


/* What is taken from the claims of a token. */

typedef enum {
    OAUTH_TOKEN_CLAIM = 0,              /* the claim that the names lead to   */
    OAUTH_TOKEN_ACTORS,                 /* the subs of all actors: see
                                           oauth_actor_write                  */
    OAUTH_TOKEN_CLAIMS                  /* all claims, as JSON in base64url:
                                           the payload of a JWT as it was sent,
                                           or the answer about an opaque token,
                                           if OAUTH_ENCODING_SIZE allows it   */
} oauth_token_kind_t;


/* A claim that the configuration uses; its names are as of oauth_claims_at. */

typedef struct {
    const oauth_str_t           *names;
    size_t                       nnames;
    oauth_token_kind_t           kind;
    oauth_encoding_t             encoding;      /* of the text of a claim     */
    unsigned                     text:1;        /* to be handed out           */
    unsigned                     members:1;     /* to be compared             */
} oauth_token_select_t;


/* What the configuration says about the tokens of one issuer. */

typedef struct {
    oauth_str_t                  issuer;
    oauth_algs_t                 algorithms;
    unsigned                     access_only:1; /* token_type at+jwt          */
    int64_t                      leeway;        /* seconds                    */
    int64_t                      max_lifetime;  /* seconds                    */
    const oauth_str_t           *scope_claims;  /* paths                      */
    size_t                       nscope_claims;
    const oauth_token_select_t  *selected;
    size_t                       nselected;
    const oauth_str_t           *session;       /* the names of the claim that
                                                   is the session, as of
                                                   oauth_claims_at; NULL: sid */
    size_t                       nsession;
    unsigned                     authentication:1;  /* tokens keep how and when
                                                   the user has signed in     */
} oauth_token_rules_t;


/* A selected claim.  Its strings are views of the token's block. */

typedef struct {
    oauth_str_t                  text;          /* see oauth_token_selected;
                                                   absent: the token has no
                                                   such claim, or it is not to
                                                   be handed out              */
    const oauth_str_t           *members;       /* the claim itself, or what
                                                   its array holds, without
                                                   null and nested values     */
    uint32_t                     nmembers;
    unsigned                     field:1;       /* a header field can carry
                                                   the text                   */
} oauth_token_claim_t;


/* A string is absent where the token has no such claim. */

typedef struct {
    size_t                       refs;
    size_t                       size;          /* of the block, in bytes     */
    const oauth_token_rules_t   *rules;         /* by which it was verified   */
    int64_t                      starts;        /* seconds since the epoch,
                                                   with the leeway            */
    int64_t                      expires;       /* the same; valid while
                                                   starts <= now < expires    */
    int64_t                      issued_at;     /* iat, without the leeway; 0:
                                                   none                       */
    oauth_str_t                  text;
    oauth_str_t                  kid;           /* of the key that has verified
                                                   it, also where its header
                                                   names none; absent: the key
                                                   has none                   */
    oauth_str_t                  subject;
    oauth_str_t                  id;            /* jti; this and the next two
                                                   as of
                                                   oauth_claims_identifier    */
    oauth_str_t                  client;        /* as of oauth_claims_t       */
    oauth_str_t                  session;       /* the claim that the rules
                                                   name                       */
    oauth_str_t                  scope;         /* granted, separated by
                                                   spaces                     */
    oauth_str_t                  payload;       /* the JSON of the claims;
                                                   absent for a JWT, whose text
                                                   has it                     */
    oauth_str_t                  acr;           /* absent, and no auth_time:
                                                   the rules do not ask for
                                                   them, or they have the wrong
                                                   type                       */
    int64_t                      auth_time;     /* seconds since the epoch    */
    oauth_confirmation_t         confirmation;
    unsigned                     has_auth_time:1;
    unsigned                     shows_id:1;    /* the id has no control
                                                   character                  */
    unsigned                     shows_client:1;        /* nor has the client */
    unsigned                     opaque:1;      /* not a JWT                  */
    unsigned                     ends:1;        /* its issuer has said when it
                                                   expires; else expires is how
                                                   long its answer is believed
                                                                              */
    const oauth_str_t           *audience;
    size_t                       naudience;
    const oauth_token_claim_t   *claims;        /* by their number in
                                                   rules->selected            */
    oauth_proof_key_t           *proof_key;     /* for oauth_proof_verify;
                                                   NULL: there was no good
                                                   proof yet                  */
    oauth_minted_t              *minted;        /* NULL: no assertion was
                                                   minted for it yet          */
    struct oauth_revocation_keys_s  *keys;      /* by which it can be revoked;
                                                   NULL: not made yet         */
    uint64_t                     epoch;         /* the state of the store of
                                                   revocations in which it was
                                                   last found not to be
                                                   revoked; 0: none yet       */
} oauth_token_t;


/* The claims of a token, read once more. */

typedef struct {
    const oauth_json_t          *root;          /* an object                  */
    oauth_jwt_t                 *jwt;           /* what holds them; NULL: they
                                                   are in nodes and text      */
    oauth_json_t                *nodes;
    unsigned char               *text;          /* after the nodes            */
    size_t                       len;           /* of the text                */
} oauth_token_reading_t;


/* What a token is made of. */

typedef struct {
    oauth_str_t                  text;          /* as the client sent it      */
    oauth_str_t                  kid;           /* absent: none               */
    oauth_str_t                  scope;         /* separated by spaces        */
    oauth_str_t                  payload;       /* JSON; absent for a JWT     */
    const oauth_claims_t        *claims;
} oauth_token_source_t;


/*
 * Verifies a JWT.  Checks in this order: issuer, type, algorithm, key and
 * signature; only then it reads the claims, and checks issuer, kind, expiry,
 * not before and lifetime.  Returns OAUTH_OK, and *token is new
 * with one reference; else *token is NULL, and the reason says what was wrong.
 * OAUTH_UNKNOWN_KEY, OAUTH_KEY_MISMATCH and OAUTH_BAD_SIGNATURE may become
 * another reason with another key set; OAUTH_SERVER_ERROR means that memory is
 * short.  now is in seconds since the epoch.  The rules must outlive the token;
 * the JWT stays the caller's, and its claims may be read afterwards.
 */

oauth_reason_t oauth_token_verify(oauth_jwt_t *jwt,
    const oauth_token_rules_t *rules, const oauth_jwks_t *keys, int64_t now,
    oauth_token_t **token);

/*
 * Creates a token from claims that the caller has verified, which expires at
 * claims->expires, also where they have no exp.  Everything is copied but the
 * rules, which must outlive the token.  Returns a token with one reference;
 * NULL: memory is short.
 */

oauth_token_t *oauth_token_create(const oauth_token_source_t *source,
    const oauth_token_rules_t *rules);

/*
 * Creates the token again from a token that is a JWT.  It expires at that time
 * (seconds since the epoch, with the leeway), or when the other does, whichever
 * is earlier.  Returns a token with one reference; NULL: memory is short.
 */

oauth_token_t *oauth_token_shorten(const oauth_token_t *token,
    int64_t expires);

/* 1 when now (seconds since the epoch) is within the token's time, else 0. */

int oauth_token_is_current(const oauth_token_t *token, int64_t now);

/* 1 when the claim, or a member of it, is one of the values; else 0. */

int oauth_token_claim_has(const oauth_token_claim_t *claim,
    const oauth_str_t *values, size_t nvalues);

/*
 * Appends the text of a claim that was not selected, for which it parses the
 * claims once more; appends nothing where there is no such claim.  Returns 0,
 * or -1 as of oauth_json_text.
 */

int oauth_token_text(const oauth_token_t *token, oauth_str_t name,
    oauth_buf_t *buf);

/*
 * Does the same with a selection.  A claim is written as by oauth_json_text; if
 * it is to be encoded, control characters are written, too, and a text that is
 * longer than OAUTH_ENCODING_SIZE is not.
 */

int oauth_token_selected(const oauth_token_t *token,
    const oauth_token_select_t *select, oauth_buf_t *buf);

/*
 * Reads the claims of a token once more.  Returns 0: reading->root is valid
 * until oauth_token_read_done, and the token must not be freed before that;
 * else -1, and there is nothing to release: memory is short.
 */

int oauth_token_read(const oauth_token_t *token,
    oauth_token_reading_t *reading);

/* Wipes and releases what was read. */

void oauth_token_read_done(oauth_token_reading_t *reading);

/* Adds a reference, which oauth_token_free gives back.  Returns the token. */

oauth_token_t *oauth_token_acquire(oauth_token_t *token);

/*
 * Gives one reference back.  With the last one, the token is wiped and freed,
 * and its assertions, proof key and revocation keys, too.  NULL is allowed.
 */

void oauth_token_free(oauth_token_t *token);


#endif /* OAUTH_TOKEN_H_INCLUDED */
