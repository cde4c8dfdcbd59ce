/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/imap/server/capability.h"

#include <assert.h>

#include "base/check.h"

static const char *const names[] = {
    [IMAP_CAP_IMAP4REV1] = "IMAP4rev1",
    [IMAP_CAP_IMAP4REV2] = "IMAP4rev2",
    [IMAP_CAP_STARTTLS] = "STARTTLS",
    [IMAP_CAP_LOGINDISABLED] = "LOGINDISABLED",
    [IMAP_CAP_SASL_IR] = "SASL-IR",
    [IMAP_CAP_AUTH_PLAIN] = "AUTH=PLAIN",
    [IMAP_CAP_AUTH_LOGIN] = "AUTH=LOGIN",
    [IMAP_CAP_AUTH_XOAUTH2] = "AUTH=XOAUTH2",
    [IMAP_CAP_AUTH_OAUTHBEARER] = "AUTH=OAUTHBEARER",
    [IMAP_CAP_AUTH_SCRAM_SHA_1] = "AUTH=SCRAM-SHA-1",
    [IMAP_CAP_AUTH_SCRAM_SHA_256] = "AUTH=SCRAM-SHA-256",
    [IMAP_CAP_ID] = "ID",
    [IMAP_CAP_ENABLE] = "ENABLE",
    [IMAP_CAP_NAMESPACE] = "NAMESPACE",
    [IMAP_CAP_LITERAL_PLUS] = "LITERAL+",
    [IMAP_CAP_LITERAL_MINUS] = "LITERAL-",
    [IMAP_CAP_MULTIAPPEND] = "MULTIAPPEND",
    [IMAP_CAP_UIDPLUS] = "UIDPLUS",
    [IMAP_CAP_UNSELECT] = "UNSELECT",
    [IMAP_CAP_LIST_EXTENDED] = "LIST-EXTENDED",
    [IMAP_CAP_LIST_STATUS] = "LIST-STATUS",
    [IMAP_CAP_SPECIAL_USE] = "SPECIAL-USE",
    [IMAP_CAP_CREATE_SPECIAL_USE] = "CREATE-SPECIAL-USE",
    [IMAP_CAP_XLIST] = "XLIST",
    [IMAP_CAP_CHILDREN] = "CHILDREN",
    [IMAP_CAP_STATUS_SIZE] = "STATUS=SIZE",
    [IMAP_CAP_CONDSTORE] = "CONDSTORE",
    [IMAP_CAP_QRESYNC] = "QRESYNC",
    [IMAP_CAP_ESEARCH] = "ESEARCH",
    [IMAP_CAP_MOVE] = "MOVE",
    [IMAP_CAP_OBJECTID] = "OBJECTID",
    [IMAP_CAP_QUOTA] = "QUOTA",
    [IMAP_CAP_ACL] = "ACL",
    [IMAP_CAP_APPENDLIMIT] = "APPENDLIMIT",
    [IMAP_CAP_COMPRESS_DEFLATE] = "COMPRESS=DEFLATE",
    [IMAP_CAP_BINARY] = "BINARY",
    [IMAP_CAP_UTF8_ACCEPT] = "UTF8=ACCEPT",
    [IMAP_CAP_UIDONLY] = "UIDONLY",
    [IMAP_CAP_MESSAGELIMIT] = "MESSAGELIMIT",
    [IMAP_CAP_UNAUTHENTICATE] = "UNAUTHENTICATE",
};

static_assert(
    sizeof(names) / sizeof(names[0]) == IMAP_CAP_COUNT, "every capability has a name");
static_assert(IMAP_CAP_COUNT <= 64, "one bit each");

/* RFC 7889 and RFC 9738: the capability may carry a number. */
static bool
takes_value(enum imap_capability which)
{
	return which == IMAP_CAP_APPENDLIMIT || which == IMAP_CAP_MESSAGELIMIT;
}

static uint64_t
bit_of(enum imap_capability which)
{
	CHECK(which < IMAP_CAP_COUNT);
	return UINT64_C(1) << which;
}

enum imap_capability
imap_capability_find(struct bytes word)
{
	struct bytes stem = bytes_first(word, bytes_find(word, '=', 0));

	for (enum imap_capability which = 0; which < IMAP_CAP_COUNT; which++) {
		struct bytes name = bytes_of_string(names[which]);

		if (bytes_equal_nocase(takes_value(which) ? stem : word, name))
			return which;
	}
	return IMAP_CAP_COUNT;
}

void
imap_capability_add(struct imap_capabilities *capabilities, struct bytes word)
{
	enum imap_capability which = imap_capability_find(word);

	if (which != IMAP_CAP_COUNT)
		capabilities->bits |= bit_of(which);
}

bool
imap_capability_has(struct imap_capabilities capabilities, enum imap_capability which)
{
	return (capabilities.bits & bit_of(which)) != 0;
}

void
imap_capability_remove(struct imap_capabilities *capabilities, enum imap_capability which)
{
	capabilities->bits &= ~bit_of(which);
}

const char *
imap_capability_name(enum imap_capability which)
{
	CHECK(which < IMAP_CAP_COUNT);
	return names[which];
}
