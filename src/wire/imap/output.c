/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/imap/output.h"

#include <string.h>

#include "base/check.h"
#include "base/secret.h"

void
imap_output_init(struct imap_output *output)
{
	/* No compound literal: it could take its 20 KiB from a fiber's stack. */
	memset(output, 0, sizeof(*output));
	buf_init(&output->octets, IMAP_OUTPUT_SIZE_MAX);
}

static bool
holds_secret(const struct imap_output *output)
{
	for (size_t i = 0; i < output->count; i++) {
		size_t at = (output->first + i) % IMAP_PIECES_MAX;

		if (output->pieces[at].secret_from != output->pieces[at].secret_to)
			return true;
	}
	return false;
}

static void
give_back(struct imap_output *output, bool is_secret)
{
	if (is_secret && output->octets.octets != NULL)
		secret_wipe_memory(output->octets.octets, output->octets.capacity);
	buf_fini(&output->octets);
}

void
imap_output_fini(struct imap_output *output)
{
	give_back(output, holds_secret(output));
}

/* Room without a trace: neither growing nor shifting may leave a copy of a secret behind. */
static enum status
make_room(struct imap_output *output, size_t size)
{
	struct buf *octets = &output->octets;
	struct buf bigger;
	uint8_t *room;
	enum status status;

	if (!holds_secret(output))
		return buf_reserve(octets, size, &room);
	if (size > buf_room(octets))
		return ST_LIMIT;
	if (octets->start + octets->size + size <= octets->capacity)
		return ST_OK;
	buf_init(&bigger, octets->size_max);
	status = buf_reserve(&bigger, octets->size + size, &room);
	if (status != ST_OK)
		return status;
	status = buf_append(&bigger, buf_bytes(octets));
	CHECK(status == ST_OK);
	give_back(output, true);
	*octets = bigger;
	return ST_OK;
}

static uint32_t
within(size_t position, size_t from, size_t to)
{
	if (position <= from)
		return 0;
	return (uint32_t)((position < to ? position : to) - from);
}

enum status
imap_output_add(
    struct imap_output *output, const struct imap_command_text *command, uint32_t number)
{
	enum status status;
	size_t from = 0;

	if (output->count + command->cut_count + 1 > IMAP_PIECES_MAX)
		return ST_LIMIT;
	status = make_room(output, command->text.size);
	if (status == ST_OK)
		status = buf_append(&output->octets, buf_bytes(&command->text));
	if (status != ST_OK)
		return status;
	for (size_t i = 0; i <= command->cut_count; i++) {
		size_t to = i < command->cut_count ? command->cuts[i] : command->text.size;
		size_t at = (output->first + output->count++) % IMAP_PIECES_MAX;

		output->pieces[at] = (struct imap_piece){
		    .command = number,
		    .size = (uint32_t)(to - from),
		    .secret_from = within(command->secret_from, from, to),
		    .secret_to = within(command->secret_to, from, to),
		    .waits = i > 0,
		};
		from = to;
	}
	return ST_OK;
}

struct bytes
imap_output_ready(const struct imap_output *output, uint32_t up_to)
{
	size_t size = 0;

	for (size_t i = 0; i < output->count; i++) {
		const struct imap_piece *piece =
		    &output->pieces[(output->first + i) % IMAP_PIECES_MAX];

		if (piece->waits || (up_to != 0 && piece->command > up_to))
			break;
		size += piece->size;
	}
	if (size == 0)
		return (struct bytes){NULL, 0};
	return bytes_skip(bytes_first(buf_bytes(&output->octets), size), output->sent);
}

struct imap_piece *
imap_output_front(struct imap_output *output)
{
	return output->count == 0 ? NULL : &output->pieces[output->first];
}

struct bytes
imap_output_front_octets(const struct imap_output *output)
{
	return bytes_first(buf_bytes(&output->octets), output->pieces[output->first].size);
}

void
imap_output_pop(struct imap_output *output)
{
	struct imap_piece piece = output->pieces[output->first];

	if (piece.secret_from != piece.secret_to)
		secret_wipe_memory(output->octets.octets + output->octets.start, piece.size);
	buf_consume(&output->octets, piece.size);
	output->first = (output->first + 1) % IMAP_PIECES_MAX;
	output->count--;
	output->sent = 0;
}
