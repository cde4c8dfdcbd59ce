/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/refusal.h"

#include <stddef.h>

#define SIGN_IN "sign in again with godwit-token login."

/* A row with a marker stands before the row of the same word without one. */
static const struct oauth_refusal rows[] = {
    {"authorization_pending", NULL, OAUTH_REFUSAL_PENDING, CAUSE_LOGIN, "Not decided yet."},
    {"slow_down", NULL, OAUTH_REFUSAL_SLOW_DOWN, CAUSE_LOGIN, "Asked too often."},
    {"access_denied", NULL, OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"Consent was refused; ask the owner of the mailbox, or the administrator who has to "
	"allow this application."},
    {"authorization_declined", NULL, OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"Consent was refused; ask the owner of the mailbox."},
    {"expired_token", NULL, OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"The code was not used in time; run godwit-token login again."},
    {"code_expired", NULL, OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"The code was not used in time; run godwit-token login again."},
    {"bad_verification_code", NULL, OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"The code is unknown; run godwit-token login again."},
    {"invalid_grant", "AADSTS50173", OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"The password was changed or all sessions were ended; " SIGN_IN},
    {"invalid_grant", "AADSTS700082", OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"The consent was not used for too long; " SIGN_IN},
    {"invalid_grant", "AADSTS65001", OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"Nobody has consented to this application; an administrator must, then " SIGN_IN},
    {"invalid_grant", "AADSTS50076", OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"A second factor is asked for; " SIGN_IN},
    {"invalid_grant", "AADSTS50057", OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"The account is disabled; its administrator can enable it."},
    {"invalid_grant", "account not found", OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"There is no such user in the domain of the service account."},
    {"invalid_grant", "Invalid email or User ID", OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"There is no such user in the domain of the service account."},
    {"invalid_grant", "Invalid JWT", OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"The clock of this machine is wrong, or the key was deleted."},
    {"invalid_grant", NULL, OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"The consent has expired or was revoked; " SIGN_IN},
    {"interaction_required", NULL, OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"The provider wants to see the person; " SIGN_IN},
    {"consent_required", NULL, OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"Nobody has consented to this application; an administrator must, then " SIGN_IN},
    {"login_required", NULL, OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"The provider wants to see the person; " SIGN_IN},
    {"invalid_client", "AADSTS7000218", OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"Allow public client flows for this application in the Entra admin centre."},
    {"invalid_client", NULL, OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"The client identifier or its secret is wrong; check --client-id and "
	"--client-secret-file."},
    {"unauthorized_client", "AADSTS700016", OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"This tenant does not know the application; check --client-id and --tenant."},
    {"unauthorized_client", NULL, OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"The application may not do this; for a service account, allow its client and the "
	"scope under domain-wide delegation in the admin console."},
    {"admin_policy_enforced", NULL, OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"The administrator of this domain does not allow the application."},
    {"org_internal", NULL, OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"The application is only for users of its own organisation."},
    {"invalid_scope", NULL, OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"The scope is not allowed for this application; check --scope."},
    {"unsupported_grant_type", NULL, OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"The provider does not know this way to log in."},
    {"invalid_request", "AADSTS90002", OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"There is no such tenant; check --tenant."},
    {"invalid_request", NULL, OAUTH_REFUSAL_FINAL, CAUSE_LOGIN,
	"The provider does not take the request; check --client-id, --scope and --tenant."},
    {"temporarily_unavailable", NULL, OAUTH_REFUSAL_LATER, CAUSE_NETWORK, "It may work later."},
    {"server_error", NULL, OAUTH_REFUSAL_LATER, CAUSE_NETWORK, "It may work later."},
    {"internal_failure", NULL, OAUTH_REFUSAL_LATER, CAUSE_NETWORK, "It may work later."},
    {"rate_limit_exceeded", NULL, OAUTH_REFUSAL_LATER, CAUSE_NETWORK, "It may work later."},
    {"", NULL, OAUTH_REFUSAL_FINAL, CAUSE_LOGIN, "Godwit does not know this answer."},
};

const struct oauth_refusal *
oauth_refusal_get(struct bytes error, struct bytes description)
{
	const struct oauth_refusal *row = rows;

	for (;; row++) {
		struct bytes word = bytes_of_string(row->error);
		struct bytes marker;

		if (word.size == 0)
			return row;
		if (!bytes_equal(word, error))
			continue;
		if (row->marker == NULL)
			return row;
		marker = bytes_of_string(row->marker);
		if (bytes_find_bytes(description, marker) < description.size)
			return row;
	}
}
