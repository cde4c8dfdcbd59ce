/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/account.h"

#include <assert.h>
#include <stddef.h>

/* One row a syntax. Where a separator stands, both names go into one. */
static const struct {
	const char *word;
	char separator; /* 0: the names stay apart */
	bool master_first;
} syntaxes[] = {
    [ACCOUNT_AS_AUTHZID] = {"authzid", 0, false},
    [ACCOUNT_AS_STAR] = {"user*master", '*', false},
    [ACCOUNT_AS_PERCENT] = {"user%master", '%', false},
    [ACCOUNT_AS_SLASH] = {"user/master", '/', false},
    [ACCOUNT_AS_BACKSLASH] = {"master\\user", '\\', true},
    [ACCOUNT_AS_PROXYAUTH] = {"proxyauth", 0, false},
};
static_assert(
    sizeof(syntaxes) / sizeof(*syntaxes) == ACCOUNT_AS_COUNT, "every syntax has its row");

enum account_syntax
account_syntax_find(struct bytes word)
{
	for (enum account_syntax i = 0; i < ACCOUNT_AS_COUNT; i++) {
		if (bytes_equal_nocase(word, bytes_of_string(syntaxes[i].word)))
			return i;
	}
	return ACCOUNT_AS_COUNT;
}

static enum status
join(struct bytes first, char separator, struct bytes second, struct buf *room,
    struct bytes *joined_out)
{
	size_t before = room->size;
	enum status status = buf_append(room, first);

	if (status == ST_OK)
		status = buf_append(room, bytes_of(&separator, 1));
	if (status == ST_OK)
		status = buf_append(room, second);
	if (status != ST_OK)
		buf_truncate(room, before);
	else
		*joined_out = bytes_skip(buf_bytes(room), before);
	return status;
}

enum status
account_names_make(
    const struct account *account, struct buf *room, struct account_names *names_out)
{
	const struct account_login *login = account->login;
	struct account_names names = {.user = bytes_of_string(account->user)};
	struct bytes master;
	struct bytes joined;
	enum status status;

	if (login == NULL || login->master == NULL) {
		*names_out = names;
		return ST_OK;
	}
	master = bytes_of_string(login->master);
	if (syntaxes[login->as].separator == 0) {
		if (login->as == ACCOUNT_AS_PROXYAUTH)
			names.proxy = names.user;
		else
			names.authorize = names.user;
		names.user = master;
		*names_out = names;
		return ST_OK;
	}
	status = syntaxes[login->as].master_first
	    ? join(master, syntaxes[login->as].separator, names.user, room, &joined)
	    : join(names.user, syntaxes[login->as].separator, master, room, &joined);
	if (status == ST_OK)
		*names_out = (struct account_names){.user = joined};
	return status;
}
