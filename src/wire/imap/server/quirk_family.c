/* SPDX-License-Identifier: Apache-2.0
 *
 * By which words a family is known. A text that names two families names none, and host names
 * do not count.
 */
#include "wire/imap/server/quirk.h"

#include <assert.h>

#include "base/check.h"

static const char *const names[] = {
    [IMAP_FAMILY_UNKNOWN] = "unknown",
    [IMAP_FAMILY_ANY_SERVER] = "any server",
    [IMAP_FAMILY_DOVECOT] = "Dovecot",
    [IMAP_FAMILY_CYRUS] = "Cyrus",
    [IMAP_FAMILY_CYRUS_MURDER] = "Cyrus Murder",
    [IMAP_FAMILY_COURIER] = "Courier",
    [IMAP_FAMILY_GMAIL] = "Gmail",
    [IMAP_FAMILY_EXCHANGE] = "Exchange",
    [IMAP_FAMILY_ICLOUD] = "iCloud",
    [IMAP_FAMILY_YAHOO] = "Yahoo",
    [IMAP_FAMILY_ZIMBRA] = "Zimbra",
    [IMAP_FAMILY_COREMAIL] = "Coremail",
    [IMAP_FAMILY_DAVMAIL] = "DavMail",
    [IMAP_FAMILY_DBMAIL] = "DBMail",
    [IMAP_FAMILY_DOMINO] = "Domino",
    [IMAP_FAMILY_FIRSTCLASS] = "FirstClass",
    [IMAP_FAMILY_FTGATE] = "FTGate",
    [IMAP_FAMILY_GROUPWISE] = "GroupWise",
    [IMAP_FAMILY_HMAILSERVER] = "hMailServer",
    [IMAP_FAMILY_ICEWARP] = "IceWarp",
    [IMAP_FAMILY_JAMES] = "James",
    [IMAP_FAMILY_KERIO] = "Kerio",
    [IMAP_FAMILY_KOPANO] = "Kopano",
    [IMAP_FAMILY_MAILENABLE] = "MailEnable",
    [IMAP_FAMILY_MDAEMON] = "MDaemon",
    [IMAP_FAMILY_PROTON] = "Proton",
    [IMAP_FAMILY_SMARTERMAIL] = "SmarterMail",
    [IMAP_FAMILY_SUN] = "Sun",
    [IMAP_FAMILY_TENCENT] = "Tencent",
    [IMAP_FAMILY_TOBIT] = "Tobit",
    [IMAP_FAMILY_WILDDUCK] = "WildDuck",
    [IMAP_FAMILY_YANDEX] = "Yandex",
    [IMAP_FAMILY_ZOHO] = "Zoho",
};

static_assert(sizeof(names) / sizeof(names[0]) == IMAP_FAMILY_COUNT, "every family has a name");

