# SPDX-License-Identifier: Apache-2.0
"""Names: a corpus of folders between real servers.  No two merge, none is lost, and the printed
map gives each source name back."""

from __future__ import annotations

import base64
import imaplib
import unicodedata

from cyrus import Cyrus
from courier import Courier
from dovecot import PASSWORD, Dovecot
from support import USER, Case, Run, limit

# Levels are parts of a tuple: what a server's separator is does not matter here.
CORPUS = [
    ('Work',), ('Work', '2024'), ('Work', '2024', 'Q1'), ('work',), ('WORK',),
    ('Dr. Jones',), ('Dr_ Jones',), ('v1.2.3',), ('v1_2_3',), ('a.b',), ('a_b',), ('a.b', 'c'),
    ('a_b', 'c'), ('Some Stuff...',), ('.hidden',), ('..',), ('100%',), ('100_',), ('a%b*c',),
    ('a*b',), ('C^',), ('a"b',), ('a\\b',), ('a:b',), ('a;b',), ('<a>',), ('a|b',), ('a!b',),
    ('{a}',), ('`a`',), ('#a',), ('R&D',), ('&',), ('a@b',), ("O'Brien",), ('(a)',), ('[a]',),
    ('a?b',), ('a=b',), ('-a',), ('_',), ('x~',), (' lead',), ('trail ',), ('two  blanks',),
    ('Entwürfe',), (unicodedata.normalize('NFD', 'Entwürfe'),), ('Été',), ('été',),
    ('Straße',), ('STRASSE',), ('Проекты',), ('Проекты', 'Старые'), ('日本語',),
    ('日本語', '下'), ('한국어',), ('עברית',), ('العربية',), ('Xmas 🎄',), ('Gesendet',),
    ('Papierkorb',), ('Sent',), ('Trash',), ('Kunden', 'Archiv'), ('All Mail',), ('Important',),
    ('cur',), ('new',), ('tmp',), ('dbox-Mails',), ('user',), ('INBOX', 'child'), ('child',),
    ('Shared Folders',), ('x' * 200,), ('長' * 60,), ('d',) * 20,
]


def encode(part: str) -> str:
    """Modified UTF-7, written apart from Godwit's."""
    out, pending = '', ''
    for letter in part + '\0':
        if ' ' <= letter <= '~' or letter == '\0':
            if pending:
                packed = base64.b64encode(pending.encode('utf-16-be')).decode().rstrip('=')
                out += f'&{packed.replace("/", ",")}-'
            pending = ''
            out += '&-' if letter == '&' else letter.replace('\0', '')
        else:
            pending += letter
    return out


def quoted(raw: str) -> str:
    """A quoted string of the protocol."""
    escaped = raw.replace('\\', '\\\\').replace('"', '\\"')
    return f'"{escaped}"'


def printed(parts: tuple[str, ...]) -> str:
    """A name as the report shows it."""
    return '/'.join(parts)


def fill(server: Dovecot | Cyrus | Courier) -> dict[str, str]:
    """Makes what the server takes of the corpus, a message in each; subject by name."""
    made = {}
    connection = imaplib.IMAP4('127.0.0.1', server.port)
    connection.login(USER, PASSWORD)
    for number, parts in enumerate([('INBOX',), *CORPUS]):
        if any(server.separator in part for part in parts):
            continue
        raw = server.separator.join(map(encode, parts))
        raw = 'INBOX' if parts == ('INBOX',) else server.prefix + raw
        if parts != ('INBOX',) and connection.create(quoted(raw))[0] != 'OK':
            continue
        subject = f'message {number}'
        text = f'Subject: {subject}\r\nMessage-ID: <{number}@names.example>\r\n\r\nx\r\n'
        answer = connection.append(quoted(raw), None, None, text.encode())
        assert answer[0] == 'OK', (parts, answer)
        made[printed(parts)] = subject
    connection.logout()
    return made


def names(connection: imaplib.IMAP4) -> list[str]:
    """The raw names of all folders that can be opened."""
    found = []
    for row in connection.list()[1]:
        head, name = (row[0], row[1]) if isinstance(row, tuple) else (row, None)
        if b'\\Noselect' in head or b'\\NonExistent' in head:
            continue
        if name is None:
            name = head.split(b') ', 1)[1].split(b' ', 1)[1]
            name = name.strip(b'"').replace(b'\\"', b'"').replace(b'\\\\', b'\\')
        found.append(name.decode())
    return found


def subjects(server: Dovecot | Cyrus | Courier) -> dict[str, list[str]]:
    """What is in each folder, by its raw name."""
    connection = imaplib.IMAP4('127.0.0.1', server.port)
    connection.login(USER, PASSWORD)
    held = {}
    for raw in names(connection):
        answer, data = connection.select(quoted(raw), readonly=True)
        assert answer == 'OK', (raw, data)
        rows = connection.fetch('1:*', '(BODY.PEEK[HEADER.FIELDS (SUBJECT)])')[1] \
            if int(data[0]) else []
        held[raw] = [row[1].decode().partition(':')[2].strip() for row in rows
                     if isinstance(row, tuple)]
    connection.logout()
    return held


def raw_of(server: Dovecot | Cyrus | Courier, name: str) -> str:
    """The raw name behind a printed one, which has no "/" in a part at any of these servers."""
    if name.upper() == 'INBOX':
        return 'INBOX'
    return server.prefix + server.separator.join(encode(part) for part in name.split('/'))


