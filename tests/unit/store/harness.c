/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"

enum {
	TWIN_SIZE = 1400
};

int
harness_setup(void **state)
{
	struct harness *harness = test_calloc(1, sizeof(*harness));

	snprintf(harness->folder, sizeof(harness->folder), "/tmp/godwit-ledger-XXXXXX");
	CHECK(mkdtemp(harness->folder) != NULL);
	*state = harness;
	return 0;
}

static int
remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
	(void)about, (void)kind, (void)walk;
	return remove(path);
}

void
harness_remove(const char *folder)
{
	CHECK(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
}

int
harness_teardown(void **state)
{
	struct harness *harness = *state;

	harness_close(harness);
	harness_remove(harness->folder);
	test_free(harness);
	return 0;
}

struct harness
harness_below(const struct harness *harness, const char *name)
{
	struct harness below = {0};
	int size = snprintf(below.folder, sizeof(below.folder), "%s/%s", harness->folder, name);

	CHECK(size > 0 && (size_t)size < sizeof(below.folder));
	return below;
}

const char *
harness_path(struct harness *harness, const char *name)
{
	int size =
	    snprintf(harness->path, sizeof(harness->path), "%s/%s", harness->folder, name);

	CHECK(size > 0 && (size_t)size < sizeof(harness->path));
	return harness->path;
}

size_t
harness_read(const char *path, uint8_t *octets, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t got;

	CHECK(fd >= 0);
	while ((got = read(fd, octets + used, size - used)) > 0)
		used += (size_t)got;
	CHECK(got == 0 && used < size);
	close(fd);
	return used;
}

void
harness_write(const char *path, const void *octets, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && write(fd, octets, size) == (ssize_t)size);
	close(fd);
}

struct store_ledger *
harness_open(struct harness *harness)
{
	struct fault fault = {0};

	if (store_ledger_open(harness->folder, &harness->ledger, &fault) != ST_OK)
		fprintf(stderr, "%s\n", fault.text);
	CHECK(!fault_is_set(&fault));
	return harness->ledger;
}

void
harness_close(struct harness *harness)
{
	store_ledger_free(&harness->ledger);
}

void
harness_refused(struct harness *harness, const char *words)
{
	struct fault fault = {0};
	enum status status = store_ledger_open(harness->folder, &harness->ledger, &fault);

	assert_int_not_equal(status, ST_OK);
	assert_int_equal(status, fault.status);
	assert_null(harness->ledger);
	if (strstr(fault.text, words) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", words, fault.text);
}

struct sync_key
harness_key(uint32_t folder, uint64_t number)
{
	return (struct sync_key){1, folder, SYNC_KIND_JOURNAL, number};
}

struct sync_change
harness_set(uint32_t folder, uint64_t number, const char *text)
{
	return (struct sync_change){
	    .key = harness_key(folder, number),
	    .octets = bytes_of_string(text),
	};
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool
harness_await(struct store_ledger *ledger, const struct sync_receipt *receipt, int wait_ms)
{
	int64_t end_ms = now_ms() + wait_ms;

	while (!receipt->is_settled && now_ms() < end_ms) {
		struct pollfd event = {store_ledger_fd(ledger), POLLIN, 0};

		poll(&event, 1, (int)(end_ms - now_ms()));
		store_ledger_dispatch(ledger);
	}
	return receipt->is_settled;
}

enum status
harness_put(struct store_ledger *ledger, uint32_t folder, uint64_t number, const char *text)
{
	struct sync_store *port = store_ledger_port(ledger);
	struct sync_change change = harness_set(folder, number, text);
	struct sync_receipt receipt = {0};
	enum status status = port->ops->submit(port, &change, 1, &receipt);

	if (status != ST_OK)
		return status;
	CHECK(harness_await(ledger, &receipt, HARNESS_WAIT_MS));
	return receipt.status;
}

bool
harness_holds(struct store_ledger *ledger, uint32_t folder, uint64_t number, const char *text)
{
	struct sync_store *port = store_ledger_port(ledger);
	struct sync_key key = harness_key(folder, number);
	struct sync_found found;

	if (port->ops->find(port, &key, &key, &found) != ST_OK)
		return false;
	CHECK(sync_key_compare(&found.key, &key) == 0);
	return bytes_equal(found.octets, bytes_of_string(text));
}

/* Of many sizes, so that pages are cut in many places. */
static void
print_twin(uint64_t number, char text[static TWIN_SIZE])
{
	snprintf(text, TWIN_SIZE, "%0*" PRIu64, 20 + (int)(number * 37 % 1300), number);
}

enum status
harness_submit_twins(struct store_ledger *ledger, uint64_t number, struct sync_receipt *receipt)
{
	struct sync_store *port = store_ledger_port(ledger);
	char text[TWIN_SIZE];
	struct sync_change changes[2];

	print_twin(number, text);
	changes[0] = harness_set(1, number, text);
	changes[1] = harness_set(2, number, text);
	return port->ops->submit(port, changes, 2, receipt);
}

/* The first of folder `folder` from `number` on; 0 when there is none. */
static uint64_t
first_number(struct store_ledger *ledger, uint32_t folder, uint64_t number)
{
	struct sync_store *port = store_ledger_port(ledger);
	struct sync_key from = harness_key(folder, number);
	struct sync_key to = harness_key(folder, UINT64_MAX);
	struct sync_found found;
	enum status status = port->ops->find(port, &from, &to, &found);
	char text[TWIN_SIZE];

	CHECK(status == ST_OK || status == ST_ABSENT);
	if (status == ST_ABSENT)
		return 0;
	print_twin(found.key.number, text);
	CHECK(bytes_equal(found.octets, bytes_of_string(text)));
	return found.key.number;
}

uint64_t
harness_count_twins(struct store_ledger *ledger, uint64_t from)
{
	uint64_t number = from;

	for (;; number++) {
		uint64_t one = first_number(ledger, 1, number);
		uint64_t other = first_number(ledger, 2, number);

		if (one != other || (one != 0 && one != number)) {
			fprintf(stderr,
			    "after %" PRIu64 " follow %" PRIu64 " and %" PRIu64 "\n",
			    number - 1, one, other);
			CHECK(false);
		}
		if (one == 0)
			return number - 1;
	}
}
