# SPDX-License-Identifier: Apache-2.0
"""Destinations that already hold mail: nothing twice, nothing missing, nothing mistaken."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import corpus
import dovecot
import fill
import messages
import packages
from dovecot import Dovecot
from messages import Folder, Message, internal_date
from support import USER, Case

MBSYNC = """{stores}
Channel all
Far :far:
Near :near:
Patterns *
Create Near
Sync PullNew
CopyArrivalDate yes
SyncState {state}/
"""
STORE = """IMAPAccount {name}
Host 127.0.0.1
Port {port}
User {user}
Pass {password}
SSLType None
AuthMechs LOGIN

IMAPStore {name}
Account {name}

"""


def mbsync(folder: Path, src: Dovecot, dst: Dovecot) -> None:
    """Copies with mbsync; it refuses some of our mail, so that its status says nothing."""
    state = folder / 'mbsync'
    state.mkdir()
    stores = ''.join(STORE.format(name=name, port=server.port, user=USER,
                                  password=dovecot.PASSWORD)
                     for name, server in (('far', src), ('near', dst)))
    (folder / 'mbsyncrc').write_text(MBSYNC.format(stores=stores, state=state))
    (folder / 'mbsyncrc').chmod(0o600)
    command, environment = packages.mbsync()
    subprocess.run([*command, '-c', str(folder / 'mbsyncrc'), 'all'], env=environment,
                   check=False, stdout=subprocess.DEVNULL,
                   stderr=(folder / 'mbsync.log').open('wb'))


def _letters(count: int, start: int = 0) -> list[Message]:
    """Well-formed letters of 1 kB to 50 kB."""
    random_ = random.Random(start)
    return [Message(messages.simple(n, 'A line of text.\n' * random_.randrange(60, 3_000)),
                    ('\\Seen',), internal_date(1_400_000_000 + 3_000 * n))
            for n in range(start, start + count)]


def test_filled_by_mbsync(case: Case) -> None:
    """mbsync adds a header X-TUID to every message; each is adopted all the same."""
    src, dst = case.server('src'), case.server('dst', 'mdbox')
    folders = corpus.sample()
    for folder in folders:              # mbsync gives up at a keyword of that name
        folder.messages = [m for m in folder.messages if 'NIL' not in m.flags]
    fill.install(src, USER, 'sample-mbsync', folders)
    case.start(src, dst)
    mbsync(case.folder, src, dst)
    _, before = case.read(src, dst)
    there = before.totals()[1]
    log = (case.folder / 'mbsync.log').read_text()
    assert there > 450, f'mbsync copied only {there}: {log}'
    run = case.copy(src, dst).expect(2).expect_sum()
    assert run.total['adopted'] == there, f'{there} were there.\n{run}'
    assert run.total['copied'] == run.total['source'] - there - 2, run
    found = case.differences(src, dst, run, without='X-TUID')
    assert not found, '\n'.join(found[:30])


def test_cut_bodies_are_not_adopted(case: Case) -> None:
    """Same headers, a body cut by 1 octet up to 90 %: the whole message is brought."""
    src, dst = case.server('src'), case.server('dst')
    letters = [Message(m.octets[:-2], m.flags, m.date) for m in _letters(60)]
    cuts = [1, 2] + [n / 20 for n in range(1, 18)] + [0.9]
    cut = [Message(m.octets[:-(share if share in (1, 2) else int(len(m.octets) * share))],
                   m.flags, m.date) for share, m in zip(cuts, letters)]
    case.start(src, dst)
    fill.fill(src, USER, [Folder('INBOX', letters)])
    fill.fill(dst, USER, [Folder('INBOX', cut + letters[20:40])])
    run = case.copy(src, dst).expect(0).expect_sum()
    assert (run.total['copied'], run.total['adopted']) == (40, 20), run
    found = case.differences(src, dst, run)
    assert len(found) == 20 and all('not at the source' in line for line in found), found
    run = case.copy(src, dst).expect(0).expect_sum()
    assert (run.total['copied'], run.total['adopted']) == (0, 60), run


def test_messages_without_headers(case: Case) -> None:
    """Headless messages of 1 to 200 octets, half of them there: the other half comes."""
    random_ = random.Random(9)
    src, dst = case.server('src'), case.server('dst', 'mdbox')
    sizes = [1, 2, 200] + [random_.randrange(3, 200) for _ in range(17)]
    texts = [bytes(random_.choices(b'abcdefghijklmnop ,.', k=size)) for size in sizes]
    case.start(src, dst)
    headless = [Message(text, (), internal_date(1_500_000_000 + n))
                for n, text in enumerate(texts)]
    fill.fill(src, USER, [Folder('INBOX', headless)])
    fill.fill(dst, USER, [Folder('INBOX', headless[::2])])
    run = case.copy(src, dst).expect(0).expect_sum()
    assert (run.total['copied'], run.total['adopted']) == (10, 10), run
    case.expect_equal(src, dst, run)


def test_multisets(case: Case) -> None:
    """Three identical at the source, one at the destination: two come. None is removed."""
    one, two, three = _letters(3)
    src, dst = case.server('src'), case.server('dst')
    case.start(src, dst)
    fill.fill(src, USER, [Folder('INBOX', [one, one, one, two]), Folder('More', [three] * 2)])
    fill.fill(dst, USER, [Folder('INBOX', [one, two, two]), Folder('More', [three] * 3)])
    run = case.copy(src, dst).expect(0).expect_sum()
    assert (run.total['copied'], run.total['adopted']) == (2, 4), run
    found = case.differences(src, dst, run)
    assert len(found) == 2 and all('not at the source' in line for line in found), found


def test_same_identity_other_body(case: Case) -> None:
    """Equal headers and equal sizes, several bodies: only equal octets are the same mail."""
    heads = messages.crlf('From: a@b.example\nDate: Mon, 01 Mar 2021 09:00:00 +0000\n'
                          'Subject: same\nMessage-ID: <same@x>\n\n')
    bodies = [Message(heads + text) for text in (b'one.\r\n', b'two and more.\r\n',
                                                 b'three and even more than that.\r\n')]
    src, dst = case.server('src'), case.server('dst')
    case.start(src, dst)
    fill.fill(src, USER, [Folder('INBOX', bodies)])
    fill.fill(dst, USER, [Folder('INBOX', bodies[1:2])])
    run = case.copy(src, dst).expect(0).expect_sum()
    assert (run.total['copied'], run.total['adopted']) == (2, 1), run
    case.expect_equal(src, dst, run)


def test_adoption_adds_flags_and_removes_none(case: Case) -> None:
    """What the owner set at the destination stays; what the source has is added."""
    letters = _letters(2)
    octets = [m.octets for m in letters]
    src, dst = case.server('src'), case.server('dst')
    case.start(src, dst)
    fill.fill(src, USER, [Folder('INBOX', [
        Message(octets[0], ('\\Seen', '$label1')), Message(octets[1], ('\\Flagged',))])])
    fill.fill(dst, USER, [Folder('INBOX', [
        Message(octets[0], ('\\Answered',)), Message(octets[1], ('\\Flagged', 'Mine'))])])
    case.copy(src, dst).expect(0)
    _, there = case.read(src, dst)
    flags = sorted(m[2] for m in there.folders['INBOX'].messages)
    assert flags == [('$label1', '\\answered', '\\seen'), ('Mine', '\\flagged')], flags


def test_mail_of_others_at_the_destination_stays(case: Case) -> None:
    """Mail and folders that only the destination has are left alone."""
    src, dst = case.server('src'), case.server('dst')
    case.start(src, dst)
    fill.fill(src, USER, [Folder('INBOX', _letters(5)), Folder('Both', _letters(5, 20))])
    fill.fill(dst, USER, [Folder('INBOX', _letters(3, 100)), Folder('Both', _letters(2, 20)),
                          Folder('Mine', _letters(4, 200), subscribed=False)])
    run = case.copy(src, dst).expect(0).expect_sum()
    assert (run.total['copied'], run.total['adopted']) == (8, 2), run
    found = case.differences(src, dst, run, extra=frozenset({'Mine'}))
    assert len(found) == 3 and all('not at the source' in line for line in found), found
