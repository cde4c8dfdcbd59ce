# SPDX-License-Identifier: Apache-2.0
"""Servers that misbehave before there is mail: connection, encryption, log-in.

The numbers are those of the catalogue of hostile servers; each script in
tests/modelserver/scripts says what it does and what must happen here.
"""

from __future__ import annotations

import base64
from pathlib import Path

import certificates
import hostile_page
import modelserver
from messages import Folder
from modelpair import Pair, small
from support import Case, Run, limit

STARTTLS = {'certificate': 'server', 'starttls': True}
SIDES = ('src', 'dst')
NAMES = {'src': 'source', 'dst': 'destination'}


def _refused(case: Case, status: int, *options: str, log_ins: int = 0, **sides: dict) -> Run:
    """A copy that ends before any mail, with one sentence; `log_ins` were begun there."""
    pair = Pair(case, **sides)
    run = pair.copy(*options)
    run.expect_sentence(status, NAMES[next(iter(sides))])
    pair.expect_honest(run)
    hostile = getattr(pair, next(iter(sides)))
    assert hostile.log_ins() == log_ins, f'{hostile.notes()}\n{run}'
    return run


def _clear_log_ins(pair: Pair) -> int:
    return pair.src.log_ins(tls=False) + pair.dst.log_ins(tls=False)


def test_d01_preauth_in_clear(case: Case) -> None:
    """Somebody between us and a server that encrypts: not a command, not a password."""
    for side in SIDES:
        _refused(case, 4, **{side: {'scripts': ('d01',), **STARTTLS}})
        pair = Pair(case, **{side: {'scripts': ('d01',), **STARTTLS}})
        pair.expect_honest(pair.copy().expect(4))
        assert not getattr(pair, side).commands(), getattr(pair, side).notes()


def test_d02_preauth_under_tls(case: Case) -> None:
    """A mailbox that nobody has asked for may be anybody's."""
    for side in SIDES:
        _refused(case, 4, **{side: {'scripts': ('d02',), 'certificate': 'server'}})


def test_d03_no_starttls(case: Case) -> None:
    """Off loopback nothing goes on in clear unless it was ordered."""
    for side in SIDES:
        # 0.0.0.0 is this machine too, but Godwit does not call it loopback.
        settings = {'scripts': ('d03',), 'host': '0.0.0.0', **STARTTLS}
        _refused(case, 4, **{side: settings})
        pair = Pair(case, **{side: {**settings, 'certificate': None, 'starttls': False}})
        pair.expect_exact(pair.copy(f'--{NAMES[side]}-plaintext'))


def test_d04_starttls_in_one_list_only(case: Case) -> None:
    """Encrypted, or not at all."""
    for script in ('d04', 'd04-reverse'):
        for side in SIDES:
            pair = Pair(case, **{side: {'scripts': (script,), **STARTTLS}})
            run = pair.copy()
            assert run.status == 0, run
            pair.expect_honest(run)
            assert getattr(pair, side).log_ins(tls=False) == 0, run


def test_d05_starttls_refused(case: Case) -> None:
    """NO, BAD: there is no going on without it."""
    for script in ('d05-no', 'd05-bad'):
        for side in SIDES:
            _refused(case, 4, **{side: {'scripts': (script,), **STARTTLS}})


def test_d06_words_before_the_handshake(case: Case) -> None:
    """What was said in clear behind the OK must not count under TLS."""
    for side in SIDES:
        _refused(case, 4, **{side: {'scripts': ('d06',), **STARTTLS}})


def test_d07_answer_before_the_handshake(case: Case) -> None:
    """The answer to a command that has not been said yet."""
    for side in SIDES:
        _refused(case, 4, **{side: {'scripts': ('d07',), **STARTTLS}})


def test_d08_words_before_the_log_in(case: Case) -> None:
    """Folders, counts and flags that were told in clear are forgotten."""
    for side in SIDES:
        for tls in (STARTTLS, {}):
            pair = Pair(case, **{side: {'scripts': ('d08',), **tls}})
            run = pair.copy()
            assert run.status == 0, run
            pair.expect_honest(run)
            shown = run.stdout + run.stderr + str(run.events)
            heard = str([note['text'] for note in pair.src.notes() + pair.dst.notes()])
            assert 'evil' not in shown + heard, f'{heard}\n{run}'


