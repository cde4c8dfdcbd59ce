/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands of every state, and the way in.
 */
#include <string.h>

#include "base/base64.h"
#include "modelserver/command.h"

enum {
	PASSWORD_SIZE_MAX = 65536
};

void
model_say_capabilities(struct model_server *server)
{
	if (server->announced.size > 0) {
		model_say_bytes(server, buf_bytes(&server->announced));
		return;
	}
	model_check(
	    server, model_capabilities_print(model_capabilities(server), &server->output));
}

enum status
model_command_capability(struct model_server *server, struct model_scan *scan)
{
	if (!model_scan_is_end(scan))
		return ST_SYNTAX;
	model_say_bytes(server, BYTES("* CAPABILITY "));
	model_say_capabilities(server);
	model_say_bytes(server, BYTES("\r\n"));
	model_reply(server, "OK Capability completed.");
	return ST_OK;
}

enum status
model_command_noop(struct model_server *server, struct model_scan *scan)
{
	if (!model_scan_is_end(scan))
		return ST_SYNTAX;
	model_reply(server, "OK Completed.");
	return ST_OK;
}

enum status
model_command_logout(struct model_server *server, struct model_scan *scan)
{
	if (!model_scan_is_end(scan))
		return ST_SYNTAX;
	model_say_bytes(server, BYTES("* BYE Logging out\r\n"));
	model_view_close(server);
	server->link_after = MODEL_LINK_SHUT;
	model_reply(server, "OK Logout completed.");
	return ST_OK;
}

enum status
model_command_starttls(struct model_server *server, struct model_scan *scan)
{
	if (!model_scan_is_end(scan))
		return ST_SYNTAX;
	server->link_after = MODEL_LINK_TLS;
	model_reply(server, "OK Begin TLS negotiation now.");
	return ST_OK;
}

static void
let_in(struct model_server *server, struct model_account *account)
{
	server->account = account;
	if (server->profile.login_drops_input)
		buf_clear(&server->input);
	if (server->profile.login_tells_untagged) {
		model_say_bytes(server, BYTES("* CAPABILITY "));
		model_say_capabilities(server);
		model_say_bytes(server, BYTES("\r\n"));
	}
	if (!server->profile.login_tells_in_ok) {
		model_reply(server, "OK Logged in.");
		return;
	}
	model_reply(server, "");
	buf_truncate(&server->ending, server->ending.size - 2);
	model_check(server, buf_append(&server->ending, BYTES("OK [CAPABILITY ")));
	if (server->announced.size > 0)
		model_check(server, buf_append(&server->ending, buf_bytes(&server->announced)));
	else
		model_check(server,
		    model_capabilities_print(model_capabilities(server), &server->ending));
	model_check(server, buf_append(&server->ending, BYTES("] Logged in\r\n")));
}

/* One attempt. The journal learns whose it was and whether it was right, never the password. */
static void
try(struct model_server *server, struct bytes user, struct bytes password)
{
	struct model_account *account = model_store_find(server->store, user);
	bool is_right = account != NULL && bytes_equal(account->password, password);

	model_note(server, is_right ? "login-ok" : "login-failed", user);
	if (is_right)
		let_in(server, account);
	else
		model_reply(server, "NO [AUTHENTICATIONFAILED] Authentication failed.");
}

static bool
is_disabled(struct model_server *server)
{
	if ((model_capabilities(server) & MODEL_CAP_LOGINDISABLED) == 0)
		return false;
	model_reply(server, "NO [PRIVACYREQUIRED] Not without TLS.");
	return true;
}

enum status
model_command_login(struct model_server *server, struct model_scan *scan)
{
	struct bytes user = {0};
	struct bytes password = {0};
	enum status status = model_scan_space(scan);

	if (status == ST_OK)
		status = model_scan_astring(scan, &user);
	if (status == ST_OK)
		status = model_scan_space(scan);
	if (status == ST_OK)
		status = model_scan_astring(scan, &password);
	if (status != ST_OK || !model_scan_is_end(scan))
		return ST_SYNTAX;
	if (!is_disabled(server))
		try(server, user, password);
	return ST_OK;
}

