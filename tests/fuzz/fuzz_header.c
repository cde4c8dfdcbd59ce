/* SPDX-License-Identifier: Apache-2.0
 *
 * A message: header, identity, body digest and scan are the same in one piece and in pieces
 * whose sizes the message's own octets give.
 */
#include "fuzz.h"

#include "base/check.h"
#include "sync/identity.h"
#include "wire/mime/scan.h"

/* Everything that can be known of a message. */
struct known {
	struct identity identity;
	struct digest events; /* of the scanner's events, value pieces joined */
	struct digest bodies[8];
	struct mime_scan scan;
	bool has_empty_line;
};

struct finding {
	struct mime_header header;
	struct digest_state events;
	struct identity_scan identity;
	struct body_digest bodies[8];
	struct mime_scan scan;
};

static void
begin(struct finding *finding)
{
	mime_header_init(&finding->header);
	digest_init(&finding->events);
	identity_scan_init(&finding->identity);
	mime_scan_init(&finding->scan);
	for (uint32_t i = 0; i < 8; i++)
		body_digest_init(&finding->bodies[i], i);
}

static void
take_events(struct finding *finding, struct bytes input)
{
	struct mime_header_event event;
	enum status status;

	while ((status = mime_header_next(&finding->header, &input, &event)) == ST_OK) {
		uint8_t kind = (uint8_t)event.kind;

		CHECK(event.kind != MIME_HEADER_NAME ||
		    (event.bytes.size > 0 && event.bytes.size <= MIME_NAME_SIZE_MAX));
		CHECK(event.kind != MIME_HEADER_VALUE || event.bytes.size > 0);
		if (event.kind != MIME_HEADER_VALUE)
			digest_feed(&finding->events, bytes_of(&kind, 1));
		digest_feed(&finding->events, event.bytes);
	}
	CHECK(status == ST_END || input.size == 0);
}

static void
feed(struct finding *finding, struct bytes piece)
{
	take_events(finding, piece);
	identity_scan_feed(&finding->identity, piece);
	mime_scan_feed(&finding->scan, piece);
	for (size_t i = 0; i < 8; i++)
		body_digest_feed(&finding->bodies[i], piece);
}

static void
end(struct finding *finding, struct known *known)
{
	mime_header_finish(&finding->header);
	take_events(finding, (struct bytes){NULL, 0});
	known->events = digest_finish(&finding->events);
	known->has_empty_line = mime_header_has_empty_line(&finding->header);
	known->identity = identity_scan_finish(&finding->identity);
	for (size_t i = 0; i < 8; i++)
		known->bodies[i] = body_digest_finish(&finding->bodies[i]);
	known->scan = finding->scan;
}

static void
learn(struct bytes text, bool is_cut, struct known *known)
{
	static struct finding finding;

	begin(&finding);
	while (text.size > 0) {
		size_t size = is_cut ? text.data[0] % 7 + 1U : text.size;

		/* A header that is over takes no more; the others go on. */
		feed(&finding, bytes_first(text, size));
		text = bytes_skip(text, size);
	}
	end(&finding, known);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct known whole, cut;

	learn(bytes_of(data, size), false, &whole);
	learn(bytes_of(data, size), true, &cut);
	CHECK(digest_equal(&whole.events, &cut.events));
	CHECK(identity_equal(&whole.identity, &cut.identity));
	CHECK(whole.identity.has_date == cut.identity.has_date);
	CHECK(whole.identity.has_message_id == cut.identity.has_message_id);
	CHECK(whole.has_empty_line == cut.has_empty_line);
	for (size_t i = 0; i < 8; i++)
		CHECK(digest_equal(&whole.bodies[i], &cut.bodies[i]));
	CHECK(whole.scan.size == size && cut.scan.size == size);
	CHECK(whole.scan.found == cut.scan.found);
	CHECK(mime_scan_has_bare_cr(&whole.scan) == mime_scan_has_bare_cr(&cut.scan));
	/* Where a server that rewrites has nothing to rewrite, the digests are one. */
	if (!mime_scan_has_nul(&whole.scan) && !mime_scan_has_bare_lf(&whole.scan) &&
	    !mime_scan_has_cr_cr_lf(&whole.scan) && !mime_scan_ends_with_cr(&whole.scan))
		CHECK(digest_equal(&whole.bodies[0], &whole.bodies[7]));
	return 0;
}
