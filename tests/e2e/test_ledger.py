# SPDX-License-Identifier: Apache-2.0
"""What a run knows of the runs before it: the ledger."""

from __future__ import annotations

import imaplib
import os
import time

import dovecot
import fill
import messages
from corpus import Folder, Message
from dovecot import Dovecot
from support import USER, Case, Run, limit

FOLDERS = [Folder('INBOX', [Message(messages.simple(n)) for n in range(30)]),
           Folder('Work', [Message(messages.simple(100 + n)) for n in range(12)]),
           Folder('Twins', [Message(messages.simple(200)) for _ in range(6)]),
           Folder('Empty', [])]
COUNT = 48


def _pair(case: Case) -> tuple[Dovecot, Dovecot, list[str]]:
    src, dst = case.server('src'), case.server('dst', 'mdbox')
    case.start(src, dst)
    fill.fill(src, USER, FOLDERS)
    return src, dst, ['--state', str(case.folder / 'ledger'), *case.words(src, dst)]


def _remove(server: Dovecot, folder: str, uids: str) -> None:
    """The owner deletes mail at the destination."""
    imap = imaplib.IMAP4('127.0.0.1', server.port)
    imap.login(USER, dovecot.PASSWORD)
    imap.select(folder)
    imap.uid('STORE', uids, '+FLAGS', r'(\Deleted)')
    imap.expunge()
    imap.logout()


def _holds(server: Dovecot, folder: str) -> int:
    imap = imaplib.IMAP4('127.0.0.1', server.port)
    imap.login(USER, dovecot.PASSWORD)
    count = int(imap.select(folder, readonly=True)[1][0])
    imap.logout()
    return count


def _copy(case: Case, words: list[str], *options: str) -> Run:
    return case.godwit('--quiet', *options, *words)


def test_second_run_knows(case: Case) -> None:
    """Nothing is adopted, no header and no text is read, and the totals add up."""
    src, dst, words = _pair(case)
    first = _copy(case, words).expect(0).expect_sum()
    assert first.total['copied'] == COUNT, first
    trace = case.folder / 'trace'
    again = _copy(case, words, '--trace', str(trace)).expect(0).expect_sum()
    assert again.total['already_there'] == COUNT, again
    assert again.total['adopted'] == again.total['copied'] == 0, again
    told = trace.read_text()
    assert 'HEADER.FIELDS' not in told and 'BODY.PEEK' not in told, told[-4000:]
    case.expect_equal(src, dst, again)


def test_only_what_is_new_comes(case: Case) -> None:
    """Mail that came since is brought; what the owner deleted at the destination is not."""
    src, dst, words = _pair(case)
    _copy(case, words).expect(0)
    _remove(dst, 'INBOX', '1:3')
    place = fill.maildir(src, USER, 'INBOX')
    for n in range(2):
        fill.deliver(place, Message(messages.simple(900 + n)), n)
    again = _copy(case, words).expect(0).expect_sum()
    assert again.total['copied'] == 2 and again.total['already_there'] == COUNT, again
    assert _holds(dst, 'INBOX') == 29


def test_a_folder_emptied_by_its_owner_stays_empty(case: Case) -> None:
    """Also when all of it is gone: it is known that it was there."""
    _, dst, words = _pair(case)
    _copy(case, words).expect(0)
    _remove(dst, 'Work', '1:*')
    again = _copy(case, words).expect(0).expect_sum()
    assert again.total['copied'] == 0 and again.total['already_there'] == COUNT, again
    assert _holds(dst, 'Work') == 0


@limit(120)
def test_killed_again_and_again(case: Case) -> None:
    """SIGKILL and an immediate restart: what was on its way is found, and comes once.

    The messages are identical and without a Message-ID in part: no comparing could tell how
    many of them have arrived.
    """
    src, dst = case.server('src'), case.server('dst')
    case.start(src, dst)
    fill.fill(src, USER, [
        Folder('INBOX', [Message(messages.simple(n)) for n in range(150)]),
        Folder('Twins', [Message(messages.simple(500)) for _ in range(60)]),
        Folder('Bare', [Message(b'\r\nno header %d\r\n' % (n % 7)) for n in range(60)])])
    words = ['--state', str(case.folder / 'ledger'), *case.words(src, dst)]
    for tenths in (3, 5, 4, 7, 5, 6):
        going = case.launch('--quiet', '--rate', '150msg/s', *words)
        time.sleep(tenths / 10)
        going.process.kill()
        going.process.communicate()
    again = _copy(case, words, '--settle-after', '3').expect(0).expect_sum()
    case.expect_equal(src, dst, again)


def test_one_run_at_a_time(case: Case) -> None:
    """The second says so, with status 8, and touches nothing."""
    _, _, words = _pair(case)
    going = case.launch('--quiet', '--rate', '10msg/s', *words)
    time.sleep(1)
    _copy(case, words).expect_sentence(8, 'Another run is bringing mail')
    going.finish().expect(0)


def test_a_folder_for_the_ledger_that_cannot_be_written(case: Case) -> None:
    """A file where the folder should be: one sentence, and nothing is copied."""
    _, _, words = _pair(case)
    place = case.folder / 'ledger'
    place.write_text('mine')
    run = _copy(case, words)
    run.expect_sentence(7, os.path.basename(place))
    assert place.read_text() == 'mine'


def test_a_ledger_that_is_none(case: Case) -> None:
    """Another program's file is refused and left as it is."""
    _, _, words = _pair(case)
    place = case.folder / 'ledger'
    place.mkdir()
    (place / 'ledger.db').write_bytes(b'not a database' * 1000)
    _copy(case, words).expect_sentence(7, 'ledger.db')
    assert (place / 'ledger.db').read_bytes() == b'not a database' * 1000
