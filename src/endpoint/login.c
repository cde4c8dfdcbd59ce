/* SPDX-License-Identifier: Apache-2.0
 *
 * Which ways to log in are open, and how far down the list one may go.
 *
 * A token goes first and alone. A password goes by SCRAM, in which it does not leave at all; if
 * the server has nothing of this user to compare with, by PLAIN; by LOGIN where PLAIN is not
 * there. What is refused for the password's own sake is not tried in another way, but for
 * passwords that SASLprep writes otherwise. docs/login.md is this page for people.
 */
#include "endpoint/login.h"

#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/secret.h"
#include "endpoint/scram.h"
#include "net/fiber.h"
#include "net/world.h"

enum {
	NAMES_SIZE_MAX = 4096,
	MESSAGE_SIZE_MAX = 16384,
	WAYS_MAX = LOGIN_WAY_COUNT
};

/* How long to wait for the answers to other connections' tries before looking again. */
static const int64_t turn_us = 20 * 1000LL;

struct plan {
	size_t count;
	enum login_way ways[WAYS_MAX];
};

static void
add(struct plan *plan, const struct login *login, enum login_way way,
    enum imap_capability needs)
{
	if (endpoint_can(login->endpoint, needs))
		plan->ways[plan->count++] = way;
}

static struct plan
plan_token(const struct login *login)
{
	struct plan plan = {0};

	add(&plan, login, LOGIN_OAUTHBEARER, IMAP_CAP_AUTH_OAUTHBEARER);
	add(&plan, login, LOGIN_XOAUTH2, IMAP_CAP_AUTH_XOAUTH2);
	return plan;
}

static struct plan
plan_password(const struct login *login)
{
	const struct endpoint *endpoint = login->endpoint;
	bool has_authzid = login->names.authorize.size > 0;
	bool is_disabled = endpoint_can(endpoint, IMAP_CAP_LOGINDISABLED);
	struct plan plan = {0};

	/* In clear, "no LOGIN" means no password at all, whatever else is offered. */
	if (is_disabled && !endpoint->is_encrypted)
		return plan;
	if (!has_authzid) {
		add(&plan, login, LOGIN_SCRAM_SHA_256, IMAP_CAP_AUTH_SCRAM_SHA_256);
		if (plan.count == 0)
			add(&plan, login, LOGIN_SCRAM_SHA_1, IMAP_CAP_AUTH_SCRAM_SHA_1);
	}
	add(&plan, login, LOGIN_PLAIN, IMAP_CAP_AUTH_PLAIN);
	if (has_authzid) {
		add(&plan, login, LOGIN_SCRAM_SHA_256, IMAP_CAP_AUTH_SCRAM_SHA_256);
		add(&plan, login, LOGIN_SCRAM_SHA_1, IMAP_CAP_AUTH_SCRAM_SHA_1);
		return plan;
	}
	if (!is_disabled)
		plan.ways[plan.count++] = LOGIN_COMMAND;
	else
		add(&plan, login, LOGIN_MECHANISM, IMAP_CAP_AUTH_LOGIN);
	return plan;
}

/* --- Tries. --- */

static enum status
say_used_up(const struct login *login, struct fault *fault)
{
	const struct account *account = login->endpoint->settings.account;

	return fault_set(fault, ENDPOINT_FAULT(ST_REFUSED, CAUSE_LOGIN, RETRY_NEVER),
	    "The %s (%s) has refused this password %d times; a third try could lock the "
	    "account, so it is not made. Start again with the right password.",
	    account->side, account->host, ACCOUNT_TRIES_MAX);
}

/* Waits until one more refusal would still be allowed, whatever becomes of the tries that other
 * connections have under way. */
static enum status
take_try(struct login *login, struct fault *fault)
{
	struct account_login *shared = login->shared;
	struct world *world = login->endpoint->world;

	while (shared->tries_refused + shared->tries_open >= ACCOUNT_TRIES_MAX) {
		if (shared->tries_refused >= ACCOUNT_TRIES_MAX)
			return say_used_up(login, fault);
		if (fiber_wait(NULL, 0, tick_after(world_now(world), turn_us)) ==
		    FIBER_CANCELED)
			return fault_set(fault,
			    ENDPOINT_FAULT(ST_CANCELED, CAUSE_CANCELED, RETRY_LATER),
			    "Stopped.");
	}
	shared->tries_open++;
	return ST_OK;
}

static void
settle_try(struct login *login, enum login_way way, enum login_outcome outcome)
{
	struct account_login *shared = login->shared;

	shared->tries_open--;
	switch (outcome) {
	case LOGIN_IN:
		shared->is_proven = true;
		shared->proven_way = way;
		break;
	case LOGIN_UNKNOWN_HERE:
	case LOGIN_REFUSED:
		shared->tries_refused++;
		break;
	case LOGIN_BROKEN:
		/* Nobody knows what the server made of it. A password that was right before
		 * is not blamed for a bad line. */
		if (login->is_secret_out && !shared->is_proven)
			shared->tries_refused++;
		break;
	case LOGIN_UNAVAILABLE:
	case LOGIN_LATER:
		break;
	}
}

