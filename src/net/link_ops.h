/* SPDX-License-Identifier: Apache-2.0
 *
 * net/link_ops: what a kind of link is made of: the common head and its table.
 *
 * Place    private to the kinds: net/link_tcp and the simulated world. net/link does for both
 *          what fibers see.
 * Promise  the operations are called on any stack and only note what is to be done; octets are
 *          moved on the loop's stack, at the end of its turn.
 * Memory   input and output each hold one block of the world's pool while they are not empty.
 */
#ifndef NET_LINK_OPS_H
#define NET_LINK_OPS_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/ring.h"
#include "net/fiber.h"
#include "net/link.h"

struct block_pool;

struct link_ops {
	/* Output was added, or link_state became LINK_FAILED on the fiber's side: see to it
	 * before the turn ends. */
	void (*flush)(struct link *link);
	/* The input was full and no longer is. */
	void (*resume)(struct link *link);
	/* Input and output are empty and the state is LINK_CONNECTING again. */
	void (*start_tls)(struct link *link);
	/* Takes the link over; nobody waits for its source. */
	void (*close)(struct link *link, bool is_abrupt);
};

enum {
	LINK_BLOCK_SIZE = 262144, /* of the pool's */
	LINK_SECURITY_TEXT_SIZE = 320,
	LINK_PIN_HEX_SIZE = 2 * LINK_PIN_SIZE + 1
};

struct link {
	const struct link_ops *ops;
	struct block_pool *blocks;
	struct fiber_source source;
	enum link_state state;
	struct {
		uint8_t *block; /* NULL when empty */
		size_t start;   /* consumed octets before the content */
		size_t size;
	} input;
	struct ring output; /* closed when empty */
	bool is_paused;     /* the input is full, reading stopped */
	bool is_truncated;
	uint64_t octets_received;
	uint64_t octets_sent;
	struct fault fault;
	char security_text[LINK_SECURITY_TEXT_SIZE];
	char pin_offered[LINK_PIN_HEX_SIZE]; /* empty: none */
};

void link_init(struct link *link, const struct link_ops *ops, struct block_pool *blocks);
void link_fini(struct link *link);

/* Changes the state and signals. */
void link_change(struct link *link, enum link_state state);
/* As link_change to LINK_FAILED, with a fault that was not set yet; drops the output. */
void link_fail(struct link *link, const struct fault *fault);

/* Where received octets go: at most size_out. ST_LIMIT: the input is full, and the link is now
 * paused until ops->resume. ST_MEMORY. */
enum status link_input_room(struct link *link, uint8_t **room_out, size_t *size_out) MUST_USE;
/* `size` octets were put there; signals. */
void link_input_added(struct link *link, size_t size);

/* The oldest octets of the output that lie together; empty when there are none. */
struct bytes link_output_front(const struct link *link);
/* `size` of them are gone; signals when the output falls below half. */
void link_output_sent(struct link *link, size_t size);
void link_output_drop(struct link *link);

#endif
