/* SPDX-License-Identifier: Apache-2.0
 *
 * A copy connects, waits for some round trips, and then does three things at once: it reads,
 * stores and keeps to the rate. The slowest of the three is the time that it takes. Each part
 * has a spread of its own, and none a wider one than three.
 */
#include "pass/check/estimate.h"

#include <assert.h>
#include <stddef.h>

/* Costs of storing over one connection. From runs of tests/bench against servers on one machine
 * with a disk whose fsync takes 0.1 to 0.5 ms (docs/performance.md): `tiny` tells the cost of a
 * message, `small` and `medium` that of octets, `manyfolders` that of a folder. Those of dbox,
 * Cyrus and Courier are from copies of 1,500 messages of 1 KB and of 150 of 200 KB: Courier
 * took 16 to 26 ms a message, alone on its connection. What several connections gain there, and
 * the row of what was not measured, are assumed. */
struct pace {
	const char *name;
	uint32_t message_us; /* one of several in a command */
	uint32_t single_us;  /* in a command of its own */
	uint32_t megabyte_us;
	uint32_t folder_us;        /* to create, subscribe and open it */
	uint32_t speed_percent[4]; /* of one to four connections */
};

static const struct pace paces[PASS_PACE_COUNT] = {
    [PASS_PACE_UNKNOWN] = {"a server that was not measured", 500, 1500, 25000, 5000,
	{100, 140, 160, 180}},
    [PASS_PACE_DOVECOT_MAILDIR] = {"Dovecot with Maildir", 400, 1300, 14000, 12000,
	{100, 140, 160, 180}},
    [PASS_PACE_DOVECOT_DBOX] = {"Dovecot with dbox", 120, 700, 6000, 3000,
	{100, 150, 170, 180}},
    [PASS_PACE_CYRUS] = {"Cyrus", 800, 1600, 22000, 8000, {100, 140, 160, 180}},
    [PASS_PACE_COURIER] = {"Courier", 18000, 18000, 22000, 4000, {100, 180, 260, 330}},
};

static_assert(sizeof(paces) / sizeof(*paces) == PASS_PACE_COUNT, "a row a pace");

static const char *const bounds[PASS_BOUND_COUNT] = {
    [PASS_BOUND_TURNS] = "connecting and round trips",
    [PASS_BOUND_SOURCE] = "reading from the source, or the line to it",
    [PASS_BOUND_DESTINATION] = "storing at the destination",
    [PASS_BOUND_RATE] = "--rate",
};

/* How far the truth may lie from the middle, in percent of it. */
struct spread {
	unsigned low;
	unsigned high;
};

static const struct spread spreads[PASS_BOUND_COUNT] = {
    [PASS_BOUND_TURNS] = {65, 180},
    [PASS_BOUND_SOURCE] = {56, 165},
    [PASS_BOUND_DESTINATION] = {56, 165},
    [PASS_BOUND_RATE] = {95, 125},
};

enum {
	CONNECTIONS_MAX = 4,
	/* Bursts that wait for an answer, beyond connecting: measured at 100 ms. */
	SOURCE_TURNS = 8,
	DESTINATION_TURNS = 5,
	/* A message that waits for leave: one round trip, and one in ten again. */
	ASKED_TURNS_PERCENT = 110,
	/* Reading both headers of a message that may be there already. */
	COMPARE_US = 60,
	/* Reading over several connections is not much faster than over one. */
	READING_PERCENT = 160,
	/* Opening the other pairs takes a part of what opening the first took. */
	MORE_PAIRS_PERCENT = 60,
	/* Folders are listed again at the end, on both sides. */
	CLOSING_PERCENT = 40
};

static unsigned
connections_of(const struct pass_estimate_facts *facts)
{
	unsigned count = facts->connections;

	if (count > facts->folders)
		count = (unsigned)facts->folders;
	if (count == 0)
		return 1;
	return count > CONNECTIONS_MAX ? CONNECTIONS_MAX : count;
}

