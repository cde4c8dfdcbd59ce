/* SPDX-License-Identifier: Apache-2.0
 *
 * A disk that is really full: a tmpfs of 1 MB in a mount namespace of this process. Where that
 * is not permitted the test says so and is skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "harness.h"

#include "base/check.h"

enum {
	NOT_PERMITTED = 77
};

static void
mount_small(const char *folder)
{
	if (unshare(CLONE_NEWNS) == 0 &&
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("none", folder, "tmpfs", 0, "size=1m,mode=0700") == 0)
		return;
	fprintf(stderr, "NOT TESTED: a full disk (no mount namespace: %s)\n", strerror(errno));
	_exit(NOT_PERMITTED);
}

/* Takes all the space that is left. */
static void
fill_disk(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	static const char octets[4096];

	CHECK(fd >= 0);
	while (write(fd, octets, sizeof(octets)) > 0)
		continue;
	CHECK(errno == ENOSPC);
	close(fd);
}

/* Submits until one is not settled because the disk is full; its number. */
static uint64_t
submit_until_full(struct harness *harness, struct sync_receipt *receipt)
{
	for (uint64_t number = 1;; number++) {
		*receipt = (struct sync_receipt){0};
		CHECK(number < 10000);
		CHECK(harness_submit_twins(harness->ledger, number, receipt) == ST_OK);
		if (!harness_await(harness->ledger, receipt, 500))
			return number;
		CHECK(receipt->status == ST_OK);
	}
}

static void
expect_full(struct harness *harness)
{
	const char *sentence = store_ledger_trouble(harness->ledger);

	CHECK(sentence != NULL);
	CHECK(strcmp(sentence, "The disk of the ledger is full; waiting for space.") == 0);
}

static void
write_on_full_disk(struct harness *harness)
{
	struct sync_receipt receipt, second = {0};
	uint64_t number;

	mount_small(harness->folder);
	harness_open(harness);
	CHECK(harness_put(harness->ledger, 3, 1, "before") == ST_OK);
	fill_disk(harness_path(harness, "filler"));
	number = submit_until_full(harness, &receipt);
	expect_full(harness);
	CHECK(harness_submit_twins(harness->ledger, number + 1, &second) == ST_OK);
	CHECK(!harness_await(harness->ledger, &second, 2500));
	CHECK(!receipt.is_settled);
	CHECK(harness_count_twins(harness->ledger, 1) == number - 1);
	/* Space comes back, and nobody has to do anything. */
	CHECK(unlink(harness_path(harness, "filler")) == 0);
	CHECK(harness_await(harness->ledger, &second, 3000));
	CHECK(receipt.is_settled && receipt.status == ST_OK && second.status == ST_OK);
	CHECK(store_ledger_trouble(harness->ledger) == NULL);
	CHECK(harness_count_twins(harness->ledger, 1) == number + 1);
	/* Full again, and it stays so: the end comes all the same. */
	fill_disk(harness_path(harness, "filler"));
	receipt = (struct sync_receipt){0};
	for (uint64_t next = number + 2; next < number + 700; next++)
		CHECK(harness_submit_twins(harness->ledger, next,
			  next == number + 699 ? &receipt : NULL) == ST_OK);
	CHECK(!harness_await(harness->ledger, &receipt, 500));
	expect_full(harness);
	harness_close(harness);
	CHECK(receipt.is_settled && receipt.status == ST_IO);
	CHECK(unlink(harness_path(harness, "filler")) == 0);
	harness_open(harness);
	CHECK(harness_count_twins(harness->ledger, 1) >= number + 1);
	harness_close(harness);
}

static void
open_on_full_disk(struct harness *harness)
{
	struct fault fault = {0};

	mount_small(harness->folder);
	fill_disk(harness_path(harness, "filler"));
	CHECK(store_ledger_open(harness->folder, &harness->ledger, &fault) != ST_OK);
	CHECK(strstr(fault.text, "pace ") != NULL);
	CHECK(unlink(harness_path(harness, "filler")) == 0);
	harness_open(harness);
	harness_close(harness);
}

static void
run_apart(struct harness *harness, void (*part)(struct harness *))
{
	pid_t child = fork();
	int how;

	CHECK(child >= 0);
	if (child == 0) {
		part(harness);
		_exit(0);
	}
	CHECK(waitpid(child, &how, 0) == child);
	assert_true(WIFEXITED(how));
	if (WEXITSTATUS(how) == NOT_PERMITTED)
		skip();
	assert_int_equal(WEXITSTATUS(how), 0);
}

static void
test_writing_goes_on_when_space_returns(void **state)
{
	run_apart(*state, write_on_full_disk);
}

static void
test_a_full_disk_is_named_at_opening(void **state)
{
	run_apart(*state, open_on_full_disk);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_writing_goes_on_when_space_returns),
	    TEST(test_a_full_disk_is_named_at_opening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
