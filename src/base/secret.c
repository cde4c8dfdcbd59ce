/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <string.h>

void
secret_wipe_memory(void *memory, size_t size)
{
	explicit_bzero(memory, size);
}

void
secret_wipe(struct secret *secret)
{
	secret_wipe_memory(secret, sizeof(*secret));
}

enum status
secret_set(struct secret *secret, struct bytes plain)
{
	secret_wipe(secret);
	if (plain.size > SECRET_SIZE_MAX)
		return ST_LIMIT;
	if (plain.size == 0)
		return ST_SYNTAX;
	for (size_t i = 0; i < plain.size; i++) {
		uint8_t octet = plain.data[i];

		if (octet == 0 || octet == '\r' || octet == '\n')
			return ST_SYNTAX;
	}
	memcpy(secret->octets, plain.data, plain.size);
	secret->size = plain.size;
	return ST_OK;
}

struct bytes
secret_reveal(const struct secret *secret)
{
	return bytes_of(secret->octets, secret->size);
}
