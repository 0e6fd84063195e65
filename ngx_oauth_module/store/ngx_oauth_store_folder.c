
/*
 * Checks the folder of the store: that it is one, and that the user of the
 * workers may search every folder on the way to it, and read and write it and
 * its files.  An access control list may permit what the mode does not, so
 * where there is one, the mode refuses nothing.
 */


#include "ngx_oauth_store_folder.h"

#if (NGX_LINUX)
#include <sys/xattr.h>
#endif


#define NGX_OAUTH_STORE_FOLDER_GROUPS  64


/* The user of the workers. */

typedef struct {
    ngx_uid_t    uid;
    ngx_uint_t   ngroups;
    gid_t        groups[NGX_OAUTH_STORE_FOLDER_GROUPS];
    const char  *name;
} ngx_oauth_store_folder_user_t;


typedef struct {
    const ngx_str_t          *folder;
    const ngx_oauth_place_t  *place;
    ngx_log_t                *log;
} ngx_oauth_store_folder_t;


static ngx_int_t ngx_oauth_store_folder_check_way(
    const ngx_oauth_store_folder_t *where,
    const ngx_oauth_store_folder_user_t *user);
static ngx_int_t ngx_oauth_store_folder_check_file(
    const ngx_oauth_store_folder_t *where,
    const ngx_oauth_store_folder_user_t *user, const char *name, mode_t need);
static void ngx_oauth_store_folder_find_user(ngx_cycle_t *cycle,
    ngx_oauth_store_folder_user_t *user);
static ngx_uint_t ngx_oauth_store_folder_may(
    const ngx_oauth_store_folder_user_t *user, const u_char *path,
    const struct stat *st, mode_t need);
static ngx_uint_t ngx_oauth_store_folder_has_list(const u_char *path);
static ngx_int_t ngx_oauth_store_folder_refuse(
    const ngx_oauth_store_folder_t *where, ngx_err_t err, const char *fmt, ...);


