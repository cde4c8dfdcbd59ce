/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/oauth.h"

#include <stddef.h>

#include "bridge/token.h"
#include "cli/cmd_copy.h"

enum {
	PATH_SIZE = 2048
};

/* For a person and for the report: the run goes on with the token that it has. */
static void
tell(void *argument, const char *sentence)
{
	struct cmd_copy *copy = argument;

	copy->report.sink.item(&copy->report.sink,
	    &(struct pass_item){.kind = PASS_ITEM_NOTICE, .text = sentence});
	cli_screen_say(&copy->screen, sentence);
}

static enum status
open_side(struct loop *loop, struct cmd_copy *copy, struct cmd_copy_side *side,
    const struct account *account, struct bridge_token **token_out, struct fault *fault)
{
	char program[PATH_SIZE];
	const struct bridge_token_settings settings = {
	    .program = program,
	    .store = side->login.oauth_file,
	    .user = account->user,
	    .side = account->side,
	    .token = &side->login.token,
	    .tell = tell,
	    .argument = copy,
	};
	enum status status;

	if (side->login.oauth_file == NULL)
		return ST_OK;
	status = bridge_token_program(program, sizeof(program));
	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_OTHER, FAULT_PROCESS, RETRY_NEVER},
		    "Cannot find out where godwit-token is.");
	status = bridge_token_open(loop, &settings, token_out, fault);
	if (status != ST_OK)
		return status;
	side->login.login.renew = bridge_token_renew;
	side->login.login.renew_argument = *token_out;
	return ST_OK;
}

enum status
cli_oauth_open(
    struct cli_oauth *oauth, struct loop *loop, struct cmd_copy *copy, struct fault *fault)
{
	struct cmd_copy_settings *settings = &copy->settings;
	enum status status =
	    open_side(loop, copy, &settings->src, &copy->pass.src, &oauth->src, fault);

	if (status == ST_OK)
		status =
		    open_side(loop, copy, &settings->dst, &copy->pass.dst, &oauth->dst, fault);
	return status;
}

enum status
cli_oauth_wait(struct cli_oauth *oauth, struct fault *fault)
{
	enum status status = ST_OK;

	if (oauth->src != NULL)
		status = bridge_token_wait(oauth->src, fault);
	if (status == ST_OK && oauth->dst != NULL)
		status = bridge_token_wait(oauth->dst, fault);
	return status;
}

void
cli_oauth_stop(struct cli_oauth *oauth)
{
	bridge_token_stop(oauth->src);
	bridge_token_stop(oauth->dst);
}

void
cli_oauth_close(struct cli_oauth *oauth)
{
	bridge_token_close(&oauth->src);
	bridge_token_close(&oauth->dst);
}
