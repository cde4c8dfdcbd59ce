/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/fold.h"

#include <string.h>

#include <utf8proc.h>

#include "base/utf8.h"

/* Letters whose stroke or missing dot is no combining mark, so that Unicode does not part them.
 */
static uint32_t
bare_letter(uint32_t code)
{
	switch (code) {
	case 0xf8: /* o with stroke */
		return 'o';
	case 0x111: /* d with stroke */
		return 'd';
	case 0x131: /* i without dot */
		return 'i';
	case 0x142: /* l with stroke */
		return 'l';
	default:
		return code;
	}
}

static bool
is_dropped(uint32_t code)
{
	return code == ' ' || code == '-' || code == '.' || code == 0xa0 || code == 0xad ||
	    (code >= 0x2010 && code <= 0x2015) || code == 0x2024 || code == 0x2026 ||
	    code == 0x202f || code == 0x3000;
}

static enum status
fold(struct bytes text, int options, struct arena *arena, struct bytes *out)
{
	utf8proc_ssize_t count;
	utf8proc_ssize_t size;
	utf8proc_int32_t *codes;

	if (text.size > FOLD_SIZE_MAX)
		return ST_LIMIT;
	if (text.size == 0 || !utf8_is_valid(text))
		return bytes_copy(text, arena, out);
	count = utf8proc_decompose(
	    text.data, (utf8proc_ssize_t)text.size, NULL, 0, (utf8proc_option_t)options);
	if (count < 0)
		return ST_SYNTAX;
	/* The octets are written over the code points, and a NUL behind them. */
	codes = arena_take_array(arena, (size_t)count + 1, sizeof(*codes));
	if (codes == NULL)
		return arena_status(arena);
	count = utf8proc_decompose(
	    text.data, (utf8proc_ssize_t)text.size, codes, count, (utf8proc_option_t)options);
	if (count < 0)
		return ST_SYNTAX;
	size = utf8proc_reencode(codes, count, (utf8proc_option_t)options);
	if (size < 0)
		return ST_SYNTAX;
	*out = bytes_of(codes, (size_t)size);
	return ST_OK;
}

static bool
is_ascii(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] >= 0x80)
			return false;
	}
	return true;
}

enum status
fold_composed(struct bytes text, struct arena *arena, struct bytes *composed_out)
{
	/* Nearly all names: nothing to look up. */
	if (is_ascii(text))
		return bytes_copy(text, arena, composed_out);
	return fold(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE, arena, composed_out);
}

static enum status
lower(struct bytes text, struct arena *arena, struct bytes *lower_out)
{
	uint8_t *octets = arena_take(arena, text.size + 1, 1);

	if (octets == NULL)
		return arena_status(arena);
	for (size_t i = 0; i < text.size; i++) {
		bool is_upper = text.data[i] >= 'A' && text.data[i] <= 'Z';

		octets[i] = is_upper ? (uint8_t)(text.data[i] | 0x20) : text.data[i];
	}
	*lower_out = bytes_of(octets, text.size);
	return ST_OK;
}

enum status
fold_caseless(struct bytes text, struct arena *arena, struct bytes *caseless_out)
{
	if (is_ascii(text))
		return lower(text, arena, caseless_out);
	return fold(
	    text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD, arena, caseless_out);
}

enum status
fold_word(struct bytes text, struct arena *arena, struct bytes *word_out)
{
	struct bytes folded;
	uint8_t *octets;
	size_t size = 0;
	enum status status = fold(text,
	    UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK, arena,
	    &folded);

	if (status != ST_OK)
		return status;
	octets = arena_take(arena, folded.size + 1, 1);
	if (octets == NULL)
		return arena_status(arena);
	while (folded.size > 0) {
		uint32_t code = folded.data[0];
		size_t width = utf8_decode(folded, &code);

		if (width == 0)
			octets[size++] = folded.data[0];
		else if (!is_dropped(code))
			size += utf8_encode(bare_letter(code), octets + size);
		folded = bytes_skip(folded, width == 0 ? 1 : width);
	}
	*word_out = bytes_of(octets, size);
	return ST_OK;
}
