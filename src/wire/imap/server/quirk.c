/* SPDX-License-Identifier: Apache-2.0
 *
 * What was measured, on Debian 12's packages: Dovecot 2.3.19 (maildir, sdbox, mdbox), Cyrus
 * 3.6.1, Courier 5.0.13, over loopback. A family without rows is treated as if nothing good
 * were known of it: one group at a time, and a BAD behind a literal leaves its message in
 * doubt. docs/quirks.md holds the same rows for people; tests/tidy compares the two.
 */
#include "wire/imap/server/quirk.h"

#include <assert.h>

#include "base/check.h"

static const struct imap_quirk_row rows[] = {
    {.family = IMAP_FAMILY_ANY_SERVER,
	.quirk = IMAP_QUIRK_BODY_NIL,
	.symptom =
	    "BODY[] is NIL, or missing from the answer: seen at Exchange for calendar items",
	.action = "the message counts as one that the source cannot give, the rest goes on",
	.source = "imapc, imapc-mail.c"},
    {.family = IMAP_FAMILY_ANY_SERVER,
	.quirk = IMAP_QUIRK_CAPABILITIES_UNTAGGED,
	.symptom = "capabilities come in a line of their own before the OK of the log-in",
	.action = "they count as told by the log-in, nothing is asked again",
	.source = "defects 18: Gmail"},
    {.family = IMAP_FAMILY_ANY_SERVER,
	.quirk = IMAP_QUIRK_CODE_BEHIND_OK,
	.symptom = "no space between OK and the bracket of its code",
	.action = "the code is read",
	.source = "emersion/go-imap, client.go"},
    {.family = IMAP_FAMILY_ANY_SERVER,
	.quirk = IMAP_QUIRK_EMPTY_FLAG_LIST_FAILS,
	.symptom = "BAD for \"()\" or a space before \")\" in the flags of APPEND",
	.action = "no list is sent where there are no flags",
	.source = "ocaml-imap 12, node-imap 188: Gmail"},
    {.family = IMAP_FAMILY_ANY_SERVER,
	.quirk = IMAP_QUIRK_EXISTS_GROWS,
	.symptom = "several EXISTS, each larger (500, 1000, ...), while a folder is opened",
	.action = "the last one before the OK counts",
	.source = "OfflineIMAP, IMAP.py: Zimbra"},
    {.family = IMAP_FAMILY_ANY_SERVER,
	.quirk = IMAP_QUIRK_EXISTS_MISSING,
	.symptom = "no EXISTS when an empty folder is opened",
	.action = "the folder is empty",
	.source = "OfflineIMAP, IMAP.py"},
    {.family = IMAP_FAMILY_ANY_SERVER,
	.quirk = IMAP_QUIRK_FLAG_IS_NO_ATOM,
	.symptom = "\"*\", quoted strings and other things among the flags of a message",
	.action = "the flag is reported as unusable, the message is copied without it",
	.source = "libetpan: lavabit, Citadel, Binc, Rockliffe"},
    {.family = IMAP_FAMILY_ANY_SERVER,
	.quirk = IMAP_QUIRK_LITERAL_PLUS_BEFORE_LOGIN,
	.symptom = "a proxy announces LITERAL+ and misreads it",
	.action = "literals before the log-in are synchronising ones",
	.source = "sora 77 and 78, Mailu 2991: perdition and others"},
    {.family = IMAP_FAMILY_ANY_SERVER,
	.quirk = IMAP_QUIRK_MODSEQ_ZERO,
	.symptom = "HIGHESTMODSEQ 0, left by old versions",
	.action = "the folder has no modification sequence",
	.source = "cyrus-imapd 1029"},
    {.family = IMAP_FAMILY_ANY_SERVER,
	.quirk = IMAP_QUIRK_NAME_UNQUOTED,
	.symptom = "folder names of several words stand without quotes",
	.action = "all words up to the line end or a list are the name",
	.source = "libetpan, mailimap_mailbox_gmail_parse"},
    {.family = IMAP_FAMILY_ANY_SERVER,
	.quirk = IMAP_QUIRK_STAR_IN_FLAGS,
	.symptom = "\"\\*\" stands in FLAGS, not only in PERMANENTFLAGS",
	.action = "it allows no new keywords there",
	.source = "imap-proto 91: Zoho"},
    {.family = IMAP_FAMILY_ANY_SERVER,
	.quirk = IMAP_QUIRK_SYSTEM_FLAG_UNKNOWN,
	.symptom = "flags such as \"\\$NotJunk\", which are neither system flags nor keywords",
	.action = "the flag is reported as unusable, never sent on",
	.source = "imap-backup 133 and 236: Dovecot with cPanel"},
    {.family = IMAP_FAMILY_ANY_SERVER,
	.quirk = IMAP_QUIRK_TEXT_MISSING,
	.symptom = "nothing stands behind OK, NO or BAD, not even a space",
	.action = "the command is complete",
	.source = "emersion/go-imap, client.go"},

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
	.symptom = "BAD for an INTERNALDATE before 1970",
	.action = "copy, and count the date as changed",
	.source = "measured, 3.6.1"},
    {.family = IMAP_FAMILY_CYRUS,
	.quirk = IMAP_QUIRK_DATE_ZERO_BECOMES_NOW,
	.symptom = "INTERNALDATE 1970-01-01 00:00:00 becomes the present",
	.action = "copy, and count the date as changed",
	.source = "measured, 3.6.1"},
    {.family = IMAP_FAMILY_CYRUS,
	.quirk = IMAP_QUIRK_HEADER_8BIT_BECOMES_X,
	.symptom = "each octet from 0x80 on is stored as X in the header; the size stays equal",
	.action = "compare after the same rewriting, count as changed by the server",
	.source = "measured, 3.6.1; message_copy_strict in imap/message.c, option munge8bit"},
    {.family = IMAP_FAMILY_CYRUS,
	.quirk = IMAP_QUIRK_MAKES_PARENTS,
	.symptom = "CREATE a/b makes a folder a, empty, where there was none",
	.action = "how many there are is told",
	.source = "measured, 3.6.1"},

    {.family = IMAP_FAMILY_CYRUS_MURDER,
	.quirk = IMAP_QUIRK_QRESYNC_FAILS,
	.symptom = "BAD Invalid UID Fetch modifier VANISHED",
	.action = "QRESYNC is not seen",
	.source = "cyrus-imapd 4787"},

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
	.quirk = IMAP_QUIRK_DROPS_BARE_CR,
	.symptom = "every CR that no LF follows is removed, wherever it stands",
	.action = "compare after the same rewriting, count as changed by the server",
	.source = "measured, 5.0.13"},
    {.family = IMAP_FAMILY_COURIER,
	.quirk = IMAP_QUIRK_ADDS_FINAL_CRLF,
	.symptom = "a message that does not end with LF gets CRLF there, an empty one too",
	.action = "compare after the same rewriting, count as changed by the server",
	.source = "measured, 5.0.13"},
    {.family = IMAP_FAMILY_COURIER,
	.quirk = IMAP_QUIRK_NO_MAY_HAVE_STORED,
	.symptom = "NO behind a complete literal, and the message is stored",
	.action = "the message is in doubt until it is looked for",
	.source = "measured, 5.0.13: 4 of 4 forms of junk behind the literal"},
    {.family = IMAP_FAMILY_COURIER,
	.quirk = IMAP_QUIRK_EXAMINE_FORGETS,
	.symptom = "UIDs and UIDVALIDITY that EXAMINE and STATUS show are not kept, and change",
	.action = "the source's folders are opened by SELECT, and nothing is written",
	.source = "measured, 5.0.13: a new UIDVALIDITY each second, UIDs given again"},
    {.family = IMAP_FAMILY_COURIER,
	.quirk = IMAP_QUIRK_SUBSCRIPTIONS_RACE,
	.symptom = "SUBSCRIBE over several connections at once says OK, and some are lost",
	.action = "all folders are subscribed over one connection",
	.source = "measured, 5.0.13: one of 50 lost in one run of three, four connections"},
    {.family = IMAP_FAMILY_COURIER,
	.quirk = IMAP_QUIRK_KEYWORDS_ONLY_AS_WORDS,
	.symptom = "NO for the keywords NIL and 12345, and for those with [ ] { } or ~",
	.action = "the keyword is dropped and told",
	.source = "measured, 5.0.13, APPEND and STORE"},
    {.family = IMAP_FAMILY_COURIER,
	.quirk = IMAP_QUIRK_DATE_BEFORE_1970_WRAPS,
	.symptom = "NO for an INTERNALDATE before 1970",
	.action = "copy, and count the date as changed",
	.source = "measured, 5.0.13"},
    {.family = IMAP_FAMILY_COURIER,
	.quirk = IMAP_QUIRK_DATE_ZERO_BECOMES_NOW,
	.symptom = "INTERNALDATE 1970-01-01 00:00:00 becomes the present",
	.action = "copy, and count the date as changed",
	.source = "measured, 5.0.13"},

    {.family = IMAP_FAMILY_EXCHANGE,
	.quirk = IMAP_QUIRK_CODE_WITHOUT_OK,
	.symptom = "a line that begins with the bracket of a code, without \"* OK\"",
	.action = "the code is read",
	.source = "net-imap 250, MailKit 115: Exchange 2013"},
    {.family = IMAP_FAMILY_EXCHANGE,
	.quirk = IMAP_QUIRK_MDN_SENT_IS_A_CATEGORY,
	.symptom = "a mail with $MDNSent shows a category of that name to its owner",
	.action = "the keyword is dropped and told",
	.source = "imapsync, FAQ.Office365"},
    {.family = IMAP_FAMILY_EXCHANGE,
	.quirk = IMAP_QUIRK_MESSAGE_SET_INVALID,
	.symptom = "NO The specified message set is invalid, when none of the UIDs is there",
	.action = "as an answer without messages",
	.source = "node-imap 762, MailKit 1652"},

    {.family = IMAP_FAMILY_ICLOUD,
	.quirk = IMAP_QUIRK_BINARY_FAILS,
	.symptom = "BINARY is announced, its answers cannot be parsed",
	.action = "BINARY is not seen",
	.source = "horde/Imap_Client 17"},
    {.family = IMAP_FAMILY_ICLOUD,
	.quirk = IMAP_QUIRK_CAPABILITIES_OF_PROXY,
	.symptom = "a proxy puts its own list in place of the first capabilities",
	.action = "CAPABILITY is asked once more behind the log-in",
	.source = "Mailspring-Sync 91"},
    {.family = IMAP_FAMILY_ICLOUD,
	.quirk = IMAP_QUIRK_ESEARCH_FAILS,
	.symptom = "SEARCH RETURN answers COUNT and nothing else",
	.action = "ESEARCH is not seen",
	.source = "horde/Imap_Client 17"},
    {.family = IMAP_FAMILY_ICLOUD,
	.quirk = IMAP_QUIRK_KEYWORDS_ONLY_AS_LISTED,
	.symptom = "BAD Parse Error for a keyword such as \"domain.com\" in APPEND",
	.action = "only keywords of PERMANENTFLAGS without a dot are sent, others are told",
	.source = "imapsync 387"},
    {.family = IMAP_FAMILY_ICLOUD,
	.quirk = IMAP_QUIRK_QRESYNC_FAILS,
	.symptom = "ENABLE QRESYNC says OK and enables nothing; messages seem to vanish",
	.action = "QRESYNC is not seen",
	.source = "Mailspring-Sync 91, MailKit 1871, nextcloud/mail 3401"},

    {.family = IMAP_FAMILY_YAHOO,
	.quirk = IMAP_QUIRK_MODSEQ_UNPROMISED,
	.symptom = "HIGHESTMODSEQ is told, CONDSTORE is not announced and does not work",
	.action = "HIGHESTMODSEQ is not believed without CONDSTORE",
	.source = "imap-client 40, MailKit 221"},
    {.family = IMAP_FAMILY_YAHOO,
	.quirk = IMAP_QUIRK_WHOLE_ONLY_BY_UIDONLY,
	.symptom = "folders above MESSAGELIMIT show a part of their messages",
	.action = "ENABLE UIDONLY, and UIDFETCH is read as FETCH",
	.source = "imap-proto 198, RFC 9586"},

    {.family = IMAP_FAMILY_COREMAIL,
	.quirk = IMAP_QUIRK_NEEDS_ID,
	.symptom = "SELECT is refused (Unsafe Login) unless ID was sent",
	.action = "ID is sent behind the log-in even when it is not announced",
	.source = "libetpan, offlineimap 696: 163, 126, yeah.net"},

    {.family = IMAP_FAMILY_DAVMAIL,
	.quirk = IMAP_QUIRK_APPENDUID_SWAPPED,
	.symptom = "UID and UIDVALIDITY change places in APPENDUID, before 2025",
	.action = "read the other way round where only that fits the folder",
	.source = "davmail 315"},

    {.family = IMAP_FAMILY_DOMINO,
	.quirk = IMAP_QUIRK_LITERAL_PADDED,
	.symptom = "spaces stand between the size of a literal and its line end",
	.action = "they are passed over",
	.source = "libetpan, mailimap_parser.c"},

    {.family = IMAP_FAMILY_FIRSTCLASS,
	.quirk = IMAP_QUIRK_CHILDREN_LIE,
	.symptom = "\\HasNoChildren stands at folders that have children",
	.action = "neither it nor \\HasChildren is believed",
	.source = "imapsync, FAQ.FirstClass"},

    {.family = IMAP_FAMILY_FTGATE,
	.quirk = IMAP_QUIRK_PERMANENTFLAGS_EMPTY,
	.symptom = "PERMANENTFLAGS () where flags are kept all the same",
	.action = "the list is passed over, FLAGS counts",
	.source = "imapsync, FAQ.Various"},
    {.family = IMAP_FAMILY_FTGATE,
	.quirk = IMAP_QUIRK_UIDPLUS_FAILS,
	.symptom = "UID EXPUNGE and the UIDs of new messages cannot be used",
	.action = "UIDPLUS is not seen",
	.source = "MailKit 1277"},

    {.family = IMAP_FAMILY_ICEWARP,
	.quirk = IMAP_QUIRK_ESEARCH_FAILS,
	.symptom = "SEARCH gives wrong answers",
	.action = "ESEARCH is not seen",
	.source = "imapsync, FAQ.IceWarp"},

    {.family = IMAP_FAMILY_JAMES,
	.quirk = IMAP_QUIRK_LITERAL_PLUS_FAILS,
	.symptom = "a command pipelined behind a {n+} literal is dropped",
	.action = "LITERAL+ is not seen: literals wait for their continuation",
	.source = "james-project 3144"},
    {.family = IMAP_FAMILY_JAMES,
	.quirk = IMAP_QUIRK_QRESYNC_FAILS,
	.symptom = "VANISHED is empty, or names every message",
	.action = "QRESYNC is not seen",
	.source = "james-project 629 and 909"},

    {.family = IMAP_FAMILY_PROTON,
	.quirk = IMAP_QUIRK_UIDPLUS_FAILS,
	.symptom = "no APPENDUID in spite of UIDPLUS, and UID EXPUNGE is refused",
	.action = "UIDPLUS is not seen",
	.source = "proton-bridge 2, 123 and 170"},

    {.family = IMAP_FAMILY_SMARTERMAIL,
	.quirk = IMAP_QUIRK_CONDSTORE_FAILS,
	.symptom = "CONDSTORE is announced, no MODSEQ comes, CHANGEDSINCE gives everything",
	.action = "CONDSTORE is not seen",
	.source = "sync-engine 504"},
    {.family = IMAP_FAMILY_SMARTERMAIL,
	.quirk = IMAP_QUIRK_ESEARCH_FAILS,
	.symptom = "SEARCH gives wrong answers",
	.action = "ESEARCH is not seen",
	.source = "imapsync, FAQ.SmarterMail"},

    {.family = IMAP_FAMILY_TENCENT,
	.quirk = IMAP_QUIRK_ESEARCH_FAILS,
	.symptom = "SEARCH gives wrong answers",
	.action = "ESEARCH is not seen",
	.source = "imapsync, FAQ.Various"},

    {.family = IMAP_FAMILY_YANDEX,
	.quirk = IMAP_QUIRK_ESEARCH_FAILS,
	.symptom = "SEARCH gives wrong answers",
	.action = "ESEARCH is not seen",
	.source = "imapsync, FAQ.Yandex"},
};

