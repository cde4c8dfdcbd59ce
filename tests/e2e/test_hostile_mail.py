# SPDX-License-Identifier: Apache-2.0
"""Servers that are difficult with folders and with mail: names, poison, lost and odd commits."""

from __future__ import annotations

import time

import modelserver
from modelpair import Pair, small
from messages import Folder
from modelserver import SCRIPTS
from support import Case, Run

ONE_LINK = ('--connections', '1')
SINGLY = ('--without', 'MULTIAPPEND')
INBOX = modelserver.content([Folder('INBOX', small(0, 13))])


def _again(pair: Pair, first: Run, *options: str) -> Run:
    """A second copy brings the rest and finds the first one's work; nothing twice."""
    run = pair.copy(*options)
    pair.expect_exact(run)
    low = first.total['copied'] + first.total['adopted']
    high = low + first.total['in_doubt']
    assert low <= run.total['adopted'] <= high, f'{first}\n\n{run}'
    return run


def test_d51_names_that_are_paths(case: Case) -> None:
    """No file by such a name; what cannot be held is reported."""
    content = (SCRIPTS / 'd51.content').read_bytes()
    for profile in ('dovecot', 'courier'):
        pair = Pair(case, {'scripts': ('d51',), 'content': content}, {'profile': profile},
                    compares='digests')
        keep = case.folder / f'keep-{profile}'
        before = {path for path in case.folder.rglob('*') if path.is_file()}
        run = pair.copy('--refused', str(keep))
        assert run.status in (0, 2), run
        made = {path for path in case.folder.rglob('*') if path.is_file()} - before
        strange = [path for path in made if path.parent != keep
                   and path.name not in ('password', f'report-{case.runs}')]
        assert not strange, strange
        pair.expect_honest(run)


def test_d64_poison_message(case: Case) -> None:
    """The message that ends every connection is listed, the others are copied."""
    for options in ((), SINGLY):
        pair = Pair(case, {'scripts': ('d64',), 'content': INBOX})
        run = pair.copy(*options).expect(2)
        pair.expect_honest(run)
        assert run.refused == [('INBOX', 5)], run
        assert run.total['copied'] == 12, run


def test_d71_commit_at_the_last_octet(case: Case) -> None:
    """Killed before and behind the commit: the next copy finds what is there."""
    stops = ('on literal-octet 60 5 do half-open', 'on literal-end 5 do half-open',
             'on append-complete 5 do commit then half-open')
    pairs = []
    for profile in ('dovecot', 'courier'):
        pair = Pair(case, dst={'profile': profile, 'scripts': ('d71',)})
        pair.expect_exact(pair.copy(*SINGLY))
        pairs += [Pair(case, dst={'profile': profile, 'scripts': ('d71',), 'rules': rule})
                  for rule in stops]
    started = [pair.launch(*ONE_LINK, *SINGLY) for pair in pairs]
    time.sleep(1.5)
    for each in started:
        assert each.process.poll() is None, 'The rule did not hold it up.'
        each.process.kill()
        each.process.communicate()
    for pair in pairs:
        run = pair.copy(*ONE_LINK, *SINGLY)
        pair.expect_exact(run)
        assert 4 <= run.total['adopted'] <= 5, run


def test_d72_commit_without_an_answer(case: Case) -> None:
    """Committed, and the connection dropped: once there, once counted."""
    for options in (ONE_LINK, (*ONE_LINK, *SINGLY), ()):
        pair = Pair(case, dst={'scripts': ('d72',)})
        first = pair.copy(*options)
        assert first.status in (0, 4, 7), first
        _again(pair, first, *options)
        pair = Pair(case, dst={'scripts': ('d72',)})
        pair.expect_honest(pair.copy(*options))


def test_d72_reset_again_and_again(case: Case) -> None:
    """Each third commit ends in a reset: run by run the rest comes, nothing twice."""
    pair = Pair(case, dst={'scripts': ('d72-rst',)})
    copied = 0
    for _ in range(12):
        run = pair.copy(*ONE_LINK, *SINGLY)
        assert run.status in (0, 4, 7), run
        copied += run.total['copied']
        if run.status == 0:
            break
    pair.expect_exact(run)
    assert copied <= 21, f'{copied} were copied.\n{run}'


def test_d72_silence_and_two_interrupts(case: Case) -> None:
    """Committed and never answered: Ctrl-C twice ends it, in doubt and not twice."""
    pair = Pair(case, dst={'scripts': ('d72-silence',)})
    started = pair.launch(*ONE_LINK)
    time.sleep(1)
    started.interrupt()
    time.sleep(0.2)
    started.interrupt()
    first = started.finish(10).expect(130)
    assert first.total['in_doubt'] > 0, first
    _again(pair, first)


def test_d74_lost_write(case: Case) -> None:
    """OK for what was not stored: verification says so, and the next copy brings it."""
    for options in (ONE_LINK, (*ONE_LINK, *SINGLY)):
        pair = Pair(case, dst={'scripts': ('d74',)})
        run = pair.copy(*options).expect(6)
        pair.expect_honest(run, loses=True)
        pair = Pair(case, dst={'scripts': ('d74',)})
        first = pair.copy(*options).expect(6)
        run = pair.copy(*options)
        pair.expect_exact(run)
        assert run.total['adopted'] < first.total['copied'], run


def test_d75_no_appenduid(case: Case) -> None:
    """It is all the same without UIDPLUS."""
    for options in ((), SINGLY):
        pair = Pair(case, dst={'scripts': ('d75',)})
        pair.expect_exact(pair.copy(*options))


def test_d76_half_a_group(case: Case) -> None:
    """NO, and two of the group are there: nothing may be there twice."""
    acme = ('on greeting do reply "* OK [CAPABILITY IMAP4rev1 LITERAL+ AUTH=PLAIN] Acme mail '
            'server ready"')
    for rules in ('', acme):
        pair = Pair(case, {'content': INBOX}, {'scripts': ('d76',), 'rules': rules})
        run = pair.copy()
        assert run.status in (0, 4, 7), run
        pair.expect_honest(run)


def test_d77_refusals(case: Case) -> None:
    """Each is listed with the server's words; the others are copied."""
    pair = Pair(case, {'content': INBOX}, {'scripts': ('d77',)})
    run = pair.copy(*ONE_LINK, *SINGLY).expect(2)
    pair.expect_honest(run)
    said = {event['uid']: event['reason'] for event in run.of('refused')}
    assert 'Maximum size' in said.get(1, '') and 'Too much' in said.get(3, ''), run
    assert 'No such folder' in said.get(5, '') and run.total['copied'] == 10, run
    pair = Pair(case, {'content': INBOX}, {'scripts': ('d77',)})
    run = pair.copy()
    assert run.status in (0, 2), run
    pair.expect_honest(run)
