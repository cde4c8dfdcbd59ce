/* SPDX-License-Identifier: Apache-2.0
 *
 * One case for each row of the table, in what servers really say, and for what is left over.
 */
#include "case.h"

#include "endpoint/verdict.h"

enum {
	NO = IMAP_RESULT_NO,
	BAD = IMAP_RESULT_BAD
};

struct row {
	enum imap_phase phase;
	int result;
	enum imap_code code;
	struct bytes text;
	enum imap_trouble trouble;
};

static void
expect_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct imap_answer answer = {
		    .phase = rows[i].phase,
		    .result = (enum imap_result)rows[i].result,
		    .code = rows[i].code,
		    .text = rows[i].text,
		    .quirks = imap_quirks_of(IMAP_FAMILY_UNKNOWN),
		};
		struct imap_verdict verdict = imap_verdict_of(&answer);

		if (verdict.trouble != rows[i].trouble)
			fail_msg("row %zu \"%s\": trouble %d, not %d", i,
			    (const char *)rows[i].text.data, (int)verdict.trouble,
			    (int)rows[i].trouble);
	}
}

static const struct row code_rows[] = {
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_AUTHORIZATIONFAILED, TEXT("Something."),
	IMAP_TROUBLE_NO_MAILBOX},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NOPERM, TEXT("Something."), IMAP_TROUBLE_NO_MAILBOX},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_CANNOT, TEXT("Something."), IMAP_TROUBLE_NO_MECHANISM},
    {IMAP_PHASE_READ, NO, IMAP_CODE_PRIVACYREQUIRED, TEXT("Something."),
	IMAP_TROUBLE_NEEDS_TLS},
    {IMAP_PHASE_READ, NO, IMAP_CODE_INUSE, TEXT("Something."), IMAP_TROUBLE_TRY_LATER},
    {IMAP_PHASE_READ, NO, IMAP_CODE_SERVERBUG, TEXT("Something."), IMAP_TROUBLE_TRY_LATER},
    {IMAP_PHASE_READ, NO, IMAP_CODE_OVERQUOTA, TEXT("Something."), IMAP_TROUBLE_DAILY_QUOTA},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_OVERQUOTA, TEXT("Something."), IMAP_TROUBLE_FULL},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_TOOBIG, TEXT("Something."), IMAP_TROUBLE_TOO_BIG},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_CANNOT, TEXT("Something."), IMAP_TROUBLE_BAD_MESSAGE},
    {IMAP_PHASE_WRITE, NO, IMAP_CODE_NOPERM, TEXT("Something."), IMAP_TROUBLE_RIGHTS},
    {IMAP_PHASE_WRITE, NO, IMAP_CODE_AUTHORIZATIONFAILED, TEXT("Something."),
	IMAP_TROUBLE_RIGHTS},
    {IMAP_PHASE_WRITE, NO, IMAP_CODE_NONEXISTENT, TEXT("Something."), IMAP_TROUBLE_GONE},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_TRYCREATE, TEXT("Something."), IMAP_TROUBLE_GONE},
    {IMAP_PHASE_WRITE, NO, IMAP_CODE_ALREADYEXISTS, TEXT("Something."), IMAP_TROUBLE_EXISTS},
    {IMAP_PHASE_READ, NO, IMAP_CODE_CLIENTBUG, TEXT("Something."), IMAP_TROUBLE_PROTOCOL},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_CONTACTADMIN, TEXT("Something."), IMAP_TROUBLE_ASK_ADMIN},
    {IMAP_PHASE_READ, NO, IMAP_CODE_UNAVAILABLE, TEXT("Something."), IMAP_TROUBLE_TRY_LATER},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_LIMIT, TEXT("Something."), IMAP_TROUBLE_TOO_BIG},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_CANNOT,
	TEXT("Keyword length too long (0.001 + 0.000 secs)."), IMAP_TROUBLE_BAD_FLAGS},
    {IMAP_PHASE_READ, NO, IMAP_CODE_LIMIT, TEXT("Something."), IMAP_TROUBLE_THROTTLED},
};

