
/*
 * DPoP proofs: for each check of RFC 9449 section 4.3 a proof that is accepted,
 * and others that differ from it in one thing.  All are signed with the key
 * that they name, and the token is bound to that key, so that nothing but the
 * check under test can refuse them.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "keys.h"
#include "proof_fixture.h"
#include "token_fixture.h"


typedef struct {
    const char      *name;
    const char      *text;              /* a header, payload, or htu */
    oauth_reason_t   reason;
} proof_case_t;


#define GOOD(name, text)         { name, text, OAUTH_OK }
#define BAD(name, text, reason)  { name, text, OAUTH_PROOF_ ## reason }

/* A header with this typ, alg or jwk, or with another member. */

#define TYPE(typ)                                                             \
    "{\"typ\":" typ ",\"alg\":\"ES256\",\"jwk\":{$j}}"
#define ALG(alg)                                                              \
    "{\"typ\":\"dpop+jwt\",\"alg\":" alg ",\"jwk\":{$j}}"
#define JWK(jwk)                                                              \
    "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":" jwk "}"
#define MORE(member)                                                          \
    "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{$j}," member "}"

#define ZERO     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define POINT    "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"
#define IDENTITY "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


static const proof_case_t  proof_headers[] = {
    GOOD("nothing more", PROOF_HEADER),
    GOOD("escaped names", "{\"\\u0074yp\":\"dpop\\u002bjwt\","
                          "\"alg\":\"ES256\",\"jw\\u006b\":{$j}}"),

    GOOD("typ in upper case", TYPE("\"DPoP+JWT\"")),
    GOOD("typ as a whole media type", TYPE("\"application/dpop+jwt\"")),
    BAD("typ of a JWT", TYPE("\"JWT\""), TYPE),
    BAD("typ of an access token", TYPE("\"at+jwt\""), TYPE),
    BAD("typ with a parameter", TYPE("\"dpop+jwt;v=1\""), TYPE),
    BAD("typ with a space", TYPE("\"dpop+jwt \""), TYPE),
    BAD("typ with two prefixes",
        TYPE("\"application/application/dpop+jwt\""), TYPE),
    BAD("typ that is longer", TYPE("\"dpop+jwts\""), TYPE),
    BAD("typ that is shorter", TYPE("\"dpop\""), TYPE),
    BAD("typ empty", TYPE("\"\""), TYPE),
    BAD("typ as an array", TYPE("[\"dpop+jwt\"]"), MALFORMED),
    BAD("typ null", TYPE("null"), MALFORMED),
    BAD("typ twice", TYPE("\"dpop+jwt\",\"typ\":\"dpop+jwt\""), MALFORMED),
    BAD("no typ", "{\"alg\":\"ES256\",\"jwk\":{$j}}", TYPE),

    BAD("alg none", ALG("\"none\""), ALGORITHM),
    BAD("alg None", ALG("\"None\""), ALGORITHM),
    BAD("alg HS256", ALG("\"HS256\""), ALGORITHM),
    BAD("alg unknown", ALG("\"ES256K\""), ALGORITHM),
    BAD("alg in lower case", ALG("\"es256\""), ALGORITHM),
    BAD("alg as an array", ALG("[\"ES256\"]"), ALGORITHM),
    BAD("no alg", "{\"typ\":\"dpop+jwt\",\"jwk\":{$j}}", ALGORITHM),
    BAD("alg of another curve", ALG("\"ES384\""), KEY),
    BAD("alg of another type", ALG("\"RS256\""), KEY),
    BAD("alg EdDSA", ALG("\"EdDSA\""), KEY),

    GOOD("jwk with kid", JWK("{$j,\"kid\":\"a\"}")),
    GOOD("jwk with a kid that is no string", JWK("{$j,\"kid\":[]}")),
    GOOD("jwk for encryption", JWK("{$j,\"use\":\"enc\"}")),
    GOOD("jwk for signing", JWK("{$j,\"key_ops\":[\"sign\"]}")),
    GOOD("jwk with another alg", JWK("{$j,\"alg\":\"RS256\"}")),
    BAD("jwk with x5c", JWK("{$j,\"x5c\":[\"MIIB\"]}"), KEY),
    BAD("jwk with x5u", JWK("{$j,\"x5u\":\"https://evil.example/\"}"), KEY),
    BAD("jwk with x5t", JWK("{$j,\"x5t\":\"AQ\"}"), KEY),
    BAD("jwk with x5t#S256", JWK("{$j,\"x5t#S256\":\"AQ\"}"), KEY),
    GOOD("jwk with a member of another type", JWK("{\"n\":7,$j}")),
    BAD("no jwk", "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\"}", KEY),
    BAD("kid only", "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"kid\":\"a\"}",
        KEY),
    BAD("jwk null", JWK("null"), KEY),
    BAD("jwk as a string", JWK("\"{}\""), KEY),
    BAD("jwk as an array", JWK("[{$j}]"), KEY),
    BAD("jwk empty", JWK("{}"), KEY),
    BAD("jwk twice", JWK("{$j},\"jwk\":{$j}"), MALFORMED),
    BAD("jwk with x twice", JWK("{$j,\"x\":\"" POINT "\"}"), MALFORMED),
    BAD("jwk as JWK",
        "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"JWK\":{$j}}", KEY),

    BAD("private key", JWK("{$j,\"d\":\"" ZERO "\"}"), KEY),
    BAD("d null", JWK("{$j,\"d\":null}"), KEY),
    BAD("d empty", JWK("{$j,\"d\":\"\"}"), KEY),
    BAD("p", JWK("{$j,\"p\":\"AQ\"}"), KEY),
    BAD("q", JWK("{$j,\"q\":\"AQ\"}"), KEY),
    BAD("dp", JWK("{$j,\"dp\":\"AQ\"}"), KEY),
    BAD("dq", JWK("{$j,\"dq\":\"AQ\"}"), KEY),
    BAD("qi", JWK("{$j,\"qi\":\"AQ\"}"), KEY),
    BAD("oth", JWK("{$j,\"oth\":[]}"), KEY),
    BAD("k", JWK("{$j,\"k\":\"AQ\"}"), KEY),
    BAD("symmetric key", JWK("{\"kty\":\"oct\",\"k\":\"AQ\"}"), KEY),
    BAD("symmetric type", JWK("{\"kty\":\"oct\"}"), KEY),

    BAD("kty in lower case",
        JWK("{\"kty\":\"ec\",\"crv\":\"P-256\",\"x\":\"" POINT "\",\"y\":\""
            POINT "\"}"), KEY),
    BAD("crv of no algorithm",
        JWK("{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" POINT
            "\",\"y\":\"" POINT "\"}"), KEY),
    BAD("no y", JWK("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" POINT "\"}"),
        KEY),
    BAD("point that is not on the curve",
        JWK("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" POINT "\",\"y\":\""
            POINT "\"}"), KEY),
    BAD("point of zeros",
        JWK("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" ZERO "\",\"y\":\""
            ZERO "\"}"), KEY),
    BAD("point at infinity, of one byte",
        JWK("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}"),
        KEY),
    BAD("empty point",
        JWK("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\",\"y\":\"\"}"), KEY),
    BAD("x with padding",
        JWK("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" POINT "=\",\"y\":\""
            "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA\"}"), KEY),
    BAD("x that ends its string in the thumbprint",
        JWK("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQ\\\",\\\"y\\\":\\\"AQ"
            "\",\"y\":\"AQ\"}"), KEY),

    BAD("crit", MORE("\"crit\":[\"b64\"]"), MALFORMED),
    BAD("crit empty", MORE("\"crit\":[]"), MALFORMED),
    BAD("b64", MORE("\"b64\":true"), MALFORMED),
    BAD("enc", MORE("\"enc\":\"A128GCM\""), MALFORMED),
    BAD("zip", MORE("\"zip\":\"DEF\""), MALFORMED),
    GOOD("kid", MORE("\"kid\":\"a\"")),
    BAD("x5c", MORE("\"x5c\":[\"MIIB\"]"), KEY),
    BAD("x5c null", MORE("\"x5c\":null"), KEY),
    BAD("x5c empty", MORE("\"x5c\":[]"), KEY),
    BAD("x5c with an escape in its name", MORE("\"x5\\u0063\":[\"MIIB\"]"),
        KEY),
    BAD("x5t", MORE("\"x5t\":\"AQ\""), KEY),
    BAD("x5t#S256", MORE("\"x5t#S256\":\"AQ\""), KEY),
    BAD("x5u", MORE("\"x5u\":\"https://evil.example/\""), KEY),
    BAD("jku", MORE("\"jku\":\"https://evil.example/\""), KEY),
    GOOD("x5c in another case", MORE("\"X5C\":[\"MIIB\"]")),
    GOOD("x5c in an unknown member", MORE("\"foo\":{\"x5c\":[\"MIIB\"]}")),
    GOOD("an unknown member", MORE("\"foo\":{\"jwk\":{\"d\":1}}")),

    BAD("no object", "[]", MALFORMED),
    BAD("no JSON", "{\"typ\":\"dpop+jwt\"", MALFORMED),
    BAD("something behind", PROOF_HEADER " x", MALFORMED)
};


