/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "cli/uri.h"

static void
test_right_forms(void **state)
{
	static const struct {
		const char *text;
		enum account_security security;
		const char *user;
		const char *host;
		uint16_t port;
	} cases[] = {
	    {"imaps://anna%40old.example@imap.old.example/", ACCOUNT_TLS, "anna@old.example",
		"imap.old.example", 993},
	    {"imaps://anna@imap.old.example", ACCOUNT_TLS, "anna", "imap.old.example", 993},
	    {"imap://anna@localhost/", ACCOUNT_STARTTLS, "anna", "localhost", 143},
	    {"imap://anna@127.0.0.1:65535", ACCOUNT_STARTTLS, "anna", "127.0.0.1", 65535},
	    {"IMAPS://anna@HOST:1/", ACCOUNT_TLS, "anna", "HOST", 1},
	    {"imaps://anna@[2001:db8::1]/", ACCOUNT_TLS, "anna", "2001:db8::1", 993},
	    {"imaps://anna@[::1]:1993", ACCOUNT_TLS, "anna", "::1", 1993},
	    {"imaps://m%C3%BCller@host", ACCOUNT_TLS, "müller", "host", 993},
	    {"imaps://müller@host", ACCOUNT_TLS, "müller", "host", 993},
	    {"imaps://a%2Fb%3Ac%25%20d@host", ACCOUNT_TLS, "a/b:c% d", "host", 993},
	    {"imaps://OLD%5Canna@host_1.a-b.example", ACCOUNT_TLS, "OLD\\anna",
		"host_1.a-b.example", 993},
	    {"imaps://anna@host.example./", ACCOUNT_TLS, "anna", "host.example.", 993},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *name = cases[i].text;
		struct fault fault = {0};
		struct account account;
		struct arena arena;
		enum status status;

		arena_init(&arena, 65536);
		status = cli_uri_decode(name, "source", &arena, &account, &fault);
		EXPECT(name, status == ST_OK);
		EXPECT(name, account.security == cases[i].security);
		EXPECT(name, strcmp(account.user, cases[i].user) == 0);
		EXPECT(name, strcmp(account.host, cases[i].host) == 0);
		EXPECT(name, account.port == cases[i].port);
		EXPECT(name, strcmp(account.side, "source") == 0);
		EXPECT(name, !account.has_pin && !account.allows_plaintext);
		EXPECT(name, account.ca_path == NULL);
		arena_fini(&arena);
	}
}

static const struct {
	const char *text;
	const char *says;
} mistakes[] = {
    {"", "is empty"},
    {"imap//anna@host", "does not start with imaps:// or imap://"},
    {"imaps:/anna@host", "does not start with imaps:// or imap://"},
    {"imaps:anna@host", "does not start with imaps:// or imap://"},
    {"anna@host", "does not start with imaps:// or imap://"},
    {"://anna@host", "unknown scheme \"\""},
    {"imapss://anna@host", "unknown scheme \"imapss\""},
    {"http://anna@host", "unknown scheme \"http\""},
    {"maildir:/srv/mail/anna", "a maildir: URI, which this version cannot read"},
    {"MAILDIR:/srv/mail/anna", "a maildir: URI, which this version cannot read"},
    {"imaps://host", "names no user"},
    {"imaps://", "names no user"},
    {"imaps://@host", "names no user"},
    {"imaps://anna@", "names no host"},
    {"imaps://anna@/", "names no host"},
    {"imaps://anna@:993/", "names no host"},
    {"imaps://anna@old.example@host", "written %40"},
    {"imaps://an/na@host", "written %2F"},
    {"imaps://anna;AUTH=PLAIN@host", "%3B"},
    {"imaps://anna@host:0", "not a number from 1 to 65535"},
    {"imaps://anna@host:65536", "not a number from 1 to 65535"},
    {"imaps://anna@host:99999999999999999999999", "not a number from 1 to 65535"},
    {"imaps://anna@host:", "not a number from 1 to 65535"},
    {"imaps://anna@host:+1", "not a number from 1 to 65535"},
    {"imaps://anna@host:imaps", "leave it out for 993"},
    {"imap://anna@host:x", "leave it out for 143"},
    {"imaps://anna@host/INBOX", "--folder"},
    {"imaps://anna@host//", "something behind the host"},
    {"imaps://anna@host?x", "something behind the host"},
    {"imaps://anna@host#x", "something behind the host"},
    {"imaps://anna@2001:db8::1/", "in brackets"},
    {"imaps://anna@[2001:db8::1/", "no closing bracket"},
    {"imaps://anna@[2001:db8::1]x", "between the bracket and the port"},
    {"imaps://anna@[localhost]", "no IPv6 address"},
    {"imaps://anna@[]", "no IPv6 address"},
    {"imaps://anna@[fe80::1%25eth0]", "no IPv6 address"},
    {"imaps://anna@ho!st", "\"!\""},
    {"imaps://anna@ho%73t", "\"%\""},
    {"imaps://anna@host..example", "a dot too many"},
    {"imaps://anna@.example", "a dot too many"},
    {"imaps://anna@bücher.example", "xn--"},
    {"imaps://anna%4@host", "two hexadecimal digits"},
    {"imaps://anna%@host", "two hexadecimal digits"},
    {"imaps://anna%zz@host", "two hexadecimal digits"},
    {"imaps://anna%00@host", "a control character (%00)"},
    {"imaps://anna%0d%0aA1%20LOGOUT@host", "a control character (%0D)"},
    {"imaps://anna%0A@host", "a control character (%0A)"},
    {"imaps://anna%7F@host", "a control character (%7F)"},
    {"imaps://anna%E2%80%AEx@host", "a control character (%E2)"},
    {"imaps://anna%FF@host", "not UTF-8"},
    {"imaps://anna%C3@host", "not UTF-8"},
    {"imaps://anna\r\n@host", "control character or broken UTF-8 at octet 13"},
    {"imaps://anna\x1b[2J@host", "control character or broken UTF-8"},
    {"imaps://anna\xff@host", "broken UTF-8"},
    {"imaps://anna smith@host", "a space"},
};