static void
test_codes(void **state)
{
	(void)state;
	expect_rows(code_rows, COUNT_OF(code_rows));
}

static const struct row word_rows[] = {
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE,
	TEXT("Application-specific password required: "
	     "https://support.google.com/accounts/answer/185833 (Failure)"),
	IMAP_TROUBLE_APP_PASSWORD},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("LOGIN Please use an App Password"),
	IMAP_TROUBLE_APP_PASSWORD},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE,
	TEXT("IMAP access is disabled for your domain. Please contact your domain "
	     "administrator"),
	IMAP_TROUBLE_IMAP_OFF},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE,
	TEXT("Your account is not enabled for IMAP use. Please visit your settings "
	     "page"),
	IMAP_TROUBLE_IMAP_OFF},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("IMAP is disabled for this mailbox"),
	IMAP_TROUBLE_IMAP_OFF},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("IMAP is not enabled for this user"),
	IMAP_TROUBLE_IMAP_OFF},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE,
	TEXT("Please log in via your web browser: https://support.google.com/ "
	     "(Failure)"),
	IMAP_TROUBLE_WEB_LOGIN},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("Web login required. (Failure)"),
	IMAP_TROUBLE_WEB_LOGIN},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE,
	TEXT("LOGIN failed. BasicAuthBlocked; see https://aka.ms"), IMAP_TROUBLE_PASSWORDS_OFF},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("Basic authentication is disabled."),
	IMAP_TROUBLE_PASSWORDS_OFF},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("User is authenticated but not connected."),
	IMAP_TROUBLE_NO_MAILBOX},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE,
	TEXT("AADSTS65001: The user or administrator has not agreed"),
	IMAP_TROUBLE_CONSENT_REVOKED},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE,
	TEXT("AADSTS50173: The provided grant has been withdrawn"),
	IMAP_TROUBLE_CONSENT_REVOKED},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE,
	TEXT("The user has not given consent to this application"),
	IMAP_TROUBLE_CONSENT_REVOKED},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("AUTHENTICATE failed. AccessTokenExpired"),
	IMAP_TROUBLE_TOKEN_EXPIRED},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("Token expired"), IMAP_TROUBLE_TOKEN_EXPIRED},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("Your token has expired"),
	IMAP_TROUBLE_TOKEN_EXPIRED},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("Password expired"),
	IMAP_TROUBLE_PASSWORD_EXPIRED},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("Your password has expired"),
	IMAP_TROUBLE_PASSWORD_EXPIRED},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("Account is locked."), IMAP_TROUBLE_LOCKED},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("Account locked, ask the help desk"),
	IMAP_TROUBLE_LOCKED},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("You have been locked out"),
	IMAP_TROUBLE_LOCKED},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("Your account is disabled"),
	IMAP_TROUBLE_LOCKED},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("Account disabled by administrator"),
	IMAP_TROUBLE_LOCKED},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("This mailbox was suspended"),
	IMAP_TROUBLE_LOCKED},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("Too many failed logins"), IMAP_TROUBLE_LOCKED},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("Too many login failures, try tomorrow"),
	IMAP_TROUBLE_LOCKED},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("Too many invalid IMAP commands"),
	IMAP_TROUBLE_LOCKED},
    {IMAP_PHASE_READ, NO, IMAP_CODE_NONE, TEXT("Too many simultaneous connections. (Failure)"),
	IMAP_TROUBLE_CONNECTIONS},
    {IMAP_PHASE_READ, NO, IMAP_CODE_NONE, TEXT("Too many connections from your IP"),
	IMAP_TROUBLE_CONNECTIONS},
    {IMAP_PHASE_READ, NO, IMAP_CODE_NONE,
	TEXT("Maximum number of connections from user+IP exceeded"), IMAP_TROUBLE_CONNECTIONS},
    {IMAP_PHASE_READ, NO, IMAP_CODE_NONE, TEXT("Session expired, please login again."),
	IMAP_TROUBLE_SESSION_EXPIRED},
    {IMAP_PHASE_READ, NO, IMAP_CODE_NONE,
	TEXT("Account exceeded command or bandwidth limits. (Failure)"),
	IMAP_TROUBLE_DAILY_QUOTA},
    {IMAP_PHASE_READ, NO, IMAP_CODE_NONE, TEXT("Request is throttled."),
	IMAP_TROUBLE_THROTTLED},
    {IMAP_PHASE_READ, NO, IMAP_CODE_NONE, TEXT("Rate limit hit."), IMAP_TROUBLE_THROTTLED},
    {IMAP_PHASE_READ, NO, IMAP_CODE_NONE, TEXT("Suggested Backoff Time: 1000 milliseconds"),
	IMAP_TROUBLE_THROTTLED},
    {IMAP_PHASE_READ, NO, IMAP_CODE_NONE, TEXT("Please try again later"),
	IMAP_TROUBLE_TRY_LATER},
    {IMAP_PHASE_READ, NO, IMAP_CODE_NONE, TEXT("Temporary problem, please wait"),
	IMAP_TROUBLE_TRY_LATER},
    {IMAP_PHASE_READ, NO, IMAP_CODE_NONE,
	TEXT("Internal error occurred. Refer to server log for more information."),
	IMAP_TROUBLE_TRY_LATER},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("Unsupported authentication mechanism."),
	IMAP_TROUBLE_NO_MECHANISM},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("Unsupported mechanism"),
	IMAP_TROUBLE_NO_MECHANISM},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("Mechanism not supported"),
	IMAP_TROUBLE_NO_MECHANISM},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("no mechanism available"),
	IMAP_TROUBLE_NO_MECHANISM},
    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("AUTH type not supported"),
	IMAP_TROUBLE_NO_MECHANISM},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_NONE, TEXT("Message exceeds the maximum message size"),
	IMAP_TROUBLE_TOO_BIG},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_NONE, TEXT("Message too large."), IMAP_TROUBLE_TOO_BIG},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_NONE,
	TEXT("The size of appendable message has been exceeded."), IMAP_TROUBLE_TOO_BIG},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_NONE, TEXT("Over the size limit"), IMAP_TROUBLE_TOO_BIG},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_NONE, TEXT("Quota exceeded"), IMAP_TROUBLE_FULL},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_NONE, TEXT("The mailbox is full."), IMAP_TROUBLE_FULL},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_NONE, TEXT("User is over storage limit"),
	IMAP_TROUBLE_FULL},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_NONE, TEXT("Not enough disk space"), IMAP_TROUBLE_FULL},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_NONE, TEXT("write failed: No space left on device"),
	IMAP_TROUBLE_FULL},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_NONE, TEXT("Message contains invalid header"),
	IMAP_TROUBLE_BAD_MESSAGE},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_NONE, TEXT("Message contains NUL characters"),
	IMAP_TROUBLE_BAD_MESSAGE},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_NONE, TEXT("Unable to parse message"),
	IMAP_TROUBLE_BAD_MESSAGE},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_NONE, TEXT("Line too long in message"),
	IMAP_TROUBLE_BAD_MESSAGE},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_NONE, TEXT("Message contains a virus"),
	IMAP_TROUBLE_BAD_MESSAGE},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_NONE, TEXT("APPEND Command Argument Error. 11"),
	IMAP_TROUBLE_BAD_MESSAGE},
    {IMAP_PHASE_WRITE, NO, IMAP_CODE_NONE, TEXT("Permission denied"), IMAP_TROUBLE_RIGHTS},
    {IMAP_PHASE_WRITE, NO, IMAP_CODE_NONE, TEXT("Mailbox does not exist"), IMAP_TROUBLE_GONE},
    {IMAP_PHASE_WRITE, NO, IMAP_CODE_NONE, TEXT("Mailbox doesn't exist: Work"),
	IMAP_TROUBLE_GONE},
    {IMAP_PHASE_WRITE, NO, IMAP_CODE_NONE, TEXT("Mailbox already exists"), IMAP_TROUBLE_EXISTS},
    {IMAP_PHASE_WRITE, NO, IMAP_CODE_NONE, TEXT("Mailbox doesn't allow inferior mailboxes"),
	IMAP_TROUBLE_BAD_NAME},
    {IMAP_PHASE_WRITE, NO, IMAP_CODE_NONE, TEXT("Folder name is reserved."),
	IMAP_TROUBLE_BAD_NAME},
    {IMAP_PHASE_WRITE, NO, IMAP_CODE_CANNOT, TEXT("Folder contains excess whitespace"),
	IMAP_TROUBLE_BAD_NAME},
    {IMAP_PHASE_WRITE, NO, IMAP_CODE_NONE, TEXT("Label name is not allowed: Sent"),
	IMAP_TROUBLE_BAD_NAME},
    {IMAP_PHASE_READ, NO, IMAP_CODE_CANNOT, TEXT("Mailbox isn't a valid mbox file"),
	IMAP_TROUBLE_BAD_FOLDER},
    {IMAP_PHASE_READ, BAD, IMAP_CODE_NONE, TEXT("User is authenticated but not connected."),
	IMAP_TROUBLE_NO_MAILBOX},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_NONE, TEXT("header limit reached"),
	IMAP_TROUBLE_BAD_MESSAGE},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_LIMIT, TEXT("Rate limit hit"), IMAP_TROUBLE_THROTTLED},
    {IMAP_PHASE_APPEND, BAD, IMAP_CODE_CLIENTBUG,
	TEXT("APPEND Additional arguments found after last expected argument"),
	IMAP_TROUBLE_BAD_MESSAGE},
    {IMAP_PHASE_APPEND, NO, IMAP_CODE_READ_ONLY, TEXT("x"), IMAP_TROUBLE_RIGHTS},
    {IMAP_PHASE_READ, NO, IMAP_CODE_AUTHENTICATIONFAILED, TEXT("x"),
	IMAP_TROUBLE_WRONG_PASSWORD},
};

