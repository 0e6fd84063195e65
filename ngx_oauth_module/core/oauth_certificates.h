
/*
 * Trusted certificates as a file holds them: PEM (RFC 7468), one or more.  Only
 * looked at here, so that a broken file is found when the configuration is
 * read and not when an authorization server is first asked.
 */


#ifndef OAUTH_CERTIFICATES_H_INCLUDED
#define OAUTH_CERTIFICATES_H_INCLUDED


#include "oauth.h"


/* 1 when the text holds at least one certificate and no broken one. */

int oauth_certificates_valid(oauth_str_t pem);


#endif /* OAUTH_CERTIFICATES_H_INCLUDED */
