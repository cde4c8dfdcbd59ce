/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/json.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/utf8.h"

enum {
	LINE_SIZE_MAX = 1048576,
	ESCAPE_SIZE = 16
};

void
cli_json_init(struct cli_json *json)
{
	buf_init(&json->line, LINE_SIZE_MAX);
	json->status = ST_OK;
}

void
cli_json_fini(struct cli_json *json)
{
	buf_fini(&json->line);
}

static void
append(struct cli_json *json, struct bytes octets)
{
	if (json->status == ST_OK)
		json->status = buf_append(&json->line, octets);
}

void
cli_json_begin(struct cli_json *json)
{
	buf_clear(&json->line);
	json->status = ST_OK;
	append(json, BYTES("{"));
}

static void
append_escape(struct cli_json *json, uint32_t code)
{
	char text[ESCAPE_SIZE];
	int size;

	if (code == '"' || code == '\\')
		size = snprintf(text, sizeof(text), "\\%c", (char)code);
	else if (code < 0x10000)
		size = snprintf(text, sizeof(text), "\\u%04" PRIx32, code);
	else
		size = snprintf(text, sizeof(text), "\\u%04" PRIx32 "\\u%04" PRIx32,
		    0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
	append(json, bytes_of(text, (size_t)size));
}

static void
append_string(struct cli_json *json, struct bytes text)
{
	append(json, BYTES("\""));
	while (text.size > 0) {
		uint32_t code = 0;
		size_t step = utf8_decode(text, &code);

		if (step == 0) {
			append(json, BYTES("\\ufffd"));
			step = 1;
		} else if (code == '"' || code == '\\' || utf8_printable(text) == 0) {
			append_escape(json, code);
		} else {
			append(json, bytes_first(text, step));
		}
		text = bytes_skip(text, step);
	}
	append(json, BYTES("\""));
}

static void
append_key(struct cli_json *json, const char *key)
{
	if (buf_bytes(&json->line).size > 1)
		append(json, BYTES(","));
	append_string(json, bytes_of_string(key));
	append(json, BYTES(":"));
}

void
cli_json_text(struct cli_json *json, const char *key, struct bytes text)
{
	append_key(json, key);
	append_string(json, text);
}

void
cli_json_number(struct cli_json *json, const char *key, uint64_t number)
{
	char text[24];
	int size = snprintf(text, sizeof(text), "%" PRIu64, number);

	append_key(json, key);
	append(json, bytes_of(text, (size_t)size));
}

void
cli_json_bool(struct cli_json *json, const char *key, bool value)
{
	append_key(json, key);
	append(json, value ? BYTES("true") : BYTES("false"));
}

void
cli_json_seconds(struct cli_json *json, const char *key, int64_t us)
{
	char text[40];
	int64_t ms = us < 0 ? 0 : us / 1000;
	int size = snprintf(text, sizeof(text), "%" PRId64 ".%03" PRId64, ms / 1000, ms % 1000);

	append_key(json, key);
	append(json, bytes_of(text, (size_t)size));
}

struct bytes
cli_json_end(struct cli_json *json)
{
	append(json, BYTES("}\n"));
	if (json->status != ST_OK)
		return (struct bytes){NULL, 0};
	return buf_bytes(&json->line);
}
