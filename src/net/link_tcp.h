/* SPDX-License-Identifier: Apache-2.0
 *
 * net/link_tcp: the links of the real world.
 *
 * Place    private to net/loop, whose table starts them.
 */
#ifndef NET_LINK_TCP_H
#define NET_LINK_TCP_H

#include "base/attr.h"
#include "base/fault.h"

struct link;
struct link_target;
struct world;

enum status link_tcp_dial(struct world *world, const struct link_target *target,
    struct link **link_out, struct fault *fault) MUST_USE;

#endif
