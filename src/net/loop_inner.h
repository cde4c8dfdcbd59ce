/* SPDX-License-Identifier: Apache-2.0
 *
 * net/loop_inner: what net/loop and net/link_tcp know of each other.
 *
 * Place    private to these two.
 * Promise  errands noted in a turn are run at its end, on the loop's stack, in the order in
 *          which they were noted.
 */
#ifndef NET_LOOP_INNER_H
#define NET_LOOP_INNER_H

#include <stdbool.h>

#include "base/block.h"
#include "net/loop_known.h"
#include "net/world.h"

struct event_base;
struct loop;

/* Embedded in what has something to do at the end of the turn. `run` may free it. */
struct loop_errand {
	struct loop_errand *next;
	bool is_noted;
	void (*run)(void *owner);
	void *owner;
};

/* Loop or fiber; once is enough. */
void loop_note(struct loop *loop, struct loop_errand *errand);

struct event_base *loop_events(struct loop *loop);
struct block_pool *loop_blocks(struct loop *loop);
struct loop *loop_of_world(struct world *world);
struct loop_known *loop_known(struct loop *loop);

#endif
