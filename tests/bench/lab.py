# SPDX-License-Identifier: Apache-2.0
"""The place of the measurements: two servers, corpora, fresh destinations, an honest judge."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import compare
import dovecot
import mail
import packages
import tools
from server import Server
from tools import Delay, Figures, Kit, Place

STRANGERS = 100
LOSSES = (
    ('messages missing', re.compile(r'source UID \d+: missing at the destination\.$')),
    ('messages too many', re.compile(r'not at the source, or there fewer times\.$')),
    ('with other flags', re.compile(r'the flags \(.* became')),
    ('with another date', re.compile(r'the date .* became')),
    ('with other octets', re.compile(r'the octets differ\.$')),
    ('folders missing', re.compile(r'messages is missing at the destination\.$')),
    ('folders too many', re.compile(r'is at the destination and not at the source\.$')),
    ('subscriptions lost', re.compile(r'is subscribed at one side only')),
    ('special uses lost', re.compile(r'has lost its special use')),
)
SUBSCRIPTION = LOSSES[7][0]


@dataclass
class Contest:
    """What the rounds of one case gave, by the tools' names."""
    runs: dict[str, list[Figures]] = field(default_factory=dict)
    losses: dict[str, str] = field(default_factory=dict)

    def wall(self, tool: str) -> float:
        """The median."""
        return median(run.wall for run in self.runs[tool])

    def cpu(self, tool: str) -> float:
        """The median."""
        return median(run.cpu for run in self.runs[tool])

    def ratio(self, tool: str, limit: str) -> float:
        """The median of the ratios of the same round."""
        return median(run.wall / other.wall
                      for run, other in zip(self.runs[tool], self.runs[limit]))


@dataclass(frozen=True)
class Between:
    """Where a contest takes place, if not between the two Dovecots."""
    src: Place | None = None
    dst: Server | None = None
    judges_subscriptions: bool = True


