
/*
 * The text format of Prometheus, version 0.0.4: a metric begins with HELP and
 * TYPE, and each of its samples is one line with up to two labels.  Names of
 * counters end with _total and units are seconds and bytes, as OpenMetrics
 * wants them.  All names get the prefix of the module.
 */


#ifndef OAUTH_METRIC_H_INCLUDED
#define OAUTH_METRIC_H_INCLUDED


#include "oauth.h"


#define OAUTH_METRIC_PREFIX  "nginx_oauth_"
#define OAUTH_METRIC_NUMBER  32         /* bytes of a number as text          */


typedef enum {
    OAUTH_METRIC_COUNTER = 0,
    OAUTH_METRIC_GAUGE
} oauth_metric_type_t;


/* A label of a sample; where the name is NULL, there is none. */

typedef struct {
    const char   *name;
    oauth_str_t   value;
} oauth_metric_label_t;


extern const oauth_metric_label_t  oauth_metric_no_label;


/* These append to a buffer.  Where memory is short, buf->failed is set. */

void oauth_metric_head(oauth_buf_t *buf, const char *name,
    oauth_metric_type_t type, const char *help);

/* A sample whose number is a text, and one with an integer. */

void oauth_metric_sample(oauth_buf_t *buf, const char *name,
    oauth_metric_label_t first, oauth_metric_label_t second,
    const char *number);
void oauth_metric_count(oauth_buf_t *buf, const char *name,
    oauth_metric_label_t first, oauth_metric_label_t second, uint64_t count);

/* A metric with one sample and no label. */

void oauth_metric_simple(oauth_buf_t *buf, const char *name,
    oauth_metric_type_t type, const char *help, uint64_t count);


#endif /* OAUTH_METRIC_H_INCLUDED */
