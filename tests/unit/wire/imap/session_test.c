/* SPDX-License-Identifier: Apache-2.0
 *
 * What dialogues cannot show (those are in tests/transcript): time, memory, limits, and the
 * order of calls.
 */
#include "case.h"

#include <string.h>

#include "base/buf.h"
#include "base/range.h"
#include "base/secret.h"
#include "wire/imap/session.h"

static const struct tick start = {1000};

enum {
	SILENCE_US = 300 * 1000000,
	HELLO_US = 120 * 1000000
};

static const int64_t slow_us = 1800 * 1000000LL;

static struct imap_session *
open_session(struct imap_limits limits)
{
	struct imap_session *session = NULL;

	assert_int_equal(imap_session_new(&limits, start, &session), ST_OK);
	return session;
}

/* Takes the text and drops its events; the kind of the last one. */
static enum imap_event_kind
hear(struct imap_session *session, const char *text, struct tick now)
{
	struct bytes rest = bytes_of_string(text);
	struct imap_event event = {0};

	while (rest.size > 0) {
		size_t used = 0;

		assert_int_equal(imap_session_feed(session, rest, now, &used, NULL), ST_OK);
		rest = bytes_skip(rest, used);
		while (imap_session_next(session, &event) == ST_OK)
			;
	}
	return event.kind;
}

static void
send_all(struct imap_session *session, struct tick now)
{
	struct bytes octets = imap_session_output(session);

	while (octets.size > 0) {
		imap_session_sent(session, octets.size, now);
		octets = imap_session_output(session);
	}
}

static struct imap_session *
open_ready(void)
{
	struct imap_session *session = open_session(imap_limits_default());

	hear(session, "* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] hi\r\n", start);
	return session;
}

static void
test_nothing_leaves_before_the_greeting(void **state)
{
	struct imap_session *session = open_session(imap_limits_default());
	struct imap_command command;

	(void)state;
	assert_int_equal(imap_session_noop(session, &command), ST_OK);
	assert_int_equal(imap_session_output(session).size, 0);
	hear(session, "* OK hi\r\n", start);
	assert_true(bytes_equal(imap_session_output(session), BYTES("A1 NOOP\r\n")));
	assert_false(imap_session_is_quiet(session));
	send_all(session, start);
	assert_true(imap_session_is_quiet(session));
	imap_session_free(&session);
	assert_null(session);
}

static void
test_the_deadline(void **state)
{
	struct imap_session *session = open_session(imap_limits_default());
	struct imap_command command;

	(void)state;
	assert_int_equal(imap_session_deadline(session).us, start.us + HELLO_US);
	hear(session, "* PREAUTH h", (struct tick){2000});
	assert_int_equal(imap_session_deadline(session).us, start.us + HELLO_US);
	hear(session, "i\r\n", (struct tick){3000});
	assert_int_equal(imap_session_deadline(session).us, TICK_NEVER.us);
	assert_int_equal(imap_session_noop(session, &command), ST_OK);
	/* Not sent yet: the server owes nothing. */
	assert_int_equal(imap_session_deadline(session).us, TICK_NEVER.us);
	imap_session_sent(session, 3, (struct tick){5000});
	assert_int_equal(imap_session_deadline(session).us, 5000 + SILENCE_US);
	send_all(session, (struct tick){6000});
	assert_int_equal(imap_session_deadline(session).us, 6000 + SILENCE_US);
	/* A second command does not excuse the silence to the first. */
	assert_int_equal(imap_session_noop(session, &command), ST_OK);
	send_all(session, (struct tick){7000});
	assert_int_equal(imap_session_deadline(session).us, 6000 + SILENCE_US);
	hear(session, "* ", (struct tick){8000});
	assert_int_equal(imap_session_deadline(session).us, 8000 + SILENCE_US);
	hear(session, "OK\r\nA1 OK\r\nA2 OK\r\n", (struct tick){9000});
	assert_int_equal(imap_session_deadline(session).us, TICK_NEVER.us);
	imap_session_free(&session);
}

/* Its greeting has no line end, so that nobody may wait for one. */
static void
test_a_stranger_is_known_by_its_first_octet(void **state)
{
	static const char *const greetings[] = {"\x15\x03\x01", "\xff\xfd\x18", "\x01"};

	(void)state;
	for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++) {
		struct imap_session *session = open_session(imap_limits_default());
		struct fault fault = {0};
		size_t used = 0;

		assert_int_equal(imap_session_feed(session, bytes_of_string(greetings[i]),
				     start, &used, &fault),
		    ST_SYNTAX);
		assert_non_null(strstr(fault.text, "did not greet as an IMAP server does"));
		imap_session_free(&session);
	}
}

