
/*
 * The assertions of one token: a linked list, whose elements are one block of
 * memory each, with the text after the structure.  The list owns them.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_minted.h"
#include "oauth_secret.h"


struct oauth_minted_s {
    oauth_minted_t       *next;
    oauth_minted_use_t    use;
    oauth_str_t           text;
};


static oauth_minted_t **oauth_minted_replaced(oauth_minted_t **list,
    const oauth_minted_use_t *use);
static void oauth_minted_remove(oauth_minted_t **link);


oauth_str_t
oauth_minted_lookup(const oauth_minted_t *list, const void *directive,
    const void *resource, int64_t now)
{
    for ( /* void */ ; list; list = list->next) {

        if (list->use.directive == directive
            && list->use.resource == resource
            && list->use.starts <= now
            && list->use.ends > now)
        {
            return list->text;
        }
    }

    return (oauth_str_t) { 0, NULL };
}


int
oauth_minted_store(oauth_minted_t **list, const oauth_minted_use_t *use,
    oauth_str_t text)
{
    oauth_minted_t  *added, **link;

    added = malloc(sizeof(oauth_minted_t) + text.len);
    if (added == NULL) {
        return -1;
    }

    link = oauth_minted_replaced(list, use);

    if (link) {
        oauth_minted_remove(link);
    }

    added->use = *use;
    added->text.len = text.len;
    added->text.data = memcpy(added + 1, text.data, text.len);

    added->next = *list;
    *list = added;

    return 0;
}


void
oauth_minted_free(oauth_minted_t *list)
{
    while (list) {
        oauth_minted_remove(&list);
    }
}


/* Returns the link to the element that has to go.  NULL: there is room. */

static oauth_minted_t **
oauth_minted_replaced(oauth_minted_t **list, const oauth_minted_use_t *use)
{
    size_t           n;
    oauth_minted_t  *minted, **first;

    first = list;

    for (n = 0; (minted = *list) != NULL; n++, list = &minted->next) {

        if (minted->use.directive == use->directive
            && minted->use.resource == use->resource)
        {
            return list;
        }

        if (minted->use.ends < (*first)->use.ends) {
            first = list;
        }
    }

    return (n < OAUTH_MINTED) ? NULL : first;
}


static void
oauth_minted_remove(oauth_minted_t **link)
{
    oauth_minted_t  *minted;

    minted = *link;
    *link = minted->next;

    oauth_secret_wipe(minted, sizeof(oauth_minted_t) + minted->text.len);
    free(minted);
}
