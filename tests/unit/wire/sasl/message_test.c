/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "wire/sasl/message.h"

#define TOKEN "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="

/* RFC 4616 section 4, and what must not pass. */
static void
test_plain(void **state)
{
	static const struct {
		const char *name;
		struct bytes authorize, user, password, message;
		enum status status;
	} cases[] = {
	    {"RFC 4616, first example", TEXT(""), TEXT("tim"), TEXT("tanstaaftanstaaf"),
		TEXT("\0tim\0tanstaaftanstaaf"), ST_OK},
	    {"RFC 4616, second example", TEXT("Ursel"), TEXT("Kurt"), TEXT("xipj3plmq"),
		TEXT("Ursel\0Kurt\0xipj3plmq"), ST_OK},
	    {"octets of every kind", TEXT(""), TEXT("a b"), TEXT(" \"\\\xc2\xa7 \xff\t"),
		TEXT("\0a b\0 \"\\\xc2\xa7 \xff\t"), ST_OK},
	    {"no user", TEXT("x"), TEXT(""), TEXT("p"), TEXT(""), ST_SYNTAX},
	    {"no password", TEXT(""), TEXT("u"), TEXT(""), TEXT(""), ST_SYNTAX},
	    {"NUL in the user", TEXT(""), TEXT("u\0v"), TEXT("p"), TEXT(""), ST_SYNTAX},
	    {"NUL in the password", TEXT(""), TEXT("u"), TEXT("p\0"), TEXT(""), ST_SYNTAX},
	    {"NUL in the other", TEXT("\0"), TEXT("u"), TEXT("p"), TEXT(""), ST_SYNTAX},
	    {"CR", TEXT(""), TEXT("u\r"), TEXT("p"), TEXT(""), ST_SYNTAX},
	    {"LF", TEXT(""), TEXT("u"), TEXT("p\n"), TEXT(""), ST_SYNTAX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf out;

		buf_init(&out, 256);
		EXPECT(cases[i].name,
		    sasl_plain(cases[i].authorize, cases[i].user, cases[i].password, &out) ==
			cases[i].status);
		EXPECT(cases[i].name, bytes_equal(buf_bytes(&out), cases[i].message));
		buf_fini(&out);
	}
}

static void
test_bearers(void **state)
{
	static const struct {
		const char *name;
		struct sasl_bearer bearer;
		struct bytes oauthbearer, xoauth2;
		enum status status;
	} cases[] = {
	    {"RFC 7628 section 4.1",
		{TEXT("user@example.com"), TEXT("server.example.com"), 143, TEXT(TOKEN)},
		TEXT("n,a=user@example.com,\001host=server.example.com\001port=143\001"
		     "auth=Bearer " TOKEN "\001\001"),
		TEXT("user=user@example.com\001auth=Bearer " TOKEN "\001\001"), ST_OK},
	    {"a name with a comma and an equal sign",
		{TEXT("a,b=c"), TEXT("h"), 65535, TEXT("t")},
		TEXT("n,a=a=2Cb=3Dc,\001host=h\001port=65535\001auth=Bearer t\001\001"),
		TEXT("user=a,b=c\001auth=Bearer t\001\001"), ST_OK},
	    {"^A in the name", {TEXT("a\001b"), TEXT("h"), 1, TEXT("t")}, TEXT(""), TEXT(""),
		ST_SYNTAX},
	    {"^A in the host", {TEXT("a"), TEXT("h\001"), 1, TEXT("t")}, TEXT(""), TEXT(""),
		ST_SYNTAX},
	    {"a space in the token", {TEXT("a"), TEXT("h"), 1, TEXT("t t")}, TEXT(""), TEXT(""),
		ST_SYNTAX},
	    {"no user", {TEXT(""), TEXT("h"), 1, TEXT("t")}, TEXT(""), TEXT(""), ST_SYNTAX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf out;

		buf_init(&out, 512);
		EXPECT(
		    cases[i].name, sasl_oauthbearer(&cases[i].bearer, &out) == cases[i].status);
		EXPECT(cases[i].name, bytes_equal(buf_bytes(&out), cases[i].oauthbearer));
		buf_clear(&out);
		EXPECT(cases[i].name, sasl_xoauth2(&cases[i].bearer, &out) == cases[i].status);
		EXPECT(cases[i].name, bytes_equal(buf_bytes(&out), cases[i].xoauth2));
		buf_fini(&out);
	}
}

static void
test_tokens(void **state)
{
	static const struct {
		struct bytes token;
		bool is_token;
	} cases[] = {
	    {TEXT("azAZ09-._~+/"), true},
	    {TEXT("a="), true},
	    {TEXT("a=="), true},
	    {TEXT(""), false},
	    {TEXT("="), false},
	    {TEXT("a=b"), false},
	    {TEXT("a\""), false},
	    {TEXT("a,b"), false},
	    {TEXT("\xc3\xa4"), false},
	    {TEXT("a\001"), false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		EXPECT((const char *)cases[i].token.data,
		    sasl_is_token(cases[i].token) == cases[i].is_token);
}

/* Nothing is left half-written when the room is too small. */
static void
test_a_full_buffer(void **state)
{
	struct sasl_bearer bearer = {
	    .user = BYTES("user"), .host = BYTES("host"), .port = 1, .token = BYTES("token")};
	struct buf out;

	(void)state;
	for (size_t size = 1; size < 200; size++) {
		buf_init(&out, size);
		if (sasl_oauthbearer(&bearer, &out) != ST_OK)
			assert_int_equal(out.size, 0);
		buf_clear(&out);
		if (sasl_plain(bearer.host, bearer.user, bearer.token, &out) != ST_OK)
			assert_int_equal(out.size, 0);
		buf_fini(&out);
	}
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(sasl_mechanism_name(SASL_SCRAM_SHA_256), "SCRAM-SHA-256");
	for (enum sasl_mechanism i = 0; i < SASL_COUNT; i++)
		assert_non_null(sasl_mechanism_name(i));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_bearers),
	    cmocka_unit_test(test_tokens),
	    cmocka_unit_test(test_a_full_buffer),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
