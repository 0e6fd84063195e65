
/*
 * A client's certificate as the programs that end TLS write it into a header
 * field or a variable, and its thumbprint (RFC 8705 section 3.1): SHA-256 of
 * the DER encoding (RFC 5280), in base64url.  Nothing is kept.
 */


#ifndef OAUTH_CERTIFICATE_H_INCLUDED
#define OAUTH_CERTIFICATE_H_INCLUDED


#include "oauth_hash.h"


#define OAUTH_CERTIFICATE_SIZE  65536   /* bytes of the longest text that is
                                           read                               */


/*
 * Reads the one certificate of the text, and writes its thumbprint as
 * OAUTH_HASH_SIZE characters, without a zero byte.  These forms are known, and
 * none has to be announced:
 *
 *   - PEM (RFC 7468), also with other white space than line breaks, and without
 *     the lines "BEGIN" and "END", so that base64 of the DER encoding remains;
 *   - the same with escapes of URLs ("%0A"), where "+" is no space;
 *   - a byte sequence of Structured Fields (RFC 9440): ":base64:";
 *   - Envoy's X-Forwarded-Client-Cert: the value of "Cert" in the last element.
 *
 * Returns OAUTH_OK; OAUTH_NO_CERTIFICATE for an empty text, an empty byte
 * sequence, and a last element of Envoy's without "Cert";
 * OAUTH_CERTIFICATE_MALFORMED for everything else that is not exactly one
 * certificate, and for texts that are too long.  When memory is short, it
 * returns OAUTH_SERVER_ERROR, or OAUTH_CERTIFICATE_MALFORMED where OpenSSL does
 * not say why it failed.  Who has signed the certificate, and when it is valid,
 * is not looked at.  OpenSSL's error queue is empty afterwards.
 */

oauth_reason_t oauth_certificate_parse(oauth_str_t text,
    unsigned char *thumbprint);


#endif /* OAUTH_CERTIFICATE_H_INCLUDED */
