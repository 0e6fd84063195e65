
/*
 * Reads and writes the file that says which store is in a folder.  Its form is
 *
 *   ngx_oauth_module revocation store 1
 *   id 00112233445566778899aabbccddeeff
 *   transaction 00000000000000000042
 *   size 00000000000000016384
 *
 * Only the digits of the last two lines ever change, in place.
 */


#include "ngx_oauth_store_identity.h"


#define NGX_OAUTH_STORE_IDENTITY_HEAD                                         \
    "ngx_oauth_module revocation store 1\nid "
#define NGX_OAUTH_STORE_IDENTITY_TXN    "\ntransaction "
#define NGX_OAUTH_STORE_IDENTITY_BYTES  "\nsize "
#define NGX_OAUTH_STORE_IDENTITY_DIGITS 20

#define NGX_OAUTH_STORE_IDENTITY_ID_AT                                        \
    (sizeof(NGX_OAUTH_STORE_IDENTITY_HEAD) - 1)
#define NGX_OAUTH_STORE_IDENTITY_TXN_AT                                       \
    (NGX_OAUTH_STORE_IDENTITY_ID_AT + 2 * NGX_OAUTH_STORE_ROW_ID              \
     + sizeof(NGX_OAUTH_STORE_IDENTITY_TXN) - 1)
#define NGX_OAUTH_STORE_IDENTITY_BOUNDS                                       \
    (2 * NGX_OAUTH_STORE_IDENTITY_DIGITS                                      \
     + sizeof(NGX_OAUTH_STORE_IDENTITY_BYTES) - 1)
#define NGX_OAUTH_STORE_IDENTITY_SIZE                                         \
    (NGX_OAUTH_STORE_IDENTITY_TXN_AT + NGX_OAUTH_STORE_IDENTITY_BOUNDS + 1)


static ngx_int_t ngx_oauth_store_identity_parse(
    ngx_oauth_store_identity_t *identity, u_char *text);
static ngx_int_t ngx_oauth_store_identity_write(ngx_fd_t fd,
    const ngx_oauth_store_identity_t *identity);
static ngx_int_t ngx_oauth_store_identity_sync(const u_char *folder);


ngx_int_t
ngx_oauth_store_identity_read(ngx_oauth_store_identity_t *identity,
    const u_char *path)
{
    u_char    text[NGX_OAUTH_STORE_IDENTITY_SIZE + 1];
    ssize_t   n;
    ngx_fd_t  fd;

    fd = open((const char *) path, O_RDWR|O_CLOEXEC);

    if (fd == NGX_INVALID_FILE && (ngx_errno == EACCES || ngx_errno == EROFS)) {
        fd = open((const char *) path, O_RDONLY|O_CLOEXEC);
    }

    if (fd == NGX_INVALID_FILE) {
        return (ngx_errno == ENOENT) ? NGX_DECLINED : NGX_ERROR;
    }

    n = pread(fd, text, sizeof(text), 0);

    if (n != (ssize_t) NGX_OAUTH_STORE_IDENTITY_SIZE
        || ngx_oauth_store_identity_parse(identity, text) != NGX_OK)
    {
        if (n >= 0) {
            ngx_set_errno(0);
        }

        (void) close(fd);
        return NGX_ERROR;
    }

    ngx_oauth_store_identity_free(identity);
    identity->fd = fd;

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_store_identity_parse(ngx_oauth_store_identity_t *identity,
    u_char *text)
{
    off_t       txn, size;
    u_char     *p;
    ngx_int_t   n;
    ngx_uint_t  i;

    p = text + NGX_OAUTH_STORE_IDENTITY_ID_AT;

    if (ngx_memcmp(text, NGX_OAUTH_STORE_IDENTITY_HEAD,
                   NGX_OAUTH_STORE_IDENTITY_ID_AT)
        != 0
        || ngx_memcmp(p + 2 * NGX_OAUTH_STORE_ROW_ID,
                      NGX_OAUTH_STORE_IDENTITY_TXN,
                      sizeof(NGX_OAUTH_STORE_IDENTITY_TXN) - 1)
           != 0)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_OAUTH_STORE_ROW_ID; i++, p += 2) {
        n = ngx_hextoi(p, 2);
        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        identity->id[i] = (u_char) n;
    }

    txn = ngx_atoof(text + NGX_OAUTH_STORE_IDENTITY_TXN_AT,
                    NGX_OAUTH_STORE_IDENTITY_DIGITS);
    size = ngx_atoof(text + NGX_OAUTH_STORE_IDENTITY_SIZE - 1
                     - NGX_OAUTH_STORE_IDENTITY_DIGITS,
                     NGX_OAUTH_STORE_IDENTITY_DIGITS);

    if (txn == NGX_ERROR || size == NGX_ERROR) {
        return NGX_ERROR;
    }

    identity->txn = (uint64_t) txn;
    identity->size = (uint64_t) size;

    return NGX_OK;
}


