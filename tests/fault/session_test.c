/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/range.h"
#include "base/secret.h"
#include "everywhere.h"
#include "wire/imap/session.h"

static const struct tick now = {1000000};

/* A session, and what it needs around it. */
struct talk {
	struct imap_session *session;
	struct range_set uids;
	struct buf trace;
	struct imap_command command; /* the newest */
	char tag[32];                /* of the newest command */
};

/* Takes what the session wants to send; the first word of its first line is the tag. */
static void
send_output(struct talk *talk)
{
	struct bytes output = imap_session_output(talk->session);
	size_t size = bytes_find(output, ' ', 0);

	if (output.size > 0 && size < sizeof(talk->tag)) {
		memcpy(talk->tag, output.data, size);
		talk->tag[size] = 0;
	}
	while (output.size > 0) {
		imap_session_sent(talk->session, output.size, now);
		output = imap_session_output(talk->session);
	}
}

static enum status
hear(struct talk *talk, struct bytes input)
{
	enum status status = ST_OK;
	struct imap_event event;
	struct fault fault = {0};

	while (status == ST_OK && input.size > 0) {
		size_t used = 0;

		status = imap_session_feed(talk->session, input, now, &used, &fault);
		if (status != ST_OK)
			break;
		input = bytes_skip(input, used);
		do
			status = imap_session_next(talk->session, &event);
		while (status == ST_OK);
		if (status == ST_AGAIN)
			status = ST_OK;
	}
	return status;
}

/* The reply to the newest command: `untagged`, then its OK with `code`. */
static enum status
reply(struct talk *talk, const char *untagged, const char *code)
{
	char text[1024];
	int size;

	send_output(talk);
	size = snprintf(text, sizeof(text), "%s%s OK %sdone.\r\n", untagged, talk->tag, code);
	assert_true(size > 0 && (size_t)size < sizeof(text));
	return hear(talk, bytes_of(text, (size_t)size));
}

#define DO(call)                                                                               \
	do {                                                                                   \
		if (status == ST_OK)                                                           \
			status = (call);                                                       \
	} while (0)

#define CAPABILITIES "IMAP4rev1 SASL-IR AUTH=PLAIN LITERAL+ ID NAMESPACE UIDPLUS UNSELECT"

static enum status
log_in(struct talk *talk)
{
	static const struct imap_sasl plain = {
	    .mechanism = "PLAIN",
	    .has_initial = true,
	    .initial = {(const uint8_t *)"\0anna\0secret", 12},
	    .secret = {(const uint8_t *)"secret", 6},
	};
	enum status status = ST_OK;

	DO(hear(talk, BYTES("* OK [CAPABILITY " CAPABILITIES "] Dovecot ready.\r\n")));
	DO(imap_session_authenticate(talk->session, &plain, &talk->command));
	DO(reply(talk, "", "[CAPABILITY " CAPABILITIES "] "));
	DO(imap_session_id(talk->session, BYTES("0.1"), &talk->command));
	DO(reply(talk, "* ID (\"name\" \"Dovecot\")\r\n", ""));
	DO(imap_session_namespace(talk->session, &talk->command));
	DO(reply(talk, "* NAMESPACE ((\"\" \"/\")) ((\"Other/\" \"/\")) NIL\r\n", ""));
	return status;
}

static enum status
read_folder(struct talk *talk)
{
	enum status status = ST_OK;

	DO(imap_session_list(talk->session, 0, &talk->command));
	DO(reply(talk,
	    "* LIST (\\HasNoChildren) \"/\" \"IN \\\"BOX\"\r\n"
	    "* LIST () \"/\" {5}\r\nother\r\n",
	    ""));
	DO(imap_session_status(
	    talk->session, BYTES("INBOX"), IMAP_STATUS_MESSAGES, &talk->command));
	DO(reply(talk, "* STATUS INBOX (MESSAGES 2)\r\n", ""));
	DO(imap_session_examine(talk->session, BYTES("INBOX"), &talk->command));
	DO(reply(talk,
	    "* FLAGS (\\Seen $Forwarded)\r\n* 2 EXISTS\r\n"
	    "* OK [UIDVALIDITY 7] x\r\n* OK [PERMANENTFLAGS (\\Seen one two \\*)] x\r\n",
	    "[READ-ONLY] "));
	DO(range_set_add(&talk->uids, 1, 9));
	DO(imap_session_fetch(talk->session, &talk->uids,
	    IMAP_FETCH_FLAGS | IMAP_FETCH_DATE | IMAP_FETCH_SIZE | IMAP_FETCH_BODY,
	    &talk->command));
	DO(reply(talk,
	    "* 1 FETCH (UID 3 FLAGS (\\Seen one $two) INTERNALDATE "
	    "\"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 5 BODY[] {5}\r\nhello)\r\n"
	    "* 2 FETCH (UID 4 BODY[] NIL)\r\n",
	    ""));
	return status;
}

static enum status
append(struct talk *talk)
{
	struct flags flags = {FLAG_SEEN, BYTES("one two")};
	struct mail_date date = {0, 60, true};
	enum status status;

	status = imap_session_append_begin(talk->session, BYTES("Sent \"x\""), &talk->command);
	DO(imap_session_append_message(talk->session, flags, date, 5));
	if (status != ST_OK)
		return status;
	send_output(talk);
	assert_int_equal(imap_session_literal_room(talk->session), 5);
	imap_session_literal_sent(talk->session, BYTES("hello"), now);
	DO(imap_session_append_end(talk->session));
	if (status != ST_OK)
		return status;
	while (imap_session_output(talk->session).size > 0)
		imap_session_sent(talk->session, imap_session_output(talk->session).size, now);
	DO(reply(talk, "", "[APPENDUID 7 10] "));
	return status;
}

static enum status
talk_to_a_server(void)
{
	struct imap_limits limits = imap_limits_default();
	struct talk talk = {0};
	uint8_t *room;
	enum status status = imap_session_new(&limits, now, &talk.session);

	if (status != ST_OK) {
		assert_null(talk.session);
		return status;
	}
	range_set_init(&talk.uids, 100);
	buf_init(&talk.trace, 1 << 16);
	/* A trace that does not fit is cut and no fault, so it has its memory beforehand. */
	DO(buf_reserve(&talk.trace, 1 << 15, &room));
	if (status == ST_OK)
		imap_session_trace(talk.session, &talk.trace);
	DO(log_in(&talk));
	DO(read_folder(&talk));
	DO(append(&talk));
	DO(imap_session_logout(talk.session, &talk.command));
	DO(reply(&talk, "* BYE so long\r\n", ""));
	imap_session_free(&talk.session);
	assert_null(talk.session);
	buf_fini(&talk.trace);
	range_set_fini(&talk.uids);
	return status;
}

static void
test_every_allocation_of_a_session_may_fail(void **state)
{
	(void)state;
	fail_everywhere("session", talk_to_a_server);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_allocation_of_a_session_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
