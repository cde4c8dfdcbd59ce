/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include "base/check.h"

/* ST_AGAIN when all of the piece is taken and no part is complete. */
static enum status
next(struct imap_frame *frame, struct bytes *piece, struct imap_part *part_out)
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

enum status
parts_feed(struct imap_frame *frame, struct bytes piece, parts_take_fn take, void *owner)
{
	enum status status = ST_OK;

	while (status == ST_OK) {
		struct imap_part part;

		status = next(frame, &piece, &part);
		if (status == ST_AGAIN)
			return ST_OK;
		if (status == ST_OK)
			status = take(owner, &part);
	}
	return status;
}
