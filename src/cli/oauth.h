/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/oauth: tokens for the sides of a command that were given --source-oauth or
 * --destination-oauth.
 *
 * Place    main.c opens it with the loop and waits for the first tokens before the pass.
 * Promise  without these options, nothing happens and no program is started.
 * Memory   the tokens lie in the sides of the command, which must outlive this.
 */
#ifndef CLI_OAUTH_H
#define CLI_OAUTH_H

#include "base/attr.h"
#include "base/fault.h"
#include "cli/side.h"

struct bridge_token;
struct loop;

/* Who needs tokens, and where a sentence about them goes. */
struct cli_oauth_wish {
	struct loop *loop;
	struct cli_side *src;
	const struct account *src_account;
	struct cli_side *dst; /* without --destination-oauth where there is no destination */
	const struct account *dst_account;
	cli_tell_fn tell;
	void *argument;
};

struct cli_oauth {
	struct bridge_token *src; /* NULL: not by OAuth */
	struct bridge_token *dst;
};

/* Starts godwit-token for each side that needs it; close in any case. */
enum status cli_oauth_open(
    struct cli_oauth *oauth, const struct cli_oauth_wish *wish, struct fault *fault) MUST_USE;
/* On a fiber: until both sides can log in. */
enum status cli_oauth_wait(struct cli_oauth *oauth, struct fault *fault) MUST_USE;
/* From anywhere on the loop, so that it can end. */
void cli_oauth_stop(struct cli_oauth *oauth);
/* After the loop. */
void cli_oauth_close(struct cli_oauth *oauth);

#endif
