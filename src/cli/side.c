/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/side.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/options.h"
#include "cli/password.h"
#include "cli/screen/screen.h"
#include "cli/uri.h"
#include "cli/value.h"

enum {
	SENTENCE_SIZE = 512
};

enum side_option {
	PASSWORD_FILE = CLI_OPTION_SIDE,
	CA,
	PIN,
	PLAINTEXT,
	TOKEN_FILE,
	OAUTH,
	MASTER,
	USER_AS,
	TLS_MIN,
	SIDE_OPTION_END
};

static const struct cli_option rows[] = {
    {PASSWORD_FILE, "source-password-file", "FILE", "Logging in",
	"first line of FILE is the password; /dev/fd/N works too. Without it, Godwit asks"},
    {PASSWORD_FILE, "destination-password-file", "FILE", NULL, "the same"},
    {CA, "source-ca", "FILE", NULL,
	"trust the certificates in this PEM file instead of the system's"},
    {CA, "destination-ca", "FILE", NULL, "the same"},
    {PIN, "source-pin", "sha256:HEX", NULL,
	"trust the server that has this public key, and no other; when a certificate is not "
	"trusted, the error shows the line to paste"},
    {PIN, "destination-pin", "sha256:HEX", NULL, "the same"},
    {PLAINTEXT, "source-plaintext", NULL, NULL,
	"send password and mail in clear, also where STARTTLS is offered"},
    {PLAINTEXT, "destination-plaintext", NULL, NULL, "the same"},
    {TOKEN_FILE, "source-token-file", "FILE", NULL,
	"first line of FILE is an OAuth access token; read again before each log-in"},
    {TOKEN_FILE, "destination-token-file", "FILE", NULL, "the same"},
    {OAUTH, "source-oauth", "FILE", NULL,
	"fresh tokens by the consent that godwit-token login keeps in FILE, or by the JSON key "
	"of a Google service account"},
    {OAUTH, "destination-oauth", "FILE", NULL, "the same"},
    {MASTER, "source-master", "USER", NULL,
	"log in as this master user for the one in the URI; the password is the master's"},
    {MASTER, "destination-master", "USER", NULL, "the same"},
    {USER_AS, "source-user-as", "SYNTAX", NULL,
	"how both are named: authzid (if not given), user*master, user%master, user/master, "
	"master\\user or proxyauth"},
    {USER_AS, "destination-user-as", "SYNTAX", NULL, "the same"},
    {TLS_MIN, "source-tls-min", "1.0", NULL,
	"take TLS 1.0 and 1.1 from a server that has nothing better; they can be broken"},
    {TLS_MIN, "destination-tls-min", "1.0", NULL, "the same"},
};

const struct cli_option_list cli_side_options = {rows, sizeof(rows) / sizeof(*rows)};

void
cli_side_fini(struct cli_side *side)
{
	secret_wipe(&side->password);
	cli_login_fini(&side->login);
}

bool
cli_side_has_option(const struct cli_option *option)
{
	return option->id >= CLI_OPTION_SIDE && option->id < SIDE_OPTION_END;
}

static enum status
set_pin(const struct cli_options *line, const struct cli_option *option, struct cli_side *side,
    const char *value, struct fault *fault)
{
	if (cli_value_pin(bytes_of_string(value), side->pin) != ST_OK)
		return cli_options_complain(line, fault,
		    "--%s needs sha256: and 64 hexadecimal digits, the SHA-256 of the server's "
		    "public key",
		    option->name);
	side->has_pin = true;
	return ST_OK;
}

enum status
cli_side_apply(const struct cli_options *line, struct cli_side *src, struct cli_side *dst,
    const struct cli_option *option, const char *value, struct fault *fault)
{
	bool is_src = strncmp(option->name, "source-", 7) == 0;
	struct cli_side *side = is_src ? src : dst;

	switch ((enum side_option)option->id) {
	case PASSWORD_FILE:
		return cli_options_path(line, option, &side->password_file, value, fault);
	case CA:
		return cli_options_path(line, option, &side->ca_path, value, fault);
	case PIN:
		return set_pin(line, option, side, value, fault);
	case PLAINTEXT:
		side->allows_plaintext = true;
		break;
	case TOKEN_FILE:
		return cli_options_path(line, option, &side->login.token_file, value, fault);
	case OAUTH:
		return cli_options_path(line, option, &side->login.oauth_file, value, fault);
	case MASTER:
		side->login.master = value;
		break;
	case USER_AS:
		side->login.user_as = value;
		break;
	case TLS_MIN:
		side->login.tls_min = value;
		break;
	case SIDE_OPTION_END:
		break;
	}
	return ST_OK;
}

