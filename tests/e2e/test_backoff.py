# SPDX-License-Identifier: Apache-2.0
"""Servers that want to be left alone for a while: Godwit waits, and goes on."""

from __future__ import annotations

import signal
import time

import modelserver
from messages import Folder
from modelpair import Pair, small
from support import Case

ONE_LINK = ('--connections', '1')
EXCHANGE = ('on greeting do reply "* OK The Microsoft Exchange IMAP4 service is ready."')
BACKOFF = '%T NO Request is throttled. Suggested Backoff Time: {} milliseconds'
TOLD = 'Godwit waits when it is told to'


def _pair(case: Case, side: str, command: str, times: str, answer: str, **more: object) -> Pair:
    rules = f'{EXCHANGE}\non {command} {times} do reply "{answer}"'
    return Pair(case, **{side: {'rules': rules, **more}})


def test_a_stated_wait(case: Case) -> None:
    """As long as was said, then the same again: nothing is refused, nothing is there twice."""
    some = modelserver.content([Folder('INBOX', small(0, 6))])
    for side, command, times in (
            ('dst', 'append-complete', '1'), ('dst', 'append-complete', '2-3'),
            ('dst', 'command CREATE', '1'), ('dst', 'command SELECT', '2'),
            ('src', 'command EXAMINE', '1-2'), ('src', 'command UID-FETCH', '2'),
            ('src', 'command UID-FETCH', '1'), ('dst', 'command UID-FETCH', '1')):
        filled = {'content': some} if command == 'command UID-FETCH' and side == 'dst' else {}
        pair = _pair(case, side, command, times, BACKOFF.format(700), **filled)
        started = time.monotonic()
        run = pair.copy(*ONE_LINK)
        pair.expect_exact(run)
        assert time.monotonic() - started >= 0.7, f'{side} {command}: it did not wait.\n{run}'
        told = [each['text'] for each in run.of('notice') if TOLD in each['text']]
        assert len(told) == 1 and '700 milliseconds' in told[0], f'{side} {command}\n{run}'


def test_a_wait_that_is_not_stated(case: Case) -> None:
    """[UNAVAILABLE] and [LIMIT]: a second, then two, and so on."""
    for side, command, answer in (('dst', 'append-complete', '%T NO [UNAVAILABLE] Busy'),
                                  ('src', 'command EXAMINE', '%T NO [LIMIT] Slow down'),
                                  ('src', 'command UID-FETCH', '%T NO [INUSE] Later')):
        pair = _pair(case, side, command, '1-2', answer)
        started = time.monotonic()
        run = pair.copy(*ONE_LINK)
        pair.expect_exact(run)
        assert time.monotonic() - started >= 1, f'{side} {command}: it did not wait.\n{run}'


def test_a_wait_that_is_too_long(case: Case) -> None:
    """More than five minutes: it is told, with what to do, and nothing is waited for."""
    pair = _pair(case, 'dst', 'append-complete', '', BACKOFF.format(301_000))
    run = pair.copy(*ONE_LINK, timeout=20)
    assert run.status == 4, run
    pair.expect_honest(run)
    assert run.total['refused'] == 0 and 'slows us down' in str(run.of('fault')), run


def test_an_interrupted_wait(case: Case) -> None:
    """The first Ctrl-C ends it."""
    for side, command in (('dst', 'append-complete'), ('src', 'command EXAMINE'),
                          ('dst', 'command CREATE'), ('src', 'command UID-FETCH')):
        pair = _pair(case, side, command, '', BACKOFF.format(200_000))
        started = pair.launch(*ONE_LINK)
        time.sleep(2)
        assert started.process.poll() is None, f'{side} {command}: it did not wait.'
        started.process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        run = pair.expect_clean(started.finish(30))
        assert time.monotonic() - begun < 15, f'{side} {command}: it waited on.\n{run}'
        assert run.status == 130, run
        pair.expect_honest(run)
