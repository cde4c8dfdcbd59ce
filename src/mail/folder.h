/* SPDX-License-Identifier: Apache-2.0
 *
 * mail/folder: one IMAP mailbox of an account: its name as a list of parts, and its state.
 *
 * Memory   all slices live in the arena that the folder was listed into.
 */
#ifndef MAIL_FOLDER_H
#define MAIL_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"

/* RFC 6154. A folder has at most one that we use. */
enum folder_use {
	USE_NONE,
	USE_ALL,
	USE_ARCHIVE,
	USE_DRAFTS,
	USE_FLAGGED,
	USE_IMPORTANT,
	USE_JUNK,
	USE_SENT,
	USE_TRASH,
	USE_COUNT
};

/* Who says so. */
enum folder_use_from {
	USE_FROM_ATTRIBUTE, /* the server, by RFC 6154 */
	USE_FROM_XLIST,     /* the server, by what was there before it */
	USE_FROM_NAME       /* mail/folder_word: a guess */
};

enum {
	FOLDER_PARTS_MAX = 256
};

/* A name without delimiter or namespace prefix: {"Work", "2024"}. Parts are UTF-8. The one-part
 * name INBOX is the inbox, whatever its case. */
struct folder_name {
	struct bytes *parts;
	size_t part_count;
};

struct folder {
	struct folder_name name;
	struct bytes raw;     /* as the server writes it */
	struct bytes display; /* parts joined by "/", for people, globs and reports */
	enum folder_use use;
	bool is_selectable;
	bool is_subscribed;
	bool is_foreign; /* in another user's or a shared namespace */
	bool has_status; /* the four below were told */
	uint32_t messages;
	uint32_t uidnext;
	uint32_t uidvalidity;
	uint64_t size; /* octets; 0: not told */
	enum folder_use_from use_from;
	uint8_t use_rank; /* of USE_FROM_NAME: smaller is more usual */
	bool is_leaf;     /* \NoInferiors: nothing can be created below it */
};

bool folder_name_is_inbox(struct folder_name name);
/* Octet by octet, but INBOX as the first part compares without case. */
bool folder_name_equal(struct folder_name a, struct folder_name b);

/* A view of messages that lie elsewhere too (Gmail's All Mail, Starred, Important): only where
 * the server says so by an attribute, never by a name. */
bool folder_is_virtual(const struct folder *folder);

/* The parts joined by "/"; a "/" or "\" inside a part has "\" before it, so that no two names
 * are printed alike. */
enum status folder_name_print(
    struct folder_name name, struct arena *arena, struct bytes *text_out) MUST_USE;
/* folder_name_print undone. "\" before anything but "/", "\" and "=" is a plain character.
 * ST_SYNTAX: an empty text or part, no UTF-8, or more than FOLDER_PARTS_MAX parts. */
enum status folder_name_parse(
    struct bytes text, struct arena *arena, struct folder_name *name_out) MUST_USE;

#endif