/* A payload in which one claim is another one. */

#define JTI(jti)                                                              \
    "{\"jti\":" jti ",\"htm\":\"POST\",\"htu\":\"https://api.example/a/b\","  \
    "\"iat\":1700000000,\"ath\":\"$h\"}"
#define HTM(htm)                                                              \
    "{\"jti\":\"j1\",\"htm\":" htm ",\"htu\":\"https://api.example/a/b\","    \
    "\"iat\":1700000000,\"ath\":\"$h\"}"
#define HTU(htu)                                                              \
    "{\"jti\":\"j1\",\"htm\":\"POST\",\"htu\":" htu ",\"iat\":1700000000,"    \
    "\"ath\":\"$h\"}"
#define IAT(iat)                                                              \
    "{\"jti\":\"j1\",\"htm\":\"POST\",\"htu\":\"https://api.example/a/b\","   \
    "\"iat\":" iat ",\"ath\":\"$h\"}"
#define ATH(ath)                                                              \
    "{\"jti\":\"j1\",\"htm\":\"POST\",\"htu\":\"https://api.example/a/b\","   \
    "\"iat\":1700000000,\"ath\":" ath "}"
#define ALSO(member)                                                          \
    "{\"jti\":\"j1\",\"htm\":\"POST\",\"htu\":\"https://api.example/a/b\","   \
    "\"iat\":1700000000,\"ath\":\"$h\"," member "}"

