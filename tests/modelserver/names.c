/* SPDX-License-Identifier: Apache-2.0
 *
 * The names of flags and special uses, and lists of words.
 */
#include "modelserver/mailbox.h"

struct name {
	const char *text;
	uint32_t bit;
};

static const struct name uses[] = {
    {"\\All", MODEL_USE_ALL},
    {"\\Archive", MODEL_USE_ARCHIVE},
    {"\\Drafts", MODEL_USE_DRAFTS},
    {"\\Flagged", MODEL_USE_FLAGGED},
    {"\\Junk", MODEL_USE_JUNK},
    {"\\Sent", MODEL_USE_SENT},
    {"\\Trash", MODEL_USE_TRASH},
    {NULL, 0},
};

static const struct name system_flags[] = {
    {"\\Answered", MODEL_ANSWERED},
    {"\\Flagged", MODEL_FLAGGED},
    {"\\Deleted", MODEL_DELETED},
    {"\\Seen", MODEL_SEEN},
    {"\\Draft", MODEL_DRAFT},
    {NULL, 0},
};

static uint32_t
bit_of(const struct name *names, struct bytes text)
{
	for (; names->text != NULL; names++) {
		if (bytes_equal_nocase(bytes_of_string(names->text), text))
			return names->bit;
	}
	return 0;
}

static const char *
name_of(const struct name *names, uint32_t bit)
{
	for (; names->text != NULL; names++) {
		if (names->bit == bit)
			return names->text;
	}
	return NULL;
}

uint32_t
model_use_of_name(struct bytes name)
{
	return bit_of(uses, name);
}

const char *
model_use_name(uint32_t use)
{
	return name_of(uses, use);
}

uint32_t
model_flag_of_name(struct bytes name)
{
	return bit_of(system_flags, name);
}

const char *
model_flag_name(uint32_t flag)
{
	return name_of(system_flags, flag);
}

struct bytes
model_word_next(struct bytes *rest)
{
	size_t end = bytes_find(*rest, ' ', 0);
	struct bytes word = bytes_first(*rest, end);

	*rest = bytes_skip(*rest, end + 1);
	return word;
}
