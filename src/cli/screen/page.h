/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/screen/page: text laid out in columns, with or without colours and letters beyond ASCII.
 *
 * Promise  foreign text (names, sentences of a server) passes only through cli_page_text and
 *          cli_page_wrap, which let nothing through that a terminal would act on.
 * Memory   appends to a caller's buffer; the first failure is kept and silences the rest.
 */
#ifndef CLI_SCREEN_PAGE_H
#define CLI_SCREEN_PAGE_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"

enum cli_style {
	CLI_PLAIN,
	CLI_BOLD,
	CLI_DIM,
	CLI_RED,
	CLI_GREEN,
	CLI_YELLOW,
	CLI_CYAN,
	CLI_STYLE_COUNT
};

struct cli_page {
	struct buf *out;
	unsigned columns; /* how wide a line may become */
	bool has_colours;
	bool is_utf8; /* the terminal shows UTF-8 */
	unsigned column;
	enum status status;
};

/* The last field of a line needs no ceiling of its own. */
#define CLI_PAGE_REST ((unsigned)-1)

void cli_page_style(struct cli_page *page, enum cli_style style);
/* Our own words: printable, below 1 KiB, no line ends. */
void cli_page_print(struct cli_page *page, const char *format, ...) PRINTF_LIKE(2, 3);
/* Foreign text, cut with "…" to `width_max` and to what is left of the line. */
void cli_page_text(struct cli_page *page, struct bytes text, unsigned width_max);
/* Words of `text`, broken at spaces; the lines after the first start at `indent`. */
void cli_page_wrap(struct cli_page *page, struct bytes text, unsigned indent);
/* `count` times a line segment; "=" or "-" where UTF-8 is not shown. */
void cli_page_bar(struct cli_page *page, bool is_filled, unsigned count);
/* Spaces up to `column`; none when it is passed already. */
void cli_page_pad(struct cli_page *page, unsigned column);
void cli_page_end_line(struct cli_page *page);

#endif
