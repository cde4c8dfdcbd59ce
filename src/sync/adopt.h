/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/adopt: which messages of the source are at the destination already.
 *
 * Place    pass/adopt feeds it headers of both sides in windows and carries its questions.
 * Promise  multisets: every message at the destination stands for at most one of the source.
 *          A message is adopted only on equal identity, Message-ID or Date present, one size
 *          under that identity at the source and one at the destination, and the destination's
 *          size equal or larger by at most max(200, 2 %); in every other case its body's digest
 *          decides. What the table says only proposes: the caller compares the headers
 *          themselves before it leaves a message uncopied.
 * Memory   16 octets for each message of the destination folder.
 * Limits   2^31 messages.
 */
#ifndef SYNC_ADOPT_H
#define SYNC_ADOPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "mail/message.h"
#include "sync/identity.h"

/* A message at the destination. */
struct adopt_row {
	uint32_t fingerprint; /* of its identity */
	uint32_t uid;
	uint32_t size; /* the highest bit: taken */
	/* In the first row of a fingerprint: the size of the source's messages that have it; 0:
	 * none seen; 2^32 - 1: several, or not to be trusted. */
	uint32_t src_size;
};

struct adopt_table {
	struct adopt_row *rows; /* ascending by fingerprint, then UID, once sealed */
	size_t count;
	size_t capacity;
	bool is_sealed;
};

void adopt_table_init(struct adopt_table *table);
void adopt_table_fini(struct adopt_table *table);

/* Before seal: a message of the destination. */
enum status adopt_table_add(struct adopt_table *table, struct uid uid,
    const struct identity *identity, uint64_t size) MUST_USE;
void adopt_table_seal(struct adopt_table *table);

/* After seal: every message of the source is noted once, before any is proposed. */
void adopt_table_note(
    struct adopt_table *table, const struct identity *identity, uint64_t size);

enum adopt_verdict {
	ADOPT_NEW,    /* nothing like it is there: copy */
	ADOPT_EQUAL,  /* uid_out may be taken if the headers are really equal */
	ADOPT_DIGEST, /* only equal body digests decide, among the candidates */
};

enum adopt_verdict adopt_table_propose(struct adopt_table *table,
    const struct identity *identity, uint64_t size, struct uid *uid_out);

/* The candidates for `identity` that are not taken, one at a time: pass 0 first, then what came
 * back; false when there are no more. */
bool adopt_table_candidate(const struct adopt_table *table, const struct identity *identity,
    size_t *position, struct uid *uid_out);

/* uid stands for a message of the source from now on; give undoes it. False: it does already,
 * or is not listed under that identity. */
bool adopt_table_take(
    struct adopt_table *table, const struct identity *identity, struct uid uid) MUST_USE;
void adopt_table_give(
    struct adopt_table *table, const struct identity *identity, struct uid uid);

#endif
