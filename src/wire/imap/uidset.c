/* SPDX-License-Identifier: Apache-2.0
 *
 * RFC 4315 section 4:
 *
 *   uid-set   = (uniqueid / uid-range) *("," uid-set)
 *   uid-range = (uniqueid ":" uniqueid)   ; 2:4 and 4:2 are equivalent
 */
#include "wire/imap/uidset.h"

#include "base/check.h"

static enum status
decode_number(struct bytes text, uint32_t *number_out)
{
	uint64_t number;
	enum status status = bytes_number(text, UINT32_MAX, &number);

	if (status != ST_OK)
		return status;
	if (number == 0)
		return ST_SYNTAX;
	*number_out = (uint32_t)number;
	return ST_OK;
}

static enum status
decode_range(struct bytes text, struct range *range_out)
{
	size_t colon = bytes_find(text, ':', 0);
	uint32_t first, last;
	enum status status = decode_number(bytes_first(text, colon), &first);

	if (status != ST_OK)
		return status;
	last = first;
	if (colon < text.size)
		status = decode_number(bytes_skip(text, colon + 1), &last);
	if (status != ST_OK)
		return status;
	*range_out = first <= last ? (struct range){first, last} : (struct range){last, first};
	return ST_OK;
}

/* Takes the next element off the front of `rest`; ST_END when nothing is left. */
static enum status
next_range(struct bytes *rest, struct range *range_out)
{
	size_t comma = bytes_find(*rest, ',', 0);
	enum status status = decode_range(bytes_first(*rest, comma), range_out);

	if (status != ST_OK)
		return status;
	if (comma + 1 == rest->size)
		return ST_SYNTAX;
	*rest = bytes_skip(*rest, comma + 1);
	return ST_OK;
}

enum status
imap_uidset_decode(struct bytes text, struct range_set *set)
{
	do {
		struct range range;
		enum status status = next_range(&text, &range);

		if (status == ST_OK)
			status = range_set_add(set, range.first, range.last);
		if (status != ST_OK)
			return status;
	} while (text.size > 0);
	return ST_OK;
}

enum status
imap_uidset_decode_ordered(
    struct bytes text, uint32_t *uids, size_t count_max, size_t *count_out)
{
	size_t count = 0;

	do {
		struct range range;
		enum status status = next_range(&text, &range);

		if (status != ST_OK)
			return status;
		if (range.last - range.first >= count_max - count)
			return ST_LIMIT;
		for (uint64_t uid = range.first; uid <= range.last; uid++)
			uids[count++] = (uint32_t)uid;
	} while (text.size > 0);
	*count_out = count;
	return ST_OK;
}

static enum status
encode_range(struct range range, bool is_first, struct buf *out)
{
	const char *comma = is_first ? "" : ",";

	if (range.first == range.last)
		return buf_print(out, "%s%u", comma, (unsigned)range.first);
	return buf_print(out, "%s%u:%u", comma, (unsigned)range.first, (unsigned)range.last);
}

enum status
imap_uidset_encode(const struct range_set *set, struct buf *out)
{
	size_t before = out->size;

	CHECK(set->count > 0);
	for (size_t i = 0; i < set->count; i++) {
		enum status status = encode_range(set->ranges[i], i == 0, out);

		if (status != ST_OK) {
			buf_truncate(out, before);
			return status;
		}
	}
	return ST_OK;
}
