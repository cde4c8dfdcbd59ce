/* SPDX-License-Identifier: Apache-2.0
 *
 * The table is data: one row a language and use. A word with "?" before it is known and means
 * nothing certain: "Archivo" is also a file, "Lixo" is both rubbish and junk. It is never a
 * reason to move a folder.
 */
#include "mail/folder_word.h"

#include "base/utf8.h"
#include "mail/fold.h"

/* clang-format off: one row a line where it fits */
static const struct folder_words rows[] = {
    {"en", USE_SENT, "Sent|Sent Items|Sent Mail|Sent Messages|Sent-Mail"},
    {"en", USE_DRAFTS, "Drafts|Draft"},
    {"en", USE_TRASH, "Trash|Deleted Items|Deleted Messages|Deleted|Bin"},
    {"en", USE_JUNK, "Junk|Spam|Junk Email|Junk E-mail|Bulk Mail|Bulk"},
    {"en", USE_ARCHIVE, "Archive|Archives"},
    {"de", USE_SENT,
	"Gesendet|Gesendete Elemente|Gesendete Objekte|Gesendete Nachrichten|"
	"Gesendete Mails"},
    {"de", USE_DRAFTS, "Entwürfe"},
    {"de", USE_TRASH, "Papierkorb|Gelöschte Elemente|Gelöschte Objekte|Gelöscht"},
    {"de", USE_JUNK, "Spam|Junk-E-Mail|Spamverdacht|Unerwünscht|Werbung"},
    {"de", USE_ARCHIVE, "Archiv"},
    {"cs", USE_SENT, "Odeslaná pošta|Odeslané|Odeslaná"},
    {"cs", USE_DRAFTS, "Koncepty|Rozepsané"},
    {"cs", USE_TRASH, "Koš|Odstraněná pošta|Smazané"},
    {"cs", USE_JUNK, "Nevyžádaná pošta|Spam"},
    {"cs", USE_ARCHIVE, "Archiv"},
    {"sk", USE_SENT, "Odoslané|Odoslaná pošta"},
    {"sk", USE_DRAFTS, "Koncepty|Rozpísané"},
    {"sk", USE_TRASH, "Kôš|Odstránená pošta"},
    {"sk", USE_JUNK, "Nevyžiadaná pošta"},
    {"sk", USE_ARCHIVE, "Archív"},
    {"fr", USE_SENT,
	"Envoyés|Éléments envoyés|Messages envoyés|Objets envoyés|Courrier envoyé"},
    {"fr", USE_DRAFTS, "Brouillons"},
    {"fr", USE_TRASH, "Corbeille|Éléments supprimés"},
    {"fr", USE_JUNK, "Courrier indésirable|Indésirables|Pourriel"},
    {"fr", USE_ARCHIVE, "Archives"},
    {"it", USE_SENT, "Inviata|Inviati|Posta inviata|Elementi inviati"},
    {"it", USE_DRAFTS, "Bozze"},
    {"it", USE_TRASH, "Cestino|Posta eliminata|Elementi eliminati"},
    {"it", USE_JUNK, "Posta indesiderata"},
    {"it", USE_ARCHIVE, "Archivio"},
    {"es", USE_SENT, "Enviados|Elementos enviados|Mensajes enviados"},
    {"es", USE_DRAFTS, "Borradores"},
    {"es", USE_TRASH, "Papelera|Elementos eliminados"},
    {"es", USE_JUNK, "Correo no deseado|Correo basura"},
    {"es", USE_ARCHIVE, "?Archivo"},
    {"pt", USE_SENT, "Enviados|Enviadas|Itens enviados|Mensagens enviadas"},
    {"pt", USE_DRAFTS, "Rascunhos"},
    {"pt", USE_TRASH, "Lixeira|?Lixo|Itens excluídos|Itens eliminados"},
    {"pt", USE_JUNK, "Lixo eletrônico|Correio não solicitado"},
    {"pt", USE_ARCHIVE, "?Arquivo|Arquivo morto"},
    {"nl", USE_SENT, "Verzonden|Verzonden items|Verzonden berichten"},
    {"nl", USE_DRAFTS, "Concepten"},
    {"nl", USE_TRASH, "Prullenbak|Prullenmand|Verwijderde items"},
    {"nl", USE_JUNK, "Ongewenste e-mail"},
    {"nl", USE_ARCHIVE, "Archief"},
    {"pl", USE_SENT, "Wysłane|Elementy wysłane|Wiadomości wysłane"},
    {"pl", USE_DRAFTS, "Szkice|Wersje robocze|Kopie robocze"},
    {"pl", USE_TRASH, "Kosz|Elementy usunięte"},
    {"pl", USE_JUNK, "Wiadomości-śmieci|Niechciane|Spam"},
    {"pl", USE_ARCHIVE, "Archiwum"},
    {"ru", USE_SENT, "Отправленные"},
    {"ru", USE_DRAFTS, "Черновики"},
    {"ru", USE_TRASH, "Корзина|Удаленные|Удалённые"},
    {"ru", USE_JUNK, "Спам|Нежелательная почта"},
    {"ru", USE_ARCHIVE, "Архив"},
    {"uk", USE_SENT, "Надіслані|Відправлені"},
    {"uk", USE_DRAFTS, "Чернетки"},
    {"uk", USE_TRASH, "Кошик|Видалені"},
    {"uk", USE_JUNK, "Спам|Небажана пошта"},
    {"uk", USE_ARCHIVE, "Архів"},
    {"bg", USE_SENT, "Изпратени"},
    {"bg", USE_DRAFTS, "Чернови"},
    {"bg", USE_TRASH, "Кошче|Изтрити"},
    {"bg", USE_JUNK, "Спам|Нежелана поща"},
    {"bg", USE_ARCHIVE, "Архив"},
    {"hu", USE_SENT, "Elküldött elemek|Elküldött üzenetek|Elküldött"},
    {"hu", USE_DRAFTS, "Piszkozatok|Vázlatok"},
    {"hu", USE_TRASH, "Törölt elemek|Lomtár|Kuka"},
    {"hu", USE_JUNK, "Levélszemét"},
    {"hu", USE_ARCHIVE, "Archívum"},
    {"ro", USE_SENT, "Trimise|Elemente trimise"},
    {"ro", USE_DRAFTS, "Schițe|Ciorne"},
    {"ro", USE_TRASH, "Coș de gunoi|Elemente șterse"},
    {"ro", USE_JUNK, "E-mail nedorit"},
    {"ro", USE_ARCHIVE, "Arhivă"},
    {"hr", USE_SENT, "Poslano|Poslane stavke|Poslato|Послато"},
    {"hr", USE_DRAFTS, "Skice|Nacrti"},
    {"hr", USE_TRASH, "Smeće|Otpad|Izbrisane stavke"},
    {"hr", USE_JUNK, "Neželjena pošta"},
    {"hr", USE_ARCHIVE, "Arhiva"},
    {"sl", USE_SENT, "Poslano|Poslana pošta"},
    {"sl", USE_DRAFTS, "Osnutki"},
    {"sl", USE_TRASH, "Koš|Smeti|Izbrisano"},
    {"sl", USE_JUNK, "Neželena pošta"},
    {"sl", USE_ARCHIVE, "Arhiv"},
    {"sv", USE_SENT, "Skickat|Skickade|Skickade objekt"},
    {"sv", USE_DRAFTS, "Utkast"},
    {"sv", USE_TRASH, "Papperskorgen|Borttaget|Borttagna objekt"},
    {"sv", USE_JUNK, "Skräppost"},
    {"sv", USE_ARCHIVE, "Arkiv"},
    {"da", USE_SENT, "Sendt|Sendt post|Sendte elementer"},
    {"da", USE_DRAFTS, "Kladder"},
    {"da", USE_TRASH, "Papirkurv|Slettet post|Slettede elementer"},
    {"da", USE_JUNK, "Uønsket mail|Uønsket e-mail"},
    {"da", USE_ARCHIVE, "Arkiv"},
    {"no", USE_SENT, "Sendt|Sendte elementer"},
    {"no", USE_DRAFTS, "Kladd|Utkast"},
    {"no", USE_TRASH, "Papirkurv|Søppel|Slettede elementer"},
    {"no", USE_JUNK, "Søppelpost"},
    {"no", USE_ARCHIVE, "Arkiv"},
    {"fi", USE_SENT, "Lähetetyt|Lähetetyt viestit"},
    {"fi", USE_DRAFTS, "Luonnokset"},
    {"fi", USE_TRASH, "Roskakori|Poistetut"},
    {"fi", USE_JUNK, "Roskaposti"},
    {"fi", USE_ARCHIVE, "Arkisto"},
    {"et", USE_SENT, "Saadetud kirjad|Saadetud"},
    {"et", USE_DRAFTS, "Mustandid"},
    {"et", USE_TRASH, "Prügikast"},
    {"et", USE_JUNK, "Rämpspost"},
    {"et", USE_ARCHIVE, "Arhiiv"},
    {"lv", USE_SENT, "Nosūtītās|Nosūtītie vienumi"},
    {"lv", USE_DRAFTS, "Melnraksti"},
    {"lv", USE_TRASH, "Atkritne|Miskaste|Izdzēstie vienumi"},
    {"lv", USE_JUNK, "Mēstules"},
    {"lv", USE_ARCHIVE, "Arhīvs"},
    {"lt", USE_SENT, "Išsiųsta|Išsiųsti|Išsiųstieji"},
    {"lt", USE_DRAFTS, "Juodraščiai"},
    {"lt", USE_TRASH, "Šiukšlinė|Šiukšliadėžė"},
    {"lt", USE_JUNK, "Brukalas"},
    {"lt", USE_ARCHIVE, "Archyvas"},
    {"tr", USE_SENT, "Gönderilmiş Öğeler|Gönderilenler|Gönderildi"},
    {"tr", USE_DRAFTS, "Taslaklar"},
    {"tr", USE_TRASH, "Çöp Kutusu|Silinmiş Öğeler"},
    {"tr", USE_JUNK, "Önemsiz|Önemsiz E-posta"},
    {"tr", USE_ARCHIVE, "Arşiv"},
    {"el", USE_SENT, "Απεσταλμένα"},
    {"el", USE_DRAFTS, "Πρόχειρα"},
    {"el", USE_TRASH, "Κάδος|Κάδος απορριμμάτων|Διαγραμμένα"},
    {"el", USE_JUNK, "Ανεπιθύμητα|Ανεπιθύμητη αλληλογραφία"},
    {"el", USE_ARCHIVE, "Αρχείο"},
    {"ja", USE_SENT, "送信済み|送信済みアイテム|送信済みメール"},
    {"ja", USE_DRAFTS, "下書き"},
    {"ja", USE_TRASH, "ゴミ箱|ごみ箱|削除済みアイテム"},
    {"ja", USE_JUNK, "迷惑メール"},
    {"ja", USE_ARCHIVE, "アーカイブ"},
    {"zh", USE_SENT, "已发送|已发送邮件|寄件備份"},
    {"zh", USE_DRAFTS, "草稿|草稿箱"},
    {"zh", USE_TRASH, "已删除|已删除邮件|垃圾桶|刪除的郵件"},
    {"zh", USE_JUNK, "垃圾邮件|垃圾郵件"},
    {"zh", USE_ARCHIVE, "存档|归档|封存"},
    {"ko", USE_SENT, "보낸 편지함|보낸메일함"},
    {"ko", USE_DRAFTS, "임시 보관함|임시보관함"},
    {"ko", USE_TRASH, "휴지통|지운 편지함"},
    {"ko", USE_JUNK, "스팸|스팸메일함|정크 메일"},
    {"ko", USE_ARCHIVE, "보관함"},
    {"he", USE_SENT, "דואר שנשלח|פריטים שנשלחו"},
    {"he", USE_DRAFTS, "טיוטות"},
    {"he", USE_TRASH, "אשפה|פריטים שנמחקו"},
    {"he", USE_JUNK, "דואר זבל"},
    {"he", USE_ARCHIVE, "ארכיון"},
    {"ar", USE_SENT, "المرسل|العناصر المرسلة"},
    {"ar", USE_DRAFTS, "المسودات"},
    {"ar", USE_TRASH, "المهملات|العناصر المحذوفة"},
    {"ar", USE_JUNK, "البريد غير الهام"},
    {"ar", USE_ARCHIVE, "الأرشيف"},
    {"vi", USE_SENT, "Đã gửi|Thư đã gửi"},
    {"vi", USE_DRAFTS, "Thư nháp|Bản nháp"},
    {"vi", USE_TRASH, "Thùng rác"},
    {"vi", USE_JUNK, "Thư rác"},
    {"vi", USE_ARCHIVE, "Lưu trữ"},
    {"id", USE_SENT, "Terkirim"},
    {"id", USE_DRAFTS, "Draf"},
    {"id", USE_TRASH, "Sampah"},
    {"id", USE_JUNK, "Spam"},
    {"id", USE_ARCHIVE, "Arsip"},
};
/* clang-format on */

