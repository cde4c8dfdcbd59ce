/* SPDX-License-Identifier: Apache-2.0 */
#include "modelserver/content.h"

#include "base/arena.h"
#include "base/prng.h"
#include "modelserver/mailbox.h"
#include "modelserver/words.h"

enum {
	ARENA_BUDGET = 64 * 1024 * 1024,
	GENERATED_SIZE = 2048,
	FIRST_INSTANT = 1000000000,
	STEP_S = 61,
};

static const struct fault_kind content_fault = {
    ST_SYNTAX, CAUSE_USAGE, FAULT_PROCESS, RETRY_NEVER};

/* What the lines so far have set up. */
struct loader {
	struct model_store *store;
	struct model_account *account;
	struct model_folder *folder;
	struct arena arena; /* of one line */
	struct bytes rest;  /* of the text, behind the line */
};

static bool
has_word(const struct model_words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++) {
		if (model_word_is(words->word[i], word))
			return true;
	}
	return false;
}

/* An optional number: left as it was when it is not there. */
static enum status
number_or(const struct model_words *words, const char *name, uint64_t *number)
{
	enum status status = model_words_number(words, name, number);

	return status == ST_ABSENT ? ST_OK : status;
}

static enum status
load_account(struct loader *loader, const struct model_words *words)
{
	enum status status;

	if (words->count != 3)
		return ST_SYNTAX;
	loader->account = model_store_find(loader->store, words->word[1]);
	if (loader->account == NULL) {
		status = model_store_add(
		    loader->store, words->word[1], words->word[2], &loader->account);
		if (status != ST_OK)
			return status;
	}
	loader->folder = model_account_find(loader->account, BYTES("INBOX"));
	return ST_OK;
}

static enum status
load_folder(struct loader *loader, const struct model_words *words)
{
	uint64_t uidvalidity = 0, uidnext = 0;
	struct bytes use;
	struct model_folder *folder;
	enum status status;

	if (words->count < 2 || loader->account == NULL)
		return ST_SYNTAX;
	status = model_account_entry(loader->account, words->word[1], &folder);
	if (status == ST_OK && folder->kind != MODEL_FOLDER_REAL && !has_word(words, "gone"))
		status = model_account_create(loader->account, words->word[1], &folder);
	if (status == ST_OK)
		status = number_or(words, "uidvalidity", &uidvalidity);
	if (status == ST_OK)
		status = number_or(words, "uidnext", &uidnext);
	if (status != ST_OK)
		return status;
	if (uidvalidity != 0)
		folder->uidvalidity = (uint32_t)uidvalidity;
	if (uidnext > folder->uidnext)
		folder->uidnext = (uint32_t)uidnext;
	if (model_words_value(words, "use", &use)) {
		folder->special_use = model_use_of_name(use);
		if (folder->special_use == 0)
			return ST_SYNTAX;
	}
	if (has_word(words, "noselect"))
		folder->kind = MODEL_FOLDER_NOSELECT;
	folder->is_subscribed = folder->is_subscribed || has_word(words, "subscribed");
	loader->folder = folder;
	return ST_OK;
}

static enum status
load_flags(struct loader *loader, const struct model_words *words, struct model_flags *flags)
{
	struct bytes text, word;
	uint8_t *keywords;

	if (!model_words_value(words, "flags", &text))
		return ST_OK;
	keywords = arena_take(&loader->arena, text.size + 1, 1);
	if (keywords == NULL)
		return arena_status(&loader->arena);
	flags->keywords.data = keywords;
	while ((word = model_word_next(&text)).size > 0) {
		uint32_t bit = model_flag_of_name(word);

		flags->system |= bit;
		if (bit != 0)
			continue;
		if (word.data[0] == '\\')
			return ST_SYNTAX;
		if (flags->keywords.size > 0)
			keywords[flags->keywords.size++] = ' ';
		for (size_t i = 0; i < word.size; i++)
			keywords[flags->keywords.size++] = word.data[i];
	}
	return ST_OK;
}

/* text="…", or octets=N and then that many octets and a line end, or generate=SIZE seed=S. */
static enum status
load_body(struct loader *loader, const struct model_words *words, struct model_body *body)
{
	uint64_t size, seed = 1;
	struct bytes text;
	enum status status;

	if (model_words_value(words, "text", &text))
		return model_body_copy(text, body);
	if (model_words_number(words, "octets", &size) == ST_OK) {
		if (loader->rest.size < size)
			return ST_SYNTAX;
		text = bytes_first(loader->rest, (size_t)size);
		loader->rest = bytes_skip(loader->rest, (size_t)size);
		if (loader->rest.size > 0 && loader->rest.data[0] != '\n')
			return ST_SYNTAX;
		loader->rest = bytes_skip(loader->rest, 1);
		return model_body_copy(text, body);
	}
	status = model_words_number(words, "generate", &size);
	if (status == ST_OK)
		status = number_or(words, "seed", &seed);
	if (status != ST_OK)
		return ST_SYNTAX;
	*body = model_body_generate(seed, size);
	return ST_OK;
}

