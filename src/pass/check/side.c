/* SPDX-License-Identifier: Apache-2.0
 *
 * The profile of a host, as one log-in shows it.
 */
#include <assert.h>

#include "pass/check/private.h"
#include "sync/copy.h"

enum {
	ROUNDS = 3,
	WORDS_SIZE = 4096
};

/* What a destination does to messages, for people; sync/fidelity says it of one message. */
static const struct {
	enum imap_quirk quirk;
	const char *sentence;
} changes[] = {
    {IMAP_QUIRK_BARE_LF_BECOMES_CRLF, "Line ends without CR become CRLF."},
    {IMAP_QUIRK_NUL_BECOMES_0X80, "NUL octets become 0x80."},
    {IMAP_QUIRK_DROPS_CR_BEFORE_CRLF, "Of CR CR LF one CR is dropped."},
    {IMAP_QUIRK_DROPS_BARE_CR, "A CR that no LF follows is dropped."},
    {IMAP_QUIRK_ADDS_FINAL_CRLF, "A line end is added to messages that end without one."},
    {IMAP_QUIRK_HEADER_8BIT_BECOMES_X, "Octets beyond ASCII in headers become X."},
    {IMAP_QUIRK_FUTURE_DATE_BECOMES_NOW, "Arrival times in the future become now."},
    {IMAP_QUIRK_DATE_BEFORE_1970_WRAPS, "Arrival times before 1970 cannot be kept."},
    {IMAP_QUIRK_DATE_ZERO_BECOMES_NOW, "The first second of 1970 as arrival time becomes now."},
    {IMAP_QUIRK_REFUSES_EMPTY_MESSAGE, "Messages without a single octet are refused."},
    {IMAP_QUIRK_KEYWORDS_ONLY_AS_LISTED, "Only keywords that the server lists are kept."},
    {IMAP_QUIRK_MDN_SENT_IS_A_CATEGORY, "The keyword $MDNSent is not kept."},
    {IMAP_QUIRK_KEYWORDS_ONLY_AS_WORDS,
	"Keywords that read as a number or as NIL are left out."},
    {IMAP_QUIRK_MAKES_PARENTS, "Parents of folders become folders that can hold mail."},
};

static_assert(sizeof(changes) / sizeof(*changes) < PASS_CHECK_CHANGES_MAX, "all fit");

void
check_tell_changes(struct pass_check *check, const struct endpoint *dst)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		if (endpoint_has_quirk(dst, changes[i].quirk))
			check->changes[check->change_count++] = changes[i].sentence;
	}
	if (!endpoint_can(dst, IMAP_CAP_SPECIAL_USE))
		check->changes[check->change_count++] =
		    "What a folder is for (Sent, Drafts, …) cannot be set; its name must tell.";
}

static enum status
append_word(struct buf *words, const char *word)
{
	enum status status = words->size == 0 ? ST_OK : buf_append(words, BYTES(" "));

	return status == ST_OK ? buf_append(words, bytes_of_string(word)) : status;
}

static enum status
list_words(const struct endpoint *endpoint, struct arena *arena, struct pass_check_side *out)
{
	const struct imap_quirks common = imap_quirks_of(IMAP_FAMILY_UNKNOWN);
	struct buf capabilities, quirks;
	enum status status = ST_OK;

	buf_init(&capabilities, WORDS_SIZE);
	buf_init(&quirks, WORDS_SIZE);
	for (enum imap_capability i = 0; i < IMAP_CAP_COUNT && status == ST_OK; i++) {
		if (endpoint_can(endpoint, i))
			status = append_word(&capabilities, imap_capability_name(i));
	}
	for (enum imap_quirk i = 0; i < IMAP_QUIRK_COUNT && status == ST_OK; i++) {
		/* What holds for every server says nothing of this one. */
		if (endpoint_has_quirk(endpoint, i) && !imap_quirk_has(common, i))
			status = append_word(&quirks, imap_quirk_name(i));
	}
	if (status == ST_OK)
		status = bytes_copy(buf_bytes(&capabilities), arena, &out->capabilities);
	if (status == ST_OK)
		status = bytes_copy(buf_bytes(&quirks), arena, &out->quirks);
	buf_fini(&capabilities);
	buf_fini(&quirks);
	return status;
}

