/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "bridge/oauth/base64url.h"
#include "bridge/oauth/pkce.h"

/* RFC 7636, appendix B. */
static const uint8_t random_octets[OAUTH_PKCE_RANDOM_SIZE] = {116, 24, 223, 180, 151, 153, 224,
    37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240, 91, 88, 5,
    88, 83, 132, 141, 121};

static void
test_the_vector_of_the_standard(void **state)
{
	struct oauth_pkce pkce;

	(void)state;
	assert_int_equal(oauth_pkce_make(random_octets, &pkce), ST_OK);
	assert_string_equal(pkce.verifier, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
	assert_string_equal(pkce.challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

static void
test_base64url(void **state)
{
	const struct {
		struct bytes plain;
		const char *text;
	} cases[] = {
	    {BYTES(""), ""}, {BYTES("f"), "Zg"}, {BYTES("fo"), "Zm8"}, {BYTES("foo"), "Zm9v"},
	    {BYTES("\xfb\xff\xfe"), "-__-"},
	    {BYTES("\3\xec\xff\xe0\xc1"), "A-z_4ME"}, /* RFC 7515, appendix C */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf out;

		buf_init(&out, 64);
		assert_int_equal(buf_append(&out, BYTES("+/=")), ST_OK);
		assert_int_equal(oauth_base64url_encode(cases[i].plain, &out), ST_OK);
		assert_true(bytes_equal(
		    bytes_skip(buf_bytes(&out), 3), bytes_of_string(cases[i].text)));
		assert_true(bytes_start_with(buf_bytes(&out), BYTES("+/=")));
		buf_fini(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_vector_of_the_standard),
	    cmocka_unit_test(test_base64url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
