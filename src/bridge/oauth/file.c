/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/secret.h"

enum {
	PATH_SIZE = 1536
};

static const struct fault_kind no_file = {ST_IO, CAUSE_USAGE, FAULT_ENDPOINT, RETRY_NEVER};

static enum status
complain(const char *what, const char *path, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];
	const char *why = strerror(errno);

	return fault_set(fault, no_file, "Cannot %s %s: %s.", what,
	    fault_quote(bytes_of_string(path), quoted), why);
}

static enum status
read_all(int fd, struct buf *out)
{
	for (;;) {
		uint8_t *room;
		enum status status = buf_reserve(out, 1024, &room);
		ssize_t got;

		if (status != ST_OK)
			return status;
		got = read(fd, room, 1024);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0 ? ST_OK : ST_IO;
		buf_added(out, (size_t)got);
	}
}

static enum status
check_private(int fd, const char *path, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];
	struct stat about;

	if (fstat(fd, &about) != 0)
		return complain("look at", path, fault);
	if (!S_ISREG(about.st_mode))
		return fault_set(fault, no_file, "%s is no file.",
		    fault_quote(bytes_of_string(path), quoted));
	if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return fault_set(fault, no_file,
		    "Other users may read %s, which holds a secret; run: chmod 600 %s",
		    fault_quote(bytes_of_string(path), quoted), quoted);
	return ST_OK;
}

enum status
oauth_file_read(const char *path, bool is_private, struct buf *out, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	enum status status = ST_OK;

	if (fd < 0)
		return complain("read", path, fault);
	if (is_private)
		status = check_private(fd, path, fault);
	if (status == ST_OK) {
		status = read_all(fd, out);
		if (status == ST_LIMIT)
			status = fault_set(fault, no_file,
			    "%s is too large to be what it should be.",
			    fault_quote(bytes_of_string(path), quoted));
		else if (status != ST_OK)
			status = complain("read", path, fault);
	}
	close(fd);
	return status;
}

static bool
write_whole(int fd, struct bytes content)
{
	while (content.size > 0) {
		ssize_t put = write(fd, content.data, content.size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		content = bytes_skip(content, (size_t)put);
	}
	return fsync(fd) == 0;
}

/* The new name is on disk too. A folder that cannot be opened for that keeps its file. */
static void
sync_folder(const char *path)
{
	char folder[PATH_SIZE];
	char *slash;
	int fd;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash == NULL)
		snprintf(folder, sizeof(folder), ".");
	else
		slash[slash == folder ? 1 : 0] = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

enum status
oauth_file_replace(const char *path, struct bytes content, struct fault *fault)
{
	char fresh[PATH_SIZE];
	int length = snprintf(fresh, sizeof(fresh), "%s.XXXXXX", path);
	bool is_written;
	int fd;

	if (length < 0 || (size_t)length >= sizeof(fresh)) {
		errno = ENAMETOOLONG;
		return complain("write", path, fault);
	}
	fd = mkostemp(fresh, O_CLOEXEC); /* readable for its owner only */
	if (fd < 0)
		return complain("write", path, fault);
	is_written = write_whole(fd, content);
	close(fd);
	if (!is_written || rename(fresh, path) != 0) {
		complain("write", path, fault);
		(void)unlink(fresh);
		return ST_IO;
	}
	sync_folder(path);
	return ST_OK;
}

/* Does the path still name the file that is open? Its holder may have replaced it. */
static bool
is_same(int fd, const char *path)
{
	struct stat held;
	struct stat named;

	return fstat(fd, &held) == 0 && stat(path, &named) == 0 &&
	    held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

enum status
oauth_file_lock(const char *path, int *fd_out, struct fault *fault)
{
	for (;;) {
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

		if (fd < 0)
			return complain("read", path, fault);
		while (flock(fd, LOCK_EX) != 0) {
			if (errno == EINTR)
				continue;
			complain("lock", path, fault);
			close(fd);
			return ST_IO;
		}
		if (is_same(fd, path)) {
			*fd_out = fd;
			return ST_OK;
		}
		close(fd);
		if (access(path, F_OK) != 0)
			return complain("read", path, fault);
	}
}

void
oauth_file_wipe(struct buf *content)
{
	if (content->octets != NULL)
		secret_wipe_memory(content->octets, content->capacity);
	buf_fini(content);
}
