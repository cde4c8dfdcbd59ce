/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "net/fiber.h"
#include "net/link.h"
#include "net/world.h"
#include "sim/world.h"

enum {
	BIG_SIZE = 1000000,
	LINE_MAX_SIZE = 4096
};

static const struct tick the_end = {INT64_C(3600) * 1000000};

/* --- A machine: says hello, repeats each line in brackets, ends at "quit". --- */

struct parrot {
	struct buf input;
	struct buf output;
	size_t big; /* octets of 'x' still to come */
	enum sim_wish wish;
	struct buf *heard; /* all that was fed */
	bool *was_freed;
	unsigned *eof_count;
};

/* What a test sees of its parrots. */
struct cage {
	struct buf heard;
	bool was_freed;
	unsigned eof_count;
};

static void
parrot_line(struct parrot *parrot, struct bytes line)
{
	if (bytes_equal(line, BYTES("quit"))) {
		parrot->wish = SIM_SHUT;
		CHECK(buf_append(&parrot->output, BYTES("bye\n")) == ST_OK);
	} else if (bytes_equal(line, BYTES("crash"))) {
		parrot->wish = SIM_RESET;
	} else if (bytes_equal(line, BYTES("tls"))) {
		parrot->wish = SIM_START_TLS;
		CHECK(buf_append(&parrot->output, BYTES("go\n")) == ST_OK);
	} else if (bytes_equal(line, BYTES("big"))) {
		parrot->big = BIG_SIZE;
	} else {
		CHECK(buf_append(&parrot->output, BYTES("[")) == ST_OK);
		CHECK(buf_append(&parrot->output, line) == ST_OK);
		CHECK(buf_append(&parrot->output, BYTES("]\n")) == ST_OK);
	}
}

static void
parrot_feed(void *machine, struct bytes input, struct tick now, size_t *used_out)
{
	struct parrot *parrot = machine;

	(void)now;
	CHECK(buf_append(&parrot->input, input) == ST_OK);
	CHECK(buf_append(parrot->heard, input) == ST_OK);
	for (;;) {
		struct bytes all = buf_bytes(&parrot->input);
		size_t end = bytes_find(all, '\n', 0);

		if (end == all.size)
			break;
		parrot_line(parrot, bytes_first(all, end));
		buf_consume(&parrot->input, end + 1);
	}
	*used_out = input.size;
}

static struct bytes
parrot_output(void *machine, struct tick now)
{
	static const char xs[] =
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	struct parrot *parrot = machine;
	struct bytes output = buf_bytes(&parrot->output);

	(void)now;
	if (output.size > 0 || parrot->big == 0)
		return output;
	return bytes_of(xs, parrot->big < sizeof(xs) - 1 ? parrot->big : sizeof(xs) - 1);
}

static void
parrot_sent(void *machine, size_t size, struct tick now)
{
	struct parrot *parrot = machine;

	(void)now;
	if (parrot->output.size > 0)
		buf_consume(&parrot->output, size);
	else
		parrot->big -= size;
}

static struct tick
parrot_deadline(const void *machine)
{
	(void)machine;
	return TICK_NEVER;
}

static void
parrot_eof(void *machine, struct tick now)
{
	(void)now;
	++*((struct parrot *)machine)->eof_count;
}

static enum sim_wish
parrot_wish(const void *machine)
{
	return ((const struct parrot *)machine)->wish;
}

static void
parrot_tls_started(void *machine, struct tick now)
{
	struct parrot *parrot = machine;

	(void)now;
	parrot->wish = SIM_STAY_OPEN;
	CHECK(buf_append(&parrot->output, BYTES("safe\n")) == ST_OK);
}

static void
parrot_free(void *machine)
{
	struct parrot *parrot = machine;

	*parrot->was_freed = true;
	buf_fini(&parrot->input);
	buf_fini(&parrot->output);
	mem_give(parrot);
}

static const struct sim_machine_ops parrot_ops = {
    .feed = parrot_feed,
    .output = parrot_output,
    .sent = parrot_sent,
    .deadline = parrot_deadline,
    .eof = parrot_eof,
    .wish = parrot_wish,
    .tls_started = parrot_tls_started,
    .free = parrot_free,
};

