# SPDX-License-Identifier: Apache-2.0
"""Message text never becomes a command; and model servers of three families copied honestly.

The model server of the profile "dovecot" does what Dovecot does: after a BAD to an APPEND it
reads the message as commands.  Its journal has every command that it read.
"""

from __future__ import annotations

import socket

import modelserver
from modelpair import FOLDERS, Pair, small
from messages import Folder, Message
from modelserver import PASSWORD, SCRIPTS, ModelServer
from support import Case, Run, limit
from test_security import BODIES, DATES, FLAGS

MINE = {'CAPABILITY', 'LOGIN', 'AUTHENTICATE', 'ID', 'ENABLE', 'NAMESPACE', 'LIST', 'LSUB',
        'STATUS', 'SELECT', 'EXAMINE', 'CREATE', 'SUBSCRIBE', 'APPEND', 'UNSELECT', 'CLOSE',
        'UID-FETCH', 'UID-SEARCH', 'NOOP', 'LOGOUT'}
# Not a list of flags, not a date: where they end cannot be known. All else is left out.
UNREADABLE = (b'{3+}', b'\\Seen) "01-Mar-2021 09:00:00 +0000" {3+}', b'a\0b', b'a\x7fb',
              b'{42}\r\n01-Mar-2021 09:00:00 +0000"\r\nk1 CREATE hit\r\n')
WAYS = ((), ('--without', 'MULTIAPPEND'), ('--without', 'LITERAL+'))


def _mail(**words: bytes) -> bytes:
    return b''.join(modelserver.of_message(Message(body), **words) for body in BODIES)


def _attack(case: Case, content: bytes, label: object, way: tuple[str, ...] = ()) -> Run:
    pair = Pair(case, {'content': content}, compares='digests')
    run = pair.copy(*way, timeout=20)
    pair.expect_honest(run)
    said = [note for note in pair.dst.notes() if note['name'].isupper()]
    strange = [note for note in said if note['name'] not in MINE
               or note['name'] == 'CREATE' and note['text'].strip('" ') == 'hit']
    assert not strange, f'Message text was read as commands: {label!r} {strange[:5]}\n{run}'
    assert not pair.dst.notes('bad'), f'{label!r} {pair.dst.notes("bad")[:3]}\n{run}'
    assert 'hit' not in pair.dst.folders(), f'{label!r}\n{run}'
    return run


def test_the_attack_is_real(case: Case) -> None:
    """The bed itself: a client that passes a hostile flag on does execute the body."""
    server = case.stack.enter_context(ModelServer(case.folder / 'server'))
    body = BODIES[0]
    with socket.create_connection(('127.0.0.1', server.port), 10) as link:
        link.sendall(b'a LOGIN anna %s\r\n' % PASSWORD.encode()
                     + b'b APPEND INBOX (x"y) {%d+}\r\n%s\r\nc LOGOUT\r\n' % (len(body), body))
        while link.recv(65_536):
            pass
    server.stop()
    assert 'hit' in server.folders() and server.notes('bad'), server.notes()


@limit(100)
def test_message_text_never_becomes_a_command(case: Case) -> None:
    """Hostile flags, keywords and dates at the source, bodies full of commands."""
    for number, flags in enumerate(FLAGS):
        run = _attack(case, _mail(raw_flags=flags), flags[:60], WAYS[number % 3])
        run.expect(4 if flags in UNREADABLE else 0)
        assert run.total['left' if flags in UNREADABLE else 'copied'] == 12, run
    for number, date in enumerate(DATES):
        run = _attack(case, _mail(raw_date=date), date[:60], WAYS[number % 2])
        run.expect(4 if date in UNREADABLE else 0)
        assert run.total['left' if date in UNREADABLE else 'copied'] == 12, run


def test_folder_names_never_become_commands(case: Case) -> None:
    """D52: names with line ends, NUL, quotes, wildcards, broken UTF-7, over bodies of commands.

    One of them, with line ends, can be said to no server: it is left.
    """
    names = (SCRIPTS / 'd52.content').read_bytes()
    for way in WAYS:
        run = _attack(case, names + _mail(), 'd52', way).expect(7)
        assert run.total['copied'] == 12 and run.total['left'] == 1, run


def test_bodies_of_commands_are_copied(case: Case) -> None:
    """The bed itself: without hostility every body arrives, in each way."""
    for way in WAYS:
        pair = Pair(case, {'content': _mail()})
        run = pair.copy(*way).expect(0)
        pair.expect_exact(run)
        assert 'CREATE' not in pair.dst.commands(), pair.dst.commands()


def test_families_are_copied_exactly(case: Case) -> None:
    """Each as source and each as destination: every message, flag, date and folder."""
    folders = [*FOLDERS, Folder('Empty'), Folder('Unseen', small(50, 2), subscribed=False)]
    for src in ('dovecot', 'cyrus', 'courier'):
        content = modelserver.content(folders, src)
        for dst in ('dovecot', 'cyrus', 'courier', 'minimal'):
            pair = Pair(case, {'profile': src, 'content': content}, {'profile': dst})
            run = pair.copy()
            if src != dst:
                pair.expect_exact(run)
                continue
            again = pair.copy()
            pair.stop()
            pair.expect_exact(again)
            assert (run.total['copied'], again.total['copied']) == (23, 0), f'{run}\n{again}'
            here, there = ({each['folder'] for each in server.dump if each.get('subscribed')}
                           for server in (pair.src, pair.dst))
            assert here == there, f'Subscribed: {here}, {there}'
