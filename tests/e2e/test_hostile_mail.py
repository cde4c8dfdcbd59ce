# SPDX-License-Identifier: Apache-2.0
"""Servers that are difficult with folders and mail: names, poison, lost and odd commits."""

from __future__ import annotations

import time

import modelserver
from modelpair import Pair, small
from messages import Folder, Message
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


def test_d47_multiappend_that_is_none(case: Case) -> None:
    """Announced and not understood: the messages go singly, nothing twice, nothing lost."""
    pair = Pair(case, dst={'scripts': ('d47-multiappend',)})
    run = pair.copy().expect(0)
    pair.expect_exact(run)
    assert any('BAD' in event['text'] for event in run.of('notice')), run


def test_d51_names_that_are_paths(case: Case) -> None:
    """No file by such a name; what cannot be held is reported."""
    content = (SCRIPTS / 'd51.content').read_bytes()
    for profile in ('dovecot', 'courier'):
        pair = Pair(case, {'scripts': ('d51',), 'content': content}, {'profile': profile},
                    compares='digests')
        keep = case.folder / f'keep-{profile}'
        before = {path for path in case.folder.rglob('*') if path.is_file()}
        run = pair.copy('--refused', str(keep))
        assert run.status == 7, run
        made = {path for path in case.folder.rglob('*') if path.is_file()} - before
        own = ('password', f'report-{case.runs}', f'trace-{case.runs}')
        strange = [path for path in made if path.parent != keep and path.name not in own
                   and f'state-{case.runs}' not in path.parts]
        assert not strange, strange
        pair.expect_honest(run)
        # No name, 10 kB, 1,000 levels: these three cannot be told to a server.
        assert run.total['copied'] >= 8 or profile == 'courier', run


def test_d58_folder_that_does_not_open(case: Case) -> None:
    """It is told of, with the server's words; the others are copied.

    What the source does not show cannot be listed, so it is left; what the destination does not
    take is listed as refused.
    """
    for side, status, part in (('src', 7, 'left'), ('dst', 2, 'refused')):
        pair = Pair(case, **{side: {'scripts': ('d58',)}})
        run = pair.copy(*ONE_LINK).expect(status)
        pair.expect_honest(run)
        assert run.total['copied'] == 16 and run.total[part] == 5, run
        told = run.of('fault')
        assert [event['folder'] for event in told] == ['Work'], run
        assert 'Not this one' in told[0]['text'], run


def test_d64_poison_message(case: Case) -> None:
    """Fetching UID 5 ends each connection: it is found, tried three times, and listed."""
    for rules in ('on fetch-body 5 do drop', 'on fetch-body 5 do rst'):
        for options in ((), ONE_LINK, SINGLY):
            pair = Pair(case, {'content': INBOX, 'rules': rules})
            run = pair.copy(*options).expect(2)
            pair.expect_honest(run)
            assert 'closes the connection' in run.of('refused')[0]['reason'], run
            assert run.total['copied'] == 12 and run.total['refused'] == 1, run
            assert run.of('refused')[0]['uid'] == 5, run
            tries = [note for note in pair.src.notes('UID-FETCH')
                     if note['text'].startswith('5 ') and 'BODY' in note['text']]
            assert 1 <= len(tries) <= 3, f'{tries}\n{run}'
            # The first, and one for each time it was tried. What a reset takes with it is
            # blamed too, until it comes alone.
            log_ins_max = 4 if 'drop' in rules else 7
            assert pair.src.log_ins() <= log_ins_max, f'{pair.src.log_ins()} log-ins\n{run}'


def test_d64_poison_messages(case: Case) -> None:
    """Two of them, and one that breaks off in the middle of its text, small or streamed."""
    two = 'on fetch-body 5 do drop\non fetch-body 9 do drop'
    pair = Pair(case, {'content': INBOX, 'rules': two})
    run = pair.copy(*ONE_LINK).expect(2)
    pair.expect_honest(run)
    assert {each['uid'] for each in run.of('refused')} == {5, 9}, run
    large = Message(b'Subject: large\r\n\r\n' + b'0123456789abcdef' * 40_000 + b'\r\n')
    content = modelserver.content([Folder('INBOX', [*small(0, 6), large, *small(6, 6)]),
                                   Folder('Work', small(20, 2))])
    for rules in ('on fetch-body 3 do literal-cut 20\non body-sent 3 do drop',
                  'on fetch-body 7 do literal-cut 20\non body-sent 7 do drop',
                  'on fetch-body 7 do literal-cut 600000\non body-sent 7 do drop'):
        for options in (ONE_LINK, (*ONE_LINK, *SINGLY)):
            pair = Pair(case, {'content': content, 'rules': rules})
            run = pair.copy(*options).expect(2)
            pair.expect_honest(run)
            assert 'closes the connection' in run.of('refused')[0]['reason'], run
            assert run.total['copied'] == 14 and run.total['refused'] == 1, run
            assert run.of('refused')[0]['uid'] == (3 if ' 3 ' in rules else 7), run


