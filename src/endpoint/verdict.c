/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows are looked at from above: the status of a token's error first, then what single
 * servers mean, then response codes, then words. The more special row stands before the more
 * general one.
 */
#include "endpoint/verdict.h"

#include <assert.h>

#include "base/check.h"

enum {
	ANY_PHASE = IMAP_PHASE_LOGIN | IMAP_PHASE_READ | IMAP_PHASE_WRITE | IMAP_PHASE_APPEND,
	STORING = IMAP_PHASE_WRITE | IMAP_PHASE_APPEND,
	WORKING = IMAP_PHASE_READ | STORING
};

#define HERE FAULT_ENDPOINT

static const struct imap_verdict troubles[] = {
    [IMAP_TROUBLE_OTHER] = {0, CAUSE_OTHER, FAULT_FOLDER, RETRY_LATER, ""},
    [IMAP_TROUBLE_NO_MECHANISM] = {0, CAUSE_LOGIN, HERE, RETRY_NEVER,
	"The server does not take the way to log in that it announces; --without AUTH=NAME "
	"leaves it out."},
    [IMAP_TROUBLE_WRONG_PASSWORD] = {0, CAUSE_LOGIN, HERE, RETRY_NEVER,
	"Check the user name and the password."},
    [IMAP_TROUBLE_APP_PASSWORD] = {0, CAUSE_LOGIN, HERE, RETRY_NEVER,
	"This account needs an app password: its owner makes one in the security settings of "
	"the provider."},
    [IMAP_TROUBLE_PASSWORD_EXPIRED] = {0, CAUSE_LOGIN, HERE, RETRY_NEVER,
	"The password has expired: its owner must set a new one."},
    [IMAP_TROUBLE_PASSWORDS_OFF] = {0, CAUSE_LOGIN, HERE, RETRY_NEVER,
	"This provider takes no passwords for IMAP: use an access token."},
    [IMAP_TROUBLE_TOKEN_EXPIRED] = {0, CAUSE_LOGIN, HERE, RETRY_LATER,
	"The access token has expired or was withdrawn: get a new one."},
    [IMAP_TROUBLE_TOKEN_SCOPE] = {0, CAUSE_LOGIN, HERE, RETRY_NEVER,
	"The access token is not for IMAP: ask for one with the provider's mail scope."},
    [IMAP_TROUBLE_CONSENT_REVOKED] = {0, CAUSE_LOGIN, HERE, RETRY_NEVER,
	"The consent was withdrawn or never given: the owner or an administrator must agree "
	"again."},
    [IMAP_TROUBLE_IMAP_OFF] = {0, CAUSE_LOGIN, HERE, RETRY_NEVER,
	"IMAP is switched off for this mailbox: switch it on in its settings."},
    [IMAP_TROUBLE_WEB_LOGIN] = {0, CAUSE_LOGIN, HERE, RETRY_NEVER,
	"The provider wants the owner to sign in with a web browser once, or to use an app "
	"password."},
    [IMAP_TROUBLE_LOCKED] = {0, CAUSE_LOGIN, HERE, RETRY_NEVER,
	"The account is locked: wait, or have its administrator unlock it; do not try again "
	"before that."},
    [IMAP_TROUBLE_NO_MAILBOX] = {0, CAUSE_LOGIN, HERE, RETRY_NEVER,
	"The log-in itself was right, but it may not open this mailbox: check its rights."},
    [IMAP_TROUBLE_ASK_ADMIN] = {0, CAUSE_LOGIN, HERE, RETRY_NEVER,
	"Only the administrator of the server can tell why."},
    [IMAP_TROUBLE_NEEDS_TLS] = {0, CAUSE_TLS, HERE, RETRY_NEVER,
	"The server takes no log-in without encryption: use imaps://."},
    [IMAP_TROUBLE_CONNECTIONS] = {0, CAUSE_NETWORK, HERE, RETRY_LATER,
	"There are too many connections at once: use --connections 1, or close other "
	"programs."},
    [IMAP_TROUBLE_THROTTLED] = {0, CAUSE_NETWORK, HERE, RETRY_LATER,
	"The server slows us down: wait, or use --rate."},
    [IMAP_TROUBLE_TRY_LATER] = {0, CAUSE_NETWORK, HERE, RETRY_LATER,
	"The server says that this will pass: try again later."},
    [IMAP_TROUBLE_SESSION_EXPIRED] = {0, CAUSE_NETWORK, HERE, RETRY_NOW, ""},
    [IMAP_TROUBLE_DAILY_QUOTA] = {0, CAUSE_NETWORK, HERE, RETRY_LATER,
	"The provider's ceiling for a day is reached: run the same command again tomorrow."},
    [IMAP_TROUBLE_FULL] = {0, CAUSE_FULL, FAULT_MAILBOX, RETRY_LATER,
	"The mailbox is full: raise its quota and run the same command again."},
    [IMAP_TROUBLE_TOO_BIG] = {0, CAUSE_CONTENT, FAULT_MESSAGE, RETRY_NEVER,
	"The message is larger than the server takes."},
    [IMAP_TROUBLE_BAD_MESSAGE] = {0, CAUSE_CONTENT, FAULT_MESSAGE, RETRY_NEVER,
	"The server does not take this message as it is."},
    [IMAP_TROUBLE_BAD_FLAGS] = {0, CAUSE_CONTENT, FAULT_MESSAGE, RETRY_NEVER, ""},
    [IMAP_TROUBLE_BAD_NAME] = {0, CAUSE_CONTENT, FAULT_FOLDER, RETRY_NEVER,
	"The server has no room for a folder of this name here: --map OLD=NEW calls it "
	"otherwise."},
    [IMAP_TROUBLE_BAD_FOLDER] = {0, CAUSE_CONTENT, FAULT_FOLDER, RETRY_NEVER,
	"The server itself cannot read this folder: its administrator must repair it."},
    [IMAP_TROUBLE_RIGHTS] = {0, CAUSE_RIGHTS, FAULT_FOLDER, RETRY_NEVER,
	"The account may not do this here: check its rights on the folder."},
    [IMAP_TROUBLE_GONE] = {0, CAUSE_OTHER, FAULT_FOLDER, RETRY_NOW, ""},
    [IMAP_TROUBLE_EXISTS] = {0, CAUSE_NONE, FAULT_FOLDER, RETRY_NEVER, ""},
    [IMAP_TROUBLE_PROTOCOL] = {0, CAUSE_PROTOCOL, HERE, RETRY_LATER, ""},
};
static_assert(
    sizeof(troubles) / sizeof(*troubles) == IMAP_TROUBLE_COUNT, "every trouble has its row");

