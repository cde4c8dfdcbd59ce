/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "wire/sasl/scram.h"

static void
test_first_messages(void **state)
{
	static const struct {
		const char *name;
		struct bytes first;
		enum sasl_scram_flaw flaw;
	} cases[] = {
	    {"RFC 5802",
		TEXT("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"),
		SASL_SCRAM_SOUND},
	    {"an extension behind", TEXT("r=fyko+d2lbbFgONRv9qkxdawLx,s=AA==,i=4096,x=y"),
		SASL_SCRAM_SOUND},
	    {"the most", TEXT("r=fyko+d2lbbFgONRv9qkxdawLx,s=AA==,i=1000000"),
		SASL_SCRAM_SOUND},
	    {"one more", TEXT("r=fyko+d2lbbFgONRv9qkxdawLx,s=AA==,i=1000001"),
		SASL_SCRAM_TOO_MANY},
	    {"far more", TEXT("r=fyko+d2lbbFgONRv9qkxdawLx,s=AA==,i=99999999999999999999999"),
		SASL_SCRAM_TOO_MANY},
	    {"one too few", TEXT("r=fyko+d2lbbFgONRv9qkxdawLx,s=AA==,i=4095"),
		SASL_SCRAM_TOO_FEW},
	    {"none", TEXT("r=fyko+d2lbbFgONRv9qkxdawLx,s=AA==,i=0"), SASL_SCRAM_UNREADABLE},
	    {"our nonce alone", TEXT("r=fyko+d2lbbFgONRv9qkxdawL,s=AA==,i=4096"),
		SASL_SCRAM_NONCE},
	    {"a cut nonce", TEXT("r=fyko+d2lbbFgONRv9qkxdaw,s=AA==,i=4096"), SASL_SCRAM_NONCE},
	    {"another nonce", TEXT("r=fyko+d2lbbFgONRv9qkxdawM123,s=AA==,i=4096"),
		SASL_SCRAM_NONCE},
	    {"a space", TEXT("r=fyko+d2lbbFgONRv9qkxdawL x,s=AA==,i=4096"),
		SASL_SCRAM_UNREADABLE},
	    {"an extension that must be understood",
		TEXT("m=x,r=fyko+d2lbbFgONRv9qkxdawLx,s=AA==,i=4096"), SASL_SCRAM_UNREADABLE},
	    {"no salt", TEXT("r=fyko+d2lbbFgONRv9qkxdawLx,i=4096"), SASL_SCRAM_UNREADABLE},
	    {"an empty salt", TEXT("r=fyko+d2lbbFgONRv9qkxdawLx,s=,i=4096"),
		SASL_SCRAM_UNREADABLE},
	    {"no count", TEXT("r=fyko+d2lbbFgONRv9qkxdawLx,s=AA=="), SASL_SCRAM_UNREADABLE},
	    {"a count that is none", TEXT("r=fyko+d2lbbFgONRv9qkxdawLx,s=AA==,i=4k"),
		SASL_SCRAM_UNREADABLE},
	    {"a negative count", TEXT("r=fyko+d2lbbFgONRv9qkxdawLx,s=AA==,i=-1"),
		SASL_SCRAM_UNREADABLE},
	    {"an error", TEXT("e=unknown-user"), SASL_SCRAM_UNREADABLE},
	    {"nothing", TEXT(""), SASL_SCRAM_UNREADABLE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		EXPECT(cases[i].name,
		    sasl_scram_first_check(cases[i].first, BYTES("fyko+d2lbbFgONRv9qkxdawL")) ==
			cases[i].flaw);
	assert_int_equal(
	    sasl_scram_first_check(BYTES("r=abc,s=AA==,i=4096"), (struct bytes){0}),
	    SASL_SCRAM_NONCE);
}

static void
test_our_own_nonce(void **state)
{
	static const struct {
		struct bytes first, nonce;
	} cases[] = {
	    {TEXT("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"), TEXT("fyko+d2lbbFgONRv9qkxdawL")},
	    {TEXT("n,a=r=3Dx,n=r=2Cr=3D,r=abc"), TEXT("abc")},
	    {TEXT("n,,n=user"), TEXT("")},
	    {TEXT(""), TEXT("")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		EXPECT((const char *)cases[i].first.data,
		    bytes_equal(sasl_scram_nonce(cases[i].first), cases[i].nonce));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first_messages),
	    cmocka_unit_test(test_our_own_nonce),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
