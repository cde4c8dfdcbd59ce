# SPDX-License-Identifier: Apache-2.0
"""Which messages are copied, and in which order: days, sizes, limits, newest first."""

from __future__ import annotations

import time

import fill
import messages
import modelserver
from messages import Folder, Message
from modelpair import Pair, small
from server import Server
from support import USER, Case, Run

# Each side once.  Days begin in UTC, wherever a date was written.
SERVERS = (('maildir', 'courier'), ('cyrus', 'mdbox'), ('courier', 'cyrus'))
SINCE, BEFORE = ('--since', '2024-03-01'), ('--before', '2024-04-01')
TOO_OLD = ('29-Feb-2024 23:59:59 +0000', '01-Mar-2024 00:30:00 +0200',
           '01-Mar-2024 13:59:59 +1400', '05-Jan-1996 10:00:00 +0000')
INSIDE = ('01-Mar-2024 00:00:00 +0000', '29-Feb-2024 23:30:00 -0300',
          '31-Mar-2024 23:59:59 +0000', '01-Apr-2024 01:30:00 +0200',
          '15-Mar-2024 12:00:00 +0100')
TOO_NEW = ('01-Apr-2024 00:00:00 +0000', '31-Mar-2024 22:00:00 -0400',
           '24-Dec-2025 18:00:00 +0000')


def _dated() -> list[Message]:
    dates = [date for group in zip(INSIDE, (*TOO_OLD, TOO_NEW[0]), (*TOO_NEW, *TOO_NEW[:2]))
             for date in group]
    return [Message(messages.simple(n), ('\\Seen',), date) for n, date in enumerate(dates)]


def _filled(case: Case, kinds: tuple[str, str], folders: list[Folder]
            ) -> tuple[Server, Server]:
    src, dst = (case.server_of(kind, f'{side}-{kind}')
                for kind, side in zip(kinds, ('src', 'dst')))
    case.start(src, dst)
    fill.fill_what_goes(src, USER, folders)
    return src, dst


def _counts(run: Run) -> tuple[int, int, dict[str, int]]:
    return run.total['copied'], run.total['adopted'], run.excluded


def test_days(case: Case) -> None:
    """INTERNALDATE as an instant, days in UTC, the first day in and the last one out."""
    for kinds in SERVERS:
        mails = _dated()
        dates = [mail.date for mail in mails]
        inside = sum(date in INSIDE for date in dates)
        old = sum(date in TOO_OLD for date in dates)
        src, dst = _filled(case, kinds, [Folder('INBOX', mails), Folder('Old', mails[:6])])
        inside += sum(date in INSIDE for date in dates[:6])
        old += sum(date in TOO_OLD for date in dates[:6])
        new = len(mails) + 6 - inside - old
        left_out = {'since': old, 'before': new}
        run = case.copy(src, dst, *SINCE, *BEFORE).expect(0).expect_sum()
        assert _counts(run) == (inside, 0, left_out), f'{kinds}: {run}'
        there = {mail[3] for folder in case.read(src, dst)[1].folders.values()
                 for mail in folder.messages}
        assert min(there) >= 1_709_251_200 and max(there) < 1_711_929_600, there
        run = case.copy(src, dst, *SINCE, *BEFORE).expect(0).expect_sum()
        assert _counts(run) == (0, inside, left_out), f'{kinds}: {run}'
        run = case.copy(src, dst, *BEFORE).expect(0).expect_sum()
        assert _counts(run) == (old, inside, {'before': new}), f'{kinds}: {run}'
        run = case.copy(src, dst).expect(0).expect_sum()
        assert _counts(run) == (new, inside + old, {}), f'{kinds}: {run}'
        case.expect_equal(src, dst, run)
        src.stop()
        dst.stop()