static const char *const quirk_names[] = {
    [IMAP_QUIRK_GROUPS_PROVED] = "GROUPS_PROVED",
    [IMAP_QUIRK_NO_MEANS_NOT_STORED] = "NO_MEANS_NOT_STORED",
    [IMAP_QUIRK_NO_MAY_HAVE_STORED] = "NO_MAY_HAVE_STORED",
    [IMAP_QUIRK_REFUSES_EMPTY_MESSAGE] = "REFUSES_EMPTY_MESSAGE",
    [IMAP_QUIRK_BARE_LF_BECOMES_CRLF] = "BARE_LF_BECOMES_CRLF",
    [IMAP_QUIRK_NUL_BECOMES_0X80] = "NUL_BECOMES_0X80",
    [IMAP_QUIRK_DROPS_CR_BEFORE_CRLF] = "DROPS_CR_BEFORE_CRLF",
    [IMAP_QUIRK_DROPS_BARE_CR] = "DROPS_BARE_CR",
    [IMAP_QUIRK_ADDS_FINAL_CRLF] = "ADDS_FINAL_CRLF",
    [IMAP_QUIRK_HEADER_8BIT_BECOMES_X] = "HEADER_8BIT_BECOMES_X",
    [IMAP_QUIRK_FUTURE_DATE_BECOMES_NOW] = "FUTURE_DATE_BECOMES_NOW",
    [IMAP_QUIRK_DATE_BEFORE_1970_WRAPS] = "DATE_BEFORE_1970_WRAPS",
    [IMAP_QUIRK_DATE_ZERO_BECOMES_NOW] = "DATE_ZERO_BECOMES_NOW",
    [IMAP_QUIRK_FETCHES_IN_ORDER] = "FETCHES_IN_ORDER",
    [IMAP_QUIRK_BINARY_FAILS] = "BINARY_FAILS",
    [IMAP_QUIRK_CONDSTORE_FAILS] = "CONDSTORE_FAILS",
    [IMAP_QUIRK_ESEARCH_FAILS] = "ESEARCH_FAILS",
    [IMAP_QUIRK_LITERAL_PLUS_FAILS] = "LITERAL_PLUS_FAILS",
    [IMAP_QUIRK_QRESYNC_FAILS] = "QRESYNC_FAILS",
    [IMAP_QUIRK_UIDPLUS_FAILS] = "UIDPLUS_FAILS",
    [IMAP_QUIRK_CAPABILITIES_OF_PROXY] = "CAPABILITIES_OF_PROXY",
    [IMAP_QUIRK_CAPABILITIES_UNTAGGED] = "CAPABILITIES_UNTAGGED",
    [IMAP_QUIRK_LITERAL_PLUS_BEFORE_LOGIN] = "LITERAL_PLUS_BEFORE_LOGIN",
    [IMAP_QUIRK_NEEDS_ID] = "NEEDS_ID",
    [IMAP_QUIRK_WHOLE_ONLY_BY_UIDONLY] = "WHOLE_ONLY_BY_UIDONLY",
    [IMAP_QUIRK_BODY_NIL] = "BODY_NIL",
    [IMAP_QUIRK_CODE_BEHIND_OK] = "CODE_BEHIND_OK",
    [IMAP_QUIRK_CODE_WITHOUT_OK] = "CODE_WITHOUT_OK",
    [IMAP_QUIRK_FLAG_IS_NO_ATOM] = "FLAG_IS_NO_ATOM",
    [IMAP_QUIRK_LITERAL_PADDED] = "LITERAL_PADDED",
    [IMAP_QUIRK_NAME_UNQUOTED] = "NAME_UNQUOTED",
    [IMAP_QUIRK_TEXT_MISSING] = "TEXT_MISSING",
    [IMAP_QUIRK_APPENDUID_SWAPPED] = "APPENDUID_SWAPPED",
    [IMAP_QUIRK_CHILDREN_LIE] = "CHILDREN_LIE",
    [IMAP_QUIRK_EXISTS_GROWS] = "EXISTS_GROWS",
    [IMAP_QUIRK_EXISTS_MISSING] = "EXISTS_MISSING",
    [IMAP_QUIRK_MESSAGE_SET_INVALID] = "MESSAGE_SET_INVALID",
    [IMAP_QUIRK_MODSEQ_UNPROMISED] = "MODSEQ_UNPROMISED",
    [IMAP_QUIRK_MODSEQ_ZERO] = "MODSEQ_ZERO",
    [IMAP_QUIRK_PERMANENTFLAGS_EMPTY] = "PERMANENTFLAGS_EMPTY",
    [IMAP_QUIRK_STAR_IN_FLAGS] = "STAR_IN_FLAGS",
    [IMAP_QUIRK_SYSTEM_FLAG_UNKNOWN] = "SYSTEM_FLAG_UNKNOWN",
    [IMAP_QUIRK_EMPTY_FLAG_LIST_FAILS] = "EMPTY_FLAG_LIST_FAILS",
    [IMAP_QUIRK_KEYWORDS_ONLY_AS_LISTED] = "KEYWORDS_ONLY_AS_LISTED",
    [IMAP_QUIRK_MDN_SENT_IS_A_CATEGORY] = "MDN_SENT_IS_A_CATEGORY",
    [IMAP_QUIRK_KEYWORDS_ONLY_AS_WORDS] = "KEYWORDS_ONLY_AS_WORDS",
    [IMAP_QUIRK_EXAMINE_FORGETS] = "EXAMINE_FORGETS",
    [IMAP_QUIRK_SUBSCRIPTIONS_RACE] = "SUBSCRIPTIONS_RACE",
    [IMAP_QUIRK_MAKES_PARENTS] = "MAKES_PARENTS",
    [IMAP_QUIRK_SIZE_IS_A_GUESS] = "SIZE_IS_A_GUESS",
    [IMAP_QUIRK_MERGES_TWINS] = "MERGES_TWINS",
    [IMAP_QUIRK_REFUSES_NUL] = "REFUSES_NUL",
    [IMAP_QUIRK_KEYWORDS_WITHOUT_COLON] = "KEYWORDS_WITHOUT_COLON",
    [IMAP_QUIRK_WRITES_ANEW] = "WRITES_ANEW",
    [IMAP_QUIRK_SENDS_RECEIPTS] = "SENDS_RECEIPTS",
    [IMAP_QUIRK_HIDES_OLD_MAIL] = "HIDES_OLD_MAIL",
    [IMAP_QUIRK_HIDES_SLASHED_NAMES] = "HIDES_SLASHED_NAMES",
    [IMAP_QUIRK_HIDES_SOME_MAIL] = "HIDES_SOME_MAIL",
    [IMAP_QUIRK_DAILY_CEILING] = "DAILY_CEILING",
    [IMAP_QUIRK_INBOX_IS_LEAF] = "INBOX_IS_LEAF",
    [IMAP_QUIRK_REFUSES_OUTER_BLANKS] = "REFUSES_OUTER_BLANKS",
    [IMAP_QUIRK_RESERVES_NAMES] = "RESERVES_NAMES",
    [IMAP_QUIRK_PREFIX_FROM_LIST] = "PREFIX_FROM_LIST",
    [IMAP_QUIRK_THROTTLED_IN_OK] = "THROTTLED_IN_OK",
    [IMAP_QUIRK_ONE_CONNECTION] = "ONE_CONNECTION",
    [IMAP_QUIRK_UIDNEXT_MISSING] = "UIDNEXT_MISSING",
    [IMAP_QUIRK_UIDVALIDITY_MISSING] = "UIDVALIDITY_MISSING",
    [IMAP_QUIRK_UIDVALIDITY_ZERO] = "UIDVALIDITY_ZERO",
    [IMAP_QUIRK_SAYS_ADDITIONAL_ARGUMENTS] = "SAYS_ADDITIONAL_ARGUMENTS",
    [IMAP_QUIRK_SAYS_ALREADY_EXISTS] = "SAYS_ALREADY_EXISTS",
    [IMAP_QUIRK_SAYS_ARGUMENT_ERROR] = "SAYS_ARGUMENT_ERROR",
    [IMAP_QUIRK_SAYS_BACKOFF] = "SAYS_BACKOFF",
    [IMAP_QUIRK_SAYS_BAD_HEADER] = "SAYS_BAD_HEADER",
    [IMAP_QUIRK_SAYS_HEADER_LIMIT] = "SAYS_HEADER_LIMIT",
    [IMAP_QUIRK_SAYS_LABEL_NOT_ALLOWED] = "SAYS_LABEL_NOT_ALLOWED",
    [IMAP_QUIRK_SAYS_LIMIT_FOR_RATE] = "SAYS_LIMIT_FOR_RATE",
    [IMAP_QUIRK_SAYS_NAME_RESERVED] = "SAYS_NAME_RESERVED",
    [IMAP_QUIRK_SAYS_NO_INFERIORS] = "SAYS_NO_INFERIORS",
    [IMAP_QUIRK_SAYS_NO_MBOX] = "SAYS_NO_MBOX",
    [IMAP_QUIRK_SAYS_NOT_CONNECTED] = "SAYS_NOT_CONNECTED",
    [IMAP_QUIRK_SAYS_OVERQUOTA_FOR_TRAFFIC] = "SAYS_OVERQUOTA_FOR_TRAFFIC",
    [IMAP_QUIRK_SAYS_SESSION_EXPIRED] = "SAYS_SESSION_EXPIRED",
    [IMAP_QUIRK_SAYS_STORAGE_LIMIT] = "SAYS_STORAGE_LIMIT",
    [IMAP_QUIRK_SAYS_TOO_MANY_CONNECTIONS] = "SAYS_TOO_MANY_CONNECTIONS",
    [IMAP_QUIRK_SAYS_UNPARSABLE] = "SAYS_UNPARSABLE",
    [IMAP_QUIRK_SAYS_VIRUS] = "SAYS_VIRUS",
};

