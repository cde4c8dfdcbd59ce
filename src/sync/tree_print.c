/* SPDX-License-Identifier: Apache-2.0
 *
 * The map as a person reads it. A row's source follows from its destination alone: the
 * destinations differ from each other, and the two names stand side by side.
 */
#include <string.h>

#include "sync/tree.h"

/* In the order of enum name_change. */
static const char *const reasons[NAME_CHANGE_COUNT] = {
    "the destination cannot write some of its characters",
    "the destination takes no blanks at an edge and no two in a row",
    "a level without a name cannot be written",
    "the destination keeps the name for itself",
    "letters and their accents are written as one",
    "the name is too long for the destination",
    "as --map orders",
    "the destination has a folder for the same use",
    "the folder is there already, spelled this way",
    "another folder has the name",
    "children of INBOX stand beside it there",
    "its parent takes no folders there",
    "its parent is called otherwise",
    "the level above holds no mail",
    "the plain name leads to folders of somebody else",
};

enum status
sync_tree_why(uint32_t changes, struct arena *arena, struct bytes *why_out)
{
	size_t size = 0;
	uint8_t *octets;

	for (unsigned i = 0; i < NAME_CHANGE_COUNT; i++) {
		if ((changes >> i & 1) != 0)
			size += strlen(reasons[i]) + 2;
	}
	octets = arena_take(arena, size + 1, 1);
	if (octets == NULL)
		return arena_status(arena);
	size = 0;
	for (unsigned i = 0; i < NAME_CHANGE_COUNT; i++) {
		size_t part = strlen(reasons[i]);

		if ((changes >> i & 1) == 0)
			continue;
		if (size > 0) {
			memcpy(octets + size, "; ", 2);
			size += 2;
		}
		memcpy(octets + size, reasons[i], part);
		size += part;
	}
	/* Also a C string, for pass/report. */
	octets[size] = 0;
	*why_out = bytes_of(octets, size);
	return ST_OK;
}

enum status
sync_tree_print(const struct sync_tree_entry *entries, size_t count, struct arena *arena,
    struct sync_tree_row **rows_out)
{
	struct sync_tree_row *rows = arena_take_array(arena, count + 1, sizeof(*rows));
	enum status status = ST_OK;

	if (rows == NULL)
		return arena_status(arena);
	for (size_t i = 0; i < count && status == ST_OK; i++) {
		status = folder_name_print(entries[i].src->name, arena, &rows[i].source);
		if (status == ST_OK)
			status =
			    folder_name_print(entries[i].name, arena, &rows[i].destination);
		if (status == ST_OK)
			status = sync_tree_why(entries[i].changes, arena, &rows[i].why);
	}
	if (status == ST_OK)
		*rows_out = rows;
	return status;
}
