/* SPDX-License-Identifier: Apache-2.0
 *
 * Plays IMAP dialogues against wire/imap/session. Each is played
 *   - whole: what the server says between two acts of the client is one feed,
 *   - octet by octet,
 *   - cut in two at every position (in octets of more than a page: at 1,000 seeded ones),
 *   - cut at seeded random positions,
 * always with the same events, commands and faults; and ended at every prefix, with a clean end
 * or a fault that has a text.
 */
#include <stdio.h>

#include "play.h"

int
main(int count, char **arguments)
{
	static struct script script;
	int failed = 0;

	for (int i = 1; i < count; i++) {
		script_read(&script, arguments[i]);
		if (!play_all(&script))
			failed++;
		script_free(&script);
	}
	printf("%d transcripts, %d failed\n", count - 1, failed);
	return failed == 0 && count > 1 ? 0 : 1;
}
