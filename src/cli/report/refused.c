/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/refused.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	NUMBER_MAX = 999999,
	CREATE_FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	INDEX_FLAGS = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC
};

static const struct fault_kind no_folder = {ST_IO, CAUSE_USAGE, FAULT_PROCESS, RETRY_NEVER};
static const struct fault_kind not_written = {ST_IO, CAUSE_OTHER, FAULT_PROCESS, RETRY_LATER};

void
cli_refused_init(struct cli_refused *refused)
{
	*refused = (struct cli_refused){.dir = -1};
	for (size_t i = 0; i < CLI_REFUSED_SLOT_COUNT; i++)
		refused->slots[i].fd = -1;
	cli_json_init(&refused->json);
}

enum status
cli_refused_open(struct cli_refused *refused, const char *path, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];
	FILE *index = NULL;
	int fd = -1;
	int dir = -1;

	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0)
		fd = openat(dir, "index.json", INDEX_FLAGS, 0600);
	if (fd >= 0)
		index = fdopen(fd, "a");
	if (index == NULL) {
		int error = errno;

		if (fd >= 0)
			close(fd);
		if (dir >= 0)
			close(dir);
		return fault_set(fault, no_folder,
		    "Cannot keep refused messages in the folder %s: %s.",
		    fault_quote(bytes_of_string(path), quoted), strerror(error));
	}
	refused->path = path;
	refused->dir = dir;
	refused->index = index;
	return ST_OK;
}

static void
note_error(struct cli_refused *refused, int error)
{
	if (refused->error == 0)
		refused->error = error;
}

static bool
copy_text(struct bytes text, struct bytes *copy_out)
{
	uint8_t *copy = mem_take(text.size + 1);

	if (copy == NULL)
		return false;
	if (text.size > 0)
		memcpy(copy, text.data, text.size);
	*copy_out = bytes_of(copy, text.size);
	return true;
}

static void
free_text(struct bytes *text)
{
	mem_give((void *)(uintptr_t)text->data);
	*text = (struct bytes){NULL, 0};
}

static void
free_slot(struct cli_refused_slot *slot)
{
	close(slot->fd);
	slot->fd = -1;
	free_text(&slot->folder);
	free_text(&slot->reason);
}

/* Writes the index line and gives the slot back. */
static void
finish_slot(struct cli_refused *refused, struct cli_refused_slot *slot, bool is_complete)
{
	struct cli_json *json = &refused->json;
	struct bytes line;

	cli_json_begin(json);
	cli_json_text(json, "file", bytes_of_string(slot->name));
	cli_json_text(json, "folder", slot->folder);
	cli_json_number(json, "uid", slot->uid);
	cli_json_number(json, "size", slot->size);
	cli_json_bool(json, "complete", is_complete);
	cli_json_text(json, "reason", slot->reason);
	line = cli_json_end(json);
	if (line.size == 0)
		note_error(refused, ENOMEM);
	else if (fwrite(line.data, 1, line.size, refused->index) != line.size)
		note_error(refused, errno);
	free_slot(slot);
}

static struct cli_refused_slot *
find_slot(struct cli_refused *refused, const struct pass_item *item)
{
	for (size_t i = 0; i < CLI_REFUSED_SLOT_COUNT; i++) {
		struct cli_refused_slot *slot = &refused->slots[i];

		if (slot->fd >= 0 && slot->uid == item->uid &&
		    bytes_equal(slot->folder, item->folder))
			return slot;
	}
	return NULL;
}

/* Passes over the names that an earlier run has left. */
static int
create_file(struct cli_refused *refused, uint32_t uid, char name[static CLI_REFUSED_NAME_SIZE])
{
	while (refused->number < NUMBER_MAX) {
		int fd;

		refused->number++;
		snprintf(name, CLI_REFUSED_NAME_SIZE, "%04u-uid%" PRIu32 ".eml",
		    refused->number, uid);
		fd = openat(refused->dir, name, CREATE_FLAGS, 0600);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	errno = EMFILE;
	return -1;
}

static struct cli_refused_slot *
start_slot(struct cli_refused *refused, const struct pass_item *item)
{
	struct cli_refused_slot *slot = NULL;
	struct bytes folder = {NULL, 0};
	struct bytes reason = {NULL, 0};
	int fd = -1;

	for (size_t i = 0; i < CLI_REFUSED_SLOT_COUNT && slot == NULL; i++) {
		if (refused->slots[i].fd < 0)
			slot = &refused->slots[i];
	}
	errno = ENOMEM;
	if (slot != NULL && copy_text(item->folder, &folder) &&
	    copy_text(bytes_of_string(item->text), &reason))
		fd = create_file(refused, item->uid, slot->name);
	if (fd < 0) {
		note_error(refused, errno);
		free_text(&folder);
		free_text(&reason);
		return NULL;
	}
	slot->fd = fd;
	slot->uid = item->uid;
	slot->size = 0;
	slot->expected = item->size;
	slot->folder = folder;
	slot->reason = reason;
	return slot;
}

static bool
write_at_end(int fd, struct bytes octets)
{
	while (octets.size > 0) {
		ssize_t put = write(fd, octets.data, octets.size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		octets = bytes_skip(octets, (size_t)put);
	}
	return true;
}

void
cli_refused_add(struct cli_refused *refused, const struct pass_item *item, uint64_t offset,
    struct bytes octets)
{
	struct cli_refused_slot *slot = find_slot(refused, item);

	if (slot == NULL && offset == 0)
		slot = start_slot(refused, item);
	if (slot == NULL)
		return;
	if (offset == 0 && slot->size > 0) {
		slot->size = 0;
		if (ftruncate(slot->fd, 0) != 0 || lseek(slot->fd, 0, SEEK_SET) != 0)
			note_error(refused, errno);
	}
	if (offset != slot->size || !write_at_end(slot->fd, octets)) {
		note_error(refused, offset != slot->size ? EIO : errno);
		finish_slot(refused, slot, false);
		return;
	}
	slot->size += octets.size;
	if (slot->size >= slot->expected)
		finish_slot(refused, slot, true);
}

enum status
cli_refused_close(struct cli_refused *refused, struct fault *fault)
{
	char quoted[FAULT_QUOTE_SIZE];

	if (refused->dir >= 0) {
		for (size_t i = 0; i < CLI_REFUSED_SLOT_COUNT; i++) {
			if (refused->slots[i].fd >= 0)
				finish_slot(refused, &refused->slots[i], false);
		}
		if (fclose(refused->index) != 0)
			note_error(refused, errno);
		close(refused->dir);
		refused->dir = -1;
		refused->index = NULL;
	}
	cli_json_fini(&refused->json);
	if (refused->error == 0)
		return ST_OK;
	return fault_set(fault, not_written,
	    "Not every refused message could be written into %s: %s.",
	    fault_quote(bytes_of_string(refused->path), quoted), strerror(refused->error));
}
