# SPDX-License-Identifier: Apache-2.0
"""Connections that break outside the reading of texts: each is opened again.

What was asked is asked once more; what was sent to be stored is not.
"""

from __future__ import annotations

import modelserver
from messages import Folder
from modelpair import Pair, ends_with, small
from support import Case

ONE_LINK = ('--connections', '1')
# What is at the destination before: a part of INBOX, and a folder with nothing in common.
SOME = modelserver.content([Folder('INBOX', small(0, 6)), Folder('Work', small(50, 2))])


def test_a_destination_that_breaks_off_once(case: Case) -> None:
    """While folders are listed, made, subscribed, opened, compared and looked at at the end."""
    for command, times in (('LIST', (1, 2)), ('CREATE', (1, 2)), ('SUBSCRIBE', (1,)),
                           ('SELECT', (1, 2, 3)), ('STORE', (1,)), ('UID-STORE', (1,)),
                           ('UID-FETCH', (1, 2, 3))):
        for number in times:
            for content in (b'', SOME):
                pair = Pair(case, dst={'content': content,
                                       'rules': f'on command {command} {number} do drop'})
                run = pair.copy(*ONE_LINK)
                run.expect(0)
                pair.stop()
                assert run.total['left'] == run.total['in_doubt'] == 0, run
                missing = pair.src.by_uid().keys() - pair.dst.by_uid().keys()
                assert content or not missing, f'{command} {number}: {missing}\n{run}'
                assert run.total['copied'] + run.total['adopted'] == 21, run
                there = len(pair.dst.by_uid())
                assert there == run.total['copied'] + (8 if content else 0), f'{there}\n{run}'


def test_a_source_that_breaks_off_once(case: Case) -> None:
    """While folders are listed, opened, compared, and looked at at the end."""
    for command, times in (('LIST', (1, 2)), ('EXAMINE', (1, 2, 3)),
                           ('UID-FETCH', (1, 2, 3, 4, 5, 6))):
        for number in times:
            for content in (b'', SOME):
                pair = Pair(case, src={'rules': f'on command {command} {number} do drop'},
                            dst={'content': content})
                run = pair.copy(*ONE_LINK)
                run.expect(0)
                pair.stop()
                assert run.total['left'] == run.total['in_doubt'] == 0, run
                assert run.total['copied'] + run.total['adopted'] == 21, run
                there = len(pair.dst.by_uid())
                assert there == run.total['copied'] + (8 if content else 0), f'{there}\n{run}'


def test_a_destination_that_breaks_off_at_one_folder(case: Case) -> None:
    """Opened alone three times, it is told of; the other folders are copied."""
    content = modelserver.content([Folder('INBOX', small(0, 3)), Folder('Bad', small(3, 2)),
                                   Folder('Good', small(5, 4))])
    pair = Pair(case, {'content': content},
                {'content': modelserver.content([Folder('INBOX'), Folder('Good')]),
                 'rules': 'on command CREATE do drop'})
    run = pair.copy(*ONE_LINK).expect(4)
    pair.expect_honest(run)
    assert run.total['copied'] == 7 and run.total['refused'] == 2, run
    told = run.of('fault')
    assert len(told) == 1 and 'broke 3 times at the same place' in told[0]['text'], run
    assert len(pair.dst.notes('CREATE')) == 3, run


def test_a_source_that_breaks_off_at_one_folder(case: Case) -> None:
    """Compared three times in vain, it is told of; the next ones are copied."""
    content = modelserver.content([Folder('INBOX', small(0, 3)), Folder('Zoo', small(5, 4))])
    pair = Pair(case, {'content': content, 'rules': 'on command UID-FETCH 1-3 do drop'},
                {'content': modelserver.content([Folder('INBOX', small(50, 1))])})
    run = pair.copy(*ONE_LINK).expect(4)
    assert run.total['copied'] == 4 and run.total['left'] == 3, run
    assert 'broke 3 times at the same place' in str(run.of('fault')), run


def test_an_end_that_breaks_off_for_ever(case: Case) -> None:
    """It is given up after a few times, in one sentence."""
    for side, rules in (('src', 'on command EXAMINE do drop'),
                        ('src', 'on command LIST do drop'),
                        ('dst', 'on command LIST do drop'),
                        ('dst', 'on command CREATE do drop\non command SELECT do drop')):
        pair, run = ends_with(case, 4, 'ended the connection', options=ONE_LINK,
                              **{side: {'rules': rules}})
        log_ins = (pair.src if side == 'src' else pair.dst).log_ins()
        assert 3 <= log_ins <= 10, f'{side} {rules}: {log_ins} log-ins\n{run}'


def test_a_destination_that_is_started_anew(case: Case) -> None:
    """A refused connection or two are not the end; a log-in that is refused then is."""
    twice = ('on command CREATE 1 do drop\non greeting 2-3 do drop')
    pair = Pair(case, dst={'rules': twice})
    pair.expect_exact(pair.copy(*ONE_LINK))
    shut = 'on command CREATE 1 do drop\non command AUTHENTICATE 2+ do reply "%T NO go away"'
    _, run = ends_with(case, 3, 'go away', options=ONE_LINK, dst={'rules': shut})
    assert run.total['copied'] == 0, run


def test_a_destination_that_breaks_off_while_it_stores(case: Case) -> None:
    """What it was given is in doubt and not sent again; the rest is copied all the same."""
    for rules in ('on append-complete 1 do commit-then-close', 'on literal-end 2 do drop',
                  'on literal-octet 20 2 do drop', 'on done APPEND 2 do drop'):
        pair = Pair(case, dst={'rules': rules})
        run = pair.copy(*ONE_LINK, '--without', 'MULTIAPPEND')
        assert run.status in (0, 7), run
        pair.expect_honest(run)
        total = run.total
        assert total['left'] == 0 and total['copied'] + total['in_doubt'] == 21, run
        assert (total['in_doubt'] > 0) == (run.status == 7), run
        assert total['copied'] > 0, run
