/* SPDX-License-Identifier: Apache-2.0
 *
 * What a response means, given what was asked.
 */
#include <string.h>

#include "base/utf8.h"
#include "wire/imap/peer_fault.h"
#include "wire/imap/session_state.h"

static struct imap_command
oldest(const struct imap_session *session)
{
	return (struct imap_command){session->open_count > 0 ? session->open[0].number : 0};
}

/* At most SESSION_TEXT_MAX octets, without what a terminal would obey. */
static size_t
keep_text(struct bytes text, uint8_t out[static SESSION_TEXT_MAX])
{
	size_t size = 0;

	while (text.size > 0) {
		size_t step = utf8_printable(text);
		size_t width = step > 0 ? step : 1;

		if (size + width > SESSION_TEXT_MAX)
			break;
		if (step > 0)
			memcpy(out + size, text.data, step);
		else
			out[size] = '?';
		size += width;
		text = bytes_skip(text, width);
	}
	return size;
}

static void
push_text(struct imap_session *session, enum imap_event_kind kind, struct bytes text)
{
	struct imap_event event = {.kind = kind, .command = oldest(session), .text = text};

	imap_session_push(session, &event);
}

/* RFC 7889: "APPENDLIMIT=35651584"; without a number each folder has its own. */
static void
take_append_limit(struct imap_session *session, struct bytes word)
{
	static const struct bytes stem = {(const uint8_t *)"APPENDLIMIT=", 12};
	uint64_t limit = 0;

	if (bytes_start_with_nocase(word, stem) &&
	    bytes_number(bytes_skip(word, stem.size), INT64_MAX, &limit) == ST_OK)
		session->append_limit = limit;
}

static void
take_capabilities(struct imap_session *session, struct bytes words)
{
	struct imap_event event = {.kind = IMAP_EVENT_CAPABILITY, .command = oldest(session)};

	enum imap_family family =
	    imap_family_find((struct bytes){NULL, 0}, (struct bytes){NULL, 0}, words);

	if (family != IMAP_FAMILY_UNKNOWN) {
		session->family_announced = family;
		imap_session_know_family(session);
	}
	session->capabilities = (struct imap_capabilities){0};
	session->append_limit = 0;
	session->knows_capabilities = true;
	if (session->open_count > 0 && session->open[0].kind == IMAP_KIND_LOGIN &&
	    session->open[0].is_begun &&
	    imap_session_has_quirk(session, IMAP_QUIRK_CAPABILITIES_UNTAGGED))
		session->login_told = true;
	while (words.size > 0) {
		size_t end = bytes_find(words, ' ', 0);

		imap_capability_add(&session->capabilities, bytes_first(words, end));
		take_append_limit(session, bytes_first(words, end));
		words = bytes_skip(words, end + 1);
	}
	imap_session_push(session, &event);
}

/* Whether what comes now belongs to a SELECT or EXAMINE under way. Servers answer in order, so
 * it is the oldest command or none. */
static bool
is_selecting(struct imap_session *session)
{
	const struct imap_open *open = &session->open[0];

	if (session->open_count == 0 || !open->is_begun ||
	    (open->kind != IMAP_KIND_SELECT && open->kind != IMAP_KIND_EXAMINE))
		return false;
	if (session->selected_for != open->number) {
		session->selected_for = open->number;
		session->selected = (struct imap_selected){0};
		session->is_exists_told = false;
		session->is_uidnext_told = false;
		session->is_uidvalidity_told = false;
		buf_clear(&session->selected_keywords);
	}
	return true;
}

/* Whether the server, though it may list it, is not to be given this keyword. */
static bool
is_keyword_shunned(const struct imap_session *session, struct bytes keyword)
{
	if (imap_session_has_quirk(session, IMAP_QUIRK_MDN_SENT_IS_A_CATEGORY) &&
	    bytes_equal_nocase(keyword, BYTES("$MDNSent")))
		return true;
	return imap_session_has_quirk(session, IMAP_QUIRK_KEYWORDS_ONLY_AS_LISTED) &&
	    bytes_find(keyword, '.', 0) < keyword.size;
}