#define TEXT_64   "0123456789abcdef0123456789abcdef"                           \
                  "0123456789abcdef0123456789abcdef"
#define TEXT_256  TEXT_64 TEXT_64 TEXT_64 TEXT_64


static const proof_case_t  proof_payloads[] = {
    GOOD("nothing more", PROOF_PAYLOAD),

    GOOD("jti of one byte", JTI("\"a\"")),
    GOOD("jti of 256 bytes", JTI("\"" TEXT_256 "\"")),
    BAD("jti of 257 bytes", JTI("\"" TEXT_256 "a\""), CLAIMS),
    BAD("jti empty", JTI("\"\""), CLAIMS),
    BAD("jti as a number", JTI("1"), CLAIMS),
    BAD("jti as an array", JTI("[\"j1\"]"), CLAIMS),
    BAD("jti null", JTI("null"), CLAIMS),
    BAD("jti twice", JTI("\"j1\",\"jti\":\"j2\""), CLAIMS),
    BAD("no jti", "{\"htm\":\"POST\",\"htu\":\"https://api.example/a/b\","
        "\"iat\":1700000000,\"ath\":\"$h\"}", CLAIMS),

    BAD("htm of another method", HTM("\"GET\""), METHOD),
    BAD("htm in lower case", HTM("\"post\""), METHOD),
    BAD("htm with a space", HTM("\"POST \""), METHOD),
    BAD("htm longer", HTM("\"POSTS\""), METHOD),
    BAD("htm empty", HTM("\"\""), METHOD),
    BAD("htm null", HTM("null"), CLAIMS),
    BAD("htm as an array", HTM("[\"POST\"]"), CLAIMS),
    BAD("no htm", "{\"jti\":\"j1\",\"htu\":\"https://api.example/a/b\","
        "\"iat\":1700000000,\"ath\":\"$h\"}", CLAIMS),

    BAD("htu null", HTU("null"), CLAIMS),
    BAD("htu as an array", HTU("[\"https://api.example/a/b\"]"), CLAIMS),
    BAD("no htu", "{\"jti\":\"j1\",\"htm\":\"POST\",\"iat\":1700000000,"
        "\"ath\":\"$h\"}", CLAIMS),

    GOOD("iat with a fraction", IAT("1700000000.5")),
    GOOD("iat 330 s ago", IAT("1699999670")),
    BAD("iat 331 s ago", IAT("1699999669"), TIME),
    GOOD("iat 30 s ahead", IAT("1700000030")),
    BAD("iat 31 s ahead", IAT("1700000031"), TIME),
    BAD("iat 31 s ahead, as a real number", IAT("1.700000031e9"), TIME),
    BAD("iat in milliseconds", IAT("1700000000000"), TIME),
    BAD("iat at the end of time", IAT("9223372036854775807"), TIME),
    BAD("iat at the beginning of time", IAT("-9223372036854775808"), TIME),
    BAD("iat 0", IAT("0"), TIME),
    BAD("iat huge", IAT("1e300"), TIME),
    BAD("iat as a string", IAT("\"1700000000\""), CLAIMS),
    BAD("iat null", IAT("null"), CLAIMS),
    BAD("iat true", IAT("true"), CLAIMS),
    BAD("no iat", "{\"jti\":\"j1\",\"htm\":\"POST\","
        "\"htu\":\"https://api.example/a/b\",\"ath\":\"$h\"}", CLAIMS),

    BAD("ath of another token",
        ATH("\"fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo\""), TOKEN),
    BAD("ath with padding", ATH("\"$h=\""), TOKEN),
    BAD("ath with a space", ATH("\" $h\""), TOKEN),
    BAD("ath cut off",
        ATH("\"PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-\""), TOKEN),
    BAD("ath empty", ATH("\"\""), TOKEN),
    BAD("ath of the token itself", ATH("\"token\""), TOKEN),
    BAD("ath null", ATH("null"), CLAIMS),
    BAD("ath as an array", ATH("[\"$h\"]"), CLAIMS),
    BAD("no ath", "{\"jti\":\"j1\",\"htm\":\"POST\","
        "\"htu\":\"https://api.example/a/b\",\"iat\":1700000000}", CLAIMS),

    GOOD("nonce", ALSO("\"nonce\":\"n\"")),
    GOOD("nonce empty", ALSO("\"nonce\":\"\"")),
    BAD("nonce null", ALSO("\"nonce\":null"), CLAIMS),
    BAD("nonce as a number", ALSO("\"nonce\":1"), CLAIMS),
    GOOD("other claims", ALSO("\"iss\":1,\"sub\":[],\"cnf\":{}")),

    GOOD("exp in the future", ALSO("\"exp\":1700000060")),
    GOOD("exp 29 s ago", ALSO("\"exp\":1699999971")),
    BAD("exp 30 s ago", ALSO("\"exp\":1699999970"), TIME),
    BAD("exp at the beginning of time", ALSO("\"exp\":-1e300"), TIME),
    GOOD("exp at the end of time", ALSO("\"exp\":1e300")),
    BAD("exp null", ALSO("\"exp\":null"), CLAIMS),
    BAD("exp as a string", ALSO("\"exp\":\"1700000060\""), CLAIMS),
    GOOD("nbf 30 s ahead", ALSO("\"nbf\":1700000030")),
    BAD("nbf 31 s ahead", ALSO("\"nbf\":1700000031"), TIME),
    BAD("nbf as a string", ALSO("\"nbf\":\"1\""), CLAIMS),

    BAD("payload is an array", "[]", CLAIMS),
    BAD("payload is no JSON", "hello", CLAIMS),
    BAD("payload is cut off", "{\"jti\":\"j1\"", CLAIMS)
};


