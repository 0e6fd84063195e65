
/*
 * The table of reasons: it has every reason once, and each text is valid in the
 * place where it is written.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth.h"


typedef struct {
    oauth_reason_t  reason;
    const char     *code;
    oauth_answer_t  answer;
} reason_case_t;


static const reason_case_t  reason_cases[OAUTH_REASONS] = {
    { OAUTH_OK, "ok", OAUTH_ANSWER_NONE },
    { OAUTH_NO_TOKEN, "no_token", OAUTH_ANSWER_CHALLENGE },
    { OAUTH_MALFORMED_REQUEST, "malformed_request", OAUTH_ANSWER_REQUEST },
    { OAUTH_MALFORMED_TOKEN, "malformed_token", OAUTH_ANSWER_TOKEN },
    { OAUTH_UNSUPPORTED_TOKEN, "unsupported_token", OAUTH_ANSWER_TOKEN },
    { OAUTH_WRONG_TYPE, "wrong_type", OAUTH_ANSWER_TOKEN },
    { OAUTH_WRONG_ALGORITHM, "wrong_algorithm", OAUTH_ANSWER_TOKEN },
    { OAUTH_UNKNOWN_ISSUER, "unknown_issuer", OAUTH_ANSWER_TOKEN },
    { OAUTH_UNKNOWN_KEY, "unknown_key", OAUTH_ANSWER_TOKEN },
    { OAUTH_KEY_MISMATCH, "key_mismatch", OAUTH_ANSWER_TOKEN },
    { OAUTH_BAD_SIGNATURE, "bad_signature", OAUTH_ANSWER_TOKEN },
    { OAUTH_MALFORMED_CLAIMS, "malformed_claims", OAUTH_ANSWER_TOKEN },
    { OAUTH_NO_EXPIRY, "no_expiry", OAUTH_ANSWER_TOKEN },
    { OAUTH_EXPIRED, "expired", OAUTH_ANSWER_TOKEN },
    { OAUTH_NOT_YET_VALID, "not_yet_valid", OAUTH_ANSWER_TOKEN },
    { OAUTH_LIFETIME_TOO_LONG, "lifetime_too_long", OAUTH_ANSWER_TOKEN },
    { OAUTH_REVOKED, "revoked", OAUTH_ANSWER_TOKEN },
    { OAUTH_REVOCATIONS_STALE, "revocations_stale", OAUTH_ANSWER_TOKEN },
    { OAUTH_SENDER_CONSTRAINED, "sender_constrained", OAUTH_ANSWER_TOKEN },
    { OAUTH_INACTIVE, "inactive", OAUTH_ANSWER_TOKEN },
    { OAUTH_INTROSPECTION_MISMATCH, "introspection_mismatch",
      OAUTH_ANSWER_TOKEN },
    { OAUTH_NOT_BOUND, "not_bound", OAUTH_ANSWER_TOKEN },
    { OAUTH_NO_PROOF, "no_proof", OAUTH_ANSWER_PROOF },
    { OAUTH_PROOF_MALFORMED, "proof_malformed", OAUTH_ANSWER_PROOF },
    { OAUTH_PROOF_TYPE, "proof_type", OAUTH_ANSWER_PROOF },
    { OAUTH_PROOF_ALGORITHM, "proof_algorithm", OAUTH_ANSWER_PROOF },
    { OAUTH_PROOF_KEY, "proof_key", OAUTH_ANSWER_PROOF },
    { OAUTH_PROOF_SIGNATURE, "proof_signature", OAUTH_ANSWER_PROOF },
    { OAUTH_PROOF_CLAIMS, "proof_claims", OAUTH_ANSWER_PROOF },
    { OAUTH_PROOF_METHOD, "proof_method", OAUTH_ANSWER_PROOF },
    { OAUTH_PROOF_URI, "proof_uri", OAUTH_ANSWER_PROOF },
    { OAUTH_PROOF_TIME, "proof_time", OAUTH_ANSWER_PROOF },
    { OAUTH_PROOF_TOKEN, "proof_token", OAUTH_ANSWER_PROOF },
    { OAUTH_PROOF_OTHER_KEY, "proof_other_key", OAUTH_ANSWER_PROOF },
    { OAUTH_PROOF_REPLAYED, "proof_replayed", OAUTH_ANSWER_PROOF },
    { OAUTH_PROOF_NONCE, "proof_nonce", OAUTH_ANSWER_PROOF },
    { OAUTH_NO_CERTIFICATE, "no_certificate", OAUTH_ANSWER_TOKEN },
    { OAUTH_CERTIFICATE_MALFORMED, "certificate_malformed",
      OAUTH_ANSWER_TOKEN },
    { OAUTH_WRONG_CERTIFICATE, "wrong_certificate", OAUTH_ANSWER_TOKEN },
    { OAUTH_NO_AUDIENCE, "no_audience", OAUTH_ANSWER_TOKEN },
    { OAUTH_WRONG_AUDIENCE, "wrong_audience", OAUTH_ANSWER_TOKEN },
    { OAUTH_NO_SUBJECT, "no_subject", OAUTH_ANSWER_TOKEN },
    { OAUTH_INSUFFICIENT_AUTHENTICATION, "insufficient_authentication",
      OAUTH_ANSWER_AUTHENTICATION },
    { OAUTH_INSUFFICIENT_SCOPE, "insufficient_scope", OAUTH_ANSWER_SCOPE },
    { OAUTH_REQUIREMENT_NOT_MET, "requirement_not_met",
      OAUTH_ANSWER_FORBIDDEN },
    { OAUTH_AMBIGUOUS_URI, "ambiguous_uri", OAUTH_ANSWER_URI },
    { OAUTH_KEYS_UNAVAILABLE, "keys_unavailable", OAUTH_ANSWER_UNAVAILABLE },
    { OAUTH_INTROSPECTION_UNAVAILABLE, "introspection_unavailable",
      OAUTH_ANSWER_UNAVAILABLE },
    { OAUTH_REVOCATIONS_UNAVAILABLE, "revocations_unavailable",
      OAUTH_ANSWER_UNAVAILABLE },
    { OAUTH_REVOCATIONS_SILENT, "revocations_silent",
      OAUTH_ANSWER_UNAVAILABLE },
    { OAUTH_REPLAY_FULL, "replay_full", OAUTH_ANSWER_UNAVAILABLE },
    { OAUTH_SERVER_ERROR, "server_error", OAUTH_ANSWER_UNAVAILABLE }
};


/* RFC 6750 section 3.1, RFC 9449 sections 7.1 and 9, and RFC 9470 section 3. */

