
/*
 * Reads the JSON (RFC 8259) of tokens.  The text is read once, by one function
 * for each kind of value.  Nothing is allocated, and depth and nodes are
 * bounded.
 */


#include <string.h>

#include "oauth_json.h"
#include "oauth_json_number.h"
#include "oauth_json_string.h"


typedef struct {
    unsigned char        *p;            /* what is to be read next            */
    unsigned char        *last;
    oauth_json_t         *nodes;
    size_t                used;         /* of the nodes                       */
    size_t                n;
    size_t                depth;
    size_t                members;
    size_t                containers;
} oauth_json_reader_t;


static int oauth_json_value_string(const oauth_json_t *member,
    oauth_str_t *string);
static int oauth_json_read(oauth_json_reader_t *r);
static int oauth_json_read_container(oauth_json_reader_t *r,
    oauth_json_kind_t kind, unsigned char close);
static oauth_json_t *oauth_json_open(oauth_json_reader_t *r,
    oauth_json_kind_t kind);
static void oauth_json_close(oauth_json_reader_t *r, oauth_json_t *container);
static int oauth_json_read_name(oauth_json_reader_t *r);
static int oauth_json_are_different(const oauth_json_t *object);
static int oauth_json_compare(const oauth_json_t *a, const oauth_json_t *b);
static int oauth_json_is_named(const oauth_json_t *name, oauth_str_t s);
static int oauth_json_read_string(oauth_json_reader_t *r);
static int oauth_json_read_number(oauth_json_reader_t *r);
static int oauth_json_read_word(oauth_json_reader_t *r, oauth_str_t word,
    oauth_json_kind_t kind);
static oauth_json_t *oauth_json_add(oauth_json_reader_t *r,
    oauth_json_kind_t kind);
static int oauth_json_take(oauth_json_reader_t *r, unsigned char c);
static unsigned char oauth_json_peek(oauth_json_reader_t *r);


const oauth_json_t *
oauth_json_parse(unsigned char *text, size_t len, oauth_json_t *nodes,
    size_t n)
{
    oauth_json_reader_t  r;

    memset(&r, 0, sizeof(oauth_json_reader_t));

    r.p = text;
    r.last = text + len;
    r.nodes = nodes;
    r.n = n;

    if (len > OAUTH_JSON_SIZE
        || !oauth_json_take(&r, '{')
        || oauth_json_read_container(&r, OAUTH_JSON_OBJECT, '}') != 0)
    {
        return NULL;
    }

    return (oauth_json_peek(&r) == 0 && r.p == r.last) ? nodes : NULL;
}


int
oauth_json_is(const oauth_json_t *value, oauth_json_kind_t kind)
{
    return value && value->kind == kind;
}


const oauth_json_t *
oauth_json_member(const oauth_json_t *value, oauth_str_t name)
{
    const oauth_json_t  *member, *last;

    if (!oauth_json_is(value, OAUTH_JSON_OBJECT)) {
        return NULL;
    }

    last = value + value->nodes;

    for (member = value + 1; member < last; member += 1 + member[1].nodes) {
        if (oauth_json_is_named(member, name)) {
            return member + 1;
        }
    }

    return NULL;
}


const oauth_json_t *
oauth_json_optional(const oauth_json_t *value, oauth_str_t name)
{
    const oauth_json_t  *member;

    member = oauth_json_member(value, name);

    if (member == NULL
        || member->kind == OAUTH_JSON_NULL
        || (member->len == 0
            && (member->kind == OAUTH_JSON_STRING
                || member->kind == OAUTH_JSON_ARRAY)))
    {
        return NULL;
    }

    return member;
}


const oauth_json_t *
oauth_json_next(const oauth_json_t *value, const oauth_json_t *element)
{
    if (!oauth_json_is(value, OAUTH_JSON_ARRAY)) {
        return NULL;
    }

    element = element ? element + element->nodes : value + 1;

    return (element < value + value->nodes) ? element : NULL;
}


/* The longest name that exists is taken, so that a path has one reading. */

