/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "mail/account.h"

static void
test_names_by_syntax(void **state)
{
	static const struct {
		const char *word, *master;
		struct bytes user, authorize, proxy;
	} cases[] = {
	    {"authzid", "admin", TEXT("admin"), TEXT("anna@x"), TEXT("")},
	    {"user*master", "admin", TEXT("anna@x*admin"), TEXT(""), TEXT("")},
	    {"user%master", "admin", TEXT("anna@x%admin"), TEXT(""), TEXT("")},
	    {"user/master", "admin", TEXT("anna@x/admin"), TEXT(""), TEXT("")},
	    {"master\\user", "DOM\\admin", TEXT("DOM\\admin\\anna@x"), TEXT(""), TEXT("")},
	    {"MASTER\\USER", "admin@dom", TEXT("admin@dom\\anna@x"), TEXT(""), TEXT("")},
	    {"proxyauth", "admin", TEXT("admin"), TEXT(""), TEXT("anna@x")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct account_login login = {.master = cases[i].master};
		struct account account = {.user = "anna@x", .login = &login};
		struct account_names names = {0};
		struct buf room;

		buf_init(&room, 100);
		login.as = account_syntax_find(bytes_of_string(cases[i].word));
		EXPECT(cases[i].word, login.as != ACCOUNT_AS_COUNT);
		EXPECT(cases[i].word, account_names_make(&account, &room, &names) == ST_OK);
		EXPECT(cases[i].word, bytes_equal(names.user, cases[i].user));
		EXPECT(cases[i].word, bytes_equal(names.authorize, cases[i].authorize));
		EXPECT(cases[i].word, bytes_equal(names.proxy, cases[i].proxy));
		buf_fini(&room);
	}
}

static void
test_without_a_master(void **state)
{
	struct account_login login = {.as = ACCOUNT_AS_STAR};
	struct account account = {.user = "anna"};
	struct account_names names = {0};
	struct buf room;

	(void)state;
	buf_init(&room, 10);
	assert_int_equal(account_names_make(&account, &room, &names), ST_OK);
	assert_true(bytes_equal(names.user, BYTES("anna")));
	account.login = &login;
	assert_int_equal(account_names_make(&account, &room, &names), ST_OK);
	assert_true(bytes_equal(names.user, BYTES("anna")) && names.authorize.size == 0);
	/* Too long: nothing is left behind. */
	login.master = "administrator";
	assert_int_equal(account_names_make(&account, &room, &names), ST_LIMIT);
	assert_int_equal(room.size, 0);
	buf_fini(&room);
}

static void
test_what_is_no_syntax(void **state)
{
	(void)state;
	assert_int_equal(account_syntax_find(BYTES("master*user")), ACCOUNT_AS_COUNT);
	assert_int_equal(account_syntax_find(BYTES("")), ACCOUNT_AS_COUNT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names_by_syntax),
	    cmocka_unit_test(test_without_a_master),
	    cmocka_unit_test(test_what_is_no_syntax),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
