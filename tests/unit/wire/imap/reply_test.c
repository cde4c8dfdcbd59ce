/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "wire/imap/reply.h"

struct desk {
	struct arena arena;
	struct buf scratch;
	struct imap_streams streams;
	struct imap_reader reader;
};

static void
desk_init(struct desk *desk)
{
	*desk = (struct desk){0};
	arena_init(&desk->arena, 1 << 20);
	buf_init(&desk->scratch, 65536);
	desk->reader = (struct imap_reader){32, &desk->arena, &desk->scratch, &desk->streams,
	    imap_quirks_of(IMAP_FAMILY_UNKNOWN)};
}

static void
desk_fini(struct desk *desk)
{
	buf_fini(&desk->scratch);
	arena_fini(&desk->arena);
}

static const struct {
	const char *name;
	struct bytes response;
	struct imap_condition is;
} condition_cases[] = {
    {"tagged OK", TEXT("A1 OK done\r\n"),
	{.tag = 1, .kind = IMAP_CONDITION_OK, .text = TEXT("done")}},
    {"largest tag", TEXT("A4294967295 no\r\n"), {.tag = 4294967295, .kind = IMAP_CONDITION_NO}},
    {"no text", TEXT("A2 BAD\r\n"), {.tag = 2, .kind = IMAP_CONDITION_BAD}},
    {"no word", TEXT("A2\r\n"), {.tag = 2, .kind = IMAP_CONDITION_NONE}},
    {"another word", TEXT("A2 OKAY x\r\n"),
	{.tag = 2, .kind = IMAP_CONDITION_NONE, .text = TEXT("x")}},
    {"untagged", TEXT("* OK hi {5}\r\n"), {.kind = IMAP_CONDITION_OK, .text = TEXT("hi {5}")}},
    {"bye", TEXT("* BYE\r\n"), {.kind = IMAP_CONDITION_BYE}},
    {"code", TEXT("A1 NO [TRYCREATE] x\r\n"),
	{.tag = 1, .kind = IMAP_CONDITION_NO, .code = IMAP_CODE_TRYCREATE, .text = TEXT("x")}},
    {"code without text", TEXT("A1 NO [overQUOTA]\r\n"),
	{.tag = 1, .kind = IMAP_CONDITION_NO, .code = IMAP_CODE_OVERQUOTA}},
    {"unknown code", TEXT("A1 OK [X (1 [2])] x\r\n"),
	{.tag = 1, .kind = IMAP_CONDITION_OK, .code = IMAP_CODE_OTHER, .text = TEXT("x")}},
    {"code that does not end", TEXT("A1 OK [TRYCREATE x\r\n"),
	{.tag = 1, .kind = IMAP_CONDITION_OK, .text = TEXT("[TRYCREATE x")}},
    {"code not at the start", TEXT("A1 OK x [TRYCREATE]\r\n"),
	{.tag = 1, .kind = IMAP_CONDITION_OK, .text = TEXT("x [TRYCREATE]")}},
    {"uidvalidity", TEXT("* OK [UIDVALIDITY 4294967295] x\r\n"),
	{.kind = IMAP_CONDITION_OK,
	    .code = IMAP_CODE_OTHER,
	    .notice = IMAP_NOTICE_UIDVALIDITY,
	    .number = 4294967295,
	    .text = TEXT("x")}},
    {"uidvalidity too large", TEXT("* OK [UIDVALIDITY 4294967296]\r\n"),
	{.kind = IMAP_CONDITION_OK, .code = IMAP_CODE_OTHER}},
    {"modseq", TEXT("* OK [HIGHESTMODSEQ 4294967296]\r\n"),
	{.kind = IMAP_CONDITION_OK,
	    .code = IMAP_CODE_OTHER,
	    .notice = IMAP_NOTICE_HIGHESTMODSEQ,
	    .number = 4294967296}},
    {"closed", TEXT("* OK [CLOSED]\r\n"),
	{.kind = IMAP_CONDITION_OK, .code = IMAP_CODE_OTHER, .notice = IMAP_NOTICE_CLOSED}},
    {"appenduid", TEXT("A1 OK [APPENDUID 7 1:3,5]\r\n"),
	{.tag = 1,
	    .kind = IMAP_CONDITION_OK,
	    .code = IMAP_CODE_APPENDUID,
	    .append_uidvalidity = 7,
	    .append_uids = TEXT("1:3,5")}},
    {"appenduid without uids", TEXT("A1 OK [APPENDUID 7 ]\r\n"),
	{.tag = 1, .kind = IMAP_CONDITION_OK, .code = IMAP_CODE_OTHER}},
    {"appenduid without a validity", TEXT("A1 OK [APPENDUID x 5]\r\n"),
	{.tag = 1, .kind = IMAP_CONDITION_OK, .code = IMAP_CODE_OTHER}},
    {"CR in the text", TEXT("* OK a\rb\r*b\r+b\rAb\rB1\rA:\r\n"),
	{.kind = IMAP_CONDITION_OK, .text = TEXT("a\rb\r*b\r+b\rAb\rB1\rA:")}},
    {"appenduid with a star", TEXT("A1 OK [APPENDUID 7 1:*]\r\n"),
	{.tag = 1, .kind = IMAP_CONDITION_OK, .code = IMAP_CODE_OTHER}},
};

