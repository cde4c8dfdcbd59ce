/* SPDX-License-Identifier: Apache-2.0 */
#include "passes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "endpoint/imap.h"
#include "modelserver/content.h"
#include "modelserver/script.h"
#include "passes_case.h"
#include "wire/imap/event.h"

enum {
	SLOW_US = 50000,
	MANY = 3000,
	FOLDERS = 100
};

static void
load_script(struct rig_side *side, const char *text)
{
	struct fault fault = {0};

	if (text == NULL)
		return;
	if (model_script_new(bytes_of_string(text), &side->script, &fault) != ST_OK) {
		fprintf(stderr, "%s\n", fault.text);
		abort();
	}
}

static void
set_latency(struct rig_side *side, int64_t latency_us)
{
	if (latency_us == 0)
		return;
	side->network.latency_min_us = latency_us;
	side->network.latency_max_us = latency_us;
}

static void
load_content(struct rig_side *side, const char *text)
{
	struct fault fault = {0};

	if (model_content_load(bytes_of_string(text), side->store, &fault) != ST_OK) {
		fprintf(stderr, "%s\n", fault.text);
		abort();
	}
}

static void
open_rig(struct rig *rig, const struct scene *scene)
{
	struct fault fault = {0};

	rig_init(rig, scene->src_profile == NULL ? "dovecot" : scene->src_profile,
	    scene->dst_profile == NULL ? "dovecot" : scene->dst_profile);
	if (scene->src_greeting != NULL)
		rig->src.profile.greeting = scene->src_greeting;
	if (scene->dst_greeting != NULL)
		rig->dst.profile.greeting = scene->dst_greeting;
	set_latency(&rig->src, scene->src_latency_us);
	set_latency(&rig->dst, scene->dst_latency_us);
	load_script(&rig->src, scene->src_script);
	load_script(&rig->dst, scene->dst_script);
	if (scene->content != NULL)
		load_content(&rig->src, scene->content);
	if (scene->dst_content != NULL)
		load_content(&rig->dst, scene->dst_content);
	for (unsigned i = 0; i < scene->folders; i++) {
		char text[100];

		snprintf(text, sizeof(text), "folder F%u subscribed\nmessage text=\"x\"\n", i);
		load_content(&rig->src, text);
	}
	if (scene->messages > 0) {
		char spec[100];

		snprintf(spec, sizeof(spec), "messages=%u size=200 seed=1", scene->messages);
		CHECK(model_content_generate(bytes_of_string(spec), rig->src.account, &fault) ==
		    ST_OK);
	}
}

/* Gives the session a line, and drops what it says. */
static void
feed(struct imap_session *session, const char *line)
{
	struct bytes left = bytes_of_string(line);
	struct imap_event event;

	while (left.size > 0) {
		size_t used = 0;

		CHECK(imap_session_feed(session, left, (struct tick){1}, &used, NULL) == ST_OK);
		left = bytes_skip(left, used);
		while (left.size > 0 && imap_session_next(session, &event) == ST_OK) {
		}
	}
}

static void
send_all(struct imap_session *session)
{
	while (imap_session_output(session).size > 0)
		imap_session_sent(session, imap_session_output(session).size, (struct tick){1});
}

/* APPENDUID names the folder by its second number: the first is the UID. */
static bool
is_swapped_uid_found(void)
{
	struct imap_limits limits = imap_limits_default();
	struct imap_session *session;
	struct imap_command command;
	struct imap_event event = {.kind = IMAP_EVENT_BYE};
	uint32_t uids[2] = {0};
	size_t count = 0;

	CHECK(imap_session_new(&limits, (struct tick){1}, &session) == ST_OK);
	feed(session, "* PREAUTH IMAP4rev1 DavMail 6.0 server ready\r\n");
	while (imap_session_next(session, &event) == ST_OK) {
	}
	CHECK(imap_session_append_begin(session, BYTES("INBOX"), &command) == ST_OK);
	CHECK(imap_session_append_message(
		  session, (struct flags){0}, (struct mail_date){0}, 1) == ST_OK);
	send_all(session);
	feed(session, "+ go on\r\n");
	while (imap_session_next(session, &event) == ST_OK) {
	}
	imap_session_literal_sent(session, BYTES("x"), (struct tick){1});
	CHECK(imap_session_append_end(session) == ST_OK);
	send_all(session);
	feed(session, "A1 OK [APPENDUID 5 77] stored\r\n");
	if (imap_session_next(session, &event) == ST_OK && event.kind == IMAP_EVENT_DONE)
		count = endpoint_append_uids(&event.completion, 77, uids, 2);
	imap_session_free(&session);
	return count == 1 && uids[0] == 5;
}

