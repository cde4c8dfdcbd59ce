# SPDX-License-Identifier: Apache-2.0
"""The model server of tests/modelserver as an end of a copy: its scripts, its mail, its memory.

    src = case.enter(ModelServer(case.folder / 'src', scripts=('d25',), content=mail(FOLDERS)))

It listens on 127.0.0.1 until it is stopped; then `notes` has every command that it heard and
`mail` what it holds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import certificates
from messages import Folder, Message
from packages import ROOT

PROGRAM = Path(os.environ.get(
    'MODELSERVER', ROOT / 'build/check/tests/modelserver/modelserver')).resolve()
SCRIPTS = ROOT / 'tests' / 'modelserver' / 'scripts'
USER = 'anna'
PASSWORD = 'correct-horse'
ESCAPES = {0: '\\0', 9: '\\t', 10: '\\n', 13: '\\r', 34: '\\"', 92: '\\\\'}


class Mail(NamedTuple):
    """A message as the dump has it."""
    sha256: str
    flags: tuple[str, ...]
    instant: int


def quoted(octets: bytes) -> str:
    """Octets as a word of a content file."""
    return '"' + ''.join(chr(octet) if 32 <= octet < 127 and octet not in ESCAPES
                         else f'\\x{octet:02x}' if octet not in (34, 92) else ESCAPES[octet]
                         for octet in octets) + '"'


def of_message(message: Message, **words: bytes) -> bytes:
    """A line of a content file; further words such as raw_date come in their own octets."""
    line = 'message'
    if message.flags:
        line += f' flags={quoted(" ".join(message.flags).encode())}'
    line += f' date="{message.date}"'
    for name, octets in words.items():
        line += f' {name.replace("_", "-")}={quoted(octets)}'
    return f'{line} octets={len(message.octets)}\n'.encode() + message.octets + b'\n'


def content(folders: list[Folder], profile: str = 'dovecot') -> bytes:
    """A content file; names are in ASCII, with '/' between their parts."""
    pieces = []
    for folder in folders:
        name = folder.name
        if profile == 'courier' and name != 'INBOX':
            name = f'INBOX.{name.replace("/", ".")}'
        pieces.append(f'folder {quoted(name.encode())}'
                      f'{" subscribed" if folder.subscribed else ""}\n'.encode())
        pieces += [of_message(message) for message in folder.messages]
    return b''.join(pieces)


@dataclass
class ModelServer:
    """One server; enter it to start it, leave it to stop it."""
    folder: Path
    profile: str = 'dovecot'
    scripts: tuple[str, ...] = ()       # names of files of tests/modelserver/scripts
    rules: str = ''                     # further lines of a script
    content: bytes = b''
    words: tuple[str, ...] = ()         # further arguments, such as --generate
    certificate: str | None = None      # a name of certificates.py
    starttls: bool = False              # with a certificate; else TLS from the first octet
    host: str = 'localhost'
    password: str = PASSWORD
    port: int = 0
    process: subprocess.Popen | None = None
    dump: list[dict] = field(default_factory=list)

    def __enter__(self) -> ModelServer:
        assert os.access(PROGRAM, os.X_OK), f'{PROGRAM} is not there; "make check" builds it.'
        self.folder.mkdir(parents=True, exist_ok=True)
        script = ''.join((SCRIPTS / f'{name}.script').read_text() for name in self.scripts)
        (self.folder / 'script').write_text(f'{script}\n{self.rules}\n')
        (self.folder / 'content').write_bytes(self.content)
        command = [str(PROGRAM), '--listen', '127.0.0.1:0', '--profile', self.profile,
                   '--user', USER, '--password', self.password,
                   '--script', str(self.folder / 'script'),
                   '--content', str(self.folder / 'content'),
                   '--dump', str(self.folder / 'dump'), *self.words]
        if self.certificate:
            place = certificates.folder() / self.certificate
            command += ['--tls-cert', f'{place}.pem', '--tls-key', f'{place}.key']
            command += ['--starttls'] if self.starttls else []
        with open(self.folder / 'stderr', 'wb') as errors:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=errors,
                                            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line, f'The model server does not start: {self.errors()}'
        self.port = int(line)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def stop(self) -> None:
        """Ends the server and reads what it wrote down."""
        if not self.process:
            return
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(30)
        self.__exit__()
        assert status == 0, f'The model server ended with {status}: {self.errors()}'
        lines = (self.folder / 'dump').read_text('ascii').splitlines()
        self.dump = [json.loads(line) for line in lines]

    def errors(self) -> str:
        """What the server said on standard error."""
        return (self.folder / 'stderr').read_text(errors='replace')

    def uri(self) -> str:
        """The address of the mailbox, as Godwit takes it."""
        scheme = 'imaps' if self.certificate and not self.starttls else 'imap'
        return f'{scheme}://{urllib.parse.quote(USER)}@{self.host}:{self.port}/'

    def password_file(self) -> Path:
        """A file with the password, readable for its owner only."""
        path = self.folder / 'password'
        path.touch(mode=0o600)
        path.write_text(self.password + '\n')
        return path

    # What was heard and what is held; known once the server was stopped.

    def notes(self, *names: str) -> list[dict]:
        """The notes of the journal with these names; without names, all."""
        return [each for each in self.dump if each['kind'] == 'note'
                and (not names or each['name'] in names)]

    def commands(self) -> list[str]:
        """The names of the commands that were understood, in order."""
        return [note['name'] for note in self.notes() if note['name'].isupper()]

    def log_ins(self, tls: bool | None = None) -> int:
        """How often somebody began to log in; with or without TLS, or either."""
        return sum(tls is None or note['tls'] == tls
                   for note in self.notes('LOGIN', 'AUTHENTICATE'))

    def common_name(self, name: str) -> str:
        """A folder's name with '/' between its parts and without this family's prefix."""
        if self.profile != 'courier' or name == 'INBOX':
            return name
        return name.removeprefix('INBOX.').replace('.', '/')

    def folders(self) -> set[str]:
        """The folders that can be opened."""
        return {self.common_name(each['folder']) for each in self.dump
                if each['kind'] == 'folder' and each['state'] == 'real'}

    def by_uid(self) -> dict[tuple[str, int], Mail]:
        """Every message by its folder and UID."""
        return {(self.common_name(each['folder']), each['uid']):
                Mail(each['sha256'], tuple(sorted(each['flags'])), each['instant'])
                for each in self.dump if each['kind'] == 'message'}
