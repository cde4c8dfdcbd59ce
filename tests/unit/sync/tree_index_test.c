/* SPDX-License-Identifier: Apache-2.0
 *
 * Thousands of random trees, by seed: the map is injective, does not depend on the order of the
 * lists, is found again by the next run, keeps the destination's rules, and its rows can
 * be undone.
 */
#include "sync/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/prng.h"
#include "mail/fold.h"
#include "wire/imap/naming.h"

#include "case.h"

enum {
	ROUNDS = 4000,
	FOLDERS_MAX = 24,
	BUDGET = 8 << 20
};

/* Few words that are near each other, so that nearly every tree has twins. */
static const char *const words[] = {"a", "A", "a.b", "a_b", "a/b", "INBOX", "Inbox",
    "u\xcc\x88", "\xc3\xbc", "\xc3\x9c", "Sent", "sent", "Gesendet", "Trash", "[Gmail]",
    "a (2)", "a_b (2)", " a", "a ", "~a", "", ".", "..", "cur", "Files", "a^b", "a%b",
    "\xf0\x9f\x8e\x84",
    "Stra\xc3\x9f"
    "e",
    "STRASSE", "INBOX_a",
    "long long long long long long long long long long long long long long long long long long "
    "long long long long long long long long long long long long long long long long long one",
    "long long long long long long long long long long long long long long long long long long "
    "long long long long long long long long long long long long long long long long long two"};

struct world {
	struct prng prng;
	struct arena arena;
	struct folder src[FOLDERS_MAX];
	struct folder dst[2 * FOLDERS_MAX];
	struct folder_name foreign;
	struct sync_tree tree;
	struct sync_tree_rules rules;
};

static unsigned
below(struct world *world, size_t bound)
{
	return (unsigned)prng_below(&world->prng, bound);
}

static bool
is_listed(const struct folder *folders, size_t count, struct folder_name name)
{
	for (size_t i = 0; i < count; i++) {
		if (folder_name_equal(folders[i].name, name))
			return true;
	}
	return false;
}

static struct folder
random_folder(struct world *world)
{
	struct folder folder = {.is_selectable = below(world, 8) != 0};
	size_t count = 1 + below(world, 3);

	folder.name.parts = arena_take_array(&world->arena, count, sizeof(struct bytes));
	assert_non_null(folder.name.parts);
	folder.name.part_count = count;
	for (size_t i = 0; i < count; i++)
		folder.name.parts[i] = bytes_of_string(words[below(world, COUNT_OF(words))]);
	if (below(world, 4) == 0) {
		folder.use = (enum folder_use)(0U + below(world, USE_COUNT));
		folder.use_from = (enum folder_use_from)(0U + below(world, 3));
	}
	folder.has_status = true;
	folder.messages = below(world, 3);
	folder.is_leaf = below(world, 16) == 0;
	return folder;
}

static size_t
fill(struct world *world, struct folder *folders, size_t count, bool is_src)
{
	size_t filled = 0;

	for (size_t i = 0; i < count; i++) {
		folders[filled] = random_folder(world);
		folders[filled].is_selectable |= is_src;
		filled += !is_listed(folders, filled, folders[filled].name);
	}
	return filled;
}

static void
make(struct world *world, uint64_t seed)
{
	const struct imap_naming_row *row;
	size_t row_count;

	*world = (struct world){.tree = {.src = world->src, .dst = world->dst}};
	prng_init(&world->prng, seed);
	arena_init(&world->arena, BUDGET);
	row = &imap_naming_rows(&row_count)[0];
	row += below(world, row_count);
	world->rules.naming = row->naming;
	world->tree.dst_delimiter = row->delimiter != 0 ? (uint8_t)row->delimiter
	    : below(world, 8) == 0                      ? 0
	    : below(world, 2) == 0                      ? '/'
							: '.';
	world->rules.is_below_inbox = below(world, 3) == 0;
	world->tree.src_count =
	    fill(world, world->src, 1 + below(world, FOLDERS_MAX - 1), true);
	if (below(world, 2) == 0)
		world->tree.dst_count = fill(world, world->dst, below(world, 6), false);
	world->foreign = random_folder(world).name;
	world->foreign.part_count = 1;
	world->rules.dst_foreign = &world->foreign;
	/* INBOX is nobody else's. */
	if (!folder_name_is_inbox(world->foreign))
		world->rules.dst_foreign_count = below(world, 2);
}

