/* SPDX-License-Identifier: Apache-2.0 */
#include "modelserver/mailbox.h"
#include "modelserver/late.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "modelserver/memory.h"

enum {
	FIRST_UIDVALIDITY = 1000001,
	MESSAGES_MIN = 16
};

enum status
model_store_new(int64_t wall_s, struct model_store **store_out)
{
	struct model_store *store = mem_take(sizeof(*store));

	if (store == NULL)
		return ST_MEMORY;
	*store = (struct model_store){
	    .uidvalidity_next = FIRST_UIDVALIDITY,
	    .wall_s = wall_s,
	};
	model_journal_init(&store->journal);
	*store_out = store;
	return ST_OK;
}

static void
message_fini(struct model_message *message)
{
	model_body_drop(&message->body);
	mem_give(message->keywords);
	mem_give(message->raw);
}

static void
folder_empty(struct model_folder *folder)
{
	for (size_t i = 0; i < folder->count; i++) {
		folder->account->octets -= folder->messages[i].body.size;
		message_fini(&folder->messages[i]);
	}
	mem_give(folder->messages);
	folder->messages = NULL;
	folder->count = 0;
	folder->capacity = 0;
}

static void
account_free(struct model_account *account)
{
	for (size_t i = 0; i < account->count; i++) {
		struct model_folder *folder = account->folders[i];

		folder_empty(folder);
		for (size_t k = 0; k < folder->keyword_count; k++)
			model_memory_give(&folder->keyword_names[k]);
		mem_give(folder->keyword_names);
		model_memory_give(&folder->name);
		mem_give(folder);
	}
	mem_give(account->folders);
	model_memory_give(&account->user);
	model_memory_give(&account->password);
	mem_give(account);
}

void
model_store_free(struct model_store **store)
{
	if (*store == NULL)
		return;
	model_late_fini(*store);
	for (size_t i = 0; i < (*store)->count; i++)
		account_free((*store)->accounts[i]);
	mem_give((*store)->accounts);
	model_journal_fini(&(*store)->journal);
	mem_give(*store);
	*store = NULL;
}

enum status
model_store_add(struct model_store *store, struct bytes user, struct bytes password,
    struct model_account **account_out)
{
	struct model_account *account;
	struct model_folder *inbox;
	void *table = store->accounts;
	enum status status =
	    model_memory_grow(&table, store->count, sizeof(struct model_account *));

	if (status != ST_OK)
		return status;
	store->accounts = table;
	account = mem_take(sizeof(*account));
	if (account == NULL)
		return ST_MEMORY;
	*account = (struct model_account){.store = store};
	status = model_memory_keep(user, &account->user);
	if (status == ST_OK)
		status = model_memory_keep(password, &account->password);
	if (status == ST_OK)
		status = model_account_create(account, BYTES("INBOX"), &inbox);
	if (status != ST_OK) {
		account_free(account);
		return status;
	}
	store->accounts[store->count++] = account;
	*account_out = account;
	return ST_OK;
}

struct model_account *
model_store_find(const struct model_store *store, struct bytes user)
{
	for (size_t i = 0; i < store->count; i++) {
		if (bytes_equal(store->accounts[i]->user, user))
			return store->accounts[i];
	}
	return NULL;
}