static void
test_conditions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(condition_cases); i++) {
		const struct imap_condition *is = &condition_cases[i].is;
		struct imap_reply reply = {0};
		struct desk desk;

		desk_init(&desk);
		EXPECT(condition_cases[i].name,
		    imap_reply_read(&desk.reader, condition_cases[i].response, &reply, NULL) ==
			ST_OK);
		EXPECT(condition_cases[i].name, reply.kind == IMAP_REPLY_CONDITION);
		EXPECT(condition_cases[i].name, reply.condition.tag == is->tag);
		EXPECT(condition_cases[i].name, reply.condition.kind == is->kind);
		EXPECT(condition_cases[i].name, reply.condition.code == is->code);
		EXPECT(condition_cases[i].name, reply.condition.notice == is->notice);
		EXPECT(condition_cases[i].name, reply.condition.number == is->number);
		EXPECT(condition_cases[i].name,
		    reply.condition.append_uidvalidity == is->append_uidvalidity);
		EXPECT(condition_cases[i].name,
		    bytes_equal(reply.condition.append_uids, is->append_uids));
		EXPECT(condition_cases[i].name, bytes_equal(reply.condition.text, is->text));
		desk_fini(&desk);
	}
}

static void
test_kinds(void **state)
{
	static const struct {
		const char *name;
		struct bytes response;
		enum imap_reply_kind kind;
	} cases[] = {
	    {"empty line", TEXT("\r\n"), IMAP_REPLY_IGNORED},
	    {"spaces", TEXT("   \r\n"), IMAP_REPLY_IGNORED},
	    {"star alone", TEXT("*\r\n"), IMAP_REPLY_IGNORED},
	    {"star and nothing", TEXT("* \r\n"), IMAP_REPLY_IGNORED},
	    {"star and quote", TEXT("* \"x\r\n"), IMAP_REPLY_IGNORED},
	    {"unknown", TEXT("* X ((\r\n"), IMAP_REPLY_IGNORED},
	    {"search", TEXT("* SEARCH 1 2\r\n"), IMAP_REPLY_IGNORED},
	    {"recent", TEXT("* 5 RECENT\r\n"), IMAP_REPLY_IGNORED},
	    {"number alone", TEXT("* 5\r\n"), IMAP_REPLY_IGNORED},
	    {"number unknown", TEXT("* 99999999999 X\r\n"), IMAP_REPLY_IGNORED},
	    {"bare code", TEXT("[COPYUID 1 1 1]\r\n"), IMAP_REPLY_IGNORED},
	    {"foreign tag", TEXT("B1 OK\r\n"), IMAP_REPLY_IGNORED},
	    {"tag zero", TEXT("A0 OK\r\n"), IMAP_REPLY_IGNORED},
	    {"tag padded", TEXT("A01 OK\r\n"), IMAP_REPLY_IGNORED},
	    {"tag too large", TEXT("A4294967296 OK\r\n"), IMAP_REPLY_IGNORED},
	    {"tag letter", TEXT("A OK\r\n"), IMAP_REPLY_IGNORED},
	    {"namespace broken", TEXT("* NAMESPACE ((\r\n"), IMAP_REPLY_IGNORED},
	    {"continue", TEXT("+ go\r\n"), IMAP_REPLY_CONTINUE},
	    {"continue bare", TEXT("+\r\n"), IMAP_REPLY_CONTINUE},
	    {"capability", TEXT("* CAPABILITY A B\r\n"), IMAP_REPLY_CAPABILITY},
	    {"flags", TEXT("* FLAGS (\\Seen x)\r\n"), IMAP_REPLY_FLAGS},
	    {"exists", TEXT("* 0 exists\r\n"), IMAP_REPLY_EVENT},
	    {"list", TEXT("* LIST () NIL x\r\n"), IMAP_REPLY_EVENT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct imap_reply reply = {0};
		struct desk desk;

		desk_init(&desk);
		EXPECT(cases[i].name,
		    imap_reply_read(&desk.reader, cases[i].response, &reply, NULL) == ST_OK);
		EXPECT(cases[i].name, reply.kind == cases[i].kind);
		desk_fini(&desk);
	}
}

static void
test_what_ends_the_session(void **state)
{
	static const struct {
		const char *name;
		struct bytes response;
		enum status status;
		const char *text;
	} cases[] = {
	    {"list without a name", TEXT("* LIST () \"/\"\r\n"), ST_SYNTAX,
		"The server sent a LIST response that cannot be read: \"* LIST () \"/\"\"."},
	    {"list without a list", TEXT("* LIST x \"/\" y\r\n"), ST_SYNTAX,
		"The server sent a LIST response that cannot be read: \"* LIST x \"/\" y\"."},
	    {"status without items", TEXT("* STATUS x\r\n"), ST_SYNTAX,
		"The server sent a STATUS response that cannot be read: \"* STATUS x\"."},
	    {"status with half an item", TEXT("* STATUS x (UIDNEXT)\r\n"), ST_SYNTAX,
		"The server sent a STATUS response that cannot be read: \"* STATUS x "
		"(UIDNEXT)\"."},
	    {"flags not a list", TEXT("* FLAGS x\r\n"), ST_SYNTAX,
		"The server sent a FLAGS response that cannot be read: \"* FLAGS x\"."},
	    {"fetch of nothing", TEXT("* 1 FETCH\r\n"), ST_SYNTAX,
		"The server sent a FETCH response that cannot be read: \"* 1 FETCH\"."},
	    {"expunge of none", TEXT("* 0 EXPUNGE\r\n"), ST_SYNTAX,
		"The server sent a message number that cannot be one: \"* 0 EXPUNGE\"."},
	    {"exists too many", TEXT("* 4294967296 EXISTS\r\n"), ST_SYNTAX,
		"The server sent a message number that cannot be one: \"* 4294967296 "
		"EXISTS\"."},
	    {"exists and more", TEXT("* 1 EXISTS\r* 2 EXISTS\r\n"), ST_SYNTAX,
		"The server sent an EXISTS response that cannot be read: \"* 1 EXISTS?* 2 "
		"EXISTS\"."},
	    {"expunge and more", TEXT("* 1 EXPUNGE 2\r\n"), ST_SYNTAX,
		"The server sent an EXPUNGE response that cannot be read: \"* 1 EXPUNGE 2\"."},
	    {"line ends of CR", TEXT("* OK a\r* 1 FETCH (FLAGS ())\r\n"), ST_SYNTAX,
		"The server sent a line that does not end where it should: \"* OK a?* 1 FETCH "
		"(FLAGS ())\"."},
	    {"a reply behind a CR", TEXT("A1 OK a\rA2 OK b\r\n"), ST_SYNTAX,
		"The server sent a line that does not end where it should: \"A1 OK a?A2 OK "
		"b\"."},
	    {"a continuation behind a CR", TEXT("* OK a\r+ b\r\n"), ST_SYNTAX,
		"The server sent a line that does not end where it should: \"* OK a?+ b\"."},
	    {"line ends of LF CR", TEXT("\r* 1 FETCH (FLAGS ())\n"), ST_SYNTAX,
		"The server sent a line that does not end where it should: \"?* 1 FETCH (FLAGS "
		"())\"."},
	    {"a terminal's octets", TEXT("* FLAGS \x1b[1m\r\n"), ST_SYNTAX,
		"The server sent a FLAGS response that cannot be read: \"* FLAGS ?[1m\"."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct imap_reply reply = {.body_count = 77};
		struct fault fault = {0};
		struct desk desk;

		desk_init(&desk);
		EXPECT(cases[i].name,
		    imap_reply_read(&desk.reader, cases[i].response, &reply, &fault) ==
			cases[i].status);
		EXPECT(cases[i].name, reply.body_count == 77);
		EXPECT(cases[i].name, fault.cause == CAUSE_PROTOCOL);
		EXPECT(cases[i].name, fault.scope == FAULT_ENDPOINT);
		assert_string_equal(fault.text, cases[i].text);
		desk_fini(&desk);
	}
}

static void
test_flags(void **state)
{
	static const struct {
		const char *name;
		struct bytes response;
		uint32_t system;
		struct bytes keywords, unusable;
		bool takes_new;
	} cases[] = {
	    {"none", TEXT("* FLAGS ()\r\n"), 0, TEXT(""), TEXT(""), false},
	    {"nil", TEXT("* FLAGS NIL\r\n"), 0, TEXT(""), TEXT(""), false},
	    {"all",
		TEXT(
		    "* FLAGS (\\SEEN \\Answered \\flagged \\Deleted \\Draft \\Recent \\*)\r\n"),
		FLAG_ALL, TEXT(""), TEXT(""), true},
	    {"keywords", TEXT("* FLAGS (b a B $MDNSent)\r\n"), 0, TEXT("b a $MDNSent"),
		TEXT(""), false},
	    {"unusable", TEXT("* FLAGS (a[0] x]y \\X \"\" \"a b\" \xff)\r\n"), 0, TEXT(""),
		TEXT("a[0] x]y \\X a?b ?"), false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct imap_reply reply = {0};
		struct desk desk;

		desk_init(&desk);
		EXPECT(cases[i].name,
		    imap_reply_read(&desk.reader, cases[i].response, &reply, NULL) == ST_OK);
		EXPECT(cases[i].name, reply.flags.flags.system == cases[i].system);
		EXPECT(
		    cases[i].name, bytes_equal(reply.flags.flags.keywords, cases[i].keywords));
		EXPECT(cases[i].name, bytes_equal(reply.flags.unusable, cases[i].unusable));
		EXPECT(cases[i].name, reply.flags.takes_new_keywords == cases[i].takes_new);
		desk_fini(&desk);
	}
}

/* What is over the number is told as unusable, never dropped. */
static void
test_more_keywords_than_a_message_may_have(void **state)
{
	struct imap_reply reply = {0};
	struct desk desk;
	struct buf response;
	struct bytes rest;
	size_t count = 0;

	(void)state;
	desk_init(&desk);
	buf_init(&response, 65536);
	assert_int_equal(buf_append(&response, BYTES("* FLAGS (")), ST_OK);
	for (int i = 0; i < KEYWORDS_MAX + 3; i++)
		assert_int_equal(buf_print(&response, "k%d ", i), ST_OK);
	assert_int_equal(buf_append(&response, BYTES(")\r\n")), ST_OK);
	assert_int_equal(
	    imap_reply_read(&desk.reader, buf_bytes(&response), &reply, NULL), ST_OK);
	for (rest = reply.flags.flags.keywords; rest.size > 0; count++)
		flags_keyword_next(&rest);
	assert_int_equal(count, KEYWORDS_MAX);
	assert_true(bytes_equal(reply.flags.unusable, BYTES("k256 k257 k258")));
	buf_fini(&response);
	desk_fini(&desk);
}

/* However little room there is for what must be copied: all of it or an honest status, and what
 * decides (flags, names) is never cut. */
static void
test_too_little_room(void **state)
{
	static const struct {
		const char *name;
		struct bytes response;
		bool may_be_less; /* what only describes is left out then */
	} cases[] = {
	    {"keywords", TEXT("* FLAGS (one two three a[0] \\X)\r\n"), false},
	    {"unusable", TEXT("* FLAGS (\\X a[0])\r\n"), false},
	    {"permanent", TEXT("* OK [PERMANENTFLAGS (one two)] x\r\n"), true},
	    {"escapes", TEXT("* LIST () \"/\" \"a\\\\b\"\r\n"), false},
	    {"foreign", TEXT("* NAMESPACE NIL ((\"a\\\\b/\" \"/\")) NIL\r\n"), true},
	    {"id", TEXT("* ID (\"name\" \"a\\\\b\")\r\n"), true},
	    {"body", TEXT("* 1 FETCH (UID 5 BODY[] \"a\\\\b\")\r\n"), false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		bool was_read = false;

		for (size_t room = 0; room < 6000; room += 16) {
			struct imap_reply reply = {.body_count = 77};
			struct fault fault = {0};
			struct desk desk;
			enum status status;

			desk_init(&desk);
			arena_fini(&desk.arena);
			arena_init(&desk.arena, room);
			status =
			    imap_reply_read(&desk.reader, cases[i].response, &reply, &fault);
			EXPECT(cases[i].name, status == ST_OK || status == ST_LIMIT);
			EXPECT(cases[i].name, status == ST_OK || fault.status == status);
			EXPECT(cases[i].name, status == ST_OK || reply.body_count == 77);
			EXPECT(cases[i].name, status == ST_OK || !was_read);
			was_read = status == ST_OK;
			desk_fini(&desk);
		}
		EXPECT(cases[i].name, was_read);
		{
			struct imap_reply reply = {0};
			struct desk desk;

			desk_init(&desk);
			arena_fini(&desk.arena);
			arena_init(&desk.arena, 0);
			EXPECT(cases[i].name,
			    (imap_reply_read(&desk.reader, cases[i].response, &reply, NULL) ==
				ST_OK) == cases[i].may_be_less);
			desk_fini(&desk);
		}
	}
}

/* More keywords, by size, than a message may have: the rest is told as unusable. */
static void
test_keywords_of_too_many_octets(void **state)
{
	struct imap_reply reply = {0};
	struct desk desk;
	struct buf response;

	(void)state;
	desk_init(&desk);
	buf_init(&response, 65536);
	assert_int_equal(buf_append(&response, BYTES("* FLAGS (")), ST_OK);
	for (int i = 0; i < 200; i++)
		assert_int_equal(
		    buf_print(&response, "%0200d%c ", i, i % 2 == 0 ? 'a' : 'b'), ST_OK);
	assert_int_equal(buf_append(&response, BYTES(")\r\n")), ST_OK);
	assert_int_equal(
	    imap_reply_read(&desk.reader, buf_bytes(&response), &reply, NULL), ST_OK);
	assert_true(reply.flags.flags.keywords.size <= KEYWORDS_SIZE_MAX);
	assert_int_equal(
	    reply.flags.flags.keywords.size + 1 + reply.flags.unusable.size, 200 * 202 - 1);
	buf_fini(&response);
	desk_fini(&desk);
}

/* As many bodies in quotes as a response may have, and one more. */
static void
test_more_quoted_bodies_than_a_response_may_have(void **state)
{
	(void)state;
	for (int count = IMAP_STREAMS_MAX; count <= IMAP_STREAMS_MAX + 1; count++) {
		struct imap_reply reply = {0};
		struct desk desk;
		struct buf response;

		desk_init(&desk);
		buf_init(&response, 65536);
		assert_int_equal(buf_append(&response, BYTES("* 1 FETCH (UID 5")), ST_OK);
		for (int i = 0; i < count; i++)
			assert_int_equal(buf_append(&response, BYTES(" BODY[] \"x\"")), ST_OK);
		assert_int_equal(buf_append(&response, BYTES(")\r\n")), ST_OK);
		assert_int_equal(
		    imap_reply_read(&desk.reader, buf_bytes(&response), &reply, NULL),
		    count > IMAP_STREAMS_MAX ? ST_LIMIT : ST_OK);
		buf_fini(&response);
		desk_fini(&desk);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_conditions),
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_what_ends_the_session),
	    cmocka_unit_test(test_flags),
	    cmocka_unit_test(test_more_keywords_than_a_message_may_have),
	    cmocka_unit_test(test_keywords_of_too_many_octets),
	    cmocka_unit_test(test_more_quoted_bodies_than_a_response_may_have),
	    cmocka_unit_test(test_too_little_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
