# SPDX-License-Identifier: Apache-2.0
"""What the bench runs: the raw pump, the delay proxy, godwit and its peers.

Every tool copies one mailbox from one address to another and gives its Figures.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import dovecot
import packages
from server import Server

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
INTERIMAP_SIDE = """[{name}]
type = imap
host = 127.0.0.1
port = {port}
STARTTLS = NO
auth = PLAIN LOGIN
username = {user}
password = {password}

"""
INTERIMAP = ('interimap', 'libinterimap', 'libconfig-tiny-perl', 'libdbi-perl',
             'libdbd-sqlite3-perl', 'libnet-ssleay-perl')
TIMEOUT_S = 3_600


class ToolError(Exception):
    """A tool that did not do its work; the text says which and how."""


@dataclass(frozen=True)
class Place:
    """One mailbox: where a tool finds it."""
    server: Server
    user: str
    port: int               # the server's own, or that of a proxy before it


@dataclass
class Figures:
    """What one run took."""
    wall: float
    cpu: float
    rss_kib: int = 0
    more: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Kit:
    """Where the programs are, and where they may write."""
    programs: Path          # pump, delay, measure
    godwit: Path
    folder: Path

    def pump(self, verb: str, streams: Path, *words: object) -> dict:
        """Runs the raw pump and gives its JSON."""
        run = subprocess.run([str(self.programs / 'pump'), verb, '--streams', str(streams),
                              *map(str, words)], capture_output=True, text=True,
                             timeout=TIMEOUT_S, check=False)
        if run.returncode:
            raise ToolError(f'pump {verb}: {run.stderr.strip()}')
        return json.loads(run.stdout)

    def prepare(self, corpus: str, maildir: Path, connections: int, *style: str) -> Path:
        """The streams of a corpus; those that are there are kept."""
        name = '-'.join([corpus, str(connections), *(word.strip('-') for word in style)])
        streams = self.folder / 'streams' / name
        streams.parent.mkdir(parents=True, exist_ok=True)
        stamp = streams.with_suffix('.stamp')
        meaning = (maildir.parent / 'corpus').read_text()
        if not (stamp.exists() and stamp.read_text() == meaning):
            self.pump('prepare', streams, '--maildir', maildir, '--connections', connections,
                      *style)
            stamp.write_text(meaning)
        return streams

    def measure(self, command: list[str], environment: dict[str, str] | None = None,
                statuses: tuple[int, ...] = (0,)) -> Figures:
        """Runs a command to its end; its wall time is that of the whole process."""
        place = self.folder / 'figures.json'
        place.unlink(missing_ok=True)
        with open(self.folder / 'output', 'w+b') as output:
            run = subprocess.run([str(self.programs / 'measure'), str(place), *command],
                                 env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                 stderr=subprocess.STDOUT, timeout=TIMEOUT_S, check=False)
            if run.returncode not in statuses or not place.exists():
                output.seek(0)
                text = output.read()[-2_000:].decode(errors='replace').strip()
                raise ToolError(f'{Path(command[0]).name} ended with status '
                                f'{run.returncode}: {text}')
        return Figures(**json.loads(place.read_text()), more={'status': run.returncode})


class Delay:
    """A delay proxy before a port."""

    def __init__(self, kit: Kit, port: int, rtt_ms: int) -> None:
        self.process = subprocess.Popen(
            [str(kit.programs / 'delay'), '--target', str(port), '--rtt-ms', str(rtt_ms)],
            stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.report: dict = {}

    def __enter__(self) -> Delay:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.report = json.loads(self.process.communicate(timeout=20)[0])


class Pump:
    """The limit: N connections read and N write at once, knowing nothing of each other."""

    def __init__(self, kit: Kit, streams: Path, connections: int) -> None:
        self.name = f'limit-copy{connections}'
        self.kit, self.streams, self.connections = kit, streams, connections

    def copy(self, src: Place, dst: Place) -> Figures:
        """Both at once."""
        found = self.kit.pump(
            'copy', self.streams, '--connections', self.connections,
            '--password-file', dst.server.password_file(),
            '--source', src.port, '--source-user', src.user,
            '--destination', dst.port, '--destination-user', dst.user)
        return Figures(found['wall'], found['cpu'])


class Godwit:
    """The program itself."""

    def __init__(self, kit: Kit, *options: str, scheme: str = 'imap') -> None:
        self.name = 'godwit'
        self.kit, self.options, self.scheme = kit, options, scheme

    def copy(self, src: Place, dst: Place) -> Figures:
        """A first copy; its closing totals are in `more`."""
        report = self.kit.folder / 'report'
        report.unlink(missing_ok=True)
        state = self.kit.folder / 'state'
        shutil.rmtree(state, ignore_errors=True)
        host = 'localhost' if self.scheme == 'imaps' else '127.0.0.1'
        plain = ['--source-plaintext', '--destination-plaintext']
        figures = self.kit.measure(
            [str(self.kit.godwit), 'copy', '--quiet', '--report', str(report),
             '--state', str(state),
             '--source-password-file', str(src.server.password_file()),
             '--destination-password-file', str(dst.server.password_file()),
             *(plain if self.scheme == 'imap' else []), *self.options,
             *(f'{self.scheme}://{p.user}@{host}:{p.port}/' for p in (src, dst))])
        figures.more.update(json.loads(report.read_text().splitlines()[-1]))
        return figures


class Mbsync:
    """isync's mbsync, as a person would set it up for a one-way copy."""

    name = 'mbsync'

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.command, self.environment = packages.mbsync()

    def copy(self, src: Place, dst: Place) -> Figures:
        """A first copy with no state."""
        state, settings = self.kit.folder / 'mbsync', self.kit.folder / 'mbsyncrc'
        shutil.rmtree(state, ignore_errors=True)
        state.mkdir()
        settings.write_text(''.join(
            MBSYNC_STORE.format(name=name, port=place.port, user=place.user,
                                password=dovecot.PASSWORD)
            for name, place in (('far', src), ('near', dst)))
            + MBSYNC_CHANNEL.format(state=state))
        settings.chmod(0o600)
        return self.kit.measure([*self.command, '-c', str(settings), 'all'], self.environment)


