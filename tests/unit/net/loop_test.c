/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "net/loop.h"
#include "net/world.h"

static int
open_loop(void **state)
{
	struct fault fault = {0};
	struct loop *loop;

	CHECK(loop_new(&loop, &fault) == ST_OK);
	*state = loop;
	return 0;
}

static int
close_loop(void **state)
{
	struct loop *loop = *state;

	loop_free(&loop);
	fiber_pool_drain();
	return 0;
}

static struct fiber *
start(struct loop *loop, fiber_fn run, void *argument)
{
	struct fiber *fiber;

	CHECK(fiber_new(loop_world(loop), "loop test", run, argument, NULL, &fiber) == ST_OK);
	return fiber;
}

/* --- Timers. --- */

struct sleeper {
	int64_t delays_us[3];
	int64_t slept_us[3];
	enum fiber_wake wakes[3];
};

static void
sleep_thrice(void *argument)
{
	struct sleeper *sleeper = argument;
	struct world *world = fiber_world_self();

	for (size_t i = 0; i < 3; i++) {
		struct tick before = world_now(world);

		sleeper->wakes[i] =
		    fiber_wait(NULL, 0, tick_after(before, sleeper->delays_us[i]));
		sleeper->slept_us[i] = world_now(world).us - before.us;
	}
}

static void
test_deadlines_are_never_early(void **state)
{
	struct sleeper sleepers[2] = {
	    {.delays_us = {20000, 1, 5000}}, {.delays_us = {3000, 30000, 500}}};

	start(*state, sleep_thrice, &sleepers[0]);
	start(*state, sleep_thrice, &sleepers[1]);
	assert_int_equal(loop_run(*state), ST_OK);
	for (size_t i = 0; i < 6; i++) {
		const struct sleeper *sleeper = &sleepers[i / 3];
		size_t k = i % 3;

		assert_int_equal(sleeper->wakes[k], FIBER_TIMEOUT);
		assert_true(sleeper->slept_us[k] >= sleeper->delays_us[k]);
		assert_true(sleeper->slept_us[k] < sleeper->delays_us[k] + 2000000);
	}
}

struct hurry {
	struct fiber_source source;
	int64_t slept_us;
};

/* The first wait arms a timer for later; the second must not wait for it. */
static void
sleep_less(void *argument)
{
	struct hurry *hurry = argument;
	struct fiber_source *sources[] = {&hurry->source};
	struct world *world = fiber_world_self();
	struct tick start_at = world_now(world);

	CHECK(fiber_wait(sources, 1, tick_after(start_at, 9000000)) == FIBER_SIGNALED);
	CHECK(fiber_wait(sources, 1, tick_after(start_at, 5000)) == FIBER_TIMEOUT);
	CHECK(fiber_wait(sources, 1, tick_after(world_now(world), 2000)) == FIBER_TIMEOUT);
	hurry->slept_us = world_now(world).us - start_at.us;
}

static void
signal_soon(void *argument)
{
	struct hurry *hurry = argument;

	CHECK(fiber_wait(NULL, 0, tick_after(world_now(fiber_world_self()), 1000)) ==
	    FIBER_TIMEOUT);
	fiber_signal(&hurry->source);
}

static void
test_an_earlier_deadline_replaces_a_later_one(void **state)
{
	struct hurry hurry = {.slept_us = 0};

	start(*state, sleep_less, &hurry);
	start(*state, signal_soon, &hurry);
	assert_int_equal(loop_run(*state), ST_OK);
	assert_in_range(hurry.slept_us, 7000, 2000000);
}

/* --- Waking. --- */

struct ping {
	struct fiber_source *mine;
	struct fiber_source *theirs;
	unsigned count;
};

static void
play(void *argument)
{
	struct ping *ping = argument;

	while (ping->count < 1000) {
		fiber_signal(ping->theirs);
		if (fiber_wait(&ping->mine, 1, TICK_NEVER) != FIBER_SIGNALED)
			return;
		ping->count++;
	}
	fiber_signal(ping->theirs);
}

static void
test_fibers_that_wake_each_other_do_not_starve_timers(void **state)
{
	struct fiber_source sources[2] = {{0}, {0}};
	struct ping pings[2] = {{&sources[0], &sources[1], 0}, {&sources[1], &sources[0], 0}};
	struct sleeper sleeper = {.delays_us = {1, 1, 1}};

	start(*state, play, &pings[0]);
	start(*state, play, &pings[1]);
	start(*state, sleep_thrice, &sleeper);
	assert_int_equal(loop_run(*state), ST_OK);
	assert_int_equal(pings[0].count, 1000);
	assert_int_equal(sleeper.wakes[2], FIBER_TIMEOUT);
}

