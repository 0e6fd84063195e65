
/*
 * SipHash over little-endian words, with one round for each word and three at
 * the end, as in the tables of Rust and Python.  That is enough because nobody
 * outside ever sees a hash.  OpenSSL has SipHash, too, but to set it up costs
 * more than to hash a token.
 */


#include "oauth_siphash.h"


typedef struct {
    uint64_t              v0;
    uint64_t              v1;
    uint64_t              v2;
    uint64_t              v3;
} oauth_siphash_t;


static void oauth_siphash_word(oauth_siphash_t *s, uint64_t word);
static void oauth_siphash_round(oauth_siphash_t *s);
static uint64_t oauth_siphash_read(const unsigned char *p);
static uint64_t oauth_siphash_read_tail(const unsigned char *p, size_t len);


#define oauth_siphash_rotate(x, n)  (((x) << (n)) | ((x) >> (64 - (n))))


uint64_t
oauth_siphash(const unsigned char secret[OAUTH_SIPHASH_KEY], oauth_str_t data)
{
    size_t                i;
    uint64_t              k0, k1;
    oauth_siphash_t       s;
    const unsigned char  *p, *last;

    k0 = oauth_siphash_read(secret);
    k1 = oauth_siphash_read(secret + 8);

    s.v0 = k0 ^ UINT64_C(0x736f6d6570736575);
    s.v1 = k1 ^ UINT64_C(0x646f72616e646f6d);
    s.v2 = k0 ^ UINT64_C(0x6c7967656e657261);
    s.v3 = k1 ^ UINT64_C(0x7465646279746573);

    p = data.data;

    for (last = p + data.len - data.len % 8; p < last; p += 8) {
        oauth_siphash_word(&s, oauth_siphash_read(p));
    }

    /* The highest byte of the last word is the length. */

    oauth_siphash_word(&s, oauth_siphash_read_tail(p, data.len % 8)
                           | (uint64_t) data.len << 56);

    s.v2 ^= 0xff;

    for (i = 0; i < 3; i++) {
        oauth_siphash_round(&s);
    }

    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}


static inline void
oauth_siphash_word(oauth_siphash_t *s, uint64_t word)
{
    s->v3 ^= word;

    oauth_siphash_round(s);

    s->v0 ^= word;
}


static inline void
oauth_siphash_round(oauth_siphash_t *s)
{
    s->v0 += s->v1;
    s->v1 = oauth_siphash_rotate(s->v1, 13) ^ s->v0;
    s->v0 = oauth_siphash_rotate(s->v0, 32);

    s->v2 += s->v3;
    s->v3 = oauth_siphash_rotate(s->v3, 16) ^ s->v2;

    s->v0 += s->v3;
    s->v3 = oauth_siphash_rotate(s->v3, 21) ^ s->v0;

    s->v2 += s->v1;
    s->v1 = oauth_siphash_rotate(s->v1, 17) ^ s->v2;
    s->v2 = oauth_siphash_rotate(s->v2, 32);
}


/* Compilers turn this into one load, which they do not do for a loop. */

static inline uint64_t
oauth_siphash_read(const unsigned char *p)
{
    return (uint64_t) p[0]
           | (uint64_t) p[1] << 8
           | (uint64_t) p[2] << 16
           | (uint64_t) p[3] << 24
           | (uint64_t) p[4] << 32
           | (uint64_t) p[5] << 40
           | (uint64_t) p[6] << 48
           | (uint64_t) p[7] << 56;
}


/* len is at most 7. */

static uint64_t
oauth_siphash_read_tail(const unsigned char *p, size_t len)
{
    size_t    i;
    uint64_t  word;

    for (word = 0, i = 0; i < len; i++) {
        word |= (uint64_t) p[i] << (8 * i);
    }

    return word;
}
