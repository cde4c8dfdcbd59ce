# SPDX-License-Identifier: Apache-2.0
"""The place of the kills: one source, the destinations, and users whom nobody knows yet."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import fill
import letters
from courier import Courier
from cyrus import Cyrus
from dovecot import Dovecot
from programs import Mailbox
from server import Server

HERE = Path(__file__).resolve().parent
SERVERS = ('maildir', 'mdbox', 'cyrus', 'courier')


@dataclass
class Lab:
    """The servers, running, and what is preloaded."""
    folder: Path
    src: Server
    dst: dict[str, Server]
    library: Path
    users: Iterator[str]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def mailbox(self, kind: str, name: str) -> Mailbox:
        """A user whose mail is at the source and who is new at the destination."""
        with self.lock:
            user = next(self.users)
        fill.install(self.src, user, 'kills', letters.folders())
        return Mailbox(self.src, self.dst[kind], user, self.folder / 'mailboxes' / name)

    @staticmethod
    def remove(mailbox: Mailbox) -> None:
        """What is no longer needed of a mailbox; Cyrus's spool ends with the run."""
        for place in (mailbox.folder, mailbox.src.home(mailbox.user),
                      mailbox.dst.home(mailbox.user)):
            shutil.rmtree(place, ignore_errors=True)


def _compile(folder: Path) -> Path:
    """killat.c, without the sanitizers that the program may have."""
    library = folder / 'killat.so'
    subprocess.run([os.environ.get('CC', 'cc'), '-shared', '-fPIC', '-O1', '-D_GNU_SOURCE',
                    '-o', str(library), str(HERE / 'killat.c')], check=True)
    return library


def open_lab(stack: ExitStack, folder: Path, kinds: list[str], users: int) -> Lab:
    """All servers, with so many users."""
    names = tuple(f'user{number}' for number in range(users))
    make = {'cyrus': lambda: Cyrus('cyrus', users=names, certificate=None,
                                   folder=folder / 'cyrus'),
            'courier': lambda: Courier('courier', users=names, certificate=None,
                                       folder=folder / 'courier')}
    src = Dovecot('src', certificate=None, folder=folder / 'src')
    dst = {kind: make[kind]() if kind in make else
           Dovecot(kind, kind, certificate=None, folder=folder / kind) for kind in kinds}
    for server in (src, *dst.values()):
        stack.enter_context(server)
        server.password_file()
    return Lab(folder, src, dst, _compile(folder), iter(names))
