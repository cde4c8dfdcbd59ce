/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/oauth/request.h"

#include <curl/curl.h>

#include "base/buf.h"

enum {
	RETRY_AFTER_MAX_S = 86400,
	CONNECT_TIMEOUT_S = 15
};

#define REQUEST_FAULT(status, cause, retry)                                                    \
	((struct fault_kind){(status), (cause), FAULT_ENDPOINT, (retry)})

enum status
oauth_request_init(struct fault *fault)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		return ST_OK;
	return fault_set(fault, REQUEST_FAULT(ST_MEMORY, CAUSE_MEMORY, RETRY_LATER),
	    "There is no memory for HTTPS.");
}

void
oauth_request_fini(void)
{
	curl_global_cleanup();
}

/* Less taken than offered ends the transfer with CURLE_WRITE_ERROR. */
static size_t
take_body(char *octets, size_t size, size_t count, void *argument)
{
	struct buf *body = argument;

	return buf_append(body, bytes_of(octets, size * count)) == ST_OK ? size * count : 0;
}

static enum status
complain(
    const struct oauth_request *request, CURLcode code, const char *detail, struct fault *fault)
{
	const char *name = request->provider->name;
	const char *why = detail[0] != '\0' ? detail : curl_easy_strerror(code);
	char quoted[FAULT_QUOTE_SIZE];

	fault_quote(bytes_of_string(why), quoted);
	if (code == CURLE_WRITE_ERROR)
		return fault_set(fault, REQUEST_FAULT(ST_LIMIT, CAUSE_PROTOCOL, RETRY_LATER),
		    "%s answers with more than %d octets.", name, OAUTH_BODY_SIZE_MAX);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return fault_set(fault, REQUEST_FAULT(ST_TIMEOUT, CAUSE_NETWORK, RETRY_LATER),
		    "%s did not answer within %u s.", name, request->provider->timeout_s);
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
	    code == CURLE_SSL_ISSUER_ERROR)
		return fault_set(fault, REQUEST_FAULT(ST_REFUSED, CAUSE_TLS, RETRY_NEVER),
		    "%s cannot be trusted: %s. If it is your own, name its authority's "
		    "certificates as \"ca_file\" in the provider file.",
		    name, quoted);
	if (code == CURLE_OUT_OF_MEMORY)
		return fault_set(fault, REQUEST_FAULT(ST_MEMORY, CAUSE_MEMORY, RETRY_LATER),
		    "There is no memory to ask %s.", name);
	return fault_set(fault, REQUEST_FAULT(ST_IO, CAUSE_NETWORK, RETRY_LATER),
	    "%s cannot be reached: %s.", name, quoted);
}

/* The options that keep the promises; the first that fails counts. */
static CURLcode
set_options(CURL *curl, const struct oauth_request *request)
{
	const struct oauth_provider *provider = request->provider;
	CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, request->url);

	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	if (code == CURLE_OK)
		code =
		    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (code == CURLE_OK && provider->ca_path[0] != '\0')
		code = curl_easy_setopt(curl, CURLOPT_CAINFO, provider->ca_path);
	if (code == CURLE_OK && provider->ca_path[0] != '\0')
		code = curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)provider->timeout_s);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_USERAGENT, "godwit-token");
	return code;
}

static CURLcode
set_form(CURL *curl, const struct oauth_request *request)
{
	CURLcode code =
	    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->form.size);

	/* Borrowed: libcurl reads it while it sends. */
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->form.data);
	return code;
}

static CURLcode
perform(CURL *curl, struct curl_slist *headers, struct buf *body, char *detail)
{
	CURLcode code = curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);

	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
	if (code == CURLE_OK)
		code = curl_easy_perform(curl);
	return code;
}

static uint32_t
retry_after_s(CURL *curl)
{
	curl_off_t wait_s = 0;

	if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait_s) != CURLE_OK || wait_s < 0)
		return 0;
	return wait_s > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : (uint32_t)wait_s;
}

enum status
oauth_request_post(const struct oauth_request *request, struct buf *body, long *status_out,
    uint32_t *retry_after_s_out, struct fault *fault)
{
	char detail[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
	CURL *curl = curl_easy_init();
	CURLcode code = CURLE_OUT_OF_MEMORY;
	long status = 0;

	if (curl != NULL && headers != NULL) {
		code = set_options(curl, request);
		if (code == CURLE_OK)
			code = set_form(curl, request);
		if (code == CURLE_OK)
			code = perform(curl, headers, body, detail);
		if (code == CURLE_OK)
			code = curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	}
	if (code == CURLE_OK) {
		*status_out = status;
		*retry_after_s_out = retry_after_s(curl);
	}
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	return code == CURLE_OK ? ST_OK : complain(request, code, detail, fault);
}