ngx_int_t
ngx_oauth_store_identity_create(ngx_oauth_store_identity_t *identity,
    const u_char *folder, const u_char *path, const u_char *scratch)
{
    ngx_err_t  err;
    ngx_fd_t   fd;

    fd = open((const char *) scratch, O_RDWR|O_CREAT|O_TRUNC|O_CLOEXEC, 0600);
    if (fd == NGX_INVALID_FILE) {
        return NGX_ERROR;
    }

    if (ngx_oauth_store_identity_write(fd, identity) != NGX_OK
        || fsync(fd) != 0
        || rename((const char *) scratch, (const char *) path) != 0
        || ngx_oauth_store_identity_sync(folder) != NGX_OK)
    {
        err = ngx_errno;

        (void) close(fd);
        (void) unlink((const char *) scratch);

        ngx_set_errno(err);
        return NGX_ERROR;
    }

    ngx_oauth_store_identity_free(identity);
    identity->fd = fd;

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_store_identity_write(ngx_fd_t fd,
    const ngx_oauth_store_identity_t *identity)
{
    u_char   text[NGX_OAUTH_STORE_IDENTITY_SIZE], *p;
    ssize_t  n;

    p = ngx_cpymem(text, NGX_OAUTH_STORE_IDENTITY_HEAD,
                   NGX_OAUTH_STORE_IDENTITY_ID_AT);
    p = ngx_hex_dump(p, (u_char *) identity->id, NGX_OAUTH_STORE_ROW_ID);
    (void) ngx_slprintf(p, text + sizeof(text),
                        NGX_OAUTH_STORE_IDENTITY_TXN "%020uL"
                        NGX_OAUTH_STORE_IDENTITY_BYTES "%020uL\n",
                        identity->txn, identity->size);

    n = pwrite(fd, text, sizeof(text), 0);

    if (n >= 0 && n != (ssize_t) sizeof(text)) {
        ngx_set_errno(ENOSPC);
    }

    return (n == (ssize_t) sizeof(text)) ? NGX_OK : NGX_ERROR;
}


/* A new name in a folder is on disk when the folder is. */

static ngx_int_t
ngx_oauth_store_identity_sync(const u_char *folder)
{
    int       rc;
    ngx_fd_t  fd;

    fd = open((const char *) folder, O_RDONLY|O_CLOEXEC);
    if (fd == NGX_INVALID_FILE) {
        return NGX_ERROR;
    }

    rc = fsync(fd);
    (void) close(fd);

    return (rc == 0) ? NGX_OK : NGX_ERROR;
}


void
ngx_oauth_store_identity_raise(const ngx_oauth_store_identity_t *identity,
    uint64_t txn, uint64_t size)
{
    u_char  bounds[NGX_OAUTH_STORE_IDENTITY_BOUNDS];

    (void) ngx_slprintf(bounds, bounds + sizeof(bounds),
                        "%020uL" NGX_OAUTH_STORE_IDENTITY_BYTES "%020uL",
                        txn, size);

    (void) !pwrite(identity->fd, bounds, sizeof(bounds),
                   NGX_OAUTH_STORE_IDENTITY_TXN_AT);
}


void
ngx_oauth_store_identity_free(ngx_oauth_store_identity_t *identity)
{
    if (identity->fd != NGX_INVALID_FILE) {
        (void) close(identity->fd);
        identity->fd = NGX_INVALID_FILE;
    }
}