enum {
	ROW_COUNT = sizeof(rows) / sizeof(rows[0]),
	SLOT_COUNT = 2048,  /* a power of two, some four times the words */
	WORD_SIZE_MAX = 128 /* octets; the longest word of the table has 52 */
};

struct slot {
	struct bytes word; /* folded; empty: free */
	enum folder_use use;
	unsigned rank;
};

struct folder_word_index {
	struct slot slots[SLOT_COUNT];
};

const struct folder_words *
folder_word_rows(size_t *count_out)
{
	*count_out = ROW_COUNT;
	return rows;
}

/* FNV-1a. */
static uint32_t
hash_of(struct bytes word)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < word.size; i++)
		hash = (hash ^ word.data[i]) * 16777619U;
	return hash;
}

/* Where the word is, or would be. */
static size_t
place_of(const struct folder_word_index *index, struct bytes word)
{
	size_t at = hash_of(word) & (SLOT_COUNT - 1);

	while (index->slots[at].word.size > 0 && !bytes_equal(index->slots[at].word, word))
		at = (at + 1) & (SLOT_COUNT - 1);
	return at;
}

/* A word of several languages keeps the place of the first. */
static enum status
add_row(struct folder_word_index *index, const struct folder_words *row, struct arena *arena)
{
	struct bytes rest = bytes_of_string(row->words);

	for (unsigned rank = 0; rest.size > 0; rank++) {
		size_t end = bytes_find(rest, '|', 0);
		struct bytes word = bytes_first(rest, end);
		struct bytes folded;
		struct slot *slot;
		enum status status;

		rest = bytes_skip(rest, end + 1);
		if (bytes_start_with(word, BYTES("?")))
			continue;
		status = fold_word(word, arena, &folded);
		if (status != ST_OK)
			return status;
		slot = &index->slots[place_of(index, folded)];
		if (slot->word.size == 0)
			*slot = (struct slot){folded, row->use, rank};
	}
	return ST_OK;
}

