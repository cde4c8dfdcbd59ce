/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys were made for this test and are of no other use. The expected token was signed by
 * the openssl command: this signature is the same each time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "bridge/oauth/json.h"
#include "bridge/oauth/jwt.h"

static const char key[] = "-----BEGIN PRIVATE KEY-----\n"
			  "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDRrTOLZ2HtbUMx\n"
			  "0GbeCLTggJYhiRTrTxNs5M18MmDkJv5Cv2rnYL/HcCtRF5hOibv3xmuxB3AHQ/U6\n"
			  "XNqbJfTa8FJlIuJCbEovJXhTGtwoPQGRUynqDT9zHBwmj2PnVxGMiyk6bk1lSsFa\n"
			  "YJTqlsBxOGc2sThXuvl2+mMG9Fr3Zo7tCP4iJReoQoSZ/0J3Y1jG86zr/k0Z5pC4\n"
			  "0ZSNZ+t1Fu+aZlZdnrjp292AztKDlQ9KssWcVZH/maNxYsY9oo61QNexojHm0tZJ\n"
			  "umKNougbH5zfASzWVwKyIILTJ0zPOHijaFt11pn0goRSSSIL45kreykyBUWGrt6M\n"
			  "nXtnYKWXAgMBAAECggEAE+1Jm5M+fUzUnzFWwjDcCWuiP2gPWUwK/pH07W693DED\n"
			  "s3hAD3x9/W6tnAFWc9bAytiyqpplJtIDxk4sAHHoOVgWaVvNWp6yb8fR2nDdDeRU\n"
			  "xJwj8AVEsgqwqjSw1YjMapAqYbRsUP1JYiHeEgVnUkGxnXY7DCtnqTHWo3YpoJ76\n"
			  "8PdyKR+As9/GACShxYm1uqoIqyOu4vxhV4VHuGD03rxrq8DfLTPFJ+RHpF9hnU+A\n"
			  "QxtISMvKMP2rug1ICntmcIYamKKKs2mHWr13b3Q5dsOpyxC9Hq7K9+ZVhM0qzjq/\n"
			  "j4q8TidFu98TIKpIbSWrZNsgHPCuKNG4M5hJYkYI4QKBgQDtHT68FJFh+fkY2sx9\n"
			  "i9Gng0h8smGVklHVRBfFS7O/K0nReVnD72PEzDCOgIxfYIZna+KNBk0xxb0xC1Qs\n"
			  "/YSThGDXf5Gu+fRvc9ZyFtDmblhitDTZ8Vej9WCKYcIo30ZObeo2GL8jipKH3iD3\n"
			  "OXjhx7601oX+VzH2OyzYJGTLOQKBgQDiYICwN00agU01GdwhLdjQCuiGDBbros3i\n"
			  "LZwysDUmM42XD4RvyWew1mesfVUHRe6D2z98Eok3AnpIORD+xAt2vy5LlEjVBCO3\n"
			  "smTPypFB+8/vMzGoS6QjSq3knjN0uCoF4RcApcs7KdWXJ/YkbvZgFWxyUOjZRCzp\n"
			  "8OmNeJJnTwKBgQDWq/GOSnjNYYm6jO0yhRHNPTi1XLKovg5ErR9wSnd0DncIpXs1\n"
			  "v1huZgdYHN35w+QrYit8TkY5V7NP4dfV27jZ7bHXqPF2n2pENXXjWPDMjv6Kbmij\n"
			  "ILOeB5vd7V/hrTNz8mNnksQKI31CcUMbUPc2QqdQBiDOApeDPFP/ZAO1UQKBgQC+\n"
			  "bQEzuoFAj4474fH7cw6UCukIgbjyJLRd05I2TWWYKfusG+CDDIAOEH2Laq6Q/LGj\n"
			  "91WS8CC+xnXItUBnntAp5q5x413U2rOU/hqxdKv2PnXuuDjIYkDDczmOO8n7IEQx\n"
			  "R+RKpiysKwfCLFpw0Wqs7riX/RmyUhgZ/o7oc4lsHwKBgClfR1nYz847EXJ+NxHv\n"
			  "C90lGa6RV/j9XginH5kx9nl0Xj7jwBdTqHLphRxEOlnphqxgIHFP+87zY8JxHAZn\n"
			  "gcEN2lkSvEKYvoRwuIebs9EMTgI9qOtQRFRhKmUfVtDzh+DtgzloH2ug5GREL0qJ\n"
			  "+W53d4aixBHOsqhOthBK6aoL\n"
			  "-----END PRIVATE KEY-----\n";
