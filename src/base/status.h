/* SPDX-License-Identifier: Apache-2.0
 *
 * base/status: the one result type. Zero is success.
 *
 * Promise  a function whose result is not ST_OK leaves its outputs untouched, unless it says
 *          otherwise.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

enum status {
	ST_OK,
	ST_AGAIN,    /* nothing to give yet; feed more, or wait */
	ST_END,      /* there is no more */
	ST_ABSENT,   /* what was looked for is not there */
	ST_SYNTAX,   /* the input is not what its grammar says */
	ST_LIMIT,    /* a ceiling fixed beforehand was reached */
	ST_MEMORY,   /* the allocator gave nothing */
	ST_IO,       /* the operating system or the network failed */
	ST_TIMEOUT,  /* a deadline passed */
	ST_REFUSED,  /* the other side said no */
	ST_CONFLICT, /* the world is not as it was assumed */
	ST_CANCELED, /* somebody asked to stop */
	ST_COUNT
};

/* A short English name for logs and tests, such as "limit". */
const char *status_name(enum status status);

#endif
