/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/tree.h"

#include <string.h>

#include "case.h"

enum {
	FOLDERS_MAX = 8,
	PARTS_MAX = 4
};

static const struct sync_tree_rules no_rules = {0};

/* A folder is written "traits:part/part"; the traits may be left out with their colon: the use
 * by its letter; "x" or "n": known by XLIST or by its name; a digit: messages; "l": takes no
 * children; "u": cannot be opened; "f": somebody else's. */
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
	{"Sent", "Sent (3)", "Sent (2)"}},
    {"a use on INBOX moves nobody", '/', {"INBOX", "r:Archive"}, {"r:INBOX"},
	{"INBOX", "Archive"}},
    {"five uses are mapped", '/', {"d:1", "j:2", "s:3", "t:4", "r:5", "g:6", "i:7"},
	{"d:A", "j:B", "s:C", "t:D", "r:E", "g:F", "i:G"}, {"C", "A", "E", "6", "7", "B", "D"}},
    {"INBOX takes no children there", '/', {"INBOX", "INBOX/child"}, {"l:INBOX"},
	{"INBOX", "child"}},
    {"INBOX is not listed there", '/', {"INBOX", "INBOX/child"}, {NULL},
	{"INBOX", "INBOX/child"}},
    {"INBOX without case", '/', {"Inbox"}, {"INBOX"}, {"INBOX"}},
    {"most messages of two", '/', {"s:One", "s5:Two"}, {"s:Sent"}, {"One", "Sent"}},
    {"children of a use follow", '/', {"s:Gesendet", "Gesendet/2023"}, {"s:Sent"},
	{"Sent", "Sent/2023"}},
    {"an earlier run filled its own name", '/', {"s:Gesendet"}, {"s:Sent", "4:Gesendet"},
	{"Gesendet"}},
    {"the own name is there and empty", '/', {"s:Gesendet"}, {"s:Sent", "0:Gesendet"},
	{"Sent"}},
    {"XLIST counts after attributes", '/', {"xs:Out", "s:Sent"}, {"s:Sent Items"},
	{"Out", "Sent Items"}},
    {"XLIST", '/', {"xs:Out"}, {"s:Sent Items"}, {"Sent Items"}},
    {"a name counts last", '/', {"ns:Sent", "xs:Out"}, {"s:Sent Items"},
	{"Sent", "Sent Items"}},
    {"by name on both sides", '/', {"ns:Gesendet"}, {"ns:Sent"}, {"Sent"}},
    {"by name, the destination's own", '/', {"ns:Gesendet", "ns:Sent"}, {"s:Sent"},
	{"Gesendet", "Sent"}},
    {"by name, the source's own", '/', {"ns:Gesendet"}, {"ns:Sent", "ns:Gesendet"},
	{"Gesendet"}},
    {"by name at any level", '/', {"Mail", "nt:Mail/Papierkorb"}, {"t:Trash"},
	{"Mail", "Trash"}},
    {"the shallowest name", '/', {"nt:Mail/Papierkorb", "nt:Trash"}, {"t:Bin"},
	{"Mail/Papierkorb", "Bin"}},
    {"a deep archive is somebody's own", '/', {"Work", "nr:Work/Archive"}, {"r:Archive"},
	{"Work", "Work/Archive"}},
    {"an archive below a level without mail", '/', {"nr:Mail/Archiv"}, {"r:Archive"},
	{"Mail/Archiv"}},
    {"a container is left out", '/', {"s:[Gmail]/Sent Mail", "[Gmail]/Plain"}, {"INBOX"},
	{"Sent Mail", "[Gmail]/Plain"}},
    {"a name alone leaves no container out", '/', {"ns:Post/Gesendet"}, {"INBOX"},
	{"Post/Gesendet"}},
    {"children of INBOX stay", '/', {"INBOX", "INBOX/a"}, {"INBOX"}, {"INBOX", "INBOX/a"}},
    {"below a folder without children", '/', {"a", "a/b", "a/b/c"}, {"l:a"},
	{"a", "a_b", "a_b/c"}},
    {"a folder that cannot be opened", '/', {"a"}, {"u:a"}, {"a"}},
    {"somebody else's", '/', {"a"}, {"f:a"}, {"a"}},
    {"children follow a changed parent", '.', {"a.b", "a.b/c", "a_b", "a_b/c"}, {"INBOX"},
	{"a_b (2)", "a_b (2)/c", "a_b", "a_b/c"}},
    {"the delimiter in a part", '.', {"a.b"}, {"INBOX"}, {"a_b"}},
    {"the delimiter in a part, taken", '.', {"a.b", "a_b"}, {"INBOX"}, {"a_b (2)", "a_b"}},
    {"the delimiter is the stand-in", '_', {"a_b", "a/b"}, {"INBOX"}, {"a-b", "a/b"}},
    {"nothing in a part", '/', {"a//b"}, {"INBOX"}, {"a/_/b"}},
    {"nothing in a part of the stand-in", '_', {"a//b"}, {"INBOX"}, {"a/-/b"}},
    {"flat", 0, {"a/b", "a_b", "a"}, {"INBOX"}, {"a_b (2)", "a_b", "a"}},
    {"flat, deep", 0, {"a/b/c", "a/b"}, {"INBOX"}, {"a_b_c", "a_b"}},
};