/* --- Sentences. --- */

static enum status
say_no_way(const struct login *login, bool has_token, struct fault *fault)
{
	const struct account *account = login->endpoint->settings.account;

	return fault_set(fault, ENDPOINT_FAULT(ST_ABSENT, CAUSE_LOGIN, RETRY_NEVER),
	    "The %s (%s) offers no way to log in with %s%s%s.", account->side, account->host,
	    has_token ? "an access token" : "a password",
	    !has_token && login->names.authorize.size > 0 ? " of a master user" : "",
	    login->endpoint->is_encrypted ? "" : " on a connection without encryption");
}

static enum status
say_refused(const struct login *login, bool has_token, struct fault *fault)
{
	const struct account *account = login->endpoint->settings.account;
	struct imap_verdict verdict = login_verdict(login, has_token);
	char user[FAULT_QUOTE_SIZE];

	/* None of the ways could even be begun. */
	if (login->result == IMAP_RESULT_OK)
		return say_no_way(login, has_token, fault);

	return fault_set(fault, ENDPOINT_FAULT(ST_REFUSED, verdict.cause, verdict.retry),
	    "The %s (%s) refused the login of %s: %s%s%s", account->side, account->host,
	    fault_quote(bytes_of_string(account->user), user), login->text,
	    verdict.advice[0] == 0 ? "" : " – ", verdict.advice);
}

/* --- The password. --- */

/* Whether what follows in the plan may be tried after `outcome`. */
static bool
may_go_on(const struct login *login, enum login_outcome outcome)
{
	if (outcome == LOGIN_UNAVAILABLE)
		return true;
	/* In clear, whoever says that SCRAM does not know the user may only want to hear the
	 * password. */
	return outcome == LOGIN_UNKNOWN_HERE && login->endpoint->is_encrypted;
}

static enum login_outcome
try_once(struct login *login, enum login_way way, struct bytes secret, struct fault *fault)
{
	enum login_outcome outcome;

	if (take_try(login, fault) != ST_OK)
		return LOGIN_BROKEN;
	outcome = login_try(login, way, secret, fault);
	settle_try(login, way, outcome);
	return outcome;
}

/* Servers that compare octets know a password as it was typed when it was set; others know it
 * as SASLprep writes it. Most passwords are the same in both. */
static bool
is_written_otherwise(struct login *login, struct bytes secret)
{
	scram_unprepare(&login->prepared);
	if (scram_prepare(secret, &login->prepared) != ST_OK)
		return false;
	return !bytes_equal(secret, bytes_of_string(login->prepared));
}

/* SCRAM was refused for what the password is; the server may know it as it was typed. */
static bool
is_worth_plain(
    struct login *login, enum login_way way, enum login_outcome outcome, struct bytes secret)
{
	return outcome == LOGIN_REFUSED &&
	    (way == LOGIN_SCRAM_SHA_256 || way == LOGIN_SCRAM_SHA_1) &&
	    is_written_otherwise(login, secret);
}

static enum login_outcome
try_all(struct login *login, const struct plan *plan, struct bytes secret, struct fault *fault)
{
	enum login_outcome outcome = LOGIN_UNAVAILABLE;

	for (size_t i = 0; i < plan->count && may_go_on(login, outcome); i++) {
		enum login_way way = plan->ways[i];

		outcome = try_once(login, way, secret, fault);
		if (is_worth_plain(login, way, outcome, secret))
			outcome = LOGIN_UNKNOWN_HERE;
		if (way == LOGIN_PLAIN && outcome == LOGIN_REFUSED &&
		    login->shared->tries_refused < ACCOUNT_TRIES_MAX &&
		    is_written_otherwise(login, secret))
			outcome = try_once(login, LOGIN_PLAIN_PREPARED,
			    bytes_of_string(login->prepared), fault);
	}
	return outcome;
}

static enum status
log_in_by_password(struct login *login, struct fault *fault)
{
	const struct secret *password = login->endpoint->settings.password;
	struct bytes secret = password == NULL ? (struct bytes){0} : secret_reveal(password);
	struct plan plan = plan_password(login);
	enum login_outcome outcome;

	if (plan.count == 0 || secret.size == 0)
		return say_no_way(login, false, fault);
	/* What has worked before works again; the whole list anew would use up tries. */
	if (login->shared->is_proven) {
		plan.count = 1;
		plan.ways[0] = (enum login_way)login->shared->proven_way;
	}
	if (plan.ways[0] == LOGIN_PLAIN_PREPARED && is_written_otherwise(login, secret))
		secret = bytes_of_string(login->prepared);
	outcome = try_all(login, &plan, secret, fault);
	if (outcome == LOGIN_IN)
		return ST_OK;
	return outcome == LOGIN_BROKEN ? fault->status : say_refused(login, false, fault);
}

/* --- The token. --- */

static enum status
renew(struct login *login, struct fault *fault)
{
	struct account_login *shared = login->shared;

	return shared->renew == NULL ? ST_OK : shared->renew(shared, fault);
}

