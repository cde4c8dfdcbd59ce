/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <string.h>

#include "base/prng.h"
#include "sync/identity.h"

static struct identity
identity_of(struct bytes text, size_t piece_max, struct prng *prng)
{
	struct identity_scan scan;

	identity_scan_init(&scan);
	while (text.size > 0) {
		size_t size =
		    piece_max == 0 ? text.size : (size_t)prng_below(prng, piece_max) + 1;

		identity_scan_feed(&scan, bytes_first(text, size));
		text = bytes_skip(text, size);
	}
	return identity_scan_finish(&scan);
}

#define HEADER                                                                                 \
	"Message-ID: <1@Example.org>\r\nDate: Thu, 1 Jan 1970 00:00:00 +0000\r\n"              \
	"From: Anna <anna@example.org>\r\nSubject: One two\r\n"

static void
test_what_makes_no_difference(void **state)
{
	static const struct {
		const char *name;
		struct bytes text;
	} cases[] = {
	    {"with a body", TEXT(HEADER "\r\nSubject: in the body\r\n")},
	    {"no empty line", TEXT(HEADER)},
	    {"other fields", TEXT("Received: x\r\nTo: y\r\n" HEADER "X: z\r\n\r\n")},
	    {"letter case",
		TEXT("MESSAGE-id: <1@EXAMPLE.ORG>\r\nDATE: thu, 1 jan 1970 00:00:00 +0000\r\n"
		     "from: ANNA <ANNA@EXAMPLE.ORG>\r\nsubject: ONE TWO\r\n\r\n")},
	    {"blanks and folds",
		TEXT("Message-ID:\r\n <1@Example.org>\r\n"
		     "Date:Thu, 1 Jan 1970\t00:00:00   +0000  \r\n"
		     "From:\tAnna\r\n\t <anna@example.org>\r\nSubject:  One \r\n \r\n "
		     "two\t\r\n\r\n")},
	    {"a field with a blank before its colon",
		TEXT("Subject : No\r\n" HEADER
		     "Date\t: Fri, 2 Jan 1970 00:00:00 +0000\r\n\r\n")},
	    {"bare LF",
		TEXT("Message-ID: <1@Example.org>\nDate: Thu, 1 Jan 1970 00:00:00 +0000\n"
		     "From: Anna <anna@example.org>\nSubject: One two\n\nbody")},
	    {"other order of fields",
		TEXT("Subject: One two\r\nFrom: Anna <anna@example.org>\r\n"
		     "Message-ID: <1@Example.org>\r\n"
		     "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n\r\n")},
	    {"CR that servers drop",
		TEXT("Message-ID: <1@Exa\rmple.org>\r\r\n"
		     "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n"
		     "From: Anna <anna@example.org>\r\nSubject: One two\r\n\r\n")},
	    {"lines that are no field",
		TEXT("From anna Thu Jan  1 00:00:00 1970\r\n" HEADER
		     "junk\r\n subject: x\r\n\r\n")},
	};
	struct prng prng;
	struct identity expected;

	(void)state;
	prng_init(&prng, 59);
	expected = identity_of(BYTES(HEADER "\r\n"), 0, &prng);
	assert_true(expected.has_message_id && expected.has_date);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t piece_max = 0; piece_max < 30; piece_max++) {
			struct identity identity = identity_of(cases[i].text, piece_max, &prng);

			EXPECT(cases[i].name, identity_equal(&identity, &expected));
			EXPECT(cases[i].name, identity.has_message_id && identity.has_date);
		}
	}
}

