/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "harness.h"

#include "base/check.h"

enum {
	IMAGE_SIZE = 4 << 20
};

static uint8_t before[IMAGE_SIZE], after[IMAGE_SIZE];

/* By SQLite alone, without anything of ours. */
static void
say(const char *path, const char *text)
{
	sqlite3 *db;

	CHECK(sqlite3_open(path, &db) == SQLITE_OK);
	CHECK(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_close(db) == SQLITE_OK);
}

static void
fill(struct harness *harness, uint64_t count)
{
	struct sync_receipt receipt = {0};

	harness_open(harness);
	for (uint64_t i = 1; i <= count; i++)
		CHECK(harness_submit_twins(harness->ledger, i, i == count ? &receipt : NULL) ==
		    ST_OK);
	CHECK(harness_await(harness->ledger, &receipt, HARNESS_WAIT_MS));
	harness_close(harness);
}

/* Refused with these words, and not an octet of it changed. */
static void
refused_untouched(struct harness *harness, const char *words)
{
	char path[HARNESS_PATH_SIZE];
	struct stat log;
	size_t size;

	snprintf(path, sizeof(path), "%s", harness_path(harness, "ledger.db"));
	size = harness_read(path, before, sizeof(before));
	harness_refused(harness, words);
	if (harness_read(path, after, sizeof(after)) != size ||
	    memcmp(before, after, size) != 0)
		fail_msg("the file was touched");
	/* SQLite may have made one, but has written nothing. */
	if (stat(harness_path(harness, "ledger.db-wal"), &log) == 0)
		assert_int_equal(log.st_size, 0);
}

static void
test_folder_and_files_are_for_their_user_alone(void **state)
{
	static const struct {
		const char *name;
		unsigned mode;
	} files[] = {
	    {"deep/er/ledger.db", 0600},
	    {"deep/er/ledger.db-wal", 0600},
	    {"deep/er/ledger.mark", 0600},
	    {"deep/er/locks", 0700},
	    {"deep/er", 0700},
	    {"deep", 0700},
	};
	struct harness *harness = *state;
	struct harness below;
	struct stat about;

	below = harness_below(harness, "deep/er/");
	umask(0);
	harness_open(&below);
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		EXPECT(files[i].name, stat(harness_path(harness, files[i].name), &about) == 0);
		EXPECT(files[i].name, (about.st_mode & 0777) == files[i].mode);
	}
	harness_close(&below);
}

static void
test_a_file_that_is_no_database_is_refused(void **state)
{
	static const char text[] =
	    "Dear diary, the godwits have left today. It was a long summer, "
	    "and the mud flats are empty now but for a few late knots.";
	struct harness *harness = *state;

	harness_write(harness_path(harness, "ledger.db"), text, sizeof(text));
	refused_untouched(harness, "is not a ledger of Godwit");
	harness_write(harness_path(harness, "ledger.db"), text, 5);
	refused_untouched(harness, "is not a ledger of Godwit");
}

static void
test_a_database_of_another_program_is_refused(void **state)
{
	struct harness *harness = *state;

	say(harness_path(harness, "ledger.db"),
	    "create table bookmarks (id); pragma application_id = 5");
	refused_untouched(harness, "is not a ledger of Godwit");
	say(harness_path(harness, "ledger.db"), "pragma application_id = 0");
	refused_untouched(harness, "is not a ledger of Godwit");
}

static void
test_a_newer_version_is_refused(void **state)
{
	struct harness *harness = *state;

	fill(harness, 3);
	say(harness_path(harness, "ledger.db"), "pragma user_version = 2");
	refused_untouched(harness, "was written by a newer Godwit: its version is 2");
}

/* What a newer program wrote may be in the log only. */
static void
test_a_newer_version_in_the_log_is_refused(void **state)
{
	struct harness *harness = *state;
	sqlite3 *db;

	fill(harness, 3);
	CHECK(sqlite3_open(harness_path(harness, "ledger.db"), &db) == SQLITE_OK);
	CHECK(sqlite3_exec(db, "pragma user_version = 7", NULL, NULL, NULL) == SQLITE_OK);
	harness_refused(harness, "its version is 7");
	sqlite3_close(db);
}

