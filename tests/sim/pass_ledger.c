/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/pass_ledger.h"

#include <stdlib.h>

#include "base/check.h"
#include "net/world.h"

static struct rig_ledger *
ledger_of(struct sync_ledger *ledger)
{
	return (struct rig_ledger *)ledger;
}

static void
make_durable(struct rig_ledger *ledger)
{
	struct rig_intent *intent = &ledger->intents[ledger->durable_count++];

	intent->is_durable = true;
	ledger->durable_messages += intent->count;
	if (intent->receipt == NULL)
		return;
	intent->receipt->status = ST_OK;
	intent->receipt->is_settled = true;
}

static enum status
intend(struct sync_ledger *port, const struct sync_intent *intent, struct sync_receipt *receipt)
{
	struct rig_ledger *ledger = ledger_of(port);
	size_t size = (ledger->count + 1) * sizeof(*ledger->intents);
	struct rig_intent *noted;

	CHECK(intent->message_count > 0);
	ledger->intents = realloc(ledger->intents, size);
	CHECK(ledger->intents != NULL);
	noted = &ledger->intents[ledger->count++];
	*noted = (struct rig_intent){.number = ledger->count,
	    .receipt = receipt,
	    .digests = calloc(intent->message_count, sizeof(*noted->digests)),
	    .count = intent->message_count};
	CHECK(noted->digests != NULL);
	for (size_t i = 0; i < noted->count; i++)
		noted->digests[i] = intent->messages[i].digest;
	receipt->number = noted->number;
	if (ledger->delay_max_us == 0)
		make_durable(ledger);
	else
		fiber_signal(&ledger->work);
	return ST_OK;
}

static enum status
settle(
    struct sync_ledger *port, uint64_t number, enum sync_outcome outcome, const uint32_t *uids)
{
	struct rig_ledger *ledger = ledger_of(port);
	struct rig_intent *intent;

	(void)uids;
	CHECK(number >= 1 && number <= ledger->count);
	intent = &ledger->intents[number - 1];
	CHECK(!intent->is_settled);
	intent->is_settled = outcome != SYNC_OUTCOME_IN_DOUBT;
	intent->outcome = outcome;
	return ST_OK;
}

static void
forget(struct sync_ledger *port, struct sync_receipt *receipt)
{
	struct rig_ledger *ledger = ledger_of(port);

	for (size_t i = 0; i < ledger->count; i++) {
		if (ledger->intents[i].receipt == receipt && !ledger->intents[i].is_durable)
			ledger->intents[i].receipt = NULL;
	}
}

static void
give(struct sync_ledger *ledger)
{
	(void)ledger;
}

static const struct sync_ledger_ops ops = {intend, settle, forget, give};

void
rig_ledger_init(struct rig_ledger *ledger, int64_t delay_max_us)
{
	*ledger = (struct rig_ledger){.ledger = {&ops}, .delay_max_us = delay_max_us};
}

void
rig_ledger_fini(struct rig_ledger *ledger)
{
	for (size_t i = 0; i < ledger->count; i++)
		free(ledger->intents[i].digests);
	free(ledger->intents);
	*ledger = (struct rig_ledger){0};
}

void
rig_ledger_write(void *argument)
{
	struct rig_ledger *ledger = argument;
	struct fiber_source *work = &ledger->work;

	while (!ledger->is_closing) {
		struct world *world = fiber_world_self();
		struct sync_receipt *receipt;
		uint64_t span = (uint64_t)ledger->delay_max_us + 1;

		if (ledger->durable_count == ledger->count) {
			CHECK(fiber_wait(&work, 1, TICK_NEVER) == FIBER_SIGNALED);
			continue;
		}
		CHECK(fiber_wait(NULL, 0,
			  tick_after(fiber_now(),
			      (int64_t)(world->ops->random(world) % span))) == FIBER_TIMEOUT);
		if (ledger->is_closing)
			break;
		receipt = ledger->intents[ledger->durable_count].receipt;
		make_durable(ledger);
		if (receipt != NULL && receipt->notify != NULL)
			receipt->notify(receipt->argument);
	}
}

void
rig_ledger_close(struct rig_ledger *ledger)
{
	ledger->is_closing = true;
	fiber_signal(&ledger->work);
}

size_t
rig_ledger_open_messages(const struct rig_ledger *ledger)
{
	size_t count = 0;

	for (size_t i = 0; i < ledger->count; i++) {
		if (!ledger->intents[i].is_settled)
			count += ledger->intents[i].count;
	}
	return count;
}

size_t
rig_ledger_count(const struct rig_ledger *ledger, const struct digest *digest)
{
	size_t count = 0;

	for (size_t i = 0; i < ledger->count; i++) {
		for (size_t k = 0;
		     k < ledger->intents[i].count && ledger->intents[i].is_durable; k++)
			count += digest_equal(&ledger->intents[i].digests[k], digest);
	}
	return count;
}