static void
test_words(void **state)
{
	(void)state;
	expect_rows(word_rows, COUNT_OF(word_rows));
}

/* Neither code nor words, or both of them. */
static void
test_the_rest(void **state)
{
	static const struct row rows[] = {
	    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_AUTHENTICATIONFAILED, TEXT("Failed."),
		IMAP_TROUBLE_WRONG_PASSWORD},
	    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("LOGIN failed"),
		IMAP_TROUBLE_WRONG_PASSWORD},
	    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_EXPIRED, TEXT("x"), IMAP_TROUBLE_PASSWORD_EXPIRED},
	    {IMAP_PHASE_READ, NO, IMAP_CODE_EXPIRED, TEXT("x"), IMAP_TROUBLE_SESSION_EXPIRED},
	    {IMAP_PHASE_LOGIN, BAD, IMAP_CODE_NONE, TEXT("x"), IMAP_TROUBLE_NO_MECHANISM},
	    {IMAP_PHASE_READ, BAD, IMAP_CODE_NONE, TEXT("x"), IMAP_TROUBLE_PROTOCOL},
	    {IMAP_PHASE_READ, NO, IMAP_CODE_NONE, TEXT("x"), IMAP_TROUBLE_OTHER},
	    /* A code that decides is not overruled by words. */
	    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_AUTHORIZATIONFAILED, TEXT("try again later"),
		IMAP_TROUBLE_NO_MAILBOX},
	    /* Words of another phase say nothing. */
	    {IMAP_PHASE_READ, NO, IMAP_CODE_NONE, TEXT("account locked"), IMAP_TROUBLE_OTHER},
	    {IMAP_PHASE_LOGIN, NO, IMAP_CODE_NONE, TEXT("quota"), IMAP_TROUBLE_WRONG_PASSWORD},
	    /* Words are found in any letters, and only whole. */
	    {IMAP_PHASE_READ, NO, IMAP_CODE_NONE, TEXT("TRY AGAIN LATER"),
		IMAP_TROUBLE_TRY_LATER},
	    {IMAP_PHASE_READ, NO, IMAP_CODE_NONE, TEXT("try again late"), IMAP_TROUBLE_OTHER},
	};

	(void)state;
	expect_rows(rows, COUNT_OF(rows));
}

