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
};

bool folder_name_is_inbox(struct folder_name name);
/* Octet by octet, but INBOX as the first part compares without case. */
bool folder_name_equal(struct folder_name a, struct folder_name b);

#endif
