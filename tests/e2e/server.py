# SPDX-License-Identifier: Apache-2.0
"""What the private servers have in common: ports, namespaces, a start, and an end by pid."""

from __future__ import annotations

import functools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import ClassVar, Self

import certificates
import packages

PASSWORD = 'correct-horse'
HERE = Path(__file__).resolve().parent
RESERVED: list[socket.socket] = []      # every port that free_port() gave


class ServerError(Exception):
    """A server that does not start; the text says why."""


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens, kept for this process until it ends.

    It lies below those that the kernel gives to outgoing connections.  The socket that keeps it
    is bound and never listens: a server, which asks for SO_REUSEADDR, may listen beside it; the
    next call, in whatever process, does not ask for that, and so is not given the same port.
    """
    while True:
        port = random.randrange(12000, 32000)
        keeper = socket.socket()
        try:
            keeper.bind(('127.0.0.1', port))
        except OSError:
            keeper.close()
            continue
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        RESERVED.append(keeper)
        return port


@functools.cache
def namespace(kind: str = 'dovecot') -> tuple[str, ...]:
    """The command that gives a process mounts of its own on this machine."""
    for command in (('unshare', '-m'), ('unshare', '-rm')):
        trial = [*command, str(HERE / 'namespace.sh'), str(packages.tree(kind)), '/bin/true']
        run = subprocess.run(trial, capture_output=True, text=True, check=False)
        if run.returncode == 0:
            return command
    raise ServerError(f'The unpacked {kind} cannot run, because this machine does not let '
                      'this user have mount and user namespaces and an '
                      f'overlay over /usr, neither as root nor without: {run.stderr.strip()}')


@dataclass
class Server:
    """One server; enter it to start it, leave it to stop it.

    A kind of server sets KIND, writes its configuration and names its command; its data class
    adds the fields that only it has.
    """
    KIND: ClassVar[str]                     # of packages.ALL
    ENDS_ITS_GROUP: ClassVar[bool] = False  # its master signals its whole process group

    name: str
    _: KW_ONLY
    separator: str = '/'
    prefix: str = ''
    certificate: str | None = 'server'      # a name of certificates.py; None: no TLS at all
    folder: Path | None = None
    port: int = 0
    tls_port: int = 0
    process: subprocess.Popen | None = None
    sockets: Path | None = None             # a short path: the kernel takes 107 octets of it

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def configure(self) -> list[str]:
        """Writes the configuration; the command that runs the server inside its namespace."""
        raise NotImplementedError

    def start(self) -> None:
        """Starts the server and waits until it greets; one that ends at once is tried again.

        A port that somebody else took meanwhile, or a kernel that has no room for namespaces at
        this moment, says nothing about Godwit; what the server said is printed all the same.
        """
        self.make_folder()
        for _ in range(3):
            self.port = self.port or free_port()
            self.tls_port = self.tls_port or free_port()
            self.sockets = Path(tempfile.mkdtemp(prefix='godwit-'))
            command = [*namespace(self.KIND), str(HERE / 'namespace.sh'),
                       str(packages.tree(self.KIND)), *self.configure()]
            with open(self.folder / 'stderr', 'wb') as errors:
                self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                                stdout=errors, stderr=errors,
                                                start_new_session=self.ENDS_ITS_GROUP)
            if self._wait_until_ready():
                return
            self.stop()
            print(f'{self.KIND} {self.name} ended instead of starting:\n{self.log()}',
                  file=sys.stderr)
            self.port = self.tls_port = 0
        raise ServerError(f'{self.KIND} {self.name} does not start:\n{self.log()}')

    def stop(self) -> None:
        """Ends this server and its children, and only them.

        The master would look for its dead children once a second; nothing waits for it here.
        """
        if not self.process:
            return
        self.process.terminate()
        children = _descendants(self.process.pid)
        talkers = [pid for pid in children if _program(pid) != 'log']
        for pid in talkers:
            _signal(pid, signal.SIGTERM)
        limit = time.monotonic() + 3
        while time.monotonic() < limit and any(_program(pid) for pid in talkers):
            time.sleep(0.005)
        self.kill()

    def kill(self) -> None:
        """Ends everything at once, as a power cut does."""
        if not self.process:
            return
        for pid in [*_descendants(self.process.pid), self.process.pid]:
            _signal(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        shutil.rmtree(self.sockets, ignore_errors=True)

    def log(self) -> str:
        """Everything that the server has logged."""
        return ''.join((self.folder / part).read_text(errors='replace')
                       for part in ('stderr', 'log') if (self.folder / part).exists())

    def home(self, user: str) -> Path:
        """Where the mail of a user lies."""
        return self.folder / 'home' / user.lower()

    def uri(self, user: str, scheme: str = 'imap', host: str = 'localhost') -> str:
        """The address of a mailbox, as Godwit takes it."""
        port = self.tls_port if scheme == 'imaps' else self.port
        return f'{scheme}://{urllib.parse.quote(user, safe="")}@{host}:{port}/'

    def password_file(self) -> Path:
        """A file with the password, readable for its owner only."""
        path = self.folder / 'password'
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(PASSWORD + '\n')
        return path

    def make_folder(self) -> None:
        """Makes the folder below which everything of this server lies."""
        if not self.folder:
            base = packages.ROOT / 'build' / 'e2e'
            base.mkdir(parents=True, exist_ok=True)
            self.folder = Path(tempfile.mkdtemp(dir=base, prefix=f'{self.name}-'))
        self.folder = self.folder.resolve()
        (self.folder / 'home').mkdir(parents=True, exist_ok=True)

    def certificate_and_key(self) -> tuple[Path, Path]:
        """The files of this server's certificate."""
        place = certificates.folder() / self.certificate
        return Path(f'{place}.pem'), Path(f'{place}.key')

    def _wait_until_ready(self) -> bool:
        limit = time.monotonic() + 20
        while time.monotonic() < limit and self.process.poll() is None:
            try:
                # Courier's two ports have a process each; either may be the last.
                if self.certificate:
                    socket.create_connection(('127.0.0.1', self.tls_port), 5).close()
                with socket.create_connection(('127.0.0.1', self.port), 5) as probe:
                    if probe.recv(4) == b'* OK':
                        return True
            except OSError:
                pass
            time.sleep(0.01)
        return False


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _program(pid: int) -> str:
    """The name of a process; nothing once it is dead, be it waited for or not."""
    try:
        name, _, state = Path(f'/proc/{pid}/stat').read_text().rpartition(')')
    except (FileNotFoundError, ProcessLookupError):
        return ''
    return '' if state.split()[0] in 'ZX' else name.partition('(')[2]


def _descendants(pid: int) -> list[int]:
    """The children of a process, their children, and so on."""
    try:
        children = Path(f'/proc/{pid}/task/{pid}/children').read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [one for child in map(int, children) for one in (child, *_descendants(child))]


def remove(server: Server) -> None:
    """Removes everything that a stopped server left."""
    if server.folder:
        shutil.rmtree(server.folder, ignore_errors=True)


def run_until_interrupted(server: Server) -> None:
    """Runs one server until Ctrl-C."""
    with server:
        print(f'{server.uri("anna")}  {server.uri("anna", "imaps")}\n'
              f'password: {PASSWORD}  files: {server.folder}', flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            pass
    remove(server)
