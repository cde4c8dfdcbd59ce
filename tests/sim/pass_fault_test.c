/* SPDX-License-Identifier: Apache-2.0
 *
 * The pass when memory runs out: at the n-th allocation that it makes on its fibers, once and
 * from then on. It must end with a fault, tell the truth, and give everything back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>

#include "fault/mem.h"
#include "net/fiber.h"
#include "sim/pass_mail.h"
#include "sim/pass_oracle.h"
#include "sim/pass_rig.h"
#include "sim/seeds.h"

enum {
	TEXT_SIZE = 128,
	FAILED_MAX = 10,
	SEED = 2
};

static const struct scenario {
	const char *name;
	const char *dst;
	unsigned connections;
	bool is_prefilled; /* so that the pass compares */
} scenarios[] = {
    {"a copy in groups", "dovecot", 1, false},
    {"a copy one by one", "courier", 2, false},
    {"a comparison", "dovecot", 1, true},
};

enum {
	SCENARIO_COUNT = sizeof(scenarios) / sizeof(scenarios[0])
};

/* Servers and the world run on the loop's stack. */
static bool
is_on_fiber(void)
{
	return fiber_self() != NULL;
}

static void
open_scenario(struct rig *rig, const struct scenario *scenario)
{
	struct mail_shape shape = {.folders = 2, .messages = 12, .size_max = 300};
	struct prng prng;

	prng_init(&prng, 5);
	rig_init(rig, "dovecot", scenario->dst);
	mail_fill(&rig->src, &prng, &shape);
	if (scenario->is_prefilled)
		mail_prefill(rig, &prng);
}

static uint64_t
count_calls(const struct scenario *scenario)
{
	struct rig_plan plan = {
	    .seed = SEED, .connections = scenario->connections, .fails_memory = is_on_fiber};
	struct rig_outcome outcome;
	uint64_t calls;
	struct rig rig;

	open_scenario(&rig, scenario);
	rig_run(&rig, &plan, &outcome);
	assert_int_equal(outcome.status, ST_OK);
	assert_int_equal(outcome.memory_failed, 0);
	calls = outcome.memory_calls;
	rig_outcome_fini(&outcome);
	rig_fini(&rig);
	print_message("%s: %u allocations\n", scenario->name, (unsigned)calls);
	assert_true(calls > 20);
	return calls;
}

static const char *
complaint(const struct oracle *oracle, struct rig *rig, const struct rig_outcome *outcome)
{
	const char *found = oracle_stopped(oracle, rig, outcome, true);

	if (found != NULL || outcome->memory_failed == 0)
		return found == NULL ? "no allocation failed" : found;
	/* What was not said must have been done all the same. */
	if (outcome->status == ST_OK && rig_count_items(outcome, PASS_ITEM_FAULT) == 0)
		return oracle_finished(oracle, rig, outcome);
	return NULL;
}

static unsigned
complete(uint64_t number, const char *text, struct rig *rig)
{
	struct rig_plan plan = {.seed = SEED};
	struct rig_outcome outcome;
	struct oracle oracle;
	unsigned failed;

	oracle_init(&oracle, rig);
	rig_run(rig, &plan, &outcome);
	failed = oracle_tell(number, text, oracle_finished(&oracle, rig, &outcome), &outcome);
	oracle_fini(&oracle);
	rig_outcome_fini(&outcome);
	return failed;
}

static unsigned
play(uint64_t number, const struct scenario *scenario, uint64_t at, bool is_lasting)
{
	struct rig_plan plan = {.seed = SEED,
	    .connections = scenario->connections,
	    .fails_memory = is_on_fiber,
	    .fails_memory_at = at,
	    .fails_memory_on = is_lasting};
	uint64_t live = mem_live();
	struct rig_outcome outcome;
	struct oracle oracle;
	char text[TEXT_SIZE];
	unsigned failed;
	struct rig rig;

	snprintf(text, sizeof(text), "%s, allocation %llu fails%s", scenario->name,
	    (unsigned long long)at, is_lasting ? " and all later ones" : "");
	open_scenario(&rig, scenario);
	oracle_init(&oracle, &rig);
	rig_run(&rig, &plan, &outcome);
	failed = oracle_tell(number, text, complaint(&oracle, &rig, &outcome), &outcome);
	if (failed == 0)
		failed = complete(number, text, &rig);
	oracle_fini(&oracle);
	rig_outcome_fini(&outcome);
	rig_fini(&rig);
	if (mem_live() != live)
		fail_msg("%s: %llu blocks leak", text, (unsigned long long)(mem_live() - live));
	return failed;
}

static void
test_any_allocation_may_fail(void **state)
{
	struct seeds seeds = seeds_of(400);
	uint64_t calls[SCENARIO_COUNT];
	uint64_t total = 0;
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < SCENARIO_COUNT; i++) {
		calls[i] = count_calls(&scenarios[i]);
		total += 2 * calls[i];
	}
	for (uint64_t i = 0; i < seeds.count && i < total && failed < FAILED_MAX; i++) {
		uint64_t number = seeds_case(seeds, i, total);
		uint64_t at = (number - 1) / 2;
		size_t which = 0;

		while (at >= calls[which])
			at -= calls[which++];
		failed += play(number, &scenarios[which], at + 1, number % 2 == 1);
	}
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_any_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, rig_drain);
}
