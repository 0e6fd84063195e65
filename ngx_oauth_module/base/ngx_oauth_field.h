
/*
 * Header fields in nginx's lists (RFC 9110 section 5): one walk over a list,
 * one comparison of names, one normal form of a name.  The lists and their
 * elements belong to the request.
 */


#ifndef NGX_OAUTH_FIELD_H_INCLUDED
#define NGX_OAUTH_FIELD_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* Where a walk over a list of ngx_table_elt_t stands. */

typedef struct {
    ngx_list_part_t  *part;
    ngx_uint_t        i;
} ngx_oauth_field_walk_t;


static ngx_inline ngx_oauth_field_walk_t
ngx_oauth_field_start(ngx_list_t *list)
{
    ngx_oauth_field_walk_t  walk;

    walk.part = &list->part;
    walk.i = 0;

    return walk;
}


/* Returns the next element, or NULL at the end of the list. */

static ngx_inline ngx_table_elt_t *
ngx_oauth_field_next(ngx_oauth_field_walk_t *walk)
{
    for ( /* void */ ; walk->part; walk->part = walk->part->next, walk->i = 0)
    {
        if (walk->i < walk->part->nelts) {
            return (ngx_table_elt_t *) walk->part->elts + walk->i++;
        }
    }

    return NULL;
}


/*
 * Returns 1 when eight bytes of a field's name are these of another name, where
 * letters of the field's name may be in upper case.  Setting one bit makes a
 * letter lower case, and changes no digit and no "-"; the characters that the
 * bit would turn into one of these are control characters, which no name has.
 */

static ngx_inline ngx_uint_t
ngx_oauth_field_has(const u_char *p, const char *name)
{
    uint64_t  key, lower;

    ngx_memcpy(&key, p, sizeof(uint64_t));
    ngx_memcpy(&lower, name, sizeof(uint64_t));

    return (key | 0x2020202020202020) == lower;
}


/*
 * Returns 1 when the field has this name.  The name is in lower case and has
 * letters, digits and "-" only.
 */

static ngx_inline ngx_uint_t
ngx_oauth_field_is(const ngx_table_elt_t *h, const char *name, size_t len)
{
    size_t  i;

    if (h->key.len != len) {
        return 0;
    }

    for (i = 0; i + 8 <= len; i += 8) {
        if (!ngx_oauth_field_has(h->key.data + i, name + i)) {
            return 0;
        }
    }

    /* The last eight bytes may overlap with those before them. */

    if (len > 8) {
        return ngx_oauth_field_has(h->key.data + len - 8, name + len - 8);
    }

    for ( /* void */ ; i < len; i++) {
        if ((h->key.data[i] | 0x20) != name[i]) {
            return 0;
        }
    }

    return 1;
}


/* The same for a string constant. */

#define ngx_oauth_field_is_literal(h, name)                                   \
    ngx_oauth_field_is(h, name, sizeof(name) - 1)


/*
 * Returns a character of a name in the normal form: lower case, and "-" for
 * everything but letters and digits.  An upstream that speaks CGI cannot tell
 * names apart whose normal forms are equal.
 */

static ngx_inline u_char
ngx_oauth_field_normal(u_char c)
{
    c = ngx_tolower(c);

    return ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) ? c : '-';
}


/*
 * Takes the next item off a comma-separated list (RFC 9110 section 5.6.1).
 * Returns 1 and the item, or 0 at the end of the list.
 */

ngx_uint_t ngx_oauth_field_item(ngx_str_t *rest, ngx_str_t *item);

/*
 * Returns the first element of that name which nginx has not deleted, or NULL.
 * The name is as for ngx_oauth_field_is.
 */

ngx_table_elt_t *ngx_oauth_field_lookup(ngx_list_t *list, const char *name,
    size_t len);

#define ngx_oauth_field_lookup_literal(list, name)                            \
    ngx_oauth_field_lookup(list, name, sizeof(name) - 1)

/*
 * Adds a field to the response; the bytes are not copied.  Returns the element,
 * or NULL when memory is short.
 */

ngx_table_elt_t *ngx_oauth_field_add(ngx_http_request_t *r,
    const ngx_str_t *name, const ngx_str_t *value);


#endif /* NGX_OAUTH_FIELD_H_INCLUDED */
