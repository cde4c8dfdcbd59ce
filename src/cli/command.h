/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/command: the commands of godwit as a table, and the help that lists them.
 *
 * Place    main.c holds the table, because each row joins rooms that cli may not see.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

struct cli_page;

struct cli_command {
	const char *name;
	const char *arguments; /* "SOURCE DESTINATION" */
	const char *purpose;
	void (*print_help)(struct cli_page *page);
	int (*run)(int argc, char **argv); /* argv[0] is the command's name; the exit status */
};

/* NULL when there is none of that name. */
const struct cli_command *cli_command_find(
    const struct cli_command *commands, size_t count, const char *name);
/* What a command was asked for instead of its work, on standard output: its help, or the
 * version. */
void cli_command_answer(bool wants_help, void (*print_help)(struct cli_page *page));
void cli_command_print_help(
    const struct cli_command *commands, size_t count, struct cli_page *page);

#endif
