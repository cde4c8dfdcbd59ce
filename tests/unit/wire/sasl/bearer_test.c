/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "wire/sasl/bearer.h"

static void
test_errors(void **state)
{
	static const struct {
		const char *name;
		struct bytes json;
		enum status status;
		struct bytes told, scope;
	} cases[] = {
	    {"RFC 7628 section 3.2.2",
		TEXT("{\"status\":\"invalid_token\",\"scope\":\"example_scope\","
		     "\"openid-configuration\":\"https://example.com/.well-known\"}"),
		ST_OK, TEXT("invalid_token"), TEXT("example_scope")},
	    {"Google",
		TEXT("{\"status\":\"400\",\"schemes\":\"Bearer\","
		     "\"scope\":\"https://mail.google.com/\"}"),
		ST_OK, TEXT("400"), TEXT("https://mail.google.com/")},
	    {"a number", TEXT(" { \"status\" : 401 , \"x\":null } "), ST_OK, TEXT("401"),
		TEXT("")},
	    {"escapes", TEXT("{\"status\":\"a\\\"b\\\\c\\/d\\n\"}"), ST_OK, TEXT("a\"b\\c/d?"),
		TEXT("")},
	    {"nothing told", TEXT("{}"), ST_OK, TEXT(""), TEXT("")},
	    {"no object", TEXT("\"x\""), ST_SYNTAX, TEXT(""), TEXT("")},
	    {"empty", TEXT(""), ST_SYNTAX, TEXT(""), TEXT("")},
	    {"cut", TEXT("{\"status\":\"40"), ST_SYNTAX, TEXT(""), TEXT("")},
	    {"cut behind a backslash", TEXT("{\"status\":\"40\\"), ST_SYNTAX, TEXT(""),
		TEXT("")},
	    {"an octet too many", TEXT("{\"status\":\"400\"}x"), ST_SYNTAX, TEXT(""), TEXT("")},
	    {"no colon", TEXT("{\"status\"\"400\"}"), ST_SYNTAX, TEXT(""), TEXT("")},
	    {"no value", TEXT("{\"status\":}"), ST_SYNTAX, TEXT(""), TEXT("")},
	    {"a comma too many", TEXT("{\"status\":\"400\",}"), ST_SYNTAX, TEXT(""), TEXT("")},
	    {"nested", TEXT("{\"status\":{\"a\":1}}"), ST_SYNTAX, TEXT(""), TEXT("")},
	    {"a control octet", TEXT("{\"status\":\"4\n0\"}"), ST_SYNTAX, TEXT(""), TEXT("")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sasl_bearer_error error = {0};

		EXPECT(cases[i].name,
		    sasl_bearer_error_read(cases[i].json, &error) == cases[i].status);
		EXPECT(cases[i].name,
		    bytes_equal(
			bytes_of(error.status.octets, error.status.size), cases[i].told));
		EXPECT(cases[i].name,
		    bytes_equal(
			bytes_of(error.scope.octets, error.scope.size), cases[i].scope));
	}
}

static void
test_long_members_are_cut(void **state)
{
	struct sasl_bearer_error error = {0};
	char json[400] = "{\"scope\":\"";

	(void)state;
	memset(json + 10, 'x', 300);
	memcpy(json + 310, "\"}", 2);
	assert_int_equal(sasl_bearer_error_read(bytes_of(json, 312), &error), ST_OK);
	assert_int_equal(error.scope.size, SASL_BEARER_TEXT_SIZE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_long_members_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
