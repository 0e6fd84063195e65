
/*
 * What the log is told at most once a minute, by all workers together, however
 * often it happens: strangers can cause it, and must not fill the log with it.
 */


#ifndef NGX_OAUTH_NOTICE_H_INCLUDED
#define NGX_OAUTH_NOTICE_H_INCLUDED


#include "ngx_oauth_zone.h"


/*
 * 1 when it is time to tell; whoever asks has to tell it then.  key: what it is
 * about, not 0, and made of the configuration only.  At most
 * NGX_OAUTH_ZONE_NOTICES different ones are told within a minute.
 */

ngx_uint_t ngx_oauth_notice_acquire(ngx_oauth_zone_t *zone, uint64_t key);


#endif /* NGX_OAUTH_NOTICE_H_INCLUDED */
