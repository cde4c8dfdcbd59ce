/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/sasl/bearer.h"

#include <stdbool.h>

struct reader {
	struct bytes rest;
};

static void
skip_space(struct reader *reader)
{
	while (reader->rest.size > 0 &&
	    (reader->rest.data[0] == ' ' || reader->rest.data[0] == '\t' ||
		reader->rest.data[0] == '\r' || reader->rest.data[0] == '\n'))
		reader->rest = bytes_skip(reader->rest, 1);
}

/* Takes `octet` if it is next, spaces before it aside. */
static bool
take(struct reader *reader, char octet)
{
	skip_space(reader);
	if (reader->rest.size == 0 || reader->rest.data[0] != (uint8_t)octet)
		return false;
	reader->rest = bytes_skip(reader->rest, 1);
	return true;
}

static void
keep(struct sasl_bearer_text *text, uint8_t octet)
{
	if (text->size < SASL_BEARER_TEXT_SIZE)
		text->octets[text->size++] = (char)octet;
}

/* What stands between quotes. Letters that are written as \uXXXX matter to nobody here. */
static enum status
read_string(struct reader *reader, struct sasl_bearer_text *text_out)
{
	struct sasl_bearer_text text = {0};

	if (!take(reader, '"'))
		return ST_SYNTAX;
	while (reader->rest.size > 0) {
		uint8_t octet = reader->rest.data[0];

		reader->rest = bytes_skip(reader->rest, 1);
		if (octet == '"') {
			*text_out = text;
			return ST_OK;
		}
		if (octet < ' ')
			return ST_SYNTAX;
		if (octet == '\\') {
			if (reader->rest.size == 0)
				return ST_SYNTAX;
			octet = reader->rest.data[0];
			reader->rest = bytes_skip(reader->rest, 1);
			if (octet != '"' && octet != '\\' && octet != '/')
				octet = '?';
		}
		keep(&text, octet);
	}
	return ST_SYNTAX;
}

static bool
is_bare(uint8_t octet)
{
	return (octet >= '0' && octet <= '9') || (octet >= 'a' && octet <= 'z') ||
	    octet == '-' || octet == '+' || octet == '.' || octet == 'E';
}

/* A string, a number, true, false or null. */
static enum status
read_value(struct reader *reader, struct sasl_bearer_text *text_out)
{
	struct sasl_bearer_text text = {0};

	skip_space(reader);
	if (reader->rest.size > 0 && reader->rest.data[0] == '"')
		return read_string(reader, text_out);
	while (reader->rest.size > 0 && is_bare(reader->rest.data[0])) {
		keep(&text, reader->rest.data[0]);
		reader->rest = bytes_skip(reader->rest, 1);
	}
	if (text.size == 0)
		return ST_SYNTAX;
	*text_out = text;
	return ST_OK;
}

static bool
is_named(const struct sasl_bearer_text *name, const char *word)
{
	return bytes_equal(bytes_of(name->octets, name->size), bytes_of_string(word));
}

static enum status
read_member(struct reader *reader, struct sasl_bearer_error *error)
{
	struct sasl_bearer_text name = {0};
	struct sasl_bearer_text value = {0};
	enum status status = read_string(reader, &name);

	if (status == ST_OK && !take(reader, ':'))
		status = ST_SYNTAX;
	if (status == ST_OK)
		status = read_value(reader, &value);
	if (status != ST_OK)
		return status;
	if (is_named(&name, "status"))
		error->status = value;
	else if (is_named(&name, "scope"))
		error->scope = value;
	return ST_OK;
}

enum status
sasl_bearer_error_read(struct bytes json, struct sasl_bearer_error *error_out)
{
	struct reader reader = {json};
	struct sasl_bearer_error error = {0};
	enum status status = ST_OK;

	if (!take(&reader, '{'))
		return ST_SYNTAX;
	if (!take(&reader, '}')) {
		do {
			status = read_member(&reader, &error);
		} while (status == ST_OK && take(&reader, ','));
		if (status == ST_OK && !take(&reader, '}'))
			status = ST_SYNTAX;
	}
	skip_space(&reader);
	if (status != ST_OK || reader.rest.size > 0)
		return ST_SYNTAX;
	*error_out = error;
	return ST_OK;
}
