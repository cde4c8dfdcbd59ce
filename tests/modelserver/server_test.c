/* SPDX-License-Identifier: Apache-2.0
 *
 * The well-behaved server: dialogues, each played whole and octet by octet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/prng.h"
#include "modelserver/content.h"
#include "modelserver/harness.h"
#include "modelserver/profile.h"
#include "modelserver/snapshot.h"

static const struct dialogue {
	const char *name;
	const char *profile;
	const char *said;
	const char *heard; /* must be in the answer */
	const char *not_heard;
} dialogues[] = {
    {"wrong password", "dovecot", "a LOGIN anna wrong\r\n", "a NO [AUTHENTICATIONFAILED]",
	"a OK"},
    {"log-in by quoted strings", "dovecot", "a LOGIN \"anna\" \"secret\"\r\n", "a OK", NULL},
    {"log-in by literals", "dovecot", "a LOGIN {4+}\r\nanna {6+}\r\nsecret\r\n", "a OK", NULL},
    {"log-in by synchronising literals", "courier", "a LOGIN {4}\r\nanna {6}\r\nsecret\r\n",
	"+ OK\r\n+ OK\r\na OK", NULL},
    {"PLAIN with initial response", "dovecot", "a AUTHENTICATE PLAIN AGFubmEAc2VjcmV0\r\n",
	"a OK [CAPABILITY IMAP4rev1", NULL},
    {"PLAIN with continuation", "courier", "a AUTHENTICATE PLAIN\r\nAGFubmEAc2VjcmV0\r\n",
	"+ \r\na OK", NULL},
    {"PLAIN that is canceled", "dovecot", "a AUTHENTICATE PLAIN\r\n*\r\n", "a BAD", "a OK"},
    {"PLAIN without SASL-IR", "courier", "a AUTHENTICATE PLAIN AGFubmEAc2VjcmV0\r\n", "a BAD",
	"a OK"},
    {"a command before the log-in", "dovecot", "a LIST \"\" *\r\n", "a BAD", "* LIST"},
    {"an unknown command", "dovecot", "a FROB\r\n", "a BAD", "a OK"},
    {"a line without a tag", "dovecot", "\r\nb NOOP\r\n", "* BAD", NULL},
    {"STARTTLS that is not offered", "dovecot", "a STARTTLS\r\n", "a BAD", "a OK"},
    {"non-synchronising literal where there are none", "minimal",
	"a LOGIN {4+}\r\nanna secret\r\n", "a BAD", "a OK"},
    {NULL, NULL, NULL, NULL, NULL},
};

