/* SPDX-License-Identifier: Apache-2.0
 *
 * LIST and LSUB, with RFC 5258, 5819 and 6154, and STATUS lines. A listing walks the account by
 * name, so that folders may come and go while it is sent.
 */
#include <string.h>

#include "modelserver/command.h"

enum status_item {
	STATUS_MESSAGES = 1 << 0,
	STATUS_RECENT = 1 << 1,
	STATUS_UIDNEXT = 1 << 2,
	STATUS_UIDVALIDITY = 1 << 3,
	STATUS_UNSEEN = 1 << 4,
	STATUS_HIGHESTMODSEQ = 1 << 5,
	STATUS_SIZE = 1 << 6,
};

static const char *const item_names[] = {
    "MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "HIGHESTMODSEQ", "SIZE"};

enum {
	ITEM_COUNT = sizeof(item_names) / sizeof(item_names[0])
};

enum status
model_scan_status_items(struct model_scan *scan, uint32_t *items_out)
{
	uint32_t items = 0;

	if (!model_scan_octet(scan, '('))
		return ST_SYNTAX;
	do {
		struct bytes word;
		size_t i = 0;

		if (model_scan_atom(scan, &word) != ST_OK)
			return ST_SYNTAX;
		while (
		    i < ITEM_COUNT && !bytes_equal_nocase(word, bytes_of_string(item_names[i])))
			i++;
		if (i == ITEM_COUNT)
			return ST_SYNTAX;
		items |= (uint32_t)1 << i;
	} while (model_scan_octet(scan, ' '));
	if (!model_scan_octet(scan, ')'))
		return ST_SYNTAX;
	*items_out = items;
	return ST_OK;
}

static uint64_t
status_value(const struct model_folder *folder, uint32_t item)
{
	uint64_t value = 0;

	switch (item) {
	case STATUS_MESSAGES:
		return folder->count;
	case STATUS_UIDNEXT:
		return folder->uidnext;
	case STATUS_UIDVALIDITY:
		return folder->uidvalidity;
	case STATUS_HIGHESTMODSEQ:
		return folder->modseq;
	case STATUS_UNSEEN:
		for (size_t i = 0; i < folder->count; i++)
			value += (folder->messages[i].system & MODEL_SEEN) == 0;
		return value;
	case STATUS_SIZE:
		for (size_t i = 0; i < folder->count; i++)
			value += folder->messages[i].body.size;
		return value;
	default:
		return 0;
	}
}

void
model_say_status(struct model_server *server, const struct model_folder *folder, uint32_t items)
{
	bool is_first = true;

	model_say_bytes(server, BYTES("* STATUS "));
	model_say_string(server, folder->name);
	model_say_bytes(server, BYTES(" ("));
	for (size_t i = 0; i < ITEM_COUNT; i++) {
		if ((items >> i & 1) == 0)
			continue;
		model_say(server, is_first ? "%s %llu" : " %s %llu", item_names[i],
		    (unsigned long long)status_value(folder, (uint32_t)1 << i));
		is_first = false;
	}
	model_say_bytes(server, BYTES(")\r\n"));
}

/* "*" takes anything, "%" anything but the delimiter. One retreat to the last wildcard is
 * enough for "*"; "%" gives way to a "*" before it. */
static bool
matches(struct bytes pattern, struct bytes name, uint8_t delimiter)
{
	size_t p = 0, n = 0;
	size_t star = SIZE_MAX, star_n = 0, percent = SIZE_MAX, percent_n = 0;

	for (;;) {
		if (p < pattern.size && pattern.data[p] == '*') {
			star = ++p;
			star_n = n;
			percent = SIZE_MAX;
		} else if (p < pattern.size && pattern.data[p] == '%') {
			percent = ++p;
			percent_n = n;
		} else if (n < name.size && p < pattern.size &&
		    pattern.data[p] == name.data[n]) {
			p++;
			n++;
		} else if (n == name.size && p == pattern.size) {
			return true;
		} else if (percent != SIZE_MAX && percent_n < name.size &&
		    name.data[percent_n] != delimiter) {
			n = ++percent_n;
			p = percent;
		} else if (star != SIZE_MAX && star_n < name.size) {
			n = ++star_n;
			p = star;
			percent = SIZE_MAX;
		} else {
			return false;
		}
	}
}

static enum status
selection_options(struct model_server *server, struct model_scan *scan)
{
	struct model_list *list = &server->list;

	while (!model_scan_octet(scan, ')')) {
		if (model_scan_word(scan, BYTES("SUBSCRIBED")))
			list->wants_subscribed_only = list->returns_subscribed = true;
		else if (model_scan_word(scan, BYTES("SPECIAL-USE")))
			list->wants_special_only = true;
		else if (!model_scan_word(scan, BYTES("REMOTE")) &&
		    !model_scan_word(scan, BYTES("RECURSIVEMATCH")))
			return ST_SYNTAX;
		(void)model_scan_octet(scan, ' ');
	}
	return model_scan_space(scan);
}

static enum status
return_options(struct model_server *server, struct model_scan *scan)
{
	enum status status = ST_OK;

	if (!model_scan_word(scan, BYTES("RETURN")) || model_scan_space(scan) != ST_OK ||
	    !model_scan_octet(scan, '('))
		return ST_SYNTAX;
	while (status == ST_OK && !model_scan_octet(scan, ')')) {
		if (model_scan_word(scan, BYTES("SUBSCRIBED"))) {
			server->list.returns_subscribed = true;
		} else if (model_scan_word(scan, BYTES("STATUS"))) {
			if ((model_capabilities(server) & MODEL_CAP_LIST_STATUS) == 0)
				return ST_SYNTAX;
			status = model_scan_space(scan);
			if (status == ST_OK)
				status =
				    model_scan_status_items(scan, &server->list.status_items);
		} else if (!model_scan_word(scan, BYTES("CHILDREN")) &&
		    !model_scan_word(scan, BYTES("SPECIAL-USE"))) {
			return ST_SYNTAX;
		}
		(void)model_scan_octet(scan, ' ');
	}
	return status;
}

static enum status
add_pattern(struct model_server *server, struct model_scan *scan, struct bytes reference)
{
	struct model_list *list = &server->list;
	struct bytes pattern;
	uint8_t *both;
	enum status status = model_scan_pattern(scan, &pattern);

	if (status != ST_OK)
		return status;
	if (list->pattern_count == MODEL_ITEMS_MAX)
		return ST_LIMIT;
	both = arena_take(&server->arena, reference.size + pattern.size + 1, 1);
	if (both == NULL)
		return arena_status(&server->arena);
	if (reference.size > 0)
		memcpy(both, reference.data, reference.size);
	if (pattern.size > 0)
		memcpy(both + reference.size, pattern.data, pattern.size);
	list->patterns[list->pattern_count++] =
	    (struct bytes){both, reference.size + pattern.size};
	return ST_OK;
}

static enum status
patterns(struct model_server *server, struct model_scan *scan, struct bytes reference)
{
	bool is_extended = (model_capabilities(server) & MODEL_CAP_LIST_EXTENDED) != 0;
	enum status status;

	if (!is_extended || !model_scan_octet(scan, '('))
		return add_pattern(server, scan, reference);
	do {
		status = add_pattern(server, scan, reference);
	} while (status == ST_OK && model_scan_octet(scan, ' '));
	if (status == ST_OK && !model_scan_octet(scan, ')'))
		status = ST_SYNTAX;
	return status;
}

enum status
model_command_list(struct model_server *server, struct model_scan *scan)
{
	bool is_extended = (model_capabilities(server) & MODEL_CAP_LIST_EXTENDED) != 0;
	struct model_list *list = &server->list;
	struct bytes reference = {0};
	enum status status = model_scan_space(scan);

	buf_clear(&list->last);
	*list = (struct model_list){.last = list->last};
	list->is_lsub = strcmp(server->name, "LSUB") == 0;
	list->wants_subscribed_only = list->is_lsub;
	if (status == ST_OK && is_extended && model_scan_octet(scan, '('))
		status = selection_options(server, scan);
	if (status == ST_OK)
		status = model_scan_astring(scan, &reference);
	if (status == ST_OK)
		status = model_scan_space(scan);
	if (status == ST_OK)
		status = patterns(server, scan, reference);
	if (status == ST_OK && is_extended && model_scan_octet(scan, ' '))
		status = return_options(server, scan);
	if (status != ST_OK || !model_scan_is_end(scan))
		return status == ST_OK ? ST_SYNTAX : status;
	/* LIST "" "" asks for the delimiter (RFC 3501 section 6.3.8). */
	if (list->pattern_count == 1 && list->patterns[0].size == 0) {
		model_say(
		    server, "* LIST (\\Noselect) \"%c\" \"\"\r\n", server->profile.delimiter);
		model_reply(server, "OK List completed.");
		return ST_OK;
	}
	server->run = RUN_LIST;
	return ST_OK;
}

static bool
has_children(const struct model_server *server, const struct model_folder *folder)
{
	const struct model_account *account = server->account;
	size_t index = model_account_after(account, folder->name);

	/* Octets below the delimiter may sort between a name and its children. */
	for (; index < account->count; index++) {
		const struct model_folder *other = account->folders[index];

		if (!bytes_start_with(other->name, folder->name))
			return false;
		if (other->kind != MODEL_FOLDER_GONE &&
		    other->name.data[folder->name.size] == server->profile.delimiter)
			return true;
	}
	return false;
}

static void
say_attributes(struct model_server *server, const struct model_folder *folder)
{
	const struct model_list *list = &server->list;

	if (folder->kind == MODEL_FOLDER_GONE)
		model_say_bytes(server, BYTES(" \\NonExistent"));
	else if (folder->kind == MODEL_FOLDER_NOSELECT)
		model_say_bytes(server, BYTES(" \\Noselect"));
	if (list->returns_subscribed && folder->is_subscribed)
		model_say_bytes(server, BYTES(" \\Subscribed"));
	if ((model_capabilities(server) & MODEL_CAP_CHILDREN) != 0)
		model_say_bytes(server,
		    has_children(server, folder) ? BYTES(" \\HasChildren")
						 : BYTES(" \\HasNoChildren"));
	for (uint32_t bit = MODEL_USE_ALL; bit <= MODEL_USE_TRASH; bit <<= 1) {
		if ((model_capabilities(server) & MODEL_CAP_SPECIAL_USE) != 0 &&
		    (folder->special_use & bit) != 0)
			model_say(server, " %s", model_use_name(bit));
	}
}

static void
say_folder(struct model_server *server, const struct model_folder *folder)
{
	size_t start;

	model_say(server, "* %s (", server->list.is_lsub ? "LSUB" : "LIST");
	start = server->output.size;
	say_attributes(server, folder);
	/* Each attribute brought a space in front; the first must not have it. */
	if (server->output.size > start) {
		uint8_t *place = server->output.octets + server->output.start + start;

		memmove(place, place + 1, server->output.size - start - 1);
		buf_truncate(&server->output, server->output.size - 1);
	}
	model_say(server, ") \"%c\" ", server->profile.delimiter);
	model_say_string(server, folder->name);
	model_say_bytes(server, BYTES("\r\n"));
	if (server->list.status_items != 0 && folder->kind == MODEL_FOLDER_REAL)
		model_say_status(server, folder, server->list.status_items);
}

static bool
is_wanted(const struct model_server *server, const struct model_folder *folder)
{
	const struct model_list *list = &server->list;

	if (list->wants_subscribed_only && !folder->is_subscribed)
		return false;
	if (!list->wants_subscribed_only && folder->kind == MODEL_FOLDER_GONE)
		return false;
	if (list->wants_special_only && folder->special_use == 0)
		return false;
	for (size_t i = 0; i < list->pattern_count; i++) {
		if (matches(list->patterns[i], folder->name, server->profile.delimiter) ||
		    (bytes_equal(folder->name, BYTES("INBOX")) &&
			bytes_equal_nocase(list->patterns[i], BYTES("INBOX"))))
			return true;
	}
	return false;
}

bool
model_list_step(struct model_server *server)
{
	struct model_list *list = &server->list;
	const struct model_account *account = server->account;
	const struct model_folder *folder;
	size_t index =
	    list->is_begun ? model_account_after(account, buf_bytes(&list->last)) : 0;

	if (index == account->count) {
		model_reply(server, "OK List completed.");
		return false;
	}
	folder = account->folders[index];
	list->is_begun = true;
	buf_clear(&list->last);
	model_check(server, buf_append(&list->last, folder->name));
	if (is_wanted(server, folder))
		say_folder(server, folder);
	return true;
}
