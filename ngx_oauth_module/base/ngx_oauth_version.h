
/*
 * The version of this module.  It is written down here, and everything that
 * needs it takes it from here: the code by including this file, the Makefile by
 * reading the line.  t/style/version.t compares it with CHANGES and with the
 * files of the packages, which have to repeat it.
 */


#ifndef NGX_OAUTH_VERSION_H_INCLUDED
#define NGX_OAUTH_VERSION_H_INCLUDED


#define NGX_OAUTH_VERSION  "0.2.0"


#endif /* NGX_OAUTH_VERSION_H_INCLUDED */
