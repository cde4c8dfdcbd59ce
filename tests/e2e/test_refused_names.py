# SPDX-License-Identifier: Apache-2.0
"""Folders that are not created for their names: asked for once more, under safer ones."""

from __future__ import annotations

import modelserver
from messages import Folder
from modelpair import Pair, small
from support import Case, Run

ONE_LINK = ('--connections', '1')
BAD = '%T NO Invalid mailbox name'


def _names(run: Run) -> dict[str, str]:
    return {each['source']: each['destination'] for each in run.of('folder')}


def _content(*names: str) -> bytes:
    return modelserver.content([Folder(name, small(5 * at, 2))
                                for at, name in enumerate(('INBOX', *names))])


def _pair(case: Case, rules: str, *names: str, there: tuple[str, ...] = ()) -> Pair:
    content = modelserver.content([Folder(name) for name in ('INBOX', *there)])
    return Pair(case, {'content': _content(*names)}, {'content': content, 'rules': rules},
                compares='digests')


def test_a_name_that_is_refused(case: Case) -> None:
    """The folder is made under a safer name, which the report tells with its reason."""
    for refusal in (BAD, '%T BAD Invalid mailbox name', '%T NO [CANNOT] not this one'):
        pair = _pair(case, f'on command CREATE 1 do reply "{refusal}"', 'Plan: 50*')
        run = pair.copy(*ONE_LINK)
        pair.expect_exact(run)
        assert _names(run)['Plan: 50*'] == 'Plan_ 50_', run
        assert 'refused the name' in str(run.of('folder')), run
        assert any('is called Plan_ 50_ at the destination' in each['text']
                   for each in run.of('notice')), run
        assert pair.dst.folders() == {'INBOX', 'Plan_ 50_'}, run
        assert len(pair.dst.notes('CREATE')) == 2, run


def test_twins_stay_two(case: Case) -> None:
    """The safer name is that of another folder of the source: it gets a number."""
    pair = _pair(case, f'on command CREATE 1 do reply "{BAD}"', 'a_b', 'a*b')
    run = pair.copy(*ONE_LINK)
    pair.expect_exact(run)
    assert _names(run) == {'INBOX': 'INBOX', 'a_b': 'a_b', 'a*b': 'a_b (2)'}, run
    assert len(pair.dst.by_uid()) == 6, run


def test_children_follow(case: Case) -> None:
    """A parent and its child are both refused: the child goes below the parent's new name."""
    pair = _pair(case, f'on command CREATE 1-2 do reply "{BAD}"', 'a_b', 'a*b', 'a*b/c')
    run = pair.copy(*ONE_LINK)
    pair.expect_exact(run)
    assert _names(run)['a*b/c'] == 'a_b (2)/c', run
    assert pair.dst.folders() == {'INBOX', 'a_b', 'a_b (2)', 'a_b (2)/c'}, run


def test_a_second_run_finds_it(case: Case) -> None:
    """It is refused again, and what the first run made is found by its safer name."""
    pair = _pair(case, 'on command CREATE %1 do reply "%T NO Invalid mailbox name"', 'a*b',
                 there=('a_b',))
    for copied in (4, 0):
        run = pair.copy(*ONE_LINK)
        run.expect(0)
        assert run.total['copied'] == copied and _names(run)['a*b'] == 'a_b', run
    pair.stop()
    assert len(pair.dst.by_uid()) == 4


def test_refused_again(case: Case) -> None:
    """Once more and no further: it is told under its first name, and the rest is copied."""
    pair = _pair(case, f'on command CREATE do reply "{BAD}"', 'a*b')
    run = pair.copy(*ONE_LINK).expect(7)
    pair.expect_honest(run)
    assert run.total['copied'] == 2 and run.total['refused'] == 2, run
    assert len(pair.dst.notes('CREATE')) == 2 and 'Invalid mailbox name' in str(run.of('fault'))


def test_not_for_other_reasons(case: Case) -> None:
    """Rights, quota, an order and a name with nothing in it: nothing is asked twice."""
    for name, reply, options in (('a*b', '%T NO [NOPERM] not you', ()),
                                 ('a*b', '%T NO [OVERQUOTA] full', ()),
                                 ('plain', BAD, ()),
                                 ('a*b', BAD, ('--map', 'a*b=x*y'))):
        pair = _pair(case, f'on command CREATE do reply "{reply}"', name)
        run = pair.copy(*ONE_LINK, *options)
        assert run.status in (2, 5, 7), run
        pair.stop()
        assert len(pair.dst.notes('CREATE')) == 1, f'{name} {reply}\n{run}'
