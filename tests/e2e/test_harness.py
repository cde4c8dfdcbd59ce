# SPDX-License-Identifier: Apache-2.0
"""The test bed itself: what the comparer must see, and what the corpora must hold."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import certificates
import compare
import corpus
import dovecot
import fill
import messages
from compare import Mailbox
from messages import Folder, Message
from support import USER, Case


def _corpus() -> list[Folder]:
    """A small mailbox that the planted differences start from."""
    return [Folder('INBOX', [Message(messages.simple(n), ('\\Seen', 'Key')) for n in range(4)]
                   + [Message(messages.simple(9))] * 3),
            Folder('Ü & Co', [Message(messages.simple(n)) for n in range(20, 23)]),
            Folder('Sent', [Message(messages.simple(30))])]


def _bit(folders: list[Folder]) -> None:
    octets = bytearray(folders[0].messages[1].octets)
    octets[-4] ^= 1
    folders[0].messages[1] = Message(bytes(octets), folders[0].messages[1].flags)


def _flag(folders: list[Folder]) -> None:
    folders[0].messages[1] = Message(folders[0].messages[1].octets, ('Key',))


def _keyword(folders: list[Folder]) -> None:
    folders[0].messages[1] = Message(folders[0].messages[1].octets, ('\\Seen', 'Key', 'key2'))


def _date(folders: list[Folder]) -> None:
    folders[1].messages[1] = Message(folders[1].messages[1].octets, (),
                                     '01-Mar-2021 09:00:01 +0000')


def _missing(folders: list[Folder]) -> None:
    del folders[1].messages[2]


def _twin_missing(folders: list[Folder]) -> None:
    del folders[0].messages[-1]


def _twin(folders: list[Folder]) -> None:
    folders[0].messages.append(folders[0].messages[-1])


def _subscription(folders: list[Folder]) -> None:
    folders[1].subscribed = False


def _parent(folders: list[Folder]) -> None:
    folders.append(Folder('Needless', subscribed=False))


def _folder(folders: list[Folder]) -> None:
    del folders[1]


PLANTED: tuple[tuple[Callable, str], ...] = (
    (_bit, 'octets differ'), (_flag, 'flags'), (_keyword, 'flags'), (_date, 'date'),
    (_missing, 'missing at the destination'), (_twin_missing, 'missing at the destination'),
    (_twin, 'not at the source'), (_subscription, 'subscribed at one side'),
    (_parent, '"Needless"'), (_folder, 'missing at the destination'))


def test_comparer_finds_what_is_planted(case: Case) -> None:
    """One bit, one flag, one date, one message, one twin, one subscription, one folder."""
    server = case.server('server')
    case.start(server)
    fill.fill(server, 'source', _corpus())
    fill.fill(server, 'same', _corpus())
    src = compare.read(server.uri('source'), dovecot.PASSWORD)
    assert not compare.differences(src, compare.read(server.uri('same'), dovecot.PASSWORD))
    for plant, word in PLANTED:
        folders = _corpus()
        plant(folders)
        fill.fill(server, plant.__name__, folders)
        dst = compare.read(server.uri(plant.__name__), dovecot.PASSWORD)
        found = compare.differences(src, dst)
        assert len(found) == 1 and word in found[0], f'{plant.__name__}: {found}'


def test_comparer_misses_special_use(case: Case) -> None:
    """A folder that is \\Sent at the source only."""
    src, dst = case.server('src'), case.server('dst', special_use={})
    case.start(src, dst)
    for server in (src, dst):
        fill.fill(server, USER, _corpus())
    found = case.differences(src, dst)
    assert found == ['Folder "Sent" has lost its special use \\sent.'], found


def test_comparer_as_a_program(case: Case) -> None:
    """TLS, a name map, a report with refusals, JSON; status 1 for a difference."""
    server = case.server('server')
    case.start(server)
    here, there = _corpus(), _corpus()
    there[1].name = 'Renamed'
    del there[2].messages[0]
    fill.fill(server, 'a', here)
    fill.fill(server, 'b', there)
    report = case.folder / 'report'
    report.write_text('{"event":"refused","folder":"Sent","uid":1,"size":9,"reason":"x"}\n')
    command = [sys.executable, Path(compare.__file__), server.uri('a', 'imaps'),
               server.uri('b', 'imaps'), '--password-file', server.password_file(),
               '--ca', certificates.authority(), '--json', '--map', 'Ü & Co=Renamed']
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1 and len(json.loads(run.stdout)['differences']) == 1, run
    run = subprocess.run([*command, '--report', report], capture_output=True, text=True,
                         check=False)
    assert run.returncode == 0 and not json.loads(run.stdout)['differences'], run


def _as_read(folder: Folder) -> Counter:
    """A folder of a corpus as the comparer must read it."""
    return Counter((sha256(m.octets).hexdigest(),
                    tuple(sorted(f.lower() if f[0] == '\\' else f for f in m.flags)),
                    compare.instant(m.date.strip())) for m in folder.messages)


def _expect_corpus(mailbox: Mailbox, folders: list[Folder]) -> None:
    for folder in folders:
        there = Counter(m[1:] for m in mailbox.folders[folder.name].messages)
        assert there == _as_read(folder), (folder.name, there - _as_read(folder),
                                           _as_read(folder) - there)
        assert (folder.name in mailbox.subscribed) == folder.subscribed, folder.name
    assert set(mailbox.folders) == {folder.name for folder in folders}


def test_corpora_arrive_as_written(case: Case) -> None:
    """Every octet, flag and date of the nasty corpus, in each format; its sizes as promised."""
    for form in dovecot.LOCATIONS:
        server = case.server(form, form)
        corpus.install_nasty(server, USER)
        case.start(server)
        folders = corpus.nasty(empty_messages=form == 'maildir')
        for folder in folders:
            if folder.name == 'Dates':      # its last one lay an hour ahead when it was kept
                ahead = folder.messages.pop()
        mailbox = compare.read(server.uri(USER), dovecot.PASSWORD)
        newest = mailbox.folders['Dates'].messages.pop()
        assert abs(newest[3] - compare.instant(ahead.date)) < 2_000, newest
        _expect_corpus(mailbox, folders)
        assert mailbox.totals()[0] >= 30 and mailbox.totals()[1] >= 400, mailbox.totals()
        assert mailbox.subscribed - set(mailbox.folders) == set(corpus.LOST_SUBSCRIPTIONS)
        assert {'lonely', 'lonely/parent', 'deep/2'} <= mailbox.containers, mailbox.containers
        special = {use for each in mailbox.folders.values() for use in each.special}
        assert special == {'\\sent', '\\drafts', '\\trash', '\\junk', '\\archive'}, special
        server.stop()


def test_bulk_arrives_as_ordered(case: Case) -> None:
    """So many messages, so many octets, so many folders."""
    server = case.server('server')
    corpus.plain(server, USER, 5_000, 40_000_000, 20)
    case.start(server)
    folders, count, octets = compare.read(server.uri(USER), dovecot.PASSWORD).totals()
    assert (folders, count) == (20, 5_000), (folders, count)
    assert 38_000_000 < octets < 42_000_000, octets


def test_names_in_modified_utf7(_: Case) -> None:
    """There and back, and against what RFC 3501 prints."""
    for name in [*corpus.NAMES, '&', '&&', 'a&b-', '\t', '🕊' * 9, '~peter/mail/台北/日本語']:
        assert compare.decode_utf7(compare.encode_utf7(name)) == name, name
    assert compare.encode_utf7('~peter/mail/台北/日本語') == '~peter/mail/&U,BTFw-/&ZeVnLIqe-'
