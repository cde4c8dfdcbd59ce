/* SPDX-License-Identifier: Apache-2.0 */
#include "play.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/prng.h"
#include "describe.h"
#include "submit.h"

enum {
	LOG_SIZE_MAX = 1 << 24,
	CUTS_TRIED_MAX = 4096
};

static void
be_wrong(struct play *play, int line, const char *what)
{
	if (play->wrong != NULL)
		return;
	play->wrong = what;
	play->line = line;
}

static void
take_events(struct play *play)
{
	struct imap_event event;

	while (imap_session_next(play->session, &event) == ST_OK) {
		bool is_data = event.kind == IMAP_EVENT_BODY_DATA;

		/* Slices of one body in a row are one, however they were cut. */
		if (is_data && play->is_in_data) {
			buf_truncate(&play->events, play->events.size - 2);
			describe_inside(&play->events, event.body.data);
			describe_print(&play->events, "\"");
		} else {
			describe_event(&play->events, play->session, &event);
		}
		play->is_in_data = is_data;
		describe_print(&play->events, "\n");
	}
}

static void
take_output(struct play *play)
{
	for (;;) {
		struct bytes octets = imap_session_output(play->session);

		if (octets.size == 0)
			return;
		/* In parts, so that a piece is also left half sent. */
		octets = bytes_first(octets, octets.size > 3 ? octets.size / 2 : octets.size);
		describe_append(&play->sent, octets);
		imap_session_sent(play->session, octets.size, play->now);
	}
}

static void
feed_block(struct play *play, struct bytes octets)
{
	while (octets.size > 0 && !fault_is_set(&play->fault)) {
		uint8_t *block = malloc(octets.size);
		size_t used = 0;
		enum status status;

		CHECK(block != NULL);
		memcpy(block, octets.data, octets.size);
		status = imap_session_feed(play->session, bytes_of(block, octets.size),
		    play->now, &used, &play->fault);
		take_events(play);
		free(block);
		if (status != ST_OK)
			return;
		CHECK(used > 0 && used <= octets.size);
		octets = bytes_skip(octets, used);
	}
}

/* How many octets may be fed before the next cut. */
static size_t
until_cut(const struct play *play)
{
	size_t next = SIZE_MAX;

	if (play->cut_count == SIZE_MAX)
		return 1;
	for (size_t i = 0; i < play->cut_count; i++) {
		if (play->cuts[i] > play->fed && play->cuts[i] < next)
			next = play->cuts[i];
	}
	return next == SIZE_MAX ? SIZE_MAX : next - play->fed;
}

static void
end_here(struct play *play, int line)
{
	enum status status = imap_session_end(play->session, &play->fault);

	play->is_ended = true;
	if (status != ST_OK && (!fault_is_set(&play->fault) || play->fault.text[0] == 0))
		be_wrong(play, line, "the end was a fault without a text");
	if (status != ST_OK && play->fault.status != status)
		be_wrong(play, line, "the end and its fault differ");
}

static void
feed(struct play *play, struct bytes octets, int line)
{
	while (octets.size > 0) {
		struct bytes part = bytes_first(octets, until_cut(play));

		if (play->end_at != SIZE_MAX)
			part = bytes_first(part, play->end_at - play->fed);
		feed_block(play, part);
		play->fed += part.size;
		octets = bytes_skip(octets, part.size);
		if (play->fed == play->end_at) {
			end_here(play, line);
			return;
		}
	}
}

/* All server steps up to the client's next act, as one stream. */
static size_t
play_server(struct play *play, size_t at)
{
	const struct script *script = play->script;
	struct buf stream;
	size_t end = at;

	if (play->sent.size > 0)
		be_wrong(play, script->steps[at].line, "the client had sent something else");
	buf_init(&stream, LOG_SIZE_MAX);
	for (; end < script->count; end++) {
		const struct step *step = &script->steps[end];

		if (step->kind == STEP_SERVER)
			describe_append(&stream, buf_bytes(&step->text));
		else if (step->kind != STEP_EVENT)
			break;
	}
	feed(play, buf_bytes(&stream), script->steps[at].line);
	buf_fini(&stream);
	if (!play->is_ended)
		take_output(play);
	for (; at < end && !play->is_ended; at++) {
		const struct step *step = &script->steps[at];

		if (step->kind != STEP_EVENT)
			continue;
		if (!bytes_start_with(buf_bytes(&play->events), buf_bytes(&step->text)))
			be_wrong(play, step->line, "another event came");
		else
			buf_consume(&play->events, step->text.size);
	}
	if (play->events.size > 0 && !play->is_ended)
		be_wrong(play, script->steps[end - 1].line, "an event too many came");
	play->is_in_data = false;
	return end - 1;
}