/* All of these differ from each other. */
static void
test_what_makes_a_difference(void **state)
{
	static const struct {
		struct bytes text;
		bool has_message_id, has_date;
	} cases[] = {
	    {TEXT(""), false, false},
	    {TEXT("Subject:\r\n"), false, false},
	    {TEXT("Subject: a\r\n"), false, false},
	    {TEXT("Subject: aa\r\n"), false, false},
	    {TEXT("Subject: a a\r\n"), false, false},
	    {TEXT("Subject: a\r\nSubject: a\r\n"), false, false},
	    {TEXT("Subject: a\r\nSubject: b\r\n"), false, false},
	    {TEXT("Subject: b\r\nSubject: a\r\n"), false, false},
	    {TEXT("Subject: a\r\nSubject:\r\n"), false, false},
	    {TEXT("From: a\r\n"), false, false},
	    {TEXT("Date: a\r\n"), false, true},
	    {TEXT("Date:\r\n"), false, false},
	    {TEXT("Message-ID: a\r\n"), true, false},
	    {TEXT("Message-ID: \t \r\n"), false, false},
	    {TEXT("Message-ID: <1@a>\r\n"), true, false},
	    {TEXT("Message-ID: <1@b>\r\n"), true, false},
	    {TEXT("Message-ID: <1@a>\r\nDate: 1\r\n"), true, true},
	    {TEXT("From: a\r\nSubject: b\r\n"), false, false},
	    {TEXT("From: b\r\nSubject: a\r\n"), false, false},
	    {TEXT("From: a\1\r\n"), false, false},
	};
	struct identity identities[COUNT_OF(cases)];
	struct prng prng;

	(void)state;
	prng_init(&prng, 61);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *name = (const char *)cases[i].text.data;

		identities[i] = identity_of(cases[i].text, 0, &prng);
		EXPECT(name, identities[i].has_message_id == cases[i].has_message_id);
		EXPECT(name, identities[i].has_date == cases[i].has_date);
		for (size_t k = 0; k < i; k++)
			EXPECT(name, !identity_equal(&identities[i], &identities[k]));
	}
}

/* Cyrus writes X for 8-bit octets of a header, Dovecot 0x80 for NUL. */
static void
test_what_servers_write_for_strange_octets(void **state)
{
	struct prng prng;
	struct identity original, cyrus, dovecot, other;

	(void)state;
	prng_init(&prng, 67);
	original = identity_of(BYTES("Subject: gr\xc3\xbc\0n\r\n"), 0, &prng);
	cyrus = identity_of(BYTES("Subject: grXX\0n\r\n"), 0, &prng);
	dovecot = identity_of(BYTES("Subject: gr\xc3\xbc\x80n\r\n"), 0, &prng);
	other = identity_of(BYTES("Subject: gr\xc3\0n\r\n"), 0, &prng);
	assert_true(identity_equal(&original, &cyrus));
	assert_true(identity_equal(&original, &dovecot));
	assert_false(identity_equal(&original, &other));
}

static void
test_the_digest_is_what_the_page_says(void **state)
{
	static const char *const fields[] = {"", "", "", "\1A B"};
	struct digest_state all;
	struct digest expected;
	struct prng prng;
	struct identity identity;

	(void)state;
	prng_init(&prng, 71);
	digest_init(&all);
	for (size_t i = 0; i < 4; i++) {
		struct digest_state field_state;
		struct digest field;

		/* A present field is fed with the NUL behind its value. */
		digest_init(&field_state);
		digest_feed(
		    &field_state, bytes_of(fields[i], strlen(fields[i]) + (fields[i][0] != 0)));
		field = digest_finish(&field_state);
		digest_feed(&all, bytes_of(field.octets, DIGEST_SIZE));
	}
	expected = digest_finish(&all);
	identity = identity_of(BYTES("Subject:  a\t b \r\n\r\n"), 0, &prng);
	assert_true(digest_equal(&identity.digest, &expected));
}

/* Longer than any buffer of the scan, in one piece and in several. */
static void
test_a_long_subject(void **state)
{
	static uint8_t text[9 + 5000] = "Subject: ";
	struct digest_state subject, all;
	struct digest none, expected;
	struct prng prng;

	(void)state;
	prng_init(&prng, 83);
	memset(text + 9, 's', 5000);
	digest_init(&subject);
	none = digest_finish(&subject);
	digest_init(&subject);
	digest_feed(&subject, BYTES("\1"));
	for (int i = 0; i < 5000; i++)
		digest_feed(&subject, BYTES("S"));
	digest_feed(&subject, BYTES("\0"));
	expected = digest_finish(&subject);
	digest_init(&all);
	for (int i = 0; i < 3; i++)
		digest_feed(&all, bytes_of(none.octets, DIGEST_SIZE));
	digest_feed(&all, bytes_of(expected.octets, DIGEST_SIZE));
	expected = digest_finish(&all);
	for (size_t piece_max = 0; piece_max < 3000; piece_max += 500) {
		struct identity identity =
		    identity_of(bytes_of(text, sizeof(text)), piece_max, &prng);

		assert_true(digest_equal(&identity.digest, &expected));
	}
}

static void
test_a_scan_knows_when_it_is_complete(void **state)
{
	struct identity_scan scan;

	(void)state;
	identity_scan_init(&scan);
	identity_scan_feed(&scan, BYTES("Subject: x\r\n\r"));
	assert_false(identity_scan_is_complete(&scan));
	identity_scan_feed(&scan, BYTES("\n"));
	assert_true(identity_scan_is_complete(&scan));
	identity_scan_feed(&scan, BYTES("Subject: y\r\n"));
	assert_true(identity_scan_is_complete(&scan));
	identity_scan_finish(&scan);
}