static uint64_t
turns_us(const struct pass_estimate_facts *facts)
{
	uint64_t open = (uint64_t)facts->open_us;
	uint64_t more = connections_of(facts) > 1 ? open * MORE_PAIRS_PERCENT / 100 : 0;

	return open + more + open * CLOSING_PERCENT / 100 +
	    (uint64_t)facts->src_round_trip_us * SOURCE_TURNS +
	    (uint64_t)facts->dst_round_trip_us * DESTINATION_TURNS +
	    facts->compared * COMPARE_US;
}

static uint64_t
storing_us(const struct pass_estimate_facts *facts, uint64_t messages, uint64_t bytes)
{
	const struct pace *pace = &paces[facts->pace];
	uint64_t each = facts->is_multi ? pace->message_us : pace->single_us;

	if (facts->asks_literals)
		each += (uint64_t)facts->dst_round_trip_us * ASKED_TURNS_PERCENT / 100;
	return messages * each + bytes / 1000 * pace->megabyte_us / 1000;
}

/* All folders over all connections, or the largest over its one: what takes longer. */
static uint64_t
destination_us(const struct pass_estimate_facts *facts)
{
	const struct pace *pace = &paces[facts->pace];
	unsigned speed = pace->speed_percent[connections_of(facts) - 1];
	uint64_t all = storing_us(facts, facts->messages, facts->bytes);
	uint64_t largest = storing_us(facts, facts->largest_messages, facts->largest_bytes);

	all = (all + facts->new_folders * pace->folder_us) * 100 / speed;
	return all > largest ? all : largest;
}

static uint64_t
source_us(const struct pass_estimate_facts *facts)
{
	uint64_t speed = connections_of(facts) > 1 ? READING_PERCENT : 100;

	if (facts->src_bytes_per_s == 0)
		return 0;
	return facts->bytes / 1000 * 1000000 / (facts->src_bytes_per_s / 1000 + 1) * 100 /
	    speed;
}

static uint64_t
rate_us(const struct pass_estimate_facts *facts)
{
	uint64_t by_bytes = 0;
	uint64_t by_messages = 0;

	if (facts->rate_bytes_per_s > 0)
		by_bytes = facts->bytes * 1000 / (facts->rate_bytes_per_s / 1000 + 1);
	if (facts->rate_messages_per_s > 0)
		by_messages = facts->messages * 1000000 / facts->rate_messages_per_s;
	return by_bytes > by_messages ? by_bytes : by_messages;
}

struct pass_estimate
pass_estimate_of(const struct pass_estimate_facts *facts)
{
	uint64_t middle[PASS_BOUND_COUNT] = {
	    [PASS_BOUND_TURNS] = turns_us(facts),
	    [PASS_BOUND_SOURCE] = source_us(facts),
	    [PASS_BOUND_DESTINATION] = destination_us(facts),
	    [PASS_BOUND_RATE] = rate_us(facts),
	};
	enum pass_bound slowest = PASS_BOUND_SOURCE;
	struct pass_estimate estimate = {0};
	uint64_t low = 0;
	uint64_t high = 0;

	for (enum pass_bound i = PASS_BOUND_SOURCE; i < PASS_BOUND_COUNT; i++) {
		if (middle[i] > middle[slowest])
			slowest = i;
		if (middle[i] * spreads[i].low > low)
			low = middle[i] * spreads[i].low;
		if (middle[i] * spreads[i].high > high)
			high = middle[i] * spreads[i].high;
	}
	estimate.bound = middle[slowest] > middle[0] ? slowest : PASS_BOUND_TURNS;
	estimate.low_us = (int64_t)((low + middle[0] * spreads[0].low) / 100);
	estimate.high_us = (int64_t)((high + middle[0] * spreads[0].high) / 100);
	return estimate;
}

const char *
pass_pace_name(enum pass_pace_kind kind)
{
	return paces[kind].name;
}

const char *
pass_bound_text(enum pass_bound bound)
{
	return bounds[bound];
}
