/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "base/buf.h"
#include "base/prng.h"
#include "wire/imap/lexer.h"

enum {
	NESTING = 3
};

static void
put(struct buf *out, struct bytes text)
{
	assert_int_equal(buf_append(out, text), ST_OK);
}

/* All tokens as text: a<atom> q<quoted> Q<with escapes> l<literal> s<streamed> ( ) and at the
 * end "." or the name of the status. */
static void
spell(struct imap_lexer *lexer, struct buf *out)
{
	static const char *const heads[] = {".", "a<", "q<", "l<", "s<", "(", ")"};
	enum status status;
	struct imap_token token;

	do {
		status = imap_lexer_next(lexer, &token);
		if (status != ST_OK) {
			put(out, bytes_of_string(status_name(status)));
			return;
		}
		if (token.kind == IMAP_TOKEN_QUOTED && token.has_escapes)
			put(out, BYTES("Q<"));
		else
			put(out, bytes_of_string(heads[token.kind]));
		put(out, token.text);
		if (token.kind != IMAP_TOKEN_END && token.kind != IMAP_TOKEN_OPEN &&
		    token.kind != IMAP_TOKEN_CLOSE)
			put(out, BYTES(">"));
	} while (token.kind != IMAP_TOKEN_END);
}

static const struct {
	const char *name;
	struct bytes input, tokens;
} token_cases[] = {
    {"nothing", TEXT("\r\n"), TEXT(".")},
    {"no line end", TEXT("a"), TEXT("a<a>.")},
    {"words", TEXT("* 5 EXISTS\r\n"), TEXT("a<*>a<5>a<EXISTS>.")},
    {"spaces and tabs", TEXT("a  b\tc \r\n"), TEXT("a<a>a<b>a<c>.")},
    {"line ends of every kind", TEXT("a\r\r\n"), TEXT("a<a>.")},
    {"LF alone", TEXT("a\n"), TEXT("a<a>.")},
    {"CR inside", TEXT("a\rb\r\n"), TEXT("a<a>syntax")},
    {"control octet", TEXT("a \x01\r\n"), TEXT("a<a>syntax")},
    {"control octet in an atom", TEXT("a\x01\r\n"), TEXT("a<a>syntax")},
    {"8-bit atom", TEXT("\xc3\xa9\r\n"), TEXT("a<\xc3\xa9>.")},
    {"flags", TEXT("(\\Seen \\*)\r\n"), TEXT("(a<\\Seen>a<\\*>).")},
    {"lists touch", TEXT("(a(b)c)\r\n"), TEXT("(a<a>(a<b>)a<c>).")},
    {"not closed", TEXT("((a)\r\n"), TEXT("((a<a>)syntax")},
    {"closed too often", TEXT("a)\r\n"), TEXT("a<a>syntax")},
    {"as deep as allowed", TEXT("((()))\r\n"), TEXT("((())).")},
    {"too deep", TEXT("(((("), TEXT("(((limit")},
    {"quoted", TEXT("\"a b\" \"\"\r\n"), TEXT("q<a b>q<>.")},
    {"quoted with escapes", TEXT("\"a\\\"b\\\\\"\r\n"), TEXT("Q<a\\\"b\\\\>.")},
    {"quoted with NUL and 8-bit", TEXT("\"a\0\xff\"\r\n"), TEXT("q<a\0\xff>.")},
    {"quote never closed", TEXT("\"a\r\n"), TEXT("syntax")},
    {"quote closed by the end", TEXT("\"a"), TEXT("syntax")},
    {"backslash at the end", TEXT("\"a\\\r\n"), TEXT("syntax")},
    {"backslash at the very end", TEXT("\"a\\"), TEXT("syntax")},
    {"quote in an atom", TEXT("a\"b\r\n"), TEXT("a<a\"b>.")},
    {"brace in quotes", TEXT("\"{3}\"\r\n"), TEXT("q<{3}>.")},
    {"brace in an atom", TEXT("x{3}\r\n"), TEXT("a<x{3}>.")},
    {"literal", TEXT("{3}\r\na\r\n b\r\n"), TEXT("l<a\r\n>a<b>.")},
    {"literal touching", TEXT("({1}\r\n))\r\n"), TEXT("(l<)>).")},
    {"literal behind LF", TEXT("{1}\na\r\n"), TEXT("l<a>.")},
    {"literal8", TEXT("~{1}\r\na\r\n"), TEXT("l<a>.")},
    {"tilde of a user", TEXT("~anna\r\n"), TEXT("a<~anna>.")},
    {"empty literal", TEXT("{0}\r\n\r\n"), TEXT("l<>.")},
    {"leading zeros", TEXT("{03}\r\nabc\r\n"), TEXT("l<abc>.")},
    {"literal not here", TEXT("a {3}\r\n"), TEXT("a<a>again")},
    {"literal in part", TEXT("{3}\r\nab"), TEXT("again")},
    {"literal without its line end", TEXT("{3}\r\nabc"), TEXT("again")},
    {"empty literal not here", TEXT("{0}\r\n"), TEXT("again")},
    {"4 GB literal not here", TEXT("{4294967296}\r\n"), TEXT("again")},
    {"2^63", TEXT("{9223372036854775808}\r\n"), TEXT("syntax")},
    {"2^64", TEXT("{18446744073709551616}\r\n"), TEXT("syntax")},
    {"negative", TEXT("{-1}\r\n"), TEXT("syntax")},
    {"plus before", TEXT("{+5}\r\n"), TEXT("syntax")},
    {"plus behind", TEXT("{5+}\r\n"), TEXT("syntax")},
    {"space in braces", TEXT("{ 5}\r\n"), TEXT("syntax")},
    {"no digits", TEXT("{}\r\n"), TEXT("syntax")},
    {"brace not closed", TEXT("{5\r\n"), TEXT("syntax")},
    {"text behind the brace", TEXT("{5} \r\n"), TEXT("syntax")},
    {"section", TEXT("BODY[HEADER.FIELDS (A \"]\")]<0> x\r\n"),
	TEXT("a<BODY[HEADER.FIELDS (A \"]\")]<0>>a<x>.")},
    {"section of a part", TEXT("binary[1.2] body.peek[]\r\n"),
	TEXT("a<binary[1.2]>a<body.peek[]>.")},
    {"section not closed", TEXT("BODY[a b\r\n"), TEXT("a<BODY[a>a<b>.")},
    {"section with a quote not closed", TEXT("BODY[\"a]\r\n"), TEXT("a<BODY[\"a]>.")},
    {"a folder is no section", TEXT("[Gmail]/All a[b c\r\n"),
	TEXT("a<[Gmail]/All>a<a[b>a<c>.")},
};

