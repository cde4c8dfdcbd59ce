/* SPDX-License-Identifier: Apache-2.0 */
#include "modelserver/memory.h"

#include <string.h>

#include "base/mem.h"

enum status
model_memory_keep(struct bytes bytes, struct bytes *copy_out)
{
	uint8_t *octets = mem_take(bytes.size + 1);

	if (octets == NULL)
		return ST_MEMORY;
	if (bytes.size > 0)
		memcpy(octets, bytes.data, bytes.size);
	octets[bytes.size] = 0;
	*copy_out = (struct bytes){octets, bytes.size};
	return ST_OK;
}

void
model_memory_give(struct bytes *bytes)
{
	mem_give((void *)(uintptr_t)bytes->data);
	*bytes = (struct bytes){0};
}

/* Room for one more pointer-sized thing at the end of a table that grows by doubling. */
enum status
model_memory_grow(void **table, size_t count, size_t size)
{
	void *bigger;

	if (count >= 4 && (count & (count - 1)) != 0)
		return ST_OK;
	if (count > 0 && count < 4)
		return ST_OK;
	bigger = mem_resize(*table, (count == 0 ? 4 : count * 2) * size);
	if (bigger == NULL)
		return ST_MEMORY;
	*table = bigger;
	return ST_OK;
}
