/* SPDX-License-Identifier: Apache-2.0 */
#include "store/mark.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "harness.h"

#include "base/check.h"

static int
open_folder(const struct harness *harness)
{
	int fd = open(harness->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

static const struct text_case {
	const char *name;
	const char *text;
	enum status status;
	uint64_t number;
} text_cases[] = {
    {"a number", "17\n", ST_OK, 17},
    {"nothing counted", "0\n", ST_OK, 0},
    {"the largest", "9223372036854775807\n", ST_OK, INT64_MAX},
    {"one more", "9223372036854775808\n", ST_SYNTAX, 0},
    {"cut before its end", "17", ST_SYNTAX, 0},
    {"empty", "", ST_SYNTAX, 0},
    {"an empty line", "\n", ST_SYNTAX, 0},
    {"a sign", "-1\n", ST_SYNTAX, 0},
    {"words", "seventeen\n", ST_SYNTAX, 0},
    {"something behind it", "17\n18\n", ST_SYNTAX, 0},
    {"longer than any number", "00000000000000000000000000000000000000001\n", ST_SYNTAX, 0},
};

static void
test_only_a_whole_number_is_a_mark(void **state)
{
	struct harness *harness = *state;
	int folder = open_folder(harness);

	for (size_t i = 0; i < COUNT_OF(text_cases); i++) {
		const struct text_case *c = &text_cases[i];
		uint64_t number = 99;

		harness_write(harness_path(harness, "ledger.mark"), c->text, strlen(c->text));
		EXPECT(c->name, store_mark_read(folder, &number) == c->status);
		EXPECT(c->name, number == (c->status == ST_OK ? c->number : 99));
	}
	close(folder);
}

static void
test_a_mark_is_replaced_as_a_whole(void **state)
{
	struct harness *harness = *state;
	int folder = open_folder(harness);
	uint64_t number = 99;

	assert_int_equal(store_mark_read(folder, &number), ST_ABSENT);
	assert_int_equal(store_mark_write(folder, 1000), ST_OK);
	assert_int_equal(store_mark_write(folder, 7), ST_OK);
	assert_int_equal(store_mark_read(folder, &number), ST_OK);
	assert_int_equal(number, 7);
	assert_int_equal(access(harness_path(harness, "ledger.mark.new"), F_OK), -1);
	close(folder);
	assert_int_equal(store_mark_write(-1, 8), ST_IO);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_only_a_whole_number_is_a_mark),
	    TEST(test_a_mark_is_replaced_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
