/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/value: the values that options take, as numbers.
 *
 * Promise  ST_SYNTAX leaves the output untouched; the sentence is the caller's.
 */
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/digest.h"

struct cli_rate {
	bool is_messages; /* else octets */
	uint64_t per_s;   /* at least 1 */
};

/* "5MB/s", "1.5MB/s", "500kB/s", "800B/s", "1GB/s" (decimal units) or "20msg/s". */
enum status cli_value_rate(struct bytes text, struct cli_rate *rate_out) MUST_USE;

/* "25MB", "1.5MB", "500kB", "800B" or "1GB" (decimal units): octets, at least 1. */
enum status cli_value_size(struct bytes text, uint64_t *octets_out) MUST_USE;

/* "2024-02-29" as the instant at which that day begins in UTC, in seconds since 1970.
 * ST_ABSENT: the calendar has no such day. */
enum status cli_value_day(struct bytes text, int64_t *s_out) MUST_USE;

/* "sha256:" and 64 hexadecimal digits. */
enum status cli_value_pin(struct bytes text, uint8_t pin_out[static DIGEST_SIZE]) MUST_USE;

/* A capability's word: letters, digits and what else capabilities are made of. */
bool cli_value_is_capability(struct bytes text);

#endif