static struct digest
digest_of(const struct secret *token)
{
	struct digest_state state;

	digest_init(&state);
	digest_feed(&state, secret_reveal(token));
	return digest_finish(&state);
}

static enum login_outcome
try_token(struct login *login, const struct plan *plan, struct fault *fault)
{
	struct bytes token = secret_reveal(login->shared->token);
	enum login_outcome outcome = LOGIN_UNAVAILABLE;

	for (size_t i = 0; i < plan->count && outcome == LOGIN_UNAVAILABLE; i++)
		outcome = login_try(login, plan->ways[i], token, fault);
	return outcome;
}

/* A token may have been replaced between the last look at it and the server's: then once more,
 * with the new one. */
static enum status
log_in_by_token(struct login *login, struct fault *fault)
{
	struct plan plan = plan_token(login);
	struct digest before;
	struct digest after;
	enum login_outcome outcome;
	enum status status;

	if (plan.count == 0)
		return say_no_way(login, true, fault);
	status = renew(login, fault);
	if (status != ST_OK)
		return status;
	before = digest_of(login->shared->token);
	outcome = try_token(login, &plan, fault);
	if (outcome == LOGIN_REFUSED &&
	    login_verdict(login, true).trouble == IMAP_TROUBLE_TOKEN_EXPIRED) {
		status = renew(login, fault);
		if (status != ST_OK)
			return status;
		after = digest_of(login->shared->token);
		if (!digest_equal(&before, &after))
			outcome = try_token(login, &plan, fault);
	}
	if (outcome == LOGIN_IN)
		return ST_OK;
	return outcome == LOGIN_BROKEN ? fault->status : say_refused(login, true, fault);
}

/* --- Both. --- */

/* The command with which a master user becomes somebody else. */
static enum status
become(struct login *login, struct fault *fault)
{
	struct endpoint *endpoint = login->endpoint;
	struct imap_completion completion;
	struct imap_command command = {0};
	enum status status =
	    imap_session_proxyauth(endpoint->session, login->names.proxy, &command);

	if (status != ST_OK)
		return fault_set(fault, ENDPOINT_FAULT(status, CAUSE_LOGIN, RETRY_NEVER),
		    "The user name for the %s cannot be said in IMAP.",
		    endpoint->settings.account->side);
	status = endpoint_wait_done(endpoint, command, &completion, fault);
	if (status != ST_OK)
		return status;
	if (completion.result == IMAP_RESULT_OK)
		return ST_OK;
	return endpoint_refusal(endpoint, IMAP_PHASE_LOGIN,
	    "let the master user act for this user", &completion, FAULT_ENDPOINT, fault);
}

static enum status
run(struct login *login, struct fault *fault)
{
	enum status status = account_names_make(
	    login->endpoint->settings.account, &login->names_room, &login->names);

	if (status != ST_OK)
		return fault_set(fault, ENDPOINT_FAULT(status, CAUSE_USAGE, RETRY_NEVER),
		    "The user names for the %s are too long.",
		    login->endpoint->settings.account->side);
	status = login->shared->token != NULL ? log_in_by_token(login, fault)
					      : log_in_by_password(login, fault);
	if (status == ST_OK && login->names.proxy.size > 0)
		status = become(login, fault);
	return status;
}

static struct login *
login_new(struct endpoint *endpoint)
{
	struct login *login = mem_take(sizeof(*login));

	if (login == NULL)
		return NULL;
	memset(login, 0, sizeof(*login));
	login->endpoint = endpoint;
	login->shared = endpoint->settings.account->login;
	if (login->shared == NULL)
		login->shared = &login->own;
	buf_init(&login->names_room, NAMES_SIZE_MAX);
	buf_init(&login->message, MESSAGE_SIZE_MAX);
	buf_init(&login->challenge, MESSAGE_SIZE_MAX);
	return login;
}

static void
login_free(struct login *login)
{
	scram_unprepare(&login->prepared);
	buf_fini(&login->names_room);
	buf_fini(&login->message);
	buf_fini(&login->challenge);
	secret_wipe_memory(login, sizeof(*login));
	mem_give(login);
}

enum status
endpoint_log_in(struct endpoint *endpoint, struct fault *fault)
{
	const struct account *account = endpoint->settings.account;
	struct login *login;
	enum status status = endpoint_learn_capabilities(endpoint, fault);

	if (status != ST_OK)
		return status;
	if (imap_session_is_authenticated(endpoint->session))
		return fault_set(fault, ENDPOINT_FAULT(ST_REFUSED, CAUSE_PROTOCOL, RETRY_NEVER),
		    "The %s (%s) opens a mailbox without asking who we are; it may be "
		    "anybody's.",
		    account->side, account->host);
	login = login_new(endpoint);
	if (login == NULL)
		return fault_set(fault, ENDPOINT_FAULT(ST_MEMORY, CAUSE_MEMORY, RETRY_LATER),
		    "There is not enough memory to log in.");
	status = run(login, fault);
	login_free(login);
	return status == ST_OK ? endpoint_learn_capabilities(endpoint, fault) : status;
}
