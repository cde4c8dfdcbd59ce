/* SPDX-License-Identifier: Apache-2.0
 *
 * FETCH, made as it is sent: one step says one item, or a piece of a literal. The body of a
 * literal under way is held, so that an EXPUNGE elsewhere cannot cut it.
 */
#include <string.h>

#include "modelserver/command.h"

enum {
	PIECE_SIZE = 16384
};

void
model_fetch_reset(struct model_server *server)
{
	struct model_fetch *fetch = &server->fetch;

	model_body_drop(&fetch->body);
	buf_clear(&fetch->section);
	*fetch = (struct model_fetch){.section = fetch->section};
}

/* Whether a header line's name is among the asked fields. */
static bool
is_asked(const struct model_item *item, struct bytes line)
{
	struct bytes name = bytes_first(line, bytes_find(line, ':', 0));
	struct bytes rest = item->fields;
	struct bytes word;

	while ((word = model_word_next(&rest)).size > 0) {
		if (bytes_equal_nocase(word, name))
			return item->section == SECTION_FIELDS;
	}
	return item->section == SECTION_FIELDS_NOT;
}

static enum status
pick_fields(const struct model_item *item, struct bytes header, struct buf *out)
{
	bool is_kept = false;
	enum status status = ST_OK;

	while (status == ST_OK && header.size > 0) {
		size_t end = bytes_find(header, '\n', 0);
		struct bytes line = bytes_first(header, end + 1);
		bool is_folded = line.data[0] == ' ' || line.data[0] == '\t';
		bool is_empty = line.data[0] == '\r' || line.data[0] == '\n';

		if (!is_folded)
			is_kept = !is_empty && is_asked(item, line);
		if (is_kept)
			status = buf_append(out, line);
		header = bytes_skip(header, end + 1);
	}
	if (status == ST_OK)
		status = buf_append(out, BYTES("\r\n"));
	return status;
}

/* Sets what will be sent: all of the body, or a section of it that is made here. */
static enum status
prepare(
    struct model_server *server, const struct model_item *item, const struct model_body *body)
{
	struct model_fetch *fetch = &server->fetch;
	struct buf header;
	enum status status = ST_OK;

	buf_init(&header, MODEL_HEADER_SIZE_MAX);
	buf_clear(&fetch->section);
	fetch->at = 0;
	fetch->end = body->size;
	fetch->is_from_section = item->section != SECTION_ALL && item->section != SECTION_TEXT;
	if (item->section != SECTION_ALL)
		status = model_body_header(body, &header);
	if (status == ST_OK && item->section == SECTION_TEXT)
		fetch->at = header.size;
	else if (status == ST_OK && item->section == SECTION_HEADER)
		status = buf_append(&fetch->section, buf_bytes(&header));
	else if (status == ST_OK && fetch->is_from_section)
		status = pick_fields(item, buf_bytes(&header), &fetch->section);
	buf_fini(&header);
	if (fetch->is_from_section)
		fetch->end = fetch->section.size;
	if (item->is_partial) {
		uint64_t size = fetch->end - fetch->at;
		uint64_t skip = item->offset < size ? item->offset : size;

		fetch->at += skip;
		if (item->size < size - skip)
			fetch->end = fetch->at + item->size;
	}
	return status;
}

static void
say_literal_head(struct model_server *server, const struct model_item *item)
{
	const struct model_actions *actions = &server->actions;
	int64_t size = (int64_t)(server->fetch.end - server->fetch.at) + actions->literal_add;

	model_say_bytes(server, item->label);
	if (item->is_partial)
		model_say(server, "<%llu>", (unsigned long long)item->offset);
	if (actions->literal_head.data != NULL) {
		model_say_bytes(server, BYTES(" "));
		model_say_bytes(server, actions->literal_head);
		model_say_bytes(server, BYTES("\r\n"));
	} else {
		model_say(server, " {%lld}\r\n", (long long)(size < 0 ? 0 : size));
	}
}

static void
begin_section(struct model_server *server, const struct model_item *item)
{
	struct model_fetch *fetch = &server->fetch;
	struct model_message *message = model_folder_find(server->view.folder, fetch->uid);

	if (message == NULL ||
	    (message->body.blob != NULL && message->body.blob->is_forgotten)) {
		model_say_bytes(server, item->label);
		model_say_bytes(server, BYTES(" NIL"));
		fetch->item_index++;
		fetch->is_fired = false;
		return;
	}
	if (!fetch->is_fired) {
		fetch->is_fired = true;
		model_fire(server, MODEL_ON_FETCH_BODY, BYTES(""), fetch->uid);
		return;
	}
	model_body_drop(&fetch->body);
	fetch->body = model_body_keep(&message->body);
	model_check(server, prepare(server, item, &fetch->body));
	if (server->actions.literal_cut >= 0 &&
	    (uint64_t)server->actions.literal_cut < fetch->end - fetch->at)
		fetch->end = fetch->at + (uint64_t)server->actions.literal_cut;
	say_literal_head(server, item);
	/* The lie was for this body only. */
	server->actions.literal_add = 0;
	server->actions.literal_cut = -1;
	server->actions.literal_head = (struct bytes){0};
	fetch->is_in_literal = true;
}