static const char *
reason_error(const reason_case_t *c)
{
    switch (c->answer) {

    case OAUTH_ANSWER_REQUEST:
        return "invalid_request";

    case OAUTH_ANSWER_TOKEN:
        return "invalid_token";

    case OAUTH_ANSWER_PROOF:
        return (c->reason == OAUTH_PROOF_NONCE) ? "use_dpop_nonce"
                                                : "invalid_dpop_proof";

    case OAUTH_ANSWER_AUTHENTICATION:
        return "insufficient_user_authentication";

    case OAUTH_ANSWER_SCOPE:
        return "insufficient_scope";

    default:
        return NULL;
    }
}


static void
reason_table(void **state)
{
    size_t                      i;
    const char                 *error;
    const oauth_reason_info_t  *info;

    (void) state;

    for (i = 0; i < OAUTH_REASONS; i++) {
        assert_int_equal(reason_cases[i].reason, i);

        info = oauth_reason_info(reason_cases[i].reason);
        error = reason_error(&reason_cases[i]);

        assert_string_equal(info->code, reason_cases[i].code);
        assert_int_equal(info->answer, reason_cases[i].answer);
        assert_int_equal(info->error == NULL, error == NULL);

        if (error) {
            assert_string_equal(info->error, error);
        }
    }
}


static void
reason_outside(void **state)
{
    const oauth_reason_info_t  *info;

    (void) state;

    info = oauth_reason_info(OAUTH_SERVER_ERROR);

    assert_ptr_equal(oauth_reason_info(OAUTH_REASONS), info);
    assert_ptr_equal(oauth_reason_info((oauth_reason_t) -1), info);
    assert_ptr_equal(oauth_reason_info((oauth_reason_t) 1000000), info);
}


/* RFC 6750 section 3: %x20-21 / %x23-5B / %x5D-7E. */

static void
reason_assert_printable(const char *text)
{
    const char  *p;

    assert_non_null(text);
    assert_true(*text != '\0');

    for (p = text; *p; p++) {
        assert_true(*p >= 0x20 && *p <= 0x7e);
        assert_int_not_equal(*p, '"');
        assert_int_not_equal(*p, '\\');
    }
}


static void
reason_texts(void **state)
{
    size_t                      i, j;
    const oauth_reason_info_t  *info;

    (void) state;

    for (i = 0; i < OAUTH_REASONS; i++) {
        info = oauth_reason_info((oauth_reason_t) i);

        reason_assert_printable(info->code);
        reason_assert_printable(info->sentence);
        reason_assert_printable(info->description);

        /* Some clients look for parameters without reading quotes. */

        assert_null(strchr(info->description, '='));

        for (j = 0; j < i; j++) {
            assert_string_not_equal(info->code, reason_cases[j].code);
            assert_string_not_equal(info->description,
                                    oauth_reason_info((oauth_reason_t) j)
                                        ->description);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reason_table),
        cmocka_unit_test(reason_outside),
        cmocka_unit_test(reason_texts)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
