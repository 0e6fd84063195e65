
/*
 * Payloads that are wrong in exactly one way, under a good header, and good
 * ones next to them (RFC 7519 section 4, RFC 8259, RFC 9068 section 2.2).
 */


#include "threats.h"
#include "token_fixture.h"


#define CASE(row, name, text, reason)                                         \
    { row, name, { 0, NULL }, oauth_string(text), OAUTH_ ## reason }


const threats_case_t  threats_claims[] = {
    CASE("typ", "an ID token by at_hash",
        "{" PAYLOAD ",\"at_hash\":\"h\"}", WRONG_TYPE),
    CASE("typ", "an ID token by nonce",
        "{\"iss\":\"https://as.example\",\"exp\":1700000100,\"nonce\":\"n\""
        "}", WRONG_TYPE),
    CASE("typ", "an event", "{" PAYLOAD ",\"events\":{}}", WRONG_TYPE),

    CASE("exp nbf iat", "exp alone",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        "}", OK),
    CASE("exp nbf iat", "exp with a fraction",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ".5}", OK),
    CASE("exp nbf iat", "exp with an exponent",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1.7000001e"
        "9}", OK),
    CASE("exp nbf iat", "no exp",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\"}", NO_EXPIRY),
    CASE("exp nbf iat", "exp passed",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1699999970"
        "}", EXPIRED),
    CASE("exp nbf iat", "exp within the leeway",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1699999971"
        "}", OK),
    CASE("exp nbf iat", "exp 0",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":0}", EXPIRED),
    CASE("exp nbf iat", "exp -1",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":-1}",
        EXPIRED),
    CASE("exp nbf iat", "exp -1e308",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":-1e308}",
        EXPIRED),
    CASE("exp nbf iat", "nbf later",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":1700000031}", NOT_YET_VALID),
    CASE("exp nbf iat", "nbf within the leeway",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":1700000030}", OK),
    CASE("exp nbf iat", "nbf 0",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":0}", OK),
    CASE("exp nbf iat", "nbf -1",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":-1}", OK),
    CASE("exp nbf iat", "iat later",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":1700000031}", NOT_YET_VALID),
    CASE("exp nbf iat", "iat 0",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":0}", LIFETIME_TOO_LONG),
    CASE("exp nbf iat", "exp too far",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700003601"
        "}", LIFETIME_TOO_LONG),
    CASE("exp nbf iat", "exp 1e308",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1e308}",
        LIFETIME_TOO_LONG),
    CASE("exp nbf iat", "exp 2^63 - 1",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":9223372036"
        "854775807}", LIFETIME_TOO_LONG),
    CASE("exp nbf iat", "nbf 1e308",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":1e308}", NOT_YET_VALID),
    CASE("exp nbf iat", "iat 1e308",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":1e308}", NOT_YET_VALID),
    CASE("exp nbf iat", "exp string",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":\"17000001"
        "00\"}", MALFORMED_CLAIMS),
    CASE("exp nbf iat", "exp null",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":null}",
        MALFORMED_CLAIMS),
    CASE("exp nbf iat", "exp true",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":true}",
        MALFORMED_CLAIMS),
    CASE("exp nbf iat", "exp array",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":[170000010"
        "0]}", MALFORMED_CLAIMS),
    CASE("exp nbf iat", "exp object",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":{}}",
        MALFORMED_CLAIMS),
    CASE("exp nbf iat", "exp 1e309",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1e309}",
        MALFORMED_TOKEN),
    CASE("exp nbf iat", "exp 1e400",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1e400}",
        MALFORMED_TOKEN),
    CASE("exp nbf iat", "exp 2^63",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":9223372036"
        "854775808}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "exp 2^64",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1844674407"
        "3709551616}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "exp 1e-99999999999",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1e-9999999"
        "9999}", MALFORMED_CLAIMS),
    CASE("exp nbf iat", "exp 1e99999999999",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1e99999999"
        "999}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "exp NaN",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":NaN}",
        MALFORMED_TOKEN),
    CASE("exp nbf iat", "exp Infinity",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":Infinity}",
        MALFORMED_TOKEN),
    CASE("exp nbf iat", "exp hex",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":0x7fffffff"
        "}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "exp with a leading zero",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":0170000010"
        "0}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "exp of 70 digits",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1111111111"
        "111111111111111111111111111111111111111111111111111111111111}",
        MALFORMED_TOKEN),
    CASE("exp nbf iat", "exp of 65 characters",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ".000000000000000000000000000000000000000000000000000000}",
        MALFORMED_TOKEN),
    CASE("exp nbf iat", "nbf string",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":\"1700000100\"}", MALFORMED_CLAIMS),
    CASE("exp nbf iat", "nbf null",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":null}", OK),
    CASE("exp nbf iat", "nbf true",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":true}", MALFORMED_CLAIMS),
    CASE("exp nbf iat", "nbf array",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":[1700000100]}", MALFORMED_CLAIMS),
    CASE("exp nbf iat", "nbf object",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":{}}", MALFORMED_CLAIMS),
    CASE("exp nbf iat", "nbf 1e309",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":1e309}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "nbf 1e400",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":1e400}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "nbf 2^63",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":9223372036854775808}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "nbf 2^64",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":18446744073709551616}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "nbf 1e-99999999999",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":1e-99999999999}", MALFORMED_CLAIMS),
    CASE("exp nbf iat", "nbf 1e99999999999",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":1e99999999999}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "nbf NaN",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":NaN}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "nbf Infinity",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":Infinity}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "nbf hex",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":0x7fffffff}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "nbf with a leading zero",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":01700000100}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "nbf of 70 digits",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":111111111111111111111111111111111111111111111111111111111"
        "1111111111111}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "nbf of 65 characters",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"nbf\":1700000100.0000000000000000000000000000000000000000000000"
        "00000000}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "iat string",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":\"1700000100\"}", MALFORMED_CLAIMS),
    CASE("exp nbf iat", "iat null",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":null}", OK),
    CASE("exp nbf iat", "iat true",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":true}", MALFORMED_CLAIMS),
    CASE("exp nbf iat", "iat array",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":[1700000100]}", MALFORMED_CLAIMS),
    CASE("exp nbf iat", "iat object",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":{}}", MALFORMED_CLAIMS),
    CASE("exp nbf iat", "iat 1e309",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":1e309}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "iat 1e400",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":1e400}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "iat 2^63",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":9223372036854775808}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "iat 2^64",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":18446744073709551616}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "iat 1e-99999999999",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":1e-99999999999}", MALFORMED_CLAIMS),
    CASE("exp nbf iat", "iat 1e99999999999",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":1e99999999999}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "iat NaN",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":NaN}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "iat Infinity",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":Infinity}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "iat hex",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":0x7fffffff}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "iat with a leading zero",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":01700000100}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "iat of 70 digits",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":111111111111111111111111111111111111111111111111111111111"
        "1111111111111}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "iat of 65 characters",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"iat\":1700000100.0000000000000000000000000000000000000000000000"
        "00000000}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "exp twice",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"exp\":1700000100}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "exp twice, escaped",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\":1700000100"
        ",\"\\u0065xp\":1700000100}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "exp with NUL",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"exp\\u0000\":170"
        "0000100}", MALFORMED_TOKEN),
    CASE("exp nbf iat", "Exp",
        "{\"iss\":\"https://as.example\",\"sub\":\"joe\",\"Exp\":1700000100"
        "}", NO_EXPIRY),

    CASE("iss", "iss absent", "{\"exp\":1700000100}", UNKNOWN_ISSUER),
    CASE("iss", "iss and a slash",
        "{\"exp\":1700000100,\"iss\":\"https://as.example/\"}",
        UNKNOWN_ISSUER),
    CASE("iss", "iss a prefix",
        "{\"exp\":1700000100,\"iss\":\"https://as.exampl\"}", UNKNOWN_ISSUER),
    CASE("iss", "iss and more",
        "{\"exp\":1700000100,\"iss\":\"https://as.example.evil.test\"}",
        UNKNOWN_ISSUER),
    CASE("iss", "iss in upper case",
        "{\"exp\":1700000100,\"iss\":\"HTTPS://AS.EXAMPLE\"}", UNKNOWN_ISSUER),
    CASE("iss", "iss one character",
        "{\"exp\":1700000100,\"iss\":\"https://as.examplf\"}", UNKNOWN_ISSUER),
    CASE("iss", "iss behind a space",
        "{\"exp\":1700000100,\"iss\":\" https://as.example\"}",
        UNKNOWN_ISSUER),
    CASE("iss", "iss empty",
        "{\"exp\":1700000100,\"iss\":\"\"}", UNKNOWN_ISSUER),
    CASE("iss", "iss with a port",
        "{\"exp\":1700000100,\"iss\":\"https://as.example:443\"}",
        UNKNOWN_ISSUER),
    CASE("iss", "iss null",
        "{\"exp\":1700000100,\"iss\":null}", MALFORMED_CLAIMS),
    CASE("iss", "iss array",
        "{\"exp\":1700000100,\"iss\":[\"https://as.example\"]}",
        MALFORMED_CLAIMS),
    CASE("iss", "iss object",
        "{\"exp\":1700000100,\"iss\":{\"https://as.example\":1}}",
        MALFORMED_CLAIMS),
    CASE("iss", "iss number",
        "{\"exp\":1700000100,\"iss\":7}", MALFORMED_CLAIMS),
    CASE("iss", "iss with NUL",
        "{\"exp\":1700000100,\"iss\":\"https://as.example\\u0000.evil.test"
        "\"}", MALFORMED_TOKEN),
    CASE("iss", "iss twice",
        "{\"exp\":1700000100,\"iss\":\"https://as.example\",\"iss\":\"https"
        "://as.example\"}", MALFORMED_TOKEN),
    CASE("iss", "iss escaped",
        "{\"exp\":1700000100,\"iss\":\"https:\\/\\/as.example\"}", OK),

    CASE("aud", "aud empty array", "{" PAYLOAD ",\"aud\":[]}", OK),
    CASE("aud", "aud empty", "{" PAYLOAD ",\"aud\":\"\"}", OK),
    CASE("aud", "aud two", "{" PAYLOAD ",\"aud\":[\"a\",\"b\"]}", OK),
    CASE("aud", "aud null", "{" PAYLOAD ",\"aud\":null}", MALFORMED_CLAIMS),
    CASE("aud", "aud number", "{" PAYLOAD ",\"aud\":1}", MALFORMED_CLAIMS),
    CASE("aud", "aud object",
        "{" PAYLOAD ",\"aud\":{\"a\":1}}", MALFORMED_CLAIMS),
    CASE("aud", "aud nested",
        "{" PAYLOAD ",\"aud\":[[\"a\"]]}", MALFORMED_CLAIMS),
    CASE("aud", "aud with a number",
        "{" PAYLOAD ",\"aud\":[\"a\",1]}", MALFORMED_CLAIMS),

    CASE("sub", "sub absent",
        "{\"iss\":\"https://as.example\",\"exp\":1700000100}", OK),
    CASE("sub", "sub empty",
        "{\"iss\":\"https://as.example\",\"exp\":1700000100,\"sub\":\"\"}",
        OK),
    CASE("sub", "sub number",
        "{\"iss\":\"https://as.example\",\"exp\":1700000100,\"sub\":7}",
        MALFORMED_CLAIMS),
    CASE("sub", "sub null",
        "{\"iss\":\"https://as.example\",\"exp\":1700000100,\"sub\":null}",
        OK),
    CASE("sub", "sub array",
        "{\"iss\":\"https://as.example\",\"exp\":1700000100,\"sub\":[\"joe"
        "\"]}", MALFORMED_CLAIMS),

    CASE("JSON", "trailing bytes", "{" PAYLOAD "}x", MALFORMED_TOKEN),
    CASE("JSON", "trailing object", "{" PAYLOAD "}{}", MALFORMED_TOKEN),
    CASE("JSON", "trailing NUL", "{" PAYLOAD "}\0", MALFORMED_TOKEN),
    CASE("JSON", "trailing comma", "{" PAYLOAD ",}", MALFORMED_TOKEN),
    CASE("JSON", "comment", "{/**/" PAYLOAD "}", MALFORMED_TOKEN),
    CASE("JSON", "BOM", "\xef\xbb\xbf{" PAYLOAD "}", MALFORMED_TOKEN),
    CASE("JSON", "UTF-16", "{\0\"\0i\0s\0s\0\"\0}\0", MALFORMED_TOKEN),
    CASE("JSON", "bad UTF-8", "{" PAYLOAD ",\"x\":\"\xff\"}", MALFORMED_TOKEN),
    CASE("JSON", "overlong UTF-8",
        "{" PAYLOAD ",\"x\":\"\xc0\xaf\"}", MALFORMED_TOKEN),
    CASE("JSON", "surrogate in UTF-8",
        "{" PAYLOAD ",\"x\":\"\xed\xa0\x80\"}", MALFORMED_TOKEN),
    CASE("JSON", "lone surrogate",
        "{" PAYLOAD ",\"x\":\"\\ud800\"}", MALFORMED_TOKEN),
    CASE("JSON", "raw NUL in a string",
        "{" PAYLOAD ",\"x\":\"\0\"}", MALFORMED_TOKEN),
    CASE("JSON", "NUL in a string",
        "{" PAYLOAD ",\"x\":\"\\u0000\"}", MALFORMED_TOKEN),
    CASE("JSON", "raw newline in a string",
        "{" PAYLOAD ",\"x\":\"\n\"}", MALFORMED_TOKEN),
    CASE("JSON", "depth 32",
        "{" PAYLOAD
        ",\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
        "]]]}", OK),
    CASE("JSON", "depth 33",
        "{" PAYLOAD
        ",\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]"
        "]]]]]}", MALFORMED_TOKEN),
    CASE("JSON", "duplicate deep within",
        "{" PAYLOAD ",\"x\":[{\"a\":1,\"a\":1}]}", MALFORMED_TOKEN),
    CASE("JSON", "single quotes", "{" PAYLOAD ",'x':1}", MALFORMED_TOKEN),
    CASE("JSON", "unquoted name", "{" PAYLOAD ",x:1}", MALFORMED_TOKEN),
    CASE("JSON", "an array", "[{" PAYLOAD "}]", MALFORMED_TOKEN),
    CASE("JSON", "a string", "\"text\"", MALFORMED_TOKEN),
    CASE("JSON", "null", "null", MALFORMED_TOKEN),
    CASE("JSON", "cut off", "{" PAYLOAD, MALFORMED_TOKEN),
    CASE("JSON", "empty object", "{}", UNKNOWN_ISSUER)
};

const size_t  threats_nclaims = sizeof(threats_claims)
                                / sizeof(threats_case_t);
