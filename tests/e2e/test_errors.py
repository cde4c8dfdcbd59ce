# SPDX-License-Identifier: Apache-2.0
"""Bad input and bad days: one clear sentence, the documented status, nothing half-written."""

from __future__ import annotations

import re

import certificates
import compare
import corpus
import dovecot
import fill
import messages
from dovecot import Dovecot
from messages import Folder, Message
from proxy import CuttingProxy, Stranger
from support import USER, Case, limit


def _dst(case: Case) -> Dovecot:
    dst = case.server('dst')
    case.start(dst)
    return dst


def _words(case: Case, dst: Dovecot, source: str, *options: str) -> list[str]:
    """Arguments with a source of our own making."""
    words = case.words(dst, dst)
    return ['--quiet', *options, *words[:-2], source, words[-1]]


def _small_source(case: Case, **settings: object) -> Dovecot:
    src = case.server('src', **settings)
    case.start(src)
    fill.fill(src, USER, [Folder('INBOX', [Message(messages.simple(n)) for n in range(5)])])
    return src


def test_wrong_host(case: Case) -> None:
    """A name that does not resolve."""
    words = _words(case, _dst(case), 'imaps://anna@nowhere.invalid/')
    case.godwit(*words).expect_sentence(4, r'nowhere\.invalid')


def test_refused_port(case: Case) -> None:
    """A port on which nobody listens."""
    port = dovecot.free_port()
    words = _words(case, _dst(case), f'imaps://anna@localhost:{port}/')
    case.godwit(*words).expect_sentence(4, str(port))


def test_wrong_password_is_tried_once(case: Case) -> None:
    """Twice is how accounts get locked."""
    src, dst = _small_source(case), _dst(case)
    wrong = case.folder / 'wrong'
    wrong.write_text('not-the-password\n')
    wrong.chmod(0o600)
    for side, server in (('source', src), ('destination', dst)):
        words = case.words(src, dst)
        words[words.index(f'--{side}-password-file') + 1] = str(wrong)
        run = case.godwit('--quiet', *words).expect_sentence(3, side, USER)
        assert 'not-the-password' not in run.stdout + run.stderr, run
        tries = re.findall('assword mismatch', server.log())
        assert len(tries) == 1, f'{len(tries)} tries at the {side}.\n{server.log()}'


def test_uri_typo(case: Case) -> None:
    """Every one of them ends before anything is connected."""
    dst = _dst(case)
    for uri in ('imap:/anna@localhost/', 'imap//anna@localhost/', 'smtp://anna@localhost/',
                'imaps://localhost/', 'imaps://anna@localhost:99999/', 'imaps://anna@/',
                'imaps://anna@localhost:12x/', 'imaps://an%zzna@localhost/', '',
                'imaps://anna%0d%0a@localhost/', 'imaps://anna%00@localhost/'):
        case.godwit(*_words(case, dst, uri)).expect_sentence(1)
    assert 'Login: user=' not in dst.log(), dst.log()


def test_bad_options(case: Case) -> None:
    """Values that are none."""
    mailboxes = ('imap://anna@localhost:1/', 'imap://bert@localhost:1/')
    for option in (('--rate', 'fast'), ('--rate', '0MB/s'), ('--connections', '0'),
                   ('--connections', 'many'), ('--source-pin', 'sha256:12'), ('--nonsense',),
                   ('--source-pin', 'md5:' + '0' * 64)):
        case.godwit(*option, *mailboxes).expect(1)
    case.godwit(mailboxes[0]).expect(1)
    case.godwit(*mailboxes, mailboxes[0]).expect(1)


def test_unreadable_password_file(case: Case) -> None:
    """Missing, a folder, empty."""
    src, dst = _small_source(case), _dst(case)
    (case.folder / 'empty').touch(mode=0o600)
    for path in ('missing', '', 'empty'):
        words = case.words(src, dst)
        words[1] = str(case.folder / path)
        case.godwit('--quiet', *words).expect_sentence(1, re.escape(str(case.folder)))
    assert 'assword mismatch' not in src.log() + dst.log()


def test_not_an_imap_server(case: Case) -> None:
    """An SSH server, a web server, one that closes, one that says a very long line."""
    dst = _dst(case)
    for greeting in (b'SSH-2.0-OpenSSH_9.2\r\n', b'HTTP/1.1 400 Bad Request\r\n\r\n',
                     b'220 mail.example ESMTP\r\n', b'* BYE too busy\r\n', b'x' * 300_000):
        stranger = Stranger(greeting)
        words = _words(case, dst, f'imap://anna@localhost:{stranger.port}/')
        case.godwit(*words).expect_sentence(4)


def test_clear_text_where_tls_is_expected(case: Case) -> None:
    """imaps:// to a port that speaks IMAP in clear."""
    src, dst = _small_source(case), _dst(case)
    words = _words(case, dst, f'imaps://anna@localhost:{src.port}/')
    case.godwit(*words).expect_sentence(4)


def test_bad_certificates(case: Case) -> None:
    """Each is refused with the pin to paste, and with that pin the copy goes on."""
    dst = _dst(case)
    for name in ('foreign', 'expired', 'self-signed', 'other-host'):
        src = case.server(name, certificate=name)
        case.start(src)
        fill.fill(src, USER, [Folder('INBOX', [Message(messages.simple(1))])])
        for scheme in ('imaps', 'imap'):
            words = case.words(src, dst, scheme)
            pin = certificates.pin(name)
            case.godwit('--quiet', *words).expect_sentence(4, f'--source-pin[ =]{pin}')
            case.godwit('--quiet', '--source-pin', pin, *words).expect(0)
            other = certificates.pin('server')
            case.godwit('--quiet', '--source-pin', other, *words).expect_sentence(4)
        log = src.log()
        assert log.count('Login: user=') == 3, f'A log-in went over a refused line.\n{log}'
        src.stop()


