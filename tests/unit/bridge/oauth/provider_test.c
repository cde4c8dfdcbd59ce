/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "bridge/oauth/json.h"
#include "bridge/oauth/provider.h"

static void
test_the_table(void **state)
{
	struct oauth_provider found;
	struct fault fault = {0};

	(void)state;
	assert_int_equal(oauth_provider_open("google", NULL, &found, &fault), ST_OK);
	assert_string_equal(found.token_url, "https://oauth2.googleapis.com/token");
	assert_string_equal(found.scope, "https://mail.google.com/");
	assert_string_equal(found.device_url, "");
	assert_int_equal(oauth_provider_open("microsoft", NULL, &found, &fault), ST_OK);
	assert_string_equal(
	    found.token_url, "https://login.microsoftonline.com/common/oauth2/v2.0/token");
	assert_int_equal(
	    oauth_provider_open("microsoft", "contoso.com", &found, &fault), ST_OK);
	assert_string_equal(found.device_url,
	    "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/devicecode");
	assert_string_equal(
	    found.scope, "https://outlook.office.com/IMAP.AccessAsUser.All offline_access");
}

static void
test_words_that_are_none(void **state)
{
	static const struct {
		const char *word;
		const char *tenant;
		const char *said;
	} cases[] = {
	    {"yahoo", NULL, "google, microsoft and file:PATH"},
	    {"", NULL, "google, microsoft and file:PATH"},
	    {"google", "contoso.com", "has no tenants"},
	    {"microsoft", "", "is no tenant"},
	    {"microsoft", "a/b", "is no tenant"},
	    {"microsoft", "..", "is no tenant"},
	    {"microsoft", "a b", "is no tenant"},
	    {"microsoft", "a%2f", "is no tenant"},
	    {"microsoft", "\xc3\xa4", "is no tenant"},
	    {"file:/nonexistent/provider", NULL, "Cannot read"},
	    {"file:/dev/null", NULL, "holds no JSON object"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct oauth_provider found = {0};
		struct fault fault = {0};
		enum status status =
		    oauth_provider_open(cases[i].word, cases[i].tenant, &found, &fault);

		if (status == ST_OK || strstr(fault.text, cases[i].said) == NULL)
			fail_msg("%s: %d, %s", cases[i].word, (int)status, fault.text);
		assert_int_equal(found.timeout_s, 0);
	}
}

static void
test_addresses(void **state)
{
	static const struct {
		const char *url;
		bool is_url;
	} cases[] = {
	    {"https://a.example/token", true},
	    {"https://[::1]:8443/?x=y", true},
	    {"https://a.example", true},
	    {"http://a.example/", false},
	    {"HTTPS://a.example/", false},
	    {"https:///token", false},
	    {"https://", false},
	    {"https://?x", false},
	    {"https://user:word@a.example/", false},
	    {"https://a.example/a b", false},
	    {"https://a.example/\"", false},
	    {"https://a.example/#part", false},
	    {"file:///etc/passwd", false},
	    {"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (oauth_provider_is_url(cases[i].url) != cases[i].is_url)
			fail_msg("%s", cases[i].url);
	}
}

static void
test_a_file_comes_back_as_it_was(void **state)
{
	static const char text[] =
	    "{\"name\":\"N\",\"token_endpoint\":\"https://x/t\",\"scope\":\"mail\","
	    "\"device_authorization_endpoint\":\"https://x/d\",\"timeout_s\":7,"
	    "\"authorization_endpoint\":null,\"issuer\":\"https://x/\",\"ca_file\":\"/ca\","
	    "\"scopes_supported\":[\"mail\"]}";
	struct oauth_provider found;
	struct oauth_provider again;
	struct fault fault = {0};
	json_t *object;
	json_t *copy;

	(void)state;
	assert_int_equal(oauth_json_decode(bytes_of_string(text), &object), ST_OK);
	assert_int_equal(oauth_provider_decode(object, &found, &fault), ST_OK);
	assert_int_equal(found.timeout_s, 7);
	assert_string_equal(found.device_url, "https://x/d");
	copy = oauth_provider_encode(&found);
	assert_int_equal(oauth_provider_decode(copy, &again, &fault), ST_OK);
	assert_memory_equal(&found, &again, sizeof(found));
	json_decref(object);
	json_decref(copy);
}

static void
test_files_that_are_none(void **state)
{
	static const struct {
		const char *text;
		const char *said;
	} cases[] = {
	    {"{}", "no \"token_endpoint\""},
	    {"{\"token_endpoint\":5}", "must be a text"},
	    {"{\"token_endpoint\":\"http://x/\"}", "begins with https://"},
	    {"{\"token_endpoint\":\"https://x/\",\"scope\":\"a\\u0007\"}", "must be a text"},
	    {"{\"token_endpoint\":\"https://x/\",\"timeout_s\":0}", "\"timeout_s\""},
	    {"{\"token_endpoint\":\"https://x/\",\"timeout_s\":121}", "\"timeout_s\""},
	    {"{\"token_endpoint\":\"https://x/\",\"timeout_s\":\"x\"}", "\"timeout_s\""},
	    {"{\"token_endpoint\":\"https://x/\",\"authorization_endpoint\":\"x\"}",
		"\"authorization_endpoint\" must be"},
	    {"{\"token_endpoint\":\"https://x/\",\"name\":"
	     "\"0123456789012345678901234567890123456789012345678901234567890123\"}",
		"at most 63"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct oauth_provider found = {0};
		struct fault fault = {0};
		json_t *object;

		assert_int_equal(
		    oauth_json_decode(bytes_of_string(cases[i].text), &object), ST_OK);
		if (oauth_provider_decode(object, &found, &fault) == ST_OK ||
		    strstr(fault.text, cases[i].said) == NULL)
			fail_msg("%s: %s", cases[i].text, fault.text);
		json_decref(object);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_table),
	    cmocka_unit_test(test_words_that_are_none),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_a_file_comes_back_as_it_was),
	    cmocka_unit_test(test_files_that_are_none),
	};

	oauth_json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
