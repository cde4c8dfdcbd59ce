/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/sim/triple: a pass between two servers that misbehave in three ways, chosen by a seed,
 * or in one, and what must be true of it whatever they do.
 *
 * Promise  the same seed and the same rows give the same pass. A complaint is a clause; NULL:
 *          all is as it must be.
 * Memory   the triple owns two rigs: the one that the pass runs in, and one as it was before.
 */
#ifndef SIM_TRIPLE_H
#define SIM_TRIPLE_H

#include "sim/pass_mail.h"
#include "sim/pass_rig.h"
#include "sim/triple_rows.h"

enum {
	TRIPLE_SIZE = 3,
	TRIPLE_SAID_SIZE = 512
};

struct triple {
	uint64_t seed;
	const struct triple_row *rows[TRIPLE_SIZE];
	bool is_at_dst[TRIPLE_SIZE];
	size_t size;   /* how many rows */
	unsigned ends; /* of all together, as in their rows */
	unsigned bends;
	int64_t took_max_us;
	struct rig rig;
	struct rig before;
	struct rig_plan plan;
	struct mail_picture dst_before;
	uint64_t src_print;
	char said[TRIPLE_SAID_SIZE]; /* what it is, for a person */
};

void triple_init(struct triple *triple, const struct triple_rows *rows, uint64_t seed);
/* One row alone. */
void triple_init_alone(struct triple *triple, const struct triple_row *row, uint64_t seed);
void triple_fini(struct triple *triple);

/* The exit status that `godwit copy` would end with. */
unsigned triple_status(const struct rig_outcome *outcome);
/* After the pass with the misbehaviour. */
const char *triple_judge(const struct triple *triple, const struct rig_outcome *outcome);
/* Both servers behave from now on. False: a second pass cannot make all good, because of what
 * the first one could not know. */
bool triple_mend(struct triple *triple);
/* After a second pass: all is there, once. */
const char *triple_judge_again(const struct triple *triple, const struct rig_outcome *outcome);

#endif
