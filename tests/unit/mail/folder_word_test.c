/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/folder_word.h"

#include <string.h>

#include "mail/fold.h"

#include "case.h"

enum {
	BUDGET = 4 << 20,
	LANGUAGES_MIN = 30
};

static void
test_every_word_has_its_use(void **state)
{
	const struct folder_word_index *index;
	const struct folder_words *rows;
	struct arena arena;
	size_t count;

	(void)state;
	arena_init(&arena, BUDGET);
	assert_int_equal(folder_word_open(&arena, &index), ST_OK);
	rows = folder_word_rows(&count);
	for (size_t i = 0; i < count; i++) {
		struct bytes rest = bytes_of_string(rows[i].words);

		while (rest.size > 0) {
			size_t end = bytes_find(rest, '|', 0);
			struct bytes word = bytes_first(rest, end);
			struct folder_word found;
			struct bytes copy;

			rest = bytes_skip(rest, end + 1);
			if (word.data[0] == '?')
				continue;
			assert_int_equal(bytes_copy(word, &arena, &copy), ST_OK);
			EXPECT((const char *)copy.data,
			    folder_word_find(index, word, &arena, &found) == ST_OK);
			EXPECT((const char *)copy.data, found.use == rows[i].use);
		}
	}
	arena_fini(&arena);
}

static void
test_every_language_has_all_five(void **state)
{
	const struct folder_words *rows;
	size_t languages = 0;
	size_t count;

	(void)state;
	rows = folder_word_rows(&count);
	assert_int_equal(count % 5, 0);
	for (size_t i = 0; i < count; i += 5) {
		uint32_t uses = 0;

		for (size_t k = i; k < i + 5; k++) {
			EXPECT(
			    rows[k].language, strcmp(rows[k].language, rows[i].language) == 0);
			uses |= 1U << rows[k].use;
		}
		EXPECT(rows[i].language,
		    uses ==
			(1U << USE_SENT | 1U << USE_DRAFTS | 1U << USE_TRASH | 1U << USE_JUNK |
			    1U << USE_ARCHIVE));
		languages++;
	}
	assert_true(languages >= LANGUAGES_MIN);
}

static const struct {
	const char *name;
	enum folder_use use;
} words[] = {
    {"GESENDETE  OBJEKTE", USE_SENT},
    {"gesendete-objekte", USE_SENT},
    {"E\xcc\x81le\xcc\x81ments envoye\xcc\x81s", USE_SENT},
    {"Elements envoyes", USE_SENT},
    {"Entw\xc3\x83\xc2\xbcrfe", USE_DRAFTS}, /* "EntwÃ¼rfe" */
    {"Gel\xc3\x83\xc2\xb6scht", USE_TRASH},  /* "GelÃ¶scht" */
    {"\xc3\x90\xc2\xa1\xc3\x90\xc2\xbf\xc3\x90\xc2\xb0\xc3\x90\xc2\xbc", USE_JUNK},
    {"Junk E-mail", USE_JUNK},
    {"Archivo", USE_NONE}, /* also a file */
    {"Lixo", USE_NONE},    /* rubbish or junk */
    {"Sentinel", USE_NONE},
    {"Work", USE_NONE},
    {"", USE_NONE},
    {"All Mail", USE_NONE},
    {"Important", USE_NONE},
    {"Starred", USE_NONE},
    {"\xff\xfe", USE_NONE},
};

static void
test_words(void **state)
{
	const struct folder_word_index *index;
	char long_one[400];
	struct folder_word found;
	struct arena arena;

	(void)state;
	arena_init(&arena, BUDGET);
	assert_int_equal(folder_word_open(&arena, &index), ST_OK);
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		EXPECT(words[i].name,
		    folder_word_find(index, bytes_of_string(words[i].name), &arena, &found) ==
			ST_OK);
		EXPECT(words[i].name, found.use == words[i].use);
	}
	memset(long_one, 'S', sizeof(long_one));
	assert_int_equal(
	    folder_word_find(index, bytes_of(long_one, sizeof(long_one)), &arena, &found),
	    ST_OK);
	assert_int_equal(found.use, USE_NONE);
	assert_int_equal(folder_word_find(index, BYTES("Sent Items"), &arena, &found), ST_OK);
	assert_int_equal(found.rank, 1);
	arena_fini(&arena);
}

static void
test_without_memory(void **state)
{
	const struct folder_word_index *index = NULL;
	struct arena arena;

	(void)state;
	arena_init(&arena, 8192);
	assert_int_equal(folder_word_open(&arena, &index), ST_LIMIT);
	assert_null(index);
	arena_fini(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_word_has_its_use),
	    cmocka_unit_test(test_every_language_has_all_five),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
