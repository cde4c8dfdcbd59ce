# SPDX-License-Identifier: Apache-2.0
"""The cases of the bench: what is run, and which figure is held against which aim."""

from __future__ import annotations

import imaplib
import re
import subprocess
import time
from collections.abc import Callable
from contextlib import contextmanager
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import certificates
import dovecot
import mail
import tools
from lab import Contest, Lab
from tools import Delay, Figures, Godwit, Place, Pump

RTT_MS = 100
PUMP_RATIO_AIM = 2.5
WAITS_FREE = 8
MEMORY_AIM_MIB = {'clear': 10, 'TLS': 14}
MILLION = 1_000_000


@dataclass
class Verdict:
    """One figure beside its aim."""
    what: str
    figure: float
    aim: float
    unit: str
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the aim is met."""
        return self.figure >= self.aim if self.at_least else self.figure <= self.aim

    def __str__(self) -> str:
        sign = '>=' if self.at_least else '<='
        return (f'{"met" if self.met else "not met":8} {self.what}: {self.figure:.2f}'
                f'{self.unit}, aim {sign} {self.aim:.2f}{self.unit}')


@dataclass
class Outcome:
    """What a case has to tell."""
    title: str
    contest: Contest | None = None
    limit: str = ''
    verdicts: list[Verdict] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass
class Bench:
    """What every case gets."""
    lab: Lab
    rounds: int
    peers: list
    say: Callable[[str], None]

    def limit(self, corpus: str, connections: int, *style: str) -> Pump:
        """The pump with a corpus's streams."""
        streams = self.lab.kit.prepare(corpus, self.lab.maildir(corpus), connections, *style)
        return Pump(self.lab.kit, streams, connections)


def pump_ratio(bench: Bench) -> Outcome:
    """Whether the pump is fast enough for its figures to count."""
    outcome = Outcome('The pump: pipelined APPEND and MULTIAPPEND, 2,000 messages of 59 MB, '
                      'one connection')
    lab, contest = bench.lab, Contest()
    source = lab.maildir('small')
    for _ in range(min(bench.rounds, 3)):
        for name, style in (('APPEND', ('--single',)), ('MULTIAPPEND', ())):
            streams = lab.kit.prepare('small', source, 1, *style)
            with lab.destination() as dst:
                found = lab.kit.pump('write', streams, '--password-file',
                                     dst.server.password_file(), '--destination', dst.port,
                                     '--destination-user', dst.user)
            contest.runs.setdefault(name, []).append(Figures(found['wall'], found['cpu']))
    outcome.contest = contest
    outcome.limit = 'MULTIAPPEND'
    ratio = contest.ratio('APPEND', 'MULTIAPPEND')
    outcome.verdicts.append(Verdict('MULTIAPPEND over pipelined APPEND', ratio,
                                    PUMP_RATIO_AIM, ' x', at_least=True))
    if ratio < PUMP_RATIO_AIM:
        outcome.remarks.append('The pump is too slow: the ratios below do not count.')
    return outcome


def proxy_check(bench: Bench, corpus: str) -> Outcome:
    """Whether the delay proxy delays and does not throttle."""
    outcome = Outcome(f'The delay proxy at {RTT_MS} ms')
    lab = bench.lab
    src = lab.source(corpus)
    streams = bench.limit(corpus, 1).streams
    times: dict[str, list[float]] = {'direct': [], 'delayed': []}
    with Delay(lab.kit, src.port, RTT_MS) as line:
        noop = _noop_ms(line.port, src.user)
        for _ in range(3):
            for name, port in (('direct', src.port), ('delayed', line.port)):
                found = lab.kit.pump('read', streams, '--password-file',
                                     src.server.password_file(), '--source', port,
                                     '--source-user', src.user)
                times[name].append(found['wall'])
    turns = [each['turns'] for each in line.report['connections'][1:]]
    octets = mail.CORPORA[corpus].octets / 1e6
    direct, delayed = (median(times[name]) for name in ('direct', 'delayed'))
    outcome.verdicts.append(Verdict('NOOP beside the round trip asked for, difference',
                                    abs(noop - RTT_MS), 1, ' ms'))
    outcome.remarks.append(
        f'NOOP takes {noop:.2f} ms. Reading {octets:.0f} MB takes {direct:.2f} s direct and '
        f'{delayed:.2f} s through the proxy, which is {delayed - 4 * RTT_MS / 1_000:.2f} s '
        'beyond the 4 round trips of handshake, greeting, log-in and command. Turns of the '
        f'pump: {max(turns)}.')
    return outcome


