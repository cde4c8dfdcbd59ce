/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/screen/terminal: what stands behind a descriptor, and whole pages printed there.
 *
 * Place    needs nothing of a pass: godwit-token prints its pages too.
 */
#ifndef CLI_SCREEN_TERMINAL_H
#define CLI_SCREEN_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"
#include "cli/screen/page.h"

enum {
	CLI_HELP_COLUMNS = 80 /* on any terminal */
};

/* What a descriptor can show, by isatty, TERM, NO_COLOR and the locale's variables. */
struct cli_screen_kind {
	bool is_terminal; /* one that moves its cursor: TERM is neither empty nor "dumb" */
	bool has_colours;
	bool is_utf8;
};

struct cli_screen_kind cli_screen_kind_of(int fd);
/* Columns of the terminal, 80 for anything else. */
unsigned cli_screen_columns(int fd);

/* A page for what stands behind the stream; `buf` is made. */
struct cli_page cli_screen_begin_page(FILE *stream, struct buf *buf);
/* Prints the page whole; its buf is gone. */
void cli_screen_end_page(FILE *stream, struct cli_page *page);

#endif
