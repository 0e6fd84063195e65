
/*
 * Writes metrics and their samples.  Labels are escaped, since their values may
 * come from a configuration or from another machine.
 */


#include <inttypes.h>
#include <stdio.h>

#include "oauth_metric.h"


static void oauth_metric_label(oauth_buf_t *buf, oauth_metric_label_t label);


const oauth_metric_label_t  oauth_metric_no_label = { NULL, { 0, NULL } };


void
oauth_metric_head(oauth_buf_t *buf, const char *name,
    oauth_metric_type_t type, const char *help)
{
    oauth_buf_append_literal(buf, "# HELP " OAUTH_METRIC_PREFIX);
    oauth_buf_append_text(buf, name);
    oauth_buf_append_literal(buf, " ");
    oauth_buf_append_text(buf, help);
    oauth_buf_append_literal(buf, "\n# TYPE " OAUTH_METRIC_PREFIX);
    oauth_buf_append_text(buf, name);
    oauth_buf_append_text(buf, type == OAUTH_METRIC_COUNTER ? " counter\n"
                                                            : " gauge\n");
}


void
oauth_metric_simple(oauth_buf_t *buf, const char *name,
    oauth_metric_type_t type, const char *help, uint64_t count)
{
    oauth_metric_head(buf, name, type, help);
    oauth_metric_count(buf, name, oauth_metric_no_label,
                       oauth_metric_no_label, count);
}


void
oauth_metric_count(oauth_buf_t *buf, const char *name,
    oauth_metric_label_t first, oauth_metric_label_t second, uint64_t count)
{
    char  number[OAUTH_METRIC_NUMBER];

    (void) snprintf(number, sizeof(number), "%" PRIu64, count);

    oauth_metric_sample(buf, name, first, second, number);
}


void
oauth_metric_sample(oauth_buf_t *buf, const char *name,
    oauth_metric_label_t first, oauth_metric_label_t second,
    const char *number)
{
    oauth_buf_append_literal(buf, OAUTH_METRIC_PREFIX);
    oauth_buf_append_text(buf, name);

    if (first.name || second.name) {
        oauth_buf_append_literal(buf, "{");
        oauth_metric_label(buf, first);

        if (first.name && second.name) {
            oauth_buf_append_literal(buf, ",");
        }

        oauth_metric_label(buf, second);
        oauth_buf_append_literal(buf, "}");
    }

    oauth_buf_append_literal(buf, " ");
    oauth_buf_append_text(buf, number);
    oauth_buf_append_literal(buf, "\n");
}


/*
 * The format escapes a backslash and a quote, and wants UTF-8.  A byte that is
 * not visible ASCII becomes \xHH, so that different names stay different.
 */

static void
oauth_metric_label(oauth_buf_t *buf, oauth_metric_label_t label)
{
    char           escaped[sizeof("\\\\xff")];
    size_t         i;
    unsigned char  c;

    if (label.name == NULL) {
        return;
    }

    oauth_buf_append_text(buf, label.name);
    oauth_buf_append_literal(buf, "=\"");

    for (i = 0; i < label.value.len; i++) {

        c = label.value.data[i];

        if (c < ' ' || c > '~') {
            (void) snprintf(escaped, sizeof(escaped), "\\\\x%02x", c);
            oauth_buf_append_text(buf, escaped);
            continue;
        }

        if (c == '"' || c == '\\') {
            oauth_buf_append_literal(buf, "\\");
        }

        oauth_buf_append(buf, &c, 1);
    }

    oauth_buf_append_literal(buf, "\"");
}
