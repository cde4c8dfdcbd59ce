/* SPDX-License-Identifier: Apache-2.0 */
#include "modelserver/profile.h"

#include <assert.h>

/* As BYTES, where the language wants a constant. */
#define TEXT(literal)                                                                          \
	{                                                                                      \
		(const uint8_t *)(literal), sizeof(literal) - 1                                \
	}

enum {
	COMMON_BEFORE = MODEL_CAP_IMAP4REV1 | MODEL_CAP_AUTH_PLAIN,
	DOVECOT_BEFORE = COMMON_BEFORE | MODEL_CAP_SASL_IR | MODEL_CAP_ID | MODEL_CAP_ENABLE |
	    MODEL_CAP_LITERAL_PLUS,
	DOVECOT_AFTER = (DOVECOT_BEFORE & ~MODEL_CAP_AUTH_PLAIN) | MODEL_CAP_NAMESPACE |
	    MODEL_CAP_MULTIAPPEND | MODEL_CAP_UIDPLUS | MODEL_CAP_UNSELECT | MODEL_CAP_MOVE |
	    MODEL_CAP_CHILDREN | MODEL_CAP_LIST_EXTENDED | MODEL_CAP_LIST_STATUS |
	    MODEL_CAP_SPECIAL_USE | MODEL_CAP_CONDSTORE | MODEL_CAP_CREATE_SPECIAL_USE |
	    MODEL_CAP_STATUS_SIZE,
	CYRUS_AFTER = DOVECOT_AFTER,
	COURIER = MODEL_CAP_IMAP4REV1 | MODEL_CAP_UIDPLUS | MODEL_CAP_CHILDREN |
	    MODEL_CAP_NAMESPACE | MODEL_CAP_ENABLE | MODEL_CAP_ACL2_UNION,
};

static const struct model_profile profiles[] = {
    {
	.name = "dovecot",
	.greeting = "Dovecot (model server) ready.",
	.before_login = DOVECOT_BEFORE,
	.after_login = DOVECOT_AFTER,
	.greets_with_capabilities = true,
	.login_tells_in_ok = true,
	.delimiter = '/',
	.shows_utc = true,
	.select_gives_uidnext = true,
	.bad_literal = MODEL_BAD_RUNS_LITERAL,
	.rewrites = MODEL_REWRITE_BARE_LF | MODEL_REWRITE_NUL | MODEL_REWRITE_CR_CRLF,
	.refusals[MODEL_REFUSE_EMPTY] = TEXT("Can't save a zero byte message"),
	.keyword_size_max = 200,
    },
    {
	.name = "cyrus",
	.greeting = "Cyrus IMAP (model server) server ready",
	.before_login = COMMON_BEFORE | MODEL_CAP_SASL_IR | MODEL_CAP_ID | MODEL_CAP_ENABLE |
	    MODEL_CAP_LITERAL_PLUS,
	.after_login = CYRUS_AFTER,
	.greets_with_capabilities = true,
	.login_tells_in_ok = true,
	.delimiter = '/',
	.shows_utc = true,
	.pads_day_by_space = true,
	.select_gives_uidnext = true,
	.bad_literal = MODEL_BAD_SWALLOWS_LITERAL,
	.rewrites = MODEL_REWRITE_8BIT_HEADER,
	.refusals[MODEL_REFUSE_EMPTY] = TEXT("Zero-length message literal"),
	.refusals[MODEL_REFUSE_NUL] = TEXT("Message contains NUL characters"),
	.refusals[MODEL_REFUSE_BARE_LF] = TEXT("Message contains bare newlines"),
	.refusals[MODEL_REFUSE_BAD_HEADER] = TEXT("Message contains invalid header"),
	.keyword_size_max = 1023,
	.keywords_max = 100,
    },
    {
	.name = "courier",
	.greeting = "Courier-IMAP ready. This is the model server.",
	.before_login = COURIER | MODEL_CAP_AUTH_PLAIN,
	.after_login = COURIER,
	.greets_with_capabilities = true,
	.login_drops_input = true,
	.delimiter = '.',
	.is_below_inbox = true,
	.commits_at_literal_end = true,
	.bad_literal = MODEL_BAD_RUNS_LITERAL,
	.rewrites = MODEL_REWRITE_BARE_LF | MODEL_REWRITE_DROP_CR | MODEL_REWRITE_CR_CRLF |
	    MODEL_REWRITE_FINAL_CRLF,
	.keyword_size_max = 5000,
    },
    {
	.name = "minimal",
	.greeting = "The model server is ready.",
	.before_login = MODEL_CAP_IMAP4REV1,
	.after_login = MODEL_CAP_IMAP4REV1,
	.delimiter = '/',
	.select_gives_uidnext = true,
	.bad_literal = MODEL_BAD_SWALLOWS_LITERAL,
	.keyword_size_max = 64,
    },
};

const struct model_profile *
model_profile_find(struct bytes name)
{
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (bytes_equal(bytes_of_string(profiles[i].name), name))
			return &profiles[i];
	}
	return NULL;
}

static const char *const capability_names[] = {
    "IMAP4rev1",
    "STARTTLS",
    "LOGINDISABLED",
    "AUTH=PLAIN",
    "SASL-IR",
    "ID",
    "ENABLE",
    "NAMESPACE",
    "LITERAL+",
    "LITERAL-",
    "MULTIAPPEND",
    "UIDPLUS",
    "UNSELECT",
    "MOVE",
    "CHILDREN",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "SPECIAL-USE",
    "CREATE-SPECIAL-USE",
    "CONDSTORE",
    "ESEARCH",
    "STATUS=SIZE",
    "ACL2=UNION",
};

enum {
	CAPABILITY_COUNT = sizeof(capability_names) / sizeof(capability_names[0])
};

static_assert(1 << (CAPABILITY_COUNT - 1) == MODEL_CAP_ACL2_UNION, "a name for each bit");

uint32_t
model_capability_of_name(struct bytes name)
{
	for (size_t i = 0; i < CAPABILITY_COUNT; i++) {
		if (bytes_equal_nocase(bytes_of_string(capability_names[i]), name))
			return (uint32_t)1 << i;
	}
	return 0;
}

enum status
model_capabilities_print(uint32_t capabilities, struct buf *out)
{
	enum status status = ST_OK;
	bool is_first = true;

	for (size_t i = 0; status == ST_OK && i < CAPABILITY_COUNT; i++) {
		if ((capabilities >> i & 1) == 0)
			continue;
		status = buf_print(out, is_first ? "%s" : " %s", capability_names[i]);
		is_first = false;
	}
	return status;
}

enum model_refusal
model_refusal_of_name(struct bytes name)
{
	static const char *const names[] = {
	    "empty", "nul", "bare-lf", "bad-header", "size", "text"};
	size_t i = 0;

	static_assert(sizeof(names) / sizeof(names[0]) == MODEL_REFUSAL_COUNT, "all named");
	while (i < MODEL_REFUSAL_COUNT && !bytes_equal(bytes_of_string(names[i]), name))
		i++;
	return (enum model_refusal)i;
}

uint32_t
model_rewrite_of_name(struct bytes name)
{
	static const char *const names[] = {"lf-to-crlf", "nul-to-80", "drop-cr",
	    "drop-cr-before-crlf", "add-final-crlf", "8bit-header-to-x"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (bytes_equal(bytes_of_string(names[i]), name))
			return (uint32_t)1 << i;
	}
	return 0;
}
