/* SPDX-License-Identifier: Apache-2.0
 *
 * What was measured, on Debian 12's packages: Dovecot 2.3.19 (maildir, sdbox, mdbox), Cyrus
 * 3.6.1, Courier 5.0.13, over loopback. A family without rows is treated as if nothing good
 * were known of it: one group at a time, and a BAD behind a literal leaves its message in
 * doubt. docs/quirks.md holds the same rows for people; tests/tidy compares the two.
 */
#include "wire/imap/quirk.h"

#include <assert.h>

#include "base/check.h"

static const struct imap_quirk_row rows[] = {
    {.family = IMAP_FAMILY_DOVECOT,
	.quirk = IMAP_QUIRK_GROUPS_PROVED,
	.symptom = "of 2 or 4 pipelined groups, cut at random, a prefix in order is stored",
	.action = "up to 4 unanswered groups, holes at refused ones",
	.source = "measured, 2.3.19: 0 of 1,200 trials disagree, 250 of 250 holes kept"},
    {.family = IMAP_FAMILY_DOVECOT,
	.quirk = IMAP_QUIRK_NO_MEANS_NOT_STORED,
	.symptom = "NO or BAD behind a complete literal, single or in a group: nothing stored",
	.action = "refused group counts as absent, its messages go singly",
	.source = "measured, 2.3.19: 11 causes x 3 positions x both kinds of literal"},
    {.family = IMAP_FAMILY_DOVECOT,
	.quirk = IMAP_QUIRK_BAD_RUNS_LITERAL,
	.symptom = "BAD before a {n+} literal, then its text is run as commands, line by line",
	.action = "drop at once, report an incident, go on with synchronising literals",
	.source = "measured, 2.3.19: a body with \"k1 CREATE hit\" created the folder"},
    {.family = IMAP_FAMILY_DOVECOT,
	.quirk = IMAP_QUIRK_REFUSES_EMPTY_MESSAGE,
	.symptom = "NO Can't save a zero byte message",
	.action = "refused with its reason, not tried in a group",
	.source = "measured, 2.3.19"},
    {.family = IMAP_FAMILY_DOVECOT,
	.quirk = IMAP_QUIRK_BARE_LF_BECOMES_CRLF,
	.symptom = "LF without CR is stored as CRLF, in header and body",
	.action = "compare after the same rewriting, count as changed by the server",
	.source = "measured, 2.3.19, identical on its three formats"},
    {.family = IMAP_FAMILY_DOVECOT,
	.quirk = IMAP_QUIRK_NUL_BECOMES_0X80,
	.symptom = "NUL is stored as the octet 0x80, in header and body",
	.action = "compare after the same rewriting, count as changed by the server",
	.source = "measured, 2.3.19, identical on its three formats"},
    {.family = IMAP_FAMILY_DOVECOT,
	.quirk = IMAP_QUIRK_DROPS_CR_BEFORE_CRLF,
	.symptom = "CR CR LF is stored as CR LF, and a CR that is the last octet is dropped",
	.action = "compare after the same rewriting, count as changed by the server",
	.source = "measured, 2.3.19, identical on its three formats"},
    {.family = IMAP_FAMILY_DOVECOT,
	.quirk = IMAP_QUIRK_FUTURE_DATE_BECOMES_NOW,
	.symptom = "INTERNALDATE 1 hour ahead is kept, from 12 hours on it becomes the present",
	.action = "copy, and count the date as changed",
	.source = "measured, 2.3.19"},
    {.family = IMAP_FAMILY_DOVECOT,
	.quirk = IMAP_QUIRK_DATE_BEFORE_1970_WRAPS,
	.symptom = "INTERNALDATE before 1970 wraps to 2038 and later",
	.action = "copy, and count the date as changed",
	.source = "measured, 2.3.19"},
    {.family = IMAP_FAMILY_DOVECOT,
	.quirk = IMAP_QUIRK_FETCHES_IN_ORDER,
	.symptom = "answers to a pipelined FETCH come after all of the one before it",
	.action = "a folder's first rows and texts are asked for in one burst",
	.source = "measured, 2.3.19: the next answers come even before the tagged OK"},

    {.family = IMAP_FAMILY_CYRUS,
	.quirk = IMAP_QUIRK_GROUPS_PROVED,
	.symptom = "of 2 or 4 pipelined groups, cut at random, a prefix in order is stored",
	.action = "up to 4 unanswered groups, holes at refused ones",
	.source = "measured, 3.6.1: 0 of 400 trials disagree, 100 of 100 holes kept"},
    {.family = IMAP_FAMILY_CYRUS,
	.quirk = IMAP_QUIRK_NO_MEANS_NOT_STORED,
	.symptom = "NO or BAD behind a complete literal, single or in a group: nothing stored",
	.action = "refused group counts as absent, its messages go singly",
	.source = "measured, 3.6.1: 11 causes x 3 positions x both kinds of literal"},
    {.family = IMAP_FAMILY_CYRUS,
	.quirk = IMAP_QUIRK_REFUSES_EMPTY_MESSAGE,
	.symptom = "NO Zero-length message literal",
	.action = "refused with its reason, not tried in a group",
	.source = "measured, 3.6.1"},
    {.family = IMAP_FAMILY_CYRUS,
	.quirk = IMAP_QUIRK_DATE_BEFORE_1970_WRAPS,
	.symptom = "INTERNALDATE 1970-01-01 00:00:00 becomes the present; earlier ones are BAD",
	.action = "copy, and count the date as changed",
	.source = "measured, 3.6.1"},

    {.family = IMAP_FAMILY_COURIER,
	.quirk = IMAP_QUIRK_BAD_RUNS_LITERAL,
	.symptom = "a {n+} literal is always read as commands; LITERAL+ is not announced",
	.action = "synchronising literals only",
	.source = "measured, 5.0.13"},
    {.family = IMAP_FAMILY_COURIER,
	.quirk = IMAP_QUIRK_BARE_LF_BECOMES_CRLF,
	.symptom = "LF without CR is stored as CRLF, in header and body",
	.action = "compare after the same rewriting, count as changed by the server",
	.source = "measured, 5.0.13"},
    {.family = IMAP_FAMILY_COURIER,
	.quirk = IMAP_QUIRK_DROPS_CR_BEFORE_CRLF,
	.symptom = "CR CR LF is stored as CR LF, and any other CR without LF is removed",
	.action = "compare after the same rewriting, count as changed by the server",
	.source = "measured, 5.0.13"},
    {.family = IMAP_FAMILY_COURIER,
	.quirk = IMAP_QUIRK_DATE_BEFORE_1970_WRAPS,
	.symptom = "INTERNALDATE 1970-01-01 00:00:00 becomes the present; earlier ones are NO",
	.action = "copy, and count the date as changed",
	.source = "measured, 5.0.13"},
};

