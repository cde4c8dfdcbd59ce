# SPDX-License-Identifier: Apache-2.0
"""What `godwit check` says, and that it writes nothing."""

from __future__ import annotations

import json
import re

import certificates
import fill
import messages
import modelserver
import support
from messages import Folder, Message
from modelpair import Pair, small
from server import Server
from support import USER, Case, Run, Started

# All that may ever be said to a server by a check.  SELECT is for the destination alone.
READING = {'CAPABILITY', 'STARTTLS', 'LOGIN', 'AUTHENTICATE', 'ID', 'NAMESPACE', 'LIST', 'LSUB',
           'XLIST', 'STATUS', 'EXAMINE', 'UID FETCH', 'NOOP', 'GETQUOTAROOT', 'MYRIGHTS',
           'LOGOUT'}
SAID = re.compile(r'^\s*[\d.]+ (source|destination) +\d+ C: (.*)$')
NAMES = ('INBOX', 'Work', 'Work/2024', 'Grüße', 'a.b', 'x^y', 'Ärger/über', 'cur', '~tilde',
         'q"uote', 'back\\slash', '100%', 'Emoji 🐦', 'a' * 120)


def _check(case: Case, *words: str, timeout: float = 50) -> Run:
    """Runs `godwit check --json`; its standard output is its report."""
    run = Started([str(support.GODWIT), 'check', '--json', *map(str, words)],
                  case.folder / 'none').finish(timeout)
    run.events = [json.loads(line) for line in run.stdout.splitlines()]
    return run


def _pair(case: Case, folders: list[Folder], **settings: object) -> tuple[Server, Server]:
    src, dst = case.server('src'), case.server('dst', **settings)
    case.start(src, dst)
    fill.fill(src, USER, folders)
    return src, dst


def _folder(run: Run, name: str) -> dict:
    return next(row for row in run.of('folder') if row['source'] == name)


def _total(run: Run) -> dict:
    assert run.events and run.events[-1]['event'] == 'check', f'There is no result.\n{run}'
    assert run.events[-1]['status'] == run.status, run
    return run.events[-1]


def _expect_sane(run: Run) -> None:
    total = _total(run)
    assert 0 < total['seconds_low'] <= total['seconds_high'] <= 3 * total['seconds_low'], total
    for part in ('messages', 'to_copy', 'to_copy_bytes', 'too_big', 'there', 'skipped'):
        assert total[part] == sum(row[part] for row in run.of('folder')), (part, run)
    assert total['messages'] == total['to_copy'] + total['there'] + total['skipped'], run


def _mail(count: int, start: int = 0, size: int = 100) -> list[Message]:
    return [Message(messages.simple(n, 'x' * size)) for n in range(start, start + count)]


def test_the_wire_shows_only_reading(case: Case) -> None:
    """Every word to either side is of the list, and both mailboxes stay as they were."""
    flagged = [Message(one.octets, ('\\Flagged', 'Key')) for one in _mail(5, 20)]
    src, dst = _pair(case, [Folder('INBOX', _mail(8)), Folder('Work', flagged),
                            Folder('Work/New', _mail(4, 40))])
    # Mail that is there on both sides: without its flags, which a copy would add.
    fill.fill(dst, USER, [Folder('INBOX', _mail(5)), Folder('Work', _mail(5, 20))])
    before, files = case.read(src, dst), support.files(src)
    trace = case.folder / 'trace'
    run = _check(case, '--trace', trace, *case.words(src, dst)).expect(0)
    _expect_sane(run)
    assert _folder(run, 'INBOX')['there'] == 5, run
    assert _folder(run, 'Work')['to_copy'] == 0, run
    said = [SAID.match(line) for line in trace.read_text().splitlines()]
    words = {(one[1], _word(one[2])) for one in said if one}
    assert {side for side, _ in words} == {'source', 'destination'}, words
    wrote = {(side, word) for side, word in words
             if word not in READING | ({'SELECT'} if side == 'destination' else set())}
    assert not wrote, f'Said: {wrote}'
    assert ('source', 'UID FETCH') in words and ('destination', 'SELECT') in words, words
    assert case.read(src, dst) == before, 'A mailbox is not as it was.'
    assert support.files(src) == files, 'Files of the source have changed.'


def _word(line: str) -> str:
    """The command's word, of a line with a tag; a response of a log-in has none."""
    parts = line.split()
    if len(parts) < 2 or not re.fullmatch(r'A\d+', parts[0]):
        return 'LOGIN'
    return ' '.join(parts[1:3]) if parts[1] == 'UID' else parts[1]


def test_a_server_heard_only_reading(case: Case) -> None:
    """The same as the servers themselves wrote it down; no text is asked for but by PEEK."""
    pair = Pair(case, dst={'content': modelserver.content([Folder('INBOX', small(0, 4))])})
    words = ['--source-password-file', pair.src.password_file(),
             '--destination-password-file', pair.dst.password_file()]
    run = _check(case, *words, pair.src.uri(), pair.dst.uri())
    pair.stop()
    assert run.status in (0, 2), run
    for server, more in ((pair.src, set()), (pair.dst, {'SELECT'})):
        wrote = [note for note in server.notes()
                 if note['name'].isupper()
                 and note['name'].replace('-', ' ') not in READING | more
                 or note['name'] in ('bad', 'stored')
                 or re.search(r'BODY\[', note['text'])]
        assert not wrote, wrote[:5]
        assert server.commands(), 'Nothing was heard.'