static void *
parrot_accept(void *context, struct tick now)
{
	struct cage *cage = context;
	struct parrot *parrot = mem_take(sizeof(*parrot));

	(void)now;
	CHECK(parrot != NULL);
	*parrot = (struct parrot){.heard = &cage->heard,
	    .was_freed = &cage->was_freed,
	    .eof_count = &cage->eof_count};
	buf_init(&parrot->input, LINE_MAX_SIZE + BIG_SIZE);
	buf_init(&parrot->output, LINE_MAX_SIZE + BIG_SIZE);
	CHECK(buf_append(&parrot->output, BYTES("hello\n")) == ST_OK);
	return parrot;
}

/* --- The client. --- */

struct scene {
	struct sim *sim;
	struct cage cage;
	struct link_target target;
	const char *say;
	struct buf got; /* all that was received, in order */
	enum link_state state;
	enum fiber_wake wake;
	bool is_truncated;
	bool is_abrupt;
	char fault[FAULT_TEXT_SIZE];
};

static void
scene_init(struct scene *scene, uint64_t seed, size_t piece_max)
{
	struct sim_service service = {
	    .host = "parrot.example",
	    .port = 143,
	    .network = {.latency_min_us = 500, .latency_max_us = 2000, .piece_max = piece_max},
	    .ops = &parrot_ops,
	    .accept = parrot_accept,
	    .context = &scene->cage,
	};

	*scene = (struct scene){.sim = sim_new(seed),
	    .target = {.host = "parrot.example",
		.port = 143,
		.connect_timeout_us = 5000000,
		.handshake_timeout_us = 5000000},
	    .say = "one\ntwo\nquit\n"};
	buf_init(&scene->got, 2 * BIG_SIZE);
	buf_init(&scene->cage.heard, BIG_SIZE);
	sim_serve(scene->sim, &service);
	service.port = 993;
	service.is_tls = true;
	sim_serve(scene->sim, &service);
}

static void
scene_fini(struct scene *scene)
{
	sim_free(&scene->sim);
	buf_fini(&scene->got);
	buf_fini(&scene->cage.heard);
	fiber_pool_drain();
}

static enum fiber_wake
wait_for(struct link *link, int64_t delay_us)
{
	struct fiber_source *source = link_source(link);

	return fiber_wait(&source, 1, tick_after(world_now(fiber_world_self()), delay_us));
}

/* Says all its lines at once and listens until the end. */
static void
converse(void *argument)
{
	struct scene *scene = argument;
	struct fault fault = {0};
	struct link *link = NULL;
	struct bytes left = bytes_of_string(scene->say);

	CHECK(link_dial(fiber_world_self(), &scene->target, &link, &fault) == ST_OK);
	for (;;) {
		struct bytes input = link_input(link);

		CHECK(input.size <= LINK_INPUT_SIZE_MAX);
		CHECK(buf_append(&scene->got, input) == ST_OK);
		link_consume(link, input.size);
		left = bytes_skip(left, link_write(link, left));
		if (link_state(link) > LINK_OPEN && link_input(link).size == 0)
			break;
		scene->wake = wait_for(link, 10000000);
		if (scene->wake != FIBER_SIGNALED)
			break;
	}
	scene->state = link_state(link);
	scene->is_truncated = link_is_truncated(link);
	snprintf(scene->fault, sizeof(scene->fault), "%s", link_fault(link)->text);
	link_close(&link, scene->is_abrupt);
}

static void
run(struct scene *scene, fiber_fn story)
{
	struct fiber *fiber;

	CHECK(fiber_new(sim_world(scene->sim), "client", story, scene, NULL, &fiber) == ST_OK);
	assert_int_equal(sim_run(scene->sim, the_end), ST_OK);
	sim_settle(scene->sim, the_end);
}

#define WHOLE_SAY "one\ntwo\nquit\n"
#define WHOLE_GOT "hello\n[one]\n[two]\nbye\n"

