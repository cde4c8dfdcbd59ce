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
test_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t octets; /* 0: refused */
	} cases[] = {
	    {"25MB", 25000000},
	    {"1.5kB", 1500},
	    {"500kb", 500000},
	    {"800B", 800},
	    {"2GB", 2000000000},
	    {"25", 0},
	    {"25MB/s", 0},
	    {"0B", 0},
	    {"1.5B", 0},
	    {"MB", 0},
	    {"", 0},
	    {"-1MB", 0},
	    {"25 MB", 0},
	    {"25MiB", 0},
	    {"5msg", 0},
	    {"1000000000GB", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint64_t octets = 77;
		enum status status = cli_value_size(bytes_of_string(cases[i].text), &octets);

		EXPECT(cases[i].text, (status == ST_OK) == (cases[i].octets > 0));
		EXPECT(cases[i].text, octets == (cases[i].octets > 0 ? cases[i].octets : 77));
	}
}

static void
test_days(void **state)
{
	static const struct {
		const char *text;
		enum status status;
		int64_t s;
	} cases[] = {
	    {"1970-01-01", ST_OK, 0},
	    {"2024-02-29", ST_OK, 1709164800},
	    {"1969-12-31", ST_OK, -86400},
	    {"2023-02-30", ST_ABSENT, 77},
	    {"2023-02-3", ST_SYNTAX, 77},
	    {"today", ST_SYNTAX, 77},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t s = 77;

		EXPECT(cases[i].text,
		    cli_value_day(bytes_of_string(cases[i].text), &s) == cases[i].status);
		EXPECT(cases[i].text, s == cases[i].s);
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
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_days),
	    cmocka_unit_test(test_capability_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
