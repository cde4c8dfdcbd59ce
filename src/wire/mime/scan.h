/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/mime/scan: what one fast pass over a message's octets tells about them.
 *
 * Place    the copying path feeds every body once, as it passes; what comes out says which
 *          servers would refuse or change this message.
 * Promise  the answers do not depend on the cuts.
 * Memory   a value without heap parts.
 */
#ifndef WIRE_MIME_SCAN_H
#define WIRE_MIME_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct mime_scan {
	uint64_t size;
	uint8_t last[2]; /* the last octet and the one before it; 0 where there is none */
	uint8_t found;   /* what has been seen so far, a bit a question */
	bool is_behind_header;
	bool has_line_text; /* until then: the current line holds more than CR */
};

void mime_scan_init(struct mime_scan *scan);
void mime_scan_feed(struct mime_scan *scan, struct bytes octets);

uint64_t mime_scan_size(const struct mime_scan *scan);
bool mime_scan_has_nul(const struct mime_scan *scan);
bool mime_scan_has_8bit(const struct mime_scan *scan);
/* In the header, which ends with the first line that holds nothing but CR, if any. */
bool mime_scan_has_header_8bit(const struct mime_scan *scan);
/* LF that no CR precedes. */
bool mime_scan_has_bare_lf(const struct mime_scan *scan);
/* CR that no LF follows, wherever it stands; also the first CR of CR CR LF and a last CR. */
bool mime_scan_has_bare_cr(const struct mime_scan *scan);
bool mime_scan_has_cr_cr_lf(const struct mime_scan *scan);
bool mime_scan_ends_with_cr(const struct mime_scan *scan);
/* The last octet is no LF; an empty message ends without newline. */
bool mime_scan_ends_without_newline(const struct mime_scan *scan);

#endif
