/* SPDX-License-Identifier: Apache-2.0 */
#include "store/claim.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "harness.h"

#include "base/check.h"

static enum status
claim(struct harness *harness, const char *name)
{
	struct sync_store *port = store_ledger_port(harness->ledger);

	return port->ops->lock(port, bytes_of_string(name));
}

/* A process that claims "a", tells, and waits to be killed. */
static pid_t
start_holder(const struct harness *harness)
{
	struct harness own = *harness;
	int pipes[2];
	char told;
	pid_t child;

	CHECK(pipe(pipes) == 0);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		own.ledger = NULL;
		harness_open(&own);
		CHECK(claim(&own, "a") == ST_OK);
		CHECK(write(pipes[1], "x", 1) == 1);
		for (;;)
			pause();
	}
	close(pipes[1]);
	CHECK(read(pipes[0], &told, 1) == 1);
	close(pipes[0]);
	return child;
}

static void
test_a_name_belongs_to_one_process_until_it_dies(void **state)
{
	struct harness *harness = *state;
	pid_t holder = start_holder(harness);

	harness_open(harness);
	assert_int_equal(claim(harness, "a"), ST_CONFLICT);
	assert_int_equal(claim(harness, "b"), ST_OK);
	CHECK(kill(holder, SIGKILL) == 0);
	CHECK(waitpid(holder, NULL, 0) == holder);
	assert_int_equal(claim(harness, "a"), ST_OK);
}

static void
test_a_name_is_claimed_twice_by_the_same(void **state)
{
	struct harness *harness = *state;

	harness_open(harness);
	assert_int_equal(claim(harness, "a"), ST_OK);
	assert_int_equal(claim(harness, "a"), ST_OK);
}

static void
test_closing_gives_claims_back_and_keeps_their_files(void **state)
{
	/* The digest of the name is the file's: it may hold what no file name may. */
	static const char file[] = "locks/"
				   "8a5edab282632443219e051e4ade2d1d5bbc671c781051bf1437897cbd"
				   "fea0f1.lock";
	struct harness *harness = *state;
	struct harness other = *harness;
	struct stat about;

	harness_open(harness);
	harness_open(&other);
	assert_int_equal(claim(harness, "/"), ST_OK);
	assert_int_equal(claim(&other, "/"), ST_CONFLICT);
	assert_int_equal(stat(harness_path(harness, file), &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	harness_close(harness);
	assert_int_equal(claim(&other, "/"), ST_OK);
	assert_int_equal(stat(harness_path(harness, file), &about), 0);
	harness_close(&other);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_a_name_belongs_to_one_process_until_it_dies),
	    TEST(test_a_name_is_claimed_twice_by_the_same),
	    TEST(test_closing_gives_claims_back_and_keeps_their_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
