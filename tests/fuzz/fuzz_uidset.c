/* SPDX-License-Identifier: Apache-2.0
 *
 * What is read as a set is written, and read again as the same set; the ordered reading holds
 * the same numbers.
 */
#include "fuzz.h"

#include <string.h>

#include "base/check.h"
#include "wire/imap/uidset.h"

enum {
	UIDS_MAX = 500,
	RANGES_MAX = 4096
};

static void
check_set(const struct range_set *set)
{
	struct range_set again;
	struct buf text;

	range_set_init(&again, RANGES_MAX);
	buf_init(&text, 1 << 20);
	CHECK(imap_uidset_encode(set, &text) == ST_OK);
	CHECK(imap_uidset_decode(buf_bytes(&text), &again) == ST_OK);
	CHECK(again.count == set->count);
	CHECK(memcmp(again.ranges, set->ranges, set->count * sizeof(*set->ranges)) == 0);
	buf_fini(&text);
	range_set_fini(&again);
}

static void
check_order(struct bytes text, const struct range_set *set)
{
	uint32_t uids[UIDS_MAX];
	size_t count = 0;
	enum status status = imap_uidset_decode_ordered(text, uids, UIDS_MAX, &count);

	CHECK(status == ST_OK || status == ST_LIMIT);
	CHECK(status != ST_OK || count >= range_set_size(set));
	for (size_t i = 0; i < count; i++)
		CHECK(range_set_has(set, uids[i]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = bytes_of(data, size);
	struct range_set set;

	range_set_init(&set, RANGES_MAX);
	if (imap_uidset_decode(text, &set) == ST_OK) {
		check_set(&set);
		check_order(text, &set);
	}
	range_set_fini(&set);
	return 0;
}
