/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/check.h"

enum {
	PATH_SIZE = 256
};

static char watched[PATH_SIZE], shadow[PATH_SIZE];
static _Atomic uint64_t calls, failed, fail_at;
static _Atomic bool fails_on;
static _Atomic int fail_with;

/* The function that stands behind ours; dlsym gives an object's pointer, which C does not turn
 * into a function's. */
static void
find_real(const char *name, void *function_out)
{
	void *address = dlsym(RTLD_NEXT, name);

	CHECK(address != NULL);
	memcpy(function_out, &address, sizeof(address));
}

void
disk_watch(const char *folder)
{
	snprintf(watched, sizeof(watched), "%s", folder);
}

void
disk_shadow(const char *folder)
{
	snprintf(shadow, sizeof(shadow), "%s", folder);
}

void
disk_fail(uint64_t n, enum disk_error error, bool is_lasting)
{
	calls = failed = 0;
	fail_with = (int)error;
	fails_on = is_lasting;
	fail_at = n;
}

uint64_t
disk_failed(void)
{
	return failed;
}

uint64_t
disk_calls(void)
{
	return calls;
}

/* The file's path below the watched folder, without the folder. */
static bool
is_watched(int fd, char path[static PATH_SIZE])
{
	char link[64], full[PATH_SIZE];
	size_t size = strlen(watched);
	ssize_t got;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	got = size == 0 ? -1 : readlink(link, full, sizeof(full) - 1);
	if (got < 0 || (size_t)got < size || memcmp(full, watched, size) != 0)
		return false;
	full[got] = '\0';
	if (full[size] != '/' && full[size] != '\0')
		return false;
	snprintf(path, PATH_SIZE, "%s", full + size);
	return true;
}

/* Whether this call fails; counts it. */
static bool
is_failing(int fd)
{
	char path[PATH_SIZE];
	uint64_t call, from = fail_at;

	if (!is_watched(fd, path))
		return false;
	call = ++calls;
	if (from == 0 || call < from || (call > from && !fails_on))
		return false;
	failed++;
	return true;
}

static int
fail(void)
{
	static const int errors[] = {ENOSPC, EIO, EINTR};

	errno = errors[fail_with];
	return -1;
}

/* A cut write in place of every other interrupted one, so that there is some progress. */
static bool
is_cut(void)
{
	return fail_with == DISK_EINTR && failed % 2 == 1;
}

ssize_t
pwrite(int fd, const void *octets, size_t size, off_t at)
{
	static ssize_t (*real)(int, const void *, size_t, off_t);

	if (real == NULL)
		find_real("pwrite64", &real);
	if (is_failing(fd)) {
		if (!is_cut())
			return fail();
		size = (size + 1) / 2;
	}
	return real(fd, octets, size, at);
}

ssize_t
write(int fd, const void *octets, size_t size)
{
	static ssize_t (*real)(int, const void *, size_t);

	if (real == NULL)
		find_real("write", &real);
	if (is_failing(fd)) {
		if (!is_cut())
			return fail();
		size = (size + 1) / 2;
	}
	return real(fd, octets, size);
}

/* Only writes are interrupted or cut. */
static bool
is_sync_failing(int fd)
{
	return fail_with != DISK_EINTR && is_failing(fd);
}

static void
copy_durable(int fd)
{
	static uint8_t octets[1 << 16];
	char path[PATH_SIZE], full[2 * PATH_SIZE];
	off_t at = 0;
	ssize_t got;
	int copy;

	if (shadow[0] == '\0' || !is_watched(fd, path) || path[0] == '\0')
		return;
	snprintf(full, sizeof(full), "%s%s", shadow, path);
	copy = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (copy < 0)
		return;
	while ((got = pread(fd, octets, sizeof(octets), at)) > 0) {
		CHECK(write(copy, octets, (size_t)got) == got);
		at += got;
	}
	close(copy);
}

int
fsync(int fd)
{
	static int (*real)(int);

	if (real == NULL)
		find_real("fsync", &real);
	if (is_sync_failing(fd))
		return fail();
	copy_durable(fd);
	return real(fd);
}

int
fdatasync(int fd)
{
	static int (*real)(int);

	if (real == NULL)
		find_real("fdatasync", &real);
	if (is_sync_failing(fd))
		return fail();
	copy_durable(fd);
	return real(fd);
}

int
ftruncate(int fd, off_t size)
{
	static int (*real)(int, off_t);

	if (real == NULL)
		find_real("ftruncate64", &real);
	if (is_sync_failing(fd))
		return fail();
	return real(fd, size);
}

int
renameat(int from_folder, const char *from, int to_folder, const char *to)
{
	static int (*real)(int, const char *, int, const char *);

	if (real == NULL)
		find_real("renameat", &real);
	if (is_sync_failing(from_folder))
		return fail();
	return real(from_folder, from, to_folder, to);
}
