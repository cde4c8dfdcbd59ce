/* SPDX-License-Identifier: Apache-2.0
 *
 * What a family does not take, and what it changes in what it takes (dossier/commitpoint.md 3).
 */
#include <string.h>

#include "modelserver/command.h"

static struct bytes
octets_of(const struct model_body *body)
{
	if (body->blob == NULL || body->size == 0)
		return (struct bytes){0};
	return bytes_of(body->blob->octets, body->blob->size);
}

static bool
has_bare_lf(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '\n' && (i == 0 || text.data[i - 1] != '\r'))
			return true;
	}
	return false;
}

/* Cyrus: each line up to the empty one has a name and a colon, or continues the one before. */
static bool
has_bad_header(struct bytes text)
{
	bool is_first = true;

	while (text.size > 0) {
		size_t end = bytes_find(text, '\n', 0);
		struct bytes line = bytes_first(text, end);
		size_t colon = bytes_find(line, ':', 0);

		if (line.size > 0 && line.data[line.size - 1] == '\r')
			line.size--;
		if (line.size == 0)
			return is_first;
		if (line.data[0] != ' ' && line.data[0] != '\t' &&
		    (colon == 0 || colon >= line.size || line.data[colon - 1] == ' '))
			return true;
		is_first = false;
		text = bytes_skip(text, end + 1);
	}
	return is_first;
}

static bool
contains(struct bytes text, struct bytes what)
{
	return what.size > 0 && text.size >= what.size &&
	    memmem(text.data, text.size, what.data, what.size) != NULL;
}

static bool
is_refused(const struct model_profile *profile, enum model_refusal refusal, struct bytes text)
{
	switch (refusal) {
	case MODEL_REFUSE_EMPTY:
		return text.size == 0;
	case MODEL_REFUSE_NUL:
		return bytes_find(text, 0, 0) < text.size;
	case MODEL_REFUSE_BARE_LF:
		return has_bare_lf(text);
	case MODEL_REFUSE_BAD_HEADER:
		return has_bad_header(text);
	case MODEL_REFUSE_SIZE:
		return text.size > profile->refuse_size;
	case MODEL_REFUSE_TEXT:
		return contains(text, profile->refuse_text);
	case MODEL_REFUSAL_COUNT:
		break;
	}
	return false;
}

struct bytes
model_refusal_of(const struct model_profile *profile, const struct model_body *body)
{
	for (size_t i = 0; i < MODEL_REFUSAL_COUNT; i++) {
		if (profile->refusals[i].data != NULL &&
		    is_refused(profile, (enum model_refusal)i, octets_of(body)))
			return profile->refusals[i];
	}
	return (struct bytes){0};
}

struct rewriter {
	uint32_t rewrites;
	struct bytes text;
	size_t at;
	bool is_in_header;
	uint8_t previous; /* octet that was written */
	uint8_t piece[2];
};

static struct bytes
one(struct rewriter *rewriter, uint8_t octet)
{
	rewriter->piece[0] = octet;
	return bytes_of(rewriter->piece, 1);
}

static bool
has(const struct rewriter *rewriter, enum model_rewrite rewrite)
{
	return (rewriter->rewrites & rewrite) != 0;
}

static struct bytes
carriage_return(struct rewriter *rewriter)
{
	size_t at = rewriter->at;
	struct bytes text = rewriter->text;
	bool is_line_end = at + 1 < text.size && text.data[at + 1] == '\n';
	bool is_before_one =
	    at + 2 < text.size && text.data[at + 1] == '\r' && text.data[at + 2] == '\n';

	if (!is_line_end && has(rewriter, MODEL_REWRITE_DROP_CR))
		return (struct bytes){0};
	if (is_before_one && has(rewriter, MODEL_REWRITE_CR_CRLF))
		return (struct bytes){0};
	return one(rewriter, '\r');
}

/* What becomes of the octet at `at`: none, one or two octets. */
static struct bytes
rewritten(struct rewriter *rewriter)
{
	uint8_t octet = rewriter->text.data[rewriter->at];

	if (octet == '\r')
		return carriage_return(rewriter);
	if (octet == '\n' && rewriter->previous != '\r' && has(rewriter, MODEL_REWRITE_BARE_LF))
		return BYTES("\r\n");
	if (octet == 0 && has(rewriter, MODEL_REWRITE_NUL))
		return one(rewriter, 0x80);
	if (octet > 127 && rewriter->is_in_header && has(rewriter, MODEL_REWRITE_8BIT_HEADER))
		return one(rewriter, 'X');
	return one(rewriter, octet);
}

/* The octets from here on that no rewriting touches. */
static struct bytes
plain_run(const struct rewriter *rewriter)
{
	struct bytes rest = bytes_skip(rewriter->text, rewriter->at);
	size_t size = 0;

	while (size < rest.size && rest.data[size] > 0 && rest.data[size] < 128 &&
	    rest.data[size] != '\r' && rest.data[size] != '\n')
		size++;
	return bytes_first(rest, size);
}

static bool
ends_header(struct bytes text, size_t at)
{
	size_t last = at > 0 && text.data[at - 1] == '\r' ? at - 1 : at;

	return text.data[at] == '\n' && (last == 0 || text.data[last - 1] == '\n');
}

enum status
model_rewrite(const struct model_profile *profile, struct model_body *body)
{
	struct rewriter rewriter = {
	    .rewrites = profile->rewrites,
	    .text = octets_of(body),
	    .is_in_header = true,
	};
	struct model_body new = {0};
	enum status status = model_body_append(&new, BYTES(""));

	while (status == ST_OK && rewriter.at < rewriter.text.size) {
		struct bytes piece = plain_run(&rewriter);

		if (piece.size > 0) {
			status = model_body_append(&new, piece);
			rewriter.previous = piece.data[piece.size - 1];
			rewriter.at += piece.size;
			continue;
		}
		piece = rewritten(&rewriter);
		if (ends_header(rewriter.text, rewriter.at))
			rewriter.is_in_header = false;
		rewriter.at++;
		if (piece.size == 0)
			continue;
		rewriter.previous = piece.data[piece.size - 1];
		status = model_body_append(&new, piece);
	}
	if (status == ST_OK && has(&rewriter, MODEL_REWRITE_FINAL_CRLF) &&
	    rewriter.previous != '\n')
		status = model_body_append(
		    &new, rewriter.previous == '\r' ? BYTES("\n") : BYTES("\r\n"));
	if (status != ST_OK) {
		model_body_drop(&new);
		return status;
	}
	model_body_drop(body);
	*body = new;
	return ST_OK;
}
