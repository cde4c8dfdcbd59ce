/* SPDX-License-Identifier: Apache-2.0
 *
 * The loops ask the same questions about every octet and its predecessors and or the answers
 * together, without a branch, in blocks of a fixed size: so compilers make vector instructions
 * of them at -O2. The predecessors of the first two octets come from the call before.
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
	BLOCK_SIZE = 256
};

void
mime_scan_init(struct mime_scan *scan)
{
	*scan = (struct mime_scan){0};
}

struct seen {
	uint8_t nul, all, bare_lf, bare_cr; /* masks, but `all` is every octet or-ed */
};

/* octet[-1] exists. */
static inline void
see(struct seen *seen, const uint8_t *octet)
{
	uint8_t is_lf = octet[0] == '\n' ? 0xff : 0;
	uint8_t is_behind_cr = octet[-1] == '\r' ? 0xff : 0;

	seen->nul |= octet[0] == 0 ? 0xff : 0;
	seen->all |= octet[0];
	seen->bare_lf |= (uint8_t)(is_lf & ~is_behind_cr);
	seen->bare_cr |= (uint8_t)(is_behind_cr & ~is_lf);
}

/* octets[-2] and octets[-1] exist. */
static uint8_t
look_for_cr_cr_lf(const uint8_t *octets, size_t size)
{
	uint8_t found = 0;

	for (size_t i = 0; i < size; i++) {
		uint8_t is_lf = octets[i] == '\n' ? 0xff : 0;
		uint8_t is_behind_cr = octets[(ptrdiff_t)i - 1] == '\r' ? 0xff : 0;
		uint8_t is_behind_cr2 = octets[(ptrdiff_t)i - 2] == '\r' ? 0xff : 0;

		found |= (uint8_t)(is_lf & is_behind_cr & is_behind_cr2);
	}
	return found & FOUND_CR_CR_LF;
}

/* The first CR of CR CR LF is a bare one, so the dearer look is rarely needed. */
static void
conclude(struct mime_scan *scan, struct seen seen, const uint8_t *octets, size_t size)
{
	scan->found |= (uint8_t)((seen.nul & FOUND_NUL) | (seen.all >= 0x80 ? FOUND_8BIT : 0) |
	    (seen.bare_lf & FOUND_BARE_LF) | (seen.bare_cr & FOUND_BARE_CR));
	if ((scan->found & FOUND_BARE_CR) != 0)
		scan->found |= look_for_cr_cr_lf(octets, size);
}

/* Apart from look, because only a loop of constant length becomes vector instructions. */
static void
look_at_block(struct mime_scan *scan, const uint8_t *octets)
{
	struct seen seen = {0};

	for (int i = 0; i < BLOCK_SIZE; i++)
		see(&seen, octets + i);
	conclude(scan, seen, octets, BLOCK_SIZE);
}

static void
look(struct mime_scan *scan, const uint8_t *octets, size_t size)
{
	struct seen seen = {0};

	for (size_t i = 0; i < size; i++)
		see(&seen, octets + i);
	conclude(scan, seen, octets, size);
}

void
mime_scan_feed(struct mime_scan *scan, struct bytes octets)
{
	size_t joint_size = octets.size < 2 ? octets.size : 2;
	uint8_t joint[4] = {scan->last[1], scan->last[0]};
	size_t i = joint_size;

	if (octets.size == 0)
		return;
	memcpy(joint + 2, octets.data, joint_size);
	look(scan, joint + 2, joint_size);
	for (; octets.size - i >= BLOCK_SIZE; i += BLOCK_SIZE)
		look_at_block(scan, octets.data + i);
	if (octets.size > i)
		look(scan, octets.data + i, octets.size - i);
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
