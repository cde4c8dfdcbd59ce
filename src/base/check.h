/* SPDX-License-Identifier: Apache-2.0
 *
 * base/check: assertions that stay on in production.
 *
 * Promise  a failed CHECK names its place on standard error and aborts.
 * Limits   for our own errors only. Nothing that a peer or a user sends may ever trip one.
 */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include "base/attr.h"

void check_failed(const char *condition, const char *file, int line) NORETURN;

#define CHECK(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

#endif