/* Until we are let in, nothing that a server says moves the deadline but the reply. */
static void
test_the_deadline_of_a_hello(void **state)
{
	struct imap_session *session = open_session(imap_limits_default());
	struct imap_command command;

	(void)state;
	hear(session, "* OK hi\r\n", (struct tick){2000});
	assert_int_equal(imap_session_capability(session, &command), ST_OK);
	send_all(session, (struct tick){3000});
	hear(session, "* OK Still here\r\n+ go on\r\n* CAPABILITY", (struct tick){HELLO_US});
	assert_int_equal(imap_session_deadline(session).us, 3000 + HELLO_US);
	hear(session, " IMAP4rev1\r\nA1 OK\r\n", (struct tick){HELLO_US});
	assert_int_equal(imap_session_deadline(session).us, TICK_NEVER.us);
	assert_int_equal(imap_session_capability(session, &command), ST_OK);
	send_all(session, (struct tick){HELLO_US + 5});
	assert_int_equal(imap_session_deadline(session).us, 2 * HELLO_US + 5);
	imap_session_free(&session);
}

/* Who talks all the time and says nothing that was asked for does not get on. */
static void
expect_progress_by(const char *row)
{
	struct imap_session *session = open_ready();
	struct imap_command command;
	int64_t now = start.us;

	assert_int_equal(imap_session_noop(session, &command), ST_OK);
	send_all(session, start);
	for (; now + SILENCE_US < start.us + slow_us; now += SILENCE_US - 1)
		hear(session, "* OK Still here\r\n* 7 EXISTS\r\n* 1 FETCH (FLAGS ())\r\n",
		    (struct tick){now});
	for (int i = 0; i < 127; i++)
		hear(session, row, (struct tick){now});
	EXPECT(row, imap_session_deadline(session).us == start.us + slow_us);
	hear(session, row, (struct tick){now});
	EXPECT(row, imap_session_deadline(session).us == now + SILENCE_US);
	/* An owner that did not read for an hour finds no slow server. */
	now += 3600 * 1000000LL;
	hear(session, "* OK Still here\r\n", (struct tick){now});
	EXPECT(row, imap_session_deadline(session).us == now + SILENCE_US);
	imap_session_free(&session);
}

