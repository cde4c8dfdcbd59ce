# SPDX-License-Identifier: Apache-2.0
"""The programs that are killed: godwit, and mbsync and interimap for comparison.

Each is set up once for a mailbox, in a folder of its own, and then started as often as need be
with the same words.
"""

from __future__ import annotations

import functools
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import packages
from server import PASSWORD, Server

GODWIT = Path(os.environ.get('GODWIT', packages.ROOT / 'build' / 'godwit')).resolve()
MBSYNC_STORE = """IMAPAccount {name}
Host 127.0.0.1
Port {port}
User {user}
Pass {password}
SSLType None
AuthMechs LOGIN

IMAPStore {name}
Account {name}

"""
MBSYNC_CHANNEL = """Channel all
Far :far:
Near :near:
Patterns *
Create Near
Sync Pull
Expunge None
CopyArrivalDate yes
SyncState {state}/
"""
INTERIMAP = 'database = {state}/db\nlist-mailbox = *\n\n'
INTERIMAP_SIDE = """[{name}]
type = imap
host = 127.0.0.1
port = {port}
STARTTLS = NO
auth = PLAIN LOGIN
username = {user}
password = {password}

"""


@dataclass(frozen=True)
class Mailbox:
    """One mailbox on its way: where it is, where it goes, and a folder for what that leaves."""
    src: Server
    dst: Server
    user: str
    folder: Path

    @property
    def state(self) -> Path:
        """Where the program keeps what must outlive it."""
        return self.folder / 'state'


class Program:
    """What is killed."""
    name: ClassVar[str]
    is_ours: ClassVar[bool] = False         # what others do is shown and fails nothing
    header: ClassVar[str | None] = None     # one that it adds to every message
    servers: ClassVar[tuple[str, ...]] = ('maildir', 'mdbox', 'cyrus', 'courier')

    def keeps_state(self) -> bool:
        """Whether it writes something that a later run reads."""
        return True

    def set_up(self, mailbox: Mailbox) -> tuple[list[str], dict[str, str]]:
        """Its command for a mailbox, and its environment."""
        raise NotImplementedError


class Godwit(Program):
    """The program itself."""
    name = 'godwit'
    is_ours = True

    @functools.cache
    def keeps_state(self) -> bool:
        """Whether there is a ledger that outlives a run."""
        page = subprocess.run([str(GODWIT), 'copy', '--help'], capture_output=True, text=True,
                              check=True)
        return '--state ' in page.stdout

    def set_up(self, mailbox: Mailbox) -> tuple[list[str], dict[str, str]]:
        """The words are the same every time; so is the state directory."""
        state = ['--state', str(mailbox.state)] if self.keeps_state() else []
        uris = [server.uri(mailbox.user, host='127.0.0.1')
                for server in (mailbox.src, mailbox.dst)]
        # AddressSanitizer wants to come first of all libraries, and can do without.
        sanitizer = os.environ.get('ASAN_OPTIONS', '')
        return ([str(GODWIT), 'copy', '--quiet', *state,
                 '--report', str(mailbox.folder / 'report'),
                 '--source-plaintext', '--destination-plaintext',
                 '--source-password-file', str(mailbox.src.password_file()),
                 '--destination-password-file', str(mailbox.dst.password_file()), *uris],
                {**os.environ, 'XDG_STATE_HOME': str(mailbox.folder),
                 'ASAN_OPTIONS': f'{sanitizer}{":" if sanitizer else ""}'
                                 'verify_asan_link_order=0'})


class Mbsync(Program):
    """isync's mbsync, as a person would set it up for a one-way copy."""
    name = 'mbsync'
    header = 'X-TUID'

    def set_up(self, mailbox: Mailbox) -> tuple[list[str], dict[str, str]]:
        """With its state files and journals below the state directory."""
        settings = mailbox.folder / 'mbsyncrc'
        sides = (('far', mailbox.src), ('near', mailbox.dst))
        settings.write_text(''.join(
            MBSYNC_STORE.format(name=name, port=server.port, user=mailbox.user,
                                password=PASSWORD) for name, server in sides)
            + MBSYNC_CHANNEL.format(state=mailbox.state))
        command, environment = packages.mbsync()
        return [*command, '-q', '-c', str(settings), 'all'], environment


class Interimap(Program):
    """interimap: two-way, and only between servers that speak QRESYNC."""
    name = 'interimap'
    servers = ('maildir', 'mdbox', 'cyrus')

    def set_up(self, mailbox: Mailbox) -> tuple[list[str], dict[str, str]]:
        """With its database in the state directory; `local` is the destination."""
        settings = mailbox.folder / 'interimaprc'
        sides = (('local', mailbox.dst), ('remote', mailbox.src))
        settings.write_text(INTERIMAP.format(state=mailbox.state) + ''.join(
            INTERIMAP_SIDE.format(name=name, port=server.port, user=mailbox.user,
                                  password=PASSWORD) for name, server in sides))
        settings.chmod(0o600)
        return ([*packages.interimap(), f'--config={settings}', '--quiet'],
                {**os.environ, 'XDG_DATA_HOME': str(mailbox.folder),
                 'XDG_CONFIG_HOME': str(mailbox.folder)})


ALL: dict[str, Program] = {program.name: program
                           for program in (Godwit(), Mbsync(), Interimap())}
