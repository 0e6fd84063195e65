
/*
 * The page that a person sees who opens a protected address in a browser.  Each
 * kind of answer has its sentences.  Values from the configuration and from the
 * request are escaped for HTML wherever they stand.  Everything is written into
 * the caller's buffer.
 */


#include <inttypes.h>
#include <stdio.h>

#include "oauth_html.h"
#include "oauth_page.h"
#include "oauth_url.h"


typedef struct {
    const char           *title;
    const char           *text;         /* what happened                      */
    const char           *advice;       /* what to do; NULL: it depends on the
                                           resource                           */
    unsigned              detail:1;     /* also show the reason's description */
} oauth_page_text_t;


static void oauth_page_append_paragraph(oauth_buf_t *buf, const char *text);
static void oauth_page_append_steps(oauth_buf_t *buf,
    const oauth_challenge_t *challenge);
static void oauth_page_append_authentication(oauth_buf_t *buf,
    const oauth_challenge_t *challenge);
static void oauth_page_append_fact(oauth_buf_t *buf, const char *name,
    oauth_str_t value, int link);


/* The browser chooses the colours, for its light and its dark mode. */

static const char  oauth_page_head[] =
    OAUTH_HTML_START
    "<style>"
    ":root{color-scheme:light dark}"
    "body{margin:0;font:1rem/1.5 system-ui,sans-serif;background:Canvas;"
    "color:CanvasText}"
    "main{max-width:42rem;margin:0 auto;padding:3rem 1.5rem}"
    "h1{margin:0 0 1rem;font-size:1.75rem;line-height:1.25}"
    "h2{margin:2rem 0 .5rem;font-size:1.125rem}"
    "ul{margin:0;padding-left:1.25rem}"
    "li{margin:0 0 .5rem}"
    "dl{margin:0}"
    "dt{font-weight:600}"
    "dd{margin:0 0 .75rem;overflow-wrap:anywhere;"
    "font-family:ui-monospace,monospace}"
    "</style>\n";


/* The index is an oauth_answer_t. */

static const oauth_page_text_t  oauth_page_texts[] = {
    { "Request refused", "This address cannot be opened.", NULL, 0 },

    { "This address needs an access token",
      "What you have opened is protected. Programs, such as AI agents, are let "
      "in with an OAuth access token; a browser has none to send.", NULL, 0 },

    { "The request cannot be read",
      "What you have opened is protected, and the request had a malformed "
      "Authorization header.", NULL, 0 },

    { "The access token was refused",
      "What you have opened is protected, and the access token that came with "
      "the request is not good for it.", NULL, 1 },

    { "The proof of the access token was refused",
      "What you have opened is protected. The access token that came with the "
      "request is bound to a key, and the proof of that key is missing or not "
      "good.", NULL, 1 },

    { "You have to sign in again",
      "The access token that came with the request is good. But its user has "
      "signed in too long ago for this address, or in another way than it "
      "needs.", NULL, 0 },

    { "The access token is not sufficient",
      "The access token that came with the request is good, but it does not "
      "allow this.", NULL, 1 },

    { "You may not open this",
      "The request came with a good access token, but its holder may not open "
      "this address. Signing in again does not change that.",
      "Ask those who run this site, if you think that you should have access.",
      0 },

    { "This address is ambiguous",
      "The path of this address can be read in more than one way, and is "
      "refused for this reason. Nothing is wrong with your browser.",
      "Check the address, or go on from the start page of this site.", 1 },

    { "This cannot be checked at the moment",
      "What you have opened is protected, and the server cannot check access "
      "tokens right now. This is not your fault.",
      "Wait a little and reload the page. If that does not help, tell those "
      "who run this site.", 0 }
};


void
oauth_page_write_reason(oauth_buf_t *buf, const oauth_reason_info_t *reason,
    unsigned status)
{
    char                      number[sizeof("4294967295 ")];
    const oauth_page_text_t  *text;

    text = &oauth_page_texts[reason->answer];

    (void) snprintf(number, sizeof(number), "%u ", status);

    oauth_buf_append_text(buf, oauth_page_head);

    oauth_buf_append_text(buf, "<title>");
    oauth_buf_append_text(buf, number);
    oauth_buf_append_text(buf, text->title);
    oauth_buf_append_text(buf, "</title>\n</head>\n<body>\n<main>\n<h1>");
    oauth_buf_append_text(buf, text->title);
    oauth_buf_append_text(buf, "</h1>\n");

    oauth_page_append_paragraph(buf, text->text);

    if (text->detail) {
        oauth_page_append_paragraph(buf, reason->description);
    }

    if (text->advice) {
        oauth_buf_append_text(buf, "<h2>What you can do</h2>\n");
        oauth_page_append_paragraph(buf, text->advice);
    }
}


