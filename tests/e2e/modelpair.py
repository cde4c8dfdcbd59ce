# SPDX-License-Identifier: Apache-2.0
"""A copy from one model server to another, and what must hold after it whatever happened.

Nothing is there twice, nothing changed, nothing that the report does not tell of; the source
was only read, and no password shows.
"""

from __future__ import annotations

import base64
import functools
import re
import resource
from collections import Counter

import certificates
import messages
import modelserver
from messages import Folder, Message
from modelserver import ModelServer
from support import GODWIT, Case, Run, Started

MEMORY_MAX = 64 << 20
# Freed memory that a sanitizer keeps is not the program's.
MEMORY_MAX_SANITIZED = 512 << 20
PARTS = ('copied', 'adopted', 'already_there', 'deleted_by_owner', 'gone', 'excluded',
         'refused', 'held', 'in_doubt', 'left')
READING = {'CAPABILITY', 'STARTTLS', 'LOGIN', 'AUTHENTICATE', 'ID', 'ENABLE', 'NAMESPACE',
           'LIST', 'LSUB', 'XLIST', 'STATUS', 'EXAMINE', 'UID-FETCH', 'UID-SEARCH', 'NOOP',
           'UNSELECT', 'CLOSE', 'LOGOUT'}
CONTROL = re.compile(r'[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]')
FLAGS = ((), ('\\Seen',), ('\\Seen', '\\Answered'), ('\\Flagged', 'Key'), ('\\Deleted',),
         ('\\Draft', 'Key', '$Forwarded'))


def small(first: int, count: int) -> list[Message]:
    """Messages that differ in text, flags and date."""
    return [Message(messages.simple(n), FLAGS[n % len(FLAGS)],
                    messages.internal_date(1_500_000_000 + 86_399 * n, 60 * (n % 3)))
            for n in range(first, first + count)]


FOLDERS = [Folder('INBOX', small(0, 12) + small(0, 1)), Folder('Work', small(20, 5)),
           Folder('Work/Old', small(30, 3))]


def forms_of(password: str) -> list[str]:
    """A password as it may stand in a log: itself, in base64, as part of what PLAIN says."""
    said = [password.encode(), b'\0anna\0' + password.encode()]
    return [password, password.encode().hex(),
            *(base64.b64encode(each).decode().rstrip('=')[:-1] for each in said)]


@functools.cache
def is_sanitized() -> bool:
    """Whether the program under test was built with ASan."""
    return b'__asan_init' in GODWIT.read_bytes()


