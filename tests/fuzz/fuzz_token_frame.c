/* SPDX-License-Identifier: Apache-2.0
 *
 * The pipe of godwit-token: frames are the same however the octets are cut, each is one that
 * could have been encoded, and a broken reader stays broken.
 */
#include "fuzz.h"

#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "bridge/token_frame.h"

/* What a whole run said, encoded anew, and how it ended. */
static enum status
run(struct bytes input, size_t step, struct buf *said)
{
	struct bridge_token_reader reader;
	struct bridge_token_frame frame;
	enum status status = ST_AGAIN;

	bridge_token_reader_init(&reader);
	while (input.size > 0 && status != ST_SYNTAX) {
		size_t taken = bridge_token_reader_feed(&reader, bytes_first(input, step));

		input = bytes_skip(input, taken);
		while ((status = bridge_token_reader_next(&reader, &frame)) == ST_OK)
			CHECK(bridge_token_frame_encode(&frame, said) == ST_OK);
		CHECK(taken > 0 || status == ST_SYNTAX);
	}
	if (status == ST_SYNTAX) {
		CHECK(bridge_token_reader_feed(&reader, BYTES("GT")) == 0);
		CHECK(bridge_token_reader_next(&reader, &frame) == ST_SYNTAX);
	}
	bridge_token_reader_fini(&reader);
	return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t steps[] = {1, 7, 1024, SIZE_MAX};
	struct bytes input = bytes_of(data, size);
	struct buf first;
	enum status status;

	buf_init(&first, size + 1);
	status = run(input, 3, &first);
	CHECK(bytes_start_with(input, buf_bytes(&first)));
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct buf other;

		buf_init(&other, size + 1);
		CHECK(run(input, steps[i], &other) == status);
		CHECK(bytes_equal(buf_bytes(&first), buf_bytes(&other)));
		buf_fini(&other);
	}
	buf_fini(&first);
	return 0;
}
