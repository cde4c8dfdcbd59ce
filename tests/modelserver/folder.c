/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands that work on a folder as a whole, but for LIST.
 */
#include <string.h>

#include "modelserver/command.h"

static enum status
name_argument(struct model_scan *scan, struct bytes *name_out)
{
	enum status status = model_scan_space(scan);

	if (status != ST_OK)
		return status;
	return model_scan_astring(scan, name_out);
}

/* A folder that can be worked on; NULL, and the refusal is said. */
static struct model_folder *
real_folder(struct model_server *server, struct bytes name)
{
	struct model_folder *folder = model_account_find(server->account, name);

	if (folder != NULL && folder->kind == MODEL_FOLDER_REAL)
		return folder;
	model_reply(server, "NO [NONEXISTENT] Mailbox doesn't exist.");
	return NULL;
}

/* Names that this family can hold: no controls, no 8-bit octets, no empty levels. */
static bool
is_possible(const struct model_server *server, struct bytes name)
{
	uint8_t delimiter = server->profile.delimiter;
	uint8_t previous = delimiter;

	for (size_t i = 0; i < name.size; i++) {
		if (name.data[i] < 0x20 || name.data[i] > 0x7e)
			return false;
		if (name.data[i] == delimiter && previous == delimiter)
			return false;
		previous = name.data[i];
	}
	if (name.size == 0 || previous == delimiter)
		return false;
	return !server->profile.is_below_inbox || bytes_equal_nocase(name, BYTES("INBOX")) ||
	    (bytes_start_with_nocase(name, BYTES("INBOX")) && name.data[5] == delimiter);
}

/* The folders above a name appear with it, as places for children. */
static enum status
make_parents(struct model_server *server, struct bytes name)
{
	enum status status = ST_OK;
	size_t end = bytes_find(name, server->profile.delimiter, 0);

	while (status == ST_OK && end < name.size) {
		struct model_folder *parent;

		status = model_account_entry(server->account, bytes_first(name, end), &parent);
		if (status == ST_OK && parent->kind == MODEL_FOLDER_GONE)
			parent->kind = MODEL_FOLDER_NOSELECT;
		end = bytes_find(name, server->profile.delimiter, end + 1);
	}
	return status;
}

/* " (USE (\Sent))" (RFC 6154 section 3). */
static enum status
use_argument(struct model_scan *scan, uint32_t *use_out)
{
	size_t start;
	struct bytes word;
	uint32_t use = 0;

	if (model_scan_space(scan) != ST_OK || !model_scan_octet(scan, '(') ||
	    !model_scan_word(scan, BYTES("USE")) || model_scan_space(scan) != ST_OK ||
	    !model_scan_octet(scan, '('))
		return ST_SYNTAX;
	do {
		uint32_t bit;

		start = scan->at;
		if (!model_scan_octet(scan, '\\') || model_scan_atom(scan, &word) != ST_OK)
			return ST_SYNTAX;
		bit = model_use_of_name(bytes_of(scan->text.data + start, scan->at - start));
		if (bit == 0)
			return ST_SYNTAX;
		use |= bit;
	} while (model_scan_octet(scan, ' '));
	if (!model_scan_octet(scan, ')') || !model_scan_octet(scan, ')'))
		return ST_SYNTAX;
	*use_out = use;
	return ST_OK;
}

enum status
model_command_create(struct model_server *server, struct model_scan *scan)
{
	struct model_folder *folder = NULL;
	struct bytes name = {0};
	uint32_t use = 0;
	enum status status = name_argument(scan, &name);

	if (status == ST_OK && !model_scan_is_end(scan) &&
	    (model_capabilities(server) & MODEL_CAP_CREATE_SPECIAL_USE) != 0)
		status = use_argument(scan, &use);
	if (status != ST_OK || !model_scan_is_end(scan))
		return ST_SYNTAX;
	/* RFC 3501 section 6.3.3: a delimiter at the end only announces children. */
	if (name.size > 1 && name.data[name.size - 1] == server->profile.delimiter)
		name.size--;
	if (!is_possible(server, name)) {
		model_reply(server, "NO [CANNOT] Invalid mailbox name.");
		return ST_OK;
	}
	status = make_parents(server, name);
	if (status == ST_OK)
		status = model_account_create(server->account, name, &folder);
	if (status == ST_CONFLICT) {
		model_reply(server, "NO [ALREADYEXISTS] Mailbox already exists.");
		return ST_OK;
	}
	if (status != ST_OK)
		return status;
	folder->special_use = use;
	model_reply(server, "OK Create completed.");
	return ST_OK;
}

