/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <stdlib.h>

void *
mem_take(size_t size)
{
	return malloc(size);
}

void *
mem_resize(void *block, size_t size)
{
	return realloc(block, size);
}

void
mem_give(void *block)
{
	free(block);
}