/* Words that are a quirk say nothing of a server that has it not. */
static void
test_words_without_quirk(void **state)
{
	struct imap_answer answer = {
	    .phase = IMAP_PHASE_APPEND,
	    .result = IMAP_RESULT_NO,
	    .text = TEXT("Message refused because it contains a virus"),
	};

	(void)state;
	assert_int_equal(imap_verdict_of(&answer).trouble, IMAP_TROUBLE_OTHER);
	imap_quirks_add(&answer.quirks, IMAP_QUIRK_SAYS_VIRUS);
	assert_int_equal(imap_verdict_of(&answer).trouble, IMAP_TROUBLE_BAD_MESSAGE);
}

static void
test_tokens(void **state)
{
	static const struct {
		struct bytes status;
		enum imap_trouble trouble;
	} rows[] = {
	    {TEXT("invalid_token"), IMAP_TROUBLE_TOKEN_EXPIRED},
	    {TEXT("400"), IMAP_TROUBLE_TOKEN_EXPIRED},
	    {TEXT("401"), IMAP_TROUBLE_TOKEN_EXPIRED},
	    {TEXT("insufficient_scope"), IMAP_TROUBLE_TOKEN_SCOPE},
	    {TEXT("403"), IMAP_TROUBLE_TOKEN_SCOPE},
	    {TEXT("invalid_grant"), IMAP_TROUBLE_CONSENT_REVOKED},
	    {TEXT("temporarily_unavailable"), IMAP_TROUBLE_TRY_LATER},
	    {TEXT("500"), IMAP_TROUBLE_TRY_LATER},
	    {TEXT("503"), IMAP_TROUBLE_TRY_LATER},
	    {TEXT(""), IMAP_TROUBLE_TOKEN_EXPIRED},
	    {TEXT("418"), IMAP_TROUBLE_TOKEN_EXPIRED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct imap_answer answer = {
		    .phase = IMAP_PHASE_LOGIN,
		    .result = IMAP_RESULT_NO,
		    .code = IMAP_CODE_AUTHENTICATIONFAILED,
		    .text = BYTES("SASL authentication failed"),
		    .has_token = true,
		    .bearer_status = rows[i].status,
		};

		EXPECT((const char *)rows[i].status.data,
		    imap_verdict_of(&answer).trouble == rows[i].trouble);
	}
}

/* What policy does with it: cause, scope and retry. */
static void
test_what_follows(void **state)
{
	static const struct {
		enum imap_trouble trouble;
		enum fault_cause cause;
		enum fault_scope scope;
		enum fault_retry retry;
	} rows[] = {
	    {IMAP_TROUBLE_WRONG_PASSWORD, CAUSE_LOGIN, FAULT_ENDPOINT, RETRY_NEVER},
	    {IMAP_TROUBLE_TOKEN_EXPIRED, CAUSE_LOGIN, FAULT_ENDPOINT, RETRY_LATER},
	    {IMAP_TROUBLE_CONSENT_REVOKED, CAUSE_LOGIN, FAULT_ENDPOINT, RETRY_NEVER},
	    {IMAP_TROUBLE_NEEDS_TLS, CAUSE_TLS, FAULT_ENDPOINT, RETRY_NEVER},
	    {IMAP_TROUBLE_THROTTLED, CAUSE_NETWORK, FAULT_ENDPOINT, RETRY_LATER},
	    {IMAP_TROUBLE_SESSION_EXPIRED, CAUSE_NETWORK, FAULT_ENDPOINT, RETRY_NOW},
	    {IMAP_TROUBLE_FULL, CAUSE_FULL, FAULT_MAILBOX, RETRY_LATER},
	    {IMAP_TROUBLE_TOO_BIG, CAUSE_CONTENT, FAULT_MESSAGE, RETRY_NEVER},
	    {IMAP_TROUBLE_BAD_MESSAGE, CAUSE_CONTENT, FAULT_MESSAGE, RETRY_NEVER},
	    {IMAP_TROUBLE_RIGHTS, CAUSE_RIGHTS, FAULT_FOLDER, RETRY_NEVER},
	    {IMAP_TROUBLE_PROTOCOL, CAUSE_PROTOCOL, FAULT_ENDPOINT, RETRY_LATER},
	};
	struct imap_answer answer = {.phase = IMAP_PHASE_LOGIN, .code = IMAP_CODE_UNAVAILABLE};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct imap_verdict verdict = imap_verdict_row(rows[i].trouble);

		assert_int_equal(verdict.trouble, rows[i].trouble);
		assert_int_equal(verdict.cause, rows[i].cause);
		assert_int_equal(verdict.scope, rows[i].scope);
		assert_int_equal(verdict.retry, rows[i].retry);
	}
	for (enum imap_trouble i = 0; i < IMAP_TROUBLE_COUNT; i++)
		assert_non_null(imap_verdict_row(i).advice);
	/* Whoever is not let in is told of the log-in; a farewell is the network's. */
	answer.result = IMAP_RESULT_NO;
	assert_int_equal(imap_verdict_of(&answer).cause, CAUSE_LOGIN);
	assert_int_equal(imap_verdict_of(&answer).retry, RETRY_LATER);
	answer.is_bye = true;
	assert_int_equal(imap_verdict_of(&answer).cause, CAUSE_NETWORK);
	answer.code = IMAP_CODE_NONE;
	assert_int_equal(imap_verdict_of(&answer).trouble, IMAP_TROUBLE_TRY_LATER);
}

