/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/check.h"
#include "base/range.h"
#include "cli/report/json.h"
#include "cli/report/refused.h"
#include "cli/uri.h"
#include "mail/flags.h"
#include "mail/glob.h"
#include "sync/identity.h"
#include "sync/tree.h"
#include "wire/imap/command.h"
#include "wire/imap/date.h"
#include "wire/imap/mutf7.h"
#include "wire/imap/quote.h"
#include "wire/imap/uidset.h"
#include "wire/mime/header.h"
#include "wire/sasl/scram.h"

enum {
	SET_RANGES_MAX = 64,
	UIDS_MAX = 4,
	PARTS_MAX = 16,
	PATH_SIZE = 512
};

static void
add(struct buf *out, struct bytes text)
{
	CHECK(buf_append(out, text) == ST_OK);
}

static void
add_string(struct buf *out, const char *text)
{
	add(out, bytes_of_string(text));
}

static void
add_number(struct buf *out, uint64_t number)
{
	CHECK(buf_print(out, "%" PRIu64, number) == ST_OK);
}

/* Nothing but the status's name, whatever was written before. */
static void
add_status(struct buf *out, enum status status)
{
	if (status == ST_OK)
		return;
	buf_clear(out);
	add_string(out, status_name(status));
}

static void
do_date(const struct bytes *words, struct buf *out)
{
	struct mail_date date = {0};
	char text[IMAP_DATE_SIZE];
	enum status status = imap_date_decode(words[0], &date);

	if (status == ST_OK)
		status = imap_date_encode(date, text);
	if (status == ST_OK)
		add_string(out, text);
	add_status(out, status);
}

static void
do_name(const struct bytes *words, struct buf *out)
{
	add_status(out, imap_mutf7_decode(words[0], out));
}

static void
do_quote(const struct bytes *words, struct buf *out)
{
	add_status(out, imap_quote(words[0], out));
}

static void
do_unquote(const struct bytes *words, struct buf *out)
{
	add_status(out, imap_unquote(words[0], out));
}

static void
do_base64(const struct bytes *words, struct buf *out)
{
	add_status(out, base64_decode(words[0], out));
}

static void
do_number(const struct bytes *words, struct buf *out)
{
	uint64_t number = 0;
	enum status status = bytes_number(words[0], UINT32_MAX, &number);

	add_number(out, number);
	add_status(out, status);
}

static void
do_keyword(const struct bytes *words, struct buf *out)
{
	add_string(out, flags_is_keyword(words[0]) ? "yes" : "no");
}

static void
do_uidset(const struct bytes *words, struct buf *out)
{
	struct range_set set;
	enum status status;

	range_set_init(&set, SET_RANGES_MAX);
	status = imap_uidset_decode(words[0], &set);
	add_number(out, set.count);
	add_string(out, " ranges ");
	add_number(out, range_set_size(&set));
	add_status(out, status);
	range_set_fini(&set);
}

static void
do_uids(const struct bytes *words, struct buf *out)
{
	uint32_t uids[UIDS_MAX] = {0};
	size_t count = 0;
	enum status status = imap_uidset_decode_ordered(words[0], uids, UIDS_MAX, &count);

	for (size_t i = 0; i < count; i++) {
		add_string(out, i > 0 ? " " : "");
		add_number(out, uids[i]);
	}
	add_status(out, status);
}

static void
do_shown(const struct bytes *words, struct buf *out)
{
	char text[FAULT_QUOTE_SIZE];

	add_string(out, fault_quote(words[0], text));
}

static void
do_json(const struct bytes *words, struct buf *out)
{
	struct cli_json json;
	struct bytes line;

	cli_json_init(&json);
	cli_json_begin(&json);
	cli_json_text(&json, "text", words[0]);
	line = cli_json_end(&json);
	CHECK(line.size > 0);
	add(out, bytes_first(line, line.size - 1));
	cli_json_fini(&json);
}

static void
do_says(const struct bytes *words, struct buf *out)
{
	struct imap_command_text command;

	imap_command_init(&command);
	imap_command_begin(&command, 1, IMAP_LITERAL_ASKED);
	imap_command_word(&command, "SELECT");
	imap_command_string(&command, words[0]);
	imap_command_line_end(&command);
	add(out, buf_bytes(&command.text));
	add_status(out, command.status);
	imap_command_fini(&command);
}

