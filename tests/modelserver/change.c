/* SPDX-License-Identifier: Apache-2.0
 *
 * STORE, SEARCH, EXPUNGE, COPY and MOVE.
 */
#include <string.h>

#include "modelserver/command.h"

enum {
	PIECE = 256 /* messages a step */
};

/* Nothing may be stored that this family does not take as a keyword. */
const char *
model_flags_objection(const struct model_server *server, const struct model_folder *folder,
    const struct model_flags *flags)
{
	size_t count = folder->keyword_count;
	struct bytes rest = flags->keywords;
	struct bytes word;

	while ((word = model_word_next(&rest)).size > 0) {
		bool is_known = false;

		if (word.size > server->profile.keyword_size_max)
			return "NO [CANNOT] Keyword too long.";
		for (size_t i = 0; i < folder->keyword_count; i++)
			is_known =
			    is_known || bytes_equal_nocase(folder->keyword_names[i], word);
		count += is_known ? 0 : 1;
	}
	if (server->profile.keywords_max > 0 && count > server->profile.keywords_max)
		return "NO Too many user flags in mailbox.";
	return NULL;
}

enum status
model_command_store(struct model_server *server, struct model_scan *scan)
{
	const char *objection;
	enum status status = model_scan_space(scan);

	if (status == ST_OK)
		status = model_view_scan_set(server, scan);
	if (status == ST_OK)
		status = model_scan_space(scan);
	if (status != ST_OK)
		return status;
	server->change = MODEL_FLAGS_SET;
	if (model_scan_octet(scan, '+'))
		server->change = MODEL_FLAGS_ADD;
	else if (model_scan_octet(scan, '-'))
		server->change = MODEL_FLAGS_REMOVE;
	server->is_silent = model_scan_word(scan, BYTES("FLAGS.SILENT"));
	if (!server->is_silent && !model_scan_word(scan, BYTES("FLAGS")))
		return ST_SYNTAX;
	status = model_scan_space(scan);
	if (status == ST_OK)
		status = model_scan_store_flags(scan, &server->flags);
	if (status != ST_OK || !model_scan_is_end(scan))
		return ST_SYNTAX;
	objection = model_flags_objection(server, server->view.folder, &server->flags);
	if (server->view.is_read_only)
		objection = "NO [READ-ONLY] Mailbox is read-only.";
	if (objection != NULL)
		model_reply(server, objection);
	else
		server->run = RUN_STORE;
	return ST_OK;
}

/* One message; the session's own change is not news to it. */
static void
store_one(struct model_server *server, struct model_message *message, size_t sequence)
{
	struct model_view *view = &server->view;
	uint64_t before = view->folder->modseq;
	size_t index = model_folder_at(view->folder, message->uid);

	model_check(
	    server, model_folder_change(view->folder, index, server->change, server->flags));
	if (view->modseq == before)
		view->modseq = view->folder->modseq;
	if (server->is_silent)
		return;
	model_say(server, "* %zu FETCH (", sequence);
	if (server->is_uid_command)
		model_say(server, "UID %u ", message->uid);
	model_say_flags(server, message);
	model_say_bytes(server, BYTES(")\r\n"));
}

bool
model_store_step(struct model_server *server)
{
	for (int i = 0; i < PIECE; i++) {
		size_t sequence;
		struct model_message *message = model_view_next(server, &sequence);

		if (message == NULL) {
			model_reply(server, "OK Store completed.");
			return false;
		}
		store_one(server, message, sequence);
	}
	return true;
}

/* ALL, UID set, or a set of sequence numbers; what else there is in SEARCH is not modelled. */
enum status
model_command_search(struct model_server *server, struct model_scan *scan)
{
	struct bytes charset;
	enum status status = model_scan_space(scan);
	bool is_uid = server->is_uid_command;

	if (status == ST_OK && model_scan_word(scan, BYTES("CHARSET"))) {
		if (model_scan_space(scan) != ST_OK ||
		    model_scan_astring(scan, &charset) != ST_OK)
			return ST_SYNTAX;
		status = model_scan_space(scan);
	}
	if (status != ST_OK)
		return status;
	server->is_uid_command = true;
	if (model_scan_word(scan, BYTES("ALL"))) {
		struct model_scan all = {.text = BYTES("1:*"), .arena = &server->arena};

		status = model_view_scan_set(server, &all);
	} else {
		server->is_uid_command = model_scan_word(scan, BYTES("UID"));
		if (server->is_uid_command)
			status = model_scan_space(scan);
		if (status == ST_OK)
			status = model_view_scan_set(server, scan);
	}
	server->is_uid_command = is_uid;
	if (status != ST_OK || !model_scan_is_end(scan))
		return ST_SYNTAX;
	model_say_bytes(server, BYTES("* SEARCH"));
	server->run = RUN_SEARCH;
	return ST_OK;
}

bool
model_search_step(struct model_server *server)
{
	for (int i = 0; i < PIECE; i++) {
		size_t sequence;
		const struct model_message *message = model_view_next(server, &sequence);

		if (message == NULL) {
			model_say_bytes(server, BYTES("\r\n"));
			model_reply(server, "OK Search completed.");
			return false;
		}
		model_say(
		    server, " %zu", server->is_uid_command ? (size_t)message->uid : sequence);
	}
	return true;
}

