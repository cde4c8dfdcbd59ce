# SPDX-License-Identifier: Apache-2.0
"""What happens at the source while it is being copied."""

from __future__ import annotations

import time

import corpus
import fill
import messages
from corpus import Message
from support import USER, Case, limit

MESSAGES, FOLDERS = 1_200, 12


@limit(120)
def test_two_copies_at_once_see_every_message(case: Case) -> None:
    """Two runs that open a mailbox for the first time, at once.

    Dovecot was seen to answer LIST with a STATUS of 0 messages for full folders, and EXAMINE
    with half of a folder, while another session was still finding what the Maildir holds.
    """
    src, dst = case.server('src'), case.server('dst')
    case.start(src, dst)
    for attempt in range(3):
        user = f'many{attempt}@old.example'
        corpus.plain(src, user, MESSAGES, 6_000_000, FOLDERS)
        words = [case.words(src, dst, 'imap', user) for _ in range(2)]
        for number, line in enumerate(words):
            line[-1] = dst.uri(f'new{attempt}.{number}', 'imap')
        going = [case.launch('--quiet', *line) for line in words]
        for run in [started.finish() for started in going]:
            run.expect(0).expect_sum()
            assert run.total['copied'] == MESSAGES, run


def test_mail_that_arrives_while_copying_is_brought(case: Case) -> None:
    """New mail in a folder that is done already, and in one that is being copied."""
    src, dst = case.server('src'), case.server('dst', 'mdbox')
    case.start(src, dst)
    fill.fill(src, USER, [corpus.Folder('INBOX', [
        Message(messages.simple(n)) for n in range(20)]), corpus.Folder('Later', [
            Message(messages.simple(100 + n)) for n in range(60)])])
    going = case.launch('--quiet', '--connections', '1', '--rate', '30msg/s',
                        *case.words(src, dst, 'imap'))
    time.sleep(1.5)
    place = fill.maildir(src, USER, 'INBOX')
    for n in range(3):
        fill.deliver(place, Message(messages.simple(900 + n)), n)
    run = going.finish().expect(0).expect_sum()
    assert run.total['copied'] == 83, run
    case.expect_equal(src, dst, run)
