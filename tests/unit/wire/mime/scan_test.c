/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <stdlib.h>
#include <string.h>

#include "base/prng.h"
#include "wire/mime/scan.h"

/* The answers, one letter each: nul, 8-bit, bare lf, bare cr, cr cr lf, ends with cr, ends
 * without newline, 8-bit in the header. */
static void
answers_of(const struct mime_scan *scan, char out[static 9])
{
	out[0] = mime_scan_has_nul(scan) ? 'N' : '-';
	out[1] = mime_scan_has_8bit(scan) ? '8' : '-';
	out[2] = mime_scan_has_bare_lf(scan) ? 'L' : '-';
	out[3] = mime_scan_has_bare_cr(scan) ? 'C' : '-';
	out[4] = mime_scan_has_cr_cr_lf(scan) ? 'D' : '-';
	out[5] = mime_scan_ends_with_cr(scan) ? 'E' : '-';
	out[6] = mime_scan_ends_without_newline(scan) ? 'W' : '-';
	out[7] = mime_scan_has_header_8bit(scan) ? 'H' : '-';
	out[8] = 0;
}

static void
test_what_one_pass_tells(void **state)
{
	static const struct {
		const char *name;
		struct bytes text;
		const char *answers;
	} cases[] = {
	    {"empty", TEXT(""), "------W-"},
	    {"clean", TEXT("a\r\nb\r\n"), "--------"},
	    {"no final newline", TEXT("a\r\nb"), "------W-"},
	    {"NUL", TEXT("a\0b\r\n"), "N-------"},
	    {"8-bit", TEXT("\x80\r\n"), "-8-----H"},
	    {"0x7f is 7-bit", TEXT("\x7f\r\n"), "--------"},
	    {"LF first", TEXT("\nb\r\n"), "--L-----"},
	    {"LF LF", TEXT("a\r\n\n"), "--L-----"},
	    {"LF last", TEXT("a\n"), "--L-----"},
	    {"CR first", TEXT("\ra\r\n"), "---C----"},
	    {"CR in a line", TEXT("a\rb\r\n"), "---C----"},
	    {"CR last", TEXT("a\r"), "---C-EW-"},
	    {"only CR", TEXT("\r"), "---C-EW-"},
	    {"CR CR LF", TEXT("a\r\r\n"), "---CD---"},
	    {"CR CR, then a letter", TEXT("a\r\ra\r\n"), "---C----"},
	    {"LF CR", TEXT("a\n\r"), "--LC-EW-"},
	    {"8-bit behind the header", TEXT("a\r\n\r\n\x80\r\n"), "-8------"},
	    {"8-bit in its last line", TEXT("a\r\n\x80\r\n\r\n"), "-8-----H"},
	    {"8-bit without a header", TEXT("\r\n\x80\r\n"), "-8------"},
	    {"8-bit behind a blank", TEXT("a\r\n \r\n\x80\r\n"), "-8-----H"},
	    {"8-bit behind CR CR LF", TEXT("a\r\n\r\r\n\x80\r\n"), "-8-CD---"},
	    {"CR LF CR LF", TEXT("\r\n\r\n"), "--------"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t cut = 0; cut <= cases[i].text.size; cut++) {
			struct mime_scan scan;
			char answers[9];

			mime_scan_init(&scan);
			mime_scan_feed(&scan, bytes_first(cases[i].text, cut));
			mime_scan_feed(&scan, bytes_skip(cases[i].text, cut));
			answers_of(&scan, answers);
			EXPECT(cases[i].name, strcmp(answers, cases[i].answers) == 0);
			EXPECT(cases[i].name, mime_scan_size(&scan) == cases[i].text.size);
		}
	}
}

/* The same questions, asked the slow way. */
static void
slow_answers(struct bytes text, char out[static 9])
{
	const uint8_t *d = text.data;
	size_t size = text.size;
	bool is_header = true, is_blank = true;

	memcpy(out, "--------", 9);
	for (size_t i = 0; i < size; i++) {
		bool is_behind_cr = i > 0 && d[i - 1] == '\r';

		if (d[i] == 0)
			out[0] = 'N';
		if (d[i] >= 0x80)
			out[1] = '8';
		if (d[i] >= 0x80 && is_header)
			out[7] = 'H';
		is_header = is_header && !(d[i] == '\n' && is_blank);
		is_blank = d[i] == '\n' || (d[i] == '\r' && is_blank);
		if (d[i] == '\n' && !is_behind_cr)
			out[2] = 'L';
		if (d[i] == '\r' && (i + 1 == size || d[i + 1] != '\n'))
			out[3] = 'C';
		if (d[i] == '\n' && is_behind_cr && i > 1 && d[i - 2] == '\r')
			out[4] = 'D';
	}
	if (size > 0 && d[size - 1] == '\r')
		out[5] = 'E';
	if (size == 0 || d[size - 1] != '\n')
		out[6] = 'W';
}

/* One special octet or two among thousands, at every alignment and with random cuts. */
static void
test_random_texts_agree_with_the_slow_way(void **state)
{
	enum {
		SIZE_MAX_TEXT = 1500
	};
	static const char *const specials[] = {
	    "", "\r\n", "\n", "\r", "\r\r\n", "\x80", "\n\r", "\r\n\r\n"};
	struct prng prng;

	(void)state;
	prng_init(&prng, 53);
	for (int round = 0; round < 20000; round++) {
		size_t size = (size_t)prng_below(&prng, SIZE_MAX_TEXT);
		/* A block of its own size, so that a look beyond its ends is seen. */
		uint8_t *octets = malloc(size + 1);
		struct bytes text = bytes_of(octets, size);
		char answers[9], expected[9];
		struct mime_scan scan;

		assert_non_null(octets);
		memset(octets, 'x', size);
		for (int n = 0; n < 2; n++) {
			const char *special = specials[prng_below(&prng, COUNT_OF(specials))];
			size_t length = strlen(special);

			if (length <= size)
				memcpy(octets + prng_below(&prng, size - length + 1), special,
				    length);
		}
		if (size > 0 && prng_below(&prng, 8) == 0)
			octets[prng_below(&prng, size)] = 0;
		slow_answers(text, expected);
		mime_scan_init(&scan);
		while (text.size > 0) {
			size_t piece = (size_t)prng_below(&prng, SIZE_MAX_TEXT);

			mime_scan_feed(&scan, bytes_first(text, piece));
			text = bytes_skip(text, piece);
		}
		answers_of(&scan, answers);
		assert_string_equal(answers, expected);
		assert_int_equal(mime_scan_size(&scan), size);
		free(octets);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_one_pass_tells),
	    cmocka_unit_test(test_random_texts_agree_with_the_slow_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
