/* SPDX-License-Identifier: Apache-2.0 */
#include "store/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/bytes.h"

static const char mark_name[] = "ledger.mark";
static const char new_name[] = "ledger.mark.new";

enum {
	TEXT_SIZE = 32
};

enum status
store_mark_read(int folder, uint64_t *number_out)
{
	int fd = openat(folder, mark_name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	uint8_t text[TEXT_SIZE];
	ssize_t got;

	if (fd < 0)
		return errno == ENOENT ? ST_ABSENT : ST_IO;
	do
		got = read(fd, text, sizeof(text));
	while (got < 0 && errno == EINTR);
	close(fd);
	if (got < 0)
		return ST_IO;
	if (got == 0 || text[got - 1] != '\n')
		return ST_SYNTAX;
	if (bytes_number(bytes_of(text, (size_t)got - 1), INT64_MAX, number_out) != ST_OK)
		return ST_SYNTAX;
	return ST_OK;
}

static bool
write_whole(int fd, struct bytes text)
{
	while (text.size > 0) {
		ssize_t put = write(fd, text.data, text.size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		text = bytes_skip(text, (size_t)put);
	}
	return true;
}

static bool
sync_whole(int fd)
{
	int result;

	do
		result = fsync(fd);
	while (result < 0 && errno == EINTR);
	return result == 0;
}

enum status
store_mark_write(int folder, uint64_t number)
{
	int fd = openat(folder, new_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char text[TEXT_SIZE];
	bool is_whole;

	if (fd < 0)
		return ST_IO;
	snprintf(text, sizeof(text), "%" PRIu64 "\n", number);
	is_whole = write_whole(fd, bytes_of_string(text)) && sync_whole(fd);
	if (close(fd) != 0)
		is_whole = false;
	if (!is_whole || renameat(folder, new_name, folder, mark_name) != 0)
		return ST_IO;
	return sync_whole(folder) ? ST_OK : ST_IO;
}
