/* SPDX-License-Identifier: Apache-2.0
 *
 * Raw names to parts and back: prefix, delimiter, modified UTF-7.
 */
#include "endpoint/discover.h"

#include <string.h>

#include "base/buf.h"
#include "wire/imap/mutf7.h"

enum {
	NAME_SIZE_MAX = 65536
};

static struct bytes
strip_prefix(const struct listing *listing, struct bytes raw)
{
	if (listing->prefix.size > 0 && raw.size > listing->prefix.size &&
	    bytes_start_with_nocase(raw, listing->prefix))
		return bytes_skip(raw, listing->prefix.size);
	return raw;
}

static size_t
count_parts(struct bytes raw, uint8_t delimiter)
{
	size_t count = 1;

	if (delimiter == 0)
		return 1;
	for (size_t i = 0; i < raw.size; i++)
		count += raw.data[i] == delimiter;
	return count;
}

static enum status
decode_part(struct bytes raw, struct arena *arena, struct bytes *part_out)
{
	struct buf text;
	enum status status;

	buf_init(&text, NAME_SIZE_MAX);
	status = imap_mutf7_decode_lenient(raw, &text);
	if (status == ST_OK)
		status = bytes_copy(buf_bytes(&text), arena, part_out);
	buf_fini(&text);
	return status;
}

enum status
endpoint_decode_name(const struct listing *listing, struct bytes raw, struct arena *arena,
    struct folder_name *name_out)
{
	struct bytes rest = strip_prefix(listing, raw);
	size_t count = count_parts(rest, listing->delimiter);
	struct bytes *parts;
	enum status status = ST_OK;

	if (count > FOLDER_PARTS_MAX)
		return ST_SYNTAX;
	parts = arena_take_array(arena, count, sizeof(*parts));
	if (parts == NULL)
		return arena_status(arena);
	for (size_t i = 0; i < count && status == ST_OK; i++) {
		size_t end = listing->delimiter == 0 ? rest.size
						     : bytes_find(rest, listing->delimiter, 0);

		status = decode_part(bytes_first(rest, end), arena, &parts[i]);
		rest = bytes_skip(rest, end + 1);
	}
	if (status == ST_OK)
		*name_out = (struct folder_name){parts, count};
	return status;
}

static enum status
encode_parts(const struct listing *listing, struct folder_name name, struct buf *raw)
{
	enum status status = ST_OK;

	if (folder_name_is_inbox(name))
		return buf_append(raw, BYTES("INBOX"));
	if (name.part_count > 1 && listing->delimiter == 0)
		return ST_SYNTAX;
	status = buf_append(raw, listing->prefix);
	for (size_t i = 0; i < name.part_count && status == ST_OK; i++) {
		if (i > 0)
			status = buf_append(raw, bytes_of(&listing->delimiter, 1));
		if (status == ST_OK)
			status = imap_mutf7_encode(name.parts[i], raw);
	}
	return status;
}

enum status
endpoint_encode_name(const struct listing *listing, struct folder_name name,
    struct arena *arena, struct bytes *raw_out)
{
	struct buf raw;
	enum status status;

	buf_init(&raw, NAME_SIZE_MAX);
	status = encode_parts(listing, name, &raw);
	if (status == ST_OK)
		status = bytes_copy(buf_bytes(&raw), arena, raw_out);
	buf_fini(&raw);
	return status;
}

enum status
endpoint_display_name(struct folder_name name, struct arena *arena, struct bytes *display_out)
{
	size_t size = name.part_count - 1;
	size_t at = 0;
	uint8_t *octets;

	for (size_t i = 0; i < name.part_count; i++)
		size += name.parts[i].size;
	octets = arena_take(arena, size + 1, 1);
	if (octets == NULL)
		return arena_status(arena);
	for (size_t i = 0; i < name.part_count; i++) {
		if (i > 0)
			octets[at++] = '/';
		if (name.parts[i].size > 0)
			memcpy(octets + at, name.parts[i].data, name.parts[i].size);
		at += name.parts[i].size;
	}
	*display_out = (struct bytes){octets, size};
	return ST_OK;
}