static struct bytes
key_of(struct world *world, struct folder_name name)
{
	struct bytes text;
	struct bytes key;
	bool is_inbox = bytes_equal_nocase(name.parts[0], BYTES("INBOX"));
	struct bytes *parts =
	    arena_take_array(&world->arena, name.part_count, sizeof(struct bytes));

	assert_non_null(parts);
	memcpy(parts, name.parts, name.part_count * sizeof(struct bytes));
	if (is_inbox)
		parts[0] = BYTES("INBOX");
	name.parts = parts;
	assert_int_equal(folder_name_print(name, &world->arena, &text), ST_OK);
	if (world->rules.naming.is_caseless)
		assert_int_equal(fold_caseless(text, &world->arena, &key), ST_OK);
	else if (world->rules.naming.is_composed)
		assert_int_equal(fold_composed(text, &world->arena, &key), ST_OK);
	else
		key = text;
	return key;
}

/* No two have one name, by the destination's own way to compare; two folders that are there
 * already and told apart by their octets are two. */
static void
expect_injective(struct world *world, const struct sync_tree_entry *entries)
{
	for (size_t i = 0; i < world->tree.src_count; i++) {
		for (size_t k = i + 1; k < world->tree.src_count; k++) {
			if (entries[i].dst != NULL || entries[k].dst != NULL)
				assert_ptr_not_equal(entries[i].dst, entries[k].dst);
			else
				assert_false(bytes_equal(key_of(world, entries[i].name),
				    key_of(world, entries[k].name)));
		}
	}
}

/* What is created keeps the rules, and leads to nobody else. */
static void
expect_writable(struct world *world, const struct sync_tree_entry *entry)
{
	struct naming naming = world->rules.naming;
	size_t size = entry->name.part_count - 1;

	naming.delimiter = world->tree.dst_delimiter;
	if (entry->dst != NULL || folder_name_is_inbox(entry->src->name))
		return;
	assert_true(naming.delimiter != 0 || entry->name.part_count == 1);
	for (size_t i = 0; i < entry->name.part_count; i++) {
		uint32_t changes = 0;
		struct bytes clean;

		size += naming_size(&naming, entry->name.parts[i]);
		/* What is below a folder that is there is below what it is called. */
		if (i + 1 < entry->name.part_count)
			continue;
		assert_true(entry->name.parts[i].size > 0);
		assert_true(naming.delimiter == 0 ||
		    bytes_find(entry->name.parts[i], naming.delimiter, 0) ==
			entry->name.parts[i].size);
		assert_int_equal(naming_clean(&naming, entry->name.parts[i], i == 0,
				     &world->arena, &clean, &changes),
		    ST_OK);
		assert_true((changes & ~(uint32_t)NAME_BLANKS) == 0);
	}
	if (naming.name_max > 0)
		assert_true(size <= naming.name_max);
	if (world->rules.dst_foreign_count > 0)
		assert_false(
		    bytes_equal(key_of(world, entry->name), key_of(world, world->foreign)));
	assert_true(
	    folder_name_is_inbox(entry->src->name) || !folder_name_is_inbox(entry->name));
}

static struct sync_tree_entry *
map(struct world *world)
{
	struct sync_tree_entry *entries;
	struct fault fault = {0};

	assert_int_equal(
	    sync_tree_map(&world->tree, &world->rules, &world->arena, &entries, &fault), ST_OK);
	return entries;
}

static const struct sync_tree_entry *
find_src(const struct sync_tree_entry *entries, size_t count, struct folder_name name)
{
	for (size_t i = 0; i < count; i++) {
		if (folder_name_equal(entries[i].src->name, name))
			return &entries[i];
	}
	return NULL;
}

static void
expect_same(struct world *world, const struct sync_tree_entry *before,
    const struct sync_tree_entry *after)
{
	for (size_t i = 0; i < world->tree.src_count; i++) {
		const struct sync_tree_entry *same =
		    find_src(after, world->tree.src_count, before[i].src->name);

		assert_non_null(same);
		if (!folder_name_equal(before[i].name, same->name)) {
			struct bytes a;
			struct bytes b;
			struct bytes c;

			(void)!folder_name_print(before[i].src->name, &world->arena, &a);
			(void)!folder_name_print(before[i].name, &world->arena, &b);
			(void)!folder_name_print(same->name, &world->arena, &c);
			fail_msg("%.*s: %.*s, then %.*s", (int)a.size, (const char *)a.data,
			    (int)b.size, (const char *)b.data, (int)c.size,
			    (const char *)c.data);
		}
	}
}

