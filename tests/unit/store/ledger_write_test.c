/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "harness.h"

#include "base/check.h"

enum {
	WRITERS = 3,
	RECORDS = 60
};

/* Each process writes its own folder, waiting for each record. */
static void
write_folder(const struct harness *harness, uint32_t folder)
{
	struct harness own = *harness;

	own.ledger = NULL;
	harness_open(&own);
	for (uint64_t i = 1; i <= RECORDS; i++)
		CHECK(harness_put(own.ledger, folder, i, "mine") == ST_OK);
	harness_close(&own);
	_exit(0);
}

static void
test_several_processes_write_at_once(void **state)
{
	struct harness *harness = *state;
	pid_t children[WRITERS];
	int how;

	for (uint32_t i = 0; i < WRITERS; i++) {
		children[i] = fork();
		CHECK(children[i] >= 0);
		if (children[i] == 0)
			write_folder(harness, i + 1);
	}
	for (size_t i = 0; i < WRITERS; i++) {
		CHECK(waitpid(children[i], &how, 0) == children[i]);
		assert_int_equal(how, 0);
	}
	harness_open(harness);
	for (uint32_t folder = 1; folder <= WRITERS; folder++)
		for (uint64_t i = 1; i <= RECORDS; i++)
			assert_true(harness_holds(harness->ledger, folder, i, "mine"));
}

static sqlite3 *
hold(struct harness *harness)
{
	sqlite3 *db;

	CHECK(sqlite3_open(harness_path(harness, "ledger.db"), &db) == SQLITE_OK);
	CHECK(sqlite3_exec(db, "begin immediate", NULL, NULL, NULL) == SQLITE_OK);
	return db;
}

static void
test_who_holds_the_database_is_waited_for(void **state)
{
	struct harness *harness = *state;
	struct sync_receipt receipt = {0};
	sqlite3 *holder;

	harness_open(harness);
	holder = hold(harness);
	assert_int_equal(harness_submit_twins(harness->ledger, 1, &receipt), ST_OK);
	assert_false(harness_await(harness->ledger, &receipt, 1000));
	assert_null(store_ledger_trouble(harness->ledger));
	assert_false(harness_await(harness->ledger, &receipt, 3500));
	assert_string_equal(store_ledger_trouble(harness->ledger),
	    "Another program holds the ledger; waiting for it.");
	CHECK(sqlite3_close(holder) == SQLITE_OK);
	assert_true(harness_await(harness->ledger, &receipt, HARNESS_WAIT_MS));
	assert_int_equal(receipt.status, ST_OK);
	assert_null(store_ledger_trouble(harness->ledger));
}

static void
test_free_does_not_wait_for_a_holder_for_ever(void **state)
{
	struct harness *harness = *state;
	struct sync_receipt receipt = {0};
	sqlite3 *holder;

	harness_open(harness);
	holder = hold(harness);
	assert_int_equal(harness_submit_twins(harness->ledger, 1, &receipt), ST_OK);
	harness_close(harness);
	assert_true(receipt.is_settled);
	assert_int_equal(receipt.status, ST_IO);
	CHECK(sqlite3_close(holder) == SQLITE_OK);
	harness_open(harness);
	assert_int_equal(harness_count_twins(harness->ledger, 1), 0);
}

static void
test_a_database_that_was_taken_away_fails_receipts(void **state)
{
	struct harness *harness = *state;
	struct pollfd event = {0, POLLIN, 0};
	const char *sentence;

	harness_open(harness);
	assert_int_equal(harness_put(harness->ledger, 1, 1, "x"), ST_OK);
	event.fd = store_ledger_fd(harness->ledger);
	assert_int_equal(poll(&event, 1, 0), 0);
	CHECK(unlink(harness_path(harness, "ledger.db")) == 0);
	assert_int_equal(harness_put(harness->ledger, 1, 2, "x"), ST_IO);
	sentence = store_ledger_trouble(harness->ledger);
	assert_non_null(sentence);
	assert_non_null(strstr(sentence, "was moved or deleted while it was in use"));
	assert_int_equal(harness_put(harness->ledger, 1, 3, "x"), ST_IO);
}

static void
spoil_pages(struct harness *harness)
{
	int fd = open(harness_path(harness, "ledger.db"), O_RDWR | O_CLOEXEC);
	uint8_t noise[4096];

	CHECK(fd >= 0);
	memset(noise, 0x5a, sizeof(noise));
	for (off_t page = 2; page < 200; page++)
		CHECK(pwrite(fd, noise, sizeof(noise), page * 4096) == sizeof(noise));
	close(fd);
}

