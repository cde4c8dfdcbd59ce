/* SPDX-License-Identifier: Apache-2.0
 *
 * What a session has been told of its folder. Sequence numbers are places in `uids`; messages
 * enter and leave that list only together with an untagged EXISTS or EXPUNGE, which are sent
 * before a tagged reply. EXPUNGE is held back behind FETCH, STORE and SEARCH without UID
 * (RFC 3501 section 7.4.1).
 */
#include <string.h>

#include "base/mem.h"
#include "modelserver/machine.h"

enum {
	SYNC_PIECE = 256, /* messages a step */
	VIEW_MIN = 64
};

static enum status
reserve(struct model_view *view, size_t count)
{
	size_t capacity = view->capacity < VIEW_MIN ? VIEW_MIN : view->capacity;
	uint32_t *uids;

	while (capacity < count)
		capacity *= 2;
	if (capacity == view->capacity)
		return ST_OK;
	uids = mem_resize(view->uids, capacity * sizeof(*uids));
	if (uids == NULL)
		return ST_MEMORY;
	view->uids = uids;
	view->capacity = capacity;
	return ST_OK;
}

void
model_view_open(struct model_server *server, struct model_folder *folder, bool read_only)
{
	struct model_view *view = &server->view;

	model_view_close(server);
	if (reserve(view, folder->count) != ST_OK) {
		server->link = MODEL_LINK_RESET;
		return;
	}
	view->folder = folder;
	view->is_read_only = read_only;
	view->uidvalidity = folder->uidvalidity;
	view->count = folder->count;
	view->modseq = folder->modseq;
	view->removals = folder->removals;
	for (size_t i = 0; i < folder->count; i++)
		view->uids[i] = folder->messages[i].uid;
}

void
model_view_close(struct model_server *server)
{
	server->view.folder = NULL;
	server->view.count = 0;
}

