/* SPDX-License-Identifier: Apache-2.0
 *
 * How long a peer may take. While a command is open, three things are asked of it:
 *
 *   not to be silent     an octet at least every silence_us.
 *   to let us in         the greeting, and each step until the log-in is granted, within
 *                        hello_us, whatever it says meanwhile.
 *   to get on            behind the log-in, a completion or PROGRESS_BYTES of what was asked
 *                        for within slow_us. One octet a second is not silence, and "* OK
 *                        Still here" is no answer.
 *
 * `step` is when the peer got on last; `moved_bytes` is what came since.
 */
#include "wire/imap/session_state.h"

enum {
	PROGRESS_BYTES = 4096,
	LINE_BYTES = 32, /* what a response of one line counts, however long it is */
};

static void
get_on(struct imap_session *session, uint64_t size, struct tick now)
{
	session->moved_bytes += size;
	if (session->moved_bytes < PROGRESS_BYTES)
		return;
	session->moved_bytes = 0;
	session->step = now;
}

void
imap_session_hear(struct imap_session *session, struct tick now)
{
	/* Had we been listening, the silence would have ended it: its owner did not read. */
	if (tick_is_before(tick_after(session->heard, session->limits.silence_us), now))
		session->step = now;
	session->heard = now;
}

/* What an event says of it. Flags that nobody asked for come without a UID. */
static uint64_t
weight_of(const struct imap_event *event)
{
	if (event->kind == IMAP_EVENT_DONE)
		return PROGRESS_BYTES;
	if (event->kind == IMAP_EVENT_BODY_DATA)
		return event->body.data.size;
	if (event->kind == IMAP_EVENT_FOLDER || event->kind == IMAP_EVENT_STATUS ||
	    (event->kind == IMAP_EVENT_MESSAGE && (event->message.items & IMAP_FETCH_UID) != 0))
		return LINE_BYTES;
	return 0;
}

void
imap_session_get_on(struct imap_session *session, const struct imap_event *event)
{
	get_on(session, weight_of(event), session->heard);
}

void
imap_session_give(struct imap_session *session, uint64_t size, struct tick now)
{
	get_on(session, size, now);
}

void
imap_session_begin_step(struct imap_session *session, struct tick now)
{
	if (session->open_count > 0 && session->open[0].is_begun)
		return;
	session->step = now;
	session->moved_bytes = 0;
}

struct tick
imap_session_deadline(const struct imap_session *session)
{
	const struct imap_limits *limits = &session->limits;
	int64_t step_us = session->is_authenticated ? limits->slow_us : limits->hello_us;
	struct tick step_end = tick_after(session->step, step_us);
	struct tick since = session->heard;

	if (!session->is_greeted)
		return tick_earlier(step_end, tick_after(since, limits->silence_us));
	for (size_t i = 0; i < session->open_count; i++) {
		if (!session->open[i].is_begun)
			continue;
		if (tick_is_before(since, session->open[i].sent))
			since = session->open[i].sent;
		return tick_earlier(step_end, tick_after(since, limits->silence_us));
	}
	return TICK_NEVER;
}