/* Error statuses of OAUTHBEARER (RFC 7628, 6750) and XOAUTH2. */
static const struct {
	const char *status;
	enum imap_trouble trouble;
} bearer_rows[] = {
    {"invalid_token", IMAP_TROUBLE_TOKEN_EXPIRED},
    {"400", IMAP_TROUBLE_TOKEN_EXPIRED},
    {"401", IMAP_TROUBLE_TOKEN_EXPIRED},
    {"insufficient_scope", IMAP_TROUBLE_TOKEN_SCOPE},
    {"403", IMAP_TROUBLE_TOKEN_SCOPE},
    {"invalid_grant", IMAP_TROUBLE_CONSENT_REVOKED},
    {"temporarily_unavailable", IMAP_TROUBLE_TRY_LATER},
    {"500", IMAP_TROUBLE_TRY_LATER},
    {"503", IMAP_TROUBLE_TRY_LATER},
};

/* Codes that decide whatever the text says. */
static const struct {
	unsigned phases;
	enum imap_code code;
	enum imap_trouble trouble;
} code_rows[] = {
    {IMAP_PHASE_LOGIN, IMAP_CODE_AUTHORIZATIONFAILED, IMAP_TROUBLE_NO_MAILBOX},
    {IMAP_PHASE_LOGIN, IMAP_CODE_NOPERM, IMAP_TROUBLE_NO_MAILBOX},
    {IMAP_PHASE_LOGIN, IMAP_CODE_CANNOT, IMAP_TROUBLE_NO_MECHANISM},
    {ANY_PHASE, IMAP_CODE_PRIVACYREQUIRED, IMAP_TROUBLE_NEEDS_TLS},
    {ANY_PHASE, IMAP_CODE_INUSE, IMAP_TROUBLE_TRY_LATER},
    {ANY_PHASE, IMAP_CODE_SERVERBUG, IMAP_TROUBLE_TRY_LATER},
    {STORING, IMAP_CODE_OVERQUOTA, IMAP_TROUBLE_FULL},
    {IMAP_PHASE_APPEND, IMAP_CODE_TOOBIG, IMAP_TROUBLE_TOO_BIG},
    {WORKING, IMAP_CODE_NOPERM, IMAP_TROUBLE_RIGHTS},
    {STORING, IMAP_CODE_READ_ONLY, IMAP_TROUBLE_RIGHTS},
    {WORKING, IMAP_CODE_AUTHENTICATIONFAILED, IMAP_TROUBLE_WRONG_PASSWORD},
    {WORKING, IMAP_CODE_AUTHORIZATIONFAILED, IMAP_TROUBLE_RIGHTS},
    {WORKING, IMAP_CODE_NONEXISTENT, IMAP_TROUBLE_GONE},
    {STORING, IMAP_CODE_TRYCREATE, IMAP_TROUBLE_GONE},
    {IMAP_PHASE_WRITE, IMAP_CODE_ALREADYEXISTS, IMAP_TROUBLE_EXISTS},
    {ANY_PHASE, IMAP_CODE_CLIENTBUG, IMAP_TROUBLE_PROTOCOL},
};