/* htu for a POST to https://api.example/a/b. */

static const proof_case_t  proof_urls[] = {
    GOOD("as it is", "https://api.example/a/b"),
    GOOD("query", "https://api.example/a/b?x=1&y=/"),
    GOOD("fragment", "https://api.example/a/b#/c"),
    GOOD("both", "https://api.example/a/b?x#y"),
    GOOD("fragment with a question mark", "https://api.example/a/b#x?y"),
    GOOD("scheme in upper case", "HTTPS://api.example/a/b"),
    GOOD("host in upper case", "https://API.Example/a/b"),
    GOOD("the scheme's port", "https://api.example:443/a/b"),

    BAD("other scheme", "http://api.example/a/b", URI),
    BAD("other scheme with the port", "http://api.example:443/a/b", URI),
    BAD("scheme of something else", "ftp://api.example/a/b", URI),
    BAD("no scheme", "//api.example/a/b", URI),
    BAD("one slash", "https:/api.example/a/b", URI),
    BAD("only a path", "/a/b", URI),
    BAD("empty", "", URI),
    BAD("only a scheme", "https://", URI),
    BAD("other host", "https://api.example.com/a/b", URI),
    BAD("host below", "https://x.api.example/a/b", URI),
    BAD("host with a dot at the end", "https://api.example./a/b", URI),
    BAD("userinfo", "https://a@api.example/a/b", URI),
    BAD("userinfo that looks like the host",
        "https://api.example@evil.example/a/b", URI),
    BAD("other port", "https://api.example:8443/a/b", URI),
    BAD("port of http", "https://api.example:80/a/b", URI),
    BAD("empty port", "https://api.example:/a/b", URI),
    BAD("port with a zero", "https://api.example:0443/a/b", URI),
    BAD("port that is too large", "https://api.example:65979/a/b", URI),
    BAD("backslash in the host", "https://api.example\\\\@evil/a/b", URI),
    BAD("space in front", " https://api.example/a/b", URI),
    BAD("space behind", "https://api.example/a/b ", URI),
    BAD("newline behind", "https://api.example/a/b\\n", URI),
    BAD("path with a slash more", "https://api.example/a/b/", URI),
    BAD("path with a double slash", "https://api.example/a//b", URI),
    BAD("path in upper case", "https://api.example/A/b", URI),
    BAD("path with an escape", "https://api.example/a/%62", URI),
    BAD("path with a dot segment", "https://api.example/a/./b", URI),
    BAD("path with two dots", "https://api.example/a/c/../b", URI),
    BAD("path that is shorter", "https://api.example/a", URI),
    BAD("path that is longer", "https://api.example/a/bc", URI),
    BAD("path with a parameter", "https://api.example/a/b;x", URI),
    BAD("path in the query", "https://api.example?/a/b", URI),
    BAD("no path", "https://api.example", URI)
};


/* Verifies a copy of exactly the text's size; the proof is kept in *proof. */

static oauth_reason_t
proof_verify(oauth_str_t text, const oauth_proof_rules_t *rules,
    oauth_proof_key_t **key)
{
    oauth_str_t      copy;
    unsigned char   *data;
    oauth_proof_t    proof, zero;
    oauth_reason_t   reason;

    data = malloc(text.len ? text.len : 1);
    assert_non_null(data);

    if (text.len) {
        memcpy(data, text.data, text.len);
    }

    copy.data = data;
    copy.len = text.len;

    memset(&proof, 0xa5, sizeof(oauth_proof_t));
    memset(&zero, 0, sizeof(oauth_proof_t));

    reason = oauth_proof_verify(copy, rules, PROOF_NOW, key, &proof);
    assert_int_equal(ERR_peek_error(), 0);

    if (reason == OAUTH_OK) {
        assert_true(proof.id.len > 0);
        oauth_proof_free(&proof);
    }

    assert_memory_equal(&proof, &zero, sizeof(oauth_proof_t));
    free(data);

    return reason;
}


/* Signs a proof and verifies it by the usual rules. */

