/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "bridge/oauth/answer.h"
#include "bridge/oauth/json.h"

static const struct oauth_provider provider = {.name = "P"};

struct row {
	const char *name;
	long http;
	const char *body;
	enum status status;
	enum fault_retry retry;
	const char *said;
};

static void
test_tokens(void **state)
{
	static const struct {
		const char *body;
		const char *access;
		const char *refresh;
		uint32_t life_s;
	} cases[] = {
	    {"{\"access_token\":\"a.b\",\"token_type\":\"Bearer\",\"expires_in\":3599}", "a.b",
		"", 3599},
	    {"{\"access_token\":\"a\",\"token_type\":\"bearer\",\"refresh_token\":\"r\"}", "a",
		"r", OAUTH_LIFE_UNKNOWN_S},
	    {" {\"access_token\":\"a\",\"expires_in\":\"60\",\"refresh_token\":null}\r\n", "a",
		"", 60},
	    {"{\"access_token\":\"a\",\"expires_in\":99999999999,\"x\":[{\"y\":[]}]}", "a", "",
		86400},
	    {"{\"access_token\":\"a\",\"expires_in\":4000000000,\"error\":\"\"}", "a", "",
		86400},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct oauth_reply reply = {200, bytes_of_string(cases[i].body)};
		enum oauth_refusal_kind kind = OAUTH_REFUSAL_FINAL;
		struct oauth_token token = {0};
		struct fault fault = {0};

		if (oauth_answer_token(&provider, &reply, &token, &kind, &fault) != ST_OK)
			fail_msg("%s: %s", cases[i].body, fault.text);
		assert_true(bytes_equal(
		    secret_reveal(&token.access), bytes_of_string(cases[i].access)));
		assert_true(bytes_equal(
		    secret_reveal(&token.refresh), bytes_of_string(cases[i].refresh)));
		assert_int_equal(token.life_s, cases[i].life_s);
	}
}

