/* SPDX-License-Identifier: Apache-2.0
 *
 * The half of a link that all kinds share: two bounded buffers, a state and a signal.
 *
 * The input must be contiguous, and moving it must not cost what reading costs. Its block is
 * twice as large as its content may be, and it is moved to the front only when
 * - the room behind it runs low and it is small (at most a quarter of what was consumed since
 *   the last move), or
 * - there is no room behind it at all; then at least as much as is moved was consumed since.
 * So an octet is moved at most once on the whole, and in a copy, where the input runs empty
 * all the time, never. The output need not be contiguous and is a ring: never moved.
 */
#include "net/link.h"

#include <string.h>

#include "base/block.h"
#include "base/check.h"
#include "net/link_ops.h"
#include "net/world.h"

enum {
	INPUT_TAIL_LOW = 65536,
	INPUT_MOVED_FREELY = 32768,
	OUTPUT_HALF = LINK_OUTPUT_SIZE_MAX / 2
};

_Static_assert((size_t)LINK_BLOCK_SIZE >= 2 * (size_t)LINK_INPUT_SIZE_MAX, "see above");
_Static_assert(
    (size_t)LINK_BLOCK_SIZE >= (size_t)LINK_OUTPUT_SIZE_MAX, "the output is one block");

void
link_init(struct link *link, const struct link_ops *ops, struct block_pool *blocks)
{
	*link = (struct link){.ops = ops, .blocks = blocks, .security_text = "no encryption"};
	ring_init(&link->output, blocks, LINK_OUTPUT_SIZE_MAX);
}

void
link_fini(struct link *link)
{
	CHECK(link->source.waiter == NULL);
	block_give(link->blocks, link->input.block);
	link->input.block = NULL;
	ring_fini(&link->output);
}

void
link_change(struct link *link, enum link_state state)
{
	link->state = state;
	fiber_signal(&link->source);
}

void
link_fail(struct link *link, const struct fault *fault)
{
	CHECK(fault_is_set(fault));
	if (link->state == LINK_FAILED)
		return;
	link->fault = *fault;
	link_output_drop(link);
	link_change(link, LINK_FAILED);
}

/* --- Input. --- */

static void
move_input_to_front(struct link *link)
{
	memmove(link->input.block, link->input.block + link->input.start, link->input.size);
	link->input.start = 0;
}

enum status
link_input_room(struct link *link, uint8_t **room_out, size_t *size_out)
{
	size_t room = LINK_INPUT_SIZE_MAX - link->input.size;
	size_t tail;

	link->is_paused = room == 0;
	if (room == 0)
		return ST_LIMIT;
	if (link->input.block == NULL) {
		link->input.block = block_take(link->blocks);
		if (link->input.block == NULL)
			return ST_MEMORY;
	}
	tail = LINK_BLOCK_SIZE - link->input.start - link->input.size;
	if (tail == 0 || (tail < INPUT_TAIL_LOW && link->input.size <= INPUT_MOVED_FREELY)) {
		move_input_to_front(link);
		tail = LINK_BLOCK_SIZE - link->input.size;
	}
	*room_out = link->input.block + link->input.start + link->input.size;
	*size_out = room < tail ? room : tail;
	return ST_OK;
}

static void
free_empty_input(struct link *link)
{
	if (link->input.size > 0)
		return;
	block_give(link->blocks, link->input.block);
	link->input.block = NULL;
	link->input.start = 0;
}

void
link_input_added(struct link *link, size_t size)
{
	CHECK(link->input.size + size <= LINK_INPUT_SIZE_MAX);
	link->input.size += size;
	link->octets_received += size;
	free_empty_input(link);
	if (size > 0)
		fiber_signal(&link->source);
}

struct bytes
link_input(const struct link *link)
{
	if (link->input.size == 0)
		return (struct bytes){NULL, 0};
	return (struct bytes){link->input.block + link->input.start, link->input.size};
}

void
link_consume(struct link *link, size_t size)
{
	CHECK(size <= link->input.size);
	if (size == 0)
		return;
	link->input.start += size;
	link->input.size -= size;
	free_empty_input(link);
	if (!link->is_paused)
		return;
	link->is_paused = false;
	link->ops->resume(link);
}

/* --- Output. --- */

size_t
link_output_room(const struct link *link)
{
	return link->state == LINK_OPEN ? ring_room(&link->output) : 0;
}

size_t
link_write(struct link *link, struct bytes octets)
{
	static const struct fault_kind no_memory = {
	    ST_MEMORY, CAUSE_MEMORY, FAULT_MAILBOX, RETRY_LATER};
	struct fault fault = {0};
	size_t taken;

	if (link->state != LINK_OPEN || octets.size == 0)
		return 0;
	if (ring_open(&link->output) != ST_OK) {
		fault_set(&fault, no_memory, "There is no memory for a connection's output.");
		link_fail(link, &fault);
		link->ops->flush(link);
		return 0;
	}
	taken = ring_write(&link->output, octets);
	if (taken > 0)
		link->ops->flush(link);
	return taken;
}

size_t
link_output_size(const struct link *link)
{
	return link->output.size;
}

struct bytes
link_output_front(const struct link *link)
{
	return ring_front(&link->output, LINK_OUTPUT_SIZE_MAX);
}

void
link_output_sent(struct link *link, size_t size)
{
	bool was_half_full = link->output.size >= OUTPUT_HALF;

	ring_consume(&link->output, size);
	link->octets_sent += size;
	if (link->output.size == 0)
		ring_close(&link->output);
	if (was_half_full && link->output.size < OUTPUT_HALF)
		fiber_signal(&link->source);
}

void
link_output_drop(struct link *link)
{
	ring_fini(&link->output);
}

/* --- The rest of the face. --- */

enum status
link_dial(struct world *world, const struct link_target *target, struct link **link_out,
    struct fault *fault)
{
	return world->ops->dial(world, target, link_out, fault);
}

enum status
link_start_tls(struct link *link, struct fault *fault)
{
	static const struct fault_kind conflict = {
	    ST_CONFLICT, CAUSE_TLS, FAULT_ENDPOINT, RETRY_LATER};

	if (link->state != LINK_OPEN)
		return fault_set(fault, conflict, "The connection ended before STARTTLS.");
	if (link->input.size > 0)
		return fault_set(fault, conflict,
		    "The server sent %zu octets in clear text behind its answer to STARTTLS; "
		    "somebody may have put them there, so the connection was given up.",
		    link->input.size);
	if (link->output.size > 0)
		return fault_set(fault, conflict,
		    "STARTTLS was answered before it was sent; the connection was given up.");
	link_change(link, LINK_CONNECTING);
	link->ops->start_tls(link);
	return ST_OK;
}

enum link_state
link_state(const struct link *link)
{
	return link->state;
}

const struct fault *
link_fault(const struct link *link)
{
	return &link->fault;
}

const char *
link_pin_offered(const struct link *link)
{
	return link->pin_offered[0] == 0 ? NULL : link->pin_offered;
}

bool
link_is_truncated(const struct link *link)
{
	return link->is_truncated;
}

struct fiber_source *
link_source(struct link *link)
{
	return &link->source;
}

uint64_t
link_octets_received(const struct link *link)
{
	return link->octets_received;
}

uint64_t
link_octets_sent(const struct link *link)
{
	return link->octets_sent;
}

void
link_close(struct link **link, bool is_abrupt)
{
	struct link *closing = *link;

	if (closing == NULL)
		return;
	*link = NULL;
	CHECK(closing->source.waiter == NULL);
	closing->ops->close(closing, is_abrupt);
}

const char *
link_security_text(const struct link *link)
{
	return link->security_text;
}
