
/*
 * Revocations: what is kept so that tokens that are still valid are not
 * accepted any more, and which tokens that concerns.  An entry names tokens of
 * one issuer by members that must all match: the token itself, its subject,
 * client, session, resource, e-mail address of the subject, and the key that
 * signed it; an entry with none of them names all tokens of the issuer.
 *
 * An entry is found by a key of fixed size: its kind, which says what members
 * it has, and a hash of the issuer and the members.  So a store does not hold
 * the names of people.  The memory is the caller's, except where it is said.
 */


#ifndef OAUTH_REVOCATION_H_INCLUDED
#define OAUTH_REVOCATION_H_INCLUDED


#include "oauth_revocation_kind.h"
#include "oauth_token.h"


#define OAUTH_REVOCATION_KEY       16   /* bytes; the first is the kind       */
#define OAUTH_REVOCATION_ID        33   /* bytes of the id of a token that has
                                           no jti                             */

#define OAUTH_REVOCATION_DELAY     5    /* seconds: tokens that are issued
                                           within this time after a revocation
                                           are revoked, too                   */

#define OAUTH_REVOCATION_ALWAYS    INT64_MAX


/*
 * The members of an entry.  The issuer is always there; each other member is
 * absent where the entry is about every value of it.
 */

typedef struct {
    oauth_str_t        issuer;
    oauth_str_t        subject;
    oauth_str_t        client;
    oauth_str_t        session;
    oauth_str_t        resource;        /* a member of aud                    */
    oauth_str_t        kid;
    oauth_str_t        email;
    oauth_str_t        token;           /* its jti, or as of
                                           oauth_revocation_write_id          */
} oauth_revocation_names_t;


/* An entry. */

typedef struct {
    unsigned char      key[OAUTH_REVOCATION_KEY];
    int64_t            cut;             /* it revokes tokens with an iat up to
                                           this (seconds since the epoch), and
                                           those without iat;
                                           OAUTH_REVOCATION_ALWAYS: all       */
    int64_t            end;             /* when no token that it revokes is
                                           valid any more (seconds since the
                                           epoch); 0: when the longest lifetime
                                           of a token has passed since the cut
                                                                              */
    int64_t            time;            /* when it was accepted; the same unit
                                                                              */
} oauth_revocation_t;


/* The kinds of which there are entries. */

typedef struct {
    uint64_t           version;         /* another number whenever the others
                                           change; never 0                    */
    size_t             n;
    unsigned char      kinds[OAUTH_REVOCATION_KINDS];
} oauth_revocation_kinds_t;


/* The keys of all entries of some kinds that would revoke a token. */

typedef struct oauth_revocation_keys_s {
    uint64_t           version;         /* of the kinds                       */
    size_t             n;
    unsigned char      keys[][OAUTH_REVOCATION_KEY];
} oauth_revocation_keys_t;


/* Writes the key of the entry.  Returns 0, or -1: memory is short. */

int oauth_revocation_write_key(const oauth_revocation_names_t *names,
    unsigned char key[OAUTH_REVOCATION_KEY]);

/*
 * Writes the key that remembers the jti of a message of the issuer.  type says
 * what the message is, so that two types do not share their ids.  Returns 0, or
 * -1: memory is short.
 */

int oauth_revocation_write_used(oauth_str_t issuer, oauth_str_t type,
    oauth_str_t id, unsigned char key[OAUTH_REVOCATION_KEY]);

/*
 * Writes the id of a token by its text: a hash of the signing input of a JWT
 * (its signature may have more than one form), or of an opaque token.  No jti
 * is such an id.  Returns 0, or -1: memory is short.
 */

int oauth_revocation_write_id(const oauth_token_t *token,
    unsigned char id[OAUTH_REVOCATION_ID]);

/*
 * The names of the one token that its holder wants revoked: its jti, or else
 * its id by text, which is written into id.  Returns 0, or -1: memory is short.
 */

int oauth_revocation_name_token(const oauth_token_t *token,
    unsigned char id[OAUTH_REVOCATION_ID], oauth_revocation_names_t *names);

/*
 * Sets token->keys to the keys of all entries of these kinds that would revoke
 * the token, unless it has those of this version already.  They are the
 * token's, and are freed with it.  Returns 0, or -1: memory is short, and
 * nothing has changed.
 */

int oauth_revocation_find_keys(oauth_token_t *token,
    const oauth_revocation_kinds_t *kinds);

/* 1 when the entry, found by one of the token's keys, revokes it; else 0. */

int oauth_revocation_has(const oauth_revocation_t *entry,
    const oauth_token_t *token);


#endif /* OAUTH_REVOCATION_H_INCLUDED */