static oauth_reason_t
proof_reason(EVP_PKEY *key, oauth_alg_id_t id, const char *header,
    const char *payload)
{
    char                  thumbprint[PROOF_SIZE];
    oauth_buf_t           buf;
    oauth_reason_t        reason;
    oauth_proof_key_t    *known;
    oauth_proof_rules_t   rules;

    memset(&buf, 0, sizeof(oauth_buf_t));
    proof_append(&buf, key, id, keys_str(header), keys_str(payload));
    proof_rules(&rules, oauth_buf_str(&buf), thumbprint);

    known = NULL;
    reason = proof_verify(oauth_buf_str(&buf), &rules, &known);

    assert_int_equal(known == NULL, reason != OAUTH_OK);

    oauth_proof_key_free(known);
    oauth_buf_free(&buf);

    return reason;
}


static void
proof_assert(const proof_case_t *c, const char *header, const char *payload)
{
    oauth_reason_t  reason;

    reason = proof_reason(token_keys[TOKEN_P256], OAUTH_ALG_ES256, header,
                          payload);

    if (reason != c->reason) {
        fail_msg("%s: %s, expected %s", c->name,
                 oauth_reason_info(reason)->code,
                 oauth_reason_info(c->reason)->code);
    }
}


static void
proof_header_cases(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(proof_headers) / sizeof(proof_case_t); i++) {
        proof_assert(&proof_headers[i], proof_headers[i].text, PROOF_PAYLOAD);
    }
}


static void
proof_payload_cases(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(proof_payloads) / sizeof(proof_case_t); i++) {
        proof_assert(&proof_payloads[i], PROOF_HEADER, proof_payloads[i].text);
    }
}


static void
proof_url_cases(void **state)
{
    char    payload[1024];
    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(proof_urls) / sizeof(proof_case_t); i++) {
        (void) snprintf(payload, sizeof(payload), HTU("\"%s\""),
                        proof_urls[i].text);
        proof_assert(&proof_urls[i], PROOF_HEADER, payload);
    }
}


/* Other resources: the same htu is good for one and not for the other. */

static void
proof_places(void **state)
{
    char                  thumbprint[PROOF_SIZE], payload[1024];
    size_t                i, k;
    oauth_buf_t           buf;
    oauth_reason_t        reason;
    oauth_proof_key_t    *known;
    oauth_proof_rules_t   rules;

    static const struct {
        const char  *origin;
        const char  *path;
        const char  *url;
    } places[] = {
        { "https://api.example", "/%2fa", "https://api.example/%2fa" },
        { "https://api.example", "/%2Fa", "https://api.example/%2Fa" },
        { "https://api.example", "//a", "https://api.example//a" },
        { "https://api.example", "/a/../b", "https://api.example/a/../b" },
        { "https://api.example", "/\xc3\xa4", "https://api.example/\xc3\xa4" },
        { "https://api.example", "", "https://api.example" },
        { "https://api.example:8443", "/", "https://api.example:8443" },
        { "http://api.example", "/", "http://api.example:80/" },
        { "http://localhost:8080", "/", "http://LOCALHOST:8080?x" },
        { "https://[2001:db8::1]", "/", "https://[2001:DB8::1]:443#x" },
        { "https://[2001:db8::1]:8443", "/", "https://[2001:db8::1]:8443/" }
    };

    (void) state;

    known = NULL;

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {

        (void) snprintf(payload, sizeof(payload), HTU("\"%s\""),
                        places[i].url);

        memset(&buf, 0, sizeof(oauth_buf_t));
        proof_append(&buf, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                     oauth_str(PROOF_HEADER), keys_str(payload));
        proof_rules(&rules, oauth_buf_str(&buf), thumbprint);

        for (k = 0; k < sizeof(places) / sizeof(places[0]); k++) {

            rules.origin = keys_str(places[k].origin);
            rules.path = keys_str(places[k].path);

            reason = proof_verify(oauth_buf_str(&buf), &rules, &known);
            assert_int_equal(reason, i == k ? OAUTH_OK : OAUTH_PROOF_URI);
        }

        oauth_buf_free(&buf);
    }

    oauth_proof_key_free(known);
}


static void
proof_origins(void **state)
{
    int          rc;
    size_t       i;
    oauth_buf_t  buf;

    static const struct {
        const char  *url;
        const char  *origin;            /* NULL: it has none */
    } origins[] = {
        { "https://h", "https://h" },
        { "https://H.Example/A?B#C", "https://h.example" },
        { "HTTP://h:80", "http://h" },
        { "http://h:443/", "http://h:443" },
        { "https://h:443", "https://h" },
        { "https://h:80", "https://h:80" },
        { "https://h:4433", "https://h:4433" },
        { "https://[::A]:443/", "https://[::a]" },
        { "https://[::a]", "https://[::a]" },
        { "https://h?x", "https://h" },
        { "https://h#x", "https://h" },
        { "", NULL },
        { "h", NULL },
        { "https:", NULL },
        { "https://", NULL },
        { "https:///a", NULL },
        { "https://:443", NULL },
        { "https://h:", NULL },
        { "https://h:0", NULL },
        { "https://h:x", NULL },
        { "https://u@h", NULL },
        { "https://h%41", NULL },
        { "https://h..example", NULL },
        { "https://[::a", NULL },
        { "wss://h", NULL }
    };

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));

    for (i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {

        buf.len = 0;
        oauth_buf_append_literal(&buf, "before:443");
        rc = oauth_proof_append_origin(&buf, keys_str(origins[i].url));

        assert_int_equal(rc, origins[i].origin ? 0 : -1);
        assert_false(buf.failed);

        buf.data[buf.len] = '\0';
        assert_string_equal((char *) buf.data + 10,
                            origins[i].origin ? origins[i].origin : "");
        assert_memory_equal(buf.data, "before:443", 10);
    }

    oauth_buf_free(&buf);
}