/* What stands before the colon. */
static void
set_traits(struct folder *folder, struct bytes traits)
{
	static const struct {
		char letter;
		enum folder_use use;
	} uses[] = {{'s', USE_SENT}, {'d', USE_DRAFTS}, {'j', USE_JUNK}, {'t', USE_TRASH},
	    {'r', USE_ARCHIVE}, {'g', USE_FLAGGED}, {'i', USE_IMPORTANT}};

	for (size_t i = 0; i < traits.size; i++) {
		char letter = (char)traits.data[i];

		for (size_t k = 0; k < COUNT_OF(uses); k++) {
			if (letter == uses[k].letter)
				folder->use = uses[k].use;
		}
		if (letter == 'x' || letter == 'n')
			folder->use_from = letter == 'x' ? USE_FROM_XLIST : USE_FROM_NAME;
		if (letter >= '0' && letter <= '9') {
			folder->has_status = true;
			folder->messages = (uint32_t)(letter - '0');
		}
		folder->is_leaf |= letter == 'l';
		folder->is_foreign |= letter == 'f';
		folder->is_selectable &= letter != 'u';
	}
}

static struct folder
folder_of(const char *text, struct arena *arena)
{
	struct bytes rest = bytes_of_string(text);
	struct folder folder = {.is_selectable = true, .raw = rest};
	size_t colon = bytes_find(rest, ':', 0);

	folder.name.parts = arena_take_array(arena, PARTS_MAX, sizeof(struct bytes));
	assert_non_null(folder.name.parts);
	if (colon < rest.size) {
		set_traits(&folder, bytes_first(rest, colon));
		rest = bytes_skip(rest, colon + 1);
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
		if (folder_name_equal(folders[i].name, entry->name) && !folders[i].is_foreign)
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
		EXPECT(the_case->name,
		    sync_tree_map(&tree, &no_rules, &arena, &entries, NULL) == ST_OK);
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

/* By rules: the destination's limits, --map, other people's namespaces. */
struct rule_case {
	const char *name;
	struct naming naming;
	bool is_below_inbox;
	const char *orders[3];
	const char *foreign;
	const char *src[FOLDERS_MAX];
	const char *dst[FOLDERS_MAX];
	const char *mapped[FOLDERS_MAX];
	uint32_t changes[FOLDERS_MAX];
	const char *refusal; /* a part of the sentence */
};

#define CASELESS                                                                               \
	{                                                                                      \
		.delimiter = '/', .is_caseless = true, .is_composed = true                     \
	}
#define COMPOSED                                                                               \
	{                                                                                      \
		.delimiter = '/', .is_composed = true                                          \
	}

static const struct rule_case rule_cases[] = {
    {.name = "case twins",
	.naming = CASELESS,
	.src = {"trash", "Trash"},
	.mapped = {"trash (2)", "Trash"},
	.changes = {NAME_TWIN}},
    {.name = "case twins that are there",
	.naming = CASELESS,
	.src = {"trash", "Trash"},
	.dst = {"trash", "Trash"},
	.mapped = {"trash", "Trash"}},
    {.name = "the destination's spelling",
	.naming = CASELESS,
	.src = {"work", "work/a"},
	.dst = {"Work"},
	.mapped = {"Work", "Work/a"},
	.changes = {NAME_SPELLING, NAME_PARENT}},
    {.name = "composition twins",
	.naming = COMPOSED,
	.src = {"u\xcc\x88", "\xc3\xbc"},
	.mapped = {"\xc3\xbc (2)", "\xc3\xbc"},
	.changes = {NAME_COMPOSED | NAME_TWIN}},
    {.name = "composition twins that are there",
	.naming = COMPOSED,
	.src = {"u\xcc\x88", "\xc3\xbc"},
	.dst = {"\xc3\xbc", "u\xcc\x88"},
	.mapped = {"u\xcc\x88", "\xc3\xbc"}},
    {.name = "below INBOX",
	.naming = COMPOSED,
	.is_below_inbox = true,
	.src = {"INBOX", "INBOX/a", "INBOX/a/b", "INBOX/c", "c"},
	.mapped = {"INBOX", "a", "a/b", "INBOX_c", "c"},
	.changes = {0, NAME_INBOX, NAME_PARENT, NAME_INBOX, 0}},
    {.name = "INBOX below INBOX",
	.naming = COMPOSED,
	.is_below_inbox = true,
	.src = {"INBOX", "INBOX/INBOX"},
	.mapped = {"INBOX", "INBOX_"},
	.changes = {0, NAME_INBOX | NAME_RESERVED}},
    {.name = "an INBOX without children",
	.naming = {.delimiter = '/', .inbox_is_leaf = true},
	.src = {"INBOX", "INBOX/a"},
	.mapped = {"INBOX", "a"},
	.changes = {0, NAME_INBOX}},
    {.name = "too deep",
	.naming = {.delimiter = '/', .depth_max = 2},
	.src = {"a/b/c/d", "a/b"},
	.mapped = {"a/b_c_d", "a/b"},
	.changes = {NAME_LEAF | NAME_PARENT}},
    {.name = "somebody else's namespace",
	.naming = CASELESS,
	.foreign = "Shared",
	.src = {"shared", "shared/a", "shared_"},
	.mapped = {"shared_ (2)", "shared_ (2)/a", "shared_"},
	.changes = {NAME_FOREIGN | NAME_TWIN, NAME_PARENT}},
    {.name = "an order",
	.naming = CASELESS,
	.orders = {"Work=Old/Work"},
	.src = {"Work", "Work/a", "b"},
	.mapped = {"Old/Work", "Old/Work/a", "b"},
	.changes = {NAME_ORDERED, NAME_PARENT, 0}},
    {.name = "an order twice",
	.naming = CASELESS,
	.orders = {"a=b", "a=b"},
	.src = {"a"},
	.mapped = {"b"},
	.changes = {NAME_ORDERED}},
    {.name = "an exchange",
	.naming = CASELESS,
	.orders = {"a=b", "b=a"},
	.src = {"a", "b"},
	.mapped = {"b", "a"},
	.changes = {NAME_ORDERED, NAME_ORDERED}},
    {.name = "an order for INBOX",
	.naming = CASELESS,
	.orders = {"Inbox=Old/INBOX"},
	.src = {"INBOX", "INBOX/a"},
	.dst = {"INBOX"},
	.mapped = {"Old/INBOX", "Old/INBOX/a"},
	.changes = {NAME_ORDERED, NAME_PARENT}},
    {.name = "an order for a folder with a use",
	.naming = CASELESS,
	.orders = {"Gesendet=Post"},
	.src = {"s:Gesendet"},
	.dst = {"s:Sent"},
	.mapped = {"Post"},
	.changes = {NAME_ORDERED}},
    {.name = "an order for a level without mail",
	.naming = CASELESS,
	.orders = {"a=c"},
	.src = {"a/b"},
	.mapped = {"c/b"},
	.changes = {NAME_PARENT}},
    {.name = "an order that merges two",
	.naming = CASELESS,
	.orders = {"a=x", "b=X"},
	.src = {"a", "b"},
	.refusal = "put b and a into one folder"},
    {.name = "an order that merges with a third",
	.naming = CASELESS,
	.orders = {"a=b"},
	.src = {"a", "b"},
	.refusal = "put a and b into one folder, b"},
    {.name = "an order that merges with INBOX",
	.naming = CASELESS,
	.orders = {"a=inbox"},
	.src = {"a", "INBOX"},
	.refusal = "one folder"},
    {.name = "an order that merges children",
	.naming = CASELESS,
	.orders = {"a=b"},
	.src = {"a/c", "b/c"},
	.refusal = "one folder, b/c"},
    {.name = "an order for nothing",
	.naming = CASELESS,
	.orders = {"z=b"},
	.src = {"a"},
	.refusal = "names z"},
    {.name = "two orders for one",
	.naming = CASELESS,
	.orders = {"a=b", "a=c"},
	.src = {"a"},
	.refusal = "two names, b and c"},
};

static void
set_rules(const struct rule_case *the_case, struct sync_tree_rules *rules,
    struct sync_tree_order *orders, struct folder *foreign, struct arena *arena)
{
	*rules = (struct sync_tree_rules){
	    .naming = the_case->naming, .is_below_inbox = the_case->is_below_inbox};
	for (size_t i = 0; i < COUNT_OF(the_case->orders); i++) {
		if (the_case->orders[i] == NULL)
			break;
		EXPECT(the_case->name,
		    sync_tree_order_parse(
			bytes_of_string(the_case->orders[i]), arena, &orders[i]) == ST_OK);
		rules->order_count++;
	}
	rules->orders = orders;
	if (the_case->foreign == NULL)
		return;
	*foreign = folder_of(the_case->foreign, arena);
	rules->dst_foreign = &foreign->name;
	rules->dst_foreign_count = 1;
}

static void
test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rule_cases); i++) {
		const struct rule_case *the_case = &rule_cases[i];
		struct folder src[FOLDERS_MAX];
		struct folder dst[FOLDERS_MAX];
		struct folder foreign;
		struct sync_tree_order orders[COUNT_OF(the_case->orders)];
		struct sync_tree_entry *entries;
		struct sync_tree_rules rules;
		struct sync_tree tree = {.src = src, .dst = dst, .dst_delimiter = '/'};
		struct fault fault = {0};
		struct arena arena;
		enum status status;

		arena_init(&arena, 1 << 20);
		tree.src_count = folders_of(the_case->src, src, &arena);
		tree.dst_count = folders_of(the_case->dst, dst, &arena);
		set_rules(the_case, &rules, orders, &foreign, &arena);
		status = sync_tree_map(&tree, &rules, &arena, &entries, &fault);
		EXPECT(the_case->name,
		    status == (the_case->refusal == NULL ? ST_OK : ST_CONFLICT));
		if (the_case->refusal != NULL) {
			EXPECT(the_case->name, strstr(fault.text, the_case->refusal) != NULL);
			EXPECT(the_case->name, fault.cause == CAUSE_USAGE);
			tree.src_count = 0;
		}
		for (size_t k = 0; k < tree.src_count; k++) {
			struct folder wanted = folder_of(the_case->mapped[k], &arena);

			EXPECT(the_case->name, has_name(&entries[k], wanted.name));
			EXPECT(the_case->name, entries[k].changes == the_case->changes[k]);
			EXPECT(the_case->name,
			    is_at_destination(dst, tree.dst_count, &entries[k]));
		}
		arena_fini(&arena);
	}
}