static void
spoil(struct harness *harness, off_t from, size_t size)
{
	int fd = open(harness_path(harness, "ledger.db"), O_RDWR | O_CLOEXEC);
	uint8_t noise[4096];

	CHECK(fd >= 0 && size <= sizeof(noise));
	for (size_t i = 0; i < size; i++)
		noise[i] = (uint8_t)(i * 167 + 13);
	CHECK(pwrite(fd, noise, size, from) == (ssize_t)size);
	close(fd);
}

static const struct damage_case {
	const char *name;
	const char *place;
	off_t from;
	size_t size;
} damage_cases[] = {
    {"the tables' names", "a", 100, 3996},
    {"the root of a table", "b", 3 * 4096, 4096},
    {"a page's head", "c", 9 * 4096, 16},
    {"the page size", "d", 16, 2},
};

static void
test_a_damaged_database_is_refused(void **state)
{
	struct harness *harness = *state;

	for (size_t i = 0; i < COUNT_OF(damage_cases); i++) {
		const struct damage_case *c = &damage_cases[i];
		struct harness below;

		print_message("damaged: %s\n", c->name);
		below = harness_below(harness, c->place);
		fill(&below, 60);
		spoil(&below, c->from, c->size);
		refused_untouched(&below, "is damaged. Move it and its -wal file away");
	}
}

static void
test_a_cut_database_is_refused(void **state)
{
	struct harness *harness = *state;

	fill(harness, 60);
	CHECK(truncate(harness_path(harness, "ledger.db"), 5 * 4096) == 0);
	refused_untouched(harness, "is damaged. Move it and its -wal file away");
}

static void
test_a_backup_that_came_back_is_known(void **state)
{
	struct harness *harness = *state;
	char path[HARNESS_PATH_SIZE];
	size_t size;

	snprintf(path, sizeof(path), "%s", harness_path(harness, "ledger.db"));
	fill(harness, 1);
	size = harness_read(path, before, sizeof(before));
	fill(harness, 2);
	harness_open(harness);
	assert_false(store_ledger_is_older(harness->ledger));
	assert_int_equal(store_ledger_restorations(harness->ledger), 0);
	harness_close(harness);
	harness_write(path, before, size);
	harness_open(harness);
	assert_true(store_ledger_is_older(harness->ledger));
	assert_int_equal(store_ledger_restorations(harness->ledger), 1);
	harness_close(harness);
	/* It is told once, and counted for good. */
	harness_open(harness);
	assert_false(store_ledger_is_older(harness->ledger));
	assert_int_equal(store_ledger_restorations(harness->ledger), 1);
	harness_close(harness);
	harness_write(path, before, size);
	harness_open(harness);
	assert_true(store_ledger_is_older(harness->ledger));
}

static void
test_a_log_that_was_lost_is_known(void **state)
{
	struct harness *harness = *state;
	pid_t child;
	int how;

	fill(harness, 1);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		harness_open(harness);
		_exit(0);
	}
	CHECK(waitpid(child, &how, 0) == child && how == 0);
	assert_int_equal(unlink(harness_path(harness, "ledger.db-wal")), 0);
	harness_open(harness);
	assert_true(store_ledger_is_older(harness->ledger));
}

static void
test_a_mark_without_sense_makes_it_older(void **state)
{
	struct harness *harness = *state;

	fill(harness, 1);
	harness_write(harness_path(harness, "ledger.mark"), "?", 1);
	harness_open(harness);
	assert_true(store_ledger_is_older(harness->ledger));
}

static void
test_a_mark_that_is_missing_says_nothing(void **state)
{
	struct harness *harness = *state;

	fill(harness, 1);
	assert_int_equal(unlink(harness_path(harness, "ledger.mark")), 0);
	harness_open(harness);
	assert_false(store_ledger_is_older(harness->ledger));
}

/* A crash between the two leaves the database ahead. */
static void
test_a_mark_that_is_behind_says_nothing(void **state)
{
	struct harness *harness = *state;
	uint8_t mark[32];
	size_t size;

	fill(harness, 1);
	fill(harness, 1);
	harness_write(harness_path(harness, "ledger.mark"), "1\n", 2);
	harness_open(harness);
	assert_false(store_ledger_is_older(harness->ledger));
	size = harness_read(harness_path(harness, "ledger.mark"), mark, sizeof(mark));
	assert_int_equal(size, 2);
	assert_memory_equal(mark, "3\n", 2);
}