/* Each algorithm, where it is allowed and where all but it are. */

static void
proof_algorithms(void **state)
{
    int                   id;
    char                  thumbprint[PROOF_SIZE];
    size_t                key;
    oauth_buf_t           buf;
    oauth_algs_t          own;
    oauth_proof_key_t    *known;
    oauth_proof_rules_t   rules;

    (void) state;

    for (id = 0; id < OAUTH_ALGS; id++) {

        key = token_key_of((oauth_alg_id_t) id);

        memset(&buf, 0, sizeof(oauth_buf_t));
        proof_append(&buf, token_keys[key], (oauth_alg_id_t) id,
                     oauth_str(PROOF_HEADER), oauth_str(PROOF_PAYLOAD));
        proof_rules(&rules, oauth_buf_str(&buf), thumbprint);

        known = NULL;
        assert_int_equal(proof_verify(oauth_buf_str(&buf), &rules, &known),
                         OAUTH_OK);

        /* The name EdDSA stands for the curve of the key. */

        own = (id == OAUTH_ALG_EDDSA) ? oauth_alg_bit(OAUTH_ALG_ED25519)
                                      : oauth_alg_bit(id);

        rules.algorithms = own;
        assert_int_equal(proof_verify(oauth_buf_str(&buf), &rules, &known),
                         OAUTH_OK);

        rules.algorithms = OAUTH_ALGS_ALL & ~own;
        assert_int_equal(proof_verify(oauth_buf_str(&buf), &rules, &known),
                         OAUTH_PROOF_ALGORITHM);

        oauth_proof_key_free(known);
        oauth_buf_free(&buf);
    }
}


/* Keys that anybody could sign with, or that are too weak. */

static void
proof_weak_keys(void **state)
{
    EVP_PKEY  *weak, *sound;

    (void) state;

    weak = keys_rsa(1024);
    sound = keys_rsa(2048);

    assert_int_equal(proof_reason(weak, OAUTH_ALG_RS256, PROOF_HEADER,
                                  PROOF_PAYLOAD), OAUTH_PROOF_KEY);
    assert_int_equal(proof_reason(sound, OAUTH_ALG_RS256, PROOF_HEADER,
                                  PROOF_PAYLOAD), OAUTH_OK);

    EVP_PKEY_free(weak);
    EVP_PKEY_free(sound);

    assert_int_equal(proof_reason(token_keys[TOKEN_OKP], OAUTH_ALG_EDDSA,
                                  "{\"typ\":\"dpop+jwt\",\"alg\":\"EdDSA\","
                                  "\"jwk\":{\"kty\":\"OKP\","
                                  "\"crv\":\"Ed25519\",\"x\":\"" IDENTITY
                                  "\"}}", PROOF_PAYLOAD), OAUTH_PROOF_KEY);
    assert_int_equal(proof_reason(token_keys[TOKEN_OKP], OAUTH_ALG_EDDSA,
                                  PROOF_HEADER, PROOF_PAYLOAD), OAUTH_OK);
}


/* Signed with another key than the one in the header, which is the token's. */

static void
proof_signatures(void **state)
{
    size_t                i;
    char                  thumbprint[PROOF_SIZE];
    oauth_buf_t           good, bad, signature;
    oauth_proof_key_t    *known;
    oauth_proof_rules_t   rules;

    (void) state;

    memset(&good, 0, sizeof(oauth_buf_t));
    memset(&bad, 0, sizeof(oauth_buf_t));
    memset(&signature, 0, sizeof(oauth_buf_t));

    proof_append(&good, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                 oauth_str(PROOF_HEADER), oauth_str(PROOF_PAYLOAD));

    for (i = good.len; good.data[i - 1] != '.'; i--) { /* void */ }

    oauth_buf_append(&bad, good.data, i);
    keys_append_signature(&signature, token_foreign, OAUTH_ALG_ES256,
                          (oauth_str_t) { i - 1, good.data });
    keys_append_base64url(&bad, oauth_buf_str(&signature));

    proof_rules(&rules, oauth_buf_str(&good), thumbprint);

    known = NULL;
    assert_int_equal(proof_verify(oauth_buf_str(&bad), &rules, &known),
                     OAUTH_PROOF_SIGNATURE);
    assert_null(known);
    assert_int_equal(proof_verify(oauth_buf_str(&good), &rules, &known),
                     OAUTH_OK);
    assert_int_equal(proof_verify(oauth_buf_str(&bad), &rules, &known),
                     OAUTH_PROOF_SIGNATURE);

    /* Each byte of the text counts. */

    for (i = 0; i < good.len; i++) {
        good.data[i] ^= (unsigned char) (1 << i % 8);
        assert_int_not_equal(proof_verify(oauth_buf_str(&good), &rules,
                                          &known), OAUTH_OK);
        good.data[i] ^= (unsigned char) (1 << i % 8);
    }

    assert_int_equal(proof_verify(oauth_buf_str(&good), &rules, &known),
                     OAUTH_OK);

    oauth_proof_key_free(known);
    oauth_buf_free(&good);
    oauth_buf_free(&bad);
    oauth_buf_free(&signature);
}


