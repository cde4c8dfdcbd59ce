/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/sasl/message.h"

#include <inttypes.h>

#include "base/check.h"

static const char *const names[SASL_COUNT] = {
    [SASL_OAUTHBEARER] = "OAUTHBEARER",
    [SASL_XOAUTH2] = "XOAUTH2",
    [SASL_SCRAM_SHA_256] = "SCRAM-SHA-256",
    [SASL_SCRAM_SHA_1] = "SCRAM-SHA-1",
    [SASL_PLAIN] = "PLAIN",
    [SASL_LOGIN] = "LOGIN",
};

enum {
	FRAME_SIZE = 64 /* the mechanisms' own words and a port */
};

const char *
sasl_mechanism_name(enum sasl_mechanism mechanism)
{
	CHECK(mechanism < SASL_COUNT);
	return names[mechanism];
}

/* One message being written; the first failure sticks. */
struct writer {
	struct buf *to;
	enum status status;
};

static void
put(struct writer *writer, struct bytes octets)
{
	if (writer->status == ST_OK)
		writer->status = buf_append(writer->to, octets);
}

static bool
has_control(struct bytes text, uint8_t below)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t octet = text.data[i];

		if (octet < below || octet == '\r' || octet == '\n')
			return true;
	}
	return false;
}

static struct writer
begin(struct buf *out, size_t size)
{
	uint8_t *room;

	return (struct writer){.to = out, .status = buf_reserve(out, size, &room)};
}

static enum status
end(const struct writer *writer, size_t before)
{
	if (writer->status != ST_OK)
		buf_truncate(writer->to, before);
	return writer->status;
}

enum status
sasl_plain(struct bytes authorize, struct bytes user, struct bytes password, struct buf *out)
{
	size_t before = out->size;
	struct writer writer;

	if (has_control(authorize, 1) || has_control(user, 1) || has_control(password, 1) ||
	    user.size == 0 || password.size == 0)
		return ST_SYNTAX;
	writer = begin(out, authorize.size + user.size + password.size + 2);
	put(&writer, authorize);
	put(&writer, bytes_of("", 1));
	put(&writer, user);
	put(&writer, bytes_of("", 1));
	put(&writer, password);
	return end(&writer, before);
}

static bool
is_token_octet(uint8_t octet)
{
	return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') ||
	    (octet >= '0' && octet <= '9') || octet == '-' || octet == '.' || octet == '_' ||
	    octet == '~' || octet == '+' || octet == '/';
}

bool
sasl_is_token(struct bytes token)
{
	size_t at = 0;

	while (at < token.size && is_token_octet(token.data[at]))
		at++;
	if (at == 0)
		return false;
	while (at < token.size && token.data[at] == '=')
		at++;
	return at == token.size;
}

static bool
is_sayable(const struct sasl_bearer *bearer)
{
	return bearer->user.size > 0 && !has_control(bearer->user, 2) &&
	    !has_control(bearer->host, 2) && sasl_is_token(bearer->token);
}

enum status
sasl_xoauth2(const struct sasl_bearer *bearer, struct buf *out)
{
	size_t before = out->size;
	struct writer writer;

	if (!is_sayable(bearer))
		return ST_SYNTAX;
	writer = begin(out, bearer->user.size + bearer->token.size + FRAME_SIZE);
	put(&writer, BYTES("user="));
	put(&writer, bearer->user);
	put(&writer, BYTES("\001auth=Bearer "));
	put(&writer, bearer->token);
	put(&writer, BYTES("\001\001"));
	return end(&writer, before);
}

/* saslname of RFC 5801: a comma or an equal sign would end it. */
static void
put_name(struct writer *writer, struct bytes name)
{
	for (size_t i = 0; i < name.size; i++) {
		if (name.data[i] == ',')
			put(writer, BYTES("=2C"));
		else if (name.data[i] == '=')
			put(writer, BYTES("=3D"));
		else
			put(writer, bytes_of(name.data + i, 1));
	}
}

enum status
sasl_oauthbearer(const struct sasl_bearer *bearer, struct buf *out)
{
	size_t before = out->size;
	struct writer writer;

	if (!is_sayable(bearer))
		return ST_SYNTAX;
	writer = begin(
	    out, 3 * bearer->user.size + bearer->host.size + bearer->token.size + FRAME_SIZE);
	put(&writer, BYTES("n,a="));
	put_name(&writer, bearer->user);
	put(&writer, BYTES(",\001host="));
	put(&writer, bearer->host);
	if (writer.status == ST_OK)
		writer.status = buf_print(out, "\001port=%" PRIu16, bearer->port);
	put(&writer, BYTES("\001auth=Bearer "));
	put(&writer, bearer->token);
	put(&writer, BYTES("\001\001"));
	return end(&writer, before);
}
