/* SPDX-License-Identifier: Apache-2.0
 *
 * Mailbox URIs: what is taken has the promised form, what is not has one clean sentence, and a
 * password is never in it.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/utf8.h"
#include "cli/uri.h"

static void
check_clean(struct bytes text)
{
	while (text.size > 0) {
		size_t step = utf8_printable(text);

		CHECK(step > 0);
		text = bytes_skip(text, step);
	}
}

static void
check_account(const struct account *account)
{
	CHECK(account->port > 0);
	CHECK(account->host[0] != '\0' && strlen(account->host) <= CLI_URI_HOST_MAX);
	CHECK(account->user[0] != '\0' && strlen(account->user) <= CLI_URI_USER_MAX);
	CHECK(strpbrk(account->host, "/@[] %") == NULL);
	check_clean(bytes_of_string(account->host));
	check_clean(bytes_of_string(account->user));
}

/* A password that no sentence of ours contains, in front of whatever the host may be. */
static void
check_password(const char *tail, struct arena *arena)
{
	struct account account;
	struct fault fault = {0};
	char text[256];

	snprintf(text, sizeof(text), "imaps://anna:Qx7Qx7%.200s@host", tail);
	CHECK(cli_uri_decode(text, "source", arena, &account, &fault) == ST_SYNTAX);
	CHECK(strstr(fault.text, "Qx7") == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct account account = {0};
	struct fault fault = {0};
	struct arena arena;
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	arena_init(&arena, 65536);
	if (cli_uri_decode(text, "source", &arena, &account, &fault) == ST_OK) {
		check_account(&account);
	} else {
		CHECK(fault.text[0] != '\0' && account.host == NULL);
		check_clean(bytes_of_string(fault.text));
	}
	check_password(text, &arena);
	arena_fini(&arena);
	free(text);
	return 0;
}
