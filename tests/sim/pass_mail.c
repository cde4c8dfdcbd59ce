/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/pass_mail.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "modelserver/command.h"
#include "wire/imap/mutf7.h"

enum {
	TEXT_SIZE_MAX = 1 << 20,
	LARGE_SIZE_MIN = 260 << 10,
	LARGE_SIZE_SPREAD = 60 << 10,
	KEYWORDS_SIZE = 64
};

/* 1996 to 2025. */
static const int64_t date_min = INT64_C(820454400);
static const uint64_t date_spread = UINT64_C(29) * 365 * 86400;

/* With "/" between parts; those behind the first four are hard. */
static const char *const names[] = {
    "INBOX",
    "Arbeit/2024",
    "Sent",
    "Entw&APw-rfe",
    "100% *",
    "a \"quoted\" \\name",
    "Work &- more",
    "[Gmail]/All",
    "&ZeVnLIqe-/&2D3eAA-",
    "~home",
};

static const char *const keywords[] = {
    "$Forwarded", "NonJunk", "$Label1", "key-with.dots", "UPPER", "$MDNSent"};

static const char *const commands[] = {
    ")\r\nA1 OK done\r\n", "k1 CREATE hit\r\n", "+ go on\r\n", "* BYE\r\n", "{5}\r\n"};

/* --- Messages. --- */

static void
add(struct buf *text, const char *string)
{
	CHECK(buf_append(text, bytes_of_string(string)) == ST_OK);
}

static void
add_lines(struct buf *text, struct prng *prng, size_t size)
{
	static const char letters[] = "abcdefghij klmnop.qrstuvw xyz()=\"\\{}0123456789";

	for (size_t end = text->size + size; text->size < end;) {
		char line[82];
		size_t width = 1 + prng_below(prng, 78);

		for (size_t i = 0; i < width; i++)
			line[i] = letters[prng_below(prng, sizeof(letters) - 1)];
		memcpy(line + width, "\r\n", 3);
		add(text, line);
	}
}

static void
add_header(struct buf *text, struct prng *prng)
{
	CHECK(buf_print(text,
		  "Message-ID: <%llx@old.example>\r\nDate: Mon, 7 Sep 2020 10:%02u:00 +0200\r\n"
		  "From: Anna <anna@old.example>\r\nSubject: number %u\r\n\r\n",
		  (unsigned long long)prng_next(prng), (unsigned)prng_below(prng, 60),
		  (unsigned)prng_below(prng, 1000)) == ST_OK);
}

/* What some family refuses or changes, or what has no identity. */
static void
add_odd(struct buf *text, struct prng *prng)
{
	unsigned kind = (unsigned)prng_below(prng, 9);

	if (kind == 0)
		return; /* nothing at all */
	if (kind == 1) {
		add(text, "Subject: neither date nor number\r\n\r\n");
		add_lines(text, prng, 200);
		return;
	}
	if (kind == 2) {
		add(text, "no header line\r\n\r\nbody\r\n");
		return;
	}
	if (kind == 3)
		add(text, "X-Latin: caf\xe9\r\n");
	add_header(text, prng);
	add_lines(text, prng, 100);
	if (kind == 4)
		add(text, "bare\nline\n");
	if (kind == 5)
		CHECK(buf_append(text, BYTES("nul \0 nul\r\n")) == ST_OK);
	if (kind == 6)
		add(text, "twice\r\r\n");
	if (kind == 7)
		add(text, "no end of line");
	if (kind == 8)
		add(text, commands[prng_below(prng, 5)]);
}

static struct model_flags
random_flags(struct prng *prng, char text[static KEYWORDS_SIZE])
{
	unsigned count = (unsigned)prng_below(prng, 3);
	size_t first = prng_below(prng, sizeof(keywords) / sizeof(keywords[0]));
	int size = 0;

	text[0] = 0;
	for (unsigned i = 0; i < count; i++)
		size += snprintf(text + size, KEYWORDS_SIZE - (size_t)size, "%s%s",
		    i == 0 ? "" : " ",
		    keywords[(first + i) % (sizeof(keywords) / sizeof(keywords[0]))]);
	return (struct model_flags){
	    (uint32_t)prng_below(prng, 32), bytes_of(text, (size_t)size)};
}

