/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/side: what a command line tells of one side: who, where, whom to trust, how to log in.
 *
 * Place    each command that goes to mailboxes has one a side; its rows of options are the same
 *          everywhere.
 * Promise  nothing is read and nobody is asked before cli_side_get_secret.
 * Memory   words of the command line are borrowed; the secret is wiped by fini. The struct must
 *          stay where it is while connections live.
 */
#ifndef CLI_SIDE_H
#define CLI_SIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/secret.h"
#include "cli/login.h"
#include "mail/account.h"

struct cli_option;
struct cli_option_list;
struct cli_options;
struct cli_screen;

struct cli_side {
	const char *uri;
	const char *password_file; /* NULL: ask */
	const char *ca_path;
	bool has_pin;
	uint8_t pin[ACCOUNT_PIN_SIZE];
	bool allows_plaintext;
	struct secret password;
	struct cli_login login;
};

/* Where sentences go that are for a person and for the report. */
typedef void (*cli_tell_fn)(void *argument, const char *sentence);

void cli_side_fini(struct cli_side *side);

/* The options that there are for each side: source-… and destination-…. */
extern const struct cli_option_list cli_side_options;
bool cli_side_has_option(const struct cli_option *option);
/* One of them with its value, for the side that it names. */
enum status cli_side_apply(const struct cli_options *line, struct cli_side *src,
    struct cli_side *dst, const struct cli_option *option, const char *value,
    struct fault *fault) MUST_USE;

/* A word that is no option: the source, then the destination. */
enum status cli_side_take_word(const struct cli_options *line, struct cli_side *src,
    struct cli_side *dst, const char *word, struct fault *fault) MUST_USE;

/* The side's words as an account; `name` is "source" or "destination". */
enum status cli_side_fill(const struct cli_options *line, struct arena *arena,
    struct cli_side *side, const char *name, struct account *account_out,
    struct fault *fault) MUST_USE;
/* ST_SYNTAX when they are the same mailbox. */
enum status cli_side_compare(const struct cli_options *line, const struct account *src,
    const struct account *dst, struct fault *fault) MUST_USE;

/* The password or the token. `screen`, if not NULL, says when others can read its file. */
enum status cli_side_get_secret(struct cli_side *side, const struct account *account,
    struct cli_screen *screen, struct fault *fault) MUST_USE;

/* Says what old TLS means where it was ordered, because whoever reads the report need not know
 * the command. */
void cli_side_tell_old_tls(const struct account *account, cli_tell_fn tell, void *argument);

#endif
