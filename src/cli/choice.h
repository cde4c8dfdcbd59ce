/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/choice: what is copied and how fast, as a command line tells it: the options that copy
 * and check share.
 *
 * Place    each command that goes through a mailbox has one beside its struct pass_options.
 * Promise  what cannot be meant is one sentence before anything is connected.
 * Memory   lists live in the arena of open, words are borrowed from the command line.
 */
#ifndef CLI_CHOICE_H
#define CLI_CHOICE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "pass/mailbox.h"

struct cli_option;
struct cli_option_list;
struct cli_options;

struct cli_choice {
	struct pass_options *pass;
	const char **folders;
	const char **excludes;
	const char **maps;
	const char **without;
	const char *since; /* as they were given, for sentences; or NULL */
	const char *before;
};

extern const struct cli_option_list cli_choice_options;
bool cli_choice_has_option(const struct cli_option *option);

/* Room for as many values as there are words. */
enum status cli_choice_open(struct cli_choice *choice, struct pass_options *pass,
    struct arena *arena, int argc, struct fault *fault) MUST_USE;
enum status cli_choice_apply(const struct cli_options *line, struct cli_choice *choice,
    const struct cli_option *option, const char *value, struct fault *fault) MUST_USE;

#endif
