/* SPDX-License-Identifier: Apache-2.0
 *
 * Seeds: mailboxes that are copied by processes that are killed. The seeds that once failed
 * come first. SEEDS=n and SEED=s in the environment say which others; a failing one tells its
 * story.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "fault/mem.h"
#include "sim/scene.h"
#include "sim/seeds.h"

#define SEEDS_FILE TESTS_FOLDER "/sim/seeds"

enum {
	FAILED_MAX = 5,
	LINE_SIZE = 512,
	REPEAT_EACH = 100, /* of so many seeds one is played twice */
};

/* Over all seeds that were played. */
struct figures {
	uint64_t seeds, messages, folders, faults, crashes, surplus;
	uint64_t table[2][SCENE_POINT_COUNT][SCENE_SERVER_COUNT];
};

static void
add(struct figures *figures, const struct scene *scene, const struct scene_result *result)
{
	figures->seeds++;
	figures->messages += scene->messages;
	figures->folders += scene->folders;
	figures->faults += scene->faults;
	figures->crashes += result->crash_count;
	figures->surplus += result->surplus;
	for (size_t again = 0; again < 2; again++) {
		for (size_t point = 0; point < SCENE_POINT_COUNT; point++)
			figures->table[again][point][scene->server] +=
			    result->crashes[again][point];
	}
}

static void
print_figures(const struct figures *figures, double seconds)
{
	double n = figures->seeds == 0 ? 1 : (double)figures->seeds;

	printf("%" PRIu64 " seeds, %.2f ms each; on average %.1f messages, %.1f folders, "
	       "%.1f faults, %.2f crashes; surplus copies: %" PRIu64 "\n",
	    figures->seeds, seconds * 1000 / n, (double)figures->messages / n,
	    (double)figures->folders / n, (double)figures->faults / n,
	    (double)figures->crashes / n, figures->surplus);
	printf("%-24s", "crashes");
	for (size_t k = 0; k < SCENE_SERVER_COUNT; k++)
		printf("%10s", scene_server_name((enum scene_server)k));
	printf("\n");
	for (size_t again = 0; again < 2; again++) {
		for (size_t i = 0; i < SCENE_POINT_COUNT; i++) {
			printf("%-14s%-10s", scene_point_name((enum scene_point)i),
			    again == 0 ? "first" : "recovery");
			for (size_t k = 0; k < SCENE_SERVER_COUNT; k++)
				printf("%10" PRIu64, figures->table[again][i][k]);
			printf("\n");
		}
	}
	fflush(stdout);
}

static double
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
play_once(uint64_t seed, FILE *story, struct figures *figures, struct scene_result *result)
{
	struct scene *scene = malloc(sizeof(*scene));

	assert_non_null(scene);
	scene_init(scene, seed);
	if (story != NULL)
		fprintf(story, "seed %" PRIu64 ": %s\n", seed, scene->text);
	scene_run(scene, story, result);
	if (figures != NULL)
		add(figures, scene, result);
	scene_fini(scene);
	free(scene);
}

/* 1 when the seed fails. */
static unsigned
play(uint64_t seed, struct figures *figures)
{
	uint64_t live = mem_live();
	bool is_first = figures->seeds == 0; /* it fills pools */
	struct scene_result result;
	struct scene_result again;

	play_once(seed, getenv("STORY") != NULL ? stderr : NULL, figures, &result);
	if (mem_live() != live && !is_first && result.complaint == NULL)
		result.complaint = "memory leaks";
	if (result.complaint == NULL && seed % REPEAT_EACH == 0) {
		play_once(seed, NULL, NULL, &again);
		if (again.hash != result.hash)
			result.complaint = "the same seed went another way";
	}
	if (result.complaint == NULL)
		return 0;
	if (getenv("QUIET") == NULL)
		play_once(seed, stderr, NULL, &again);
	fprintf(stderr,
	    "seed %" PRIu64 ": %s.\n    %s\n    Repeat: make sim SEED=%" PRIu64 "\n", seed,
	    result.complaint, result.last, seed);
	return 1;
}

static void
test_seeds_that_failed_once(void **state)
{
	FILE *file = fopen(SEEDS_FILE, "r");
	struct figures figures = {0};
	char line[LINE_SIZE];
	unsigned failed = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (line[0] != '#' && line[0] != '\n')
			failed += play(strtoull(line, NULL, 10), &figures);
	}
	fclose(file);
	assert_int_equal(failed, 0);
}

static void
test_nothing_is_lost_and_nothing_is_there_twice(void **state)
{
	struct seeds seeds = seeds_of(300);
	struct figures figures = {0};
	double began = now_s();
	unsigned failed = 0;

	(void)state;
	for (uint64_t i = 0; i < seeds.count && failed < FAILED_MAX; i++)
		failed += play(seeds.first + i, &figures);
	print_figures(&figures, now_s() - began);
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_seeds_that_failed_once),
	    cmocka_unit_test(test_nothing_is_lost_and_nothing_is_there_twice),
	};

	return cmocka_run_group_tests(tests, NULL, rig_drain);
}