static const char *
append_mode_of(const struct endpoint *endpoint)
{
	bool is_multi = endpoint_can(endpoint, IMAP_CAP_MULTIAPPEND);

	if (endpoint_can(endpoint, IMAP_CAP_LITERAL_PLUS))
		return is_multi ? "MULTIAPPEND with LITERAL+"
				: "pipelined APPEND with LITERAL+";
	if (endpoint_can(endpoint, IMAP_CAP_LITERAL_MINUS))
		return "APPEND; above 4 KiB each message waits for leave (LITERAL-)";
	return "APPEND; each message waits for leave";
}

static enum pass_trust
trust_of(const struct endpoint *endpoint, const struct account *account)
{
	if (!endpoint_is_encrypted(endpoint))
		return PASS_TRUST_NONE;
	if (account->has_pin)
		return PASS_TRUST_PIN;
	return account->ca_path != NULL ? PASS_TRUST_FILE : PASS_TRUST_SYSTEM;
}

static enum status
copy_texts(struct endpoint *endpoint, const struct naming *naming, struct arena *arena,
    struct pass_check_side *out)
{
	const struct imap_session *session = endpoint_session(endpoint);
	const char *forbidden = naming->forbidden == NULL ? "" : naming->forbidden;
	enum status status = bytes_copy(
	    bytes_of_string(endpoint_security_text(endpoint)), arena, &out->security);

	if (status == ST_OK)
		status = bytes_copy(imap_session_id_name(session), arena, &out->software);
	if (status == ST_OK)
		status = bytes_copy(imap_session_id_version(session), arena, &out->version);
	if (status == ST_OK)
		status = bytes_copy(bytes_of_string(forbidden), arena, &out->forbidden);
	return status == ST_OK ? list_words(endpoint, arena, out) : status;
}

enum status
check_describe_side(struct checking *checking, const struct pass_side *side,
    struct endpoint *endpoint, struct pass_check_side *out)
{
	const struct account *account = side->account;
	const struct naming *naming = &side->listing.naming;

	*out = (struct pass_check_side){
	    .host = account->host,
	    .user = account->user,
	    .port = account->port,
	    .trust = trust_of(endpoint, account),
	    .allows_old_tls = account->allows_old_tls,
	    .login = endpoint_login_text(endpoint),
	    .family = imap_family_name(endpoint_family(endpoint)),
	    .append_mode = append_mode_of(endpoint),
	    .search_mode = endpoint_can(endpoint, IMAP_CAP_ESEARCH) ? "ESEARCH" : "SEARCH",
	    .delimiter = {(char)side->listing.delimiter, 0},
	    .append_limit = imap_session_append_limit(endpoint_session(endpoint)),
	    .name_max = naming->name_max,
	    .part_max = naming->part_max,
	    .depth_max = naming->depth_max,
	    .unanswered_max = endpoint_has_quirk(endpoint, IMAP_QUIRK_GROUPS_PROVED)
		? (unsigned)sync_copy_limits_default().unanswered_groups_max
		: 1,
	    .folders = side->listing.folder_count,
	};
	return copy_texts(endpoint, naming, &checking->pass->arena, out);
}

/* The shortest of some NOOPs: the others met something else on their way. */
enum status
check_time_side(
    struct checking *checking, struct endpoint *endpoint, int64_t *round_trip_us_out)
{
	int64_t shortest = INT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		struct tick started = fiber_now();
		struct imap_completion completion;
		struct imap_command command = {0};
		enum status status = imap_session_noop(endpoint_session(endpoint), &command);

		if (status == ST_OK)
			status =
			    endpoint_wait_done(endpoint, command, &completion, checking->fault);
		if (status != ST_OK)
			return status;
		if (fiber_now().us - started.us < shortest)
			shortest = fiber_now().us - started.us;
	}
	*round_trip_us_out = shortest;
	return ST_OK;
}

/* How a Dovecot stores is seen by the names that it takes. */
enum pass_pace_kind
check_pace_of(const struct pass_side *dst)
{
	static const struct {
		enum imap_family family;
		enum pass_pace_kind pace;
	} rows[] = {
	    {IMAP_FAMILY_DOVECOT, PASS_PACE_DOVECOT_MAILDIR},
	    {IMAP_FAMILY_CYRUS, PASS_PACE_CYRUS},
	    {IMAP_FAMILY_CYRUS_MURDER, PASS_PACE_CYRUS},
	    {IMAP_FAMILY_COURIER, PASS_PACE_COURIER},
	};
	enum pass_pace_kind pace = PASS_PACE_UNKNOWN;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].family == dst->family)
			pace = rows[i].pace;
	}
	if (pace == PASS_PACE_DOVECOT_MAILDIR && dst->listing.naming.refuses_dot_parts)
		pace = PASS_PACE_DOVECOT_DBOX;
	return pace;
}
