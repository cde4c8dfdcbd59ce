/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "cli/screen/terminal.h"
#include "cli/version.h"

enum {
	PURPOSE_COLUMN = 36,
	USAGE_SIZE = 96
};

const struct cli_command *
cli_command_find(const struct cli_command *commands, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

void
cli_command_answer(bool wants_help, void (*print_help)(struct cli_page *page))
{
	struct buf buf;
	struct cli_page page = cli_screen_begin_page(stdout, &buf);

	if (wants_help) {
		page.columns = CLI_HELP_COLUMNS;
		print_help(&page);
	} else {
		cli_page_print(&page, "godwit %s", cli_version());
		cli_page_end_line(&page);
	}
	cli_screen_end_page(stdout, &page);
}

static void
print_row(struct cli_page *page, const char *usage, const char *purpose)
{
	cli_page_print(page, "  %s", usage);
	cli_page_pad(page, PURPOSE_COLUMN);
	cli_page_wrap(page, bytes_of_string(purpose), PURPOSE_COLUMN);
	cli_page_end_line(page);
}

void
cli_command_print_help(const struct cli_command *commands, size_t count, struct cli_page *page)
{
	char usage[USAGE_SIZE];

	cli_page_print(page, "Godwit moves mailboxes from one mail platform to another.");
	cli_page_end_line(page);
	cli_page_end_line(page);
	cli_page_style(page, CLI_BOLD);
	cli_page_print(page, "Commands");
	cli_page_style(page, CLI_PLAIN);
	cli_page_end_line(page);
	for (size_t i = 0; i < count; i++) {
		snprintf(usage, sizeof(usage), "godwit %s %s", commands[i].name,
		    commands[i].arguments);
		print_row(page, usage, commands[i].purpose);
	}
	print_row(page, "godwit help [COMMAND]", "this page, or all about one command");
	print_row(page, "godwit --version", "print the version");
}
