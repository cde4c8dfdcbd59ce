#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the time that `godwit check` foretells against the time that `godwit copy` takes.

For each corpus and number of connections: a check, then the copy, in turns on private servers.
Prints one line each, `inside` or `outside`, and ends with how many were inside.  By hand; the
figures belong to the machine and to the minute.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'e2e'))

import lab                                          # noqa: E402
import mail                                         # noqa: E402
import tools                                        # noqa: E402
from tools import Godwit, Place                     # noqa: E402

ROOT = HERE.parents[1]


def foretell(kit: tools.Kit, src: Place, dst: Place, connections: int) -> dict:
    """What the check says last."""
    command = [str(kit.godwit), 'check', '--json', '--connections', str(connections),
               '--source-password-file', str(src.server.password_file()),
               '--destination-password-file', str(dst.server.password_file()),
               '--source-plaintext', '--destination-plaintext',
               *(f'imap://{place.user}@127.0.0.1:{place.port}/' for place in (src, dst))]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 2):
        raise tools.ToolError(f'godwit check ended with {run.returncode}: {run.stderr}')
    return json.loads(run.stdout.splitlines()[-1])


def compare(desk: lab.Lab, kit: tools.Kit, corpus: str, connections: int, form: str) -> bool:
    """One check and one copy; whether the copy took as long as the check said."""
    src = desk.source(corpus)
    server = None if form == 'maildir' else desk.server(form, form)
    with desk.destination(server) as dst:
        said = foretell(kit, src, dst, connections)
        took = Godwit(kit, '--connections', str(connections)).copy(src, dst).wall
    low, high = said['seconds_low'], said['seconds_high']
    inside = low <= took <= high
    print(f'{"inside" if inside else "OUTSIDE":8} {corpus:12} {form:8} {connections} connection'
          f'{"s" if connections > 1 else " "}  {low:7.2f} to {high:7.2f} s, took {took:7.2f} s'
          f'; high / low {high / low:.2f}; bound by {said["bound"]}', flush=True)
    if high > 3 * low:
        raise tools.ToolError('the interval is wider than three')
    return inside


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--godwit', type=Path, default=ROOT / 'build' / 'godwit')
    parser.add_argument('--programs', type=Path, help='where pump, delay and measure are')
    parser.add_argument('--corpus', action='append', choices=sorted(mail.CORPORA))
    parser.add_argument('--connections', action='append', type=int)
    parser.add_argument('--form', action='append', choices=['maildir', 'mdbox', 'sdbox'])
    parser.add_argument('--rounds', type=int, default=1)
    options = parser.parse_args()
    results = []
    programs = options.programs or lab.programs(ROOT / 'build' / 'release')
    # The servers end with this program, however it ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        kit = lab.kit(programs.resolve(), options.godwit.resolve())
        desk = lab.Lab(kit, stack)
        for corpus in options.corpus or ['small', 'tiny', 'medium', 'manyfolders']:
            for form in options.form or ['maildir']:
                for connections in options.connections or [1, 4]:
                    results += [compare(desk, kit, corpus, connections, form)
                                for _ in range(options.rounds)]
    print(f'{sum(results)} of {len(results)} inside')
    return 0 if all(results) else 1


if __name__ == '__main__':
    sys.exit(main())
