/* SPDX-License-Identifier: Apache-2.0 */
#include "mem.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/mem.h"

/* Stands before each block; as large as what malloc aligns to. */
union head {
	max_align_t alignment;
	struct {
		size_t size;
		uint64_t era; /* of the order under which it was counted; 0: it was not */
	} of;
};

static struct {
	uint64_t fail_at;
	uint64_t calls, failed, live;
	uint64_t era, held, peak;
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
	order.era++;
	order.held = 0;
	order.peak = 0;
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

uint64_t
mem_peak(void)
{
	return order.peak;
}

static bool
is_counted(void)
{
	return order.counts == NULL || order.counts();
}

static bool
must_fail(void)
{
	bool fails;

	if (!is_counted())
		return false;
	order.calls++;
	fails = order.fail_at != 0 &&
	    (order.calls == order.fail_at || (order.is_lasting && order.calls > order.fail_at));
	order.failed += fails;
	return fails;
}

static void
hold(union head *head, size_t size)
{
	head->of.size = size;
	head->of.era = is_counted() ? order.era : 0;
	if (head->of.era == 0)
		return;
	order.held += size;
	if (order.held > order.peak)
		order.peak = order.held;
}

static void
let_go(const union head *head)
{
	if (head->of.era != 0 && head->of.era == order.era)
		order.held -= head->of.size;
}

void *
mem_take(size_t size)
{
	union head *head = size > SIZE_MAX - sizeof(*head) || must_fail()
	    ? NULL
	    : malloc(sizeof(*head) + size);

	if (head == NULL)
		return NULL;
	order.live++;
	hold(head, size);
	return head + 1;
}

void *
mem_resize(void *block, size_t size)
{
	union head *head = block == NULL ? NULL : (union head *)block - 1;
	union head was = {0};
	union head *resized;

	if (size > SIZE_MAX - sizeof(*head) || must_fail())
		return NULL;
	if (head != NULL)
		was = *head;
	resized = realloc(head, sizeof(*head) + size);
	if (resized == NULL)
		return NULL;
	if (block == NULL)
		order.live++;
	else
		let_go(&was);
	hold(resized, size);
	return resized + 1;
}

void
mem_give(void *block)
{
	union head *head = block == NULL ? NULL : (union head *)block - 1;

	if (head == NULL)
		return;
	order.live--;
	let_go(head);
	free(head);
}