static void
wait_for_ever(void *argument)
{
	struct fiber_source source = {0};
	struct fiber_source *sources[] = {&source};

	*(enum fiber_wake *)argument = fiber_wait(sources, 1, TICK_NEVER);
}

static void
test_a_wait_that_nothing_can_end_is_reported(void **state)
{
	enum fiber_wake wake = FIBER_SIGNALED;
	struct fiber *fiber = start(*state, wait_for_ever, &wake);

	assert_int_equal(loop_run(*state), ST_CONFLICT);
	fiber_cancel(fiber);
	assert_int_equal(loop_run(*state), ST_OK);
	assert_int_equal(wake, FIBER_CANCELED);
}

/* --- Signals. --- */

struct interrupted {
	struct fiber_source source;
	unsigned count;
	enum fiber_wake wake;
};

static void
raise_and_wait(void *argument)
{
	struct interrupted *interrupted = argument;
	struct fiber_source *sources[] = {&interrupted->source};

	CHECK(raise(SIGUSR1) == 0);
	interrupted->wake =
	    fiber_wait(sources, 1, tick_after(world_now(fiber_world_self()), 5000000));
}

static void
test_a_signal_of_the_process_wakes_and_is_counted(void **state)
{
	struct interrupted interrupted = {.wake = FIBER_TIMEOUT};

	assert_int_equal(
	    loop_on_signal(*state, SIGUSR1, &interrupted.count, &interrupted.source), ST_OK);
	start(*state, raise_and_wait, &interrupted);
	assert_int_equal(loop_run(*state), ST_OK);
	assert_int_equal(interrupted.wake, FIBER_SIGNALED);
	assert_int_equal(interrupted.count, 1);
}

/* --- Descriptors. --- */

struct piped {
	struct fiber_source source;
	int ends[2];
	unsigned signals;
	size_t octets;
};

static void
read_to_the_end(void *argument)
{
	struct piped *piped = argument;
	struct fiber_source *sources[] = {&piped->source};
	ssize_t got = 1;

	while (got > 0 &&
	    fiber_wait(sources, 1, tick_after(world_now(fiber_world_self()), 5000000)) ==
		FIBER_SIGNALED) {
		char octet;

		got = read(piped->ends[0], &octet, 1);
		piped->octets += got > 0;
		piped->signals++;
	}
}

static void
write_slowly(void *argument)
{
	struct piped *piped = argument;

	for (size_t i = 0; i < 3; i++) {
		struct tick soon = tick_after(world_now(fiber_world_self()), 2000);

		CHECK(fiber_wait(NULL, 0, soon) == FIBER_TIMEOUT);
		CHECK(write(piped->ends[1], "ab", 2) == 2);
	}
	close(piped->ends[1]);
}

static void
test_input_and_its_end_wake_as_long_as_they_are_there(void **state)
{
	struct piped piped = {0};
	struct loop_watch *watch = NULL;

	assert_int_equal(pipe(piped.ends), 0);
	assert_int_equal(loop_on_input(*state, piped.ends[0], &piped.source, &watch), ST_OK);
	start(*state, read_to_the_end, &piped);
	start(*state, write_slowly, &piped);
	assert_int_equal(loop_run(*state), ST_OK);
	assert_int_equal(piped.octets, 6);
	assert_int_equal(piped.signals, 7);
	loop_watch_free(&watch);
	assert_null(watch);
	loop_watch_free(&watch);
	close(piped.ends[0]);
}

static void
test_random_numbers_differ_and_the_wall_clock_is_of_this_century(void **state)
{
	struct world *world = loop_world(*state);

	assert_true(world->ops->random(world) != world->ops->random(world));
	assert_true(world->ops->wall(world).s > INT64_C(1700000000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_deadlines_are_never_early, open_loop, close_loop),
	    cmocka_unit_test_setup_teardown(
		test_an_earlier_deadline_replaces_a_later_one, open_loop, close_loop),
	    cmocka_unit_test_setup_teardown(
		test_fibers_that_wake_each_other_do_not_starve_timers, open_loop, close_loop),
	    cmocka_unit_test_setup_teardown(
		test_a_wait_that_nothing_can_end_is_reported, open_loop, close_loop),
	    cmocka_unit_test_setup_teardown(
		test_a_signal_of_the_process_wakes_and_is_counted, open_loop, close_loop),
	    cmocka_unit_test_setup_teardown(
		test_input_and_its_end_wake_as_long_as_they_are_there, open_loop, close_loop),
	    cmocka_unit_test_setup_teardown(
		test_random_numbers_differ_and_the_wall_clock_is_of_this_century, open_loop,
		close_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