/* What some servers mean, by a code (IMAP_CODE_NONE: any), by words ("": any), or both. */
static const struct {
	enum imap_quirk quirk;
	unsigned phases;
	enum imap_code code;
	enum imap_trouble trouble;
	const char *words;
} quirk_rows[] = {
    {IMAP_QUIRK_SAYS_NOT_CONNECTED, ANY_PHASE, IMAP_CODE_NONE, IMAP_TROUBLE_NO_MAILBOX,
	"authenticated but not connected"},
    {IMAP_QUIRK_SAYS_BACKOFF, ANY_PHASE, IMAP_CODE_NONE, IMAP_TROUBLE_THROTTLED,
	"suggested backoff time"},
    {IMAP_QUIRK_SAYS_BACKOFF, ANY_PHASE, IMAP_CODE_NONE, IMAP_TROUBLE_THROTTLED, "throttled"},
    {IMAP_QUIRK_SAYS_ARGUMENT_ERROR, IMAP_PHASE_APPEND, IMAP_CODE_NONE,
	IMAP_TROUBLE_BAD_MESSAGE, "command argument error. 11"},
    {IMAP_QUIRK_SAYS_OVERQUOTA_FOR_TRAFFIC, IMAP_PHASE_READ, IMAP_CODE_OVERQUOTA,
	IMAP_TROUBLE_DAILY_QUOTA, ""},
    {IMAP_QUIRK_SAYS_OVERQUOTA_FOR_TRAFFIC, ANY_PHASE, IMAP_CODE_NONE, IMAP_TROUBLE_DAILY_QUOTA,
	"bandwidth"},
    {IMAP_QUIRK_SAYS_TOO_MANY_CONNECTIONS, ANY_PHASE, IMAP_CODE_NONE, IMAP_TROUBLE_CONNECTIONS,
	"too many simultaneous connections"},
    {IMAP_QUIRK_SAYS_SESSION_EXPIRED, ANY_PHASE, IMAP_CODE_NONE, IMAP_TROUBLE_SESSION_EXPIRED,
	"session expired"},
    {IMAP_QUIRK_SAYS_UNPARSABLE, IMAP_PHASE_APPEND, IMAP_CODE_NONE, IMAP_TROUBLE_BAD_MESSAGE,
	"unable to parse"},
    {IMAP_QUIRK_SAYS_LIMIT_FOR_RATE, ANY_PHASE, IMAP_CODE_NONE, IMAP_TROUBLE_THROTTLED,
	"rate limit"},
    {IMAP_QUIRK_SAYS_ADDITIONAL_ARGUMENTS, IMAP_PHASE_APPEND, IMAP_CODE_CLIENTBUG,
	IMAP_TROUBLE_BAD_MESSAGE, "additional arguments found after last expected"},
    {IMAP_QUIRK_SAYS_BAD_HEADER, IMAP_PHASE_APPEND, IMAP_CODE_NONE, IMAP_TROUBLE_BAD_MESSAGE,
	"nul char"},
    {IMAP_QUIRK_SAYS_BAD_HEADER, IMAP_PHASE_APPEND, IMAP_CODE_NONE, IMAP_TROUBLE_BAD_MESSAGE,
	"invalid header"},
    {IMAP_QUIRK_SAYS_STORAGE_LIMIT, STORING, IMAP_CODE_NONE, IMAP_TROUBLE_FULL,
	"storage limit"},
    {IMAP_QUIRK_SAYS_VIRUS, IMAP_PHASE_APPEND, IMAP_CODE_NONE, IMAP_TROUBLE_BAD_MESSAGE,
	"virus"},
    {IMAP_QUIRK_SAYS_HEADER_LIMIT, IMAP_PHASE_APPEND, IMAP_CODE_NONE, IMAP_TROUBLE_BAD_MESSAGE,
	"header limit"},
    {IMAP_QUIRK_SAYS_NO_MBOX, IMAP_PHASE_READ, IMAP_CODE_NONE, IMAP_TROUBLE_BAD_FOLDER,
	"valid mbox file"},
    {IMAP_QUIRK_SAYS_NO_INFERIORS, IMAP_PHASE_WRITE, IMAP_CODE_NONE, IMAP_TROUBLE_BAD_NAME,
	"allow inferior mailboxes"},
    {IMAP_QUIRK_SAYS_ALREADY_EXISTS, IMAP_PHASE_WRITE, IMAP_CODE_NONE, IMAP_TROUBLE_EXISTS,
	"already exists"},
    {IMAP_QUIRK_SAYS_NAME_RESERVED, IMAP_PHASE_WRITE, IMAP_CODE_NONE, IMAP_TROUBLE_BAD_NAME,
	"name is reserved"},
    {IMAP_QUIRK_SAYS_LABEL_NOT_ALLOWED, IMAP_PHASE_WRITE, IMAP_CODE_NONE, IMAP_TROUBLE_BAD_NAME,
	"excess whitespace"},
    {IMAP_QUIRK_SAYS_LABEL_NOT_ALLOWED, IMAP_PHASE_WRITE, IMAP_CODE_NONE, IMAP_TROUBLE_BAD_NAME,
	"label name is not allowed"},
};

