
/*
 * HMAC-SHA256 (RFC 2104) over OpenSSL.  Of each key there is a state of OpenSSL
 * that has read the key and the label; a text is hashed in a copy of it, which
 * costs half of what a new state would.  So a key is not changed by its use.
 */


#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "oauth_mac.h"


struct oauth_mac_s {
    EVP_MAC_CTX          *state;
};


static EVP_MAC_CTX *oauth_mac_start(oauth_str_t key, oauth_str_t label);


oauth_mac_t *
oauth_mac_create(oauth_str_t key, oauth_str_t label)
{
    oauth_mac_t  *mac;

    mac = malloc(sizeof(oauth_mac_t));
    if (mac == NULL) {
        return NULL;
    }

    mac->state = oauth_mac_start(key, label);

    ERR_clear_error();

    if (mac->state == NULL) {
        free(mac);
        return NULL;
    }

    return mac;
}


static EVP_MAC_CTX *
oauth_mac_start(oauth_str_t key, oauth_str_t label)
{
    EVP_MAC      *hmac;
    OSSL_PARAM    params[2];
    EVP_MAC_CTX  *state;

    static char  digest[] = "SHA256";

    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (hmac == NULL) {
        return NULL;
    }

    state = EVP_MAC_CTX_new(hmac);
    EVP_MAC_free(hmac);

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest,
                                                 0);
    params[1] = OSSL_PARAM_construct_end();

    if (state == NULL
        || EVP_MAC_init(state, key.data, key.len, params) != 1
        || EVP_MAC_update(state, label.data, label.len) != 1)
    {
        EVP_MAC_CTX_free(state);
        return NULL;
    }

    return state;
}


void
oauth_mac_free(oauth_mac_t *mac)
{
    if (mac) {
        EVP_MAC_CTX_free(mac->state);
        free(mac);
    }
}


int
oauth_mac_sign(const oauth_mac_t *mac, oauth_str_t text,
    unsigned char hash[OAUTH_MAC_SIZE])
{
    int           rc;
    size_t        len;
    EVP_MAC_CTX  *state;

    state = EVP_MAC_CTX_dup(mac->state);

    rc = state
         && EVP_MAC_update(state, text.data, text.len) == 1
         && EVP_MAC_final(state, hash, &len, OAUTH_MAC_SIZE) == 1
         && len == OAUTH_MAC_SIZE;

    EVP_MAC_CTX_free(state);

    ERR_clear_error();

    return rc ? 0 : -1;
}


int
oauth_mac_verify(const oauth_mac_t *mac, oauth_str_t text,
    const unsigned char hash[OAUTH_MAC_SIZE])
{
    unsigned char  wanted[OAUTH_MAC_SIZE];

    if (oauth_mac_sign(mac, text, wanted) != 0) {
        return -1;
    }

    return CRYPTO_memcmp(hash, wanted, OAUTH_MAC_SIZE) == 0;
}
