/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/oauth.h"

#include <stddef.h>

#include "bridge/token.h"

enum {
	PATH_SIZE = 2048
};

static enum status
open_side(const struct cli_oauth_wish *wish, struct cli_side *side,
    const struct account *account, struct bridge_token **token_out, struct fault *fault)
{
	char program[PATH_SIZE];
	const struct bridge_token_settings settings = {
	    .program = program,
	    .store = side->login.oauth_file,
	    .user = account->user,
	    .side = account->side,
	    .token = &side->login.token,
	    .tell = wish->tell,
	    .argument = wish->argument,
	};
	enum status status;

	if (side->login.oauth_file == NULL)
		return ST_OK;
	status = bridge_token_program(program, sizeof(program));
	if (status != ST_OK)
		return fault_set(fault,
		    (struct fault_kind){status, CAUSE_OTHER, FAULT_PROCESS, RETRY_NEVER},
		    "Cannot find out where godwit-token is.");
	status = bridge_token_open(wish->loop, &settings, token_out, fault);
	if (status != ST_OK)
		return status;
	side->login.login.renew = bridge_token_renew;
	side->login.login.renew_argument = *token_out;
	return ST_OK;
}

enum status
cli_oauth_open(struct cli_oauth *oauth, const struct cli_oauth_wish *wish, struct fault *fault)
{
	enum status status = open_side(wish, wish->src, wish->src_account, &oauth->src, fault);

	if (status == ST_OK)
		status = open_side(wish, wish->dst, wish->dst_account, &oauth->dst, fault);
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
