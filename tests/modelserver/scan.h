/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/scan: the grammar of IMAP commands, read by the model server's own hand.
 *
 * Place    a whole command lies in one slice: its lines, and the literals where they came.
 * Promise  shares nothing with src/wire, so that a misreading there is not mirrored here. A
 *          failed scan leaves the outputs untouched; the scanner's place is then undefined.
 * Memory   unescaped strings live in the arena; everything else is borrowed from the command.
 * Limits   sets have at most MODEL_SET_RANGES_MAX ranges.
 * Spec     RFC 3501 section 9 (client side), RFC 7888, RFC 9051 where it allows more.
 */
#ifndef MODELSERVER_SCAN_H
#define MODELSERVER_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/range.h"
#include "base/status.h"
#include "modelserver/mailbox.h"

enum {
	MODEL_SET_RANGES_MAX = 65536
};

struct model_scan {
	struct bytes text;
	size_t at;
	struct arena *arena;
};

struct model_literal {
	uint64_t size;
	bool is_non_synchronizing;
	size_t head_size; /* octets of "{n+}" */
};

bool model_scan_is_end(const struct model_scan *scan);
/* Takes the octet if it is next. */
bool model_scan_octet(struct model_scan *scan, uint8_t octet);
enum status model_scan_space(struct model_scan *scan) MUST_USE;
bool model_scan_word(struct model_scan *scan, struct bytes word); /* without case */

enum status model_scan_tag(struct model_scan *scan, struct bytes *tag_out) MUST_USE;
enum status model_scan_atom(struct model_scan *scan, struct bytes *atom_out) MUST_USE;
enum status model_scan_number(
    struct model_scan *scan, uint64_t max, uint64_t *number_out) MUST_USE;
/* An atom (with "]"), a quoted string or a literal. */
enum status model_scan_astring(struct model_scan *scan, struct bytes *text_out) MUST_USE;
/* As astring, but atoms may hold % and *. */
enum status model_scan_pattern(struct model_scan *scan, struct bytes *text_out) MUST_USE;
enum status model_scan_quoted(struct model_scan *scan, struct bytes *text_out) MUST_USE;
/* "(\Seen one)": system flags and keywords; "\Recent" and unknown ones are ST_SYNTAX. */
enum status model_scan_flags(struct model_scan *scan, struct model_flags *flags_out) MUST_USE;
/* As above, the parentheses may be missing (STORE). */
enum status model_scan_store_flags(
    struct model_scan *scan, struct model_flags *flags_out) MUST_USE;
enum status model_scan_date(struct model_scan *scan, struct model_date *date_out) MUST_USE;

/* "1:5,7,*": `highest` stands for "*". Numbers are added to `set`. */
enum status model_scan_set(
    struct model_scan *scan, uint32_t highest, struct range_set *set) MUST_USE;

/* "{n}" or "{n+}" at the very end of `line`, which has no line end any more. */
enum status model_scan_literal_head(
    struct bytes line, struct model_literal *literal_out) MUST_USE;

#endif
