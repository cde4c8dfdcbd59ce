/* SPDX-License-Identifier: Apache-2.0
 *
 * mail/fold: the forms in which folder names are compared: composed, without case, as a word.
 *
 * Promise  each form of a form is the form itself. What is not valid UTF-8 is its own form.
 * Memory   the forms live in the arena.
 * Limits   FOLD_SIZE_MAX octets; ST_LIMIT beyond.
 * Spec     Unicode 15, UAX 15 (NFC) and the default case folding, by utf8proc.
 */
#ifndef MAIL_FOLD_H
#define MAIL_FOLD_H

#include "base/arena.h"
#include "base/bytes.h"

enum {
	FOLD_SIZE_MAX = 65536
};

/* NFC: "e" and a combining acute become "é". */
enum status fold_composed(
    struct bytes text, struct arena *arena, struct bytes *composed_out) MUST_USE;

/* NFC of the case folding: equal for names that servers without letter case take for one. */
enum status fold_caseless(
    struct bytes text, struct arena *arena, struct bytes *caseless_out) MUST_USE;

/* Without case, diacritics, spaces, dashes and dots: "Gelöschte Objekte" is "geloschteobjekte".
 * For the table of names in mail/folder_word alone; it does not say that two names are one. */
enum status fold_word(struct bytes text, struct arena *arena, struct bytes *word_out) MUST_USE;

#endif
