
/*
 * The findings about one issuer, and when they are logged: once for all workers
 * together, and again when the metadata or the configuration has changed what
 * is found.  The memory that a call needs is released when it returns.
 */


#include "ngx_oauth_readiness.h"
#include "ngx_oauth_str.h"


static void ngx_oauth_readiness_log_finding(const ngx_oauth_issuer_t *issuer,
    const oauth_readiness_t *readiness, oauth_readiness_kind_t kind,
    ngx_log_t *log);


ngx_int_t
ngx_oauth_readiness_check(const ngx_oauth_issuer_t *issuer,
    oauth_readiness_t *readiness, ngx_log_t *log)
{
    ngx_int_t                 rc;
    oauth_result_t            result;
    oauth_readiness_rules_t   rules;
    ngx_oauth_doc_content_t   content;

    ngx_memzero(readiness, sizeof(oauth_readiness_t));

    if (issuer->doc == NULL) {
        return NGX_DECLINED;
    }

    rc = ngx_oauth_doc_lookup(issuer->doc, 0, &content, log);
    if (rc != NGX_OK) {
        return rc;
    }

    rules.issuer = ngx_oauth_str(&issuer->issuer);
    rules.scopes = issuer->advertised.elts;
    rules.nscopes = issuer->advertised.nelts;
    rules.introspects = (issuer->introspect != NGX_OAUTH_INTROSPECT_OFF
                         && issuer->introspection_endpoint.len == 0);
    rules.fronted = !ngx_oauth_str_equal(&issuer->issuer,
                                         &issuer->authorization_server);
    rules.local = !issuer->remote;

    result = OAUTH_INVALID;

    if (content.metadata.len) {
        result = oauth_readiness_check(ngx_oauth_str(&content.metadata),
                                       &rules, readiness);
    }

    ngx_oauth_doc_free(&content);

    return (result == OAUTH_DONE) ? NGX_OK
           : (result == OAUTH_NO_MEMORY) ? NGX_ERROR : NGX_DECLINED;
}


void
ngx_oauth_readiness_log(const ngx_oauth_issuer_t *issuer, ngx_log_t *log)
{
    uint32_t           checksum;
    ngx_int_t          rc;
    ngx_uint_t         i, found;
    oauth_buf_t       *details;
    oauth_readiness_t  readiness;

    rc = ngx_oauth_readiness_check(issuer, &readiness, log);

    if (rc == NGX_OK) {

        found = 0;
        ngx_crc32_init(checksum);

        for (i = 0; i < OAUTH_READINESS_FINDINGS; i++) {
            found |= readiness.found[i];
            details = &readiness.details[i];

            ngx_crc32_update(&checksum, (u_char *) &readiness.found[i],
                             sizeof(readiness.found[i]));
            ngx_crc32_update(&checksum, details->data, details->len);
        }

        ngx_crc32_final(checksum);

        /* 0 says that there is nothing to log. */

        checksum = found ? (checksum ? checksum : 1) : 0;

        if (ngx_oauth_doc_acquire_log(issuer->doc, checksum)) {

            for (i = 0; i < OAUTH_READINESS_FINDINGS; i++) {
                if (readiness.found[i]) {
                    ngx_oauth_readiness_log_finding(issuer, &readiness, i,
                                                    log);
                }
            }
        }
    }

    oauth_readiness_free(&readiness);
}


static void
ngx_oauth_readiness_log_finding(const ngx_oauth_issuer_t *issuer,
    const oauth_readiness_t *readiness, oauth_readiness_kind_t kind,
    ngx_log_t *log)
{
    oauth_buf_t  text;

    ngx_memzero(&text, sizeof(oauth_buf_t));

    oauth_readiness_append(&text, readiness, kind);

    if (!text.failed) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "oauth: issuer \"%V\": agents may fail (%s): %*s; "
                      "remedy: %s", &issuer->name,
                      oauth_readiness_info(kind)->code,
                      text.len, text.data,
                      oauth_readiness_info(kind)->remedy);
    }

    oauth_buf_free(&text);
}
