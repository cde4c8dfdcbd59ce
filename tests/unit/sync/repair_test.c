/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "sync/repair.h"

static const struct bytes broken = TEXT("Subject : \xc3\xbc\0\r\n\r\na\nb\r\n");

static void
measure(struct sync_repair *repair, struct bytes text, struct sync_repair_forms *forms)
{
	sync_repair_measure(repair, 0);
	for (size_t i = 0; i < text.size; i++)
		sync_repair_measure_feed(repair, bytes_first(bytes_skip(text, i), 1));
	sync_repair_measure_end(repair, forms);
}

/* Makes a form of `text` that was measured to be `size` octets. */
static enum status
make(struct sync_repair *repair, size_t form, struct bytes text, uint64_t size, uint64_t *made)
{
	struct bytes none = {NULL, 0};
	struct bytes piece;
	enum status status;

	*made = 0;
	sync_repair_make(repair, form, size);
	while ((status = sync_repair_make_next(repair, &text, false, &piece)) == ST_OK)
		*made += piece.size;
	if (status != ST_AGAIN)
		return status;
	while ((status = sync_repair_make_next(repair, &none, true, &piece)) == ST_OK)
		*made += piece.size;
	return status;
}

static void
test_a_form_becomes_what_it_was_measured_to_be(void **state)
{
	struct sync_repair_forms forms;
	struct sync_repair *repair;
	uint64_t made;

	(void)state;
	assert_int_equal(sync_repair_new(&repair), ST_OK);
	measure(repair, broken, &forms);
	assert_int_equal(forms.size, broken.size);
	for (size_t i = 0; i < SYNC_REPAIR_FORMS; i++) {
		assert_true(sync_repair_is_worth(&forms, i));
		assert_int_equal(make(repair, i, broken, forms.forms[i].size, &made), ST_END);
		assert_int_equal(made, forms.forms[i].size);
	}
	sync_repair_free(&repair);
	assert_null(repair);
}

static void
test_another_text_is_noticed_before_it_grows(void **state)
{
	struct sync_repair_forms forms;
	struct sync_repair *repair;
	uint64_t made, size;

	(void)state;
	assert_int_equal(sync_repair_new(&repair), ST_OK);
	measure(repair, broken, &forms);
	size = forms.forms[0].size;
	assert_int_equal(make(repair, 0, broken, size - 1, &made), ST_CONFLICT);
	assert_true(made <= size - 1);
	assert_int_equal(make(repair, 0, broken, size + 1, &made), ST_CONFLICT);
	sync_repair_free(&repair);
}

static void
test_a_form_that_changes_nothing_is_not_worth_a_try(void **state)
{
	struct sync_repair_forms forms;
	struct sync_repair *repair;

	(void)state;
	assert_int_equal(sync_repair_new(&repair), ST_OK);
	measure(repair, BYTES("A: b\r\n\r\nc\r\n"), &forms);
	for (size_t i = 0; i < SYNC_REPAIR_FORMS; i++)
		assert_false(sync_repair_is_worth(&forms, i));
	measure(repair, BYTES("A: b\r\n\r\nc\n"), &forms);
	assert_true(sync_repair_is_worth(&forms, MIME_REPAIR_OCTETS));
	assert_false(sync_repair_is_worth(&forms, MIME_REPAIR_HEADER));
	assert_false(sync_repair_is_worth(&forms, MIME_REPAIR_ASCII));
	sync_repair_free(&repair);
}

/* So that a second run finds what the first has brought. */
static void
test_forms_are_recognised_by_identity_and_body(void **state)
{
	static const struct bytes there = TEXT("Subject: \xc3\xbc\r\n\r\na\r\nb\r\n");
	struct sync_repair_forms forms;
	struct identity_scan scan;
	struct body_digest body;
	struct identity identity;
	struct digest digest;
	struct sync_repair *repair;

	(void)state;
	assert_int_equal(sync_repair_new(&repair), ST_OK);
	measure(repair, broken, &forms);
	identity_scan_init(&scan);
	identity_scan_feed(&scan, there);
	identity = identity_scan_finish(&scan);
	body_digest_init(&body, 0);
	body_digest_feed(&body, there);
	digest = body_digest_finish(&body);
	assert_true(identity_equal(&forms.forms[MIME_REPAIR_HEADER].identity, &identity));
	assert_true(digest_equal(&forms.forms[MIME_REPAIR_HEADER].body, &digest));
	assert_false(identity_equal(&forms.forms[MIME_REPAIR_OCTETS].identity, &identity));
	sync_repair_free(&repair);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_form_becomes_what_it_was_measured_to_be),
	    cmocka_unit_test(test_another_text_is_noticed_before_it_grows),
	    cmocka_unit_test(test_a_form_that_changes_nothing_is_not_worth_a_try),
	    cmocka_unit_test(test_forms_are_recognised_by_identity_and_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
