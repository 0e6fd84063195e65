
/*
 * Findings about an authorization server (RFC 8414 section 2; RFC 7636 for
 * PKCE, RFC 7591 for registration).  Each rule is what real agents do: most of
 * them give up without saying why.  A JSON tree lives for one call only.
 */


#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include "oauth_document.h"
#include "oauth_readiness.h"
#include "oauth_scope.h"
#include "oauth_url.h"


#define OAUTH_READINESS_MEMBERS  64
#define OAUTH_READINESS_HOST     64     /* bytes of an IP address, at most    */


static void oauth_readiness_check_sign_in(const json_t *metadata,
    oauth_readiness_t *readiness);
static void oauth_readiness_check_registration(const json_t *metadata,
    oauth_readiness_t *readiness);
static void oauth_readiness_check_scopes(const json_t *metadata,
    const oauth_readiness_rules_t *rules, oauth_readiness_t *readiness);
static void oauth_readiness_check_addresses(const json_t *metadata,
    const oauth_readiness_rules_t *rules, oauth_readiness_t *readiness);
static void oauth_readiness_check_address(oauth_str_t name, oauth_str_t text,
    const oauth_readiness_rules_t *rules, oauth_readiness_t *readiness);
static int oauth_readiness_lists(const json_t *array, oauth_str_t value);
static int oauth_readiness_is_private(oauth_str_t host);


/* The members that are kept; the first of them are addresses. */

#define OAUTH_READINESS_SCOPES  "scopes_supported"
#define OAUTH_READINESS_INTROSPECTION  "introspection_endpoint"

static const char  *oauth_readiness_endpoints[] = {
    "authorization_endpoint",
    "device_authorization_endpoint",
    "token_endpoint",
    "registration_endpoint"
};

static const char  *oauth_readiness_members[] = {
    "client_id_metadata_document_supported",
    "code_challenge_methods_supported",
    "token_endpoint_auth_methods_supported",
    OAUTH_READINESS_SCOPES
};

#define OAUTH_READINESS_N(array)  (sizeof(array) / sizeof((array)[0]))


static const oauth_readiness_info_t
    oauth_readiness_infos[OAUTH_READINESS_FINDINGS] =
{
    [OAUTH_READINESS_NO_SIGN_IN] = {
        "no_sign_in",
        "agents cannot sign anybody in: its metadata lacks the endpoints for "
        "it",
        "turn on the authorization code flow or the device flow at the "
        "authorization server" },

    [OAUTH_READINESS_NO_PKCE] = {
        "no_pkce",
        "it does not say that it supports PKCE with S256, and MCP clients "
        "refuse to sign in without it",
        "let the authorization server publish "
        "code_challenge_methods_supported with S256" },

    [OAUTH_READINESS_NO_REGISTRATION] = {
        "no_registration",
        "an agent that it does not know cannot sign in: it offers neither "
        "dynamic client registration nor client ID metadata documents",
        "turn on one of the two at the authorization server "
        "(registration_endpoint, client_id_metadata_document_supported), or "
        "register each agent by hand and publish its client_id" },

    [OAUTH_READINESS_NO_PUBLIC_CLIENTS] = {
        "no_public_clients",
        "agents have no secret, but its token_endpoint_auth_methods_supported "
        "does not list none, which client ID metadata documents need",
        "let the authorization server accept public clients, and list none "
        "among these methods" },

    [OAUTH_READINESS_UNKNOWN_SCOPES] = {
        "unknown_scopes",
        "agents are told here to ask for scopes that its scopes_supported "
        "lacks, and it may answer them with invalid_scope",
        "add the scopes at the authorization server, or correct oauth_scope "
        "and oauth_scope_advertise; some servers know scopes that they do not "
        "list, and then there is nothing to do" },

    [OAUTH_READINESS_NO_INTROSPECTION] = {
        "no_introspection",
        "it is to be asked about tokens, but its metadata has no "
        "introspection_endpoint",
        "write introspection_endpoint into its oauth_issuer, or let the "
        "authorization server publish one" },

    [OAUTH_READINESS_PLAIN_HTTP] = {
        "plain_http",
        "some of its addresses are plain http, which agents refuse",
        "give the authorization server https addresses" },

    [OAUTH_READINESS_PRIVATE_ADDRESS] = {
        "private_address",
        "some of its addresses are on loopback or have a private IP address "
        "instead of a name, which some agents refuse",
        "give the authorization server a host name" }
};


