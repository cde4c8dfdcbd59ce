#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the end-to-end tests: every function test_* of every file test_*.py beside this one.

Each test runs as a process of its own, with a folder of its own below build/e2e, which stays
when the test fails.  The program under test is build/godwit, or what $GODWIT names.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import certificates
import packages
import support

HERE = Path(__file__).resolve().parent
RUNNING: set[subprocess.Popen] = set()


def discover() -> dict[str, support.Test]:
    """Every test by its name, `file.function`."""
    found = {}
    for path in sorted(HERE.glob('test_*.py')):
        module = importlib.import_module(path.stem)
        for name, value in vars(module).items():
            if name.startswith('test_') and value.__module__ == path.stem:
                found[f'{path.stem}.{name}'.replace('test_', '')] = value
    return found


def chosen(options: argparse.Namespace) -> dict[str, support.Test]:
    """The tests that the command line asks for."""
    return {name: test for name, test in discover().items()
            if re.search(options.k, name)
            and (options.set == 'all' or support.set_of(test) == 'check')}


def run_inside(name: str, folder: Path) -> int:
    """One test, in this process."""
    test = discover()[name]
    with support.Case(folder) as case:
        try:
            test(case)
        except AssertionError as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            print(f'{error or frame.line}')
            traceback.print_tb(error.__traceback__)
            return 1
    return 0


def run_apart(name: str, seconds: float) -> tuple[bool, float, str]:
    """One test, in a process of its own: passed or not, its time, its output."""
    folder = packages.ROOT / 'build' / 'e2e' / f'{os.getpid()}-{name}'
    folder.mkdir(parents=True)
    started = time.monotonic()
    with subprocess.Popen([sys.executable, __file__, '--inside', name, str(folder)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, start_new_session=True) as process:
        RUNNING.add(process)
        try:
            output = process.communicate(timeout=seconds)[0].decode(errors='replace')
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output = process.communicate()[0].decode(errors='replace')
            output += f'\nIt did not end within {seconds:g} s.'
        RUNNING.discard(process)
    passed = process.returncode == 0
    if passed:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        output += f'\nIts folder stays: {folder}'
    return passed, time.monotonic() - started, output


def end_all() -> None:
    """Ends the tests that run, with all that they started."""
    for process in list(RUNNING):
        os.killpg(process.pid, signal.SIGKILL)


def run_all(tests: dict[str, support.Test], jobs: int, seconds: float) -> int:
    """All of them, one line each; the number that failed."""
    failed = 0
    pool = ThreadPoolExecutor(jobs)
    try:
        running = [(name, pool.submit(run_apart, name,
                                      support.limit_of(test) or seconds))
                   for name, test in tests.items()]
        for name, job in running:
            passed, took, output = job.result()
            failed += not passed
            print(f'{"ok    " if passed else "FAILED"} {took:6.1f} s  {name}', flush=True)
            if not passed:
                print(''.join(f'    {line}\n' for line in output.strip().splitlines()[-60:]))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        end_all()
    return failed


def main() -> int:
    """The program."""
    if sys.argv[1:2] == ['--inside']:
        return run_inside(sys.argv[2], Path(sys.argv[3]))
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n', maxsplit=1)[0])
    parser.add_argument('--list', action='store_true', help='name the tests, run none')
    parser.add_argument('-k', default='', metavar='REGEX', help='tests whose name matches')
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 1)
    parser.add_argument('--set', choices=('check', 'all'), default='check')
    parser.add_argument('--timeout', type=float, default=60, help='seconds per test')
    options = parser.parse_args()
    tests = chosen(options)
    if options.list:
        print('\n'.join(tests))
        return 0
    if not tests:
        sys.exit('No test has such a name.')
    if not os.access(support.GODWIT, os.X_OK):
        sys.exit(f'{support.GODWIT} is not there; "make" builds it.')
    for kind in packages.ALL:
        packages.tree(kind)
    certificates.folder()
    failed = run_all(tests, options.jobs, options.timeout)
    print(f'{len(tests) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except packages.PackageError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
