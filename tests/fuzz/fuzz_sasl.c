/* SPDX-License-Identifier: Apache-2.0
 *
 * What a server says in SASL: the error of a bearer mechanism, and SCRAM's first message to a
 * nonce that is the input's first line. The input as a secret, too: no field of a message can
 * be ended by its value.
 */
#include "fuzz.h"

#include <string.h>

#include "base/check.h"
#include "wire/sasl/bearer.h"
#include "wire/sasl/message.h"
#include "wire/sasl/scram.h"

static void
check_bearer(struct bytes json)
{
	struct sasl_bearer_error error;

	memset(&error, 0x5a, sizeof(error));
	if (sasl_bearer_error_read(json, &error) == ST_OK)
		CHECK(error.status.size <= SASL_BEARER_TEXT_SIZE &&
		    error.scope.size <= SASL_BEARER_TEXT_SIZE);
	else
		CHECK(error.status.octets[0] == 0x5a && error.scope.octets[0] == 0x5a);
}

/* A sound one continues our nonce and has iterations between the bounds. */
static void
check_scram(struct bytes nonce, struct bytes first)
{
	struct bytes rest = bytes_skip(first, 2);
	struct bytes theirs = bytes_first(rest, bytes_find(rest, ',', 0));
	size_t at = bytes_find_bytes(first, BYTES(",i="));
	struct bytes count = bytes_skip(first, at + 3);
	uint64_t number = 0;

	if (sasl_scram_first_check(first, nonce) != SASL_SCRAM_SOUND)
		return;
	CHECK(bytes_start_with(first, BYTES("r=")));
	CHECK(bytes_start_with(theirs, nonce) && theirs.size > nonce.size);
	count = bytes_first(count, bytes_find(count, ',', 0));
	CHECK(bytes_number(count, UINT64_MAX, &number) == ST_OK);
	CHECK(number >= SASL_SCRAM_ITERATIONS_MIN && number <= SASL_SCRAM_ITERATIONS_MAX);
}

static size_t
count_octets(struct bytes text, uint8_t octet)
{
	size_t count = 0;

	for (size_t i = 0; i < text.size; i++)
		count += text.data[i] == octet;
	return count;
}

static void
check_messages(struct bytes user, struct bytes secret)
{
	struct sasl_bearer bearer = {user, BYTES("host"), 993, secret};
	struct buf out;

	buf_init(&out, 1 << 20);
	if (sasl_plain(BYTES("other"), user, secret, &out) == ST_OK) {
		CHECK(out.size == user.size + secret.size + 7);
		CHECK(count_octets(buf_bytes(&out), 0) == 2);
	}
	buf_clear(&out);
	if (sasl_xoauth2(&bearer, &out) == ST_OK)
		CHECK(count_octets(buf_bytes(&out), 1) == 3 && sasl_is_token(secret));
	buf_clear(&out);
	if (sasl_oauthbearer(&bearer, &out) == ST_OK)
		CHECK(count_octets(buf_bytes(&out), 1) == 5 && sasl_is_token(secret));
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size);
	size_t end = bytes_find(input, '\n', 0);
	struct bytes first = bytes_first(input, end);
	struct bytes second = bytes_skip(input, end + 1);

	check_bearer(input);
	check_scram(first, second);
	check_messages(first, second);
	(void)sasl_scram_nonce(input);
	return 0;
}
