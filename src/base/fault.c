/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/utf8.h"

/* Drops the octets of a character that the end of the buffer has cut in two. */
static void
trim_cut_character(char *text)
{
	size_t size = strlen(text);
	size_t whole = utf8_whole_prefix(bytes_of(text, size));

	text[whole] = 0;
}

enum status
fault_set(struct fault *fault, struct fault_kind kind, const char *format, ...)
{
	va_list arguments;

	CHECK(kind.status != ST_OK);
	if (fault == NULL || fault_is_set(fault))
		return kind.status;
	fault->status = kind.status;
	fault->cause = kind.cause;
	fault->scope = kind.scope;
	fault->retry = kind.retry;
	va_start(arguments, format);
	vsnprintf(fault->text, sizeof(fault->text), format, arguments);
	va_end(arguments);
	trim_cut_character(fault->text);
	return kind.status;
}

bool
fault_is_set(const struct fault *fault)
{
	return fault->status != ST_OK;
}

const char *
fault_quote(struct bytes text, char out[static FAULT_QUOTE_SIZE])
{
	static const char ellipsis[] = "…";
	size_t used = 0;

	while (text.size > 0) {
		size_t step = utf8_printable(text);
		bool is_printable = step > 0;

		if (!is_printable)
			step = 1;
		if (used + step + sizeof(ellipsis) > FAULT_QUOTE_SIZE) {
			memcpy(out + used, ellipsis, sizeof(ellipsis));
			return out;
		}
		if (is_printable)
			memcpy(out + used, text.data, step);
		else
			out[used] = '?';
		used += step;
		text = bytes_skip(text, step);
	}
	out[used] = 0;
	return out;
}
