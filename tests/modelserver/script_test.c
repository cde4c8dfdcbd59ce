/* SPDX-License-Identifier: Apache-2.0
 *
 * Scripted misbehaviour: each action does what its name says, and every script file is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "modelserver/content.h"
#include "modelserver/harness.h"

static const char *scripts_path;

static const struct misbehaviour {
	const char *name;
	const char *script;
	const char *said; /* after the log-in; one message is in INBOX */
	const char *heard;
	const char *not_heard;
	enum model_link link;
	size_t messages; /* in INBOX at the end */
} misbehaviours[] = {
    {"reply in place of the command", "on command CREATE do reply \"%T NO never\"",
	"a CREATE x\r\nb LIST \"\" x\r\n", "a NO never\r\nb OK", "* LIST", MODEL_LINK_OPEN, 1},
    {"say before it is executed", "on command NOOP do say \"* OK hm\"", "a NOOP\r\n",
	"* OK hm\r\na OK", NULL, MODEL_LINK_OPEN, 1},
    {"say behind it", "on done NOOP do say \"* OK hm\"", "a NOOP\r\n",
	"a OK Completed.\r\n* OK hm\r\n", NULL, MODEL_LINK_OPEN, 1},
    {"only the second time", "on command NOOP 2 do say \"* OK hm\"",
	"a NOOP\r\nb NOOP\r\nc NOOP\r\n",
	"a OK Completed.\r\n* OK hm\r\nb OK Completed.\r\nc OK", NULL, MODEL_LINK_OPEN, 1},
    {"every second time", "on command NOOP %2 do reply \"%T BAD\"",
	"a NOOP\r\nb NOOP\r\nc NOOP\r\nd NOOP\r\n",
	"a OK Completed.\r\nb BAD\r\nc OK Completed.\r\nd BAD", NULL, MODEL_LINK_OPEN, 1},
    {"the next tag", "on done NOOP do say \"%U OK early\"", "a9 NOOP\r\n",
	"a9 OK Completed.\r\na10 OK early\r\n", NULL, MODEL_LINK_OPEN, 1},
    {"drop", "on command NOOP do say \"* BYE\" then drop", "a NOOP\r\nb NOOP\r\n", "* BYE\r\n",
	"OK", MODEL_LINK_DROP, 1},
    {"rst", "on command NOOP do rst", "a NOOP\r\n", "", "OK", MODEL_LINK_RESET, 1},
    {"half-open", "on command NOOP do half-open", "a NOOP\r\n", "", "OK", MODEL_LINK_HALF_OPEN,
	1},
    {"swallow", "on command NOOP do swallow", "a NOOP\r\nb CHECK\r\n", "b BAD", "a ",
	MODEL_LINK_OPEN, 1},
    {"flood", "on command NOOP do flood 1000 \"* %N EXISTS\"", "a NOOP\r\n",
	"* 999 EXISTS\r\n* 1000 EXISTS\r\na OK", NULL, MODEL_LINK_OPEN, 1},
    {"other capabilities", "on command NOOP do swap-capabilities \"IMAP4rev1 X\"",
	"a NOOP\r\nb CAPABILITY\r\n", "* CAPABILITY IMAP4rev1 X\r\n", NULL, MODEL_LINK_OPEN, 1},
    {"a capability less", "set without MULTIAPPEND", "a APPEND INBOX {1+}\r\nx {1+}\r\ny\r\n",
	"a BAD", NULL, MODEL_LINK_OPEN, 1},
    {"close after octets", "on command NOOP do close-after 5", "a NOOP\r\n", "a OK ", "a OK C",
	MODEL_LINK_DROP, 1},
    {"commit, then close", "on append-complete do commit-then-close",
	"a APPEND INBOX {1+}\r\nx\r\n", "", "a ", MODEL_LINK_DROP, 2},
    {"commit without answer", "on append-complete do commit-without-answer",
	"a APPEND INBOX {1+}\r\nx\r\nb NOOP\r\n", "b OK", "a ", MODEL_LINK_OPEN, 2},
    {"answer without commit", "on append-complete do answer-without-commit",
	"a APPEND INBOX {1+}\r\nx\r\n", "a OK [APPENDUID 1000001 2]", NULL, MODEL_LINK_OPEN, 1},
    {"UIDs that are not", "on append-complete do appenduid-add 7",
	"a APPEND INBOX {1+}\r\nx\r\n", "a OK [APPENDUID 1000001 9]", NULL, MODEL_LINK_OPEN, 2},
    {"into another folder", "on append-complete do deliver-to Sorted",
	"a APPEND INBOX {1+}\r\nx\r\nb SELECT Sorted\r\n", "* 1 EXISTS", "a NO",
	MODEL_LINK_OPEN, 1},
    {"equal ones are one", "set merges-equal on",
	"a APPEND INBOX {1+}\r\nx {4+}\r\nbody {1+}\r\nx\r\n", "a OK [APPENDUID 1000001 2,1,2]",
	NULL, MODEL_LINK_OPEN, 2},
    {"other ones are not", "set merges-equal on", "a APPEND INBOX {4+}\r\nBODY\r\n",
	"a OK [APPENDUID 1000001 2]", NULL, MODEL_LINK_OPEN, 2},
    {"a commit that has not come", "on append-complete do commit-late 5000",
	"a APPEND INBOX {1+}\r\nx\r\nb NOOP\r\n", "a OK [APPENDUID 1000001 2]", "EXISTS",
	MODEL_LINK_OPEN, 1},
    {"a part of a group", "on append-complete do commit-first 1",
	"a APPEND INBOX {1+}\r\nx {1+}\r\ny\r\n", "a NO [LIMIT]", NULL, MODEL_LINK_OPEN, 2},
    {"commit at the last literal octet", "set commit-at literal-end",
	"a APPEND INBOX {1+}\r\nx", "", "a ", MODEL_LINK_OPEN, 2},
    {"without it the CRLF counts", "# nothing", "a APPEND INBOX {1+}\r\nx", "", "a ",
	MODEL_LINK_OPEN, 1},
    {"cut inside a literal", "on literal-octet 3 do drop", "a APPEND INBOX {5+}\r\nhello\r\n",
	"", "a ", MODEL_LINK_DROP, 1},
    {"refusal of an APPEND swallows its octets", "on command APPEND do reply \"%T NO\"",
	"a APPEND INBOX {11+}\r\nk1 CREATE x\r\nb NOOP\r\n", "a NO\r\nb OK", "k1",
	MODEL_LINK_OPEN, 1},
    {"refusal by content", "set refuse text \"no viruses\" EICAR",
	"a APPEND INBOX {9+}\r\nxxEICARxx\r\n", "a NO no viruses", NULL, MODEL_LINK_OPEN, 1},
    {"refusal by size", "set refuse size \"[TOOBIG] big\" 3",
	"a APPEND INBOX {4+}\r\nabcd\r\nb APPEND INBOX {3+}\r\nabc\r\n",
	"a NO [TOOBIG] big\r\nb OK", NULL, MODEL_LINK_OPEN, 2},
    {"quota", "on command NOOP do quota 10",
	"a NOOP\r\nb APPEND INBOX {4+}\r\nabcd\r\nc APPEND INBOX {6+}\r\nabcdef\r\n",
	"c NO [OVERQUOTA]", "b NO", MODEL_LINK_OPEN, 2},
    {"literals too long", "on fetch-body any do literal-add -2",
	"a EXAMINE INBOX\r\nb UID FETCH 1 BODY.PEEK[]\r\n", "BODY[] {2}\r\nbody)\r\nb OK", NULL,
	MODEL_LINK_OPEN, 1},
    {"literals that are cut and announced so", "on fetch-body 1 do literal-cut 0",
	"a EXAMINE INBOX\r\nb UID FETCH 1 BODY.PEEK[]\r\n", "BODY[] {0}\r\n)\r\nb OK", "body",
	MODEL_LINK_OPEN, 1},
    {"literal heads that are none",
	"on fetch-body 1 do literal-head \"{-1}\" then literal-cut 1",
	"a EXAMINE INBOX\r\nb UID FETCH 1 BODY.PEEK[]\r\n", "BODY[] {-1}\r\nb)\r\n", NULL,
	MODEL_LINK_OPEN, 1},
    {"silence behind a body", "on body-sent any do half-open",
	"a EXAMINE INBOX\r\nb UID FETCH 1 BODY.PEEK[]\r\n", "", "b OK", MODEL_LINK_HALF_OPEN,
	1},
    {"another UIDVALIDITY", "on command NOOP do uidvalidity 5",
	"a SELECT INBOX\r\nb NOOP\r\nc SELECT INBOX\r\n", "[UIDVALIDITY 1000006]", NULL,
	MODEL_LINK_OPEN, 1},
    {"a message vanishes", "on command NOOP do expunge 1", "a SELECT INBOX\r\nb NOOP\r\n",
	"* 1 EXPUNGE\r\nb OK", NULL, MODEL_LINK_OPEN, 0},
    {"a literal is swallowed by order", "set bad-literal swallow",
	"a APPEND INBOX (\\Bad) {13+}\r\nk1 CREATE x\r\n\r\nb NOOP\r\n", "a BAD", "k1",
	MODEL_LINK_OPEN, 1},
};