static struct digest
body_of(struct bytes text, uint32_t rewrites, size_t piece_max, struct prng *prng)
{
	struct body_digest digest;

	body_digest_init(&digest, rewrites);
	while (text.size > 0) {
		size_t size =
		    piece_max == 0 ? text.size : (size_t)prng_below(prng, piece_max) + 1;

		body_digest_feed(&digest, bytes_first(text, size));
		text = bytes_skip(text, size);
	}
	return body_digest_finish(&digest);
}

static struct digest
plain_digest(struct bytes text)
{
	struct digest_state state;

	digest_init(&state);
	digest_feed(&state, text);
	return digest_finish(&state);
}

enum {
	LF = BODY_REWRITE_LF,
	NUL = BODY_REWRITE_NUL,
	CR = BODY_REWRITE_CR,
	ALL = LF | NUL | CR,
	END = BODY_REWRITE_END,
	BARE = BODY_REWRITE_BARE_CR,
	COURIER = LF | BARE | END,
	X = BODY_REWRITE_HEADER_8BIT
};

static void
test_bodies_and_their_rewriting(void **state)
{
	static const struct {
		const char *name;
		struct bytes text;
		uint32_t rewrites;
		struct bytes body;
	} cases[] = {
	    {"CRLF", TEXT("A: b\r\n\r\nx\r\ny"), 0, TEXT("x\r\ny")},
	    {"LF", TEXT("A: b\n\nx\ny"), 0, TEXT("x\ny")},
	    {"LF, then CRLF", TEXT("A: b\n\r\nx"), 0, TEXT("x")},
	    {"CRLF, then LF", TEXT("A: b\r\n\nx"), 0, TEXT("x")},
	    {"only the first", TEXT("A\n\n\n\nx"), 0, TEXT("\n\nx")},
	    {"at the start", TEXT("\r\nA: b\r\n\r\n"), 0, TEXT("A: b\r\n\r\n")},
	    {"nothing behind it", TEXT("A: b\r\n\r\n"), 0, TEXT("")},
	    {"no empty line", TEXT("A: b\r\nC: d\r\n"), 0, TEXT("A: b\r\nC: d\r\n")},
	    {"no line at all", TEXT("A: b"), 0, TEXT("A: b")},
	    {"no octet", TEXT(""), 0, TEXT("")},
	    {"a blank is no emptiness", TEXT("A\r\n \r\nx"), 0, TEXT("A\r\n \r\nx")},
	    {"CR CR LF is no emptiness", TEXT("A\r\n\r\r\nx"), 0, TEXT("A\r\n\r\r\nx")},
	    {"CR behind an empty line", TEXT("A\n\n\r\nx"), 0, TEXT("\r\nx")},
	    {"nothing to change", TEXT("A\r\n\r\nx\r\n"), ALL, TEXT("x\r\n")},
	    {"bare LF", TEXT("A\n\nx\ny\r\n\n"), LF, TEXT("x\r\ny\r\n\r\n")},
	    {"bare LF first", TEXT("\nx\n"), LF, TEXT("x\r\n")},
	    {"NUL", TEXT("A\n\n\0x\0"), NUL, TEXT("\x80x\x80")},
	    {"CR CR LF", TEXT("A\n\nx\r\r\ny"), CR, TEXT("x\r\ny")},
	    {"CR CR CR LF", TEXT("A\n\nx\r\r\r\ny"), CR, TEXT("x\r\r\ny")},
	    {"CR in a line", TEXT("A\n\nx\ry"), CR, TEXT("x\ry")},
	    {"CR CR in a line", TEXT("A\n\nx\r\ry"), CR, TEXT("x\r\ry")},
	    {"CR last", TEXT("A\n\nx\r"), CR, TEXT("x")},
	    {"CR CR last", TEXT("A\n\nx\r\r"), CR, TEXT("x\r")},
	    {"LF stays without its bit", TEXT("A\n\nx\ny"), CR, TEXT("x\ny")},
	    {"CR stays without its bit", TEXT("A\n\nx\r\r\ny\r"), LF, TEXT("x\r\r\ny\r")},
	    {"CR becomes an empty line", TEXT("A\r\n\r\r\nx"), CR, TEXT("x")},
	    {"bare CR", TEXT("A\n\nx\ry\r\rz\r"), BARE, TEXT("xyz")},
	    {"bare CR before CRLF", TEXT("A\n\nx\r\r\r\ny"), BARE, TEXT("x\r\ny")},
	    {"bare CR before LF", TEXT("A\n\n\ry\n"), BARE, TEXT("y\n")},
	    {"bare CR stays without its bit", TEXT("A\n\nx\ry"), LF, TEXT("x\ry")},
	    {"bare CR hides an empty line", TEXT("A\r\n\r\r\nx"), BARE, TEXT("x")},
	    {"no line end", TEXT("A\n\nx"), END, TEXT("x\r\n")},
	    {"a line end", TEXT("A\n\nx\n"), END, TEXT("x\n")},
	    {"a header only", TEXT("A: b"), END, TEXT("A: b\r\n")},
	    {"nothing", TEXT(""), END, TEXT("")},
	    {"an empty line and no more", TEXT("A\n\n"), END, TEXT("")},
	    {"CR for a line end", TEXT("A\n\nx\r"), COURIER, TEXT("x\r\n")},
	    {"as Courier", TEXT("A\n\n\0\n\r\r\n\rx\r"), COURIER, TEXT("\0\r\n\r\nx\r\n")},
	    {"8-bit in a body", TEXT("A\n\n\xe4"), X, TEXT("\xe4")},
	    {"8-bit in a header", TEXT("A\xe4\n\nx"), X, TEXT("x")},
	    {"8-bit and no body", TEXT("A\xe4\xff: \x7f"), X, TEXT("AXX: \x7f")},
	    {"8-bit stays without its bit", TEXT("\xe4"), ALL, TEXT("\xe4")},
	    {"all, in a row", TEXT("A\n\n\0\n\r\r\n\r\0\r"), ALL, TEXT("\x80\r\n\r\n\r\x80")},
	};
	struct prng prng;

	(void)state;
	prng_init(&prng, 73);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct digest expected = plain_digest(cases[i].body);

		for (size_t piece_max = 0; piece_max < 12; piece_max++) {
			struct digest digest =
			    body_of(cases[i].text, cases[i].rewrites, piece_max, &prng);

			EXPECT(cases[i].name, digest_equal(&digest, &expected));
		}
	}
}