enum status
folder_word_open(struct arena *arena, const struct folder_word_index **index_out)
{
	struct folder_word_index *index = arena_take_array(arena, 1, sizeof(*index));
	enum status status = ST_OK;

	if (index == NULL)
		return arena_status(arena);
	for (size_t i = 0; i < ROW_COUNT && status == ST_OK; i++)
		status = add_row(index, &rows[i], arena);
	if (status == ST_OK)
		*index_out = index;
	return status;
}

static enum status
find_plain(const struct folder_word_index *index, struct bytes part, struct arena *arena,
    const struct slot **slot_out)
{
	struct bytes word;
	enum status status = fold_word(part, arena, &word);

	if (status == ST_OK)
		*slot_out = &index->slots[place_of(index, word)];
	return status;
}

/* The octet that Windows-1252 has for a character; 0: none. Only characters that stand for
 * octets 0x80 to 0x9f differ from Latin-1. */
static uint8_t
octet_of(uint32_t code)
{
	static const uint16_t windows[32] = {0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026, 0x2020,
	    0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17d, 0, 0, 0x2018, 0x2019, 0x201c,
	    0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e,
	    0x178};

	if (code <= 0xff)
		return (uint8_t)code;
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		if (windows[i] == code)
			return (uint8_t)(0x80 + i);
	}
	return 0;
}

