/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "wire/imap/server/quirk.h"

static void
test_families_by_what_servers_say(void **state)
{
	static const struct {
		const char *greeting, *id_name;
		enum imap_family family;
	} cases[] = {
	    {"[CAPABILITY IMAP4rev1 SASL-IR] Dovecot (Debian) ready.", "", IMAP_FAMILY_DOVECOT},
	    {"Dovecot ready.", "", IMAP_FAMILY_DOVECOT},
	    {"Dovecot", "", IMAP_FAMILY_DOVECOT},
	    {"mail.example.org Cyrus IMAP 3.6.1-Debian-3.6.1-4 server ready", "",
		IMAP_FAMILY_CYRUS},
	    {"mail Cyrus IMAP4 v2.3.7 server ready", "", IMAP_FAMILY_CYRUS},
	    {"Courier-IMAP ready. Copyright 1998-2018 Double Precision, Inc.", "",
		IMAP_FAMILY_COURIER},
	    {"Gimap ready for requests from 192.0.2.1 abc", "", IMAP_FAMILY_GMAIL},
	    {"The Microsoft Exchange IMAP4 service is ready.", "", IMAP_FAMILY_EXCHANGE},
	    {"mail.example.org Zimbra IMAP4rev1 server ready", "", IMAP_FAMILY_ZIMBRA},
	    {"", "Dovecot", IMAP_FAMILY_DOVECOT},
	    {"", "Cyrus IMAPD", IMAP_FAMILY_CYRUS},
	    {"", "Cyrus IMAP", IMAP_FAMILY_CYRUS},
	    {"", "GImap", IMAP_FAMILY_GMAIL},
	    {"", "Microsoft.Exchange.Imap4.Imap4Server", IMAP_FAMILY_EXCHANGE},
	    {"", "Y!IMAP", IMAP_FAMILY_YAHOO},
	    /* Who keeps the mail answers ID; a proxy only greets. */
	    {"Dovecot ready.", "Cyrus IMAPD", IMAP_FAMILY_CYRUS},
	    {"Dovecot ready.", "Our own mail", IMAP_FAMILY_DOVECOT},
	    /* Host names are not families. */
	    {"dovecot.example.org IMAP4rev1 ready", "", IMAP_FAMILY_UNKNOWN},
	    {"old-dovecot IMAP4rev1 ready", "", IMAP_FAMILY_UNKNOWN},
	    {"dovecot.example.org Cyrus IMAP v2.4.17 server ready", "", IMAP_FAMILY_CYRUS},
	    {"dovecot2 IMAP4rev1 ready", "", IMAP_FAMILY_UNKNOWN},
	    {"aDovecot zDovecot ADovecot ZDovecot", "", IMAP_FAMILY_UNKNOWN},
	    {"0Dovecot 9Dovecot \x80"
	     "Dovecot",
		"", IMAP_FAMILY_UNKNOWN},
	    {"(Dovecot) IMAP", "", IMAP_FAMILY_DOVECOT},
	    /* Two names are none. */
	    {"Dovecot behind Cyrus IMAP", "", IMAP_FAMILY_UNKNOWN},
	    {"IMAP4rev1 ready", "", IMAP_FAMILY_UNKNOWN},
	    /* A name of its own, though it begins with another's. */
	    {"mail Cyrus IMAP Murder 2.4.17 server ready", "", IMAP_FAMILY_CYRUS_MURDER},
	    {"Coremail System IMap Server Ready(163com[7])", "", IMAP_FAMILY_COREMAIL},
	    {"IMAP4rev1 DavMail 6.0.1 server ready", "", IMAP_FAMILY_DAVMAIL},
	    {"Domino IMAP4 Server Release 10.0.1FP3 ready", "", IMAP_FAMILY_DOMINO},
	    {"GroupWise IMAP4rev1 Server Ready", "", IMAP_FAMILY_GROUPWISE},
	    {"JAMES IMAP4rev1 Server mail is ready.", "", IMAP_FAMILY_JAMES},
	    {"Kerio Connect 9.2 IMAP4rev1 server ready", "", IMAP_FAMILY_KERIO},
	    {"IMAP4rev1 MDaemon 20.0.1 ready", "", IMAP_FAMILY_MDAEMON},
	    {"IMAP4rev1 SmarterMail", "", IMAP_FAMILY_SMARTERMAIL},
	    {"Yandex IMAP4rev1 at imap43j.mail.yandex.net:993 ready to talk", "",
		IMAP_FAMILY_YANDEX},
	    {"", "WildDuck", IMAP_FAMILY_WILDDUCK},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct bytes greeting = bytes_of_string(cases[i].greeting);
		struct bytes id_name = bytes_of_string(cases[i].id_name);

		EXPECT(cases[i].greeting,
		    imap_family_find(greeting, id_name, (struct bytes){NULL, 0}) ==
			cases[i].family);
	}
}

