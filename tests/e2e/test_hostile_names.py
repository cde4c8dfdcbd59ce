# SPDX-License-Identifier: Apache-2.0
"""Folder lists that are odd: names, delimiters, namespaces, folders that only seem to be."""

from __future__ import annotations

import json

import messages
import modelserver
from messages import Folder, Message
from modelpair import FOLDERS, Pair, ends_with, small
from modelserver import quoted
from support import Case

ONE_LINK = ('--connections', '1')
SIDES = ('src', 'dst')
ALL = ('INBOX', 'Work', 'Work/Old')


def _content(names: tuple[bytes, ...]) -> bytes:
    """INBOX with two messages, and a folder of each name with one."""
    pieces = [modelserver.content([Folder('INBOX', small(0, 2))])]
    for number, name in enumerate(names):
        mail = Message(messages.simple(100 + number))
        pieces.append(f'folder {quoted(name)}\n'.encode() + modelserver.of_message(mail))
    return b''.join(pieces)


def _listed(names: tuple[str, ...], delimiter: str = '"/"', attributes: str = '()') -> str:
    """An answer to LIST with these names and nothing else."""
    lines = [f'* LIST {attributes} {delimiter} "{name}"\r\n'.encode() for name in names]
    return f'raw {quoted(b"".join(lines))} then reply "%T OK done"'


def test_d49_namespaces(case: Case) -> None:
    """A NAMESPACE or an ID that says nothing usable is as none."""
    spaces = ('NIL NIL NIL', '', '(("" NIL)) NIL NIL', '(("" "//")) NIL NIL', '1 2 3',
              '((("" "/"', '(("../" "/")) NIL NIL', '(("INBOX." ".")) NIL NIL',
              '(("" "/")("X." ".")) (("~" "!")) (("#s" "|"))')
    for number, space in enumerate(spaces):
        line = quoted(f'* NAMESPACE {space}\r\n'.encode())
        rules = f'on command NAMESPACE do raw {line} then reply "%T OK done"'
        pair = Pair(case, **{SIDES[number % 2]: {'rules': rules}}, compares='digests')
        pair.expect_exact(pair.copy())
    ids = ('', 'NIL', '("name")', '("name" NIL "x" (1 2))', '((((', '("name" "\x1b[2J")')
    lines = ''.join(f'* ID {each}\r\n' for each in ids).encode()
    rules = f'set with ID\non command ID do raw {quoted(lines)} then reply "%T OK done"'
    for side in SIDES:
        pair = Pair(case, **{side: {'rules': rules}})
        pair.expect_exact(pair.copy())


def test_d49_delimiters(case: Case) -> None:
    """None, a quote, a backslash, a letter: the names are kept; two octets are unreadable."""
    for number, delimiter in enumerate(('NIL', '"\\""', '"\\\\"', '"o"', '" "', '""', '7')):
        rules = ('on command NAMESPACE do reply "%T NO"\n'
                 f'on command LIST do {_listed(ALL, delimiter)}')
        dst = {'profile': 'minimal'} if number % 2 else {}
        pair = Pair(case, {'rules': rules}, dst, compares='digests')
        pair.expect_exact(pair.copy())
    rules = f'on command LIST do {_listed(ALL, chr(34) + "//" + chr(34))}'
    for side in SIDES:
        ends_with(case, 4, 'LIST response that cannot be read', **{side: {'rules': rules}})


UTF7 = (b'&', b'&-&', b'&AGE', b'&2AA-', b'&2D3YPQ-', b'&AMQ', b'&AGE-', b'raw\xc3\xa4',
        b'raw\xff\xfe', b'&AOQ-', b'a&AwgA-', b'Caf&AOk-', b'Cafe&AwE-', b'&*-', b'a&-b',
        b'&AGEAYg-')


def test_d53_modified_utf7(case: Case) -> None:
    """Broken, overlong, half surrogates, two spellings of one name: every message arrives."""
    for profile in ('dovecot', 'courier', 'minimal'):
        pair = Pair(case, {'content': _content(UTF7)}, {'profile': profile}, compares='digests')
        pair.expect_exact(pair.copy())


