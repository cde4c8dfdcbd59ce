/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages in doubt, matched by digest as multisets.
 */
#include "sync/ledger/settle.h"

#include <stdlib.h>
#include <string.h>

enum {
	SIZE_CHANGE_MIN = 4096 /* octets that a destination may add or take at least */
};

bool
sync_settle_may_be(const struct sync_doubt *doubts, size_t count, uint64_t size, bool changes)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t wanted = doubts[i].message.size;
		/* A line end without CR in every other octet. */
		uint64_t change = changes ? wanted / 2 + SIZE_CHANGE_MIN : 0;

		if (size + change >= wanted && size <= wanted + change)
			return true;
	}
	return false;
}

uint32_t
sync_settle_from(const struct sync_doubt *doubts, size_t count)
{
	uint32_t from = UINT32_MAX;

	for (size_t i = 0; i < count; i++) {
		if (doubts[i].dst_uidnext < from)
			from = doubts[i].dst_uidnext;
	}
	return from == 0 || count == 0 ? 1 : from;
}

static int
compare(const void *a, const void *b)
{
	const struct sync_copy_found *left = a;
	const struct sync_copy_found *right = b;
	int order = memcmp(left->digest.octets, right->digest.octets, DIGEST_SIZE);

	if (order != 0)
		return order;
	return left->uid < right->uid ? -1 : left->uid > right->uid;
}

/* The first copy with this digest at or above that UID which stands for nothing yet. */
static struct sync_copy_found *
find(struct sync_copy_found *copies, size_t count, const struct digest *digest, uint32_t from)
{
	const struct sync_copy_found wanted = {.uid = from, .digest = *digest};
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&copies[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	while (low < count && digest_equal(&copies[low].digest, digest) && copies[low].is_taken)
		low++;
	return low < count && digest_equal(&copies[low].digest, digest) ? &copies[low] : NULL;
}

static struct sync_copy_found *
take(struct sync_copy_found *copies, size_t count, const struct sync_doubt *doubt)
{
	struct sync_copy_found *copy =
	    find(copies, count, &doubt->message.digest, doubt->dst_uidnext);

	if (copy != NULL)
		copy->is_taken = true;
	return copy;
}

void
sync_settle_match(
    struct sync_doubt *doubts, size_t count, struct sync_copy_found *copies, size_t copy_count)
{
	if (copy_count == 0)
		return;
	qsort(copies, copy_count, sizeof(*copies), compare);
	for (size_t i = 0; i < count; i++) {
		struct sync_copy_found *copy = doubts[i].fate == SYNC_FATE_STORED
		    ? take(copies, copy_count, &doubts[i])
		    : NULL;

		if (copy != NULL)
			doubts[i].dst_uid = copy->uid;
	}
	for (size_t i = 0; i < count; i++) {
		bool is_open = doubts[i].fate == SYNC_FATE_IN_DOUBT ||
		    doubts[i].fate == SYNC_FATE_UNPROVED;
		struct sync_copy_found *copy =
		    is_open ? take(copies, copy_count, &doubts[i]) : NULL;

		if (copy == NULL)
			continue;
		doubts[i].fate = SYNC_FATE_STORED;
		doubts[i].dst_uid = copy->uid;
	}
	for (size_t i = 0; i < count; i++) {
		struct sync_copy_found *copy = doubts[i].fate == SYNC_FATE_ABSENT
		    ? take(copies, copy_count, &doubts[i])
		    : NULL;

		if (copy != NULL)
			copy->is_surplus = true;
	}
}
