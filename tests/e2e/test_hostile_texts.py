# SPDX-License-Identifier: Apache-2.0
"""What a source says of its messages and gives: NIL, nothing, other sizes, other texts."""

from __future__ import annotations

import messages
import modelserver
from messages import Folder, Message
from modelpair import Pair, ends_with, small
from support import Case

ONE_LINK = ('--connections', '1')
SINGLY = ('--without', 'MULTIAPPEND')
INBOX = modelserver.content([Folder('INBOX', small(0, 8))])


def test_body_nil(case: Case) -> None:
    """Listed, and without a text each time it is asked for: told as refused, the rest comes."""
    for words in ('BODY[] NIL', 'FLAGS () BODY[] NIL', 'RFC822.SIZE 0 FLAGS () BODY[] NIL'):
        _, run = ends_with(case, 2, 'does not give its text', options=ONE_LINK, src={
            'content': INBOX, 'rules': f'on fetch-body 3 do reply "{words})"'})
        assert run.total['copied'] == 7 and run.of('refused')[0]['uid'] == 3, run


def test_body_empty(case: Case) -> None:
    """Size 0 is a message where the destination takes it, else it is listed."""
    empty = Message(b'')
    content = modelserver.content([Folder('INBOX', [*small(0, 3), empty, *small(3, 3)])])
    for profile, status in (('dovecot', 2), ('cyrus', 2), ('minimal', 0)):
        _, run = ends_with(case, status, src={'content': content}, dst={'profile': profile})
        assert run.total['refused'] == (status == 2), run
        assert run.total['copied'] == 7 - (status == 2), run


def test_text_that_changes(case: Case) -> None:
    """Cut at the first look, whole at the second: what broke off has left no part."""
    rules = ('on fetch-body 3 1 do literal-add 50\non body-sent 3 1 do drop')
    for options in (ONE_LINK, (*ONE_LINK, *SINGLY)):
        pair = Pair(case, {'content': INBOX, 'rules': rules})
        run = pair.copy(*options)
        pair.expect_exact(run)
        assert run.total['copied'] == 8 and pair.src.log_ins() == 2, run


def test_8bit_headers(case: Case) -> None:
    """Octets above 127 in a header go as they are."""
    mails = [Message(b'Subject: \xc3\xa4\xff %d\r\nFrom: J\xf6rg <a@b>\r\n\r\nbody\r\n' % n)
             for n in range(3)]
    content = modelserver.content([Folder('INBOX', mails)])
    for profile in ('dovecot', 'courier', 'minimal'):
        pair = Pair(case, {'content': content}, {'profile': profile})
        pair.expect_exact(pair.copy())


def test_sizes_that_lie(case: Case) -> None:
    """RFC822.SIZE says 0, too little, too much, nonsense: the octets that come are counted."""
    for said in ('0', '1', '99999', '4294967296', '18446744073709551616', '-1', 'NIL', '"7"'):
        rules = (f'on command UID-FETCH 1 do say "* 2 FETCH (UID 2 RFC822.SIZE {said})" then '
                 f'say "* 3 FETCH (RFC822.SIZE {said})"')
        pair = Pair(case, {'content': INBOX, 'rules': rules})
        run = pair.copy(*SINGLY)
        pair.expect_exact(run)
        assert run.total['bytes'] == sum(len(mail.octets) for mail in small(0, 8)), run


def test_too_large_for_the_destination(case: Case) -> None:
    """Refused by size: listed with the server's words, the others are there."""
    mails = [*small(0, 3), Message(messages.simple(9) + b'x' * 5_000 + b'\r\n'), *small(3, 3)]
    content = modelserver.content([Folder('INBOX', mails)])
    rules = 'set refuse size "[TOOBIG] Message exceeds the limit" 2000'
    for options in ((), SINGLY, ('--without', 'LITERAL+')):
        _, run = ends_with(case, 2, 'exceeds the limit', options=options,
                           src={'content': content}, dst={'rules': rules})
        assert run.total['refused'] == 1 and run.total['copied'] == 6, run
        assert run.of('refused')[0]['uid'] == 4, run


def test_8bit_headers_that_are_changed(case: Case) -> None:
    """Cyrus writes X over 8-bit octets of a header: each such message is told as changed."""
    mails = [Message(b'Subject: \xc3\xa4 %d\r\n\r\nbody\r\n' % n) for n in range(3)]
    pair = Pair(case, {'content': modelserver.content([Folder('INBOX', mails)])},
                {'profile': 'cyrus'})
    run = pair.copy().expect(0)
    assert run.total['changed'] == 3, run


def test_text_that_differs_at_the_second_look(case: Case) -> None:
    """A message that is read again, because its group was refused for another one, comes with
    another text: what is stored is one of the two, whole, and its size is counted."""
    large = Message(messages.simple(9) + b'x' * 5_000 + b'\r\n')
    content = modelserver.content([Folder('INBOX', [*small(0, 3), large, *small(3, 3)])])
    refuses = 'set refuse size "[TOOBIG] Message exceeds the limit" 2000'
    for other in (b'Subject: short\r\n\r\n.\r\n',
                  b'Subject: long\r\n\r\n' + b'a longer text than before.\r\n' * 20):
        text = other.decode().replace('\r', '\\r').replace('\n', '\\n')
        pair = Pair(case, {'content': content, 'rules': (
            f'on fetch-body 2 1 do reply "BODY[] {{{len(other)}}}\\r\\n{text})"')},
            {'rules': refuses})
        run = pair.copy(*ONE_LINK).expect(2)
        pair.expect_honest(run)
        read = [note['text'] for note in pair.src.notes('UID-FETCH')
                if 'BODY.PEEK[]' in note['text']]
        assert len(read) > 1, f'It was read once: {read}'
        assert run.total['copied'] == 6 and run.of('refused')[0]['uid'] == 4, run
        there = sum(len(mail.octets) for mail in small(0, 6))
        assert run.total['bytes'] == there, run
