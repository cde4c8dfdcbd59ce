/* SPDX-License-Identifier: Apache-2.0 */
#include "store/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What was made in `folder` stays there after a loss of power. A folder that may be written
 * but not read cannot be opened for that; then the system writes it in its own time. */
static enum status
sync_names(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result;

	if (fd < 0)
		return errno == EACCES ? ST_OK : ST_IO;
	result = fsync(fd);
	close(fd);
	return result == 0 ? ST_OK : ST_IO;
}

/* What is not there is made: the folders above may be ones in which this user can make
 * nothing, and need not. */
static int
open_or_make(int folder, const char *name, int flags)
{
	int fd = openat(folder, name, flags | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(folder, name, 0700) != 0 && errno != EEXIST)
		return -1;
	if (sync_names(folder) != ST_OK)
		return -1;
	return openat(folder, name, flags | O_DIRECTORY | O_CLOEXEC);
}

enum status
store_place_open_in(int folder, const char *name, int *fd_out)
{
	int fd = open_or_make(folder, name, O_RDONLY);

	if (fd < 0)
		return ST_IO;
	*fd_out = fd;
	return ST_OK;
}

/* One name of a path, from its start to the slash behind it. */
static const char *
next_name(const char *path, char name[static 256])
{
	const char *end;

	while (*path == '/')
		path++;
	end = strchrnul(path, '/');
	if (end - path > 255) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	memcpy(name, path, (size_t)(end - path));
	name[end - path] = '\0';
	while (*end == '/')
		end++;
	return end;
}

/* Takes the descriptor of the folder above. */
static int
step_down(int folder, const char *name)
{
	int below = open_or_make(folder, name, O_PATH);
	int why = errno;

	close(folder);
	errno = why;
	return below;
}

enum status
store_place_open(const char *path, int *fd_out)
{
	int folder = open(*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char name[256] = ".";
	enum status status;
	int why;

	while (folder >= 0) {
		path = next_name(path, name);
		if (path == NULL || *path == '\0')
			break;
		folder = step_down(folder, name);
	}
	if (folder < 0)
		return ST_IO;
	status = path == NULL ? ST_IO
			      : store_place_open_in(folder, *name == '\0' ? "." : name, fd_out);
	why = errno;
	close(folder);
	errno = why;
	return status;
}

enum status
store_place_touch(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno == EEXIST ? ST_OK : ST_IO;
	close(fd);
	return sync_names(folder);
}