void
oauth_page_write_resource(oauth_buf_t *buf, const oauth_challenge_t *challenge)
{
    oauth_page_append_steps(buf, challenge);

    oauth_buf_append_text(buf, "<h2>Details</h2>\n<dl>\n");

    oauth_page_append_fact(buf, "Protected resource", challenge->resource, 0);

    if (oauth_page_texts[challenge->reason->answer].advice == NULL) {
        oauth_page_append_fact(buf, "Scope", challenge->scope, 0);
        oauth_page_append_authentication(buf, challenge);
        oauth_page_append_fact(buf, "Authorization server", challenge->issuer,
                               0);
        oauth_page_append_fact(buf, "Metadata", challenge->metadata, 1);
    }

    oauth_page_append_fact(buf, "Documentation", challenge->documentation, 1);

    oauth_buf_append_text(buf, "</dl>\n</main>\n</body>\n</html>\n");
}


/*
 * What to do for somebody who needs a token, or a token that permits more, or
 * has to sign in again.
 */

static void
oauth_page_append_steps(oauth_buf_t *buf, const oauth_challenge_t *challenge)
{
    if (oauth_page_texts[challenge->reason->answer].advice) {
        return;
    }

    oauth_buf_append_text(buf, "<h2>What you can do</h2>\n<ul>\n");

    if (challenge->reason->answer == OAUTH_ANSWER_AUTHENTICATION) {
        oauth_buf_append_text(buf,
            "<li>Let the program that you use send you to the sign-in page "
            "again. It has to ask for a sign-in as it is described below.</li>"
            "\n");

    } else if (challenge->reason->answer == OAUTH_ANSWER_SCOPE) {
        oauth_buf_append_text(buf,
            "<li>Let the program that you use ask for a token with the scope "
            "below, and give your consent.</li>\n"
            "<li>If you are not given that scope, ask those who run this "
            "site.</li>\n");

    } else {
        oauth_buf_append_text(buf,
            "<li>To let an agent in, give it this address. It is told where to "
            "get a token; you sign in there and give your consent.</li>\n"
            "<li>To read this yourself, use the site's own sign-in page, if it "
            "has one, or ask those who run this site.</li>\n");
    }

    oauth_buf_append_text(buf, "</ul>\n");
}


static void
oauth_page_append_authentication(oauth_buf_t *buf,
    const oauth_challenge_t *challenge)
{
    char  text[sizeof("at most -9223372036854775808 seconds ago")];

    oauth_page_append_fact(buf, "Kind of sign-in (acr_values)",
                           challenge->acr_values, 0);

    if (challenge->max_age) {
        (void) snprintf(text, sizeof(text), "at most %" PRId64 " seconds ago",
                        challenge->max_age);
        oauth_page_append_fact(buf, "Time of the sign-in (max_age)",
                               oauth_str_of(text), 0);
    }
}


/* Appends nothing where the value is empty. */

static void
oauth_page_append_fact(oauth_buf_t *buf, const char *name, oauth_str_t value,
    int link)
{
    oauth_url_t  url;

    if (value.len == 0) {
        return;
    }

    oauth_buf_append_text(buf, "<dt>");
    oauth_buf_append_text(buf, name);
    oauth_buf_append_text(buf, "</dt><dd>");

    link = link && oauth_url_parse(value, &url) == NULL;

    if (link) {
        oauth_buf_append_text(buf, "<a href=\"");
        oauth_html_append(buf, value);
        oauth_buf_append_text(buf, "\">");
    }

    oauth_html_append(buf, value);
    oauth_buf_append_text(buf, link ? "</a></dd>\n" : "</dd>\n");
}


static void
oauth_page_append_paragraph(oauth_buf_t *buf, const char *text)
{
    oauth_str_t  s;

    s = oauth_str_of(text);

    oauth_buf_append_text(buf, "<p>");
    oauth_html_append(buf, s);

    if (s.data[s.len - 1] != '.') {
        oauth_buf_append_text(buf, ".");
    }

    oauth_buf_append_text(buf, "</p>\n");
}
