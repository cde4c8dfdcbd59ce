# SPDX-License-Identifier: Apache-2.0
"""What one mailbox goes through: kills and new starts, an undisturbed end, and the judge."""

from __future__ import annotations

import hashlib
import imaplib
import signal
import struct
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import compare
import fill
import letters
from instants import Plan, Reach, Step
from programs import Mailbox, Program
from server import PASSWORD, Server

TALLY = struct.Struct('=QQ')
IN_DOUBT = 7                # Godwit's status when a person must look, or the next run
DOUBT_RUNS = 3              # runs that may say so before one must know
END_SECONDS = 300
SETTLE_SECONDS = 3          # for what a server still carries out when all has ended


class TreatmentError(Exception):
    """A run that went wrong; the text says how."""


@dataclass
class Outcome:
    """What became of one mailbox."""
    kills: int = 0
    starts: int = 0
    lost: int = 0
    doubled: int = 0
    source_changed: bool = False
    seconds: float = 0
    steps: list[Step] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Run:
    """One run: its status, which is negative when it was killed, and how far it came."""
    status: int
    reach: Reach
    output: str


class Treatment:
    """One mailbox and the program that moves it."""

    def __init__(self, program: Program, mailbox: Mailbox, library: Path) -> None:
        self.program = program
        self.mailbox = mailbox
        self.library = library
        mailbox.state.mkdir(parents=True)
        self.state = mailbox.state.resolve()
        self.command, self.environment = program.set_up(mailbox)
        self.outcome = Outcome()

    def run(self, step: Step | None = None) -> Run:
        """One start, to its end or to the instant."""
        tally = self.mailbox.folder / 'tally'
        tally.write_bytes(bytes(TALLY.size))
        environment = {**self.environment, 'LD_PRELOAD': str(self.library),
                       'KILLAT_TALLY': str(tally), 'KILLAT_STATE': str(self.state)}
        at_ms = step.at_ms if step else None
        if step and at_ms is None:
            environment['KILLAT'] = step.words
        self.outcome.starts += 1
        started = time.monotonic()
        with open(self.mailbox.folder / 'output', 'wb') as output, subprocess.Popen(
                self.command, env=environment, cwd=self.mailbox.folder, stdout=output,
                stderr=output, stdin=subprocess.DEVNULL) as process:
            status = _wait(process, at_ms)
        seconds = time.monotonic() - started
        text = (self.mailbox.folder / 'output').read_text(errors='replace')[-2_000:]
        run = Run(status, Reach(*TALLY.unpack(tally.read_bytes()), seconds), text)
        self._note(step, run)
        return run

    def disturb(self, plan: Plan, expected: Expected) -> Expected:
        """Kills it at each of the instants; what is right after that.

        When one never comes, the run ends by itself.  Then new mail arrives at the source, as
        often as the plan allows, and the next instants fall into bringing that.
        """
        arrivals = 0
        for number in range(len(plan)):
            step = plan.step(number, expected.reach)
            self.outcome.steps.append(step)
            run = self.run(step)
            if run.status == -signal.SIGKILL:
                self.outcome.kills += 1
            else:
                self._expect(run, (0, IN_DOUBT))
                if arrivals == plan.arrivals:
                    break
                arrivals += 1
                expected = self.arrive(arrivals, expected)
            time.sleep(step.pause_ms / 1_000)
        return expected

    def arrive(self, number: int, expected: Expected) -> Expected:
        """New mail comes to the source."""
        if read(self.mailbox.src, self.mailbox.user) != expected.src:
            self.outcome.source_changed = True
        writer = fill.Writer(self.mailbox.src, self.mailbox.user)
        new = letters.arrivals(number)
        for folder in new:
            writer.append(folder.name, folder.messages)
        writer.close()
        self.outcome.log.append(f'{sum(len(f.messages) for f in new)} messages arrive')
        come = Counter((folder.name, hashlib.sha256(message.octets).hexdigest())
                       for folder in new for message in folder.messages)
        return Expected(read(self.mailbox.src, self.mailbox.user), expected.messages + come,
                        expected.reach)

    def finish(self) -> Run:
        """Lets it run until it ends and knows of every message."""
        for number in range(DOUBT_RUNS):
            run = self.run()
            if run.status != IN_DOUBT or number == DOUBT_RUNS - 1:
                break
        self._expect(run, (0,))
        return run

    def _expect(self, run: Run, statuses: tuple[int, ...]) -> None:
        if self.program.is_ours and run.status not in statuses:
            raise TreatmentError(f'{Path(self.command[0]).name} ended with status '
                                 f'{run.status}: {run.output.strip()}')

    def _note(self, step: Step | None, run: Run) -> None:
        how = 'killed' if run.status < 0 else f'status {run.status}'
        self.outcome.log.append(
            f'{step.words if step else "undisturbed"}: {how} after {run.reach.seconds:.3f} s, '
            f'{run.reach.state} durable writes, {run.reach.send} sends')


