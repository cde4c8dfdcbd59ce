/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "wire/imap/server/capability.h"

static void
test_words_as_servers_write_them(void **state)
{
	static const struct {
		const char *word;
		enum imap_capability which;
	} cases[] = {
	    {"IMAP4rev1", IMAP_CAP_IMAP4REV1},
	    {"imap4REV1", IMAP_CAP_IMAP4REV1},
	    {"IMAP4", IMAP_CAP_COUNT},
	    {"AUTH=PLAIN", IMAP_CAP_AUTH_PLAIN},
	    {"AUTH=PLAIN-CLIENTTOKEN", IMAP_CAP_COUNT},
	    {"AUTH=SCRAM-SHA-256", IMAP_CAP_AUTH_SCRAM_SHA_256},
	    {"AUTH=SCRAM-SHA-256-PLUS", IMAP_CAP_COUNT},
	    {"LITERAL+", IMAP_CAP_LITERAL_PLUS},
	    {"LITERAL-", IMAP_CAP_LITERAL_MINUS},
	    {"LITERAL", IMAP_CAP_COUNT},
	    {"APPENDLIMIT", IMAP_CAP_APPENDLIMIT},
	    {"APPENDLIMIT=35651584", IMAP_CAP_APPENDLIMIT},
	    {"MESSAGELIMIT=1000", IMAP_CAP_MESSAGELIMIT},
	    {"APPENDLIMITS=1", IMAP_CAP_COUNT},
	    {"STATUS=SIZE", IMAP_CAP_STATUS_SIZE},
	    {"STATUS", IMAP_CAP_COUNT},
	    {"COMPRESS=DEFLATE", IMAP_CAP_COMPRESS_DEFLATE},
	    {"COMPRESS=LZ4", IMAP_CAP_COUNT},
	    {"ID", IMAP_CAP_ID},
	    {"ID=1", IMAP_CAP_COUNT},
	    {"XYZZY", IMAP_CAP_COUNT},
	    {"", IMAP_CAP_COUNT},
	    {"=", IMAP_CAP_COUNT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct bytes word = bytes_of_string(cases[i].word);
		struct imap_capabilities capabilities = {0};
		uint64_t bits =
		    cases[i].which == IMAP_CAP_COUNT ? 0 : UINT64_C(1) << cases[i].which;

		EXPECT(cases[i].word, imap_capability_find(word) == cases[i].which);
		imap_capability_add(&capabilities, word);
		EXPECT(cases[i].word, capabilities.bits == bits);
	}
}

static void
test_every_name_finds_itself_and_only_itself(void **state)
{
	struct imap_capabilities all = {0};

	(void)state;
	for (enum imap_capability which = 0; which < IMAP_CAP_COUNT; which++) {
		const char *name = imap_capability_name(which);

		EXPECT(name, imap_capability_find(bytes_of_string(name)) == which);
		EXPECT(name, !imap_capability_has(all, which));
		imap_capability_add(&all, bytes_of_string(name));
		EXPECT(name, imap_capability_has(all, which));
	}
	for (enum imap_capability which = 0; which < IMAP_CAP_COUNT; which++) {
		uint64_t before = all.bits;

		imap_capability_remove(&all, which);
		assert_false(imap_capability_has(all, which));
		assert_true((before ^ all.bits) == UINT64_C(1) << which);
	}
	assert_true(all.bits == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_words_as_servers_write_them),
	    cmocka_unit_test(test_every_name_finds_itself_and_only_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
