/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of a CAPABILITY response: each adds what it names and nothing else, whatever its
 * case; what is taken away is gone; the names on the wire name themselves.
 */
#include "fuzz.h"

#include "base/check.h"
#include "wire/imap/server/capability.h"

enum {
	WORD_SIZE_MAX = 64
};

static struct bytes
swap_case(struct bytes word, uint8_t out[static WORD_SIZE_MAX])
{
	for (size_t i = 0; i < word.size; i++) {
		uint8_t octet = word.data[i];
		bool is_letter =
		    (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z');

		out[i] = is_letter ? octet ^ 0x20 : octet;
	}
	return bytes_of(out, word.size);
}

static void
check_word(struct bytes word)
{
	uint8_t other[WORD_SIZE_MAX];
	struct imap_capabilities one = {0};
	struct imap_capabilities two = {0};
	enum imap_capability which = imap_capability_find(word);

	imap_capability_add(&one, word);
	imap_capability_add(&two, swap_case(word, other));
	CHECK(one.bits == two.bits);
	if (which == IMAP_CAP_COUNT)
		return;
	CHECK(imap_capability_has(one, which));
	imap_capability_remove(&one, which);
	CHECK(one.bits == 0);
}

static void
check_names(struct imap_capabilities all)
{
	for (int i = 0; i < IMAP_CAP_COUNT; i++) {
		enum imap_capability which = (enum imap_capability)i;
		struct imap_capabilities one = {0};

		imap_capability_add(&one, bytes_of_string(imap_capability_name(which)));
		CHECK(imap_capability_has(one, which));
		CHECK(((all.bits & one.bits) != 0) == imap_capability_has(all, which));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = bytes_of(data, size);
	struct imap_capabilities all = {0};

	while (rest.size > 0) {
		size_t end = bytes_find(rest, ' ', 0);
		struct bytes word = bytes_first(bytes_first(rest, end), WORD_SIZE_MAX);
		struct imap_capabilities before = all;
		struct imap_capabilities alone = {0};

		check_word(word);
		imap_capability_add(&all, word);
		imap_capability_add(&alone, word);
		CHECK(all.bits == (before.bits | alone.bits));
		rest = bytes_skip(rest, end + 1);
	}
	check_names(all);
	return 0;
}