enum {
	ROW_COUNT = sizeof(rows) / sizeof(rows[0])
};

static_assert(IMAP_QUIRK_COUNT <= 64 * IMAP_QUIRKS_WORDS, "one bit each");

void
imap_quirks_add(struct imap_quirks *quirks, enum imap_quirk quirk)
{
	CHECK(quirk < IMAP_QUIRK_COUNT);
	quirks->words[quirk / 64] |= UINT64_C(1) << quirk % 64;
}

bool
imap_quirk_has(struct imap_quirks quirks, enum imap_quirk quirk)
{
	CHECK(quirk < IMAP_QUIRK_COUNT);
	return (quirks.words[quirk / 64] >> quirk % 64 & 1) != 0;
}

struct imap_quirks
imap_quirks_of(enum imap_family family)
{
	struct imap_quirks quirks = {0};

	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (rows[i].family == family || rows[i].family == IMAP_FAMILY_ANY_SERVER)
			imap_quirks_add(&quirks, rows[i].quirk);
	}
	return quirks;
}

struct imap_capabilities
imap_quirks_distrusted(struct imap_quirks quirks)
{
	static const struct {
		enum imap_quirk quirk;
		enum imap_capability capability;
	} table[] = {
	    {IMAP_QUIRK_BINARY_FAILS, IMAP_CAP_BINARY},
	    {IMAP_QUIRK_CONDSTORE_FAILS, IMAP_CAP_CONDSTORE},
	    {IMAP_QUIRK_ESEARCH_FAILS, IMAP_CAP_ESEARCH},
	    {IMAP_QUIRK_LITERAL_PLUS_FAILS, IMAP_CAP_LITERAL_PLUS},
	    {IMAP_QUIRK_QRESYNC_FAILS, IMAP_CAP_QRESYNC},
	    {IMAP_QUIRK_UIDPLUS_FAILS, IMAP_CAP_UIDPLUS},
	};
	struct imap_capabilities distrusted = {0};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (imap_quirk_has(quirks, table[i].quirk))
			distrusted.bits |= UINT64_C(1) << table[i].capability;
	}
	return distrusted;
}

const struct imap_quirk_row *
imap_quirk_rows(size_t *count_out)
{
	*count_out = ROW_COUNT;
	return rows;
}