def test_quota(case: Case) -> None:
    """Status 5 where the room is too small, 0 where it is large enough."""
    src, dst = _pair(case, [Folder('INBOX', _mail(20, size=60_000))], quota='1M')
    run = _check(case, *case.words(src, dst)).expect(5)
    quota, = run.of('quota')
    assert quota['is_short'] and quota['limit_bytes'] == 2**20, quota
    assert quota['needed_messages'] == 20 and quota['needed_bytes'] > 2**20, quota
    run = _check(case, '--max-size', '1kB', *case.words(src, dst)).expect(0)
    assert _total(run)['skipped'] == 20 and not run.of('quota')[0]['is_short'], run


def test_rights(case: Case) -> None:
    """A folder that takes nothing, and one that takes no flags."""
    flagged = [Message(messages.simple(n), ('\\Flagged', '\\Seen', 'Key')) for n in (1, 2)]
    src, dst = _pair(case, [Folder('INBOX', _mail(2)), Folder('Archive', _mail(3, 10)),
                            Folder('Sent', flagged)], acl='')
    fill.fill(dst, USER, [Folder('Archive', []), Folder('Sent', [])])
    dst.stop()
    dst.acl = 'Archive owner lr\nSent owner lrsi\n'
    dst.start()
    run = _check(case, *case.words(src, dst)).expect(2)
    assert 'not put' in _folder(run, 'Archive')['refusal'] or \
        'reading only' in _folder(run, 'Archive')['refusal'], run
    assert _total(run)['refused'] == 3 and _total(run)['refused_folders'] == 1, run
    sent = _folder(run, 'Sent')
    assert set(sent['lost_flags'].split()) == {'\\Flagged', 'Key'}, sent
    assert sent['losing_flags'] == 2 and 'rights' in sent, sent


def test_keywords(case: Case) -> None:
    """A destination that takes few flags: which are lost, and of how many messages."""
    content = modelserver.content([Folder('INBOX', [
        Message(messages.simple(1), ('Key', '\\Seen')),
        Message(messages.simple(2), ('\\Draft',)),
        Message(messages.simple(3), ('\\Seen',))])])
    rules = ('on command SELECT do say "* 0 EXISTS" then say "* OK [UIDVALIDITY 9] then" '
             'then say "* OK [UIDNEXT 1] next" '
             'then say "* OK [PERMANENTFLAGS (\\\\Seen \\\\Answered)] few" '
             'then reply "%T OK [READ-WRITE] done"')
    pair = Pair(case, {'content': content}, {'rules': rules})
    run = _check(case, '--source-password-file', pair.src.password_file(),
                 '--destination-password-file', pair.dst.password_file(), pair.src.uri(),
                 pair.dst.uri()).expect(0)
    row = _folder(run, 'INBOX')
    assert row['losing_flags'] == 2, row
    assert set(row['lost_flags'].split()) == {'Key', '\\Draft'}, row


def test_append_limit(case: Case) -> None:
    """What is above the limit is counted, told, and makes status 2."""
    content = modelserver.content([Folder('INBOX', _mail(3) + _mail(2, 10, 5_000))])
    rules = ('set login-tells-in-ok off\non done AUTHENTICATE do swap-capabilities "IMAP4rev1 '
             'LITERAL+ MULTIAPPEND UIDPLUS UNSELECT NAMESPACE APPENDLIMIT=2000"')
    pair = Pair(case, {'content': content}, {'rules': rules})
    run = _check(case, '--source-password-file', pair.src.password_file(),
                 '--destination-password-file', pair.dst.password_file(), pair.src.uri(),
                 pair.dst.uri()).expect(2)
    row = _folder(run, 'INBOX')
    assert (row['too_big'], row['to_copy'], row['append_limit']) == (2, 5, 2000), row
    assert _total(run)['refused'] == 2 and row['largest'] > 5_000, run
    profile = next(p for p in run.of('profile') if p['side'] == 'destination')
    assert profile['append_limit'] == 2000, profile


def test_the_printed_map_is_what_a_copy_does(case: Case) -> None:
    """On Cyrus and Courier each folder goes where the check says, also by --map."""
    for kind in ('cyrus', 'courier'):
        src, dst = case.server(f'src-{kind}'), case.server_of(kind, f'dst-{kind}')
        case.start(src, dst)
        fill.fill_what_goes(src, USER, [Folder(name, _mail(1, n))
                                        for n, name in enumerate(NAMES)])
        words = ['--map', 'Work=Job/Old', *case.words(src, dst)]
        run = _check(case, *words).expect(0)
        _expect_sane(run)
        said = {row['source']: row['destination'] for row in run.of('folder')}
        assert said['Work/2024'] == 'Job/Old/2024', said
        assert len(set(said.values())) == len(said), said
        assert all(row.get('why') for row in run.of('folder')
                   if row['source'] != row['destination']), run
        done = case.godwit('--quiet', *words)
        assert done.status in (0, 2), done
        copied = {row['source']: row['destination'] for row in done.of('folder')}
        plain = {name: value.replace('\\\\', '\\') for name, value in said.items()}
        assert {name: value for name, value in copied.items() if name in plain} == {
            name: value for name, value in plain.items() if name in copied}, (said, copied)
        src.stop()
        dst.stop()