static void
do_flags(const struct bytes *words, struct buf *out)
{
	struct imap_command_text command;

	imap_command_init(&command);
	imap_command_begin(&command, 1, IMAP_LITERAL_PLUS);
	imap_command_flags(&command, (struct flags){FLAG_SEEN, words[0]});
	imap_command_line_end(&command);
	add(out, buf_bytes(&command.text));
	add_status(out, command.status);
	imap_command_fini(&command);
}

/* "name=size of its value" a field, and "." where an empty line ended the header. */
static void
take_fields(struct mime_header *header, struct bytes input, size_t *size, struct buf *out)
{
	struct mime_header_event event;

	while (mime_header_next(header, &input, &event) == ST_OK) {
		if (event.kind == MIME_HEADER_NAME) {
			add(out, event.bytes);
			*size = 0;
		} else if (event.kind == MIME_HEADER_VALUE) {
			*size += event.bytes.size;
		} else if (event.kind == MIME_HEADER_CLOSE) {
			add_string(out, "=");
			add_number(out, *size);
			add_string(out, " ");
		} else if (mime_header_has_empty_line(header)) {
			add_string(out, ".");
		}
	}
}

static void
read_header(struct bytes text, size_t step, struct buf *out)
{
	struct mime_header header;
	size_t size = 0;

	mime_header_init(&header);
	for (; text.size > 0; text = bytes_skip(text, step))
		take_fields(&header, bytes_first(text, step), &size, out);
	mime_header_finish(&header);
	take_fields(&header, text, &size, out);
}

static void
do_header(const struct bytes *words, struct buf *out)
{
	struct buf single;

	buf_init(&single, out->size_max);
	read_header(words[0], SIZE_MAX, out);
	read_header(words[0], 1, &single);
	if (!bytes_equal(buf_bytes(&single), buf_bytes(out)))
		add_string(out, " and another when cut");
	buf_fini(&single);
}

static struct identity
read_identity(struct bytes text, size_t step)
{
	struct identity_scan scan;

	identity_scan_init(&scan);
	for (; text.size > 0; text = bytes_skip(text, step))
		identity_scan_feed(&scan, bytes_first(text, step));
	return identity_scan_finish(&scan);
}

static void
do_identity(const struct bytes *words, struct buf *out)
{
	struct identity whole = read_identity(words[0], SIZE_MAX);
	struct identity single = read_identity(words[0], 1);

	add_string(out, whole.has_message_id ? "message-id" : "no message-id");
	add_string(out, whole.has_date ? ", date" : ", no date");
	if (!identity_equal(&whole, &single))
		add_string(out, ", another when cut");
}

static void
do_uri(const struct bytes *words, struct buf *out)
{
	struct account account = {0};
	struct fault fault = {0};
	struct arena arena;
	struct bytes text = {NULL, 0};
	enum status status;

	arena_init(&arena, 1 << 20);
	CHECK(bytes_copy(words[0], &arena, &text) == ST_OK);
	status = cli_uri_decode((const char *)text.data, "source", &arena, &account, &fault);
	if (status == ST_OK) {
		add_string(out, account.user);
		add_string(out, " at ");
		add_string(out, account.host);
	}
	add_status(out, status);
	arena_fini(&arena);
}

static void
do_glob(const struct bytes *words, struct buf *out)
{
	add_string(out, glob_match(words[0], words[1]) ? "yes" : "no");
}

/* words[0] is the destination's delimiter, words[1] the folder's parts with "/" between. */
static void
do_maps(const struct bytes *words, struct buf *out)
{
	struct bytes parts[PARTS_MAX];
	struct folder src = {.name = {parts, 0}, .is_selectable = true};
	struct sync_tree tree = {.src = &src, .src_count = 1};
	struct sync_tree_rules rules = {0};
	struct sync_tree_entry *entries = NULL;
	struct bytes rest = words[1];
	struct arena arena;

	tree.dst_delimiter = words[0].size > 0 ? words[0].data[0] : 0;
	for (size_t end = 0; src.name.part_count < PARTS_MAX && end < rest.size;) {
		rest = bytes_skip(rest, end > 0 || src.name.part_count > 0 ? end + 1 : 0);
		end = bytes_find(rest, '/', 0);
		parts[src.name.part_count++] = bytes_first(rest, end);
	}
	arena_init(&arena, 1 << 22);
	CHECK(sync_tree_map(&tree, &rules, &arena, &entries, NULL) == ST_OK);
	for (size_t i = 0; i < entries[0].name.part_count; i++) {
		add_string(out, i > 0 ? "|" : "");
		add(out, entries[0].name.parts[i]);
	}
	arena_fini(&arena);
}