const oauth_json_t *
oauth_json_at(const oauth_json_t *value, oauth_str_t path)
{
    size_t               len;
    const oauth_json_t  *member;

    for (len = path.len; len > 0; len--) {

        if (len < path.len && path.data[len] != '.') {
            continue;
        }

        member = oauth_json_member(value, (oauth_str_t) { len, path.data });
        if (member == NULL) {
            continue;
        }

        if (len == path.len) {
            return member;
        }

        value = member;
        path.data += len + 1;
        path.len -= len + 1;
        len = path.len + 1;         /* the loop takes 1 off first */
    }

    return NULL;
}


oauth_str_t
oauth_json_str(const oauth_json_t *value)
{
    if (!oauth_json_is(value, OAUTH_JSON_STRING)) {
        return (oauth_str_t) { 0, NULL };
    }

    return (oauth_str_t) { value->len, value->data };
}


int
oauth_json_string(const oauth_json_t *value, oauth_str_t name,
    oauth_str_t *string)
{
    return oauth_json_value_string(oauth_json_member(value, name), string);
}


int
oauth_json_optional_string(const oauth_json_t *value, oauth_str_t name,
    oauth_str_t *string)
{
    return oauth_json_value_string(oauth_json_optional(value, name), string);
}


int64_t
oauth_json_integer(const oauth_json_t *value)
{
    if (!oauth_json_is(value, OAUTH_JSON_INTEGER)) {
        return 0;
    }

    return oauth_json_number_integer((oauth_str_t) { value->len,
                                                     value->data });
}


double
oauth_json_real(const oauth_json_t *value)
{
    if (!oauth_json_is(value, OAUTH_JSON_REAL)) {
        return 0;
    }

    return oauth_json_number_real((oauth_str_t) { value->len, value->data });
}


/* member may be NULL.  The result is that of oauth_json_string. */

static int
oauth_json_value_string(const oauth_json_t *member, oauth_str_t *string)
{
    if (member == NULL) {
        return 0;
    }

    if (member->kind != OAUTH_JSON_STRING) {
        return -1;
    }

    *string = oauth_json_str(member);

    return 1;
}


/*
 * The functions oauth_json_read_... read one value or name.  They return 0; or
 * -1, where the text is something else or a bound is exceeded.
 */

static int
oauth_json_read(oauth_json_reader_t *r)
{
    switch (oauth_json_peek(r)) {

    case '"':
        return oauth_json_read_string(r);

    case '{':
        r->p++;
        return oauth_json_read_container(r, OAUTH_JSON_OBJECT, '}');

    case '[':
        r->p++;
        return oauth_json_read_container(r, OAUTH_JSON_ARRAY, ']');

    case 't':
        return oauth_json_read_word(r, oauth_str("true"), OAUTH_JSON_TRUE);

    case 'f':
        return oauth_json_read_word(r, oauth_str("false"), OAUTH_JSON_FALSE);

    case 'n':
        return oauth_json_read_word(r, oauth_str("null"), OAUTH_JSON_NULL);

    default:
        return oauth_json_read_number(r);
    }
}


/* Reads an object or an array, whose opening bracket has been read. */

static int
oauth_json_read_container(oauth_json_reader_t *r, oauth_json_kind_t kind,
    unsigned char close)
{
    int            more;
    oauth_json_t  *container;

    container = oauth_json_open(r, kind);
    if (container == NULL) {
        return -1;
    }

    more = !oauth_json_take(r, close);

    while (more) {

        if ((kind == OAUTH_JSON_OBJECT && oauth_json_read_name(r) != 0)
            || oauth_json_read(r) != 0)
        {
            return -1;
        }

        container->len++;
        more = oauth_json_take(r, ',');

        if (!more && !oauth_json_take(r, close)) {
            return -1;
        }
    }

    oauth_json_close(r, container);

    return (kind == OAUTH_JSON_ARRAY || oauth_json_are_different(container))
           ? 0 : -1;
}


/* Adds the node of an object or array. */

static oauth_json_t *
oauth_json_open(oauth_json_reader_t *r, oauth_json_kind_t kind)
{
    oauth_json_t  *container;

    if (++r->depth > OAUTH_JSON_DEPTH
        || ++r->containers > OAUTH_JSON_CONTAINERS)
    {
        return NULL;
    }

    container = oauth_json_add(r, kind);

    if (container) {
        container->data = r->p - 1;
    }

    return container;
}


static void
oauth_json_close(oauth_json_reader_t *r, oauth_json_t *container)
{
    /* It fits: the mask tells the compiler. */

    container->nodes = (unsigned) (r->nodes + r->used - container)
                       & OAUTH_JSON_SIZE;
    r->depth--;
}


