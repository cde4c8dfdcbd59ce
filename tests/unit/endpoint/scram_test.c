/* SPDX-License-Identifier: Apache-2.0
 *
 * The client against a server made of OpenSSL here, which itself is held against the vectors of
 * RFC 5802 and RFC 7677 first.
 */
#include "case.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "endpoint/scram.h"

enum {
	TEXT_SIZE = 1024
};

struct server {
	const EVP_MD *(*hash)(void);
	const char *password;
	const char *salt; /* in base64 */
	unsigned iterations;
};

struct proof {
	char client[EVP_MAX_MD_SIZE * 2]; /* in base64 */
	char server[EVP_MAX_MD_SIZE * 2];
};

static void
to_base64(const uint8_t *octets, size_t size, char *text)
{
	struct buf out;

	buf_init(&out, TEXT_SIZE);
	assert_int_equal(base64_encode(bytes_of(octets, size), &out), ST_OK);
	memcpy(text, out.octets, out.size);
	text[out.size] = 0;
	buf_fini(&out);
}

static void
hmac(const struct server *server, const uint8_t *key, const char *text, uint8_t *out)
{
	unsigned size = 0;

	assert_non_null(HMAC(server->hash(), key, EVP_MD_get_size(server->hash()),
	    (const uint8_t *)text, strlen(text), out, &size));
}

/* RFC 5802 section 3. */
static void
prove(const struct server *server, const char *told, struct proof *proof)
{
	int size = EVP_MD_get_size(server->hash());
	uint8_t salted[EVP_MAX_MD_SIZE];
	uint8_t key[EVP_MAX_MD_SIZE];
	uint8_t stored[EVP_MAX_MD_SIZE];
	uint8_t signature[EVP_MAX_MD_SIZE];
	struct buf salt;

	buf_init(&salt, TEXT_SIZE);
	assert_int_equal(base64_decode(bytes_of_string(server->salt), &salt), ST_OK);
	assert_int_equal(
	    PKCS5_PBKDF2_HMAC(server->password, -1, buf_bytes(&salt).data, (int)salt.size,
		(int)server->iterations, server->hash(), size, salted),
	    1);
	buf_fini(&salt);
	hmac(server, salted, "Client Key", key);
	assert_int_equal(EVP_Digest(key, (size_t)size, stored, NULL, server->hash(), NULL), 1);
	hmac(server, stored, told, signature);
	for (int i = 0; i < size; i++)
		key[i] ^= signature[i];
	to_base64(key, (size_t)size, proof->client);
	hmac(server, salted, "Server Key", key);
	hmac(server, key, told, signature);
	to_base64(signature, (size_t)size, proof->server);
}

static const struct server sha1 = {EVP_sha1, "pencil", "QSXCR+Q6sek8bf92", 4096};
static const struct server sha256 = {EVP_sha256, "pencil", "W22ZaJ0SNY7soEsUEjb6gQ==", 4096};

