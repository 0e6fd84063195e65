
/*
 * Files that the configuration names.  A secret is wiped with the pool of the
 * configuration: its cleanup runs before the pool gives its memory back.
 */


#include "ngx_oauth_file.h"
#include "oauth_secret.h"


#define NGX_OAUTH_FILE_SIZE  (1024 * 1024)      /* bytes, at most             */


static void ngx_oauth_file_wipe(void *data);
static void ngx_oauth_file_errno(ngx_conf_t *cf,
    const ngx_oauth_place_t *place, ngx_str_t *name, ngx_err_t err);


ngx_str_t *
ngx_oauth_file_secret(ngx_conf_t *cf, const ngx_oauth_place_t *place,
    ngx_str_t *name)
{
    ngx_str_t           *text, *whole;
    ngx_file_info_t      fi;
    ngx_pool_cleanup_t  *cln;

    text = ngx_palloc(cf->pool, sizeof(ngx_str_t));
    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_str_t));

    if (text == NULL || cln == NULL) {
        return NULL;
    }

    whole = cln->data;

    if (ngx_oauth_file_read(cf, place, name, whole) != NGX_OK) {
        return NULL;
    }

    cln->handler = ngx_oauth_file_wipe;

    if (ngx_file_info(name->data, &fi) != NGX_FILE_ERROR
        && (fi.st_mode & (S_IRWXO|S_IWGRP)))
    {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"%V\" holds a secret, and %s: make it readable "
                      "for its owner only, as by \"chmod 600\" in %V:%ui", name,
                      (fi.st_mode & S_IRWXO)
                      ? "users outside its group have rights to it"
                      : "its group may change it",
                      &place->file, place->line);
    }

    *text = *whole;

    return text;
}


static void
ngx_oauth_file_wipe(void *data)
{
    ngx_str_t *secret = data;

    oauth_secret_wipe(secret->data, secret->len);
}


/* A FIFO is opened with NONBLOCK, or nginx would wait for whoever writes. */

ngx_int_t
ngx_oauth_file_read(ngx_conf_t *cf, const ngx_oauth_place_t *place,
    ngx_str_t *name, ngx_str_t *text)
{
    size_t           size;
    ssize_t          n;
    ngx_file_t       file;
    ngx_file_info_t  fi;

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memzero(&file, sizeof(ngx_file_t));

    file.name = *name;
    file.log = cf->log;
    file.fd = ngx_open_file(name->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                            NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_oauth_file_errno(cf, place, name, ngx_errno);
        return NGX_ERROR;
    }

    n = NGX_ERROR;

    if (ngx_fd_info(file.fd, &fi) == NGX_FILE_ERROR
        || !ngx_is_file(&fi)
        || ngx_file_size(&fi) > NGX_OAUTH_FILE_SIZE)
    {
        ngx_oauth_place_error(cf, place,
                              "\"%V\" is not a regular file of at most 1 MiB: "
                              "name such a file", name);
        goto done;
    }

    size = ngx_file_size(&fi);

    text->len = size;
    text->data = ngx_pnalloc(cf->pool, size + 1);
    if (text->data == NULL) {
        goto done;
    }

    n = ngx_read_file(&file, text->data, size, 0);

    if (n != (ssize_t) size) {
        ngx_oauth_place_error(cf, place, "\"%V\" could not be read to its end",
                              name);
        n = NGX_ERROR;
    }

done:

    (void) ngx_close_file(file.fd);

    return (n == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


static void
ngx_oauth_file_errno(ngx_conf_t *cf, const ngx_oauth_place_t *place,
    ngx_str_t *name, ngx_err_t err)
{
    u_char  text[NGX_MAX_CONF_ERRSTR], *p;

    p = ngx_log_errno(text, text + sizeof(text), err);

    ngx_oauth_place_error(cf, place, "cannot open \"%V\": check the path and "
                          "the rights%*s", name, p - text, text);
}