enum {
	ROW_COUNT = sizeof(rows) / sizeof(rows[0])
};

static_assert(IMAP_QUIRK_COUNT <= 64, "one bit each");

static const char *const names[] = {
    [IMAP_FAMILY_UNKNOWN] = "unknown",
    [IMAP_FAMILY_DOVECOT] = "Dovecot",
    [IMAP_FAMILY_CYRUS] = "Cyrus",
    [IMAP_FAMILY_COURIER] = "Courier",
    [IMAP_FAMILY_GMAIL] = "Gmail",
    [IMAP_FAMILY_EXCHANGE] = "Exchange",
    [IMAP_FAMILY_ICLOUD] = "iCloud",
    [IMAP_FAMILY_YAHOO] = "Yahoo",
    [IMAP_FAMILY_ZIMBRA] = "Zimbra",
};

static_assert(sizeof(names) / sizeof(names[0]) == IMAP_FAMILY_COUNT, "every family has a name");

/* Words by which servers call themselves, in greetings and in ID. */
static const struct {
	enum imap_family family;
	const char *words;
} marks[] = {
    {IMAP_FAMILY_DOVECOT, "Dovecot"},
    {IMAP_FAMILY_CYRUS, "Cyrus IMAP"},
    {IMAP_FAMILY_CYRUS, "Cyrus IMAP4"},
    {IMAP_FAMILY_CYRUS, "Cyrus IMAPD"},
    {IMAP_FAMILY_COURIER, "Courier-IMAP"},
    {IMAP_FAMILY_GMAIL, "Gimap"},
    {IMAP_FAMILY_EXCHANGE, "Microsoft Exchange"},
    {IMAP_FAMILY_EXCHANGE, "Microsoft.Exchange.Imap4.Imap4Server"},
    {IMAP_FAMILY_ICLOUD, "iCloud"},
    {IMAP_FAMILY_ICLOUD, "iSCREAM"},
    {IMAP_FAMILY_YAHOO, "Yahoo"},
    {IMAP_FAMILY_YAHOO, "Y!IMAP"},
    {IMAP_FAMILY_ZIMBRA, "Zimbra"},
};

