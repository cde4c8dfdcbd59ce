/* SPDX-License-Identifier: Apache-2.0 */
#include "modelserver/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/fault.h"
#include "modelserver/profile.h"

enum {
	HEARD_SIZE_MAX = 512 * 1024 * 1024,
	TURNS_MAX = 10000000
};

void
harness_open(struct harness *harness, const char *profile, const char *script)
{
	struct fault fault = {0};

	*harness = (struct harness){0};
	buf_init(&harness->heard, HEARD_SIZE_MAX);
	assert_int_equal(model_store_new(1600000000, &harness->store), ST_OK);
	assert_int_equal(
	    model_store_add(harness->store, BYTES("anna"), BYTES("secret"), &harness->account),
	    ST_OK);
	harness->inbox = model_account_find(harness->account, BYTES("INBOX"));
	if (script != NULL &&
	    model_script_new(bytes_of_string(script), &harness->script, &fault) != ST_OK)
		fail_msg("%s", fault.text);
	harness->options = (struct model_server_options){
	    .store = harness->store,
	    .profile = model_profile_find(bytes_of_string(profile)),
	    .script = harness->script,
	};
	assert_non_null(harness->options.profile);
	harness_reconnect(harness);
}

void
harness_reconnect(struct harness *harness)
{
	model_server_free(&harness->server);
	assert_int_equal(
	    model_server_new(&harness->options, harness->now, &harness->server), ST_OK);
}

void
harness_close(struct harness *harness)
{
	model_server_free(&harness->server);
	model_script_free(&harness->script);
	model_store_free(&harness->store);
	buf_fini(&harness->heard);
}

/* All that may be said now. */
static void
listen_to(struct harness *harness)
{
	for (;;) {
		struct bytes output = model_server_output(harness->server, harness->now);
		struct tick deadline;

		if (output.size > harness->output_max)
			harness->output_max = output.size;
		if (output.size > 0) {
			assert_int_equal(buf_append(&harness->heard, output), ST_OK);
			model_server_sent(harness->server, output.size, harness->now);
			continue;
		}
		deadline = model_server_deadline(harness->server);
		if (deadline.us == INT64_MAX)
			return;
		if (tick_is_before(harness->now, deadline))
			harness->now = deadline;
	}
}

const char *
harness_say_bytes(struct harness *harness, struct bytes text)
{
	size_t turns = 0;

	buf_clear(&harness->heard);
	listen_to(harness);
	while (text.size > 0 && model_server_link(harness->server) == MODEL_LINK_OPEN) {
		size_t size = harness->piece_size == 0 ? text.size : harness->piece_size;
		size_t used;

		model_server_feed(
		    harness->server, bytes_first(text, size), harness->now, &used);
		text = bytes_skip(text, used);
		listen_to(harness);
		assert_true(turns++ < TURNS_MAX);
	}
	assert_int_equal(buf_append(&harness->heard, bytes_of("", 1)), ST_OK);
	return (const char *)buf_bytes(&harness->heard).data;
}

const char *
harness_say(struct harness *harness, const char *text)
{
	return harness_say_bytes(harness, bytes_of_string(text));
}

void
harness_log_in(struct harness *harness)
{
	assert_non_null(strstr(harness_say(harness, "l LOGIN anna secret\r\n"), "l OK"));
}
