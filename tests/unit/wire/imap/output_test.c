/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/prng.h"
#include "wire/imap/output.h"

/* The password of all cases: it must stand nowhere once it has left. */
#define PASSWORD "oPen-SeSame"

enum {
	ROUNDS = 300,
	STEPS = 200
};

static bool
has_password(const void *memory, size_t size)
{
	return bytes_find_bytes(bytes_of(memory, size), BYTES(PASSWORD)) < size;
}

/* Memory is watched: no block is given back, or left behind by growing, with the password. */
void *
mem_take(size_t size)
{
	return calloc(1, size);
}

void
mem_give(void *block)
{
	if (block != NULL && has_password(block, malloc_usable_size(block)))
		fail_msg("a block was given back that holds the password");
	free(block);
}

void *
mem_resize(void *block, size_t size)
{
	void *bigger = mem_take(size);

	if (bigger != NULL && block != NULL) {
		size_t before = malloc_usable_size(block);

		memcpy(bigger, block, before < size ? before : size);
		mem_give(block);
	}
	return bigger;
}

static bool
holds_password(const struct imap_output *output)
{
	return output->octets.octets != NULL &&
	    has_password(output->octets.octets, output->octets.capacity);
}

/* Writes a command: '|' stands where the server must be asked, '<' and '>' around a secret. */
static void
write_command(struct imap_command_text *command, struct bytes written)
{
	imap_command_begin(command, 0, IMAP_LITERAL_ASKED);
	imap_command_expect_secret(command, written.size);
	for (size_t i = 0; i < written.size; i++) {
		uint8_t octet = written.data[i];

		if (octet == '|')
			command->cuts[command->cut_count++] = command->text.size;
		else if (octet == '<')
			imap_command_conceal(command);
		else if (octet == '>')
			imap_command_conceal_end(command);
		else
			imap_command_octets(command, bytes_of(&octet, 1));
	}
	assert_int_equal(command->status, ST_OK);
}

static enum status
add(struct imap_output *output, struct bytes written, uint32_t number)
{
	struct imap_command_text command;
	enum status status;

	imap_command_init(&command);
	write_command(&command, written);
	status = imap_output_add(output, &command, number);
	imap_command_fini(&command);
	return status;
}

/* `size` octets have left, as the session tells it. */
static void
sent(struct imap_output *output, size_t size)
{
	while (size > 0) {
		size_t left = imap_output_front(output)->size - output->sent;

		if (size < left) {
			output->sent += size;
			return;
		}
		size -= left;
		imap_output_pop(output);
	}
}

/* The server said "+": the front piece need not wait any longer. */
static bool
allow(struct imap_output *output)
{
	struct imap_piece *front = imap_output_front(output);
	bool was_waiting = front != NULL && front->waits;

	if (was_waiting)
		front->waits = false;
	return was_waiting;
}

/* All that leaves, at most `step` octets at a time, with a '|' for every continuation. */
static void
tell(struct imap_output *output, size_t step, char *told, size_t told_size)
{
	size_t used = 0;

	while (imap_output_front(output) != NULL) {
		struct bytes part = bytes_first(imap_output_ready(output, 0), step);

		assert_true(used + part.size + 2 < told_size);
		if (part.size > 0) {
			memcpy(told + used, part.data, part.size);
			sent(output, part.size);
		} else {
			assert_true(allow(output));
			told[used++] = '|';
		}
		used += part.size;
	}
	told[used] = 0;
}

