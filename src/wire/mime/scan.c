/* SPDX-License-Identifier: Apache-2.0
 *
 * In nearly every message LF stands behind CR and nowhere else, and there is no NUL. So a block
 * of octets is first asked for anything else, many octets at once and without a branch; only
 * where there is something it is looked at octet by octet. No answer changes when an octet is
 * looked at twice, so the last block ends where the text ends and overlaps the one before. The
 * predecessors of the first two octets come from the call before.
 */
#include "wire/mime/scan.h"

#include <stddef.h>
#include <string.h>

enum {
	FOUND_NUL = 1 << 0,
	FOUND_8BIT = 1 << 1,
	FOUND_BARE_LF = 1 << 2,
	FOUND_BARE_CR = 1 << 3,
	FOUND_CR_CR_LF = 1 << 4,
	FOUND_HEADER_8BIT = 1 << 5,
	BLOCK_SIZE = 128
};

/* As many octets as a vector register has on the common machines; for others the compiler makes
 * shorter operations of it. */
typedef uint8_t lanes __attribute__((vector_size(16)));

void
mime_scan_init(struct mime_scan *scan)
{
	*scan = (struct mime_scan){0};
}

static inline lanes
load(const uint8_t *octets)
{
	lanes loaded;

	memcpy(&loaded, octets, sizeof(loaded));
	return loaded;
}

static inline uint64_t
fold(lanes folded)
{
	uint64_t halves[2];

	memcpy(halves, &folded, sizeof(halves));
	return halves[0] | halves[1];
}

/* octets[-2] and octets[-1] exist. */
static uint8_t
look_closely(const uint8_t *octets, size_t size)
{
	int found = 0;

	for (size_t i = 0; i < size; i++) {
		bool is_lf = octets[i] == '\n';
		bool is_behind_cr = octets[(ptrdiff_t)i - 1] == '\r';
		bool is_behind_cr2 = octets[(ptrdiff_t)i - 2] == '\r';

		found |= FOUND_NUL * (octets[i] == 0);
		found |= FOUND_8BIT * (octets[i] >= 0x80);
		found |= FOUND_BARE_LF * (is_lf & !is_behind_cr);
		found |= FOUND_BARE_CR * (is_behind_cr & !is_lf);
		found |= FOUND_CR_CR_LF * (is_lf & is_behind_cr & is_behind_cr2);
	}
	return (uint8_t)found;
}

/* octets[-2] and octets[-1] exist. */
static uint8_t
look_at_block(const uint8_t *octets)
{
	/* Its CRs may stand in the block before, and then nothing in this one is odd. */
	bool is_cr_cr_lf = octets[0] == '\n' && octets[-2] == '\r';
	lanes nul = {0};
	lanes odd = {0};
	lanes all = {0};

	for (size_t i = 0; i < BLOCK_SIZE; i += sizeof(lanes)) {
		lanes here = load(octets + i);
		lanes before = load(octets + i - 1);

		all |= here;
		nul |= (lanes)(here == 0);
		odd |= (lanes)(here == '\n') ^ (lanes)(before == '\r');
	}
	if (fold(nul | odd) != 0 || is_cr_cr_lf)
		return look_closely(octets, BLOCK_SIZE);
	return (fold(all) & UINT64_C(0x8080808080808080)) != 0 ? FOUND_8BIT : 0;
}

static uint8_t
look(const uint8_t *octets, size_t size)
{
	uint8_t found = 0;

	if (size < BLOCK_SIZE)
		return look_closely(octets, size);
	for (size_t i = 0; i < size - BLOCK_SIZE; i += BLOCK_SIZE)
		found |= look_at_block(octets + i);
	return found | look_at_block(octets + size - BLOCK_SIZE);
}

/* What of the octets is still of the header, its last line included. */
static struct bytes
header_part(struct mime_scan *scan, struct bytes octets)
{
	size_t start = 0;

	while (start < octets.size) {
		size_t end = bytes_find(octets, '\n', start);

		for (size_t i = start; i < end && !scan->has_line_text; i++)
			scan->has_line_text = octets.data[i] != '\r';
		if (end == octets.size)
			break;
		if (!scan->has_line_text) {
			scan->is_behind_header = true;
			return bytes_first(octets, end + 1);
		}
		scan->has_line_text = false;
		start = end + 1;
	}
	return octets;
}

static void
look_at_header(struct mime_scan *scan, struct bytes octets, uint8_t found)
{
	struct bytes header = header_part(scan, octets);
	uint8_t all = 0;

	if ((found & FOUND_8BIT) == 0)
		return;
	for (size_t i = 0; i < header.size; i++)
		all |= header.data[i];
	scan->found |= all >= 0x80 ? FOUND_HEADER_8BIT : 0;
}

void
mime_scan_feed(struct mime_scan *scan, struct bytes octets)
{
	size_t joint_size = octets.size < 2 ? octets.size : 2;
	uint8_t joint[4] = {scan->last[1], scan->last[0]};
	uint8_t found;

	if (octets.size == 0)
		return;
	memcpy(joint + 2, octets.data, joint_size);
	found = look_closely(joint + 2, joint_size);
	if (octets.size > 2)
		found |= look(octets.data + 2, octets.size - 2);
	scan->found |= found;
	if (!scan->is_behind_header)
		look_at_header(scan, octets, found);
	scan->last[1] = octets.size >= 2 ? octets.data[octets.size - 2] : scan->last[0];
	scan->last[0] = octets.data[octets.size - 1];
	scan->size += octets.size;
}

uint64_t
mime_scan_size(const struct mime_scan *scan)
{
	return scan->size;
}

bool
mime_scan_has_nul(const struct mime_scan *scan)
{
	return (scan->found & FOUND_NUL) != 0;
}

bool
mime_scan_has_8bit(const struct mime_scan *scan)
{
	return (scan->found & FOUND_8BIT) != 0;
}

bool
mime_scan_has_header_8bit(const struct mime_scan *scan)
{
	return (scan->found & FOUND_HEADER_8BIT) != 0;
}

bool
mime_scan_has_bare_lf(const struct mime_scan *scan)
{
	return (scan->found & FOUND_BARE_LF) != 0;
}

bool
mime_scan_has_bare_cr(const struct mime_scan *scan)
{
	return (scan->found & FOUND_BARE_CR) != 0 || mime_scan_ends_with_cr(scan);
}

bool
mime_scan_has_cr_cr_lf(const struct mime_scan *scan)
{
	return (scan->found & FOUND_CR_CR_LF) != 0;
}

bool
mime_scan_ends_with_cr(const struct mime_scan *scan)
{
	return scan->last[0] == '\r';
}

bool
mime_scan_ends_without_newline(const struct mime_scan *scan)
{
	return scan->last[0] != '\n';
}
