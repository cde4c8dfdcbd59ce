/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "base/prng.h"
#include "base/utf8.h"
#include "cli/report/json.h"

static void
test_strings(void **state)
{
	static const struct {
		struct bytes text;
		const char *line;
	} cases[] = {
	    {TEXT(""), "{\"k\":\"\"}\n"},
	    {TEXT("Grüße/日本"), "{\"k\":\"Grüße/日本\"}\n"},
	    {TEXT("a\"b\\c/d"), "{\"k\":\"a\\\"b\\\\c/d\"}\n"},
	    {TEXT("\r\n\t\0"), "{\"k\":\"\\u000d\\u000a\\u0009\\u0000\"}\n"},
	    {TEXT("\x1b[31m\x7f"), "{\"k\":\"\\u001b[31m\\u007f\"}\n"},
	    {TEXT("\xc2\x9b"), "{\"k\":\"\\u009b\"}\n"},
	    {TEXT("\xe2\x80\xae"), "{\"k\":\"\\u202e\"}\n"},
	    {TEXT("\xf0\x9f\x98\x80"), "{\"k\":\"\xf0\x9f\x98\x80\"}\n"},
	    {TEXT("\xff"), "{\"k\":\"\\ufffd\"}\n"},
	    {TEXT("a\xc3"), "{\"k\":\"a\\ufffd\"}\n"},
	    {TEXT("\xed\xa0\x80"), "{\"k\":\"\\ufffd\\ufffd\\ufffd\"}\n"},
	    {TEXT("\xc0\xaf"), "{\"k\":\"\\ufffd\\ufffd\"}\n"},
	};
	struct cli_json json;

	(void)state;
	cli_json_init(&json);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		cli_json_begin(&json);
		cli_json_text(&json, "k", cases[i].text);
		EXPECT(cases[i].line,
		    bytes_equal(cli_json_end(&json), bytes_of_string(cases[i].line)));
	}
	cli_json_fini(&json);
}

static void
test_members_of_all_kinds(void **state)
{
	struct cli_json json;

	(void)state;
	cli_json_init(&json);
	cli_json_begin(&json);
	cli_json_text(&json, "dropped", BYTES("x"));
	cli_json_begin(&json);
	cli_json_text(&json, "a", BYTES("b"));
	cli_json_number(&json, "n", UINT64_MAX);
	cli_json_bool(&json, "t", true);
	cli_json_bool(&json, "f", false);
	cli_json_seconds(&json, "s", 12345678);
	cli_json_seconds(&json, "z", -1);
	assert_true(bytes_equal(cli_json_end(&json),
	    BYTES("{\"a\":\"b\",\"n\":18446744073709551615,\"t\":true,\"f\":false,"
		  "\"s\":12.345,\"z\":0.000}\n")));
	cli_json_fini(&json);
}

/* Whatever octets come: valid UTF-8, one line, nothing below a space inside. */
static void
test_random_octets_make_a_valid_line(void **state)
{
	struct cli_json json;
	struct prng prng;

	(void)state;
	prng_init(&prng, 3);
	cli_json_init(&json);
	for (int round = 0; round < 2000; round++) {
		uint8_t octets[40];
		struct bytes line;

		for (size_t i = 0; i < sizeof(octets); i++)
			octets[i] = (uint8_t)prng_below(&prng, 256);
		cli_json_begin(&json);
		cli_json_text(&json, "k", bytes_of(octets, prng_below(&prng, 41)));
		line = cli_json_end(&json);
		assert_true(utf8_is_valid(line));
		for (size_t i = 0; i + 1 < line.size; i++)
			assert_true(line.data[i] >= ' ' && line.data[i] != 0x7f);
		assert_int_equal(line.data[line.size - 1], '\n');
	}
	cli_json_fini(&json);
}

static void
test_a_line_too_long_is_dropped_and_the_next_is_whole(void **state)
{
	static uint8_t octets[400000];
	struct cli_json json;

	(void)state;
	cli_json_init(&json);
	cli_json_begin(&json);
	cli_json_text(&json, "k", bytes_of(octets, sizeof(octets)));
	assert_int_equal(cli_json_end(&json).size, 0);
	cli_json_begin(&json);
	cli_json_number(&json, "k", 1);
	assert_true(bytes_equal(cli_json_end(&json), BYTES("{\"k\":1}\n")));
	cli_json_fini(&json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_members_of_all_kinds),
	    cmocka_unit_test(test_random_octets_make_a_valid_line),
	    cmocka_unit_test(test_a_line_too_long_is_dropped_and_the_next_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
