/* SPDX-License-Identifier: Apache-2.0
 *
 * A session driven from the input: control octets (but TAB, CR and LF) are the owner's acts,
 * see `acts`; all between them is what the server says, one feed. It is played twice, the
 * second time octet by octet.
 *
 * Properties: both runs tell the same; a command is completed at most once and only if it was
 * begun; a body has the octets that were announced; no literal octet may leave while a command
 * line waits; while the log-in is open the password is in no trace and no text, though the
 * server may say it; a fault has a sentence.
 */
#include "fuzz.h"

#include <string.h>

#include "base/check.h"
#include "base/range.h"
#include "base/secret.h"
#include "wire/imap/session.h"

enum {
	COMMANDS_MAX = 2048,
	TRACE_SIZE = 4096
};

static const struct bytes password = {(const uint8_t *)"Qx7'\"\\zZ", 8};

struct play {
	struct imap_session *session;
	struct buf trace;
	struct tick now;
	uint64_t sum;
	uint64_t body_left;
	bool is_in_body;
	bool is_slow;   /* one octet leaves at a time */
	uint32_t login; /* the log-in under way */
	enum status failed;
	bool is_open[COMMANDS_MAX];
};

static void
add_octets(struct play *play, struct bytes octets)
{
	for (size_t i = 0; i < octets.size; i++)
		play->sum = (play->sum ^ octets.data[i]) * UINT64_C(1099511628211);
}

static void
add_number(struct play *play, uint64_t number)
{
	add_octets(play, bytes_of(&number, sizeof(number)));
}

static bool
holds_password(struct bytes text)
{
	return text.size > 0 &&
	    memmem(text.data, text.size, password.data, password.size) != NULL;
}

static void
check_trace(struct play *play)
{
	CHECK(play->login == 0 || !holds_password(buf_bytes(&play->trace)));
	buf_clear(&play->trace);
}

static void
add_text(struct play *play, struct bytes text)
{
	CHECK(play->login == 0 || !holds_password(text));
	add_octets(play, text);
}

static void
note(struct play *play, enum status status, struct imap_command command)
{
	add_number(play, (uint64_t)status);
	if (status == ST_OK && command.number > 0 && command.number < COMMANDS_MAX)
		play->is_open[command.number] = true;
}

static void
add_completion(struct play *play, const struct imap_event *event)
{
	const struct imap_completion *completion = &event->completion;
	uint32_t number = event->command.number;

	if (number < COMMANDS_MAX) {
		CHECK(number > 0 && play->is_open[number]);
		play->is_open[number] = false;
	}
	add_number(play, (uint64_t)completion->result * 100 + (uint64_t)completion->code);
	add_text(play, completion->text);
	check_trace(play);
	if (number == play->login)
		play->login = 0;
	add_octets(play, completion->append_uids);
	if (completion->selected == NULL)
		return;
	add_number(play, completion->selected->exists);
	add_number(play, completion->selected->uidvalidity);
	add_octets(play, completion->selected->permanent_keywords);
}

static void
add_body(struct play *play, const struct imap_event *event)
{
	if (event->kind == IMAP_EVENT_BODY_BEGIN) {
		CHECK(!play->is_in_body);
		play->is_in_body = true;
		play->body_left = event->body.size;
		add_number(play, event->body.size + event->body.uid.number);
	} else if (event->kind == IMAP_EVENT_BODY_DATA) {
		CHECK(play->is_in_body && event->body.data.size > 0);
		CHECK(event->body.data.size <= play->body_left);
		play->body_left -= event->body.data.size;
		add_octets(play, event->body.data);
	} else {
		CHECK(play->is_in_body && play->body_left == 0);
		play->is_in_body = false;
	}
}

