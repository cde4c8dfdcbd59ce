/* SPDX-License-Identifier: Apache-2.0 */
#include "store/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/mem.h"

/* The name may hold any octet: the file is called by its digest. */
static enum status
lock_file(int folder, const struct digest *name, int *fd_out)
{
	char hex[DIGEST_HEX_SIZE];
	char file[DIGEST_HEX_SIZE + 8];
	int fd, result;

	snprintf(file, sizeof(file), "%s.lock", digest_hex(name, hex));
	fd = openat(folder, file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ST_IO;
	do
		result = flock(fd, LOCK_EX | LOCK_NB);
	while (result < 0 && errno == EINTR);
	if (result < 0) {
		int why = errno;

		close(fd);
		errno = why;
		return why == EWOULDBLOCK ? ST_CONFLICT : ST_IO;
	}
	*fd_out = fd;
	return ST_OK;
}

static bool
has(const struct store_claims *claims, const struct digest *name)
{
	for (size_t i = 0; i < claims->count; i++)
		if (digest_equal(&claims->taken[i].name, name))
			return true;
	return false;
}

enum status
store_claim(struct store_claims *claims, struct bytes name)
{
	struct digest_state state;
	struct store_claim claim;
	struct store_claim *taken;
	enum status status;

	digest_init(&state);
	digest_feed(&state, name);
	claim.name = digest_finish(&state);
	if (has(claims, &claim.name))
		return ST_OK;
	taken = mem_resize(claims->taken, (claims->count + 1) * sizeof(*taken));
	if (taken == NULL)
		return ST_MEMORY;
	claims->taken = taken;
	status = lock_file(claims->folder, &claim.name, &claim.fd);
	if (status == ST_OK)
		taken[claims->count++] = claim;
	return status;
}

void
store_claims_fini(struct store_claims *claims)
{
	for (size_t i = 0; i < claims->count; i++)
		close(claims->taken[i].fd);
	mem_give(claims->taken);
	claims->taken = NULL;
	claims->count = 0;
}
