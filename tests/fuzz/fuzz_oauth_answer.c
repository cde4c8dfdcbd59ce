/* SPDX-License-Identifier: Apache-2.0
 *
 * What a provider answers, and what comes to the loopback port: no token that SASL could not
 * carry, one clean sentence for everything else.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "bridge/oauth/answer.h"
#include "bridge/oauth/json.h"
#include "bridge/oauth/redirect.h"
#include "bridge/token_frame.h"

static const struct oauth_provider provider = {.name = "P"};

static void
check_sentence(const struct fault *fault)
{
	struct bytes text = bytes_of_string(fault->text);

	CHECK(text.size > 0);
	while (text.size > 0) {
		size_t step = utf8_printable(text);

		CHECK(step > 0);
		text = bytes_skip(text, step);
	}
}

static void
try_token(const struct oauth_reply *reply)
{
	struct oauth_token *token = mem_take(sizeof(*token));
	enum oauth_refusal_kind kind = OAUTH_REFUSAL_FINAL;
	struct fault fault = {0};
	enum status status;

	CHECK(token != NULL);
	memset(token, 0, sizeof(*token));
	status = oauth_answer_token(&provider, reply, token, &kind, &fault);
	if (status == ST_OK) {
		struct bytes access = secret_reveal(&token->access);

		CHECK(access.size > 0);
		for (size_t i = 0; i < access.size; i++)
			CHECK(access.data[i] > ' ' && access.data[i] <= '~');
		CHECK(token->life_s > 0 && token->life_s <= BRIDGE_TOKEN_LIFE_MAX_S);
	} else if (status == ST_AGAIN) {
		CHECK(kind == OAUTH_REFUSAL_PENDING || kind == OAUTH_REFUSAL_SLOW_DOWN);
	} else {
		CHECK(token->access.size == 0 && token->refresh.size == 0);
		check_sentence(&fault);
	}
	mem_give(token);
}

static void
try_device(const struct oauth_reply *reply)
{
	struct oauth_device *device = mem_take(sizeof(*device));
	struct fault fault = {0};

	CHECK(device != NULL);
	memset(device, 0, sizeof(*device));
	if (oauth_answer_device(&provider, reply, device, &fault) == ST_OK)
		CHECK(device->life_s > 0 && oauth_provider_is_url(device->url) &&
		    device->user_code[0] != '\0');
	else
		check_sentence(&fault);
	mem_give(device);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const long statuses[] = {200, 400, 503, 302};
	struct secret code = {0};
	struct fault fault = {0};

	oauth_json_init();
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		struct oauth_reply reply = {statuses[i], bytes_of(data, size)};

		try_token(&reply);
		try_device(&reply);
	}
	if (oauth_redirect_decode(bytes_of(data, size), "S", &code, &fault) == ST_REFUSED)
		check_sentence(&fault);
	else
		CHECK(!fault_is_set(&fault));
	return 0;
}