/* Host names stand in greetings: "dovecot.example.org" or "old-cyrus" must not count as words.
 */
static bool
is_in_word(uint8_t octet)
{
	return (octet >= '0' && octet <= '9') || (octet >= 'A' && octet <= 'Z') ||
	    (octet >= 'a' && octet <= 'z') || octet == '.' || octet == '-' || octet == '_' ||
	    octet >= 0x80;
}

/* A sentence may end behind the words: the dot of "ready." is not part of a host name. */
static bool
is_word_end(struct bytes rest)
{
	if (rest.size > 0 && rest.data[0] == '.')
		rest = bytes_skip(rest, 1);
	return rest.size == 0 || !is_in_word(rest.data[0]);
}

static bool
has_words(struct bytes text, struct bytes words)
{
	for (size_t i = 0; i + words.size <= text.size; i++) {
		struct bytes rest = bytes_skip(text, i);

		if (i > 0 && is_in_word(text.data[i - 1]))
			continue;
		if (bytes_start_with_nocase(rest, words) &&
		    is_word_end(bytes_skip(rest, words.size)))
			return true;
	}
	return false;
}

/* A text that names two families names none. */
static enum imap_family
family_in(struct bytes text)
{
	enum imap_family found = IMAP_FAMILY_UNKNOWN;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (!has_words(text, bytes_of_string(marks[i].words)))
			continue;
		if (found != IMAP_FAMILY_UNKNOWN && found != marks[i].family)
			return IMAP_FAMILY_UNKNOWN;
		found = marks[i].family;
	}
	return found;
}

/* The greeting may come from a proxy; ID behind the log-in comes from who stores the mail. */
enum imap_family
imap_family_find(struct bytes greeting, struct bytes id_name)
{
	enum imap_family family = family_in(id_name);

	return family == IMAP_FAMILY_UNKNOWN ? family_in(greeting) : family;
}

const char *
imap_family_name(enum imap_family family)
{
	CHECK(family < IMAP_FAMILY_COUNT);
	return names[family];
}

static uint64_t
bit_of(enum imap_quirk quirk)
{
	CHECK(quirk < IMAP_QUIRK_COUNT);
	return UINT64_C(1) << quirk;
}

uint64_t
imap_quirks_of(enum imap_family family)
{
	uint64_t quirks = 0;

	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (rows[i].family == family)
			quirks |= bit_of(rows[i].quirk);
	}
	return quirks;
}

bool
imap_quirk_has(uint64_t quirks, enum imap_quirk quirk)
{
	return (quirks & bit_of(quirk)) != 0;
}

const struct imap_quirk_row *
imap_quirk_rows(size_t *count_out)
{
	*count_out = ROW_COUNT;
	return rows;
}