def test_d09_referral(case: Case) -> None:
    """Nobody is followed to another server."""
    for side in SIDES:
        _refused(case, 3, log_ins=1, **{side: {'scripts': ('d09',)}})


def test_d09_referral_in_the_greeting(case: Case) -> None:
    """BYE with a referral: told, not followed; so are those of folders."""
    bye = 'on greeting do reply "* BYE [REFERRAL imap://evil.example/] Go there" then drop'
    for side in SIDES:
        run = _refused(case, 4, **{side: {'rules': bye}})
        assert 'Go there' in run.stderr, run
    folder = 'on command EXAMINE 1 do reply "%T NO [REFERRAL imap://127.0.0.2/INBOX] Moved"'
    pair = Pair(case, src={'rules': folder})
    pair.expect_honest(pair.copy().expect(7))


def test_d10_alert_with_escapes(case: Case) -> None:
    """Whatever an alert says, no control octet reaches the terminal."""
    for side in SIDES:
        pair = Pair(case, **{side: {'scripts': ('d10',)}})
        pair.expect_exact(pair.copy())
    long = 'on done AUTHENTICATE do raw "* OK [ALERT] " then flood-raw 10000 "0123456789" ' \
           'then raw "\\r\\n"'
    _refused(case, 4, log_ins=1, src={'rules': long})


# Each with what is said of it.
CERTIFICATES = {
    'expired': 'expired on 2021-01-01', 'other-host': 'is not for this name but for mail.else',
    'self-signed': 'is self-signed', 'foreign': 'whom this machine does not trust',
    'future': 'is not valid before 2090', 'wildcard': 'is not for this name but for *',
    'name-only': 'is for no host', 'address': 'is not for this name but for 127.0.0.1',
    'short-key': 'key too weak', 'sha1': 'algorithm too weak',
    'chain': 'whom this machine does not trust', 'constrained': 'permitted subtree violation',
}


@limit(100)
def test_d11_bad_certificates(case: Case) -> None:
    """Refused before any password, with the pin to paste; with the pin it goes on."""
    assert set(CERTIFICATES) == set(certificates.NAMES) - {'server'}
    for number, (name, said) in enumerate(CERTIFICATES.items()):
        pin = certificates.pin(name)
        side = SIDES[number % 2]
        settings = {'scripts': ('d11',), 'certificate': name, 'starttls': number % 4 < 2}
        run = _refused(case, 4, **{side: settings})
        line = f'--{NAMES[side]}-pin {pin}'
        assert line in run.stderr.replace('=', ' '), f'No "{line}".\n{run}'
        assert said in run.stderr, f'"{said}" is not said.\n{run}'
        pair = Pair(case, **{side: settings})
        pair.expect_exact(pair.copy(f'--{NAMES[side]}-pin', pin))
        assert getattr(pair, side).log_ins(tls=False) == 0


def test_d14_login_disabled(case: Case) -> None:
    """Nothing to try, in clear and under TLS."""
    quiet = {'rules': 'set without AUTH=PLAIN', 'certificate': 'server'}
    for settings in ({}, quiet, {**quiet, 'starttls': True}):
        for side in SIDES:
            _refused(case, 3, **{side: {'scripts': ('d14',), **settings}})


def test_d15_mechanisms(case: Case) -> None:
    """None that is known: nothing is sent.  One among five thousand is found."""
    many = ' '.join(f'AUTH=X{number}' for number in range(5_000))
    for side in SIDES:
        greeting = 'on greeting do reply "* OK [CAPABILITY IMAP4rev1 {}] ready"'
        none = 'LOGINDISABLED AUTH=X AUTH=Y-Z AUTH='
        rules = f'set without AUTH=PLAIN\nset with LOGINDISABLED\n{greeting.format(none)}'
        _refused(case, 3, **{side: {'rules': rules}})
        pair = Pair(case, **{side: {'rules': greeting.format(f'{many} AUTH=PLAIN')}})
        pair.expect_exact(pair.copy())
        _refused(case, 4, **{side: {'rules': greeting.format(f'{many} {many}')}})


