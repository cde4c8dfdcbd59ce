# SPDX-License-Identifier: Apache-2.0
"""Every server to every other, with the nasty corpus, twice in a row.

What the destination changes or refuses is one table, nature.py.  It is held against the octets
at the destination and against Godwit's report, both ways: a change that the report does not
tell fails, and so does one that it tells and that did not happen.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import compare
import corpus
import fill
import messages
from compare import Mailbox
from messages import Folder, Message
from nature import NATURES, Nature
from server import PASSWORD, Server
from support import USER, Case, Run, limit, only_all

# What no Dovecot holds: these come from servers that take them.
UGLY = (
    Message(b'Message-ID: <nul@x>\r\n\r\na\0b\r\n'),
    Message(b'Subject: nu\0l\r\nMessage-ID: <nul2@x>\r\n\r\ntext\r\n'),
    Message(b'Message-ID: <crcrlf@x>\r\n\r\na\r\r\nb\r\n'),
    Message(b'Message-ID: <lastcr@x>\r\n\r\na\r\nb\r'),
    Message(messages.simple(9_001), (), '01-Jan-2037 00:00:00 +0000'),
    Message(messages.simple(9_002), ('Plain', '$Forwarded')))
NOW = object()                              # a date that became the time of copying


def _fill(server: Server) -> None:
    """The nasty corpus, or what of it the running server takes."""
    if server.format not in ('cyrus', 'courier'):
        return
    fill.fill_what_goes(server, USER, [*corpus.nasty(empty_messages=False),
                                       Folder('Ugly', list(UGLY))])


def _read(*servers: Server) -> list[Mailbox]:
    """The mailboxes with their texts, read at the same time."""
    with ProcessPoolExecutor(len(servers)) as pool:
        jobs = [pool.submit(compare.read, server.uri(USER), PASSWORD, keeps_texts=True)
                for server in servers]
        return [job.result() for job in jobs]


class Told:
    """What a report tells of messages, by folder and UID."""

    def __init__(self, run: Run) -> None:
        def gather(kind: str, part: str) -> dict[tuple[str, int], str]:
            return {(event['folder'], event['uid']): event[part] for event in run.of(kind)}
        self.changed = gather('changed', 'change')
        self.keywords = gather('keyword', 'keyword')
        self.refused = gather('refused', 'reason')
        self.failed = {event['folder']: event['text'] for event in run.of('fault')}
        self.names = {event['source']: event['destination'] for event in run.of('folder')}
        self.notices = [event['text'] for event in run.of('notice')]


def _expected(nature: Nature, octets: bytes, message: tuple) -> tuple[tuple, str, set[str]]:
    """A message of the source as the destination must hold it, what must be told of it, and
    the keywords that it must have lost."""
    changes, after = [], octets
    for kind in nature.changes:
        if kind.becomes(octets) != octets:
            changes.append(kind.told)
        after = kind.becomes(after)
    date = message[3]
    if nature.loses_date(date):
        changes.append(nature.date_told)
        date = NOW
    lost = {word for word in message[2]
            if not word.startswith('\\') and re.fullmatch(nature.keywords, word)}
    flags = tuple(word for word in message[2] if word not in lost)
    return (hashlib.sha256(after).hexdigest(), flags, date), '; '.join(changes), lost


def _compare_folder(name: str, nature: Nature, src: compare.Folder, dst: compare.Folder,
                    told: Told) -> list[str]:
    """What is wrong with one folder or with what the report says of it."""
    wanted: Counter = Counter()
    found = []
    for message in src.messages:
        key = (name, message[0])
        octets = src.texts[message[1]]
        reason = told.refused.get(key)
        if reason is not None:
            if not reason.startswith(nature.refuses):
                found.append(f'{key} is refused for a reason that is not known: {reason}')
            continue
        expected, changes, lost = _expected(nature, octets, message)
        wanted[expected] += 1
        if told.changed.get(key, '') != changes:
            found.append(f'{key}: the report tells the change "{told.changed.get(key, "")}" '
                         f'and not "{changes}"')
        if set(told.keywords.get(key, '').split()) != lost:
            found.append(f'{key}: the report tells of the keywords '
                         f'"{told.keywords.get(key, "")}" and not of {sorted(lost)}')
    lost_dates = {(digest, flags) for digest, flags, date in wanted if date is NOW}
    there = Counter(
        (digest, flags, NOW if (digest, flags) in lost_dates
         and abs(time.time() - date) < 3_600 else date)
        for _, digest, flags, date in dst.messages)
    found += [f'"{name}": {kind} {message}' for kind, rest in (
        ('the destination lacks', wanted - there), ('the destination has', there - wanted))
        for message in rest]
    return found


def _compare_notices(extra: set[str], lost: set[str], told: Told) -> list[str]:
    """Whether the report tells of just the folders that gained being, or lost their use."""
    parents = [text for text in told.notices if ' parents of folders, ' in text]
    number = int(parents[0].split()[0]) if parents else 0
    uses = [text for text in told.notices if 'knows no special use' in text]
    names = set(uses[0].partition(': ')[2].split(', ')) if uses else set()
    found = []
    if number != len(extra):
        found.append(f'The report tells of {number} new parents: {sorted(extra)}')
    if names != lost:
        found.append(f'The report tells of lost uses of {sorted(names)}: {sorted(lost)}')
    return found


def _compare_folders(nature: Nature, src: Mailbox, dst: Mailbox, told: Told) -> list[str]:
    """What is wrong with the tree, its subscriptions and its special use."""
    found, targets = [], {told.names.get(name, name) for name in src.folders}
    extra, without_use = set(), set()
    for name, folder in src.folders.items():
        target = told.names.get(name, name)
        if target not in dst.folders:
            is_known = re.fullmatch(nature.names, name) and name in told.failed
            refused = sum(where == name for where, _ in told.refused)
            if not is_known or refused != len(folder.messages):
                found.append(f'Folder "{name}" is missing.')
            continue
        if (name in src.subscribed) != (target in dst.subscribed):
            found.append(f'Folder "{name}" is subscribed at one side only.')
        lost = set(folder.special) - set(dst.folders[target].special)
        if lost:
            without_use.add(name)
        if lost and nature.has_special_use:
            found.append(f'Folder "{name}" has lost its special use {lost}.')
    for name, folder in dst.folders.items():
        if name in targets or name == 'INBOX':
            continue
        is_parent = any(target.startswith(f'{name}/') for target in targets)
        extra.add(name)
        if not nature.makes_parents or not is_parent or folder.messages:
            found.append(f'Folder "{name}" is at the destination and not at the source.')
    found += _compare_notices(extra, without_use, told)
    if len(targets) != len(src.folders):
        found.append('Two folders became one.')
    return found


def _check(nature: Nature, src: Mailbox, dst: Mailbox, run: Run) -> None:
    """Holds both mailboxes, the table and the report against each other."""
    told = Told(run)
    found = _compare_folders(nature, src, dst, told)
    for name, folder in src.folders.items():
        target = told.names.get(name, name)
        if target in dst.folders:
            found += _compare_folder(name, nature, folder, dst.folders[target], told)
    known = {(name, message[0]) for name, folder in src.folders.items()
             for message in folder.messages}
    found += [f'{key} is told of, and is not at the source.'
              for part in (told.changed, told.keywords, told.refused)
              for key in part if key not in known]
    assert not found, '\n'.join([f'{len(found)} things are wrong:', *map(str, found[:30]),
                                 str(run)])


def _pair(case: Case, src_kind: str, dst_kind: str, *options: str, scheme: str = 'imaps',
          **settings: object) -> Run:
    """Copies twice and checks all that there is to check."""
    src, dst = case.server_of(src_kind, 'src'), case.server_of(dst_kind, 'dst')
    for name, value in settings.items():
        setattr(src, name, value)
        setattr(dst, name, value)
    if src_kind not in ('cyrus', 'courier'):
        corpus.install_nasty(src, USER)
    case.start(src, dst)
    _fill(src)
    nature = NATURES[dst_kind]
    first = case.copy(src, dst, *options, scheme=scheme).expect_sum()
    here, there = _read(src, dst)
    assert first.total['source'] == sum(len(f.messages) for f in here.folders.values()), first
    assert first.total['copied'] == first.total['source'] - first.total['refused'], first
    assert first.total['changed'] == len(first.of('changed')), first
    _check(nature, here, there, first)
    second = case.copy(src, dst, *options, scheme=scheme).expect_sum()
    assert second.status == first.status, second
    assert second.total['copied'] == 0, f'The second run copies again.\n{second}'
    assert second.total['adopted'] == first.total['copied'], second
    again = _read(src, dst)
    assert again[0].folders == here.folders, 'The source was written to.'
    assert again[1].folders == there.folders, 'The second run changed something.'
    return first


KINDS = ('maildir', 'mdbox', 'cyrus', 'courier')
IN_CHECK = {('maildir', 'cyrus'), ('maildir', 'courier'), ('courier', 'cyrus')}


def _test_of(src: str, dst: str) -> Callable[[Case], None]:
    def test(case: Case) -> None:
        _pair(case, src, dst)
    test.__doc__ = f'{src} to {dst}, over TLS.'
    return limit(180)(test if (src, dst) in IN_CHECK else only_all(test))


for _src in KINDS:
    for _dst in KINDS:
        if _src != _dst:
            globals()[f'test_{_src}_to_{_dst}'] = _test_of(_src, _dst)


@limit(180)
@only_all
def test_courier_to_sdbox(case: Case) -> None:
    """The third format of Dovecot."""
    _pair(case, 'courier', 'sdbox')


def _as_file(number: int) -> Message:
    """A message with the line ends of a file."""
    return Message(messages.simple(number).replace(b'\r\n', b'\n'))


@limit(90)
def test_courier_as_a_source_is_selected(case: Case) -> None:
    """What EXAMINE shows is provisional there, and SELECT makes it last; no more is written."""
    src, dst = case.server_of('courier', 'src'), case.server('dst', 'mdbox')
    case.start(src, dst)
    place = src.mail_root(USER)
    for number in (3, 5):
        fill.deliver(place, _as_file(number), number)
    trace = case.folder / 'trace'
    run = case.copy(src, dst, '--trace', str(trace), scheme='imaps').expect(0).expect_sum()
    assert run.total['copied'] == 2, run
    said = '\n'.join(line for line in trace.read_text(errors='replace').splitlines()
                     if ' source ' in line and ' C: ' in line)
    assert re.search(r'SELECT "?INBOX', said), said[:3000]
    assert not re.search(r'\b(EXAMINE|STORE|EXPUNGE|APPEND)\b', said), said[:3000]
    uids = {m[1]: m[0] for m in _read(src)[0].folders['INBOX'].messages}
    # Its name stands before those that are there, so that it would take their UIDs.
    fill.deliver(place, _as_file(1), 1)
    again = case.copy(src, dst, scheme='imaps').expect(0).expect_sum()
    assert again.total['copied'] == 1 and again.total['adopted'] == 2, again
    here, there = _read(src, dst)
    now = {m[1]: m[0] for m in here.folders['INBOX'].messages}
    assert all(now[digest] == uid for digest, uid in uids.items()), (uids, now)
    _check(NATURES['mdbox'], here, there, again)


@limit(180)
@only_all
def test_in_clear(case: Case) -> None:
    """Cyrus to Courier without TLS at all: it goes on, for it is loopback, and says so."""
    run = _pair(case, 'cyrus', 'courier', scheme='imap', certificate=None)
    assert any('clear' in event['text'].lower() for event in run.of('notice')), run


@limit(180)
@only_all
def test_with_starttls(case: Case) -> None:
    """Cyrus to Courier by STARTTLS."""
    run = _pair(case, 'cyrus', 'courier', scheme='imap')
    assert not any('clear' in event['text'].lower() for event in run.of('notice')), run