/* Texts that are no JWS, and those that are almost too long. */

static void
proof_forms(void **state)
{
    char                  thumbprint[PROOF_SIZE], *payload;
    size_t                i, start, n, accepted, refused;
    oauth_buf_t           buf;
    oauth_reason_t        reason;
    oauth_proof_key_t    *known;
    oauth_proof_rules_t   rules;

    static const char  *forms[] = {
        "", ".", "..", "a.b", "a.b.c", "a.b.c.d", "a.b.c.d.e", "e30.e30.e30",
        "null", "DPoP a.b.c"
    };

    (void) state;

    proof_rules(&rules, oauth_str(""), thumbprint);
    known = NULL;

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        assert_int_equal(proof_verify(keys_str(forms[i]), &rules, &known),
                         strcmp(forms[i], "e30.e30.e30") == 0
                         ? OAUTH_PROOF_ALGORITHM : OAUTH_PROOF_MALFORMED);
    }

    payload = malloc(OAUTH_PROOF_SIZE);
    assert_non_null(payload);

    start = (size_t) snprintf(payload, OAUTH_PROOF_SIZE, "%s", PROOF_PAYLOAD);

    memset(&buf, 0, sizeof(oauth_buf_t));
    proof_append(&buf, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                 oauth_str(PROOF_HEADER), oauth_str(PROOF_PAYLOAD));
    n = (8192 - buf.len) / 4 * 3 - 40;
    oauth_buf_free(&buf);

    for (accepted = refused = 0; refused < 5; n++) {

        memset(payload + start, ' ', n);
        payload[start + n] = '\0';

        memset(&buf, 0, sizeof(oauth_buf_t));
        proof_append(&buf, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                     oauth_str(PROOF_HEADER), keys_str(payload));
        proof_rules(&rules, oauth_buf_str(&buf), thumbprint);

        reason = proof_verify(oauth_buf_str(&buf), &rules, &known);

        assert_int_equal(reason, buf.len <= 8192 ? OAUTH_OK
                                                 : OAUTH_PROOF_MALFORMED);
        accepted += (reason == OAUTH_OK);
        refused += (reason != OAUTH_OK);

        oauth_buf_free(&buf);
    }

    assert_true(start + n < OAUTH_PROOF_SIZE);
    assert_true(accepted > 2);

    oauth_proof_key_free(known);
    free(payload);
}


/* The key of a token's proofs is imported once, and never by a bad proof. */

static void
proof_known_key(void **state)
{
    char                  own[PROOF_SIZE], foreign[PROOF_SIZE];
    oauth_buf_t           first, second;
    oauth_proof_key_t    *key, *before;
    oauth_proof_rules_t   rules, others;

    (void) state;

    memset(&first, 0, sizeof(oauth_buf_t));
    memset(&second, 0, sizeof(oauth_buf_t));

    proof_append(&first, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                 oauth_str(PROOF_HEADER), oauth_str(PROOF_PAYLOAD));
    proof_append(&second, token_foreign, OAUTH_ALG_ES256,
                 oauth_str(PROOF_HEADER), oauth_str(PROOF_PAYLOAD));

    proof_rules(&rules, oauth_buf_str(&first), own);
    proof_rules(&others, oauth_buf_str(&second), foreign);

    key = NULL;
    rules.method = oauth_str("GET");
    assert_int_equal(proof_verify(oauth_buf_str(&first), &rules, &key),
                     OAUTH_PROOF_METHOD);
    assert_null(key);

    rules.method = oauth_str("POST");
    assert_int_equal(proof_verify(oauth_buf_str(&first), &rules, &key),
                     OAUTH_OK);
    assert_non_null(key);
    before = key;

    assert_int_equal(proof_verify(oauth_buf_str(&first), &rules, &key),
                     OAUTH_OK);
    assert_ptr_equal(key, before);

    /* The proof of another key, for a token that is bound to the first. */

    assert_int_equal(proof_verify(oauth_buf_str(&second), &rules, &key),
                     OAUTH_PROOF_OTHER_KEY);
    assert_ptr_equal(key, before);

    /* A key that is not the token's is of no use. */

    others.token = oauth_str("other");
    assert_int_equal(proof_verify(oauth_buf_str(&second), &others, &key),
                     OAUTH_PROOF_TOKEN);
    assert_ptr_equal(key, before);

    others.token = oauth_str("token");
    assert_int_equal(proof_verify(oauth_buf_str(&second), &others, &key),
                     OAUTH_OK);
    assert_int_equal(proof_verify(oauth_buf_str(&first), &others, &key),
                     OAUTH_PROOF_OTHER_KEY);
    assert_int_equal(proof_verify(oauth_buf_str(&first), &rules, &key),
                     OAUTH_OK);

    oauth_proof_key_free(key);
    oauth_proof_key_free(NULL);
    oauth_buf_free(&first);
    oauth_buf_free(&second);
}


/* A thumbprint that is absent, or almost that of the key. */

