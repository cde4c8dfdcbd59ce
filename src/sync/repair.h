/* SPDX-License-Identifier: Apache-2.0
 *
 * sync/repair: the other forms in which a refused message is tried, or in which a message of
 * the source may already be at the destination.
 *
 * Place    pass/repair reads a refused message twice: the first time all forms are measured,
 *          the second time one is made and copied. pass/adopt measures messages that it did not
 *          find as they are.
 * Promise  a form is worth a try only if it differs from the message and from the forms before
 *          it, the smallest change first. What a form is measured to be, it becomes; octets of
 *          another text than was measured are ST_CONFLICT, before they outgrow its size.
 * Memory   one heap object.
 */
#ifndef SYNC_REPAIR_H
#define SYNC_REPAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"
#include "sync/identity.h"
#include "wire/mime/repair.h"

enum {
	SYNC_REPAIR_FORMS = MIME_REPAIR_LEVEL_COUNT,
	SYNC_REPAIR_TEXT_SIZE = MIME_REPAIR_TEXT_SIZE,
	/* As much may be fed at once where SYNC_COPY_RESERVE is all the room there is. */
	SYNC_REPAIR_FEED_MAX = 2048
};

struct sync_repair_form {
	uint64_t size;
	uint32_t changes; /* sync_repair_describe names them */
	struct identity identity;
	struct digest body;
};

/* What one reading of a message tells. */
struct sync_repair_forms {
	uint64_t size; /* of the message as it is */
	struct sync_repair_form forms[SYNC_REPAIR_FORMS];
};

struct sync_repair;

enum status sync_repair_new(struct sync_repair **repair_out) MUST_USE;
void sync_repair_free(struct sync_repair **repair);

/* Measuring; `rewrites` of enum body_rewrite: what the destination makes of each form. */
void sync_repair_measure(struct sync_repair *repair, uint32_t rewrites);
void sync_repair_measure_feed(struct sync_repair *repair, struct bytes octets);
void sync_repair_measure_end(struct sync_repair *repair, struct sync_repair_forms *forms_out);

bool sync_repair_is_worth(const struct sync_repair_forms *forms, size_t form);

/* Making one form of a message that was measured. */
void sync_repair_make(struct sync_repair *repair, size_t form, uint64_t size);
/* The next piece of it, taken off the front of `octets`; `is_over`: there are no more behind
 * these. ST_AGAIN: come back with more. ST_END: it is whole. ST_CONFLICT: another text. */
enum status sync_repair_make_next(struct sync_repair *repair, struct bytes *octets,
    bool is_over, struct bytes *piece_out) MUST_USE;

void sync_repair_describe(uint32_t changes, char text_out[SYNC_REPAIR_TEXT_SIZE]);

#endif
