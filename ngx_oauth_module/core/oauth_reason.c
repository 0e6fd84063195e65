
/*
 * The table of reasons: what $oauth_result, the error log and the client (RFC
 * 6750 section 3.1, RFC 9449 section 7.1, RFC 9470 section 3) are told.  A
 * description tells whoever has to get a better token, or to make a better
 * proof, what is wrong.  It never has the value of a claim, so that it can be
 * sent to anybody.  The table is constant.
 */


#include "oauth_credentials.h"


#define OAUTH_ERROR_REQUEST  "invalid_request"
#define OAUTH_ERROR_TOKEN    "invalid_token"
#define OAUTH_ERROR_SCOPE    "insufficient_scope"
#define OAUTH_ERROR_PROOF    "invalid_dpop_proof"
#define OAUTH_ERROR_NONCE    "use_dpop_nonce"
#define OAUTH_ERROR_USER     "insufficient_user_authentication"


static const oauth_reason_info_t  oauth_reasons[OAUTH_REASONS] = {

    [OAUTH_OK] = {
        "ok", "access token is good",
        OAUTH_ANSWER_NONE, NULL,
        "The access token is good" },

    [OAUTH_NO_TOKEN] = {
        "no_token", "request has no access token",
        OAUTH_ANSWER_CHALLENGE, NULL,
        "This resource needs an access token in the Authorization header" },

    [OAUTH_MALFORMED_REQUEST] = {
        "malformed_request", "Authorization header is not one access token",
        OAUTH_ANSWER_REQUEST, OAUTH_ERROR_REQUEST,
        "The request needs exactly one Authorization header: "
        OAUTH_CREDENTIALS_NAME ", a space and the access token" },

    [OAUTH_MALFORMED_TOKEN] = {
        "malformed_token", "access token is not a well-formed JWT",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token is not a well-formed JWT" },

    [OAUTH_UNSUPPORTED_TOKEN] = {
        "unsupported_token",
        "access token is encrypted or needs an extension",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token is encrypted or uses a JWT extension that this "
        "resource does not support" },

    [OAUTH_WRONG_TYPE] = {
        "wrong_type", "token is not an access token",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The token is not an access token; an ID token is not accepted" },

    [OAUTH_WRONG_ALGORITHM] = {
        "wrong_algorithm", "signature algorithm is not allowed",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token is signed with an algorithm that is not allowed "
        "here" },

    [OAUTH_UNKNOWN_ISSUER] = {
        "unknown_issuer", "issuer is not trusted here",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token is not from an authorization server that this "
        "resource trusts; its metadata lists them" },

    [OAUTH_UNKNOWN_KEY] = {
        "unknown_key", "issuer has no such key",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token is signed with a key that its authorization server "
        "does not publish" },

    [OAUTH_KEY_MISMATCH] = {
        "key_mismatch", "key is for another algorithm",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token names a key that is not for its signature "
        "algorithm" },

    [OAUTH_BAD_SIGNATURE] = {
        "bad_signature", "signature does not verify",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The signature of the access token does not verify" },

    [OAUTH_MALFORMED_CLAIMS] = {
        "malformed_claims", "a registered claim is of the wrong type",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "A registered claim of the access token is of the wrong type" },

    [OAUTH_NO_EXPIRY] = {
        "no_expiry", "access token has no exp",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token does not say when it expires" },

    [OAUTH_EXPIRED] = {
        "expired", "access token has expired",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token has expired; get a new one" },

    [OAUTH_NOT_YET_VALID] = {
        "not_yet_valid", "access token is not valid yet",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token is not valid yet" },

    [OAUTH_LIFETIME_TOO_LONG] = {
        "lifetime_too_long", "access token lives longer than is allowed",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token lives longer than this resource allows" },

    [OAUTH_REVOKED] = {
        "revoked", "access token was revoked",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token was revoked; get a new one, if you still may" },

    [OAUTH_REVOCATIONS_STALE] = {
        "revocations_stale",
        "the bus of revocations is silent, and access token is not new",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "At the moment this resource accepts only access tokens that were "
        "issued a short time ago; get a new one" },

    [OAUTH_SENDER_CONSTRAINED] = {
        "sender_constrained",
        "access token is bound in a way, or was sent with a scheme, that is "
        "not accepted here",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token is bound to its client in a way that this resource "
        "does not accept, or the scheme of the Authorization header is not the "
        "one for this token" },

    [OAUTH_INACTIVE] = {
        "inactive", "issuer says that the access token is not active",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token is not known to an authorization server that this "
        "resource trusts, or it has expired or was revoked; get a new one" },

    [OAUTH_INTROSPECTION_MISMATCH] = {
        "introspection_mismatch",
        "issuer's answer about the access token contradicts it",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "What the authorization server says about the access token "
        "contradicts it" },

    [OAUTH_NOT_BOUND] = {
        "not_bound",
        "access token is not bound in the way that is needed here",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token is not bound to a key or certificate of its client "
        "in the way that this request needs" },

    [OAUTH_NO_PROOF] = {
        "no_proof", "request has no DPoP proof",
        OAUTH_ANSWER_PROOF, OAUTH_ERROR_PROOF,
        "The access token is bound to a key of its client; the request needs a "
        "DPoP header with a proof" },

    [OAUTH_PROOF_MALFORMED] = {
        "proof_malformed", "DPoP header is not one well-formed proof",
        OAUTH_ANSWER_PROOF, OAUTH_ERROR_PROOF,
        "The request needs exactly one DPoP header with one well-formed JWT" },

    [OAUTH_PROOF_TYPE] = {
        "proof_type", "DPoP proof is of another type",
        OAUTH_ANSWER_PROOF, OAUTH_ERROR_PROOF,
        "The typ of the DPoP proof is not dpop+jwt" },

    [OAUTH_PROOF_ALGORITHM] = {
        "proof_algorithm",
        "signature algorithm of the DPoP proof is not allowed",
        OAUTH_ANSWER_PROOF, OAUTH_ERROR_PROOF,
        "The DPoP proof is signed with an algorithm that is not allowed here" },

    [OAUTH_PROOF_KEY] = {
        "proof_key", "DPoP proof has no usable public key",
        OAUTH_ANSWER_PROOF, OAUTH_ERROR_PROOF,
        "The jwk of the DPoP proof is not a sound public key for its "
        "algorithm" },

    [OAUTH_PROOF_SIGNATURE] = {
        "proof_signature", "signature of the DPoP proof does not verify",
        OAUTH_ANSWER_PROOF, OAUTH_ERROR_PROOF,
        "The signature of the DPoP proof does not verify" },

    [OAUTH_PROOF_CLAIMS] = {
        "proof_claims", "DPoP proof lacks a claim, or one is of the wrong type",
        OAUTH_ANSWER_PROOF, OAUTH_ERROR_PROOF,
        "The DPoP proof needs the claims jti, htm, htu, iat and ath, each of "
        "the right type" },

    [OAUTH_PROOF_METHOD] = {
        "proof_method", "DPoP proof is for another method",
        OAUTH_ANSWER_PROOF, OAUTH_ERROR_PROOF,
        "The htm of the DPoP proof is not the method of the request" },

    [OAUTH_PROOF_URI] = {
        "proof_uri", "DPoP proof is for another URL",
        OAUTH_ANSWER_PROOF, OAUTH_ERROR_PROOF,
        "The htu of the DPoP proof is not the URL of the request" },

    [OAUTH_PROOF_TIME] = {
        "proof_time", "DPoP proof is too old or from the future",
        OAUTH_ANSWER_PROOF, OAUTH_ERROR_PROOF,
        "The iat of the DPoP proof is too old or in the future; make a new "
        "proof for each request" },

    [OAUTH_PROOF_TOKEN] = {
        "proof_token", "DPoP proof is for another access token",
        OAUTH_ANSWER_PROOF, OAUTH_ERROR_PROOF,
        "The ath of the DPoP proof is not the hash of the access token" },

    [OAUTH_PROOF_OTHER_KEY] = {
        "proof_other_key", "DPoP proof has another key than the access token",
        OAUTH_ANSWER_PROOF, OAUTH_ERROR_PROOF,
        "The key of the DPoP proof is not the one that the access token is "
        "bound to" },

    [OAUTH_PROOF_REPLAYED] = {
        "proof_replayed", "DPoP proof was used before",
        OAUTH_ANSWER_PROOF, OAUTH_ERROR_PROOF,
        "The DPoP proof was used before; make a new proof for each request" },

    [OAUTH_PROOF_NONCE] = {
        "proof_nonce", "DPoP proof lacks a current nonce",
        OAUTH_ANSWER_PROOF, OAUTH_ERROR_NONCE,
        "The DPoP proof needs the nonce that the DPoP-Nonce header of this "
        "answer has" },

    [OAUTH_NO_CERTIFICATE] = {
        "no_certificate",
        "access token is bound to a certificate, and the client has none",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token is bound to the TLS certificate of its client, and "
        "the request came without a certificate" },

    [OAUTH_CERTIFICATE_MALFORMED] = {
        "certificate_malformed",
        "value for the client's certificate is not one certificate",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token is bound to the TLS certificate of its client, and "
        "the certificate of the request cannot be read" },

    [OAUTH_WRONG_CERTIFICATE] = {
        "wrong_certificate",
        "access token is bound to another certificate than the client's",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token is bound to another TLS certificate than the one "
        "that the client has" },

    [OAUTH_NO_AUDIENCE] = {
        "no_audience", "access token has no audience",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token has no audience; ask for one with the resource "
        "parameter" },

    [OAUTH_WRONG_AUDIENCE] = {
        "wrong_audience", "access token is for another audience",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token is for another resource; ask for one with the "
        "resource parameter" },

    [OAUTH_NO_SUBJECT] = {
        "no_subject", "access token has no subject",
        OAUTH_ANSWER_TOKEN, OAUTH_ERROR_TOKEN,
        "The access token does not say whom it stands for" },

    [OAUTH_INSUFFICIENT_AUTHENTICATION] = {
        "insufficient_authentication",
        "sign-in of the user is too old, of another kind, or not known",
        OAUTH_ANSWER_AUTHENTICATION, OAUTH_ERROR_USER,
        "The access token is good, but its user has to sign in again for this "
        "resource" },

    [OAUTH_INSUFFICIENT_SCOPE] = {
        "insufficient_scope", "a required scope is not granted",
        OAUTH_ANSWER_SCOPE, OAUTH_ERROR_SCOPE,
        "The access token lacks a scope that this request needs" },

    [OAUTH_REQUIREMENT_NOT_MET] = {
        "requirement_not_met", "a required claim is not met",
        OAUTH_ANSWER_FORBIDDEN, NULL,
        "The access token is good, but its holder may not use this resource; "
        "another scope would not help" },

    [OAUTH_AMBIGUOUS_URI] = {
        "ambiguous_uri", "path can be read in more than one way",
        OAUTH_ANSWER_URI, NULL,
        "The path begins with two slashes, or it has a semicolon, a "
        "backslash, a number sign, an escaped slash, semicolon, backslash or "
        "percent sign, or a segment of dots, which this resource does not "
        "accept" },

    [OAUTH_KEYS_UNAVAILABLE] = {
        "keys_unavailable", "issuer's keys are not available",
        OAUTH_ANSWER_UNAVAILABLE, NULL,
        "The access token cannot be checked at the moment; keep it and try "
        "again later" },

    [OAUTH_INTROSPECTION_UNAVAILABLE] = {
        "introspection_unavailable",
        "issuer does not say whether the access token is active",
        OAUTH_ANSWER_UNAVAILABLE, NULL,
        "The authorization server does not say at the moment whether the "
        "access token is good; keep it and try again later" },

    [OAUTH_REVOCATIONS_UNAVAILABLE] = {
        "revocations_unavailable",
        "the store of revocations cannot be read",
        OAUTH_ANSWER_UNAVAILABLE, NULL,
        "It cannot be checked at the moment whether the access token was "
        "revoked; keep it and try again later" },

    [OAUTH_REVOCATIONS_SILENT] = {
        "revocations_silent",
        "the bus of revocations is silent",
        OAUTH_ANSWER_UNAVAILABLE, NULL,
        "It cannot be checked at the moment whether the access token was "
        "revoked elsewhere; keep it and try again later" },

    [OAUTH_REPLAY_FULL] = {
        "replay_full", "no room to remember another DPoP proof",
        OAUTH_ANSWER_UNAVAILABLE, NULL,
        "The DPoP proof cannot be checked at the moment; keep the access token "
        "and try again later with a new proof" },

    [OAUTH_SERVER_ERROR] = {
        "server_error",
        "access token could not be checked, or there is no assertion",
        OAUTH_ANSWER_UNAVAILABLE, NULL,
        "The access token could not be checked; keep it and try again later" }
};


const oauth_reason_info_t *
oauth_reason_info(oauth_reason_t reason)
{
    if ((unsigned) reason >= OAUTH_REASONS) {
        reason = OAUTH_SERVER_ERROR;
    }

    return &oauth_reasons[reason];
}
