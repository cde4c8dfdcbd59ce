/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/command: writes one command, with the places where the server must be asked first.
 *
 * Place    used by wire/imap/session; what it wrote is cut into pieces and queued in
 *          wire/imap/output.
 * Promise  no value can end its command or begin another: strings are quoted or literals, flags
 *          and words are checked, CR, LF and NUL are ST_SYNTAX. The first failure sticks: the
 *          writers below may be called in a row, and `status` be looked at once.
 * Memory   one buffer, kept from command to command; wiped if it held a secret.
 * Limits   IMAP_COMMAND_SIZE_MAX octets, literals included: ST_LIMIT.
 * Spec     RFC 3501 section 9, RFC 7888.
 */
#ifndef WIRE_IMAP_COMMAND_H
#define WIRE_IMAP_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "mail/message.h"

struct range_set;

enum {
	/* What servers take at least (Dovecot's own client keeps to it). */
	IMAP_COMMAND_SIZE_MAX = 8000,
	/* The log-in's user and password may both be literals. */
	IMAP_COMMAND_CUTS_MAX = 4,
	/* RFC 7888: what LITERAL- allows without asking. */
	IMAP_LITERAL_MINUS_SIZE = 4096
};

enum imap_literal_mode {
	IMAP_LITERAL_ASKED, /* "{n}": wait for the continuation */
	IMAP_LITERAL_MINUS, /* "{n+}" up to IMAP_LITERAL_MINUS_SIZE */
	IMAP_LITERAL_PLUS,  /* "{n+}" below 4 GiB */
};

struct imap_command_text {
	struct buf text;
	enum imap_literal_mode mode;
	size_t cut_count;
	size_t cuts[IMAP_COMMAND_CUTS_MAX]; /* what stands behind one waits for a "+" */
	size_t secret_from;                 /* octets that no trace may show */
	size_t secret_to;
	enum status status;
};

void imap_command_init(struct imap_command_text *command);
void imap_command_fini(struct imap_command_text *command);

/* Writes the tag, or nothing for number 0. What was there is gone. */
void imap_command_begin(
    struct imap_command_text *command, uint32_t number, enum imap_literal_mode mode);
/* " " and text of our own. */
void imap_command_word(struct imap_command_text *command, const char *word);
/* The same without the space. */
void imap_command_text(struct imap_command_text *command, const char *text);
void imap_command_octets(struct imap_command_text *command, struct bytes octets);
/* " " and any octets but CR, LF and NUL, as a quoted string or a literal. */
void imap_command_string(struct imap_command_text *command, struct bytes string);
/* The same without the space. */
void imap_command_bare_string(struct imap_command_text *command, struct bytes string);
/* " 1:3,7"; ST_SYNTAX when empty. */
void imap_command_uids(struct imap_command_text *command, const struct range_set *uids);
/* " (\Seen one)"; ST_SYNTAX when a keyword is none. */
void imap_command_flags(struct imap_command_text *command, struct flags flags);
/* ` "17-Jul-1996 02:44:25 -0700"` */
void imap_command_date(struct imap_command_text *command, struct mail_date date);
/* "{n}" or "{n+}" and CR LF; what follows is not written here. Whether the server must be
 * asked. */
bool imap_command_literal(struct imap_command_text *command, uint64_t size);
void imap_command_line_end(struct imap_command_text *command);

/* Makes room for `size` octets more, so that writing them leaves no copy of a secret behind. */
void imap_command_expect_secret(struct imap_command_text *command, size_t size);
/* From here on, up to conceal_end, octets are secret. */
void imap_command_conceal(struct imap_command_text *command);
void imap_command_conceal_end(struct imap_command_text *command);
void imap_command_wipe(struct imap_command_text *command);

bool imap_literal_is_asked(enum imap_literal_mode mode, uint64_t size);

#endif
