/* SPDX-License-Identifier: Apache-2.0
 *
 * One attempt to log in: the first message, the answers to what the server asks, its reply.
 */
#include <string.h>

#include "base/base64.h"
#include "base/secret.h"
#include "endpoint/login.h"
#include "endpoint/scram.h"

enum {
	ANSWERS_MAX = 4 /* no mechanism of ours needs more */
};

static const struct {
	enum sasl_mechanism mechanism;
	bool has_initial;
	bool is_scram;
	bool has_token;
} ways[] = {
    [LOGIN_OAUTHBEARER] = {SASL_OAUTHBEARER, true, false, true},
    [LOGIN_XOAUTH2] = {SASL_XOAUTH2, true, false, true},
    [LOGIN_SCRAM_SHA_256] = {SASL_SCRAM_SHA_256, true, true, false},
    [LOGIN_SCRAM_SHA_1] = {SASL_SCRAM_SHA_1, true, true, false},
    [LOGIN_PLAIN] = {SASL_PLAIN, true, false, false},
    [LOGIN_COMMAND] = {SASL_COUNT, false, false, false},
    [LOGIN_MECHANISM] = {SASL_LOGIN, false, false, false},
    [LOGIN_PLAIN_PREPARED] = {SASL_PLAIN, true, false, false},
};

static void
wipe(struct buf *buf)
{
	if (buf->octets != NULL)
		secret_wipe_memory(buf->octets, buf->capacity);
	buf_clear(buf);
}

/* Why the words cannot be said at all; nothing has left. */
static enum login_outcome
say_unsayable(const struct login *login, enum login_way way, struct fault *fault)
{
	const struct account *account = login->endpoint->settings.account;

	if (ways[way].has_token)
		fault_set(fault, ENDPOINT_FAULT(ST_SYNTAX, CAUSE_LOGIN, RETRY_NEVER),
		    "What was given as the access token for the %s is none: it holds other "
		    "octets than letters, digits and - . _ ~ + / =, or is too long.",
		    account->side);
	else
		fault_set(fault, ENDPOINT_FAULT(ST_SYNTAX, CAUSE_LOGIN, RETRY_NEVER),
		    "The user name or password for the %s cannot be said in IMAP.",
		    account->side);
	return LOGIN_BROKEN;
}

static enum login_outcome
say_distrust(const struct login *login, const char *why, struct fault *fault)
{
	const struct account *account = login->endpoint->settings.account;

	fault_set(fault, ENDPOINT_FAULT(ST_CONFLICT, CAUSE_LOGIN, RETRY_NEVER),
	    "The %s (%s) could not prove that it is the right server: %s. Nothing else was "
	    "sent; somebody may stand in between.",
	    account->side, account->host, why);
	return LOGIN_BROKEN;
}

/* The message with which the client begins. ST_ABSENT: SASLprep does not take the password, so
 * that this way is not open. */
static enum status
write_first(struct login *login, enum login_way way, struct bytes secret)
{
	const struct account *account = login->endpoint->settings.account;
	const struct account_names *names = &login->names;
	struct sasl_bearer bearer = {
	    .user = names->authorize.size > 0 ? names->authorize : names->user,
	    .host = bytes_of_string(account->host),
	    .port = account->port,
	    .token = secret,
	};
	enum status status;

	if (ways[way].is_scram) {
		status = scram_new(sasl_mechanism_name(ways[way].mechanism), names->authorize,
		    names->user, secret, &login->scram);
		if (status == ST_OK)
			status = scram_first(login->scram, &login->message);
		return status == ST_SYNTAX ? ST_ABSENT : status;
	}
	if (ways[way].mechanism == SASL_OAUTHBEARER)
		return sasl_oauthbearer(&bearer, &login->message);
	if (ways[way].mechanism == SASL_XOAUTH2)
		return sasl_xoauth2(&bearer, &login->message);
	if (ways[way].mechanism == SASL_PLAIN)
		return sasl_plain(names->authorize, names->user, secret, &login->message);
	return ST_OK;
}

