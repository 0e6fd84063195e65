
/*
 * A client's certificate in a header field: the forms in which programs that
 * end TLS write it, and next to each form a text that differs in one thing and
 * is refused.  The certificate and its thumbprint are those of RFC 8705,
 * appendix A; the certificate has expired.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "oauth_certificate.h"


#define HASH   "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"

#define BEGIN  "-----BEGIN CERTIFICATE-----"
#define END    "-----END CERTIFICATE-----"

/* The lines of its PEM, with something between them. */

#define FIRST                                                                 \
    "MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAx"

#define START(n)                                                              \
    FIRST n                                                                   \
    "ODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqG" n      \
    "SM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ" n      \
    "/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwID" n      \
    "SQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOV" n

#define BODY(n)    START(n) "bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY"

#define PEM(n)     BEGIN n BODY(n) "=" n END n
#define BASE64     BODY("") "="

/* The same with escapes: "+", "/" and "=" are escaped, or they are not. */

#define ESCAPED                                                               \
    "-----BEGIN%20CERTIFICATE-----%0A"                                        \
    FIRST "%0A"                                                               \
    "ODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqG%0A"     \
    "SM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ%0A"     \
    "%2FAu08%2fcoZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwID%0A" \
    "SQAwRgIhAP0RC1E%2BvwJD%2FD1AGHGzuri%2bhlV%2FPpQEKTWUVeORWz83AiEA5x2eXZOV"\
    "%0AbUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L%2BSY%3D%0A"                          \
    "-----END%20CERTIFICATE-----%0A"

#define HALF_ESCAPED                                                          \
    "-----BEGIN%20CERTIFICATE-----%0A" BODY("%0A") "=%0A"                     \
    "-----END%20CERTIFICATE-----%0A"

#define XFCC(members)  "Hash=0123abcd;" members

#define MALFORMED  OAUTH_CERTIFICATE_MALFORMED
#define NONE       OAUTH_NO_CERTIFICATE


typedef struct {
    const char      *name;
    oauth_reason_t   reason;
    const char      *text;
} certificate_case_t;