static void
test_damage_that_is_met_while_reading_stops_the_writer(void **state)
{
	struct harness *harness = *state;
	const struct sync_key key = harness_key(1, 150);
	struct sync_store *port;
	struct sync_found found;

	harness_open(harness);
	for (uint64_t i = 1; i <= 300; i++)
		CHECK(harness_submit_twins(harness->ledger, i, NULL) == ST_OK);
	harness_close(harness);
	harness_open(harness);
	port = store_ledger_port(harness->ledger);
	spoil_pages(harness);
	assert_int_equal(port->ops->find(port, &key, &key, &found), ST_IO);
	assert_non_null(strstr(store_ledger_trouble(harness->ledger), "is damaged"));
	assert_int_equal(harness_put(harness->ledger, 1, 150, "x"), ST_IO);
}

static void
test_damage_that_is_met_while_writing_fails_receipts(void **state)
{
	struct harness *harness = *state;

	harness_open(harness);
	for (uint64_t i = 1; i <= 300; i++)
		CHECK(harness_submit_twins(harness->ledger, i, NULL) == ST_OK);
	harness_close(harness);
	harness_open(harness);
	spoil_pages(harness);
	assert_int_equal(harness_put(harness->ledger, 1, 150, "x"), ST_IO);
	assert_non_null(strstr(store_ledger_trouble(harness->ledger), "is damaged"));
	assert_int_equal(harness_put(harness->ledger, 9, 1, "x"), ST_IO);
}

/* More than the log holds before it is taken up, while it is in use. */
static void
test_the_log_is_taken_up_while_writing_goes_on(void **state)
{
	struct harness *harness = *state;
	static uint8_t octets[1 << 20];
	struct sync_change change = {.octets = bytes_of(octets, sizeof(octets))};
	struct stat log;
	struct sync_store *port;

	harness_open(harness);
	port = store_ledger_port(harness->ledger);
	for (uint64_t i = 1; i <= 40; i++) {
		struct sync_receipt receipt = {0};

		memset(octets, (int)i, sizeof(octets));
		change.key = harness_key(1, i);
		CHECK(port->ops->submit(port, &change, 1, &receipt) == ST_OK);
		assert_true(harness_await(harness->ledger, &receipt, HARNESS_WAIT_MS));
	}
	CHECK(stat(harness_path(harness, "ledger.db-wal"), &log) == 0);
	assert_in_range(log.st_size, 15 << 20, 20 << 20);
}

static void
test_room_that_was_left_is_given_back_at_the_end(void **state)
{
	struct harness *harness = *state;
	struct sync_change removal = {.is_removal = true};
	struct stat full, empty;
	struct sync_store *port;

	harness_open(harness);
	for (uint64_t i = 1; i <= 1000; i++)
		CHECK(harness_submit_twins(harness->ledger, i, NULL) == ST_OK);
	harness_close(harness);
	CHECK(stat(harness_path(harness, "ledger.db"), &full) == 0);
	harness_open(harness);
	port = store_ledger_port(harness->ledger);
	for (uint32_t folder = 1; folder <= 2; folder++)
		for (uint64_t i = 1; i <= 1000; i++) {
			removal.key = harness_key(folder, i);
			CHECK(port->ops->submit(port, &removal, 1, NULL) == ST_OK);
		}
	harness_close(harness);
	CHECK(stat(harness_path(harness, "ledger.db"), &empty) == 0);
	assert_true(full.st_size > 1 << 20);
	assert_in_range(empty.st_size, 4096, 64 << 10);
	assert_int_equal(access(harness_path(harness, "ledger.db-wal"), F_OK), -1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_several_processes_write_at_once),
	    TEST(test_who_holds_the_database_is_waited_for),
	    TEST(test_free_does_not_wait_for_a_holder_for_ever),
	    TEST(test_a_database_that_was_taken_away_fails_receipts),
	    TEST(test_damage_that_is_met_while_reading_stops_the_writer),
	    TEST(test_damage_that_is_met_while_writing_fails_receipts),
	    TEST(test_the_log_is_taken_up_while_writing_goes_on),
	    TEST(test_room_that_was_left_is_given_back_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