def _noop_ms(port: int, user: str) -> float:
    connection = imaplib.IMAP4('127.0.0.1', port)
    connection.login(user, dovecot.PASSWORD)
    taken = []
    for _ in range(11):
        started = time.perf_counter()
        connection.noop()
        taken.append((time.perf_counter() - started) * 1_000)
    connection.logout()
    return median(taken)


def first_copy(bench: Bench, corpus: str, connections: int, aim: float) -> Outcome:
    """A first copy beside the limit of as many connections."""
    about = mail.CORPORA[corpus]
    outcome = Outcome(f'{corpus}: first copy, {about.messages:,} messages of '
                      f'{about.octets / 1e6:.0f} MB in {about.folders} folders, '
                      f'{connections} connection{"s" * (connections > 1)} per side')
    limit = bench.limit(corpus, connections)
    godwit = Godwit(bench.lab.kit, '--connections', str(connections))
    contest = bench.lab.contest(corpus, [limit, godwit, *bench.peers], bench.rounds,
                                say=bench.say)
    outcome.contest, outcome.limit = contest, limit.name
    outcome.verdicts.append(Verdict(f'{corpus}: godwit to {limit.name}',
                                    contest.ratio('godwit', limit.name), aim, ' x'))
    sha = about.octets / sha256_rate()
    allowed = 1.5 * contest.cpu(limit.name) + 1.1 * sha
    outcome.verdicts.append(Verdict(f'{corpus}: CPU time of godwit', contest.cpu('godwit'),
                                    allowed, ' s'))
    outcome.remarks.append(f'CPU allowed: 1.5 x {contest.cpu(limit.name):.3f} s of the pump '
                           f'+ 1.1 x {sha:.3f} s of SHA-256.')
    return outcome


def sha256_rate() -> float:
    """Octets per second of CPU time, by openssl speed; the median of three."""
    rates = []
    for _ in range(3):
        run = subprocess.run(['openssl', 'speed', '-bytes', '16384', '-seconds', '1', 'sha256'],
                             capture_output=True, text=True, check=True)
        found = re.search(r'^sha256\s+([0-9.]+)k', run.stdout, re.MULTILINE)
        if not found:
            raise tools.ToolError(f'openssl speed said: {run.stdout}')
        rates.append(float(found[1]) * 1_000)
    return median(rates)


def latency(bench: Bench) -> Outcome:
    """A first copy over a long line."""
    about = mail.CORPORA['small']
    outcome = Outcome(f'latency: the small mailbox at {RTT_MS} ms round trip to both sides, '
                      'one connection per side, all through the proxy')
    limit = bench.limit('small', 1)
    godwit = Godwit(bench.lab.kit, '--connections', '1')
    contest = bench.lab.contest('small', [limit, godwit, *bench.peers], bench.rounds, RTT_MS,
                                bench.say)
    outcome.contest, outcome.limit = contest, limit.name
    outcome.verdicts.append(Verdict('latency: godwit to limit-copy1',
                                    contest.ratio('godwit', limit.name), 1.5, ' x'))
    last = contest.runs['godwit'][-1]
    for side in ('source', 'destination'):
        key = f'waits_{side}'
        if key not in last.more:
            raise tools.ToolError(f'the report of godwit does not tell {key}')
        waits = max(run.more[key] for run in contest.runs['godwit'])
        outcome.verdicts.append(Verdict(f'latency: waits at the {side}', waits,
                                        WAITS_FREE + about.folders, ''))
    for name, runs in contest.runs.items():
        source, destination = runs[-1].more['turns']
        outcome.remarks.append(f'Turns of {name} as the proxies saw them: {source} at the '
                               f'source, {destination} at the destination.')
    return outcome


