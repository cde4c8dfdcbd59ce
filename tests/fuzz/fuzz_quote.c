/* SPDX-License-Identifier: Apache-2.0
 *
 * The input as a value: what is quoted is one token and comes back, base64 comes back both
 * ways, a number is what its digits say, and what is quoted for people can be shown.
 */
#include "fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/check.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "wire/imap/lexer.h"
#include "wire/imap/quote.h"

static void
check_quote(struct bytes text, struct buf *quoted, struct buf *back)
{
	struct imap_lexer lexer;
	struct imap_token token;

	CHECK((imap_quote(text, quoted) == ST_OK) == imap_quote_is_possible(text));
	if (!imap_quote_is_possible(text))
		return;
	imap_lexer_init(&lexer, buf_bytes(quoted), 4, NULL);
	CHECK(imap_lexer_next(&lexer, &token) == ST_OK && token.kind == IMAP_TOKEN_QUOTED);
	CHECK(token.has_escapes == (token.text.size > text.size));
	CHECK(imap_unquote(token.text, back) == ST_OK);
	CHECK(bytes_equal(buf_bytes(back), text));
	CHECK(imap_lexer_next(&lexer, &token) == ST_OK && token.kind == IMAP_TOKEN_END);
}

static void
check_base64(struct bytes text, struct buf *one, struct buf *other)
{
	buf_clear(one);
	buf_clear(other);
	CHECK(base64_encode(text, one) == ST_OK);
	CHECK(base64_decode(buf_bytes(one), other) == ST_OK);
	CHECK(bytes_equal(buf_bytes(other), text));
	buf_clear(one);
	buf_clear(other);
	if (base64_decode(text, one) != ST_OK) {
		CHECK(one->size == 0);
		return;
	}
	CHECK(base64_encode(buf_bytes(one), other) == ST_OK);
	CHECK(bytes_equal(buf_bytes(other), text));
}

static void
check_number(struct bytes text)
{
	char digits[24];
	uint64_t number = 0;
	size_t zeros = 0;

	if (bytes_number(text, UINT32_MAX, &number) != ST_OK)
		return;
	CHECK(number <= UINT32_MAX && text.size > 0 && text.size <= 20);
	snprintf(digits, sizeof(digits), "%" PRIu64, number);
	while (zeros + 1 < text.size && text.data[zeros] == '0')
		zeros++;
	CHECK(bytes_equal(bytes_skip(text, zeros), bytes_of_string(digits)));
}

static void
check_shown(struct bytes text)
{
	char quote[FAULT_QUOTE_SIZE];
	struct bytes shown = bytes_of_string(fault_quote(text, quote));

	CHECK(shown.size < FAULT_QUOTE_SIZE);
	while (shown.size > 0) {
		size_t step = utf8_printable(shown);

		CHECK(step > 0);
		shown = bytes_skip(shown, step);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = bytes_of(data, size);
	struct buf one, other;

	buf_init(&one, 2 * size + 64);
	buf_init(&other, 2 * size + 64);
	check_quote(text, &one, &other);
	buf_clear(&other);
	CHECK(imap_unquote(text, &other) == ST_OK && other.size <= size);
	check_base64(text, &one, &other);
	check_number(text);
	check_shown(text);
	buf_fini(&one);
	buf_fini(&other);
	return 0;
}