/* Words, in any letters; only where no row above has spoken. */
static const struct {
	const char *words;
	unsigned phases;
	enum imap_trouble trouble;
} text_rows[] = {
    /* Google. */
    {"application-specific password", IMAP_PHASE_LOGIN, IMAP_TROUBLE_APP_PASSWORD},
    {"app password", IMAP_PHASE_LOGIN, IMAP_TROUBLE_APP_PASSWORD},
    {"imap access is disabled", IMAP_PHASE_LOGIN, IMAP_TROUBLE_IMAP_OFF},
    {"not enabled for imap", IMAP_PHASE_LOGIN, IMAP_TROUBLE_IMAP_OFF},
    {"imap is disabled", IMAP_PHASE_LOGIN, IMAP_TROUBLE_IMAP_OFF},
    {"imap is not enabled", IMAP_PHASE_LOGIN, IMAP_TROUBLE_IMAP_OFF},
    {"log in via your web browser", IMAP_PHASE_LOGIN, IMAP_TROUBLE_WEB_LOGIN},
    {"web login required", IMAP_PHASE_LOGIN, IMAP_TROUBLE_WEB_LOGIN},
    /* Microsoft. */
    {"basicauthblocked", IMAP_PHASE_LOGIN, IMAP_TROUBLE_PASSWORDS_OFF},
    {"basic authentication is disabled", IMAP_PHASE_LOGIN, IMAP_TROUBLE_PASSWORDS_OFF},
    {"aadsts65001", IMAP_PHASE_LOGIN, IMAP_TROUBLE_CONSENT_REVOKED},
    {"aadsts50173", IMAP_PHASE_LOGIN, IMAP_TROUBLE_CONSENT_REVOKED},
    {"consent", IMAP_PHASE_LOGIN, IMAP_TROUBLE_CONSENT_REVOKED},
    {"accesstokenexpired", IMAP_PHASE_LOGIN, IMAP_TROUBLE_TOKEN_EXPIRED},
    {"token expired", IMAP_PHASE_LOGIN, IMAP_TROUBLE_TOKEN_EXPIRED},
    {"token has expired", IMAP_PHASE_LOGIN, IMAP_TROUBLE_TOKEN_EXPIRED},
    /* Everybody. */
    {"password expired", IMAP_PHASE_LOGIN, IMAP_TROUBLE_PASSWORD_EXPIRED},
    {"password has expired", IMAP_PHASE_LOGIN, IMAP_TROUBLE_PASSWORD_EXPIRED},
    {"account is locked", IMAP_PHASE_LOGIN, IMAP_TROUBLE_LOCKED},
    {"account locked", IMAP_PHASE_LOGIN, IMAP_TROUBLE_LOCKED},
    {"locked out", IMAP_PHASE_LOGIN, IMAP_TROUBLE_LOCKED},
    {"account is disabled", IMAP_PHASE_LOGIN, IMAP_TROUBLE_LOCKED},
    {"account disabled", IMAP_PHASE_LOGIN, IMAP_TROUBLE_LOCKED},
    {"suspended", IMAP_PHASE_LOGIN, IMAP_TROUBLE_LOCKED},
    {"too many failed", IMAP_PHASE_LOGIN, IMAP_TROUBLE_LOCKED},
    {"too many login failures", IMAP_PHASE_LOGIN, IMAP_TROUBLE_LOCKED},
    {"too many invalid", IMAP_PHASE_LOGIN, IMAP_TROUBLE_LOCKED},
    {"too many connections", ANY_PHASE, IMAP_TROUBLE_CONNECTIONS},
    {"maximum number of connections", ANY_PHASE, IMAP_TROUBLE_CONNECTIONS},
    {"try again later", ANY_PHASE, IMAP_TROUBLE_TRY_LATER},
    {"temporar", ANY_PHASE, IMAP_TROUBLE_TRY_LATER},
    {"internal error", ANY_PHASE, IMAP_TROUBLE_TRY_LATER},
    {"unsupported auth", IMAP_PHASE_LOGIN, IMAP_TROUBLE_NO_MECHANISM},
    {"unsupported mechanism", IMAP_PHASE_LOGIN, IMAP_TROUBLE_NO_MECHANISM},
    {"mechanism not supported", IMAP_PHASE_LOGIN, IMAP_TROUBLE_NO_MECHANISM},
    {"no mechanism available", IMAP_PHASE_LOGIN, IMAP_TROUBLE_NO_MECHANISM},
    {"not supported", IMAP_PHASE_LOGIN, IMAP_TROUBLE_NO_MECHANISM},
    /* Dovecot, with CANNOT as for a message that it cannot take. */
    {"keyword", IMAP_PHASE_APPEND, IMAP_TROUBLE_BAD_FLAGS},
    {"maximum message size", IMAP_PHASE_APPEND, IMAP_TROUBLE_TOO_BIG},
    {"message too large", IMAP_PHASE_APPEND, IMAP_TROUBLE_TOO_BIG},
    {"size of appendable message", IMAP_PHASE_APPEND, IMAP_TROUBLE_TOO_BIG},
    {"size limit", IMAP_PHASE_APPEND, IMAP_TROUBLE_TOO_BIG},
    {"quota", STORING, IMAP_TROUBLE_FULL},
    {"mailbox is full", STORING, IMAP_TROUBLE_FULL},
    {"not enough disk", STORING, IMAP_TROUBLE_FULL},
    {"no space left", STORING, IMAP_TROUBLE_FULL},
    {"line too long", IMAP_PHASE_APPEND, IMAP_TROUBLE_BAD_MESSAGE},
    {"permission denied", WORKING, IMAP_TROUBLE_RIGHTS},
    {"mailbox does not exist", WORKING, IMAP_TROUBLE_GONE},
    {"mailbox doesn't exist", WORKING, IMAP_TROUBLE_GONE},
};

