/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/uri.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"

enum {
	PORT_TLS = 993,
	PORT_STARTTLS = 143,
	SCHEME_SHOWN_MAX = 16
};

#define FORM "(the form is imaps://anna%%40old.example@imap.old.example/)."

static const struct fault_kind usage = {ST_SYNTAX, CAUSE_USAGE, FAULT_PROCESS, RETRY_NEVER};
static const struct fault_kind no_memory = {
    ST_MEMORY, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER};

struct parts {
	const char *side;
	enum account_security security;
	struct bytes user; /* still encoded */
	struct bytes host; /* without brackets */
	bool is_address;   /* was in brackets */
	uint16_t port;
};

static size_t
find_last(struct bytes b, uint8_t octet)
{
	for (size_t i = b.size; i > 0; i--) {
		if (b.data[i - 1] == octet)
			return i - 1;
	}
	return b.size;
}

static bool
has_octet(struct bytes b, uint8_t octet)
{
	return bytes_find(b, octet, 0) < b.size;
}

static size_t
find_any(struct bytes b, const char *octets)
{
	size_t i = 0;

	while (i < b.size && strchr(octets, b.data[i]) == NULL)
		i++;
	return i;
}

static bool
is_letter(uint8_t octet)
{
	return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z');
}

static bool
is_digit(uint8_t octet)
{
	return octet >= '0' && octet <= '9';
}

/* Nothing that a terminal or a protocol would act on gets past this. */
static enum status
check_octets(struct bytes text, const char *side, struct fault *fault)
{
	size_t at = 0;

	if (text.size == 0)
		return fault_set(fault, usage, "The %s is empty " FORM, side);
	while (at < text.size) {
		size_t size = utf8_printable(bytes_skip(text, at));

		if (size == 0)
			return fault_set(fault, usage,
			    "The %s URI holds a control character or broken UTF-8 at octet "
			    "%zu " FORM,
			    side, at + 1);
		if (text.data[at] == ' ')
			return fault_set(fault, usage,
			    "The %s URI holds a space; a space in a user name is written %%20.",
			    side);
		at += size;
	}
	return ST_OK;
}

static enum status
scan_scheme(struct bytes *rest, struct parts *parts, struct fault *fault)
{
	struct bytes scheme;
	size_t end = 0;

	while (end < rest->size && is_letter(rest->data[end]))
		end++;
	scheme = bytes_first(*rest, end);
	if (bytes_equal_nocase(scheme, BYTES("maildir")) &&
	    bytes_start_with(bytes_skip(*rest, end), BYTES(":")))
		return fault_set(fault, usage,
		    "The %s is a maildir: URI, which this version cannot read or write; it "
		    "copies between IMAP servers " FORM,
		    parts->side);
	if (!bytes_start_with(bytes_skip(*rest, end), BYTES("://")))
		return fault_set(fault, usage,
		    "The %s does not start with imaps:// or imap:// " FORM, parts->side);
	*rest = bytes_skip(*rest, end + 3);
	if (bytes_equal_nocase(scheme, BYTES("imaps"))) {
		parts->security = ACCOUNT_TLS;
		parts->port = PORT_TLS;
		return ST_OK;
	}
	if (bytes_equal_nocase(scheme, BYTES("imap"))) {
		parts->security = ACCOUNT_STARTTLS;
		parts->port = PORT_STARTTLS;
		return ST_OK;
	}
	if (scheme.size > SCHEME_SHOWN_MAX)
		scheme.size = SCHEME_SHOWN_MAX;
	return fault_set(fault, usage,
	    "The %s has the unknown scheme \"%.*s\"; it must be imaps:// (TLS) or imap:// "
	    "(STARTTLS) " FORM,
	    parts->side, (int)scheme.size, (const char *)scheme.data);
}

/* Everything before the last "@" belongs to the user, whatever it is, so that a password with
 * "@" or "/" in it is recognised as one and not shown as something else. */
