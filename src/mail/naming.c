/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of the steps matters: characters first, since a blank or a dot may take their
 * place at the edge; then what the whole part may not be; its length last.
 */
#include "mail/naming.h"

#include <string.h>

#include "base/digest.h"
#include "base/utf8.h"
#include "mail/fold.h"

enum {
	TAIL_SIZE = 7, /* "~" and six digits */
	SAFE_PART_MAX = 64,
	SAFE_NAME_MAX = 200
};

/* Modified UTF-7 (RFC 3501 5.1.3) writes a run of n UTF-16 units in ceil(8n / 3) letters
 * between "&" and "-". */
static size_t
shift_size(size_t units)
{
	return units == 0 ? 0 : 2 + (8 * units + 2) / 3;
}

size_t
naming_size(const struct naming *naming, struct bytes text)
{
	size_t size = 0;
	size_t units = 0;
	size_t characters = 0;

	while (text.size > 0) {
		uint32_t code = text.data[0];
		size_t width = utf8_decode(text, &code);

		text = bytes_skip(text, width == 0 ? 1 : width);
		characters++;
		if (code < 0x20 || code > 0x7e) {
			units += code > 0xffff ? 2 : 1;
			continue;
		}
		size += shift_size(units) + (code == '&' ? 2 : 1);
		units = 0;
	}
	return naming->counts_characters ? characters : size + shift_size(units);
}

enum status
naming_shorten(const struct naming *naming, struct bytes text, struct bytes whole, size_t max,
    struct arena *arena, struct bytes *short_out)
{
	char hex[DIGEST_HEX_SIZE];
	struct digest_state state;
	struct digest digest;
	uint8_t *octets;

	if (naming_size(naming, text) + TAIL_SIZE > max) {
		/* Every character takes one octet of the encoded name or more. */
		text = bytes_first(text, max > TAIL_SIZE ? (max - TAIL_SIZE) * 4 : 0);
		text = bytes_first(text, utf8_whole_prefix(text));
	}
	while (text.size > 0 && naming_size(naming, text) + TAIL_SIZE > max)
		text = bytes_first(text, utf8_whole_prefix(bytes_first(text, text.size - 1)));
	octets = arena_take(arena, text.size + TAIL_SIZE, 1);
	if (octets == NULL)
		return arena_status(arena);
	digest_init(&state);
	digest_feed(&state, whole);
	digest = digest_finish(&state);
	digest_hex(&digest, hex);
	if (text.size > 0)
		memcpy(octets, text.data, text.size);
	octets[text.size] = '~';
	memcpy(octets + text.size + 1, hex, TAIL_SIZE - 1);
	*short_out = bytes_of(octets, text.size + TAIL_SIZE);
	return ST_OK;
}

struct bytes
naming_sign(const struct naming *naming)
{
	return naming->delimiter == '_' ? BYTES("-") : BYTES("_");
}

static uint16_t
smaller_limit(uint16_t limit, uint16_t max)
{
	return limit == 0 || limit > max ? max : limit;
}

struct naming
naming_safest(const struct naming *naming)
{
	struct naming safest = *naming;

	safest.forbidden = "\"#$%&'*+./:;<=>?@[\\]^`{|}~!";
	safest.is_caseless = true;
	safest.is_composed = true;
	safest.refuses_controls = true;
	safest.refuses_eight_bit_controls = true;
	safest.refuses_beyond_bmp = true;
	safest.refuses_first_tilde = true;
	safest.refuses_first_dot = true;
	safest.refuses_dot_parts = true;
	safest.refuses_outer_blanks = true;
	safest.part_max = smaller_limit(naming->part_max, SAFE_PART_MAX);
	safest.name_max = smaller_limit(naming->name_max, SAFE_NAME_MAX);
	return safest;
}

static bool
is_refused(const struct naming *naming, uint32_t code)
{
	if (code == naming->delimiter && naming->delimiter != 0)
		return true;
	if (code < 0x20 || code == 0x7f)
		return naming->refuses_controls;
	if (code > 0xffff)
		return naming->refuses_beyond_bmp;
	if ((code >= 0x80 && code <= 0x9f) || code == 0xfffd)
		return naming->refuses_eight_bit_controls;
	return code < 0x80 && naming->forbidden != NULL &&
	    memchr(naming->forbidden, (int)code, strlen(naming->forbidden)) != NULL;
}