size_t
model_account_after(const struct model_account *account, struct bytes name)
{
	size_t low = 0;
	size_t high = account->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (bytes_compare(account->folders[middle]->name, name) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct model_folder *
model_account_find(const struct model_account *account, struct bytes name)
{
	size_t position;

	if (bytes_equal_nocase(name, BYTES("INBOX")))
		name = BYTES("INBOX");
	position = model_account_after(account, name);
	if (position == 0 || !bytes_equal(account->folders[position - 1]->name, name))
		return NULL;
	return account->folders[position - 1];
}

enum status
model_account_entry(
    struct model_account *account, struct bytes name, struct model_folder **folder_out)
{
	struct model_folder *folder = model_account_find(account, name);
	void *table = account->folders;
	size_t position;
	enum status status;

	if (folder != NULL) {
		*folder_out = folder;
		return ST_OK;
	}
	status = model_memory_grow(&table, account->count, sizeof(struct model_folder *));
	if (status != ST_OK)
		return status;
	account->folders = table;
	folder = mem_take(sizeof(*folder));
	if (folder == NULL)
		return ST_MEMORY;
	*folder = (struct model_folder){.account = account, .uidnext = 1, .modseq = 1};
	status = model_memory_keep(name, &folder->name);
	if (status != ST_OK) {
		mem_give(folder);
		return status;
	}
	position = model_account_after(account, name);
	memmove(account->folders + position + 1, account->folders + position,
	    (account->count - position) * sizeof(struct model_folder *));
	account->folders[position] = folder;
	account->count++;
	*folder_out = folder;
	return ST_OK;
}

enum status
model_account_create(
    struct model_account *account, struct bytes name, struct model_folder **folder_out)
{
	struct model_folder *folder;
	enum status status = model_account_entry(account, name, &folder);

	if (status != ST_OK)
		return status;
	if (folder->kind == MODEL_FOLDER_REAL)
		return ST_CONFLICT;
	folder->kind = MODEL_FOLDER_REAL;
	folder->uidvalidity = account->store->uidvalidity_next++;
	folder->uidnext = 1;
	folder->modseq++;
	*folder_out = folder;
	return ST_OK;
}

void
model_account_remove(struct model_folder *folder)
{
	folder->removals += folder->count;
	folder_empty(folder);
	folder->kind = MODEL_FOLDER_GONE;
	folder->special_use = 0;
	folder->modseq++;
}

enum status
model_account_move(struct model_folder *folder, struct bytes name)
{
	struct model_folder *target;
	struct model_folder moved;
	enum status status = model_account_entry(folder->account, name, &target);

	if (status != ST_OK)
		return status;
	if (target->kind == MODEL_FOLDER_REAL)
		return ST_CONFLICT;
	/* The two entries change their content; names and subscriptions stay. */
	moved = *target;
	*target = *folder;
	*folder = moved;
	folder->name = target->name;
	target->name = moved.name;
	folder->is_subscribed = target->is_subscribed;
	target->is_subscribed = moved.is_subscribed;
	folder->kind = MODEL_FOLDER_GONE;
	return ST_OK;
}

static enum status
raw_of(const struct model_new *new, struct model_raw **raw_out)
{
	size_t flags_size = new->raw_flags == NULL ? 0 : new->raw_flags->size;
	size_t date_size = new->raw_date == NULL ? 0 : new->raw_date->size;
	struct model_raw *raw;

	if (new->raw_flags == NULL &&new->raw_date == NULL)
		return ST_OK;
	raw = mem_take(sizeof(*raw) + flags_size + date_size + 1);
	if (raw == NULL)
		return ST_MEMORY;
	*raw = (struct model_raw){
	    .has_flags = new->raw_flags != NULL,
	    .has_date = new->raw_date != NULL,
	    .flags = {raw->octets, flags_size},
	    .date = {raw->octets + flags_size, date_size},
	};
	if (flags_size > 0)
		memcpy(raw->octets, new->raw_flags->data, flags_size);
	if (date_size > 0)
		memcpy(raw->octets + flags_size, new->raw_date->data, date_size);
	*raw_out = raw;
	return ST_OK;
}

static enum status
folder_room(struct model_folder *folder)
{
	size_t capacity = folder->capacity == 0 ? MESSAGES_MIN : folder->capacity * 2;
	struct model_message *messages;

	if (folder->count < folder->capacity)
		return ST_OK;
	messages = mem_resize(folder->messages, capacity * sizeof(*messages));
	if (messages == NULL)
		return ST_MEMORY;
	folder->messages = messages;
	folder->capacity = capacity;
	return ST_OK;
}

enum status
model_folder_append(struct model_folder *folder, const struct model_new *new, uint32_t *uid_out)
{
	struct model_message message = {
	    .uid = new->uid == 0 ? folder->uidnext : new->uid,
	    .system = new->flags.system,
	    .modseq = folder->modseq + 1,
	    .date = new->date,
	    .body = new->body,
	};
	uint64_t flag_modseq = folder->flag_modseq;
	enum status status = folder_room(folder);

	if (status != ST_OK)
		return status;
	if (message.uid < folder->uidnext)
		return ST_CONFLICT;
	status = raw_of(new, &message.raw);
	if (status != ST_OK)
		return status;
	folder->messages[folder->count] = message;
	if (new->flags.keywords.size > 0) {
		status =
		    model_folder_change(folder, folder->count, MODEL_FLAGS_SET, new->flags);
		if (status != ST_OK) {
			mem_give(message.raw);
			return status;
		}
	}
	folder->modseq = message.modseq;
	folder->flag_modseq = flag_modseq;
	folder->messages[folder->count].modseq = message.modseq;
	folder->count++;
	folder->uidnext = message.uid + 1;
	folder->account->octets += message.body.size;
	*uid_out = message.uid;
	return ST_OK;
}

size_t
model_folder_at(const struct model_folder *folder, uint32_t uid)
{
	size_t low = 0;
	size_t high = folder->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (folder->messages[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct model_message *
model_folder_find(const struct model_folder *folder, uint32_t uid)
{
	size_t index = model_folder_at(folder, uid);

	if (index == folder->count || folder->messages[index].uid != uid)
		return NULL;
	return &folder->messages[index];
}

void
model_folder_expunge(struct model_folder *folder, size_t index)
{
	CHECK(index < folder->count);
	folder->account->octets -= folder->messages[index].body.size;
	message_fini(&folder->messages[index]);
	memmove(folder->messages + index, folder->messages + index + 1,
	    (folder->count - index - 1) * sizeof(*folder->messages));
	folder->count--;
	folder->removals++;
	folder->modseq++;
}