/* What leaves between two continuations stands between two '|' of `told`. */
static void
test_what_may_leave(void **state)
{
	static const struct {
		const char *name;
		struct bytes commands[3];
		const char *told;
	} cases[] = {
	    {"nothing", {{NULL, 0}}, ""},
	    {"one line", {TEXT("A1 NOOP\r\n")}, "A1 NOOP\r\n"},
	    {"two lines go together", {TEXT("A1 NOOP\r\n"), TEXT("A2 NOOP\r\n")},
		"A1 NOOP\r\nA2 NOOP\r\n"},
	    {"a literal that is asked for", {TEXT("A1 LIST {1}\r\n|a b\r\n")},
		"A1 LIST {1}\r\n|a b\r\n"},
	    {"it holds back what is behind",
		{TEXT("A1 LIST {1}\r\n|a b\r\n"), TEXT("A2 NOOP\r\n")},
		"A1 LIST {1}\r\n|a b\r\nA2 NOOP\r\n"},
	    {"two literals, the second empty",
		{TEXT("A1 LOGIN {4}\r\n|anna {0}\r\n|\r\n"), TEXT("A2 NOOP\r\n")},
		"A1 LOGIN {4}\r\n|anna {0}\r\n|\r\nA2 NOOP\r\n"},
	    {"a secret that waits",
		{TEXT("A1 NOOP\r\n"), TEXT("A2 LOGIN anna {11}\r\n|<" PASSWORD ">\r\n"),
		    TEXT("A3 NOOP\r\n")},
		"A1 NOOP\r\nA2 LOGIN anna {11}\r\n|" PASSWORD "\r\nA3 NOOP\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t step = 1; step < 100; step += step) {
			struct imap_output output;
			char told[200] = "";

			imap_output_init(&output);
			for (size_t k = 0; k < 3 && cases[i].commands[k].size > 0; k++)
				EXPECT(cases[i].name,
				    add(&output, cases[i].commands[k], (uint32_t)k + 1) ==
					ST_OK);
			tell(&output, step, told, sizeof(told));
			EXPECT(cases[i].name, strcmp(told, cases[i].told) == 0);
			EXPECT(cases[i].name, imap_output_front(&output) == NULL);
			imap_output_fini(&output);
		}
	}
}

/* While a log-in is open, or TLS is being asked for, nothing leaves behind it. */
static void
test_up_to_a_command(void **state)
{
	static const struct {
		uint32_t up_to;
		size_t size;
	} cases[] = {{0, 30}, {1, 10}, {2, 20}, {3, 30}, {9, 30}};
	struct imap_output output;

	(void)state;
	imap_output_init(&output);
	for (uint32_t number = 1; number <= 3; number++)
		assert_int_equal(add(&output, BYTES("A1 NOOP \r\n"), number), ST_OK);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(
		    imap_output_ready(&output, cases[i].up_to).size, cases[i].size);
	/* Of a piece that has begun to leave, the rest. */
	sent(&output, 13);
	assert_int_equal(imap_output_ready(&output, 2).size, 7);
	assert_int_equal(imap_output_ready(&output, 1).size, 0);
	imap_output_fini(&output);
}

static void
test_where_the_secret_stands(void **state)
{
	struct imap_output output;
	const struct imap_piece *front;

	(void)state;
	imap_output_init(&output);
	assert_int_equal(add(&output, BYTES("A1 X {1}\r\n|a <" PASSWORD ">\r\n"), 7), ST_OK);
	front = imap_output_front(&output);
	assert_int_equal(front->command, 7);
	assert_int_equal(front->secret_from, front->secret_to);
	assert_false(front->waits);
	sent(&output, front->size);
	front = imap_output_front(&output);
	assert_true(front->waits);
	assert_int_equal(front->secret_from, 2);
	assert_int_equal(front->secret_to, 2 + strlen(PASSWORD));
	assert_true(
	    bytes_equal(imap_output_front_octets(&output), BYTES("a " PASSWORD "\r\n")));
	imap_output_fini(&output);
}

