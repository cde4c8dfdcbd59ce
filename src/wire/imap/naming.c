/* SPDX-License-Identifier: Apache-2.0
 *
 * Measured rows were asked of Debian 12's packages by CREATE, SELECT and APPEND, name by name.
 * The others are what is reported of hosted services; where a report says only that a name is
 * trouble, the name is not written. The measured servers tell composed and decomposed names
 * apart, so both are kept there as they are.
 */
#include "wire/imap/naming.h"

static const struct imap_naming_row rows[] = {
    {IMAP_FAMILY_DOVECOT, '.', IMAP_NAMING_DOTS_UNKNOWN,
	{.forbidden = "/",
	    .refuses_controls = true,
	    .refuses_first_tilde = true,
	    .name_max = 254},
	"measured, 2.3.19, Maildir++: one directory a folder, its name a dot and 254 octets"},
    {IMAP_FAMILY_DOVECOT, 0, IMAP_NAMING_DOTS_TAKEN,
	{.forbidden = "/",
	    .reserved = "cur|new|tmp|dbox-Mails",
	    .refuses_controls = true,
	    .refuses_first_tilde = true,
	    .refuses_dot_parts = true,
	    .part_max = 255,
	    .name_max = 4000},
	"measured, 2.3.19, sdbox and mdbox: a directory a level; LAYOUT=fs keeps cur, new, "
	"tmp"},
    {IMAP_FAMILY_DOVECOT, 0, IMAP_NAMING_DOTS_UNKNOWN,
	{.forbidden = "/.",
	    .refuses_controls = true,
	    .refuses_first_tilde = true,
	    .name_max = 254},
	"measured, 2.3.19, Maildir++ with another separator: \".\" is not allowed"},
    {IMAP_FAMILY_CYRUS, 0, IMAP_NAMING_DOTS_UNKNOWN,
	{.forbidden = "/!\"%;<>\\^`{|}", .refuses_controls = true, .name_max = 400},
	"measured, 3.6.1: 490 octets with the owner's name; \"!\" parts the domain"},
    {IMAP_FAMILY_CYRUS_MURDER, 0, IMAP_NAMING_DOTS_UNKNOWN,
	{.forbidden = "/!\"%;<>\\^`{|}", .refuses_controls = true, .name_max = 400},
	"as a Cyrus alone, which stands behind it"},
    {IMAP_FAMILY_COURIER, 0, IMAP_NAMING_DOTS_UNKNOWN,
	{.forbidden = "/",
	    .refuses_controls = true,
	    .refuses_beyond_bmp = true,
	    .name_max = 254},
	"measured, 5.0.13: one directory a folder; a surrogate pair in a name is an error"},
    {IMAP_FAMILY_GMAIL, 0, IMAP_NAMING_DOTS_UNKNOWN,
	{.forbidden = "/\\^\"",
	    .reserved_first = "All Mail|Chat|Chats|Drafts|Important|Inbox|Migrated|Muted|Sent|"
			      "Spam|Starred|Trash|[Gmail]|[Google Mail]",
	    .is_caseless = true,
	    .is_composed = true,
	    .refuses_controls = true,
	    .refuses_outer_blanks = true,
	    .counts_characters = true,
	    .name_max = 225},
	"imapsync FAQ.Gmail; got-your-back#149, #316, #442; gmvault#110"},
    {IMAP_FAMILY_EXCHANGE, 0, IMAP_NAMING_DOTS_UNKNOWN,
	{.forbidden = "/",
	    .reserved_first = "Conversation History|Files|Sync Issues",
	    .is_caseless = true,
	    .is_composed = true,
	    .refuses_controls = true,
	    .refuses_outer_blanks = true,
	    .counts_characters = true,
	    .part_max = 250},
	"imapsync#335, #154; FAQ.Exchange, FAQ.Office365; 255 characters"},
    {IMAP_FAMILY_ICLOUD, 0, IMAP_NAMING_DOTS_UNKNOWN,
	{.forbidden = "/.\\",
	    .is_caseless = true,
	    .is_composed = true,
	    .refuses_controls = true,
	    .refuses_outer_blanks = true,
	    .inbox_is_leaf = true,
	    .part_max = 255},
	"INBOX is listed with \\NoInferiors; \".\" and \"\\\" are reported as trouble"},
    {IMAP_FAMILY_YAHOO, 0, IMAP_NAMING_DOTS_UNKNOWN,
	{.forbidden = "/",
	    .is_caseless = true,
	    .is_composed = true,
	    .refuses_controls = true,
	    .refuses_outer_blanks = true,
	    .name_max = 200},
	"reported: no case, no blanks at the edges, some 200 octets"},
    {IMAP_FAMILY_DOMINO, 0, IMAP_NAMING_DOTS_UNKNOWN,
	{.forbidden = "/\\",
	    .is_caseless = true,
	    .is_composed = true,
	    .refuses_controls = true,
	    .inbox_is_leaf = true,
	    .part_max = 128},
	"imapsync FAQ.Domino: the delimiter is \"\\\", INBOX has no children"},
    {IMAP_FAMILY_HMAILSERVER, 0, IMAP_NAMING_DOTS_UNKNOWN,
	{.is_caseless = true, .is_composed = true, .refuses_controls = true, .part_max = 255},
	"reported: the delimiter is configured, 255 octets"},
    {IMAP_FAMILY_JAMES, 0, IMAP_NAMING_DOTS_UNKNOWN,
	{.forbidden = "&%*#",
	    .is_caseless = true,
	    .is_composed = true,
	    .refuses_controls = true,
	    .name_max = 200},
	"james#3759"},
    {IMAP_FAMILY_ZIMBRA, 0, IMAP_NAMING_DOTS_UNKNOWN,
	{.forbidden = "/:\"",
	    .is_caseless = true,
	    .is_composed = true,
	    .refuses_controls = true,
	    .refuses_outer_blanks = true,
	    .counts_characters = true,
	    .part_max = 128},
	"imapsync FAQ.Zimbra; 128 characters"},
    {IMAP_FAMILY_UNKNOWN, '.', IMAP_NAMING_DOTS_UNKNOWN,
	{.forbidden = "/",
	    .is_caseless = true,
	    .is_composed = true,
	    .refuses_controls = true,
	    .name_max = 240},
	"a \".\" mostly is a Maildir++; nothing else is known"},
    {IMAP_FAMILY_UNKNOWN, 0, IMAP_NAMING_DOTS_UNKNOWN,
	{.is_caseless = true, .is_composed = true, .refuses_controls = true, .part_max = 250},
	"nothing is known"},
};

