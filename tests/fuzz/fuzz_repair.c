/* SPDX-License-Identifier: Apache-2.0
 *
 * A message at each level of repair: the same in one piece and in pieces, no larger than is
 * promised, and what came out needs no repair.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "wire/mime/repair.h"
#include "wire/mime/scan.h"

enum {
	PER_MESSAGE = 128 /* a header, an empty line, a line end */
};

struct output {
	uint8_t *octets;
	size_t size;
	uint32_t changes;
};

static size_t
most_of(size_t size)
{
	return MIME_REPAIR_GROWTH * size + PER_MESSAGE;
}

static void
drain(struct mime_repair *repair, struct bytes input, struct output *output, size_t most)
{
	struct bytes piece;
	enum status status;

	while ((status = mime_repair_next(repair, &input, &piece)) == ST_OK) {
		CHECK(piece.size > 0 && output->size + piece.size <= most);
		memcpy(output->octets + output->size, piece.data, piece.size);
		output->size += piece.size;
	}
	CHECK(input.size == 0);
}

static struct output
repair_all(enum mime_repair_level level, struct bytes text, bool is_cut)
{
	static struct mime_repair repair;
	size_t most = most_of(text.size);
	struct output output = {.octets = malloc(most)};

	CHECK(output.octets != NULL);
	mime_repair_init(&repair, level);
	while (text.size > 0) {
		size_t size = is_cut ? text.data[0] % 7 + 1U : text.size;

		drain(&repair, bytes_first(text, size), &output, most);
		text = bytes_skip(text, size);
	}
	mime_repair_finish(&repair);
	drain(&repair, (struct bytes){NULL, 0}, &output, most);
	CHECK(mime_repair_size(&repair) == output.size);
	output.changes = mime_repair_changes(&repair);
	return output;
}

static void
look_at(enum mime_repair_level level, const struct output *output)
{
	struct mime_scan scan;

	mime_scan_init(&scan);
	mime_scan_feed(&scan, bytes_of(output->octets, output->size));
	CHECK(!mime_scan_has_nul(&scan) && !mime_scan_has_bare_lf(&scan));
	CHECK(!mime_scan_has_bare_cr(&scan) && !mime_scan_ends_without_newline(&scan));
	CHECK(level < MIME_REPAIR_ASCII || !mime_scan_has_header_8bit(&scan));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = bytes_of(data, size);

	for (int level = 0; level < MIME_REPAIR_LEVEL_COUNT; level++) {
		struct output whole = repair_all((enum mime_repair_level)level, text, false);
		struct output cut = repair_all((enum mime_repair_level)level, text, true);
		struct output again = repair_all(
		    (enum mime_repair_level)level, bytes_of(whole.octets, whole.size), false);

		CHECK(whole.changes == cut.changes);
		CHECK(bytes_equal(
		    bytes_of(whole.octets, whole.size), bytes_of(cut.octets, cut.size)));
		CHECK(whole.changes != 0 ||
		    bytes_equal(bytes_of(whole.octets, whole.size), text));
		/* Lines that were looked at in parts may be folded once more. A header is only
		 * made up where there may be a text. */
		CHECK((again.changes & ~(uint32_t)MIME_REPAIRED_FOLDING) == 0 ||
		    (whole.changes & MIME_REPAIRED_EMPTY) != 0);
		look_at((enum mime_repair_level)level, &whole);
		free(whole.octets);
		free(cut.octets);
		free(again.octets);
	}
	return 0;
}
