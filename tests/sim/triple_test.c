/* SPDX-License-Identifier: Apache-2.0
 *
 * Passes between servers that misbehave in three ways at once, and in one way: SEEDS=10000 of
 * each by hand. A seed that fails is printed with the command that repeats it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "fault/mem.h"
#include "sim/pass_oracle.h"
#include "sim/seeds.h"
#include "sim/triple.h"

enum {
	SAMPLE = 300,
	REPEATED = 100, /* each of so many is played twice, to the same end */
	FAILED_MAX = 10,
	STATUSES = 8,
	SURE = 200, /* passes of a row that show how it may end */
	TEXT_SIZE = TRIPLE_SAID_SIZE + 32
};

struct tally {
	unsigned failed;
	unsigned ends[STATUSES];
	unsigned completed;
	uint64_t memory_peak;
};

static void
complete(struct triple *triple, struct tally *tally)
{
	struct rig_plan plan = {.seed = triple->seed};
	struct rig_outcome outcome;
	char text[TEXT_SIZE];

	if (!triple_mend(triple))
		return;
	rig_run(&triple->rig, &plan, &outcome);
	snprintf(text, sizeof(text), "%s; second pass", triple->said);
	tally->failed +=
	    oracle_tell(triple->seed, text, triple_judge_again(triple, &outcome), &outcome);
	tally->completed++;
	rig_outcome_fini(&outcome);
}

/* Of a pass that failed: its status, what it told, and what it said to the servers in the end.
 */
static void
tell_more(const struct triple *triple, const struct rig_outcome *outcome)
{
	const struct rig_side *sides[] = {&triple->rig.src, &triple->rig.dst};
	const struct rig_item *item = outcome->items;

	fprintf(stderr, "    Its status is %u; %u octets of memory.\n", triple_status(outcome),
	    (unsigned)outcome->memory_peak);
	for (; item != NULL; item = item->next)
		fprintf(
		    stderr, "    item %d %s %s\n", (int)item->kind, item->folder, item->text);
	for (size_t i = 0; i < 2 && getenv("SEED") != NULL; i++) {
		const struct model_journal *journal = &sides[i]->store->journal;

		for (size_t k = 0; k < journal->count; k++)
			fprintf(stderr, "    %s: %s %.*s\n", sides[i]->host,
			    journal->notes[k].name, (int)journal->notes[k].text_size,
			    (const char *)journal->notes[k].text);
	}
}

/* Gives back the hash of the pass; `*status_out` is its exit status. */
static uint64_t
play(struct triple *triple, struct tally *tally, unsigned *status_out)
{
	struct rig_outcome outcome;
	unsigned failed;
	uint64_t hash;

	rig_run(&triple->rig, &triple->plan, &outcome);
	hash = outcome.hash;
	*status_out = triple_status(&outcome);
	failed =
	    oracle_tell(triple->seed, triple->said, triple_judge(triple, &outcome), &outcome);
	if (failed > 0)
		tell_more(triple, &outcome);
	tally->failed += failed;
	tally->ends[*status_out < STATUSES ? *status_out : 1]++;
	if (outcome.memory_peak > tally->memory_peak)
		tally->memory_peak = outcome.memory_peak;
	rig_outcome_fini(&outcome);
	if (failed == 0)
		complete(triple, tally);
	triple_fini(triple);
	return hash;
}

static uint64_t
play_three(const struct triple_rows *rows, uint64_t seed, struct tally *tally)
{
	struct triple triple;
	unsigned status;

	triple_init(&triple, rows, seed);
	return play(&triple, tally, &status);
}

static void
sum_up(const struct triple_rows *rows, const struct tally *tally)
{
	print_message(
	    "%u rows; statuses: 0 %u, 2 %u, 3 %u, 4 %u, 5 %u, 6 %u, 7 %u; %u completed by "
	    "a second pass; at most %u KiB\n",
	    (unsigned)rows->count, tally->ends[0], tally->ends[2], tally->ends[3],
	    tally->ends[4], tally->ends[5], tally->ends[6], tally->ends[7], tally->completed,
	    (unsigned)(tally->memory_peak >> 10));
	assert_int_equal(tally->failed, 0);
}

static void
test_any_three_at_once(void **state)
{
	static struct triple_rows rows;
	struct seeds seeds = seeds_of(SAMPLE);
	struct tally tally = {0};
	uint64_t live = 0;

	(void)state;
	triple_rows_read(TESTS_FOLDER, &rows);
	assert_true(rows.count >= 100);
	for (uint64_t i = 0; i < seeds.count && tally.failed < FAILED_MAX; i++) {
		uint64_t seed = seeds.first + i;
		uint64_t hash = play_three(&rows, seed, &tally);

		if (i % REPEATED == 0 && play_three(&rows, seed, &tally) != hash)
			fail_msg("seed %u is another pass the second time", (unsigned)seed);
		/* The first one leaves stacks for the fibers of the others. */
		live = i == 0 ? mem_live() : live;
		assert_int_equal(mem_live(), live);
	}
	sum_up(&rows, &tally);
}

/* What a row names and never happens was named for another reason than that it is right. */
static unsigned
tell_unseen(const struct triple_row *row, const unsigned seen[static STATUSES])
{
	unsigned failed = 0;

	for (unsigned status = 0; status < STATUSES; status++) {
		if ((row->ends >> status & 1) == 0 || seen[status] > 0)
			continue;
		fprintf(stderr, "%s: no pass ended with %u\n", row->name, status);
		failed++;
	}
	return failed;
}

/* Row by row, so that no other one excuses how a pass ends. */
static void
test_each_alone(void **state)
{
	static struct triple_rows rows;
	static unsigned seen[TRIPLE_ROWS_MAX][STATUSES];
	struct seeds seeds;
	struct tally tally = {0};

	(void)state;
	triple_rows_read(TESTS_FOLDER, &rows);
	seeds = seeds_of(rows.count);
	for (uint64_t i = 0; i < seeds.count && tally.failed < FAILED_MAX; i++) {
		uint64_t seed = seeds.first + i;
		size_t index = (size_t)((seed - 1) % rows.count);
		struct triple triple;
		unsigned status;

		triple_init_alone(&triple, &rows.row[index], seed);
		(void)play(&triple, &tally, &status);
		if (status < STATUSES)
			seen[index][status]++;
	}
	for (size_t i = 0; i < rows.count && seeds.count / rows.count >= SURE; i++)
		tally.failed += tell_unseen(&rows.row[i], seen[i]);
	sum_up(&rows, &tally);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_any_three_at_once),
	    cmocka_unit_test(test_each_alone),
	};

	return cmocka_run_group_tests(tests, NULL, rig_drain);
}
