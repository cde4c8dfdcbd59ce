/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/device: consent on another device: an address and a code for a person to type.
 *
 * Spec     RFC 8628.
 */
#ifndef BRIDGE_OAUTH_DEVICE_H
#define BRIDGE_OAUTH_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/fault.h"

struct oauth_grant;
struct oauth_store;
struct oauth_talk;

/* Says what to do, then asks until it was done, refused, or too late. */
enum status oauth_device_run(const struct oauth_store *store, const struct oauth_talk *talk,
    struct oauth_grant *grant_out, struct fault *fault) MUST_USE;

/* The interval after an answer to a poll (RFC 8628, 3.5): the same, 5 s more, or twice. */
uint32_t oauth_device_interval_s(
    uint32_t interval_s, bool is_slow_down, bool is_failure) MUST_USE;

#endif
