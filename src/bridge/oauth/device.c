/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/device.h"

#include <poll.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"
#include "bridge/oauth/file.h"
#include "bridge/oauth/form.h"
#include "bridge/oauth/grant.h"
#include "bridge/oauth/request.h"
#include "bridge/oauth/store.h"
#include "bridge/oauth/talk.h"

enum {
	FORM_SIZE_MAX = 16384,
	LINE_SIZE = 1024,
	SLOW_DOWN_S = 5
};

static const int64_t second_us = 1000000;
static const struct fault_kind no_memory = {
    ST_MEMORY, CAUSE_MEMORY, FAULT_PROCESS, RETRY_LATER};

static enum status
post_start(const struct oauth_store *store, const struct buf *form,
    struct oauth_device *device_out, struct fault *fault)
{
	struct oauth_request request = {
	    .provider = &store->provider,
	    .url = store->provider.device_url,
	    .form = buf_bytes(form),
	};
	struct oauth_reply reply = {0};
	uint32_t retry_after_s = 0;
	struct buf body;
	enum status status;

	buf_init(&body, OAUTH_BODY_SIZE_MAX);
	status = oauth_request_post(&request, &body, &reply.status, &retry_after_s, fault);
	reply.body = buf_bytes(&body);
	if (status == ST_OK)
		status = oauth_answer_device(&store->provider, &reply, device_out, fault);
	oauth_file_wipe(&body);
	return status;
}

static enum status
start(const struct oauth_store *store, struct oauth_device *device_out, struct fault *fault)
{
	struct buf form;
	enum status status;

	buf_init(&form, FORM_SIZE_MAX);
	status = oauth_grant_add_client(store, &form);
	if (status == ST_OK)
		status = oauth_form_add(&form, "scope", bytes_of_string(store->provider.scope));
	if (status == ST_OK)
		status = post_start(store, &form, device_out, fault);
	else
		fault_set(fault, no_memory, "There is no memory for the request.");
	oauth_file_wipe(&form);
	return status;
}

static enum status
ask(const struct oauth_store *store, const struct oauth_device *device,
    struct oauth_grant *grant_out, struct fault *fault)
{
	const struct oauth_field fields[] = {
	    {"grant_type", BYTES("urn:ietf:params:oauth:grant-type:device_code")},
	    {"device_code", secret_reveal(&device->code)},
	};

	return oauth_grant_post(
	    store, fields, sizeof(fields) / sizeof(*fields), grant_out, fault);
}

uint32_t
oauth_device_interval_s(uint32_t interval_s, bool is_slow_down, bool is_failure)
{
	if (is_slow_down)
		interval_s += SLOW_DOWN_S;
	else if (is_failure)
		interval_s = interval_s == 0 ? 1 : 2 * interval_s;
	return interval_s < OAUTH_INTERVAL_MAX_S ? interval_s : OAUTH_INTERVAL_MAX_S;
}

static enum status
poll_until_decided(const struct oauth_store *store, const struct oauth_talk *talk,
    const struct oauth_device *device, struct oauth_grant *grant_out, struct fault *fault)
{
	static const struct fault_kind late = {
	    ST_TIMEOUT, CAUSE_LOGIN, FAULT_PROCESS, RETRY_NEVER};
	struct tick end = tick_after(talk->tick(), device->life_s * second_us);
	uint32_t interval_s = device->interval_s;

	for (;;) {
		struct fault failure = {0};
		uint32_t wait_s = interval_s;
		enum status status;

		if (wait_s < grant_out->retry_after_s)
			wait_s = grant_out->retry_after_s;
		if (tick_is_before(end, tick_after(talk->tick(), wait_s * second_us)))
			return fault_set(fault, late,
			    "The code was not used in time; run godwit-token login again.");
		(void)poll(NULL, 0, (int)(wait_s * 1000));
		status = ask(store, device, grant_out, &failure);
		if (status == ST_OK)
			return ST_OK;
		if (status != ST_AGAIN && failure.retry == RETRY_NEVER) {
			*fault = failure;
			return status;
		}
		interval_s = oauth_device_interval_s(interval_s,
		    status == ST_AGAIN && grant_out->kind == OAUTH_REFUSAL_SLOW_DOWN,
		    status != ST_AGAIN);
	}
}

enum status
oauth_device_run(const struct oauth_store *store, const struct oauth_talk *talk,
    struct oauth_grant *grant_out, struct fault *fault)
{
	struct oauth_device *device = mem_take(sizeof(*device));
	char line[LINE_SIZE];
	enum status status;

	if (device == NULL)
		return fault_set(fault, no_memory, "There is no memory for a code.");
	status = start(store, device, fault);
	if (status == ST_OK) {
		snprintf(line, sizeof(line),
		    "To give consent, open %s on any device and type this code: %s",
		    device->url, device->user_code);
		talk->say(line);
		grant_out->retry_after_s = 0;
		status = poll_until_decided(store, talk, device, grant_out, fault);
	}
	secret_wipe_memory(device, sizeof(*device));
	mem_give(device);
	return status;
}
