/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/screen/screen.h"

static const struct pass_progress progress = {
    .totals = {.source = 100, .copied = 50, .copied_bytes = 5000},
    .folders = 2,
    .connections = 1,
    .folder = "INBOX",
    .stage = "copying",
    .started = {1},
};

/* What was written into a pipe or a terminal so far. */
static const char *
take(int fd)
{
	static char text[8192];
	ssize_t size;

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	size = read(fd, text, sizeof(text) - 1);
	text[size < 0 ? 0 : size] = '\0';
	return text;
}

static void
test_what_a_terminal_is_said_to_show(void **state)
{
	static const struct {
		const char *name;
		const char *term;
		const char *no_colour;
		const char *locale;
		bool is_terminal, has_colours, is_utf8;
	} cases[] = {
	    {"usual", "xterm-256color", NULL, "de_DE.UTF-8", true, true, true},
	    {"utf8 without dash", "screen", NULL, "C.utf8", true, true, true},
	    {"old locale", "xterm", NULL, "de_DE@euro", true, true, false},
	    {"C locale", "xterm", NULL, "C", true, true, false},
	    {"no colours", "xterm", "1", "C.UTF-8", true, false, true},
	    {"empty NO_COLOR", "xterm", "", "C.UTF-8", true, true, true},
	    {"dumb", "dumb", NULL, "C.UTF-8", false, false, true},
	    {"no TERM", NULL, NULL, "C.UTF-8", false, false, true},
	};
	int keyboard, terminal;

	(void)state;
	assert_int_equal(openpty(&keyboard, &terminal, NULL, NULL, NULL), 0);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct cli_screen_kind kind;

		unsetenv("TERM");
		unsetenv("NO_COLOR");
		setenv("LC_ALL", cases[i].locale, 1);
		if (cases[i].term != NULL)
			setenv("TERM", cases[i].term, 1);
		if (cases[i].no_colour != NULL)
			setenv("NO_COLOR", cases[i].no_colour, 1);
		kind = cli_screen_kind_of(terminal);
		EXPECT(cases[i].name, kind.is_terminal == cases[i].is_terminal);
		EXPECT(cases[i].name, kind.has_colours == cases[i].has_colours);
		EXPECT(cases[i].name, kind.is_utf8 == cases[i].is_utf8);
	}
	close(keyboard);
	close(terminal);
}

static void
test_a_terminal_is_drawn_in_place(void **state)
{
	const struct winsize size = {.ws_col = 100, .ws_row = 24};
	struct cli_screen screen;
	int keyboard, terminal;
	const char *text;

	(void)state;
	setenv("TERM", "xterm", 1);
	setenv("NO_COLOR", "1", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	assert_int_equal(openpty(&keyboard, &terminal, NULL, NULL, &size), 0);
	assert_int_equal(cli_screen_columns(terminal), 100);
	cli_screen_init(&screen, terminal, false);
	cli_screen_draw(&screen, &progress, (struct tick){1000000});
	text = take(keyboard);
	assert_int_equal(strncmp(text, "Copying     ━", 13), 0);
	assert_null(strchr(text, '\x1b'));
	cli_screen_draw(&screen, &progress, (struct tick){1100000});
	text = take(keyboard);
	assert_int_equal(strncmp(text, "\x1b[1A\r\x1b[JCopying", 14), 0);
	cli_screen_say(&screen, "Something happened.");
	text = take(keyboard);
	assert_string_equal(text, "\x1b[1A\r\x1b[Jgodwit: Something happened.\r\n");
	cli_screen_clear(&screen);
	assert_string_equal(take(keyboard), "");
	cli_screen_fini(&screen);
	close(keyboard);
	close(terminal);
}

static void
test_a_log_gets_a_line_every_half_minute(void **state)
{
	struct cli_screen screen;
	unsigned lines = 0;
	const char *text;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	cli_screen_init(&screen, ends[1], false);
	for (int64_t s = 1; s <= 100; s++)
		cli_screen_draw(&screen, &progress, (struct tick){s * 1000000});
	for (text = take(ends[0]); *text != '\0'; text += strcspn(text, "\n") + 1) {
		assert_int_equal(strncmp(text, "Copying: 50 of 100 messages", 27), 0);
		lines++;
	}
	assert_int_equal(lines, 3);
	cli_screen_fini(&screen);
	close(ends[0]);
	close(ends[1]);
}

static void
test_quiet_draws_nothing_but_still_speaks(void **state)
{
	struct cli_screen screen;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	cli_screen_init(&screen, ends[1], true);
	for (int64_t s = 1; s <= 100; s++)
		cli_screen_draw(&screen, &progress, (struct tick){s * 1000000});
	assert_string_equal(take(ends[0]), "");
	cli_screen_say(&screen, "x");
	assert_string_equal(take(ends[0]), "godwit: x\n");
	cli_screen_fini(&screen);
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_a_terminal_is_said_to_show),
	    cmocka_unit_test(test_a_terminal_is_drawn_in_place),
	    cmocka_unit_test(test_a_log_gets_a_line_every_half_minute),
	    cmocka_unit_test(test_quiet_draws_nothing_but_still_speaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