/* Reads the name of a member, with its colon. */

static int
oauth_json_read_name(oauth_json_reader_t *r)
{
    if (++r->members > OAUTH_JSON_MEMBERS
        || oauth_json_peek(r) != '"'
        || oauth_json_read_string(r) != 0)
    {
        return -1;
    }

    return oauth_json_take(r, ':') ? 0 : -1;
}


/*
 * 1 when no two members have the same name, else 0.  The names are sorted, so
 * that many of them do not cost the square of their number.
 */

static int
oauth_json_are_different(const oauth_json_t *object)
{
    int                  order;
    size_t               n, low, high, middle;
    const oauth_json_t  *member, *last, *sorted[OAUTH_JSON_MEMBERS];

    n = 0;
    last = object + object->nodes;

    for (member = object + 1; member < last; member += 1 + member[1].nodes) {

        low = 0;
        high = n;

        while (low < high) {

            middle = (low + high) / 2;
            order = oauth_json_compare(member, sorted[middle]);

            if (order == 0) {
                return 0;
            }

            if (order < 0) {
                high = middle;

            } else {
                low = middle + 1;
            }
        }

        memmove(sorted + low + 1, sorted + low, (n - low) * sizeof(sorted[0]));
        sorted[low] = member;
        n++;
    }

    return 1;
}


/* The same as oauth_str_equal, in a place that the compiler can see. */

static int
oauth_json_is_named(const oauth_json_t *name, oauth_str_t s)
{
    return name->len == s.len
           && (s.len == 0 || memcmp(name->data, s.data, s.len) == 0);
}


/* Some order of names: 0 where they are equal. */

static int
oauth_json_compare(const oauth_json_t *a, const oauth_json_t *b)
{
    if (a->len != b->len) {
        return (a->len < b->len) ? -1 : 1;
    }

    return memcmp(a->data, b->data, a->len);
}


static int
oauth_json_read_string(oauth_json_reader_t *r)
{
    oauth_str_t    s;
    oauth_json_t  *node;

    r->p = oauth_json_string_read(r->p + 1, r->last, &s);
    node = r->p ? oauth_json_add(r, OAUTH_JSON_STRING) : NULL;

    if (node == NULL) {
        return -1;
    }

    node->data = s.data;
    node->len = (uint32_t) s.len;

    return 0;
}


static int
oauth_json_read_number(oauth_json_reader_t *r)
{
    int            real;
    size_t         len;
    oauth_json_t  *node;

    len = oauth_json_number_length(r->p, r->last, &real);
    node = len ? oauth_json_add(r, real ? OAUTH_JSON_REAL : OAUTH_JSON_INTEGER)
               : NULL;

    if (node == NULL) {
        return -1;
    }

    node->data = r->p;
    node->len = (uint32_t) len;
    r->p += len;

    return 0;
}


static int
oauth_json_read_word(oauth_json_reader_t *r, oauth_str_t word,
    oauth_json_kind_t kind)
{
    if ((size_t) (r->last - r->p) < word.len
        || memcmp(r->p, word.data, word.len) != 0)
    {
        return -1;
    }

    r->p += word.len;

    return oauth_json_add(r, kind) ? 0 : -1;
}


/* Returns a new node; NULL: there is none left. */

static oauth_json_t *
oauth_json_add(oauth_json_reader_t *r, oauth_json_kind_t kind)
{
    oauth_json_t  *node;

    if (r->used == r->n) {
        return NULL;
    }

    node = &r->nodes[r->used++];

    node->data = NULL;
    node->len = 0;
    node->kind = kind;
    node->nodes = 1;

    return node;
}


/* Skips white space, and c where it comes next: then returns 1, else 0. */

static int
oauth_json_take(oauth_json_reader_t *r, unsigned char c)
{
    if (oauth_json_peek(r) != c) {
        return 0;
    }

    r->p++;

    return 1;
}


/*
 * Skips white space and returns the byte at r->p; 0 at the end.  A NUL in the
 * text looks like the end, and no value begins with it either.
 */

static unsigned char
oauth_json_peek(oauth_json_reader_t *r)
{
    while (r->p < r->last
           && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
    {
        r->p++;
    }

    return (r->p < r->last) ? *r->p : 0;
}