def check(case: Case, src: Dovecot | Cyrus | Courier, dst: Dovecot | Cyrus | Courier) -> Run:
    """Copies the corpus, and again; every message is where the map says, alone."""
    case.start(src, dst)
    made = fill(src)
    assert len(made) >= 45, made
    run = case.copy(src, dst).expect(0).expect_sum()
    rows = {row['source']: row for row in run.of('folder') if row['copied']}
    assert run.total['copied'] == len(made), run
    targets = [row['destination'] for row in rows.values()]
    assert len(set(targets)) == len(targets) == len(made), targets
    back = {row['destination']: source for source, row in rows.items()}
    held = subjects(dst)
    for target, source in back.items():
        assert held[raw_of(dst, target)] == [made[source]], (source, target)
    for source, row in rows.items():
        assert source == row['destination'] or row['why'], row
    again = case.copy(src, dst).expect(0).expect_sum()
    assert (again.total['copied'], again.total['already_there'] + again.total['adopted']) == \
        (0, len(made)), again
    assert subjects(dst) == held
    return run


@limit(180)
def test_maildir_dots_to_slashes(case: Case) -> None:
    """Maildir++ with "." to Maildir++ behind "/"."""
    check(case, case.server('src', 'maildir', separator='.'),
          case.server('dst', 'maildir', separator='/'))


@limit(180)
def test_mdbox_to_maildir(case: Case) -> None:
    """mdbox takes dots; Maildir++ does not."""
    run = check(case, case.server('src', 'mdbox'), case.server('dst', 'maildir', separator='.'))
    rows = {row['source']: row['destination'] for row in run.of('folder')}
    assert (rows['a_b'], rows['a.b'], rows['a.b/c']) == ('a_b', 'a_b (2)', 'a_b (2)/c'), rows


@limit(180)
def test_maildir_to_mdbox(case: Case) -> None:
    """Every name that a Maildir has is written as it is, but for composition."""
    check(case, case.server('src', 'maildir', separator='.', prefix='INBOX.'),
          case.server('dst', 'mdbox'))


@limit(180)
def test_mdbox_to_cyrus(case: Case) -> None:
    """Cyrus refuses a dozen characters."""
    check(case, case.server('src', 'mdbox'), Cyrus('dst', folder=case.folder / 'dst'))


@limit(180)
def test_cyrus_to_courier(case: Case) -> None:
    """From dots in names to INBOX.Name."""
    check(case, Cyrus('src', folder=case.folder / 'src'),
          Courier('dst', folder=case.folder / 'dst'))


@limit(180)
def test_courier_to_cyrus(case: Case) -> None:
    """And back, into the namespace that is below INBOX."""
    check(case, Courier('src', folder=case.folder / 'src'),
          Cyrus('dst', separator='.', prefix='INBOX.', folder=case.folder / 'dst'))


def make(server: Dovecot, *folders: str) -> None:
    """Folders with one message each."""
    connection = imaplib.IMAP4('127.0.0.1', server.port)
    connection.login(USER, PASSWORD)
    for folder in folders:
        connection.create(quoted(folder))
        text = f'Subject: {folder}\r\nMessage-ID: <{folder}@names.example>\r\n\r\nx\r\n'
        assert connection.append(quoted(folder), None, None, text.encode())[0] == 'OK'
    connection.logout()


def test_ordered_names(case: Case) -> None:
    """--map moves a folder with its children; what would merge two is refused."""
    src, dst = case.server('src'), case.server('dst')
    case.start(src, dst)
    make(src, 'Work', 'Work/a', 'Other')
    refused = case.copy(src, dst, '--map', 'Work=Other')
    refused.expect_sentence(1, 'Work and Other into one folder')
    case.copy(src, dst, '--map', 'Absent=Other').expect_sentence(1, 'no folder of that name')
    case.copy(src, dst, '--map', 'Work').expect_sentence(1, 'two names of folders')
    case.copy(src, dst, '--map', 'Work=Old/Work', '--map', 'Other=Work').expect(0).expect_sum()
    held = subjects(dst)
    assert held['Old/Work'] == ['Work'] and held['Old/Work/a'] == ['Work/a'], held
    assert held['Work'] == ['Other'], held


def test_views_are_left_out(case: Case) -> None:
    """A folder that the server calls \\All is left out and counted; "All Mail" alone is not."""
    uses = {'Everything': 'All', 'Starred': 'Flagged', 'Sent': 'Sent'}
    src, dst = case.server('src', special_use=uses), case.server('dst')
    case.start(src, dst)
    make(src, 'Everything', 'Starred', 'All Mail', 'Important')
    run = case.copy(src, dst).expect(0).expect_sum()
    assert (run.total['copied'], run.total['excluded']) == (2, 2), run
    run = case.copy(src, dst, '--folder', 'Everything').expect(0).expect_sum()
    assert run.total['copied'] == 1, run


SHARED = """namespace {
  type = public
  prefix = Public/
  separator = /
  location = maildir:%s
  subscriptions = no
}
"""


def test_shared_folders(case: Case) -> None:
    """Shared folders are counted and named; --shared copies them, and not into shared ones."""
    src, dst = (case.server(name) for name in ('src', 'dst'))
    for server in (src, dst):
        place = server.folder / 'home' / 'public'
        place.mkdir(mode=0o777)
        place.chmod(0o777)
        server.extra = SHARED % place
    case.start(src, dst)
    make(src, 'Public/News', 'Own')
    run = case.copy(src, dst).expect(0).expect_sum()
    assert (run.total['copied'], run.total['excluded']) == (1, 1), run
    assert any('Public/News' in row['text'] for row in run.of('notice')), run
    case.copy(src, dst, '--shared').expect(0).expect_sum()
    held = subjects(dst)
    assert held['Public_/News'] == ['Public/News'] and 'Public/News' not in held, held