static void
append(struct model_folder *folder, struct prng *prng, struct bytes octets)
{
	char text[KEYWORDS_SIZE];
	struct model_new new = {.flags = random_flags(prng, text)};
	uint32_t uid;

	/* Holes between the UIDs. */
	if (prng_below(prng, 4) == 0)
		new.uid = folder->uidnext + 1 + (uint32_t)prng_below(prng, 50);
	new.date.instant = date_min + (int64_t)prng_below(prng, date_spread);
	new.date.zone_minutes = (int16_t)((int)prng_below(prng, 48) * 30 - 720);
	CHECK(model_body_copy(octets, &new.body) == ST_OK);
	CHECK(model_folder_append(folder, &new, &uid) == ST_OK);
}

/* The same octets, flags and date once more: two identical messages are two. `profile` NULL: as
 * they are; else as a server of that family would have stored them. */
static void
copy_message(struct model_folder *to, const struct model_folder *from,
    const struct model_message *message, const struct model_profile *profile)
{
	struct model_new new = {.date = message->date, .body = model_body_keep(&message->body)};
	struct buf words;
	uint32_t uid;

	if (profile != NULL && profile->rewrites != 0)
		CHECK(model_rewrite(profile, &new.body) == ST_OK);
	buf_init(&words, TEXT_SIZE_MAX);
	CHECK(model_folder_keywords(from, message, &words) == ST_OK);
	new.flags = (struct model_flags){message->system, buf_bytes(&words)};
	CHECK(model_folder_append(to, &new, &uid) == ST_OK);
	buf_fini(&words);
}

static void
add_message(struct model_folder *folder, struct prng *prng, const struct mail_shape *shape,
    bool is_large)
{
	struct buf text;

	if (folder->count > 0 && !is_large && prng_below(prng, 8) == 0) {
		struct model_message twin = folder->messages[prng_below(prng, folder->count)];

		copy_message(folder, folder, &twin, NULL);
		return;
	}
	buf_init(&text, TEXT_SIZE_MAX);
	if (shape->is_odd && !is_large && prng_below(prng, 3) == 0) {
		add_odd(&text, prng);
	} else {
		add_header(&text, prng);
		add_lines(&text, prng,
		    is_large ? LARGE_SIZE_MIN + prng_below(prng, LARGE_SIZE_SPREAD)
			     : 1 + prng_below(prng, shape->size_max));
	}
	append(folder, prng, buf_bytes(&text));
	buf_fini(&text);
}

/* --- Folders. --- */

/* A name of the list, as the side's family writes it. */
static struct model_folder *
make_folder(struct rig_side *side, const char *name)
{
	bool is_below = side->profile.is_below_inbox && strcmp(name, "INBOX") != 0;
	struct model_folder *folder;
	char raw[RIG_NAME_SIZE];

	snprintf(raw, sizeof(raw), "%s%s", is_below ? "INBOX." : "", name);
	for (char *c = raw; *c != 0; c++) {
		if (*c == '/')
			*c = (char)side->profile.delimiter;
	}
	folder = model_account_find(side->account, bytes_of_string(raw));
	if (folder != NULL && folder->kind == MODEL_FOLDER_REAL)
		return folder;
	CHECK(model_account_create(side->account, bytes_of_string(raw), &folder) == ST_OK);
	folder->is_subscribed = true;
	if (strcmp(name, "Sent") == 0)
		folder->special_use = MODEL_USE_SENT;
	return folder;
}

void
mail_fill(struct rig_side *side, struct prng *prng, const struct mail_shape *shape)
{
	unsigned name_count = shape->is_odd ? sizeof(names) / sizeof(names[0]) : 4;
	unsigned first_large = shape->messages - shape->large;
	size_t start = shape->is_odd ? prng_below(prng, name_count - 1) : 0;

	CHECK(shape->folders >= 1 && shape->folders <= name_count);
	for (unsigned i = 0; i < shape->messages; i++) {
		/* INBOX and a run of the others. */
		size_t which = i % shape->folders;
		size_t name = which == 0 ? 0 : 1 + (start + which - 1) % (name_count - 1);

		add_message(make_folder(side, names[name]), prng, shape, i >= first_large);
	}
}

