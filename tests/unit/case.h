/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/case: what a table of cases needs: a check that names its case when it fails.
 */
#ifndef UNIT_CASE_H
#define UNIT_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define EXPECT(name, condition)                                                                \
	do {                                                                                   \
		if (!(condition))                                                              \
			fail_msg("case \"%s\": %s", name, #condition);                         \
	} while (0)

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A slice over a string literal in an initialiser; it may hold NUL. */
#define TEXT(literal)                                                                          \
	{                                                                                      \
		(const uint8_t *)("" literal), sizeof(literal) - 1                             \
	}

#endif
