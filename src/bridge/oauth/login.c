/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/login.h"

#include "base/mem.h"
#include "bridge/oauth/browser.h"
#include "bridge/oauth/device.h"
#include "bridge/oauth/grant.h"
#include "bridge/oauth/store.h"
#include "bridge/oauth/talk.h"

#define LOGIN_FAULT(status, cause)                                                             \
	((struct fault_kind){(status), (cause), FAULT_PROCESS, RETRY_NEVER})

/* Asks a person, by the way that was ordered or that the provider has. */
static enum status
ask_person(const struct oauth_login *login, const struct oauth_store *store,
    struct oauth_grant *grant, struct fault *fault)
{
	const struct oauth_provider *provider = &store->provider;
	bool has_device = provider->device_url[0] != '\0';
	bool has_browser = provider->browser_url[0] != '\0';

	if (login->flow != OAUTH_FLOW_BROWSER && has_device)
		return oauth_device_run(store, login->talk, grant, fault);
	if (login->flow != OAUTH_FLOW_DEVICE && has_browser)
		return oauth_browser_run(store, login->user, login->talk, grant, fault);
	return fault_set(fault, LOGIN_FAULT(ST_ABSENT, CAUSE_USAGE),
	    "%s has no endpoint for a log-in %s.", provider->name,
	    login->flow == OAUTH_FLOW_BROWSER ? "in a browser" : "by device code");
}

static enum status
run(const struct oauth_login *login, struct oauth_store *store, struct oauth_grant *grant,
    struct fault *fault)
{
	bool is_service = oauth_store_is_service(store);
	struct bytes refresh;
	enum status status;

	if (is_service)
		status =
		    oauth_grant_fetch(store, login->user, login->talk->wall(), grant, fault);
	else
		status = ask_person(login, store, grant, fault);
	if (status == ST_AGAIN)
		return fault_set(fault, LOGIN_FAULT(ST_SYNTAX, CAUSE_PROTOCOL),
		    "%s answers as if somebody were still signing in.", store->provider.name);
	if (status != ST_OK)
		return status;
	refresh = secret_reveal(&grant->token.refresh);
	if (!is_service && refresh.size == 0)
		return fault_set(fault, LOGIN_FAULT(ST_ABSENT, CAUSE_LOGIN),
		    "%s gave no refresh token, so there would be no token in an hour; its "
		    "scope may lack offline access.",
		    store->provider.name);
	if (!is_service)
		status = secret_set(&store->refresh, refresh);
	if (status == ST_OK)
		status = oauth_store_write(login->path, store, fault);
	return status;
}

enum status
oauth_login_run(const struct oauth_login *login, struct oauth_store *store, struct fault *fault)
{
	struct oauth_grant *grant = mem_take(sizeof(*grant));
	enum status status;

	if (grant == NULL)
		return fault_set(fault, LOGIN_FAULT(ST_MEMORY, CAUSE_MEMORY),
		    "There is no memory for a token.");
	*grant = (struct oauth_grant){0};
	status = run(login, store, grant, fault);
	secret_wipe_memory(grant, sizeof(*grant));
	mem_give(grant);
	return status;
}
