/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/lexer: the tokens of one server response.
 *
 * Place    wire/imap/frame walks a response that is still growing, to find its literals;
 *          wire/imap/reply walks the whole response, to understand it.
 * Promise  never reads outside its input, never allocates, visits every octet once.
 * Memory   tokens are slices of the input.
 * Limits   `nesting_max` parentheses: ST_LIMIT.
 * Spec     RFC 3501 section 9. More is accepted than the grammar allows, where it cannot be
 *          misunderstood: any printable or 8-bit octet in an atom, any octet but CR and LF in a
 *          quoted string, tabs for spaces, LF or CR CR LF for CR LF.
 */
#ifndef WIRE_IMAP_LEXER_H
#define WIRE_IMAP_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "wire/imap/server/quirk.h"

enum imap_token_kind {
	IMAP_TOKEN_END,
	IMAP_TOKEN_ATOM,   /* BODY[HEADER.FIELDS (DATE)] is one atom */
	IMAP_TOKEN_QUOTED, /* .text is what stands between the quotes */
	IMAP_TOKEN_LITERAL,
	IMAP_TOKEN_STREAMED, /* a literal whose octets went elsewhere */
	IMAP_TOKEN_OPEN,
	IMAP_TOKEN_CLOSE,
};

struct imap_token {
	enum imap_token_kind kind;
	bool has_escapes;
	struct bytes text;
	uint64_t size; /* of a literal, as announced */
};

enum {
	IMAP_STREAMS_MAX = 8
};

/* A literal that was passed on as it came: `offset` is where its octets would stand. */
struct imap_stream {
	size_t offset;
	uint64_t size;
	struct digest digest; /* of its octets, when a trace is written */
};

struct imap_streams {
	size_t count;
	struct imap_stream items[IMAP_STREAMS_MAX];
};

struct imap_lexer {
	struct bytes input;
	size_t position;
	size_t depth;
	size_t nesting_max;
	const struct imap_streams *streams; /* NULL: none */
	size_t streams_seen;
	struct imap_quirks quirks; /* none, unless set behind init */
};

void imap_lexer_init(struct imap_lexer *lexer, struct bytes input, size_t nesting_max,
    const struct imap_streams *streams);

/* The same response has grown, and may lie elsewhere now. */
void imap_lexer_extend(struct imap_lexer *lexer, struct bytes input);

/* ST_AGAIN: a literal is announced whose octets are not here; token_out->size says how many.
 * ST_SYNTAX: no token, or parentheses that do not match. */
enum status imap_lexer_next(struct imap_lexer *lexer, struct imap_token *token_out) MUST_USE;

/* Passes over a value of which `first` is the first token: all of a list, else nothing. */
enum status imap_lexer_skip(struct imap_lexer *lexer, const struct imap_token *first) MUST_USE;

/* What has not been read, without the line end. */
struct bytes imap_lexer_rest(const struct imap_lexer *lexer);

/* `line` without the CR and LF at its end. */
struct bytes imap_lexer_trim(struct bytes line);

/* An atom that is `word`, compared without case. */
bool imap_token_is(const struct imap_token *token, struct bytes word);

#endif
