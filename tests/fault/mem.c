/* SPDX-License-Identifier: Apache-2.0 */
#include "mem.h"

#include <stdlib.h>

#include "base/mem.h"

static struct {
	uint64_t fail_at;
	uint64_t calls, failed, live;
	bool is_lasting;
	bool (*counts)(void);
} order;

void
mem_fail(uint64_t n, bool is_lasting)
{
	order.fail_at = n;
	order.is_lasting = is_lasting;
	order.calls = 0;
	order.failed = 0;
}

void
mem_fail_where(bool (*counts)(void))
{
	order.counts = counts;
}

uint64_t
mem_failed(void)
{
	return order.failed;
}

uint64_t
mem_calls(void)
{
	return order.calls;
}

uint64_t
mem_live(void)
{
	return order.live;
}

static bool
must_fail(void)
{
	bool fails;

	if (order.counts != NULL && !order.counts())
		return false;
	order.calls++;
	fails = order.fail_at != 0 &&
	    (order.calls == order.fail_at || (order.is_lasting && order.calls > order.fail_at));
	order.failed += fails;
	return fails;
}

void *
mem_take(size_t size)
{
	void *block = must_fail() ? NULL : malloc(size);

	order.live += block != NULL;
	return block;
}

void *
mem_resize(void *block, size_t size)
{
	void *resized = must_fail() ? NULL : realloc(block, size);

	order.live += block == NULL && resized != NULL;
	return resized;
}

void
mem_give(void *block)
{
	order.live -= block != NULL;
	free(block);
}
