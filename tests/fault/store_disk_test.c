/* SPDX-License-Identifier: Apache-2.0
 *
 * Every call by which the ledger writes fails, once and from then on. Each place is a process
 * of its own, because an error takes a second to be borne, and many can bear one at once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "disk.h"
#include "harness.h"

#include "base/check.h"

enum {
	SUBMITS = 5,
	AT_ONCE = 40,
	ONCE_WAIT_MS = 15000,
	STEP_MS = 20
};

/* What a process says by its exit status. */
enum verdict {
	VERDICT_FAILED_AND_SOUND,
	VERDICT_NOTHING_FAILED,
	VERDICT_UNSOUND, /* also an end by a signal */
};

struct place {
	const char *name;
	enum disk_error error;
	bool is_lasting;
	uint64_t n;
};

static enum verdict
complain(const struct place *place, const char *what)
{
	fprintf(stderr, "%s, call %" PRIu64 ": %s\n", place->name, place->n, what);
	return VERDICT_UNSOUND;
}

/* Until it is settled, or the ledger says why it is not. */
static void
await_word(struct store_ledger *ledger, const struct sync_receipt *receipt)
{
	for (int waited_ms = 0; waited_ms < ONCE_WAIT_MS; waited_ms += STEP_MS)
		if (harness_await(ledger, receipt, STEP_MS) ||
		    store_ledger_trouble(ledger) != NULL)
			return;
}

/* Submits until one is not settled; how many were, or SUBMITS + 1 when that was not said. */
static uint64_t
submit_all(struct store_ledger *ledger, const struct place *place,
    struct sync_receipt receipts[SUBMITS])
{
	for (uint64_t i = 0; i < SUBMITS; i++) {
		if (harness_submit_twins(ledger, i + 1, &receipts[i]) != ST_OK)
			return i;
		if (place->is_lasting)
			await_word(ledger, &receipts[i]);
		else
			harness_await(ledger, &receipts[i], ONCE_WAIT_MS);
		if (!receipts[i].is_settled)
			return store_ledger_trouble(ledger) != NULL ? i : SUBMITS + 1;
	}
	return SUBMITS;
}

static enum verdict
check_what_is_there(struct harness *harness, const struct place *place,
    const struct sync_receipt receipts[SUBMITS], uint64_t settled)
{
	uint64_t there;

	disk_fail(0, place->error, false);
	harness_open(harness);
	there = harness_count_twins(harness->ledger, 1);
	harness_close(harness);
	/* Those that were not settled in time were settled by free. */
	for (uint64_t i = 0; i < SUBMITS; i++)
		if (receipts[i].is_settled && receipts[i].status == ST_OK && i >= there)
			return complain(place, "a settled submit is not there");
	if (there > SUBMITS || there < settled)
		return complain(place, "more or less is there than was submitted");
	return VERDICT_FAILED_AND_SOUND;
}

static enum verdict
fail_in(struct harness *harness, const struct place *place)
{
	struct sync_receipt receipts[SUBMITS] = {0};
	struct fault fault = {0};
	uint64_t settled = 0;
	bool has_failed;

	disk_watch(harness->folder);
	disk_fail(place->n, place->error, place->is_lasting);
	if (store_ledger_open(harness->folder, &harness->ledger, &fault) == ST_OK) {
		settled = submit_all(harness->ledger, place, receipts);
		if (settled > SUBMITS)
			return complain(place, "nothing was settled, and nothing said");
		if (settled < SUBMITS && !place->is_lasting)
			return complain(place, "writing did not go on after one failure");
		harness_close(harness);
	} else if (strlen(fault.text) < 20) {
		return complain(place, "opening failed without a sentence");
	} else if (place->error == DISK_EINTR) {
		return complain(place, "interruptions kept it from opening");
	}
	has_failed = disk_failed() > 0;
	if (check_what_is_there(harness, place, receipts, settled) == VERDICT_UNSOUND)
		return VERDICT_UNSOUND;
	return has_failed ? VERDICT_FAILED_AND_SOUND : VERDICT_NOTHING_FAILED;
}

