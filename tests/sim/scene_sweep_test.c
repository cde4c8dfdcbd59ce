/* SPDX-License-Identifier: Apache-2.0
 *
 * One copy of 50 messages in 8 folders, killed at each place where that can happen, and at two
 * of them one after the other. SEEDS=n: so many pairs, and what is lost varies more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

#include "sim/scene.h"
#include "sim/seeds.h"

enum {
	FAILED_MAX = 5,
	PAIRS = 100
};

static const struct mail_shape shape = {
    .folders = 8, .messages = 50, .size_max = 300, .is_odd = true};

static unsigned
play(const struct rig_crash *crashes, unsigned count, struct scene_result *result)
{
	struct scene *scene = malloc(sizeof(*scene));

	assert_non_null(scene);
	scene_init_clean(scene, &shape);
	scene->process_count = count;
	for (unsigned i = 0; i < count; i++) {
		scene->plans[i] = scene->last;
		scene->plans[i].crash = crashes[i];
	}
	scene_run(scene, getenv("STORY") != NULL ? stderr : NULL, result);
	scene_fini(scene);
	free(scene);
	for (unsigned i = 0; i < count && result->complaint != NULL; i++)
		fprintf(stderr, "crash %u: sleep %u, point %u of write %u, seed %u\n", i,
		    (unsigned)crashes[i].sleep, (unsigned)crashes[i].point,
		    (unsigned)crashes[i].write, (unsigned)crashes[i].seed);
	if (result->complaint != NULL)
		fprintf(stderr, "    %s.\n    %s\n", result->complaint, result->last);
	return result->complaint != NULL;
}

/* Places, counted from 0: each sleep, then three of each write. */
struct places {
	uint64_t sleeps;
	uint64_t writes;
};

static uint64_t
count_of(const struct places *places)
{
	return places->sleeps + 3 * places->writes;
}

static struct rig_crash
crash_at(const struct places *places, uint64_t place, uint64_t seed)
{
	struct rig_crash crash = {.seed = seed};

	if (place < places->sleeps) {
		crash.sleep = place + 1;
		return crash;
	}
	place -= places->sleeps;
	crash.point = (enum disk_point)(DISK_BEFORE + place % 3);
	crash.write = 1 + place / 3;
	return crash;
}

static struct places
find_places(void)
{
	struct scene_result result;

	assert_int_equal(play(NULL, 0, &result), 0);
	assert_true(result.sleeps > 50 && result.writes > 20);
	return (struct places){result.sleeps, result.writes};
}

static void
test_a_crash_at_every_place(void **state)
{
	struct places places = find_places();
	/* What is lost is another matter each time. */
	uint64_t rounds = 1 + seeds_of(PAIRS).count / 400;
	unsigned failed = 0;
	unsigned crashes = 0;

	(void)state;
	rounds = rounds > 3 ? 3 : rounds;
	for (uint64_t i = 0; i < count_of(&places) && failed < FAILED_MAX; i++) {
		for (uint64_t seed = 1; seed <= rounds; seed++) {
			struct rig_crash crash = crash_at(&places, i, seed);
			struct scene_result result;

			failed += play(&crash, 1, &result);
			crashes += result.crash_count;
		}
	}
	print_message("%u sleeps and %u writes: %u crashes\n", (unsigned)places.sleeps,
	    (unsigned)places.writes, crashes);
	assert_int_equal(failed, 0);
	assert_true(crashes >= rounds * (places.sleeps + 2 * places.writes));
}

static void
test_two_crashes_one_after_the_other(void **state)
{
	struct places places = find_places();
	struct seeds seeds = seeds_of(PAIRS);
	unsigned failed = 0;
	unsigned crashes = 0;

	(void)state;
	for (uint64_t i = 0; i < seeds.count && failed < FAILED_MAX; i++) {
		struct scene_result result;
		struct rig_crash pair[2];
		struct prng prng;

		prng_init(&prng, seeds.first + i);
		pair[0] =
		    crash_at(&places, prng_below(&prng, count_of(&places)), prng_next(&prng));
		pair[1] =
		    crash_at(&places, prng_below(&prng, count_of(&places)), prng_next(&prng));
		failed += play(pair, 2, &result);
		crashes += result.crash_count;
	}
	print_message("%u pairs: %u crashes\n", (unsigned)seeds.count, crashes);
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_crash_at_every_place),
	    cmocka_unit_test(test_two_crashes_one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, rig_drain);
}
