#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the source tree itself. Every law is a test; `--self-test` breaks each on purpose.

Purity looks at the objects in BUILD (default build/check), which must be there.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import counting
import documents
import objects
import selftest
import structure
import text
from law import LAWS, Finding, rows
from tree import Tree

ROOT = Path(__file__).resolve().parents[2]
# Named here so that importing them, which registers their laws, is visibly on purpose.
MODULES = (structure, text, documents, objects)


def judge(tree: Tree) -> dict[str, list[Finding]]:
    """Law -> what it found, without what exceptions.txt overlooks."""
    exceptions = {(row[0], row[1]): row[2] for row in rows('exceptions.txt')}
    used: set[tuple[str, str]] = set()
    found: dict[str, list[Finding]] = {}
    for one in LAWS:
        kept = found.setdefault(one.name, [])
        for finding in one.look(tree):
            key = (one.name, finding.path)
            if key in exceptions:
                used.add(key)
            else:
                kept.append(finding)
    found['exceptions-are-used'] = [
        Finding('tests/tidy/exceptions.txt', 0, f'{name} | {path} overlooks nothing')
        for name, path in exceptions if (name, path) not in used]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--self-test', action='store_true',
                        help='break every law in a temporary tree and see that it is found')
    parser.add_argument('--build', type=Path, default=ROOT / 'build' / 'check')
    parser.add_argument('--list', action='store_true', help='name the laws')
    arguments = parser.parse_args()
    if arguments.list:
        print('\n'.join(one.name for one in LAWS))
        return 0
    if arguments.self_test:
        results = {**selftest.run(), **counting.run()}
    else:
        tree = Tree.read(ROOT, arguments.build.resolve())
        results = {name: [str(f) for f in found] for name, found in judge(tree).items()}
    failed = 0
    for name, complaints in results.items():
        failed += bool(complaints)
        print(f'{"FAIL" if complaints else "ok  "} {name}')
        for complaint in complaints:
            print(f'     {complaint}')
    print(f'{len(results) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