enum status
model_command_delete(struct model_server *server, struct model_scan *scan)
{
	struct model_folder *folder = NULL;
	struct bytes name = {0};
	enum status status = name_argument(scan, &name);

	if (status != ST_OK || !model_scan_is_end(scan))
		return ST_SYNTAX;
	folder = real_folder(server, name);
	if (folder == NULL)
		return ST_OK;
	if (bytes_equal(folder->name, BYTES("INBOX"))) {
		model_reply(server, "NO [CANNOT] INBOX can't be deleted.");
		return ST_OK;
	}
	if (folder == server->view.folder)
		model_view_close(server);
	model_account_remove(folder);
	model_reply(server, "OK Delete completed.");
	return ST_OK;
}

static bool
is_below(const struct model_server *server, struct bytes name, struct bytes parent)
{
	return name.size > parent.size && bytes_start_with(name, parent) &&
	    name.data[parent.size] == server->profile.delimiter;
}

/* What lies below a renamed folder goes with it (RFC 3501 section 6.3.5). */
static enum status
move_children(struct model_server *server, struct bytes from, struct bytes to)
{
	struct model_account *account = server->account;
	enum status status = ST_OK;

	for (size_t i = 0; status == ST_OK && i < account->count; i++) {
		struct model_folder *folder = account->folders[i];
		struct bytes rest = bytes_skip(folder->name, from.size);
		uint8_t *name;

		if (folder->kind == MODEL_FOLDER_GONE || !is_below(server, folder->name, from))
			continue;
		name = arena_take(&server->arena, to.size + rest.size, 1);
		if (name == NULL)
			return arena_status(&server->arena);
		memcpy(name, to.data, to.size);
		memcpy(name + to.size, rest.data, rest.size);
		status = model_account_move(folder, (struct bytes){name, to.size + rest.size});
		/* Entries may have moved in the table; what is gone is passed over. */
		i = SIZE_MAX;
	}
	return status;
}

enum status
model_command_rename(struct model_server *server, struct model_scan *scan)
{
	struct model_folder *folder, *target;
	struct bytes from = {0};
	struct bytes to = {0};
	enum status status = name_argument(scan, &from);

	if (status == ST_OK)
		status = name_argument(scan, &to);
	if (status != ST_OK || !model_scan_is_end(scan))
		return ST_SYNTAX;
	folder = real_folder(server, from);
	if (folder == NULL)
		return ST_OK;
	target = model_account_find(server->account, to);
	if ((target != NULL && target->kind == MODEL_FOLDER_REAL) ||
	    bytes_equal(folder->name, BYTES("INBOX")) || !is_possible(server, to) ||
	    is_below(server, to, from)) {
		model_reply(server, "NO [CANNOT] Can't be renamed.");
		return ST_OK;
	}
	status = make_parents(server, to);
	if (status == ST_OK)
		status = model_account_move(folder, to);
	if (status == ST_OK)
		status = move_children(server, from, to);
	if (status == ST_CONFLICT) {
		model_reply(server, "NO [ALREADYEXISTS] A folder below is in the way.");
		return ST_OK;
	}
	if (status != ST_OK)
		return status;
	model_reply(server, "OK Rename completed.");
	return ST_OK;
}

enum status
model_command_subscribe(struct model_server *server, struct model_scan *scan)
{
	bool is_subscribed = server->name[0] == 'S';
	struct model_folder *folder = NULL;
	struct bytes name = {0};
	enum status status = name_argument(scan, &name);

	if (status != ST_OK || !model_scan_is_end(scan))
		return ST_SYNTAX;
	if (bytes_equal_nocase(name, BYTES("INBOX")))
		name = BYTES("INBOX");
	if (!is_possible(server, name)) {
		model_reply(server, "NO [CANNOT] Invalid mailbox name.");
		return ST_OK;
	}
	status = model_account_entry(server->account, name, &folder);
	if (status != ST_OK)
		return status;
	folder->is_subscribed = is_subscribed;
	model_reply(server, is_subscribed ? "OK Subscribe completed." : "OK Unsubscribed.");
	return ST_OK;
}

