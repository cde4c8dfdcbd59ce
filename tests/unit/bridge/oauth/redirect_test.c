/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/secret.h"
#include "bridge/oauth/redirect.h"

static void
test_requests(void **state)
{
	static const struct {
		const char *request;
		enum status status;
		const char *said; /* the code, or a part of the sentence */
	} cases[] = {
	    {"GET /?code=4%2Fa&state=S HTTP/1.1\r\nHost: x\r\n\r\n", ST_OK, "4/a"},
	    {"GET /?state=S&scope=x&code=b HTTP/1.0\r\n\r\n", ST_OK, "b"},
	    {"GET /?state=S&error=access_denied HTTP/1.1\r\n", ST_REFUSED, "Consent was"},
	    {"GET /?state=S&error=x%1b%5b2J HTTP/1.1\r\n", ST_REFUSED, "(x?[2J)"},
	    {"GET /?state=S&error=a&code=b HTTP/1.1\r\n", ST_REFUSED, "(a)"},
	    {"GET /favicon.ico HTTP/1.1\r\n", ST_ABSENT, NULL},
	    {"GET / HTTP/1.1\r\n", ST_ABSENT, NULL},
	    {"GET /x?code=a&state=S HTTP/1.1\r\n", ST_ABSENT, NULL},
	    {"GET /?code=a HTTP/1.1\r\n", ST_CONFLICT, NULL},
	    {"GET /?code=a&state=s HTTP/1.1\r\n", ST_CONFLICT, NULL},
	    {"GET /?code=a&state=SS HTTP/1.1\r\n", ST_CONFLICT, NULL},
	    {"GET /?code=a&state=S&state=S HTTP/1.1\r\n", ST_CONFLICT, NULL},
	    {"GET /?error=access_denied HTTP/1.1\r\n", ST_CONFLICT, NULL},
	    {"GET /?state=S HTTP/1.1\r\n", ST_SYNTAX, NULL},
	    {"GET /?state=S&code= HTTP/1.1\r\n", ST_SYNTAX, NULL},
	    {"GET /?state=S&code=a&code=b HTTP/1.1\r\n", ST_SYNTAX, NULL},
	    {"GET /?state=S&code=%00 HTTP/1.1\r\n", ST_SYNTAX, NULL},
	    {"POST /?code=a&state=S HTTP/1.1\r\n", ST_SYNTAX, NULL},
	    {"GET /?code=a&state=S\r\n", ST_SYNTAX, NULL},
	    {"GET /?code=a&state=S HTTP/2\r\n", ST_SYNTAX, NULL},
	    {"GET /?code=a&state=S HTTP/1.1", ST_SYNTAX, NULL},
	    {"", ST_SYNTAX, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bytes request = bytes_of_string(cases[i].request);
		struct fault fault = {0};
		struct secret code = {0};
		enum status status = oauth_redirect_decode(request, "S", &code, &fault);

		if (status != cases[i].status ||
		    fault_is_set(&fault) != (status == ST_REFUSED) ||
		    (status == ST_OK) != (code.size > 0))
			fail_msg("%s: %d, %s", cases[i].request, (int)status, fault.text);
		if (status == ST_OK)
			assert_true(
			    bytes_equal(secret_reveal(&code), bytes_of_string(cases[i].said)));
		if (status == ST_REFUSED && strstr(fault.text, cases[i].said) == NULL)
			fail_msg("%s: %s", cases[i].request, fault.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
