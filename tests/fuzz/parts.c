/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "base/check.h"

enum status
parts_next(struct imap_frame *frame, struct bytes *piece, struct imap_part *part_out)
{
	struct fault fault = {0};
	size_t used = 0;
	enum status status = imap_frame_feed(frame, *piece, &used, part_out, &fault);

	if (status != ST_OK) {
		CHECK(status != ST_AGAIN);
		CHECK(fault.status == status && fault.text[0] != 0);
		return status;
	}
	CHECK(used <= piece->size);
	*piece = bytes_skip(*piece, used);
	if (part_out->kind != IMAP_PART_NONE)
		return ST_OK;
	CHECK(piece->size == 0);
	return ST_AGAIN;
}