static void
test_the_deadline_of_the_slow(void **state)
{
	static const char *const rows[] = {
	    "* 1 FETCH (UID 1 FLAGS ())\r\n",
	    "* LIST () \"/\" a\r\n",
	    "* STATUS a (MESSAGES 1)\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_progress_by(rows[i]);
}

/* One octet now and then is no silence, and no progress. */
static void
test_the_deadline_of_a_drip(void **state)
{
	struct imap_session *session = open_ready();
	struct imap_command command;
	int64_t now = start.us;

	(void)state;
	assert_int_equal(imap_session_noop(session, &command), ST_OK);
	send_all(session, start);
	hear(session, "* 1 FETCH (BODY[] {5000}\r\n", start);
	for (; now < start.us + slow_us; now += 1000000)
		hear(session, "x", (struct tick){now});
	assert_int_equal(imap_session_deadline(session).us, start.us + slow_us);
	imap_session_free(&session);
}

static void
test_a_literal_under_way_moves_the_deadline(void **state)
{
	struct imap_session *session = open_ready();
	struct imap_command command;

	(void)state;
	assert_int_equal(imap_session_append_begin(session, BYTES("x"), &command), ST_OK);
	assert_int_equal(
	    imap_session_append_message(session, (struct flags){0}, (struct mail_date){0}, 2),
	    ST_OK);
	assert_int_equal(imap_session_literal_room(session), 0);
	send_all(session, (struct tick){5000});
	assert_int_equal(imap_session_literal_room(session), 2);
	imap_session_literal_sent(session, BYTES("a"), (struct tick){9000});
	assert_int_equal(imap_session_deadline(session).us, 9000 + SILENCE_US);
	imap_session_free(&session);
}

static void
test_a_line_in_one_piece_is_not_copied(void **state)
{
	static const char line[] = "* LIST () \"/\" INBOX\r\n* 1 FETCH (BODY[] {3}\r\nabc)\r\n";
	struct imap_session *session = open_ready();
	struct bytes input = bytes_of_string(line);
	struct imap_event event;
	size_t used = 0;

	(void)state;
	assert_int_equal(imap_session_feed(session, input, start, &used, NULL), ST_OK);
	assert_int_equal(used, 21);
	/* Events first, octets then. */
	assert_int_equal(
	    imap_session_feed(session, bytes_skip(input, 21), start, &used, NULL), ST_OK);
	assert_int_equal(used, 0);
	assert_int_equal(imap_session_next(session, &event), ST_OK);
	assert_ptr_equal(event.folder.name.data, line + 14);
	assert_int_equal(imap_session_next(session, &event), ST_AGAIN);
	input = bytes_skip(input, 21);
	assert_int_equal(imap_session_feed(session, input, start, &used, NULL), ST_OK);
	assert_int_equal(imap_session_next(session, &event), ST_OK);
	assert_int_equal(event.kind, IMAP_EVENT_BODY_BEGIN);
	assert_int_equal(imap_session_next(session, &event), ST_OK);
	assert_int_equal(event.kind, IMAP_EVENT_BODY_DATA);
	assert_ptr_equal(event.body.data.data, line + 21 + 23);
	assert_int_equal(imap_session_next(session, &event), ST_OK);
	assert_int_equal(event.kind, IMAP_EVENT_BODY_END);
	imap_session_free(&session);
}

/* The owner starts TLS without feeding what lies behind the OK. */
static void
test_starttls_sees_octets_that_were_not_taken(void **state)
{
	static const struct bytes reply = TEXT("A1 OK go\r\nA2 OK in\r\n");
	struct imap_session *session = open_session(imap_limits_default());
	struct imap_command command;
	struct imap_event event;
	struct fault fault = {0};
	size_t used = 0;

	(void)state;
	hear(session, "* OK hi\r\n", start);
	assert_int_equal(imap_session_starttls(session, &command), ST_OK);
	assert_int_equal(imap_session_noop(session, &command), ST_CONFLICT);
	send_all(session, start);
	assert_int_equal(imap_session_feed(session, reply, start, &used, &fault), ST_OK);
	assert_int_equal(used, 10);
	assert_int_equal(imap_session_next(session, &event), ST_OK);
	assert_int_equal(imap_session_tls_started(session, &fault), ST_CONFLICT);
	assert_int_equal(fault.cause, CAUSE_PROTOCOL);
	assert_int_equal(imap_session_noop(session, &command), ST_CONFLICT);
	imap_session_free(&session);
}

static void
test_tls_forgets_the_greeting(void **state)
{
	struct imap_session *session = open_session(imap_limits_default());
	struct imap_command command;

	(void)state;
	hear(session, "* OK [CAPABILITY IMAP4rev1 LITERAL+] Dov\x1b[1mecot\r\n", start);
	assert_true(bytes_equal(imap_session_greeting(session), BYTES("Dov?[1mecot")));
	assert_int_equal(imap_session_tls_started(session, NULL), ST_CONFLICT);
	imap_session_free(&session);
	session = open_session(imap_limits_default());
	hear(session, "* OK [CAPABILITY IMAP4rev1 LITERAL+] Dovecot\r\n", start);
	assert_int_equal(imap_session_starttls(session, &command), ST_OK);
	send_all(session, start);
	assert_int_equal(hear(session, "A1 OK\r\n", start), IMAP_EVENT_DONE);
	assert_int_equal(imap_session_tls_started(session, NULL), ST_OK);
	assert_int_equal(imap_session_greeting(session).size, 0);
	assert_int_equal(imap_session_capabilities(session).bits, 0);
	assert_false(imap_session_knows_capabilities(session));
	imap_session_free(&session);
}

static void
test_too_many_commands(void **state)
{
	struct imap_limits limits = imap_limits_default();
	struct imap_command command = {0};
	struct imap_session *session;

	(void)state;
	limits.commands_max = 2;
	session = open_session(limits);
	hear(session, "* PREAUTH hi\r\n", start);
	assert_int_equal(imap_session_noop(session, &command), ST_OK);
	assert_int_equal(imap_session_noop(session, &command), ST_OK);
	assert_int_equal(imap_session_noop(session, &command), ST_LIMIT);
	assert_int_equal(command.number, 2);
	assert_int_equal(imap_session_open_commands(session), 2);
	send_all(session, start);
	hear(session, "A1 OK\r\n", start);
	assert_int_equal(imap_session_noop(session, &command), ST_OK);
	assert_int_equal(command.number, 3);
	imap_session_free(&session);
}

/* All 64 commands with a literal each, queued before the greeting; all leave, in order. */
static void
test_a_full_output_leaves_in_order(void **state)
{
	struct imap_session *session = open_session(imap_limits_default());
	struct imap_command command;
	size_t total = 0;

	(void)state;
	for (int i = 0; i < 64; i++)
		assert_int_equal(
		    imap_session_create(session, BYTES("caf\xe9"), 0, &command), ST_OK);
	assert_int_equal(imap_session_create(session, BYTES("x"), 0, &command), ST_LIMIT);
	hear(session, "* PREAUTH hi\r\n", start);
	for (int i = 0; i < 64; i++) {
		total += imap_session_output(session).size;
		send_all(session, start);
		hear(session, "+ go\r\n", start);
	}
	total += imap_session_output(session).size;
	send_all(session, start);
	assert_true(imap_session_is_quiet(session));
	assert_int_equal(total, 64 * (14 + 6) + 64 + 55);
	imap_session_free(&session);
}

static bool
holds(struct bytes memory, struct bytes needle)
{
	return memmem(memory.data, memory.size, needle.data, needle.size) != NULL;
}

/* The octets that were given out lie in the session's buffer: they must be gone when sent. */
static void
test_the_password_is_overwritten_when_sent(void **state)
{
	struct imap_session *session = open_session(imap_limits_default());
	struct imap_command command;
	struct bytes octets;

	(void)state;
	hear(session, "* OK hi\r\n", start);
	assert_int_equal(
	    imap_session_login(session, BYTES("anna"), BYTES("hunter2hunter2"), &command),
	    ST_OK);
	octets = imap_session_output(session);
	assert_true(holds(octets, BYTES("hunter2hunter2")));
	/* Behind the log-in a command waits, so that the buffer itself stays. */
	assert_int_equal(imap_session_noop(session, &command), ST_OK);
	octets = imap_session_output(session);
	assert_true(bytes_start_with(octets, BYTES("A1 LOGIN")));
	assert_false(holds(octets, BYTES("NOOP")));
	imap_session_sent(session, octets.size, start);
	assert_false(holds(octets, BYTES("hunter2hunter2")));
	assert_int_equal(imap_session_output(session).size, 0);
	hear(session, "A1 NO wrong\r\n", start);
	assert_true(bytes_equal(imap_session_output(session), BYTES("A2 NOOP\r\n")));
	imap_session_free(&session);
}

static void
test_a_fault_is_final(void **state)
{
	struct imap_session *session = open_ready();
	struct imap_command command;
	struct fault first = {0};
	struct fault second = {0};
	size_t used = 77;

	(void)state;
	assert_int_equal(imap_session_noop(session, &command), ST_OK);
	assert_int_equal(
	    imap_session_feed(session, BYTES("* 0 EXPUNGE\r\n"), start, &used, &first),
	    ST_SYNTAX);
	assert_int_equal(used, 77);
	assert_int_equal(
	    imap_session_feed(session, BYTES("* 1 EXISTS\r\n"), start, &used, &second),
	    ST_SYNTAX);
	assert_string_equal(first.text, second.text);
	assert_int_equal(imap_session_output(session).size, 0);
	assert_int_equal(imap_session_noop(session, &command), ST_CONFLICT);
	assert_int_equal(imap_session_end(session, NULL), ST_SYNTAX);
	imap_session_free(&session);
}

static void
test_a_full_trace_says_what_is_missing(void **state)
{
	struct imap_session *session = open_session(imap_limits_default());
	struct buf trace;

	(void)state;
	buf_init(&trace, 60);
	imap_session_trace(session, &trace);
	hear(
	    session, "* OK this line is too long for the buffer that the trace has\r\n", start);
	hear(session, "* OK so is this one, which does not fit into it any better\r\n", start);
	assert_int_equal(trace.size, 0);
	hear(session, "* OK fits\r\n", start);
	assert_true(bytes_equal(
	    buf_bytes(&trace), BYTES("-- 2 lines did not fit here\nS: * OK fits\n")));
	buf_clear(&trace);
	hear(session, "* OK now\r\n", start);
	assert_true(bytes_equal(buf_bytes(&trace), BYTES("S: * OK now\n")));
	imap_session_trace(session, NULL);
	hear(session, "* OK unseen\r\n", start);
	assert_int_equal(trace.size, 12);
	buf_fini(&trace);
	imap_session_free(&session);
}

/* A reply that comes while the command's first line is half sent: the line is finished, its
 * literal is not sent. */
static void
test_a_reply_inside_a_command(void **state)
{
	struct imap_session *session = open_session(imap_limits_default());
	struct imap_command command;

	(void)state;
	hear(session, "* PREAUTH hi\r\n", start);
	assert_int_equal(imap_session_create(session, BYTES("caf\xe9"), 0, &command), ST_OK);
	assert_int_equal(imap_session_noop(session, &command), ST_OK);
	imap_session_sent(session, 5, start);
	hear(session, "A1 NO\r\n", start);
	assert_true(bytes_equal(imap_session_output(session), BYTES("EATE {4}\r\n")));
	imap_session_sent(session, 10, start);
	assert_true(bytes_equal(imap_session_output(session), BYTES("A2 NOOP\r\n")));
	imap_session_free(&session);
}

static void
test_uid_commands_need_uids(void **state)
{
	struct imap_session *session = open_ready();
	struct imap_command command;
	struct range_set uids;

	(void)state;
	range_set_init(&uids, 4);
	assert_int_equal(
	    imap_session_fetch(session, &uids, IMAP_FETCH_FLAGS, &command), ST_SYNTAX);
	assert_int_equal(imap_session_output(session).size, 0);
	range_set_fini(&uids);
	imap_session_free(&session);
}

static void
test_when_a_session_is_quiet(void **state)
{
	struct imap_session *session = open_ready();
	struct mail_date undated = {0};
	struct imap_command command;
	struct imap_event event;
	size_t used = 0;

	(void)state;
	assert_true(imap_session_is_quiet(session));
	/* Nothing is taken of nothing, and nothing is heard by it. */
	assert_int_equal(
	    imap_session_feed(session, (struct bytes){NULL, 0}, start, &used, NULL), ST_OK);
	assert_int_equal(used, 0);
	assert_int_equal(
	    imap_session_feed(session, BYTES("* 5 EXISTS\r\n"), start, &used, NULL), ST_OK);
	assert_false(imap_session_is_quiet(session));
	assert_int_equal(imap_session_next(session, &event), ST_OK);
	assert_true(imap_session_is_quiet(session));
	hear(session, "* 5 EXI", start);
	assert_false(imap_session_is_quiet(session));
	hear(session, "STS\r\n", start);
	assert_true(imap_session_is_quiet(session));
	assert_int_equal(imap_session_append_begin(session, BYTES("x"), &command), ST_OK);
	assert_false(imap_session_is_quiet(session));
	assert_int_equal(
	    imap_session_append_message(session, (struct flags){0}, undated, 0), ST_OK);
	send_all(session, start);
	assert_int_equal(imap_session_append_end(session), ST_OK);
	send_all(session, start);
	assert_true(imap_session_is_quiet(session));
	imap_session_free(&session);
	imap_session_free(&session);
	assert_null(session);
}

/* More than the session has room for are never open, whatever the limit says. */
static void
test_a_limit_above_the_room(void **state)
{
	struct imap_limits limits = imap_limits_default();
	struct imap_session *session;
	struct imap_command command;
	size_t count = 0;

	(void)state;
	limits.commands_max = 100000;
	session = open_session(limits);
	hear(session, "* PREAUTH hi\r\n", start);
	while (imap_session_noop(session, &command) == ST_OK) {
		send_all(session, start);
		count++;
	}
	assert_int_equal(count, 256);
	assert_int_equal(imap_session_open_commands(session), 256);
	imap_session_free(&session);
}

static void
test_what_cannot_be_asked_for(void **state)
{
	struct imap_session *session = open_ready();
	struct imap_command command;

	(void)state;
	assert_int_equal(imap_session_status(session, BYTES("x"), 0, &command), ST_SYNTAX);
	assert_int_equal(
	    imap_session_status(session, BYTES("x"), IMAP_STATUS_HIGHESTMODSEQ, &command),
	    ST_SYNTAX);
	assert_int_equal(imap_session_create(
			     session, BYTES("x"), IMAP_ATTR_SENT | IMAP_ATTR_TRASH, &command),
	    ST_SYNTAX);
	assert_int_equal(
	    imap_session_create(session, BYTES("x"), IMAP_ATTR_NOSELECT, &command), ST_SYNTAX);
	assert_int_equal(imap_session_output(session).size, 0);
	assert_int_equal(imap_session_open_commands(session), 0);
	imap_session_free(&session);
}

/* A NO that comes before the announcement has left: none of it leaves, and nothing is owed. */
static void
test_an_append_refused_before_it_has_left(void **state)
{
	struct imap_session *session = open_ready();
	struct mail_date undated = {0};
	struct imap_command command;

	(void)state;
	assert_int_equal(imap_session_append_begin(session, BYTES("x"), &command), ST_OK);
	assert_int_equal(
	    imap_session_append_message(session, (struct flags){0}, undated, 5), ST_OK);
	send_all(session, start);
	imap_session_literal_sent(session, BYTES("hello"), start);
	imap_session_literal_sent(session, BYTES(""), start);
	assert_int_equal(
	    imap_session_append_message(session, (struct flags){0}, undated, 7), ST_OK);
	assert_true(imap_session_output(session).size > 0);
	hear(session, "A1 NO full\r\n", start);
	assert_int_equal(imap_session_output(session).size, 0);
	assert_int_equal(imap_session_literal_room(session), 0);
	assert_int_equal(
	    imap_session_append_message(session, (struct flags){0}, undated, 7), ST_CONFLICT);
	assert_int_equal(imap_session_append_end(session), ST_OK);
	assert_true(bytes_equal(imap_session_output(session), BYTES("\r\n")));
	imap_session_free(&session);
}

/* A "+" that comes while a command waits to leave is for no literal behind it. */
static void
test_a_continuation_that_nobody_awaits(void **state)
{
	struct imap_session *session = open_ready();
	struct imap_command command;

	(void)state;
	assert_int_equal(imap_session_noop(session, &command), ST_OK);
	hear(session, "+ go on\r\n", start);
	assert_true(bytes_equal(imap_session_output(session), BYTES("A1 NOOP\r\n")));
	imap_session_free(&session);
}

/* What is kept of a greeting ends with a whole character. */
static void
test_a_greeting_that_is_cut(void **state)
{
	char text[300];
	struct imap_session *session = open_session(imap_limits_default());
	struct bytes kept;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "* OK ", 5);
	memcpy(text + 5 + 199, "\xc3\xa9\r\n", 5);
	hear(session, text, start);
	kept = imap_session_greeting(session);
	assert_int_equal(kept.size, 199);
	assert_int_equal(kept.data[198], 'x');
	imap_session_free(&session);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing_leaves_before_the_greeting),
	    cmocka_unit_test(test_the_deadline),
	    cmocka_unit_test(test_a_stranger_is_known_by_its_first_octet),
	    cmocka_unit_test(test_the_deadline_of_a_hello),
	    cmocka_unit_test(test_the_deadline_of_the_slow),
	    cmocka_unit_test(test_the_deadline_of_a_drip),
	    cmocka_unit_test(test_a_literal_under_way_moves_the_deadline),
	    cmocka_unit_test(test_a_line_in_one_piece_is_not_copied),
	    cmocka_unit_test(test_starttls_sees_octets_that_were_not_taken),
	    cmocka_unit_test(test_tls_forgets_the_greeting),
	    cmocka_unit_test(test_too_many_commands),
	    cmocka_unit_test(test_a_full_output_leaves_in_order),
	    cmocka_unit_test(test_the_password_is_overwritten_when_sent),
	    cmocka_unit_test(test_a_fault_is_final),
	    cmocka_unit_test(test_a_full_trace_says_what_is_missing),
	    cmocka_unit_test(test_a_reply_inside_a_command),
	    cmocka_unit_test(test_uid_commands_need_uids),
	    cmocka_unit_test(test_when_a_session_is_quiet),
	    cmocka_unit_test(test_a_limit_above_the_room),
	    cmocka_unit_test(test_what_cannot_be_asked_for),
	    cmocka_unit_test(test_an_append_refused_before_it_has_left),
	    cmocka_unit_test(test_a_continuation_that_nobody_awaits),
	    cmocka_unit_test(test_a_greeting_that_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
