/* SPDX-License-Identifier: Apache-2.0 */
#include "modelserver/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* The sum of the words' digests: the order of a set does not matter. */
static uint64_t
keywords_of(const struct model_folder *folder, const struct model_message *message)
{
	uint64_t sum = 0;

	for (size_t i = 0; message->keywords != NULL && i < message->keywords->count; i++) {
		struct bytes name = folder->keyword_names[message->keywords->ids[i]];
		struct digest_state state;
		struct digest digest;

		digest_init(&state);
		for (size_t k = 0; k < name.size; k++) {
			uint8_t octet = name.data[k];

			if (octet >= 'A' && octet <= 'Z')
				octet = (uint8_t)(octet + 32);
			digest_feed(&state, bytes_of(&octet, 1));
		}
		digest = digest_finish(&state);
		sum += digest_prefix(&digest);
	}
	return sum;
}

static int
compare(const struct model_image *a, const struct model_image *b)
{
	int order = memcmp(&a->body, &b->body, sizeof(a->body));

	if (order == 0)
		order = (a->keywords > b->keywords) - (a->keywords < b->keywords);
	if (order == 0)
		order = (a->instant > b->instant) - (a->instant < b->instant);
	if (order == 0)
		order = (a->system > b->system) - (a->system < b->system);
	return order;
}

static int
compare_for_sort(const void *a, const void *b)
{
	return compare(a, b);
}

enum status
model_snapshot_take(
    const struct model_folder *folder, uint32_t look, struct model_snapshot *snapshot_out)
{
	struct model_image *images = mem_take((folder->count + 1) * sizeof(*images));

	if (images == NULL)
		return ST_MEMORY;
	for (size_t i = 0; i < folder->count; i++) {
		const struct model_message *message = &folder->messages[i];

		images[i] = (struct model_image){
		    .body = model_body_digest(&message->body),
		    .uid = message->uid,
		};
		if ((look & MODEL_LOOK_FLAGS) != 0)
			images[i].system = message->system;
		if ((look & MODEL_LOOK_KEYWORDS) != 0)
			images[i].keywords = keywords_of(folder, message);
		if ((look & MODEL_LOOK_DATE) != 0)
			images[i].instant = message->date.instant;
	}
	qsort(images, folder->count, sizeof(*images), compare_for_sort);
	*snapshot_out = (struct model_snapshot){images, folder->count};
	return ST_OK;
}

void
model_snapshot_fini(struct model_snapshot *snapshot)
{
	mem_give(snapshot->images);
	*snapshot = (struct model_snapshot){0};
}

struct model_difference
model_snapshot_compare(const struct model_snapshot *a, const struct model_snapshot *b)
{
	struct model_difference difference = {0};
	size_t i = 0, k = 0;

	while (i < a->count || k < b->count) {
		int order = i == a->count ? 1
		    : k == b->count       ? -1
					  : compare(&a->images[i], &b->images[k]);
		const struct model_image *odd = order > 0 ? &b->images[k] : &a->images[i];

		difference.only_a += order < 0;
		difference.only_b += order > 0;
		if (order != 0 && difference.first == NULL)
			difference.first = odd;
		i += order <= 0;
		k += order >= 0;
	}
	return difference;
}
