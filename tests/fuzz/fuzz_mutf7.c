/* SPDX-License-Identifier: Apache-2.0
 *
 * The input as a name and as UTF-8: what decodes is canonical, what encodes comes back, and the
 * lenient decoder always gives UTF-8.
 */
#include "fuzz.h"

#include "base/check.h"
#include "base/utf8.h"
#include "wire/imap/mutf7.h"

static void
check_name(struct bytes name, struct buf *utf8, struct buf *other)
{
	enum status status = imap_mutf7_decode(name, utf8);

	CHECK(status == ST_OK || (status == ST_SYNTAX && utf8->size == 0));
	CHECK(imap_mutf7_decode_lenient(name, other) == ST_OK);
	CHECK(utf8_is_valid(buf_bytes(other)));
	if (status != ST_OK)
		return;
	CHECK(bytes_equal(buf_bytes(other), buf_bytes(utf8)));
	buf_clear(other);
	CHECK(imap_mutf7_encode(buf_bytes(utf8), other) == ST_OK);
	CHECK(bytes_equal(buf_bytes(other), name));
}

static void
check_utf8(struct bytes text, struct buf *name, struct buf *other)
{
	enum status status = imap_mutf7_encode(text, name);

	CHECK(status == (utf8_is_valid(text) ? ST_OK : ST_SYNTAX));
	if (status != ST_OK)
		return;
	CHECK(imap_mutf7_decode(buf_bytes(name), other) == ST_OK);
	CHECK(bytes_equal(buf_bytes(other), text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf one, other;

	buf_init(&one, 8 * size + 64);
	buf_init(&other, 8 * size + 64);
	check_name(bytes_of(data, size), &one, &other);
	buf_clear(&one);
	buf_clear(&other);
	check_utf8(bytes_of(data, size), &one, &other);
	buf_fini(&one);
	buf_fini(&other);
	return 0;
}
