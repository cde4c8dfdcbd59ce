#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Kills a copying program with SIGKILL again and again, and judges what it leaves.

Many mailboxes are moved side by side between real servers.  Each program is killed around its
durable writes and its sends (killat.c) or at a random instant, started again after 0 ms, 10 ms
or 1 s, and at last left alone until it ends by itself.  Then every message must be at the
destination once, and the source as it was; the comparer of tests/e2e says whether.  A failure
prints the words that run its mailbox again.  Programs of others are shown and fail nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'e2e'))

import instants                                                 # noqa: E402
import packages                                                 # noqa: E402
import programs                                                 # noqa: E402
from lab import SERVERS, Lab, open_lab                          # noqa: E402
from programs import Program                                    # noqa: E402
from server import ServerError                                  # noqa: E402
from treatment import (Expected, Outcome, TreatmentError,       # noqa: E402
                       learn, treat)

LEAST_EACH = 3              # kills that a mailbox has on average, at the least
FAULTS_SHOWN = 12


@dataclass(frozen=True)
class Budget:
    """What a set asks for: kills of each program in all, so many of each mailbox at most."""
    kills: dict[str, int]
    each: int
    arrivals: int           # how often new mail comes to a mailbox
    side_by_side: int


SETS = {
    'check': Budget({'godwit': 100}, 6, 0, 30),
    'all': Budget({'godwit': 300, 'mbsync': 60, 'interimap': 60}, 10, 2, 30),
    'soak': Budget({'godwit': 5_000, 'mbsync': 300, 'interimap': 300}, 12, 3, 60),
}


@dataclass
class Job:
    """One mailbox that is to be moved."""
    program: Program
    kind: str
    number: int
    plan: instants.Plan
    seed: str
    outcome: Outcome | None = None

    @property
    def name(self) -> str:
        """Of its folder."""
        return f'{self.program.name}-{self.kind}-{self.number}'


