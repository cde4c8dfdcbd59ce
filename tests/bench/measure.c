/* SPDX-License-Identifier: Apache-2.0
 *
 * measure FILE COMMAND...: runs a command and writes what it took to FILE as JSON: wall time,
 * CPU time, peak memory. It is a program of its own because Linux counts the memory of the
 * process that starts another one as that one's peak, and the bench itself is large.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
wall_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double
seconds_of(struct timeval part)
{
	return (double)part.tv_sec + (double)part.tv_usec / 1e6;
}

static int
write_figures(const char *path, double wall, const struct rusage *use)
{
	FILE *file = fopen(path, "w");

	if (file == NULL) {
		fprintf(stderr, "measure: %s: %s\n", path, strerror(errno));
		return EXIT_FAILURE;
	}
	fprintf(file, "{\"wall\": %.6f, \"cpu\": %.6f, \"rss_kib\": %ld}\n", wall,
	    seconds_of(use->ru_utime) + seconds_of(use->ru_stime), use->ru_maxrss);
	return fclose(file) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	struct rusage use;
	double start = wall_seconds();
	int state, error;
	pid_t child;

	if (argc < 3) {
		fputs("usage: measure FILE COMMAND...\n", stderr);
		return EXIT_FAILURE;
	}
	error = posix_spawnp(&child, argv[2], NULL, NULL, argv + 2, environ);
	if (error != 0) {
		fprintf(stderr, "measure: %s: %s\n", argv[2], strerror(error));
		return EXIT_FAILURE;
	}
	while (wait4(child, &state, 0, &use) < 0)
		if (errno != EINTR)
			return EXIT_FAILURE;
	if (write_figures(argv[1], wall_seconds() - start, &use) != EXIT_SUCCESS)
		return EXIT_FAILURE;
	return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}