enum status
cli_side_take_word(const struct cli_options *line, struct cli_side *src, struct cli_side *dst,
    const char *word, struct fault *fault)
{
	if (src->uri == NULL)
		src->uri = word;
	else if (dst->uri == NULL)
		dst->uri = word;
	else
		return cli_options_complain(line, fault,
		    "There are more words than a source and a destination; is a space in one "
		    "of them not quoted?");
	return ST_OK;
}

enum status
cli_side_fill(const struct cli_options *line, struct arena *arena, struct cli_side *side,
    const char *name, struct account *account_out, struct fault *fault)
{
	struct account account;
	enum status status = cli_uri_decode(side->uri, name, arena, &account, fault);

	if (status != ST_OK)
		return status;
	if (side->allows_plaintext && account.security == ACCOUNT_TLS)
		return cli_options_complain(line, fault,
		    "--%s-plaintext contradicts imaps://, which is always encrypted; did you "
		    "mean imap://?",
		    name);
	if (side->allows_plaintext && (side->has_pin || side->ca_path != NULL))
		return cli_options_complain(line, fault,
		    "--%s-plaintext contradicts --%s-%s: without encryption nobody can be "
		    "recognised",
		    name, name, side->has_pin ? "pin" : "ca");
	account.ca_path = side->ca_path;
	account.has_pin = side->has_pin;
	memcpy(account.pin, side->pin, sizeof(account.pin));
	account.allows_plaintext = side->allows_plaintext;
	status =
	    cli_login_fill(line, &side->login, side->password_file != NULL, &account, fault);
	if (status == ST_OK)
		*account_out = account;
	return status;
}

enum status
cli_side_compare(const struct cli_options *line, const struct account *src,
    const struct account *dst, struct fault *fault)
{
	if (strcasecmp(src->host, dst->host) == 0 && src->port == dst->port &&
	    strcmp(src->user, dst->user) == 0)
		return cli_options_complain(
		    line, fault, "Source and destination are the same mailbox");
	return ST_OK;
}

enum status
cli_side_get_secret(struct cli_side *side, const struct account *account,
    struct cli_screen *screen, struct fault *fault)
{
	bool has_token = side->login.token_file != NULL || side->login.oauth_file != NULL;
	const char *path = has_token ? side->login.token_file : side->password_file;
	char sentence[SENTENCE_SIZE];
	char quoted[FAULT_QUOTE_SIZE];
	bool is_open = false;
	enum status status;

	if (has_token)
		status = cli_login_open(&side->login, &is_open, fault);
	else if (path == NULL)
		return cli_password_ask(account, &side->password, fault);
	else
		status =
		    cli_password_read(path, account->side, &side->password, &is_open, fault);
	if (status != ST_OK || !is_open || screen == NULL)
		return status;
	snprintf(sentence, sizeof(sentence),
	    "Other users of this machine can read the %s %s file %s.", account->side,
	    has_token ? "token" : "password", fault_quote(bytes_of_string(path), quoted));
	cli_screen_say(screen, sentence);
	return ST_OK;
}

void
cli_side_tell_old_tls(const struct account *account, cli_tell_fn tell, void *argument)
{
	char sentence[SENTENCE_SIZE];
	char host[FAULT_QUOTE_SIZE];

	if (!account->allows_old_tls)
		return;
	snprintf(sentence, sizeof(sentence),
	    "--%s-tls-min 1.0 lets the connection to the %s (%s) use TLS 1.0 or 1.1, which can "
	    "be broken: somebody in between may read the mail and the password.",
	    account->side, account->side, fault_quote(bytes_of_string(account->host), host));
	tell(argument, sentence);
}