static void
test_each_action_does_what_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(misbehaviours) / sizeof(misbehaviours[0]); i++) {
		const struct misbehaviour *each = &misbehaviours[i];
		struct harness harness;
		struct fault fault = {0};
		const char *heard;

		harness_open(&harness, "dovecot", each->script);
		assert_int_equal(
		    model_content_load(BYTES("message text=body\n"), harness.store, &fault),
		    ST_OK);
		harness_log_in(&harness);
		heard = harness_say(&harness, each->said);
		if (strstr(heard, each->heard) == NULL)
			fail_msg("%s: heard %s", each->name, heard);
		if (each->not_heard != NULL && strstr(heard, each->not_heard) != NULL)
			fail_msg("%s: must not hear %s", each->name, heard);
		if (model_server_link(harness.server) != each->link)
			fail_msg("%s: the link is in another state", each->name);
		if (harness.inbox->count != each->messages)
			fail_msg("%s: %zu messages", each->name, harness.inbox->count);
		harness_close(&harness);
	}
}

static void
test_occurrences_count_over_reconnections(void **state)
{
	struct harness harness;

	(void)state;
	harness_open(&harness, "dovecot", "on greeting 2 do reply \"* BYE full\" then drop\n");
	assert_non_null(strstr(harness_say(&harness, ""), "* OK"));
	harness_reconnect(&harness);
	assert_string_equal(harness_say(&harness, ""), "* BYE full\r\n");
	harness_reconnect(&harness);
	assert_non_null(strstr(harness_say(&harness, ""), "* OK"));
	harness_close(&harness);
}

