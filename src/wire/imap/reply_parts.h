/* SPDX-License-Identifier: Apache-2.0
 *
 * wire/imap/reply_parts: the readers of single kinds of responses, for wire/imap/reply.
 *
 * Promise  each is called with the lexer behind the response's name and reads to its end.
 */
#ifndef WIRE_IMAP_REPLY_PARTS_H
#define WIRE_IMAP_REPLY_PARTS_H

#include "wire/imap/reply.h"

typedef enum status (*imap_reply_fn)(
    const struct imap_reader *reader, struct imap_lexer *lexer, struct imap_reply *reply);

/* reply_data.c */
enum status imap_reply_list(const struct imap_reader *reader, struct imap_lexer *lexer,
    struct imap_reply *reply) MUST_USE;
enum status imap_reply_lsub(const struct imap_reader *reader, struct imap_lexer *lexer,
    struct imap_reply *reply) MUST_USE;
enum status imap_reply_xlist(const struct imap_reader *reader, struct imap_lexer *lexer,
    struct imap_reply *reply) MUST_USE;
enum status imap_reply_status(const struct imap_reader *reader, struct imap_lexer *lexer,
    struct imap_reply *reply) MUST_USE;
enum status imap_reply_namespace(const struct imap_reader *reader, struct imap_lexer *lexer,
    struct imap_reply *reply) MUST_USE;
enum status imap_reply_id(const struct imap_reader *reader, struct imap_lexer *lexer,
    struct imap_reply *reply) MUST_USE;

/* reply_rights.c */
enum status imap_reply_quota(const struct imap_reader *reader, struct imap_lexer *lexer,
    struct imap_reply *reply) MUST_USE;
enum status imap_reply_myrights(const struct imap_reader *reader, struct imap_lexer *lexer,
    struct imap_reply *reply) MUST_USE;

/* reply_flags.c */
enum status imap_reply_flags(const struct imap_reader *reader, struct imap_lexer *lexer,
    struct imap_reply *reply) MUST_USE;
/* Reads a list of which `first` is the first token; NIL is an empty list. */
enum status imap_flag_list_read(const struct imap_reader *reader, struct imap_lexer *lexer,
    const struct imap_token *first, struct imap_flag_list *list_out) MUST_USE;

/* reply_fetch.c */
enum status imap_reply_fetch(const struct imap_reader *reader, struct imap_lexer *lexer,
    struct imap_reply *reply) MUST_USE;
/* RFC 9586: the number before the name was the UID, and is there already. */
enum status imap_reply_uidfetch(const struct imap_reader *reader, struct imap_lexer *lexer,
    struct imap_reply *reply) MUST_USE;

/* reply_condition.c: `text` is what stands behind OK, NO, BAD, BYE or PREAUTH. */
enum status imap_reply_condition(
    const struct imap_reader *reader, struct bytes text, struct imap_reply *reply) MUST_USE;
enum imap_condition_kind imap_condition_kind_of(struct bytes word);

/* The octets of a string or an atom, escapes undone. */
enum status imap_reply_string(const struct imap_reader *reader, const struct imap_token *token,
    struct bytes *text_out) MUST_USE;

#endif