static void
play_command(struct play *play, const struct step *step)
{
	struct bytes text = buf_bytes(&step->text);
	enum status expected = ST_OK;
	enum status status;

	for (int i = ST_AGAIN; i < ST_COUNT; i++) {
		struct bytes name = bytes_of_string(status_name((enum status)i));
		size_t tail = name.size + 3;

		if (text.size > tail &&
		    bytes_equal(bytes_skip(text, text.size - name.size), name) &&
		    bytes_equal(
			bytes_first(bytes_skip(text, text.size - tail), 3), BYTES(" = "))) {
			expected = (enum status)i;
			text.size -= tail;
			break;
		}
	}
	status = submit(play->session, text, play->now);
	if (status == ST_COUNT)
		be_wrong(play, step->line, "no such command");
	else if (status != expected)
		be_wrong(play, step->line, status_name(status));
	take_output(play);
}

static void
play_fault(struct play *play, const struct step *step)
{
	struct bytes text = buf_bytes(&step->text);
	size_t space = bytes_find(text, ' ', 0);
	struct bytes said = bytes_of_string(play->fault.text);
	struct bytes fragment = bytes_skip(text, space + 1);

	if (!fault_is_set(&play->fault))
		be_wrong(play, step->line, "no fault came");
	else if (!bytes_equal(bytes_first(text, space),
		     bytes_of_string(status_name(play->fault.status))))
		be_wrong(play, step->line, "another kind of fault came");
	else if (fragment.size > 0 &&
	    memmem(said.data, said.size, fragment.data, fragment.size) == NULL)
		be_wrong(play, step->line, "another sentence came");
	play->fault = (struct fault){0};
}

static enum status
status_of(struct bytes name)
{
	for (int i = 0; i < ST_COUNT; i++) {
		if (bytes_equal(name, bytes_of_string(status_name((enum status)i))))
			return (enum status)i;
	}
	return ST_COUNT;
}

static void
open_session(struct play *play)
{
	struct imap_limits limits = imap_limits_default();

	CHECK(imap_session_new(&limits, play->now, &play->session) == ST_OK);
	imap_session_trace(play->session, &play->trace);
}

static void
play_world(struct play *play, const struct step *step)
{
	struct bytes text = buf_bytes(&step->text);
	size_t space = bytes_find(text, ' ', 0);
	struct bytes verb = bytes_first(text, space);
	struct bytes rest = bytes_skip(text, space + 1);
	uint64_t number = 0;

	if (bytes_equal(verb, BYTES("end"))) {
		struct fault fault = {0};

		if (imap_session_end(play->session, &fault) != status_of(rest))
			be_wrong(play, step->line, "the end was another");
	} else if (bytes_equal(verb, BYTES("tls"))) {
		struct fault fault = {0};

		if (imap_session_tls_started(play->session, &fault) != status_of(rest))
			be_wrong(play, step->line, "TLS started otherwise");
		take_output(play);
	} else if (bytes_equal(verb, BYTES("new"))) {
		imap_session_free(&play->session);
		open_session(play);
	} else if (bytes_equal(verb, BYTES("off"))) {
		imap_session_switch_off(play->session, imap_capability_find(rest));
	} else if (bytes_equal(verb, BYTES("room")) &&
	    bytes_number(rest, UINT64_MAX, &number) == ST_OK) {
		if (imap_session_literal_room(play->session) != number)
			be_wrong(
			    play, step->line, "another number of literal octets may leave");
	} else if (bytes_equal(verb, BYTES("family"))) {
		const char *name = imap_family_name(imap_session_family(play->session));

		if (!bytes_equal(rest, bytes_of_string(name)))
			be_wrong(play, step->line, "the server is of another family");
	} else if (bytes_equal(verb, BYTES("knows"))) {
		bool knows = imap_session_knows_capabilities(play->session);

		if (!bytes_equal(rest, knows ? BYTES("yes") : BYTES("no")))
			be_wrong(play, step->line, "capabilities are known otherwise");
	} else {
		be_wrong(play, step->line, "no such act of the world");
	}
}

static void
play_client(struct play *play, const struct step *step)
{
	struct bytes text = buf_bytes(&step->text);

	if (!bytes_start_with(buf_bytes(&play->sent), text))
		be_wrong(play, step->line, "the client sent something else");
	else
		buf_consume(&play->sent, text.size);
}