class Pair:
    """Two model servers that run, each with settings of its own, and copies between them.

    Messages are compared with their flags and dates; of a source that lies of these, only the
    `texts`; where folders cannot keep their names, only `digests`.
    """

    def __init__(self, case: Case, src: dict | None = None, dst: dict | None = None,
                 compares: str = 'all', traces: bool = True) -> None:
        self.compares = compares
        self.traces = traces
        src, dst = dict(src or {}), dict(dst or {})
        src.setdefault('content', modelserver.content(FOLDERS, src.get('profile', 'dovecot')))
        case.pairs = getattr(case, 'pairs', 0) + 1
        place = case.folder / f'pair-{case.pairs}'
        self.case = case
        self.place = place
        self.src = case.stack.enter_context(ModelServer(place / 'src', **src))
        self.dst = case.stack.enter_context(ModelServer(place / 'dst', **dst))

    def launch(self, *options: str) -> Started:
        """Starts a copy."""
        words = ['--quiet', *options]
        if self.traces and '--trace' not in options:
            words += ['--trace', str(self.place / f'trace-{self.case.runs + 1}')]
        for side, server in (('source', self.src), ('destination', self.dst)):
            words += [f'--{side}-password-file', str(server.password_file())]
            if server.certificate:
                words += [f'--{side}-ca', str(certificates.authority())]
        return self.case.launch(*words, self.src.uri(), self.dst.uri())

    def copy(self, *options: str, timeout: float = 50) -> Run:
        """Copies, to the end."""
        return self.expect_clean(self.launch(*options).finish(timeout))

    def expect_clean(self, run: Run) -> Run:
        """Checks that neither a password nor an octet that a terminal obeys stands anywhere."""
        shown = {'The terminal': run.stdout + run.stderr}
        for path in (*self.place.glob('trace-*'), *self.case.folder.glob('report-*')):
            shown[path.name] = path.read_text('utf-8')
        for name, text in shown.items():
            for server in (self.src, self.dst):
                found = [form for form in forms_of(server.password) if form in text]
                assert not found, f'{name} has the password as {found}.\n{run}'
            controls = CONTROL.search(text)
            where = text[max(0, controls.start() - 60):controls.end()] if controls else ''
            assert not controls, f'{name} has control octets: {where!r}\n{run}'
        return run

    def expect_little_memory(self) -> None:
        """Checks the most that any copy of this test took; the servers must still run."""
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        limit = MEMORY_MAX_SANITIZED if is_sanitized() else MEMORY_MAX
        assert peak <= limit, f'It took {peak / 2**20:.0f} MiB.'

    def stop(self) -> None:
        """Ends both servers, so that they tell what they heard and hold."""
        self.src.stop()
        self.dst.stop()

    def expect_honest(self, run: Run, gone: int = 0, invented: frozenset = frozenset(),
                      loses: bool = False) -> Run:
        """Checks everything that must hold after any copy.

        `gone` messages were really lost by the source meanwhile; `invented` are digests of
        texts that the source told although its mailbox does not hold them; a destination that
        `loses` what it has taken has less than the report believes.
        """
        self.stop()
        self._expect_only_read(run)
        more = self._texts(self.dst) - self._texts(self.src)
        more = Counter({key: n for key, n in more.items() if key[1] not in invented})
        assert not more, f'At the destination, but not of the source: {more}\n{run}'
        if run.events and run.events[-1]['event'] == 'total':
            self._expect_sums(run, gone, loses)
        else:
            assert not self.dst.by_uid(), f'No report tells of what is there.\n{run}'
        if run.status in (0, 2):
            self._expect_whole(run, invented)
        return run

    def expect_exact(self, run: Run) -> Run:
        """Moreover, all is there as it was at the source."""
        run.expect(0)
        self.expect_honest(run)
        assert run.total['copied'] + run.total['adopted'] == len(self.src.by_uid()), run
        return run

    def _expect_only_read(self, run: Run) -> None:
        # Courier's EXAMINE does not keep UIDs, so there it is SELECT.
        reading = READING | ({'SELECT'} if self.src.profile == 'courier' else set())
        wrote = [note for note in self.src.notes()
                 if note['name'].isupper() and note['name'] not in reading
                 or note['name'] == 'bad' or 'BODY[' in note['text']]
        assert not wrote, f'Said to the source: {wrote[:5]}\n{run}'

    def _name(self, name: str) -> str:
        return '' if self.compares == 'digests' else name

    def _texts(self, server: ModelServer) -> Counter[tuple[str, str]]:
        return Counter((self._name(name), mail.sha256)
                       for (name, _), mail in server.by_uid().items())

    def _expect_sums(self, run: Run, gone: int, loses: bool) -> None:
        total = run.total
        assert total['source'] == sum(total[part] for part in PARTS), (
            f'The totals do not add up: {total}\n{run}')
        assert total['status'] == run.status, f'The report has another status: {total}'
        assert total['refused'] == len(run.of('refused')), f'Not all are listed: {total}'
        assert total['gone'] == gone, f'{gone} were lost by the source: {total}\n{run}'
        assert run.status not in (0, 2) or total['left'] == 0, f'Left behind: {total}\n{run}'
        assert run.status != 0 or not total['held'] + total['in_doubt'] + total['refused'], (
            f'It is called green: {total}\n{run}')
        there = len(self.dst.by_uid())
        known = total['copied'] + total['adopted'] + total['already_there']
        sure = 0 if loses else known
        sure_and_doubt = known + total['in_doubt']
        assert sure <= there <= sure_and_doubt, f'{there} messages are there.\n{run}'

    def _expect_whole(self, run: Run, invented: frozenset) -> None:
        here = self.src.by_uid()
        for event in run.of('refused'):
            key = (self.src.common_name(event['folder']), event['uid'])
            assert here.pop(key, None), f'Refused, but not of the source: {event}\n{run}'
        both = []
        for mails in (here, self.dst.by_uid()):
            both.append(Counter((self._name(name), *mail) if self.compares == 'all'
                                else (self._name(name), mail.sha256)
                                for (name, _), mail in mails.items()))
        missing = both[0] - both[1]
        assert not missing or invented, f'Missing or changed: {missing}\n{run}'
        absent = self.src.folders() - self.dst.folders()
        assert not absent or run.status != 0 or self.compares == 'digests', (
            f'Folders {absent} are not there.\n{run}')


def ends_with(case: Case, status: int, *patterns: str, options: tuple[str, ...] = (),
              compares: str = 'all', **sides: dict) -> tuple[Pair, Run]:
    """A copy with this very status, with little memory and honest; each pattern is said."""
    pair = Pair(case, **sides, compares=compares)
    run = pair.copy(*options, timeout=20)
    assert run.status == status, f'The status is {run.status}, not {status}.\n{run}'
    pair.expect_little_memory()
    pair.expect_honest(run)
    told = run.stderr + ' '.join(str(event.get('text', '')) + ' ' + str(event.get('reason', ''))
                                 for event in run.events)
    for pattern in patterns:
        assert re.search(pattern, told, re.I), f'"{pattern}" is not said.\n{run}'
    return pair, run