/* What is announced says it only where no name does, and one family does. */
static void
test_families_by_what_they_announce(void **state)
{
	static const struct {
		const char *greeting, *capabilities;
		enum imap_family family;
	} cases[] = {
	    {"ready", "IMAP4rev1 X-GM-EXT-1 UIDPLUS", IMAP_FAMILY_GMAIL},
	    {"ready", "IMAP4rev1 XYMHIGHESTMODSEQ", IMAP_FAMILY_YAHOO},
	    {"ready", "IMAP4rev1 ACL ACL2=UNION ENABLE", IMAP_FAMILY_COURIER},
	    {"ready", "IMAP4rev1 ACL ENABLE", IMAP_FAMILY_UNKNOWN},
	    {"ready", "XAPPLEPUSHSERVICE IMAP4 AUTH=ATOKEN AUTH=PLAIN", IMAP_FAMILY_ICLOUD},
	    {"ready", "IMAP4rev1 AUTH=ATOKEN2 XAPPLEPUSHSERVICE", IMAP_FAMILY_UNKNOWN},
	    {"ready", "IMAP4rev1 X-GM-EXT-1 XYMHIGHESTMODSEQ", IMAP_FAMILY_UNKNOWN},
	    {"Dovecot ready.", "IMAP4rev1 X-GM-EXT-1", IMAP_FAMILY_DOVECOT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		EXPECT(cases[i].capabilities,
		    imap_family_find(bytes_of_string(cases[i].greeting),
			(struct bytes){NULL, 0},
			bytes_of_string(cases[i].capabilities)) == cases[i].family);
}

static void
test_what_decides_over_mail(void **state)
{
	static const struct {
		enum imap_family family;
		enum imap_quirk quirk;
		bool has;
	} cases[] = {
	    {IMAP_FAMILY_DOVECOT, IMAP_QUIRK_GROUPS_PROVED, true},
	    {IMAP_FAMILY_CYRUS, IMAP_QUIRK_GROUPS_PROVED, true},
	    {IMAP_FAMILY_COURIER, IMAP_QUIRK_GROUPS_PROVED, false},
	    {IMAP_FAMILY_UNKNOWN, IMAP_QUIRK_GROUPS_PROVED, false},
	    {IMAP_FAMILY_DOVECOT, IMAP_QUIRK_NO_MEANS_NOT_STORED, true},
	    {IMAP_FAMILY_CYRUS, IMAP_QUIRK_NO_MEANS_NOT_STORED, true},
	    {IMAP_FAMILY_COURIER, IMAP_QUIRK_NO_MEANS_NOT_STORED, false},
	    {IMAP_FAMILY_GMAIL, IMAP_QUIRK_NO_MEANS_NOT_STORED, false},
	    {IMAP_FAMILY_DOVECOT, IMAP_QUIRK_NUL_BECOMES_0X80, true},
	    {IMAP_FAMILY_CYRUS, IMAP_QUIRK_NUL_BECOMES_0X80, false},
	    {IMAP_FAMILY_CYRUS, IMAP_QUIRK_BARE_LF_BECOMES_CRLF, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		EXPECT(imap_family_name(cases[i].family),
		    imap_quirk_has(imap_quirks_of(cases[i].family), cases[i].quirk) ==
			cases[i].has);
	/* Nothing good is known of whoever was not measured. */
	for (enum imap_family family = IMAP_FAMILY_GMAIL; family < IMAP_FAMILY_COUNT;
	     family++) {
		struct imap_quirks quirks = imap_quirks_of(family);

		EXPECT(imap_family_name(family),
		    !imap_quirk_has(quirks, IMAP_QUIRK_GROUPS_PROVED) &&
			!imap_quirk_has(quirks, IMAP_QUIRK_NO_MEANS_NOT_STORED) &&
			!imap_quirk_has(quirks, IMAP_QUIRK_FETCHES_IN_ORDER));
	}
}

static void
test_rows_of_any_server_hold_for_each(void **state)
{
	(void)state;
	for (enum imap_family family = 0; family < IMAP_FAMILY_COUNT; family++)
		EXPECT(imap_family_name(family),
		    imap_quirk_has(imap_quirks_of(family), IMAP_QUIRK_TEXT_MISSING));
}

static void
test_quirks_take_announced_capabilities_away(void **state)
{
	struct imap_capabilities gone =
	    imap_quirks_distrusted(imap_quirks_of(IMAP_FAMILY_ICLOUD));

	(void)state;
	assert_true(imap_capability_has(gone, IMAP_CAP_QRESYNC));
	assert_true(imap_capability_has(gone, IMAP_CAP_ESEARCH));
	assert_true(imap_capability_has(gone, IMAP_CAP_BINARY));
	assert_false(imap_capability_has(gone, IMAP_CAP_CONDSTORE));
	assert_int_equal(imap_quirks_distrusted(imap_quirks_of(IMAP_FAMILY_UNKNOWN)).bits, 0);
}

static void
test_every_quirk_and_family_has_its_own_name(void **state)
{
	(void)state;
	for (enum imap_quirk quirk = 0; quirk < IMAP_QUIRK_COUNT; quirk++) {
		struct imap_quirks quirks = {0};

		EXPECT(imap_quirk_name(quirk), !imap_quirk_has(quirks, quirk));
		imap_quirks_add(&quirks, quirk);
		for (enum imap_quirk other = 0; other < IMAP_QUIRK_COUNT; other++) {
			EXPECT(imap_quirk_name(quirk),
			    imap_quirk_has(quirks, other) == (other == quirk));
			EXPECT(imap_quirk_name(quirk),
			    (strcmp(imap_quirk_name(quirk), imap_quirk_name(other)) == 0) ==
				(other == quirk));
		}
	}
}

static void
test_every_row_is_whole_and_there_once(void **state)
{
	size_t count;
	const struct imap_quirk_row *rows = imap_quirk_rows(&count);

	(void)state;
	assert_true(count > 10);
	for (size_t i = 0; i < count; i++) {
		EXPECT(rows[i].symptom, rows[i].family != IMAP_FAMILY_UNKNOWN);
		EXPECT(
		    rows[i].symptom, strlen(rows[i].symptom) > 8 && strlen(rows[i].action) > 8);
		EXPECT(rows[i].symptom, strlen(rows[i].source) > 8);
		EXPECT(rows[i].symptom,
		    imap_quirk_has(imap_quirks_of(rows[i].family), rows[i].quirk));
		for (size_t k = 0; k < i; k++)
			EXPECT(rows[i].symptom,
			    rows[i].family != rows[k].family || rows[i].quirk != rows[k].quirk);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_families_by_what_servers_say),
	    cmocka_unit_test(test_families_by_what_they_announce),
	    cmocka_unit_test(test_what_decides_over_mail),
	    cmocka_unit_test(test_rows_of_any_server_hold_for_each),
	    cmocka_unit_test(test_quirks_take_announced_capabilities_away),
	    cmocka_unit_test(test_every_quirk_and_family_has_its_own_name),
	    cmocka_unit_test(test_every_row_is_whole_and_there_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