/* RFC 4616: authzid NUL authcid NUL password, in base64. */
static void
plain(struct model_server *server, struct bytes text)
{
	struct buf decoded;
	struct bytes rest;
	size_t first, second;

	buf_init(&decoded, PASSWORD_SIZE_MAX);
	if (base64_decode(text, &decoded) != ST_OK) {
		model_reply(server, "BAD Invalid base64.");
		buf_fini(&decoded);
		return;
	}
	rest = buf_bytes(&decoded);
	first = bytes_find(rest, 0, 0);
	second = bytes_find(rest, 0, first + 1);
	if (first >= rest.size || second >= rest.size)
		model_reply(server, "NO [AUTHENTICATIONFAILED] Invalid PLAIN message.");
	else
		try(server, bytes_first(bytes_skip(rest, first + 1), second - first - 1),
		    bytes_skip(rest, second + 1));
	buf_fini(&decoded);
}

enum status
model_command_authenticate(struct model_server *server, struct model_scan *scan)
{
	enum status status = model_scan_space(scan);

	if (status != ST_OK)
		return status;
	if (is_disabled(server))
		return ST_OK;
	if (!model_scan_word(scan, BYTES("PLAIN"))) {
		model_reply(server, "NO [CANNOT] Unsupported mechanism.");
		return ST_OK;
	}
	if (model_scan_is_end(scan)) {
		model_say_bytes(server, BYTES("+ \r\n"));
		server->awaits_password = true;
		buf_clear(&server->command);
		server->line_start = 0;
		server->stage = STAGE_READ;
		return ST_OK;
	}
	if ((model_capabilities(server) & MODEL_CAP_SASL_IR) == 0 ||
	    model_scan_space(scan) != ST_OK)
		return ST_SYNTAX;
	plain(server, bytes_skip(scan->text, scan->at));
	return ST_OK;
}

void
model_password_line(struct model_server *server, struct bytes line)
{
	if (bytes_equal(line, BYTES("*")))
		model_reply(server, "BAD Authentication canceled.");
	else
		plain(server, line);
}

enum status
model_command_id(struct model_server *server, struct model_scan *scan)
{
	struct bytes word;
	enum status status = model_scan_space(scan);

	if (status != ST_OK)
		return status;
	if (!model_scan_word(scan, BYTES("NIL"))) {
		if (!model_scan_octet(scan, '('))
			return ST_SYNTAX;
		do {
			status = model_scan_astring(scan, &word);
		} while (status == ST_OK && model_scan_octet(scan, ' '));
		if (status != ST_OK || !model_scan_octet(scan, ')'))
			return ST_SYNTAX;
	}
	if (!model_scan_is_end(scan))
		return ST_SYNTAX;
	/* The name is heard also behind STARTTLS, which makes clients forget the greeting. */
	model_say(server, "* ID (\"name\" \"%s\")\r\n", server->profile.greeting);
	model_reply(server, "OK ID completed.");
	return ST_OK;
}

enum status
model_command_namespace(struct model_server *server, struct model_scan *scan)
{
	uint8_t delimiter = server->profile.delimiter;

	if (!model_scan_is_end(scan))
		return ST_SYNTAX;
	if (server->profile.is_below_inbox)
		model_say(server, "* NAMESPACE ((\"INBOX%c\" \"%c\")) NIL NIL\r\n", delimiter,
		    delimiter);
	else
		model_say(server, "* NAMESPACE ((\"\" \"%c\")) NIL NIL\r\n", delimiter);
	model_reply(server, "OK Namespace completed.");
	return ST_OK;
}

enum status
model_command_enable(struct model_server *server, struct model_scan *scan)
{
	struct bytes word = {0};
	enum status status = ST_OK;

	model_say_bytes(server, BYTES("* ENABLED"));
	while (status == ST_OK && !model_scan_is_end(scan)) {
		status = model_scan_space(scan);
		if (status == ST_OK)
			status = model_scan_atom(scan, &word);
		if (status == ST_OK && bytes_equal_nocase(word, BYTES("CONDSTORE")) &&
		    (model_capabilities(server) & MODEL_CAP_CONDSTORE) != 0) {
			server->is_condstore = true;
			model_say_bytes(server, BYTES(" CONDSTORE"));
		}
	}
	model_say_bytes(server, BYTES("\r\n"));
	if (status != ST_OK)
		return ST_SYNTAX;
	model_reply(server, "OK Enabled.");
	return ST_OK;
}
