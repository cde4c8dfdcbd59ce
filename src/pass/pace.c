/* SPDX-License-Identifier: Apache-2.0
 *
 * How fast a source may be asked that says it is throttling us, though it answers: twice as
 * slowly each time it says so, and step by step faster when it does not.
 */
#include "pass/nature.h"

#include "pass/private.h"

enum {
	PACE_FIRST_US = 50000,
	PACE_MAX_US = 16000000
};

static bool
says_throttled(const struct endpoint *src, struct bytes text)
{
	struct bytes word = BYTES("[THROTTLED]");

	if (!endpoint_has_quirk(src, IMAP_QUIRK_THROTTLED_IN_OK))
		return false;
	while (text.size >= word.size && !bytes_start_with_nocase(text, word))
		text = bytes_skip(text, 1);
	return text.size >= word.size;
}

void
pass_pace_note(
    struct pass_worker *worker, const struct imap_completion *completion, struct tick now)
{
	int64_t pace_us = worker->pace_us;

	if (says_throttled(worker->src, completion->text))
		pace_us = pace_us == 0 ? PACE_FIRST_US : pace_us * 2;
	else
		pace_us = pace_us / 4 * 3;
	if (pace_us > PACE_MAX_US)
		pace_us = PACE_MAX_US;
	worker->pace_us = pace_us < PACE_FIRST_US ? 0 : pace_us;
	worker->pace_until = tick_after(now, worker->pace_us);
}
