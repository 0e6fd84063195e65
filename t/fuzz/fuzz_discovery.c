
/*
 * The discovery document.  Input: a line with the configured issuer, which is
 * also the address of the document, then the document.  If it is accepted, it
 * must name the configured issuer and an address that may be fetched from
 * there.  What it says for agents is short, and can be read again.  The
 * addresses where a document may be must have the origin of the issuer.
 */


#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "oauth_discovery.h"
#include "oauth_document.h"
#include "oauth_readiness.h"
#include "oauth_url.h"


/* More than any document in the corpora has. */

#define FUZZ_MEMBERS  65536


static void fuzz_parse(oauth_str_t text, oauth_str_t issuer);
static void fuzz_document(const json_t *root, const char *error,
    oauth_str_t issuer, const oauth_discovery_t *discovery);
static void fuzz_readiness(oauth_str_t metadata, oauth_str_t issuer);
static void fuzz_addresses(oauth_str_t issuer);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    oauth_str_t  input, issuer, text;

    input.data = data;
    input.len = size;

    issuer = fuzz_copy(fuzz_line(&input));
    text = fuzz_copy(input);

    fuzz_parse(text, issuer);
    fuzz_addresses(issuer);

    fuzz_free(issuer);
    fuzz_free(text);

    return 0;
}


static void
fuzz_parse(oauth_str_t text, oauth_str_t issuer)
{
    json_t                   *root;
    const char               *error;
    oauth_discovery_t         discovery;
    oauth_discovery_rules_t   rules;

    memset(&discovery, 0xa5, sizeof(oauth_discovery_t));

    rules.issuer = issuer;
    rules.source = issuer;
    rules.allow_http = 0;
    rules.without_keys = 0;

    error = oauth_discovery_parse(text, &rules, &discovery);
    fuzz_need_clean();

    (void) oauth_document_parse(text, FUZZ_MEMBERS, &root);

    if (root) {
        fuzz_document(root, error, issuer, &discovery);

    } else {
        fuzz_need(error);
        fuzz_need(discovery.issuer.len == 0 && discovery.jwks_uri.len == 0);
    }

    json_decref(root);

    fuzz_readiness(oauth_buf_str(&discovery.metadata), issuer);

    oauth_discovery_free(&discovery);
    fuzz_need(discovery.issuer.data == NULL
              && discovery.jwks_uri.data == NULL);
}


static void
fuzz_document(const json_t *root, const char *error, oauth_str_t issuer,
    const oauth_discovery_t *discovery)
{
    oauth_str_t  named;
    oauth_url_t  url, source;

    if (error == NULL) {
        fuzz_accepted = 1;

        fuzz_need(oauth_str_equal(oauth_buf_str(&discovery->issuer), issuer));
        fuzz_need(discovery->jwks_uri.len > 0);
        fuzz_need(oauth_url_parse(oauth_buf_str(&discovery->jwks_uri), &url)
                  == NULL);
        fuzz_need(oauth_url_is_secure(&url));
        fuzz_need(!oauth_url_may_be_loopback(&url)
                  || (oauth_url_parse(issuer, &source) == NULL
                      && oauth_url_may_be_loopback(&source)));
    }

    /*
     * Even with an error, the results are nothing but what the document says.
     */

    if (discovery->issuer.len > 0) {
        fuzz_need(oauth_document_string(root, "issuer", &named) == 1);
        fuzz_need(oauth_str_equal(oauth_buf_str(&discovery->issuer), named));
    }

    if (discovery->jwks_uri.len > 0) {
        fuzz_need(error == NULL);
        fuzz_need(oauth_document_string(root, "jwks_uri", &named) == 1);
        fuzz_need(oauth_str_equal(oauth_buf_str(&discovery->jwks_uri),
                                  named));
    }
}


/* Details are lists of words from the configuration or of members' names. */

static void
fuzz_readiness(oauth_str_t metadata, oauth_str_t issuer)
{
    int                      i;
    oauth_str_t              scopes;
    oauth_readiness_t        readiness;
    oauth_readiness_rules_t  rules;

    if (metadata.len == 0) {
        return;
    }

    scopes = oauth_str("openid read");

    rules.issuer = issuer;
    rules.scopes = &scopes;
    rules.nscopes = 1;
    rules.introspects = 0;
    rules.fronted = 0;
    rules.local = 0;

    fuzz_need(metadata.len <= OAUTH_READINESS_TEXT);
    fuzz_need(oauth_readiness_check(metadata, &rules, &readiness)
              == OAUTH_DONE);
    fuzz_need_clean();

    for (i = 0; i < OAUTH_READINESS_FINDINGS; i++) {
        fuzz_need(readiness.found[i] || readiness.details[i].len == 0);
        fuzz_need(!oauth_str_has_control(
                                   oauth_buf_str(&readiness.details[i])));
    }

    fuzz_need(!readiness.found[OAUTH_READINESS_NO_REGISTRATION]
              || !readiness.found[OAUTH_READINESS_NO_PUBLIC_CLIENTS]);

    oauth_readiness_free(&readiness);
}


static void
fuzz_addresses(oauth_str_t issuer)
{
    int          is_issuer;
    unsigned     n;
    oauth_url_t  url, address;
    oauth_buf_t  buf;

    is_issuer = (oauth_url_parse(issuer, &url) == NULL
                 && url.query.data == NULL);

    for (n = 0; n < 3; n++) {

        memset(&buf, 0, sizeof(oauth_buf_t));

        fuzz_need(oauth_discovery_append_url(&buf, issuer, n)
                  == (is_issuer && n < 2));

        if (buf.len == 0) {
            fuzz_need(!is_issuer || n == 2);
            continue;
        }

        fuzz_need(oauth_url_parse(oauth_buf_str(&buf), &address) == NULL);
        fuzz_need(oauth_str_equal(address.origin, url.origin));
        fuzz_need(address.query.data == NULL);

        oauth_buf_free(&buf);
    }
}
