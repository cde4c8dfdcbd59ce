/* SPDX-License-Identifier: Apache-2.0
 *
 * One table says what an octet may begin. What follows inside a token is the matter of the
 * token's own function; only quoted strings, sections and literals have an inside.
 */
#include "wire/imap/lexer.h"

/* One letter an octet, so that the table below can be read. */
enum octet_class {
	A, /* part of an atom */
	B, /* brace: begins a literal */
	C, /* closes a list */
	E, /* end of line */
	K, /* bracket: part of an atom, and may begin a section */
	O, /* opens a list */
	Q, /* quote */
	S, /* space */
	X, /* control: never outside strings */
};

/* clang-format off */
static const uint8_t classes[256] = {
    X, X, X, X, X, X, X, X, X, S, E, X, X, E, X, X,
    X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
    S, A, Q, A, A, A, A, A, O, C, A, A, A, A, A, A,
    A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
    A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
    A, A, A, A, A, A, A, A, A, A, A, K, A, A, A, A,
    A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
    A, A, A, A, A, A, A, A, A, A, A, B, A, A, A, X,
    A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
    A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
    A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
    A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
    A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
    A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
    A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
    A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
};
/* clang-format on */

void
imap_lexer_init(struct imap_lexer *lexer, struct bytes input, size_t nesting_max,
    const struct imap_streams *streams)
{
	*lexer =
	    (struct imap_lexer){.input = input, .nesting_max = nesting_max, .streams = streams};
}

void
imap_lexer_extend(struct imap_lexer *lexer, struct bytes input)
{
	lexer->input = input;
}

/* Only line ends may be left, and every list must be closed. */
static enum status
lex_end(struct imap_lexer *lexer, size_t at, struct imap_token *token_out)
{
	for (size_t i = at; i < lexer->input.size; i++) {
		if (classes[lexer->input.data[i]] != E)
			return ST_SYNTAX;
	}
	if (lexer->depth > 0)
		return ST_SYNTAX;
	lexer->position = at;
	*token_out = (struct imap_token){.kind = IMAP_TOKEN_END};
	return ST_OK;
}

static enum status
lex_open(struct imap_lexer *lexer, size_t at, struct imap_token *token_out)
{
	if (lexer->depth >= lexer->nesting_max)
		return ST_LIMIT;
	lexer->depth++;
	lexer->position = at + 1;
	*token_out = (struct imap_token){.kind = IMAP_TOKEN_OPEN};
	return ST_OK;
}

static enum status
lex_close(struct imap_lexer *lexer, size_t at, struct imap_token *token_out)
{
	if (lexer->depth == 0)
		return ST_SYNTAX;
	lexer->depth--;
	lexer->position = at + 1;
	*token_out = (struct imap_token){.kind = IMAP_TOKEN_CLOSE};
	return ST_OK;
}

/* The octet behind the closing quote; `at` stands on the opening one. 0: it is not closed. */
static size_t
quoted_end(struct bytes input, size_t at, bool *has_escapes_out)
{
	bool has_escapes = false;

	for (size_t i = at + 1; i < input.size; i++) {
		uint8_t octet = input.data[i];

		if (octet == '"') {
			*has_escapes_out = has_escapes;
			return i + 1;
		}
		if (octet == '\\') {
			has_escapes = true;
			i++;
			if (i == input.size)
				break;
		}
		if (classes[input.data[i]] == E)
			break;
	}
	return 0;
}

static enum status
lex_quoted(struct imap_lexer *lexer, size_t at, struct imap_token *token_out)
{
	bool has_escapes = false;
	size_t end = quoted_end(lexer->input, at, &has_escapes);

	if (end == 0)
		return ST_SYNTAX;
	lexer->position = end;
	*token_out = (struct imap_token){
	    .kind = IMAP_TOKEN_QUOTED,
	    .has_escapes = has_escapes,
	    .text = {lexer->input.data + at + 1, end - at - 2},
	};
	return ST_OK;
}

/* section = "[" … "]" of RFC 3501 section 9: may hold spaces, lists and quoted strings. Returns
 * the octet behind the bracket that closes it; 0 when the line ends before. */
static size_t
section_end(struct bytes input, size_t at)
{
	bool has_escapes;

	for (size_t i = at + 1; i < input.size; i++) {
		switch (input.data[i]) {
		case ']':
			return i + 1;
		case '"':
			i = quoted_end(input, i, &has_escapes);
			if (i == 0)
				return 0;
			i--;
			break;
		case '\r':
		case '\n':
			return 0;
		default:
			break;
		}
	}
	return 0;
}

/* Only BODY and BINARY take a section: a folder may well be named "[Gmail" or "a[b". */
static bool
takes_section(struct bytes atom)
{
	return (atom.data[0] | 0x20) == 'b' &&
	    (bytes_equal_nocase(atom, BYTES("BODY")) ||
		bytes_start_with_nocase(atom, BYTES("BODY.")) ||
		bytes_start_with_nocase(atom, BYTES("BINARY")));
}