/* How long to wait: what is stated, 1 where nothing is, 0 where waiting does not help. */
static void
test_waits(void **state)
{
	static const struct {
		enum imap_phase phase;
		enum imap_code code;
		struct bytes text;
		int64_t wait_us;
	} waits[] = {
	    {IMAP_PHASE_APPEND, 0,
		TEXT("Request is throttled. Suggested Backoff Time: 299961 milliseconds"),
		299961000},
	    {IMAP_PHASE_READ, 0, TEXT("SUGGESTED BACKOFF TIME: 1 MILLISECONDS"), 1000},
	    {IMAP_PHASE_READ, 0, TEXT("Suggested Backoff Time: 0 milliseconds"), 1},
	    {IMAP_PHASE_READ, 0, TEXT("Suggested Backoff Time: 12 minutes"), 1},
	    {IMAP_PHASE_READ, 0, TEXT("Suggested Backoff Time: soon"), 1},
	    {IMAP_PHASE_READ, 0,
		TEXT("Suggested Backoff Time: 99999999999999999999 milliseconds"), 1},
	    {IMAP_PHASE_LOGIN, 0, TEXT("Suggested Backoff Time: 5 milliseconds"), 0},
	    {IMAP_PHASE_WRITE, IMAP_CODE_UNAVAILABLE, TEXT("Busy."), 1},
	    {IMAP_PHASE_READ, IMAP_CODE_INUSE, TEXT("Busy."), 1},
	    {IMAP_PHASE_READ, IMAP_CODE_LIMIT, TEXT("Busy."), 1},
	    {IMAP_PHASE_APPEND, IMAP_CODE_LIMIT, TEXT("Busy."), 0},
	    {IMAP_PHASE_READ, IMAP_CODE_SERVERBUG, TEXT("Busy."), 0},
	    {IMAP_PHASE_APPEND, 0, TEXT("Try again later."), 0},
	    {IMAP_PHASE_APPEND, 0, TEXT("No."), 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		struct imap_answer answer = {
		    .phase = waits[i].phase,
		    .result = IMAP_RESULT_NO,
		    .code = waits[i].code,
		    .text = waits[i].text,
		    .quirks = imap_quirks_of(IMAP_FAMILY_UNKNOWN),
		};
		int64_t wait_us = imap_verdict_wait_us(&answer);

		if (wait_us != waits[i].wait_us)
			fail_msg("\"%s\": %lld us", (const char *)waits[i].text.data,
			    (long long)wait_us);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_codes),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_the_rest),
	    cmocka_unit_test(test_words_without_quirk),
	    cmocka_unit_test(test_tokens),
	    cmocka_unit_test(test_what_follows),
	    cmocka_unit_test(test_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