static enum status
keep_keywords(struct imap_session *session, struct bytes keywords)
{
	struct buf *to = &session->selected_keywords;
	enum status status = ST_OK;

	buf_clear(to);
	while (keywords.size > 0 && status == ST_OK) {
		struct bytes keyword = flags_keyword_next(&keywords);

		if (is_keyword_shunned(session, keyword))
			continue;
		if (to->size > 0)
			status = buf_append(to, BYTES(" "));
		if (status == ST_OK)
			status = buf_append(to, keyword);
	}
	return status;
}

/* Whether the list allows any keyword. A star outside PERMANENTFLAGS allows nothing. */
static bool
takes_new(
    const struct imap_session *session, const struct imap_flag_list *list, bool is_permanent)
{
	return list->takes_new_keywords &&
	    (is_permanent || !imap_session_has_quirk(session, IMAP_QUIRK_STAR_IN_FLAGS)) &&
	    !imap_session_has_quirk(session, IMAP_QUIRK_KEYWORDS_ONLY_AS_LISTED);
}

/* FLAGS stands for PERMANENTFLAGS until these are told. */
static enum status
take_selected_flags(
    struct imap_session *session, const struct imap_flag_list *list, bool is_permanent)
{
	struct imap_selected *selected = &session->selected;
	enum status status;

	if (!is_selecting(session) || (selected->has_permanent_flags && !is_permanent))
		return ST_OK;
	if (is_permanent && list->flags.system == 0 && list->flags.keywords.size == 0 &&
	    !list->takes_new_keywords &&
	    imap_session_has_quirk(session, IMAP_QUIRK_PERMANENTFLAGS_EMPTY))
		return ST_OK;
	status = keep_keywords(session, list->flags.keywords);
	if (status != ST_OK)
		return status;
	selected->has_permanent_flags = is_permanent;
	selected->permanent_system = list->flags.system;
	selected->permanent_keywords = buf_bytes(&session->selected_keywords);
	selected->takes_new_keywords = takes_new(session, list, is_permanent);
	return ST_OK;
}

static enum status
take_notice(struct imap_session *session, const struct imap_reply *reply)
{
	const struct imap_condition *condition = &reply->condition;

	if (condition->notice == IMAP_NOTICE_CAPABILITY) {
		take_capabilities(session, reply->words);
		return ST_OK;
	}
	if (condition->notice == IMAP_NOTICE_PERMANENTFLAGS)
		return take_selected_flags(session, &reply->flags, true);
	if (!is_selecting(session))
		return ST_OK;
	switch (condition->notice) {
	case IMAP_NOTICE_CLOSED:
		/* What came before belonged to the folder that was selected before. */
		session->selected_for = 0;
		break;
	case IMAP_NOTICE_UIDVALIDITY:
		session->selected.uidvalidity = (uint32_t)condition->number;
		session->is_uidvalidity_told = true;
		break;
	case IMAP_NOTICE_UIDNEXT:
		session->selected.uidnext = (uint32_t)condition->number;
		session->is_uidnext_told = true;
		break;
	case IMAP_NOTICE_HIGHESTMODSEQ:
		if (imap_session_has_quirk(session, IMAP_QUIRK_MODSEQ_UNPROMISED) &&
		    !imap_session_has(session, IMAP_CAP_CONDSTORE))
			break;
		session->selected.highestmodseq = condition->number;
		break;
	case IMAP_NOTICE_NONE:
	case IMAP_NOTICE_CAPABILITY:
	case IMAP_NOTICE_PERMANENTFLAGS:
		break;
	}
	return ST_OK;
}

static void
close_command(struct imap_session *session, const struct imap_open *open)
{
	size_t at = (size_t)(open - session->open);

	session->open_count--;
	memmove(session->open + at, session->open + at + 1,
	    (session->open_count - at) * sizeof(*open));
	imap_session_drop_completed(session);
}

/* Whether all was told that belongs to opening a folder; some servers leave out much of it. */
static bool
is_opening_complete(const struct imap_session *session)
{
	if (!session->is_exists_told &&
	    !imap_session_has_quirk(session, IMAP_QUIRK_EXISTS_MISSING))
		return false;
	if (!session->is_uidnext_told &&
	    !imap_session_has_quirk(session, IMAP_QUIRK_UIDNEXT_MISSING))
		return false;
	if (!session->is_uidvalidity_told)
		return imap_session_has_quirk(session, IMAP_QUIRK_UIDVALIDITY_MISSING);
	return session->selected.uidvalidity != 0 ||
	    imap_session_has_quirk(session, IMAP_QUIRK_UIDVALIDITY_ZERO);
}

