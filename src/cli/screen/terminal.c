/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/screen/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	COLUMNS_DEFAULT = 80,
	COLUMNS_MIN = 20,
	PAGE_SIZE_MAX = 64 << 20 /* of 100,000 folders */
};

static bool
says_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);

		if (value == NULL || value[0] == '\0')
			continue;
		return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL;
	}
	return false;
}

struct cli_screen_kind
cli_screen_kind_of(int fd)
{
	const char *term = getenv("TERM");
	const char *no_colour = getenv("NO_COLOR");
	bool is_terminal =
	    isatty(fd) == 1 && term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;

	return (struct cli_screen_kind){
	    .is_terminal = is_terminal,
	    .has_colours = is_terminal && (no_colour == NULL || no_colour[0] == '\0'),
	    .is_utf8 = isatty(fd) != 1 || says_utf8(),
	};
}

unsigned
cli_screen_columns(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return COLUMNS_DEFAULT;
	return size.ws_col < COLUMNS_MIN ? COLUMNS_MIN : size.ws_col;
}

struct cli_page
cli_screen_begin_page(FILE *stream, struct buf *buf)
{
	int fd = fileno(stream);
	struct cli_screen_kind kind = cli_screen_kind_of(fd);

	buf_init(buf, PAGE_SIZE_MAX);
	return (struct cli_page){
	    .out = buf,
	    .columns = cli_screen_columns(fd),
	    .has_colours = kind.has_colours,
	    .is_utf8 = kind.is_utf8,
	};
}

void
cli_screen_end_page(FILE *stream, struct cli_page *page)
{
	struct bytes text = buf_bytes(page->out);

	(void)fwrite(text.data, 1, text.size, stream);
	(void)fflush(stream);
	buf_fini(page->out);
}
