/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "bridge/token_frame.h"

/* Encodes `frame` behind what is there. */
static void
add(struct buf *out, struct bridge_token_frame frame)
{
	assert_int_equal(bridge_token_frame_encode(&frame, out), ST_OK);
}

static void
fill(struct buf *out)
{
	buf_init(out, 65536);
	add(out,
	    (struct bridge_token_frame){.kind = BRIDGE_TOKEN_FRAME_TOKEN,
		.life_s = 3600,
		.token = BYTES("ya29.first~-._/+=")});
	add(out,
	    (struct bridge_token_frame){.kind = BRIDGE_TOKEN_FRAME_FAULT,
		.cause = CAUSE_TLS,
		.sentence = BYTES("Ein Zertifikat läuft ab.")});
	add(out,
	    (struct bridge_token_frame){.kind = BRIDGE_TOKEN_FRAME_FAULT,
		.cause = CAUSE_LOGIN,
		.is_final = true,
		.sentence = BYTES("No.")});
}

static void
check_frames(struct bridge_token_reader *reader, unsigned *count)
{
	struct bridge_token_frame frame;
	enum status status;

	while ((status = bridge_token_reader_next(reader, &frame)) == ST_OK) {
		if (*count == 0) {
			assert_int_equal(frame.kind, BRIDGE_TOKEN_FRAME_TOKEN);
			assert_int_equal(frame.life_s, 3600);
			assert_true(bytes_equal(frame.token, BYTES("ya29.first~-._/+=")));
		} else {
			assert_int_equal(frame.kind, BRIDGE_TOKEN_FRAME_FAULT);
			assert_int_equal(frame.cause, *count == 1 ? CAUSE_TLS : CAUSE_LOGIN);
			assert_int_equal(frame.is_final, *count == 2);
		}
		++*count;
	}
	assert_int_equal(status, ST_AGAIN);
}

static void
test_frames_come_back_however_they_are_cut(void **state)
{
	struct buf out;

	(void)state;
	fill(&out);
	for (size_t step = 1; step <= buf_bytes(&out).size; step++) {
		struct bridge_token_reader reader;
		struct bytes rest = buf_bytes(&out);
		unsigned count = 0;

		bridge_token_reader_init(&reader);
		while (rest.size > 0) {
			size_t taken =
			    bridge_token_reader_feed(&reader, bytes_first(rest, step));

			rest = bytes_skip(rest, taken);
			check_frames(&reader, &count);
		}
		assert_int_equal(count, 3);
		bridge_token_reader_fini(&reader);
	}
	buf_fini(&out);
}

static void
test_a_read_token_does_not_stay_in_memory(void **state)
{
	struct bridge_token_reader reader;
	struct bridge_token_frame frame;
	struct buf out;

	(void)state;
	fill(&out);
	bridge_token_reader_init(&reader);
	bridge_token_reader_feed(&reader, bytes_first(buf_bytes(&out), 30));
	assert_int_equal(bridge_token_reader_next(&reader, &frame), ST_OK);
	assert_int_equal(bridge_token_reader_next(&reader, &frame), ST_AGAIN);
	assert_null(memmem(reader.octets, sizeof(reader.octets), "first", 5));
	buf_fini(&out);
}

static void
test_what_is_wrong_breaks_the_reader_for_good(void **state)
{
	const struct {
		const char *name;
		struct bytes octets;
	} cases[] = {
	    {"another program's words", BYTES("* OK IMAP")},
	    {"its first octet", BYTES("X")},
	    {"another version", BYTES("GT\2T\0\0\0\6\0\0\0\1ab")},
	    {"another kind", BYTES("GT\1X\0\0\0\6\0\0\0\1ab")},
	    {"too large", BYTES("GT\1T\0\0\x10\x05")},
	    {"4 GiB", BYTES("GT\1T\xff\xff\xff\xff")},
	    {"empty", BYTES("GT\1T\0\0\0\0")},
	    {"no token", BYTES("GT\1T\0\0\0\4\0\0\0\1")},
	    {"no life", BYTES("GT\1T\0\0\0\5\0\0\0\0a")},
	    {"a life of two days", BYTES("GT\1T\0\0\0\5\0\2\xa3\0a")},
	    {"a space in it", BYTES("GT\1T\0\0\0\7\0\0\0\1a b")},
	    {"control A in it", BYTES("GT\1T\0\0\0\7\0\0\0\1a\1b")},
	    {"8 bits in it",
		BYTES("GT\1T\0\0\0\7\0\0\0\1a\xe4"
		      "b")},
	    {"an unknown cause", BYTES("GT\1F\0\0\0\3X1a")},
	    {"neither last nor not", BYTES("GT\1F\0\0\0\3L2a")},
	    {"no sentence", BYTES("GT\1F\0\0\0\2L1")},
	    {"an escape in it", BYTES("GT\1F\0\0\0\4L1\33a")},
	    {"no UTF-8", BYTES("GT\1F\0\0\0\4L1\xffz")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bridge_token_reader reader;
		struct bridge_token_frame frame;
		struct buf good;

		bridge_token_reader_init(&reader);
		bridge_token_reader_feed(&reader, cases[i].octets);
		if (bridge_token_reader_next(&reader, &frame) != ST_SYNTAX)
			fail_msg("%s was taken", cases[i].name);
		fill(&good);
		if (bridge_token_reader_feed(&reader, buf_bytes(&good)) != 0 ||
		    bridge_token_reader_next(&reader, &frame) != ST_SYNTAX)
			fail_msg("%s: what came behind it was believed", cases[i].name);
		buf_fini(&good);
	}
}

static void
test_the_largest_token_fits(void **state)
{
	static uint8_t octets[SECRET_SIZE_MAX + 1];
	struct bridge_token_frame frame = {.kind = BRIDGE_TOKEN_FRAME_TOKEN, .life_s = 1};
	struct bridge_token_reader reader;
	struct buf out;

	(void)state;
	memset(octets, 'x', sizeof(octets));
	buf_init(&out, 65536);
	frame.token = bytes_of(octets, sizeof(octets));
	assert_int_equal(bridge_token_frame_encode(&frame, &out), ST_SYNTAX);
	assert_int_equal(buf_bytes(&out).size, 0);
	frame.token.size--;
	add(&out, frame);
	bridge_token_reader_init(&reader);
	assert_int_equal(
	    bridge_token_reader_feed(&reader, buf_bytes(&out)), BRIDGE_TOKEN_FRAME_SIZE_MAX);
	assert_int_equal(bridge_token_reader_next(&reader, &frame), ST_OK);
	assert_int_equal(frame.token.size, SECRET_SIZE_MAX);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_frames_come_back_however_they_are_cut),
	    cmocka_unit_test(test_a_read_token_does_not_stay_in_memory),
	    cmocka_unit_test(test_what_is_wrong_breaks_the_reader_for_good),
	    cmocka_unit_test(test_the_largest_token_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
