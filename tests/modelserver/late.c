/* SPDX-License-Identifier: Apache-2.0 */
#include "modelserver/late.h"

#include <string.h>

#include "base/mem.h"

struct model_late {
	struct model_late *next;
	struct model_folder *folder;
	struct tick due;
	struct model_new message;
	uint8_t keywords[];
};

enum status
model_late_add(struct model_store *store, struct model_folder *folder, struct model_new *new,
    struct tick due)
{
	struct bytes keywords = new->flags.keywords;
	struct model_late *late = mem_take(sizeof(*late) + keywords.size);
	struct model_late **place = &store->late;

	if (late == NULL)
		return ST_MEMORY;
	*late = (struct model_late){.folder = folder, .due = due, .message = *new};
	if (keywords.size > 0)
		memcpy(late->keywords, keywords.data, keywords.size);
	late->message.flags.keywords = bytes_of(late->keywords, keywords.size);
	new->body = (struct model_body){0};
	while (*place != NULL && !tick_is_before(due, (*place)->due))
		place = &(*place)->next;
	late->next = *place;
	*place = late;
	return ST_OK;
}

void
model_late_settle(struct model_store *store, struct tick now)
{
	while (store->late != NULL && !tick_is_before(now, store->late->due)) {
		struct model_late *late = store->late;
		uint32_t uid;

		if (model_folder_append(late->folder, &late->message, &uid) != ST_OK)
			return;
		store->late = late->next;
		mem_give(late);
	}
}

void
model_late_fini(struct model_store *store)
{
	while (store->late != NULL) {
		struct model_late *late = store->late;

		store->late = late->next;
		model_body_drop(&late->message.body);
		mem_give(late);
	}
}