def test_largest_size(case: Case) -> None:
    """Octets: as large as told is copied, one more is not; rules are told one by one."""
    def of_size(size: int, *flags: str) -> Message:
        head = b'Subject: size %d\r\nMessage-ID: <s%d@x>\r\n\r\n' % (size, size)
        return Message(head + b'x' * (size - len(head) - 2) + b'\r\n', flags)
    mails = [of_size(1_500), of_size(1_499), of_size(1_501), of_size(90_000),
             of_size(70_000, '\\Deleted'), of_size(300)]
    src, dst = _filled(case, ('maildir', 'mdbox'), [
        Folder('INBOX', mails), Folder('Other', [of_size(400), of_size(500)])])
    options = ('--max-size', '1.5kB', '--skip-deleted', '--exclude', 'Other')
    left_out = {'deleted': 1, 'size': 2, 'folder': 2}
    run = case.copy(src, dst, *options).expect(0).expect_sum()
    assert _counts(run) == (3, 0, left_out), run
    run = case.godwit(*options, *case.words(src, dst)).expect(0).expect_sum()
    assert _counts(run) == (0, 3, left_out), run
    said = ' '.join(run.stdout.split())
    assert ('excluded 5 2 in folders that were not chosen, 1 marked \\Deleted, 2 larger than '
            '--max-size') in said, run
    run = case.copy(src, dst).expect(0)
    assert _counts(run) == (5, 3, {}), run
    case.expect_equal(src, dst, run)


def test_sizes_are_asked_for_only_where_they_decide(case: Case) -> None:
    """Some servers read a message to tell its size."""
    for options, asks in (((), False), (('--since', '2010-01-01'), False),
                          (('--max-size', '1MB'), True)):
        pair = Pair(case)
        pair.expect_exact(pair.copy(*options))
        asked = [note['text'] for note in pair.src.notes('UID-FETCH')
                 if 'BODY' not in note['text']]
        assert asked and asks == any('RFC822.SIZE' in text for text in asked), asked


def test_newest_first(case: Case) -> None:
    """The destination's folders are the source's backwards; a second run finds them so."""
    for kinds in SERVERS:
        mails = [Message(messages.simple(n)) for n in range(80)]
        src, dst = _filled(case, kinds, [Folder('INBOX', mails), Folder('Few', mails[:3])])
        run = case.copy(src, dst, '--order', 'newest').expect(0).expect_sum()
        case.expect_equal(src, dst, run)
        here, there = case.read(src, dst)
        for name, folder in here.folders.items():
            digests = [mail[1] for mail in sorted(folder.messages)]
            theirs = [mail[1] for mail in sorted(there.folders[name].messages)]
            assert theirs == digests[::-1], f'{kinds}: {name} is in another order.'
        run = case.copy(src, dst, '--order', 'newest').expect(0).expect_sum()
        assert _counts(run) == (0, 83, {}), run
        src.stop()
        dst.stop()


def test_newest_first_when_it_is_interrupted(case: Case) -> None:
    """What is there is the newest; the next run brings the older ones behind them."""
    content = modelserver.content([Folder('INBOX', small(0, 400))])
    pair = Pair(case, {'content': content})
    started = pair.launch('--order', 'newest', '--connections', '1', '--rate', '100msg/s')
    time.sleep(1.5)
    started.interrupt()
    first = pair.expect_clean(started.finish()).expect(130)
    assert 0 < first.total['copied'] < 400, first
    again = pair.copy('--order', 'newest')
    pair.expect_exact(again)
    assert again.total['adopted'] == first.total['copied'], f'{first}\n{again}'
    order = [mail.instant for _, mail in sorted(pair.dst.by_uid().items())]
    assert order == sorted(order, reverse=True), order


LARGE = Message(b'Subject: large\r\n\r\n' + b'x' * 9_000)
ANNOUNCES = ('set login-tells-in-ok off\non done AUTHENTICATE do swap-capabilities "IMAP4rev1 '
             'LITERAL+ MULTIAPPEND UIDPLUS UNSELECT NAMESPACE APPENDLIMIT{}"')


def _bodies(pair: Pair) -> list[str]:
    return [note['text'] for note in pair.src.notes('UID-FETCH')
            if 'BODY.PEEK[]' in note['text']]