static enum status
lex_atom(struct imap_lexer *lexer, size_t at, struct imap_token *token_out)
{
	const uint8_t *octets = lexer->input.data;
	size_t size = lexer->input.size;
	size_t end = at;

	while (end < size) {
		uint8_t class = classes[octets[end]];

		if (class == K && end > at && takes_section(bytes_of(octets + at, end - at))) {
			size_t behind = section_end(lexer->input, end);

			end = behind > 0 ? behind : end + 1;
			continue;
		}
		if (class != A && class != B && class != K && class != Q)
			break;
		end++;
	}
	lexer->position = end;
	*token_out =
	    (struct imap_token){.kind = IMAP_TOKEN_ATOM, .text = {octets + at, end - at}};
	return ST_OK;
}

/* The announcement "{n}" and the line end behind it: where it ends, or 0. */
static size_t
announcement_end(const struct imap_lexer *lexer, size_t at, uint64_t *size_out)
{
	struct bytes input = lexer->input;
	size_t close = bytes_find(input, '}', at);
	struct bytes digits = bytes_first(bytes_skip(input, at + 1), close - at - 1);
	size_t end = close + 1;

	if (close == input.size || bytes_number(digits, INT64_MAX, size_out) != ST_OK)
		return 0;
	while (end < input.size && input.data[end] == ' ' &&
	    imap_quirk_has(lexer->quirks, IMAP_QUIRK_LITERAL_PADDED))
		end++;
	while (end < input.size && input.data[end] == '\r')
		end++;
	return end < input.size && input.data[end] == '\n' ? end + 1 : 0;
}

static enum status
lex_literal(struct imap_lexer *lexer, size_t at, struct imap_token *token_out)
{
	const struct imap_streams *streams = lexer->streams;
	uint64_t size = 0;
	size_t end = announcement_end(lexer, at, &size);

	if (end == 0)
		return ST_SYNTAX;
	if (streams != NULL && lexer->streams_seen < streams->count &&
	    streams->items[lexer->streams_seen].offset == end) {
		lexer->streams_seen++;
		lexer->position = end;
		*token_out = (struct imap_token){.kind = IMAP_TOKEN_STREAMED, .size = size};
		return ST_OK;
	}
	/* A response goes on behind its literals, if only with its line end: so "{0}" at the
	 * end of what is there is not complete either. */
	if (size >= lexer->input.size - end) {
		*token_out = (struct imap_token){.kind = IMAP_TOKEN_LITERAL, .size = size};
		return ST_AGAIN;
	}
	lexer->position = end + (size_t)size;
	*token_out = (struct imap_token){
	    .kind = IMAP_TOKEN_LITERAL,
	    .text = {lexer->input.data + end, (size_t)size},
	    .size = size,
	};
	return ST_OK;
}

enum status
imap_lexer_next(struct imap_lexer *lexer, struct imap_token *token_out)
{
	struct bytes input = lexer->input;
	size_t at = lexer->position;

	while (at < input.size && classes[input.data[at]] == S)
		at++;
	if (at == input.size)
		return lex_end(lexer, at, token_out);
	switch ((enum octet_class)classes[input.data[at]]) {
	case E:
		return lex_end(lexer, at, token_out);
	case O:
		return lex_open(lexer, at, token_out);
	case C:
		return lex_close(lexer, at, token_out);
	case Q:
		return lex_quoted(lexer, at, token_out);
	case B:
		return lex_literal(lexer, at, token_out);
	case A:
		/* literal8 of RFC 3516: the tilde changes nothing for a reader. */
		if (input.data[at] == '~' && at + 1 < input.size && input.data[at + 1] == '{')
			return lex_literal(lexer, at + 1, token_out);
		return lex_atom(lexer, at, token_out);
	case K:
		return lex_atom(lexer, at, token_out);
	case S:
	case X:
		break;
	}
	return ST_SYNTAX;
}

enum status
imap_lexer_skip(struct imap_lexer *lexer, const struct imap_token *first)
{
	enum status status = ST_OK;
	struct imap_token token = *first;
	size_t outside;

	if (first->kind == IMAP_TOKEN_END || first->kind == IMAP_TOKEN_CLOSE)
		return ST_SYNTAX;
	if (first->kind != IMAP_TOKEN_OPEN)
		return ST_OK;
	outside = lexer->depth - 1;
	while (status == ST_OK && lexer->depth > outside)
		status = imap_lexer_next(lexer, &token);
	return status;
}

struct bytes
imap_lexer_trim(struct bytes line)
{
	while (line.size > 0 && classes[line.data[line.size - 1]] == E)
		line.size--;
	return line;
}

struct bytes
imap_lexer_rest(const struct imap_lexer *lexer)
{
	struct bytes rest = bytes_skip(lexer->input, lexer->position);

	if (rest.size > 0 && rest.data[0] == ' ')
		rest = bytes_skip(rest, 1);
	return imap_lexer_trim(rest);
}

bool
imap_token_is(const struct imap_token *token, struct bytes word)
{
	return token->kind == IMAP_TOKEN_ATOM && bytes_equal_nocase(token->text, word);
}