enum {
	ROW_COUNT = sizeof(rows) / sizeof(rows[0])
};

static bool
fits(const struct imap_naming_row *row, enum imap_family family, uint8_t delimiter,
    enum imap_naming_dots dots)
{
	return row->family == family &&
	    (row->delimiter == 0 || (uint8_t)row->delimiter == delimiter) &&
	    (row->dots == IMAP_NAMING_DOTS_UNKNOWN || row->dots == dots);
}

/* What is known by hearsay is held against a family as long as the table of quirks says so. */
static void
heed_quirks(struct naming *naming, struct imap_quirks quirks)
{
	if (!imap_quirk_has(quirks, IMAP_QUIRK_INBOX_IS_LEAF))
		naming->inbox_is_leaf = false;
	if (!imap_quirk_has(quirks, IMAP_QUIRK_REFUSES_OUTER_BLANKS))
		naming->refuses_outer_blanks = false;
	if (!imap_quirk_has(quirks, IMAP_QUIRK_RESERVES_NAMES))
		naming->reserved_first = NULL;
}

struct naming
imap_naming_of(enum imap_family family, uint8_t delimiter, enum imap_naming_dots dots)
{
	struct naming naming;
	size_t at = 0;

	while (at < ROW_COUNT && !fits(&rows[at], family, delimiter, dots))
		at++;
	/* A family without a row of its own. */
	if (at == ROW_COUNT) {
		for (at = 0; !fits(&rows[at], IMAP_FAMILY_UNKNOWN, delimiter, dots);)
			at++;
	}
	naming = rows[at].naming;
	naming.delimiter = delimiter;
	heed_quirks(&naming, imap_quirks_of(family));
	return naming;
}

const struct imap_naming_row *
imap_naming_rows(size_t *count_out)
{
	*count_out = ROW_COUNT;
	return rows;
}