/* Codes with which the text is not asked any more, when no words above fit. */
static const struct {
	unsigned phases;
	enum imap_code code;
	enum imap_trouble trouble;
} last_rows[] = {
    {IMAP_PHASE_LOGIN, IMAP_CODE_CONTACTADMIN, IMAP_TROUBLE_ASK_ADMIN},
    {ANY_PHASE, IMAP_CODE_UNAVAILABLE, IMAP_TROUBLE_TRY_LATER},
    {IMAP_PHASE_APPEND, IMAP_CODE_CANNOT, IMAP_TROUBLE_BAD_MESSAGE},
    {IMAP_PHASE_APPEND, IMAP_CODE_LIMIT, IMAP_TROUBLE_TOO_BIG},
    {ANY_PHASE, IMAP_CODE_LIMIT, IMAP_TROUBLE_THROTTLED},
};

static uint8_t
lower(uint8_t octet)
{
	return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet + 32) : octet;
}

/* `words` is in small letters; *rest_out is what stands behind them. */
static bool
find_behind(struct bytes text, const char *words, struct bytes *rest_out)
{
	struct bytes wanted = bytes_of_string(words);

	for (size_t i = 0; i + wanted.size <= text.size; i++) {
		size_t k = 0;

		while (k < wanted.size && lower(text.data[i + k]) == wanted.data[k])
			k++;
		if (k == wanted.size) {
			*rest_out = bytes_skip(text, i + k);
			return true;
		}
	}
	return false;
}

