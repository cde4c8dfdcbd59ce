/* SPDX-License-Identifier: Apache-2.0
 *
 * base/attr: the compiler attributes that this house uses, in one place.
 *
 * Place    every header; gcc and clang alike.
 */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

/* The result must be looked at: every fallible function carries it. */
#define MUST_USE __attribute__((warn_unused_result))

/* Argument numbers count from 1, as in the compiler's manual. */
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

#define NORETURN __attribute__((noreturn))

#endif