static void
say_flag_list(struct model_server *server, const struct model_folder *folder)
{
	model_say_bytes(server, BYTES("\\Answered \\Flagged \\Deleted \\Seen \\Draft"));
	for (size_t i = 0; i < folder->keyword_count; i++) {
		model_say_bytes(server, BYTES(" "));
		model_say_bytes(server, folder->keyword_names[i]);
	}
}

static void
say_selected(struct model_server *server, const struct model_folder *folder, bool is_read_only)
{
	model_say_bytes(server, BYTES("* FLAGS ("));
	say_flag_list(server, folder);
	model_say_bytes(server, BYTES(")\r\n* OK [PERMANENTFLAGS ("));
	if (!is_read_only) {
		say_flag_list(server, folder);
		model_say_bytes(server, BYTES(" \\*"));
	}
	model_say(server, ")] Flags permitted.\r\n* %zu EXISTS\r\n* 0 RECENT\r\n",
	    server->view.count);
	model_say(server, "* OK [UIDVALIDITY %u] UIDs valid\r\n", folder->uidvalidity);
	if (server->profile.select_gives_uidnext)
		model_say(server, "* OK [UIDNEXT %u] Predicted next UID\r\n", folder->uidnext);
	if ((model_capabilities(server) & MODEL_CAP_CONDSTORE) != 0)
		model_say(server, "* OK [HIGHESTMODSEQ %llu] Highest\r\n",
		    (unsigned long long)folder->modseq);
}

enum status
model_command_select(struct model_server *server, struct model_scan *scan)
{
	bool is_read_only = server->name[0] == 'E';
	struct model_folder *folder = NULL;
	struct bytes name = {0};
	enum status status = name_argument(scan, &name);

	if (status == ST_OK && model_scan_octet(scan, ' ')) {
		if (!model_scan_octet(scan, '(') ||
		    !model_scan_word(scan, BYTES("CONDSTORE")) || !model_scan_octet(scan, ')'))
			return ST_SYNTAX;
		server->is_condstore = true;
	}
	if (status != ST_OK || !model_scan_is_end(scan))
		return ST_SYNTAX;
	model_view_close(server);
	folder = real_folder(server, name);
	if (folder == NULL)
		return ST_OK;
	model_view_open(server, folder, is_read_only);
	say_selected(server, folder, is_read_only);
	model_reply(server,
	    is_read_only ? "OK [READ-ONLY] Examine completed."
			 : "OK [READ-WRITE] Select completed.");
	return ST_OK;
}

/* CLOSE also expunges (RFC 3501 section 6.4.2), UNSELECT does not. */
enum status
model_command_unselect(struct model_server *server, struct model_scan *scan)
{
	struct model_folder *folder = server->view.folder;

	if (!model_scan_is_end(scan))
		return ST_SYNTAX;
	if (server->name[0] == 'C' && !server->view.is_read_only) {
		for (size_t i = folder->count; i > 0; i--) {
			if ((folder->messages[i - 1].system & MODEL_DELETED) != 0)
				model_folder_expunge(folder, i - 1);
		}
	}
	model_view_close(server);
	model_reply(server, "OK Completed.");
	return ST_OK;
}

enum status
model_command_status(struct model_server *server, struct model_scan *scan)
{
	struct model_folder *folder = NULL;
	struct bytes name = {0};
	uint32_t items = 0;
	enum status status = name_argument(scan, &name);

	if (status == ST_OK)
		status = model_scan_space(scan);
	if (status == ST_OK)
		status = model_scan_status_items(scan, &items);
	if (status != ST_OK || !model_scan_is_end(scan))
		return ST_SYNTAX;
	folder = real_folder(server, name);
	if (folder == NULL)
		return ST_OK;
	model_say_status(server, folder, items);
	model_reply(server, "OK Status completed.");
	return ST_OK;
}
