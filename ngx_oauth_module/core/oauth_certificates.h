
/*
 * Trusted certificates as a file holds them: one or more in PEM (RFC 7468).
 * They are only looked at here, so that a broken file is found when the
 * configuration is read, and not when an authorization server is asked for the
 * first time.
 */


#ifndef OAUTH_CERTIFICATES_H_INCLUDED
#define OAUTH_CERTIFICATES_H_INCLUDED


#include "oauth.h"


/*
 * 1 when the text holds at least one certificate and no broken one; else 0, and
 * so where memory is short.  OpenSSL's error queue is empty afterwards.
 */

int oauth_certificates_valid(oauth_str_t pem);


#endif /* OAUTH_CERTIFICATES_H_INCLUDED */
