/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/base64url.h"

#include "base/base64.h"
#include "base/buf.h"

/* What was appended behind `start`, with its three other characters. */
static size_t
translate(uint8_t *octets, size_t size)
{
	while (size > 0 && octets[size - 1] == '=')
		size--;
	for (size_t i = 0; i < size; i++) {
		if (octets[i] == '+')
			octets[i] = '-';
		else if (octets[i] == '/')
			octets[i] = '_';
	}
	return size;
}

enum status
oauth_base64url_encode(struct bytes plain, struct buf *out)
{
	size_t before = buf_bytes(out).size;
	size_t size = (plain.size + 2) / 3 * 4;
	uint8_t *room;
	enum status status = base64_encode(plain, out);

	if (status != ST_OK || size == 0)
		return status;
	/* The encoding stands at the end of the buffer, which is ours to shorten. */
	buf_truncate(out, before);
	status = buf_reserve(out, size, &room);
	if (status == ST_OK)
		buf_added(out, translate(room, size));
	return status;
}