/* Where `prefix` reaches into `raw`; also the container, which has no delimiter behind it. */
static size_t
match_prefix(struct bytes prefix, uint8_t delimiter, struct bytes raw)
{
	bool has_delimiter =
	    prefix.size > 1 && delimiter != 0 && prefix.data[prefix.size - 1] == delimiter;

	if (bytes_start_with(raw, prefix))
		return prefix.size;
	if (has_delimiter && bytes_equal(raw, bytes_first(prefix, prefix.size - 1)))
		return raw.size;
	return 0;
}

bool
endpoint_is_foreign(const struct listing *listing, struct bytes raw)
{
	struct bytes rest = listing->foreign_prefixes;
	size_t foreign = 0;
	size_t own = bytes_start_with_nocase(raw, listing->prefix) ? listing->prefix.size : 0;

	if (bytes_equal_nocase(raw, BYTES("INBOX")))
		return false;
	while (rest.size > 0) {
		size_t end = bytes_find(rest, 0, 0);
		size_t size = match_prefix(bytes_first(rest, end), listing->delimiter, raw);

		foreign = size > foreign ? size : foreign;
		rest = bytes_skip(rest, end + 1);
	}
	if (foreign > 0)
		return foreign > own;
	return listing->is_rest_foreign && listing->prefix.size > 0 && own == 0;
}

bool
endpoint_is_below_inbox(const struct listing *listing)
{
	return listing->prefix.size == 6 && listing->delimiter != 0 &&
	    bytes_start_with_nocase(listing->prefix, BYTES("INBOX")) &&
	    listing->prefix.data[5] == listing->delimiter;
}

enum status
endpoint_name_foreign(struct listing *listing, struct arena *arena)
{
	struct bytes rest = listing->foreign_prefixes;
	size_t count = 0;
	enum status status = ST_OK;

	for (size_t i = 0; i < rest.size; i++)
		count += rest.data[i] == 0;
	listing->foreign = arena_take_array(arena, count + 1, sizeof(*listing->foreign));
	if (listing->foreign == NULL)
		return arena_status(arena);
	while (rest.size > 0 && status == ST_OK) {
		size_t end = bytes_find(rest, 0, 0);
		struct bytes prefix = bytes_first(rest, end);

		if (prefix.size > 0 && prefix.data[prefix.size - 1] == listing->delimiter)
			prefix.size--;
		rest = bytes_skip(rest, end + 1);
		if (prefix.size == 0)
			continue;
		status = endpoint_decode_name(
		    listing, prefix, arena, &listing->foreign[listing->foreign_count]);
		listing->foreign_count += status == ST_OK;
		/* So deep a prefix hides nothing that could be created. */
		if (status == ST_SYNTAX)
			status = ST_OK;
	}
	return status;
}

/* A client's mistake: the encoded name, encoded again as if it were text. */
static enum status
decode_again(struct bytes part, struct arena *scratch, struct bytes *text_out)
{
	struct buf text;
	enum status status;

	buf_init(&text, NAME_SIZE_MAX);
	status = imap_mutf7_decode(part, &text);
	if (status == ST_OK)
		status = bytes_copy(buf_bytes(&text), scratch, text_out);
	buf_fini(&text);
	return status;
}

enum status
endpoint_guess_use(
    const struct folder_word_index *words, struct folder *folder, struct arena *scratch)
{
	struct bytes part = folder->name.parts[folder->name.part_count - 1];
	struct folder_word found;
	enum status status;

	if (folder->use != USE_NONE || !folder->is_selectable || folder->is_foreign ||
	    folder_name_is_inbox(folder->name))
		return ST_OK;
	status = folder_word_find(words, part, scratch, &found);
	if (status == ST_OK && found.use == USE_NONE && bytes_find(part, '&', 0) < part.size) {
		status = decode_again(part, scratch, &part);
		if (status == ST_SYNTAX)
			return ST_OK;
		if (status == ST_OK)
			status = folder_word_find(words, part, scratch, &found);
	}
	if (status != ST_OK || found.use == USE_NONE)
		return status;
	folder->use = found.use;
	folder->use_from = USE_FROM_NAME;
	folder->use_rank = (uint8_t)found.rank;
	return ST_OK;
}