static enum status
append_times(struct loader *loader, struct model_new *new, uint64_t times)
{
	struct model_body body = new->body;
	enum status status = ST_OK;

	for (uint64_t i = 0; status == ST_OK && i < times; i++) {
		uint32_t uid;

		new->body = model_body_keep(&body);
		status = model_folder_append(loader->folder, new, &uid);
		if (status != ST_OK)
			model_body_drop(&new->body);
		new->uid = 0;
	}
	model_body_drop(&body);
	return status;
}

static enum status
load_message(struct loader *loader, const struct model_words *words)
{
	struct model_new new = {.date.instant = FIRST_INSTANT};
	struct bytes raw_flags, raw_date, date;
	uint64_t uid = 0, times = 1;
	enum status status = number_or(words, "uid", &uid);

	if (loader->folder == NULL)
		return ST_SYNTAX;
	new.date.instant += STEP_S *(int64_t)loader->folder->count;
	if (status == ST_OK)
		status = number_or(words, "times", &times);
	if (status == ST_OK)
		status = load_flags(loader, words, &new.flags);
	if (status == ST_OK && model_words_value(words, "date", &date))
		status = model_date_scan(date, &new.date);
	if (model_words_value(words, "raw-flags", &raw_flags))
		new.raw_flags = &raw_flags;
	if (model_words_value(words, "raw-date", &raw_date))
		new.raw_date = &raw_date;
	new.uid = (uint32_t)uid;
	if (status == ST_OK)
		status = load_body(loader, words, &new.body);
	if (status == ST_OK)
		status = append_times(loader, &new, times);
	return status;
}

static enum status
load_line(struct loader *loader, struct bytes line)
{
	struct model_words words;
	enum status status = model_words_scan(line, &loader->arena, &words);

	if (status != ST_OK || words.count == 0)
		return status;
	if (model_word_is(words.word[0], "account"))
		return load_account(loader, &words);
	if (model_word_is(words.word[0], "folder"))
		return load_folder(loader, &words);
	if (model_word_is(words.word[0], "message"))
		return load_message(loader, &words);
	if (model_word_is(words.word[0], "quota") && words.count == 2 &&
	    loader->account != NULL)
		return bytes_number(words.word[1], INT64_MAX, &loader->account->quota_octets);
	return ST_SYNTAX;
}

enum status
model_content_load(struct bytes text, struct model_store *store, struct fault *fault)
{
	struct loader loader = {.store = store, .rest = text};
	struct bytes line;
	enum status status = ST_OK;

	arena_init(&loader.arena, ARENA_BUDGET);
	if (store->count > 0) {
		loader.account = store->accounts[0];
		loader.folder = model_account_find(loader.account, BYTES("INBOX"));
	}
	while (status == ST_OK && model_line_next(&loader.rest, &line)) {
		char shown[FAULT_QUOTE_SIZE];

		status = load_line(&loader, line);
		arena_rewind(&loader.arena);
		if (status != ST_OK)
			fault_set(fault, content_fault,
			    "this line of the content means nothing (%s): %s",
			    status_name(status), fault_quote(line, shown));
	}
	arena_fini(&loader.arena);
	return status;
}

static enum status
generate(struct model_folder *folder, uint64_t messages, uint64_t size, uint64_t holes,
    uint64_t seed)
{
	struct prng prng;
	uint32_t uid = folder->uidnext;
	enum status status = ST_OK;

	prng_init(&prng, seed);
	for (uint64_t i = 0; status == ST_OK && i < messages; uid++) {
		struct model_new new = {
		    .uid = uid,
		    .flags.system = (uint32_t)prng_below(&prng, 8),
		    .date.instant = FIRST_INSTANT + (int64_t)i * STEP_S,
		    .body = model_body_generate(seed * 1000003 + i, size),
		};
		uint32_t given;

		if (prng_below(&prng, 100) < holes)
			continue;
		status = model_folder_append(folder, &new, &given);
		i++;
	}
	return status;
}

enum status
model_content_generate(struct bytes spec, struct model_account *account, struct fault *fault)
{
	struct model_words words = {.count = 0};
	struct arena arena;
	struct bytes name = BYTES("INBOX");
	uint64_t messages = 1, size = GENERATED_SIZE, holes = 0, seed = 1;
	struct model_folder *folder = NULL;
	enum status status;

	arena_init(&arena, ARENA_BUDGET);
	status = model_words_scan(spec, &arena, &words);
	(void)model_words_value(&words, "folder", &name);
	if (status == ST_OK)
		status = number_or(&words, "messages", &messages);
	if (status == ST_OK)
		status = number_or(&words, "size", &size);
	if (status == ST_OK)
		status = number_or(&words, "holes", &holes);
	if (status == ST_OK)
		status = number_or(&words, "seed", &seed);
	if (status == ST_OK && holes >= 100)
		status = ST_SYNTAX;
	if (status == ST_OK)
		status = model_account_entry(account, name, &folder);
	if (status == ST_OK && folder->kind != MODEL_FOLDER_REAL)
		status = model_account_create(account, name, &folder);
	if (status == ST_OK)
		status = generate(folder, messages, size, holes, seed);
	arena_fini(&arena);
	if (status != ST_OK)
		fault_set(fault, content_fault, "what to generate is not understood (%s)",
		    status_name(status));
	return status;
}