/* What a completion changes here. */
static void
conclude(struct imap_session *session, const struct imap_open *open,
    const struct imap_condition *condition, struct imap_completion *completion)
{
	bool is_ok = condition->kind == IMAP_CONDITION_OK;

	switch (open->kind) {
	case IMAP_KIND_LOGIN:
		imap_session_login_done(session, is_ok);
		break;
	case IMAP_KIND_STARTTLS:
		session->tls = is_ok ? IMAP_TLS_GRANTED : IMAP_TLS_NONE;
		if (!is_ok)
			session->sole = 0;
		break;
	case IMAP_KIND_SELECT:
	case IMAP_KIND_EXAMINE:
		if (is_ok && is_selecting(session)) {
			session->selected.is_read_only = open->kind == IMAP_KIND_EXAMINE ||
			    condition->code == IMAP_CODE_READ_ONLY;
			session->is_selected = !session->selected.is_read_only &&
			    open->number == session->select_newest;
			if (is_opening_complete(session))
				completion->selected = &session->selected;
		}
		break;
	case IMAP_KIND_APPEND:
		if (session->append.number != open->number)
			break;
		completion->is_in_place_of_literal = session->append.stage == IMAP_APPEND_ASKED;
		imap_session_append_done(session);
		break;
	case IMAP_KIND_PLAIN:
	case IMAP_KIND_UNSELECT:
	case IMAP_KIND_FETCH:
	case IMAP_KIND_LOGOUT:
		break;
	}
}

static struct imap_completion
completion_of(const struct imap_condition *condition, enum imap_command_kind kind)
{
	struct imap_completion completion = {
	    .result = condition->kind == IMAP_CONDITION_OK ? IMAP_RESULT_OK
		: condition->kind == IMAP_CONDITION_NO     ? IMAP_RESULT_NO
							   : IMAP_RESULT_BAD,
	    .code = condition->code,
	    .text = condition->text,
	};

	if (condition->code != IMAP_CODE_APPENDUID)
		return completion;
	/* UIDs that nobody asked for would be paired with the wrong messages. */
	if (kind == IMAP_KIND_APPEND && condition->kind == IMAP_CONDITION_OK) {
		completion.append_uidvalidity = condition->append_uidvalidity;
		completion.append_uids = condition->append_uids;
	} else {
		completion.code = IMAP_CODE_OTHER;
	}
	return completion;
}

/* What is known of the server's words, for what only depends on the command. */
static void
reinterpret(const struct imap_session *session, enum imap_command_kind kind,
    struct imap_completion *completion)
{
	static const char invalid[] = "The specified message set is invalid";

	completion->may_be_swapped = completion->code == IMAP_CODE_APPENDUID &&
	    imap_session_has_quirk(session, IMAP_QUIRK_APPENDUID_SWAPPED);
	/* None of the messages asked for is there any more: nothing to fetch is no fault. */
	if (kind == IMAP_KIND_FETCH && completion->result == IMAP_RESULT_NO &&
	    bytes_start_with_nocase(completion->text, bytes_of_string(invalid)) &&
	    imap_session_has_quirk(session, IMAP_QUIRK_MESSAGE_SET_INVALID))
		completion->result = IMAP_RESULT_OK;
}

