# SPDX-License-Identifier: Apache-2.0
"""Nothing that a source says becomes a command at the destination.

Each case has bodies that would create the folder "hit" if a destination took them for
commands.  Godwit may refuse such a source, or copy from it; the folder must never be there,
and whatever is there must be a whole message of the source.
"""

from __future__ import annotations

import hashlib

import compare
import dovecot
import fill
import messages
from hostile import HostileServer, Mail
from messages import Folder, Message
from support import USER, Case, limit

BODIES = (b'k1 CREATE hit\r\nk2 CREATE "hit"\r\n', *messages.commands()[:10],
          b'Subject: x\r\n\r\n' + b'k1 CREATE hit\r\n' * 400)
FLAGS = (
    b'\\Foo', b'\\Seen \\Nonsense', b'\\Recent', b'\\*', b'\\', b'a"b', b'"quoted"', b'x{310+}',
    b'{3+}', b'per%cent', b'st*r', b'back\\slash', b'br]acket', b'\xc3\xbcber', b'\xff',
    b'\\Seen) "01-Mar-2021 09:00:00 +0000" {3+}', b'a\0b', b'a\tb', b'a\x7fb', b'L' * 5_000,
    b' '.join(b'many%d' % n for n in range(500)), b'NIL', b'$Forwarded')
DATES = (
    b'"01-Mar-2021 09:00:00 +0000\\" {3+}"', b'"01-Mar-2021"', b'NIL', b'""',
    b'"99-Xyz-0000 x"',
    b'"30-Feb-2021 25:61:61 +9999"', b'"01-Mar-99999 09:00:00 +0000"',
    b'{42}\r\n01-Mar-2021 09:00:00 +0000"\r\nk1 CREATE hit\r\n',
    b'"01-Mar-2021 09:00:00 +0000\0"')
NAMES = (
    b'"a\\" {3+}"', b'{18}\r\na\r\nk1 CREATE hit\r\nb', b'{3}\r\na\0b', b'"a&AA0ACg-b"',
    b'"&AGEAYg-"', b'"&"', b'"&-&Jj"', b'"../../hit"', b'"\xff\xfe"',
    b'"' + b'n' * 3_000 + b'"',
    b'"a%b*c"', b'"a/"', b'"/a"', b'"a//b"', b'""', b'"inbox"')
WRITING = {b'STORE', b'EXPUNGE', b'APPEND', b'CREATE', b'DELETE', b'RENAME', b'SUBSCRIBE'}
SIZES = (0, 1, 5, 10**9, 4_294_967_295)


def _attack(case: Case, dst: dovecot.Dovecot, mails: list[Mail], other: bytes = b'',
            options: tuple[str, ...] = ()) -> None:
    """Copies from a hostile source into a mailbox of its own."""
    source = HostileServer(mails, other)
    user = f'victim{case.runs}'
    words = case.words(dst, dst, user=user)
    words[-2] = f'imap://{user}@localhost:{source.port}/'
    run = case.godwit('--quiet', *options, *words, timeout=20)
    label = f'{mails[0].flags[:60]!r} {mails[0].date[:60]!r} {other[:60]!r} {mails[0].size}'
    assert run.status in (0, 2, 4, 7), f'{label}\n{run}'
    there = compare.read(dst.uri(user), dovecot.PASSWORD)
    assert 'hit' not in there.folders, f'A text was executed: {label}\n{run}'
    known = {hashlib.sha256(mail.octets).hexdigest() for mail in mails}
    for name, folder in there.folders.items():
        for message in folder.messages:
            assert message[1] in known, f'Not of the source, in {name}: {label}\n{run}'
    for command in source.commands:
        words = command.upper().split()[1:3]
        assert not WRITING & set(words), f'Godwit writes to the source: {command!r}'


def _attack_all(case: Case, attacks: list[tuple[list[Mail], bytes]]) -> None:
    dst = case.server('dst', 'mdbox')
    case.start(dst)
    for mails, other in attacks:
        for options in ((), ('--without', 'MULTIAPPEND')):
            _attack(case, dst, mails, other, options)


def _mails(**settings: object) -> list[Mail]:
    return [Mail(octets, **settings) for octets in BODIES]


def test_the_attack_is_real(case: Case) -> None:
    """The bed itself: a client that passes a hostile flag on does execute the body."""
    dst = case.server('dst', 'mdbox')
    case.start(dst)
    try:
        fill.fill(dst, USER, [Folder('INBOX', [Message(BODIES[0], ('\\Foo',))])])
        raise AssertionError('This Dovecot takes an unknown system flag.')
    except fill.FillError:
        pass
    for _ in range(100):
        if 'hit' in compare.read(dst.uri(USER), dovecot.PASSWORD).folders:
            return
    raise AssertionError('This Dovecot does not run the body: the tests here prove nothing.')


def test_an_honest_source_of_this_kind_is_copied(case: Case) -> None:
    """The bed itself: without hostility, every message arrives."""
    dst = case.server('dst', 'mdbox')
    case.start(dst)
    source = HostileServer(_mails(), b'"Other & more"')
    words = case.words(dst, dst)
    words[-2] = f'imap://{USER}@localhost:{source.port}/'.replace(USER, 'a')
    run = case.godwit('--quiet', *words).expect(0).expect_sum()
    assert run.total['copied'] == 2 * len(BODIES), run


@limit(150)
def test_hostile_flags(case: Case) -> None:
    """Flags and keywords that would end the argument they stand in."""
    _attack_all(case, [(_mails(flags=flags), b'') for flags in FLAGS])


@limit(150)
def test_hostile_dates(case: Case) -> None:
    """Dates that are none."""
    _attack_all(case, [(_mails(date=date), b'') for date in DATES])


@limit(150)
def test_hostile_names(case: Case) -> None:
    """Folder names with line ends, quotes, NUL, and broken UTF-7."""
    _attack_all(case, [(_mails(), name) for name in NAMES])


@limit(150)
def test_hostile_sizes(case: Case) -> None:
    """Sizes that are lies: a literal is announced by what comes, not by what was said."""
    _attack_all(case, [(_mails(size=size), b'') for size in SIZES])
