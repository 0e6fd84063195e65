
/*
 * Writes the errors of orders as JSON, by jansson: one object for each form in
 * which a sender expects it.  A member is named only where it has no control
 * characters (see oauth_document_write).  The tree lives for one call.
 */


#include "oauth_document.h"
#include "oauth_order_error.h"


static void oauth_order_error_write(oauth_buf_t *buf, json_t *object);


void
oauth_order_write_problem(oauth_buf_t *buf, const oauth_order_error_t *error,
    unsigned status, const char *title)
{
    json_t       *object;
    oauth_str_t   member;

    object = json_pack("{s:s, s:s, s:i, s:s}", "type", "about:blank",
                       "title", title, "status", (int) status,
                       "detail", error->why);

    if (object && error->listed) {
        (void) json_object_set_new(object, "record",
                                   json_integer((json_int_t) error->index));
    }

    member = error->member;

    if (object && member.data && !oauth_str_has_control(member)) {
        (void) json_object_set_new(object, "member",
                       json_stringn((const char *) member.data, member.len));
    }

    oauth_order_error_write(buf, object);
}


void
oauth_order_write_signal_error(oauth_buf_t *buf,
    const oauth_order_error_t *error)
{
    oauth_order_error_write(buf, json_pack("{s:s, s:s}", "err", error->code,
                                           "description", error->why));
}


void
oauth_order_write_error(oauth_buf_t *buf, const oauth_order_error_t *error)
{
    oauth_order_error_write(buf, json_pack("{s:s, s:s}", "error", error->code,
                                           "error_description", error->why));
}


static void
oauth_order_error_write(oauth_buf_t *buf, json_t *object)
{
    if (oauth_document_write(object, buf) != 0) {
        buf->failed = 1;
    }

    json_decref(object);
}