static pid_t
start(const struct harness *parent, struct place place)
{
	char name[48];
	struct harness own;
	enum verdict verdict;
	pid_t child = fork();

	CHECK(child >= 0);
	if (child != 0)
		return child;
	snprintf(name, sizeof(name), "%s-%" PRIu64, place.name, place.n);
	own = harness_below(parent, name);
	verdict = fail_in(&own, &place);
	_exit((int)verdict);
}

/* Places from `place.n` on, at one time; counts those of each verdict. */
static void
fail_many(const struct harness *harness, struct place place, unsigned verdicts[3])
{
	pid_t children[AT_ONCE];

	for (size_t i = 0; i < AT_ONCE; i++, place.n++)
		children[i] = start(harness, place);
	for (size_t i = 0; i < AT_ONCE; i++) {
		int how;

		CHECK(waitpid(children[i], &how, 0) == children[i]);
		if (WIFEXITED(how) && WEXITSTATUS(how) < VERDICT_UNSOUND)
			verdicts[WEXITSTATUS(how)]++;
		else
			verdicts[VERDICT_UNSOUND]++;
	}
}

static void
fail_everywhere_on_disk(struct harness *harness, struct place place)
{
	unsigned verdicts[3] = {0};

	for (place.n = 1; verdicts[VERDICT_NOTHING_FAILED] == 0; place.n += AT_ONCE) {
		fail_many(harness, place, verdicts);
		EXPECT(place.name, verdicts[VERDICT_UNSOUND] == 0);
	}
	print_message("%s: %u calls failed\n", place.name, verdicts[VERDICT_FAILED_AND_SOUND]);
	EXPECT(place.name, verdicts[VERDICT_FAILED_AND_SOUND] > 25);
}

#define KINDS(X)                                                                               \
	X(no_space_once, DISK_ENOSPC, false)                                                   \
	X(no_space_from_then_on, DISK_ENOSPC, true)                                            \
	X(error_once, DISK_EIO, false)                                                         \
	X(error_from_then_on, DISK_EIO, true)                                                  \
	X(interrupted_once, DISK_EINTR, false)                                                 \
	X(interrupted_from_then_on, DISK_EINTR, true)

#define DEFINE_TEST(name, error, is_lasting)                                                   \
	static void test_##name(void **state)                                                  \
	{                                                                                      \
		fail_everywhere_on_disk(*state, (struct place){#name, error, is_lasting, 0});  \
	}
KINDS(DEFINE_TEST)

static void
copy_files(struct harness *from, struct harness *to)
{
	static const char *const names[] = {"ledger.db", "ledger.db-wal"};
	static uint8_t octets[4 << 20];

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		size_t size = 0;

		if (access(harness_path(from, names[i]), F_OK) == 0)
			size = harness_read(from->path, octets, sizeof(octets));
		harness_write(harness_path(to, names[i]), octets, size);
	}
}

/* What a loss of power would leave after each receipt: only what had been made durable. */
static void
test_what_is_settled_survives_the_loss_of_power(void **state)
{
	struct harness *harness = *state;
	struct harness live = harness_below(harness, "live");
	struct harness durable = harness_below(harness, "durable");

	CHECK(mkdir(live.folder, 0700) == 0 && mkdir(durable.folder, 0700) == 0);
	disk_watch(live.folder);
	disk_shadow(durable.folder);
	harness_open(&live);
	for (uint64_t i = 1; i <= 12; i++) {
		struct harness image = harness_below(harness, "image");
		struct sync_receipt receipt = {0};

		CHECK(harness_submit_twins(live.ledger, i, &receipt) == ST_OK);
		assert_true(harness_await(live.ledger, &receipt, ONCE_WAIT_MS));
		assert_int_equal(receipt.status, ST_OK);
		CHECK(mkdir(image.folder, 0700) == 0);
		copy_files(&durable, &image);
		harness_open(&image);
		assert_int_equal(harness_count_twins(image.ledger, 1), i);
		harness_close(&image);
		harness_remove(image.folder);
	}
	disk_shadow("");
	harness_close(&live);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)
#define LIST_TEST(name, error, is_lasting) TEST(test_##name),
	const struct CMUnitTest tests[] = {
	    KINDS(LIST_TEST) TEST(test_what_is_settled_survives_the_loss_of_power),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