static const certificate_case_t  certificate_cases[] = {

    /* PEM */

    { "PEM", OAUTH_OK, PEM("\n") },
    { "PEM with CRLF", OAUTH_OK, PEM("\r\n") },
    { "PEM with tabs", OAUTH_OK, PEM("\n\t") },
    { "PEM in one line", OAUTH_OK, PEM(" ") },
    { "PEM without any break", OAUTH_OK, PEM("") },
    { "space around PEM", OAUTH_OK, " \t" PEM("\n") " \t" },
    { "PEM without BEGIN", MALFORMED, BODY("\n") "=\n" END },
    { "PEM without END", MALFORMED, BEGIN "\n" BODY("\n") "=\n" },
    { "PEM with half of END", MALFORMED,
      BEGIN "\n" BODY("\n") "=\n-----END CERTIFICATE----" },
    { "PEM without padding", MALFORMED,
      BEGIN "\n" BODY("\n") "\n" END },
    { "PEM of another kind", MALFORMED,
      "-----BEGIN TRUSTED CERTIFICATE-----\n" BODY("\n") "=\n"
      "-----END TRUSTED CERTIFICATE-----\n" },
    { "BEGIN in lower case", MALFORMED,
      "-----begin certificate-----\n" BODY("\n") "=\n" END },
    { "PEM and a letter", MALFORMED, PEM("\n") "x" },
    { "a letter and PEM", MALFORMED, "x" PEM("\n") },
    { "two PEM", MALFORMED, PEM("\n") PEM("\n") },
    { "two PEM with a comma", MALFORMED, PEM(" ") ", " PEM(" ") },
    { "PEM of nothing", MALFORMED, BEGIN "\n" END },
    { "BEGIN alone", MALFORMED, BEGIN },

    /* with the escapes of URLs */

    { "escaped PEM", OAUTH_OK, ESCAPED },
    { "half escaped PEM", OAUTH_OK, HALF_ESCAPED },
    { "an escape that is cut", MALFORMED, ESCAPED "%" },
    { "an escape that is half there", MALFORMED, ESCAPED "%0" },
    { "an escape without digits", MALFORMED, ESCAPED "%0G" },
    { "an escape with a sign", MALFORMED, ESCAPED "%+1" },
    { "an escaped escape", MALFORMED, ESCAPED "%250A" },
    { "an escaped NUL", MALFORMED, ESCAPED "%00" },
    { "two escaped PEM", MALFORMED, ESCAPED ESCAPED },

    /* base64 */

    { "base64", OAUTH_OK, BASE64 },
    { "base64 with spaces", OAUTH_OK, BODY(" ") "=" },
    { "base64 without padding", MALFORMED, BODY("") },
    { "base64 with more padding", MALFORMED, BASE64 "=" },
    { "padding of four", MALFORMED, BASE64 "====" },
    { "padding inside", MALFORMED, FIRST "=" BODY("") },
    { "bits after the last byte", MALFORMED,
      START("") "bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SZ=" },
    { "base64url", MALFORMED,
      START("") "bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L-SY=" },
    { "a space for a plus", MALFORMED,
      START("") "bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L SY=" },
    { "two in base64", MALFORMED, BASE64 BASE64 },
    { "two with a comma", MALFORMED, BASE64 "," BASE64 },

    /* RFC 9440 */

    { "a byte sequence", OAUTH_OK, ":" BASE64 ":" },
    { "only the first colon", MALFORMED, ":" BASE64 },
    { "only the last colon", MALFORMED, BASE64 ":" },
    { "two byte sequences", MALFORMED, ":" BASE64 ":, :" BASE64 ":" },
    { "a byte sequence with a parameter", MALFORMED, ":" BASE64 ":;a=1" },
    { "PEM in colons", MALFORMED, ":" PEM(" ") ":" },

    /* Envoy's X-Forwarded-Client-Cert */

    { "XFCC", OAUTH_OK, XFCC("Cert=\"" ESCAPED "\";Subject=\"\"") },
    { "XFCC with Cert first", OAUTH_OK,
      "Cert=\"" ESCAPED "\";Subject=\"CN=a,O=\\\"b\\\";URI=c\";URI=d" },
    { "XFCC with Cert alone", OAUTH_OK, "Cert=\"" ESCAPED "\"" },
    { "XFCC in lower case", OAUTH_OK, "cert=\"" ESCAPED "\"" },
    { "XFCC without quotes", OAUTH_OK, XFCC("Cert=") ESCAPED },
    { "XFCC with Chain", OAUTH_OK,
      XFCC("Cert=\"" ESCAPED "\";Chain=\"" ESCAPED ESCAPED "\"") },
    { "XFCC of two proxies", OAUTH_OK,
      "By=a;Cert=\"x\"," XFCC("Cert=\"" ESCAPED "\"") },
    { "XFCC of two proxies and a space", OAUTH_OK,
      "By=a;Cert=\"x\", Cert=\"" ESCAPED "\"" },
    { "XFCC without Cert", NONE, XFCC("Subject=\"CN=a\"") },
    { "XFCC with Chain alone", NONE, XFCC("Chain=\"" ESCAPED "\"") },
    { "XFCC with Cert of another proxy", NONE,
      "Cert=\"" ESCAPED "\",By=a;Hash=b" },
    { "XFCC with a key that reaches into the next element", MALFORMED,
      "Cert=\"" ESCAPED "\";x,By=a;Hash=b" },
    { "XFCC with an empty Cert", NONE, XFCC("Cert=\"\"") },
    { "XFCC with two Cert", MALFORMED,
      "Cert=\"" ESCAPED "\";Cert=\"" ESCAPED "\"" },
    { "XFCC with two certificates", MALFORMED,
      "Cert=\"" ESCAPED ESCAPED "\"" },
    { "XFCC with a quote that is open", MALFORMED, "Cert=\"" ESCAPED },
    { "XFCC with a quote too many", MALFORMED, "Cert=\"" ESCAPED "\"\"" },
    { "XFCC with text after a quote", MALFORMED,
      "Cert=\"" ESCAPED "\"x;By=a" },
    { "XFCC with a quote inside a value", MALFORMED,
      "By=a\"b;Cert=\"" ESCAPED "\"" },
    { "XFCC with an escaped quote at the end", MALFORMED,
      "Cert=\"" ESCAPED "\\\"" },
    { "XFCC with a backslash at the end", MALFORMED,
      "Cert=\"" ESCAPED "\\" },
    { "XFCC with an empty element", MALFORMED, "Cert=\"" ESCAPED "\"," },
    { "XFCC with an empty member", MALFORMED, "Cert=\"" ESCAPED "\";" },
    { "a space before XFCC", MALFORMED, " Cert=\"" ESCAPED "\"" },

    /* an element of the client, which reaches into that of the proxy */

    { "a client's element with an open quote", MALFORMED,
      "Cert=\"" ESCAPED "\";Subject=\",Hash=a;Cert=\"" ESCAPED "\"" },
    { "the same, and a proxy's element with an escaped quote", MALFORMED,
      "Cert=\"" ESCAPED "\";Subject=\",Hash=a;Cert=\"" ESCAPED "\""
      ";Subject=\"O=\\\"b\\\"\"" },
    { "a client's element with a backslash", MALFORMED,
      "Cert=\"" ESCAPED "\";Subject=\"\\,Hash=a;Cert=\"" ESCAPED "\"" },

    /* none, and something else */

    { "nothing", NONE, "" },
    { "a space", NONE, " " },
    { "an empty byte sequence", NONE, "::" },
    { "an empty byte sequence with a space", NONE, ": :" },
    { "a colon", MALFORMED, ":" },
    { "three colons", MALFORMED, ":::" },
    { "a hyphen", MALFORMED, "-" },
    { "(null)", MALFORMED, "(null)" },
    { "a word", MALFORMED, "NONE" },
    { "a hash", MALFORMED, HASH },
    { "one byte", MALFORMED, "MA==" },
    { "a number in DER", MALFORMED, "AgEB" },
    { "an empty sequence in DER", MALFORMED, "MAA=" },
    { "half of it", MALFORMED, FIRST }
};


