
/*
 * The protected resource metadata document (RFC 9728 section 2): written from
 * the configuration that enforces, and the rules for what an administrator may
 * add to it.  Nothing here is kept.
 */


#ifndef OAUTH_METADATA_H_INCLUDED
#define OAUTH_METADATA_H_INCLUDED


#include "oauth.h"


#define OAUTH_METADATA_NAME  "oauth-protected-resource"
#define OAUTH_METADATA_PATH  "/.well-known/" OAUTH_METADATA_NAME

/* What a document begins with; the resource's URL follows. */

#define OAUTH_METADATA_START  "{\"resource\":\""


/* A further member: its name and the values given in the configuration. */

typedef struct {
    oauth_str_t           name;
    const oauth_str_t    *values;
    size_t                nvalues;
} oauth_metadata_member_t;


typedef struct {
    oauth_str_t                     resource;
    const oauth_str_t              *issuers;      /* authorization_servers    */
    size_t                          nissuers;
    oauth_str_t                     scopes;       /* separated by spaces      */
    const oauth_metadata_member_t  *members;
    size_t                          nmembers;
} oauth_metadata_t;


/*
 * Checks a further member against the names and types of RFC 9728 section 2:
 * NULL, or what is wrong as a constant sentence.  Refused are the members that
 * the module writes itself (resource, authorization_servers, scopes_supported,
 * bearer_methods_supported), those that it cannot honour (signed_metadata,
 * dpop_*, tls_client_*), unknown names, "#lang" on a member that is not for
 * human readers or that is no BCP 47 tag, URLs that are none, more than one
 * value for a single one, "none" as a signature's algorithm, control
 * characters, invalid UTF-8, empty values.
 */

const char *oauth_metadata_check(const oauth_metadata_member_t *member);

/* 1 when two lists without a name twice say the same, in any order. */

int oauth_metadata_equal(const oauth_metadata_member_t *a, size_t na,
    const oauth_metadata_member_t *b, size_t nb);

/*
 * Appends the document as compact JSON, without empty members.  Failure is in
 * buf->failed.
 */

void oauth_metadata_write(oauth_buf_t *buf, const oauth_metadata_t *metadata);

/*
 * The same without OAUTH_METADATA_START and the URL, which is not looked at:
 * any URL of RFC 3986 makes a document with what stands around it.
 */

void oauth_metadata_write_rest(oauth_buf_t *buf,
    const oauth_metadata_t *metadata);


#endif /* OAUTH_METADATA_H_INCLUDED */