#define HEAD "Subject: one\\r\\n\\r\\n"

static size_t
count_changed(const struct rig_outcome *outcome)
{
	return rig_count_items(outcome, PASS_ITEM_CHANGED);
}

static bool
is_told_changed(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return outcome->status == ST_OK && outcome->totals.copied == 1 &&
	    count_changed(outcome) == 1;
}

static bool
is_keyword_told(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return outcome->totals.copied == 1 && rig_count_items(outcome, PASS_ITEM_KEYWORD) == 1;
}

static bool
is_selected_at_source(const struct rig *rig, const struct rig_outcome *outcome)
{
	return outcome->status == ST_OK &&
	    model_journal_count(&rig->src.store->journal, "SELECT") > 0;
}

static bool
is_id_sent(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)outcome;
	return model_journal_count(&rig->src.store->journal, "ID") > 0;
}

static bool
is_uidonly_enabled(const struct rig *rig, const struct rig_outcome *outcome)
{
	return outcome->status == ST_OK &&
	    model_journal_count(&rig->src.store->journal, "ENABLE") > 0;
}

static bool
is_one_command_fewer(const struct rig *rig, const struct rig_outcome *outcome)
{
	return outcome->totals.refused == 1 && outcome->totals.copied == 3 &&
	    model_journal_count(&rig->dst.store->journal, "APPEND") == 3;
}

/* All folders are subscribed, over one connection, when all of them are made. */
static bool
is_subscribed_in_order(const struct rig *rig, const struct rig_outcome *outcome)
{
	const struct model_journal *journal = &rig->dst.store->journal;
	const struct model_note *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < journal->count; i++) {
		const struct model_note *note = &journal->notes[i];

		if (first != NULL && strcmp(note->name, "CREATE") == 0)
			return false;
		if (strcmp(note->name, "SUBSCRIBE") != 0)
			continue;
		if (first == NULL)
			first = note;
		if (note->connection != first->connection)
			return false;
		count++;
	}
	return outcome->status == ST_OK && count == FOLDERS;
}

static bool
is_parent_told(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return outcome->status == ST_OK && rig_count_items(outcome, PASS_ITEM_NOTICE) == 1;
}

static bool
is_found_again(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return outcome->totals.copied == 1 && outcome->totals.refused == 0;
}

/* Rows and text of a folder: two round trips with what lies before them, not three. */
static bool
is_one_trip_fewer(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return outcome->totals.copied == 1 && outcome->copying_took_us < 9 * SLOW_US;
}

static bool
is_pipelined(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return outcome->totals.copied == MANY && outcome->copying_took_us < 20 * SLOW_US;
}

static bool
is_nothing_in_doubt(const struct rig *rig, const struct rig_outcome *outcome)
{
	(void)rig;
	return outcome->totals.in_doubt == 0;
}

#define CHANGED(family_, quirk_, profile, message)                                             \
	{                                                                                      \
		.family = IMAP_FAMILY_##family_, .quirk = IMAP_QUIRK_##quirk_,                 \
		.scene = {.dst_profile = (profile), .content = "folder INBOX\n" message "\n"}, \
		.judge = is_told_changed, .should = "the change is told"                       \
	}

