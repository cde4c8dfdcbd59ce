# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: servers that end with the test, runs of godwit, checks."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import certificates
import compare
import dovecot
from courier import Courier
from cyrus import Cyrus
from dovecot import Dovecot
from packages import ROOT
from server import Server

GODWIT = Path(os.environ.get('GODWIT', ROOT / 'build' / 'godwit')).resolve()
USER = 'anna@old.example'
# ASan's word about swapcontext is a remark: the fibers tell it of every switch.
SANITIZER = re.compile(r'ERROR: \w+Sanitizer|runtime error:'
                       r'|==\d+==(?!WARNING: ASan doesn.t fully support makecontext)')
Test = Callable[['Case'], None]


def only_all(test: Test) -> Test:
    """Marks a test that is too slow for `make check`."""
    test.set = 'all'
    return test


def limit(seconds: float) -> Callable[[Test], Test]:
    """Gives a test more time than the others."""
    def mark(test: Test) -> Test:
        test.limit = seconds
        return test
    return mark


def set_of(test: Test) -> str:
    """The set that a test is in: check or all."""
    return getattr(test, 'set', 'check')


def limit_of(test: Test) -> float | None:
    """A test's own limit of time in seconds, if it has one."""
    return getattr(test, 'limit', None)


@dataclass
class Run:
    """One finished run of godwit."""
    status: int
    stdout: str
    stderr: str
    seconds: float
    events: list[dict] = field(default_factory=list)

    def of(self, kind: str) -> list[dict]:
        """The report's events of one kind."""
        return [event for event in self.events if event['event'] == kind]

    @property
    def total(self) -> dict:
        """The closing totals."""
        assert self.events and self.events[-1]['event'] == 'total', (
            f'The report does not close with totals:\n{self}')
        return self.events[-1]

    @property
    def excluded(self) -> dict[str, int]:
        """How many messages which rule left out."""
        return {key.removeprefix('excluded_by_'): count for key, count in self.total.items()
                if key.startswith('excluded_by_')}

    @property
    def refused(self) -> list[tuple[str, int]]:
        """The refused messages, as the comparer wants them."""
        return [(event['folder'], event['uid']) for event in self.of('refused')]

    def expect(self, status: int, *patterns: str) -> Run:
        """Checks the exit status and that standard error says what it should."""
        assert self.status == status, f'The status is {self.status}, not {status}.\n{self}'
        for pattern in patterns:
            assert re.search(pattern, self.stderr, re.I), f'"{pattern}" is not said.\n{self}'
        return self

    def expect_sentence(self, status: int, *patterns: str) -> Run:
        """Like expect; moreover nothing but one sentence, and the line to paste, is said."""
        self.expect(status, *patterns)
        lines = [line for line in self.stderr.splitlines() if line.strip()]
        assert 1 <= len(lines) <= 3, f'It is not one sentence.\n{self}'
        return self

    def expect_sum(self) -> Run:
        """Checks that the totals add up, and that the folders' numbers do."""
        total = self.total
        parts = ('copied', 'adopted', 'already_there', 'deleted_by_owner', 'gone', 'excluded',
                 'refused', 'held', 'in_doubt')
        assert total['source'] == sum(total[part] for part in parts), (
            f'The totals do not add up: {total}')
        assert total['refused'] == len(self.of('refused')), f'Refusals are not listed: {total}'
        assert total['status'] == self.status, f'The report has another status: {total}'
        assert total['excluded'] == sum(self.excluded.values()), f'By which rule? {total}'
        folders = self.of('folder')
        for part in ('copied', 'adopted'):
            assert total[part] == sum(f[part] for f in folders), (
                f'The folders have another number of {part} messages: {total}')
        return self

    def __str__(self) -> str:
        last = '\n'.join(map(str, self.events[-5:]))
        return (f'status {self.status} after {self.seconds:.1f} s\n--- stdout\n'
                f'{self.stdout[-2000:]}\n--- stderr\n{self.stderr[-3000:]}\n'
                f'--- report\n{last}')


class Started:
    """A run of godwit that is still going on."""

    def __init__(self, command: list[str], report: Path) -> None:
        self.report = report
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, text=True,
                                        errors='replace', stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def finish(self, timeout: float = 50) -> Run:
        """Waits for the end."""
        try:
            stdout, stderr = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            stdout, stderr = self.process.communicate()
            raise AssertionError(f'godwit did not end within {timeout:g} s.\n{stderr[-2000:]}'
                                 ) from None
        events = []
        if self.report.exists():
            events = [json.loads(line) for line in self.report.read_text().splitlines()]
        run = Run(self.process.returncode, stdout, stderr, time.monotonic() - self.started,
                  events)
        assert not SANITIZER.search(stderr), f'A sanitizer speaks.\n{run}'
        assert run.status >= 0, f'A signal ended godwit.\n{run}'
        assert dovecot.PASSWORD not in stdout + stderr, f'The password is shown.\n{run}'
        return run