static void
add_event(struct play *play, const struct imap_event *event)
{
	if (event->kind != IMAP_EVENT_BODY_DATA)
		add_number(play, (uint64_t)event->kind);
	switch (event->kind) {
	case IMAP_EVENT_GREETING:
		add_text(play, event->completion.text);
		break;
	case IMAP_EVENT_DONE:
		add_completion(play, event);
		break;
	case IMAP_EVENT_BODY_BEGIN:
	case IMAP_EVENT_BODY_DATA:
	case IMAP_EVENT_BODY_END:
		add_body(play, event);
		break;
	case IMAP_EVENT_MESSAGE:
		CHECK(!play->is_in_body && imap_session_is_authenticated(play->session));
		add_number(play, event->message.message.uid.number);
		add_octets(play, event->message.message.flags.keywords);
		break;
	case IMAP_EVENT_FOLDER:
		add_octets(play, event->folder.name);
		break;
	case IMAP_EVENT_STATUS:
		add_octets(play, event->status.name);
		break;
	case IMAP_EVENT_NAMESPACE:
		add_octets(play, event->namespace.foreign_prefixes);
		break;
	case IMAP_EVENT_QUOTA:
		add_octets(play, event->quota.root);
		break;
	case IMAP_EVENT_RIGHTS:
		add_octets(play, event->rights.name);
		add_octets(play, event->rights.letters);
		break;
	case IMAP_EVENT_ID:
	case IMAP_EVENT_ALERT:
	case IMAP_EVENT_BYE:
		add_text(play, event->text);
		break;
	case IMAP_EVENT_EXISTS:
	case IMAP_EVENT_EXPUNGE:
		add_number(play, event->number);
		break;
	case IMAP_EVENT_CAPABILITY:
		add_number(play, imap_session_capabilities(play->session).bits);
		break;
	case IMAP_EVENT_CHALLENGE:
		CHECK(play->login == event->command.number);
		add_octets(play, event->text);
		break;
	case IMAP_EVENT_CONTINUE:
		CHECK(play->is_open[event->command.number % COMMANDS_MAX]);
		break;
	}
}

static void
send_output(struct play *play)
{
	for (;;) {
		struct bytes octets = imap_session_output(play->session);

		if (octets.size == 0)
			break;
		CHECK(imap_session_literal_room(play->session) == 0);
		imap_session_sent(play->session, play->is_slow ? 1 : octets.size, play->now);
		if (play->is_slow)
			break;
	}
	check_trace(play);
}

static void
feed(struct play *play, struct bytes input)
{
	while (input.size > 0 && play->failed == ST_OK) {
		struct imap_event event;
		struct fault fault = {0};
		size_t used = 0;

		play->failed =
		    imap_session_feed(play->session, input, play->now, &used, &fault);
		CHECK((play->failed == ST_OK) == !fault_is_set(&fault));
		CHECK(play->failed == ST_OK || fault.text[0] != 0);
		CHECK(play->login == 0 || !holds_password(bytes_of_string(fault.text)));
		while (imap_session_next(play->session, &event) == ST_OK)
			add_event(play, &event);
		if (play->failed != ST_OK)
			add_number(play, (uint64_t)play->failed);
		else
			CHECK(used > 0 && used <= input.size);
		input = bytes_skip(input, used);
	}
}

static enum status
log_in(struct imap_session *session, struct imap_command *command)
{
	static const struct imap_sasl plain = {
	    .mechanism = "PLAIN",
	    .has_initial = true,
	    .initial = {(const uint8_t *)"\0anna\0Qx7'\"\\zZ", 14},
	    .secret = {(const uint8_t *)"Qx7'\"\\zZ", 8},
	};

	if (imap_capability_has(imap_session_capabilities(session), IMAP_CAP_AUTH_PLAIN))
		return imap_session_authenticate(session, &plain, command);
	return imap_session_login(session, BYTES("anna"), password, command);
}

/* A mechanism in which the server speaks first and both go on for as long as they like. */
static enum status
log_in_slowly(struct imap_session *session, struct imap_command *command)
{
	static const struct imap_sasl slow = {
	    .mechanism = "SCRAM-SHA-1",
	    .secret = {(const uint8_t *)"Qx7'\"\\zZ", 8},
	    .conceals_challenges = true,
	};

	return imap_session_authenticate(session, &slow, command);
}

static enum status
with_uids(struct imap_session *session, bool is_fetch, struct imap_command *command)
{
	struct flags flags = {FLAG_SEEN, {(const uint8_t *)"$Forwarded", 10}};
	struct range_set uids;
	enum status status;

	range_set_init(&uids, 4);
	status = range_set_add(&uids, 5, 9);
	if (status == ST_OK && is_fetch)
		status = imap_session_fetch(session, &uids, UINT32_MAX, command);
	else if (status == ST_OK)
		status = imap_session_add_flags(session, &uids, flags, command);
	range_set_fini(&uids);
	return status;
}

/* As much as may leave, but not more than a feed would hold. */
static void
give_literal(struct play *play)
{
	static const uint8_t octets[4096];
	uint64_t room = imap_session_literal_room(play->session);
	size_t size = room < sizeof(octets) ? (size_t)room : sizeof(octets);

	add_number(play, room);
	imap_session_literal_sent(play->session, bytes_of(octets, size), play->now);
}

