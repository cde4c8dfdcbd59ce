/* SPDX-License-Identifier: Apache-2.0
 *
 * A library to preload: in the program the monotonic clock runs HURRY times as fast as outside,
 * so that its deadlines of minutes come in seconds. What arrives on sockets keeps its own pace.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t
factor(void)
{
	const char *text = getenv("HURRY");

	return text == NULL ? 1 : strtoll(text, NULL, 10);
}

int
clock_gettime(clockid_t clock, struct timespec *time)
{
	static int64_t first_ns;
	long result = syscall(SYS_clock_gettime, clock, time);
	int64_t ns = (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;

	if (result != 0 || (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE))
		return (int)result;
	if (first_ns == 0)
		first_ns = ns;
	ns = first_ns + (ns - first_ns) * factor();
	*time = (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
	return 0;
}

int
epoll_wait(int epoll, struct epoll_event *events, int count, int timeout_ms)
{
	if (timeout_ms > 0)
		timeout_ms = (int)(timeout_ms / factor()) + 1;
	return (int)syscall(SYS_epoll_pwait, epoll, events, count, timeout_ms, NULL, 0);
}