static void
test_sleep_and_drip_take_their_time(void **state)
{
	struct harness harness;
	int64_t start;

	(void)state;
	harness_open(&harness, "dovecot",
	    "on command NOOP 1 do sleep 1500\non command NOOP 2 do drip 10\n");
	harness_log_in(&harness);
	start = harness.now.us;
	assert_non_null(strstr(harness_say(&harness, "a NOOP\r\n"), "a OK"));
	assert_int_equal(harness.now.us - start, 1500000);
	start = harness.now.us;
	/* 17 octets at 10 a second: the first goes at once. */
	assert_string_equal(harness_say(&harness, "b NOOP\r\n"), "b OK Completed.\r\n");
	assert_in_range(harness.now.us - start, 1600000, 1700000);
	harness_close(&harness);
}

static void
test_what_came_before_the_end_is_still_executed(void **state)
{
	struct harness harness;
	size_t used;

	(void)state;
	harness_open(&harness, "dovecot", "on append-complete do sleep 10000\n");
	harness_log_in(&harness);
	model_server_feed(
	    harness.server, BYTES("a APPEND INBOX {1+}\r\nx\r\n"), harness.now, &used);
	model_server_eof(harness.server, harness.now);
	assert_int_equal(harness.inbox->count, 0);
	(void)harness_say(&harness, "");
	assert_int_equal(harness.inbox->count, 1);
	assert_int_equal(model_server_link(harness.server), MODEL_LINK_SHUT);
	harness_close(&harness);
}

/* A second session sees the message when its time has come, and not a moment before. */
static void
test_a_late_commit_comes_when_its_client_has_gone(void **state)
{
	struct harness harness;

	(void)state;
	harness_open(&harness, "dovecot",
	    "on append-complete 1 do commit-late 60000 then drop\n"
	    "on append-complete 2 do commit-late 1000\n");
	harness_log_in(&harness);
	assert_string_equal(
	    harness_say(&harness, "a APPEND INBOX (\\Seen key) {1+}\r\nx\r\n"), "");
	assert_int_equal(model_server_link(harness.server), MODEL_LINK_DROP);
	harness_reconnect(&harness);
	harness_log_in(&harness);
	assert_non_null(strstr(harness_say(&harness, "b APPEND INBOX {1+}\r\ny\r\n"), "b OK"));
	harness.now = tick_after(harness.now, 59999999);
	assert_non_null(strstr(harness_say(&harness, "c SELECT INBOX\r\n"), "* 1 EXISTS"));
	harness.now = tick_after(harness.now, 1);
	assert_non_null(strstr(harness_say(&harness, "d NOOP\r\n"), "* 2 EXISTS"));
	/* Later is behind: UIDs are given when it is stored. */
	assert_non_null(strstr(
	    harness_say(&harness, "e UID FETCH 2 (FLAGS BODY.PEEK[])\r\n"), "BODY[] {1}\r\nx"));
	assert_non_null(strstr(harness_say(&harness, "f UID FETCH 2 FLAGS\r\n"), "\\Seen key"));
	harness_close(&harness);
}

