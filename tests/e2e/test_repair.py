# SPDX-License-Identifier: Apache-2.0
"""Refused messages that are repaired: only by order, with originals kept, never twice."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import certificates
import compare
import fill
import messages
import modelserver
from messages import Folder, Message
from modelpair import Pair
from modelserver import ModelServer
from server import PASSWORD, Server
from support import USER, Case, Run, limit

HEAD = b'Date: Mon, 01 Mar 2021 09:00:0%d +0000\r\nFrom: a@b.example\r\nMessage-ID: <r%d@x>\r\n'

# What Cyrus refuses, and what of it the repair makes: name, octets, repaired octets.
CASES = (
    ('NUL in the text', HEAD % (1, 1) + b'\r\na\0b\0\r\n', HEAD % (1, 1) + b'\r\nab\r\n'),
    ('NUL in an identity field', HEAD % (2, 2) + b'Subject: a\0b\r\n\r\ntext\r\n',
     HEAD % (2, 2) + b'Subject: ab\r\n\r\ntext\r\n'),
    ('no colon', HEAD % (3, 3) + b'what is this\r\nSubject: x\r\n\r\ntext\r\n',
     HEAD % (3, 3) + b'X-Invalid-Header: what is this\r\nSubject: x\r\n\r\ntext\r\n'),
    ('a blank before the colon of an identity field',
     HEAD % (4, 4) + b'Subject : y\r\n\r\ntext\r\n',
     HEAD % (4, 4) + b'Subject: y\r\n\r\ntext\r\n'),
    ('>From', b'>From a@b Mon Mar  1 09:00:00 2021\r\n' + HEAD % (5, 5) + b'\r\ntext\r\n',
     b'X-Mbox-From: a@b Mon Mar  1 09:00:00 2021\r\n' + HEAD % (5, 5) + b'\r\ntext\r\n'),
    ('no header', b'only a text\r\nof two lines\r\n', b'\r\nonly a text\r\nof two lines\r\n'),
    ('no empty line', HEAD % (6, 6) + b'a text at once\r\nand more\r\n\r\nof it\r\n',
     HEAD % (6, 6) + b'\r\na text at once\r\nand more\r\n\r\nof it\r\n'),
    ('8-bit beside it', HEAD % (7, 7) + b'Subject: \xc3\xbcber\r\nno colon\r\n\r\ntext\r\n',
     HEAD % (7, 7) + b'Subject: XXber\r\nX-Invalid-Header: no colon\r\n\r\ntext\r\n'),
)
# All of it twice, so that a multiset is told from a set.
REFUSED = [Message(octets, ('\\Seen',)) for _, octets, _ in (*CASES, CASES[0], CASES[3])]
REPAIRED = [octets for _, _, octets in (*CASES, CASES[0], CASES[3])]
TAKEN = [Message(messages.simple(n)) for n in (1, 2, 3)]


def _texts(server: Server) -> list[bytes]:
    """What the server holds of INBOX, sorted."""
    mailbox = compare.read(server.uri(USER), PASSWORD, keeps_texts=True)
    folder = mailbox.folders['INBOX']
    return sorted(folder.texts[message[1]] for message in folder.messages)


def _kept(place: Path) -> list[bytes]:
    """The originals in a folder of --refused."""
    return sorted(file.read_bytes() for file in place.glob('*.eml'))


def _repair(case: Case, src: Server, dst: Server, kept: str) -> Run:
    return case.copy(src, dst, '--repair', '--refused', str(case.folder / kept)).expect_sum()


@limit(120)
def test_cyrus_takes_what_is_repaired(case: Case) -> None:
    """Everything that Cyrus refuses, once refused, then repaired; never a second copy."""
    src, dst = case.server_of('courier', 'src'), case.server_of('cyrus', 'dst')
    case.start(src, dst)
    assert fill.fill_what_goes(src, USER, [Folder('INBOX', TAKEN + REFUSED)]) == 0
    plain = case.copy(src, dst).expect(2).expect_sum()
    assert (plain.total['copied'], plain.total['refused']) == (3, len(REFUSED)), plain
    assert plain.total['repaired'] == 0 and not plain.of('repaired'), plain

    first = _repair(case, src, dst, 'first').expect(0)
    assert (first.total['copied'], first.total['repaired'], first.total['adopted']) == (
        len(REFUSED), len(REFUSED), 3), first
    assert len(first.of('repaired')) == len(REFUSED) and not first.of('refused'), first
    assert {event['uid'] for event in first.of('repaired')} == {
        event['uid'] for event in plain.of('refused')}, first
    assert _texts(dst) == sorted(REPAIRED + [m.octets for m in TAKEN])
    assert _kept(case.folder / 'first') == sorted(m.octets for m in REFUSED)
    told = [event['repair'] for event in first.of('repaired')]
    assert all(re.search(r'NUL|fields|X-Mbox|empty line', text) for text in told), told

    for number, options in enumerate((('--repair',), (), ('--repair',))):
        place = case.folder / f'again-{number}'
        again = case.copy(src, dst, *options, '--refused', str(place)).expect(0).expect_sum()
        assert (again.total['copied'], again.total['adopted']) == (
            0, len(REFUSED) + len(TAKEN)), again
        assert not _kept(place), again
    assert _texts(dst) == sorted(REPAIRED + [m.octets for m in TAKEN]), 'There is a second copy'


def test_dovecot_takes_an_empty_message(case: Case) -> None:
    """Zero octets, which Dovecot refuses, become one empty line; twice, and never more."""
    src, dst = case.server('src'), case.server('dst', 'mdbox')
    case.start(src, dst)
    fill.fill(src, USER, [Folder('INBOX', [*TAKEN, Message(b''), Message(b'')])])
    case.copy(src, dst).expect(2, 'refused')
    run = _repair(case, src, dst, 'kept').expect(0)
    assert (run.total['copied'], run.total['repaired']) == (2, 2), run
    assert _texts(dst) == sorted([b'\r\n', b'\r\n', *(m.octets for m in TAKEN)])
    assert _kept(case.folder / 'kept') == [b'', b'']
    for options in (('--repair', '--refused', str(case.folder / 'more')), ()):
        again = case.copy(src, dst, *options).expect(0).expect_sum()
        assert (again.total['copied'], again.total['adopted']) == (0, 5), again


def test_a_full_mailbox_is_not_repaired(case: Case) -> None:
    """What is refused for its place, and not for what it is, is not touched."""
    src, dst = case.server('src'), case.server('dst', quota='3K')
    case.start(src, dst)
    fill.fill(src, USER, [Folder('INBOX', [Message(messages.simple(1, 'a line\n' * 2_000))])])
    run = case.copy(src, dst, '--repair', '--refused', str(case.folder / 'kept'))
    assert run.status == 5 and run.total['repaired'] == 0 and not run.of('repaired'), run


def test_repair_needs_a_place_for_originals(case: Case) -> None:
    """One clear sentence, before anything is done."""
    run = case.godwit('--repair', 'imap://a@localhost:1', 'imap://b@localhost:1')
    run.expect_sentence(1, '--repair .*--refused')
    assert not run.events, run


def test_the_index_of_refused_messages_names_the_reason(case: Case) -> None:
    """The originals are listed as they are without --repair."""
    src, dst = case.server_of('courier', 'src'), case.server_of('cyrus', 'dst')
    case.start(src, dst)
    fill.fill_what_goes(src, USER, [Folder('INBOX', REFUSED[:3])])
    _repair(case, src, dst, 'kept').expect(0)
    index = [json.loads(line) for line in
             (case.folder / 'kept' / 'index.json').read_text().splitlines()]
    assert [(entry['uid'], entry['complete']) for entry in index] == [
        (1, True), (2, True), (3, True)], index
    assert 'NUL' in index[0]['reason'] and 'header' in index[2]['reason'], index
    digests = {hashlib.sha256(octets).hexdigest() for octets in _kept(case.folder / 'kept')}
    assert digests == {hashlib.sha256(m.octets).hexdigest() for m in REFUSED[:3]}


def _from_model(case: Case, dst: Server, texts: list[Message], *options: str) -> Run:
    """Copies what no real server would hold."""
    content = modelserver.content([Folder('INBOX', texts)])
    case.models = getattr(case, 'models', 0) + 1
    src = case.stack.enter_context(
        ModelServer(case.folder / f'model-{case.models}', content=content))
    words = ['--source-password-file', src.password_file(),
             '--destination-password-file', dst.password_file()]
    if dst.certificate:
        words += ['--destination-ca', certificates.authority()]
    return case.godwit('--quiet', *options, *map(str, words), src.uri(), dst.uri(USER)
                       ).expect_sum()


@limit(120)
def test_line_ends_are_repaired_for_cyrus(case: Case) -> None:
    """Bare LF in header and text, a text of LF only, one in a large message; all of it once."""
    texts = [HEAD % (1, 1) + b'Subject: x\n\r\ntext\r\n', HEAD % (2, 2) + b'\r\na\nb\n',
             b'Message-ID: <lf@x>\nSubject: lf\n\nall\nof it\n',
             HEAD % (3, 3) + b'\r\n' + b'a line of some length, then LF\n' * 40_000,
             HEAD % (4, 4) + b'\r\n' + b'\n' * 700_000]
    wanted = sorted(re.sub(rb'\r?\n', b'\r\n', text) for text in texts)
    dst = case.server_of('cyrus', 'dst')
    case.start(dst)
    source = [Message(text) for text in texts]
    run = _from_model(case, dst, source, '--repair', '--refused', str(case.folder / 'kept'))
    assert run.expect(0).total['repaired'] == len(texts), run
    assert _texts(dst) == wanted
    assert _kept(case.folder / 'kept') == sorted(texts)
    for number, options in enumerate((('--repair',), ())):
        run = _from_model(case, dst, source, *options, '--refused',
                          str(case.folder / f'again-{number}')).expect(0)
        assert (run.total['copied'], run.total['adopted']) == (0, len(texts)), run
    assert _texts(dst) == wanted, 'There is a second copy'


def _dates(case: Case, kind: str, kept: int) -> None:
    dst = case.server_of(kind, 'dst')
    case.start(dst)
    source = [Message(messages.simple(1), (), '01-Jan-1960 00:00:00 +0000'),
              Message(messages.simple(2), (), '31-Dec-1969 23:59:59 +0000'),
              Message(messages.simple(3), (), '01-Jan-1970 00:00:01 +0000')]
    run = _from_model(case, dst, source).expect(0)
    assert (run.total['copied'], run.total['changed']) == (3, 2), run
    assert all('before 1970' in event['change'] for event in run.of('changed')), run
    there = compare.read(dst.uri(USER), PASSWORD).folders['INBOX'].messages
    assert sorted(message[3] for message in there) == [kept, kept, 1], there


def test_dates_before_1970_at_cyrus(case: Case) -> None:
    """Cyrus refuses them, and takes the second second for what it is."""
    _dates(case, 'cyrus', 1)


def test_dates_before_1970_at_courier(case: Case) -> None:
    """So does Courier."""
    _dates(case, 'courier', 1)


def test_a_destination_that_answers_bad(case: Case) -> None:
    """BAD to the text of a message: it goes on singly, and what is refused is repaired."""
    sound = [Message(messages.simple(n)) for n in range(4)]
    odd = [Message(HEAD % (n, n) + b'Subject: odd\r\n\r\na\0b\r\n') for n in (1, 2)]
    content = modelserver.content(
        [Folder('INBOX', [*sound[:2], odd[0], *sound[2:]]), Folder('Work', [odd[1]])])
    rules = ('set refuse nul "Command arguments contain NUL"\nset refuses-with-bad on\n'
             'set bad-literal ')
    for number, manner in enumerate(('swallow', 'run')):
        kept = case.folder / f'kept-bad-{number}'
        pair = Pair(case, {'content': content}, {'rules': rules + manner})
        plain = pair.copy().expect(2).expect_sum()
        assert (plain.total['copied'], plain.total['refused']) == (4, 2), plain
        run = pair.copy('--repair', '--refused', str(kept)).expect(0).expect_sum()
        assert (run.total['adopted'], run.total['repaired']) == (4, 2), run
        assert _kept(kept) == sorted(m.octets for m in odd)
        again = pair.copy('--repair', '--refused', str(case.folder / 'none')).expect(0)
        assert (again.total['copied'], again.total['adopted']) == (0, 6), again
        pair.stop()
        held = sorted(mail.sha256 for mail in pair.dst.by_uid().values())
        wanted = [m.octets for m in sound] + [m.octets.replace(b'\0', b'') for m in odd]
        assert held == sorted(hashlib.sha256(each).hexdigest() for each in wanted), again
        assert not pair.dst.notes('bad'), pair.dst.notes('bad')


def test_refused_flags_do_not_stop_a_folder(case: Case) -> None:
    """A destination that answers NO to STORE: the messages are adopted, the rest is copied."""
    texts = [Message(messages.simple(n), ('\\Seen',)) for n in range(4)]
    bare = [Message(m.octets) for m in texts[:2]]
    pair = Pair(case, {'content': modelserver.content([Folder('INBOX', texts)])},
                {'content': modelserver.content([Folder('INBOX', bare)]),
                 'rules': 'on command UID-STORE do reply "%T NO no flags"'})
    run = pair.copy().expect(0).expect_sum()
    assert (run.total['copied'], run.total['adopted']) == (2, 2), run
    assert run.total['flags_added'] == 0, run
    assert any('no flags' in event['text'] for event in run.of('notice')), run
