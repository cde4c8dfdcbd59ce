/* SPDX-License-Identifier: Apache-2.0
 *
 * A process is killed at random instants while it submits: while it opens, writes, takes up the
 * log, or recovers from the kill before.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "harness.h"

#include "base/check.h"
#include "base/prng.h"

enum {
	KILLS = 200,
	LIFE_US_MAX = 40000,
	WINDOW = 4 /* submits that wait at one time */
};

/* Tells through the pipe when it has opened, and each number when its receipt is settled. */
static void
submit_for_ever(struct harness *harness, uint64_t number, int pipe)
{
	struct sync_receipt receipts[WINDOW] = {0};
	uint64_t settled = number;

	harness_open(harness);
	CHECK(write(pipe, &(uint64_t){0}, sizeof(uint64_t)) == sizeof(uint64_t));
	for (;;) {
		struct sync_receipt *oldest = &receipts[settled % WINDOW];

		while (number < settled + WINDOW) {
			receipts[number % WINDOW] = (struct sync_receipt){0};
			CHECK(harness_submit_twins(harness->ledger, number,
				  &receipts[number % WINDOW]) == ST_OK);
			number++;
		}
		CHECK(harness_await(harness->ledger, oldest, HARNESS_WAIT_MS));
		CHECK(oldest->status == ST_OK);
		CHECK(write(pipe, &settled, sizeof(settled)) == sizeof(settled));
		settled++;
	}
}

/* Kills it after a time, from its start or from when it has opened. Gives the last number that
 * was told to be durable, 0 when none was. */
static uint64_t
run_and_kill(struct harness *harness, uint64_t number, unsigned life_us, bool is_from_start)
{
	uint64_t told = 0, one;
	int pipes[2];
	int how;
	pid_t child;

	CHECK(pipe(pipes) == 0);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		close(pipes[0]);
		submit_for_ever(harness, number, pipes[1]);
	}
	close(pipes[1]);
	if (!is_from_start)
		CHECK(read(pipes[0], &one, sizeof(one)) == sizeof(one));
	usleep(life_us);
	CHECK(kill(child, SIGKILL) == 0);
	while (read(pipes[0], &one, sizeof(one)) == sizeof(one))
		told = one;
	close(pipes[0]);
	CHECK(waitpid(child, &how, 0) == child);
	assert_true(WIFSIGNALED(how));
	assert_int_equal(WTERMSIG(how), SIGKILL);
	return told;
}

static void
test_nothing_that_was_settled_is_lost_by_kills(void **state)
{
	struct harness *harness = *state;
	struct prng prng;
	uint64_t there = 0, ahead = 0;
	unsigned idle = 0;

	prng_init(&prng, 4);
	for (unsigned i = 0; i < KILLS; i++) {
		unsigned life_us = (unsigned)prng_below(&prng, LIFE_US_MAX);
		bool is_from_start = i % 4 == 0;
		uint64_t told = run_and_kill(harness, there + 1, life_us, is_from_start);
		uint64_t now_there;

		/* Some kills follow each other without anybody's looking in between. */
		if (prng_below(&prng, 4) == 0)
			(void)run_and_kill(harness, there + 1, life_us, true);
		harness_open(harness);
		now_there = harness_count_twins(harness->ledger, there + 1);
		assert_false(store_ledger_is_older(harness->ledger));
		harness_close(harness);
		assert_in_range(told, 0, now_there);
		ahead += told > 0 && now_there > told;
		idle += told == 0;
		there = now_there;
	}
	harness_open(harness);
	assert_int_equal(harness_count_twins(harness->ledger, 1), there);
	print_message("%d kills, %" PRIu64 " submits; %u before the first was settled, "
		      "%" PRIu64 " between a commit and its receipt\n",
	    KILLS, there, idle, ahead);
	/* Kills that met nothing would prove nothing. */
	assert_in_range(there, KILLS / 4, UINT32_MAX);
	assert_in_range(idle, 1, KILLS - KILLS / 8);
}

/* The log as a loss of power may leave it: cut, or with other octets at its end. */
static void
test_a_torn_log_is_read_up_to_where_it_is_whole(void **state)
{
	struct harness *harness = *state;
	uint64_t there = 0;
	unsigned fewer = 0;

	for (unsigned i = 0; i < 12; i++) {
		uint64_t told = run_and_kill(harness, there + 1, LIFE_US_MAX, false);
		uint64_t now_there;
		struct stat about;
		const char *log = harness_path(harness, "ledger.db-wal");

		assert_int_equal(stat(log, &about), 0);
		assert_int_equal(truncate(log, about.st_size * 15 / 16), 0);
		harness_open(harness);
		now_there = harness_count_twins(harness->ledger, there + 1);
		harness_close(harness);
		assert_true(now_there >= there);
		fewer += now_there < told;
		there = now_there;
	}
	assert_in_range(fewer, 1, 12);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_nothing_that_was_settled_is_lost_by_kills),
	    TEST(test_a_torn_log_is_read_up_to_where_it_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
