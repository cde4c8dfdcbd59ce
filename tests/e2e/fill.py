# SPDX-License-Identifier: Apache-2.0
"""Puts a corpus into a server: by IMAP what IMAP can carry, as Maildir files the rest."""

from __future__ import annotations

import calendar
import fcntl
import hashlib
import itertools
import os
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import dovecot
from compare import encode_utf7
from messages import MONTHS, Folder, Message
from server import Server

GROUP_BYTES = 4_000_000
GROUP_MESSAGES = 200


class FillError(Exception):
    """The server refused a part of the corpus."""


class Writer:
    """A connection that writes octets as they are; imaplib would mend their line ends."""

    def __init__(self, server: Server, user: str) -> None:
        self.socket = socket.create_connection(('127.0.0.1', server.port), 60)
        self.file = self.socket.makefile('rb')
        self.separator = server.separator
        self.prefix = server.prefix
        self.tags = itertools.count()
        self.file.readline()
        self.command(f'LOGIN {quoted(user)} {quoted(dovecot.PASSWORD)}'.encode())

    def close(self) -> None:
        """Logs out."""
        self.command(b'LOGOUT')
        self.file.close()
        self.socket.close()

    def command(self, *parts: bytes, may_fail: bool = False) -> list[bytes]:
        """Sends one command, literals included, and gives its untagged lines."""
        tag = f'w{next(self.tags)} '.encode()
        self.socket.sendall(b''.join((tag, *parts, b'\r\n')))
        lines = []
        while True:
            line = self.file.readline()
            if line.startswith(tag):
                break
            if not line:
                raise FillError('the server closed the connection')
            lines.append(line)
        if not may_fail and not line.startswith(tag + b'OK'):
            raise FillError(f'{parts[0][:80]!r}: {line!r}')
        return lines

    def name(self, folder: str) -> bytes:
        """A folder's name as this server writes it."""
        full = folder
        if folder != 'INBOX':
            full = self.prefix + folder.replace('/', self.separator)
        return quoted(encode_utf7(full)).encode()

    def append(self, folder: str, messages: list[Message]) -> None:
        """Appends messages in their order, many in one command."""
        for group in groups(messages):
            parts = [b'APPEND ', self.name(folder)]
            for message in group:
                flags = f' ({" ".join(message.flags)})' if message.flags else ''
                parts.append(f'{flags} "{message.date:>26}" {{{len(message.octets)}+}}\r\n'
                             .encode())
                parts.append(message.octets)
            self.command(*parts)


    def try_append(self, folder: str, message: Message) -> bool:
        """Appends one message, asking before its literal; whether the server took it."""
        tag = f'w{next(self.tags)} '.encode()
        flags = f' ({" ".join(message.flags)})' if message.flags else ''
        head = f'{flags} "{message.date:>26}" {{{len(message.octets)}}}\r\n'.encode()
        self.socket.sendall(b''.join((tag, b'APPEND ', self.name(folder), head)))
        line = self.file.readline()
        if line.startswith(b'+'):
            self.socket.sendall(message.octets + b'\r\n')
            line = self.file.readline()
        while line and not line.startswith(tag):
            line = self.file.readline()
        if not line:
            raise FillError('the server closed the connection')
        return line.startswith(tag + b'OK')

    def try_command(self, *parts: bytes) -> bool:
        """One command; whether the server said OK."""
        try:
            self.command(*parts)
        except FillError:
            return False
        return True


def quoted(text: str) -> str:
    """An IMAP quoted string."""
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


def groups(messages: list[Message]) -> Iterator[list[Message]]:
    """Cuts a list into pieces that one MULTIAPPEND may carry."""
    group: list[Message] = []
    for message in messages:
        if group and (len(group) == GROUP_MESSAGES or
                      sum(len(m.octets) for m in group) + len(message.octets) > GROUP_BYTES):
            yield group
            group = []
        group.append(message)
    if group:
        yield group


def epoch(date: str) -> int:
    """The instant of an INTERNALDATE."""
    day, clock, zone = date.split()
    mday, month, year = day.split('-')
    hour, minute, second = map(int, clock.split(':'))
    offset = (int(zone[1:3]) * 60 + int(zone[3:])) * (-60 if zone[0] == '-' else 60)
    return calendar.timegm((int(year), MONTHS.index(month) + 1, int(mday),
                            hour, minute, second)) - offset


def maildir(server: dovecot.Dovecot, user: str, folder: str) -> Path:
    """The folder's place in a Maildir++ tree."""
    root = server.mail_root(user)
    return root if folder == 'INBOX' else root / ('.' + encode_utf7(folder.replace('/', '.')))