static void
test_a_dialogue_is_the_same_whatever_its_pieces(void **state)
{
	static const size_t pieces[] = {0, 1, 2, 3, 7};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct scene scene;

		scene_init(&scene, i, pieces[i]);
		run(&scene, converse);
		assert_true(bytes_equal(buf_bytes(&scene.got), BYTES(WHOLE_GOT)));
		assert_true(bytes_equal(buf_bytes(&scene.cage.heard), BYTES(WHOLE_SAY)));
		assert_int_equal(scene.state, LINK_SHUT);
		assert_int_equal(scene.cage.eof_count, 1);
		assert_true(scene.cage.was_freed);
		scene_fini(&scene);
	}
}

/* --- The same seed, the same trace. --- */

static void
chat(void *argument)
{
	struct scene *scene = argument;
	struct world *world = fiber_world_self();
	struct fault fault = {0};
	struct link *link = NULL;

	CHECK(link_dial(world, &scene->target, &link, &fault) == ST_OK);
	for (int i = 0; i < 30; i++) {
		enum fiber_wake wake =
		    wait_for(link, 100 + (int64_t)(world->ops->random(world) % 5000));

		sim_note(scene->sim, wake + 10 * link_input(link).size);
		link_consume(link, link_input(link).size / 2);
		link_write(link, BYTES("chatter\n"));
	}
	link_close(&link, world->ops->random(world) % 2 == 0);
}

static uint64_t
hash_of(uint64_t seed)
{
	struct fiber *fiber;
	struct scene scene;
	uint64_t hash;

	scene_init(&scene, seed, 5);
	for (int i = 0; i < 20; i++)
		CHECK(fiber_new(sim_world(scene.sim), "chat", chat, &scene, NULL, &fiber) ==
		    ST_OK);
	assert_int_equal(sim_run(scene.sim, the_end), ST_OK);
	sim_settle(scene.sim, the_end);
	assert_int_equal(sim_connection_count(scene.sim), 20);
	hash = sim_hash(scene.sim);
	scene_fini(&scene);
	return hash;
}

static void
test_the_same_seed_gives_the_same_trace(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		assert_true(hash_of(seed) == hash_of(seed));
		assert_true(hash_of(seed) != hash_of(seed + 1));
	}
}

/* --- Cuts. --- */

static bool
is_prefix(const struct buf *part, struct bytes whole)
{
	return bytes_start_with(whole, buf_bytes(part));
}

static void
check_cut(const struct scene *scene, const struct sim_cut *cut)
{
	const struct buf *counted = cut->is_to_server ? &scene->cage.heard : &scene->got;
	enum link_state expected = cut->kind == SIM_RESET ? LINK_FAILED : LINK_SHUT;

	if (counted->size != cut->octet || !is_prefix(&scene->got, BYTES(WHOLE_GOT)) ||
	    !is_prefix(&scene->cage.heard, BYTES(WHOLE_SAY)))
		fail_msg("kind %d at octet %u %s the server: got %zu, heard %zu", cut->kind,
		    (unsigned)cut->octet, cut->is_to_server ? "to" : "from", scene->got.size,
		    scene->cage.heard.size);
	if (cut->kind == SIM_STALL) {
		assert_int_equal(scene->state, LINK_OPEN);
		assert_int_equal(scene->wake, FIBER_TIMEOUT);
		assert_int_equal(scene->cage.eof_count, 0);
		return;
	}
	assert_int_equal(scene->state, expected);
	assert_int_equal(scene->is_truncated, cut->kind == SIM_DROP);
	assert_int_equal(scene->cage.eof_count, 1);
	assert_true(scene->cage.was_freed);
}

static void
run_cut(const struct sim_cut *cut)
{
	struct scene scene;

	scene_init(&scene, 77 + cut->octet, 4);
	/* Over TLS, so that an end without farewell can be told. */
	scene.target.port = 993;
	scene.target.security = LINK_TLS;
	sim_cut_at(scene.sim, cut);
	run(&scene, converse);
	check_cut(&scene, cut);
	scene_fini(&scene);
}

