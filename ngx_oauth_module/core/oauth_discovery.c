
/*
 * Authorization server metadata (RFC 8414 sections 3.1 and 3.3, OpenID Connect
 * Discovery 1.0 section 4).  The issuer must be the configured one byte for
 * byte: otherwise one server could speak for another.  The strings found are
 * copied into the caller's oauth_discovery_t.
 */


#include <string.h>

#include "oauth_discovery.h"
#include "oauth_document.h"
#include "oauth_readiness.h"
#include "oauth_url.h"


#define OAUTH_DISCOVERY_MEMBERS  2048


/* What can be wrong with an address. */

typedef enum {
    OAUTH_DISCOVERY_FINE = 0,
    OAUTH_DISCOVERY_NOT_URL,
    OAUTH_DISCOVERY_LOOPBACK,
    OAUTH_DISCOVERY_PLAIN_HTTP,
    OAUTH_DISCOVERY_FAULTS
} oauth_discovery_fault_t;


static const char *oauth_discovery_read(const json_t *root,
    const oauth_discovery_rules_t *rules, oauth_discovery_t *discovery);
static oauth_discovery_fault_t oauth_discovery_check_uri(oauth_str_t uri,
    const oauth_discovery_rules_t *rules);


static const char  *oauth_discovery_keys_faults[OAUTH_DISCOVERY_FAULTS] = {
    NULL,
    "its jwks_uri is not a URL",
    "its jwks_uri is on loopback, where the document is not: "
    "correct it at the authorization server, or set jwks_uri",
    "its jwks_uri is plain http: let the authorization server "
    "publish an https address, or see allow_http"
};

static const char  *oauth_discovery_endpoint_faults[OAUTH_DISCOVERY_FAULTS] = {
    NULL,
    "the introspection_endpoint in its metadata is not a URL",
    "the introspection_endpoint in its metadata is on loopback, where the "
    "server is not: correct it there, or set introspection_endpoint",
    "the introspection_endpoint in its metadata is plain http: let the "
    "authorization server publish an https address, or see allow_http"
};


int
oauth_discovery_append_url(oauth_buf_t *buf, oauth_str_t issuer, unsigned n)
{
    oauth_url_t  url;

    if (oauth_url_parse(issuer, &url) != NULL || url.query.data != NULL) {
        return 0;
    }

    switch (n) {

    case 0:
        oauth_url_append_well_known(buf, &url,
                                    oauth_str("oauth-authorization-server"),
                                    1);
        return 1;

    case 1:
        if (issuer.data[issuer.len - 1] == '/') {
            issuer.len--;
        }

        oauth_buf_append_str(buf, issuer);
        oauth_buf_append_literal(buf, "/.well-known/openid-configuration");
        return 1;

    default:
        return 0;
    }
}


const char *
oauth_discovery_parse(oauth_str_t text, const oauth_discovery_rules_t *rules,
    oauth_discovery_t *discovery)
{
    json_t          *root;
    const char      *error;
    oauth_result_t   result;

    memset(discovery, 0, sizeof(oauth_discovery_t));

    result = oauth_document_parse(text, OAUTH_DISCOVERY_MEMBERS, &root);
    if (result != OAUTH_DONE) {
        return (result == OAUTH_NO_MEMORY) ? "memory is short"
                                           : "it is not a JSON object";
    }

    error = oauth_discovery_read(root, rules, discovery);

    json_decref(root);

    return error;
}


static const char *
oauth_discovery_read(const json_t *root, const oauth_discovery_rules_t *rules,
    oauth_discovery_t *discovery)
{
    const char   *error;
    oauth_str_t   found;

    if (oauth_document_string(root, "issuer", &found) != 1) {
        return "it has no issuer that is a string";
    }

    oauth_buf_append_str(&discovery->issuer, found);

    if (!oauth_str_equal(found, rules->issuer)) {
        return "its issuer is not the configured one";
    }

    if (oauth_document_string(root, "jwks_uri", &found) == 1) {

        error = oauth_discovery_keys_faults[oauth_discovery_check_uri(found,
                                                                      rules)];
        if (error) {
            return error;
        }

        oauth_buf_append_str(&discovery->jwks_uri, found);

    } else if (!rules->without_keys
               || oauth_document_optional(root, "jwks_uri"))
    {
        return "it has no jwks_uri that is a string";
    }

    oauth_readiness_reduce(&discovery->metadata, root);

    if (discovery->issuer.failed || discovery->jwks_uri.failed
        || discovery->metadata.failed)
    {
        return "memory is short";
    }

    return NULL;
}


/*
 * A remote server must not send us to the services of this very machine: only a
 * document that was itself fetched from loopback may name a URL on loopback.
 * Nobody can listen on the way there, so that plain http is as good as https.
 */

static oauth_discovery_fault_t
oauth_discovery_check_uri(oauth_str_t uri,
    const oauth_discovery_rules_t *rules)
{
    oauth_url_t  url, source;

    if (oauth_url_parse(uri, &url) != NULL) {
        return OAUTH_DISCOVERY_NOT_URL;
    }

    if (oauth_url_may_be_loopback(&url)
        && (oauth_url_parse(rules->source, &source) != NULL
            || !oauth_url_may_be_loopback(&source)))
    {
        return OAUTH_DISCOVERY_LOOPBACK;
    }

    if (!oauth_url_is_secure(&url) && !rules->allow_http) {
        return OAUTH_DISCOVERY_PLAIN_HTTP;
    }

    return OAUTH_DISCOVERY_FINE;
}


const char *
oauth_discovery_endpoint(oauth_str_t metadata,
    const oauth_discovery_rules_t *rules, oauth_buf_t *url)
{
    json_t       *root;
    const char   *error;
    oauth_str_t   found;

    if (oauth_document_parse(metadata, OAUTH_DISCOVERY_MEMBERS, &root)
        != OAUTH_DONE)
    {
        return "its metadata could not be read: set introspection_endpoint";
    }

    if (oauth_document_string(root, OAUTH_DISCOVERY_ENDPOINT, &found) == 1) {
        error = oauth_discovery_endpoint_faults[
                                     oauth_discovery_check_uri(found, rules)];
    } else {
        error = "its metadata has no introspection_endpoint: set the directive "
                "of that name";
    }

    if (error == NULL) {
        oauth_buf_append_str(url, found);
    }

    json_decref(root);

    return error;
}


void
oauth_discovery_free(oauth_discovery_t *discovery)
{
    oauth_buf_free(&discovery->issuer);
    oauth_buf_free(&discovery->jwks_uri);
    oauth_buf_free(&discovery->metadata);
}