def test_d53_twins(case: Case) -> None:
    """Names that differ in case only; INBOX, Inbox and iNbOx."""
    names = (b'Sent', b'SENT', b'sent', b'iNbOx', b'Inbox')
    for profile in ('dovecot', 'courier'):
        pair = Pair(case, {'content': _content(names)}, {'profile': profile},
                    compares='digests')
        run = pair.copy().expect(0)
        pair.expect_honest(run)
        assert run.total['copied'] == len(pair.src.by_uid()), run


LONG = (b'x' * 255, b'x' * 256, b'x' * 1000)
SHOWN = (b'esc\x1b[2J', b'\x1b]0;owned\x07', b'<script>alert(1)</script>', b'&IC4-evil',
         b'tab\tx', b'\xe2\x80\xaetxt.exe', b'\xc2\x9b31m', b'line\x0bfeed', b'del\x7f',
         b'"quoted"', b'\\', b'--source-plaintext', b'%s%n')
ODD = (b'a.b', b'a/b', b'a.b.c/d', b'trail ', b'trail.', b'~tilde', b'^caret', b'*', b'%',
       b' lead', b'a//b', b'/lead', b'end/')


def test_d54_names_of_another_kind(case: Case) -> None:
    """Delimiters within names, wildcards, spaces, length: whatever is not held is listed."""
    for profile in ('dovecot', 'cyrus', 'courier', 'minimal'):
        pair = Pair(case, {'content': _content(ODD + LONG)}, {'profile': profile},
                    compares='digests')
        pair.expect_exact(pair.copy())


def test_d57_names_that_are_shown(case: Case) -> None:
    """Escapes, bidirectional controls, markup: cut to harmless text wherever they are told."""
    content = _content(SHOWN)
    for options, rules in (((), ''), (('--json',), ''),
                           ((), 'on command EXAMINE do reply "%T NO \x1b[2J no"'),
                           ((), 'on command EXAMINE 2+ do reply "%T NO [ALERT] \xe2\x80\xae"')):
        pair = Pair(case, {'content': content, 'rules': rules}, compares='digests')
        run = pair.copy(*options).expect(7 if rules else 0)
        pair.expect_honest(run)
        if '--json' in options:
            lines = [json.loads(line) for line in run.stdout.splitlines()]
            assert lines and lines[-1]['event'] == 'total', run
    pair = Pair(case, {'content': content}, {'rules': 'on command CREATE do reply '
                                             '"%T NO \x1b]0;owned\x07"'}, compares='digests')
    run = pair.copy().expect(7)
    pair.expect_honest(run)
    assert run.total['refused'] == len(SHOWN), run


def test_d55_lists_without_end(case: Case) -> None:
    """A folder a thousand times is one folder; folders that are none are told, not copied."""
    for side in SIDES:
        pair = Pair(case, **{side: {
            'rules': 'on command LIST do flood 1000 "* LIST () \\"/\\" \\"Work/Old\\""',
            'content': modelserver.content(FOLDERS)}})
        run = pair.copy()
        if side == 'src':
            pair.expect_exact(run)
        else:
            pair.expect_honest(run.expect(0))
    _, run = ends_with(case, 7, 'refused to open', src={
        'rules': 'on command LIST do flood 200 "* LIST () \\"/\\" Many%N"'})
    assert run.total['copied'] == 21 and len(run.of('fault')) == 200, run
    pair = Pair(case, dst={'rules': 'on command LIST do flood 2000 "* LIST () \\"/\\" Many%N"'})
    pair.expect_exact(pair.copy())


def test_d55_more_folders_than_can_be(case: Case) -> None:
    """A million folders: one sentence, and little memory."""
    for side in SIDES:
        ends_with(case, 7, 'more folders than', **{side: {
            'rules': 'on command LIST do flood 1000000 "* LIST () \\"/\\" Many%N"'}})