static enum status
begin(struct login *login, enum login_way way, struct bytes secret,
    struct imap_command *command_out)
{
	struct imap_session *session = login->endpoint->session;
	struct imap_sasl sasl = {
	    .has_initial = ways[way].has_initial,
	    .secret = secret,
	    .conceals_challenges = ways[way].is_scram,
	};
	enum status status;

	login->is_secret_out = !ways[way].is_scram && way != LOGIN_MECHANISM;
	if (way == LOGIN_COMMAND)
		return imap_session_login(session, login->names.user, secret, command_out);
	status = write_first(login, way, secret);
	if (status != ST_OK)
		return status;
	sasl.mechanism = sasl_mechanism_name(ways[way].mechanism);
	sasl.initial = buf_bytes(&login->message);
	return imap_session_authenticate(session, &sasl, command_out);
}

/* What is answered to login->challenge, in login->message. ST_ABSENT: there is no answer. */
static enum status
write_answer(struct login *login, enum login_way way, struct bytes secret, const char **why_out)
{
	struct bytes challenge = buf_bytes(&login->challenge);
	enum status status;

	switch (way) {
	case LOGIN_SCRAM_SHA_256:
	case LOGIN_SCRAM_SHA_1:
		status = scram_next(login->scram, challenge, &login->message, why_out);
		login->is_secret_out = scram_has_answered(login->scram);
		return status == ST_REFUSED ? ST_ABSENT : status;
	case LOGIN_OAUTHBEARER:
	case LOGIN_XOAUTH2:
		if (login->answers > 0)
			return ST_ABSENT;
		/* An error that is not told in JSON is still one. */
		(void)!sasl_bearer_error_read(challenge, &login->bearer);
		return way == LOGIN_XOAUTH2 ? ST_OK
					    : buf_append(&login->message, BYTES("\001"));
	case LOGIN_MECHANISM:
		if (login->answers > 1)
			return ST_ABSENT;
		login->is_secret_out = login->answers == 1;
		return buf_append(
		    &login->message, login->answers == 0 ? login->names.user : secret);
	case LOGIN_PLAIN:
	case LOGIN_PLAIN_PREPARED:
	case LOGIN_COMMAND:
	case LOGIN_WAY_COUNT:
		break;
	}
	return ST_ABSENT;
}

/* Answers one challenge. What has no answer is canceled, and the reply is waited for. */
static enum status
answer(struct login *login, enum login_way way, struct bytes secret, struct bytes text,
    const char **why_out)
{
	struct imap_session *session = login->endpoint->session;
	enum status status;

	wipe(&login->message);
	wipe(&login->challenge);
	status =
	    login->answers == ANSWERS_MAX ? ST_ABSENT : base64_decode(text, &login->challenge);
	if (status == ST_OK)
		status = write_answer(login, way, secret, why_out);
	else if (status == ST_SYNTAX)
		status = ST_ABSENT;
	if (status == ST_OK)
		status = imap_session_respond(session, buf_bytes(&login->message));
	else if (status == ST_ABSENT)
		status = imap_session_cancel(session);
	login->answers++;
	return status;
}

static void
keep_reply(struct login *login, const struct imap_completion *completion)
{
	login->result = completion->result;
	login->code = completion->code;
	fault_quote(completion->text, login->text);
	login->text_size = strlen(login->text);
}

/* The connection ended before the reply. If the server said farewell, that is its reply. */
static enum login_outcome
say_broken(
    const struct login *login, bool has_token, const struct fault *detail, struct fault *fault)
{
	const struct account *account = login->endpoint->settings.account;
	struct bytes bye = bytes_of_string(login->endpoint->bye);
	struct imap_answer answer = {.phase = IMAP_PHASE_LOGIN,
	    .is_bye = true,
	    .text = bye,
	    .quirks = imap_session_quirks(login->endpoint->session),
	    .has_token = has_token};
	struct imap_verdict verdict = imap_verdict_of(&answer);

	if (bye.size == 0 || detail->status != ST_IO)
		fault_set(fault,
		    (struct fault_kind){
			detail->status, detail->cause, detail->scope, detail->retry},
		    "%s", detail->text);
	else
		fault_set(fault, ENDPOINT_FAULT(ST_REFUSED, verdict.cause, verdict.retry),
		    "The %s (%s) ended the connection instead of letting us in, saying: %s – "
		    "%s",
		    account->side, account->host, login->endpoint->bye, verdict.advice);
	return LOGIN_BROKEN;
}