/* What a Dovecot stored is not changed by rewriting it again, and gives the source's digest:
 * the rewriting written down once more, over whole arrays. */
static size_t
rewrite_slowly(struct bytes text, uint8_t *out)
{
	size_t size = 0;

	for (size_t i = 0; i < text.size; i++) {
		uint8_t octet = text.data[i];
		size_t crs = 0;

		if (octet == '\r') {
			while (i + crs < text.size && text.data[i + crs] == '\r')
				crs++;
			i += crs - 1;
			if (i + 1 == text.size || (text.data[i + 1] == '\n' && crs > 1))
				crs--;
			memset(out + size, '\r', crs);
			size += crs;
			continue;
		}
		if (octet == '\n' && (i == 0 || text.data[i - 1] != '\r'))
			out[size++] = '\r';
		out[size++] = octet == 0 ? 0x80 : octet;
	}
	return size;
}

static void
test_random_bodies_agree_with_the_slow_way(void **state)
{
	static const char letters[] = "\r\r\r\n\n\0xy\x80";
	struct prng prng;

	(void)state;
	prng_init(&prng, 79);
	for (int round = 0; round < 20000; round++) {
		uint8_t octets[24], stored[48];
		struct bytes text = bytes_of(octets, (size_t)prng_below(&prng, 24));
		struct digest source, expected, again;
		size_t size;

		for (size_t i = 0; i < text.size; i++)
			octets[i] = (uint8_t)letters[prng_below(&prng, sizeof(letters) - 1)];
		size = rewrite_slowly(text, stored);
		source = body_of(text, ALL, 5, &prng);
		expected = body_of(bytes_of(stored, size), 0, 0, &prng);
		again = body_of(bytes_of(stored, size), LF | NUL, 5, &prng);
		assert_true(digest_equal(&source, &expected));
		assert_true(digest_equal(&again, &expected));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_makes_no_difference),
	    cmocka_unit_test(test_what_makes_a_difference),
	    cmocka_unit_test(test_what_servers_write_for_strange_octets),
	    cmocka_unit_test(test_the_digest_is_what_the_page_says),
	    cmocka_unit_test(test_a_long_subject),
	    cmocka_unit_test(test_a_scan_knows_when_it_is_complete),
	    cmocka_unit_test(test_bodies_and_their_rewriting),
	    cmocka_unit_test(test_random_bodies_agree_with_the_slow_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
