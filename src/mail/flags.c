/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/flags.h"

static const struct {
	enum flag bit;
	struct bytes name;
} system_flags[] = {
    {FLAG_SEEN, {(const uint8_t *)"\\Seen", 5}},
    {FLAG_ANSWERED, {(const uint8_t *)"\\Answered", 9}},
    {FLAG_FLAGGED, {(const uint8_t *)"\\Flagged", 8}},
    {FLAG_DELETED, {(const uint8_t *)"\\Deleted", 8}},
    {FLAG_DRAFT, {(const uint8_t *)"\\Draft", 6}},
};

enum {
	SYSTEM_FLAG_COUNT = sizeof(system_flags) / sizeof(system_flags[0])
};

uint32_t
flag_of_name(struct bytes name)
{
	for (size_t i = 0; i < SYSTEM_FLAG_COUNT; i++) {
		if (bytes_equal_nocase(system_flags[i].name, name))
			return system_flags[i].bit;
	}
	return 0;
}

/* atom-specials and resp-specials of RFC 3501 section 9. */
static bool
is_keyword_octet(uint8_t octet)
{
	static const struct bytes specials = {(const uint8_t *)"(){%*\"\\]", 8};

	return octet > ' ' && octet < 0x7f && bytes_find(specials, octet, 0) == specials.size;
}

bool
flags_is_keyword(struct bytes atom)
{
	if (atom.size == 0 || atom.size > KEYWORDS_SIZE_MAX)
		return false;
	for (size_t i = 0; i < atom.size; i++) {
		if (!is_keyword_octet(atom.data[i]))
			return false;
	}
	return true;
}

struct bytes
flags_keyword_next(struct bytes *rest)
{
	size_t end = bytes_find(*rest, ' ', 0);
	struct bytes keyword = bytes_first(*rest, end);

	*rest = bytes_skip(*rest, end + 1);
	return keyword;
}

bool
flags_has_keyword(struct bytes keywords, struct bytes keyword)
{
	while (keywords.size > 0) {
		if (bytes_equal_nocase(flags_keyword_next(&keywords), keyword))
			return true;
	}
	return false;
}

enum status
flags_print(struct flags flags, struct buf *out)
{
	size_t before = out->size;
	enum status status = buf_append(out, BYTES("("));

	for (size_t i = 0; i < SYSTEM_FLAG_COUNT && status == ST_OK; i++) {
		if ((flags.system & (uint32_t)system_flags[i].bit) == 0)
			continue;
		if (out->size > before + 1)
			status = buf_append(out, BYTES(" "));
		if (status == ST_OK)
			status = buf_append(out, system_flags[i].name);
	}
	if (status == ST_OK && flags.keywords.size > 0 && out->size > before + 1)
		status = buf_append(out, BYTES(" "));
	if (status == ST_OK)
		status = buf_append(out, flags.keywords);
	if (status == ST_OK)
		status = buf_append(out, BYTES(")"));
	if (status != ST_OK)
		buf_truncate(out, before);
	return status;
}
