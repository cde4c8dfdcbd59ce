/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "base/prng.h"
#include "wire/imap/quote.h"

static void
test_quoting(void **state)
{
	static const struct {
		const char *name;
		struct bytes text, quoted;
	} cases[] = {
	    {"empty", TEXT(""), TEXT("\"\"")},
	    {"an atom", TEXT("INBOX"), TEXT("\"INBOX\"")},
	    {"a quote", TEXT("a\"b"), TEXT("\"a\\\"b\"")},
	    {"a backslash", TEXT("a\\"), TEXT("\"a\\\\\"")},
	    {"both", TEXT("\\\""), TEXT("\"\\\\\\\"\"")},
	    {"braces", TEXT("{3+}"), TEXT("\"{3+}\"")},
	    {"TAB, ESC, DEL", TEXT("\t\x1b\x7f"), TEXT("\"\t\x1b\x7f\"")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf buf;

		buf_init(&buf, cases[i].quoted.size);
		EXPECT(cases[i].name, imap_quote(cases[i].text, &buf) == ST_OK);
		EXPECT(cases[i].name, bytes_equal(buf_bytes(&buf), cases[i].quoted));
		buf_fini(&buf);
		buf_init(&buf, cases[i].quoted.size - 1);
		EXPECT(cases[i].name, imap_quote(cases[i].text, &buf) == ST_LIMIT);
		EXPECT(cases[i].name, buf.size == 0);
		buf_fini(&buf);
	}
}

/* Every octet: what could end a command, or is not 7-bit, is refused and appends nothing. */
static void
test_what_cannot_be_quoted(void **state)
{
	(void)state;
	for (unsigned octet = 0; octet < 256; octet++) {
		const uint8_t text[3] = {'a', (uint8_t)octet, 'b'};
		bool is_possible = octet < 0x80 && octet != 0 && octet != '\r' && octet != '\n';
		struct buf buf;

		buf_init(&buf, 100);
		assert_int_equal(imap_quote_is_possible(bytes_of(text, 3)), is_possible);
		assert_int_equal(
		    imap_quote(bytes_of(text, 3), &buf), is_possible ? ST_OK : ST_SYNTAX);
		assert_int_equal(buf.size > 0, is_possible);
		buf_fini(&buf);
	}
}

static void
test_unquoting(void **state)
{
	static const struct {
		const char *name;
		struct bytes inside, text;
	} cases[] = {
	    {"empty", TEXT(""), TEXT("")},
	    {"nothing escaped", TEXT("abc"), TEXT("abc")},
	    {"a quote", TEXT("a\\\"b"), TEXT("a\"b")},
	    {"a backslash", TEXT("a\\\\b"), TEXT("a\\b")},
	    {"three backslashes", TEXT("\\\\\\\\\\\\"), TEXT("\\\\\\")},
	    {"an escape of nothing", TEXT("a\\nb"), TEXT("a\\nb")},
	    {"a backslash last", TEXT("ab\\"), TEXT("ab\\")},
	    {"escaped, then one", TEXT("\\\\\\"), TEXT("\\\\")},
	    {"a bare quote", TEXT("a\"b"), TEXT("a\"b")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf buf;

		buf_init(&buf, 100);
		EXPECT(cases[i].name, imap_unquote(cases[i].inside, &buf) == ST_OK);
		EXPECT(cases[i].name, bytes_equal(buf_bytes(&buf), cases[i].text));
		buf_fini(&buf);
	}
}

static void
test_unquoting_does_not_look_behind_the_end(void **state)
{
	struct bytes more = BYTES("ab\\\"");
	struct buf buf;

	(void)state;
	buf_init(&buf, 100);
	assert_int_equal(imap_unquote(bytes_first(more, 3), &buf), ST_OK);
	assert_true(bytes_equal(buf_bytes(&buf), BYTES("ab\\")));
	buf_fini(&buf);
}

/* What is quoted ends where its quote ends, and comes back. */
static void
test_random_texts_come_back(void **state)
{
	struct prng prng;

	(void)state;
	prng_init(&prng, 41);
	for (int round = 0; round < 20000; round++) {
		static const char letters[] = "a\"\\ {}*\t";
		uint8_t octets[20];
		struct bytes text = bytes_of(octets, (size_t)prng_below(&prng, 20));
		struct buf quoted, again;
		struct bytes inside;

		for (size_t i = 0; i < text.size; i++)
			octets[i] = (uint8_t)letters[prng_below(&prng, sizeof(letters) - 1)];
		buf_init(&quoted, 100);
		buf_init(&again, 100);
		assert_int_equal(imap_quote(text, &quoted), ST_OK);
		inside = bytes_first(bytes_skip(buf_bytes(&quoted), 1), quoted.size - 2);
		for (size_t i = 0; i < inside.size; i++) {
			assert_int_not_equal(inside.data[i], '"');
			if (inside.data[i] == '\\')
				i++;
		}
		assert_int_equal(imap_unquote(inside, &again), ST_OK);
		assert_true(bytes_equal(buf_bytes(&again), text));
		buf_fini(&quoted);
		buf_fini(&again);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_quoting),
	    cmocka_unit_test(test_what_cannot_be_quoted),
	    cmocka_unit_test(test_unquoting),
	    cmocka_unit_test(test_unquoting_does_not_look_behind_the_end),
	    cmocka_unit_test(test_random_texts_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