void
oauth_readiness_reduce(oauth_buf_t *buf, const json_t *metadata)
{
    int           failed;
    size_t        i;
    json_t       *kept, *value;
    oauth_buf_t   text;

    memset(&text, 0, sizeof(oauth_buf_t));

    failed = 0;
    kept = json_object();

    /* The address for introspection is not one that agents use. */

    value = oauth_document_optional(metadata, OAUTH_READINESS_INTROSPECTION);

    if (json_is_string(value)) {
        failed |= json_object_set(kept, OAUTH_READINESS_INTROSPECTION, value);
    }

    for (i = 0; i < OAUTH_READINESS_N(oauth_readiness_endpoints); i++) {
        value = oauth_document_optional(metadata, oauth_readiness_endpoints[i]);

        if (json_is_string(value)) {
            failed |= json_object_set(kept, oauth_readiness_endpoints[i],
                                      value);
        }
    }

    for (i = 0; i < OAUTH_READINESS_N(oauth_readiness_members); i++) {
        value = oauth_document_optional(metadata, oauth_readiness_members[i]);

        if (json_is_array(value) || json_is_true(value)) {
            failed |= json_object_set(kept, oauth_readiness_members[i], value);
        }
    }

    if (failed || kept == NULL) {
        buf->failed = 1;

    } else if (oauth_document_write(kept, &text) == 0
               && text.len > OAUTH_READINESS_TEXT)
    {
        text.len = 0;
        (void) json_object_del(kept, OAUTH_READINESS_SCOPES);
        (void) oauth_document_write(kept, &text);
    }

    if (text.len <= OAUTH_READINESS_TEXT) {
        oauth_buf_append_str(buf, oauth_buf_str(&text));
    }

    buf->failed |= text.failed;

    oauth_buf_free(&text);
    json_decref(kept);
}


oauth_result_t
oauth_readiness_check(oauth_str_t text, const oauth_readiness_rules_t *rules,
    oauth_readiness_t *readiness)
{
    size_t           i;
    json_t          *metadata;
    oauth_result_t   result;

    memset(readiness, 0, sizeof(oauth_readiness_t));

    result = oauth_document_parse(text, OAUTH_READINESS_MEMBERS, &metadata);
    if (result != OAUTH_DONE) {
        return result;
    }

    if (!rules->fronted) {
        oauth_readiness_check_sign_in(metadata, readiness);
        oauth_readiness_check_registration(metadata, readiness);
        oauth_readiness_check_scopes(metadata, rules, readiness);
        oauth_readiness_check_addresses(metadata, rules, readiness);
    }

    if (rules->introspects
        && !json_object_get(metadata, OAUTH_READINESS_INTROSPECTION))
    {
        readiness->found[OAUTH_READINESS_NO_INTROSPECTION] = 1;
    }

    json_decref(metadata);

    for (i = 0; i < OAUTH_READINESS_FINDINGS; i++) {
        if (readiness->details[i].failed) {
            return OAUTH_NO_MEMORY;
        }
    }

    return OAUTH_DONE;
}


void
oauth_readiness_free(oauth_readiness_t *readiness)
{
    size_t  i;

    for (i = 0; i < OAUTH_READINESS_FINDINGS; i++) {
        oauth_buf_free(&readiness->details[i]);
    }

    memset(readiness, 0, sizeof(oauth_readiness_t));
}


const oauth_readiness_info_t *
oauth_readiness_info(oauth_readiness_kind_t kind)
{
    return &oauth_readiness_infos[kind];
}


void
oauth_readiness_append(oauth_buf_t *buf, const oauth_readiness_t *readiness,
    oauth_readiness_kind_t kind)
{
    oauth_buf_append_text(buf, oauth_readiness_infos[kind].sentence);

    if (readiness->details[kind].len) {
        oauth_buf_append_literal(buf, " (");
        oauth_buf_append_str(buf, oauth_buf_str(&readiness->details[kind]));
        oauth_buf_append_literal(buf, ")");
    }
}


static void
oauth_readiness_check_sign_in(const json_t *metadata,
    oauth_readiness_t *readiness)
{
    oauth_buf_t   *details;
    const json_t  *methods;

    details = &readiness->details[OAUTH_READINESS_NO_SIGN_IN];

    if (json_object_get(metadata, "token_endpoint") == NULL) {
        readiness->found[OAUTH_READINESS_NO_SIGN_IN] = 1;
        oauth_scope_append(details, oauth_str("token_endpoint"));
    }

    /* One of the two is enough; the first is what most agents use. */

    if (json_object_get(metadata, "authorization_endpoint") == NULL
        && json_object_get(metadata, "device_authorization_endpoint") == NULL)
    {
        readiness->found[OAUTH_READINESS_NO_SIGN_IN] = 1;
        oauth_scope_append(details, oauth_str("authorization_endpoint"));
    }

    methods = json_object_get(metadata, "code_challenge_methods_supported");

    if (!oauth_readiness_lists(methods, oauth_str("S256"))) {
        readiness->found[OAUTH_READINESS_NO_PKCE] = 1;
    }
}