static bool
holds(struct bytes text, const char *words)
{
	struct bytes rest;

	return find_behind(text, words, &rest);
}

#define ROWS(table) (sizeof(table) / sizeof(*(table)))

static enum imap_trouble
find_by_bearer(struct bytes status)
{
	for (size_t i = 0; i < ROWS(bearer_rows); i++) {
		if (bytes_equal_nocase(status, bytes_of_string(bearer_rows[i].status)))
			return bearer_rows[i].trouble;
	}
	return IMAP_TROUBLE_OTHER;
}

static enum imap_trouble
find_by_code(const struct imap_answer *answer)
{
	for (size_t i = 0; i < ROWS(code_rows); i++) {
		if ((code_rows[i].phases & (unsigned)answer->phase) != 0 &&
		    code_rows[i].code == answer->code)
			return code_rows[i].trouble;
	}
	return IMAP_TROUBLE_OTHER;
}

static enum imap_trouble
find_by_quirk(const struct imap_answer *answer)
{
	for (size_t i = 0; i < ROWS(quirk_rows); i++) {
		if ((quirk_rows[i].phases & (unsigned)answer->phase) != 0 &&
		    imap_quirk_has(answer->quirks, quirk_rows[i].quirk) &&
		    (quirk_rows[i].code == IMAP_CODE_NONE ||
			quirk_rows[i].code == answer->code) &&
		    holds(answer->text, quirk_rows[i].words))
			return quirk_rows[i].trouble;
	}
	return IMAP_TROUBLE_OTHER;
}

