
/*
 * URLs.  Input: a line with a URL, a line with a second one, then the
 * resource.  The core must accept exactly what a pattern accepts.  The parts,
 * put together, must be the text.  The functions for equal URLs and for URLs
 * below others are compared with their definitions.
 */


#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "oauth_url.h"


#define FUZZ_PCHAR  "([A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f][0-9A-Fa-f])"
#define FUZZ_QUERY  "([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f][0-9A-Fa-f])"
#define FUZZ_OCTET  "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"


static int fuzz_is_url(oauth_str_t text);
static void fuzz_parse(oauth_str_t text);
static void fuzz_parts(const oauth_url_t *url);
static void fuzz_well_known(const oauth_url_t *url, int drop_slash);
static void fuzz_compare(oauth_str_t text, oauth_str_t resource);
static int fuzz_below(oauth_str_t url, oauth_str_t resource);
static int fuzz_is_plain(oauth_str_t path);


static fuzz_pattern_t  fuzz_url = {
    .text = "^https?://"
            "([a-z0-9._-]+|\\[[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*\\])"
            "(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}"
              "|655[0-2][0-9]|6553[0-5]))?"
            "(/" FUZZ_PCHAR "*)?"
            "(\\?" FUZZ_QUERY "*)?$"
};

static fuzz_pattern_t  fuzz_loopback = {
    .text = "^(localhost|\\[::1\\]|127(\\." FUZZ_OCTET "){3})$"
};

static fuzz_pattern_t  fuzz_origin = { .text = "^https?://[^/?]+$" };

/*
 * A segment of dots, an empty segment before the last, or an escape of a plain
 * byte.
 */

static fuzz_pattern_t  fuzz_odd_path = {
    .text = "/\\.\\.?(/|$)|//"
            "|%(2[146-9A-Fa-f]|3[0-9ABDFabdf]|4[0-9A-Fa-f]"
            "|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9AaEe])"
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    oauth_str_t  input, text, resource;

    input.data = data;
    input.len = size;

    text = fuzz_copy(fuzz_line(&input));
    resource = fuzz_copy(fuzz_line(&input));

    fuzz_compare(text, resource);
    fuzz_compare(resource, text);
    fuzz_compare(text, text);

    fuzz_parse(resource);
    fuzz_parse(text);

    fuzz_accepted = fuzz_is_url(text);

    fuzz_free(text);
    fuzz_free(resource);

    return 0;
}


static int
fuzz_is_url(oauth_str_t text)
{
    return fuzz_matches(&fuzz_url, text);
}


static void
fuzz_parse(oauth_str_t text)
{
    oauth_url_t  url;
    const char  *error;

    memset(&url, 0xa5, sizeof(oauth_url_t));

    error = oauth_url_parse(text, &url);

    fuzz_need_clean();
    fuzz_need((error == NULL) == fuzz_is_url(text));

    if (error) {
        fuzz_need(*error);
        return;
    }

    fuzz_parts(&url);
    fuzz_well_known(&url, 0);
    fuzz_well_known(&url, 1);

    fuzz_need(oauth_url_is_loopback(&url)
              == fuzz_matches(&fuzz_loopback, url.host));
    fuzz_need(oauth_url_is_secure(&url)
              == (url.https || fuzz_matches(&fuzz_loopback, url.host)));
}


static void
fuzz_parts(const oauth_url_t *url)
{
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    if (url->https) {
        oauth_buf_append_literal(&buf, "https://");

    } else {
        oauth_buf_append_literal(&buf, "http://");
    }

    oauth_buf_append_str(&buf, url->host);

    if (url->port.data) {
        oauth_buf_append_literal(&buf, ":");
        oauth_buf_append_str(&buf, url->port);
    }

    fuzz_need(oauth_str_equal(oauth_buf_str(&buf), url->origin));
    fuzz_need(fuzz_matches(&fuzz_origin, url->origin));

    fuzz_need(url->path.len == 0 || url->path.data[0] == '/');
    fuzz_need(url->query.data == NULL || url->query.data[0] == '?');

    oauth_buf_append_str(&buf, url->path);
    oauth_buf_append_str(&buf, url->query);

    fuzz_need(!buf.failed);
    fuzz_need(oauth_str_equal(oauth_buf_str(&buf), url->text));

    oauth_buf_free(&buf);
}


/*
 * The well-known name must stand between the origin and the path, which may
 * lack only a slash at its end.
 */

static void
fuzz_well_known(const oauth_url_t *url, int drop_slash)
{
    oauth_buf_t  buf;
    oauth_str_t  rest, path;
    oauth_url_t  parsed;

    static const oauth_str_t  name = oauth_string("/.well-known/n");

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_url_append_well_known(&buf, url, oauth_str("n"), drop_slash);
    fuzz_need(!buf.failed);

    fuzz_need(oauth_url_parse(oauth_buf_str(&buf), &parsed) == NULL);
    fuzz_need(oauth_str_equal(parsed.origin, url->origin));
    fuzz_need(oauth_str_equal(parsed.query, url->query));
    fuzz_need(oauth_str_starts(parsed.path, name));

    rest.data = parsed.path.data + name.len;
    rest.len = parsed.path.len - name.len;
    path = url->path;

    if (rest.len != path.len) {
        fuzz_need(path.len == rest.len + 1);
        fuzz_need(path.data[rest.len] == '/');
        fuzz_need(drop_slash || path.len == 1);
        path.len--;
    }

    fuzz_need(oauth_str_equal(rest, path));

    oauth_buf_free(&buf);
}


static void
fuzz_compare(oauth_str_t text, oauth_str_t resource)
{
    int  equal;

    equal = oauth_str_equal(text, resource);

    if (text.len == resource.len + 1 && text.data[resource.len] == '/'
        && oauth_str_starts(text, resource)
        && fuzz_is_url(resource)
        && fuzz_matches(&fuzz_origin, resource))
    {
        equal = 1;
    }

    if (text.len >= resource.len) {
        fuzz_need(oauth_url_equal(text, resource) == equal);
    }

    fuzz_need(oauth_url_equal(text, resource)
              == oauth_url_equal(resource, text));
    fuzz_need(oauth_url_is_below(text, resource)
              == fuzz_below(text, resource));
    fuzz_need_clean();
}


static int
fuzz_below(oauth_str_t url, oauth_str_t resource)
{
    oauth_str_t  rest;

    if (!fuzz_is_url(url)
        || memchr(url.data, '?', url.len)
        || url.len <= resource.len
        || memcmp(url.data, resource.data, resource.len) != 0
        || !fuzz_is_plain(url))
    {
        return 0;
    }

    rest.data = url.data + resource.len;
    rest.len = url.len - resource.len;

    return rest.data[0] == '/'
           || (resource.len > 0 && resource.data[resource.len - 1] == '/');
}


/* The path of a URL begins at its third slash. */

static int
fuzz_is_plain(oauth_str_t path)
{
    size_t  slashes;

    for (slashes = 0; path.len > 0; path.data++, path.len--) {

        slashes += (path.data[0] == '/');

        if (slashes == 3) {
            return !fuzz_matches(&fuzz_odd_path, path);
        }
    }

    return 1;
}