static const struct row rows[] = {
    {"nothing", 200, "", ST_SYNTAX, RETRY_LATER, "no JSON object"},
    {"a page", 500, "<html>", ST_IO, RETRY_LATER, "HTTP status 500"},
    {"a page without trouble", 200, "<html>", ST_SYNTAX, RETRY_LATER, "no JSON object"},
    {"too many", 429, "", ST_IO, RETRY_LATER, "HTTP status 429"},
    {"elsewhere", 307, "{}", ST_REFUSED, RETRY_NEVER, "redirects (HTTP status 307)"},
    {"not there", 404, "{}", ST_REFUSED, RETRY_NEVER, "HTTP status 404"},
    {"a list", 200, "[]", ST_SYNTAX, RETRY_LATER, "no JSON object"},
    {"something behind", 200, "{}{}", ST_SYNTAX, RETRY_LATER, "no JSON object"},
    {"one name twice", 200, "{\"access_token\":\"a\",\"access_token\":\"b\"}", ST_SYNTAX,
	RETRY_LATER, "no JSON object"},
    {"a NUL", 200, "{\"access_token\":\"a\\u0000b\"}", ST_SYNTAX, RETRY_LATER,
	"no JSON object"},
    {"no UTF-8", 200, "{\"access_token\":\"\xff\"}", ST_SYNTAX, RETRY_LATER, "no JSON object"},
    {"no token", 200, "{}", ST_SYNTAX, RETRY_LATER, "without a token"},
    {"null", 200, "{\"access_token\":null}", ST_SYNTAX, RETRY_LATER, "without a token"},
    {"an empty token", 200, "{\"access_token\":\"\"}", ST_SYNTAX, RETRY_LATER,
	"cannot be sent"},
    {"a token of 8 bits", 200, "{\"access_token\":\"\xc3\xa4\"}", ST_SYNTAX, RETRY_LATER,
	"cannot be sent"},
    {"control A", 200, "{\"access_token\":\"a\\u0001\"}", ST_SYNTAX, RETRY_LATER,
	"cannot be sent"},
    {"a line end", 200, "{\"access_token\":\"a\\nb\"}", ST_SYNTAX, RETRY_LATER,
	"cannot be sent"},
    {"a list as token", 200, "{\"access_token\":[\"a\"]}", ST_SYNTAX, RETRY_LATER,
	"cannot be sent"},
    {"another type", 200, "{\"access_token\":\"a\",\"token_type\":\"mac\"}", ST_SYNTAX,
	RETRY_LATER, "another kind than Bearer"},
    {"no life", 200, "{\"access_token\":\"a\",\"expires_in\":0}", ST_SYNTAX, RETRY_LATER,
	"no life"},
    {"a life before now", 200, "{\"access_token\":\"a\",\"expires_in\":-1}", ST_SYNTAX,
	RETRY_LATER, "no life"},
    {"half a life", 200, "{\"access_token\":\"a\",\"expires_in\":0.5}", ST_SYNTAX, RETRY_LATER,
	"no life"},
    {"a life in words", 200, "{\"access_token\":\"a\",\"expires_in\":\"soon\"}", ST_SYNTAX,
	RETRY_LATER, "no life"},
    {"a bad refresh token", 200, "{\"access_token\":\"a\",\"refresh_token\":7}", ST_SYNTAX,
	RETRY_LATER, "cannot be kept"},
    {"revoked", 400, "{\"error\":\"invalid_grant\"}", ST_REFUSED, RETRY_NEVER,
	"sign in again with godwit-token login"},
    {"an error behind 200", 200, "{\"error\":\"invalid_client\"}", ST_REFUSED, RETRY_NEVER,
	"--client-id"},
    {"an error and a token", 200, "{\"error\":\"access_denied\",\"access_token\":\"a\"}",
	ST_REFUSED, RETRY_NEVER, "Consent was refused"},
    {"changed password", 400,
	"{\"error\":\"invalid_grant\",\"error_description\":\"AADSTS50173: x\\r\\nTrace\"}",
	ST_REFUSED, RETRY_NEVER, "P refuses (invalid_grant: AADSTS50173: x). The password"},
    {"delegation", 401, "{\"error\":\"unauthorized_client\"}", ST_REFUSED, RETRY_NEVER,
	"domain-wide delegation"},
    {"an unknown word", 400, "{\"error\":\"\\u001b]x\"}", ST_REFUSED, RETRY_NEVER,
	"P refuses (?]x). Godwit does not know"},
    {"for the moment", 503, "{\"error\":\"temporarily_unavailable\"}", ST_IO, RETRY_LATER,
	"may work later"},
    {"a word, but for the moment", 503, "{\"error\":\"invalid_grant\"}", ST_IO, RETRY_LATER,
	"invalid_grant"},
};

static void
test_answers_without_a_token(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *row = &rows[i];
		struct oauth_reply reply = {row->http, bytes_of_string(row->body)};
		enum oauth_refusal_kind kind = OAUTH_REFUSAL_FINAL;
		struct oauth_token token = {0};
		struct fault fault = {0};
		enum status status =
		    oauth_answer_token(&provider, &reply, &token, &kind, &fault);

		if (status != row->status || fault.retry != row->retry ||
		    strstr(fault.text, row->said) == NULL)
			fail_msg("%s: %d, %d, %s", row->name, (int)status, (int)fault.retry,
			    fault.text);
		assert_int_equal(token.access.size, 0);
		assert_int_equal(token.refresh.size, 0);
	}
}

static void
test_undecided_answers_fill_no_fault(void **state)
{
	static const struct {
		const char *body;
		enum oauth_refusal_kind kind;
	} cases[] = {
	    {"{\"error\":\"authorization_pending\"}", OAUTH_REFUSAL_PENDING},
	    {"{\"error\":\"slow_down\"}", OAUTH_REFUSAL_SLOW_DOWN},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct oauth_reply reply = {400, bytes_of_string(cases[i].body)};
		enum oauth_refusal_kind kind = OAUTH_REFUSAL_FINAL;
		struct oauth_token token = {0};
		struct fault fault = {0};

		assert_int_equal(
		    oauth_answer_token(&provider, &reply, &token, &kind, &fault), ST_AGAIN);
		assert_int_equal(kind, cases[i].kind);
		assert_false(fault_is_set(&fault));
	}
}