def _wait(process: subprocess.Popen, at_ms: int | None) -> int:
    """Waits for the end, which comes by our hand at the instant if it has one.

    A wait with a limit would look only now and then, and start the next run late.
    """
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        process.kill()
    timer = threading.Timer(END_SECONDS if at_ms is None else at_ms / 1_000, end)
    timer.start()
    status = process.wait()
    timer.cancel()
    if at_ms is None and is_late.is_set():
        raise TreatmentError(f'It did not end within {END_SECONDS} s.')
    return status


@dataclass
class Expected:
    """What is right: the source as it was, and what of it the program brings when nobody
    disturbs it."""
    src: compare.Mailbox
    messages: Counter
    reach: Reach


def read(server: Server, user: str, header: str | None = None) -> compare.Mailbox:
    """A whole mailbox, by the independent reader."""
    return compare.read(f'imap://{user}@127.0.0.1:{server.port}/', PASSWORD, without=header)


def digests(mailbox: compare.Mailbox) -> Counter:
    """The multiset of all messages with their folders."""
    return Counter((name, message[1]) for name, folder in mailbox.folders.items()
                   for message in folder.messages)


def learn(program: Program, mailbox: Mailbox, library: Path) -> Expected:
    """A copy that nobody disturbs; Godwit's must be exact."""
    src = read(mailbox.src, mailbox.user)
    treatment = Treatment(program, mailbox, library)
    reach = treatment.finish().reach
    dst = read(mailbox.dst, mailbox.user, program.header)
    wrong = compare.differences(src, dst) if program.is_ours else []
    if wrong or not digests(dst):
        raise TreatmentError(f'Even a copy to {mailbox.dst.name} that nobody disturbs is not '
                             f'exact with {program.name}:\n'
                             + '\n'.join(wrong[:30] or ['it is empty']))
    return Expected(src, digests(dst), reach)


def treat(program: Program, mailbox: Mailbox, library: Path, expected: Expected,
          plan: Plan) -> Outcome:
    """Everything, for one mailbox."""
    started = time.monotonic()
    treatment = Treatment(program, mailbox, library)
    outcome = treatment.outcome
    try:
        expected = treatment.disturb(plan, expected)
        treatment.finish()
        treatment.finish()              # nothing is left to be brought
    except (TreatmentError, fill.FillError, OSError) as error:
        outcome.faults.append(str(error))
    time.sleep(SETTLE_SECONDS)
    try:
        judge(program, mailbox, expected, outcome)
    except (OSError, imaplib.IMAP4.error) as error:
        outcome.faults.append(f'The comparer cannot read it: {error}')
    outcome.seconds = time.monotonic() - started
    (mailbox.folder / 'runs').write_text('\n'.join([*outcome.log, *outcome.faults, '']))
    return outcome


def judge(program: Program, mailbox: Mailbox, expected: Expected, outcome: Outcome) -> None:
    """Compares source and destination as multisets, and the source with what it was."""
    src = read(mailbox.src, mailbox.user)
    dst = read(mailbox.dst, mailbox.user, program.header)
    outcome.lost = (expected.messages - digests(dst)).total()
    outcome.doubled = (digests(dst) - expected.messages).total()
    outcome.source_changed |= src != expected.src
    if outcome.source_changed:
        outcome.faults.append('The source has changed.')
    if program.is_ours:
        outcome.faults += compare.differences(expected.src, dst)
    elif outcome.lost or outcome.doubled:
        outcome.faults.append(f'{outcome.lost} lost, {outcome.doubled} doubled.')

