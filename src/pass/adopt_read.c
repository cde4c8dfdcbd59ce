/* SPDX-License-Identifier: Apache-2.0
 *
 * What decides whether a message is there already: the headers and texts of both sides, read.
 *
 * A message that an earlier run has repaired is there in another form. Its repaired forms are
 * measured beside it, and it is looked for under their identities too.
 */
#include "pass/adopt.h"

uint32_t
adopt_rewrites_of(const struct endpoint *dst)
{
	static const struct {
		enum imap_quirk quirk;
		uint32_t rewrite;
	} known[] = {
	    {IMAP_QUIRK_BARE_LF_BECOMES_CRLF, BODY_REWRITE_LF},
	    {IMAP_QUIRK_NUL_BECOMES_0X80, BODY_REWRITE_NUL},
	    {IMAP_QUIRK_DROPS_CR_BEFORE_CRLF, BODY_REWRITE_CR},
	    {IMAP_QUIRK_DROPS_BARE_CR, BODY_REWRITE_BARE_CR},
	    {IMAP_QUIRK_ADDS_FINAL_CRLF, BODY_REWRITE_END},
	    {IMAP_QUIRK_HEADER_8BIT_BECOMES_X, BODY_REWRITE_HEADER_8BIT},
	};
	uint32_t rewrites = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (endpoint_has_quirk(dst, known[i].quirk))
			rewrites |= known[i].rewrite;
	}
	return rewrites;
}

/* Reading ---------------------------------------------------------------------------------- */

static void
begin_reading(
    struct adoption *adoption, const struct adopt_question *question, struct reading *reading)
{
	identity_scan_init(&reading->identity);
	body_digest_init(&reading->body, question->rewrites);
	reading->repair = question->is_repaired ? adoption->repair : NULL;
	reading->is_whole = false;
	if (reading->repair != NULL)
		sync_repair_measure(reading->repair, question->rewrites);
}

static void
read_octets(struct reading *reading, struct bytes octets)
{
	identity_scan_feed(&reading->identity, octets);
	body_digest_feed(&reading->body, octets);
	if (reading->repair != NULL)
		sync_repair_measure_feed(reading->repair, octets);
}

/* The next message of a FETCH, with its reading finished; ST_END when the command is done. */
static enum status
next_message(struct endpoint *endpoint, struct imap_command command, struct reading *reading,
    struct imap_message *message_out, struct fault *fault)
{
	for (;;) {
		struct imap_event event;
		enum status status = endpoint_wait_event(endpoint, &event, fault);

		if (status != ST_OK)
			return status;
		if (event.kind == IMAP_EVENT_BODY_BEGIN) {
			reading->is_whole = event.body.section == IMAP_SECTION_ALL;
		} else if (event.kind == IMAP_EVENT_BODY_DATA) {
			read_octets(reading, event.body.data);
		} else if (event.kind == IMAP_EVENT_MESSAGE) {
			*message_out = event.message;
			return ST_OK;
		} else if (event.kind == IMAP_EVENT_DONE &&
		    event.command.number == command.number) {
			if (event.completion.result != IMAP_RESULT_OK)
				return endpoint_refusal(endpoint, IMAP_PHASE_READ,
				    "list messages", &event.completion, FAULT_FOLDER, fault);
			return ST_END;
		}
	}
}

static enum status
read_once(struct adoption *adoption, const struct adopt_question *question)
{
	struct endpoint *endpoint = pass_endpoint(adoption->worker, question->end);
	struct imap_command command = {0};
	enum status status = imap_session_fetch(
	    endpoint_session(endpoint), question->uids, question->items, &command);

	if (status != ST_OK)
		return fault_set(adoption->fault,
		    (struct fault_kind){status, CAUSE_OTHER, FAULT_FOLDER, RETRY_LATER},
		    "A list of messages could not be asked for (%s).", status_name(status));
	while (status == ST_OK) {
		struct imap_message message = {0};
		struct reading reading;

		begin_reading(adoption, question, &reading);
		status = next_message(endpoint, command, &reading, &message, adoption->fault);
		if (status == ST_OK && (message.items & question->needs) == question->needs)
			status = question->step(adoption, &message, &reading);
	}
	return status == ST_END ? ST_OK : status;
}

