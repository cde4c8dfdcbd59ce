/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/ledger/store.h"

static int
compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int
sync_key_compare(const struct sync_key *a, const struct sync_key *b)
{
	int order = compare(a->pair, b->pair);

	if (order == 0)
		order = compare(a->folder, b->folder);
	if (order == 0)
		order = compare(a->kind, b->kind);
	return order != 0 ? order : compare(a->number, b->number);
}
