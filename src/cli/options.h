/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/options: reading a command line by a table, and printing the same table as help.
 *
 * Place    each command has a table of options, and lists that it shares with others; parsing
 *          and help cannot disagree.
 * Promise  names are exact: an abbreviation is an unknown option, so that an option added later
 *          never changes what an old script does. Values behind an unknown option are never
 *          repeated in a sentence: they may be passwords.
 * Memory   borrows the table and argv.
 * Limits   OPTION_COUNT_MAX rows.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/fault.h"

struct cli_page;

enum {
	CLI_OPTION_COUNT_MAX = 64
};

/* Where the ids of shared lists begin; a command's own begin at 0. */
enum {
	CLI_OPTION_SIDE = 100,
	CLI_OPTION_CHOICE = 200
};

struct cli_option {
	int id;
	const char *name;     /* without the dashes */
	const char *argument; /* the word that stands for it in the help; NULL: it takes none */
	const char *group;    /* heading in the help; NULL: the group of the row before */
	const char *text;
};

struct cli_option_list {
	const struct cli_option *rows;
	size_t count;
};

struct cli_options {
	const char *program; /* for sentences; NULL: "godwit" */
	const char *command; /* the same: "copy" */
	const struct cli_option *table;
	size_t count;
	const struct cli_option_list *const *shared; /* before the table in the help; or NULL */
	size_t shared_count;
	int argc;
	char **argv;  /* argv[0] is the command's word */
	bool is_over; /* "--" was read: everything behind it is a word */
};

/* One command line at a time: getopt keeps its place in the C library. */
void cli_options_init(struct cli_options *options);

/* The next option with its value (NULL when it takes none), or a word that is no option: then
 * *option_out is NULL. ST_END behind the last one; ST_SYNTAX with one sentence. */
enum status cli_options_next(struct cli_options *options, const struct cli_option **option_out,
    char **value_out, struct fault *fault) MUST_USE;

/* What a command does with an option and its value, or with a word (`option` is NULL). */
typedef enum status (*cli_take_fn)(void *owner, const struct cli_options *options,
    const struct cli_option *option, const char *value, struct fault *fault);

/* Gives `take` the whole line; ends at the first fault. */
enum status cli_options_read(
    struct cli_options *options, cli_take_fn take, void *owner, struct fault *fault) MUST_USE;

void cli_options_print_help(const struct cli_options *options, struct cli_page *page);

/* Takes a value that names a file. */
enum status cli_options_path(const struct cli_options *options, const struct cli_option *option,
    const char **path, const char *value, struct fault *fault) MUST_USE;

/* A fault of the caller's words: one sentence and where the help is. */
enum status cli_options_complain(const struct cli_options *options, struct fault *fault,
    const char *format, ...) PRINTF_LIKE(3, 4);

#endif
