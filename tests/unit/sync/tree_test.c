/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/tree.h"

#include "case.h"

enum {
	FOLDERS_MAX = 8,
	PARTS_MAX = 4
};

/* A folder is written "use:part/part"; the use may be left out with its colon. */
struct map_case {
	const char *name;
	char delimiter; /* 0: flat */
	const char *src[FOLDERS_MAX];
	const char *dst[FOLDERS_MAX];
	const char *mapped[FOLDERS_MAX]; /* in the order of visits */
};

static const struct map_case map_cases[] = {
    {"names stay", '/', {"INBOX", "Work/2024"}, {"INBOX"}, {"INBOX", "Work/2024"}},
    {"order of visits", '/', {"t:Trash", "j:Spam", "Zoo", "d:Drafts", "s:Sent", "INBOX", "Ark"},
	{"INBOX"}, {"INBOX", "Sent", "Drafts", "Zoo", "Ark", "Spam", "Trash"}},
    {"one use on each side", '/', {"s:Sent Messages"}, {"s:Sent Items"}, {"Sent Items"}},
    {"two at the destination", '/', {"s:Outbox"}, {"s:Sent Items", "s:Sent"}, {"Outbox"}},
    {"two at the source", '/', {"s:One", "s:Two"}, {"s:Sent"}, {"One", "Two"}},
    {"the name of a used one is taken", '/', {"Sent", "s:Gesendet"}, {"s:Sent"},
	{"Sent", "Sent (2)"}},
    {"taken twice", '/', {"Sent", "Sent (2)", "s:Gesendet"}, {"s:Sent"},
	{"Sent", "Sent (2)", "Sent (2) (2)"}},
    {"a use on INBOX moves nobody", '/', {"INBOX", "r:Archive"}, {"r:INBOX"},
	{"INBOX", "Archive"}},
    {"INBOX without case", '/', {"Inbox"}, {"INBOX"}, {"Inbox"}},
    {"the delimiter in a part", '.', {"a.b"}, {"INBOX"}, {"a_b"}},
    {"the delimiter in a part, taken", '.', {"a_b", "a.b"}, {"INBOX"}, {"a_b", "a_b (2)"}},
    {"the delimiter is the stand-in", '_', {"a_b", "a/b"}, {"INBOX"}, {"a-b", "a/b"}},
    {"nothing in a part", '/', {"a//b"}, {"INBOX"}, {"a/_/b"}},
    {"nothing in a part of the stand-in", '_', {"a//b"}, {"INBOX"}, {"a/-/b"}},
    {"flat", 0, {"a/b", "a_b", "a"}, {"INBOX"}, {"a_b", "a_b (2)", "a"}},
};

static struct folder
folder_of(const char *text, struct arena *arena)
{
	static const struct {
		char letter;
		enum folder_use use;
	} uses[] = {{'s', USE_SENT}, {'d', USE_DRAFTS}, {'j', USE_JUNK}, {'t', USE_TRASH},
	    {'r', USE_ARCHIVE}};
	struct bytes rest = bytes_of_string(text);
	struct folder folder = {.is_selectable = true};

	folder.name.parts = arena_take_array(arena, PARTS_MAX, sizeof(struct bytes));
	assert_non_null(folder.name.parts);
	for (size_t i = 0; i < COUNT_OF(uses) && rest.size > 1 && rest.data[1] == ':'; i++) {
		if (text[0] == uses[i].letter) {
			folder.use = uses[i].use;
			rest = bytes_skip(rest, 2);
		}
	}
	for (;;) {
		size_t end = bytes_find(rest, '/', 0);

		folder.name.parts[folder.name.part_count++] = bytes_first(rest, end);
		if (end == rest.size)
			return folder;
		rest = bytes_skip(rest, end + 1);
	}
}

static size_t
folders_of(const char *const *texts, struct folder *folders, struct arena *arena)
{
	size_t count = 0;

	for (; count < FOLDERS_MAX && texts[count] != NULL; count++)
		folders[count] = folder_of(texts[count], arena);
	return count;
}

static bool
is_at_destination(
    const struct folder *folders, size_t count, const struct sync_tree_entry *entry)
{
	for (size_t i = 0; i < count; i++) {
		if (folder_name_equal(folders[i].name, entry->name))
			return entry->dst == &folders[i];
	}
	return entry->dst == NULL;
}

static bool
has_name(const struct sync_tree_entry *entry, struct folder_name wanted)
{
	for (size_t i = 0; i < wanted.part_count; i++) {
		if (i >= entry->name.part_count ||
		    !bytes_equal(entry->name.parts[i], wanted.parts[i]))
			return false;
	}
	return entry->name.part_count == wanted.part_count;
}

static void
test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(map_cases); i++) {
		const struct map_case *the_case = &map_cases[i];
		struct folder src[FOLDERS_MAX];
		struct folder dst[FOLDERS_MAX];
		struct sync_tree_entry *entries;
		struct sync_tree tree = {
		    .src = src, .dst = dst, .dst_delimiter = (uint8_t)the_case->delimiter};
		struct arena arena;

		arena_init(&arena, 65536);
		tree.src_count = folders_of(the_case->src, src, &arena);
		tree.dst_count = folders_of(the_case->dst, dst, &arena);
		EXPECT(the_case->name, sync_tree_map(&tree, &arena, &entries) == ST_OK);
		for (size_t k = 0; k < tree.src_count; k++) {
			struct folder wanted = folder_of(the_case->mapped[k], &arena);

			EXPECT(the_case->name, has_name(&entries[k], wanted.name));
			EXPECT(the_case->name,
			    is_at_destination(dst, tree.dst_count, &entries[k]));
			EXPECT(the_case->name,
			    entries[k].is_renamed ==
				!folder_name_equal(entries[k].src->name, wanted.name));
		}
		arena_fini(&arena);
	}
}

static void
test_without_memory_nothing_is_mapped(void **state)
{
	struct folder src[2];
	struct sync_tree tree = {.src = src, .src_count = 2, .dst_delimiter = '.'};
	struct sync_tree_entry *entries = NULL;
	struct arena names;
	enum status status = ST_LIMIT;

	(void)state;
	arena_init(&names, 65536);
	src[0] = folder_of("a.b", &names);
	src[1] = folder_of("a_b", &names);
	for (size_t budget = 1; status != ST_OK; budget++) {
		struct arena arena;

		arena_init(&arena, budget);
		status = sync_tree_map(&tree, &arena, &entries);
		assert_true(status == ST_OK || (status == ST_LIMIT && entries == NULL));
		assert_true(budget < 4096);
		arena_fini(&arena);
	}
	arena_fini(&names);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_without_memory_nothing_is_mapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