static void
test_a_cut_at_any_octet_leaves_prefixes_and_a_clear_end(void **state)
{
	(void)state;
	for (enum sim_wish kind = SIM_SHUT; kind <= SIM_STALL; kind++) {
		for (uint64_t octet = 1; octet < sizeof(WHOLE_SAY) - 1; octet++)
			run_cut(&(struct sim_cut){1, true, octet, kind});
		for (uint64_t octet = 1; octet < sizeof(WHOLE_GOT) - 1; octet++)
			run_cut(&(struct sim_cut){1, false, octet, kind});
	}
}

static void
test_a_cut_before_the_first_octet_breaks_the_handshake(void **state)
{
	struct sim_cut cut = {1, true, 0, SIM_RESET};
	struct scene scene;

	(void)state;
	scene_init(&scene, 1, 0);
	scene.target.port = 993;
	scene.target.security = LINK_TLS;
	sim_cut_at(scene.sim, &cut);
	run(&scene, converse);
	assert_int_equal(scene.state, LINK_FAILED);
	assert_string_equal(scene.fault, "parrot.example:993 broke the connection.");
	scene_fini(&scene);

	cut.kind = SIM_STALL;
	scene_init(&scene, 1, 0);
	scene.target.port = 993;
	scene.target.security = LINK_TLS;
	sim_cut_at(scene.sim, &cut);
	run(&scene, converse);
	assert_int_equal(scene.state, LINK_FAILED);
	assert_string_equal(scene.fault,
	    "parrot.example:993 was connected but did not finish the TLS handshake.");
	assert_true(sim_now(scene.sim).us >= 5000000);
	scene_fini(&scene);
}

static void
test_a_machine_that_resets_loses_what_is_under_way(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct scene scene;

		scene_init(&scene, seed, 3);
		scene.say = "one\ncrash\nnever heard\n";
		run(&scene, converse);
		assert_int_equal(scene.state, LINK_FAILED);
		assert_string_equal(scene.fault, "parrot.example:143 broke the connection.");
		assert_true(is_prefix(&scene.cage.heard, BYTES("one\ncrash\nnever heard\n")));
		assert_true(is_prefix(&scene.got, BYTES("hello\n[one]\n")));
		assert_int_equal(scene.cage.eof_count, 1);
		scene_fini(&scene);
	}
}

static void
say_and_vanish(void *argument)
{
	struct scene *scene = argument;
	struct fault fault = {0};
	struct link *link = NULL;

	CHECK(link_dial(fiber_world_self(), &scene->target, &link, &fault) == ST_OK);
	while (link_state(link) == LINK_CONNECTING)
		CHECK(wait_for(link, 1000000) == FIBER_SIGNALED);
	CHECK(link_write(link, BYTES("never whole\n")) == 12);
	/* Long enough to be under way, too short to have arrived. */
	CHECK(fiber_wait(NULL, 0, tick_after(world_now(fiber_world_self()), 100)) ==
	    FIBER_TIMEOUT);
	link_close(&link, scene->is_abrupt);
}

static void
test_of_what_is_under_way_an_abrupt_close_keeps_any_part(void **state)
{
	unsigned sizes = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct scene scene;

		scene_init(&scene, seed, 3);
		scene.is_abrupt = true;
		run(&scene, say_and_vanish);
		assert_true(is_prefix(&scene.cage.heard, BYTES("never whole\n")));
		assert_int_equal(scene.cage.eof_count, 1);
		assert_true(scene.cage.was_freed);
		sizes |= 1u << scene.cage.heard.size;
		scene_fini(&scene);
	}
	/* Each size from 0 to 12 was seen. */
	assert_int_equal(sizes, 0x1fff);
}

static void
test_an_orderly_close_keeps_all_that_is_under_way(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, 1, 3);
	run(&scene, say_and_vanish);
	assert_int_equal(scene.cage.heard.size, 12);
	assert_true(scene.cage.was_freed);
	scene_fini(&scene);
}

/* --- Volume. --- */

