/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/screen/screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	TEXT_SIZE_MAX = 65536,
	LIVE_STEP_US = 100000,
	LINES_STEP_US = 1000000,
	LINE_EVERY_US = 30000000
};

void
cli_screen_init(struct cli_screen *screen, int fd, bool is_quiet)
{
	*screen = (struct cli_screen){.fd = fd, .kind = cli_screen_kind_of(fd)};
	screen->mode = screen->kind.is_terminal ? CLI_SCREEN_LIVE : CLI_SCREEN_LINES;
	if (is_quiet)
		screen->mode = CLI_SCREEN_SILENT;
	buf_init(&screen->text, TEXT_SIZE_MAX);
}

void
cli_screen_fini(struct cli_screen *screen)
{
	cli_screen_clear(screen);
	buf_fini(&screen->text);
}

int64_t
cli_screen_step_us(const struct cli_screen *screen)
{
	return screen->mode == CLI_SCREEN_LIVE ? LIVE_STEP_US : LINES_STEP_US;
}

/* A progress that cannot be written is no reason to stop, so failures end here. */
static void
flush(struct cli_screen *screen)
{
	struct bytes text = buf_bytes(&screen->text);

	while (text.size > 0) {
		ssize_t put = write(screen->fd, text.data, text.size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			break;
		text = bytes_skip(text, (size_t)put);
	}
	buf_clear(&screen->text);
}

/* From where the last drawing has left the cursor to its first row; everything below goes. */
static void
append_home(struct cli_screen *screen)
{
	static const char up[] = "\x1b[1A";
	static const char erase[] = "\r\x1b[J";

	for (unsigned i = 1; i < screen->rows_drawn; i++)
		(void)!buf_append(&screen->text, bytes_of_string(up));
	if (screen->rows_drawn > 0)
		(void)!buf_append(&screen->text, bytes_of_string(erase));
	screen->rows_drawn = 0;
}

static void
draw_live(struct cli_screen *screen, const struct cli_view *view)
{
	struct cli_page page = {
	    .out = &screen->text,
	    .columns = cli_screen_columns(screen->fd),
	    .has_colours = screen->kind.has_colours,
	    .is_utf8 = screen->kind.is_utf8,
	};

	append_home(screen);
	cli_progress_render(view, &page);
	/* Back to the left: there the ^C that a terminal echoes cannot wrap. */
	(void)!buf_append(&screen->text, BYTES("\r"));
	screen->rows_drawn = 2;
	flush(screen);
}

static void
draw_line(struct cli_screen *screen, const struct cli_view *view)
{
	struct cli_page page = {.out = &screen->text, .columns = 240, .is_utf8 = true};

	if (screen->line_at.us == 0)
		screen->line_at = tick_after(view->now, LINE_EVERY_US);
	if (tick_is_before(view->now, screen->line_at))
		return;
	screen->line_at = tick_after(view->now, LINE_EVERY_US);
	cli_progress_render_line(view, &page);
	cli_page_end_line(&page);
	flush(screen);
}

void
cli_screen_draw(
    struct cli_screen *screen, const struct pass_progress *progress, struct tick now)
{
	struct cli_view view = {
	    .progress = progress, .now = now, .is_finishing = screen->is_finishing};

	if (screen->mode == CLI_SCREEN_SILENT)
		return;
	cli_meter_add(&screen->meter, now, progress);
	view.speed = cli_meter_speed(&screen->meter, now, progress);
	if (screen->mode == CLI_SCREEN_LIVE)
		draw_live(screen, &view);
	else
		draw_line(screen, &view);
}

void
cli_screen_clear(struct cli_screen *screen)
{
	append_home(screen);
	flush(screen);
}

void
cli_screen_say(struct cli_screen *screen, const char *sentence)
{
	append_home(screen);
	(void)!buf_append(&screen->text, BYTES("godwit: "));
	(void)!buf_append(&screen->text, bytes_of_string(sentence));
	(void)!buf_append(&screen->text, BYTES("\n"));
	flush(screen);
}
