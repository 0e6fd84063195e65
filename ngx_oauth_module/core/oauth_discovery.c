
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


static const char *oauth_discovery_read(const json_t *root,
    const oauth_discovery_rules_t *rules, oauth_discovery_t *discovery);
static const char *oauth_discovery_check_uri(oauth_str_t uri,
    const oauth_discovery_rules_t *rules);


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

    if (oauth_document_string(root, "jwks_uri", &found) != 1) {
        return "it has no jwks_uri that is a string";
    }

    error = oauth_discovery_check_uri(found, rules);
    if (error) {
        return error;
    }

    oauth_buf_append_str(&discovery->jwks_uri, found);
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

static const char *
oauth_discovery_check_uri(oauth_str_t uri,
    const oauth_discovery_rules_t *rules)
{
    oauth_url_t  url, source;

    if (oauth_url_parse(uri, &url) != NULL) {
        return "its jwks_uri is not a URL";
    }

    if (oauth_url_may_be_loopback(&url)
        && (oauth_url_parse(rules->source, &source) != NULL
            || !oauth_url_may_be_loopback(&source)))
    {
        return "its jwks_uri is on loopback, where the document is not: "
               "correct it at the authorization server, or set jwks_uri";
    }

    if (!oauth_url_is_secure(&url) && !rules->allow_http) {
        return "its jwks_uri is plain http: let the authorization server "
               "publish an https address, or see allow_http";
    }

    return NULL;
}


void
oauth_discovery_free(oauth_discovery_t *discovery)
{
    oauth_buf_free(&discovery->issuer);
    oauth_buf_free(&discovery->jwks_uri);
    oauth_buf_free(&discovery->metadata);
}