static oauth_reason_t
certificate_parse(const char *text, size_t len,
    unsigned char *thumbprint)
{
    char            *copy;
    oauth_str_t      view;
    oauth_reason_t   reason;

    /* no byte follows, so that a read past the end is seen */

    copy = malloc(len ? len : 1);
    assert_non_null(copy);

    if (len) {
        memcpy(copy, text, len);
    }

    view.data = (const unsigned char *) copy;
    view.len = len;

    reason = oauth_certificate_parse(view, thumbprint);

    free(copy);

    assert_int_equal(ERR_peek_error(), 0);

    return reason;
}


static void
certificate_forms(void **state)
{
    size_t                           i;
    oauth_reason_t                   reason;
    const certificate_case_t        *c;
    unsigned char   thumbprint[OAUTH_HASH_SIZE];

    (void) state;

    for (i = 0; i < sizeof(certificate_cases) / sizeof(*c); i++) {
        c = &certificate_cases[i];
        memset(thumbprint, 0, sizeof(thumbprint));

        reason = certificate_parse(c->text, strlen(c->text), thumbprint);

        if (reason != c->reason) {
            fail_msg("%s: %s", c->name, oauth_reason_info(reason)->code);
        }

        if (reason == OAUTH_OK) {
            assert_memory_equal(thumbprint, HASH, sizeof(HASH) - 1);
        }
    }
}


/* A byte behind the certificate, and one that is missing. */

static void
certificate_whole(void **state)
{
    size_t                          i, len;
    char                            text[sizeof(BASE64)];
    unsigned char  thumbprint[OAUTH_HASH_SIZE];

    static const char  base64[] = BASE64;

    (void) state;

    /* "=" becomes "A", and "Y" a digit without a bit: a zero byte more */

    len = sizeof(base64) - 1;
    memcpy(text, base64, len);

    assert_int_equal(certificate_parse(text, len, thumbprint), OAUTH_OK);

    text[len - 1] = 'A';
    assert_int_equal(certificate_parse(text, len, thumbprint),
                     OAUTH_CERTIFICATE_MALFORMED);

    /* each shorter text, whatever its padding */

    for (i = 1; i < len; i++) {
        memcpy(text, base64, i);
        assert_int_equal(certificate_parse(text, i, thumbprint),
                         OAUTH_CERTIFICATE_MALFORMED);

        text[i - 1] = '=';
        assert_int_equal(certificate_parse(text, i, thumbprint),
                         OAUTH_CERTIFICATE_MALFORMED);
    }
}


/* Every byte that is no white space and no digit of base64 spoils it. */

static void
certificate_bytes(void **state)
{
    int                             c, space;
    char                            text[sizeof(BASE64) + 1];
    oauth_reason_t                  reason;
    unsigned char  thumbprint[OAUTH_HASH_SIZE];

    static const char  base64[] = BASE64;

    (void) state;

    memcpy(text, base64, 8);
    memcpy(text + 9, base64 + 8, sizeof(base64) - 9);

    for (c = 0; c < 256; c++) {
        text[8] = (char) c;
        space = (c == ' ' || c == '\t' || c == '\r' || c == '\n');

        reason = certificate_parse(text, sizeof(base64), thumbprint);

        assert_int_equal(reason, space ? OAUTH_OK
                                       : OAUTH_CERTIFICATE_MALFORMED);
    }
}


static void
certificate_longest(void **state)
{
    char                            *text;
    unsigned char   thumbprint[OAUTH_HASH_SIZE];

    static const char  base64[] = BASE64;

    (void) state;

    text = malloc(OAUTH_CERTIFICATE_SIZE + 1);
    assert_non_null(text);

    memset(text, ' ', OAUTH_CERTIFICATE_SIZE + 1);
    memcpy(text, base64, sizeof(base64) - 1);

    assert_int_equal(certificate_parse(text, OAUTH_CERTIFICATE_SIZE,
                                       thumbprint),
                     OAUTH_OK);
    assert_int_equal(certificate_parse(text, OAUTH_CERTIFICATE_SIZE + 1,
                                       thumbprint),
                     OAUTH_CERTIFICATE_MALFORMED);

    free(text);
}


/* Errors that others have left do not change the result. */

static void
certificate_queue(void **state)
{
    unsigned char  thumbprint[OAUTH_HASH_SIZE];

    (void) state;

    ERR_raise(ERR_LIB_USER, 1);
    assert_int_equal(certificate_parse(BASE64, sizeof(BASE64) - 1, thumbprint),
                     OAUTH_OK);

    ERR_raise(ERR_LIB_USER, 1);
    assert_int_equal(certificate_parse("AgEB", 4, thumbprint),
                     OAUTH_CERTIFICATE_MALFORMED);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(certificate_forms),
        cmocka_unit_test(certificate_whole),
        cmocka_unit_test(certificate_bytes),
        cmocka_unit_test(certificate_longest),
        cmocka_unit_test(certificate_queue)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