/* What is not due when the store is freed was never stored, and is given back. */
static void
test_a_late_commit_may_never_come(void **state)
{
	struct harness harness;

	(void)state;
	harness_open(&harness, "dovecot", "on append-complete do commit-late 60000\n");
	harness_log_in(&harness);
	(void)harness_say(&harness, "a APPEND INBOX {1+}\r\nx\r\n");
	assert_int_equal(harness.inbox->count, 0);
	harness_close(&harness);
}

static void
test_starttls_forgets_what_came_in_clear(void **state)
{
	struct harness harness;
	const char *heard;

	(void)state;
	harness_open(&harness, "dovecot", "on done STARTTLS do say \"* OK injected\"\n");
	harness.options.offers_starttls = true;
	harness_reconnect(&harness);
	heard = harness_say(&harness, "a STARTTLS\r\nb NOOP\r\n");
	assert_non_null(strstr(heard, "a OK Begin TLS negotiation now.\r\n* OK injected\r\n"));
	assert_null(strstr(heard, "b "));
	assert_int_equal(model_server_link(harness.server), MODEL_LINK_TLS);
	model_server_tls_started(harness.server, harness.now);
	heard = harness_say(&harness, "c CAPABILITY\r\n");
	assert_null(strstr(heard, "b "));
	assert_null(strstr(heard, "STARTTLS"));
	assert_non_null(strstr(heard, "c OK"));
	harness_close(&harness);
}

static void
test_nonsense_is_refused_with_its_line(void **state)
{
	static const char *const wrong[] = {
	    "on",
	    "on nothing do drop",
	    "on greeting drop",
	    "on greeting do",
	    "on greeting do frob",
	    "on greeting do say",
	    "on greeting do sleep soon",
	    "on greeting do drop drop",
	    "on command NOOP x do drop",
	    "set",
	    "set without FROB",
	    "set refuse size \"no\" many",
	    "say \"x\"",
	    "on greeting do say \"unended",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct model_script *script = NULL;
		struct fault fault = {0};
		char text[200];

		(void)snprintf(text, sizeof(text), "# one\n%s\n", wrong[i]);
		if (model_script_new(bytes_of_string(text), &script, &fault) == ST_OK)
			fail_msg("%s", wrong[i]);
		assert_non_null(strstr(fault.text, "line 2"));
	}
}

static void
read_one(const char *name)
{
	static char text[1024 * 1024];
	char path[1024];
	struct model_script *script = NULL;
	struct model_store *store = NULL;
	struct model_account *account;
	struct fault fault = {0};
	struct bytes content = {(const uint8_t *)text, 0};
	enum status status;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", scripts_path, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	content.size = fread(text, 1, sizeof(text), file);
	(void)fclose(file);
	assert_int_equal(model_store_new(0, &store), ST_OK);
	assert_int_equal(
	    model_store_add(store, BYTES("anna"), BYTES("secret"), &account), ST_OK);
	if (strstr(name, ".script") != NULL)
		status = model_script_new(content, &script, &fault);
	else
		status = model_content_load(content, store, &fault);
	if (status != ST_OK)
		fail_msg("%s: %s", name, fault.text);
	model_script_free(&script);
	model_store_free(&store);
}

static void
test_every_file_of_scripts_is_read(void **state)
{
	DIR *folder = opendir(scripts_path);
	const struct dirent *entry;
	int count = 0;

	(void)state;
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		read_one(entry->d_name);
		count++;
	}
	(void)closedir(folder);
	assert_true(count > 40);
}

int
main(int count, char **words)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_action_does_what_it_says),
	    cmocka_unit_test(test_occurrences_count_over_reconnections),
	    cmocka_unit_test(test_sleep_and_drip_take_their_time),
	    cmocka_unit_test(test_what_came_before_the_end_is_still_executed),
	    cmocka_unit_test(test_a_late_commit_comes_when_its_client_has_gone),
	    cmocka_unit_test(test_a_late_commit_may_never_come),
	    cmocka_unit_test(test_starttls_forgets_what_came_in_clear),
	    cmocka_unit_test(test_nonsense_is_refused_with_its_line),
	    cmocka_unit_test(test_every_file_of_scripts_is_read),
	};

	if (count != 2)
		return 1;
	scripts_path = words[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
