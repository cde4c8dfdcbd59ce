/* SPDX-License-Identifier: Apache-2.0
 *
 * Octets to responses to replies. Whatever comes: the parts are the same when the stream is fed
 * at once and octet by octet, every slice can be read, numbers keep their bounds, and what ends
 * the stream has a sentence.
 */
#include "fuzz.h"

#include "base/check.h"
#include "parts.h"
#include "wire/imap/reply.h"

enum {
	LINE_SIZE_MAX = 4096,
	NESTING_MAX = 8
};

/* FNV-1a over all that was understood. */
struct sum {
	uint64_t value;
};

static void
add_octets(struct sum *sum, struct bytes octets)
{
	for (size_t i = 0; i < octets.size; i++)
		sum->value = (sum->value ^ octets.data[i]) * UINT64_C(1099511628211);
}

static void
add_number(struct sum *sum, uint64_t number)
{
	add_octets(sum, bytes_of(&number, sizeof(number)));
}

static void
check_keywords(struct bytes keywords)
{
	while (keywords.size > 0)
		CHECK(flags_is_keyword(flags_keyword_next(&keywords)));
}

static void
check_printable(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		CHECK(text.data[i] >= ' ' && text.data[i] < 0x7f);
}

static void
add_event(struct sum *sum, const struct imap_event *event)
{
	const struct message *message = &event->message.message;

	add_number(sum, (uint64_t)event->kind);
	switch (event->kind) {
	case IMAP_EVENT_FOLDER:
		add_octets(sum, event->folder.name);
		add_number(sum, event->folder.attributes * 256 + event->folder.delimiter);
		break;
	case IMAP_EVENT_STATUS:
		add_octets(sum, event->status.name);
		add_number(sum, event->status.items);
		CHECK(event->status.size <= INT64_MAX);
		break;
	case IMAP_EVENT_NAMESPACE:
		add_octets(sum, event->namespace.prefix);
		add_octets(sum, event->namespace.foreign_prefixes);
		break;
	case IMAP_EVENT_QUOTA:
		add_octets(sum, event->quota.root);
		CHECK(event->quota.limit_bytes <= INT64_MAX);
		break;
	case IMAP_EVENT_RIGHTS:
		add_octets(sum, event->rights.name);
		add_octets(sum, event->rights.letters);
		break;
	case IMAP_EVENT_ID:
		add_octets(sum, event->text);
		break;
	case IMAP_EVENT_MESSAGE:
		CHECK(event->message.sequence > 0);
		CHECK((event->message.items & IMAP_FETCH_UID) == 0 || message->uid.number > 0);
		add_number(sum, message->uid.number);
		add_number(sum, message->size);
		check_keywords(message->flags.keywords);
		check_printable(event->message.unusable_flags);
		add_octets(sum, message->flags.keywords);
		break;
	case IMAP_EVENT_EXISTS:
	case IMAP_EVENT_EXPUNGE:
		add_number(sum, event->number);
		break;
	case IMAP_EVENT_GREETING:
	case IMAP_EVENT_CAPABILITY:
	case IMAP_EVENT_BODY_BEGIN:
	case IMAP_EVENT_BODY_DATA:
	case IMAP_EVENT_BODY_END:
	case IMAP_EVENT_CHALLENGE:
	case IMAP_EVENT_CONTINUE:
	case IMAP_EVENT_DONE:
	case IMAP_EVENT_ALERT:
	case IMAP_EVENT_BYE:
		CHECK(false);
	}
}

static void
add_reply(struct sum *sum, const struct imap_reply *reply)
{
	add_number(sum, (uint64_t)reply->kind);
	switch (reply->kind) {
	case IMAP_REPLY_CONDITION:
		add_number(sum, reply->condition.tag);
		add_number(sum, (uint64_t)reply->condition.code);
		add_octets(sum, reply->condition.text);
		add_octets(sum, reply->condition.append_uids);
		break;
	case IMAP_REPLY_EVENT:
		add_event(sum, &reply->event);
		break;
	case IMAP_REPLY_CAPABILITY:
		add_octets(sum, reply->words);
		break;
	case IMAP_REPLY_FLAGS:
		check_keywords(reply->flags.flags.keywords);
		add_octets(sum, reply->flags.flags.keywords);
		break;
	case IMAP_REPLY_IGNORED:
	case IMAP_REPLY_CONTINUE:
		break;
	}
	for (size_t i = 0; i < reply->body_count; i++)
		add_octets(sum, reply->bodies[i].octets);
}

struct run {
	struct imap_frame frame;
	struct arena arena;
	struct buf scratch;
	struct sum sum;
	enum status status;
	uint64_t body_left;
};

static enum status
take_part(void *owner, const struct imap_part *part)
{
	struct run *run = owner;
	struct imap_reader reader = {
	    NESTING_MAX,
	    &run->arena,
	    &run->scratch,
	    &run->frame.streams,
	    .quirks = imap_quirks_of(IMAP_FAMILY_UNKNOWN),
	};
	enum status status = ST_OK;
	struct imap_reply reply;
	struct fault fault = {0};

	switch (part->kind) {
	case IMAP_PART_RESPONSE:
		CHECK(part->octets.size <= LINE_SIZE_MAX);
		arena_rewind(&run->arena);
		status = imap_reply_read(&reader, part->octets, &reply, &fault);
		if (status == ST_OK)
			add_reply(&run->sum, &reply);
		else
			CHECK(fault.status == status && fault.text[0] != 0);
		break;
	case IMAP_PART_BODY_BEGIN:
		run->body_left = part->size;
		add_number(&run->sum, part->uid + part->size);
		break;
	case IMAP_PART_BODY_DATA:
		CHECK(part->octets.size > 0 && part->octets.size <= run->body_left);
		run->body_left -= part->octets.size;
		add_octets(&run->sum, part->octets);
		break;
	case IMAP_PART_BODY_END:
		CHECK(run->body_left == 0);
		break;
	case IMAP_PART_NONE:
		break;
	}
	return status;
}

static struct run
play(struct bytes input, size_t step)
{
	struct run run = {.sum = {UINT64_C(14695981039346656037)}};

	imap_frame_init(&run.frame, LINE_SIZE_MAX, NESTING_MAX);
	arena_init(&run.arena, 8 * LINE_SIZE_MAX);
	buf_init(&run.scratch, LINE_SIZE_MAX);
	while (input.size > 0 && run.status == ST_OK) {
		run.status = parts_feed(&run.frame, bytes_first(input, step), take_part, &run);
		input = bytes_skip(input, step);
	}
	buf_fini(&run.scratch);
	arena_fini(&run.arena);
	imap_frame_fini(&run.frame);
	return run;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size);
	struct run whole = play(input, SIZE_MAX);
	struct run single = play(input, 1);
	struct run some = play(input, 7);

	CHECK(whole.status == single.status && whole.status == some.status);
	CHECK(whole.sum.value == single.sum.value && whole.sum.value == some.sum.value);
	return 0;
}
