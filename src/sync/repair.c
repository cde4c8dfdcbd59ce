/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/repair.h"

#include <assert.h>

#include "base/mem.h"
#include "sync/copy.h"

static_assert(
    MIME_REPAIR_GROWTH * (SYNC_REPAIR_FEED_MAX + MIME_REPAIR_CARRY) <= SYNC_COPY_RESERVE,
    "what a fed piece may bring must fit into the ring");

struct measure {
	struct mime_repair machine;
	struct identity_scan identity;
	struct body_digest body;
};

struct sync_repair {
	struct measure measures[SYNC_REPAIR_FORMS];
	uint64_t size; /* fed while measuring */
	struct mime_repair machine;
	uint64_t left; /* of the form that is made */
};

enum status
sync_repair_new(struct sync_repair **repair_out)
{
	struct sync_repair *repair = mem_take(sizeof(*repair));

	if (repair == NULL)
		return ST_MEMORY;
	*repair_out = repair;
	return ST_OK;
}

void
sync_repair_free(struct sync_repair **repair)
{
	mem_give(*repair);
	*repair = NULL;
}

void
sync_repair_measure(struct sync_repair *repair, uint32_t rewrites)
{
	repair->size = 0;
	for (size_t i = 0; i < SYNC_REPAIR_FORMS; i++) {
		struct measure *measure = &repair->measures[i];

		mime_repair_init(&measure->machine, (enum mime_repair_level)i);
		identity_scan_init(&measure->identity);
		body_digest_init(&measure->body, rewrites);
	}
}

static void
drain(struct measure *measure, struct bytes octets)
{
	struct bytes piece;

	while (mime_repair_next(&measure->machine, &octets, &piece) == ST_OK) {
		identity_scan_feed(&measure->identity, piece);
		body_digest_feed(&measure->body, piece);
	}
}

void
sync_repair_measure_feed(struct sync_repair *repair, struct bytes octets)
{
	repair->size += octets.size;
	for (size_t i = 0; i < SYNC_REPAIR_FORMS; i++)
		drain(&repair->measures[i], octets);
}

void
sync_repair_measure_end(struct sync_repair *repair, struct sync_repair_forms *forms_out)
{
	forms_out->size = repair->size;
	for (size_t i = 0; i < SYNC_REPAIR_FORMS; i++) {
		struct measure *measure = &repair->measures[i];

		mime_repair_finish(&measure->machine);
		drain(measure, (struct bytes){NULL, 0});
		forms_out->forms[i] = (struct sync_repair_form){
		    .size = mime_repair_size(&measure->machine),
		    .changes = mime_repair_changes(&measure->machine),
		    .identity = identity_scan_finish(&measure->identity),
		    .body = body_digest_finish(&measure->body),
		};
	}
}

bool
sync_repair_is_worth(const struct sync_repair_forms *forms, size_t form)
{
	uint32_t before = form == 0 ? 0 : forms->forms[form - 1].changes;

	return forms->forms[form].changes != before;
}

void
sync_repair_make(struct sync_repair *repair, size_t form, uint64_t size)
{
	mime_repair_init(&repair->machine, (enum mime_repair_level)form);
	repair->left = size;
}

enum status
sync_repair_make_next(
    struct sync_repair *repair, struct bytes *octets, bool is_over, struct bytes *piece_out)
{
	struct bytes piece;
	enum status status;

	if (is_over && octets->size == 0)
		mime_repair_finish(&repair->machine);
	status = mime_repair_next(&repair->machine, octets, &piece);
	if (status == ST_END && repair->left > 0)
		return ST_CONFLICT;
	if (status != ST_OK)
		return status;
	if (piece.size > repair->left)
		return ST_CONFLICT;
	repair->left -= piece.size;
	*piece_out = piece;
	return ST_OK;
}

void
sync_repair_describe(uint32_t changes, char text_out[SYNC_REPAIR_TEXT_SIZE])
{
	mime_repair_describe(changes, text_out);
}