static const char elliptic_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJLazAO0y0FmKu7Xx\n"
    "0PkFrTTlwElu/a9cYkqQR0daYHOhRANCAASj9Hf/ebcPt/XSeqGC6mtVGQaXsoJl\n"
    "iwXFvNa6EoPK25b7ZPQEKxz5ybDf2m/UnD+BW1TxFTKF09G6GunLNpVT\n"
    "-----END PRIVATE KEY-----\n";
static const char small_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIICdQIBADANBgkqhkiG9w0BAQEFAASCAl8wggJbAgEAAoGBANGJ0emGqAosPPRM\n"
    "JDHXRSujSCAlclFTXiVBME9HuSC04GX4O9+rsvfU86UoKKJ2D/McKpDFxKoN+hHl\n"
    "TWSBu5QkHjt55AUYw/WS7in7Z3kTQhiio6hTwbWDUlkgm4wO+1wQpfawX6bQ/BH/\n"
    "SgumXccNLFw8ggCe7L+obcBSDBdDAgMBAAECf3n0vTguJ5/EH7YQmwBnStsbLd+H\n"
    "7AFphGIqjvOVyyo+HF09HZwRUxjr2ONHfF8SWDYnLp8UfGJ9wA6qZ2EYIRQKOsHz\n"
    "EwV+fNIfL6pfTKlfDuDFkvZCFT5B1C0jPxO0HzLOcg3/ErfYE2oX9SxnPgPEk/bq\n"
    "B8dV7dEs+RHzeOkCQQDuSXQYZrWjbXhGs+EgDw4SFlQNgQhSwSvKE8xXQ3f5isrL\n"
    "SWKtSsnLLUS78stYjuJAZ09W/9liEi3XOELHXsBfAkEA4R1JpoDL55PNAJ5NDTsm\n"
    "2Gro9JLCp5UnNNNIHoYZUvNQGwUxUeU/GQ+ldIbmV2cWm6TdqWIJZpdM6Z+XcbED\n"
    "nQJBAK1t8rxrzNnUrAyxkTG3I2OQsr5dYoRwqgFa5YfByElsder9T3+XBkYFfZhZ\n"
    "vxyGai+7wWgtsLcLSifxf9EBqnsCQCN/+eBfCUjQvxBs5lvCy0JvwaLoDfhdhhxH\n"
    "gWUG4rF5G1XXgMqYa1XpaL8yktqPsDoFSstuYWsjSwbAmyJbtuUCQQDbDeWazkNv\n"
    "vOHBoEzBpz1QLQn16+srcAhhw0qV6ImynUqH3iiTwggzt6P4gJL6S2/3V5mrq+pa\n"
    "gNJPOfHUsQS7\n"
    "-----END PRIVATE KEY-----\n";
