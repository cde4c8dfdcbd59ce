/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/redirect.h"

#include "base/buf.h"
#include "base/secret.h"
#include "bridge/oauth/file.h"
#include "bridge/oauth/form.h"
#include "bridge/oauth/refusal.h"

/* The query of "GET /?query HTTP/1.1". */
static enum status
find_query(struct bytes request, struct bytes *query_out)
{
	struct bytes line = bytes_first(request, bytes_find(request, '\r', 0));
	struct bytes target;
	size_t mark;

	if (line.size == request.size || !bytes_start_with(line, BYTES("GET /")))
		return ST_SYNTAX;
	target = bytes_skip(line, 4);
	target = bytes_first(target, bytes_find(target, ' ', 0));
	if (!bytes_start_with(bytes_skip(line, 4 + target.size), BYTES(" HTTP/1.")))
		return ST_SYNTAX;
	mark = bytes_find(target, '?', 0);
	if (mark != 1 || mark == target.size)
		return ST_ABSENT;
	*query_out = bytes_skip(target, mark + 1);
	return ST_OK;
}

static enum status
check_state(struct bytes query, const char *state)
{
	struct buf found;
	enum status status;

	buf_init(&found, OAUTH_REDIRECT_SIZE_MAX);
	status = oauth_form_find(query, "state", &found);
	if (status != ST_OK || !bytes_equal(buf_bytes(&found), bytes_of_string(state)))
		status = ST_CONFLICT;
	buf_fini(&found);
	return status;
}

static enum status
take_error(struct bytes query, struct fault *fault)
{
	const struct oauth_refusal *row;
	char quoted[FAULT_QUOTE_SIZE];
	struct buf word;
	struct buf description;
	enum status status;

	buf_init(&word, OAUTH_REDIRECT_SIZE_MAX);
	buf_init(&description, OAUTH_REDIRECT_SIZE_MAX);
	status = oauth_form_find(query, "error", &word);
	if (status == ST_OK) {
		/* Without a description the row of the word alone counts. */
		if (oauth_form_find(query, "error_description", &description) != ST_OK)
			buf_clear(&description);
		row = oauth_refusal_get(buf_bytes(&word), buf_bytes(&description));
		status = fault_set(fault,
		    (struct fault_kind){ST_REFUSED, row->cause, FAULT_ENDPOINT, RETRY_NEVER},
		    "The provider refuses (%s). %s",
		    fault_quote(bytes_first(buf_bytes(&word), 64), quoted), row->advice);
	}
	buf_fini(&word);
	buf_fini(&description);
	return status;
}

enum status
oauth_redirect_decode(
    struct bytes request, const char *state, struct secret *code_out, struct fault *fault)
{
	struct bytes query;
	struct buf code;
	enum status status = find_query(request, &query);

	if (status != ST_OK)
		return status;
	status = check_state(query, state);
	if (status != ST_OK)
		return status;
	status = take_error(query, fault);
	if (status != ST_ABSENT)
		return status;
	buf_init(&code, OAUTH_REDIRECT_SIZE_MAX);
	status = oauth_form_find(query, "code", &code);
	if (status == ST_OK)
		status = secret_set(code_out, buf_bytes(&code));
	oauth_file_wipe(&code);
	return status == ST_OK ? ST_OK : ST_SYNTAX;
}