def test_append_limit(case: Case) -> None:
    """Known before: what is over APPENDLIMIT is refused without being asked for."""
    content = modelserver.content([Folder('INBOX', [*small(0, 3), LARGE, *small(3, 3)])])
    pair = Pair(case, {'content': content}, {'rules': ANNOUNCES.format('=2000')})
    run = pair.copy().expect(2, 'refused')
    again = pair.copy().expect(2)
    pair.expect_honest(again)
    for each, brought in ((run, 'copied'), (again, 'adopted')):
        reason = each.expect_sum().of('refused')[0]
        assert reason['uid'] == 4 and '2000' in reason['reason'], each
        assert reason['size'] == len(LARGE.octets) and each.total[brought] == 6, each
    asked = {uid for text in _bodies(pair) for part in text.split()[0].split(',')
             for uid in range(int(part.split(':')[0]), int(part.split(':')[-1]) + 1)}
    assert asked == {1, 2, 3, 5, 6, 7}, asked


def test_append_limit_of_a_folder(case: Case) -> None:
    """Told by STATUS, it holds for its folder alone."""
    content = modelserver.content([Folder('INBOX', [*small(0, 3), LARGE]),
                                   Folder('Work', [*small(3, 3), LARGE])])
    rules = (ANNOUNCES.format('') +
             '\non command STATUS do say "* STATUS inbox (APPENDLIMIT 2000)" then '
             'say "* STATUS Work (APPENDLIMIT NIL)" then reply "%T OK told"')
    pair = Pair(case, {'content': content}, {'rules': rules})
    run = pair.copy().expect(2).expect_sum()
    pair.expect_honest(run)
    assert [(event['folder'], event['uid']) for event in run.of('refused')] == [('INBOX', 4)]
    assert run.total['copied'] == 7, run


def test_append_limit_and_a_size_that_lies(case: Case) -> None:
    """The source says it is small: the text's own size decides, before any APPEND."""
    content = modelserver.content([Folder('INBOX', [*small(0, 3), LARGE, *small(3, 3)])])
    row = ('"* 4 FETCH (UID 4 RFC822.SIZE 10 FLAGS () INTERNALDATE '
           '\\"01-Mar-2021 09:00:00 +0000\\")"')
    for said in (f'on command UID-FETCH 1 do say {row}', 'set without UIDPLUS'):
        pair = Pair(case, {'content': content, 'rules': said},
                    {'rules': ANNOUNCES.format('=2000')})
        run = pair.copy('--connections', '1').expect(2).expect_sum()
        pair.expect_honest(run)
        refused = run.of('refused')[0]
        assert refused['uid'] == 4 and '2000' in refused['reason'], run
        sent = [note for note in pair.dst.notes() if note['name'] == 'stored']
        assert run.total['copied'] == 6 and len(sent) <= 6, f'{sent}\n{run}'


def test_size_rule_and_a_size_that_lies(case: Case) -> None:
    """What turns out to be larger than --max-size stays behind as well, and is counted once."""
    content = modelserver.content([Folder('INBOX', [*small(0, 3), LARGE, *small(3, 3)])])
    row = ('"* 4 FETCH (UID 4 RFC822.SIZE 10 FLAGS () INTERNALDATE '
           '\\"01-Mar-2021 09:00:00 +0000\\")"')
    pair = Pair(case, {'content': content, 'rules': f'on command UID-FETCH 1 do say {row}'})
    run = pair.copy('--max-size', '2kB').expect(0).expect_sum()
    assert _counts(run) == (6, 0, {'size': 1}), run
    run = pair.copy('--max-size', '2kB').expect(0).expect_sum()
    assert _counts(run) == (0, 6, {'size': 1}), run


def test_rules_where_a_folder_takes_nothing(case: Case) -> None:
    """What is left out is not refused too."""
    pair = Pair(case, {'content': modelserver.content([
        Folder('INBOX', small(0, 3)), Folder('Work', [*small(3, 3), LARGE])])},
        {'rules': 'on command CREATE do reply "%T NO [NOPERM] not here"'})
    run = pair.copy('--max-size', '2kB').expect(2, 'not here').expect_sum()
    assert run.total['copied'] == 3 and run.total['refused'] == 3, run
    assert run.excluded == {'size': 1}, run


def test_dry_run_says_what_it_does_not_know(case: Case) -> None:
    """It looks at no message: with rules for messages its count is too high, and it says so."""
    for options, says in (((), False), (SINCE, True)):
        run = Pair(case).copy('--dry-run', *options).expect(0)
        told = ' '.join(event['text'] for event in run.of('notice'))
        assert ('rules for messages' in told) == says, run