def test_d67_uidvalidity_changes(case: Case) -> None:
    """In the middle of a run: nothing is assigned by the old UIDs.

    At the source what was read may not be what is there now: a person is told. At the
    destination no UID is used again, and the folder still holds what it took.
    """
    pair = Pair(case, {'scripts': ('d67',)})
    run = pair.copy(*ONE_LINK).expect(7)
    pair.expect_honest(run)
    assert run.total['copied'] == 21, run
    assert ['UIDVALIDITY' in event['text'] for event in run.of('fault')] == [True], run
    pair = Pair(case, dst={'scripts': ('d67',)})
    pair.expect_exact(pair.copy(*ONE_LINK))


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
    """Committed, and the connection dropped: it is looked for, and found."""
    for options in (ONE_LINK, (*ONE_LINK, *SINGLY), ()):
        pair = Pair(case, dst={'scripts': ('d72',)})
        run = pair.copy(*options).expect(0)
        assert run.total['copied'] == 21 and run.total['in_doubt'] == 0, run
        pair.expect_exact(run)


def test_d72_without_waiting(case: Case) -> None:
    """With --no-wait what no look has found stays in doubt, and the next run knows of it."""
    pair = Pair(case, dst={'scripts': ('d72',), 'rules': 'on command SELECT 4 do drop'})
    words = (*ONE_LINK, '--state', str(case.folder / 'ledger'))
    pair.copy(*words, '--no-wait')
    run = pair.copy(*words).expect(0)
    pair.expect_honest(run)
    assert len(pair.dst.by_uid()) == 21, run


def test_d72_reset_again_and_again(case: Case) -> None:
    """Each third commit ends in a reset: each is looked for, and the rest sent again."""
    pair = Pair(case, dst={'scripts': ('d72-rst',)})
    run = pair.copy(*ONE_LINK, *SINGLY).expect(0)
    assert run.total['copied'] == 21 and run.total['in_doubt'] == 0, run
    pair.expect_exact(run)


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
    """NO, and two of the group are there all the same: nothing is lost, and it is told.

    Against RFC 3502, so Godwit sends the group again in halves; the two are there twice, and
    the count at the end says so.
    """
    pair = Pair(case, {'content': INBOX}, {'scripts': ('d76',)})
    run = pair.copy().expect(0)
    notices = [event['text'] for event in run.of('notice')]
    assert any('INBOX holds 15 messages' in text for text in notices), run
    assert run.total['copied'] == 13, run


def test_d77_refusals(case: Case) -> None:
    """Each is listed with the server's words; the others are copied."""
    pair = Pair(case, {'content': INBOX}, {'scripts': ('d77',)})
    run = pair.copy(*ONE_LINK, *SINGLY).expect(2)
    pair.expect_honest(run)
    said = {event['uid']: event['reason'] for event in run.of('refused')}
    assert 'Maximum size' in said.get(1, '') and 'Too much' in said.get(3, ''), run
    assert 'No such folder' in said.get(5, '') and run.total['copied'] == 10, run
    # In a group each refusal meets several, which are taken in smaller groups.
    pair = Pair(case, {'content': INBOX}, {'scripts': ('d77',)})
    run = pair.copy()
    pair.expect_exact(run)
    assert run.total['copied'] == 13 and len(pair.dst.notes('APPEND')) > 5, run


def test_d94_autologout(case: Case) -> None:
    """Sent away after every twelfth command: it comes back and finishes."""
    for side in ('src', 'dst'):
        pair = Pair(case, **{side: {'scripts': ('d94',)}})
        pair.expect_exact(pair.copy(*ONE_LINK))
        assert getattr(pair, side).log_ins() > 1
    pair = Pair(case, {'scripts': ('d94',)})
    pair.expect_exact(pair.copy())


def test_d94_autologout_at_a_commit(case: Case) -> None:
    """Sent away when a group is announced: what went out unasked is looked for twice."""
    rules = 'on command APPEND 2 do say "* BYE Autologout" then drop'
    for options in (ONE_LINK, (*ONE_LINK, '--without', 'LITERAL+')):
        pair = Pair(case, dst={'rules': rules})
        run = pair.copy(*options).expect(0)
        pair.expect_exact(run)
        assert run.total['copied'] == 21, run


def test_destination_lost_while_folders_are_made(case: Case) -> None:
    """The connection is opened again, and every folder is prepared and copied."""
    for rule in ('on command CREATE 1 do drop', 'on command SELECT 2 do drop',
                 'on command SELECT 1 do reply "%T OK but nothing selected"'):
        for options in ((), ONE_LINK):
            pair = Pair(case, dst={'rules': rule})
            pair.expect_exact(pair.copy(*options))