enum status
adopt_read(struct adoption *adoption, const struct adopt_question *question)
{
	struct pass_worker *worker = adoption->worker;
	enum status status;

	if (question->uids->count == 0)
		return ST_OK;
	status = read_once(adoption, question);
	while (status != ST_OK && pass_may_ask_again(worker, question->end, adoption->fault)) {
		status = adopt_open_again(adoption, question->end);
		if (status == ST_OK)
			status = read_once(adoption, question);
	}
	if (status == ST_OK)
		pass_has_come(worker, question->end);
	return status;
}

/* The window's messages of one verdict: their UIDs at the source, or those of their copies. */
static enum status
gather(
    struct adoption *adoption, enum adopt_verdict verdict, bool is_src, struct range_set *uids)
{
	enum status status = ST_OK;

	range_set_clear(uids);
	for (size_t i = 0; i < adoption->window_count && status == ST_OK; i++) {
		const struct candidate *candidate = &adoption->window[i];
		uint32_t uid = is_src ? candidate->uid.number : candidate->dst_uid.number;

		if (candidate->verdict == verdict && !candidate->is_excluded)
			status = range_set_add(uids, uid, uid);
	}
	return status == ST_OK ? ST_OK : adopt_out_of_memory(adoption, status);
}

static enum status
adopt(
    struct adoption *adoption, struct candidate *candidate, const struct imap_message *message)
{
	enum status status = sync_flags_missing(candidate->flags, message->message.flags,
	    &adoption->worker->arena, &candidate->missing);

	if (status != ST_OK)
		return adopt_out_of_memory(adoption, status);
	candidate->dst_uid = message->message.uid;
	candidate->is_adopted = true;
	candidate->lacks_flags =
	    candidate->missing.system != 0 || candidate->missing.keywords.size > 0;
	return ST_OK;
}

/* The next one of the window with this verdict for which no copy was found yet; NULL: none. */
static struct candidate *
next_waiting(struct adoption *adoption, enum adopt_verdict verdict, size_t *at)
{
	while (*at < adoption->window_count) {
		struct candidate *candidate = &adoption->window[(*at)++];

		if (candidate->verdict == verdict && !candidate->is_adopted)
			return candidate;
	}
	return NULL;
}

/* Equal headers ---------------------------------------------------------------------------- */

static enum status
take_header(
    struct adoption *adoption, const struct imap_message *message, struct reading *reading)
{
	struct identity identity = identity_scan_finish(&reading->identity);
	struct candidate *candidate;
	size_t at = 0;

	do {
		candidate = next_waiting(adoption, ADOPT_EQUAL, &at);
	} while (candidate != NULL &&
	    (candidate->dst_uid.number != message->message.uid.number ||
		!identity_equal(&identity, &candidate->identity)));
	return candidate == NULL ? ST_OK : adopt(adoption, candidate, message);
}

/* The fingerprint alone decides nothing. */
enum status
adopt_confirm_equal(struct adoption *adoption, struct range_set *uids)
{
	const struct adopt_question question = {
	    .end = PASS_DST,
	    .uids = uids,
	    .items = IMAP_FETCH_FLAGS | IMAP_FETCH_IDENTITY_HEADERS,
	    .needs = IMAP_FETCH_FLAGS,
	    .step = take_header,
	};
	enum status status = gather(adoption, ADOPT_EQUAL, false, uids);

	if (status == ST_OK)
		status = adopt_read(adoption, &question);
	for (size_t i = 0; i < adoption->window_count && status == ST_OK; i++) {
		struct candidate *candidate = &adoption->window[i];

		if (candidate->verdict != ADOPT_EQUAL || candidate->is_adopted)
			continue;
		adopt_table_give(&adoption->table, &candidate->identity, candidate->dst_uid);
		candidate->verdict = ADOPT_DIGEST;
		candidate->dst_uid.number = 0;
	}
	return status;
}

/* Equal bodies ----------------------------------------------------------------------------- */

static enum status
take_source_body(
    struct adoption *adoption, const struct imap_message *message, struct reading *reading)
{
	for (size_t i = 0; i < adoption->window_count && reading->is_whole; i++) {
		struct candidate *candidate = &adoption->window[i];

		if (candidate->uid.number != message->message.uid.number)
			continue;
		candidate->body = body_digest_finish(&reading->body);
		candidate->identity = identity_scan_finish(&reading->identity);
		sync_repair_measure_end(reading->repair, &candidate->repaired);
		candidate->has_body = true;
		return ST_OK;
	}
	return ST_OK;
}

