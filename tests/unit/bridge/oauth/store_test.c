/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "bridge/oauth/file.h"
#include "bridge/oauth/json.h"
#include "bridge/oauth/store.h"

enum {
	PATH_SIZE = 256
};

struct place {
	char folder[64];
	char path[PATH_SIZE];
};

static int
make_place(void **state)
{
	struct place *place = test_malloc(sizeof(*place));

	snprintf(place->folder, sizeof(place->folder), "/tmp/godwit-store-XXXXXX");
	CHECK(mkdtemp(place->folder) != NULL);
	snprintf(place->path, sizeof(place->path), "%s/store", place->folder);
	*state = place;
	return 0;
}

static int
remove_place(void **state)
{
	struct place *place = *state;

	(void)unlink(place->path);
	/* Fails when a temporary file was left. */
	CHECK(rmdir(place->folder) == 0);
	test_free(place);
	return 0;
}

static void
write_text(const struct place *place, const char *text, mode_t mode)
{
	FILE *file = fopen(place->path, "w");

	CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
	CHECK(chmod(place->path, mode) == 0);
}

static struct oauth_store *
example(void)
{
	struct oauth_store *store = oauth_store_new();
	struct fault fault = {0};

	CHECK(store != NULL);
	CHECK(oauth_provider_open("microsoft", NULL, &store->provider, &fault) == ST_OK);
	snprintf(store->client_id, sizeof(store->client_id), "id");
	CHECK(secret_set(&store->client_secret, BYTES("s \"\\ \xc3\xa4")) == ST_OK);
	CHECK(secret_set(&store->refresh, BYTES("r")) == ST_OK);
	return store;
}

static void
test_a_store_comes_back_as_it_was(void **state)
{
	const struct place *place = *state;
	struct oauth_store *store = example();
	struct oauth_store *again = oauth_store_new();
	struct fault fault = {0};
	struct stat about;

	for (size_t i = 0; i < 3; i++) {
		if (i == 1)
			secret_wipe(&store->client_secret);
		if (i == 2) {
			memset(store->client_id, 0, sizeof(store->client_id));
			secret_wipe(&store->refresh);
			snprintf(store->account, sizeof(store->account), "a@b");
			snprintf(store->key, sizeof(store->key), "-----\nkey\n");
		}
		assert_int_equal(oauth_store_write(place->path, store, &fault), ST_OK);
		assert_int_equal(oauth_store_read(place->path, again, &fault), ST_OK);
		assert_memory_equal(store, again, sizeof(*store));
	}
	assert_true(oauth_store_is_service(again));
	assert_int_equal(stat(place->path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	oauth_store_free(&store);
	oauth_store_free(&again);
}

static void
test_the_key_that_google_gives_out(void **state)
{
	const struct place *place = *state;
	struct oauth_store *store = oauth_store_new();
	struct fault fault = {0};

	write_text(place,
	    "{\"type\":\"service_account\",\"client_email\":\"a@b\",\"private_key\":\"k\\n\","
	    "\"token_uri\":\"https://x/t\",\"private_key_id\":\"i\",\"project_id\":\"p\"}",
	    0600);
	assert_int_equal(oauth_store_read(place->path, store, &fault), ST_OK);
	assert_string_equal(store->provider.token_url, "https://x/t");
	assert_string_equal(store->provider.scope, "https://mail.google.com/");
	assert_string_equal(store->key, "k\n");
	assert_string_equal(store->key_id, "i");
	oauth_store_free(&store);
}

static void
test_files_that_are_none(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		const char *said;
	} cases[] = {
	    {"{}", 0640, "chmod 600"},
	    {"{}", 0604, "chmod 600"},
	    {"", 0600, "no JSON object"},
	    {"[]", 0600, "no JSON object"},
	    {"{}", 0600, "neither a file of godwit-token login"},
	    {"{\"form\":\"godwit-token 2\"}", 0600, "neither a file of godwit-token login"},
	    {"{\"form\":\"godwit-token 1\"}", 0600, "no \"provider\""},
	    {"{\"form\":\"godwit-token 1\",\"provider\":{}}", 0600, "no \"token_endpoint\""},
	    {"{\"form\":\"godwit-token 1\",\"provider\":{\"token_endpoint\":\"https://x/\"}}",
		0600, "lacks its \"client_id\""},
	    {"{\"form\":\"godwit-token 1\",\"provider\":{\"token_endpoint\":\"https://x/\"},"
	     "\"client_id\":\"i\"}",
		0600, "no \"refresh_token\""},
	    {"{\"form\":\"godwit-token 1\",\"provider\":{\"token_endpoint\":\"https://x/\"},"
	     "\"service_account\":{}}",
		0600, "lacks its \"client_email\""},
	    {"{\"type\":\"service_account\",\"client_email\":\"a\"}", 0600, "\"private_key\""},
	    {"{\"type\":\"service_account\",\"token_uri\":\"http://x/\"}", 0600,
		"must begin with https://"},
	};
	const struct place *place = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct oauth_store *store = oauth_store_new();
		struct fault fault = {0};

		write_text(place, cases[i].text, cases[i].mode);
		if (oauth_store_read(place->path, store, &fault) == ST_OK ||
		    strstr(fault.text, cases[i].said) == NULL)
			fail_msg("%s: %s", cases[i].text, fault.text);
		assert_int_equal(fault.cause, CAUSE_USAGE);
		oauth_store_free(&store);
		(void)unlink(place->path);
	}
}

static void
test_a_lock_follows_the_file(void **state)
{
	const struct place *place = *state;
	struct oauth_store *store = example();
	struct fault fault = {0};
	int first = -1;
	int second = -1;

	assert_int_equal(oauth_file_lock(place->path, &first, &fault), ST_IO);
	fault = (struct fault){0};
	assert_int_equal(oauth_store_write(place->path, store, &fault), ST_OK);
	assert_int_equal(oauth_file_lock(place->path, &first, &fault), ST_OK);
	assert_int_equal(oauth_store_write(place->path, store, &fault), ST_OK);
	/* The one that is held is of a file that has no name any more. */
	assert_int_equal(oauth_file_lock(place->path, &second, &fault), ST_OK);
	close(first);
	close(second);
	oauth_store_free(&store);
}

static void
test_a_folder_that_takes_no_file(void **state)
{
	struct oauth_store *store = example();
	struct fault fault = {0};

	(void)state;
	assert_int_equal(oauth_store_write("/nonexistent/store", store, &fault), ST_IO);
	assert_non_null(strstr(fault.text, "Cannot write /nonexistent/store: No such"));
	oauth_store_free(&store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_a_store_comes_back_as_it_was, make_place, remove_place),
	    cmocka_unit_test_setup_teardown(
		test_the_key_that_google_gives_out, make_place, remove_place),
	    cmocka_unit_test_setup_teardown(test_files_that_are_none, make_place, remove_place),
	    cmocka_unit_test_setup_teardown(
		test_a_lock_follows_the_file, make_place, remove_place),
	    cmocka_unit_test(test_a_folder_that_takes_no_file),
	};

	oauth_json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