static enum status
take_tagged(struct imap_session *session, const struct imap_reply *reply, struct fault *fault)
{
	const struct imap_condition *condition = &reply->condition;
	struct imap_open *open = imap_session_find_open(session, condition->tag);
	struct imap_event event = {.kind = IMAP_EVENT_DONE, .command = {condition->tag}};
	enum status status;

	/* A tag that is not ours, or no longer, or not yet on its way: nobody's reply. */
	if (open == NULL || !open->is_begun)
		return ST_OK;
	if (condition->kind != IMAP_CONDITION_OK && condition->kind != IMAP_CONDITION_NO &&
	    condition->kind != IMAP_CONDITION_BAD)
		return imap_peer_fault(fault, ST_SYNTAX,
		    "The server completed a command with neither OK, NO nor BAD",
		    condition->text);
	status = take_notice(session, reply);
	if (status != ST_OK)
		return imap_peer_fault(fault, status, "", (struct bytes){0});
	if (open->kind == IMAP_KIND_LOGIN && condition->notice == IMAP_NOTICE_CAPABILITY)
		session->login_told = true;
	event.completion = completion_of(condition, open->kind);
	reinterpret(session, open->kind, &event.completion);
	status = imap_session_conceal(session, &event.completion.text);
	if (status != ST_OK)
		return imap_peer_fault(fault, status, "", (struct bytes){0});
	conclude(session, open, condition, &event.completion);
	close_command(session, open);
	imap_session_push(session, &event);
	return ST_OK;
}

static enum status
take_greeting(struct imap_session *session, const struct imap_reply *reply, struct fault *fault,
    struct bytes response)
{
	struct bytes text = reply->condition.text;
	struct imap_event event = {.kind = IMAP_EVENT_GREETING};
	bool is_hello = reply->kind == IMAP_REPLY_CONDITION && reply->condition.tag == 0 &&
	    (reply->condition.kind == IMAP_CONDITION_OK ||
		reply->condition.kind == IMAP_CONDITION_PREAUTH);
	enum status status;

	if (!is_hello)
		return imap_peer_fault(fault, ST_SYNTAX,
		    "The server did not greet as an IMAP server does",
		    bytes_first(imap_lexer_trim(response), 200));
	/* A log-in may have been submitted already, and an earlier session have told the
	 * server. */
	status = imap_session_conceal(session, &text);
	if (status != ST_OK)
		return imap_peer_fault(fault, status, "", (struct bytes){0});
	session->is_greeted = true;
	session->is_authenticated = reply->condition.kind == IMAP_CONDITION_PREAUTH;
	session->greeting_size = keep_text(text, session->greeting);
	imap_session_know_family(session);
	if (reply->condition.notice == IMAP_NOTICE_CAPABILITY)
		take_capabilities(session, reply->words);
	event.completion.code = reply->condition.code;
	event.completion.text = text;
	imap_session_push(session, &event);
	return ST_OK;
}

static enum status
take_untagged(struct imap_session *session, const struct imap_reply *reply, struct fault *fault)
{
	struct bytes text = reply->condition.text;
	enum status status = imap_session_conceal(session, &text);

	if (status == ST_OK && reply->condition.notice != IMAP_NOTICE_NONE)
		status = take_notice(session, reply);
	if (status != ST_OK)
		return imap_peer_fault(fault, status, "", (struct bytes){0});
	if (reply->condition.kind == IMAP_CONDITION_BYE) {
		session->has_bye = true;
		session->bye_size = keep_text(text, session->bye);
		push_text(session, IMAP_EVENT_BYE, text);
	} else if (reply->condition.code == IMAP_CODE_ALERT) {
		push_text(session, IMAP_EVENT_ALERT, text);
	}
	return ST_OK;
}

static void
push_inline_bodies(struct imap_session *session, const struct imap_reply *reply)
{
	for (size_t i = 0; i < reply->body_count; i++) {
		const struct imap_inline_body *body = &reply->bodies[i];
		struct imap_part part = {
		    .kind = IMAP_PART_BODY_BEGIN,
		    .body = body->kind,
		    .uid = reply->event.message.message.uid.number,
		    .size = body->octets.size,
		    .octets = body->octets,
		};

		imap_session_take_body(session, &part);
		part.kind = IMAP_PART_BODY_DATA;
		if (body->octets.size > 0)
			imap_session_take_body(session, &part);
		part.kind = IMAP_PART_BODY_END;
		imap_session_take_body(session, &part);
	}
}

