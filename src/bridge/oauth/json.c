/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/json.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/secret.h"

/* In front of each block: its size, so that all of it can be overwritten. */
union block_head {
	size_t size;
	max_align_t alignment;
};

static void *
take_block(size_t size)
{
	union block_head *head;

	if (size > SIZE_MAX - sizeof(*head))
		return NULL;
	head = mem_take(sizeof(*head) + size);
	if (head == NULL)
		return NULL;
	head->size = size;
	return head + 1;
}

static void
give_block(void *block)
{
	union block_head *head = block;

	if (block == NULL)
		return;
	head--;
	secret_wipe_memory(head, sizeof(*head) + head->size);
	mem_give(head);
}

void
oauth_json_init(void)
{
	json_set_alloc_funcs(take_block, give_block);
}

/* jansson reads nested values by recursion: how deep is known before it begins. Brackets in
 * texts do not count. */
static bool
is_too_deep(struct bytes text)
{
	size_t depth = 0;
	bool is_inside = false;

	for (size_t i = 0; i < text.size; i++) {
		uint8_t octet = text.data[i];

		if (is_inside) {
			if (octet == '\\')
				i++;
			else if (octet == '"')
				is_inside = false;
			continue;
		}
		if (octet == '"')
			is_inside = true;
		else if (octet == '{' || octet == '[')
			depth++;
		else if ((octet == '}' || octet == ']') && depth > 0)
			depth--;
		if (depth > OAUTH_JSON_DEPTH_MAX)
			return true;
	}
	return false;
}

enum status
oauth_json_decode(struct bytes text, json_t **object_out)
{
	json_error_t error;
	json_t *value;

	if (text.size > OAUTH_JSON_SIZE_MAX || is_too_deep(text))
		return ST_LIMIT;
	if (text.size == 0)
		return ST_SYNTAX;
	value = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &error);
	if (value == NULL)
		return ST_SYNTAX;
	if (!json_is_object(value)) {
		json_decref(value);
		return ST_SYNTAX;
	}
	*object_out = value;
	return ST_OK;
}

static enum status
find_text(const json_t *object, const char *name, struct bytes *text_out)
{
	const json_t *value = json_object_get(object, name);

	if (value == NULL || json_is_null(value))
		return ST_ABSENT;
	if (!json_is_string(value))
		return ST_SYNTAX;
	*text_out = bytes_of(json_string_value(value), json_string_length(value));
	return ST_OK;
}

enum status
oauth_json_text(const json_t *object, const char *name, char *out, size_t size)
{
	struct bytes text;
	enum status status = find_text(object, name, &text);

	if (status != ST_OK)
		return status;
	if (text.size >= size)
		return ST_LIMIT;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < ' ' || text.data[i] > '~')
			return ST_SYNTAX;
	}
	memcpy(out, text.data, text.size);
	out[text.size] = '\0';
	return ST_OK;
}

enum status
oauth_json_secret(const json_t *object, const char *name, struct secret *secret_out)
{
	struct bytes text;
	enum status status = find_text(object, name, &text);

	if (status != ST_OK)
		return status;
	return secret_set(secret_out, text);
}

enum status
oauth_json_number(const json_t *object, const char *name, uint32_t max, uint32_t *number_out)
{
	const json_t *value = json_object_get(object, name);
	uint64_t number;

	if (value == NULL || json_is_null(value))
		return ST_ABSENT;
	if (json_is_string(value)) {
		struct bytes text =
		    bytes_of(json_string_value(value), json_string_length(value));
		enum status status = bytes_number(text, max, &number);

		if (status != ST_OK)
			return status;
	} else if (json_is_integer(value) && json_integer_value(value) >= 0) {
		number = (uint64_t)json_integer_value(value);
	} else {
		return ST_SYNTAX;
	}
	if (number > max)
		return ST_LIMIT;
	*number_out = (uint32_t)number;
	return ST_OK;
}
