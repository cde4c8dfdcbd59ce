# SPDX-License-Identifier: Apache-2.0
"""Hostile servers of which more is wanted than Godwit does today.

These are no tests of `make check`: their names are not found there.  Each becomes one, by its
name and its place beside the others of its number, with the change that makes it pass.
"""

from __future__ import annotations

import modelserver
from messages import Folder, Message
from modelpair import Pair, ends_with, small
from support import Case

ONE_LINK = ('--connections', '1')
SIDES = ('src', 'dst')
INBOX = modelserver.content([Folder('INBOX', small(0, 13))])


def wanted_d64_poison_message(case: Case) -> None:
    """Fetching UID 5 ends each connection: it is found, tried three times, and listed."""
    for rules in ('on fetch-body 5 do drop', 'on fetch-body 5 do rst'):
        for options in ((), ONE_LINK, ('--without', 'MULTIAPPEND')):
            pair = Pair(case, {'content': INBOX, 'rules': rules})
            run = pair.copy(*options).expect(2)
            pair.expect_honest(run)
            assert run.total['copied'] == 12 and run.total['refused'] == 1, run
            assert run.of('refused')[0]['uid'] == 5, run
            tries = [note for note in pair.src.notes('UID-FETCH')
                     if note['text'].startswith('5 ') and 'BODY' in note['text']]
            assert 1 <= len(tries) <= 3, f'{tries}\n{run}'
    two = 'on fetch-body 5 do drop\non fetch-body 9 do drop'
    pair = Pair(case, {'content': INBOX, 'rules': two})
    run = pair.copy(*ONE_LINK).expect(2)
    pair.expect_honest(run)
    assert {each['uid'] for each in run.of('refused')} == {5, 9}, run


def wanted_d18_password_in_the_next_greeting(case: Case) -> None:
    """A server that greets the next connection with the password: shown and traced nowhere."""
    for side in SIDES:
        for rule in ('on greeting 2+ do reply "* OK correct-horse is back"',
                     'on greeting 2+ do reply "* BYE correct-horse, go away" then drop'):
            pair = Pair(case, **{side: {'rules': rule}})
            run = pair.copy()
            assert run.status in (0, 4), run
            pair.expect_honest(run)


def wanted_append_limit(case: Case) -> None:
    """Known before: what is over APPENDLIMIT is refused without being asked for."""
    mails = [*small(0, 3), Message(b'Subject: large\r\n\r\n' + b'x' * 9_000), *small(3, 3)]
    content = modelserver.content([Folder('INBOX', mails)])
    rules = ('set login-tells-in-ok off\non done AUTHENTICATE do swap-capabilities "IMAP4rev1 '
             'LITERAL+ MULTIAPPEND UIDPLUS UNSELECT NAMESPACE APPENDLIMIT=2000"')
    pair = Pair(case, {'content': content}, {'rules': rules})
    run = pair.copy().expect(2, 'refused')
    pair.expect_honest(run)
    assert run.of('refused')[0]['uid'] == 4 and '2000' in run.of('refused')[0]['reason'], run
    bodies = [note['text'] for note in pair.src.notes('UID-FETCH') if 'BODY' in note['text']]
    assert not any(text.startswith('1:') for text in bodies), bodies