class Lab:
    """Servers that run while the bench runs."""

    def __init__(self, kit: Kit, stack: ExitStack) -> None:
        self.kit = kit
        self.users: dict[str, Iterator[str]] = {}   # that nobody has used, by server
        self.stack = stack
        self.src = self.server('src')
        self.dst = self.server('dst')
        self.sources: dict[str, compare.Mailbox] = {}
        self.unexpected: list[str] = []         # a copy that had to be exact and was not

    def server(self, name: str, form: str = 'maildir', certificate: str | None = None
               ) -> dovecot.Dovecot:
        """A running server with Dovecot's default fsync."""
        self.users[name] = (f'run{os.getpid()}x{number}' for number in itertools.count(1))
        return self.stack.enter_context(dovecot.Dovecot(
            name, form, certificate=certificate, folder=self.kit.folder / name))

    def stranger(self, kind: type[Server], name: str) -> Server:
        """A running server of another kind, new, with as many users as there may be runs."""
        users = [f'run{number}' for number in range(1, STRANGERS + 1)]
        shutil.rmtree(self.kit.folder / name, ignore_errors=True)
        self.users[name] = iter(users)
        return self.stack.enter_context(kind(
            name, certificate=None, users=tuple(users), folder=self.kit.folder / name))

    def maildir(self, corpus: str) -> Path:
        """The files of a corpus; made when they are not there yet."""
        return mail.make(mail.CORPORA[corpus], self.src.home(corpus))

    def source(self, corpus: str, server: dovecot.Dovecot | None = None) -> Place:
        """The mailbox of a corpus, its indexes and the page cache warm."""
        self.maildir(corpus)
        if corpus not in self.sources:
            self.sources[corpus] = self.read(self.src, corpus)
        server = server or self.src
        if server is not self.src and not server.home(corpus).exists():
            server.home(corpus).symlink_to(self.src.home(corpus))
        return Place(server, corpus, server.port)

    @contextmanager
    def destination(self, server: Server | None = None) -> Iterator[Place]:
        """A mailbox that nobody has ever used; nothing of an earlier run is still unwritten."""
        server = server or self.dst
        user = next(self.users[server.name])
        os.sync()
        try:
            yield Place(server, user, server.port)
        finally:
            shutil.rmtree(server.home(user), ignore_errors=True)

    def contest(self, corpus: str, competitors: list, rounds: int, rtt_ms: int | None = None,
                say: Callable[[str], None] = print, between: Between | None = None) -> Contest:
        """Lets the tools run in turns and judges each tool's first copy, and all of godwit."""
        contest = Contest()
        between = between or Between()
        src = between.src or self.source(corpus)
        self.source(corpus)
        before = mail.fingerprint(self.maildir(corpus))
        for number in range(rounds):
            for tool in competitors:
                with self.destination(between.dst) as dst:
                    figures = self._run(tool, src, dst, rtt_ms)
                    contest.runs.setdefault(tool.name, []).append(figures)
                    say(f'round {number + 1}: {tool.name} {figures.wall:.2f} s')
                    if number == 0 or tool.name == 'godwit':
                        self._judge(contest, tool.name, self.losses(corpus, dst, between))
                if mail.fingerprint(self.maildir(corpus)) != before:
                    raise tools.ToolError(f'{tool.name} has changed the source')
        return contest

    def _run(self, tool: object, src: Place, dst: Place, rtt_ms: int | None) -> Figures:
        if rtt_ms is None:
            return tool.copy(src, dst)
        with Delay(self.kit, src.port, rtt_ms) as near, \
                Delay(self.kit, dst.port, rtt_ms) as far:
            figures = tool.copy(Place(src.server, src.user, near.port),
                                Place(dst.server, dst.user, far.port))
        figures.more['turns'] = (near.report['turns'], far.report['turns'])
        figures.more['line'] = (near.report, far.report)
        return figures

    def _judge(self, contest: Contest, tool: str, found: Counter) -> None:
        shown = ', '.join(f'{count} {what}' for what, count in found.items()) or 'nothing'
        if shown not in contest.losses.setdefault(tool, shown):
            contest.losses[tool] += f'; {shown}'
        if tool.startswith('limit'):
            found.pop(SUBSCRIPTION, None)       # the limit does not subscribe
        if found and (tool == 'godwit' or tool.startswith('limit')):
            self.unexpected.append(f'{tool}: {shown}')

    def losses(self, corpus: str, dst: Place, between: Between = Between()) -> Counter:
        """What a copy lost or changed, counted by kind."""
        src = self.sources[corpus]
        copy = self.read(dst.server, dst.user)
        marked = sum((_digests(src) - _digests(copy)).values())
        found = Counter()
        if marked:
            copy = self.read(dst.server, dst.user, 'X-TUID')
            left = sum((_digests(src) - _digests(copy)).values())
            found['messages with a header added'] = marked - left
        for sentence in compare.differences(src, copy):
            found[next((what for what, pattern in LOSSES if pattern.search(sentence)),
                       sentence)] += 1
        if not between.judges_subscriptions:
            found.pop(SUBSCRIPTION, None)
        return +found

    @staticmethod
    def read(server: Server, user: str, without: str | None = None
             ) -> compare.Mailbox:
        """What a mailbox holds."""
        return compare.read(f'imap://{user}@127.0.0.1:{server.port}/', dovecot.PASSWORD,
                            without=without)


def _digests(mailbox: compare.Mailbox) -> Counter:
    return Counter((name, message[1]) for name, folder in mailbox.folders.items()
                   for message in folder.messages)


def programs(folder: Path) -> Path:
    """Has ninja build what the bench needs, in the build folder of the release."""
    names = [f'tests/bench/{name}' for name in ('pump', 'delay', 'measure')]
    run = subprocess.run(['ninja', '-C', str(folder), *names], text=True, check=False,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if run.returncode:
        raise tools.ToolError(f'ninja cannot build the bench: {run.stdout[-2_000:]}')
    return folder / 'tests' / 'bench'


def kit(programs_folder: Path, godwit: Path) -> Kit:
    """The programs, and build/bench to write in."""
    folder = packages.ROOT / 'build' / 'bench'
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob('*dst*/home/run*'):
        shutil.rmtree(left, ignore_errors=True)
    return Kit(programs_folder, godwit, folder)