enum status
model_command_expunge(struct model_server *server, struct model_scan *scan)
{
	struct model_folder *folder = server->view.folder;
	enum status status = ST_OK;

	if (server->is_uid_command) {
		status = model_scan_space(scan);
		if (status == ST_OK)
			status = model_view_scan_set(server, scan);
	}
	if (status != ST_OK || !model_scan_is_end(scan))
		return ST_SYNTAX;
	if (server->view.is_read_only) {
		model_reply(server, "NO [READ-ONLY] Mailbox is read-only.");
		return ST_OK;
	}
	for (size_t i = folder->count; i > 0; i--) {
		const struct model_message *message = &folder->messages[i - 1];

		if ((message->system & MODEL_DELETED) == 0 ||
		    (server->is_uid_command && !range_set_has(&server->set, message->uid)))
			continue;
		model_folder_expunge(folder, i - 1);
	}
	model_reply(server, "OK Expunge completed.");
	return ST_OK;
}

static enum status
copy_one(struct model_server *server, struct model_folder *target,
    const struct model_message *message, struct range_set *to)
{
	struct buf words;
	struct model_new new = {
	    .date = message->date,
	    .flags.system = message->system,
	    .body = message->body,
	};
	uint32_t uid = 0;
	enum status status;

	buf_init(&words, MODEL_OUTPUT_SIZE_MAX);
	status = model_folder_keywords(server->view.folder, message, &words);
	new.flags.keywords = buf_bytes(&words);
	if (status == ST_OK) {
		new.body = model_body_keep(&message->body);
		status = model_folder_append(target, &new, &uid);
		if (status != ST_OK)
			model_body_drop(&new.body);
	}
	if (status == ST_OK)
		status = range_set_add(to, uid, uid);
	buf_fini(&words);
	return status;
}

static void
print_set(struct model_server *server, const struct range_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct range *range = &set->ranges[i];

		model_say(server, i == 0 ? "%u" : ",%u", range->first);
		if (range->last > range->first)
			model_say(server, ":%u", range->last);
	}
}

/* COPYUID goes into an untagged OK before the reply, as RFC 6851 has it for MOVE and RFC 4315
 * allows for COPY. */
static void
say_copied(struct model_server *server, const struct model_folder *target,
    const struct range_set *from, const struct range_set *to)
{
	if (from->count == 0 || (model_capabilities(server) & MODEL_CAP_UIDPLUS) == 0)
		return;
	model_say(server, "* OK [COPYUID %u ", target->uidvalidity);
	print_set(server, from);
	model_say_bytes(server, BYTES(" "));
	print_set(server, to);
	model_say_bytes(server, BYTES("] Copied.\r\n"));
}

static enum status
copy_all(struct model_server *server, struct model_folder *target, bool is_move)
{
	struct range_set from, to;
	struct model_folder *folder = server->view.folder;
	uint32_t uid_end = folder->uidnext;
	size_t sequence;
	const struct model_message *message;
	enum status status = ST_OK;

	range_set_init(&from, MODEL_SET_RANGES_MAX);
	range_set_init(&to, MODEL_SET_RANGES_MAX);
	while (status == ST_OK && (message = model_view_next(server, &sequence)) != NULL) {
		/* The copy may be in the same folder: what was added is not copied again, and
		 * adding may have moved the message. */
		struct model_message held = *message;

		if (held.uid >= uid_end)
			break;
		status = copy_one(server, target, &held, &to);
		if (status == ST_OK)
			status = range_set_add(&from, held.uid, held.uid);
		if (status == ST_OK && is_move)
			model_folder_expunge(folder, model_folder_at(folder, held.uid));
	}
	if (status == ST_OK)
		say_copied(server, target, &from, &to);
	range_set_fini(&from);
	range_set_fini(&to);
	return status;
}

enum status
model_command_copy(struct model_server *server, struct model_scan *scan)
{
	bool is_move = strstr(server->name, "MOVE") != NULL;
	struct model_folder *target;
	struct bytes name = {0};
	enum status status = model_scan_space(scan);

	if (status == ST_OK)
		status = model_view_scan_set(server, scan);
	if (status == ST_OK)
		status = model_scan_space(scan);
	if (status == ST_OK)
		status = model_scan_astring(scan, &name);
	if (status != ST_OK || !model_scan_is_end(scan))
		return ST_SYNTAX;
	target = model_account_find(server->account, name);
	if (target == NULL || target->kind != MODEL_FOLDER_REAL) {
		model_reply(server, "NO [TRYCREATE] Mailbox doesn't exist.");
		return ST_OK;
	}
	if (is_move && server->view.is_read_only) {
		model_reply(server, "NO [READ-ONLY] Mailbox is read-only.");
		return ST_OK;
	}
	status = copy_all(server, target, is_move);
	if (status == ST_OK)
		model_reply(server, is_move ? "OK Move completed." : "OK Copy completed.");
	return status;
}
