/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/folder.h"

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