class Interimap:
    """interimap, the fastest peer: two-way, and only between servers that speak QRESYNC."""

    name = 'interimap'

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        tree = packages.SERVERS / 'interimap'
        if not tree.is_dir():
            self._unpack(tree)
        folders = [tree / 'usr/share/perl5', *(tree / 'usr/lib').glob('*/perl5/*')]
        # Its -T makes perl deaf to PERL5LIB.
        self.command = ['perl', '-T', *(f'-I{folder}' for folder in folders),
                        str(tree / 'usr/bin/interimap')]

    @staticmethod
    def _unpack(tree: Path) -> None:
        work = tree.with_suffix('.new')
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        run = subprocess.run(['apt-get', '-q', 'download', *INTERIMAP], cwd=work, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if run.returncode:
            raise ToolError(f'apt-get cannot download interimap: {run.stdout.strip()}')
        for deb in work.glob('*.deb'):
            subprocess.run(['dpkg-deb', '-x', deb, work], check=True)
        work.rename(tree)

    def copy(self, src: Place, dst: Place) -> Figures:
        """A first pass with no database; `local` is the destination."""
        state = self.kit.folder / 'interimap'
        shutil.rmtree(state, ignore_errors=True)
        state.mkdir()
        settings = state / 'config'
        settings.write_text(f'database = {state}/db\nlist-mailbox = *\n\n' + ''.join(
            INTERIMAP_SIDE.format(name=name, port=place.port, user=place.user,
                                  password=dovecot.PASSWORD)
            for name, place in (('local', dst), ('remote', src))))
        settings.chmod(0o600)
        environment = {**os.environ, 'XDG_DATA_HOME': str(state),
                       'XDG_CONFIG_HOME': str(state)}
        return self.kit.measure([*self.command, f'--config={settings}', '--quiet'], environment)