static enum imap_trouble
find_by_text(const struct imap_answer *answer)
{
	for (size_t i = 0; i < ROWS(text_rows); i++) {
		if ((text_rows[i].phases & (unsigned)answer->phase) != 0 &&
		    holds(answer->text, text_rows[i].words))
			return text_rows[i].trouble;
	}
	for (size_t i = 0; i < ROWS(last_rows); i++) {
		if ((last_rows[i].phases & (unsigned)answer->phase) != 0 &&
		    last_rows[i].code == answer->code)
			return last_rows[i].trouble;
	}
	return IMAP_TROUBLE_OTHER;
}

/* What is left when neither codes nor words say it. */
static enum imap_trouble
find_by_state(const struct imap_answer *answer)
{
	bool is_login = answer->phase == IMAP_PHASE_LOGIN;

	if (answer->code == IMAP_CODE_EXPIRED)
		return answer->has_token ? IMAP_TROUBLE_TOKEN_EXPIRED
		    : is_login           ? IMAP_TROUBLE_PASSWORD_EXPIRED
					 : IMAP_TROUBLE_SESSION_EXPIRED;
	if (answer->is_bye)
		return IMAP_TROUBLE_TRY_LATER;
	if (answer->result == IMAP_RESULT_BAD)
		return is_login ? IMAP_TROUBLE_NO_MECHANISM : IMAP_TROUBLE_PROTOCOL;
	if (!is_login)
		return IMAP_TROUBLE_OTHER;
	return answer->has_token ? IMAP_TROUBLE_TOKEN_EXPIRED : IMAP_TROUBLE_WRONG_PASSWORD;
}

struct imap_verdict
imap_verdict_row(enum imap_trouble trouble)
{
	struct imap_verdict verdict;

	CHECK(trouble < IMAP_TROUBLE_COUNT);
	verdict = troubles[trouble];
	verdict.trouble = trouble;
	return verdict;
}

struct imap_verdict
imap_verdict_of(const struct imap_answer *answer)
{
	enum imap_trouble trouble = find_by_bearer(answer->bearer_status);
	struct imap_verdict verdict;

	if (trouble == IMAP_TROUBLE_OTHER)
		trouble = find_by_quirk(answer);
	if (trouble == IMAP_TROUBLE_OTHER)
		trouble = find_by_code(answer);
	if (trouble == IMAP_TROUBLE_OTHER)
		trouble = find_by_text(answer);
	if (trouble == IMAP_TROUBLE_OTHER)
		trouble = find_by_state(answer);
	verdict = imap_verdict_row(trouble);
	/* Whoever is not let in asks why the log-in failed, not why the network did. */
	if (answer->phase == IMAP_PHASE_LOGIN && verdict.cause != CAUSE_TLS && !answer->is_bye)
		verdict.cause = CAUSE_LOGIN;
	return verdict;
}

/* "Suggested Backoff Time: 299961 milliseconds"; 0: nothing is said, or nonsense. */
static int64_t
stated_wait_us(struct bytes text)
{
	struct bytes rest = {0};
	size_t digits = 0;
	uint64_t number = 0;

	if (!find_behind(text, "backoff time: ", &rest))
		return 0;
	while (digits < rest.size && rest.data[digits] >= '0' && rest.data[digits] <= '9')
		digits++;
	if (bytes_number(bytes_first(rest, digits), INT64_MAX / 1000, &number) != ST_OK ||
	    !holds(bytes_skip(rest, digits), "millisecond"))
		return 0;
	return (int64_t)number * 1000;
}

int64_t
imap_verdict_wait_us(const struct imap_answer *answer)
{
	enum imap_trouble trouble = imap_verdict_of(answer).trouble;
	bool is_passing = trouble == IMAP_TROUBLE_THROTTLED ||
	    (trouble == IMAP_TROUBLE_TRY_LATER &&
		(answer->code == IMAP_CODE_UNAVAILABLE || answer->code == IMAP_CODE_INUSE));
	int64_t stated_us;

	if (!is_passing || answer->phase == IMAP_PHASE_LOGIN || answer->is_bye)
		return 0;
	stated_us = stated_wait_us(answer->text);
	return stated_us > 0 ? stated_us : 1;
}
