# SPDX-License-Identifier: Apache-2.0
"""What people meet on bad days: each in one sentence that says what to do, with its status.

Beside these: an expired token is in test_login.py, a revoked consent in test_oauth.py, and what
servers say when they let nobody in, one by one, in test_login.py.
"""

from __future__ import annotations

import re

import modelserver
import test_login as of_log_in
import test_oauth as of_tokens
from messages import Folder
from modelpair import Pair, small
from support import Case, Run, limit

ONE_LINK = ('--connections', '1')
SIDES = ('src', 'dst')
NAMES = {'src': 'source', 'dst': 'destination'}
INBOX = modelserver.content([Folder('INBOX', small(0, 13))])
MANY = 100_000
MEMORY_MAX = 64 << 20
ELSEWHERE = (of_log_in.test_access_tokens, of_log_in.test_one_sentence_each,
             of_tokens.test_revoked_consent_is_one_sentence)


def _says(run: Run, status: int, *patterns: str) -> Run:
    """One sentence, or two about one thing, of all that is told; each pattern is in it."""
    run.expect(status)
    lines = [line for line in run.stderr.splitlines() if line.startswith('godwit: ')]
    assert len(lines) == 1, f'It is not said once.\n{run}'
    for pattern in patterns:
        assert re.search(pattern, lines[0]), f'"{pattern}" is not said.\n{run}'
    return run


def test_the_others_are_there(case: Case) -> None:
    """The bed itself: what this file leaves to others has not gone."""
    del case
    assert all(callable(test) and test.__doc__ for test in ELSEWHERE)


def test_account_locked(case: Case) -> None:
    """It is tried once."""
    for side in SIDES:
        rules = 'on command AUTHENTICATE do reply "%T NO [ALERT] Your account is locked"'
        pair = Pair(case, **{side: {'rules': rules}})
        _says(pair.copy(), 3, f'The {NAMES[side]} ', 'refused the login of anna',
              'unlock|administrator|provider')
        pair.stop()
        assert getattr(pair, side).log_ins() == 1


def test_imap_is_switched_off(case: Case) -> None:
    """Where a person can switch it on."""
    for side in SIDES:
        rules = ('on command AUTHENTICATE do reply "%T NO [ALERT] Your account is not enabled '
                 'for IMAP use"')
        _says(Pair(case, **{side: {'rules': rules}}).copy(), 3, f'The {NAMES[side]} ',
              'IMAP is switched off', 'switch it on|enable')


def test_certificate_for_another_name(case: Case) -> None:
    """Both names, and the line to paste."""
    for side in SIDES:
        run = _says(Pair(case, **{side: {'certificate': 'other-host'}}).copy(), 4,
                    'localhost is not for this name but for mail.elsewhere.example',
                    f'--{NAMES[side]}-pin sha256:[0-9a-f]{{64}}')
        assert not run.of('folder'), run


def test_multiappend_that_is_not_there(case: Case) -> None:
    """Nothing is said: the messages go singly."""
    pair = Pair(case, {'content': INBOX}, {'scripts': ('d47-multiappend',)})
    run = pair.copy(*ONE_LINK)
    pair.expect_exact(run)
    assert not run.stderr.count('godwit:'), run


def test_uidplus_that_is_not_there(case: Case) -> None:
    """OK without APPENDUID is an OK."""
    pair = Pair(case, {'content': INBOX},
                {'rules': 'on append-complete do commit then reply "%T OK done"'})
    pair.expect_exact(pair.copy())


def test_literal_plus_that_is_not_there(case: Case) -> None:
    """Given up at the first BAD, before message text could become commands; then by asking."""
    liar = ('set without LITERAL+\nset login-tells-in-ok off\non done AUTHENTICATE do '
            'swap-capabilities "IMAP4rev1 LITERAL+ UIDPLUS UNSELECT NAMESPACE"')
    pair = Pair(case, {'content': INBOX}, {'rules': liar})
    run = pair.copy(*ONE_LINK)
    pair.expect_honest(run)
    assert not any(note['name'] in ('DELETE', 'STORE') for note in pair.dst.notes()), run


def test_condstore_that_is_not_there(case: Case) -> None:
    """Nothing rests on it."""
    rules = ('on command EXAMINE do say "* OK [NOMODSEQ] x"\n'
             'on command SELECT do say "* OK [NOMODSEQ] x"')
    for side in SIDES:
        pair = Pair(case, **{side: {'rules': rules}})
        pair.expect_exact(pair.copy())


def test_capabilities_that_change_after_the_log_in(case: Case) -> None:
    """A proxy's promises do not count."""
    greeting = ('on greeting do reply "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN LITERAL+ '
                'MULTIAPPEND UIDPLUS CONDSTORE LIST-STATUS SPECIAL-USE] proxy ready"')
    for side in SIDES:
        pair = Pair(case, **{side: {'profile': 'minimal', 'rules': greeting}})
        pair.expect_exact(pair.copy())
        assert not getattr(pair, side).notes('bad'), getattr(pair, side).notes('bad')


def test_quota_that_ends_in_the_middle(case: Case) -> None:
    """What fits is there, and the same command goes on when there is room."""
    content = modelserver.content([Folder('INBOX', small(0, 40))])
    pair = Pair(case, {'content': content}, {
        'rules': 'on done AUTHENTICATE 1 do quota 3000\non done AUTHENTICATE 2+ do quota 0'})
    run = _says(pair.copy(*ONE_LINK), 5, 'destination', 'full|quota', 'again|room|space')
    assert run.total['copied'] < 40 and run.total['left'] + run.total['refused'] > 0, run
    pair.expect_exact(pair.copy(*ONE_LINK))


def test_mapping_that_would_merge(case: Case) -> None:
    """Both folders are named, nothing is copied."""
    folders = [Folder('INBOX', small(0, 2)), Folder('Work', small(2, 2)),
               Folder('Other', small(4, 2))]
    pair = Pair(case, {'content': modelserver.content(folders)})
    run = _says(pair.copy('--map', 'Work=Other'), 1, 'Work and Other into one folder')
    pair.stop()
    assert not pair.dst.by_uid(), run


@limit(100)
def test_a_hundred_thousand_folders(case: Case) -> None:
    """A plan in seconds and with little memory; more is one sentence."""
    rules = f'on command LIST do flood {MANY - 10} "* LIST (\\\\Noselect) \\"/\\" F%N"'
    pair = Pair(case, {'content': INBOX, 'rules': rules}, traces=False)
    run = pair.copy('--dry-run', timeout=90)
    assert run.status == 0, run
    pair.expect_little_memory()