/* Whether the folder has the same octets with other flags or another date: then a copy of the
 * one may be adopted for the other, and rightly so. */
static bool
has_double(const struct model_folder *folder, const struct model_message *message)
{
	struct digest digest = model_body_digest(&message->body);

	for (size_t i = 0; i < folder->count; i++) {
		const struct model_message *other = &folder->messages[i];
		struct digest other_digest;

		if (other->body.size != message->body.size ||
		    (other->system == message->system &&
			other->date.instant == message->date.instant))
			continue;
		other_digest = model_body_digest(&other->body);
		if (digest_equal(&digest, &other_digest))
			return true;
	}
	return false;
}

void
mail_prefill(struct rig *rig, struct prng *prng)
{
	struct mail_shape others = {.folders = 3, .messages = 4, .size_max = 300};
	const struct model_account *account = rig->src.account;

	mail_fill(&rig->dst, prng, &others);
	for (size_t i = 0; i < account->count; i++) {
		const struct model_folder *folder = account->folders[i];
		struct model_folder *to;

		if (!bytes_equal(folder->name, BYTES("INBOX")))
			continue;
		to = make_folder(&rig->dst, "INBOX");
		for (size_t k = 0; k < folder->count; k++) {
			struct bytes refusal =
			    model_refusal_of(&rig->dst.profile, &folder->messages[k].body);

			if (refusal.data == NULL && prng_below(prng, 2) == 0 &&
			    !has_double(folder, &folder->messages[k]))
				copy_message(
				    to, folder, &folder->messages[k], &rig->dst.profile);
		}
	}
}

/* --- Pictures. --- */

static void
tell_name(const struct rig_side *side, struct bytes raw, char told[static RIG_NAME_SIZE])
{
	struct buf name;

	if (side->profile.is_below_inbox && bytes_start_with(raw, BYTES("INBOX.")))
		raw = bytes_skip(raw, 6);
	buf_init(&name, RIG_NAME_SIZE - 1);
	CHECK(imap_mutf7_decode_lenient(raw, &name) == ST_OK);
	for (size_t i = 0; i < name.size; i++) {
		char c = (char)buf_bytes(&name).data[i];

		told[i] = c == (char)side->profile.delimiter ? '/' : c;
	}
	told[name.size] = 0;
	buf_fini(&name);
}

/* Where the pass says that it brought the folder; else the same name. */
static const char *
name_at_destination(const struct rig_outcome *outcome, const char *told)
{
	const struct rig_item *item = outcome == NULL ? NULL : outcome->items;

	for (; item != NULL; item = item->next) {
		if (item->kind == PASS_ITEM_FOLDER && strcmp(item->folder, told) == 0)
			return item->destination;
	}
	return told;
}

static uint64_t
hash_of(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text != 0; text++)
		hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return hash;
}

static int
compare(const void *a, const void *b)
{
	static_assert(sizeof(struct mail_image) == 64, "nothing between the members");
	return memcmp(a, b, sizeof(struct mail_image));
}

static void
add_image(struct mail_picture *picture, const struct model_image *image, const char *name)
{
	size_t size = (picture->count + 1) * sizeof(*picture->images);

	/* One more at a time: realloc doubles by itself. */
	picture->images = realloc(picture->images, size);
	CHECK(picture->images != NULL);
	picture->images[picture->count] = (struct mail_image){hash_of(name), *image};
	picture->images[picture->count++].image.uid = 0;
}

/* What the destination's family makes of a message; false: it refuses it. */
static bool
change_image(
    const struct rig *rig, const struct model_folder *folder, struct model_image *image)
{
	struct model_body body = model_body_keep(&model_folder_find(folder, image->uid)->body);
	bool is_taken = model_refusal_of(&rig->dst.profile, &body).data == NULL;

	if (is_taken && rig->dst.profile.rewrites != 0)
		CHECK(model_rewrite(&rig->dst.profile, &body) == ST_OK);
	image->body = model_body_digest(&body);
	model_body_drop(&body);
	return is_taken;
}