/* Each mistake is one sentence with the word that names it. */
static void
test_mistakes_are_named(void **state)
{

	(void)state;
	for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
		const char *name = mistakes[i].text;
		const struct account untouched = {.port = 7};
		struct account account = untouched;
		struct fault fault = {0};
		struct arena arena;

		arena_init(&arena, 65536);
		EXPECT(name,
		    cli_uri_decode(name, "destination", &arena, &account, &fault) == ST_SYNTAX);
		if (strstr(fault.text, mistakes[i].says) == NULL)
			fail_msg("case \"%s\" says \"%s\"", name, fault.text);
		EXPECT(name, fault.cause == CAUSE_USAGE);
		EXPECT(name, strstr(fault.text, "destination") != NULL);
		EXPECT(name, strchr(fault.text, '\n') == NULL);
		EXPECT(name, strlen(fault.text) + 1 < sizeof(fault.text));
		EXPECT(name, account.port == 7);
		arena_fini(&arena);
	}
}

/* Whatever else is wrong with it: the password is never in the sentence. */
static void
test_passwords_are_refused_and_never_shown(void **state)
{
	static const char *const cases[] = {
	    "imaps://anna:Zgeheim7@host/",
	    "imaps://anna:Zge/heim7@host/",
	    "imaps://anna:Z@ge@heim7@host/",
	    "imaps://anna:Zgeheim7@host:port/",
	    "imaps://:Zgeheim7@host/",
	    "imaps://anna%40x:Zgeheim7@host",
	    "imapss://anna:Zgeheim7@host/",
	    "imap//anna:Zgeheim7@host/",
	    "anna:Zgeheim7@host",
	    "imaps://anna:Zgeheim7",
	    "imaps://anna:Zgeheim7 x@host/",
	    "imaps://anna:Zgeheim7\n@host/",
	    "imaps://host/anna:Zgeheim7@x",
	    "imaps://anna@Zgeheim7@host",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct account account;
		struct fault fault = {0};
		struct arena arena;

		arena_init(&arena, 65536);
		EXPECT(cases[i],
		    cli_uri_decode(cases[i], "source", &arena, &account, &fault) == ST_SYNTAX);
		EXPECT(cases[i], strstr(fault.text, "Z") == NULL);
		EXPECT(cases[i], strstr(fault.text, "heim7") == NULL);
		if (i == 0)
			EXPECT(cases[i], strstr(fault.text, "--source-password-file") != NULL);
		arena_fini(&arena);
	}
}

static enum status
decode_sized(size_t user_size, size_t host_size)
{
	static char name[1024];
	struct account account;
	char text[2048];
	struct arena arena;
	enum status status;

	memset(name, 'x', sizeof(name));
	snprintf(text, sizeof(text), "imaps://%.*s@%.*s", (int)user_size, name, (int)host_size,
	    name);
	arena_init(&arena, 65536);
	status = cli_uri_decode(text, "source", &arena, &account, NULL);
	arena_fini(&arena);
	return status;
}

static void
test_long_names(void **state)
{
	(void)state;
	assert_int_equal(decode_sized(CLI_URI_USER_MAX, CLI_URI_HOST_MAX), ST_OK);
	assert_int_equal(decode_sized(CLI_URI_USER_MAX + 1, 1), ST_SYNTAX);
	assert_int_equal(decode_sized(1, CLI_URI_HOST_MAX + 1), ST_SYNTAX);
}

static void
test_no_memory_is_said(void **state)
{
	struct fault fault = {0};
	struct account account = {0};
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(
	    cli_uri_decode("imaps://a@host", "source", &arena, &account, &fault), ST_MEMORY);
	assert_null(account.host);
	arena_fini(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_right_forms),
	    cmocka_unit_test(test_mistakes_are_named),
	    cmocka_unit_test(test_passwords_are_refused_and_never_shown),
	    cmocka_unit_test(test_long_names),
	    cmocka_unit_test(test_no_memory_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
