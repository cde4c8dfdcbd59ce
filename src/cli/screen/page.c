/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/screen/page.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "base/utf8.h"
#include "cli/screen/width.h"

enum {
	PRINT_SIZE = 1024
};

static const char *const style_codes[] = {
    [CLI_PLAIN] = "\x1b[0m",
    [CLI_BOLD] = "\x1b[1m",
    [CLI_DIM] = "\x1b[2m",
    [CLI_RED] = "\x1b[31m",
    [CLI_GREEN] = "\x1b[32m",
    [CLI_YELLOW] = "\x1b[33m",
    [CLI_CYAN] = "\x1b[36m",
};
static_assert(
    sizeof(style_codes) / sizeof(*style_codes) == CLI_STYLE_COUNT, "every style has its code");

static void
append(struct cli_page *page, struct bytes octets)
{
	if (page->status == ST_OK)
		page->status = buf_append(page->out, octets);
}

void
cli_page_style(struct cli_page *page, enum cli_style style)
{
	if (page->has_colours)
		append(page, bytes_of_string(style_codes[style]));
}

void
cli_page_print(struct cli_page *page, const char *format, ...)
{
	char text[PRINT_SIZE];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	CHECK(size >= 0 && size < PRINT_SIZE);
	append(page, bytes_of(text, (size_t)size));
	page->column += cli_width_of_text(bytes_of(text, (size_t)size));
}

/* What is shown of the first character of `text`, and how wide that is. Returns the octets that
 * it stands for. */
static size_t
show(const struct cli_page *page, struct bytes text, struct bytes *shown_out,
    unsigned *width_out)
{
	uint32_t code = 0;
	size_t step = utf8_decode(text, &code);

	*shown_out = BYTES("?");
	*width_out = 1;
	if (step == 0)
		return 1;
	if (utf8_printable(text) == 0 || (code >= 0x80 && !page->is_utf8))
		return step;
	*shown_out = bytes_first(text, step);
	*width_out = cli_width_of(code);
	return step;
}

static unsigned
shown_width(const struct cli_page *page, struct bytes text)
{
	unsigned width = 0;

	while (text.size > 0) {
		struct bytes shown;
		unsigned step_width;
		size_t step = show(page, text, &shown, &step_width);

		width += step_width;
		text = bytes_skip(text, step);
	}
	return width;
}

static unsigned
room_of(const struct cli_page *page, unsigned width_max)
{
	unsigned room = page->columns > page->column ? page->columns - page->column : 0;

	return room < width_max ? room : width_max;
}

void
cli_page_text(struct cli_page *page, struct bytes text, unsigned width_max)
{
	unsigned room = room_of(page, width_max);
	bool is_cut = shown_width(page, text) > room;
	unsigned used = 0;

	if (is_cut && room > 0)
		room--;
	while (text.size > 0) {
		struct bytes shown;
		unsigned width;
		size_t step = show(page, text, &shown, &width);

		if (used + width > room)
			break;
		append(page, shown);
		used += width;
		text = bytes_skip(text, step);
	}
	page->column += used;
	if (is_cut && room_of(page, width_max) > 0) {
		append(page, page->is_utf8 ? BYTES("…") : BYTES("~"));
		page->column++;
	}
}

void
cli_page_wrap(struct cli_page *page, struct bytes text, unsigned indent)
{
	bool is_first = true;

	while (text.size > 0) {
		size_t end = bytes_find(text, ' ', 0);
		struct bytes word = bytes_first(text, end);
		unsigned width = shown_width(page, word);

		text = bytes_skip(text, end + 1);
		if (!is_first && page->column + 1 + width > page->columns) {
			cli_page_end_line(page);
			cli_page_pad(page, indent);
		} else if (!is_first) {
			append(page, BYTES(" "));
			page->column++;
		}
		cli_page_text(page, word, CLI_PAGE_REST);
		is_first = false;
	}
}

void
cli_page_bar(struct cli_page *page, bool is_filled, unsigned count)
{
	struct bytes segment;

	if (page->is_utf8)
		segment = is_filled ? BYTES("━") : BYTES("─");
	else
		segment = is_filled ? BYTES("=") : BYTES("-");
	for (unsigned i = 0; i < count; i++)
		append(page, segment);
	page->column += count;
}

void
cli_page_pad(struct cli_page *page, unsigned column)
{
	while (page->column < column) {
		append(page, BYTES(" "));
		page->column++;
	}
}

void
cli_page_end_line(struct cli_page *page)
{
	append(page, BYTES("\n"));
	page->column = 0;
}