static const char expected[] =
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpc3MiOiJtb3ZlckBwcm9q"
    "ZWN0LmV4YW1wbGUiLCJzdWIiOiJhbm5hQG9sZC5leGFtcGxlIiwic2NvcGUiOiJodHRwczovL21h"
    "aWwuZ29vZ2xlLmNvbS8iLCJhdWQiOiJodHRwczovL29hdXRoMi5nb29nbGVhcGlzLmNvbS90b2tl"
    "biIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAwNjAwfQ.cRpa2GnuK8lZlAOI1nL4IvXzf"
    "BEPlnWDTPLT5GYQtwvKzZKgMNSsAlgp0NBZI_6nzOPM84ZuE1HOoFKHcQp2nOQDhpJgNBYZJnCYU"
    "zydSrV1fNITeoh6GkDTwCjxIp7DIpMlNnkH7I8MowgP3L9nFpbfbSg3r5u6R0yrdI_ymWtOPV-qh"
    "JEZaWgdmz_bBVawujKqZb65D56tTaByoF2FHJv0O9ED63f_4f7RCYOuFvXm7WMqHodGJXdyVEv-B"
    "d8cSAcW3JEgnNjcghbNU_T7POOw7w3Y23xWdwrAMxeoRdzzfPK-NHSI3Gt6gxRcl5n1Ul3h055Vt"
    "9vEoX_hCPWoPg";

static const struct oauth_jwt jwt = {
    .issuer = "mover@project.example",
    .subject = "anna@old.example",
    .scope = "https://mail.google.com/",
    .audience = "https://oauth2.googleapis.com/token",
    .key_id = "k1",
    .now = {1700000000},
    .life_s = 600,
};

static void
test_the_signature_is_that_of_openssl(void **state)
{
	struct fault fault = {0};
	struct buf out;

	(void)state;
	buf_init(&out, 8192);
	assert_int_equal(oauth_jwt_sign(&jwt, bytes_of_string(key), &out, &fault), ST_OK);
	assert_int_equal(buf_bytes(&out).size, strlen(expected));
	assert_memory_equal(buf_bytes(&out).data, expected, strlen(expected));
	buf_fini(&out);
}

static void
test_what_is_not_named_is_left_out(void **state)
{
	struct oauth_jwt plain = jwt;
	struct fault fault = {0};
	struct buf out;

	(void)state;
	plain.key_id = NULL;
	plain.subject = NULL;
	buf_init(&out, 8192);
	assert_int_equal(oauth_jwt_sign(&plain, bytes_of_string(key), &out, &fault), ST_OK);
	assert_true(bytes_start_with(
	    buf_bytes(&out), BYTES("eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9."))); /* no kid */
	buf_fini(&out);
}

static void
test_other_keys_are_refused(void **state)
{
	const struct {
		const char *name;
		const char *text;
		const char *sentence;
	} cases[] = {
	    {"nothing", "", "cannot be read"},
	    {"no PEM", "private", "cannot be read"},
	    {"half a key", "-----BEGIN PRIVATE KEY-----\nMIIE", "cannot be read"},
	    {"elliptic curve", elliptic_key, "must be an RSA key of at least 2048"},
	    {"1024 bits", small_key, "must be an RSA key of at least 2048"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fault fault = {0};
		struct buf out;
		enum status status;

		buf_init(&out, 8192);
		status = oauth_jwt_sign(&jwt, bytes_of_string(cases[i].text), &out, &fault);
		if (status != ST_SYNTAX || strstr(fault.text, cases[i].sentence) == NULL ||
		    buf_bytes(&out).size != 0)
			fail_msg("%s: %d, %s", cases[i].name, (int)status, fault.text);
		buf_fini(&out);
	}
}

static void
test_a_full_buffer_is_left_as_it_was(void **state)
{
	struct fault fault = {0};
	struct buf out;

	(void)state;
	for (size_t room = 4; room < strlen(expected); room += 61) {
		fault = (struct fault){0};
		buf_init(&out, room);
		assert_int_equal(buf_append(&out, BYTES("a=b")), ST_OK);
		assert_int_equal(
		    oauth_jwt_sign(&jwt, bytes_of_string(key), &out, &fault), ST_LIMIT);
		assert_true(bytes_equal(buf_bytes(&out), BYTES("a=b")));
		buf_fini(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_signature_is_that_of_openssl),
	    cmocka_unit_test(test_what_is_not_named_is_left_out),
	    cmocka_unit_test(test_other_keys_are_refused),
	    cmocka_unit_test(test_a_full_buffer_is_left_as_it_was),
	};

	oauth_json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
