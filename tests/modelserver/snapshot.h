/* SPDX-License-Identifier: Apache-2.0
 *
 * modelserver/snapshot: folders as multisets of messages, for oracles.
 *
 * Promise  two snapshots are equal when each message is as often in one as in the other, by the
 *          SHA-256 of its body, its flags and keywords, and its instant. UIDs do not count.
 * Memory   owned; some 80 octets a message.
 */
#ifndef MODELSERVER_SNAPSHOT_H
#define MODELSERVER_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/digest.h"
#include "base/status.h"
#include "modelserver/mailbox.h"

enum model_look {
	MODEL_LOOK_FLAGS = 1 << 0,
	MODEL_LOOK_KEYWORDS = 1 << 1,
	MODEL_LOOK_DATE = 1 << 2,
	MODEL_LOOK_ALL = (1 << 3) - 1,
};

/* What is not looked at is 0. */
struct model_image {
	struct digest body;
	uint64_t keywords; /* a hash over the set, letter case folded */
	int64_t instant;
	uint32_t system;
	uint32_t uid; /* does not count when images are compared */
};

struct model_snapshot {
	struct model_image *images; /* ascending */
	size_t count;
};

struct model_difference {
	size_t only_a;
	size_t only_b;
	const struct model_image *first; /* of either side; NULL: there is none */
};

/* `look` of enum model_look: what counts besides the body. */
enum status model_snapshot_take(const struct model_folder *folder, uint32_t look,
    struct model_snapshot *snapshot_out) MUST_USE;
void model_snapshot_fini(struct model_snapshot *snapshot);

struct model_difference model_snapshot_compare(
    const struct model_snapshot *a, const struct model_snapshot *b);

#endif
