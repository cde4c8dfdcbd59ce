/* SPDX-License-Identifier: Apache-2.0
 *
 * net/loop: the real world: libevent's loop, the machine's clocks, TCP and TLS.
 *
 * Place    main builds one and hands its world to the passes.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/attr.h"
#include "base/fault.h"
#include "net/fiber.h"

struct loop;
struct loop_watch;
struct world;

/* One a process. Ignores SIGPIPE. */
enum status loop_new(struct loop **loop_out, struct fault *fault) MUST_USE;
void loop_free(struct loop **loop);
struct world *loop_world(struct loop *loop);

/* Runs until no fiber lives and what they closed is closed. ST_CONFLICT: the fibers that live
 * wait for something that nothing can bring; cancel them and run again. ST_IO. */
enum status loop_run(struct loop *loop) MUST_USE;

/* `source` is signaled each time the process receives the signal `number` (SIGINT, SIGTERM, …),
 * and *count is increased. Until loop_free. */
enum status loop_on_signal(
    struct loop *loop, int number, unsigned *count, struct fiber_source *source) MUST_USE;

/* `source` is signaled in every turn in which the descriptor `fd` can be read or has ended, so
 * its fiber reads until nothing is left. Until loop_watch_free; `fd` stays the caller's. */
enum status loop_on_input(struct loop *loop, int fd, struct fiber_source *source,
    struct loop_watch **watch_out) MUST_USE;
/* NULLs the pointer; NULL is fine. */
void loop_watch_free(struct loop_watch **watch);

#endif
