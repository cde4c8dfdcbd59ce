/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "base/base64.h"
#include "base/prng.h"

static void
test_the_vectors_of_rfc_4648(void **state)
{
	static const struct {
		const char *plain, *text;
	} cases[] = {
	    {"", ""},
	    {"f", "Zg=="},
	    {"fo", "Zm8="},
	    {"foo", "Zm9v"},
	    {"foob", "Zm9vYg=="},
	    {"fooba", "Zm9vYmE="},
	    {"foobar", "Zm9vYmFy"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct bytes plain = bytes_of_string(cases[i].plain);
		struct bytes text = bytes_of_string(cases[i].text);
		struct buf buf;

		buf_init(&buf, 100);
		EXPECT(cases[i].text, base64_encode(plain, &buf) == ST_OK);
		EXPECT(cases[i].text, bytes_equal(buf_bytes(&buf), text));
		buf_clear(&buf);
		EXPECT(cases[i].text, base64_decode(text, &buf) == ST_OK);
		EXPECT(cases[i].text, bytes_equal(buf_bytes(&buf), plain));
		buf_fini(&buf);
	}
}

static void
test_what_is_not_canonical_is_refused_and_leaves_the_buffer(void **state)
{
	static const char *const cases[] = {"Z", "Zg",
	    "Zg=", "Zg===", "====", "Z===", "=g==", "Zh==", "Zm9=", "Zg==Zg==", "Zm8=Zm9v",
	    "Zm9v\n", "Zm9v Zg=", "Zm-v", "Zm_v", "Zm9vZm9", "Zg==Zm9v", "\xffmZv", "Zm9vZ=g="};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf buf;

		buf_init(&buf, 100);
		EXPECT(cases[i], buf_append(&buf, BYTES("kept")) == ST_OK);
		EXPECT(cases[i], base64_decode(bytes_of_string(cases[i]), &buf) == ST_SYNTAX);
		EXPECT(cases[i], bytes_equal(buf_bytes(&buf), BYTES("kept")));
		buf_fini(&buf);
	}
}

static void
test_random_octets_come_back(void **state)
{
	struct prng prng;

	(void)state;
	prng_init(&prng, 3);
	for (int round = 0; round < 500; round++) {
		uint8_t octets[200];
		size_t size = (size_t)prng_below(&prng, sizeof(octets));
		struct buf text, plain;

		for (size_t i = 0; i < size; i++)
			octets[i] = (uint8_t)prng_next(&prng);
		buf_init(&text, 300);
		buf_init(&plain, 300);
		assert_int_equal(base64_encode(bytes_of(octets, size), &text), ST_OK);
		assert_int_equal(base64_decode(buf_bytes(&text), &plain), ST_OK);
		assert_true(bytes_equal(buf_bytes(&plain), bytes_of(octets, size)));
		buf_fini(&text);
		buf_fini(&plain);
	}
}

static void
test_a_full_buffer_is_left_as_it_was(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 6);
	assert_int_equal(buf_append(&buf, BYTES("abc")), ST_OK);
	assert_int_equal(base64_encode(BYTES("x"), &buf), ST_LIMIT);
	assert_int_equal(base64_decode(BYTES("Zm9vYmFy"), &buf), ST_LIMIT);
	assert_true(bytes_equal(buf_bytes(&buf), BYTES("abc")));
	buf_fini(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_vectors_of_rfc_4648),
	    cmocka_unit_test(test_what_is_not_canonical_is_refused_and_leaves_the_buffer),
	    cmocka_unit_test(test_random_octets_come_back),
	    cmocka_unit_test(test_a_full_buffer_is_left_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