static enum status
scan_user(struct bytes *rest, struct parts *parts, struct fault *fault)
{
	size_t at = find_last(*rest, '@');
	struct bytes user = bytes_first(*rest, at);

	if (at == rest->size || at == 0)
		return fault_set(fault, usage, "The %s URI names no user " FORM, parts->side);
	if (has_octet(user, ':'))
		return fault_set(fault, usage,
		    "The %s URI holds a password, which other users of this machine could "
		    "read; leave it out and use --%s-password-file or the prompt (a colon that "
		    "belongs to the user name is written %%3A).",
		    parts->side, parts->side);
	if (has_octet(user, '@'))
		return fault_set(fault, usage,
		    "The %s URI has more than one @; the one in the user name is written "
		    "%%40 " FORM,
		    parts->side);
	if (find_any(user, "/?#;") < user.size)
		return fault_set(fault, usage,
		    "The user name in the %s URI holds one of / ? # ; which are written %%2F "
		    "%%3F %%23 %%3B there.",
		    parts->side);
	parts->user = user;
	*rest = bytes_skip(*rest, at + 1);
	return ST_OK;
}

static enum status
scan_port(struct bytes text, struct parts *parts, struct fault *fault)
{
	uint64_t number;

	if (text.size == 0)
		return ST_OK;
	if (bytes_number(bytes_skip(text, 1), UINT16_MAX, &number) != ST_OK || number == 0)
		return fault_set(fault, usage,
		    "The port in the %s URI is not a number from 1 to 65535; leave it out for "
		    "%d, or write it as imap.old.example:%d.",
		    parts->side, parts->port, parts->port);
	parts->port = (uint16_t)number;
	return ST_OK;
}

static enum status
scan_host(struct bytes *rest, struct parts *parts, struct fault *fault)
{
	size_t end = find_any(*rest, "/?#");
	struct bytes host = bytes_first(*rest, end);
	size_t host_end;

	*rest = bytes_skip(*rest, end);
	if (bytes_start_with(host, BYTES("["))) {
		host_end = bytes_find(host, ']', 0);
		if (host_end == host.size)
			return fault_set(fault, usage,
			    "The address in the %s URI has no closing bracket (the form is "
			    "imaps://anna@[2001:db8::1]/).",
			    parts->side);
		parts->is_address = true;
		parts->host = bytes_skip(bytes_first(host, host_end), 1);
		host = bytes_skip(host, host_end + 1);
		if (host.size > 0 && host.data[0] != ':')
			return fault_set(fault, usage,
			    "The %s URI has something between the bracket and the port (the "
			    "form is imaps://anna@[2001:db8::1]:993/).",
			    parts->side);
		return scan_port(host, parts, fault);
	}
	host_end = bytes_find(host, ':', 0);
	if (bytes_find(host, ':', host_end + 1) < host.size)
		return fault_set(fault, usage,
		    "The host in the %s URI has several colons; an IPv6 address is written in "
		    "brackets (the form is imaps://anna@[2001:db8::1]/).",
		    parts->side);
	parts->host = bytes_first(host, host_end);
	return scan_port(bytes_skip(host, host_end), parts, fault);
}

/* RFC 1123 names, and the underscore that some zones use. Empty labels are typing errors. */
static enum status
check_name(const struct parts *parts, struct fault *fault)
{
	uint8_t before = '.';

	if (parts->host.size == 0)
		return fault_set(fault, usage, "The %s URI names no host " FORM, parts->side);
	for (size_t i = 0; i < parts->host.size; i++) {
		uint8_t octet = parts->host.data[i];

		if (octet >= 0x80)
			return fault_set(fault, usage,
			    "The host in the %s URI has letters beyond ASCII; write its ASCII "
			    "form (xn--…).",
			    parts->side);
		if (!is_letter(octet) && !is_digit(octet) && octet != '-' && octet != '_' &&
		    octet != '.')
			return fault_set(fault, usage,
			    "The host in the %s URI holds the character \"%c\", which no host "
			    "name has " FORM,
			    parts->side, octet);
		if (octet == '.' && before == '.')
			return fault_set(fault, usage,
			    "The host in the %s URI has a dot too many " FORM, parts->side);
		before = octet;
	}
	return ST_OK;
}

static enum status
check_host(const struct parts *parts, struct fault *fault)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (parts->host.size > CLI_URI_HOST_MAX)
		return fault_set(fault, usage,
		    "The host in the %s URI is longer than %d letters.", parts->side,
		    CLI_URI_HOST_MAX);
	if (!parts->is_address)
		return check_name(parts, fault);
	if (parts->host.size > 0 && parts->host.size < sizeof(text)) {
		memcpy(text, parts->host.data, parts->host.size);
		text[parts->host.size] = '\0';
		if (inet_pton(AF_INET6, text, &address) == 1)
			return ST_OK;
	}
	return fault_set(fault, usage,
	    "What stands in brackets in the %s URI is no IPv6 address (the form is "
	    "imaps://anna@[2001:db8::1]/).",
	    parts->side);
}

