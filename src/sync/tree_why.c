/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a folder is called otherwise, for people.
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
    "the destination refused the name that was nearer to it",
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
	octets[size] = 0;
	*why_out = bytes_of(octets, size);
	return ST_OK;
}