def _peak_mib(figures: Figures) -> float:
    return figures.rss_kib / 1_024


def _base_mib(bench: Bench) -> float:
    """What the program needs to say its version."""
    return median(_peak_mib(bench.lab.kit.measure([str(bench.lab.kit.godwit), '--version']))
                  for _ in range(3))


def memory(bench: Bench) -> Outcome:
    """Peak memory of first copies, in clear and with TLS, with a message of 200 MB too."""
    outcome = Outcome('memory: peak of a first copy above that of godwit --version')
    lab, base = bench.lab, _base_mib(bench)
    outcome.remarks.append(f'godwit --version needs {base:.1f} MiB.')
    ca = str(certificates.authority())
    tls = Godwit(lab.kit, '--source-ca', ca, '--destination-ca', ca, scheme='imaps')
    servers = {kind: lab.server(f'{kind}-tls', certificate='server') for kind in ('src', 'dst')}
    for corpus in ('small', 'huge'):
        for line, tool in (('clear', Godwit(lab.kit)), ('TLS', tls)):
            src = lab.source(corpus, servers['src'] if line == 'TLS' else None)
            with lab.destination(servers['dst'] if line == 'TLS' else None) as dst:
                if line == 'TLS':
                    src, dst = (Place(p.server, p.user, p.server.tls_port) for p in (src, dst))
                peak = _peak_mib(tool.copy(src, dst)) - base
                found = lab.losses(corpus, dst)
            if found:
                lab.unexpected.append(f'godwit, {corpus} with {line}: {dict(found)}')
            what = {'small': '2,000 messages', 'huge': 'a message of 200 MB'}[corpus]
            outcome.verdicts.append(Verdict(f'memory: {what}, {line}', peak,
                                            MEMORY_AIM_MIB[line], ' MiB'))
    return outcome


@contextmanager
def _model(program: Path, *words: str) -> Iterator[int]:
    """The model server; its port."""
    with subprocess.Popen([str(program), '--user', 'anna', '--password', dovecot.PASSWORD,
                           *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            port = process.stdout.readline().strip()
            if not port:
                raise tools.ToolError('the model server does not start')
            yield int(port)
        finally:
            process.terminate()


def million(bench: Bench) -> Outcome:
    """Peak memory with one huge folder with holes, from and to the model server."""
    outcome = Outcome(f'million: {MILLION:,} messages in one folder, 20 % of its UIDs missing')
    lab = bench.lab
    program = lab.kit.programs.parent / 'modelserver' / 'modelserver'
    if not program.exists():
        outcome.remarks.append(f'It was not run: {program} is not built.')
        return outcome
    base = _base_mib(bench)
    spec = f'folder=INBOX messages={MILLION} size=300 holes=20 seed=1'
    with _model(program, '--generate', spec) as src, _model(program, '--forget-bodies') as dst:
        godwit = Godwit(lab.kit, '--connections', '1')
        figures = godwit.copy(Place(lab.src, 'anna', src), Place(lab.dst, 'anna', dst))
    if figures.more.get('copied') != MILLION:
        lab.unexpected.append(f'godwit, million: {figures.more}')
    outcome.remarks.append(f'It took {figures.wall:.1f} s between two model servers.')
    outcome.verdicts.append(Verdict('memory: 1,000,000 messages, clear',
                                    _peak_mib(figures) - base, MEMORY_AIM_MIB['clear'],
                                    ' MiB'))
    return outcome


CASES: dict[str, Callable[[Bench], Outcome]] = {
    'small': lambda bench: first_copy(bench, 'small', 1, 1.25),
    'medium': lambda bench: first_copy(bench, 'medium', 1, 1.15),
    'tiny': lambda bench: first_copy(bench, 'tiny', 1, 1.15),
    'manyfolders': lambda bench: first_copy(bench, 'manyfolders', 4, 1.25),
    'latency': latency,
    'memory': memory,
    'million': million,
}
