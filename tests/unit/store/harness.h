/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/store/harness: a folder of its own for each test, and short words for what tests do with
 * a ledger in it.
 *
 * Promise  what must not fail ends the program where it does.
 */
#ifndef UNIT_STORE_HARNESS_H
#define UNIT_STORE_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "store/ledger.h"

enum {
	HARNESS_PATH_SIZE = 192,
	HARNESS_WAIT_MS = 20000
};

struct harness {
	char folder[128];
	char path[HARNESS_PATH_SIZE]; /* scratch of harness_path */
	struct store_ledger *ledger;
};

/* For cmocka: an empty folder. The teardown closes the ledger and removes the folder. */
int harness_setup(void **state);
int harness_teardown(void **state);

/* A harness without a teardown for a folder below. */
struct harness harness_below(const struct harness *harness, const char *name);
void harness_remove(const char *folder);
/* A file in the folder; borrowed until the next call. */
const char *harness_path(struct harness *harness, const char *name);
/* Whole files, without anything of SQLite's. */
size_t harness_read(const char *path, uint8_t *octets, size_t size);
void harness_write(const char *path, const void *octets, size_t size);

struct store_ledger *harness_open(struct harness *harness);
void harness_close(struct harness *harness);
/* Opening must fail, and the sentence must have `words` in it. */
void harness_refused(struct harness *harness, const char *words);

/* The key of a journal record of pair 1, folder `folder`. */
struct sync_key harness_key(uint32_t folder, uint64_t number);
struct sync_change harness_set(uint32_t folder, uint64_t number, const char *text);
/* Turns the ledger until the receipt is settled; false after `wait_ms`. */
bool harness_await(
    struct store_ledger *ledger, const struct sync_receipt *receipt, int wait_ms);
/* One record, written and waited for. */
enum status harness_put(
    struct store_ledger *ledger, uint32_t folder, uint64_t number, const char *text);
bool harness_holds(
    struct store_ledger *ledger, uint32_t folder, uint64_t number, const char *text);

/* Two records, `number` of folders 1 and 2, in one submit: both or none must be there. */
enum status harness_submit_twins(
    struct store_ledger *ledger, uint64_t number, struct sync_receipt *receipt);
/* Checks that the twins from `from` on are whole and follow each other; how far they go. */
uint64_t harness_count_twins(struct store_ledger *ledger, uint64_t from);

#endif