def test_d55_contradictions(case: Case) -> None:
    """Not to be opened and to be opened: it is tried.  Two Sents: one of them is it."""
    two = ('on command LIST do say "* LIST (\\\\Noselect) \\"/\\" Work" then '
           'say "* LIST (\\\\NonExistent \\\\Subscribed) \\"/\\" Ghost" then '
           'say "* LIST (\\\\Sent) \\"/\\" Work" then '
           'say "* LIST (\\\\Sent \\\\Trash \\\\Drafts) \\"/\\" \\"Work/Old\\""')
    pair = Pair(case, {'rules': two})
    pair.expect_exact(pair.copy())
    pair = Pair(case, dst={'rules': two, 'content': modelserver.content(
        [Folder('INBOX'), Folder('Work'), Folder('Work/Old')])})
    run = pair.copy().expect(0)
    pair.expect_honest(run)


def test_d56_lists_of_something_else(case: Case) -> None:
    """Patterns as names, subscriptions to nothing, a folder that is gone when it is opened."""
    rules = ('on command LIST do say "* LIST () \\"/\\" \\"Other/%%\\"" then '
             'say "* LIST () \\"/\\" \\"*\\"" then say "* LSUB () \\"/\\" Nowhere"')
    _, run = ends_with(case, 7, 'refused to open', src={'rules': rules})
    assert run.total['copied'] == 21 and len(run.of('fault')) == 2, run
    pair = Pair(case, dst={'rules': rules})
    pair.expect_exact(pair.copy())
    lost = 'on command EXAMINE 2 do reply "%T NO [NONEXISTENT] Gone in between"'
    _, run = ends_with(case, 7, 'Gone in between', options=ONE_LINK, src={'rules': lost})
    assert run.total['left'] == 5 and run.total['copied'] == 16, run
    fewer = f'on command LIST 1 do {_listed(("INBOX", "Work", "Work/Old", "Deleted"))}'
    pair = Pair(case, dst={'rules': fewer})
    run = pair.copy().expect(7)
    pair.expect_honest(run)
    assert run.total['copied'] == 13 and run.total['refused'] == 8, run


def test_d58_folders_that_fail_later(case: Case) -> None:
    """Opened for reading only; the end of the connection whenever it is opened."""
    _, run = ends_with(case, 2, 'for reading only', options=ONE_LINK, dst={
        'rules': 'on command SELECT 1 do reply "%T OK [READ-ONLY] done"'})
    assert run.total['refused'] == 13 and run.total['copied'] == 8, run
    _, run = ends_with(case, 4, 'ended the connection', options=ONE_LINK,
                       src={'rules': 'on command EXAMINE 2+ do drop'})
    assert run.total['left'] == 8 and run.total['copied'] == 13, run
    ends_with(case, 0, options=ONE_LINK, src={'rules': 'on command EXAMINE 2 do drop'})
    ends_with(case, 0, options=ONE_LINK, dst={'rules': 'on command SELECT 2 do drop'})


def test_d59_folders_that_are_not_made(case: Case) -> None:
    """OK and no folder; refusals of each kind; a folder that LIST does not show."""
    _, run = ends_with(case, 7, 'open this folder', options=ONE_LINK,
                       dst={'rules': 'on command CREATE 1 do reply "%T OK done"'})
    assert run.total['refused'] == 5 and run.total['copied'] == 16, run
    for code, status in (('NOPERM', 2), ('OVERQUOTA', 5), ('ALREADYEXISTS', 7)):
        _, run = ends_with(case, status, options=ONE_LINK, dst={
            'rules': f'on command CREATE do reply "%T NO [{code}] no such luck"'})
        assert run.total['refused'] == 8 and run.total['copied'] == 13, run
    pair = Pair(case, dst={
        'content': modelserver.content([Folder('INBOX'), Folder('Work')]),
        'rules': f'on command LIST 1 do {_listed(("INBOX",))}'})
    pair.expect_exact(pair.copy())