@dataclass
class Work:
    """The mailboxes, one after the other, until each program was killed often enough."""
    options: argparse.Namespace
    budget: Budget
    expected: dict[tuple[str, str], Expected] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_over: bool = False

    def pairs(self) -> list[tuple[str, str]]:
        """Each program with each server that it can do with."""
        return [(name, kind) for name in self.budget.kills for kind in self.options.servers
                if kind in programs.ALL[name].servers]

    def most(self) -> int:
        """So many mailboxes there are at most."""
        if self.options.repeat:
            return self.options.repeat * len(self.pairs())
        return sum(max(kills // LEAST_EACH, self.budget.side_by_side)
                   for kills in self.budget.kills.values())

    def kills(self, name: str) -> int:
        """How often a program was killed so far."""
        return sum(job.outcome.kills for job in self.jobs
                   if job.outcome and job.program.name == name)

    def foreseen(self, name: str) -> float:
        """How often it will have been killed when the mailboxes that are under way end."""
        jobs = [job for job in self.jobs if job.program.name == name]
        ended = sum(job.outcome is not None for job in jobs)
        mean = self.kills(name) / ended if ended else self.budget.each / 2
        return self.kills(name) + mean * (len(jobs) - ended)

    def take(self) -> Job | None:
        """The next mailbox: of the pair that has had the fewest."""
        with self.lock:
            numbers = Counter((job.program.name, job.kind) for job in self.jobs)
            wanted = [pair for pair in self.pairs() if self._is_wanted(pair, numbers[pair])]
            if self.is_over or not wanted or len(self.jobs) == self.most():
                return None
            pair = min(wanted, key=lambda pair: numbers[pair])
            self.jobs.append(self._job(*pair, numbers[pair]))
            return self.jobs[-1]

    def _is_wanted(self, pair: tuple[str, str], number: int) -> bool:
        if self.options.repeat:
            return number < self.options.repeat
        return self.foreseen(pair[0]) < self.budget.kills[pair[0]]

    def _job(self, name: str, kind: str, number: int) -> Job:
        program, seed = programs.ALL[name], f'{self.options.seed} {name} {kind} {number}'
        if self.options.plan:
            plan = instants.Fixed(self.options.plan, self.budget.arrivals)
        else:
            plan = instants.Drawn(seed, self.budget.each, self.budget.arrivals,
                                  self._first(name, kind, number),
                                  program.is_ours and program.keeps_state())
        return Job(program, kind, number, plan, seed)


    def _first(self, name: str, kind: str, number: int) -> str:
        """The first instant: enough mailboxes go through all of them."""
        found = instants.around(self.expected[name, kind].reach)
        random.Random(f'{self.options.seed} {name} {kind}').shuffle(found)
        return found[number % len(found)]

    def told(self, name: str, kind: str) -> str:
        """How many of all instants were that of a first kill."""
        found = set(instants.around(self.expected[name, kind].reach))
        hit = {job.outcome.steps[0].words for job in self.jobs
               if (job.program.name, job.kind) == (name, kind)} & found
        parts = [f'{sum(what in words for words in hit)} of '
                 f'{sum(what in words for words in found)} around a {title}'
                 for what, title in (('state', 'durable write'), ('send', 'send'))]
        return f'{name} to {kind}: first kills at {", ".join(parts)}'


def learn_all(lab: Lab, work: Work, pool: ThreadPoolExecutor) -> None:
    """An undisturbed copy for each program and server."""
    def one(name: str, kind: str) -> Expected:
        mailbox = lab.mailbox(kind, f'{name}-{kind}-undisturbed')
        found = learn(programs.ALL[name], mailbox, lab.library)
        lab.remove(mailbox)
        return found
    going = {pair: pool.submit(one, *pair) for pair in work.pairs()}
    work.expected = {pair: future.result() for pair, future in going.items()}


def do(lab: Lab, work: Work) -> None:
    """One mailbox after the other; the folders of one stay when something is wrong with it."""
    while job := work.take():
        mailbox = lab.mailbox(job.kind, job.name)
        outcome = treat(job.program, mailbox, lab.library,
                        work.expected[job.program.name, job.kind], job.plan)
        if not outcome.faults:
            lab.remove(mailbox)
        job.outcome = outcome
        if work.options.verbose or (outcome.faults and job.program.is_ours):
            print(told(lab, job), flush=True)


def told(lab: Lab, job: Job) -> str:
    """What a mailbox went through; when it failed, also why, and how to run it again."""
    outcome = job.outcome
    lines = [f'{"FAILED" if outcome.faults else "ok    "} {job.name}, seed "{job.seed}"']
    lines += [f'    {line}' for line in outcome.faults[:FAULTS_SHOWN]]
    if len(outcome.faults) > FAULTS_SHOWN:
        lines.append(f'    ... and {len(outcome.faults) - FAULTS_SHOWN} more.')
    lines += [f'    {line}' for line in outcome.log]
    if outcome.faults:
        lines.append(
            f'    Its folder is {lab.folder / "mailboxes" / job.name}, and its mail stays with '
            f'the servers beside that. Again:\n    tests/kills/kills.py --programs '
            f'{job.program.name} --servers {job.kind} --arrivals {job.plan.arrivals} --plan '
            f"'{instants.shown(outcome.steps)}'")
    return '\n'.join(lines)


def _order(pair: tuple[str, str]) -> tuple[int, int]:
    return list(programs.ALL).index(pair[0]), SERVERS.index(pair[1])


def table(jobs: list[Job]) -> list[str]:
    """Program by server."""
    rows = [('program', 'destination', 'mailboxes', 'kills', 'restarts', 'lost', 'doubled',
             'source changed', 'seconds')]
    for key in sorted({(job.program.name, job.kind) for job in jobs}, key=_order):
        found = [job.outcome for job in jobs if (job.program.name, job.kind) == key]
        rows.append((*key, *map(str, (
            len(found), sum(o.kills for o in found), sum(o.starts - 1 for o in found),
            sum(o.lost for o in found), sum(o.doubled for o in found),
            sum(o.source_changed for o in found))), f'{max(o.seconds for o in found):.0f}'))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ['  '.join(cell.ljust(width) if n < 2 else cell.rjust(width)
                      for n, (cell, width) in enumerate(zip(row, widths))).rstrip()
            for row in rows]


def too_few(work: Work) -> list[str]:
    """Sentences about programs of ours that were not killed as often as was asked."""
    return [f'FAILED {name} was killed {work.kills(name)} times; {kills} were asked for.'
            for name, kills in work.budget.kills.items()
            if programs.ALL[name].is_ours and work.kills(name) < kills
            and not work.options.repeat]


def run(options: argparse.Namespace, budget: Budget, folder: Path) -> int:
    """All of it; the number of failures."""
    work = Work(options, budget)
    kinds = list(dict.fromkeys(kind for _, kind in work.pairs()))
    started = time.monotonic()
    print(f'seed {options.seed}, {budget.side_by_side} mailboxes side by side', flush=True)
    with ExitStack() as stack, ThreadPoolExecutor(budget.side_by_side) as pool:
        lab = open_lab(stack, folder, kinds, work.most() + len(work.pairs()))
        learn_all(lab, work, pool)
        try:
            for slot in [pool.submit(do, lab, work) for _ in range(budget.side_by_side)]:
                slot.result()
        finally:
            work.is_over = True
    print('\n'.join(table(work.jobs)))
    if not options.plan:
        print('\n'.join(work.told(*pair) for pair in work.pairs()))
    missing = too_few(work)
    print(''.join(f'{sentence}\n' for sentence in missing), end='')
    ours = [job for job in work.jobs if job.program.is_ours]
    failed = sum(bool(job.outcome.faults) for job in ours) + len(missing)
    print(f'{time.monotonic() - started:.0f} s in all')
    print(f'{len(ours) + len(missing) - failed} passed, {failed} failed')
    return failed


def words(text: str) -> list[str]:
    """The parts of a list with commas."""
    return text.split(',')


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n', maxsplit=1)[0])
    parser.add_argument('--set', choices=SETS, default='check', help='a budget')
    parser.add_argument('--kills', type=int, help='of each program, at the least')
    parser.add_argument('--each', type=int, help='kills of each mailbox, at the most')
    parser.add_argument('--arrivals', type=int, help='how often new mail comes to each')
    parser.add_argument('--side-by-side', type=int, help='mailboxes at once')
    parser.add_argument('--programs', type=words, help=f'of {",".join(programs.ALL)}')
    parser.add_argument('--servers', type=words, default=SERVERS,
                        help=f'of {",".join(SERVERS)}')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--plan', type=instants.parse, help='the steps of every mailbox')
    parser.add_argument('--repeat', type=int, help='mailboxes of each program; 1 with --plan')
    parser.add_argument('--verbose', action='store_true', help='tell of every mailbox')
    options = parser.parse_args()
    unknown = {*(options.programs or ()), *options.servers} - {*programs.ALL, *SERVERS}
    if unknown:
        parser.error(f'unknown: {", ".join(sorted(unknown))}')
    if options.plan and not options.repeat:
        options.repeat = 1
    return options


def asked(options: argparse.Namespace) -> Budget:
    """The set's budget, but for what the command line says."""
    given = SETS[options.set]
    names = options.programs or list(given.kills)
    return Budget({name: options.kills or given.kills.get(name, given.kills['godwit'])
                   for name in names},
                  options.each or given.each,
                  given.arrivals if options.arrivals is None else options.arrivals,
                  options.side_by_side or given.side_by_side)


def main() -> int:
    """The program."""
    options = arguments()
    folder = packages.ROOT / 'build' / 'kills' / str(os.getpid())
    folder.mkdir(parents=True)
    failed = run(options, asked(options), folder)
    if not failed:
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            folder.parent.rmdir()
    return 1 if failed else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except (packages.PackageError, ServerError, TreatmentError,
            subprocess.CalledProcessError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
