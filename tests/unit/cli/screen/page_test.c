/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "cli/screen/page.h"
#include "cli/screen/width.h"

static void
test_widths(void **state)
{
	static const struct {
		struct bytes text;
		unsigned width;
	} cases[] = {
	    {TEXT(""), 0},
	    {TEXT("abc"), 3},
	    {TEXT("Grüße"), 5},
	    {TEXT("u\xcc\x88"), 1},
	    {TEXT("日本語"), 6},
	    {TEXT("한글"), 4},
	    {TEXT("ｆｕｌｌ"), 8},
	    {TEXT("😀"), 2},
	    {TEXT("שלום"), 4},
	    {TEXT("ก็"), 1},
	    {TEXT("\x1b\xff"), 2},
	    {TEXT("…·→"), 3},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		EXPECT((const char *)cases[i].text.data,
		    cli_width_of_text(cases[i].text) == cases[i].width);
}

static void
test_foreign_text_is_cut_by_width(void **state)
{
	static const struct {
		struct bytes text;
		unsigned width_max;
		bool is_utf8;
		const char *shown;
		unsigned width;
	} cases[] = {
	    {TEXT("short"), 5, true, "short", 5},
	    {TEXT("longer"), 5, true, "long…", 5},
	    {TEXT("longer"), 5, false, "long~", 5},
	    {TEXT("longer"), 1, true, "…", 1},
	    {TEXT("longer"), 0, true, "", 0},
	    {TEXT("日本語"), 6, true, "日本語", 6},
	    {TEXT("日本語"), 5, true, "日本…", 5},
	    {TEXT("日本語"), 4, true, "日…", 3},
	    {TEXT("日本語"), 6, false, "???", 3},
	    {TEXT("Gr\xfc\x1b[2J"), 20, true, "Gr??[2J", 7},
	    {TEXT("a\xe2\x80\xae b"), 20, true, "a? b", 4},
	    {TEXT("this text is longer than a line of twenty"), CLI_PAGE_REST, true,
		"this text is longer…", 20},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf buf;
		struct cli_page page = {
		    .out = &buf, .columns = 20, .is_utf8 = cases[i].is_utf8};

		buf_init(&buf, 4096);
		cli_page_text(&page, cases[i].text, cases[i].width_max);
		EXPECT(cases[i].shown,
		    bytes_equal(buf_bytes(&buf), bytes_of_string(cases[i].shown)));
		EXPECT(cases[i].shown, page.column == cases[i].width);
		buf_fini(&buf);
	}
}

static void
test_wrapping_keeps_the_indent(void **state)
{
	struct buf buf;
	struct cli_page page = {.out = &buf, .columns = 16};

	(void)state;
	buf_init(&buf, 4096);
	cli_page_print(&page, "key");
	cli_page_pad(&page, 6);
	cli_page_wrap(&page, BYTES("one two three incomprehensibilities end"), 6);
	cli_page_end_line(&page);
	assert_true(bytes_equal(buf_bytes(&buf),
	    BYTES("key   one two\n"
		  "      three\n"
		  "      incompreh~\n"
		  "      end\n")));
	buf_fini(&buf);
}

static void
test_styles_only_with_colours(void **state)
{
	struct buf buf;
	struct cli_page page = {.out = &buf, .columns = 80};

	(void)state;
	buf_init(&buf, 4096);
	cli_page_style(&page, CLI_RED);
	cli_page_bar(&page, true, 2);
	cli_page_bar(&page, false, 2);
	page.has_colours = true;
	page.is_utf8 = true;
	cli_page_style(&page, CLI_RED);
	cli_page_bar(&page, true, 1);
	cli_page_style(&page, CLI_PLAIN);
	assert_true(bytes_equal(buf_bytes(&buf), BYTES("==--\x1b[31m━\x1b[0m")));
	assert_int_equal(page.column, 5);
	buf_fini(&buf);
}

static void
test_the_first_failure_is_kept(void **state)
{
	struct buf buf;
	struct cli_page page = {.out = &buf, .columns = 80};

	(void)state;
	buf_init(&buf, 4);
	cli_page_print(&page, "abc");
	cli_page_print(&page, "def");
	cli_page_print(&page, "g");
	assert_int_equal(page.status, ST_LIMIT);
	assert_true(bytes_equal(buf_bytes(&buf), BYTES("abc")));
	buf_fini(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_widths),
	    cmocka_unit_test(test_foreign_text_is_cut_by_width),
	    cmocka_unit_test(test_wrapping_keeps_the_indent),
	    cmocka_unit_test(test_styles_only_with_colours),
	    cmocka_unit_test(test_the_first_failure_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