/* Commands of the connection. */
static enum status
run_plain(struct play *play, uint8_t act, struct imap_command *command)
{
	struct imap_session *session = play->session;
	enum status status;

	switch (act) {
	case 0x01:
		return imap_session_capability(session, command);
	case 0x02:
		return imap_session_starttls(session, command);
	case 0x04:
		status = log_in(session, command);
		if (status == ST_OK)
			play->login = command->number;
		return status;
	case 0x1e:
		status = log_in_slowly(session, command);
		if (status == ST_OK)
			play->login = command->number;
		return status;
	case 0x1f:
		return imap_session_proxyauth(session, BYTES("anna"), command);
	case 0x05:
		return imap_session_id(session, BYTES("1"), command);
	case 0x06:
		return imap_session_namespace(session, command);
	case 0x07:
		return imap_session_list(session, UINT32_MAX, command);
	case 0x11:
		return imap_session_noop(session, command);
	case 0x12:
		return imap_session_logout(session, command);
	default:
		return imap_session_lsub(session, command);
	}
}

/* Commands on folders and messages; the others are the connection's. */
static void
run_command(struct play *play, uint8_t act)
{
	struct imap_session *session = play->session;
	struct imap_command command = {0};
	struct flags none = {0};
	struct mail_date undated = {0};
	enum status status = ST_OK;

	switch (act) {
	case 0x08:
		status = imap_session_status(session, BYTES("a\"b"), UINT32_MAX, &command);
		break;
	case 0x0b:
		status =
		    imap_session_create(session, BYTES("caf\xe9"), IMAP_ATTR_SENT, &command);
		break;
	case 0x0c:
		status = imap_session_select(session, BYTES("INBOX"), &command);
		break;
	case 0x0e:
		status = imap_session_examine(session, BYTES("x\xff"), &command);
		break;
	case 0x0f:
		status = with_uids(session, true, &command);
		break;
	case 0x10:
		status = with_uids(session, false, &command);
		break;
	case 0x13:
		status = imap_session_append_begin(session, BYTES("caf\xe9"), &command);
		break;
	case 0x14:
		status = imap_session_append_message(session, none, undated, 5);
		break;
	case 0x16:
		status = imap_session_append_end(session);
		break;
	case 0x17:
		status = imap_session_append_message(session, none, undated, 1ULL << 33);
		break;
	case 0x18:
		status = imap_session_unselect(session, &command);
		break;
	default:
		status = run_plain(play, act, &command);
		break;
	}
	note(play, status, command);
}

static void
act(struct play *play, uint8_t act)
{
	const struct imap_command none = {0};
	struct fault fault = {0};

	play->now.us += 1000;
	switch (act) {
	case 0x00:
		break;
	case 0x03:
		note(play, imap_session_tls_started(play->session, &fault), none);
		break;
	case 0x15:
		give_literal(play);
		break;
	case 0x1c:
		note(play, imap_session_respond(play->session, password), none);
		break;
	case 0x1d:
		note(play, imap_session_cancel(play->session), none);
		break;
	case 0x19:
		imap_session_switch_off(play->session, IMAP_CAP_LITERAL_PLUS);
		break;
	case 0x1a:
		play->is_slow = !play->is_slow;
		break;
	case 0x1b:
		note(play, imap_session_end(play->session, &fault), none);
		break;
	default:
		run_command(play, act);
		break;
	}
	send_output(play);
}

static bool
is_act(uint8_t octet)
{
	return octet < ' ' && octet != '\t' && octet != '\r' && octet != '\n';
}

static uint64_t
play_all(struct bytes input, bool is_single)
{
	struct imap_limits limits = imap_limits_default();
	struct play play = {.now = {1000}, .sum = UINT64_C(14695981039346656037)};

	limits.line_size_max = 4096;
	limits.nesting_max = 8;
	buf_init(&play.trace, TRACE_SIZE);
	if (imap_session_new(&limits, play.now, &play.session) != ST_OK)
		return 0;
	imap_session_trace(play.session, &play.trace);
	while (input.size > 0) {
		size_t end = 0;

		while (end < input.size && !is_act(input.data[end]) && !(is_single && end > 0))
			end++;
		feed(&play, bytes_first(input, end));
		/* A "+" or a completion may have opened the way for more: at the same places in
		 * both runs, that is when the server has spoken. */
		if (end == input.size || is_act(input.data[end]))
			send_output(&play);
		if (end < input.size && is_act(input.data[end]))
			act(&play, input.data[end++]);
		input = bytes_skip(input, end);
	}
	imap_session_free(&play.session);
	buf_fini(&play.trace);
	return play.sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size);

	CHECK(play_all(input, false) == play_all(input, true));
	return 0;
}
