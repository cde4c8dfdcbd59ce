/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/mailbox: what a mail server holds: accounts, folders, messages, flags.
 *
 * Place    one store is shared by all connections of a model server; tests read it directly.
 * Promise  UIDs ascend in a folder and are never given twice under one UIDVALIDITY; every
 *          change of a message or a folder raises the folder's modseq.
 * Memory   accounts and folders live until the store is freed, removed folders too (their
 *          kind says so): pointers to them stay good. Pointers to messages are borrowed until
 *          the folder changes.
 * Limits   65,535 different keywords a folder.
 */
#ifndef MODELSERVER_MAILBOX_H
#define MODELSERVER_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "modelserver/body.h"
#include "modelserver/date.h"
#include "modelserver/journal.h"

enum model_flag {
	MODEL_SEEN = 1 << 0,
	MODEL_ANSWERED = 1 << 1,
	MODEL_FLAGGED = 1 << 2,
	MODEL_DELETED = 1 << 3,
	MODEL_DRAFT = 1 << 4,
};

enum model_use {
	MODEL_USE_ALL = 1 << 0,
	MODEL_USE_ARCHIVE = 1 << 1,
	MODEL_USE_DRAFTS = 1 << 2,
	MODEL_USE_FLAGGED = 1 << 3,
	MODEL_USE_JUNK = 1 << 4,
	MODEL_USE_SENT = 1 << 5,
	MODEL_USE_TRASH = 1 << 6,
};

enum model_folder_kind {
	MODEL_FOLDER_GONE, /* removed or never there; may still be subscribed */
	MODEL_FOLDER_REAL,
	MODEL_FOLDER_NOSELECT, /* only a place for children */
};

struct model_flags {
	uint32_t system;       /* of enum model_flag */
	struct bytes keywords; /* "one two three" */
};

struct model_keywords {
	size_t count;
	uint16_t ids[]; /* ascending; indices into the folder's names */
};

/* What a hostile server says in place of the truth; NUL-free parts may be missing (NULL). */
struct model_raw {
	struct bytes flags; /* between the parentheses */
	struct bytes date;  /* the whole quoted string or whatever stands there */
	bool has_flags;
	bool has_date;
	uint8_t octets[];
};

struct model_message {
	uint32_t uid;
	uint32_t system;
	uint64_t modseq;
	struct model_date date;
	struct model_body body;
	struct model_keywords *keywords; /* NULL: none */
	struct model_raw *raw;           /* NULL: nothing to lie about */
};

struct model_folder {
	struct bytes name;
	enum model_folder_kind kind;
	bool is_subscribed;
	uint32_t special_use;
	uint32_t uidvalidity;
	uint32_t uidnext;
	uint64_t modseq;
	uint64_t flag_modseq; /* the modseq of the last change of flags */
	uint64_t removals;    /* how many messages ever left, so that sessions see it cheaply */
	struct model_message *messages;
	size_t count;
	size_t capacity;
	struct bytes *keyword_names;
	size_t keyword_count;
	struct model_account *account;
};

struct model_account {
	struct bytes user;
	struct bytes password;
	struct model_folder **folders; /* by name, ascending */
	size_t count;
	uint64_t octets;       /* of all messages */
	uint64_t quota_octets; /* 0: none */
	struct model_store *store;
};

struct model_store {
	struct model_account **accounts;
	size_t count;
	uint32_t uidvalidity_next;
	int64_t wall_s;      /* the wall clock at tick 0 */
	bool forgets_bodies; /* appended bodies leave only their digest */
	uint64_t connection_count;
	struct model_journal journal;
	struct model_late *late; /* taken and not stored yet, by time */
};

struct model_new {
	uint32_t uid; /* 0: the next; else not below UIDNEXT */
	struct model_flags flags;
	struct model_date date;
	struct model_body body;        /* taken over when the call succeeds */
	const struct bytes *raw_flags; /* NULL: none */
	const struct bytes *raw_date;
};

enum model_change {
	MODEL_FLAGS_SET,
	MODEL_FLAGS_ADD,
	MODEL_FLAGS_REMOVE,
};

enum status model_store_new(int64_t wall_s, struct model_store **store_out) MUST_USE;
void model_store_free(struct model_store **store);

enum status model_store_add(struct model_store *store, struct bytes user, struct bytes password,
    struct model_account **account_out) MUST_USE;
struct model_account *model_store_find(const struct model_store *store, struct bytes user);

/* NULL: no entry of that name. "INBOX" is found in any case. The entry may be gone. */
struct model_folder *model_account_find(const struct model_account *account, struct bytes name);
/* An entry, gone at first, for subscriptions and for whoever fills it. */
enum status model_account_entry(struct model_account *account, struct bytes name,
    struct model_folder **folder_out) MUST_USE;
/* Makes the entry real and empty with a new UIDVALIDITY; ST_CONFLICT when it is real already.
 */
enum status model_account_create(struct model_account *account, struct bytes name,
    struct model_folder **folder_out) MUST_USE;
void model_account_remove(struct model_folder *folder);
/* RENAME: the messages, UIDs and UIDVALIDITY go on under another name, which ST_CONFLICT says
 * is taken. */
enum status model_account_move(struct model_folder *folder, struct bytes name) MUST_USE;
/* Index of the first folder whose name is above `name`. */
size_t model_account_after(const struct model_account *account, struct bytes name);

enum status model_folder_append(
    struct model_folder *folder, const struct model_new *new, uint32_t *uid_out) MUST_USE;
/* Index of the first message with this UID or a higher one; count when there is none. */
size_t model_folder_at(const struct model_folder *folder, uint32_t uid);
/* NULL: not there. */
struct model_message *model_folder_find(const struct model_folder *folder, uint32_t uid);
void model_folder_expunge(struct model_folder *folder, size_t index);
enum status model_folder_change(struct model_folder *folder, size_t index,
    enum model_change change, struct model_flags flags) MUST_USE;
/* Appends the keywords of a message, "one two", in the folder's order. */
enum status model_folder_keywords(const struct model_folder *folder,
    const struct model_message *message, struct buf *out) MUST_USE;
/* The bit of "\Sent" and its like, without case; 0: none. */
uint32_t model_use_of_name(struct bytes name);
const char *model_use_name(uint32_t use);
uint32_t model_flag_of_name(struct bytes name);
const char *model_flag_name(uint32_t flag);
/* Takes the next word off a list separated by single spaces; empty when there is none. */
struct bytes model_word_next(struct bytes *rest);

#endif