static void
test_the_server_is_right(void **state)
{
	struct proof proof;

	(void)state;
	prove(&sha1,
	    "n=user,r=fyko+d2lbbFgONRv9qkxdawL,"
	    "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,"
	    "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
	    &proof);
	assert_string_equal(proof.client, "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
	assert_string_equal(proof.server, "rmF9pqV8S7suAoZWja4dJRkFsKQ=");
	prove(&sha256,
	    "n=user,r=rOprNGfwEbeRWgbNEkqO,"
	    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
	    "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
	    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
	    &proof);
	assert_string_equal(proof.client, "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
	assert_string_equal(proof.server, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

struct talk {
	struct scram *scram;
	struct buf out;
	char first[TEXT_SIZE];        /* "n=user,r=…" */
	char server_first[TEXT_SIZE]; /* what the server says to it */
	char final[TEXT_SIZE];        /* "c=…,r=…,p=…" */
};

static const char *
text_of(struct talk *talk)
{
	assert_int_equal(buf_append(&talk->out, bytes_of("", 1)), ST_OK);
	return (const char *)buf_bytes(&talk->out).data;
}

/* Up to the client's first message; the server's first is made of it. */
static void
begin(struct talk *talk, const char *mechanism, const struct server *server,
    struct bytes password)
{
	const char *first;

	memset(talk, 0, sizeof(*talk));
	buf_init(&talk->out, TEXT_SIZE);
	assert_int_equal(
	    scram_new(mechanism, (struct bytes){0}, BYTES("us,er="), password, &talk->scram),
	    ST_OK);
	assert_int_equal(scram_first(talk->scram, &talk->out), ST_OK);
	first = text_of(talk);
	assert_int_equal(strncmp(first, "n,,n=us=2Cer=3D,r=", 18), 0);
	snprintf(talk->first, sizeof(talk->first), "%s", first + 3);
	snprintf(talk->server_first, sizeof(talk->server_first), "r=%sX,s=%s,i=%u",
	    strstr(talk->first, ",r=") + 3, server->salt, server->iterations);
	buf_clear(&talk->out);
}

/* The client's final message, checked. */
static void
answer(struct talk *talk, const struct server *server, struct proof *proof)
{
	static char told[3 * TEXT_SIZE];
	const char *why = NULL;
	char *end;

	assert_int_equal(
	    scram_next(talk->scram, bytes_of_string(talk->server_first), &talk->out, &why),
	    ST_OK);
	assert_null(why);
	assert_true(scram_has_answered(talk->scram) && !scram_is_proven(talk->scram));
	snprintf(talk->final, sizeof(talk->final), "%s", text_of(talk));
	end = strstr(talk->final, ",p=");
	assert_non_null(end);
	snprintf(told, sizeof(told), "%s,%s,%.*s", talk->first, talk->server_first,
	    (int)(end - talk->final), talk->final);
	prove(server, told, proof);
	assert_string_equal(end + 3, proof->client);
	buf_clear(&talk->out);
}

static void
end(struct talk *talk)
{
	scram_free(&talk->scram);
	assert_null(talk->scram);
	buf_fini(&talk->out);
}

static void
test_both_hashes(void **state)
{
	static const struct {
		const char *mechanism;
		const struct server *server;
	} cases[] = {{"SCRAM-SHA-1", &sha1}, {"SCRAM-SHA-256", &sha256}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct talk talk;
		struct proof proof;
		char text[TEXT_SIZE];
		const char *why = NULL;

		begin(&talk, cases[i].mechanism, cases[i].server, BYTES("pencil"));
		answer(&talk, cases[i].server, &proof);
		snprintf(text, sizeof(text), "v=%s", proof.server);
		assert_int_equal(
		    scram_next(talk.scram, bytes_of_string(text), &talk.out, &why), ST_OK);
		assert_true(scram_is_proven(talk.scram) && talk.out.size == 0);
		/* Whoever asks on is not answered. */
		assert_int_equal(
		    scram_next(talk.scram, BYTES("x"), &talk.out, &why), ST_CONFLICT);
		assert_non_null(why);
		assert_false(scram_is_proven(talk.scram));
		end(&talk);
	}
}

/* RFC 4013: what looks the same is the same, and what cannot be is refused. */
static void
test_passwords_are_prepared(void **state)
{
	static const struct {
		struct bytes typed;
		const char *prepared; /* NULL: ST_SYNTAX */
	} cases[] = {
	    {TEXT("I\xc2\xadX"), "IX"},
	    {TEXT("user"), "user"},
	    {TEXT("\xc2\xaa"), "a"},
	    {TEXT("e\xcc\x81"), "\xc3\xa9"},
	    {TEXT("a\xc2\xa0"
		  "b"),
		"a b"},
	    {TEXT(" \"\\\xc2\xa7 "), " \"\\\xc2\xa7 "},
	    {TEXT("\x07"), NULL},
	    {TEXT("\xd8\xa7\x31"), NULL},
	    {TEXT("\xa7"), NULL},
	    {TEXT("a\0b"), NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *prepared = NULL;
		enum status status = scram_prepare(cases[i].typed, &prepared);

		assert_int_equal(status, cases[i].prepared == NULL ? ST_SYNTAX : ST_OK);
		if (cases[i].prepared != NULL)
			assert_string_equal(prepared, cases[i].prepared);
		scram_unprepare(&prepared);
		assert_null(prepared);
	}
}

static void
test_a_prepared_password_proves_itself(void **state)
{
	struct server server = sha256;
	struct talk talk;
	struct proof proof;

	(void)state;
	server.password = "\xc3\xa9\xc2\xa7 a";
	begin(&talk, "SCRAM-SHA-256", &server, BYTES("e\xcc\x81\xc2\xa7 \xc2\xaa"));
	answer(&talk, &server, &proof);
	end(&talk);
	assert_int_equal(scram_new("SCRAM-SHA-256", (struct bytes){0}, BYTES("u"),
			     BYTES("\xa7"), &talk.scram),
	    ST_SYNTAX);
}

static void
test_a_wrong_signature(void **state)
{
	static const struct {
		struct bytes text;
		enum status status;
	} cases[] = {
	    {TEXT("v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), ST_CONFLICT},
	    {TEXT("v="), ST_CONFLICT},
	    {TEXT("nonsense"), ST_CONFLICT},
	    {TEXT(""), ST_CONFLICT},
	    {TEXT("e=invalid-proof"), ST_REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct talk talk;
		struct proof proof;
		const char *why = NULL;

		begin(&talk, "SCRAM-SHA-256", &sha256, BYTES("pencil"));
		answer(&talk, &sha256, &proof);
		EXPECT((const char *)cases[i].text.data,
		    scram_next(talk.scram, cases[i].text, &talk.out, &why) == cases[i].status);
		EXPECT((const char *)cases[i].text.data,
		    (why != NULL) == (cases[i].status == ST_CONFLICT));
		assert_false(scram_is_proven(talk.scram));
		end(&talk);
	}
}

static void
test_first_messages_that_cheat(void **state)
{
	static const struct {
		const char *name, *before, *behind;
	} cases[] = {
	    {"one iteration", "", "X,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1"},
	    {"two thousand million", "", "X,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2000000000"},
	    {"our nonce and no more", "", ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"},
	    {"another nonce", "x", ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"},
	    {"a salt that is none", "", "X,s=!,i=4096"},
	    {"no salt", "", "X"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct talk talk;
		char text[3 * TEXT_SIZE];
		const char *why = NULL;

		begin(&talk, "SCRAM-SHA-256", &sha256, BYTES("pencil"));
		snprintf(text, sizeof(text), "r=%s%s%s", cases[i].before,
		    strstr(talk.first, ",r=") + 3, cases[i].behind);
		EXPECT(cases[i].name,
		    scram_next(talk.scram, bytes_of_string(text), &talk.out, &why) ==
			ST_CONFLICT);
		EXPECT(cases[i].name, why != NULL && talk.out.size == 0);
		assert_false(scram_has_answered(talk.scram));
		end(&talk);
	}
}

static void
test_every_nonce_is_new(void **state)
{
	struct talk first;
	struct talk second;

	(void)state;
	begin(&first, "SCRAM-SHA-1", &sha1, BYTES("pencil"));
	begin(&second, "SCRAM-SHA-1", &sha1, BYTES("pencil"));
	assert_string_not_equal(first.first, second.first);
	end(&first);
	end(&second);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_server_is_right),
	    cmocka_unit_test(test_both_hashes),
	    cmocka_unit_test(test_passwords_are_prepared),
	    cmocka_unit_test(test_a_prepared_password_proves_itself),
	    cmocka_unit_test(test_a_wrong_signature),
	    cmocka_unit_test(test_first_messages_that_cheat),
	    cmocka_unit_test(test_every_nonce_is_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
