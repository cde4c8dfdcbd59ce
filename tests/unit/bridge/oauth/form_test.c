/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "bridge/oauth/form.h"

static void
test_values_are_escaped(void **state)
{
	struct buf form;

	(void)state;
	buf_init(&form, 256);
	assert_int_equal(oauth_form_add(&form, "a", BYTES("b c&d=e+f%")), ST_OK);
	assert_int_equal(oauth_form_add(&form, "x", BYTES("\xc3\xa4~-._\r\n\0")), ST_OK);
	assert_true(bytes_equal(
	    buf_bytes(&form), BYTES("a=b%20c%26d%3De%2Bf%25&x=%C3%A4~-._%0D%0A%00")));
	buf_clear(&form);
	assert_int_equal(buf_append(&form, BYTES("https://x/?")), ST_OK);
	assert_int_equal(oauth_form_add(&form, "a", BYTES("")), ST_OK);
	assert_true(bytes_equal(buf_bytes(&form), BYTES("https://x/?a=")));
	buf_fini(&form);
}

static void
test_a_full_form_is_left_as_it_was(void **state)
{
	struct buf form;

	(void)state;
	buf_init(&form, 10);
	assert_int_equal(oauth_form_add(&form, "a", BYTES("1234")), ST_OK);
	assert_int_equal(oauth_form_add(&form, "b", BYTES("1234")), ST_LIMIT);
	assert_true(bytes_equal(buf_bytes(&form), BYTES("a=1234")));
	buf_fini(&form);
}

static void
test_all_fields_or_none(void **state)
{
	const struct oauth_field fields[] = {{"b", BYTES("2")}, {"c", BYTES("3")}};
	struct buf form;

	(void)state;
	buf_init(&form, 12);
	assert_int_equal(oauth_form_add(&form, "a", BYTES("1")), ST_OK);
	assert_int_equal(oauth_form_add_fields(&form, fields, 2), ST_OK);
	assert_true(bytes_equal(buf_bytes(&form), BYTES("a=1&b=2&c=3")));
	buf_clear(&form);
	assert_int_equal(oauth_form_add(&form, "a", BYTES("12345")), ST_OK);
	assert_int_equal(oauth_form_add_fields(&form, fields, 2), ST_LIMIT);
	assert_true(bytes_equal(buf_bytes(&form), BYTES("a=12345")));
	buf_fini(&form);
}

static void
test_finding(void **state)
{
	const struct {
		struct bytes query;
		enum status status;
		struct bytes value;
	} cases[] = {
	    {BYTES("code=4%2F0A&state=x"), ST_OK, BYTES("4/0A")},
	    {BYTES("state=x&code=a+b%20c"), ST_OK, BYTES("a b c")},
	    {BYTES("code="), ST_OK, BYTES("")},
	    {BYTES("code"), ST_OK, BYTES("")},
	    {BYTES("&&&code=1&&"), ST_OK, BYTES("1")},
	    {BYTES("code=%C3%a4"), ST_OK, BYTES("\xc3\xa4")},
	    {BYTES(""), ST_ABSENT, BYTES("")},
	    {BYTES("codex=1&xcode=2"), ST_ABSENT, BYTES("")},
	    {BYTES("code=1&code=2"), ST_CONFLICT, BYTES("")},
	    {BYTES("code=%"), ST_SYNTAX, BYTES("")},
	    {BYTES("code=ab%4"), ST_SYNTAX, BYTES("")},
	    {BYTES("code=%4&x=1"), ST_SYNTAX, BYTES("")},
	    {BYTES("code=%zz"), ST_SYNTAX, BYTES("")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf out;
		enum status status;

		buf_init(&out, 64);
		status = oauth_form_find(cases[i].query, "code", &out);
		if (status != cases[i].status || !bytes_equal(buf_bytes(&out), cases[i].value))
			fail_msg("%.*s: %d", (int)cases[i].query.size,
			    (const char *)cases[i].query.data, (int)status);
		buf_fini(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values_are_escaped),
	    cmocka_unit_test(test_a_full_form_is_left_as_it_was),
	    cmocka_unit_test(test_all_fields_or_none),
	    cmocka_unit_test(test_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