ngx_int_t
ngx_oauth_store_folder_check(ngx_cycle_t *cycle, const ngx_str_t *folder,
    const ngx_oauth_place_t *place, ngx_log_t *log)
{
    struct stat                    st;
    ngx_oauth_store_folder_t       where;
    ngx_oauth_store_folder_user_t  user;

    where.folder = folder;
    where.place = place;
    where.log = log;

    ngx_oauth_store_folder_find_user(cycle, &user);

    if (stat((char *) folder->data, &st) == -1) {
        return ngx_oauth_store_folder_refuse(&where, ngx_errno,
                    "cannot be found: create it, and give it to user \"%s\"",
                    user.name);
    }

    if (!S_ISDIR(st.st_mode)) {
        return ngx_oauth_store_folder_refuse(&where, 0,
                    "is not a folder: name one");
    }

    if (ngx_oauth_store_folder_check_way(&where, &user) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!ngx_oauth_store_folder_may(&user, folder->data, &st, 7)) {
        return ngx_oauth_store_folder_refuse(&where, 0,
                    "cannot be read, written and searched by user \"%s\": "
                    "give it to this user with \"chown %s\" and \"chmod 700\"",
                    user.name, user.name);
    }

    if (st.st_mode & S_IWOTH) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "\"oauth_revocation_store\": every user of this machine "
                      "may write to the folder \"%V\", and so may undo "
                      "revocations: forbid it with \"chmod 700\" in %V:%ui",
                      folder, &place->file, place->line);
    }

    /* A data.mdb that cannot be written is served for reading. */

    if (ngx_oauth_store_folder_check_file(&where, &user, "data.mdb", 4)
        != NGX_OK
        || ngx_oauth_store_folder_check_file(&where, &user, "lock.mdb", 6)
           != NGX_OK
        || ngx_oauth_store_folder_check_file(&where, &user, "identity", 4)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Each folder above this one, which begins with a slash. */

static ngx_int_t
ngx_oauth_store_folder_check_way(const ngx_oauth_store_folder_t *where,
    const ngx_oauth_store_folder_user_t *user)
{
    size_t       i;
    u_char       way[NGX_MAX_PATH + 1];
    struct stat  st;

    if (where->folder->len > NGX_MAX_PATH) {
        return ngx_oauth_store_folder_refuse(where, NGX_ENAMETOOLONG,
                                             "cannot be used");
    }

    for (i = 1; i < where->folder->len; i++) {

        if (where->folder->data[i] != '/') {
            continue;
        }

        ngx_memcpy(way, where->folder->data, i);
        way[i] = '\0';

        if (stat((char *) way, &st) == 0
            && !ngx_oauth_store_folder_may(user, way, &st, 1))
        {
            return ngx_oauth_store_folder_refuse(where, 0,
                        "cannot be reached by user \"%s\", who may not search "
                        "\"%s\": permit it with \"chmod a+x\", or name a "
                        "folder elsewhere", user->name, way);
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_store_folder_check_file(const ngx_oauth_store_folder_t *where,
    const ngx_oauth_store_folder_user_t *user, const char *name, mode_t need)
{
    u_char       path[NGX_MAX_PATH + sizeof("/data.mdb")];
    struct stat  st;

    (void) ngx_sprintf(path, "%V/%s%Z", where->folder, name);

    if (stat((char *) path, &st) == -1
        || ngx_oauth_store_folder_may(user, path, &st, need))
    {
        return NGX_OK;
    }

    return ngx_oauth_store_folder_refuse(where, 0,
                "has a file \"%s\" that user \"%s\" cannot %s: give it to this "
                "user with \"chown %s\" and \"chmod 600\"", name, user->name,
                (need & 2) ? "read and write" : "read", user->name);
}


static void
ngx_oauth_store_folder_find_user(ngx_cycle_t *cycle,
    ngx_oauth_store_folder_user_t *user)
{
    int               n;
    struct passwd    *pwd;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    user->ngroups = 0;

    if (geteuid() != 0) {
        pwd = getpwuid(geteuid());

        user->uid = geteuid();
        user->name = pwd ? pwd->pw_name : "of this nginx";
        return;
    }

    user->uid = ccf->user;
    user->name = ccf->username;

    /* The first of them is the group of the directive "user". */

    n = NGX_OAUTH_STORE_FOLDER_GROUPS;

    if (getgrouplist(ccf->username, ccf->group, user->groups, &n) < 0) {
        user->groups[0] = ccf->group;
        n = 1;
    }

    user->ngroups = n;
}


/* need: a sum of 4 (read), 2 (write) and 1 (search). */

static ngx_uint_t
ngx_oauth_store_folder_may(const ngx_oauth_store_folder_user_t *user,
    const u_char *path, const struct stat *st, mode_t need)
{
    mode_t      mode;
    ngx_uint_t  i;

    if (geteuid() != 0) {

        /* The modes are for the user of this process; R_OK is 4, and so on. */

        return access((const char *) path, (int) need) == 0
               || ngx_errno == EROFS;
    }

    if (user->uid == 0) {
        return 1;
    }

    mode = st->st_mode & 7;

    if (st->st_uid == user->uid) {
        mode = st->st_mode >> 6 & 7;

    } else {
        for (i = 0; i < user->ngroups; i++) {
            if (st->st_gid == user->groups[i]) {
                mode = st->st_mode >> 3 & 7;
                break;
            }
        }
    }

    return (mode & need) == need || ngx_oauth_store_folder_has_list(path);
}


static ngx_uint_t
ngx_oauth_store_folder_has_list(const u_char *path)
{
#if (NGX_LINUX)
    return getxattr((const char *) path, "system.posix_acl_access", NULL, 0)
           > 0;
#else
    return 0;
#endif
}


static ngx_int_t
ngx_oauth_store_folder_refuse(const ngx_oauth_store_folder_t *where,
    ngx_err_t err, const char *fmt, ...)
{
    u_char   text[NGX_MAX_CONF_ERRSTR], *p;
    va_list  args;

    va_start(args, fmt);
    p = ngx_vslprintf(text, text + sizeof(text), fmt, args);
    va_end(args);

    ngx_log_error(NGX_LOG_EMERG, where->log, err,
                  "\"oauth_revocation_store\": the folder \"%V\" %*s in %V:%ui",
                  where->folder, p - text, text, &where->place->file,
                  where->place->line);

    return NGX_ERROR;
}