static void
test_a_new_database_is_not_older_than_a_mark_left_over(void **state)
{
	struct harness *harness = *state;

	harness_write(harness_path(harness, "ledger.mark"), "40\n", 3);
	harness_open(harness);
	assert_false(store_ledger_is_older(harness->ledger));
}

/* Runs `part` as a user to whom files can be forbidden. */
static void
run_as_nobody(struct harness *harness, void (*part)(struct harness *))
{
	pid_t child = fork();
	int how;

	CHECK(child >= 0);
	if (child == 0) {
		if (getuid() == 0)
			CHECK(setresgid(65534, 65534, 65534) == 0 &&
			    setresuid(65534, 65534, 65534) == 0);
		part(harness);
		_exit(0);
	}
	CHECK(waitpid(child, &how, 0) == child);
	assert_int_equal(how, 0);
}

/* cmocka's own failures do not leave a child. */
static void
expect_refusal(struct harness *harness, const char *words)
{
	struct fault fault = {0};
	enum status status = store_ledger_open(harness->folder, &harness->ledger, &fault);

	if (status != ST_OK && strstr(fault.text, words) != NULL)
		return;
	fprintf(stderr, "\"%s\" is not in \"%s\"\n", words, fault.text);
	_exit(1);
}

static void
expect_closed_folder(struct harness *harness)
{
	expect_refusal(harness, "cannot be used: Permission denied. Let this user write in it");
}

static void
expect_closed_file(struct harness *harness)
{
	expect_refusal(harness, "Let this user read and write it");
}

static void
give_to_nobody(const char *path)
{
	if (getuid() == 0)
		CHECK(chown(path, 65534, 65534) == 0);
}

static void
test_a_folder_that_may_not_be_written_is_refused(void **state)
{
	struct harness *harness = *state;

	give_to_nobody(harness->folder);
	CHECK(chmod(harness->folder, 0500) == 0);
	run_as_nobody(harness, expect_closed_folder);
	CHECK(chmod(harness->folder, 0000) == 0);
	run_as_nobody(harness, expect_closed_folder);
	CHECK(chmod(harness->folder, 0700) == 0);
}

static void
test_a_file_that_may_not_be_written_is_refused(void **state)
{
	static const char *const names[] = {
	    "", "ledger.db", "ledger.mark", "locks", "locks/opening"};
	struct harness *harness = *state;

	fill(harness, 3);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		give_to_nobody(harness_path(harness, names[i]));
	CHECK(chmod(harness_path(harness, "ledger.db"), 0400) == 0);
	run_as_nobody(harness, expect_closed_file);
	CHECK(chmod(harness_path(harness, "ledger.db"), 0000) == 0);
	run_as_nobody(harness, expect_closed_file);
}

static void
test_a_place_that_is_no_folder_is_refused(void **state)
{
	struct harness *harness = *state;
	struct harness below;

	harness_write(harness_path(harness, "file"), "x", 1);
	below = harness_below(harness, "file");
	harness_refused(&below, "cannot be used: Not a directory");
	below = harness_below(harness, "file/ledger");
	harness_refused(&below, "cannot be used: Not a directory");
	CHECK(mkdir(harness_path(harness, "ledger.db"), 0700) == 0);
	harness_refused(harness, "ledger.db cannot be opened");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_folder_and_files_are_for_their_user_alone),
	    TEST(test_a_file_that_is_no_database_is_refused),
	    TEST(test_a_database_of_another_program_is_refused),
	    TEST(test_a_newer_version_is_refused),
	    TEST(test_a_newer_version_in_the_log_is_refused),
	    TEST(test_a_damaged_database_is_refused),
	    TEST(test_a_cut_database_is_refused),
	    TEST(test_a_backup_that_came_back_is_known),
	    TEST(test_a_log_that_was_lost_is_known),
	    TEST(test_a_mark_without_sense_makes_it_older),
	    TEST(test_a_mark_that_is_missing_says_nothing),
	    TEST(test_a_mark_that_is_behind_says_nothing),
	    TEST(test_a_new_database_is_not_older_than_a_mark_left_over),
	    TEST(test_a_folder_that_may_not_be_written_is_refused),
	    TEST(test_a_file_that_may_not_be_written_is_refused),
	    TEST(test_a_place_that_is_no_folder_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
