/* SPDX-License-Identifier: Apache-2.0 */
#include "modelserver/words.h"

#include <string.h>

static int
hex(uint8_t octet)
{
	static const char digits[] = "0123456789abcdef";
	const char *place = octet == 0
	    ? NULL
	    : strchr(digits, octet >= 'A' && octet <= 'F' ? octet + 32 : octet);

	return place == NULL ? -1 : (int)(place - digits);
}

/* What stands behind a backslash at `at`; the number of octets it took, 0 for nonsense. */
static size_t
escape(struct bytes line, size_t at, uint8_t *octet_out)
{
	static const char names[] = "rnt0\\\"";
	static const char values[] = "\r\n\t\0\\\"";
	const char *place;

	if (at >= line.size || line.data[at] == 0)
		return 0;
	if (line.data[at] == 'x') {
		int high = at + 1 < line.size ? hex(line.data[at + 1]) : -1;
		int low = at + 2 < line.size ? hex(line.data[at + 2]) : -1;

		if (high < 0 || low < 0)
			return 0;
		*octet_out = (uint8_t)(high * 16 + low);
		return 3;
	}
	place = strchr(names, line.data[at]);
	if (place == NULL)
		return 0;
	*octet_out = (uint8_t)values[place - names];
	return 1;
}

static bool
is_blank(uint8_t octet)
{
	return octet == ' ' || octet == '\t';
}

/* One word from `at`, unescaped to `out`; gives its size, and where it ended. */
static enum status
word(struct bytes line, size_t *at, uint8_t *out, size_t *size_out)
{
	bool is_quoted = false;
	size_t size = 0;
	size_t i = *at;

	for (; i < line.size && (is_quoted || !is_blank(line.data[i])); i++) {
		uint8_t octet = line.data[i];

		if (octet == '"') {
			is_quoted = !is_quoted;
			continue;
		}
		if (octet == '\\' && is_quoted) {
			size_t used = escape(line, i + 1, &octet);

			if (used == 0)
				return ST_SYNTAX;
			i += used;
		}
		out[size++] = octet;
	}
	if (is_quoted)
		return ST_SYNTAX;
	*at = i;
	*size_out = size;
	return ST_OK;
}

enum status
model_words_scan(struct bytes line, struct arena *arena, struct model_words *words_out)
{
	struct model_words words = {.count = 0};
	uint8_t *text = arena_take(arena, line.size + 1, 1);
	size_t at = 0;

	if (text == NULL)
		return arena_status(arena);
	for (;;) {
		size_t size = 0;
		enum status status;

		while (at < line.size && is_blank(line.data[at]))
			at++;
		if (at == line.size || line.data[at] == '#')
			break;
		if (words.count == MODEL_WORDS_MAX)
			return ST_LIMIT;
		status = word(line, &at, text, &size);
		if (status != ST_OK)
			return status;
		words.word[words.count++] = (struct bytes){text, size};
		text += size;
	}
	*words_out = words;
	return ST_OK;
}

bool
model_word_is(struct bytes word, const char *text)
{
	return bytes_equal(word, bytes_of_string(text));
}

bool
model_words_value(const struct model_words *words, const char *name, struct bytes *value_out)
{
	struct bytes key = bytes_of_string(name);

	for (size_t i = 0; i < words->count; i++) {
		if (words->word[i].size > key.size && bytes_start_with(words->word[i], key) &&
		    words->word[i].data[key.size] == '=') {
			*value_out = bytes_skip(words->word[i], key.size + 1);
			return true;
		}
	}
	return false;
}

enum status
model_words_number(const struct model_words *words, const char *name, uint64_t *number_out)
{
	struct bytes value;

	if (!model_words_value(words, name, &value))
		return ST_ABSENT;
	return bytes_number(value, INT64_MAX, number_out) == ST_OK ? ST_OK : ST_SYNTAX;
}

bool
model_line_next(struct bytes *rest, struct bytes *line_out)
{
	size_t end = bytes_find(*rest, '\n', 0);

	if (rest->size == 0)
		return false;
	*line_out = bytes_first(*rest, end);
	if (end > 0 && line_out->data[end - 1] == '\r' && end < rest->size)
		line_out->size--;
	*rest = bytes_skip(*rest, end + 1);
	return true;
}