/* An absent list of methods means client_secret_basic (RFC 8414 section 2). */

static void
oauth_readiness_check_registration(const json_t *metadata,
    oauth_readiness_t *readiness)
{
    const json_t  *methods;

    if (json_object_get(metadata, "registration_endpoint")) {
        return;
    }

    if (json_object_get(metadata, "client_id_metadata_document_supported")
        == NULL)
    {
        readiness->found[OAUTH_READINESS_NO_REGISTRATION] = 1;
        return;
    }

    methods = json_object_get(metadata,
                              "token_endpoint_auth_methods_supported");

    if (!oauth_readiness_lists(methods, oauth_str("none"))) {
        readiness->found[OAUTH_READINESS_NO_PUBLIC_CLIENTS] = 1;
    }
}


/* Without a list nobody can say which scopes the server knows. */

static void
oauth_readiness_check_scopes(const json_t *metadata,
    const oauth_readiness_rules_t *rules, oauth_readiness_t *readiness)
{
    size_t         i;
    oauth_str_t    rest, scope;
    const json_t  *known;

    known = json_object_get(metadata, OAUTH_READINESS_SCOPES);

    if (known == NULL) {
        return;
    }

    for (i = 0; i < rules->nscopes; i++) {

        rest = rules->scopes[i];

        while (oauth_scope_next(&rest, &scope)) {

            if (oauth_readiness_lists(known, scope)) {
                continue;
            }

            readiness->found[OAUTH_READINESS_UNKNOWN_SCOPES] = 1;
            oauth_scope_append(
                        &readiness->details[OAUTH_READINESS_UNKNOWN_SCOPES],
                        scope);
        }
    }
}


static void
oauth_readiness_check_addresses(const json_t *metadata,
    const oauth_readiness_rules_t *rules, oauth_readiness_t *readiness)
{
    size_t       i;
    oauth_str_t  text;

    oauth_readiness_check_address(oauth_str("issuer"), rules->issuer, rules,
                                  readiness);

    for (i = 0; i < OAUTH_READINESS_N(oauth_readiness_endpoints); i++) {

        if (oauth_document_string(metadata, oauth_readiness_endpoints[i],
                                  &text)
            == 1)
        {
            oauth_readiness_check_address(
                                  oauth_str_of(oauth_readiness_endpoints[i]),
                                  text, rules, readiness);
        }
    }
}


static void
oauth_readiness_check_address(oauth_str_t name, oauth_str_t text,
    const oauth_readiness_rules_t *rules, oauth_readiness_t *readiness)
{
    oauth_url_t  url;

    if (oauth_url_parse(text, &url) != NULL) {
        return;
    }

    if (!oauth_url_is_secure(&url)) {
        readiness->found[OAUTH_READINESS_PLAIN_HTTP] = 1;
        oauth_scope_append(&readiness->details[OAUTH_READINESS_PLAIN_HTTP],
                           name);
    }

    if (!rules->local
        && (oauth_url_may_be_loopback(&url)
            || oauth_readiness_is_private(url.host)))
    {
        readiness->found[OAUTH_READINESS_PRIVATE_ADDRESS] = 1;
        oauth_scope_append(
                        &readiness->details[OAUTH_READINESS_PRIVATE_ADDRESS],
                        name);
    }
}


/* 1 when the array, which may be NULL, has the string. */

static int
oauth_readiness_lists(const json_t *array, oauth_str_t value)
{
    size_t         i;
    const json_t  *item;

    json_array_foreach(array, i, item) {
        if (oauth_str_equal(oauth_document_str(item), value)) {
            return 1;
        }
    }

    return 0;
}


/*
 * 1 for an IP address that is not routed in the internet: RFC 1918, RFC 3927
 * (link local), RFC 4193 and RFC 4291 section 2.5.6.
 */

static int
oauth_readiness_is_private(oauth_str_t host)
{
    char             text[OAUTH_READINESS_HOST];
    uint32_t         v4;
    struct in_addr   address;
    struct in6_addr  v6;

    if (host.len >= sizeof(text)) {
        return 0;
    }

    if (host.len > 2 && host.data[0] == '[') {
        host.data++;
        host.len -= 2;
    }

    memcpy(text, host.data, host.len);
    text[host.len] = '\0';

    if (inet_pton(AF_INET6, text, &v6) == 1) {
        return IN6_IS_ADDR_LINKLOCAL(&v6) || (v6.s6_addr[0] & 0xfe) == 0xfc;
    }

    if (inet_pton(AF_INET, text, &address) != 1) {
        return 0;
    }

    v4 = ntohl(address.s_addr);

    return v4 >> 24 == 10 || v4 >> 20 == 0xac1 || v4 >> 16 == 0xc0a8
           || v4 >> 16 == 0xa9fe;
}