#define LF "message text=\"" HEAD "bare\\nline\\r\\n\""
#define NUL "message text=\"" HEAD "nul \\0 nul\\r\\n\""
#define CRCRLF "message text=\"" HEAD "twice\\r\\r\\n\""
#define BARE_CR "message text=\"" HEAD "one\\rtwo\\r\\n\""
#define NO_END "message text=\"" HEAD "no end\""
#define LATIN "message text=\"X-Latin: caf\\xe9\\r\\n" HEAD "x\\r\\n\""
#define FUTURE "message date=\"01-Jan-2030 00:00:00 +0000\" text=\"" HEAD "x\\r\\n\""
#define OLD "message date=\"01-Jan-1960 00:00:00 +0000\" text=\"" HEAD "x\\r\\n\""
#define ZERO "message date=\"01-Jan-1970 00:00:00 +0000\" text=\"" HEAD "x\\r\\n\""
#define EMPTY                                                                                  \
	"folder INBOX\nmessage text=\"" HEAD "1\\r\\n\"\nmessage text=\"\"\n"                  \
	"message text=\"" HEAD "2\\r\\n\"\nmessage text=\"" HEAD "3\\r\\n\"\n"
#define ONE "folder INBOX\nmessage text=\"" HEAD "x\\r\\n\"\n"

static const struct pass_case cases[] = {
    CHANGED(DOVECOT, BARE_LF_BECOMES_CRLF, "dovecot", LF),
    CHANGED(DOVECOT, NUL_BECOMES_0X80, "dovecot", NUL),
    CHANGED(DOVECOT, DROPS_CR_BEFORE_CRLF, "dovecot", CRCRLF),
    CHANGED(DOVECOT, FUTURE_DATE_BECOMES_NOW, "dovecot", FUTURE),
    CHANGED(DOVECOT, DATE_BEFORE_1970_WRAPS, "dovecot", OLD),
    CHANGED(CYRUS, DATE_BEFORE_1970_WRAPS, "cyrus", OLD),
    CHANGED(CYRUS, DATE_ZERO_BECOMES_NOW, "cyrus", ZERO),
    CHANGED(CYRUS, HEADER_8BIT_BECOMES_X, "cyrus", LATIN),
    CHANGED(COURIER, BARE_LF_BECOMES_CRLF, "courier", LF),
    CHANGED(COURIER, DROPS_CR_BEFORE_CRLF, "courier", CRCRLF),
    CHANGED(COURIER, DROPS_BARE_CR, "courier", BARE_CR),
    CHANGED(COURIER, ADDS_FINAL_CRLF, "courier", NO_END),
    CHANGED(COURIER, DATE_BEFORE_1970_WRAPS, "courier", OLD),
    CHANGED(COURIER, DATE_ZERO_BECOMES_NOW, "courier", ZERO),
    {IMAP_FAMILY_DOVECOT, IMAP_QUIRK_REFUSES_EMPTY_MESSAGE,
	{.dst_profile = "dovecot", .content = EMPTY}, is_one_command_fewer, NULL,
	"the empty message is not tried with others"},
    {IMAP_FAMILY_CYRUS, IMAP_QUIRK_REFUSES_EMPTY_MESSAGE,
	{.dst_profile = "cyrus", .content = EMPTY}, is_one_command_fewer, NULL,
	"the empty message is not tried with others"},
    {IMAP_FAMILY_DOVECOT, IMAP_QUIRK_NO_MEANS_NOT_STORED,
	{.dst_profile = "dovecot",
	    .content = ONE,
	    .dst_script = "on append-complete do reply \"%T BAD not now\""},
	is_nothing_in_doubt, NULL, "nothing is in doubt"},
    {IMAP_FAMILY_CYRUS, IMAP_QUIRK_NO_MEANS_NOT_STORED,
	{.dst_profile = "cyrus",
	    .content = ONE,
	    .dst_script = "on append-complete do reply \"%T BAD not now\""},
	is_nothing_in_doubt, NULL, "nothing is in doubt"},
    {IMAP_FAMILY_COURIER, IMAP_QUIRK_NO_MAY_HAVE_STORED,
	{.dst_profile = "courier",
	    .content = ONE,
	    .dst_script = "on append-complete 1 do commit-first 1 then reply \"%T NO hm\""},
	is_found_again, NULL, "the message is looked for, and found"},
    {IMAP_FAMILY_COURIER, IMAP_QUIRK_EXAMINE_FORGETS,
	{.src_profile = "courier", .content = ONE}, is_selected_at_source, NULL,
	"folders of the source are opened by SELECT"},
    {IMAP_FAMILY_COURIER, IMAP_QUIRK_KEYWORDS_ONLY_AS_WORDS,
	{.dst_profile = "courier",
	    .content = "folder INBOX\nmessage flags=\"NIL\" text=\"" HEAD "x\\r\\n\"\n"},
	is_keyword_told, NULL, "the keyword is dropped and told"},
    {IMAP_FAMILY_COREMAIL, IMAP_QUIRK_NEEDS_ID,
	{.src_greeting = "Coremail System IMap Server Ready(163com[7])",
	    .content = ONE,
	    .src_script = "on greeting do swap-capabilities \"IMAP4rev1\""},
	is_id_sent, NULL, "ID is sent"},
    {IMAP_FAMILY_YAHOO, IMAP_QUIRK_WHOLE_ONLY_BY_UIDONLY,
	{.src_greeting = "Yahoo ready",
	    .content = ONE,
	    .src_script = "on greeting do swap-capabilities \"IMAP4rev1 ENABLE UIDONLY\""},
	is_uidonly_enabled, NULL, "UIDONLY is enabled"},
    {IMAP_FAMILY_DOVECOT, IMAP_QUIRK_GROUPS_PROVED,
	{.dst_profile = "dovecot", .messages = MANY, .dst_latency_us = SLOW_US}, is_pipelined,
	NULL, "several groups are under way"},
    {IMAP_FAMILY_CYRUS, IMAP_QUIRK_GROUPS_PROVED,
	{.dst_profile = "cyrus", .messages = MANY, .dst_latency_us = SLOW_US}, is_pipelined,
	NULL, "several groups are under way"},
    {IMAP_FAMILY_DOVECOT, IMAP_QUIRK_FETCHES_IN_ORDER,
	{.content = ONE, .src_latency_us = SLOW_US, .dst_latency_us = SLOW_US},
	is_one_trip_fewer, NULL, "rows and texts are asked for in one burst"},
    {.family = IMAP_FAMILY_COURIER,
	.quirk = IMAP_QUIRK_SUBSCRIPTIONS_RACE,
	.scene = {.dst_profile = "courier",
	    .dst_latency_us = SLOW_US,
	    .folders = FOLDERS,
	    .connections = 4},
	.judge = is_subscribed_in_order,
	.should = "all is subscribed over one connection"},
    {.family = IMAP_FAMILY_CYRUS,
	.quirk = IMAP_QUIRK_MAKES_PARENTS,
	.scene = {.dst_profile = "cyrus",
	    .content = "folder A noselect\nfolder A/B\nmessage text=\"" HEAD "x\\r\\n\"\n"},
	.judge = is_parent_told,
	.should = "the folder that nobody made is told"},
    {.family = IMAP_FAMILY_DAVMAIL,
	.quirk = IMAP_QUIRK_APPENDUID_SWAPPED,
	.run = is_swapped_uid_found,
	.should = "the UID is found"},
};

