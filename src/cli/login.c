/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/login.h"

#include <string.h>

#include "cli/options.h"
#include "cli/password.h"

static bool
has_token(const struct cli_login *login)
{
	return login->token_file != NULL || login->oauth_file != NULL;
}

/* The option by which tokens come, without its side. */
static const char *
token_option(const struct cli_login *login)
{
	return login->oauth_file != NULL ? "oauth" : "token-file";
}

static enum status
fill_syntax(const struct cli_options *line, struct cli_login *login, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];
	enum account_syntax as = ACCOUNT_AS_AUTHZID;

	if (login->user_as != NULL)
		as = account_syntax_find(bytes_of_string(login->user_as));
	if (as == ACCOUNT_AS_COUNT)
		return cli_options_complain(line, fault,
		    "--%s-user-as cannot be \"%s\"; it is one of authzid, user*master, "
		    "user%%master, user/master, master\\user and proxyauth",
		    login->side, fault_quote(bytes_of_string(login->user_as), quoted));
	login->login.as = as;
	return ST_OK;
}

static enum status
check_master(const struct cli_options *line, const struct cli_login *login, struct fault *fault)
{
	if (login->master == NULL && login->user_as != NULL)
		return cli_options_complain(line, fault,
		    "--%s-user-as says how a master user is named, but there is no "
		    "--%s-master",
		    login->side, login->side);
	if (login->master != NULL && has_token(login))
		return cli_options_complain(line, fault,
		    "--%s-master does not go with --%s-%s: the token says who comes, and the "
		    "URI whose mailbox it is",
		    login->side, login->side, token_option(login));
	if (login->master != NULL && login->master[0] == '\0')
		return cli_options_complain(
		    line, fault, "--%s-master needs the name of a user", login->side);
	return ST_OK;
}

enum status
cli_login_fill(const struct cli_options *line, struct cli_login *login, bool has_password_file,
    struct account *account, struct fault *fault)
{
	enum status status;

	login->side = account->side;
	status = check_master(line, login, fault);
	if (status == ST_OK)
		status = fill_syntax(line, login, fault);
	if (status != ST_OK)
		return status;
	if (login->token_file != NULL && login->oauth_file != NULL)
		return cli_options_complain(line, fault,
		    "--%s-token-file and --%s-oauth are two ways to log in; give one",
		    login->side, login->side);
	if (has_token(login) && has_password_file)
		return cli_options_complain(line, fault,
		    "--%s-%s and --%s-password-file are two ways to log in; give one",
		    login->side, token_option(login), login->side);
	if (login->tls_min != NULL && strcmp(login->tls_min, "1.0") != 0 &&
	    strcmp(login->tls_min, "1.2") != 0)
		return cli_options_complain(line, fault,
		    "--%s-tls-min is 1.2, or 1.0 for servers that have nothing better",
		    login->side);
	if (has_token(login) && account->allows_plaintext)
		return cli_options_complain(line, fault,
		    "--%s-plaintext contradicts --%s-%s: an access token is worth as much as a "
		    "password, and providers revoke one that was seen",
		    login->side, login->side, token_option(login));
	account->allows_old_tls = login->tls_min != NULL && strcmp(login->tls_min, "1.0") == 0;
	login->login.master = login->master;
	account->login = &login->login;
	return ST_OK;
}

static enum status
renew(struct account_login *shared, struct fault *fault)
{
	struct cli_login *login = shared->renew_argument;
	bool is_open;

	return cli_password_read_token(
	    login->token_file, login->side, &login->token, &is_open, fault);
}

enum status
cli_login_open(struct cli_login *login, bool *is_open_out, struct fault *fault)
{
	enum status status;

	/* The token comes into its place before the first connection. */
	if (login->oauth_file != NULL)
		login->login.token = &login->token;
	if (login->token_file == NULL)
		return ST_OK;
	status = cli_password_read_token(
	    login->token_file, login->side, &login->token, is_open_out, fault);
	if (status != ST_OK)
		return status;
	login->login.token = &login->token;
	/* What comes out of a pipe or a descriptor comes once. */
	if (cli_password_can_read_again(login->token_file)) {
		login->login.renew = renew;
		login->login.renew_argument = login;
	}
	return ST_OK;
}

void
cli_login_fini(struct cli_login *login)
{
	secret_wipe(&login->token);
	login->login.token = NULL;
}
