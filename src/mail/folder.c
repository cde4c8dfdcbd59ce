/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/folder.h"

#include "base/utf8.h"

static bool
is_inbox_part(struct bytes part)
{
	return bytes_equal_nocase(part, BYTES("INBOX"));
}

bool
folder_name_is_inbox(struct folder_name name)
{
	return name.part_count == 1 && is_inbox_part(name.parts[0]);
}

bool
folder_name_equal(struct folder_name a, struct folder_name b)
{
	if (a.part_count != b.part_count)
		return false;
	for (size_t i = 0; i < a.part_count; i++) {
		bool is_both_inbox =
		    i == 0 && is_inbox_part(a.parts[0]) && is_inbox_part(b.parts[0]);

		if (!is_both_inbox && !bytes_equal(a.parts[i], b.parts[i]))
			return false;
	}
	return true;
}

bool
folder_is_virtual(const struct folder *folder)
{
	if (folder->use_from == USE_FROM_NAME)
		return false;
	return folder->use == USE_ALL || folder->use == USE_FLAGGED ||
	    folder->use == USE_IMPORTANT;
}

enum status
folder_name_print(struct folder_name name, struct arena *arena, struct bytes *text_out)
{
	size_t most = name.part_count + 1;
	size_t size = 0;
	uint8_t *octets;

	for (size_t i = 0; i < name.part_count; i++)
		most += 2 * name.parts[i].size;
	octets = arena_take(arena, most, 1);
	if (octets == NULL)
		return arena_status(arena);
	for (size_t i = 0; i < name.part_count; i++) {
		struct bytes part = name.parts[i];

		if (i > 0)
			octets[size++] = '/';
		for (size_t k = 0; k < part.size; k++) {
			if (part.data[k] == '/' || part.data[k] == '\\')
				octets[size++] = '\\';
			octets[size++] = part.data[k];
		}
	}
	*text_out = bytes_of(octets, size);
	return ST_OK;
}

static bool
is_escape(struct bytes text, size_t at)
{
	uint8_t next;

	if (text.data[at] != '\\' || at + 1 == text.size)
		return false;
	next = text.data[at + 1];
	return next == '/' || next == '\\' || next == '=';
}

enum status
folder_name_parse(struct bytes text, struct arena *arena, struct folder_name *name_out)
{
	uint8_t *octets = arena_take(arena, text.size + 1, 1);
	struct bytes *parts = arena_take_array(arena, FOLDER_PARTS_MAX, sizeof(*parts));
	size_t count = 0;
	size_t size = 0;
	size_t start = 0;

	if (octets == NULL || parts == NULL)
		return arena_status(arena);
	if (!utf8_is_valid(text))
		return ST_SYNTAX;
	for (size_t i = 0; i <= text.size; i++) {
		bool is_end = i == text.size || text.data[i] == '/';

		if (!is_end) {
			i += is_escape(text, i);
			octets[size++] = text.data[i];
			continue;
		}
		if (size == start || count == FOLDER_PARTS_MAX)
			return ST_SYNTAX;
		parts[count++] = bytes_of(octets + start, size - start);
		start = size;
	}
	*name_out = (struct folder_name){parts, count};
	return ST_OK;
}
