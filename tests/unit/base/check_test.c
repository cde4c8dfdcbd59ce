/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

/* Runs a CHECK in a process of its own; its standard error goes to `said`. */
static int
run_check(bool holds, char *said, size_t size)
{
	int ends[2];
	int status;
	ssize_t count;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		CHECK(holds);
		_exit(7);
	}
	close(ends[1]);
	count = read(ends[0], said, size - 1);
	assert_true(count >= 0);
	said[count] = 0;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void
test_what_holds_goes_on_in_silence(void **state)
{
	char said[500];
	int status = run_check(true, said, sizeof(said));

	(void)state;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	assert_string_equal(said, "");
}

static void
test_what_does_not_hold_is_named_and_aborts(void **state)
{
	char said[500];
	int status = run_check(false, said, sizeof(said));

	(void)state;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_non_null(strstr(said, "holds"));
	assert_non_null(strstr(said, "check_test.c"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_holds_goes_on_in_silence),
	    cmocka_unit_test(test_what_does_not_hold_is_named_and_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
