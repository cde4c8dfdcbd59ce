/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/body: the octets of a message: kept, generated on demand, or only remembered.
 *
 * Place    every message of a model folder has one; FETCH reads it piece by piece.
 * Promise  octets never change once a body is in a folder; reading has no side effect.
 * Memory   kept octets are shared by count: keep adds a holder, drop removes one. A generated
 *          body is (seed, size) and takes none; a forgotten one keeps its digest only.
 * Limits   a header section longer than HEADER_SIZE_MAX is cut there.
 */
#ifndef MODELSERVER_BODY_H
#define MODELSERVER_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/status.h"

enum {
	MODEL_HEADER_SIZE_MAX = 64 * 1024 * 1024
};

struct model_blob {
	size_t holders;
	size_t size;
	size_t capacity;
	bool is_forgotten; /* the octets are gone, `digest` stands for them */
	struct digest digest;
	uint8_t octets[];
};

struct model_body {
	struct model_blob *blob; /* NULL: generated from the seed */
	uint64_t seed;
	uint64_t size;
};

struct model_body model_body_generate(uint64_t seed, uint64_t size);
enum status model_body_copy(struct bytes octets, struct model_body *body_out) MUST_USE;

/* For a body that arrives in pieces: starts at {0}, and is one holder's. */
enum status model_body_append(struct model_body *body, struct bytes octets) MUST_USE;
/* Gives back what growing took too much. */
void model_body_trim(struct model_body *body);
/* Drops the octets and keeps their digest; reading gives nothing from then on. */
enum status model_body_forget(struct model_body *body) MUST_USE;

struct model_body model_body_keep(const struct model_body *body);
void model_body_drop(struct model_body *body);

/* Writes up to `size` octets from `offset`; returns how many there were. */
size_t model_body_read(
    const struct model_body *body, uint64_t offset, uint8_t *out, size_t size);
struct digest model_body_digest(const struct model_body *body);

/* Appends the header with the empty line that ends it; all of it when there is none. */
enum status model_body_header(const struct model_body *body, struct buf *out) MUST_USE;

#endif