static const struct pass_case *
find_in(
    const struct pass_case *table, size_t count, enum imap_family family, enum imap_quirk quirk)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i].family == family && table[i].quirk == quirk)
			return &table[i];
	}
	return NULL;
}

static const struct pass_case *
find_case(enum imap_family family, enum imap_quirk quirk)
{
	size_t count;
	const struct pass_case *told = passes_told(&count);
	const struct pass_case *found = find_in(told, count, family, quirk);

	if (found != NULL)
		return found;
	return find_in(cases, sizeof(cases) / sizeof(cases[0]), family, quirk);
}

bool
passes_have(enum imap_family family, enum imap_quirk quirk)
{
	return find_case(family, quirk) != NULL;
}

bool
passes_run(enum imap_family family, enum imap_quirk quirk, const char **why_out)
{
	const struct pass_case *found = find_case(family, quirk);
	struct rig_plan plan = {.seed = 1, .connections = found->scene.connections};
	struct rig_outcome outcome;
	struct rig rig;
	bool is_well;

	*why_out = found->should;
	if (found->run != NULL)
		return found->run();
	open_rig(&rig, &found->scene);
	rig_run(&rig, &plan, &outcome);
	is_well = found->judge(&rig, &outcome);
	rig_outcome_fini(&outcome);
	rig_fini(&rig);
	return is_well;
}