/* What a copy of the message may look like: form 0 is the message itself, the others are its
 * repaired ones. False: there is no such form of it. */
static bool
form_of(const struct candidate *candidate, size_t form, struct identity *identity_out,
    struct digest *body_out)
{
	if (form == 0) {
		*identity_out = candidate->identity;
		*body_out = candidate->body;
		return true;
	}
	*identity_out = candidate->repaired.forms[form - 1].identity;
	*body_out = candidate->repaired.forms[form - 1].body;
	return sync_repair_is_worth(&candidate->repaired, form - 1);
}

/* What the destination lists under the identity and has not given to another message. */
static enum status
add_rivals(struct adoption *adoption, const struct identity *identity, struct range_set *uids)
{
	size_t position = 0;
	struct uid uid;

	while (adopt_table_candidate(&adoption->table, identity, &position, &uid)) {
		enum status status = range_set_add(uids, uid.number, uid.number);

		if (status != ST_OK)
			return adopt_out_of_memory(adoption, status);
	}
	return ST_OK;
}

/* The destination's messages that may be copies of those that only digests decide. */
static enum status
gather_rivals(struct adoption *adoption, struct range_set *uids)
{
	enum status status = ST_OK;

	range_set_clear(uids);
	for (size_t i = 0; i < adoption->window_count; i++) {
		const struct candidate *candidate = &adoption->window[i];
		struct identity identity;
		struct digest body;

		if (candidate->verdict != ADOPT_DIGEST || !candidate->has_body)
			continue;
		for (size_t form = 0; form <= SYNC_REPAIR_FORMS && status == ST_OK; form++) {
			if (form_of(candidate, form, &identity, &body))
				status = add_rivals(adoption, &identity, uids);
		}
	}
	return status;
}

/* Whose copy it is; those that have it as they are come first. NULL: nobody's. */
static struct candidate *
find_owner(
    struct adoption *adoption, const struct identity *identity, const struct digest *body)
{
	for (size_t form = 0; form <= SYNC_REPAIR_FORMS; form++) {
		struct candidate *candidate;
		size_t at = 0;

		while ((candidate = next_waiting(adoption, ADOPT_DIGEST, &at)) != NULL) {
			struct identity own;
			struct digest own_body;

			if (candidate->has_body && form_of(candidate, form, &own, &own_body) &&
			    identity_equal(&own, identity) && digest_equal(&own_body, body))
				return candidate;
		}
	}
	return NULL;
}

static enum status
take_destination_body(
    struct adoption *adoption, const struct imap_message *message, struct reading *reading)
{
	struct identity identity = identity_scan_finish(&reading->identity);
	struct digest body = body_digest_finish(&reading->body);
	struct candidate *owner = NULL;

	if (reading->is_whole)
		owner = find_owner(adoption, &identity, &body);
	if (owner == NULL ||
	    !adopt_table_take(&adoption->table, &identity, message->message.uid))
		return ST_OK;
	return adopt(adoption, owner, message);
}

enum status
adopt_confirm_bodies(struct adoption *adoption, struct range_set *uids)
{
	const struct adopt_question of_src = {
	    .end = PASS_SRC,
	    .uids = uids,
	    .items = IMAP_FETCH_BODY,
	    .rewrites = adoption->rewrites,
	    .is_repaired = true,
	    .step = take_source_body,
	};
	struct range_set window;
	const struct adopt_question of_dst = {
	    .end = PASS_DST,
	    .uids = &window,
	    .items = IMAP_FETCH_FLAGS | IMAP_FETCH_BODY,
	    .step = take_destination_body,
	};
	uint64_t next = 1;
	enum status status = gather(adoption, ADOPT_DIGEST, true, uids);

	if (status == ST_OK)
		status = adopt_read(adoption, &of_src);
	if (status == ST_OK)
		status = gather_rivals(adoption, uids);
	range_set_init(&window, ADOPT_WINDOW_MESSAGES);
	while (status == ST_OK && next <= UINT32_MAX) {
		range_set_clear(&window);
		status = range_set_window(uids, next, ADOPT_WINDOW_MESSAGES, &window, &next);
		if (status != ST_OK || window.count == 0)
			break;
		status = adopt_read(adoption, &of_dst);
	}
	range_set_fini(&window);
	return status;
}