static void
eat_slowly(void *argument)
{
	struct scene *scene = argument;
	struct fault fault = {0};
	struct link *link = NULL;
	bool was_full = false;

	CHECK(link_dial(fiber_world_self(), &scene->target, &link, &fault) == ST_OK);
	while (link_state(link) == LINK_CONNECTING)
		CHECK(wait_for(link, 1000000) == FIBER_SIGNALED);
	CHECK(link_write(link, BYTES("big\nquit\n")) == 9);
	while (link_state(link) == LINK_OPEN || link_input(link).size > 0) {
		struct bytes input;

		/* Only now and then, so that the input fills and pauses. */
		CHECK(fiber_wait(NULL, 0, tick_after(world_now(fiber_world_self()), 20000)) ==
		    FIBER_TIMEOUT);
		input = link_input(link);
		was_full |= input.size == LINK_INPUT_SIZE_MAX;
		input = bytes_first(input, 50000);
		CHECK(buf_append(&scene->got, input) == ST_OK);
		link_consume(link, input.size);
	}
	CHECK(was_full);
	scene->state = link_state(link);
	link_close(&link, false);
}

static void
test_a_slow_reader_gets_everything(void **state)
{
	struct scene scene;
	struct bytes got;

	(void)state;
	scene_init(&scene, 5, 0);
	run(&scene, eat_slowly);
	got = buf_bytes(&scene.got);
	assert_int_equal(got.size, 6 + BIG_SIZE + 4);
	assert_int_equal(got.data[6], 'b');
	assert_int_equal(got.data[10], 'x');
	assert_int_equal(got.data[got.size - 1], 'x');
	assert_int_equal(scene.state, LINK_SHUT);
	scene_fini(&scene);
}

static void
test_bandwidth_takes_its_time(void **state)
{
	struct scene scene;
	struct sim_service service = {
	    .host = "slow.example",
	    .port = 143,
	    .network = {.latency_min_us = 100,
		.latency_max_us = 100,
		.octets_per_second = 500000,
		.piece_max = 10000},
	    .ops = &parrot_ops,
	    .accept = parrot_accept,
	};

	(void)state;
	scene_init(&scene, 5, 0);
	service.context = &scene.cage;
	sim_serve(scene.sim, &service);
	scene.target.host = "slow.example";
	scene.say = "big\nquit\n";
	run(&scene, converse);
	assert_int_equal(scene.got.size, 6 + BIG_SIZE + 4);
	/* A megabyte at half a megabyte a second. */
	assert_in_range(sim_now(scene.sim).us, 2900000, 3300000);
	scene_fini(&scene);
}

/* --- Dialling and TLS. --- */

static void
test_nobody_at_a_port_refuses(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, 1, 0);
	scene.target.port = 110;
	run(&scene, converse);
	assert_int_equal(scene.state, LINK_FAILED);
	assert_string_equal(
	    scene.fault, "parrot.example:110 refused the connection: nothing listens there.");
	scene_fini(&scene);
}

static void
dial_nowhere(void *argument)
{
	struct scene *scene = argument;
	struct fault fault = {0};
	struct link *link = NULL;

	scene->target.host = "nowhere.example";
	CHECK(link_dial(fiber_world_self(), &scene->target, &link, &fault) == ST_IO);
	CHECK(link == NULL);
	snprintf(scene->fault, sizeof(scene->fault), "%s", fault.text);
}

static void
test_an_unknown_host_fails_at_once(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, 1, 0);
	run(&scene, dial_nowhere);
	assert_string_equal(scene.fault,
	    "The host of nowhere.example:143 is not known: its name has no address.");
	scene_fini(&scene);
}

static void
test_tls_on_a_clear_port_is_told(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, 1, 0);
	scene.target.security = LINK_TLS;
	run(&scene, converse);
	assert_int_equal(scene.state, LINK_FAILED);
	assert_string_equal(scene.fault,
	    "parrot.example:143 does not speak TLS; perhaps it is the port for STARTTLS.");
	scene_fini(&scene);
}