static size_t
replace_characters(const struct naming *naming, struct bytes part, uint8_t *out)
{
	uint8_t sign = naming_sign(naming).data[0];
	size_t size = 0;

	while (part.size > 0) {
		uint32_t code = part.data[0];
		size_t width = utf8_decode(part, &code);

		if (width == 0)
			width = 1;
		if (is_refused(naming, code)) {
			out[size++] = sign;
		} else {
			memcpy(out + size, part.data, width);
			size += width;
		}
		part = bytes_skip(part, width);
	}
	return size;
}

/* Drops blanks at both ends and all but one of a run. */
static size_t
drop_blanks(uint8_t *octets, size_t size)
{
	size_t kept = 0;

	for (size_t i = 0; i < size; i++) {
		if (octets[i] != ' ' || (kept > 0 && octets[kept - 1] != ' '))
			octets[kept++] = octets[i];
	}
	return kept > 0 && octets[kept - 1] == ' ' ? kept - 1 : kept;
}

static void
replace_first(const struct naming *naming, bool is_first, uint8_t *octets, size_t size)
{
	uint8_t sign = naming_sign(naming).data[0];
	bool is_dots = size == 1 || (size == 2 && octets[1] == '.');

	if (size == 0)
		return;
	if ((octets[0] == '~' && is_first && naming->refuses_first_tilde) ||
	    (octets[0] == '.' && naming->refuses_first_dot))
		octets[0] = sign;
	if (octets[0] == '.' && is_dots && naming->refuses_dot_parts)
		memset(octets, sign, size);
}

static bool
is_word_of(const char *words, struct bytes part, bool has_case)
{
	struct bytes rest = bytes_of_string(words == NULL ? "" : words);

	while (rest.size > 0) {
		size_t end = bytes_find(rest, '|', 0);
		struct bytes word = bytes_first(rest, end);

		if (has_case ? bytes_equal(word, part) : bytes_equal_nocase(word, part))
			return true;
		rest = bytes_skip(rest, end + 1);
	}
	return false;
}

/* Every step in place; `octets` has room for one octet more. */
static size_t
clean_octets(const struct naming *naming, struct bytes part, bool is_first, uint8_t *octets,
    uint32_t *changes)
{
	struct bytes sign = naming_sign(naming);
	size_t size = replace_characters(naming, part, octets);
	size_t kept = naming->refuses_outer_blanks ? drop_blanks(octets, size) : size;

	if (kept != size)
		*changes |= NAME_BLANKS;
	size = kept;
	replace_first(naming, is_first, octets, size);
	if (size == part.size ? size > 0 && memcmp(octets, part.data, size) != 0
			      : (*changes & NAME_BLANKS) == 0)
		*changes |= NAME_CHARACTERS;
	if (size == 0) {
		octets[size++] = sign.data[0];
		*changes |= NAME_EMPTY;
	} else if (is_word_of(naming->reserved, bytes_of(octets, size), true) ||
	    (is_first && is_word_of(naming->reserved_first, bytes_of(octets, size), false))) {
		octets[size++] = sign.data[0];
		*changes |= NAME_RESERVED;
	}
	return size;
}

enum status
naming_clean(const struct naming *naming, struct bytes part, bool is_first, struct arena *arena,
    struct bytes *clean_out, uint32_t *changes)
{
	struct bytes composed = part;
	struct bytes clean;
	uint32_t found = 0;
	uint8_t *octets;
	enum status status = ST_OK;

	if (naming->is_composed)
		status = fold_composed(part, arena, &composed);
	if (status != ST_OK)
		return status;
	if (!bytes_equal(composed, part))
		found |= NAME_COMPOSED;
	octets = arena_take(arena, composed.size + 1, 1);
	if (octets == NULL)
		return arena_status(arena);
	clean = bytes_of(octets, clean_octets(naming, composed, is_first, octets, &found));
	if (naming->part_max > 0 && naming_size(naming, clean) > naming->part_max) {
		status = naming_shorten(naming, clean, part, naming->part_max, arena, &clean);
		found |= NAME_SHORTENED;
	}
	if (status != ST_OK)
		return status;
	*clean_out = found == 0 ? part : clean;
	*changes |= found;
	return ST_OK;
}