/* `rig` NULL: as it is; else as the rig's destination will have it. */
static void
look(const struct rig_side *side, const struct rig *rig, const struct rig_outcome *outcome,
    struct mail_picture *picture_out)
{
	struct mail_picture picture = {0};

	for (size_t i = 0; i < side->account->count; i++) {
		const struct model_folder *folder = side->account->folders[i];
		struct model_snapshot snapshot;
		char told[RIG_NAME_SIZE];

		if (folder->kind != MODEL_FOLDER_REAL)
			continue;
		tell_name(side, folder->name, told);
		CHECK(model_snapshot_take(folder, MODEL_LOOK_ALL, &snapshot) == ST_OK);
		for (size_t k = 0; k < snapshot.count; k++) {
			struct model_image image = snapshot.images[k];

			if (rig == NULL || change_image(rig, folder, &image))
				add_image(&picture, &image, name_at_destination(outcome, told));
			else
				picture.refused++;
		}
		model_snapshot_fini(&snapshot);
	}
	if (picture.count > 0)
		qsort(picture.images, picture.count, sizeof(picture.images[0]), compare);
	*picture_out = picture;
}

void
mail_look(const struct rig_side *side, struct mail_picture *picture_out)
{
	look(side, NULL, NULL, picture_out);
}

void
mail_picture_blur(struct mail_picture *picture)
{
	for (size_t i = 0; i < picture->count; i++) {
		struct model_image *image = &picture->images[i].image;

		*image = (struct model_image){.body = image->body};
	}
	if (picture->count > 0)
		qsort(picture->images, picture->count, sizeof(picture->images[0]), compare);
}

void
mail_picture_fini(struct mail_picture *picture)
{
	free(picture->images);
	*picture = (struct mail_picture){0};
}

void
mail_expect(const struct rig *rig, const struct mail_picture *before,
    const struct rig_outcome *outcome, struct mail_picture *picture_out)
{
	struct mail_picture src;
	struct mail_picture both = {0};
	size_t i = 0, k = 0;

	look(&rig->src, rig, outcome, &src);
	both.refused = src.refused;
	both.images = calloc(before->count + src.count + 1, sizeof(*both.images));
	CHECK(both.images != NULL);
	while (i < before->count || k < src.count) {
		int order = i == before->count ? 1
		    : k == src.count           ? -1
					       : compare(&before->images[i], &src.images[k]);

		both.images[both.count++] = order <= 0 ? before->images[i] : src.images[k];
		i += order <= 0;
		k += order >= 0;
	}
	mail_picture_fini(&src);
	*picture_out = both;
}

size_t
mail_surplus(const struct mail_picture *part, const struct mail_picture *whole)
{
	size_t surplus = 0;
	size_t i = 0, k = 0;

	while (i < part->count) {
		int order =
		    k == whole->count ? -1 : compare(&part->images[i], &whole->images[k]);

		surplus += order < 0;
		i += order <= 0;
		k += order >= 0;
	}
	return surplus;
}

uint64_t
mail_print(const struct rig_side *side)
{
	struct digest_state state;
	struct digest digest;

	digest_init(&state);
	for (size_t i = 0; i < side->account->count; i++) {
		const struct model_folder *folder = side->account->folders[i];
		uint64_t head[] = {(uint64_t)folder->kind, folder->is_subscribed,
		    folder->special_use, folder->uidvalidity, folder->uidnext, folder->modseq};
		struct model_snapshot snapshot;

		digest_feed(&state, folder->name);
		digest_feed(&state, bytes_of(head, sizeof(head)));
		CHECK(model_snapshot_take(folder, MODEL_LOOK_ALL, &snapshot) == ST_OK);
		digest_feed(&state,
		    bytes_of(snapshot.images, snapshot.count * sizeof(snapshot.images[0])));
		model_snapshot_fini(&snapshot);
	}
	digest = digest_finish(&state);
	return digest_prefix(&digest);
}
