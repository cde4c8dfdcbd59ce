/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "cli/value.h"

static void
test_rates(void **state)
{
	static const struct {
		const char *text;
		bool is_messages;
		uint64_t per_s; /* 0: refused */
	} cases[] = {
	    {"5MB/s", false, 5000000},
	    {"1.5MB/s", false, 1500000},
	    {"0.5kB/s", false, 500},
	    {"500kB/s", false, 500000},
	    {"500KB/s", false, 500000},
	    {"800B/s", false, 800},
	    {"1GB/s", false, 1000000000},
	    {"20msg/s", true, 20},
	    {"1msg/s", true, 1},
	    {"", false, 0},
	    {"5", false, 0},
	    {"MB/s", false, 0},
	    {"5MB", false, 0},
	    {"5 MB/s", false, 0},
	    {"5Mb/", false, 0},
	    {"5TB/s", false, 0},
	    {"0MB/s", false, 0},
	    {"0.0MB/s", false, 0},
	    {"1.55MB/s", false, 0},
	    {"1.MB/s", false, 0},
	    {"1.5msg/s", false, 0},
	    {"1.5B/s", false, 0},
	    {"-5MB/s", false, 0},
	    {"+5MB/s", false, 0},
	    {"5MB/sx", false, 0},
	    {"18446744073709551616B/s", false, 0},
	    {"1000000000GB/s", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct cli_rate rate = {.per_s = 77};
		enum status status = cli_value_rate(bytes_of_string(cases[i].text), &rate);

		EXPECT(cases[i].text, (status == ST_OK) == (cases[i].per_s > 0));
		EXPECT(cases[i].text, rate.per_s == (cases[i].per_s > 0 ? cases[i].per_s : 77));
		EXPECT(cases[i].text, rate.is_messages == cases[i].is_messages);
	}
}

static void
test_capability_words(void **state)
{
	static const struct {
		struct bytes word;
		bool is_word;
	} cases[] = {
	    {TEXT("MULTIAPPEND"), true},
	    {TEXT("LITERAL+"), true},
	    {TEXT("AUTH=PLAIN"), true},
	    {TEXT("STATUS=SIZE"), true},
	    {TEXT(""), false},
	    {TEXT("A B"), false},
	    {TEXT("A\r\nB"), false},
	    {TEXT("A\0B"), false},
	    {TEXT("A*"), false},
	    {TEXT("ü"), false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		EXPECT((const char *)cases[i].word.data,
		    cli_value_is_capability(cases[i].word) == cases[i].is_word);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rates),
	    cmocka_unit_test(test_capability_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
