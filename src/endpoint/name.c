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
