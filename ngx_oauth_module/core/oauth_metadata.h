
/*
 * The protected resource metadata document (RFC 9728 section 2).  It is written
 * from the configuration that the module enforces; these functions also say
 * what an administrator may add to it.  Nothing is kept.
 */


#ifndef OAUTH_METADATA_H_INCLUDED
#define OAUTH_METADATA_H_INCLUDED


#include "oauth.h"


#define OAUTH_METADATA_NAME  "oauth-protected-resource"
#define OAUTH_METADATA_PATH  "/.well-known/" OAUTH_METADATA_NAME

/* Each document begins with this; the URL of the resource follows. */

#define OAUTH_METADATA_START  "{\"resource\":\""


/* A further member: its name and its values, as the configuration has them. */

typedef struct {
    oauth_str_t                     name;
    const oauth_str_t              *values;
    size_t                          nvalues;
} oauth_metadata_member_t;


typedef struct {
    oauth_str_t                     resource;     /* URL                      */
    const oauth_str_t              *issuers;      /* authorization_servers    */
    size_t                          nissuers;
    oauth_str_t                     scopes;       /* separated by spaces      */
    oauth_str_t                     dpop;         /* algorithms of proofs, the
                                                     same                     */
    unsigned                        dpop_required:1;
                                                  /* no token is accepted
                                                     without a proof          */
    const oauth_metadata_member_t  *members;
    size_t                          nmembers;
    unsigned                        certificates:1; /* tokens may be bound to a
                                                       client's certificate   */
} oauth_metadata_t;


/*
 * Checks a further member against the names and types of RFC 9728 section 2.
 * Returns NULL, or a constant sentence that says what is wrong.  Refused are
 *
 *   - members that the module writes itself: resource, authorization_servers,
 *     scopes_supported, bearer_methods_supported,
 *     dpop_signing_alg_values_supported, dpop_bound_access_tokens_required,
 *     tls_client_certificate_bound_access_tokens;
 *   - a member whose promise the module cannot keep: signed_metadata;
 *   - unknown names, and "#language" where the member is not for human readers
 *     or the language is not a BCP 47 tag;
 *   - values that are empty, are not UTF-8, have a control character, are not a
 *     URL where one is needed, or are the algorithm "none"; and more than one
 *     value where the member has one.
 */

const char *oauth_metadata_check(const oauth_metadata_member_t *member);

/*
 * 1 when two lists have the same members with the same values, whatever their
 * order; else 0.  No list has a name twice.
 */

int oauth_metadata_equal(const oauth_metadata_member_t *a, size_t na,
    const oauth_metadata_member_t *b, size_t nb);

/*
 * Appends the document as compact JSON; empty members are left out.  Where
 * memory is short, or a member would be refused, buf->failed is set.
 */

void oauth_metadata_write(oauth_buf_t *buf, const oauth_metadata_t *metadata);

/*
 * Does the same, but leaves out OAUTH_METADATA_START and the URL of the
 * resource, which it does not read.  Any URL of RFC 3986 between the two makes
 * a complete document, since no character of a URL needs an escape in JSON.
 */

void oauth_metadata_write_rest(oauth_buf_t *buf,
    const oauth_metadata_t *metadata);


#endif /* OAUTH_METADATA_H_INCLUDED */