static enum login_outcome
talk(struct login *login, enum login_way way, struct bytes secret, struct imap_command command,
    struct fault *fault)
{
	struct imap_event event;
	struct fault detail = {0};
	const char *why = NULL;
	enum status status;

	for (;;) {
		status = endpoint_wait_event(login->endpoint, &event, &detail);
		if (status != ST_OK)
			return say_broken(login, ways[way].has_token, &detail, fault);
		if (event.command.number != command.number)
			continue;
		if (event.kind == IMAP_EVENT_DONE) {
			keep_reply(login, &event.completion);
			return login->result == IMAP_RESULT_OK ? LOGIN_IN : LOGIN_REFUSED;
		}
		if (event.kind != IMAP_EVENT_CHALLENGE)
			continue;
		status = answer(login, way, secret, event.text, &why);
		if (why != NULL)
			return say_distrust(login, why, fault);
		if (status == ST_MEMORY) {
			fault_set(fault, ENDPOINT_FAULT(status, CAUSE_MEMORY, RETRY_LATER),
			    "There is not enough memory to log in.");
			return LOGIN_BROKEN;
		}
		if (status != ST_OK)
			return say_unsayable(login, way, fault);
	}
}

struct imap_verdict
login_verdict(const struct login *login, bool has_token)
{
	struct imap_answer answer = {
	    .phase = IMAP_PHASE_LOGIN,
	    .result = login->result,
	    .code = login->code,
	    .text = bytes_of(login->text, login->text_size),
	    .quirks = imap_session_quirks(login->endpoint->session),
	    .has_token = has_token,
	    .bearer_status = bytes_of(login->bearer.status.octets, login->bearer.status.size),
	};

	return imap_verdict_of(&answer);
}

/* What a NO or BAD was about. */
static enum login_outcome
judge(const struct login *login, enum login_way way)
{
	struct imap_verdict verdict = login_verdict(login, ways[way].has_token);

	if (verdict.trouble == IMAP_TROUBLE_NO_MECHANISM)
		return LOGIN_UNAVAILABLE;
	if (verdict.retry == RETRY_LATER && !ways[way].has_token)
		return LOGIN_LATER;
	/* Without salt there is nothing of this user that this way could compare with. */
	if (ways[way].is_scram && !login->is_secret_out)
		return LOGIN_UNKNOWN_HERE;
	return LOGIN_REFUSED;
}

enum login_outcome
login_try(struct login *login, enum login_way way, struct bytes secret, struct fault *fault)
{
	struct imap_command command = {0};
	enum login_outcome outcome = LOGIN_BROKEN;
	enum status status;

	login->answers = 0;
	login->bearer = (struct sasl_bearer_error){0};
	status = begin(login, way, secret, &command);
	if (status == ST_ABSENT)
		outcome = LOGIN_UNAVAILABLE;
	else if (status != ST_OK)
		outcome = say_unsayable(login, way, fault);
	if (status != ST_OK)
		login->is_secret_out = false;
	else
		outcome = talk(login, way, secret, command, fault);
	if (outcome == LOGIN_REFUSED)
		outcome = judge(login, way);
	if (outcome == LOGIN_IN && ways[way].is_scram && !scram_is_proven(login->scram))
		outcome = say_distrust(login, "it said OK without having signed", fault);
	if (outcome == LOGIN_IN)
		login->endpoint->login = ways[way].mechanism == SASL_COUNT
		    ? "LOGIN"
		    : sasl_mechanism_name(ways[way].mechanism);
	scram_free(&login->scram);
	wipe(&login->message);
	wipe(&login->challenge);
	return outcome;
}