static void
take_event(struct imap_session *session, const struct imap_reply *reply)
{
	struct imap_event event = reply->event;

	/* Before the log-in there is no mailbox of which anything could be told. */
	if (!session->is_authenticated && event.kind != IMAP_EVENT_ID)
		return;
	if (event.kind == IMAP_EVENT_EXISTS && is_selecting(session)) {
		if (!session->is_exists_told ||
		    imap_session_has_quirk(session, IMAP_QUIRK_EXISTS_GROWS))
			session->selected.exists = event.number;
		session->is_exists_told = true;
	}
	if (event.kind == IMAP_EVENT_FOLDER &&
	    imap_session_has_quirk(session, IMAP_QUIRK_CHILDREN_LIE))
		event.folder.attributes &=
		    ~(uint32_t)(IMAP_ATTR_HAS_CHILDREN | IMAP_ATTR_HAS_NO_CHILDREN);
	if (event.kind == IMAP_EVENT_ID) {
		session->id_size = keep_text(event.text, session->id);
		session->version_size = keep_text(reply->words, session->version);
		imap_session_know_family(session);
	}
	if (event.kind == IMAP_EVENT_MESSAGE)
		push_inline_bodies(session, reply);
	event.command = oldest(session);
	imap_session_push(session, &event);
}

/* What stands behind "+ "; some servers leave out the space when nothing follows. */
static struct bytes
challenge_of(struct bytes response)
{
	struct bytes text = bytes_skip(imap_lexer_trim(response), 1);

	return bytes_skip(text, bytes_start_with(text, BYTES(" ")) ? 1 : 0);
}

/* A "+" goes to the oldest that waits for one. */
static void
take_continue(struct imap_session *session, struct bytes text)
{
	struct imap_piece *front = imap_output_front(&session->output);
	struct imap_event event = {.kind = IMAP_EVENT_CONTINUE};

	if (front != NULL && front->waits) {
		front->waits = false;
		return;
	}
	if (front != NULL)
		return;
	if (imap_session_append_granted(session)) {
		event.command = (struct imap_command){session->append.number};
		imap_session_push(session, &event);
		return;
	}
	imap_session_login_challenged(session, text);
}

void
imap_session_take_body(struct imap_session *session, const struct imap_part *part)
{
	struct imap_event event = {
	    .command = oldest(session),
	    .body =
		{
		    .uid = {part->uid},
		    .section = part->body == IMAP_BODY_ALL ? IMAP_SECTION_ALL
							   : IMAP_SECTION_HEADER_FIELDS,
		    .size = part->size,
		},
	};

	if (!session->is_authenticated || part->body == IMAP_BODY_OTHER)
		return;
	event.kind = part->kind == IMAP_PART_BODY_BEGIN ? IMAP_EVENT_BODY_BEGIN
	    : part->kind == IMAP_PART_BODY_DATA         ? IMAP_EVENT_BODY_DATA
							: IMAP_EVENT_BODY_END;
	if (event.kind == IMAP_EVENT_BODY_DATA)
		event.body.data = part->octets;
	imap_session_push(session, &event);
}

enum status
imap_session_take(struct imap_session *session, struct bytes response, struct fault *fault)
{
	struct imap_reader reader = {session->limits.nesting_max, &session->arena,
	    &session->scratch, &session->frame.streams, session->quirks};
	struct imap_reply reply;
	enum status status;

	if (session->conceals_challenges && bytes_start_with(response, BYTES("+")))
		imap_trace_challenge(&session->trace);
	else
		imap_trace_server(
		    &session->trace, response, &session->frame.streams, &session->needles);
	arena_rewind(&session->arena);
	status = imap_reply_read(&reader, response, &reply, fault);
	if (status != ST_OK)
		return status;
	if (!session->is_greeted && reply.condition.kind != IMAP_CONDITION_BYE)
		return take_greeting(session, &reply, fault, response);
	switch (reply.kind) {
	case IMAP_REPLY_CONDITION:
		if (reply.condition.tag != 0)
			return take_tagged(session, &reply, fault);
		return take_untagged(session, &reply, fault);
	case IMAP_REPLY_CONTINUE:
		take_continue(session, challenge_of(response));
		break;
	case IMAP_REPLY_CAPABILITY:
		take_capabilities(session, reply.words);
		break;
	case IMAP_REPLY_FLAGS:
		return take_selected_flags(session, &reply.flags, false);
	case IMAP_REPLY_EVENT:
		take_event(session, &reply);
		break;
	case IMAP_REPLY_IGNORED:
		break;
	}
	return ST_OK;
}
