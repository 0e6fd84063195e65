
/*
 * The revocation line, one for each entry of an accepted revocation: who has
 * sent it, by which input, what it revokes, and why.  The names of people
 * (subject, actor, session and e-mail address) are written as hashes, unless
 * oauth_revoke has "audit=plain": a hash is the same for the same name, so that
 * lines about one person can be found.  Lines are written into memory of the
 * stack.
 */


#include "ngx_oauth_context.h"
#include "ngx_oauth_revoke.h"
#include "oauth_actor.h"
#include "oauth_hash.h"
#include "oauth_quote.h"


#define NGX_OAUTH_REVOKE_LINE   1900    /* bytes of a line, at most           */
#define NGX_OAUTH_REVOKE_VALUE  256     /* bytes of a value, at most          */
#define NGX_OAUTH_REVOKE_HASH   16      /* characters of a hash               */


typedef struct {
    u_char      *pos;
    u_char      *last;
    ngx_uint_t   plain;
} ngx_oauth_revoke_line_t;


static void ngx_oauth_revoke_audit_sender(ngx_oauth_revoke_line_t *line,
    const ngx_oauth_revoke_t *revoke);
static void ngx_oauth_revoke_audit_actor(ngx_oauth_revoke_line_t *line,
    const oauth_token_t *token);
static void ngx_oauth_revoke_audit_entry(ngx_oauth_revoke_line_t *line,
    const oauth_order_entry_t *entry);
static void ngx_oauth_revoke_audit_name(ngx_oauth_revoke_line_t *line,
    const char *name, oauth_str_t value);
static void ngx_oauth_revoke_audit_person(ngx_oauth_revoke_line_t *line,
    const char *name, oauth_str_t value);


void
ngx_oauth_revoke_audit(const ngx_oauth_revoke_t *revoke)
{
    size_t                    i;
    u_char                   *sent, text[NGX_OAUTH_REVOKE_LINE];
    ngx_oauth_revoke_line_t   line;

    line.pos = text;
    line.last = text + sizeof(text);
    line.plain = revoke->conf->audit_plain;

    ngx_oauth_revoke_audit_sender(&line, revoke);

    /* All lines begin with the same sender. */

    sent = line.pos;

    for (i = 0; i < revoke->n; i++) {

        line.pos = sent;

        ngx_oauth_revoke_audit_entry(&line, &revoke->entries[i]);

        ngx_log_error(NGX_LOG_NOTICE, revoke->request->connection->log, 0,
                      "oauth: a revocation was accepted by the input \"%V\" "
                      "%*s", &revoke->input->name, line.pos - text, text);
    }
}


/* Of the input "token", the sender is the holder of the token. */

static void
ngx_oauth_revoke_audit_sender(ngx_oauth_revoke_line_t *line,
    const ngx_oauth_revoke_t *revoke)
{
    ngx_oauth_ctx_t      *ctx;
    const oauth_token_t  *token;

    line->pos = ngx_slprintf(line->pos, line->last, "from");

    if (revoke->input->bit
        & (NGX_OAUTH_REVOKE_SIGNALS|NGX_OAUTH_REVOKE_LOGOUT))
    {
        ngx_oauth_revoke_audit_name(line, "issuer", revoke->order.issuer);
        ngx_oauth_revoke_audit_name(line, "message", revoke->order.id);
        return;
    }

    ctx = ngx_oauth_context_lookup(revoke->request);
    token = revoke->own[0].token ? revoke->own[0].token
                                 : ctx ? ctx->token : NULL;

    if (token) {
        ngx_oauth_revoke_audit_name(line, "client", token->client);
        ngx_oauth_revoke_audit_person(line, "subject", token->subject);
        ngx_oauth_revoke_audit_actor(line, token);
    }

    ngx_oauth_revoke_audit_name(line, "address",
                ngx_oauth_str(&revoke->request->connection->addr_text));
}


/*
 * The outermost actor, as $oauth_actor shows it: who has acted for the subject.
 * A token does not keep it, so that its claims are read once more.
 */

static void
ngx_oauth_revoke_audit_actor(ngx_oauth_revoke_line_t *line,
    const oauth_token_t *token)
{
    const oauth_json_t     *actor;
    oauth_token_reading_t   reading;

    if (oauth_token_read(token, &reading) != 0) {
        line->pos = ngx_slprintf(line->pos, line->last, " actor=?");
        return;
    }

    actor = oauth_json_member(oauth_actor_of(reading.root), oauth_str("sub"));

    ngx_oauth_revoke_audit_person(line, "actor", oauth_json_str(actor));

    oauth_token_read_done(&reading);
}


static void
ngx_oauth_revoke_audit_entry(ngx_oauth_revoke_line_t *line,
    const oauth_order_entry_t *entry)
{
    oauth_str_t                      token;
    const oauth_revocation_names_t  *names;

    names = &entry->names;
    token = names->token;

    if (token.len == OAUTH_REVOCATION_ID && token.data[0] == 0xff) {
        token = oauth_str("without jti");
    }

    /* What follows may be cut off, so the shortest comes first. */

    ngx_oauth_revoke_audit_name(line, "reason", entry->reason);

    line->pos = ngx_slprintf(line->pos, line->last, "; it ends tokens");

    if (entry->entry.cut != OAUTH_REVOCATION_ALWAYS) {
        line->pos = ngx_slprintf(line->pos, line->last, " issued until %L",
                                 entry->entry.cut);
    }

    line->pos = ngx_slprintf(line->pos, line->last, " of");

    ngx_oauth_revoke_audit_name(line, "issuer", names->issuer);
    ngx_oauth_revoke_audit_name(line, "token_id", token);
    ngx_oauth_revoke_audit_person(line, "subject", names->subject);
    ngx_oauth_revoke_audit_person(line, "email", names->email);
    ngx_oauth_revoke_audit_name(line, "client_id", names->client);
    ngx_oauth_revoke_audit_person(line, "session", names->session);
    ngx_oauth_revoke_audit_name(line, "resource", names->resource);
    ngx_oauth_revoke_audit_name(line, "key_id", names->kid);
}


/* Writes nothing for a value that is absent. */

static void
ngx_oauth_revoke_audit_name(ngx_oauth_revoke_line_t *line, const char *name,
    oauth_str_t value)
{
    u_char  *last;

    if (value.data == NULL) {
        return;
    }

    line->pos = ngx_slprintf(line->pos, line->last, " %s=\"", name);

    last = ngx_min(line->pos + NGX_OAUTH_REVOKE_VALUE, line->last);

    line->pos = line->plain ? oauth_quote_write_all(line->pos, last, value)
                            : oauth_quote_write(line->pos, last, value);

    line->pos = ngx_slprintf(line->pos, line->last, "\"");
}


static void
ngx_oauth_revoke_audit_person(ngx_oauth_revoke_line_t *line, const char *name,
    oauth_str_t value)
{
    u_char  hash[OAUTH_HASH_SIZE];

    if (line->plain || value.data == NULL) {
        ngx_oauth_revoke_audit_name(line, name, value);
        return;
    }

    if (oauth_hash_write(value, hash) != 0) {
        line->pos = ngx_slprintf(line->pos, line->last, " %s=?", name);
        return;
    }

    line->pos = ngx_slprintf(line->pos, line->last, " %s=sha256:%*s", name,
                             (size_t) NGX_OAUTH_REVOKE_HASH, hash);
}
