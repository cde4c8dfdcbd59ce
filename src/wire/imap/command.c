/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/imap/command.h"

#include <inttypes.h>

#include "base/check.h"
#include "base/range.h"
#include "base/secret.h"
#include "wire/imap/date.h"
#include "wire/imap/quote.h"
#include "wire/imap/uidset.h"

void
imap_command_init(struct imap_command_text *command)
{
	*command = (struct imap_command_text){0};
	buf_init(&command->text, IMAP_COMMAND_SIZE_MAX);
}

void
imap_command_fini(struct imap_command_text *command)
{
	imap_command_wipe(command);
	buf_fini(&command->text);
}

void
imap_command_wipe(struct imap_command_text *command)
{
	if (command->secret_from != command->secret_to)
		secret_wipe_memory(command->text.octets, command->text.capacity);
	command->secret_from = 0;
	command->secret_to = 0;
	buf_clear(&command->text);
}

static void
note(struct imap_command_text *command, enum status status)
{
	if (command->status == ST_OK)
		command->status = status;
}

static void
add(struct imap_command_text *command, struct bytes octets)
{
	if (command->status == ST_OK)
		command->status = buf_append(&command->text, octets);
}

void
imap_command_begin(
    struct imap_command_text *command, uint32_t number, enum imap_literal_mode mode)
{
	imap_command_wipe(command);
	command->mode = mode;
	command->cut_count = 0;
	command->status = number == 0 ? ST_OK : buf_print(&command->text, "A%" PRIu32, number);
}

void
imap_command_octets(struct imap_command_text *command, struct bytes octets)
{
	add(command, octets);
}

void
imap_command_text(struct imap_command_text *command, const char *text)
{
	add(command, bytes_of_string(text));
}

void
imap_command_word(struct imap_command_text *command, const char *word)
{
	add(command, BYTES(" "));
	imap_command_text(command, word);
}

void
imap_command_line_end(struct imap_command_text *command)
{
	add(command, BYTES("\r\n"));
}

bool
imap_literal_is_asked(enum imap_literal_mode mode, uint64_t size)
{
	switch (mode) {
	case IMAP_LITERAL_PLUS:
		/* Servers with 32-bit literals read a larger one as the next commands. */
		return size > UINT32_MAX;
	case IMAP_LITERAL_MINUS:
		return size > IMAP_LITERAL_MINUS_SIZE;
	case IMAP_LITERAL_ASKED:
		break;
	}
	return true;
}

bool
imap_command_literal(struct imap_command_text *command, uint64_t size)
{
	bool is_asked = imap_literal_is_asked(command->mode, size);

	if (command->status == ST_OK)
		command->status =
		    buf_print(&command->text, "{%" PRIu64 "%s}\r\n", size, is_asked ? "" : "+");
	return is_asked;
}

void
imap_command_string(struct imap_command_text *command, struct bytes string)
{
	add(command, BYTES(" "));
	imap_command_bare_string(command, string);
}

void
imap_command_bare_string(struct imap_command_text *command, struct bytes string)
{
	for (size_t i = 0; i < string.size; i++) {
		uint8_t octet = string.data[i];

		if (octet == 0 || octet == '\r' || octet == '\n') {
			note(command, ST_SYNTAX);
			return;
		}
	}
	if (imap_quote_is_possible(string)) {
		if (command->status == ST_OK)
			command->status = imap_quote(string, &command->text);
		return;
	}
	if (imap_command_literal(command, string.size)) {
		CHECK(command->cut_count < IMAP_COMMAND_CUTS_MAX);
		command->cuts[command->cut_count++] = command->text.size;
	}
	add(command, string);
}

void
imap_command_uids(struct imap_command_text *command, const struct range_set *uids)
{
	add(command, BYTES(" "));
	if (uids->count == 0)
		note(command, ST_SYNTAX);
	if (command->status == ST_OK)
		command->status = imap_uidset_encode(uids, &command->text);
}

void
imap_command_flags(struct imap_command_text *command, struct flags flags)
{
	struct bytes rest = flags.keywords;

	if ((flags.system & ~(uint32_t)FLAG_ALL) != 0)
		note(command, ST_SYNTAX);
	while (rest.size > 0) {
		if (!flags_is_keyword(flags_keyword_next(&rest)))
			note(command, ST_SYNTAX);
	}
	add(command, BYTES(" "));
	if (command->status == ST_OK)
		command->status = flags_print(flags, &command->text);
}

void
imap_command_date(struct imap_command_text *command, struct mail_date date)
{
	char text[IMAP_DATE_SIZE];

	if (command->status == ST_OK)
		command->status = imap_date_encode(date, text);
	if (command->status == ST_OK)
		command->status = buf_print(&command->text, " \"%s\"", text);
}

void
imap_command_expect_secret(struct imap_command_text *command, size_t size)
{
	uint8_t *room;

	if (command->status == ST_OK)
		command->status = buf_reserve(&command->text, size, &room);
}

void
imap_command_conceal(struct imap_command_text *command)
{
	command->secret_from = command->text.size;
	command->secret_to = command->text.size;
}

void
imap_command_conceal_end(struct imap_command_text *command)
{
	command->secret_to = command->text.size;
}
