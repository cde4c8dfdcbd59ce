# SPDX-License-Identifier: Apache-2.0
"""What the options of `godwit copy` promise."""

from __future__ import annotations

import json
import stat

import corpus
import dovecot
import fill
import messages
from messages import Folder, Message
from support import USER, Case


def _pair(case: Case, folders: list[Folder] | None = None) -> tuple:
    """Two servers that run, the source filled."""
    src, dst = case.server('src'), case.server('dst', 'mdbox')
    if folders is None:
        corpus.install_sample(src, USER)
    case.start(src, dst)
    if folders is not None:
        fill.fill(src, USER, folders)
    return src, dst


def _small(count: int, start: int = 0) -> list[Message]:
    return [Message(messages.simple(n)) for n in range(start, start + count)]


def test_dry_run_writes_nothing(case: Case) -> None:
    """Not a folder, not a subscription."""
    src, dst = _pair(case)
    case.copy(src, dst, '--dry-run').expect(0)
    _, there = case.read(src, dst)
    assert set(there.folders) == {'INBOX'} and there.totals()[1] == 0, there.folders.keys()
    assert not there.subscribed, there.subscribed


def test_folder_and_exclude(case: Case) -> None:
    """Globs in the source's names; children included; the rest counts as excluded."""
    src, dst = _pair(case, [
        Folder('INBOX', _small(3)), Folder('Проекты', _small(4, 10)),
        Folder('Проекты/Новые', _small(5, 20)), Folder('Проекты/Старые', _small(6, 30)),
        Folder('Other', _small(7, 40))])
    run = case.copy(src, dst, '--folder', 'Про*', '--exclude', 'Проекты/Ст*').expect(0)
    run.expect_sum()
    _, there = case.read(src, dst)
    counts = {name: len(folder.messages) for name, folder in there.folders.items()}
    assert counts == {'INBOX': 0, 'Проекты': 4, 'Проекты/Новые': 5}, counts
    assert (run.total['copied'], run.total['excluded']) == (9, 16), run


def test_exclude_takes_children_along(case: Case) -> None:
    """A folder that is excluded is excluded with all that is below it."""
    src, dst = _pair(case, [Folder('INBOX', _small(2)), Folder('A', _small(2, 10)),
                            Folder('A/b', _small(2, 20)), Folder('A/b/c', _small(2, 30))])
    case.copy(src, dst, '--exclude', 'A/b').expect(0).expect_sum()
    _, there = case.read(src, dst)
    assert set(there.folders) == {'INBOX', 'A'}, there.folders.keys()


def test_skip_deleted(case: Case) -> None:
    """Messages that are marked as deleted stay behind and count as excluded."""
    src, dst = _pair(case, [Folder('INBOX', _small(5) + [
        Message(messages.simple(n), ('\\Deleted', '\\Seen')) for n in range(50, 53)])])
    run = case.copy(src, dst, '--skip-deleted').expect(0).expect_sum()
    assert (run.total['copied'], run.total['excluded']) == (5, 3), run
    run = case.copy(src, dst).expect(0).expect_sum()
    assert (run.total['copied'], run.total['adopted']) == (3, 5), run
    case.expect_equal(src, dst, run)


def test_json_is_one_object_per_line(case: Case) -> None:
    """Standard output carries what the report carries, and nothing else."""
    src, dst = _pair(case)
    run = case.godwit('--json', *case.words(src, dst)).expect(2).expect_sum()
    events = [json.loads(line) for line in run.stdout.splitlines()]
    assert events == run.events, 'Standard output and the report differ.'
    names = {event['source'] for event in run.of('folder')}
    assert {'INBOX', 'Archive/2022', 'Familie/Fotos 📷', 'Club "Blau-Weiß"'} <= names, names


def test_refused_messages_are_kept(case: Case) -> None:
    """--refused keeps them as files that only their owner reads."""
    src, dst = _pair(case)
    keep = case.folder / 'refused'
    run = case.copy(src, dst, '--refused', str(keep)).expect(2)
    kept = [path for path in keep.rglob('*.eml') if path.is_file()]
    assert len(kept) == len(run.refused) == 2, kept
    for path in kept:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert path.stat().st_size == 0, path


def test_trace_hides_secrets(case: Case) -> None:
    """A trace shows the dialogue, never the password, never a body."""
    src, dst = _pair(case, [Folder('INBOX', [
        Message(b'Subject: x\r\n\r\nthe secret body of a letter\r\n')] + _small(3))])
    trace = case.folder / 'trace'
    case.copy(src, dst, '--trace', str(trace)).expect(0)
    text = trace.read_text(errors='replace')
    assert stat.S_IMODE(trace.stat().st_mode) == 0o600
    assert 'APPEND' in text and 'FETCH' in text, text[:500]
    assert dovecot.PASSWORD not in text, 'The password is in the trace.'
    plain = f'\0{USER}\0{dovecot.PASSWORD}'.encode()
    for shift in range(3):              # the three ways in which base64 may show it
        coded = messages.base64.b64encode(b'x' * shift + plain).decode()[4:-4]
        assert coded not in text, 'The password is in the trace, in base64.'
    assert 'the secret body' not in text, 'A body is in the trace.'


def test_message_rate(case: Case) -> None:
    """--rate in messages."""
    src, dst = _pair(case, [Folder('INBOX', _small(100))])
    run = case.copy(src, dst, '--rate', '25msg/s').expect(0)
    assert 3.0 <= run.seconds <= 7.0, f'100 messages at 25 a second took {run.seconds:.1f} s.'
    case.expect_equal(src, dst, run)


def test_byte_rate(case: Case) -> None:
    """--rate in octets."""
    big = [Message(messages.megabytes(corpus.random.Random(n), n, 1)) for n in range(6)]
    src, dst = _pair(case, [Folder('INBOX', big)])
    run = case.copy(src, dst, '--rate', '1.5MB/s').expect(0)
    assert 3.0 <= run.seconds <= 6.5, f'6 MB at 1.5 MB/s took {run.seconds:.1f} s.'
    case.expect_equal(src, dst, run)


def test_off_a_terminal_no_cursor_is_moved(case: Case) -> None:
    """Progress off a terminal is plain lines."""
    src, dst = _pair(case)
    run = case.godwit(*case.words(src, dst)).expect(2)
    assert '\x1b' not in run.stdout + run.stderr, run
    assert '\r' not in run.stdout + run.stderr, run
    assert 'refused' in (run.stdout + run.stderr).lower(), run


def test_no_argument_reads_as_a_password(case: Case) -> None:
    """A password in the URI is refused, and not repeated."""
    run = case.godwit('imap://anna:opensesame@localhost:1/', 'imap://bert@localhost:1/')
    run.expect_sentence(1)
    assert 'opensesame' not in run.stdout + run.stderr, run