class Case:
    """What a test gets: a folder, servers that end with it, and godwit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stack = ExitStack()
        self.runs = 0
        self.prefix: list[str] = []     # words before every command

    def __enter__(self) -> Case:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def server(self, name: str, form: str = 'maildir', **settings: object) -> Dovecot:
        """A server that is set up and not started, so that its files can be written."""
        server = Dovecot(name, form, folder=self.folder / name, **settings)
        server.make_folder()
        return server

    def server_of(self, kind: str, name: str) -> Server:
        """A server of a kind: a format of Dovecot, or another server."""
        if kind in dovecot.LOCATIONS:
            return self.server(name, kind)
        server = {'cyrus': Cyrus, 'courier': Courier}[kind](name, folder=self.folder / name)
        server.make_folder()
        return server

    def start(self, *servers: Server) -> None:
        """Starts servers; they stop at the end of the test."""
        for server in servers:
            self.stack.enter_context(server)

    def launch(self, *words: str) -> Started:
        """Starts `godwit copy` with a report of its own, and a ledger where none is named."""
        self.runs += 1
        report = self.folder / f'report-{self.runs}'
        own = ['--report', report]
        if '--state' not in words:
            own += ['--state', self.folder / f'state-{self.runs}']
        if '--settle-after' not in words:
            own += ['--settle-after', 1]
        return Started([*self.prefix, str(GODWIT), 'copy', *map(str, [*own, *words])], report)

    def godwit(self, *words: str, timeout: float = 50) -> Run:
        """Runs `godwit copy` to its end."""
        return self.launch(*words).finish(timeout)

    def words(self, src: Server, dst: Server, scheme: str = 'imap', user: str = USER
              ) -> list[str]:
        """The arguments that bring a mailbox from one server to the other."""
        words = ['--source-password-file', src.password_file(),
                 '--destination-password-file', dst.password_file()]
        if src.certificate:
            words += ['--source-ca', certificates.authority()]
        if dst.certificate:
            words += ['--destination-ca', certificates.authority()]
        return [*map(str, words), src.uri(user, scheme), dst.uri(user, scheme)]

    def copy(self, src: Server, dst: Server, *options: str, scheme: str = 'imap') -> Run:
        """Copies the mailbox of USER."""
        return self.godwit('--quiet', *options, *self.words(src, dst, scheme))

    def read(self, src: Dovecot, dst: Dovecot, without: str | None = None
             ) -> tuple[compare.Mailbox, compare.Mailbox]:
        """What the two servers hold of USER; `without` names a header that does not count."""
        uris = [f'imap://{server.uri(USER).partition("://")[2]}' for server in (src, dst)]
        return compare.read_both(*uris, (dovecot.PASSWORD,) * 2, without=without)

    def differences(self, src: Dovecot, dst: Dovecot, run: Run | None = None,
                    without: str | None = None, **options: object) -> list[str]:
        """What the independent comparer finds, refusals apart."""
        return compare.differences(*self.read(src, dst, without),
                                   refused=run.refused if run else [], **options)

    def expect_equal(self, src: Dovecot, dst: Dovecot, run: Run | None = None,
                     **options: object) -> None:
        """Checks that the comparer finds nothing unexpected."""
        found = self.differences(src, dst, run, **options)
        assert not found, '\n'.join([f'{len(found)} unexpected differences:', *found[:30]])

    def expect_part(self, src: Dovecot, dst: Dovecot) -> int:
        """Checks that all that is at the destination is whole and of the source; how many."""
        mailboxes = self.read(src, dst)
        harmless = re.compile(r'missing at the destination\.$|subscribed at one side')
        found = [line for line in compare.differences(*mailboxes) if not harmless.search(line)]
        assert not found, '\n'.join(['Something is half-written:', *found[:30]])
        return mailboxes[1].totals()[1]


def files(server: Dovecot) -> list[tuple[str, int, int]]:
    """Message files of a Maildir server with size and time: what a reader must not touch."""
    root = server.mail_root(USER)
    return sorted((str(path.relative_to(root)), path.stat().st_size,
                   int(path.stat().st_mtime)) for part in ('cur', 'new')
                  for path in root.glob(f'**/{part}/*'))