static int
hex_value(uint8_t octet)
{
	if (is_digit(octet))
		return octet - '0';
	if (octet >= 'a' && octet <= 'f')
		return octet - 'a' + 10;
	if (octet >= 'A' && octet <= 'F')
		return octet - 'A' + 10;
	return -1;
}

static enum status
decode_user(const struct parts *parts, uint8_t out[static CLI_URI_USER_MAX], size_t *size_out,
    struct fault *fault)
{
	struct bytes user = parts->user;
	size_t size = 0;

	for (size_t i = 0; i < user.size; i++) {
		int high = -1;
		int low = -1;

		if (size == CLI_URI_USER_MAX)
			return fault_set(fault, usage,
			    "The user name in the %s URI is longer than %d octets.",
			    parts->side, CLI_URI_USER_MAX);
		if (user.data[i] != '%') {
			out[size++] = user.data[i];
			continue;
		}
		if (i + 2 < user.size) {
			high = hex_value(user.data[i + 1]);
			low = hex_value(user.data[i + 2]);
		}
		if (high < 0 || low < 0)
			return fault_set(fault, usage,
			    "The user name in the %s URI has a %% without two hexadecimal "
			    "digits behind it; a percent sign itself is written %%25.",
			    parts->side);
		out[size++] = (uint8_t)(high * 16 + low);
		i += 2;
	}
	*size_out = size;
	return ST_OK;
}

static enum status
check_user(struct bytes user, const char *side, struct fault *fault)
{
	if (!utf8_is_valid(user))
		return fault_set(fault, usage,
		    "The user name in the %s URI is not UTF-8 once its %%XX are decoded.",
		    side);
	for (size_t at = 0; at < user.size;) {
		size_t size = utf8_printable(bytes_skip(user, at));

		if (size == 0)
			return fault_set(fault, usage,
			    "The user name in the %s URI holds a control character (%%%02X).",
			    side, user.data[at]);
		at += size;
	}
	return ST_OK;
}

static enum status
fill_account(const struct parts *parts, struct bytes user, struct arena *arena,
    struct account *account_out, struct fault *fault)
{
	struct bytes user_copy;
	struct bytes host_copy;

	if (bytes_copy(user, arena, &user_copy) != ST_OK ||
	    bytes_copy(parts->host, arena, &host_copy) != ST_OK)
		return fault_set(
		    fault, no_memory, "There is no memory for the %s URI.", parts->side);
	*account_out = (struct account){
	    .side = parts->side,
	    .host = (const char *)host_copy.data,
	    .port = parts->port,
	    .security = parts->security,
	    .user = (const char *)user_copy.data,
	};
	return ST_OK;
}

enum status
cli_uri_decode(const char *text, const char *side, struct arena *arena,
    struct account *account_out, struct fault *fault)
{
	struct bytes rest = bytes_of_string(text);
	struct parts parts = {.side = side};
	uint8_t user[CLI_URI_USER_MAX];
	size_t user_size = 0;
	enum status status;

	status = check_octets(rest, side, fault);
	if (status == ST_OK)
		status = scan_scheme(&rest, &parts, fault);
	if (status == ST_OK)
		status = scan_user(&rest, &parts, fault);
	if (status == ST_OK)
		status = scan_host(&rest, &parts, fault);
	if (status == ST_OK && rest.size > 0 && !bytes_equal(rest, BYTES("/")))
		status = fault_set(fault, usage,
		    "The %s URI has something behind the host; it ends there, and folders are "
		    "chosen with --folder and --exclude.",
		    side);
	if (status == ST_OK)
		status = check_host(&parts, fault);
	if (status == ST_OK)
		status = decode_user(&parts, user, &user_size, fault);
	if (status == ST_OK)
		status = check_user(bytes_of(user, user_size), side, fault);
	if (status != ST_OK)
		return status;
	return fill_account(&parts, bytes_of(user, user_size), arena, account_out, fault);
}