def test_bad_certificate_at_the_destination(case: Case) -> None:
    """The same for the other side."""
    src = _small_source(case)
    dst = case.server('dst', certificate='self-signed')
    case.start(dst)
    pin = certificates.pin('self-signed')
    run = case.copy(src, dst, scheme='imaps')
    run.expect_sentence(4, f'--destination-pin[ =]{pin}')
    run = case.copy(src, dst, '--destination-pin', pin, scheme='imaps').expect(0)
    case.expect_equal(src, dst, run)


def test_destination_over_quota_in_the_middle(case: Case) -> None:
    """Status 5; what is there is whole; with more room the rest comes, nothing twice."""
    src, dst = case.server('src'), case.server('dst', 'mdbox', quota='2M')
    corpus.install_sample(src, USER)
    case.start(src, dst)
    run = case.copy(src, dst).expect(5, 'full|quota')
    there = case.expect_part(src, dst)
    assert there == run.total['copied'], f'{there} are there.\n{run}'
    assert 0 < there < 508, run
    dst.stop()
    dst.quota = None
    dst.start()
    run = case.copy(src, dst).expect(2).expect_sum()
    assert run.total['adopted'] == there, run
    case.expect_equal(src, dst, run)


# Nothing in it waits: eight runs and eight comparisons of two mailboxes are many seconds of
# work, on a busy machine more than a minute. A run that waits is given up by `Started.finish`.
@limit(180)
def test_source_disappears_in_the_middle(case: Case) -> None:
    """Cut at many places: status 4, only whole messages, and the next run brings the rest."""
    src, dst = case.server('src', certificate=None), case.server('dst', 'mdbox')
    corpus.install_sample(src, USER)
    case.start(src, dst)
    seen = cuts = 0
    for cut_after_bytes in (60, 700, 3_000, 40_000, 400_000, 1_500_000, 3_000_000):
        proxy = CuttingProxy(src.port, cut_after_bytes)
        words = case.words(src, dst)
        words[-2] = words[-2].replace(f':{src.port}/', f':{proxy.port}/')
        run = case.godwit('--quiet', *words)
        if proxy.was_cut():
            run.expect(4, 'source')
            cuts += 1
        there = case.expect_part(src, dst)
        assert there >= seen, f'{seen} were there, now {there}.'
        seen = there
        proxy.close()
    assert seen > 0 and cuts >= 6, f'{seen} messages arrived before {cuts} cuts.'
    run = case.copy(src, dst).expect(2).expect_sum()
    assert run.total['adopted'] == seen, run
    case.expect_equal(src, dst, run)


def test_destination_disappears_in_the_middle(case: Case) -> None:
    """Status 4 or, if a commit's reply was lost, 7; nothing is half-written."""
    src, dst = case.server('src'), case.server('dst', 'mdbox', certificate=None)
    corpus.install_sample(src, USER)
    case.start(src, dst)
    cuts = 0
    for cut_after_bytes in (60, 300, 900, 1_600, 2_400, 4_000, 8_000):
        proxy = CuttingProxy(dst.port, cut_after_bytes)
        words = case.words(src, dst)
        words[-1] = words[-1].replace(f':{dst.port}/', f':{proxy.port}/')
        run = case.godwit('--quiet', *words)
        if proxy.was_cut():
            assert run.status in (4, 7), run
            cuts += 1
        case.expect_part(src, dst)
        proxy.close()
    assert cuts >= 4, f'There were only {cuts} cuts.'
    run = case.copy(src, dst).expect(2)
    case.expect_equal(src, dst, run)


def test_no_right_to_write_a_folder(case: Case) -> None:
    """A folder that takes nothing is refused, message by message; the others are brought."""
    src = _small_source(case)
    fill.fill(src, USER, [Folder('Secret', [Message(messages.simple(n)) for n in range(3)]),
                          Folder('Zebra', [Message(messages.simple(n)) for n in range(2)])])
    dst = case.server('dst', acl='Secret owner lr\n')
    case.start(dst)
    run = case.copy(src, dst).expect(2).expect_sum()
    assert len(run.refused) == 3 and {folder for folder, _ in run.refused} == {'Secret'}, run
    assert run.total['copied'] == 7, run
    found = case.differences(src, dst, run)
    assert all('"Secret"' in line for line in found), found


def test_no_right_to_read_a_folder(case: Case) -> None:
    """A folder that the source does not open is named; the others are brought."""
    src = case.server('src', acl='')
    dst = _dst(case)
    case.start(src)
    fill.fill(src, USER, [Folder(name, [Message(messages.simple(n)) for n in range(3)])
                          for name in ('INBOX', 'Secret', 'Zebra')])
    src.stop()
    src.acl = 'Secret owner l\n'
    src.start()
    run = case.copy(src, dst)
    assert run.status in (2, 7), run
    assert 'Secret' in run.stdout + run.stderr + str(run.events), run
    there = compare.read(dst.uri(USER), dovecot.PASSWORD)
    counts = {name: len(folder.messages) for name, folder in there.folders.items()}
    assert (counts['INBOX'], counts['Zebra'], counts.get('Secret', 0)) == (3, 3, 0), counts