static void
await(struct link *link, struct bytes expected)
{
	while (link_input(link).size < expected.size)
		CHECK(wait_for(link, 1000000) == FIBER_SIGNALED);
	CHECK(bytes_equal(link_input(link), expected));
	link_consume(link, expected.size);
}

static void
upgrade(void *argument)
{
	struct scene *scene = argument;
	struct fault fault = {0};
	struct link *link = NULL;

	CHECK(link_dial(fiber_world_self(), &scene->target, &link, &fault) == ST_OK);
	await(link, BYTES("hello\n"));
	CHECK(link_write(link, BYTES("tls\n")) == 4);
	await(link, BYTES("go\n"));
	CHECK(link_start_tls(link, &fault) == ST_OK);
	CHECK(link_state(link) == LINK_CONNECTING);
	await(link, BYTES("safe\n"));
	CHECK(strcmp(link_security_text(link), "simulated TLS") == 0);
	CHECK(link_write(link, BYTES("quit\n")) == 5);
	await(link, BYTES("bye\n"));
	scene->state = link_state(link);
	link_close(&link, false);
}

static void
test_a_connection_becomes_tls(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, 1, 2);
	run(&scene, upgrade);
	assert_int_not_equal(scene.state, LINK_FAILED);
	assert_true(bytes_equal(buf_bytes(&scene.cage.heard), BYTES("tls\nquit\n")));
	scene_fini(&scene);
}

/* --- The clock. --- */

static void
wait_for_nothing(void *argument)
{
	struct fiber_source source = {0};
	struct fiber_source *sources[] = {&source};

	*(enum fiber_wake *)argument = fiber_wait(sources, 1, TICK_NEVER);
}

static void
sleep_for_a_day(void *argument)
{
	*(enum fiber_wake *)argument = fiber_wait(
	    NULL, 0, tick_after(world_now(fiber_world_self()), INT64_C(86400000000)));
}

static void
test_a_world_that_stands_still_is_reported(void **state)
{
	enum fiber_wake wake = FIBER_SIGNALED;
	struct fiber *fiber;
	struct sim *sim = sim_new(1);

	(void)state;
	CHECK(
	    fiber_new(sim_world(sim), "stuck", wait_for_nothing, &wake, NULL, &fiber) == ST_OK);
	assert_int_equal(sim_run(sim, the_end), ST_CONFLICT);
	fiber_cancel(fiber);
	assert_int_equal(sim_run(sim, the_end), ST_OK);
	assert_int_equal(wake, FIBER_CANCELED);

	CHECK(fiber_new(sim_world(sim), "long", sleep_for_a_day, &wake, NULL, &fiber) == ST_OK);
	assert_int_equal(sim_run(sim, the_end), ST_TIMEOUT);
	fiber_cancel(fiber);
	assert_int_equal(sim_run(sim, the_end), ST_OK);
	sim_free(&sim);
	fiber_pool_drain();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_dialogue_is_the_same_whatever_its_pieces),
	    cmocka_unit_test(test_the_same_seed_gives_the_same_trace),
	    cmocka_unit_test(test_a_cut_at_any_octet_leaves_prefixes_and_a_clear_end),
	    cmocka_unit_test(test_a_cut_before_the_first_octet_breaks_the_handshake),
	    cmocka_unit_test(test_a_machine_that_resets_loses_what_is_under_way),
	    cmocka_unit_test(test_of_what_is_under_way_an_abrupt_close_keeps_any_part),
	    cmocka_unit_test(test_an_orderly_close_keeps_all_that_is_under_way),
	    cmocka_unit_test(test_a_slow_reader_gets_everything),
	    cmocka_unit_test(test_bandwidth_takes_its_time),
	    cmocka_unit_test(test_nobody_at_a_port_refuses),
	    cmocka_unit_test(test_an_unknown_host_fails_at_once),
	    cmocka_unit_test(test_tls_on_a_clear_port_is_told),
	    cmocka_unit_test(test_a_connection_becomes_tls),
	    cmocka_unit_test(test_a_world_that_stands_still_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