static_assert(
    sizeof(quirk_names) / sizeof(quirk_names[0]) == IMAP_QUIRK_COUNT, "every quirk has a name");

struct mark {
	enum imap_family family;
	const char *words;
};

/* Words by which servers call themselves, in greetings and in ID. */
static const struct mark marks[] = {
    {IMAP_FAMILY_DOVECOT, "Dovecot"},
    {IMAP_FAMILY_CYRUS, "Cyrus IMAP"},
    {IMAP_FAMILY_CYRUS, "Cyrus IMAP4"},
    {IMAP_FAMILY_CYRUS, "Cyrus IMAPD"},
    {IMAP_FAMILY_CYRUS_MURDER, "Cyrus IMAP Murder"},
    {IMAP_FAMILY_CYRUS_MURDER, "Cyrus IMAP4 Murder"},
    {IMAP_FAMILY_COURIER, "Courier-IMAP"},
    {IMAP_FAMILY_GMAIL, "Gimap"},
    {IMAP_FAMILY_EXCHANGE, "Microsoft Exchange"},
    {IMAP_FAMILY_EXCHANGE, "Microsoft.Exchange.Imap4.Imap4Server"},
    {IMAP_FAMILY_ICLOUD, "iCloud"},
    {IMAP_FAMILY_ICLOUD, "iSCREAM"},
    {IMAP_FAMILY_YAHOO, "Yahoo"},
    {IMAP_FAMILY_YAHOO, "Y!IMAP"},
    {IMAP_FAMILY_ZIMBRA, "Zimbra"},
    {IMAP_FAMILY_COREMAIL, "Coremail"},
    {IMAP_FAMILY_DAVMAIL, "DavMail"},
    {IMAP_FAMILY_DBMAIL, "dbmail"},
    {IMAP_FAMILY_DOMINO, "Domino IMAP4"},
    {IMAP_FAMILY_FIRSTCLASS, "FirstClass"},
    {IMAP_FAMILY_FTGATE, "FTGate"},
    {IMAP_FAMILY_GROUPWISE, "GroupWise"},
    {IMAP_FAMILY_HMAILSERVER, "hMailServer"},
    {IMAP_FAMILY_ICEWARP, "IceWarp"},
    {IMAP_FAMILY_JAMES, "JAMES IMAP4rev1"},
    {IMAP_FAMILY_KERIO, "Kerio Connect"},
    {IMAP_FAMILY_KERIO, "Kerio MailServer"},
    {IMAP_FAMILY_KOPANO, "Kopano IMAP gateway"},
    {IMAP_FAMILY_KOPANO, "Zarafa IMAP gateway"},
    {IMAP_FAMILY_MAILENABLE, "MailEnable"},
    {IMAP_FAMILY_MDAEMON, "MDaemon"},
    {IMAP_FAMILY_PROTON, "Proton Mail Bridge"},
    {IMAP_FAMILY_PROTON, "ProtonMail Bridge"},
    {IMAP_FAMILY_SMARTERMAIL, "SmarterMail"},
    {IMAP_FAMILY_SUN, "Sun Java System Messaging Server"},
    {IMAP_FAMILY_SUN, "iPlanet Messaging Server"},
    {IMAP_FAMILY_SUN, "Oracle Communications Messaging Server"},
    {IMAP_FAMILY_TENCENT, "QQMail"},
    {IMAP_FAMILY_TENCENT, "QQMail XIMAP4Server"},
    {IMAP_FAMILY_TOBIT, "David.fx"},
    {IMAP_FAMILY_TOBIT, "Tobit"},
    {IMAP_FAMILY_WILDDUCK, "WildDuck"},
    {IMAP_FAMILY_YANDEX, "Yandex IMAP4rev1"},
    {IMAP_FAMILY_ZOHO, "Zoho"},
};