static void
test_tokens(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(token_cases); i++) {
		struct imap_lexer lexer;
		struct buf out;

		buf_init(&out, 4096);
		imap_lexer_init(&lexer, token_cases[i].input, NESTING, NULL);
		spell(&lexer, &out);
		EXPECT(
		    token_cases[i].name, bytes_equal(buf_bytes(&out), token_cases[i].tokens));
		buf_fini(&out);
	}
}

static void
test_a_streamed_literal_has_no_octets(void **state)
{
	static const struct bytes input = TEXT("(a {1000}\r\n b {2}\r\n) {3}\r\n)\r\n");
	const struct imap_streams streams = {
	    .count = 2, .items = {{.offset = 11, .size = 1000}, {.offset = 26, .size = 3}}};
	struct imap_lexer lexer;
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	imap_lexer_init(&lexer, input, NESTING, &streams);
	spell(&lexer, &out);
	assert_true(bytes_equal(buf_bytes(&out), BYTES("(a<a>s<>a<b>l<) >s<>).")));
	buf_fini(&out);
}

/* A response that grows, in a block that moves: the walk goes on where it stopped. */
static void
test_a_walk_goes_on_behind_a_literal(void **state)
{
	static const char first[] = "(a {3}\r\n";
	static const char whole[] = "(a {3}\r\nxyz b)\r\n";
	struct imap_lexer lexer;
	struct imap_token token;
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	imap_lexer_init(&lexer, bytes_of_string(first), NESTING, NULL);
	spell(&lexer, &out);
	assert_true(bytes_equal(buf_bytes(&out), BYTES("(a<a>again")));
	assert_int_equal(imap_lexer_next(&lexer, &token), ST_AGAIN);
	assert_int_equal(token.size, 3);
	buf_clear(&out);
	imap_lexer_extend(&lexer, bytes_of_string(whole));
	spell(&lexer, &out);
	assert_true(bytes_equal(buf_bytes(&out), BYTES("l<xyz>a<b>).")));
	buf_fini(&out);
}

static void
test_skipping_passes_over_a_whole_value(void **state)
{
	static const struct {
		const char *name;
		struct bytes input;
		enum status status;
		struct bytes left;
	} cases[] = {
	    {"atom", TEXT("a b\r\n"), ST_OK, TEXT("b")},
	    {"quoted", TEXT("\"(\" b\r\n"), ST_OK, TEXT("b")},
	    {"list", TEXT("(a (b) \")\") b\r\n"), ST_OK, TEXT("b")},
	    {"empty list", TEXT("() b\r\n"), ST_OK, TEXT("b")},
	    {"nothing", TEXT("\r\n"), ST_SYNTAX, TEXT("")},
	    {"not closed", TEXT("(a\r\n"), ST_SYNTAX, TEXT("")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct imap_lexer lexer;
		struct imap_token token;

		imap_lexer_init(&lexer, cases[i].input, NESTING, NULL);
		assert_int_equal(imap_lexer_next(&lexer, &token), ST_OK);
		EXPECT(cases[i].name, imap_lexer_skip(&lexer, &token) == cases[i].status);
		if (cases[i].status == ST_OK)
			EXPECT(
			    cases[i].name, bytes_equal(imap_lexer_rest(&lexer), cases[i].left));
	}
}

/* Any octets: the lexer ends, and every token lies inside the input. */
static void
test_random_octets(void **state)
{
	static const char letters[] = "()\"\\{}[]~ \r\n019aBODY";
	struct prng prng;

	(void)state;
	prng_init(&prng, 7);
	for (int round = 0; round < 20000; round++) {
		uint8_t input[24];
		size_t size = (size_t)prng_below(&prng, sizeof(input));
		size_t steps = 0;
		struct imap_lexer lexer;
		struct imap_token token = {0};

		for (size_t i = 0; i < size; i++)
			input[i] = (uint8_t)letters[prng_below(&prng, sizeof(letters) - 1)];
		imap_lexer_init(&lexer, bytes_of(input, size), NESTING, NULL);
		while (
		    imap_lexer_next(&lexer, &token) == ST_OK && token.kind != IMAP_TOKEN_END) {
			assert_true(++steps <= size);
			if (token.text.size > 0)
				assert_true(token.text.data >= input &&
				    token.text.data + token.text.size <= input + size);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tokens),
	    cmocka_unit_test(test_a_streamed_literal_has_no_octets),
	    cmocka_unit_test(test_a_walk_goes_on_behind_a_literal),
	    cmocka_unit_test(test_skipping_passes_over_a_whole_value),
	    cmocka_unit_test(test_random_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