static void
keep_message(const char *path, struct bytes folder)
{
	struct pass_item item = {
	    .kind = PASS_ITEM_REFUSED, .folder = folder, .uid = 7, .size = 1};
	struct cli_refused refused;
	struct fault fault = {0};

	item.text = "refused";
	cli_refused_init(&refused);
	CHECK(cli_refused_open(&refused, path, &fault) == ST_OK);
	cli_refused_add(&refused, &item, 0, BYTES("x"));
	CHECK(cli_refused_close(&refused, &fault) == ST_OK);
}

static int
is_plain(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* The entries of a folder, by name; removes them. */
static void
list_and_remove(const char *path, struct buf *out)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, is_plain, alphasort);

	CHECK(count >= 0);
	for (int i = 0; i < count; i++) {
		char inside[2 * PATH_SIZE];

		add_string(out, i > 0 ? " " : "");
		add_string(out, entries[i]->d_name);
		snprintf(inside, sizeof(inside), "%s/%s", path, entries[i]->d_name);
		CHECK(unlink(inside) == 0 || rmdir(inside) == 0);
		free(entries[i]);
	}
	free(entries);
	CHECK(rmdir(path) == 0);
}

static void
do_keeps(const struct bytes *words, struct buf *out)
{
	const char *root = getenv("TMPDIR");
	char outside[PATH_SIZE / 2];
	char inside[PATH_SIZE];

	snprintf(
	    outside, sizeof(outside), "%s/godwit-cve-XXXXXX", root != NULL ? root : "/tmp");
	CHECK(mkdtemp(outside) != NULL);
	snprintf(inside, sizeof(inside), "%s/a", outside);
	CHECK(mkdir(inside, 0700) == 0);
	keep_message(inside, words[0]);
	list_and_remove(inside, out);
	add_string(out, " in ");
	CHECK(mkdir(inside, 0700) == 0);
	list_and_remove(outside, out);
}

/* words[0] is our own first message, words[1] the server's. */
static void
do_scram(const struct bytes *words, struct buf *out)
{
	static const char *const flaws[] = {
	    [SASL_SCRAM_SOUND] = "sound",
	    [SASL_SCRAM_UNREADABLE] = "unreadable",
	    [SASL_SCRAM_NONCE] = "nonce",
	    [SASL_SCRAM_TOO_FEW] = "too few",
	    [SASL_SCRAM_TOO_MANY] = "too many",
	};

	add_string(out, flaws[sasl_scram_first_check(words[1], sasl_scram_nonce(words[0]))]);
}

static const struct {
	const char *name;
	size_t word_count;
	void (*run)(const struct bytes *words, struct buf *out);
} verbs[] = {
    {"base64", 1, do_base64},
    {"date", 1, do_date},
    {"flags", 1, do_flags},
    {"glob", 2, do_glob},
    {"header", 1, do_header},
    {"identity", 1, do_identity},
    {"json", 1, do_json},
    {"keeps", 1, do_keeps},
    {"keyword", 1, do_keyword},
    {"maps", 2, do_maps},
    {"name", 1, do_name},
    {"number", 1, do_number},
    {"quote", 1, do_quote},
    {"says", 1, do_says},
    {"scram", 2, do_scram},
    {"shown", 1, do_shown},
    {"uids", 1, do_uids},
    {"uidset", 1, do_uidset},
    {"unquote", 1, do_unquote},
    {"uri", 1, do_uri},
};

/* Blocks of exactly their size, so that a look beyond one is seen. */
static struct bytes
exact(struct bytes word)
{
	uint8_t *block = malloc(word.size > 0 ? word.size : 1);

	CHECK(block != NULL);
	if (word.size > 0)
		memcpy(block, word.data, word.size);
	return bytes_of(block, word.size);
}

bool
verb_run(const struct act *act, struct buf *out)
{
	struct bytes name = buf_bytes(&act->words[0]);
	struct bytes words[WORDS_MAX];

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!bytes_equal(name, bytes_of_string(verbs[i].name)))
			continue;
		if (act->word_count != verbs[i].word_count + 1)
			return false;
		for (size_t k = 0; k < verbs[i].word_count; k++)
			words[k] = exact(buf_bytes(&act->words[k + 1]));
		verbs[i].run(words, out);
		for (size_t k = 0; k < verbs[i].word_count; k++)
			free((void *)(uintptr_t)words[k].data);
		return true;
	}
	return false;
}