/* What one family alone announces. A proxy in front of it seldom gives its name away. */
static const struct mark announced[] = {
    {IMAP_FAMILY_GMAIL, "X-GM-EXT-1"},
    {IMAP_FAMILY_YAHOO, "XYMHIGHESTMODSEQ"},
    {IMAP_FAMILY_COURIER, "ACL2=UNION"},
    {IMAP_FAMILY_ICLOUD, "AUTH=ATOKEN"},
    {IMAP_FAMILY_COREMAIL, "X-CM-EXT-1"},
    {IMAP_FAMILY_EXCHANGE, "CLIENTACCESSRULES"},
};

enum {
	MARK_COUNT = sizeof(marks) / sizeof(marks[0]),
	ANNOUNCED_COUNT = sizeof(announced) / sizeof(announced[0])
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

/* "Cyrus IMAP Murder" is a name of its own, not one of Cyrus IMAP. */
static bool
is_refined_by(enum imap_family coarse, enum imap_family fine)
{
	return coarse == IMAP_FAMILY_CYRUS && fine == IMAP_FAMILY_CYRUS_MURDER;
}

static enum imap_family
family_in(struct bytes text, const struct mark *table, size_t count)
{
	enum imap_family found = IMAP_FAMILY_UNKNOWN;

	for (size_t i = 0; i < count; i++) {
		enum imap_family family = table[i].family;

		if (!has_words(text, bytes_of_string(table[i].words)))
			continue;
		if (found != IMAP_FAMILY_UNKNOWN && found != family &&
		    !is_refined_by(found, family))
			return IMAP_FAMILY_UNKNOWN;
		found = family;
	}
	return found;
}

/* The greeting may come from a proxy; ID behind the log-in comes from who stores the mail. */
enum imap_family
imap_family_find(struct bytes greeting, struct bytes id_name, struct bytes capabilities)
{
	enum imap_family family = family_in(id_name, marks, MARK_COUNT);

	if (family == IMAP_FAMILY_UNKNOWN)
		family = family_in(greeting, marks, MARK_COUNT);
	if (family == IMAP_FAMILY_UNKNOWN)
		family = family_in(capabilities, announced, ANNOUNCED_COUNT);
	return family;
}

const char *
imap_family_name(enum imap_family family)
{
	CHECK(family < IMAP_FAMILY_COUNT);
	return names[family];
}

const char *
imap_quirk_name(enum imap_quirk quirk)
{
	CHECK(quirk < IMAP_QUIRK_COUNT);
	return quirk_names[quirk];
}