/* As soon as the last octet of its piece has left, and whatever stands around it. */
static void
test_a_secret_that_has_left_is_gone(void **state)
{
	static const struct {
		const char *name;
		struct bytes before, secret, behind;
	} cases[] = {
	    {"alone", TEXT(""), TEXT("A1 LOGIN anna <" PASSWORD ">\r\n"), TEXT("")},
	    {"behind a line", TEXT("A1 NOOP\r\n"), TEXT("A2 LOGIN anna <" PASSWORD ">\r\n"),
		TEXT("")},
	    {"before a line", TEXT(""), TEXT("A1 LOGIN anna <" PASSWORD ">\r\n"),
		TEXT("A2 NOOP\r\n")},
	    {"between lines", TEXT("A1 NOOP\r\n"), TEXT("A2 LOGIN anna <" PASSWORD ">\r\n"),
		TEXT("A3 NOOP\r\n")},
	    {"as a literal", TEXT(""),
		TEXT("A1 LOGIN {4}\r\n|anna {11}\r\n|<" PASSWORD ">\r\n"), TEXT("A2 NOOP\r\n")},
	    {"all of a piece", TEXT(""), TEXT("A1 AUTHENTICATE PLAIN\r\n|<" PASSWORD ">"),
		TEXT("")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *name = cases[i].name;
		struct imap_output output;
		struct bytes ready;

		imap_output_init(&output);
		if (cases[i].before.size > 0)
			EXPECT(name, add(&output, cases[i].before, 1) == ST_OK);
		EXPECT(name, add(&output, cases[i].secret, 2) == ST_OK);
		if (cases[i].behind.size > 0)
			EXPECT(name, add(&output, cases[i].behind, 3) == ST_OK);
		while (imap_output_front(&output) != NULL &&
		    imap_output_front(&output)->command < 3) {
			EXPECT(name, holds_password(&output));
			(void)allow(&output);
			ready = imap_output_ready(&output, 0);
			sent(&output, ready.size < 3 ? ready.size : 3);
		}
		EXPECT(name, !holds_password(&output));
		ready = imap_output_ready(&output, 0);
		EXPECT(name, cases[i].behind.size == 0 || ready.size > 0);
		imap_output_fini(&output);
	}
}

static void
test_a_secret_that_never_leaves_is_gone(void **state)
{
	struct imap_output output;

	(void)state;
	imap_output_init(&output);
	assert_int_equal(add(&output, BYTES("A1 LOGIN a <" PASSWORD ">\r\n"), 1), ST_OK);
	imap_output_pop(&output);
	assert_false(holds_password(&output));
	assert_int_equal(add(&output, BYTES("A1 LOGIN a <" PASSWORD ">\r\n"), 1), ST_OK);
	sent(&output, 20);
	/* mem_give looks at what is given back. */
	imap_output_fini(&output);
	assert_null(output.octets.octets);
}

/* Growing, and moving to the front, while a secret waits: mem_give looks at the old place. */
static void
test_a_secret_moves_without_a_trace(void **state)
{
	static uint8_t line[2000];

	(void)state;
	memset(line, 'x', sizeof(line));
	for (size_t before = 0; before < 260; before += 13) {
		struct imap_output output;

		imap_output_init(&output);
		assert_int_equal(add(&output, bytes_of(line, before + 1), 1), ST_OK);
		assert_int_equal(add(&output, BYTES("A1 X {1}\r\n|<" PASSWORD ">"), 2), ST_OK);
		sent(&output, before + 1);
		for (size_t i = 0; i < 40; i++)
			assert_int_equal(add(&output, bytes_of(line, 50 * i + 1), 3), ST_OK);
		sent(&output, 10);
		assert_true(allow(&output));
		assert_true(bytes_start_with(imap_output_ready(&output, 0), BYTES(PASSWORD)));
		sent(&output, strlen(PASSWORD));
		assert_false(holds_password(&output));
		imap_output_fini(&output);
	}
}

static void
test_limits(void **state)
{
	static uint8_t line[IMAP_COMMAND_SIZE_MAX];
	struct imap_output output;
	size_t count = 0;

	(void)state;
	memset(line, 'x', sizeof(line));
	imap_output_init(&output);
	for (; count < IMAP_PIECES_MAX; count++)
		assert_int_equal(add(&output, BYTES("x"), 1), ST_OK);
	assert_int_equal(add(&output, BYTES("y"), 1), ST_LIMIT);
	assert_int_equal(imap_output_ready(&output, 0).size, IMAP_PIECES_MAX);
	sent(&output, 2);
	/* All of its pieces or none. */
	assert_int_equal(add(&output, BYTES("a|b|c"), 1), ST_LIMIT);
	assert_int_equal(imap_output_ready(&output, 0).size, IMAP_PIECES_MAX - 2);
	assert_int_equal(add(&output, BYTES("a|b"), 1), ST_OK);
	imap_output_fini(&output);

	imap_output_init(&output);
	for (count = 0; (count + 1) * sizeof(line) <= IMAP_OUTPUT_SIZE_MAX; count++)
		assert_int_equal(add(&output, bytes_of(line, sizeof(line)), 1), ST_OK);
	assert_int_equal(add(&output, bytes_of(line, sizeof(line)), 1), ST_LIMIT);
	assert_int_equal(imap_output_ready(&output, 0).size, count * sizeof(line));
	assert_int_equal(add(&output, BYTES("<" PASSWORD ">"), 1), ST_OK);
	assert_int_equal(add(&output, bytes_of(line, sizeof(line)), 1), ST_LIMIT);
	imap_output_fini(&output);
}

static const char *const commands[] = {
    "A1 NOOP\r\n",
    "A2 LIST {1}\r\n|a {0}\r\n|\r\n",
    "A3 LOGIN anna <" PASSWORD ">\r\n",
    "A4 LOGIN {4}\r\n|anna {11}\r\n|<" PASSWORD ">\r\n",
    "A5 UID FETCH 1:100,200:300,400 (UID FLAGS INTERNALDATE RFC822.SIZE)\r\n",
};

/* Queues one command, and notes without its marks what must leave. */
static void
add_random(struct imap_output *output, struct prng *prng, struct buf *came)
{
	const char *command = commands[prng_below(prng, COUNT_OF(commands))];

	assert_int_equal(add(output, bytes_of_string(command), 1), ST_OK);
	for (const char *c = command; *c != 0; c++) {
		if (strchr("|<>", *c) == NULL)
			assert_int_equal(buf_append(came, bytes_of(c, 1)), ST_OK);
	}
}

static bool
queues_secret(const struct imap_output *output)
{
	for (size_t i = 0; i < output->count; i++) {
		const struct imap_piece *piece =
		    &output->pieces[(output->first + i) % IMAP_PIECES_MAX];

		if (piece->secret_from != piece->secret_to)
			return true;
	}
	return false;
}

static void
play_randomly(struct imap_output *output, struct prng *prng, struct buf *came, struct buf *left)
{
	for (size_t step = 0; step < STEPS; step++) {
		struct bytes ready = imap_output_ready(output, 0);

		if (prng_below(prng, 3) == 0) {
			add_random(output, prng, came);
		} else if (ready.size > 0) {
			size_t size = 1 + (size_t)prng_below(prng, ready.size);

			assert_int_equal(buf_append(left, bytes_first(ready, size)), ST_OK);
			sent(output, size);
		} else {
			(void)allow(output);
		}
		assert_int_equal(holds_password(output), queues_secret(output));
	}
}

/* Commands at random, leaving at random: in order, nothing lost, no secret kept. */
static void
test_random_commands(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		struct imap_output output;
		struct buf came, left;
		struct prng prng;
		uint8_t *room;

		prng_init(&prng, seed);
		imap_output_init(&output);
		buf_init(&came, STEPS * 100);
		buf_init(&left, STEPS * 100);
		/* These two hold the password on purpose: they neither grow nor keep it. */
		assert_int_equal(buf_reserve(&came, STEPS * 100, &room), ST_OK);
		assert_int_equal(buf_reserve(&left, STEPS * 100, &room), ST_OK);
		play_randomly(&output, &prng, &came, &left);
		assert_true(left.size > 0);
		assert_true(bytes_start_with(buf_bytes(&came), buf_bytes(&left)));
		memset(came.octets, 0, came.capacity);
		memset(left.octets, 0, left.capacity);
		buf_fini(&came);
		buf_fini(&left);
		imap_output_fini(&output);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_may_leave),
	    cmocka_unit_test(test_up_to_a_command),
	    cmocka_unit_test(test_where_the_secret_stands),
	    cmocka_unit_test(test_a_secret_that_has_left_is_gone),
	    cmocka_unit_test(test_a_secret_that_never_leaves_is_gone),
	    cmocka_unit_test(test_a_secret_moves_without_a_trace),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_random_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
