/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/server/capability: what a server says it can do, as bits.
 *
 * Place    one table, one row a capability; unknown names are ignored.
 */
#ifndef WIRE_IMAP_SERVER_CAPABILITY_H
#define WIRE_IMAP_SERVER_CAPABILITY_H

#include <stdint.h>

#include "base/bytes.h"

enum imap_capability {
	IMAP_CAP_IMAP4REV1,
	IMAP_CAP_IMAP4REV2,
	IMAP_CAP_STARTTLS,
	IMAP_CAP_LOGINDISABLED,
	IMAP_CAP_SASL_IR,
	IMAP_CAP_AUTH_PLAIN,
	IMAP_CAP_AUTH_LOGIN,
	IMAP_CAP_AUTH_XOAUTH2,
	IMAP_CAP_AUTH_OAUTHBEARER,
	IMAP_CAP_AUTH_SCRAM_SHA_1,
	IMAP_CAP_AUTH_SCRAM_SHA_256,
	IMAP_CAP_ID,
	IMAP_CAP_ENABLE,
	IMAP_CAP_NAMESPACE,
	IMAP_CAP_LITERAL_PLUS,
	IMAP_CAP_LITERAL_MINUS,
	IMAP_CAP_MULTIAPPEND,
	IMAP_CAP_UIDPLUS,
	IMAP_CAP_UNSELECT,
	IMAP_CAP_LIST_EXTENDED,
	IMAP_CAP_LIST_STATUS,
	IMAP_CAP_SPECIAL_USE,
	IMAP_CAP_CREATE_SPECIAL_USE,
	IMAP_CAP_XLIST,
	IMAP_CAP_CHILDREN,
	IMAP_CAP_STATUS_SIZE,
	IMAP_CAP_CONDSTORE,
	IMAP_CAP_QRESYNC,
	IMAP_CAP_ESEARCH,
	IMAP_CAP_MOVE,
	IMAP_CAP_OBJECTID,
	IMAP_CAP_QUOTA,
	IMAP_CAP_ACL,
	IMAP_CAP_APPENDLIMIT, /* with or without a value */
	IMAP_CAP_COMPRESS_DEFLATE,
	IMAP_CAP_BINARY,
	IMAP_CAP_UTF8_ACCEPT,
	IMAP_CAP_UIDONLY,
	IMAP_CAP_MESSAGELIMIT,
	IMAP_CAP_UNAUTHENTICATE,
	IMAP_CAP_COUNT
};

/* One bit per enumerator. */
struct imap_capabilities {
	uint64_t bits;
};

/* Adds what `word` names (compared without case); unknown words add nothing. */
void imap_capability_add(struct imap_capabilities *capabilities, struct bytes word);
bool imap_capability_has(struct imap_capabilities capabilities, enum imap_capability which);
void imap_capability_remove(struct imap_capabilities *capabilities, enum imap_capability which);

/* The word on the wire, such as "LITERAL+". */
const char *imap_capability_name(enum imap_capability which);
/* For --without; IMAP_CAP_COUNT when the word names none. */
enum imap_capability imap_capability_find(struct bytes word);

#endif