/* The trace holds each T: line as a line, in their order. */
static void
check_trace(struct play *play)
{
	struct bytes rest = buf_bytes(&play->trace);

	for (size_t i = 0; i < play->script->count; i++) {
		const struct step *step = &play->script->steps[i];
		bool is_found = false;

		if (step->kind != STEP_TRACE)
			continue;
		while (rest.size > 0 && !is_found) {
			size_t end = bytes_find(rest, '\n', 0);

			is_found = bytes_equal(bytes_first(rest, end), buf_bytes(&step->text));
			rest = bytes_skip(rest, end + 1);
		}
		if (!is_found)
			be_wrong(play, step->line, "the trace does not hold this line here");
	}
}

static void
play_steps(struct play *play)
{
	const struct script *script = play->script;

	for (size_t i = 0; i < script->count && play->wrong == NULL && !play->is_ended; i++) {
		const struct step *step = &script->steps[i];

		play->now.us += 1000;
		switch (step->kind) {
		case STEP_SERVER:
			i = play_server(play, i);
			break;
		case STEP_CLIENT:
			play_client(play, step);
			break;
		case STEP_COMMAND:
			play_command(play, step);
			break;
		case STEP_EVENT:
			be_wrong(play, step->line, "no server octets before this event");
			break;
		case STEP_FAULT:
			play_fault(play, step);
			break;
		case STEP_WORLD:
			play_world(play, step);
			break;
		case STEP_TRACE:
			break;
		}
	}
	if (play->is_ended || play->wrong != NULL)
		return;
	if (fault_is_set(&play->fault))
		be_wrong(play, script->steps[script->count - 1].line, "a fault came");
	if (play->sent.size > 0)
		be_wrong(play, script->steps[script->count - 1].line, "the client sent more");
	check_trace(play);
}

static void
report(const struct play *play)
{
	struct bytes events = buf_bytes(&play->events);
	struct bytes sent = buf_bytes(&play->sent);

	printf("%s:%d: %s (%s", play->script->path, play->line, play->wrong, play->mode);
	if (play->cut_count > 0 && play->cut_count != SIZE_MAX)
		printf(", first cut at %zu", play->cuts[0]);
	printf(")\n  events left: %.*s\n  sent: %.*s\n  fault: %s\n", (int)events.size,
	    (const char *)events.data, (int)sent.size, (const char *)sent.data,
	    play->fault.text);
}

bool
play_run(struct play *play)
{
	buf_init(&play->events, LOG_SIZE_MAX);
	buf_init(&play->sent, LOG_SIZE_MAX);
	buf_init(&play->trace, LOG_SIZE_MAX);
	play->now = (struct tick){1000000};
	open_session(play);
	play_steps(play);
	if (play->wrong != NULL && !play->is_quiet)
		report(play);
	imap_session_free(&play->session);
	buf_fini(&play->trace);
	buf_fini(&play->sent);
	buf_fini(&play->events);
	return play->wrong == NULL;
}

struct play
play_of(const struct script *script, const char *mode)
{
	return (struct play){.script = script, .mode = mode, .end_at = SIZE_MAX};
}

static bool
run_cut_in_two(const struct script *script, size_t position)
{
	struct play play = play_of(script, "cut in two");

	play.cut_count = 1;
	play.cuts[0] = position;
	return play_run(&play);
}

static bool
run_ended(const struct script *script, size_t position)
{
	struct play play = play_of(script, "ended");

	play.end_at = position;
	return play_run(&play);
}

static bool
run_random(const struct script *script, uint64_t seed)
{
	struct play play = play_of(script, "random cuts");
	struct prng prng;

	prng_init(&prng, seed);
	play.cut_count = (size_t)prng_below(&prng, CUTS_MAX) + 1;
	for (size_t i = 0; i < play.cut_count; i++)
		play.cuts[i] = (size_t)prng_below(&prng, script->server_size) + 1;
	return play_run(&play);
}

bool
play_all(const struct script *script)
{
	struct play whole = play_of(script, "whole");
	struct play single = play_of(script, "octet by octet");
	size_t positions = script->server_size;
	bool is_long = positions > CUTS_TRIED_MAX;
	struct prng prng;
	bool is_well;

	single.cut_count = SIZE_MAX;
	is_well = play_run(&whole) && play_run(&single);
	prng_init(&prng, 1);
	if (is_long)
		positions = 1000;
	for (size_t i = 1; i <= positions && is_well; i++) {
		size_t position =
		    is_long ? (size_t)prng_below(&prng, script->server_size) + 1 : i;

		is_well = run_cut_in_two(script, position) && run_ended(script, position);
	}
	for (uint64_t seed = 1; seed <= 100 && is_well; seed++)
		is_well = run_random(script, seed);
	return is_well;
}