/* The map can be undone by what is printed: one destination has one source. */
static void
expect_undone(struct world *world, const struct sync_tree_entry *entries)
{
	struct bytes src[FOLDERS_MAX];
	struct bytes dst[FOLDERS_MAX];

	for (size_t i = 0; i < world->tree.src_count; i++) {
		struct arena *arena = &world->arena;
		struct bytes why;

		assert_int_equal(
		    folder_name_print(entries[i].src->name, arena, &src[i]), ST_OK);
		assert_int_equal(folder_name_print(entries[i].name, arena, &dst[i]), ST_OK);
		assert_int_equal(sync_tree_why(entries[i].changes, arena, &why), ST_OK);
		assert_true(
		    (why.size == 0) == (!entries[i].is_renamed && entries[i].changes == 0));
		for (size_t k = 0; k < i; k++) {
			assert_false(bytes_equal(src[i], src[k]));
			assert_false(bytes_equal(dst[i], dst[k]));
		}
	}
}

static void
shuffle(struct world *world)
{
	for (size_t i = world->tree.src_count; i > 1; i--) {
		size_t k = below(world, i);
		struct folder other = world->src[k];

		world->src[k] = world->src[i - 1];
		world->src[i - 1] = other;
	}
}

/* Copies of the entries that do not move with the lists. */
static struct sync_tree_entry *
keep(struct world *world, const struct sync_tree_entry *entries)
{
	struct sync_tree_entry *kept =
	    arena_take_array(&world->arena, FOLDERS_MAX, sizeof(*kept));
	struct folder *folders = arena_take_array(&world->arena, FOLDERS_MAX, sizeof(*folders));

	assert_non_null(kept);
	assert_non_null(folders);
	for (size_t i = 0; i < world->tree.src_count; i++) {
		kept[i] = entries[i];
		folders[i] = *entries[i].src;
		kept[i].src = &folders[i];
	}
	return kept;
}

static void
create_all(struct world *world, const struct sync_tree_entry *entries)
{
	for (size_t i = 0; i < world->tree.src_count; i++) {
		struct folder *made = &world->dst[world->tree.dst_count];

		if (entries[i].dst != NULL)
			continue;
		*made = (struct folder){.name = entries[i].name,
		    .use = entries[i].use,
		    .is_selectable = true,
		    .has_status = true,
		    .messages = 1};
		world->tree.dst_count++;
	}
}

/* Where a folder with a use stands depends on what an earlier run left there; tree_test has
 * that as a table. */
static bool
has_use(const struct world *world, const struct sync_tree_entry *entries)
{
	for (size_t i = 0; i < world->tree.src_count; i++) {
		if ((entries[i].changes & NAME_USE) != 0)
			return true;
	}
	return false;
}

static void
test_random_trees(void **state)
{
	static struct world world;

	(void)state;
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		struct sync_tree_entry *entries;

		make(&world, seed);
		entries = keep(&world, map(&world));
		expect_injective(&world, entries);
		for (size_t i = 0; i < world.tree.src_count; i++)
			expect_writable(&world, &entries[i]);
		expect_undone(&world, entries);
		shuffle(&world);
		expect_same(&world, entries, map(&world));
		if (!has_use(&world, entries)) {
			create_all(&world, entries);
			expect_same(&world, entries, map(&world));
		}
		arena_fini(&world.arena);
	}
}

enum {
	MANY = 100000,
	MANY_BUDGET = 512 << 20
};

/* As many folders as a listing may have, all of which become one name: it ends, and soon. */
static void
test_many_twins(void **state)
{
	struct folder *src = calloc(MANY, sizeof(*src));
	struct sync_tree tree = {.src = src, .src_count = MANY, .dst_delimiter = '.'};
	struct sync_tree_rules rules = {0};
	struct sync_tree_entry *entries;
	struct arena arena;

	(void)state;
	assert_non_null(src);
	arena_init(&arena, MANY_BUDGET);
	for (size_t i = 0; i < MANY; i++) {
		char *text = arena_take(&arena, 24, 1);
		struct bytes *parts = arena_take_array(&arena, 1, sizeof(*parts));

		assert_non_null(text);
		assert_non_null(parts);
		for (size_t k = 0; k < 17; k++)
			text[k] = (i >> k & 1) != 0 ? '.' : '_';
		parts[0] = bytes_of(text, 17);
		src[i] = (struct folder){.name = {parts, 1}, .raw = parts[0]};
	}
	assert_int_equal(sync_tree_map(&tree, &rules, &arena, &entries, NULL), ST_OK);
	arena_fini(&arena);
	free(src);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_trees),
	    cmocka_unit_test(test_many_twins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