def test_the_source_alone(case: Case) -> None:
    """Folders and sizes, no verdict on anything else."""
    src, _ = _pair(case, [Folder('INBOX', _mail(3)), Folder('Work', _mail(4, 10))])
    words = ['--source-password-file', src.password_file(), src.uri(USER)]
    if src.certificate:
        words += ['--source-ca', certificates.authority()]
    run = _check(case, *words).expect(0)
    assert {p['side'] for p in run.of('profile')} == {'source'}, run
    assert _total(run)['messages'] == 7 and 'seconds_low' not in _total(run), run
    assert all('destination' not in row for row in run.of('folder')), run
    run = _check(case, '--destination-ca', src.password_file(), *words)
    run.expect_sentence(1, 'no destination')


def test_both_sides_get_a_verdict(case: Case) -> None:
    """One side that cannot be used does not hide the other."""
    src, dst = (case.server(name, certificate='server') for name in ('src', 'dst'))
    case.start(src, dst)
    wrong = case.folder / 'wrong'
    wrong.touch(mode=0o600)
    wrong.write_text('wrong\n')
    words = ['--source-password-file', src.password_file(),
             '--destination-password-file', wrong,
             '--source-ca', certificates.authority(), '--destination-ca',
             certificates.authority(), src.uri(USER, 'imaps'), dst.uri(USER, 'imaps')]
    run = _check(case, *words).expect(3, 'refused the login')
    profile, = run.of('profile')
    assert profile['side'] == 'source' and profile['trust'] == 'file', profile
    assert profile['security'].startswith('TLSv1') and profile['login'] == 'PLAIN', profile
    assert profile['family'] == 'Dovecot' and 'MULTIAPPEND' in profile['append_mode'], profile
    words[1] = wrong
    run = _check(case, *words).expect(3, 'source', 'destination')
    assert len(run.of('fault')) == 2 and not run.of('profile'), run


def test_the_time_is_an_interval(case: Case) -> None:
    """High is at most three times low; the rate binds where it is the slowest."""
    src, dst = _pair(case, [Folder('INBOX', _mail(40, size=4_000)),
                            Folder('Work', _mail(60, 100, 4_000))])
    for options in ((), ('--connections', '1'), ('--rate', '10msg/s'), ('--rate', '20kB/s')):
        run = _check(case, *options, *case.words(src, dst)).expect(0)
        _expect_sane(run)
        total = _total(run)
        assert ('--rate' in options) == (total['bound'] == '--rate'), total
        if '--rate' in options:
            assert 8 < total['seconds_low'] < 25, total
    copy = case.copy(src, dst).expect(0)
    low, high = (_total(_check(case, *case.words(src, dst)))[f'seconds_{end}']
                 for end in ('low', 'high'))
    print(f'{copy.seconds:.2f} s; then {low:.2f} to {high:.2f} s')


def test_the_page(case: Case) -> None:
    """What a person reads: both sides, folders, time and verdict, within the columns."""
    src, dst = _pair(case, [Folder('INBOX', _mail(3)), Folder('Grüße', _mail(2, 10))])
    run = Started([str(support.GODWIT), 'check', *map(str, case.words(src, dst))],
                  case.folder / 'none').finish().expect(0)
    for words in ('source', 'destination', 'log-in by PLAIN', 'Grüße',
                  'Everything can be taken', 'would take from'):
        assert words in run.stdout, (words, run)
    assert all(len(line) <= 80 for line in run.stdout.splitlines()), run
    assert '\x1b' not in run.stdout, run
    run = Started([str(support.GODWIT), 'check', '--quiet', *map(str, case.words(src, dst))],
                  case.folder / 'none').finish().expect(0)
    assert not run.stdout and 'godwit' not in run.stderr, run


def test_selection(case: Case) -> None:
    """What is not chosen is left out and counted."""
    deleted = [Message(messages.simple(n), ('\\Deleted',)) for n in (50, 51)]
    src, dst = _pair(case, [Folder('INBOX', _mail(3) + deleted), Folder('Spam', _mail(4, 20))])
    run = _check(case, '--exclude', 'Spam', '--skip-deleted', *case.words(src, dst)).expect(0)
    assert [row['source'] for row in run.of('folder')] == ['INBOX'], run
    assert _folder(run, 'INBOX')['skipped'] == 2 and _total(run)['to_copy'] == 3, run
    left, = run.of('left_out')
    assert left['source'] == 'Spam' and left['messages'] == 4, left
