/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of a header line on their way out. A line that is too long is folded before a blank
 * that stands there, which changes nothing that it says. Words with 8-bit octets become encoded
 * words; between two of those, readers leave out what looks like a blank, so that the blanks
 * between such words are encoded with them.
 */
#include "wire/mime/repair_private.h"

#include <string.h>

#include "base/utf8.h"

enum {
	FOLD_AT = 998,          /* RFC 5322, without the line end */
	ENCODED_WORD_MAX = 75,  /* RFC 2047 */
	ENCODED_OCTET_SIZE = 3, /* "=C3" */
	NAME_MAX = 32
};

/* Fields that are words and blanks and nothing else; with X-anything. */
static const char *const unstructured[] = {
    "comments", "content-description", "organization", "subject", "thread-topic"};

bool
mime_repair_is_structured(struct bytes name)
{
	char lower[NAME_MAX] = "";

	if (name.size >= sizeof(lower))
		return true;
	for (size_t i = 0; i < name.size; i++)
		lower[i] =
		    (char)(name.data[i] + (name.data[i] >= 'A' && name.data[i] <= 'Z') * 32);
	for (size_t i = 0; i < sizeof(unstructured) / sizeof(unstructured[0]); i++) {
		if (strcmp(lower, unstructured[i]) == 0)
			return false;
	}
	return strncmp(lower, "x-", 2) != 0;
}

static bool
has_8bit(struct bytes text)
{
	uint8_t all = 0;

	for (size_t i = 0; i < text.size; i++)
		all |= text.data[i];
	return all >= 0x80;
}

static bool
is_end_of_word(bool is_structured, uint8_t octet)
{
	return mime_repair_is_blank(octet) ||
	    (is_structured && bytes_find(BYTES("\"(),:;<=>@[\\]"), octet, 0) < 13);
}

static size_t
skip_blanks(struct bytes text, size_t at)
{
	while (at < text.size && mime_repair_is_blank(text.data[at]))
		at++;
	return at;
}

/* Behind what stands without blank at `at`. */
static size_t
skip_text(struct bytes text, size_t at)
{
	while (at < text.size && !mime_repair_is_blank(text.data[at]))
		at++;
	return at;
}

static size_t
skip_word(bool is_structured, struct bytes text, size_t at)
{
	while (at < text.size && !is_end_of_word(is_structured, text.data[at]))
		at++;
	return at;
}

/* The word in which the first 8-bit octet of `text` stands. */
static size_t
find_run(bool is_structured, struct bytes text)
{
	size_t at = 0;
	size_t start = 0;

	for (; at < text.size && text.data[at] < 0x80; at++) {
		if (is_end_of_word(is_structured, text.data[at]))
			start = at + 1;
	}
	return start;
}

/* Where the words end, from the one at `at` on, that have 8-bit octets and nothing but blanks
 * between them. */
static size_t
end_of_run(bool is_structured, struct bytes text, size_t at)
{
	size_t end = skip_word(is_structured, text, at);

	for (;;) {
		size_t next = skip_blanks(text, end);
		size_t next_end = skip_word(is_structured, text, next);

		if (next == end ||
		    !has_8bit(bytes_first(bytes_skip(text, next), next_end - next)))
			return end;
		end = next_end;
	}
}

static size_t
put(uint8_t *out, size_t at, struct bytes text)
{
	memcpy(out + at, text.data, text.size);
	return at + text.size;
}

static bool
is_safe(uint8_t octet)
{
	return (octet >= '0' && octet <= '9') || (octet >= 'A' && octet <= 'Z') ||
	    (octet >= 'a' && octet <= 'z');
}

static size_t
put_octet(uint8_t *out, size_t at, uint8_t octet)
{
	static const char digits[] = "0123456789ABCDEF";

	if (octet == ' ') {
		out[at++] = '_';
	} else if (is_safe(octet)) {
		out[at++] = octet;
	} else {
		out[at++] = '=';
		out[at++] = (uint8_t)digits[octet >> 4];
		out[at++] = (uint8_t)digits[octet & 15];
	}
	return at;
}

/* The next encoded word of the run, with what parts it from the one before. */
static struct bytes
encode_word(struct mime_repair *repair)
{
	uint8_t *out = repair->word;
	size_t at = 0;
	size_t start;

	if (repair->is_encoded)
		at = put(out, at, repair->column == 0 ? BYTES(" ") : BYTES("\r\n "));
	start = at;
	at = put(out, at, repair->is_utf8 ? BYTES("=?UTF-8?Q?") : BYTES("=?unknown-8bit?Q?"));
	while (repair->run.size > 0) {
		uint32_t code;
		size_t size = repair->is_utf8 ? utf8_decode(repair->run, &code) : 1;

		if (at - start + ENCODED_OCTET_SIZE * size + 2 > ENCODED_WORD_MAX)
			break;
		for (size_t i = 0; i < size; i++)
			at = put_octet(out, at, repair->run.data[i]);
		repair->run = bytes_skip(repair->run, size);
	}
	at = put(out, at, BYTES("?="));
	repair->column = repair->is_encoded ? at - start + 1 : repair->column + at;
	repair->is_encoded = true;
	repair->changes |= MIME_REPAIRED_8BIT;
	return bytes_of(out, at);
}

static struct bytes
begin_run(struct mime_repair *repair, struct mime_repair_part *part, size_t at)
{
	size_t end = end_of_run(part->is_structured, part->text, at);

	repair->run = bytes_first(part->text, end);
	repair->is_utf8 = utf8_is_valid(repair->run);
	part->text = bytes_skip(part->text, end);
	return encode_word(repair);
}

static struct bytes
give_literal(struct mime_repair *repair, struct bytes *text, size_t size)
{
	struct bytes literal = bytes_first(*text, size);

	repair->column += size;
	if (skip_blanks(literal, 0) < size)
		repair->is_encoded = false;
	*text = bytes_skip(*text, size);
	return literal;
}

/* Before the blanks at `at`, behind which a stretch without blanks begins at `word` and takes
 * `need` octets. */
static bool
is_fold_due(const struct mime_repair *repair, size_t at, size_t word, size_t need)
{
	/* Not before blanks that end the line: nothing but them would stand there. */
	return word > at && need > 0 && repair->column + at > 0 &&
	    repair->column + word + need > FOLD_AT;
}

static struct bytes
fold(struct mime_repair *repair)
{
	repair->changes |= MIME_REPAIRED_FOLDING;
	repair->column = 0;
	return BYTES("\r\n");
}

struct bytes
mime_repair_next_word(struct mime_repair *repair, struct mime_repair_part *part)
{
	struct bytes *text = &part->text;
	size_t at = 0;

	if (repair->run.size > 0)
		return encode_word(repair);
	while (at < text->size) {
		size_t word = skip_blanks(*text, at);
		size_t end = skip_text(*text, word);
		struct bytes stretch = bytes_first(bytes_skip(*text, word), end - word);
		bool is_encoded = repair->level >= MIME_REPAIR_ASCII && has_8bit(stretch);
		size_t need = stretch.size * (is_encoded ? MIME_REPAIR_GROWTH : 1);
		size_t run;

		if (is_fold_due(repair, at, word, need))
			return at > 0 ? give_literal(repair, text, at) : fold(repair);
		at = end;
		if (!is_encoded)
			continue;
		run = word + find_run(part->is_structured, stretch);
		/* Blanks behind an encoded word are encoded with the next. */
		if (run == 0 || (repair->is_encoded && skip_blanks(*text, 0) == run))
			return begin_run(repair, part, run);
		return give_literal(repair, text, run);
	}
	return give_literal(repair, text, at);
}
