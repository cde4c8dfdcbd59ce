/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/sasl/scram.h"

#include <stdbool.h>

/* The next attribute, "x=…", without the comma behind it. */
static struct bytes
next_attribute(struct bytes *rest)
{
	size_t end = bytes_find(*rest, ',', 0);
	struct bytes attribute = bytes_first(*rest, end);

	*rest = bytes_skip(*rest, end + 1);
	return attribute;
}

/* The value of `attribute` if its name is `name`. */
static bool
is_named(struct bytes attribute, char name, struct bytes *value_out)
{
	if (attribute.size < 3 || attribute.data[0] != (uint8_t)name ||
	    attribute.data[1] != '=')
		return false;
	*value_out = bytes_skip(attribute, 2);
	return true;
}

struct bytes
sasl_scram_nonce(struct bytes client_first)
{
	struct bytes value = {0};

	while (client_first.size > 0) {
		if (is_named(next_attribute(&client_first), 'r', &value))
			return value;
	}
	return (struct bytes){0};
}

static bool
is_printable(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] <= ' ' || text.data[i] >= 0x7f)
			return false;
	}
	return true;
}

enum sasl_scram_flaw
sasl_scram_first_check(struct bytes server_first, struct bytes client_nonce)
{
	struct bytes rest = server_first;
	struct bytes nonce = {0};
	struct bytes salt = {0};
	struct bytes count = {0};
	uint64_t iterations = 0;
	enum status status;

	/* "m=" before the nonce is an extension that must be understood; none is. */
	if (!is_named(next_attribute(&rest), 'r', &nonce) || !is_printable(nonce) ||
	    !is_named(next_attribute(&rest), 's', &salt) ||
	    !is_named(next_attribute(&rest), 'i', &count) || count.data[0] == '0')
		return SASL_SCRAM_UNREADABLE;
	if (client_nonce.size == 0 || nonce.size <= client_nonce.size ||
	    !bytes_start_with(nonce, client_nonce))
		return SASL_SCRAM_NONCE;
	status = bytes_number(count, SASL_SCRAM_ITERATIONS_MAX, &iterations);
	if (status == ST_LIMIT)
		return SASL_SCRAM_TOO_MANY;
	if (status != ST_OK)
		return SASL_SCRAM_UNREADABLE;
	return iterations < SASL_SCRAM_ITERATIONS_MIN ? SASL_SCRAM_TOO_FEW : SASL_SCRAM_SOUND;
}
