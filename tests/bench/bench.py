#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures Godwit beside the limit (the raw pump) and beside its peers, on private servers.

The tools take turns, each run has a fresh destination, the figures are medians and the ratios
are those of the same round.  docs/performance.md tells what the limit is.  Nothing here fails
because something is slow; it fails when something cannot be measured or a copy is not exact.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'e2e'))

import cases                                        # noqa: E402
import dovecot                                      # noqa: E402
import packages                                     # noqa: E402
import strangers                                    # noqa: E402
from cases import Bench, Outcome, proxy_check, pump_ratio    # noqa: E402
from compare import imaplib                         # noqa: E402
from lab import Contest, Lab, kit, programs         # noqa: E402
from tools import Interimap, Mbsync, ToolError      # noqa: E402

ROOT = packages.ROOT
CASES = {**cases.CASES, **strangers.CASES}
PEERS = {'mbsync': Mbsync, 'interimap': Interimap}


def table(contest: Contest, limit: str) -> list[str]:
    """One line a tool."""
    rows = [('tool', 'wall s', 'min..max', 'x limit', 'CPU s', 'peak MiB', 'lost or changed')]
    for tool, runs in contest.runs.items():
        walls = [run.wall for run in runs]
        peak = max(run.rss_kib for run in runs) / 1_024
        rows.append((tool, f'{contest.wall(tool):.2f}', f'{min(walls):.2f}..{max(walls):.2f}',
                     f'{contest.ratio(tool, limit):.2f}', f'{contest.cpu(tool):.2f}',
                     f'{peak:.0f}' if peak else '-', contest.losses.get(tool, '-')))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return ['  '.join([row[0].ljust(widths[0]),
                       *(cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:])),
                       row[-1]]) for row in rows]


def show(outcome: Outcome) -> None:
    """Prints what a case has found."""
    print(f'\n{outcome.title}')
    if outcome.contest:
        print('\n'.join(f'  {line}' for line in table(outcome.contest, outcome.limit)))
    for line in [*outcome.remarks, *map(str, outcome.verdicts)]:
        print(f'  {line}')
    sys.stdout.flush()


def tell(text: str) -> None:
    """Says how far it is; the results stand on standard output."""
    print(f'    {text}', file=sys.stderr, flush=True)


def jsonable(outcome: Outcome) -> dict:
    """An outcome for --json."""
    contest = outcome.contest or Contest()
    return {'title': outcome.title, 'limit': outcome.limit, 'remarks': outcome.remarks,
            'runs': {tool: [asdict(run) for run in runs]
                     for tool, runs in contest.runs.items()},
            'losses': contest.losses,
            'verdicts': [{**asdict(v), 'met': v.met} for v in outcome.verdicts]}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n', maxsplit=1)[0])
    parser.add_argument('--cases', default=','.join(CASES), help='of %(default)s')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--peers', default='mbsync', metavar='NAMES',
                        help='of mbsync,interimap; "none" for none')
    parser.add_argument('--quick', action='store_true', help='one round of small, no more')
    parser.add_argument('--json', type=Path, metavar='FILE', help='all figures of all runs')
    parser.add_argument('--godwit', type=Path, default=ROOT / 'build' / 'godwit')
    parser.add_argument('--programs', type=Path, metavar='FOLDER',
                        help='where pump, delay and measure are; else ninja builds them')
    options = parser.parse_args()
    if options.quick:
        options.cases, options.rounds = 'small', 1
    options.cases = options.cases.split(',')
    options.peers = [] if options.peers == 'none' else options.peers.split(',')
    for name in set(options.cases) - set(CASES) | set(options.peers) - set(PEERS):
        parser.error(f'there is no {name}')
    if options.rounds < 1:
        parser.error('there must be a round')
    return options


def fsync_ms(folder: Path) -> float:
    """What it takes to write 8 KB for good; others who use the disk make it dearer."""
    taken = []
    handle = os.open(folder / 'probe', os.O_WRONLY | os.O_CREAT, 0o600)
    for _ in range(101):
        started = time.perf_counter()
        os.pwrite(handle, bytes(8_192), 0)
        os.fsync(handle)
        taken.append((time.perf_counter() - started) * 1_000)
    os.close(handle)
    return median(taken)


def machine(folder: Path) -> str:
    """What the figures were made on."""
    model = next((line.partition(':')[2].strip()
                  for line in Path('/proc/cpuinfo').read_text().splitlines()
                  if line.startswith('model name')), 'unknown processor')
    load = os.getloadavg()[0]
    return (f'{os.cpu_count()} cores of {model}, shared by servers and tools; load before the '
            f'start {load:.1f}; fsync of 8 KB {fsync_ms(folder):.2f} ms')


def measure(options: argparse.Namespace, stack: ExitStack) -> tuple[list[Outcome], Lab]:
    """Runs the cases, and shows each as soon as it is done."""
    built = options.programs or programs(ROOT / 'build' / 'release')
    lab = Lab(kit(built.resolve(), options.godwit.resolve()), stack)
    bench = Bench(lab, options.rounds, [PEERS[name](lab.kit) for name in options.peers], tell)
    print(machine(lab.kit.folder))
    outcomes = []
    work = [('pump', pump_ratio)]
    if 'latency' in options.cases:
        size = 'medium' if 'medium' in options.cases else 'small'
        work.append(('proxy', lambda bench: proxy_check(bench, size)))
    work += [(name, CASES[name]) for name in options.cases]
    for name, case in work:
        tell(name)
        outcomes.append(case(bench))
        show(outcomes[-1])
    return outcomes, lab


def main() -> int:
    """The program."""
    options = arguments()
    if not os.access(options.godwit, os.X_OK):
        sys.exit(f'{options.godwit} is not there; "make" builds it.')
    # The servers end with the bench, however it ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        outcomes, lab = measure(options, stack)
    verdicts = [verdict for outcome in outcomes for verdict in outcome.verdicts]
    print(f'\n{sum(v.met for v in verdicts)} met, {sum(not v.met for v in verdicts)} not met')
    if options.json:
        options.json.write_text(json.dumps([jsonable(o) for o in outcomes], indent=1) + '\n')
    for sentence in lab.unexpected:
        print(f'A copy is not exact: {sentence}')
    return 1 if lab.unexpected else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except (ToolError, dovecot.ServerError, packages.PackageError, OSError,
            imaplib.IMAP4.error, subprocess.SubprocessError) as error:
        sys.exit(f'bench: {error}')
    except KeyboardInterrupt:
        sys.exit(130)