def test_d18_password_in_the_refusal(case: Case) -> None:
    """A server that quotes the password gets it shown nowhere, and is asked once."""
    for side in SIDES:
        trace = case.folder / f'trace-{side}'
        run = _refused(case, 3, '--trace', str(trace), log_ins=1,
                       **{side: {'scripts': ('d18',), 'password': 'secret'}})
        assert 'secret' not in run.stdout + run.stderr + str(run.events), run
        coded = base64.b64encode(b'\0anna\0secret').decode()
        for text in ('secret', coded, coded[8:]):
            assert text not in trace.read_text(errors='replace'), trace.read_text()


def test_d18_password_in_the_next_greeting(case: Case) -> None:
    """A server that greets the next connection with the password: shown and traced nowhere."""
    many = modelserver.content([Folder(f'F{n}', small(10 * n, 8)) for n in range(6)])
    for side in SIDES:
        for rule in ('on greeting 2+ do reply "* OK correct-horse is back"',
                     'on greeting 2+ do reply "* BYE correct-horse, go away" then drop'):
            sides: dict = {'src': {'content': many}, 'dst': {}}
            sides[side]['rules'] = rule
            pair = Pair(case, **sides)
            pair.expect_exact(pair.copy())
            traces = [path.read_text() for path in pair.place.glob('trace-*')]
            assert any('is back' in text or 'go away' in text for text in traces), traces


def test_d19_locked_behind_the_log_in(case: Case) -> None:
    """The log-in is granted, and nothing else."""
    for side in SIDES:
        _refused(case, 3, log_ins=1, **{side: {'scripts': ('d19',)}})
    rules = 'on command EXAMINE do reply "%T NO [AUTHENTICATIONFAILED] Who are you?"'
    pair = Pair(case, src={'rules': rules})
    run = pair.copy('--connections', '1').expect(3, 'Who are you')
    pair.expect_honest(run)
    assert not pair.dst.by_uid(), run


def test_d105_no_imap_server(case: Case) -> None:
    """SSH on this port: one sentence, and no password for it."""
    for side in SIDES:
        _refused(case, 4, **{side: {'scripts': ('d105',)}})


def test_the_page_says_what_the_tests_expect(case: Case) -> None:
    """docs/hostile.md names each case that has a test, with the statuses that it expects."""
    text = hostile_page.PAGE.read_text()
    tests = hostile_page.of_tests(Path(__file__).parent)
    found = hostile_page.differences(text, tests)
    assert not found, '\n'.join(found)
    # The bed itself: a status, a case and a row that are not true are found.
    rows = {case: (line, text.splitlines()[line - 1])
            for line, cases, _ in hostile_page.of_page(text) for case in cases}
    assert len(rows) == len(tests) > 50, f'{len(rows)} cases, {len(tests)} with tests'
    for number, old, new, said in ((85, '| 5;', '| 4;', 'the page says [0, 4]'),
                                   (74, 'D74', 'D274', 'D274 has no test'),
                                   (13, rows[13][1], '', 'D13 is not on the page')):
        assert old in rows[number][1], rows[number]
        false = text.replace(rows[number][1], rows[number][1].replace(old, new))
        assert said in str(hostile_page.differences(false, tests)), f'{number} is not missed.'
    assert not case.runs, 'This test runs nothing.'


def test_the_servers_are_here(case: Case) -> None:
    """The bed itself: without a script every profile of TLS is copied from and to."""
    for settings in ({}, STARTTLS, {'certificate': 'server'}):
        pair = Pair(case, src=settings, dst=settings)
        pair.expect_exact(pair.copy())
        assert pair.src.log_ins() > 0 and pair.dst.log_ins() > 0
        if settings:
            assert _clear_log_ins(pair) == 0