static const struct dialogue logged_in[] = {
    {"LIST of a folder made", "dovecot", "a CREATE x/y\r\nb LIST \"\" \"*\"\r\n",
	"* LIST (\\HasNoChildren) \"/\" \"INBOX\"\r\n"
	"* LIST (\\Noselect \\HasChildren) \"/\" \"x\"\r\n"
	"* LIST (\\HasNoChildren) \"/\" \"x/y\"\r\nb OK",
	NULL},
    {"% stops at the delimiter", "dovecot", "a CREATE x/y\r\nb LIST \"\" \"%\"\r\n",
	"\"x\"\r\nb OK", "x/y"},
    {"% between stars", "dovecot", "a CREATE a/b/c\r\nb LIST \"\" \"%/b*c\"\r\n", "a/b/c\"",
	"INBOX"},
    {"LIST with an empty pattern", "dovecot", "a LIST \"\" \"\"\r\n",
	"* LIST (\\Noselect) \"/\" \"\"", NULL},
    {"names with quotes and backslashes", "dovecot",
	"a CREATE \"q\\\"b\\\\\"\r\nb LIST \"\" \"q*\"\r\n", "\"q\\\"b\\\\\"\r\n", NULL},
    {"a name twice", "dovecot", "a CREATE x\r\nb CREATE x\r\n", "b NO [ALREADYEXISTS]", NULL},
    {"RENAME takes what is below", "dovecot",
	"a CREATE x\r\na CREATE x/y\r\nb RENAME x z\r\nc LIST \"\" \"*\"\r\n",
	"\"z\"\r\n* LIST (\\HasNoChildren) \"/\" \"z/y\"\r\nc OK", "\"x"},
    {"RENAME into itself", "dovecot", "a CREATE x\r\nb RENAME x x/y\r\n", "b NO", NULL},
    {"RENAME onto a folder below", "dovecot",
	"a CREATE x/y\r\nb CREATE z/y\r\nc CREATE x\r\nd RENAME x z\r\n", "d NO", NULL},
    {"INBOX in any case", "dovecot", "a STATUS inbox (MESSAGES)\r\n",
	"* STATUS \"INBOX\" (MESSAGES 0)", NULL},
    {"8-bit name", "dovecot", "a CREATE \"\xc3\xa4\"\r\n", "a NO [CANNOT]", NULL},
    {"a name outside INBOX", "courier", "a CREATE x\r\n", "a NO", NULL},
    {"a name below INBOX", "courier", "a CREATE INBOX.x\r\n", "a OK", NULL},
    {"CREATE with USE", "dovecot",
	"a CREATE Sent (USE (\\Sent))\r\nb LIST (SPECIAL-USE) \"\" \"*\"\r\n",
	"* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent\"\r\nb OK", "INBOX"},
    {"LIST RETURN STATUS", "dovecot",
	"a LIST \"\" \"*\" RETURN (SUBSCRIBED STATUS (MESSAGES UIDNEXT))\r\n",
	"* STATUS \"INBOX\" (MESSAGES 0 UIDNEXT 1)\r\na OK", NULL},
    {"RETURN where there is no LIST-EXTENDED", "minimal",
	"a LIST \"\" \"*\" RETURN (SUBSCRIBED)\r\n", "a BAD", NULL},
    {"subscribed but gone", "dovecot",
	"a SUBSCRIBE gone\r\nb LSUB \"\" \"*\"\r\nc LIST \"\" \"*\"\r\n",
	"* LSUB (\\NonExistent \\HasNoChildren) \"/\" \"gone\"\r\nb OK", NULL},
    {"APPEND and its UID", "dovecot", "a APPEND INBOX {1+}\r\nx\r\n",
	"a OK [APPENDUID 1000001 1]", NULL},
    {"APPEND with a synchronising literal", "minimal", "a APPEND INBOX {1}\r\nx\r\n",
	"+ OK\r\na OK", "APPENDUID"},
    {"MULTIAPPEND", "dovecot",
	"a APPEND INBOX (\\Seen) {1+}\r\nx (k) \"01-Jan-2020 00:00:00 +0000\" {2+}\r\nyy\r\n",
	"a OK [APPENDUID 1000001 1:2]", NULL},
    {"MULTIAPPEND where there is none", "courier", "a APPEND INBOX {1}\r\nx {1}\r\nb NOOP\r\n",
	"a NO", NULL},
    {"one refused, none stored", "dovecot",
	"a APPEND INBOX {1+}\r\nx {0+}\r\n\r\nb STATUS INBOX (MESSAGES)\r\n",
	"a NO Can't save a zero byte message\r\n* STATUS \"INBOX\" (MESSAGES 0)", NULL},
    {"APPEND to nowhere swallows the body", "dovecot",
	"a APPEND no {11+}\r\nk1 CREATE x\r\nb NOOP\r\n", "a NO [TRYCREATE]", "k1"},
    {"no continuation to nowhere", "minimal", "a APPEND no {10}\r\n", "a NO [TRYCREATE]",
	"+ OK"},
    {"dates that no month has", "dovecot",
	"a APPEND INBOX \"30-Feb-2020 00:00:00 +0000\" {1}\r\n", "a BAD", "+ OK"},
    {"a keyword too long", "minimal",
	"a APPEND INBOX "
	"(k123456789012345678901234567890123456789012345678901234567890123456789) {1}\r\n",
	"a NO [CANNOT]", "+ OK"},
    {"a folder's name as a literal", "dovecot",
	"a APPEND {5+}\r\nINBOX {2+}\r\nab\r\nb NOOP\r\n", "a OK [APPENDUID 1000001 1]", NULL},
    {"FETCH names what it gives", "dovecot",
	"a APPEND INBOX (\\Flagged k) \"05-Nov-2020 10:00:00 +0100\" {16+}\r\n"
	"A: b\r\nC: d\r\n\r\nxy\r\nb EXAMINE INBOX\r\n"
	"c UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])\r\n",
	"* 1 FETCH (UID 1 FLAGS (\\Flagged k) INTERNALDATE \"05-Nov-2020 09:00:00 +0000\" "
	"RFC822.SIZE 16 BODY[] {16}\r\nA: b\r\nC: d\r\n\r\nxy)\r\nc OK",
	NULL},
    {"HEADER.FIELDS", "dovecot",
	"a APPEND INBOX {20+}\r\nA: b\r\n c\r\nD: e\r\n\r\nx\r\nb EXAMINE INBOX\r\n"
	"c UID FETCH 1 (BODY.PEEK[HEADER.FIELDS (a x)])\r\n",
	"BODY[HEADER.FIELDS (a x)] {12}\r\nA: b\r\n c\r\n\r\n)", NULL},
    {"two sections in one FETCH", "dovecot",
	"a APPEND INBOX {9+}\r\nA: b\r\n\r\nx\r\nb EXAMINE INBOX\r\n"
	"c UID FETCH 1 (BODY.PEEK[HEADER] BODY.PEEK[TEXT])\r\n",
	"(UID 1 BODY[HEADER] {8}\r\nA: b\r\n\r\n BODY[TEXT] {1}\r\nx)\r\nc OK", NULL},
    {"PEEK leaves \\Seen alone", "dovecot",
	"a APPEND INBOX {1+}\r\nx\r\nb SELECT INBOX\r\nc UID FETCH 1 BODY.PEEK[]\r\n"
	"d UID FETCH 1 FLAGS\r\n",
	"FLAGS ()", "\\Seen)"},
    {"BODY[] sets \\Seen, and says so", "dovecot",
	"a APPEND INBOX {1+}\r\nx\r\nb SELECT INBOX\r\nc UID FETCH 1 BODY[]\r\n",
	"BODY[] {1}\r\nx FLAGS (\\Seen))\r\nc OK", NULL},
    {"BODY[] after EXAMINE does not", "dovecot",
	"a APPEND INBOX {1+}\r\nx\r\nb EXAMINE INBOX\r\nc UID FETCH 1 (BODY[] FLAGS)\r\n",
	"FLAGS ())\r\nc OK", "\\Seen))"},
    {"STORE in both directions", "dovecot",
	"a APPEND INBOX {1+}\r\nx\r\nb SELECT INBOX\r\nc UID STORE 1 +FLAGS (\\Seen k1 k2)\r\n"
	"d UID STORE 1 -FLAGS (K1)\r\n",
	"FLAGS (\\Seen k2))\r\nd OK", NULL},
    {"STORE is refused after EXAMINE", "dovecot",
	"a APPEND INBOX {1+}\r\nx\r\nb EXAMINE INBOX\r\nc UID STORE 1 +FLAGS (\\Seen)\r\n",
	"c NO [READ-ONLY]", NULL},
    {"UID EXPUNGE spares others", "dovecot",
	"a APPEND INBOX (\\Deleted) {1+}\r\nx (\\Deleted) {1+}\r\ny\r\nb SELECT INBOX\r\n"
	"c UID EXPUNGE 2\r\nd UID SEARCH ALL\r\n",
	"* 2 EXPUNGE\r\nc OK Expunge completed.\r\n* SEARCH 1\r\nd OK", "* 1 EXPUNGE"},
    {"UID MOVE", "dovecot",
	"a CREATE x\r\nb APPEND INBOX (k) {1+}\r\nx\r\nc SELECT INBOX\r\nd UID MOVE 1 x\r\n",
	"* OK [COPYUID 1000002 1 1] Copied.\r\n* 1 EXPUNGE\r\nd OK", NULL},
    {"a session sees its own APPEND", "dovecot",
	"a SELECT INBOX\r\nb APPEND INBOX {1+}\r\nx\r\n", "* 1 EXISTS\r\n* 0 RECENT\r\nb OK",
	NULL},
    {"CHANGEDSINCE", "dovecot",
	"a APPEND INBOX {1+}\r\nx {1+}\r\ny\r\nb SELECT INBOX\r\n"
	"c UID STORE 1 +FLAGS.SILENT (\\Seen)\r\n"
	"d UID FETCH 1:* (FLAGS) (CHANGEDSINCE 4)\r\n",
	"* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (5))\r\nd OK", "* 2 FETCH"},
    {"bare LF and CR CR LF become what Dovecot makes of them", "dovecot",
	"a APPEND INBOX {4+}\r\nx\ny\r\r\nb EXAMINE INBOX\r\nc UID FETCH 1 BODY.PEEK[]\r\n",
	"BODY[] {5}\r\nx\r\ny\r)", NULL},
    {"Cyrus takes no bare LF", "cyrus", "a APPEND INBOX {7+}\r\na: b\nx\n\r\n",
	"a NO Message contains bare newlines", NULL},
    {"Cyrus takes no bad header", "cyrus", "a APPEND INBOX {7+}\r\nab\r\n\r\nx\r\n",
	"a NO Message contains invalid header", NULL},
    {"Courier adds a last line end", "courier",
	"a APPEND INBOX {5}\r\na: b\r\r\nb SELECT INBOX\r\nc UID FETCH 1 BODY.PEEK[]\r\n",
	"BODY[] {6}\r\na: b\r\n)", NULL},
    {"Courier stores what it refuses behind the literal", "courier",
	"a APPEND INBOX {1}\r\nx x\r\nb STATUS INBOX (MESSAGES)\r\n",
	"a NO Error in IMAP command received by server.\r\n* STATUS \"INBOX\" (MESSAGES 1)",
	NULL},
    {"Dovecot does not", "dovecot",
	"a APPEND INBOX {1}\r\nx x\r\nb STATUS INBOX (MESSAGES)\r\n",
	"* STATUS \"INBOX\" (MESSAGES 0)", "a OK"},
    {"numbers beyond 32 bits", "dovecot", "a SELECT INBOX\r\nb UID FETCH 4294967296 FLAGS\r\n",
	"b BAD", NULL},
    {"UID 0", "dovecot", "a SELECT INBOX\r\nb UID FETCH 0 FLAGS\r\n", "b BAD", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static void
play(const struct dialogue *dialogue, bool is_logged_in, size_t piece_size)
{
	struct harness harness;
	const char *heard;

	harness_open(&harness, dialogue->profile, NULL);
	if (is_logged_in)
		harness_log_in(&harness);
	harness.piece_size = piece_size;
	heard = harness_say(&harness, dialogue->said);
	if (strstr(heard, dialogue->heard) == NULL)
		fail_msg("%s, %zu at a time: heard %s", dialogue->name, piece_size, heard);
	if (dialogue->not_heard != NULL && strstr(heard, dialogue->not_heard) != NULL)
		fail_msg(
		    "%s, %zu at a time: must not hear %s", dialogue->name, piece_size, heard);
	harness_close(&harness);
}

static void
test_dialogues_before_the_log_in(void **state)
{
	(void)state;
	for (const struct dialogue *dialogue = dialogues; dialogue->name != NULL; dialogue++) {
		play(dialogue, false, 0);
		play(dialogue, false, 1);
	}
}

static void
test_dialogues_after_the_log_in(void **state)
{
	(void)state;
	for (const struct dialogue *dialogue = logged_in; dialogue->name != NULL; dialogue++) {
		play(dialogue, true, 0);
		play(dialogue, true, 1);
		play(dialogue, true, 7);
	}
}

/* Measured, dossier/commitpoint.md 0.4: it must be here to be tested against. */
static void
test_bad_head_runs_the_literal_as_commands_on_dovecot_only(void **state)
{
	static const char said[] = "a APPEND INBOX (\\Bad) {15+}\r\nk1 CREATE hit\r\n\r\n";
	static const struct {
		const char *profile;
		size_t creates;
	} cases[] = {
	    {"dovecot", 1},
	    {"cyrus", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct harness harness;

		harness_open(&harness, cases[i].profile, NULL);
		harness_log_in(&harness);
		assert_non_null(strstr(harness_say(&harness, said), "a BAD"));
		assert_int_equal(
		    model_journal_count(&harness.store->journal, "CREATE"), cases[i].creates);
		assert_int_equal(harness.inbox->count, 0);
		harness_close(&harness);
	}
}

static void
test_a_courier_log_in_drops_what_came_with_it(void **state)
{
	struct harness harness;
	const char *heard;

	(void)state;
	harness_open(&harness, "courier", NULL);
	heard = harness_say(&harness, "a LOGIN anna secret\r\nb NOOP\r\n");
	assert_non_null(strstr(heard, "a OK"));
	assert_null(strstr(heard, "b OK"));
	harness_close(&harness);
}

static void
test_passwords_are_not_in_the_journal(void **state)
{
	struct harness harness;

	(void)state;
	harness_open(&harness, "dovecot", NULL);
	(void)harness_say(&harness, "a LOGIN anna wrong\r\nb LOGIN anna secret\r\n");
	for (size_t i = 0; i < harness.store->journal.count; i++) {
		struct bytes text = model_note_text(&harness.store->journal.notes[i]);

		if (text.size == 0)
			continue;
		assert_null(memmem(text.data, text.size, "secret", 6));
		assert_null(memmem(text.data, text.size, "wrong", 5));
	}
	assert_int_equal(model_journal_count(&harness.store->journal, "login-failed"), 1);
	assert_int_equal(model_journal_count(&harness.store->journal, "login-ok"), 1);
	harness_close(&harness);
}

static void
test_nul_becomes_0x80_on_dovecot_and_is_refused_by_cyrus(void **state)
{
	const struct bytes said = BYTES("a APPEND INBOX {10+}\r\na: b\r\n\r\n\0x\r\n");
	struct harness harness;

	(void)state;
	harness_open(&harness, "dovecot", NULL);
	harness_log_in(&harness);
	assert_non_null(strstr(harness_say_bytes(&harness, said), "a OK"));
	assert_memory_equal(
	    harness.inbox->messages[0].body.blob->octets, "a: b\r\n\r\n\200x", 10);
	harness_close(&harness);
	harness_open(&harness, "cyrus", NULL);
	harness_log_in(&harness);
	assert_non_null(
	    strstr(harness_say_bytes(&harness, said), "a NO Message contains NUL characters"));
	assert_int_equal(harness.inbox->count, 0);
	harness_close(&harness);
}

static void
test_two_sessions_tell_each_other(void **state)
{
	struct harness a, b;
	const char *heard;

	(void)state;
	harness_open(&a, "dovecot", NULL);
	harness_log_in(&a);
	(void)harness_say(&a, "a APPEND INBOX {1+}\r\nx {1+}\r\ny {1+}\r\nz\r\n");
	(void)harness_say(&a, "b SELECT INBOX\r\n");
	b = a;
	b.server = NULL;
	buf_init(&b.heard, a.heard.size_max);
	harness_reconnect(&b);
	harness_log_in(&b);
	(void)harness_say(&b, "a SELECT INBOX\r\nb UID STORE 2 +FLAGS (\\Deleted)\r\n");
	(void)harness_say(&b, "c UID STORE 3 +FLAGS (k)\r\nd EXPUNGE\r\n");
	(void)harness_say(&b, "e APPEND INBOX {1+}\r\nw\r\n");
	heard = harness_say(&a, "c FETCH 1 FLAGS\r\n");
	assert_null(strstr(heard, "EXPUNGE"));
	heard = harness_say(&a, "d NOOP\r\n");
	assert_non_null(strstr(heard, "* 2 EXPUNGE\r\n"));
	heard = harness_say(&a, "e UID FETCH 1:* FLAGS\r\n");
	assert_non_null(strstr(heard, "* 2 FETCH (UID 3 FLAGS (k))\r\n"));
	assert_non_null(strstr(heard, "* 3 FETCH (UID 4 FLAGS ())\r\n"));
	model_server_free(&b.server);
	buf_fini(&b.heard);
	harness_close(&a);
}

static void
test_a_long_body_and_a_long_folder_are_never_held_whole(void **state)
{
	struct harness harness;
	struct fault fault = {0};
	struct model_folder *folder;
	struct digest expected, heard;
	const char *text;
	const char *start;

	(void)state;
	harness_open(&harness, "dovecot", NULL);
	assert_int_equal(model_content_generate(BYTES("folder=big messages=1 size=20000000"),
			     harness.account, &fault),
	    ST_OK);
	assert_int_equal(model_content_generate(BYTES("folder=many messages=100000 holes=20"),
			     harness.account, &fault),
	    ST_OK);
	harness_log_in(&harness);
	text = harness_say(&harness, "a EXAMINE big\r\nb UID FETCH 1:* BODY.PEEK[]\r\n");
	folder = model_account_find(harness.account, BYTES("big"));
	expected = model_body_digest(&folder->messages[0].body);
	start = strstr(text, "{20000000}\r\n");
	assert_non_null(start);
	{
		struct digest_state digest;

		digest_init(&digest);
		digest_feed(&digest, bytes_of(start + 12, 20000000));
		heard = digest_finish(&digest);
	}
	assert_true(digest_equal(&expected, &heard));
	text = harness_say(&harness, "c EXAMINE many\r\nd UID FETCH 1:* FLAGS\r\n");
	assert_non_null(strstr(text, "* 100000 FETCH (UID 12"));
	assert_non_null(strstr(text, "d OK"));
	assert_true(harness.output_max < 100000);
	harness_close(&harness);
}

static void
test_snapshots_are_multisets(void **state)
{
	struct harness harness;
	struct fault fault = {0};
	struct model_snapshot a, b;
	struct model_difference difference;

	(void)state;
	harness_open(&harness, "dovecot", NULL);
	assert_int_equal(
	    model_content_load(
		BYTES("folder a\nmessage text=x date=\"01-Jan-2020 00:00:00 +0000\" times=2\n"
		      "message text=y flags=\"k j\" date=\"01-Jan-2020 00:00:00 +0000\"\n"
		      "folder b\nmessage text=y flags=\"J k\" date=\"01-Jan-2020 01:00:00 "
		      "+0100\"\n"
		      "message text=x date=\"01-Jan-2020 00:00:00 +0000\"\n"),
		harness.store, &fault),
	    ST_OK);
	assert_int_equal(model_snapshot_take(model_account_find(harness.account, BYTES("a")),
			     MODEL_LOOK_ALL, &a),
	    ST_OK);
	assert_int_equal(model_snapshot_take(model_account_find(harness.account, BYTES("b")),
			     MODEL_LOOK_ALL, &b),
	    ST_OK);
	difference = model_snapshot_compare(&a, &b);
	assert_int_equal(difference.only_a, 1);
	assert_int_equal(difference.only_b, 0);
	assert_non_null(difference.first);
	/* The same body with other keywords, another flag or another date is another one. */
	assert_int_equal(a.images[0].instant, b.images[0].instant);
	b.images[0].keywords++;
	difference = model_snapshot_compare(&a, &b);
	assert_int_equal(difference.only_a, 2);
	assert_int_equal(difference.only_b, 1);
	b.images[0].keywords--;
	b.images[0].instant++;
	assert_int_equal(model_snapshot_compare(&a, &b).only_b, 1);
	b.images[0].instant--;
	b.images[0].system = MODEL_SEEN;
	assert_int_equal(model_snapshot_compare(&a, &b).only_b, 1);
	difference = model_snapshot_compare(&a, &a);
	assert_int_equal(difference.only_a + difference.only_b, 0);
	model_snapshot_fini(&a);
	model_snapshot_fini(&b);
	harness_close(&harness);
}

static void
test_hostile_content_is_said_raw(void **state)
{
	struct harness harness;
	struct fault fault = {0};
	const char *heard;

	(void)state;
	harness_open(&harness, "dovecot", NULL);
	assert_int_equal(
	    model_content_load(
		BYTES(
		    "message raw-flags=\"\\\\Bad\\\"flag k1 CREATE hit\" raw-date=NIL text=x\n"
		    "message octets=10\nk1\0CREATE\n\nfolder \"a\\r\\nb\"\n"),
		harness.store, &fault),
	    ST_OK);
	harness_log_in(&harness);
	heard =
	    harness_say(&harness, "a EXAMINE INBOX\r\nb UID FETCH 1 (FLAGS INTERNALDATE)\r\n");
	assert_non_null(
	    strstr(heard, "(UID 1 FLAGS (\\Bad\"flag k1 CREATE hit) INTERNALDATE NIL)"));
	heard = harness_say(&harness, "c LIST \"\" a*\r\n");
	assert_non_null(strstr(heard, "{4}\r\na\r\nb\r\n"));
	assert_int_equal(harness.inbox->messages[1].body.size, 10);
	assert_memory_equal(harness.inbox->messages[1].body.blob->octets, "k1\0CREATE\n", 10);
	harness_close(&harness);
}

/* Dialogues with octets changed, left out and doubled: nothing may break, and the server must
 * still answer a new connection. */
static void
test_noise_does_no_harm(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3000; seed++) {
		const size_t count = sizeof(logged_in) / sizeof(logged_in[0]) - 1;
		const struct dialogue *dialogue;
		struct harness harness;
		struct prng prng;
		uint8_t text[1024];
		size_t size = 0;

		prng_init(&prng, seed);
		dialogue = &logged_in[prng_below(&prng, count)];
		for (const char *from = dialogue->said; *from != 0 && size < 1000; from++) {
			uint64_t luck = prng_below(&prng, 60);

			if (luck == 0)
				continue;
			text[size++] = (uint8_t)(luck == 1 ? prng_below(&prng, 256)
							   : (uint64_t)*from & 255);
			if (luck == 2)
				text[size++] = (uint8_t)*from;
		}
		harness_open(&harness, dialogue->profile, NULL);
		harness_log_in(&harness);
		(void)harness_say_bytes(&harness, bytes_of(text, size));
		model_server_eof(harness.server, harness.now);
		harness_reconnect(&harness);
		harness_log_in(&harness);
		harness_close(&harness);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dialogues_before_the_log_in),
	    cmocka_unit_test(test_dialogues_after_the_log_in),
	    cmocka_unit_test(test_bad_head_runs_the_literal_as_commands_on_dovecot_only),
	    cmocka_unit_test(test_a_courier_log_in_drops_what_came_with_it),
	    cmocka_unit_test(test_passwords_are_not_in_the_journal),
	    cmocka_unit_test(test_nul_becomes_0x80_on_dovecot_and_is_refused_by_cyrus),
	    cmocka_unit_test(test_two_sessions_tell_each_other),
	    cmocka_unit_test(test_a_long_body_and_a_long_folder_are_never_held_whole),
	    cmocka_unit_test(test_snapshots_are_multisets),
	    cmocka_unit_test(test_hostile_content_is_said_raw),
	    cmocka_unit_test(test_noise_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