static void
literal_piece(struct model_server *server)
{
	struct model_fetch *fetch = &server->fetch;
	uint64_t left = fetch->end - fetch->at;
	size_t size = left < PIECE_SIZE ? (size_t)left : PIECE_SIZE;
	uint8_t *room = NULL;

	if (size == 0) {
		fetch->is_in_literal = false;
		fetch->item_index++;
		fetch->is_fired = false;
		model_body_drop(&fetch->body);
		model_fire(server, MODEL_ON_BODY_SENT, BYTES(""), fetch->uid);
		return;
	}
	if (fetch->is_from_section) {
		model_say_bytes(server,
		    bytes_first(
			bytes_skip(buf_bytes(&fetch->section), (size_t)fetch->at), size));
		fetch->at += size;
		return;
	}
	if (buf_reserve(&server->output, size, &room) != ST_OK) {
		server->link = MODEL_LINK_RESET;
		return;
	}
	size = model_body_read(&fetch->body, fetch->at, room, size);
	buf_added(&server->output, size);
	fetch->at += size;
}

static void
say_date(struct model_server *server, const struct model_message *message)
{
	struct model_date date = message->date;
	char text[MODEL_DATE_SIZE];

	model_say_bytes(server, BYTES("INTERNALDATE "));
	if (message->raw != NULL && message->raw->has_date) {
		model_say_bytes(server, message->raw->date);
		return;
	}
	if (server->profile.shows_utc)
		date.zone_minutes = 0;
	model_say(
	    server, "\"%s\"", model_date_print(date, server->profile.pads_day_by_space, text));
}

static void
say_item(struct model_server *server, const struct model_item *item,
    const struct model_message *message)
{
	switch (item->kind) {
	case ITEM_UID:
		model_say(server, "UID %u", message->uid);
		break;
	case ITEM_FLAGS:
		model_say_flags(server, message);
		break;
	case ITEM_DATE:
		say_date(server, message);
		break;
	case ITEM_SIZE:
		model_say(server, "RFC822.SIZE %llu", (unsigned long long)message->body.size);
		break;
	case ITEM_MODSEQ:
		model_say(server, "MODSEQ (%llu)", (unsigned long long)message->modseq);
		break;
	case ITEM_SECTION:
		break;
	}
}

/* BODY[] without PEEK sets \Seen, and the reply tells the flags (RFC 3501 section 6.4.5). */
static void
set_seen(struct model_server *server, struct model_message *message)
{
	struct model_fetch *fetch = &server->fetch;
	struct model_item flags = {.kind = ITEM_FLAGS, .label = BYTES("FLAGS")};
	struct model_folder *folder = server->view.folder;
	uint64_t before = folder->modseq;
	bool is_wanted = false;

	for (size_t i = 0; i < fetch->item_count; i++)
		is_wanted = is_wanted || fetch->items[i].sets_seen;
	if (!is_wanted || server->view.is_read_only || (message->system & MODEL_SEEN) != 0)
		return;
	model_check(server,
	    model_folder_change(folder, model_folder_at(folder, message->uid), MODEL_FLAGS_ADD,
		(struct model_flags){.system = MODEL_SEEN}));
	if (server->view.modseq == before)
		server->view.modseq = folder->modseq;
	model_check(server, model_fetch_add(server, &flags));
}

static void
begin_message(struct model_server *server)
{
	struct model_fetch *fetch = &server->fetch;
	struct model_message *message;
	size_t sequence;

	do {
		message = model_view_next(server, &sequence);
	} while (message != NULL && message->modseq <= fetch->changed_since);
	if (message == NULL) {
		model_reply(server,
		    server->profile.says_throttled ? "OK Success [THROTTLED]"
						   : "OK Fetch completed.");
		return;
	}
	set_seen(server, message);
	fetch->uid = message->uid;
	fetch->is_in_message = true;
	fetch->item_index = 0;
	fetch->is_fired = false;
	model_say(server, "* %zu FETCH (", sequence);
}

bool
model_fetch_step(struct model_server *server)
{
	struct model_fetch *fetch = &server->fetch;
	const struct model_item *item = &fetch->items[fetch->item_index];
	const struct model_message *message;

	if (!fetch->is_in_message) {
		begin_message(server);
		return true;
	}
	if (fetch->is_in_literal) {
		literal_piece(server);
		return true;
	}
	if (fetch->item_index == fetch->item_count) {
		model_say_bytes(server, BYTES(")\r\n"));
		fetch->is_in_message = false;
		return true;
	}
	if (fetch->item_index > 0 && !(item->kind == ITEM_SECTION && fetch->is_fired))
		model_say_bytes(server, BYTES(" "));
	if (item->kind == ITEM_SECTION) {
		begin_section(server, item);
		return true;
	}
	message = model_folder_find(server->view.folder, fetch->uid);
	if (message != NULL)
		say_item(server, item, message);
	fetch->item_index++;
	return true;
}
