/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include "base/check.h"
#include "net/loop.h"
#include "net/world.h"

struct told {
	harness_fn story;
	struct world *world;
	void *argument;
};

static void
tell(void *argument)
{
	struct told *told = argument;

	told->story(told->world, told->argument);
}

void
harness_run(harness_fn story, void *argument)
{
	struct fault fault = {0};
	struct fiber *fiber;
	struct loop *loop;
	struct told told = {.story = story, .argument = argument};

	CHECK(loop_new(&loop, &fault) == ST_OK);
	told.world = loop_world(loop);
	CHECK(fiber_new(told.world, "story", tell, &told, NULL, &fiber) == ST_OK);
	CHECK(loop_run(loop) == ST_OK);
	loop_free(&loop);
	fiber_pool_drain();
}

struct link_target
harness_target(uint16_t port)
{
	return (struct link_target){
	    .host = "127.0.0.1",
	    .port = port,
	    .connect_timeout_us = 5000000,
	    .handshake_timeout_us = 5000000,
	};
}

struct link *
harness_dial(struct world *world, const struct link_target *target)
{
	struct fault fault = {0};
	struct link *link = NULL;

	CHECK(link_dial(world, target, &link, &fault) == ST_OK);
	return link;
}

void
harness_wait(struct link *link)
{
	struct fiber_source *source = link_source(link);
	struct tick deadline = tick_after(world_now(fiber_world_self()), 5000000);

	CHECK(fiber_wait(&source, 1, deadline) == FIBER_SIGNALED);
}

enum link_state
harness_settle(struct link *link)
{
	while (link_state(link) == LINK_CONNECTING)
		harness_wait(link);
	return link_state(link);
}

struct bytes
harness_input(struct link *link, size_t size)
{
	while (link_input(link).size < size && link_state(link) <= LINK_OPEN)
		harness_wait(link);
	return link_input(link);
}

void
harness_write(struct link *link, struct bytes octets)
{
	for (;;) {
		octets = bytes_skip(octets, link_write(link, octets));
		if (octets.size == 0 || link_state(link) != LINK_OPEN)
			return;
		harness_wait(link);
	}
}
