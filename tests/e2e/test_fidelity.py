# SPDX-License-Identifier: Apache-2.0
"""What a destination changes or refuses stands in the report; nothing changes in silence."""

from __future__ import annotations

import re

import corpus
import fill
import messages
from dovecot import Dovecot
from messages import Folder, Message
from support import USER, Case, Run

# What a Maildir may hold, as its files hold it, and Dovecot stores otherwise by APPEND.
CHANGED = (
    (b'Subject: two CR\n\na\r\r\nb\n', '01-Mar-2021 09:00:00 +0000'),
    (b'Subject: CR at the end\n\na\nb\r', '01-Mar-2021 09:00:01 +0000'),
    (b'Subject: far ahead\n\ntext\n', '01-Jan-2037 00:00:00 +0000'))
KEPT = (b'Subject: NUL, which the source itself shows as 0x80\n\na\0b\n',
        b'Subject: LF, which the source shows as CRLF\n\ntext\n')


def _expect_changes_reported(case: Case, src: Dovecot, dst: Dovecot, run: Run) -> list[str]:
    """Each difference must be one that the report tells of, by folder and UID."""
    told = {(event['folder'], event['uid'])
            for event in [*run.of('changed'), *run.of('keyword')]}
    found = case.differences(src, dst, run)
    for sentence in found:
        match = re.match(r'"(.*)", source UID (\d+)', sentence)
        assert match and (match[1], int(match[2])) in told, (
            f'Not in the report: {sentence}\n{run}')
    return found


def test_what_dovecot_changes_is_reported(case: Case) -> None:
    """Line ends and dates that no APPEND keeps."""
    src, dst = case.server('src'), case.server('dst', 'mdbox')
    case.start(src, dst)
    fill.fill(src, USER, [Folder('INBOX', [Message(messages.simple(1))])])
    place = fill.maildir(src, USER, 'INBOX')
    for number, (octets, date) in enumerate(CHANGED):
        fill.deliver(place, Message(octets, (), date), number)
    for number, octets in enumerate(KEPT, len(CHANGED)):
        fill.deliver(place, Message(octets), number)
    run = case.copy(src, dst).expect(0).expect_sum()
    found = _expect_changes_reported(case, src, dst, run)
    assert len(found) == len(CHANGED), f'Dovecot changes other things than was known: {found}'
    again = case.copy(src, dst).expect_sum()
    assert again.total['copied'] == 0, f'A changed message is copied again.\n{again}'


def test_keywords_that_are_refused_are_reported(case: Case) -> None:
    """A destination whose keywords are shorter: the message comes, its keyword is reported."""
    src, dst = case.server('src'), case.server('dst', extra='mail_max_keyword_length = 20')
    case.start(src, dst)
    fill.fill(src, USER, [Folder('INBOX', [
        Message(messages.simple(1), ('\\Seen', 'K' * 20)),
        Message(messages.simple(2), ('\\Seen', 'K' * 21, 'short')),
        Message(messages.simple(3), ('K' * 200,))])])
    run = case.copy(src, dst).expect_sum()
    assert run.total['copied'] == 3, run
    found = _expect_changes_reported(case, src, dst, run)
    assert len(found) == 2, found


def test_names_that_the_destination_cannot_hold(case: Case) -> None:
    """A name with the destination's separator in it: a notice tells the name that it got."""
    src = case.server('src', 'mdbox')
    dst = case.server('dst', separator='.', prefix='INBOX.')
    case.start(src, dst)
    fill.fill(src, USER, [Folder('INBOX'), Folder('v1.2', [Message(messages.simple(1))]),
                          Folder('v1/2', [Message(messages.simple(2))])])
    run = case.copy(src, dst).expect_sum()
    renamed = {event['source']: event['destination'] for event in run.of('folder')
               if event['source'] != event['destination']}
    _, there = case.read(src, dst)
    assert there.totals()[1] == 2, (there.folders.keys(), run)
    assert all(len(folder.messages) < 2 for folder in there.folders.values()), (
        f'Two folders became one: {there.folders.keys()}\n{run}')
    assert 'v1.2' in renamed or run.of('notice'), run


def test_order_of_arrival_is_kept(case: Case) -> None:
    """UIDs rise as they did at the source."""
    src, dst = case.server('src'), case.server('dst', 'mdbox')
    corpus.install_sample(src, USER)
    case.start(src, dst)
    case.copy(src, dst).expect(2)
    here, there = case.read(src, dst)
    for name, folder in here.folders.items():
        order = [m[1] for m in sorted(folder.messages)]
        kept = [m[1] for m in sorted(there.folders[name].messages)]
        order = [digest for digest in order if digest in set(kept)]
        assert order == kept, f'The order in "{name}" is another.'


def test_hundreds_of_folders(case: Case) -> None:
    """200 folders with five messages each."""
    src, dst = case.server('src'), case.server('dst', 'mdbox')
    corpus.plain(src, USER, 1_000, 3_000_000, 200)
    case.start(src, dst)
    run = case.copy(src, dst).expect(0).expect_sum()
    case.expect_equal(src, dst, run)


def test_empty_mailbox(case: Case) -> None:
    """Nothing there, nothing to do, no complaint."""
    src, dst = case.server('src'), case.server('dst')
    case.start(src, dst)
    run = case.copy(src, dst).expect(0).expect_sum()
    assert run.total['source'] == 0, run
    case.expect_equal(src, dst, run)
