/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/unit/net/harness: one fiber on one loop, and what it does with links.
 */
#ifndef TESTS_UNIT_NET_HARNESS_H
#define TESTS_UNIT_NET_HARNESS_H

#include <stdint.h>

#include "base/bytes.h"
#include "net/fiber.h"
#include "net/link.h"

/* A link's life as a test tells it, on a fiber. */
typedef void (*harness_fn)(struct world *world, void *argument);

/* Makes a loop, runs `story` on a fiber until it ends, frees the loop and the stacks. */
void harness_run(harness_fn story, void *argument);

/* 127.0.0.1, in clear, 5 s for everything. */
struct link_target harness_target(uint16_t port);
/* Dials; never fails, for addresses. */
struct link *harness_dial(struct world *world, const struct link_target *target);
/* Waits for a change, at most 5 s. */
void harness_wait(struct link *link);
/* Until the link is not connecting. */
enum link_state harness_settle(struct link *link);
/* Until `size` octets of input are there, or the link is not open. */
struct bytes harness_input(struct link *link, size_t size);
/* Until all is taken by the link, or it is not open. */
void harness_write(struct link *link, struct bytes octets);

#endif