/* The place of the first UID in the view that is not below `uid`. */
static size_t
place_of(const struct model_view *view, uint32_t uid)
{
	size_t low = 0;
	size_t high = view->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (view->uids[middle] < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t
model_view_sequence(const struct model_server *server, uint32_t uid)
{
	size_t place = place_of(&server->view, uid);

	return place < server->view.count && server->view.uids[place] == uid ? place + 1 : 0;
}

void
model_say_flags(struct model_server *server, const struct model_message *message)
{
	const struct model_folder *folder = server->view.folder;
	bool is_first = true;

	model_say_bytes(server, BYTES("FLAGS ("));
	if (message->raw != NULL && message->raw->has_flags) {
		model_say_bytes(server, message->raw->flags);
		model_say_bytes(server, BYTES(")"));
		return;
	}
	for (uint32_t bit = MODEL_SEEN; bit <= MODEL_DRAFT; bit <<= 1) {
		if ((message->system & bit) == 0)
			continue;
		model_say(server, is_first ? "%s" : " %s", model_flag_name(bit));
		is_first = false;
	}
	if (message->keywords != NULL && !is_first)
		model_say_bytes(server, BYTES(" "));
	model_check(server, model_folder_keywords(folder, message, &server->output));
	model_say_bytes(server, BYTES(")"));
}

static bool
may_expunge(const struct model_server *server)
{
	static const char *const silent[] = {"FETCH", "STORE", "SEARCH"};

	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		if (strcmp(server->name, silent[i]) == 0)
			return false;
	}
	return true;
}

/* Some messages of the view, from its end: those that left are told and marked by 0. */
static void
tell_removals(struct model_server *server)
{
	struct model_view *view = &server->view;
	size_t kept = 0;

	for (size_t n = view->count; n > 0; n--) {
		if (model_folder_find(view->folder, view->uids[n - 1]) == NULL) {
			model_say(server, "* %zu EXPUNGE\r\n", n);
			view->uids[n - 1] = 0;
		}
	}
	for (size_t i = 0; i < view->count; i++) {
		if (view->uids[i] != 0)
			view->uids[kept++] = view->uids[i];
	}
	view->count = kept;
	view->removals = view->folder->removals;
}

static void
tell_arrivals(struct model_server *server)
{
	struct model_view *view = &server->view;
	uint32_t last = view->count == 0 ? 0 : view->uids[view->count - 1];
	size_t index =
	    last == UINT32_MAX ? view->folder->count : model_folder_at(view->folder, last + 1);
	size_t count = view->folder->count - index;

	if (count == 0)
		return;
	if (reserve(view, view->count + count) != ST_OK) {
		server->link = MODEL_LINK_RESET;
		return;
	}
	for (; index < view->folder->count; index++)
		view->uids[view->count++] = view->folder->messages[index].uid;
	model_say(server, "* %zu EXISTS\r\n* 0 RECENT\r\n", view->count);
}

/* Changed flags, a piece a step; true while there is more. */
static bool
tell_flags(struct model_server *server)
{
	struct model_view *view = &server->view;

	if (view->modseq >= view->folder->flag_modseq)
		return false;
	for (int i = 0; i < SYNC_PIECE; i++) {
		const struct model_message *message;

		if (view->sync_index == view->count) {
			view->modseq = view->folder->modseq;
			return false;
		}
		message = model_folder_find(view->folder, view->uids[view->sync_index++]);
		if (message == NULL || message->modseq <= view->modseq)
			continue;
		model_say(server, "* %zu FETCH (UID %u ", view->sync_index, message->uid);
		model_say_flags(server, message);
		model_say_bytes(server, BYTES(")\r\n"));
	}
	return true;
}

bool
model_view_sync_step(struct model_server *server)
{
	struct model_view *view = &server->view;

	if (view->folder == NULL)
		return false;
	if (view->folder->kind != MODEL_FOLDER_REAL) {
		model_say_bytes(server, BYTES("* BYE Selected mailbox was deleted.\r\n"));
		server->link_after = MODEL_LINK_SHUT;
		model_view_close(server);
		return false;
	}
	if (tell_flags(server))
		return true;
	if (view->removals != view->folder->removals && may_expunge(server))
		tell_removals(server);
	tell_arrivals(server);
	return false;
}

/* Sequence numbers to UIDs: neighbours stay ranges only where the UIDs touch. */
static enum status
uids_of(const struct model_view *view, const struct range_set *numbers, struct range_set *uids)
{
	enum status status = ST_OK;

	for (size_t i = 0; i < numbers->count; i++) {
		uint32_t last = numbers->ranges[i].last;

		/* RFC 3501 section 9: a number that is not in the folder is an error. */
		if (last > view->count)
			return ST_SYNTAX;
		for (uint32_t n = numbers->ranges[i].first; status == ST_OK && n <= last; n++)
			status = range_set_add(uids, view->uids[n - 1], view->uids[n - 1]);
	}
	return status;
}

enum status
model_view_scan_set(struct model_server *server, struct model_scan *scan)
{
	const struct model_view *view = &server->view;
	struct range_set numbers;
	uint32_t highest;
	enum status status;

	range_set_clear(&server->set);
	server->set_index = 0;
	server->next_uid = 1;
	if (server->is_uid_command) {
		highest = view->count == 0 ? 0 : view->uids[view->count - 1];
		return model_scan_set(scan, highest, &server->set);
	}
	range_set_init(&numbers, MODEL_SET_RANGES_MAX);
	status = model_scan_set(scan, (uint32_t)view->count, &numbers);
	server->set.range_count_max =
	    view->count < MODEL_SET_RANGES_MAX ? MODEL_SET_RANGES_MAX : view->count;
	if (status == ST_OK)
		status = uids_of(view, &numbers, &server->set);
	range_set_fini(&numbers);
	return status;
}

struct model_message *
model_view_next(struct model_server *server, size_t *sequence_out)
{
	const struct model_folder *folder = server->view.folder;
	const struct range_set *set = &server->set;

	while (folder != NULL && server->next_uid != 0) {
		struct model_message *message;
		size_t index, sequence;

		while (server->set_index < set->count &&
		    set->ranges[server->set_index].last < server->next_uid)
			server->set_index++;
		if (server->set_index == set->count)
			return NULL;
		if (set->ranges[server->set_index].first > server->next_uid)
			server->next_uid = set->ranges[server->set_index].first;
		index = model_folder_at(folder, server->next_uid);
		if (index == folder->count)
			return NULL;
		message = &folder->messages[index];
		server->next_uid = message->uid;
		if (message->uid > set->ranges[server->set_index].last)
			continue;
		/* UINT32_MAX + 1 is 0, which ends the walk. */
		server->next_uid = message->uid + 1;
		sequence = model_view_sequence(server, message->uid);
		if (sequence == 0)
			continue;
		*sequence_out = sequence;
		return message;
	}
	return NULL;
}