/* Undoes one reading of UTF-8 as Windows-1252; the empty slice when it was none. */
static struct bytes
repair(struct bytes part, uint8_t out[static WORD_SIZE_MAX])
{
	size_t size = 0;
	bool is_changed = false;

	while (part.size > 0) {
		uint32_t code;
		size_t width = utf8_decode(part, &code);

		if (width == 0 || octet_of(code) == 0)
			return (struct bytes){0};
		is_changed |= width > 1;
		out[size++] = octet_of(code);
		part = bytes_skip(part, width);
	}
	if (!is_changed || !utf8_is_valid(bytes_of(out, size)))
		return (struct bytes){0};
	return bytes_of(out, size);
}

enum status
folder_word_find(const struct folder_word_index *index, struct bytes part, struct arena *arena,
    struct folder_word *found_out)
{
	uint8_t octets[WORD_SIZE_MAX];
	const struct slot *slot;
	struct bytes repaired;
	enum status status;

	*found_out = (struct folder_word){USE_NONE, 0};
	if (part.size > WORD_SIZE_MAX)
		return ST_OK;
	status = find_plain(index, part, arena, &slot);
	if (status != ST_OK)
		return status;
	repaired = repair(part, octets);
	if (slot->word.size == 0 && repaired.size > 0)
		status = find_plain(index, repaired, arena, &slot);
	if (status == ST_OK && slot->word.size > 0)
		*found_out = (struct folder_word){slot->use, slot->rank};
	return status;
}
