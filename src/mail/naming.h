/* SPDX-License-Identifier: Apache-2.0
 *
 * mail/naming: what a server can write as the name of a folder, and a name made fit for it.
 *
 * Place    wire/imap/naming has a row a server family; sync/tree applies it, part by part.
 * Promise  what naming_clean gives can be written, and cleaning it again changes nothing. Equal
 *          parts give equal parts; different parts may, so the caller looks for twins.
 * Memory   cleaned parts live in the arena.
 */
#ifndef MAIL_NAMING_H
#define MAIL_NAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "mail/folder.h"

/* All zero: every part but the empty one can be written, without limits. Limits of 0: none. */
struct naming {
	uint8_t delimiter;          /* between parts; 0: flat, one part only */
	const char *forbidden;      /* ASCII, besides the delimiter; may be NULL */
	const char *reserved;       /* "cur|new": parts that are the server's own; or NULL */
	const char *reserved_first; /* the same without case, for the first part only */
	bool is_caseless;           /* "trash" and "Trash" are one folder */
	bool is_composed;           /* names are written in NFC */
	bool refuses_controls;      /* C0 and DEL */
	bool refuses_eight_bit_controls; /* U+0080 to U+009F, U+FFFD */
	bool refuses_beyond_bmp;         /* above U+FFFF, such as emoji */
	bool refuses_first_tilde;        /* of the first part */
	bool refuses_first_dot;
	bool refuses_dot_parts;    /* "." and ".." */
	bool refuses_outer_blanks; /* before, behind and in pairs */
	bool inbox_is_leaf;        /* INBOX takes no children */
	bool counts_characters;    /* the limits are characters; else octets as encoded */
	uint16_t part_max;
	uint16_t name_max; /* parts and delimiters together */
	uint16_t depth_max;
};

/* Why a folder's name differs at the destination; bits. */
enum name_change {
	NAME_CHARACTERS = 1 << 0, /* some could not be written */
	NAME_BLANKS = 1 << 1,
	NAME_EMPTY = 1 << 2,
	NAME_RESERVED = 1 << 3,
	NAME_COMPOSED = 1 << 4, /* NFC */
	NAME_SHORTENED = 1 << 5,
	/* Of the tree, not of a part: */
	NAME_ORDERED = 1 << 6,  /* --map */
	NAME_USE = 1 << 7,      /* the destination has a folder of this use */
	NAME_SPELLING = 1 << 8, /* it is there already, in other case or composition */
	NAME_TWIN = 1 << 9,     /* another folder has the name */
	NAME_INBOX = 1 << 10,   /* a child of INBOX */
	NAME_LEAF = 1 << 11,    /* its parent takes no children, or is too deep */
	NAME_PARENT = 1 << 12,  /* its parent is called otherwise */
	NAME_TOP = 1 << 13,     /* its containers hold no mail and were left out */
	NAME_FOREIGN = 1 << 14, /* the name of another user's or a shared namespace */
	NAME_REFUSED = 1 << 15, /* the destination did not take the plainer one */
	NAME_CHANGE_COUNT = 16
};

/* How long a part or a joined name is for this server: characters, or octets of modified UTF-7.
 */
size_t naming_size(const struct naming *naming, struct bytes text);

/* Cut at a character so that it and "~" and six hexadecimal digits of `whole`'s SHA-256 take at
 * most `max`. max >= 8. */
enum status naming_shorten(const struct naming *naming, struct bytes text, struct bytes whole,
    size_t max, struct arena *arena, struct bytes *short_out) MUST_USE;

/* What stands in for an octet that cannot be written: "_", or "-" where "_" parts names. */
struct bytes naming_sign(const struct naming *naming);

/* The same server, after it refused names that it should take: nothing but letters, digits and
 * what hardly anybody forbids, and short. */
struct naming naming_safest(const struct naming *naming);

/* `part` as the server can write it; the same slice when nothing changes. Adds to *changes. */
enum status naming_clean(const struct naming *naming, struct bytes part, bool is_first,
    struct arena *arena, struct bytes *clean_out, uint32_t *changes) MUST_USE;

#endif
