/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/sim/pass_mail: seeded mail for a rig's servers, and what must have become of it.
 *
 * Promise  the same seed gives the same mail. What the destination must hold is worked out from
 *          the source's mail and the destination's profile alone, by the model's own rules.
 * Memory   pictures are owned; some 64 octets a message.
 */
#ifndef SIM_PASS_MAIL_H
#define SIM_PASS_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prng.h"
#include "modelserver/snapshot.h"
#include "sim/pass_rig.h"

struct mail_shape {
	unsigned folders;
	unsigned messages;
	size_t size_max; /* of an ordinary message's text */
	unsigned large;  /* messages of more than 256 KiB */
	bool is_odd;     /* octets that families refuse or change, and names that are hard */
};

/* Fills an account that holds nothing. */
void mail_fill(struct rig_side *side, struct prng *prng, const struct mail_shape *shape);
/* Some of the source's mail is at the destination already, and some of others. */
void mail_prefill(struct rig *rig, struct prng *prng);

struct mail_image {
	uint64_t folder; /* a hash of its name, as it is told */
	struct model_image image;
};

/* All messages of an account, ascending; a multiset. */
struct mail_picture {
	struct mail_image *images;
	size_t count;
	size_t refused; /* messages that are not in it: the destination's family refuses them */
};

/* What is there. */
void mail_look(const struct rig_side *side, struct mail_picture *picture_out);
/* What should be at the destination after all of the source was copied to what `before` shows:
 * of equal messages as many as the side has that has more. `outcome` tells the names. */
void mail_expect(const struct rig *rig, const struct mail_picture *before,
    const struct rig_outcome *outcome, struct mail_picture *picture_out);
/* Of each message only its folder and its octets are left to be compared. */
void mail_picture_blur(struct mail_picture *picture);
void mail_picture_fini(struct mail_picture *picture);
/* How many of `part` are not in `whole`. */
size_t mail_surplus(const struct mail_picture *part, const struct mail_picture *whole);

/* Over all that an account holds: names, UIDs, flags, octets. */
uint64_t mail_print(const struct rig_side *side);

#endif