static void
proof_thumbprints(void **state)
{
    char                  thumbprint[PROOF_SIZE];
    oauth_buf_t           buf;
    oauth_proof_key_t    *key;
    oauth_proof_rules_t   rules;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));
    proof_append(&buf, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                 oauth_str(PROOF_HEADER), oauth_str(PROOF_PAYLOAD));
    proof_rules(&rules, oauth_buf_str(&buf), thumbprint);

    key = NULL;
    assert_int_equal(proof_verify(oauth_buf_str(&buf), &rules, &key),
                     OAUTH_OK);

    rules.thumbprint.len--;
    assert_int_equal(proof_verify(oauth_buf_str(&buf), &rules, &key),
                     OAUTH_PROOF_OTHER_KEY);

    rules.thumbprint.len = 0;
    rules.thumbprint.data = NULL;
    assert_int_equal(proof_verify(oauth_buf_str(&buf), &rules, &key),
                     OAUTH_PROOF_OTHER_KEY);

    oauth_proof_key_free(key);
    oauth_buf_free(&buf);
}


/* What the caller is told: the views of an accepted proof. */

static void
proof_members(void **state)
{
    char                  thumbprint[PROOF_SIZE];
    oauth_buf_t           buf;
    oauth_proof_t         proof;
    oauth_proof_key_t    *key;
    oauth_proof_rules_t   rules;

    (void) state;

    key = NULL;
    memset(&buf, 0, sizeof(oauth_buf_t));
    proof_append(&buf, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                 oauth_str(PROOF_HEADER),
                 oauth_str("{\"jti\":\"\\u00e4\",\"htm\":\"POST\","
                           "\"htu\":\"https:\\/\\/api.example/a/b\","
                           "\"iat\":1699999999.9,\"ath\":\"$h\","
                           "\"nonce\":\"n\\\"n\"}"));
    proof_rules(&rules, oauth_buf_str(&buf), thumbprint);

    assert_int_equal(oauth_proof_verify(oauth_buf_str(&buf), &rules,
                                        PROOF_NOW, &key, &proof), OAUTH_OK);
    assert_true(oauth_str_equal(proof.id, oauth_str("\xc3\xa4")));
    assert_true(oauth_str_equal(proof.nonce, oauth_str("n\"n")));
    assert_int_equal(proof.issued_at, 1699999999);
    oauth_proof_free(&proof);
    oauth_proof_free(&proof);

    buf.len = 0;
    proof_append(&buf, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                 oauth_str(PROOF_HEADER), oauth_str(PROOF_PAYLOAD));

    assert_int_equal(oauth_proof_verify(oauth_buf_str(&buf), &rules,
                                        PROOF_NOW, &key, &proof), OAUTH_OK);
    assert_true(oauth_str_equal(proof.id, oauth_str("j1")));
    assert_null(proof.nonce.data);
    oauth_proof_free(&proof);

    oauth_proof_key_free(key);
    oauth_buf_free(&buf);
}


/* RFC 9449 section 7.1, figure 12; the key is that of section 6.1. */

static void
proof_example(void **state)
{
    oauth_str_t           text;
    oauth_proof_t         proof;
    oauth_proof_key_t    *key;
    oauth_proof_rules_t   rules;

    (void) state;

    text = oauth_str("eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0"
                     "eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo"
                     "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VO"
                     "SmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJ"
                     "qdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1Ijo"
                     "iaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXN"
                     "vdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0R"
                     "aNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yR"
                     "qzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy"
                     "1dqd-jfxSYoMxhAJpLjA");

    rules.algorithms = oauth_alg_bit(OAUTH_ALG_ES256);
    rules.method = oauth_str("GET");
    rules.origin = oauth_str("https://resource.example.org");
    rules.path = oauth_str("/protectedresource");
    rules.token = oauth_str("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
    rules.thumbprint = oauth_str("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    rules.max_age = 60;
    rules.leeway = 0;

    key = NULL;

    assert_int_equal(oauth_proof_verify(text, &rules, 1562262618, &key,
                                        &proof), OAUTH_OK);
    assert_true(oauth_str_equal(proof.id, oauth_str("e1j3V_bKic8-LAEB")));
    oauth_proof_free(&proof);

    assert_int_equal(oauth_proof_verify(text, &rules, 1562262679, &key,
                                        &proof), OAUTH_PROOF_TIME);
    assert_int_equal(oauth_proof_verify(text, &rules, 1562262617, &key,
                                        &proof), OAUTH_PROOF_TIME);

    oauth_proof_key_free(key);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(proof_header_cases),
        cmocka_unit_test(proof_payload_cases),
        cmocka_unit_test(proof_url_cases),
        cmocka_unit_test(proof_places),
        cmocka_unit_test(proof_origins),
        cmocka_unit_test(proof_algorithms),
        cmocka_unit_test(proof_weak_keys),
        cmocka_unit_test(proof_signatures),
        cmocka_unit_test(proof_forms),
        cmocka_unit_test(proof_known_key),
        cmocka_unit_test(proof_thumbprints),
        cmocka_unit_test(proof_members),
        cmocka_unit_test(proof_example)
    };

    return cmocka_run_group_tests(tests, token_setup, token_teardown);
}