static const struct {
	const char *text;
	const char *from;
	const char *to;
} orders[] = {
    {"a=b", "a", "b"},
    {"a/b=c/d", "a/b", "c/d"},
    {"a\\=b=c", "a=b", "c"},
    {"a=b=c", "a", "b=c"},
    {"a\\/b=c", "a\\/b", "c"},
    {"a\\\\=c", "a\\\\", "c"},
    {"a", NULL, NULL},
    {"=b", NULL, NULL},
    {"a=", NULL, NULL},
    {"a//b=c", NULL, NULL},
    {"/a=c", NULL, NULL},
    {"a=c/", NULL, NULL},
    {"a\xff=c", NULL, NULL},
    {"a\\=c", NULL, NULL},
    {"", NULL, NULL},
};

static void
test_orders_are_read(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		struct sync_tree_order order;
		struct bytes text;
		enum status status =
		    sync_tree_order_parse(bytes_of_string(orders[i].text), &arena, &order);

		EXPECT(orders[i].text, status == (orders[i].from == NULL ? ST_SYNTAX : ST_OK));
		if (status != ST_OK)
			continue;
		EXPECT(orders[i].text, folder_name_print(order.from, &arena, &text) == ST_OK);
		EXPECT(orders[i].text, bytes_equal(text, bytes_of_string(orders[i].from)));
		EXPECT(orders[i].text, folder_name_print(order.to, &arena, &text) == ST_OK);
		EXPECT(orders[i].text, bytes_equal(text, bytes_of_string(orders[i].to)));
	}
	arena_fini(&arena);
}

