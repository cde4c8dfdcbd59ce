/* SPDX-License-Identifier: Apache-2.0
 *
 * The ledger in memory: it keeps the order of intent and commit, and how many are open.
 */
#include "sync/ledger.h"

#include "base/check.h"
#include "base/mem.h"

struct memory_ledger {
	struct sync_ledger ledger;
	uint64_t number;
	size_t open_count;
};

static struct memory_ledger *
memory_of(struct sync_ledger *ledger)
{
	return (struct memory_ledger *)ledger;
}

static enum status
intend(
    struct sync_ledger *ledger, const struct sync_intent *intent, struct sync_receipt *receipt)
{
	struct memory_ledger *memory = memory_of(ledger);

	CHECK(intent->message_count > 0);
	memory->open_count++;
	receipt->number = ++memory->number;
	receipt->status = ST_OK;
	receipt->is_settled = true;
	return ST_OK;
}

static enum status
settle(struct sync_ledger *ledger, uint64_t number, enum sync_outcome outcome,
    const uint32_t *uids)
{
	struct memory_ledger *memory = memory_of(ledger);

	(void)uids;
	CHECK(number >= 1 && number <= memory->number);
	if (outcome != SYNC_OUTCOME_IN_DOUBT)
		memory->open_count--;
	return ST_OK;
}

/* Every receipt was settled when it was given. */
static void
forget(struct sync_ledger *ledger, struct sync_receipt *receipt)
{
	(void)ledger;
	(void)receipt;
}

static void
give(struct sync_ledger *ledger)
{
	mem_give(ledger);
}

static const struct sync_ledger_ops memory_ops = {intend, settle, forget, give};

enum status
sync_ledger_memory_new(struct sync_ledger **ledger_out)
{
	struct memory_ledger *memory = mem_take(sizeof(*memory));

	if (memory == NULL)
		return ST_MEMORY;
	*memory = (struct memory_ledger){.ledger = {&memory_ops}};
	*ledger_out = &memory->ledger;
	return ST_OK;
}

void
sync_ledger_free(struct sync_ledger **ledger)
{
	if (*ledger == NULL)
		return;
	(*ledger)->ops->free(*ledger);
	*ledger = NULL;
}

size_t
sync_ledger_memory_open(const struct sync_ledger *ledger)
{
	CHECK(ledger->ops == &memory_ops);
	return ((const struct memory_ledger *)ledger)->open_count;
}
