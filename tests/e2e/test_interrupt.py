# SPDX-License-Identifier: Apache-2.0
"""Both Ctrl-C: the first ends orderly, the second at once; run again to go on."""

from __future__ import annotations

import time

import corpus
from dovecot import Dovecot
from support import USER, Case, Run

RATE = ('--rate', '60msg/s')


def _pair(case: Case) -> tuple[Dovecot, Dovecot]:
    src, dst = case.server('src'), case.server('dst', 'mdbox')
    corpus.install_sample(src, USER)
    case.start(src, dst)
    return src, dst


def _interrupted(case: Case, src: Dovecot, dst: Dovecot, times: int) -> tuple[Run, float]:
    """Starts a slow copy, interrupts it when mail has arrived; how long it took to end."""
    going = case.launch('--quiet', *RATE, *case.words(src, dst))
    time.sleep(2.5)
    assert going.process.poll() is None, going.finish()
    asked = time.monotonic()
    for _ in range(times):
        going.interrupt()
        time.sleep(0.1)
    run = going.finish()
    return run.expect(130), time.monotonic() - asked


def test_first_finishes_what_is_in_flight(case: Case) -> None:
    """Within 10 seconds, with totals, and all that was copied is counted."""
    src, dst = _pair(case)
    run, took = _interrupted(case, src, dst, 1)
    assert took < 10, f'It took {took:.1f} s to end.'
    there = case.expect_part(src, dst)
    assert 0 < there < 508, there
    assert run.total['copied'] == there and run.total['in_doubt'] == 0, f'{there} there\n{run}'
    assert run.total['status'] == 130, run
    again = case.copy(src, dst).expect(2).expect_sum()
    assert again.total['adopted'] == there, again
    case.expect_equal(src, dst, again)


def test_second_stops_at_once(case: Case) -> None:
    """Within a second; the next run finds what arrived, and nothing comes twice."""
    src, dst = _pair(case)
    _, took = _interrupted(case, src, dst, 2)
    assert took < 1.5, f'It took {took:.1f} s to end.'
    time.sleep(0.5)
    there = case.expect_part(src, dst)
    again = case.copy(src, dst).expect(2).expect_sum()
    assert again.total['adopted'] == there, again
    case.expect_equal(src, dst, again)


def test_killed_at_any_moment(case: Case) -> None:
    """SIGKILL, five times over: nothing lost, nothing doubled."""
    src, dst = _pair(case)
    for tenths in (3, 7, 11, 15, 19):
        going = case.launch('--quiet', '--rate', '150msg/s', *case.words(src, dst))
        time.sleep(tenths / 10)
        going.process.kill()
        going.process.communicate()
        time.sleep(1)  # what the server had already received is still being carried out
        case.expect_part(src, dst)
    again = case.copy(src, dst).expect(2).expect_sum()
    case.expect_equal(src, dst, again)