static void
test_reasons_are_told(void **state)
{
	struct folder src[2];
	struct sync_tree tree = {.src = src, .src_count = 2, .dst_delimiter = '.'};
	struct sync_tree_entry *entries;
	struct bytes why;
	struct arena arena;

	(void)state;
	arena_init(&arena, 65536);
	src[0] = folder_of("a.b/c", &arena);
	src[1] = folder_of("a\\", &arena);
	assert_int_equal(sync_tree_map(&tree, &no_rules, &arena, &entries, NULL), ST_OK);
	assert_int_equal(sync_tree_why(entries[0].changes, &arena, &why), ST_OK);
	assert_true(bytes_equal(why, BYTES("its parent is called otherwise")));
	assert_int_equal(sync_tree_why(entries[1].changes, &arena, &why), ST_OK);
	assert_int_equal(why.size, 0);
	assert_int_equal(sync_tree_why(NAME_CHARACTERS | NAME_TWIN, &arena, &why), ST_OK);
	assert_true(bytes_equal(why,
	    BYTES("the destination cannot write some of its characters; another folder has the "
		  "name")));
	assert_int_equal(why.data[why.size], 0);
	arena_fini(&arena);
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
	for (size_t budget = 1; status != ST_OK; budget += 7) {
		struct arena arena;

		arena_init(&arena, budget);
		status = sync_tree_map(&tree, &no_rules, &arena, &entries, NULL);
		assert_true(status == ST_OK || (status == ST_LIMIT && entries == NULL));
		assert_true(budget < 65536);
		arena_fini(&arena);
	}
	arena_fini(&names);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_orders_are_read),
	    cmocka_unit_test(test_reasons_are_told),
	    cmocka_unit_test(test_without_memory_nothing_is_mapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