static void
test_large_and_deep_answers(void **state)
{
	static char body[OAUTH_JSON_SIZE_MAX + 2];
	struct oauth_reply reply = {200, {(const uint8_t *)body, 0}};
	enum oauth_refusal_kind kind = OAUTH_REFUSAL_FINAL;
	struct oauth_token token = {0};
	struct fault fault = {0};

	(void)state;
	memset(body, '[', sizeof(body));
	memcpy(body, "{\"a\":", 5);
	reply.body.size = OAUTH_JSON_SIZE_MAX;
	assert_int_equal(
	    oauth_answer_token(&provider, &reply, &token, &kind, &fault), ST_SYNTAX);
	/* Brackets in a text are no levels. */
	memcpy(body, "{\"access_token\":\"a\",\"b\":\"", 25);
	memcpy(body + OAUTH_JSON_SIZE_MAX - 2, "\"}", 2);
	assert_int_equal(oauth_answer_token(&provider, &reply, &token, &kind, &fault), ST_OK);
	memcpy(body + OAUTH_JSON_SIZE_MAX - 2, "[[\"}", 4);
	reply.body.size = sizeof(body);
	fault = (struct fault){0};
	assert_int_equal(
	    oauth_answer_token(&provider, &reply, &token, &kind, &fault), ST_SYNTAX);
	/* A token that no secret holds. */
	memset(body, 'x', sizeof(body));
	memcpy(body, "{\"access_token\":\"", 17);
	memcpy(body + 17 + SECRET_SIZE_MAX, "\"}", 3);
	reply.body = bytes_of_string(body);
	fault = (struct fault){0};
	assert_int_equal(oauth_answer_token(&provider, &reply, &token, &kind, &fault), ST_OK);
	assert_int_equal(token.access.size, SECRET_SIZE_MAX);
	memcpy(body + 17 + SECRET_SIZE_MAX, "x\"}", 4);
	reply.body = bytes_of_string(body);
	fault = (struct fault){0};
	assert_int_equal(
	    oauth_answer_token(&provider, &reply, &token, &kind, &fault), ST_LIMIT);
	assert_int_equal(token.access.size, 0);
}

static void
test_device_codes(void **state)
{
	static const struct {
		const char *body;
		enum status status;
		uint32_t interval_s;
	} cases[] = {
	    {"{\"device_code\":\"d\",\"user_code\":\"U\",\"verification_uri\":\"https://x/\","
	     "\"expires_in\":900,\"interval\":7}",
		ST_OK, 7},
	    {"{\"device_code\":\"d\",\"user_code\":\"U\",\"verification_url\":\"https://x/\","
	     "\"expires_in\":900}",
		ST_OK, 5},
	    {"{\"device_code\":\"d\",\"user_code\":\"U\",\"verification_uri\":\"http://x/\","
	     "\"expires_in\":900}",
		ST_SYNTAX, 0},
	    {"{\"device_code\":\"d\",\"user_code\":\"\\u001b[2J\","
	     "\"verification_uri\":\"https://x/\",\"expires_in\":900}",
		ST_SYNTAX, 0},
	    {"{\"device_code\":\"d\",\"user_code\":\"U\",\"verification_uri\":\"https://x/\"}",
		ST_SYNTAX, 0},
	    {"{\"device_code\":\"d\",\"user_code\":\"U\",\"verification_uri\":\"https://x/\","
	     "\"expires_in\":900,\"interval\":100000}",
		ST_SYNTAX, 0},
	    {"{\"user_code\":\"U\",\"verification_uri\":\"https://x/\",\"expires_in\":900}",
		ST_SYNTAX, 0},
	    {"{\"error\":\"authorization_pending\"}", ST_SYNTAX, 0},
	    {"{\"error\":\"invalid_client\"}", ST_REFUSED, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct oauth_reply reply = {200, bytes_of_string(cases[i].body)};
		struct oauth_device device = {0};
		struct fault fault = {0};
		enum status status = oauth_answer_device(&provider, &reply, &device, &fault);

		if (status != cases[i].status || device.interval_s != cases[i].interval_s)
			fail_msg("%s: %d, %s", cases[i].body, (int)status, fault.text);
		if (status == ST_OK)
			assert_string_equal(device.user_code, "U");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tokens),
	    cmocka_unit_test(test_answers_without_a_token),
	    cmocka_unit_test(test_undecided_answers_fill_no_fault),
	    cmocka_unit_test(test_large_and_deep_answers),
	    cmocka_unit_test(test_device_codes),
	};

	oauth_json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
