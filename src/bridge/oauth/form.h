/* SPDX-License-Identifier: Apache-2.0
 *
 * bridge/oauth/form: names and values as HTML forms and queries carry them.
 *
 * Spec     application/x-www-form-urlencoded (WHATWG URL section 5); RFC 6749 appendix B.
 */
#ifndef BRIDGE_OAUTH_FORM_H
#define BRIDGE_OAUTH_FORM_H

#include <stddef.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

struct buf;

struct oauth_field {
	const char *name;
	struct bytes value; /* borrowed */
};

/* Appends "name=value", behind a '&' unless the form is empty or ends with '?'. */
enum status oauth_form_add(struct buf *form, const char *name, struct bytes value) MUST_USE;

/* The same for each of `fields`, in their order. */
enum status oauth_form_add_fields(
    struct buf *form, const struct oauth_field *fields, size_t count) MUST_USE;

/* Appends the decoded value of the first `name` in `query`. ST_ABSENT; ST_SYNTAX for a broken
 * escape; ST_CONFLICT when the name stands there twice. */
enum status oauth_form_find(struct bytes query, const char *name, struct buf *out) MUST_USE;

#endif
