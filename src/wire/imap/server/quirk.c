/* SPDX-License-Identifier: Apache-2.0
 *
 * Bits, gathered from the table in quirk_rows.c.
 */
#include "wire/imap/server/quirk.h"

#include <assert.h>

#include "base/check.h"

static_assert(IMAP_QUIRK_COUNT <= 64 * IMAP_QUIRKS_WORDS, "one bit each");

void
imap_quirks_add(struct imap_quirks *quirks, enum imap_quirk quirk)
{
	CHECK(quirk < IMAP_QUIRK_COUNT);
	quirks->words[quirk / 64] |= UINT64_C(1) << quirk % 64;
}

bool
imap_quirk_has(struct imap_quirks quirks, enum imap_quirk quirk)
{
	CHECK(quirk < IMAP_QUIRK_COUNT);
	return (quirks.words[quirk / 64] >> quirk % 64 & 1) != 0;
}

struct imap_quirks
imap_quirks_of(enum imap_family family)
{
	struct imap_quirks quirks = {0};
	size_t count;
	const struct imap_quirk_row *rows = imap_quirk_rows(&count);

	for (size_t i = 0; i < count; i++) {
		if (rows[i].family == family || rows[i].family == IMAP_FAMILY_ANY_SERVER)
			imap_quirks_add(&quirks, rows[i].quirk);
	}
	return quirks;
}

struct imap_capabilities
imap_quirks_distrusted(struct imap_quirks quirks)
{
	static const struct {
		enum imap_quirk quirk;
		enum imap_capability capability;
	} table[] = {
	    {IMAP_QUIRK_BINARY_FAILS, IMAP_CAP_BINARY},
	    {IMAP_QUIRK_CONDSTORE_FAILS, IMAP_CAP_CONDSTORE},
	    {IMAP_QUIRK_ESEARCH_FAILS, IMAP_CAP_ESEARCH},
	    {IMAP_QUIRK_LITERAL_PLUS_FAILS, IMAP_CAP_LITERAL_PLUS},
	    {IMAP_QUIRK_QRESYNC_FAILS, IMAP_CAP_QRESYNC},
	    {IMAP_QUIRK_UIDPLUS_FAILS, IMAP_CAP_UIDPLUS},
	};
	struct imap_capabilities distrusted = {0};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (imap_quirk_has(quirks, table[i].quirk))
			distrusted.bits |= UINT64_C(1) << table[i].capability;
	}
	return distrusted;
}