def deliver(place: Path, message: Message, number: int) -> None:
    """Writes a message as a file, as a delivery program does: what no APPEND takes."""
    when = epoch(message.date)
    letters = ''.join(letter for flag, letter in (
        ('\\Draft', 'D'), ('\\Flagged', 'F'), ('\\Answered', 'R'), ('\\Seen', 'S'),
        ('\\Deleted', 'T')) if flag in message.flags)
    path = place / 'cur' / f'{max(when, 0)}.M{number}P1.godwit:2,{letters}'
    path.write_bytes(message.octets)
    os.utime(path, (when, when))


def fill(server: dovecot.Dovecot, user: str, folders: list[Folder],
         lost_subscriptions: tuple[str, ...] = ()) -> None:
    """Makes the folders and their messages in a running server."""
    writer = Writer(server, user)
    for folder in folders:
        if folder.name != 'INBOX':
            writer.command(b'CREATE ', writer.name(folder.name))
        if folder.subscribed:
            writer.command(b'SUBSCRIBE ', writer.name(folder.name))
        writer.append(folder.name, [m for m in folder.messages if m.octets])
    for name in lost_subscriptions:
        writer.command(b'CREATE ', writer.name(name))
        writer.command(b'SUBSCRIBE ', writer.name(name))
        writer.command(b'DELETE ', writer.name(name))
    writer.close()
    if server.format == 'maildir':
        for folder in folders:
            for number, message in enumerate(folder.messages):
                if not message.octets:
                    deliver(maildir(server, user, folder.name), message, number)


def fill_what_goes(server: Server, user: str, folders: list[Folder]) -> int:
    """Puts in what the server takes, a command for each message; how many it refused."""
    writer = Writer(server, user)
    refused = 0
    for folder in folders:
        if folder.name != 'INBOX' and not writer.try_command(b'CREATE ',
                                                             writer.name(folder.name)):
            continue
        # Some servers subscribe what they create, others do not.
        writer.try_command(b'SUBSCRIBE ' if folder.subscribed else b'UNSUBSCRIBE ',
                           writer.name(folder.name))
        refused += sum(not writer.try_append(folder.name, m) for m in folder.messages)
    writer.close()
    return refused


def install(server: dovecot.Dovecot, user: str, name: str, folders: list[Folder],
            lost_subscriptions: tuple[str, ...] = ()) -> None:
    """Like fill, but from a kept copy of the store when the same was filled not long ago.

    The server need not run.  A copy older than half an hour is made anew, because a corpus
    may hold dates that must still lie ahead of now.
    """
    if server.separator != '/' or server.prefix:
        fill(server, user, folders, lost_subscriptions)
        return
    seed = hashlib.sha256((folders_digest(folders) + repr(lost_subscriptions)).encode())
    kept = dovecot.packages.ROOT / 'build' / 'e2e' / 'corpora' / (
        f'{name}-{server.format}-{seed.hexdigest()[:12]}')
    kept.parent.mkdir(parents=True, exist_ok=True)
    with open(kept.with_suffix('.lock'), 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = kept.with_suffix('.stamp')
        if not (stamp.exists() and stamp.stat().st_mtime > time.time() - 1_800):
            _keep(server, kept, folders, lost_subscriptions)
            stamp.touch()
        shutil.rmtree(server.home(user), ignore_errors=True)
        shutil.copytree(kept, server.home(user))


def _keep(server: dovecot.Dovecot, kept: Path, folders: list[Folder],
          lost_subscriptions: tuple[str, ...]) -> None:
    """Fills a server of its own and keeps the user's home."""
    for work in (kept, kept.with_suffix('.new')):
        shutil.rmtree(work, ignore_errors=True)
    with dovecot.Dovecot('corpus', server.format, fsync='never', folder=work) as filler:
        fill(filler, 'corpus', folders, lost_subscriptions)
    filler.home('corpus').rename(kept)
    shutil.rmtree(work, ignore_errors=True)


def folders_digest(folders: list[Folder]) -> str:
    """A digest of a whole corpus; of a date ahead of now, only that it is."""
    digest = hashlib.sha256()
    now = time.time()
    for folder in folders:
        digest.update(repr((folder.name, folder.subscribed, len(folder.messages))).encode())
        for message in folder.messages:
            date = epoch(message.date)
            digest.update(repr((message.flags, 'ahead' if date > now else date)).encode())
            digest.update(hashlib.sha256(message.octets).digest())
    return digest.hexdigest()
